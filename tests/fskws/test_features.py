"""The log-mel front end against torchaudio and librosa."""

from __future__ import annotations

import librosa
import numpy as np
import torch
import torchaudio

from fskws.features import CLIPS_AT_ONCE, LogMel, mel_filterbank


def _waveforms() -> torch.Tensor:
    draws = torch.Generator().manual_seed(3)
    times = torch.arange(16_000) / 16_000
    chirp = 0.5 * torch.sin(2 * np.pi * (200 + 3000 * times) * times)
    noise = 0.05 * torch.randn(16_000, generator=draws)
    return torch.stack([chirp, noise, chirp + noise])


def test_log_mel_equals_torchaudio():
    """Within 2e-5 of torchaudio's MelSpectrogram, given its filters, which are made in float32 and off by up to
    1e-4.
    """
    waveforms = _waveforms()[1:]
    reference = torchaudio.transforms.MelSpectrogram(16_000, n_fft=512, win_length=480, hop_length=160, n_mels=40)
    expected = torch.log(reference(waveforms) + 1e-6)
    front_end = LogMel()
    assert (front_end(waveforms) - expected).abs().max() <= 2e-4
    front_end.filters.copy_(reference.mel_scale.fb.repeat_interleave(2, dim=0))
    assert (front_end(waveforms) - expected).abs().max() <= 2e-5


def test_log_mel_equals_librosa():
    """Within 1e-5 of librosa's mel spectrogram in float64 (HTK, not normalised, reflected ends)."""
    waveforms = _waveforms()[1:]
    for waveform, ours in zip(waveforms, LogMel()(waveforms), strict=True):
        mel = librosa.feature.melspectrogram(
            y=waveform.numpy().astype(np.float64),
            sr=16_000,
            n_fft=512,
            win_length=480,
            hop_length=160,
            n_mels=40,
            htk=True,
            norm=None,
            pad_mode="reflect",
        )
        assert np.abs(ours.numpy() - np.log(mel + 1e-6)).max() <= 1e-5


def test_filterbank_equals_torchaudio():
    """The HTK triangles, filter by filter."""
    reference = torchaudio.functional.melscale_fbanks(257, 0.0, 8000.0, 40, 16_000, norm=None, mel_scale="htk")
    assert (mel_filterbank(257, 40, 16_000) - reference).abs().max() < 1e-5


def test_one_second_gives_101_frames_and_silence_the_floor():
    """Frames are samples // hop + 1; digital silence is log(floor), finite."""
    log_mel = LogMel()(torch.zeros(2, 16_000))
    assert log_mel.shape == (2, 40, 101)
    torch.testing.assert_close(log_mel, torch.full_like(log_mel, float(np.log(1e-6))))


def test_inference_mode_gives_the_same_values_on_many_threads():
    """A batch of several parts, each on its thread, inside inference mode as when clips are embedded."""
    waveforms = _waveforms().repeat(25, 1)
    expected, threads = LogMel()(waveforms), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with torch.inference_mode():
            got = LogMel()(waveforms)
    finally:
        torch.set_num_threads(threads)
    torch.testing.assert_close(got, expected, atol=0, rtol=0)


def test_a_batch_equals_its_clips_one_by_one():
    """No clip sees its neighbours, in a batch that is worked on at once or in parts."""
    waveforms = _waveforms().repeat(25, 1)
    assert len(waveforms) > 2 * CLIPS_AT_ONCE
    together = LogMel()(waveforms)
    for waveform, expected in zip(waveforms, together, strict=True):
        torch.testing.assert_close(LogMel()(waveform[None])[0], expected, atol=1e-5, rtol=1e-5)
