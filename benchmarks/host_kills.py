"""SIGKILL of ssh connection, sshd and daemon during runs on a host: outcome, every metric, one note each.

    uv run python benchmarks/host_kills.py                    50 rounds for each (about 8 minutes each)
    uv run python benchmarks/host_kills.py --rounds 5 sshd

A round starts five runs over a real OpenSSH server on this machine: they end well, fail with 3, are killed, and run out
of memory and of GPU memory. Contact is cut, the runs end meanwhile, and contact comes back. Right is: status, exit code
and cause, all 400 steps, output byte for byte, one entry a note, nothing left to write. Prints one JSON line a victim;
the bar is no wrong round. The suite does the same five times (`uv run pytest -m sshd`, whose test this runs).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VICTIMS = {"connection": "kill_connection", "sshd": "kill_sshd", "daemon": "kill_daemon"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("victims", nargs="*", help=f"of {', '.join(VICTIMS)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args()
    wrong = False
    for victim in given.victims or VICTIMS:
        if victim not in VICTIMS:
            sys.exit(f"{victim!r} is no victim; there are {', '.join(VICTIMS)}")
        began = time.monotonic()
        test = f"tests/assistant/test_hosts_sshd.py::test_no_kill_changes_what_is_known_of_a_run[{VICTIMS[victim]}]"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", "sshd", test],
            cwd=ROOT,
            env={**os.environ, "KWSLAB_KILL_ROUNDS": str(given.rounds)},
            capture_output=True,
            text=True,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith(("E  ", "SKIPPED", "FAILED", "ERROR"))]
        right = done.returncode == 0 and "1 passed" in done.stdout
        wrong = wrong or not right
        said = {"victim": victim, "rounds": given.rounds, "runs": 5 * given.rounds, "all right": right}
        print(json.dumps({**said, "seconds": round(time.monotonic() - began, 1), "said": lines[:3]}), flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
