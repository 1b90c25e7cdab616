"""The endpoint door against llama.cpp's own OpenAI-compatible server on loopback, with the embedded model.

Its packages are the dependency group `server`: uv run --group server pytest -m endpoint
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.errors import ModelUnavailable
from assistant.gate import Gate, synthesise
from assistant.llm import EndpointModel
from assistant.measure import measure
from assistant.models import embedded_model_path
from assistant.prompts import Passage

pytestmark = [
    pytest.mark.endpoint,
    pytest.mark.skipif(importlib.util.find_spec("fastapi") is None, reason="the dependency group server is not here"),
]

CAPITAL = [{"role": "user", "content": "What is the capital of France? Answer in one short sentence."}]
STORY = [{"role": "user", "content": "Count from one to one hundred in words."}]
KEY = "s3cret-key-of-this-test"


class Server:
    """llama.cpp's server as a child process."""

    def __init__(self, log: Path, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        self.log = log
        command = [sys.executable, "-m", "llama_cpp.server", "--model", str(embedded_model_path())]
        command += ["--host", "127.0.0.1", "--port", str(port), "--n_threads", "2", "--interrupt_requests", "False"]
        with log.open("wb") as file:
            self.process = subprocess.Popen([*command, *more], stdout=file, stderr=file)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/models", timeout=2)
                return
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    def model(self, **options) -> EndpointModel:
        options.setdefault("environ", {"LAB_KEY": KEY})
        return EndpointModel(self.url, api_key_env="LAB_KEY", context=2048, **options)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("server") / "server.log", "--n_ctx", "2048", "--api_key", KEY)
    yield made
    made.end()


def test_it_streams(server):
    """The answer comes in pieces, and it is the model's."""
    pieces = list(server.model().stream(CAPITAL, max_tokens=24))
    assert len(pieces) > 3
    assert "Paris" in "".join(pieces)


def test_text_outside_ascii_comes_whole(server):
    """Characters of several bytes are not cut by the stream."""
    asked = [{"role": "user", "content": "Repeat exactly: 소음 café"}]
    assert "\ufffd" not in "".join(server.model().stream(asked, max_tokens=24))


def test_stop_and_length(server):
    """The limits of an answer are the server's to keep."""
    assert len(list(server.model().stream(STORY, max_tokens=5))) <= 6
    assert "three" not in "".join(server.model().stream(STORY, max_tokens=60, stop=["three"])).lower()


def test_closing_the_stream_frees_the_server(server):
    """An answer nobody wants ends early, and the next one comes."""
    pieces = server.model().stream(STORY, max_tokens=1500)
    next(pieces)
    started = time.monotonic()
    pieces.close()
    assert "Paris" in "".join(server.model().stream(CAPITAL, max_tokens=24))
    assert time.monotonic() - started < 30


def test_cancel_in_the_middle(server):
    """cancel() from another thread ends the answer as a shorter one, without an error."""
    model = server.model()
    pieces = model.stream(STORY, max_tokens=1500)
    next(pieces)
    thread = threading.Thread(target=model.cancel)
    thread.start()
    rest = list(pieces)
    thread.join()
    assert len(rest) < 1400


@pytest.mark.parametrize("environ", [{}, {"LAB_KEY": "wrong-key-of-this-test"}])
def test_the_key_is_wanted_and_never_shown(server, environ):
    """401 says which variable to set; neither the key asked for nor the one given is in the message."""
    with pytest.raises(ModelUnavailable, match=r"\(401\)\. Put the right one into \$LAB_KEY") as caught:
        list(server.model(environ=environ).stream(CAPITAL))
    assert "key-of-this-test" not in str(caught.value)


def test_keys_are_in_no_log(server):
    """What the server logged of the requests holds no key."""
    assert "key-of-this-test" not in server.log.read_text()


def test_too_long_a_prompt_is_said(server):
    """A prompt over the server's context is refused with what to set."""
    with pytest.raises(
        ModelUnavailable, match=r"before its first word.*\[model\] context \(now 2048\) must not be larger"
    ):
        list(server.model().stream([{"role": "user", "content": "word " * 4000}], max_tokens=8))


def test_a_wrong_path_is_said(server):
    """An address without /v1 is told apart from a server that is not there."""
    with pytest.raises(ModelUnavailable, match="knows no such address or model"):
        list(EndpointModel(server.url.removesuffix("/v1"), environ={}).stream(CAPITAL))


def test_prompts_fit_by_the_estimate(server):
    """Evidence cut by the estimate of tokens fits the server's real context."""
    figures = Passage("\n".join(f"[{90 - i / 7:.3f}, {80 - i / 9:.3f}] 소음 `loss_lpc`" for i in range(300)), "a#b")
    done = synthesise(server.model(), "What was reached?", "", [figures], Gate([figures]), max_tokens=8)
    assert done.statistics.problem == ""


def test_its_share_can_be_measured(server):
    """The measurement of `kwslab models use URL` runs over the same door."""
    tally = measure(server.model(), questions=["Why did the logits turn into NaN?"])
    assert (tally.questions, tally.problems) == (1, [])
    assert tally.sentences > 0


def test_a_stopped_server_is_given_up(tmp_path):
    """A server that hangs (stopped in the middle of its answer) costs the timeout and no more."""
    made = Server(tmp_path / "server.log", "--n_ctx", "1024")
    try:
        pieces = made.model(first_seconds=1.0).stream(STORY, max_tokens=900)
        next(pieces)
        os.kill(made.process.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match=r"took too long \(ReadTimeout\); the composed answer stands"):
            list(pieces)
        assert time.monotonic() - started < 10
    finally:
        os.kill(made.process.pid, signal.SIGCONT)
        made.end()


def test_a_server_killed_in_the_middle(tmp_path):
    """kill -9 of the server in the middle of an answer is one sentence; afterwards nobody answers there."""
    made = Server(tmp_path / "server.log", "--n_ctx", "1024")
    try:
        model = made.model()
        pieces = model.stream(STORY, max_tokens=900)
        next(pieces)
        made.end()
        with pytest.raises(ModelUnavailable, match=r"broke off|ended its answer in the middle"):
            list(pieces)
        with pytest.raises(ModelUnavailable, match=r"no model server answers at http://127\.0\.0\.1"):
            list(model.stream(CAPITAL))
    finally:
        made.end()
