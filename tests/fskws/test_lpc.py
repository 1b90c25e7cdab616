"""Linear prediction against scipy and plain loops, and on inputs that break float32."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from fskws.lpc import autocorrelation, frame, levinson, linear_prediction, prediction_coefficients


def vowel(batch=2, dtype=torch.float64):
    """Pulses through three resonances, over a little noise."""
    draws = np.random.default_rng(0)
    clips = []
    for pitch in range(100, 100 + 40 * batch, 40):
        clip = 0.001 * draws.standard_normal(16_000)
        clip[:: 16_000 // pitch] += 1.0
        for centre_hz, width_hz in ((700, 80), (1200, 100), (2600, 150)):
            radius, angle = np.exp(-np.pi * width_hz / 16_000), 2 * np.pi * centre_hz / 16_000
            clip = lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], clip)
        clips.append(0.5 * clip / np.abs(clip).max())
    return torch.tensor(np.array(clips), dtype=dtype)


def test_one_second_gives_101_centred_frames():
    """Half a frame of zeros at both ends; frame i is centred on sample 160 i."""
    clip = torch.arange(1.0, 16_001.0)[None]
    frames = frame(clip)
    assert frames.shape == (1, 101, 320)
    assert frames[0, 0, 160] == 1
    assert frames[0, 50, 160] == 8001
    assert (frames[0, 0, :160] == 0).all() and (frames[0, 100, 160:] == 0).all()
    with pytest.raises(ValueError, match="an even frame, a hop within it"):
        frame(clip, 321)


def test_autocorrelation_equals_numpy():
    """Lag by lag, against np.correlate."""
    x = np.random.default_rng(1).standard_normal(50)
    expected = np.correlate(x, x, "full")[49:60]
    np.testing.assert_allclose(autocorrelation(torch.from_numpy(x), 10).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("order", [1, 12, 20])
def test_levinson_equals_scipys_toeplitz_solver(order):
    """float64 coefficients within 1e-8 of scipy.linalg.solve_toeplitz, frame by frame."""
    lags = autocorrelation(frame(vowel()) * torch.hann_window(320, dtype=torch.float64), order)
    lags[0] = lags[0] * (1 + 1e-4) + 1e-10
    coefficients, error = levinson(lags)
    for clip, place in ((0, 30), (1, 50), (1, 100), (0, 0)):
        r = lags[:, clip, place].numpy()
        expected = np.concatenate([[1.0], solve_toeplitz(r[:-1], -r[1:])])
        np.testing.assert_allclose(coefficients[:, clip, place].numpy(), expected, atol=1e-8)
        assert error[clip, place].item() == pytest.approx(r @ expected, rel=1e-8)


def test_lags_from_the_spectrum_equal_direct_ones():
    """The power spectrum gives the autocorrelation that the sum over samples gives; coefficients alone are the same."""
    clips = vowel()
    lags = autocorrelation(frame(clips) * torch.hann_window(320, dtype=torch.float64), 12)
    lags[0] = lags[0] * (1 + 1e-4) + 1e-10
    expected = levinson(lags)[0].permute(1, 2, 0)
    torch.testing.assert_close(linear_prediction(clips, 12).coefficients, expected, atol=1e-8, rtol=0)
    torch.testing.assert_close(prediction_coefficients(clips, 12)[0], expected, atol=1e-8, rtol=0)


def test_envelope_and_residual_add_up_to_the_log_spectrum():
    """log |X| = log 1/|A| + log |E| where the frame is not silent, and E is the spectrum of the inverse-filtered
    frame.
    """
    clips = vowel()
    prediction = linear_prediction(clips, 12)
    frames = frame(clips) * torch.hann_window(320, dtype=torch.float64)
    spectrum = torch.log(torch.fft.rfft(frames, n=512).abs().clamp_min(1e-10))
    total = prediction.log_envelope + prediction.log_residual
    loud = spectrum > -15
    assert (total - spectrum)[loud].abs().max() < 1e-6
    a = prediction.coefficients[0, 40].numpy()
    residual = np.convolve(frames[0, 40].numpy(), a)
    expected = np.log(np.abs(np.fft.rfft(residual, n=512)))
    np.testing.assert_allclose(prediction.log_residual[0, 40].numpy(), expected, atol=1e-6)


def test_envelope_peaks_at_the_formants():
    """The poles of the synthetic vowel are found: 700, 1200 and 2600 Hz within 60 Hz."""
    envelope = linear_prediction(vowel(1), 12).log_envelope[0, 50].numpy()
    peaks = [i for i in range(1, 256) if envelope[i - 1] < envelope[i] > envelope[i + 1]]
    for formant_hz in (700, 1200, 2600):
        assert min(abs(peak * 16_000 / 512 - formant_hz) for peak in peaks) < 60


def hard_inputs():
    """Silence, constant, sine, impulse, square wave (clipping) and near-silence."""
    times = torch.arange(16_000) / 16_000
    impulse = torch.zeros(16_000)
    impulse[8000] = 1
    sine = torch.sin(2 * np.pi * 440 * times)
    return torch.stack([torch.zeros(16_000), torch.ones(16_000), sine, impulse, sine.sign(), 1e-5 * sine])


@pytest.mark.parametrize("order", [12, 20])
def test_float32_stays_finite_and_stable_where_it_is_hard(order):
    """All values finite and all poles inside the unit circle on silence, constant, sine, impulse and clipping."""
    prediction = linear_prediction(hard_inputs(), order)
    for values in vars(prediction).values():
        assert torch.isfinite(values).all()
    for a in prediction.coefficients[:, ::10].reshape(-1, order + 1).double().numpy():
        assert np.abs(np.roots(a)).max(initial=0) < 1
    assert prediction.coefficients[0, 0].tolist() == [1.0] + [0.0] * order


def test_float32_agrees_with_float64():
    """The envelope differs by less than 0.05 dB for 99.9 % of all values."""
    exact = linear_prediction(vowel(), 20).log_envelope
    single = linear_prediction(vowel(dtype=torch.float32), 20).log_envelope.double()
    differences_db = (exact - single).abs() * 20 / np.log(10)
    assert torch.quantile(differences_db.flatten(), 0.999) < 0.05


def test_real_speech_agrees_in_float32(shared_data):
    """On real clips, order 20: 99.9 % of envelope values within 0.05 dB of float64."""
    import soundfile

    files = sorted((shared_data / "keywords" / "gsc30").glob("*/*.flac"))[::25]
    clips = []
    for file in files:
        samples, _ = soundfile.read(file)
        clips.append(np.pad(samples, (0, max(0, 16_000 - len(samples))))[:16_000])
    clips = torch.tensor(np.array(clips))
    exact = linear_prediction(clips, 20).log_envelope
    single = linear_prediction(clips.float(), 20).log_envelope.double()
    differences_db = np.sort(((exact - single).abs() * 20 / np.log(10)).flatten().numpy())
    assert differences_db[int(0.999 * len(differences_db))] < 0.05


@pytest.mark.parametrize(
    ("settings", "text"),
    [({"order": 400}, "order=400; allowed: 1 to 319"), ({"order": 20, "n_fft": 320}, "at least frame")],
)
def test_wrong_sizes_are_refused(settings, text):
    """An order beyond the frame, and an FFT too short for the identity to hold."""
    with pytest.raises(ValueError, match=text):
        linear_prediction(torch.zeros(1, 16_000), **settings)
