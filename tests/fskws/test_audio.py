"""Reading audio files."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from fskws.audio import fit_length, read_clip, resample, to_int16
from fskws.errors import DataError


def test_any_rate_and_stereo_become_one_mono_second(tmp_path):
    """A 44.1 kHz stereo tone keeps its frequency: the spectrum's peak is at 1 kHz."""
    times = np.arange(44_100) / 44_100
    tone = 0.5 * np.sin(2 * np.pi * 1000 * times)
    soundfile.write(tmp_path / "tone.wav", np.stack([tone, tone], 1), 44_100)
    clip = read_clip(tmp_path / "tone.wav")
    assert clip.shape == (16_000,)
    assert np.abs(np.fft.rfft(clip)).argmax() == 1000
    assert abs(np.abs(clip[4000:12000]).max() - 0.5) < 0.01


def test_short_clips_are_padded_on_both_sides():
    """Zeros go to both ends, one more at the end when the number is odd."""
    clip = fit_length(np.ones(3, np.float32), 8)
    assert clip.tolist() == [0, 0, 1, 1, 1, 0, 0, 0]


def test_long_clips_keep_the_stretch_with_the_most_energy():
    """A word late in a long recording is found."""
    recording = np.zeros(40_000, np.float32)
    recording[30_000:34_000] = 0.5
    clip = fit_length(recording)
    assert clip.shape == (16_000,)
    assert (clip != 0).sum() == 4000


def test_loud_samples_are_clipped_not_wrapped():
    """Values beyond full scale stay at the limit."""
    assert to_int16(np.array([2.0, -2.0, 0.0], np.float32)).tolist() == [32767, -32768, 0]


def test_resampling_to_the_same_rate_changes_nothing():
    """The samples themselves are returned."""
    samples = np.ones(10, np.float32)
    assert resample(samples, 16_000) is samples


@pytest.mark.parametrize("content", [b"", b"RIFF\x00\x00", b"not audio at all" * 100])
def test_corrupt_files_are_named(tmp_path, content):
    """The message names the file."""
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken.wav: "):
        read_clip(path)


def test_empty_and_non_finite_audio_is_refused(tmp_path):
    """No samples, or NaN among them."""
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16_000)
    with pytest.raises(DataError, match="holds no samples"):
        read_clip(tmp_path / "empty.wav")
    soundfile.write(tmp_path / "nan.wav", np.full(100, np.nan), 16_000, subtype="FLOAT")
    with pytest.raises(DataError, match="not finite"):
        read_clip(tmp_path / "nan.wav")
