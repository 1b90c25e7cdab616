"""Log-mel spectra of a batch of clips, on any device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from fskws.audio import SAMPLE_RATE_HZ

N_MELS = 40


def mel_filterbank(n_freqs: int, n_mels: int, sample_rate_hz: int) -> Tensor:
    """Triangular filters on the HTK mel scale, peak 1, from 0 Hz to half the rate.

    Returns: (n_freqs, n_mels) float32.
    Source: HTK book, 5.6: mel(f) = 2595 log10(1 + f / 700).
    """
    frequencies = np.linspace(0, sample_rate_hz / 2, n_freqs)
    top = 2595.0 * np.log10(1.0 + sample_rate_hz / 2 / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(0.0, top, n_mels + 2) / 2595.0) - 1.0)
    rising = (frequencies[:, None] - edges[None, :-2]) / np.diff(edges)[None, :-1]
    falling = (edges[None, 2:] - frequencies[:, None]) / np.diff(edges)[None, 1:]
    return torch.from_numpy(np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32))


class LogMel(nn.Module):
    """log(mel power + floor) of waveforms.

    Frames are centred (reflected at the ends), so one second gives 101 frames. Only the window's own 480 samples are
    read of each 512-point frame: zeros around them change the phase of a spectrum, not its power.
    """

    window: Tensor
    filters: Tensor

    def __init__(
        self,
        n_fft: int = 512,
        window_samples: int = 480,
        hop_samples: int = 160,
        n_mels: int = N_MELS,
        floor: float = 1e-6,
        sample_rate_hz: int = SAMPLE_RATE_HZ,
    ) -> None:
        super().__init__()
        self.n_fft, self.window_samples, self.hop_samples, self.floor = n_fft, window_samples, hop_samples, floor
        self.register_buffer("window", torch.hann_window(window_samples), persistent=False)
        filters = mel_filterbank(n_fft // 2 + 1, n_mels, sample_rate_hz)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """(batch, samples) float in -1..1 -> (batch, n_mels, frames), frames = samples // hop + 1."""
        padded = functional.pad(waveforms[:, None], (self.n_fft // 2,) * 2, mode="reflect")[:, 0]
        inset = (self.n_fft - self.window_samples) // 2
        frames = padded[:, inset : padded.shape[1] - inset].unfold(1, self.window_samples, self.hop_samples)
        # Real and imaginary parts side by side, each with its filter: one matrix product sums them and the bands.
        parts = torch.view_as_real(torch.fft.rfft(frames * self.window, n=self.n_fft)).flatten(2)
        mel = parts.square_() @ self.filters.repeat_interleave(2, dim=0)  # (batch, frames, n_mels)
        return mel.add_(self.floor).log_().transpose(1, 2)
