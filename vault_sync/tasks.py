"""Open tasks of the to-do notes. An item that reappears under later days is one task; its newest state counts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vault_sync.notes import Note, Task, clock_of

_NOISE = re.compile(r"!?\[\[[^\[\]\n]*\]\]|\[![A-Za-z]+\][+-]?|~~|==|\*\*|`|\^[A-Za-z0-9-]+\s*$")
_BLANK = re.compile(r"[\s\W_]+")

#: States that still ask for something: never tried, ongoing, deferred.
OPEN_STATES = (" ", "-", ">")


@dataclass(frozen=True)
class TaskCopies:
    """One task with all the places it stands in. newest: the copy whose state counts. copies: oldest day first."""

    key: str
    newest: Task
    copies: tuple[Task, ...]


def task_key(text: str) -> str:
    """What makes two items the same task: the words alone, without marks, links, clock time and punctuation."""
    return _BLANK.sub(" ", _NOISE.sub(" ", clock_of(text)[1])).strip().casefold()


def grouped_tasks(
    notes: Iterable[Note], as_of: datetime.date | None = None, logs: Sequence[str] = ("Server", "Experiments")
) -> list[TaskCopies]:
    """Tasks of all notes, each once, in the order of their newest copy's day and place.

    Args:
        as_of: copies of a later day are left out, as if they had not been written yet.
        logs: notes whose checkboxes log runs and are no to-do items.
    """
    logged = {name.casefold() for name in logs}
    copies: dict[str, list[tuple[datetime.date, int, Task]]] = {}
    order = 0
    for note in notes:
        if note.name.rsplit("/", 1)[-1].casefold() in logged:
            continue
        for task in note.tasks:
            order += 1
            if as_of is not None and task.date is not None and task.date > as_of:
                continue
            key = task_key(task.text)
            if not key:  # nothing but a link: the link is the task
                key = " ".join(f"[[{link.target}#{link.heading}]]".casefold() for link in task.links)
            if key:
                copies.setdefault(key, []).append((task.date or datetime.date.min, order, task))
    result = []
    for key, found in copies.items():
        found.sort(key=lambda item: item[:2])
        result.append((found[-1][:2], TaskCopies(key, found[-1][2], tuple(task for _, _, task in found))))
    result.sort(key=lambda item: item[0])
    return [task for _, task in result]


def open_tasks(
    notes: Iterable[Note], as_of: datetime.date | None = None, logs: Sequence[str] = ("Server", "Experiments")
) -> list[Task]:
    """What is still to do: the newest copy of each task that is neither finished nor struck out, oldest day first.

    A copy that was finished or struck under a later day closes the earlier ones. Undated copies count as oldest.
    """
    return [
        task.newest
        for task in grouped_tasks(notes, as_of, logs)
        if task.newest.state in OPEN_STATES and not task.newest.struck
    ]
