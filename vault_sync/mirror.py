"""One note per source file of the researcher's project, so that [[Code/model/net.py]] leads somewhere.

A note is made on first need: a run used the file, or a note links to it. In it one block is ours, with the file's
definitions and the runs that used this version; everything else is the researcher's, and so is a block he changed.
"""

from __future__ import annotations

import ast
import datetime
import hashlib
import os
import posixpath
import re
import shlex
import warnings
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from fskws.runs import Record
from vault_sync import git
from vault_sync.changes import RunVersions, versions_of
from vault_sync.code import ProjectCode, Symbol, blob_digest, is_source
from vault_sync.notes import GENERATED_BEGIN, GENERATED_END, Note
from vault_sync.summaries import given_title, moment, one_line
from vault_sync.sync import PlannedWrite
from vault_sync.write import MIRROR, Append, Edit, Journal, Rework, new_note_text

#: A list of runs alone brings a note up to date only so long after its last write.
REFRESH_SECONDS = 3600.0

#: So many definitions and runs are listed; the number of the others is told.
MOST_SYMBOLS = 60
MOST_RUNS = 10

#: So many files are followed from a command's script through its imports.
MOST_IMPORTED = 300

#: Lists of a commit's files are kept for so many commits.
KEPT_TREES = 64

_NOT_LINKED = re.compile(r"[\[\]#^|\\:*?\"<>]")


class Mirror:
    """Plans the notes of a project's source files. What is read of files and runs is kept.

    Args: project: the researcher's project. folder: of the vault that holds the notes.
    """

    def __init__(self, project: Path, folder: str = "Code") -> None:
        self.code = ProjectCode(project)
        self.folder = folder.strip("/")
        self._versions: dict[str, RunVersions] = {}
        self._trees: dict[str, dict[str, str]] = {}
        self._imports: dict[str, tuple[str, tuple[str, ...]]] = {}

    def plan(
        self,
        records: Iterable[Record],
        notes: Sequence[Note],
        journal: Journal,
        now: datetime.datetime,
        everything: bool = False,
    ) -> list[PlannedWrite]:
        """What is due in the notes of source files; [] when they are in step.

        Args: records: of every source; those started below the project count. everything: a list of runs is brought up
            to date at once, and not once an hour.
        """
        files = {file.path: file for file in self.code.files() if _may_be_named(file.path)}
        if not files:
            return []
        used: dict[str, list[Record]] = {}
        closures: dict[str, tuple[str, ...]] = {}
        for record in records:
            home = self._home(record) if record.source != "logged" and record.directory else None
            for script in self._scripts(record, home, files) if home is not None else ():
                if script not in closures:
                    closures[script] = self._closure(script, files)
                for path in closures[script]:
                    used.setdefault(path, []).append(record)
        here = {note.path.casefold(): note for note in notes}
        planned = []
        for path in sorted({*used, *self._linked(notes, files), *self._there(notes, files)}):
            users = list({record.id: record for record in used.get(path, ())}.values())
            write = self._file(path, users, here, notes, journal, now, everything)
            if write is not None:
                planned.append(write)
        return planned

    # -- which files ---------------------------------------------------------------------------------------------------

    def note_path(self, path: str) -> str:
        """The note of a source file: "model/net.py" -> "Code/model/net.py.md"."""
        return f"{self.folder}/{path}.md"

    @cached_property
    def _repository(self) -> tuple[Path | None, str]:
        """(the repository the project stands in, the project's place in it with a slash behind, "" for its root)."""
        root = git.repository_of(self.code.root)
        if root is None:
            return None, ""
        inner = self.code.root.relative_to(os.path.realpath(root)).as_posix()
        return root, "" if inner == "." else f"{inner}/"

    def _home(self, record: Record) -> tuple[str, str] | None:
        """(the folder a run was started in, from the project's root; where that root was), None for another project.

        A run of another machine, or of another copy, is of this project when its commit is in this repository.
        """
        if not record.cwd:
            return None
        place = os.path.realpath(record.cwd)
        own = str(self.code.root)
        if place == own or place.startswith(own + "/"):
            return place[len(own) + 1 :], own
        versions = self._versions_of(record)
        repository, prefix = self._repository
        there = posixpath.join(versions.root, prefix).rstrip("/")
        cwd = posixpath.normpath(record.cwd)
        if repository is None or not versions.root or not (cwd == there or cwd.startswith(there + "/")):
            return None
        return (cwd[len(there) + 1 :], there) if self._tree(versions.commit) else None

    def _versions_of(self, record: Record) -> RunVersions:
        versions = self._versions.get(record.id)
        if versions is None:
            versions = versions_of(Path(record.directory))
            if not versions.problem:
                self._versions[record.id] = versions
        return versions

    def _tree(self, commit: str) -> dict[str, str]:
        """File -> blob id at a commit of this repository; {} when it does not hold it."""
        repository, _ = self._repository
        if not commit or repository is None:
            return {}
        found = self._trees.get(commit)
        if found is None:
            found = self._trees[commit] = git.blobs_at(repository, commit)
            while len(self._trees) > KEPT_TREES:
                self._trees.pop(next(iter(self._trees)))
        return found

    def _linked(self, notes: Iterable[Note], files: Iterable[str]) -> set[str]:
        """Source files that a note links to by their place in the mirror."""
        by_name = {path.casefold(): path for path in files}
        head = f"{self.folder}/".casefold()
        found = set()
        for note in notes:
            for link in note.links:
                target = link.target.strip().casefold()
                if target.startswith(head):
                    name = target[len(head) :]
                    path = by_name.get(name) or by_name.get(name.removesuffix(".md"))
                    if path:
                        found.add(path)
        return found

    def _there(self, notes: Iterable[Note], files: Iterable[str]) -> set[str]:
        """Source files whose note is there already."""
        by_note = {self.note_path(path).casefold(): path for path in files}
        return {by_note[note.path.casefold()] for note in notes if note.path.casefold() in by_note}

    def _scripts(self, record: Record, home: tuple[str, str], files: Container[str]) -> list[str]:
        """The project's files that a command names, as path or as module after -m."""
        folder, root = home
        found = []
        for number, word in enumerate(record.argv[:60]):
            names = [word]
            if number and record.argv[number - 1] == "-m" and re.fullmatch(r"[\w.]+", word):
                module = word.replace(".", "/")
                names = [f"{module}.py", f"{module}/__main__.py"]
            for name in names:
                if not name or len(name) > 400 or "\0" in name or not is_source(name):
                    continue
                path = posixpath.normpath(posixpath.join(root, folder, name))
                if path.startswith(root + "/") and path[len(root) + 1 :] in files:
                    found.append(path[len(root) + 1 :])
        return found

    def _closure(self, script: str, known: Container[str]) -> tuple[str, ...]:
        """A script and the project's files that it imports, and so on."""
        home = script.rsplit("/", 1)[0] + "/" if "/" in script else ""
        found, waiting = dict.fromkeys([script]), [script]
        while waiting and len(found) < MOST_IMPORTED:
            path = waiting.pop()
            for module in self._imported(path):
                for start in dict.fromkeys((home, "")) if not module.startswith("/") else ("",):
                    name = start + module.lstrip("/")
                    for candidate in (f"{name}.py", f"{name}/__init__.py"):
                        if candidate in known and candidate not in found:
                            found[candidate] = None
                            waiting.append(candidate)
        return tuple(found)

    def _imported(self, path: str) -> tuple[str, ...]:
        """Modules that a file imports, with slashes; a leading slash stands for the project's root."""
        text = self.code.text(path) if path.endswith(".py") else None
        if text is None:
            return ()
        digest = blob_digest(text.encode("utf-8", "surrogatepass"))
        kept = self._imports.get(path)
        if kept is None or kept[0] != digest:
            kept = self._imports[path] = (digest, tuple(_imports(path, text)))
        return kept[1]

    # -- one note ------------------------------------------------------------------------------------------------------

    def _file(
        self,
        path: str,
        users: Sequence[Record],
        here: dict[str, Note],
        notes: Sequence[Note],
        journal: Journal,
        now: datetime.datetime,
        everything: bool,
    ) -> PlannedWrite | None:
        note = here.get(self.note_path(path).casefold())
        place = note.path if note is not None else self.note_path(path)
        key = (path, MIRROR)
        written = journal.part(*key)
        if note is None and written is not None:
            return None  # he has deleted or moved the note: it is not made again
        text = self.code.text(path)
        try:
            data = (self.code.root / path).read_bytes() if text is not None else b""
        except OSError:
            return None
        if text is None:
            return None
        block = self._block(path, text, data, self._users_of_version(path, data, users))
        runs = tuple(record.id for record in users[-1:])
        if note is None:
            begin = new_note_text(path, [n for n in notes if not n.path.startswith(f"{self.folder}/")])
            edits: tuple[Edit, ...] = (Append((key,), (), ("", *block) if begin else block),)
            return PlannedWrite(place, f"note of {path}", edits, runs, begin or "\n")
        old = block_in(note.lines)
        if old is None:
            if written is not None:
                return None  # he has deleted the block
            return PlannedWrite(place, f"note of {path}", (Append((key,), (), ("", *block)),), runs, "", note.lines)
        if old == block or not is_ours(old):
            return None
        young = written is not None and 0 <= now.timestamp() - written.time < REFRESH_SECONDS
        if young and not everything and old[: _runs_at(old)] == block[: _runs_at(block)]:
            return None
        edit = Rework((key,), old, block, whole=True, trim=True)
        return PlannedWrite(place, f"note of {path}", (edit,), runs, "", note.lines)

    def _block(self, path: str, text: str, data: bytes, users: Sequence[Record]) -> tuple[str, ...]:
        blob = blob_digest(data)
        count = len(text.splitlines())
        lines = [f"{GENERATED_BEGIN} %%"]
        lines.append(f"`{_code(path)}`, {count} line{'s' * (count != 1)}, version {blob[:7]}.")
        listed = self.code.symbols(path)
        functions = {symbol.name for symbol in listed if symbol.kind in ("function", "method")}
        # What stands inside a function is called by nobody else.
        symbols = [s for s in listed if s.kind != "constant" and s.name.rpartition(".")[0] not in functions]
        lines += [""] * bool(symbols) + [_symbol_line(symbol) for symbol in symbols[:MOST_SYMBOLS]]
        if len(symbols) > MOST_SYMBOLS:
            lines.append(f"- and {len(symbols) - MOST_SYMBOLS} more")
        if users:
            lines += ["", "Runs with this version:"]
            lines += [_run_line(record) for record in users[:MOST_RUNS]]
            if len(users) > MOST_RUNS:
                lines.append(f"- and {len(users) - MOST_RUNS} earlier ones")
        return (*lines, f"{GENERATED_END} {_digest(lines)} %%")

    def _users_of_version(self, path: str, data: bytes, users: Sequence[Record]) -> list[Record]:
        """Those whose file held what it holds now, newest first."""
        # A repository may hold a file with other line ends than the folder.
        blobs = {blob_digest(data), blob_digest(data.replace(b"\r\n", b"\n"))}
        sha = hashlib.sha256(data).hexdigest()
        found = [record for record in users if self._has_version(record, path, blobs, sha)]
        zero = datetime.datetime.fromtimestamp(0).astimezone()
        return sorted(found, key=lambda record: (moment(record.started_at) or zero, record.id), reverse=True)

    def _has_version(self, record: Record, path: str, blobs: set[str], sha: str) -> bool:
        versions = self._versions_of(record)
        if not versions.commit:
            home = self._home(record)
            folder = f"{home[0]}/" if home is not None and home[0] else ""
            if home is not None and path.startswith(folder) and path[len(folder) :] in versions.touched:
                return versions.touched[path[len(folder) :]] in blobs
            return home is not None and any(
                digest == sha and path in self._scripts(replace(record, argv=(name,)), home, (path,))
                for name, digest in versions.scripts.items()
            )
        name = self._repository[1] + path
        if versions.cut_after and name > versions.cut_after:
            return False
        known = versions.touched.get(name)
        if known is not None:
            return bool(known) and any(blob.startswith(known) for blob in blobs)
        return self._tree(versions.commit).get(name) in blobs


def block_in(lines: Sequence[str]) -> tuple[str, ...] | None:
    """Our block in a note's lines, its marks included; None when there is none."""
    start = next((i for i, line in enumerate(lines) if line.startswith(GENERATED_BEGIN)), None)
    if start is None:
        return None
    end = next((i for i in range(start, len(lines)) if lines[i].startswith(GENERATED_END)), None)
    return tuple(lines[start : end + 1]) if end is not None else None


def is_ours(block: Sequence[str]) -> bool:
    """Whether a block stands as it was written: its last line carries the digest of the others."""
    return block[-1] == f"{GENERATED_END} {_digest(block[:-1])} %%"


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _runs_at(block: Sequence[str]) -> int:
    """Where the list of runs begins."""
    return next((i for i, line in enumerate(block) if line == "Runs with this version:"), len(block) - 1)


def _may_be_named(path: str) -> bool:
    """Whether a wikilink can hold the path, on every file system a vault may be synced to."""
    return not _NOT_LINKED.search(path) and path.isprintable() and not path.endswith((".md", " ")) and len(path) < 200


def _symbol_line(symbol: Symbol) -> str:
    indent = "  " * symbol.name.count(".")
    summary = f" : {_plain(symbol.summary)}" if symbol.summary else ""
    return f"{indent}- `{_code(symbol.signature)}`{summary}"


def _run_line(record: Record) -> str:
    title = given_title(record) or shlex.join(record.argv)
    place = next((link for link in record.note_links if link.startswith("[[")), "")
    return f"- {record.date} {_plain(title, 80)} ({record.id})" + (f" : {place}" if place else "")


def _code(text: str) -> str:
    return one_line(text.replace("`", "'").replace("[[", "[ [").replace("]]", "] ]"), 160).replace("%%", "% %")


def _plain(text: str, limit: int = 120) -> str:
    """Words that open no link, comment or tag of their own."""
    return re.sub(r"(?<![\w&])#(?=\w)", "\\#", one_line(text.replace("[[", "[ [").replace("]]", "] ]"), limit))


def _imports(path: str, text: str) -> list[str]:
    """Modules a Python file imports, with slashes; those named relative to it begin with a slash."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    folder = path.split("/")[:-1]
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                found.update({"/".join(parts[: i + 1]): None for i in range(len(parts))})
        elif isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".") if node.module else []
            head = ""
            if node.level:
                parts = [*folder[: len(folder) - node.level + 1], *parts]
                head = "/"
            for i in range(len(parts)):
                found[head + "/".join(parts[: i + 1])] = None
            for alias in node.names:
                found[head + "/".join([*parts, alias.name])] = None
    return list(found)
