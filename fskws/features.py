"""Log-mel spectra of a batch of clips, on any device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

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


#: Clips worked on at once on a CPU: their frames and spectra (0.4 MB a clip) stay in its second-level cache, and small
#: blocks of memory are used again instead of being asked for anew. All 64 clips of a batch at once took three times as
#: long.
CLIPS_AT_ONCE = 4


def clips_at_once(device: torch.device) -> int:
    """How many clips a front end should work on at once: few for each thread of a CPU, a whole batch on a GPU."""
    return CLIPS_AT_ONCE * torch.get_num_threads() if device.type == "cpu" else 1 << 20


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
        # Real and imaginary parts stand side by side, each with its filter: one matrix product sums them and the bands.
        filters = mel_filterbank(n_fft // 2 + 1, n_mels, sample_rate_hz).repeat_interleave(2, dim=0)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """(batch, samples) float in -1..1 -> (batch, n_mels, frames), frames = samples // hop + 1."""
        few = torch.split(waveforms, clips_at_once(waveforms.device))
        return self._of_few(few[0]) if len(few) == 1 else torch.cat([self._of_few(part) for part in few])

    def _of_few(self, waveforms: Tensor) -> Tensor:
        batch, n_samples = waveforms.shape
        reach = self.window_samples // 2  # samples that a window reads beyond either end
        padded = waveforms.new_empty(batch, n_samples + 2 * reach)
        padded[:, reach : reach + n_samples] = waveforms
        padded[:, :reach] = waveforms[:, 1 : reach + 1].flip(1)
        padded[:, reach + n_samples :] = waveforms[:, -reach - 1 : -1].flip(1)
        frames = padded.unfold(1, self.window_samples, self.hop_samples)
        # Zeros stand after the window's samples: a transform that is told to pad copies every frame once more.
        whole = waveforms.new_zeros(batch, frames.shape[1], self.n_fft)
        whole[:, :, : self.window_samples].copy_(frames).mul_(self.window)
        parts = torch.view_as_real(torch.fft.rfft(whole)).flatten(2)
        mel = parts.square_() @ self.filters  # (batch, frames, n_mels)
        return mel.add_(self.floor).log_().transpose(1, 2)
