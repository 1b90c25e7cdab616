"""How text becomes search terms, for the index and for a query alike.

An identifier is kept whole (`loss_lpc_shuffled`) and told again by its parts, in any order, so that `lpc_loss` finds
`loss_lpc`. Dates in all the forms the notes use become one term. Words are also told by their stem.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

#: Parts of option names that stand for a word of the field, and the word.
MEANING = {"a_freq": "formant", "res": "residual", "emb": "embedding", "rec": "reconstruction", "cls": "classification"}

# Words of a question that say nothing about what is looked for.
_STOP_WORDS = """
a about all also am an and any are as at be been being but by can could d did do does doing done for from get give
had has have having he her him his how i if in into is it its just ll m me my of on or our please re s shall she
should show so some such t tell than that the their them then there these they this those to too up us ve very was
we were what when where which who whom whose why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

_TOKEN = re.compile(
    r"(?P<date>(?<![\d.])20\d\d([-/.]?)[01]\d\2[0-3]\d(?![\d]))"
    r"|(?P<number>(?<![\w.])\d+(?:\.\d+)+(?:e[-+]?\d+)?(?![\w])|(?<![\w.])\d+e-\d+(?![\w]))"
    r"|(?P<word>\w+(?:[.'’/+-]\w+)*)"
)
_SPLIT = re.compile(r"[.'’/+-]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBERED = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")


@dataclass(frozen=True)
class Term:
    """One word of a text.

    text: as indexed. parts: what else it is told by. identifier: a name from code, a date, a fraction.
    """

    text: str
    parts: tuple[str, ...]
    identifier: bool


def terms(text: str) -> list[Term]:
    """The terms of a text in its order, lower case."""
    found: list[Term] = []
    for match in _TOKEN.finditer(text):
        if match["date"]:
            digits = re.sub(r"\D", "", match["date"])
            found.append(Term(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}", (), True))
        elif match["number"]:
            found.append(Term(match["number"].lower(), (), True))
        else:
            found.extend(_word_terms(match["word"]))
    return found


def expanded(found: Iterable[Term]) -> str:
    """The second column of the index: everything the terms are told by besides themselves."""
    return " ".join(part for term in found for part in term.parts)


@functools.lru_cache(maxsize=65536)
def _word_terms(word: str) -> tuple[Term, ...]:
    """A word of letters, digits and underscores, possibly joined by dots, slashes, hyphens or apostrophes."""
    pieces = [piece for piece in _SPLIT.split(word) if piece.strip("_")]
    if len(pieces) == 1 or "_" in word or re.search(r"\w\.\w{1,4}$", word):
        if len(pieces) > 1:  # A path or file name: whole, and each piece as a word of its own.
            parts = [part for piece in pieces for term in [_term(piece)] for part in (term.text, *term.parts)]
            return (Term(word.lower(), tuple(dict.fromkeys(parts)), True),)
        return (_term(pieces[0]),) if pieces else ()
    listed = [_term(piece) for piece in pieces if len(piece) > 1 or piece.isdigit() or not piece.isascii()]
    if listed and "'" not in word and "’" not in word:
        joined = "".join(piece.lower() for piece in pieces)
        listed[0] = Term(listed[0].text, (*listed[0].parts, joined), listed[0].identifier)
    return tuple(listed)


def _term(piece: str) -> Term:
    """One word without joints: `loss_lpc`, `BCResNet8`, `layers`."""
    lower = piece.lower().strip("_")
    parts: list[str] = []
    halves = [half for half in lower.split("_") if half]
    if len(halves) > 1:
        parts.extend(halves)
        parts.append("+".join(sorted(halves)))
        padded = f"_{lower}_"
        parts.extend(meaning for part, meaning in MEANING.items() if f"_{part}_" in padded)
    camel = [half.lower() for half in _CAMEL.split(piece) if half]
    if len(camel) > 1:
        parts.extend(camel)
    numbered = _NUMBERED.split(lower) if len(halves) == 1 else []
    if len(numbered) > 1:
        parts.extend(half for half in numbered if half)
    parts.extend(stemmed for half in (*halves, *camel) if (stemmed := stem(half)) != half)
    return Term(
        lower, tuple(dict.fromkeys(part for part in parts if part != lower)), len(halves) > 1 or len(numbered) > 1
    )


def stem(word: str) -> str:
    """A word without its English ending: plural, -ing, -ed, -ly, -er, -ation. Short words stay as they are.

    Coarse on purpose: index and query use the same one, and only words of one family must meet.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in (
        "ization",
        "isation",
        "ation",
        "izing",
        "ising",
        "ized",
        "ised",
        "ize",
        "ise",
        "ing",
        "edly",
        "ed",
        "ly",
        "er",
        "ment",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def distance(a: str, b: str, limit: int) -> int:
    """Edit distance, two neighbours exchanged being one slip (optimal string alignment); limit + 1 when larger."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        older, before, row = before, row, [i] + [0] * len(b)
        for j, other in enumerate(b, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                row[j] = min(row[j], older[j - 2] + 1)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def stems(text: str) -> set[str]:
    """The stems of a text's terms."""
    return {stem(term.text) for term in terms(text)}


def as_number(text: str | None) -> float | None:
    """The number that a text is, quotes around it left out; None when it is none."""
    try:
        return float(text.strip("'\"")) if text is not None else None
    except ValueError:
        return None
