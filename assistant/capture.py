"""What code a run ran: commit, dirty patch, small untracked files and package versions, taken before it starts.

The researcher often edits the code and keeps the flags, so a run without its patch cannot be told from its parent.
Taking it never fails a launch: what could not be had is named in `code/git.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fskws.runs import RunDirectory

#: Beyond these a patch is cut, and an untracked file is only named.
PATCH_BYTES = 5 * 2**20
UNTRACKED_FILE_BYTES = 256 * 1024
UNTRACKED_TOTAL_BYTES = 4 * 2**20
UNTRACKED_FILES = 500

#: All of the capture together; what is not there by then is left out.
CAPTURE_SECONDS = 10.0

_SECRET_FILES = re.compile(
    r"(^|/)(\.env($|\.)|\.netrc$|id_[a-z0-9]+$|.*\.(pem|key|p12|pfx)$|.*(secret|credential|token).*)", re.I
)
_DATA_FILES = re.compile(
    r"\.(pt|pth|ckpt|bin|npy|npz|wav|flac|mp3|zip|gz|tar|h5|hdf5|safetensors|onnx|so|o|pyc|png|jpe?g)$", re.I
)


def may_hold_secret(name: str) -> bool:
    """Whether a file's path says that it may hold a key or a password, so that its content is left alone."""
    return _SECRET_FILES.search(name) is not None


def capture_code(directory: RunDirectory, cwd: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Saves the code state of `cwd` in the run's code directory. Never raises.

    Returns: what `code/git.json` holds: "commit", "branch", "root", "dirty", "patch_bytes", "untracked" (names with
        sizes), "packages" (name -> version) and "problems" (what could not be had, and why).
    """
    facts: dict[str, Any] = {"problems": []}
    try:
        directory.code.mkdir(exist_ok=True)
        argv = json.loads(directory.command.read_bytes()).get("argv", [])
        facts["packages"] = package_versions(argv, cwd, env)
        facts["scripts"] = _scripts(argv, cwd)
        _capture_git(directory.code, cwd, env, facts)
        text = json.dumps(facts, ensure_ascii=False, indent=1)
        (directory.code / "git.json").write_text(text + "\n", "utf-8", errors="surrogateescape")
    except (OSError, ValueError) as error:
        facts["problems"].append(f"code state not saved: {error}")
    return facts


def _capture_git(code: Path, cwd: Path, env: Mapping[str, str], facts: dict[str, Any]) -> None:
    deadline = time.monotonic() + CAPTURE_SECONDS
    # Nothing configured in the tree may run a program, and no lock may get into the researcher's way.
    settings = ["core.fsmonitor=false", "core.quotePath=false"]
    # Patches are read back, however the researcher likes to see them.
    settings += ["diff.relative=false", "diff.noprefix=false", "diff.mnemonicPrefix=false"]
    quiet = ["git", *(part for setting in settings for part in ("-c", setting)), "--no-optional-locks"]
    environment = {k: v for k, v in env.items() if not k.startswith("GIT_")}
    environment.update(GIT_TERMINAL_PROMPT="0", LC_ALL="C")

    def git(*words: str) -> bytes | None:
        try:
            done = subprocess.run(
                [*quiet, *words],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=max(deadline - time.monotonic(), 0.1),
            )
        except FileNotFoundError:
            facts["problems"].append("git is not installed")
            return None
        except (subprocess.TimeoutExpired, OSError) as error:
            facts["problems"].append(f"git {words[0]}: {error}")
            return None
        return done.stdout if done.returncode == 0 else None

    found = git("rev-parse", "--show-toplevel", "--abbrev-ref", "HEAD")
    if found is None:
        # Not a repository, or one without a commit.
        if not facts["problems"]:
            facts["problems"].append("no git commit to refer to")
        return
    lines = os.fsdecode(found).splitlines()
    facts["root"], facts["branch"] = lines[0], lines[1] if len(lines) > 1 else ""
    facts["commit"] = os.fsdecode(git("rev-parse", "HEAD") or b"").strip()
    patch = git("diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames") or b""
    facts["dirty"] = bool(patch)
    facts["patch_bytes"] = len(patch)
    if patch:
        facts["patch_sha256"] = hashlib.sha256(patch).hexdigest()
        if len(patch) > PATCH_BYTES:
            facts["problems"].append(f"the patch of {len(patch)} bytes is cut to {PATCH_BYTES}")
        (code / "changes.patch").write_bytes(patch[:PATCH_BYTES])
    listed = git("ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/") or b""
    _copy_untracked(code, Path(facts["root"]), [os.fsdecode(name) for name in listed.split(b"\0") if name], facts)


def _copy_untracked(code: Path, root: Path, names: Sequence[str], facts: dict[str, Any]) -> None:
    """Copies what is small and looks like code; the rest is named with its size."""
    facts["untracked_count"] = len(names)
    kept: list[dict[str, Any]] = []
    total = 0
    for name in names[:UNTRACKED_FILES]:
        source = root / name
        try:
            if source.is_symlink() or not source.is_file():
                continue
            size = source.stat().st_size
            entry: dict[str, Any] = {"name": name, "bytes": size}
            plain = not may_hold_secret(name) and not _DATA_FILES.search(name)
            if plain and size <= UNTRACKED_FILE_BYTES and total + size <= UNTRACKED_TOTAL_BYTES:
                target = code / "untracked" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                total += size
                entry["saved"] = True
            kept.append(entry)
        except OSError as error:
            facts["problems"].append(f"{name}: {error.strerror or error}")
    facts["untracked"] = kept


def _scripts(argv: Sequence[str], cwd: Path) -> dict[str, str]:
    """sha256 of the source files that the command names."""
    found = {}
    for word in argv[:50]:
        path = cwd / word
        try:
            if word.endswith((".py", ".sh")) and path.is_file() and path.stat().st_size < 2**21:
                found[word] = hashlib.sha256(path.read_bytes()).hexdigest()
        except (OSError, ValueError):
            continue
    return found


def package_versions(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Versions installed for the interpreter that a command names, read from its folders without starting it."""
    if not argv or not re.fullmatch(r"(python|pypy)[\d.]*", Path(argv[0]).name):
        return {}
    found = shutil.which(argv[0], path=env.get("PATH")) if "/" not in argv[0] else str(cwd / argv[0])
    if not found:
        return {}
    versions: dict[str, str] = {}
    for folder in Path(found).parent.parent.glob("lib/python3*/site-packages"):
        for path in folder.glob("*.dist-info"):
            match = re.fullmatch(r"(.+?)-([^-]+)\.dist-info", path.name)
            if match:
                versions[match[1].lower().replace("_", "-")] = match[2]
    return dict(sorted(versions.items()))
