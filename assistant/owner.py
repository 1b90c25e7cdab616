"""The owner lock: one process at a time owns a state (index, vault writes, launches)."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

from assistant.errors import DaemonError


def make_private(directory: Path) -> None:
    """Makes `directory` (and its parents) with access for its owner alone.

    Raises: DaemonError: it cannot be made, or belongs to somebody else.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        facts = directory.stat()
    except OSError as error:
        raise DaemonError(
            f"the state directory {directory} cannot be made ({error.strerror or error}). "
            "Free some space or choose another with --state DIR."
        ) from error
    if facts.st_uid != os.getuid():
        raise DaemonError(f"{directory} belongs to another user (uid {facts.st_uid}). Choose another with --state DIR.")
    if facts.st_mode & 0o077:
        directory.chmod(0o700)


class OwnerLock:
    """An advisory lock (flock) on a file that names its holder. The kernel frees it however the holder dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self) -> None:
        """Takes the lock. Raises: DaemonError: another process holds it (named), or the file cannot be made."""
        make_private(self.path.parent)
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DaemonError(
                f"the lock {self.path} cannot be opened ({error.strerror}). Check that directory."
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(fd, 64, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN):
                raise DaemonError(f"the lock {self.path} cannot be taken ({error.strerror}).") from error
            raise DaemonError(
                f"the state {self.path.parent.parent} is owned by process {holder}. "
                "Leave out --no-daemon, or stop the daemon first: kwslab daemon stop"
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        """Gives the lock back. The file stays: removing it would let two owners lock two files of one name."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> OwnerLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
