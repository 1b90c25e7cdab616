"""The daemon's door: socket permissions, stale sockets, locks, streams, errors, loss."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from assistant import daemon, settings
from assistant.client import DaemonClient
from assistant.errors import AssistantError, DaemonError, LaunchError, UsageError
from assistant.owner import OwnerLock


class SmallLab:
    """Stands in for the lab behind the door: three operations, no vault."""

    def __init__(self, found: settings.Settings) -> None:
        self.settings = found
        self.busy, self.asked = 0, 0.0

    def op_info(self):
        return {
            "pid": os.getpid(),
            "vault": str(self.settings.vault_path),
            "fingerprint": self.settings.fingerprint(),
            "version": __import__("assistant").__version__,
        }

    def op_count(self, emit, upto: int):
        for number in range(upto):
            emit({"type": "number", "n": number})
        return upto

    def op_fail(self, how: str):
        if how == "known":
            raise LaunchError("no run 'x'. `kwslab runs` lists them.")
        raise ZeroDivisionError("1/0")

    def start_loops(self):
        pass

    def close(self):
        pass


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("KWSLAB_CONFIG", str(tmp_path / "config.toml"))
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "Scratch.md").write_text("# Scratch\n", "utf-8")
    found = settings.load(vault=str(vault), state=str(tmp_path / "s"))
    if len(str(found.socket)) > 100:
        found = dataclasses.replace(found, socket=Path("/tmp") / f"kwslab-test-{os.getpid()}" / "d.sock")
    return found


@pytest.fixture
def serving(state, monkeypatch):
    """A daemon over SmallLab in a thread of this process."""
    import asyncio

    import uvicorn

    door = daemon.bind_socket(state.socket)
    stop = threading.Event()
    app = daemon.make_app(SmallLab(state), stop)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[door])), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield state
    server.should_exit = True
    thread.join(5)
    door.close()


def test_socket_is_for_its_owner_alone(state):
    """The socket has mode 0600 in a directory of mode 0700."""
    door = daemon.bind_socket(state.socket)
    try:
        assert stat.S_IMODE(state.socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(state.socket.parent.stat().st_mode) == 0o700
    finally:
        door.close()


def test_stale_socket_is_replaced(state):
    """The socket file of a daemon that was killed does not keep the next one from listening."""
    daemon.bind_socket(state.socket).close()
    assert state.socket.exists()
    door = daemon.bind_socket(state.socket)
    door.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(state.socket))
    client.close()
    door.close()


def test_open_state_directory_is_closed(tmp_path, state):
    """A state directory that others could enter is closed to them."""
    state.data.mkdir(parents=True)
    state.data.chmod(0o755)
    OwnerLock(state.owner_lock).acquire()
    assert stat.S_IMODE(state.data.stat().st_mode) == 0o700


def test_second_owner_is_refused_by_name(state):
    """A state has one owner; the second is told who it is and what to do."""
    first = OwnerLock(state.owner_lock)
    first.acquire()
    with pytest.raises(DaemonError) as caught:
        OwnerLock(state.owner_lock).acquire()
    assert f"owned by process {os.getpid()}" in str(caught.value)
    assert "kwslab daemon stop" in str(caught.value)
    first.release()
    OwnerLock(state.owner_lock).acquire()


def test_lock_of_a_killed_owner_is_free(state):
    """The lock of a process that died by SIGKILL can be taken at once."""
    code = (
        "import sys, pathlib; from assistant.owner import OwnerLock; lock = OwnerLock(pathlib.Path(sys.argv[1])); "
        "lock.acquire(); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(state.owner_lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(DaemonError, match=f"process {holder.pid}"):
        OwnerLock(state.owner_lock).acquire()
    holder.kill()
    holder.wait()
    OwnerLock(state.owner_lock).acquire()
    holder.stdin.close()
    holder.stdout.close()


def test_events_arrive_before_the_result(serving):
    """An operation's events come in order, then its result."""
    client, heard = DaemonClient(serving, start=False), []
    assert client.call("count", {"upto": 3}, heard.append) == 3
    assert [event["n"] for event in heard] == [0, 1, 2]
    client.close()


def test_known_error_keeps_kind_and_words(serving):
    """An operation's error reaches the client as the same kind with the same words."""
    client = DaemonClient(serving, start=False)
    with pytest.raises(LaunchError, match="no run 'x'"):
        client.call("fail", {"how": "known"})
    client.close()


def test_bug_becomes_a_message(serving):
    """A bug in an operation is a message that names the log; the daemon goes on."""
    client = DaemonClient(serving, start=False)
    with pytest.raises(AssistantError) as caught:
        client.call("fail", {"how": "bug"})
    assert "ZeroDivisionError" in str(caught.value)
    assert str(serving.daemon_log) in str(caught.value)
    assert client.call("count", {"upto": 0}) == 0
    client.close()


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("nonsense", {}, "no operation 'nonsense'"),
        ("count", {"upto": 1, "up": 2}, "unknown parameter 'up'; allowed are upto"),
        ("count", {}, "missing 1 required positional argument: 'upto'"),
    ],
)
def test_wrong_call_is_usage(serving, name, params, words):
    """A wrong operation or parameter is wrong usage, with what is allowed."""
    client = DaemonClient(serving, start=False)
    with pytest.raises(UsageError) as caught:
        client.call(name, params)
    assert words in str(caught.value)
    client.close()


def test_request_that_is_no_json(serving):
    """Bytes that are no JSON get an answer, not a dropped connection."""
    http = httpx.Client(transport=httpx.HTTPTransport(uds=str(serving.socket)), base_url="http://kwslab")
    answer = http.post("/op/info", content=b"\xff{")
    assert answer.json()["error"]["message"] == "the request is not JSON"
    http.close()


def test_other_vault_is_refused(serving):
    """A client of another vault with the same state is told which vault is served."""
    other = dataclasses.replace(serving, vault=dataclasses.replace(serving.vault, path="/other"))
    with pytest.raises(DaemonError, match="serves another vault"):
        DaemonClient(other, start=False).call("info")


def test_no_daemon_and_no_leave_to_start(state):
    """Where no daemon runs and none may be started, the message says how to start one."""
    with pytest.raises(DaemonError, match="kwslab daemon start"):
        DaemonClient(state, start=False).call("info")


def test_client_that_hangs_up_ends_its_operation(serving):
    """An operation whose client is gone ends with its next event instead of working on for nobody."""
    client = DaemonClient(serving, start=False)

    class Enough(Exception):
        pass

    def hear(event):
        raise Enough

    with pytest.raises(Enough):
        client.call("count", {"upto": 10**9}, hear)
    client.close()
    other = DaemonClient(serving, start=False)
    assert other.call("count", {"upto": 1}) == 1
    other.close()


def test_daemon_that_cannot_start_says_why(state, tmp_path):
    """A daemon that ends at once gives its last words to the client that started it."""
    blocked = dataclasses.replace(state, socket=tmp_path / "file" / "d.sock")
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(DaemonError) as caught:
        DaemonClient(blocked).call("info")
    assert "the daemon did not start" in str(caught.value)
    assert "file" in str(caught.value)


def test_result_lines_are_json(serving):
    """The stream is one JSON document a line: events, then one result."""
    http = httpx.Client(transport=httpx.HTTPTransport(uds=str(serving.socket)), base_url="http://kwslab")
    lines = [json.loads(line) for line in http.post("/op/count", json={"upto": 2}).text.splitlines()]
    assert lines == [{"event": {"type": "number", "n": 0}}, {"event": {"type": "number", "n": 1}}, {"result": 2}]
    http.close()
