"""Whether a section tells the number that a question asks for: how many there are of a thing, how long it took, the
size of something. A number of something else is no answer."""

from __future__ import annotations

import re

from assistant.plan import Plan
from assistant.retrieve import Passage, holds_any, word_forms
from assistant.vocabulary import is_soft
from vault_sync.senses import senses
from vault_sync.terms import STOP_WORDS

_FEW = r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_UNITS = (
    r"(?:milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|nights?|afternoons?|mornings?|evenings?)"
)
DURATION = re.compile(
    r"\d\s*(?:ms|s|sec|secs|seconds?|min|mins|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?)\b"
    rf"|\b(?:an?|one|{_FEW}|half an?|whole|few|couple of) {_UNITS}\b"
)
NUMBER = re.compile(rf"\d|\b(?:{_FEW}|half|third|twice|double)\b|\bby one\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(?:how many|(?:number|nr|no|count) of)(?: the| our| my| these)? (?P<kind>[a-z-]{3,}) (?P<thing>[a-z]{3,}s)\b"
)
_COUNTED_AFTER = re.compile(
    r"\bhow many of (?:the|our|my|these) (?P<thing>[a-z]{3,}s) (?:are|were) (?P<kind>[a-z-]{3,})\b"
)
_ARE = re.compile(r"\bhow many [a-z -]+? (?:are|were) (?:an? |the )?(?P<kind>[a-z-]{3,})\b")
_HOW_MANY = re.compile(
    r"\bhow many (?P<of>of (?:the|our|my|these) )?(?:[a-z-]{3,} ){0,2}?(?P<thing>[a-z]{3,}s|people|women|men"
    r"|children)\b"
    r"(?P<what> of\b)?"
)
_IN_ALL = re.compile(
    r"\bhow many [a-z -]+? (?:(?:has|have|had) (?:the|our|my)\b|(?:does|do|did) (?:the|our|my|it|\w+) [\w -]*?"
    r"(?:have|has|own|contain)\b|(?:are|were) (?:there|in)\b)|\bin (?:total|all)\b"
)
#: "How many groups did the GroupNorm have".
_OWNED = re.compile(r"\bhow many [a-z -]+? (?:(?:has|have|had) the\b|(?:does|do|did) the [\w -]*?(?:have|has)\b)")
_TIME_UNITS = frozenset(
    ("seconds", "minutes", "hours", "days", "weeks", "months", "years", "milliseconds", "nights", "mornings")
)
_A_NUMBER = rf"(?:\d[\d.,]*|{_FEW}|dozens?|hundreds?|both|no|half|one|single|several|a few|many)"
#: Quantities that are told by a number.
_QUANTITY = (
    r"(?:weight|threshold|size|value|gain|length|width|height|drift|temperature|momentum|rank|depth|radius|ratio"
    r"|limit"
    r"|norm|coefficient|seed|offset|epsilon|capacity|level|percentage|latency|deviation|dimension|resolution|speed"
    r"|quota|volume|rate)"
)
_QUANTITY_ASKED = re.compile(
    rf"\b(?:what(?:'s| is| was| are| were)|which) (?:the|our|my) (?:[a-z-]+ ){{0,2}}?(?P<one>{_QUANTITY})s? "
    r"(?:of|for|in|with|at|before|after|on)\b"
    rf"|\b(?:what|which) (?P<two>{_QUANTITY}) (?:did|do|does|has|had|have|is|was|are|were)\b"
)
_OWN_NUMBER = re.compile(
    rf"(?<!errno )(?<![\w.:])\d[\d.,]*(?:e-?\d+)?(?! of\b|[\d:])|\b(?:half|twice|double|zero|unlimited|none"
    rf"|{_FEW})\b(?! of\b)",
    re.IGNORECASE,
)
_FIGURE_ASKED = re.compile(
    r"\bhow (?:good |bad |high |low )?(?:is|was|are|were) the (?:\w+ )?(?:acc|accuracy|accuracies|harmonic mean"
    r"|error rate"
    r"|score|recall|precision|f1)\b"
    r"|\b(?:what|which) (?:\w+ )?(?:accuracy|acc|harmonic mean|hm|eer|error rate|f1|recall"
    r"|precision)\b.*\b(?:reach|reached"
    r"|get|got|give|gave|have|had|achieve|achieved|show|showed|come out|came out|yield|yielded|bring|brought)\b"
)
_A_FIGURE = re.compile(
    r"\d+\.\d+|\d ?(?:%|percent\b|points?\b)|\b(?:acc|accura\w+|harmonic|mean|points?|percent|score|recall"
    r"|precision)\b",
    re.IGNORECASE,
)
_PORTION = re.compile(
    r"\b(?P<part>training|train|test|validation|val|dev|support|query) (?:set|part|list|clips|words|data)\b"
)
_PORTIONS = {"train": "train", "training": "train", "val": "val", "validation": "val", "dev": "val"}


def lacks_the_number(plan: Plan, asked: str, text: str, near: str, passage: Passage) -> bool:
    """Whether a number is asked for that the section does not tell.

    Args: asked: the question in small letters. text: of the section, without code.
        near: its items that hold a word of the question.
    """
    if re.search(r"\bhow long\b|\b(?:what|the) duration\b|\bduration of\b", asked):
        return not DURATION.search(text)
    few = plan.aspect == "how many" or re.search(r"\bhow (?:much|big|large|often|high|fast)\b", asked)
    if few and not NUMBER.search(text) and not re.search(r"\b(?:one|once|none|both|all|every)\b", text.lower()):
        return True
    figure = _FIGURE_ASKED.search(asked)
    return (
        _counted_nowhere(asked, text)
        or _of_another_kind(plan, asked, text)
        or _unit_unknown(plan, asked, passage)
        or (_QUANTITY_ASKED.search(asked) is not None and not _own_number(asked, near))
        or (figure is not None and not _A_FIGURE.search(near))
        or _other_portion(asked, text)
    )


def _own_number(asked: str, text: str) -> bool:
    """Whether a section holds a number that the question does not hold itself."""
    return any(one not in asked for one in _OWN_NUMBER.findall(text.lower()))


def _of_another_kind(plan: Plan, asked: str, text: str) -> bool:
    """ "How many left-handed speakers are there": a section on speakers that knows no such kind is no answer."""
    counted = _COUNTED.search(asked) or _COUNTED_AFTER.search(asked)
    are = _ARE.search(asked)
    if are is not None and are["kind"] in plan.unknown and not holds_any(word_forms(text), are["kind"]):
        return True
    if counted is None or is_soft(counted["kind"]) or is_soft(counted["thing"]) or counted["thing"] in STOP_WORDS:
        return False
    return not holds_any(word_forms(text), counted["kind"])


def _counted_nowhere(asked: str, text: str) -> bool:
    """ "How many visitors came": a section that gives no number of visitors is no answer."""
    match = _HOW_MANY.search(asked)
    if match is None:
        return False
    thing, lower = match["thing"], text.lower()
    if thing in _TIME_UNITS:
        return not _tells_time(lower)
    if match["what"] or (is_soft(thing) and not _OWNED.search(asked)):
        return False
    if thing in ("points", "percents"):
        return not re.search(
            r"\d ?(?:points?|percent|%|pp)|\b(?:by|from|to) \d|\b(?:half|one|two|three) (?:a )?point", lower
        )
    share = rf"\d ?(?:%|percent)|\b(?:{_A_NUMBER}|all|most) (?:out )?of\b|\bnone\b"
    if match["of"] and re.search(share, lower):
        return False
    names = "|".join(_forms(name) for name in (thing, *senses(thing), *senses(thing[:-1])))
    less = r"the|an?|is|as|of" if _IN_ALL.search(asked) else r"the|an?|is|as"
    between = rf"(?:(?!(?:{less})\b)[\w'-]+\s){{0,4}}?"
    if not _IN_ALL.search(asked):
        between = rf"(?:of (?:the|our|my|these|all)(?: \d+)?\s)?{between}"
    counted = rf"\b{_A_NUMBER}\s{between}[`\"]?(?:{names})\b|\b(?:{_forms(thing)})s?\s?(?:[:=(]|\s\w+\s)\s?\d"
    plural = rf"\b{re.escape(thing)}\W{{1,3}}(?:\w+\s)?\d"
    found = re.finditer(counted, lower)
    told = any(not (_LABELLED.search(lower[: one.start()]) and re.match(r"\d+\s", one.group())) for one in found)
    return not told and not re.search(plural, lower)


#: "Chapter 5 becomes the harbour chapter" counts no chapters.
_LABELLED = re.compile(
    r"\b(?:chapter|session|layer|epoch|figure|fig|table|reviewer|gpu|section|step|block|stage|seed|page|room"
    r"|week|speaker"
    r"|version|head|fold) $"
)


def _forms(thing: str) -> str:
    """The forms of a noun: "boxes" is told by one box."""
    if thing in ("people", "women", "men", "children"):
        return {
            "people": r"(?:people|persons?|speakers?|participants?|colleagues|visitors?|listeners?|students?)",
            "women": r"wom[ae]n",
            "men": r"m[ae]n",
        }.get(thing, r"child(?:ren)?")
    base = re.escape(thing[:-3] if thing.endswith("ies") else thing[:-1] if thing.endswith("s") else thing)
    return rf"{base}(?:s|es|y|ies)?"


def _tells_time(lower: str) -> bool:
    """Whether a text tells how long something took: "4 alarms an hour" is a rate."""
    return bool(
        re.search(
            rf"\d\s*(?:ms|s|secs?|min|mins|h|hrs?)\b|(?:\d|\b(?:one|{_FEW}|half an?|few"
            rf"|whole))[\s-]*{_UNITS}\b",
            lower,
        )
        or re.search(rf"\b(?:for|in|after|takes?|took|cost|costs|than|only|within) (?:an? )?{_UNITS}\b", lower)
    )


def _unit_unknown(plan: Plan, asked: str, passage: Passage) -> bool:
    """ "How many milliwatt does it draw", where no note holds such a unit."""
    match = re.search(r"\bhow many (\w+)", asked)
    return match is not None and match[1] in plan.unknown and match[1] in passage.missed


def _other_portion(asked: str, text: str) -> bool:
    """ "How many clips are in the training set": those of the test set are no answer."""
    if not re.search(r"\bhow (?:many|much)\b", asked):
        return False
    wanted = {_PORTIONS.get(one["part"], one["part"]) for one in _PORTION.finditer(asked)}
    told = {_PORTIONS.get(one["part"], one["part"]) for one in _PORTION.finditer(text.lower())}
    return len(wanted) == 1 and bool(told) and not wanted & told
