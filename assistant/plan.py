"""Reads a question: what kind of answer it wants, about which days, runs, options and words. No model takes part.

The vocabulary is the vault's own: option names and their values, note names, and every word the notes hold.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from assistant import timeline
from assistant.as_told import stood_on, told_as_of
from assistant.asides import Words, without_asides
from assistant.asked import KINDS, Bound, Metric, Plan, Side
from assistant.clipped import spelled_out
from assistant.courtesy import WANTED_FOR, asks_whether, main_question
from assistant.file_questions import read_file_wish
from assistant.kinds import OTHER_FIGURES, RUNNISH, SAY, telling_words, with_kind, without_spans
from assistant.shorthand import written_out
from assistant.slips import mended
from assistant.timeline import Interval
from assistant.vocabulary import (
    OPERATORS,
    SETTING_WORDS,
    Filter,
    FilterReading,
    Vocabulary,
    is_everyday,
    read_filters,
    respelt,
)
from fskws.runs import SESSION_METRICS
from vault_sync.terms import STOP_WORDS, stem

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


_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight")

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
    text = mended(spelled_out(written_out(re.sub(r"\s+", " ", question).strip(), vocabulary), vocabulary), vocabulary)
    text = without_asides(text, _words_beside(today, vocabulary))
    text = main_question(
        text,
        lambda clause: _tells(clause, today, vocabulary),
        lambda rest: _structured(rest, vocabulary),
    )
    text = respelt(without_chat(asks_whether(text), vocabulary), vocabulary)
    text = _INCLUDED.sub(" ", text).strip()
    text = _WHOLE_WEEK.sub(" ", text).strip() if re.search(r"\bweeks?\b", text, re.IGNORECASE) else text
    text = _next_day(text, today, week_starts)
    text = _HOW_IT_IS_DONE.sub(lambda match: match.group().replace(match["days"], "now"), text)
    intervals = _intervals(text, today, week_starts, anchor)
    as_of, looking = told_as_of(text, intervals, today)
    if as_of is None:
        as_of, looking = _stood_on(text, intervals, today, vocabulary)
    if as_of is not None:
        text = re.sub(r"\s+", " ", without_spans(text, looking)).strip(" ,;:")
        intervals = _intervals(text, as_of, week_starts, anchor)
    timeless = without_spans(text, [interval.span for interval in intervals])
    # "Two weeks ago, what did I train?": what the days leave at the front parts no words.
    timeless = re.sub(r"^[\s,;:.–-]+", lambda match: " " * len(match.group()), timeless)
    reading = read_filters(timeless, vocabulary, titles=True)
    asked = re.sub(r"\b(base|last|final|first|second|third|\d(?:st|nd|rd|th))-(?=session)", r"\1 ", timeless.lower())
    # "The regularized base session": a name, and no measure.
    measured = without_spans(asked, reading.families) if len(asked) == len(timeless) else asked
    metric = _metric(measured, vocabulary)
    metrics = _metrics_beside(measured, metric)
    bounds, bounded = _bounds(asked, metric)
    if bounded:
        reading = read_filters(without_spans(timeless, bounded), vocabulary, titles=True)
    reading = _multiplied(asked, reading, vocabulary)
    plan = Plan(
        kind="prose",
        question=text,
        intervals=intervals,
        filters=reading.filters,
        titled=reading.titled,
        bounds=bounds,
        statuses=_statuses(asked),
        metric=metric,
        metrics=metrics,
        aspect=_aspect(asked),
        as_of=as_of,
        items=vocabulary.items.named(timeless),
        notes=_named_notes(text, vocabulary),
        query=re.sub(r"\s+", " ", timeless).strip(),
        vocabulary=vocabulary,
        **telling_words(timeless, reading, vocabulary),
    )
    plain = re.search(
        r"\b(plain|baseline|default|vanilla|simple) (?:settings?|runs?|models?|experiments?|config\w*|setups?|ones?)\b",
        asked,
    )
    if plain and plain[1] in vocabulary.run_words and plain[1] not in plan.run_terms and not plan.filters:
        plan = replace(plan, run_terms=(*plan.run_terms, plain[1]))
    plan = _told_by_runs(plan, asked, vocabulary)
    plan = _with_named_runs(plan, vocabulary)
    plan = _with_files(_among_its_own(with_kind(plan, asked, reading, vocabulary), vocabulary))
    plan = _of_an_unread_setting(_of_a_logged_kind(plan, asked, vocabulary), timeless, reading)
    if (
        plan.limit
        and plan.order in ("first", "last")
        and len(plan.intervals) == 1
        and "read as" in plan.intervals[0].note
    ):
        plan = replace(plan, intervals=())  # "The three newest of what I trained lately."
    if plan.kind in ("prose", "unknown") and opinion is not None and not plan.unknown:
        kind, score = opinion(text)
        if score >= _OPINION_LEAST and kind != plan.kind and _can_be(plan, kind):
            others = tuple(other for other in plan.alternatives if other != kind)
            plan = replace(plan, alternatives=(kind, *others), opinion=f"{kind} ({score:.2f})")
    return plan


_SETTING_SAID = re.compile(
    r"(?:lr|learning rate|batch ?size|(?:weight )?decay|epochs?|temperature|tau|bs)\b", re.IGNORECASE
)


def _stood_on(
    text: str, intervals: Sequence[Interval], today: datetime.date, vocabulary: Vocabulary
) -> tuple[datetime.date | None, list[tuple[int, int]]]:
    """The day from which a question for how a thing stood looks; a setting that runs have is asked of that day's."""
    day, looking = stood_on(text, intervals, today)
    if day is None:
        return None, []
    timeless = without_spans(text, looking)
    reading = read_filters(timeless, vocabulary)
    asked = re.compile(r"\b(?:what|which|how (?:many|much|high|large|long|big)|the|our|my)\s+`?$", re.IGNORECASE)
    of_runs = any(one.op not in ("on", "off") for one in reading.filters) or any(
        asked.search(timeless[:start])
        for name, start in reading.bare
        if _SETTING_SAID.match(timeless[start:]) or not any(one.option == name for one in reading.weak)
    )
    return (None, []) if of_runs else (day, looking)


#: "How do we report silence these days" asks for the rule, not for what was done lately.
_HOW_IT_IS_DONE = re.compile(
    r"\b(?:how|what|which|where)\b(?!.*\b(?:runs?|running|experiments?|results?)\b).*\bdo (?:we|i) "
    r"(?!(?:know|have|need|want|mean|think|do)\b).*\b(?P<days>these days|of late)\b",
    re.IGNORECASE,
)


#: Nouns of the trade that ask of runs in general: only a description that holds one makes it a condition.
_GENERIC_TEXT = """
class classes keyword keywords frame frames grid scan search series study score scores metric metrics number numbers
figure figures table report
"""
#: Those that say nothing of a run even where a description holds them.
_IDLE_TEXT = """
paper thesis sweep sweeps setting settings everything anything appendix manuscript cell slide slides poster rebuttal
chapter section default defaults standard usual log logs notes records vault logbook diary valid
"""
_IDLE = frozenset(_IDLE_TEXT.split())
_GENERIC = frozenset(_GENERIC_TEXT.split()) | _IDLE
_ON_DATA = re.compile(
    r"\b(?:on|for|with|over|using|in) (?:the |my |our )?(\w+) (?:\w+ )?(?:sets?|datasets?|data|corpus|lists?)\b"
)


_TOLD_BY = re.compile(
    r"\b(?:with|without|for|using|among|of|which) (?:the |a |an )?([a-z]{4,}) ([a-z]{4,})(?=\s*(?:$|[?.,!;]"
    r"|runs?\b|experiments?\b"
    r"|ones?\b|trainings?\b))"
)


def _told_by_runs(plan: Plan, asked: str, vocabulary: Vocabulary) -> Plan:
    """What a run's description must hold: not a general noun that none holds, but the everyday word of "on the small
    set" where some do."""
    runs = vocabulary.run_words
    kept = [word for word in plan.run_terms if word not in _GENERIC or (word in runs and word not in _IDLE)]
    unknown = tuple(word for word in plan.unknown if word not in _GENERIC or len(plan.unknown) > 1)
    for match in _ON_DATA.finditer(asked):
        word = match[1]
        if is_everyday(word) and word in runs and word not in STOP_WORDS and word not in kept:
            kept.append(word)
    few = 0.6 * len(vocabulary.record_ids)
    for match in _TOLD_BY.finditer(asked):
        # "With weight average", "the weight average runs": general words that only some runs are told by.
        told = [word for word in match.groups() if word]
        if all(word in SETTING_WORDS and 0 < runs.get(word, 0) <= few for word in told):
            kept.extend(word for word in told if word not in kept)
    if not plan.filters and not kept and plan.metric is None and not plan.intervals:
        unknown = plan.unknown
    return replace(plan, run_terms=tuple(kept), unknown=unknown)


_QUALIFIED = re.compile(
    r"\b(top-? ?\d+|balanced|macro|micro|weighted)[- ](?:averaged? )?acc(?:uracy)?\b(?! (?:runs?|results?)\b)"
)


def _of_a_logged_kind(plan: Plan, asked: str, vocabulary: Vocabulary) -> Plan:
    """An accuracy of a kind that no note and no run holds ("top-5 accuracy") is not answered with the plain one."""
    match = _QUALIFIED.search(asked)
    if match is None or plan.metric is None or vocabulary.count(match[1]) or match[1] in vocabulary.run_words:
        return plan
    return replace(plan, unknown=(*plan.unknown, match[1]))


#: A run that is told by words and a number: "the run with time shift 100 ms".
_TOLD_BY_NUMBER = re.compile(
    r"\b(?:runs?|experiments?|trainings?|models?|jobs?)\b(?: [a-z]+){0,2}? (?:with|at|using|of) (?:an? |the )?"
    r"(?P<words>[a-z][\w-]*(?: [a-z][\w-]*){0,3}?)(?: of| at| set to| =)? (?P<number>\d+(?:\.\d+)?)(?![\w.]*[%a-z_\d])",
    re.IGNORECASE,
)
_NO_SETTING_TEXT = """
session sessions top last first best worst above below over under than least most day days week weeks hour hours minutes
figure table section page reviewer row version part gpu gpus cuda epoch lines result results run runs accuracy acc seen
unseen harmonic mean number from to between and or vs against
"""
_NO_SETTING = frozenset(_NO_SETTING_TEXT.split())


def _of_an_unread_setting(plan: Plan, timeless: str, reading: FilterReading) -> Plan:
    """A run told by a setting that no run and no note knows is not there: another run's figure is none of its own."""
    if plan.kind not in ("value", "best", "runs", "count") or plan.unknown:
        return plan
    for match in _TOLD_BY_NUMBER.finditer(timeless):
        at = match.start("number")
        words = match["words"].lower().split()
        if any(start <= at < end for start, end in reading.used) or _NO_SETTING & set(words):
            continue
        name = f"{match['words']} {match['number']}".lower()
        return replace(plan, unknown=(name,), run_terms=(name,))
    return plan


def _among_its_own(plan: Plan, vocabulary: Vocabulary) -> Plan:
    """ "Which proto_scale was best": only runs that tell the option can say it, where not every run does."""
    values = vocabulary.options.get(plan.option, {})
    named = any(plan.option in one.option.split("|") for one in plan.filters)
    if plan.kind != "best" or named or len(values) < 2 or sum(values.values()) >= len(vocabulary.record_ids):
        return plan
    telling = Filter(plan.option, "on")
    if any(value.strip("'\"").lower() in ("", "0", "0.0", "none", "false") for value in values):
        return plan
    return replace(plan, filters=(*plan.filters, telling))


def _tells(clause: str, today: datetime.date, vocabulary: Vocabulary) -> bool:
    """Whether a clause beside the question names settings, or days that are not those of a talk or a deadline."""
    reading = read_filters(clause, vocabulary)
    lower = clause.lower()
    if OTHER_FIGURES.search(lower) or re.search(r"\b(?:unseen|seen|harmonic|hm)\b", lower):
        return True
    if any(one not in reading.weak for one in reading.filters):
        return True
    days = [one for one in timeline.find_intervals(clause, today) if one.start is None or one.start <= today]
    if any(one.start != one.end for one in days):  # A talk has one day; the runs of a week are asked for.
        return True
    return bool(days) and not re.search(WANTED_FOR, clause.lower())


def _words_beside(today: datetime.date, vocabulary: Vocabulary) -> Words:
    """What the vault says to a clause beside the question."""

    def holds(word: str) -> bool:
        return bool(vocabulary.count(word) or word in vocabulary.run_words or stem(word) in vocabulary.run_words)

    def names(clause: str) -> list[str]:
        lower = clause.lower()
        figures = [found.group() for found in OTHER_FIGURES.finditer(lower)]
        figures.extend(found.group() for pattern, _ in _METRIC_WORDS for found in re.finditer(pattern, lower))
        settings = [clause[start:end] for start, end in read_filters(clause, vocabulary).used]
        days = [day.phrase for day in timeline.find_intervals(clause, today)]
        return [*figures, *settings, *days]

    return Words(holds, names, lambda rest: _structured(rest, vocabulary))


_RECORDS = re.compile(
    r"\bresults?\b|\btasks?\b|\bto-?dos?\b|\bbest\b|\bworst\b|\bhighest\b|\blowest\b|\bsettings?\b|\bconfig\w*\b"
    r"|\bcommands?\b|\bserver\b|\bgpus?\b|\bopen items?\b",
    re.IGNORECASE,
)


def _structured(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text asks for runs, figures, settings or tasks, not for what was thought or why."""
    lower = text.lower()
    without_means = re.sub(r"\bh\w* means?\b", " ", lower)
    if re.match(r"\W*(?:why|how come)\b", lower) or re.search(SAY, without_means):
        return False
    told = re.search(RUNNISH, lower) or _RECORDS.search(lower)
    if told or any(re.search(pattern, lower) for pattern, _ in _METRIC_WORDS):
        return True
    return bool(read_filters(text, vocabulary).filters)


#: Words of a chat that ask nothing.
_CHAT = re.compile(
    r"(?<![\w`'/.-])(?:pl(?:s|z|ease|ease?s)|plse|thx|thnx|tnx|thanks(?: (?:a lot|in advance|so much"
    r"|very much))?|thank you(?: (?:very much|so much|a lot|in advance))?"
    r"|hey(?: there)?|hi(?: there)?|hello|yo|btw|by the way|lol|haha|hmm+|uh+|um+|asap|real quick|quick question"
    r"|just wondering|i was wondering|cheers|dude|bro|buddy|mate|sorry|quickly|imho|fyi|tbh|i forgot|i wonder"
    r"|(?:do|can|could|would) (?:you|u) (?:please |pls |quickly )*(?:know|remember|remind me|tell me)(?: again)?"
    r"|(?:can|could|would) (?:you|u)(?= (?:please|pls|list|show|give|find|check|compare|look)\b)|remind me|tell me"
    r"|(?<=\w )again(?=\s*[?!.,]*\s*$))(?![\w`'/_-])[,!.:]*",
    re.IGNORECASE,
)


def without_chat(text: str, vocabulary: Vocabulary) -> str:
    """A question without the words of politeness and haste around it: "pls", "thx", "hey"; words of a chat that are
    all there is stay."""

    def left(match: re.Match[str]) -> str:
        word = match.group().strip(" ,!.:").lower()
        return match.group() if word in vocabulary.options or vocabulary.run_words.get(word) else " "

    cut = re.sub(r"([?!])[?!\s]*[?!]", r"\1", text)
    cut = re.sub(r"(?<!\S)w/o(?=\s)", "without", re.sub(r"(?<!\S)w/(?=\s)", "with", cut))
    cut = re.sub(
        r"(?<!\S)(?<!the )(?<!unseen )(?<!seen )acc\.? to(?=\s+[^\d\s])", "according to", cut, flags=re.IGNORECASE
    )
    cut = re.sub(r"(?<![\w.])(?:num\.?|no\.|nr\.?|nbr|#) of\b", "number of", cut, flags=re.IGNORECASE)
    # "Max unseen acc": of a figure the highest; "max over frames" is a thing of its own.
    figure = r"\.?(?=\s+(?:\w+\s+){0,2}(?:acc\w*|hms?|harmonic|unseen|seen|novel|overall)\b)"
    cut = re.sub(rf"\bmin{figure}", "lowest", re.sub(rf"\bmax{figure}", "highest", cut, flags=re.I), flags=re.I)
    cut = re.sub(r"\s+", " ", _CHAT.sub(left, cut)).strip(" ,;:")
    return cut if re.search(r"\w", cut) else text


#: "The difference between 3 May and 9 May" names two days, not a stretch of them.
_TWO_DAYS = re.compile(
    r"(?P<cue>\b(?:differ\w*|compar\w*|gap|distance|changed?|better|worse|which one)\b[^,?]*?)\b(?:between|from)\b",
    re.IGNORECASE,
)


_DAY_AFTER = re.compile(
    r"\b(?:for |on |the plan for |under )?(?:tomorrow|the (?:following|next) day|the day after(?!wards)"
    r"|next day)\b(?! (?:tomorrow|that|the|i\b|we\b|(?!on|of|from|in)\w+ \d|\d))",
    re.IGNORECASE,
)
_LISTED_THEN = re.compile(
    r"\b(?:plan\w*|list\w*|todos?|tasks?|items?|put down|wr(?:i|o)t\w*|note[ds]?|want\w*|meant|intend\w*"
    r"|set out|jot\w*|down|lined up|left|scheduled)\b",
    re.IGNORECASE,
)


def _next_day(text: str, today: datetime.date, week_starts: int) -> str:
    """ "What did I plan on April 14 for the following day?" asks for what stands under Tomorrow in the to-do note of
    that day."""
    rest = _DAY_AFTER.sub(" ", text, count=1)
    if rest == text or not _LISTED_THEN.search(text) or re.search(RUNNISH, text.lower()):
        return text
    days = timeline.find_intervals(rest, today, week_starts)
    if len(days) != 1 or days[0].start != days[0].end or days[0].end is None or days[0].end >= today:
        return text
    return f"next-day todos {days[0].phrase}"


#: What only says where a week begins and ends: "the week of 15 September (Monday to Sunday)".
_WHOLE_WEEK = re.compile(
    r"(?<=\w)[\s,]*\(\s*(?:from )?mon(?:day)?\s*(?:to|till|until|through|thru|[-–])\s*sun(?:day)?\s*\)", re.IGNORECASE
)


def _intervals(text: str, today: datetime.date, week_starts: int, anchor: Interval | None) -> tuple[Interval, ...]:
    """The days that a question speaks of."""
    found = _as_one(text, tuple(timeline.find_intervals(text, today, week_starts, anchor=anchor)))
    if len(found) == 1 and not re.search(r"\bbetween\b.*\bbetween\b", text, re.IGNORECASE):
        apart = _TWO_DAYS.sub(lambda match: f"{match['cue']}on".ljust(len(match.group())), text)
        joined = re.sub(r"\b(?:to|until|till|and)\b", lambda match: " " * len(match.group()), apart)
        if apart != text and not re.search(r"\b(?:runs|experiments|options?|settings?|notes?)\b", text, re.IGNORECASE):
            two = tuple(timeline.find_intervals(joined, today, week_starts, anchor=anchor))
            if len(two) == 2 and all(one.start == one.end for one in two):
                return two
        # "Compare February and March": two stretches; "compare the runs between the 3rd and the 9th": one.
        begin, end = found[0].span
        stretch = re.match(r"(?:between|from|within)\b", text[begin:], re.IGNORECASE)
        stretch = stretch and re.search(r"\b(?:runs|experiments|options?|settings?|notes?)\b", text, re.IGNORECASE)
        if re.search(r"\b(?:compar\w*|contrast\w*|differ\w*|better|worse)\b", text, re.IGNORECASE) and not stretch:
            inside = re.sub(r"^(?:between|from)\b", "", text[begin:end], flags=re.IGNORECASE)
            inside = re.sub(r"\b(?:and|or|to)\b", lambda match: "vs".ljust(len(match.group())), inside)
            parted = text[:begin] + inside.rjust(end - begin) + text[end:]
            two = tuple(timeline.find_intervals(parted, today, week_starts, anchor=anchor))
            if (
                len(two) == 2
                and two[0].end
                and two[1].start
                and (two[0].start, two[0].end) != (two[1].start, two[1].end)
            ):
                return two
    return found


_APPOSED = re.compile(
    r"[\s,;:(–-]*(?:(?:in|on|of|that is|i\.e\.|namely|to be precise|meaning|so|or rather|the)[\s,]+)*", re.IGNORECASE
)
_TO_THE = re.compile(
    r"\s*,?\s*(?:up to|until|till|through|to)(?: and including)? (?:the )?(\d{1,2})(?:st|nd|rd|th)\b(?! of)",
    re.IGNORECASE,
)
_ENDS_ON = re.compile(
    r"(?:and |but |,)?\s*(?:\w+ ){0,4}?(?:end(?:ing|ed|s)?|clos(?:ing|ed|es)|stop(?:ping|ped|s)?|finishing"
    r"|no later|not later"
    r"|up|until|till|through|to)\b[^,]{0,20}$",
    re.IGNORECASE,
)


def _as_one(text: str, found: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Two mentions of one stretch of days: "two weeks ago, on Tuesday 13 January" is that Tuesday, "starting on the
    12th and ending on the 17th" one stretch, "January up to and including the 15th" its first half."""
    if len(found) == 1 and found[0].unit == "month" and found[0].start and found[0].end:
        upto = _TO_THE.match(text[found[0].span[1] :])
        if upto and 1 <= int(upto[1]) <= found[0].end.day:
            span = (found[0].span[0], found[0].span[1] + upto.end())
            last = found[0].start.replace(day=int(upto[1]))
            return (timeline.worded(replace(found[0], end=last, span=span, phrase=text[slice(*span)], unit="span")),)
    if len(found) != 2:
        return found
    one, other = found
    between = text[one.span[1] : other.span[0]]
    span = (one.span[0], other.span[1])
    whole = replace(one, span=span, phrase=text[slice(*span)])
    closing = other.start is None or other.start == other.end
    opened = one.end is None or (
        one.start == one.end and re.search(r"\b(?:starting|beginning|begins?)\b[^,]{0,12}$", text[: one.span[0]])
    )
    ends = closing and (other.start is None or _ENDS_ON.fullmatch(between))
    if one.start and opened and ends and other.end and one.start <= other.end:
        return (timeline.worded(replace(whole, end=other.end, unit="span")),)
    if not _APPOSED.fullmatch(between) or not (one.start and one.end and other.start and other.end):
        return found
    if one.start <= other.start and other.end <= one.end:
        return (timeline.worded(replace(whole, start=other.start, end=other.end, unit=other.unit, note=other.note)),)
    if other.start <= one.start and one.end <= other.end:
        return (timeline.worded(whole),)
    return found


def _multiplied(asked: str, reading: FilterReading, vocabulary: Vocabulary) -> FilterReading:
    """ "The double batch", "when I doubled the epochs": twice the usual value, where some run has that one."""
    for name, start in reading.bare:
        before = re.search(r"\b(double[ds]?|doubling|twice|half|halved|halving)\s+(?:of )?(?:the )?`?$", asked[:start])
        if before is None:
            continue
        counts = vocabulary.options.get(name, {})
        factor = 0.5 if before[1].startswith("hal") else 2
        numbers = {float(value): value for value in counts if re.fullmatch(r"\d*\.?\d+", value)}
        usual = max(numbers, key=lambda number: counts[numbers[number]], default=0.0)
        # Where most runs have the doubled value already, it is the one that doubles another.
        wanted = [usual * factor, *(number * factor for number in sorted(numbers) if number * factor == usual)]
        value = next((numbers[number] for number in wanted if number and number in numbers), "")
        if not value:
            continue
        filters = tuple(
            Filter(name, "=", value) if (one.option, one.op) == (name, "on") else one for one in reading.filters
        )
        bare = tuple(pair for pair in reading.bare if pair != (name, start))
        reading = replace(reading, filters=filters, bare=bare, used=(*reading.used, before.span()))
    return reading


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
    if found.aspect in ("why", "how") or re.search(SAY, plan.question.lower()):
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


#: Full disks of another day: what it was stands in the notes.
_RECALLED = re.compile(
    r"\bwhat (?:ate|filled|had eaten|had filled|was eating|was filling)\b"
    r"|\bwhat was (?:it|that|the (?:cause|reason|culprit|problem|matter))\b|\b(?:reason|cause|why)\b"
    r"|\b(?:did|have|had) (?:i|we) (?:free|clear|delete|remove|save)\w*\b",
    re.IGNORECASE,
)


def _with_files(plan: Plan) -> Plan:
    """A question about the computer; where the words leave it open, its other reading is tried after."""
    vocabulary = plan.vocabulary
    wish = read_file_wish(plan.query, vocabulary.notes if vocabulary else (), vocabulary.options if vocabulary else ())
    if wish is None:
        return plan
    if wish.what in ("disk", "biggest", "size") and _RECALLED.search(plan.question):
        return replace(plan, kind="prose", alternatives=()) if plan.terms else plan
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


def _aspect(asked: str) -> str:
    asked = asked.strip(" ,.?!")
    asked = re.sub(
        r"^(?:and|so|but|ok|okay|hey|hi|please|also|then|well|tell me|remind me|do you know|"
        r"can you tell me)[ ,]+",
        "",
        asked,
    )
    if re.match(
        r"(?:why|how come|what(?:'s| is| was) the reason|what (?:explains|explained|accounts|lies behind"
        r"|lay behind)|for what reason|what made|what (?:has |had )?caused|what(?:'s|"
        r" is| was) the (?:motivation|rationale))",
        asked,
    ):
        return "why"
    if re.match(r"how (?:long ago|recently|far back)\b", asked):
        return "when"
    if re.match(r"how (?:many|much|often)", asked):
        return "how many"
    if re.match(r"how\b", asked):
        return "how"
    if re.match(
        r"(?:how long ago|how recently|when|since when|on (?:what|which) (?:day|date)|what (?:day|date))\b", asked
    ):
        return "when"
    if re.match(r"(?:who|whom|whose)\b", asked):
        return "who"
    if re.match(r"where\b", asked):
        return "where"
    if re.match(
        r"(?:did|does|do|is|are|was|were|has|have|had|can|could|should|would|will|isn't|didn't|doesn't)\b", asked
    ):
        return "yes/no"
    if re.search(r"\bwhy\b|\bwhat(?:'s| is| was) (?:the )?(?:reason|cause)\b", asked):
        return "why"
    if not re.match(r"(?:what|which)\b", asked):
        # "Loss was nan at some point, how did I fix it?": the question stands in a later clause.
        for clause in re.split(r"[,;:.?!]\s+", asked)[1:]:
            if (found := _aspect(clause)) != "what":
                return found
    return "what"


def _metric(asked: str, vocabulary: Vocabulary) -> Metric | None:
    session: int | None = None
    if re.search(r"\bbase (?:session )?(?:acc(?:uracy)?|session|performance)\b|\bsession (?:0|zero)\b", asked):
        session = 0
    match = re.search(r"\b(\w+) (?:incremental )?session\b", asked)
    match = match or re.search(r"\b(\w+) (?:incremental|increment)\b", asked)
    if match and match[1] in _SESSION_NUMBER:
        session = _SESSION_NUMBER[match[1]]
    match = re.search(r"\bsession (?:number |no\.? )?(\d{1,2}|one|two|three|four|five|six|seven|eight)\b", asked)
    if match:
        session = int(match[1]) if match[1].isdigit() else _COUNTED.index(match[1]) + 1
    match = re.search(
        rf"\b(?:after|once) (?:the )?(?:first )?({'|'.join(_COUNTED)}|\d) (?:incremental )?(?:sessions|increments)\b",
        asked,
    )
    if match:
        session = int(match[1]) if match[1].isdigit() else _COUNTED.index(match[1]) + 1
    if re.search(
        rf"\bhow (?:long|many (?:hours|minutes|days))\b(?! ago).*(?:{RUNNISH}|\btakes?\b)"
        r"|\b(?:duration|run ?times?|longest|shortest)\b",
        asked,
    ):
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


#: What joins two figures that are asked for at once: "seen, unseen and harmonic mean".
_JOINS_FIGURES = re.compile(
    r"[\s,/&+]*(?:(?:and|or|plus|as well as|along with|together with|vs|the|its|my|final|last|overall|best|highest"
    r"|lowest|worst|max|min|mean|average|also)\b[\s,]*)*"
)


def _metrics_beside(asked: str, metric: Metric | None) -> tuple[Metric, ...]:
    """The further figures of "seen and unseen accuracy" and "hm, base acc and final acc"."""
    if metric is None or metric.name not in SESSION_METRICS:
        return ()
    listed: list[tuple[int, int, str]] = []
    for pattern, name in _METRIC_WORDS:
        for match in re.finditer(pattern, asked):
            if not any(match.start() < end and match.end() > start for start, end, _ in listed):
                listed.append((match.start(), match.end(), name))
    listed.sort()
    found: list[Metric] = []
    for (_, end, before), (start, _, after) in itertools.pairwise(listed):
        between = asked[end:start].replace("base session", " ").replace("base", " ")
        if (
            before == after
            or not _JOINS_FIGURES.fullmatch(between)
            or not re.search(r"[,/&+]|\b(?:and|or|plus|as)\b", between)
        ):
            continue
        for place, name in ((0, before), (end, after)):
            base = name == "accuracy" and re.search(r"\bbase (?:session )?acc", asked[place:])
            session = 0 if base else metric.session
            if name == "accuracy" and not base and session is not None and metric.name != "accuracy":
                session += 1
            elif name != "accuracy" and metric.name == "accuracy":
                session = session - 1 if session else None
            found.append(Metric(name, session))
    return tuple(one for one in dict.fromkeys(found) if one.name != metric.name or one.session != metric.session)


def _bounds(asked: str, metric: Metric | None) -> tuple[tuple[Bound, ...], list[tuple[int, int]]]:
    """Conditions on figures: "harmonic mean above 70", "over 90 % accuracy"."""
    names = "|".join(f"(?:{pattern})" for pattern, _ in _METRIC_WORDS)
    found: list[Bound] = []
    spans: list[tuple[int, int]] = []
    for pattern, operator in OPERATORS:
        for match in re.finditer(
            rf"(?:{names})\s*(?:(?:is|was|of|that is|values?|accuracy)\s+)*{pattern}\s*(\d+(?:\.\d+)?)"
            rf"|{pattern}\s*(\d+(?:\.\d+)?)\s*(?:%|percent)?\s*(?:(?:of|in|for)\s+)?(?:the\s+)?(?:{names})",
            asked,
        ):
            if metric is None or any(match.start() < end and match.end() > start for start, end in spans):
                continue
            number = next(group for group in match.groups() if group)
            found.append(Bound(metric, operator, float(number)))
            spans.append(match.span())
    if metric is None and not found:
        # "Is any run above 72?": the figure that runs are known by.
        for pattern, operator in OPERATORS:
            known_by = re.search(
                r"\b(?:runs?|results?|experiments?|trainings?|anything"
                rf"|something)\b(?: \w+){{0,3}}? {pattern}\s*(\d{{2}}(?:\.\d+)?)"
                r"(?= *(?:%|percent)? *(?:\?|$|in|on|at the end|so far|yet|ever|last|this))",
                asked,
            )
            if known_by:
                value = float(known_by.groups()[-1])
                return (Bound(Metric("harmonic_mean", said=False), operator, value),), [known_by.span()]
    number = r"(\d+(?:\.\d+)?)\s*(?:%|percent)?"
    for match in re.finditer(rf"(?:{names})\s*(?:\w+\s+)?(?:between|from)\s+{number}\s+(?:and|to)\s+{number}", asked):
        low, high = sorted(float(group) for group in match.groups()[-2:])
        if metric is not None and not any(match.start() < end and match.end() > start for start, end in spans):
            found.extend((Bound(metric, ">=", low), Bound(metric, "<=", high)))
            spans.append(match.span())
    return tuple(found), spans


_ENDED_ONES = (
    r"(?:the |also |all |any )*"
    r"(?:failed|stopped|running|aborted|unfinished|crashed|killed|interrupted|broken|open|pending)"
)
#: Runs that are to count too, whatever became of them: no condition.
_INCLUDED = re.compile(
    rf"[,;(\s–-]+\(?\s*{_ENDED_ONES}(?:(?:,| and| or|/)+ ?{_ENDED_ONES})* (?:ones?|runs?|jobs?)? ?"
    r"(?:included|counted|inclusive|incl\.?|as well|too)\b\)?"
    rf"|[,;(\s–-]+\(?\s*(?:including|incl\.?|counting|plus|even) {_ENDED_ONES}(?:(?:,| and| or|/)+ ?{_ENDED_ONES})*"
    r"(?: ones?| runs?| jobs?)?\)?(?=\W*$)",
    re.IGNORECASE,
)


def _statuses(asked: str) -> tuple[str, ...]:
    found: list[str] = []
    about_runs = re.search(
        r"\b(?:runs?|experiments?|jobs?|trainings?|trials?|which|any)\b"
        r"|^\s*(?:did|has|have|was|were|is|are)?\s*(?:anything|something|everything|what"
        r"|nothing)\s+(?:ever )?(?:fail|crash"
        r"|die|stop|finish|abort|kill|cancel|interrupt|diverge)\w*\b",
        asked,
    )
    if about_runs:
        if re.search(
            r"\b(?:fail|fails|failed|failing|failures?|crash|crashed|broke|died|nan|diverge[ds]?|exploded?|went wrong|"
            r"oom|out of memory)\b",
            asked,
        ):
            found.append("failed")
        if re.search(
            r"\b(?:broke|broken|breaking) (?:\w+ )?off\b|\bcut (?:\w+ )?(?:off|short)\b|\bcalled off\b", asked
        ):
            return ("stopped",)
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
        spaced = last.replace("_", " ")
        # Of thousands of names few stand in a question: no pattern is made for the others.
        in_words = "_" in last and len(last) > 6 and spaced in lower
        if in_words and re.search(rf"(?<![\w-]){re.escape(spaced)}(?![\w-])", lower):
            found.append(name)
            continue
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


__all__ = ["EXAMPLES", "KINDS", "Bound", "Filter", "Metric", "Plan", "Side", "Vocabulary", "read_filters", "read_plan"]
