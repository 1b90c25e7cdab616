"""Windowed frames of a batch of clips for a CPU, straight from the int16 array: shift, noise, reflection and window,
each clip as a whole while it lies near the core. `augment.changed` and `features.LogMel` do the same step by step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fskws.augment import Changes, noise_amplitudes
from fskws.config import AugmentConfig

FULL_SCALE = 32768


def augmented_frames(
    samples: NDArray[np.int16],
    numbers: NDArray[np.int64],
    changes: Changes,
    config: AugmentConfig,
    noise: Tensor | None,
    window: Tensor,
    hop_samples: int,
    n_fft: int,
) -> Tensor:
    """Frames of some clips after their changes, centred and reflected at the ends, zeros after the window.

    Args: samples: (clips, samples). numbers: (batch,) rows of it. noise: (recorded samples,) on the CPU; None: what
        `changes` drew. window: (window samples,), an even number.
    Returns: (batch, samples // hop + 1, n_fft) float32.
    """
    batch, n_samples = len(numbers), samples.shape[1]
    frames = torch.empty(batch, n_samples // hop_samples + 1, n_fft)
    by, starts = changes.by.numpy(), changes.starts.numpy()
    added = np.zeros(n_samples, np.float32)
    amplitudes = np.zeros(batch, np.float32)
    if config.noise_prob:
        amplitudes = noise_amplitudes(_powers(samples, numbers, by, config), changes, config, noise, n_samples)
        if noise is None:
            added, starts = changes.white.reshape(-1).numpy(), n_samples * np.arange(batch)
        else:
            added = noise.numpy()
    _kernel()(samples, numbers, by, starts, amplitudes, added, window.numpy(), hop_samples, frames.numpy())
    return frames


def _powers(
    samples: NDArray[np.int16], numbers: NDArray[np.int64], by: NDArray[np.int64], config: AugmentConfig
) -> Sequence[float]:
    """Mean square of each clip after its shift, where a signal-to-noise ratio asks for it."""
    if not config.noise_snr_db:
        return []
    n_samples = samples.shape[1]
    kept = [samples[row, max(0, -move) : n_samples - max(0, move)] for row, move in zip(numbers, by, strict=True)]
    return [float(np.square(clip.astype(np.float32) / FULL_SCALE).sum()) / n_samples for clip in kept]


@functools.cache
def _kernel() -> Callable[..., None]:
    """The loops as machine code, made on first use (a second) and kept beside this file or in the user's cache."""
    import numba

    def compiled(keep: bool) -> Any:
        return numba.njit(_write_frames, nogil=True, error_model="numpy", cache=keep)

    try:
        made: Callable[..., None] = compiled(keep=True)
    except RuntimeError:  # no folder to keep it in can be written
        made = compiled(keep=False)
    return made


def _write_frames(
    samples: NDArray[np.int16],
    numbers: NDArray[np.int64],
    by: NDArray[np.int64],
    starts: NDArray[np.int64],
    amplitudes: NDArray[np.float32],
    added: NDArray[np.float32],
    window: NDArray[np.float32],
    hop: int,
    frames: NDArray[np.float32],
) -> None:
    """Fills frames. Loops over whole slices from zero: only those become vector instructions."""
    n_samples, n_window, n_fft = samples.shape[1], len(window), frames.shape[2]
    margin = n_window // 2
    scale, one = np.float32(1 / 32768), np.float32(1)
    clip = np.empty(margin + n_samples + margin, np.float32)
    middle = clip[margin : margin + n_samples]
    for number in range(len(numbers)):
        begin, end = max(0, by[number]), n_samples + min(0, by[number])
        middle[:begin] = 0
        middle[end:] = 0
        kept, read = middle[begin:end], samples[numbers[number]][begin - by[number] : end - by[number]]
        for k in range(len(kept)):
            kept[k] = np.float32(read[k]) * scale
        amplitude = amplitudes[number]
        if amplitude != 0:
            noise = added[starts[number] : starts[number] + n_samples]
            for k in range(n_samples):
                value = middle[k] + amplitude * noise[k]
                value = value if value < one else one
                middle[k] = value if value > -one else -one
        for k in range(margin):
            clip[k] = clip[2 * margin - k]
            clip[margin + n_samples + k] = clip[margin + n_samples - 2 - k]
        for place in range(frames.shape[1]):
            frame, heard = frames[number, place], clip[place * hop : place * hop + n_window]
            for k in range(n_window):
                frame[k] = heard[k] * window[k]
            for k in range(n_window, n_fft):
                frame[k] = 0
