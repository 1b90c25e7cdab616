"""The queue and the leases: which run may have which GPU, and what starts next.

A lease is a fact of the run that has it (its command file), so it ends with the run and needs no bookkeeping. What
waits stands in one file with the id its run will have: a start that was cut short is never made twice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant import launch
from assistant.errors import LaunchError
from fskws import runs
from fskws.runs import Record
from vault_sync import observe
from vault_sync.gpus import GpuSample, Sampler

#: A run of the same program is expected to need so much more than the most that was seen of it.
PEAK_MARGIN = 1.1

#: A run that names its GPUs itself has allocated memory on them after so long, and is seen there.
ALLOCATING_SECONDS = 600.0

#: So many of the last runs that were seen on a GPU are looked at for it.
LEARNED_FROM = 200


# -- leases ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lease:
    """GPUs that a running run has. memory_mb: its share of each of them; None: all of them."""

    run: str
    gpus: tuple[int, ...]
    memory_mb: int | None


def leases(runs_dir: Path) -> list[Lease]:
    """The leases of all runs that go on. A young run without one has the GPUs that its command names."""
    found = []
    for directory in runs.open_runs(runs_dir):
        command = runs.read_command(directory)
        lease = command.get("lease")
        if not isinstance(lease, dict):
            young = time.time() - (command.get("created_unix") or 0.0) < ALLOCATING_SECONDS
            lease = {"gpus": named_gpus(command)} if young and command.get("source") == "launched" else {}
        if lease.get("gpus") and runs.read_state(directory).status in ("running", "lost"):
            found.append(Lease(directory.id, tuple(lease["gpus"]), lease.get("memory_mb")))
    return found


def named_gpus(command: Mapping[str, Any]) -> tuple[int, ...]:
    """GPUs that a command asks for by number: CUDA_VISIBLE_DEVICES, `gpu 1`, `device cuda:1`.

    Args: command: what a run's command file holds.
    """
    env, config = command.get("env") or {}, command.get("config") or {}
    visible = [int(word) for word in str(env.get("CUDA_VISIBLE_DEVICES", "")).split(",") if word.strip().isdigit()]
    device = str(config.get("device", "")).lower()
    wanted = str(config.get("gpu", "")) or (device.partition(":")[2] or "0" if device.startswith("cuda") else "")
    chosen = [int(word) for word in re.split(r"[,\s]+", wanted.strip("'\"")) if word.isdigit()]
    if visible and chosen:
        return tuple(visible[index] for index in chosen if index < len(visible))
    return tuple(chosen or visible)


def choose_gpus(
    sample: GpuSample,
    uses: Sequence[observe.GpuUse],
    held: Sequence[Lease],
    count: int,
    memory_mb: int | None = None,
) -> tuple[int, ...] | None:
    """GPUs for a run, or None while there are not enough.

    Without memory_mb a GPU must be free altogether: no lease and no process on it. With it a GPU may be shared with
    runs that leased a part of it: what they have not yet allocated is kept for them. A GPU with another process on
    it, or one that is leased whole, is never chosen.
    """
    leased = {gpu for lease in held for gpu in lease.gpus}
    chosen = observe.free_gpus(sample, uses, leased)
    if memory_mb is not None:
        sizes = {gpu.index: gpu.memory_total_mb or 0 for gpu in sample.gpus}
        chosen = [index for index in chosen if sizes[index] >= memory_mb]
        chosen += [index for index in sorted(leased) if _room_mb(sample, uses, held, index) >= memory_mb]
    return tuple(chosen[:count]) if len(chosen) >= count else None


def _room_mb(sample: GpuSample, uses: Sequence[observe.GpuUse], held: Sequence[Lease], index: int) -> int:
    """Memory of a partly leased GPU that nobody has or will claim."""
    gpu = next((gpu for gpu in sample.gpus if gpu.index == index), None)
    here = [lease for lease in held if index in lease.gpus]
    unknown = gpu is None or gpu.problem or gpu.memory_total_mb is None or gpu.memory_used_mb is None
    if unknown or sample.state != "ok" or sample.stale_for or any(lease.memory_mb is None for lease in here):
        return 0
    assert gpu is not None and gpu.memory_total_mb is not None and gpu.memory_used_mb is not None
    holders = {lease.run for lease in here}
    if any(use.run_id not in holders for use in uses if use.gpu == index and use.kind != "graphics"):
        return 0
    to_come = 0
    for lease in here:
        used = sum(use.memory_mb or 0 for use in uses if use.gpu == index and use.run_id == lease.run)
        to_come += max(0, (lease.memory_mb or 0) - used)
    return gpu.memory_total_mb - gpu.memory_used_mb - to_come


def learned_memory_mb(runs_dir: Path, argv: Sequence[str], records: Iterable[Record]) -> int | None:
    """GPU memory that a command will probably need: the most that was seen of the last runs of the same program.

    Args: records: newest first. Returns: None when no run of it was ever seen on a GPU.
    """
    program = tuple(word for word in argv if not word.startswith("-"))[:2]
    peaks = []
    for record in records:
        if record.directory and tuple(word for word in record.argv if not word.startswith("-"))[:2] == program:
            peak = observe.peak_gpu_mb(runs.RunDirectory(runs_dir / record.id))
            if peak is not None:
                peaks.append(peak)
        if len(peaks) == 5:
            break
    return int(max(peaks) * PEAK_MARGIN) if peaks else None


# -- the queue ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """A run that waits. id: the one its run will have. after: runs that must have finished well before.

    gpus: how many it needs. memory_mb: of each; None: whole GPUs. why: what it waits for, as of the last look.
    host, origin, frozen: see `launch.start_run`; a frozen run's code is that of its start.
    """

    id: str
    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    title: str = ""
    task: str = ""
    parent: str = ""
    suggestion: str = ""
    after: tuple[str, ...] = ()
    gpus: int = 0
    memory_mb: int | None = None
    added_at: str = ""
    host: str = "local"
    origin: str = ""
    frozen: bool = False
    why: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Any]:
        """What a person or a script may see of it: everything but the environment."""
        values = dataclasses.asdict(self)
        del values["env"]
        return values


class Queue:
    """What waits, in order. Its one owner is the daemon; every change is on disk before it is answered.

    Variables that look like secrets are not written down: a run gets those of the process that starts it.
    """

    def __init__(self, path: Path, runs_dir: Path) -> None:
        """Args: path: the queue's file, made with the first entry. runs_dir: where runs are started.
        Raises: LaunchError: the file is there and cannot be read."""
        self.path, self.runs_dir = path, runs_dir
        self._lock = threading.RLock()
        self._learned: dict[str, int] = {}
        self._entries = self._read()

    def _read(self) -> list[Waiting]:
        try:
            listed = json.loads(self.path.read_bytes())
            return [
                Waiting(**{**entry, "argv": tuple(entry["argv"]), "after": tuple(entry["after"])}) for entry in listed
            ]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise LaunchError(
                f"the queue {self.path} cannot be read ({error}). Move the file away to begin a new one; "
                "each entry in it holds its command."
            ) from error

    def _write(self, entries: list[Waiting]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps([dataclasses.asdict(entry) for entry in entries], indent=1)
            runs.write_aside(self.path, text.encode(), 0o600)
        except OSError as error:
            raise LaunchError(
                f"the queue {self.path} cannot be written ({error.strerror}); free some space."
            ) from error
        self._entries = entries

    def keep(self) -> None:
        """Writes down what each entry waits for, for others who read the file. Raises: LaunchError: it cannot."""
        with self._lock:
            self._write(self._entries)

    def entries(self) -> list[Waiting]:
        """What waits, the next one first."""
        with self._lock:
            return list(self._entries)

    def add(
        self,
        argv: Sequence[str],
        cwd: str | Path,
        env: Mapping[str, str],
        *,
        title: str = "",
        task: str = "",
        parent: str = "",
        suggestion: str = "",
        after: Sequence[str] = (),
        gpus: int = 0,
        memory_mb: int | None = None,
        host: str = "local",
        origin: str = "",
        frozen: bool = False,
        id: str = "",
    ) -> Waiting:
        """Puts a run at the end. id: promised before; "" makes a new one.

        Raises: LaunchError: no command, no such directory, a negative number, or `after` names no run.
        """
        if not argv or not argv[0].strip():
            raise LaunchError("no command was given; name one, as in: kwslab run --gpus 1 -- python train.py")
        if not Path(cwd).is_dir():
            raise LaunchError(f"the directory {cwd} does not exist, so the command could not be started there.")
        if gpus < 0 or (memory_mb is not None and memory_mb <= 0):
            raise LaunchError(f"--gpus {gpus} --mem {memory_mb}: give 0 or more GPUs and more than 0 MB.")
        with self._lock:
            for other in after:
                if not (self.runs_dir / other).is_dir() and all(entry.id != other for entry in self._entries):
                    raise LaunchError(
                        f"--after {other}: there is no such run; `kwslab runs` and `kwslab queue list` list them."
                    )
            entry = Waiting(
                id=id or runs.new_run_id(),
                argv=tuple(argv),
                cwd=str(cwd),
                env={name: value for name, value in env.items() if not runs.may_be_secret(name)},
                title=title,
                task=task,
                parent=parent,
                suggestion=suggestion,
                after=tuple(after),
                gpus=gpus,
                memory_mb=memory_mb,
                added_at=runs.local_time(),
                host=host,
                origin=origin,
                frozen=frozen,
            )
            self._write([*self._entries, entry])
            return entry

    def _find(self, id: str) -> int:
        for number, entry in enumerate(self._entries):
            if entry.id == id:
                return number
        raise LaunchError(f"{id!r} does not wait; `kwslab queue list` shows what does.")

    def move(self, id: str, place: int) -> None:
        """Puts an entry at a place, 1 being the next. Raises: LaunchError: no such entry."""
        with self._lock:
            entries = list(self._entries)
            entry = entries.pop(self._find(id))
            entries.insert(max(0, min(place - 1, len(entries))), entry)
            self._write(entries)

    def drop(self, id: str) -> Waiting:
        """Takes an entry out. Raises: LaunchError: no such entry."""
        with self._lock:
            number = self._find(id)
            entry = self._entries[number]
            self._write(self._entries[:number] + self._entries[number + 1 :])
            return entry

    def start_due(
        self,
        sampler: Sampler,
        start: Callable[..., Record] = launch.start_run,
        environ: Mapping[str, str] | None = None,
    ) -> list[Record]:
        """Starts what may start now, in order. An entry that waits for GPUs is not overtaken by others that want some.

        Args: environ: whose secret variables are passed on; None: this process's. Call it every few seconds.
        Returns: the records of the runs that were started. One that cannot be started stays, with the reason in `why`.
        """
        environ = os.environ if environ is None else environ
        secrets = {name: value for name, value in environ.items() if runs.may_be_secret(name)}
        started: list[Record] = []
        with self._lock:
            if not self._entries:
                return []
            wants_gpus = any(entry.gpus for entry in self._entries)
            sample = sampler.sample(5.0) if wants_gpus else GpuSample(0.0, "no driver")
            uses = observe.gpu_uses(sample) if sample.state == "ok" else ()
            held = leases(self.runs_dir)
            gpus_wait = ""
            for entry in list(self._entries):
                if (self.runs_dir / entry.id).is_dir():
                    self._forget(entry)  # started before whoever started it was killed
                    continue
                why = self._waits_for(entry)
                chosen: tuple[int, ...] = ()
                if not why and entry.gpus:
                    entry = self._with_learned_memory(entry)
                    found = None if gpus_wait else choose_gpus(sample, uses, held, entry.gpus, entry.memory_mb)
                    if found is None:
                        why = f"after {gpus_wait}, which wants GPUs too" if gpus_wait else _gpu_words(sample, entry)
                        gpus_wait = gpus_wait or entry.id
                    else:
                        chosen = found
                if not why:
                    why = self._start(entry, start, chosen, {**secrets, **entry.env}, started)
                    if not why:
                        held.append(Lease(entry.id, chosen, entry.memory_mb))
                        continue
                self._entries = [
                    dataclasses.replace(other, why=why) if other.id == entry.id else other for other in self._entries
                ]
        return started

    def _with_learned_memory(self, entry: Waiting) -> Waiting:
        """The entry with the memory that runs like it were seen to need, when that is more than was asked for."""
        if entry.memory_mb is None:
            return entry
        if entry.id not in self._learned:
            newest = sorted(runs.run_names(self.runs_dir), key=lambda name: name[1:], reverse=True)
            seen = [name for name in newest if runs.RunDirectory(self.runs_dir / name).samples.exists()]
            records = (runs.read_record(self.runs_dir / name) for name in seen[:LEARNED_FROM])
            self._learned[entry.id] = learned_memory_mb(self.runs_dir, entry.argv, records) or 0
        return dataclasses.replace(entry, memory_mb=max(entry.memory_mb, self._learned[entry.id]))

    def _start(
        self,
        entry: Waiting,
        start: Callable[..., Record],
        gpus: tuple[int, ...],
        env: Mapping[str, str],
        started: list[Record],
    ) -> str:
        """Starts one entry and takes it out. Returns why it could not be started, else ""."""
        try:
            record = start(
                self.runs_dir,
                entry.argv,
                entry.cwd,
                env,
                title=entry.title,
                task=entry.task,
                parent=entry.parent,
                suggestion=entry.suggestion,
                gpus=gpus,
                memory_mb=entry.memory_mb,
                id=entry.id,
                host=entry.host,
                origin=entry.origin,
                frozen=entry.frozen,
            )
        except LaunchError as error:
            return str(error)
        started.append(record)
        self._forget(entry)
        return ""

    def _forget(self, entry: Waiting) -> None:
        self._write([other for other in self._entries if other.id != entry.id])

    def _waits_for(self, entry: Waiting) -> str:
        """Which run an entry still waits for, or will wait for in vain."""
        waiting = {other.id for other in self._entries}
        for id in entry.after:
            if id in waiting:
                return f"after {id}, which waits itself"
            if not (self.runs_dir / id).is_dir():
                return f"held: {id} was dropped; drop this too, or add it again without --after"
            status = runs.read_state(runs.RunDirectory(self.runs_dir / id)).status
            if status in ("running", "lost"):
                return f"after {id}, which is {status}"
            if status != "finished":
                return f"held: {id} is {status}; drop this, or add it again without --after"
        return ""


def _gpu_words(sample: GpuSample, entry: Waiting) -> str:
    if sample.state != "ok" or sample.stale_for:
        return f"GPUs cannot be given: {sample.state}"
    if len(sample.gpus) < entry.gpus:
        return f"held: it wants {entry.gpus} GPUs, and there are {len(sample.gpus)}; drop it"
    share = f" with {entry.memory_mb} MB" if entry.memory_mb else ""
    return f"for {entry.gpus} free GPU{'s' if entry.gpus > 1 else ''}{share}"
