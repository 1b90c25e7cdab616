"""Frames made in one pass against the same steps one after another."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fskws.augment import changed, draw_changes
from fskws.config import AugmentConfig
from fskws.features import LogMel
from fskws.frames import augmented_frames


def generator(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("noise", [None, torch.linspace(-1, 1, 50_000)], ids=["white", "recorded"])
@pytest.mark.parametrize("ratio", ["", "0,20"], ids=["amplitude", "ratio"])
def test_spectra_are_those_of_the_steps_one_by_one(noise, ratio):
    """Shifts of nothing and of all, noise drawn for some clips, loud clips that are cut off: the same values."""
    samples = (9000 * torch.randn(9, 16_000, generator=generator(4))).clamp(-32768, 32767).to(torch.int16)
    config = AugmentConfig(noise_prob=0.5, noise_amplitude=0.5, noise_snr_db=ratio, shift_ms=500)
    changes = draw_changes(9, 16_000, config, noise, generator(1))
    changes.by[:3] = torch.tensor([0, 8000, -8000])
    numbers = np.array([3, 1, 4, 1, 5, 8, 2, 6, 0])
    front_end = LogMel()
    waveforms = changed(samples[numbers].float() / 32768, changes, config, noise)
    assert float(waveforms.abs().max()) == 1.0
    frames = augmented_frames(samples.numpy(), numbers, changes, config, noise, front_end.window, 160, 512)
    assert frames.shape == (9, 101, 512)
    torch.testing.assert_close(front_end.spectra_of(frames).transpose(1, 2), front_end(waveforms), atol=2e-4, rtol=0)


def test_frames_by_hand():
    """A clip of ten samples, moved by two, with a window of ones: reflected at both ends, zeros behind the window."""
    samples = np.arange(1, 11, dtype=np.int16)[None]
    config = AugmentConfig(noise_prob=0, shift_ms=1)
    changes = draw_changes(1, 10, config, None, generator())
    changes.by[0] = 2
    frames = augmented_frames(samples, np.array([0]), changes, config, None, torch.ones(4), 5, 6)
    # moved: 0 0 1 2 3 4 5 6 7 8; with two reflected at each end: 1 0 | 0 0 1 2 3 4 5 6 7 8 | 7 6
    assert (frames[0] * 32768).tolist() == [[1, 0, 0, 0, 0, 0], [2, 3, 4, 5, 0, 0], [7, 8, 7, 6, 0, 0]]


def test_where_the_code_can_be_kept_nowhere_it_is_made_anew(monkeypatch):
    """An installation that cannot be written, and no cache of the user's own, costs a second and nothing else."""
    import numba

    from fskws import frames

    real = numba.njit

    def read_only(function, *, cache, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(function, **options)

    monkeypatch.setattr(numba, "njit", read_only)
    frames._kernel.cache_clear()
    try:
        test_frames_by_hand()
    finally:
        frames._kernel.cache_clear()
