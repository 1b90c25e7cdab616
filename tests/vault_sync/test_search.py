"""Hybrid search over a small vault; meaning is stood in for by words, so that each route shows by itself."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault_sync.chunks import chunk_note
from vault_sync.embed import HashedWords
from vault_sync.index import VectorIndex
from vault_sync.notes import parse_note
from vault_sync.search import Search
from vault_sync.store import NoteState, Store
from vault_sync.terms import distance, stem, terms

NOTES = {
    "Scratch.md": """# Scratch

## 2025-05-01
- The window of the median filter is eleven frames now.
- Details in [[median_filter#2025/05/01]].

## 2025/05/02
- A confusion matrix of the last session, most slips are four and forward.

## 2025/05/06
- Matrix products in half precision cause confusion.
""",
    "median_filter.md": """# median_filter

## 2025/05/01
Longer windows smear the onset; seven is a compromise.
""",
    "Server.md": """# Server

## 2025/05/03
- [x] Shuffled.

```sh gsc2.sh
python train.py trans -loss_lpc_shuffled 1 -lr_base 0.02
```
---
- [x] Not shuffled.

```sh gsc2.sh
python train.py trans -loss_lpc 1 -lr_base 0.01
```
""",
    "Ideas.md": """# Ideas

An undated thought about spectrogram masking.
""",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("search") / "store.sqlite") as opened:
        for path, text in NOTES.items():
            note = parse_note(path, text)
            opened.replace_note(note, chunk_note(note), NoteState(path, "", 0, 0, 0))
        yield opened


@pytest.fixture(scope="module")
def vectors(store, tmp_path_factory):
    with VectorIndex(tmp_path_factory.mktemp("search") / "chroma", HashedWords(512)) as index:
        chunks = [chunk for note in NOTES for chunk in store.chunks_of(note)]
        index.add(chunks)
        yield index


def links(hits) -> list[str]:
    return [hit.chunk.link for hit in hits]


def test_a_question_finds_its_section_first(store, vectors):
    """Words of everyday questions are left aside; what they ask about decides."""
    hits = Search(store, vectors).find("what is the window of the median filter?")
    assert links(hits)[0] == "[[Scratch#2025-05-01]]"
    assert hits[0].how == "words+meaning"
    assert hits[0].coverage == 1.0
    assert hits[0].score >= hits[1].score


def test_an_identifier_goes_before_everything_like_it(store, vectors):
    """`loss_lpc_shuffled` finds the entry with that option, not those with its parts."""
    assert Search(store, vectors).find("loss_lpc_shuffled")[0].passage.text.startswith("- [x] Shuffled.")
    assert links(Search(store, vectors).find("which runs used shuffled_lpc_loss?"))[0] == "[[Server#2025/05/03]]"
    assert links(Search(store).find("lr_base 0.02"))[0] == "[[Server#2025/05/03]]"


def test_a_quoted_phrase_must_stand_as_it_is(store, vectors):
    """The section with the phrase comes before the one with the same words in another order."""
    assert links(Search(store, vectors).find('"confusion matrix"'))[:2] == [
        "[[Scratch#2025/05/02]]",
        "[[Scratch#2025/05/06]]",
    ]


def test_a_day_in_any_form_finds_that_day(store, vectors):
    """A section of the day comes before one that only mentions it."""
    for form in ("2025-05-01", "2025/05/01", "20250501"):
        hits = Search(store, vectors).find(f"what about {form}")
        assert {hit.chunk.date for hit in hits[:2]} == {datetime.date(2025, 5, 1)}


def test_slips_of_the_pen_are_forgiven(store):
    """A mistyped word is looked for as the vault writes it."""
    assert links(Search(store).find("spectorgram masknig"))[0] == "[[Ideas#Ideas]]"
    assert Search(store).find("qwertyuiop") == []


def test_what_a_hit_links_to_is_offered_below_it(store):
    """The section behind a wikilink of the best hit is found even without a shared word."""
    hits = Search(store).find("eleven frames")
    assert links(hits) == ["[[Scratch#2025-05-01]]", "[[median_filter#2025/05/01]]"]
    assert hits[1].how == "link" and hits[1].score < hits[0].score


def test_sections_come_whole_and_once(tmp_path):
    """Parts of one long section are one hit: its whole text, and the part that matched as its passage."""
    items = (
        "\n".join(f"- item {n} {'filler ' * 30}" for n in range(20)) + "\n- the needle stands here\n- a needle again"
    )
    with Store(tmp_path / "store.sqlite") as store:
        note = parse_note("n.md", f"## 2025-05-01\n{items}\n")
        assert len(chunk_note(note)) > 2
        store.replace_note(note, chunk_note(note), NoteState("n.md", "", 0, 0, 0))
        hits = Search(store).find("needle filler item")
        assert links(hits) == ["[[n#2025-05-01]]"]
        assert "item 0" in hits[0].chunk.text and "needle again" in hits[0].chunk.text
        assert (hits[0].chunk.start, hits[0].chunk.end) == (1, 24)
        assert "needle" in hits[0].passage.text and "item 0 " not in hits[0].passage.text


def test_copies_of_one_text_are_one_hit(tmp_path):
    """An item that reappears under later days is shown once."""
    text = "- write the part about masks, noise and the residual of the prediction filter"
    with Store(tmp_path / "store.sqlite") as store:
        note = parse_note("May.md", f"## 2025-05-01\n{text}\n## 2025-05-02\n{text}\n")
        store.replace_note(note, chunk_note(note), NoteState("May.md", "", 0, 0, 0))
        assert links(Search(store).find("residual masks")) == ["[[May#2025-05-02]]"]


def test_days_notes_and_as_of_narrow_the_search(store, vectors):
    """Filters hold for both sides of the search and for linked sections."""
    search = Search(store, vectors)
    day = datetime.date(2025, 5, 2)
    assert {hit.chunk.date for hit in search.find("matrix window", since=day, until=day)} == {day}
    assert links(search.find("confusion matrix", as_of=datetime.date(2025, 5, 1), top_k=20)) != []
    assert all(
        hit.chunk.date is None or hit.chunk.date <= datetime.date(2025, 5, 1)
        for hit in search.find("confusion matrix", as_of=datetime.date(2025, 5, 1), top_k=20)
    )
    assert "[[Ideas#Ideas]]" in links(search.find("spectrogram masking", as_of=datetime.date(2020, 1, 1)))
    assert {hit.chunk.note for hit in search.find("window", notes=["median_filter"])} == {"median_filter.md"}
    assert search.find("window", notes=["no such note"]) == []


def test_a_near_day_counts_a_little_more(store):
    """Between like sections, the one near the day asked about comes first."""
    search = Search(store)
    assert links(search.find("confusion matrix", around=datetime.date(2025, 5, 2)))[0] == "[[Scratch#2025/05/02]]"
    assert links(search.find("matrix confusion", around=datetime.date(2025, 5, 6)))[0] == "[[Scratch#2025/05/06]]"


def test_without_vectors_words_answer_and_say_so(store, vectors):
    """Each hit tells that meaning was not searched, and why."""
    assert Search(store).find("median")[0].how == "words only: the vectors are not there yet"
    vectors.embedder.ready = False
    try:
        hits = Search(store, vectors).find("median")
        assert hits[0].how == "words only: the embedding model is not loaded yet"
        assert hits[0].similarity is None
    finally:
        vectors.embedder.ready = True


def test_the_same_query_gives_the_same_order(store, vectors):
    """Nothing depends on chance or on what was asked before."""
    search = Search(store, vectors)
    first = [(hit.chunk.link, hit.score) for hit in search.find("matrix filter loss")]
    search.find("something else")
    assert [(hit.chunk.link, hit.score) for hit in search.find("matrix filter loss")] == first


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("abc \"*^:(){}[]-_.,;\\/'%?!`~#@&|<>=+\n\t\x00é한OR AND NOT NEAR")))
def test_any_text_may_be_asked(store, vectors, text):
    """No punctuation, operator or quote makes a search fail."""
    for hit in Search(store, vectors).find(text):
        assert hit.chunk.link.startswith("[[")


def test_terms_of_a_text():
    """Identifiers whole and in parts, dates in one form, fractions whole, words with their stem."""
    found = {
        term.text: term.parts for term in terms("`loss_a_freq` on 2025/05/01 with 0.8 in bcresnet.py, few-shot layers")
    }
    assert found["loss_a_freq"] == ("loss", "a", "freq", "a+freq+loss", "formant")
    assert {"2025-05-01", "0.8", "bcresnet.py", "few", "shot", "layers"} <= set(found)
    assert found["bcresnet.py"] == ("bcresnet", "py")
    assert found["few"] == ("fewshot",)
    assert found["layers"] == ("layer",)


def test_words_of_one_family_share_a_stem():
    """Plurals, -ing, -ed and both spellings of -ise meet."""
    for family in (
        ("mask", "masks", "masked", "masking"),
        ("normalise", "normalize", "normalised", "normalization"),
        ("stop", "stops", "stopped", "stopping"),
        ("study", "studies"),
    ):
        assert len({stem(word) for word in family}) == 1, family


def test_edit_distance_counts_an_exchange_as_one():
    """Expected values by hand."""
    assert distance("embedding", "emebdding", 2) == 1
    assert distance("lambda", "lamda", 2) == 1
    assert distance("kernel", "kernel", 2) == 0
    assert distance("kernel", "colonel", 2) == 3
