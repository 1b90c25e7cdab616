"""What is seen on GPUs becomes records that are followed to their end, with real processes behind scripted GPUs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fskws import runs
from fskws.runs import RunDirectory
from vault_sync import observe
from vault_sync.gpus import Gpu, GpuProcess, GpuSample, ScriptedSampler

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are seen through /proc")

WAITING = "import sys; print('ready', flush=True); sys.stdin.read()"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A Python program of the user's own that waits; it prints into a file."""
    with (tmp_path / "train.out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", WAITING, "-lr_base", "0.01"], stdin=subprocess.PIPE, stdout=out, cwd=tmp_path,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "0", "MY_TOKEN": "hidden-word"},
        )  # fmt: skip
    deadline = time.monotonic() + 20
    while not (tmp_path / "train.out").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    yield process
    end(process)


def end(process: subprocess.Popen) -> None:
    if process.stdin and not process.stdin.closed:
        process.stdin.close()
    process.wait(20)


def on_gpu(*pids: int, at: float | None = None, used_mb: int = 3000, kind: str = "compute") -> GpuSample:
    """Two GPUs, the processes on the first."""
    processes = tuple(GpuProcess(pid, kind, used_mb) for pid in pids)
    gpus = (
        Gpu(0, "GPU-1", "Card", 24000, used_mb * len(pids), 90, 250.0, 60, 1700, processes),
        Gpu(1, "GPU-2", "Card", 24000, 10, 0, 30.0, 30, 300, ()),
    )
    return GpuSample(time.time() if at is None else at, "ok", driver="570", gpus=gpus)


def test_facts_of_a_process(program, tmp_path):
    """Command, directory, user, start, environment and output file of one's own process."""
    facts = observe.process_facts(program.pid)
    assert facts is not None
    assert facts.argv == (sys.executable, "-c", WAITING, "-lr_base", "0.01")
    assert (facts.cwd, facts.uid, facts.mine) == (str(tmp_path), os.getuid(), True)
    assert facts.stdout == str(tmp_path / "train.out")
    assert facts.start_ticks == runs.start_ticks(program.pid)
    assert abs(facts.started_at - time.time()) < 60
    assert facts.rss_mb > 0
    end(program)
    assert observe.process_facts(program.pid) is None


def test_a_process_on_a_gpu_leaves_one_record_to_its_end(program, tmp_path):
    """It is begun once, noted while it runs, and closed when it has gone; how it ended an observer does not know."""
    runs_dir = tmp_path / "runs"
    sampler = ScriptedSampler([on_gpu(program.pid)])
    now = time.time()
    first = observe.look(runs_dir, sampler, now=now)
    (id,) = first.changed
    assert observe.look(runs_dir, sampler, now=now + 1).changed == ()
    assert observe.look(runs_dir, sampler, now=now + 60).changed == (id,)
    record = runs.read_record(runs_dir / id)
    assert (record.source, record.status, record.user) == ("observed", "running", "")
    assert record.argv[-2:] == ("-lr_base", "0.01")
    assert record.config["lr_base"] == "0.01"
    assert observe.peak_gpu_mb(RunDirectory(runs_dir / id)) == 3000
    kept = (runs_dir / id / "command.json").read_text()
    assert '"CUDA_VISIBLE_DEVICES": "0"' in kept
    assert "hidden-word" not in kept
    end(program)
    assert observe.look(runs_dir, ScriptedSampler([on_gpu()])).changed == (id,)
    record = runs.read_record(runs_dir / id)
    assert (record.status, record.exit_code) == ("unknown", None)
    assert record.cause == "ended unseen; an observer does not learn the exit code"
    assert record.ended_at is not None
    assert len(runs.list_runs(runs_dir)) == 1


def test_numbers_of_an_observed_program_are_read_where_it_prints(program, tmp_path):
    """Output that goes to a file is read there."""
    (id,) = observe.look(tmp_path / "runs", ScriptedSampler([on_gpu(program.pid)])).changed
    (tmp_path / "train.out").write_text("ready\nloss=0.5\n")
    assert runs.read_record(tmp_path / "runs" / id).metrics == {"loss": {"last": 0.5, "best": 0.5}}


def test_a_launched_run_is_not_recorded_again(tmp_path):
    """A process that belongs to a run by its environment adds to that run's samples."""
    runs_dir = tmp_path / "runs"
    directory = runs.create_run(runs_dir, ["train"], tmp_path, env={})
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "KWSLAB_RUN_ID": directory.id, "KWSLAB_RUN_DIR": str(directory.root)},
    )
    assert process.stdout
    process.stdout.readline()
    look = observe.look(runs_dir, ScriptedSampler([on_gpu(process.pid)]))
    assert look.changed == (directory.id,)
    assert look.uses[0].run_id == directory.id
    row = json.loads(directory.samples.read_text())
    assert row["gpus"] == [
        {"index": 0, "memory_mb": 3000, "utilization_percent": 90, "power_watts": 250.0, "temperature_c": 60}
    ]
    end(process)
    process.stdout.close()


def test_workers_belong_to_their_main_process(tmp_path):
    """A data loader's fork on the GPU is part of the program that forked it, not a run of its own."""
    code = (
        "import os, sys\nworker = os.fork()\n"
        "if worker == 0:\n    sys.stdin.read()\n    os._exit(0)\n"
        "print(worker, flush=True)\nos.waitpid(worker, 0)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    worker = int(process.stdout.readline())
    look = observe.look(tmp_path, ScriptedSampler([on_gpu(process.pid, worker)]))
    assert len(look.changed) == 1
    assert {use.owner.pid for use in look.uses if use.owner} == {process.pid}
    assert json.loads((tmp_path / look.changed[0] / "samples.jsonl").read_text())["gpus"][0]["memory_mb"] == 6000
    end(process)
    process.stdout.close()


def test_a_pid_used_again_ends_the_old_record(program, tmp_path):
    """A record whose process number now belongs to another process is over, and the other gets its own."""
    sampler = ScriptedSampler([on_gpu(program.pid)])
    (old,) = observe.look(tmp_path / "runs", sampler).changed
    path = tmp_path / "runs" / old / "record.json"
    facts = json.loads(path.read_text())
    facts["child"]["start_ticks"] -= 5
    path.write_text(json.dumps(facts))
    changed = observe.look(tmp_path / "runs", sampler).changed
    assert len(changed) == 2
    assert runs.read_record(tmp_path / "runs" / old).status == "unknown"


def test_other_peoples_processes_are_theirs(program, tmp_path, monkeypatch):
    """A labmate's process is recorded under the labmate's name."""
    monkeypatch.setattr(os, "getuid", lambda: program.pid + 100_000)
    look = observe.look(tmp_path / "runs", ScriptedSampler([on_gpu(program.pid)]))
    record = runs.read_record(tmp_path / "runs" / look.changed[0])
    facts = observe.process_facts(program.pid)
    assert facts
    assert record.user == facts.user
    assert record.title.startswith(f"{facts.user}: ")
    assert look.uses[0].foreign


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process of another user")
def test_a_labmates_process_is_recorded_and_left_alone(tmp_path):
    """A process that really is another user's is shown and recorded as theirs, and lives on."""
    process = subprocess.Popen(["sleep", "600"], user=65534, cwd="/")
    look = observe.look(tmp_path, ScriptedSampler([on_gpu(process.pid)]))
    assert look.uses[0].foreign
    record = runs.read_record(tmp_path / look.changed[0])
    assert (record.user, record.status, record.argv) == (look.uses[0].process.user, "running", ("sleep", "600"))
    assert observe.free_gpus(look.sample, look.uses) == [1]
    assert process.poll() is None
    process.kill()
    process.wait()


def test_a_process_inside_a_container_is_found_by_the_device_it_holds(tmp_path):
    """The driver names it by the host's number; the only process here with that GPU's device open is it."""
    (tmp_path / "nvidia0").touch()
    code = f"import sys; file = open({str(tmp_path / 'nvidia0')!r}); print('ready', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", code]
    first = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert first.stdout and first.stdout.readline()
    devices = str(tmp_path / "nvidia")
    (use,) = observe.gpu_uses(on_gpu(2**22 + 7), devices)
    assert use.process is not None and use.owner is not None
    assert (use.process.pid, use.owner.pid, use.pid, use.foreign) == (first.pid, first.pid, 2**22 + 7, False)
    second = subprocess.Popen([*words, "other"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert second.stdout and second.stdout.readline()
    (use,) = observe.gpu_uses(on_gpu(2**22 + 7), devices)
    assert use.process is None
    for process in (first, second):
        end(process)
        process.stdout.close()


def test_a_run_of_another_state_ends_as_its_own_record_says(tmp_path):
    """Seen here on a GPU, started under another kwslab: its exit code is known from there."""
    from assistant import launch

    os.mkfifo(tmp_path / "go")
    own = launch.start_run(tmp_path / "other", ["sh", "-c", "read x < go; exit 3"], tmp_path, dict(os.environ))
    child = runs.read_processes(RunDirectory(Path(own.directory)))["child"]
    deadline = time.monotonic() + 20
    while not (facts := observe.process_facts(child["pid"])) or not facts.run_id:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    (seen,) = observe.look(tmp_path / "runs", ScriptedSampler([on_gpu(child["pid"])])).changed
    assert runs.read_record(tmp_path / "runs" / seen).status == "running"
    stop = (tmp_path / "go").open("w")
    stop.close()
    launch.wait_for_exit(Path(own.directory), 20)
    observe.look(tmp_path / "runs", ScriptedSampler([on_gpu()]))
    record = runs.read_record(tmp_path / "runs" / seen)
    assert (record.status, record.exit_code, record.cause) == ("failed", 3, "exit code 3")


def test_the_last_words_of_an_observed_program_are_a_hint(tmp_path):
    """Nobody learns its exit code, so it stays unknown; the error its output ends with is told beside that."""
    code = "import sys\nprint('ready', flush=True)\nsys.stdin.read()\nraise ValueError('no such word: tree')"
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=out, stderr=out)
    deadline = time.monotonic() + 20
    while not (tmp_path / "out").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    (seen,) = observe.look(tmp_path / "runs", ScriptedSampler([on_gpu(process.pid)])).changed
    end(process)
    record = runs.read_record(tmp_path / "runs" / seen)
    assert (record.status, record.exit_code) == ("unknown", None)
    assert record.cause == (
        "ended unseen; an observer does not learn the exit code; its output ends with ValueError: no such word: tree"
    )


def test_a_process_of_another_container_is_shown_and_not_recorded(tmp_path):
    """A number that means nothing here is told as such."""
    look = observe.look(tmp_path, ScriptedSampler([on_gpu(2**22 + 7)]))
    assert look.changed == ()
    assert look.uses[0].foreign
    assert look.uses[0].words == f"process {2**22 + 7} of another container"


def test_a_gpu_is_free_only_without_process_lease_and_hidden_use():
    """A desktop's few megabytes do not count; memory without a visible owner does; without fresh facts none is free."""
    busy, empty = on_gpu(os.getpid()), on_gpu()
    assert observe.free_gpus(busy, observe.gpu_uses(busy)) == [1]
    assert observe.free_gpus(empty, ()) == [0, 1]
    assert observe.free_gpus(empty, (), leased=[0]) == [1]
    desktop = on_gpu(os.getpid(), used_mb=200, kind="graphics")
    assert observe.free_gpus(desktop, observe.gpu_uses(desktop)) == [0, 1]
    hidden = GpuSample(0, "ok", gpus=(Gpu(0, memory_used_mb=5000), Gpu(1, problem="GPU lost")))
    assert observe.free_gpus(hidden, ()) == []
    assert observe.free_gpus(GpuSample(0, "hanging", gpus=empty.gpus, stale_for=9.0), ()) == []
