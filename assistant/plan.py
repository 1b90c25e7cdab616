"""Reads a question: what kind of answer it wants, about which days, runs, options and words. No model takes part.

The vocabulary is the vault's own: option names and their values, note names, and every word the notes hold.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant import timeline
from assistant.file_questions import FileWish, read_file_wish
from assistant.timeline import Interval
from assistant.vocabulary import (
    OPERATORS,
    RUN_WORDS,
    SETTING_WORDS,
    Filter,
    FilterReading,
    Vocabulary,
    is_everyday,
    is_soft,
    is_verbal,
    read_filters,
    respelt,
)
from fskws.runs import SESSION_METRICS
from vault_sync.terms import STOP_WORDS, stem, terms

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

#: One or two typical questions a kind, for a second opinion by embeddings.
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "runs": ("what did I run last week on the GPU?", "list the experiments of April"),
    "best": ("which run had the highest harmonic mean?", "what is my best result so far?"),
    "compare": ("is a GRU better than a Transformer?", "compare the two projects"),
    "effect": ("does the noise help?", "what happens to the accuracy with a higher learning rate?"),
    "status": ("what is the server doing right now?", "is the GPU free?"),
    "tasks": ("what is still open on my to-do list?", "what did I not finish?"),
    "next": ("what should I run next?", "suggest an experiment"),
    "check": ("which of my results cannot be trusted?", "do any notes contradict each other?"),
    "prose": ("why did I change the loss?", "how did I solve the bug?", "what was the idea about prototypes?"),
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
    """One side of a comparison. words: as asked."""

    words: str
    filters: tuple[Filter, ...] = ()
    terms: tuple[str, ...] = ()
    interval: Interval | None = None


@dataclass(frozen=True)
class Plan:
    """What a question asks for; see KINDS.

    Attributes:
        kind: tried first; alternatives are tried when it finds nothing. opinion: the alternative that embeddings
            proposed, with its cosine; "" when none did.
        intervals: the days spoken of. filters, bounds, statuses, sources: conditions on runs.
        metric: the figure; `said` tells whether the question named it. order: best, worst, first, last or "".
        limit: how many are wanted, 0 is all. ids: runs that are named, by id or by a figure of theirs: `figure`.
        option: the option an effect or a value is about. sides: of a comparison.
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
    order: str = ""
    limit: int = 0
    ids: tuple[str, ...] = ()
    figure: str = ""
    option: str = ""
    sides: tuple[Side, ...] = ()
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
            "option": self.option or None,
            "sides": [s.words for s in self.sides] or None,
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


_METRIC_WORDS: tuple[tuple[str, str], ...] = (
    (r"harmonic[ _-]?means?|\bhms?\b|h[ -]mean|\bhm\b", "harmonic_mean"),
    (
        r"\bunseen(?: (?:acc(?:uracy)?|classes|words))?|\bnovel(?: acc(?:uracy)?)?|"
        r"new[- ](?:class|word)e?s? acc\w*",
        "unseen",
    ),
    (r"\bseen(?: (?:acc(?:uracy)?|classes|words))?|\bold[- ]class(?:es)? acc\w*", "seen"),
    (r"\bacc(?:uracy|uracies|\.)?\b|\boverall\b|\bperformances?\b", "accuracy"),
)
_SESSION_NUMBER = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}


# -- the question ------------------------------------------------------------------------------------------------------


Opinion = Callable[[str], tuple[str, float]]


def embedding_opinion(encode: Callable[[Sequence[str]], Sequence[Sequence[float]]]) -> Opinion:
    """A second opinion on a question's kind: the kind of the typical question nearest to it, and the cosine.

    Args: encode: texts -> vectors of unit length.
    """
    listed = [(kind, example) for kind, examples in EXAMPLES.items() for example in examples]
    vectors = encode([example for _, example in listed])

    def opinion(question: str) -> tuple[str, float]:
        asked = encode([question])[0]
        scores = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
        best = max(range(len(scores)), key=scores.__getitem__)
        return listed[best][0], float(scores[best])

    return opinion


#: From this cosine on a typical question of another kind is worth a try.
_OPINION_LEAST = 0.65


def read_plan(
    question: str,
    today: datetime.date,
    vocabulary: Vocabulary,
    week_starts: int = 0,
    anchor: Interval | None = None,
    opinion: Opinion | None = None,
) -> Plan:
    """Reads a question.

    Args: today: the day "last week" counts from. anchor: the days of the question before, for "the week before".
        opinion: see `embedding_opinion`; asked only where the words of the question leave the kind open.
    Returns: a plan for every text; `unknown` when nothing in it can be looked up.
    """
    text = respelt(re.sub(r"\s+", " ", question).strip(), vocabulary)
    intervals = tuple(timeline.find_intervals(text, today, week_starts, anchor=anchor))
    timeless = _without(text, [interval.span for interval in intervals])
    reading = read_filters(timeless, vocabulary)
    asked = timeless.lower()
    metric = _metric(asked, vocabulary)
    bounds, bounded = _bounds(asked, metric)
    if bounded:
        reading = read_filters(_without(timeless, bounded), vocabulary)
    plan = Plan(
        kind="prose",
        question=text,
        intervals=intervals,
        filters=reading.filters,
        bounds=bounds,
        statuses=_statuses(asked),
        metric=metric,
        aspect=_aspect(asked),
        notes=_named_notes(text, vocabulary),
        query=re.sub(r"\s+", " ", timeless).strip(),
        vocabulary=vocabulary,
        **_words(timeless, reading, vocabulary),
    )
    plan = _with_named_runs(plan, vocabulary)
    plan = _with_files(_with_kind(plan, asked, reading, vocabulary))
    if plan.kind in ("prose", "unknown") and opinion is not None and not plan.unknown:
        kind, score = opinion(text)
        if score >= _OPINION_LEAST and kind != plan.kind and _can_be(plan, kind):
            others = tuple(other for other in plan.alternatives if other != kind)
            plan = replace(plan, alternatives=(kind, *others), opinion=f"{kind} ({score:.2f})")
    return plan


def _with_named_runs(plan: Plan, vocabulary: Vocabulary) -> Plan:
    """Runs named by their id, or by a figure of their result: "which setting gave 75.111?"."""
    ids = tuple(dict.fromkeys(re.findall(r"\b[ron]\d{8}-[a-z0-9]{4,8}\b", plan.question)))
    ids = tuple(one for one in ids if one in vocabulary.record_ids)
    taken = {one.value for one in plan.filters} | {f"{bound.value:g}" for bound in plan.bounds}
    shown = [n for n in re.findall(r"(?<![\w.-])\d{1,3}\.\d{2,4}(?![\w.])", plan.query) if n not in taken]
    figures = [number for number in shown if float(number) in vocabulary.figures and float(number) > 1]
    if not ids and not figures:
        return plan
    ids = ids or tuple(dict.fromkeys(i for number in figures for i in vocabulary.figures[float(number)]))
    terms = tuple(word for word in plan.run_terms if word not in figures and word not in ids)
    unknown = tuple(word for word in plan.unknown if not any(word in one for one in (*ids, *figures)))
    found = replace(plan, ids=ids, figure=figures[0] if figures else "", run_terms=terms, unknown=unknown)
    if found.aspect in ("why", "how") or re.search(_SAY, plan.question.lower()):
        return found
    judged = re.search(
        r"\b(?:right|wrong|valid|correct|true|trust\w*|believe|compare with|use|rely|real|count)\b",
        plan.question.lower(),
    )
    if judged and found.yes_no:
        return replace(found, kind="check", alternatives=("runs",))
    if found.kind in ("prose", "unknown", "runs", "value", "best") and not found.option:
        return replace(found, kind="runs", run_terms=(), metric=None, order="", limit=0, alternatives=("prose",))
    return found


def _with_files(plan: Plan) -> Plan:
    """A question about the computer; where the words leave it open, its other reading is tried after."""
    vocabulary = plan.vocabulary
    wish = read_file_wish(plan.query, vocabulary.notes if vocabulary else (), vocabulary.options if vocabulary else ())
    if wish is None:
        return plan
    # "It wasn't so a few days ago: what changed since Tuesday?": the days after "since" are asked for.
    since = [i for i in plan.intervals if re.search(r"\b(?:since|between|from|until|after)\b", i.phrase.lower())]
    if since and len(plan.intervals) > 1:
        plan = replace(plan, intervals=(since[-1],))
    others = () if wish.sure else tuple(k for k in (plan.kind, *plan.alternatives) if k not in ("unknown", "next"))
    return replace(plan, kind="files", files=wish, alternatives=others)


def _can_be(plan: Plan, kind: str) -> bool:
    """Whether a plan holds what a kind needs: a list of all runs is no second reading of an open question."""
    narrowed = bool(plan.intervals or plan.filters or plan.bounds or plan.statuses)
    needs = {"compare": len(plan.sides) > 1, "effect": bool(plan.option), "runs": narrowed, "best": bool(plan.metric)}
    return needs.get(kind, True)


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with spans blanked out, so that what is left keeps its places."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _aspect(asked: str) -> str:
    asked = asked.strip(" ,.?!")
    asked = re.sub(
        r"^(?:and|so|but|ok|okay|hey|hi|please|also|then|well|tell me|remind me|do you know|"
        r"can you tell me)[ ,]+",
        "",
        asked,
    )
    if re.match(
        r"(?:why|how come|what(?:'s| is| was) the reason|for what reason|what made|what(?:'s|"
        r" is| was) the (?:motivation|rationale))",
        asked,
    ):
        return "why"
    if re.match(r"how (?:many|much|often)", asked):
        return "how many"
    if re.match(r"how\b", asked):
        return "how"
    if re.match(r"(?:when|since when|on (?:what|which) (?:day|date)|what (?:day|date))\b", asked):
        return "when"
    if re.match(r"(?:who|whom|whose)\b", asked):
        return "who"
    if re.match(r"where\b", asked):
        return "where"
    if re.match(
        r"(?:did|does|do|is|are|was|were|has|have|had|can|could|should|would|will|isn't|didn't|doesn't)\b", asked
    ):
        return "yes/no"
    if re.search(r"\bwhy\b", asked):
        return "why"
    return "what"


def _metric(asked: str, vocabulary: Vocabulary) -> Metric | None:
    session: int | None = None
    if re.search(r"\bbase (?:session )?(?:acc(?:uracy)?|session|performance)\b|\bsession (?:0|zero)\b", asked):
        session = 0
    match = re.search(r"\b(\w+) (?:incremental )?session\b", asked)
    if match and match[1] in _SESSION_NUMBER:
        session = _SESSION_NUMBER[match[1]]
    match = re.search(r"\bsession (\d{1,2})\b", asked)
    if match:
        session = int(match[1])
    if re.search(rf"\bhow long\b.*(?:{_RUNNISH}|\btakes?\b)|\b(?:duration|run ?times?|longest|shortest)\b", asked):
        return Metric("duration")
    for pattern, name in _METRIC_WORDS:
        if re.search(pattern, asked):
            if name == "accuracy":
                return Metric(name, session)
            return Metric(name, session - 1 if session else None)
    for name in vocabulary.metrics:
        if name not in SESSION_METRICS and "." not in name and re.search(rf"\b{re.escape(name.lower())}\b", asked):
            return Metric(name)
        spaced = name.lower().replace("_", " ")
        if "_" in name and re.search(rf"\b{re.escape(spaced)}\b", asked):
            return Metric(name)
    if session is not None:
        return Metric("accuracy", session, said=False)
    return None


def _bounds(asked: str, metric: Metric | None) -> tuple[tuple[Bound, ...], list[tuple[int, int]]]:
    """Conditions on figures: "harmonic mean above 70", "over 90 % accuracy"."""
    names = "|".join(f"(?:{pattern})" for pattern, _ in _METRIC_WORDS)
    found: list[Bound] = []
    spans: list[tuple[int, int]] = []
    for pattern, operator in OPERATORS:
        for match in re.finditer(
            rf"(?:{names})\s*(?:(?:is|was|of|that is|values?|accuracy)\s+)*{pattern}\s*(\d+(?:\.\d+)?)"
            rf"|{pattern}\s*(\d+(?:\.\d+)?)\s*(?:%|percent)?\s*(?:of\s+)?(?:the\s+)?(?:{names})",
            asked,
        ):
            if metric is None or any(match.start() < end and match.end() > start for start, end in spans):
                continue
            number = next(group for group in match.groups() if group)
            found.append(Bound(metric, operator, float(number)))
            spans.append(match.span())
    number = r"(\d+(?:\.\d+)?)\s*(?:%|percent)?"
    for match in re.finditer(rf"(?:{names})\s*(?:\w+\s+)?(?:between|from)\s+{number}\s+(?:and|to)\s+{number}", asked):
        low, high = sorted(float(group) for group in match.groups()[-2:])
        if metric is not None and not any(match.start() < end and match.end() > start for start, end in spans):
            found.extend((Bound(metric, ">=", low), Bound(metric, "<=", high)))
            spans.append(match.span())
    return tuple(found), spans


def _statuses(asked: str) -> tuple[str, ...]:
    found: list[str] = []
    about_runs = re.search(
        r"\b(?:runs?|experiments?|jobs?|trainings?|trials?|which|any)\b"
        r"|^\s*(?:did|has|have)?\s*(?:anything|something|everything|what|nothing)\s+(?:ever )?(?:fail|crash"
        r"|die|stop|finish)\w*\b",
        asked,
    )
    if about_runs:
        if re.search(
            r"\b(?:fail|fails|failed|failing|crash|crashed|broke|died|nan|diverged?|went wrong|"
            r"oom|out of memory)\b",
            asked,
        ):
            found.append("failed")
        if re.search(r"\b(?:stopped|stop|aborted|cancel+ed|interrupted|killed|gave up on)\b", asked):
            found.append("stopped")
        if re.search(r"\b(?:finished|completed|succeeded|successful)\b", asked):
            found.append("finished")
        if re.search(r"\bwithout (?:a |any )?results?\b|\b(?:no|lacks?|missing) (?:a )?results?\b", asked):
            found.append("without result")
    return tuple(found)


def _named_notes(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Notes that the question names: `formant_residual`, [[Scratch]], "my Scratch note", "in Server.md"."""
    lower = text.lower()
    found = []
    for name in vocabulary.notes:
        key = name.lower()
        last = key.rsplit("/", 1)[-1]
        if not last or last not in lower:
            continue
        written = re.search(rf"(?<![\w-]){re.escape(last)}(?![\w-])", lower)
        if not written:
            continue
        telling = (
            "_" in last
            or " " in last
            or re.search(
                rf"(?:\[\[|note |note, |in |of |my )[`\"]?{re.escape(last)}"
                rf"|{re.escape(last)}[`\"]?(?:\.md| notes?\b|\]\]|#)",
                lower,
            )
        )
        if (
            telling
            and last not in timeline.MONTHS
            and not (last in ("server", "experiments") and not re.search(rf"{last}(?:\.md| note|\]\])", lower))
        ):
            found.append(name)
    return tuple(found)


def _words(timeless: str, reading: FilterReading, vocabulary: Vocabulary) -> dict[str, Any]:
    """The telling words: for prose all of them, for runs those that no filter has used."""
    listed: list[str] = []
    free: list[str] = []
    unknown: list[str] = []
    for match in re.finditer(r"[\w][\w.'’/-]*\w|\w", timeless):
        for term in terms(match.group()):
            word = term.text
            if word in STOP_WORDS or word in listed:
                continue
            everyday = is_everyday(word)
            used = any(start <= match.start() < end for start, end in reading.used)
            # "Carried out", "conducted": a participle that no run is told by selects none.
            idle = is_verbal(word) and word not in vocabulary.run_words and stem(word) not in vocabulary.run_words
            if not used and not everyday and not is_soft(word) and not idle and word not in RUN_WORDS | SETTING_WORDS:
                free.append(word)
            if everyday and not term.identifier:
                continue
            listed.append(word)
            common = everyday or used or is_soft(word) or is_verbal(word) or word in RUN_WORDS or word in SETTING_WORDS
            if not common and not vocabulary.known(word):
                unknown.append(word)
    return {"terms": tuple(listed), "run_terms": tuple(free), "unknown": tuple(unknown)}


_RUNNISH = (
    r"\b(?:runs?|ran|running|experiments?|trainings?|trained|jobs?|trials?|launch(?:ed)?|"
    r"execut\w+|experimented)\b"
)
_RUN_NOUN = (
    r"(?:runs?|experiments?|trainings?|jobs?|trials?|results?|configs?|configurations?|"
    r"settings?|setups?|models?|variants?|commands?)"
)
_BEST = r"\b(?:best|highest|greatest|top|maximum|max|peak|strongest|longest)\b"
_WORST = r"\b(?:worst|lowest|poorest|minimum|min|weakest|shortest)\b"
_TASKS = (
    r"\bto[- ]?dos?\b|\bto-do\b|\btasks?\b|\bopen (?:items?|points?|things|ends)\b|"
    r"\bcheck ?list\b|\bbacklog\b|\b(?:still|left|yet) (?:to|have to|need to|want to)\b|"
    r"\bleft to (?:do|try|run)\b|\bunfinished\b|\bnot (?:yet )?(?:done|finished|tried)\b|"
    r"\bhaven'?t (?:i |we )?(?:\w+ )?(?:done|tried|finished|started)|\bhave i not\b|"
    r"\bnever (?:tried|started|finished)\b|"
    r"\b(?:ongoing|in progress|defer(?:red)?|postponed?|outstanding)\b|\bput off\b|"
    r"\bon my (?:list|plate)\b|\bplan(?:ned|ning)? to\b|\bunticked\b|"
    r"\b(?:what|which|anything)\b.*\bstill (?:open|pending)\b|\bsupposed to do\b|"
    r"\bmeant to do\b|\bwhat (?:did i|have i|i) (?:cancel|defer|postpone|strike|struck)\w*|\b(?:did"
    r"|have) i (?:planned|plan)\b"
)
_NEXT = (
    r"\bwhat(?: experiment| run)? (?:should|could|can|shall|would|do) (?:i|we|you)\b.*\b(?:next|now)\b|"
    r"\bnext (?:experiments?|runs?|steps?|things?|trials?)\b|"
    r"\bsuggest(?:ions?)?\b.*\b(?:experiment|run|next|try|something)\b|"
    r"^(?:please )?(?:suggest|propose|recommend)\b|\bwhat(?:'s| is| comes)? next\b|"
    r"\bwhat (?:to|should i|should we|could i) (?:run|try|launch|train)\b(?! (?:with|about|on|for))|"
    r"\b(?:give|show|make) (?:me )?(?:\w+ )?suggestions?\b|\bwhat to do next\b|\bwhat do i do (?:now|next)\b"
)
_CHECK = (
    r"\bcontradict\w*|\binconsisten\w*|\bdisagree\w*|\bmismatch\w*|\bduplicate[ds]?\b|"
    r"\bcopied\b|\bcopy[- ]?paste\w*|\bsuspicious\b|\boddit\w+|"
    r"\b(?:retract\w*|invalid|untrustworthy|unreliable)\b|\bwrong code\b|"
    r"\b(?:not|n't|cannot|can't) (?:be )?(?:trust|rely|use)\w*|\btrust(?:ed|worthy)?\b|"
    r"\b(?:which|what) (?:runs?|experiments?|results?)\b.*\b(?:redo(?:ne)?|rerun|repeated|run again)\b|"
    r"\b(?:should|must|can) ?(?:not|n't) be (?:compared|used|trusted|counted)\b|"
    r"\bresults?\b.*\b(?:is|are|was|were|turned out|marked(?: as)?|later|"
    r"called)\b.*\b(?:wrong|bad|broken|bogus)\b|\bwrong results?\b|\bconflict(?:s|ing)?\b|"
    r"\b(?:do|does|did)(?: not|n't) (?:fit|match|agree)\b|\bbroken links?\b|"
    r"\b(?:same|identical|equal) (?:results?|figures|numbers|arrays|accurac\w+|commands?)\b|"
    r"\b(?:results?|figures|numbers|arrays)\b.*\b(?:identical|the same|equal)\b|"
    r"\b(?:anything|something|what(?:'s| is)) (?:wrong|odd|strange|off|suspicious|fishy) (?:with|in|about) "
    r"(?:my |the |these )?(?:notes?|results?|runs?|records?|vault|figures|numbers|logs?)\b|"
    r"\b(?:run|runs|done|ran|experiments?)\b.*\b(?:twice|two times|more than once|repeated)\b"
)
_STATUS = (
    r"\b(?:now|right now|currently|at the moment|at present|just now)\b.*\b(?:gpus?|"
    r"server|machine|run|runs|running|training|busy|free|doing|job|jobs)\b|"
    r"\b(?:gpus?|server|machine|run|runs|running|training|busy|free|doing|"
    r"jobs?)\b.*\b(?:now|right now|currently|at the moment|at present)\b|"
    r"\b(?:is|are) (?:the |my |a |any )?(?:gpus?|server|machine)s? (?:\d )?(?:free|busy|"
    r"idle|available|in use|used|occupied)|"
    r"\bwhat(?:'s| is| are) (?:the |my )?(?:gpus?|server|machine)s? doing|"
    r"\bis (?:anything|something|a run|any run) (?:still )?running\b|"
    r"\bwhat(?:'s| is) (?:still )?running\b|"
    r"\b(?:gpu|server) (?:status|load|utili[sz]ation|usage)\b|"
    r"\bstatus of (?:the |my )?(?:gpus?|server|runs?)|\bstill running\b|\bfree gpus?\b"
)
_EFFECT = (
    r"\b(?:effects?|impact|influence[ds]?|affect(?:s|ed)?|matter(?:s|ed)?|helps?|helped|"
    r"helpful|hurts?|harm(?:s|ed)?|improv\w+|worth|useful|benefit\w*|gain(?:s|ed)?|"
    r"make (?:it|things|any|a) (?:better|worse|difference)|make .*difference|pay off|"
    r"degrade[sd]?|increase[sd]?|decrease[sd]?|raise[sd]?|lower(?:s|ed)|good for|bad for|"
    r"work better|change[sd]? the (?:result|accuracy|harmonic|performance))\b|"
    r"\bwhat happen(?:s|ed)\b.*\b(?:if|when|with|without)\b|\bbetter with(?:out)?\b|"
    r"\bworse with(?:out)?\b|\bwith (?:or|and|than|vs\.?|versus) without\b|"
    r"\bdo(?:es)? .* do (?:to|for)\b|\bcontribut\w+|\bdifference\b.*\bmakes?\b|"
    r"\b(?:higher|lower|larger|smaller|bigger|more|less|fewer|longer)\b.*\b(?:better|worse)\b"
)
_COMPARE = (
    r"\bcompar(?:e|es|ed|ing|ison)\b|\bversus\b|\bvs\b\.?|\bdifferences?\b.*\bbetween\b|"
    r"\b(?:better|worse|higher|lower)\b.*\bthan\b|\benough or\b|\bgap between\b|"
    r"\bbetter (?:than|or)\b|\bworse (?:than|or)\b|\bbeats?\b|\boutperform\w*|\bagainst\b|"
    r"\bwhich (?:one )?(?:is|was|works?|worked|performs?|performed|did) (?:better|worse)\b|"
    r"\bor\b.*\bbetter\b|\bbetter\b.*\bor\b|\bside by side\b|\bhigher .*than\b|"
    r"\blower .*than\b|\bdiffer(?:s|ed)? from\b"
)
_DEBUG = (
    r"\b(?:fix|fixed|fixing|solve|solved|debug\w*|cause[ds]?|root cause|bug|resolve[ds]?|"
    r"workaround|reason for|culprit|traced?|got rid|get rid|cure[ds]?)\b"
)
_SAY = (
    r"\b(?:think|thought|write|wrote|written|note|noted|say|said|idea|ideas|conclude[ds]?|"
    r"conclusion|decide[ds]?|learn(?:ed|t)?|notice[ds]?|plan(?:ned)?|mention(?:ed)?|"
    r"observe[ds]?|remark|opinion|believe[ds]?|wonder(?:ed)?|want(?:ed)?|consider(?:ed)?|"
    r"realis\w+|realiz\w+|read|hear|heard|explain|mean|means|meant|understand)\b"
)


@dataclass(frozen=True)
class _Asked:
    """A question while its kind is decided. text: lower case, words of time blanked out."""

    plan: Plan
    text: str
    reading: FilterReading
    vocabulary: Vocabulary

    def has(self, pattern: str) -> bool:
        return bool(re.search(pattern, self.text))

    @property
    def strong(self) -> bool:
        """Whether it names settings beyond doubt."""
        return any(one not in self.reading.weak for one in self.plan.filters)

    @property
    def runnish(self) -> bool:
        return self.has(_RUNNISH)

    @property
    def on_machine(self) -> bool:
        return self.has(r"\b(?:gpus?|server)\b")

    @property
    def past(self) -> bool:
        """Whether it is about days gone by, not about this moment."""
        return bool(self.plan.intervals) and not self.has(r"\b(?:now|right now|currently|at the moment)\b")

    @property
    def says(self) -> bool:
        """Whether it asks what was thought or written; "harmonic mean" is no thought."""
        return bool(re.search(_SAY, re.sub(r"\bh\w* means?\b", " ", self.text)))

    @property
    def prosaic(self) -> bool:
        return self.plan.aspect in ("why", "how", "who", "where") or self.says

    @property
    def words(self) -> list[str]:
        """Telling words that are not about runs in general."""
        return list(self.plan.subjects)


def _with_kind(plan: Plan, asked: str, reading: FilterReading, vocabulary: Vocabulary) -> Plan:
    """Decides what kind of answer is wanted; the rules stand from the most to the least telling words."""
    question = _Asked(plan, asked, reading, vocabulary)
    for rule in (
        _as_average,
        _as_changes,
        _as_course,
        _as_status,
        _as_next,
        _as_check,
        _as_tasks,
        _as_count,
        _as_comparison,
        _as_how_it_went,
        _as_value_of_option,
        _as_best,
        _as_effect,
        _as_figure,
        _as_tried,
        _as_first_or_last,
        _as_prose,
        _as_day,
        _as_runs,
    ):
        found = rule(question)
        if found is not None:
            # Words of runs in general ("gpu", "result") are met by any section: they carry no answer in prose.
            # A figure or setting that no run has is not to be found in sentences about other settings either.
            exact = any(one.op not in ("on", "off") for one in found.filters) and found.kind != "tried"
            figures = found.kind in ("value", "best", "count") and (exact or found.metric is not None)
            prose = bool(question.words) and not (figures or (exact and found.kind in ("runs", "effect", "compare")))
            kept = tuple(kind for kind in found.alternatives if kind != "prose" or prose)
            return replace(found, alternatives=kept)
    if plan.intervals and not plan.terms:
        return replace(plan, kind="day")
    if not plan.terms:
        return replace(plan, kind="unknown")
    return replace(plan, alternatives=("runs",) if question.runnish and question.strong else ())


def _as_average(asked: _Asked) -> Plan | None:
    """ "Average harmonic mean of the GRU runs", "what is the mean unseen accuracy in July?" """
    plan = asked.plan
    text = re.sub(r"\bharmonic[ _-]?means?\b", " ", asked.text)
    if not re.search(r"\b(?:average|mean|median)\b", text) or plan.metric is None or plan.aspect in ("why", "how"):
        return None
    if re.search(r"\b(?:what|which) (?:do|does|did)\b.*\bmean\b|\bmean by\b", text) or asked.has(_COMPARE):
        return None
    terms = tuple(word for word in plan.run_terms if word not in ("average", "mean", "median"))
    return replace(plan, kind="value", order="average", run_terms=terms, alternatives=())


def _as_course(asked: _Asked) -> Plan | None:
    """ "How did the unseen accuracy develop in July?" lists the figure run by run."""
    plan = asked.plan
    course = (
        r"\b(?:develop(?:ed)?|evolv\w+|trend|over time|progress(?:ed)?|history of|course of"
        r"|over the (?:runs|weeks|days))\b"
    )
    if plan.metric is None or not plan.metric.said or not asked.has(course) or asked.says:
        return None
    idle = ("trend", "develop", "developed", "history", "course", "progress", "time")
    terms = tuple(word for word in plan.run_terms if word not in idle)
    unknown = tuple(word for word in plan.unknown if word not in idle)
    return replace(plan, kind="value", order="course", run_terms=terms, unknown=unknown, alternatives=())


def _as_changes(asked: _Asked) -> Plan | None:
    """ "Which option changed between July 26 and July 28?" lists the runs with what each changed."""
    option = r"(?:options?|settings?|parameters?|flags?|hyper ?parameters?)"
    told = rf"\b(?:which|what) {option}\b.*\b(?:chang|differ|var)\w*"
    verb = r"\bwhat (?:changed|differs|is different|did i change)\b"
    against = rf"{verb}.*\b(?:previous|last|latest|before)\b.*\b(?:run|one)\b"
    if asked.has(against) and not asked.plan.filters:
        return replace(asked.plan, kind="runs", order="last", limit=2, alternatives=())
    if not asked.has(told) or not (asked.plan.intervals or asked.runnish or _first_or_last(asked.text)):
        return None
    order = _first_or_last(asked.text)
    limit = (_limit(asked.text) or 1) if order else 0
    return replace(asked.plan, kind="runs", order=order, limit=limit, alternatives=("prose",))


def _as_status(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if not asked.has(_STATUS) or asked.past or plan.aspect in ("why", "how"):
        return None
    if asked.words and asked.has(r"\bstatus of\b"):  # "The status of the server account" is no fact of the machine.
        return None
    return replace(plan, kind="status", alternatives=("prose",) if asked.words else ())


def _as_next(asked: _Asked) -> Plan | None:
    coming = (
        asked.has(
            r"\bwhat (?:should|shall|could|can) (?:i|we) (?:do|run|work on|try"
            r"|start)\b"
        )
        and not asked.words
    )
    if coming and asked.plan.intervals and not asked.has(r"\b(?:have|be)\b"):
        return replace(
            asked.plan, kind="next", limit=_limit(asked.text), intervals=(), alternatives=("tasks",), states=" -"
        )
    if (
        not asked.has(_NEXT)
        or asked.past
        or asked.plan.aspect == "why"
        or asked.has(
            r"\bnext (?:session|layer"
            r"|word)"
        )
    ):
        return None
    return replace(asked.plan, kind="next", limit=_limit(asked.text), alternatives=("tasks",))


def _as_check(asked: _Asked) -> Plan | None:
    about = asked.plan.intervals or asked.strong
    judged = (
        r"\b(?:results?|runs?|figures?|numbers?)\b.*\b(?:correct|valid|right|ok|okay|real|wrong|retracted"
        r"|taken back)\b"
    )
    if about and asked.has(judged) and (asked.plan.yes_no or asked.plan.aspect == "why"):
        return replace(asked.plan, kind="check", alternatives=("prose",))
    if asked.has(r"\b(?:cause[ds]?|fix(?:ed)?|solve[ds]?|reason for|explain\w*)\b"):
        return None
    if not asked.has(_CHECK) or asked.plan.aspect in ("why", "how", "when") or asked.has(r"\bdid i (?:think|write)"):
        return None
    kept = tuple(word for word in asked.plan.run_terms if word in asked.vocabulary.run_words)
    return replace(asked.plan, kind="check", run_terms=kept, alternatives=("prose",))


def _as_tasks(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if plan.aspect in ("why", "how") or asked.has(
        r"\b(?:multi|joint|downstream) ?-?tasks?\b|\bspotting task\b|\bthe task\b(?! (?:list|of))"
    ):
        return None
    closed = asked.has(
        r"^\s*(?:did (?:i|we) (?:already |ever )?(?:finish|complete)|have (?:i|we) (?:\w+ )?(?:finished|completed))\b"
    )
    closed = closed or (
        plan.yes_no and asked.has(r"\b(?:finished|done|completed)(?: yet| already)?\s*\??\s*$") and not asked.runnish
    )
    if closed and asked.words:
        return replace(plan, kind="tasks", states=" -x>", alternatives=("prose",))
    # "Did I ask for the second GPU?" may be an item of a to-do note; the notes are asked when it is not.
    deed = asked.has(r"^\s*(?:so |and )?(?:did|have|has) (?:i|we) (?:\w+ )?(?:already |ever |yet )?[a-z]+\b")
    run_like = asked.runnish or asked.has(rf"\b(?:{_RUN_NOUN}|tr(?:y|ied)|test(?:ed)?|use[ds]?)\b")
    valued = any(one.op not in ("on", "off") for one in plan.filters)
    other = run_like or valued or asked.says or asked.has(_DEBUG) or asked.has(_TASKS)
    if deed and asked.words and not other:
        return replace(plan, kind="tasks", states=" -x>~", alternatives=("prose",))
    finished = asked.has(r"\bwhat (?:did i|have i|i) (?:finish\w*|complete\w*|get done|got done|tick\w*)\b")
    if not asked.has(_TASKS) and not (finished and plan.intervals):
        return None
    counting = asked.has(r"\bhow many\b")
    return replace(plan, kind="tasks", states=_task_states(asked), counting=counting, alternatives=("prose",))


def _task_states(asked: _Asked) -> str:
    """Characters of the task states that are wanted."""
    plan = asked.plan
    if asked.has(r"\bplan(?:ned|ning)?\b|\bsupposed\b|\bmeant\b") and plan.intervals:
        return " -x>"
    if asked.has(r"\b(?:defer(?:red)?|postponed?|put off|delay(?:ed)?|moved)\b"):
        return ">"
    if asked.has(r"\b(?:ongoing|in progress|half[- ]done|working on|started)\b") and not asked.has(
        r"\b(?:not|never)\b|n't\b"
    ):
        return "-"
    if asked.has(r"\b(?:cancel\w*|strike|struck|dropped|given up)\b"):
        return "~"
    if asked.has(r"(?:\bnever\b|\bnot\b|n't\b).*\b(?:tried|started|touched|begun)\b"):
        return " "
    if asked.has(
        r"(?:\bnot|n't|\bnever|\bstill|\bleft)\b.*\b(?:finish\w*|done|completed?|to do|open)\b"
        r"|\bunfinished\b|\bundone\b"
    ):
        return " -"
    if asked.has(
        r"\b(?:finish(?:ed)?|complete[d]?|done|tick(?:ed)?(?: off)?|closed|accomplish\w*|get done|got done)\b"
    ):
        return "x"
    if asked.has(r"\b(?:all|every) (?:my )?(?:the )?tasks\b"):
        return " -x>"
    if plan.yes_no and not asked.has(r"\b(?:open|left|still|any)\b"):
        return " -x>"
    return " -"


def _as_count(asked: _Asked) -> Plan | None:
    if not asked.has(r"\b(?:how many|number of|how often|how much times|count)\b"):
        return None
    if asked.has(
        r"\bhow many (?:epochs?|shots?|ways?|sessions?|classes|layers?|features|frames|words|clips"
        r"|heads)\b"
    ):
        return None
    if not asked.has(rf"\b{_RUN_NOUN}\b|\btimes\b|\bhow often\b|\bdid i (?:run|train|launch)\b"):
        return None
    return replace(asked.plan, kind="count", counting=True, alternatives=("prose",))


def _as_comparison(asked: _Asked) -> Plan | None:
    if not asked.has(_COMPARE) or asked.plan.aspect == "why" or (asked.says and asked.has(r"\babout\b")):
        return None
    sides = _sides(asked.plan, asked.vocabulary)
    if len(sides) < 2:
        return None
    return replace(asked.plan, kind="compare", sides=sides, alternatives=("prose",))


def _as_how_it_went(asked: _Asked) -> Plan | None:
    """ "How did the run of Tuesday go?" """
    listing = asked.has(r"^\s*(?:list|show)(?: me)? (?:everything|all|anything)\b") and asked.plan.filters
    if listing:
        return replace(asked.plan, kind="runs", alternatives=("prose",))
    went = (
        rf"\bhow (?:well |good |bad )?(?:did|was|were|is|are|does|do)\b.*\b(?:{_RUN_NOUN}|it|that)\b"
        r".*\b(?:go|perform|turn out|end|end up|do)\b"
    )
    came = (
        r"\bwhat (?:came out|was the (?:result|outcome)|were the results|did .* (?:give|yield|reach|get|achieve))\b"
        r"|\bresults? of\b|\bhow (?:good|well|bad) (?:was|is|were|did)\b"
    )
    plan = asked.plan
    if not (asked.has(went) or asked.has(came)) or not (asked.strong or plan.run_terms or plan.intervals):
        return None
    if plan.metric is not None or asked.has(_BEST) or asked.has(_WORST) or asked.says:
        return None
    order = _first_or_last(asked.text)
    return replace(plan, kind="runs", aspect="what", order=order, limit=1 if order else 0, alternatives=("prose",))


def _as_value_of_option(asked: _Asked) -> Plan | None:
    option = _asked_option(asked.text, asked.reading, asked.vocabulary)
    if not option or asked.has(_BEST) or asked.has(_WORST):
        return None
    kept = tuple(one for one in asked.plan.filters if not (one.option == option and one.op == "on"))
    order = _first_or_last(asked.text)
    limit = (_limit(asked.text) or 1) if order else 0
    return replace(
        asked.plan, kind="value", option=option, order=order, limit=limit, filters=kept, alternatives=("prose",)
    )


def _as_best(asked: _Asked) -> Plan | None:
    plan = asked.plan
    best, worst = asked.has(_BEST), asked.has(_WORST)
    if not (best or worst) or plan.aspect in ("why", "how"):
        return None
    about_runs = asked.runnish or plan.metric or asked.strong or asked.on_machine
    if not (about_runs or asked.has(rf"\b{_RUN_NOUN}\b|\bso far\b|\bmy\b")):
        return None
    option = _asked_option(asked.text, asked.reading, asked.vocabulary)
    apart = asked.has(r"\b(?:gap|difference|distance)\b") and asked.has(r"\bseen\b.*\bunseen\b")
    return replace(
        plan,
        kind="best",
        metric=plan.metric if plan.metric and not apart else Metric("harmonic_mean", said=False),
        order="worst" if worst and not best else "best",
        limit=_limit(asked.text),
        option=option,
        filters=tuple(one for one in plan.filters if not (one.option == option and one.op == "on")),
        alternatives=("prose",),
    )


def _as_effect(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if not asked.has(_EFFECT) or not plan.filters or plan.aspect == "why" or asked.has(_DEBUG):
        return None
    return replace(plan, kind="effect", option=plan.filters[0].option, alternatives=("prose", "runs"))


def _as_figure(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if plan.metric is None or not plan.metric.said or asked.says or plan.aspect in ("why", "where", "who"):
        return None
    several = asked.has(r"\b(?:runs|experiments|jobs|list)\b") and not asked.has(
        r"^\s*(?:and )?what (?:is|was|were|are) the\b.*\b(?:of|in|for)\b"
    )
    if plan.bounds or plan.statuses or several or asked.has(_DEBUG):
        return None
    if plan.aspect == "how" and plan.metric.name != "duration" and not (asked.strong or plan.intervals):
        return None
    if plan.metric.name == "duration" and not asked.runnish:
        return None
    order = _first_or_last(asked.text)
    limit = (_limit(asked.text) or 1) if order else 0
    return replace(plan, kind="value", order=order, limit=limit, alternatives=("prose",))


def _as_tried(asked: _Asked) -> Plan | None:
    plan = asked.plan
    passive = r"^\s*(?:has|have|was|were)\b.*\b(?:been )?(?:tried|tested|trained|used|run)\b"
    if not (plan.filters and asked.has(passive)) and not asked.has(
        r"^\s*(?:so |and )?(?:have|did|has) (?:i|we) (?:\w+ )?(?:ever |already |yet )?"
        r"(?:try|tried|run|ran|test|tested|use|used|train|trained|do|done|launch\w*)\b"
        r"|\bever (?:tr(?:y|ied)|used?|run|ran)\b|\balready (?:tr(?:y|ied)|run|ran|tested)\b"
    ):
        return None
    if not plan.filters and not asked.words:
        return None
    return replace(plan, kind="tried", alternatives=("prose",))


def _as_first_or_last(asked: _Asked) -> Plan | None:
    plan = asked.plan
    order = _first_or_last(asked.text)
    if plan.aspect == "when" and (asked.runnish or asked.strong) and not asked.says:
        return replace(plan, kind="runs", order=order, limit=1 if order else 0, alternatives=("prose",))
    if order and asked.has(rf"{_RUNNISH}|\b{_RUN_NOUN}\b") and plan.aspect not in ("why", "how"):
        return replace(plan, kind="runs", order=order, limit=_limit(asked.text) or 1, alternatives=("prose",))
    return None


def _as_prose(asked: _Asked) -> Plan | None:
    if asked.plan.aspect not in ("why", "how") and not asked.has(_DEBUG):
        return None
    if not asked.plan.terms:
        return None
    return replace(asked.plan, kind="prose", alternatives=("runs",) if asked.strong and asked.runnish else ())


def _as_day(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if not plan.intervals or asked.words:
        return None
    digest = asked.has(
        r"\b(?:what|anything|something)\b.*\b(?:did i do|do i do|have i done|i did|was i (?:doing|working|up to)"
        r"|did i work"
        r"|happen(?:ed)?|went on|going on|did i get done|did i achieve)\b|^\s*(?:summari[sz]e|recap|show)\b"
    )
    if digest and not asked.on_machine and not asked.has(r"\b(?:runs?|ran|experiments?)\b"):
        return replace(plan, kind="day")
    if asked.says and not asked.runnish:
        return replace(plan, kind="day", aspect="notes")
    return None


def _as_runs(asked: _Asked) -> Plan | None:
    plan = asked.plan
    runs = replace(plan, kind="runs", alternatives=("prose",))
    if plan.bounds or plan.statuses:
        return runs
    narrowed = (
        plan.intervals
        or asked.strong
        or plan.run_terms
        or asked.has(
            r"\b(?:runs|experiments|jobs|all"
            r"|list)\b"
        )
    )
    if (asked.runnish or asked.on_machine) and narrowed and not asked.says:
        return runs
    if asked.strong and not asked.prosaic and (plan.intervals or asked.has(rf"\b{_RUN_NOUN}\b")):
        return runs
    return None


def superlative(text: str) -> str:
    """ "best" or "worst" where a text asks for either, else ""."""
    if re.search(_BEST, text.lower()):
        return "best"
    return "worst" if re.search(_WORST, text.lower()) else ""


def _first_or_last(asked: str) -> str:
    thing = r"things? (?:i|we|that) (?:\w+ )?(?:ran|run|trained|tried|launched)"
    nouns = rf"(?:\w+ ){{0,3}}?(?:{_RUN_NOUN}|time|one|ones|{thing})"
    did = r"(?:run|ran|tr(?:y|ied)|used?|using|train(?:ed)?|start(?:ed)?|test(?:ed)?|launch(?:ed)?)"
    counted = r"(?:\d+ |two |three |four |five )?"
    if re.search(
        rf"\b(?:last|latest|most recent|newest)\b {counted}{nouns}\b|\blast (?:\w+ )?{did}\b|\bmost recently\b"
        rf"|\b(?:run|ran|train|trained|try|tried) (?:the )?last\s*\??$"
        rf"|\b{_RUN_NOUN} (?:\w+ ){{0,2}}(?:the )?(?:last|latest|most recent)\b",
        asked,
    ):
        return "last"
    if re.search(
        rf"\b(?:very )?(?:first|earliest|oldest)\b {counted}{nouns}\b|\bfirst (?:\w+ )?{did}\b|\bsince when\b"
        rf"|\b{_RUN_NOUN} (?:\w+ ){{0,2}}(?:the )?(?:very )?first\b(?! session)",
        asked,
    ) and not re.search(r"\bfirst session\b", asked):
        return "first"
    return ""


def _limit(asked: str) -> int:
    match = re.search(
        r"\b(?:last|latest|first|best|top|worst|recent|newest|highest|lowest)\s+(\d{1,3}|"
        + "|".join(_NUMBER_WORDS)
        + r")\b(?!\s*(?:epochs?|%|days?|weeks?|months?))",
        asked,
    )
    match = match or re.search(
        r"\b(\d{1,3}|"
        + "|".join(_NUMBER_WORDS)
        + r") (?:best|worst|last|latest|most recent|next|highest|lowest|suggestions?)\b",
        asked,
    )
    if not match:
        return 0
    number = _NUMBER_WORDS.get(match[1])
    return number if number is not None else int(match[1])


def _asked_option(asked: str, reading: FilterReading, vocabulary: Vocabulary) -> str:
    """The option whose value is asked for: "what learning rate did ...", "how many epochs", "the noise_prob of"."""
    asking = (
        r"\b(?:what|which|how (?:many|much|high|large|big|long|strong))\b(?:'s|\s+(?:is|was|were|are|values?"
        r"|kind|sort|type|"
        r"number|size|of|for|the|my|base|default|usual|`))*\s*`?$"
    )
    found = next((name for name, start in reading.bare if re.search(asking, asked[:start])), "")
    if not found:  # Names that are everyday words too: "which dataset", "what gpu".
        match = re.search(r"\b(?:what|which) `?([a-z_]+)`? (?:did|was|is|were|do|does|have|had)\b", asked)
        found = match[1] if match and match[1] in vocabulary.options else ""
    return found


def _sides(plan: Plan, vocabulary: Vocabulary) -> tuple[Side, ...]:
    """What is to be compared. Two intervals, two values, or the words on both sides of the comparing word."""
    if len(plan.intervals) >= 2 and not _separate(plan):
        shared = tuple(plan.filters)
        return tuple(Side(_plain(i), shared, plan.run_terms, i) for i in plan.intervals[:3])
    equal: dict[str, list[Filter]] = {}
    for one in plan.filters:
        if one.op in ("=", "on", "off"):
            equal.setdefault(one.option, []).append(one)
    # "Is 50 epochs enough or is 100 better?": the option is named with the first value alone.
    second = re.search(r"\bor\b(?: (?:is|are|was|would|with))? (\d+(?:\.\d+)?)\b", plan.query.lower())
    if second and len(plan.filters) == 1 and plan.filters[0].op == "=" and second[1] != plan.filters[0].value:
        first = plan.filters[0]
        equal[first.option].append(replace(first, value=second[1]))
    for option, listed in equal.items():
        if len(listed) > 1:
            shared = tuple(one for one in plan.filters if one.option != option)
            return tuple(Side(one.words(), (one, *shared)) for one in listed[:4])
    text = plan.question
    text = _without(text, [i.span for i in plan.intervals])
    match = re.search(
        r"\b(?:how )?(?:does|do|did)\b\s+(?P<i>.+?)\s+compared? (?:with|to|against)\s+(?P<j>.+)|"
        r"\b(?:compare|comparison (?:of|between)|compared?|"
        r"differences? between)\b\s+(?P<a>.+?)\s+\b(?:and|with|to|against|versus|vs\.?)\s+(?P<b>.+)|"
        r"(?:\bis|\bare|\bwas|\bwere|\bdoes|\bdid|\bdo)?\s*(?P<c>[^,?]+?)\s+(?:(?:is|was|are|"
        r"were|do|did|does|perform\w*|work\w*|really|clearly|much|any|higher|lower|"
        r"\w+)\s+)?(?:better than|worse than|beats?|outperform\w*|versus|vs\.?|against|"
        r"(?:higher|lower)[\w ]* than|compared (?:to|with)|differ(?:s|ed)? from)\s+(?P<d>[^?]+)|"
        r"(?:better|worse)\b[^,:?]*[,:]\s*(?P<e>.+?)\s+or\s+(?P<f>[^?]+)|"
        r"(?P<g>.+?)\s+or\s+(?P<h>[^?]+?)\s+(?:\w+ )?(?:better|worse)",
        text,
        re.IGNORECASE,
    )
    if not match:
        return ()
    pairs = [(match[a], match[b]) for a, b in ("ij", "ab", "cd", "ef", "gh") if match[a] and match[b]]
    sides = []
    named = [one.option for words in pairs[0] for one in read_filters(words, vocabulary, eager=True).filters]
    for words in pairs[0]:
        words = words.strip(" ?.,`")
        reading = read_filters(words, vocabulary, eager=True)
        if not reading.filters:  # "noise_prob 0.8 against 0.0", "GRU or None": the option is named once.
            known = [
                Filter(option, "=", value.strip("'\""))
                for option in dict.fromkeys(named)
                for value in vocabulary.options.get(option, ())
                if value.strip("'\"").lower() == words.lower()
            ]
            if known:
                sides.append(Side(words, (known[0],)))
                continue
        told = _words(words, reading, vocabulary)
        if not reading.filters and not told["run_terms"] and told["unknown"]:
            return ()
        if reading.filters or told["run_terms"]:
            sides.append(Side(words, reading.filters, told["run_terms"]))
    if len(sides) == 2 and sides[0].filters != sides[1].filters:
        return tuple(sides)
    if len(sides) == 2 and sides[0].terms != sides[1].terms:
        return tuple(sides)
    return ()


def _plain(interval: Interval) -> str:
    """The days in the words of the question, without their preposition."""
    return re.sub(r"^(?:of|on|in|during|from|for)\s+", "", interval.phrase) or interval.words


def _separate(plan: Plan) -> bool:
    return len(plan.intervals) != len({(i.start, i.end) for i in plan.intervals})


def _ordinal(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")


__all__ = ["EXAMPLES", "KINDS", "Bound", "Filter", "Metric", "Plan", "Side", "Vocabulary", "read_filters", "read_plan"]
