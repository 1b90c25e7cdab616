"""Joint training on base clips and all supports at once: the upper bound of what a method could reach with this data.

New classes are repeated until they weigh as much as base ones. Source: the joint-training bound of Tao et al.
(TOPIC), CVPR 2020; balancing it: "Rethinking Few-Shot Class-Incremental Learning", arXiv 2503.10003.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from fskws.classifier import cosines
from fskws.methods.base import Labelled, Method, new_classes


@dataclass(frozen=True)
class Joint(Method):
    """The jointly trained head, opened class by class: after a session only the known classes can be answered.

    Attributes: rows: (all classes, dim) of the trained head. opened: classes answered so far.
    """

    rows: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    temperature: float = 16.0
    opened: int = 0

    def fit_base(self, base: Labelled) -> Joint:
        """Opens the base classes."""
        return replace(self, opened=len(new_classes(base, 0)))

    def learn_session(self, support: Labelled) -> Joint:
        """Opens the session's classes, which were trained already."""
        return replace(self, opened=self.opened + len(new_classes(support, self.opened)))

    @property
    def n_known(self) -> int:
        """Classes opened so far."""
        return self.opened

    def columns(self, prepared: Tensor, first: int, end: int) -> Tensor:
        """T cos(f, w_c)."""
        return self.temperature * cosines(prepared, self.rows[first:end])
