"""The door to the file system: read-only, inside the allowed roots alone, bounded in time and number.

Every path that a question names is resolved first (`..`, `~`, symbolic links); what ends outside the roots is refused.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.capture import may_hold_secret
from assistant.errors import AssistantError
from vault_sync.terms import distance

#: A walk ends after so many entries or seconds, and says so.
WALK_ENTRIES = 400_000
WALK_SECONDS = 4.0
#: A listing is used again for so many seconds, or ten times as long as it took to make.
LISTING_SECONDS = 5.0
#: What is read of one file at most.
READ_BYTES = 8 * 2**20

_QUIET_TEXT = """
__pycache__ node_modules site-packages .git .hg .svn .venv venv .mypy_cache .ruff_cache .pytest_cache
.ipynb_checkpoints .obsidian .trash .cache wandb mlruns
"""
#: Folders that hold no work of the researcher's: walked last, counted in sizes, not offered as finds.
QUIET_FOLDERS = frozenset(_QUIET_TEXT.split())
_SECRET_TEXT = ".ssh .gnupg .gpg .aws .azure .kube .docker .password-store .mozilla .pki keyrings"
#: Folders of keys and passwords: never entered, wherever a root lies.
SECRET_FOLDERS = frozenset(_SECRET_TEXT.split())
#: Not files: asking them can hang, or show other programs' memory.
_PSEUDO = ("/proc", "/sys", "/dev", "/run")


class FilesError(AssistantError):
    """A file or folder may not or cannot be looked at."""


class OutsideRoots(FilesError):
    """A path that lies outside the allowed roots."""


@dataclass(frozen=True)
class Root:
    """A folder that may be looked into. path: resolved. name: what an answer calls it: vault, project, runs, ..."""

    path: Path
    name: str

    def words(self) -> str:
        """For a reader: "project (/home/me/kws)"."""
        return f"{self.name} ({self.path})"


@dataclass(frozen=True)
class Entry:
    """A file or folder. relative: to its root, with slashes. size: bytes (0 for a folder). mtime: seconds since 1970.

    quiet: lies in a folder that holds no work. link: no plain file: a symbolic link (not followed), a pipe, a socket.
    """

    root: Root
    relative: str
    size: int
    mtime: float
    folder: bool = False
    quiet: bool = False
    link: bool = False

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.root.path / self.relative

    @property
    def name(self) -> str:
        """Its last part; a root's own folder has the name of the folder."""
        return self.relative.rsplit("/", 1)[-1] or self.root.path.name

    @property
    def shown(self) -> str:
        """How an answer names it: the root's folder first, so that two roots cannot be mixed up."""
        return f"{self.root.path.name}/{self.relative}" if self.relative else self.root.path.name


@dataclass(frozen=True)
class Listing:
    """All entries under a root. stopped: why the walk did not reach everything, "" when it did. age: of the listing, in
    seconds."""

    root: Root
    entries: tuple[Entry, ...]
    stopped: str = ""
    made: float = 0.0
    took: float = 0.0
    unreadable: int = 0


@dataclass(frozen=True)
class Found:
    """Entries that a name may mean. exact: they bear this very name; else they are the nearest names."""

    entries: tuple[Entry, ...]
    exact: bool
    stopped: str = ""


@dataclass
class Files:
    """Looks at files under `roots`, and at nothing else. One instance keeps its listings; safe to call from threads."""

    roots: Sequence[Root]
    walk_seconds: float = WALK_SECONDS
    walk_entries: int = WALK_ENTRIES
    clock: Callable[[], float] = time.monotonic
    _listings: dict[Path, Listing] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def roots_words(self) -> str:
        """The allowed roots, for an answer."""
        return ", ".join(root.words() for root in self.roots) or "none"

    # -- paths ---------------------------------------------------------------------------------------------------------

    def resolve(self, text: str) -> Entry | None:
        """The entry at a path that a question names.

        Args: text: absolute, with ~, or relative to a root, to the folder above it, or to the root's own name.
        Returns: None when nothing is there.
        Raises: OutsideRoots: it leads, also through `..` or a symbolic link, out of every root. FilesError: its
            folder holds keys or passwords.
        """
        if "\0" in text:
            return None
        outside = through_link = False
        for candidate in self._candidates(text):
            real = Path(os.path.realpath(candidate))
            root = self.root_of(real)
            if root is None:
                outside = True
                through_link = through_link or self.root_of(Path(os.path.normpath(candidate))) is not None
                continue
            if any(part in SECRET_FOLDERS for part in real.parts):
                raise FilesError(f"{text} lies in a folder of keys or passwords; it is never opened.")
            entry = self._entry_at(root, real)
            if entry is not None:
                return entry
        if outside and (through_link or _is_anchored(text) or not self._inside(text)):
            raise OutsideRoots(self.refusal(text))
        return None

    def refusal(self, text: str) -> str:
        """What is said of a path outside the roots."""
        return (
            f"{text} lies outside the folders I may look into, so it is not opened. Allowed are: {self.roots_words()}. "
            "Add a folder to `roots` under [files] in the configuration to allow it."
        )

    def _candidates(self, text: str) -> Iterator[Path]:
        if _is_anchored(text):
            try:
                yield Path(text).expanduser()
            except RuntimeError:  # No such user: no place inside a root.
                yield Path("/nonexistent") / text
            return
        first, _, rest = text.partition("/")
        for root in self.roots:
            yield root.path / text
            if first in (root.name, root.path.name):
                yield root.path / rest

    def _inside(self, text: str) -> bool:
        """Whether a relative path stays in some root, taken literally."""
        return any(self.root_of(Path(os.path.realpath(candidate))) is not None for candidate in self._candidates(text))

    def root_of(self, real: Path) -> Root | None:
        """The root that holds a resolved path; None outside all of them."""
        if any(str(real) == place or str(real).startswith(f"{place}/") for place in _PSEUDO):
            return None
        inside = [root for root in self.roots if real == root.path or root.path in real.parents]
        return max(inside, key=lambda root: len(root.path.parts), default=None)

    def _entry_at(self, root: Root, real: Path) -> Entry | None:
        try:
            facts = real.lstat()
        except (OSError, ValueError):
            return None
        relative = "" if real == root.path else real.relative_to(root.path).as_posix()
        return Entry(root, relative, _size_of(facts), facts.st_mtime, stat.S_ISDIR(facts.st_mode))

    def current(self, entry: Entry) -> Entry | None:
        """The entry as it is this moment; None when it is gone."""
        real = Path(os.path.realpath(entry.path))
        root = self.root_of(real)
        return self._entry_at(entry.root, entry.path) if root is not None else None

    # -- reading -------------------------------------------------------------------------------------------------------

    def open_bytes(self, entry: Entry, limit: int = READ_BYTES, offset: int = 0) -> bytes:
        """A part of a file. offset: from its start; negative: from its end.

        Raises: FilesError: it may hold a secret, is no plain file, is gone, or cannot be read.
        """
        with os.fdopen(self.descriptor(entry), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(offset if offset >= 0 else max(0, size + offset))
            return file.read(limit)

    def descriptor(self, entry: Entry) -> int:
        """An open descriptor of a plain file, for a reader that seeks. Raises: FilesError, see `open_bytes`."""
        real = Path(os.path.realpath(entry.path))
        if self.root_of(real) is None:
            raise OutsideRoots(self.refusal(entry.shown))
        code = real.suffix in (".py", ".md")  # tokenizer.py is no token.
        if (may_hold_secret(real.name) and not code) or any(part in SECRET_FOLDERS for part in real.parts):
            raise FilesError(f"{entry.shown} may hold a key or a password; it is never opened.")
        try:
            # Without waiting: a pipe in the tree must not hold the answer up.
            descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise FilesError(f"{entry.shown} cannot be read ({error.strerror}).") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FilesError(f"{entry.shown} is no plain file; its content is not read.")
        return descriptor

    # -- listings ------------------------------------------------------------------------------------------------------

    def listing(self, root: Root) -> Listing:
        """All that lies under a root, from the last walk when that is recent enough."""
        with self._lock:
            known = self._listings.get(root.path)
            now = self.clock()
            if known is None or now - known.made > max(LISTING_SECONDS, 10 * known.took):
                known = self._walk(root)
                self._listings[root.path] = known
            return known

    def forget(self) -> None:
        """Looks anew with the next question."""
        with self._lock:
            self._listings.clear()

    def _walk(self, root: Root) -> Listing:
        begun = self.clock()
        deadline = begun + self.walk_seconds
        entries: list[Entry] = []
        unreadable = 0
        stopped = ""
        waiting: list[tuple[str, bool]] = [("", False)]
        later: list[tuple[str, bool]] = []
        at = 0
        while at < len(waiting) or later:
            if at >= len(waiting):
                waiting, later, at = later, [], 0
            relative, quiet = waiting[at]
            at += 1
            try:
                with os.scandir(root.path / relative if relative else root.path) as listed:
                    for item in listed:
                        try:
                            facts = item.stat(follow_symlinks=False)
                        except OSError:
                            unreadable += 1
                            continue
                        path = f"{relative}/{item.name}" if relative else item.name
                        folder = stat.S_ISDIR(facts.st_mode)
                        hidden = quiet or item.name in QUIET_FOLDERS or (folder and item.name.startswith("."))
                        link = not folder and not stat.S_ISREG(facts.st_mode)
                        if folder and item.name in SECRET_FOLDERS:
                            continue
                        entries.append(Entry(root, path, _size_of(facts), facts.st_mtime, folder, hidden, link))
                        if folder and not self._is_other_root(root, path):
                            (later if hidden else waiting).append((path, hidden))
            except OSError:
                unreadable += 1
            if len(entries) >= self.walk_entries:
                stopped = f"stopped after {len(entries)} entries"
                break
            if self.clock() > deadline and (at < len(waiting) or later):
                stopped = f"stopped after {self.walk_seconds:g} s and {len(entries)} entries"
                break
        took = self.clock() - begun
        return Listing(root, tuple(entries), stopped, self.clock(), took, unreadable)

    def _is_other_root(self, root: Root, relative: str) -> bool:
        """A root inside another is walked by itself."""
        return any(other.path == root.path / relative for other in self.roots if other.path != root.path)

    def chosen_roots(self, name: str = "") -> list[Root]:
        """The roots, or those that a word names."""
        word = name.lower()
        named = [root for root in self.roots if word and word in (root.name.lower(), root.path.name.lower())]
        return named or ([] if name else list(self.roots))

    def entries(self, roots: Sequence[Root] | None = None, quiet: bool = False) -> tuple[list[Entry], str]:
        """Entries of all or some roots, and why not everything was reached."""
        found: list[Entry] = []
        stopped = []
        for root in self.roots if roots is None else roots:
            listing = self.listing(root)
            found.extend(entry for entry in listing.entries if quiet or not entry.quiet)
            if listing.stopped:
                stopped.append(f"{root.name}: {listing.stopped}")
        return found, "; ".join(stopped)

    def under(self, folder: Entry, quiet: bool = True) -> tuple[list[Entry], str]:
        """All that lies under a folder, however deep."""
        listing = self.listing(folder.root)
        prefix = f"{folder.relative}/" if folder.relative else ""
        found = [e for e in listing.entries if e.relative.startswith(prefix) and (quiet or not e.quiet)]
        return found, listing.stopped

    # -- finding -------------------------------------------------------------------------------------------------------

    def find(self, text: str, folders: bool = True, files: bool = True) -> Found:
        """Where a file or folder is: by path, name, name without its ending, glob, or with a spelling slip.

        Raises: OutsideRoots, FilesError: see `resolve`.
        """
        text = text.strip().rstrip("/") or text.strip()
        if not any(sign in text for sign in "*?["):
            here = self.resolve(text)
            if here is not None and (folders if here.folder else files):
                return Found((here,), True)
        elif _is_anchored(text) or ".." in text.split("/"):
            raise OutsideRoots(self.refusal(text))
        entries, stopped = self.entries()
        entries = [e for e in entries if (e.folder and folders) or (not e.folder and files)]
        found = _by_name(text, entries)
        if found:
            return Found(tuple(found), True, stopped)
        return Found(tuple(nearest_names(text, entries)), False, stopped)

    def disk(self) -> list[tuple[str, list[Root], int, int, int]]:
        """Per file system: (place, roots on it, total, used, free), bytes. A root that is gone is left out."""
        found: dict[int, tuple[str, list[Root], int, int, int]] = {}
        for root in self.roots:
            place = root.path
            while not place.exists() and place != place.parent:
                place = place.parent
            try:
                device, usage = place.stat().st_dev, shutil.disk_usage(place)
            except OSError:
                continue
            if device in found:
                found[device][1].append(root)
            else:
                found[device] = (str(root.path), [root], usage.total, usage.used, usage.free)
        return list(found.values())


def _by_name(text: str, entries: Sequence[Entry]) -> list[Entry]:
    lower = text.lower().strip("/")
    if any(sign in lower for sign in "*?["):
        if "/" not in lower:
            return [e for e in entries if fnmatch.fnmatchcase(e.name.lower(), lower)]
        return [e for e in entries if fnmatch.fnmatchcase(f"/{e.relative.lower()}", f"*/{lower}")]
    tail = f"/{lower}"
    whole = [e for e in entries if f"/{e.relative.lower()}".endswith(tail)]
    if whole:
        return whole
    if "." not in lower.rsplit("/", 1)[-1]:  # "bcresnet" for bcresnet.py
        return [e for e in entries if f"/{e.relative.lower()}".rsplit(".", 1)[0].endswith(tail)]
    return []


def nearest_names(text: str, entries: Sequence[Entry], limit: int = 5) -> list[Entry]:
    """The entries whose names are most like a name: a slip of it, its parts in another order, or it as a part."""
    wanted = text.lower().rsplit("/", 1)[-1]
    stem, _, ending = wanted.rpartition(".") if "." in wanted else (wanted, "", "")
    scored: list[tuple[float, float, Entry]] = []
    seen: dict[str, float] = {}
    words = frozenset(part for part in re.split(r"[\W_]+", stem) if len(part) > 1)
    for entry in entries:
        name = entry.name.lower()
        if name not in seen:
            seen[name] = _likeness(stem, ending, words, name)
        if seen[name] > 0:
            scored.append((-seen[name], -entry.mtime, entry))
    scored.sort(key=lambda one: one[:2])
    return [entry for _, _, entry in scored[:limit]]


def _likeness(stem: str, ending: str, words: frozenset[str], name: str) -> float:
    base, _, has = name.rpartition(".") if "." in name.lstrip(".") else (name, "", "")
    same_ending = 0.2 if ending and ending == has else 0.0
    if not stem:
        return 0.0
    allowed = 1 if len(stem) < 6 else 2 if len(stem) < 12 else 3
    if abs(len(base) - len(stem)) <= allowed:
        far = distance(stem, base, allowed)
        if far <= allowed:
            return 3.0 - far / (allowed + 1) + same_ending
    parts = frozenset(part for part in re.split(r"[\W_]+", base) if len(part) > 1)
    shared = words & parts
    if words and words == parts:
        return 2.5 + same_ending
    if len(stem) > 3 and (stem in base or (len(base) > 3 and base in stem)):
        return 1.5 + same_ending
    if shared and any(len(word) > 3 for word in shared):
        return len(shared) / len(words | parts) + same_ending
    return 0.0


def is_slip(text: str, entry: Entry) -> bool:
    """Whether an entry's name is this name with a spelling slip, so near that it may be taken for it."""
    wanted = text.lower().rsplit("/", 1)[-1]
    name = entry.name.lower()
    if "." not in wanted:
        name = name.rsplit(".", 1)[0]
    allowed = 1 if len(wanted) < 8 else 2
    return len(wanted) > 3 and distance(wanted, name, allowed) <= allowed


def _is_anchored(text: str) -> bool:
    return text.startswith(("/", "~"))


def _size_of(facts: os.stat_result) -> int:
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0


def show_bytes(size: int) -> str:
    """A size for a reader: 812 B, 3.4 KB, 1.9 GB (steps of 1024)."""
    value, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 1024 or unit == "TB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def allowed_roots(paths: Sequence[tuple[str, Path]]) -> tuple[Root, ...]:
    """Roots by name, resolved, each place once; those that are not there yet stay allowed.

    Args: paths: (name, folder). A pseudo file system such as /proc is left out.
    """
    found: dict[Path, Root] = {}
    for name, path in paths:
        real = Path(os.path.realpath(path))
        if any(str(real) == place or str(real).startswith(f"{place}/") for place in _PSEUDO):
            continue
        found.setdefault(real, Root(real, name))
    return tuple(found.values())
