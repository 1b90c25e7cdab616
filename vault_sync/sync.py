"""What of the runs belongs into the notes: a pure plan first, then applied by the one writer.

The journal decides what was written already. A plan made after its predecessor was applied is empty, whatever the
researcher has done to the blocks meanwhile.
"""

from __future__ import annotations

import bisect
import datetime
import difflib
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from fskws.config import read_command
from fskws.runs import SESSION_METRICS, Record, day_of
from vault_sync import summaries, sweeps
from vault_sync.entries import Entry as NoteEntry
from vault_sync.entries import result_entries, server_entries
from vault_sync.errors import VaultSyncError
from vault_sync.notes import Note, Task
from vault_sync.results import NoteNames
from vault_sync.summaries import RunFacts, Style, hub, is_over, link, moment, read_facts
from vault_sync.sweeps import Sweep, sweeps_of
from vault_sync.tasks import task_key
from vault_sync.write import (
    STALE_SECONDS,
    Append,
    Claim,
    Edit,
    Insert,
    Journal,
    Key,
    Mark,
    NoteWriter,
    Rework,
    Written,
    apply_edits,
    day_heading,
    day_section,
    is_gone,
    new_note_text,
)
from vault_sync.write import Entry as JournalEntry

#: Parts of a run that are written: the Server entry at its start and its end, the result, the task at start and end.
#: TABLE is the one table of a sweep, told of the run whose marker it carries.
SERVER, SERVER_END, RESULT, TASK, TASK_END = "server", "server-end", "result", "task", "task-end"
TABLE = "table"

#: Runs of a sweep start within so long of each other.
SWEEP_SPAN = datetime.timedelta(days=60)

_TASK_LINE = re.compile(r"([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)(.)(\].*)")


@dataclass(frozen=True)
class WritePolicy:
    """Which runs are written, and under which day.

    Attributes:
        launched_least_minutes: a run launched here that was shorter is not written.
        observed_patterns: regular expressions; a run merely observed is written when its command matches one of them
            and it took at least observed_least_minutes.
        day_starts_at: "HH:MM"; an hour before it belongs to the day before.
        names: of the hub notes.
        project: the researcher's own code, where commits are looked for; None when it is not known.
    """

    launched_least_minutes: float = 0.0
    observed_patterns: tuple[str, ...] = ()
    observed_least_minutes: float = 5.0
    day_starts_at: str = "05:00"
    names: NoteNames = field(default_factory=NoteNames)
    project: Path | None = None


@dataclass(frozen=True)
class PlannedWrite:
    """Everything that is due in one note, written at once.

    Attributes:
        note: vault-relative path. what: in words. edits: in the order they are made. runs: ids.
        create: how the note begins when it does not exist yet; "" when it does.
        lines: the note as the plan saw it, for `diff`. again: repeats what an older editor buffer had overwritten.
    """

    note: str
    what: str
    edits: tuple[Edit, ...]
    runs: tuple[str, ...]
    create: str = ""
    lines: tuple[str, ...] = ()
    again: bool = False

    def diff(self) -> str:
        """What would change, as a unified diff; "" when only the journal would (an entry there by hand)."""
        before = "".join(line + "\n" for line in self.lines)
        after = apply_edits(self.create or before, self.edits, self.note).text if self.changes_note else before
        name = "/dev/null" if self.create else f"a/{self.note}"
        lines = after.removesuffix("\n").split("\n")
        return _unified(list(self.lines), lines if after else [], name, f"b/{self.note}")

    @property
    def changes_note(self) -> bool:
        """Whether a byte of the note would change."""
        return any(not isinstance(edit, Claim) or edit.mark is not None for edit in self.edits)


def plan_sync(
    records: Iterable[Record],
    notes: Iterable[Note],
    journal: Journal,
    policy: WritePolicy,
    now: datetime.datetime,
    facts: Callable[[Record, Record | None], RunFacts] | None = None,
) -> list[PlannedWrite]:
    """What is due in the vault. Pure but for `facts`, which looks into the directories of runs that are over and due.

    Args: records: of every source; those of the notes themselves are left out. notes: the whole vault as it stands.
        now: today's clock, with its offset. facts: what only the directories of a run and of its parent tell; None:
            read from there.
    Returns: at most one write a note, and one more for what is written again; results before Server entries before
        tasks, so that links lead somewhere from the first moment. [] when the vault is in step.
    """
    records = list(records)
    parents = _Parents(records)
    facts = facts or partial(read_facts, repository=policy.project)
    plan = _Plan(list(notes), journal, policy, now, lambda record: facts(record, parents.of(record)), parents.by_id)
    due = [record for record in records if record.source != "logged" and not record.merged_into]
    due = [record for record in due if plan.is_wanted(record)]
    for sweep in sweeps_of(_near_due(due, plan)):
        plan.sweep(sweep)
    for record in sorted(due, key=lambda r: (_sort_key(r.started_at, now), r.id)):
        plan.at_start(record)
    for record in sorted(due, key=lambda r: (_sort_key(r.ended_at, now), r.id)):
        if is_over(record):
            plan.at_end(record)
    return plan.writes()


def _near_due(records: Sequence[Record], plan: _Plan) -> list[Record]:
    """The runs that may be in a sweep with one that is due: most passes have none, and look at no command."""
    due = [r for r in records if plan.has_due(r)]
    titles = {(r.cwd, summaries.given_title(r)) for r in due}
    first = min((plan.start_day(r) for r in due), default=datetime.date.max)
    since = (first - SWEEP_SPAN).isoformat() if due else ""
    return [r for r in records if r.date >= since and (r.cwd, summaries.given_title(r)) in titles] if due else []


def apply(plan: Sequence[PlannedWrite], writer: NoteWriter) -> list[Written]:
    """Makes the planned writes. One that fails says so in its `error`; the others are made all the same."""
    written = []
    for planned in plan:
        try:
            written.append(
                writer.write(planned.note, planned.edits, what=planned.what, create=planned.create, again=planned.again)
            )
        except VaultSyncError as error:
            written.append(Written(planned.note, planned.what, str(error)))
    return written


def scratch_line(text: str, now: datetime.datetime) -> str:
    """One item of the scratch note with its clock time: "- 15:45:20 : text"."""
    return f"- {now:%H:%M:%S} : {summaries.one_line(text, 2000)}"


@dataclass(frozen=True)
class ScratchLine:
    """note: path; line: 1-based, where it stands; text: as written."""

    note: str
    line: int
    text: str


def write_scratch_line(
    writer: NoteWriter, text: str, now: datetime.datetime, policy: WritePolicy, notes: Sequence[Note] = ()
) -> ScratchLine:
    """Writes one line under today's heading of the scratch note; the note is made when there is none.

    Args: notes: of the vault, to find the scratch note and the vault's style by; none: its usual place is taken.
    Raises: WriteError: nothing was changed.
    """
    note = hub(notes, policy.names.scratch)
    path = note.path if note is not None else f"{policy.names.scratch}.md"
    line = scratch_line(text, now)
    form = summaries.read_style(notes, policy.names).heading_form if notes else "%Y/%m/%d"
    edit = Insert((), day_of(now, policy.day_starts_at), (line,), gap=0, heading_form=form)
    name = path.rsplit("/", 1)[-1].removesuffix(".md")
    written = writer.write(path, [edit], what="a line of yours", create=new_note_text(name, notes))
    return ScratchLine(path, written.line, line)


def _unified(a: list[str], b: list[str], name_a: str, name_b: str, context: int = 3) -> str:
    """A unified diff. Lines that are alike at both ends are left out of the comparison, so it is short and quick."""
    if a == b:
        return ""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    low, above = max(0, head - context), max(0, tail - context)
    matcher = difflib.SequenceMatcher(None, a[low : len(a) - above], b[low : len(b) - above], autojunk=False)
    out = [f"--- {name_a}", f"+++ {name_b}"]
    for group in matcher.get_grouped_opcodes(context):
        first, last = group[0], group[-1]
        out.append(f"@@ -{_span(first[1], last[2], low)} +{_span(first[3], last[4], low)} @@")
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                out += [" " + line for line in a[low + a1 : low + a2]]
            else:
                out += ["-" + line for line in a[low + a1 : low + a2]]
                out += ["+" + line for line in b[low + b1 : low + b2]]
    return "\n".join(out) + "\n"


def _span(start: int, end: int, offset: int) -> str:
    return f"{start + offset + (1 if end > start else 0)},{end - start}"


def _sort_key(text: str | None, now: datetime.datetime) -> datetime.datetime:
    return moment(text) or now.astimezone()


def parent_of(record: Record, records: Sequence[Record]) -> Record | None:
    """The run whose code a run is compared with: the parent it names, else the run of the same program before it."""
    return _Parents(records).of(record)


class _Parents:
    """Finds the run whose code a run is compared with. Cheap as long as nobody asks."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.by_id = {record.id: record for record in records}

    @cached_property
    def by_place(self) -> dict[tuple[str, str], list[tuple[datetime.datetime, str, Record]]]:
        """Runs with a directory, by host and folder, in the order of their start."""
        found: dict[tuple[str, str], list[tuple[datetime.datetime, str, Record]]] = {}
        for record in self.by_id.values():
            start = moment(record.started_at) if record.directory and record.argv else None
            if start is not None:
                found.setdefault((record.host, record.cwd), []).append((start, record.id, record))
        for runs in found.values():
            runs.sort(key=lambda run: run[:2])
        return found

    def of(self, record: Record) -> Record | None:
        """The parent it names; else the last run of the same program in the same folder that started before it."""
        if record.parent:
            return self.by_id.get(record.parent)
        start = moment(record.started_at)
        if start is None or not record.argv:
            return None
        runs = self.by_place.get((record.host, record.cwd), [])
        program = summaries.program_of(record.argv)
        for place in range(bisect.bisect_left(runs, start, key=lambda run: run[0]) - 1, -1, -1):
            other = runs[place][2]
            if other.id != record.id and summaries.program_of(other.argv) == program:
                return other
        return None


@dataclass(frozen=True)
class _HandEntry:
    """A Server entry the researcher typed: its task line and where it stands."""

    note: Note
    entry: NoteEntry
    line: str


class _Plan:
    """Collects the edits of one plan. Its notes are a snapshot; the writer looks again."""

    def __init__(
        self,
        notes: list[Note],
        journal: Journal,
        policy: WritePolicy,
        now: datetime.datetime,
        facts: Callable[[Record], RunFacts],
        records: Mapping[str, Record],
    ) -> None:
        self.notes = notes
        self.records = records
        self._read_facts = facts
        self._facts: dict[str, RunFacts] = {}
        self.journal = journal
        self.policy = policy
        self.now = now
        self.server = hub(notes, policy.names.server)
        self.experiments = hub(notes, policy.names.experiments)
        self.edits: dict[tuple[str, bool], list[Edit]] = {}
        self.whats: dict[tuple[str, bool], list[tuple[str, str]]] = {}
        self.claimed: dict[tuple[str, str], set[str]] = {}
        for entry in journal.entries:
            if entry.state == "claimed" and entry.line:
                self.claimed.setdefault((entry.note, entry.line), set()).add(entry.keys[0][0])
        self._hand: list[_HandEntry] | None = None
        self._results: list[NoteEntry] | None = None
        self._texts: dict[str, str] = {}
        self._sweeps: dict[str, tuple[Record, ...]] = {}  # run -> the runs it shares an entry with
        self._marked: set[str] = set()  # lines of entries by hand that get a new state already
        self._handled: set[Key] = set()  # parts that a sweep's edit takes care of
        self._days: dict[Key, datetime.date] = {}  # where a sweep's entry or table stands

    @cached_property
    def style(self) -> Style:
        """The vault's own way of writing, read when something is due."""
        return summaries.read_style(self.notes, self.policy.names)

    # -- which runs, which parts ---------------------------------------------------------------------------------------

    def is_wanted(self, record: Record) -> bool:
        """The write policy. A run that was begun in the notes is also ended there."""
        if record.status in ("lost", "unknown") and not record.ended_at:
            return False
        if record.started_at is None and not is_over(record):
            return False
        if any(self.journal.wrote(record.id, part) for part in (SERVER, TASK)):
            return True
        start = moment(record.started_at)
        end = moment(record.ended_at) or self.now
        minutes = (end - start).total_seconds() / 60 if start is not None else 0.0
        if record.source == "launched":
            return minutes >= self.policy.launched_least_minutes or start is None
        if record.source == "observed":
            command = shlex.join(record.argv)
            fits = any(re.search(pattern, command) for pattern in self.policy.observed_patterns)
            return fits and minutes >= self.policy.observed_least_minutes
        return False

    def _due(self, record: Record, part: str) -> tuple[bool, bool]:
        """(whether this part is to be written, whether it is written again)."""
        entry = self.journal.part(record.id, part)
        if entry is None:
            return True, False
        if entry.state != "done" or entry.again:
            return False, False
        if entry.overwritten:
            return True, True
        if 0 <= self.now.timestamp() - entry.time <= STALE_SECONDS and is_gone(entry, self._text(entry.note)):
            return True, True
        return False, False

    def has_due(self, record: Record) -> bool:
        """Whether any part of a run but its task is due, or what was written of its sweep is to be written again."""
        parts = (SERVER, SERVER_END, RESULT) if is_over(record) else (SERVER,)
        if record.task and is_over(record):
            parts = (*parts, TASK_END)
        if any(self._due(record, part)[0] for part in parts):
            return True
        told = [(part, self.journal.part(record.id, part)) for part in (SERVER, TABLE)]
        now = self.now.timestamp()
        young = [(p, e) for p, e in told if e is not None and 0 <= now - e.time <= STALE_SECONDS]
        return any(self._standing(entry.note, record.id, part)[1] for part, entry in young)

    def _text(self, path: str) -> str:
        if path not in self._texts:
            note = next((n for n in self.notes if n.path == path), None)
            self._texts[path] = "\n".join(note.lines) if note is not None else ""
        return self._texts[path]

    def _add(self, path: str, edit: Edit, again: bool, run: str, what: str) -> None:
        self.edits.setdefault((path, again), []).append(edit)
        self.whats.setdefault((path, again), []).append((run, what))

    def facts(self, record: Record) -> RunFacts:
        """What the run's directory tells, read once."""
        if record.id not in self._facts:
            self._facts[record.id] = self._read_facts(record) if is_over(record) else summaries.NO_FACTS
        return self._facts[record.id]

    # -- days and links ------------------------------------------------------------------------------------------------

    def start_day(self, record: Record) -> datetime.date:
        start = moment(record.started_at)
        if start is not None:
            return day_of(start, self.policy.day_starts_at)
        try:
            return datetime.date.fromisoformat(record.date[:10])
        except ValueError:
            return day_of(self.now, self.policy.day_starts_at)

    def end_day(self, record: Record) -> datetime.date:
        end = moment(record.ended_at)
        return day_of(end, self.policy.day_starts_at) if end is not None else self.start_day(record)

    def _link(self, note: Note | None, name: str, day: datetime.date) -> str:
        return link(self._link_name(note, name), day_heading(note, day, self.style.heading_form))

    def _link_name(self, note: Note | None, name: str) -> str:
        """The shortest name that leads to this note."""
        if note is None:
            return name
        stem = note.name.rsplit("/", 1)[-1]
        same = [n for n in self.notes if n.name.rsplit("/", 1)[-1].casefold() == stem.casefold()]
        return stem if len(same) == 1 else note.name

    def result_link(self, record: Record) -> str:
        """Where the run's result stands, or will stand."""
        if is_over(record):
            hand = self._hand_result(record)
            if hand is not None and self.experiments is not None:
                return link(self._link_name(self.experiments, ""), hand.heading)
        day = self._days.get((record.id, RESULT)) or self._told_day(self.journal.part(record.id, RESULT), TABLE)
        day = day or (self.end_day(record) if is_over(record) else self.start_day(record))
        return self._link(self.experiments, self.policy.names.experiments, day)

    def server_link(self, record: Record) -> str:
        """Where the run's Server entry stands; "" when it has none any more."""
        hand = self._hand_entry_of(record)
        if hand is not None:
            return link(self._link_name(hand.note, ""), hand.entry.heading)
        entry = self.journal.part(record.id, SERVER)
        day = self._days.get((record.id, SERVER)) or self._told_day(entry, SERVER) or self.start_day(record)
        if entry is not None and entry.state == "undone":
            there = self.server is not None and day_section(self.server, day) is not None
            return self._link(self.server, self.policy.names.server, day) if there else ""
        return self._link(self.server, self.policy.names.server, day)

    # -- at the start --------------------------------------------------------------------------------------------------

    def at_start(self, record: Record) -> None:
        """The Server entry and the task's mark."""
        due, again = self._due(record, SERVER)
        if due and (record.id, SERVER) not in self._handled:
            self._start_server(record, again)
        if record.task:
            due, again = self._due(record, TASK)
            if due and not is_over(record):
                self._task(record, TASK, "-", (), again)

    def _start_server(self, record: Record, again: bool) -> None:
        keys: tuple[Key, ...] = ((record.id, SERVER),)
        hand = None if again else self._new_hand_entry(record)
        if hand is not None:
            if is_over(record):
                keys = (*keys, (record.id, SERVER_END))
                self._handled.add((record.id, SERVER_END))
            self._claim(hand, keys, record)
            return
        path, _ = self._hub_path(self.server, self.policy.names.server)
        if is_over(record):
            keys = (*keys, (record.id, SERVER_END))
            self._handled.add((record.id, SERVER_END))
        lines = summaries.server_entry(record, self.style, result=self.result_link(record), facts=self.facts(record))
        day = self.start_day(record)
        edit = Insert(keys, day, lines, record.marker, heading_form=self.style.heading_form)
        self._add(path, edit, again, record.id, "Server entry")

    def _claim(self, hand: _HandEntry, keys: tuple[Key, ...], record: Record) -> None:
        """The researcher's own entry is taken for the run's: it gets the state, nothing else.

        An entry of several commands is ticked when the runs of all of them are over.
        """
        self.claimed.setdefault((hand.note.path, _bare(hand.line)), set()).add(record.id)
        runs = [self.records.get(run) for run in self._claimers(hand)]
        over = len(runs) >= len(hand.entry.commands) and all(run is None or is_over(run) for run in runs)
        state = "x" if over else "-"
        mark = None
        if _state_of(hand.line) and _state_of(hand.line) in _earlier(state) and hand.line not in self._marked:
            self._marked.add(hand.line)
            mark = Mark(keys, hand.line, hand.entry.line, _earlier(state), state)
        what = "entry there by hand" + ("" if mark is None else " ticked" if state == "x" else " marked as running")
        self._add(hand.note.path, Claim(keys, _bare(hand.line), mark), False, record.id, what)

    # -- at the end ----------------------------------------------------------------------------------------------------

    def at_end(self, record: Record) -> None:
        """The result, the tick of the Server entry, and the task."""
        due, again = self._due(record, RESULT)
        if due and (record.id, RESULT) not in self._handled:
            self._result(record, again)
        due, again = self._due(record, SERVER_END)
        if due and (record.id, SERVER_END) not in self._handled:
            self._end_server(record, again)
        if record.task and self._is_last_for_task(record):
            due, again = self._due(record, TASK_END)
            if due:
                sublines = [f"> Result : {self.result_link(record)}"]
                server = self.server_link(record)
                if server:
                    sublines.append(f"> Server : {server}")
                # Only a run that came through has done its task; after another one it is still to be done.
                state = "x" if record.status in ("finished", "unknown") and not summaries.verdict_of(record) else "-"
                self._task(record, TASK_END, state, tuple(sublines), again)

    def _is_last_for_task(self, record: Record) -> bool:
        """A sweep's task is done when the last of its runs is over, and is told once."""
        runs = [r for r in self._sweeps.get(record.id, ()) if r.task == record.task]
        if len(runs) < 2:
            return True
        if not all(is_over(r) for r in runs):
            return False
        keys = tuple((r.id, TASK_END) for r in runs if r is not runs[-1] and self._due(r, TASK_END)[0])
        if record is runs[-1] and keys:
            found = self._task_of(record)
            if found is not None:
                self._add(found[0].path, Claim(keys, ""), False, record.id, "told with the last run of the sweep")
        return record is runs[-1]

    def _result(self, record: Record, again: bool) -> None:
        keys: tuple[Key, ...] = ((record.id, RESULT),)
        path, _ = self._hub_path(self.experiments, self.policy.names.experiments)
        hand = self._hand_result(record)
        if hand is not None and not again and self.experiments is not None:
            line = self.experiments.lines[_first_array(hand) - 1]
            self.claimed.setdefault((path, line), set()).add(record.id)
            self._add(path, Claim(keys, line), False, record.id, "result there by hand")
            return
        facts = self.facts(record)
        above = self._set_above(record) if not again else ()
        base = self._checkpoint_of(record)
        if above:
            label = "Final result" if base is None else _checkpoint_label(record, base)
            lines = summaries.result_entry(record, self.style, facts=facts, label=label, more=True)
            self._add(path, Append(keys, above, lines, record.marker), False, record.id, "one more array set")
            return
        if base is not None and any(record.metrics.get(name) for name in SESSION_METRICS):
            title, label = summaries.title_of(base, self.style), _checkpoint_label(record, base)
            server = self.server_link(base)
            lines = summaries.result_entry(record, self.style, server=server, facts=facts, title=title, label=label)
        else:
            lines = summaries.result_entry(record, self.style, server=self.server_link(record), facts=facts)
        edit = Insert(keys, self.end_day(record), lines, record.marker, heading_form=self.style.heading_form)
        self._add(path, edit, again, record.id, "result")

    def _checkpoint_of(self, record: Record) -> Record | None:
        """The run whose checkpoint a run's command names; None for any other command."""
        for word in record.argv:
            for match in _RUN_ID.finditer(word):
                found = self.records.get(match.group())
                if found is not None and found.id != record.id:
                    return found
        return None

    @cached_property
    def _evaluated(self) -> dict[str, list[Record]]:
        """Run -> the runs that evaluated a checkpoint of it."""
        found: dict[str, list[Record]] = {}
        for record in self.records.values():
            base = self._checkpoint_of(record)
            if base is not None:
                found.setdefault(base.id, []).append(record)
        return found

    def _set_above(self, record: Record) -> tuple[str, ...]:
        """Lines of a result that this run's arrays are one more set of; () when it has a description of its own.

        That is the result of the run whose checkpoint was evaluated, that of a checkpoint of this very run, or an
        interim result of it that the researcher pasted.
        """
        if self.experiments is None or not any(record.metrics.get(name) for name in SESSION_METRICS):
            return ()
        base = self._checkpoint_of(record)
        others = [base] if base is not None else self._evaluated.get(record.id, [])
        for other in others:
            block, again = self._standing(self.experiments.path, other.id, RESULT)
            if block is not None and not again and not any(line.startswith("| ") for line in block):
                return block
        return self._interim_by_hand(record) if base is None else ()

    def _interim_by_hand(self, record: Record) -> tuple[str, ...]:
        """Array lines of an interim result that the researcher wrote down while the run went on."""
        assert self.experiments is not None
        if self._results is None:
            self._results = result_entries(self.experiments)
        first, last = self.start_day(record), self.end_day(record)
        hand = self._hand_entry_of(record)
        titles = {task_key(text) for text in (record.title, hand.entry.text if hand is not None else "") if text}
        for entry in self._results:
            if not entry.sets or entry.table_row or any(marker.startswith("kw-") for marker in entry.markers):
                continue
            if entry.date is None or not first <= entry.date <= last or task_key(entry.text) not in titles:
                continue
            said = " ".join([*(array.label for array in entry.sets), *entry.sentences, *entry.remarks])
            final = any(_FINAL.search(array.label) for array in entry.sets)
            if _INTERIM.search(said) and not final:
                return _set_lines(self.experiments, entry.sets[-1].line)
        return ()

    def _end_server(self, record: Record, again: bool) -> None:
        keys: tuple[Key, ...] = ((record.id, SERVER_END),)
        start = self.journal.part(record.id, SERVER)
        if start is None or (start.state != "done" and start.state != "claimed"):
            if start is not None:  # taken back: nothing is left to tick
                self._add(start.note, Claim(keys, ""), False, record.id, "nothing to tick")
            return
        hand = self._hand_entry_of(record)
        if hand is None and start.state == "claimed":
            hand = self._new_hand_entry(record)  # the researcher has reworded his entry meanwhile
        if hand is not None:
            self._claim(hand, keys, record)
            return
        old = self.journal.block_of(record.id, SERVER)
        if old is None:
            self._add(start.note, Claim(keys, ""), False, record.id, "nothing to tick")
            return
        new = list(old)
        new[0] = _with_state(old[0], "x")
        before = [line for line in old if line.startswith("> [[")]
        after = f"> {self.result_link(record)}"
        if before and before[-1] != after:
            new[len(old) - 1 - old[::-1].index(before[-1])] = after
        verdict = summaries.verdict_of(record, self.facts(record))
        if verdict:
            note_line = next((i for i, line in enumerate(new) if line == "> [!note] Result"), len(new))
            new[note_line:note_line] = [f"> [!{self.style.verdict_kind}] {verdict}", ""]
        self._add(start.note, Rework(keys, old, tuple(new)), again, record.id, "ticked")

    # -- sweeps --------------------------------------------------------------------------------------------------------

    def sweep(self, sweep: Sweep) -> None:
        """One Server entry and one table for runs that were launched together; what is his already stays as it is."""
        first = self.journal.part(sweep.first.id, SERVER)
        mine = [sweep.first] if first is None or first.state == "done" else []
        for record in sweep.runs[1:]:
            entry = self.journal.part(record.id, SERVER)
            if entry is None or (mine and (sweep.first.id, SERVER) in entry.keys):
                mine.append(record)
        mine = [r for r in mine if self.journal.part(r.id, SERVER) is not None or self._new_hand_entry(r) is None]
        if len(mine) < 2 or mine[0] is not sweep.first:
            return  # entries there by hand, or of their own: each run is told by itself
        sweep = Sweep(tuple(mine), sweep.options)
        self._days.update(dict.fromkeys(((r.id, SERVER) for r in mine), self.start_day(sweep.first)))
        if self._sweep_server(sweep):
            self._sweeps.update(dict.fromkeys((r.id for r in mine), sweep.runs))
            self._sweep_table(sweep)

    def _sweep_facts(self, sweep: Sweep) -> dict[str, RunFacts]:
        return {record.id: self.facts(record) for record in sweep.runs}

    def _sweep_server(self, sweep: Sweep) -> bool:
        """Returns whether the runs have an entry in common, or will have one."""
        first = sweep.first
        new = [r for r in sweep.runs if self._due(r, SERVER)[0]]
        ended = [r for r in sweep.runs if is_over(r) and self._due(r, SERVER_END)[0]]
        path, _ = self._hub_path(self.server, self.policy.names.server)
        old, overwritten = self._standing(path, first.id, SERVER)
        if not new and not ended and not overwritten:
            return True
        day = self._table_day(sweep)
        result = self._link(self.experiments, self.policy.names.experiments, day)
        lines = sweeps.server_lines(sweep, self.style, result=result, facts=self._sweep_facts(sweep))
        keys = [(r.id, SERVER) for r in sweep.runs] + [(r.id, SERVER_END) for r in sweep.runs if is_over(r)]
        if first in new:
            again = self._due(first, SERVER)[1]
            edit: Edit = Insert(
                tuple(keys), self.start_day(first), lines, first.marker, heading_form=self.style.heading_form
            )
            self._add_sweep(path, edit, again, sweep, "Server entry of a sweep")
            return True
        if old is None:
            if new:
                return False  # he has made the entry his own: a run that comes now gets one of its own
            self._tick_edited(sweep, ended, path)
            return True
        if old == lines:
            keys = [(r.id, SERVER_END) for r in ended]
            self._add_sweep(path, Claim(tuple(keys), ""), False, sweep, "nothing to tick")
        else:
            edit = Rework(tuple(keys), old, lines, whole=True)
            self._add_sweep(path, edit, overwritten, sweep, "Server entry of a sweep" if new else "ticked")
        return True

    def _tick_edited(self, sweep: Sweep, ended: Sequence[Record], path: str) -> None:
        """An entry that the researcher changed is ticked when the last run is over, if its task line still stands."""
        keys = tuple((r.id, SERVER_END) for r in ended)
        old = self.journal.block_of(sweep.first.id, SERVER)
        if old is None or not all(is_over(r) for r in sweep.runs):
            self._add_sweep(path, Claim(keys, ""), False, sweep, "nothing to tick")
            return
        self._add_sweep(path, Rework(keys, old, (_with_state(old[0], "x"), *old[1:])), False, sweep, "ticked")

    def _sweep_table(self, sweep: Sweep) -> None:
        over = [r for r in sweep.runs if is_over(r)]
        due = [r for r in over if self._due(r, RESULT)[0] and self._hand_result(r) is None]
        path, _ = self._hub_path(self.experiments, self.policy.names.experiments)
        owner = next((r for r in sweep.runs if self.journal.part(r.id, TABLE) is not None), None)
        if owner is None:
            if due:
                self._new_table(sweep, due, path)
            return
        entry = self.journal.part(owner.id, TABLE)
        written = self.journal.block_of(owner.id, TABLE)
        if entry is None or entry.state != "done" or written is None:
            return  # he took the table back: results that come now stand by themselves
        day = self._told_day(entry, TABLE) or self._table_day(sweep)
        rows = [r for r in sweep.runs if sweeps.row_of(written, r) or r in due or not is_over(r)]
        lines = self._table(sweep, rows)
        keys = tuple([(owner.id, TABLE), *((r.id, RESULT) for r in due)])
        if self._due(owner, TABLE)[0]:  # an older buffer had overwritten all of it
            keys = (*keys, *(key for key in entry.keys if key not in keys))
            edit: Edit = Insert(keys, day, lines, owner.marker, heading_form=self.style.heading_form)
            self._add_sweep(path, edit, True, sweep, "table of a sweep", day)
            return
        old, overwritten = self._standing(path, owner.id, TABLE)
        if old is not None:
            if due or overwritten or any(not sweeps.row_of(old, r) for r in rows):
                if overwritten:
                    keys = (*keys, *(key for key in entry.keys if key not in keys))
                edit = Rework(keys, old, lines, whole=True)
                self._add_sweep(path, edit, overwritten, sweep, "table of a sweep", day)
            return
        # He has written into the table: only rows that stand as they were are filled, and nothing else is touched.
        same_columns = _header_of(written) == _header_of(lines)
        for record in due:
            row = sweeps.row_of(written, record)
            if row and same_columns:
                edit = Rework(((record.id, RESULT),), (row,), (sweeps.row_of(lines, record),), whole=True)
                self._add_sweep(path, edit, False, sweep, "row of a sweep", day)

    def _new_table(self, sweep: Sweep, due: Sequence[Record], path: str) -> None:
        base: Record | None = None
        old: tuple[str, ...] | None = None
        for record in sweep.runs:  # the first that ended may have its own result already, which becomes the table
            if base is None and record not in due and self.journal.part(record.id, RESULT) is not None:
                old, again = self._standing(path, record.id, RESULT)
                base = record if old is not None and not again else None
        rows = [r for r in sweep.runs if r is base or r in due or not is_over(r)]
        if len(rows) < 2:
            return
        lines, owner, day = self._table(sweep, rows), rows[0], self._table_day(sweep)
        keys = tuple([(owner.id, TABLE), *((r.id, RESULT) for r in rows if r is base or r in due)])
        again = any(self._due(r, RESULT)[1] for r in due)
        if base is not None and old is not None:
            self._add_sweep(path, Rework(keys, old, lines, whole=True), False, sweep, "table of a sweep", day)
        else:
            edit = Insert(keys, day, lines, owner.marker, heading_form=self.style.heading_form)
            self._add_sweep(path, edit, again, sweep, "table of a sweep", day)

    def _table(self, sweep: Sweep, rows: Sequence[Record]) -> tuple[str, ...]:
        part = Sweep(tuple(rows), sweep.options)
        server = self.server_link(sweep.first)
        return sweeps.table_lines(part, self.style, server=server, facts=self._sweep_facts(part))

    def _table_day(self, sweep: Sweep) -> datetime.date:
        """The day the first of the runs ended; its start day while all go on."""
        over = [r for r in sweep.runs if is_over(r)]
        return min(map(self.end_day, over)) if over else self.start_day(sweep.first)

    def _told_day(self, entry: JournalEntry | None, part: str) -> datetime.date | None:
        """The day a sweep's entry or table stands under, of the run whose marker it carries."""
        owner = next((run for run, p in entry.keys if p == part), "") if entry is not None else ""
        found = next((n for n in self.notes if entry is not None and n.path == entry.note), None)
        if not owner or found is None or (part == SERVER and len([k for k in entry.keys if k[1] == SERVER]) < 2):  # type: ignore[union-attr]
            return None
        line = next((number for block, number in found.blocks if block == f"kw-{owner[-6:]}"), 0)
        section = next((s for s in found.sections if line and s.start <= line < s.end), None)
        return section.date if section is not None else None

    def _add_sweep(
        self, path: str, edit: Edit, again: bool, sweep: Sweep, what: str, day: datetime.date | None = None
    ) -> None:
        self._handled.update(edit.keys)
        if day is not None:
            self._days.update({key: day for key in edit.keys if key[1] == RESULT})
        self._add(path, edit, again, sweep.first.id, what)

    def _standing(self, path: str, run: str, part: str) -> tuple[tuple[str, ...] | None, bool]:
        """(a block of ours as it stands whole in the note, whether an editor's older buffer has put it back to that).

        (None, False) when the researcher has changed it.
        """
        entry, text = self.journal.part(run, part), f"\n{self._text(path)}\n"
        block = self.journal.block_of(run, part)
        if entry is None or block is None:
            return None, False
        if "\n" + "\n".join(block) + "\n" in text:
            return block, False
        if not entry.again and 0 <= self.now.timestamp() - entry.time <= STALE_SECONDS:
            for splice in entry.splices:
                before = tuple(splice.removed.replace("\r\n", "\n").split("\n"))
                if f"^kw-{run[-6:]}" in splice.removed and "\n" + "\n".join(before) + "\n" in text:
                    return before, True
        return None, False

    # -- tasks ---------------------------------------------------------------------------------------------------------

    def _task(self, record: Record, part: str, state: str, sublines: tuple[str, ...], again: bool) -> None:
        keys: tuple[Key, ...] = ((record.id, part),)
        found = self._task_of(record)
        if found is None:
            return
        note, number = found
        line = note.lines[number - 1]
        if _state_of(line) == "x" or (_state_of(line) not in " ->" and state == "x"):
            state = _state_of(line)
        edit = Mark(keys, line, number, " ->x", state, sublines)
        planned = self.edits.get((note.path, again), [])
        for place, other in enumerate(planned):
            # One task of several runs gets its state once.
            if isinstance(other, Mark) and replace(other, keys=keys) == edit:
                planned[place] = replace(other, keys=(*other.keys, *keys))
                return
        self._add(note.path, edit, again, record.id, "task done" if state == "x" else "task marked")

    def _task_of(self, record: Record) -> tuple[Note, int] | None:
        """(note, line) of the task a run was launched for: as marked at its start, else where the link leads."""
        entry = self.journal.part(record.id, TASK)
        if entry is not None:
            for splice in entry.splices:
                words = _bare(splice.inserted)
                note = next((n for n in self.notes if n.path == entry.note), None)
                if splice.kind != "mark" or note is None or not words:
                    continue
                same = [t for t in note.tasks if _bare(note.lines[t.line - 1]) == words]
                if same:
                    return note, min(same, key=lambda t: abs(t.line - self._line_of(record))).line
            if entry.state == "undone":
                return None
        tasks = self._tasks_at(record.task, record.title)
        return (tasks[0][0], tasks[0][1].line) if len(tasks) == 1 else None

    def _line_of(self, record: Record) -> int:
        match = re.search(r":(\d+)(?:\]\])?$", record.task)
        return int(match.group(1)) if match else 0

    def _tasks_at(self, target: str, title: str) -> list[tuple[Note, Task]]:
        """Open tasks a link may mean: "[[April#2025/04/16]]", "April#Experiments-2025/04/16:42", "April.md:42".

        The task's own words, as the link's alias or the run's title, count more than a line number, which may be old.
        """
        text, _, words = re.sub(r"^!?\[\[|\]\]$", "", target.strip()).partition("|")
        match = re.fullmatch(r"(.*?)(?::(\d+))?", text)
        place, line = (match.group(1), int(match.group(2) or 0)) if match else (text, 0)
        name, _, heading = place.partition("#")
        note = hub(self.notes, name.strip()) if name.strip() else None
        if note is None:
            return []
        if heading.startswith("^"):
            numbers = {number for block, number in note.blocks if block == heading[1:]}
            return [(note, task) for task in note.tasks if task.line in numbers]
        tasks = [task for task in note.tasks if not task.struck]
        wanted = heading.strip().casefold()
        if wanted:
            starts = [(s.start, s.end) for s in note.sections if _is_under(s.path, s.heading, wanted)]
            inside = [task for task in tasks if any(a <= task.line < b for a, b in starts)]
        else:
            inside = tasks
        named = [task for task in inside if task_key(task.text) in (task_key(words), task_key(title)) and task.text]
        if named and (line or len(named) == 1):
            return [(note, min(named, key=lambda task: abs(task.line - line)))]
        exact = [task for task in inside if line and task.line == line]
        if exact and not words:
            return [(note, exact[0])]
        still = [task for task in inside if task.state in " ->" and task.indent == 0]
        return [(note, task) for task in still] if len(still) == 1 and wanted and not (line or words) else []

    # -- what is there by hand -----------------------------------------------------------------------------------------

    def _hands(self) -> list[_HandEntry]:
        if self._hand is None:
            self._hand = []
            if self.server is not None:
                for entry in server_entries(self.server):
                    line = self.server.lines[entry.line - 1]
                    if entry.commands and not any(marker.startswith("kw-") for marker in entry.markers):
                        self._hand.append(_HandEntry(self.server, entry, line))
        return self._hand

    def _new_hand_entry(self, record: Record) -> _HandEntry | None:
        """An entry of that day with the same command that no other run has: still to do, or at least of a run that is
        over too."""
        day, key = self.start_day(record), _command_key(record.argv)
        fitting = []
        for hand in self._hands():
            if hand.entry.date != day:
                continue
            commands = [_command_key(command.words) for command in hand.entry.commands]
            others = self._claimers(hand) - {record.id}
            if others and commands.count(key) <= sum(self._key_of(run) in (key, None) for run in others):
                continue  # each of its commands stands for one run
            if key in commands and hand.entry.state != ">" and not hand.entry.struck:
                fitting.append(hand)
        waiting = [hand for hand in fitting if hand.entry.state in " -"]
        if waiting:
            return waiting[0]
        return fitting[-1] if fitting and is_over(record) else None

    def _hand_entry_of(self, record: Record) -> _HandEntry | None:
        """The entry the researcher typed that was taken for this run's."""
        for hand in self._hands():
            if record.id in self._claimers(hand):
                return hand
        return None

    def _claimers(self, hand: _HandEntry) -> set[str]:
        """Runs that a hand-made entry was taken for."""
        return self.claimed.get((hand.note.path, _bare(hand.line)), set())

    def _key_of(self, run: str) -> tuple[object, ...] | None:
        """What tells a run's command from others; None for a run that is not known."""
        record = self.records.get(run)
        return _command_key(record.argv) if record is not None else None

    def _hand_result(self, record: Record) -> NoteEntry | None:
        """A result with equal arrays near the run's end that no other run has and that is not ours."""
        wanted = {n: record.metrics.get(n) for n in SESSION_METRICS if isinstance(record.metrics.get(n), list | tuple)}
        wanted = {name: values for name, values in wanted.items() if values}
        if not wanted or self.experiments is None:
            return None
        if self._results is None:
            self._results = result_entries(self.experiments)
        day = self.end_day(record)
        for entry in self._results:
            if any(marker.startswith("kw-") for marker in entry.markers):
                continue
            if entry.date is None or abs((entry.date - day).days) > 1:
                continue
            owners = self.claimed.get((self.experiments.path, self.experiments.lines[_first_array(entry) - 1]))
            if owners and record.id not in owners:
                continue
            for found in entry.sets:
                if found.values and all(_equal(values, found.values.get(name)) for name, values in wanted.items()):
                    return entry
        return None

    # -- the plan ------------------------------------------------------------------------------------------------------

    def _hub_path(self, note: Note | None, name: str) -> tuple[str, str]:
        """(path, how it begins when it is to be made)."""
        if note is not None:
            return note.path, ""
        path = name if name.endswith(".md") else f"{name}.md"
        return path, new_note_text(path.rsplit("/", 1)[-1].removesuffix(".md"), self.notes)

    def writes(self) -> list[PlannedWrite]:
        """The edits by note, in the order they are to be made."""
        order = [
            self._hub_path(self.experiments, self.policy.names.experiments),
            self._hub_path(self.server, self.policy.names.server),
        ]
        creates = dict(order)
        ranks = {path: i for i, (path, _) in enumerate(order)}
        planned = []
        for path, again in sorted(self.edits, key=lambda key: (ranks.get(key[0], len(ranks)), key)):
            edits, whats = self.edits[path, again], self.whats[path, again]
            note = next((n for n in self.notes if n.path == path), None)
            runs = tuple(dict.fromkeys(run for run, _ in whats))
            if len(runs) == 1:
                words = f"{runs[0]}: {', '.join(dict.fromkeys(what for _, what in whats))}"
            else:
                words = f"{len(runs)} runs: {', '.join(dict.fromkeys(what for _, what in whats))}"
            if again:
                words += " (again: an editor's older buffer had overwritten it)"
            create = creates.get(path, "") if note is None else ""
            planned.append(
                PlannedWrite(path, words, tuple(edits), runs, create, note.lines if note is not None else (), again)
            )
        return planned


_RUN_ID = re.compile(r"(?<![a-z0-9])[ro]\d{8}-[a-z2-7]{6}(?![a-z0-9])")
_INTERIM = re.compile(
    r"\b(?:interim|intermediate|checkpoint|so far|middle|early|best|still (?:running|training)|not (?:yet )?finished"
    r"|(?:after|at|of|in) (?:epoch )?\d+(?: epochs?)?|epoch \d+)\b",
    re.IGNORECASE,
)
_FINAL = re.compile(r"\bfinal\b", re.IGNORECASE)
_CHECKPOINT_WORDS = frozenset(("best", "last", "final", "first", "middle", "early", "epoch", "checkpoint", "session"))


def _checkpoint_label(record: Record, base: Record) -> str:
    """What stands before the arrays of a checkpoint: "Result of checkpoint epoch 40"."""
    word = next(word for word in record.argv if base.id in word)
    stem = word.rstrip("/").rsplit("/", 1)[-1].partition("=")[2] or word.rstrip("/").rsplit("/", 1)[-1]
    words = re.findall(r"[a-z]+|\d+", re.sub(r"\.\w+$", "", stem).lower())
    named = words if words and all(w.isdigit() or w in _CHECKPOINT_WORDS for w in words) and len(words) <= 4 else []
    return " ".join(["Result of checkpoint", *(w for w in named if w != "checkpoint")])


def _set_lines(note: Note, line: int) -> tuple[str, ...]:
    """The lines of an array set from its first array (1-based line) to the last line that clings to it."""
    end = line
    while end < len(note.lines):
        text = note.lines[end].strip()
        if not re.match(r"\[|[-*] |[A-Za-z -]{3,30}:", text):
            break
        end += 1
    return note.lines[line - 1 : end]


def _header_of(table: Sequence[str]) -> str:
    return next((line for line in table if line.startswith("| Run |")), "")


def _is_under(path: Sequence[str], heading: str, wanted: str) -> bool:
    return wanted in (heading.casefold(), *(text.casefold() for text in path))


def _command_key(argv: Sequence[str]) -> tuple[object, ...]:
    """What makes two commands equal: program, words and options, in whatever order the options stand."""
    words = list(argv)
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):  # CUDA_VISIBLE_DEVICES=0 before the command
        words.pop(0)
    command = read_command(words)
    return summaries.program_of(words), command.positional, frozenset(command.options.items())


def _bare(line: str) -> str:
    """A task line without its state: what stays the same when it is ticked."""
    match = _TASK_LINE.match(line)
    return match.group(3)[1:].strip() if match else line.strip()


def _state_of(line: str) -> str:
    match = _TASK_LINE.match(line)
    return match.group(2).lower() if match else ""


def _with_state(line: str, state: str) -> str:
    match = _TASK_LINE.match(line)
    return match.group(1) + state + match.group(3) if match else line


def _earlier(state: str) -> str:
    return " " if state == "-" else " -"


def _first_array(entry: NoteEntry) -> int:
    return entry.sets[0].line if entry.sets else entry.line


def _equal(values: Any, written: Sequence[float] | None) -> bool:
    """Whether a list was written down, however it was rounded."""
    if written is None or len(values) != len(written):
        return False
    for value, number in zip(values, written, strict=True):
        if not isinstance(value, int | float):
            return False
        decimals = len(repr(number).partition(".")[2])
        if abs(value - number) > 0.5 * 10 ** -max(min(decimals, 3), 2) + 1e-9:
            return False
    return True


__all__ = [
    "PlannedWrite",
    "ScratchLine",
    "WritePolicy",
    "apply",
    "parent_of",
    "plan_sync",
    "scratch_line",
    "write_scratch_line",
]
