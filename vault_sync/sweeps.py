"""Runs that were launched together and differ in an option or two: one Server entry, and one table of results."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fskws.config import Command, read_command
from fskws.runs import SESSION_METRICS, Record
from vault_sync import summaries
from vault_sync.summaries import NO_FACTS, RunFacts, Style, is_over, moment, one_line

#: Runs that start so soon one after the other are launched together.
TOGETHER_SECONDS = 120.0

#: A run that starts so soon after another has ended is the next of a loop or of the queue.
NEXT_SECONDS = 60.0

#: More options than these that differ make separate experiments.
MOST_OPTIONS = 2

#: Columns of runs without per-session lists.
MOST_COLUMNS = 6

_HEADERS = {"seen": "Seen", "unseen": "Unseen", "harmonic_mean": "Harmonic mean"}


@dataclass(frozen=True)
class Sweep:
    """runs: two or more, in the order of their start. options: what differs between them, in the command's order."""

    runs: tuple[Record, ...]
    options: tuple[str, ...]

    @property
    def first(self) -> Record:
        """The run that gives the sweep its marker and its day."""
        return self.runs[0]


@dataclass
class _Open:
    runs: list[Record]
    commands: list[Command]


def sweeps_of(records: Iterable[Record]) -> list[Sweep]:
    """The sweeps among runs launched here. A run without a start, or with its very command in a sweep, is in none.

    They have one program, folder, title (or none) and host, and differ in one or two options in all.
    """
    groups: dict[tuple[object, ...], list[tuple[datetime.datetime, Record, Command]]] = {}
    for record in records:
        start = moment(record.started_at)
        if record.source == "launched" and start is not None and record.argv:
            command = read_command(record.argv)
            title = summaries.given_title(record)
            key = (record.host, record.cwd, summaries.program_of(record.argv), command.positional, title)
            groups.setdefault(key, []).append((start, record, command))
    found: list[Sweep] = []
    for members in groups.values():
        if len(members) < 2:
            continue
        members.sort(key=lambda member: (member[0], member[1].id))
        current = _Open([], [])
        for start, record, command in members:
            if current.runs and _is_next(current, start, command):
                current.runs.append(record)
                current.commands.append(command)
            else:
                found += _closed(current)
                current = _Open([record], [command])
        found += _closed(current)
    return found


def _closed(current: _Open) -> list[Sweep]:
    if len(current.runs) < 2:
        return []
    return [Sweep(tuple(current.runs), tuple(_varied(current.commands)))]


def _varied(commands: Sequence[Command]) -> list[str]:
    names = dict.fromkeys(name for command in commands for name in command.options)
    return [name for name in names if len({command.options.get(name) for command in commands}) > 1]


def _is_next(current: _Open, start: datetime.datetime, command: Command) -> bool:
    if any(command.options == other.options for other in current.commands):
        return False
    if len(_varied([*current.commands, command])) > MOST_OPTIONS:
        return False
    last = moment(current.runs[-1].started_at)
    if last is not None and (start - last).total_seconds() <= TOGETHER_SECONDS:
        return True
    ends = [end for record in current.runs if (end := moment(record.ended_at)) is not None]
    return any(abs((start - end).total_seconds()) <= NEXT_SECONDS for end in ends)


def title_of(sweep: Sweep, style: Style) -> str:
    """The title the researcher gave; else the options that differ."""
    if summaries.given_title(sweep.first):
        return summaries.title_of(sweep.first, style)
    return "Sweep of " + " and ".join(f"`{name}`" for name in sweep.options) + "."


def value_of(record: Record, name: str) -> str:
    """An option's value as it stands in a run's command; "" when it was not given."""
    return read_command(record.argv).options.get(name, "")


def server_lines(
    sweep: Sweep, style: Style, *, result: str, facts: Mapping[str, RunFacts] | None = None
) -> tuple[str, ...]:
    """The Server entry: one task line, all commands in one fence, parted by a blank line.

    Args: result: wikilink to the day of the table. facts: run id -> what its directory tells.
    """
    over = all(is_over(record) for record in sweep.runs)
    lines = [f"- [{'x' if over else '-'}] {title_of(sweep, style)} ^{sweep.first.marker}", ""]
    lines.append(f"```{summaries.fence_info(sweep.first, style)}")
    for number, record in enumerate(sweep.runs):
        lines += [""] * (number > 0) + list(summaries.command_lines(record.argv, style))
    lines.append("```")
    for record in sweep.runs:
        verdict = summaries.verdict_of(record, (facts or {}).get(record.id, NO_FACTS)) if is_over(record) else ""
        if verdict:
            lines.append(f"> [!{style.verdict_kind}] {_name(sweep, record)} : {verdict}")
    if lines[-1].startswith(">"):
        lines.append("")
    lines += ["> [!note] Result", f"> {result}"]
    return (*lines, "---") if style.rule else tuple(lines)


def _name(sweep: Sweep, record: Record) -> str:
    values = [(name, one_line(value_of(record, name), 40)) for name in sweep.options]
    return ", ".join(f"`{name}` {value}" if value else f"without `{name}`" for name, value in values)


def table_lines(
    sweep: Sweep, style: Style, *, server: str, facts: Mapping[str, RunFacts] | None = None
) -> tuple[str, ...]:
    """The result: a quote with description and link, and a table with one row a run; a row is empty until its run ends.

    Columns are the run, the options that differ, then accuracy by session and the last session's other metrics, or the
    runs' own metrics. Args: server: wikilink to the Server entry's day. facts: run id -> what its directory tells.
    """
    facts = facts or {}
    columns = _columns(sweep)
    remarks = {r.id: summaries.verdict_of(r, facts.get(r.id, NO_FACTS)) for r in sweep.runs if is_over(r)}
    header = ["Run", *(f"`{name}`" for name in sweep.options), *(head for head, _ in columns)]
    if any(remarks.values()):
        header.append("Remark")
    lines = [f"> {summaries.opening(title_of(sweep, style))}"]
    if server:
        lines.append(f"> Server : {server}")
    lines += ["", _row(header), "|" + " --- |" * len(header)]
    for record in sweep.runs:
        cells = [record.marker, *(value_of(record, name) for name in sweep.options)]
        for _, (metric, session) in columns:
            cells.append(_cell(record, metric, session, style) if is_over(record) else "")
        if any(remarks.values()):
            cells.append(remarks.get(record.id, ""))
        lines.append(_row(cells))
    code = next((facts[r.id].code for r in sweep.runs if r.id in facts and facts[r.id].code), "")
    if code:
        lines += ["", f"- {summaries.opening(one_line(code))}"]
    return (*lines, "", f"^{sweep.first.marker}")


def _columns(sweep: Sweep) -> list[tuple[str, tuple[str, int | None]]]:
    """(header, (metric, session; -1: the last; None: no per-session list)) of each column after the options."""
    lists = {
        name: max((len(v) for r in sweep.runs if isinstance(v := r.metrics.get(name), list | tuple)), default=0)
        for name in SESSION_METRICS
    }
    if any(lists.values()):
        columns: list[tuple[str, tuple[str, int | None]]] = [
            (str(session), ("accuracy", session)) for session in range(lists["accuracy"])
        ]
        return columns + [(_HEADERS[name], (name, -1)) for name in _HEADERS if lists[name]]
    names = dict.fromkeys(
        str(name)
        for record in sweep.runs
        for name, value in record.metrics.items()
        if not isinstance(value, list | tuple)
    )
    return [(one_line(name, 40), (name, None)) for name in list(names)[:MOST_COLUMNS]]


def _cell(record: Record, metric: str, session: int | None, style: Style) -> str:
    value = record.metrics.get(metric)
    if session is None:
        last = value.get("last") if isinstance(value, Mapping) else value
        return summaries.figure(last) if last is not None else ""
    if not isinstance(value, list | tuple) or not value or session >= len(value):
        return ""
    return summaries.array_text([value[session]], style.decimals)[1:-1]


def _row(cells: Sequence[str]) -> str:
    clean = [one_line(cell, 200).replace("|", "\\|") for cell in cells]
    return "| " + " | ".join(clean) + " |"


def row_of(lines: Sequence[str], record: Record) -> str:
    """A run's row among the lines of a table; "" when it has none."""
    return next((line for line in lines if line.startswith(f"| {record.marker} |")), "")
