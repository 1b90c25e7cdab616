"""Base-logit bias: base classes are over-confident on new words, so a constant is taken off their logits.

Source: Chao et al., "An Empirical Study and Analysis of Generalized Zero-Shot Learning for Object Recognition in the
Wild" (calibrated stacking), ECCV 2016, eq. 4.
"""

from __future__ import annotations

from torch import Tensor


def without_base_bias(logits: Tensor, n_base: int, bias: float) -> Tensor:
    """(n, classes) -> the same, `bias` taken off the first n_base columns."""
    if bias == 0:
        return logits
    corrected = logits.clone()
    corrected[:, :n_base] -= bias
    return corrected
