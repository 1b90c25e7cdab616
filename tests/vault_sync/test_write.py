"""The writer: one block at its place, nothing else changed, taken back exactly, refused where it could do harm."""

from __future__ import annotations

import datetime
import errno
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vault_sync.errors import WriteError
from vault_sync.notes import heading_date, parse_note
from vault_sync.write import (
    Claim,
    Insert,
    Journal,
    Mark,
    NoteWriter,
    Rework,
    apply_edits,
    day_heading,
)

DAY = datetime.date(2026, 3, 14)
BLOCK = ("- [-] GRU with less noise ^kw-abc234", "", "```sh", "python train.py", "```", "---")


def insert(day=DAY, lines=BLOCK, marker="kw-abc234", key=("r20260314-abc234", "server"), **more):
    return Insert((key,), day, tuple(lines), marker, **more)


def applied(text: str, *edits) -> str:
    return apply_edits(text, edits, "Server.md").text


@pytest.fixture
def vault(tmp_path):
    root = tmp_path / "vault"
    root.mkdir()
    (root / "Server.md").write_bytes(b"---\nid: Server\n---\n\n# Server\n\n## 2026/03/12\n- [x] old\n---\n")
    return root


@pytest.fixture
def writer(vault, tmp_path):
    return NoteWriter(vault, tmp_path / "data" / "journal.jsonl")


# -- where a block goes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heading", ["2026-03-14", "2026/03/14", "20260314", "2026/03/14 ", "2026-03-14\t"])
def test_a_block_goes_under_the_existing_day_heading_in_any_form(heading):
    """A day that has a heading, however it is written, never gets a second one."""
    text = f"# Server\n\n## 2026/03/12\n- a\n\n## {heading}\n- b\n\n## 2026/03/15\n- c\n"
    new = applied(text, insert(lines=("- new ^kw-abc234",)))
    assert new == f"# Server\n\n## 2026/03/12\n- a\n\n## {heading}\n- b\n\n- new ^kw-abc234\n\n## 2026/03/15\n- c\n"


@pytest.mark.parametrize(
    ("headings", "made"),
    [
        (["2026-03-10", "2026/03/12"], "2026/03/14"),
        (["2026/03/10", "2026-03-12"], "2026-03-14"),
        (["2026/03/10", "20260312 "], "20260314"),
        ([], "2026/03/14"),
    ],
)
def test_a_missing_day_heading_is_made_in_the_newest_form(headings, made):
    """The newest day of the file shows how a day is written there."""
    text = "# Server\n" + "".join(f"\n## {heading}\n- x\n" for heading in headings)
    new = applied(text, insert(lines=("- new",), marker=""))
    assert new == text + f"\n## {made}\n- new\n"


def test_a_missing_day_goes_between_its_neighbours():
    """Oldest day first: a day in between is put in between, with the blank lines the file has."""
    text = "## 2026/03/12\n- a\n\n\n## 2026/03/15\n\n- c\n"
    new = applied(text, insert(lines=("- new",), marker=""))
    assert new == "## 2026/03/12\n- a\n\n\n## 2026/03/14\n\n- new\n\n\n## 2026/03/15\n\n- c\n"


def test_a_day_before_all_others_goes_on_top_of_them():
    """The frontmatter and the title stay above the first day."""
    text = "---\nid: S\n---\n# S\n\n## 2026/03/20\n- c\n"
    assert applied(text, insert(lines=("- new",), marker="")) == (
        "---\nid: S\n---\n# S\n\n## 2026/03/14\n- new\n\n## 2026/03/20\n- c\n"
    )


def test_a_heading_that_is_no_date_stays_behind_the_days():
    """An appendix at the end of the note is no day; a new day goes before it."""
    text = "## 2026/03/12\n- a\n\n## Commands\n- nvidia-smi\n"
    assert applied(text, insert(lines=("- new",), marker="")) == (
        "## 2026/03/12\n- a\n\n## 2026/03/14\n- new\n\n## Commands\n- nvidia-smi\n"
    )


def test_of_two_headings_for_one_day_the_last_is_taken():
    """obsidian.nvim jumps to the last of two equal headings, so links lead to the block."""
    text = "## 2026/03/14\n- a\n\n## 2026-03-14\n- b\n"
    assert applied(text, insert(lines=("- new",), marker="")) == text + "\n- new\n"


def test_a_block_stays_above_the_days_own_sub_headings():
    """A dated sub-heading is the date of what stands under it; our block belongs to the day itself."""
    text = "## 2026/03/14\n- a\n\n### Fix-2026/03/10\n- b\n"
    assert applied(text, insert(lines=("- new",), marker="")) == (
        "## 2026/03/14\n- a\n\n- new\n\n### Fix-2026/03/10\n- b\n"
    )


def test_headings_inside_a_fence_are_code():
    """A comment in a shell script is no heading, a day heading always is one."""
    text = "## 2026/03/14\n```sh\n## setup\n# 2026/03/15\npython a.py\n```\n"
    assert applied(text, insert(lines=("- new",), marker="")) == text + "\n- new\n"


def test_a_fence_that_is_never_closed_does_not_swallow_the_block():
    """What follows an open fence would be shown as code, so the block goes before it."""
    text = "## 2026/03/14\n```sh\npython a.py\n\n## 2026/03/15\n- b\n"
    new = applied(text, insert(lines=("- new",), marker=""))
    assert new == "## 2026/03/14\n- new\n\n```sh\npython a.py\n\n## 2026/03/15\n- b\n"


def test_a_glued_closer_ends_a_fence():
    """A fence whose closing mark stands behind the last line of code is closed."""
    text = "## 2026/03/14\n```py\nf(\n    )```\n- b\n"
    assert applied(text, insert(lines=("- new",), marker="")) == text + "\n- new\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "no newline at the end",
        "## 2026/03/14",
        "## 2026/03/14 \n",
        "\ufeff---\r\nid: x\r\n---\r\n\r\n## 2026/03/14\r\n- 한국어 노트  \r\n",
        "## 2026/03/14\r\n- mixed\n- lines\r\n\n\n\n",
        "- a\n## 2026/03/14\n\n\n\n## 2026/03/15\n",
        "## 2026/03/13\n- x",
        "## 2026/03/13\r\n- x\r\n\r\n\r\n",
        "   ",
    ],
)
def test_only_the_block_is_new(text):
    """Taking the inserted characters out again gives the old text, and the block is whole lines under its day."""
    result = apply_edits(text, [insert()], "Server.md")
    back = result.text
    for splice in reversed(result.splices):
        assert back[splice.at : splice.at + len(splice.inserted)] == splice.inserted
        back = back[: splice.at] + splice.removed + back[splice.at + len(splice.inserted) :]
    assert back == text
    note = parse_note("Server.md", result.text)
    days = [s for s in note.sections if heading_date(s.heading) == DAY]
    assert len(days) == 1
    assert "\n".join(BLOCK) in days[0].text
    if "\r\n" in text and "\n- lines" not in text:
        assert result.text.count("\r\n") == result.text.count("\n")
    assert result.text.endswith("\n") == (text.endswith("\n") or not text.strip("\ufeff "))


def test_a_heading_is_quoted_as_it_stands():
    """Links need the heading's own words, whatever its form; a day to come is worded as it will be made."""
    note = parse_note("Server.md", "## 2026-03-12\n- a\n\n## 20260314 \n- b\n")
    assert day_heading(note, DAY) == "20260314"
    assert day_heading(note, datetime.date(2026, 3, 12)) == "2026-03-12"
    assert day_heading(note, datetime.date(2026, 3, 20)) == "20260320"
    assert day_heading(None, DAY, "%Y-%m-%d") == "2026-03-14"


def test_a_marker_that_is_there_gets_no_second_block():
    """Whatever a plan says, a run's block is not put into a note that holds it; a mere link to it does not count."""
    once = applied("## 2026/03/14\n", insert())
    assert applied(once, insert()) == once
    linked = "## 2026/03/14\n- see [[Server#^kw-abc234]]\n"
    assert applied(linked, insert()).count("^kw-abc234") == 2


# -- marks -------------------------------------------------------------------------------------------------------------


def mark(line, number, states=" ", state="-", sublines=()):
    return Mark((("r20260314-abc234", "task"),), line, number, states, state, tuple(sublines))


def test_a_mark_changes_one_character_and_adds_lines_under_its_task():
    """Of two equal tasks the nearest to where it was read is marked; sub-lines go behind the ones it has."""
    text = (
        "## 2026/03/13\r\n- [ ] GRU run\r\n## 2026/03/14\r\n- [ ] GRU run\r\n  > Code : [[gru]]\r\n"
        "  - [ ] sub-task\r\n- [ ] other\r\n"
    )
    new = applied(text, mark("- [ ] GRU run", 4, sublines=["> Result : [[Experiments#2026/03/14]]"]))
    assert new == text.replace(
        "## 2026/03/14\r\n- [ ] GRU run\r\n  > Code : [[gru]]\r\n",
        "## 2026/03/14\r\n- [-] GRU run\r\n  > Code : [[gru]]\r\n  > Result : [[Experiments#2026/03/14]]\r\n",
    )


def test_a_mark_follows_its_line_when_others_were_written_above():
    """Line numbers move while a run runs; the line itself counts."""
    assert applied("new\nnew\n- [ ] a\n", mark("- [ ] a", 1)) == "new\nnew\n- [-] a\n"


def test_a_task_in_another_state_or_gone_is_left_alone():
    """Task states that are not ours are never touched."""
    for text in ("- [>] a\n", "- [ ] a, reworded\n", ""):
        result = apply_edits(text, [mark("- [ ] a", 1)], "March.md")
        assert (result.text, result.splices) == (text, ())
        assert result.skipped[0][1] == "the task line was changed meanwhile"


def test_sub_lines_that_are_there_are_not_repeated():
    """A link that the researcher has put there already stays alone."""
    text = "- [-] a\n  > Result : [[E#1]]\n"
    assert applied(text, mark("- [-] a", 1, "-", "x", ["> Result : [[E#1]]", "> Server : [[S#1]]"])) == (
        "- [x] a\n  > Result : [[E#1]]\n  > Server : [[S#1]]\n"
    )


def test_an_edited_block_is_ticked_at_most():
    """A block that stands as written is reworked; where the researcher edited it, only its untouched task line is."""
    old, new = ("- [-] t ^kw-abc234", "> [[E#1]]"), ("- [x] t ^kw-abc234", "> [[E#2]]")
    edit = Rework((("r", "server-end"),), old, new)
    assert applied("- [-] t ^kw-abc234\n> [[E#1]]\nrest\n", edit) == "- [x] t ^kw-abc234\n> [[E#2]]\nrest\n"
    assert applied("- [-] t ^kw-abc234\nmine\n", edit) == "- [x] t ^kw-abc234\nmine\n"
    assert applied("- [-] my title ^kw-abc234\n> [[E#1]]\n", edit) == "- [-] my title ^kw-abc234\n> [[E#1]]\n"


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_write_keeps_mode_and_leaves_nothing_behind(vault, writer):
    """The note has its permissions, and beside it lies no temporary file."""
    os.chmod(vault / "Server.md", 0o640)
    done = writer.write("Server.md", [insert()], what="entry")
    assert (done.error, done.entry) == ("", "w000001")
    assert stat.S_IMODE((vault / "Server.md").stat().st_mode) == 0o640
    assert os.listdir(vault) == ["Server.md"]
    assert (vault / "Server.md").read_text().endswith("## 2026/03/14\n" + "\n".join(BLOCK) + "\n")


def test_a_missing_note_is_made_and_taken_back_whole(vault, writer):
    """A hub note that is not there yet begins as it is told; undo removes it again."""
    writer.write("Experiments.md", [insert()], what="result", create="---\nid: Experiments\n---\n")
    text = (vault / "Experiments.md").read_text()
    assert text == "---\nid: Experiments\n---\n\n## 2026/03/14\n" + "\n".join(BLOCK) + "\n"
    (undone,) = writer.undo()
    assert undone.undone and "the note itself had been made by it and is gone" in undone.message
    assert os.listdir(vault) == ["Server.md"]


def test_a_note_that_must_be_there_is_not_made(vault, writer):
    """A note that went away since the plan is planned anew, not made up."""
    with pytest.raises(WriteError, match=r"Gone\.md is gone; it is planned anew"):
        writer.write("Gone.md", [insert()])
    assert os.listdir(vault) == ["Server.md"]


def test_symbolic_links_inside_the_vault_stay_links(vault, writer, tmp_path):
    """The file a link leads to is written, the link stays; a vault may be a link itself."""
    (vault / "real").mkdir()
    (vault / "real" / "Lab.md").write_text("## 2026/03/14\n")
    (vault / "Lab.md").symlink_to("real/Lab.md")
    writer.write("Lab.md", [insert()])
    assert (vault / "Lab.md").is_symlink()
    assert "^kw-abc234" in (vault / "real" / "Lab.md").read_text()
    (tmp_path / "door").symlink_to(vault)
    NoteWriter(tmp_path / "door", tmp_path / "j2").write("Server.md", [insert()])
    assert "^kw-abc234" in (vault / "Server.md").read_text()


def test_a_link_out_of_the_vault_is_not_followed(vault, writer, tmp_path):
    """Nothing outside the vault is ever written."""
    (tmp_path / "secret.md").write_text("## 2026/03/14\n")
    (vault / "Out.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(WriteError, match=r"Out\.md leads out of the vault.*Move the file into it"):
        writer.write("Out.md", [insert()])
    (vault / "Loop.md").symlink_to("Loop.md")
    with pytest.raises(WriteError, match=r"Loop\.md is a symbolic link that leads nowhere"):
        writer.write("Loop.md", [insert()])
    assert (tmp_path / "secret.md").read_text() == "## 2026/03/14\n"


@pytest.mark.parametrize(
    "note",
    [
        ".obsidian/x.md",
        ".trash/Server.md",
        "templates/Day.md",
        "Server (Conflicted copy 2026-03-14).md",
        "Server.sync-conflict-20260314-101010-ABCDEFG.md",
        "../Server.md",
        "/etc/Server.md",
        "Server.txt",
    ],
)
def test_what_is_no_note_is_never_written(vault, writer, note):
    """Dot folders, templates, conflict copies and paths outside are refused."""
    path = vault / note.lstrip("/")
    path.parent.mkdir(exist_ok=True, parents=True)
    if ".." not in note:
        path.write_text("## 2026/03/14\n")
    with pytest.raises(WriteError, match=r"is not written to: notes are \.md files of the vault"):
        writer.write(note, [insert()], create="x")
    assert ".." in note or path.read_text() == "## 2026/03/14\n"


@pytest.mark.parametrize("data", [b"## 2026/03/14\n\xff\xfe caf\xe9\n", "## x\n".encode("utf-16"), b"a\0b"])
def test_a_note_that_is_not_utf8_is_refused(vault, writer, data):
    """Such a note would be damaged by decoding; it is left and the researcher is told."""
    (vault / "Server.md").write_bytes(data)
    with pytest.raises(WriteError, match=r"Server\.md is not UTF-8.*Save it as UTF-8 in your\s+editor"):
        writer.write("Server.md", [insert()])
    assert (vault / "Server.md").read_bytes() == data


def test_a_name_that_differs_in_case_only_is_not_made_twice(vault, writer):
    """On a case-insensitive file system it would be the same file."""
    with pytest.raises(WriteError, match=r"server\.md is written Server\.md in the vault"):
        writer.write("server.md", [insert()], create="x")


@pytest.mark.parametrize("what", ["folder", "note"])
def test_a_read_only_vault_is_told_and_left(vault, writer, what):
    """Permissions are the owner's wish; the message says what to do, and a later try succeeds."""
    path = vault if what == "folder" else vault / "Server.md"
    before, mode = (vault / "Server.md").read_bytes(), path.stat().st_mode
    path.chmod(0o555 if what == "folder" else 0o444)
    try:
        with pytest.raises(WriteError, match=r"unchanged: the vault cannot be written.*Mend its permissions"):
            writer.write("Server.md", [insert()])
    finally:
        path.chmod(mode)
    assert (vault / "Server.md").read_bytes() == before
    assert os.listdir(vault) == ["Server.md"]
    assert writer.write("Server.md", [insert()]).error == ""


def test_a_full_disk_changes_nothing_and_is_tried_again(vault, tmp_path):
    """With no room for the new file the note stands as it was, no temporary file is left, and the write is not
    taken for done."""
    (vault / "Server.md").write_text("## 2026/03/14\n" + "x" * 9000 + "\n")
    before = (vault / "Server.md").read_bytes()

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    code = (
        "import sys, datetime\nfrom vault_sync.write import *\nfrom vault_sync.errors import WriteError\n"
        "w = NoteWriter(sys.argv[1], sys.argv[2])\n"
        "try: w.write('Server.md', [Insert((('r1', 'server'),), datetime.date(2026, 3, 14), ('- a',))])\n"
        "except WriteError as error: print(error)\n"
        "print(w.journal.wrote('r1', 'server'))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, vault, tmp_path / "journal"],
        preexec_fn=small_files,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Server.md could not be written and is unchanged: the disk is full. Free some space; it is tried" in out
    assert out.endswith("False\n")
    assert (vault / "Server.md").read_bytes() == before
    assert os.listdir(vault) == ["Server.md"]


def test_without_a_journal_nothing_is_written(vault, tmp_path):
    """A write that could not be accounted for could be doubled, so it is not made."""
    before = (vault / "Server.md").read_bytes()
    writer = NoteWriter(vault, tmp_path / "journal")
    assert writer.journal.entries == ()
    (tmp_path / "journal").mkdir()
    with pytest.raises(WriteError, match=r"journal .*cannot be written.*so nothing was written to the\s+vault"):
        writer.write("Server.md", [insert()])
    with pytest.raises(WriteError, match=r"journal .*cannot be read.*Nothing is written to the vault without it"):
        NoteWriter(vault, tmp_path / "journal").write("Server.md", [insert()])
    assert (vault / "Server.md").read_bytes() == before
    assert os.listdir(vault) == ["Server.md"]


def test_a_note_changed_between_reading_and_moving_is_read_again(vault, writer, monkeypatch):
    """The researcher saves in the last moment: his line and our block are both there."""
    from vault_sync import write as module

    real, path = module._exchange_in, vault / "Server.md"
    calls = []

    def saved_meanwhile(temp, target, before):
        if not calls:
            calls.append(1)
            path.write_bytes(path.read_bytes() + b"- his last line\n")
        return real(temp, target, before)

    monkeypatch.setattr(module, "_exchange_in", saved_meanwhile)
    writer.write("Server.md", [insert()])
    text = path.read_text()
    assert text.count("- his last line") == 1 and text.count("^kw-abc234") == 1
    assert [e.state for e in writer.journal.entries] == ["aborted", "done"]


def test_a_save_between_the_last_look_and_the_exchange_is_not_lost(vault, writer, monkeypatch):
    """What the exchange brings out is looked at; another program's save goes back in its place."""
    from vault_sync import write as module

    real, path = module._swap, vault / "Server.md"
    calls = []

    def saved_meanwhile(a, b):
        if not calls:
            calls.append(1)
            other = vault / "other"
            other.write_bytes(path.read_bytes() + b"- his last line\n")
            other.replace(path)
        return real(a, b)

    monkeypatch.setattr(module, "_swap", saved_meanwhile)
    writer.write("Server.md", [insert()])
    text = path.read_text()
    assert text.count("- his last line") == 1 and text.count("^kw-abc234") == 1
    assert os.listdir(vault) == ["Server.md"]


def test_a_program_that_writes_in_place_is_waited_for(vault, writer):
    """A note that is just being written by another program is not half read, and nothing goes into its old file."""
    path = vault / "Server.md"
    old = path.read_bytes()
    opened, go = threading.Event(), threading.Event()

    def slow_editor():
        with path.open("wb") as file:
            opened.set()
            go.wait(5)
            file.write(old + b"- his line\n")

    editor = threading.Thread(target=slow_editor)
    editor.start()
    opened.wait(5)
    threading.Timer(0.2, go.set).start()
    writer.write("Server.md", [insert()])
    editor.join()
    text = path.read_text()
    assert text.count("- his line") == 1 and text.count("- [x] old") == 1 and text.count("^kw-abc234") == 1


# -- undo --------------------------------------------------------------------------------------------------------------


def test_writing_and_taking_back_is_nothing(vault, writer):
    """The last n writes are taken back, newest first, to the byte."""
    start = (vault / "Server.md").read_bytes()
    writer.write("Server.md", [insert()])
    middle = (vault / "Server.md").read_bytes()
    writer.write("Server.md", [insert(lines=("- b ^kw-bbb234",), marker="kw-bbb234", key=("r2", "server"))])
    assert [u.entry for u in writer.undo(1)] == ["w000002"]
    assert (vault / "Server.md").read_bytes() == middle
    assert [u.entry for u in writer.undo(5)] == ["w000001"]
    assert (vault / "Server.md").read_bytes() == start
    assert writer.undo(1) == []
    assert writer.journal.wrote("r20260314-abc234", "server"), "taken back is not written again"


def test_undo_takes_only_the_block_when_the_researcher_wrote_around_it(vault, writer):
    """Lines above, below and under the heading that came with the block stay, and so the heading stays."""
    path = vault / "Server.md"
    writer.write("Server.md", [insert()])
    path.write_text("top\n" + path.read_text() + "- his thought\n")
    (undone,) = writer.undo()
    assert undone.undone
    text = path.read_text()
    assert (
        "^kw-abc234" not in text and text.startswith("top\n---\nid") and text.endswith("## 2026/03/14\n- his thought\n")
    )


def test_undo_takes_the_heading_too_when_nothing_is_left_under_it(vault, writer):
    """An edit far away does not leave an empty day behind."""
    path = vault / "Server.md"
    start = path.read_text()
    writer.write("Server.md", [insert()])
    path.write_text("top\n" + path.read_text())
    writer.undo()
    assert path.read_text() == "top\n" + start


def test_undo_leaves_a_block_that_was_edited(vault, writer):
    """The researcher's words in the block make it his; the message says so and asking again does not change it."""
    path = vault / "Server.md"
    writer.write("Server.md", [insert()], what="entry")
    path.write_text(path.read_text().replace("less noise", "much less noise"))
    text = path.read_text()
    (undone,) = writer.undo()
    assert not undone.undone
    assert undone.message == "Server.md: left as it is (entry): the block was changed since, so it is yours now."
    assert path.read_text() == text
    assert writer.undo() == []


def test_undo_of_a_mark_finds_its_line(vault, writer):
    """A task goes back to its old state and loses our lines, wherever it stands by now."""
    path = vault / "March.md"
    path.write_text("- [ ] a\n- [ ] b\n")
    writer.write("March.md", [mark("- [ ] a", 1, sublines=["> Server : [[Server#1]]"])])
    assert path.read_text() == "- [-] a\n  > Server : [[Server#1]]\n- [ ] b\n"
    path.write_text("- [ ] new\n" + path.read_text())
    writer.undo()
    assert path.read_text() == "- [ ] new\n- [ ] a\n- [ ] b\n"


def test_undo_of_several_blocks_leaves_the_edited_one(vault, writer):
    """One write of two runs: the block that was not touched goes, the other stays, and both are told."""
    path = vault / "Server.md"
    both = [insert(), insert(lines=("- b ^kw-bbb234",), marker="kw-bbb234", key=("r2", "server"))]
    writer.write("Server.md", both)
    path.write_text(path.read_text().replace("- b", "- b, my words"))
    (undone,) = writer.undo()
    assert undone.undone and "1 of 2 places were changed since" in undone.message
    assert "^kw-abc234" not in path.read_text() and "- b, my words ^kw-bbb234" in path.read_text()


LINES = st.one_of(
    st.sampled_from(
        ["", "## 2026/03/14", "## 20260313", "## 2026-03-20 ", "## x", "### y", "```", "```sh", "~~~", "    x)```"]
    ),
    st.sampled_from(
        ["- [ ] a", "> [!note]", "> q", "---", "%%", "# t", "| a | b |", "한글  ", "\u2028", "\x0c", "\ufeff"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"), max_size=12),
)
TEXTS = st.tuples(
    st.sampled_from(["", "\ufeff", "---\nid: x\n---\n", "---\r\nid: x\r\n---\r\n"]),
    st.lists(st.tuples(LINES, st.sampled_from(["\n", "\n", "\r\n"])), max_size=12),
    LINES,
).map(lambda parts: parts[0] + "".join(line + end for line, end in parts[1]) + parts[2])


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, days=st.lists(st.integers(12, 21), min_size=1, max_size=3))
@example(text="## x\n\u2028", days=[12, 12])  # a last line of nothing but blanks, not ended
@example(text="## 2026/03/14\n```\n~~~", days=[14])  # an open fence that seems to be closed
def test_for_any_text_only_blocks_are_new(text, days):
    """Whatever bytes a note holds: taking the inserted ones out gives it back, and each block is under its own day."""
    edits = [
        insert(datetime.date(2026, 3, day), (f"- [x] {n} ^kw-aaaa2{n}", "---"), f"kw-aaaa2{n}", (f"r{n}", "server"))
        for n, day in enumerate(days, start=2)
    ]
    result = apply_edits(text, edits, "Server.md")
    back = result.text
    for splice in reversed(result.splices):
        assert splice.removed == ""
        assert back[splice.at : splice.at + len(splice.inserted)] == splice.inserted
        back = back[: splice.at] + back[splice.at + len(splice.inserted) :]
    assert back.encode() == text.encode()
    note, old = parse_note("Server.md", result.text), parse_note("Server.md", text)
    for n, day in enumerate(days, start=2):
        date = datetime.date(2026, 3, day)
        under = [s for s in note.sections if s.level == 2 and heading_date(s.heading) == date]
        before = [s for s in old.sections if s.level == 2 and heading_date(s.heading) == date]
        assert len(under) == max(1, len(before))
        assert f"- [x] {n} ^kw-aaaa2{n}\n---" in under[-1].text
        assert f"kw-aaaa2{n}" in [block for block, _ in note.blocks], "it is text, not inside a fence or comment"


@settings(max_examples=40, deadline=None)
@given(text=TEXTS, places=st.lists(st.floats(0, 0.999), min_size=1, max_size=4))
@example(text="---\nid: x\n---\n## 2026/03/14\n```\n", places=[0.625])  # his line clings to the block
@example(text="## 2026/03/14\n0\r", places=[0.0])  # half a line end at the end
def test_undo_keeps_whatever_was_written_around_the_block(tmp_path_factory, text, places):
    """Lines put anywhere but into the block stay, in order; the block goes."""
    root = tmp_path_factory.mktemp("undo")
    (root / "vault").mkdir()
    path = root / "vault" / "Server.md"
    path.write_bytes(text.encode())
    writer = NoteWriter(root / "vault", root / "journal")
    writer.write("Server.md", [insert()])
    lines = path.read_bytes().decode().split("\n")
    first = next(i for i, line in enumerate(lines) if "^kw-abc234" in line)
    free = [i for i in range(1, len(lines)) if not first < i < first + len(BLOCK)]
    for number, place in enumerate(places):
        at = free[int(place * len(free))] if free else 0
        lines.insert(at + (0 if at <= first else number), f"- his {number}")
        first += at <= first
    edited = "\n".join(lines)
    path.write_bytes(edited.encode())
    if "\n".join(BLOCK) not in edited.replace("\r\n", "\n"):
        return  # one of the lines went into the block after all
    (undone,) = writer.undo()
    after = path.read_bytes().decode()
    assert undone.undone and "^kw-abc234" not in after
    kept = iter(after.removeprefix("\ufeff").split("\n"))
    for line in text.removeprefix("\ufeff").split("\n"):
        if line.strip():
            assert any(other.rstrip("\r") == line.rstrip("\r") for other in kept), f"lost {line!r}"
    assert sorted(x for x in after.split("\n") if x.startswith("- his")) == [f"- his {n}" for n in range(len(places))]


# -- the journal -------------------------------------------------------------------------------------------------------


def test_the_journal_is_read_back_and_a_torn_line_is_dropped(vault, tmp_path):
    """A crash in the middle of a journal line loses that line alone, and the next one is whole."""
    path = tmp_path / "journal"
    NoteWriter(vault, path).write("Server.md", [insert()])
    with path.open("ab") as file:
        file.write(b'{"event": "intent", "id": "w0000')
    again = NoteWriter(vault, path)
    assert again.journal.wrote("r20260314-abc234", "server")
    again.write("Server.md", [insert(key=("r2", "server"), lines=("- b",), marker="")])
    assert [e.state for e in Journal(path).entries] == ["done", "done"]
    assert len(again.undo(2)) == 2


def cut_off(vault, path, event):
    """A writer killed right before it notes down that a write is done, or right after noting down its intent."""
    code = (
        "import os, sys, datetime\nfrom vault_sync import write as m\n"
        "if sys.argv[3] == 'before': m._exchange_in = lambda *a: os.kill(os.getpid(), 9)\n"
        "else: m.Journal.settle = lambda *a: os.kill(os.getpid(), 9)\n"
        "m.NoteWriter(sys.argv[1], sys.argv[2]).write('Server.md', [m.Insert((('r1', 'server'),),"
        " datetime.date(2026, 3, 14), ('- a ^kw-aaa234',), 'kw-aaa234')])"
    )
    killed = subprocess.run([sys.executable, "-c", code, vault, path, event], check=False)
    assert killed.returncode == -signal.SIGKILL


def test_a_crash_before_the_exchange_counts_as_not_written(vault, tmp_path):
    """At the next start the write is found not to have reached the note, and its file is removed."""
    before = (vault / "Server.md").read_bytes()
    cut_off(vault, tmp_path / "journal", "before")
    assert len(os.listdir(vault)) == 2
    writer = NoteWriter(vault, tmp_path / "journal")
    assert writer.recover() == ["a write to Server.md was cut off; it had not reached the note and is planned again."]
    assert not writer.journal.wrote("r1", "server")
    assert (vault / "Server.md").read_bytes() == before
    assert os.listdir(vault) == ["Server.md"]


@pytest.mark.parametrize("edited", ["", "- his line\n", "deleted"])
def test_a_crash_after_the_exchange_counts_as_written(vault, tmp_path, edited):
    """The block is there, or the researcher has worked on the note since: in no case is it written again."""
    before = (vault / "Server.md").read_bytes()
    cut_off(vault, tmp_path / "journal", "after")
    path = vault / "Server.md"
    if edited == "deleted":
        path.write_bytes(before + b"- his line\n")
        os.utime(path, (time.time() + 60, time.time() + 60))
    elif edited:
        path.write_text(path.read_text() + edited)
    writer = NoteWriter(vault, tmp_path / "journal")
    assert writer.recover() == ["a write to Server.md was cut off; it had reached the note."]
    assert writer.journal.wrote("r1", "server")
    assert os.listdir(vault) == ["Server.md"]
    (undone,) = writer.undo()
    assert undone.undone == (edited != "deleted")


def test_a_block_overwritten_by_a_stale_buffer_is_noticed(vault, writer):
    """Gone within ten seconds of the write: an editor's older buffer. Gone later: deleted."""
    path = vault / "Server.md"
    before = path.read_bytes()
    writer.write("Server.md", [insert()])
    path.write_bytes(before + b"- typed meanwhile\n")
    assert [e.overwritten for e in writer.journal.entries] == [True]
    writer.write("Server.md", [insert(key=("r2", "server"), lines=("- b ^kw-bbb234",), marker="kw-bbb234")])
    path.write_bytes(before)
    os.utime(path, (time.time() + 30, time.time() + 30))
    assert [e.overwritten for e in writer.journal.entries] == [True, False]


def test_a_claim_writes_nothing_but_the_journal(vault, writer):
    """What the researcher wrote by hand is remembered as a run's, and the note is not touched."""
    before = (vault / "Server.md").stat()
    writer.write("Server.md", [Claim((("r1", "result"),), "[1.0]")], what="by hand")
    assert writer.journal.wrote("r1", "result")
    assert (vault / "Server.md").stat() == before
    assert writer.undo() == []


def test_where_case_does_not_count_a_note_keeps_its_name(vault, writer, tmp_path):
    """On such a file system every spelling is the one note: written in place, under the name that it has."""
    (tmp_path / "Probe").touch()
    if not (tmp_path / "probe").exists():
        pytest.skip("the file system tells upper from lower case")
    writer.write("Server.md", [insert()])
    writer.write("SERVER.md", [insert(key=("r2", "server"), lines=("- b ^kw-bbb234",), marker="kw-bbb234")])
    assert [path.name for path in vault.iterdir()] == ["Server.md"]
    text = (vault / "Server.md").read_text()
    assert text.count("^kw-abc234") == text.count("^kw-bbb234") == 1


def test_a_spelling_that_the_folder_does_not_list_is_the_listed_note(vault, writer, monkeypatch):
    """The same without such a file system: both names open a file, and only one is in the folder's list."""
    (vault / "server.md").write_bytes((vault / "Server.md").read_bytes())
    monkeypatch.setattr("vault_sync.write._names_in", lambda folder: ["Server.md"])
    writer.write("server.md", [insert()])
    assert "^kw-abc234" in (vault / "Server.md").read_text()
    assert "^kw-abc234" not in (vault / "server.md").read_text()


def test_errors_of_the_file_system_say_what_to_do():
    """Each has its remedy."""
    from vault_sync.write import _write_error

    assert "Free some space" in str(_write_error("S.md", OSError(errno.ENOSPC, "x")))
    assert "mount it writable" in str(_write_error("S.md", OSError(errno.EROFS, "Read-only file system")))
    assert json.loads("1") == 1
