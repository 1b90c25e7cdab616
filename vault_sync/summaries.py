"""Turns a run's record into the Markdown the researcher would have typed.

How it is typed is read off the newest entries of the vault itself. Whatever a title or a command holds, it comes out as
words inside a line: it can open no fence, heading, comment, callout or link of its own.
"""

from __future__ import annotations

import datetime
import math
import re
import shlex
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fskws.config import read_command
from fskws.runs import SESSION_METRICS, Record, RunDirectory, read_metrics
from vault_sync.changes import CodeChanges, changed_in_words, changes_between
from vault_sync.entries import Entry, commands_of, server_entries
from vault_sync.links import wikilink
from vault_sync.notes import Note, heading_date
from vault_sync.results import NoteNames
from vault_sync.write import day_form

_ARRAY = re.compile(r"\s*(?:>\s*)?\[\s*-?\d[\d\s.,eE+-]*\]")
_LABELS = {"seen": "Seen acc:", "unseen": "Unseen acc:", "harmonic_mean": "Harmonic mean:"}
_INTERPRETER = re.compile(r"^(python|pypy)[\d.]*$")
_LINK = re.compile(r"!?\[\[[^\[\]\n]+\]\]")

#: Metrics of a run without per-session lists that are written at most.
MOST_METRICS = 8

#: A command of at most so many characters that is no training script stands on one line.
SHORT_COMMAND = 100


@dataclass(frozen=True)
class Style:
    """How the researcher writes entries.

    Attributes:
        heading_form: strftime form of day headings, for notes that have none yet.
        info: info string of a command's fence, by program ("python train.py") and "" for any other.
        indent: before an option's line. quote: around quoted values. quoted: options whose values are quoted.
        order: the newest entry's options, in its order.
        options: program -> option -> value of the newest entry, to word a run that has no title.
        decimals: digits after the point in arrays. labels: as written before the arrays.
        rule: whether an entry ends with `---`. verdict_kind: of the callout that says how a run failed.
    """

    heading_form: str = "%Y/%m/%d"
    info: Mapping[str, str] = field(default_factory=dict)
    indent: str = "  "
    quote: str = '"'
    quoted: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    decimals: int = 3
    labels: Mapping[str, str] = field(default_factory=lambda: dict(_LABELS))
    rule: bool = True
    verdict_kind: str = "fail"


def read_style(notes: Sequence[Note], names: NoteNames = NoteNames()) -> Style:  # noqa: B008
    """The style of the vault's newest entries; what it does not show is as in `Style`'s defaults."""
    server, experiments = hub(notes, names.server), hub(notes, names.experiments)
    values: dict[str, Any] = {}
    for note in (server, experiments, hub(notes, names.scratch), *notes):
        form = day_form(note) if note is not None else ""
        if form:
            values["heading_form"] = form
            break
    if server is not None:
        values |= _server_style(server)
    if experiments is not None:
        values |= _array_style(experiments)
    return Style(**values)


def hub(notes: Sequence[Note], name: str) -> Note | None:
    """The hub note of this name: exact spelling first, then any case, nearest to the vault's root."""
    wanted = name.removesuffix(".md")
    fitting = [n for n in notes if n.name.casefold() == wanted.casefold() or _stem(n).casefold() == wanted.casefold()]
    return min(fitting, key=lambda n: (n.name.count("/"), _stem(n) != wanted, n.path)) if fitting else None


def _stem(note: Note) -> str:
    return note.name.rsplit("/", 1)[-1]


def _server_style(note: Note) -> dict[str, Any]:
    entries = [entry for entry in server_entries(note) if entry.commands]
    entries.sort(key=lambda entry: (entry.date or datetime.date.min, entry.line))
    info: dict[str, str] = {}
    options: dict[str, dict[str, str]] = {}
    order: list[str] = []
    values: dict[str, Any] = {}
    starts = [fence.start for fence in note.fences]
    for entry in reversed(entries):
        if any(marker.startswith("kw-") for marker in entry.markers):
            for command in entry.commands:
                options.setdefault(*_program_options(command.words))
            continue  # our own entries teach nothing about style
        for command in reversed(entry.commands):
            program, given = _program_options(command.words)
            place = bisect_left(starts, command.line) - 1
            fence = note.fences[place] if place >= 0 else None
            if fence is not None and command.line > max(fence.end, fence.start + 1):
                fence = None
            options.setdefault(program, given)
            order += [name for name in given if name not in order]
            if fence is None or commands_of(fence) == []:
                continue
            info.setdefault(program, fence.info)
            info.setdefault("", fence.info)
            if "indent" not in values:
                values |= _fence_style(fence.text)
    ours = [entry for entry in entries if not entry.markers]
    if ours:
        values["rule"] = any(entry.ruled or _is_ruled(note, entry) for entry in ours[-5:])
    return {**values, "info": info, "options": options, "order": tuple(order)}


def _is_ruled(note: Note, entry: Entry) -> bool:
    for line in note.lines[entry.line : entry.line + 60]:
        if line.strip() == "---":
            return True
        if re.match(r"[-*] \[.\]|## ", line):
            return False
    return False


def _fence_style(text: str) -> dict[str, Any]:
    """indent, quote and quoted of a fence that has one option a line; {} of any other."""
    lines = [
        m for m in (re.match(r"([ \t]*)-{1,2}([\w-]+)(?:[ \t]+|=)(.*?)[ \t]*\\?$", x) for x in text.split("\n")) if m
    ]
    if not lines:
        return {}
    quoted = [(m.group(2), m.group(3)[:1]) for m in lines if m.group(3)[:1] in ("'", '"')]
    values: dict[str, Any] = {"indent": lines[-1].group(1)}
    if quoted:
        values["quote"] = quoted[-1][1]
        values["quoted"] = frozenset(name for name, _ in quoted)
    return values


def _array_style(note: Note) -> dict[str, Any]:
    days = [(heading_date(s.heading) or datetime.date.min, s) for s in note.sections if s.level == 2]
    for _, section in sorted(days, key=lambda pair: (pair[0], pair[1].start), reverse=True):
        numbers = [
            n for line in section.text.split("\n") if _ARRAY.match(line) for n in re.findall(r"\d+\.(\d+)", line)
        ]
        if len(numbers) >= 4:
            return {"decimals": max(1, min(6, max(len(n) for n in numbers)))}
    return {}


def _file_name(word: str) -> str:
    return word.rsplit("/", 1)[-1]


def _program_options(words: Sequence[str]) -> tuple[str, dict[str, str]]:
    command = read_command(words)
    return program_of(words), command.options


def program_of(words: Sequence[str]) -> str:
    """The command up to its script or module, the interpreter without path: "python -m fskws", "python train.py"."""
    program = list(read_command(words).program)
    if program and _INTERPRETER.search(_file_name(program[0])):
        program[0] = "python"
    return " ".join(program)


# -- text that stays text ----------------------------------------------------------------------------------------------


def one_line(text: str, limit: int = 300) -> str:
    """Any text as one line of prose that cannot change the note around it.

    Line ends and control characters become blanks, fence marks, comment marks and unpaired brackets are parted.
    """
    text = "".join(c if c.isprintable() or c == "\u200d" else " " for c in text)
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) > limit:
        text = text[: limit - 3].rstrip() + "..."
    text = re.sub(r"`{3,}", "''", text)
    text = re.sub(r"~{3,}", "~~", text)
    text = re.sub(r"%(?=%)", "% ", text)
    text = re.sub(r"\$(?=\$)", "$ ", text)
    text = text.replace("<!--", "<! --")
    text = re.sub(r"(?:(?<=\s)|^)\^(?=[A-Za-z0-9-]+\s*$)", "", text)
    pieces, position = [], 0
    for match in _LINK.finditer(text):
        pieces += [_parted(text[position : match.start()]), match.group()]
        position = match.end()
    text = "".join([*pieces, _parted(text[position:])])
    if text.count("`") % 2:
        cut = text.rfind("`")
        text = text[:cut] + "'" + text[cut + 1 :]
    return text.strip()


def _parted(text: str) -> str:
    while "[[" in text or "]]" in text:
        text = text.replace("[[", "[ [").replace("]]", "] ]")
    return text


def opening(text: str) -> str:
    """A line whose first characters mean nothing to Markdown."""
    if re.match(r"(#{1,6}(\s|$)|[>|=]|\[[!\s\d.+-]|\[.\](\s|$)|[-+*](\s|$)|[-_*=~]{3,}|\d+[.)](\s|$)|~~~)", text):
        return "\\" + text
    return text


def given_title(record: Record) -> str:
    """The title somebody gave the run, as one line; "" when it is only its command."""
    command = shlex.join(record.argv)
    title = one_line(record.title)
    return "" if title in (one_line(command[:120]), one_line(command)) else title


def fence_info(record: Record, style: Style) -> str:
    """The info string of the fence its command stands in."""
    return style.info.get(program_of(record.argv)) or (style.info.get("") if _is_script(record.argv) else "") or "sh"


def title_of(record: Record, style: Style) -> str:
    """The run's title as one line; where nobody gave one, the options that differ from the newest such command."""
    title = given_title(record)
    if title:
        return title
    program, given = _program_options(record.argv) if record.argv else ("", {})
    before = style.options.get(program)
    if before is not None:
        changed = [f"`{name}` {one_line(value, 40)}" for name, value in given.items() if before.get(name) != value]
        if 1 <= len(changed) <= 4:
            return ", ".join(changed) + "."
    words = [_file_name(word) if i == 0 else word for i, word in enumerate(record.argv)]
    short = one_line(shlex.join(words).replace("`", "'"), 80)
    return f"`{short}`" if short else one_line(record.id)


# -- the Server entry --------------------------------------------------------------------------------------------------


def command_lines(argv: Sequence[str], style: Style) -> tuple[str, ...]:
    """The command as it is typed into a fence: one option a line for a Python script, else as short as it is.

    Options stand in the researcher's order where each is given once; the words themselves stay what they were.
    """
    words = list(argv)
    if words and words[0].startswith("/") and _INTERPRETER.search(_file_name(words[0])):
        words[0] = _file_name(words[0])
    head, groups = _groups(words)
    whole = " ".join(_shell_word(word) for word in words)
    if not groups or (not _is_script(words) and len(whole) <= SHORT_COMMAND):
        return (whole,)
    names = [_option_name(group[0]) for group in groups]
    if _is_script(words) and len(set(names)) == len(names) and all(len(group) <= 2 for group in groups):
        rank = {name: i for i, name in enumerate(style.order)}
        position, ranked = -1, []
        for name, group in zip(names, groups, strict=True):
            position = rank.get(name, position)
            ranked.append((position, group))
        groups = [group for _, group in sorted(ranked, key=lambda pair: pair[0])]
    lines = [" ".join(_shell_word(word) for word in head)]
    for group in groups:
        name = _option_name(group[0])
        values = [_styled_value(name, word, style) for word in group[1:]]
        lines.append(style.indent + " ".join([_shell_word(group[0]), *values]))
    return (*(line + " \\" for line in lines[:-1]), lines[-1])


def _is_script(words: Sequence[str]) -> bool:
    program = read_command(words).program
    return any(word.endswith(".py") for word in program) or ("-m" in program and len(program) > 2)


def _groups(words: list[str]) -> tuple[list[str], list[list[str]]]:
    """(words before the first option of the program, [option, its values...] groups)."""
    program = len(read_command(words).program)
    first = next((i for i in range(max(program, 1), len(words)) if _is_option(words[i])), len(words))
    groups: list[list[str]] = []
    for word in words[first:]:
        if _is_option(word) or not groups:
            groups.append([word])
        else:
            groups[-1].append(word)
    return words[:first], groups


def _is_option(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and not re.fullmatch(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", word)


def _option_name(word: str) -> str:
    return word.lstrip("-").partition("=")[0].replace("-", "_")


def _styled_value(name: str, word: str, style: Style) -> str:
    plain = _shell_word(word)
    if name in style.quoted and plain == word and word:
        return f"{style.quote}{word}{style.quote}"
    return plain


def _shell_word(word: str) -> str:
    """The word as a shell reads it, always on one line and without a fence mark."""
    if any(not c.isprintable() for c in word) or "```" in word or "~~~" in word:
        inner = word.replace("\\", "\\\\").replace("'", "\\'").replace("`", "\\x60").replace("~", "\\x7e")
        inner = "".join(_escaped(c) for c in inner)
        return f"$'{inner}'"
    if "'" in word and not re.search(r'["$`\\!]', word):
        return f'"{word}"'
    return shlex.quote(word)


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    if character in known:
        return known[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@dataclass(frozen=True)
class RunFacts:
    """What only the run's directory tells. last_good: "step 120" or "epoch 3". code: one line about its code."""

    last_good: str = ""
    code: str = ""


NO_FACTS = RunFacts()


def is_over(record: Record) -> bool:
    """Whether the run has ended, as far as is known. A host that does not answer is not an end."""
    return record.status in ("finished", "failed", "stopped") or (record.status == "unknown" and bool(record.ended_at))


def verdict_of(record: Record, facts: RunFacts = NO_FACTS) -> str:
    """How the run went wrong, in one line: "Stopped after 12 min."; "" for a run that went well, or is not over."""
    cause = one_line(record.cause, 160).rstrip(".")
    last = f" Last good {facts.last_good}." if facts.last_good else ""
    nan = re.search(r"\bnan\b", cause, re.IGNORECASE)
    if record.status == "stopped":
        words = f"Stopped after {_duration(record)}." if _duration(record) else "Stopped."
        plain = re.fullmatch(
            r"(stopped|killed|ended|cancelled|interrupted)?( by (hand|the researcher|kwslab|user))?", cause
        )
        return words + (f" {_sentence(cause)}" if cause and not plain else "") + last
    if nan and record.status in ("failed", "finished"):
        loss = _nan_metric(record)
        first = f"NaN occurs in {loss}." if loss else "NaN occurs."
        more = "" if re.fullmatch(r"nan occurs?( in .*)?", cause, re.IGNORECASE) else f" {_sentence(cause)}"
        return first + more + last
    if record.status == "failed":
        code = f" with exit code {record.exit_code}" if (record.exit_code or 0) > 0 else ""
        again = re.fullmatch(r"(exit(ed)?( with)?( code)?|exit status) -?\d+", cause, re.IGNORECASE)
        return f"Failed{code}." + (f" {_sentence(cause)}" if cause and not again else "") + last
    if record.status == "lost":
        return "Lost." + (f" {_sentence(cause)}" if cause else "")
    if record.status == "unknown" and is_over(record):
        return ""
    return ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def _nan_metric(record: Record) -> str:
    for name, value in record.metrics.items():
        if isinstance(value, Mapping) and not _finite(value.get("last")) and "last" in value:
            return f"`{one_line(str(name), 40).replace('`', '')}`"
    return ""


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _duration(record: Record) -> str:
    start, end = moment(record.started_at), moment(record.ended_at)
    if start is None or end is None or end < start:
        return ""
    seconds = (end - start).total_seconds()
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def moment(text: str | None) -> datetime.datetime | None:
    """An ISO moment with its offset; None for anything else."""
    try:
        return datetime.datetime.fromisoformat(text or "").astimezone()
    except ValueError:
        return None


def server_entry(record: Record, style: Style, *, result: str, facts: RunFacts = NO_FACTS) -> tuple[str, ...]:
    """The lines of a Server entry: in progress while the run goes on, ticked when it is over.

    Args: result: wikilink to the day of the result.
    """
    over = is_over(record)
    box = "x" if over else "-"
    marker = f" ^{record.marker}" if record.marker else ""
    lines = [f"- [{box}] {title_of(record, style)}{marker}"]
    if record.host not in ("", "local"):
        lines += ["  > [!note]", f"  > Host : `{one_line(record.host, 40).replace('`', '')}`"]
    lines.append("")
    lines += [f"```{fence_info(record, style)}", *command_lines(record.argv, style), "```"]
    verdict = verdict_of(record, facts) if over else ""
    if verdict:
        lines += [f"> [!{style.verdict_kind}] {verdict}", ""]
    lines += ["> [!note] Result", f"> {result}"]
    return (*lines, "---") if style.rule else tuple(lines)


# -- the result --------------------------------------------------------------------------------------------------------


def array_text(values: Sequence[object], decimals: int = 3) -> str:
    """A per-session list as the training script prints it: `decimals` digits at most, no trailing zeros."""
    return "[" + ", ".join(_rounded(value, decimals) for value in values) + "]"


def _rounded(value: object, decimals: int) -> str:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return "nan"
    if not math.isfinite(number):
        return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
    return str(round(number, decimals) + 0.0)


def result_entry(
    record: Record,
    style: Style,
    *,
    server: str = "",
    facts: RunFacts = NO_FACTS,
    title: str = "",
    label: str = "",
    more: bool = False,
) -> tuple[str, ...]:
    """The lines of a result: a quote with description and link, then the arrays or the run's own metrics.

    Args: server: wikilink to the day of the Server entry; "" leaves the line out. facts: its `code` is the one remark.
        title: of the run whose checkpoint was evaluated; "" for the run's own. label: what is said before the arrays of
        one of several sets, "Final result". more: only the set, to go under a description that stands already.
    """
    lines: list[str] = []
    verdict = verdict_of(record, facts)
    if more:
        lines += [f"> [!{style.verdict_kind}] {verdict}"] * bool(verdict) + [f"> {label}"]
    else:
        if verdict:
            lines.append(f"> [!{style.verdict_kind}] {verdict}")
        lines.append(f"> {opening(title or title_of(record, style))}")
        if server:
            lines.append(f"> Server : {server}")
        if label:
            lines += ["", f"> {label}"]
    arrays = {name: record.metrics.get(name) for name in SESSION_METRICS}
    shown = False
    for name in SESSION_METRICS:
        values = arrays[name]
        if isinstance(values, list | tuple) and values:
            if name in style.labels:
                lines.append(style.labels[name])
            elif name != "accuracy":
                lines.append(f"{name}:")
            lines.append(array_text(values, style.decimals))
            shown = True
    if not shown:
        lines += metric_lines(record)
    if facts.code:
        lines.append(f"- {opening(one_line(facts.code))}")
    if record.marker:
        lines.append(f"^{record.marker}")
    return tuple(lines)


def metric_lines(record: Record) -> list[str]:
    """`- name : last (best x)` lines of the metrics that are no per-session lists."""
    lines: list[str] = []
    for name, value in record.metrics.items():
        if len(lines) == MOST_METRICS:
            break
        last = value.get("last") if isinstance(value, Mapping) else value
        best = value.get("best") if isinstance(value, Mapping) else None
        if last is None or isinstance(last, list | tuple | Mapping):
            continue
        words = f"- {opening(one_line(str(name), 60))} : {figure(last)}"
        lines.append(words + (f" (best {figure(best)})" if best is not None and best != last else ""))
    return lines


def figure(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return one_line(str(value), 40)
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    return f"{value:.5g}"


def link(note: str, heading: str) -> str:
    """A wikilink to a heading, verbatim."""
    return wikilink(note, heading)


# -- what the run directory tells --------------------------------------------------------------------------------------


def read_facts(record: Record, parent: Record | None, repository: Path | None = None) -> RunFacts:
    """Last good step of a run that went wrong, and what its code changed against its parent's. Never raises.

    Args: parent: the run it was derived from, or the one of the same program before it; None when there is none.
        repository: where commits are looked for that were made on another machine.
    """
    if not record.directory:
        return NO_FACTS
    directory = RunDirectory(Path(record.directory))
    last_good = last_good_step(read_metrics(directory.metrics)) if verdict_of(record) else ""
    code = ""
    if parent is not None and parent.directory:
        changes = changes_between(Path(parent.directory), directory.root, repository)
        # Of a run that nobody named as parent only a difference is worth a line.
        code = code_words(changes, parent.title, equal=record.parent == parent.id)
    return RunFacts(last_good, code)


def code_words(changes: CodeChanges, parent: str, equal: bool = True) -> str:
    """One line about the code of a run against its parent's; "" when that cannot be told.

    Args: parent: the parent's title. equal: whether equal code is said.
    """
    name = one_line(parent, 80)
    if changes.files:
        return f'Code against "{name}" : {changed_in_words(changes)}'
    if changes.equal:
        return f'Same code as "{name}".' if equal else ""
    if changes.before != changes.after and changes.before and changes.after:
        return f'Code against "{name}" : commit {changes.after[:7]} instead of {changes.before[:7]}'
    return ""


def last_good_step(rows: Sequence[Mapping[str, Any]]) -> str:
    """ "step 120" of the last row before one holds a number that is none; "" where no steps were logged."""
    found = ""
    for row in rows:
        numbers = [value for name, value in row.items() if name != "t"]
        if any(str(value).lower() in ("nan", "inf", "-inf") for value in numbers):
            break
        for name in ("step", "epoch"):
            if _finite(row.get(name)):
                found = f"{name} {float(row[name]):g}"
                break
    return found
