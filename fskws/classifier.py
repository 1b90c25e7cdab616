"""The cosine classifier and the prototypes that become its rows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class CosineClassifier(nn.Module):
    """logit_c = T cos(f, w_c).

    Source: Zhang et al., "Few-Shot Incremental Learning with Continually Evolved Classifiers" (CEC), CVPR 2021; T = 16.
    """

    def __init__(self, dim: int, n_classes: int, temperature: float = 16.0) -> None:
        super().__init__()
        self.temperature = temperature
        self.weight = nn.Parameter(torch.empty(n_classes, dim))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, embeddings: Tensor) -> Tensor:
        """(batch, dim) -> (batch, n_classes)."""
        return self.temperature * cosines(embeddings, self.weight)


def cosines(embeddings: Tensor, prototypes: Tensor) -> Tensor:
    """(n, dim), (classes, dim) -> (n, classes)."""
    return functional.normalize(embeddings, dim=1) @ functional.normalize(prototypes, dim=1).T


def unit(embeddings: Tensor) -> Tensor:
    """Rows scaled to length 1."""
    return functional.normalize(embeddings, dim=1)


class PrototypeSums:
    """Sums of embeddings class by class: one batch or many give the same means."""

    def __init__(self, n_classes: int, dim: int) -> None:
        self.sums = torch.zeros(n_classes, dim, dtype=torch.float64)
        self.counts = torch.zeros(n_classes, dtype=torch.int64)

    def add(self, embeddings: Tensor, labels: Tensor) -> None:
        """embeddings: (n, dim); labels: (n,) int64 below n_classes."""
        self.sums.index_add_(0, labels.cpu(), embeddings.detach().cpu().double())
        self.counts += torch.bincount(labels.cpu(), minlength=len(self.counts))

    def means(self) -> Tensor:
        """(n_classes, dim) float32, not scaled. Raises: ValueError: a class has no embedding."""
        if empty := torch.nonzero(self.counts == 0).flatten().tolist():
            raise ValueError(f"class {empty[0]} has no embedding")
        return (self.sums / self.counts[:, None]).float()


def prototypes(embeddings: Tensor, labels: Tensor, classes: Sequence[int]) -> Tensor:
    """Mean embedding of each class.

    Args: embeddings: (n, dim). labels: (n,) int64. classes: ids, in the order returned.
    Returns: (len(classes), dim) float32, not scaled.
    Raises: ValueError: a class has no embedding.
    Source: Snell et al. 2017, eq. 1.
    """
    place = {class_id: i for i, class_id in enumerate(classes)}
    sums = PrototypeSums(len(place), embeddings.shape[1])
    kept = [i for i, label in enumerate(labels.tolist()) if label in place]
    sums.add(embeddings[kept], torch.tensor([place[label] for label in labels[kept].tolist()], dtype=torch.int64))
    return sums.means()
