"""Short forms of typing, written out with the options of a small invented vault."""

from __future__ import annotations

import pytest

from assistant.shorthand import written_out
from assistant.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    options={"batch_size_base": {"48": 2}, "temperature": {"12": 2}, "decay": {"0.1": 1}, "lr_base": {"0.004": 3}},
    notes=[],
    chunks=10,
    term_counts=lambda words: {},
    similar_terms=lambda word: (),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("runs w bs 48", "runs with batch_size_base 48"),
        ("bs_base 48 vs 64", "batch_size_base 48 vs 64"),
        ("temp 12 wo noise", "temperature 12 without noise"),
        ("unseen acc inc sess 1", "unseen acc incremental session 1"),
        ("dec todos not begun", "December todos not begun"),
        ("which to-dos are open?", "which todos are open?"),
        ("how well were the seen classes recognised?", "what seen accuracy?"),
        ("what ran in the month that is just behind us?", "what ran in the past month?"),
        ("runs from May 3 to May 5, both days included", "runs from May 3 to May 5,"),
    ],
)
def test_short_forms_are_written_out(typed, meant):
    """Options by their parts, months before lists, words of asking."""
    assert written_out(typed, VOCABULARY) == meant


@pytest.mark.parametrize(
    "text",
    [
        "what did I do about it?",
        "the bs of reviewers",
        "lr_base 0.004 in May",
        "may I ask?",
        "what ran that day?",
        "tau 8 with eps 1",
        "my record of 3 May",
    ],
)
def test_other_words_stay(text):
    """No value, no option; the month is written already."""
    assert written_out(text, VOCABULARY) == text
