"""What operations return, as words for a screen. Pure: no widgets, no calls. Results are not trusted."""

from __future__ import annotations

import datetime
import re
import shlex
from dataclasses import dataclass, field
from typing import Any

from rich.cells import cell_len, set_cell_size

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")
_RUN_ID = re.compile(r"[rno]\d{8}-[a-z0-9]{6}")

#: Status -> style. Plain terminal colours: they follow the terminal's own light or dark palette.
STATUS_STYLES = {
    "running": "bold blue",
    "finished": "green",
    "failed": "bold red",
    "stopped": "magenta",
    "lost": "red",
    "unknown": "dim",
}

#: The widest figure of the table, "acc 100.00"; a mark before it takes two more.
METRIC_CELLS = 10

#: Verdict kinds that take a result back.
AGAINST = ("fail", "error", "warning")


def plain(value: Any) -> str:
    """Text without terminal control characters; None is empty, anything that is no text is written out."""
    if value is None:
        return ""
    return _CONTROL.sub("", _ESCAPE.sub("", str(value))).expandtabs(4)


def items(value: Any) -> list[Any]:
    """A list for whatever should have been one."""
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value in (None, "") else [value]


def fit(text: str, width: int) -> str:
    """The text in so many cells, cut with ".." when it is longer; wide characters count two."""
    text = " ".join(plain(text).split())
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 2, 0)).rstrip() + ".."


#: Composed answers come wrapped at this width (`assistant.answer.WIDTH`), which a terminal of 80 columns does not have.
COMPOSED_WIDTH = 96
#: What begins a line of its own below another one.
_ITEM = re.compile(r"[\w ]+:|[\"!>*-]|\[\[|\d{4}-\d\d-\d\d")


def reflow(text: str, width: int) -> str:
    """A composed answer wrapped anew to so many cells; what is indented below something stays below it."""
    rows: list[tuple[str, int]] = []  # a line as it was before it was wrapped, and the indent of what hangs below it
    before = ""
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        first_word = line.split(None, 1)[0] if line.strip() else ""
        above = len(before) - len(before.lstrip(" "))
        wrapped = before and first_word and len(before) + 1 + len(first_word) > COMPOSED_WIDTH
        if wrapped and (indent == above or (indent > above and not _ITEM.match(line.lstrip(" ")))):
            rows[-1] = (f"{rows[-1][0]} {line.lstrip(' ')}", max(indent, rows[-1][1] if indent else 0))
        else:
            if rows and before and indent > above:
                rows[-1] = (rows[-1][0], indent)
            rows.append((line, indent))
        before = line
    return "\n".join(piece for line, hang in rows for piece in wrap(line, width, min(hang, width // 4)))


def wrap(line: str, width: int, hang: int) -> list[str]:
    """One line in pieces of at most so many cells, the later ones indented. Blanks inside the pieces are kept."""
    pieces, piece = [], ""
    for token in re.findall(r"\s+|\S+", line):
        if cell_len(piece) + cell_len(token) <= width:
            piece += token
            continue
        if piece.strip():
            pieces.append(piece.rstrip())
            piece = " " * hang
        if not token.strip():
            continue
        while cell_len(piece) + cell_len(token) > width:  # one word longer than a line
            room = max(width - cell_len(piece), 2)
            cut = next((n for n in range(len(token), 1, -1) if cell_len(token[:n]) <= room), 1)
            pieces.append(piece + token[:cut])
            piece, token = " " * hang, token[cut:]
        piece += token
    if piece.strip() or not pieces:
        pieces.append(piece.rstrip())
    return pieces


def is_run(link: str) -> bool:
    """Whether a citation's link is the id of a run and no place in the notes."""
    return _RUN_ID.fullmatch(link.strip()) is not None


def error_words(error: Exception) -> str:
    """The message of an error; of one that is no known kind, its name as well."""
    from assistant.errors import AssistantError

    words = plain(error).strip()
    if isinstance(error, AssistantError) and words:
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def age(moment: Any, now: datetime.datetime) -> str:
    """ "12 s", "4 min", "3 h", "2 days" since an ISO moment or Unix time; "" when it is neither."""
    try:
        if isinstance(moment, int | float):
            then = datetime.datetime.fromtimestamp(moment, datetime.UTC)
        else:
            then = datetime.datetime.fromisoformat(str(moment)).astimezone()
        seconds = (now - then).total_seconds()
    except (ValueError, OverflowError, OSError):
        return ""
    return age_words(seconds)


def age_words(seconds: float) -> str:
    """Seconds as a person says them."""
    seconds = max(seconds, 0)
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size * (2 if unit == "days" else 1):
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


# ------------------------------------------------------------------------------------------------------------ answers


@dataclass(frozen=True)
class Citation:
    """A source of an answer. link: what op `section` takes, or a run's id. label: what the list shows."""

    link: str
    label: str
    quote: str


def citations(answer: Any) -> tuple[Citation, ...]:
    """The citations of an `ask` result, in its order."""
    found = []
    for entry in items(answer.get("citations") if isinstance(answer, dict) else None):
        if isinstance(entry, dict):
            note, heading = plain(entry.get("note")).removesuffix(".md"), plain(entry.get("heading"))
            link = plain(entry.get("link")) or f"{note}#{heading}".rstrip("#")
            label = f"{note} > {heading}" if note and heading else note or link
            found.append(Citation(link, label, plain(entry.get("quote"))))
        elif entry:
            found.append(Citation(plain(entry), plain(entry), ""))
    return tuple(found)


def answer_text(answer: Any) -> str:
    """The words of an answer, whether the event carried them alone or with everything else."""
    if isinstance(answer, dict):
        answer = answer.get("answer")
    return plain(answer).strip()


def coverage_line(answer: Any) -> str:
    """The coverage of an answer when its text does not end with it already."""
    coverage = answer.get("coverage") if isinstance(answer, dict) else None
    if isinstance(coverage, dict):
        coverage = coverage.get("text") or coverage.get("line") or ""
    line = plain(coverage).strip()
    return "" if line in answer_text(answer) else line


def bare_link(link: str) -> str:
    """A link without its brackets."""
    return link.strip().removeprefix("[[").removesuffix("]]")


# --------------------------------------------------------------------------------------------------------------- runs


@dataclass(frozen=True)
class RunRow:
    """One line of the table of runs. against: a verdict in the notes takes the result back."""

    id: str
    date: str
    status: str
    title: str
    metric: str
    source: str
    against: bool

    @property
    def short_id(self) -> str:
        """The letter of the source and the six characters that tell runs apart."""
        return f"{self.id[:1]}-{self.id.rsplit('-', 1)[-1]}" if is_run(self.id) else self.id


def run_row(record: Any) -> RunRow:
    """A record as a line. Raises: ValueError: it is no record."""
    if not isinstance(record, dict) or not record.get("id"):
        raise ValueError("a run without an id")
    return RunRow(
        id=plain(record["id"]),
        date=plain(record.get("date")),
        status=plain(record.get("status")) or "unknown",
        title=plain(record.get("title")) or plain(record.get("description")) or " ".join(words_of(record.get("argv"))),
        metric=key_metric(record.get("metrics")),
        source=plain(record.get("source")),
        against=bool(against(record)),
    )


def words_of(argv: Any) -> list[str]:
    """A command's words as text."""
    return [plain(word) for word in items(argv)]


def against(record: dict[str, Any]) -> list[str]:
    """The verdicts that take a result back."""
    return [plain(v) for v in items(record.get("verdicts")) if plain(v).lower().startswith(AGAINST)]


def key_metric(metrics: Any) -> str:
    """The figure that tells most of a run: harmonic mean after the last session, accuracy, else its first metric."""
    if not isinstance(metrics, dict):
        return ""
    for name, short in (("harmonic_mean", "HM"), ("accuracy", "acc")):
        values = [v for v in items(metrics.get(name)) if isinstance(v, int | float)]
        if values:
            return f"{short} {values[-1]:.2f}"
    for name, value in sorted(metrics.items(), key=lambda entry: entry[0] != "loss"):
        last = value.get("last") if isinstance(value, dict) else None
        if isinstance(last, int | float) or last in ("nan", "inf", "-inf"):  # The latter are words in JSON lines.
            figure = last if isinstance(last, str) else f"{last:.3g}"
            return f"{fit(name, METRIC_CELLS - len(figure) - 1)} {figure}"
    return ""


def progress(run: Any) -> str:
    """How far a run of `status` is: "epoch 3 of 12, about 40 s to go"."""
    if not isinstance(run, dict):
        return ""
    said = []
    for name in ("epoch", "step"):
        if isinstance(run.get(name), int):
            total = run.get(f"{name}s")
            said.append(f"{name} {run[name]}" + (f" of {total}" if isinstance(total, int) else ""))
            break
    left = run.get("eta_seconds")
    if isinstance(left, int | float):
        said.append(f"about {age_words(left)} to go")
    return ", ".join(said)


_LABELS = (("accuracy", "Accuracy"), ("seen", "Seen"), ("unseen", "Unseen"), ("harmonic_mean", "Harmonic mean"))


def run_facts(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Everything worth reading of a record, as (style, line)."""
    status = plain(record.get("status")) or "unknown"
    cause = plain(record.get("cause"))
    head = f"{plain(record.get('id'))}  {plain(record.get('date'))}  {plain(record.get('source'))}"
    facts = [("bold", plain(record.get("title"))), ("dim", head)]
    facts.append((STATUS_STYLES.get(status, ""), f"{status}: {cause}" if cause else status))
    facts += [("bold red", f"[!] {verdict}") for verdict in against(record)]
    description = plain(record.get("description"))
    if description and description != plain(record.get("title")):
        facts.append(("", description))
    argv = words_of(record.get("argv"))
    if argv:
        facts.append(("cyan", shlex.join(argv)))
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, dict) else {}
    for name, label in _LABELS:
        values = items(metrics.get(name))
        if values:
            facts.append(("", f"{label}: " + ", ".join(plain(v) for v in values)))
    for name, value in metrics.items():
        if isinstance(value, dict):
            facts.append(("", f"{plain(name)}: last {plain(value.get('last'))}, best {plain(value.get('best'))}"))
    facts += [("", f"- {plain(remark)}") for remark in items(record.get("remarks"))]
    links = [plain(link) for link in items(record.get("note_links"))]
    if links:
        facts.append(("dim", "Notes: " + " ".join(links)))
    return facts


@dataclass
class LogTail:
    """The last lines of an output that arrives in pieces. Progress bars (carriage returns) show their newest state."""

    limit: int = 400
    lines: list[str] = field(default_factory=list)
    open: str = ""

    def feed(self, text: str) -> None:
        """Takes the next piece, wherever it was cut."""
        *whole, self.open = (self.open + text).replace("\r\n", "\n").split("\n")
        self.lines = (self.lines + [_last_state(line) for line in whole])[-self.limit :]
        if len(self.open) > 20_000:  # One endless line, such as a progress bar that is never closed.
            self.open = self.open[-10_000:]

    def text(self) -> str:
        """What a terminal would show."""
        last = _last_state(self.open)
        return "\n".join([*self.lines, last] if last else self.lines)


def _last_state(line: str) -> str:
    return plain(line.rstrip("\r").rsplit("\r", 1)[-1])


# ------------------------------------------------------------------------------------------------------------- next


@dataclass(frozen=True)
class SuggestionView:
    """A suggestion as it is shown. command: exactly what would be started. evidence: (link or "", words)."""

    id: str
    title: str
    hypothesis: str
    prediction: str
    cost: str
    parent: str
    command: str
    changes: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    closes: tuple[str, ...]


def suggestion_view(entry: Any) -> SuggestionView:
    """A row of `next`. Raises: ValueError: it is no suggestion."""
    if not isinstance(entry, dict) or not entry.get("id"):
        raise ValueError("a suggestion without an id")
    diff = entry.get("diff")
    changes = []
    for name, change in (diff if isinstance(diff, dict) else {}).items():
        if isinstance(change, dict):
            old, new = plain(change.get("from")) or "not set", plain(change.get("to")) or "not set"
            changes.append(f"{plain(name)}: {old} -> {new}")
        else:
            changes.append(f"{plain(name)}: {plain(change)}")
    return SuggestionView(
        id=plain(entry["id"]),
        title=plain(entry.get("title")) or ", ".join(changes) or plain(entry["id"]),
        hypothesis=spelled(entry.get("hypothesis")),
        prediction=spelled(entry.get("prediction")),
        cost=spelled(entry.get("cost")),
        parent=plain(entry.get("parent")),
        command=shlex.join(words_of(entry.get("argv"))),
        changes=tuple(changes),
        evidence=tuple(_evidence(piece) for piece in items(entry.get("evidence"))),
        closes=tuple(plain(link) for link in items(entry.get("closes"))),
    )


def spelled(value: Any) -> str:
    """A value that may be a sentence, a number or a small table, in one line."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            return plain(value["text"])
        return ", ".join(f"{plain(k).replace('_', ' ')} {spelled(v)}" for k, v in value.items() if v not in (None, ""))
    if isinstance(value, list | tuple):
        return ", ".join(spelled(v) for v in value)
    return plain(value)


def _evidence(piece: Any) -> tuple[str, str]:
    if isinstance(piece, dict):
        link = plain(piece.get("link") or piece.get("id"))
        said = [plain(piece.get(name)) for name in ("text", "quote", "words", "why") if piece.get(name)]
        return link, " ".join(said)
    return plain(piece), ""


# ------------------------------------------------------------------------------------------------------------- header


def running_count(status: Any) -> int | None:
    """How many runs go on, as far as a `status` result tells."""
    runs = status.get("runs") if isinstance(status, dict) else None
    if isinstance(runs, dict):
        runs = runs.get("running")
    if isinstance(runs, int):
        return runs
    if runs is None:
        return None
    for host in items(status.get("hosts")):
        runs = [*items(runs), *items(host.get("runs") if isinstance(host, dict) else None)]
    return sum(1 for r in items(runs) if not isinstance(r, dict) or plain(r.get("status") or "running") == "running")


def hosts_state(status: Any) -> list[str]:
    """Each host in a few words: connected, or since when it does not answer."""
    found = []
    for host in items(status.get("hosts") if isinstance(status, dict) else None):
        if isinstance(host, dict):
            since = host.get("since_seconds")
            lost = plain(host.get("state")) == "lost"
            long = f" {age_words(since)}" if lost and isinstance(since, int | float) else ""
            free = len(items(host.get("free_gpus")))
            more = f"lost{long}" if lost else f"{free} free" if free else plain(host.get("state"))
            found.append(f"{fit(plain(host.get('name')), 12)} {more}")
    return found


def gpu_state(status: Any) -> str:
    """The GPUs in a few words: what each does, or why nothing is known."""
    if not isinstance(status, dict):
        return "?"
    gpus = status.get("gpus")
    if isinstance(gpus, dict):
        state = plain(gpus.get("state"))
        if state not in ("", "ok"):
            return state
        if gpus.get("stale_for"):
            return "stale"
        gpus = gpus.get("gpus")
    cards = [card for card in items(gpus) if isinstance(card, dict)]
    free = sum(1 for card in cards if card.get("free"))
    return f"{free} of {len(cards)} free" if cards else "none"


def header(info: Any, status: Any, now: datetime.datetime, width: int) -> str:
    """The line at the top: vault, age of the index, running runs, GPUs. The vault's name gives way when it is long."""
    info = info if isinstance(info, dict) else {}
    indexed = age(info.get("indexed_at"), now) if info.get("indexed_at") else ""
    running = running_count(status)
    parts = [
        f"index {indexed} old" if indexed else "indexing...",
        "runs ?" if running is None else f"{running} running",
        f"GPU {fit(gpu_state(status), 24)}",
        *hosts_state(status),
    ]
    rest = " | ".join(parts)
    vault = plain(info.get("vault")) or "?"
    room = width - cell_len(rest) - len(" kwslab |  | ") - 1
    if cell_len(vault) > room:
        vault = ".." + vault[-max(room - 2, 0) :] if room > 6 else ""
    return " kwslab | " + (f"{vault} | " if vault else "") + rest
