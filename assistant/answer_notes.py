"""Answers out of the notes: sentences quoted, to-do items, days, and whether something was tried."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant import likelihood
from assistant.answer_runs import answer_described, run_block, set_otherwise
from assistant.follow_ups import (
    days_after,
    follow_up,
    how_it_stands,
    is_mixed,
    is_of_it,
    pointed_section,
    pointed_to,
    settles,
    takes_back,
    wants_follow_up,
)
from assistant.page import NUMBER, Page, capital, days_words, many, which_words
from assistant.plan import Plan
from assistant.quote import (
    Unit,
    chosen_units,
    closeness,
    is_log,
    is_taken_back,
    may_answer,
    shares_a_word,
    supported,
    task_units,
    units,
)
from assistant.retrieve import Passage, TaskSeen, holds_word, source_of, support_of, word_forms
from assistant.timeline import day_words
from assistant.vocabulary import is_soft
from vault_sync.tasks import task_key
from vault_sync.terms import STOP_WORDS, stem, stems, terms

_TASKS_SHOWN = 20


def answer_tried(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if plan.unknown:
        return False
    found = list(evidence.records) if plan.filters or plan.run_terms else []
    if found:
        page.say(
            f"Yes: {many(len(found), 'run')} {which_words(page)}, first on {found[0].date}, last on {found[-1].date}."
        )
        for record in (found[0], found[-1]):
            page.figure(record.date, source_of(record))
        page.figure(str(len(found)), "count of the runs")
        page.say()
        for record in found[-5:]:
            run_block(page, record, change=False, remark=True)
        return True
    if plan.filters and (answer_described(page) or set_otherwise(page)):
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


#: States of a yes/no question for one item: any of them, the state is the answer.
_DONE_STATES = " -x>~"
_STATE_WORDS = {" ": "never tried", "-": "ongoing", "x": "finished", "X": "finished", ">": "deferred"}


_GENERIC_TASK_WORDS = frozenset(
    [
        "box",
        "crossed",
        "scheduled",
        "off",
        "filed",
        "entries",
        "start",
        "made",
        "category",
        "section",
        "heading",
        "work",
        "points",
        "checked",
        "check",
        "mark",
        "untouched",
        "begun",
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


#: "Coding items", "idea tasks": the kind of an item before its noun.
_KIND_SAID = re.compile(
    r"\b(cod(?:e|ing)|programming|ideas?|writing|papers?|reading|study|studying|experiments?|lab"
    r"|organi[sz]ational)[- ](?:related )?"
    r"(?:items?|tasks?|todos?|to-dos?|things|points|entries|work|category|section|heading|part)\b",
    re.IGNORECASE,
)
_FILED = re.compile(
    r"\b(?:under|in|as) (?:the )?(code|ideas?|papers?|study|experiments?|lab|others)\b(?! (?:notes?|note)\b)",
    re.IGNORECASE,
)
_KINDS_CALLED = {
    "coding": "code",
    "programming": "code",
    "writing": "paper",
    "reading": "study",
    "studying": "study",
}


def _of_kind(plan: Plan) -> str:
    match = _KIND_SAID.search(plan.question) or _FILED.search(plan.question)
    said = match[1].lower() if match else ""
    said = _KINDS_CALLED.get(said, said)
    return next((one for one in _CATEGORIES if said and one.rstrip("s") == said.rstrip("s")), "")


def answer_tasks(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    words = [word for word in plan.terms if word not in _GENERIC_TASK_WORDS]
    done = plan.yes_no and plan.states == _DONE_STATES  # "Did I ask for the disk?": the item itself has to be there.
    words = [word for word in words if done or not is_soft(word)]
    category = next((c for c in _CATEGORIES for w in words if w.rstrip("s") == c.rstrip("s")), "") or _of_kind(plan)
    # "Is 'clean the code' done?": the word is the item's own.
    one = plan.yes_no and not re.search(r"\b(?:any|open|left|still|all|every|there)\b", plan.question.lower())
    category = "" if done or one else category
    words = [word for word in words if not category or word.rstrip("s") != category.rstrip("s")]
    if not done:
        said = _KIND_SAID.search(plan.question) or _FILED.search(plan.question)
        words = [word for word in words if said is None or word != said[1].lower()]
        words = [word for word in words if word not in ("next", "day", "next-day") or "next-day" not in plan.question]
    asked = replace(plan, terms=tuple(words))
    found = []
    named = {task_key(item) for item in plan.items} if done else set()
    next_day = "next-day" in plan.question and bool(plan.intervals)
    for task in evidence.tasks:
        if named:
            if task_key(task.newest.text) in named:
                found.append(task)
            continue
        if task.newest.struck != ("~" in plan.states) and not (task.newest.struck and "~" in plan.states) and not done:
            continue
        if ("~" not in plan.states or done) and not task.newest.struck and task.newest.state.lower() not in plan.states:
            continue
        if next_day:  # What stood under Tomorrow that day, wherever it was copied to later.
            there = [
                place
                for place in task.placed
                if place[1].startswith("tomorrow") and any(i.contains(place[0]) for i in plan.intervals)
            ]
            if there:
                found.append(replace(task, link=there[0][2]))
            continue
        days = (task.newest.date, task.first, *_planned_days(task))
        if plan.intervals and not any(i.contains(day) for i in plan.intervals for day in days):
            continue
        if category and category.rstrip("s") not in task.newest.category.lower():
            continue
        support = support_of(asked, f"{task.newest.text} {' '.join(task.newest.sublines)}")[0] if words else 1.0
        if support < (0.85 if done else 0.5):
            continue
        found.append(task)
    if not found and next_day:
        return _left_for_tomorrow(page)
    if not found or (done and not words and not named):
        return False
    states = " or ".join(dict.fromkeys(_STATE_WORDS.get(s, "cancelled") for s in plan.states if s != "X"))
    if plan.yes_no and (words or named) and set(plan.states) >= set(" -x>"):
        newest = found[-1]
        finished = newest.newest.state.lower() == "x"
        state = "cancelled" if newest.newest.struck else _STATE_WORDS.get(newest.newest.state, "open")
        page.say(f"{'Yes' if finished else 'No'}: it is {state}.")
    else:
        which = " ".join(days_words(i.words) for i in plan.intervals)
        kind = f" under {category}" if category else ""
        page.sentence(f"{many(len(found), 'item')} {states}{kind} {which}:")
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


def _planned_days(task: TaskSeen) -> list[datetime.date]:
    """The days that an item was put down for under Tomorrow."""
    return [
        place[0] + datetime.timedelta(days=1)
        for place in task.placed
        if place[0] is not None and place[1].startswith("tomorrow")
    ]


def _left_for_tomorrow(page: Page) -> bool:
    """What stands under Tomorrow in the to-do note of a day without checkboxes."""
    told = False
    for section in page.evidence.sections:
        if not section.heading.casefold().startswith("tomorrow"):
            continue
        when = f"{day_words(section.date)}, " if section.date else ""
        page.say(f"For the next day: {when}{section.link}")
        if section.date:
            page.figure(section.date.isoformat(), section.link)
        for unit in units(section.text)[:12]:
            page.quote(unit, section.link)
            told = True
    return told


def _task_line(page: Page, task: TaskSeen) -> None:
    text = re.sub(r"\s+", " ", task.newest.text).strip()
    when = task.newest.date.isoformat() if task.newest.date else "no date"
    since = f", first written {task.first.isoformat()}" if task.copies > 1 and task.first else ""
    page.say(f"[{task.newest.state}] {text} ({when}{since}) {task.link}", "      ", first="  ")
    page.cite(task.link, text)
    page.use(task.link, text)
    for number in (*NUMBER.findall(text), when):
        page.figure(number, task.link)
    if since and task.first:
        page.figure(task.first.isoformat(), task.first_link)


def answer_day(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    interval = plan.interval
    if interval is None:
        return False
    page.say(f"{capital(days_words(interval.words))}:")
    at = len(page.lines)
    runs = [] if plan.aspect == "notes" else list(evidence.records)
    if runs:
        page.say()
        page.say(f"Runs ({len(runs)})")
        page.figure(str(len(runs)), "count of the runs listed")
        for record in runs[-8:]:
            run_block(page, record, change=len(runs) <= 4, remark=len(runs) <= 4)
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


def answer_prose(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    candidates, likely = _candidates(plan, evidence.passages)
    candidates = candidates or _of_the_topic(plan, evidence.passages)
    if not candidates:
        return False
    top = candidates[0]
    # A reason or a solution stands in one place; thoughts on a subject stand in several.
    share = 0.92 if plan.aspect in ("why", "how", "when", "who", "where", "how many") else 0.82
    kept = [p for p in candidates if p.score >= share * top.score and p.support >= 0.75 * top.support][:3]
    unsure = [p for p in candidates[1:2] if p not in kept and _as_likely(likely, p, top)] if len(kept) == 1 else []
    kept += unsure
    parts = [(p, chosen_units(plan, p, 4 if p is top or p in unsure else 2)) for p in kept]
    parts = [(p, listed) for p, listed in parts if listed]
    if not parts:
        return False
    linked = _linked_from(page, parts)
    parts.extend((p, chosen_units(plan, p, 4)) for p in linked)
    came = _what_came_of_it(page, parts)
    parts.extend((p, _of_the_matter(plan, p)) for p in came)
    back = [
        (p, listed)
        for p, listed in parts
        if p is not top
        and _newer(p, top)
        and (is_taken_back(listed) or (p in came and takes_back(p) and _of_one_thing(plan, top, p)))
    ]
    rest = [pair for pair in parts if pair not in back]
    ordered: list[tuple[Passage, Sequence[Unit]]] = [
        *sorted(back, key=lambda pair: pair[0].date or datetime.date.min, reverse=True),
        *rest,
    ]
    if how_it_stands(plan):
        ordered = _settled_first(plan, ordered, top)
    if plan.aspect == "when" and _BEGAN.search(plan.question):
        # The day it came up, not the day it was last told of.
        ordered.sort(key=lambda pair: pair[0].date or datetime.date.max)
    latest = _NEWEST_NOTE.search(plan.question)
    if latest is not None:
        newest = latest[1].lower() not in ("first", "earliest", "oldest")
        ordered.sort(key=lambda pair: pair[0].date or datetime.date.min, reverse=newest)
    verdict = _leaning(plan, ordered[0][1]) if plan.yes_no else ""
    unsure = [p for p in unsure if any(p is one for one, _ in ordered)]
    held = word_forms(f"{top.note.replace('_', ' ')}\n{top.text}")
    absent = [word for word in plan.unknown if not holds_word(held, word)]
    if absent:
        told = " or ".join(f"'{word}'" for word in absent[:3])
        page.say(f"No note holds the word {told}; this fits the rest of the question:")
        page.say()
    if unsure and not absent:
        page.say("Two places may hold this:")
        page.say()
    if verdict:
        page.say(verdict)
    day = ordered[0][0].date if plan.aspect == "when" and _BEGAN.search(plan.question) else top.date
    if plan.aspect == "when" and day is not None:
        page.say(f"{day_words(day)}:")
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
                for found in NUMBER.findall(one.text):
                    page.figure(found, passage.link)
    _told_otherwise(page, [unit for _, listed in parts for unit in listed], {p.link for p, _ in parts})
    return True


def _of_one_thing(plan: Plan, top: Passage, later: Passage) -> bool:
    """Whether a later section is about the thing of the first one; what it takes back may else be something other."""
    return later.note == top.note or is_of_it(plan, top, later.text, wholly=True)


def _settled_first(
    plan: Plan, parts: Sequence[tuple[Passage, Sequence[Unit]]], top: Passage
) -> list[tuple[Passage, Sequence[Unit]]]:
    """The newest section that settles the thing leads; the older ones follow."""
    settled = [pair for pair in parts if settles(plan, top, pair[0], " ".join(unit.text for unit in pair[1]))]
    newest = max(settled, key=lambda pair: pair[0].date or datetime.date.min, default=None)
    return [newest, *(pair for pair in parts if pair is not newest)] if newest is not None else list(parts)


def _of_the_matter(plan: Plan, passage: Passage) -> list[Unit]:
    """The decisive sentences of a later section; of a note in which everything of a day stands those alone that share a
    word with the question."""
    listed = chosen_units(plan, passage, 4)
    if not is_mixed(passage.note):
        return listed
    return [unit for unit in listed if shares_a_word(plan, unit)] or listed


def _linked_from(page: Page, parts: Sequence[tuple[Passage, Sequence[Unit]]]) -> list[Passage]:
    """The sections that those found send their reader to: "More in [[four_forward]]"."""
    of_note = page.evidence.of_note
    if of_note is None:
        return []
    shown = {p.link for p, _ in parts}
    notes = {p.note.casefold() for p, _ in parts}
    found: list[Passage] = []
    for told, listed in parts:
        for note, heading in pointed_to(told, [unit.text for unit in listed]):
            if note.casefold() in notes or len(found) >= _STEPS:
                continue
            section = pointed_section(page.plan, told, heading, of_note(note))
            if section is not None and section.link not in shown and not task_units(section.text):
                found.append(section)
                shown.add(section.link)
                notes.add(note.casefold())
    return found


def _what_came_of_it(page: Page, parts: Sequence[tuple[Passage, Sequence[Unit]]]) -> list[Passage]:
    """The later sections that solve, correct or go on with what is told."""
    plan, later = page.plan, page.evidence.later
    if later is None or not wants_follow_up(plan):
        return []
    found: list[Passage] = []
    shown = {p.link for p, _ in parts}
    first = min((p.date for p, _ in parts if p.date is not None), default=None)
    if first is None:
        return []
    sections = later(first, _STEPS * days_after(plan))
    for start, listed in parts:
        words = " ".join(unit.text for unit in listed)
        while start.date is not None and len(found) < _STEPS:
            after = follow_up(plan, start, words, [p for p in sections if p.link not in shown])
            if after is None:
                break
            found.append(after)
            shown.add(after.link)
            start, words = after, after.text
    return found


#: A story is followed over so many sections.
_STEPS = 2

#: A figure and the word that it counts or measures: "256 samples", "45 dB".
_MEASURED = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?([A-Za-z]{2,}|%)")
_SHARED_LEAST = 0.5


def _told_otherwise(page: Page, told: Sequence[Unit], shown: set[str]) -> None:
    """A sentence of another note that gives the thing asked for another figure; neither is preferred."""
    asked = {stem(word) for word in page.plan.subjects if not word.isdigit()}
    for unit in told[:2]:
        own = {stem(word): number for number, word in _MEASURED.findall(unit.text)}
        words = {stem(term.text) for term in terms(unit.text) if term.text.isalpha() and term.text not in STOP_WORDS}
        if len(own) != 1 or not asked & words:
            continue
        for passage in page.evidence.passages:
            if passage.link in shown or is_log(passage.note):
                continue
            for other in units(passage.text):
                theirs = {stem(word): number for number, word in _MEASURED.findall(other.text)}
                same = [word for word in own.keys() & theirs.keys() if own[word] != theirs[word]]
                about = {stem(term.text) for term in terms(other.text) if term.text.isalpha()}
                if (
                    other.code
                    or not same
                    or not asked & words <= about
                    or len(asked & words) < _SHARED_LEAST * len(asked)
                ):
                    continue
                page.say()
                when = f"{day_words(passage.date)}, " if passage.date else ""
                page.say(f"Another note gives another figure: {when}{passage.link}")
                if passage.date:
                    page.figure(passage.date.isoformat(), passage.link)
                page.quote(other, passage.link)
                return


def _candidates(plan: Plan, passages: Sequence[Passage]) -> tuple[list[Passage], dict[str, float]]:
    """The sections that may answer, best first, and for each by its place how likely it does; {} where it was not
    weighed."""
    shares = likelihood.likelihoods(plan, passages)
    likely: dict[str, float] = {}
    found: list[Passage] = []
    for passage, share in zip(passages, shares, strict=True):
        if not passage.within:
            continue
        if share is None or passage.note in plan.notes:
            answers = supported(plan, passage)
        else:
            answers = share >= likelihood.LIKELY and may_answer(plan, passage)
        if answers:
            placed = likelihood.in_order(share)
            found.append(replace(passage, score=passage.score + closeness(plan, passage) + placed))
            if share is not None:
                likely[f"{passage.link} {passage.part}"] = share
    found.sort(key=lambda p: -p.score)
    return found, likely


_WHY_TOPIC = re.compile(
    r"^\W*(?:why|what for|what (?:is|was) the idea (?:of|behind|with))\s+(?:(?:did|do|would|should) (?:i"
    r"|we) )?(?:(?:vary"
    r"|varying|try|trying|use|using|want|test|add|look at|change|tune|tuning)\s+)?(?:the |a |an |my "
    r"|our )?(?P<topic>[\w -]+?)"
    r"(?: at all)?\W*$",
    re.IGNORECASE,
)
_NEXT_TOPIC = re.compile(
    r"^\W*(?P<topic>[\w -]+?)\W+(?:what(?:'s| is) )?next(?: steps?| thing)?\W*$"
    r"|\bnext (?:steps?|thing|plan)? ?(?:for|with|on|about) (?:the |my |our )?(?P<of>[\w -]+?)\W*$",
    re.IGNORECASE,
)
_COMES_NEXT = re.compile(r"\b(?:next|want(?:s|ed)? to|plan to|should|todo|later)\b", re.IGNORECASE)


_JOBS = r"jobs?|runs?|experiments?|trainings?|entries|entry"
_WHY_IDLE = re.compile(
    rf"\b(?:why|how come|reason)\b.*\b(?:no|not any|nothing|none|without) (?:\w+ )?(?:{_JOBS})\b", re.I
)


def _of_the_topic(plan: Plan, passages: Sequence[Passage]) -> list[Passage]:
    """For "why an angular margin?" and "mixup, next step?": the idea, or what comes next, in the note of that topic."""
    idle = _WHY_IDLE.search(plan.question)
    if idle and plan.intervals:
        # "No jobs until Tuesday": the log itself says why its days are empty.
        said = re.compile(rf"\bno (?:{_JOBS})\b", re.IGNORECASE)
        return [p for p in passages if p.within and said.search(p.text)][:1]
    why, then = _WHY_TOPIC.search(plan.question), _NEXT_TOPIC.search(plan.question)
    match = then or why
    if match is None:
        return []
    topic = {stem(word) for word in re.findall(r"\w+", (match["topic"] or match.groupdict().get("of") or "").lower())}
    topic -= {stem(word) for word in STOP_WORDS}
    options = {stem(part) for one in plan.filters for part in re.split(r"[_|]", one.option)}
    found = []
    for passage in passages:
        name = {stem(part) for part in re.split(r"[\W_]+", passage.note.casefold())}
        its_own = bool(topic) and bool(name & (topic | options)) and topic <= name | options | stems(passage.text)
        fits = _COMES_NEXT.search(passage.text) if then else re.match(r"idea\b", passage.heading.split("#")[-1], re.I)
        if passage.within and its_own and fits and not is_log(passage.note) and not task_units(passage.text):
            found.append(passage)
    return sorted(found, key=lambda p: p.date or datetime.date.min, reverse=True)[:1]


def surely_told(plan: Plan, passages: Sequence[Passage]) -> bool:
    """Whether a section, not of the run logs, all but surely answers the question."""
    shares = likelihood.likelihoods(plan, passages)
    return any(
        share is not None
        and share >= likelihood.ALL_BUT_SURE
        and passage.within
        and not is_log(passage.note)
        and may_answer(plan, passage)
        for passage, share in zip(passages, shares, strict=True)
    )


def _as_likely(likely: dict[str, float], second: Passage, top: Passage) -> bool:
    """Whether a second section is to be told beside the first, as it may as well be the one that is meant."""
    first = likely.get(f"{top.link} {top.part}", 1.0)
    share = likely.get(f"{second.link} {second.part}", 0.0)
    return first < likelihood.SURE and share >= likelihood.RUNNER_UP * first


_NEWEST_NOTE = re.compile(
    r"\b(last|latest|newest|most recent|most recently|first|earliest|oldest)\b.*"
    r"\b(?:notes?|wr(?:i|o)te|written|thoughts?|thought|sa(?:y|id)|ideas?|entr(?:y|ies)|remarks?|mention\w*)\b",
    re.IGNORECASE,
)
_BEGAN = re.compile(
    r"\b(?:happen|occur|start|began|begin|first|appear|notice|come up|came up|show up|see|saw|discover)\w*\b",
    re.IGNORECASE,
)


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
