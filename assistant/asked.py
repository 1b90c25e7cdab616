"""What a question asks for, as values: its kind, figures, sides of a comparison, and the plan that holds them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.file_questions import FileWish
from assistant.timeline import Interval
from assistant.vocabulary import RUN_WORDS, Filter, Vocabulary, is_soft
from fskws.runs import SESSION_METRICS

#: What a question can want. The first two words of each are for a reader ("read as: runs").
KINDS: Mapping[str, str] = {
    "runs": "runs that fit",
    "best": "the run with the best or worst figure",
    "count": "how many runs fit",
    "value": "one figure or setting of a run",
    "compare": "runs side by side",
    "effect": "what one option changes",
    "tried": "whether something was tried",
    "status": "what runs now",
    "tasks": "items of the to-do notes",
    "next": "what to run next",
    "check": "results that are wrong or contradict each other",
    "day": "all that a stretch of days holds",
    "files": "facts of files and folders",
    "prose": "what the notes say",
    "unknown": "nothing that could be looked up",
}


@dataclass(frozen=True)
class Metric:
    """Which figure. name: one of SESSION_METRICS or a logged metric. session: index into the list; None is the last."""

    name: str
    session: int | None = None
    said: bool = True

    def words(self) -> str:
        """For a reader: "harmonic mean after the last session"."""
        named = {"seen": "seen accuracy", "unseen": "unseen accuracy", "duration": "duration in hours"}
        name = named.get(self.name, self.name.replace("_", " "))
        if self.name not in SESSION_METRICS:
            return name
        if self.name == "accuracy" and self.session == 0:
            return "base accuracy"
        number = "last" if self.session is None else _ordinal(self.session + (self.name != "accuracy"))
        return f"{name} after the {number} session"


@dataclass(frozen=True)
class Bound:
    """A condition on a figure: harmonic mean > 70."""

    metric: Metric
    op: str
    value: float


@dataclass(frozen=True)
class Side:
    """One side of a comparison. words: as asked. described: the words of the question that describe one run. ids: the
    runs of which this is the description."""

    words: str
    filters: tuple[Filter, ...] = ()
    terms: tuple[str, ...] = ()
    interval: Interval | None = None
    described: str = ""
    ids: frozenset[str] = frozenset()


#: Kinds of questions about runs that a question of words is easily taken for.
_MISTAKEN = frozenset(("runs", "value", "best", "effect", "compare", "check", "status"))


@dataclass(frozen=True)
class Plan:
    """What a question asks for; see KINDS.

    Attributes:
        kind: tried first; alternatives are tried when it finds nothing. opinion: the alternative that embeddings
            proposed, with its cosine; "" when none did.
        intervals: the days spoken of. filters, bounds, statuses, sources: conditions on runs.
        metric: the figure; `said` tells whether the question named it. metrics: further figures asked for with it.
        order: best, worst, first, last or "". limit: how many are wanted, 0 is all. ids: runs that are named, by id or
            by a figure of theirs: `figure`. titled: ids of the runs that the question names by their description.
        option: the option an effect or a value is about; options: further ones whose values are asked for with it.
        holds: conditions that the one run found is held against: "did the best run use noise?". sides: of a comparison.
        as_of: the day from which the question looks: "as of 3 March". items: texts of the to-do items it names.
        states: characters of the task states wanted. notes: names of notes the question names.
        terms: telling words, for prose. run_terms: those that the text of a run must hold.
        unknown: telling words that no note and no run holds. aspect: why, how, when, who, where, what or yes/no.
        files: what is wanted of the file system. counting: a number of items is wanted.
        query: the question without its words of time, for search.
        vocabulary: what it was read with.
    """

    kind: str
    question: str
    intervals: tuple[Interval, ...] = ()
    filters: tuple[Filter, ...] = ()
    bounds: tuple[Bound, ...] = ()
    statuses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    metric: Metric | None = None
    metrics: tuple[Metric, ...] = ()
    order: str = ""
    limit: int = 0
    ids: tuple[str, ...] = ()
    titled: tuple[str, ...] = ()
    figure: str = ""
    option: str = ""
    options: tuple[str, ...] = ()
    holds: tuple[Filter, ...] = ()
    sides: tuple[Side, ...] = ()
    as_of: datetime.date | None = None
    items: tuple[str, ...] = ()
    states: str = ""
    notes: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    run_terms: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    aspect: str = "what"
    alternatives: tuple[str, ...] = ()
    opinion: str = ""
    counting: bool = False
    files: FileWish | None = None
    query: str = ""
    vocabulary: Vocabulary | None = field(default=None, repr=False, compare=False)

    @property
    def interval(self) -> Interval | None:
        """The days of the question, when it speaks of any."""
        return self.intervals[0] if self.intervals else None

    @property
    def yes_no(self) -> bool:
        """Whether the question wants a yes or a no."""
        return self.aspect == "yes/no"

    @property
    def subjects(self) -> tuple[str, ...]:
        """The telling words that name something: neither verbs and the like nor words about runs in general."""
        named = tuple(word for word in self.terms if not is_soft(word))
        found = tuple(word for word in named if word not in RUN_WORDS)
        # "What did I write about the server?" makes even such a word the subject.
        about = re.search(r"\b(?:about|regarding|concerning)\b", self.question.lower())
        return found or (named if about else ())

    @property
    def may_be_of_words(self) -> bool:
        """Whether a question that was read as one about runs names nothing that only runs have, neither a setting nor a
        measure nor days: "what stopped the crashes at night" may be answered by a note."""
        if self.kind not in _MISTAKEN or not self.terms or self.intervals or self.order in ("first", "last"):
            return False
        if self.filters or self.bounds or self.ids or self.sides or self.sources or self.counting:
            return False
        if self.kind == "status" and re.search(r"\b(?:gpus?|server|cards?|machines?|running)\b", self.question.lower()):
            return False
        if "going on" in self.statuses or (self.kind in ("check", "best") and not self.subjects):
            return False
        if self.kind == "check" and re.search(r"\b(?:results?|runs?|experiments?|trainings?)\b", self.question.lower()):
            return False
        named = bool(self.option) or (self.metric is not None and self.metric.said)
        return not named or (self.kind == "value" and not self.order)

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values; what was not asked is left out."""
        filters: dict[str, str] = {}
        for one in self.filters:
            told = one.value if one.op == "=" else f"{one.op} {one.value}".strip()
            filters[one.option] = f"{filters[one.option]} and {told}" if one.option in filters else told
        listed: dict[str, Any] = {
            "kind": self.kind,
            "reading": KINDS[self.kind],
            "interval": self.interval.to_json() if self.interval else None,
            "intervals": [i.to_json() for i in self.intervals] if len(self.intervals) > 1 else None,
            "filters": filters or None,
            "bounds": [f"{b.metric.words()} {b.op} {b.value:g}" for b in self.bounds] or None,
            "statuses": list(self.statuses) or None,
            "metric": self.metric.words() if self.metric else None,
            "order": self.order or None,
            "limit": self.limit or None,
            "ids": list(self.ids) or None,
            "described": list(self.titled) or None,
            "metrics": [m.words() for m in self.metrics] or None,
            "option": self.option or None,
            "options": list(self.options) or None,
            "holds": [one.words() for one in self.holds] or None,
            "sides": [s.words for s in self.sides] or None,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "items": list(self.items) or None,
            "states": self.states or None,
            "notes": list(self.notes) or None,
            "terms": list(self.terms) or None,
            "unknown": list(self.unknown) or None,
            "files": self.files.to_json() if self.files else None,
            "aspect": self.aspect,
            "alternatives": list(self.alternatives) or None,
            "opinion": self.opinion or None,
        }
        return {key: value for key, value in listed.items() if value is not None}


def _ordinal(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
