"""Run directories and run records. The one owner of the names and states inside a run directory.

Standard library only: the supervisor and a copy on a GPU server use this file without anything else installed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import errno
import json
import os
import re
import secrets
import shlex
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fskws.config import parse_options
from fskws.errors import RunError
from fskws.metrics import SESSION_METRICS, MetricsLog, has_nan_loss, read_metrics, read_summary, summarise_metrics
from fskws.printed import read_printed

Source = Literal["launched", "observed", "logged"]
Status = Literal["running", "finished", "failed", "stopped", "lost", "unknown"]

SOURCES: tuple[Source, ...] = ("launched", "observed", "logged")
STATUSES: tuple[Status, ...] = ("running", "finished", "failed", "stopped", "lost", "unknown")
#: A record with one of these does not change any more.
OVER: tuple[Status, ...] = ("finished", "failed", "stopped")


@dataclass(frozen=True)
class Record:
    """What is known of one run, whatever its source. `to_json` is the form of the command-line contract.

    Attributes:
        id: "r20261122-k3fa9q" (launched), "o..." (observed), "n..." (logged); unique, stable across rebuilds.
        source: who told: launched by kwslab, observed as a process, or logged by hand in the notes.
        date: ISO day the run belongs to (the lab day, see `day_of`; for a logged run the effective day of its result).
        title: one line, in the researcher's words where there are any.
        argv: the command's words; empty when the notes give none.
        config: option name (no dashes) -> value as written.
        status: see STATUSES. Unknown is not dead.
        exit_code: of the process; None while running or when nobody knows.
        cause: one line for a run that did not finish: "killed by signal 9", "NaN occurs", "out of GPU memory".
        metrics: "accuracy" (n+1 floats), "seen", "unseen", "harmonic_mean" (n floats), in percent; any other metric
            under its name as {"last": float, "best": float}.
        note_links: wikilinks to every place in the notes that tells of this run, "[[Server#2025/04/11]]".
        verdicts: callout verdicts that touch the result, "fail: This result is from wrong code."
        link: where the record stands in the notes, line included: "Experiments#2025/04/11:42"; "" when in no note.
        remarks: the researcher's own sentences about the result.
        task: link of the task it was launched for. parent: id of the run it was derived from.
        inherited: option names that come from a "same as above" chain, not from the record's own command.
        joined: ids of other records that are probably the same run.
        corrects: id of the record of the same run whose pasted figures this one takes back and replaces.
        merged_into: id of the run that this logged record certainly tells of; such a record is not listed by itself.
        user: login name of the person an observed run belongs to when it is not one's own.
        from_notes: names of metrics that a launched or observed run has only from the notes.
    """

    id: str
    source: Source
    date: str
    title: str
    argv: tuple[str, ...] = ()
    config: dict[str, str] = field(default_factory=dict)
    status: Status = "unknown"
    exit_code: int | None = None
    cause: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    note_links: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    link: str = ""
    remarks: tuple[str, ...] = ()
    description: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    host: str = ""
    cwd: str = ""
    task: str = ""
    parent: str = ""
    suggestion: str = ""
    marker: str = ""
    inherited: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    directory: str = ""
    user: str = ""
    merged_into: str = ""
    from_notes: tuple[str, ...] = ()
    corrects: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values (tuples become lists); its dictionaries are shared, not copied."""
        values = vars(self)
        return {name: list(values[name]) if name in _TUPLES else values[name] for name in _FIELDS}

    @staticmethod
    def from_json(values: dict[str, Any]) -> Record:
        """The inverse of `to_json`; unknown keys are ignored so that older state can be read."""
        chosen: dict[str, Any] = {k: tuple(v) if k in _TUPLES else v for k, v in values.items() if k in _FIELDS}
        return Record(**chosen)


_FIELDS = tuple(f.name for f in dataclasses.fields(Record))
_TUPLES = frozenset(f.name for f in dataclasses.fields(Record) if str(f.type).startswith("tuple"))


# -- names and times ---------------------------------------------------------------------------------------------------

#: What each file of a run directory is for -> its name. Handed to the supervisor in the command file.
FILES = {
    "command": "command.json",
    "record": "record.json",
    "exit": "exit.json",
    "stop": "stop.json",
    "metrics": "metrics.jsonl",
    "output": "output.log",
    "samples": "samples.jsonl",
    "code": "code",
    "checkpoints": "checkpoints",
    "host": "host.json",
}

#: Output beyond the head is kept in segments, of which only the last two stay.
OUTPUT_HEAD_BYTES = 16 * 2**20
OUTPUT_SEGMENT_BYTES = 8 * 2**20

#: Variables by which a running program finds its own run.
RUN_DIR_VARIABLE = "KWSLAB_RUN_DIR"
RUN_ID_VARIABLE = "KWSLAB_RUN_ID"

#: A run whose supervisor has not yet written anything is taken as starting for so long: its code is saved before.
STARTING_SECONDS = 60.0

#: A run of another machine that was not heard of for so long counts as out of contact.
SILENT_SECONDS = 60.0

_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_ID_PREFIX: dict[Source, str] = {"launched": "r", "observed": "o", "logged": "n"}

_KEPT_VARIABLES = re.compile(
    r"(PATH|PYTHONPATH|PYTHONHASHSEED|LD_LIBRARY_PATH|VIRTUAL_ENV|CONDA_DEFAULT_ENV|CONDA_PREFIX|LANG|LC_ALL|TZ"
    r"|HF_HOME|TORCH_HOME|WANDB_MODE|(CUDA|CUBLAS|NVIDIA|NCCL|OMP|MKL|OPENBLAS|TORCH|PYTORCH|SLURM|KWSLAB)_\w+)$"
)
_SECRET_VARIABLES = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|JWT|COOKIE", re.IGNORECASE)


def local_time(moment: float | datetime.datetime | None = None, timespec: str = "seconds") -> str:
    """A moment (unix seconds or datetime; None: now) as local ISO text with its offset, to the second."""
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime.fromtimestamp(time.time() if moment is None else moment)
    return moment.astimezone().isoformat(timespec=timespec)


def day_of(moment: datetime.datetime, day_starts_at: str = "05:00") -> datetime.date:
    """The lab day of a moment: an hour before `day_starts_at` ("HH:MM") belongs to the day before.

    Raises: ValueError: day_starts_at is not HH:MM.
    """
    start = datetime.time.fromisoformat(day_starts_at)
    day = moment.date()
    return day - datetime.timedelta(days=1) if moment.time().replace(tzinfo=None) < start else day


def new_run_id(now: datetime.datetime | None = None, source: Source = "launched") -> str:
    """An id such as r20261122-k3fa9q. The day is the calendar day; the six characters are random."""
    now = now or datetime.datetime.now()
    return f"{_ID_PREFIX[source]}{now:%Y%m%d}-" + "".join(secrets.choice(_ID_LETTERS) for _ in range(6))


def chosen_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables worth keeping with a run: what changes a computation, nothing that may hold a secret."""
    return {
        name: value
        for name, value in sorted(environ.items())
        if _KEPT_VARIABLES.match(name) and not may_be_secret(name)
    }


def may_be_secret(name: str) -> bool:
    """Whether a variable's name says that its value must not be written down."""
    return _SECRET_VARIABLES.search(name) is not None


def write_aside(path: Path, data: bytes, mode: int | None = None) -> None:
    """Replaces a file so that a reader, or a crash, meets the old or the new content whole.

    Args: path: the file. data: its new content. mode: permission bits; None keeps those of the old file, else 0o644.
    Raises: OSError: it could not be written; the old file stands as it was.
    """
    if mode is None:
        try:
            mode = path.stat().st_mode & 0o7777
        except FileNotFoundError:
            mode = 0o644
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fchmod(fd, mode)
            os.fsync(fd)
        finally:
            os.close(fd)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


# -- processes ---------------------------------------------------------------------------------------------------------


def boot_id() -> str:
    """Changes with every start of the machine; "" where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is no such process or it is a zombie.

    A pid is used again, a pid with its start ticks is not. Where there is no /proc: 0 for a living process.
    """
    if pid <= 0:
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        if Path("/proc/self").is_dir():
            return None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return 0
    fields = stat[stat.rfind(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X", b"x") else int(fields[19])


def is_alive(process: Mapping[str, Any] | None) -> bool:
    """Whether the very process that {"pid", "start_ticks"} names still runs."""
    if not isinstance(process, Mapping) or not isinstance(process.get("pid"), int):
        return False
    ticks = start_ticks(process["pid"])
    return ticks is not None and ticks == process.get("start_ticks", ticks)


# -- the run directory -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunDirectory:
    """The one owner of the names inside a run directory. Making one touches nothing on disk."""

    root: Path

    @property
    def id(self) -> str:
        """The run's id: the directory's name."""
        return self.root.name

    @property
    def command(self) -> Path:
        """What was asked for: argv, cwd, chosen environment, config, title. Written once, before the start."""
        return self.root / FILES["command"]

    @property
    def record(self) -> Path:
        """Which processes it is: supervisor and command with start ticks, boot id, start time."""
        return self.root / FILES["record"]

    @property
    def exit(self) -> Path:
        """How it ended. There from then on and never changed."""
        return self.root / FILES["exit"]

    @property
    def stop(self) -> Path:
        """Written by whoever asks the supervisor to end the run."""
        return self.root / FILES["stop"]

    @property
    def metrics(self) -> Path:
        """One JSON line a step, see `MetricsLog`."""
        return self.root / FILES["metrics"]

    @property
    def output(self) -> Path:
        """The head of the merged standard output and error; see `read_output` for all of it."""
        return self.root / FILES["output"]

    @property
    def samples(self) -> Path:
        """What the machine did meanwhile: one JSON line a look at its GPU and memory."""
        return self.root / FILES["samples"]

    @property
    def code(self) -> Path:
        """Directory of commit, patch and small untracked files."""
        return self.root / FILES["code"]

    @property
    def checkpoints(self) -> Path:
        """Directory for the program's checkpoints."""
        return self.root / FILES["checkpoints"]

    @property
    def host(self) -> Path:
        """Only in the copy of a run of another machine: which machine, and what it said last, see `read_host`."""
        return self.root / FILES["host"]

    def stamp(self) -> tuple[int, ...]:
        """Changes whenever a record read from this directory could change by a write; cheap for a run that is over."""
        ended = _mtime(self.exit)
        if ended:
            return (ended, _mtime(self.command))
        return tuple(_mtime(p) for p in (self.command, self.record, self.stop, self.metrics, *self._segment_paths()))

    def _segment_paths(self) -> list[Path]:
        return [path for _, path in self.output_segments()]

    def output_segments(self) -> list[tuple[int, Path]]:
        """What is kept of the output: (offset of its first byte, file), in order. Between two there may be a gap."""
        name = FILES["output"] + "."
        try:
            names = {path.name for path in self.root.iterdir()}
        except OSError:
            return []
        found = [(int(n[len(name) :]), self.root / n) for n in names if n.startswith(name) and n[len(name) :].isdigit()]
        return sorted([(0, self.output), *found] if FILES["output"] in names else found)

    def output_size(self) -> int:
        """Bytes printed so far, those left out included."""
        segments = self.output_segments()
        return segments[-1][0] + _size(segments[-1][1]) if segments else 0

    def read_output(self, offset: int = 0, limit: int = 65536) -> tuple[bytes, int]:
        """A piece of the output and the offset to go on from.

        Offsets count all that was printed, so they stay valid while old output is left out; a gap is told in the text.
        Args: offset: first byte wanted; negative: so many bytes before the end. limit: bytes at most.
        """
        segments = self.output_segments()
        if not segments:
            return b"", max(offset, 0)
        if offset < 0:
            offset = max(0, segments[-1][0] + _size(segments[-1][1]) + offset)
        for number, (start, path) in enumerate(segments):
            end = start + _size(path)
            if offset >= end and number + 1 < len(segments):
                continue
            if offset < start:
                words = f"\n[... {start - offset} bytes of output left out here ...]\n"
                return words.encode(), start
            try:
                with path.open("rb") as file:
                    file.seek(offset - start)
                    piece = file.read(limit)
            except FileNotFoundError:  # rotated away since it was listed
                return b"", offset
            return piece, offset + len(piece)
        return b"", offset


def _mtime(path: Path) -> int:
    try:
        facts = path.stat()
    except OSError:
        return 0
    return facts.st_mtime_ns ^ facts.st_size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def create_run(
    runs_dir: Path,
    argv: Sequence[str],
    cwd: str | Path,
    *,
    env: Mapping[str, str],
    title: str = "",
    config: Mapping[str, str] | None = None,
    task: str = "",
    parent: str = "",
    suggestion: str = "",
    host: str = "local",
    now: datetime.datetime | None = None,
    source: Source = "launched",
    extra: Mapping[str, Any] | None = None,
    id: str = "",
) -> RunDirectory:
    """Makes a new run directory with its command file. Nothing is started.

    Args: env: the command's environment; only `chosen_environment` of it is stored. config: option -> value as
        written; None reads it from argv. now: when it was asked for. extra: further facts to keep in the command file.
        id: one promised before (a queued run); "" makes a new one.
    Raises: RunError: argv is empty, the directory cannot be made (full disk, no permission), or the id is taken.
    """
    if not argv or not argv[0]:
        raise RunError("a run needs a command, and none was given.")
    now = (now or datetime.datetime.now()).astimezone()
    words = [str(word) for word in argv]
    values = {
        **(extra or {}),
        "source": source,
        "argv": words,
        "cwd": str(cwd),
        "title": title,
        "config": dict(parse_options(words) if config is None else config),
        "task": task,
        "parent": parent,
        "suggestion": suggestion,
        "host": host,
        "env": chosen_environment(env),
        "created_at": local_time(now, "microseconds"),  # runs of one second have an order
        "created_unix": now.timestamp(),
        "files": FILES,
        "limits": {"output_head_bytes": OUTPUT_HEAD_BYTES, "output_segment_bytes": OUTPUT_SEGMENT_BYTES},
    }
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        while True:
            directory = RunDirectory(runs_dir / (id or new_run_id(now, source)))
            if _begin(directory, values):
                return directory
            if id:
                raise RunError(f"run {id} was started before; it is not started twice.")
    except OSError as error:
        raise RunError(
            f"no run directory can be made in {runs_dir} ({error.strerror or error}). "
            "Free some space there, or choose another place with --state DIR."
        ) from error


def _begin(directory: RunDirectory, values: Mapping[str, Any]) -> bool:
    """Makes the directory with its command file in one moment: others who look meet both or neither.

    Returns: False when there is a run of that id. Raises: OSError.
    """
    aside = RunDirectory(directory.root.with_name(f".new-{directory.id}-{secrets.token_hex(4)}"))
    aside.root.mkdir(mode=0o700)
    try:
        write_aside(aside.command, _json_bytes({"id": directory.id, **values}), 0o600)
        if directory.root.exists():
            return False
        aside.root.rename(directory.root)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    finally:
        aside.command.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            aside.root.rmdir()
    return True


def current_run(environ: Mapping[str, str] | None = None) -> RunDirectory | None:
    """The run this process belongs to, when it was started by a supervisor."""
    path = (os.environ if environ is None else environ).get(RUN_DIR_VARIABLE, "")
    return RunDirectory(Path(path)) if path and Path(path).is_dir() else None


def keep_hashes(directory: RunDirectory, hashes: Mapping[str, str]) -> None:
    """Keeps with a run what the program itself knows of its data and its evaluator: name -> hash."""
    try:
        directory.code.mkdir(exist_ok=True)
        kept = {**_read_json(directory.code / "hashes.json"), **hashes}
        write_aside(directory.code / "hashes.json", _json_bytes(kept))
    except OSError:
        return  # a full disk must not end the program


def read_code(directory: RunDirectory) -> dict[str, Any]:
    """What is known of the code a run ran: "commit", "branch", "dirty", "python", "hashes", "frozen", "problems", ...

    Only what is there; packages and untracked files are counted ("packages_count"), not listed.
    """
    facts = _read_json(directory.code / "git.json")
    found: dict[str, Any] = {
        name: facts[name] for name in ("commit", "branch", "dirty", "patch_bytes", "python") if name in facts
    }
    for name in ("packages", "untracked"):
        if isinstance(facts.get(name), (dict, list)):
            found[f"{name}_count"] = len(facts[name])
    hashes = {**(facts.get("scripts") or {}), **(facts.get("hashes") or {})}
    found["hashes"] = {**hashes, **_read_json(directory.code / "hashes.json")}
    frozen = _read_json(directory.command).get("frozen")
    if isinstance(frozen, list):
        found["frozen"] = frozen
    found["problems"] = facts.get("problems") or []
    return found if facts or found["hashes"] else {}


def _json_bytes(values: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()
    except UnicodeEncodeError:  # a file name that is not UTF-8
        return (json.dumps(values, indent=1) + "\n").encode()


def _read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; {} when it is missing, torn or something else."""
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


# -- records -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunState:
    """What a run is doing or how it ended."""

    status: Status
    exit_code: int | None = None
    cause: str = ""
    ended_at: str | None = None


def read_state(directory: RunDirectory) -> RunState:
    """What a run is doing or how it ended, from its files and the processes they name. Never raises."""
    ended = _read_json(directory.exit)
    if ended.get("status") in STATUSES:
        code = ended.get("code")
        return RunState(
            ended["status"],
            code if isinstance(code, int) else None,
            str(ended.get("cause") or ""),
            ended.get("ended_at") if isinstance(ended.get("ended_at"), str) else None,
        )
    elsewhere = read_host(directory)
    if elsewhere:
        return _state_elsewhere(directory, elsewhere)
    known = _read_json(directory.record)
    if not known:
        created = _read_json(directory.command).get("created_unix")
        if isinstance(created, (int, float)) and 0 <= time.time() - created < STARTING_SECONDS:
            return RunState("running", cause="starting")
        if not directory.command.is_file():
            return RunState("unknown", cause="its command file is missing")
        return RunState("unknown", cause="the launch was interrupted before the command started")
    if known.get("source") == "observed":
        return _observed_state(directory, known)
    here, there = boot_id(), str(known.get("boot_id") or "")
    if there and here and there != here:
        if known.get("hostname") not in (None, "", socket.gethostname()):
            return RunState("lost", cause=f"it was started on {known['hostname']}, which does not answer from here")
        return RunState("failed", cause="host went down", ended_at=_last_sign(directory))
    if is_alive(known.get("child")) or is_alive(known.get("supervisor")):
        return RunState("running")
    # The supervisor may have written its last word between the two looks.
    if directory.exit.is_file() and _read_json(directory.exit).get("status") in STATUSES:
        return read_state(directory)
    words = "the supervisor was killed, and the command has ended since; its exit code is not known"
    return RunState("unknown", cause=words, ended_at=_last_sign(directory))


def read_host(directory: RunDirectory) -> dict[str, Any]:
    """The host file of a copy of another machine's run; {} for a run of this machine.

    "host": the machine's name. "state": what it said last: "status", "code", "cause". "lost_since": unix seconds, while
    it does not answer. "skew_seconds": how far its clock is ahead of ours. The file's mtime is the last contact.
    """
    return _read_json(directory.host)


def _state_elsewhere(directory: RunDirectory, known: Mapping[str, Any]) -> RunState:
    """State of a run of another machine: what that machine said, unless it has gone silent since."""
    silent = known.get("lost_since")
    try:
        heard = directory.host.stat().st_mtime
    except OSError:
        heard = 0.0
    if silent is None and time.time() - heard > SILENT_SECONDS:
        silent = heard
    if isinstance(silent, (int, float)):
        since = local_time(silent)[:16].replace("T", " ")
        return RunState("lost", cause=f"lost contact with {known.get('host')} since {since}")
    said = known.get("state") or {}
    status = said.get("status")
    return RunState(status if status in STATUSES else "running", said.get("code"), str(said.get("cause") or ""))


def read_processes(directory: RunDirectory) -> dict[str, Any]:
    """The record file: "supervisor" and "child" with pid and start ticks, "boot_id", "hostname", ...; {} if none."""
    return _read_json(directory.record)


def read_command(directory: RunDirectory) -> dict[str, Any]:
    """The command file: what was asked for, and what was said with it; {} if none."""
    return _read_json(directory.command)


class _Listing:
    """The run directories of one place, as last listed. Those that are over, or copies, are not looked into again."""

    def __init__(self) -> None:
        self.stamp = 0  # when the place itself last changed, in nanoseconds
        self.settled = False
        self.found: dict[str, int] = {}  # name -> inode
        self.open: set[str] = set()

    def refresh(self, runs_dir: Path) -> None:
        try:
            stamp = runs_dir.stat().st_mtime_ns
            if stamp == self.stamp and self.settled:
                return
            # A directory made in the very tick of the clock in which this looks would be missed otherwise.
            settled = time.time() - stamp / 1e9 > 1.0
            with os.scandir(runs_dir) as entries:
                found = {
                    e.name: e.inode() for e in entries if _ID.fullmatch(e.name) and e.is_dir(follow_symlinks=False)
                }
        except OSError:
            found, stamp, settled = {}, 0, False
        new = {name for name, inode in found.items() if self.found.get(name) != inode}
        self.open = (self.open & found.keys()) | new
        self.found, self.stamp, self.settled = found, stamp, settled


_listings: dict[Path, _Listing] = {}
_listings_lock = threading.Lock()


def run_names(runs_dir: Path) -> set[str]:
    """The ids of all runs in a place. Cheap while none comes or goes."""
    with _listings_lock:
        listing = _listings.setdefault(runs_dir, _Listing())
        listing.refresh(runs_dir)
        return set(listing.found)


def open_runs(runs_dir: Path) -> list[RunDirectory]:
    """This machine's run directories without an exit file, oldest id first. Cheap, however many others there are."""
    found = []
    with _listings_lock:
        listing = _listings.setdefault(runs_dir, _Listing())
        listing.refresh(runs_dir)
        for name in sorted(listing.open):
            directory = RunDirectory(runs_dir / name)
            # An exit file is never taken away again, and a copy of another machine's run stays one.
            if directory.exit.exists() or directory.host.exists():
                listing.open.discard(name)
            elif directory.root.is_dir():
                found.append(directory)
    return found


def settle(directory: RunDirectory) -> bool:
    """Writes the exit file of a run that is over and has none, since whoever should have written it is gone.

    Later events, such as a restart of the machine, then change no more what is known. Returns whether one was written.
    """
    state = read_state(directory)
    if state.status in ("running", "lost") or directory.exit.exists() or directory.host.exists():
        return False
    values = {"status": state.status, "code": state.exit_code, "cause": state.cause, "ended_at": state.ended_at}
    aside = directory.exit.with_name(f".{directory.exit.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        write_aside(aside, _json_bytes(values))
        os.link(aside, directory.exit)  # never over one that came in the meantime
    except OSError:
        return False  # a full disk: tried again with the next look
    finally:
        aside.unlink(missing_ok=True)
    return True


def _observed_state(directory: RunDirectory, known: Mapping[str, Any]) -> RunState:
    here, there = boot_id(), str(known.get("boot_id") or "")
    if there and here and there != here:
        return RunState("failed", cause="host went down", ended_at=_last_sign(directory))
    if is_alive(known.get("child")):
        return RunState("running")
    # A run of another state (a second vault, a colleague) has a record of its own, with its exit code.
    own = str((_read_json(directory.command).get("env") or {}).get(RUN_DIR_VARIABLE) or "")
    if own and _ID.fullmatch(Path(own).name) and Path(own).is_dir():
        told = read_state(RunDirectory(Path(own)))
        if told.status not in ("running", "lost", "unknown"):
            return told
    words = "ended unseen; an observer does not learn the exit code"
    said = _last_error(str(known.get("stdout") or ""))
    if said:
        words += f"; its output ends with {said}"
    return RunState("unknown", cause=words, ended_at=_last_sign(directory))


def _last_error(output: str) -> str:
    """What an output's last lines say of an error; "" for none. It is a hint, no exit code."""
    try:
        with open(output, "rb") as file:  # noqa: PTH123
            file.seek(max(0, file.seek(0, 2) - 16384))
            tail = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    from fskws.supervisor import TRACEBACK, judge

    at = tail.rfind(TRACEBACK)
    # A traceback that was printed and gone on from is no end.
    if at < 0 or len(tail) - at > 8192:
        return ""
    lines = [line for line in tail[at:].splitlines() if line.strip()]
    return judge(1, tail, "", 0)[1] if lines and not lines[-1].startswith(" ") else ""


def _last_sign(directory: RunDirectory) -> str | None:
    """When the run last wrote anything: the best that is known of its end."""
    moments = []
    for path in (directory.metrics, directory.record, directory.samples, *directory._segment_paths()):
        try:
            moments.append(path.stat().st_mtime)
        except OSError:
            continue
    return local_time(max(moments), "microseconds") if moments else None


def read_record(run_dir: Path, *, day_starts_at: str = "05:00", patterns: tuple[re.Pattern[str], ...] = ()) -> Record:
    """What a run directory tells. Never raises: what is missing or torn is left out and named in `cause`.

    Args: patterns: further expressions that read numbers from output, see `printed.read_printed`.
    """
    directory = RunDirectory(Path(run_dir))
    command = _read_json(directory.command)
    known = _read_json(directory.record)
    state = read_state(directory)
    argv = tuple(str(word) for word in command.get("argv") or ())
    started = known.get("started_at") or command.get("created_at")
    ended = state.ended_at
    elsewhere = read_host(directory)
    if elsewhere:
        started, ended = (_home_time(moment, elsewhere.get("skew_seconds")) for moment in (started, ended))
    metrics = _metrics_of(directory, known, patterns)
    cause = state.cause
    if state.status in ("running", "finished") and not cause and has_nan_loss(metrics):
        cause = "NaN occurs"
    source = command.get("source") if command.get("source") in SOURCES else _source_of(directory.id)
    config = command.get("config")
    return Record(
        id=directory.id,
        source=source or "launched",
        date=_day_text(started, directory.id, day_starts_at),
        title=str(command.get("title") or "") or " ".join(shlex.join(argv).split())[:120],
        argv=argv,
        config={str(k): str(v) for k, v in config.items()} if isinstance(config, dict) else parse_options(argv),
        status=state.status,
        exit_code=state.exit_code,
        cause=cause,
        metrics=metrics,
        started_at=started if isinstance(started, str) else None,
        ended_at=ended,
        host=str(elsewhere.get("host") or command.get("host") or ""),
        cwd=str(command.get("cwd") or ""),
        task=str(command.get("task") or ""),
        parent=str(command.get("parent") or ""),
        suggestion=str(command.get("suggestion") or ""),
        marker=f"kw-{directory.id[-6:]}",
        directory=str(directory.root),
        user=str(command.get("user") or "") if command.get("foreign") else "",
    )


def _metrics_of(
    directory: RunDirectory, known: Mapping[str, Any], patterns: tuple[re.Pattern[str], ...] = ()
) -> dict[str, Any]:
    """Metrics the program logged, and those it only printed; a logged one wins over a printed one of the same name."""
    logged = read_summary(directory.metrics)
    # A program that logs its per-session lists prints the same numbers, rounded and under other names.
    if "accuracy" in logged:
        return logged
    segments = directory.output_segments()
    if not segments and known.get("stdout") and not directory.host.exists():
        segments = [(0, Path(known["stdout"]))]  # an observed process writes its output where it likes
    return {**read_printed(segments, patterns).metrics(), **logged}


def _home_time(text: Any, skew_seconds: Any) -> Any:
    """A moment told by another machine, by this machine's clock and zone; its day is a day at home."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text
    ahead = skew_seconds if isinstance(skew_seconds, (int, float)) else 0.0
    return local_time(moment - datetime.timedelta(seconds=ahead))


def _source_of(id: str) -> Source | None:
    return next((source for source, prefix in _ID_PREFIX.items() if id.startswith(prefix)), None)


def _day_text(started: Any, id: str, day_starts_at: str) -> str:
    try:
        return day_of(datetime.datetime.fromisoformat(started), day_starts_at).isoformat()
    except (TypeError, ValueError):
        digits = id[1:9]
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if digits.isdigit() and len(digits) == 8 else ""


def list_runs(runs_dir: Path, *, day_starts_at: str = "05:00") -> list[Record]:
    """Every run directory's record, newest first; [] when there is no such directory."""
    records = [read_record(runs_dir / name, day_starts_at=day_starts_at) for name in run_names(runs_dir)]
    return sorted(records, key=lambda record: (_moment(record.started_at), record.id), reverse=True)


_ID = re.compile(r"[ron]\d{8}-[a-z2-7]{6}")


def _moment(text: str | None) -> float:
    try:
        return datetime.datetime.fromisoformat(text or "").timestamp()
    except ValueError:
        return 0.0


__all__ = [
    "FILES",
    "SESSION_METRICS",
    "SOURCES",
    "STATUSES",
    "MetricsLog",
    "Record",
    "RunDirectory",
    "Source",
    "Status",
    "boot_id",
    "chosen_environment",
    "create_run",
    "current_run",
    "day_of",
    "is_alive",
    "list_runs",
    "local_time",
    "new_run_id",
    "read_metrics",
    "read_record",
    "read_state",
    "start_ticks",
    "summarise_metrics",
    "write_aside",
]
