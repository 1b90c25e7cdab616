"""What differs between the code of two runs, by file and function, and what of it cannot be known.

A run keeps its commit, the patch of its uncommitted edits and its small untracked files; what the files held is put
together from the repository's objects and that patch. Nothing of a repository is changed.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from fskws.runs import RunDirectory
from vault_sync import git
from vault_sync.code import FILE_BYTES, TouchedSymbol, blob_digest, is_program, is_source, touched_symbols

#: A unified diff of one file is kept up to so many lines.
DIFF_LINES = 400

#: So many changed files are looked into; the names of the others are kept.
FILES_READ = 400

#: So many comparisons are kept.
KEPT_COMPARISONS = 512


@dataclass(frozen=True)
class FileChange:
    """One file that differs.

    Attributes:
        path: in the repository, with slashes. how: added, removed, changed, or "layout" where only remarks and layout
            of a program differ. symbols: the definitions touched; () when its contents are not both known.
        added, removed: lines. diff: unified, cut after DIFF_LINES; "" when the contents are not both known.
    """

    path: str
    how: Literal["added", "removed", "changed", "layout"]
    symbols: tuple[TouchedSymbol, ...] = ()
    added: int = 0
    removed: int = 0
    diff: str = ""


@dataclass(frozen=True)
class CodeChanges:
    """What the code of a later run changed against an earlier one's.

    Attributes:
        before, after: the commits; "" for none. files: what differs, by path. problems: what cannot be known, and why,
            one plain sentence each. known: whether anything could be compared at all.
    """

    before: str = ""
    after: str = ""
    files: tuple[FileChange, ...] = ()
    problems: tuple[str, ...] = ()
    known: bool = True

    @property
    def equal(self) -> bool:
        """Whether both ran the same code, for certain; remarks and layout count as code here."""
        return self.known and not self.files and not self.problems


@dataclass(frozen=True)
class _State:
    """What is kept of one run's code.

    Attributes:
        patch: path -> its part of the patch. cut: the patch is not whole.
        untracked: path -> its copy, None for a file that was only named.
        sources: there is no commit, and `untracked` holds the source files of the folder.
    """

    name: str
    folder: Path
    commit: str = ""
    root: str = ""
    patch: Mapping[str, bytes] = field(default_factory=dict)
    patch_digest: str = ""
    cut: bool = False
    untracked: Mapping[str, Path | None] = field(default_factory=dict)
    untracked_bytes: Mapping[str, int] = field(default_factory=dict)
    untracked_cut: bool = False
    scripts: Mapping[str, str] = field(default_factory=dict)
    sources: bool = False
    problem: str = ""


def changes_between(before: Path, after: Path, repository: Path | None = None) -> CodeChanges:
    """What the code of one run changed against that of an earlier one. Never raises.

    Args: before, after: run directories. repository: where their commits are looked for when the folder they were
        captured in is not there (a run of another machine); None for nowhere else.
    """
    before, after = Path(before), Path(after)
    key = (before, after, repository, *(_stamp(RunDirectory(path).code) for path in (before, after)))
    found = _kept.get(key)
    if found is None:
        found = _changes_between(before, after, repository)
        if not found.problems:  # a repository that is not there may come back
            _kept[key] = found
            while len(_kept) > KEPT_COMPARISONS:
                _kept.pop(next(iter(_kept)), None)
    return found


_kept: dict[tuple[object, ...], CodeChanges] = {}


def _stamp(code: Path) -> int:
    try:
        return (code / "git.json").stat().st_mtime_ns
    except OSError:
        return 0


def _changes_between(before: Path, after: Path, repository: Path | None) -> CodeChanges:
    old, new = _read_state(before), _read_state(after)
    if old.problem or new.problem:
        problems = tuple(dict.fromkeys(p for p in (old.problem, new.problem) if p))
        return CodeChanges(old.commit, new.commit, (), problems, known=False)
    if old.sources and new.sources and old.root == new.root:
        return _Comparison(old, new, None).changes()
    if not old.commit or not new.commit:
        return _script_changes(old, new)
    return _Comparison(old, new, repository).changes()


def changes_since(run: Path, folder: Path) -> CodeChanges:
    """What was changed in a project since a run was started: against its files as they are now. Never raises.

    Args: run: the run directory. folder: in the project's repository.
    """
    old = _read_state(Path(run))
    root = git.repository_of(folder)
    if old.problem:
        return CodeChanges(old.commit, "", (), (old.problem,), known=False)
    if root is None:
        return CodeChanges(old.commit, "", (), (f"{folder} is in no git repository.",), known=False)
    with tempfile.TemporaryDirectory(prefix="kwslab-code-") as scratch:
        new = _tree_state(root, Path(scratch))
        if new.problem:
            return CodeChanges(old.commit, new.commit, (), (new.problem,), known=False)
        if not old.commit or not new.commit:
            return _script_changes(old, new)
        return _Comparison(old, new, root).changes()


@dataclass(frozen=True)
class RunVersions:
    """Which version of each file a run ran.

    Attributes:
        commit, root: of the repository it was started in.
        touched: file -> start of the blob id of what it held; "" for one that was not there, or is not known.
        scripts: file as in the command -> sha256. cut_after: files after this name are not known; "" for none.
        problem: why nothing is known; "" mostly.
    """

    commit: str = ""
    root: str = ""
    touched: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    cut_after: str = ""
    problem: str = ""


def versions_of(run: Path) -> RunVersions:
    """The versions of files a run differs in from its commit. Never raises; a run's answer never changes."""
    state = _read_state(Path(run))
    touched: dict[str, str] = {}
    for part in state.patch.values():
        before, after = _names(part)
        index = re.search(rb"(?m)^index [0-9a-f]+\.\.([0-9a-f]+)", part.split(b"\n@@ ", 1)[0])
        blob = index[1].decode() if index else ""
        touched[before] = ""
        touched[after] = blob if blob.strip("0") else ""
    for name, place in state.untracked.items():
        data = _read(place)
        touched[name] = blob_digest(data) if isinstance(data, bytes) else ""
    cut_after = max(state.patch, default="/") if state.cut else ""
    return RunVersions(state.commit, state.root, touched, dict(state.scripts), cut_after, state.problem)


def changed_in_words(changes: CodeChanges, limit: int = 4) -> str:
    """The changed files and functions in one line: "`train.py` (`forward`), `loss.py` (new)"; "" for none."""
    real = [file for file in changes.files if file.how != "layout"] or list(changes.files)
    # What the run may have used at all comes first: programs, and those that both runs had.
    real.sort(key=lambda file: (not is_program(file.path), file.how == "added", file.path))
    words = [_file_words(file) for file in real[:limit]]
    more = len(real) - limit
    return ", ".join(words) + (f" and {more} more file{'s' if more > 1 else ''}" if more > 0 else "")


def _file_words(file: FileChange) -> str:
    if file.how != "changed":
        return f"`{file.path}` ({ {'added': 'new', 'removed': 'removed', 'layout': 'remarks only'}[file.how] })"
    named = [s for s in file.symbols if s.name]
    marks = {"changed": "", "added": " new", "removed": " removed"}
    words = [f"`{s.name}`{marks[s.how]}" for s in named[:4]]
    if len(named) > 4:
        words.append(f"{len(named) - 4} more")
    return f"`{file.path}`" + (f" ({', '.join(words)})" if words else "")


# -- what a run kept ---------------------------------------------------------------------------------------------------


def _read_state(run: Path) -> _State:
    code = RunDirectory(run).code
    try:
        facts = json.loads((code / "git.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return _State(run.name, code, problem=f"no code was saved with run {run.name}.")
    if not isinstance(facts, dict):
        return _State(run.name, code, problem=f"what was saved of the code of run {run.name} cannot be read.")
    commit = str(facts.get("commit") or "")
    scripts = facts.get("scripts")
    scripts = {str(k): str(v) for k, v in scripts.items()} if isinstance(scripts, dict) else {}
    if not commit:
        said = [str(p) for p in facts.get("problems") or () if isinstance(p, str)]
        if facts.get("sources") is True:
            root = str(facts.get("root") or "")
            return _State(run.name, code, "", root, {}, "", False, *_untracked(code, facts), scripts, True)
        problem = "" if scripts else f"run {run.name} has no commit to compare with ({'; '.join(said) or 'no git'})."
        return _State(run.name, code, scripts=scripts, problem=problem)
    patch, cut = b"", False
    if facts.get("dirty"):
        try:
            patch = (code / "changes.patch").read_bytes()
        except OSError:
            return _State(run.name, code, commit, problem=f"the patch of run {run.name} is missing.")
        size = facts.get("patch_bytes")
        cut = isinstance(size, int) and len(patch) < size
    return _State(
        run.name,
        code,
        commit,
        str(facts.get("root") or ""),
        _parts(patch, cut),
        str(facts.get("patch_sha256") or ""),
        cut,
        *_untracked(code, facts),
        scripts,
    )


def _untracked(code: Path, facts: Mapping[str, Any]) -> tuple[dict[str, Path | None], dict[str, int], bool]:
    """name -> where its copy is (None: not copied), name -> bytes, whether there were more than were listed."""
    listed = facts.get("untracked")
    kept: dict[str, Path | None] = {}
    sizes: dict[str, int] = {}
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not is_source(entry["name"]):
            continue
        name = entry["name"]
        place = code / "untracked" / name
        inside = ".." not in name.split("/") and not name.startswith("/")
        kept[name] = place if entry.get("saved") and inside and place.is_file() else None
        sizes[name] = entry["bytes"] if isinstance(entry.get("bytes"), int) else -1
    count = facts.get("untracked_count")
    return kept, sizes, isinstance(count, int) and count > 500


def _tree_state(root: Path, scratch: Path) -> _State:
    """The working tree as it is now, in the same form."""
    commit = git.git(root, ["rev-parse", "HEAD"])
    if commit.problem:
        return _State("now", scratch, root=str(root), problem=f"{root} has no commit to compare with.")
    words = ["diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/"]
    patch = git.git(root, [*words, "--no-renames"])
    listed = git.git(root, ["ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/"])
    untracked: dict[str, Path | None] = {}
    for raw in listed.out.split(b"\0"):
        name = os.fsdecode(raw)
        place = root / name
        if name and is_source(name) and place.is_file() and not place.is_symlink():
            untracked[name] = place if place.stat().st_size <= FILE_BYTES else None
    return _State(
        "now", scratch, os.fsdecode(commit.out).strip(), str(root), _parts(patch.out, False), untracked=untracked
    )


_PART = re.compile(rb"(?m)^(?=diff --git )")
_QUOTED = re.compile(rb"\\([abfnrtv\"\\]|[0-7]{3})")
_ESCAPES = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b'"': 34, b"\\": 92}


def _parts(patch: bytes, cut: bool) -> dict[str, bytes]:
    """Path -> its part of the patch; a renamed file stands under its new name. The last part of a cut patch is lost."""
    parts = [part for part in _PART.split(patch) if part.startswith(b"diff --git ")]
    found: dict[str, bytes] = {}
    for part in parts[:-1] if cut else parts:
        name = _name_after(part)
        if name:
            found[name] = part
    return found


def _header(part: bytes) -> list[bytes]:
    """The lines of a part before its first hunk."""
    lines = []
    for line in part.split(b"\n"):
        if line.startswith((b"@@ ", b"Binary files ", b"GIT binary patch")):
            break
        lines.append(line)
    return lines


def _name_after(part: bytes) -> str:
    return _names(part)[1]


def _names(part: bytes) -> tuple[str, str]:
    """(path before, path after) of a part; the same twice but for a renamed or copied file."""
    before = after = ""
    for line in _header(part):
        word, _, rest = line.partition(b" ")
        if word == b"---" and rest != b"/dev/null":
            before = _path(rest, b"a/")
        elif word == b"+++" and rest != b"/dev/null":
            after = _path(rest, b"b/")
        elif line.startswith((b"rename from ", b"copy from ")):
            before = _path(line.split(b" from ", 1)[1], b"")
        elif line.startswith((b"rename to ", b"copy to ")):
            after = _path(line.split(b" to ", 1)[1], b"")
    if not before and not after:  # a change of mode, an empty or a binary file: both names are the same
        rest = part.split(b"\n", 1)[0].removeprefix(b"diff --git ")
        half = rest[: len(rest) // 2]
        before = after = _path(half, b"a/")
    return before or after, after or before


def _path(raw: bytes, prefix: bytes) -> str:
    raw = raw.rstrip(b"\t\r")
    if len(raw) > 1 and raw[:1] == raw[-1:] == b'"':
        raw = _QUOTED.sub(lambda m: bytes([_ESCAPES[m[1]] if m[1] in _ESCAPES else int(m[1], 8) & 255]), raw[1:-1])
    return os.fsdecode(raw.removeprefix(prefix))


# -- the comparison ----------------------------------------------------------------------------------------------------


def _script_changes(old: _State, new: _State) -> CodeChanges:
    """By the digests of the files that the commands name: all that is known where there is no commit."""
    shared = sorted({*old.scripts} & {*new.scripts})
    if not shared:
        words = f"run {old.name} and run {new.name} have no commit, and name no file that both ran."
        return CodeChanges(old.commit, new.commit, (), (words,), known=False)
    files = tuple(FileChange(name, "changed") for name in shared if old.scripts[name] != new.scripts[name])
    words = "without a commit only " + ", ".join(shared) + " could be compared, not what it imports."
    return CodeChanges(old.commit, new.commit, files, (words,))


#: Stands for a file that was there with content nobody kept.
_UNKNOWN = object()


class _Comparison:
    """Puts together what the files of two runs held, and compares them."""

    def __init__(self, old: _State, new: _State, repository: Path | None) -> None:
        self.old, self.new = old, new
        self.problems: list[str] = []
        self.between: set[str] = set()
        self.repository = self._repository(repository)

    def _repository(self, other: Path | None) -> Path | None:
        """The first place that holds both commits."""
        places = [Path(p) for p in (self.new.root, self.old.root) if p] + ([other] if other is not None else [])
        wanted = {self.old.commit, self.new.commit}
        for place in dict.fromkeys(places):
            if place.is_dir() and all(git.has_commit(place, commit) for commit in wanted):
                return place
        return None

    def changes(self) -> CodeChanges:
        old, new = self.old, self.new
        commits = (old.commit, new.commit)
        if old.commit != new.commit:
            if self.repository is None:
                return CodeChanges(*commits, (), (self._gone(),), known=False)
            between, problem = git.changed_names(self.repository, *commits)
            if problem:
                words = f"commits {old.commit[:7]} and {new.commit[:7]} cannot be compared ({problem})."
                return CodeChanges(*commits, (), (words,), known=False)
            self.between = set(between)
        names = self._names()
        if names and self.repository is None and old.commit:
            self.problems.append(self._gone() + " Functions are read off the patches.")
        contents = [self._contents(state, names) for state in (old, new)]
        files = [self._file(name, contents[0].get(name), contents[1].get(name)) for name in names]
        return CodeChanges(*commits, tuple(f for f in files if f is not None), tuple(dict.fromkeys(self.problems)))

    def _gone(self) -> str:
        places = list(dict.fromkeys(p for p in (self.new.root, self.old.root) if p))
        commits = list(dict.fromkeys((self.old.commit, self.new.commit)))
        there = next((Path(p) for p in places if Path(p).is_dir()), None)
        if there is None:
            return f"the repository {places[0] if places else '(unknown)'} is not on this machine."
        lost = [c[:7] for c in commits if not git.has_commit(there, c)] or [c[:7] for c in commits]
        return f"commit {' and '.join(lost)} is no longer in {there}."

    def _names(self) -> list[str]:
        """Files that may differ."""
        old, new = self.old, self.new
        names = set(self.between)
        same_commit = old.commit == new.commit
        cut = old.cut or new.cut
        if not (same_commit and cut and old.patch_digest and old.patch_digest == new.patch_digest):
            parts = [(state.patch, other.patch) for state, other in ((old, new), (new, old))]
            for patch, other in parts:
                for name, part in patch.items():
                    if not same_commit or other.get(name) != part:
                        names.update(_names(part))
            for state in (old, new):
                if state.cut:
                    # git writes the files of a patch in the order of their names
                    last = max(state.patch, default="")
                    names = {name for name in names if name <= last}
                    after = f"files after `{last}`" if last else "its files"
                    self.problems.append(
                        f"the patch of run {state.name} was too large to keep; {after} are not compared."
                    )
        for state in (old, new):
            names.update(state.untracked)
            if state.untracked_cut:
                kind = "source" if state.sources else "untracked"
                self.problems.append(f"run {state.name} had more {kind} files than are kept.")
        return sorted(names)

    # -- what files held -----------------------------------------------------------------------------------------------

    def _contents(self, state: _State, names: Sequence[str]) -> dict[str, object]:
        """Name -> bytes or _UNKNOWN; a name that was not there is left out."""
        held: dict[str, object] = {}
        wanted = set(names)
        parts = {n: part for n, part in state.patch.items() if wanted.intersection(_names(part))}
        touched = {name for part in parts.values() for name in _names(part)}
        if self.repository is None:
            held.update(dict.fromkeys(touched, _UNKNOWN))
        else:
            read = sorted(wanted | touched)[: FILES_READ * 4]
            base = git.contents_at(self.repository, state.commit, read)
            held.update({name: data for name, data in base.items() if name not in touched})
            held.update(self._patched(parts, base))
        for name in wanted:
            if name in state.untracked:
                held[name] = _read(state.untracked[name])
        return held

    def _patched(self, parts: Mapping[str, bytes], base: Mapping[str, bytes]) -> dict[str, object]:
        """What the files of these parts hold after them."""
        held: dict[str, object] = {}
        plain = {name: part for name, part in parts.items() if not _is_opaque(part)}
        for part in parts.values():
            if _is_opaque(part):
                held.update(dict.fromkeys(_names(part), _UNKNOWN))
        if not plain:
            return held
        with tempfile.TemporaryDirectory(prefix="kwslab-patch-") as folder:
            root = Path(folder)
            touched = sorted({name for part in plain.values() for name in _names(part)})
            if not _lay_out(root, touched, base) or git.apply_patch(root, b"".join(plain.values())):
                if len(plain) == 1:
                    return {**held, **dict.fromkeys(touched, _UNKNOWN)}
                for name, part in plain.items():
                    held.update(self._patched({name: part}, base))
                return held
            for name in touched:
                place = root / name
                if place.is_symlink():
                    held[name] = _UNKNOWN
                elif place.is_file():
                    held[name] = place.read_bytes()
        return held

    # -- one file ------------------------------------------------------------------------------------------------------

    def _file(self, name: str, before: object, after: object) -> FileChange | None:
        if before is None and after is None:
            # A submodule, or a file whose name git cannot be asked for: its commit says that it changed.
            return FileChange(name, "changed") if name in self.between else None
        if _UNKNOWN in (before, after):
            return self._unread(name, before, after)
        if before == after:
            return None
        if before is None or after is None:
            how: Literal["added", "removed"] = "added" if before is None else "removed"
            data = after if before is None else before
            count = len(_lines(data)) if isinstance(data, bytes) and b"\0" not in data[:8192] else 0
            return FileChange(name, how, added=count * (how == "added"), removed=count * (how == "removed"))
        assert isinstance(before, bytes) and isinstance(after, bytes)
        if max(len(before), len(after)) > FILE_BYTES or b"\0" in before[:8192] or b"\0" in after[:8192]:
            return FileChange(name, "changed")
        old, new = before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
        symbols = touched_symbols(name, old, new) if is_program(name, new) else ()
        layout = is_program(name, new) and not symbols
        return _with_diff(FileChange(name, "layout" if layout else "changed", symbols), _lines(before), _lines(after))

    def _unread(self, name: str, before: object, after: object) -> FileChange | None:
        """A file whose content is not known on one side at least."""
        mine, other = self.old.patch.get(name), self.new.patch.get(name)
        if name in self.old.untracked or name in self.new.untracked:
            sizes = [_size(state, name, data) for state, data in ((self.old, before), (self.new, after))]
            if before is None or after is None:
                return FileChange(name, "added" if before is None else "removed")
            if -1 not in sizes and sizes[0] != sizes[1]:
                return FileChange(name, "changed")
            self.problems.append(f"`{name}` was not kept with the runs, so its content is not compared.")
            return None
        if self.old.commit == self.new.commit:
            if mine == other and mine is not None:
                return None
            hunks = _functions(mine or b"") ^ _functions(other or b"")
            names = dict.fromkeys(function for function, _ in sorted(hunks) if function)
            return FileChange(name, "changed", tuple(TouchedSymbol(function, "changed") for function in names))
        if mine == other and name not in self.between:
            return None
        return FileChange(name, "changed")


def _size(state: _State, name: str, data: object) -> int:
    return len(data) if isinstance(data, bytes) else state.untracked_bytes.get(name, -1)


def _read(place: Path | None) -> object:
    try:
        return place.read_bytes() if place is not None else _UNKNOWN
    except OSError:
        return _UNKNOWN


def _is_opaque(part: bytes) -> bool:
    """Whether a part of a patch names a change without holding it: binary files, submodules, links."""
    head = _header(part)
    modes = [line.rsplit(b" ", 1)[-1] for line in head if b" mode " in line or line.startswith(b"index ")]
    body = part.split(b"\n@@ ", 1)[0]
    return b"160000" in modes or b"120000" in modes or b"\nBinary files " in body or b"\nGIT binary patch" in body


def _lay_out(root: Path, names: Sequence[str], base: Mapping[str, bytes]) -> bool:
    """Writes the files a patch starts from; False when a name leads elsewhere or cannot be a file's."""
    for name in names:
        if name not in base:
            continue
        if name.startswith("/") or any(part in ("", ".", "..", ".git") for part in name.split("/")):
            return False
        try:
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(base[name])
        except (OSError, ValueError):
            return False
    return True


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()


def _with_diff(change: FileChange, old: list[str], new: list[str]) -> FileChange:
    # Lines that are alike at both ends are left out of the comparison, so that it is quick.
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if max(len(old), len(new)) - head - tail > 20_000:
        return change
    keep = max(0, head - 3)
    a, b = old[keep : len(old) - max(0, tail - 3)], new[keep : len(new) - max(0, tail - 3)]
    lines = list(difflib.unified_diff(a, b, f"a/{change.path}", f"b/{change.path}", lineterm="", n=3))
    lines = [_moved(line, keep) for line in lines]
    added = sum(line.startswith("+") for line in lines[2:])
    removed = sum(line.startswith("-") for line in lines[2:])
    if len(lines) > DIFF_LINES:
        lines = [*lines[:DIFF_LINES], f"... {len(lines) - DIFF_LINES} more lines"]
    return replace(change, added=added, removed=removed, diff="\n".join(lines))


def _moved(line: str, by: int) -> str:
    """A hunk's head with its line numbers counted from the top of the file."""
    match = re.fullmatch(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@", line)
    if match is None:
        return line
    return f"@@ -{int(match[1]) + by}{match[2] or ''} +{int(match[3]) + by}{match[4] or ''} @@"


_HEAD_IN_PATCH = re.compile(r"[ +-]?\s*(?:async\s+)?(?:def|class)\s+(\w+)")


def _functions(part: bytes) -> set[tuple[str, str]]:
    """(definition it stands in, changed line) of each change in one file's patch, as far as its context tells."""
    found = set()
    inside = ""
    for line in part.decode("utf-8", "replace").split("\n"):
        if line.startswith("@@ "):
            head = _HEAD_IN_PATCH.match(line.split("@@", 2)[-1])
            inside = head[1] if head else ""
        elif not line.startswith(("+++", "---")):
            head = _HEAD_IN_PATCH.match(line)
            inside = head[1] if head else inside
            if line[:1] in ("+", "-") and line[1:].strip():
                found.add((inside, line))
    return found
