"""The Chroma door, with a real Chroma: filters, removals, and a folder that was damaged."""

from __future__ import annotations

import datetime
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from vault_sync.chunks import chunk_note
from vault_sync.embed import HashedWords
from vault_sync.errors import IndexBroken
from vault_sync.index import VectorIndex, remove_vectors
from vault_sync.notes import parse_note


def told(number: int) -> str:
    """A sentence of its own for each number."""
    words = random.Random(number)
    return f"number{number} " + " ".join(f"word{words.randrange(400)}" for _ in range(12))


def chunks_of(count: int, note: str = "n.md"):
    """One chunk a day, each about its own number."""
    first = datetime.date(2025, 1, 1)
    text = "".join(f"## {first + datetime.timedelta(days=n)}\n{told(n)}\n" for n in range(count))
    return chunk_note(parse_note(note, text))


def filled(path, count: int = 40) -> VectorIndex:
    vectors = VectorIndex(path, HashedWords(512))
    chunks = chunks_of(count)
    vectors.add(chunks)
    return vectors


def test_the_nearest_chunk_comes_first(tmp_path):
    """The chunk with the words of the question is found, with a cosine near one."""
    with filled(tmp_path / "chroma") as vectors:
        best = vectors.query(told(7), 3)
        assert best[0].id == chunks_of(40)[7].id
        assert best[0].similarity == pytest.approx(1.0, abs=1e-4)
        assert len(best) == 3


def test_days_and_notes_filter(tmp_path):
    """Days are inclusive, an interval leaves the undated out, `as_of` keeps them."""
    with filled(tmp_path / "chroma") as vectors:
        undated = chunk_note(parse_note("u.md", told(7)))
        vectors.add(undated)
        days = {chunk.id: chunk.date for chunk in chunks_of(40)}
        day = datetime.date(2025, 1, 8)

        def found(**filters):
            return [days.get(item.id) for item in vectors.query(told(7), 50, **filters)]

        assert set(found(since=day, until=day)) == {day}
        assert None not in found(until=datetime.date(2025, 1, 20))
        assert sorted(d for d in found(as_of=datetime.date(2025, 1, 3)) if d) == [
            datetime.date(2025, 1, n) for n in (1, 2, 3)
        ]
        assert None in found(as_of=datetime.date(2025, 1, 3))
        assert found(notes=["u.md"]) == [None]
        assert found(since=datetime.date(2026, 1, 1)) == []


def test_removed_vectors_are_not_found(tmp_path):
    """Unknown ids are ignored, known ones are gone at once."""
    with filled(tmp_path / "chroma") as vectors:
        gone = chunks_of(40)[7].id
        vectors.remove([gone, "unknown"])
        assert gone not in [item.id for item in vectors.query(told(7), 40)]
        assert len(vectors) == 39


def test_vectors_are_there_after_a_restart(tmp_path):
    """Closed and opened again, the same index answers the same, and is known as the same."""
    first = filled(tmp_path / "chroma", 1200)
    identity, before = first.identity, first.query(told(7), 1)
    first.close()
    with VectorIndex(tmp_path / "chroma", HashedWords(512)) as second:
        assert second.identity == identity
        assert second.query(told(7), 1) == before


def test_a_second_index_on_the_same_folder_replaces_the_first(tmp_path):
    """A folder that was deleted and made again does not show what was in it before."""
    filled(tmp_path / "chroma")
    remove_vectors(tmp_path / "chroma")
    with VectorIndex(tmp_path / "chroma", HashedWords(512)) as fresh:
        assert len(fresh) == 0
        assert fresh.query("thing", 3) == []


def test_another_models_vectors_are_not_used(tmp_path):
    """Vectors of two models are no neighbours."""
    filled(tmp_path / "chroma").close()
    other = HashedWords(512)
    other.name = "another"
    with pytest.raises(IndexBroken, match="holds vectors of hashed-words, the model is another; they are made anew"):
        VectorIndex(tmp_path / "chroma", other)


@pytest.mark.parametrize("damage", ["cut", "random", "empty", "missing"])
def test_every_damaged_file_is_found_before_chroma_reads_it(tmp_path, damage):
    """Chroma's native part can end the process on such files, so each is refused with a word about it."""
    path = tmp_path / "chroma"
    filled(path, 1200).close()
    vector_files = sorted(file for file in path.rglob("*") if file.is_file() and file.parent != path)
    assert vector_files, "the vectors are still in the database: the test needs more of them"
    for file in [*vector_files, path / "chroma.sqlite3"]:
        data = file.read_bytes()
        if not data or (damage in ("empty", "missing") and file.name == "chroma.sqlite3"):
            continue  # An empty database is a new one; the store then knows of more vectors than there are.
        if damage == "missing":
            file.unlink()
        else:
            file.write_bytes({"cut": data[: len(data) // 2], "random": os.urandom(len(data)), "empty": b""}[damage])
        with pytest.raises(IndexBroken, match=r"made anew"):
            VectorIndex(path, HashedWords(512))
        file.write_bytes(data)
    VectorIndex(path, HashedWords(512)).close()


def test_a_write_that_was_cut_off_is_found(tmp_path):
    """Without a seal the files of the last write may be half of one state and half of another."""
    path = tmp_path / "chroma"
    vectors = filled(path, 1200)
    vectors.close()
    (path / "seal.json").unlink()
    with pytest.raises(IndexBroken, match=r"the last write of the vectors in .* was cut off; they are made anew"):
        VectorIndex(path, HashedWords(512))


def test_the_seal_holds_after_queries(tmp_path):
    """Reading changes no vector file: an index that was only asked opens again."""
    path = tmp_path / "chroma"
    vectors = filled(path, 2500)
    for n in range(20):
        vectors.query(told(n), 5)
    vectors.close()
    with VectorIndex(path, HashedWords(512)) as again:
        assert len(again) == 2500


def test_the_module_alone_loads_no_chroma():
    """Whoever only wants the types pays nothing for the database behind them."""
    code = (
        "import sys, vault_sync.index, vault_sync.search, vault_sync.indexer; "
        "print(*(name in sys.modules for name in ('chromadb', 'torch', 'numpy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False"]


def test_a_mistaken_vector_length_is_told(tmp_path):
    """What Chroma refuses arrives as our error, with its reason."""
    with filled(tmp_path / "chroma") as vectors, pytest.raises(IndexBroken, match="cannot be used"):
        vectors.query(np.ones(3, dtype=np.float32), 3)


@pytest.mark.parametrize("count", [40, 300, 999, 1001])
def test_an_index_that_was_only_read_opens_again_and_again(tmp_path, count):
    """Chroma writes vector files when it opens what lay in its database: nobody damaged them."""
    filled(tmp_path / "chroma", count).close()
    for _ in range(3):
        with VectorIndex(tmp_path / "chroma", HashedWords(512)) as vectors:
            assert len(vectors) == count
            assert vectors.query(told(7), 1)[0].id == chunks_of(count)[7].id
