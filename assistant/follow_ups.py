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

_CAUSE_ASKED = re.compile(
    r"\b(?:why|cause[ds]?|reasons?|what (?:was|is) it|how come|fix\w*|solv\w*|solutions?|remed\w+"
    r"|cure[ds]?|get\b.*\bback"
    r"|got\b.*\bback|went wrong|behind|responsible|explain\w*|trouble|bug|help(?:s|ed)|against)\b"
)
_STATE_ASKED = re.compile(
    r"\b(?:now|nowadays|still|by now|status|in the end|finally|eventually|current(?:ly)?|so far|yet|meanwhile|at last"
    r"|outcome|true|correct|hold|holds|state|alive|dead|how far|became|become|happened)\b"
)
_NEXT_ASKED = re.compile(r"\b(?:next|go(?:ing)? on|continue|further|planned?|want(?:ed)? to)\b")
_FIGURE_ASKED = re.compile(
    r"=\s*\?|\bhow (?:many|much|high|big|large|long|often|fast)\b|\bwhat (?:is|was|are|were) (?:the |our "
    r"|my )?(?:\w+ )?"
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
    r"\[!(?:fail|failure|error|bug)\]|\b(?:not true|wrong|mistake|leak(?:ed)?|no longer|invalid|retract\w*)\b",
    re.IGNORECASE,
)
_FIX_HEADING = re.compile(r"^(?:fix|debug|result|solution)\b", re.IGNORECASE)
#: Notes in which everything of a day stands together: a later section of theirs may be about anything.
_MIXED = re.compile(r"^(?:scratch\w*|thoughts?|journal|diary|log|daily|inbox|misc\w*)$", re.IGNORECASE)


def wants_follow_up(plan: Plan) -> bool:
    """Whether the question asks for what came of something."""
    asked = plan.question.lower()
    return (
        plan.aspect in ("why", "how")
        or plan.yes_no
        or any(pattern.search(asked) for pattern in (_CAUSE_ASKED, _STATE_ASKED, _NEXT_ASKED, _FIGURE_ASKED))
    )


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
    if wants_figure and _FIGURE.search(sentences):
        return None
    answered = _is_fix(told.heading, sentences) or (plan.aspect == "why" and _REASON.search(sentences))
    subjects = _words(" ".join(plan.terms))
    story = _words(sentences) | subjects
    rarest = math.log(1 + plan.vocabulary.chunks) if plan.vocabulary is not None else 1.0
    best: tuple[float, Passage] | None = None
    for passage in later:
        if told.date is None or passage.date is None or not 0 <= (passage.date - told.date).days <= DAYS:
            continue
        if passage.link == told.link or is_log(passage.note) or task_units(passage.text):
            continue
        own = passage.note == told.note and not _MIXED.match(passage.note.rsplit("/", 1)[-1])
        if not own and not _may_hold(f"{passage.note} {passage.text}", subjects):
            continue
        for text in [passage.text] if own else _items(passage.text):
            if re.search(r"\[\[(?:experiments|server)#", text, re.IGNORECASE):
                continue  # It is about a run.
            back = bool(_TAKES_BACK.search(text))
            solves = _is_fix(passage.heading, text)
            fits = bool(_GOES_ON.search(text)) if wants_next else solves or back
            if wants_figure:
                fits = bool(_FIGURE.search(text))
            elif wants_state and own and _STATE_ASKED.search(asked):
                fits = True  # The newest section of its note tells how it stands.
            elif not wants_next and not wants_state and answered and not back:
                continue
            words = _words(f"{passage.note.replace('_', ' ')} {text}") & story
            shared = sum(_weight(plan, word) for word in words) / rarest
            enough = (
                bool(words & subjects) and (own or shared >= _SHARED)
                if wants_figure
                else (own or (bool(words & subjects) and shared >= _SHARED))
            )
            if not ((fits and enough) or (len(words & subjects) > 1 and shared >= _SHARED_MUCH)):
                continue
            days = (passage.date - told.date).days
            score = shared + 0.7 * own + 0.5 * (solves or back) + (0.05 if wants_state and own else -0.03) * days
            if best is None or score > best[0]:
                best = (score, passage)
    return best[1] if best else None


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
    return bool(_FIX_HEADING.match(heading.rsplit("#", 1)[-1]) or _SOLVES.search(text))


def _words(text: str) -> set[str]:
    return {stem(term.text) for term in terms(text) if len(term.text) > 2 and term.text not in STOP_WORDS}


def _weight(plan: Plan, word: str) -> float:
    return plan.vocabulary.weight(word) if plan.vocabulary is not None else 1.0
