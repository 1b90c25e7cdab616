"""TEEN: a new prototype is drawn towards the base prototypes that resemble it. No training.

Source: Wang et al., "Few-Shot Class-Incremental Learning via Training-Free Prototype Calibration", NeurIPS 2023, eq.
4 to 6: w = softmax_b(tau cos(c, P_b)), d = sum_b w_b P_b, c' = (1 - alpha) c + alpha d.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def calibrate(new: Tensor, base: Tensor, alpha: float, tau: float = 16.0) -> Tensor:
    """New prototypes drawn towards the base ones.

    Args: new: (n, dim) and base: (n_base, dim), any length; cosine knows no length, so both are scaled to 1 first,
    and so is
        the weighted mean d. alpha: 0 leaves the direction as it is. tau: scale of the softmax over base classes.
    Returns: (n, dim) with the lengths of `new`.
    """
    if alpha == 0 or not len(new):
        return new
    directions, anchors = functional.normalize(new, dim=1), functional.normalize(base, dim=1)
    weights = torch.softmax(tau * directions @ anchors.T, dim=1)  # (n, n_base)
    towards = functional.normalize(weights @ anchors, dim=1)
    lengths: Tensor = torch.linalg.vector_norm(new, dim=1, keepdim=True)
    drawn: Tensor = (1 - alpha) * directions + alpha * towards
    return drawn * lengths
