"""SIGKILL of daemon, terminal interface and GPU sampler during runs: outcome, every metric, one note each.

    uv run python benchmarks/kills.py                       50 rounds for each
    uv run python benchmarks/kills.py --rounds 5 tui

A round starts four runs at once, which end well, fail with 3, are killed, and run out of GPU memory. Each logs 200
steps, one victim gets its SIGKILL, and each logs 200 more and ends. Right is: status, exit code and cause of every run,
all 400 steps, one entry a note, nothing left to write. Prints one JSON line a victim; the bar is no wrong round. The
suite does the same five times (tests/assistant/test_kills.py, whose parts these are).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def parts() -> Any:
    """The suite's module of kills."""
    spec = importlib.util.spec_from_file_location("test_kills", ROOT / "tests" / "assistant" / "test_kills.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    kills = parts()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("victims", nargs="*", help=f"of {', '.join(kills.VICTIMS)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args()
    wrong_at_all = False
    for victim in given.victims or kills.VICTIMS:
        if victim not in kills.VICTIMS:
            sys.exit(f"{victim!r} is no victim; there are {', '.join(kills.VICTIMS)}")
        wrong: list[str] = []
        began = time.monotonic()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            bench = kills.Bench(Path(folder))
            try:
                with bench.hanging_driver():
                    for number in range(1, given.rounds + 1):
                        try:
                            kills.kill_during(bench, [victim])
                        except AssertionError as error:
                            wrong.append(f"round {number}: {str(error).splitlines()[0]}")
            finally:
                bench.end()
        wrong_at_all = wrong_at_all or bool(wrong)
        say = {
            "killed": victim,
            "rounds": given.rounds,
            "runs": given.rounds * len(kills.ENDS),
            "wrong": wrong,
            "seconds": round(time.monotonic() - began, 1),
        }
        print(json.dumps(say), flush=True)
    sys.exit(1 if wrong_at_all else 0)


if __name__ == "__main__":
    main()
