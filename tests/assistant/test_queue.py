"""Leases and the queue: order, dependencies, sharing, restarts."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from assistant import launch
from assistant.errors import LaunchError
from assistant.queue import Lease, Queue, choose_gpus, learned_memory_mb, leases, named_gpus
from fskws import runs
from fskws.runs import RunDirectory
from vault_sync.gpus import Gpu, GpuProcess, GpuSample, ScriptedSampler
from vault_sync.observe import GpuUse

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are followed through /proc")

FREE = GpuSample(0.0, "ok", gpus=(Gpu(0, "a", "Card", 24000, 10), Gpu(1, "b", "Card", 24000, 10)))
ENV = dict(os.environ)


def use(gpu: int, run_id: str, memory_mb: int) -> GpuUse:
    return GpuUse(gpu, 1, "compute", memory_mb, None, None, run_id)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path / "data" / "queue.json", tmp_path / "runs")


def end(queue: Queue, id: str) -> None:
    """Ends a started run."""
    directory = RunDirectory(queue.runs_dir / id)
    if runs.read_state(directory).status == "running":
        launch.stop_run(directory.root, 5)


# -- leases ------------------------------------------------------------------------------------------------------------


def test_a_whole_gpu_needs_to_be_free_altogether():
    """No lease, no process: the first GPUs that are so, or none at all."""
    assert choose_gpus(FREE, (), (), 1) == (0,)
    assert choose_gpus(FREE, (), (), 2) == (0, 1)
    assert choose_gpus(FREE, (), (Lease("r1", (0,), None),), 1) == (1,)
    assert choose_gpus(FREE, (use(1, "", 500),), (Lease("r1", (0,), 1000),), 1) is None
    assert choose_gpus(GpuSample(0.0, "hanging"), (), (), 1) is None


def test_a_shared_gpu_counts_what_is_not_yet_allocated():
    """24000 - 4010 in use - (10000 leased - 4000 allocated) leave 13990 MB for others."""
    sample = GpuSample(0.0, "ok", gpus=(Gpu(0, "a", "Card", 24000, 4010),))
    uses, held = (use(0, "r1", 4000),), (Lease("r1", (0,), 10000),)
    assert choose_gpus(sample, uses, held, 1, 13990) == (0,)
    assert choose_gpus(sample, uses, held, 1, 13991) is None
    assert choose_gpus(sample, (*uses, use(0, "", 1)), held, 1, 100) is None
    assert choose_gpus(sample, uses, (*held, Lease("r2", (0,), None)), 1, 100) is None
    assert choose_gpus(FREE, (), (), 1, 25000) is None


def test_a_lease_lasts_as_long_as_its_run(tmp_path):
    """It is read from the run itself: there while it runs, whoever asks, and gone with it."""
    record = launch.start_run(tmp_path, ["sh", "-c", "echo $CUDA_VISIBLE_DEVICES; sleep 600"], tmp_path, ENV, gpus=(1,))
    assert leases(tmp_path) == [Lease(record.id, (1,), None)]
    directory = RunDirectory(Path(record.directory))
    deadline = time.monotonic() + 20
    while not directory.output_size():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert directory.output.read_text() == "1\n"
    facts = launch.status_facts(tmp_path, ScriptedSampler([FREE]))
    assert facts["free_gpus"] == [0]
    assert facts["gpus"]["gpus"][1]["leased_to"] == record.id
    launch.stop_run(directory.root)
    assert leases(tmp_path) == []


def test_memory_is_learned_from_runs_of_the_same_program(tmp_path):
    """A tenth above the most that was seen; nothing is claimed of another program."""
    for used in (3000, 5000):
        directory = runs.create_run(tmp_path, ["python", "train.py", "-lr", "0.1"], tmp_path, env={})
        directory.samples.write_text(json.dumps({"t": 1.0, "gpus": [{"index": 0, "memory_mb": used}]}) + "\n")
    records = runs.list_runs(tmp_path)
    assert learned_memory_mb(tmp_path, ["python", "train.py", "-lr", "0.2"], records) == 5500
    assert learned_memory_mb(tmp_path, ["python", "other.py"], records) is None


def test_a_run_that_names_its_gpu_has_it_before_it_allocates(tmp_path):
    """A run started without a lease keeps the GPU that its command names, until it could be seen there."""
    record = launch.start_run(tmp_path, ["sh", "-c", "sleep 600", "x", "-gpu", "1"], tmp_path, ENV)
    directory = RunDirectory(Path(record.directory))
    assert leases(tmp_path) == [Lease(record.id, (1,), None)]
    values = json.loads(directory.command.read_text())
    directory.command.write_text(json.dumps({**values, "created_unix": values["created_unix"] - 3600}))
    assert leases(tmp_path) == []
    launch.stop_run(directory.root, 5)


@pytest.mark.parametrize(
    ("env", "config", "gpus"),
    [
        ({}, {}, ()),
        ({"CUDA_VISIBLE_DEVICES": "2,3"}, {}, (2, 3)),
        ({"CUDA_VISIBLE_DEVICES": "2,3"}, {"device": "cuda:1"}, (3,)),
        ({"CUDA_VISIBLE_DEVICES": ""}, {}, ()),
        ({}, {"device": "cuda"}, (0,)),
        ({}, {"device": "cpu"}, ()),
        ({}, {"gpu": "'0,1'"}, (0, 1)),
    ],
)
def test_gpus_that_a_command_names(env, config, gpus):
    """By the variable, the option `gpu`, or the option `device`, which counts what the variable lets it see."""
    assert named_gpus({"env": env, "config": config}) == gpus


def test_a_share_is_as_large_as_similar_runs_needed(queue, tmp_path):
    """Who asks for less than runs like it took gets a lease of what they took, so that the next one is kept off."""
    before = runs.create_run(queue.runs_dir, ["python", "train.py", "-lr", "0.1"], tmp_path, env={})
    before.samples.write_text(json.dumps({"t": 1.0, "gpus": [{"index": 0, "memory_mb": 20000}]}) + "\n")
    one = GpuSample(0.0, "ok", gpus=(Gpu(0, "a", "Card", 24000, 10),))
    asked = []

    def start(runs_dir, argv, cwd, env, **wish):
        asked.append(wish["memory_mb"])
        return launch.start_run(runs_dir, ["sleep", "600"], cwd, env, **wish)

    first = queue.add(["python", "train.py", "-lr", "0.2"], tmp_path, ENV, gpus=1, memory_mb=4000)
    second = queue.add(["python", "train.py", "-lr", "0.3"], tmp_path, ENV, gpus=1, memory_mb=4000)
    assert [record.id for record in queue.start_due(ScriptedSampler([one]), start)] == [first.id]
    assert asked == [22000]
    assert leases(queue.runs_dir) == [Lease(first.id, (0,), 22000)]
    assert [(entry.id, entry.why) for entry in queue.entries()] == [(second.id, "for 1 free GPU with 22000 MB")]
    end(queue, first.id)


# -- the queue ---------------------------------------------------------------------------------------------------------


def test_entries_start_in_order_and_keep_off_each_others_gpus(queue, tmp_path):
    """Two runs on two GPUs; the third waits and says for what; when one ends it gets that GPU."""
    ids = [queue.add(["sleep", "600"], tmp_path, ENV, gpus=1, title=str(n)).id for n in range(3)]
    sampler = ScriptedSampler([FREE])
    assert [record.id for record in queue.start_due(sampler)] == ids[:2]
    assert [lease.gpus for lease in sorted(leases(queue.runs_dir), key=lambda lease: ids.index(lease.run))] == [
        (0,),
        (1,),
    ]
    assert queue.start_due(sampler) == []
    assert [(entry.id, entry.why) for entry in queue.entries()] == [(ids[2], "for 1 free GPU")]
    end(queue, ids[1])
    assert [record.id for record in queue.start_due(sampler)] == [ids[2]]
    assert {lease.run: lease.gpus for lease in leases(queue.runs_dir)} == {ids[0]: (0,), ids[2]: (1,)}
    for id in (ids[0], ids[2]):
        end(queue, id)


def test_who_waits_for_gpus_is_not_overtaken(queue, tmp_path):
    """A run that wants both GPUs is not starved by small ones; one that wants none goes ahead."""
    busy = GpuSample(
        0.0, "ok", gpus=(Gpu(0, "a", "Card", 24000, 9000, processes=(GpuProcess(1, "compute", 9000),)), FREE.gpus[1])
    )
    both = queue.add(["true"], tmp_path, ENV, gpus=2)
    small = queue.add(["true"], tmp_path, ENV, gpus=1)
    none = queue.add(["true"], tmp_path, ENV)
    assert [record.id for record in queue.start_due(ScriptedSampler([busy]))] == [none.id]
    assert [entry.why for entry in queue.entries()] == ["for 2 free GPUs", f"after {both.id}, which wants GPUs too"]
    assert [entry.id for entry in queue.entries()] == [both.id, small.id]


def test_after_another_run(queue, tmp_path):
    """It waits while the other waits or runs, starts when that finished, and is held when that failed."""
    os.mkfifo(tmp_path / "gate")
    first = queue.add(["sh", "-c", "read word < gate"], tmp_path, ENV)
    second = queue.add(["sh", "-c", "exit 4"], tmp_path, ENV, after=[first.id])
    third = queue.add(["true"], tmp_path, ENV, after=[second.id])
    none = ScriptedSampler([GpuSample(0.0, "no driver")])
    assert [record.id for record in queue.start_due(none)] == [first.id]
    assert queue.entries()[0].why == f"after {first.id}, which is running"
    (tmp_path / "gate").write_text("go\n")
    launch.wait_for_exit(queue.runs_dir / first.id, 20)
    assert [record.id for record in queue.start_due(none)] == [second.id]
    launch.wait_for_exit(queue.runs_dir / second.id, 20)
    assert queue.start_due(none) == []
    assert queue.entries()[0].why == f"held: {second.id} is failed; drop this, or add it again without --after"
    assert queue.entries()[0].id == third.id
    with pytest.raises(LaunchError, match="--after r1: there is no such run"):
        queue.add(["true"], tmp_path, ENV, after=["r1"])


def test_the_queue_survives_a_restart(queue, tmp_path):
    """Order, commands and environment are on disk; what looks like a secret is not, and is passed on at the start."""
    env = {**ENV, "MY_TOKEN": "hidden-word", "PLAIN": "kept"}
    first = queue.add(["true"], tmp_path, env)
    second = queue.add(["sh", "-c", "echo $MY_TOKEN $PLAIN"], tmp_path, env)
    queue.move(second.id, 1)
    assert "hidden-word" not in queue.path.read_text()
    assert queue.path.stat().st_mode & 0o777 == 0o600
    again = Queue(queue.path, queue.runs_dir)
    assert [entry.id for entry in again.entries()] == [second.id, first.id]
    assert "env" not in again.entries()[0].to_json()
    again.drop(first.id)
    again.start_due(ScriptedSampler(), environ={"MY_TOKEN": "of today", "PLAIN": "other"})
    launch.wait_for_exit(queue.runs_dir / second.id, 20)
    assert launch.read_log(queue.runs_dir / second.id)[0] == "of today kept\n"


def test_two_starters_start_each_run_once(queue, tmp_path):
    """Two processes that look at one queue at the same moment: every command runs once, and the queue is empty."""
    ids = [queue.add(["sh", "-c", f"echo {n} >> {tmp_path}/count"], tmp_path, ENV).id for n in range(6)]
    queues = [queue, Queue(queue.path, queue.runs_dir)]
    gate = threading.Barrier(2)

    def look(one: Queue) -> None:
        gate.wait()
        one.start_due(ScriptedSampler())

    threads = [threading.Thread(target=look, args=(one,)) for one in queues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for id in ids:
        assert launch.wait_for_exit(queue.runs_dir / id, 20).status == "finished"
    assert sorted((tmp_path / "count").read_text().split()) == ["0", "1", "2", "3", "4", "5"]
    for one in queues:
        assert one.start_due(ScriptedSampler()) == []
        assert one.entries() == []
    assert json.loads(queue.path.read_text()) == []


def test_a_start_that_was_cut_short_is_not_made_twice(queue, tmp_path):
    """Killed between the start and the note of it, the queue finds the run by its id and forgets the entry."""
    entry = queue.add(["sh", "-c", f"echo started >> {tmp_path}/count"], tmp_path, ENV)
    before = queue.path.read_bytes()
    queue.start_due(ScriptedSampler())
    launch.wait_for_exit(queue.runs_dir / entry.id, 20)
    queue.path.write_bytes(before)
    again = Queue(queue.path, queue.runs_dir)
    assert again.start_due(ScriptedSampler()) == []
    assert again.entries() == []
    assert (tmp_path / "count").read_text() == "started\n"


def test_what_cannot_wait_or_start_is_told(queue, tmp_path):
    """Wrong entries are refused; one that cannot start stays with the reason; a broken file is told with what to do."""
    for arguments, message in (
        (([], tmp_path, ENV), "no command was given"),
        ((["true"], "/no/such/place", ENV), "the directory /no/such/place does not exist"),
    ):
        with pytest.raises(LaunchError, match=message):
            queue.add(*arguments)
    with pytest.raises(LaunchError, match="--gpus -1 --mem None: give 0 or more GPUs"):
        queue.add(["true"], tmp_path, ENV, gpus=-1)
    with pytest.raises(LaunchError, match="'r9' does not wait"):
        queue.drop("r9")
    gone = tmp_path / "gone"
    gone.mkdir()
    queue.add(["true"], gone, ENV)
    gone.rmdir()
    queue.add(["true"], tmp_path, ENV, gpus=9)
    assert queue.start_due(ScriptedSampler([FREE])) == []
    assert "does not exist, so the command cannot be started there" in queue.entries()[0].why
    assert queue.entries()[1].why == "held: it wants 9 GPUs, and there are 2; drop it"
    queue.path.write_text("{")
    with pytest.raises(LaunchError, match="Move the file away to begin a new one"):
        Queue(queue.path, queue.runs_dir)
