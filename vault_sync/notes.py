"""Reads the researcher's Markdown notes as they are. Parsing never fails: an odd construct is text.

One pass a line, no construct that looks back: a note of any size takes time in proportion to its length. Headings and
fences agree with CommonMark on well-formed text; what Obsidian adds (wikilinks, callouts, block ids, comments, task
states) and what researchers do to fences and dates is read here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """A callout that judges what stands near it. kind: fail, error, warning or success (lower case)."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Link:
    """A wikilink or embed. target: text before '#' ("" = same note); heading: after '#'; block: after '^'."""

    target: str
    heading: str
    block: str
    alias: str
    embed: bool
    line: int


@dataclass(frozen=True)
class Fence:
    """A fenced block. start/end: 1-based lines of the opener and of the line after the last one that belongs to it."""

    info: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Task:
    """A to-do item. state: the character in the brackets (" ", "x", "-", ">").

    Attributes:
        text: the words after the brackets, verbatim (marks, links and clock time included).
        end: line after the last one that belongs to the task, sub-tasks included.
        category: text of the nearest sub-heading without its date suffix; "" directly under a day.
        heading: text of the heading it stands under, as a link writes it.
        sublines: its own continuation and quote lines without indentation; lines of sub-tasks are theirs.
        struck: the whole text is cancelled by ~~ ~~.
        clock: "15:45:20" when the text opens with a clock time.
        verdicts: kinds of the verdict marks in the text ("fail", "success").
    """

    note: str
    state: str
    text: str
    line: int
    end: int
    indent: int
    date: datetime.date | None
    category: str
    heading: str
    sublines: tuple[str, ...]
    links: tuple[Link, ...]
    struck: bool
    clock: str = ""
    verdicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One heading and its own text, children excluded. Lines are 1-based, `end` exclusive.

    level: 1-6; 0 for text before the first heading, whose heading is "".
    date: the event date, inherited from the nearest dated heading above (or its own); never the mtime.
    path: heading texts from the outermost to this one. text: body verbatim without the heading line.
    """

    note: str
    heading: str
    level: int
    path: tuple[str, ...]
    start: int
    end: int
    date: datetime.date | None
    text: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Note:
    """One parsed note. path: vault-relative, posix, with .md; name: path without .md, as a wikilink writes it.

    Attributes:
        title: the first level-1 heading, else the file name.
        blocks: (block id without '^', line).
        lines: the text without line ends; `lines[n - 1]` is line n of an editor.
        plain: one character a line: "t" text, "f" inside a fence, "c" comment, "m" frontmatter.
    """

    path: str
    name: str
    title: str
    aliases: tuple[str, ...]
    sections: tuple[Section, ...]
    tasks: tuple[Task, ...]
    links: tuple[Link, ...]
    fences: tuple[Fence, ...]
    blocks: tuple[tuple[str, int], ...]
    lines: tuple[str, ...]
    plain: str = ""
    tags: tuple[str, ...] = ()


#: Callout kinds that judge, Obsidian's synonyms included. `caution` is advice in these notes, not a verdict.
VERDICT_KINDS = {
    "fail": "fail",
    "failure": "fail",
    "missing": "fail",
    "error": "error",
    "danger": "error",
    "bug": "error",
    "warning": "warning",
    "attention": "warning",
    "success": "success",
    "check": "success",
    "done": "success",
}

_WEEKDAY = r"(?:[ \t]*[,(]?[ \t]*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?\)?)?"
_DATE = r"(\d{4})(?:([-/. ])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))"
_DATE_ONLY = re.compile(rf"{_DATE}{_WEEKDAY}\s*$", re.IGNORECASE)
_DATE_LAST = re.compile(rf"(?<!\d){_DATE}\s*$")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_QUOTE = re.compile(r"[ \t]*>(?:[ \t]?>)*[ \t]?")
_TICKS = re.compile(r"`+")
_FENCE_LINE = re.compile(r"(`{3,}|~{3,})(.*)$")
_TASK = re.compile(r"([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+\[(.)\](?:[ \t]+(.*))?$")
_LINK = re.compile(r"(!?)\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]*))?\]\]")
_BLOCK = re.compile(r"(?:^|[ \t])\^([A-Za-z0-9-]+)[ \t]*$")
_CALLOUT = re.compile(r"\[!([A-Za-z]+)\][+-]?[ \t]*")
_LIST = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[.\][ \t]+)?")
_CLOCK = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)[ \t]*:[ \t]+")
_FIELD = re.compile(
    r"(?:[-*+][ \t]+)?(code|idea|detail|details|result|results|server|paper|study|ref)[ \t]*:", re.IGNORECASE
)
_RULE = re.compile(r"[ \t]*(?:-[ \t]*){3,}$|[ \t]*(?:\*[ \t]*){3,}$|[ \t]*(?:_[ \t]*){3,}$")


def _date_of(match: re.Match[str]) -> datetime.date | None:
    year, _, month, day, month2, day2 = match.groups()
    try:
        return datetime.date(int(year), int(month or month2), int(day or day2))
    except ValueError:
        return None


def heading_date(text: str) -> datetime.date | None:
    """The day a heading names when it is only a date: 2025-03-08, 2025/04/07 or 20250412 (a weekday may follow)."""
    if not text[:4].isdecimal() or len(text) > 60:
        return None
    match = _DATE_ONLY.match(text)
    return _date_of(match) if match else None


def suffix_date(text: str) -> datetime.date | None:
    """The date that ends a heading and makes it a unique link target: "Experiments-2025/04/16", "Code-20250310"."""
    match = _DATE_LAST.search(text[-20:])
    return _date_of(match) if match else None


def without_suffix(text: str) -> str:
    """A sub-heading without the date that ends it: "Experiments-2025/04/16" -> "Experiments"."""
    match = _DATE_LAST.search(text[-20:])
    if match is None or _date_of(match) is None:
        return text
    return text[: max(0, len(text) - 20) + match.start()].rstrip(" -_–—:,(")


def heading_of(line: str) -> tuple[int, str] | None:
    """(level, text) of an ATX heading line; None for any other line. A hash without a blank is a tag, not a heading."""
    if "#" not in line[:4]:
        return None
    match = _HEADING.match(line)
    if match is None:
        return None
    text = line[match.end() :].strip()
    if text.endswith("#"):
        bare = text.rstrip("#")
        if not bare or bare[-1] in " \t":
            text = bare.rstrip()
    return len(match.group(1)), text


def unquote(line: str) -> tuple[int, str]:
    """(quote depth, the line without its '>' marks)."""
    match = _QUOTE.match(line) if ">" in line else None
    if match is None:
        return 0, line
    return match.group().count(">"), line[match.end() :]


def clock_of(text: str) -> tuple[str, str]:
    """("15:45:20", rest) of a line that opens with a clock time; ("", text) of any other."""
    match = _CLOCK.match(text) if text[:1].isdecimal() else None
    return (match.group(1), text[match.end() :]) if match else ("", text)


def is_rule(line: str) -> bool:
    """Whether the line is a `---` (or `***`, `___`) rule."""
    return line.lstrip()[:1] in ("-", "*", "_") and len(line) < 200 and _RULE.match(line) is not None


def field_of(line: str) -> str:
    """The lower-case name of a "> Server : [[...]]" line and the like, "" for any other line."""
    match = _FIELD.match(unquote(line)[1].strip()) if ":" in line else None
    return match.group(1).lower() if match else ""


def callouts_of(text: str) -> tuple[list[str], str]:
    """(kinds, rest) of a line that opens with callout marks: "[!note] [!FAIL]  x" -> (["note", "fail"], "x")."""
    if "[!" not in text:
        return [], text
    kinds: list[str] = []
    position = len(text) - len(text.lstrip())
    while match := _CALLOUT.match(text, position):
        kinds.append(match.group(1).lower())
        position = match.end()
    return kinds, text[position:].strip() if kinds else text


def code_spans(line: str) -> list[tuple[int, int]]:
    """Character ranges of the line's `inline code`, ticks included, in order. Linear also for unclosed ticks."""
    if "`" not in line:
        return []
    runs = [match.span() for match in _TICKS.finditer(line)]
    later: dict[int, list[int]] = {}  # run length -> indices of such runs, last first
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[index][1] - runs[index][0], []).append(index)
    spans: list[tuple[int, int]] = []
    index = 0
    while index < len(runs):
        same = later[runs[index][1] - runs[index][0]]
        while same and same[-1] <= index:
            same.pop()
        if same:
            spans.append((runs[index][0], runs[same[-1]][1]))
            index = same[-1] + 1
        else:
            index += 1
    return spans


def without_code(line: str) -> str:
    """The line with its inline code blanked out, lengths kept."""
    spans = code_spans(line)
    if not spans:
        return line
    parts: list[str] = []
    position = 0
    for start, end in spans:
        parts += [line[position:start], " " * (end - start)]
        position = end
    parts.append(line[position:])
    return "".join(parts)


def links_of(line: str, number: int = 0) -> list[Link]:
    """Wikilinks and embeds of one line, inline code left out. `number` is the line number they get."""
    if "[[" not in line:
        return []
    return [_link(match, number) for match in _LINK.finditer(without_code(line))]


def _link(match: re.Match[str], number: int) -> Link:
    target, _, anchor = match.group(2).partition("#")
    heading, caret, block = anchor.rpartition("^")
    if not caret or not re.fullmatch(r"[A-Za-z0-9-]+\s*", block):
        heading, block = anchor, ""
    return Link(
        target=target.strip(),
        heading=heading.strip().strip("#").strip(),
        block=block.strip(),
        alias=(match.group(3) or "").strip(),
        embed=bool(match.group(1)),
        line=number,
    )


def split_lines(text: str) -> list[str]:
    """The lines an editor shows: parted by line feeds alone, carriage returns before them dropped."""
    lines = [line[:-1] if line.endswith("\r") else line for line in text.removeprefix("\ufeff").split("\n")]
    if lines[-1] == "":
        lines.pop()
    return lines


def parse_note(path: str, text: str, *, suffix_is_date: bool | None = None) -> Note:
    """Read one note.

    Args:
        path: vault-relative, posix, with .md.
        text: the whole file, any line ends.
        suffix_is_date: whether a sub-heading's date suffix is the event date even where it differs from the day heading
            above it. Only so in the results note; None: decided by the file name (Experiments).
    Returns: the note. Never raises: what is not understood stays text.
    """
    lines = split_lines(text)
    name = path[:-3] if path.lower().endswith(".md") else path
    stem = name.rsplit("/", 1)[-1]
    if suffix_is_date is None:
        suffix_is_date = stem.casefold() == "experiments"
    kinds = bytearray(b"t" * len(lines))
    body, aliases, tags = _frontmatter(lines)
    kinds[:body] = b"m" * body
    fences = _fences(lines, body, kinds)
    _comments(lines, kinds)
    reader = _Reader(name, heading_date(stem), suffix_is_date, lines, kinds, body)
    reader.read()
    title = next((s.heading for s in reader.sections if s.level == 1 and s.heading), stem)
    return Note(
        path=path,
        name=name,
        title=title,
        aliases=aliases,
        sections=tuple(reader.sections),
        tasks=tuple(reader.tasks),
        links=tuple(reader.links),
        fences=tuple(fences),
        blocks=tuple(reader.blocks),
        lines=tuple(lines),
        plain=kinds.decode("ascii"),
        tags=tags,
    )


def _frontmatter(lines: Sequence[str]) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """(first line after it, aliases, tags). An unclosed frontmatter is text."""
    if not lines or lines[0].rstrip() != "---":
        return 0, (), ()
    end = next((i for i in range(1, len(lines)) if lines[i].rstrip() in ("---", "...")), 0)
    if not end or any(heading_date((heading_of(line) or (0, ""))[1]) for line in lines[1:end]):
        return 0, (), ()
    values: dict[str, list[str]] = {}
    key = ""
    for line in lines[1:end]:
        stripped = line.strip()
        if stripped.startswith("- ") and key:
            values[key].append(stripped[2:].strip().strip("\"'"))
        elif ":" in line and not line[:1].isspace():
            key, _, value = line.partition(":")
            key, value = key.strip().lower(), value.strip()
            inner = value[1:-1].split(",") if value.startswith("[") and value.endswith("]") else [value]
            values[key] = [part.strip().strip("\"'") for part in inner]
    aliases = values.get("aliases", []) + values.get("alias", [])
    return end + 1, tuple(a for a in aliases if a), tuple(t for t in values.get("tags", []) if t)


# Fences. A token is a line that may open or close a fence of three backticks:
# "O" opens (it has an info string), "B" is bare (opens or closes), "G" ends on ``` after code (can only close),
# "D" is a day heading (closes whatever is open), "T" and "U" are tildes, bare and with an info string. Longer fences
# and tildes follow CommonMark, but a day closes them too.


def _fences(lines: Sequence[str], body: int, kinds: bytearray) -> list[Fence]:
    tokens = [_fence_token(line) if "```" in line or "~~~" in line or "##" in line[:5] else "" for line in lines]
    for i in range(body):
        tokens[i] = ""
    ends_open = _ends_open(tokens)
    tilde_ends_open = _ends_open([_AS_TICKS.get(token, "") for token in tokens]) if "T" in tokens else ends_open
    fences: list[Fence] = []
    start = -1  # line index of the opener
    mark, info, depth = "", "", 0
    # Fences that were closed by something other than a fence line of their own, by their mark.
    strays = {"`": 0, "~": 0}

    def close(end: int, content_end: int, glued: str | None = None) -> None:
        nonlocal start
        content = [unquote(line)[1] if depth else line for line in lines[start + 1 : content_end]]
        if glued is not None:
            content.append(glued)
        fences.append(Fence(info, "\n".join(content), start + 1, end + 1))
        kinds[start:end] = b"f" * (end - start)
        start = -1

    for i in range(body, len(lines)):
        token = tokens[i]
        if start >= 0 and depth and unquote(lines[i])[0] == 0:
            close(i, i)  # the quote is over
        if not token:
            continue
        if token == "D":
            if start >= 0:
                close(i, i)
                strays[mark[0]] += 1
            continue
        level, rest = unquote(lines[i])
        rest = rest.strip()
        fence_line = _FENCE_LINE.match(_LIST.sub("", rest, count=1))
        if start >= 0:
            if mark[0] == "~" or len(mark) > 3:
                if fence_line and fence_line.group(1).startswith(mark) and not fence_line.group(2).strip():
                    close(i + 1, i)
            elif token == "B":
                close(i + 1, i)
            elif token == "G":
                close(i + 1, i, lines[i].rstrip()[:-3])
                strays["`"] += 1
            elif token == "O" and fence_line and len(fence_line.group(1)) == 3:
                close(i, i)  # the one before was never closed
                start, mark, info, depth = i, "```", fence_line.group(2).strip(), level
            continue
        if token == "G" or fence_line is None:
            continue
        late = ends_open[i] if token == "B" else tilde_ends_open[i] if token == "T" else False
        if late and len(fence_line.group(1)) == 3 and strays[fence_line.group(1)[0]]:
            strays[fence_line.group(1)[0]] -= (
                1  # the late closer of a fence that a day heading (or a glued closer) has ended
            )
            kinds[i] = ord("f")
            continue
        start, mark, info, depth = i, fence_line.group(1), fence_line.group(2).strip(), level
    if start >= 0:
        close(len(lines), len(lines))
    return fences


_AS_TICKS = {"D": "D", "T": "B", "U": "O"}


def _fence_token(line: str) -> str:
    heading = heading_of(line)
    if heading is not None:
        return "D" if heading[0] == 2 and heading_date(heading[1]) else ""
    rest = unquote(line)[1].strip()
    if rest.startswith(("-", "*", "+")) or rest[:1].isdecimal():
        rest = _LIST.sub("", rest, count=1)
    match = _FENCE_LINE.match(rest)
    if match:
        if match.group(1)[0] == "~":
            return "U" if match.group(2).strip() else "T"
        if not match.group(2).strip():
            return "B"
        if "```" not in match.group(2):  # CommonMark forbids any tick here; a title may quote an option
            return "O"
    return "G" if rest.endswith("```") else ""


def _ends_open(tokens: Sequence[str]) -> list[bool]:
    """For each bare fence: whether a fence opened there would still be open at the next day heading or info fence."""
    result = [False] * len(tokens)
    outside, inside = False, True  # what becomes of the state when nothing more comes
    for i in range(len(tokens) - 1, -1, -1):
        token = tokens[i]
        if token and token in "DOTU":
            outside, inside = False, True
        elif token == "B":
            result[i] = inside
            outside, inside = inside, outside
        elif token == "G":
            inside = outside
    return result


def _comments(lines: Sequence[str], kinds: bytearray) -> None:
    """Mark lines that lie wholly inside a %%comment%% of several lines. Unclosed before the next day: it is text."""
    opened = -1
    for i, line in enumerate(lines):
        if kinds[i] != ord("t"):
            continue
        if opened >= 0 and line.startswith("##") and _fence_token(line) == "D":
            opened = -1
        if "%%" not in line:
            continue
        marks = without_code(line).count("%%")
        if marks % 2 == 0:
            continue
        if opened < 0:
            opened = i
        else:
            whole = opened if lines[opened].lstrip().startswith("%%") else opened + 1
            end = i + 1 if line.rstrip().endswith("%%") else i
            for j in range(whole, end):
                if kinds[j] == ord("t"):
                    kinds[j] = ord("c")
            opened = -1


def _without_comments(line: str) -> str:
    """The line with its %%inline comments%% blanked out."""
    if "%%" not in line:
        return line
    parts = line.split("%%")
    if len(parts) % 2 == 0:
        return line
    return "".join(part if i % 2 == 0 else " " * (len(part) + 4) for i, part in enumerate(parts))


class _Reader:
    """Walks the lines once and collects sections, tasks, links, block ids and verdicts."""

    def __init__(
        self,
        name: str,
        day: datetime.date | None,
        suffix_is_date: bool,
        lines: Sequence[str],
        kinds: bytearray,
        body: int,
    ) -> None:
        self.name = name
        self.day: datetime.date | None = day
        self.suffix_is_date = suffix_is_date
        self.lines = lines
        self.kinds = kinds
        self.body = body
        self.sections: list[Section] = []
        self.tasks: list[Task] = []
        self.links: list[Link] = []
        self.blocks: list[tuple[str, int]] = []
        # headings above the current line: (level, text, date that children inherit, whether it is a day)
        self.above: list[tuple[int, str, datetime.date | None, bool]] = []
        self.open: list[_OpenTask] = []

    def read(self) -> None:
        lines, kinds = self.lines, self.kinds
        start, level, heading = self.body, 0, ""
        date: datetime.date | None = self.day
        verdicts: list[Verdict] = []
        for i in range(self.body, len(lines)):
            line = lines[i]
            if kinds[i] != ord("t"):
                self._outside_text(i, line)
                continue
            found = heading_of(line)
            if found is not None:
                self._close_tasks(-1)
                self._section(heading, level, start, i, date, verdicts)
                verdicts = []
                level, heading = found
                start = i
                date = self._enter(level, heading)
                self.links += links_of(line, i + 1)
                self._block(line, i)
                continue
            seen = _without_comments(line)
            links = links_of(seen, i + 1)
            self.links += links
            self._block(seen, i)
            self._task_line(i, seen, links, date)
            if "[!" in seen:
                verdicts += _verdicts(lines, kinds, i, seen)
        self._close_tasks(-1)
        self._section(heading, level, start, len(lines), date, verdicts)
        self.tasks.sort(key=lambda task: task.line)

    def _enter(self, level: int, heading: str) -> datetime.date | None:
        while self.above and self.above[-1][0] >= level:
            self.above.pop()
        inherited, under_day = (self.above[-1][2], self.above[-1][3]) if self.above else (self.day, False)
        date: datetime.date | None
        own = heading_date(heading)
        if own is not None:
            date, is_day = own, True
        else:
            suffix = suffix_date(heading)
            takes = suffix is not None and (self.suffix_is_date or not under_day)
            date, is_day = (suffix if takes else inherited), under_day
        self.above.append((level, heading, date, is_day))
        return date

    def _section(
        self, heading: str, level: int, start: int, end: int, date: datetime.date | None, verdicts: list[Verdict]
    ) -> None:
        first = start + 1 if level else start
        if level == 0 and not any(line.strip() for line in self.lines[start:end]):
            return
        self.sections.append(
            Section(
                note=self.name,
                heading=heading,
                level=level,
                path=tuple(text for _, text, _, _ in self.above) if level else (),
                start=start + 1,
                end=end + 1,
                date=date,
                text="\n".join(self.lines[first:end]),
                verdicts=tuple(verdicts),
            )
        )

    def _block(self, line: str, i: int) -> None:
        if "^" in line:
            match = _BLOCK.search(line, max(0, len(line.rstrip()) - 200))
            if match:
                self.blocks.append((match.group(1), i + 1))

    def _outside_text(self, i: int, line: str) -> None:
        """A fence or comment stays with the open task when it is indented deeper than that."""
        if not self.open or not line.strip():
            return
        if i == 0 or self.kinds[i - 1] != self.kinds[i]:
            self._close_tasks(_indent(line))
        if self.open:
            self.open[-1].last = i

    def _task_line(self, i: int, line: str, links: list[Link], date: datetime.date | None) -> None:
        if not line.strip():
            return
        depth, rest = unquote(line)
        match = _TASK.match(line) or (_TASK.match(rest) if depth else None)
        indent = _indent(line)
        self._close_tasks(indent)
        if match is None:
            if self.open:
                task = self.open[-1]
                task.last = i
                task.sublines.append(line.strip())
                task.links += links
            return
        text = (match.group(3) or "").strip()
        heading = self.above[-1][1] if self.above else ""
        category = "" if heading_date(heading) else without_suffix(heading)
        self.open.append(_OpenTask(i, indent, match.group(2), text, date, category, heading, [], list(links), i))

    def _close_tasks(self, indent: int) -> None:
        """Finish the open tasks that a line of this indentation does not belong to (-1: all of them)."""
        while self.open and (indent < 0 or indent <= self.open[-1].indent):
            task = self.open.pop()
            if self.open:
                self.open[-1].last = max(self.open[-1].last, task.last)
            clock, words = clock_of(task.text)
            marks = _CALLOUT.findall(without_code(task.text)) if "[!" in task.text else []
            self.tasks.append(
                Task(
                    note=self.name,
                    state=task.state.lower(),
                    text=task.text,
                    line=task.line + 1,
                    end=task.last + 2,
                    indent=task.indent,
                    date=task.date,
                    category=task.category,
                    heading=task.heading,
                    sublines=tuple(task.sublines),
                    links=tuple(task.links),
                    struck=is_struck(words),
                    clock=clock,
                    verdicts=tuple(VERDICT_KINDS[m.lower()] for m in marks if m.lower() in VERDICT_KINDS),
                )
            )


@dataclass
class _OpenTask:
    line: int
    indent: int
    state: str
    text: str
    date: datetime.date | None
    category: str
    heading: str
    sublines: list[str]
    links: list[Link]
    last: int


def _indent(line: str) -> int:
    """Columns before the first mark of a line; a tab stands for four."""
    width = 0
    for character in line:
        if character == " ":
            width += 1
        elif character == "\t":
            width += 4
        else:
            break
    return width


def is_struck(text: str) -> bool:
    """Whether the whole text is cancelled: ~~ at both ends, verdict marks and a block id around it aside."""
    if "~~" not in text:
        return False
    text = _CALLOUT.sub("", text[:2000]).strip() if "[!" in text[:2000] else text[:2000].strip()
    text = _BLOCK.sub("", text).strip()
    if not text.startswith("~~"):
        return False
    end = text.rfind("~~")
    return end > 1 and "~~" not in text[2:end].replace("~~ ~~", "") and not text[end + 2 :].strip(" .,;!")


def _verdicts(lines: Sequence[str], kinds: bytearray, i: int, line: str) -> list[Verdict]:
    """Verdict callouts that open on this line, or stand as a mark in a task's text."""
    depth, rest = unquote(line)
    listed = _LIST.match(rest)
    if listed:
        rest = rest[listed.end() :]
    found, title = callouts_of(rest)
    if not found:
        if listed is None:
            return []
        marks = [m.lower() for m in _CALLOUT.findall(without_code(rest))]
        text = _CALLOUT.sub("", rest).strip()
        return [Verdict(VERDICT_KINDS[mark], text, i + 1) for mark in marks if mark in VERDICT_KINDS]
    judging = [VERDICT_KINDS[kind] for kind in found if kind in VERDICT_KINDS]
    if not judging:
        return []
    text = title
    if len(title.split()) < 4 and not title.endswith((".", "!", "?")):
        text = " ".join([title, *_following(lines, kinds, i + 1, depth)]).strip()
    return [Verdict(kind, text, i + 1) for kind in judging]


def _following(lines: Sequence[str], kinds: bytearray, start: int, depth: int) -> list[str]:
    """The lines that go on with a callout whose title says little: same quote, or same paragraph without marks."""
    result: list[str] = []
    for i in range(start, min(start + 6, len(lines))):
        if kinds[i] != ord("t"):
            break
        quoted, rest = unquote(lines[i])
        rest = rest.strip()
        if not rest or (depth and not quoted) or rest.startswith(("[", "#", "- ", "* ", "---")) or field_of(rest):
            break
        result.append(clock_of(rest)[1])
    return result
