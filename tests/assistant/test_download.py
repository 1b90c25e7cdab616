"""Fetching model files from a hub: resumed, checked, interrupted, without a hub at all. A real server on loopback."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import download, models
from assistant.errors import ModelUnavailable

BODY = b"GGUF" + bytes(range(256)) * 12000
NAME = "qwen2.5-0.5b"
FILE = "qwen2.5-0.5b-instruct-q4_k_m.gguf"


class Hub(http.server.ThreadingHTTPServer):
    """A hub: announces size and digest, redirects to a store, understands Range, can break off or trickle."""

    break_after: list[int]
    digest = hashlib.sha256(BODY).hexdigest()
    size = len(BODY)
    status = 0
    gated = False
    ranges: list[str | None]
    tokens: list[str | None]
    ignore_range = False
    trickle: threading.Event | None = None

    @property
    def environ(self) -> dict[str, str]:
        return {"HF_ENDPOINT": f"http://127.0.0.1:{self.server_port}"}


class Handler(http.server.BaseHTTPRequestHandler):
    server: Hub

    def store(self) -> str:
        """Where the bytes are: another host than the hub, as far as names tell."""
        return f"http://localhost:{self.server.server_port}/store"

    def do_HEAD(self) -> None:
        if self.server.status:
            self.send_response(self.server.status)
            if self.server.gated:
                self.send_header("X-Error-Code", "GatedRepo")
            self.end_headers()
            return
        self.send_response(302)
        self.send_header("Location", self.store())
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("X-Linked-Size", str(self.server.size))
        self.send_header("X-Linked-Etag", f'"{self.server.digest}"')
        self.end_headers()

    def do_GET(self) -> None:
        if self.path != "/store":
            self.server.tokens.append(self.headers.get("Authorization"))
            self.send_response(302)
            self.send_header("Location", self.store())
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        assert self.headers.get("Authorization") is None  # Another host: the token is not for it.
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and not self.server.ignore_range else 0
        body = BODY[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        limit = self.server.break_after.pop(0) if self.server.break_after else len(body)
        self.wfile.write(body[:limit])
        self.wfile.flush()
        if self.server.trickle is not None:
            self.server.trickle.wait(30)
        if limit < len(body):
            self.connection.shutdown(2)
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path) -> Iterator[Hub]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    server = Hub(("127.0.0.1", 0), Handler)
    server.ranges, server.tokens, server.break_after = [], [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def parts(data: Path) -> list[Path]:
    return sorted((data / "models").glob("*.part"))


def test_pull_fetches_checks_and_reports(hub, tmp_path):
    """The file arrives whole under its name, with progress; a second pull fetches nothing."""
    progress: list[tuple[int, int]] = []
    path = download.pull(NAME, tmp_path, lambda done, size: progress.append((done, size)), hub.environ)
    assert path == tmp_path / "models" / FILE
    assert path.read_bytes() == BODY
    assert progress[-1] == (len(BODY), len(BODY))
    assert len(progress) > 2
    assert [file.name for file in path.parent.iterdir()] == [FILE]
    assert download.pull(NAME, tmp_path, environ=hub.environ) == path
    assert hub.ranges == [None]
    row = next(row for row in models.list_models(tmp_path) if row["name"] == NAME)
    assert (row["here"], row["bytes"]) == (True, len(BODY))


def test_any_file_of_the_hub_can_be_named(hub, tmp_path):
    """OWNER/REPO/FILE.gguf is fetched like a model of the list, the token going to the hub."""
    environ = {**hub.environ, "HF_TOKEN": "hf_secret"}
    path = download.pull("someone/Some-GGUF/some-q4.gguf", tmp_path, environ=environ)
    assert path.name == "some-q4.gguf"
    assert set(hub.tokens) == {"Bearer hf_secret"}
    assert models.resolve("some-q4", tmp_path).path == str(path)


def test_a_cut_connection_goes_on_by_itself(hub, tmp_path):
    """A connection that breaks in the middle of the file is taken up again where it ended."""
    hub.break_after = [300_000, 500_000]
    assert download.pull(NAME, tmp_path, environ=hub.environ).read_bytes() == BODY
    assert hub.ranges[0] is None
    assert [int(r.strip("bytes=-")) for r in hub.ranges[1:]] == [300_000, 800_000]


def test_a_pull_that_failed_goes_on_where_it_ended(hub, tmp_path):
    """When no byte comes any more the pull ends with what to do; the same command fetches only the rest."""
    hub.break_after = [300_000, 0, 0, 0]
    with pytest.raises(
        ModelUnavailable, match=r"could not be fetched whole.*\(300,000 of .*run the same command again"
    ):
        download.pull(NAME, tmp_path, environ=hub.environ)
    (part,) = parts(tmp_path)
    assert part.read_bytes() == BODY[:300_000]
    row = next(row for row in models.list_models(tmp_path) if row["name"] == NAME)
    assert row["bytes_of_broken_pull"] == 300_000
    hub.ranges.clear()
    assert download.pull(NAME, tmp_path, environ=hub.environ).read_bytes() == BODY
    assert hub.ranges == ["bytes=300000-"]
    assert parts(tmp_path) == []


def test_a_server_without_ranges_starts_anew(hub, tmp_path):
    """A store that ignores Range sends the whole file; nothing is put behind what was there."""
    hub.break_after, hub.ignore_range = [300_000], True
    assert download.pull(NAME, tmp_path, environ=hub.environ).read_bytes() == BODY


def test_parts_of_another_version_are_no_beginning(hub, tmp_path):
    """When the hub has a new version of the file, the part of the old one is not gone on with."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / f"{FILE}.00000000.part").write_bytes(b"GGUF old")
    assert download.pull(NAME, tmp_path, environ=hub.environ).read_bytes() == BODY
    assert hub.ranges == [None]
    assert parts(tmp_path) == []


def test_damaged_download_never_takes_the_place(hub, tmp_path):
    """A file whose digest is not the announced one is thrown away."""
    hub.digest = "0" * 64
    with pytest.raises(ModelUnavailable, match=r"another SHA-256 \(.*than the server announced \(000000000000"):
        download.pull(NAME, tmp_path, environ=hub.environ)
    assert list((tmp_path / "models").iterdir()) == []


def test_more_than_announced_is_thrown_away(hub, tmp_path):
    """A file longer than announced is no download."""
    hub.size = 1000
    with pytest.raises(ModelUnavailable, match=r"1,000 were announced\. It was thrown away"):
        download.pull(NAME, tmp_path, environ=hub.environ)
    assert parts(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "gated", "words"),
    [
        (404, False, r"the hub answered 404\. The file may have been renamed; .*OWNER/REPO/FILE\.gguf"),
        (403, True, "accepted the licence.*HF_TOKEN"),
        (500, False, "the hub answered 500"),
    ],
)
def test_refusals_of_the_hub(hub, tmp_path, status, gated, words):
    """Each refusal says what to do, and that a file can be brought by hand."""
    hub.status, hub.gated = status, gated
    with pytest.raises(ModelUnavailable, match=words):
        download.pull(NAME, tmp_path, environ=hub.environ)
    assert not (tmp_path / "models").exists()


def test_without_internet_the_way_by_hand_is_said(hub, tmp_path):
    """No hub: what was tried, that nothing was changed, and how to bring a file."""
    hub.shutdown()
    hub.server_close()
    words = r"Instruct-GGUF at http://127.*no connection.*Nothing was changed.*copy any \.gguf .*kwslab models use PATH"
    with pytest.raises(ModelUnavailable, match=words):
        download.pull(NAME, tmp_path, environ=hub.environ)


def test_a_full_disk_keeps_what_came(hub, tmp_path):
    """A write that the disk refuses is one sentence."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / f"{FILE}.{hub.digest[:8]}.part").symlink_to("/dev/full")
    with pytest.raises(ModelUnavailable, match=r"cannot be written \(No space left on device\). Free some space"):
        download.pull(NAME, tmp_path, environ=hub.environ)


def test_too_small_a_disk_is_said_before_anything_is_fetched(hub, tmp_path):
    """A model larger than the free space is refused with both figures."""
    hub.size = 10**15
    with pytest.raises(ModelUnavailable, match=r"GB free; 1000000\.0 GB are still to come"):
        download.pull(NAME, tmp_path, environ=hub.environ)
    assert hub.ranges == []


def test_two_pulls_of_one_file_do_not_mix(hub, tmp_path):
    """A second pull of the same file is told of the first."""
    said: list[str] = []

    def second(done: int, size: int) -> None:
        if not said:
            said.append("")
            with pytest.raises(ModelUnavailable, match=r"another `kwslab models pull` is fetching qwen2\.5-0\.5b"):
                download.pull(NAME, tmp_path, environ=hub.environ)

    assert download.pull(NAME, tmp_path, second, hub.environ).read_bytes() == BODY
    assert said == [""]


def test_ctrl_c_keeps_what_came_and_the_next_pull_goes_on(hub, tmp_path):
    """The command itself, interrupted in the middle of the file and given again."""
    hub.trickle = threading.Event()
    hub.break_after = [2_000_000]
    env = {
        **os.environ, **hub.environ, "KWSLAB_CONFIG": str(tmp_path / "c.toml"), "KWSLAB_STATE": str(tmp_path / "state"),
    }  # fmt: skip
    command = [sys.executable, "-m", "assistant", "models", "pull", NAME]
    code = f"""
        import signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)  # A suite in the background hands on an ignored one.
        sys.argv[1:] = ["models", "pull", "{NAME}"]
        from assistant import download
        real = download.fetch
        def fetch(announced, target, headers, on_progress):
            def told(done, size):
                on_progress(done, size)
                print(done, flush=True)
            return real(announced, target, headers, told)
        download.fetch = fetch
        from assistant.__main__ import main
        main()
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert int(child.stdout.readline()) > 0
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=30)
    hub.trickle.set()
    assert child.returncode == 130, said
    assert f"what came is kept: kwslab models pull {NAME} goes on" in said
    (part,) = parts(tmp_path / "state" / "data")
    kept = part.stat().st_size
    assert 0 < kept < len(BODY)
    hub.trickle, hub.break_after = None, []
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert hub.ranges[-1] == f"bytes={kept}-"
    assert re.search(rf"{FILE}\nuse it: kwslab models use {NAME}", done.stdout)
