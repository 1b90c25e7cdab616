"""Run directories: ids, days, metrics, states, records."""

from __future__ import annotations

import datetime
import json
import math
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fskws import runs
from fskws.errors import RunError
from fskws.runs import MetricsLog, Record, RunDirectory

NOW = datetime.datetime(2031, 5, 6, 12, 30, tzinfo=datetime.UTC)


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    """A new run of `python train.py trans -lr_base 0.005`, not started."""
    return runs.create_run(
        tmp_path / "runs", ["python", "train.py", "trans", "-lr_base", "0.005"], tmp_path, env={"PATH": "/bin"}, now=NOW
    )


def started(directory: RunDirectory, **changes) -> None:
    """Writes the record file of a run whose command and supervisor are this process."""
    me = {"pid": os.getpid(), "start_ticks": runs.start_ticks(os.getpid())}
    facts = {
        "supervisor": me,
        "child": me,
        "boot_id": runs.boot_id(),
        "started_at": "2031-05-06T12:30:00+00:00",
        **changes,
    }
    directory.record.write_text(json.dumps(facts))


GONE = {"pid": 2**22 + 1, "start_ticks": 1}


# -- ids, days, files --------------------------------------------------------------------------------------------------


def test_ids_carry_source_and_day():
    """A run's id tells where it came from, its day, and six characters that also mark it in the notes."""
    assert runs.new_run_id(NOW)[:10] == "r20310506-"
    assert runs.new_run_id(NOW, "observed")[:10] == "o20310506-"
    ids = {runs.new_run_id(NOW) for _ in range(500)}
    assert len(ids) == 500
    assert all(runs._ID.fullmatch(id) for id in ids)


@pytest.mark.parametrize(
    ("clock", "day"),
    [("04:59", 5), ("05:00", 6), ("00:00", 5), ("23:59", 6)],
)
def test_an_hour_before_the_day_starts_belongs_to_the_day_before(clock, day):
    """A night's run that ends at four belongs to the evening's day."""
    moment = datetime.datetime.combine(NOW.date(), datetime.time.fromisoformat(clock))
    assert runs.day_of(moment, "05:00") == datetime.date(2031, 5, day)


def test_only_variables_without_secrets_are_stored():
    """What changes a computation is kept; anything that looks like a secret never reaches the disk."""
    environ = {
        "CUDA_VISIBLE_DEVICES": "1",
        "OMP_NUM_THREADS": "4",
        "PYTHONPATH": "/p",
        "CUDA_API_KEY": "x",
        "WANDB_API_KEY": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "HOME": "/home/me",
    }
    assert runs.chosen_environment(environ) == {
        "CUDA_VISIBLE_DEVICES": "1",
        "OMP_NUM_THREADS": "4",
        "PYTHONPATH": "/p",
    }


def test_write_aside_replaces_whole_or_not_at_all(tmp_path: Path, monkeypatch):
    """A write that fails leaves the old file and nothing beside it."""
    path = tmp_path / "x.json"
    runs.write_aside(path, b"old", 0o600)
    runs.write_aside(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        runs.write_aside(path, b"newer")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_run_needs_a_command_and_a_place(tmp_path: Path):
    """No command, or a runs directory that cannot be made, is told with what to do."""
    with pytest.raises(RunError, match="a run needs a command"):
        runs.create_run(tmp_path, [], tmp_path, env={})
    (tmp_path / "file").write_text("")
    with pytest.raises(
        RunError, match=r"no run directory can be made in .*file.*choose another place with --state DIR"
    ):
        runs.create_run(tmp_path / "file", ["true"], tmp_path, env={})


def test_a_full_disk_leaves_no_half_made_run(tmp_path: Path, monkeypatch):
    """Where the command file cannot be written there is no run, and the message says what to do."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "write_aside", full)
    with pytest.raises(RunError, match=r"No space left on device\)\. Free some space there"):
        runs.create_run(tmp_path, ["true"], tmp_path, env={})
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_not_utf8_survives_the_command_file(tmp_path: Path):
    """A file name in some older encoding reaches the command as the same bytes."""
    word = os.fsdecode(b"/data/caf\xe9.wav")
    directory = runs.create_run(tmp_path, ["cat", word], tmp_path, env={})
    assert os.fsencode(json.loads(directory.command.read_bytes())["argv"][1]) == b"/data/caf\xe9.wav"
    json.dumps(runs.read_record(directory.root).to_json()).encode("utf-8")


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_a_logged_row_is_read_back_as_it_was(tmp_path: Path):
    """Numbers come back exactly; NaN and infinities as words; names with quotes are escaped."""
    with MetricsLog(tmp_path / "m") as log:
        log.log(3, loss=0.1, acc=91, big=1e300, nan=math.nan, up=math.inf, down=-math.inf, **{'a "b"': 1e-7})
        log.log(note="warm-up", flag=True)
    first, second = runs.read_metrics(tmp_path / "m")
    assert isinstance(first.pop("t"), float)
    assert first == {
        "step": 3, "loss": 0.1, "acc": 91, "big": 1e300, "nan": "nan", "up": "inf", "down": "-inf", 'a "b"': 1e-7,
    }  # fmt: skip
    assert (second["note"], second["flag"]) == ("warm-up", True)


def test_rows_of_the_same_names_keep_their_own_values(tmp_path: Path):
    """The second row of some names is as exact as the first; a percent sign or a huge integer is no trouble."""
    with MetricsLog(tmp_path / "m") as log:
        log.log(1, **{"share %d": 0.1, "n": 3})
        log.log(2, **{"share %d": 1 / 3, "n": math.nan})
        log.log(3, **{"share %d": -0.0, "n": 10**5000})
        log.log("4", **{"share %d": 2.5e-300, "n": 10**400})
    rows = runs.read_metrics(tmp_path / "m")
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert [row["share %d"] for row in rows] == [0.1, 1 / 3, -0.0, 2.5e-300]
    assert [row["n"] for row in rows] == [3, "nan", "inf", "inf"]


def test_numbers_of_other_libraries_are_logged_as_numbers(tmp_path: Path):
    """Anything float() takes is a number, as a 0-d tensor is."""

    class Tensor:
        def __float__(self):
            return 0.25

    with MetricsLog(tmp_path / "m") as log:
        log.log(0, loss=Tensor(), odd=object)
    row = runs.read_metrics(tmp_path / "m")[0]
    assert row["loss"] == 0.25
    assert row["odd"] == str(object)


def test_a_torn_last_line_and_foreign_lines_are_left_out(tmp_path: Path):
    """What a killed writer left half written, or somebody else wrote, costs only itself."""
    (tmp_path / "m").write_bytes(
        b'{"step": 1, "loss": 1.0}\nnot json\n[1]\n\xff\xfe\n{"step": 2, "loss": 0.5}\n{"step": 3, "lo'
    )
    assert [row["step"] for row in runs.read_metrics(tmp_path / "m")] == [1, 2]
    assert runs.read_metrics(tmp_path / "none") == []


def test_every_row_logged_before_a_sigkill_is_there(tmp_path: Path):
    """A process that kills itself right after a row loses none."""
    code = (
        "import os, sys\nfrom fskws.runs import MetricsLog\nfrom pathlib import Path\n"
        "log = MetricsLog(Path(sys.argv[1]))\n"
        "for step in range(2000): log.log(step, loss=1.0)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "m")], check=False)
    assert done.returncode == -9
    assert [row["step"] for row in runs.read_metrics(tmp_path / "m")] == list(range(2000))


def test_rows_wait_for_a_full_disk(tmp_path: Path, monkeypatch, capsys):
    """A disk without space does not end the program, and nothing is lost once there is space again."""
    log = MetricsLog(tmp_path / "m")
    write, full = os.write, True

    def limited(fd, data):
        if not full:
            return write(fd, data)
        if len(data) > 10:
            return write(fd, data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", limited)
    for step in range(3):
        log.log(step, loss=float(step))
    full = False
    log.log(3, loss=3.0)
    assert [row["loss"] for row in runs.read_metrics(tmp_path / "m")] == [0.0, 1.0, 2.0, 3.0]
    assert "metrics wait in memory" in capsys.readouterr().err


def test_sessions_become_the_four_lists():
    """Accuracy has the base session too; the last row of a session wins; a missing session ends the list."""
    rows = [
        {"session": 0, "accuracy": 95.5},
        {"session": 1, "accuracy": 90.0, "seen": 94.0, "unseen": 60.0, "harmonic_mean": 73.2},
        {"session": 2, "accuracy": 80.0, "seen": 90.0, "unseen": 50.0, "harmonic_mean": 64.3},
        {"session": 2, "accuracy": 81.0, "seen": 91.0, "unseen": 51.0, "harmonic_mean": 65.4},
        {"session": 4, "accuracy": 10.0, "seen": 10.0, "unseen": 10.0, "harmonic_mean": 10.0},
    ]
    assert runs.summarise_metrics(rows) == {
        "accuracy": [95.5, 90.0, 81.0],
        "seen": [94.0, 91.0],
        "unseen": [60.0, 51.0],
        "harmonic_mean": [73.2, 65.4],
    }


def test_a_growing_file_is_summed_up_as_a_whole_one(tmp_path: Path):
    """Read again and again while it grows, torn lines included, a file gives what it gives when read at once."""
    path = tmp_path / "m"
    text = b"".join(
        b'{"step": %d, "loss": %d, "session": %d, "accuracy": %d}\n' % (n, 9 - n, n // 3, n) for n in range(9)
    )
    for end in range(0, len(text) + 1, 17):
        path.write_bytes(text[:end]) if end == 0 else path.open("ab").write(text[end - 17 : end])
        assert runs.read_summary(path) == runs.summarise_metrics(runs.read_metrics(path))
    path.unlink()
    path.write_bytes(b'{"loss": 5}\n{"loss": 1' + b"0" * 400 + b"}\n")
    assert runs.read_summary(path) == {"loss": {"last": "inf", "best": 5}}
    path.unlink()
    assert runs.read_summary(path) == {}


def test_best_is_the_least_for_losses_and_the_most_for_the_rest():
    """`last` and `best` of a metric, whichever way is better; NaN is reported and never best."""
    rows = [
        {"t": 1.0, "step": 1, "loss": 2.0, "val_acc": 80.0, "eer": 5.0, "power": 1.0},
        {"t": 2.0, "step": 2, "loss": "nan", "val_acc": 90.0, "eer": 4.0, "power": 3.0},
        {"t": 3.0, "step": 3, "loss": 1.0, "val_acc": 85.0, "eer": 6.0, "power": 2.0, "only": "nan"},
    ]
    assert runs.summarise_metrics(rows) == {
        "loss": {"last": 1.0, "best": 1.0},
        "val_acc": {"last": 85.0, "best": 90.0},
        "eer": {"last": 6.0, "best": 4.0},
        "power": {"last": 2.0, "best": 3.0},
        "only": {"last": "nan", "best": None},
    }


# -- states ------------------------------------------------------------------------------------------------------------


def test_a_run_goes_on_while_one_of_its_processes_lives(directory):
    """Supervisor or command: either alone is enough, and its start ticks must be the ones noted."""
    started(directory)
    assert runs.read_state(directory).status == "running"
    started(directory, supervisor=GONE)
    assert runs.read_state(directory).status == "running"
    started(directory, child=GONE)
    assert runs.read_state(directory).status == "running"


def test_a_pid_used_again_is_not_the_run(directory):
    """A living process of the same number that started at another time is somebody else."""
    other = {"pid": os.getpid(), "start_ticks": runs.start_ticks(os.getpid()) - 1}
    started(directory, supervisor=other, child=other)
    state = runs.read_state(directory)
    assert (state.status, state.exit_code) == ("unknown", None)
    assert state.cause == "the supervisor was killed, and the command has ended since; its exit code is not known"


def test_a_restart_of_the_machine_is_told_by_its_boot_id(directory):
    """Processes of another boot are gone, whatever now has their numbers."""
    started(directory, boot_id="other")
    state = runs.read_state(directory)
    assert (state.status, state.cause) == ("failed", "host went down")


def test_a_run_of_another_machine_is_lost_from_here(directory):
    """A state directory shared between machines does not make the other machine's runs dead."""
    started(directory, boot_id="other", hostname="elsewhere")
    state = runs.read_state(directory)
    assert (state.status, state.cause) == ("lost", "it was started on elsewhere, which does not answer from here")


def test_the_exit_file_has_the_last_word(directory):
    """Once it is there, living processes change nothing."""
    started(directory)
    directory.exit.write_text(json.dumps({"status": "failed", "code": 3, "cause": "exit code 3"}))
    state = runs.read_state(directory)
    assert (state.status, state.exit_code, state.cause) == ("failed", 3, "exit code 3")


def test_a_launch_that_was_cut_short_is_unknown_after_a_moment(directory):
    """A command file alone is "starting" at first, and later a launch that was interrupted."""
    fresh = runs.create_run(directory.root.parent, ["true"], "/", env={})
    assert runs.read_state(fresh).status == "running"
    state = runs.read_state(directory)
    assert (state.status, state.cause) == ("unknown", "the launch was interrupted before the command started")


def test_settling_keeps_what_was_known(directory):
    """A run found dead gets its exit file once; a later restart of the machine no longer changes the cause."""
    started(directory, supervisor=GONE, child=GONE)
    assert runs.settle(directory)
    assert not runs.settle(directory)
    facts = json.loads(directory.record.read_text())
    directory.record.write_text(json.dumps({**facts, "boot_id": "other"}))
    assert runs.read_state(directory).cause.startswith("the supervisor was killed")
    assert not [p for p in directory.root.iterdir() if p.name.startswith(".exit")]


def test_a_running_run_is_not_settled(directory):
    """An exit file is never written for a run that goes on."""
    started(directory)
    assert not runs.settle(directory)
    assert not directory.exit.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"status": "odd"}', "\x00\xff", "null"])
@pytest.mark.parametrize("name", ["command", "record", "exit"])
def test_torn_files_never_raise(directory, name, text):
    """Whatever a crash left in a file, the record is read and the rest of it kept."""
    started(directory)
    getattr(directory, name).write_text(text, errors="surrogateescape", encoding="latin-1")
    record = runs.read_record(directory.root)
    assert record.id == directory.id
    assert record.status in runs.STATUSES


# -- records -----------------------------------------------------------------------------------------------------------


def test_a_record_holds_what_was_asked_for(directory):
    """Argv, options, title, day and marker come from the command file."""
    record = runs.read_record(directory.root)
    assert record.argv == ("python", "train.py", "trans", "-lr_base", "0.005")
    assert record.config == {"lr_base": "0.005"}
    assert record.title == "python train.py trans -lr_base 0.005"
    assert (record.source, record.date, record.marker) == ("launched", "2031-05-06", f"kw-{directory.id[-6:]}")
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_a_loss_that_became_nan_is_told(directory):
    """A run that ended well with a loss of NaN says so."""
    started(directory)
    with MetricsLog(directory.metrics) as log:
        log.log(1, loss=1.0)
        log.log(2, loss=math.nan)
    directory.exit.write_text(json.dumps({"status": "finished", "code": 0}))
    record = runs.read_record(directory.root)
    assert (record.status, record.cause) == ("finished", "NaN occurs")
    assert record.metrics["loss"] == {"last": "nan", "best": 1.0}


def test_printed_metrics_complete_the_logged_ones(directory):
    """A program that only prints has metrics too; a logged one of the same name wins."""
    with MetricsLog(directory.metrics) as log:
        log.log(1, loss=1.0)
    directory.output.write_text("epoch 1 loss: 9.0 val_acc: 88.5\n")
    record = runs.read_record(directory.root)
    assert record.metrics == {"loss": {"last": 1.0, "best": 1.0}, "val_acc": {"last": 88.5, "best": 88.5}}


def test_what_a_program_prints_in_its_own_way_is_in_the_record(directory):
    """Expressions of the configuration read further numbers beside those that are understood anyway."""
    directory.output.write_text("loss=0.5\nEER of 3.5 after 10 words\n")
    pattern = re.compile(r"(?P<name>EER) of (?P<value>[\d.]+)")
    assert "EER" not in runs.read_record(directory.root).metrics
    found = runs.read_record(directory.root, patterns=(pattern,)).metrics
    assert found == {"loss": {"last": 0.5, "best": 0.5}, "EER": {"last": 3.5, "best": 3.5}}


def test_runs_are_listed_newest_first(tmp_path: Path):
    """Whatever else lies in the directory is not a run."""
    ids = [
        runs.create_run(tmp_path, ["true"], "/", env={}, now=NOW + datetime.timedelta(hours=hours)).id
        for hours in (0, 2, 1)
    ]
    (tmp_path / "notes").mkdir()
    (tmp_path / "r20310506-abcdef").write_text("a file")
    assert [record.id for record in runs.list_runs(tmp_path)] == [ids[1], ids[2], ids[0]]
    assert runs.list_runs(tmp_path / "none") == []


def test_runs_come_and_go_between_two_looks(tmp_path: Path):
    """A new directory is seen at once, also in the tick of the clock of the last look; one that was removed is gone."""
    made = []
    for _ in range(20):
        made.append(runs.create_run(tmp_path, ["true"], tmp_path, env={}))
        assert runs.run_names(tmp_path) == {directory.id for directory in made}
        assert len(runs.open_runs(tmp_path)) == len(made)
    os.utime(tmp_path, (1, 1))  # long ago: only a change of the place itself is looked for from here on
    assert len(runs.run_names(tmp_path)) == 20
    made[3].exit.write_text("{}")
    made[4].command.unlink()
    made[4].root.rmdir()
    assert [d.id for d in runs.open_runs(tmp_path)] == sorted({d.id for d in made} - {made[3].id, made[4].id})
    made[4].root.mkdir()
    assert made[4].id in {d.id for d in runs.open_runs(tmp_path)}
    assert runs.run_names(tmp_path / "none") == set()
    assert runs.open_runs(tmp_path / "none") == []


def test_the_stamp_changes_with_what_is_written(directory):
    """Metrics, output and the end of a run each change its stamp; reading does not."""
    seen = {directory.stamp()}
    with MetricsLog(directory.metrics) as log:
        log.log(1, loss=1.0)
    seen.add(directory.stamp())
    directory.output.write_text("hello")
    seen.add(directory.stamp())
    directory.exit.write_text(json.dumps({"status": "finished", "code": 0}))
    seen.add(directory.stamp())
    assert len(seen) == 4
    runs.read_record(directory.root)
    assert directory.stamp() in seen


def test_output_offsets_count_what_was_left_out(directory):
    """A reader goes on by offset across segments; a gap is told in words once."""
    directory.output.write_bytes(b"head\n")
    (directory.root / "output.log.100").write_bytes(b"tail\n")
    (directory.root / "output.log.105").write_bytes(b"end\n")
    text, offset = b"", 0
    while True:
        piece, following = directory.read_output(offset, 3)
        if following == offset:
            break
        text, offset = text + piece, following
    assert text == b"head\n\n[... 95 bytes of output left out here ...]\ntail\nend\n"
    assert directory.output_size() == offset == 109
    assert directory.read_output(-4) == (b"end\n", 109)


def test_the_current_run_is_found_by_the_environment(directory):
    """A program started by a supervisor finds its own run, any other none."""
    assert runs.current_run({"KWSLAB_RUN_DIR": str(directory.root)}) == directory
    assert runs.current_run({}) is None
    assert runs.current_run({"KWSLAB_RUN_DIR": "/nowhere"}) is None


def test_a_run_that_is_being_made_is_never_taken_for_a_dead_one(tmp_path):
    """Whoever looks after runs meanwhile meets a directory with its command, or none."""
    done = threading.Event()

    def look_after() -> None:
        while not done.is_set():
            for directory in runs.open_runs(tmp_path):
                runs.settle(directory)

    watchers = [threading.Thread(target=look_after) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    made = [runs.create_run(tmp_path, ["true"], tmp_path, env={}) for _ in range(100)]
    done.set()
    for watcher in watchers:
        watcher.join()
    assert [directory for directory in made if directory.exit.exists()] == []
    assert {path.name for path in tmp_path.iterdir()} == {directory.id for directory in made}
