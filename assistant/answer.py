"""Composes the answer from the evidence alone: figures from records, sentences quoted from notes, or a plain refusal.

No model takes part. Every figure that is shown is listed with the place it comes from.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.answer_files import answer_files, nothing_happened, refuse_files
from assistant.answer_notes import answer_day, answer_prose, answer_tasks, answer_tried, surely_told
from assistant.answer_pairs import answer_compare, answer_effect
from assistant.answer_runs import (
    answer_best,
    answer_count,
    answer_runs,
    answer_value,
    headline,
    result_words,
    show_figure,
    title_of,
)
from assistant.answer_state import answer_check, answer_next, answer_status
from assistant.page import NUMBER, Answer, Page, many, span, which_words
from assistant.plan import KINDS, Plan
from assistant.retrieve import Evidence, Passage, source_of


def compose(
    plan: Plan, evidence: Evidence, coverage: Mapping[str, Any], now: datetime.datetime | None = None
) -> Answer:
    """The answer to a plan; its alternatives are tried in turn when it finds nothing.

    Args: coverage: what the index knows of itself: notes, records, indexed_at, vectors, pending, words. now: for
        the age of the index.
    """
    covered = _coverage(plan, evidence, coverage, now)
    first: Page | None = None
    kinds = (plan.kind, *plan.alternatives)
    if plan.may_be_of_words and surely_told(plan, evidence.passages):
        kinds = ("prose", *(kind for kind in kinds if kind != "prose"))
    for kind in kinds:
        page = Page(replace(plan, kind=kind), evidence)
        answered = _COMPOSERS[kind](page)
        if answered:
            _beside(page)
            if kind != plan.kind:
                page.plan_json["answered_by"] = kind
                if plan.kind == "tasks" and kind == "prose":
                    page.lines[:0] = ["No such item in the to-do notes. What the notes say:", ""]
                covered["line"] = f"read as: {KINDS[kind]} · {covered['line']}"
            return page.answer(True, covered, kind)
        first = first or page
    assert first is not None
    if plan.kind == "files" and nothing_happened(evidence.files):
        page = Page(plan, evidence)
        refuse_files(page)
        return page.answer(True, covered, plan.kind)
    _refuse(first)
    return first.answer(False, covered, plan.kind)


_BOTH_ENDS = re.compile(
    r"\b(?:best|highest|top|max\w*)\b(?: \w+){0,2} (?:and|or|with|vs\.?|versus|to|against) (?:the "
    r"|my )?(?:worst|lowest|min\w*)\b"
    r"|\b(?:worst|lowest|min\w*)\b(?: \w+){0,2} (?:and|or|with|vs\.?|versus|to|against) (?:the |my )?(?:best"
    r"|highest|top|max\w*)\b",
    re.IGNORECASE,
)


def _beside(page: Page) -> None:
    """The further figures and settings that are asked for at once: each answered as if it were asked alone, its
    sentence beside the first one, the runs once."""
    plan = page.plan
    if plan.kind not in ("value", "best", "effect", "compare"):
        return
    others = [replace(plan, metric=one, metrics=(), option="", options=()) for one in plan.metrics]
    if plan.kind == "value" and plan.option:
        others = [replace(plan, option=one, options=(), metrics=()) for one in plan.options]
        if plan.metric is not None and plan.metric.said:
            others.append(replace(plan, option="", options=(), metrics=()))
    elif plan.kind == "value":
        others += [replace(plan, option=one, options=(), metrics=()) for one in plan.options]
    elif plan.kind in ("effect", "compare"):
        others = [replace(plan, metric=one, metrics=()) for one in plan.metrics]
    elif plan.kind == "best" and plan.option:
        others = []
    if plan.kind == "best" and plan.order == "best" and _BOTH_ENDS.search(plan.question):
        others.append(replace(plan, order="worst", metrics=()))
    leads: list[str] = []
    more: list[str] = []
    for other in others[:4]:
        part = Page(other, page.evidence)
        if not _COMPOSERS[plan.kind](part):
            continue
        cut = part.lines.index("") if "" in part.lines else len(part.lines)
        leads.extend(part.lines[:cut])
        shown = {row.get("id") for row in page.rows}
        if any(row.get("id") not in shown for row in part.rows) or plan.kind in ("effect", "compare"):
            more.extend(["", *part.lines[cut + 1 :]])
        page.rows.extend(row for row in part.rows if row.get("id") not in shown)
        for link, citation in part.citations.items():
            page.citations.setdefault(link, citation)
        for key, figure in part.figures.items():
            page.figures.setdefault(key, figure)
        for source, text in part.used.items():
            page.use(source, text)
    cut = page.lines.index("") if "" in page.lines else len(page.lines)
    page.lines[cut:cut] = leads
    page.lines.extend(more)


def _coverage(
    plan: Plan, evidence: Evidence, facts: Mapping[str, Any], now: datetime.datetime | None
) -> dict[str, Any]:
    notes = facts.get("notes", evidence.notes)
    parts = [interval.words for interval in plan.intervals]
    parts.extend(interval.note for interval in plan.intervals if interval.note)
    if evidence.as_of is not None:
        parts.append(f"as of {evidence.as_of.isoformat()}")
    if plan.files is not None:
        parts.append(f"looked in {getattr(evidence.files, 'searched', '') or 'no folder'}")
    if plan.files is None or plan.alternatives:
        parts.append(f"searched {many(notes, 'note')} and {many(len(evidence.pool) or facts.get('records', 0), 'run')}")
    age = _age(str(facts.get("indexed_at") or ""), now)
    if age:
        parts.append(f"index {age} old")
    pending = facts.get("pending") or 0
    if pending:
        parts.append(f"{many(pending, 'passage')} not yet searched by meaning")
    if evidence.by_words_only and plan.kind == "prose":
        parts.append(f"by words only: {evidence.by_words_only}")
    gpus = (evidence.status or {}).get("gpus")
    age_of_gpus = gpus.get("age_seconds") if isinstance(gpus, Mapping) else None
    if isinstance(age_of_gpus, int | float):
        parts.append(f"GPU facts {span(age_of_gpus)} old")
    parts.extend(str(word) for word in facts.get("words") or ())
    return {
        "interval": plan.interval.to_json() if plan.interval else None,
        "today": evidence.today.isoformat(),
        "as_of": evidence.as_of.isoformat() if evidence.as_of else None,
        "notes": notes,
        "records": len(evidence.pool) or facts.get("records", 0),
        "indexed_at": facts.get("indexed_at"),
        "pending": pending,
        "vectors": facts.get("vectors"),
        "line": " · ".join(parts),
    }


def _age(moment: str, now: datetime.datetime | None) -> str:
    try:
        then = datetime.datetime.fromisoformat(moment)
    except ValueError:
        return ""
    now = now or datetime.datetime.now().astimezone()
    if then.tzinfo is None:
        then = then.astimezone()
    return span((now - then).total_seconds())


def _unknown(page: Page) -> bool:
    del page
    return False


def _refuse(page: Page) -> None:
    """Says plainly that nothing was found, what was searched, and what lies nearest; guesses nothing."""
    plan, evidence = page.plan, page.evidence
    page.lines.clear()
    page.citations.clear()
    page.figures.clear()
    page.rows.clear()
    page.used.clear()
    if plan.kind == "files":
        refuse_files(page)
        return
    if plan.kind == "unknown":
        page.say(
            "I found nothing to look up in this question. Ask about runs (what did I run last week?), results (best "
            "harmonic mean?), ideas and bugs in the notes, open tasks, or what to run next."
        )
        return
    about_runs = plan.kind in ("runs", "best", "count", "value", "compare", "effect", "tried")
    searched = f"{many(evidence.notes, 'note')} and {many(len(evidence.pool), 'run')}"
    page.figure(str(evidence.notes), "count of the notes searched")
    page.figure(str(len(evidence.pool)), "count of the runs searched")
    absent = _written(plan, plan.unknown) if about_runs or plan.kind == "prose" else []
    if absent:
        page.say(f"Not in your notes: nothing in {searched} mentions {_listed(absent)}.")
    elif plan.kind == "status":
        page.say("No facts about GPUs or running runs are at hand. `kwslab status` shows what this machine can tell.")
    elif plan.kind == "next":
        page.say("No suggestion: neither open tasks nor runs to vary were found. Searched " + searched + ".")
    elif plan.kind == "tasks":
        page.sentence(f"No such item in the to-do notes {which_words(page)}. Searched {searched}.")
    elif plan.kind == "check":
        page.sentence(f"Nothing of that kind was found {which_words(page)}. Searched {searched}.")
    elif about_runs and (plan.filters or plan.bounds or plan.statuses or plan.intervals or plan.run_terms):
        wanted = " with what you ask for" if plan.kind in ("best", "value", "compare", "effect") else ""
        page.sentence(f"No run {which_words(page)}{wanted} is in the notes or the run records. Searched {searched}.")
    elif about_runs:
        page.sentence(f"No run with such a result is in the notes or the run records. Searched {searched}.")
    elif plan.kind == "day":
        page.sentence(f"Nothing is dated {which_words(page)}. Searched {searched}.")
    else:
        days = f" {which_words(page)}" if plan.intervals else ""
        page.sentence(f"Not in your notes: no section{days} says enough about this. Searched {searched}.")
    _nearest(page, about_runs)


def _written(plan: Plan, words: Sequence[str]) -> list[str]:
    """The words as the question writes them."""
    found = []
    for word in words:
        match = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plan.question, re.IGNORECASE)
        found.append(match.group() if match else word)
    return found


def _listed(words: Sequence[str]) -> str:
    quoted = [f"'{word}'" for word in words[:4]]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def _nearest(page: Page, about_runs: bool) -> None:
    plan, evidence = page.plan, page.evidence
    near = evidence.near if about_runs or plan.kind == "day" else ()
    if near and not plan.unknown:
        page.say()
        interval = plan.interval
        earlier = interval is not None and interval.start is not None and near[-1].date < interval.start.isoformat()
        page.say("The last runs before that:" if earlier else "The nearest runs:")
        for record in near:
            words = f"{record.date}  {result_words(record)}  {title_of(record)}  {source_of(record)}"
            page.say(words, "    ", first="  ")
            page.figure(record.date, source_of(record))
            for _, value in headline(record):
                show_figure(page, record, value)
            for number in NUMBER.findall(title_of(record)):
                page.figure(number, source_of(record))
        return
    passages: list[Passage] = [p for p in evidence.passages if p.support > 0]
    if passages:
        best = max(passages, key=lambda p: p.score)
        missing = _written(plan, best.missed)
        told = f", which does not mention {_listed(missing)}" if missing else ""
        when = f" of {best.date.isoformat()}" if best.date else ""
        page.say(f"The nearest section is {best.link}{when}{told}.")
        if best.date:
            page.figure(best.date.isoformat(), best.link)


_COMPOSERS: Mapping[str, Callable[[Page], bool]] = {
    "runs": answer_runs,
    "best": answer_best,
    "count": answer_count,
    "value": answer_value,
    "compare": answer_compare,
    "effect": answer_effect,
    "tried": answer_tried,
    "status": answer_status,
    "tasks": answer_tasks,
    "next": answer_next,
    "check": answer_check,
    "day": answer_day,
    "files": answer_files,
    "prose": answer_prose,
    "unknown": _unknown,
}
