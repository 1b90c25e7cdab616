"""Words that are exchanged for one another when a question is asked in other words than were written."""

from __future__ import annotations

import pytest

from vault_sync.senses import senses


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("obstacle", "hurdle"),
        ("overheating", "warm"),
        ("conference", "venue"),
        ("settled", "decision"),
        ("referee", "reviewer"),
        ("drawback", "disadvantage"),
        ("licensing", "licence"),
        ("conversion", "export"),
    ],
)
def test_words_of_like_sense_are_found_either_way(asked, written):
    """A family holds for each of its members."""
    assert written in senses(asked)
    assert asked in senses(written)


def test_a_name_has_no_other_words():
    """What names one thing is looked for by its own letters."""
    assert senses("onnx") == ()
    assert senses("interspeech") == ()
