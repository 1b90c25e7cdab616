"""How well a language model words answers: its sentences over the demonstration's notes, through the gate.

The same notes and questions for each model, so that the shares compare; nothing of the researcher's own is needed.
"""

from __future__ import annotations

import collections
import datetime
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.demo_vault import make_demo_vault
from assistant.gate import Gate, Synthesis, synthesise
from assistant.llm import Model
from assistant.models import Measured
from assistant.prompts import Passage
from assistant.stems import content_words
from vault_sync.notes import parse_note
from vault_sync.vault import Vault

#: The day the demonstration's notes end on.
TODAY = datetime.date(2026, 11, 22)

QUESTIONS = (
    "Why did the logits turn into NaN?",
    "Why was the result with loss_lpc 0.5 marked as wrong?",
    "How does noise help the unseen words?",
    "Why is noise mixed before the log-mel?",
    "Why should the residual embedding help when three and tree are confused?",
    "What does noise_prob 0.8 mean?",
    "Why is the prototype of a new word moved away from the nearest base word?",
    "Why was the small spoken set made?",
    "How was the NaN in the residual branch solved?",
    "Why is the GRU kept for quick things?",
    "What is wrong with loss_lpc 1?",
    "How does LPC split a frame?",
    "Why can the prototype shift be tried on a finished model?",
    "Why must the noise have its own generator?",
    "What was missing on the small set?",
    "Why was the first run with noise thrown away?",
)


@dataclass
class Tally:
    """What came of the questions so far. first: seconds to the first passed sentence, one a question that had one.
    reasons: why sentences were refused. problems: of the model itself.
    """

    questions: int = 0
    sentences: int = 0
    passed: int = 0
    first: list[float] = field(default_factory=list)
    reasons: collections.Counter[str] = field(default_factory=collections.Counter)
    problems: list[str] = field(default_factory=list)

    def measured(self, identity: str = "", date: str = "") -> Measured:
        """The figures that are kept."""
        soon = round(statistics.median(self.first), 2) if self.first else None
        return Measured(self.sentences, self.passed, soon, self.questions, date, identity)


def sections() -> list[Passage]:
    """All sections of the demonstration's notes that hold sentences."""
    with tempfile.TemporaryDirectory() as folder:
        make_demo_vault(Path(folder) / "vault", TODAY)
        vault = Vault(Path(folder) / "vault")
        notes = [parse_note(file.path, vault.read(file.path).text) for file in vault.files()]
    return [
        Passage(section.text.strip(), f"{note.name}#{section.heading}", note.name, str(section.date or ""))
        for note in notes
        for section in note.sections
        if note.name not in ("Server", "Experiments") and len(section.text.split()) > 8
    ]


def evidence(question: str, passages: Sequence[Passage], top: int = 4) -> list[Passage]:
    """The sections with most words of the question, rare words counted more."""
    wanted = set(content_words(question))
    held = [set(content_words(f"{p.text} {p.title}")) for p in passages]
    rarity = {word: 1 / (1 + sum(word in words for words in held)) for word in wanted}
    order = sorted(range(len(passages)), key=lambda i: (-sum(rarity[w] for w in wanted & held[i]), i))
    return [passages[i] for i in order[:top]]


def measure(
    model: Model,
    passages: Sequence[Passage] = (),
    *,
    on_question: Callable[[int, int], None] | None = None,
    on_answer: Callable[[str, Synthesis], None] | None = None,
    most_seconds: float = 900.0,
    questions: Sequence[str] = QUESTIONS,
) -> Tally:
    """Asks all questions and counts the sentences that pass.

    Args: model: behind the door. passages: evidence to choose from; none for the demonstration's. on_question: called
        with (questions done, of how many). on_answer: with each question and what came of it. most_seconds: after so
        long no further question is asked.
    Returns: the tally; a model that cannot be reached ends it, with its problem.
    """
    passages = passages or sections()
    started = time.monotonic()
    tally = Tally()
    for number, question in enumerate(questions):
        if on_question:
            on_question(number, len(questions))
        if time.monotonic() - started > most_seconds:
            break
        found = evidence(question, passages)
        done = synthesise(model, question, "", found, Gate(found, question=question))
        counted = done.statistics
        tally.questions += 1
        tally.sentences += counted.sentences
        tally.passed += counted.passed
        if counted.first_seconds is not None:
            tally.first.append(counted.first_seconds)
        tally.reasons.update(re.sub(r"[\d'\[].*", "", reason).strip() for _, reason in counted.refused)
        if on_answer:
            on_answer(question, done)
        if counted.problem:
            tally.problems.append(counted.problem)
            if len(tally.problems) >= 2 and not tally.passed:
                break  # It does not answer at all.
    if on_question:
        on_question(tally.questions, len(questions))
    return tally
