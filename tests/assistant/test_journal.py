"""The journals of benchmarks/journal, asked by words alone: a floor under the share of right answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCORE = Path(__file__).parents[2] / "benchmarks" / "journal" / "score.py"


@pytest.mark.slow
@pytest.mark.parametrize("seeds", ["11-13", "1011-1013"])
def test_journals_are_answered_with_support_or_refused(tmp_path, seeds):
    """At least 95 of 100 questions are answered right or refused rightly, no figure is without support, and plain BM25
    stays far behind."""
    out = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, str(SCORE), "--seeds", seeds, "--words-only", "--json", str(out)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    ours, bm25 = json.loads(out.read_text("utf-8"))
    assert ours["right"] >= 0.95
    assert ours["unsupported_figures"] == 0
    assert ours["citation_recall"] >= 0.95
    assert ours["right"] > bm25["right"] + 0.25
