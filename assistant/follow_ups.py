"""What came of it: the later section that solves, corrects or goes on with the one that was found.

A story stands in several places: the trouble in a scratch note, its cause the day after, the fix in a topic note. A
question for the cause, the remedy, the state or the next step is answered by the last of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from assistant.plan import Plan
from assistant.quote import is_log, task_units
from assistant.retrieve import Passage
from vault_sync.terms import STOP_WORDS, stem, terms

#: So many days later a story is still going on.
DAYS = 21
#: What a later section has to share with the story, by the weight of its words against that of a word that stands
#: nowhere else: where it speaks of a cause or a remedy, and where it does not.
_SHARED, _SHARED_MUCH = 0.5, 1.2
#: What settles a thing elsewhere holds a word of the question that tells nearly as much as the one by which the thing
#: was found.
_TELLING = 0.9
#: What takes a thing back elsewhere holds so much of the question.
_MUCH = 0.5

#: What is asked of a trouble: how it was met ("what did I do about it", "what kept it from overfitting") ...
_MET_ASKED = (
    r"\b(?:do|does|did|done) (?:\w+ )?(?:about|against)\b"
    r"|\bwhat (?:has |had |finally )?(?:keeps?|kept|stop(?:s|ped)?|prevent(?:s|ed)?|hinder(?:s|ed)?|save[sd]?"
    r"|rescue[sd]?) "
)
#: ... and what the trouble was.
_TROUBLE_ASKED = re.compile(
    r"\b(?:problem|trouble|issue|drawback|downside|disadvantage|weakness|catch|snag|difficult\w*|limits?|wrong"
    r"|objection)s?\b (?:with|of|about|in|when|by)\b|\bwhat (?:is|was|went|goes|'s) wrong\b"
)
_CAUSE_ASKED = re.compile(
    r"\b(?:why|cause[ds]?|reasons?|what (?:was|is) it|how come|fix\w*|solv\w*|solutions?|remed\w+"
    r"|cure[ds]?|get\b.*\bback"
    r"|got\b.*\bback|went wrong|behind|responsible|explain\w*|trouble|bug|help(?:s|ed)|against)\b|" + _MET_ASKED
)
_FIX_ASKED = re.compile(
    r"\b(?:fix\w*|solv\w*|solutions?|remed\w+|cure[ds]?|repair\w*|mend\w*|get rid|got rid|against)\b|" + _MET_ASKED
)
_STATE_ASKED = re.compile(
    r"\b(?:now|nowadays|still|by now|status|in the end|finally|eventually|current(?:ly)?|so far|yet|meanwhile|at last"
    r"|outcome|true|correct|hold|holds|state|alive|dead|how far|became|become|happened)\b"
)
#: How a thing stands: what is the rule now, what was decided last, whether it is kept.
_STANDS_ASKED = re.compile(
    r"\b(?:now|nowadays|these days|by now|at present|currently|current|valid|in (?:use|force|place)|in the end|final"
    r"|finally|eventually|at last|latest|last word|decided|decision|settled?|agreed|agreement|in or out|out or in"
    r"|on or off|still|any ?more|the (?:rule|default|standard)|"
    r"(?:do|are|should|must) (?:we|i) (?!have\b|know|need|want|mean|think|plan|get\b|sure|right|allowed)\w+)\b"
)
_STOOD_ASKED = re.compile(
    r"\b(?:was|were|had been) .*\b(?:used|set|valid|in (?:use|force|place)|current)\b|\bthe (?:rule|default|standard"
    r"|setting|value|number)\b|\bdid (?:we|i)\b|\bhow (?:many|much)\b|\b(?:what|which) (?:was|were)\b"
)
#: What settles a thing: "100 draws it is", "Take 3", "dropped".
_DECIDES = re.compile(
    r"\b(?:agree[sd]?|decisions?|decided?|from now on|until further notice|settled|keep(?:s|ing)?|kept|stay(?:s|ed"
    r"|ing)? (?:with|at|in|out)|stick(?:ing)? (?:to|with)|stuck with|go(?:es|ing)? with|went with|switch(?:ed|ing)? to"
    r"|back to|moved? to|replac\w+|instead|drop(?:s|ped)?|buried|abandoned|adopted|paused"
    r"|ruled out|off the table|given up|gave up|(?:is|are|stays?) (?:out|off|in|closed|dead|gone|enough|final)"
    r"|already enough|no longer|any ?more|final(?:ly)?|(?:take|use|set(?: it)? to|set at) `?\d\S*|is the (?:rule"
    r"|setting|default|standard|one)|by default|new (?:rule|default|setting)|the best \w+ is|now|no more"
    r"|leave (?:it|that) out)\b"
    r"|\bso [^.!?\n]{1,40} it is\b",
    re.IGNORECASE,
)
_TROUBLE = (
    r"can(?:no|'?)t|could(?:n'?t| not)|do(?:es)?(?:n'?t| not)|did(?:n'?t| not)|too \w+|worse|fail\w*|wrong|bad(?:ly)?"
    r"|los(?:e|es|t|ing)|ruins?|breaks?|broke|problem|trouble|unfair|confus\w+|overfit\w*"
)
_TELLS_TROUBLE = re.compile(rf"\b(?:{_TROUBLE})\b", re.IGNORECASE)
_HINTS_AT_TROUBLE = re.compile(
    rf"\b(?:{_TROUBLE}|not|no|never|but|however|only|needs?|lacks?|missing|slow)\b", re.IGNORECASE
)
_NEXT_ASKED = re.compile(
    r"\b(?:next|go(?:ing)? on|continue|further|planned?|want(?:ed)? to|should (?:come|follow|be (?:tried|added|done))"
    r"|to try|on top)\b"
)
_FIGURE_ASKED = re.compile(
    r"=\s*\?|\bhow (?:many|much|high|big|large|long|often|fast|early|late|soon)\b"
    r"|\bwhat (?:is|was|are|were) (?:the |our |my )?(?:\w+ )?"
    r"(?:threshold|value|size|rate|number|level|limit|factor|distance|length)\b|\bthreshold\b.*\?"
)
_FIGURE = re.compile(r"(?<![\w.:/-])\d+(?:\.\d+)?(?![\w:/-])")
_SOLVES = re.compile(
    r"\b(?:found (?:it|out|the)|got it|solved|fixed|the (?:reason|cause|problem|culprit|bug) (?:was|is)"
    r"|because|turned out"
    r"|was missing|were missing|forgot(?:ten)?|had to|works (?:now|again)|was full|the fix|no more"
    r"|repaired|instead of)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"\b(?:because|since|as it|so that|otherwise|due to|therefore|too \w+)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"\b(?:next|want(?:s|ed)? (?:to|only)|then|plan\w*|should|later|will|todo|try)\b", re.IGNORECASE)
_TAKES_BACK = re.compile(
    r"\[!(?:fail|failure|error|bug|warning|caution|danger)\]"
    r"|\b(?:not true|wrong|mistake|leak(?:ed)?|no longer|invalid|retract\w*|(?:take|took|taken) (?:\w+ )?back|was luck"
    r"|by luck|inside the (?:noise|scatter|spread)|within the (?:noise|scatter|spread)"
    r"|never (?:active|used|on|ran|read)|after all|not reproducib\w+|can(?:no|'| no)?t be (?:compared"
    r"|trusted|used)|do(?: not|n'?t) (?:use|trust|compare"
    r"|believe)|means? nothing|not (?:comparable|valid|sound|reliable))\b",
    re.IGNORECASE,
)
_FIX_HEADING = re.compile(r"^(?:fix|debug|result|solution)\b", re.IGNORECASE)
#: Notes in which everything of a day stands together: a later section of theirs may be about anything.
_MIXED = re.compile(
    r"^(?:scratch\w*|thoughts?|journal|diary|log|daily|inbox|misc\w*"
    r"|(?:\w+[_ -])?(?:meetings?|minutes|seminars?)(?:[_ -]\w+)?)$",
    re.IGNORECASE,
)


def wants_follow_up(plan: Plan) -> bool:
    """Whether the question asks for what came of something."""
    asked = plan.question.lower()
    return (
        plan.aspect in ("why", "how")
        or plan.yes_no
        or how_it_stands(plan)
        or any(
            pattern.search(asked)
            for pattern in (_CAUSE_ASKED, _TROUBLE_ASKED, _STATE_ASKED, _NEXT_ASKED, _FIGURE_ASKED)
        )
    )


def how_it_stands(plan: Plan) -> bool:
    """Whether the question asks how a thing stands, today or on the day from which it looks."""
    if plan.aspect in ("why", "when", "who", "where"):
        return False
    asked = plan.question.lower()
    return bool(_STANDS_ASKED.search(asked) or (plan.as_of is not None and _STOOD_ASKED.search(asked)))


def settles(plan: Plan, top: Passage, passage: Passage, sentences: str) -> bool:
    """Whether a section settles how the thing stands that the question was found to be about.

    Args: top: the section by which it was found. sentences: what is quoted of the other one, which alone counts in a
        note of mixed matter.
    """
    own = passage.note == top.note and not is_mixed(top.note)
    text = sentences if is_mixed(passage.note) else passage.text
    return bool(_DECIDES.search(text)) and (own or is_of_it(plan, top, text))


def is_of_it(plan: Plan, told: Passage, text: str, wholly: bool = False) -> bool:
    """Whether a text holds a word of the question that tells nearly as much as the one by which a section was found, or
    leads back to the note of that section. wholly: it has to hold much of the whole question."""
    if f"[[{told.note}".casefold() in text.casefold():
        return True
    asked = _words(" ".join(plan.terms))
    found_by = asked if wholly else asked & _words(f"{told.note.replace('_', ' ')} {told.text}")
    rarities = {word: _rarity(plan, word) for word in found_by}
    shared = [rarities[word] for word in found_by & _words(text)]
    if wholly:
        return sum(shared) >= _MUCH * sum(rarities.values())
    # "The phone aligner" is another matter than the latency on the phone.
    most = max(rarities.values(), default=0.0)
    if not shared or max(shared) < _TELLING * most:
        return False
    return 2 * len(shared) > len(found_by) or (2 * len(shared) == len(found_by) and max(shared) >= most)


def takes_back(passage: Passage) -> bool:
    """Whether a section calls something wrong that stood before."""
    return bool(_TAKES_BACK.search(passage.text))


def follow_up(plan: Plan, told: Passage, sentences: str, later: Sequence[Passage]) -> Passage | None:
    """The section after one that was found which gives what the question asks for; None when there is none.

    Args: told: the section found. sentences: what is quoted of it. later: the sections of the days after it, of any
        note.
    """
    asked = plan.question.lower()
    wants_next = bool(_NEXT_ASKED.search(asked))
    wants_state = plan.yes_no or bool(_STATE_ASKED.search(asked))
    wants_figure = bool(_FIGURE_ASKED.search(asked))
    stands = how_it_stands(plan)
    if wants_figure and not stands and _FIGURE.search(sentences):
        return None
    answered = _is_fix(told.heading, sentences) or (plan.aspect == "why" and _REASON.search(sentences))
    mended = _headed_as_fix(told.heading) and not takes_back(told)
    fix_asked = bool(_FIX_ASKED.search(asked)) and not mended
    trouble_asked = bool(_TROUBLE_ASKED.search(asked)) and not _TELLS_TROUBLE.search(sentences)
    subjects = _words(" ".join(plan.terms))
    story = _words(sentences) | subjects
    rarest = math.log(1 + plan.vocabulary.chunks) if plan.vocabulary is not None else 1.0
    missed = subjects - _words(f"{told.note.replace('_', ' ')} {told.text}")
    best: tuple[float, Passage] | None = None
    for passage in later:
        if told.date is None or passage.date is None or not 0 <= (passage.date - told.date).days <= days_after(plan):
            continue
        if passage.link == told.link or is_log(passage.note) or task_units(passage.text):
            continue
        own = passage.note == told.note and not is_mixed(passage.note)
        if not own and not _may_hold(f"{passage.note} {passage.text}", subjects):
            continue
        for text in [passage.text] if own else _items(passage.text):
            if re.search(r"\[\[(?:experiments|server)#", text, re.IGNORECASE):
                continue  # It is about a run.
            names = _links_back(told, text)
            back = bool(_TAKES_BACK.search(text))
            solves = _is_fix(passage.heading, text)
            decides = stands and bool(_DECIDES.search(text if own else text.split("\n")[0]))
            decides = decides and (own or is_of_it(plan, told, text))
            fits = bool(_GOES_ON.search(text)) if wants_next else solves or back or decides
            if wants_figure:
                fits = bool(_FIGURE.search(text)) and (not stands or own or decides)
            elif own and (stands or (wants_state and _STATE_ASKED.search(asked))):
                fits = True  # The newest section of its note tells how it stands.
            elif fix_asked and own:
                fits = True  # The cause was found; how it was mended stands in a later section.
            elif trouble_asked and own and _HINTS_AT_TROUBLE.search(text):
                fits = True  # What was done was found; what came of it stands in a later section.
            elif own and missed & _words(text):
                fits = True  # It tells of the question what the section found does not.
            elif plan.yes_no and (own or names):
                fits = True  # No verdict rests on a section that a later one may have changed.
            elif not wants_next and not wants_state and not stands and answered and not back:
                continue
            elif own and plan.aspect in ("why", "how") and not answered:
                fits = True
            words = _words(f"{passage.note.replace('_', ' ')} {text}") & story
            shared = sum(_weight(plan, word) for word in words) / rarest
            enough = (
                bool(words & subjects) and (own or shared >= _SHARED)
                if wants_figure
                else (own or (bool(words & subjects) and shared >= _SHARED))
            )
            if not ((fits and (enough or decides or names)) or (len(words & subjects) > 1 and shared >= _SHARED_MUCH)):
                continue
            days = (passage.date - told.date).days
            score = shared + 0.7 * own + 0.5 * (solves or back or decides) + names
            if fix_asked and own:  # The story is read on in order, up to how it was mended.
                score = 2.0 + _headed_as_fix(passage.heading)
            score += (0.05 if (wants_state or stands) and own else -0.03) * days
            if best is None or score > best[0]:
                best = (score, passage)
    return best[1] if best else None


def _links_back(told: Passage, text: str) -> bool:
    """Whether a text links to the section that was found: "I take back what I wrote on [[lr_warmup#2025/10/28]]"."""
    if told.date is None or "[[" not in text:
        return False
    for note, heading in re.findall(r"\[\[([^\]#|]*)#([^\]|]+)", text):
        same = not note or note.rsplit("/", 1)[-1].casefold() == told.note.rsplit("/", 1)[-1].casefold()
        if same and f"{told.date:%Y%m%d}" in re.sub(r"\D", "", heading):
            return True
    return False


#: "More in [[four_forward]]": the note itself sends its reader on.
_POINTER = re.compile(
    r"(?:^|\b(?:more|details?|see|read|rest|notes?|story|whole|continued|written(?: down)?|wrote it|idea|plan|fix|cause"
    r"|solution|explained|summary)\b[^\[\n]{0,30}|->|→|:)\s*\[\[(?P<note>[^\]#|^]+)(?:#(?P<heading>[^\]|^]*))?[^\]]*\]\]",
    re.IGNORECASE,
)


def pointed_to(told: Passage, quoted: Sequence[str]) -> list[tuple[str, str]]:
    """(note, heading) of the notes that a section sends its reader to, right beside what is quoted of it; the run logs
    are none."""
    lines = [line.strip(" \t>*-") for line in told.text.split("\n") if line.strip()]
    near: set[int] = set()
    for number, line in enumerate(lines):
        if len(lines) <= _SHORT_SECTION or any(line in text or text in line for text in quoted):
            near.update((number, number + 1))
    found = []
    for number in sorted(near):
        for match in _POINTER.finditer(lines[number]) if number < len(lines) else ():
            if not is_log(match["note"].strip()):
                found.append((match["note"].strip(), (match["heading"] or "").strip()))
    return list(dict.fromkeys(found))


def pointed_section(plan: Plan, told: Passage, heading: str, sections: Sequence[Passage]) -> Passage | None:
    """The section that is meant by a link to a note: that of the heading, else the first since the day of the link,
    the one that holds more of the question where there are several of a day."""
    if heading:
        digits = re.sub(r"\D", "", heading)
        fits = [p for p in sections if heading.casefold() == p.heading.split("#")[-1].casefold()] or [
            p for p in sections if len(digits) == 8 and p.date is not None and f"{p.date:%Y%m%d}" == digits
        ]
    else:
        since = [p for p in sections if p.date is None or told.date is None or p.date >= told.date]
        first = min((p.date for p in since if p.date is not None), default=None)
        fits = [p for p in since if p.date == first]
    return max(fits, key=lambda p: len(_words(p.text) & _words(" ".join(plan.terms))), default=None)


_SHORT_SECTION = 6


def _may_hold(text: str, stems: set[str]) -> bool:
    """Whether a text can hold one of the words: a quick look before its words are taken apart."""
    lower = text.casefold()
    return any(one[:4] in lower for one in stems)


def _items(text: str) -> list[str]:
    """The lines of a section of mixed matter, each with the one after it."""
    lines = [line for line in text.split("\n") if line.strip()]
    return ["\n".join(lines[at : at + 2]) for at in range(len(lines))]


def _is_fix(heading: str, text: str) -> bool:
    """Whether a section is headed as a fix, or tells a cause."""
    return bool(_headed_as_fix(heading) or _SOLVES.search(text))


def days_after(plan: Plan) -> int:
    """So many days after a section a later one may be of the same story; a rule lasts longer than a bug."""
    return 2 * DAYS if how_it_stands(plan) else DAYS


def is_mixed(note: str) -> bool:
    """Whether a note is one in which everything of a day stands together."""
    return bool(_MIXED.match(note.rsplit("/", 1)[-1]))


def _headed_as_fix(heading: str) -> bool:
    return bool(_FIX_HEADING.match(heading.rsplit("#", 1)[-1]))


def _words(text: str) -> set[str]:
    return {stem(term.text) for term in terms(text) if len(term.text) > 2 and term.text not in STOP_WORDS}


def _rarity(plan: Plan, word: str) -> float:
    """How rare a word is in the notes, be it an everyday one or not."""
    if plan.vocabulary is None:
        return 1.0
    return math.log(1 + plan.vocabulary.chunks / max(1, plan.vocabulary.count(word)))


def _weight(plan: Plan, word: str) -> float:
    return plan.vocabulary.weight(word) if plan.vocabulary is not None else 1.0
