"""Hosts over a real OpenSSH server on this machine: own host key, port, authorized key, and an ordinary user.

    uv run pytest -m sshd

KWSLAB_KILL_ROUNDS says how often each kill is done (5).
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import settings
from assistant.client import DaemonClient
from assistant.errors import HostError, LaunchError
from assistant.hosts import SshHost
from assistant.settings import HostSettings
from fskws import runs
from fskws.runs import RunDirectory

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:" + os.environ.get("PATH", ""))

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(SSHD is None, reason="sshd is not installed (Debian: apt install openssh-server)"),
    pytest.mark.skipif(sys.platform != "linux", reason="the GPU side is Linux"),
]

ROUNDS = int(os.environ.get("KWSLAB_KILL_ROUNDS", "5"))
STEPS = 200

#: Logs its steps, waits to be let go, logs as many again, and ends as told. Needs nothing but Python.
PROGRAM = r"""
import json, os, resource, sys, time
end, steps, gate = sys.argv[1], int(sys.argv[2]), sys.argv[3]
fd = os.open(os.environ["KWSLAB_RUN_DIR"] + "/metrics.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def log(step):
    os.write(fd, (json.dumps({"t": time.time(), "step": step, "loss": 1 / (step + 1)}) + "\n").encode())
for step in range(steps):
    log(step)
print("half", flush=True)
while not os.path.exists(gate):
    time.sleep(0.02)
for step in range(steps, 2 * steps):
    log(step)
print("all", flush=True)
if end == "memory":
    resource.setrlimit(resource.RLIMIT_AS, (300_000_000, 300_000_000))
    bytearray(2_000_000_000)
if end == "gpu memory":
    raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
if end == "killed":
    os.kill(os.getpid(), 9)
sys.exit(int(end))
"""

#: How the program ends -> what its record must say.
ENDS: dict[str, tuple[str, int, str]] = {
    "0": ("finished", 0, ""),
    "3": ("failed", 3, "exit code 3"),
    "killed": ("failed", -9, "killed by signal 9 (SIGKILL)"),
    "memory": ("failed", 1, "out of memory"),
    "gpu memory": ("failed", 1, "out of GPU memory"),
}


def until(condition, seconds: float = 60.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
    return found


def words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def parents() -> dict[int, int]:
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                stat = Path(f"/proc/{name}/stat").read_text()
                found[int(name)] = int(stat[stat.rfind(")") + 2 :].split()[1])
    return found


class Server:
    """An sshd of our own, whose user has a home of its own where that can be had."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.made_user = os.getuid() == 0
        for name in ("host_key", "other_host_key", "key", "wrong_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)], check=True)
        if self.made_user:
            Path("/run/sshd").mkdir(exist_ok=True)  # where sshd drops its privileges
            self.user = f"kwslab-test-{os.getpid()}"
            # "*" is no password that fits, and no locked account either.
            subprocess.run(["useradd", "-m", "-s", "/bin/bash", "-p", "*", self.user], check=True)
        else:
            self.user = getpass.getuser()
        facts = pwd.getpwnam(self.user)
        self.home = Path(facts.pw_dir) if self.made_user else place / "home"
        self.home.mkdir(exist_ok=True)
        self.project = self.home / "code"
        self.project.mkdir()
        (self.project / "program.py").write_text(PROGRAM)
        subprocess.run(["git", "init", "-q", str(self.project)], check=True)
        if self.made_user:
            with (self.home / ".bashrc").open("r+") as file:
                text = file.read()
                file.seek(0)
                file.write(f"echo welcome to this server; printf 'no line break'\n{text}")
            for path in (self.project, *self.project.rglob("*")):
                os.chown(path, facts.pw_uid, facts.pw_gid)
        authorized = self.home / "kwslab-test-authorized"
        shutil.copyfile(place / "key.pub", authorized)
        authorized.chmod(0o644)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.configure("host_key")
        (place / "sshd_config").chmod(0o600)
        self.start()

    def configure(self, host_key: str) -> None:
        """Writes sshd's configuration with one of the host keys."""
        (self.place / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.place / host_key}\nPidFile none\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nStrictModes no\nMaxStartups 100\n"
            f"AuthorizedKeysFile {self.home}/kwslab-test-authorized\n"
        )

    def client(self, name: str, key: str = "key", known: bool = True) -> Path:
        """An ssh configuration of the client, in which the server is called `box`."""
        hosts = self.place / f"known-{name}"
        public = (self.place / "host_key.pub").read_text().split()[:2]
        hosts.write_text(f"[127.0.0.1]:{self.port} {' '.join(public)}\n" if known else "")
        file = self.place / f"ssh-{name}"
        file.write_text(
            f"Host box\n  HostName 127.0.0.1\n  Port {self.port}\n  User {self.user}\n"
            f"  IdentityFile {self.place / key}\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            f"  UserKnownHostsFile {hosts}\n  GlobalKnownHostsFile none\n"
            "  StrictHostKeyChecking yes\n"
        )
        return file

    def start(self) -> None:
        """Starts sshd and waits until it listens."""
        assert SSHD is not None
        log = (self.place / "sshd.log").open("ab")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self.place / "sshd_config")], stderr=log)
        log.close()

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        until(listens)

    def kill(self) -> None:
        """SIGKILL of sshd and of every connection it serves; what was started over them is not touched."""
        assert self.process is not None
        tree, grown = {self.process.pid}, True
        above = parents()
        while grown:
            more = {pid for pid, parent in above.items() if parent in tree and words_of(pid).startswith("sshd")} - tree
            tree |= more
            grown = bool(more)
        for pid in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Ends everything of this server, by ids, and takes its user away."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        for file in self.home.rglob("keeper.json"):
            with contextlib.suppress(OSError, ValueError):
                known = json.loads(file.read_bytes())
                if runs.is_alive(known):
                    os.kill(known["pid"], signal.SIGKILL)
        if self.made_user:
            uid = pwd.getpwnam(self.user).pw_uid
            for pid in parents():
                with contextlib.suppress(OSError):
                    if Path(f"/proc/{pid}").stat().st_uid == uid:
                        os.kill(pid, signal.SIGKILL)
            until(lambda: subprocess.run(["userdel", "-r", self.user], capture_output=True).returncode in (0, 6, 12))


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("sshd")
    found = Server(place)
    yield found
    found.close()


class Desk:
    """The laptop: a vault, a state, a configuration with one host, and the kwslab command."""

    def __init__(self, place: Path, server: Server, env: str = "") -> None:
        self.place, self.server = place, server
        self.vault = place / "vault"
        self.vault.mkdir()
        for name in ("Server", "Experiments", "Scratch"):
            (self.vault / f"{name}.md").write_text(f"# {name}\n", "utf-8")
        self.config = place / "config.toml"
        self.config.write_text(f'# Mine.\n[vault]\npath = "{self.vault}"  # the notes\n')
        self.environ = {**os.environ, "KWSLAB_CONFIG": str(self.config), "KWSLAB_STATE": str(place / "s")}
        self.there = server.home / f"kwslab-{place.name}"

    def __call__(self, *words: str, code: int | None = 0, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *words],
            env=self.environ,
            cwd=self.place,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *words: str, code: int | None = 0):
        return json.loads(self("--json", *words, code=code).stdout)

    def add(self, env: str = "") -> dict:
        client = self.server.client(self.place.name)
        project = str(self.server.project)
        return self.json(
            "host", "add", "gpu", "box", "--project", project, "--env", env, "--dir", str(self.there),
            "--ssh-config", str(client),
        )  # fmt: skip

    def settings(self) -> settings.Settings:
        return settings.load(environ=self.environ)

    def client(self) -> DaemonClient:
        return DaemonClient(self.settings())

    def copy(self, id: str) -> RunDirectory:
        return RunDirectory(self.settings().runs_dir / id)

    def notes(self, id: str) -> list[int]:
        return [
            (self.vault / f"{name}.md").read_text("utf-8").count(f"^kw-{id[-6:]}") for name in ("Server", "Experiments")
        ]

    def connections(self) -> list[int]:
        """The client's ssh processes: the shared connection and what goes over it."""
        place = str(self.settings().socket.parent)
        return [pid for pid in parents() if (said := words_of(pid)).startswith("ssh") and place in said]


@pytest.fixture
def desk(server, tmp_path, monkeypatch) -> Iterator[Desk]:
    found = Desk(tmp_path, server)
    for name in ("KWSLAB_CONFIG", "KWSLAB_STATE"):
        monkeypatch.setenv(name, found.environ[name])
    yield found
    with contextlib.suppress(Exception):
        found("daemon", "stop", code=None)
    for pid in found.connections():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


# -- the whole way -----------------------------------------------------------------------------------------------------


def test_a_host_from_add_to_remove(desk):
    """Added, checked, run on, followed, queued on, stopped on, asked for its status, and removed; comments stay."""
    added = desk.add("echo noise; export WORD=there")
    assert added["added"] is True
    assert {part["part"]: part["state"] for part in added["parts"]}.items() >= {
        "ssh": "ok", "runner": "ok", "disk": "ok", "project": "ok", "env": "ok"
    }.items()  # fmt: skip
    assert desk.config.read_text().startswith('# Mine.\n[vault]\npath = "')
    assert desk.json("host", "check", "gpu")["name"] == "gpu"
    (listed,) = desk.json("host", "list")
    assert (listed["name"], listed["ssh"], listed["state"]) == ("gpu", "box", "connected")

    words = ["a b", "", '"q"', "it's", f"$(touch {desk.place}/pwned)", "`id`", "; id", "new\nline", "\\", "é*"]
    code = "import json, os, sys; print(json.dumps([os.environ['WORD'], os.getcwd(), sys.argv[1:]])); sys.exit(3)"
    done = desk("run", "--host", "gpu", "--", "python3", "-c", code, *words, code=3)
    assert json.loads(done.stdout) == ["there", str(desk.server.project), words]
    assert not (desk.place / "pwned").exists()

    first = desk.json("run", "--host", "gpu", "--detach", "--name", "Far away", "--", "sh", "-c", "echo hi; sleep 600")[
        "id"
    ]
    second = desk.json("run", "--host", "gpu", "--detach", "--after", first, "--", "true")["id"]
    assert [(entry["id"], entry["host"]) for entry in desk.json("queue", "list")] == [(second, "gpu")]
    assert desk.json("queue", "drop", second) == []
    status = desk.json("status", "--host", "gpu")
    assert [run["id"] for run in status["runs"]] == [first]
    assert status["link"]["state"] == "connected"
    assert first in "\n".join(desk.json("status")["lines"])
    until(lambda: desk.json("logs", first)["text"] == "hi\n")
    refused = desk("host", "remove", "gpu", code=1)
    assert f"1 runs of gpu are not over ({first})" in refused.stderr
    assert desk.json("stop", first)["status"] == "stopped"
    record = desk.json("show", first)
    assert (record["host"], record["status"], record["title"]) == ("gpu", "stopped", "Far away")
    until(lambda: desk.notes(first) == [1, 1])
    assert "  > Host : `gpu`" in (desk.vault / "Server.md").read_text("utf-8")

    began = time.monotonic()
    assert (
        "command not found: no-such-command" in desk("run", "--host", "gpu", "--", "no-such-command", code=127).stderr
    )
    cuda = desk("run", "--host", "gpu", "--", "python3", "x.py", "--device", "cuda", code=1)
    if not Path("/dev/nvidia0").exists():
        assert "--device cuda: this machine has no CUDA device" in cuda.stderr
    assert time.monotonic() - began < 20  # ten seconds each
    desk("host", "remove", "gpu")
    assert "hosts" not in desk.config.read_text()
    assert "there is no host 'gpu'" in desk("run", "--host", "gpu", "--", "true", code=1).stderr


def test_a_follower_sees_a_run_through_a_lost_connection(desk):
    """`run --host` shows every line once and exits with the run's own code, although the connection was killed."""
    desk.add()
    program = "import time\nfor i in range(60): print('line', i, flush=True); time.sleep(0.1)\nraise SystemExit(7)"
    follower = subprocess.Popen(
        [sys.executable, "-m", "assistant", "run", "--host", "gpu", "--", "python3", "-c", program],
        env=desk.environ, cwd=desk.place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(2.0)
    for pid in desk.connections():
        os.kill(pid, signal.SIGKILL)
    out, _ = follower.communicate(timeout=60)
    assert follower.returncode == 7
    assert out == "".join(f"line {i}\n" for i in range(60))


def test_one_connection_is_shared_and_private(desk):
    """The control socket lies in an owner-only directory, and a second connection goes over the first."""
    desk.add()
    found = desk.settings()
    host = SshHost("gpu", found.hosts["gpu"], found.socket.parent)
    assert host.control.is_socket()
    assert host.control.parent.stat().st_mode & 0o077 == 0
    said = subprocess.run([*host._ssh("-O", "check"), "--", "box"], capture_output=True, text=True)
    assert "Master running" in said.stderr
    host.connect()
    host.close()


# -- what can be wrong -------------------------------------------------------------------------------------------------


def far(server: Server, place: Path, name: str, **changes) -> SshHost:
    client = server.client(name, **{k: v for k, v in changes.items() if k in ("key", "known")})
    values = {"ssh": "box", "ssh_config": str(client), "dir": str(server.home / f"kwslab-{name}")}
    values |= {k: v for k, v in changes.items() if k in ("port", "python", "ssh")}
    return SshHost(name, HostSettings(**values), place / "run")


@pytest.mark.parametrize(
    ("name", "changes", "kind", "message"),
    [
        (
            "wrong-key",
            {"key": "wrong_key"},
            "permission denied",
            "does not let you in .*Permission denied.*ssh-copy-id",
        ),
        ("unknown-key", {"known": False}, "host key unknown", "the host key of unknown-key is not known yet"),
        ("refused", {"port": 1}, "refused", "refused refuses the connection .*Check the port"),
        ("no-python", {"python": "python3.77"}, "no python", "no-python has no python3.77. Python 3.8 or newer"),
        ("no-name", {"ssh": "no-such-host.invalid"}, "unknown host", "is not known here"),
    ],
)
def test_a_host_that_cannot_be_used(server, tmp_path, name, changes, kind, message):
    """Each reason is told in plain words, within seconds."""
    began = time.monotonic()
    with pytest.raises(HostError, match=message) as raised:
        far(server, tmp_path, name, **changes).connect()
    assert raised.value.kind == kind
    assert time.monotonic() - began < 20


def test_a_changed_host_key_is_an_alarm(server, tmp_path):
    """Nothing is sent to a server whose key is another one; what it may mean is said."""
    host = far(server, tmp_path, "changed")
    server.kill()
    server.configure("other_host_key")
    server.start()
    try:
        with pytest.raises(HostError, match=r"is not the one it had before.*somebody may be in between") as raised:
            host.connect()
        assert raised.value.kind == "host key changed"
    finally:
        server.kill()
        server.configure("host_key")
        server.start()
    assert host.connect()["user"] == server.user
    host.close()


def test_what_is_missing_there_is_told(server, tmp_path):
    """A project that is not there, an environment that fails: nothing is started."""
    host = far(server, tmp_path, "missing")
    wish = {"argv": ["true"], "project": "no/such/place", "env": ""}
    with pytest.raises(LaunchError, match=r"missing: the project directory .*/no/such/place does not exist"):
        host.request("start", {**wish, "id": runs.new_run_id()})
    with pytest.raises(LaunchError, match="'conda activate none' failed with exit code"):
        host.request("start", {**wish, "project": "", "env": "conda activate none", "id": runs.new_run_id()})
    states = {
        part["part"]: part["state"] for part in host.request("check", {"project": "no/such/place", "env": "false"})
    }
    assert (states["project"], states["env"]) == ("bad", "bad")
    host.close()


# -- kills -------------------------------------------------------------------------------------------------------------


def kill_connection(desk: Desk) -> None:
    for pid in desk.connections():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_sshd(desk: Desk) -> None:
    desk.server.kill()


def kill_daemon(desk: Desk) -> None:
    info = desk.client().info()
    assert info is not None
    os.kill(info["pid"], signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_connection, kill_sshd, kill_daemon])
def test_no_kill_changes_what_is_known_of_a_run(desk, kill):
    """Runs that end in every way while contact is cut: outcome and all metrics right, and one note each, every time."""
    desk.add()
    seen: list[tuple[str, str]] = []
    for number in range(ROUNDS):
        gate = desk.server.project / f"gate-{desk.place.name}-{number}"
        client = desk.client()
        started: dict[str, str] = {}
        for end in ENDS:
            argv = ["python3", "program.py", end, str(STEPS), str(gate)]
            started[end] = client.call("run", {"argv": argv, "cwd": "/", "host": "gpu", "name": f"{end}, {number}"})[
                "id"
            ]
        there = {end: RunDirectory(desk.there / "runs" / id) for end, id in started.items()}
        for directory in there.values():
            until(lambda d=directory: d.read_output()[0] == b"half\n")
        client.close()
        kill(desk)
        gate.touch()
        for directory in there.values():
            until(directory.exit.exists)
        if kill is kill_sshd:
            desk.server.start()
        client = desk.client()
        client.call("host_check", {"name": "gpu"})  # tried at once instead of with the next pause
        for end, id in started.items():
            until(desk.copy(id).exit.exists)
            record = runs.read_record(desk.copy(id).root)
            assert (record.status, record.exit_code, record.cause) == ENDS[end] or (
                end in ("memory", "gpu memory") and (record.status, record.exit_code) == ENDS[end][:2]
                and ENDS[end][2] in (record.cause, "out of memory")
            ), (end, record.cause)  # fmt: skip
            steps = [row["step"] for row in runs.read_metrics(desk.copy(id).metrics)]
            assert steps == list(range(2 * STEPS)), (end, number)
            assert record.metrics["loss"]["last"] == 1 / (2 * STEPS)
            assert desk.copy(id).output.read_bytes() == there[end].output.read_bytes()
            seen.append((end, id))
        client.close()
    until(lambda: all(desk.notes(id) == [1, 1] for _, id in seen))
    listed = {record["id"]: record["status"] for record in desk.json("runs")}
    assert {id: listed[id] for _, id in seen} == {id: ENDS[end][0] for end, id in seen}
    assert desk.json("sync", "--dry-run")["writes"] == []
