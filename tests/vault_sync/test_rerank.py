"""The optional cross-encoder, over a small one of random weights that is built here: the real class, real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault_sync.chunks import chunk_note
from vault_sync.errors import EmbedderError
from vault_sync.notes import parse_note
from vault_sync.rerank import Reranker
from vault_sync.search import Search
from vault_sync.store import NoteState, Store

_WORDS = "the window of hop buffer decoder is why wrong because answers keyword question passage a noise loud".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A cross-encoder of two layers with random weights, as sentence-transformers saves one."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    place = tmp_path_factory.mktemp("cross-encoder")
    (place / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_WORDS]) + "\n")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=5 + len(_WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(place)
    BertTokenizerFast(vocab_file=str(place / "vocab.txt")).save_pretrained(place)
    return place


def test_a_question_and_its_passages_get_shares(folder):
    """One share between 0 and 1 a passage, the same each time; nothing is loaded before it is asked for."""
    reranker = Reranker(str(folder))
    assert not reranker.ready
    passages = ["the window is wrong", "a loud keyword", "the window is wrong because of the hop"]
    found = reranker.scores("why is the window wrong", passages)
    assert reranker.ready and len(found) == 3 and all(0.0 < value < 1.0 for value in found)
    assert found == pytest.approx(Reranker(str(folder)).scores("why is the window wrong", passages))
    assert reranker.scores("why", []) == []


def test_weights_that_are_not_there_are_named_with_what_to_do(tmp_path):
    """Neither a folder that is missing nor a name that this machine does not have is looked for on the network."""
    with pytest.raises(EmbedderError, match=r"is not there, or holds no config\.json; name a folder .* reranker empty"):
        Reranker(str(tmp_path / "none")).load()
    absent = Reranker("nobody/no-such-cross-encoder")
    with pytest.raises(EmbedderError, match=r"cannot be loaded from this machine .* its weights are not fetched"):
        absent.load()
    with pytest.raises(EmbedderError, match="no-such-cross-encoder"):
        absent.scores("why", ["because"])


class _Prefers:
    """Scores by a word, and counts how much it was given."""

    def __init__(self, word: str) -> None:
        self.word, self.ready, self.read = word, True, 0

    def scores(self, question: str, passages: list[str]) -> list[float]:
        self.read += len(passages)
        return [float(self.word in passage) for passage in passages]


def test_search_lets_it_decide_between_the_best_and_only_where_words_leave_it_open(tmp_path):
    """It moves the section it prefers to the front, reads twenty at most, and is not asked about identifiers."""
    with Store(tmp_path / "store.sqlite") as store:
        for number in range(30):
            word = "loud" if number == 20 else "hop"
            text = f"# n\n## 2025-03-{number % 28 + 1:02}\n- the window of the buffer, {word} {number}\n"
            note = parse_note(f"note_{number:02}.md", text)
            store.replace_note(note, chunk_note(note), NoteState(note.path, "0" * 64, 0, len(text), 0))
        preferred = _Prefers("loud")
        assert Search(store).find("window of the buffer")[0].chunk.note != "note_20.md"
        found = Search(store, None, preferred).find("window of the buffer")  # type: ignore[arg-type]
        assert found[0].chunk.note == "note_20.md" and preferred.read <= 20
        asked = preferred.read
        Search(store, None, preferred).find('"window of the buffer"')  # type: ignore[arg-type]
        assert preferred.read == asked


def test_the_field_says_the_same_by_other_names(tmp_path):
    """A question in the words of papers finds a note in the words of options."""
    with Store(tmp_path / "store.sqlite") as store:
        texts = {
            "a.md": "- the novel words lose most\n",
            "b.md": "- `a_freq` drifts for women\n",
            "c.md": "- hop again\n",
        }
        for path, text in texts.items():
            note = parse_note(path, f"## 2025-03-08\n{text}")
            store.replace_note(note, chunk_note(note), NoteState(path, "0" * 64, 0, len(text), 0))
        search = Search(store)
        assert search.find("unseen")[0].chunk.note == "a.md"
        assert search.find("formant of female speakers")[0].chunk.note == "b.md"
