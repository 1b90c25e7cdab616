"""Shrinkage linear discriminant analysis: one covariance for all classes, from the base clips; a new class adds a mean.

Source: Fisher 1936; streaming form for incremental classes: Hayes and Kanan, "Lifelong Machine Learning with Deep
Streaming Linear Discriminant Analysis", CVPRW 2020; shrinkage towards a round covariance: Ledoit and Wolf 2004.
"""

from __future__ import annotations

import torch
from torch import Tensor


def pooled_covariance(embeddings: Tensor, labels: Tensor, means: Tensor) -> Tensor:
    """Covariance within classes: (n, dim), (n,), (classes, dim) -> (dim, dim) float64, divided by n - classes."""
    centred = embeddings.double() - means.double()[labels]
    return centred.T @ centred / max(1, len(labels) - len(means))


def shrunk_inverse(covariance: Tensor, shrinkage: float) -> Tensor:
    """Inverse of (1 - s) C + s (trace C / dim) I, with floors that keep it solvable for s = 0 and for C = 0.

    (dim, dim) float64. C is zero where an encoder gives all clips of a word the same vector.
    """
    dim = covariance.shape[0]
    round_part = covariance.diagonal().mean().clamp_min(1e-12) * torch.eye(dim, dtype=covariance.dtype)
    mixed = (1 - shrinkage) * covariance + max(shrinkage, 1e-6) * round_part
    precision: Tensor = torch.linalg.inv(mixed)
    return precision


def discriminants(embeddings: Tensor, means: Tensor, precision: Tensor) -> Tensor:
    """x' P m_c - m_c' P m_c / 2 for equal priors; (n, dim), (classes, dim), (dim, dim) -> (n, classes) float32."""
    weights = means.double() @ precision  # (classes, dim)
    offsets = -0.5 * (weights * means.double()).sum(1)
    return (embeddings.double() @ weights.T + offsets).float()
