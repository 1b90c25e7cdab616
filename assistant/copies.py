"""Copies of another machine's runs among this machine's run directories, and the link that keeps them up to date.

A copy is a run directory like any other, with a host file besides (see `fskws.runs.read_host`), so records, notes,
metrics and output need no connection. A copy's own sizes say what it lacks: nothing is asked for twice, and a copy that
was cut short goes on where it stands. Its exit file is written last, when all else is there.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from assistant.errors import HostError, LaunchError
from assistant.hosts import ANSWER_SECONDS, SLEEP_SECONDS, ShellHost
from fskws import runs
from fskws.runs import RunDirectory

log = logging.getLogger("kwslab.hosts")

#: A request for news waits so long for some; well below `runs.SILENT_SECONDS`.
NEWS_SECONDS = 20.0

#: So many runs are asked for at once.
BATCH = 50

#: Seconds between two tries to reach a host: the first, and the longest. One that refuses is not knocked at for ever.
RETRY_SECONDS = (1.0, 30.0)
REFUSED_RETRY_SECONDS = (30.0, 600.0)
_TRANSIENT = frozenset({"lost", "silent", "unreachable", "refused", "asleep", "unknown host"})

#: So many copies are written at a time.
APPLY_THREADS = 8

#: A copy's beginning takes milliseconds; one that is so old was cut short.
TORN_SECONDS = 600.0

_WHOLE = ("command", "record", "stop")


class Copies:
    """The copies of one host's runs. Safe between threads, as long as no two apply news of the same run."""

    def __init__(self, runs_dir: Path, host: str) -> None:
        """Args: runs_dir: this machine's run directories. host: the host's name."""
        self.runs_dir, self.host = runs_dir, host
        self._open: set[str] | None = None

    def directory(self, id: str) -> RunDirectory:
        """Where the copy of a run is, or would be."""
        return RunDirectory(self.runs_dir / id)

    def open(self) -> list[str]:
        """Ids of the copies that are not whole yet, oldest first."""
        if self._open is None:
            self._forget_torn()
            self._open = {
                directory.id
                for directory in copies_in(self.runs_dir)
                if not directory.exit.exists() and runs.read_host(directory).get("host") == self.host
            }
        return sorted(self._open)

    def _forget_torn(self) -> None:
        """Takes away what a copy left that was being begun when this machine went down."""
        for aside in self.runs_dir.glob(".copy-*"):
            with contextlib.suppress(OSError):
                if time.time() - aside.stat().st_mtime > TORN_SECONDS:
                    shutil.rmtree(aside)

    def whole(self, id: str) -> bool:
        """Whether the run is over and all of it is here."""
        return self.directory(id).exit.exists()

    def expect(self, id: str) -> None:
        """A run that the host told of: its copy is begun with the first news of it."""
        self.open()
        assert self._open is not None
        self._open.add(id)

    def cursor(self, id: str) -> dict[str, Any]:
        """What is here of a run, as `runner.Runner.op_pull` wants it."""
        directory = self.directory(id)
        known = runs.read_host(directory)
        if not known:
            return {}
        files = {}
        for path in (directory.metrics, directory.samples, *(path for _, path in directory.output_segments())):
            with contextlib.suppress(OSError):
                files[path.name] = path.stat().st_size
        if not known.get("code"):
            for path in directory.code.rglob("*"):
                if path.is_file():
                    files[path.relative_to(directory.root).as_posix()] = path.stat().st_size
        cursor: dict[str, Any] = {key: known[key] for key in ("state", "code", "missing") if key in known}
        cursor["files"] = files
        cursor["whole"] = {}
        for name in _WHOLE:
            with contextlib.suppress(OSError):
                content = (directory.root / runs.FILES[name]).read_bytes()
                cursor["whole"][name] = hashlib.sha1(content).hexdigest()
        return cursor

    def apply(self, id: str, changes: Mapping[str, Any], skew_seconds: float = 0.0) -> bool:
        """Brings a copy on. Returns whether the run is over and all of it is here.

        Raises: OSError: the disk took no more; what is there stays, and the next news goes on from it.
        """
        directory = self.directory(id)
        known = runs.read_host(directory)
        if not known:
            if directory.root.exists():
                log.warning("run %s of %s is a run of this machine, too; it is not copied", id, self.host)
                self._done(id)
                return True
            if changes.get("missing"):
                self._done(id)
                return True
            known = self._begin(directory, changes, skew_seconds)
        before = json.dumps(known, sort_keys=True)
        fits = True
        for name, offset, text in changes.get("pieces", ()):
            fits &= self._write_piece(directory, str(name), int(offset), base64.b64decode(text))
        for name, text in changes.get("whole", {}).items():
            if name in _WHOLE:
                _move_in(directory.root / runs.FILES[name], base64.b64decode(text))
        for name in changes.get("gone", ()):
            if _is_output(str(name)):
                (directory.root / str(name)).unlink(missing_ok=True)
        for key in ("state", "code"):
            if key in changes:
                known[key] = changes[key]
        if changes.get("missing"):
            known["missing"] = True
            known["state"] = {"status": "unknown", "code": None, "cause": f"its directory on {self.host} is gone"}
        known.update(skew_seconds=round(skew_seconds, 3), lost_since=None)
        if json.dumps(known, sort_keys=True) != before:
            runs.write_aside(directory.host, json.dumps(known).encode())
        if "exit" in changes and fits and directory.command.exists():
            files = [directory.metrics, directory.samples, *(path for _, path in directory.output_segments())]
            for path in (*files, *(directory.root / runs.FILES[name] for name in _WHOLE)):
                with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                    os.fsync(file.fileno())
            runs.write_aside(directory.exit, base64.b64decode(changes["exit"]))
            self._done(id)
            return True
        if changes.get("missing"):
            self._done(id)
        return False

    def _done(self, id: str) -> None:
        if self._open is not None:
            self._open.discard(id)

    def _begin(self, directory: RunDirectory, changes: Mapping[str, Any], skew_seconds: float) -> dict[str, Any]:
        """Makes the copy's directory, marked as one from its first moment."""
        known: dict[str, Any] = {"host": self.host, "skew_seconds": round(skew_seconds, 3), "lost_since": None}
        known["state"] = changes.get("state") or {"status": "running", "code": None, "cause": ""}
        if "code" in changes:
            known["code"] = changes["code"]
        self.runs_dir.mkdir(parents=True, exist_ok=True)
        aside = self.runs_dir / f".copy-{directory.id}-{secrets.token_hex(4)}"
        aside.mkdir(mode=0o700)
        try:
            started = RunDirectory(aside)
            runs.write_aside(started.host, json.dumps(known).encode())
            if "command" in changes.get("whole", {}):
                _move_in(started.command, base64.b64decode(changes["whole"]["command"]))
            aside.rename(directory.root)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        self.expect(directory.id)
        return known

    def _write_piece(self, directory: RunDirectory, name: str, offset: int, data: bytes) -> bool:
        """Puts a piece of a file at its place. Returns False when what comes before it is missing here."""
        parts = name.split("/")
        code = parts[0] == runs.FILES["code"] and len(parts) > 1
        if not (code or name in (runs.FILES["metrics"], runs.FILES["samples"]) or _is_output(name)):
            return True
        if any(part in ("", ".", "..") for part in parts):
            return True
        path = directory.root / name
        try:
            if code:
                path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except (OSError, ValueError) as error:
            if code:  # a name that this file system does not take
                log.warning("%s of run %s is not copied: %s", name, directory.id, error)
                return True
            raise
        try:
            size = os.fstat(fd).st_size
            if size < offset:
                return False  # asked for again
            if size > offset:
                os.ftruncate(fd, offset)
            os.lseek(fd, offset, os.SEEK_SET)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(fd, rest) :]
        finally:
            os.close(fd)
        return True

    def last_heard(self) -> float | None:
        """When the host last spoke of an open run (unix seconds), as far as the copies tell."""
        moments = []
        for id in self.open():
            with contextlib.suppress(OSError):
                moments.append(self.directory(id).host.stat().st_mtime)
        return max(moments, default=None)

    def heard(self) -> None:
        """The host has just spoken: what it said of its runs still holds."""
        for id in self.open():
            with contextlib.suppress(OSError):
                os.utime(self.directory(id).host)

    def lost(self, since: float | None) -> None:
        """Contact is lost since then (unix seconds), or there again (None)."""
        for id in self.open():
            directory = self.directory(id)
            known = runs.read_host(directory)
            if known and known.get("lost_since") != since:
                with contextlib.suppress(OSError):
                    runs.write_aside(directory.host, json.dumps({**known, "lost_since": since}).encode())


def copies_in(runs_dir: Path) -> list[RunDirectory]:
    """All copies of other machines' runs among the run directories."""
    try:
        entries = [entry.path for entry in os.scandir(runs_dir) if not entry.name.startswith(".")]
    except OSError:
        return []
    return [RunDirectory(Path(path)) for path in entries if os.path.exists(os.path.join(path, runs.FILES["host"]))]  # noqa: PTH110, PTH118


def _move_in(path: Path, content: bytes) -> None:
    """Writes a small file aside and moves it in. It is synced when the run is over; what is torn is asked for again."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _is_output(name: str) -> bool:
    return re.fullmatch(re.escape(runs.FILES["output"]) + r"(\.\d+)?", name) is not None


# -- the link ----------------------------------------------------------------------------------------------------------


class Link:
    """Keeps the copies of one host's runs up to date, in a thread of its own, through every loss of contact."""

    def __init__(
        self, host: ShellHost, copies: Copies, origin: str, changed: Callable[[], None] = lambda: None
    ) -> None:
        """Args: origin: this state's name, whose runs are copied. changed: called when a copy was brought on."""
        self.host, self.copies, self.origin, self.changed = host, copies, origin, changed
        self.state = "connecting"
        self.since = time.time()
        self.heard_at: float | None = None
        self.problem, self.kind = "", ""
        self._status: tuple[float, dict[str, Any]] | None = None
        self._asking = threading.Lock()
        self._asked: threading.Thread | None = None
        self._stop, self._wake = threading.Event(), threading.Event()
        self._applying = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The host's name."""
        return self.host.name

    def start(self) -> None:
        """Begins to follow the host, unless that was begun before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=f"host {self.name}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ends the connection; what runs there goes on."""
        self._stop.set()
        self._wake.set()
        self.host.close()
        if self._thread is not None:
            self._thread.join(5.0)

    def wake(self) -> None:
        """Tries again now instead of later."""
        self._wake.set()

    # What is asked by somebody.

    def request(self, op: str, params: Mapping[str, Any] | None = None, *, seconds: float = ANSWER_SECONDS) -> Any:
        """One request, over a new connection if need be. Raises: HostError, LaunchError."""
        try:
            result = self.host.request(op, params, seconds=seconds)
        except HostError as error:
            self._lost(error)
            self._wake.set()
            raise
        if self.state != "connected":
            self._wake.set()
        return result

    def start_run(self, wish: Mapping[str, Any], *, seconds: float = 60.0) -> dict[str, Any]:
        """Starts a run and begins its copy. A connection that is lost meanwhile is made again, and the same is asked.

        Args: wish: see `runner.Runner.op_start`; its id makes sure that nothing is started twice.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                reply: dict[str, Any] = self.request("start", {**wish, "origin": self.origin}, seconds=180.0)
                break
            except HostError as error:
                if error.kind not in ("lost", "silent") or time.monotonic() > deadline:
                    if error.kind not in ("lost", "silent"):
                        raise
                    raise HostError(
                        f"{error} Whether run {wish['id']} was started is not known; if so, it shows up in `kwslab "
                        "runs` when contact is back.",
                        error.kind,
                    ) from error
                time.sleep(1.0)
        if reply.get("changes"):
            with self._applying:
                self.copies.apply(reply["id"], reply["changes"], self.host.skew)
        return reply

    def status(self, max_age_seconds: float = 3.0, patience_seconds: float = 5.0) -> dict[str, Any]:
        """What the host does: its state, and what it said last with the age of that.

        Args: max_age_seconds: older facts are asked for anew. patience_seconds: so long they are waited for.
        Returns: as `facts`, with "facts" (see `status.status_facts`; None when it was never had) and "age_seconds".
        """
        known = self._status
        if known is None or time.monotonic() - known[0] > max_age_seconds:
            with self._asking:
                if self._asked is None or not self._asked.is_alive():
                    self._asked = threading.Thread(target=self._ask_status, daemon=True)
                    self._asked.start()
                asked = self._asked
            asked.join(patience_seconds)
        known = self._status
        return {
            **self.facts(),
            "facts": known[1] if known else None,
            "age_seconds": round(time.monotonic() - known[0], 1) if known else None,
        }

    def _ask_status(self) -> None:
        if self.state == "lost" and not self.host.connected:
            return  # the loop tries; the last facts are given with their age
        with contextlib.suppress(LaunchError):
            self._status = (time.monotonic(), self.request("status"))

    def last_queue(self) -> list[dict[str, Any]]:
        """What waited on the host when its status was asked last."""
        return list(self._status[1].get("queue", ())) if self._status else []

    def facts(self) -> dict[str, Any]:
        """The state of the link: "state" is connected, connecting or lost; "since" that state lasts."""
        return {
            "name": self.name,
            "state": self.state,
            "since": runs.local_time(self.since),
            "since_seconds": round(max(0.0, time.time() - self.since), 1),
            "heard_at": None if self.heard_at is None else runs.local_time(self.heard_at),
            "heard_seconds": None if self.heard_at is None else round(max(0.0, time.time() - self.heard_at), 1),
            "problem": self.problem,
            "hostname": self.host.hello.get("hostname", ""),
            "skew_seconds": round(self.host.skew, 1),
            "open_runs": self.copies.open(),
        }

    # The thread.

    def _loop(self) -> None:
        wait = 0.0
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.host.connect()
                self._connected()
                wait = 0.0
                while not self._stop.is_set():
                    self.look()
            except HostError as error:
                self._lost(error)
                first, longest = RETRY_SECONDS if error.kind in _TRANSIENT else REFUSED_RETRY_SECONDS
            except OSError as error:
                words = error.strerror or str(error)
                self._hindered(f"copies of its runs cannot be written here ({words}); free some space")
                first, longest = RETRY_SECONDS
            except (LaunchError, ValueError, KeyError) as error:
                self._hindered(str(error) or type(error).__name__)
                first, longest = RETRY_SECONDS
            if self._stop.is_set():
                return
            wait = min(max(wait * 2, first), longest)
            self._pause(wait)

    def _pause(self, seconds: float) -> None:
        """Waits, less when woken or when this machine was asleep meanwhile."""
        until, wall, steady = time.monotonic() + seconds, time.time(), time.monotonic()
        while not self._stop.is_set() and time.monotonic() < until:
            if self._wake.wait(min(2.0, max(until - time.monotonic(), 0.0))):
                return
            if (time.time() - wall) - (time.monotonic() - steady) > SLEEP_SECONDS:
                return

    def look(self, wait_seconds: float = NEWS_SECONDS) -> bool:
        """Asks once for what is new and brings the copies on. Returns whether anything was.

        Raises: HostError: contact is lost. OSError: a copy cannot be written.
        """
        wanted = self.copies.open()[:BATCH]
        asked = {id: self.copies.cursor(id) for id in wanted}
        params = {"copies": asked, "origin": self.origin, "wait_seconds": wait_seconds}
        news = self.host.request("pull", params, seconds=wait_seconds + ANSWER_SECONDS)
        self.heard_at = time.time()
        self.problem = ""
        for id, over in news["new"]:
            if _ID.fullmatch(str(id)) and not (over and self.copies.whole(id)):
                self.copies.expect(str(id))
        found = {id: changes for id, changes in news["runs"].items() if id in asked}
        with self._applying, ThreadPoolExecutor(APPLY_THREADS) as threads:
            # Most of the time of many runs at once is waiting for the disk.
            list(threads.map(lambda id: self.copies.apply(id, found[id], self.host.skew), found))
            self.copies.heard()
        if news["runs"]:
            self.changed()
        return bool(news["runs"] or news["new"])

    def _connected(self) -> None:
        if self.state == "lost":
            log.info("contact with %s is back", self.name)
        with self._applying:
            self.copies.lost(None)
            self.copies.heard()
        self.heard_at = time.time()
        self.problem = self.kind = ""
        if self.state != "connected":
            self.state, self.since = "connected", time.time()
        self.changed()

    def _hindered(self, words: str) -> None:
        """Contact is there, but nothing new can be had: our own disk, or the runner. It is tried again."""
        if words != self.problem:
            log.warning("%s: %s", self.name, words)
        self.problem = words

    def _lost(self, error: HostError) -> None:
        self.problem, self.kind = str(error), error.kind
        if self.state != "lost":
            log.warning("%s", error)
            since = self.heard_at or self.copies.last_heard() or time.time()
            with self._applying:
                self.copies.lost(since)
            self.state, self.since = "lost", since
            self.changed()


_ID = re.compile(r"[ro]\d{8}-[a-z2-7]{6}")

__all__ = ["Copies", "Link", "copies_in"]
