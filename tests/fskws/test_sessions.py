"""The protocol: class order, sessions and support draws."""

from __future__ import annotations

import numpy as np
import pytest

from fskws.config import ProtocolConfig
from fskws.dataset import split_by_speaker
from fskws.errors import DataError
from fskws.sessions import draw_support, make_plan, order_words

SMALL = ProtocolConfig(base_classes=2, n_way=2, k_shot=3, sessions=3, class_order="listed")


def plan_of(tones, config=SMALL, seed=1):
    """A plan over the tones."""
    return make_plan(tones, split_by_speaker(tones), config, seed)


def test_sessions_hold_each_class_once_and_k_shot_clips(tones):
    """Base 2 classes, then 2 x 2: ids follow one another; each new class has 3 training clips of its own."""
    plan = plan_of(tones)
    assert plan.words == ("tone0", "tone1", "tone2", "tone3", "tone4", "tone5")
    assert [session.classes for session in plan.sessions] == [(0, 1), (2, 3), (4, 5)]
    assert [plan.known_after(number) for number in range(3)] == [2, 4, 6]
    for session in plan.sessions[1:]:
        classes, counts = np.unique(plan.class_of[session.support], return_counts=True)
        assert tuple(classes) == session.classes
        assert counts.tolist() == [3, 3]


def test_no_support_speaker_is_tested(tones):
    """Supports come from the train part, whose speakers are in no other part."""
    plan = plan_of(tones)
    tested = set(tones.speakers[plan.splits.test].tolist())
    for session in plan.sessions:
        assert not tested & set(tones.speakers[session.support].tolist())


def test_one_seed_repeats_and_two_differ(tones):
    """Draws follow from the seed; a class keeps its draw when others come or go."""
    supports = [[s.support.tolist() for s in plan_of(tones, seed=seed).sessions] for seed in (1, 1, 2)]
    assert supports[0] == supports[1] != supports[2]
    plan = plan_of(tones)
    alone = draw_support(plan.class_of, plan.splits.train, [4], 3, seed=1)
    assert alone.tolist() == plan.sessions[2].support[:3].tolist()


def test_class_orders(tones):
    """By alphabet, by list, shuffled by the seed, or as told."""
    assert order_words(tones, "alphabet", 1) == tuple(sorted(tones.words))
    assert order_words(tones, "count", 1) == tones.words  # equal counts: as listed
    assert order_words(tones, "seed", 1) == order_words(tones, "seed", 1) != order_words(tones, "seed", 2)
    assert order_words(tones, "tone3, tone1", 1) == ("tone3", "tone1")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"base_classes": 9}, "need 13 words, but the set has 6; lower one of the three"),
        ({"k_shot": 99}, "k_shot=99, but 'tone0' has 16 training clips; lower k_shot"),
        ({"class_order": "tone1,drum"}, "the set has no word 'drum'"),
        ({"class_order": "tone1,tone1"}, "a word stands twice"),
    ],
)
def test_impossible_protocols_say_why(tones, change, text):
    """Too few words or clips, and unknown words."""
    with pytest.raises(DataError) as caught:
        plan_of(tones, ProtocolConfig(**({"base_classes": 2, "n_way": 2, "k_shot": 3, "sessions": 3} | change)))
    assert text in str(caught.value)


def test_a_listed_support_is_used_and_checked(tones, tmp_path):
    """A file of clips decides; clips of tested speakers and wrong counts are refused."""
    plan = plan_of(tones)
    listed = np.concatenate([session.support for session in plan.sessions[1:]])
    path = tmp_path / "support.txt"
    path.write_text("\n".join("/data/" + file for file in tones.files[listed].tolist()))
    config = ProtocolConfig(base_classes=2, n_way=2, k_shot=3, sessions=3, class_order="listed", support=str(path))
    again = plan_of(tones, config, seed=9)
    assert [s.support.tolist() for s in again.sessions[1:]] == [s.support.tolist() for s in plan.sessions[1:]]
    path.write_text(str(tones.files[plan.splits.test[-1]]))
    with pytest.raises(DataError, match="is not in the train part; a support speaker must not be tested"):
        plan_of(tones, config)
    path.write_text("\n".join(tones.files[listed[1:]].tolist()))
    with pytest.raises(DataError, match="lists 2 clips of new class 2; allowed: k_shot=3 each"):
        plan_of(tones, config)


def test_base_clips_can_be_limited(tones):
    """At most so many training clips a base class, the same ones for the same seed."""
    plan = plan_of(tones, ProtocolConfig(base_classes=2, n_way=2, k_shot=3, sessions=3, base_clips_per_class=5))
    assert np.bincount(plan.class_of[plan.sessions[0].support]).tolist() == [5, 5]
