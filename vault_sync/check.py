"""What a careful colleague would notice in the notes and records: contradictions and oddities, each with its places.

False alarms are worse than misses: whatever has an innocent reading is left alone.
"""

from __future__ import annotations

import bisect
import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fskws.runs import SESSION_METRICS, Record
from vault_sync.links import LinkIndex
from vault_sync.notes import Note, Section, heading_date, links_of
from vault_sync.tasks import OPEN_STATES, grouped_tasks

KINDS = (
    "same results",
    "harmonic mean",
    "array lengths",
    "command and description",
    "called wrong",
    "run without result",
    "result without run",
    "task in several places",
    "broken link",
    "two headings for one day",
)


@dataclass(frozen=True)
class Finding:
    """One oddity. kind: see KINDS. where: its places, "Note#heading:line". message: one plain sentence."""

    kind: str
    where: tuple[str, ...]
    message: str


def check(notes: Iterable[Note], records: Iterable[Record]) -> list[Finding]:
    """All findings, by kind and place.

    Args: notes: all notes of the vault. records: logged ones and, where there are any, launched and observed ones.
    """
    notes, records = list(notes), list(records)
    findings = [
        *_same_results(records),
        *_harmonic_means(records),
        *_commands_and_words(records),
        *_called_wrong(notes, records),
        *_halves(records),
        *_tasks(notes),
        *_broken_links(notes),
        *_double_days(notes),
    ]
    return sorted(findings, key=lambda finding: (KINDS.index(finding.kind), finding.where))


#: Options that change where a run happens, not what it computes.
_PLACES = frozenset({"gpu", "device", "model_dir", "dataroot", "save_path", "num_workers", "out", "name", "log_dir"})


def _arrays(record: Record) -> dict[str, list[float]]:
    found = ((name, record.metrics.get(name)) for name in SESSION_METRICS)
    return {name: [float(v) for v in values] for name, values in found if isinstance(values, list) and values}


def _where(record: Record) -> str:
    return record.link or record.id


def _both_sides(record: Record) -> tuple[str, ...]:
    """Where a record stands, and the place in another note that tells of the same run (the Server entry's day)."""
    note = record.link.partition("#")[0]
    others = (link.removeprefix("[[").removesuffix("]]") for link in record.note_links)
    other = next((link for link in others if "#" in link and link.partition("#")[0] != note), "")
    return (_where(record), other) if other and record.link else (_where(record),)


def _told(record: Record) -> str:
    return f"“{record.title}”" if record.title else record.id


def _same_results(records: Sequence[Record]) -> list[Finding]:
    by_array: dict[tuple[str, tuple[float, ...]], list[Record]] = {}
    for record in records:
        for name, values in _arrays(record).items():
            if len(values) >= 3 and len(set(values)) > 1:
                by_array.setdefault((name, tuple(values)), []).append(record)
    shared: dict[tuple[str, str], tuple[Record, Record, list[str]]] = {}
    for (name, _), group in by_array.items():
        for i, one in enumerate(group[:20]):
            for other in group[i + 1 : 20]:
                if one.config and other.config and not {one.id, other.id} & {*one.joined, *other.joined}:
                    shared.setdefault((one.id, other.id), (one, other, []))[2].append(name)
    findings = []
    for one, other, names in shared.values():
        options = {
            k for k in {*one.config, *other.config} - _PLACES if not _equal(one.config.get(k), other.config.get(k))
        }
        if not options:
            continue
        what = "all arrays" if len(names) >= 4 else " and ".join(name.replace("_", " ") for name in names)
        message = (
            f"{_told(one)} and {_told(other)} have the same numbers ({what}), "
            f"but their commands differ in {_listed(sorted(options))}."
        )
        findings.append(Finding("same results", (_where(one), _where(other)), message))
    return findings


def _listed(names: Sequence[str]) -> str:
    shown = [f"`{name}`" for name in names[:4]]
    return ", ".join(shown) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _equal(a: str | None, b: str | None) -> bool:
    if a is None or b is None:
        return a == b
    try:
        return float(a) == float(b)
    except ValueError:
        return a.strip("\"'").casefold() == b.strip("\"'").casefold()


def _decimals(values: Iterable[float]) -> int:
    return max((len(repr(value).partition(".")[2].rstrip("0")) for value in values), default=0)


def _harmonic_means(records: Sequence[Record]) -> list[Finding]:
    findings = []
    for record in records:
        arrays = _arrays(record)
        seen, unseen, harmonic = (arrays.get(name, []) for name in ("seen", "unseen", "harmonic_mean"))
        lengths = {name: len(values) for name, values in arrays.items()}
        expected = max((len(v) for v in (seen, unseen, harmonic)), default=0)
        odd = [n for n, count in lengths.items() if count != expected + (n == "accuracy")] if expected else []
        if odd and len(arrays) > 1:
            counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in lengths.items())
            message = (
                f"The arrays of {_told(record)} do not fit together: {counts}; accuracy has one more than the others."
            )
            findings.append(Finding("array lengths", (_where(record),), message))
        # Half a unit in the last place written of each, and a little more.
        tolerance = max(0.01, 1.6 * 10.0 ** -_decimals([*seen, *unseen]), 1.6 * 10.0 ** -_decimals(harmonic))
        wrong = []
        for session, (s, u, h) in enumerate(zip(seen, unseen, harmonic, strict=False), 1):
            true = 2 * s * u / (s + u) if s + u else 0.0
            if abs(true - h) > tolerance:
                wrong.append((session, h, true))
        if wrong:
            session, written, true = wrong[0]
            more = f" ({len(wrong)} sessions differ)" if len(wrong) > 1 else ""
            message = (
                f"{_told(record)} gives a harmonic mean of {written} in session {session}, "
                f"but seen and unseen make {true:.3f}{more}."
            )
            findings.append(Finding("harmonic mean", (_where(record),), message))
    return findings


#: Words that leave "30 epochs" the length of the run: the whole clause is no more than these.
_LENGTH_WORDS = r"(?:trained|training|train|run|ran|for|with|only|just|all|total|in|of|the|base|session|now|and|but)"
_LENGTH = re.compile(
    rf"(?:(?:{_LENGTH_WORDS}[ \t]+)*|.*\b(?:with|trained[ \t]+for|training[ \t]+of)[ \t]+(?:only[ \t]+)?)"
    rf"(?P<count>\d{{1,4}})[ \t]+epochs?(?:[ \t]+{_LENGTH_WORDS})*[ \t.!]*",
    re.IGNORECASE,
)
_NOT_THE_LENGTH = re.compile(
    r"\b(?:warm\w*|patience|fr[eo]ez\w*|frozen|checkpoint\w*|every|each|first|last|after|until|till|from|at)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(?<![\w.])(\d{1,4})([ \t]+epochs?\b)", re.IGNORECASE)
_CLAUSES = re.compile(r"[,;:]|\.(?!\d)|[ \t](?:-|–|\+|&|and)[ \t]")
_COMPARED = re.compile(
    r"->|\b(?:than|instead|compared?|unlike|versus|vs|from|before|was|again|both|same|between|or|like|not|previous"
    r"|change[ds]?)\b",
    re.IGNORECASE,
)
_NO_NOISE = re.compile(
    r"\b(?:without|no)[ \t]+(?:any[ \t]+)?nois[ey]\b(?![ \t]+(?:on|in|at|for|only|of|level|floor)\b)"
    r"|\bnoise[ \t]+(?:is[ \t]+)?(?:switched[ \t]+|turned[ \t]+)?off\b",
    re.IGNORECASE,
)
_NOISE = re.compile(r"\bwith[ \t]+(?:the[ \t]+)?nois[ey]\b|\bnoisy[ \t]+(?:input|speech|training)\b", re.IGNORECASE)
#: What prose calls an option, and the names the option has.
_SPOKEN = (
    (re.compile(r"\b(?:lr|learning[ \t]+rate)\b", re.IGNORECASE), ("lr_base", "lr")),
    (re.compile(r"\b(?:weight[ \t]+)?decay\b", re.IGNORECASE), ("decay", "weight_decay")),
    (re.compile(r"\bnoise(?:[ \t]+prob\w*)?(?=[ \t]+(?:of[ \t]+)?[01]?\.\d)", re.IGNORECASE), ("noise_prob",)),
    (re.compile(r"\bbatch(?:[ \t]+size)\b", re.IGNORECASE), ("batch_size_base", "batch_size")),
    (re.compile(r"\btemperature\b", re.IGNORECASE), ("temperature",)),
)
_ITS_VALUE = re.compile(
    r"`?[ \t]{0,2}(?:=|:|of|is)?[ \t]{0,2}`?(\d+(?:\.\d+)?(?:e-?\d+)?)`?(?![\w%]|\.\d|[ \t]*(?:dB|%|->|was|is|were))",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?<![\w-])-{0,2}([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`?[ \t]{0,2}[=:]?[ \t]{0,2}"
    r"([-+]?\d+(?:\.\d+)?(?:e-?\d+)?)(?![\w%]|\.\d)"
)


def _commands_and_words(records: Sequence[Record]) -> list[Finding]:
    findings = []
    commands: dict[str, set[tuple[str, ...]]] = {}
    for record in records:
        if record.argv:
            commands.setdefault(_description_of_entry(record), set()).add(record.argv)
    for record in records:
        if not record.argv or not record.description:
            continue
        if len(commands[_description_of_entry(record)]) > 1:
            continue  # one description for several commands speaks of all of them
        for line in record.description.split("\n"):
            said = _disagreement(line, record.config)
            if said:
                message = f"{_told(record)} says {said[0]}, but its command has {said[1]}."
                findings.append(Finding("command and description", _both_sides(record), message))
                break
    findings += _swapped(records)
    return findings


def _description_of_entry(record: Record) -> str:
    """The last line of a description is the Server entry's, when there are two."""
    return record.description.rpartition("\n")[2]


def _disagreement(line: str, config: dict[str, str]) -> tuple[str, str] | None:
    """(what the words say, what the command has) of one line of a description."""
    if line.startswith("Config: ") or len(line) > 1000:
        return None
    compared = _COMPARED.search(line) is not None
    named: dict[str, set[str]] = {}
    for name, value in _NAMED.findall(line):
        option = _option(name, config)
        if option:
            named.setdefault(option, set()).add(value)
    for pattern, names in _SPOKEN:
        options = [name for name in names if name in config]
        for match in pattern.finditer(line) if len(options) == 1 else ():
            value = _ITS_VALUE.match(line, match.end())
            if value:
                named.setdefault(options[0], set()).add(value[1])
    for option, values in named.items():
        value = next(iter(values))
        if len(values) == 1 and not compared and _number(config[option]) and not _equal(value, config[option]):
            return f"`{option}` {value}", f"{config[option]}"
    clauses = [clause.strip() for clause in _CLAUSES.split(line)]
    told = [_LENGTH.fullmatch(clause) for clause in clauses if not _NOT_THE_LENGTH.search(clause)]
    lengths = {match["count"] for match in told if match}
    if lengths != {count for count, _ in _COUNTED.findall(line)}:
        lengths = set()  # "30 epochs, then 70 epochs"
    options = [name for name in config if name == "epochs" or name.startswith("epochs_") or name.endswith("_epochs")]
    if len(lengths) == 1 and len(options) == 1 and not compared and _number(config[options[0]]):
        value = next(iter(lengths))
        if not _equal(value, config[options[0]]):
            return f"{value} epochs", f"`{options[0]}` {config[options[0]]}"
    noise = config.get("noise_prob", "")
    if _number(noise) and not compared:
        quiet, loud = _NO_NOISE.search(line), _NOISE.search(line)
        if quiet and not loud and float(noise) > 0:
            return "“without noise”", f"`noise_prob` {noise}"
        if loud and not quiet and float(noise) == 0:
            return "“with noise”", f"`noise_prob` {noise}"
    layer = config.get("sequential_layer", "")
    words = {word for word in ("GRU", "Transformer") if re.search(rf"\b{word}\b", line, re.IGNORECASE)}
    without = layer == "None" and re.search(r"\b(?:without|no|remove\w*)\b", line, re.IGNORECASE)
    if (
        layer in ("GRU", "Transformer", "None")
        and len(words) == 1
        and layer not in words
        and not compared
        and not without
    ):
        return next(iter(words)), f"`sequential_layer` {layer}"
    return None


def _option(name: str, config: dict[str, str]) -> str:
    if name in config:
        return name
    parts = sorted(name.split("_"))
    return next((option for option in config if "_" in option and sorted(option.split("_")) == parts), "")


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?", text.strip(), re.IGNORECASE))


def _swapped(records: Sequence[Record]) -> list[Finding]:
    """Learning rate and decay that stand the other way round than in the entries around."""
    rated: list[tuple[Record, float, float]] = []
    for record in records:
        lr, weight_decay = record.config.get("lr_base", record.config.get("lr", "")), record.config.get("decay", "")
        if record.argv and _number(lr) and _number(weight_decay):
            rated.append((record, float(lr), float(weight_decay)))
    findings = []
    for i, (record, rate, decay) in enumerate(rated):
        around = rated[max(0, i - 6) : i] + rated[i + 1 : i + 7]
        swapped = [other for other, r, d in around if (r, d) == (decay, rate)]
        if rate != decay and len(swapped) >= 3 and len(swapped) >= 0.6 * len(around):
            told = f"{_told(record)} has lr {rate:g} and decay {decay:g}"
            message = f"{told}; the runs around it have them the other way round."
            findings.append(Finding("command and description", (_where(record), _where(swapped[0])), message))
    return findings


_FLAWED = (
    r"(?:code|split|labels?|data|protocol|checkpoint|features?|class(?:es)?|list|set|test[ \t]+set|command|config\w*"
    r"|options?|script|loader|seed|model|weights|version|normali[sz]\w+|evaluation|session|prototypes?|files?)"
)
_WRONG = re.compile(
    r"\b(?:is|are|was|were|looks?|seems?|being|result)[ \t]+(?:\w+[ \t]+){0,2}?"
    r"(?:wrong|incorrect|invalid|mistaken|(?:not|n't)[ \t]+(?:right|correct|valid|true))\b(?!-)"
    rf"|\b(?:wrong|incorrect|invalid|old|different)[ \t]+{_FLAWED}\b"
    r"|^\W*(?:wrong|incorrect|invalid)\b(?!-)[ \t]*[.,:!;]"
    r"|\bretract\w*"
    r"|\b(?:can't|cannot|don't|do[ \t]+not|never)[ \t]+(?:be[ \t]+)?(?:trust\w*|used?|believed?|cited?)\b"
    r"|\b(?:never[ \t]+can|can[ \t]+never|can't|cannot)[ \t]+be[ \t]+(?:true|right|correct)\b"
    r"|\bthrow[ \t]+(?:it[ \t]+|them[ \t]+|this[ \t]+)?away\b"
    r"|\b(?:was|had|has|is|found)[ \t]+a[ \t]+bug\b|\bbug[ \t]+in[ \t]+(?:the|this|our|my)\b|\bbuggy\b"
    r"|\bleak(?:s|ed|age)?\b"
    r"|\b(?:test|unseen|novel|support)[ \t]+(?:words?|clips?|classes|samples|data|files?|utterances)\b.{0,40}"
    r"\b(?:in|into|from)[ \t]+(?:the[ \t]+)?(?:train\w*|base|test)\b"
    r"|\bby[ \t]+mistake\b|\bmixed[ \t]+up\b",
    re.IGNORECASE,
)
_NOT_WRONG = re.compile(
    r"\b(?:nothing|isn't|wasn't|never|no|what'?s?|what[ \t]+is|if|whether|maybe|may|might|could|can|whatever"
    r"|not)[ \t]+(?:\S+[ \t]+){0,2}"
    r"(?:wrong|incorrect|invalid|a[ \t]+bug|leak\w*)\b|\?|\b(?:I|we)[ \t]+(?:was|were)[ \t]+wrong\b"
    r"|\b(?:plot|figure|caption|link|colou?rs?|heading|title|typo|axis|axes|guess|expectation)\b"
    r"|\b(?:compare|unlike|fixed|mended|no[ \t]+longer)\b",
    re.IGNORECASE,
)


def _says_wrong(text: str) -> bool:
    return bool(_WRONG.search(text)) and not _NOT_WRONG.search(text)


def _called_wrong(notes: Sequence[Note], records: Sequence[Record]) -> list[Finding]:
    findings = []
    by_place: dict[tuple[str, str], list[Record]] = {}
    by_note: dict[str, list[Record]] = {}
    for record in records:
        if not _arrays(record):
            continue
        place = record.link.rpartition(":")[0].partition("#")
        by_place.setdefault((place[0], place[2]), []).append(record)
        by_note.setdefault(place[0], []).append(record)
        for verdict in record.verdicts:
            kind, _, text = verdict.partition(": ")
            # A result that is merely bad has its [!fail] too; only words that doubt the figures themselves are told.
            if kind in ("fail", "error", "warning") and _says_wrong(text):
                message = f"The result of {_told(record)} is called wrong: “{text}”."
                findings.append(Finding("called wrong", (_where(record),), message))
                break
    if not by_place:
        return findings
    for told in by_note.values():
        told.sort(key=_line_of)
    index = LinkIndex(notes)
    for note in notes:
        if not any(link.heading or link.block for link in note.links):
            continue
        sections = _SectionAt(note)
        for line in dict.fromkeys(link.line for link in note.links if link.heading or link.block):
            section = sections.at(line)
            for sentence in _linked_sentences(note.lines[line - 1]):
                if section is None or not _says_wrong(sentence):
                    continue
                for link in links_of(sentence, line):
                    found = index.resolve(link, note.name)
                    told = by_place.get((found.note, found.heading), []) if not link.block else []
                    told = told or _at_line(by_note.get(found.note, []), found.line if link.block else 0)
                    if found.note == note.name and any(
                        _line_of(record) <= line < _line_of(record) + 8 for record in told
                    ):
                        continue  # the result's own words, not a later note
                    later = [r for r in told if section.date is None or r.date <= section.date.isoformat()]
                    if len(later) == 1:
                        here = f"{note.name}#{section.heading}:{line}"
                        message = f"A later note calls the result of {_told(later[0])} wrong: “{_short(sentence)}”."
                        findings.append(Finding("called wrong", (_where(later[0]), here), message))
    return findings


def _at_line(records: Sequence[Record], line: int) -> list[Record]:
    """The record whose lines hold this one: a block id stands a few lines below its first. records: by line."""
    at = bisect.bisect_right(records, line, key=_line_of) - 1
    return [records[at]] if at >= 0 and line - _line_of(records[at]) <= 12 else []


def _linked_sentences(line: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?])[ \t]+", line[:4000]) if "[[" in sentence]


def _short(text: str) -> str:
    text = re.sub(r"^[\s>*+-]+(?:\[.\]\s+)?", "", text).strip()
    return text if len(text) <= 160 else text[:157].rstrip() + "..."


def _line_of(record: Record) -> int:
    line = record.link.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


class _SectionAt:
    """Finds the section of a line; lines are asked for in any order."""

    def __init__(self, note: Note) -> None:
        self.sections = note.sections
        self.starts = [section.start for section in note.sections]

    def at(self, line: int) -> Section | None:
        i = bisect.bisect_right(self.starts, line) - 1
        return self.sections[i] if i >= 0 else None


def _halves(records: Sequence[Record]) -> list[Finding]:
    """Runs without a result and results without a run. A pair that may be the same run is no finding."""
    logged = [record for record in records if record.source == "logged" and record.date]
    if not logged:
        return []
    newest = max(record.date for record in logged)
    runs = [record for record in logged if record.argv]
    first_run = min((record.date for record in runs), default="9999")
    by_id = {record.id: record for record in records}
    findings = []
    for record in logged:
        near = [by_id[i] for i in record.joined if i in by_id]
        complete = {"accuracy", "seen"} <= record.metrics.keys()
        if record.argv and not record.metrics and record.status == "finished":
            maybe = [other for other in near if other.metrics and not other.argv]
            if not maybe and record.date < newest and not record.merged_into:
                message = f"{_told(record)} is ticked as finished, but no result of it is in the notes."
                findings.append(Finding("run without result", (_where(record),), message))
        elif complete and record.description and not record.argv and not record.config and record.date >= first_run:
            maybe = [other for other in near if other.argv]
            if not maybe and not record.merged_into:
                message = f"The result {_told(record)} has no entry with a command."
                findings.append(Finding("result without run", (_where(record),), message))
    return findings


def _tasks(notes: Sequence[Note]) -> list[Finding]:
    findings = []
    for task in grouped_tasks(notes):
        if task.newest.state not in OPEN_STATES or task.newest.struck or len(task.key) < 4:
            continue
        copies = [copy for copy in task.copies if copy.state in OPEN_STATES and not copy.struck]
        days = {(copy.note, copy.date) for copy in copies}
        if len(days) > 1:
            where = tuple(f"{copy.note}#{copy.heading}:{copy.line}" for copy in copies)
            message = f"The task “{_short(task.newest.text)}” is open in {len(days)} places."
            findings.append(Finding("task in several places", where, message))
    return findings


def _broken_links(notes: Sequence[Note]) -> list[Finding]:
    index = LinkIndex(notes)
    findings = []
    for note in notes:
        sections = _SectionAt(note)
        for link in note.links:
            found = index.resolve(link, note.name)
            if found.status != "broken":
                continue
            section = sections.at(link.line)
            anchor = f"#{link.heading}" if link.heading else ""
            block = f"#^{link.block}" if link.block else ""
            what = "has no such heading or block" if found.note else "names no note"
            message = f"[[{link.target}{anchor}{block}]] {what}" + (
                f"; {found.nearest} is near." if found.nearest else "."
            )
            where = f"{note.name}#{section.heading if section else ''}:{link.line}"
            near = found.nearest.removeprefix("[[").removesuffix("]]")
            findings.append(Finding("broken link", (where, near) if near else (where,), message))
    return findings


def _double_days(notes: Sequence[Note]) -> list[Finding]:
    findings = []
    for note in notes:
        days: dict[datetime.date, list[Section]] = {}
        for section in note.sections:
            day = heading_date(section.heading) if section.level == 2 else None
            if day is not None:
                days.setdefault(day, []).append(section)
        for day, sections in days.items():
            if len(sections) > 1:
                where = tuple(f"{note.name}#{section.heading}:{section.start}" for section in sections)
                message = (
                    f"{note.name} has {len(sections)} headings for {day.isoformat()}; a link finds only one of them."
                )
                findings.append(Finding("two headings for one day", where, message))
    return findings
