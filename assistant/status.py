"""What the machine is doing now: each run and each GPU, every fact with its age."""

from __future__ import annotations

import datetime
import json
import math
import re
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fskws import runs
from fskws.metrics import PROGRESS_COLUMNS, as_number
from fskws.printed import read_printed
from fskws.runs import RunDirectory
from vault_sync import gpus, observe

#: So much of the end of a metrics file tells where a run stands.
METRICS_TAIL_BYTES = 256 * 1024

#: Options that say how long a run is, the most telling first: epochs, then steps.
_EPOCH_OPTIONS = ("epochs", "epochs_base", "num_epochs", "max_epochs", "n_epochs")
_STEP_OPTIONS = ("steps", "max_steps", "total_steps", "num_steps")

#: GPU facts may be so old before the driver is asked again, which takes a while: the daemon looks every few seconds
#: anyway, and each fact is shown with its age.
SAMPLE_AGE_SECONDS = 12.0


def status_facts(
    runs_dir: Path,
    sampler: gpus.Sampler | None = None,
    *,
    leased: Mapping[int, str] | None = None,
    now: float | None = None,
    patterns: tuple[re.Pattern[str], ...] = (),
) -> dict[str, Any]:
    """What is known of this machine at this moment.

    Args: sampler: None asks NVML. leased: GPU index -> id of the run that has it; None reads it from the runs. now:
        unix seconds. patterns: further expressions that read numbers from output.
    Returns: "at", "host", "runs" (those that go on), "gpus" (state, age and one entry a GPU), "free_gpus", "foreign"
        (what other people run) and "lines" (all of it as text). Ages are seconds; None stands for what is not known.
    """
    now = time.time() if now is None else now
    sample = (sampler or gpus.shared_sampler()).sample(SAMPLE_AGE_SECONDS)
    known = sample.state == "ok" and not sample.stale_for
    uses = observe.gpu_uses(sample) if known else ()
    held: dict[int, str] = {}
    going_on = []
    for directory in runs.open_runs(Path(runs_dir)):
        record = runs.read_record(directory.root, patterns=patterns)
        if record.status in ("running", "lost"):
            going_on.append(run_facts(directory, record, uses, now, patterns))
            lease = runs.read_command(directory).get("lease")
            held.update({index: directory.id for index in lease.get("gpus", ())} if isinstance(lease, dict) else {})
    leased = held if leased is None else dict(leased)
    free = observe.free_gpus(sample, uses, leased)
    facts = {
        "at": runs.local_time(now),
        "host": socket.gethostname(),
        "runs": going_on,
        "gpus": _gpu_facts(sample, uses, free, leased, now),
        "free_gpus": free,
        "foreign": sorted({f"GPU {use.gpu}: {use.words}" for use in uses if use.foreign}),
    }
    facts["lines"] = list(_lines(facts))
    return facts


# -- one run -----------------------------------------------------------------------------------------------------------


def run_facts(
    directory: RunDirectory,
    record: runs.Record,
    uses: Iterable[observe.GpuUse] = (),
    now: float | None = None,
    patterns: tuple[re.Pattern[str], ...] = (),
) -> dict[str, Any]:
    """Where one run stands: since when, epoch and step, time left, last metric, last line, memory."""
    now = time.time() if now is None else now
    processes = runs.read_processes(directory)
    segments = directory.output_segments() or ([(0, Path(processes["stdout"]))] if processes.get("stdout") else [])
    printed = read_printed(segments, patterns)
    rows = _last_rows(directory.metrics)
    progress = progress_of(rows, printed.progress, record.config)
    since = _moment(record.started_at)
    eta = time_left(rows, progress, printed.progress, None if since is None else now - since)
    mine = [use for use in uses if use.run_id == record.id or (use.owner and _is(use.owner, processes.get("child")))]
    return {
        "id": record.id,
        "title": record.title,
        "source": record.source,
        "status": record.status,
        "cause": record.cause,
        "user": record.user,
        "since": record.started_at,
        "running_seconds": None if since is None else round(now - since, 1),
        **{name: progress.get(name) for name in ("epoch", "epochs", "step", "steps")},
        "eta_seconds": None if eta is None else round(eta, 1),
        "last_metric": _last_metric(rows, record, now),
        "last_line": {"text": printed.last_line[:300], "age_seconds": _age(segments[-1][1] if segments else None, now)},
        "memory": {
            "rss_mb": _tree_rss_mb((processes.get("child") or {}).get("pid", 0)),
            "gpu_mb": sum(use.memory_mb or 0 for use in mine) if mine else None,
            "gpu_peak_mb": observe.peak_gpu_mb(directory),
            "age_seconds": 0.0,
        },
        "gpus": sorted({use.gpu for use in mine}),
    }


def _is(process: observe.ProcessFacts, named: Any) -> bool:
    return isinstance(named, dict) and (process.pid, process.start_ticks) == (
        named.get("pid"),
        named.get("start_ticks"),
    )


def _last_rows(path: Path) -> list[dict[str, Any]]:
    """The last rows of a metrics file, without reading the rest of it."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - METRICS_TAIL_BYTES))
            lines = file.read().split(b"\n")
    except OSError:
        return []
    rows = []
    for line in lines[(1 if size > METRICS_TAIL_BYTES else 0) : -1]:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows


def progress_of(rows: list[dict[str, Any]], printed: Mapping[str, float], config: Mapping[str, str]) -> dict[str, int]:
    """Epoch and step as last logged, else as last printed; their totals as logged, printed or asked for."""
    found: dict[str, int] = {}
    for name in ("epochs", "steps", "epoch", "step"):
        value = next((as_number(row[name]) for row in reversed(rows) if name in row), None)
        if value is None:
            value = printed.get(name)
        if value is not None and math.isfinite(value):
            found[name] = int(value)
    for total, options in (("epochs", _EPOCH_OPTIONS), ("steps", _STEP_OPTIONS)):
        asked = next((config[name] for name in options if config.get(name, "").isdigit()), None)
        if total not in found and asked is not None:
            found[total] = int(asked)
    return found


def time_left(
    rows: list[dict[str, Any]],
    progress: Mapping[str, int],
    printed: Mapping[str, float],
    running_seconds: float | None,
) -> float | None:
    """Seconds to go from the rate of what was logged, else printed; None where there is no total or no rate.

    Only the last rows count for the rate, so that a slow start (loading data) is forgotten.
    """
    for name, total in (("epoch", progress.get("epochs")), ("step", progress.get("steps"))):
        points = [(float(row["t"]), float(row[name])) for row in rows if _both(row, name)]
        if total and len(points) > 1 and points[-1][1] > points[0][1]:
            per_one = (points[-1][0] - points[0][0]) / (points[-1][1] - points[0][1])
            return max(0.0, (total - points[-1][1]) * per_one)
    total, epoch = progress.get("epochs"), progress.get("epoch")
    if total and epoch and running_seconds:
        # Printed epochs have no time of their own: the mean over the whole run.
        return max(0.0, (total - epoch) * running_seconds / epoch)
    if printed.get("rate") and printed.get("bar_total"):
        return max(0.0, (printed["bar_total"] - printed["bar_done"]) / printed["rate"])
    return None


def _both(row: Mapping[str, Any], name: str) -> bool:
    return isinstance(row.get("t"), (int, float)) and isinstance(row.get(name), (int, float))


def _last_metric(rows: list[dict[str, Any]], record: runs.Record, now: float) -> dict[str, Any] | None:
    for row in reversed(rows):
        for name, value in row.items():
            number = as_number(value)
            if name not in PROGRESS_COLUMNS and number is not None:
                logged = row.get("t")
                age = round(max(0.0, now - logged), 1) if isinstance(logged, (int, float)) else None
                return {"name": name, "value": number if math.isfinite(number) else str(number), "age_seconds": age}
    for name, value in record.metrics.items():
        last = value.get("last") if isinstance(value, dict) else value[-1]
        return {"name": name, "value": last, "age_seconds": None}
    return None


def _age(path: Path | None, now: float) -> float | None:
    try:
        return None if path is None else round(max(0.0, now - path.stat().st_mtime), 1)
    except OSError:
        return None


def _moment(text: str | None) -> float | None:
    try:
        return datetime.datetime.fromisoformat(text or "").timestamp()
    except ValueError:
        return None


def _tree_rss_mb(pid: int) -> int | None:
    """Memory of a process and its children; shared pages count for each."""
    total, waiting, found = 0, [pid], False
    for _ in range(1000):
        if not waiting or pid <= 0:
            break
        facts = observe.process_facts(waiting.pop())
        if facts is None:
            continue
        found = True
        total += facts.rss_mb
        try:
            for task in Path(f"/proc/{facts.pid}/task").iterdir():
                waiting.extend(int(child) for child in (task / "children").read_text("ascii").split())
        except OSError:
            continue
    return total if found else None


# -- GPUs --------------------------------------------------------------------------------------------------------------


def _gpu_facts(
    sample: gpus.GpuSample,
    uses: Iterable[observe.GpuUse],
    free: list[int],
    leased: Mapping[int, str],
    now: float,
) -> dict[str, Any]:
    uses = tuple(uses)
    return {
        "state": sample.state,
        "detail": sample.detail,
        "advice": gpus.ADVICE.get(sample.state, ""),
        "driver": sample.driver,
        "age_seconds": round(sample.age_seconds(now), 1),
        "stale_for": round(sample.stale_for, 1),
        "gpus": [
            {
                "index": gpu.index,
                "name": gpu.name,
                "problem": gpu.problem,
                "memory_used_mb": gpu.memory_used_mb,
                "memory_total_mb": gpu.memory_total_mb,
                "utilization_percent": gpu.utilization_percent,
                "power_watts": gpu.power_watts,
                "temperature_c": gpu.temperature_c,
                "sm_clock_mhz": gpu.sm_clock_mhz,
                "processes": [
                    {
                        "pid": use.pid,
                        "memory_mb": use.memory_mb,
                        "run": use.run_id,
                        "foreign": use.foreign,
                        "words": use.words,
                    }
                    for use in uses
                    if use.gpu == gpu.index
                ],
                "free": gpu.index in free,
                "leased_to": leased.get(gpu.index, ""),
            }
            for gpu in sample.gpus
        ],
    }


# -- as text -----------------------------------------------------------------------------------------------------------


def _lines(facts: Mapping[str, Any]) -> Iterable[str]:
    going_on = facts["runs"]
    yield f"{facts['host']}  {facts['at']}"
    if not going_on:
        yield "no run goes on"
    for run in going_on:
        whose = f"  ({run['user']}'s)" if run["user"] else ""
        yield f"{run['id']}  {run['status']} for {span(run['running_seconds'])}  {run['title'][:60]}{whose}"
        parts = [part for part in (_progress_words(run), _metric_words(run), _memory_words(run)) if part]
        if parts:
            yield "  " + ", ".join(parts)
        if run["cause"]:
            yield f"  {run['cause']}"
        if run["last_line"]["text"]:
            yield f"  > {run['last_line']['text'][:100]}  ({span(run['last_line']['age_seconds'])} ago)"
    cards = facts["gpus"]
    if cards["state"] != "ok":
        stale = f"; what follows is {span(cards['stale_for'])} old" if cards["stale_for"] else ""
        yield f"GPUs: {cards['state']}: {cards['advice']} ({cards['detail']}){stale}"
    for gpu in cards["gpus"]:
        yield _gpu_line(gpu, cards["age_seconds"])
        for process in gpu["processes"]:
            used = "" if process["memory_mb"] is None else f" {process['memory_mb']} MB"
            yield f"  {process['run'] or process['words']}{used}"
    if cards["gpus"]:
        free = ", ".join(str(index) for index in facts["free_gpus"])
        yield f"free: {'GPU ' + free if free else 'none'}"


def _gpu_line(gpu: Mapping[str, Any], age: float) -> str:
    if gpu["problem"]:
        return f"GPU {gpu['index']}: {gpu['problem']}"
    said = [f"{gpu['memory_used_mb']}/{gpu['memory_total_mb']} MB"]
    for name, unit in (("utilization_percent", "% busy"), ("temperature_c", " C"), ("power_watts", " W")):
        if gpu[name] is not None:
            said.append(f"{gpu[name]:.0f}{unit}")
    return f"GPU {gpu['index']} {gpu['name']}: {', '.join(said)}  ({span(age)} ago)"


def _progress_words(run: Mapping[str, Any]) -> str:
    words = []
    for name in ("epoch", "step"):
        if run[name] is not None:
            total = run[f"{name}s"]
            words.append(f"{name} {run[name]}" + (f" of {total}" if total else ""))
            break
    if run["eta_seconds"] is not None:
        words.append(f"about {span(run['eta_seconds'])} to go")
    return ", ".join(words)


def _metric_words(run: Mapping[str, Any]) -> str:
    metric = run["last_metric"]
    if metric is None:
        return ""
    value = metric["value"]
    text = f"{metric['name']} {value if isinstance(value, str) else format(value, '.5g')}"
    return text if metric["age_seconds"] is None else f"{text} ({span(metric['age_seconds'])} ago)"


def _memory_words(run: Mapping[str, Any]) -> str:
    words = []
    if run["memory"]["rss_mb"] is not None:
        words.append(f"{run['memory']['rss_mb']} MB")
    if run["memory"]["gpu_mb"] is not None:
        words.append(f"{run['memory']['gpu_mb']} MB on GPU {', '.join(map(str, run['gpus']))}")
    return " and ".join(words)


def span(seconds: float | None) -> str:
    """A length of time in the largest two units that fit."""
    if seconds is None:
        return "?"
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s" if whole < 600 else f"{whole // 60} min"
    if whole < 172800:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} days {whole % 86400 // 3600} h"
