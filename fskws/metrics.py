"""Numbers of a run: how a program logs them and how rows become the summary a record carries. Standard library only."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from fskws.errors import RunError

#: Per-session metrics of a FSCIL run, in the researcher's order. `accuracy` has one number more than the others.
SESSION_METRICS = ("accuracy", "seen", "unseen", "harmonic_mean")


class MetricsLog:
    """Appends one JSON line a step, with one write() that survives the death of this process.

    A row is {"t": unix seconds, "step": int, name: number, ...}. NaN and infinities become "nan", "inf", "-inf".
    A disk that is full does not stop the program: rows wait in memory and are written with the next one that succeeds.
    """

    #: Rows waiting for space on the disk, in bytes; beyond it the newest are given up, and said so.
    PENDING_BYTES = 2**20

    def __init__(self, path: Path) -> None:
        """Opens (and makes) the file. Raises: RunError: it cannot be opened."""
        self.path = path
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise RunError(f"metrics cannot be written to {path} ({error.strerror}); check the directory.") from error
        self._templates: dict[tuple[str, ...], bytes] = {}
        self._pending = b""
        self._lost = 0

    def log(self, step: int | None = None, **values: Any) -> None:
        """Writes one row. Values: numbers, or anything float() takes (a 0-d tensor); other values as JSON text."""
        if step is not None and _PLAIN_NUMBERS.issuperset(map(type, values.values())):
            names = tuple(values)
            template = self._templates.get(names)
            if template is None:
                template = self._templates[names] = _row_template(names)
            try:
                total = sum(values.values())
                # Of infinities and NaN the difference with itself is NaN.
                if total - total == 0.0:
                    self._write(template % (time.time(), int(step), *values.values()))
                    return
            except (OverflowError, ValueError):
                pass  # an integer beyond what a float holds
        parts = [f'{{"t": {time.time():.3f}']
        if step is not None:
            parts.append(f'"step": {int(step)}')
        parts += [f"{json.dumps(name)}: {_json_value(value)}" for name, value in values.items()]
        self._write((", ".join(parts) + "}\n").encode())

    def _write(self, row: bytes) -> None:
        if self._pending:
            row = self._pending + row
        try:
            written = os.write(self._fd, row)
        except OSError as error:
            self._keep(row, str(error.strerror))
            return
        if written != len(row):
            self._keep(row[written:], "no space left on the device")
        elif self._pending:
            self._pending = b""

    def _keep(self, rows: bytes, why: str) -> None:
        if not self._pending:
            print(f"kwslab: metrics wait in memory, {self.path} takes no more ({why})", file=sys.stderr)  # noqa: T201
        if len(rows) > self.PENDING_BYTES:
            cut = rows.rfind(b"\n", 0, self.PENDING_BYTES) + 1
            if not self._lost:
                print("kwslab: too many metrics wait; newer ones are lost", file=sys.stderr)  # noqa: T201
            self._lost += rows.count(b"\n", cut)
            rows = rows[:cut]
        self._pending = rows

    def close(self) -> None:
        """Closes the file. Rows are already in it."""
        if self._fd >= 0:
            if self._pending:
                self._write(b"")
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_PLAIN_NUMBERS = frozenset((float, int))


def _row_template(names: tuple[str, ...]) -> bytes:
    """A row of plain finite numbers; repr of an int or a float is its JSON."""
    columns = "".join(f", {json.dumps(name)}: ".replace("%", "%%") + "%a" for name in names)
    return ('{"t": %.3f, "step": %d' + columns + "}\n").encode()


def _json_value(value: Any) -> str:
    if value is None or isinstance(value, (str, bool)):
        return json.dumps(value)
    try:
        number = float(value)
    except OverflowError:
        return '"inf"' if value > 0 else '"-inf"'
    except (TypeError, ValueError):
        return json.dumps(str(value))
    if number - number != 0.0:
        return f'"{number}"'
    return repr(int(value)) if isinstance(value, int) else repr(number)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The rows of a metrics file in order, without a torn last line and lines that are no JSON object; [] if none."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return []
    return list(_rows(lines[:-1]))  # what follows the last newline is empty or torn


def _rows(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row


#: Columns that say where a run stands, not how good it is.
PROGRESS_COLUMNS = frozenset(
    "t step steps epoch epochs iter iteration batch batches session sessions total total_steps total_epochs".split()  # noqa: SIM905
)
_LOWER_IS_BETTER = re.compile(r"loss|(?:^|[_./ -])(?:err|eer|wer|cer|time|mse|mae|rmse|nll|ppl|perplexity|seconds)")


def lower_is_better(name: str) -> bool:
    """Whether the best value of a metric is its least: losses, error rates and times."""
    return _LOWER_IS_BETTER.search(name.lower()) is not None


@dataclass
class MetricsSummary:
    """The `metrics` of a record, built row by row.

    Rows with "session" give "accuracy" (base session and incremental ones) and "seen", "unseen", "harmonic_mean"
    (incremental ones); the last row of a session wins, and a list ends before the first session that is missing. Other
    numbers become {"last", "best"}; best is None when no value was finite, last may be "nan", "inf" or "-inf".
    """

    _sessions: dict[str, dict[int, float]] = field(default_factory=lambda: {name: {} for name in SESSION_METRICS})
    _scalars: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Takes one row of a metrics file."""
        session = row.get("session")
        in_session = isinstance(session, int) and not isinstance(session, bool)
        for name, value in row.items():
            if name in PROGRESS_COLUMNS:
                continue
            number = as_number(value)
            if number is None:
                continue
            if in_session and name in self._sessions:
                self._sessions[name][session] = number  # type: ignore[index]
                continue
            take_scalar(self._scalars, name, number)

    def metrics(self) -> dict[str, Any]:
        """What was found so far."""
        found: dict[str, Any] = {}
        for name, by_session in self._sessions.items():
            first = 0 if name == "accuracy" else 1
            values: list[float] = []
            while first + len(values) in by_session:
                values.append(by_session[first + len(values)])
            if values:
                found[name] = [plain_number(value) for value in values]
        for name, summary in self._scalars.items():
            found.setdefault(name, {"last": plain_number(summary["last"]), "best": summary["best"]})
        return found


def summarise_metrics(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows of a metrics file as the `metrics` of a record, see `MetricsSummary`."""
    summary = MetricsSummary()
    for row in rows:
        summary.add(row)
    return summary.metrics()


@dataclass
class _Known:
    head: bytes  # a file that was replaced may have the number and more than the length of the old one
    offset: int
    summary: MetricsSummary


#: Files read before, so that a growing one is read on and not again. The oldest go first.
_known: OrderedDict[Path, _Known] = OrderedDict()
_KNOWN_LIMIT = 64
_PIECE_BYTES = 2**20
_HEAD_BYTES = 128


def read_summary(path: Path) -> dict[str, Any]:
    """The same as `summarise_metrics(read_metrics(path))`, at the cost of the rows that are new since the last time."""
    known = _known.pop(path, None)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if known is None or not head.startswith(known.head) or known.offset > file.seek(0, 2):
                known = _Known(b"", 0, MetricsSummary())
            file.seek(known.offset)
            rest = b""
            while piece := file.read(_PIECE_BYTES):
                whole, newline, rest = (rest + piece).rpartition(b"\n")
                known.offset += len(whole) + len(newline)
                known.head = head[: known.offset]
                for row in _rows(whole.split(b"\n")):
                    known.summary.add(row)
    except OSError:
        return {}
    _known[path] = known
    while len(_known) > _KNOWN_LIMIT:
        _known.popitem(last=False)
    return known.summary.metrics()


def take_scalar(scalars: dict[str, dict[str, Any]], name: str, number: float) -> None:
    """Adds one value to a {"last", "best"} summary under its name; `best` stays None until a value is finite."""
    summary = scalars.setdefault(name, {"last": number, "best": None})
    summary["last"] = number
    if math.isfinite(number):
        best = summary["best"]
        if best is None or (number < best if lower_is_better(name) else number > best):
            summary["best"] = number


def plain_number(number: float) -> float | str:
    """A number as JSON can hold it: "nan", "inf" and "-inf" as text."""
    return number if math.isfinite(number) else str(number)


def as_number(value: Any) -> float | None:
    """A metric's value: numbers as they are, "nan" and "inf" as written by `MetricsLog`; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -(2**1000) < value < 2**1000 else math.copysign(math.inf, value > 0 or -1)
    if isinstance(value, float):
        return value
    if isinstance(value, str) and value.strip("+-").lower() in ("nan", "inf", "infinity"):
        return float(value)
    return None


def has_nan_loss(metrics: Mapping[str, Any]) -> str:
    """The name of a loss whose last value is not finite, else ""."""
    for name, value in metrics.items():
        if isinstance(value, Mapping) and isinstance(value.get("last"), str) and "loss" in name.lower():
            return name
    return ""
