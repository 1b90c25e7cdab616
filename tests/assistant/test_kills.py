"""SIGKILL of whatever is not the run: its outcome, every metric, and one note each.

Real daemons, terminal interfaces, samplers over a hanging driver, supervisors, commands and a real vault. More rounds,
each kill by itself: `python benchmarks/kills.py`.
"""

from __future__ import annotations

import contextlib
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from assistant import settings
from assistant.client import DaemonClient
from fskws import runs
from fskws.runs import RunDirectory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

ROOT = Path(runs.__file__).parents[1]
STEPS = 200

#: Logs its steps, waits to be let go, logs as many again, and ends as told.
PROGRAM = """
import os, sys
from fskws.runs import MetricsLog, current_run
end, steps, gate = sys.argv[1], int(sys.argv[2]), sys.argv[3]
log = MetricsLog(current_run().metrics)
for step in range(steps):
    log.log(step, loss=1 / (step + 1))
print("half", flush=True)
open(gate).read()
for step in range(steps, 2 * steps):
    log.log(step, loss=1 / (step + 1))
if end == "oom":
    raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
if end == "killed":
    os.kill(os.getpid(), 9)
sys.exit(int(end))
"""

#: How the program ends -> what its record must say.
ENDS: dict[str, tuple[str, int, str]] = {
    "0": ("finished", 0, ""),
    "3": ("failed", 3, "exit code 3"),
    "killed": ("failed", -9, "killed by signal 9 (SIGKILL)"),
    "oom": ("failed", 1, "out of GPU memory"),
}


#: A driver that does not answer: whoever asks it waits until it is killed.
HANGING_DRIVER = """
#include <unistd.h>
int nvmlInitWithFlags(unsigned int flags) { for (;;) pause(); }
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
"""


def until(condition: Callable, seconds: float = 60.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
    return found


class Bench:
    """A vault, a state and clients of its daemon."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vault = root / "vault"
        self.vault.mkdir()
        (self.vault / "Server.md").write_text("# Server\n\n## 2031-05-06\n\nNothing yet.\n")
        (self.vault / "Experiments.md").write_text("# Experiments\n\n## 2031-05-06\n\nNothing yet.\n")
        config = root / "config.toml"
        config.write_text("")
        self.settings = settings.load(
            vault=str(self.vault), state=str(root / "state"), environ={**os.environ, "KWSLAB_CONFIG": str(config)}
        )
        self.client = DaemonClient(self.settings)
        self.state = ["--vault", str(self.vault), "--state", str(root / "state")]
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), "KWSLAB_CONFIG": str(config)}

    @contextlib.contextmanager
    def hanging_driver(self) -> Iterator[None]:
        """Daemons started meanwhile have a GPU driver that hangs, so that there is a sampler to kill."""
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            pytest.skip("no C compiler to build the stand-in of the driver")
        library = self.root / "libnvidia-ml.so.1"
        (self.root / "nvml.c").write_text(HANGING_DRIVER)
        words = [compiler, "-shared", "-fPIC", "-w", "-o", str(library), str(self.root / "nvml.c")]
        subprocess.run(words, check=True)
        before = os.environ.get("LD_LIBRARY_PATH")
        os.environ["LD_LIBRARY_PATH"] = str(self.root)
        try:
            yield
        finally:
            os.environ.pop("LD_LIBRARY_PATH")
            if before is not None:
                os.environ["LD_LIBRARY_PATH"] = before

    def start(self, end: str) -> RunDirectory:
        """Launches the program and waits until it has logged its first half."""
        directory = self.launch(end)
        until(lambda: directory.output_size() > 0)
        return directory

    def launch(self, end: str) -> RunDirectory:
        """Launches the program."""
        gate = self.root / f"gate-{time.monotonic_ns()}"
        os.mkfifo(gate)
        argv = [sys.executable, "-c", PROGRAM, end, str(STEPS), str(gate)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        started = self.client.call("run", {"argv": argv, "cwd": str(self.root), "env": env, "name": f"ends with {end}"})
        return RunDirectory(Path(started["directory"]))

    def let_go(self, directory: RunDirectory) -> None:
        """Lets the program go on."""
        Path(runs.read_record(directory.root).argv[-1]).write_text("go")

    def kill_daemon(self) -> None:
        info = self.client.info()
        assert info
        os.kill(info["pid"], signal.SIGKILL)
        until(lambda: runs.start_ticks(info["pid"]) is None)
        self.client.close()
        self.client = DaemonClient(self.settings)

    def kill_sampler(self) -> None:
        info = self.client.call("info")

        def sampler() -> int:
            for task in Path(f"/proc/{info['pid']}/task").iterdir():
                with contextlib.suppress(OSError):
                    for pid in (task / "children").read_text().split():
                        if b"gpus.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                            return int(pid)
            return 0

        pid = until(sampler)
        os.kill(pid, signal.SIGKILL)
        until(lambda: runs.start_ticks(pid) is None)

    def kill_tui(self) -> None:
        """A terminal interface that has drawn its screen."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "assistant", *self.state], {**self.env, "TERM": "xterm"})
        drawn = threading.Event()

        def read() -> None:
            seen = b""
            with contextlib.suppress(OSError):
                while piece := os.read(terminal, 65536):
                    seen += piece
                    if b"Next" in seen:
                        drawn.set()
            os.close(terminal)

        threading.Thread(target=read, daemon=True).start()
        assert drawn.wait(60), "the terminal interface did not draw its screen"
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def check(self, directory: RunDirectory, end: str) -> None:
        """The record is right, every metric is there, and the vault tells of the run once."""
        record = self.client.call("show", {"id": directory.id})
        assert (record["status"], record["exit_code"], record["cause"]) == ENDS[end]
        assert [row["step"] for row in runs.read_metrics(directory.metrics)] == list(range(2 * STEPS))
        for note in ("Server", "Experiments"):
            assert (self.vault / f"{note}.md").read_text().count(f"^kw-{directory.id[-6:]}") == 1
        assert self.client.call("sync", {"dry_run": True})["writes"] == []

    def end(self) -> None:
        """Ends what is left: runs, and the daemon."""
        for directory in runs.open_runs(self.settings.runs_dir):
            for process in runs.read_processes(directory).values():
                if isinstance(process, dict) and runs.is_alive(process):
                    os.kill(process["pid"], signal.SIGKILL)
        DaemonClient(self.settings, start=False).stop_daemon()

    def written(self, directory: RunDirectory) -> bool:
        """Whether a run that is over stands in both notes, as far as files tell."""
        if runs.read_state(directory).status == "running":
            return False
        notes = [(self.vault / f"{name}.md").read_text() for name in ("Server", "Experiments")]
        return all(f"^kw-{directory.id[-6:]}" in note for note in notes) and "- [-]" not in notes[0]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.end()


VICTIMS: dict[str, Callable[[Bench], None]] = {
    "sampler": Bench.kill_sampler,
    "tui": Bench.kill_tui,
    "daemon": Bench.kill_daemon,
}


def kill_during(bench: Bench, victims: Iterable[str]) -> None:
    """One run of each kind at once; the victims are killed in the middle; what is left of the runs is checked."""
    started = {end: bench.launch(end) for end in ENDS}
    until(lambda: all(directory.output_size() > 0 for directory in started.values()))
    for victim in victims:
        VICTIMS[victim](bench)
    for directory in started.values():
        assert runs.read_state(directory).status == "running"
        bench.let_go(directory)
    for directory in started.values():
        until(lambda directory=directory: runs.read_state(directory).status != "running")
    bench.client.call("info")
    for end, directory in started.items():
        until(lambda directory=directory: bench.written(directory))
        bench.check(directory, end)


def test_sampler_interface_and_daemon_are_killed_during_runs(bench):
    """Five times each: runs that end well, fail, are killed or run out of memory are known, whole, and written once."""
    draws = random.Random(5)
    with bench.hanging_driver():
        for _ in range(5):
            kill_during(bench, draws.sample(sorted(VICTIMS), 3))


def test_the_daemon_is_killed_while_it_writes(bench):
    """Killed at any moment around the end of a run, the daemon writes each run once, after it is back."""
    draws = random.Random(7)
    for end in ("0", "3"):
        directory = bench.start(end)
        bench.let_go(directory)
        for _ in range(2):
            time.sleep(draws.uniform(0.0, 0.4))
            bench.kill_daemon()
            bench.client.call("info")
        until(lambda directory=directory: bench.written(directory))
        bench.check(directory, end)


def test_the_client_is_killed(bench):
    """`kwslab run` in a terminal that is closed: the run goes on and is written."""
    gate = bench.root / "gate"
    os.mkfifo(gate)
    bench.client.call("info")
    words = [sys.executable, "-m", "assistant", "run", *bench.state]
    client = subprocess.Popen(
        [*words, "--", sys.executable, "-c", PROGRAM, "3", str(STEPS), str(gate)],
        cwd=bench.root,
        env=bench.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert client.stdout and client.stderr
    assert until(client.stdout.readline) == b"half\n"
    os.killpg(client.pid, signal.SIGKILL)
    client.wait()
    client.stdout.close()
    client.stderr.close()
    (directory,) = runs.open_runs(bench.settings.runs_dir)
    bench.let_go(directory)
    until(lambda: bench.written(directory))
    bench.check(directory, "3")


def test_the_supervisor_is_killed(bench):
    """The daemon gives the run another supervisor: nothing printed or logged is lost, only the exit code."""
    directory = bench.start("0")
    first = runs.read_processes(directory)["supervisor"]
    os.kill(first["pid"], signal.SIGKILL)
    until(lambda: runs.read_processes(directory)["supervisor"] != first)
    bench.let_go(directory)
    until(lambda: bench.written(directory))
    record = bench.client.call("show", {"id": directory.id})
    assert (record["status"], record["exit_code"]) == ("unknown", None)
    assert record["cause"].startswith("the supervisor was killed")
    assert len(runs.read_metrics(directory.metrics)) == 2 * STEPS


def test_a_failed_run_says_so_within_ten_seconds(bench):
    """Listed as failed and written into the notes with its cause, without being asked."""
    directory = bench.start("3")
    bench.let_go(directory)
    until(directory.exit.exists)
    began = time.monotonic()
    until(lambda: bench.written(directory), 10)
    assert [record["id"] for record in bench.client.call("runs", {"status": "failed"})] == [directory.id]
    assert time.monotonic() - began < 10


def test_questions_do_not_keep_a_run_from_being_written(bench):
    """A terminal interface that asks for the runs again and again sees the end first; it is written all the same."""
    directory = bench.start("0")
    bench.let_go(directory)

    def asked() -> bool:
        bench.client.call("runs")
        bench.client.call("sync", {"dry_run": True})
        return bench.written(directory)

    until(asked, 10)
