"""The mirror: a note per source file on first need, one block of ours in it, every other byte the researcher's."""

from __future__ import annotations

import datetime
import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.capture import capture_code
from fskws.runs import Record, create_run
from vault_sync.chunks import chunk_note
from vault_sync.links import LinkIndex
from vault_sync.mirror import Mirror, block_in, is_ours
from vault_sync.notes import links_of, parse_note
from vault_sync.sync import apply
from vault_sync.write import NoteWriter

NOW = datetime.datetime(2026, 3, 14, 15, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
FRONT = "---\nid: {0}\naliases: []\ntags: []\n---\n\n# {0}\n"
NET = '''import torch


class Net(torch.nn.Module):
    """A `small` [[net]] #tagged."""

    def forward(self, x):
        return x
'''


class World:
    """A project in git, a vault, and the mirror between them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project, self.vault = root / "project", root / "vault"
        for folder in (self.project / "model", self.vault):
            folder.mkdir(parents=True)
        self.put(
            self.project / "train.py", "from model import net\nfrom data import load\n\n\ndef main():\n    net.Net()\n"
        )
        self.put(self.project / "model/net.py", NET)
        self.put(self.project / "model/unused.py", "x = 1\n")
        self.put(self.project / "data.py", "def load():\n    return 1\n")
        self.put(self.vault / "Scratch.md", FRONT.format("Scratch"))
        self.git("init", "-q")
        self.commit()
        self.writer = NoteWriter(self.vault, root / "data" / "journal.jsonl")
        self.mirror = Mirror(self.project)
        self.records: list[Record] = []

    def put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def git(self, *words: str) -> None:
        author = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        subprocess.run(["git", *words], cwd=self.project, env={**os.environ, **author}, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def run(self, title: str, *argv: str, cwd: Path | None = None) -> Record:
        words = argv or ("python", "train.py")
        directory = create_run(self.root / "runs", words, cwd or self.project, env={})
        capture_code(directory, cwd or self.project, dict(os.environ))
        started = (NOW + datetime.timedelta(minutes=len(self.records))).isoformat()
        values = {"cwd": str(cwd or self.project), "directory": str(directory.root), "started_at": started}
        record = Record(directory.id, "launched", "2026-03-14", title, argv=words, **values)
        self.records.append(record)
        return record

    def notes(self):
        paths = sorted(self.vault.rglob("*.md"))
        return [parse_note(p.relative_to(self.vault).as_posix(), p.read_bytes().decode()) for p in paths]

    def plan(self, everything: bool = True, now: datetime.datetime = NOW):
        return self.mirror.plan(self.records, self.notes(), self.writer.journal, now, everything)

    def sync(self):
        written = apply(self.plan(), self.writer)
        assert [w.error for w in written if w.error] == []
        assert self.plan() == []
        return [w.note for w in written]

    def text(self, path: str) -> str:
        return (self.vault / "Code" / f"{path}.md").read_bytes().decode()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_notes_are_made_on_first_need(world):
    """Without a run or a link there is none; a run makes those of its script and of what that imports."""
    assert world.plan() == []
    record = world.run("First one")
    assert world.sync() == ["Code/data.py.md", "Code/model/net.py.md", "Code/train.py.md"]
    block = block_in(parse_note("x.md", world.text("model/net.py")).lines)
    assert block is not None and is_ours(block)
    assert world.text("model/net.py").startswith(
        FRONT.format("model/net.py") + "\n%% kwslab code %%\n`model/net.py`, 8"
    )
    assert (
        "\n- `class Net(torch.nn.Module)` : A `small` [ [net] ] \\#tagged.\n  - `def forward(self, x)`\n"
        in "\n".join(block)
    )
    assert f"\nRuns with this version:\n- 2026-03-14 First one ({record.id})\n%% kwslab end " in world.text("train.py")
    assert not (world.vault / "Code/model/unused.py.md").exists()


def test_a_link_makes_the_note_it_leads_to(world):
    """[[Code/model/unused.py]] resolves as soon as the note is there; a file that does not exist makes none."""
    words = "see [[Code/model/unused.py]], [[code/data.py#load]] and [[Code/model/nothing.py]]\n"
    world.put(world.vault / "Scratch.md", FRONT.format("Scratch") + words)
    assert world.sync() == ["Code/data.py.md", "Code/model/unused.py.md"]
    index = LinkIndex(world.notes(), files=[])
    found = [index.resolve(link, "Scratch.md") for link in links_of(words)]
    assert [(r.status, r.note) for r in found] == [
        ("ok", "Code/model/unused.py"),
        ("broken", "Code/data.py"),
        ("broken", ""),
    ]


def test_the_block_follows_file_and_runs(world):
    """A new version has new definitions and its own runs; patches, commits and untracked files count."""
    world.run("On the commit")
    world.sync()
    world.put(world.project / "model/net.py", NET.replace("forward", "apply"))
    world.put(world.project / "loose.py", "import model.net\n")
    second = world.run("With a patch", "python", "loose.py")
    assert world.sync() == ["Code/loose.py.md", "Code/model/net.py.md"]
    assert "apply(self" in world.text("model/net.py") and "On the commit" not in world.text("model/net.py")
    assert f"With a patch ({second.id})" in world.text("model/net.py") and second.id in world.text("loose.py")
    world.commit()
    world.run("On the next commit")
    world.sync()
    text = world.text("model/net.py")
    assert text.index("On the next commit") < text.index("With a patch") and "On the commit" not in text
    assert "On the commit" in world.text("data.py"), "that file is still what it was"
    world.put(world.project / "model/net.py", NET)
    world.sync()
    assert "On the commit" in world.text("model/net.py") and "With a patch" not in world.text("model/net.py")


def test_a_list_of_runs_alone_is_not_written_all_the_time(world):
    """Within an hour only a new version is worth a write; asked for, or later, the list is brought up to date."""
    world.run("First")
    apply(world.plan(), world.writer)
    world.run("Second")
    soon, later = (datetime.datetime.now().astimezone() + datetime.timedelta(hours=h) for h in (0, 2))
    assert world.plan(everything=False, now=soon) == []
    assert len(world.plan(everything=False, now=later)) == len(world.plan(everything=True, now=soon)) == 3


def test_what_the_researcher_wrote_or_took_away_stays(world):
    """His words around the block stay; a block he edited or deleted, and a note he deleted, are left so."""
    world.run("First")
    world.sync()
    note = world.vault / "Code/model/net.py.md"
    note.write_text(
        world.text("model/net.py").replace("# model/net.py\n", "# model/net.py\nMy words\n") + "\nMore words"
    )
    world.put(world.project / "model/net.py", NET + "\n\ndef extra():\n    return 1\n")
    world.sync()
    assert "# model/net.py\nMy words\n\n%% kwslab code" in world.text("model/net.py")
    assert "def extra()" in world.text("model/net.py") and world.text("model/net.py").endswith(" %%\n\nMore words")
    note.write_text(world.text("model/net.py").replace("- `def extra()`", "- `def extra()` is mine"))
    train = world.vault / "Code/train.py.md"
    train.write_text(FRONT.format("train.py") + "only mine\n")
    (world.vault / "Code/data.py.md").unlink()
    for name in ("model/net.py", "train.py", "data.py"):
        world.put(world.project / name, "def all_new():\n    return 1\n")
    world.run("Second")
    assert world.plan() == []


def test_a_note_that_was_there_before_gets_the_block_at_its_end(world):
    """A note the researcher made for a source file keeps every byte, line ends included."""
    own = "my thoughts on it\r\n\r\n## 2026-03-01\r\n- [ ] try\r\n"
    world.put(world.vault / "Code/data.py.md", own)
    assert world.sync() == ["Code/data.py.md"]
    assert world.text("data.py").startswith(own.rstrip()) and "\r\n%% kwslab code %%\r\n" in world.text("data.py")
    assert len(world.writer.undo(1)) == 1 and world.text("data.py") == own
    assert world.plan() == []


def test_undo_takes_notes_and_their_folders_away(world):
    """The vault is what it was; folders of the researcher stay."""
    before = sorted(world.vault.rglob("*"))
    world.run("First")
    world.sync()
    assert len(world.writer.undo(10)) == 3
    assert sorted(world.vault.rglob("*")) == before
    assert world.plan() == []


def test_the_block_is_code_and_not_the_researchers_words(world):
    """It gives no section, task, link or chunk; what stands beside it does."""
    world.put(world.vault / "Scratch.md", FRONT.format("Scratch") + "[[Code/model/net.py]]\n")
    world.sync()
    note = parse_note("Code/model/net.py.md", world.text("model/net.py") + "\n## 2026-03-14\n- [ ] my task\n")
    assert "torch" not in "".join(section.text for section in note.sections)
    assert [task.text for task in note.tasks] == ["my task"] and note.links == ()
    assert "Module" not in " ".join(chunk.text for chunk in chunk_note(note))
    alone = parse_note("Code/model/net.py.md", world.text("model/net.py"))
    assert [(chunk.text, chunk.title) for chunk in chunk_note(alone)] == [("", "model/net.py")]


def test_runs_of_other_places_do_not_count(world, tmp_path):
    """A run in another folder with a script of the same name, or without saved code, used none of these files."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "train.py").write_text("x = 1\n")
    world.run("Elsewhere", cwd=other)
    assert world.plan() == []
    world.run("As a module", "python", "-m", "model.net", cwd=world.project)
    assert world.sync() == ["Code/model/net.py.md"]


def test_a_run_of_another_copy_of_the_project_counts(world, tmp_path):
    """The GPU server has its own clone: its runs are of this project when their commit is in this repository."""
    clone = tmp_path / "server" / "clone"
    world.git("clone", "-q", str(world.project), str(clone))
    (clone / "data.py").write_text("def load():\n    return 2\n")
    record = world.run("On the server", "python", f"{clone}/train.py", cwd=clone)
    clone.rename(tmp_path / "gone")
    assert world.sync() == ["Code/data.py.md", "Code/model/net.py.md", "Code/train.py.md"]
    assert record.id in world.text("train.py") and record.id in world.text("model/net.py")
    assert record.id not in world.text("data.py"), "there it had another version"


def test_a_project_below_its_repository(tmp_path):
    """The project's folder is a part of a larger repository."""
    world = World(tmp_path)
    world.mirror = Mirror(world.project / "model")
    record = world.run("Inside", "python", "net.py", cwd=world.project / "model")
    assert world.sync() == ["Code/net.py.md"]
    assert record.id in world.text("net.py")


def test_names_that_no_link_can_hold_have_no_note(world):
    """A file name with a bracket or a colon is left out."""
    for name in ("a[1].py", "b#c.py", "d:e.py"):
        world.put(world.project / name, "x = 1\n")
        world.run("Odd", "python", name)
    assert world.plan() == []


def test_many_runs_are_planned_quickly(world):
    """What a run kept is read once; five hundred runs of three files take no long time to look at again."""
    record = world.run("First")
    world.records = [record] + [
        Record(**{**vars(record), "id": f"r20260314-{n:06d}".replace("0", "a").replace("1", "b")}) for n in range(500)
    ]
    world.plan()
    started = time.process_time()
    world.plan()
    assert time.process_time() - started < 2.0


WORDS = st.text(alphabet="abc #-*`>%[]^!|\n\r\té☃", max_size=80).map(lambda text: text.replace("%% kwslab", ""))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=WORDS, after=WORDS, version=st.integers(0, 3))
def test_text_outside_the_block_never_changes(world, before, after, version):
    """Whatever stands around the block, an update changes the block alone, and undo gives every byte back."""
    path = world.project / "data.py"
    path.write_text("def load():\n    return 0\n")
    note = world.vault / "Code/data.py.md"
    note.parent.mkdir(exist_ok=True)
    journal = world.root / f"journal-{time.monotonic_ns()}.jsonl"
    world.writer = NoteWriter(world.vault, journal)
    note.write_bytes((before + "\n").encode())
    apply(world.plan(), world.writer)
    made = note.read_bytes().decode()
    begin, end = made.index("%% kwslab code"), made.rindex("%% kwslab end")
    end = made.index("%%", end + 2) + 2
    (splice,) = world.writer.journal.entries[-1].splices
    own = before + "\n"
    assert made == own[: splice.at] + splice.inserted + own[splice.at :]
    whole = made[:end] + ("\n" + after)
    note.write_bytes(whole.encode())
    path.write_text(
        "def load():\n    return 0\n" + "".join(f"\n\ndef f{n}():\n    return {n}\n" for n in range(version))
    )
    apply(world.plan(), world.writer)
    changed = note.read_bytes().decode()
    assert changed.startswith(made[:begin]) and changed.endswith("\n" + after)
    assert changed.count("%% kwslab code") == 1 and world.plan() == []
    if version:
        assert "def f0()" in changed
        world.writer.undo(1)
        assert note.read_bytes().decode() == whole
