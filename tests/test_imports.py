"""What the rooms may import: the one arrow, and that light commands load nothing heavy.

The static contracts cannot see whether a deferred import really defers; child processes can.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "chromadb", "llama_cpp", "sentence_transformers", "transformers", "librosa", "numpy", "sqlite3")

LIGHT_MODULES = [
    "assistant",
    "assistant.__main__",
    "assistant.client",
    "assistant.daemon",
    "assistant.doctor",
    "assistant.lab",
    "assistant.settings",
    "assistant.tui.app",
    "fskws",
    "fskws.config",
    "fskws.errors",
    "fskws.runs",
    "fskws.supervisor",
    "vault_sync",
    "vault_sync.notes",
]


def loaded_after(statement: str, *, env: dict[str, str] | None = None) -> set[str]:
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env={**os.environ, **(env or {})}
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_light_modules_load_nothing_heavy(module):
    """Importing a room that every command goes through loads no heavy library."""
    assert loaded_after(f"import {module}").isdisjoint(HEAVY)


@pytest.mark.parametrize("module", ["runs", "metrics", "printed", "config", "errors", "supervisor"])
def test_run_side_is_standard_library_alone(module):
    """What is copied to a GPU server needs nothing installed there."""
    names = {name.split(".")[0] for name in loaded_after(f"import fskws.{module}")}
    before = {name.split(".")[0] for name in loaded_after("pass")}
    assert names - before <= set(sys.stdlib_module_names) | {"fskws"}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["ask", "--help"], ["run", "--help"], ["daemon", "status"], ["nonsense"]],
)
def test_light_commands_load_nothing_heavy(arguments, tmp_path):
    """Help, version, usage errors and the daemon's state come without any heavy library."""
    statement = (
        "from assistant.__main__ import main\n"
        f"try:\n    main({arguments!r}, prog_name='kwslab')\nexcept SystemExit:\n    pass"
    )
    env = {"KWSLAB_CONFIG": str(tmp_path / "none.toml"), "KWSLAB_STATE": str(tmp_path / "state")}
    assert loaded_after(statement, env=env).isdisjoint(HEAVY)


def test_arrow_between_the_packages():
    """assistant -> vault_sync -> fskws.runs/config/errors, never back; torch, Chroma and SQLite have one home each."""
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_contracts_name_every_room_of_the_core():
    """A module added to fskws is forbidden to the other packages by name, unless it stands on the short list."""
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    allowed = {"runs", "metrics", "printed", "config", "errors", "supervisor", "__init__", "__main__"}
    rooms = {
        f"fskws.{path.stem}"
        for path in (ROOT / "fskws").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem not in allowed
    }
    for contract in contracts[1:3]:
        assert rooms <= set(contract["forbidden_modules"]), contract["name"]
