"""What came of a thing is told with it: its cause of the day after, its fix, what took it back, what comes next."""

from __future__ import annotations

import datetime

import pytest

from assistant.answer import compose
from assistant.plan import read_plan
from assistant.retrieve import gather
from assistant.vocabulary import Vocabulary
from vault_sync.embed import Embedder
from vault_sync.index import VectorIndex
from vault_sync.indexer import bring_in_step
from vault_sync.search import Search
from vault_sync.store import Store
from vault_sync.vault import Vault

TODAY = datetime.date(2025, 5, 28)
NOTES = {
    "Scratch": "## 2025/05/01\n- The bundler of the plots crashes on the second monitor.\n- Rain all day.\n\n"
    "## 2025/05/02\n- Lunch with the guests.\n- The bundler was missing its font cache, one file by hand and it runs."
    "\n\n## 2025/05/03\n- Ordered a kettle.\n- The result of the plots was wrong, see [[Experiments#2025/05/02]]."
    "\n",
    "harbour": "## 2025/04/12\nThe split of the harbour set is done, and I believe the stem generalises to the harbour."
    "\n\n## 2025/04/22\n### Fix-2025/04/22\n> [!fail] Three speakers stood in both lists. The good harbour figures are "
    "leaked.\n",
    "gull_mixing": "## 2025/04/02\n### Idea-2025/04/02\nMix the cries of gulls under the words, they sit where the "
    "vowels are.\n\n## 2025/04/09\nMixing of the gulls is in. Next: try the same with the foghorn.\n",
    "Thoughts": '## 2025/04/24\n- Confusions again: many clips of "heron" are called "egret".\n'
    "- More in [[tail_pooling]].\n",
    "tail_pooling": "## 2025/04/20\nRead about pooling.\n\n## 2025/04/25\nOnly the ends of the two words differ. Idea: "
    "pool the last third of the frames apart.\n",
    "worker_seed": "## 2025/04/15\n#### Code-2025/04/15\nFound it: the workers of the loader all start with the same "
    "seed.\n\n## 2025/04/18\n#### Fix-2025/04/18\nThe worker id is added to the seed now.\n",
    "kitchen": "## 2025/04/11\nThe kitchen takes are quiet because the fridge was off.\n\n"
    "## 2025/04/13\nThe fridge of the kitchen is broken, found it open.\n",
}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Asks the vault, with the real embedded model."""
    root = tmp_path_factory.mktemp("stories")
    (root / "vault").mkdir()
    for name, text in NOTES.items():
        (root / "vault" / f"{name}.md").write_text(f"# {name}\n\n{text}", "utf-8")
    with Store(root / "store.sqlite") as store, VectorIndex(root / "chroma", Embedder()) as vectors:
        bring_in_step(Vault(root / "vault"), store, vectors)
        vocabulary = Vocabulary.from_store(store)

        def asked(question: str, as_of: datetime.date | None = None):
            plan = read_plan(question, TODAY, vocabulary)
            return compose(plan, gather(plan, store, Search(store, vectors), today=TODAY, as_of=as_of), {})

        yield asked


def links(answer) -> list[str]:
    """The places that an answer cites."""
    return [citation.link for citation in answer.citations]


def test_the_cause_of_the_day_after_is_told_with_the_trouble(ask):
    """The scratch note of the next day shares the thing's name and tells what was missing."""
    answer = ask("why did the bundler crash?")
    assert "missing its font cache" in " ".join(answer.body.split())
    assert links(answer)[:2] == ["[[Scratch#2025/05/01]]", "[[Scratch#2025/05/02]]"]


def test_a_belief_that_was_taken_back_is_never_told_alone(ask):
    """The failure under the fix of the same note comes first."""
    answer = ask("is it true that the stem generalises to the harbour?")
    assert "takes an earlier result or thought back" in answer.body
    assert answer.body.index("leaked") < answer.body.index("I believe")


def test_a_question_for_the_next_step_goes_on_to_it(ask):
    """The idea is the nearest section; what comes next stands a week later."""
    assert "foghorn" in ask("gull mixing, next step?").body


def test_a_note_that_sends_its_reader_on_is_followed(ask):
    """ "More in [[tail_pooling]]": the first section there since that day is told too."""
    answer = ask('what was my idea against mixing up "heron" and "egret"?')
    assert "last third of the frames" in " ".join(answer.body.split())
    assert links(answer) == ["[[Thoughts#2025/04/24]]", "[[tail_pooling#2025/04/25]]"]


def test_how_it_was_mended_stands_under_the_fix(ask):
    """The cause was found in the section before it."""
    answer = ask("how was the seed problem of the loader workers solved?")
    assert "worker id is added" in answer.body


def test_how_a_thing_stands_is_told_by_the_newest_section_of_its_note(ask):
    """The idea is a week older."""
    assert "is in" in ask("what is the state of the gull mixing?").body


def test_as_of_an_earlier_day_nothing_later_is_told(ask):
    """Of the day before the fix the belief stands as it stood then."""
    answer = ask("is it true that the stem generalises to the harbour?", datetime.date(2025, 4, 20))
    assert "generalises" in answer.body
    assert "leaked" not in answer.body


def test_a_cause_that_is_told_is_followed_by_nothing(ask):
    """The section gives its reason itself; a later one of the same note is another matter."""
    assert links(ask("why are the kitchen takes quiet?")) == ["[[kitchen#2025/04/11]]"]


def test_a_line_about_a_run_is_no_part_of_a_story(ask):
    """It is told with the run that it links to."""
    assert "[[Scratch#2025/05/03]]" not in links(ask("what was wrong with the bundler of the plots?"))
