"""Chooses the decisive sentences of a section and judges whether it supports an answer at all. Quotes stay verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.details import DURATION, NUMBER, asks_for_a_person, lacks_the_detail, names_a_person
from assistant.plan import Plan
from assistant.retrieve import Passage, holds_any, without_links, word_forms
from assistant.vocabulary import RUN_WORDS, SETTING_WORDS, is_soft

#: Share of the telling words a section must hold; less when its meaning is near, none when it is very near.
LEAST_SUPPORT = 0.5
LEAST_SUPPORT_NEAR = 0.34
NEAR = 0.45
NEAR_ENOUGH = 0.5
VERY_NEAR = 0.62
#: A word in so many chunks at most is telling by itself.
_RARE = 4
#: A paragraph up to this size is told whole.
_SHORT_SENTENCES, _SHORT_LETTERS = 5, 600
#: A list of so many sentences is told whole where a cause or a solution is asked for: it is its steps together.
_LIST_SENTENCES = 10
#: Lines of code that are told with a solution.
_CODE_LINES = 8

_BACK = re.compile(
    r"\bwrong\b|\bincorrect\b|\binvalid\b|\bretract|\bdon'?t (?:use|trust)\b|\bnot true\b|\bno longer\b"
    r"|\bnever can be\b|\bit (?:was|is|'s) the problem of the code\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\bbecause\b|\bsince\b|\bso that\b|\breason\b|\bwhy\b|\bdue to\b|\bin order to\b|"
    r"\bthat's why\b|\bas a result\b|\btherefore\b|\bso\b|\bcause[ds]?\b|\bthanks to\b|"
    r"\bto (?:get|make|see|avoid|keep|prevent|have)\b|\botherwise\b|\bthat means\b",
    re.IGNORECASE,
)
_SOLUTION = re.compile(
    r"\bsolv\w*|\bfix\w*|\bfound (?:it|out|the)\b|"
    r"\bthe (?:problem|cause|reason|culprit|bug) (?:was|is)\b|\bturned out\b|\bit was\b|"
    r"\bcaused\b|\bbecause\b|\binstead\b|\bshould (?:be|have|add|use)\b|"
    r"\badd(?:ed|ing)?\b|\bclamp\w*|\bchanged?\b|\bno more\b|\bgone\b|\bworks now\b|"
    r"\bneed(?:s|ed)? to\b|\bthere was no\b",
    re.IGNORECASE,
)
_IDEA = re.compile(
    r"\bidea\b|\bmaybe\b|\bwhat if\b|\bshould\b|\bcould\b|\blet'?s\b|\bcan be\b|\bthink\b|"
    r"\btry\b|\bwhy not\b|\bplan\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:So|That|This|It|But|Then|Solved|Because|Since|Therefore|Instead)\b")
_TROUBLE = re.compile(
    r"\b(?:fix\w*|solv\w*|debug\w*|bugs?|cause[ds]?|resolve[ds]?|problems?|nan|errors?|wrong with|went wrong|broke"
    r"|get rid|solutions?|remed(?:y|ies)|cure[ds]?|repair\w*|helped|against|behind|crash\w*|hang\w*|hung|leak\w*)\b"
)
_FIX = re.compile(r"\b(?:fix|solution|cure|remedy)\b", re.IGNORECASE)
_FIX_HEADING = re.compile(r"(?:fix|code)\b", re.IGNORECASE)
_FENCE = re.compile(r"^\s*(?:>\s*)*(?:`{3,}|~{3,})")
_DATE_LINE = re.compile(r"^#{1,6}\s")
_LEAD = re.compile(r"^\s*(?:>\s*)*(?:[-*+]\s+|\d{1,3}[.)]\s+)?(?:\[[ xX>\-]\]\s+)?")
_ITEM = re.compile(r"^\s*(?:>\s*)*(?:[-*+]|\d{1,3}[.)])\s+")
_CALLOUT = re.compile(r"^\s*(?:>\s*)*\[!(\w+)\][+-]?\s*")
_LINK_LINE = re.compile(r"^(?:Code|Idea|Detail|Result|Server|Paper)?\s*:?\s*(?:!?\[\[[^\]]*\]\]\s*)+$", re.IGNORECASE)
_LABEL = re.compile(r"^(?:(?:seen|unseen|overall)(?: acc\w*)?|harmonic mean|acc\w*)\.?\s*:?$", re.IGNORECASE)
_ARRAY = re.compile(r"^\s*(?:\w[\w ]*:?\s*)?\[\s*-?\d[\d.,\s-]*\]?\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'`*=(\[A-Z0-9가-힣])")


@dataclass(frozen=True)
class Unit:
    """A sentence or list item of a section, as it stands there. number: its place. item: which list item it is in."""

    text: str
    number: int
    item: int
    code: bool = False
    score: float = 0.0
    matched: int = 0


def units(text: str) -> list[Unit]:
    """The quotable pieces of a section: its sentences, item by item, without list marks; code lines are marked."""
    pieces: list[tuple[str, int, bool]] = []
    item = 0
    code = False
    open_text = ""

    def close() -> None:
        nonlocal open_text
        for sentence in _sentences(open_text):
            if _LINK_LINE.match(sentence):
                continue
            pieces.append((sentence, item, False))
        open_text = ""

    for line in text.split("\n"):
        if _FENCE.match(line):
            close()
            code = not code
            continue
        if code:
            if line.rstrip().endswith("```"):
                code = False
            if line.strip():
                pieces.append((line.strip(), item, True))
            continue
        if not line.strip() or re.fullmatch(r"\s*(?:-\s*){3,}|\s*(?:\*\s*){3,}", line):
            close()
            continue
        callout = _CALLOUT.match(line)
        bare = line[callout.end() :] if callout else _LEAD.sub("", line, count=1)
        bare = bare.strip()
        if _ITEM.match(line) or callout or line.lstrip().startswith(">"):
            close()
            item += 1
        if callout and re.fullmatch(r"(?:result|config|note|detail|setting)s?\W*", bare, re.IGNORECASE):
            bare = ""
        if not bare or _LABEL.match(bare) or _LINK_LINE.match(bare) or _ARRAY.match(bare) or _DATE_LINE.match(bare):
            close()
            continue
        open_text = f"{open_text} {bare}" if open_text else bare
    close()
    return [Unit(piece, number, where, is_code) for number, (piece, where, is_code) in enumerate(pieces)]


def task_units(text: str) -> bool:
    """Whether a section is a list of to-do items."""
    return bool(re.search(r"^\s*[-*+]\s+\[[ xX>\-]\]\s", text, re.MULTILINE))


def _sentences(text: str) -> list[str]:
    text = text.strip()
    if len(text) <= 160:
        return [text] if text else []
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def supported(plan: Plan, passage: Passage) -> bool:
    """Whether a section may answer the question: its telling words stand there, or its meaning is very near.

    A search by meaning always finds something; a name that the section does not hold must not be answered with another,
    and a question for a duration, a number, a person or a reason needs one.
    """
    near = passage.similarity or 0.0
    if not plan.subjects and not plan.unknown and passage.note in plan.notes:
        return answers_in_kind(plan, passage)  # "Background words": common words, and the name of a note.
    if not plan.subjects:
        carried = [word for word in plan.terms if is_soft(word)]
        whole = len(carried) >= 2 and not any(word in passage.missed for word in carried)
        if not whole and near < NEAR_ENOUGH and not _told_by_a_rare_word(plan, passage):
            return False
    elif all(word in passage.missed for word in plan.subjects) and near < VERY_NEAR:
        # "What do confused keywords have in common": keywords are what all the notes are about.
        general = all(word in SETTING_WORDS for word in plan.subjects)
        if not (general and _told_by_a_rare_word(plan, passage)):
            return False
    if any(is_name(plan, word) for word in passage.missed):
        return False
    if not answers_in_kind(plan, passage) or _only_mentions(plan, passage):
        return False
    if any(word in plan.unknown for word in passage.missed):
        return passage.support >= LEAST_SUPPORT and near >= NEAR
    return (
        passage.support >= LEAST_SUPPORT
        or (passage.support >= LEAST_SUPPORT_NEAR and near >= NEAR)
        or near >= VERY_NEAR
    )


def may_answer(plan: Plan, passage: Passage) -> bool:
    """Whether nothing in a section speaks against its being the answer: it holds what is asked for, and the topic that
    something was to be noted on."""
    asked = plan.question.lower()
    named = re.search(r"\b(?:called|named)\s*\??$", asked)
    about = re.search(r"\b(?:noted?|write|wrote|written|read|say|said) (?:down )?(?:about|on)\b(?P<topic>.+)", asked)
    for word in passage.missed:  # A name is asked for of one thing, and a topic by its word.
        if named and word in plan.subjects:
            return False
        if about and word in plan.unknown and word in about["topic"]:
            return False
    return answers_in_kind(plan, passage)


def _told_by_a_rare_word(plan: Plan, passage: Passage) -> bool:
    """A question of general words alone is met by a section that holds one that few sections hold: "slow"."""
    if plan.vocabulary is None or is_log(passage.note) or task_units(passage.text):
        return False
    things = [word for word in plan.terms if word in RUN_WORDS and not is_soft(word)]
    if len(things) > 1 and all(word in passage.missed for word in things):
        return False  # "What did the GPU hours cost": that a journey cost something is another matter.
    carried = [word for word in plan.terms if is_soft(word) and not word.replace(".", "").isdigit()]
    held = [word for word in carried if word not in passage.missed]
    least = max(_RARE, plan.vocabulary.chunks // 250)
    return 2 * len(held) >= len(carried) and any(0 < plan.vocabulary.count(word) <= least for word in held)


def _only_mentions(plan: Plan, passage: Passage) -> bool:
    """All that the section shares with the question is one common word: many sections hold "GRU", and few say why it
    was given up. A question for whatever was thought about it is another matter."""
    thoughts = re.search(
        r"\b(?:about|say|said|think|thought|write|wrote|note|noted|mention\w*)\b", plan.question.lower()
    )
    named = [word for word in plan.terms if not is_soft(word)]
    if thoughts or len(plan.subjects) != 1 or len(named) != 1 or plan.vocabulary is None:
        return False
    carried = [word for word in plan.terms if is_soft(word) and not word.isdigit()]
    common = plan.vocabulary.count(plan.subjects[0]) > _RARE
    alone = bool(carried) and all(word in passage.missed for word in carried)
    return common and alone and (passage.similarity or 0.0) < NEAR


def answers_in_kind(plan: Plan, passage: Passage) -> bool:
    """Whether the section holds what the question word asks for: a person, a duration, a number, a reason."""
    asked = plan.question.lower()
    told = [unit for unit in units(passage.text) if not unit.code]
    text = "\n".join(unit.text for unit in told)
    log = is_log(passage.note)
    near = text if _named_after(plan, passage) else _items_near(plan, told) or text
    if lacks_the_detail(plan, passage, text, near):
        return False
    if asks_for_a_person(plan, asked):
        return not log and names_a_person(asked, text)
    if plan.aspect in ("why", "how") and (log or task_units(passage.text)):
        return bool(_REASON.search(text) or _SOLUTION.search(text))
    return True


def is_name(plan: Plan, word: str) -> bool:
    """Whether the question writes a word as a name: with a capital inside a sentence, digits, underscores, or unknown
    to all notes."""
    if "_" in word or any(letter.isdigit() for letter in word):
        return True
    match = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plan.question, re.IGNORECASE)
    if match is None:
        return False
    written = match.group()
    return (len(written) > 1 and written[1:] != written[1:].lower()) or (
        written[:1].isupper() and match.start() > 0 and plan.question[match.start() - 2] not in ".?!"
    )


def _items_near(plan: Plan, told: Sequence[Unit]) -> str:
    """The items of a section that hold a word of the question other than one of runs in general."""
    words = [word for word in plan.terms if word not in RUN_WORDS and not is_soft(word)]
    near = {unit.item for unit in told if any(holds_any(word_forms(without_links(unit.text)), word) for word in words)}
    return "\n".join(unit.text for unit in told if unit.item in near)


def chosen_units(plan: Plan, passage: Passage, limit: int) -> list[Unit]:
    """The decisive sentences of a section, in its order: those that hold the question's words, and what gives the
    reason, the solution or the idea right beside them."""
    listed = [unit for unit in units(passage.text) if not unit.code]
    if not listed:
        listed = units(passage.text)
    if not listed:
        return []
    steps = _wants_steps(plan) and _named_after(plan, passage)
    if len(listed) <= min(3, limit) or ((limit > 2 or steps) and _is_short(listed, passage, steps)):
        return [*listed, *_code_of_a_fix(plan, passage)]
    weights = {word: (plan.vocabulary.weight(word) if plan.vocabulary else 1.0) for word in plan.terms}
    average = sum(weights.values()) / len(weights) if weights else 1.0
    cue = _cue(plan)
    scored: list[Unit] = []
    for unit in listed:
        held = word_forms(without_links(unit.text))
        matched = [word for word in weights if holds_any(held, word)]
        score = sum(weights[word] for word in matched)
        if cue is not None and cue.search(unit.text):
            score += 0.5 * average
        scored.append(Unit(unit.text, unit.number, unit.item, unit.code, score, len(matched)))
    best = max(scored, key=lambda unit: (unit.score, -unit.number))
    if best.score == 0:
        return scored[: min(limit, 2)]
    chosen = {best.number: best}
    place = scored.index(best)
    for unit in (scored[i] for i in (place + 1, place + 2, place - 1) if 0 <= i < len(scored)):
        follows = cue in (_REASON, _SOLUTION) and not task_units(passage.text)
        goes_on = unit.number > best.number and (follows or unit.item == best.item or bool(_GOES_ON.match(unit.text)))
        if len(chosen) < limit and ((cue is not None and cue.search(unit.text)) or goes_on):
            chosen[unit.number] = unit
    for unit in sorted(scored, key=lambda u: -u.score):
        if len(chosen) < limit and unit.matched and unit.score >= 0.45 * best.score:
            chosen.setdefault(unit.number, unit)
    return [*(chosen[number] for number in sorted(chosen)), *_code_of_a_fix(plan, passage)]


def _named_after(plan: Plan, passage: Passage) -> bool:
    """Whether a note has its name from something asked about."""
    title = word_forms(f"{passage.note.replace('_', ' ')} {passage.note}")
    return any(holds_any(title, word) for word in plan.subjects or plan.terms)


def _wants_steps(plan: Plan) -> bool:
    """Whether a cause or a solution is asked for."""
    asked = plan.aspect in ("why", "how") or bool(_FIX.search(plan.question))
    return asked and _cue(plan) in (_REASON, _SOLUTION)


def _is_short(listed: Sequence[Unit], passage: Passage, steps: bool) -> bool:
    """Whether a section is one short paragraph, or a short list where its steps are wanted: it is then told whole, for
    its point may stand in any sentence."""
    if is_log(passage.note) or task_units(passage.text) or sum(len(unit.text) for unit in listed) > _SHORT_LETTERS:
        return False
    if len({unit.item for unit in listed}) == 1:
        return len(listed) <= _SHORT_SENTENCES
    return steps and len(listed) <= _LIST_SENTENCES


def _code_of_a_fix(plan: Plan, passage: Passage) -> list[Unit]:
    """The few lines of code of a section that is headed as a fix or as code, where a solution is asked for."""
    asked = plan.aspect == "how" or bool(_FIX.search(plan.question))
    if not asked or not _FIX_HEADING.match(passage.heading.rsplit("#", 1)[-1]):
        return []
    lines = [unit for unit in units(passage.text) if unit.code]
    return lines if len(lines) <= _CODE_LINES else []


def closeness(plan: Plan, passage: Passage) -> float:
    """What speaks for a section beyond its words: one sentence that holds the question, a solution where one is asked
    for, a note named after the subject. The run logs tell what was run and seldom why."""
    found = 0.25 * focus(plan, passage)
    if _cue(plan) is _SOLUTION and _SOLUTION.search(passage.text):
        found += 0.1
    told = " ".join(unit.text for unit in units(passage.text) if not unit.code and not unit.text.endswith("?"))
    if plan.aspect == "why" and _REASON.search(told):
        found += 0.1
    if _named_after(plan, passage):
        found += 0.1
    if is_log(passage.note):
        found -= 0.3
    return found


def shares_a_word(plan: Plan, unit: Unit) -> bool:
    """Whether a sentence holds a telling word of the question."""
    held = word_forms(without_links(unit.text))
    return any(holds_any(held, word) for word in plan.terms)


def is_log(note: str) -> bool:
    """Whether a note is one of the run logs."""
    return note.rsplit("/", 1)[-1].casefold() in ("server", "experiments")


def focus(plan: Plan, passage: Passage) -> float:
    """How much of the question meets in one sentence of a section, 0 to 1; less without what its first word wants."""
    weights = {word: (plan.vocabulary.weight(word) if plan.vocabulary else 1.0) for word in plan.terms}
    total = sum(weights.values())
    if not total:
        return 0.0
    cue = _cue(plan)
    best = 0.0
    for unit in units(passage.text):
        if unit.code:
            continue
        held = word_forms(without_links(unit.text))
        got = sum(weight for word, weight in weights.items() if holds_any(held, word)) / total
        best = max(best, got * (1.0 if cue is None or cue.search(unit.text) else 0.8))
    return best


def _cue(plan: Plan) -> re.Pattern[str] | None:
    """What marks the sentences that answer this kind of question."""
    asked = plan.question.lower()
    if re.search(r"\bhow long\b", asked):
        return DURATION
    if plan.aspect == "how many":
        return NUMBER
    if plan.aspect == "how" or _TROUBLE.search(asked):
        return _SOLUTION
    if plan.aspect == "why" or "reason" in asked:
        return _REASON
    if re.search(r"\bidea|\bplan|\bwant|\bpropos", asked):
        return _IDEA
    return None


def is_taken_back(listed: Sequence[Unit]) -> bool:
    """Whether the sentences take something back."""
    return any(_BACK.search(unit.text) for unit in listed)
