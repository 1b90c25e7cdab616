"""Small real inputs for the training core: spoken-like tones, one pitch a word, slightly other for each speaker."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fskws import audio, dataset
from fskws.config import TrainConfig

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def tone_clip(word: int, speaker: int, repetition: int) -> np.ndarray:
    """One second: two tones of the word's own frequencies, a little off for each speaker, over a faint hiss."""
    draws = np.random.default_rng([word, speaker, repetition])
    times = np.arange(audio.CLIP_SAMPLES) / audio.SAMPLE_RATE_HZ
    pitch = 1 + 0.01 * (speaker % 5 - 2)
    clip = 0.3 * np.sin(2 * np.pi * (300 + 220 * word) * pitch * times)
    clip += 0.2 * np.sin(2 * np.pi * (4000 - 150 * word) * pitch * times) * (times > 0.5)
    return audio.to_int16((clip + 0.01 * draws.standard_normal(times.size)).astype(np.float32))


def _write_tones(folder: Path, n_words: int = 6, n_speakers: int = 10, repetitions: int = 2) -> dataset.KeywordSet:
    """A keyword set of tones in the project's own form."""
    writer = dataset.KeywordSetWriter(folder, n_words * n_speakers * repetitions)
    words = [f"tone{number}" for number in range(n_words)]
    for number, word in enumerate(words):
        for speaker in range(n_speakers):
            for repetition in range(repetitions):
                name = f"s{speaker:02}"
                file = f"{word}/{name}_nohash_{repetition}.wav"
                writer.add(tone_clip(number, speaker, repetition), word, name, file)
    return writer.finish(made_by={"tones": [n_words, n_speakers, repetitions]}, words=words)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """The tensors here are small; several threads only wait for one another."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(scope="session")
def write_tones() -> Callable[..., dataset.KeywordSet]:
    """Writes a set of tones: (folder, n_words, n_speakers, repetitions)."""
    return _write_tones


@pytest.fixture(scope="session")
def tone_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of 6 tones x 10 speakers x 2 repetitions."""
    folder = tmp_path_factory.mktemp("tones") / "set"
    _write_tones(folder)
    return folder


@pytest.fixture
def tones(tone_folder: Path) -> dataset.KeywordSet:
    """The opened set of tones."""
    return dataset.open_cache(tone_folder)


@pytest.fixture
def quick(tone_folder: Path) -> TrainConfig:
    """A run of a second or two: 4 base tones, one 2-way 3-shot session."""
    words = "--base-classes 4 --n-way 2 --k-shot 3 --sessions 2 --tau 0.625 --epochs 3 --batch-size 16 --lr 0.02"
    return TrainConfig.from_argv(["--data", str(tone_folder), *words.split(), "--threads", "1"])


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real speech and reference values; tests that use them skip where they are absent."""
    if not (SHARED_DATA / "golden").is_dir():
        pytest.skip("real speech and reference values are not here")
    return SHARED_DATA
