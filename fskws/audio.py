"""From an audio file to a clip of fixed length: decode, mix to mono, resample, trim or pad. The one reader of audio
files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fskws.errors import DataError

SAMPLE_RATE_HZ = 16_000
CLIP_SAMPLES = 16_000
AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif")

Samples = NDArray[np.float32]


def read_clip(path: Path, n_samples: int = CLIP_SAMPLES) -> Samples:
    """One clip of the project's rate and length.

    Args: path: any file soundfile (or else librosa) can read, any rate, any number of channels.
    Returns: (n_samples,) float32 in -1..1.
    Raises: DataError: the file is corrupt, empty, or holds values that are not finite; the text names it.
    """
    samples, rate_hz = decode(path)
    return fit_length(resample(samples, rate_hz), n_samples)


def decode(path: Path) -> tuple[Samples, int]:
    """(mono float32 samples, their rate in Hz). Channels are averaged. Raises: DataError, see `read_clip`."""
    import soundfile

    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError) as first:
        samples, rate_hz = _decode_with_librosa(path, first)
    mono = samples.mean(axis=1, dtype=np.float32) if samples.shape[1] > 1 else samples[:, 0]
    if mono.size == 0:
        raise DataError(f"{path}: holds no samples")
    if not np.isfinite(mono).all():
        raise DataError(f"{path}: holds samples that are not finite")
    return np.ascontiguousarray(mono), int(rate_hz)


def _decode_with_librosa(path: Path, first: Exception) -> tuple[Samples, int]:
    """Second opinion (audioread's codecs) for what libsndfile does not know."""
    if path.suffix.lower() in (".wav", ".flac", ".ogg") or not path.is_file():
        raise DataError(f"{path}: cannot be decoded ({_first_line(first)})") from first
    import librosa

    try:
        samples, rate_hz = librosa.load(path, sr=None, mono=False, dtype=np.float32)
    except Exception as second:  # audioread raises whatever its back end raises
        raise DataError(f"{path}: cannot be decoded ({_first_line(first)}; {_first_line(second)})") from second
    return np.atleast_2d(samples).T, int(rate_hz)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def resample(samples: Samples, rate_hz: int, to_hz: int = SAMPLE_RATE_HZ) -> Samples:
    """Band-limited resampling by soxr; (n,) -> about (n * to_hz / rate_hz,)."""
    if rate_hz == to_hz:
        return samples
    import soxr

    result: Any = soxr.resample(samples, rate_hz, to_hz, quality="HQ")
    return np.asarray(result, dtype=np.float32)


def fit_length(samples: Samples, n_samples: int = CLIP_SAMPLES) -> Samples:
    """Short clips get zeros on both sides; of long ones the stretch with the most energy is kept."""
    extra = samples.size - n_samples
    if extra == 0:
        return samples
    if extra < 0:
        before = -extra // 2
        return np.pad(samples, (before, -extra - before))
    energy = np.concatenate(([0.0], np.cumsum(samples.astype(np.float64) ** 2)))
    held = energy[n_samples:] - energy[:-n_samples]
    # Equal energy at several places (silence around the word): the middle one keeps the word centred.
    best = np.flatnonzero(held >= held.max() * (1 - 1e-9))
    start = int(best[len(best) // 2])
    return samples[start : start + n_samples]


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """Rounded and clipped, never wrapped around."""
    scaled: NDArray[np.int16] = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype(np.int16)
    return scaled


def write_wav(path: Path, samples: NDArray[np.int16], rate_hz: int = SAMPLE_RATE_HZ) -> None:
    """One mono 16-bit WAV file."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate_hz, subtype="PCM_16", format="WAV")
