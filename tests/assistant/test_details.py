"""A question for a detail that a story in the notes does not tell is refused, and what it does tell is answered."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from assistant.answer import compose
from assistant.plan import read_plan
from assistant.retrieve import gather
from assistant.vocabulary import Vocabulary
from vault_sync.indexer import bring_in_step
from vault_sync.search import Search
from vault_sync.store import Store
from vault_sync.vault import Vault

TODAY = datetime.date(2025, 4, 16)
NOTES = {
    "worker_hang": "## 2025/04/01\nThe loader hung after 340 batches. `strace` shows that all workers wait for the "
    "resampler. Spawn instead of fork solves it.\n",
    "pier_set": "## 2025/04/02\nFirst trip to the pier: 81 files are clipped, the gain stood at 30 dB.\n\n"
    "## 2025/04/03\nRecordings of 24 speakers from the pier, 48 kHz. Clipping in the wind part.\n",
    "group_norm": "## 2025/04/04\nGroupNorm in place of BN removes the drift, but the base words lose 1.3 points.\n",
    "advice": "## 2025/04/05\nMeeting with Prof. Brandt. She wants a table of the confused pairs in the appendix.\n\n"
    "## 2025/04/06\nOle could tell the speaker from the stored vectors in one afternoon.\n",
    "memory_leak": "## 2025/04/07\nThe memory leak took 2.3 GB an epoch until the job died.\n",
    "silence_cut": "## 2025/04/08\nSilence is trimmed with the VAD, its energy limit lies 35 dB below the peak.\n",
    "alignment": "## 2025/04/09\nCTC could be used for the alignment of slow speakers.\n",
    "attention": "## 2025/04/10\nTwo of the heads of the attention look at the first vowel, the rest is flat.\n",
}


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


@pytest.mark.parametrize(
    "question",
    [
        "which torch version had the loader hang?",
        "how many workers did the loader have when it hung?",
        "is there a github issue on the loader hang?",
        "how many files are from the second trip to the pier?",
        "how many women are in the recordings from the pier?",
        "how many of the speakers from the pier are women?",
        "how many minutes are the recordings from the pier?",
        "what did the first trip to the pier cost?",
        "have we asked listeners to label the recordings from the pier?",
        "how many groups did the GroupNorm have?",
        "does the GroupNorm run on the CPU as well?",
        "did we try the GroupNorm on windows?",
        "who else sat in the meeting with Prof. Brandt?",
        "when is the meeting of the lab retreat and where?",
        "at which epoch did the memory leak kill the job?",
        "how much power does the memory leak job draw?",
        "name of the VAD implementation we trim with?",
        "how was the accuracy by CTC?",
        "how many heads does the attention have?",
        "which conformer size was used for the alignment?",
        "what did the reviewers at NeurIPS say about the alignment?",
        "the attention heads: the last layer or a middle one?",
    ],
)
def test_what_the_story_does_not_tell_is_refused(ask, question):
    """A version, a count, a person, a place, a figure, a name that no note gives."""
    answer = ask(question)
    assert not answer.answered
    assert answer.citations == ()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("after how many batches did the loader hang?", "340 batches"),
        ("how many batches did the loader run before it hung?", "340 batches"),
        ("which tool shows that the workers wait for the resampler?", "strace"),
        ("how many files of the first trip to the pier are clipped?", "81 files"),
        ("what gain had the first trip to the pier?", "30 dB"),
        ("how many speakers are in the recordings from the pier?", "24 speakers"),
        ("how many points do the base words lose by the GroupNorm?", "1.3 points"),
        ("who wants a table of the confused pairs?", "Brandt"),
        ("who could tell the speaker from the stored vectors?", "Ole"),
        ("how long did it take Ole to tell the speaker from the stored vectors?", "one afternoon"),
        ("how much memory did the leak take an epoch?", "2.3 GB"),
        ("what energy limit has the VAD?", "35 dB"),
        ("how many of the heads look at the first vowel?", "Two of the heads"),
    ],
)
def test_what_the_story_tells_is_answered(ask, question, words):
    """Details of the same form that the notes do hold."""
    answer = ask(question)
    assert answer.answered
    assert words in " ".join(answer.body.split())


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("how often does the residual fallback fire?", "prose"),
        ("how many workers make the training hang?", "prose"),
        ("on which gpu did I measure the drift?", "prose"),
        ("who asked me to run the pier set?", "prose"),
        ("how often did I run the baseline?", "count"),
        ("how many runs used the baseline?", "count"),
    ],
)
def test_only_runs_are_counted_in_runs(question, kind):
    """Firing, hanging and measuring are no runs."""
    assert read_plan(question, TODAY, Vocabulary({}, (), 50, lambda words: {}, lambda word: [])).kind == kind
