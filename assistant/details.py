"""Whether a section lacks the detail that a question asks for: a story that the notes hold is no answer to a question
for something about it that they do not tell."""

from __future__ import annotations

import re

from assistant.asked_thing import asked_noun, tells_the_thing
from assistant.attributes import lacks_the_attribute
from assistant.counted import DURATION, NUMBER, lacks_the_number
from assistant.field_names import unheld_name
from assistant.persons import asks_for_a_person, names_a_person
from assistant.plan import Plan
from assistant.retrieve import Passage, holds_any, word_forms
from assistant.vocabulary import RUN_WORDS, is_soft
from vault_sync.terms import STOP_WORDS

__all__ = ("DURATION", "NUMBER", "asks_for_a_person", "lacks_the_detail", "names_a_person")

_TOLD_ABOUT = re.compile(
    r"\b(?:say|says|said|think|thinks|thought|write|wrote|tell|told|mention\w*|remark\w*|comment\w*|suggest\w*"
    r"|advi[sc]e\w*)"
    r"\b[^,;?.]*?\b(?:about|on|regarding|concerning)\b(?P<topic>[^,;?.]+)"
)
#: The keywords of Google Speech Commands: "the happy files" asks for one class of the data, and for no other.
#: Those that are other words as well are left out: "the two files", "the right clips".
_CLASSES = "backward|bed|bird|cat|dog|follow|forward|happy|learn|marvin|sheila|tree|wow|yes|zero"
_CLASS_ASKED = re.compile(
    rf"\b(?:the|of|many|which|all) (?P<name>{_CLASSES}) (?:files?|clips?|recordings?|samples?|utterances?)\b"
    rf"|\b(?:files|clips|recordings|samples|utterances) of (?:the (?:class|word"
    rf"|keyword) )?[`'\"]?(?P<of>{_CLASSES})\b"
    rf"|\b(?:keyword|class|word) [`'\"]?(?P<named>{_CLASSES})\b"
)


def lacks_the_detail(plan: Plan, passage: Passage, text: str, near: str) -> bool:
    """Whether a section does not tell what the question asks for.

    Args: text: of the section, without its code and its list marks. near: its items that hold a word of the question.
    """
    asked = plan.question.lower()
    whole = f"{passage.note.replace('_', ' ')} {' '.join(passage.path)}\n{text}"
    held = word_forms(whole)
    return (
        _other_topic(plan, asked, passage)
        or _other_class(asked, text)
        or _other_number(asked, text)
        or _other_of_two(asked, text)
        or lacks_the_attribute(asked, text)
        or lacks_the_number(plan, asked, text, near, passage)
        or bool(unheld_name(asked, whole))
        or _unheld_choice(asked, text, held)
        or _unheld_noun(plan, asked, held)
        or _without_a_name(asked, text)
        or not tells_the_thing(asked, whole, lambda word: holds_any(held, word))
    )


def _other_topic(plan: Plan, asked: str, passage: Passage) -> bool:
    """ "What did Kim say about the learning rate": what Kim said about something else is no answer."""
    match = _TOLD_ABOUT.search(asked)
    named = [word for word in plan.terms if not is_soft(word) and word not in RUN_WORDS]
    topic = [word for word in named if re.search(rf"(?<!\w){re.escape(word)}", match["topic"])] if match else []
    others = [word for word in plan.terms if word not in topic]
    return bool(topic and others) and all(word in passage.missed for word in topic)


def _other_class(asked: str, text: str) -> bool:
    """Whether the question names a class of the data and the section does not."""
    match = _CLASS_ASKED.search(asked)
    if match is None:
        return False
    return not re.search(rf"\b{match['name'] or match['named'] or match['of']}\b", text, re.IGNORECASE)


_NUMBERED = re.compile(
    r"\b(?P<thing>reviewer|referee|figure|fig|table|section|chapter|appendix|equation|layer|block|stage|phase"
    r"|step|part"
    r"|version|room|page|speaker|fold|head|session|slide|week) ?#?(?P<number>\d{1,3})\b(?!\.\d)",
    re.IGNORECASE,
)


def _other_number(asked: str, text: str) -> bool:
    """ "What did reviewer 3 want": what reviewer 2 wanted is no answer."""
    match = _NUMBERED.search(asked)
    if match is None:
        return False
    thing, number = match["thing"].lower(), match["number"]
    told = {one["number"] for one in _NUMBERED.finditer(text) if one["thing"].lower() == thing}
    return number not in told and (bool(told) or not re.search(rf"(?<!\d){number}(?!\d)", text))


_PLACED = re.compile(r"\b(?P<which>first|second|third|fourth|fifth) (?P<thing>[a-z]{3,})\b", re.IGNORECASE)


def _other_of_two(asked: str, text: str) -> bool:
    """ "How many files has the second trip": those of the first trip are no answer."""
    told = {(one["thing"].lower(), one["which"].lower()) for one in _PLACED.finditer(text)}
    for one in _PLACED.finditer(asked):
        of_it = {which for thing, which in told if thing == one["thing"]}
        if of_it and one["which"] not in of_it:
            return True
    return False


_CHOICE = re.compile(
    r"(?P<one>[\w-]+)(?: one)?,? or (?:rather )?(?:an? |the |some |with |by |in |on )?(?:other "
    r"|another )?(?P<two>[\w-]+)"
    r"(?: one)?(?: (?:the |an? )?[\w-]+){0,2}\s*[?.!]*$"
)
_NO_CHOICE = frozenset(
    (
        "not",
        "no",
        "so",
        "sth",
        "something",
        "what",
        "else",
        "other",
        "others",
        "more",
        "less",
        "another",
        "on",
        "off",
        "in",
        "out",
        "yes",
        "up",
        "down",
    )
)
_PLACES = frozenset(
    ("first", "last", "middle", "upper", "lower", "early", "late", "before", "after", "inside", "outside")
)


def _unheld_choice(asked: str, text: str, held: set[str]) -> bool:
    """ "The last layer or a middle one?": a section that holds neither of the two does not choose between them."""
    match = _CHOICE.search(asked)
    if match is None:
        return False
    two = (match["one"], match["two"])
    if all(word.isdigit() for word in two):
        of = asked_noun(asked)
        return bool(of) and not re.search(rf"\b{re.escape(of)} ?(?:{two[0]}|{two[1]})\b", text, re.IGNORECASE)
    if any(word in _NO_CHOICE or (is_soft(word) and word not in _PLACES) or word in RUN_WORDS for word in two):
        return False
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) or holds_any(held, word) for word in two)


_COPULA = re.compile(
    r"\b(?:when|where|who|what)(?:'s| is| was| are| were) (?:the |my |our |a "
    r"|an )(?P<np>[a-z][\w-]*(?: [a-z][\w-]*){0,2}?)"
    r"(?= (?:of|in|for|on|at|with|and|next|this|that)\b|\W*$)"
)
_EXISTS = re.compile(
    r"^\W*(?:[\w' -]+[,:-] )?(?:(?:is|are|was|were) there (?:an? |any |some |already )?|(?:did|have|has|had|do"
    r"|does) (?:we|i|he|she"
    r"|they|the \w+|anyone|anybody|someone|somebody|[a-z]+) (?:ever |already |really )?(?P<verb>take|took|taken"
    r"|use|used|ask|asked"
    r"|buy|bought|order|ordered|send|sent|compare|compared|submit|submitted|hire|hired|visit|visited|measure|measured"
    r"|have|own|need|try|tried|publish|published|upload|uploaded|install|installed|pay|paid) )(?P<rest>.*)$"
)
_KIND_OF = re.compile(
    r"\b(?:which|what) (?P<kind>[a-z-]+) (?:model|network|method|tool|system|data|set|clips|files|version)s?\b"
)
_THOUGHT = re.compile(r"\b(?:idea|thought|plan|wish|rule|deadline|reason|problem|way)s?\b")


def _unheld_noun(plan: Plan, asked: str, held: set[str]) -> bool:
    """ "When is the lab retreat", "is there a github issue on the loader": a thing that no note holds is not told by a
    section on something else."""
    exists = _EXISTS.search(asked)
    if exists is not None and exists["verb"] and not _THOUGHT.search(asked):
        thing = next((word for word in re.findall(r"[\w-]+", exists["rest"]) if word not in STOP_WORDS), "")
        if thing in plan.terms and not is_soft(thing) and thing not in RUN_WORDS and not holds_any(held, thing):
            return True
    unknown = [word for word in plan.unknown if not holds_any(held, word)]
    if not unknown:
        return False
    kind = _KIND_OF.search(asked)
    if kind is not None and kind["kind"] in unknown and not _is_a_deed(kind["kind"]):
        return True
    copula = _COPULA.search(asked)
    if copula is not None and copula["np"].split()[-1] in unknown and plan.aspect in ("when", "where", "who"):
        return True
    if exists is None or _THOUGHT.search(asked):
        return False
    return any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", exists["rest"]) for word in unknown if not _is_a_deed(word)
    )


def _is_a_deed(word: str) -> bool:
    """Whether a word looks like a verb's form or an adverb, which a note tells in other words."""
    return word.endswith(("ed", "ing", "ly"))


_NAME_ASKED = re.compile(
    r"\b(?:name|names) of (?:my|the|our|a|his|her)\b|\bwhat .*\b(?:named|called)\s*\??$|\bwhat(?:'s| is"
    r"| was) the name\b"
)
_A_NAME = re.compile(r"(?<=[a-z,] )[A-Z]\w{2,}|`[^`]+`|\b[A-Za-z]+[_-]?[a-z]*\d\w*\b|\b(?:called|named)\b")


def _without_a_name(asked: str, text: str) -> bool:
    """ "Name of the VAD implementation": a section without a name of its own is no answer."""
    if not _NAME_ASKED.search(asked):
        return False
    return all(one.strip('`"').lower() in asked for one in _A_NAME.findall(text))
