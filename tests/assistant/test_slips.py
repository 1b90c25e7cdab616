"""Slips of typing in a question are mended; names, options and words without their apostrophe are not."""

from __future__ import annotations

import pytest

from assistant.english import is_english
from assistant.slips import mended
from assistant.vocabulary import Vocabulary

HELD = {"prototype", "formant", "attention", "keyword"}
NEAR = {"prototyp": ["prototype"], "attentive": ["attention"], "fromant": ["formant"]}
WORDS = Vocabulary(
    {}, (), 50, lambda words: {word: 3 for word in words if word in HELD}, lambda word: NEAR.get(word, [])
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("why is the kitcehn so loud?", "why is the kitchen so loud?"),  # Two letters exchanged, in no note.
        ("what did the fromant change?", "what did the formant change?"),  # The vault's word.
        ("what was the annoncement?", "what was the announcement?"),  # A letter left out of a long word.
        ("are the kyewords hard?", "are the keywords hard?"),
    ],
)
def test_slips_are_mended(typed, meant):
    """By the vault's words first, then by everyday English."""
    assert mended(typed, WORDS) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "did wavlm or the conformer win?",
        "which results shouldnt be trusted?",
        "is the attentive pooling better?",
        "what did Gaurd say?",
        "what does loss_fromant do?",
        "is the loader slow?",
    ],
)
def test_what_is_no_slip_stays(typed):
    """Names, options, another ending, a word by its root, a contraction."""
    assert mended(typed, WORDS) == typed


def test_english_is_told_by_its_root():
    """Its list holds few inflections."""
    assert is_english("overheating")
    assert is_english("restarts")
    assert not is_english("silnece")
