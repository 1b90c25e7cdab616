"""The door to git: reads objects and applies a patch in a folder of its own. Never writes into a repository.

Nothing configured in a tree may run a program, no lock may get into the researcher's way, and a git that is missing,
slow or refuses is an answer like any other.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: One call of git may take so long.
CALL_SECONDS = 20.0

_SETTINGS = (
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.hooksPath=/dev/null",
    "diff.relative=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "apply.whitespace=nowarn",
    "apply.ignoreWhitespace=no",
)


@dataclass(frozen=True)
class GitAnswer:
    """out: what git printed. problem: why it did not do it, in one line; "" when it did."""

    out: bytes
    problem: str = ""


def git(folder: Path, words: Sequence[str], *, stdin: bytes = b"", alone: bool = False) -> GitAnswer:
    """Runs one git command in a folder, without a shell. Never raises.

    Args: words: the command and its arguments. stdin: what it reads. alone: no repository around `folder` counts.
    """
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
    if alone:
        environment["GIT_CEILING_DIRECTORIES"] = str(folder.parent)
    try:
        done = subprocess.run(
            ["git", *settings, *words],
            cwd=folder,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=CALL_SECONDS,
        )
    except FileNotFoundError:
        missing = "git is not installed" if folder.is_dir() else f"{folder} is not there"
        return GitAnswer(b"", missing)
    except subprocess.TimeoutExpired:
        return GitAnswer(b"", f"git {words[0]} took longer than {CALL_SECONDS:.0f} s")
    except (OSError, ValueError) as error:
        return GitAnswer(b"", f"git {words[0]}: {error}")
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        return GitAnswer(done.stdout, said or f"git {words[0]} ended with code {done.returncode}")
    return GitAnswer(done.stdout)


def repository_of(folder: Path) -> Path | None:
    """The root of the repository a folder stands in; None when it is in none."""
    found = git(folder, ["rev-parse", "--show-toplevel"])
    text = os.fsdecode(found.out).rstrip("\n")
    return Path(text) if not found.problem and text else None


def has_commit(repository: Path, commit: str) -> bool:
    """Whether a repository (still) holds a commit."""
    return bool(commit) and not git(repository, ["cat-file", "-e", f"{commit}^{{commit}}"]).problem


def changed_names(repository: Path, before: str, after: str) -> tuple[list[str], str]:
    """(files that differ between two commits, why that cannot be told)."""
    words = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", before, after, "--"]
    found = git(repository, words)
    return [os.fsdecode(name) for name in found.out.split(b"\0") if name], found.problem


def blobs_at(repository: Path, commit: str) -> dict[str, str]:
    """File -> blob id of every file of a commit; {} when it cannot be told."""
    found = git(repository, ["ls-tree", "-r", "-z", "--full-tree", commit])
    blobs: dict[str, str] = {}
    for line in found.out.split(b"\0"):
        head, _, name = line.partition(b"\t")  # "<mode> blob <id>"
        words = head.split()
        if len(words) == 3 and words[1] == b"blob":
            blobs[os.fsdecode(name)] = words[2].decode("ascii")
    return blobs


def contents_at(repository: Path, commit: str, names: Sequence[str]) -> dict[str, bytes]:
    """What files held at a commit; one that was not there, or is no file, is left out."""
    asked = [name for name in names if "\n" not in name]
    stdin = b"".join(os.fsencode(f"{commit}:{name}") + b"\n" for name in asked)
    out = git(repository, ["cat-file", "--batch"], stdin=stdin).out
    held: dict[str, bytes] = {}
    position = 0
    for name in asked:
        end = out.find(b"\n", position)
        if end < 0:
            break
        head = out[position:end].rsplit(b" ", 2)
        position = end + 1
        # "<id> <type> <size>" and the content, or "<what was asked> missing"
        if len(head) != 3 or not head[2].isdigit():
            continue
        size = int(head[2])
        if head[1] == b"blob":
            held[name] = out[position : position + size]
        position += size + 1
    return held


def apply_patch(folder: Path, patch: bytes) -> str:
    """Applies a patch to the files of a folder that is no repository; returns why it could not, "" when it could.

    git refuses names that lead out of the folder, and writes through no link.
    """
    return git(folder, ["apply", "--whitespace=nowarn", "-"], stdin=patch, alone=True).problem
