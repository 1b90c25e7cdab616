"""The thin client: calls the daemon's operations over its Unix socket, and starts the daemon on first need."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import assistant
from assistant.errors import (
    AssistantError,
    DaemonError,
    HostError,
    LaunchError,
    ModelUnavailable,
    SettingsError,
    UsageError,
)
from assistant.owner import make_private
from assistant.settings import Settings

if TYPE_CHECKING:
    import subprocess

    from assistant.lab import Lab

OnEvent = Callable[[dict[str, Any]], None]

#: Seconds a fresh daemon may take until its socket answers. It listens before it loads anything heavy.
START_SECONDS = 30.0

#: Seconds a daemon that listens may take to say who it is.
BUSY_SECONDS = 60.0

_ERRORS: dict[str, type[AssistantError]] = {
    kind.__name__: kind
    for kind in (AssistantError, DaemonError, HostError, LaunchError, ModelUnavailable, SettingsError, UsageError)
}


class Client(Protocol):
    """What commands and the terminal interface need: one call for every operation."""

    def call(self, name: str, params: dict[str, Any] | None = None, on_event: OnEvent | None = None) -> Any:
        """Runs the operation. Events arrive while it works. Raises: AssistantError."""
        ...

    def close(self) -> None:
        """Frees what the client holds."""
        ...


class DaemonClient:
    """Calls a daemon; starts it when none answers and `start` is true.

    Raises from `call`: DaemonError when no daemon can be reached or it was lost; else the error the operation raised.
    """

    def __init__(self, settings: Settings, *, start: bool = True) -> None:
        self.settings = settings
        self.start = start
        self._child: subprocess.Popen[bytes] | None = None
        self._checked = False

    def call(self, name: str, params: dict[str, Any] | None = None, on_event: OnEvent | None = None) -> Any:
        """See `Client.call`."""
        if not self._checked:
            self._ensure()
        try:
            return self._exchange(name, params or {}, on_event)
        except _NotThere:
            # Nothing was sent: the daemon is gone. A new one can take the call.
            self._checked = False
            if not self.start:
                raise self._gone() from None
            self._ensure()
            try:
                return self._exchange(name, params or {}, on_event)
            except OSError as error:
                raise DaemonError(f"the daemon was lost again ({error}). See {self.settings.daemon_log}.") from None
        except OSError as error:
            self._checked = False
            raise DaemonError(
                f"the daemon was lost while it worked on {name!r} ({error or type(error).__name__}). "
                "Runs go on without it; give the command again."
            ) from None

    def info(self) -> dict[str, Any] | None:
        """What the running daemon says of itself; None when none is there. Never starts one.

        Raises: DaemonError: one is there, but it does not answer.
        """
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                result = self._exchange("info", {}, None, timeout=5.0)
            except TimeoutError:
                # It listens, but has no time: it is loading, on a busy machine.
                if time.monotonic() > deadline:
                    raise DaemonError(
                        f"the daemon of this state does not answer (for {BUSY_SECONDS:.0f} s). "
                        f"Its log: {self.settings.daemon_log}; the process that owns the state is named in "
                        f"{self.settings.owner_lock}."
                    ) from None
                continue
            except (OSError, DaemonError):
                return None
            return result if isinstance(result, dict) else None

    def stop_daemon(self, seconds: float = 15.0) -> bool:
        """Asks the daemon to end and waits until it has. Returns False when none was running.

        Raises: DaemonError: it did not end in time.
        """
        info = self.info()
        if info is None:
            return False
        with contextlib.suppress(OSError, DaemonError):  # It may hang up before it has answered.
            self._exchange("shutdown", {}, None, timeout=5.0)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._child is not None:
                self._child.poll()
            if not _alive(int(info["pid"])):
                self._checked = False
                return True
            time.sleep(0.05)
        raise DaemonError(
            f"the daemon (process {info['pid']}) did not end within {seconds:.0f} s. See {self.settings.daemon_log}."
        )

    def close(self) -> None:
        """Nothing to free: each call has a connection of its own. The daemon goes on."""

    def _gone(self) -> DaemonError:
        return DaemonError("no daemon is running for this state. Start one: kwslab daemon start")

    def _ensure(self) -> None:
        """Leaves with a daemon that answers and follows today's configuration."""
        info = self.info()
        if info is not None:
            info = self._suit(info)
        if info is None:
            if not self.start:
                raise self._gone()
            self.start_daemon()
        self._checked = True

    def _suit(self, info: dict[str, Any]) -> dict[str, Any] | None:
        """The daemon's facts if it serves this vault with this configuration; None after an outdated one was ended."""
        if self.settings.vault.path and info["vault"] != str(self.settings.vault_path):
            raise DaemonError(
                f"the daemon of this state serves another vault: {info['vault']}, not {self.settings.vault_path}. "
                "Give each vault its own --state DIR, or stop that daemon: kwslab daemon stop"
            )
        same = info.get("fingerprint") == self.settings.fingerprint() and info.get("version") == assistant.__version__
        if same or not self.start:
            return info
        self.stop_daemon()
        return None

    def start_daemon(self) -> dict[str, Any]:
        """Starts a daemon in a session of its own and waits until it answers.

        Raises: DaemonError: it ended at once (its last words are given) or did not answer in time.
        """
        import subprocess

        settings = self.settings
        if not settings.vault_path.is_dir():
            raise SettingsError(
                f"the vault {settings.vault_path} is not there, or is no folder. "
                "Give the folder that holds your notes: --vault DIR, or kwslab init --vault DIR"
            )
        make_private(settings.data)
        command = [sys.executable, "-m", "assistant.daemon", "--vault", str(settings.vault_path)]
        command += ["--data", str(settings.data), "--cache", str(settings.cache), "--socket", str(settings.socket)]
        log_start = settings.daemon_log.stat().st_size if settings.daemon_log.exists() else 0
        with settings.daemon_log.open("ab") as log:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=_own_environment(),
            )
        deadline = time.monotonic() + START_SECONDS
        ended: int | None = None
        while time.monotonic() < deadline:
            info = self.info()
            if info is not None:
                return info
            ended = self._child.poll()
            if ended is not None and not self._someone_else_starts():
                break
            time.sleep(0.05)
        words = _tail(settings.daemon_log, log_start)
        raise DaemonError(
            f"the daemon did not start ({'exit code ' + str(ended) if ended is not None else 'no answer in time'}). "
            + (f"It said: {words}" if words else f"See {settings.daemon_log}.")
        )

    def _someone_else_starts(self) -> bool:
        """True when another client's daemon holds the lock and may just be starting."""
        from assistant.owner import OwnerLock

        lock = OwnerLock(self.settings.owner_lock)
        try:
            lock.acquire()
        except DaemonError:
            return True
        lock.release()
        return False

    def _exchange(
        self, name: str, params: dict[str, Any], on_event: OnEvent | None, timeout: float | None = None
    ) -> Any:
        with self._connected(timeout) as door, door.makefile("rb") as answer:
            body = json.dumps(params).encode()
            head = (
                f"POST /op/{name} HTTP/1.1\r\nHost: kwslab\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            door.sendall(head.encode() + body)
            status = answer.readline().split(b" ")
            chunked = False
            while header := answer.readline().strip().lower():
                chunked = chunked or header == b"transfer-encoding: chunked"
            if len(status) < 2 or status[1] != b"200":
                words = answer.read(200).decode("utf-8", "replace") if len(status) > 1 else "nothing"
                raise DaemonError(f"the daemon answered {b' '.join(status[1:2]).decode()} to {name!r}: {words}")
            for line in _chunks(answer) if chunked else answer:
                try:
                    message = json.loads(line)
                except ValueError:
                    break  # cut short
                if "event" in message:
                    if on_event is not None:
                        on_event(message["event"])
                elif "error" in message:
                    raise _error(message["error"])
                else:
                    return message["result"]
        raise DaemonError(
            f"the daemon was lost while it worked on {name!r}. Runs go on without it; give the command again."
        )

    def _connected(self, timeout: float | None) -> socket.socket:
        """A connection to the daemon. Raises: _NotThere: none listens."""
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            door.settimeout(5.0)
            door.connect(str(self.settings.socket))
            door.settimeout(timeout)
        except OSError as error:
            door.close()
            raise _NotThere(str(error)) from None
        return door


def _chunks(answer: BinaryIO) -> Iterator[bytes]:
    """The whole lines of a chunked answer."""
    rest = b""
    while size := int(answer.readline().strip() or b"0", 16):  # no size, either: the daemon was lost
        *lines, rest = (rest + answer.read(size)).split(b"\n")
        yield from lines
        answer.readline()


class _NotThere(OSError):
    """Nobody listens at the socket; nothing was sent."""


class LocalClient:
    """Runs the operations in this process under the same owner lock (`--no-daemon`)."""

    def __init__(self, settings: Settings) -> None:
        from assistant.owner import OwnerLock

        self.settings = settings
        self._lock = OwnerLock(settings.owner_lock)
        self._lock.acquire()
        self._lab: Lab | None = None

    def call(self, name: str, params: dict[str, Any] | None = None, on_event: OnEvent | None = None) -> Any:
        """See `Client.call`."""
        from assistant.lab import Lab, checked

        if self._lab is None:
            self._lab = Lab(self.settings)
        return checked(self._lab, name, params or {}, on_event or (lambda event: None))

    def close(self) -> None:
        """Frees index, model worker and lock."""
        if self._lab is not None:
            self._lab.close()
            self._lab = None
        self._lock.release()


def _own_environment() -> dict[str, str]:
    """The daemon's environment. Started from inside a run, it is no part of that run and is not stopped with it."""
    from fskws.runs import RUN_DIR_VARIABLE, RUN_ID_VARIABLE

    kept = {name: value for name, value in os.environ.items() if name not in (RUN_DIR_VARIABLE, RUN_ID_VARIABLE)}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _error(values: dict[str, Any]) -> AssistantError:
    return _ERRORS.get(str(values.get("kind")), AssistantError)(str(values.get("message", "")))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:  # A zombie is dead: only its parent has not read its exit code yet.
        return Path(f"/proc/{pid}/stat").read_bytes().rsplit(b")", 1)[1].split()[0] != b"Z"
    except OSError:
        return True


def _tail(path: os.PathLike[str], start: int, limit: int = 600) -> str:
    with Path(path).open("rb") as file:
        file.seek(start)
        text = file.read().decode("utf-8", "replace").strip()
    return text[-limit:]
