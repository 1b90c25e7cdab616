"""Which questions are about the computer, and which only sound like it."""

from __future__ import annotations

import pytest

from assistant.file_questions import follow_wish, paths_in, read_file_wish

NOTES = ("Scratch", "Server", "Experiments", "residual_head")
OPTIONS = ("loss_lpc", "noise_prob", "lr_base", "sequential_layer", "project")

WANTED = [
    ("where is model/encoder.py?", "where", ("model/encoder.py",)),
    ("where is encoder?", "where", ("encoder",)),
    ("find *.pt in the project", "where", ("*.pt",)),
    ("how large is the vault?", "size", ("vault",)),
    ("how big is data/keywords?", "size", ("data/keywords",)),
    ("how big are the checkpoints of the last run?", "size", ()),
    ("what are the 5 biggest checkpoints?", "biggest", ()),
    ("what takes up so much space on the disk?", "biggest", ()),
    ("what changed?", "changed", ()),
    ("which files changed?", "changed", ()),
    ("which notes did I edit?", "changed", ()),
    ("it wasn't like this: what changed in encoder.py?", "changed", ("encoder.py",)),
    ("when did train.py change last?", "when changed", ("train.py",)),
    ("how much disk is free?", "disk", ()),
    ("is the disk full?", "disk", ()),
    ("what is in best.pt's config?", "config", ("best.pt",)),
    ("what learning rate is in best.pt?", "config", ("best.pt",)),
    ("what is in the config of the last checkpoint?", "config", ()),
    ("what's in results.csv?", "inside", ("results.csv",)),
    ("show the first 5 lines of train.log", "inside", ("train.log",)),
    ("open ~/.ssh/id_rsa", "inside", ("~/.ssh/id_rsa",)),
    ("what is in .env?", "inside", (".env",)),
    ("how many clips are in data/keywords/yes?", "count", ("data/keywords/yes",)),
    ("how many files are in the yes folder?", "count", ("yes",)),
    ("how many lines has encoder.py?", "count", ("encoder.py",)),
    ("what changed in the code between the last two runs?", "code", ()),
    ("what changed in the code since the last run?", "code", ()),
    ("what changed between r20261120-abcdef and r20261121-bcdefg in the code?", "code", ()),
]

NOT_WANTED = [
    "where did I write about encoder.py?",
    "what did I run last week on the GPU?",
    "how large is the batch?",
    "what is in Scratch.md?",
    "why did I change train.py?",
    "how large is the gap between seen and unseen?",
    "what changed between the run of April 8 and the run of April 10?",
    "which checkpoint did I use for the evaluation?",
    "what is the difference between GRU and Transformer?",
    "how many runs failed?",
    "how many clips per class did I use?",
    "did the disk run full?",
    "was there a bug in the code?",
    "where is loss_lpc used?",
    "what changed my mind about the loss?",
    "how did I fix the loading of checkpoints?",
    "what is seen/unseen accuracy?",
    "what was the idea about prototypes?",
]


@pytest.mark.parametrize(("question", "what", "names"), WANTED)
def test_a_question_about_the_computer_is_read(question: str, what: str, names: tuple[str, ...]) -> None:
    """The wish and the names are what the question says."""
    wish = read_file_wish(question, NOTES, OPTIONS)
    assert wish is not None
    assert (wish.what, wish.names) == (what, names)


@pytest.mark.parametrize("question", NOT_WANTED)
def test_a_question_about_notes_and_runs_is_left_to_them(question: str) -> None:
    """Nothing is taken from the notes that the notes should answer."""
    assert read_file_wish(question, NOTES, OPTIONS) is None


@pytest.mark.parametrize(
    ("question", "symbol"),
    [
        ("where is the function gram_loss?", "gram_loss"),
        ("where is extract_frames defined?", "extract_frames"),
        ("which file defines the class KeywordNet?", "KeywordNet"),
        ("in which file is KeywordNet.forward implemented?", "KeywordNet.forward"),
    ],
)
def test_functions_and_classes_are_read_as_symbols(question: str, symbol: str) -> None:
    """A definition is asked for by its name."""
    wish = read_file_wish(question, NOTES, OPTIONS)
    assert wish is not None
    assert (wish.what, wish.symbols) == ("where", (symbol,))


def test_dates_links_and_fractions_are_no_paths() -> None:
    """2025/04/09, [[Note#heading]] and 3/5 name no file."""
    assert paths_in("on 2025/04/09 in [[Scratch#2025/04/09]] 3/5 of model/a.py") == ("model/a.py",)


def test_a_follow_up_keeps_the_file_or_the_wish() -> None:
    """ "How large is it?" keeps the file; "and in b.py?" keeps what was wanted."""
    first = read_file_wish("what changed in a.py?")
    assert first is not None
    size = follow_wish(first, "how large is it?")
    assert size is not None and (size.what, size.names) == ("size", ("a.py",))
    other = follow_wish(first, "and in b.py?")
    assert other is not None and (other.what, other.names) == ("changed", ("b.py",))
    assert follow_wish(first, "what did I run last week?") is None
