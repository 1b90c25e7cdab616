"""The protocol of a few-shot class-incremental run: which words are learned when, and from which clips.

Support clips come from the train part only, so no support speaker is ever tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fskws.config import ProtocolConfig
from fskws.dataset import KeywordSet, Splits
from fskws.errors import DataError
from fskws.seeding import numpy_generator

ClipNumbers = NDArray[np.int64]


@dataclass(frozen=True)
class Session:
    """One session.

    Attributes: number: 0 is the base session. classes: ids of its new classes; ids count in the order of learning.
        support: clip numbers it learns from (base session: all training clips of its classes).
    """

    number: int
    classes: tuple[int, ...]
    support: ClipNumbers


@dataclass(frozen=True)
class Plan:
    """The whole protocol of a run.

    Attributes: words: in the order of learning; a word's place is its class id. sessions: base session first.
        class_of: (n_clips,) int64, class id of each clip of the keyword set, -1 for words that are not used.
        n_way, k_shot: of the incremental sessions. splits: the parts the plan was made from.
    """

    words: tuple[str, ...]
    sessions: tuple[Session, ...]
    class_of: ClipNumbers
    n_way: int
    k_shot: int
    splits: Splits

    @property
    def n_base(self) -> int:
        return len(self.sessions[0].classes)

    def known_after(self, session: int) -> int:
        """How many classes are known after a session; they are the ids below that number."""
        return sum(len(entry.classes) for entry in self.sessions[: session + 1])

    def clips_of(self, part: ClipNumbers, classes: Sequence[int]) -> ClipNumbers:
        """Those clips of a part that belong to the classes."""
        return part[np.isin(self.class_of[part], np.asarray(classes, dtype=np.int64))]


def make_plan(keywords: KeywordSet, splits: Splits, config: ProtocolConfig, seed: int) -> Plan:
    """Orders the classes, cuts them into sessions and draws the support clips.

    Raises: DataError: too few words, an unknown word in the order, or a word with fewer than k_shot training clips.
    """
    words = order_words(keywords, config.class_order, seed)
    if len(words) < config.total_classes:
        raise DataError(
            f"base_classes={config.base_classes}, n_way={config.n_way}, sessions={config.sessions} need "
            f"{config.total_classes} words, but the set has {len(words)}; lower one of the three"
        )
    words = words[: config.total_classes]
    class_of_word = np.full(len(keywords.words), -1, dtype=np.int64)
    class_of_word[[keywords.words.index(word) for word in words]] = np.arange(len(words))
    class_of = class_of_word[keywords.labels]
    _check_counts(words, class_of, splits, config)
    base = tuple(range(config.base_classes))
    sessions = [Session(0, base, _base_clips(class_of, splits.train, base, config.base_clips_per_class, seed))]
    listed = _listed_support(keywords, splits, class_of, config)
    for number in range(1, config.sessions):
        first = config.base_classes + (number - 1) * config.n_way
        classes = tuple(range(first, first + config.n_way))
        if listed is None:
            support = draw_support(class_of, splits.train, classes, config.k_shot, seed)
        else:
            support = listed[np.isin(class_of[listed], classes)]
        sessions.append(Session(number, classes, support))
    return Plan(words, tuple(sessions), class_of, config.n_way, config.k_shot, splits)


def order_words(keywords: KeywordSet, order: str, seed: int) -> tuple[str, ...]:
    """The words in the order of learning.

    Args: order: count (most clips first, equal counts as listed), alphabet, listed (the set's own), seed (a shuffle),
        or a comma list of words.
    Raises: DataError: a listed word is not in the set, or stands twice.
    """
    if order == "count":
        counts = np.bincount(keywords.labels, minlength=len(keywords.words))
        return tuple(keywords.words[i] for i in np.argsort(-counts, kind="stable"))
    if order == "alphabet":
        return tuple(sorted(keywords.words))
    if order == "listed":
        return keywords.words
    if order == "seed":
        shuffled = numpy_generator(seed, "class order").permutation(len(keywords.words))
        return tuple(keywords.words[i] for i in shuffled)
    words = tuple(word.strip() for word in order.split(",") if word.strip())
    if missing := [word for word in words if word not in keywords.words]:
        raise DataError(
            f"class_order: the set has no word {missing[0]!r}; allowed: count, alphabet, listed, seed, "
            f"or words of the set: {', '.join(keywords.words)}"
        )
    if len(set(words)) != len(words):
        raise DataError("class_order: a word stands twice")
    return words


def draw_support(
    class_of: ClipNumbers, train: ClipNumbers, classes: Sequence[int], k_shot: int, seed: int, draw: int = 0
) -> ClipNumbers:
    """k_shot training clips of each class, without repetition; the draw of a class depends on seed, class and draw
    alone.

    Returns: (len(classes) * k_shot,) clip numbers, class by class.
    """
    chosen = []
    for class_id in classes:
        pool = train[class_of[train] == class_id]
        generator = numpy_generator(seed, "support", draw, class_id)
        chosen.append(np.sort(generator.choice(pool, size=k_shot, replace=False)))
    return np.concatenate(chosen)


def _check_counts(words: Sequence[str], class_of: ClipNumbers, splits: Splits, config: ProtocolConfig) -> None:
    train = np.bincount(class_of[splits.train][class_of[splits.train] >= 0], minlength=len(words))
    test = np.bincount(class_of[splits.test][class_of[splits.test] >= 0], minlength=len(words))
    for class_id, word in enumerate(words):
        if train[class_id] < config.k_shot:
            raise DataError(
                f"k_shot={config.k_shot}, but {word!r} has {train[class_id]} training clips; "
                "lower k_shot or leave the word out"
            )
        if not test[class_id]:
            raise DataError(f"{word!r} has no test clip; leave the word out or give more clips")


def _base_clips(class_of: ClipNumbers, train: ClipNumbers, base: Sequence[int], at_most: int, seed: int) -> ClipNumbers:
    clips = train[np.isin(class_of[train], base)]
    if not at_most:
        return clips
    kept = []
    for class_id in base:
        pool = clips[class_of[clips] == class_id]
        kept.append(numpy_generator(seed, "base clips", class_id).permutation(pool)[:at_most])
    return np.sort(np.concatenate(kept))


def _listed_support(
    keywords: KeywordSet, splits: Splits, class_of: ClipNumbers, config: ProtocolConfig
) -> ClipNumbers | None:
    if not config.support:
        return None
    path = Path(config.support)
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"support={config.support}: cannot be read ({error})") from error
    number_of = {file: number for number, file in enumerate(keywords.files.tolist())}
    numbers = []
    for line in lines:
        file = "/".join(Path(line).parts[-2:])
        if file not in number_of:
            raise DataError(f"support={config.support}: {line!r} is no clip of the set")
        numbers.append(number_of[file])
    listed = np.array(sorted(set(numbers)), dtype=np.int64)
    if len(outside := np.setdiff1d(listed, splits.train)):
        raise DataError(
            f"support={config.support}: {keywords.files[outside[0]]} is not in the train part; "
            "a support speaker must not be tested or validated on"
        )
    counts = np.bincount(class_of[listed][class_of[listed] >= 0], minlength=config.total_classes)
    for class_id in range(config.base_classes, config.total_classes):
        if counts[class_id] != config.k_shot:
            raise DataError(
                f"support={config.support}: lists {counts[class_id]} clips of new class {class_id}; "
                f"allowed: k_shot={config.k_shot} each"
            )
    return listed
