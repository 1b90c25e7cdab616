"""Keeps what a question follows on: "and the week before?", "which of those used noise?", "why?" change part of a plan.

A conversation is the list of its questions with their days; plans are read anew from it, so it survives a restart.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from assistant import timeline
from assistant.file_questions import follow_wish, leans_on_file
from assistant.kinds import superlative
from assistant.plan import Metric, Opinion, Plan, read_plan
from assistant.vocabulary import SETTING_WORDS, Filter, Vocabulary

#: Older questions are forgotten.
_KEPT = 50

_LEAD = re.compile(
    r"^\s*(?:and|but|or|also|then|ok(?:ay)?|so|what about|how about|and what about|only|just"
    r"|same(?: question)?(?: for| with)?|instead)\b",
    re.IGNORECASE,
)
_THOSE = re.compile(
    r"\b(?:of|among|from|in|between) (?:those|them|these)\b|\b(?:those|these) (?:runs|experiments|results|ones|tasks)\b"
    r"|^\s*(?:and )?(?:which|what) ones?\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"^\s*(?:and |but |so )?(?:why|how come|how so|why not|why so|why is that|why was that)\s*\??\s*$", re.IGNORECASE
)
#: A piece of a question: "with GRU?", "in June?", "the day before?", "how many?", "show me the command".
_PIECE = re.compile(
    r"^\s*(?:with|without|in|on|for|since|until|before|after|during|by)\b[^?.]{1,45}\??\s*$"
    r"|^\s*the (?:next|previous|following|other|day|week|month)\b[^?.]{0,30}\??\s*$"
    r"|^\s*how many(?: (?:are|were) (?:there|they|those|these))?\s*\??\s*$"
    r"|^\s*(?:which|what)(?: one)? (?:is|was|were|are) (?:the )?(?:best|worst|first|last|latest|highest|lowest)\b"
    r"[^?]{0,20}\??\s*$"
    r"|^\s*(?:show|give|list)(?: me)? (?:the |its |their )?(?:commands?|config\w*|settings?|details|results?|figures)"
    r"\s*\??\s*$"
    r"|^\s*what (?:changed|is different|was different)\b[^?]{0,12}(?:compared|against|since)\b[^?]*"
    r"\b(?:previous|before|last|parent)\b[^?]*\??\s*$"
    r"|\bsince then\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:they|them|their|it|its|that one|this one|those|these|that)\b", re.IGNORECASE)
_SHORT = 8
_RUN_KINDS = frozenset(("runs", "best", "count", "value", "compare", "effect", "tried", "day"))


@dataclass(frozen=True)
class Turn:
    """A question as it was asked. today: the day it counted from."""

    question: str
    today: datetime.date


@dataclass(frozen=True)
class Conversation:
    """The questions so far, oldest first."""

    turns: tuple[Turn, ...] = ()

    def asked(self, question: str, today: datetime.date) -> Conversation:
        """The conversation with one question more."""
        return Conversation((*self.turns, Turn(question, today))[-_KEPT:])

    def plan(
        self,
        question: str,
        today: datetime.date,
        vocabulary: Vocabulary,
        week_starts: int = 0,
        opinion: Opinion | None = None,
    ) -> Plan:
        """The plan of the next question, in the light of those before."""
        previous: Plan | None = None
        for turn in self._thread(question):
            previous = follow(previous, turn.question, turn.today, vocabulary, week_starts)
        return follow(previous, question, today, vocabulary, week_starts, opinion)

    def _thread(self, question: str) -> tuple[Turn, ...]:
        """The turns that the question rests on: back to the last one that stands alone."""
        if not is_follow_up(question):
            return ()
        start = len(self.turns)
        while start > 0:
            start -= 1
            if not is_follow_up(self.turns[start].question):
                break
        return self.turns[start:]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"turns": [{"question": t.question, "today": t.today.isoformat()} for t in self.turns]}

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Conversation:
        """The inverse of `to_json`; a turn that cannot be read is left out."""
        turns = []
        for told in values.get("turns") or ():
            try:
                turns.append(Turn(str(told["question"]), datetime.date.fromisoformat(told["today"])))
            except (KeyError, TypeError, ValueError):
                continue
        return Conversation(tuple(turns))


def is_follow_up(question: str) -> bool:
    """Whether a question leans on the one before, as far as its words tell."""
    if _leads_on(question) or leans_on_file(question) or _PIECE.search(question):
        return True
    return bool(_PRONOUN.search(question)) and len(question.split()) <= _SHORT


def _leads_on(question: str) -> bool:
    return bool(_LEAD.search(question) or _THOSE.search(question) or _WHY.search(question))


def follow(
    previous: Plan | None,
    question: str,
    today: datetime.date,
    vocabulary: Vocabulary,
    week_starts: int = 0,
    opinion: Opinion | None = None,
) -> Plan:
    """The plan of a question that follows another: the part it names is changed, the rest is kept."""
    anchor = previous.interval if previous else None
    plan = read_plan(question, today, vocabulary, week_starts, anchor=anchor, opinion=opinion)
    if previous is None or previous.kind == "unknown" or not is_follow_up(question):
        return plan
    step = re.search(r"\b(next|following|previous) (?:day|week|month|year)\b", question.lower())
    if step and anchor is not None and not plan.intervals:
        plan = replace(plan, intervals=(timeline.before(anchor) if step[1] == "previous" else timeline.after(anchor),))
    elif re.search(r"\bsince then\b", question.lower()) and anchor is not None and anchor.start and not plan.intervals:
        since = timeline.read_interval(f"since {anchor.start.isoformat()}", today, week_starts)
        plan = replace(plan, intervals=(since,) if since else ())
    if previous.files is not None:
        wish = follow_wish(previous.files, question)
        if wish is not None:
            kept = plan.intervals or (previous.intervals if wish.what == "changed" else ())
            return replace(plan, kind="files", files=wish, intervals=kept, alternatives=())
        if _only_time(plan) and previous.files.what in ("changed", "code"):
            return replace(previous, intervals=plan.intervals, question=plan.question)
        if not _WHY.search(question):
            return plan
    elif plan.kind == "files":
        return plan
    elif not _leads_on(question) and not _PIECE.search(question) and _stands_alone(plan):
        return plan  # "It" may be the subject of this very question.
    both = f"{previous.question} | {plan.question}"
    if _WHY.search(question):
        terms = previous.terms or tuple(one.value or one.option for one in previous.filters)
        query = f"why {previous.query}"
        # Where no section tells it, the runs themselves are shown again, with what was remarked on them.
        again = (previous.kind,) if previous.kind in _RUN_KINDS - {"day"} else ()
        return replace(
            previous, kind="prose", aspect="why", question=both, query=query, terms=terms, alternatives=again
        )
    if _THOSE.search(question):
        return _of_those(previous, plan, both)
    if plan.kind in ("status", "next", "check", "tasks") and plan.kind != previous.kind and not _only_time(plan):
        return plan
    return _changed(previous, plan, both)


def _stands_alone(plan: Plan) -> bool:
    """Whether a question names a subject of its own, besides the option or figure that it asks for."""
    conditions = [one for one in plan.filters if plan.kind != "value" or one.op != "on"]
    subjects = [word for word in plan.subjects if word not in plan.option and word not in SETTING_WORDS]
    return bool(subjects or conditions or plan.ids) or plan.kind in ("status", "next")


def _only_time(plan: Plan) -> bool:
    return bool(plan.intervals) and not plan.filters and not plan.terms and plan.metric is None


def _of_those(previous: Plan, plan: Plan, question: str) -> Plan:
    """ "Which of those used noise?" narrows; "which of those was best?" also asks for an order."""
    order = superlative(question.rsplit("|", 1)[-1])
    kind = "best" if order else plan.kind if plan.kind in ("count", "value") else "runs"
    if previous.kind not in _RUN_KINDS:
        kind = previous.kind
    return replace(
        plan,
        kind=kind,
        order=order or plan.order,
        metric=plan.metric or previous.metric or (Metric("harmonic_mean", said=False) if order else None),
        question=question,
        intervals=plan.intervals or previous.intervals,
        filters=_merged(previous.filters, plan.filters),
        bounds=previous.bounds + plan.bounds,
        statuses=plan.statuses or previous.statuses,
        run_terms=previous.run_terms + tuple(t for t in plan.run_terms if t not in previous.run_terms),
        states=plan.states or previous.states,
        sides=(),
    )


def _changed(previous: Plan, plan: Plan, question: str) -> Plan:
    """ "And the week before?", "what about GRU?", "and the worst?": the named part takes the place of the old one."""
    changed: dict[str, Any] = {"question": question}
    if previous.kind == "prose" and plan.aspect == "when" and not plan.subjects:
        return replace(previous, aspect="when", question=question)
    counting = bool(re.search(r"\bhow many\b", plan.question.lower()))
    if previous.kind in _RUN_KINDS and (plan.option or plan.kind == "check" or counting):
        kind = "value" if plan.option else "check" if plan.kind == "check" else "count"
        changed |= {"kind": kind, "option": plan.option, "counting": kind == "count", "alternatives": ()}
    if plan.intervals:
        changed["intervals"] = plan.intervals
    if plan.metric is not None and plan.metric.said:
        changed["metric"] = plan.metric
    order = plan.order or superlative(plan.question)
    if order and previous.kind in _RUN_KINDS:
        changed["order"], changed["limit"] = order, plan.limit
        changed["kind"] = "best" if order in ("best", "worst") else "runs"
        changed.setdefault("metric", previous.metric or Metric("harmonic_mean", said=False))
    if plan.statuses:
        changed["statuses"] = plan.statuses
    if previous.kind in _RUN_KINDS:
        if plan.filters:
            changed["filters"] = _replaced(previous.filters, plan.filters)
            if previous.kind == "effect":
                changed["option"] = plan.filters[0].option
                changed["filters"] = plan.filters
        if plan.run_terms:
            changed["run_terms"] = plan.run_terms
        changed["unknown"] = plan.unknown
    elif plan.terms:
        kept = tuple(term for term in previous.terms if term in plan.terms)
        changed["terms"] = (*kept, *(term for term in plan.terms if term not in kept))
        changed["query"] = plan.query
        changed["unknown"] = plan.unknown
        if plan.kind == "tasks" and plan.states:
            changed["states"] = plan.states
    return replace(previous, **changed)


def _merged(old: tuple[Filter, ...], new: tuple[Filter, ...]) -> tuple[Filter, ...]:
    return tuple(dict.fromkeys((*old, *new)))


def _replaced(old: tuple[Filter, ...], new: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The old conditions, those on the same options replaced by the new ones."""
    options = {one.option for one in new}
    return tuple(dict.fromkeys((*(one for one in old if one.option not in options), *new)))
