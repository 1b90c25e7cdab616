"""The door to child processes of runs: starts, stops and follows them, each under its own supervisor.

Nothing here lives on: every fact is read from the run directory and the processes it names, so a daemon that was killed
finds all its runs again.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant import snapshot
from assistant.capture import capture_code
from assistant.errors import LaunchError
from assistant.status import status_facts
from fskws import runs, supervisor
from fskws.config import parse_options
from fskws.errors import RunError
from fskws.runs import Record, RunDirectory

SUPERVISOR = Path(runs.__file__).with_name("supervisor.py")

#: How long a supervisor may take to say that it started the command; slow disks included.
START_SECONDS = 30.0


def start_run(
    runs_dir: Path,
    argv: Sequence[str],
    cwd: str | Path,
    env: Mapping[str, str],
    *,
    title: str = "",
    config: Mapping[str, str] | None = None,
    task: str = "",
    parent: str = "",
    suggestion: str = "",
    gpus: Sequence[int] = (),
    memory_mb: int | None = None,
    id: str = "",
    host: str = "local",
    origin: str = "",
    frozen: bool = False,
    hashed: Sequence[str] = (),
    driver: str = "",
    python: str = sys.executable,
) -> Record:
    """Starts a command under a supervisor of its own, which outlives this process.

    Args: env: the whole environment of the command; only a part without secrets is stored. config: option -> value as
        written; None reads it from argv. gpus: leased to the run, the only ones it sees; () leaves that to the command.
        memory_mb: of each of them, so that others may share; None: all. id: promised before; "" makes a new one.
        host: what the machine that asked calls this one. origin: the state that asked, when it is another machine's.
        frozen: start it in a copy of the code, see `snapshot`. hashed: patterns of data files whose hashes are kept.
        driver: what is known to be wrong with the GPU driver. python: interpreter of the supervisor.
    Returns: the record, "running". A command that does not exist, or cannot be executed, is a record too: "failed" with
        the exit code of a shell (127, 126) and the reason in `cause`.
    Raises: LaunchError: nothing was started, since there is no such cwd, no space for the run directory, no CUDA
        device for a command that asks for one, or no place for its checkpoints.
    """
    if not argv or not argv[0].strip():
        raise LaunchError("no command was given; name one, as in: kwslab run -- python train.py -lr_base 0.005")
    if not Path(cwd).is_dir():
        raise LaunchError(f"the directory {cwd} does not exist, so the command cannot be started there.")
    problem = cuda_check(argv, env, driver=driver) or place_check(argv, Path(cwd), Path(runs_dir))
    if problem:
        raise LaunchError(problem)
    # A run started from inside another is not a part of it.
    inside = (runs.RUN_DIR_VARIABLE, runs.RUN_ID_VARIABLE)
    environment = {name: value for name, value in env.items() if name not in inside}
    extra: dict[str, Any] = {"origin": origin} if origin else {}
    if gpus:
        # NVML counts GPUs by bus, CUDA by speed unless told otherwise.
        environment.update(CUDA_DEVICE_ORDER="PCI_BUS_ID", CUDA_VISIBLE_DEVICES=",".join(map(str, gpus)))
        extra["lease"] = {"gpus": list(gpus), "memory_mb": memory_mb}
    try:
        directory = runs.create_run(
            Path(runs_dir), argv, cwd, env=environment, title=title, config=config, task=task, parent=parent,
            suggestion=suggestion, host=host,
            extra=extra,
            id=id,
        )  # fmt: skip
    except RunError as error:
        raise LaunchError(str(error)) from error
    code = capture_code(directory, Path(cwd), environment, hashed)
    if frozen:
        environment["PWD"] = _freeze(directory, Path(cwd), environment, code)
    _start_supervisor(directory, environment, python)
    return runs.read_record(directory.root)


def _freeze(directory: RunDirectory, cwd: Path, env: Mapping[str, str], code: Mapping[str, Any]) -> str:
    """Lets the run start in a tree of its own, and returns where. A run that cannot is taken back."""
    asked = runs.read_command(directory)
    try:
        start_in, left_out = snapshot.materialise(directory.code, cwd, asked["argv"], env, code)
    except LaunchError:
        shutil.rmtree(str(directory.root), ignore_errors=True)
        raise
    told = {**asked, "start_in": str(start_in), "frozen": left_out}
    runs.write_aside(directory.command, (json.dumps(told, indent=1) + "\n").encode())
    return str(start_in)


def _start_supervisor(directory: RunDirectory, env: Mapping[str, str], python: str, *mode: str) -> str:
    """Starts it and waits for its one line. Returns the line: "started" or "failed <why>"."""
    try:
        process = subprocess.Popen(
            supervisor.words_to_start(python, str(SUPERVISOR), str(directory.root.absolute()), *mode),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise LaunchError(f"the supervisor could not be started with {python}: {error.strerror or error}") from error
    try:
        said, complaint = process.communicate(timeout=START_SECONDS)
    except subprocess.TimeoutExpired:
        # It is slow, not dead: a full or broken disk. It detached itself and goes on; the files will tell.
        process.kill()
        process.communicate()
        return "slow"
    line = said.decode("utf-8", "replace").strip()
    if not line:
        words = complaint.decode("utf-8", "replace").strip().splitlines()
        raise LaunchError(
            f"the supervisor of {directory.id} did not start ({words[-1] if words else 'it said nothing'}). "
            f"Check the space and the permissions of {directory.root}."
        )
    return line


def stop_run(run_dir: Path, grace_seconds: float = 10.0) -> Record:
    """Ends a run: asks (TERM), waits, then kills its whole tree. Returns when it is over.

    Raises: LaunchError: it is not running, or not on this machine, or does not end.
    """
    directory = RunDirectory(Path(run_dir))
    state = _running_state(directory)
    runs.write_aside(
        directory.stop, json.dumps({"by": "user", "grace_seconds": grace_seconds, "at": runs.local_time()}).encode()
    )
    if not runs.is_alive(state.get("supervisor")):
        adopt_run(directory.root)
        state = _running_state(directory)
    keeper = state["supervisor"]
    with contextlib.suppress(ProcessLookupError):  # it ended in this very moment
        os.kill(keeper["pid"], signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds + START_SECONDS
    while runs.is_alive(keeper):
        if time.monotonic() > deadline:
            raise LaunchError(
                f"run {directory.id} does not end: process {state.get('child', {}).get('pid')} is stuck in the kernel "
                "(a dead disk or GPU). It ends when that comes back, or with a restart of the machine."
            )
        _wait_for_end(keeper["pid"], 0.5)
    return runs.read_record(directory.root)


def _running_state(directory: RunDirectory) -> dict[str, Any]:
    """The processes of a run that can be stopped; waits for one that is just starting."""
    deadline = time.monotonic() + 5.0
    while True:
        known = runs.read_processes(directory)
        state = runs.read_state(directory)
        if runs.is_alive(known.get("supervisor")) or (state.status == "running" and known):
            return known
        if state.status != "running":
            where = f" ({state.cause})" if state.cause else ""
            raise LaunchError(
                f"run {directory.id} is not running, it is {state.status}{where}; there is nothing to stop."
            )
        if time.monotonic() > deadline:
            raise LaunchError(f"run {directory.id} is only starting; try again in a moment.")
        time.sleep(0.05)


def adopt_run(run_dir: Path, python: str = sys.executable) -> bool:
    """Gives a run whose supervisor was killed a new one. Returns whether there was something to take over."""
    directory = RunDirectory(Path(run_dir))
    inside = (runs.RUN_DIR_VARIABLE, runs.RUN_ID_VARIABLE)
    env = {name: value for name, value in os.environ.items() if name not in inside}
    return _start_supervisor(directory, env, python, "adopt") == "started"


def tend_runs(runs_dir: Path) -> list[str]:
    """Looks after runs without a supervisor: one that goes on gets a new one, one that ended gets its exit file.

    Returns: the ids that were taken care of. Cheap when there is nothing to do.
    """
    tended = []
    for directory in runs.open_runs(Path(runs_dir)):
        known = runs.read_processes(directory)
        if runs.is_alive(known.get("supervisor")):
            continue
        here = known.get("boot_id") == runs.boot_id() and runs.is_alive(known.get("child"))
        if here and known.get("source") != "observed":
            if adopt_run(directory.root):
                tended.append(directory.id)
        elif runs.settle(directory):
            tended.append(directory.id)
    return tended


def read_log(run_dir: Path, offset: int = 0, limit: int = 65536) -> tuple[str, int, bool]:
    """A piece of a run's output.

    Args: offset: where to go on, as returned before; 0 for the beginning, negative for so many bytes before the end.
    Returns: (text, offset to go on from, whether the run is over). With "over" and no new offset, nothing will follow.
    """
    directory = RunDirectory(Path(run_dir))
    # Asked before reading: what is read after the end is all there is.
    ended = runs.read_state(directory).status not in ("running", "lost")
    piece, following = directory.read_output(offset, limit)
    if offset < 0:
        cut = 0
        while cut < min(4, len(piece)) and piece[cut] & 0xC0 == 0x80:
            cut += 1
        piece = piece[cut:]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(piece)
    waiting = len(decoder.getstate()[0])
    if waiting and (len(piece) > waiting and not (ended and following >= directory.output_size())):
        return text, following - waiting, ended
    return text + decoder.decode(b"", final=True), following, ended


def wait_for_exit(run_dir: Path, timeout: float | None = None) -> Record:
    """Waits until a run is over, or so many seconds. Returns its record either way."""
    directory = RunDirectory(Path(run_dir))
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        state = runs.read_state(directory)
        left = 1.0 if deadline is None else deadline - time.monotonic()
        if state.status != "running" or left <= 0:
            return runs.read_record(directory.root)
        known = runs.read_processes(directory)
        watched = next((p for p in (known.get("supervisor"), known.get("child")) if runs.is_alive(p)), None)
        if watched:
            _wait_for_end(watched["pid"], min(left, 0.2))
        else:
            time.sleep(min(left, 0.02))


def _wait_for_end(pid: int, timeout: float) -> None:
    """Waits until a process that need not be a child ends, or so many seconds."""
    opened = getattr(os, "pidfd_open", None)
    if opened is None:
        time.sleep(min(timeout, 0.05))
        return
    try:
        fd = opened(pid)
    except OSError:
        time.sleep(min(timeout, 0.01))
        return
    try:
        select.select([fd], [], [], timeout)
    finally:
        os.close(fd)


# -- before the start --------------------------------------------------------------------------------------------------


#: Options that say where a program writes its checkpoints.
_PLACE_OPTIONS = ("out", "out_dir", "output_dir", "save_dir", "checkpoint_dir", "ckpt_dir", "log_dir", "logdir")

#: With less free space nothing is started: a checkpoint would be cut short.
LEAST_FREE_BYTES = 100 * 2**20


def place_check(argv: Sequence[str], cwd: Path, runs_dir: Path) -> str:
    """Why a run has no place to write; "" when it has.

    Args: argv: the command; its options for checkpoints count. cwd: what they are relative to. runs_dir: of the runs.
    """
    options = parse_options(list(argv))
    places = [(f"--{name} {options[name]}", cwd / options[name]) for name in _PLACE_OPTIONS if options.get(name)]
    for said, place in [("the run directories", runs_dir), *places]:
        there = place
        while not there.exists() and there != there.parent:
            there = there.parent
        if not there.is_dir() and place != there:
            return f"{said}: {there} is a file, so nothing can be written below it. Choose another place."
        if there.is_dir() and not os.access(str(there), os.W_OK | os.X_OK):
            return f"{said}: {there} cannot be written by you. Choose another place, or change its permissions."
        free = shutil.disk_usage(str(there)).free
        if free < LEAST_FREE_BYTES:
            return f"{said}: only {free // 2**20} MB are free at {there}. Free some space first."
    return ""


def wants_cuda(argv: Sequence[str]) -> bool:
    """Whether a command's option `device` asks for a CUDA device."""
    return parse_options(list(argv)).get("device", "").lower().startswith("cuda")


def cuda_check(
    argv: Sequence[str], env: Mapping[str, str] | None = None, dev: Path = Path("/dev"), driver: str = ""
) -> str:
    """Why a command that asks for a CUDA device cannot have one here; "" when it asks for none or can.

    Args: argv: the command; its option `device` counts. env: the command's environment. dev: where device files stand.
        driver: what is known to be wrong with the driver, and what to do.
    """
    if not wants_cuda(argv):
        return ""
    wanted = parse_options(list(argv))["device"].lower()
    if driver:
        return f"--device {wanted}: {driver}."
    index = wanted.partition(":")[2]
    there = sorted(int(path.name[6:]) for path in dev.glob("nvidia[0-9]*") if path.name[6:].isdigit())
    others = any((dev / name).exists() for name in ("kfd", "dxg"))  # ROCm; a Windows host's GPU
    if not there and not others:
        return f"--device {wanted}: this machine has no CUDA device. Use --device cpu, or a machine with a GPU."
    visible = (env or {}).get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in ("", "-1"):
        return f"--device {wanted}: CUDA_VISIBLE_DEVICES={visible!r} hides every GPU. Unset it, or use --device cpu."
    count = len(there) if visible is None else len(visible.split(","))
    if index.isdigit() and int(index) >= count and not others:
        if count == 1:
            return f"--device {wanted}: there is 1 CUDA device here, cuda:0. Choose that one."
        return (
            f"--device {wanted}: there are {count} CUDA devices here, cuda:0 to cuda:{count - 1}. Choose one of them."
        )
    return ""


__all__ = [
    "adopt_run",
    "cuda_check",
    "read_log",
    "start_run",
    "status_facts",
    "stop_run",
    "tend_runs",
    "wait_for_exit",
]
