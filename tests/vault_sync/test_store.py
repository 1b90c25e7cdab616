"""The SQLite door: what goes in comes out, any query is allowed, a damaged file says so."""

from __future__ import annotations

import datetime
import sqlite3
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fskws.runs import Record
from vault_sync.chunks import chunk_note
from vault_sync.errors import IndexBroken, StoreError
from vault_sync.notes import parse_note
from vault_sync.store import (
    SCHEMA_VERSION,
    EmbeddingCache,
    NoteState,
    Store,
    all_of,
    any_of,
    metric_values,
    phrase,
)

DAY = datetime.date(2025, 5, 2)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "cache" / "store.sqlite") as opened:
        yield opened


def put(store: Store, path: str, text: str) -> None:
    """Parses and stores one note."""
    note = parse_note(path, text)
    store.replace_note(note, chunk_note(note), NoteState(path, "0" * 64, 1, len(text), 1))


def found(store: Store, expression: str, **filters) -> list[str]:
    return [match.note for match in store.match(expression, 10, **filters)]


def record(number: int, **values) -> Record:
    defaults = {"source": "logged", "date": "2025-05-02", "title": f"run {number}"}
    return Record(id=f"n20250502-{number:06}", **{**defaults, **values})


# -- notes, sections, tasks ----------------------------------------------------------------------------------------


def test_a_removed_note_leaves_nothing(store):
    """Text, sections, tasks and links of a removed note are gone; its embedded chunks wait to leave the vectors."""
    put(store, "a.md", "## 2025-05-02\n- [ ] try a wider kernel [[b#2025-05-01]]\n")
    chunks = store.chunks_of("a.md")
    store.mark_embedded(chunks)
    store.remove_note("a.md")
    assert store.counts() == {"notes": 0, "chunks": 0, "embedded": 0, "tasks": 0, "records": 0}
    assert found(store, any_of(["kernel"])) == []
    assert store.links() == []
    assert store.removals() == [chunk.id for chunk in chunks]


def test_an_unchanged_chunk_keeps_its_vector_when_its_note_changes(store):
    """Only the section that was edited waits for a new vector; the others are moved, not made again."""
    put(store, "a.md", "## 2025-05-01\nfirst\n## 2025-05-02\nsecond\n")
    store.mark_embedded(store.chunks_of("a.md"))
    put(store, "a.md", "## 2025-04-30\nnew above\n## 2025-05-01\nfirst\n## 2025-05-02\nsecond, edited\n")
    assert [chunk.text for chunk in store.pending(10)] == ["second, edited", "new above"]
    assert len(store.removals()) == 1
    assert [chunk.start for chunk in store.chunks_of("a.md")] == [2, 4, 6]


def test_a_chunk_that_changed_while_it_was_embedded_is_named(store):
    """What is gone when its vector arrives is told, so that the vector can be taken out again."""
    put(store, "a.md", "## 2025-05-01\nfirst\n")
    chunks = store.chunks_of("a.md")
    put(store, "a.md", "## 2025-05-01\nfirst, edited\n")
    assert store.mark_embedded(chunks) == [chunks[0].id]
    assert store.pending_count() == 1


def test_tasks_come_out_as_they_went_in(store):
    """Every field of a task, links and sub-lines included, survives the store; later days can be hidden."""
    text = "## 2025-05-02\n### Code-20250502\n- [-] Fix `trim` [[mel#2025-05-01]]\n  > Idea : clamp first\n"
    put(store, "May.md", text + "## 2025-05-03\n- [ ] later\n")
    note = parse_note("May.md", text + "## 2025-05-03\n- [ ] later\n")
    assert store.tasks() == list(note.tasks)
    assert store.tasks(states="-") == [note.tasks[0]]
    assert store.tasks(as_of=DAY) == [note.tasks[0]]
    assert store.tasks(notes=["June.md"]) == []


def test_a_section_is_found_by_any_form_of_its_heading(store):
    """Punctuation and case do not matter, parents can be named, aliases and part paths lead to the note."""
    put(
        store, "sub/mel_floor.md", "---\naliases: [floor note]\n---\n# mel_floor\n## 2025/05/02 \nday\n### Code\nbody\n"
    )
    for heading in ("2025/05/02", "2025 05 02", "20250502", "mel_floor#2025-05-02"):
        section = store.section("mel_floor", heading, whole=False)
        assert section is not None and section.text.strip() == "day"
    nested = store.section("SUB/Mel_Floor.md", "2025/05/02#code")
    assert nested is not None and (nested.heading, nested.text.strip()) == ("Code", "body")
    assert store.section("floor note", "Code") is not None
    assert store.section("mel_floor", "2025/05/09") is None
    assert store.section("nowhere", "") is None


def test_a_section_is_opened_with_its_sub_sections(store):
    """A citation of a day shows what stands under it, headings included."""
    put(store, "n.md", "## 2025/05/02\nday\n### Code\nbody\n## 2025/05/03\nnext\n")
    assert store.section_of("[[n#2025/05/02]]") == {
        "note": "n.md",
        "heading": "2025/05/02",
        "link": "[[n#2025/05/02]]",
        "date": "2025-05-02",
        "start": 1,
        "end": 5,
        "text": "day\n### Code\nbody",
    }


def test_a_link_with_a_line_decides_between_equal_headings(store):
    """A record's link names the line; without one, the last of equal headings is meant."""
    put(store, "n.md", "## 2025/05/02\nfirst\n## 2025/05/02\nsecond\n")
    assert store.section_of("n#2025/05/02:2")["text"] == "first"
    assert store.section_of("n#2025/05/02:4")["text"] == "second"
    assert store.section_of("[[n#2025/05/02]]")["text"] == "second"
    assert store.section_of("[[n#2025/06/02]]") is None


# -- words ---------------------------------------------------------------------------------------------------------


def test_identifiers_are_found_whole_and_by_their_parts(store):
    """`loss_lpc_shuffled` is one word, and also its parts in any order; `a_freq` is a formant."""
    put(store, "whole.md", "Set `loss_lpc_shuffled` to 1.")
    put(store, "swapped.md", "About lpc_loss.")
    put(store, "plain.md", "The loss of the LPC branch was shuffled.")
    put(store, "formant.md", "loss_a_freq_cls is on")
    assert found(store, any_of(["loss_lpc_shuffled"])) == ["whole.md"]
    assert set(found(store, all_of("loss lpc shuffled"))) == {"whole.md", "plain.md"}
    assert found(store, all_of("loss_lpc")) == ["swapped.md"]
    assert found(store, all_of("formant")) == ["formant.md"]


def test_dates_are_one_word_in_every_form(store):
    """2025-05-02, 2025/05/02 and 20250502 find one another; a run id's digits do not count as a day."""
    put(store, "a.md", "See 2025/05/02.")
    put(store, "b.md", "See 20250502.")
    put(store, "c.md", "See 2025-05-03.")
    for form in ("2025-05-02", "2025/05/02", "20250502"):
        assert set(found(store, all_of(form))) == {"a.md", "b.md"}


def test_fractions_are_whole_words(store):
    """0.8 is not 8, and 0.005 is not 5."""
    put(store, "a.md", "noise_prob 0.8, lr_base 0.005.")
    put(store, "b.md", "8 layers, 5 epochs, 0.85")
    assert found(store, all_of("0.8")) == ["a.md"]
    assert found(store, all_of("0.005")) == ["a.md"]


def test_other_scripts_are_found(store):
    """Korean notes are searched like English ones."""
    put(store, "k.md", "잔차 스펙트럼을 확인했다")
    assert found(store, all_of("스펙트럼을")) == ["k.md"]
    assert found(store, '"스펙트럼"*') == ["k.md"]


def test_phrases_need_their_order(store):
    """A quoted phrase finds its words next to one another only."""
    put(store, "a.md", "the confusion matrix of the base session")
    put(store, "b.md", "a matrix that caused confusion")
    assert found(store, phrase("confusion matrix")) == ["a.md"]


def test_slips_find_the_vaults_words(store):
    """One wrong, missing or exchanged letter leads to the word that is really there."""
    put(store, "a.md", "the embedding of a spectrogram")
    assert store.similar_terms("emebdding") == ["embedding"]
    assert store.similar_terms("spectorgram") == ["spectrogram"]
    assert store.similar_terms("xyzzy") == []


def test_day_filters_and_as_of(store):
    """An interval leaves undated sections out; `as_of` hides later ones and keeps the undated."""
    put(store, "a.md", "kernel\n## 2025-05-01\nkernel\n## 2025-05-03\nkernel\n")
    expression = any_of(["kernel"])

    def days(**filters):
        return sorted(str(match.date) for match in store.match(expression, 10, **filters))

    assert days() == ["2025-05-01", "2025-05-03", "None"]
    assert days(since=DAY) == ["2025-05-03"]
    assert days(until=DAY) == ["2025-05-01"]
    assert days(as_of=DAY) == ["2025-05-01", "None"]
    assert days(notes=["b.md"]) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_query_text_ever_fails(store, text):
    """Quotes, operators, brackets, control characters: any text is a query, none is an error."""
    for expression in (any_of(text.split()), all_of(text), phrase(text)):
        store.match(expression, 3)
    store.records(text=text)
    store.similar_terms(text)
    store.section(text, text)


# -- records -------------------------------------------------------------------------------------------------------


def test_records_are_filtered_by_day_source_status_and_option(store):
    """Numbers match however they are written, quotes around a value do not count, newest day comes first."""
    store.upsert_records(
        [
            record(1, date="2025-05-01", config={"lr_base": "0.005", "sequential_layer": "'GRU'"}),
            record(2, date="2025-05-02", config={"lr_base": "5e-3"}, status="failed"),
            record(3, date="2025-05-03", source="launched", config={"lr_base": "0.01"}),
        ]
    )

    def numbers(**filters):
        return [int(r.id[-1]) for r in store.records(**filters)]

    assert numbers() == [3, 2, 1]
    assert numbers(since=DAY) == [3, 2]
    assert numbers(until=DAY) == [2, 1]
    assert numbers(as_of=DAY, limit=1) == [2]
    assert numbers(source="launched") == [3]
    assert numbers(sources=("logged",), statuses=("failed", "lost")) == [2]
    assert numbers(where={"lr_base": ".005"}) == [2, 1]
    assert numbers(where={"-sequential_layer": "gru"}) == [1]
    assert numbers(where={"lr_base": ""}) == [3, 2, 1]
    assert numbers(where={"loss_lpc": "1"}) == []
    assert numbers(ids=["n20250502-000003"]) == [3]


def test_records_are_sorted_by_a_metric_best_first(store):
    """Accuracy counts from above by its last session, a loss from below; "-" turns it round; others are left out."""
    store.upsert_records(
        [
            record(1, metrics={"accuracy": [97.0, 80.5], "loss": {"last": 0.4, "best": 0.3}}),
            record(2, metrics={"accuracy": [95.0, 82.25], "loss": {"last": 0.2, "best": 0.2}}),
            record(3, metrics={"loss": {"last": float("nan"), "best": float("nan")}}),
        ]
    )

    def numbers(sort):
        return [int(r.id[-1]) for r in store.records(sort=sort)]

    assert numbers("accuracy") == [2, 1]
    assert numbers("-accuracy") == [1, 2]
    assert numbers("accuracy.base") == [1, 2]
    assert numbers("loss") == [2, 1]
    assert numbers("no such metric") == []


def test_metric_values_are_plain_numbers():
    """Per-session lists give last, mean and first; what is not finite is left out."""
    assert metric_values(
        {"accuracy": [90.0, 80.0], "seen": [70.0, 50.0], "loss": {"last": 2, "best": 1}, "x": "nan"}
    ) == {
        "accuracy": 80.0,
        "accuracy.mean": 85.0,
        "accuracy.base": 90.0,
        "seen": 50.0,
        "seen.mean": 60.0,
        "seen.first": 70.0,
        "loss": 1.0,
    }


def test_records_are_found_by_their_words(store):
    """Title, remarks and configuration are searched, identifiers in either order."""
    store.upsert_records(
        [
            record(1, title="One GRU layer", config={"loss_lpc": "1"}),
            record(2, remarks=("Better than the GRU layers.",)),
        ]
    )
    assert {r.id[-1] for r in store.records(text="gru layer")} == {"1", "2"}
    assert [r.id[-1] for r in store.records(text="lpc_loss")] == ["1"]
    assert store.records(text="' OR 1=1 --") == []


def test_logged_records_are_replaced_as_a_whole(store):
    """What the notes no longer tell of is gone; launched runs are not touched; equal records are not written again."""
    store.upsert_record(record(9, source="launched"))
    store.replace_logged([record(1), record(2)])
    version = store.version()
    store.replace_logged([record(1), record(2)])
    store.replace_logged([record(2, title="told otherwise")])
    assert {r.title for r in store.records()} == {"run 9", "told otherwise"}
    assert store.version() > version


def test_a_record_is_found_by_its_marker(store):
    """The six characters of a note's marker name the run."""
    store.upsert_record(record(7))
    assert store.record("000007") == store.record("n20250502-000007") == record(7)
    assert store.record("000008") is None


def test_ten_thousand_records_are_listed_quickly(store):
    """A list of the newest fifty, filtered and sorted, takes less than 50 ms."""
    store.upsert_records(
        record(
            n,
            date=str(datetime.date(2024, 1, 1) + datetime.timedelta(days=n % 500)),
            config={"lr_base": str(0.001 * (n % 7)), "noise_prob": str(n % 2), "loss_lpc": "1"},
            metrics={"accuracy": [90 + n % 9, 70 + n % 11]},
        )
        for n in range(10_000)
    )
    for filters in ({}, {"where": {"noise_prob": "1"}, "sort": "accuracy"}, {"since": datetime.date(2025, 4, 1)}):
        times = []
        for _ in range(5):
            begun = time.thread_time()  # Of this thread alone: other work on the machine does not count.
            assert len(store.records(limit=50, **filters)) == 50
            times.append(time.thread_time() - begun)
        assert min(times) < 0.05


def test_the_vocabulary_of_options_and_metrics(store):
    """Every option with its values, every metric with the number of its records."""
    store.upsert_records(
        [record(1, config={"lr_base": "0.1"}), record(2, config={"lr_base": "0.1"}, metrics={"eer": 3})]
    )
    assert store.options() == {"lr_base": {"0.1": 2}}
    assert store.metrics() == {"eer": 1}


# -- the file ------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_broken(tmp_path):
    """Random bytes are named as such, with what happens next."""
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"\x00\x01not a database" * 500)
    with pytest.raises(IndexBroken, match=r"store\.sqlite is damaged \(file is not a database\); it is built anew"):
        Store(path)


def test_another_schema_is_broken(tmp_path):
    """A store of another version of kwslab is not read."""
    path = tmp_path / "store.sqlite"
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(IndexBroken, match=f"has version 3, this kwslab writes {SCHEMA_VERSION}; it is built anew"):
        Store(path)


def test_damage_in_the_middle_is_found_by_the_check(tmp_path):
    """Overwritten pages are found before anything wrong is answered from them."""
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        for number in range(50):
            put(store, f"n{number}.md", f"## 2025-05-02\n{'word ' * 300}{number}\n")
    data = bytearray(path.read_bytes())
    data[8192:40960] = b"\xa5" * (40960 - 8192)
    path.write_bytes(data)
    with pytest.raises(IndexBroken, match="is damaged"), Store(path) as store:
        store.check()


def test_a_folder_that_cannot_be_written_is_no_broken_index(tmp_path):
    """A rebuild would not help where the place itself is wrong, so it is another error that says what to do."""
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(StoreError, match="choose a writable --state"):
        Store(tmp_path / "cache" / "store.sqlite")


def test_threads_share_a_store(store):
    """Writers wait for one another, readers for nobody, and no write is lost."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(10):
                put(store, f"n{number}-{step}.md", f"## 2025-05-02\nthread {number}\n")
                store.match(any_of(["thread"]), 5)
                store.upsert_record(record(100 * number + step))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.counts()["notes"] == store.counts()["records"] == 60


def test_a_failed_transaction_changes_nothing(store):
    """An error in the middle takes everything back."""
    put(store, "a.md", "kept")
    with pytest.raises(RuntimeError), store.transaction():
        store.remove_note("a.md")
        raise RuntimeError
    assert found(store, any_of(["kept"])) == ["a.md"]


def test_a_closed_store_says_so(tmp_path):
    """Using a store after its end is told plainly."""
    store = Store(tmp_path / "store.sqlite")
    store.close()
    with pytest.raises(StoreError, match="was closed; open the store again"):
        store.counts()


# -- kept embeddings -----------------------------------------------------------------------------------------------


def test_kept_embeddings_belong_to_their_model(tmp_path):
    """The same text under another model is not known."""
    path = tmp_path / "embeddings.sqlite"
    first = EmbeddingCache(path, "one")
    first.put({"text": b"\x00" * 8})
    assert first.get(["text", "other"]) == {"text": b"\x00" * 8}
    other = EmbeddingCache(path, "two")
    assert other.get(["text"]) == {}
    first.close()
    other.close()


def test_a_damaged_embedding_file_is_begun_anew(tmp_path):
    """It holds nothing that cannot be made again."""
    path = tmp_path / "embeddings.sqlite"
    path.write_bytes(b"nonsense" * 1000)
    cache = EmbeddingCache(path, "one")
    cache.put({"text": b"\x00" * 4})
    assert len(cache) == 1
    cache.close()


def test_lines_of_a_cited_section_stand_where_the_note_has_them(tmp_path):
    """A section with sub-sections keeps the note's own line numbers, blank lines between them included."""
    from vault_sync.chunks import chunk_note as cut
    from vault_sync.notes import parse_note
    from vault_sync.store import NoteState as State

    text = "## 2025/04/11\nfirst\n\n\n### Code-2025/04/11\n\nsecond\n\n### Idea-2025/04/11\nthird\n"
    note = parse_note("Scratch.md", text)
    with Store(tmp_path / "lines.sqlite") as store:
        store.replace_note(note, cut(note), State("Scratch.md", "0" * 64, 0, len(text), 0))
        found = store.section_of("[[Scratch#2025/04/11]]")
    assert found["text"].split("\n") == text.rstrip("\n").split("\n")[1:]


def test_the_revision_tells_text_and_records_apart(store):
    """Notes and records each have their own number; vectors and remembered facts change neither."""
    begun = store.revision()
    put(store, "Scratch.md", "## 2025-03-08\n- one idea\n")
    after_text = store.revision()
    assert after_text[0] > begun[0] and after_text[1] == begun[1]
    store.upsert_record(record(1))
    after_record = store.revision()
    assert after_record[0] == after_text[0] and after_record[1] > after_text[1]
    store.mark_embedded(store.pending(10))
    store.set_meta("indexed_at", "now")
    assert store.revision() == after_record
    store.remove_records(["nobody"])
    assert store.revision() == after_record
    store.remove_note("Scratch.md")
    store.remove_records([record(1).id])
    assert store.revision()[0] > after_record[0] and store.revision()[1] > after_record[1]
    assert store.counts() == {"notes": 0, "chunks": 0, "embedded": 0, "tasks": 0, "records": 0}
