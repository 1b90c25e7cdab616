"""Resolves wikilinks as Obsidian and obsidian.nvim do, and says what a broken one probably meant.

The two differ: Obsidian takes the first of equal headings and blanks out punctuation, obsidian.nvim takes the last,
deletes punctuation and knows aliases. A link is fine when either finds it; `Resolved` tells which does.
"""

from __future__ import annotations

import bisect
import datetime
import difflib
import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vault_sync.notes import Link, Note, Section, heading_date

_PUNCTUATION = re.compile(r"[!\"#$%&()*+,.:;<=>?@^`{|}~/\[\]\\\s]+")
_ANCHOR_OUT = re.compile(r"[^#a-z0-9_-]")
_ATTACHMENT = re.compile(r"\.(?!md$)[A-Za-z][A-Za-z0-9]{1,5}$", re.IGNORECASE)


@dataclass(frozen=True)
class Resolved:
    """Where a link leads.

    Attributes:
        status: ok; case (found, but its letters differ in case from the note's or heading's); broken.
        note: name of the note found, as a wikilink writes it; "" when there is none.
        heading: heading verbatim; "" when the link names none, or none was found.
        line: 1-based line Obsidian jumps to (1 for a whole note); 0 when broken. Of a link that only obsidian.nvim
            resolves: its line.
        nearest: for a broken link the nearest real target as a wikilink; "" when nothing is near.
        nvim_line: 1-based line obsidian.nvim jumps to; 0 when it finds nothing.
        obsidian, nvim: whether each of the two finds the target.
    """

    status: Literal["ok", "case", "broken"]
    note: str = ""
    heading: str = ""
    line: int = 0
    nearest: str = ""
    nvim_line: int = 0
    obsidian: bool = False
    nvim: bool = False


@functools.lru_cache(maxsize=1 << 14)
def wikilink(note: str, heading: str = "") -> str:
    """A link to a heading, verbatim. note: path with or without .md. What a link cannot hold becomes a blank."""
    name = note[:-3] if note.lower().endswith(".md") else note
    if not heading:
        return f"[[{name}]]"
    text = re.sub(r"[#|^]|\[\[|\]\]|%%", " ", heading)
    return f"[[{name}#{re.sub(r' +', ' ', text).strip()}]]" if text != heading else f"[[{name}#{heading.strip()}]]"


@functools.lru_cache(maxsize=1 << 15)
def obsidian_key(heading: str) -> str:
    """A heading as Obsidian compares it: punctuation is blank, blanks are one, case does not count."""
    return _PUNCTUATION.sub(" ", heading).strip().casefold()


def nvim_anchor(heading: str) -> str:
    """A heading's anchor in obsidian.nvim: "2025/04/09" -> "#20250409", "Read more" -> "#read-more"."""
    return "#" + _ANCHOR_OUT.sub("", re.sub(r"\s", "-", heading.strip().lower())).lstrip("#")


class LinkIndex:
    """The vault's link targets, made once for many links. files: paths of attachments, when they are to be checked."""

    def __init__(self, notes: Iterable[Note], files: Iterable[str] | None = None) -> None:
        self.notes = list(notes)
        self._by_stem: dict[str, list[Note]] = {}
        self._by_alias: dict[str, list[Note]] = {}
        self._headings: dict[str, _Headings] = {}
        self._stems: _Spellings | None = None
        self._files = None if files is None else {file.casefold() for file in files}
        for note in self.notes:
            self._by_stem.setdefault(note.name.rsplit("/", 1)[-1].casefold(), []).append(note)
            for alias in note.aliases:
                self._by_alias.setdefault(alias.casefold(), []).append(note)

    def note(self, target: str, from_note: str = "") -> tuple[Note | None, bool, bool]:
        """(note, whether only case differs, whether it was found by an alias, which Obsidian does not follow)."""
        name = _name(from_note)
        folder = name.rsplit("/", 1)[0] + "/" if "/" in name else ""
        if not target:
            found = next((n for n in self._by_stem.get(name.rsplit("/", 1)[-1].casefold(), []) if n.name == name), None)
            return found, False, False
        path = _name(target.strip())
        if path.startswith(("./", "../")):
            path = _joined(folder, path)
        path = path.lstrip("/")
        wanted = path.casefold()
        near: list[Note] = []
        for note in self._by_stem.get(wanted.rsplit("/", 1)[-1], []):
            own = note.name.casefold()
            if own == wanted or own.endswith("/" + wanted):
                near.append(note)
        if near:
            # The exact path, then the link's own folder, then the shortest path. Equal letters before equal sounds.
            near.sort(
                key=lambda n: (
                    n.name.casefold() != wanted,
                    not n.name.endswith(path),
                    not (folder and n.name.startswith(folder)),
                    len(n.name),
                    n.name,
                )
            )
            best = near[0]
            return best, not (best.name == path or best.name.endswith("/" + path)), False
        aliased = self._by_alias.get(target.strip().casefold(), [])
        if aliased:
            return aliased[0], target.strip() not in aliased[0].aliases, True
        return None, False, False

    def resolve(self, link: Link, from_note: str) -> Resolved:
        """Where a link in `from_note` (path or name) leads."""
        if _ATTACHMENT.search(link.target) and self.note(link.target, from_note)[0] is None:
            return self._attachment(link)
        note, case, alias = self.note(link.target, from_note)
        if note is None:
            return Resolved("broken", nearest=self._near_note(link))
        obsidian = not alias
        if link.block:
            line, exact = self._sections(note).block(link.block)
            if not line:
                return Resolved("broken", note.name, nearest=self._near_block(note, link.block))
            return Resolved(_status(case or not exact), note.name, "", line, "", line, obsidian, True)
        if not link.heading:
            return Resolved(_status(case), note.name, "", 1, "", 1, obsidian, True)
        first, last = self._sections(note).find(link.heading)
        if first is None and last is None:
            return Resolved("broken", note.name, nearest=self._near_heading(note, link.heading))
        shown = first or last
        assert shown is not None
        case = case or _case_differs(shown, link.heading)
        return Resolved(
            _status(case),
            note.name,
            shown.heading,
            shown.start,
            "",
            last.start if last else 0,
            obsidian and first is not None,
            last is not None,
        )

    def _sections(self, note: Note) -> _Headings:
        known = self._headings.get(note.name)
        if known is None or known.note is not note:
            known = self._headings[note.name] = _Headings(note)
        return known

    def _attachment(self, link: Link) -> Resolved:
        if self._files is None:
            return Resolved("ok", link.target, obsidian=True, nvim=True, line=1, nvim_line=1)
        wanted = link.target.casefold()
        if any(file == wanted or file.endswith("/" + wanted) for file in self._files):
            return Resolved("ok", link.target, obsidian=True, nvim=True, line=1, nvim_line=1)
        return Resolved("broken")

    def _near_note(self, link: Link) -> str:
        stem = _name(link.target).rsplit("/", 1)[-1].casefold()
        if self._stems is None:
            self._stems = _Spellings(self._by_stem)
        close = self._stems.nearest(stem, 0.7)
        if not close:
            return ""
        note = self._by_stem[close][0]
        if not link.heading:
            return wikilink(note.name)
        first, last = self._sections(note).find(link.heading)
        found = first or last
        if found is not None:
            return wikilink(note.name, found.heading)
        return self._near_heading(note, link.heading) or wikilink(note.name)

    def _near_heading(self, note: Note, heading: str) -> str:
        wanted = heading.rsplit("#", 1)[-1]
        near = self._sections(note).nearest(wanted)
        return wikilink(note.name, near.heading) if near is not None else wikilink(note.name)

    def _near_block(self, note: Note, block: str) -> str:
        close = self._sections(note).nearest_block(block)
        return f"[[{note.name}#^{close}]]" if close else wikilink(note.name)


def resolve(link: Link, from_note: str, notes: Iterable[Note] | LinkIndex) -> Resolved:
    """Where one link of `from_note` leads. For many links make a `LinkIndex` once and pass it."""
    return (notes if isinstance(notes, LinkIndex) else LinkIndex(notes)).resolve(link, from_note)


class _Headings:
    """The headings of one note by the keys of both programs."""

    def __init__(self, note: Note) -> None:
        self.note = note
        self.by_key: dict[str, list[Section]] = {}
        self.by_anchor: dict[str, Section] = {}
        for section in note.sections:
            if section.level:
                self.by_key.setdefault(obsidian_key(section.heading), []).append(section)
                self.by_anchor[nvim_anchor(section.heading)] = section  # the last of equal headings wins
        self._blocks: dict[str, int] | None = None
        self._block_spellings: _Spellings | None = None
        self._exact_blocks = frozenset(block for block, _ in note.blocks)
        self._days: list[tuple[datetime.date, Section]] | None = None
        self._spellings: _Spellings | None = None

    def block(self, name: str) -> tuple[int, bool]:
        """(line of the first block of this id, 0 when there is none; whether its letters have the same case)."""
        if self._blocks is None:
            self._blocks = {block.casefold(): line for block, line in reversed(self.note.blocks)}
        return self._blocks.get(name.casefold(), 0), name in self._exact_blocks

    def nearest_block(self, name: str) -> str:
        """The block id most like a name that no block has."""
        if self._block_spellings is None:
            self._block_spellings = _Spellings(block for block, _ in self.note.blocks)
        return self._block_spellings.nearest(name, 0.6)

    def nearest(self, heading: str) -> Section | None:
        """The section a broken link to this note probably means: the nearest day, else the most alike heading."""
        day = heading_date(heading)
        if day is not None:
            if self._days is None:
                dated = ((heading_date(s.heading), s) for s in self.note.sections if s.level)
                self._days = sorted(((own, s) for own, s in dated if own), key=lambda pair: pair[0])
            at = bisect.bisect_left(self._days, day, key=lambda pair: pair[0])
            # Of two days as near as each other the earlier one, of two headings of a day the first.
            around = [pair for pair in self._days[max(0, at - 1) : at + 1]]
            if around:
                near = min(around, key=lambda pair: abs((pair[0] - day).days))[0]
                return self._days[bisect.bisect_left(self._days, near, key=lambda pair: pair[0])][1]
        if self._spellings is None:
            self._spellings = _Spellings(self.by_key)
        close = self._spellings.nearest(obsidian_key(heading), 0.6)
        return self.by_key[close][0] if close else None

    def find(self, heading: str) -> tuple[Section | None, Section | None]:
        """(what Obsidian finds, what obsidian.nvim finds) for "H" or "H1#H2"."""
        parts = [part.strip() for part in heading.split("#") if part.strip()]
        if not parts:
            return None, None
        keys = [obsidian_key(part) for part in parts]
        first = next((s for s in self.by_key.get(keys[-1], []) if _under(s, keys[:-1], obsidian_key)), None)
        if len(parts) == 1:
            return first, self.by_anchor.get(nvim_anchor(parts[0]))
        anchors = [nvim_anchor(part) for part in parts]
        last = None
        for section in self.note.sections:
            if (
                section.level
                and nvim_anchor(section.heading) == anchors[-1]
                and _under(section, anchors[:-1], nvim_anchor)
            ):
                last = section
        return first, last


#: As many names are compared letter by letter; of more, those that share the rarest groups of letters.
_COMPARED_AT_MOST = 60
_GROUP = 3
#: Nobody mends more misspelt links than this by hand; the rest is told as broken, without what may be meant.
_SEARCHED_AT_MOST = 2000


class _Spellings:
    """Finds the name that is most like a misspelt one, among many, without looking at each."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self._squeezed = {re.sub(r"[\W_]", "", name): name for name in reversed(self.names)}
        self._found: dict[tuple[str, float], str] = {}
        self._groups: dict[str, list[int]] = {}
        if len(self.names) > _COMPARED_AT_MOST:
            for i, name in enumerate(self.names):
                for group in _letter_groups(name):
                    self._groups.setdefault(group, []).append(i)

    def nearest(self, name: str, cutoff: float) -> str:
        """The most alike name, "" when none is; cutoff: as in `difflib.get_close_matches`."""
        known = self._found.get((name, cutoff))
        if known is None and len(self._found) >= _SEARCHED_AT_MOST:
            return ""
        if known is None:
            close = difflib.get_close_matches(name[:200], self._candidates(name[:200]), n=1, cutoff=cutoff)
            known = close[0] if close else self._squeezed.get(re.sub(r"[\W_]", "", name), "")
            self._found[(name, cutoff)] = known
        return known

    def _candidates(self, name: str) -> list[str]:
        if len(self.names) <= _COMPARED_AT_MOST:
            return self.names
        exact = self._squeezed.get(re.sub(r"[\W_]", "", name))
        shared: Counter[int] = Counter()
        by_rarity = sorted((self._groups.get(group, ()) for group in _letter_groups(name)), key=len)
        for places in by_rarity:
            if not shared or len(shared) + len(places) < 20 * _COMPARED_AT_MOST:
                shared.update(itertools.islice(places, 20 * _COMPARED_AT_MOST))
        best = [self.names[i] for i, _ in shared.most_common(_COMPARED_AT_MOST)]
        return [exact, *best] if exact else best


def _letter_groups(name: str) -> set[str]:
    padded = f" {name} "
    return {padded[i : i + _GROUP] for i in range(max(1, len(padded) - _GROUP + 1))}


def _under(section: Section, wanted: list[str], key: object) -> bool:
    """Whether the headings above a section hold the wanted ones in this order."""
    if not wanted:
        return True
    above = [key(text) for text in section.path[:-1]]  # type: ignore[operator]
    position = 0
    for name in wanted:
        if name not in above[position:]:
            return False
        position = above.index(name, position) + 1
    return True


def _case_differs(section: Section, heading: str) -> bool:
    """Whether the link's last heading has the section's letters in another case."""
    wanted = _PUNCTUATION.sub(" ", heading.rsplit("#", 1)[-1]).strip()
    own = _PUNCTUATION.sub(" ", section.heading).strip()
    return wanted != own and wanted.casefold() == own.casefold()


def _status(case: bool) -> Literal["ok", "case"]:
    return "case" if case else "ok"


def _name(path: str) -> str:
    return path[:-3] if path.lower().endswith(".md") else path


def _joined(folder: str, path: str) -> str:
    parts = folder.rstrip("/").split("/") if folder else []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
