"""Answers about runs: which fit, the best or worst, how many, a figure or a setting of one."""

from __future__ import annotations

import datetime
import re
import shlex
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.page import NUMBER, Page, capital, days_words, many, which_words
from assistant.plan import Metric, Plan
from assistant.retrieve import (
    asks_start,
    command_source_of,
    compared_with,
    corrected_by,
    counts_by_description,
    days_of_record,
    difference,
    figure,
    harmonic_misfit,
    has_status,
    in_interval,
    is_of_description,
    is_retracted,
    source_of,
    start_of_record,
    verdict_words,
)
from assistant.timeline import MONTHS
from assistant.vocabulary import Filter, matcher, setting
from fskws.runs import SESSION_METRICS, Record

_RUNS_SHOWN = 20


_CHANGES_SHOWN = 6
#: Options that a difference names before it counts the rest.
_WORDED = 5


def show(value: float) -> str:
    """A figure as the notes write it: three decimals, trailing zeros dropped."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else f"{value:g}"


def title_of(record: Record) -> str:
    text = re.sub(r"\s+", " ", record.title or record.description or " ".join(record.argv)).strip()
    return text or "(no description)"


def headline(record: Record) -> list[tuple[str, float]]:
    """The figures a run is known by: last-session accuracy and harmonic mean, else its first two metrics."""
    found = [
        (label, value)
        for label, value in (("acc", figure(record, "accuracy")), ("HM", figure(record, "harmonic_mean")))
        if value is not None
    ]
    if found:
        return found
    return [(name, value) for name in list(record.metrics)[:2] if (value := figure(record, name)) is not None]


def result_words(record: Record) -> str:
    shown = [f"{name} {show(value)}" for name, value in headline(record)]
    if shown:
        return "  ".join(shown)
    return record.status if record.status not in ("unknown", "finished") else "no result"


def _status_words(record: Record) -> str:
    if record.status in ("failed", "stopped", "lost", "running"):
        return f"{record.status}: {record.cause}" if record.cause else record.status
    return record.cause


def row_of(record: Record, page: Page) -> dict[str, Any]:
    other = compared_with(record, page.evidence.pool)
    return {
        "id": record.id,
        "source": record.source,
        "date": record.date,
        "title": title_of(record),
        "status": record.status,
        "config": dict(record.config),
        "changed": {k: {"from": a, "to": b} for k, (a, b) in difference(record, other).items()} if other else {},
        "changed_from": other.id if other else None,
        "metrics": dict(record.metrics),
        "verdicts": list(record.verdicts),
        "retracted": is_retracted(record, page.evidence.retractions),
        "link": source_of(record),
    }


def diff_words(changed: Mapping[str, tuple[str | None, str | None]]) -> str:
    def shown(value: str | None) -> str:
        return "(not given)" if value is None else value

    parts = [f"{name} {shown(a)} -> {shown(b)}" for name, (a, b) in changed.items()]
    more = f" and {len(parts) - _WORDED} more" if len(parts) > _WORDED else ""
    return ", ".join(parts[:_WORDED]) + more


def changed_words(
    page: Page, changed: Mapping[str, tuple[str | None, str | None]], before: Record, after: Record
) -> str:
    """`diff_words`, with every value listed under the place of the command that holds it."""
    for name, values in changed.items():
        for value, record in zip(values, (before, after), strict=True):
            if value is not None:
                show_setting(page, record, name, value)
    if len(changed) > _WORDED:
        page.figure(str(len(changed) - _WORDED), "count of the options that differ besides")
    return diff_words(changed)


def show_setting(page: Page, record: Record, option: str, value: str) -> None:
    """Lists a shown value of an option with the place that holds it."""
    for text in dict.fromkeys((value, *NUMBER.findall(value))):
        page.figure(text, setting_source(page, record, option))


def setting_source(page: Page, record: Record, option: str) -> str:
    """Where the value of an option stands: in the run's command, in that of the run it repeats, or in its words."""
    if option not in record.config:
        return source_of(record)
    if option in record.inherited:
        value = record.config[option]
        for other in reversed(page.evidence.pool):
            own = option not in other.inherited and other.config.get(option) == value
            if own and other.id != record.id and other.date <= record.date:
                return command_source_of(other)
    return command_source_of(record)


def cite_run(page: Page, record: Record, command: bool = False) -> str:
    """Cites a run; returns its reference for the text."""
    source = source_of(record)
    page.cite(source)
    page.use(source, "\n".join(p for p in (record.title, record.description, *record.remarks, *record.verdicts) if p))
    if command and record.argv:
        page.cite(command_source_of(record))
        page.use(command_source_of(record), " ".join(record.argv))
    return source


def show_figure(page: Page, record: Record, value: float) -> str:
    text = show(value)
    page.figure(text, source_of(record))
    return text


def run_block(page: Page, record: Record, *, change: bool, remark: bool) -> None:
    """One run: date, figures, what it was; then what changed, what speaks against it, and where it stands."""
    for _, value in headline(record):
        show_figure(page, record, value)
    page.figure(record.date, source_of(record))
    link = cite_run(page, record, command=change)
    for number in NUMBER.findall(title_of(record)):
        page.figure(number, source_of(record))
    lead = f"{record.date}  {result_words(record):<24}  "
    page.say(title_of(record), " " * 12, first=lead)
    indent = " " * 14
    if change:
        other = compared_with(record, page.evidence.pool)
        if other is not None:
            changed = difference(record, other)
            if len(changed) > _CHANGES_SHOWN:
                changed = {}
                words = ""
            else:
                words = changed_words(page, changed, other, record) if changed else "nothing, the command is the same"
            page.figure(other.date, source_of(other))
            changes = f"changed: {words} (against {other.date} {source_of(other)})"
            page.say(changes if words else "changed: most settings, a new line of runs", indent, first=" " * 12)
    if remark and record.remarks:
        told = [r for r in record.remarks if r.strip().rstrip(".").lower() not in ("stopped", "nan occurs")][:2]
        for one in told:
            page.say(f'"{one}"', indent, first=" " * 12)
            for number in NUMBER.findall(one):
                page.figure(number, source_of(record))
    _taken_back(page, record)
    begun = [day for day in days_of_record(record) if day.isoformat() < record.date]
    if begun:
        page.figure(begun[0].isoformat(), command_source_of(record))
        page.say(f"started {begun[0].isoformat()}", indent, first=" " * 12)
    speak_against(page, record)
    twins: set[tuple[str, str]] = set()
    for other_id in record.joined[:2]:
        twin = next((r for r in page.evidence.pool if r.id == other_id), None)
        # Two commands of one entry, each with its own result, are two runs.
        apart = twin is not None and bool(twin.metrics and record.metrics) and difference(twin, record)
        corrected = twin is not None and (twin.corrects == record.id or record.corrects == twin.id)  # Told above.
        if twin is not None and not apart and not corrected and (source_of(twin), twin.date) not in twins:
            twins.add((source_of(twin), twin.date))
            page.say(f"probably the same run as {source_of(twin)} of {twin.date}", indent, first=" " * 12)
            page.figure(twin.date, source_of(twin))
    references = [link]
    if change and record.argv and command_source_of(record) != link:
        references.append(command_source_of(record))
    if record.source != "logged":
        references.append(record.id)
    page.say("  ".join(dict.fromkeys(references)), indent, first=" " * 12)
    page.rows.append(row_of(record, page))


def _taken_back(page: Page, record: Record) -> None:
    """The figures that a run's corrected ones replace."""
    wrong = corrected_by(record, page.evidence.pool)
    if wrong is None or not headline(wrong):
        return
    for _, value in headline(wrong):
        show_figure(page, wrong, value)
    page.figure(wrong.date, source_of(wrong))
    page.cite(source_of(wrong))
    words = f"! corrects {wrong.date} ({title_of(wrong)}), whose figures are taken back: {result_words(wrong)}"
    for number in NUMBER.findall(title_of(wrong)):
        page.figure(number, source_of(wrong))
    page.say(f"{words} {source_of(wrong)}", " " * 14, first=" " * 12)


def speak_against(page: Page, record: Record, indent: str = " " * 12) -> None:
    """Status, verdicts, later retractions and oddities of a run, each on its line."""
    repeated = any(record.cause.rstrip(".").lower() in verdict.lower() for verdict in verdict_words(record))
    if _status_words(record) and headline(record) == [] and record.cause and not repeated:
        page.say(f"! {_status_words(record)}", indent + "  ", first=indent)
    for verdict in verdict_words(record):
        page.say(f"! {verdict}", indent + "  ", first=indent)
        for number in NUMBER.findall(verdict):
            page.figure(number, source_of(record))
    for one in page.evidence.retractions.get(record.id, ()):
        when = f" on {one.date.isoformat()}" if one.date else ""
        told = "called wrong later" if one.certain else "a result of that day is called wrong"
        page.say(f'! {told}{when}: "{one.text}" {one.link}', indent + "  ", first=indent)
        page.cite(one.link, one.text)
        page.use(one.link, one.text)
        if one.date:
            page.figure(one.date.isoformat(), one.link)
        for number in NUMBER.findall(one.text):
            page.figure(number, one.link)
    for doubt in page.evidence.doubts.get(record.id, ()):
        page.say(f"! {doubt.text}", indent + "  ", first=indent)
        for number in NUMBER.findall(doubt.text):
            for place in (source_of(record), *doubt.links):
                page.figure(number, place)


def answer_runs(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if unknown_blocks(page):
        return False
    if not evidence.records:
        return answer_described(page) or set_otherwise(page)
    found = list(evidence.records)
    which = which_words(page)
    if counts_by_description(plan) and all(is_of_description(record, plan) for record in found):
        which = " ".join(("of that description", *(days_words(interval.words) for interval in plan.intervals[:2])))
    if plan.order in ("first", "last") and len(found) <= max(1, plan.limit):
        word = {"first": "first", "last": "last"}[plan.order]
        page.sentence(f"The {word} {'run' if len(found) == 1 else many(len(found), 'run')} {which}:")
        if len(found) == 1:
            _hold_against(page, found[0], first=True)
            page.lines[-1] = page.lines[-1].removesuffix(":") + f": {_day_told(page, found[0])}."
    else:
        lead = _ended(plan, found) if plan.yes_no else ""
        if plan.option and plan.filters:  # An effect was asked for.
            lead = f"No pair of runs with results tells what {plan.option.split('|')[0]} changes. "
        page.sentence(f"{lead}{many(len(found), 'run')} {which}{_tally(page, found)}.")
    page.figure(str(len(found)), "count of the runs listed")
    _per_period(page, found)
    if len(found) == 2 and re.search(r"\b(?:chang\w*|differ\w*|between|compar\w*)\b", plan.question.lower()):
        between(page, found[0], found[1])
    page.say()
    shown = found[-_RUNS_SHOWN:]
    for record in shown:
        run_block(page, record, change=len(shown) <= 12, remark=len(shown) <= 6)
        if plan.figure:
            _places_of_figure(page, record)
        if (plan.ids or _SETTINGS_ASKED.search(plan.question)) and len(shown) <= 3:
            _command_or_settings(page, record)
    if len(found) > len(shown):
        rest = len(found) - len(shown)
        page.figure(str(rest), "count of the runs not listed")
        page.say(f"... and {rest} earlier ones: kwslab runs lists them all.")
        page.rows[:0] = [row_of(record, page) for record in found[: -len(shown)]]
    _also_described(page)
    return True


def _day_told(page: Page, record: Record) -> str:
    """The day of a run: that of its result, or that of its start where the question asks for it."""
    run = corrected_by(record, page.evidence.pool) or record
    begun = start_of_record(run)
    if begun is None or not asks_start(page.plan.question) or begun.isoformat() == run.date:
        return run.date
    page.figure(begun.isoformat(), command_source_of(run))
    return f"started {begun.isoformat()}, result of {run.date}"


def described_only(page: Page) -> list[Record]:
    """Runs whose own words name the settings that are asked for, while their command says otherwise."""
    plan, vocabulary = page.plan, page.plan.vocabulary
    if (
        not plan.filters
        or vocabulary is None
        or plan.ids
        or any(one.op not in ("=", "off", "on") for one in plan.filters)
    ):
        return []
    fitting = {record.id for record in page.evidence.records}
    found = []
    conditions = [(one, matcher(one, vocabulary)) for one in plan.filters]
    for record in page.evidence.pool:
        if record.id in fitting or (plan.intervals and not any(in_interval(record, i) for i in plan.intervals)):
            continue
        open_ones = [one for one, holds in conditions if not holds(record)]
        told = vocabulary.told(record)
        # "GRU against Transformer" of two commands names the layer of this one as well.
        kept = {
            name
            for said in told
            for name in said.option.split("|")
            if record.config.get(name) and _says_same(Filter(name, "=", record.config[name].strip("'\"")), said)
        }
        open_ones = [] if any(kept & set(one.option.split("|")) for one in open_ones) else open_ones
        if open_ones and all(
            any(set(one.option.split("|")) & set(said.option.split("|")) and _says_same(one, said) for said in told)
            for one in open_ones
        ):
            found.append(record)
    return found


def _says_same(asked: Filter, said: Filter) -> bool:
    if asked.op in ("on", "off"):
        return asked.op == said.op
    try:
        return said.op == "=" and float(asked.value) == float(said.value)
    except ValueError:
        return said.op == "=" and asked.value.strip("'\"").lower() == said.value.strip("'\"").lower()


def answer_described(page: Page) -> bool:
    """No command has the setting, but a description tells of it: both are shown."""
    plan = page.plan
    found = described_only(page)
    if not found:
        return False
    page.sentence(
        f"No command {which_words(page)}, but {many(len(found), 'run')} described so; the command says otherwise:"
    )
    page.figure(str(len(found)), "count of the runs listed")
    page.say()
    for record in found[-_RUNS_SHOWN:]:
        told = setting(record, plan.option, plan.vocabulary) if plan.option else None
        if told is not None:
            page.say(f"{plan.option} {told} in its command:")
            show_setting(page, record, plan.option, told)
        run_block(page, record, change=False, remark=True)
        if record.config and len(found) <= 3:
            _config_line(page, record)
    return True


def _also_described(page: Page) -> None:
    found = described_only(page)[-3:]
    if found:
        page.say()
        page.say("Described so, while the command says otherwise:")
        for record in found:
            run_block(page, record, change=False, remark=False)


def set_otherwise(page: Page) -> bool:
    """ "Did the run of 3 May use noise?": no, its command says noise_prob 0.0."""
    plan, vocabulary = page.plan, page.plan.vocabulary
    one_day = plan.interval is not None and plan.interval.start == plan.interval.end
    if not (plan.yes_no and one_day and plan.filters) or plan.statuses or plan.bounds or plan.run_terms:
        return False
    there = [r for r in page.evidence.pool if any(in_interval(r, i) for i in plan.intervals) and r.config]
    options = list(dict.fromkeys(name for one in plan.filters for name in one.option.split("|")))
    told = [(r, name, value) for r in there for name in options if (value := setting(r, name, vocabulary)) is not None]
    if not told or len(there) > 3:
        return False
    page.sentence(f"No: {', '.join(f'{name} {value} ({r.date})' for r, name, value in told)}.")
    for record, name, value in told:
        show_setting(page, record, name, value)
    page.say()
    for record in there:
        run_block(page, record, change=False, remark=False)
        page.cite(command_source_of(record))
    return True


_SETTINGS_ASKED = re.compile(
    r"\b(?:commands?|command lines?|cmd|invocation|config(?:uration)?s?|settings?|flags|arguments"
    r"|hyper ?-?parameters|(?:call(?:ed)?|invoked?|start(?:ed)?|launch(?:ed)?) \S+\.(?:py|sh))\b",
    re.IGNORECASE,
)


def _command_or_settings(page: Page, record: Record) -> None:
    """A run's settings; its command as it was given where that is asked for."""
    if record.argv and re.search(r"\b(?:commands?|cmd|invocation)\b|\.(?:py|sh)\b", page.plan.question.lower()):
        written = page.evidence.written(record) if page.evidence.written is not None else ""
        words = written or shlex.join(record.argv)
        page.lines.append(f"{' ' * 12}$ {words}")  # On one line: it is there to be copied.
        page.cite(command_source_of(record))
        for number in NUMBER.findall(words):
            page.figure(number, command_source_of(record))
    elif record.config:
        _config_line(page, record)


def _places_of_figure(page: Page, record: Record) -> None:
    """Which of a run's figures the question gave."""
    wanted = float(page.plan.figure)
    for name, listed in record.metrics.items():
        for number, value in enumerate(listed if isinstance(listed, list | tuple) else ()):
            if value == wanted:
                last = number == len(listed) - 1
                words = Metric(name, None if last else number).words()
                page.say(f"{page.plan.figure} is its {words}", " " * 14, first=" " * 12)
                page.figure(page.plan.figure, source_of(record))


def between(page: Page, first: Record, second: Record) -> None:
    """What the later of two runs changed, and what it gained."""
    changed = difference(second, first)
    words = changed_words(page, changed, first, second) if changed else "nothing, the command is the same"
    page.say(f"Between them: {words}.")
    for name in ("harmonic_mean", "accuracy"):
        a, b = figure(first, name), figure(second, name)
        if a is not None and b is not None:
            signed = f"{'+' if b > a else ''}{show(round(b - a, 3))}"
            page.figure(signed, f"{show(b)} - {show(a)}")
            page.say(
                f"{Metric(name).words()} {show_figure(page, first, a)} -> {show_figure(page, second, b)} ({signed})."
            )
            break


def _per_period(page: Page, found: Sequence[Record]) -> None:
    """How many runs a day, week or month held, where the question counts by these."""
    asked = page.plan.question.lower()
    period = re.search(r"\b(?:per|each|every|by|which|what|busiest) (month|week|day)\b", asked)
    counting = re.search(r"\b(?:how many|number|count\w*|most|fewest|runs (?:per|by)|busiest|distribution)\b", asked)
    if period is None or not counting:
        return
    counts: dict[str, int] = {}
    for record in found:
        date = datetime.date.fromisoformat(record.date)
        week = date.isocalendar()
        name = {"month": f"{MONTHS[date.month - 1].title()} {date.year}", "day": record.date}.get(
            period[1], f"week {week[1]} of {week[0]}"
        )
        counts[name] = counts.get(name, 0) + 1
        page.figure(record.date, source_of(record))
    most = re.search(r"\b(?:most|busiest)\b", asked)
    listed = sorted(counts.items(), key=lambda pair: -pair[1])[:3] if most else list(counts.items())
    for name, number in listed:
        for text in (*NUMBER.findall(name), str(number)):
            page.figure(text, "count of the runs listed")
    page.say(f"{'Most' if most else 'By ' + period[1]}: {', '.join(f'{name}: {number}' for name, number in listed)}.")


def _ended(plan: Plan, found: Sequence[Record]) -> str:
    """The verdict on "did the run finish?", "did it fail?"; for "did I run anything?" it is yes."""
    asked = plan.question.lower()
    if re.search(r"\b(?:still )?(?:running|alive|going on)\b", asked) and not plan.statuses:
        return "Yes: " if all(has_status(r, "going on") for r in found) else "No: "
    for pattern, statuses in (
        (r"\b(?:finish|complete|succeed|work out|go through|end well|done)\w*\b", ("finished",)),
        (r"\b(?:fail|crash|die|break|broke)\w*\b", ("failed", "lost")),
        (r"\b(?:stop|abort|cancel|kill)\w*\b", ("stopped",)),
    ):
        if re.search(pattern, asked) and not plan.statuses:
            if all(any(has_status(r, status) for status in statuses) for r in found):
                return "Yes: "
            going = statuses == ("finished",) and all(has_status(r, "going on") for r in found)
            return "No, by the notes still going on: " if going else "No: "
    return "Yes: "


def _tally(page: Page, found: Sequence[Record]) -> str:
    """How they ended, and the best of them."""
    parts = []
    for status in ("failed", "stopped", "running", "lost"):
        number = sum(r.status == status for r in found)
        if number:
            page.figure(str(number), "count of the runs listed")
            cause = found[0].cause.strip().rstrip(".") if len(found) == 1 else ""
            parts.append(f"{status}: {cause}" if cause and cause.lower() != status else f"{number} {status}")
    wrong = [r for r in found if is_retracted(r, page.evidence.retractions) and headline(r)]
    if wrong:
        page.figure(str(len(wrong)), "count of the runs listed")
        parts.append(f"{len(wrong)} with a result that was called wrong")
    scored = [(v, r) for r in found if (v := figure(r, "harmonic_mean")) is not None and r not in wrong]
    scored = [(v, r) for v, r in scored if not harmonic_misfit(r)]
    if len(scored) > 1:
        value, record = max(scored, key=lambda pair: pair[0])
        parts.append(f"best harmonic mean {show_figure(page, record, value)} ({record.date})")
        page.figure(record.date, source_of(record))
    return f" ({', '.join(parts)})" if parts else ""


def answer_count(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if unknown_blocks(page):
        return False
    found = list(evidence.records)
    if not found and answer_described(page):
        return True
    if not found:
        narrowed = plan.filters or plan.statuses or plan.bounds or plan.run_terms
        others = [r for r in evidence.pool if not plan.intervals or any(in_interval(r, i) for i in plan.intervals)]
        if not (narrowed and others):
            return False
        page.figure("0", "count")
        page.figure(str(len(others)), "count")
        page.sentence(f"0 runs {which_words(page)}; {many(len(others), 'run')} there in all.")
        for record in others[-3:]:
            run_block(page, record, change=False, remark=False)
        return True
    return answer_runs(page)


def unknown_blocks(page: Page) -> bool:
    """A word that no note and no run holds decides a question about runs: nothing can fit it."""
    return bool(page.plan.unknown)


def metric_of(page: Page, records: Sequence[Record]) -> Metric:
    """The metric of the plan; where none was named the harmonic mean, else what the runs have."""
    metric = page.plan.metric or Metric("harmonic_mean", said=False)
    if metric.said or any(figure(r, metric.name, metric.session) is not None for r in records):
        return metric
    for name in ("accuracy", *(name for r in records for name in r.metrics)):
        if any(figure(r, name) is not None for r in records):
            return Metric(name, said=False)
    return metric


def later_copies(page: Page) -> list[Record]:
    """Runs whose figures stand, every one of them, under an earlier run of other settings: pasted twice."""
    first: dict[tuple[float, ...], Record] = {}
    found = []
    for record in page.evidence.pool:
        values = record.metrics.get("accuracy")
        if not isinstance(values, list | tuple) or len(values) < 2:
            continue
        before = first.setdefault(tuple(values), record)
        if before is not record and before.id not in record.joined and difference(record, before):
            found.append(record)
    return found


def smaller_is_better(metric: str) -> bool:
    return metric not in SESSION_METRICS and bool(re.search(r"loss|err|eer|wer|time|seconds", metric))


#: "How many epochs did the best run have?" asks for one value, "which noise_prob is best?" for all of them.
_OF_THE_BEST = re.compile(
    r"\b(?:did|does|do|has|had|in|of|for)\b.*\b(?:best|worst|highest|lowest|top)\b"
    r"|\b(?:best|worst|highest|lowest)\b.*\b(?:use|have|had|has)\b",
    re.IGNORECASE,
)


_BEST_BY = re.compile(
    r"\b(?:leads?|led|gives?|gave|yields?|yielded|brings?|brought|produces?|produced|results?|works?|worked|performs?)\b"
    r"(?: \w+)?? (?:to |in )?(?:the |my )?(?:best|highest|worst|lowest|top)\b",
    re.IGNORECASE,
)


def answer_best(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if unknown_blocks(page):
        return False
    metric = metric_of(page, evidence.records)
    scored = [(v, r) for r in evidence.records if (v := figure(r, metric.name, metric.session)) is not None]
    if not scored:
        return False
    down = (plan.order == "worst") != smaller_is_better(metric.name)
    scored.sort(key=lambda pair: (pair[0] if down else -pair[0], pair[1].date))
    # A harmonic mean that its own seen and unseen accuracy do not give is no best one.
    why_not = {
        r.id: "does not fit its own arrays" for _, r in scored if metric.name == "harmonic_mean" and harmonic_misfit(r)
    }
    why_not |= dict.fromkeys((r.id for r in later_copies(page)), "is probably a copy of an earlier result")
    why_not |= {r.id: "was called wrong" for _, r in scored if is_retracted(r, evidence.retractions)}
    right = [(v, r) for v, r in scored if r.id not in why_not]
    wrong = [(v, r) for v, r in scored if r.id in why_not]
    assumed = "" if metric.said else " (the measure was not named)"
    which = which_words(page)
    if not right:
        reasons = list(dict.fromkeys(why_not[r.id] for _, r in wrong))
        why = f"{reasons[0]} in the notes" if reasons == ["was called wrong"] else " or ".join(reasons)
        page.sentence(f"Every result {which} {why}; none counts as the {plan.order}.")
        page.say()
        for _, record in wrong[:3]:
            run_block(page, record, change=False, remark=True)
        return True
    beside = _BESIDE_BEST.search(plan.question)
    if beside is not None:
        return _beside_best(page, right[0][1], beside[1].lower() == "before")
    out_of = len(right)
    place = _PLACE.search(plan.question)
    if place is not None:
        rank = {"2": 2, "s": 2, "3": 3, "t": 3, "4": 4, "f": 4}[place[1][0].lower()]
        if len(right) < rank:
            return False
        out_of, right = len(right), right[rank - 1 :]
    value, record = right[0]
    _hold_against(page, record)
    told = setting(record, plan.option, plan.vocabulary) if plan.option else None
    if told is not None and _OF_THE_BEST.search(plan.question) and not _BEST_BY.search(plan.question):
        page.sentence(f"{plan.option} {told}.")
        show_setting(page, record, plan.option, told)
    elif plan.option:
        _best_by_option(page, right, metric)
    said = capital(f"{place[1].lower() + ' ' if place else ''}{plan.order or 'best'}")
    page.sentence(
        f"{said} {metric.words()}{assumed} {which}: {show_figure(page, record, value)}, {record.date}, "
        f"out of {many(out_of, 'run')}."
    )
    page.figure(str(out_of), "count of the runs compared")
    page.say()
    for _, one in right[: plan.limit or 1]:
        run_block(page, one, change=False, remark=True)
        if one.config and (plan.limit or 1) == 1:
            _command_or_settings(page, one)
        _seen_unseen_gap(page, one)
        if (metric.name, metric.session) not in (
            ("accuracy", None),
            ("harmonic_mean", None),
        ) or metric.name == "unseen":
            v = figure(one, metric.name, metric.session)
            if v is not None:
                page.say(f"{metric.words()}: {show_figure(page, one, v)}", " " * 14, first=" " * 12)
    better = [(v, r) for v, r in wrong if (v < value if down else v > value)]
    for v, one in better[:3]:
        page.say()
        page.say(
            f"Not counted: {show_figure(page, one, v)} of {one.date} ({title_of(one)}) looks {plan.order or 'best'} "
            f"but {why_not[one.id]}. {source_of(one)}"
        )
        page.figure(one.date, source_of(one))
        cite_run(page, one)
        speak_against(page, one, "  ")
    following = right[(plan.limit or 1) :][:2]
    if following and not plan.limit:
        page.say()
        words = ", ".join(f"{show_figure(page, r, v)} ({r.date}, {title_of(r)} {source_of(r)})" for v, r in following)
        for _, r in following:
            page.figure(r.date, source_of(r))
            for number in NUMBER.findall(title_of(r)):
                page.figure(number, source_of(r))
        page.say(f"Next: {words}")
    return True


def _hold_against(page: Page, record: Record, first: bool = False) -> None:
    """The verdict on "did the best run use noise?", with the run's own values. first: before what is said already."""
    holds, vocabulary = page.plan.holds, page.plan.vocabulary
    if not holds:
        return
    fits = all(matcher(one, vocabulary)(record) for one in holds)
    told = []
    for name in dict.fromkeys(name for one in holds for name in one.option.split("|")):
        value = setting(record, name, vocabulary)
        if value is not None:
            told.append(f"{name} {value}")
            show_setting(page, record, name, value)
    words = f"{'Yes' if fits else 'No'}: {', '.join(told) or 'its command does not name ' + holds[0].option}."
    if first:
        page.lines.insert(0, words)
    else:
        page.sentence(words)


_PLACE = re.compile(
    r"\b(second|2nd|third|3rd|fourth|4th)[- ](?:best|highest|worst|lowest|largest|top)\b", re.IGNORECASE
)
_BESIDE_BEST = re.compile(
    r"\b(before|after|following) the (?:best|worst|top|highest|lowest)\b(?! (?:epoch|session))", re.IGNORECASE
)


def _beside_best(page: Page, best: Record, before: bool) -> bool:
    """The run right before or after the best one."""
    pool = page.evidence.pool
    at = next((number for number, record in enumerate(pool) if record.id == best.id), -1) + (-1 if before else 1)
    if not 0 <= at < len(pool):
        return False
    word = "before" if before else "after"
    page.sentence(f"Right {word} the {page.plan.order or 'best'} run ({best.date}): {pool[at].date}.")
    page.figure(best.date, source_of(best))
    page.figure(pool[at].date, source_of(pool[at]))
    page.say()
    run_block(page, pool[at], change=True, remark=True)
    page.say()
    page.say(f"The {page.plan.order or 'best'} run:")
    run_block(page, best, change=True, remark=True)
    return True


def _seen_unseen_gap(page: Page, record: Record) -> None:
    """Seen less unseen accuracy after the last session, where the question speaks of their distance."""
    asked = page.plan.question.lower()
    if not (re.search(r"\b(?:gap|difference|distance)\b", asked) and re.search(r"\bseen\b.*\bunseen\b", asked)):
        return
    seen, unseen = figure(record, "seen"), figure(record, "unseen")
    if seen is None or unseen is None:
        return
    a, b, gap = show_figure(page, record, seen), show_figure(page, record, unseen), show(round(seen - unseen, 3))
    page.figure(gap, f"{a} - {b}")
    page.say(f"seen {a} - unseen {b} = {gap} after the last session", " " * 14, first=" " * 12)


def _config_line(page: Page, record: Record) -> None:
    shown = ", ".join(f"{name} {value}" for name, value in record.config.items())
    for name, value in record.config.items():
        show_setting(page, record, name, value)
    page.cite(command_source_of(record))
    page.use(command_source_of(record), shown)
    page.say(f"settings: {shown}", " " * 14, first=" " * 12)


def _best_by_option(page: Page, right: Sequence[tuple[float, Record]], metric: Metric) -> None:
    """The best figure for each value of the option that was asked for."""
    option = page.plan.option
    by_value: dict[str, tuple[float, Record]] = {}
    for value, record in right:
        told = setting(record, option, page.plan.vocabulary)
        if told is not None and told not in by_value:
            by_value[told] = (value, record)
    for told, (value, record) in list(by_value.items())[:6]:
        show_setting(page, record, option, told)
        page.say(
            f"{option} {told}: {metric.words()} {show_figure(page, record, value)} at best ({record.date}) "
            f"{source_of(record)}"
        )
        page.figure(record.date, source_of(record))
        page.cite(source_of(record))
    if by_value:
        page.say()


def answer_value(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if unknown_blocks(page):
        return False
    found = list(evidence.records)
    if not found:
        return answer_described(page)
    if plan.option:
        return _value_of_option(page, found)
    metric = metric_of(page, found)
    scored = [(r, v) for r in found if (v := figure(r, metric.name, metric.session)) is not None]
    if not scored:
        return False
    sound = [(r, v) for r, v in scored if not is_retracted(r, evidence.retractions)]
    wrong = [r for r, _ in scored if all(r is not one for one, _ in sound)]
    if _SOUND_ASKED.search(plan.question) and sound and wrong:
        scored = sound
    else:
        wrong = []
    which = which_words(page)
    narrowed = plan.filters or plan.intervals or plan.run_terms or plan.order or plan.ids
    if plan.order == "average":
        return _average(page, scored, metric)
    if len(scored) == 1:
        record, value = scored[0]
        page.sentence(f"{capital(metric.words())} {which}: {show_figure(page, record, value)} ({record.date}).")
    else:
        page.sentence(f"{capital(metric.words())} of {many(len(scored), 'run')} {which}:")
        page.figure(str(len(scored)), "count of the runs listed")
        if not narrowed:
            scored = scored[-5:]
            page.say("(no run was named: the latest ones)")
    page.say()
    for record, value in scored[-_RUNS_SHOWN:]:
        run_block(page, record, change=False, remark=len(scored) <= 3)
        listed = record.metrics.get(metric.name)
        if isinstance(listed, list | tuple) and len(scored) <= 3:
            text = ", ".join(show_figure(page, record, float(v)) for v in listed if isinstance(v, int | float))
            page.say(f"{Metric(metric.name).words().split(' after')[0]} by session: {text}", " " * 14, first=" " * 12)
        elif metric.name not in ("accuracy", "harmonic_mean") or metric.session is not None:
            page.say(f"{metric.words()}: {show_figure(page, record, value)}", " " * 14, first=" " * 12)
    if wrong:
        page.say()
        page.say("Called wrong, and left out:")
        for record in wrong[-_RUNS_SHOWN:]:
            run_block(page, record, change=False, remark=False)
    return True


#: The figure that counts is asked for, where another one was called wrong.
_SOUND_ASKED = re.compile(
    r"\b(?:valid|sound|correct|right|true|real|proper|trustworthy|usable)\b|\bthat (?:still )?counts?\b", re.IGNORECASE
)


def _average(page: Page, scored: Sequence[tuple[Record, float]], metric: Metric) -> bool:
    """The mean of a figure over runs, with its sum shown; results that were called wrong do not count."""
    copies = {record.id for record in later_copies(page)}
    kept = [(r, v) for r, v in scored if not is_retracted(r, page.evidence.retractions) and r.id not in copies]
    kept = [(r, v) for r, v in kept if metric.name != "harmonic_mean" or not harmonic_misfit(r)]
    if not kept:
        return False
    values = [show_figure(page, record, value) for record, value in kept]
    middle = bool(re.search(r"\bmedian\b", page.plan.question.lower()))
    mean = show(round(sum(value for _, value in kept) / len(kept), 3))
    total = " + ".join(values)
    if middle:
        mean = show(round(statistics.median(value for _, value in kept), 3))
        page.figure(mean, f"median of {', '.join(values)}")
    else:
        page.figure(mean, f"({total}) / {len(kept)}")
    page.figure(str(len(kept)), "count of the runs listed")
    word = "Median" if middle else "Average"
    page.sentence(f"{word} {metric.words()} {which_words(page)}: {mean}, over {many(len(kept), 'run')}.")
    if len(kept) <= 12 and not middle:
        page.say(f"({total}) / {len(kept)} = {mean}", "  ", first="  ")
    wrong = len(scored) - len(kept)
    if wrong:
        page.figure(str(wrong), "count of the runs left out")
        page.say(
            f"Left out: {many(wrong, 'result')} called wrong or {_doubtful(scored)}.",
            "  ",
            first="  ",
        )
    page.say()
    for record, value in kept[-_RUNS_SHOWN:]:
        run_block(page, record, change=False, remark=False)
        if metric.name not in ("accuracy", "harmonic_mean") or metric.session is not None:
            page.say(f"{metric.words()}: {show_figure(page, record, value)}", " " * 14, first=" " * 12)
    return True


def _doubtful(scored: Sequence[tuple[Record, float]]) -> str:
    """Why results other than those called wrong are left out."""
    untrue = any(harmonic_misfit(record) for record, _ in scored)
    return "not following from their own arrays, or probably copied" if untrue else "probably copied"


def _value_of_option(page: Page, found: Sequence[Record]) -> bool:
    option = page.plan.option
    told = [(r, value) for r in found if (value := setting(r, option, page.plan.vocabulary)) is not None]
    if not told:
        return False
    by_value: dict[str, list[Record]] = {}
    for record, value in told:
        by_value.setdefault(value, []).append(record)
    if re.search(
        r"\b(?:default|usual(?:ly)?|typical(?:ly)?|mostly|most often"
        r"|normally)\b",
        page.plan.question.lower(),
    ):
        by_value = dict(sorted(by_value.items(), key=lambda item: -len(item[1])))
    which = which_words(page)
    if len(by_value) > 1 and re.search(r"\bhow many\b", page.plan.question.lower()):
        page.figure(str(len(by_value)), "count of the values listed")
        page.say(f"{len(by_value)} values.")
    if len(by_value) == 1:
        value = next(iter(by_value))
        number = len(told)
        order = f"{page.plan.order} " if page.plan.order in ("first", "last") else ""
        day = f" ({told[0][0].date})" if number == 1 and not page.plan.intervals else ""
        runs = f"the {order}run" if number == 1 else f"all {number} runs"
        page.sentence(f"{option} {value}, in {runs} {which}{day}.")
        page.figure(told[0][0].date, source_of(told[0][0]))
        page.figure(str(number), "count of the runs listed")
    else:
        page.sentence(f"{option} {which}:")
        for value, records in by_value.items():
            page.figure(str(len(records)), "count of the runs listed")
            page.say(f"{value} in {many(len(records), 'run')}, last on {records[-1].date}", "    ", first="  ")
            page.figure(records[-1].date, source_of(records[-1]))
    for value, records in by_value.items():
        show_setting(page, records[-1], option, value)
    page.say()
    for record, _ in told[-8:]:
        run_block(page, record, change=False, remark=False)
        page.cite(command_source_of(record))
    return True
