"""What changed in a repository between two days, by file and function, and in which commits; read-only.

Between two runs `vault_sync.changes` tells more, for a run keeps its uncommitted edits too.
"""

from __future__ import annotations

import datetime
import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vault_sync import git
from vault_sync.changes import FileChange
from vault_sync.code import FILE_BYTES, is_source, touched_symbols

#: So many changed files are compared; the others are named.
_FILES_COMPARED = 200
_DIFF_LINES = 400


@dataclass(frozen=True)
class Commit:
    """id: seven characters. day: local ISO day and time. subject: its first line. paths: the files it touched."""

    id: str
    moment: str
    subject: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """What changed in a stretch of time.

    Attributes:
        repository: its root. base: the commit that stood at the beginning, "" when the first one came later.
        commits: made in the stretch, newest first. files: what differs between its two ends.
        dirty: files with edits that no commit holds (only when the stretch ends now). more: changed files not compared.
        problem: why nothing can be told, "" when something can.
    """

    repository: Path
    base: str = ""
    base_moment: str = ""
    commits: tuple[Commit, ...] = ()
    files: tuple[FileChange, ...] = ()
    dirty: frozenset[str] = frozenset()
    more: int = 0
    problem: str = ""


def history(
    repository: Path,
    since: datetime.datetime | None,
    until: datetime.datetime | None = None,
    within: Sequence[str] = (),
) -> History:
    """What changed in a repository from `since` to `until`, None is its first commit and this moment.

    Args: repository: its root. within: paths (files or folders) that alone count; () for all.
    """
    head = git.git(repository, ["rev-parse", "HEAD"])
    if head.problem:
        return History(repository, problem=f"{repository} has no commit to compare with")
    end = _commit_before(repository, until) if until is not None else os.fsdecode(head.out).strip()
    if not end:
        return History(repository, problem="no commit had been made by then")
    base = _commit_before(repository, since) if since is not None else ""
    commits = _commits(repository, since, until, within)
    names = set(_names_between(repository, base, end))
    dirty: set[str] = set()
    if until is None:
        dirty = _dirty(repository)
        names |= dirty
    if within:
        names = {name for name in names if any(name == one or name.startswith(f"{one}/") for one in within)}
    listed = sorted(names)
    compared = listed[:_FILES_COMPARED]
    before = git.contents_at(repository, base, compared) if base else {}
    after = git.contents_at(repository, end, compared) if until is not None else _working(repository, compared)
    files = [_change(name, before.get(name), after.get(name)) for name in compared]
    return History(
        repository,
        base[:7],
        _moment(repository, base),
        commits,
        tuple(one for one in files if one is not None),
        frozenset(dirty),
        len(listed) - len(compared),
    )


def last_commits(repository: Path, path: str, number: int = 1) -> tuple[Commit, ...]:
    """The newest commits that touched a file or folder."""
    return _commits(repository, None, None, (path,), number)


def uncommitted(repository: Path) -> frozenset[str]:
    """Files with edits that no commit holds, and files that git does not know yet."""
    return frozenset(_dirty(repository))


def _commit_before(repository: Path, moment: datetime.datetime | None) -> str:
    if moment is None:
        return ""
    words = ["rev-list", "-1", "--first-parent", f"--before={moment.isoformat()}", "HEAD"]
    return os.fsdecode(git.git(repository, words).out).strip()


def _moment(repository: Path, commit: str) -> str:
    if not commit:
        return ""
    said = os.fsdecode(git.git(repository, ["show", "-s", "--format=%cd", "--date=iso-local", commit]).out)
    return said.strip()[:16]


def _commits(
    repository: Path,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    within: Sequence[str],
    number: int = 50,
) -> tuple[Commit, ...]:
    words = [
        "log",
        f"-{number}",
        "--date=iso-local",
        "--format=%x1e%h%x1f%cd%x1f%s%x1d",
        "--name-only",
        "-z",
        "--no-renames",
    ]
    if since is not None:
        words.append(f"--since={since.isoformat()}")
    if until is not None:
        words.append(f"--until={until.isoformat()}")
    said = os.fsdecode(git.git(repository, [*words, "--", *within]).out)
    found = []
    for block in said.split("\x1e")[1:]:
        head, _, names = block.partition("\x1d")
        parts = head.split("\x1f")
        if len(parts) == 3:
            paths = tuple(name for name in names.replace("\n", "\0").split("\0") if name)
            found.append(Commit(parts[0][:7], parts[1][:16], parts[2], paths))
    return tuple(found)


def _names_between(repository: Path, base: str, end: str) -> list[str]:
    if base:
        return git.changed_names(repository, base, end)[0]
    listed = git.git(repository, ["ls-tree", "-r", "--name-only", "-z", end]).out
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def _dirty(repository: Path) -> set[str]:
    edited = git.git(repository, ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "HEAD"]).out
    new = git.git(repository, ["ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/"]).out
    found = {os.fsdecode(name) for name in edited.split(b"\0") if name}
    return found | {name for name in map(os.fsdecode, new.split(b"\0")) if name and is_source(name)}


def _working(repository: Path, names: Sequence[str]) -> Mapping[str, bytes]:
    held: dict[str, bytes] = {}
    for name in names:
        place = repository / name
        try:
            if place.is_file() and not place.is_symlink() and place.stat().st_size <= FILE_BYTES:
                held[name] = place.read_bytes()
            elif place.is_file():
                held[name] = b"\0"
        except OSError:
            continue
    return held


def _change(name: str, before: bytes | None, after: bytes | None) -> FileChange | None:
    if before == after:
        return None
    if before is None or after is None:
        data = after if before is None else before
        assert data is not None
        lines = data.count(b"\n") if b"\0" not in data[:8192] else 0
        if before is None:
            symbols = touched_symbols(name, "", data.decode("utf-8", "replace")) if lines and is_source(name) else ()
            return FileChange(name, "added", symbols, added=lines)
        return FileChange(name, "removed", removed=lines)
    if max(len(before), len(after)) > FILE_BYTES or b"\0" in before[:8192] or b"\0" in after[:8192]:
        return FileChange(name, "changed")
    old, new = before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
    diff = list(difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", lineterm="", n=2))
    added = sum(line.startswith("+") for line in diff[2:])
    removed = sum(line.startswith("-") for line in diff[2:])
    if len(diff) > _DIFF_LINES:
        diff = [*diff[:_DIFF_LINES], f"... {len(diff) - _DIFF_LINES} more lines"]
    return FileChange(name, "changed", touched_symbols(name, old, new), added, removed, "\n".join(diff))


def known_files(repository: Path) -> frozenset[str]:
    """Files that git keeps: what changed in them is told by their contents, not by the clock."""
    listed = git.git(repository, ["ls-files", "-z", "--full-name", ":/"]).out
    return frozenset(os.fsdecode(name) for name in listed.split(b"\0") if name)
