"""Reads the entries of a Server note and the results of an Experiments note, as written; `results` joins them.

Both readers walk the lines of one note once. What they cannot place stays out: a record is never made up.
"""

from __future__ import annotations

import datetime
import difflib
import functools
import itertools
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from fskws.runs import SESSION_METRICS
from vault_sync.notes import (
    VERDICT_KINDS,
    Fence,
    Link,
    Note,
    Section,
    Verdict,
    callouts_of,
    clock_of,
    field_of,
    heading_date,
    is_rule,
    is_struck,
    links_of,
    suffix_date,
    unquote,
    without_code,
)


@dataclass
class Command:
    """One command of a fence. words: quotes and line continuations taken off. text: as written, on one line."""

    words: tuple[str, ...]
    line: int
    text: str = ""


@dataclass
class ArraySet:
    """The arrays of one result. values: SESSION_METRICS name -> percent a session, whatever was written.

    broken: name -> array text that holds something else than finite numbers. label: "Final result" and the like.
    """

    line: int
    values: dict[str, list[float]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    label: str = ""
    remarks: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    others: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass
class Entry:
    """One Server entry, or one description of the Experiments note with the array sets it owns.

    state: of the checkbox, "" without one. sentences: short sentences that may tell the run's end. settings: lines of a
    Config callout. sets: array sets (Experiments). commands: of the entry's fences (Server). siblings: markers of all
    rows of the table that this row is in.
    """

    note: str
    heading: str
    date: datetime.date | None
    line: int
    state: str = ""
    struck: bool = False
    description: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    sets: list[ArraySet] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    fields: dict[str, list[Link]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    markers: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    path: tuple[str, ...] = ()
    ruled: bool = False
    order: int = 0
    table_row: bool = False
    siblings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The description; the settings where there is none."""
        return "\n".join(self.description) if self.description else ", ".join(self.settings)


_TASK_TOP = re.compile(r"[ \t]?[-*+][ \t]+\[(.)\](?:[ \t]+(.*))?$")
_BULLET = re.compile(r"[-*+][ \t]+(?:\[.\][ \t]+)?(.*)$")
_MARKER = re.compile(r"(?:^|[ \t])\^(kw-[a-z0-9]+)[ \t]*$")
#: What is longer was not written by hand: a log that was pasted, or data. The rest of it is text.
_MOST_ROWS, _MOST_SETS = 2000, 1000
_BLOCK_ID = re.compile(r"[ \t]\^[A-Za-z0-9-]+[ \t]*$")
_ARRAY = re.compile(r"\[\s*(?:[-+]?[\d.]|nan|inf|np\.)", re.IGNORECASE)
_ARRAY_ONLY = re.compile(r"\[[\s\d.,eE+\-()a-zA-Z]*\][ \t]*[.,;]?[ \t]*$")
_NUMPY = re.compile(r"np\.float\d*\(([^()]*)\)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$")
_LABEL = re.compile(
    r"[*_`]*(?P<name>unseen|seen|harmonic|h-?mean|hm|(?:(?:overall|total|all|test|session|top-?1)[ \t]+)?acc)"
    r"[a-z]*(?:[ \t]+(?:mean|acc[a-z]*|class(?:es)?|session[s]?))*[.]?[*_`]*[ \t]*(?:\(%\))?"
    r"[ \t]*[:=]?[*_`]*[ \t]*(?P<rest>\[.*)?$",
    re.IGNORECASE,
)
_FUZZY = {
    "seen acc": "seen",
    "seen accuracy": "seen",
    "unseen acc": "unseen",
    "unseen accuracy": "unseen",
    "harmonic mean": "harmonic_mean",
    "accuracy": "accuracy",
}
_SET_LABEL = re.compile(
    r"\b(?:final|last|best|first|second|third|fourth|fifth|sixth|middle|interim|early|checkpoint|epoch \d+)\b",
    re.IGNORECASE,
)
#: A label of an array set says nothing about the run itself.
_LABEL_TEXT = """
a after and at base before best but by check checkpoint early epoch epochs fifth final first for fourth from harmonic in
interim last mean middle model numbers of on one result results same second seen session sessions sixth test the this
third unseen acc accuracy average with hm saved
"""
_LABEL_WORDS = frozenset(_LABEL_TEXT.split())
_LABEL_NOUNS = frozenset({"result", "results", "session", "epoch", "checkpoint", "model", "numbers", "acc", "accuracy"})
_SHELL_INFO = re.compile(r"(?:sh|bash|zsh|shell|console|cmd)\b", re.IGNORECASE)
_TITLE_INFO = re.compile(r"(?:txt|text|log|result|results)\b[ \t]*", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
#: Commands that only prepare a run.
_SETUP_TEXT = """
cd source . conda mamba export mkdir ls cat echo pip tmux ssh scp rsync rm mv cp module set unset git vim nvim
htop nvidia-smi watch tail less sleep exit clear pwd
"""
_SETUP = frozenset(_SETUP_TEXT.split())
_PROGRAM = re.compile(
    r"(?:(?:[A-Za-z_]\w*=\S*|nohup|time|sudo|env|exec)[ \t]+)*"
    r"(?:\S*python[\d.]*|uv|torchrun|accelerate|deepspeed|srun|sbatch|mpirun|kwslab|ba?sh|\./\S+|\S+\.(?:py|sh))"
    r"(?:[ \t\\]|$)"
)
_WORD = re.compile(
    r"""(?:[^\s"'\\$]++|\$'(?:[^'\\]++|\\.)*+'|\\.|"(?:[^"\\]++|\\.)*+"|'[^']*+'|["'\\$])++""", re.DOTALL
)
_PIECE = re.compile(
    r"""\$'((?:[^'\\]++|\\.)*+)'|([^"'\\$]++)|\\(.)|"((?:[^"\\]++|\\.)*+)"|'([^']*+)'|(["'\\$])""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "0": "\0"}
_METRIC = re.compile(
    r"(?P<name>[^\W\d][\w ./()%-]{0,58}?)[ \t]+:[ \t]+(?P<last>[-+]?[\d.]+(?:e[-+]?\d+)?|nan|-?inf)%?"
    r"(?:[ \t]+\(best[ \t]+(?P<best>[-+]?[\d.]+(?:e[-+]?\d+)?)%?\))?[ \t]*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[ \t]+|[\n;]")
_MARKUP = re.compile(r"\*\*|==|~~|\*(?=\w)|(?<=\w)\*")


def split_words(command: str) -> tuple[str, ...]:
    """The words of a command line as a shell would part them; unclosed quotes stay characters. Linear, never raises."""
    words = []
    for match in _WORD.finditer(command):
        text = match.group()
        if '"' in text or "'" in text or "\\" in text:
            text = "".join(_unquoted(piece) for piece in _PIECE.finditer(text))
        words.append(text)
    return tuple(words)


def _unquoted(piece: re.Match[str]) -> str:
    ansi, plain, escaped, double, single, lone = piece.groups()
    if ansi is not None:
        return _ESCAPE.sub(_escaped, ansi)
    if double is not None:
        return re.sub(r'\\(["\\$`])', r"\1", double)
    return next(part for part in (plain, escaped, single, lone) if part is not None)


def _escaped(match: re.Match[str]) -> str:
    code = match.group(1) or match.group(2) or match.group(3)
    if code:
        value = int(code, 16)
        return chr(value) if value < 0x110000 and not 0xD800 <= value < 0xE000 else "\ufffd"
    return _ESCAPES.get(match.group(4), match.group(4))


def commands_of(fence: Fence) -> list[Command]:
    """The commands of a fence: one option a line, parted by blank lines, dangling or glued backslashes dropped."""
    shell = bool(_SHELL_INFO.match(fence.info))
    if not shell and (fence.info and not fence.info.lower().startswith(("python", "py"))):
        return []
    commands: list[Command] = []
    others: list[Command] = []
    parts: list[str] = []
    first = 0
    goes_on = False

    def finish() -> None:
        text = " ".join(parts).strip()
        if text:
            (commands if _is_command(text, shell) else others).append(Command(split_words(text), first, text))
        parts.clear()

    for number, line in enumerate(fence.text.split("\n"), fence.start + 1):
        stripped = unquote(line)[1].strip() if line.lstrip().startswith(">") else line.strip()
        if not stripped or stripped == "\\":
            if not stripped:
                finish()
                goes_on = False
            continue
        if stripped.startswith("#"):
            continue
        stripped = stripped.removeprefix("$ ")
        dangling = stripped.endswith("\\")
        stripped = stripped.rstrip("\\").rstrip()
        # A line of options belongs to the command above even where the backslash was forgotten, and a line that
        # starts a program begins a new one even where a backslash dangles.
        if parts and not stripped.startswith("-") and (not goes_on or _PROGRAM.match(stripped)):
            finish()
        if not parts:
            first = number
        parts.append(stripped)
        goes_on = dangling
    finish()
    # `mkdir` before a training command prepares it; alone in its fence it is what was done.
    return commands or (others if shell and len(others) == 1 and not others[0].words[0].startswith("-") else [])


def _is_command(text: str, shell: bool) -> bool:
    if _PROGRAM.match(text):
        return True
    if not shell or text.startswith("-"):
        return False
    word = next((w for w in text.split() if not _ASSIGNMENT.match(w)), "")
    return bool(word) and word not in _SETUP and not word.startswith(("(", "[", ">", "|", "&"))


# How a run ended, told in a sentence of its own.
_STOPPED = re.compile(
    r"(?:(?:it|this|run|training|was|is|got|has|been|i|just|the|server|one|experiment)[ \t]+){0,5}"
    r"(?:stop|stopped|killed|cancell?ed|interrupted|aborted|terminated)\b(?!\w)(?:[ \t,]+\S+){0,12}$",
    re.IGNORECASE,
)
_NAN = re.compile(
    r"(?:nan\b(?:[ \t]+\S+){0,8}$"
    r"|.{0,80}\b(?:is|was|are|became|becomes|become|goes|went|got|get|gets|turned|turns|to|has)"
    r"[ \t]+(?:a[ \t]+|all[ \t]+)?nan\b.{0,60}$"
    r"|loss[ \t]*[:=]?[ \t]*nan\b.{0,40}$"
    r"|.{0,60}\bnan\b[ \t]+(?:occur|appear|come|came|happen)\w*.{0,60}$)",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"(?:error\b(?:[ \t]+\S+){0,10}$|failed\b(?:[ \t]+\S+){0,8}$"
    r"|.{0,60}\b(?:out of memory|oom|segmentation fault|crashed|traceback)\b.{0,60}$"
    r"|.{0,40}\b(?:an|the|with|some|got|cuda)[ \t]+error\b.{0,60}$|.{0,40}\berror (?:occur|happen)\w*.{0,40}$)",
    re.IGNORECASE,
)
_NOT_AN_END = re.compile(
    r"\b(?:no|not|never|without|solved?|fix|fixed|fixes|gone|avoid\w*|prevent\w*|until|before|if|should|will|when|don't|"
    r"doesn't|didn't|isn't|wasn't|again to|maybe|to see|check)\b|\?|\berror rate\b|\bstop(?:ped)?[ -]grad",
    re.IGNORECASE,
)


def sentences_of(text: str) -> list[str]:
    """The sentences of a line, markup and clock time taken off."""
    if "[!" in text:
        text = callouts_of(text)[1]
    parts = _SENTENCE_END.split(clock_of(text.strip())[1])
    return [part for part in (_MARKUP.sub("", p).strip() for p in parts) if part]


def ending(sentence: str) -> tuple[str, str] | None:
    """("stopped" | "failed", cause) when the sentence says how a run ended, else None."""
    bare = sentence.strip().rstrip(".!~ ").strip("*_=`- ")
    return _ending(bare) if bare and len(bare) <= 160 else None


@functools.lru_cache(maxsize=1 << 15)
def _ending(bare: str) -> tuple[str, str] | None:
    if _NOT_AN_END.search(bare):
        return None
    if _NAN.match(bare):
        return "failed", bare
    if _STOPPED.match(bare):
        return "stopped", bare
    if _ERROR.match(bare):
        return "failed", bare
    return None


def _fences_by_start(note: Note) -> dict[int, Fence]:
    return {fence.start: fence for fence in note.fences}


def _effective_date(section: Section, suffix: bool) -> datetime.date | None:
    """The day of what stands in a section. In the results note a dated sub-heading's own date counts."""
    if suffix and heading_date(section.heading) is None:
        for text in reversed(section.path):
            if heading_date(text) is not None:
                break
            own = suffix_date(text)
            if own is not None:
                return own
    return section.date


def _marker(line: str, entry: Entry | None) -> str:
    """The line without its block id; one of ours goes to the entry."""
    end = line[-40:]
    match = (_MARKER.search(end) or _BLOCK_ID.search(end)) if "^" in end else None
    if match is None:
        return line
    if match.re is _MARKER and entry is not None:
        entry.markers.append(match.group(1))
    return line[: len(line) - len(end) + match.start()]


def _marker_of(line: str) -> str:
    match = _MARKER.search(line[-40:]) if "^kw-" in line else None
    return match.group(1) if match else ""


#: What sections were read to, by all that their reading depends on.
SectionEntries = dict[tuple[object, ...], list[Entry]]


def server_entries(note: Note, kept: SectionEntries | None = None) -> list[Entry]:
    """The entries of a Server note in their order. An entry begins at a checkbox, or at a fence without one.

    Args: kept: the sections of an earlier reading; those that stand as they stood are not read again. It is brought up
        to date.
    """
    fences = _fences_by_start(note)
    entries = _read_sections(note, note.sections, kept, lambda section: _ServerSection(note, section, fences).read())
    for order, entry in enumerate(entries):
        entry.order = order
    return entries


def _read_sections(
    note: Note, sections: Iterable[Section], kept: SectionEntries | None, read: Callable[[Section], list[Entry]]
) -> list[Entry]:
    entries: list[Entry] = []
    before: SectionEntries = kept or {}
    now: SectionEntries = {}
    for section in sections:
        plain = note.plain[max(0, section.start - 1) : section.end]
        key = (note.name, section.start, section.end, section.level, section.path, section.date, section.text, plain)
        known = before.get(key)
        now[key] = read(section) if known is None else known
        entries += now[key]
    if kept is not None:
        kept.clear()
        kept.update(now)
    return entries


class _ServerSection:
    def __init__(self, note: Note, section: Section, fences: dict[int, Fence]) -> None:
        self.note, self.section, self.fences = note, section, fences
        self.verdicts = _by_line(section.verdicts)
        self.done: list[Entry] = []
        self.current: Entry | None = None
        self.waiting: list[Verdict] = []

    def read(self) -> list[Entry]:
        note, number = self.note, self.section.start + (1 if self.section.level else 0)
        while number < self.section.end:
            kind, line = note.plain[number - 1], note.lines[number - 1]
            if kind == "f" and number in self.fences:
                fence = self.fences[number]
                self._fence(fence)
                number = max(fence.end, number + 1)
                continue
            if kind == "t" and line.strip():
                self._line(number, line)
            number += 1
        if self.waiting and self.current is not None:
            self.current.verdicts += self.waiting
        self._finish()
        return self.done

    def _new(self, number: int) -> Entry:
        self._finish()
        self.current = Entry(self.note.name, self.section.heading, _effective_date(self.section, False), number)
        self.current.path = self.section.path
        self.current.verdicts += self.waiting
        self.waiting = []
        return self.current

    def _finish(self) -> None:
        entry = self.current
        self.current = None
        if entry is None:
            return
        told = bool(entry.state) and entry.state not in " >" and (bool(entry.text) or bool(entry.links))
        if entry.commands or (told and not entry.struck):
            self.done.append(entry)

    def _fence(self, fence: Fence) -> None:
        commands = commands_of(fence)
        if not commands:
            return
        entry = self.current
        if entry is None or (entry.ruled and (entry.commands or not entry.state)):
            entry = self._new(fence.start)
        entry.commands += commands
        entry.ruled = False

    def _line(self, number: int, line: str) -> None:
        if is_rule(line):
            if self.current is not None:
                self.current.ruled = True
            return
        task = _TASK_TOP.match(line)
        if task:
            opened = self._new(number)
            opened.state = task.group(1).lower()
            text = _marker((task.group(2) or "").strip(), opened)
            opened.struck = is_struck(clock_of(text)[1])
            self._text(opened, number, text, described=True)
            return
        depth, rest = unquote(line)
        rest = rest.strip()
        kinds, _ = callouts_of(rest)
        judging = any(kind in VERDICT_KINDS for kind in kinds)
        entry: Entry | None = self.current
        if entry is not None and entry.ruled and (entry.commands or not entry.state):
            if judging:
                self.waiting += self.verdicts.get(number, ())
                return
            if not depth and not _marker_of(line):
                entry = None  # text after the rule opens the next entry
        if entry is None:
            if depth and not judging and not links_of(rest):
                return
            if judging:
                self.waiting += self.verdicts.get(number, ())
                return
            entry = self._new(number)
        rest = _marker(rest, entry).strip()
        bullet = _BULLET.match(rest)
        if not rest:
            return
        self._text(entry, number, bullet.group(1) if bullet else rest, described=not entry.commands)

    def _text(self, entry: Entry, number: int, text: str, described: bool) -> None:
        _add_line(entry, self.verdicts.get(number, ()), number, text, described)


def _by_line(verdicts: Sequence[Verdict]) -> dict[int, list[Verdict]]:
    found: dict[int, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.line, []).append(verdict)
    return found


def _add_line(entry: Entry, verdicts: Sequence[Verdict], number: int, text: str, described: bool) -> None:
    """Sort one line of an entry into links, fields, verdicts, description and sentences. `text` has no quote marks."""
    found = links_of(text, number)
    entry.links += found
    name = field_of(text)
    entry.verdicts += verdicts
    if name:
        entry.fields.setdefault(name.rstrip("s"), []).extend(found)
        words = _LINKS.sub("", text.partition(":")[2]).strip(" ,.-")
        if not words:
            return
        if not described:
            entry.remarks.append(words)
            entry.sentences += sentences_of(words)
            return
    kinds, rest = callouts_of(text)
    if kinds:
        if any(kind in VERDICT_KINDS for kind in kinds):
            entry.sentences += sentences_of(rest)
            return
        if rest.lower().strip(" :") in ("", "result", "results", "config", "setting", "settings", "code", "detail"):
            return
        text = rest
    if "[!" in text:
        text = _CALLOUTS.sub("", text).strip()
    text = _ESCAPED.sub(r"\1", clock_of(text)[1].strip(), count=1)
    if not text or (found and not _LINKS.sub("", text).strip(" ,.:-")):
        return
    entry.sentences += sentences_of(text)
    (entry.description if described else entry.remarks).append(text)


_SETTING = re.compile(r"[`\-]*[A-Za-z]\w*`?(?:[ \t]{0,4}[=:][ \t]{0,4}|[ \t]{1,4})[`\"']?[-+\w./]+[`\"']?$")
#: A backslash that keeps the first characters of a line from meaning something.
_ESCAPED = re.compile(r"^\\([#>|=\[+*_~0-9-])")
_LINKS = re.compile(r"!?\[\[[^\[\]\n]*\]\]")
_CALLOUTS = re.compile(r"\[![A-Za-z]+\][+-]?")


def result_entries(note: Note, kept: SectionEntries | None = None) -> list[Entry]:
    """The results of an Experiments note in the order they stand: a description with the array sets it owns, or a
    description without arrays that links to the Server note, carries a verdict or says how the run ended.

    Args: kept: as in `server_entries`.
    """
    fences = _fences_by_start(note)

    def read(section: Section) -> list[Entry]:
        return _ResultSection(note, section, fences).read() if _MAYBE_RESULT.search(section.text) else []

    entries = _read_sections(note, note.sections, kept, read)
    entries = _without_summaries(note, entries)
    for order, entry in enumerate(entries):
        entry.order = order
    return entries


def _without_summaries(note: Note, entries: list[Entry]) -> list[Entry]:
    """Leaves out table rows that only repeat a result: they link to one, or their figures are one's."""
    own = [entry for entry in entries if not entry.table_row]
    if len(own) == len(entries):
        return entries
    days = {entry.date for entry in own}
    headings = {heading.casefold() for entry in own for heading in entry.path}
    stem = note.name.rsplit("/", 1)[-1].casefold()
    figures = {
        round(v, d) for entry in own for a in entry.sets for vs in a.values.values() for v in vs for d in (0, 1, 2, 3)
    }
    kept = []
    for entry in entries:
        if entry.table_row and not entry.markers:
            here = [link for link in entry.links if link.target.casefold().removesuffix(".md") in ("", stem)]
            linked = any(k.heading.casefold() in headings or heading_date(k.heading) in days - {None} for k in here)
            numbers = [v for a in entry.sets for vs in a.values.values() for v in vs]
            numbers += [metric["last"] for a in entry.sets for metric in a.others.values()]
            if linked or all(number in figures for number in numbers):
                continue
        kept.append(entry)
    return kept


#: What a section must hold somewhere to tell of a result at all; most sections of most notes do not.
_MAYBE_RESULT = re.compile(
    r"\[[ \t]*(?:[-+.\d]|nan|inf|np)|\||server[ \t]*:|\[!|stop|kill|cancel|interrupt|abort|terminat|\bnan\b|error|fail"
    r"|\boom\b|memory|crash|fault|traceback|:[ \t]+[-+.\d]",
    re.IGNORECASE,
)


@dataclass
class _Line:
    """One line of the results note, taken apart. kind: array, label, text, rule, fence (an old-style one opens)."""

    number: int
    kind: str
    text: str
    depth: int = 0
    blank_before: bool = False
    name: str = ""
    bullet: bool = False
    block: int = -1
    fenced: bool = False
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def _array_values(text: str) -> list[float] | None:
    """The numbers of "[97.1, 94.8]"; None when something in it is no finite number."""
    inner = _NUMPY.sub(r"\1", text.strip().rstrip(".,; "))[1:-1]
    values: list[float] = []
    for part in inner.replace(",", " ").split():
        if not _NUMBER.match(part):
            return None
        value = float(part)
        if not math.isfinite(value):
            return None
        values.append(value)
    return values


def _label_of(text: str) -> tuple[str, str] | None:
    """(metric, array text behind the colon) of a label line."""
    if len(text) > 60 and "[" not in text[:60]:
        return None
    match = _LABEL.match(text)
    if not match:
        return None
    word = match.group("name").lower()
    name = (
        "unseen"
        if word == "unseen"
        else "seen"
        if word == "seen"
        else "harmonic_mean"
        if word[0] == "h"
        else "accuracy"
    )
    return name, (match.group("rest") or "").strip()


def _fuzzy_label(text: str) -> str:
    bare = text.strip(" :*_`").lower()
    if not 3 <= len(bare) <= 24:
        return ""
    close = difflib.get_close_matches(bare, _FUZZY, n=1, cutoff=0.8)
    return _FUZZY[close[0]] if close else ""


class _ResultSection:
    def __init__(self, note: Note, section: Section, fences: dict[int, Fence]) -> None:
        self.note, self.section, self.fences = note, section, fences
        self.verdicts = _by_line(section.verdicts)
        self.lines: list[_Line] = []
        self.done: list[Entry] = []
        self.current: Entry | None = None
        self.array_set: ArraySet | None = None
        self.waiting: list[Verdict] = []  # verdicts between two results
        self.label = ""  # for the next array set of the same description
        self.pending_name = ""
        self.labelled = False

    # Step 1: take the lines apart.

    def _collect(self) -> None:
        note, section = self.note, self.section
        number = section.start + (1 if section.level else 0)
        blank, block, quoted = False, 0, False
        while number < section.end:
            kind, line = note.plain[number - 1], note.lines[number - 1]
            if kind == "f" and number in self.fences:
                fence = self.fences[number]
                before = len(self.lines)
                self._collect_fence(fence, blank)
                blank = len(self.lines) == before  # a fence that holds no result parts what stands around it
                number, quoted = max(fence.end, number + 1), False
                continue
            if kind != "t" or not line.strip():
                blank = blank or kind == "t"
                quoted = False
                number += 1
                continue
            depth, rest = unquote(line)
            if depth and not rest.strip():
                quoted = False  # an empty quote line parts two blocks
                blank = True
                number += 1
                continue
            if rest.lstrip().startswith("|"):
                number, quoted, blank = self._take_table(number, section.end, blank), False, False
                continue
            if not depth or not quoted:
                block += 1
            quoted = depth > 0
            number += self._take(number, rest.strip(), depth, blank, block, section.end, False)
            blank = False

    def _collect_fence(self, fence: Fence, blank: bool) -> None:
        if _SHELL_INFO.match(fence.info):
            self.lines.append(_Line(fence.start, "sh", "", blank_before=blank))
            return
        texts = fence.text.split("\n")
        if texts[0].lstrip().startswith("|"):
            self._take_table(fence.start + 1, min(fence.end, len(self.note.lines) + 1), blank)
        code = len(fence.info.split()) == 1 and not _TITLE_INFO.match(fence.info)
        if code or not any(_ARRAY.match(text.strip().lstrip("> ")) for text in texts):
            return
        title = _TITLE_INFO.sub("", fence.info, count=1).strip()
        self.lines.append(_Line(fence.start, "fence", title, blank_before=blank))
        number, stop = fence.start + 1, fence.start + 1 + len(texts)
        blank = False
        while number < min(stop, len(self.note.lines) + 1):
            text = texts[number - fence.start - 1].strip()
            if not text:
                blank = True
                number += 1
                continue
            number += self._take(number, unquote(text)[1].strip(), 0, blank, -2, stop, True)
            blank = False

    def _take(self, number: int, rest: str, depth: int, blank: bool, block: int, end: int, fenced: bool) -> int:
        """Append the line (or the several lines of one array); returns how many lines were used."""
        add = self.lines.append
        bullet = _BULLET.match(rest)
        inner = bullet.group(1).strip() if bullet else rest
        if _ARRAY.match(inner):
            array, used = self._array(number, inner, end)
            if array:
                add(_Line(number, "array", array, depth, blank, "", bool(bullet), block, fenced))
                return used
        label = _label_of(inner)
        if label and label[1]:
            array, used = self._array(number, label[1], end)
            if array:
                add(_Line(number, "label", inner, depth, blank, label[0], bool(bullet), block, fenced))
                add(_Line(number, "array", array, depth, False, "", bool(bullet), block, fenced))
                return used
        if (label or inner.endswith(":")) and self._array_follows(number + 1, end):
            name = label[0] if label else _fuzzy_label(inner)
            if name:
                add(_Line(number, "label", inner, depth, blank, name, bool(bullet), block, fenced))
                return 1
        if depth == 0 and not fenced and is_rule(self.note.lines[number - 1]):
            add(_Line(number, "rule", "", 0, blank, "", False, block))
            return 1
        add(_Line(number, "text", inner if bullet else rest, depth, blank, "", bool(bullet), block, fenced))
        return 1

    def _take_table(self, number: int, end: int, blank: bool) -> int:
        """Append the hand-made table that starts here; returns the line after it."""
        rows: list[tuple[int, list[str]]] = []
        first = number
        while number < end and unquote(self.note.lines[number - 1])[1].lstrip().startswith("|"):
            cells = table_cells(self.note.lines[number - 1])
            if not all(_RULE_CELL.match(cell) for cell in cells):
                rows.append((number, cells))
            number += 1
        self.lines.append(_Line(first, "table", "", blank_before=blank, rows=rows))
        return number

    def _array(self, number: int, text: str, end: int) -> tuple[str, int]:
        """(array text, lines used); ("", 0) when it is no array. A printed array may run over several lines."""
        used = 1
        while "]" not in text and used < 60 and number + used < end and len(text) < 20_000:
            more = unquote(self.note.lines[number + used - 1])[1].strip().removesuffix("```")
            if not more or not re.fullmatch(r"[\s\d.,eE+\-\]a-z()]*", more):
                return "", 0
            text += " " + more
            used += 1
        text = _marker(text, self.current)
        if text.startswith("[["):
            return "", 0
        array, bracket, behind = text.partition("]")
        if behind.strip(" .,;") and len(behind) < 60 and array.count(".") >= 4:
            text = array + bracket  # "[97.1, 94.8, 92.0, 89.6] best one"
        return (text, used) if _ARRAY_ONLY.match(text) else ("", 0)

    def _array_follows(self, number: int, end: int) -> bool:
        for i in range(number, min(number + 3, end, len(self.note.lines) + 1)):
            rest = unquote(self.note.lines[i - 1])[1].strip()
            if rest:
                return bool(_ARRAY.match(rest))
        return False

    # Step 2: put them together.

    def read(self) -> list[Entry]:
        self._collect()
        lines = self.lines
        self.labelled = any(line.kind == "label" for line in lines)
        following = self._following_arrays()
        blocks: dict[int, list[_Line]] = {}
        for line in lines:
            if line.kind == "text" and line.depth:
                blocks.setdefault(line.block, []).append(line)
        seen: set[int] = set()
        for i, line in enumerate(lines):
            if line.kind == "array":
                self._on_array(line)
            elif line.kind == "label":
                self.pending_name = line.name
            elif line.kind == "rule":
                self._on_rule(i)
            elif line.kind == "fence":
                self._on_fence(line)
            elif line.kind == "table":
                self._on_table(line.rows)
            elif line.kind == "text" and line.depth:
                if line.block not in seen:
                    seen.add(line.block)
                    self._on_quote(blocks[line.block], i, following[i])
            elif line.kind == "text":
                self._on_text(line, i, following[i])
        if self.waiting:
            self._settle_waiting()
        self._finish()
        return self.done

    def _following_arrays(self) -> list[bool]:
        """For each line: whether the next array or old-style fence comes before any other quote or text of its own."""
        result = [False] * len(self.lines)
        close = False
        for i in range(len(self.lines) - 1, -1, -1):
            line = self.lines[i]
            result[i] = close
            if line.kind in ("array", "label", "fence", "table"):
                close = line.kind != "table" or session_table(line.rows) is not None
            elif line.kind == "text" and line.depth and i > 0 and self.lines[i - 1].block == line.block:
                pass  # inside one quote block
            else:
                close = False
        # A quote block as a whole is followed by what follows its last line.
        for i in range(len(self.lines) - 2, -1, -1):
            if self.lines[i].depth and self.lines[i].block == self.lines[i + 1].block and self.lines[i].kind == "text":
                result[i] = result[i + 1] or self.lines[i + 1].kind in ("array", "label")
        return result

    def _new(self, number: int) -> Entry:
        self._finish()
        entry = Entry(self.note.name, self.section.heading, _effective_date(self.section, True), number)
        entry.path = self.section.path
        entry.verdicts += self.waiting
        if self.waiting:
            for verdict in self.waiting:
                entry.sentences += sentences_of(verdict.text)
        self.waiting = []
        self.current, self.array_set, self.label = entry, None, ""
        return entry

    def _finish(self) -> None:
        entry, self.current, self.array_set, self.label = self.current, None, None, ""
        if entry is None:
            return
        ended = any(ending(sentence) for sentence in entry.sentences)
        told = bool(entry.fields.get("server")) or ended or bool(entry.verdicts)
        if entry.sets or (entry.text and told) or (entry.fields.get("server") and ended):
            self.done.append(entry)

    def _settle_waiting(self) -> None:
        """Verdicts that no result followed belong to the one before."""
        target = self.current or (self.done[-1] if self.done else None)
        if target is not None:
            target.verdicts += self.waiting
        self.waiting = []

    def _on_array(self, line: _Line) -> None:
        values = _array_values(line.text)
        name, self.pending_name = self.pending_name or "accuracy", ""
        if values is not None and (
            len(values) < 2 and name == "accuracy" and self.array_set is None and not self.labelled
        ):
            return
        entry = self.current
        if entry is None or (entry.ruled and entry.sets):
            entry = self._new(line.number)
        current = self.array_set
        if (
            current is None
            or name in current.values
            or name in current.broken
            or (name == "accuracy" and current.values)
        ):
            if len(entry.sets) >= _MOST_SETS:
                return
            current = self.array_set = ArraySet(line.number, label=self.label)
            entry.sets.append(current)
            self.label = ""
        if values is None:
            current.broken[name] = line.text
        else:
            current.values[name] = values
        marker = _marker_of(self.note.lines[line.number - 1])
        if marker:
            entry.markers.append(marker)

    def _on_rule(self, i: int) -> None:
        if self.current is not None:
            self.current.ruled = True
        if self.waiting and self.current is not None and self.current.sets:
            # "arrays, verdict, rule": the rule shuts the verdict in with the arrays, unless one stands above it too.
            before = self.lines[i - 2].kind if i >= 2 else ""
            if before != "rule" and not self.current.ruled:
                self._settle_waiting()

    def _on_table(self, rows: list[tuple[int, list[str]]]) -> None:
        """A hand-made table: one run's sessions, or one run a row."""
        rows = rows[: _MOST_ROWS + 1]
        values = session_table(rows)
        if values is not None:
            entry = self.current
            if entry is None or entry.sets or entry.ruled:
                entry = self._new(rows[0][0])
            self.array_set = ArraySet(rows[0][0], values)
            entry.sets.append(self.array_set)
            return
        header = [_MARKUP.sub("", cell).strip(" `") for cell in rows[0][1]] if rows else []
        if len(rows) > 1 and header and any(_MARKER_CELL.match(row[0]) for _, row in rows[1:] if row):
            self._on_sweep(rows, header)
            return
        sessions = [i for i, head in enumerate(header) if _SESSION_CELL.match(head)]
        sessions = sessions if len(sessions) > 1 else []
        options = [i for i, head in enumerate(header) if _OPTION_HEADER.match(head) and i not in sessions]
        figures = [i for i, head in enumerate(header) if i not in options and _METRIC_HEADER.search(head)]
        if not sessions and not figures:
            return
        above = self.current if self.current is not None and not self.current.sets else None
        told = len(self.done)
        for number, row in rows[1:]:
            self._on_row(number, row, header, sessions, options, figures, above)
        if above is not None and any(entry.description == above.description for entry in self.done[told:]):
            self.current = None  # Its rows are its results.

    def _on_sweep(self, rows: list[tuple[int, list[str]]], header: list[str]) -> None:
        """A table of ours: one run a row, named by its block id; the description above it is that of each."""
        above, self.current, self.array_set, self.label = self.current, None, None, ""
        if above is not None and above.sets:
            self.done.append(above)
            above = None
        coded = [cell.strip().startswith("`") for cell in rows[0][1]]
        named = [(number, row, _MARKER_CELL.match(row[0])) for number, row in rows[1:] if row]
        markers = tuple(match.group() for _, _, match in named if match)
        for number, row, match in named:
            cells = row + [""] * (len(header) - len(row))
            entry = Entry(self.note.name, self.section.heading, _effective_date(self.section, True), number)
            entry.path, entry.table_row, entry.siblings = self.section.path, True, markers
            entry.markers = [match.group()] if match else []
            if above is not None:
                entry.description, entry.links = list(above.description), list(above.links)
                entry.fields, entry.verdicts = dict(above.fields), list(above.verdicts)
            array = ArraySet(number)
            for name, cell, option in list(zip(header, cells, coded, strict=False))[1:]:
                value = _number_of(cell)
                if option:
                    entry.settings += [f"{name} {cell.strip('` ')}"] if cell.strip("` -") else []
                elif name.isdigit():
                    if value is not None and int(name) == len(array.values.get("accuracy", ())):
                        array.values.setdefault("accuracy", []).append(value)
                elif value is not None:
                    array.others[_SWEEP_METRICS.get(name, name)] = {"last": value, "best": value}
                elif cell.strip(" -"):
                    entry.sentences += sentences_of(cell)
            entry.sets = [array] if array.values or array.others else []
            if match or entry.sets:
                self.done.append(entry)

    def _on_row(
        self,
        number: int,
        row: list[str],
        header: list[str],
        sessions: list[int],
        options: list[int],
        figures: list[int],
        above: Entry | None,
    ) -> None:
        """One run of a hand-made table. above: the words over the table, for rows that give settings alone."""
        cells = row + [""] * (len(header) - len(row))
        entry = Entry(self.note.name, self.section.heading, _effective_date(self.section, True), number)
        entry.path, entry.table_row = self.section.path, True
        entry.links = links_of(self.note.lines[number - 1], number)
        for link in entry.links:
            entry.date = entry.date or heading_date(link.heading) or suffix_date(link.heading)
        array = ArraySet(number)
        series = [_number_of(cells[i]) for i in sessions if cells[i].strip(" -–")]
        if series and None not in series:
            array.values["accuracy"] = [value for value in series if value is not None]
        for i in figures:
            value = _number_of(cells[i])
            if value is not None and i not in sessions:
                name = _figure_named(header[i])
                array.others[name] = {"last": value, "best": value}
        used = {*sessions, *options, *figures}
        words = [cells[i] for i in range(len(header)) if i not in used and _number_of(cells[i]) is None]
        title = first_line([_LINKS.sub("", word).strip() for word in words])
        if not title and options and above is not None and above.description:
            entry.description, entry.links = list(above.description), [*entry.links, *above.links]
            entry.date = entry.date or above.date
            title = above.text
        if entry.date is None or not title or not (array.values or array.others):
            return
        entry.description = entry.description or [title]
        entry.settings = [f"{header[i]} {cells[i].strip('` ')}" for i in options if cells[i].strip("` -")]
        entry.sets = [array]
        self.done.append(entry)

    def _on_fence(self, line: _Line) -> None:
        entry = self.current
        ended = entry is not None and any(ending(sentence) for sentence in entry.sentences)
        if entry is None or entry.sets or (entry.text and ended):
            entry = self._new(line.number)
        if line.text:
            entry.description.insert(0, line.text)
            entry.sentences += sentences_of(line.text)
        self.array_set = None

    def _on_quote(self, block: list[_Line], i: int, followed: bool) -> None:
        texts = [line for line in block if line.text]
        kinds = [callouts_of(line.text)[0] for line in texts]
        has_field = any(field_of(line.text) for line in texts)
        judging = [any(kind in VERDICT_KINDS for kind in found) for found in kinds]
        words = [line for line, found in zip(texts, kinds, strict=True) if not found and not field_of(line.text)]
        only_verdict = any(judging) and not has_field and self._only_verdict(texts, kinds, judging)
        only_end = bool(words) and not has_field and not any(kinds) and all(self._ends(line.text) for line in words)
        entry = self.current
        first = texts[0]
        if entry is not None and entry.sets:
            if only_verdict:
                self._between(block, i)
                return
            if only_end and not first.blank_before:
                self._add(entry, block, described=False)
                return
            label = " ".join(line.text for line in words)
            if followed and not has_field and words and self._is_set_label(label):
                self.label = label
                self.array_set = None
                entry.verdicts += self._verdicts_of(block)
                return
            inside = self._just_before(i)
            if inside is not None and inside.depth and not first.blank_before and not has_field and not followed:
                self._add(entry, block, described=False)  # a remark inside the quote that holds the arrays
                return
            if not words and not followed:
                self._add(entry, block, described=False)  # links only, under the arrays
                return
            entry = None
        elif entry is not None and entry.description and not (only_verdict or only_end):
            label = " ".join(line.text for line in words)
            if followed and not has_field and words and self._is_set_label(label):
                self.label = label
                return
            config = any(self._is_config(line.text) for line in texts)
            if (
                (not config and (has_field and (entry.fields or self._has_ended(entry))))
                or (not config and entry.ruled and not followed)
                or (self._has_ended(entry) and words and not config)
            ):
                entry = None
        if entry is None:
            if only_verdict and self.verdicts:
                self._between(block, i)
                return
            entry = self._new(first.number)
            last = words[-1] if followed and len(words) > 1 else None
            if last is not None and last is texts[-1] and self._is_set_label(last.text):
                self._add(entry, [line for line in block if line is not last], described=True)
                self.label = last.text.rstrip(" :")
                return
        self._add(entry, block, described=True)

    def _only_verdict(self, texts: list[_Line], kinds: list[list[str]], judging: list[bool]) -> bool:
        """Whether a quote says nothing but a verdict: its marked line, and what follows a mark without words."""
        if not judging[0]:
            return all(judging[k] or (kinds[k] and not callouts_of(texts[k].text)[1]) for k in range(len(texts)))
        title = callouts_of(texts[0].text)[1]
        return len(texts) == 1 or not title or all(judging)

    def _verdicts_of(self, block: list[_Line]) -> list[Verdict]:
        return [verdict for line in block for verdict in self.verdicts.get(line.number, ())]

    def _just_before(self, i: int) -> _Line | None:
        return self.lines[i - 1] if i else None

    def _between(self, block: list[_Line], i: int) -> None:
        """A verdict between two results: it belongs to the next, unless it clings to the one before."""
        numbers = {line.number for line in block}
        verdicts = self._verdicts_of(block)
        before = self._just_before(i)
        text = " ".join(line.text for line in block).lower()
        last = next((k for k in range(i, len(self.lines)) if self.lines[k].number not in numbers), len(self.lines))
        after = self.lines[last] if last < len(self.lines) else None
        clings_up = before is not None and before.kind != "rule" and not block[0].blank_before
        clings_down = after is not None and after.kind != "rule" and not after.blank_before
        ruled_off = after is not None and after.kind == "rule" and not (before is not None and before.kind == "rule")
        entry = self.current
        if entry is not None and (re.search(r"\babove\b", text) or (clings_up and not clings_down) or ruled_off):
            entry.verdicts += verdicts
            return
        self.waiting += verdicts

    def _add(self, entry: Entry, block: list[_Line], described: bool) -> None:
        settings = False
        for line in block:
            text = self._clean(line, entry)
            if not text:
                continue
            if self._is_config(line.text):
                settings = True
            kinds, _ = callouts_of(text)
            if settings and not kinds and not field_of(text):
                if _is_setting(text):
                    entry.settings.append(text)
                    continue
                settings = False
            before = len(entry.sentences)
            _add_line(entry, self.verdicts.get(line.number, ()), line.number, text, described)
            if not described and self.array_set is not None:
                said = entry.sentences[before:]
                self.array_set.sentences += said
                self.array_set.remarks += [" ".join(said)] if re.search(r"\w", " ".join(said)) else []

    def _clean(self, line: _Line, entry: Entry) -> str:
        return _marker(line.text, entry).strip()

    @staticmethod
    def _is_config(text: str) -> bool:
        kinds, title = callouts_of(text)
        return bool(kinds) and title.lower().startswith(("config", "setting", "option"))

    @staticmethod
    def _is_set_label(text: str) -> bool:
        words = re.findall(r"[a-z]+|\d+(?:st|nd|rd|th)?", text.lower())
        if not words or len(words) > 9 or links_of(text):
            return False
        known = all(word in _LABEL_WORDS or word[0].isdigit() for word in words)
        named = _SET_LABEL.search(text) is not None or words[0].startswith("result")
        return known and named and not _LABEL_NOUNS.isdisjoint(words)

    @staticmethod
    def _ends(text: str) -> bool:
        sentences = sentences_of(text)
        return bool(sentences) and all(ending(sentence) for sentence in sentences)

    @staticmethod
    def _has_ended(entry: Entry) -> bool:
        return any(ending(sentence) for sentence in entry.sentences)

    def _on_metric(self, entry: Entry, line: _Line) -> bool:
        """Take "- loss : 0.31 (best 0.28)" under a description without arrays: another kind of run's own metrics."""
        match = _METRIC.match(line.text) if line.bullet and not line.depth else None
        if match is None or not (entry.description or entry.fields) or any(array.values for array in entry.sets):
            return False
        if self.array_set is None:
            self.array_set = ArraySet(line.number)
            entry.sets.append(self.array_set)
        name, last, best = match.group("name").strip(), match.group("last"), match.group("best") or match.group("last")
        try:
            values = {"last": float(last), "best": float(best)}
        except ValueError:
            return False
        if not all(map(math.isfinite, values.values())):
            self.array_set.broken[name] = last
        else:
            self.array_set.others[name] = values
        return True

    def _on_text(self, line: _Line, i: int, followed: bool) -> None:
        entry = self.current
        text = line.text
        if entry is not None and not entry.ruled and self._on_metric(entry, line):
            return
        kinds, _ = callouts_of(text)
        if any(kind in VERDICT_KINDS for kind in kinds) and not line.bullet:
            if entry is not None and (entry.sets or entry.ruled):
                self._between([line], i)
            elif entry is not None:
                self._add(entry, [line], described=True)
            else:
                self.waiting += self.verdicts.get(line.number, ())
            return
        if _MARKER.fullmatch(text.strip()):
            if entry is not None:
                self._clean(line, entry)
            return
        if entry is not None and entry.sets:
            if followed and self._is_set_label(text.rstrip(" :")):
                self.label, self.array_set = text.rstrip(" :"), None
                return
            if not followed or line.fenced or (line.bullet and not line.blank_before):
                if line.bullet or line.fenced or not (entry.ruled or line.blank_before):
                    self._add(entry, [line], described=False)
                    return
                entry = None
            else:
                entry = None
        elif entry is not None and entry.ruled and not followed and not line.bullet:
            entry = None
        elif entry is not None and entry.description and followed and self._is_set_label(text.rstrip(" :")):
            self.label = text.rstrip(" :")
            return
        if entry is None:
            if not followed and not field_of(text) and not self._ends(text):
                return  # a thought, not a result
            entry = self._new(line.number)
        self._add(entry, [line], described=True)


def table_cells(line: str) -> list[str]:
    """The cells of a table row; a bar inside a wikilink or inline code parts nothing."""
    text = unquote(line)[1].strip().strip("|")
    hidden = _LINKS.sub(lambda match: match.group().replace("|", "\0"), without_code(text).replace("\\|", "\0\0"))
    cells, start = [], 0
    for i, character in enumerate(hidden + "|"):
        if character == "|":
            cells.append(text[start:i].strip())
            start = i + 1
    return cells


_MARKER_CELL = re.compile(r"kw-[a-z2-7]{6}$")
_SWEEP_METRICS = {"Seen": "seen (last)", "Unseen": "unseen (last)", "Harmonic mean": "harmonic_mean (last)"}
_RULE_CELL = re.compile(r":?-*:?$")
_SESSION_CELL = re.compile(r"(?:s|session|sess\.?|#)?[ \t]*(\d{1,3})$|base$|base session$", re.IGNORECASE)
_METRIC_HEADER = re.compile(
    r"\b(?:acc\w*|seen|unseen|harmonic\w*|hm|h-?mean|session|last|best|loss|error|err|eer|wer|auc|f1|%|top-?1)\b|%",
    re.IGNORECASE,
)
_OPTION_HEADER = re.compile(
    r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+$|(?:decay|temperature|tmax|schedule|gpu|way|shot|seed|tau)$"
)


def _number_of(cell: str) -> float | None:
    text = _MARKUP.sub("", cell).strip().rstrip("%").strip()
    return float(text) if _NUMBER.match(text) and math.isfinite(float(text)) else None


_OF_THE_LAST = re.compile(
    r"(?:last|final)[ \t]+(?:session[ \t]+)?(?P<after>.+)|(?P<before>[^,;(]+?)[\s,;(]*(?:(?:after|in"
    r"|at)[ \t]+)?(?:the[ \t]+)?"
    r"(?:last|final)(?:[ \t]+session)?\)?",
    re.IGNORECASE,
)


def _figure_named(head: str) -> str:
    """The figure of a column: "harmonic mean, last session" and "last acc" are of the session lists, "EER" is not."""
    if head in SESSION_METRICS:
        return f"{head} (last)"
    whole = _OF_THE_LAST.fullmatch(head)
    label = _label_of((whole["after"] or whole["before"]).strip()) if whole else None
    return f"{label[0]} (last)" if label and not label[1] else head


def _metric_of(cell: str) -> str:
    label = _label_of(_MARKUP.sub("", cell).strip(" `"))
    return label[0] if label and not label[1] else ""


def session_table(rows: Sequence[tuple[int, Sequence[str]]]) -> dict[str, list[float]] | None:
    """The arrays of a table whose rows are the metrics and whose columns are the sessions, or the other way round."""
    if len(rows) < 2:
        return None
    cells = [list(row) for _, row in rows]
    for table in (cells, [list(column) for column in itertools.zip_longest(*cells, fillvalue="")]):
        heads = table[0][1:]
        if not heads or not all(_SESSION_CELL.match(_MARKUP.sub("", head).strip()) for head in heads):
            continue
        values: dict[str, list[float]] = {}
        for row in table[1:]:
            name = _metric_of(row[0]) if row else ""
            numbers = [_number_of(cell) for cell in row[1:] if cell.strip(" -–")]
            if name and name not in values and numbers and None not in numbers:
                values[name] = [number for number in numbers if number is not None]
        if len(values) >= 2 or "accuracy" in values:
            return values
    return None


def _is_setting(text: str) -> bool:
    """Whether a line of a Config callout is nothing but options with their values."""
    parts = [part.strip() for part in re.split(r"[,\\]", text[:2000]) if part.strip()]
    named = [re.match(r"-|`|\w*_|.*\d$", part) for part in parts]
    return bool(parts) and all(named) and all(_SETTING.match(part) for part in parts)


def first_line(texts: Sequence[str]) -> str:
    """The first line with words in it."""
    return next((text.strip() for text in texts if text.strip()), "")
