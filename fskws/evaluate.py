"""Figures of a run, all made from counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fskws.methods import Labelled, Method
from fskws.seeding import numpy_generator
from fskws.sessions import Plan


@dataclass(frozen=True)
class SessionScore:
    """Figures after one session, in percent. seen: base classes; unseen: all classes added since; None in the base
    session.

    `confusion` is (classes, classes) int64: row true, column predicted.
    """

    session: int
    confusion: Tensor
    n_base: int

    @property
    def accuracy(self) -> float:
        return _percent(self.confusion.diagonal().sum(), self.confusion.sum())

    @property
    def seen(self) -> float | None:
        return self._share(slice(0, self.n_base)) if self.session else None

    @property
    def unseen(self) -> float | None:
        return self._share(slice(self.n_base, None)) if self.session else None

    @property
    def harmonic_mean(self) -> float | None:
        """2 seen unseen / (seen + unseen), over clips."""
        return harmonic_mean(self.seen, self.unseen)

    @property
    def per_class(self) -> Tensor:
        """(classes,) float64: percent right of each class; nan for a class without test clips."""
        return 100 * self.confusion.diagonal().double() / self.confusion.sum(1).double()

    @property
    def harmonic_mean_per_class(self) -> float | None:
        """The same, every class weighing alike."""
        if not self.session:
            return None
        right = self.per_class
        return harmonic_mean(float(right[: self.n_base].nanmean()), float(right[self.n_base :].nanmean()))

    def _share(self, rows: slice) -> float:
        return _percent(self.confusion.diagonal()[rows].sum(), self.confusion[rows].sum())

    def row(self) -> dict[str, float]:
        """The session's metrics as they are logged."""
        values = {
            "session": self.session,
            "accuracy": self.accuracy,
            "seen": self.seen,
            "unseen": self.unseen,
            "harmonic_mean": self.harmonic_mean,
            "harmonic_mean_per_class": self.harmonic_mean_per_class,
        }
        return {
            name: value if name == "session" else round(value, 3) for name, value in values.items() if value is not None
        }


def harmonic_mean(seen: float | None, unseen: float | None) -> float | None:
    """2ab / (a + b); 0 when both are 0."""
    if seen is None or unseen is None:
        return None
    return 2 * seen * unseen / (seen + unseen) if seen + unseen else 0.0


def confusion_matrix(predicted: Tensor, true: Tensor, n_classes: int) -> Tensor:
    """(n,), (n,) int64 -> (n_classes, n_classes) counts, row true, column predicted."""
    return torch.bincount(true * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def run_sessions(fitted: Method, plan: Plan, supports: Sequence[Labelled], test: Labelled) -> list[SessionScore]:
    """Learns session after session and scores after each, on test clips of the classes known by then.

    Args: fitted: after `fit_base`. supports: of sessions 1, 2, ... . test: all test clips of the plan's classes.
    """
    scores = []
    method = fitted
    for number in range(len(supports) + 1):
        if number:
            method = method.learn_session(supports[number - 1])
        known = test.of(test.labels < plan.known_after(number))
        predicted = method.predict(method.encode(known.embeddings, known.log_mel))
        scores.append(SessionScore(number, confusion_matrix(predicted, known.labels, method.n_known), plan.n_base))
    return scores


@dataclass(frozen=True)
class Interval:
    """Mean of repeated draws, their standard deviation, and the 95 % interval of the mean (Student's t)."""

    mean: float
    sd: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} +- {(self.high - self.low) / 2:.2f} (s.d. {self.sd:.2f})"


def interval(values: Sequence[float]) -> Interval:
    """Raises: ValueError: fewer than two values tell nothing about their spread."""
    from scipy.special import stdtrit  # scipy.stats would cost seconds to import

    if len(values) < 2:
        raise ValueError(f"{len(values)} value(s) have no spread; at least 2 are needed")
    array = np.asarray(values, dtype=np.float64)
    sd = float(array.std(ddof=1))
    half = float(stdtrit(len(array) - 1, 0.975)) * sd / len(array) ** 0.5
    return Interval(float(array.mean()), sd, float(array.mean()) - half, float(array.mean()) + half)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Interval of ours - theirs, draw by draw; the same draw on both sides takes the draw's luck out.

    Raises: ValueError: not the same number of draws.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} draws cannot be paired")
    return interval([a - b for a, b in zip(ours, theirs, strict=True)])


@dataclass(frozen=True)
class DrawScores:
    """Figures of repeated support draws, each (draws, sessions) in percent; session 0 is the base session.

    seen, unseen and harmonic_mean are nan in session 0.
    """

    accuracy: NDArray[np.float64]
    seen: NDArray[np.float64]
    unseen: NDArray[np.float64]
    harmonic_mean: NDArray[np.float64]

    def last(self, name: str) -> list[float]:
        """A figure after the last session, draw by draw."""
        values: list[float] = getattr(self, name)[:, -1].tolist()
        return values


def repeated_draws(fitted: Method, plan: Plan, pool: Labelled, test: Labelled, *, draws: int, seed: int) -> DrawScores:
    """Scores the protocol under many support draws, from embeddings that are made once.

    Args: fitted: after `fit_base`, with a frozen encoder. pool: all training clips of the new classes; supports are
    drawn
        from it. test: all test clips of the plan's classes.
    Raises: ValueError: the method's encoder changes with each session.

    The columns of base classes are scored once; a draw costs the columns of its new classes.
    """
    if fitted.needs_log_mel:
        raise ValueError("repeated draws need a frozen encoder; this method trains it in each session")
    prepared = fitted.prepare(test.embeddings)
    base_best, base_predicted = fitted.columns(prepared, 0, plan.n_base).max(1)
    rows_of = {
        class_id: torch.nonzero(pool.labels == class_id).flatten().numpy()
        for session in plan.sessions[1:]
        for class_id in session.classes
    }
    labels, n_sessions = test.labels.numpy(), len(plan.sessions)
    figures = np.full((4, draws, n_sessions), np.nan)
    for draw in range(draws):
        method = fitted
        for session in plan.sessions[1:]:
            rows = [
                numpy_generator(seed, "repeated draw", draw, class_id).choice(
                    rows_of[class_id], plan.k_shot, replace=False
                )
                for class_id in session.classes
            ]
            method = method.learn_session(pool.of(torch.from_numpy(np.concatenate(rows))))
        added = method.columns(prepared, plan.n_base, method.n_known)
        best, predicted = base_best, base_predicted
        for number in range(n_sessions):
            n_known = plan.known_after(number)
            if number:
                before = plan.known_after(number - 1)
                top, place = added[:, before - plan.n_base : n_known - plan.n_base].max(1)
                # Of equal scores the first class wins, as in argmax.
                predicted = torch.where(top > best, place + before, predicted)
                best = torch.maximum(best, top)
            right = (predicted == test.labels).numpy()
            figures[:, draw, number] = _figures(right, labels, plan.n_base, n_known, number)
    return DrawScores(*figures)


def _figures(
    right: NDArray[np.bool_], labels: NDArray[np.int64], n_base: int, n_known: int, session: int
) -> tuple[float, float, float, float]:
    known, base = labels < n_known, labels < n_base
    accuracy = 100 * float(right[known].mean())
    if session == 0:
        return accuracy, float("nan"), float("nan"), float("nan")
    seen, unseen = 100 * float(right[base].mean()), 100 * float(right[known & ~base].mean())
    return accuracy, seen, unseen, harmonic_mean(seen, unseen) or 0.0


def researcher_arrays(scores: Sequence[SessionScore]) -> str:
    """The four arrays as they stand in hand-kept notes: overall, seen, unseen, harmonic mean."""

    def array(values: Sequence[float | None]) -> str:
        return "[" + ", ".join(f"{round(value, 3)}" for value in values if value is not None) + "]"

    later = [score for score in scores if score.session]
    return "\n".join(
        [
            array([score.accuracy for score in scores]),
            "Seen acc:",
            array([score.seen for score in later]),
            "Unseen acc:",
            array([score.unseen for score in later]),
            "Harmonic mean:",
            array([score.harmonic_mean for score in later]),
        ]
    )


def _percent(right: Tensor, total: Tensor) -> float:
    return 100 * int(right) / int(total) if int(total) else float("nan")
