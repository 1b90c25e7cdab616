"""Sees what runs on the GPUs, launched here or not, and keeps a record of each process to its end.

Only looks: nobody's process is ever touched. Facts come from NVML (see `gpus`) and /proc.
"""

from __future__ import annotations

import datetime
import json
import os
import pwd
import shlex
import socket
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fskws import runs
from fskws.errors import RunError
from fskws.runs import RunDirectory
from vault_sync.gpus import GpuSample, Sampler

#: A running run gets a line in its samples at most so often.
SAMPLE_SECONDS = 10.0

#: A graphics process (a desktop) below this does not take a GPU away from a run.
DESKTOP_MB = 1024

#: Memory in use on a GPU that shows no process belongs to somebody in another container.
HIDDEN_USE_MB = 600

_SHELLS = frozenset(
    {"sh", "bash", "zsh", "fish", "dash", "tmux", "screen", "sshd", "systemd", "init", "login", "su", "sudo"}
)


@dataclass(frozen=True)
class ProcessFacts:
    """What /proc tells of a process. Fields that only its owner may read are empty for other people's processes.

    Attributes:
        start_ticks: guards against a pid that is used again. started_at: unix seconds. run_id: the run it belongs to,
            from its environment. stdout: the regular file its output goes to, "" if it is none. rss_mb: of it alone.
    """

    pid: int
    start_ticks: int
    parent: int
    argv: tuple[str, ...]
    cwd: str
    uid: int
    user: str
    started_at: float
    run_id: str
    stdout: str
    rss_mb: int
    environ: Mapping[str, str]

    @property
    def mine(self) -> bool:
        """Whether it belongs to the user of this process."""
        return self.uid == os.getuid()


@dataclass(frozen=True)
class GpuUse:
    """One process on one GPU. process: None for a process of another container or machine. owner: the process it is a
    part of (a data loader's or launcher's main process). run_id: the run it belongs to, "" for none."""

    gpu: int
    pid: int
    kind: str
    memory_mb: int | None
    process: ProcessFacts | None
    owner: ProcessFacts | None
    run_id: str

    @property
    def foreign(self) -> bool:
        """Whether it is somebody else's."""
        return self.process is None or not self.process.mine

    @property
    def words(self) -> str:
        """Whose it is and what it runs, for a person."""
        shown = self.owner or self.process
        if shown is None:
            return f"process {self.pid} of another container"
        return f"{shown.user}: {shlex.join(shown.argv)[:80] or f'process {shown.pid}'}"


@dataclass(frozen=True)
class Look:
    """One look at the machine. changed: ids of records that were begun, went on or ended."""

    sample: GpuSample
    uses: tuple[GpuUse, ...]
    changed: tuple[str, ...]


# -- /proc -------------------------------------------------------------------------------------------------------------


def process_facts(pid: int, proc: Path = Path("/proc")) -> ProcessFacts | None:
    """Facts of a living process; None when there is none, or it is a zombie."""
    root = proc / str(pid)
    try:
        stat = (root / "stat").read_bytes()
        uid = root.stat().st_uid
    except OSError:
        return None
    fields = stat[stat.rfind(b")") + 2 :].split()
    if fields[0] in (b"Z", b"X", b"x"):
        return None
    environ = _environ(root)
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = f"uid {uid}"
    ticks = int(fields[19])
    words = _read(root / "cmdline").rstrip(b"\0").split(b"\0")
    return ProcessFacts(
        pid=pid,
        start_ticks=ticks,
        parent=int(fields[1]),
        argv=tuple(_clean(os.fsdecode(word)) for word in words if words != [b""]),
        cwd=_clean(_link(root / "cwd")),
        uid=uid,
        user=user,
        started_at=_boot_time(proc) + ticks / os.sysconf("SC_CLK_TCK"),
        run_id=environ.get(runs.RUN_ID_VARIABLE, ""),
        stdout=_regular_file(root / "fd" / "1"),
        rss_mb=int(fields[21]) * os.sysconf("SC_PAGE_SIZE") // 2**20,
        environ=environ,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _clean(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _environ(root: Path) -> dict[str, str]:
    pairs = (_clean(os.fsdecode(item)).partition("=") for item in _read(root / "environ").split(b"\0") if b"=" in item)
    return {name: value for name, _, value in pairs}


def _link(path: Path) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - Path.readlink came with Python 3.9
    except OSError:
        return ""


def _regular_file(path: Path) -> str:
    target = _link(path)
    return _clean(target) if target.startswith("/") and Path(target).is_file() else ""


def _boot_time(proc: Path) -> float:
    for line in _read(proc / "stat").splitlines():
        if line.startswith(b"btime "):
            return float(line.split()[1])
    return 0.0


def main_process(process: ProcessFacts) -> ProcessFacts:
    """The process a person started: up from data loaders and launchers, not past a shell or another user."""
    for _ in range(16):
        parent = process_facts(process.parent)
        if parent is None or parent.pid <= 1 or parent.uid != process.uid or not parent.argv:
            break
        name = Path(parent.argv[0]).name.lstrip("-").rstrip(":")
        if name in _SHELLS or parent.run_id != process.run_id or not _same_program(parent, process):
            break
        process = parent
    return process


def _same_program(parent: ProcessFacts, child: ProcessFacts) -> bool:
    """Whether a child is a worker of its parent: a fork, a spawned worker, or a rank of a launcher."""
    if parent.argv == child.argv or "multiprocessing" in " ".join(child.argv[1:4]):
        return True
    launcher = {"torchrun", "accelerate", "deepspeed", "torch.distributed.run", "torch.distributed.launch"}
    return any(Path(word).name in launcher for word in parent.argv[:4])


# -- who uses what -----------------------------------------------------------------------------------------------------


def gpu_uses(sample: GpuSample, devices: str = "/dev/nvidia") -> tuple[GpuUse, ...]:
    """Every process on every GPU of a sample, with what /proc tells of it.

    Inside a container the driver names processes by the host's numbers, which are nobody's here: the one process of
    ours that holds such a GPU's device file open is taken for it, when it can be no other.
    Args: devices: what the device files' names begin with.
    """
    found = []
    for gpu in sample.gpus:
        known = {process.pid: process_facts(process.pid) for process in gpu.processes}
        lost = [p for p in gpu.processes if known[p.pid] is None and p.kind == "compute"]
        if len(lost) == 1:
            taken = {facts.pid for facts in known.values() if facts}
            known[lost[0].pid] = _only_holder(f"{devices}{gpu.index}", taken)
        for process in gpu.processes:
            facts = known[process.pid]
            owner = main_process(facts) if facts else None
            run_id = facts.run_id if facts else ""
            found.append(GpuUse(gpu.index, process.pid, process.kind, process.memory_mb, facts, owner, run_id))
    return tuple(found)


def _only_holder(device: str, taken: Collection[int]) -> ProcessFacts | None:
    """The main process of the only tree of ours that has a file open; None when there is none or several."""
    holders: dict[int, ProcessFacts] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in taken:
            continue
        try:
            held = any(os.readlink(str(fd)) == device for fd in (entry / "fd").iterdir())  # noqa: PTH115
        except OSError:
            continue  # somebody else's, or gone
        facts = process_facts(int(entry.name)) if held else None
        if facts is not None and facts.mine:
            owner = main_process(facts)
            holders[owner.pid] = owner
    return next(iter(holders.values())) if len(holders) == 1 else None


def free_gpus(sample: GpuSample, uses: Iterable[GpuUse], leased: Iterable[int] = ()) -> list[int]:
    """Indices of GPUs that nobody uses and nobody has leased. A desktop's few megabytes do not count."""
    if sample.state != "ok" or sample.stale_for:
        return []
    taken = set(leased)
    for use in uses:
        if use.kind != "graphics" or (use.memory_mb or 0) > DESKTOP_MB:
            taken.add(use.gpu)
    for gpu in sample.gpus:
        if gpu.problem or (not gpu.processes and (gpu.memory_used_mb or 0) > HIDDEN_USE_MB):
            taken.add(gpu.index)
    return [gpu.index for gpu in sample.gpus if gpu.index not in taken]


# -- records -----------------------------------------------------------------------------------------------------------


def look(runs_dir: Path, sampler: Sampler, *, now: float | None = None) -> Look:
    """Looks once: begins a record for each new process on a GPU, notes what running ones use, ends those that ended.

    Args: now: unix seconds of the look. Returns: the sample and what changed. Call it every few seconds.
    Raises: RunError: a record could not be begun (full disk); those already there are not harmed.
    """
    now = time.time() if now is None else now
    sample = sampler.sample(SAMPLE_SECONDS / 2)
    fresh = sample.state == "ok" and not sample.stale_for
    uses = gpu_uses(sample) if fresh else ()
    changed: dict[str, None] = {}
    observed: dict[tuple[int, int], RunDirectory] = {}
    for directory in runs.open_runs(runs_dir):
        known = runs.read_processes(directory)
        if known.get("source") != "observed":
            continue
        child = known.get("child") or {}
        if runs.read_state(directory).status == "running":
            observed[child["pid"], child["start_ticks"]] = directory
        elif runs.settle(directory):
            changed[directory.id] = None
    by_run: dict[str, list[GpuUse]] = {}
    for use in uses:
        if use.owner is None or use.kind == "graphics":
            continue
        run_id = use.run_id if use.run_id and (runs_dir / use.run_id).is_dir() else ""
        if not run_id:
            key = (use.owner.pid, use.owner.start_ticks)
            if key not in observed:
                observed[key] = _begin(runs_dir, use.owner, sample)
                changed[observed[key].id] = None
            run_id = observed[key].id
        by_run.setdefault(run_id, []).append(use)
    for run_id, of_run in by_run.items():
        if _note(RunDirectory(runs_dir / run_id), of_run, sample, now):
            changed[run_id] = None
    return Look(sample, uses, tuple(changed))


def _begin(runs_dir: Path, process: ProcessFacts, sample: GpuSample) -> RunDirectory:
    command = " ".join(shlex.join(process.argv).split())[:120] or f"process {process.pid}"
    directory = runs.create_run(
        runs_dir,
        process.argv or (f"[{process.pid}]",),
        process.cwd,
        env=process.environ,
        title=command if process.mine else f"{process.user}: {command}",
        now=datetime.datetime.fromtimestamp(process.started_at).astimezone(),
        source="observed",
        extra={"user": process.user, "foreign": not process.mine},
    )
    facts = {
        "id": directory.id,
        "source": "observed",
        "child": {"pid": process.pid, "start_ticks": process.start_ticks},
        "boot_id": runs.boot_id(),
        "hostname": socket.gethostname(),
        "started_at": runs.local_time(process.started_at),
        "stdout": process.stdout,
        "driver": sample.driver,
    }
    try:
        runs.write_aside(directory.record, json.dumps(facts, indent=1).encode())
    except OSError as error:
        raise RunError(
            f"the record of process {process.pid} cannot be written ({error.strerror}); free space."
        ) from error
    return directory


def _note(directory: RunDirectory, uses: list[GpuUse], sample: GpuSample, now: float) -> bool:
    """Adds a line to the run's samples, unless the last one is young. Returns whether it did."""
    try:
        if now - directory.samples.stat().st_mtime < SAMPLE_SECONDS:
            return False
    except OSError:
        pass  # the first one
    gpus = {gpu.index: gpu for gpu in sample.gpus}
    row: dict[str, Any] = {"t": round(sample.taken_at, 1), "gpus": []}
    for index in sorted({use.gpu for use in uses}):
        known = [use.memory_mb for use in uses if use.gpu == index and use.memory_mb is not None]
        gpu = gpus[index]
        row["gpus"].append(
            {
                "index": index,
                "memory_mb": sum(known) if known else None,
                "utilization_percent": gpu.utilization_percent,
                "power_watts": gpu.power_watts,
                "temperature_c": gpu.temperature_c,
            }
        )
    row["rss_mb"] = max((use.process.rss_mb for use in uses if use.process), default=None)
    try:
        with directory.samples.open("ab") as file:
            file.write(json.dumps(row).encode() + b"\n")
    except OSError:
        return False  # a full disk: the next look notes it
    return True


def peak_gpu_mb(directory: RunDirectory) -> int | None:
    """The most GPU memory a run was seen to use, over all its GPUs; None when it was never seen on one."""
    peaks = [
        sum(gpu.get("memory_mb") or 0 for gpu in row["gpus"])
        for row in runs.read_metrics(directory.samples)
        if isinstance(row.get("gpus"), list)
    ]
    return max(peaks, default=None) or None
