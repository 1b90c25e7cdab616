"""The part of kwslab that works on a GPU server: starts, stops, follows and queues runs there, and tells what it sees.

Standard library only, Python 3.8 or newer: `hosts` copies this file and those it imports into the user's home. `serve`
answers requests, one JSON line each, over the standard streams of an ssh connection. `keep` is a process of its own
that starts what waits and looks after runs and GPUs while nobody is connected; it ends when there is nothing to do.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import inspect
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant import launch
from assistant.errors import AssistantError, LaunchError
from assistant.queue import Queue, Waiting
from assistant.status import status_facts
from fskws import runs
from fskws.errors import FskwsError
from fskws.runs import RunDirectory
from vault_sync import gpus, observe

#: The environment command may take so long: a cold conda on a network disk is slow.
ENVIRONMENT_SECONDS = 90.0

#: At most so many bytes of files go into one answer; the rest follows with the next.
ANSWER_BYTES = 1 << 20

#: How often files are looked at while somebody waits for a change.
LOOK_SECONDS = 0.2

#: How often the keeper looks at queue, runs and GPUs.
KEEP_SECONDS = 2.0

#: The keeper stays for so long after the last connection, so that GPUs are watched while somebody may ask.
WANTED_SECONDS = 120.0

#: Below this much free space a run can lose its output.
LEAST_FREE_BYTES = 2_000_000_000

#: Files of another version that was not used for so long are taken away.
OLD_DAYS = 60

#: Small files of a run directory that are written whole, and those that only grow.
_WHOLE = ("command", "record", "stop")
_GROWING = ("metrics", "samples")

# `conda activate` is a shell function, which a shell that nobody types into does not have.
_ENVIRONMENT_SCRIPT = r"""
case $1 in
  *conda*|*mamba*)
    if ! type conda 2>/dev/null | grep -q function; then
      for place in "${CONDA_EXE%/bin/conda}" "${MAMBA_EXE%/bin/mamba}" \
          "$(command -v conda 2>/dev/null | sed 's;/\(conda\)\{0,1\}bin/conda$;;')" \
          "$(sed -n "s,^[^#]*[\"' ]\(/[^\"' ]*\)/bin/\(conda\|mamba\).*,\1,p" ~/.bashrc 2>/dev/null | head -n 1)" \
          ~/miniconda3 ~/miniforge3 ~/mambaforge ~/anaconda3 ~/conda \
          /opt/conda /opt/miniconda3 /opt/miniforge3 /opt/anaconda3 /usr/local/miniconda3; do
        if [ -n "$place" ] && [ -f "$place/etc/profile.d/conda.sh" ]; then
          . "$place/etc/profile.d/conda.sh"
          [ -f "$place/etc/profile.d/mamba.sh" ] && . "$place/etc/profile.d/mamba.sh"
          break
        fi
      done
    fi ;;
esac
eval "$1"
code=$?
[ "$code" -eq 0 ] || exit "$code"
cat /proc/self/environ > "$2"
"""

#: What belongs to the shell or to the connection, not to the environment.
_SHELL_VARIABLES = frozenset({"_", "SHLVL", "PWD", "OLDPWD", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"})


def login_environment(command: str, directory: Path, seconds: float = ENVIRONMENT_SECONDS) -> dict[str, str]:
    """The environment of a login shell of this user after the environment command.

    Args: command: the user's own words, such as "conda activate kws"; "" for the login shell alone. directory: where
        it is run. What it prints is no part of the answer.
    Raises: LaunchError: it failed, or did not end in time; with its last words.
    """
    shell = shutil.which("bash") or "/bin/sh"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        answer = os.path.join(folder, "environment")  # noqa: PTH118
        process = subprocess.Popen(
            [shell, "-lc", _ENVIRONMENT_SCRIPT, "kwslab", command, answer],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=directory,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise LaunchError(
                f"the environment command {command!r} did not end within {seconds:.0f} s; it may wait for input. "
                "Nothing was started. Mend [hosts] env in the configuration."
            ) from None
        said.seek(0, os.SEEK_END)
        said.seek(max(0, said.tell() - 4000))
        lines = said.read().decode("utf-8", "replace").strip().splitlines()
        words = f": {lines[-1].strip()[:300]}" if lines else ""
        if code:
            raise LaunchError(
                f"the environment command {command!r} failed with exit code {code}{words}. Nothing was started. "
                "Try it on the server in a fresh login shell, and mend [hosts] env in the configuration."
            )
        try:
            pairs = Path(answer).read_bytes().split(b"\0")
        except OSError:
            raise LaunchError(
                f"the environment command {command!r} ended the shell{words}. Nothing was started. "
                "Neither it nor the login files may call exit or exec; mend [hosts] env in the configuration."
            ) from None
    variables = (os.fsdecode(pair).partition("=") for pair in pairs if b"=" in pair)
    return {name: value for name, _, value in variables if name not in _SHELL_VARIABLES}


class Runner:
    """Every request a connected machine may make. Methods named op_* are the requests; values are plain JSON."""

    def __init__(self, root: Path, sampler: gpus.Sampler | None = None) -> None:
        """Args: root: where runs and queue are kept. sampler: None asks NVML."""
        self.root = Path(root)
        self.runs_dir = self.root / "runs"
        self.closing = threading.Event()
        self._sampler = sampler or gpus.shared_sampler()
        self._announced: set[str] = set()

    # -- runs ----------------------------------------------------------------------------------------------------------

    def op_hello(self) -> dict[str, Any]:
        """Who answers. "now" is this machine's clock."""
        return {
            "now": time.time(),
            "hostname": socket.gethostname(),
            "boot_id": runs.boot_id(),
            "python": ".".join(map(str, sys.version_info[:3])),
            "executable": sys.executable,
            "user": user_name(),
            "root": str(self.root),
            "pid": os.getpid(),
        }

    def op_start(
        self,
        id: str,
        argv: Sequence[str],
        project: str,
        env: str = "",
        host: str = "",
        origin: str = "",
        title: str = "",
        task: str = "",
        parent: str = "",
        suggestion: str = "",
        after: Sequence[str] = (),
        gpus: int = 0,
        memory_mb: int | None = None,
        frozen: bool = False,
        hashed: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Starts a run, or puts it into the queue. Asked twice with one id, it is started once.

        Args: project: directory the command is started in. env: the environment command. host, origin, frozen,
            hashed: see `launch.start_run`.
        Returns: {"id", "status", "cause", "changes"}; status "waiting" for the queue, changes as in `op_pull`.
        """
        if not re.fullmatch(r"r\d{8}-[a-z2-7]{6}", id):
            raise LaunchError(f"{id!r} is no id of a run.")
        before = self._known(id)
        if before:
            return before
        directory = project_directory(project)
        environment = login_environment(env, directory)
        wish: dict[str, Any] = {
            "title": title,
            "task": task,
            "parent": parent,
            "suggestion": suggestion,
            "host": host or "local",
            "origin": origin,
            "frozen": frozen,
            "id": id,
        }
        self._make_root()
        self._keep_patterns(hashed)
        if after or gpus or memory_mb is not None:
            wanted = gpus or (1 if memory_mb is not None else 0)
            with self._queue() as queue:
                if all(entry.id != id for entry in queue.entries()):
                    queue.add(argv, directory, environment, after=after, gpus=wanted, memory_mb=memory_mb, **wish)
            self.ensure_keeper(environment)
            return self._known(id) or {"id": id, "status": "waiting", "cause": "", "changes": None}
        try:
            self._start(self.runs_dir, argv, directory, environment, **wish)
        except LaunchError:
            if not (self.runs_dir / id).is_dir():
                raise
            # The same request, sent again over a new connection, was first.
        threading.Thread(target=self.ensure_keeper, args=(environment,)).start()
        return self._known(id) or {"id": id, "status": "unknown", "cause": "its directory is gone", "changes": None}

    def _start(
        self, runs_dir: Path, argv: Sequence[str], cwd: str | Path, env: Mapping[str, str], **wish: Any
    ) -> runs.Record:
        """Starts a run with what is known of this machine: its driver, and the data whose hashes are wanted."""
        driver = ""
        if launch.wants_cuda(argv):
            sample = self._sampler.sample(60.0)
            if sample.state in ("driver mismatch", "GPU lost", "hanging"):
                driver = f"{sample.state}: {gpus.ADVICE[sample.state]}"
        try:
            hashed = json.loads((self.root / "hashed.json").read_bytes())
        except (OSError, ValueError):
            hashed = []
        return launch.start_run(runs_dir, argv, cwd, env, hashed=hashed, driver=driver, **wish)

    def _keep_patterns(self, hashed: Sequence[str]) -> None:
        """Remembers which data files are hashed, for runs that the keeper starts later."""
        text = json.dumps(list(hashed)).encode()
        if _read(self.root / "hashed.json") != text:
            runs.write_aside(self.root / "hashed.json", text)

    def _known(self, id: str) -> dict[str, Any] | None:
        directory = RunDirectory(self.runs_dir / id)
        if directory.root.is_dir():
            state = runs.read_state(directory)
            changes = self._run_changes(directory, {}, ANSWER_BYTES)
            return {"id": id, "status": state.status, "cause": state.cause, "changes": changes}
        with self._queue() as queue:
            if any(entry.id == id for entry in queue.entries()):
                return {"id": id, "status": "waiting", "cause": "", "changes": None}
        return None

    def op_stop(self, id: str, grace_seconds: float = 10.0) -> dict[str, Any]:
        """Ends a run: asks, waits, then kills its whole tree. One that is over already is left as it is."""
        directory = self._directory(id)
        if runs.read_state(directory).status == "running":
            launch.stop_run(directory.root, grace_seconds)
        return {"id": id, "status": runs.read_state(directory).status}

    def op_logs(self, id: str, offset: int = 0, limit: int = 65536) -> dict[str, Any]:
        """A piece of a run's output."""
        text, following, ended = launch.read_log(self._directory(id).root, offset, limit)
        return {"text": text, "offset": following, "ended": ended}

    def op_queue(self, move: str = "", place: int = 1, drop: str = "") -> list[dict[str, Any]]:
        """What waits, in order, after moving one entry to a place or dropping one."""
        with self._queue() as queue:
            if move:
                queue.move(move, place)
            if drop:
                queue.drop(drop)
            return [entry.to_json() for entry in queue.entries()]

    def op_status(self) -> dict[str, Any]:
        """What each GPU and run of this machine is doing now, and what waits."""
        with self._queue() as queue:
            waiting = [entry.to_json() for entry in queue.entries()]
        facts = status_facts(self.runs_dir, self._sampler)
        return {**facts, "queue": waiting, "boot_id": runs.boot_id(), "now": time.time()}

    def op_check(self, project: str = "", env: str = "") -> list[dict[str, str]]:
        """The state of what runs need here: {"part", "state": ok | warn | bad, "message", "todo"} each."""
        return list(self._parts(project, env))

    def _directory(self, id: str) -> RunDirectory:
        directory = RunDirectory(self.runs_dir / id)
        if not re.fullmatch(r"[ro]\d{8}-[a-z2-7]{6}", id) or not directory.root.is_dir():
            raise LaunchError(f"there is no run {id!r} on {socket.gethostname()}.")
        return directory

    def _make_root(self) -> None:
        try:
            self.runs_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LaunchError(
                f"{self.runs_dir} cannot be made on {socket.gethostname()} ({error.strerror}). "
                "Free some space there, or choose another place with [hosts] dir."
            ) from error

    @contextlib.contextmanager
    def _queue(self) -> Iterator[Queue]:
        """The queue, read anew and owned by this process for the moment."""
        self._make_root()
        with locked(self.root / "queue.lock"):
            yield Queue(self.root / "queue.json", self.runs_dir)

    # -- what is new ---------------------------------------------------------------------------------------------------

    def op_pull(
        self, copies: Mapping[str, Mapping[str, Any]], origin: str = "", wait_seconds: float = 0.0
    ) -> dict[str, Any]:
        """What is new since the state of the asker's copies. Waits up to so many seconds for something new.

        Args: copies: id -> its copy, see `_run_changes`. origin: whose runs are told of; observed ones always are.
        Returns: "new": [[id, over], ...] not told of before on this connection; "runs": id -> changes.
        """
        deadline = time.monotonic() + wait_seconds
        while True:
            new = self._new_runs(origin)
            room = ANSWER_BYTES
            changed: dict[str, Any] = {}
            for id, copy in copies.items():
                changes = self._run_changes(RunDirectory(self.runs_dir / id), copy, max(room, 1))
                if changes:
                    changed[id] = changes
                    room -= changes.pop("size", 0)
                if room <= 0:
                    break
            if new or changed or time.monotonic() >= deadline or self.closing.is_set():
                return {"new": new, "runs": changed, "now": time.time()}
            time.sleep(LOOK_SECONDS)

    def _new_runs(self, origin: str) -> list[list[Any]]:
        """Runs that were not told of on this connection and have begun: [id, whether it is over]."""
        try:
            names = [name for name in os.listdir(self.runs_dir) if name not in self._announced]  # noqa: PTH208
        except OSError:
            return []
        found = []
        for name in sorted(names):
            directory = RunDirectory(self.runs_dir / name)
            over = directory.exit.exists()
            if not over and not directory.record.exists():
                continue  # being started; a start that was cut short gets its exit file from the keeper
            self._announced.add(name)
            command = runs.read_command(directory)
            if command.get("source") == "observed" or command.get("origin", "") == origin:
                found.append([name, over])
        return found

    def _run_changes(self, directory: RunDirectory, copy: Mapping[str, Any], room: int) -> dict[str, Any]:
        """What a copy of a run lacks; {} when it lacks nothing.

        Args: copy: "files": name -> size, of what only grows. "whole": name -> digest, of what is written whole.
            "state": as last told. "code": whether all of the code state is there. room: bytes of files at most.
        Returns: "pieces": [name, offset, base64], to be written at offset. "whole": name -> base64. "gone": names of
            output that was left out since. "state". "code": true once. "exit": base64, with or after the last piece.
            "missing": true when there is no such run here.
        """
        if not directory.root.is_dir():
            return {} if copy.get("missing") else {"missing": True}
        # Asked first: what is read after the end is all there is.
        exit_file = _read(directory.exit)
        sizes = copy.get("files", {})
        state = runs.read_state(directory)
        told = {"status": state.status, "code": state.exit_code, "cause": state.cause, "ended_at": state.ended_at}
        begun = exit_file is not None or directory.record.exists()
        names = [runs.FILES[name] for name in _GROWING]
        names += [path.name for _, path in directory.output_segments()]
        elsewhere = {}
        stdout = runs.read_processes(directory).get("stdout")
        if stdout and runs.FILES["output"] not in names:
            # A process that was only seen writes its output where it likes; a copy has it at its usual place.
            elsewhere[runs.FILES["output"]] = Path(str(stdout))
            names.append(runs.FILES["output"])
        code = sorted(
            f"{runs.FILES['code']}/{path.relative_to(directory.code).as_posix()}"
            for path in (() if copy.get("code") or not begun else directory.code.rglob("*"))
            if path.is_file() and not path.is_symlink()
        )
        pieces = []
        size, rest = 0, False
        for name in code + names:
            offset = sizes.get(name, 0)
            try:
                with elsewhere.get(name, directory.root / name).open("rb") as file:
                    end = file.seek(0, os.SEEK_END)
                    end = min(end, runs.OUTPUT_HEAD_BYTES) if name in elsewhere else end
                    if end < offset:
                        offset = 0  # begun anew
                    if end == offset and (name in sizes or name in names):
                        continue
                    if room <= size:
                        rest = True
                        break
                    file.seek(offset)
                    data = file.read(min(end - offset, room - size))
            except OSError:
                continue
            size += len(data)
            pieces.append([name, offset, base64.b64encode(data).decode("ascii")])
            if offset + len(data) < end:
                rest = True
                break
        whole = {}
        for name in _WHOLE:
            content = _read(directory.root / runs.FILES[name])
            if content is not None and copy.get("whole", {}).get(name) != hashlib.sha1(content).hexdigest():
                whole[name] = base64.b64encode(content).decode("ascii")
        gone = [name for name in sizes if name.startswith(runs.FILES["output"]) and name not in names]
        changes: dict[str, Any] = {}
        if pieces:
            changes["pieces"] = pieces
        if whole:
            changes["whole"] = whole
        if gone:
            changes["gone"] = gone
        if told != copy.get("state"):
            changes["state"] = told
        if begun and not rest and not copy.get("code"):
            changes["code"] = True
        if exit_file is not None and not rest:
            changes["exit"] = base64.b64encode(exit_file).decode("ascii")
        if changes:
            changes["size"] = size
        return changes

    # -- check ---------------------------------------------------------------------------------------------------------

    def _parts(self, project: str, env: str) -> Iterator[dict[str, str]]:
        def part(name: str, state: str, message: str, todo: str = "") -> dict[str, str]:
            return {"part": name, "state": state, "message": message, "todo": todo}

        name = socket.gethostname()
        version = ".".join(map(str, sys.version_info[:3]))
        yield part("runner", "ok", f"{name}, Python {version} at {sys.executable}, files in {self.root}")
        try:
            self._make_root()
            free = shutil.disk_usage(self.runs_dir).free
            message = f"{free / 1e9:.1f} GB free at {self.runs_dir}"
            todo = "free some space: a full disk stops output and metrics from being kept"
            low = free < LEAST_FREE_BYTES
            yield part("disk", "bad" if low else "ok", message, todo if low else "")
        except (LaunchError, OSError) as error:
            yield part("disk", "bad", str(error))
        directory = Path("/")
        try:
            directory = project_directory(project)
            yield part("project", "ok", str(directory))
        except LaunchError as error:
            yield part("project", "bad", str(error))
        if shutil.which("git"):
            yield part("git", "ok", shutil.which("git") or "")
        else:
            yield part("git", "warn", "git is not installed", "runs are recorded without commit and patch until it is")
        try:
            environment = login_environment(env, directory)
            places = (shutil.which(name, path=environment.get("PATH")) for name in ("python", "python3"))
            python = next(filter(None, places), "no python in its PATH")
            todo = "" if python.startswith("/") else "name what makes your environment: env in [hosts]"
            yield part("env", "warn" if todo else "ok", f"{env or 'the login shell'}: {python}", todo)
        except LaunchError as error:
            yield part("env", "bad", str(error))
        sample = self._sampler.sample()
        if sample.state == "ok":
            cards = ", ".join(f"{gpu.index}: {gpu.problem or gpu.name}" for gpu in sample.gpus)
            broken = any(gpu.problem for gpu in sample.gpus)
            yield part(
                "gpu", "warn" if broken else "ok", f"driver {sample.driver}; {cards or 'no GPU'}", gpus_advice(sample)
            )
        else:
            words = f"{sample.state}: {sample.detail}" if sample.detail else sample.state
            yield part("gpu", "warn", words, gpus_advice(sample))
        if kills_at_logout():
            yield part(
                "logind", "bad", "this server ends a user's processes at logout (KillUserProcesses=yes)",
                "run once on the server: loginctl enable-linger",
            )  # fmt: skip

    # -- the keeper ----------------------------------------------------------------------------------------------------

    def ensure_keeper(self, environment: Mapping[str, str] | None = None) -> bool:
        """Starts the keeper unless one is at work, or there is nothing for it to do. Returns whether it was started.

        Args: environment: whose variables that may be secret go to the runs it starts; None: those of a login shell.
        """
        self._make_root()
        with contextlib.suppress(OSError):
            (self.root / "wanted").touch()
        if not self._work_to_do() or keeper_at_work(self.root):
            return False
        if environment is None:
            try:
                environment = login_environment("", Path("/"), 30.0)
            except LaunchError:
                environment = dict(os.environ)
        starter = Path(__file__).resolve().parents[1] / "keep.py"
        inside = (runs.RUN_DIR_VARIABLE, runs.RUN_ID_VARIABLE)
        with (self.root / "keeper.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(starter), str(self.root)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={
                    **{name: value for name, value in os.environ.items() if name not in inside},
                    **{name: value for name, value in environment.items() if runs.may_be_secret(name)},
                },
                start_new_session=True,
            )
        threading.Thread(target=keeper.wait, daemon=True).start()  # no zombie is left of one that ends
        return True

    def _work_to_do(self) -> bool:
        """Whether something waits or runs, or there are GPUs to watch for somebody who may ask."""
        if runs.open_runs(self.runs_dir):
            return True
        with self._queue() as queue:
            if queue.entries():
                return True
        try:
            recent = time.time() - (self.root / "wanted").stat().st_mtime < WANTED_SECONDS
        except OSError:
            recent = False
        return recent and bool(self._sampler.sample(60.0).gpus)

    def look(self) -> None:
        """One round of the keeper: starts what may start, looks after runs and GPUs."""
        launch.tend_runs(self.runs_dir)
        if (self.root / "queue.json").exists():
            self._sampler.sample(5.0)  # not while the queue is locked: a hanging driver takes its time
        with self._queue() as queue:
            before = queue.entries()
            if before:
                queue.start_due(self._sampler, self._start)
                after = queue.entries()
                if [_why(entry) for entry in before] != [_why(entry) for entry in after]:
                    queue.keep()
        observe.look(self.runs_dir, self._sampler)


def _why(entry: Waiting) -> tuple[str, str]:
    return entry.id, entry.why


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def project_directory(project: str) -> Path:
    """The directory runs are started in; the home directory when none is named.

    Raises: LaunchError: it does not exist or cannot be entered.
    """
    directory = Path(os.path.expanduser(project or "~"))  # noqa: PTH111
    directory = directory if directory.is_absolute() else Path.home() / directory
    if not directory.is_dir():
        raise LaunchError(
            f"the project directory {directory} does not exist on {socket.gethostname()}. "
            "Make it there (git clone), or mend [hosts] project in the configuration."
        )
    if not os.access(directory, os.X_OK | os.R_OK):
        raise LaunchError(f"the project directory {directory} on {socket.gethostname()} may not be entered; check it.")
    return directory


def gpus_advice(sample: gpus.GpuSample) -> str:
    """What to do about the GPUs' state; "" for nothing."""
    if any(gpu.problem for gpu in sample.gpus):
        return gpus.ADVICE["GPU lost"]
    return gpus.ADVICE.get(sample.state, "")


def user_name() -> str:
    """The login name of this user."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def kills_at_logout(files: Sequence[Path] | None = None, linger: Path = Path("/var/lib/systemd/linger")) -> bool:
    """Whether systemd ends what a user left running when the connection ends."""
    if files is None:
        files = (Path("/etc/systemd/logind.conf"), *sorted(Path("/etc/systemd/logind.conf.d").glob("*.conf")))
    kills = False
    for file in files:
        for line in (_read(file) or b"").decode("utf-8", "replace").splitlines():
            match = re.match(r"\s*KillUserProcesses\s*=\s*(\w+)", line)
            if match:
                kills = match.group(1).lower() in ("yes", "true", "1", "on")
    return kills and not (linger / user_name()).exists()


# -- locks -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Holds an advisory lock on a file. Gives False, at once, when it may not wait and another process has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(fd)


def keeper_at_work(root: Path) -> bool:
    """Whether a keeper of this version is at work. One of another version is asked to end, and waited for."""
    file = root / "keeper.json"
    for _ in range(100):
        with locked(root / "keeper.lock", wait=False) as free:
            if free:
                return False
        try:
            known = json.loads(file.read_bytes())
        except (OSError, ValueError):
            known = {}
        if known.get("files") in (None, str(Path(__file__).resolve())) or not runs.is_alive(known):
            return True
        with contextlib.suppress(OSError):
            os.kill(known["pid"], signal.SIGTERM)
        time.sleep(0.1)
    return True


def keep(root: str) -> None:
    """The keeper: starts what waits, looks after runs and GPUs, and ends when there is nothing left to do."""
    place = Path(root)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    runner = Runner(place)
    while not stop.is_set():
        with locked(place / "keeper.lock", wait=False) as mine:
            if not mine:
                return
            me = {
                "pid": os.getpid(),
                "start_ticks": runs.start_ticks(os.getpid()),
                "files": str(Path(__file__).resolve()),
            }
            runs.write_aside(place / "keeper.json", json.dumps(me).encode())
            while not stop.is_set():
                try:
                    runner.look()
                    if not runner._work_to_do():
                        break
                except (AssistantError, FskwsError, OSError) as error:
                    log(place, f"{runs.local_time()} {type(error).__name__}: {error}")
                stop.wait(KEEP_SECONDS)
        # The lock is free again: whoever found it taken a moment ago counts on this process.
        if not runner._work_to_do():
            return


def log(root: Path, words: str) -> None:
    """One line into the keeper's log, which never grows large."""
    file = root / "keeper.log"
    with contextlib.suppress(OSError):
        if file.exists() and file.stat().st_size > 1_000_000:
            file.write_bytes(b"")
        with file.open("a", encoding="utf-8") as lines:
            lines.write(words + "\n")


# -- over a connection -------------------------------------------------------------------------------------------------


class Session:
    """One connection: reads requests, answers each in a thread of its own, in any order."""

    def __init__(self, runner: Runner, mark: str) -> None:
        """Args: mark: before each answer, so that noise of a login shell is no answer."""
        self.runner, self.mark = runner, mark
        self._lock = threading.Lock()
        self._requests = {name[3:]: method for name, method in inspect.getmembers(runner) if name.startswith("op_")}

    def say(self, values: Mapping[str, Any]) -> None:
        """One line to the other side; nobody listening is no trouble."""
        rest = memoryview(f"{self.mark}{json.dumps(values)}\n".encode())
        with self._lock, contextlib.suppress(OSError):
            while rest:
                rest = rest[os.write(1, rest) :]

    def answer(self, request: Mapping[str, Any]) -> None:
        """Carries one request out."""
        reply: dict[str, Any] = {"id": request.get("id")}
        try:
            method = self._requests.get(str(request.get("op")))
            if method is None:
                raise LaunchError(f"this runner knows no {request.get('op')!r}.")
            reply["result"] = method(**request.get("params", {}))
        except (AssistantError, FskwsError) as error:
            reply["error"] = {"kind": "known", "message": str(error)}
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            reply["error"] = {
                "kind": "system",
                "message": f"{error.strerror or error}{place} on {socket.gethostname()}; check disk and permissions.",
            }
        except Exception as error:
            import traceback

            log(self.runner.root, traceback.format_exc())
            reply["error"] = {"kind": "bug", "message": f"{type(error).__name__}: {error} (in the runner)"}
        self.say(reply)

    def run(self) -> None:
        """Answers until the other side is gone."""
        threading.Thread(target=self._tend, daemon=True).start()
        for line in sys.stdin.buffer:
            try:
                request = json.loads(line)
            except ValueError:
                continue
            threading.Thread(target=self.answer, args=(request,)).start()
        self.runner.closing.set()

    def _tend(self) -> None:
        """Sees to it that the keeper is at work while somebody is connected and there is something to do."""
        forget_old_files(Path(__file__).resolve().parents[1])
        while not self.runner.closing.is_set():
            try:
                launch.tend_runs(self.runner.runs_dir)
                self.runner.ensure_keeper()
            except (AssistantError, FskwsError, OSError) as error:
                log(self.runner.root, f"{runs.local_time()} {error}")
            self.runner.closing.wait(30.0)


def forget_old_files(mine: Path) -> None:
    """Takes away what other versions of the runner left, long after they were used last."""
    with contextlib.suppress(OSError):
        os.utime(mine)
        for place in mine.parent.iterdir():
            days = 1 if "." in place.name else OLD_DAYS  # one that was not copied whole has a dot in its name
            if place != mine and time.time() - place.stat().st_mtime > days * 86400:
                shutil.rmtree(str(place), ignore_errors=True)


def serve(root: str, mark: str) -> None:
    """Answers requests on the standard streams until they are closed. Runs go on."""
    signal.signal(signal.SIGHUP, lambda *_: None)  # a handler, unlike SIG_IGN, is not inherited by what is started
    session = Session(Runner(Path(root)), mark)
    session.say({"ready": session.runner.op_hello()})
    session.run()


__all__ = ["Runner", "Session", "keep", "kills_at_logout", "login_environment", "project_directory", "serve"]
