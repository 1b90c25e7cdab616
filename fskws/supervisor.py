"""The supervisor of one run: starts its command, keeps its output, and writes down how it ended.

Standard library only and one file, started as `python -I -S supervisor.py RUN_DIR`, here or copied to a GPU server, or
as a module, which saves compiling it (`words_to_start`). It detaches itself: terminal, daemon and connection may go,
the run goes on. On its standard output it says one line ("started" or "failed") and closes it. All file names but the
command file's come from the command file.

A pipe, not the file itself, takes the command's output: a full disk or gigabytes of text must not end the run. The
command holds the pipe's reading end too, so that it outlives its supervisor, and another one can take over
(`supervisor.py RUN_DIR adopt`).
"""

# pathlib would double the memory that is this process's own. What is imported here decides how long a launch takes:
# json, re, signal, subprocess and contextlib together cost more than the interpreter's own start, so the modules in C
# below them stand in while there is something to wait for, and `re` and `signal` come when a run has failed.
# ruff: noqa: PTH100, PTH105, PTH108, PTH110, PTH112, PTH118, PTH119, PTH120, PTH122, PTH123, PTH202, PTH208

from __future__ import annotations

import errno
import os
import select
import sys
import time

try:
    import _signal as signal
except ImportError:
    import signal

COMMAND_FILE = "command.json"
GRACE_SECONDS = 10.0
#: Children that outlive the command have so long to end before the run is called over.
LINGER_SECONDS = 1.0
SYNC_SECONDS = 1.0
#: So much of the end of the output is searched for the cause of a failure.
TAIL_BYTES = 64 * 1024
PIPE_BYTES = 1 << 20
PIECE_BYTES = 1 << 18
#: The exit file's largest size: its space is taken when the run starts.
RESERVE_BYTES = 32 * 1024
PR_SET_CHILD_SUBREAPER = 36
F_SETPIPE_SZ = 1031

# Compiled when a run fails, not when it starts.
GPU_MEMORY = (
    r"CUDA out of memory|OutOfMemoryError.*CUDA|CUDA error: out of memory|HIP out of memory|CUDNN_STATUS_ALLOC_FAILED"
    r"|CUBLAS_STATUS_ALLOC_FAILED|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation"
)
HOST_MEMORY = r"(?m)^MemoryError\b|DefaultCPUAllocator: (?:not enough|can't allocate) memory|std::bad_alloc"
NAN = r"(?i)\b\w*loss\w*\W{0,3}(?:is |became |= ?)?nan\b|non-?finite|\bnan (?:loss|occurs|detected|encountered)"
TRACEBACK = "Traceback (most recent call last):"


class suppress:
    """contextlib.suppress for OSError and ValueError, without contextlib's imports."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        return isinstance(error, (OSError, ValueError))


def parse_json(text: str) -> dict:
    """The object in a JSON text. Raises ValueError: it is none."""
    try:
        from _json import make_scanner
    except ImportError:
        import json

        values = json.loads(text)
    else:

        class Plain:
            strict, object_hook, object_pairs_hook = True, None, None
            parse_float, parse_int, parse_constant = float, int, float

        text = text.strip()
        try:
            values, end = make_scanner(Plain)(text, 0)  # type: ignore[arg-type]
        except StopIteration:
            raise ValueError("no JSON") from None
        if end != len(text):
            raise ValueError("more than one JSON value")
    if not isinstance(values, dict):
        raise ValueError("no JSON object")
    return values


def json_text(value: object) -> str:
    """Plain values as JSON text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json_text(str(key))}: {json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(json_text(item) for item in value) + "]"
    if isinstance(value, str):
        try:
            from _json import encode_basestring_ascii as quoted
        except ImportError:
            from json import dumps as quoted
        return quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


# -- facts about processes ---------------------------------------------------------------------------------------------


def read_text(path: str) -> str:
    """A small file's text; "" when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def start_ticks(pid: int) -> int:
    """When a process started, in ticks since boot; 0 where that cannot be known, -1 for a zombie or none."""
    stat = read_text(f"/proc/{pid}/stat")
    if not stat:
        return -1 if os.path.isdir("/proc/self") else 0
    fields = stat[stat.rfind(")") + 2 :].split()
    return -1 if fields[0] in "ZXx" else int(fields[19])


def boot_id() -> str:
    """Changes with every start of the machine."""
    return read_text("/proc/sys/kernel/random/boot_id").strip()


def oom_kills() -> int:
    """Processes the kernel has killed for memory since boot."""
    for line in read_text("/proc/vmstat").splitlines():
        if line.startswith("oom_kill "):
            return int(line.split()[1])
    return 0


def local_time(exact: bool = False) -> str:
    """Now, as local ISO text with its offset, to the second or to the microsecond."""
    now = time.time()
    moment = time.localtime(now)
    part = f".{int(now % 1 * 1e6):06d}" if exact else ""
    offset = time.strftime("%z", moment)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}{part}{offset[:-2]}:{offset[-2:]}"


def become_subreaper() -> None:
    """Orphans of the command come to this process, so that none escapes a stop. Linux only."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # the environment mark below still finds them


def processes_of(mark: bytes, root: int) -> list[int]:
    """Living processes of the run, this one aside: the descendants of this one and of `root` (0: none), and those whose
    environment holds `mark`."""
    parents, marked = {}, set()
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for pid in pids:
        stat = read_text(f"/proc/{pid}/stat")
        fields = stat[stat.rfind(")") + 2 :].split()
        if not stat or fields[0] in "ZXx":
            continue
        parents[pid] = int(fields[1])
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if mark in file.read().split(b"\0"):
                    marked.add(pid)
        except OSError:
            continue
    me = os.getpid()
    tree = {me} | marked | ({root} if root else set())
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in tree and pid not in tree}
        tree |= more
        grown = bool(more)
    return sorted(pid for pid in tree if pid in parents and pid != me)


def send(pid: int, number: int) -> None:
    """Sends a signal to a process, or to the group -pid; one that is gone is no trouble."""
    with suppress():
        os.kill(pid, number)


def spawn(argv: list, cwd: str, environment: dict, output: int, kept: int) -> tuple[int, str, int]:
    """Starts a command in a session of its own, without a shell.

    Args: output: takes its standard output and error. kept: open in it too.
    Returns: (pid, "", 0), or (0, "cwd" or "command", errno) for a directory or command that cannot be had; errno is 0
        for words that no command can have.
    """
    failed, failing = os.pipe()
    pid = os.fork()
    if pid == 0:
        stage, why = "cwd", 0
        try:
            os.setsid()
            os.chdir(cwd)
            stage = "command"
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.set_inheritable(kept, True)
            for name in ("SIGPIPE", "SIGXFSZ"):  # ignored by Python itself
                signal.signal(getattr(signal, name), signal.SIG_DFL)
            places = [""] if "/" in argv[0] else environment.get("PATH", os.defpath).split(os.pathsep)
            for place in places:
                try:
                    os.execve(os.path.join(place or ".", argv[0]) if "/" not in argv[0] else argv[0], argv, environment)
                except OSError as error:
                    if why in (0, errno.ENOENT, errno.ENOTDIR):
                        why = error.errno or 0
        except OSError as error:
            why = error.errno or 0
        except ValueError:
            why = 0
        finally:
            os.write(failing, f"{stage} {why}".encode())
            os._exit(127)
    os.close(failing)
    words = os.read(failed, 100).decode().split()
    os.close(failed)
    if not words:
        return pid, "", 0
    os.waitpid(pid, 0)
    return 0, words[0], int(words[1])


# -- output ------------------------------------------------------------------------------------------------------------


class Output:
    """Keeps the head of the output and the last segments of the rest. A full disk loses text, never the run."""

    def __init__(self, path: str, head_bytes: int, segment_bytes: int) -> None:
        self.path, self.head_bytes, self.segment_bytes = path, head_bytes, segment_bytes
        self.tail = bytearray()
        self.lost = 0
        self.left_out = 0
        starts = sorted(
            int(name.rsplit(".", 1)[1])
            for name in os.listdir(os.path.dirname(path))
            if name.startswith(os.path.basename(path) + ".") and name.rsplit(".", 1)[1].isdigit()
        )
        self.starts = starts
        self.start = starts[-1] if starts else 0
        self.fd = self.open(self.name(self.start))
        self.size = self.start + os.fstat(self.fd).st_size
        self.dirty = False

    def name(self, start: int) -> str:
        return f"{self.path}.{start}" if start else self.path

    def open(self, path: str) -> int:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def write(self, piece: bytes) -> None:
        """Appends; begins a new segment where the present one is full."""
        self.tail += piece
        del self.tail[:-TAIL_BYTES]
        self.dirty = True
        if self.lost:
            words = f"\n[... {self.lost} bytes of output lost: the disk took no more ...]\n".encode()
            if self.append(words) < len(words):
                self.lost += len(piece)
                return
            self.lost = 0
        view = memoryview(piece)
        while view:
            room = (self.segment_bytes if self.start else self.head_bytes) - (self.size - self.start)
            if room <= 0:
                if not self.rotate():
                    self.lost += len(view)
                    return
                continue
            written = self.append(view[:room])
            if written <= 0:
                self.lost += len(view)
                return
            view = view[written:]

    def append(self, piece: bytes | memoryview) -> int:
        try:
            written = os.write(self.fd, piece)
        except OSError:
            return 0
        self.size += written
        return written

    def rotate(self) -> bool:
        try:
            fd = self.open(self.name(self.size))
        except OSError:
            return False
        os.close(self.fd)
        self.fd, self.start = fd, self.size
        self.starts.append(self.start)
        while len(self.starts) > 2:
            old = self.starts.pop(0)
            self.left_out += self.starts[0] - old
            with suppress():
                os.unlink(self.name(old))
        return True

    def sync(self) -> None:
        """What was written survives a power cut."""
        if self.dirty:
            self.dirty = False
            sync(self.fd)


def sync(fd: int) -> None:
    """fdatasync where there is one."""
    with suppress():  # tried again with the next write
        getattr(os, "fdatasync", os.fsync)(fd)


def write_json(path: str, values: dict, reserve: str = "", synced: bool = True) -> None:
    """Writes aside, syncs, moves in. A reserve is a file made before, whose blocks are used: a full disk will do."""
    lines = ",\n".join(f" {json_text(key)}: {json_text(item)}" for key, item in values.items())
    text = f"{{\n{lines}\n}}\n".encode()
    if reserve and os.path.exists(reserve):
        aside = reserve
        fd = os.open(aside, os.O_WRONLY | os.O_CLOEXEC)
    else:
        aside = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
        fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        rest = text
        while rest:
            rest = rest[os.write(fd, rest) :]
        os.ftruncate(fd, len(text))
        if synced:
            os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(aside, path)
    if not synced:
        return
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
    sync(directory)
    os.close(directory)


# -- how it ended ------------------------------------------------------------------------------------------------------


def judge(code: int, tail: str, stopped: str, memory_kills: int) -> tuple[str, str, str]:
    """(status, cause, end of the traceback) of a command that ended.

    Args: code: exit code, negative for a signal. tail: the end of its output. stopped: who stopped it, "" for nobody.
        memory_kills: processes the kernel killed for memory meanwhile.
    """
    at = tail.rfind(TRACEBACK)
    traceback = tail[at:].strip()[-4000:] if at >= 0 else ""
    if stopped:
        return "stopped", stopped, ""
    if code == 0:
        return "finished", "", ""
    import re
    import signal

    last = ""
    if traceback:
        lines = [line for line in traceback.splitlines()[1:] if re.match(r"[A-Za-z_][\w.]*(?:: |$)", line)]
        last = lines[-1].strip() if lines else ""
    if re.search(GPU_MEMORY, traceback or tail[-8000:]):
        return "failed", "out of GPU memory", traceback
    if code == -signal.SIGKILL and memory_kills:
        return "failed", "killed by signal 9 (SIGKILL): the machine ran out of memory", traceback
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        return "failed", f"killed by signal {-code} ({name})", traceback
    if re.search(HOST_MEMORY, tail):
        return "failed", "out of memory", traceback
    if re.search(NAN, last or tail[-2000:]):
        return "failed", "NaN occurs", traceback
    words = f"exit code {code}"
    if 128 < code < 160:
        # A shell's way to tell that its command was killed.
        words += f" (signal {code - 128} below a shell)"
    return "failed", last[:300] or words, traceback


# -- the run -----------------------------------------------------------------------------------------------------------


class Supervisor:
    """One run from start to exit file."""

    def __init__(self, run_dir: str) -> None:
        self.run_dir = run_dir
        with open(os.path.join(run_dir, COMMAND_FILE), "rb") as file:
            self.command = parse_json(file.read().decode("utf-8", "surrogateescape"))
        self.files = {name: os.path.join(run_dir, file) for name, file in self.command["files"].items()}
        self.reserve = os.path.join(run_dir, ".exit.reserve")
        self.mark = b"KWSLAB_RUN_DIR=" + os.fsencode(run_dir)
        self.started = time.monotonic()
        self.started_at = local_time(exact=True)  # runs of one second have an order
        self.memory_kills = oom_kills()
        self.code: int | None = None
        self.stopped = ""
        self.ask_at = self.kill_at = 0.0
        self.peak_kb = 0
        self.cpu_seconds = 0.0
        self.pid = 0
        self.adopted = False
        self.seen_metrics = 0
        self.record: dict = {}
        limits = self.command.get("limits", {})
        self.output = Output(
            self.files["output"],
            int(limits.get("output_head_bytes", 1 << 24)),
            int(limits.get("output_segment_bytes", 1 << 23)),
        )

    # Start.

    def set_up(self) -> None:
        """Signals wake the loop, and orphans of the command come here."""
        self.wake_in, wake_out = os.pipe()
        for fd in (self.wake_in, wake_out):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake_out, warn_on_full_buffer=False)
        for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP):
            signal.signal(number, lambda *_: None)  # a handler, unlike SIG_IGN, is not inherited by the command
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self.on_stop)
        signal.signal(signal.SIGINT, self.on_stop)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        become_subreaper()

    def start(self) -> str:
        """Starts the command. Returns "" or, when it cannot be started, why (`code` is then the shell's)."""
        self.pipe, writing = os.pipe()
        try:
            import fcntl

            fcntl.fcntl(writing, F_SETPIPE_SZ, PIPE_BYTES)
        except (OSError, ImportError):
            pass
        environment = dict(os.environ)
        environment["KWSLAB_RUN_DIR"] = self.run_dir
        environment["KWSLAB_RUN_ID"] = os.path.basename(self.run_dir)
        environment.setdefault("PYTHONUNBUFFERED", "1")
        argv, cwd = self.command["argv"], self.command.get("start_in") or self.command["cwd"]
        self.pid, stage, number = spawn(argv, cwd, environment, writing, self.pipe)
        os.close(writing)
        if stage:
            self.pid = 0
            self.code, words = 126, f"{argv[0]} cannot be started: {os.strerror(number)}"
            if stage == "cwd":
                self.code, words = 127, f"the directory {cwd} does not exist"
                if os.path.isdir(cwd):
                    words = f"the directory {cwd} cannot be entered: {os.strerror(number)}"
            elif not number:  # a NUL inside a word
                words = "the command cannot be started: embedded null byte"
            elif number in (errno.ENOENT, errno.ENOTDIR):
                self.code, words = 127, f"command not found: {argv[0]}"
                if "/" in argv[0] and os.path.exists(os.path.join(cwd, argv[0])):
                    words = f"{argv[0]} cannot be started: the interpreter on its first line does not exist"
            elif number in (errno.EACCES, errno.EPERM):
                words = f"{argv[0]} cannot be started: it is not executable"
            elif number == errno.ENOEXEC:
                words = f"{argv[0]} cannot be started: it is no program; name its interpreter, as in: sh {argv[0]}"
            return words
        self.record = self.facts()
        self.write_record(synced=False)
        return ""

    def write_record(self, synced: bool = True) -> None:
        """Says who runs. A disk that is full, or not waited for, is asked again with the next sync."""
        with suppress():
            write_json(self.files["record"], self.record, synced=synced)
            if synced:
                self.record = {}

    def make_reserve(self) -> None:
        """Takes the space of the exit file while there is some."""
        with suppress():  # then the exit file is written when there is space again
            fd = os.open(self.reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.write(fd, b" " * RESERVE_BYTES)
                os.fsync(fd)
            finally:
                os.close(fd)

    def facts(self) -> dict:
        """Who runs: what the record file says."""
        return {
            "id": os.path.basename(self.run_dir),
            "source": "launched",
            "supervisor": {"pid": os.getpid(), "start_ticks": start_ticks(os.getpid())},
            "child": {"pid": self.pid, "start_ticks": start_ticks(self.pid)},
            "pipe": self.pipe,
            "boot_id": boot_id(),
            "hostname": os.uname().nodename,
            "started_at": self.started_at,
        }

    def adopt(self) -> bool:
        """Takes over a command whose supervisor is gone. Returns whether there is something to take over."""
        known = parse_json(read_text(self.files["record"]) or "{}")
        child, before = known.get("child") or {}, known.get("supervisor") or {}
        if known.get("boot_id") != boot_id() or os.path.exists(self.files["exit"]):
            return False
        if start_ticks(before.get("pid", 0)) == before.get("start_ticks"):
            return False
        if start_ticks(child.get("pid", 0)) != child.get("start_ticks"):
            return False
        self.pid, self.adopted, self.started_at = child["pid"], True, known.get("started_at", self.started_at)
        try:
            # An end of our own: the command's copy may be read by nobody else.
            self.pipe = os.open(f"/proc/{self.pid}/fd/{known['pipe']}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            self.pipe = -1
        self.record = dict(known, supervisor=self.facts()["supervisor"])
        self.write_record()
        return True

    # While it runs.

    def on_stop(self, number: int, frame: object) -> None:
        """TERM and INT ask for a stop; a second one does not wait any longer."""
        if self.ask_at:
            self.kill_at = time.monotonic()
        else:
            self.ask_at = time.monotonic()

    def tree(self) -> list[int]:
        """The run's processes that live. A pid that was reaped may be somebody else's and is no root any more."""
        return processes_of(self.mark, self.pid if self.code is None else 0)

    def stop(self) -> None:
        """Asks the whole tree to end and sets the time after which it is killed."""
        asked = {}
        with suppress():
            asked = parse_json(read_text(self.files["stop"]) or "{}")
        self.stopped = "stopped by user"
        if not asked and os.path.exists("/run/nologin"):
            self.stopped = "host went down"
        try:
            grace = float(asked.get("grace_seconds", GRACE_SECONDS))
        except (TypeError, ValueError):
            grace = GRACE_SECONDS
        self.kill_at = self.kill_at or time.monotonic() + grace
        if self.code is None:
            send(-self.pid, signal.SIGTERM)
        self.ask_at = -1.0  # asked

    def kill(self) -> None:
        """Kills the tree until nothing of it is left."""
        for _ in range(20):
            tree = self.tree()
            for pid in tree:
                send(pid, signal.SIGKILL)
            self.reap()
            if not tree:
                return
            time.sleep(0.01)

    def reap(self) -> None:
        """Takes the ends of the command and of orphans it left."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            self.peak_kb = max(self.peak_kb, usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1))
            self.cpu_seconds += usage.ru_utime + usage.ru_stime
            if pid == self.pid:
                self.code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if self.adopted and self.code is None and start_ticks(self.pid) < 0:
            self.code = -1000  # nobody's child any more: the code is lost

    def drain(self, timeout: float) -> bool:
        """Waits for output, a signal or the timeout; keeps what was printed. Returns whether the pipe is at its end."""
        poll = select.poll()
        poll.register(self.wake_in, select.POLLIN)
        if self.pipe >= 0:
            poll.register(self.pipe, select.POLLIN)
        for fd, _ in poll.poll(timeout * 1000):
            if fd == self.wake_in:
                os.read(self.wake_in, 4096)
                continue
            try:
                piece = os.read(self.pipe, PIECE_BYTES)
            except BlockingIOError:
                continue
            if not piece:
                os.close(self.pipe)
                self.pipe = -1
            else:
                self.output.write(piece)
        return self.pipe < 0

    def sync(self) -> None:
        """Once a second: output and metrics survive a power cut."""
        self.output.sync()
        if self.record:
            self.write_record()
        with suppress():
            size = os.path.getsize(self.files["metrics"])
            if size != self.seen_metrics:
                fd = os.open(self.files["metrics"], os.O_RDONLY | os.O_CLOEXEC)
                sync(fd)
                os.close(fd)
                self.seen_metrics = size

    def run(self) -> None:
        """From the start of the command to its exit file."""
        next_sync = time.monotonic() + SYNC_SECONDS
        ended_at = 0.0
        while True:
            now = time.monotonic()
            if self.ask_at > 0:
                self.stop()
            if self.kill_at and now >= self.kill_at:
                self.kill()
                self.kill_at = 0.0
            if now >= next_sync:
                self.sync()
                next_sync = now + SYNC_SECONDS
            closed = self.drain(min(max(next_sync - now, 0.0), 0.1 if self.code is not None or self.kill_at else 1.0))
            self.reap()
            if self.code is None:
                continue
            ended_at = ended_at or time.monotonic()
            if self.stopped:
                # A worker that does not follow the command is not left behind.
                self.kill_at = min(self.kill_at, ended_at + LINGER_SECONDS)
                if self.kill_at and self.tree():
                    continue
                while self.pipe >= 0 and self.readable():
                    self.drain(0)
                break
            if closed or time.monotonic() - ended_at > LINGER_SECONDS:
                break
        self.finish()

    def readable(self) -> bool:
        """Whether something printed waits in the pipe."""
        poll = select.poll()
        poll.register(self.pipe, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))

    def finish(self, cause: str = "") -> None:
        """Writes the exit file; waits for space on the disk as long as it takes."""
        code = self.code
        tail = bytes(self.output.tail).decode("utf-8", "replace")
        if code == -1000:
            status, why, traceback = judge(1, tail, self.stopped, 0)
            if not self.stopped:
                words = "the supervisor was killed, and the command has ended since; its exit code is not known"
                status, why = "unknown", words + (f"; its last error: {why}" if traceback else "")
            code = None
        elif cause:
            status, why, traceback = "failed", cause, ""
        else:
            status, why, traceback = judge(code or 0, tail, self.stopped, oom_kills() - self.memory_kills)
        left = [] if self.stopped else self.tree()
        values = {
            "status": status,
            "code": code,
            "signal": -code if code is not None and code < 0 else None,
            "cause": why,
            "traceback": traceback,
            "started_at": self.started_at,
            "ended_at": local_time(exact=True),
            "seconds": round(time.monotonic() - self.started, 3),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "peak_rss_kb": self.peak_kb,
            "output_bytes": self.output.size,
            "output_left_out": self.output.left_out + self.output.lost,
            "left_running": left[:50],
        }
        self.sync()
        while True:
            try:
                write_json(self.files["exit"], values, self.reserve)
                break
            except OSError:
                if not os.path.isdir(self.run_dir):
                    return
                time.sleep(2.0)
        while left and self.pipe >= 0 and not self.drain(SYNC_SECONDS):
            # What the command left running (a background server, say) may go on printing, or be stopped.
            self.output.sync()
            self.reap()
            if self.ask_at:
                self.kill()
                break


def detach() -> None:
    """Leaves the session and the parent of whoever started this; the process that stays behind ends here."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 2)


def say(line: str) -> None:
    """Tells whoever started this how the start went, and closes the line. Nobody listening is no trouble."""
    with suppress():
        os.write(1, line.encode() + b"\n")
    os.dup2(0, 1)


def words_to_start(python: str, file: str, run_dir: str, mode: str = "run") -> list:
    """The command that starts a supervisor from its compiled form, wherever this file stands."""
    folder, name = os.path.split(os.path.splitext(file)[0])
    code = "import sys; sys.path.insert(0, sys.argv[1]); "
    code += f"import {name} as supervisor; del sys.path[0]; sys.exit(supervisor.main(*sys.argv[2:]))"
    return [python, "-I", "-S", "-c", code, folder, run_dir, mode]


def main(run_dir: str, mode: str) -> int:
    """Supervises the run of `run_dir`, or with mode "adopt" goes on where another supervisor was killed."""
    supervisor = Supervisor(os.path.abspath(run_dir))
    detach()
    supervisor.set_up()
    if mode == "adopt":
        adopted = supervisor.adopt()
        say("started" if adopted else "failed nothing to adopt")
        if adopted:
            supervisor.run()
        return 0
    problem = supervisor.start()
    if problem:
        supervisor.output.write(f"{problem}\n".encode())
        supervisor.record = supervisor.facts()
        supervisor.finish(problem)
        say(f"failed {problem}")
        return 0
    say("started")
    supervisor.write_record()
    supervisor.make_reserve()
    supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "run"))
