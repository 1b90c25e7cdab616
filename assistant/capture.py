"""What code a run ran: commit, dirty patch, small untracked files and package versions, taken before it starts.

The researcher often edits the code and keeps the flags, so a run without its patch cannot be told from its parent.
Taking it never fails a launch: what could not be had is named in `code/git.json`.
"""

from __future__ import annotations

import glob
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

from fskws.runs import RunDirectory, write_aside

#: Beyond these a patch is cut, and an untracked file is only named.
PATCH_BYTES = 5 * 2**20
UNTRACKED_FILE_BYTES = 256 * 1024
UNTRACKED_TOTAL_BYTES = 4 * 2**20
UNTRACKED_FILES = 500

#: So much is hashed of what the configuration names.
HASHED_FILES = 200
HASHED_BYTES = 4 * 2**30
REMEMBERED_HASHES = 2000

#: All of the capture together; what is not there by then is left out.
CAPTURE_SECONDS = 10.0

_SECRET_FILES = re.compile(
    r"(^|/)(\.env($|\.)|\.netrc$|id_[a-z0-9]+$|.*\.(pem|key|p12|pfx)$|.*(secret|credential|token).*)", re.I
)
_DATA_FILES = re.compile(
    r"\.(pt|pth|ckpt|bin|npy|npz|wav|flac|mp3|zip|gz|tar|h5|hdf5|safetensors|onnx|so|o|pyc|png|jpe?g)$", re.I
)


#: What is looked for where there is no repository, and among how many entries.
_SOURCE_FILES = re.compile(r"\.(pyi?|sh|bash|ya?ml|toml|json|cfg|ini|gin|cu|cuh|c|cc|cpp|h|hpp)$", re.I)
_NO_SOURCES = frozenset(("__pycache__", "node_modules", "site-packages", "wandb", "mlruns", "checkpoints", "data"))
SOURCE_ENTRIES = 5000


def may_hold_secret(name: str) -> bool:
    """Whether a file's path says that it may hold a key or a password, so that its content is left alone."""
    return _SECRET_FILES.search(name) is not None


def capture_code(
    directory: RunDirectory, cwd: Path, env: Mapping[str, str], hashed: Sequence[str] = ()
) -> dict[str, Any]:
    """Saves the code state of `cwd` in the run's code directory. Never raises.

    Args: hashed: patterns of data and evaluator files (`*` and `**`, below cwd or absolute) whose hashes are kept.
    Returns: what `code/git.json` holds: "commit", "branch", "root", "dirty", "patch_bytes", "untracked" (names with
        sizes), "python" and "packages" (name -> version) of the command's interpreter, "scripts" and "hashes" (file ->
        sha256), and "problems" (what could not be had, and why). Where there is no commit, the source files beside a
        script that the command names are copied like untracked ones, and "sources" is true.
    """
    facts: dict[str, Any] = {"problems": []}
    try:
        directory.code.mkdir(exist_ok=True)
        argv = json.loads(directory.command.read_bytes()).get("argv", [])
        facts["python"] = python_version(argv, cwd, env)
        facts["packages"] = package_versions(argv, cwd, env)
        if not facts["python"] and argv and re.fullmatch(r"(python|pypy)[\d.]*", Path(argv[0]).name):
            facts.update(_asked_interpreter(argv[0], cwd, env))
        facts["scripts"] = _scripts(argv, cwd)
        if hashed:
            remembered = directory.root.parent.parent / "hashes.json"
            facts["hashes"] = file_hashes(hashed, cwd, remembered, facts["problems"])
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
        if facts.get("scripts"):
            facts["root"], facts["sources"] = str(cwd), True
            _copy_untracked(code, cwd, _source_names(cwd, deadline), facts)
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


def _source_names(cwd: Path, deadline: float) -> list[str]:
    """Source files below a folder that is in no repository, programs first; [] for a home directory."""
    if cwd.resolve() in (Path("/"), Path.home().resolve()):
        return []
    found: list[str] = []
    waiting = [""]
    seen = 0
    while waiting and seen < SOURCE_ENTRIES and time.monotonic() < deadline:
        folder = waiting.pop(0)
        try:
            entries = sorted(os.scandir(cwd / folder), key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names or "conda-meta" in names:
            continue
        seen += len(entries)
        for entry in entries:
            name = f"{folder}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _NO_SOURCES and name.count("/") < 6:
                    waiting.append(f"{name}/")
            elif entry.is_file(follow_symlinks=False) and _SOURCE_FILES.search(entry.name):
                found.append(name)
    return sorted(found, key=lambda name: (not name.endswith((".py", ".sh")), name.count("/"), name))


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


def file_hashes(
    patterns: Sequence[str], cwd: Path, remembered: Path, problems: list[str], seconds: float = CAPTURE_SECONDS
) -> dict[str, str]:
    """sha256 of the files that match, by path as the pattern gives it. What is too much is named in `problems`.

    Args: remembered: a file of hashes by path, size and time of change, so that gigabytes are read once.
    """
    deadline = time.monotonic() + seconds
    try:
        known = json.loads(remembered.read_bytes())
    except (OSError, ValueError):
        known = {}
    known = known if isinstance(known, dict) else {}
    found: dict[str, str] = {}
    fresh: dict[str, list[Any]] = {}
    for pattern in patterns:
        absolute = Path(pattern).expanduser()
        names = sorted(glob.glob(str(cwd / absolute), recursive=True))  # noqa: PTH207
        files = [Path(name) for name in names if Path(name).is_file()]
        if not files:
            problems.append(f"no file matches {pattern!r}, so nothing of it is hashed")
        if len(files) > HASHED_FILES:
            problems.append(f"{pattern!r} matches {len(files)} files; the first {HASHED_FILES} are hashed")
        for path in files[:HASHED_FILES]:
            shown = str(path) if absolute.is_absolute() else os.path.relpath(str(path), str(cwd))
            try:
                facts = path.stat()
                stamp = [facts.st_size, facts.st_mtime_ns, facts.st_ino]
                before = known.get(os.path.realpath(str(path)))
                if isinstance(before, list) and before[:3] == stamp:
                    found[shown] = before[3]
                    continue
                if facts.st_size > HASHED_BYTES:
                    problems.append(f"{shown} ({facts.st_size} bytes) is too large to be hashed")
                    continue
                digest = hashlib.sha256()
                with path.open("rb") as file:
                    while piece := file.read(2**20):
                        digest.update(piece)
                        if time.monotonic() > deadline:
                            raise TimeoutError(f"not hashed within {seconds:.0f} s")
                found[shown] = digest.hexdigest()
                fresh[os.path.realpath(str(path))] = [*stamp, found[shown]]
            except OSError as error:
                problems.append(f"{shown}: {error.strerror or error}")
    if fresh:
        try:
            kept = dict(list({**known, **fresh}.items())[-REMEMBERED_HASHES:])
            write_aside(remembered, json.dumps(kept).encode())
        except OSError as error:
            problems.append(f"hashes are not remembered: {error.strerror or error}")
    return found


_ASK = """
import importlib.metadata, json, platform
named = ((d.metadata["Name"], d.version) for d in importlib.metadata.distributions())
found = {n.lower().replace("_", "-"): v for n, v in named if n}
print(json.dumps({"python": platform.python_version(), "packages": dict(sorted(found.items()))}))
"""


def _asked_interpreter(program: str, cwd: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """ "python" and "packages" as an interpreter tells them itself, for one that is a shim; {} when it does not."""
    try:
        done = subprocess.run(
            [program, "-I", "-c", _ASK], cwd=str(cwd), env=dict(env), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=CAPTURE_SECONDS / 2,
        )  # fmt: skip
        told = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return told if isinstance(told, dict) else {}


def _environment_of(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Path | None:
    """The folder of the Python environment a command runs in: that of its program, else the active one."""
    found = None
    if argv:
        found = shutil.which(argv[0], path=env.get("PATH")) if "/" not in argv[0] else str(cwd / argv[0])
    places = [str(Path(found).parent.parent)] if found else []
    # A launcher such as torchrun or uv may stand elsewhere.
    places += [env[name] for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if env.get(name)]
    for place in places:
        if any(Path(place).glob("lib/python3*/site-packages")):
            return Path(place)
    return None


def python_version(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> str:
    """Version of the Python a command runs in, read from its environment's files; "" where they do not tell."""
    place = _environment_of(argv, cwd, env)
    if place is None:
        return ""
    try:
        told = re.search(r"(?m)^version(?:_info)?\s*=\s*(\d[\w.]*)", (place / "pyvenv.cfg").read_text("utf-8"))
    except (OSError, ValueError):
        told = None
    if told:
        return told[1]
    names = [path.parent.name for path in place.glob("lib/python3*/site-packages")]
    return names[0][len("python") :] if names else ""


def package_versions(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Versions installed in the environment that a command runs in, read from its folders without starting it."""
    place = _environment_of(argv, cwd, env)
    versions: dict[str, str] = {}
    for folder in place.glob("lib/python3*/site-packages") if place else ():
        for path in folder.glob("*.dist-info"):
            match = re.fullmatch(r"(.+?)-([^-]+)\.dist-info", path.name)
            if match:
                versions[match[1].lower().replace("_", "-")] = match[2]
    return dict(sorted(versions.items()))
