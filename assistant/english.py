"""Which words are everyday English, from the word list that comes with the embedding model."""

from __future__ import annotations

import functools

from vault_sync.embed import embedded_model_path
from vault_sync.errors import EmbedderError

_BEFORE = ("re", "un", "over", "mis", "pre", "sub", "non")
_AFTER = ("s", "es", "ed", "d", "ing", "er", "ers", "or", "r", "rs", "ly", "ation", "ization", "ness", "able", "al")


@functools.lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Everyday English, from the word list of the embedding model's package; empty where it is not installed."""
    try:
        text = (embedded_model_path() / "vocab.txt").read_text("utf-8")
    except (EmbedderError, OSError, UnicodeDecodeError):
        return frozenset()
    return frozenset(word for word in text.split() if len(word) >= 4 and word.isascii() and word.isalpha())


@functools.lru_cache(maxsize=8192)
def is_english(word: str) -> bool:
    """Whether a word is everyday English, by itself or by its root: "loader" by "load"."""
    words = english_words()
    if word in words:
        return True
    for ending in _AFTER:
        root = word[: -len(ending)]
        if word.endswith(ending) and len(root) >= 4:
            last_doubled = root[-1] == root[-2] and root[:-1] in words
            if root in words or f"{root}e" in words or last_doubled:
                return True
    return any(
        word.startswith(part) and len(word) - len(part) >= 4 and is_english(word[len(part) :]) for part in _BEFORE
    )
