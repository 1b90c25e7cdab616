"""The code of a run as a tree of its own (`--frozen`): commit, changed files and small untracked ones.

Made from git objects and the files as they are; nothing is written into the researcher's repository. What is not in the
tree is named, since a path that leads to it breaks there.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import LaunchError

#: A changed file beyond this is data, not code.
CHANGED_FILE_BYTES = 64 * 2**20


def materialise(
    code: Path, cwd: Path, argv: Sequence[str], env: Mapping[str, str], facts: Mapping[str, Any]
) -> tuple[Path, list[str]]:
    """Makes the tree `code/tree`.

    Args: code: the run's code directory, captured before. facts: what the capture returned.
    Returns: (the directory in the tree that stands for cwd, what is not frozen, one sentence each).
    Raises: LaunchError: there is no commit to start from, or git or the disk failed.
    """
    if not facts.get("commit"):
        why = "; ".join(facts.get("problems") or ()) or "no git commit"
        raise LaunchError(
            f"--frozen needs a git commit to start from, and {cwd} has none ({why}). Commit first, or leave it out."
        )
    root, tree = Path(facts["root"]), code / "tree"
    left_out: list[str] = []
    try:
        tree.mkdir()
        _check_out(root, code, tree, facts["commit"], left_out)
        _changed(root, tree, facts["commit"], left_out)
        for entry in facts.get("untracked") or ():
            if entry.get("saved"):
                target = tree / entry["name"]
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / entry["name"], target)
            else:
                left_out.append(f"{entry['name']} ({entry['bytes']} bytes, untracked) is not in the tree")
        inside = tree / os.path.relpath(os.path.realpath(cwd), os.path.realpath(root))
        inside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(
            f"--frozen: the tree {tree} cannot be made ({error.strerror or error}: {error.filename}). "
            "Free some space, or leave --frozen out."
        ) from error
    places = {str(root), os.path.realpath(root)}
    for word in argv:
        if any(place in word for place in places):
            left_out.append(f"{word!r} names the real tree, and is used from there")
    for name in ("PYTHONPATH", "LD_LIBRARY_PATH"):
        if any(place in env.get(name, "") for place in places):
            left_out.append(f"{name} leads into the real tree, and is used from there")
    left_out.append("files that git ignores (data, checkpoints, environments) are not in the tree")
    return inside, left_out


def _git(folder: Path, words: Sequence[str], index: Path | None = None) -> bytes:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment.update(GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", LC_ALL="C")
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    settings = ("core.fsmonitor=false", "core.quotePath=false", "core.hooksPath=/dev/null", "filter.lfs.smudge=",
                "filter.lfs.process=", "filter.lfs.required=false")  # fmt: skip
    command = ["git", *(part for setting in settings for part in ("-c", setting)), *words]
    try:
        done = subprocess.run(
            command, cwd=str(folder), env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"--frozen: git {words[0]} failed ({error}). Leave --frozen out.") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise LaunchError(f"--frozen: git {words[0]} failed ({said}). Leave --frozen out.")
    return done.stdout


def _check_out(root: Path, code: Path, tree: Path, commit: str, left_out: list[str]) -> None:
    index = code / ".index"
    try:
        _git(root, ["read-tree", commit], index)
        for line in _git(root, ["ls-files", "--stage", "-z"], index).split(b"\0"):
            if line.startswith(b"160000 "):
                name = os.fsdecode(line.partition(b"\t")[2])
                left_out.append(f"{name} is a repository of its own, and its files are not in the tree")
        _git(root, ["checkout-index", "--all", "--force", f"--prefix={tree}/"], index)
    finally:
        for path in (index, index.with_name(".index.lock")):
            if path.exists():
                path.unlink()


def _changed(root: Path, tree: Path, commit: str, left_out: list[str]) -> None:
    """Files that differ from the commit, as they are now."""
    out = _git(root, ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", commit, "--"])
    for name in (os.fsdecode(part) for part in out.split(b"\0") if part):
        source, target = root / name, tree / name
        try:
            facts = os.lstat(str(source))
        except FileNotFoundError:
            if target.is_symlink() or target.is_file():
                target.unlink()
            continue
        if stat.S_ISLNK(facts.st_mode) or stat.S_ISREG(facts.st_mode):
            if facts.st_size > CHANGED_FILE_BYTES:
                left_out.append(f"{name} ({facts.st_size} bytes, changed) is in the tree as committed")
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink() or target.exists():
                target.unlink()
            shutil.copy2(str(source), str(target), follow_symlinks=False)
