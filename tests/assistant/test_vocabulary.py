"""The vocabulary of a vault: what is kept of it, and where it comes from."""

from __future__ import annotations

from assistant.vocabulary import Filter, Vocabulary, matcher, matches, record_words
from fskws.runs import Record
from vault_sync.store import Store


def test_the_words_of_records_are_counted_by_the_index(tmp_path):
    """The counts are those that reading every record's words gives."""
    records = [
        Record(
            "r1",
            "launched",
            "2025-03-01",
            title="Two GRU layers, 0.80 of the noise",
            config={"loss_lpc": "0.5", "noise_prob": "0.8"},
        ),
        Record(
            "r2",
            "launched",
            "2025-03-02",
            title="Größere Fenster",
            remarks=("better than BCResNet8's, isn't it",),
            argv=("python", "train.py"),
        ),
    ]
    expected: dict[str, int] = {}
    for one in records:
        for word in record_words(one):
            expected[word] = expected.get(word, 0) + 1
    with Store(tmp_path / "store.sqlite") as store:
        store.upsert_records(records)
        found = store.record_word_counts()
    assert {word: found.get(word) for word in expected if word.isascii()} == {
        word: count for word, count in expected.items() if word.isascii()
    }


def test_settings_named_by_a_title_stay_read_when_a_run_is_added(tmp_path):
    """A vocabulary of the same options takes over what the one before has read; one with a new value reads again."""
    with Store(tmp_path / "store.sqlite") as store:
        first = Record("r1", "logged", "2025-03-01", "GRU with noise_prob 0.8", config={"noise_prob": "0.8"})
        store.upsert_records([first, Record("r2", "launched", "2025-03-01", "", config={"layer": "GRU"})])
        before = Vocabulary.from_store(store)
        told = before.told(first)
        assert {one.option for one in told} >= {"noise_prob"}
        store.upsert_records([Record("r3", "launched", "2025-03-02", "", config={"layer": "GRU"})])
        same = Vocabulary.from_store(store, before)
        assert same.told(first) is told
        store.upsert_records([Record("r4", "launched", "2025-03-02", "", config={"layer": "Former"})])
        other = Vocabulary.from_store(store, same)
        assert other.told(first) == told and other.told(first) is not told


def test_a_matcher_says_what_matches_says():
    """For every operator and for values that are not given, without a description to fall back on."""
    values = (None, "0", "0.0", ".8", "0.80", "GRU", "'gru'", "None", "")
    runs = [
        Record(f"r{n}", "launched", "2025-03-01", "", config={"o": v} if v is not None else {})
        for n, v in enumerate(values)
    ]
    for op in ("=", "!=", "<", "<=", ">", ">=", "on", "off"):
        for option in ("o", "o|p", "p"):
            one = Filter(option, op, "0.8")
            holds = matcher(one)
            assert [holds(run) for run in (*runs, *runs)] == [matches(run, one) for run in (*runs, *runs)]
