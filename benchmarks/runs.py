"""Lists among many recorded runs, and many that end at once.

    uv run python benchmarks/runs.py                  10,000 runs; 100 that end at once
    uv run python benchmarks/runs.py --runs 2000 --ended 20

Makes a state with so many finished runs of a small vault, starts its daemon, and gives the commands as a person does,
each a process of its own. Prints one JSON line a measurement, milliseconds of the whole process: least, median, and the
processor time of the client alone; "python" is the start of the interpreter, below which no command can be. Compiled
modules are kept, as Python does by default. The bars: `runs` 200 ms, `status` 100 ms. Then so many runs end at once:
seconds until each stands in the vault, how often a note was replaced (once each), entries a run (one in each note).
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fskws import runs  # noqa: E402

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def make_run(runs_dir: Path, number: int, started: datetime.datetime) -> runs.RunDirectory:
    """A finished run as a supervisor leaves it: 20 logged epochs, the four arrays, some output."""
    letters = "".join(_LETTERS[number // 32**place % 32] for place in range(6))
    directory = runs.RunDirectory(runs_dir / f"r{started:%Y%m%d}-{letters}")
    directory.root.mkdir(parents=True)
    options = {"lr_base": f"{0.001 * (1 + number % 9):g}", "noise_prob": f"{number % 5 / 5:g}", "seed": str(number)}
    argv = ["python", "train.py", *(word for name, value in options.items() for word in (f"-{name}", value))]
    ended = started + datetime.timedelta(minutes=40)
    directory.command.write_text(
        json.dumps(
            {
                "id": directory.id, "source": "launched", "argv": argv, "cwd": "/", "title": f"Setting {number}",
                "config": options, "task": "", "parent": "", "suggestion": "", "host": "local", "env": {},
                "created_at": runs.local_time(started), "created_unix": started.timestamp(), "files": runs.FILES,
            }
        )
    )  # fmt: skip
    known = {"id": directory.id, "source": "launched", "started_at": runs.local_time(started)}
    directory.record.write_text(json.dumps(known))
    rows = [{"t": started.timestamp() + n, "epoch": n, "loss": 1 / (n + 1 + number % 7)} for n in range(20)]
    rows += [
        {"session": n, "accuracy": 95.0 - n - number % 11 / 10, "seen": 94.0, "unseen": 60.0, "harmonic_mean": 73.2}
        for n in range(6)
    ]
    directory.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))
    directory.output.write_text("epoch 20 of 20\n" * 20)
    aside = directory.root / "exit.aside"
    aside.write_text(
        json.dumps({"status": "finished", "code": 0, "cause": "", "ended_at": runs.local_time(ended), "seconds": 2400})
    )
    aside.replace(directory.exit)
    return directory


def timed(name: str, words: Sequence[str], times: int, env: dict[str, str]) -> dict[str, Any]:
    """Whole processes, one after another."""
    took, cpu = [], []
    for _ in range(times):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(words, check=True, capture_output=True, env=env)
        took.append(1000 * (time.perf_counter() - began))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return {
        "command": name,
        "least_ms": round(min(took), 1),
        "median_ms": round(statistics.median(took), 1),
        "client_cpu_ms": round(statistics.median(cpu), 1),
    }


def wait_until_warm(words: Sequence[str], env: dict[str, str], seconds: float = 60.0) -> None:
    """Until the daemon has loaded its embedder."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        told = subprocess.run(words, check=True, capture_output=True, env=env)
        if json.loads(told.stdout)["vectors"] != "loading":
            return
        time.sleep(0.2)
    raise SystemExit(f"the daemon's embedder did not load within {seconds:.0f} s")


def say(values: dict[str, Any]) -> None:
    print(json.dumps(values), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--ended", type=int, default=100)
    parser.add_argument("--times", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        vault, state = root / "vault", root / "state"
        vault.mkdir()
        for name in ("Server", "Experiments"):
            (vault / f"{name}.md").write_text(f"# {name}\n\n## 2031-01-01\n\nNothing yet.\n")
        (root / "config.toml").write_text("[write]\nenabled = false\n")
        env = {**os.environ, "KWSLAB_CONFIG": str(root / "config.toml"), "PYTHONPATH": str(ROOT)}
        env["PYTHONPYCACHEPREFIX"] = str(root / "compiled")
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        kwslab = [sys.executable, "-m", "assistant"]
        place = ["--vault", str(vault), "--state", str(state)]
        runs_dir = state / "data" / "runs"
        last = datetime.datetime.now().astimezone() - datetime.timedelta(hours=2)
        for number in range(given.runs):
            make_run(runs_dir, number, last - datetime.timedelta(minutes=30 * number))
        began = time.perf_counter()
        subprocess.run([*kwslab, "runs", *place], check=True, capture_output=True, env=env)
        say({"first list, daemon started, seconds": round(time.perf_counter() - began, 1), "runs": given.runs})
        try:
            wait_until_warm([*kwslab, "daemon", "status", "--json", *place], env)
            say(timed("python", [sys.executable, "-c", "pass"], given.times, env))
            for words in (["runs"], ["runs", "--json"], ["runs", "--sort", "harmonic_mean"], ["status"]):
                say(timed(" ".join(words), [*kwslab, *words, *place], given.times, env))
        finally:
            subprocess.run([*kwslab, "daemon", "stop", *place], check=False, capture_output=True, env=env)
        (root / "config.toml").write_text("")
        if given.ended:
            say(many_ends(given.ended, vault, root / "other", kwslab, env))


def many_ends(count: int, vault: Path, state: Path, kwslab: list[str], env: dict[str, str]) -> dict[str, Any]:
    """Runs that ended while no daemon was there: how long until all are in the vault, and in how many writes."""
    started = datetime.datetime.now().astimezone() - datetime.timedelta(minutes=45)
    ended = [make_run(state / "data" / "runs", number, started) for number in range(count)]
    place = ["--vault", str(vault), "--state", str(state), "--no-daemon", "--json"]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*kwslab, "sync", *place], check=True, capture_output=True, env=env)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    text = "".join((vault / f"{name}.md").read_text() for name in ("Server", "Experiments"))
    again = subprocess.run([*kwslab, "sync", "--dry-run", *place], check=True, capture_output=True, env=env)
    return {
        "ended at once": count,
        "seconds until all are written": round(seconds, 1),
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "notes replaced": len(json.loads(done.stdout)["writes"]),
        "entries a run": sorted({text.count(f"^kw-{directory.id[-6:]}") for directory in ended}),
        "left to write": len(json.loads(again.stdout)["writes"]),
    }


if __name__ == "__main__":
    main()
