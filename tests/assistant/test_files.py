"""The door to the file system: allowed folders alone, links and `..` resolved, bounded walks, nearest names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.files import Files, FilesError, OutsideRoots, allowed_roots, is_slip, show_bytes


@pytest.fixture
def tree(tmp_path: Path) -> Files:
    """A project and a vault, a secret beside them, and links that lead out."""
    project, vault = tmp_path / "project", tmp_path / "vault"
    (project / "model").mkdir(parents=True)
    (project / ".ssh").mkdir()
    vault.mkdir()
    (project / "model" / "encoder.py").write_text("x = 1\n")
    (project / "model" / "old_encoder.py").write_text("x = 0\n")
    (project / "train.py").write_text("y = 2\n")
    (project / ".env").write_text("PASSWORD=1\n")
    (project / ".ssh" / "id_ed25519").write_text("key")
    (vault / "Scratch.md").write_text("## 2025-03-08\n")
    (tmp_path / "secret.txt").write_text("hidden")
    (project / "link.txt").symlink_to(tmp_path / "secret.txt")
    (project / "out").symlink_to(tmp_path)
    return Files(allowed_roots([("project", project), ("vault", vault)]))


def test_a_file_is_found_by_path_name_stem_and_glob(tree: Files) -> None:
    """All the ways a file is named lead to it; folders above the root may be named too."""
    for name in (
        "model/encoder.py",
        "encoder.py",
        "project/model/encoder.py",
        "encoder",
        "ENCODER.py",
        "model/enc*.py",
    ):
        found = tree.find(name)
        assert found.exact, name
        assert [entry.name for entry in found.entries] == ["encoder.py"], name
    assert {entry.name for entry in tree.find("*.py").entries} == {"encoder.py", "old_encoder.py", "train.py"}


def test_a_misspelt_name_gives_the_nearest(tree: Files) -> None:
    """A slip is no exact find, and the name it was meant for comes first."""
    found = tree.find("encodr.py")
    assert not found.exact
    assert found.entries[0].name == "encoder.py"
    assert is_slip("encodr.py", found.entries[0])
    assert not is_slip("prototypes.py", found.entries[0])


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../secret.txt", "../../etc/passwd", "~/.ssh/id_rsa", "/proc/self/environ", "link.txt",
     "out/secret.txt", "model/../../secret.txt", "/etc/*", "../*"],
)  # fmt: skip
def test_what_lies_outside_the_roots_is_refused(tree: Files, name: str) -> None:
    """Absolute paths, `..`, `~`, /proc and links that lead out are refused, and the refusal names the roots."""
    with pytest.raises(OutsideRoots) as refused:
        tree.find(name)
    assert f"project ({tree.roots[0].path})" in str(refused.value)
    assert "[files]" in str(refused.value)


def test_keys_and_passwords_are_never_opened(tree: Files) -> None:
    """A file of secrets inside a root is known by its size at most; a folder of keys is not even entered."""
    entry = tree.resolve(".env")
    assert entry is not None
    with pytest.raises(FilesError, match="never opened"):
        tree.open_bytes(entry)
    with pytest.raises(FilesError, match="keys or passwords"):
        tree.resolve(".ssh/id_ed25519")
    assert not [one for one in tree.entries(quiet=True)[0] if ".ssh" in one.relative]


def test_a_pipe_does_not_hold_the_answer_up(tree: Files) -> None:
    """Opening a pipe would wait for a writer; it is refused instead."""
    os.mkfifo(tree.roots[0].path / "pipe.log")
    entry = tree.resolve("pipe.log")
    assert entry is not None
    with pytest.raises(FilesError, match="no plain file"):
        tree.open_bytes(entry)


def test_a_link_in_the_tree_is_listed_and_not_followed(tree: Files) -> None:
    """A walk meets the link itself, nothing behind it."""
    names = {entry.relative: entry.link for entry in tree.entries(quiet=True)[0]}
    assert names["out"] and names["link.txt"]
    assert not [name for name in names if name.startswith("out/")]


def test_a_walk_ends_and_says_so(tree: Files) -> None:
    """Past its bound in entries or time a walk stops, and the listing tells it."""
    few = Files(tree.roots, walk_entries=2)
    assert "stopped after" in few.entries()[1]
    ticks = iter(range(1000))
    slow = Files(tree.roots, walk_seconds=0.5, clock=lambda: float(next(ticks)))
    assert "stopped after 0.5 s" in slow.entries()[1]


def test_a_listing_is_used_again_for_a_while(tree: Files) -> None:
    """A second look within seconds walks nothing; a later one sees the new file."""
    now = [0.0]
    files = Files(tree.roots, clock=lambda: now[0])
    assert not files.find("new.py").exact
    (tree.roots[0].path / "model" / "new.py").write_text("")
    assert not files.find("new.py").exact
    now[0] = 60.0
    assert files.find("new.py").exact


def test_disk_is_told_per_file_system(tree: Files) -> None:
    """Two roots on one file system make one line."""
    systems = tree.disk()
    assert len(systems) == 1
    _, roots, total, used, free = systems[0]
    assert [root.name for root in roots] == ["project", "vault"]
    assert total > 0 and used >= 0 and free >= 0


def test_pseudo_file_systems_are_no_roots() -> None:
    """/proc and its like cannot be allowed, for reading them can hang or show other programs."""
    assert allowed_roots([("proc", Path("/proc")), ("self", Path("/proc/self"))]) == ()


def test_sizes_are_shown_in_steps_of_1024() -> None:
    """812 B, 3.4 KB, 1.9 GB."""
    assert [show_bytes(size) for size in (812, 3482, 150 * 2**20, int(1.9 * 2**30))] == [
        "812 B",
        "3.4 KB",
        "150 MB",
        "1.9 GB",
    ]
