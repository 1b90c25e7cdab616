"""Lets the configured language model add sentences to a composed answer, which stands whatever the model does."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import models
from assistant.errors import AssistantError, ModelUnavailable
from assistant.gate import Gate, Synthesis, synthesise
from assistant.prompts import Passage

if TYPE_CHECKING:
    from assistant.llm import Model
    from assistant.settings import ModelSettings

log = logging.getLogger("kwslab.wording")

#: So many passages, best first, are given to a language model.
MOST_PASSAGES = 6


def open_model(chosen: ModelSettings, log: Path | None = None) -> Model:
    """The configured model behind its door; nothing is started before its first sentence.

    Raises: ModelUnavailable: its file is missing or no GGUF file, or its address is none.
    """
    from assistant.llm import EndpointModel, WorkerModel

    if chosen.base_url:
        return EndpointModel(chosen.base_url, chosen.name, api_key_env=chosen.api_key_env, context=chosen.context)
    path = models.model_path(chosen.path) if chosen.path else None
    return WorkerModel(path, name=chosen.name, threads=chosen.threads, context=chosen.context, log=log)


class Wording:
    """Holds the model of one state. A model file that is missing or broken is replaced by the embedded one, and said.

    Args: chosen: the configured model. data: where the measured shares are kept. say: takes a sentence for the user.
    """

    def __init__(self, chosen: ModelSettings, data: Path, say: Callable[[str], None]) -> None:
        self._chosen, self._data, self._say = chosen, data, say
        self._lock = threading.Lock()
        self._model: Model | None = None
        self._refused: tuple[str, str] | None = None  # Identity of the file that cannot be used, and why.

    def use(self, chosen: ModelSettings) -> None:
        """Goes over to another model; the one before is ended."""
        with self._lock:
            old, self._model = self._model, None
            self._chosen, self._refused = chosen, None
        if old is not None:
            old.close()

    def close(self) -> None:
        """Ends the model."""
        with self._lock:
            old, self._model = self._model, None
        if old is not None:
            old.close()

    def model(self) -> Model:
        """The configured model, or the embedded one in its place. Raises: ModelUnavailable: neither can be used."""
        with self._lock:
            if self._refused and self._refused[0] != models.file_identity(Path(self._chosen.path).expanduser()):
                # The file was mended or has come back.
                self._refused, stand_in, self._model = None, self._model, None
                if stand_in is not None:
                    stand_in.close()
            if self._model is None:
                printed = self._data / "model.log"
                try:
                    if self._refused:
                        raise ModelUnavailable(self._refused[1])
                    self._model = open_model(self._chosen, printed)
                except ModelUnavailable as error:
                    if not self._chosen.path or self._chosen.base_url:
                        raise
                    self._model = open_model(dataclasses.replace(self._chosen, path="", name=""), printed)
                    if not self._refused:
                        self._refuse(str(error))
            return self._model

    def _refuse(self, why: str) -> None:
        self._refused = (models.file_identity(Path(self._chosen.path).expanduser()), why)
        self._say(f"{why.removesuffix('; the composed answer stands.')} The embedded model stands in for it.")

    def add(
        self,
        question: str,
        values: dict[str, Any],
        passages: Sequence[Any],
        emit: Callable[[dict[str, Any]], None],
    ) -> dict[str, Any]:
        """The answer with the model's sentences behind it, each emitted as it passes the gate.

        Args: question: the researcher's. values: the composed answer as JSON values. passages: its evidence, best
            first. emit: takes {"type": "sentence", "text"}.
        Returns: values; `answer` begins with the composed one, whole; `coverage` says what became of the model.
        """
        for _ in range(2):
            try:
                model = self.model()
                choice = models.choose(self._chosen.use, model.name, self._data, identity=model.identity)
            except AssistantError as error:
                return self._covered(values, str(error), self._chosen.use == "on")
            if not (choice.use and values["answered"] and passages):
                return self._covered(values, choice.why, False)
            try:
                done = self._synthesised(model, question, values, passages, emit)
            except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, OSError) as error:
                log.exception("wording")  # Whatever a model wrote, it must not cost the composed answer.
                words = f"failed inside kwslab ({type(error).__name__}: {error}); the composed answer stands"
                return self._covered(values, words, True)
            if not model.broken:
                break
            with self._lock:  # Its file turned out to be damaged when it was loaded.
                if self._model is model:
                    self._model = None
                    self._refuse(model.broken)
            model.close()
        if done.sentences:
            values["answer"] = f"{values['answer']}\n\n{' '.join(done.sentences)}"
        counted = done.statistics
        return self._covered(
            values, counted.problem or f"{model.name}: {counted.passed} of {counted.sentences} sentences passed", True
        )

    @staticmethod
    def _covered(values: dict[str, Any], words: str, shown: bool) -> dict[str, Any]:
        values["coverage"]["model"] = words
        if shown and values["answered"]:
            values["coverage"]["line"] = f"{values['coverage'].get('line', '')} · model: {words}"
        return values

    @staticmethod
    def _synthesised(
        model: Model,
        question: str,
        values: dict[str, Any],
        passages: Sequence[Any],
        emit: Callable[[dict[str, Any]], None],
    ) -> Synthesis:
        evidence = [
            Passage(text=p.text, link=p.link, title=p.note, date=p.date.isoformat() if p.date else "")
            for p in passages[:MOST_PASSAGES]
        ]
        gate = Gate(
            evidence,
            figures=[str(figure["text"]) for figure in values["figures"]],
            links=[citation["link"] for citation in values["citations"]],
            question=question,
        )
        return synthesise(
            model,
            question,
            values["answer"],
            evidence,
            gate,
            lambda sentence: emit({"type": "sentence", "text": sentence}),
        )
