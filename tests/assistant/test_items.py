"""Items of the to-do notes named in other forms of their words."""

from __future__ import annotations

import datetime

import pytest

from assistant.answer import compose
from assistant.items import Items
from assistant.plan import read_plan
from assistant.retrieve import gather
from assistant.vocabulary import Vocabulary
from vault_sync.indexer import bring_in_step
from vault_sync.search import Search
from vault_sync.store import Store
from vault_sync.vault import Vault

TODAY = datetime.date(2025, 5, 20)
ITEMS = Items(
    [
        "Reserve the train to Lyon",
        "Order a microphone",
        "Split `train.py` and test it",
        "Make a backup",
        "Write down the order of the ablations",
    ]
)


@pytest.mark.parametrize(
    ("question", "item"),
    [
        ("how far am I with ordering the microphone?", "Order a microphone"),
        ("was I through with reserving the train to Lyon by then?", "Reserve the train to Lyon"),
        ("what is the state of splitting up train.py?", "Split `train.py` and test it"),
        ("have I made the backup?", "Make a backup"),
        ("is the order of the ablations written down?", "Write down the order of the ablations"),
    ],
)
def test_an_item_is_named_in_any_form_of_its_words(question, item):
    """Inflected verbs and other words of asking still name the item."""
    assert ITEMS.named(question) == (item,)


@pytest.mark.parametrize(
    "question",
    ["which train goes to Berlin?", "which microphone did the speakers of the second recording use?", "what is open?"],
)
def test_a_question_that_shares_a_word_names_no_item(question):
    """One shared word among many others is no name."""
    assert ITEMS.named(question) == ()


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Answers about a vault with one item that was open on 5 May and done on 12 May."""
    root = tmp_path_factory.mktemp("items")
    vault = root / "vault"
    (vault / "Todo").mkdir(parents=True)
    (vault / "Todo" / "May.md").write_text(
        "# 2025/05/05\n## Lab\n- [ ] Order a microphone\n- [ ] Port the loader\n\n"
        "# 2025/05/12\n## Lab\n- [x] Order a microphone\n- [>] Port the loader\n"
    )
    store = Store(root / "index.sqlite")
    bring_in_step(Vault(vault), store, None)
    vocabulary = Vocabulary.from_store(store)

    def asked(question: str):
        plan = read_plan(question, TODAY, vocabulary)
        return compose(plan, gather(plan, store, Search(store, None), today=TODAY), {})

    yield asked
    store.close()


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("How do things stand with ordering the microphone?", "Yes: it is finished."),
        ("As of 6 May, had I ordered the microphone?", "No: it is never tried."),
        (
            "Looking back to the 6th of May: was I through with ordering the microphone by then?",
            "No: it is never tried.",
        ),
        ("On 13 May, how did things stand with porting the loader?", "No: it is deferred."),
    ],
)
def test_the_state_of_an_item_is_told_as_of_the_day_asked_about(ask, question, verdict):
    """The newest copy up to that day counts."""
    answer = ask(question)
    assert answer.kind == "tasks"
    assert answer.body.splitlines()[0] == verdict
