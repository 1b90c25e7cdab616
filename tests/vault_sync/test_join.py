"""Runs and what the notes tell of them meet in one list."""

from __future__ import annotations

from fskws.runs import Record
from vault_sync.join import command_key, join_records

ARRAYS = {"accuracy": [97.1, 94.2], "seen": [96.4], "unseen": [71.2], "harmonic_mean": [81.9]}


def launched(id="r20250411-aaaaaa", date="2025-04-11", **more):
    more.setdefault("argv", ("/usr/bin/python3", "train.py", "-noise_prob", "0.8"))
    return Record(id=id, source="launched", date=date, title="t", marker="kw-" + id[-6:], **more)


def logged(id="n1", date="2025-04-11", **more):
    more.setdefault("argv", ("python", "train.py", "-noise_prob", "0.8"))
    return Record(id=id, source="logged", date=date, title="t", note_links=(f"[[Server#{date}]]",), **more)


def test_marker_decides():
    """An entry that carries the run's marker is that run, whatever was edited around it."""
    entry = logged(marker="kw-aaaaaa", argv=(), verdicts=("fail: wrong code",), link="Server#2025-04-11:3")
    found = join_records([launched()], [entry])
    assert found.logged[0].merged_into == "r20250411-aaaaaa"
    assert found.runs[0].verdicts == ("fail: wrong code",)
    assert found.runs[0].note_links == ("[[Server#2025-04-11]]",)
    assert found.runs[0].link == "Server#2025-04-11:3"


def test_same_command_within_a_day_is_the_same_run():
    """One entry and one run of the same command a day apart are one, the interpreter's path aside."""
    found = join_records([launched()], [logged(date="2025-04-10", metrics=ARRAYS)])
    assert found.logged[0].merged_into == "r20250411-aaaaaa"
    assert found.runs[0].metrics == ARRAYS


def test_two_days_apart_are_two_runs():
    """The same command two days later is another run."""
    found = join_records([launched()], [logged(date="2025-04-13")])
    assert found.logged[0].merged_into == ""
    assert found.logged[0].joined == ()


def test_other_results_are_another_run():
    """Equal commands with different results are never merged; they are shown as probably the same."""
    other = {**ARRAYS, "accuracy": [90.0, 80.0]}
    found = join_records([launched(metrics=other)], [logged(metrics=ARRAYS)])
    assert found.logged[0].merged_into == ""
    assert found.runs[0].metrics == other
    assert found.logged[0].joined == ("r20250411-aaaaaa",)
    assert found.runs[0].joined == ("n1",)


def test_equal_results_tell_which_of_two_runs_is_meant():
    """With two runs of one command, equal arrays decide; the other run keeps to itself."""
    first, second = launched(metrics={**ARRAYS, "seen": [1.0]}), launched(id="r20250411-bbbbbb", metrics=ARRAYS)
    found = join_records([first, second], [logged(metrics=ARRAYS)])
    assert found.logged[0].merged_into == "r20250411-bbbbbb"
    assert found.runs[0].joined == ()


def test_ambiguous_entry_is_not_merged():
    """An entry without results beside two runs of its command could be either: both are named, none is merged."""
    found = join_records([launched(), launched(id="r20250411-bbbbbb")], [logged()])
    assert found.logged[0].merged_into == ""
    assert found.logged[0].joined == ("r20250411-aaaaaa", "r20250411-bbbbbb")


def test_verbatim_repeats_are_not_one_run():
    """Two entries that repeat a command beside one run: neither is taken for it without a sign."""
    found = join_records([launched()], [logged(), logged(id="n2")])
    assert [record.merged_into for record in found.logged] == ["", ""]


def test_different_commands_never_meet():
    """Another value makes another run."""
    found = join_records([launched()], [logged(argv=("python", "train.py", "-noise_prob", "0.0"))])
    assert found.logged[0].joined == ()


def test_joining_twice_is_joining_once():
    """What was taken over from the notes is taken back before joining anew, so a deleted entry leaves no trace."""
    entry = logged(date="2025-04-10", metrics=ARRAYS, verdicts=("fail: wrong code",))
    once = join_records([launched()], [entry])
    assert join_records(once.runs, once.logged) == once
    assert join_records(once.runs, []).runs == (launched(),)


def test_store_lists_a_joined_run_once(tmp_path):
    """In the store the notes' record of a run is kept but not listed beside the run."""
    from vault_sync.join import join_store
    from vault_sync.store import Store

    with Store(tmp_path / "store.sqlite") as store:
        store.upsert_records([launched()])
        store.replace_logged([logged(metrics=ARRAYS), logged(id="n2", argv=("python", "other.py"))])
        join_store(store)
        assert {record.id for record in store.records()} == {"r20250411-aaaaaa", "n2"}
        assert store.record("r20250411-aaaaaa").metrics == ARRAYS
        assert {record.id for record in store.records(merged=True)} == {"r20250411-aaaaaa", "n1", "n2"}
        store.replace_logged([logged(id="n2", argv=("python", "other.py"))])
        join_store(store)
        assert store.record("r20250411-aaaaaa").metrics == {}


def test_command_key_takes_quotes_and_interpreter_path_off():
    """Quoted values and a full interpreter path do not make another command."""
    assert command_key(logged(argv=("/env/bin/python3.11", "t.py", "-m", '"GRU"'))) == ("python", "t.py", "-m", "GRU")


def test_joining_never_brings_an_older_state_of_a_run_back(tmp_path):
    """A run that ends while another thread joins stays ended: what was read before it is not written over it."""
    import dataclasses
    import threading

    from fskws.runs import Record
    from vault_sync import join
    from vault_sync.store import Store

    store = Store(tmp_path / "store.sqlite")
    running = Record("r20310506-aaaaaa", "launched", "2031-05-06", "A run", ("python", "t.py"), status="running")
    store.upsert_records([running])
    reading, read = threading.Event(), store.logged

    def slow_logged():
        reading.set()
        ended.join(0.5)  # gives the end of the run the time to come in between
        return read()

    def end() -> None:
        reading.wait()
        with store.rewriting:
            store.upsert_records([dataclasses.replace(running, status="finished")])

    store.logged = slow_logged
    changed = dataclasses.replace(running, joined=("n20310506-bbbbbb",))
    store.upsert_records([changed])  # a join that does not hold any more, so that joining writes the run anew
    ended = threading.Thread(target=end)
    ended.start()
    join.join_store(store)
    ended.join()
    assert store.record(running.id).status == "finished"
    store.close()
