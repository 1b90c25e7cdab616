"""The one door to watchdog: tells which notes were saved, renamed or deleted, soon after it happened.

Events are hints, the disk is the truth: a path is reported only when its size or mtime is another one than before, and
a sweep over the whole vault, at the start and every few minutes, finds what no event told of.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vault_sync.errors import VaultError
from vault_sync.vault import Vault

_LOG = logging.getLogger(__name__)

#: More hints than this at once: one sweep is cheaper than looking at each, and events may have been lost.
_MANY_HINTS = 2000
#: File systems whose changes from another machine, or another system, no event tells of.
_REMOTE_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "vboxsf", "prl_fs", "afs", "ceph"})
#: Sweeps that find changes without an event before events are given up.
_MISSES_ALLOWED = 2
_RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)

_IN_ATTRIB = 0x4

#: path -> (mtime_ns, size), as the last look found it.
Snapshot = dict[str, tuple[int, int]]


class Watcher:
    """Calls `on_change` with the notes that changed, in its own thread, one call at a time.

    Args:
        root: the vault's folder, or a `Vault` when some of it is ignored.
        on_change: gets vault-relative posix paths, gone ones among them. The first call names every note, since nobody
            knows what happened before. When it raises, the same paths come again after a while.
        on_problem: gets one sentence about what went wrong or is done another way; it goes to the log as well.
        quiet_seconds: a burst of saves is over when nothing came for so long; at_most_seconds: or after so long.
        sweep_seconds: time between two looks at everything. poll_seconds: the same where there are no events.
        events: False to go without events from the start.
    """

    def __init__(
        self,
        root: Path | Vault,
        on_change: Callable[[set[str]], None],
        *,
        on_problem: Callable[[str], None] | None = None,
        quiet_seconds: float = 0.3,
        at_most_seconds: float = 1.5,
        sweep_seconds: float = 180.0,
        poll_seconds: float = 1.0,
        events: bool = True,
    ) -> None:
        self.vault = root if isinstance(root, Vault) else Vault(root)
        self.root = self.vault.root
        self.on_change = on_change
        self.on_problem = on_problem
        self.quiet_seconds = quiet_seconds
        self.at_most_seconds = at_most_seconds
        self.sweep_seconds = sweep_seconds
        self.poll_seconds = poll_seconds
        #: "events" or "polling". why_polling: a sentence when it is not events.
        self.mode = "events" if events else "polling"
        self.why_polling = "" if events else "asked for"
        self.started = threading.Event()
        self._roots = tuple(dict.fromkeys((str(self.root.absolute()), str(self.root.resolve()))))
        self._condition = threading.Condition()
        self._hints: set[str] = set()
        self._sweep_wanted = True
        self._first_hint = self._last_hint = 0.0
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._observer: Any = None
        self._linked_folders: tuple[str, ...] = ()
        self._linked_notes: tuple[str, ...] = ()
        self._linked_places: dict[str, str] = {}
        self._snapshot: Snapshot = {}
        self._unseen: set[str] = set()
        self._misses = 0
        self._last_linked = 0.0
        self._identity: tuple[int, int] | None = None
        self._problem = ""

    def start(self) -> None:
        """Begins to watch; returns at once. `started` is set when events are on and the first sweep was told of."""
        self._thread = threading.Thread(target=self._run, name="vault-watcher", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Ends the thread; a call of `on_change` that is under way is waited for."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)

    def sweep(self) -> None:
        """Asks for a look at everything now."""
        with self._condition:
            self._sweep_wanted = True
            self._condition.notify_all()

    def hint(self, paths: Iterable[str]) -> None:
        """Something may have happened to these files or folders (absolute, or relative to the vault)."""
        with self._condition:
            now = time.monotonic()
            for path in paths:
                relative = self._relative(path)
                if relative is None:
                    continue
                if not self._hints:
                    self._first_hint = now
                self._last_hint = now
                self._hints.add(relative)
            self._condition.notify_all()

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        pending: set[str] = set()
        failures = 0
        next_sweep = next_try = 0.0
        if self.mode == "events":
            self._observe()
        while True:
            with self._condition:
                now = time.monotonic()
                while not self._stopping and not self._due(now, next_sweep, next_try if pending else None):
                    self._condition.wait(self._wait_seconds(now, next_sweep, next_try if pending else None))
                    now = time.monotonic()
                if self._stopping:
                    break
                hints, self._hints = self._hints, set()
                sweeping = self._sweep_wanted or now >= next_sweep or len(hints) > _MANY_HINTS
                self._sweep_wanted = False
                self._last_linked = now
                self._unseen -= hints
            try:
                begun = time.monotonic()
                if sweeping or any(self._is_folder(hint) for hint in hints):
                    changed = self._look_at_all(hints)
                    rest = self.sweep_seconds if self.mode == "events" else self.poll_seconds
                    next_sweep = time.monotonic() + max(rest, 10 * (time.monotonic() - begun))
                else:
                    changed = self._look_at(hints | set(self._linked_notes))
                pending |= changed
                if pending and (changed or time.monotonic() >= next_try):
                    self.on_change(set(pending))
                    pending.clear()
                failures = 0
                self._problem = ""
                self.started.set()
            except Exception as error:  # The watcher outlives whatever a change leads to; what failed is tried again.
                next_try = time.monotonic() + _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
                next_sweep = max(next_sweep, next_try)
                failures += 1
                self._tell(str(error) if isinstance(error, VaultError) else f"a change was not taken in: {error!r}")
                if not isinstance(error, VaultError):
                    _LOG.exception("a change in %s was not taken in; it is tried again", self.root)
        self._ignore_events()

    def _due(self, now: float, next_sweep: float, next_try: float | None) -> bool:
        if self._sweep_wanted or now >= next_sweep or (next_try is not None and now >= next_try):
            return True
        if self._linked_notes and now - self._last_linked >= self.poll_seconds:
            return True
        if not self._hints:
            return False
        return now - self._last_hint >= self.quiet_seconds or now - self._first_hint >= self.at_most_seconds

    def _wait_seconds(self, now: float, next_sweep: float, next_try: float | None) -> float:
        """How long nothing can become due."""
        until = [next_sweep]
        if self._linked_notes:  # What they link to lies outside; no event tells of it.
            until.append(self._last_linked + self.poll_seconds)
        if next_try is not None:
            until.append(next_try)
        if self._hints:
            until.append(min(self._last_hint + self.quiet_seconds, self._first_hint + self.at_most_seconds))
        return max(0.01, min(until) - now)

    def _look_at(self, hints: Iterable[str]) -> set[str]:
        """Which of the hinted notes are not as they were."""
        changed = set()
        for path in hints:
            if not self.vault.holds(path):
                continue
            facts = _facts(self.root / path)
            if facts != self._snapshot.get(path):
                changed.add(path)
                if facts is None:
                    self._snapshot.pop(path, None)
                else:
                    self._snapshot[path] = facts
        return changed

    def _look_at_all(self, hints: set[str]) -> set[str]:
        """Compares the whole vault with the last look; mends the watching where events were missed."""
        files = self.vault.files()
        found: Snapshot = {file.path: (file.mtime_ns, file.size) for file in files}
        changed = {path for path in found.keys() | self._snapshot.keys() if found.get(path) != self._snapshot.get(path)}
        first = not self._snapshot
        self._snapshot = found
        if self.mode == "events":
            self._mend(files_changed=set() if first else changed, hints=hints, found=found)
        return changed

    def _is_folder(self, hint: str) -> bool:
        """Whether a hint means all that lies under it. A folder that is gone cannot be asked; its name tells."""
        return not hint.lower().endswith(".md") or (self.root / hint).is_dir()

    # -- events ----------------------------------------------------------------------------------------------------

    def _observe(self) -> None:
        """Asks the system for events; without them the vault is looked at every second or so."""
        kind = _file_system(self.root)
        if kind in _REMOTE_FILE_SYSTEMS or kind.startswith("fuse.ssh"):
            self._poll(f"{self.root} lies on {kind}, where changes from elsewhere cause no event")
            return
        try:
            from watchdog.events import (
                DirCreatedEvent,
                DirDeletedEvent,
                DirMovedEvent,
                FileAttribEvent,
                FileClosedEvent,
                FileCreatedEvent,
                FileDeletedEvent,
                FileModifiedEvent,
                FileMovedEvent,
                FileSystemEvent,
                FileSystemEventHandler,
            )
            from watchdog.observers import Observer

            watcher = self

            class Hints(FileSystemEventHandler):
                def on_any_event(self, event: FileSystemEvent) -> None:
                    paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
                    watcher.hint(path for path in paths if event.is_directory or path.lower().endswith(".md"))

            wanted: list[type[FileSystemEvent]] = [
                DirCreatedEvent,
                DirDeletedEvent,
                DirMovedEvent,
                FileAttribEvent,
                FileClosedEvent,
                FileCreatedEvent,
                FileDeletedEvent,
                FileModifiedEvent,
                FileMovedEvent,
            ]
            self._identity = _identity(self.root)
            observer = Observer()
            observer.daemon = True
            observer.start()
            self._observer = observer
            handler = Hints()
            # A link itself is not followed by the observer: the folder it leads to is watched in its stead.
            self._linked_places = {str((self.root / path).resolve()): path for path in self._linked_folders}
            for folder in (str(self.root.resolve()), *self._linked_places):
                observer.schedule(handler, folder, recursive=True, event_filter=wanted, follow_symlink=False)
            _one_more_watch(self.root)
        except Exception as error:  # OSError for used-up watches; the library raises others where it cannot work.
            self._no_events(error)

    def _no_events(self, error: Exception) -> None:
        limit = "instances" if isinstance(error, OSError) and error.errno == errno.EMFILE else "watches"
        self._ignore_events()
        self._poll(f"no events for {self.root} ({error}); raise fs.inotify.max_user_{limit} for instant updates")

    def _mend(self, files_changed: set[str], hints: set[str], found: Snapshot) -> None:
        """After a sweep: watch anew when the folder is another one, or when changes came that no event told of."""
        try:
            _one_more_watch(self.root)
        except OSError as error:
            self._no_events(error)
            return
        told_folders = tuple(hint for hint in hints if self._is_folder(hint))
        untold = {
            path
            for path in files_changed - hints
            if not any(path.startswith(f"{folder}/") or folder == "." for folder in told_folders)
        }
        folders = {path.rpartition("/")[0] for path in found}
        parents = {parent for folder in folders for parent in _parents(folder)}
        linked = tuple(sorted(folder for folder in parents if (self.root / folder).is_symlink()))
        self._linked_notes = tuple(path for path in found if (self.root / path).is_symlink())
        missed = bool(self._unseen)
        # Their events may be on their way (`_run` strikes them out); what is still here at the next sweep was missed.
        self._unseen = set() if missed else untold - set(self._linked_notes)
        moved = _identity(self.root) != self._identity
        if missed:
            self._misses += 1
        if self._misses > _MISSES_ALLOWED:
            self._ignore_events()
            self._poll(f"changes in {self.root} caused no event")
        elif moved or linked != self._linked_folders or missed or not self._observer.is_alive():
            self._linked_folders = linked
            self._ignore_events()
            self._observe()

    def _ignore_events(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            try:
                observer.stop()
                observer.join(2.0)
            except Exception:  # A half-started observer; nothing waits for its events any more.
                _LOG.debug("the observer of %s could not be ended", self.root, exc_info=True)

    def _poll(self, why: str) -> None:
        self.mode, self.why_polling = "polling", why
        self._sweep_wanted = True
        self._tell(f"{why}; notes are looked at every {self.poll_seconds:g} s instead")

    def _tell(self, message: str) -> None:
        if message == self._problem:
            return
        self._problem = message
        _LOG.warning("%s", message)
        if self.on_problem is not None:
            self.on_problem(message)

    def _relative(self, path: str) -> str | None:
        """The path inside the vault, posix; None for what lies outside or in a dot folder."""
        if path.startswith((os.sep, *self._roots)):
            places = {**self._linked_places, **dict.fromkeys(self._roots, "")}
            for place, inside in places.items():
                if path == place or path.startswith(place + os.sep):
                    path = "/".join(part for part in (inside, path[len(place) :].lstrip(os.sep)) if part) or "."
                    break
            else:
                return None
        path = path.replace(os.sep, "/")
        if path != "." and any(part.startswith(".") for part in path.split("/")):
            return None
        return path


def _one_more_watch(folder: Path) -> None:
    """Asks the system for one watch more than there are, and gives it back.

    The library leaves folders unwatched, without a word, when the watches are used up.
    Raises: OSError: there is none.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify instance limit reached")
    try:
        if libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_ATTRIB) < 0:
            number = ctypes.get_errno()
            if number == errno.ENOSPC:
                raise OSError(number, "inotify watch limit reached")
    finally:
        os.close(descriptor)


def _facts(path: Path) -> tuple[int, int] | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_dev, info.st_ino


def _parents(folder: str) -> list[str]:
    parts = [part for part in folder.split("/") if part]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def _file_system(path: Path) -> str:
    """Kind of the file system a folder lies on, "" where the system does not tell (only Linux does)."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    place = os.path.realpath(path)
    best = ("", "")
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mount = fields[1].replace("\\040", " ")
        if (place == mount or place.startswith(mount.rstrip("/") + "/")) and len(mount) >= len(best[0]):
            best = (mount, fields[2])
    return best[1]
