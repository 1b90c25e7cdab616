"""The words of a text that carry meaning, without their endings, in forms that compare equal."""

from __future__ import annotations

import re


def word_set(text: str) -> frozenset[str]:
    """The words of a list in a text."""
    return frozenset(text.split())


STOP = word_set(
    """
    a an the and or but nor so if then than as at by for from in into of off on onto out over per to up via
    with within without is are was were be been being am do does did done doing has have had having will
    would shall should can could may might must it its they them their there these those this that which who
    whom whose what when where why how i me my we us our you your he she his her not no yes only also just
    very more most much many some any each every all both few other another such own same too here about
    after again against before below above between during under until while because however therefore thus
    moreover furthermore additionally overall note notes noted according evidence passage passages passage's
    section record recorded written says said states stated shows showed shown show mentions mentioned
    indicates indicated indicate suggests suggested suggest based given one two three four five six seven
    eight nine ten first second third fourth fifth sixth researcher researcher's user question answer get got
    make made making use used using like well still even since due reason reasons result results
    """
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]+|[^\W\d_a-zA-Z]{2,}")
WIKILINK = re.compile(r"!?\[\[([^\[\]\n]*)\]\]")

_IRREGULAR_TEXT = """
rose:rise risen:rise fell:fall fallen:fall grew:grow grown:grow lost:lose became:become faster:fast slower:slow
sharper:sharp larger:large smaller:small stronger:strong weaker:weak longer:long shorter:short earlier:early
tried:try tries:try took:take taken:take chose:choose chosen:choose ran:run went:go gone:go gave:give given:give
cheaper:cheap acc:accuracy wrote:write written:write broke:break broken:break made:make kept:keep
later:late longest:long shortest:short
"""
_IRREGULAR = dict(pair.split(":") for pair in _IRREGULAR_TEXT.split())


def stem(word: str) -> str:
    """A word without its commonest English endings; the same for "layers", "layer" and "layered"."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    word = _IRREGULAR.get(word, word)
    for ending in ("ations", "ation", "ings", "ing", "edly", "ed", "ies", "es", "ly", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeioul":
        word = word[:-1]
    return word.removesuffix("i") if len(word) > 4 else word


def content_words(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order, identifiers split at "_"."""
    plain = WIKILINK.sub(" ", text).replace("_", " ")
    return [stem(word) for word in _WORD.findall(plain) if word.lower() not in STOP and len(word) > 2]
