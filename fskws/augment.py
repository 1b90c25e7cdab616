"""Augmentation of a training batch. All draws come from the generator that is passed in, on the CPU, so that one seed
gives the same batch on every device."""

from __future__ import annotations

import torch
from torch import Tensor

from fskws.audio import SAMPLE_RATE_HZ
from fskws.config import AugmentConfig


def shift(waveforms: Tensor, shift_ms: float, generator: torch.Generator) -> Tensor:
    """Moves each clip by up to `shift_ms` either way, zeros filling the gap; (batch, samples) -> the same shape."""
    widest = round(shift_ms * SAMPLE_RATE_HZ / 1000)
    if widest == 0:
        return waveforms
    batch, n_samples = waveforms.shape
    by = torch.randint(-widest, widest + 1, (batch, 1), generator=generator).to(waveforms.device)
    source = torch.arange(n_samples, device=waveforms.device)[None] - by  # (batch, samples)
    inside = (source >= 0) & (source < n_samples)
    return waveforms.gather(1, source.clamp(0, n_samples - 1)) * inside


def add_noise(waveforms: Tensor, config: AugmentConfig, noise: Tensor | None, generator: torch.Generator) -> Tensor:
    """Adds noise to a share `noise_prob` of the clips.

    Args: waveforms: (batch, samples). noise: (recorded samples,) to cut from, longer than a clip; None: white noise.
    The level is an amplitude drawn from 0..noise_amplitude or, with noise_snr_db, a drawn signal-to-noise ratio (a
    silent clip then stays silent). Recorded noise is scaled to a largest sample of 1, white noise to an r.m.s. of 1/3.
    """
    if config.noise_prob == 0:
        return waveforms
    batch, n_samples = waveforms.shape
    chosen = torch.rand(batch, 1, generator=generator) < config.noise_prob
    level = torch.rand(batch, 1, generator=generator)
    if noise is None:
        added = torch.randn(batch, n_samples, generator=generator) / 3
    else:
        starts = torch.randint(0, noise.numel() - n_samples + 1, (batch, 1), generator=generator)
        added = noise.cpu()[starts + torch.arange(n_samples)[None]]
    added, chosen, level = (part.to(waveforms.device) for part in (added, chosen, level))
    if config.noise_snr_db:
        low_db, high_db = config.snr_range_db()
        amplitude = snr_amplitude(waveforms, added, low_db + (high_db - low_db) * level)
    else:
        amplitude = config.noise_amplitude * level
    return waveforms + chosen * amplitude * added


def snr_amplitude(speech: Tensor, noise: Tensor, snr_db: Tensor) -> Tensor:
    """The factor that brings noise to a signal-to-noise ratio in dB; (batch, samples) twice, (batch, 1) -> (batch,
    1).
    """
    speech_power = speech.square().mean(1, keepdim=True)
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
    """Shift, then noise; (batch, samples) -> the same shape, within -1..1."""
    moved = shift(waveforms, config.shift_ms, generator)
    return add_noise(moved, config, noise, generator).clamp_(-1, 1)
