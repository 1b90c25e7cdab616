"""Joins what the notes tell of a run with the run's own record, so that each run is listed once.

Certain: the notes' entry carries the run's marker, or it tells of the same command within a day and nothing else
could be meant. Everything less certain stays apart and is shown as probably the same.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fskws.config import parse_options
from fskws.runs import SESSION_METRICS, Record

if TYPE_CHECKING:
    from vault_sync.store import Store

#: A run after midnight is often written down under the day before, and the other way round.
NEAR_DAYS = 1


@dataclass(frozen=True)
class Joined:
    """runs: launched and observed ones with what the notes add. logged: the notes' own; merged ones name their run."""

    runs: tuple[Record, ...]
    logged: tuple[Record, ...]


def join_records(runs: Iterable[Record], logged: Iterable[Record]) -> Joined:
    """Finds which logged records tell of which run.

    Args: runs: records of source launched or observed, as read from their directories. logged: those of the notes.
    Returns: all of them; a logged record that certainly is a run has `merged_into` set to the run's id, and the run
        has taken over its links, verdicts, remarks and any session metrics it lacks. Uncertain pairs name each other
        in `joined`.
    """
    runs, logged = [alone(run) for run in runs], [alone(record) for record in logged]
    owner: dict[str, str] = {}
    by_marker = {run.marker: run for run in runs if run.marker}
    carriers = Counter(record.marker for record in logged if record.argv)
    for record in logged:
        run = by_marker.get(record.marker)
        # An entry of several commands carries the marker of its first run: the others are found by their commands.
        if run is not None and (
            not record.argv or carriers[record.marker] == 1 or record.config == parse_options(run.argv)
        ):
            owner[record.id] = run.id
    maybe: dict[str, set[str]] = {}
    claimed = set(owner.values())
    by_command: dict[tuple[str, ...], list[Record]] = {}
    for run in runs:
        if run.id not in claimed and run.argv:
            by_command.setdefault(command_key(run), []).append(run)
    rest: dict[tuple[str, ...], list[Record]] = {}
    for record in logged:
        if record.id not in owner and record.argv:
            rest.setdefault(command_key(record), []).append(record)
    for key, entries in rest.items():
        candidates = by_command.get(key, [])
        if not candidates:
            continue
        for entry, run in _certain(entries, candidates):
            owner[entry.id] = run.id
        for entry in entries:
            for run in candidates:
                if entry.id not in owner and run.id not in owner.values() and _near(entry, run):
                    maybe.setdefault(entry.id, set()).add(run.id)
                    maybe.setdefault(run.id, set()).add(entry.id)
    told: dict[str, list[Record]] = {}
    for record in logged:
        if record.id in owner:
            told.setdefault(owner[record.id], []).append(record)
    return Joined(
        tuple(_with_maybe(_enriched(run, told.get(run.id, [])), maybe) for run in runs),
        tuple(
            replace(record, merged_into=owner[record.id]) if record.id in owner else _with_maybe(record, maybe)
            for record in logged
        ),
    )


def alone(record: Record) -> Record:
    """The record as it was before anything was joined with it."""
    if record.source == "logged":
        return replace(record, merged_into="", joined=tuple(id for id in record.joined if id.startswith("n")))
    metrics = {name: value for name, value in record.metrics.items() if name not in record.from_notes}
    return replace(record, metrics=metrics, note_links=(), verdicts=(), remarks=(), link="", joined=(), from_notes=())


def join_store(store: Store) -> None:
    """Joins all records of a store anew. Cheap when nothing is to be joined."""
    with store.rewriting:
        _join_store(store)


def _join_store(store: Store) -> None:
    runs = [*store.records(source="launched"), *store.records(source="observed")]
    if not runs:
        return
    logged = store.logged()
    joined = join_records(runs, logged)
    before = {run.id: run for run in runs}
    changed = [run for run in joined.runs if run != before[run.id]]
    if changed:
        store.upsert_records(changed)
    if list(joined.logged) != logged:
        store.replace_logged(joined.logged)


def command_key(record: Record) -> tuple[str, ...]:
    """What makes two commands equal: their words without quotes and without a path to the interpreter."""
    words = [word.strip("'\"") for word in record.argv]
    if words and re.fullmatch(r"(.*/)?python[\d.]*", words[0]):
        words[0] = "python"
    return tuple(words)


def _certain(entries: Sequence[Record], candidates: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Pairs in which nothing else could be meant: equal results, or one entry and one run near each other."""
    pairs: list[tuple[Record, Record]] = []
    taken: set[str] = set()
    for entry in entries:
        same = [run for run in candidates if run.id not in taken and _near(entry, run) and _same_results(entry, run)]
        if len(same) == 1:
            pairs.append((entry, same[0]))
            taken |= {entry.id, same[0].id}
    for entry in entries:
        if entry.id in taken:
            continue
        near = [run for run in candidates if run.id not in taken and _near(entry, run)]
        rivals = [other for other in entries if other.id not in taken and any(_near(other, run) for run in near)]
        if len(near) == 1 and len(rivals) == 1 and not _contradicts(entry, near[0]):
            pairs.append((entry, near[0]))
            taken |= {entry.id, near[0].id}
    return pairs


def _near(entry: Record, run: Record) -> bool:
    try:
        days = [datetime.date.fromisoformat(day[:10]) for day in (entry.date, run.date, run.started_at or run.date)]
    except ValueError:
        return False
    return min(abs((days[0] - days[1]).days), abs((days[0] - days[2]).days)) <= NEAR_DAYS


def _arrays(record: Record) -> dict[str, list[float]]:
    found = {name: record.metrics.get(name) for name in SESSION_METRICS}
    return {
        name: [round(float(v), 2) for v in values]
        for name, values in found.items()
        if isinstance(values, list) and values
    }


def _same_results(entry: Record, run: Record) -> bool:
    """Both have session arrays, and those both have are equal."""
    one, other = _arrays(entry), _arrays(run)
    shared = one.keys() & other.keys()
    return bool(shared) and all(one[name] == other[name] for name in shared)


def _contradicts(entry: Record, run: Record) -> bool:
    one, other = _arrays(entry), _arrays(run)
    return any(one[name] != other[name] for name in one.keys() & other.keys())


def _enriched(run: Record, entries: Sequence[Record]) -> Record:
    if not entries:
        return run
    metrics = dict(run.metrics)
    taken: list[str] = []
    for entry in entries:
        for name in SESSION_METRICS:
            if name not in metrics and name in entry.metrics:
                metrics[name] = entry.metrics[name]
                taken.append(name)
    with_result = [entry for entry in entries if _arrays(entry)] or list(entries)
    return replace(
        run,
        metrics=metrics,
        from_notes=tuple(taken),
        note_links=_union(run.note_links, *(entry.note_links for entry in entries)),
        verdicts=_union(run.verdicts, *(entry.verdicts for entry in entries)),
        remarks=_union(run.remarks, *(entry.remarks for entry in entries)),
        link=run.link or next((entry.link for entry in with_result if entry.link), ""),
    )


def _with_maybe(record: Record, maybe: dict[str, set[str]]) -> Record:
    more = maybe.get(record.id)
    return replace(record, joined=_union(record.joined, sorted(more))) if more else record


def _union(*parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))
