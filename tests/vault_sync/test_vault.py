"""The vault's door: which files are notes, what their bytes say, and what is named instead of read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vault_sync.errors import VaultError
from vault_sync.vault import Vault

IRREGULAR = Path(__file__).parents[1] / "vaults" / "irregular"


def make(root: Path, **notes: str) -> Vault:
    for name, text in notes.items():
        (root / f"{name}.md").write_text(text, encoding="utf-8", newline="")
    return Vault(root)


def kinds(vault: Vault) -> dict[str, str]:
    return {problem.path: problem.kind for problem in vault.problems()}


def test_a_missing_vault_says_what_was_given_and_what_to_do(tmp_path):
    """A folder that does not exist is an error with the path and the way out."""
    with pytest.raises(VaultError) as error:
        Vault(tmp_path / "nowhere")
    assert str(error.value) == (
        f"no vault at {tmp_path / 'nowhere'}: the folder does not exist. "
        "Give the folder that holds your Markdown notes, with --vault DIR or in the configuration."
    )


def test_a_file_is_no_vault(tmp_path):
    """A path to a note is refused by name."""
    (tmp_path / "a.md").write_text("x")
    with pytest.raises(VaultError, match=r"a\.md is a file, not a vault"):
        Vault(tmp_path / "a.md")


def test_an_empty_folder_is_an_error_and_never_an_empty_vault(tmp_path):
    """No note at all looks like a drive that is not mounted."""
    (tmp_path / "picture.png").write_bytes(b"x")
    with pytest.raises(VaultError, match=r"holds no note: no \.md file was found\. Is the drive mounted"):
        Vault(tmp_path).files()


def test_a_vault_that_goes_away_is_an_error(tmp_path):
    """A vault removed after the start is reported, not read as empty."""
    root = tmp_path / "v"
    root.mkdir()
    vault = make(root, A="x")
    assert [file.path for file in vault.files()] == ["A.md"]
    (root / "A.md").unlink()
    root.rmdir()
    with pytest.raises(VaultError, match="the folder does not exist"):
        vault.files()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_vault_and_note_are_named(tmp_path):
    """Without permission the vault is an error and a single note a problem."""
    vault = make(tmp_path, A="x", B="y")
    (tmp_path / "B.md").chmod(0)
    with pytest.raises(VaultError, match=r"B\.md cannot be read \(permission denied\)"):
        vault.read("B.md")
    assert kinds(vault) == {"B.md": "unreadable"}
    tmp_path.chmod(0)
    try:
        with pytest.raises(VaultError, match="cannot be read"):
            Vault(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_dot_folders_templates_ignored_and_other_files_are_no_notes(tmp_path):
    """Only notes are listed, by path; what the researcher's tools keep beside them is not."""
    for folder in (".obsidian", ".trash", "Templates", "daily/forms", "papers", "drafts"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "Note.md").write_text("x")
    (tmp_path / ".obsidian" / "templates.json").write_text('{"folder": "daily/forms"}')
    (tmp_path / ".Scratch.md.swp").write_text("x")
    (tmp_path / "UPPER.MD").write_text("x")
    vault = Vault(tmp_path, ignore=["drafts/"])
    assert [file.path for file in vault.files()] == ["UPPER.MD", "papers/Note.md"]
    assert vault.problems() == []
    assert vault.holds("papers/New.md")
    for path in ("../x.md", "/x.md", "drafts/a.md", "Templates/a.md", "daily/forms/a.md", ".trash/a.md", "a.txt"):
        assert not vault.holds(path), path


def test_conflict_copies_are_named_and_never_read():
    """Copies of sync programs are no notes of the example vault; each is named with what to do."""
    vault = Vault(IRREGULAR)
    assert [file.path for file in vault.files()] == [
        "Experiments.md",
        "October.md",
        "Scratch.md",
        "Server.md",
        "papers/Mixture of Prototypes.md",
        "sequence_heads.md",
    ]
    assert kinds(vault) == {
        "Scratch (Conflicted copy laptop 202410081200).md": "conflict copy",
        "Scratch.sync-conflict-20241008-101112-ABCDEFG.md": "conflict copy",
    }
    assert vault.problems()[0].message.endswith("it is not read. Merge it by hand and delete it.")
    assert not vault.holds("Scratch.sync-conflict-20241008-101112-ABCDEFG.md")


def test_symbolic_links_are_followed_once_and_loops_are_named(tmp_path):
    """A linked folder from outside is read; a link back into the vault and one that leads nowhere are named."""
    root, outside = tmp_path / "v", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "Far.md").write_text("x")
    make(root, A="x")
    (root / "loop").symlink_to(root)
    (root / "far").symlink_to(outside)
    (root / "again.md").symlink_to(root / "A.md")
    (root / "gone.md").symlink_to(root / "nothing")
    (root / "self.md").symlink_to(root / "self.md")
    vault = Vault(root)
    assert [file.path for file in vault.files()] == ["A.md", "far/Far.md"]
    assert kinds(vault) == {"loop": "loop", "again.md": "linked twice", "gone.md": "unreadable", "self.md": "loop"}
    linked = tmp_path / "link"
    linked.symlink_to(root)
    assert len(Vault(linked).files()) == 2


def test_a_huge_note_is_named_and_passed_over(tmp_path):
    """A file above the limit is not read, its size is told, and the rest is."""
    vault = make(tmp_path, A="x")
    with open(tmp_path / "Log.md", "wb") as file:
        file.truncate(50_000_000)
    assert [file.path for file in vault.files()] == ["A.md"]
    (problem,) = vault.problems()
    assert (problem.path, problem.kind) == ("Log.md", "too large")
    assert problem.message == (
        "Log.md has 50.0 MB; a note may have 21.0 MB. It is not read: split it, or move it out of the vault."
    )
    with pytest.raises(VaultError, match=r"Log\.md has 50\.0 MB"):
        vault.read("Log.md")


def test_a_pipe_with_a_notes_name_does_not_hold_the_reader(tmp_path):
    """Something that is no regular file is named and never opened for long."""
    vault = make(tmp_path, A="x")
    os.mkfifo(tmp_path / "P.md")
    assert [file.path for file in vault.files()] == ["A.md"]
    assert kinds(vault) == {"P.md": "not a file"}
    with pytest.raises(VaultError, match=r"P\.md cannot be read \(not a regular file\)"):
        vault.read("P.md")


def test_a_note_that_is_not_utf8_is_searched_but_read_only(tmp_path):
    """Bytes of another encoding are replaced and the line is told, until the note is saved as UTF-8."""
    vault = make(tmp_path, A="x")
    (tmp_path / "K.md").write_bytes(b"first\n" + "한글".encode("cp949") + b"\nlast\n")
    vault.files()
    text = vault.read("K.md")
    assert text.read_only
    assert text.text.startswith("first\n") and text.text.endswith("\nlast\n")
    assert [p.message for p in vault.problems()] == [
        "K.md is not UTF-8 (line 2); it is searched as far as it can be read and never written to. "
        "Save it as UTF-8 in your editor."
    ]
    (tmp_path / "K.md").write_text("한글", encoding="utf-8")
    assert not vault.read("K.md").read_only
    assert vault.problems() == []


def test_what_a_writer_must_keep_is_told(tmp_path):
    """Byte order mark, line ends, missing final newline and the bytes themselves come with the text."""
    vault = make(tmp_path, A="x")
    data = b"\xef\xbb\xbf# \xed\x95\x9c\r\nline\r\nlast"
    (tmp_path / "W.md").write_bytes(data)
    text = vault.read("W.md")
    assert text.text == "# 한\r\nline\r\nlast"
    assert (text.bom, text.newline, text.final_newline, text.data) == (True, "\r\n", False, data)
    plain = vault.read("A.md")
    assert (plain.bom, plain.newline, plain.final_newline) == (False, "\n", False)
    assert plain.sha256 == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"


def test_no_path_leads_out_of_the_vault(tmp_path):
    """Reading needs a path inside the vault, and a missing note is said to be missing."""
    vault = make(tmp_path, A="x")
    for path in ("../secret.md", "/etc/passwd", "", "a\0b"):
        with pytest.raises(VaultError, match="is no note of the vault"):
            vault.read(path)
    with pytest.raises(VaultError, match=r"the note B\.md is not in the vault"):
        vault.read("B.md")


def test_a_file_name_that_is_not_utf8_is_named(tmp_path):
    """A name nobody could link to is a problem, not a crash."""
    vault = make(tmp_path, A="x")
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md"))).write_text("x")
    except OSError:
        pytest.skip("the file system refuses such names")
    assert [file.path for file in vault.files()] == ["A.md"]
    assert [problem.kind for problem in vault.problems()] == ["odd name"]
