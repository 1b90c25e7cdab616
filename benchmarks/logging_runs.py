# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["mlflow-skinny>=3", "sqlalchemy>=2", "alembic", "wandb>=0.22", "trackio>=0.9", "tensorboard>=2.19"]
# ///
"""What logging a step costs, and what is left of it after a SIGKILL: here and in other loggers, five scalars a step.

    uv run benchmarks/logging_runs.py                 all, with the others installed for this script alone
    uv run python benchmarks/logging_runs.py kwslab   this project alone
    uv run python benchmarks/logging_runs.py launch   what a launch costs, and the supervisor's memory

Each logger runs in a child process that logs its steps and then kills itself (SIGKILL). Prints one JSON line a logger:
steps, microseconds a step (mean and median of the steady part: the first tenth is left out), steps found again
afterwards. The bar: kwslab first, at most 10 us in the mean, every step found; a launch of at most 60 ms beyond the
start of the same process, 15 MB. (Named logging.py, this script would hide the standard library's module.)
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

#: Loggers by name -> steps: the slow ones get fewer.
STEPS = {"kwslab": 5_000, "tensorboard": 5_000, "wandb": 5_000, "trackio": 5_000, "mlflow": 500}

#: Between two steps a training step is made, about a millisecond of arithmetic outside the interpreter's lock: without
#: it loggers that write in the background have no chance, and a sleep would measure how fast the processor wakes up.
STEP_DATA = bytes(1_400_000)
MODULES = {"kwslab": "fskws", "tensorboard": "tensorboard", "wandb": "wandb", "trackio": "trackio", "mlflow": "mlflow"}


def values(step: int) -> dict[str, float]:
    """Five scalars of a step."""
    return {"loss": 1 / (step + 1), "accuracy": 90 + step * 1e-4, "lr": 1e-3, "grad_norm": 0.5, "seen": 88.25}


# -- in the child: open, log one step ----------------------------------------------------------------------------------


def open_kwslab(folder: Path) -> Callable[[int], None]:
    from fskws.runs import MetricsLog

    log = MetricsLog(folder / "metrics.jsonl")
    return lambda step: log.log(step, **values(step))


def open_tensorboard(folder: Path) -> Callable[[int], None]:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))  # its defaults: a queue, flushed every two minutes

    def log(step: int) -> None:
        for name, value in values(step).items():
            summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
            writer.add_event(Event(step=step, wall_time=time.time(), summary=summary))

    return log


def open_wandb(folder: Path) -> Callable[[int], None]:
    import wandb

    run = wandb.init(project="bench", dir=str(folder), mode="offline", settings=wandb.Settings(silent=True))
    return lambda step: run.log(values(step), step=step)


def open_trackio(folder: Path) -> Callable[[int], None]:
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio

    trackio.init(project="bench", embed=False)
    return lambda step: trackio.log(values(step), step=step)


def open_mlflow(folder: Path) -> Callable[[int], None]:
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.start_run()
    return lambda step: mlflow.log_metrics(values(step), step=step, synchronous=True)


OPEN = {
    "kwslab": open_kwslab,
    "tensorboard": open_tensorboard,
    "wandb": open_wandb,
    "trackio": open_trackio,
    "mlflow": open_mlflow,
}


def child(name: str, folder: Path) -> None:
    """Logs, says how long it took, and dies without a word more."""
    log = OPEN[name](folder)
    steps = STEPS[name]
    warm = steps // 10
    took = []
    for step in range(steps):
        began = time.perf_counter()
        log(step)
        if step >= warm:
            took.append(time.perf_counter() - began)
        hashlib.sha256(STEP_DATA).digest()
    (folder / "took").write_text(json.dumps([statistics.fmean(took) * 1e6, statistics.median(took) * 1e6]))
    os.kill(os.getpid(), 9)


# -- afterwards: steps found again -------------------------------------------------------------------------------------


def found_kwslab(folder: Path) -> int:
    from fskws.runs import read_metrics

    return len(read_metrics(folder / "metrics.jsonl"))


def found_tensorboard(folder: Path) -> int:
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    steps = set()
    for path in folder.glob("events.*"):
        for raw in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(raw)
            if event.summary.value and event.summary.value[0].tag == "seen":
                steps.add(event.step)
    return len(steps)


def found_wandb(folder: Path) -> int:
    """History records in W&B's file, a LevelDB log: blocks of 32 KiB, records of checksum, length, type and data."""
    from wandb.proto.wandb_internal_pb2 import Record

    count = 0
    for path in folder.rglob("*.wandb"):
        data, at, pending = path.read_bytes(), 7, b""
        while at + 7 <= len(data):
            left = 32768 - at % 32768
            if left < 7:
                at += left
                continue
            length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
            if kind == 0 or at + 7 + length > len(data):
                break  # a torn end
            pending = (b"" if kind in (1, 2) else pending) + data[at + 7 : at + 7 + length]
            at += 7 + length
            if kind in (1, 4):
                record = Record()
                record.ParseFromString(pending)
                count += record.HasField("history")
    return count


def _rows(folder: Path, query: str) -> int:
    count = 0
    for path in folder.rglob("*.db"):
        with sqlite3.connect(path) as database:
            try:
                count += database.execute(query).fetchone()[0]
            except sqlite3.OperationalError:
                continue
    return count


def found_trackio(folder: Path) -> int:
    return _rows(folder, "select count(distinct step) from metrics")


def found_mlflow(folder: Path) -> int:
    return _rows(folder, "select count(*) from (select step from metrics group by step having count(*) = 5)")


FOUND = {
    "kwslab": found_kwslab,
    "tensorboard": found_tensorboard,
    "wandb": found_wandb,
    "trackio": found_trackio,
    "mlflow": found_mlflow,
}


def measure(name: str) -> dict[str, Any]:
    """One logger, from start to what is left of it."""
    if importlib.util.find_spec(MODULES[name]) is None:
        return {"logger": name, "skipped": f"{MODULES[name]} is not installed; use: uv run benchmarks/logging_runs.py"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        words = [sys.executable, __file__, "--child", name, folder]
        done = subprocess.run(words, capture_output=True, cwd=folder, timeout=600)
        took = Path(folder) / "took"
        if not took.exists():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            return {"logger": name, "failed": said[-1] if said else f"exit code {done.returncode}"}
        mean, median = json.loads(took.read_text())
        found = FOUND[name](Path(folder))
        return {
            "logger": name,
            "steps": STEPS[name],
            "microseconds_per_step": round(mean, 1),
            "median_microseconds": round(median, 1),
            "survived": found,
            "survived_percent": round(100 * found / STEPS[name], 1),
        }


def measure_launch(times: int = 20) -> dict[str, Any]:
    """Milliseconds of a launch beyond the start of the same process, and the supervisor's memory.

    The capture of the code state, taken before the start, is not part of it, as it depends on the tree.
    """
    from fskws import runs, supervisor

    launches, starts, memory = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(times):
            began = time.perf_counter()
            process = subprocess.Popen(["sleep", "600"], start_new_session=True)
            starts.append(time.perf_counter() - began)
            process.kill()
            process.wait()
            began = time.perf_counter()
            directory = runs.create_run(Path(folder), ["sleep", "600"], folder, env=os.environ)
            words = supervisor.words_to_start(sys.executable, supervisor.__file__, str(directory.root))
            subprocess.run(words, capture_output=True, check=True)
            launches.append(time.perf_counter() - began)
            pid = runs.read_processes(directory)["supervisor"]["pid"]
            status = Path(f"/proc/{pid}/status").read_text()
            memory.append(int(status.split("VmRSS:")[1].split()[0]))
            os.kill(pid, 15)
            while not directory.exit.exists():
                time.sleep(0.01)
    return {
        "launch": "supervisor",
        "beyond_process_start_ms": round(1000 * (statistics.median(launches) - statistics.median(starts)), 1),
        "least_ms": round(1000 * (min(launches) - min(starts)), 1),
        "worst_ms": round(1000 * (max(launches) - min(starts)), 1),
        "rss_mb": round(max(memory) / 1024, 1),
    }


def main(words: list[str]) -> None:
    if words[:1] == ["--child"]:
        child(words[1], Path(words[2]))
        return
    for name in words or [*STEPS, "launch"]:
        if name != "launch" and name not in STEPS:
            sys.exit(f"{name!r} is no logger; known: {', '.join([*STEPS, 'launch'])}")
        print(json.dumps(measure_launch() if name == "launch" else measure(name)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
