"""An answer while it is written: lines of text, citations, rows, and every figure with the place it comes from."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

from assistant.plan import Plan
from assistant.quote import Unit
from assistant.retrieve import Evidence
from assistant.vocabulary import DESCRIBED

#: Columns that the text fits into, and how many runs and tasks it shows before it counts the rest.
WIDTH = 96


NUMBER = re.compile(r"(?<![\w.])(?:20\d\d[-/]\d\d[-/]\d\d|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w])")


@dataclass(frozen=True)
class Citation:
    """A place in the notes, or a file.

    note: without .md; a file's path. heading: verbatim. link: "[[Note#heading]]", or the path. quote: the words relied
    on, "" for a whole record.
    """

    note: str
    heading: str
    link: str
    quote: str = ""

    def to_json(self) -> dict[str, str]:
        """The citation as plain JSON values."""
        return {"note": self.note, "heading": self.heading, "link": self.link, "quote": self.quote}


@dataclass(frozen=True)
class Figure:
    """A number that the answer shows. source: the link or run id that holds it, or the sum it came from."""

    text: str
    source: str


@dataclass(frozen=True)
class Answer:
    """What was found. `to_json` is the form of the command-line contract; `text` is what a person reads.

    body: the answer without the coverage line. kind: the reading that answered. evidence: (link, text) of all that was
    used, for whoever words it anew.
    """

    body: str
    citations: tuple[Citation, ...]
    rows: tuple[dict[str, Any], ...]
    figures: tuple[Figure, ...]
    plan: dict[str, Any]
    coverage: dict[str, Any]
    answered: bool
    kind: str
    evidence: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The answer with its coverage line."""
        return f"{self.body}\n\n{self.coverage.get('line', '')}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """The answer as plain JSON values."""
        return {
            "answer": self.body,
            "citations": [citation.to_json() for citation in self.citations],
            "rows": [dict(row) for row in self.rows],
            "figures": [{"text": one.text, "source": one.source} for one in self.figures],
            "plan": self.plan,
            "coverage": self.coverage,
            "answered": self.answered,
        }


class Page:
    """An answer while it is written."""

    def __init__(self, plan: Plan, evidence: Evidence) -> None:
        self.plan = plan
        self.evidence = evidence
        self.plan_json = plan.to_json()
        self.lines: list[str] = []
        self.citations: dict[str, Citation] = {}
        self.figures: dict[tuple[str, str], Figure] = {}
        self.rows: list[dict[str, Any]] = []
        self.used: dict[str, str] = {}
        self.refusal = ""

    def say(self, text: str = "", indent: str = "", first: str | None = None) -> None:
        """A paragraph, wrapped; links and words are never cut."""
        lead = indent if first is None else first
        if not text:
            self.lines.append("")
            return
        self.lines.extend(
            textwrap.wrap(
                text,
                WIDTH,
                initial_indent=lead,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )

    def sentence(self, text: str) -> None:
        """A sentence put together from parts: what an empty part leaves is closed up."""
        self.say(re.sub(r"\s+(?=[:.,](?:\s|$))", "", re.sub(r"\s{2,}", " ", text)))

    def cite(self, link: str, quote: str = "") -> None:
        """Adds a citation; the first quote of a place stays."""
        if not link.startswith("[["):
            return
        if link not in self.citations or (quote and not self.citations[link].quote):
            note, _, heading = link.strip("[]").partition("#")
            self.citations[link] = Citation(note, heading, link, quote)

    def cite_path(self, path: str, quote: str = "") -> None:
        """Adds a file or folder as a citation: its path stands for note and link."""
        self.citations.setdefault(path, Citation(path, "", path, quote))

    def figure(self, text: str, source: str) -> None:
        self.figures.setdefault((text, source), Figure(text, source))

    def use(self, source: str, text: str) -> None:
        self.used[source] = (
            f"{self.used[source]}\n{text}"
            if source in self.used and text not in self.used[source]
            else (self.used.get(source) or text)
        )

    def quote(self, unit: Unit, link: str, indent: str = "  ") -> None:
        """A sentence of the notes, verbatim, with the figures it holds."""
        self.say(f'"{unit.text}"', indent + " ", first=indent)
        self.cite(link, unit.text)
        self.use(link, unit.text)
        for number in NUMBER.findall(unit.text):
            self.figure(number, link)

    def answer(self, answered: bool, coverage: dict[str, Any], kind: str) -> Answer:
        body = "\n".join(self.lines).strip("\n")
        for interval in self.plan.intervals:  # "On Saturday the 1st" is shown with its date.
            for day in (interval.start, interval.end):
                if day is not None and day.isoformat() in body:
                    self.figure(day.isoformat(), "day of the question")
        return Answer(
            body=body,
            citations=tuple(self.citations.values()),
            rows=tuple(self.rows),
            figures=tuple(self.figures.values()),
            plan=self.plan_json,
            coverage=coverage,
            answered=answered,
            kind=kind,
            evidence=tuple(self.used.items()),
        )


def span(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


#: How a state is told of a run, where its name alone is no sentence.
_ENDED = {"going on": "is going on"}


def which_words(page: Page) -> str:
    """The plan's conditions in words: "with sequential_layer = GRU on Tue 2025-04-08"."""
    plan = page.plan
    parts: list[str] = []
    if plan.statuses:
        parts.append(" or ".join(s if s.startswith("without") else f"that {_ENDED.get(s, s)}" for s in plan.statuses))
    conditions: list[str] = []
    by_option: dict[tuple[str, str], list[str]] = {}
    for one in plan.filters:
        by_option.setdefault((one.option, one.op), []).append(one.value)
    for (option, op), values in by_option.items():
        if option == DESCRIBED:
            conditions.extend(f'{"not " * (op != "=")}the description "{value}"' for value in values)
            continue
        conditions.append(f"{option} {op} {' or '.join(values)}".strip())
    conditions.extend(f"{b.metric.words()} {b.op} {b.value:g}" for b in plan.bounds)
    conditions.extend(f"the word {word!r}" for word in plan.run_terms)
    if plan.figure:
        conditions.append(f"the figure {plan.figure}")
    if conditions:
        parts.append("with " + " and ".join(conditions))
    for number in NUMBER.findall(" ".join(conditions)):
        page.figure(number, "question")
    parts.extend(days_words(interval.words) for interval in plan.intervals[:2])
    return " ".join(parts)


def days_words(words: str) -> str:
    """ "last week: Mon 2025-04-07 to Sun 2025-04-13" as part of a sentence."""
    said, _, resolved = words.rpartition(": ")
    return f"{said} ({resolved})" if said else f"on {resolved}" if " to " not in resolved else f"from {resolved}"
