"""Options by the words that the descriptions of runs have for them, and results called wrong by these words."""

from __future__ import annotations

import datetime

import pytest

from assistant.answer import compose
from assistant.plan import read_plan
from assistant.retrieve import gather
from assistant.spoken import Titles, learn
from assistant.vocabulary import Vocabulary
from fskws.runs import Record
from vault_sync.indexer import bring_in_step
from vault_sync.search import Search
from vault_sync.store import Store
from vault_sync.vault import Vault

TODAY = datetime.date(2025, 5, 28)


def run(number: int, title: str, **config: str) -> Record:
    """A run that the notes tell of."""
    return Record(f"r{number}", "logged", "2025-05-01", title, config=config)


def test_words_beside_a_number_that_is_always_an_options_value_name_it():
    """Two values, each the option's: "N attention heads" is `num_heads`; `temperature` is not the one of the test."""
    spoken = learn(
        [
            run(1, "8 attention heads, GRU on top.", num_heads="8", temperature="12"),
            run(2, "2 attention heads.", num_heads="2", temperature="12"),
            run(3, "Test temperature 4.", test_temp="4", temperature="12"),
            run(4, "Test temperature 32.", test_temp="32", temperature="12"),
        ]
    )
    assert spoken.patterns == {("#", "attention", "heads"): "num_heads", ("test", "temperature", "#"): "test_temp"}
    assert spoken.names == {("attention", "heads"): "num_heads", ("test", "temperature"): "test_temp"}


def test_a_number_that_is_an_options_value_by_chance_names_nothing():
    """One run alone, and no word of the option's name beside it; or a run whose option has another value."""
    assert learn([run(1, "Attempt 3.", layers="3")]).patterns == {}
    told = [
        run(1, "Head width 3.", layers="3"),
        run(2, "Head width 4.", layers="4"),
        run(3, "Head width 5.", layers="4"),
    ]
    assert learn(told).patterns == {}


COMMAND = (
    "- [x] {0}\n\n```sh\npython train.py base -lr_base {1} -num_heads {2}\n```\n> [!note] Result\n"
    "> [[Experiments#{3}]]\n---\n"
)
ARRAYS = "[96.0, 90.0, {0}]\nSeen acc:\n[95.0, 93.0]\nUnseen acc:\n[70.0, 60.0]\nHarmonic mean:\n[80.606, 72.941]\n\n"


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Asks a vault of four runs with heads, of which two are called wrong in the scratch note by their words."""
    root = tmp_path_factory.mktemp("spoken")
    notes = root / "vault"
    notes.mkdir()
    server, results = "", ""
    for number, (day, heads) in enumerate(((5, 2), (7, 4), (9, 8), (12, 16))):
        words = f"{heads} attention heads."
        back = f"2025/05/{day + 1:02}"
        server += f"## 2025/05/{day:02}\n" + COMMAND.format(words, f"0.00{number + 1}", heads, back)
        results += f"## 2025/05/{day + 1:02}\n> {words}\n> Server : [[Server#2025/05/{day:02}]]\n"
        results += ARRAYS.format(f"8{number}.25")
    for day, heads in ((16, 32), (17, 64), (19, 256)):
        results += f"## 2025/05/{day}\n> {heads} attention heads.\n" + ARRAYS.format(f"7{day % 10}.5")
        server += f"## 2025/05/{day}\n" + COMMAND.format(f"{heads} attention heads.", "0.01", heads, f"2025/05/{day}")
    server += "## 2025/05/18\n- [x] 128 attention heads.\n\n```sh\npython train.py base -num_heads 128\n```\n"
    server += "> [!fail] CUDA out of memory after the first epoch.\n---\n"
    results += "## 2025/05/20\n> 4 attention heads, longer. Interim, after one session, still running.\n"
    results += "[99.0, 98.5]\nSeen acc:\n[97.0]\nUnseen acc:\n[95.0]\nHarmonic mean:\n[95.99]\n\n"
    results += "## 2025/05/22\n> 4 attention heads, longer.\n" + ARRAYS.format("84.5")
    (notes / "Server.md").write_text(server)
    (notes / "Experiments.md").write_text(results)
    (notes / "Scratch.md").write_text(
        "## 2025/05/14\n> [!fail] The result with 8 attention heads is not valid, the supports were read twice.\n\n"
        "## 2025/05/15\nThe arrays under 16 attention heads are pasted from 4 attention heads, a mistake. "
        "The real last accuracy was 79.125.\n\n"
        "## 2025/05/16\nThe result with 2 attention heads is not wrong after all.\n\n"
        "## 2025/05/23\nWant to run the 256 attention heads again with more epochs, see [[Experiments#2025/05/19]].\n"
        "Let us do the run with 256 attention heads once again.\n"
        "Copied the result with 256 attention heads to the slides.\n\n"
        '## 2025/05/21\nI pasted the arrays of "64 attention heads" under "32 attention heads". They are lost.\n'
    )
    store = Store(root / "index.sqlite")
    bring_in_step(Vault(notes), store, None)
    vocabulary = Vocabulary.from_store(store)

    def asked(question: str):
        plan = read_plan(question, TODAY, vocabulary)
        return compose(plan, gather(plan, store, Search(store, None), today=TODAY), {})

    yield asked
    store.close()


def test_a_question_may_use_the_words_of_the_descriptions(ask):
    """The run of 8 heads, of 6 heads none; the value of another option of it; its command."""
    assert "82.25" in ask("what final accuracy did the run with 8 attention heads reach?").body
    assert not ask("what final accuracy did the run with 6 attention heads reach?").answered
    refused = ask("what final accuracy did the run with time shift 100 ms reach?")
    assert not refused.answered
    assert "'time shift 100'" in refused.body
    assert "lr_base 0.002" in ask("What value had the lr_base when I ran 4 attention heads?").body
    assert "-num_heads 2" in ask("Give me the command of the run with 2 attention heads.").body.replace("\n", " ")
    assert "-num_heads 2" in ask("How exactly did I call train.py for 2 attention heads?").body.replace("\n", " ")


def test_a_result_that_is_called_wrong_by_its_words_is_not_told_as_sound(ask):
    """Without any link to it; the first run of a line is meant, and "not wrong" takes nothing back."""
    for question in (
        "Does the result with 8 attention heads still hold?",
        "is the number of the 8 attention heads run valid",
    ):
        answer = ask(question)
        assert answer.body.startswith("No, it was called wrong.")
        assert "supports were read twice" in answer.body
        assert "[[Scratch#2025/05/14]]" in {citation.link for citation in answer.citations}
    assert "79.125" in ask("can I trust the result of 16 attention heads?").body
    assert ask("can I trust the result of 4 attention heads of May 8?").body.startswith("Yes, as far as the notes tell")
    assert ask("can I trust the result of 2 attention heads?").body.startswith("Yes, as far as the notes tell")
    best = ask("best final accuracy of the runs with 8 attention heads, wrong results not counted?")
    assert "82.25" not in best.body.split("\n")[0]


def test_a_run_is_named_by_its_description(ask):
    """All its words, or those up to its number; an option in them is neither a condition nor asked for."""
    titles = Titles([run(1, "Transformer layer on the frames, 60 epochs."), run(2, "Replay buffer of 8 clips a word.")])
    (named,) = titles.named("give me the command of the transformer layer on the frames")
    assert (named.ids, named.whole) == (frozenset({"r1"}), False)
    (named,) = titles.named("Transformer layer on the frames with 60 epochs: did it go through?")
    assert (named.ids, named.whole) == (frozenset({"r1"}), True)
    (named,) = titles.named("lr in the replay buffer of 8 clips run")
    assert named.ids == frozenset({"r2"})
    assert titles.named("lr in the replay buffer of 4 clips run") == []


def test_a_line_that_only_speaks_of_a_run_takes_nothing_back(ask):
    """To run something again, or to copy figures into a table, says nothing against them."""
    assert ask("can I trust the result of 256 attention heads?").body.startswith("Yes, as far as the notes tell")


def test_arrays_that_were_pasted_under_another_run_are_that_runs(ask):
    """ "I pasted the arrays of A under B": B is wrong, and A is not."""
    assert ask("Is the result of 32 attention heads sound?").body.startswith("No, it was called wrong.")
    assert ask("Is the result of 64 attention heads sound?").body.startswith("Yes, as far as the notes tell")


def test_what_became_of_a_run_is_told_with_its_cause(ask):
    """In whatever words its fate is asked for."""
    for question in ("128 attention heads: did it go through?", "why has the run with 128 attention heads no result?"):
        assert "CUDA out of memory" in " ".join(ask(question).body.split())


def test_whether_a_run_is_done_is_told_by_its_end(ask):
    """A failed run neither goes on nor is done; no hours are known of a run that the notes alone tell."""
    assert ask("is the run with 128 attention heads still running?").body.startswith("No: 1 run")
    assert ask("is the run with 128 attention heads done yet?").body.startswith("No: 1 run")
    assert ask("is the run with 4 attention heads done yet?").body.startswith("Yes: ")
    assert not ask("how many hours did the run with 4 attention heads take?").answered


def test_an_interim_result_is_never_the_best(ask):
    """Its whole result stands two days later in the same words."""
    found = ask("best unseen accuracy after the last session")
    assert "95" not in found.body
    assert found.body.startswith("Best unseen accuracy after the last session: 60, 2025-05-06, out of 5 runs.")
