"""Figures of a run, all made from counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fskws.methods import Labelled, Method
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


def score_session(method: Method, session: int, n_base: int, test: Labelled) -> SessionScore:
    """Scores a method on test clips of the classes it knows."""
    embeddings = method.encode(test.embeddings, test.log_mel)
    logits = method.logits(embeddings)
    return SessionScore(session, confusion_matrix(logits.argmax(1), test.labels, logits.shape[1]), n_base)


def run_sessions(
    fitted: Method, plan: Plan, supports: Sequence[Labelled], test: Labelled, *, last_only: bool = False
) -> list[SessionScore]:
    """Learns session after session and scores after each.

    Args: fitted: after `fit_base`. supports: of sessions 1, 2, ... . test: all test clips of the plan's classes.
    """
    scores = [] if last_only else [_score_known(fitted, plan, 0, test)]
    method = fitted
    for number, support in enumerate(supports, start=1):
        method = method.learn_session(support)
        if not last_only or number == len(supports):
            scores.append(_score_known(method, plan, number, test))
    return scores


def _score_known(method: Method, plan: Plan, session: int, test: Labelled) -> SessionScore:
    return score_session(method, session, plan.n_base, test.of(test.labels < plan.known_after(session)))


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
