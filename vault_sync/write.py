"""The one writer of the vault: puts blocks and marks into notes, keeps a journal of it, and can take writes back.

Nothing but the block (or the one mark) changes in a note: its other bytes are those that were there, whatever they are.
A write is made beside the note, exchanged with it in one step, and checked: what was displaced must be what was read.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vault_sync.editors import tell_editors, unsaved_in_editor
from vault_sync.errors import VaultError, WriteError
from vault_sync.notes import Note, heading_date, heading_of, parse_note, split_lines
from vault_sync.vault import MAX_NOTE_BYTES, Vault

#: A block that is gone so soon after it was written was overwritten by an editor's older buffer, not deleted.
STALE_SECONDS = 10.0

#: How long a note that another program is writing just now is waited for.
BUSY_SECONDS = 2.0

#: A note that is missing is waited for: this long where it must be there, and where it will be made.
GONE_SECONDS, NEW_SECONDS = 1.0, 0.1

#: A note that changes before every one of so many tries is left for the next time.
TRIES = 200

Key = tuple[str, str]  # (run id, part of it that is written)

#: The part that is written of a source file, whose path stands for the run: its note's folders are made with it.
MIRROR = "mirror"

DAY_FORMS = {"/": "%Y/%m/%d", "-": "%Y-%m-%d", "": "%Y%m%d", ".": "%Y.%m.%d", " ": "%Y %m %d"}
_DAY_PARTS = re.compile(r"(\d{4})([-/. ]?)(\d{1,2})\2(\d{1,2})")
_TEMP = re.compile(r"\..+\.kwslab-[0-9a-f]{8}\.(tmp|part)")
_TASK_STATE = re.compile(r"([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)(.)(\].*)", re.DOTALL)


# -- edits -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Insert:
    """A block at the end of a day.

    Attributes:
        keys: what of which run it writes down.
        day: the day whose heading it stands under; the heading is made when the note has none for that day.
        lines: the block, without line ends.
        marker: block id in it (no caret): a note that holds it already gets nothing. "" for a block without one.
        gap: blank lines between it and what stands before it under the same heading.
        heading_form: strftime form of a heading made in a note that has no day yet.
    """

    keys: tuple[Key, ...]
    day: datetime.date
    lines: tuple[str, ...]
    marker: str = ""
    gap: int = 1
    heading_form: str = "%Y/%m/%d"


@dataclass(frozen=True)
class Mark:
    """A new state for one task line, and lines under it.

    Attributes:
        line: the task line as it was read, without line end. number: where it stood, 1-based; the nearest equal line
            to it is taken.
        states: states it may be in; any other is left alone. state: the new one.
        sublines: put after the task's own sub-lines, without indentation; those that are there already are left out.
    """

    keys: tuple[Key, ...]
    line: str
    number: int
    states: str
    state: str
    sublines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rework:
    """New lines for a block of ours that stands as it was written; an edited block is left alone.

    When only the first line of it (its task line) still stands, that one alone is changed, unless it is `whole`.
    trim: the journal keeps the lines that differ, not the block, which then cannot be read back from it.
    """

    keys: tuple[Key, ...]
    old: tuple[str, ...]
    new: tuple[str, ...]
    whole: bool = False
    trim: bool = False


@dataclass(frozen=True)
class Claim:
    """Nothing to add: the researcher's own lines tell of this part already.

    Attributes:
        line: the first of them. mark: a tick for it; when that cannot be made, the part is planned again.
    """

    keys: tuple[Key, ...]
    line: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Append:
    """A block right behind lines that stand as they were read: one more array set of a result.

    Attributes:
        after: the lines, without line ends; () for the end of the note.
        lines: the block. marker: block id in it (no caret).
    """

    keys: tuple[Key, ...]
    after: tuple[str, ...]
    lines: tuple[str, ...]
    marker: str = ""


Edit = Insert | Append | Mark | Rework | Claim


@dataclass(frozen=True)
class Splice:
    """One replacement in a note's text. at: character offset when it was made; kind: heading, block, mark or text."""

    at: int
    removed: str
    inserted: str
    kind: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Applied:
    """A note's text after edits.

    Attributes:
        splices: in the order they were made. keys: what they write down.
        skipped: (edit, why) of those whose line has changed meanwhile; they are planned again.
        claims: (keys, line) of parts that need no write.
    """

    text: str
    splices: tuple[Splice, ...]
    keys: tuple[Key, ...]
    skipped: tuple[tuple[Edit, str], ...]
    claims: tuple[tuple[tuple[Key, ...], str], ...]


def day_section(note: Note, day: datetime.date) -> int | None:
    """Index of the section that is this day's in a note; the last one where there are several, as the editor jumps."""
    found = None
    for index, section in enumerate(note.sections):
        if section.level == 2 and heading_date(section.heading) == day:
            found = index
    return found


def day_heading(note: Note | None, day: datetime.date, form: str = "%Y/%m/%d") -> str:
    """The text of a day's heading: as it stands in the note, else as it would be made there.

    Args: form: strftime form for a note that has no day yet.
    """
    if note is not None:
        index = day_section(note, day)
        if index is not None:
            return note.sections[index].heading
        form = day_form(note) or form
    return day.strftime(form)


def day_form(note: Note) -> str:
    """strftime form of the newest day heading of a note; "" when it has none."""
    newest: tuple[datetime.date, str] | None = None
    for section in note.sections:
        day = heading_date(section.heading) if section.level == 2 else None
        if day is not None and (newest is None or day >= newest[0]):
            newest = day, section.heading
    match = _DAY_PARTS.match(newest[1]) if newest else None
    return DAY_FORMS.get(match.group(2), "%Y/%m/%d") if match else ""


def apply_edits(text: str, edits: Sequence[Edit], path: str) -> Applied:
    """The text after all edits, one after the other, and what exactly was replaced. Pure.

    Args: text: the whole note, byte order mark and line ends included. path: vault-relative, for the parser.
    """
    splices: list[Splice] = []
    keys: list[Key] = []
    skipped: list[tuple[Edit, str]] = []
    claims: list[tuple[tuple[Key, ...], str]] = []
    for edit in edits:
        made: list[Splice] = []
        if isinstance(edit, Insert):
            if edit.marker and holds_marker(text, edit.marker):
                claims.append((edit.keys, f"^{edit.marker}"))
                continue
            made = _insert(text, edit, path)
            keys += edit.keys
        elif isinstance(edit, Append):
            if edit.marker and holds_marker(text, edit.marker):
                claims.append((edit.keys, f"^{edit.marker}"))
                continue
            made = _append(text, edit)
            if not made:
                skipped.append((edit, "the lines it belongs to were changed meanwhile"))
                continue
            keys += edit.keys
        elif isinstance(edit, Rework):
            made = _rework(text, edit)
            if not made:
                claims.append((edit.keys, edit.old[0]))
                continue
            keys += edit.keys
        else:
            mark = edit if isinstance(edit, Mark) else edit.mark
            marked = _mark(text, mark, path) if mark is not None else []
            if marked is None:
                skipped.append((edit, "the task line was changed meanwhile"))
                continue
            made = marked
            if isinstance(edit, Claim) or not made:
                claims.append((edit.keys, edit.line))
            else:
                keys += edit.keys
        for splice in made:
            text = _spliced(text, splice)
            splices.append(splice)
    return Applied(text, tuple(splices), tuple(keys), tuple(skipped), tuple(claims))


def holds_marker(text: str, marker: str) -> bool:
    """Whether a block id stands at the end of a line of the text; a link to it does not count."""
    return re.search(rf"(?m)(?:^|[ \t])\^{re.escape(marker)}[ \t]*\r?$", text) is not None


def _spliced(text: str, splice: Splice) -> str:
    return text[: splice.at] + splice.inserted + text[splice.at + len(splice.removed) :]


def _splice(text: str, at: int, removed: str, inserted: str, kind: str) -> Splice:
    end = at + len(removed)
    return Splice(at, removed, inserted, kind, text[max(0, at - 80) : at], text[end : end + 80])


def _starts(text: str) -> list[int]:
    """Offset of each line's first character, and of the end. Lines are parted by line feeds alone, as in the parser."""
    starts = [1 if text.startswith("\ufeff") else 0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts if len(starts) > 1 and starts[-1] == len(text) else [*starts, len(text)]


def _insert(text: str, edit: Insert, path: str) -> list[Splice]:
    note = parse_note(path, text)
    index = day_section(note, edit.day)
    if index is not None:
        section = note.sections[index]
        start, end = section.start, section.end - 1  # the lines under the heading, 0-based
        last = next((i for i in range(end - 1, start - 1, -1) if note.lines[i].strip()), None)
        if last is None:
            return [_block(text, note, start - 1, edit, gap=_blanks_after_heading(note))]
        splice = _block(text, note, last, edit, gap=edit.gap)
        # A day heading closes every fence, so the day's own lines tell what the block would be.
        day_lines = [*note.lines[start - 1 : last + 1], *[""] * edit.gap, *edit.lines]
        if parse_note(path, "\n".join(day_lines)).plain[-len(edit.lines)] == "t":
            return [splice]
        # A fence or comment that is never closed: behind it, the block would be code. So it goes before.
        return [_block(text, note, start - 1, edit, gap=0, blank_after=True)]
    heading = day_heading(note, edit.day, edit.heading_form)
    place = _new_day_place(note, edit.day)
    return _new_day(text, note, place, heading, edit)


def _new_day_place(note: Note, day: datetime.date) -> int | None:
    """Line (0-based) before which a new day goes; None: at the end of the note."""
    place: int | None = None
    older = False
    for section in note.sections:
        own = heading_date(section.heading) if section.level == 2 else None
        if own is not None and own < day:
            older, place = True, None
        elif place is None and older and 1 <= section.level <= 2 and own is None:
            place = section.start - 1  # a level-2 heading that is no day ends the days before it
        elif own is not None and own > day and place is None:
            place = section.start - 1
    return place


def _new_day(text: str, note: Note, place: int | None, heading: str, edit: Insert) -> list[Splice]:
    lines, starts = note.lines, _starts(text)
    newline = _newline(text)
    above, below = _blanks_before_days(note), _blanks_after_heading(note)
    body = newline.join([""] * (below + 1) + list(edit.lines))
    if place is None:
        last = next((i for i in range(len(lines) - 1, -1, -1) if lines[i].strip()), None)
        if last is None:
            lead = newline if text.strip("\ufeff") and not text.endswith("\n") else ""
            return _two(text, len(text), lead, f"## {heading}", body, newline)
        # Blank lines at the end of the note stay where they are, behind the new day.
        trailing = len(lines) - 1 - last
        ended = text.endswith("\n")
        at, lead = (starts[last + 1 + above], "") if trailing >= above else (starts[last + 1], newline * above)
        if at == len(text) and not ended:  # no final newline: it stays so
            return _two(text, at, newline + lead, f"## {heading}", body, "")
        return _two(text, at, lead, f"## {heading}", body, newline)
    return _two(text, starts[place], "", f"## {heading}", body, newline * (1 + max(above, 0)))


def _two(text: str, at: int, lead: str, heading: str, body: str, tail: str) -> list[Splice]:
    """Heading and block as two replacements, so that the block can be taken back alone."""
    first = _splice(text, at, "", lead + heading + tail, "heading")
    after = _spliced(text, first)
    return [first, _splice(after, at + len(lead) + len(heading), "", body, "block")]


def _block(text: str, note: Note, line: int, edit: Insert, gap: int, blank_after: bool = False) -> Splice:
    """The block right after a line (0-based). It starts with the line end of that line, so nothing before it moves."""
    starts = _starts(text)
    newline = _newline(text, starts[line], starts[line + 1])
    end = starts[line + 1]
    if text[starts[line] : end].endswith("\n"):
        end -= 2 if text[starts[line] : end].endswith("\r\n") else 1
    lines = [""] * gap + list(edit.lines) + [""] * blank_after
    return _splice(text, end, "", "".join(newline + piece for piece in lines), "block")


def _newline(text: str, start: int = 0, end: int = -1) -> str:
    """The line end of one line; where it has none, the one that most lines of the text have."""
    if end > 0 and text[start:end].endswith("\n"):
        return "\r\n" if text[start:end].endswith("\r\n") else "\n"
    pairs = text.count("\r\n")
    return "\r\n" if pairs * 2 > text.count("\n") else "\n"


def _blanks_before_days(note: Note) -> int:
    """Blank lines the note has before its newest day heading that follows another one; 1 when that cannot be seen."""
    found = None
    seen = False
    for section in note.sections:
        if section.level == 2 and heading_date(section.heading):
            if seen:
                count = 0
                while section.start - 2 - count >= 0 and not note.lines[section.start - 2 - count].strip():
                    count += 1
                found = min(count, 3)
            seen = True
    return 1 if found is None else found


def _blanks_after_heading(note: Note) -> int:
    """Blank lines the note has between its newest filled day heading and what stands under it."""
    for section in reversed(note.sections):
        if section.level == 2 and heading_date(section.heading):
            for count, line in enumerate(note.lines[section.start : section.end - 1]):
                if line.strip():
                    return min(count, 2)
    return 0


def _mark(text: str, edit: Mark, path: str) -> list[Splice] | None:
    """None: the line is not there in a state it may be turned from. []: nothing is left to do."""
    note = parse_note(path, text)
    wanted = edit.line
    near = [i for i, line in enumerate(note.lines) if line == wanted and note.plain[i] == "t"]
    if not near:
        return None
    index = min(near, key=lambda i: abs(i + 1 - edit.number))
    match = _TASK_STATE.match(note.lines[index])
    if match is None or (match.group(2).lower() not in edit.states and match.group(2).lower() != edit.state):
        return None
    starts = _starts(text)
    splices = []
    changed = match.group(1) + edit.state + match.group(3)
    if changed != note.lines[index]:
        splices.append(_splice(text, starts[index], note.lines[index], changed, "mark"))
    missing, last, indent = _missing_sublines(note, index, edit.sublines)
    if missing:
        after = _spliced(text, splices[0]) if splices else text
        newline = _newline(text, starts[last], starts[last + 1])
        at = starts[last] + len(note.lines[last])  # a state has one character, so nothing has moved
        splices.append(_splice(after, at, "", "".join(newline + indent + line for line in missing), "text"))
    return splices


def _missing_sublines(note: Note, index: int, sublines: Sequence[str]) -> tuple[list[str], int, str]:
    """(lines not yet under the task, line after which they go, their indentation)."""
    task = note.lines[index]
    lead = task[: len(task) - len(task.lstrip())]
    indent, last = lead + "  ", index
    there = set()
    for i in range(index + 1, len(note.lines)):
        line = note.lines[i]
        own = line[: len(line) - len(line.lstrip())]
        if not line.strip() or len(own.expandtabs(4)) <= len(lead.expandtabs(4)):
            break
        if _TASK_STATE.match(line) or re.match(r"[ \t]*[-*+][ \t]", line):
            break  # a task of its own under this one
        if last == index:
            indent = own
        there.add(line.strip())
        last = i
    return [line for line in sublines if line.strip() not in there], last, indent


def _append(text: str, edit: Append) -> list[Splice]:
    lines, starts = split_lines(text), _starts(text)
    last = _last_of(lines, edit.after)
    if last is None:
        return []
    if last < 0:  # an empty note
        newline = _newline(text)
        return [_splice(text, len(text), "", "".join(piece + newline for piece in edit.lines), "block")]
    at = starts[last] + len(lines[last])
    newline = _newline(text, starts[last], starts[last + 1])
    return [_splice(text, at, "", "".join(newline + piece for piece in edit.lines), "block")]


def _last_of(lines: Sequence[str], after: tuple[str, ...]) -> int | None:
    """Index of the last of these lines where they stand together; of the last filled line for (); -1: there is none."""
    if not after:
        return max((i for i, line in enumerate(lines) if line.strip()), default=-1)
    size = len(after)
    for i, line in enumerate(lines):
        if line == after[0] and tuple(lines[i : i + size]) == after:
            return i + size - 1
    return None


def _rework(text: str, edit: Rework) -> list[Splice]:
    lines, starts = split_lines(text), _starts(text)
    size = len(edit.old)
    for i, line in enumerate(lines):
        if line == edit.old[0] and tuple(lines[i : i + size]) == edit.old:
            end = starts[i + size - 1] + len(lines[i + size - 1])
            newline = _newline(text, starts[i], starts[i + 1])
            head, tail = _alike(edit.old, edit.new) if edit.trim else (0, 0)
            start = starts[i + head]
            if tail:
                end = starts[i + size - tail - 1] + len(lines[i + size - tail - 1])
            inserted = newline.join(edit.new[head : len(edit.new) - tail])
            return [_splice(text, start, text[start:end], inserted, "text")]
    if edit.whole:
        return []
    for i, line in enumerate(lines):
        if line == edit.old[0]:
            if edit.new[0] == line:
                return []
            return [_splice(text, starts[i], line, edit.new[0], "mark")]
    return []


def _alike(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """(lines alike at the start, at the end) of two blocks; one line at least is left of each."""
    most = min(len(old), len(new)) - 1
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def new_note_text(name: str, like: Iterable[Note]) -> str:
    """What a note that does not exist yet begins with: the frontmatter and title line that the vault's notes have."""
    notes = list(like)
    headed = sum(1 for note in notes if note.lines and note.lines[0].rstrip() == "---")
    titled = sum(1 for note in notes if any(s.level == 1 for s in note.sections[:2]))
    text = f"---\nid: {name}\naliases: []\ntags: []\n---\n" if headed * 2 >= len(notes) else ""
    if titled * 2 >= len(notes):
        text += ("\n" if text else "") + f"# {name}\n"
    return text


# -- journal -----------------------------------------------------------------------------------------------------------


@dataclass
class Entry:
    """One write of one note. state: intent, done, aborted, claimed or undone.

    before, after: sha256 of the note's bytes; before is "" for a note that was made. again: it repeats a write that an
    older editor buffer had overwritten. lines: for a claim, the first line of what the researcher wrote.
    """

    id: str
    time: float
    note: str
    what: str
    keys: tuple[Key, ...]
    state: str
    before: str = ""
    after: str = ""
    splices: tuple[Splice, ...] = ()
    temp: str = ""
    again: bool = False
    line: str = ""
    undoes: str = ""
    overwritten: bool = False


class Journal:
    """What was written, JSON lines, only ever appended to; each line is on the disk before the write goes on.

    Args: path: made on the first write. A torn last line (a crash) is dropped.
    Raises: WriteError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._entries: dict[str, Entry] = {}
        self._parts: dict[Key, Entry] = {}
        self._torn = False
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise WriteError(
                f"the write journal {self.path} cannot be read ({_reason(error)}). Nothing is written to the vault "
                "without it, because a run could be written twice; mend its permissions."
            ) from error
        self._torn = bool(data) and not data.endswith(b"\n")
        for line in data.split(b"\n"):
            if line.strip():
                self._take(line)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All writes, oldest first."""
        return tuple(self._entries.values())

    def part(self, run: str, part: str) -> Entry | None:
        """The write that told this part of a run; None when it was never written. An undone one counts as written."""
        entry = self._parts.get((run, part))
        return entry if entry is not None and entry.state not in ("aborted", "intent") else None

    def wrote(self, run: str, part: str) -> bool:
        """Whether this part of a run was written, claimed by hand, or taken back: it is not written again."""
        return self.part(run, part) is not None

    def block_of(self, run: str, part: str) -> tuple[str, ...] | None:
        """The lines of the block a part wrote, as written last; None when it wrote none or it was taken back."""
        entry = self.part(run, part)
        if entry is None or entry.state != "done":
            return None
        found = [s for s in entry.splices if s.kind in ("block", "text", "mark")]
        # A write of several runs has one block each; the run's own is the one with its marker.
        marker = f"^kw-{run[-6:]}"
        for splice in found:
            if marker in splice.inserted:
                return tuple(line.rstrip("\r") for line in splice.inserted.strip("\r\n").split("\n"))
        return None

    def claimed_lines(self) -> dict[tuple[str, str], str]:
        """(note, line) -> run, of the researcher's own entries that were taken for a run's."""
        return {(e.note, e.line): e.keys[0][0] for e in self._entries.values() if e.state == "claimed" and e.line}

    def open(self) -> list[Entry]:
        """Writes of which it is not known whether they reached the note."""
        return [entry for entry in self._entries.values() if entry.state == "intent"]

    def next_id(self) -> str:
        """An id that no entry has."""
        return f"w{len(self._entries) + 1:06d}"

    def intend(self, entry: Entry) -> None:
        """Notes down a write that is about to be made. Raises: WriteError: the journal cannot be written."""
        self._append({"event": "intent", **_entry_json(entry)})

    def claim(self, entry: Entry) -> None:
        """Notes down that a part needs no write."""
        self._append({"event": "claimed", **_entry_json(entry)})

    def settle(self, id: str, state: str) -> None:
        """Notes down what became of a write: done, aborted, undone, left (it could not be taken back), overwritten."""
        try:
            # A lost "aborted" costs nothing: the note itself tells that it was not changed.
            self._append({"event": state, "id": id, "time": time.time()}, sync=state != "aborted")
        except WriteError:
            # The note itself tells at the next start (`recover`); until then this process knows.
            self._apply({"event": state, "id": id})

    def _append(self, values: dict[str, Any], sync: bool = True) -> None:
        line = json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(fd).st_size
                data = b"\n" + line if self._torn else line
                try:
                    if os.write(fd, data) != len(data):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    if sync:
                        os.fsync(fd)
                except OSError:
                    with contextlib.suppress(OSError):
                        os.ftruncate(fd, size)
                    raise
            finally:
                os.close(fd)
        except OSError as error:
            raise WriteError(
                f"the write journal {self.path} cannot be written ({_reason(error)}), so nothing was written to the "
                "vault. Free some space there or mend its permissions; it is tried again."
            ) from error
        self._torn = False
        self._apply(json.loads(line))

    def _take(self, line: bytes) -> None:
        try:
            values = json.loads(line)
            self._apply(values)
        except (ValueError, KeyError, TypeError):
            return  # a torn line: its write never began, because the line comes first

    def _apply(self, values: dict[str, Any]) -> None:
        event = values["event"]
        if event in ("intent", "claimed"):
            entry = Entry(
                id=values["id"],
                time=float(values["time"]),
                note=values["note"],
                what=values["what"],
                keys=tuple((run, part) for run, part in values["keys"]),
                state=event,
                before=values.get("before", ""),
                after=values.get("after", ""),
                splices=tuple(Splice(**splice) for splice in values.get("splices", ())),
                temp=values.get("temp", ""),
                again=bool(values.get("again")),
                line=values.get("line", ""),
                undoes=values.get("undoes", ""),
            )
            self._entries[entry.id] = entry
            if event == "claimed":
                self._parts.update(dict.fromkeys(entry.keys, entry))
            return
        known = self._entries.get(values["id"])
        if known is None:
            return
        if event == "overwritten":
            known.overwritten = True
            return
        known.state = "done" if event == "left" and known.state == "intent" else event
        if event == "done":
            known.time = float(values.get("time") or known.time)
            self._parts.update(dict.fromkeys(known.keys, known))
            if known.undoes in self._entries:
                self._entries[known.undoes].state = "undone"


def _entry_json(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": entry.id,
        "time": entry.time,
        "note": entry.note,
        "what": entry.what,
        "keys": [list(key) for key in entry.keys],
    }
    if entry.splices:
        values["splices"] = [dict(vars(splice)) for splice in entry.splices]
    for name in ("before", "after", "temp", "again", "line", "undoes"):
        if getattr(entry, name):
            values[name] = getattr(entry, name)
    return values


# -- the writer --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """What came of one planned write. error: "" when it was done; entry: its id in the journal."""

    note: str
    what: str
    error: str = ""
    entry: str = ""
    line: int = 0


@dataclass(frozen=True)
class Undone:
    """What came of taking one write back. undone: False when the researcher has changed the block, which then stays."""

    entry: str
    note: str
    what: str
    undone: bool
    message: str


class _Changed(Exception):
    """The note is not what was read; read again."""


class NoteWriter:
    """Writes into the notes of one vault. One at a time in a process; the owner of the state sees to it that there is
    one process.

    Args:
        vault_root: the vault's folder; may be a symbolic link.
        journal_path: where the journal is, or will be.
        ignore: patterns of paths that are not part of the vault.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        vault_root: str | os.PathLike[str],
        journal_path: str | os.PathLike[str],
        *,
        ignore: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.root = Path(vault_root).expanduser()
        self._ignore = tuple(ignore)
        self._clock = clock
        self._lock = threading.RLock()
        self._path = Path(journal_path)
        self._journal: Journal | None = None
        self._found: list[str] = []
        self._looked: dict[str, tuple[object, ...]] = {}

    @property
    def journal(self) -> Journal:
        """The journal, with what has become of the last writes brought up to date."""
        with self._lock:
            known = self._known()
            self._look_back(known)
            return known

    @property
    def unsettled(self) -> bool:
        """Whether a write is so young that an editor's older buffer may still overwrite it: look again soon."""
        with self._lock:
            now = self._clock()
            return any(0 <= now - entry.time <= STALE_SECONDS + 2.0 for entry in self._known().entries[-200:])

    def _known(self) -> Journal:
        if self._journal is None:
            self._journal = Journal(self._path)
            self._found = self._resolve_open(self._journal)
        return self._journal

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(
        self, note: str, edits: Sequence[Edit], *, what: str = "", create: str = "", again: bool = False
    ) -> Written:
        """Applies edits to one note, all in one write, and keeps account of it.

        Args: note: vault-relative path. create: how the note begins when it does not exist; "" when it must exist.
            again: this repeats a write that an older editor buffer had overwritten.
        Raises: WriteError: the note is left exactly as it was, and nothing else was left behind; the message says why
            and what to do. It may be tried again later.
        """
        with self._lock:
            try:
                return self._write(note, edits, what, create, again)
            except OSError as error:
                raise _write_error(note, error) from error

    def _write(self, note: str, edits: Sequence[Edit], what: str, create: str, again: bool) -> Written:
        target = self._target(note, make_folder=any(part == MIRROR for edit in edits for _, part in edit.keys))
        since = time.monotonic()
        for attempt in range(TRIES):
            _wait_for_editor(target, note)
            try:
                before = _read(target)
            except FileNotFoundError:
                # An editor that saves takes the note away for a moment before it puts the new one in its place.
                if time.monotonic() - since < (GONE_SECONDS if not create else NEW_SECONDS):
                    time.sleep(0.02)
                    continue
                if not create:
                    raise WriteError(f"{note} is gone; it is planned anew with the next look at the vault.") from None
                before = None
            except OSError as error:
                raise _write_error(note, error) from error
            text = create if before is None else _decoded(note, before)
            applied = apply_edits(text, edits, note)
            if not applied.splices:
                self._claim(note, what, applied)
                why = "; ".join(words for _, words in applied.skipped)
                return Written(note, what, f"{note}: {why}" if why else "")
            entry = self._entry(
                note,
                what,
                keys=applied.keys,
                state="intent",
                before="" if before is None else _sha256(before),
                splices=applied.splices if before is not None else _whole(create, applied.splices),
                again=again,
            )
            try:
                self._put(target, note, before, applied.text.encode("utf-8"), entry)
            except _Changed:
                time.sleep(min(0.05, 0.0005 * (attempt + 1)) * (0.5 + secrets.randbelow(100) / 100))
                continue
            tell_editors(target)
            self._claim(note, what, applied)
            end = applied.splices[-1].at + len(applied.splices[-1].inserted)
            return Written(note, what, "", entry.id, applied.text.count("\n", 0, end) + 1)
        raise WriteError(
            f"{note} was changed by another program each of the {TRIES} times it was to be written; "
            "it is tried again later."
        )

    def _claim(self, note: str, what: str, applied: Applied) -> None:
        for keys, line in applied.claims:
            self._known().claim(self._entry(note, what, keys=keys, state="claimed", line=line))

    def _entry(self, note: str, what: str, *, keys: tuple[Key, ...], state: str, **values: Any) -> Entry:
        return Entry(self._known().next_id(), self._clock(), note, what, keys, state, **values)

    def _target(self, note: str, make_folder: bool = False) -> Path:
        """The file a note's path leads to. Raises: WriteError: it is none that may be written.

        Args: make_folder: make the folder it is to stand in when there is none.
        """
        try:
            vault = Vault(self.root, self._ignore)
        except VaultError as error:
            raise WriteError(str(error)) from error
        if not vault.holds(note):
            raise WriteError(
                f"{note} is not written to: notes are .md files of the vault outside dot folders and templates, and no "
                "conflict copies."
            )
        root = Path(os.path.realpath(self.root))
        try:
            real = (self.root / note).resolve(strict=False)
        except (OSError, RuntimeError) as error:
            raise WriteError(f"{note} is a symbolic link that leads nowhere; mend or remove it.") from error
        if (self.root / note).is_symlink() and not real.exists():
            raise WriteError(f"{note} is a symbolic link that leads nowhere; mend or remove it.")
        if root != real and root not in real.parents:
            raise WriteError(
                f"{note} leads out of the vault, to {real}; kwslab writes inside the vault only. Move the file into it."
            )
        if make_folder and not real.parent.is_dir():
            real.parent.mkdir(parents=True, exist_ok=True)
        if not real.parent.is_dir():
            raise WriteError(f"the folder of {note} does not exist in the vault {self.root}; make it first.")
        names = _names_in(real.parent)
        if real.name in names:
            return real
        spelled = next((name for name in names if name.casefold() == real.name.casefold()), "")
        if spelled and real.exists():
            return real.with_name(spelled)  # the file system takes both for one: the note keeps the name it has
        if spelled:
            raise WriteError(f"{note} is written {spelled} in the vault; use one spelling of the name.")
        return real

    def _put(self, target: Path, note: str, before: bytes | None, after: bytes, entry: Entry) -> None:
        """Moves the new content in, if the note still is what was read.

        Raises: _Changed: it is not; nothing was changed. WriteError: it cannot be written; nothing was changed.
        """
        entry.after = _sha256(after)
        temp = target.with_name(f".{target.name}.kwslab-{secrets.token_hex(4)}.tmp")
        entry.temp = temp.name
        try:
            _check_writable(target, before is None)
            _write_temp(temp, after, target if before is not None else None)
        except FileNotFoundError as error:
            if target.parent.is_dir():
                raise _Changed from None  # an editor is just putting another file in its place
            raise _write_error(note, error) from error
        except OSError as error:
            raise _write_error(note, error) from error
        journal = self._known()
        try:
            if before is not None and _read_or_none(target) != before:
                raise _Changed  # seen before the journal has a line about it
            journal.intend(entry)
            try:
                _exchange_in(temp, target, before)
            except _Changed:
                journal.settle(entry.id, "aborted")
                raise
            except OSError as error:
                journal.settle(entry.id, "aborted")
                raise _write_error(note, error) from error
            journal.settle(entry.id, "done")
        finally:
            with contextlib.suppress(OSError):
                temp.unlink()

    # -- what became of writes -----------------------------------------------------------------------------------------

    def recover(self) -> list[str]:
        """Finds out what became of writes that a crash has cut off, and removes what they left behind.

        Happens by itself with the first use. Returns: words about what was found, for the log; [] mostly.
        """
        with self._lock:
            first = self._journal is None
            words = self._found if self._known().open() == [] or first else self._resolve_open(self._known())
            self._found = []
            return words

    def _resolve_open(self, journal: Journal) -> list[str]:
        words = []
        for entry in journal.open():
            try:
                words += self._resolve(journal, entry)
            except (WriteError, OSError) as error:
                words.append(f"it is not known yet whether a write to {entry.note} was made: {error}")
        if not journal.open():
            self._sweep()
        return words

    def _sweep(self) -> None:
        """Removes files that a crash has left between making one and noting it down."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if _TEMP.fullmatch(name):
                    with contextlib.suppress(OSError):
                        Path(folder, name).unlink()

    def _resolve(self, journal: Journal, entry: Entry) -> list[str]:
        target = self._target(entry.note)
        temp = target.with_name(entry.temp)
        now = _read_or_none(target)
        aside = _read_or_none(temp)
        current = _sha256(now) if now is not None else ""
        if current == entry.after or (aside is not None and now is not None and _same_file(temp, target)):
            reached = True
        elif current == entry.before:
            reached = False
        else:  # changed since: the file that was put aside tells which of the two was exchanged
            reached = aside is None or _sha256(aside) != entry.after
        if reached and aside is not None and _sha256(aside) not in (entry.before, entry.after):
            return self._resolve_displaced(journal, entry, target, temp, now, aside)
        journal.settle(entry.id, "done" if reached else "aborted")
        with contextlib.suppress(OSError):
            temp.unlink()
        where = "it had reached the note" if reached else "it had not reached the note and is planned again"
        return [f"a write to {entry.note} was cut off; {where}."]

    def _resolve_displaced(
        self, journal: Journal, entry: Entry, target: Path, temp: Path, now: bytes | None, aside: bytes
    ) -> list[str]:
        """The crash came when an editor's save had just been exchanged for our content: the editor's comes back."""
        if now is not None and _sha256(now) == entry.after:
            with contextlib.suppress(OSError):
                _swap(temp, target)
                temp.unlink()
            journal.settle(entry.id, "aborted")
            return [f"a write to {entry.note} was cut off; the editor's version is back and it is planned again."]
        kept = self._path.with_name(f"displaced-{entry.id}.md")
        try:
            kept.write_bytes(aside)
            temp.unlink()
        except OSError as error:
            raise _write_error(entry.note, error) from error
        journal.settle(entry.id, "done")
        return [f"a write to {entry.note} was cut off; a version an editor had saved meanwhile is kept as {kept}."]

    def _look_back(self, journal: Journal) -> None:
        """Finds blocks that an older editor buffer has overwritten within STALE_SECONDS of the write."""
        now = self._clock()
        young: dict[str, list[Entry]] = {}
        for entry in reversed(journal.entries):
            if now - entry.time > 3600:
                break
            if entry.state == "done" and not (entry.again or entry.overwritten or entry.undoes):
                young.setdefault(entry.note, []).append(entry)
        for note, entries in young.items():
            try:
                target = self._target(note)
                info = target.stat()
                seen = (info.st_mtime_ns, info.st_size, info.st_ino, entries[0].id)
                if self._looked.get(note) == seen:
                    continue
                entries = [entry for entry in entries if info.st_mtime <= entry.time + STALE_SECONDS]
                text = _read(target).decode("utf-8", "replace") if entries else ""
            except (OSError, WriteError):
                continue
            self._looked[note] = seen
            for entry in entries:
                if is_gone(entry, text):
                    journal.settle(entry.id, "overwritten")

    # -- undo ----------------------------------------------------------------------------------------------------------

    def undo(self, n: int = 1) -> list[Undone]:
        """Takes the last n writes back, newest first.

        A note that was not touched since is byte for byte what it was. Where the researcher wrote around the block, the
        block alone goes; a block he changed stays, and so it is said.
        Raises: WriteError: a note cannot be written; the writes before it in the list have been taken back.
        """
        done: list[Undone] = []
        with self._lock:
            journal = self._known()
            for entry in reversed(journal.entries):
                if len(done) >= n:
                    break
                if entry.state == "done" and not entry.undoes and entry.splices:
                    try:
                        done.append(self._undo(journal, entry))
                    except OSError as error:
                        raise _write_error(entry.note, error) from error
        return done

    def _undo(self, journal: Journal, entry: Entry) -> Undone:
        target = self._target(entry.note)
        for attempt in range(TRIES):
            _wait_for_editor(target, entry.note)
            try:
                data = _read(target)
            except FileNotFoundError:
                journal.settle(entry.id, "left")
                return Undone(entry.id, entry.note, entry.what, False, f"{entry.note} is gone; nothing to take back.")
            except OSError as error:
                raise _write_error(entry.note, error) from error
            if not entry.before and _sha256(data) == entry.after:
                self._remove(journal, target, entry, data)
                words = f"{entry.note}: taken back ({entry.what}); the note itself had been made by it and is gone."
                return Undone(entry.id, entry.note, entry.what, True, words)
            text = _decoded(entry.note, data)
            splices = _taking_back(text, entry, exact=_sha256(data) == entry.after)
            if splices is None:
                journal.settle(entry.id, "left")
                words = f"{entry.note}: left as it is ({entry.what}): the block was changed since, so it is yours now."
                return Undone(entry.id, entry.note, entry.what, False, words)
            changed = text
            for splice in splices:
                changed = _spliced(changed, splice)
            record = self._entry(
                entry.note,
                f"undo: {entry.what}",
                keys=(),
                state="intent",
                before=_sha256(data),
                splices=tuple(splices),
                undoes=entry.id,
            )
            try:
                self._put(target, entry.note, data, changed.encode("utf-8"), record)
            except _Changed:
                time.sleep(min(0.05, 0.0005 * (attempt + 1)))
                continue
            tell_editors(target)
            words = f"{entry.note}: taken back ({entry.what})"
            whole = sum(1 for splice in entry.splices if splice.kind not in ("heading", "note"))
            stayed = whole - sum(1 for splice in splices if splice.kind not in ("heading", "note"))
            if stayed:
                words += f"; {stayed} of {whole} places were changed since and are left as they are"
            return Undone(entry.id, entry.note, entry.what, True, words)
        raise WriteError(f"{entry.note} was changed by another program all the time; undo it again later.")

    def _remove_empty(self, folder: Path) -> None:
        root = Path(os.path.realpath(self.root))
        while root in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _remove(self, journal: Journal, target: Path, entry: Entry, data: bytes) -> None:
        record = self._entry(
            entry.note, f"undo: {entry.what}", keys=(), state="intent", before=_sha256(data), undoes=entry.id
        )
        journal.intend(record)
        try:
            _check_writable(target, True)
            target.unlink()
            _sync_folder(target.parent)
            if any(part == MIRROR for _, part in entry.keys):  # the folders were made for it
                self._remove_empty(target.parent)
        except OSError as error:
            journal.settle(record.id, "aborted")
            raise _write_error(entry.note, error) from error
        journal.settle(record.id, "done")


def _whole(create: str, splices: Sequence[Splice]) -> tuple[Splice, ...]:
    return (Splice(0, "", create, "note"), *splices)


def is_gone(entry: Entry, text: str) -> bool:
    """Whether nothing of what a write put into a note stands in its text any more."""
    text = text.replace("\r\n", "\n")
    for splice in entry.splices:
        if splice.kind in ("note", "heading"):
            continue
        lines = [line for line in splice.inserted.replace("\r\n", "\n").split("\n") if line.strip()]
        marker = next((m.group() for line in lines for m in re.finditer(r"\^kw-[a-z2-7]{6}", line)), "")
        if splice.kind == "block" and marker:
            if marker in text:
                return False
        elif lines and lines[0] in text.split("\n"):
            return False
    return True


def _taking_back(text: str, entry: Entry, exact: bool) -> list[Splice] | None:
    """The replacements that take a write back, in the order they are made; None when all its lines were changed."""
    if exact:
        return [Splice(s.at, s.inserted, s.removed, s.kind, s.before, s.after) for s in reversed(entry.splices)]
    taken: list[Splice] = []
    blocks = left = 0
    for splice in reversed(entry.splices):
        if splice.kind == "note":
            continue
        if splice.kind == "heading":
            found = _empty_day(text, splice)
        else:
            found = _found_again(text, splice)
            left += found is None
            blocks += 1
        if found is not None:
            taken.append(found)
            text = _spliced(text, found)
    return taken if left < blocks else None


def _found_again(text: str, splice: Splice) -> Splice | None:
    """Where the inserted lines stand now, as the replacement that undoes them."""
    for newline in ("", "\n", "\r\n"):
        inserted, removed = splice.inserted, splice.removed
        if newline:
            inserted = inserted.replace("\r\n", "\n").replace("\n", newline)
            removed = removed.replace("\r\n", "\n").replace("\n", newline)
        core = inserted.strip("\r\n")
        places = [m.start() for m in re.finditer(re.escape(core), text)] if core else []
        places = [at for at in places if _whole_lines(text, at, at + len(core))]
        if places:
            at = max(places, key=lambda at: (_context(text, at, at + len(core), splice), -abs(at - splice.at)))
            end = at + len(core)
            lead = inserted[: len(inserted) - len(inserted.lstrip("\r\n"))]
            tail = inserted[len(inserted.rstrip("\r\n")) :]
            while lead and not text.endswith(lead, 0, at):
                lead = lead[1:] if lead[:2] != "\r\n" else lead[2:]
            while tail and not text.startswith(tail, end):
                tail = tail[:-1] if tail[-2:] != "\r\n" else tail[:-2]
            start, stop = at - len(lead), end + len(tail)
            if not _parts_lines(text, start, stop):
                stop = end  # somebody's line follows right behind: its line end stays
            if not _parts_lines(text, start, stop):
                start = at
            return Splice(start, text[start:stop], removed, splice.kind)
    return None


def _parts_lines(text: str, start: int, stop: int) -> bool:
    """Whether what stands before and behind stays on lines of its own when the text between is taken out."""
    return start == 0 or text[start - 1] in "\n\ufeff" or stop == len(text) or text[stop] in "\r\n"


def _whole_lines(text: str, at: int, end: int) -> bool:
    starts = at == 0 or text[at - 1] in "\n\ufeff"
    return starts and (text[end : end + 1] in ("", "\n") or text[end : end + 2] in ("\r", "\r\n"))


def _context(text: str, at: int, end: int, splice: Splice) -> int:
    """How much of what stood around the replacement stands around this place: characters alike on both sides."""
    before = splice.before + splice.inserted[: len(splice.inserted) - len(splice.inserted.lstrip("\r\n"))]
    alike = 0
    while alike < len(before) and at - alike > 0 and text[at - alike - 1] == before[-alike - 1]:
        alike += 1
    after = 0
    while after < len(splice.after) and end + after < len(text) and text[end + after] == splice.after[after]:
        after += 1
    return alike + after


def _empty_day(text: str, splice: Splice) -> Splice | None:
    """The heading a write made, when nothing stands under it any more."""
    heading = splice.inserted.strip("\r\n")
    found = _found_again(text, splice)
    if found is None:
        return None
    at = found.at + found.removed.index(heading)
    rest = text[at + len(heading) :].replace("\r\n", "\n").split("\n")[1:]
    for line in rest:
        if line.strip():
            level = heading_of(line)
            return found if level is not None and level[0] <= 2 else None
    return found


# -- the file system ---------------------------------------------------------------------------------------------------

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _write_error(note: str, error: OSError) -> WriteError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        words = "the disk is full. Free some space; it is tried again"
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        words = f"the vault cannot be written ({_reason(error)}). Mend its permissions or mount it writable; "
        words += "it is tried again"
    elif error.errno == errno.ENOENT:
        words = "the note or its folder is gone. It is planned anew with the next look at the vault"
    else:
        words = f"{_reason(error)}. It is tried again"
    return WriteError(f"{note} could not be written and is unchanged: {words}.")


def _decoded(note: str, data: bytes) -> str:
    """The note's text, byte order mark kept. Raises: WriteError: it is no UTF-8 text or too large to be a note."""
    if len(data) > MAX_NOTE_BYTES:
        raise WriteError(
            f"{note} has {len(data) / 1e6:.1f} MB; a note may have {MAX_NOTE_BYTES / 1e6:.1f} MB. It is not written "
            "to: split it, or move it out of the vault."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WriteError(
            f"{note} is not UTF-8 (line {line}), so nothing is written to it. Save it as UTF-8 in your editor; "
            "it is tried again."
        ) from None
    if "\0" in text:
        raise WriteError(
            f"{note} is not UTF-8 text (it holds zero bytes), so nothing is written to it. Save it as UTF-8 in your "
            "editor; it is tried again."
        )
    return text


def _read(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return file.read(MAX_NOTE_BYTES + 1)


def _names_in(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def _same_file(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return False


def _read_or_none(path: Path) -> bytes | None:
    try:
        return _read(path)
    except OSError:
        return None


def _check_writable(target: Path, new: bool) -> None:
    """A read-only note or folder is the owner's wish, even where this user could overrule it."""
    for path in (target.parent,) if new else (target.parent, target):
        if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only")


def _write_temp(temp: Path, data: bytes, like: Path | None) -> None:
    """A whole, synced file beside the note, with the note's mode and attributes. A part of one never has its name."""
    part = temp.with_suffix(".part")
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            if like is not None:
                info = like.stat()
                os.fchmod(fd, stat.S_IMODE(info.st_mode))
                if (info.st_uid, info.st_gid) != (os.geteuid(), os.getegid()):
                    with contextlib.suppress(OSError):
                        os.fchown(fd, info.st_uid, info.st_gid)
                if hasattr(os, "listxattr"):
                    with contextlib.suppress(OSError):
                        for name in os.listxattr(like):
                            os.setxattr(fd, name, os.getxattr(like, name))
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        part.rename(temp)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _exchange_in(temp: Path, target: Path, before: bytes | None) -> None:
    """Puts temp in the target's place, if the target still holds `before` (None: does not exist).

    On Linux the two are exchanged in one step and what came out is looked at, so that an editor's save can never be
    lost between the last look and the move; and a lease keeps away programs that would write into the old file.
    Raises: _Changed: the target holds something else, or is being written just now. OSError.
    """
    if before is None:
        try:
            os.link(temp, target)
        except FileExistsError:
            raise _Changed from None
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
                raise
            if target.exists():
                raise _Changed from None
            temp.replace(target)
        _sync_folder(target.parent)
        return
    try:
        fd = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise _Changed from None
    try:
        with _lease(fd) as broken:
            ours = os.fstat(fd)
            if _read_all(fd) != before:
                raise _Changed
            mine = temp.stat().st_ino
            if not _swap(temp, target):
                temp.replace(target)
                _sync_folder(target.parent)
                return
            displaced = temp.stat()
            same = (displaced.st_dev, displaced.st_ino) == (ours.st_dev, ours.st_ino)
            if broken() or (not same and temp.read_bytes() != before):
                _swap_back(temp, target, mine)
                raise _Changed
            _sync_folder(target.parent)
    finally:
        os.close(fd)


def _swap_back(temp: Path, target: Path, placed: int) -> None:
    """Puts the newest content of others back into the target's place, however often they save meanwhile.

    Args: placed: inode of what was put into the target's place.
    """
    for _ in range(100):
        returned = temp.stat().st_ino
        if not _swap(temp, target):
            temp.replace(target)
            return
        if temp.stat().st_ino == placed:
            return  # what came out is what was put in: nobody saved in between
        placed = returned


def _read_all(fd: int) -> bytes:
    os.lseek(fd, 0, os.SEEK_SET)
    pieces = []
    while piece := os.read(fd, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _swap(a: Path, b: Path) -> bool:
    """Exchanges two files in one step; False where the system or the file system cannot.

    Raises: OSError: one of them is gone, or the folder cannot be written."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        call = _libc().renameat2
    except (AttributeError, OSError):
        return False
    if call(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    if number == errno.ENOENT:
        raise _Changed
    raise OSError(number, os.strerror(number), str(b))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def _lease(fd: int) -> Iterator[Callable[[], bool]]:
    """Holds programs off that want to open this file for writing; where that cannot be had, goes on without.

    Yields: whether one is waiting for it. Raises: _Changed: it is open for writing just now.
    """
    held = False
    if hasattr(fcntl, "F_SETLEASE"):
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                # A waiting writer is told by a signal; this one is ignored unless somebody asked for it.
                fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
                fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
                held = True
                break
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    break
                if time.monotonic() > deadline:
                    break  # kept open for writing all the time, by a program that may never write
                time.sleep(0.002)
    try:
        yield lambda: held and fcntl.fcntl(fd, fcntl.F_GETLEASE) != fcntl.F_RDLCK
    finally:
        if held:
            with contextlib.suppress(OSError):
                fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _wait_for_editor(target: Path, note: str) -> None:
    """Raises: WriteError: an editor holds unsaved changes of the note."""
    editor = unsaved_in_editor(target)
    if editor:
        raise WriteError(
            f"{note} has unsaved changes in an editor ({editor}). Save them there; the write waits until then."
        )


__all__ = [
    "Append",
    "Applied",
    "Claim",
    "Edit",
    "Entry",
    "Insert",
    "Journal",
    "Mark",
    "NoteWriter",
    "Rework",
    "Splice",
    "Undone",
    "Written",
    "apply_edits",
    "day_form",
    "day_heading",
    "day_section",
    "holds_marker",
    "is_gone",
    "new_note_text",
]
