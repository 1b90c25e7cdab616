"""The one door to a cross-encoder: reads question and passage together. Only where one is named; never from a hub."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vault_sync.embed import stay_off_the_network
from vault_sync.errors import EmbedderError

#: Tokens of question and passage that are read; a section's best part is shorter.
_MOST_TOKENS = 256


class Reranker:
    """A cross-encoder of sentence-transformers on the CPU.

    Args: name: a folder that holds one, or the name of a model that huggingface_hub has on this machine.
    Making the object reads nothing; `load` does.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._model: Any = None
        self._failed: EmbedderError | None = None
        self._lock = threading.Lock()

    @property
    def ready(self) -> bool:
        """Whether the model is in memory."""
        return self._model is not None

    def load(self) -> None:
        """Loads the model (seconds). Raises: EmbedderError: it is not on this machine, or broken; says what to do."""
        with self._lock:
            if self._model is not None:
                return
            if self._failed is not None:
                raise self._failed
            try:
                self._model = _load(self.name)
            except EmbedderError as error:
                self._failed = error
                raise

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers, 0 to 1. Raises: EmbedderError: see `load`."""
        self.load()
        if not passages:
            return []
        with self._lock:
            raw = self._model.predict(
                [(question, passage) for passage in passages],
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        found = [float(value) for value in raw.reshape(len(passages), -1)[:, 0]]
        inside = all(0.0 <= value <= 1.0 for value in found)  # Some models give shares, others any number.
        return found if inside else [1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, value)))) for value in found]


def _load(name: str) -> Any:
    folder = Path(name).expanduser()
    stay_off_the_network()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    advice = "name a folder that holds a cross-encoder, or leave [search] reranker empty"
    if folder.is_absolute() and not (folder / "config.json").is_file():
        raise EmbedderError(f"the reranker {name} is not there, or holds no config.json; {advice}")
    try:
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging as transformers_logging

        quiet: Any = transformers_logging
        quiet.disable_progress_bar()
        quiet.set_verbosity_error()
        where = str(folder) if folder.is_dir() else name
        model = CrossEncoder(where, device="cpu", local_files_only=True, max_length=_MOST_TOKENS)
        value = model.predict([("a question", "a passage")], show_progress_bar=False, convert_to_numpy=True)
    except Exception as error:  # The libraries raise whatever a missing or broken file makes them raise.
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise EmbedderError(
            f"the reranker {name} cannot be loaded from this machine ({reason}); its weights are not fetched: {advice}"
        ) from error
    if not bool((value == value).all()):
        raise EmbedderError(f"the reranker {name} gives no numbers: its weights are damaged; {advice}")
    return model
