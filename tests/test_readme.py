"""README and docs are true: the file tree, the commands, the links."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PACKAGES = ("assistant", "fskws", "vault_sync")


def tree_paths():
    """The paths of README's file tree, folders with a slash at the end."""
    tree = README.split("## File tree", 1)[1].split("```")[1].splitlines()
    folders: list[str] = []
    found = []
    for line in tree:
        match = re.match(r"( *)(\S+)( +\S.*)?$", line)
        if not match or not match[2].strip():
            continue
        depth = len(match[1]) // 2
        folders = folders[:depth]
        found.append("".join(folders) + match[2])
        if match[2].endswith("/"):
            folders.append(match[2])
    return found


def test_file_tree_is_there():
    """Every path of the tree exists."""
    missing = [path for path in tree_paths() if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("package", PACKAGES)
def test_file_tree_is_whole(package):
    """Every module of the packages stands in the tree."""
    listed = set(tree_paths())
    modules = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.py") if path.name != "__init__.py"
    }
    assert modules - listed == set()


def test_ci_runs_the_test_command():
    """.ci/run calls exactly README's test command."""
    assert "uv run pytest\n" in README
    assert (ROOT / ".ci" / "run").read_text("utf-8").endswith("\nuv run pytest\n")


def test_every_named_command_exists():
    """Each `kwslab X` that README or docs name is a command, and every command is in README's table."""
    done = subprocess.run([sys.executable, "-m", "assistant", "--help"], capture_output=True, text=True, cwd=ROOT)
    commands = set(re.findall(r"^  ([a-z]+) ", done.stdout.split("Commands:")[1], re.MULTILINE))
    texts = README + "".join(path.read_text("utf-8") for path in [*(ROOT / "docs").glob("*.md"), ROOT / "CHANGELOG.md"])
    named = set(re.findall(r"`kwslab ([a-z]+)", texts)) | set(re.findall(r"uv run kwslab ([a-z]+)", texts))
    assert named <= commands
    assert commands <= set(re.findall(r"^\| `([a-z]+)", README, re.MULTILINE)) | set(
        re.findall(r"`([a-z]+)`", README.split("## Commands", 1)[1].split("\n## ", 1)[0])
    )


def test_links_of_the_documents_lead_somewhere():
    """Every relative Markdown link and image of README and docs names a file that is there."""
    for file in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", file.read_text("utf-8")):
            if "://" not in target:
                assert (file.parent / target).exists(), (file.name, target)


def test_markers_of_slow_tests_have_a_command():
    """Each marker that the default run leaves out has its own command in README."""
    for marker in ("slow", "sshd", "gpu"):
        if any(f"mark.{marker}" in path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")):
            assert f"uv run pytest -m {marker}" in README
