"""Log-mel spectra of a batch of clips, on any device."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from fskws.audio import SAMPLE_RATE_HZ
from fskws.devices import each_on_its_thread

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


#: Clips that a thread of a CPU works on at once: their frames and spectra (0.4 MB a clip) stay near it. 128 at once
#: took half as long again, 16 a tenth more.
CLIPS_AT_ONCE = 32


def few_clips(n_clips: int) -> list[slice]:
    """Parts of a batch, one after another, each few enough for a thread of a CPU."""
    return [slice(start, start + CLIPS_AT_ONCE) for start in range(0, n_clips, CLIPS_AT_ONCE)]


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
        self.n_fft, self.window_samples, self.hop_samples = n_fft, window_samples, hop_samples
        self.n_mels, self.floor = n_mels, floor
        self.register_buffer("window", torch.hann_window(window_samples), persistent=False)
        # Real and imaginary parts stand side by side, each with its filter: one matrix product sums them and the bands.
        filters = mel_filterbank(n_fft // 2 + 1, n_mels, sample_rate_hz).repeat_interleave(2, dim=0)
        self.register_buffer("filters", filters, persistent=False)
        # Low bands read low frequencies alone, high bands high ones: three products skip two thirds of the zeros.
        ends = [0, n_mels * 2 // 5, n_mels * 29 // 40, n_mels]
        thirds = [slice(*pair) for pair in itertools.pairwise(ends)]
        self.products = [(_used_rows(filters[:, bands]), bands) for bands in thirds]

    @property
    def margin(self) -> int:
        """Samples that a window reads beyond either end of a clip."""
        return self.window_samples // 2

    def forward(self, waveforms: Tensor) -> Tensor:
        """(batch, samples) float in -1..1 -> (batch, n_mels, frames), frames = samples // hop + 1."""

        def room(part: Tensor) -> Tensor:
            return functional.pad(part, (self.margin, self.margin))

        if waveforms.device.type != "cpu" or waveforms.requires_grad:
            return self.frames_of(room(waveforms)).transpose(1, 2)
        with torch.inference_mode(False):  # threads fill it that know nothing of this one's mode
            spectra = waveforms.new_empty(len(waveforms), self.frames(waveforms.shape[1]), self.n_mels)

        def fill(few: slice) -> None:
            self.frames_of(room(waveforms[few]), out=spectra[few])

        each_on_its_thread(fill, few_clips(len(waveforms)))
        return spectra.transpose(1, 2)

    def frames(self, n_samples: int) -> int:
        """Frames of a clip."""
        return n_samples // self.hop_samples + 1

    def frames_of(self, padded: Tensor, out: Tensor | None = None) -> Tensor:
        """(batch, margin + samples + margin) -> (batch, frames, n_mels), all at once: give few clips on a CPU.

        `margin` samples of room at both ends of a clip are overwritten by its reflection. out: where the result goes.
        """
        margin = self.margin
        padded[:, :margin] = padded[:, margin + 1 : 2 * margin + 1].flip(1)
        padded[:, -margin:] = padded[:, -2 * margin - 1 : -margin - 1].flip(1)
        frames = padded.unfold(1, self.window_samples, self.hop_samples)
        # Zeros stand after the window's samples: a transform that is told to pad copies every frame once more.
        whole = padded.new_empty(len(padded), frames.shape[1], self.n_fft)
        whole[:, :, self.window_samples :] = 0
        if padded.requires_grad:
            whole[:, :, : self.window_samples] = frames * self.window
        else:
            torch.mul(frames, self.window, out=whole[:, :, : self.window_samples])
        return self.spectra_of(whole, out)

    def spectra_of(self, frames: Tensor, out: Tensor | None = None) -> Tensor:
        """Windowed frames (batch, frames, n_fft) -> (batch, frames, n_mels). out: where the result goes."""
        power = torch.view_as_real(torch.fft.rfft(frames)).flatten(2).square_()  # (batch, frames, 2 freqs)
        if out is None:
            mel = torch.cat([power[:, :, rows] @ self.filters[rows, bands] for rows, bands in self.products], dim=2)
            return mel.add_(self.floor).log_()
        flat, mel = power.flatten(0, 1), out.flatten(0, 1)
        for rows, bands in self.products:
            torch.mm(flat[:, rows], self.filters[rows, bands], out=mel[:, bands])
        return out.add_(self.floor).log_()


def _used_rows(filters: Tensor) -> slice:
    """From the first to the last row that is not all zero."""
    used = torch.nonzero(filters.sum(1))
    return slice(int(used[0]), int(used[-1]) + 1)
