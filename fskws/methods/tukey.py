"""Tukey's ladder of powers: makes skewed, non-negative embeddings more Gaussian.

Source: Yang, Liu and Xu, "Free Lunch for Few-shot Learning: Distribution Calibration", ICLR 2021, eq. 3; Tukey 1977.
"""

from __future__ import annotations

from torch import Tensor


def tukey(embeddings: Tensor, power: float) -> Tensor:
    """sign(x) |x|^power; (n, dim) -> (n, dim). Power 1 changes nothing. Paper: x >= 0 only; a rectified encoder gives
    that.
    """
    return embeddings if power == 1 else embeddings.sign() * embeddings.abs() ** power
