"""Metrics of programs that only print: read from their output. Standard library only.

Understood: JSON lines; `name=value` and `name: value`; tqdm lines; and the four arrays of a FSCIL run (overall
accuracy, `Seen acc:`, `Unseen acc:`, `Harmonic mean:`), each a bracketed list on the label's line or on its own.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fskws.metrics import PROGRESS_COLUMNS, as_number, plain_number, take_scalar

#: A longer line is data, not a message.
LINE_LIMIT = 4096

#: So many names at most: output that makes up a name a line is no list of metrics.
NAME_LIMIT = 200

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf)\b"
_QUALIFIER = (
    r"(?:train|training|val|valid|validation|test|testing|eval|dev|base|novel|best|avg|average|mean|total|seen|unseen"
    r"|harmonic|learning|overall|final|current)"
)
# Not part of a longer number, version, clock time, path or range.
_PAIR = re.compile(
    rf"(?<![\w./:'\"-])(?P<name>(?:{_QUALIFIER}[ ])?[A-Za-z][A-Za-z0-9_./-]*)['\"]?\s{{0,4}}(?P<sign>=|:)\s{{0,8}}"
    rf"(?P<value>{_NUMBER})(?![\d/\\]|:\d|\.\d|[-.]\w*\d|\w)",
    re.IGNORECASE,
)
_ARRAY = re.compile(r"\[\s*(?:%s)(?:\s*,?\s+(?:%s)|\s*,\s*(?:%s))*\s*,?\s*\]" % ((_NUMBER,) * 3), re.IGNORECASE)
_LABELS = (
    ("unseen", re.compile(r"\b(?:unseen|novel)[ _]*(?:acc(?:uracy|uracies)?)?\s*:", re.IGNORECASE)),
    ("seen", re.compile(r"\bseen[ _]*(?:acc(?:uracy|uracies)?)?\s*:", re.IGNORECASE)),
    ("harmonic_mean", re.compile(r"\bharmonic[ _]*(?:mean|acc(?:uracy|uracies)?)s?\s*:", re.IGNORECASE)),
    ("accuracy", re.compile(r"\b(?:overall[ _]*)?acc(?:uracy|uracies|s)?\s*(?:list)?\s*:", re.IGNORECASE)),
)
_TQDM = re.compile(r"(?P<done>\d+)/(?P<total>\d+)\s\[[^\]]*?(?:,\s*(?P<rate>[\d.]+|\?)\s?(?P<unit>it/s|s/it))")
_EPOCH = re.compile(r"\b(?:epoch|epo|ep)\b[\s:=\[(]{0,4}(\d+)\s*(?:/|of)?\s*(\d+)?", re.IGNORECASE)
_STEP = re.compile(r"\b(?:step|iter|iteration)\b[\s:=\[(]{0,4}(\d+)\s*(?:/|of)\s*(\d+)", re.IGNORECASE)
_CLOCK = re.compile(r"^\s*\[?(?:\d{4}[-/]\d\d[-/]\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?\s*")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class PrintedNumbers:
    """What was read so far. Fed with the output in pieces; one piece or many give the same.

    Attributes:
        progress: "epoch", "epochs", "step", "steps" as last printed, and "rate" (steps a second).
        last_line: the last line that is not empty, without terminal escapes.
    """

    patterns: tuple[re.Pattern[str], ...] = ()
    progress: dict[str, float] = field(default_factory=dict)
    last_line: str = ""
    _scalars: dict[str, dict[str, Any]] = field(default_factory=dict)
    _arrays: dict[str, list[float]] = field(default_factory=dict)
    _bare: list[float] = field(default_factory=list)
    _bare_age: int = 0
    _label: str = ""
    _rest: bytes = b""

    def feed(self, piece: bytes) -> None:
        """Reads on. A line that is not complete waits for its end."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > 4 * LINE_LIMIT:
            # A progress bar that never ends its line, or data: only its latest state matters.
            self._rest = self._rest[-2 * LINE_LIMIT :]
        for line in lines:
            self._line(line)

    def _line(self, raw: bytes) -> None:
        # Of a progress bar that was drawn again and again only the last state counts.
        raw = raw.rstrip(b"\r")
        raw = raw[raw.rfind(b"\r") + 1 :]
        if len(raw) > LINE_LIMIT:
            return
        text = _ESCAPES.sub("", raw.decode("utf-8", "replace")).strip()
        # Bytes of a file that was printed make up names and numbers; a word in an older encoding does not.
        if not text or _CONTROLS.search(text) or 20 * text.count("\ufffd") > len(text):
            return
        self.last_line = text
        self._bare_age += 1
        if text.startswith("{") and self._json(text):
            return
        for pattern in self.patterns:
            for match in pattern.finditer(text):
                try:
                    self._take(match["name"] or "", match["value"] or "")
                except ValueError:
                    continue  # no number
        if "[" in text or ":" in text:
            if self._array(text):
                return
            self._progress(text)
        elif any(c.isdigit() for c in text):
            self._progress(text)
        if "=" in text or ":" in text:
            text = _CLOCK.sub("", text)
            for match in _PAIR.finditer(text):
                # "train.py:12: ..." is a place in a file.
                if match["sign"] == "=" or text[match.end() : match.end() + 1] != ":":
                    self._take(match["name"], match["value"])

    def _json(self, text: str) -> bool:
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            return False
        if not isinstance(values, dict):
            return False
        for name, value in values.items():
            number = as_number(value)
            if number is not None:
                self._take(name, str(number))
            elif isinstance(value, list) and name in ("accuracy", "seen", "unseen", "harmonic_mean"):
                numbers = [as_number(item) for item in value]
                if numbers and None not in numbers:
                    self._arrays[name] = [float(n) for n in numbers if n is not None]
        return True

    def _take(self, name: str, value: str) -> None:
        name = re.sub(r"\s+", "_", name.strip()).rstrip("./-")
        number = float(value)
        if name.lower() in PROGRESS_COLUMNS or name.lower() in ("epo", "ep"):
            key = {"epo": "epoch", "ep": "epoch", "iter": "step", "iteration": "step"}.get(name.lower(), name.lower())
            self.progress[key] = number
            return
        if name in self._scalars or len(self._scalars) < NAME_LIMIT:
            take_scalar(self._scalars, name, number)

    def _array(self, text: str) -> bool:
        label, numbers = "", None
        found = _ARRAY.search(text)
        before = text[: found.start()] if found else text
        for name, pattern in _LABELS:
            match = pattern.search(before)
            # A label stands alone or right before its list; "seen acc: 91.2" is a plain number.
            if match and not before[match.end() :].strip():
                label = name
                break
        if found:
            words = re.split(r"[,\s]+", found.group().strip("[] \t").strip(","))
            numbers = [float(word) for word in words if word]
        if label and numbers is None:
            self._label = label
            if label == "seen" and self._bare and self._bare_age <= 4:
                self._arrays = {"accuracy": self._bare}
            return True
        if numbers is None:
            return False
        whole_line = not before.strip() and found is not None and not text[found.end() :].strip(" .,;|>")
        if label == "seen" and self._bare and self._bare_age <= 4:
            self._arrays = {"accuracy": self._bare}
        if label or (self._label and whole_line):
            self._arrays[label or self._label] = numbers
            self._label, self._bare = "", []
            return True
        if whole_line and len(numbers) > 1:
            self._bare, self._bare_age = numbers, 0
            return True
        return False

    def _progress(self, text: str) -> None:
        for pattern, name in ((_EPOCH, "epoch"), (_STEP, "step")):
            match = pattern.search(text)
            if match:
                self.progress[name] = float(match[1])
                if match[2]:
                    self.progress[name + "s"] = float(match[2])
        match = _TQDM.search(text)
        if match:
            self.progress["bar_done"], self.progress["bar_total"] = float(match["done"]), float(match["total"])
            if match["rate"] not in (None, "?") and float(match["rate"]) > 0:
                rate = float(match["rate"])
                self.progress["rate"] = rate if match["unit"] == "it/s" else 1 / rate

    def metrics(self) -> dict[str, Any]:
        """The printed numbers in the form of a record's `metrics`; arrays in percent."""
        found: dict[str, Any] = {}
        largest = max((abs(v) for v in self._arrays.get("accuracy", ()) if v == v), default=100.0)
        scale = 100.0 if 0 < largest <= 1 else 1.0
        for name in ("accuracy", "seen", "unseen", "harmonic_mean"):
            if name in self._arrays:
                found[name] = [plain_number(value * scale if scale != 1 else value) for value in self._arrays[name]]
        for name, summary in self._scalars.items():
            found.setdefault(name, {"last": plain_number(summary["last"]), "best": summary["best"]})
        return found

    def live(self) -> PrintedNumbers:
        """The same with the unfinished last line read too, as it stands now; this one is left as it is."""
        copy = PrintedNumbers(
            self.patterns, dict(self.progress), self.last_line, {k: dict(v) for k, v in self._scalars.items()},
            dict(self._arrays), self._bare, self._bare_age, self._label,
        )  # fmt: skip
        if self._rest.strip():
            copy._line(self._rest)
        return copy


@dataclass
class _Known:
    head: bytes  # a file that was replaced may have more than the length of the old one
    offset: int
    numbers: PrintedNumbers


#: Outputs read before, by the path of their head, so that a growing log is read on and not again. The oldest go first.
_known: OrderedDict[str, _Known] = OrderedDict()
_KNOWN_LIMIT = 64
_PIECE = 2**20
_HEAD_BYTES = 128


def read_printed(segments: Sequence[tuple[int, Path]], patterns: tuple[re.Pattern[str], ...] = ()) -> PrintedNumbers:
    """Reads the numbers in an output.

    Args: segments: (offset of the first byte, file), in order, as `RunDirectory.output_segments` gives them.
        patterns: further expressions with the named groups `name` and `value`.
    Returns: what was printed so far, an unfinished last line included. A file that vanishes is left out.
    """
    if not segments:
        return PrintedNumbers(patterns)
    first = segments[0][1]
    key = f"{first}|{patterns!r}"
    known = _known.pop(key, None)
    try:
        with first.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        end = segments[-1][0] + segments[-1][1].stat().st_size
    except OSError:
        return PrintedNumbers(patterns)
    if known is None or not head.startswith(known.head) or known.offset > end:
        known = _Known(b"", 0, PrintedNumbers(patterns))
    for start, path in segments:
        try:
            with path.open("rb") as file:
                if known.offset < start:
                    known.numbers.feed(b"\n")
                    known.offset = start
                file.seek(known.offset - start)
                while piece := file.read(_PIECE):
                    known.numbers.feed(piece)
                    known.offset += len(piece)
        except OSError:
            continue
    known.head = head[: known.offset]
    _known[key] = known
    while len(_known) > _KNOWN_LIMIT:
        _known.popitem(last=False)
    return known.numbers.live()
