"""The writer killed again and again, while an editor keeps saving the same note."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "vault_writes.py"


def test_kill_after_kill_nothing_is_lost_and_nothing_doubled():
    """A hundred writes through SIGKILLs and an editor's saves: each line it saved is there once, each block once at
    most, and nothing lies about. The benchmark does it a thousand times."""
    command = [sys.executable, str(BENCHMARK), "crash", "--appends", "100", "--seed", "7"]
    command += ["--pause", "0.02", "--life", "0.15"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    assert result["kills"] > 5 and result["editor_saves"] > 10
    assert result["lines_lost"] == [] and result["lines_doubled"] == []
    assert result["blocks_doubled"] == []
    assert result["left_behind"] == []
    assert result["days"] == ["2026-03-13", "2026-03-14"]
    # An editor that saves an old buffer twice over our block has deleted it; that is rare.
    assert result["blocks"] >= 80
    assert done.returncode == 0
