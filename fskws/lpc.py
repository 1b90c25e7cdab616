"""Linear prediction of a batch of clips: formant envelope and residual, on any device.

Autocorrelation method with white-noise correction and Levinson-Durbin recursion over all frames at once. Sources:
Makhoul, "Linear Prediction: A Tutorial Review", Proc. IEEE 1975; white-noise correction of -40 dB: Kabal,
"Ill-conditioning and bandwidth expansion in linear prediction of speech", ICASSP 2003, which reviews speech codecs.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

#: Added to the zeroth lag, whatever the level: a frame of zeros then predicts nothing and has this gain.
_FLOOR = 1e-10


@dataclass(frozen=True)
class LinearPrediction:
    """What prediction leaves of each frame.

    Attributes: coefficients: (batch, frames, order + 1), a_0 = 1, of A(z) = sum_k a_k z^-k. error: (batch, frames),
    the power of
        the residual. log_envelope and log_residual: (batch, frames, n_fft // 2 + 1), natural logarithms of 1 / |A|
        and of |A X|; their sum is log |X| of the windowed frame X.
    """

    coefficients: Tensor
    error: Tensor
    log_envelope: Tensor
    log_residual: Tensor


def frame(waveforms: Tensor, frame_samples: int = 320, hop_samples: int = 160) -> Tensor:
    """Frames centred on every hop, zeros at both ends; (batch, samples) -> (batch, samples // hop + 1, frame_samples).

    One second at 16 kHz gives exactly 101 frames, as many as the log-mel front end. Raises: ValueError: hop does not
    fit.
    """
    if frame_samples % 2 or not 0 < hop_samples <= frame_samples:
        raise ValueError(
            f"frame_samples={frame_samples}, hop_samples={hop_samples}; allowed: an even frame, a hop within it"
        )
    padded = functional.pad(waveforms, (frame_samples // 2, frame_samples // 2))
    return padded.unfold(1, frame_samples, hop_samples)


def autocorrelation(frames: Tensor, order: int) -> Tensor:
    """r_k = sum_n x_n x_(n+k), k = 0..order, lag by lag; (..., samples) -> (order + 1, ...)."""
    n_samples = frames.shape[-1]
    lags = [(frames[..., : n_samples - lag] * frames[..., lag:]).sum(-1) for lag in range(order + 1)]
    return torch.stack(lags)


def levinson(autocorrelations: Tensor) -> tuple[Tensor, Tensor]:
    """Levinson-Durbin recursion for any number of frames at once.

    Args: autocorrelations: (order + 1, ...), r_0 > 0. Lags lead, so that each step works on whole rows.
    Returns: coefficients (order + 1, ...), a_0 = 1, and the error power (...).
    """
    order = len(autocorrelations) - 1
    coefficients = torch.zeros_like(autocorrelations)
    coefficients[0] = 1
    error = autocorrelations[0].clone()
    for step in range(1, order + 1):
        # sum_j a_j r_(step - j), j = 0..step-1
        correlation = (coefficients[:step] * autocorrelations[1 : step + 1].flip(0)).sum(0)
        reflection = -correlation / error
        # a_j <- a_j + k a_(step - j), j = 1..step; a_step was zero
        coefficients[1 : step + 1] += reflection * coefficients[:step].flip(0)
        error = error * (1 - reflection * reflection)
    return coefficients, error


def linear_prediction(
    waveforms: Tensor,
    order: int = 12,
    *,
    frame_samples: int = 320,
    hop_samples: int = 160,
    n_fft: int = 512,
    white_noise: float = 1e-4,
    window: Tensor | None = None,
) -> LinearPrediction:
    """Prediction coefficients, envelope and residual spectra of every frame.

    Args: waveforms: (batch, samples) float32 or float64. order: number of poles. white_noise: r_0 is raised by this
    share; in
        float32 1e-4 keeps all poles inside the unit circle on silence, tones and clipped speech. window:
        (frame_samples,); None: Hann.
    Raises: ValueError: the order does not fit the frame, or n_fft is shorter than frame + order, when the product of
    spectra
        would no longer be the residual's.
    """
    if not 1 <= order < frame_samples:
        raise ValueError(f"order={order}; allowed: 1 to {frame_samples - 1}, below the frame's length")
    if n_fft < frame_samples + order:
        raise ValueError(f"n_fft={n_fft}; allowed: at least frame + order = {frame_samples + order}")
    shape = window if window is not None else torch.hann_window(frame_samples, dtype=waveforms.dtype)
    frames = frame(waveforms, frame_samples, hop_samples) * shape.to(waveforms)  # (batch, frames, samples)
    power = _power(frames, n_fft)
    coefficients, error = levinson(_corrected_lags(power, order, n_fft, white_noise))  # (order + 1, batch, frames)
    coefficients = coefficients.permute(1, 2, 0)
    inverse = _log_magnitude(coefficients, n_fft)
    spectrum = 0.5 * torch.log(power + 1e-20)
    return LinearPrediction(coefficients, error, -inverse, spectrum + inverse)


def prediction_coefficients(
    waveforms: Tensor, order: int = 12, *, n_fft: int = 512, white_noise: float = 1e-4
) -> tuple[Tensor, Tensor]:
    """Coefficients and error power alone, (batch, frames, order + 1) and (batch, frames); see `linear_prediction`."""
    window = torch.hann_window(320, dtype=waveforms.dtype, device=waveforms.device)
    power = _power(frame(waveforms) * window, n_fft)
    coefficients, error = levinson(_corrected_lags(power, order, n_fft, white_noise))
    return coefficients.permute(1, 2, 0), error


def _power(frames: Tensor, n_fft: int) -> Tensor:
    """|FFT|^2: (..., samples) -> (..., n_fft // 2 + 1)."""
    parts = torch.view_as_real(torch.fft.rfft(frames, n=n_fft)).square_()
    return parts[..., 0] + parts[..., 1]


def _corrected_lags(power: Tensor, order: int, n_fft: int, white_noise: float) -> Tensor:
    """Autocorrelation from a power spectrum, r_0 raised; (batch, frames, freqs) -> (order + 1, batch, frames).

    r_k = sum_f |X_f|^2 cos(2 pi f k / n_fft) / n_fft over the whole circle; exact while frame + order fits into
    n_fft. The sum is made in float64: in float32 it alone would cost ten times the error of all the rest.
    """
    freqs = torch.arange(n_fft // 2 + 1, dtype=torch.float64)
    cosines = torch.cos(2 * torch.pi * freqs[:, None] * torch.arange(order + 1) / n_fft) * (2.0 / n_fft)
    cosines[0] /= 2  # 0 Hz and half the rate stand once on the circle
    if n_fft % 2 == 0:
        cosines[-1] /= 2
    lags = (power.double() @ cosines.to(power.device)).permute(2, 0, 1).to(power.dtype).contiguous()
    lags[0] = lags[0] * (1 + white_noise) + _FLOOR
    return lags


def _log_magnitude(sequences: Tensor, n_fft: int) -> Tensor:
    """log |FFT|, with a floor far below any sample's rounding: (..., n) -> (..., n_fft // 2 + 1)."""
    return 0.5 * torch.log(_power(sequences, n_fft) + 1e-20)
