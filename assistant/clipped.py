"""Writes out the clipped and spoken names in a question: figures ("harm. mean", "acc of the novel classes") and the
options of the vault ("seq layer", "drop out 0.2", "frames (num_features_pri) 51")."""

from __future__ import annotations

import itertools
import re

from assistant.vocabulary import Vocabulary, is_everyday
from vault_sync.terms import STOP_WORDS

_ACC = r"(?:acc(?:uracy|uracies)?\b\.?|performance)"
_THINGS = r"(?:class(?:es)?|words?|keywords?|categor(?:y|ies))"
_NEW, _NEW_BESIDE = r"(?:unseen|novel)", r"(?:new|incremental|never[- ]seen|newly added|added)"
_OLD, _OLD_BESIDE = r"seen", r"(?:old|base|known|previous|former)"
_NEVER = (
    r"(?:it|he|the (?:model|network)|that|which|we)?(?:'s| has| had| have)? ?(?:never|not) ?(?:been )?(?:seen|heard)"
)
#: What may follow "harmonic" where it stands for the figure.
_AFTER_FIGURE = (
    r"(?=\s*(?:$|[?!.,;:)/+&-]|\d)|\s+(?:in|at|of|on|after|for|by|with|without|from|did|do|does|had|has|have|was|is|were"
    r"|than|and|or|vs|versus|above|below|over|under|between|when|if|i|we|there|out|so|this|last|yet|first|best)\b)"
)


def _on(kind: str, beside: str) -> str:
    """ "Accuracy of the novel classes", "novel-class accuracy"; what is no figure's name alone needs the noun."""
    the = r"(?:of|on|for|over|with|at) (?:the |all |all the )?"
    return (
        rf"\b{_ACC} {the}{kind}(?: {_THINGS})?\b|\b{_ACC} {the}{beside} {_THINGS}\b"
        rf"|\b{kind}[- ]{_THINGS} {_ACC}|\b{beside}[- ]{_THINGS} {_ACC}"
    )


_FIGURES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"\bharm(?:onic)?\.?[ -](?:mean\b|avg\b|average\b|{_ACC})|\bh[- ]?mean\b", re.I), "harmonic mean"),
    (re.compile(rf"\bharmonic{_AFTER_FIGURE}", re.I), "harmonic mean"),
    (re.compile(rf"\b{_ACC} (?:of|on|for) (?:the )?{_THINGS} (?:that )?{_NEVER}(?: before)?", re.I), "unseen accuracy"),
    (re.compile(rf"\b{_THINGS} (?:that )?{_NEVER.replace('|heard', '')}(?: before)?", re.I), "unseen words"),
    (re.compile(_on(_NEW, _NEW_BESIDE), re.I), "unseen accuracy"),
    (re.compile(_on(_OLD, _OLD_BESIDE), re.I), "seen accuracy"),
    (re.compile(rf"\b(?:total|general|whole|entire)[- ](?={_ACC})", re.I), "overall "),
)
_WORD = re.compile(r"(?<![\w/.`\[#-])[A-Za-z]{3,}(?![\w/`\]#-])")
_VALUE = re.compile(r"[\s=:]*(?:(?:of|at|is|was|set to|option|value|rate)\s+)*(\d*\.?\d+(?:e-?\d+)?)(?![\w%])", re.I)
_LEAST = 3


def spelled_out(text: str, vocabulary: Vocabulary) -> str:
    """A question with its clipped names of figures and options as the vault writes them; all else stays.

    Args: text: one question. vocabulary: the vault's; a clipped name is read only where one option alone fits it.
    """
    for pattern, name in _FIGURES:
        text = pattern.sub(name, text)
    return _options(_explained(text, vocabulary), vocabulary)


def _explained(text: str, vocabulary: Vocabulary) -> str:
    """ "Frames (num_features_pri) 51" and "num_features_pri (frames) 51" are the option."""

    def named(match: re.Match[str]) -> str:
        before, inside = match["before"] or "", match["inside"]
        name = vocabulary.option(inside) if "_" in inside or inside in vocabulary.options else ""
        word = before.strip().lower()
        if name:
            kept = not word or word in STOP_WORDS or vocabulary.value(word, True)
            return f"{before if kept else ''}{name}"
        outside = vocabulary.option(before.strip()) if "_" in before else ""
        return outside or match.group()

    return re.sub(r"(?P<before>\b[A-Za-z]\w*\s+)?\(\s*`?(?P<inside>[A-Za-z_]\w*)`?\s*\)", named, text)


def _options(text: str, vocabulary: Vocabulary) -> str:
    words = list(_WORD.finditer(text))
    made, done, place = [], 0, 0
    while place < len(words):
        name, count = _named(text, words, place, vocabulary)
        if name:
            made += [text[done : words[place].start()], name]
            done = words[place + count - 1].end()
        place += count
    return "".join([*made, text[done:]])


def _named(text: str, words: list[re.Match[str]], place: int, vocabulary: Vocabulary) -> tuple[str, int]:
    """The option that the words here name in a clipped form, and how many words it takes; "" and 1 for none."""
    for count in (3, 2):
        window = words[place : place + count]
        if len(window) < count or any(
            text[a.end() : b.start()].strip(" ") or a.end() == b.start() for a, b in itertools.pairwise(window)
        ):
            continue
        said = [match.group().lower() for match in window]
        if any(word in STOP_WORDS for word in said):
            continue
        joined = "".join(said)
        if count == 2 and joined in vocabulary.options:
            return joined, count
        valued = _VALUE.match(text, window[-1].end())
        if count == 2 and valued and joined in vocabulary._single:
            return vocabulary._single[joined], count
        if tuple(said) in vocabulary._said or vocabulary._by_parts.get(frozenset(said)):
            return "", count
        fits = [name for name in vocabulary.options if _fits(said, name, bool(valued))]
        if len(fits) == 1:
            return fits[0], count
    word = words[place].group().lower()
    valued = _VALUE.match(text, words[place].end())
    known = (
        word in STOP_WORDS or word in vocabulary._single or (word,) in vocabulary._said or word in vocabulary.options
    )
    if valued and not known and word not in STOP_WORDS:
        fits = [
            name
            for name, values in vocabulary.options.items()
            if any(len(part) > len(word) and part.startswith(word) for part in name.lower().split("_"))
            and any(_equal(valued[1], value) for value in values)
        ]
        if len(fits) == 1 and not (is_everyday(word) and vocabulary.run_words.get(word)):
            return fits[0], 1
    asked = re.search(r"\b(?:which|what)\s+$", text[: words[place].start()], re.I)
    if asked and not known and len(word) > _LEAST and not is_everyday(word) and not vocabulary.known(word):
        fits = [name for name in vocabulary.options if any(part.startswith(word) for part in name.lower().split("_"))]
        if len(fits) == 1:
            return fits[0], 1
    return "", 1


def _fits(said: list[str], name: str, valued: bool) -> bool:
    """Whether words are parts of an option's name, each its own, clipped or written longer. valued: a value stands
    after them, so that one part may be left out; else only one that options share."""
    parts = name.lower().split("_")
    if len(parts) < 2 or len(parts) - len(said) > 1:
        return False
    for word in said:
        found = next((part for part in parts if word == part), "") or next(
            (part for part in parts if len(part) >= _LEAST and (part.startswith(word) or word.startswith(part))), ""
        )
        if not found:
            return False
        parts.remove(found)
    return valued or all(part in ("base", "pri", "new", "sec") for part in parts)


def _equal(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False
