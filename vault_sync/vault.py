"""The one reader of the vault's files: which notes there are, and their text with the facts a writer must keep.

Nothing is skipped in silence: what is not read as a note, though it looks like one, is named in `problems()`.
"""

from __future__ import annotations

import codecs
import fnmatch
import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vault_sync.errors import VaultError

#: A larger file is no note: it would hold up everything that reads the vault.
MAX_NOTE_BYTES = 20 * 1024 * 1024

_TEMPLATE_FOLDERS = frozenset({"template", "templates", "_templates"})
_CONFLICT = re.compile(r"\(.*conflicted copy|\.sync-conflict-", re.IGNORECASE)


@dataclass(frozen=True)
class NoteFile:
    """A note on disk. path: vault-relative, posix, with .md. size in bytes; mtime_ns in nanoseconds."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class NoteText:
    """A note's content with what must be kept when it is written back.

    Attributes:
        text: decoded, byte order mark left out, line ends as in the file.
        bom: whether the file opens with a UTF-8 byte order mark.
        newline: the line end most lines have, "\\n" or "\\r\\n".
        final_newline: whether the last line is ended.
        read_only: bytes that are not UTF-8 were replaced; writing `text` back would damage the note.
        sha256: of the file's bytes, in hex.
    """

    path: str
    text: str
    data: bytes
    bom: bool
    newline: str
    final_newline: bool
    read_only: bool
    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Problem:
    """Something in the vault that is not read, or not as it stands.

    kind: too large, not utf-8, unreadable, loop, linked twice, conflict copy, not a file or odd name.
    message: one sentence that says what it is and what to do.
    """

    path: str
    kind: str
    message: str


class Vault:
    """The notes of one folder. Safe to use from several threads.

    Dot folders, template folders and whatever `ignore` names are not part of the vault; conflict copies are never read.
    """

    def __init__(self, root: str | os.PathLike[str], ignore: Iterable[str] = (), *, max_bytes: int = MAX_NOTE_BYTES):
        """Args:
            root: the vault's folder; may be a symbolic link.
            ignore: glob patterns over vault-relative paths or single folder and file names.
            max_bytes: a larger note is named in `problems()` and not read.
        Raises: VaultError: the folder is missing, is not a folder or cannot be listed.
        """
        self.root = Path(root).expanduser()
        self.max_bytes = max_bytes
        self._ignore = tuple(pattern.rstrip("/") for pattern in ignore)
        self._lock = threading.Lock()
        self._scan_problems: dict[str, Problem] = {}
        self._read_problems: dict[str, Problem] = {}
        self._check()

    def _check(self) -> None:
        try:
            mode = self.root.stat().st_mode
        except FileNotFoundError:
            raise VaultError(
                f"no vault at {self.root}: the folder does not exist. "
                "Give the folder that holds your Markdown notes, with --vault DIR or in the configuration."
            ) from None
        except (OSError, ValueError) as error:
            raise VaultError(
                f"the vault {self.root} cannot be reached ({_reason(error)}). Check the path and its permissions."
            ) from error
        if not stat.S_ISDIR(mode):
            raise VaultError(f"{self.root} is a file, not a vault. Give the folder that holds your Markdown notes.")
        if not os.access(self.root, os.R_OK | os.X_OK):
            raise VaultError(f"the vault {self.root} cannot be read. Give yourself permission: chmod u+rx {self.root}")

    def files(self) -> list[NoteFile]:
        """The notes, by path. Raises: VaultError: the vault has gone, cannot be listed or holds no note at all.

        An empty folder is an error because a drive that is not mounted looks like one: no index is emptied for it.
        """
        self._check()
        problems: dict[str, Problem] = {}
        files = sorted(self._walk(problems), key=lambda file: file.path)
        with self._lock:
            self._scan_problems = problems
            known = {file.path for file in files}
            self._read_problems = {path: p for path, p in self._read_problems.items() if path in known}
        if not files:
            raise VaultError(
                f"the vault {self.root} holds no note: no .md file was found"
                + (f" that can be read ({len(problems)} were left out: {_first(problems)})" if problems else "")
                + ". Is the drive mounted and the folder right? Give another one with --vault DIR."
            )
        return files

    def problems(self) -> list[Problem]:
        """What the last `files()` and the reads since then came across, by path."""
        with self._lock:
            both = {**self._scan_problems, **self._read_problems}
        return [both[path] for path in sorted(both)]

    def holds(self, path: str) -> bool:
        """Whether a vault-relative path would be a note of this vault, by its name alone (the file may be missing)."""
        parts = PurePosixPath(path).parts
        if not parts or PurePosixPath(path).is_absolute() or ".." in parts or not path.lower().endswith(".md"):
            return False
        if any(part.startswith(".") for part in parts) or _CONFLICT.search(parts[-1]):
            return False
        templates = self._templates()
        for i in range(1, len(parts)):
            folder = "/".join(parts[:i])
            if parts[i - 1].casefold() in _TEMPLATE_FOLDERS or folder.casefold() in templates or self._ignored(folder):
                return False
        return not self._ignored(path)

    def read(self, path: str) -> NoteText:
        """One note's text. Raises: VaultError: it is missing, unreadable, too large, or outside the vault."""
        parts = PurePosixPath(path).parts
        if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\0" in path:
            raise VaultError(f"{path!r} is no note of the vault {self.root}. Give a path relative to the vault.")
        full = self.root / path
        try:
            data, info = _read_bytes(full, self.max_bytes)
        except FileNotFoundError:
            raise VaultError(f"the note {path} is not in the vault {self.root} (any more).") from None
        except _TooLarge as error:
            problem = _too_large(path, error.size, self.max_bytes)
            self._note_problem(path, problem)
            raise VaultError(problem.message) from None
        except OSError as error:
            problem = Problem(path, "unreadable", f"{path} cannot be read ({_reason(error)}); check its permissions.")
            self._note_problem(path, problem)
            raise VaultError(problem.message) from error
        bom = data.startswith(codecs.BOM_UTF8)
        read_only = False
        try:
            text = (data[3:] if bom else data).decode("utf-8")
            self._note_problem(path, None)
        except UnicodeDecodeError as error:
            text, read_only = _decoded_somehow(data), True
            line = data.count(b"\n", 0, error.start) + 1
            message = (
                f"{path} is not UTF-8 (line {line}); it is searched as far as it can be read and never written to. "
                "Save it as UTF-8 in your editor."
            )
            self._note_problem(path, Problem(path, "not utf-8", message))
        pairs = text.count("\r\n")
        return NoteText(
            path=path,
            text=text,
            data=data,
            bom=bom,
            newline="\r\n" if pairs * 2 > text.count("\n") else "\n",
            final_newline=text.endswith("\n"),
            read_only=read_only,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            mtime_ns=info.st_mtime_ns,
        )

    def _note_problem(self, path: str, problem: Problem | None) -> None:
        with self._lock:
            if problem is None:
                self._read_problems.pop(path, None)
            else:
                self._read_problems[path] = problem

    def _ignored(self, path: str) -> bool:
        name = path.rsplit("/", 1)[-1]
        return any(fnmatch.fnmatchcase(path, p) or fnmatch.fnmatchcase(name, p) for p in self._ignore)

    def _templates(self) -> frozenset[str]:
        """Template folders that Obsidian's own settings name, case-folded."""
        found = set()
        places = (
            ("templates.json", "folder"),
            ("plugins/templater-obsidian/data.json", "templates_folder"),
        )
        for place, key in places:
            try:
                value = json.loads((self.root / ".obsidian" / place).read_bytes())[key]
            except (OSError, ValueError, KeyError, TypeError):
                continue  # Obsidian is not used, or names no folder
            if isinstance(value, str) and value.strip("/ "):
                found.add(value.strip("/ ").casefold())
        return frozenset(found)

    def _walk(self, problems: dict[str, Problem]) -> list[NoteFile]:
        files: list[NoteFile] = []
        templates = self._templates()
        top = self.root.stat()
        seen_folders = {(top.st_dev, top.st_ino)}
        seen_files: dict[tuple[int, int], str] = {}
        links: list[tuple[str, Path]] = []  # symbolic links come last: a note has its real path where it has one
        pending: list[tuple[str, Path]] = [("", self.root)]
        while pending or links:
            if not pending:
                self._follow(*links.pop(0), problems, seen_folders, seen_files, pending, files)
                continue
            prefix, folder = pending.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                message = f"the folder {prefix or '.'} cannot be listed ({_reason(error)}); its notes are not read."
                problems[prefix or "."] = Problem(prefix or ".", "unreadable", message)
                continue
            for entry in entries:
                path = f"{prefix}/{entry.name}" if prefix else entry.name
                if entry.name.startswith(".") or self._ignored(path):
                    continue
                try:
                    if entry.is_symlink():
                        links.append((path, Path(entry.path)))
                    elif entry.is_dir(follow_symlinks=False):
                        if not _is_template(entry.name, path, templates):
                            info = entry.stat(follow_symlinks=False)
                            seen_folders.add((info.st_dev, info.st_ino))
                            pending.append((path, Path(entry.path)))
                    elif entry.name.lower().endswith(".md"):
                        self._take(path, entry.stat(follow_symlinks=False), problems, seen_files, files)
                except OSError as error:
                    if not isinstance(error, FileNotFoundError):  # gone between listing and looking: no problem
                        problems[path] = Problem(path, "unreadable", f"{path} cannot be looked at ({_reason(error)}).")
        return files

    def _follow(
        self,
        path: str,
        link: Path,
        problems: dict[str, Problem],
        seen_folders: set[tuple[int, int]],
        seen_files: dict[tuple[int, int], str],
        pending: list[tuple[str, Path]],
        files: list[NoteFile],
    ) -> None:
        try:
            info = link.stat()
        except (OSError, RuntimeError) as error:
            if link.suffix.lower() == ".md" or not isinstance(error, FileNotFoundError):
                kind = "unreadable" if isinstance(error, FileNotFoundError) else "loop"
                message = f"{path} is a symbolic link that leads nowhere ({_reason(error)}); mend or remove it."
                problems[path] = Problem(path, kind, message)
            return
        identity = (info.st_dev, info.st_ino)
        if stat.S_ISDIR(info.st_mode):
            if _is_template(link.name, path, self._templates()):
                return
            if identity in seen_folders:
                message = f"{path} is a symbolic link to a folder that is read already; it is not followed."
                problems[path] = Problem(path, "loop", message)
                return
            seen_folders.add(identity)
            pending.append((path, link))
        elif path.lower().endswith(".md"):
            if identity in seen_files:
                message = f"{path} is a link to the note {seen_files[identity]}; it is read there only."
                problems[path] = Problem(path, "linked twice", message)
                return
            self._take(path, info, problems, seen_files, files)

    def _take(
        self,
        path: str,
        info: os.stat_result,
        problems: dict[str, Problem],
        seen_files: dict[tuple[int, int], str],
        files: list[NoteFile],
    ) -> None:
        name = path.rsplit("/", 1)[-1]
        if _CONFLICT.search(name):
            message = f"{path} is a conflict copy of a sync program; it is not read. Merge it by hand and delete it."
            problems[path] = Problem(path, "conflict copy", message)
        elif not stat.S_ISREG(info.st_mode):
            problems[path] = Problem(path, "not a file", f"{path} is not a regular file; it is not read.")
        elif not _is_unicode(path):
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            problems[shown] = Problem(shown, "odd name", f"the file name {shown} is not UTF-8; rename it to be read.")
        elif info.st_size > self.max_bytes:
            problems[path] = _too_large(path, info.st_size, self.max_bytes)
        else:
            seen_files.setdefault((info.st_dev, info.st_ino), path)
            files.append(NoteFile(path, info.st_size, info.st_mtime_ns))


class _TooLarge(Exception):
    def __init__(self, size: int) -> None:
        self.size = size


def _read_bytes(path: Path, max_bytes: int) -> tuple[bytes, os.stat_result]:
    # O_NONBLOCK: a pipe that took a note's name must not hold the reader for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb") as file:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise OSError("not a regular file")
        if info.st_size > max_bytes:
            raise _TooLarge(info.st_size)
        return file.read(), info


def _decoded_somehow(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def _too_large(path: str, size: int, limit: int) -> Problem:
    message = (
        f"{path} has {size / 1e6:.1f} MB; a note may have {limit / 1e6:.1f} MB. It is not read: "
        "split it, or move it out of the vault."
    )
    return Problem(path, "too large", message)


def _is_template(name: str, path: str, templates: frozenset[str]) -> bool:
    return name.casefold() in _TEMPLATE_FOLDERS or path.casefold() in templates


def _is_unicode(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _first(problems: dict[str, Problem]) -> str:
    return problems[min(problems)].message


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
