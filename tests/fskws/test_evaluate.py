"""Figures from counts, repeated draws, selection and analysis."""

from __future__ import annotations

import inspect
import time

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import confusion_matrix as reference_confusion

from fskws import selection, train
from fskws.analyse import flow, most_confused, pair_confusion, rejection_curve
from fskws.dataset import Splits
from fskws.evaluate import (
    SessionScore,
    confusion_matrix,
    harmonic_mean,
    interval,
    paired_difference,
    repeated_draws,
    researcher_arrays,
    run_sessions,
)
from fskws.methods import Calibrated, Labelled, Strengths
from fskws.methods.avg_cos import AverageCosine
from fskws.selection import choose_strengths, grid, pseudo_novel_episodes
from fskws.sessions import Plan, Session


def cloud(n_classes, each, dim=16, seed=0, spread=0.8):
    """Embeddings around one centre a class; the centres are the same for every seed."""
    centres = torch.rand(n_classes, dim, generator=torch.Generator().manual_seed(7)) * 3
    labels = torch.arange(n_classes).repeat_interleave(each)
    noise = torch.randn(len(labels), dim, generator=torch.Generator().manual_seed(seed))
    return Labelled((centres[labels] + spread * noise).abs(), labels)


def plan_of(n_base, n_way, n_sessions, k_shot=5):
    """A plan without clips, for embeddings made by hand."""
    starts = [n_base + n_way * number for number in range(n_sessions - 1)]
    sessions = [Session(0, tuple(range(n_base)), np.zeros(0, np.int64))]
    sessions += [
        Session(i + 1, tuple(range(start, start + n_way)), np.zeros(0, np.int64)) for i, start in enumerate(starts)
    ]
    total = n_base + n_way * (n_sessions - 1)
    nothing = np.zeros(0, np.int64)
    words = tuple(f"w{i}" for i in range(total))
    return Plan(words, tuple(sessions), nothing, n_way, k_shot, Splits(nothing, nothing, nothing, "hand"))


def test_session_figures_by_hand():
    """9 of 10 and 3 of 5 base clips, 1 of 5 new ones: 65 % overall, seen 80, unseen 20, harmonic mean 32."""
    confusion = torch.tensor([[9, 1, 0], [0, 3, 2], [4, 0, 1]])
    score = SessionScore(1, confusion, n_base=2)
    assert (score.accuracy, score.seen, score.unseen, score.harmonic_mean) == (65.0, 80.0, 20.0, 32.0)
    assert score.per_class.tolist() == [90.0, 60.0, 20.0]
    assert score.harmonic_mean_per_class == pytest.approx(2 * 75 * 20 / 95)
    assert SessionScore(0, confusion[:2, :2], 2).row() == {"session": 0, "accuracy": 92.308}


def test_confusion_equals_scikit_learn():
    """Row true, column predicted."""
    draws = np.random.default_rng(0)
    true, predicted = draws.integers(0, 5, 200), draws.integers(0, 5, 200)
    ours = confusion_matrix(torch.from_numpy(predicted), torch.from_numpy(true), 5)
    assert ours.tolist() == reference_confusion(true, predicted, labels=range(5)).tolist()


def test_harmonic_mean_of_nothing_is_nothing():
    """Zero and zero give zero, not an error."""
    assert harmonic_mean(0.0, 0.0) == 0.0
    assert harmonic_mean(None, 3.0) is None


def test_arrays_in_the_researchers_form():
    """Overall from the base session on, the other three after it; three decimals, no trailing zeros."""
    base = SessionScore(0, torch.tensor([[2, 1], [0, 3]]), 2)
    later = SessionScore(1, torch.tensor([[3, 0, 0], [0, 3, 0], [2, 0, 1]]), 2)
    assert researcher_arrays([base, later]) == (
        "[83.333, 77.778]\nSeen acc:\n[100.0]\nUnseen acc:\n[33.333]\nHarmonic mean:\n[50.0]"
    )


def test_interval_equals_scipy():
    """Mean and Student's t interval of a known sample."""
    values = [61.0, 64.5, 59.2, 66.1, 63.3]
    ours = interval(values)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (ours.mean, ours.low, ours.high) == pytest.approx((np.mean(values), low, high))
    with pytest.raises(ValueError, match=r"1 value\(s\) have no spread"):
        interval([3.0])


def test_paired_differences_take_the_draws_luck_out():
    """Two runs that differ by one point on every draw differ for certain, however much the draws vary."""
    theirs = [50.0, 70.0, 60.0, 90.0]
    difference = paired_difference([value + 1 for value in theirs], theirs)
    assert (difference.mean, difference.low, difference.high) == (1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="2 and 3 draws cannot be paired"):
        paired_difference([1, 2], [1, 2, 3])


@pytest.mark.parametrize("method", [AverageCosine(), Calibrated(Strengths(0.7, 0.1, 0.3, 0.02))])
def test_repeated_draws_equal_sessions_run_one_by_one(method):
    """The short cut through columns gives the figures of learning and scoring each session."""
    plan = plan_of(6, 2, 4)
    test = cloud(12, 10, seed=3)
    pool = cloud(12, 5, seed=2)  # five clips a class: every draw is the whole pool
    fitted = method.fit_base(cloud(6, 30, seed=1))
    draws = repeated_draws(fitted, plan, pool, test, draws=2, seed=1)
    supports = [pool.of((pool.labels >= s.classes[0]) & (pool.labels <= s.classes[-1])) for s in plan.sessions[1:]]
    scores = run_sessions(fitted, plan, supports, test)
    for name in ("accuracy", "seen", "unseen", "harmonic_mean"):
        expected = [getattr(score, name) for score in scores if getattr(score, name) is not None]
        np.testing.assert_allclose(getattr(draws, name)[0][-len(expected) :], expected, atol=1e-9)


def test_draws_repeat_with_the_seed_and_take_under_two_seconds():
    """100 draws x 5 sessions over 1,000 clips from cached embeddings; the same seed gives the same figures."""
    plan = plan_of(20, 3, 6)
    fitted = AverageCosine().fit_base(cloud(20, 20, seed=1))
    pool, test = cloud(35, 30, seed=2), cloud(35, 30, seed=3)
    started = time.process_time()
    first = repeated_draws(fitted, plan, pool, test, draws=100, seed=1)
    assert time.process_time() - started < 2.0
    assert first.accuracy.shape == (100, 6)
    again = repeated_draws(fitted, plan, pool, test, draws=3, seed=1)
    assert np.array_equal(first.unseen[:3, 1:], again.unseen[:, 1:])
    assert first.unseen[:, -1].std() > 0


def test_selection_prefers_what_helps_and_keeps_the_weaker_of_equals():
    """On noisy supports with a strong base bias, taking bias off helps; with one candidate only, that one is chosen."""
    train_clips, validation = cloud(12, 40, seed=1, spread=1.5), cloud(12, 20, seed=2, spread=1.5)
    episodes = pseudo_novel_episodes(train_clips, validation, 1, n_novel=4, episodes=6, seed=1)
    candidates = grid([1.0], [0.0], [None], [0.0, 0.05])
    choice = choose_strengths(candidates, episodes)
    assert set(choice.harmonic_means) == set(candidates)
    assert choice.harmonic_means[choice.strengths] == max(choice.harmonic_means.values())
    same = choose_strengths([Strengths(teen_tau=16.0), Strengths(teen_tau=8.0)], episodes)
    assert same.strengths == Strengths(teen_tau=16.0)


def test_episodes_hold_base_classes_only_and_draw_by_seed():
    """Known and pseudo-novel classes part the base classes; k_shot supports each; queries are validation clips."""
    train_clips, validation = cloud(6, 10, seed=1), cloud(6, 4, seed=2)
    first, again = (
        pseudo_novel_episodes(train_clips, validation, 3, n_novel=2, episodes=2, seed=1)[0] for _ in range(2)
    )
    assert sorted(set(first.known.labels.tolist())) == [0, 1, 2, 3]
    assert torch.bincount(first.support.labels).tolist() == [0, 0, 0, 0, 3, 3]
    assert torch.equal(first.queries.embeddings, validation.embeddings)
    assert torch.equal(first.support.embeddings, again.support.embeddings)


@pytest.mark.parametrize("module", [train, selection])
def test_no_test_clip_can_come_into_training_or_selection(module):
    """No function or class of training and selection has a parameter that names test data."""
    callables = [value for _, value in inspect.getmembers(module, callable) if value.__module__ == module.__name__]
    assert callables
    for value in callables:
        members = [value, *(m for _, m in inspect.getmembers(value, inspect.isfunction))]
        for member in members:
            assert not [name for name in inspect.signature(member).parameters if "test" in name]


def test_pairs_and_flow_by_hand():
    """Two base words and two new ones with known confusions."""
    words = ("four", "three", "forward", "tree")
    confusion = torch.tensor([[8, 0, 2, 0], [0, 9, 0, 1], [5, 0, 5, 0], [0, 1, 1, 8]])
    pair = pair_confusion(confusion, words, "four", "forward")
    assert (pair.first_as_second, pair.second_as_first, pair.clips) == (20.0, 50.0, 20)
    assert [(p.first, p.second) for p in most_confused(confusion, words)] == [
        ("four", "forward"),
        ("three", "tree"),
        ("forward", "tree"),
    ]
    shares = flow(confusion, 2)
    assert (shares.base_right, shares.base_as_other_base, shares.base_as_new) == (85.0, 0.0, 15.0)
    assert (shares.new_right, shares.new_as_other_new, shares.new_as_base) == (65.0, 5.0, 30.0)
    with pytest.raises(ValueError, match="'five' is no class here"):
        pair_confusion(confusion, words, "four", "five")
    with pytest.raises(ValueError, match="flow needs new classes"):
        flow(confusion[:2, :2], 2)


def test_rejection_curve_by_hand():
    """Sure and right, sure and wrong, unsure; one unknown clip in between."""
    known = torch.log(torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]))
    curve = rejection_curve(known, torch.tensor([0, 1, 0]), torch.log(torch.tensor([[0.3, 0.7], [0.5, 0.5]])))
    assert curve.correct_at(100.0) == pytest.approx(200 / 3)  # all accepted: two of three right
    assert curve.correct_at(0.0) == pytest.approx(100 / 3)  # only the clip above 0.7
    assert np.all(np.diff(curve.false_accept) <= 0)
    with pytest.raises(ValueError, match="known and of unknown words"):
        rejection_curve(known, torch.tensor([0, 1, 0]), known[:0])
