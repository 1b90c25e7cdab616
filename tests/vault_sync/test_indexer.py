"""Index and vault in step, with real notes, a real SQLite and a real Chroma."""

from __future__ import annotations

import datetime
import os
import time

import pytest

from vault_sync import indexer
from vault_sync.embed import Embedder, HashedWords
from vault_sync.errors import EmbedderError, VaultError
from vault_sync.index import VectorIndex
from vault_sync.indexer import bring_in_step, open_store, open_vectors, rebuild
from vault_sync.notes import parse_note
from vault_sync.results import logged_records
from vault_sync.search import Search
from vault_sync.store import EmbeddingCache, any_of
from vault_sync.vault import Vault

SERVER = """# Server

## 2025/05/02
- [x] One GRU layer on clean speech.

```sh gsc2.sh
python train.py trans \\
  -project trans \\
  -lr_base 0.02 \\
  -sequential_layer "GRU"
```
> [!note] Result
> [[Experiments#2025/05/02]]
---
"""

EXPERIMENTS = """# Experiments

## 2025/05/02
> One GRU layer on clean speech.
> Server : [[Server#2025/05/02]]
[91.5, 85.25, 80.0]
Seen acc:
[88.0, 84.5]
Unseen acc:
[60.0, 50.0]
Harmonic mean:
[71.351, 62.825]
"""


class Kept(HashedWords):
    """The stand-in with a cache, as the real embedder has one; can be told to fail."""

    def __init__(self, path):
        super().__init__(256)
        self.cache = EmbeddingCache(path, self.name)
        self.broken = False
        self.batches: list[int] = []

    def encode(self, texts, progress=None):
        import numpy as np

        if self.broken:
            raise EmbedderError("the embedding model is missing; run `uv sync`")
        self.batches.append(len(texts))
        known = self.cache.get(texts)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            self.cache.put({t: v.tobytes() for t, v in zip(new, super().encode(new, progress), strict=True)})
        known = self.cache.get(texts)
        return np.stack([np.frombuffer(known[text], dtype=np.float32) for text in texts])


class Home:
    """A vault with its index."""

    def __init__(self, root):
        self.notes = root / "vault"
        self.cache = root / "cache"
        self.notes.mkdir()
        self.embedder = Kept(self.cache / "embeddings.sqlite")
        self.open()

    def open(self) -> list[str]:
        self.store, one = open_store(self.cache / "store.sqlite")
        self.vectors, two = open_vectors(self.cache / "chroma", self.embedder, self.store)
        return [told for told in (one, two) if told]

    def close(self) -> None:
        self.vectors.close()
        self.store.close()

    def write(self, path: str, text: str) -> None:
        """Saves a note, long enough ago that its mtime can be trusted."""
        file = self.notes / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        past = time.time_ns() - 60_000_000_000
        os.utime(file, ns=(past, past))

    def step(self, **options):
        return bring_in_step(Vault(self.notes), self.store, self.vectors, **options)

    def found(self, words: str) -> list[str]:
        return sorted(match.note for match in self.store.match(any_of(words.split()), 50))

    def ids(self) -> set[str]:
        return {chunk.id for note in self.store.note_names() for chunk in self.store.chunks_of(note)}


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    made.write(
        "Scratch.md", "# Scratch\n\n## 2025/05/01\n- the floor of the mel bands\n\n## 2025/05/02\n- quiet frames\n"
    )
    made.write("papers/lpc.md", "# lpc\n\n## 2025/05/02\nprediction order\n")
    yield made
    made.close()


def test_everything_is_searchable_after_the_first_step(home):
    """All notes, chunks and vectors are there, and the report says so."""
    told: list[tuple[int, int]] = []
    report = home.step(progress=lambda done, total: told.append((done, total)))
    assert (report.notes, report.chunks, report.embedded, report.removed, report.pending) == (2, 3, 3, 0, 0)
    assert report.problems == ()
    assert home.found("mel") == ["Scratch.md"]
    assert home.vectors.ids() == home.ids()
    assert told[0] == (2, 2) and told[-1] == (3, 3)
    assert home.store.meta("indexed_at")[:4].isdigit()


def test_an_unchanged_vault_is_not_read(home, monkeypatch):
    """The second step opens no note and embeds nothing."""
    home.step()
    monkeypatch.setattr(Vault, "read", lambda *args: pytest.fail("a note was opened"))
    report = home.step()
    assert (report.read, report.embedded, report.removed) == (0, 0, 0)
    assert (report.notes, report.chunks) == (2, 3)


def test_a_touched_note_costs_a_hash_only(home):
    """Another mtime with the same content changes nothing."""
    home.step()
    os.utime(home.notes / "Scratch.md")
    report = home.step()
    assert (report.read, report.embedded) == (0, 0)


def test_a_write_within_the_same_tick_is_not_missed(home):
    """A note saved again with the same size and mtime right after it was read is read again."""
    home.step()
    file = home.notes / "Scratch.md"
    now = time.time_ns()
    file.write_text(file.read_text().replace("floor", "bloom"))
    os.utime(file, ns=(now, now))
    home.step()
    file.write_text(file.read_text().replace("bloom", "gloom"))
    os.utime(file, ns=(now, now))
    home.step()
    assert home.found("gloom") == ["Scratch.md"]


def test_an_edit_embeds_the_changed_section_only(home):
    """One section of one note changed: one text is embedded, the old one is gone from both indexes."""
    home.step()
    home.write(
        "Scratch.md", "# Scratch\n\n## 2025/05/01\n- the floor of the mel bands\n\n## 2025/05/02\n- loud frames\n"
    )
    report = home.step()
    assert (report.read, report.embedded) == (1, 1)
    assert home.found("quiet") == [] and home.found("loud") == ["Scratch.md"]
    assert home.vectors.ids() == home.ids()


def test_a_deleted_note_leaves_no_chunk(home):
    """Text and vectors of a deleted note are gone."""
    home.step()
    (home.notes / "papers" / "lpc.md").unlink()
    report = home.step()
    assert (report.notes, report.removed, report.chunks) == (1, 1, 2)
    assert home.found("prediction") == []
    assert home.vectors.ids() == home.ids()


def test_a_renamed_note_keeps_its_embeddings(home):
    """A rename, and a moved folder, cost no embedding and leave no old chunk."""
    home.step()
    os.rename(home.notes / "papers", home.notes / "reading")
    os.rename(home.notes / "Scratch.md", home.notes / "Thoughts.md")
    report = home.step()
    assert (report.embedded, report.removed, report.notes) == (0, 2, 2)
    assert home.found("mel prediction") == ["Thoughts.md", "reading/lpc.md"]
    assert home.vectors.ids() == home.ids()


def test_a_rebuild_brings_back_the_same_without_embedding(home):
    """Derived state is deleted and read again: same chunks, same vectors, no text embedded twice."""
    home.step()
    before, vectors = home.ids(), home.vectors.ids()
    report = rebuild(Vault(home.notes), home.store, home.vectors)
    assert (home.ids(), home.vectors.ids()) == (before, vectors)
    assert (report.read, report.embedded, report.pending) == (2, 0, 0)
    assert home.found("mel") == ["Scratch.md"]


def test_a_rebuild_of_an_unreadable_vault_deletes_nothing(home):
    """Nothing is forgotten for a drive that is not mounted."""
    home.step()
    vault = Vault(home.notes)
    os.rename(home.notes, home.notes.with_name("elsewhere"))
    with pytest.raises(VaultError, match="the folder does not exist"):
        rebuild(vault, home.store, home.vectors)
    assert home.found("mel") == ["Scratch.md"]


def test_text_is_searchable_while_vectors_are_interrupted(home):
    """Text search knows everything at once; the vectors go on later where they were."""
    for number in range(30):
        home.write(f"n{number}.md", f"## 2025-05-02\nnote number{number}\n")
    report = home.step(stop=iter([False, True]).__next__)
    assert report.pending == report.chunks == 33
    assert home.found("number7") == ["n7.md"]
    report = home.step()
    assert (report.pending, report.embedded) == (0, 33)


def test_a_missing_model_leaves_text_search(home):
    """The problem is reported with what to do, and the vectors follow when the model is back."""
    home.embedder.broken = True
    report = home.step()
    assert report.problems == ("the embedding model is missing; run `uv sync`",)
    assert report.pending == 3
    assert home.found("mel") == ["Scratch.md"]
    home.embedder.broken = False
    assert home.step().pending == 0


def test_a_note_that_cannot_be_read_is_named(home):
    """The others are indexed; the problem names the note and what to do."""
    (home.notes / "bad.md").write_bytes(b"## 2025-05-02\ncaf\xe9 au lait\n")
    report = home.step()
    assert report.notes == 3
    assert len(report.problems) == 1
    assert report.problems[0].startswith("bad.md is not UTF-8 (line 2)")
    assert home.found("lait") == ["bad.md"]


def test_one_batch_equals_many(home, monkeypatch):
    """The same index comes out whether notes and chunks are taken one by one or all together."""
    for number in range(12):
        home.write(f"n{number}.md", f"## 2025-05-02\nnote number{number}\n## 2025-05-03\nmore {number}\n")
    home.step()
    together = (home.ids(), home.vectors.ids(), home.found("more"))
    monkeypatch.setattr(indexer, "_NOTES_A_BATCH", 1)
    monkeypatch.setattr(indexer, "_CHUNKS_A_BATCH", 5)
    rebuild(Vault(home.notes), home.store, home.vectors)
    assert (home.ids(), home.vectors.ids(), home.found("more")) == together


def test_logged_runs_follow_their_notes(home):
    """Records come with the notes that tell of them, change with them and go with them."""
    home.write("Server.md", SERVER)
    home.write("Experiments.md", EXPERIMENTS)
    home.step()
    [record] = home.store.records()
    assert record.source == "logged" and record.date == "2025-05-02"
    assert record.config["lr_base"] == "0.02"
    assert record.metrics["accuracy"] == [91.5, 85.25, 80.0]
    assert [r.id for r in home.store.records(where={"sequential_layer": "GRU"}, sort="accuracy")] == [record.id]
    home.write("Experiments.md", EXPERIMENTS.replace("80.0]", "81.5]"))
    home.step()
    [record] = home.store.records()
    assert record.metrics["accuracy"][-1] == 81.5
    for name in ("Server.md", "Experiments.md"):
        (home.notes / name).unlink()
    home.step()
    assert home.store.records() == []


def test_records_read_again_in_part_are_those_read_anew(home):
    """Whatever is edited, deleted or renamed, what is kept from before gives the records of a whole new reading."""
    home.write("Server.md", SERVER)
    home.write("Experiments.md", EXPERIMENTS)
    home.step()
    vault = Vault(home.notes)
    server, results = home.notes / "Server.md", home.notes / "Experiments.md"
    more = EXPERIMENTS.partition("## 2025/05/02")[2].replace("91.5", "92.5")
    steps = [
        lambda: results.write_text(EXPERIMENTS + "\n## 2025/05/09\n" + more, encoding="utf-8"),
        lambda: results.write_text("Moved down.\n\n" + results.read_text("utf-8"), encoding="utf-8"),
        lambda: server.write_text(SERVER + "\n## 2025/05/09\n- [x] Another.\n", encoding="utf-8"),
        lambda: (home.notes / "May.md").write_text(
            "## 2025/05/09\n- [x] One GRU layer\n  > Result : [[Experiments#2025/05/02]]\n", encoding="utf-8"
        ),
        lambda: (home.notes / "May.md").rename(home.notes / "Old May.md"),
        lambda: server.unlink(),
        lambda: server.write_text(SERVER, encoding="utf-8"),
    ]
    for step in steps:
        step()
        home.step()
        notes = [parse_note(file.path, vault.read(file.path).text) for file in vault.files()]
        assert home.store.logged() == logged_records(notes)


def test_a_note_that_tells_of_no_run_joins_nothing_anew(home, monkeypatch):
    """Saving an ordinary note, or moving lines of a to-do note, leaves the records alone."""
    todo = home.notes / "May.md"
    text = "## 2025/05/09\n- [x] One GRU layer\n  > Result : [[Experiments#2025/05/02]]\n"
    todo.write_text(text, encoding="utf-8")
    home.step()
    joined = []
    monkeypatch.setattr(indexer, "records_of", lambda parts, **rest: joined.append(1) or [])
    (home.notes / "Scratch.md").write_text("## 2025/05/09\nA thought, and\n```sh\nls\n```\n", encoding="utf-8")
    todo.write_text("# May\n\n" + text, encoding="utf-8")
    assert home.step().read == 2
    assert not joined
    todo.write_text(text.replace("layer", "layers"), encoding="utf-8")
    home.step()
    assert joined


def test_a_broken_store_is_built_anew(home):
    """Random bytes in the database: a word about it, the same answers after, no text embedded again."""
    home.step()
    before = home.ids()
    home.close()
    for suffix in ("-wal", "-shm"):
        (home.cache / f"store.sqlite{suffix}").unlink(missing_ok=True)
    (home.cache / "store.sqlite").write_bytes(os.urandom(40_000))
    told = home.open()
    assert len(told) == 1 and "is damaged (file is not a database); it is built anew from the vault" in told[0]
    report = home.step()
    assert (report.embedded, report.pending) == (0, 0)
    assert home.ids() == home.vectors.ids() == before


def test_a_broken_vector_folder_is_made_anew_and_nothing_else(home):
    """Only the vectors' folder is deleted; text search never stops, kept embeddings are used."""
    home.step()
    home.close()
    (home.cache / "chroma" / "chroma.sqlite3").write_bytes(os.urandom(5000))
    told = home.open()
    assert len(told) == 1 and "is damaged (file is not a database); the vectors are made anew" in told[0]
    assert home.found("mel") == ["Scratch.md"]
    report = home.step()
    assert (report.read, report.embedded, report.pending) == (0, 0, 0)
    assert home.vectors.ids() == home.ids()


@pytest.mark.parametrize("lost", ["chroma", "store.sqlite"])
def test_either_half_may_be_deleted(home, lost):
    """Whichever half of the index is gone comes back from the other half, the vault and the kept embeddings."""
    home.step()
    home.close()
    if lost == "chroma":
        import shutil

        shutil.rmtree(home.cache / "chroma")
    else:
        for suffix in ("", "-wal", "-shm"):
            (home.cache / f"store.sqlite{suffix}").unlink(missing_ok=True)
    home.open()
    report = home.step()
    assert (report.embedded, report.pending, report.chunks) == (0, 0, 3)
    assert home.vectors.ids() == home.ids()


def test_a_crash_between_vectors_and_store_heals(home, monkeypatch):
    """Vectors that were added but not marked are put again; none is left behind or missing."""
    monkeypatch.setattr(home.store, "mark_embedded", lambda chunks: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        home.step()
    monkeypatch.undo()
    home.write("Scratch.md", "# Scratch\n\n## 2025/05/01\n- another thought\n")
    home.close()
    home.open()
    home.step()
    assert home.vectors.ids() == home.ids()


def test_a_folder_that_cannot_be_listed_loses_nothing(home, monkeypatch):
    """Its notes stay in the index until they can be looked at again."""
    home.step()
    real = os.scandir

    def refuse(path):
        if str(path).endswith("papers"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = home.step()
    assert report.removed == 0 and home.found("prediction") == ["papers/lpc.md"]
    assert any("papers cannot be listed" in problem for problem in report.problems)


def test_the_real_embedder_brings_meaning(tmp_path):
    """End to end with the embedded model: a question without a shared word finds its section."""
    notes = tmp_path / "vault"
    notes.mkdir()
    (notes / "Scratch.md").write_text(
        "# Scratch\n\n## 2025/05/01\n- The loss became NaN after the first epoch.\n\n"
        "## 2025/05/02\n- Had noodles for lunch near the station.\n\n## 2025/05/03\n- Ordered a new keyboard.\n"
    )
    with (
        open_store(tmp_path / "store.sqlite")[0] as store,
        VectorIndex(tmp_path / "chroma", Embedder(cache=tmp_path / "embeddings.sqlite")) as vectors,
    ):
        report = bring_in_step(Vault(notes), store, vectors)
        assert (report.embedded, report.pending) == (3, 0)
        hits = Search(store, vectors).find("training diverged, numerical instability")
        assert hits[0].chunk.date == datetime.date(2025, 5, 1)
        assert hits[0].how == "meaning"
