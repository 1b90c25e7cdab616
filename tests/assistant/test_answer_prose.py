"""Questions of words over a small vault: the point of a short note is told, and a neighbouring subject is refused."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from assistant.answer import compose
from assistant.plan import read_plan
from assistant.quote import chosen_units
from assistant.retrieve import Passage, gather, holds_word, word_forms
from assistant.vocabulary import Vocabulary
from vault_sync.indexer import bring_in_step
from vault_sync.search import Search
from vault_sync.store import Store
from vault_sync.vault import Vault

TODAY = datetime.date(2025, 4, 16)
NOTES = {
    "pruning": "## 2025/04/01\nSwapped the magnitude pruner for a movement pruner. The magnitude pruner removed whole "
    "bands of the stem, since all of its kernels are small. The result was a network that was deaf to fricatives. "
    "Fine-tuning for two more hours on the original clips gives most of it back.\n",
    "Scratch": "## 2025/04/02\nMs. Varga came by and asked for a table of the latencies. She thinks nobody will "
    "believe the demo otherwise, and wants it before the next visit of the partners.\n\n"
    "## 2025/04/04\nListened to forty recordings of `marvin` in the kitchen. In six of them the kettle is louder than "
    "the voice, so I took those out.\n\n"
    "## 2025/04/05\nThe demo took `old.ckpt` because the evaluation sorts the folders by name and not by time.\n\n"
    "## 2025/04/06\nThe train to the workshop costs 84 euro.\n\n"
    "## 2025/04/07\nIdea on the stairs: a lattice of phonemes could tell which words are near each other.\n\n"
    "## 2025/04/08\nThe jitter buffer of the stream was cut in half, because everything arrived late.\n",
}
WORDS = Vocabulary({}, (), 50, lambda words: {}, lambda word: [])


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Asks the vault by words alone."""
    root: Path = tmp_path_factory.mktemp("vault")
    for name, text in NOTES.items():
        (root / f"{name}.md").write_text(f"# {name}\n\n{text}", "utf-8")
    with Store(tmp_path_factory.mktemp("cache") / "store.sqlite") as store:
        bring_in_step(Vault(root), store, None)
        vocabulary = Vocabulary.from_store(store)

        def asked(question):
            plan = read_plan(question, TODAY, vocabulary)
            return compose(plan, gather(plan, store, Search(store, None), today=TODAY), {})

        yield asked


def test_a_short_paragraph_is_told_whole(ask):
    """Its point stands in a sentence that shares no word with the question."""
    found = " ".join(ask("how can I repair what the magnitude pruner did?").body.split())
    assert "removed whole bands" in found
    assert "Fine-tuning for two more hours" in found


def test_of_a_long_section_only_the_decisive_sentences_are_told():
    """A section of many sentences is not told whole."""
    text = " ".join(f"Sentence number {n} tells of something that is quite another matter." for n in range(12))
    passage = Passage("a", "h", "[[a#h]]", TODAY, f"{text} The pruner is deaf.", text, (), (), 1.0, (), None, 1.0)
    plan = read_plan("why is the pruner deaf?", TODAY, WORDS)
    assert len(chosen_units(plan, passage, 4)) <= 4


def _passage(note: str, heading: str, text: str) -> Passage:
    return Passage(note, heading, f"[[{note}#{heading}]]", TODAY, text, text, (), (), 1.0, (), None, 1.0)


STEPS = (
    "- The buffer is empty on Mondays.\n- Its writer is fine. Its clock is fine. The reader drops a frame.\n"
    "- That frame has a length of 0.\n- A division by it gives inf, and inf stays in the sum.\n"
    "- One row is enough for it.\n"
)


def test_the_steps_to_a_cause_are_told_together_in_the_note_of_the_subject():
    """The cause stands in the fourth item; a day of mixed thoughts is not taken for such a list."""
    plan = read_plan("why is the buffer empty?", TODAY, WORDS)
    told = [unit.text for unit in chosen_units(plan, _passage("empty_buffer", "2025/04/09", STEPS), 2)]
    assert len(told) == 5
    assert "A division by it gives inf, and inf stays in the sum." in told
    assert len(chosen_units(plan, _passage("Scratch", "2025/04/09", STEPS), 2)) <= 2


def test_the_code_of_a_fix_is_told_where_a_fix_is_asked_for():
    """A few lines under a heading of a fix; not for a reason, and not a whole listing."""
    code = "```py\nlength = max(1, length)\n```\n"
    fix = _passage("empty_buffer", "Fix-2025/04/09", f"{code}The buffer is never empty now.")
    how, why = (read_plan(f"{word} did I fix the empty buffer?", TODAY, WORDS) for word in ("how", "why"))
    assert [(u.text, u.code) for u in chosen_units(how, fix, 4)] == [
        ("The buffer is never empty now.", False),
        ("length = max(1, length)", True),
    ]
    long = _passage("empty_buffer", "Fix-2025/04/09", "```py\n" + "x = 1\n" * 9 + "```\nThe buffer is never empty now.")
    assert not any(unit.code for unit in chosen_units(how, long, 4))
    assert not any(unit.code for unit in chosen_units(why, _passage("b", "2025/04/09", fix.text), 4))


def test_a_short_form_in_the_question_is_the_long_word_of_the_note(ask):
    """ "Eval" asks for the evaluation, and a file of weights is a checkpoint."""
    assert holds_word(word_forms("the evaluation was slow"), "eval")
    assert holds_word(word_forms("it read `run/last.pt`"), "checkpoint")
    assert not holds_word(word_forms("it read `run/last.part`"), "checkpoint")
    assert "sorts the folders by name" in " ".join(ask("why did the eval take an old checkpoint?").body.split())


def test_a_technical_word_of_like_sense_is_met(ask):
    """The note says "cut", the question "trimming"."""
    assert "arrived late" in ask("why was trimming good for the jitter buffer?").body


@pytest.mark.parametrize(
    "question",
    [
        "what did ms varga say about the weight decay?",
        "how many of the happy recordings did the kettle spoil?",
        "how much did the gpu hours cost me?",
        "which paper is the lattice idea taken from?",
        "which brand is the kettle in the kitchen?",
        "how many partners come to the demo?",
        "at what hour did ms varga come by?",
        "which microphone recorded marvin in the kitchen?",
        "what was the standard deviation of the latencies?",
        "what sampling rate have the clips of the fine-tuning?",
        "false alarm rate of the demo?",
        "which library has the movement pruner?",
        "how many minutes did the train to the workshop take?",
        "how many of the partners came to the demo?",
    ],
)
def test_a_neighbour_of_the_subject_is_refused(ask, question):
    """Another topic of the same person, another class, another cost, an origin nobody noted."""
    answer = ask(question)
    assert not answer.answered
    assert answer.citations == ()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("what did ms varga say about the demo?", "nobody will believe"),
        ("how many of the marvin recordings had a loud kettle?", "In six of them"),
        ("what was too loud in the six recordings?", "the kettle"),
        ("what did ms varga say about our numbers?", "nobody will believe"),
        ("how much did the train to the workshop cost?", "84 euro"),
        ("what is missing acc to varga?", "table of the latencies"),
        ("what do i use now in place of the magnitude pruner?", "movement pruner"),
        ("what do i do now instead of the magnitude pruner?", "movement pruner"),
    ],
)
def test_the_subject_itself_is_answered(ask, question, words):
    """The same questions about what the notes do hold."""
    assert words in " ".join(ask(question).body.split())


@pytest.mark.parametrize(
    "question",
    [
        "does the command of 3 april fit to its description?",
        "does the description of 3 april match the command",
        "is there a harmonic mean that cant be right?",
        "which figures cannot be true",
    ],
)
def test_whether_words_and_figures_fit_is_a_check(question):
    """Asked of one day or of all runs."""
    assert read_plan(question, TODAY, WORDS).kind == "check"


def test_what_something_does_to_a_measure_is_asked_of_the_notes(ask):
    """ "Novel words" is a measure of runs; no run is told by pruning to a lattice."""
    assert "deaf to fricatives" in ask("what does the magnitude pruner do to novel words?").body
