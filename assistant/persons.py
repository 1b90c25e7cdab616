"""Whether a person is asked for, and whether a section names one that the question does not name itself."""

from __future__ import annotations

import re

from assistant.field_names import is_field_name
from assistant.plan import Plan
from assistant.retrieve import holds_any, word_forms
from assistant.stems import word_set
from assistant.vocabulary import RUN_WORDS, SETTING_WORDS, is_soft
from vault_sync.terms import STOP_WORDS

_ROLE = (
    r"(?:prof(?:essor)?|advisor|adviser|supervisor|colleague|he|she|friend|labmate|reviewer|secretary|student|intern"
    r"|technician|admin(?:istrator)?|postdoc|director|boss|referee|engineer|partners?)"
)
_PERSON = re.compile(
    r"(?<=[a-z,] )(?:Prof|Dr|Mr|Ms)?\.?\s?(?P<inside>[A-Z][a-z]{2,})\b"
    r"|\b(?P<first>[A-Z][a-z]{2,})(?:'s\b|:| (?:has|had|says|said|thinks?|thought|asks|asked|wants|wanted|suggests"
    r"|suggested|proposes"
    r"|proposed|came|found|told|tells|wrote|did|does|took|takes|gave|gives|gets|sent|sends|made|makes|read|reads"
    r"|brought"
    r"|showed|noticed|saw|borrowed|keeps|kept|fixed|broke|started|killed|needs|needed|uses|used|is|was|will|can|could"
    r"|would|should|may|might|must|knows|got|and|[a-z]{3,}ed)\b)"
    rf"|\b(?P<role>{_ROLE})\b"
)
_TITLE = re.compile(r"\b(?:Prof(?:essor)?|Dr|Mr|Ms|Mrs)\.?\s+(?P<name>[A-Z][a-z]{2,})")
#: A person is asked for, in whatever place of the question.
_WHO = re.compile(r"\b(?:by|from|with|to) whom\b|\bwhom? from\b|\band who\b|\bwho was it\b|\bfrom who\b|\bwho else\b")
_WHICH_ONE = re.compile(
    r"\b(?:which|what) (?:(?!the|my|our|did|does|do|is|was)\w+ )?(?:annotator|listener|colleague|student|author"
    r"|examiner|labmate|supervisor|professor|person"
    r"|engineer|technician|intern|administrator|friend)\b(?! (?:list|effect|id|agreement))"
)
_ELSE = re.compile(r"\bwho else\b|\bwho (?:are|were) the others?\b")
_DEED = re.compile(r"\bwho (?:has |had |have )?(?P<verb>[a-z]{3,})\b")
#: Verbs that tell a deed by the person alone, and helping ones.
_NO_DEED = word_set(
    """
    is was are were did does has had have can will would could should said says say told tells thinks thought wants
    wanted asked asks came comes suggested suggests complained complains mentioned talked else
    """
)
#: What one is to a paper, a thesis or a meeting: not told where the section has no word for it.
_OFFICE = re.compile(
    r"\bwho(?:'s| is| was| are| were) (?:the |my |our |a )?(?:(?:first|second|third|last|other|new|external|main) )*"
    r"(?P<office>author|examiner|organi[sz]er|administrator|owner|chair|editor|contact|sponsor|speaker"
    r"|instructor|developer"
    r"|maintainer|responsible)s?\b"
)


def asks_for_a_person(plan: Plan, asked: str) -> bool:
    """Whether a person is asked for: "who", "with whom", "which annotator"."""
    return plan.aspect == "who" or bool(_WHO.search(asked)) or bool(_WHICH_ONE.search(asked))


def names_a_person(asked: str, text: str) -> bool:
    """Whether a section names a person that the question does not name itself, and tells of the deed asked about.

    Args: asked: the question in small letters.
    """
    office = _OFFICE.search(asked)
    if office is not None and not holds_any(word_forms(text), office["office"]):
        return False
    words = set(re.findall(r"[a-z]+", asked))
    named = [match for match in _PERSON.finditer(text) if _is_person(match) and not _said(match, words)]
    named += [match for match in _TITLE.finditer(text) if match["name"].lower() not in words]
    if _ELSE.search(asked):  # Of "we" and "she" there is no other one.
        named = [match for match in named if match.re is _TITLE or not match["role"]]
    return bool(named) and not _another_deed(asked, text)


def _is_person(match: re.Match[str]) -> bool:
    name = (match["inside"] or match["first"] or "").lower()
    return not name or not (
        name in STOP_WORDS
        or name in RUN_WORDS
        or name in SETTING_WORDS
        or is_soft(name)
        or name in _NO_NAMES
        or is_field_name(name)
    )


def _said(match: re.Match[str], words: set[str]) -> bool:
    name = (match["inside"] or match["first"] or "").lower()
    return bool(name) and name in words


#: Words that begin a sentence, and days: no names of persons.
_NO_NAMES = word_set(
    """
    nobody somebody everybody anybody everything nothing something someone anyone each one two three both another other
    only maybe perhaps also still always never now today yesterday tomorrow monday tuesday wednesday thursday friday
    saturday sunday january february march april june july august september october november december meeting talked
    english german french korean python linux cuda gpu nan acc paper draft chapter table figure session server
    fix reason idea result next cause note detail code plan decision solution todo question problem option order
    """
)


def _another_deed(asked: str, text: str) -> bool:
    """ "Who wrote the form": a section that names a person and the form, but no writing, is no answer."""
    match = _DEED.search(asked)
    return match is not None and match["verb"] not in _NO_DEED and not holds_any(word_forms(text), match["verb"])
