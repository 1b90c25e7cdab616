"""Keyword sets: one int16 array on disk, memory-mapped, with an index of words, speakers and files beside it.

The one owner of the cache's form (`clips.npy`, `index.json`) and of who belongs to train, validation and test.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fskws.audio import AUDIO_SUFFIXES, CLIP_SAMPLES, SAMPLE_RATE_HZ, read_clip, to_int16
from fskws.errors import DataError

_FORMAT = 1
#: Folders of a keyword tree that hold no keyword.
_NOT_WORDS = ("_background_noise_",)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class KeywordSet:
    """Clips of spoken words.

    Attributes:
        clips: (n, n_samples) int16, memory-mapped; row i is clip i.
        words: the words, in the order of their labels.
        labels: (n,) int64, index into `words`.
        speakers: (n,) str. files: (n,) str, path below the set's folder ("five/ab12_nohash_0.wav").
        official: {"validation": files, "testing": files} of the set's own lists; empty when it has none.
        skipped: (file, reason) of what could not be read.
        fingerprint: hash of the content, for records.
        made_by: the settings it was made with, for re-use.
    """

    clips: NDArray[np.int16]
    words: tuple[str, ...]
    labels: NDArray[np.int64]
    speakers: NDArray[np.str_]
    files: NDArray[np.str_]
    official: dict[str, tuple[str, ...]]
    skipped: tuple[tuple[str, str], ...]
    fingerprint: str
    made_by: dict[str, Any]

    def __len__(self) -> int:
        return len(self.labels)

    def count(self, word: str) -> int:
        """How many clips a word has."""
        return int((self.labels == self.words.index(word)).sum())


@dataclass(frozen=True)
class Splits:
    """Clip numbers of the three parts; no speaker is in two of them.

    Attributes: train, validation, test: int64, rising. how: "speaker hash", "official lists" or "speaker file".
        shared_speakers: speakers that the set's own lists put into two parts (their clips are left where the list has
        them).
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    how: str
    shared_speakers: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------------------ storage


class KeywordSetWriter:
    """Collects clips into a folder beside the target and moves it in when it is whole."""

    def __init__(self, target: Path, n_clips: int) -> None:
        """Args: target: the folder to appear; its parent is made. n_clips: an upper bound of the number of clips."""
        self.target = target
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
            self.clips = np.lib.format.open_memmap(
                self.folder / "clips.npy", mode="w+", dtype=np.int16, shape=(max(n_clips, 1), CLIP_SAMPLES)
            )
        except OSError as error:
            raise DataError(f"{target}: cannot be written ({error.strerror}); give another folder") from error
        self._rows: list[tuple[str, str, str]] = []  # word, speaker, file

    def add(self, clip: NDArray[np.int16], word: str, speaker: str, file: str) -> None:
        """Appends one clip of CLIP_SAMPLES samples."""
        self.clips[len(self._rows)] = clip
        self._rows.append((word, speaker, file))

    def finish(
        self,
        *,
        made_by: dict[str, Any],
        words: Sequence[str],
        official: dict[str, tuple[str, ...]] | None = None,
        skipped: Iterable[tuple[str, str]] = (),
    ) -> KeywordSet:
        """Writes the index, moves the folder in and opens it. `words` gives the order of the labels."""
        n_clips = len(self._rows)
        number = {word: i for i, word in enumerate(words)}
        speakers = sorted({speaker for _, speaker, _ in self._rows})
        speaker_number = {speaker: i for i, speaker in enumerate(speakers)}
        self.clips.flush()
        index = {
            "format": _FORMAT,
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "n_samples": CLIP_SAMPLES,
            "n_clips": n_clips,
            "words": list(words),
            "speaker_names": speakers,
            "labels": [number[word] for word, _, _ in self._rows],
            "speakers": [speaker_number[speaker] for _, speaker, _ in self._rows],
            "files": [file for _, _, file in self._rows],
            "official": {name: list(files) for name, files in (official or {}).items()},
            "skipped": [list(entry) for entry in skipped],
            "made_by": made_by,
            "fingerprint": _fingerprint(self.clips[:n_clips], self._rows),
        }
        with (self.folder / "index.json").open("w", encoding="utf-8") as file:
            json.dump(index, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        del self.clips
        self.folder.chmod(0o755)
        _move_in(self.folder, self.target)
        return open_cache(self.target)

    def discard(self) -> None:
        """Removes what was collected."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _move_in(folder: Path, target: Path) -> None:
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
        target.rename(old / target.name)
        folder.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        folder.rename(target)


def _fingerprint(clips: NDArray[np.int16], rows: Sequence[tuple[str, str, str]]) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(rows), 1024):
        digest.update(np.ascontiguousarray(clips[start : start + 1024]).tobytes())
    digest.update(json.dumps(rows).encode())
    return digest.hexdigest()[:16]


def is_cache(folder: Path) -> bool:
    """Whether a folder holds a keyword set in the project's own form."""
    return (folder / "index.json").is_file() and (folder / "clips.npy").is_file()


def open_cache(folder: Path) -> KeywordSet:
    """Opens a keyword set in the project's own form, the clips memory-mapped.

    Raises: DataError: index or array are missing, torn, or do not belong together.
    """
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        # Copy on write: nothing ever writes, but torch only takes arrays that could be written to.
        clips = np.load(folder / "clips.npy", mmap_mode="c")
        n_clips, n_samples = int(index["n_clips"]), int(index["n_samples"])
        whole = index["format"] == _FORMAT and clips.dtype == np.int16 and clips.shape[0] >= n_clips
        if not whole or clips.shape[1] != n_samples or len(index["labels"]) != n_clips:
            raise ValueError("index and array do not belong together")
        names = np.array(index["speaker_names"])
        return KeywordSet(
            clips=clips[:n_clips],
            words=tuple(index["words"]),
            labels=np.array(index["labels"], dtype=np.int64),
            speakers=names[np.array(index["speakers"], dtype=np.int64)],
            files=np.array(index["files"]),
            official={name: tuple(files) for name, files in index["official"].items()},
            skipped=tuple((file, reason) for file, reason in index["skipped"]),
            fingerprint=index["fingerprint"],
            made_by=index["made_by"],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"{folder}: is no readable keyword set ({error}); delete the folder and make it again"
        ) from error


def default_cache() -> Path:
    """Where decoded audio is kept: under KWSLAB_STATE, else the XDG cache directory."""
    if state := os.environ.get("KWSLAB_STATE"):
        return Path(state) / "cache" / "audio"
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kwslab" / "audio"


# -------------------------------------------------------------------------------------------------------- folder trees


def open_keyword_set(folder: Path, cache: Path | None = None, progress: Progress | None = None) -> KeywordSet:
    """A keyword set from the project's own form or from any `word/speaker_nohash_n.(wav|flac|ogg)` tree.

    A tree is decoded once into the cache and opened from there as long as names, sizes and times of its files stay.

    Raises: DataError: no such folder, no audio in it, or nothing in it readable.
    """
    if is_cache(folder):
        return open_cache(folder)
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; give a keyword set, or make one: python -m fskws data synth --out DIR"
        )
    files = _tree_files(folder)
    if not files:
        raise DataError(f"{folder}: holds no word/clip.wav (or .flac, .ogg) files; a keyword set has one folder a word")
    made_by = {"tree": str(folder.resolve()), "files": _tree_state(folder, files)}
    target = (cache or default_cache()) / f"tree-{hashlib.sha256(json.dumps(made_by).encode()).hexdigest()[:16]}"
    if is_cache(target):
        return open_cache(target)
    writer = KeywordSetWriter(target, len(files))
    skipped: list[tuple[str, str]] = []
    try:
        for done, file in enumerate(files):
            try:
                writer.add(to_int16(read_clip(folder / file)), Path(file).parts[0], speaker_of(file), file)
            except DataError as error:
                skipped.append((file, str(error)))
            if progress:
                progress(done + 1, len(files))
        if len(skipped) == len(files):
            raise DataError(f"{folder}: none of {len(files)} files could be read; the first: {skipped[0][1]}")
        words = sorted({Path(file).parts[0] for file in files})
        return writer.finish(made_by=made_by, words=words, official=_official_lists(folder), skipped=skipped)
    except BaseException:
        writer.discard()
        raise


def _tree_files(folder: Path) -> list[str]:
    files: list[str] = []
    for word in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        if word.name.startswith(".") or word.name in _NOT_WORDS:
            continue
        files += sorted(
            f"{word.name}/{file.name}"
            for file in word.iterdir()
            if file.suffix.lower() in AUDIO_SUFFIXES and not file.name.startswith(".")
        )
    return files


def _tree_state(folder: Path, files: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for file in files:
        facts = (folder / file).stat()
        digest.update(f"{file}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    for name in ("validation_list.txt", "testing_list.txt"):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def speaker_of(file: str) -> str:
    """The speaker in a file's name: what stands before `_nohash_`, else the whole stem (each clip its own speaker)."""
    stem = Path(file).stem
    return stem.split("_nohash_")[0] if "_nohash_" in stem else stem


def _official_lists(folder: Path) -> dict[str, tuple[str, ...]]:
    lists: dict[str, tuple[str, ...]] = {}
    for name in ("validation", "testing"):
        path = folder / f"{name}_list.txt"
        if path.is_file():
            lists[name] = tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return lists if len(lists) == 2 else {}


# -------------------------------------------------------------------------------------------------------------- splits


def split_by_speaker(keywords: KeywordSet, speaker_file: Path | None = None) -> Splits:
    """Train, validation and test without a common speaker.

    The speaker file (JSON: {"train": [...], "val": [...], "test": [...]}) decides when given; else the set's official
    lists; else speakers, ranked by the hash of their names, are cut 80 / 10 / 10, so that no part is empty however
    few they are.

    Raises: DataError: a part is empty, the speaker file is unreadable, or it names a speaker twice.
    """
    if speaker_file is not None:
        return _split_by_file(keywords, speaker_file)
    if keywords.official:
        return _split_by_lists(keywords)
    names = sorted(set(keywords.speakers.tolist()), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    if len(names) < 3:
        raise DataError(
            f"{len(names)} speaker(s) cannot be parted into train, validation and test; at least 3 are needed"
        )
    tenth = max(1, len(names) // 10)
    parts = {"validation": names[:tenth], "test": names[tenth : 2 * tenth], "train": names[2 * tenth :]}
    return _splits(keywords, parts, "speaker hash")


def _split_by_file(keywords: KeywordSet, speaker_file: Path) -> Splits:
    try:
        given = json.loads(speaker_file.read_text(encoding="utf-8"))
        parts = {
            "train": list(given["train"]),
            "validation": list(given.get("validation", given.get("val"))),
            "test": list(given["test"]),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{speaker_file}: is no speaker file ({error!r}); it should be JSON with lists train, val and test"
        ) from error
    flat = [name for names in parts.values() for name in names]
    if doubled := sorted({name for name in flat if flat.count(name) > 1}):
        raise DataError(f"{speaker_file}: {doubled[0]} stands in two lists; a speaker belongs to one part only")
    if unlisted := sorted(set(keywords.speakers.tolist()) - set(flat)):
        raise DataError(
            f"{speaker_file}: {len(unlisted)} speakers of the set are in no list, {unlisted[0]} for one; add them"
        )
    return _splits(keywords, parts, "speaker file")


def _splits(keywords: KeywordSet, parts: dict[str, list[str]], how: str) -> Splits:
    numbers = {name: np.flatnonzero(np.isin(keywords.speakers, speakers)) for name, speakers in parts.items()}
    for name, clips in numbers.items():
        if not len(clips):
            raise DataError(f"the {name} part has no clip ({how}); every part needs speakers of this set")
    return Splits(numbers["train"], numbers["validation"], numbers["test"], how)


def _split_by_lists(keywords: KeywordSet) -> Splits:
    testing = np.isin(keywords.files, keywords.official["testing"])
    validation = np.isin(keywords.files, keywords.official["validation"]) & ~testing
    train = ~(testing | validation)
    parts = {"train": train, "validation": validation, "test": testing}
    for name, mask in parts.items():
        if not mask.any():
            raise DataError(f"the official lists leave no clip for {name}; are they of this set?")
    speakers = [set(keywords.speakers[mask].tolist()) for mask in parts.values()]
    shared = (speakers[0] & speakers[1]) | (speakers[0] & speakers[2]) | (speakers[1] & speakers[2])
    return Splits(
        train=np.flatnonzero(train),
        validation=np.flatnonzero(validation),
        test=np.flatnonzero(testing),
        how="official lists",
        shared_speakers=tuple(sorted(shared)),
    )
