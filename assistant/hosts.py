"""The door to other machines: OpenSSH with the user's own keys and configuration, and the runner it copies over.

A host answers requests (see `runner.Runner`, whose op_* methods they are) over one connection, which is made on first
need and made again after it was lost. Nothing is installed on the host and no root is needed: the runner is a folder
in the user's home. What a host asks for a shell differs (ssh, or none for this machine); all else is the same, so that
a cluster's login node can be one more kind.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import os
import re
import secrets
import shlex
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any, Protocol

from assistant.errors import HostError, LaunchError
from assistant.owner import make_private
from assistant.settings import HostSettings

#: Seconds for a connection to come about, copying the runner included.
CONNECT_SECONDS = 45.0

#: Seconds an ordinary request may take, over the time it waits on purpose.
ANSWER_SECONDS = 30.0

#: The control socket's path holds at most 104 bytes on macOS, and ssh adds 17 while it makes it.
CONTROL_PATH_LIMIT = 84

#: Where runner, runs and queue are kept on a host.
HOST_DIR = "~/.local/share/kwslab/host"

#: Our own code that a runner needs, found by its imports; these two are started by their path.
_ENTRY = "assistant.runner"
_ALSO = ("fskws.supervisor", "vault_sync.nvml")

#: Clocks that differ by less than this agree.
SKEW_SECONDS = 2.0

#: The clock on the wall ran so much further than the steady one: this machine was asleep, and connections are dead.
SLEEP_SECONDS = 30.0

# Runs with any Python 3, so that one that is too old can say so.
_BOOT = r"""
import json, os, sys
root, version, mark = sys.argv[1:4]
def say(values):
    os.write(1, (mark + json.dumps(values) + "\n").encode())
if sys.version_info < (3, 8):
    say({"problem": "old python", "detail": "%d.%d at %s" % (sys.version_info[0], sys.version_info[1], sys.executable)})
    sys.exit(1)
root = os.path.expanduser(root)
place = os.path.join(root, "runner", version)
try:
    os.makedirs(root, mode=0o700, exist_ok=True)
    os.makedirs(os.path.join(root, "runner"), mode=0o700, exist_ok=True)
    if not os.path.isdir(place):
        say({"need": version})
        files = json.loads(sys.stdin.buffer.readline())
        aside = "%s.%d" % (place, os.getpid())
        for name, text in files.items():
            path = os.path.join(aside, name)
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        try:
            os.rename(aside, place)
        except OSError:
            if not os.path.isdir(place):
                raise
    os.execv(sys.executable, [sys.executable, "-I", "-S", os.path.join(place, "serve.py"), root, mark])
except (OSError, ValueError) as error:
    say({"problem": "files", "detail": str(error), "errno": getattr(error, "errno", 0)})
    sys.exit(1)
"""

# What is started on a host by its path, so that a list of processes there stays readable. Arguments: root, mark.
_STARTERS = {
    name: (
        "import os, sys\n\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
        f"from assistant.runner import {name}\n\n{name}(*sys.argv[1:])\n"
    )
    for name in ("serve", "keep")
}


class Host(Protocol):
    """A machine that runs things: everything that is asked of it is one request."""

    name: str

    def request(self, op: str, params: Mapping[str, Any] | None = None, *, seconds: float = ANSWER_SECONDS) -> Any:
        """The answer of `runner.Runner.op_<op>` there.

        Args: seconds: after which no answer means that contact is lost.
        Raises: HostError: no contact, with the reason and what to do. LaunchError: the host answered, and refused.
        """
        ...

    def close(self) -> None:
        """Ends the connection; what runs there goes on."""
        ...


# -- what is copied over -----------------------------------------------------------------------------------------------


@functools.cache
def runner_files() -> dict[str, str]:
    """Path -> source of every file the runner needs: its own, and those of ours it imports."""
    root = Path(__file__).resolve().parents[1]
    found: dict[str, str] = {}
    waiting = [_ENTRY, *_ALSO]
    while waiting:
        module = waiting.pop()
        path = root.joinpath(*module.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        name = file.relative_to(root).as_posix()
        if name in found or not file.is_file():
            continue
        found[name] = file.read_text("utf-8")
        if "." in module:
            waiting.append(module.rpartition(".")[0])
        waiting += _imports(ast.parse(found[name]))
    found.update({f"{name}.py": text for name, text in _STARTERS.items()})
    return dict(sorted(found.items()))


def _imports(tree: ast.AST) -> list[str]:
    """Our own modules that a file imports, anywhere but under TYPE_CHECKING."""
    names: list[str] = []
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            nodes += node.orelse
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        nodes += ast.iter_child_nodes(node)
    return [name for name in names if name.split(".")[0] in ("assistant", "vault_sync", "fskws")]


def runner_version() -> str:
    """Changes with every change of a file the runner needs."""
    return hashlib.sha256(json.dumps(runner_files()).encode()).hexdigest()[:16]


# -- one connection ----------------------------------------------------------------------------------------------------


class _Channel:
    """A runner at the other end of a process's standard streams."""

    def __init__(self, argv: Sequence[str], script: str, mark: str) -> None:
        """Starts the process and hands its shell the script. Raises: HostError: it cannot be started."""
        try:
            self.process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise HostError(
                f"{argv[0]} is not installed on this machine. Install OpenSSH's client.", "no ssh"
            ) from None
        except OSError as error:
            raise HostError(f"{argv[0]} cannot be started ({error.strerror}).", "no ssh") from error
        self.mark = mark.encode()
        self.first: Future[dict[str, Any]] = Future()
        self.waiting: dict[int, Future[Any]] = {}
        self.lost = threading.Event()
        self.noise: list[str] = []
        self.said: list[str] = []
        self._lock = threading.Lock()
        self._number = 0
        # The one that waits for the other is started last.
        self._errors = threading.Thread(target=self._read_errors, daemon=True)
        self._answers = threading.Thread(target=self._read_answers, daemon=True)
        self._readers = (self._errors, self._answers)
        for reader in self._readers:
            reader.start()
        self.send(script.encode())

    def send(self, data: bytes) -> None:
        """Writes to the other side. A lost connection is found out by the reader."""
        assert self.process.stdin is not None
        with self._lock, contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def ask(self, op: str, params: Mapping[str, Any]) -> Future[Any]:
        """Sends one request; the future gets its reply, or HostError when contact is lost."""
        answer: Future[Any] = Future()
        with self._lock:
            self._number += 1
            number = self._number
            self.waiting[number] = answer
        self.send(json.dumps({"id": number, "op": op, "params": params}).encode() + b"\n")
        if self.lost.is_set():
            self._give_up()
        return answer

    def _read_answers(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            before, mark, rest = line.partition(self.mark)
            if not mark:
                self.noise = [*self.noise[-4:], before.decode("utf-8", "replace").strip()]
                continue
            try:
                values = json.loads(rest)
            except ValueError:
                continue
            if "id" not in values:
                first, self.first = self.first, Future()
                first.set_result(values)
                continue
            answer = self.waiting.pop(values["id"], None)
            if answer is not None and not answer.done():
                answer.set_result(values)
        self._errors.join(1.0)
        self.lost.set()
        self._give_up()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said = [*self.said[-40:], line.decode("utf-8", "replace").rstrip()]

    def _give_up(self) -> None:
        for number in list(self.waiting):
            answer = self.waiting.pop(number, None)
            if answer is not None and not answer.done():
                answer.set_result({"lost": True})
        if not self.first.done():
            self.first.set_result({"lost": True})

    def close(self, seconds: float = 0.5) -> None:
        """Ends the process at the latest after so many seconds."""
        self.lost.set()
        with contextlib.suppress(OSError, ValueError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._give_up()
        for reader in self._readers:
            if reader is not threading.current_thread():
                reader.join(1.0)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None and not any(reader.is_alive() for reader in self._readers):
                stream.close()


class ShellHost:
    """A host whose POSIX shell can be had by a command of this machine. Safe between threads."""

    def __init__(self, name: str, *, root: str = HOST_DIR, python: str = "python3") -> None:
        """Args: name: as configured. root: where the runner lives there. python: its interpreter there."""
        self.name, self.root, self.python = name, root, python
        #: What the host said of itself when it was connected last; {} before.
        self.hello: dict[str, Any] = {}
        #: By how much the host's clock is ahead of this machine's, and how well that is known.
        self.skew_seconds, self.skew_error = 0.0, 0.0
        self._channel: _Channel | None = None
        self._lock = threading.RLock()

    # What differs between kinds of hosts.

    def shell(self) -> Sequence[str]:
        """The command of this machine whose standard input is a shell there."""
        raise NotImplementedError

    def _explain(self, said: Sequence[str], code: int | None) -> HostError:
        """Why there is no connection, from the last words of the command."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Called after a connection hung, before the next one is made."""

    # What they share.

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        channel = self._channel
        return channel is not None and not channel.lost.is_set()

    def connect(self) -> dict[str, Any]:
        """Makes a connection unless there is one. Returns what the host says of itself.

        Raises: HostError: it cannot be had; with the reason and what to do.
        """
        with self._lock:
            if self.connected:
                return self.hello
            self.close()
            mark = f"kwslab-{secrets.token_hex(6)}:"
            channel = _Channel(self.shell(), self._script(mark), mark)
            try:
                first = self._first(channel)
                if "need" in first:
                    channel.send(json.dumps(runner_files()).encode() + b"\n")
                    first = self._first(channel)
                if "problem" in first:
                    raise self._problem(first)
                if "ready" not in first:
                    raise self._explain(channel.said or channel.noise, channel.process.poll())
            except BaseException:
                channel.close(0.0)
                raise
            self.hello = first["ready"]
            self._channel = channel
            self._measure_clock()
            return self.hello

    def _first(self, channel: _Channel) -> dict[str, Any]:
        try:
            return channel.first.result(CONNECT_SECONDS)
        except FutureTimeout:
            channel.close(0.0)
            self._forget()
            raise HostError(
                f"{self.name} does not answer (for {CONNECT_SECONDS:.0f} s). It is asked again by itself; what runs "
                "there goes on.",
                "silent",
            ) from None

    def _script(self, mark: str) -> str:
        python = shlex.quote(self.python)
        return (
            f"p={python}; case $p in '~/'*) p=$HOME/${{p#??}};; esac\n"
            'if command -v "$p" >/dev/null 2>&1; then :; else\n'
            f"""printf '%s\\n' '{mark}{{"problem": "no python"}}'; exit 127; fi\n"""
            f"r={shlex.quote(self.root)}; case $r in '~/'*) r=$HOME/${{r#??}};; esac\n"
            f"f=$r/runner/{runner_version()}/serve.py\n"
            f'if [ -f "$f" ]; then exec "$p" -I -S "$f" "$r" {mark}; fi\n'
            f'exec "$p" -I -S -c {shlex.quote(_BOOT)} "$r" {runner_version()} {mark}\n'
        )

    def _problem(self, values: Mapping[str, Any]) -> HostError:
        kind, detail = str(values.get("problem")), str(values.get("detail", ""))
        if kind == "no python":
            return HostError(
                f"{self.name} has no {self.python}. Python 3.8 or newer is needed there; when it lies elsewhere, name "
                f'it: python = "/path/to/python3" in [hosts.{self.name}] of the configuration.',
                "no python",
            )
        if kind == "old python":
            return HostError(
                f"{self.name} has Python {detail}; 3.8 or newer is needed. Name another one: "
                f'python = "/path/to/python3" in [hosts.{self.name}] of the configuration.',
                "no python",
            )
        if values.get("errno") == 28:
            return HostError(
                f"the disk of {self.name} is full: the runner cannot be written to {self.root} ({detail}). "
                "Free some space there.",
                "disk full",
            )
        return HostError(
            f"the runner cannot be set up on {self.name} in {self.root}: {detail}. Check that directory, or choose "
            f"another one: dir in [hosts.{self.name}] of the configuration.",
            "files",
        )

    def _measure_clock(self) -> None:
        best = float("inf")
        for _ in range(3):
            sent = time.time()
            start = time.monotonic()
            there = float(self.request("hello", seconds=10.0)["now"])
            took = time.monotonic() - start
            if took < best:
                best = took
                self.skew_seconds, self.skew_error = there - (sent + took / 2), took / 2

    @property
    def skew(self) -> float:
        """Seconds by which the host's clock is ahead; 0 when the clocks agree as far as can be told."""
        return self.skew_seconds if abs(self.skew_seconds) > max(SKEW_SECONDS, self.skew_error) else 0.0

    def request(self, op: str, params: Mapping[str, Any] | None = None, *, seconds: float = ANSWER_SECONDS) -> Any:
        """See `Host.request`."""
        self.connect()
        channel = self._channel
        if channel is None:
            raise self._lost()
        reply = self._await(channel, channel.ask(op, params or {}), seconds)
        if reply.get("lost"):
            raise self._lost()
        error = reply.get("error")
        if error:
            raise LaunchError(f"{self.name}: {error.get('message')}")
        return reply.get("result")

    def _await(self, channel: _Channel, answer: Future[Any], seconds: float) -> Any:
        """The reply. A connection on which none comes, or over which this machine slept, is given up."""
        wall, steady = time.time(), time.monotonic()
        while True:
            try:
                return answer.result(min(1.0, max(seconds - (time.monotonic() - steady), 0.0)))
            except FutureTimeout:
                slept = (time.time() - wall) - (time.monotonic() - steady) > SLEEP_SECONDS
                late = time.monotonic() - steady >= seconds
            if slept or late:
                channel.close(0.0)
                self._forget()
            if slept:
                raise HostError(f"this machine was asleep; the connection to {self.name} is made again.", "asleep")
            if late:
                raise HostError(
                    f"{self.name} did not answer within {seconds:.0f} s; contact is lost. It is asked again by itself; "
                    "what runs there goes on.",
                    "silent",
                )

    def _lost(self) -> HostError:
        return HostError(
            f"the connection to {self.name} was lost. It is made again by itself; what runs there goes on.", "lost"
        )

    def close(self) -> None:
        """See `Host.close`."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()


class LocalHost(ShellHost):
    """This very machine, asked in the same way as any other: for tests, and as the measure of the others."""

    def shell(self) -> Sequence[str]:
        """See `ShellHost.shell`."""
        return ("/bin/sh", "-s")

    def _explain(self, said: Sequence[str], code: int | None) -> HostError:
        return HostError(f"the shell of this machine ended ({' '.join(said[-1:]) or code}).", "shell")


class SshHost(ShellHost):
    """A machine reached by OpenSSH."""

    def __init__(self, name: str, settings: HostSettings, socket_dir: Path) -> None:
        """Args: socket_dir: an owner-only directory of this machine for the control socket; made when missing."""
        super().__init__(name, root=settings.dir or HOST_DIR, python=settings.python)
        self.settings = settings
        self.control = control_path(socket_dir, name)

    def _ssh(self, *options: str) -> list[str]:
        """The beginning of every call of ssh for this host."""
        control = str(self.control).replace("%", "%%")
        words = ["ssh"]
        if self.settings.ssh_config:
            words += ["-F", str(Path(self.settings.ssh_config).expanduser())]
        if self.settings.port:
            words += ["-p", str(self.settings.port)]
        given = {
            "ControlMaster": "auto",
            "ControlPath": control,
            "ControlPersist": "600",
            "ConnectTimeout": "10",
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "3",
            # What a config has for work by hand, such as a forwarded notebook or `tmux attach`, is not for us.
            "ClearAllForwardings": "yes",
            "RemoteCommand": "none",
            "RequestTTY": "no",
            "PermitLocalCommand": "no",
            "ForwardX11": "no",
        }
        for name, value in given.items():
            words += ["-o", f"{name}={value}"]
        return [*words, *options]

    def shell(self) -> Sequence[str]:
        """See `ShellHost.shell`."""
        make_private(self.control.parent)
        return [*self._ssh("-o", "BatchMode=yes", "-T"), "--", self.settings.ssh, "exec /bin/sh -s"]

    def login_command(self) -> list[str]:
        """The same connection made by hand: ssh may ask for a host key, passphrase or code. Others then share it."""
        make_private(self.control.parent)
        return [*self._ssh(), "--", self.settings.ssh, "exec /bin/true"]

    def _forget(self) -> None:
        """A master connection that hangs would hang every later one."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [*self._ssh("-O", "exit"), "--", self.settings.ssh],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=5.0,
            )
        with contextlib.suppress(OSError):
            self.control.unlink()

    def _explain(self, said: Sequence[str], code: int | None) -> HostError:
        options = ["-F", self.settings.ssh_config] if self.settings.ssh_config else []
        options += ["-p", str(self.settings.port)] if self.settings.port else []
        message, kind = explain_ssh("\n".join(said), self.name, shlex.join([*options, self.settings.ssh]))
        return HostError(message, kind)


#: What ssh says -> kind, what it means, what to do. {name}, {ssh} and {words} are filled in.
_SSH_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed",
        "host key changed",
        "the host key of {name} ({ssh}) is not the one it had before. If the server was set up anew, drop the old one "
        "(ssh-keygen -R HOST) and connect once by hand: ssh {ssh}. If not, somebody may be in between: ask its owner.",
    ),
    (
        r"Host key verification failed|No \w+ host key is known|authenticity of host",
        "host key unknown",
        "the host key of {name} is not known yet. Connect once by hand, compare the fingerprint, and say yes: "
        "ssh {ssh}",
    ),
    (
        r"Permission denied|Too many authentication failures|no mutual signature|Load key",
        "permission denied",
        "{name} does not let you in ({words}). Try by hand: ssh {ssh}. A key goes there with ssh-copy-id {ssh}; one "
        "with a passphrase is unlocked with ssh-add.",
    ),
    (
        r"Could not resolve hostname|Name or service not known|nodename nor servname",
        "unknown host",
        "the name in {ssh} is not known here ({words}). Check the spelling, the network or VPN, and ~/.ssh/config.",
    ),
    (
        r"Connection refused",
        "refused",
        "{name} refuses the connection ({words}). Check the port, and that its ssh server runs.",
    ),
    (
        r"timed out|No route to host|Network is unreachable|Host is down|not responding",
        "unreachable",
        "{name} cannot be reached ({words}). Check the network or VPN; it is tried again by itself.",
    ),
    (
        r"Bad configuration option|Bad owner or permissions|terminating, .* bad configuration|Can't open user config",
        "ssh config",
        "ssh does not accept its configuration: {words}. Mend that file.",
    ),
    (
        r"account is currently not available|This account|nologin",
        "no shell",
        "the account of {ssh} has no shell ({words}). kwslab needs one there.",
    ),
    (
        r"Connection (?:closed|reset|to \S+ closed)|kex_exchange_identification|Broken pipe|client_loop",
        "lost",
        "{name} closed the connection ({words}). It is tried again by itself.",
    ),
)


def explain_ssh(said: str, name: str, ssh: str) -> tuple[str, str]:
    """(what it means and what to do, kind) from what ssh said on its standard error."""
    lines = [line.strip() for line in said.splitlines() if line.strip(" @\r")]
    for pattern, kind, message in _SSH_WORDS:
        hit = re.search(pattern, said)
        if hit:
            words = next((line for line in lines if re.search(pattern, line)), lines[-1] if lines else "")
            return message.format(name=name, ssh=ssh, words=words[:200]), kind
    words = f" It said: {lines[-1][:300]}" if lines else ""
    return (
        f"{name} ended the connection before it could be used.{words} Try by hand: ssh {ssh} echo hello",
        "no connection",
    )


def control_path(directory: Path, name: str) -> Path:
    """A short path for the control socket of a host: in the directory, or in /tmp where that one is too long."""
    key = hashlib.sha256(f"{directory}\0{name}".encode()).hexdigest()[:10]
    path = directory / f"ssh-{key}"
    if len(os.fsencode(path)) > CONTROL_PATH_LIMIT:
        path = Path(f"/tmp/kwslab-{os.getuid()}-ssh") / key
    return path


def check_host_name(name: str) -> None:
    """Raises LaunchError: it cannot be the name of a host."""
    if name == "local" or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise LaunchError(
            f"{name!r} cannot name a host: give letters, digits, - and _, 40 at most; `local` is this machine."
        )


def check_destination(ssh: str) -> None:
    """Raises LaunchError: it is no destination for ssh."""
    if not ssh or ssh.startswith("-") or re.search(r"[\s\x00-\x1f\x7f]", ssh):
        raise LaunchError(f"{ssh!r} is no destination: give user@server, or a name of your ~/.ssh/config.")


__all__ = [
    "HOST_DIR",
    "Host",
    "LocalHost",
    "ShellHost",
    "SshHost",
    "check_destination",
    "check_host_name",
    "control_path",
    "explain_ssh",
    "runner_files",
    "runner_version",
]
