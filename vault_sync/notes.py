"""Reads the researcher's Markdown notes as they are. Parsing never fails: an odd construct is text."""

from __future__ import annotations

import datetime
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
    """A fenced block. start/end: 1-based line numbers of opener and of the line after the last one that belongs to it."""

    info: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Task:
    """A to-do item. state: the character in the brackets (" ", "x", "-", ">"). category: the sub-heading it stands under."""

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


@dataclass(frozen=True)
class Section:
    """One heading and its own text, children excluded. Lines are 1-based, `end` exclusive; the first section may have level 0.

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
    """One parsed note. path: vault-relative, posix, with .md; name: path without .md, as a wikilink writes it."""

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
