"""Composes the answer from the evidence alone: figures from records, sentences quoted from notes, or a plain refusal.

No model takes part. Every figure that is shown is listed with the place it comes from.
"""

from __future__ import annotations

import datetime
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.plan import KINDS, Metric, Plan
from assistant.quote import Unit, chosen_units, closeness, is_log, is_taken_back, supported, task_units, units
from assistant.retrieve import (
    Evidence,
    Passage,
    TaskSeen,
    command_source_of,
    compared_with,
    days_of_record,
    difference,
    figure,
    holds_word,
    in_interval,
    is_retracted,
    source_of,
    support_of,
    verdict_words,
    word_forms,
)
from assistant.timeline import day_words
from assistant.vocabulary import Filter, is_soft, matches, setting
from fskws.runs import SESSION_METRICS, Record

#: Columns that the text fits into, and how many runs and tasks it shows before it counts the rest.
WIDTH = 96
_RUNS_SHOWN = 20
_TASKS_SHOWN = 20
_CHANGES_SHOWN = 6
_NUMBER = re.compile(r"(?<![\w.])(?:20\d\d[-/]\d\d[-/]\d\d|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w])")


@dataclass(frozen=True)
class Citation:
    """A place in the notes. note: without .md. heading: verbatim. quote: the words relied on, "" for a whole record."""

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


def compose(
    plan: Plan, evidence: Evidence, coverage: Mapping[str, Any], now: datetime.datetime | None = None
) -> Answer:
    """The answer to a plan; its alternatives are tried in turn when it finds nothing.

    Args: coverage: what the index knows of itself: notes, records, indexed_at, vectors, pending, words. now: for
        the age of the index.
    """
    covered = _coverage(plan, evidence, coverage, now)
    first: _Page | None = None
    for kind in (plan.kind, *plan.alternatives):
        page = _Page(replace(plan, kind=kind), evidence)
        answered = _COMPOSERS[kind](page)
        if answered:
            if kind != plan.kind:
                page.plan_json["answered_by"] = kind
                covered["line"] = f"read as: {KINDS[kind]} · {covered['line']}"
            return page.answer(True, covered, kind)
        first = first or page
    assert first is not None
    _refuse(first)
    return first.answer(False, covered, plan.kind)


class _Page:
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
        for number in _NUMBER.findall(unit.text):
            self.figure(number, link)

    def answer(self, answered: bool, coverage: dict[str, Any], kind: str) -> Answer:
        body = "\n".join(self.lines).strip("\n")
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


# -- coverage ----------------------------------------------------------------------------------------------------------


def _coverage(
    plan: Plan, evidence: Evidence, facts: Mapping[str, Any], now: datetime.datetime | None
) -> dict[str, Any]:
    notes = facts.get("notes", evidence.notes)
    parts = [interval.words for interval in plan.intervals]
    parts.extend(interval.note for interval in plan.intervals if interval.note)
    if evidence.as_of is not None:
        parts.append(f"as of {evidence.as_of.isoformat()}")
    parts.append(f"searched {_many(notes, 'note')} and {_many(len(evidence.pool) or facts.get('records', 0), 'run')}")
    age = _age(str(facts.get("indexed_at") or ""), now)
    if age:
        parts.append(f"index {age} old")
    pending = facts.get("pending") or 0
    if pending:
        parts.append(f"{_many(pending, 'passage')} not yet searched by meaning")
    if evidence.by_words_only and plan.kind == "prose":
        parts.append(f"by words only: {evidence.by_words_only}")
    gpus = (evidence.status or {}).get("gpus")
    age_of_gpus = gpus.get("age_seconds") if isinstance(gpus, Mapping) else None
    if isinstance(age_of_gpus, int | float):
        parts.append(f"GPU facts {_span(age_of_gpus)} old")
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
    return _span((now - then).total_seconds())


def _span(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# -- runs --------------------------------------------------------------------------------------------------------------


def _show(value: float) -> str:
    """A figure as the notes write it: three decimals, trailing zeros dropped."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else f"{value:g}"


def _title(record: Record) -> str:
    text = re.sub(r"\s+", " ", record.title or record.description or " ".join(record.argv)).strip()
    return text or "(no description)"


def _headline(record: Record) -> list[tuple[str, float]]:
    """The figures a run is known by: last-session accuracy and harmonic mean, else its first two metrics."""
    found = [
        (label, value)
        for label, value in (("acc", figure(record, "accuracy")), ("HM", figure(record, "harmonic_mean")))
        if value is not None
    ]
    if found:
        return found
    return [(name, value) for name in list(record.metrics)[:2] if (value := figure(record, name)) is not None]


def _result_words(record: Record) -> str:
    shown = [f"{name} {_show(value)}" for name, value in _headline(record)]
    if shown:
        return "  ".join(shown)
    return record.status if record.status not in ("unknown", "finished") else "no result"


def _status_words(record: Record) -> str:
    if record.status in ("failed", "stopped", "lost", "running"):
        return f"{record.status}: {record.cause}" if record.cause else record.status
    return record.cause


def _row(record: Record, page: _Page) -> dict[str, Any]:
    other = compared_with(record, page.evidence.pool)
    return {
        "id": record.id,
        "source": record.source,
        "date": record.date,
        "title": _title(record),
        "status": record.status,
        "config": dict(record.config),
        "changed": {k: {"from": a, "to": b} for k, (a, b) in difference(record, other).items()} if other else {},
        "changed_from": other.id if other else None,
        "metrics": dict(record.metrics),
        "verdicts": list(record.verdicts),
        "retracted": is_retracted(record, page.evidence.retractions),
        "link": source_of(record),
    }


def _diff_words(changed: Mapping[str, tuple[str | None, str | None]]) -> str:
    def shown(value: str | None) -> str:
        return "(not given)" if value is None else value

    parts = [f"{name} {shown(a)} -> {shown(b)}" for name, (a, b) in changed.items()]
    return ", ".join(parts[:5]) + (f" and {len(parts) - 5} more" if len(parts) > 5 else "")


def _cite_run(page: _Page, record: Record, command: bool = False) -> str:
    """Cites a run; returns its reference for the text."""
    source = source_of(record)
    page.cite(source)
    page.use(source, "\n".join(p for p in (record.title, record.description, *record.remarks, *record.verdicts) if p))
    if command and record.argv:
        page.cite(command_source_of(record))
        page.use(command_source_of(record), " ".join(record.argv))
    return source


def _figure(page: _Page, record: Record, value: float) -> str:
    text = _show(value)
    page.figure(text, source_of(record))
    return text


def _run_block(page: _Page, record: Record, *, change: bool, remark: bool) -> None:
    """One run: date, figures, what it was; then what changed, what speaks against it, and where it stands."""
    for _, value in _headline(record):
        _figure(page, record, value)
    page.figure(record.date, source_of(record))
    link = _cite_run(page, record, command=change)
    for number in _NUMBER.findall(_title(record)):
        page.figure(number, source_of(record))
    lead = f"{record.date}  {_result_words(record):<24}  "
    page.say(_title(record), " " * 12, first=lead)
    indent = " " * 14
    if change:
        other = compared_with(record, page.evidence.pool)
        if other is not None:
            changed = difference(record, other)
            if len(changed) > _CHANGES_SHOWN:
                changed = {}
                words = ""
            else:
                words = _diff_words(changed) if changed else "nothing, the command is the same"
            for before, after in changed.values():
                for setting_value, told_by in ((before, other), (after, record)):
                    if setting_value is not None:
                        page.figure(setting_value, command_source_of(told_by))
            page.figure(other.date, source_of(other))
            changes = f"changed: {words} (against {other.date} {source_of(other)})"
            page.say(changes if words else "changed: most settings, a new line of runs", indent, first=" " * 12)
    if remark and record.remarks:
        told = [r for r in record.remarks if r.strip().rstrip(".").lower() not in ("stopped", "nan occurs")][:2]
        for one in told:
            page.say(f'"{one}"', indent, first=" " * 12)
            for number in _NUMBER.findall(one):
                page.figure(number, source_of(record))
    begun = [day for day in days_of_record(record) if day.isoformat() < record.date]
    if begun:
        page.figure(begun[0].isoformat(), command_source_of(record))
        page.say(f"started {begun[0].isoformat()}", indent, first=" " * 12)
    _speak_against(page, record)
    for other_id in record.joined[:2]:
        twin = next((r for r in page.evidence.pool if r.id == other_id), None)
        if twin is not None:
            page.say(f"probably the same run as {source_of(twin)} of {twin.date}", indent, first=" " * 12)
            page.figure(twin.date, source_of(twin))
    references = [link]
    if change and record.argv and command_source_of(record) != link:
        references.append(command_source_of(record))
    if record.source != "logged":
        references.append(record.id)
    page.say("  ".join(dict.fromkeys(references)), indent, first=" " * 12)
    page.rows.append(_row(record, page))


def _speak_against(page: _Page, record: Record, indent: str = " " * 12) -> None:
    """Status, verdicts, later retractions and oddities of a run, each on its line."""
    repeated = any(record.cause.rstrip(".").lower() in verdict.lower() for verdict in verdict_words(record))
    if _status_words(record) and _headline(record) == [] and record.cause and not repeated:
        page.say(f"! {_status_words(record)}", indent + "  ", first=indent)
    for verdict in verdict_words(record):
        page.say(f"! {verdict}", indent + "  ", first=indent)
        for number in _NUMBER.findall(verdict):
            page.figure(number, source_of(record))
    for one in page.evidence.retractions.get(record.id, ()):
        when = f" on {one.date.isoformat()}" if one.date else ""
        told = "called wrong later" if one.certain else "a result of that day is called wrong"
        page.say(f'! {told}{when}: "{one.text}" {one.link}', indent + "  ", first=indent)
        page.cite(one.link, one.text)
        page.use(one.link, one.text)
        if one.date:
            page.figure(one.date.isoformat(), one.link)
        for number in _NUMBER.findall(one.text):
            page.figure(number, one.link)
    for doubt in page.evidence.doubts.get(record.id, ()):
        page.say(f"! {doubt.text}", indent + "  ", first=indent)
        for number in _NUMBER.findall(doubt.text):
            for place in (source_of(record), *doubt.links):
                page.figure(number, place)


def _which(page: _Page) -> str:
    """The plan's conditions in words: "with sequential_layer = GRU on Tue 2025-04-08"."""
    plan = page.plan
    parts: list[str] = []
    if plan.statuses:
        parts.append(" or ".join(s if s.startswith("without") else f"that {s}" for s in plan.statuses))
    conditions = [one.words() for one in plan.filters]
    conditions.extend(f"{b.metric.words()} {b.op} {b.value:g}" for b in plan.bounds)
    conditions.extend(f"the word {word!r}" for word in plan.run_terms)
    if conditions:
        parts.append("with " + " and ".join(conditions))
    for number in _NUMBER.findall(" ".join(conditions)):
        page.figure(number, "question")
    parts.extend(_days(interval.words) for interval in plan.intervals[:2])
    return " ".join(parts)


def _days(words: str) -> str:
    """ "last week: Mon 2025-04-07 to Sun 2025-04-13" as part of a sentence."""
    said, _, resolved = words.rpartition(": ")
    return f"{said} ({resolved})" if said else f"on {resolved}" if " to " not in resolved else f"from {resolved}"


def _runs(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if _unknown_blocks(page) or not evidence.records:
        return False
    found = list(evidence.records)
    which = _which(page)
    if plan.order in ("first", "last") and len(found) <= max(1, plan.limit):
        word = {"first": "first", "last": "last"}[plan.order]
        page.sentence(f"The {word} {'run' if len(found) == 1 else _many(len(found), 'run')} {which}:")
        if len(found) == 1:
            page.lines[-1] = page.lines[-1].removesuffix(":") + f": {found[0].date}."
    else:
        lead = _ended(plan, found) if plan.yes_no else ""
        page.sentence(f"{lead}{_many(len(found), 'run')} {which}{_tally(page, found)}.")
    page.figure(str(len(found)), "count of the runs listed")
    page.say()
    shown = found[-_RUNS_SHOWN:]
    for record in shown:
        _run_block(page, record, change=len(shown) <= 12, remark=len(shown) <= 6)
    if len(found) > len(shown):
        rest = len(found) - len(shown)
        page.figure(str(rest), "count of the runs not listed")
        page.say(f"... and {rest} earlier ones: kwslab runs lists them all.")
        page.rows[:0] = [_row(record, page) for record in found[: -len(shown)]]
    return True


def _ended(plan: Plan, found: Sequence[Record]) -> str:
    """The verdict on "did the run finish?", "did it fail?"; for "did I run anything?" it is yes."""
    asked = plan.question.lower()
    for pattern, statuses in (
        (r"\b(?:finish|complete|succeed|work out|go through|end well)\w*\b", ("finished",)),
        (r"\b(?:fail|crash|die|break|broke)\w*\b", ("failed", "lost")),
        (r"\b(?:stop|abort|cancel|kill)\w*\b", ("stopped",)),
    ):
        if re.search(pattern, asked) and not plan.statuses:
            return "Yes: " if all(r.status in statuses for r in found) else "No: "
    return "Yes: "


def _tally(page: _Page, found: Sequence[Record]) -> str:
    """How they ended, and the best of them."""
    parts = []
    for status in ("failed", "stopped", "running", "lost"):
        number = sum(r.status == status for r in found)
        if number:
            page.figure(str(number), "count of the runs listed")
            parts.append(f"{number} {status}")
    wrong = [r for r in found if is_retracted(r, page.evidence.retractions) and _headline(r)]
    if wrong:
        page.figure(str(len(wrong)), "count of the runs listed")
        parts.append(f"{len(wrong)} with a result that was called wrong")
    scored = [(v, r) for r in found if (v := figure(r, "harmonic_mean")) is not None and r not in wrong]
    if len(scored) > 1:
        value, record = max(scored, key=lambda pair: pair[0])
        parts.append(f"best harmonic mean {_figure(page, record, value)} ({record.date})")
    return f" ({', '.join(parts)})" if parts else ""


def _count(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if _unknown_blocks(page):
        return False
    found = list(evidence.records)
    if not found:
        narrowed = plan.filters or plan.statuses or plan.bounds or plan.run_terms
        others = [r for r in evidence.pool if not plan.intervals or any(in_interval(r, i) for i in plan.intervals)]
        if not (narrowed and others):
            return False
        page.figure("0", "count")
        page.figure(str(len(others)), "count")
        page.sentence(f"0 runs {_which(page)}; {_many(len(others), 'run')} there in all.")
        for record in others[-3:]:
            _run_block(page, record, change=False, remark=False)
        return True
    return _runs(page)


def _unknown_blocks(page: _Page) -> bool:
    """A word that no note and no run holds decides a question about runs: nothing can fit it."""
    return bool(page.plan.unknown)


def _metric_of(page: _Page, records: Sequence[Record]) -> Metric:
    """The metric of the plan; where none was named the harmonic mean, else what the runs have."""
    metric = page.plan.metric or Metric("harmonic_mean", said=False)
    if metric.said or any(figure(r, metric.name, metric.session) is not None for r in records):
        return metric
    for name in ("accuracy", *(name for r in records for name in r.metrics)):
        if any(figure(r, name) is not None for r in records):
            return Metric(name, said=False)
    return metric


def _smaller_is_better(metric: str) -> bool:
    return metric not in SESSION_METRICS and bool(re.search(r"loss|err|eer|wer|time|seconds", metric))


#: "How many epochs did the best run have?" asks for one value, "which noise_prob is best?" for all of them.
_OF_THE_BEST = re.compile(
    r"\b(?:did|does|do|has|had|in|of|for)\b.*\b(?:best|worst|highest|lowest|top)\b"
    r"|\b(?:best|worst|highest|lowest)\b.*\b(?:use|have|had|has)\b",
    re.IGNORECASE,
)


def _best(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if _unknown_blocks(page):
        return False
    metric = _metric_of(page, evidence.records)
    scored = [(v, r) for r in evidence.records if (v := figure(r, metric.name, metric.session)) is not None]
    if not scored:
        return False
    down = (plan.order == "worst") != _smaller_is_better(metric.name)
    scored.sort(key=lambda pair: (pair[0] if down else -pair[0], pair[1].date))
    right = [(v, r) for v, r in scored if not is_retracted(r, evidence.retractions)]
    wrong = [(v, r) for v, r in scored if is_retracted(r, evidence.retractions)]
    assumed = "" if metric.said else " (the measure was not named)"
    which = _which(page)
    if not right:
        page.sentence(f"Every result {which} was called wrong in the notes; none counts as the {plan.order}.")
        page.say()
        for _, record in wrong[:3]:
            _run_block(page, record, change=False, remark=True)
        return True
    value, record = right[0]
    told = setting(record, plan.option, plan.vocabulary) if plan.option else None
    if told is not None and _OF_THE_BEST.search(plan.question):
        page.sentence(f"{plan.option} {told}.")
        page.figure(told, command_source_of(record))
    elif plan.option:
        _best_by_option(page, right, metric)
    said = {"best": "Best", "worst": "Worst"}[plan.order or "best"]
    page.sentence(
        f"{said} {metric.words()}{assumed} {which}: {_figure(page, record, value)}, {record.date}, "
        f"out of {_many(len(right), 'run')}."
    )
    page.figure(str(len(right)), "count of the runs compared")
    page.say()
    for _, one in right[: plan.limit or 1]:
        _run_block(page, one, change=False, remark=True)
        if one.config and (plan.limit or 1) == 1:
            _config_line(page, one)
        if (metric.name, metric.session) not in (
            ("accuracy", None),
            ("harmonic_mean", None),
        ) or metric.name == "unseen":
            v = figure(one, metric.name, metric.session)
            if v is not None:
                page.say(f"{metric.words()}: {_figure(page, one, v)}", " " * 14, first=" " * 12)
    better = [(v, r) for v, r in wrong if (v < value if down else v > value)]
    for v, one in better[:3]:
        page.say()
        page.say(
            f"Not counted: {_figure(page, one, v)} of {one.date} ({_title(one)}) looks {plan.order or 'best'} but was "
            f"called wrong. {source_of(one)}"
        )
        page.figure(one.date, source_of(one))
        _cite_run(page, one)
        _speak_against(page, one, "  ")
    following = right[(plan.limit or 1) :][:2]
    if following and not plan.limit:
        page.say()
        words = ", ".join(f"{_figure(page, r, v)} ({r.date}, {_title(r)} {source_of(r)})" for v, r in following)
        for _, r in following:
            page.figure(r.date, source_of(r))
            for number in _NUMBER.findall(_title(r)):
                page.figure(number, source_of(r))
        page.say(f"Next: {words}")
    return True


def _config_line(page: _Page, record: Record) -> None:
    shown = ", ".join(f"{name} {value}" for name, value in record.config.items())
    for value in record.config.values():
        for number in _NUMBER.findall(value):
            page.figure(number, command_source_of(record))
    page.cite(command_source_of(record))
    page.use(command_source_of(record), shown)
    page.say(f"settings: {shown}", " " * 14, first=" " * 12)


def _best_by_option(page: _Page, right: Sequence[tuple[float, Record]], metric: Metric) -> None:
    """The best figure for each value of the option that was asked for."""
    option = page.plan.option
    by_value: dict[str, tuple[float, Record]] = {}
    for value, record in right:
        told = setting(record, option, page.plan.vocabulary)
        if told is not None and told not in by_value:
            by_value[told] = (value, record)
    for told, (value, record) in list(by_value.items())[:6]:
        page.figure(told, command_source_of(record))
        page.say(
            f"{option} {told}: {metric.words()} {_figure(page, record, value)} at best ({record.date}) "
            f"{source_of(record)}"
        )
        page.figure(record.date, source_of(record))
        page.cite(source_of(record))
    if by_value:
        page.say()


def _value(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if _unknown_blocks(page):
        return False
    found = list(evidence.records)
    if plan.option:
        return _value_of_option(page, found)
    metric = _metric_of(page, found)
    scored = [(r, v) for r in found if (v := figure(r, metric.name, metric.session)) is not None]
    if not scored:
        return False
    which = _which(page)
    narrowed = plan.filters or plan.intervals or plan.run_terms or plan.order
    if len(scored) == 1:
        record, value = scored[0]
        page.sentence(f"{_capital(metric.words())} {which}: {_figure(page, record, value)} ({record.date}).")
    else:
        page.sentence(f"{_capital(metric.words())} of {_many(len(scored), 'run')} {which}:")
        page.figure(str(len(scored)), "count of the runs listed")
        if not narrowed:
            scored = scored[-5:]
            page.say("(no run was named: the latest ones)")
    page.say()
    for record, value in scored[-_RUNS_SHOWN:]:
        _run_block(page, record, change=False, remark=len(scored) <= 3)
        listed = record.metrics.get(metric.name)
        if isinstance(listed, list | tuple) and len(scored) <= 3:
            text = ", ".join(_figure(page, record, float(v)) for v in listed if isinstance(v, int | float))
            page.say(f"{Metric(metric.name).words().split(' after')[0]} by session: {text}", " " * 14, first=" " * 12)
        elif metric.name not in ("accuracy", "harmonic_mean") or metric.session is not None:
            page.say(f"{metric.words()}: {_figure(page, record, value)}", " " * 14, first=" " * 12)
    return True


def _value_of_option(page: _Page, found: Sequence[Record]) -> bool:
    option = page.plan.option
    told = [(r, value) for r in found if (value := setting(r, option, page.plan.vocabulary)) is not None]
    if not told:
        return False
    by_value: dict[str, list[Record]] = {}
    for record, value in told:
        by_value.setdefault(value, []).append(record)
    which = _which(page)
    if len(by_value) == 1:
        value = next(iter(by_value))
        number = len(told)
        page.sentence(f"{option} {value}, in {'the run' if number == 1 else f'all {number} runs'} {which}.")
        page.figure(str(number), "count of the runs listed")
    else:
        page.sentence(f"{option} {which}:")
        for value, records in by_value.items():
            page.figure(str(len(records)), "count of the runs listed")
            page.say(f"{value} in {_many(len(records), 'run')}, last on {records[-1].date}", "    ", first="  ")
            page.figure(records[-1].date, source_of(records[-1]))
    for value, records in by_value.items():
        page.figure(value, command_source_of(records[-1]))
    page.say()
    for record, _ in told[-8:]:
        _run_block(page, record, change=False, remark=False)
        page.cite(command_source_of(record))
    return True


# -- comparing, effects ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    """Two runs and the options on which they differ (name -> value of a, value of b)."""

    a: Record
    b: Record
    changed: Mapping[str, tuple[str | None, str | None]]


def _judged(page: _Page, records: Iterable[Record]) -> list[Record]:
    """Runs whose result counts."""
    return [r for r in records if r.metrics and not is_retracted(r, page.evidence.retractions)]


def _pairs(page: _Page, left: Sequence[Record], right: Sequence[Record], allowed: set[str], extra: int) -> list[_Pair]:
    """Pairs of runs that differ in the allowed options and `extra` others at most."""
    found = []
    seen: set[frozenset[str]] = set()
    for a in left:
        for b in right:
            key = frozenset((a.id, b.id))
            if a.id == b.id or key in seen or not a.config or not b.config:
                continue
            changed = difference(b, a)
            if set(changed) & allowed and len(set(changed) - allowed) <= extra:
                seen.add(key)
                found.append(_Pair(a, b, changed))
    return found


def _pair_lines(page: _Page, pairs: Sequence[_Pair], metric: Metric) -> tuple[int, int]:
    """Shows pairs with their arithmetic. Returns: how many rose, and how many there were."""
    rose = shown = 0
    for pair in pairs:
        first, second = figure(pair.a, metric.name, metric.session), figure(pair.b, metric.name, metric.session)
        if first is None or second is None:
            continue
        change = round(second - first, 3)
        rose += change > 0
        shown += 1
        a, b = _figure(page, pair.a, first), _figure(page, pair.b, second)
        signed = f"{'+' if change > 0 else ''}{_show(change)}"
        page.figure(signed, f"{b} - {a}")
        page.say(
            f"{metric.words()} {a} -> {b} ({signed}): {_diff_words(pair.changed)}; "
            f"{pair.a.date} {source_of(pair.a)} and "
            f"{pair.b.date} {source_of(pair.b)}",
            "    ",
            first="  ",
        )
        for record in (pair.a, pair.b):
            page.figure(record.date, source_of(record))
            _cite_run(page, record)
            page.rows.append(_row(record, page))
            _speak_against(page, record, "      ")
        for values in pair.changed.values():
            for value, record in zip(values, (pair.a, pair.b), strict=True):
                if value is not None:
                    page.figure(value, command_source_of(record))
    return rose, shown


def _effect(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if _unknown_blocks(page) or not plan.filters:
        return False
    subject = next((one for one in plan.filters if one.option == plan.option), plan.filters[0])
    options = set(subject.option.split("|"))
    others = [one for one in plan.filters if one.option != subject.option]
    vocabulary = plan.vocabulary
    eligible = [r for r in _judged(page, evidence.pool) if all(matches(r, one, vocabulary) for one in others)]
    if plan.intervals:
        eligible = [r for r in eligible if any(in_interval(r, i) for i in plan.intervals)]
    metric = _metric_of(page, eligible)
    with_it = [r for r in eligible if matches(r, subject, vocabulary)]
    without = [r for r in eligible if not matches(r, subject, vocabulary)]
    if subject.op in ("on", "off") and (not with_it or not without):
        with_it = without = eligible
    pairs = _pairs(page, without, with_it, options, 0)
    exact = bool(pairs)
    if not pairs and subject.op == "on":
        pairs = _pairs(page, eligible, eligible, options, 0)
        exact = bool(pairs)
    if not pairs:
        pairs = _pairs(page, without, with_it, options, 1)
    pairs = [
        p
        for p in pairs
        if figure(p.a, metric.name, metric.session) is not None and figure(p.b, metric.name, metric.session) is not None
    ]
    pairs = sorted((_upward(p, options) for p in pairs), key=lambda p: (p.b.date, p.a.date))[-8:]
    if not pairs:
        return False
    down = subject.op == "off" or (subject.op != "=" and bool(_LESS.search(plan.question)))
    at = len(page.lines)
    rose, shown = _pair_lines(page, pairs, metric)
    better = shown - rose if _smaller_is_better(metric.name) else rose
    if down:
        better = shown - better
    what = _effect_words(subject, pairs, options)
    verdict = ""
    if plan.yes_no:
        verdict = "Yes: " if better == shown else "No: " if better == 0 else "It depends: "
    differ = f"differ in {subject.option} alone" if exact else f"differ in {subject.option} and one more option"
    none = "" if exact else f"No two runs differ in {subject.option} alone. "
    number = f"the {metric.words()} was higher {what} in {rose} of {_many(shown, 'pair')} of runs that {differ}"
    head = f"{none}{verdict}{number if verdict else _capital(number)}."
    page.lines[at:at] = [*textwrap.wrap(head, WIDTH), ""]
    for count in {str(rose), str(shown), str(better), str(shown - better)}:
        page.figure(count, "count of the pairs listed")
    _left_out(page, [r for r in evidence.pool if any(matches(r, one, vocabulary) for one in (subject,))])
    _remarks(page, [r for pair in pairs for r in (pair.a, pair.b)])
    return True


_LESS = re.compile(r"\b(?:lower|smaller|less|fewer|shorter|decreas\w+|reduc\w+|halv\w+|without)\b", re.IGNORECASE)


def _upward(pair: _Pair, options: set[str]) -> _Pair:
    """The pair with the run of the smaller value first, one without it counts as zero; names go by the alphabet."""
    values = next((v for name, v in pair.changed.items() if name in options), None)
    if values is None:
        return pair
    first, second = (_rank(v) for v in values)
    if first <= second:
        return pair
    return _Pair(pair.b, pair.a, {name: (b, a) for name, (a, b) in pair.changed.items()})


def _rank(value: str | None) -> tuple[float, str]:
    if value is None or value.lower() == "none":
        return 0.0, ""
    try:
        return float(value), ""
    except ValueError:
        return 1e12, value


def _effect_words(subject: Filter, pairs: Sequence[_Pair], options: set[str]) -> str:
    """How the upper run of each pair is told: "with loss_lpc", "with the larger lr_base", "with noise_prob = 0.8"."""
    if subject.op not in ("on", "off"):
        return f"with {subject.words()}"
    named = {v for pair in pairs for name, v in pair.changed.items() if name in options}
    if len(named) == 1:
        low, high = next(iter(named))
        return f"with {subject.option} {high} than with {'none' if low is None else low}"
    lower = [next((v[0] for name, v in pair.changed.items() if name in options), None) for pair in pairs]
    if all(value is None or value in ("0", "0.0", "None", "none", "false") for value in lower):
        return f"with {subject.option}"
    numbers = all(
        _rank(v)[1] == "" for pair in pairs for name, vs in pair.changed.items() if name in options for v in vs
    )
    return f"with the larger {subject.option}" if numbers else f"with the second {subject.option} of the two"


def _left_out(page: _Page, records: Sequence[Record]) -> None:
    wrong = [r for r in records if is_retracted(r, page.evidence.retractions) and figure(r, "accuracy") is not None]
    for record in wrong[-2:]:
        page.say(f"Left out: the result of {record.date} ({_title(record)}), called wrong. {source_of(record)}", "  ")
        page.figure(record.date, source_of(record))
        for number in _NUMBER.findall(_title(record)):
            page.figure(number, source_of(record))
        _cite_run(page, record)


def _remarks(page: _Page, records: Sequence[Record]) -> None:
    """The researcher's own words on these runs."""
    listed = {r.id: r for r in records if r.remarks}
    for record in list(listed.values())[-4:]:
        text = record.remarks[0]
        page.say(f'You wrote on {record.date}: "{text}"', "    ", first="  ")
        page.figure(record.date, source_of(record))
        for number in _NUMBER.findall(text):
            page.figure(number, source_of(record))


def _compare(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if _unknown_blocks(page) or len(evidence.sides) < 2:
        return False
    sides = [_judged(page, side) for side in evidence.sides]
    if not all(sides):
        return False
    metric = _metric_of(page, [r for side in sides for r in side])
    best: list[tuple[float, Record]] = []
    for side in sides:
        scored = [(v, r) for r in side if (v := figure(r, metric.name, metric.session)) is not None]
        if not scored:
            return False
        best.append(max(scored, key=lambda pair: pair[0]))
    names = [_side_words(side.words) for side in plan.sides]
    options = {name for side in plan.sides for one in side.filters for name in one.option.split("|")}
    pairs = _pairs(page, sides[0], sides[1], options, 0) if len(sides) == 2 and options else []
    at = len(page.lines)
    rose, shown = _pair_lines(page, sorted(pairs, key=lambda p: p.b.date)[-6:], metric) if pairs else (0, 0)
    if pairs and shown:
        page.say()
    for name, side, (value, record) in zip(names, sides, best, strict=True):
        page.say(
            f"{name}: {_many(len(side), 'run')}, best {metric.words()} {_figure(page, record, value)} ({record.date})"
        )
        page.figure(str(len(side)), "count of the runs")
        for number in _NUMBER.findall(name):
            page.figure(number, "question")
        _run_block(page, record, change=False, remark=True)
    if shown:
        higher = names[1] if rose * 2 > shown else names[0] if rose * 2 < shown else ""
        count = max(rose, shown - rose)
        head = (
            f"{higher} has the higher {metric.words()} in {count} of {_many(shown, 'pair')} of runs that "
            "differ in nothing else."
            if higher
            else f"It is even: {count} of {_many(shown, 'pair')} of runs each way."
        )
        for number in (count, shown):
            page.figure(str(number), "count of the pairs listed")
    else:
        (first, a), (second, b) = best[:2]
        higher = names[0] if first >= second else names[1]
        gap = round(abs(first - second), 3)
        page.figure(_show(gap), f"{_show(max(first, second))} - {_show(min(first, second))}")
        changed = difference(b, a)
        rest = {name: pair for name, pair in changed.items() if name not in options}
        head = f"{higher} has the higher best {metric.words()}, by {_show(gap)}"
        head += f"; but these runs differ in other options too: {_diff_words(rest)}." if rest else "."
        for told in (text for pair in rest.values() for text in pair if text is not None):
            page.figure(told, "settings of the two runs")
    if plan.yes_no:
        first_better = higher == names[0]
        asked_worse = bool(re.search(r"\bworse\b", plan.question.lower()))
        if higher:
            head = f"{'Yes' if first_better != asked_worse else 'No'}: {head}"
    page.lines[at:at] = [*textwrap.wrap(head, WIDTH), ""]
    for all_runs in evidence.sides:
        _left_out(page, all_runs)
    return True


def _side_words(words: str) -> str:
    """ "sequential_layer = GRU" -> "GRU"."""
    option, _, value = words.partition(" = ")
    return value if value and re.search(r"[A-Za-z]", value) else (f"{option} {value}" if value else words)


def _tried(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if plan.unknown:
        return False
    found = list(evidence.records) if plan.filters or plan.run_terms else []
    if found:
        page.say(f"Yes: {_many(len(found), 'run')} {_which(page)}, first on {found[0].date}, last on {found[-1].date}.")
        for record in (found[0], found[-1]):
            page.figure(record.date, source_of(record))
        page.figure(str(len(found)), "count of the runs")
        page.say()
        for record in found[-5:]:
            _run_block(page, record, change=False, remark=True)
        return True
    tasks = [t for t in evidence.tasks if support_of(plan, t.newest.text)[0] >= 0.75 and not t.newest.struck]
    if not tasks:
        return False
    done = any(t.newest.state.lower() == "x" for t in tasks)
    page.say(
        "The to-do notes say it is done; no run in the notes or records shows it."
        if done
        else "Not by the records: no run fits. It stands in the to-do notes:"
    )
    for task in tasks[-5:]:
        _task_line(page, task)
    return True


# -- tasks, days, status -----------------------------------------------------------------------------------------------


_STATE_WORDS = {" ": "never tried", "-": "ongoing", "x": "finished", "X": "finished", ">": "deferred"}
_GENERIC_TASK_WORDS = frozenset(
    [
        "task",
        "tasks",
        "todo",
        "todos",
        "open",
        "item",
        "items",
        "list",
        "finish",
        "finished",
        "done",
        "ongoing",
        "progress",
        "deferred",
        "postponed",
        "outstanding",
        "cancelled",
        "canceled",
        "pending",
        "backlog",
        "unfinished",
        "supposed",
        "meant",
        "plan",
        "planned",
        "untried",
        "tick",
        "ticked",
        "struck",
        "touched",
        "left",
        "plate",
        "checklist",
        "never",
        "tried",
        "working",
        "completed",
        "complete",
        "still",
        "dropped",
        "delayed",
        "started",
    ]
)
_CATEGORIES = ("experiments", "code", "idea", "paper", "study", "lab", "others", "tomorrow")


def _tasks(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    words = [word for word in plan.terms if word not in _GENERIC_TASK_WORDS]
    words = [word for word in words if not is_soft(word)]
    category = next((c for c in _CATEGORIES for w in words if w.rstrip("s") == c.rstrip("s")), "")
    words = [word for word in words if not category or word.rstrip("s") != category.rstrip("s")]
    asked = replace(plan, terms=tuple(words))
    found = []
    for task in evidence.tasks:
        if task.newest.struck != ("~" in plan.states) and not (task.newest.struck and "~" in plan.states):
            continue
        if "~" not in plan.states and task.newest.state.lower() not in plan.states:
            continue
        if plan.intervals and not any(i.contains(task.newest.date) or i.contains(task.first) for i in plan.intervals):
            continue
        if category and category.rstrip("s") not in task.newest.category.lower():
            continue
        if words and support_of(asked, f"{task.newest.text} {' '.join(task.newest.sublines)}")[0] < 0.5:
            continue
        found.append(task)
    if not found:
        return False
    states = " or ".join(dict.fromkeys(_STATE_WORDS.get(s, "cancelled") for s in plan.states if s != "X"))
    if plan.yes_no and words and set(plan.states) == set(" -x>"):
        newest = found[-1]
        finished = newest.newest.state.lower() == "x"
        state = _STATE_WORDS.get(newest.newest.state, "open")
        page.say(f"{'Yes' if finished else 'No'}: it is {state}.")
    else:
        which = " ".join(_days(i.words) for i in plan.intervals)
        kind = f" under {category}" if category else ""
        page.sentence(f"{_many(len(found), 'item')} {states}{kind} {which}:")
        page.figure(str(len(found)), "count of the items listed")
    page.say()
    listed = list(reversed(found))
    for task in listed[:_TASKS_SHOWN]:
        _task_line(page, task)
    if len(found) > _TASKS_SHOWN:
        page.figure(str(len(found) - _TASKS_SHOWN), "count of the items not listed")
        page.say(f"... and {len(found) - _TASKS_SHOWN} older ones.")
    page.rows.extend(
        {
            "task": t.newest.text,
            "state": t.newest.state,
            "date": t.newest.date.isoformat() if t.newest.date else None,
            "first": t.first.isoformat() if t.first else None,
            "copies": t.copies,
            "link": t.link,
        }
        for t in listed
    )
    return True


def _task_line(page: _Page, task: TaskSeen) -> None:
    text = re.sub(r"\s+", " ", task.newest.text).strip()
    when = task.newest.date.isoformat() if task.newest.date else "no date"
    since = f", first written {task.first.isoformat()}" if task.copies > 1 and task.first else ""
    page.say(f"[{task.newest.state}] {text} ({when}{since}) {task.link}", "      ", first="  ")
    page.cite(task.link, text)
    page.use(task.link, text)
    for number in (*_NUMBER.findall(text), when):
        page.figure(number, task.link)
    if since and task.first:
        page.figure(task.first.isoformat(), task.first_link)


def _day(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    interval = plan.interval
    if interval is None:
        return False
    page.say(f"{_capital(_days(interval.words))}:")
    at = len(page.lines)
    runs = [] if plan.aspect == "notes" else list(evidence.records)
    if runs:
        page.say()
        page.say(f"Runs ({len(runs)})")
        page.figure(str(len(runs)), "count of the runs listed")
        for record in runs[-8:]:
            _run_block(page, record, change=len(runs) <= 4, remark=len(runs) <= 4)
    done = [
        t
        for t in evidence.tasks
        if t.newest.state.lower() == "x" and interval.contains(t.newest.date) and not t.newest.struck
    ]
    if done and plan.aspect != "notes":
        page.say()
        page.say(f"Finished ({len(done)})")
        page.figure(str(len(done)), "count of the items listed")
        for task in done[:10]:
            _task_line(page, task)
    named = {name.casefold() for name in plan.notes}
    sections = [s for s in evidence.sections if not named or s.note.casefold() in named]
    notes = [s for s in sections if not is_log(s.note) and (plan.aspect == "notes" or not task_units(s.text))]
    days = {s.date for s in notes}
    each = 12 if len(days) <= 1 else 4 if len(days) <= 3 else 2
    if notes:
        page.say()
        page.say("Notes")
        shown = ""
        for section in notes[: 16 if len(days) <= 1 else 24]:
            listed = [u for u in units(section.text) if not u.code][:each]
            if not listed:
                continue
            if section.link != shown:  # A long section comes in several parts.
                page.say(f"{section.date.isoformat() if section.date else ''} {section.link}", "    ", first="  ")
            shown = section.link
            if section.date:
                page.figure(section.date.isoformat(), section.link)
            for unit in listed:
                page.quote(unit, section.link, "    ")
    if len(page.lines) == at:
        page.lines.clear()
        return False
    return True


def _status(page: _Page) -> bool:
    """What goes on now, from the facts passed in; a question about free GPUs or running runs gets its verdict first."""
    facts = page.evidence.status
    if facts is None:
        return False
    running = [dict(run) for run in facts.get("runs") or ()]
    gpus = facts.get("gpus") if isinstance(facts.get("gpus"), Mapping) else {}
    asked = page.plan.question.lower()
    if re.search(r"\b(?:free|idle|available|busy|in use|occupied)\b", asked):
        page.say(_free_words(asked, facts, gpus or {}))
    elif page.plan.yes_no or not facts.get("lines"):
        lead = ("Yes: " if running else "No: ") if page.plan.yes_no else ""
        page.say(f"{lead}{_many(len(running), 'run')} going on now.")
    page.figure(str(len(running)), "status")
    told = [str(line) for line in facts.get("lines") or ()] or [
        "  ".join(str(run[key]) for key in ("id", "title", "since") if run.get(key)) for run in running
    ]
    for line in told:
        page.say(line, "    ", first="  ")
    for number in _NUMBER.findall("\n".join(page.lines)):
        page.figure(number, "status")
    page.rows.extend(running)
    return bool(told or running or "runs" in facts)


def _free_words(asked: str, facts: Mapping[str, Any], gpus: Mapping[str, Any]) -> str:
    free = list(facts.get("free_gpus") or ())
    if gpus.get("state", "ok") != "ok":
        return f"Not known: {gpus.get('detail') or gpus.get('state')}."
    yes = bool(free) != bool(re.search(r"\b(?:busy|in use|occupied)\b", asked))
    which = f"GPU {', '.join(map(str, free))} free" if free else "no GPU free"
    return f"{'Yes' if yes else 'No'}: {which}."


def _next(page: _Page) -> bool:
    suggestions = page.evidence.suggestions
    if not suggestions:
        return False
    for number, one in enumerate(suggestions, 1):
        told = one.to_json() if hasattr(one, "to_json") else dict(one)
        page.say(f"{number}. {told.get('title', '')}", "   ")
        page.figure(str(number), "order of the suggestions")
        page.say(str(told.get("hypothesis", "")), "   ", first="   ")
        argv = [str(word) for word in told.get("argv", ())]
        if argv:
            page.say("$ " + " ".join(argv), "     ", first="   ")
        links = [str(link) for link in (*told.get("evidence", ()), *told.get("closes", ()))]
        page.say(" ".join(dict.fromkeys(links)), "   ", first="   ")
        for link in links:
            page.cite(link)
        source = str(told.get("id", "suggestion"))
        for figure_text in _NUMBER.findall(f"{told.get('title', '')} {told.get('hypothesis', '')} {' '.join(argv)}"):
            page.figure(figure_text, source)
        page.say(f"kwslab launch {source}", "   ", first="   ")
        page.say()
        page.rows.append(told)
    return True


#: Words of a question -> kinds of findings it asks for.
_FINDING_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\blinks?\b", ("broken link",)),
    (r"\b(?:same|duplicate|copied|copy|identical)", ("same results",)),
    (r"\b(?:disagree|command|descri|mismatch|words|fit|match)", ("command and description",)),
    (r"\bheadings?\b", ("two headings for one day",)),
    (r"\bwithout (?:a )?results?\b|\bno results?\b", ("run without result",)),
)


def _findings(page: _Page) -> bool:
    """Oddities of the notes themselves, as `kwslab check` tells them."""
    asked = page.plan.question.lower()
    kinds = next((kinds for pattern, kinds in _FINDING_KINDS if re.search(pattern, asked)), ())
    if not kinds and re.search(r"\bcontradict|\binconsisten|\bconflict|\boddit|\bsuspicious", asked):
        kinds = ("same results", "harmonic mean", "array lengths", "command and description", "called wrong")
    found = [one for one in page.evidence.findings or () if one.kind in kinds]
    if not found:
        return False
    page.say(f"{_many(len(found), 'place')} that a careful reader would notice:")
    page.figure(str(len(found)), "count of the places listed")
    for one in found[:12]:
        links = [f"[[{place.rsplit(':', 1)[0] if re.search(r':[0-9]+$', place) else place}]]" for place in one.where]
        page.say(f"{one.message} {' '.join(dict.fromkeys(links))}", "    ", first="  ")
        for link in links:
            page.cite(link)
            for number in _NUMBER.findall(one.message):
                page.figure(number, link)
        page.rows.append({"kind": one.kind, "where": links, "message": one.message})
    if len(found) > 12:
        page.say(f"... and {len(found) - 12} more: kwslab check lists them all.")
        page.figure(str(len(found) - 12), "count of the places not listed")
    return True


def _check(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if not plan.intervals and not plan.filters and _findings(page):
        return True
    pool = [r for r in evidence.pool if not plan.intervals or any(in_interval(r, i) for i in plan.intervals)]
    if plan.filters or plan.run_terms:
        wanted = {r.id for r in evidence.records}
        pool = [r for r in pool if r.id in wanted]
    wrong = [r for r in pool if is_retracted(r, evidence.retractions) and _headline(r)]
    asked = plan.question.lower()
    copies = bool(re.search(r"\b(?:same|duplicate|copied|copy|identical)", asked))
    words = bool(re.search(r"\b(?:disagree|command|descri|mismatch|words)", asked)) and not copies
    mark = "the same figures" if copies else "the description says" if words else ""
    odd = [r for r in pool if r not in wrong and (evidence.doubts.get(r.id) or evidence.retractions.get(r.id))]
    if mark:
        odd = [r for r in pool if any(doubt.text.startswith(mark) for doubt in evidence.doubts.get(r.id, ()))]
        wrong = []
    only_wrong = bool(re.search(r"\bwrong\b|\bretract|\btrust|\binvalid|\bbogus", asked))
    if only_wrong and wrong:
        odd = []
    elif wrong and odd and not only_wrong:
        wrong = []
    if re.search(r"\b(?:twice|two times|more than once|repeated|same commands?)\b", asked):
        return _repeated(page, pool)
    narrowed = plan.yes_no and (plan.intervals or plan.filters)
    if not wrong and not odd and narrowed and any(_headline(r) for r in pool):
        doubt = re.search(r"\b(?:wrong|retract|bad|taken back)", asked)
        page.sentence(f"{'No' if doubt else 'Yes, as far as the notes tell'}: nothing in them calls it wrong.")
        for record in pool[-3:]:
            _run_block(page, record, change=False, remark=True)
        return True
    if not wrong and not odd:
        return False
    if narrowed and wrong:
        page.say(
            "Yes, it was called wrong."
            if re.search(r"\b(?:wrong|retract|bad|taken back)", asked)
            else "No, it was called wrong."
        )
    if wrong:
        page.say(f"{_many(len(wrong), 'result')} called wrong in the notes:")
        page.figure(str(len(wrong)), "count of the results listed")
        for record in wrong[-12:]:
            _run_block(page, record, change=False, remark=False)
    if odd:
        if wrong:
            page.say()
        page.say(f"{_many(len(odd), 'run')} with something that does not fit:")
        page.figure(str(len(odd)), "count of the runs listed")
        for record in odd[-12:]:
            _run_block(page, record, change=False, remark=False)
            for link in (link for doubt in evidence.doubts.get(record.id, ()) for link in doubt.links):
                page.cite(link)
    return True


def _repeated(page: _Page, pool: Sequence[Record]) -> bool:
    """Runs whose command is the same, figures aside."""
    groups: dict[tuple[tuple[str, str], ...], list[Record]] = {}
    for record in pool:
        if record.config:
            groups.setdefault(tuple(sorted(record.config.items())), []).append(record)
    twice = [listed for listed in groups.values() if len(listed) > 1]
    if not twice:
        return False
    page.sentence(f"{_many(len(twice), 'command')} that ran more than once:")
    page.figure(str(len(twice)), "count of the commands listed")
    for listed in twice[-6:]:
        page.say()
        for record in listed:
            _run_block(page, record, change=False, remark=False)
    return True


# -- prose -------------------------------------------------------------------------------------------------------------


def _prose(page: _Page) -> bool:
    plan, evidence = page.plan, page.evidence
    candidates = [
        replace(p, score=p.score + closeness(plan, p)) for p in evidence.passages if p.within and supported(plan, p)
    ]
    if not candidates:
        return False
    candidates.sort(key=lambda p: -p.score)
    top = candidates[0]
    # A reason or a solution stands in one place; thoughts on a subject stand in several.
    share = 0.92 if plan.aspect in ("why", "how", "when", "who", "where", "how many") else 0.82
    kept = [p for p in candidates if p.score >= share * top.score and p.support >= 0.75 * top.support][:3]
    parts = [(p, chosen_units(plan, p, 4 if p is top else 2)) for p in kept]
    parts = [(p, listed) for p, listed in parts if listed]
    if not parts:
        return False
    back = [(p, listed) for p, listed in parts if p is not top and is_taken_back(listed) and _newer(p, top)]
    rest = [pair for pair in parts if pair not in back]
    ordered = [*sorted(back, key=lambda pair: pair[0].date or datetime.date.min, reverse=True), *rest]
    verdict = _leaning(plan, ordered[0][1]) if plan.yes_no else ""
    if verdict:
        page.say(verdict)
    if plan.aspect == "when" and top.date is not None:
        page.say(f"{day_words(top.date)}:")
    for number, (passage, listed) in enumerate(ordered):
        if number:
            page.say()
        when = f"{day_words(passage.date)}, " if passage.date else ""
        mark = " (takes an earlier result or thought back)" if (passage, listed) in back else ""
        page.say(f"{when}{passage.link}{mark}")
        if passage.date:
            page.figure(passage.date.isoformat(), passage.link)
        for unit in listed:
            page.quote(unit, passage.link)
        for one in passage.verdicts:
            if one.kind in ("fail", "error", "warning") and one.text and not any(one.text in u.text for u in listed):
                page.say(f"! {one.kind}: {one.text}", "    ", first="  ")
                page.use(passage.link, one.text)
                for found in _NUMBER.findall(one.text):
                    page.figure(found, passage.link)
    return True


def _newer(a: Passage, b: Passage) -> bool:
    return a.date is not None and (b.date is None or a.date >= b.date)


_NO = re.compile(
    r"\b(?:won't|will not|doesn'?t|does not|did not|didn'?t|don'?t|cannot|can't|isn'?t|"
    r"not|never|no longer|sucks|worse|fail(?:s|ed)?|useless|wrong|no (?:gain|help|effect|"
    r"difference|use))\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"\b(?:works?|worked|helps?|helped|better|best|solved|fixed|good|improve[sd]?|yes|success\w*|done)\b", re.IGNORECASE
)


def _leaning(plan: Plan, listed: Sequence[Unit]) -> str:
    """A verdict on a yes/no question where the decisive sentence is plain; else none."""
    if re.search(r"n't\b|\bnot\b|\bwrong\b|\bfail|\bworse\b|\bor\b", plan.question.lower()):
        return ""
    best = max(listed, key=lambda unit: unit.score)
    text = best.text
    held = word_forms(text)
    if not plan.subjects or not all(holds_word(held, word) for word in plan.subjects):
        return ""
    no, yes = bool(_NO.search(text)), bool(_YES.search(text))
    if no and not re.search(r"\bbut\b|\bnot (?:only|just|sure)\b|\?", text):
        return "By your notes, no:"
    if yes and not no and "?" not in text and "maybe" not in text.lower():
        return "By your notes, yes:"
    return ""


def _unknown(page: _Page) -> bool:
    del page
    return False


# -- refusal -----------------------------------------------------------------------------------------------------------


def _refuse(page: _Page) -> None:
    """Says plainly that nothing was found, what was searched, and what lies nearest; guesses nothing."""
    plan, evidence = page.plan, page.evidence
    page.lines.clear()
    page.citations.clear()
    page.figures.clear()
    page.rows.clear()
    page.used.clear()
    if plan.kind == "unknown":
        page.say(
            "I found nothing to look up in this question. Ask about runs (what did I run last week?), results (best "
            "harmonic mean?), ideas and bugs in the notes, open tasks, or what to run next."
        )
        return
    about_runs = plan.kind in ("runs", "best", "count", "value", "compare", "effect", "tried")
    searched = f"{_many(evidence.notes, 'note')} and {_many(len(evidence.pool), 'run')}"
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
        page.sentence(f"No such item in the to-do notes {_which(page)}. Searched {searched}.")
    elif plan.kind == "check":
        page.sentence(f"Nothing of that kind was found {_which(page)}. Searched {searched}.")
    elif about_runs and (plan.filters or plan.bounds or plan.statuses or plan.intervals or plan.run_terms):
        page.sentence(
            f"No run {_which(page)} with what you ask for is in the notes or the run records. Searched {searched}."
        )
    elif about_runs:
        page.sentence(f"No run with such a result is in the notes or the run records. Searched {searched}.")
    elif plan.kind == "day":
        page.sentence(f"Nothing is dated {_which(page)}. Searched {searched}.")
    else:
        days = f" {_which(page)}" if plan.intervals else ""
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


def _nearest(page: _Page, about_runs: bool) -> None:
    plan, evidence = page.plan, page.evidence
    near = evidence.near if about_runs or plan.kind == "day" else ()
    if near and not plan.unknown:
        page.say()
        interval = plan.interval
        earlier = interval is not None and interval.start is not None and near[-1].date < interval.start.isoformat()
        page.say("The last runs before that:" if earlier else "The nearest runs:")
        for record in near:
            words = f"{record.date}  {_result_words(record)}  {_title(record)}  {source_of(record)}"
            page.say(words, "    ", first="  ")
            page.figure(record.date, source_of(record))
            for _, value in _headline(record):
                _figure(page, record, value)
            for number in _NUMBER.findall(_title(record)):
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


_COMPOSERS: Mapping[str, Callable[[_Page], bool]] = {
    "runs": _runs,
    "best": _best,
    "count": _count,
    "value": _value,
    "compare": _compare,
    "effect": _effect,
    "tried": _tried,
    "status": _status,
    "tasks": _tasks,
    "next": _next,
    "check": _check,
    "day": _day,
    "prose": _prose,
    "unknown": _unknown,
}
