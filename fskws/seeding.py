"""Every random draw follows from the run's seed, a purpose and a position; nothing draws from a global generator.

A draw that is a function of (seed, purpose, position) needs no saved state: a resumed run draws what it would have
drawn.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def derived_seed(seed: int, purpose: str, *position: int) -> int:
    """A 63-bit seed for one purpose ("batch order", "augmentation") at one position (epoch, step)."""
    text = f"{seed}/{purpose}/" + "/".join(str(number) for number in position)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def torch_generator(seed: int, purpose: str, *position: int) -> torch.Generator:
    """A CPU generator: its draws are the same whatever device they are moved to."""
    return torch.Generator().manual_seed(derived_seed(seed, purpose, *position))


def numpy_generator(seed: int, purpose: str, *position: int) -> np.random.Generator:
    """The same for numpy."""
    return np.random.default_rng(derived_seed(seed, purpose, *position))
