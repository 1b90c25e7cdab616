"""Mends slips of typing in a question: letters exchanged, doubled, left out, or wrong, against the words of the vault
and the everyday English that the embedding model's word list holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.english import english_words, is_english
from assistant.vocabulary import RUN_WORDS, Vocabulary, is_everyday, is_soft
from vault_sync.terms import STOP_WORDS, stem

_LEAST, _LONG = 5, 9
#: Typed without their apostrophe: no slips.
_SHORTENED = re.compile(r"(?:should|would|could|did|does|was|were|have|has|had|must|need|might)nt")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def mended(text: str, vocabulary: Vocabulary) -> str:
    """A question with its slips mended; what the vault or English knows, names, options and figures stay as they are.

    Args: text: one question. vocabulary: the vault's; its words go before English ones.
    """

    def better(match: re.Match[str]) -> str:
        word = match.group()
        lower = word.lower()
        named = word != lower and match.start() > 0
        if named or lower in STOP_WORDS or lower in RUN_WORDS or is_everyday(lower) or is_soft(lower):
            return word
        return _mended(lower, vocabulary) or word

    return re.sub(rf"(?<![\w/.`\[#'’-])[A-Za-z]{{{_LEAST},}}(?![\w/.`\]#]|['’]\w)", better, text)


def _mended(word: str, vocabulary: Vocabulary) -> str:
    """What a word was meant to be; "" where it is known, or nothing is near enough."""

    def written(other: str) -> bool:
        return bool(vocabulary.count(other) or other in vocabulary.run_words)

    if not english_words() or is_english(word) or written(word) or stem(word) in vocabulary.run_words:
        return ""
    if _SHORTENED.fullmatch(word):
        return ""
    exchanged = [other for other in _exchanged(word) if other[0] == word[0] or len(word) >= _LONG]
    for known in (written, is_english):
        found = next((other for other in exchanged if known(other)), "")
        if found:
            return found
    # Another ending is no slip: "attentive" is not the vault's "attention", and a stem not the word of it.
    near = [other for other in vocabulary.slips(word) if not other.startswith(word[: max(_LEAST, len(word) - 3)])]
    near = [other for other in near if other[0] == word[0] or len(word) >= _LONG]
    if near:
        return near[0]
    if len(word) < _LONG - 1:
        return ""
    return next((other for other in _one_letter_off(word) if other in english_words()), "")


def _exchanged(word: str) -> Iterator[str]:
    """The word with two neighbours exchanged, at each place."""
    for place in range(len(word) - 1):
        if word[place] != word[place + 1]:
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _one_letter_off(word: str) -> Iterator[str]:
    """The word with a letter left out or put in, the first and the last two letters as they are."""
    for place in range(1, len(word) - 1):
        yield word[:place] + word[place + 1 :]
    for place in range(1, len(word) - 1):
        for letter in _LETTERS:
            yield word[:place] + letter + word[place:]
