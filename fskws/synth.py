"""A keyword set spoken by espeak-ng, for demo and tests. Synthetic speech shows that things work; it supports no claim.

espeak-ng comes as a shared library inside the `espeakng-loader` wheel and is driven through ctypes, in a child
process of its own (`python -m fskws.synth`): a crash in it costs one message.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import re
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fskws import audio, dataset
from fskws.errors import ConfigError, DataError

#: First base words (four and three among them), then words that are confused with them (forward, tree), then the rest.
_BUILT_IN = (
    "yes no up down left right stop go four three seven "
    "tree forward happy marvin house bird wow visual sheila "
    "zero one two five six eight nine on off bed cat dog follow learn backward"
)
WORDS = tuple(_BUILT_IN.split())

#: Accents of English that differ audibly.
VOICES = ("en", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc")
#: Variants that do not sound like people.
_UNNATURAL = re.compile(r"robo|croak|demonic|whisper|klatt|anxious|tweaky|kaukovalta|fast|storm|iven|\s", re.IGNORECASE)

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_POSITION_CHARACTER = 1


@dataclass(frozen=True)
class SynthConfig:
    """What is spoken. One voice with one variant is a speaker; speed and pitch change from clip to clip.

    Attributes: words: at least two. clips_per_word: spread over the speakers. seed: of every draw.
    """

    words: tuple[str, ...] = WORDS[:20]
    clips_per_word: int = 100
    seed: int = 1

    def __post_init__(self) -> None:
        if len(self.words) < 2 or len(set(self.words)) != len(self.words):
            raise ConfigError(f"words={','.join(self.words)!r}; allowed: two or more different words")
        for word in self.words:
            if not re.fullmatch(r"[^\W_][\w' -]{0,39}", word):
                raise ConfigError(f"words: {word!r} is no word to speak; letters, digits, blanks and ' are allowed")
        if not 1 <= self.clips_per_word <= 10_000:
            raise ConfigError(f"clips_per_word={self.clips_per_word}; allowed: 1 to 10000")

    def made_by(self) -> dict[str, Any]:
        """The settings as they stand in the set's index; a change of the recipe changes `recipe`."""
        return {"synth": asdict(self) | {"words": list(self.words)}, "recipe": 2}


def words_of_option(text: str) -> tuple[str, ...]:
    """ "" -> the first 20 built-in words, "35" -> as many of them, "four,forward" -> those.

    Raises: ConfigError: more built-in words than there are.
    """
    if not text:
        return WORDS[:20]
    if text.isdigit():
        if not 2 <= int(text) <= len(WORDS):
            raise ConfigError(f"words={text}; allowed: 2 to {len(WORDS)} built-in words, or a comma list of words")
        return WORDS[: int(text)]
    return tuple(word.strip() for word in text.split(",") if word.strip())


def make_keyword_set(config: SynthConfig, folder: Path, *, replace: bool = False) -> dataset.KeywordSet:
    """The spoken set in `folder`; opened at once when it is there with the same settings.

    Raises: DataError: `folder` holds something else (and not `replace`), cannot be written, or espeak-ng failed.
    """
    if dataset.is_cache(folder):
        keywords = dataset.open_cache(folder)
        if keywords.made_by == config.made_by():
            return keywords
        if not replace:
            raise DataError(f"{folder}: holds another keyword set; give another --out, or --replace to make it anew")
    elif folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: is not empty and no keyword set; give another --out")
    elif folder.exists():
        folder.rmdir()
    command = [sys.executable, "-m", "fskws.synth", str(folder.resolve()), json.dumps(asdict(config))]
    child = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        raise DataError(
            f"espeak-ng ended with {name} while speaking; try fewer words, or report the words: {config.words}"
        )
    if child.returncode:
        raise DataError((child.stderr.strip().splitlines() or ["espeak-ng failed without a word"])[-1])
    return dataset.open_cache(folder)


def cached_keyword_set(config: SynthConfig, cache: Path | None = None) -> dataset.KeywordSet:
    """The spoken set in the user's cache, made there on first need."""
    key = hashlib.sha256(json.dumps(config.made_by(), sort_keys=True).encode()).hexdigest()[:16]
    return make_keyword_set(config, (cache or dataset.default_cache()) / f"synth-{key}")


def write_wav_tree(keywords: dataset.KeywordSet, folder: Path) -> int:
    """The clips as `word/speaker_nohash_n.wav` files; returns how many."""
    for clip, file in zip(keywords.clips, keywords.files.tolist(), strict=True):
        audio.write_wav(folder / file, clip)
    return len(keywords)


# ----------------------------------------------------------------------------------------------- inside the child
# process


class Speaker:
    """espeak-ng's library, synchronous. One a process: the library keeps its state in globals."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = Path(espeakng_loader.get_data_path())
        self.rate_hz = int(self._library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, str(data.parent).encode(), 0))
        if self.rate_hz <= 0:
            self.rate_hz = int(self._library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, str(data).encode(), 0))
        if self.rate_hz <= 0:
            raise DataError(f"espeak-ng could not start with its data in {data}; reinstall espeakng-loader")
        variants = sorted(file.name for file in (data / "voices" / "!v").iterdir())
        self.variants = [name for name in variants if not _UNNATURAL.search(name)]
        self._chunks: list[NDArray[np.int16]] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = kind(self._collect)  # kept alive as long as the library may call it
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: Any, n_samples: int, _events: Any) -> int:
        if samples and n_samples > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, (n_samples,)).copy())
        return 0

    def choose(self, voice: str, variant: str) -> None:
        """Raises: DataError: there is no such voice."""
        if self._library.espeak_SetVoiceByName(f"{voice}+{variant}".encode()) != 0:
            raise DataError(f"espeak-ng has no voice {voice!r}; known: {', '.join(VOICES)}")

    def say(self, word: str, *, words_per_minute: int, pitch: int, pitch_range: int, seed: int) -> NDArray[np.int16]:
        """(n,) int16 at `rate_hz`. seed: of the breath noise, which the library otherwise takes from the clock."""
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        text = word.encode() + b"\0"
        self._chunks.clear()
        self._library.espeak_Synth(text, len(text), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
        if not self._chunks:
            raise DataError(f"espeak-ng said nothing for {word!r}")
        return np.concatenate(self._chunks)


def speak(config: SynthConfig, folder: Path) -> None:
    """Speaks the whole set into `folder`."""
    speaker = Speaker()
    draws = np.random.default_rng([config.seed, 0x5EED])
    people = [(voice, variant) for voice in VOICES for variant in speaker.variants]
    # Everybody says every word, so that a part made of speakers has clips of each word.
    people = [people[i] for i in draws.permutation(len(people))[: config.clips_per_word]]
    writer = dataset.KeywordSetWriter(folder, len(config.words) * config.clips_per_word)
    try:
        for word in config.words:
            for repetition in range(config.clips_per_word):
                voice, variant = people[repetition % len(people)]
                speaker.choose(voice, variant)
                spoken = speaker.say(
                    word,
                    words_per_minute=int(draws.integers(120, 230)),
                    pitch=int(draws.integers(25, 76)),
                    pitch_range=int(draws.integers(25, 76)),
                    seed=int(draws.integers(1, 2**31)),
                )
                clip = _placed(audio.resample(spoken.astype(np.float32) / 32768.0, speaker.rate_hz), draws)
                name = f"{voice}+{variant}".replace("_", "-")
                writer.add(audio.to_int16(clip), word, name, f"{word}/{name}_nohash_{repetition}.wav")
        writer.finish(made_by=config.made_by(), words=config.words)
    except BaseException:
        writer.discard()
        raise


def _placed(spoken: audio.Samples, draws: np.random.Generator) -> audio.Samples:
    """The word somewhere in one second, at some loudness, over a faint hiss, as a recording has it."""
    loud = np.flatnonzero(np.abs(spoken) > 0.01 * np.abs(spoken).max())
    spoken = spoken[loud[0] : loud[-1] + 1] if loud.size else spoken
    clip = np.zeros(audio.CLIP_SAMPLES, np.float32)
    if spoken.size >= clip.size:
        clip[:] = audio.fit_length(spoken)
    else:
        room = clip.size - spoken.size
        start = int(np.clip(room / 2 + draws.uniform(-1, 1) * min(room / 2, 1600), 0, room))
        clip[start : start + spoken.size] = spoken
    peak = float(draws.uniform(0.15, 0.8))
    hiss_db = float(draws.uniform(-65, -35))
    clip *= peak / max(float(np.abs(clip).max()), 1e-6)
    return clip + (peak * 10 ** (hiss_db / 20) * draws.standard_normal(clip.size)).astype(np.float32)


def main(argv: list[str]) -> int:
    """Child process: FOLDER SETTINGS(JSON)."""
    settings = json.loads(argv[1])
    try:
        speak(SynthConfig(tuple(settings["words"]), settings["clips_per_word"], settings["seed"]), Path(argv[0]))
    except DataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
