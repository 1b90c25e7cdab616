"""Answers that hold runs against each other: two sides compared, and what one option changes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.answer_runs import (
    between,
    changed_words,
    cite_run,
    later_copies,
    metric_of,
    row_of,
    run_block,
    show,
    show_figure,
    smaller_is_better,
    speak_against,
    title_of,
    unknown_blocks,
)
from assistant.page import NUMBER, WIDTH, Page, capital, many
from assistant.plan import Metric
from assistant.retrieve import (
    difference,
    figure,
    harmonic_misfit,
    in_interval,
    is_retracted,
    layers_of,
    setting_hashes,
    settings_of,
    source_of,
    with_layers,
)
from assistant.vocabulary import Filter, Vocabulary, matcher
from fskws.runs import Record


@dataclass(frozen=True)
class _Pair:
    """Two runs and the options on which they differ (name -> value of a, value of b)."""

    a: Record
    b: Record
    changed: Mapping[str, tuple[str | None, str | None]]


def _judged(page: Page, records: Iterable[Record]) -> list[Record]:
    """Runs whose result counts."""
    copies = {record.id for record in later_copies(page)}
    kept = [r for r in records if r.metrics and not is_retracted(r, page.evidence.retractions) and r.id not in copies]
    return [r for r in kept if not _misfit(page, r)]


def _misfit(page: Page, record: Record) -> bool:
    """Whether the figure that is looked at does not follow from the run's own arrays."""
    metric = page.plan.metric
    return (metric is None or metric.name == "harmonic_mean") and bool(harmonic_misfit(record))


def _pairs(page: Page, left: Sequence[Record], right: Sequence[Record], allowed: set[str], extra: int) -> list[_Pair]:
    """Pairs of runs that differ in the allowed options and `extra` (0 or 1) others at most."""
    others = _by_rest(right, allowed, extra)
    settings = {r.id: settings_of(r) for r in right}
    found = []
    seen: set[frozenset[str]] = set()
    for a in left:
        if not a.config:
            continue
        own = settings_of(a)
        near: dict[int, Record] = {}
        for key in _rests(a, allowed, extra):
            near.update(others.get(key, ()))
        for _, b in sorted(near.items()):
            if a.id == b.id or all(own.get(name) == settings[b.id].get(name) for name in allowed):
                continue
            key_of_pair = frozenset((a.id, b.id))
            if key_of_pair in seen:
                continue
            changed = difference(b, a)
            if set(changed) & allowed and len(set(changed) - allowed) <= extra:
                seen.add(key_of_pair)
                found.append(_Pair(a, b, changed))
    return found


def _told_pairs(
    left: Sequence[Record], right: Sequence[Record], allowed: set[str], vocabulary: Vocabulary
) -> list[_Pair]:
    """Pairs of runs whose descriptions differ in the allowed options alone; of a run without a command nothing else is
    known."""

    def told(record: Record) -> dict[str, str] | None:
        if _RELATIVE.search(record.description or record.title):
            return None
        return {one.option: f"{one.op} {one.value}" for one in vocabulary.told(record)}

    def value(record: Record, listed: Mapping[str, str], name: str) -> str | None:
        return record.config.get(name) or (listed[name].removeprefix("= ") if name in listed else None)

    found = []
    for a in left:
        for b in right:
            mine, theirs = (told(a), told(b)) if a.id != b.id and not (a.config and b.config) else (None, None)
            if mine is None or theirs is None or layers_of(a) != layers_of(b):
                continue
            rest = ({k: v for k, v in listed.items() if k not in allowed} for listed in (mine, theirs))
            if len({tuple(sorted(one.items())) for one in rest}) == 1 and mine != theirs:
                names = [name for name in allowed if name in mine or name in theirs]
                found.append(_Pair(a, b, {name: (value(a, mine, name), value(b, theirs, name)) for name in names}))
    return found


#: A description that rests on another one.
_RELATIVE = re.compile(r"\b(?:same|identical|as above)\b", re.IGNORECASE)


def _by_rest(runs: Sequence[Record], allowed: set[str], extra: int) -> dict[int, list[tuple[int, Record]]]:
    """Runs, with their place, by their settings without the allowed options: only runs of one entry can be a pair."""
    found: dict[int, list[tuple[int, Record]]] = {}
    for place, run in enumerate(runs):
        if run.config:
            for key in _rests(run, allowed, extra):
                found.setdefault(key, []).append((place, run))
    return found


def _rests(run: Record, allowed: set[str], extra: int) -> list[int]:
    """Equal for runs that may differ in the allowed options; with `extra` one key more for each option left out."""
    parts = setting_hashes(run)
    whole = parts[""] - sum(parts.get(name, 0) for name in allowed)
    if not extra:
        return [whole]
    return [whole, *(whole - part for name, part in parts.items() if name and name not in allowed)]


def _pair_lines(page: Page, pairs: Sequence[_Pair], metric: Metric) -> tuple[int, int]:
    """Shows pairs with their arithmetic. Returns: how many rose, and how many there were."""
    rose = shown = 0
    for pair in pairs:
        first, second = figure(pair.a, metric.name, metric.session), figure(pair.b, metric.name, metric.session)
        if first is None or second is None:
            continue
        change = round(second - first, 3)
        rose += change > 0
        shown += 1
        a, b = show_figure(page, pair.a, first), show_figure(page, pair.b, second)
        signed = f"{'+' if change > 0 else ''}{show(change)}"
        page.figure(signed, f"{b} - {a}")
        beside = "" if metric.said or metric.name == "accuracy" else _accuracies(page, pair)
        page.say(
            f"{metric.words()} {a} -> {b} ({signed}){beside}: {changed_words(page, pair.changed, pair.a, pair.b)}; "
            f"{pair.a.date} {source_of(pair.a)} and "
            f"{pair.b.date} {source_of(pair.b)}",
            "    ",
            first="  ",
        )
        for record in (pair.a, pair.b):
            page.figure(record.date, source_of(record))
            cite_run(page, record)
            page.rows.append(row_of(record, page))
            speak_against(page, record, "      ")
    return rose, shown


def answer_effect(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if unknown_blocks(page) or not plan.filters:
        return False
    subject = next((one for one in plan.filters if one.option == plan.option), plan.filters[0])
    options = set(subject.option.split("|"))
    others = [one for one in plan.filters if one.option != subject.option]
    vocabulary = plan.vocabulary
    conditions = [matcher(one, vocabulary) for one in others]
    eligible = [r for r in _judged(page, evidence.pool) if all(holds(r) for holds in conditions)]
    if plan.intervals:
        eligible = [r for r in eligible if any(in_interval(r, i) for i in plan.intervals)]
    eligible = with_layers(plan, eligible, evidence.pool)
    metric = metric_of(page, eligible)
    chosen = matcher(subject, vocabulary)
    with_it = [r for r in eligible if chosen(r)]
    without = [r for r in eligible if not chosen(r)]
    if subject.op in ("on", "off") and (not with_it or not without):
        with_it = without = eligible
    pairs = _pairs(page, without, with_it, options, 0)
    exact = bool(pairs)
    if not pairs and subject.op == "on":
        pairs = _pairs(page, eligible, eligible, options, 0)
        exact = bool(pairs)
    if not pairs and vocabulary is not None:
        pairs = _told_pairs(without, with_it, options, vocabulary)
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
    better = shown - rose if smaller_is_better(metric.name) else rose
    if down:
        better = shown - better
    what = _effect_words(subject, pairs, options)
    verdict = ""
    if plan.yes_no:
        harm = bool(_HARM.search(plan.question))  # "Does it hurt?": where it helped, the answer is no.
        yes = shown - better if harm else better
        verdict = "Yes: " if yes == shown else "No: " if yes == 0 else "It depends: "
    differ = f"differ in {subject.option} alone" if exact else f"differ in {subject.option} and one more option"
    none = "" if exact else f"No two runs differ in {subject.option} alone. "
    higher, most = ("lower", shown - rose) if 2 * rose < shown else ("higher", rose)
    number = f"the {metric.words()} was {higher} {what} in {most} of {many(shown, 'pair')} of runs that {differ}"
    head = f"{none}{verdict}{number if verdict else capital(number)}."
    page.lines[at:at] = [*textwrap.wrap(head, WIDTH), ""]
    for count in dict.fromkeys((str(rose), str(shown), str(better), str(shown - better))):
        page.figure(count, "count of the pairs listed")
    _left_out(page, [r for r in evidence.pool if chosen(r)])
    _remarks(page, [r for pair in pairs for r in (pair.a, pair.b)])
    return True


_HARM = re.compile(
    r"\b(?:hurt\w*|harm(?!on)\w*|degrad\w*|worse\w*|damag\w*|spoil\w*|ruin\w*"
    r"|drops?|dropped|falls?|fell|sinks?|sank|(?:goes|go|went) down"
    r"|too (?:high|low|large|small|big|long|short|much|few|little))\b",
    re.IGNORECASE,
)
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


def _accuracies(page: Page, pair: _Pair) -> str:
    """ ", accuracy 80.1 -> 81.2", where the question names no measure."""
    first, second = figure(pair.a, "accuracy"), figure(pair.b, "accuracy")
    if first is None or second is None:
        return ""
    return f", accuracy {show_figure(page, pair.a, first)} -> {show_figure(page, pair.b, second)}"


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


def _left_out(page: Page, records: Sequence[Record]) -> None:
    wrong = [r for r in records if is_retracted(r, page.evidence.retractions) and figure(r, "accuracy") is not None]
    listed = {record.id for record in records}
    copied = [r for r in later_copies(page) if r.id in listed and r not in wrong]
    untrue = [r for r in records if _misfit(page, r) and r not in wrong and r not in copied]
    for record in (*wrong[-2:], *copied[-2:], *untrue[-2:]):
        why = "probably a copy of an earlier result" if record in copied else "called wrong"
        why = "its harmonic mean does not follow from its own arrays" if record in untrue else why
        page.say(f"Left out: the result of {record.date} ({title_of(record)}), {why}. {source_of(record)}", "  ")
        page.figure(record.date, source_of(record))
        for number in NUMBER.findall(title_of(record)):
            page.figure(number, source_of(record))


def _remarks(page: Page, records: Sequence[Record]) -> None:
    """The researcher's own words on these runs."""
    listed = {r.id: r for r in records if r.remarks}
    for record in list(listed.values())[-4:]:
        text = record.remarks[0]
        page.say(f'You wrote on {record.date}: "{text}"', "    ", first="  ")
        page.figure(record.date, source_of(record))
        for number in NUMBER.findall(text):
            page.figure(number, source_of(record))


def answer_compare(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if unknown_blocks(page) or len(evidence.sides) < 2:
        return False
    sides = [_judged(page, side) for side in evidence.sides]
    if not all(sides):
        return _nothing_counts(page, sides)
    metric = metric_of(page, [r for side in sides for r in side])
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
            f"{name}: {many(len(side), 'run')}, best {metric.words()} "
            f"{show_figure(page, record, value)} ({record.date})"
        )
        page.figure(str(len(side)), "count of the runs")
        for number in NUMBER.findall(name):
            page.figure(number, "question")
        run_block(page, record, change=False, remark=True)
    if shown:
        higher = names[1] if rose * 2 > shown else names[0] if rose * 2 < shown else ""
        count = max(rose, shown - rose)
        head = (
            f"{higher} has the higher {metric.words()} in {count} of {many(shown, 'pair')} of runs that "
            "differ in nothing else."
            if higher
            else f"It is even: {count} of {many(shown, 'pair')} of runs each way."
        )
        for number in (count, shown):
            page.figure(str(number), "count of the pairs listed")
    else:
        (first, a), (second, b) = best[:2]
        higher = names[0] if first >= second else names[1]
        gap = round(abs(first - second), 3)
        page.figure(show(gap), f"{show(max(first, second))} - {show(min(first, second))}")
        changed = difference(b, a)
        rest = {name: pair for name, pair in changed.items() if name not in options}
        head = f"{higher} has the higher best {metric.words()}, {show(max(first, second))} against "
        head += f"{show(min(first, second))}, by {show(gap)}"
        head += f"; but these runs differ in other options too: {changed_words(page, rest, a, b)}." if rest else "."
    if plan.yes_no and not re.search(r"\bor\b", plan.question.lower()):
        first_better = higher == names[0]
        asked_worse = bool(re.search(r"\bworse\b", plan.question.lower()))
        if higher:
            head = f"{'Yes' if first_better != asked_worse else 'No'}: {head}"
    page.lines[at:at] = [*textwrap.wrap(head, WIDTH), ""]
    for all_runs in evidence.sides:
        _left_out(page, all_runs)
    return True


def _nothing_counts(page: Page, sides: Sequence[Sequence[Record]]) -> bool:
    """A side whose runs all ended without a result that counts is told as such."""
    evidence = page.evidence
    if not all(evidence.sides):
        return False
    for words, all_runs, judged in zip(page.plan.sides, evidence.sides, sides, strict=True):
        if not judged:
            name = _side_words(words.words)
            page.say(f"Nothing to compare with: no result of {name} counts ({many(len(all_runs), 'run')}).")
            page.figure(str(len(all_runs)), "count of the runs")
            for number in NUMBER.findall(name):
                page.figure(number, "question")
    single = [all_runs[0] for all_runs in evidence.sides if len(all_runs) == 1 and all_runs[0].metrics]
    if len(single) == len(evidence.sides) == 2:
        between(page, single[0], single[1])
    for all_runs, judged in zip(evidence.sides, sides, strict=True):
        page.say()
        for record in (judged or all_runs)[-3:]:
            run_block(page, record, change=False, remark=True)
    return True


def _side_words(words: str) -> str:
    """ "sequential_layer = GRU" -> "GRU"."""
    option, _, value = words.partition(" = ")
    return value if value and re.search(r"[A-Za-z]", value) else (f"{option} {value}" if value else words)
