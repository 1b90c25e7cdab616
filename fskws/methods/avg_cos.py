"""Prototypes and cosine: base rows replaced by the means of all base embeddings, a new row is its support's mean.

Source: Zhang et al., "Few-Shot Incremental Learning with Continually Evolved Classifiers" (CEC), CVPR 2021, the
baseline that trains the base session with a cosine head (ft_cos) and averages supports (avg_cos); prototypes: Snell
et al. 2017.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from fskws.classifier import prototypes, unit
from fskws.methods.base import Labelled, Method, new_classes, on_cpu


@dataclass(frozen=True)
class AverageCosine(Method):
    """Nearest prototype by cosine. `prototypes`: (classes, dim), empty before `fit_base`."""

    temperature: float = 16.0
    prototypes: Tensor = field(default_factory=lambda: torch.zeros(0, 0))

    def fit_base(self, base: Labelled) -> AverageCosine:
        """Base prototypes: the mean of all embeddings of each base class, not scaled."""
        embeddings = on_cpu(base.embeddings)
        return replace(self, prototypes=prototypes(embeddings, base.labels, new_classes(base, 0)))

    def learn_session(self, support: Labelled) -> AverageCosine:
        """New rows: the mean of the support embeddings. Old rows stay."""
        embeddings = on_cpu(support.embeddings)
        added = prototypes(embeddings, support.labels, new_classes(support, len(self.prototypes)))
        return replace(self, prototypes=torch.cat([self.prototypes, added]))

    @property
    def n_known(self) -> int:
        """Rows so far."""
        return len(self.prototypes)

    def prepare(self, embeddings: Tensor) -> Tensor:
        """Rows of length 1."""
        return unit(on_cpu(embeddings))

    def columns(self, prepared: Tensor, first: int, end: int) -> Tensor:
        """T cos(f, w_c)."""
        return self.temperature * (prepared @ unit(self.prototypes[first:end]).T)
