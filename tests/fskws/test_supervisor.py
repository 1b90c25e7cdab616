"""The supervisor, driven with real commands: ends, causes, stops, output, full disks, its own death."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fskws import runs, supervisor
from fskws.runs import RunDirectory

SUPERVISOR = Path(runs.__file__).with_name("supervisor.py")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")


def make(tmp_path: Path, *argv: str, cwd: Path | None = None, **limits: int) -> RunDirectory:
    """A run directory for a command, with smaller limits where given."""
    directory = runs.create_run(tmp_path / "runs", argv, cwd or tmp_path, env=os.environ)
    if limits:
        values = json.loads(directory.command.read_bytes())
        values["limits"] = limits
        directory.command.write_text(json.dumps(values))
    return directory


def supervise(directory: RunDirectory, *mode: str, env: dict[str, str] | None = None) -> str:
    """Starts the supervisor and returns its one line."""
    done = subprocess.run(
        supervisor.words_to_start(sys.executable, str(SUPERVISOR), str(directory.root), *mode),
        capture_output=True,
        env={**os.environ, **(env or {})},
        timeout=30,
        check=True,
    )
    return done.stdout.decode().strip()


def until(condition, seconds: float = 20.0):
    """Waits for another process to bring something about, and returns it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.005)
    return found


def ended(directory: RunDirectory) -> dict:
    """The exit file, once it is there and the supervisor has gone."""
    until(directory.exit.exists)
    until(lambda: not runs.is_alive(runs.read_processes(directory).get("supervisor")))
    return json.loads(directory.exit.read_text())


def run(tmp_path: Path, *argv: str, **options) -> tuple[RunDirectory, dict]:
    """A command from start to end."""
    directory = make(tmp_path, *argv, **options)
    supervise(directory)
    return directory, ended(directory)


def supervisor_pid(directory: RunDirectory) -> int:
    return runs.read_processes(directory)["supervisor"]["pid"]


def python(code: str) -> tuple[str, str, str]:
    return sys.executable, "-c", code


# -- how it ended ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "status", "code", "cause"),
    [
        (("true",), "finished", 0, ""),
        (("sh", "-c", "exit 3"), "failed", 3, "exit code 3"),
        (("sh", "-c", "kill -9 $$"), "failed", -9, "killed by signal 9 (SIGKILL)"),
        (("sh", "-c", "kill -TERM $$"), "failed", -15, "killed by signal 15 (SIGTERM)"),
        (("sh", "-c", "sh -c 'kill -9 $$'; exit $?"), "failed", 137, "exit code 137 (signal 9 below a shell)"),
        (python("raise ValueError('no such word: tree')"), "failed", 1, "ValueError: no such word: tree"),
        (python("import sys; sys.exit('bad flag')"), "failed", 1, "exit code 1"),
        (python("raise MemoryError"), "failed", 1, "out of memory"),
        (
            python("raise RuntimeError('CUDA out of memory. Tried to allocate 2.00 GiB')"),
            "failed", 1, "out of GPU memory",
        ),
        (python("print('loss: nan'); raise SystemExit(1)"), "failed", 1, "NaN occurs"),
        (python("raise RuntimeError('non-finite loss at step 7')"), "failed", 1, "NaN occurs"),
        (
            python("print('CUDA out of memory, trying a smaller batch')\nprint('x' * 9000)\nraise KeyError('a')"),
            "failed", 1, "KeyError: 'a'",
        ),
    ],
)  # fmt: skip
def test_the_end_of_a_command_is_kept_with_its_cause(tmp_path, argv, status, code, cause):
    """Exit code, signal and cause stand in the exit file, and the record says the same."""
    directory, exit = run(tmp_path, *argv)
    assert (exit["status"], exit["code"], exit["cause"]) == (status, code, cause)
    assert exit["signal"] == (-code if code < 0 else None)
    record = runs.read_record(directory.root)
    assert (record.status, record.exit_code, record.cause, record.ended_at) == (status, code, cause, exit["ended_at"])


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A control group that allows 40 MB; skipped where this user may make none."""
    for place, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(place) / f"kwslab-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / limit).exists():
                (group / limit).write_text("40000000")
                with contextlib.suppress(OSError):
                    (group / "memory.swap.max").write_text("0")
                yield group
                return
        except OSError:
            continue
        finally:
            with contextlib.suppress(OSError):
                group.rmdir()
    pytest.skip("no control group for memory can be made here")


def test_a_command_that_the_kernel_kills_for_memory_is_told_from_one_that_was_killed(tmp_path, small_memory):
    """A real child beyond its memory: SIGKILL by the kernel, which counts it, and the cause says so."""
    os.mkfifo(tmp_path / "go")
    directory = make(tmp_path, *python("open('go').read()\nx = [b'1' * 1_000_000 for _ in range(400)]"))
    supervise(directory)
    (small_memory / "cgroup.procs").write_text(str(runs.read_processes(directory)["child"]["pid"]))
    (tmp_path / "go").write_text("")
    exit = ended(directory)
    assert (exit["status"], exit["code"], exit["signal"]) == ("failed", -9, 9)
    assert exit["cause"] == "killed by signal 9 (SIGKILL): the machine ran out of memory"


def test_a_stop_while_the_machine_goes_down_is_the_machines(tmp_path, monkeypatch):
    """TERM that nobody asked for while a shutdown is under way is no stop by the user."""
    directory = make(tmp_path, "true")
    keeper = supervisor.Supervisor(str(directory.root))
    keeper.code = 0  # there is no command to be asked
    exists = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: path == "/run/nologin" or exists(path))
    keeper.stop()
    assert keeper.stopped == "host went down"
    directory.stop.write_text(json.dumps({"by": "user"}))
    keeper.stop()
    assert keeper.stopped == "stopped by user"


def test_the_traceback_of_a_failure_is_kept(tmp_path):
    """The end of the traceback stands in the exit file."""
    _, exit = run(tmp_path, *python("def f():\n    raise ValueError('x')\nf()"))
    assert exit["traceback"].startswith("Traceback (most recent call last):")
    assert exit["traceback"].endswith("ValueError: x")


def test_what_cannot_be_started_fails_like_in_a_shell(tmp_path):
    """127 for a command that is not there, 126 for one that cannot be executed; said at once and in the output."""
    plain, script, broken = tmp_path / "plain", tmp_path / "script", tmp_path / "broken"
    plain.write_text("echo hello\n")
    script.write_text("echo hello\n")
    broken.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    broken.chmod(0o755)
    for argv, code, cause in (
        (("no-such-command-here", "-x"), 127, "command not found: no-such-command-here"),
        (("./plain",), 126, "./plain cannot be started: it is not executable"),
        (("./script",), 126, "./script cannot be started: it is no program; name its interpreter, as in: sh ./script"),
        (("./broken",), 127, "./broken cannot be started: the interpreter on its first line does not exist"),
    ):
        directory = make(tmp_path, *argv)
        assert supervise(directory) == f"failed {cause}"
        exit = ended(directory)
        assert (exit["status"], exit["code"], exit["cause"]) == ("failed", code, cause)
        assert directory.output.read_text() == f"{cause}\n"
    gone = make(tmp_path, "true", cwd=tmp_path / "gone")
    assert supervise(gone) == f"failed the directory {tmp_path / 'gone'} does not exist"


def test_output_and_environment_of_the_command(tmp_path):
    """Both streams are merged in order; the command knows its run; a secret reaches it and is stored nowhere."""
    code = (
        "import os, sys\nprint('out', flush=True)\nprint('err', file=sys.stderr)\n"
        "print(os.environ['KWSLAB_RUN_DIR'], os.environ['KWSLAB_RUN_ID'], os.environ['MY_TOKEN'][::-1])\n"
        "print(sys.stdin.read() == '', os.getcwd(), os.getsid(0) == os.getpid())"
    )
    directory = make(tmp_path, *python(code))
    supervise(directory, env={"MY_TOKEN": "hidden-word"})
    ended(directory)
    assert directory.output.read_text() == (
        f"out\nerr\n{directory.root} {directory.id} drow-neddih\nTrue {tmp_path} True\n"
    )
    kept = b"".join(p.read_bytes() for p in directory.root.iterdir() if p.is_file())
    assert b"hidden-word" not in kept


def test_metrics_of_a_program_are_in_its_record(tmp_path):
    """What a program logs through `current_run` is read back, whole, after it was killed."""
    code = (
        "import os\nfrom fskws.runs import MetricsLog, current_run\nlog = MetricsLog(current_run().metrics)\n"
        "for step in range(500): log.log(step, loss=1 / (step + 1))\nos.kill(os.getpid(), 9)"
    )
    directory = make(tmp_path, *python(code))
    supervise(directory, env={"PYTHONPATH": str(Path(runs.__file__).parents[1])})
    assert ended(directory)["code"] == -9
    assert len(runs.read_metrics(directory.metrics)) == 500
    assert runs.read_record(directory.root).metrics == {"loss": {"last": 1 / 500, "best": 1 / 500}}


def test_peak_memory_is_measured(tmp_path):
    """The exit file tells the most memory that the command had."""
    _, exit = run(tmp_path, *python("x = b'1' * 60_000_000"))
    assert 60_000 < exit["peak_rss_kb"] < 120_000


def test_the_supervisor_is_small(tmp_path):
    """It stays below 15 MB, also after much output."""
    directory = make(tmp_path, "sh", "-c", "yes | head -c 20000000; echo done; sleep 60")
    supervise(directory)
    until(lambda: directory.read_output(-5)[0] == b"done\n")
    status = Path(f"/proc/{supervisor_pid(directory)}/status").read_text()
    rss_kb = int(status.split("VmRSS:")[1].split()[0])
    os.kill(supervisor_pid(directory), signal.SIGTERM)
    ended(directory)
    assert rss_kb < 15_000


# -- stops -------------------------------------------------------------------------------------------------------------


def test_a_stop_asks_first(tmp_path):
    """TERM to the supervisor is TERM to the command, which may end in its own way."""
    directory = make(tmp_path, "sh", "-c", "trap 'echo saving; exit 7' TERM; echo ready; while :; do sleep 0.01; done")
    supervise(directory)
    until(lambda: directory.output.read_text() == "ready\n")
    os.kill(supervisor_pid(directory), signal.SIGTERM)
    exit = ended(directory)
    assert (exit["status"], exit["code"], exit["cause"]) == ("stopped", 7, "stopped by user")
    assert directory.output.read_text().endswith("saving\n")


def test_what_does_not_listen_is_killed_with_its_whole_tree(tmp_path):
    """After the grace everything is killed: children, their children, and those that made a session of their own."""
    directory = make(
        tmp_path,
        "sh",
        "-c",
        "trap '' TERM; setsid sh -c 'echo $$ > own; sleep 600' & (sleep 600 & echo $! > deep); echo ready; "
        "while :; do sleep 1; done",
    )
    directory.stop.write_text(json.dumps({"grace_seconds": 0.2}))
    supervise(directory)
    until(lambda: directory.output.exists() and (tmp_path / "own").exists() and (tmp_path / "own").read_text())
    pids = [int((tmp_path / name).read_text()) for name in ("own", "deep")]
    assert all(runs.start_ticks(pid) for pid in pids)
    os.kill(supervisor_pid(directory), signal.SIGINT)
    exit = ended(directory)
    assert (exit["status"], exit["code"], exit["cause"]) == ("stopped", -9, "stopped by user")
    assert [runs.start_ticks(pid) for pid in pids] == [None, None]


def test_a_second_request_does_not_wait(tmp_path):
    """Whoever asks twice means now."""
    directory = make(tmp_path, "sh", "-c", "trap 'echo asked' TERM; echo ready; while :; do sleep 0.01; done")
    supervise(directory)
    until(lambda: directory.output.read_text() == "ready\n")
    os.kill(supervisor_pid(directory), signal.SIGTERM)
    until(lambda: "asked" in directory.output.read_text())
    began = time.monotonic()
    os.kill(supervisor_pid(directory), signal.SIGTERM)
    assert ended(directory)["status"] == "stopped"
    assert time.monotonic() - began < 3


# -- what must not end a run -------------------------------------------------------------------------------------------


def test_it_outlives_whoever_started_it(tmp_path):
    """The starter is killed and its terminal hangs up: the run ends as it would have."""
    directory = make(tmp_path, "sh", "-c", "read line < go; echo $line; exit 5")
    os.mkfifo(tmp_path / "go")
    code = (
        "import os, subprocess, sys\n"
        f"words = {[sys.executable, '-I', '-S', str(SUPERVISOR), str(directory.root)]!r}\n"
        "subprocess.run(words, capture_output=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    starter = subprocess.run(
        [sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL, start_new_session=True
    )
    assert starter.returncode == -9
    os.kill(supervisor_pid(directory), signal.SIGHUP)
    assert runs.read_state(directory).status == "running"
    (tmp_path / "go").write_text("went on\n")
    assert ended(directory)["code"] == 5
    assert directory.output.read_text() == "went on\n"


def test_the_command_outlives_its_supervisor_and_gets_another(tmp_path):
    """SIGKILL of the supervisor: the run is still running, what it prints waits, and a new supervisor takes over."""
    os.mkfifo(tmp_path / "first")
    os.mkfifo(tmp_path / "second")
    directory = make(tmp_path, "sh", "-c", "echo one; read x < first; echo two; read x < second; echo three; exit 4")
    supervise(directory)
    until(lambda: directory.output.read_text() == "one\n")
    first = runs.read_processes(directory)["supervisor"]
    os.kill(first["pid"], signal.SIGKILL)
    until(lambda: not runs.is_alive(first))
    assert runs.read_state(directory).status == "running"
    (tmp_path / "first").write_text("\n")
    assert supervise(directory, "adopt") == "started"
    until(lambda: directory.output.read_text() == "one\ntwo\n")
    assert supervise(directory, "adopt") == "failed nothing to adopt"
    (tmp_path / "second").write_text("\n")
    exit = ended(directory)
    assert directory.output.read_text() == "one\ntwo\nthree\n"
    assert (exit["status"], exit["code"]) == ("unknown", None)
    assert exit["cause"] == "the supervisor was killed, and the command has ended since; its exit code is not known"


def test_both_killed_is_unknown_not_failed(tmp_path):
    """With supervisor and command killed nobody knows the exit code, and the record says so."""
    directory = make(tmp_path, "sleep", "600")
    supervise(directory)
    processes = runs.read_processes(directory)
    for name in ("supervisor", "child"):
        os.kill(processes[name]["pid"], signal.SIGKILL)
    until(lambda: not runs.is_alive(processes["supervisor"]) and not runs.is_alive(processes["child"]))
    record = runs.read_record(directory.root)
    assert (record.status, record.exit_code) == ("unknown", None)
    assert record.cause.startswith("the supervisor was killed")
    assert record.ended_at is not None


def test_gigabytes_keep_their_head_and_their_end(tmp_path):
    """Beyond its limits the middle of the output goes; what is left out is counted, the end is there."""
    directory, exit = run(
        tmp_path, "sh", "-c", "seq 200000", output_head_bytes=10_000, output_segment_bytes=20_000
    )  # fmt: skip
    size = sum(len(f"{n}\n") for n in range(1, 200_001))
    assert exit["status"] == "finished"
    assert exit["output_bytes"] == directory.output_size() == size
    on_disk = sum(path.stat().st_size for _, path in directory.output_segments())
    assert on_disk <= 50_000
    assert exit["output_left_out"] == size - on_disk
    assert directory.read_output(0, 6)[0] == b"1\n2\n3\n"
    assert directory.read_output(-14)[0] == b"199999\n200000\n"


def test_a_full_disk_does_not_end_the_run(tmp_path):
    """Where the output file can grow no more the command goes on, ends well, and the loss is counted."""
    directory = make(tmp_path, "sh", "-c", "seq 100000; echo sed ok >&2; exit 0")
    limited = f"ulimit -f 64; exec {sys.executable} -I -S {SUPERVISOR} {directory.root}"
    subprocess.run(["sh", "-c", limited], check=True, capture_output=True, timeout=30)
    exit = ended(directory)
    assert (exit["status"], exit["code"]) == ("finished", 0)
    assert directory.output.stat().st_size in (64 * 512, 64 * 1024)
    assert exit["output_left_out"] > 100_000


def test_a_disk_without_any_space_still_takes_the_exit_file(tmp_path):
    """The space of the exit file is taken at the start, so a disk filled meanwhile cannot lose the outcome."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        os.mkfifo(tmp_path / "go")
        directory = make(disk, "sh", "-c", f"read line < {tmp_path / 'go'}; seq 100000; exit 6", cwd=tmp_path)
        supervise(directory)
        until(lambda: (directory.root / ".exit.reserve").exists())
        with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
            while filler.write(b"x" * 512):
                pass
        (tmp_path / "go").write_text("\n")
        assert ended(directory)["code"] == 6
        assert runs.read_record(directory.root).cause == "exit code 6"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_background_server_does_not_keep_the_run_open(tmp_path):
    """The run ends with its command; what it left running is named, may go on printing, and can still be stopped."""
    directory = make(tmp_path, "sh", "-c", "(while :; do echo tick; sleep 0.05; done) & echo $! > pid; exit 0")
    supervise(directory)
    until(directory.exit.exists)
    exit = json.loads(directory.exit.read_text())
    pid = int((tmp_path / "pid").read_text())
    assert (exit["status"], exit["code"]) == ("finished", 0)
    assert pid in exit["left_running"]
    assert runs.read_record(directory.root).status == "finished"
    size = directory.output_size()
    until(lambda: directory.output_size() > size)
    os.kill(supervisor_pid(directory), signal.SIGTERM)
    until(lambda: runs.start_ticks(pid) is None)
    assert json.loads(directory.exit.read_text()) == exit


def test_the_file_runs_alone_under_another_name(tmp_path):
    """Copied to another machine it needs nothing beside it."""
    copy = tmp_path / "elsewhere" / "run.py"
    copy.parent.mkdir()
    shutil.copyfile(SUPERVISOR, copy)
    copy.chmod(copy.stat().st_mode & ~stat.S_IWUSR)
    directory = make(tmp_path, "echo", "hello")
    subprocess.run([sys.executable, "-I", "-S", str(copy), str(directory.root)], check=True, capture_output=True)
    assert ended(directory)["status"] == "finished"
    assert directory.output.read_text() == "hello\n"


# -- what makes a launch quick -----------------------------------------------------------------------------------------


def test_nothing_slow_is_loaded_before_the_command_runs():
    """The modules that would take longer than the interpreter itself come only when there is time."""
    code = f"import sys; sys.path.insert(0, {str(SUPERVISOR.parent)!r}); import supervisor; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    slow = {"json", "re", "enum", "signal", "subprocess", "contextlib", "collections", "threading", "ctypes", "pathlib"}
    assert slow & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [], "b": {}, "c": None, "d": True, "e": False},
        {"words": ["tab\there", 'a "quote"', "new\nline", "\u00fc \U0001f600", "\udcff", "\x00"]},
        {"n": [0, -1, 2**70, 0.1, -1e-300, 1e300], "deep": {"deeper": [{"x": 1}]}},
    ],
)
def test_its_own_json_is_the_librarys(value):
    """What it writes and reads without the json package is what the json package writes and reads."""
    assert json.loads(supervisor.json_text(value)) == value
    assert supervisor.parse_json(" " + json.dumps(value, indent=1) + "\n") == value


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{} {}", '{"a": }', "x", '{"a": 1,}'])
def test_what_is_no_json_object_is_told(text):
    """Torn files are a ValueError, as from the json package."""
    with pytest.raises(ValueError):
        supervisor.parse_json(text)
