"""Cuts a note into the pieces that are searched and cited: one section a chunk, a long section in several parts."""

from __future__ import annotations

import bisect
import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vault_sync.notes import Note, Section, Verdict, heading_date

#: A section longer than this is split. MiniLM reads 256 word pieces, and a short text gives a sharper vector.
MAX_WORDS = 200

#: Part of the store's version: a change to how notes are cut or read makes an index that was built before stale.
CHUNK_FORMAT = 6

_RULE = re.compile(r"^\s*(?:-\s*){3,}$|^\s*(?:\*\s*){3,}$|^\s*(?:_\s*){3,}$")
_ITEM = re.compile(r"^(\s*)(?:[-*+]|\d{1,9}[.)])\s+")
_NOT_IN_LINKS = re.compile(r"[\[\]|^#]|%%")


@dataclass(frozen=True)
class Chunk:
    """A piece of one section, the unit of search. Lines are 1-based, `end` exclusive.

    id: stable while note, heading path and text stay the same, wherever in the note the lines stand.
    note: path of the note with .md. title: the note's name for a reader. path: heading texts, outermost first.
    link: the section as a wikilink, "[[Scratch#2025/04/11]]". date: event date of the section.
    text: body without the heading line. verdicts: the callout verdicts that stand in it.
    """

    id: str
    note: str
    heading: str
    path: tuple[str, ...]
    link: str
    date: datetime.date | None
    start: int
    end: int
    text: str
    verdicts: tuple[Verdict, ...]
    title: str = ""


@dataclass(frozen=True)
class _Block:
    """Lines [start, end) of a section that must not be parted. opens: an entry may begin here."""

    start: int
    end: int
    opens: bool
    words: int


def chunk_note(note: Note, max_words: int = MAX_WORDS) -> list[Chunk]:
    """The chunks of a note, in the order of its lines.

    A section with text is one chunk. One of more than `max_words` is split between its entries (a list item, a
    paragraph, a quote, each with what hangs on it: sub-items, its command's fence, its result), and an entry that is
    itself longer between its paragraphs and items; a fence is never cut. Sections without text give no chunk, except
    that a note without any text gives one, so that it is found by its name.
    """
    links = section_links(note)
    seen: Counter[str] = Counter()
    chunks: list[Chunk] = []
    fences = sorted(note.fences, key=lambda fence: fence.start)
    fence_starts = [fence.start for fence in fences]
    for index, section in enumerate(note.sections):
        lines, first = _body(note, section)
        here = slice(bisect.bisect_left(fence_starts, first), bisect.bisect_left(fence_starts, first + len(lines)))
        # Where a fence ends is the parser's decision: closers are glued to code, or missing.
        inside = {fence.start - first: fence.end - first for fence in fences[here]}
        for start, end in _parts(lines, inside, max_words):
            text = "\n".join(lines[start:end]).strip("\n")
            if not text.strip():
                continue
            chunks.append(_chunk(note, section, links[index], first + start, first + end, text, seen))
    if not chunks and note.sections:
        section = note.sections[0]
        chunks.append(_chunk(note, section, links[0], section.start, section.end, "", seen))
    return chunks


def section_links(note: Note) -> list[str]:
    """The wikilink of each section, in order. A heading that occurs twice is told by its parent: [[N#day#Code]]."""
    counts = Counter(_anchor(section.heading) for section in note.sections)
    links = []
    for section in note.sections:
        anchor = _anchor(section.heading)
        if not anchor:
            links.append(f"[[{note.name}]]")
        elif counts[anchor] > 1 and len(section.path) > 1 and _anchor(section.path[-2]):
            links.append(f"[[{note.name}#{_anchor(section.path[-2])}#{anchor}]]")
        else:
            links.append(f"[[{note.name}#{anchor}]]")
    return links


def embedding_texts(chunk: Chunk) -> list[str]:
    """What the embedder is given for a chunk: the whole of it, then each of its thoughts when there are several.

    A day of a journal holds thoughts that have nothing to do with each other, and one vector for all of them is near to
    none. Headings stand before each text, but for dates; a title only as far as the note itself says it (its level-1
    heading), so that a renamed file keeps its embeddings. Result arrays and options are left out: their numbers
    would fill the embedder's window and say nothing to it.
    """
    context = " > ".join(heading for heading in chunk.path if heading_date(heading) is None)
    thoughts = _thoughts(chunk.text)
    whole = "\n".join(thoughts)
    texts = [whole, *thoughts] if len(thoughts) > 1 else [whole]
    return [f"{context}: {text}" if context and text else text or context or chunk.title for text in texts]


def _anchor(heading: str) -> str:
    """The heading as it can stand inside a wikilink: verbatim but for the characters that would end it."""
    return re.sub(r"\s+", " ", _NOT_IN_LINKS.sub(" ", heading)).strip()


def _chunk(note: Note, section: Section, link: str, start: int, end: int, text: str, seen: Counter[str]) -> Chunk:
    key = hashlib.sha256("\x1f".join((note.path, *section.path, section.heading, "\x1e", text)).encode()).hexdigest()
    seen[key] += 1
    if seen[key] > 1:  # Equal text under equal headings: the ordinal tells them apart.
        key = hashlib.sha256(f"{key}:{seen[key]}".encode()).hexdigest()
    return Chunk(
        id=key[:24],
        note=note.path,
        heading=section.heading,
        path=section.path,
        link=link,
        date=section.date,
        start=start,
        end=end,
        text=text,
        verdicts=tuple(v for v in section.verdicts if start <= v.line < end),
        title=note.title or note.name,
    )


def _body(note: Note, section: Section) -> tuple[list[str], int]:
    """The section's lines without heading and frontmatter, and the 1-based number of the first of them."""
    first = section.start + (1 if section.level > 0 else 0)
    lines = list(note.lines[first - 1 : section.end - 1])
    if "g" in note.plain[first - 1 : section.end - 1]:
        lines = ["" if note.plain[first - 1 + i] == "g" else line for i, line in enumerate(lines)]
    if section.level == 0 and lines and lines[0].lstrip("\ufeff").strip() == "---":
        for index, line in enumerate(lines[1:], start=1):
            if line.strip() in ("---", "..."):
                return lines[index + 1 :], first + index + 1
    return lines, first


def _parts(lines: Sequence[str], fences: Mapping[int, int], max_words: int) -> list[tuple[int, int]]:
    """Line ranges of the chunks of one section."""
    if sum(_words(line) for line in lines) <= max_words:
        return [(0, len(lines))]
    entries: list[list[_Block]] = []
    for block in _blocks(lines, fences):
        if block.opens or not entries:
            entries.append([])
        entries[-1].append(block)
    units: list[tuple[int, int, int]] = []
    for entry in entries:
        total = sum(block.words for block in entry)
        if total <= max_words:
            units.append((entry[0].start, entry[-1].end, total))
        else:
            units.extend((block.start, block.end, block.words) for block in entry)
    return _pack(units, max_words)


def _pack(units: Sequence[tuple[int, int, int]], max_words: int) -> list[tuple[int, int]]:
    """Neighbouring units (start, end, words) joined while they stay under the limit."""
    parts: list[tuple[int, int]] = []
    size = 0
    for start, end, words in units:
        if parts and size + words <= max_words:
            parts[-1] = (parts[-1][0], end)
            size += words
        else:
            parts.append((start, end))
            size = words
    return parts


def _blocks(lines: Sequence[str], fences: Mapping[int, int]) -> list[_Block]:
    """The smallest pieces a split may part: fences, quotes, list items with their sub-lines, paragraphs."""
    blocks: list[_Block] = []
    index = 0
    blank_before = True
    previous = "rule"
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            blank_before = True
            index += 1
            continue
        start = index
        kind, index = _span(lines, index, fences)
        if kind == "fence":
            opens = previous in ("rule", "fence")
        elif kind == "quote":
            opens = previous == "rule" or (blank_before and previous != "fence")
        elif kind == "item":
            opens = _indent(line) < 2
        else:  # A rule closes its entry; a paragraph opens one after a blank line.
            opens = kind == "text" and (blank_before or previous == "rule")
        blocks.append(_Block(start, index, opens, sum(_words(text) for text in lines[start:index])))
        previous = kind
        blank_before = False
    return blocks


def _span(lines: Sequence[str], start: int, fences: Mapping[int, int]) -> tuple[str, int]:
    """Kind of the block that begins at `start` and the index after its last line."""
    line = lines[start]
    if start in fences:
        return "fence", min(len(lines), max(start + 1, fences[start]))
    if _RULE.match(line):
        return "rule", start + 1
    kind = "quote" if line.lstrip().startswith(">") else "item" if _ITEM.match(line) else "text"
    end = start + 1
    while end < len(lines) and lines[end].strip() and end not in fences and not _starts_block(lines[end], kind):
        end += 1
    return kind, end


def _starts_block(line: str, kind: str) -> bool:
    """Whether `line` ends a running block of this kind."""
    if _RULE.match(line):
        return True
    is_quote = line.lstrip().startswith(">")
    if kind == "quote":
        return not is_quote
    return is_quote or bool(_ITEM.match(line))


def _indent(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def _words(line: str) -> int:
    """Length of a line in words; a very long one (an address, Korean without blanks) counts as several."""
    return sum(1 + len(word) // 16 for word in line.split())


_ARRAY = re.compile(r"\[\s*-?\d+(?:\.\d+)?(?:\s*,\s*-?\d+(?:\.\d+)?){2,}\s*\]")
_MARKUP = re.compile(r"[*=~`]{2,}|^\s*(?:>\s*)+|^\s*\[![a-zA-Z]+\][+-]?|\\\s*$|\^[\w-]+\s*$|[`\[\]]")
_OPTION = re.compile(r"^\s*-{1,2}[A-Za-z]\w*(?:[ =].*)?$")
#: Shorter ones ("Stopped.", "Seen acc:") are joined with the thought before them.
_WORDS_OF_A_THOUGHT = 4


def _thoughts(text: str) -> list[str]:
    """The items and paragraphs of a text in plain words, sub-items with the item they belong to."""
    thoughts: list[str] = []
    opens = True
    for line in _ARRAY.sub(" ", text).split("\n"):
        plain = _MARKUP.sub(" ", _MARKUP.sub(" ", line)).strip()
        item = _ITEM.match(line)
        if not plain or _RULE.match(line):
            opens = True
            continue
        if _OPTION.match(line):
            continue
        if item and _indent(line) < 2:
            opens = True
            plain = _ITEM.sub("", plain, count=1)
        plain = re.sub(r"\s+", " ", plain)
        if thoughts and (not opens or len(plain.split()) < _WORDS_OF_A_THOUGHT):
            thoughts[-1] += f"\n{plain}"
        else:
            thoughts.append(plain)
        opens = False
    return thoughts
