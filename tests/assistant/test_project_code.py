"""The project's code in the daemon: notes of source files, and what a run changed against the one before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import settings as settings_module
from assistant.errors import SettingsError
from assistant.lab import Lab
from assistant.launch import wait_for_exit


def config(tmp_path: Path, mirror: str, project: str = "project") -> settings_module.Settings:
    """The settings of a vault and a project below tmp_path."""
    (tmp_path / "vault").mkdir(exist_ok=True)
    (tmp_path / "vault" / "Scratch.md").write_text("# Scratch\n\n## 2026/03/14\nsee [[Code/net.py]]\n")
    file = tmp_path / "config.toml"
    file.write_text(
        f'state = "state"\n[vault]\npath = "vault"\n[project]\ndir = "{tmp_path / project if project else ""}"\n'
        f"[mirror]\n{mirror}\n"
    )
    return settings_module.load(environ={"KWSLAB_CONFIG": str(file)})


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "net.py").write_text("def forward(x):\n    return x\n")
    (root / "train.py").write_text("import net\n")
    author = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", *words], cwd=root, env={**os.environ, **author}, check=True)
    return root


def run(lab: Lab, project: Path, name: str) -> str:
    started = lab.op_run([sys.executable, "train.py"], str(project), env=dict(os.environ), name=name)
    wait_for_exit(Path(started["directory"]), 30)
    return started["id"]


def test_source_files_get_notes_where_that_is_switched_on(tmp_path, project):
    """The preview shows them; sync makes them; afterwards nothing is due; switched off there is nothing."""
    off = Lab(config(tmp_path, "enabled = false"))
    assert off.op_sync(dry_run=True)["writes"] == []
    off.close()
    lab = Lab(config(tmp_path, 'enabled = true\nfolder = "Source"'))
    lab.settings.vault_path.joinpath("Scratch.md").write_text("# Scratch\n[[Source/net.py]]\n")
    (preview,) = lab.op_sync(dry_run=True)["writes"]
    assert preview["note"] == "Source/net.py.md" and "+- `def forward(x)`\n" in preview["diff"]
    assert not (lab.settings.vault_path / "Source").exists()
    id = run(lab, project, "First")
    assert {write["note"] for write in lab.op_sync()["writes"]} == {
        "Source/net.py.md",
        "Source/train.py.md",
        "Server.md",
        "Experiments.md",
    }
    assert f"First ({id})" in (lab.settings.vault_path / "Source/net.py.md").read_text()
    for _ in range(2):  # the list of runs links to the result as soon as that is there
        lab.op_sync()
    assert lab.op_sync(dry_run=True)["writes"] == []
    assert lab.op_undo(1)[0]["note"] in ("Source/net.py.md", "Source/train.py.md")
    lab.close()


def test_a_run_shows_what_its_code_changed(tmp_path, project):
    """Against the run of the same program before it, by file and function."""
    lab = Lab(config(tmp_path, "enabled = false"))
    first = run(lab, project, "First")
    (project / "net.py").write_text("def forward(x):\n    return 2 * x\n")
    second, third = run(lab, project, "Second"), run(lab, project, "Third")
    assert lab.op_show(first)["code"] is None
    assert lab.op_show(second)["code"] == {
        "against": first,
        "words": "`net.py` (`forward`)",
        "files": [{"path": "net.py", "how": "changed", "symbols": ["forward"]}],
        "problems": [],
    }
    assert lab.op_show(third)["code"]["words"] == "the same code"
    lab.close()


def test_a_mirror_without_a_project_or_in_a_hidden_folder_is_refused(tmp_path):
    """The message names the key and what it has to be."""
    with pytest.raises(SettingsError, match=r"\[mirror\] is enabled, but \[project\] dir names no project"):
        config(tmp_path, "enabled = true", project="")
    with pytest.raises(SettingsError, match=r"\[mirror\] folder is '\.hidden'; it has to be a folder of the vault"):
        config(tmp_path, 'folder = ".hidden"')
