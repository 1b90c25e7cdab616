"""Launching, following and stopping runs through their own supervisors."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from assistant import capture, launch
from assistant.capture import PATCH_BYTES
from assistant.errors import LaunchError
from assistant.status import progress_of, span, time_left
from fskws import runs
from fskws.runs import RunDirectory
from vault_sync.gpus import Gpu, GpuProcess, GpuSample, ScriptedSampler

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are followed through /proc")

NO_GPU = ScriptedSampler([GpuSample(0.0, "no driver", "NVML Shared Library Not Found")])


def start(tmp_path: Path, *argv: str, cwd: Path | None = None, **options) -> RunDirectory:
    record = launch.start_run(tmp_path / "runs", argv, cwd or tmp_path, dict(os.environ), **options)
    return RunDirectory(Path(record.directory))


def until(condition, seconds: float = 20.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.005)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit, one edited file, and untracked ones of several kinds."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "train.py").write_text("print('one')\n")
    quiet = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*quiet, *words], cwd=root, check=True)
    (root / "train.py").write_text("print('two')\n")
    (root / "models").mkdir()
    (root / "models" / "rnn.py").write_text("layers = 2\n")
    (root / "weights.pt").write_bytes(b"\0" * 100)
    (root / ".env").write_text("KEY=hidden-word\n")
    (root / "table.csv").write_bytes(b"1" * 300_000)
    return root


# -- start -------------------------------------------------------------------------------------------------------------


def test_a_run_from_start_to_end(tmp_path):
    """The record says running at once, and after the end how it ended, with task, parent and title kept."""
    directory = start(
        tmp_path, "sh", "-c", "echo hi; exit 3", title="A try", task="[[May#2031/05/06]]", parent="r1", suggestion="s1"
    )
    record = launch.wait_for_exit(directory.root, 20)
    assert (record.status, record.exit_code, record.title) == ("failed", 3, "A try")
    assert (record.task, record.parent, record.suggestion) == ("[[May#2031/05/06]]", "r1", "s1")
    assert launch.read_log(directory.root) == ("hi\n", 3, True)


def test_a_command_that_does_not_exist_is_a_failed_run_at_once(tmp_path):
    """Its record is there when the launch returns, with the exit code of a shell."""
    record = launch.start_run(tmp_path / "runs", ["no-such-command-here"], tmp_path, dict(os.environ))
    assert (record.status, record.exit_code, record.cause) == ("failed", 127, "command not found: no-such-command-here")


@pytest.mark.parametrize(
    ("argv", "cwd", "message"),
    [
        ((), ".", "no command was given; name one"),
        ((" ",), ".", "no command was given; name one"),
        (("true",), "/no/such/place", "the directory /no/such/place does not exist"),
    ],
)
def test_what_cannot_be_a_run_is_refused(tmp_path, argv, cwd, message):
    """No command or no directory: nothing is recorded, and the message says what to do."""
    with pytest.raises(LaunchError, match=message):
        launch.start_run(tmp_path / "runs", argv, cwd, {})
    assert not (tmp_path / "runs").exists()


def test_a_state_that_cannot_be_written_is_refused(tmp_path):
    """A runs directory that cannot be made is a launch error with advice."""
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(LaunchError, match="choose another place with --state DIR"):
        start(tmp_path, "true")


def test_a_supervisor_that_cannot_run_is_told(tmp_path):
    """A broken interpreter for the supervisor is told at once, with its last words."""
    with pytest.raises(LaunchError, match=r"the supervisor could not be started with .*: No such file"):
        start(tmp_path, "true", python=str(tmp_path / "python"))
    liar = tmp_path / "liar"
    liar.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    liar.chmod(0o755)
    with pytest.raises(LaunchError, match=r"did not start \(broken\)"):
        start(tmp_path, "true", python=str(liar))


def test_a_run_inside_a_run_is_its_own(tmp_path):
    """Variables of an outer run do not reach an inner one, so stopping the outer does not end it."""
    env = {**os.environ, "KWSLAB_RUN_DIR": "/outer", "KWSLAB_RUN_ID": "r1"}
    record = launch.start_run(tmp_path / "runs", ["sh", "-c", "echo $KWSLAB_RUN_ID; sleep 600"], tmp_path, env)
    supervisor = runs.read_processes(RunDirectory(Path(record.directory)))["supervisor"]["pid"]
    assert b"/outer" not in Path(f"/proc/{supervisor}/environ").read_bytes()
    until(lambda: launch.read_log(Path(record.directory))[0] == f"{record.id}\n")
    launch.stop_run(Path(record.directory))


def test_cuda_is_never_replaced_in_silence(tmp_path):
    """A command that asks for CUDA on a machine without is refused before it starts."""
    dev = tmp_path / "dev"
    dev.mkdir()
    argv = ["python", "-m", "fskws", "train", "--device", "cuda"]
    assert launch.cuda_check(argv, {}, dev) == (
        "--device cuda: this machine has no CUDA device. Use --device cpu, or a machine with a GPU."
    )
    assert launch.cuda_check(["python", "train.py", "--device=cpu"], {}, dev) == ""
    assert launch.cuda_check(["python", "train.py", "-gpu", "0"], {}, dev) == ""
    (dev / "nvidia0").touch()
    assert launch.cuda_check(argv, {}, dev) == ""
    assert launch.cuda_check(["x", "-device", "cuda:1"], {}, dev) == (
        "--device cuda:1: there is 1 CUDA device here, cuda:0. Choose that one."
    )
    assert "hides every GPU" in launch.cuda_check(argv, {"CUDA_VISIBLE_DEVICES": ""}, dev)
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        with pytest.raises(LaunchError, match="this machine has no CUDA device"):
            start(tmp_path, *argv)
        assert not (tmp_path / "runs").exists()


# -- code --------------------------------------------------------------------------------------------------------------


def test_the_code_state_is_kept(tmp_path, repository):
    """Commit, patch and small untracked sources; data and secrets are named or left alone, never copied."""
    directory = start(tmp_path, sys.executable, "train.py", cwd=repository)
    launch.wait_for_exit(directory.root, 20)
    facts = json.loads((directory.code / "git.json").read_text())
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True).stdout.strip()
    assert (facts["commit"], facts["dirty"], facts["problems"]) == (head, True, [])
    assert "+print('two')" in (directory.code / "changes.patch").read_text()
    kept = sorted(str(p.relative_to(directory.code)) for p in (directory.code / "untracked").rglob("*") if p.is_file())
    assert kept == ["untracked/models/rnn.py"]
    assert {entry["name"] for entry in facts["untracked"]} == {"models/rnn.py", "weights.pt", ".env", "table.csv"}
    assert len(facts["scripts"]["train.py"]) == 64
    assert facts["packages"]["pytest"] == pytest.__version__
    assert (
        subprocess.run(["git", "status", "--short"], cwd=repository, capture_output=True, text=True).stdout.count("\n")
        == 5
    )


def test_a_huge_patch_is_cut(tmp_path, repository):
    """A patch beyond the cap is cut, and that is said."""
    (repository / "train.py").write_text("x = 1\n" * 1_000_000)
    directory = start(tmp_path, "true", cwd=repository)
    facts = json.loads((directory.code / "git.json").read_text())
    assert (directory.code / "changes.patch").stat().st_size == PATCH_BYTES
    assert facts["problems"] == [f"the patch of {facts['patch_bytes']} bytes is cut to {PATCH_BYTES}"]
    launch.wait_for_exit(directory.root, 20)


def test_no_code_state_is_no_reason_to_fail(tmp_path):
    """Outside a repository the launch goes on and says what could not be had."""
    directory = start(tmp_path, "true")
    assert json.loads((directory.code / "git.json").read_text())["problems"] == ["no git commit to refer to"]
    assert launch.wait_for_exit(directory.root, 20).status == "finished"


def test_a_frozen_run_is_started_in_a_copy_of_the_code(tmp_path, repository):
    """It sees the code of its start, changes and small new files included, whatever becomes of the tree afterwards."""
    (repository / "gone.py").write_text("")
    quiet = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for words in (["add", "gone.py"], ["commit", "-q", "-m", "second", "--", "gone.py"]):
        subprocess.run([*quiet, *words], cwd=repository, check=True)
    (repository / "gone.py").unlink()
    before = subprocess.run(["git", "status", "--porcelain"], cwd=repository, check=True, capture_output=True).stdout
    code = (
        f"import os; open({str(tmp_path / 'go')!r}).read()\n"
        "print(open('../train.py').read(), os.listdir('..').count('gone.py'),\n"
        "open('rnn.py').read(), os.getcwd() == os.environ['PWD'])"
    )
    os.mkfifo(tmp_path / "go")
    record = launch.start_run(
        tmp_path / "runs", [sys.executable, "-c", code],
        repository / "models", dict(os.environ), frozen=True,
    )  # fmt: skip
    (repository / "train.py").write_text("print('three')\n")
    (tmp_path / "go").write_text("")
    done = launch.wait_for_exit(Path(record.directory), 20)
    assert (done.status, done.cwd) == ("finished", str(repository / "models"))
    assert launch.read_log(Path(record.directory))[0].split() == ["print('two')", "0", "layers", "=", "2", "True"]
    told = runs.read_command(RunDirectory(Path(record.directory)))["frozen"]
    assert "table.csv (300000 bytes, untracked) is not in the tree" in told
    assert "files that git ignores (data, checkpoints, environments) are not in the tree" in told
    (repository / "train.py").write_text("print('two')\n")
    after = subprocess.run(["git", "status", "--porcelain"], cwd=repository, check=True, capture_output=True).stdout
    assert after == before


def test_what_cannot_be_frozen_is_refused_or_told(tmp_path, repository):
    """Without a commit nothing is started; a word that names the real tree is told."""
    plain = tmp_path / "plain"
    plain.mkdir()
    with pytest.raises(LaunchError, match=r"--frozen needs a git commit to start from, and .*plain has none"):
        launch.start_run(tmp_path / "runs", ["true"], plain, dict(os.environ), frozen=True)
    assert runs.run_names(tmp_path / "runs") == set()
    script = str(repository / "train.py")
    record = launch.start_run(
        tmp_path / "runs", [sys.executable, script], repository, dict(os.environ), frozen=True
    )  # fmt: skip
    launch.wait_for_exit(Path(record.directory), 20)
    told = runs.read_command(RunDirectory(Path(record.directory)))["frozen"]
    assert f"{script!r} names the real tree, and is used from there" in told


def test_hashes_of_data_and_evaluator_are_kept(tmp_path, monkeypatch):
    """Files that the configuration names are hashed once, and again when they changed; what is missing is told."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "test.csv").write_text("a,1\n")
    read = []
    sha256 = hashlib.sha256
    monkeypatch.setattr(capture.hashlib, "sha256", lambda *given: read.append(1) or sha256(*given))
    patterns = ["data/**/*.csv", str(tmp_path / "data" / "test.csv"), "*.wav"]

    def hashes() -> dict:
        problems: list[str] = []
        found = capture.file_hashes(patterns, tmp_path, tmp_path / "hashes.json", problems)
        assert problems == ["no file matches '*.wav', so nothing of it is hashed"]
        return found

    first = sha256(b"a,1\n").hexdigest()
    assert hashes() == {"data/test.csv": first, str(tmp_path / "data" / "test.csv"): first}
    count = len(read)
    assert hashes()["data/test.csv"] == first
    assert len(read) == count
    (tmp_path / "data" / "test.csv").write_text("a,22\n")
    assert hashes()["data/test.csv"] == sha256(b"a,22\n").hexdigest()
    directory = runs.create_run(tmp_path / "runs", ["true"], tmp_path, env={})
    facts = capture.capture_code(directory, tmp_path, {}, ["data/*.csv"])
    assert facts["hashes"] == {"data/test.csv": sha256(b"a,22\n").hexdigest()}
    runs.keep_hashes(directory, {"data": "f00d"})
    code = runs.read_code(directory)
    assert code["hashes"] == {**facts["hashes"], "data": "f00d"}
    assert code["problems"] == ["no git commit to refer to"]


def test_versions_of_the_commands_own_python(tmp_path):
    """Read from the folders of the environment, also of a program that is installed in it; nothing is started."""
    place = tmp_path / "env"
    (place / "bin").mkdir(parents=True)
    (place / "lib" / "python3.12" / "site-packages" / "torch-2.11.0.dist-info").mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.12.4\n")
    (place / "bin" / "torchrun").write_text("#!/bin/sh\n")
    (place / "bin" / "torchrun").chmod(0o755)
    env = {"PATH": str(place / "bin")}
    assert capture.package_versions(["torchrun", "train.py"], tmp_path, env) == {"torch": "2.11.0"}
    assert capture.python_version(["torchrun", "train.py"], tmp_path, env) == "3.12.4"
    (place / "pyvenv.cfg").unlink()
    assert capture.python_version(["uv", "run"], tmp_path, {"PATH": "", "VIRTUAL_ENV": str(place)}) == "3.12"
    assert capture.package_versions(["uv", "run"], tmp_path, {"PATH": ""}) == {}


def test_an_interpreter_behind_a_shim_is_asked(tmp_path):
    """Where no folder tells the version (pyenv's shims), the interpreter does."""
    (tmp_path / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tmp_path / "python3").chmod(0o755)
    directory = runs.create_run(tmp_path / "runs", ["./python3", "train.py"], tmp_path, env={})
    facts = capture.capture_code(directory, tmp_path, {"PATH": os.environ["PATH"]})
    assert facts["python"] == platform.python_version()
    assert facts["packages"]["torch"].startswith("2.")


def test_a_run_without_a_place_to_write_is_refused(tmp_path):
    """The place of checkpoints and the free space are looked at before anything is started."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match=r"--save_dir file/best: .*file is a file"):
        start(tmp_path, "python", "train.py", "-save_dir", "file/best")
    assert launch.place_check(["python", "t.py", "-save_dir", "new/deep"], tmp_path, tmp_path) == ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "LEAST_FREE_BYTES", 2**70)
        with pytest.raises(LaunchError, match=r"the run directories: only .* MB are free at .*Free some space first"):
            start(tmp_path, "true")
    if os.getuid():
        (tmp_path / "closed").mkdir(mode=0o500)
        assert "cannot be written by you" in launch.place_check(
            ["python", "t.py", "-out", "closed/a"], tmp_path, tmp_path
        )


def test_a_driver_that_is_known_to_be_broken_is_told_first():
    """A command that asks for CUDA gets the driver's trouble before it starts, another one does not care."""
    words = "driver mismatch: restart the machine"
    assert launch.cuda_check(["python", "t.py", "-device", "cuda"], driver=words) == f"--device cuda: {words}."
    assert launch.cuda_check(["python", "t.py", "-device", "cpu"], driver=words) == ""


# -- logs --------------------------------------------------------------------------------------------------------------


def test_a_log_is_followed_without_loss(tmp_path):
    """Pieces of any size join to the whole text, characters cut by a limit included, and the end is known."""
    words = "하모닉 평균 81.9\n" * 40
    directory = start(tmp_path, sys.executable, "-c", f"print({words!r}, end='')")
    text, offset = "", 0
    while True:
        piece, following, ended = launch.read_log(directory.root, offset, 7)
        text += piece
        if ended and following == offset:
            break
        offset = following
    assert text == words
    assert launch.read_log(directory.root, -8)[0] == words[-6:]


def test_bytes_that_are_no_text_are_shown_all_the_same(tmp_path):
    """A program that prints bytes gets replacement characters, and the log still ends."""
    directory = start(tmp_path, "printf", r"ok \377\303")
    launch.wait_for_exit(directory.root, 20)
    assert launch.read_log(directory.root) == ("ok \ufffd\ufffd", 5, True)


def test_waiting_ends_with_the_timeout_or_the_run(tmp_path):
    """A wait returns the running record when its time is up, and at once when the run ends."""
    directory = start(tmp_path, "sleep", "600")
    assert launch.wait_for_exit(directory.root, 0.05).status == "running"
    supervisor = runs.read_processes(directory)["supervisor"]["pid"]
    threading.Timer(0.1, os.kill, (supervisor, signal.SIGTERM)).start()
    began = time.monotonic()
    assert launch.wait_for_exit(directory.root, 60).status == "stopped"
    assert time.monotonic() - began < 10


# -- stop --------------------------------------------------------------------------------------------------------------


def test_a_stop_is_recorded_as_the_users(tmp_path):
    """Stopped by user, whatever the exit code; stopping it again says that it is over."""
    directory = start(tmp_path, "sleep", "600")
    record = launch.stop_run(directory.root, 5)
    assert (record.status, record.exit_code, record.cause) == ("stopped", -15, "stopped by user")
    with pytest.raises(
        LaunchError, match=r"is not running, it is stopped \(stopped by user\); there is nothing to stop"
    ):
        launch.stop_run(directory.root)


def test_a_run_without_its_supervisor_can_be_stopped(tmp_path):
    """The supervisor was killed: a stop still ends the whole tree and is recorded."""
    directory = start(tmp_path, "sh", "-c", "sleep 600 & sleep 600")
    processes = runs.read_processes(directory)
    os.kill(processes["supervisor"]["pid"], signal.SIGKILL)
    until(lambda: not runs.is_alive(processes["supervisor"]))
    record = launch.stop_run(directory.root, 5)
    assert (record.status, record.cause) == ("stopped", "stopped by user")
    assert not runs.is_alive(processes["child"])


def test_runs_without_a_supervisor_are_tended(tmp_path):
    """One that goes on gets a new supervisor, one that ended its exit file; the others are left alone."""
    going, dead, fine = (start(tmp_path, "sleep", "600") for _ in range(3))
    for directory, names in ((going, ("supervisor",)), (dead, ("supervisor", "child"))):
        processes = runs.read_processes(directory)
        for name in names:
            os.kill(processes[name]["pid"], signal.SIGKILL)
        for name in names:
            until(lambda process=processes[name]: not runs.is_alive(process))
    assert set(launch.tend_runs(tmp_path / "runs")) == {going.id, dead.id}
    assert launch.tend_runs(tmp_path / "runs") == []
    assert dead.exit.exists()
    until(lambda: runs.is_alive(runs.read_processes(going)["supervisor"]))
    for directory in (going, fine):
        assert launch.stop_run(directory.root).status == "stopped"


def test_a_launch_that_was_cut_short_is_closed(tmp_path):
    """A run directory whose supervisor never came gets its exit file, once it is no longer just starting."""
    directory = runs.create_run(tmp_path / "runs", ["true"], tmp_path, env={})
    assert launch.tend_runs(tmp_path / "runs") == []
    values = json.loads(directory.command.read_text())
    directory.command.write_text(json.dumps({**values, "created_unix": values["created_unix"] - 60}))
    assert launch.tend_runs(tmp_path / "runs") == [directory.id]
    assert runs.read_record(directory.root).cause == "the launch was interrupted before the command started"


def test_runs_of_one_second_keep_their_order(tmp_path):
    """Started one right after the other, they are listed newest first, while starting and when they are over."""
    started = [start(tmp_path, "true").id for _ in range(5)]
    assert [record.id for record in runs.list_runs(tmp_path / "runs")] == started[::-1]
    for id in started:
        record = launch.wait_for_exit(tmp_path / "runs" / id, 20)
        assert record.started_at <= record.ended_at
    assert [record.id for record in runs.list_runs(tmp_path / "runs")] == started[::-1]


# -- status ------------------------------------------------------------------------------------------------------------


def test_status_tells_each_run_with_ages(tmp_path):
    """Since when, epoch of how many, time left, last metric, last line, memory; and why nothing is known of GPUs."""
    code = (
        "import time\nfrom fskws.runs import MetricsLog, current_run\nlog = MetricsLog(current_run().metrics)\n"
        "for epoch in (1, 2, 3):\n    log.log(step=epoch * 10, epoch=epoch, val_accuracy=90 + epoch)\n"
        "    time.sleep(0.01)\n"
        "print('epoch 3 done', flush=True)\ntime.sleep(600)"
    )
    directory = start(tmp_path, sys.executable, "-c", code, "-epochs_base", "10", title="Two layers")
    until(lambda: launch.read_log(directory.root)[0])
    facts = launch.status_facts(tmp_path / "runs", NO_GPU)
    (run,) = facts["runs"]
    assert (run["id"], run["title"], run["status"]) == (directory.id, "Two layers", "running")
    assert (run["epoch"], run["epochs"], run["step"]) == (3, 10, 30)
    assert 0 < run["eta_seconds"] < 10
    assert (run["last_metric"]["name"], run["last_metric"]["value"]) == ("val_accuracy", 93)
    assert 0 <= run["last_metric"]["age_seconds"] < 20
    assert run["last_line"]["text"] == "epoch 3 done"
    assert run["memory"]["rss_mb"] > 5
    assert facts["gpus"]["state"] == "no driver"
    assert facts["free_gpus"] == []
    text = "\n".join(facts["lines"])
    assert "epoch 3 of 10" in text
    assert "val_accuracy 93" in text
    assert "GPUs: no driver: no NVIDIA driver answers on this machine" in text
    json.dumps(facts)
    launch.stop_run(directory.root)
    assert launch.status_facts(tmp_path / "runs", NO_GPU)["lines"][1] == "no run goes on"


def test_status_tells_each_gpu_and_who_is_on_it(tmp_path):
    """A GPU with a run, one with somebody else's process, one that is free, one that is lost."""
    directory = start(tmp_path, "sleep", "600")
    child = until(lambda: runs.read_processes(directory).get("child"))["pid"]
    gpus = (
        Gpu(0, "a", "Card", 24000, 3000, 90, 250.0, 60, 1700, (GpuProcess(child, "compute", 2900),)),
        Gpu(1, "b", "Card", 24000, 8000, 99, 300.0, 70, 1700, (GpuProcess(2**22 + 5, "compute", 7900),)),
        Gpu(2, "c", "Card", 24000, 1, 0, 30.0, 30, 300),
        Gpu(3, problem="GPU lost"),
    )
    now = time.time()
    sampler = ScriptedSampler([GpuSample(now - 4, "ok", driver="570", gpus=gpus)])
    facts = launch.status_facts(tmp_path / "runs", sampler, now=now)
    assert facts["free_gpus"] == [2]
    assert facts["foreign"] == [f"GPU 1: process {2**22 + 5} of another container"]
    assert facts["runs"][0]["gpus"] == [0]
    assert facts["runs"][0]["memory"]["gpu_mb"] == 2900
    assert facts["gpus"]["age_seconds"] == 4.0
    assert [gpu["free"] for gpu in facts["gpus"]["gpus"]] == [False, False, True, False]
    assert "GPU 3: GPU lost" in facts["lines"]
    assert "GPU 0 Card: 3000/24000 MB, 90% busy, 60 C, 250 W  (4 s ago)" in facts["lines"]
    assert launch.status_facts(tmp_path / "runs", sampler, leased={2: "r1"}, now=now)["free_gpus"] == []
    launch.stop_run(directory.root)


def test_time_left_comes_from_the_rate():
    """Three epochs in 20 seconds leave 70 seconds for seven more; without a total nothing is claimed."""
    rows = [{"t": 100.0 + 10 * n, "epoch": n + 1, "step": n} for n in range(3)]
    assert time_left(rows, {"epochs": 10, "epoch": 3}, {}, 999.0) == 70.0
    assert time_left(rows, {"epoch": 3}, {}, 999.0) is None
    assert time_left([], {"epochs": 10, "epoch": 4}, {}, 100.0) == 150.0
    assert time_left([], {}, {"rate": 2.0, "bar_done": 40, "bar_total": 100}, 5.0) == 30.0
    assert progress_of(rows, {"epochs": 12, "epoch": 1}, {"epochs_base": "20"}) == {"epoch": 3, "epochs": 12, "step": 2}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "?"), (5.4, "5 s"), (75, "1 min 15 s"), (1800, "30 min"), (7500, "2 h 05 min"), (180000, "2 days 2 h")],
)
def test_spans_are_said_in_two_units(seconds, words):
    """A length of time is said as a person would."""
    assert span(seconds) == words


def test_status_is_quick_among_many_runs(tmp_path):
    """Runs that are over cost one look at their exit file each: 2,000 of them far less than 100 ms."""
    runs_dir = tmp_path / "runs"
    for number in range(2000):
        directory = runs_dir / f"r20310506-{number:06d}".translate(str.maketrans("01789", "abcde"))
        directory.mkdir(parents=True)
        (directory / "exit.json").touch()
    began = time.perf_counter()
    assert launch.status_facts(runs_dir, NO_GPU)["runs"] == []
    assert time.perf_counter() - began < 0.5
