"""Run directories and run records. The one owner of the names and states inside a run directory.

Standard library only: the supervisor and a copy on a GPU server use this file without anything else installed.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

Source = Literal["launched", "observed", "logged"]
Status = Literal["running", "finished", "failed", "stopped", "lost", "unknown"]

SOURCES: tuple[Source, ...] = ("launched", "observed", "logged")
STATUSES: tuple[Status, ...] = ("running", "finished", "failed", "stopped", "lost", "unknown")

#: Per-session metrics of a FSCIL run, in the researcher's order. `accuracy` has one number more than the others.
SESSION_METRICS = ("accuracy", "seen", "unseen", "harmonic_mean")


@dataclass(frozen=True)
class Record:
    """What is known of one run, whatever its source. `to_json` is the form of the command-line contract.

    Attributes:
        id: "r20261122-k3fa9q" (launched), "o..." (observed), "n..." (logged); unique, stable across rebuilds.
        source: who told: launched by kwslab, observed as a process, or logged by hand in the notes.
        date: ISO day the run belongs to (the lab day, see `day_of`; for a logged run the effective day of its result).
        title: one line, in the researcher's words where there are any.
        argv: the command's words; empty when the notes give none.
        config: option name (no dashes) -> value as written.
        status: see STATUSES. Unknown is not dead.
        exit_code: of the process; None while running or when nobody knows.
        cause: one line for a run that did not finish: "killed by signal 9", "NaN occurs", "out of GPU memory".
        metrics: "accuracy" (n+1 floats), "seen", "unseen", "harmonic_mean" (n floats), in percent; any other metric
            under its name as {"last": float, "best": float}.
        note_links: wikilinks to every place in the notes that tells of this run, "[[Server#2025/04/11]]".
        verdicts: callout verdicts that touch the result, "fail: This result is from wrong code."
        link: where the record stands in the notes, line included: "Experiments#2025/04/11:42"; "" when in no note.
        remarks: the researcher's own sentences about the result.
        task: link of the task it was launched for. parent: id of the run it was derived from.
        inherited: option names that come from a "same as above" chain, not from the record's own command.
        joined: ids of other records that are probably the same run.
    """

    id: str
    source: Source
    date: str
    title: str
    argv: tuple[str, ...] = ()
    config: dict[str, str] = field(default_factory=dict)
    status: Status = "unknown"
    exit_code: int | None = None
    cause: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    note_links: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    link: str = ""
    remarks: tuple[str, ...] = ()
    description: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    host: str = ""
    cwd: str = ""
    task: str = ""
    parent: str = ""
    suggestion: str = ""
    marker: str = ""
    inherited: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    directory: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values (tuples become lists)."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in dataclasses.asdict(self).items()}

    @staticmethod
    def from_json(values: dict[str, Any]) -> Record:
        """The inverse of `to_json`; unknown keys are ignored so that older state can be read."""
        known = {f.name: f for f in dataclasses.fields(Record)}
        tuples = {name for name, f in known.items() if str(f.type).startswith("tuple")}
        return Record(**{k: tuple(v) if k in tuples else v for k, v in values.items() if k in known})
