"""Prototypes with training-free calibration in parts that can be combined: Tukey's power, TEEN, shrinkage LDA, base
bias.

Each part has its own file and citation; a strength of nothing leaves the part out, and with all parts out the scores
are those of `avg_cos`. Related combinations: Goswami et al., "Calibrating Higher-Order Statistics for Few-Shot
Class-Incremental Learning with Pre-trained Vision Transformers", CVPRW 2024.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from fskws.classifier import prototypes, unit
from fskws.methods.base import Labelled, Method, new_classes, on_cpu
from fskws.methods.bias import without_base_bias
from fskws.methods.lda import discriminants, pooled_covariance, shrunk_inverse
from fskws.methods.teen import calibrate
from fskws.methods.tukey import tukey


@dataclass(frozen=True)
class Strengths:
    """How much of each part. tukey_power 1, teen_alpha 0, lda_shrinkage None (cosine instead of LDA), base_bias 0:
    nothing.
    """

    tukey_power: float = 1.0
    teen_alpha: float = 0.0
    lda_shrinkage: float | None = None
    base_bias: float = 0.0
    teen_tau: float = 16.0


@dataclass(frozen=True)
class Calibrated(Method):
    """Nearest prototype by cosine or LDA, after the calibration parts.

    Attributes: prototypes: (classes, dim) means. n_base: how many of them are base classes. covariance: (dim, dim)
    within
        base classes, and precision its shrunk inverse; both empty without LDA.
    """

    strengths: Strengths = field(default_factory=Strengths)
    temperature: float = 16.0
    n_base: int = 0
    prototypes: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    covariance: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    precision: Tensor = field(default_factory=lambda: torch.zeros(0, 0))

    def prepare(self, embeddings: Tensor) -> Tensor:
        """Embeddings after the power, scaled to length 1."""
        return unit(tukey(on_cpu(embeddings), self.strengths.tukey_power))

    def _learned_from(self, embeddings: Tensor) -> Tensor:
        """What means are made of: for LDA unit vectors, because loudness is no property of a word; for cosine, as in
        CEC, embeddings as long as they are."""
        if self.strengths.lda_shrinkage is None:
            return tukey(on_cpu(embeddings), self.strengths.tukey_power)
        return self.prepare(embeddings)

    def fit_base(self, base: Labelled) -> Calibrated:
        """Base means; with LDA the covariance within base classes."""
        embeddings = self._learned_from(base.embeddings)
        means = prototypes(embeddings, base.labels, new_classes(base, 0))
        fitted = replace(self, prototypes=means, n_base=len(means))
        if self.strengths.lda_shrinkage is None:
            return fitted
        covariance = pooled_covariance(embeddings, base.labels, means)
        return replace(
            fitted, covariance=covariance, precision=shrunk_inverse(covariance, self.strengths.lda_shrinkage)
        )

    def with_strengths(self, strengths: Strengths) -> Calibrated:
        """The same fitted base under other strengths, without the clips.

        Raises: ValueError: sessions were learned already, or the power or the use of LDA would change, which need
        `fit_base`.
        """
        before = self.strengths
        if len(self.prototypes) != self.n_base:
            raise ValueError("strengths can be changed before the first session only")
        same_space = (strengths.lda_shrinkage is None) == (before.lda_shrinkage is None)
        if strengths.tukey_power != before.tukey_power or not same_space:
            raise ValueError("another power, or LDA for cosine, needs fit_base with the clips")
        if strengths.lda_shrinkage is None:
            return replace(self, strengths=strengths)
        return replace(self, strengths=strengths, precision=shrunk_inverse(self.covariance, strengths.lda_shrinkage))

    def learn_session(self, support: Labelled) -> Calibrated:
        """New means, drawn towards true base prototypes by TEEN; old rows stay."""
        classes = new_classes(support, len(self.prototypes))
        added = prototypes(self._learned_from(support.embeddings), support.labels, classes)
        base = self.prototypes[: self.n_base]
        added = calibrate(added, base, self.strengths.teen_alpha, self.strengths.teen_tau)
        return replace(self, prototypes=torch.cat([self.prototypes, added]))

    @property
    def n_known(self) -> int:
        """Rows so far."""
        return len(self.prototypes)

    def columns(self, prepared: Tensor, first: int, end: int) -> Tensor:
        """Cosine or discriminant scores, the bias taken off base columns."""
        rows = self.prototypes[first:end]
        if self.strengths.lda_shrinkage is None:
            scores = self.temperature * (prepared @ unit(rows).T)
        else:
            scores = discriminants(prepared, rows, self.precision)
        n_base_columns = max(0, min(end, self.n_base) - first)
        return without_base_bias(scores, n_base_columns, self.temperature * self.strengths.base_bias)
