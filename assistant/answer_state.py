"""Answers about how things stand: what runs now, what could run next, and which results cannot be trusted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.answer_runs import headline, later_copies, run_block
from assistant.page import NUMBER, Page, many
from assistant.retrieve import harmonic_misfit, has_status, in_interval, is_retracted, source_of
from fskws.runs import Record


def answer_status(page: Page) -> bool:
    """What goes on now, from the facts passed in; a question about free GPUs or running runs gets its verdict first."""
    facts = page.evidence.status
    if facts is None:
        return _going_on_by_the_notes(page)
    running = [dict(run) for run in facts.get("runs") or ()]
    for host in facts.get("hosts") or ():
        running += [{**run, "host": host["name"]} for run in host.get("runs") or ()]
    gpus = facts.get("gpus") if isinstance(facts.get("gpus"), Mapping) else {}
    asked = page.plan.question.lower()
    if re.search(r"\b(?:free|idle|available|busy|in use|occupied)\b", asked):
        page.say(_free_words(asked, facts, gpus or {}))
    elif page.plan.yes_no or not facts.get("lines"):
        lead = ("Yes: " if running else "No: ") if page.plan.yes_no else ""
        page.say(f"{lead}{many(len(running), 'run')} going on now.")
    page.figure(str(len(running)), "status")
    told = [str(line) for line in facts.get("lines") or ()] or [
        "  ".join(str(run[key]) for key in ("id", "title", "since") if run.get(key)) for run in running
    ]
    for line in told:
        page.say(line, "    ", first="  ")
    for number in NUMBER.findall("\n".join(page.lines)):
        page.figure(number, "status")
    page.rows.extend(running)
    return bool(told or running or "runs" in facts)


def _going_on_by_the_notes(page: Page) -> bool:
    """Runs that the notes tell of and that have neither ended nor given a result, where no fact of the machine is at
    hand; a question about free cards gets none."""
    if re.search(r"\b(?:free|idle|available)\b", page.plan.question.lower()):
        return False
    going = [record for record in page.evidence.pool if has_status(record, "going on")][-3:]
    if not going:
        return False
    page.say("No facts about this machine are at hand. By the notes these have neither ended nor given a result:")
    for record in going:
        page.say()
        run_block(page, record, change=False, remark=False)
    return True


def _free_words(asked: str, facts: Mapping[str, Any], gpus: Mapping[str, Any]) -> str:
    free, unknown, known = [], [], False
    for there in ({**facts, "name": "", "gpus": gpus}, *(facts.get("hosts") or ())):
        name, cards = str(there["name"]), there.get("gpus") or {}
        state = "ok" if not name and not cards else cards.get("state", "lost")
        if there.get("state", "connected") == "connected" and state == "ok":
            known = True
            indices = ", ".join(map(str, there.get("free_gpus") or ()))
            free += [f"GPU {indices}{f' of {name}' if name else ''}"] if indices else []
        else:
            unknown.append(f"{name}: no contact" if name and not cards else str(cards.get("detail") or state))
    if not known:
        return f"Not known: {'; '.join(unknown)}."
    yes = bool(free) != bool(re.search(r"\b(?:busy|in use|occupied)\b", asked))
    which = f"{' and '.join(free)} free" if free else "no GPU free"
    return f"{'Yes' if yes else 'No'}: {which}."


def answer_next(page: Page) -> bool:
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
            page.lines.append(f"   $ {shlex.join(argv)}")
        links = [str(link) for link in (*told.get("evidence", ()), *told.get("closes", ()))]
        page.say(" ".join(dict.fromkeys(links)), "   ", first="   ")
        for link in links:
            page.cite(link)
        source = str(told.get("id", "suggestion"))
        for figure_text in NUMBER.findall(f"{told.get('title', '')} {told.get('hypothesis', '')} {' '.join(argv)}"):
            page.figure(figure_text, source)
        page.say(f"kwslab launch {source}", "   ", first="   ")
        page.say()
        page.rows.append(told)
    return True


#: Words of a question -> kinds of findings it asks for.
_FINDING_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\blinks?\b", ("broken link",)),
    (r"\b(?:same|duplicate|copied|copy|identical)", ("same results",)),
    (r"\bharmonic\b|\barrays?\b|\blengths?\b", ("harmonic mean", "array lengths")),
    (r"\b(?:disagree|command|descri|mismatch|words|fit|match)", ("command and description",)),
    (r"\bheadings?\b", ("two headings for one day",)),
    (r"\bwithout (?:a )?results?\b|\bno results?\b", ("run without result",)),
)


def _findings(page: Page) -> bool:
    """Oddities of the notes themselves, as `kwslab check` tells them."""
    asked = page.plan.question.lower()
    kinds = next((kinds for pattern, kinds in _FINDING_KINDS if re.search(pattern, asked)), ())
    general = r"\bcontradict|\binconsisten|\bconflict|\boddit|\bsuspicious|\b(?:anything|something|what) .*\bnotes?\b"
    if not kinds and re.search(general, asked):
        kinds = ("same results", "harmonic mean", "array lengths", "command and description", "called wrong")
    found = [one for one in page.evidence.findings or () if one.kind in kinds]
    if not found:
        return False
    page.say(f"{many(len(found), 'place')} that a careful reader would notice:")
    page.figure(str(len(found)), "count of the places listed")
    for one in found[:12]:
        links = [f"[[{place.rsplit(':', 1)[0] if re.search(r':[0-9]+$', place) else place}]]" for place in one.where]
        page.say(f"{one.message} {' '.join(dict.fromkeys(links))}", "    ", first="  ")
        for link in links:
            page.cite(link)
            for number in NUMBER.findall(one.message):
                page.figure(number, link)
        page.rows.append({"kind": one.kind, "where": links, "message": one.message})
    if len(found) > 12:
        page.say(f"... and {len(found) - 12} more: kwslab check lists them all.")
        page.figure(str(len(found) - 12), "count of the places not listed")
    return True


#: A question whether something is wrong: where it is, the answer is yes.
_AMISS = r"\b(?:wrong|retract|bad|taken back|affected|invalid|broken|problem|issue|trouble|against)"


def answer_check(page: Page) -> bool:
    plan, evidence = page.plan, page.evidence
    if not plan.intervals and not plan.filters and not plan.ids and _findings(page):
        return True
    pool = [r for r in evidence.pool if not plan.intervals or any(in_interval(r, i) for i in plan.intervals)]
    if plan.filters or plan.run_terms or plan.ids:
        wanted = {r.id for r in evidence.records}
        pool = [r for r in pool if r.id in wanted]
    wrong = [r for r in pool if is_retracted(r, evidence.retractions) and headline(r)]
    asked = plan.question.lower()
    copies = bool(
        re.search(
            r"\b(?:same|duplicate|cop(?:ied|y|ies)|identical)|\b(?:entered|logged|pasted|noted|written)\b.*\btwice",
            asked,
        )
    )
    words = bool(re.search(r"\b(?:command|descri|words)|\b(?:disagree|mismatch)(?!.*\b(?:harmonic|hms?)\b)", asked))
    words = words and not copies and not re.search(r"\b(?:harmonic|hms?)\b.*\b(?:disagree|mismatch)", asked)
    means = bool(re.search(r"\bharmonic|\bhms?\b|\barrays?\b", asked)) and not (copies or words or plan.intervals)
    mark = "the same figures" if copies else "the description says" if words else "the harmonic mean" if means else ""
    odd = [r for r in pool if r not in wrong and (evidence.doubts.get(r.id) or evidence.retractions.get(r.id))]
    if mark:
        odd = [r for r in pool if any(doubt.text.startswith(mark) for doubt in evidence.doubts.get(r.id, ()))]
        wrong = []
    besides: list[Record] = []
    doubting = r"\btrust|\bbeliev|\brel(?:y|iab)|\bunreliab|\bsuspect|\bquestionab|\bdoubt|\bdubious"
    only_wrong = bool(
        re.search(
            r"\bwrong\b|\bretract|\bt(?:ake|ook|aken)\b.*\bback\b|\bthrow|\bdiscard|\bignor|\bwithdr|\binvalid|\bbogus|\bredo|\brerun|\bbroken|\bunusable|\bfake"
            rf"|\bbe (?:compared|used|counted|repeated)|{doubting}",
            asked,
        )
    )
    if only_wrong and wrong:
        # A copy and a mean that does not follow are no more to be trusted than what was called wrong.
        shaky = {r.id for r in later_copies(page)} | {r.id for r in odd if harmonic_misfit(r)}
        besides = [r for r in odd if r.id in shaky] if re.search(doubting, asked) and not plan.intervals else []
        odd = []
    elif wrong and odd and re.search(r"contradict|inconsist|mismatch|agree|match|\bfit|\bodd|conflict", asked):
        wrong = []
    if re.search(r"\b(?:twice|two times|more than once|repeated|same commands?)\b", asked) and not (copies and odd):
        return _repeated(page, pool)
    narrowed = plan.yes_no and (plan.intervals or plan.filters or plan.ids or plan.run_terms)
    if not wrong and not odd and narrowed and any(headline(r) for r in pool):
        doubt = re.search(_AMISS, asked)
        lead = "No: nothing in the notes" if doubt else "Yes, as far as the notes tell: nothing in them"
        page.sentence(f"{lead} calls it wrong.")
        for record in pool[-3:]:
            run_block(page, record, change=False, remark=True)
        return True
    if not wrong and not odd:
        return False
    if narrowed and wrong:
        page.say("Yes, it was called wrong." if re.search(_AMISS, asked) else "No, it was called wrong.")
    elif narrowed and odd and len(pool) == 1:
        page.say("Doubtful: it was not called wrong, but something does not fit.")
    if wrong:
        page.say(f"{many(len(wrong), 'result')} called wrong in the notes:")
        page.figure(str(len(wrong)), "count of the results listed")
        for record in wrong[-12:]:
            run_block(page, record, change=False, remark=False)
    if besides:
        page.say()
        days = ", ".join(f"{record.date} {source_of(record)}" for record in besides[-6:])
        page.say(f"Not called wrong, but copied or with a mean that does not follow: {days}.")
        for record in besides[-6:]:
            page.figure(record.date, source_of(record))
    if odd:
        if wrong:
            page.say()
        page.say(f"{many(len(odd), 'run')} with something that does not fit:")
        page.figure(str(len(odd)), "count of the runs listed")
        for record in odd[-12:]:
            run_block(page, record, change=False, remark=False)
            for link in (link for doubt in evidence.doubts.get(record.id, ()) for link in doubt.links):
                page.cite(link)
    return True


def _repeated(page: Page, pool: Sequence[Record]) -> bool:
    """Runs whose command is the same, figures aside."""
    groups: dict[tuple[tuple[str, str], ...], list[Record]] = {}
    for record in pool:
        if record.config:
            groups.setdefault(tuple(sorted(record.config.items())), []).append(record)
    twice = [listed for listed in groups.values() if len(listed) > 1]
    if not twice:
        return False
    page.sentence(f"{many(len(twice), 'command')} that ran more than once:")
    page.figure(str(len(twice)), "count of the commands listed")
    for listed in twice[-6:]:
        page.say()
        for record in listed:
            run_block(page, record, change=False, remark=False)
    return True
