"""What every method has: encode, fit_base, learn_session, logits.

A method is a value: `fit_base` and `learn_session` return a new one and change nothing, so that a hundred support
draws can start from one fitted base.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Labelled:
    """Clips as a method sees them.

    Attributes: embeddings: (n, dim) float32. labels: (n,) int64 class ids.
        log_mel: (n, mels, frames), only for methods with `needs_log_mel`.
    """

    embeddings: Tensor
    labels: Tensor
    log_mel: Tensor | None = None

    def of(self, keep: Tensor) -> Labelled:
        """The chosen rows (a mask or row numbers)."""
        return Labelled(self.embeddings[keep], self.labels[keep], None if self.log_mel is None else self.log_mel[keep])


class Method(ABC):
    """A classifier that grows session by session.

    Attributes: needs_log_mel: it learns from spectra, not from embeddings alone; its encoder changes with each session.
    """

    needs_log_mel = False

    def encode(self, embeddings: Tensor, log_mel: Tensor | None) -> Tensor:
        """(n, dim) embeddings under this method's encoder; a frozen encoder's embeddings are what they were."""
        return embeddings

    @abstractmethod
    def fit_base(self, base: Labelled) -> Method:
        """Learns the base classes, ids 0..n-1, from all base training clips."""

    @abstractmethod
    def learn_session(self, support: Labelled) -> Method:
        """Adds the support's classes, whose ids follow on the known ones."""

    @property
    @abstractmethod
    def n_known(self) -> int:
        """Classes known so far."""

    def prepare(self, embeddings: Tensor) -> Tensor:
        """What `columns` works on; made once for test clips that are scored again and again."""
        return on_cpu(embeddings)

    @abstractmethod
    def columns(self, prepared: Tensor, first: int, end: int) -> Tensor:
        """Logits of the classes first..end-1: (n, dim) prepared -> (n, end - first).

        With a frozen encoder a class's column never changes once it is learned.
        """

    def logits(self, embeddings: Tensor) -> Tensor:
        """(n, dim) -> (n, classes known so far)."""
        return self.columns(self.prepare(embeddings), 0, self.n_known)

    def predict(self, embeddings: Tensor) -> Tensor:
        """(n, dim) -> (n,) class ids."""
        return self.logits(embeddings).argmax(1)


def new_classes(support: Labelled, n_known: int) -> list[int]:
    """The ids a session adds. Raises: ValueError: they do not follow on the known ones."""
    classes = sorted(set(support.labels.tolist()))
    if classes != list(range(n_known, n_known + len(classes))):
        raise ValueError(f"new classes {classes} do not follow on the {n_known} known ones")
    return classes


def on_cpu(tensor: Tensor) -> Tensor:
    """Embeddings are small; statistics are made on the CPU, the same for every device."""
    return tensor.detach().to("cpu", torch.float32)
