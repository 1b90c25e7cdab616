"""Where a run goes wrong: confusions by pair, flow between base and new classes, noise, unknown words. From counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class PairConfusion:
    """How often two words are taken for one another; each share in percent of the first word's clips."""

    first: str
    second: str
    first_as_second: float
    second_as_first: float
    clips: int


def pair_confusion(confusion: Tensor, words: Sequence[str], first: str, second: str) -> PairConfusion:
    """One pair's confusions. confusion: (classes, classes), row true. Raises: ValueError: a word is not among the
    classes.
    """
    for word in (first, second):
        if word not in words[: len(confusion)]:
            raise ValueError(f"{word!r} is no class here; classes: {', '.join(words[: len(confusion)])}")
    a, b = words.index(first), words.index(second)
    rows = confusion.sum(1)
    return PairConfusion(
        first,
        second,
        100 * int(confusion[a, b]) / max(1, int(rows[a])),
        100 * int(confusion[b, a]) / max(1, int(rows[b])),
        int(rows[a] + rows[b]),
    )


def most_confused(confusion: Tensor, words: Sequence[str], top: int = 5) -> list[PairConfusion]:
    """The pairs with the most confused clips, both ways counted; pairs without any are left out."""
    both = torch.triu(confusion + confusion.T, diagonal=1)
    order = both.flatten().argsort(descending=True, stable=True)[:top].tolist()
    pairs = [divmod(place, len(confusion)) for place in order if both.flatten()[place] > 0]
    return [pair_confusion(confusion, words, words[a], words[b]) for a, b in pairs]


@dataclass(frozen=True)
class Flow:
    """Percent of a group's clips by what they were taken for. wrong_base: another class of the base, and so on."""

    base_right: float
    base_as_other_base: float
    base_as_new: float
    new_right: float
    new_as_other_new: float
    new_as_base: float


def flow(confusion: Tensor, n_base: int) -> Flow:
    """Errors within and between base and new classes. Raises: ValueError: there are no new classes."""
    if len(confusion) <= n_base:
        raise ValueError("flow needs new classes; score after a session, not after the base session")
    base, new = confusion[:n_base], confusion[n_base:]
    base_right, new_right = confusion.diagonal()[:n_base].sum(), confusion.diagonal()[n_base:].sum()

    def share(part: Tensor, whole: Tensor) -> float:
        return 100 * int(part) / max(1, int(whole))

    return Flow(
        base_right=share(base_right, base.sum()),
        base_as_other_base=share(base[:, :n_base].sum() - base_right, base.sum()),
        base_as_new=share(base[:, n_base:].sum(), base.sum()),
        new_right=share(new_right, new.sum()),
        new_as_other_new=share(new[:, n_base:].sum() - new_right, new.sum()),
        new_as_base=share(new[:, :n_base].sum(), new.sum()),
    )


@dataclass(frozen=True)
class RejectionCurve:
    """What a threshold on the largest logit's probability does.

    Attributes, each (points,): thresholds; correct_accept: percent of known clips that are accepted and right;
    false_accept:
        percent of unknown clips that are accepted as some class.
    """

    thresholds: NDArray[np.float64]
    correct_accept: NDArray[np.float64]
    false_accept: NDArray[np.float64]

    def correct_at(self, false_accept: float) -> float:
        """Best share of correctly accepted known clips with at most that percent of false accepts."""
        allowed = self.false_accept <= false_accept
        return float(self.correct_accept[allowed].max()) if allowed.any() else 0.0


def rejection_curve(known_logits: Tensor, known_labels: Tensor, unknown_logits: Tensor) -> RejectionCurve:
    """Rejection by the largest softmax probability.

    Args: known_logits: (n, classes), known_labels: (n,), unknown_logits: (m, classes) of words that were never learned.
    Raises: ValueError: one of the groups is empty.
    Source: Hendrycks and Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples", ICLR 2017.
    """
    if not len(known_logits) or not len(unknown_logits):
        raise ValueError("a rejection curve needs clips of known and of unknown words")
    known, predicted = torch.softmax(known_logits.double(), 1).max(1)
    unknown = np.sort(torch.softmax(unknown_logits.double(), 1).amax(1).numpy())
    right = np.sort(known[predicted == known_labels].numpy())
    thresholds = np.unique(np.concatenate([[0.0], unknown, np.nextafter(unknown, 2.0)]))
    return RejectionCurve(
        thresholds,
        100 * (len(right) - np.searchsorted(right, thresholds, side="left")) / len(known),
        100 * (len(unknown) - np.searchsorted(unknown, thresholds, side="left")) / len(unknown),
    )
