"""Strengths of a calibration, chosen on pseudo-novel classes: some base classes play new ones, on validation clips.

Nothing here ever holds a test clip or a clip of a truly new class. Source of the idea: the pseudo-incremental
episodes of Zhang et al. (CEC), CVPR 2021; a validation protocol for the field is asked for in arXiv 2503.10003.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from fskws.evaluate import harmonic_mean
from fskws.methods.base import Labelled
from fskws.methods.calibrated import Calibrated, Strengths
from fskws.seeding import numpy_generator


@dataclass(frozen=True)
class Episode:
    """Base classes parted into known and pseudo-novel ones, renumbered; known: 0..n-1, pseudo-novel: n.. .

    Attributes: known: training clips of the known classes. support: k_shot training clips of each pseudo-novel class.
        queries: validation clips of both.
    """

    known: Labelled
    support: Labelled
    queries: Labelled


@dataclass(frozen=True)
class Choice:
    """The strengths chosen and the harmonic mean, in percent, that each candidate reached on the episodes."""

    strengths: Strengths
    harmonic_means: dict[Strengths, float]


def pseudo_novel_episodes(
    train: Labelled, validation: Labelled, k_shot: int, *, n_novel: int, episodes: int, seed: int
) -> list[Episode]:
    """Draws episodes from base classes only.

    Args: train, validation: base clips with ids 0..n-1. n_novel: classes that play new ones in each episode.
    """
    n_base = int(train.labels.max()) + 1
    made = []
    for number in range(episodes):
        draws = numpy_generator(seed, "pseudo-novel", number)
        order = draws.permutation(n_base)
        place = torch.empty(n_base, dtype=torch.int64)
        place[torch.from_numpy(order)] = torch.arange(n_base)
        n_known = n_base - n_novel
        renumbered = Labelled(train.embeddings, place[train.labels])
        rows = []
        for class_id in range(n_known, n_base):
            pool = torch.nonzero(renumbered.labels == class_id).flatten().numpy()
            rows.extend(draws.choice(pool, size=min(k_shot, len(pool)), replace=False).tolist())
        made.append(
            Episode(
                known=renumbered.of(renumbered.labels < n_known),
                support=renumbered.of(torch.tensor(rows)),
                queries=Labelled(validation.embeddings, place[validation.labels]),
            )
        )
    return made


def choose_strengths(candidates: Iterable[Strengths], episodes: Sequence[Episode], temperature: float = 16.0) -> Choice:
    """The candidate with the best mean harmonic mean over the episodes; of equals the first."""
    candidates = list(candidates)
    reached = dict.fromkeys(candidates, 0.0)
    for episode in episodes:
        fitted: dict[tuple[float, bool], Calibrated] = {}
        for strengths in candidates:
            space = (strengths.tukey_power, strengths.lda_shrinkage is None)
            if space not in fitted:
                fitted[space] = Calibrated(strengths, temperature).fit_base(episode.known)
            method = fitted[space].with_strengths(strengths)
            reached[strengths] += _harmonic_mean_on(method, episode) / len(episodes)
    return Choice(max(reached, key=lambda strengths: reached[strengths]), reached)


def _harmonic_mean_on(method: Calibrated, episode: Episode) -> float:
    right = method.learn_session(episode.support).predict(episode.queries.embeddings) == episode.queries.labels
    novel = episode.queries.labels >= method.n_base
    known_share, novel_share = (100 * float(right[rows].double().mean()) for rows in (~novel, novel))
    return harmonic_mean(known_share, novel_share) or 0.0


def grid(
    tukey_power: Sequence[float],
    teen_alpha: Sequence[float],
    lda_shrinkage: Sequence[float | None],
    base_bias: Sequence[float],
) -> list[Strengths]:
    """All combinations, weakest first, so that a tie keeps the weaker calibration."""
    return [
        Strengths(power, alpha, shrinkage, bias)
        for power, alpha, shrinkage, bias in itertools.product(tukey_power, teen_alpha, lda_shrinkage, base_bias)
    ]
