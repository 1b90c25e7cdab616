"""Augmentation of a training batch. All draws come from the generator that is passed in, on the CPU, so that one seed
gives the same batch on every device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fskws.audio import SAMPLE_RATE_HZ
from fskws.config import AugmentConfig


@dataclass(frozen=True)
class Changes:
    """What is done to the waveforms of a batch, drawn for all of it beforehand; a part of the batch takes its part.

    Attributes, each with one row a clip: by: (batch,) int64, samples to move by. noisy: (batch, 1) float32, 1 with
    noise and 0 without. level: (batch, 1), place in the range of amplitudes or ratios. starts: (batch,) int64, where
    recorded noise is cut. white: (batch, samples), white noise where none is recorded. Empty ones: (batch, 0).
    """

    by: Tensor
    noisy: Tensor
    level: Tensor
    starts: Tensor
    white: Tensor

    def of(self, rows: slice) -> Changes:
        """Those clips' part."""
        return Changes(self.by[rows], self.noisy[rows], self.level[rows], self.starts[rows], self.white[rows])


def draw_changes(
    batch: int, n_samples: int, config: AugmentConfig, noise: Tensor | None, generator: torch.Generator
) -> Changes:
    """Draws shift and noise for a batch. noise: (recorded samples,), longer than a clip; None: white noise."""
    none = torch.zeros(batch, 0)
    by = starts = torch.zeros(batch, dtype=torch.int64)
    noisy = level = white = none
    if widest := _samples(config.shift_ms):
        by = torch.randint(-widest, widest + 1, (batch, 1), generator=generator)[:, 0]
    if config.noise_prob:
        noisy = (torch.rand(batch, 1, generator=generator) < config.noise_prob).float()
        level = torch.rand(batch, 1, generator=generator)
        if noise is None:
            white = torch.randn(batch, n_samples, generator=generator) / 3
        else:
            starts = torch.randint(0, noise.numel() - n_samples + 1, (batch, 1), generator=generator)[:, 0]
    return Changes(by, noisy, level, starts, white)


def changed(waveforms: Tensor, changes: Changes, config: AugmentConfig, noise: Tensor | None) -> Tensor:
    """Shift, then noise; (batch, samples) -> the same shape, within -1..1. `noise` lies on the waveforms' device."""
    moved = shift(waveforms, changes.by, _samples(config.shift_ms))
    return add_noise(moved, changes, config, noise).clamp_(-1, 1)


@dataclass(frozen=True)
class Streams:
    """The waveforms that a clip's streams are made of, each (batch, samples).

    Attributes: speech: of the spectrum that is classified. others: of formant envelope and residual (`fskws.lpc`).
    """

    speech: Tensor
    others: Tensor


def changed_streams(
    waveforms: Tensor, changes: Changes, config: AugmentConfig, noise: Tensor | None, *, speech_only: bool
) -> Streams:
    """Shift and noise for all streams of a clip, or noise on the speech stream alone.

    Every stream is shifted alike, so that frames stay frames of the same moment.
    """
    speech = changed(waveforms, changes, config, noise)
    if not speech_only:
        return Streams(speech, speech)
    return Streams(speech, shift(waveforms, changes.by, _samples(config.shift_ms)))


def noise_amplitudes(
    powers: Sequence[float], changes: Changes, config: AugmentConfig, noise: Tensor | None, n_samples: int
) -> NDArray[np.float32]:
    """The factor of each clip's noise, 0 where it gets none: (batch,).

    Args: powers: mean squares of the clips, needed where a signal-to-noise ratio is asked for.
    """
    if not config.noise_snr_db:
        chosen: NDArray[np.float32] = (changes.noisy * config.noise_amplitude * changes.level)[:, 0].numpy()
        return chosen
    result = np.zeros(len(changes.noisy), np.float32)
    for row in torch.nonzero(changes.noisy[:, 0])[:, 0].tolist():
        start = int(changes.starts[row])
        added = changes.white[row] if noise is None else noise[start : start + n_samples]
        ratio = _ratio_db(config, changes.level[row, None])
        result[row] = _amplitude(torch.tensor([[powers[row]]]), added[None], ratio[None]).item()
    return result


def shift(waveforms: Tensor, by: Tensor, widest: int) -> Tensor:
    """Moves each clip, zeros filling the gap; (batch, samples), (batch,) of -widest..widest -> (batch, samples)."""
    if widest == 0:
        return waveforms
    n_samples = waveforms.shape[1]
    places = functional.pad(waveforms, (widest, widest)).unfold(1, n_samples, 1)  # (batch, 2 widest + 1, samples)
    rows = torch.arange(len(waveforms), device=waveforms.device)
    return places[rows, widest - by.to(waveforms.device)]


def add_noise(waveforms: Tensor, changes: Changes, config: AugmentConfig, noise: Tensor | None) -> Tensor:
    """Adds noise to the clips drawn for it; (batch, samples) -> the same shape.

    The level is an amplitude from 0..noise_amplitude or, with noise_snr_db, a signal-to-noise ratio (a silent clip
    then stays silent). Recorded noise is scaled to a largest sample of 1, white noise to an r.m.s. of 1/3.
    """
    if config.noise_prob == 0:
        return waveforms
    device = waveforms.device
    if noise is None:
        added = changes.white.to(device)
    else:
        added = noise.unfold(0, waveforms.shape[1], 1)[changes.starts.to(noise.device)].to(device)
    level, noisy = changes.level.to(device), changes.noisy.to(device)
    if config.noise_snr_db:
        amplitude = snr_amplitude(waveforms, added, _ratio_db(config, level))
    else:
        amplitude = config.noise_amplitude * level
    return torch.addcmul(waveforms, added, noisy * amplitude)


def _ratio_db(config: AugmentConfig, level: Tensor) -> Tensor:
    low_db, high_db = config.snr_range_db()
    return low_db + (high_db - low_db) * level


def _samples(milliseconds: float) -> int:
    return round(milliseconds * SAMPLE_RATE_HZ / 1000)


def snr_amplitude(speech: Tensor, noise: Tensor, snr_db: Tensor) -> Tensor:
    """The factor that brings noise to a signal-to-noise ratio in dB; (batch, samples) twice, (batch, 1) -> (batch,
    1).
    """
    return _amplitude(speech.square().mean(1, keepdim=True), noise, snr_db)


def _amplitude(speech_power: Tensor, noise: Tensor, snr_db: Tensor) -> Tensor:
    noise_power = noise.square().mean(1, keepdim=True).clamp_min(1e-12)
    return torch.sqrt(speech_power / noise_power * 10 ** (-snr_db / 10))


def spec_augment(log_mel: Tensor, config: AugmentConfig, generator: torch.Generator, masks: int = 2) -> Tensor:
    """Two frequency and two time masks, filled with the clip's mean; (batch, mels, frames) -> the same shape.

    Source: Park et al. 2019, without time warping; widths are drawn from 0 to below the widest, as in BC-ResNet's
    recipe.
    """
    if config.spec_aug == 0:
        return log_mel
    batch, n_mels, n_frames = log_mel.shape
    hidden = torch.zeros(log_mel.shape, dtype=torch.bool)
    for _ in range(masks):
        hidden |= _bands(batch, n_mels, config.spec_aug, generator)[:, :, None]
        hidden |= _bands(batch, n_frames, config.spec_aug_frames, generator)[:, None, :]
    return torch.where(hidden.to(log_mel.device), log_mel.mean((1, 2), keepdim=True), log_mel)


def _bands(batch: int, length: int, widest: int, generator: torch.Generator) -> Tensor:
    """(batch, length) bool: one stretch a row."""
    widths = (torch.rand(batch, 1, generator=generator) * widest).long()
    starts = (torch.rand(batch, 1, generator=generator) * (length - widths + 1)).long()
    places = torch.arange(length)[None]
    return (places >= starts) & (places < starts + widths)


def augment_waveforms(
    waveforms: Tensor, config: AugmentConfig, noise: Tensor | None, generator: torch.Generator
) -> Tensor:
    """Draws and applies the changes at once; (batch, samples) -> the same shape, within -1..1."""
    batch, n_samples = waveforms.shape
    return changed(waveforms, draw_changes(batch, n_samples, config, noise, generator), config, noise)
