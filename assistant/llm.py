"""The one door to a language model: a child process with llama.cpp, any OpenAI-compatible server, or a stand-in.

Whatever goes wrong behind the door is ModelUnavailable: it costs one answer, never the process that asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from assistant.errors import ModelUnavailable
from assistant.models import (
    EMBEDDED_NAME,
    check_model_file,
    damaged,
    embedded_model_path,
    file_identity,
    server_key,
    without_secrets,
)

#: One turn of a conversation: {"role": "system" | "user" | "assistant", "content": text}.
Message = dict[str, str]


class Model(Protocol):
    """What the rest of the assistant knows of a language model.

    Attributes: name: under which its measured share is kept. identity: tells it from another of that name; "" where
        nothing does. context: tokens that prompt and answer share. broken: why it can never answer (a damaged file), or
        "".
    """

    name: str
    context: int
    broken: str

    @property
    def identity(self) -> str:
        """See above."""
        ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Pieces of the answer as they are made; closing the iterator cancels the rest.

        Args: messages: the conversation. max_tokens: at most so many are made. stop: texts that end the answer.
        Raises: ModelUnavailable: at the start or in the middle.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes (exact for a local model, an upper estimate for a server)."""
        ...

    def cancel(self) -> None:
        """Ends the answer that is being made, if any; from any thread."""
        ...

    def close(self) -> None:
        """Gives back what the model holds."""
        ...


class WorkerModel:
    """A GGUF file run by llama.cpp in a child process, started on first use and again after a crash.

    A SIGKILL, a native crash or a hang of the child costs the answer that was being made. One answer is made at a
    time; a second caller waits up to `busy_seconds`.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        name: str = "",
        context: int = 4096,
        threads: int = 0,
        log: Path | None = None,
        load_seconds: float = 120.0,
        first_seconds: float = 120.0,
        token_seconds: float = 30.0,
        answer_seconds: float = 300.0,
        busy_seconds: float = 5.0,
        temperature: float = 0.0,
        seed: int = 1,
        command: Sequence[str] = (),
    ) -> None:
        """Args: path: the GGUF file; None for the embedded model. name: else the file's stem. context: in tokens.
        threads: CPU threads; 0 takes the processors of this process, at most 4. log: file for what llama.cpp prints.
        load_seconds, first_seconds, token_seconds, answer_seconds: how long to wait for the model, for the first
        token (reading the prompt), between tokens, and for a whole answer. busy_seconds: for another's answer to end.
        command: what to start in place of this Python's `-m assistant.model_worker`.
        """
        self._given = path
        self.name = name or (EMBEDDED_NAME if path is None else path.stem)
        self.context = context
        self._threads = threads or min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
        self._log = log
        self._load_seconds, self._first_seconds = load_seconds, first_seconds
        self._token_seconds, self._answer_seconds = token_seconds, answer_seconds
        self._busy_seconds = busy_seconds
        self._temperature, self._seed = temperature, seed
        self._command = tuple(command) or (sys.executable, "-m", "assistant.model_worker")
        self._one = threading.Lock()
        self._writing = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._number = 0
        self._answering: int | None = None
        self.facts: dict[str, Any] = {}
        self.broken = ""

    @property
    def identity(self) -> str:
        """Of the file. Raises ModelUnavailable: there is no embedded one."""
        return file_identity(self._given or embedded_model_path())

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self) -> None:
        """Starts the child and loads the model, unless that was done. Raises ModelUnavailable."""
        with self._turn():
            self._ensure()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """See Model.stream. Raises ModelUnavailable: missing or damaged file, crash, timeout, prompt too long."""
        with self._turn():
            self._ensure()
            self._number += 1
            number = self._answering = self._number
            self._tell(
                op="chat",
                id=number,
                messages=list(messages),
                max_tokens=max_tokens,
                stop=list(stop),
                temperature=self._temperature,
                seed=self._seed,
            )
            ended = False
            deadline = time.monotonic() + self._answer_seconds
            wait, what = self._first_seconds, "no first word"
            try:
                while True:
                    event = self._next(number, min(wait, deadline - time.monotonic()), what)
                    if event["event"] == "done":
                        ended = True
                        return
                    if event["event"] == "error":
                        ended = True
                        raise ModelUnavailable(self._answer_error(event))
                    wait, what = self._token_seconds, "no further word"
                    yield event["text"]
            finally:
                self._answering = None
                if not ended and self.pid is not None:
                    self._end_answer(number)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Exact token counts. Raises ModelUnavailable."""
        with self._turn():
            self._ensure()
            self._number += 1
            self._tell(op="tokens", id=self._number, texts=list(texts))
            event = self._next(self._number, self._token_seconds, "no token count")
            if event["event"] == "error":
                raise ModelUnavailable(self._answer_error(event))
            return [int(count) for count in event["counts"]]

    def cancel(self) -> None:
        """See Model.cancel."""
        number = self._answering
        if number is not None:
            with contextlib.suppress(ModelUnavailable):
                self._tell(op="cancel", id=number)

    def close(self) -> None:
        """Ends the child. The model can be used again; that starts a new one."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._one.acquire(timeout=self._busy_seconds):
            raise ModelUnavailable("the language model is busy with another answer; ask again when it is done.")
        try:
            yield
        finally:
            self._one.release()

    def _ensure(self) -> None:
        if self.pid is not None:
            return
        self.close()
        path = self._given if self._given is not None else embedded_model_path()
        check_model_file(path)
        events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._events = events
        self._process = process = self._spawn()
        threading.Thread(target=_read_lines, args=(process, events), daemon=True).start()
        self._tell(op="load", path=str(path), n_ctx=self.context, threads=self._threads)
        try:
            event = self._next(None, self._load_seconds, "the model was not loaded")
        except ModelUnavailable as error:
            self.close()
            raise ModelUnavailable(f"{error} The file was {path}.") from error
        if event["event"] != "ready":
            self.close()
            if event["kind"] == "load":
                self.broken = damaged(path, event["message"])
            raise ModelUnavailable(self.broken or event["message"])
        self.broken = ""
        self.facts = event
        self.context = int(event["n_ctx"])

    def _spawn(self) -> subprocess.Popen[str]:
        environ = dict(os.environ)
        # The child imports the package from where this process did; its threads sleep rather than spin while waiting.
        root = str(Path(__file__).resolve().parent.parent)
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environ.get("PYTHONPATH"))))
        environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            log = self._log.open("ab") if self._log else None
        except OSError:
            log = None  # the log is a convenience; an unwritable one must not cost the answer
        try:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log or subprocess.DEVNULL,
                env=environ,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C in the terminal ends the answer, not the worker
            )
        except OSError as error:
            raise ModelUnavailable(
                f"the model worker could not be started ({error}); the composed answer stands."
            ) from error
        finally:
            if log:
                log.close()

    def _tell(self, **request: Any) -> None:
        process = self._process
        try:
            if process is None or process.stdin is None:
                raise BrokenPipeError
            with self._writing:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
        except (OSError, ValueError) as error:
            raise ModelUnavailable(self._how_it_ended()) from error

    def _next(self, number: int | None, seconds: float, what: str) -> dict[str, Any]:
        """The next event of answer `number` (None: of loading), passing over what an ended answer left behind."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self.close()
                raise ModelUnavailable(
                    f"the language model took too long ({what} in {max(seconds, 0):.0f} s) and was ended; the composed "
                    "answer stands. A smaller model, or fewer other jobs on this machine, helps."
                ) from None
            if event is None:
                raise ModelUnavailable(self._how_it_ended())
            if event.get("id") == number:
                return event

    def _end_answer(self, number: int) -> None:
        """Cancels what is left of an answer; a child that does not obey (it is reading a long prompt) is ended."""
        try:
            self._tell(op="cancel", id=number)
            while self._next(number, 1.0, "not cancelled")["event"] == "token":
                pass
        except ModelUnavailable:
            self.close()

    def _how_it_ended(self) -> str:
        process = self._process
        code: int | None = None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(5)
        if code is None:
            how = "closed its output"
        elif code < 0:
            how = f"was ended by {_signal_name(-code)}"
        else:
            how = f"ended with exit code {code}"
        where = f" What it printed is in {self._log}." if self._log else ""
        return f"the model worker {how}; the composed answer stands, and the next question starts a new worker.{where}"

    def _answer_error(self, event: dict[str, Any]) -> str:
        if event["kind"] == "context":
            return f"the prompt is longer than the {self.context} tokens of {self.name} ({event['message']})."
        return f"{self.name} could not answer: {event['message']}; the composed answer stands."


def _read_lines(process: subprocess.Popen[str], events: queue.Queue[dict[str, Any] | None]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        for line in process.stdout:
            with contextlib.suppress(json.JSONDecodeError):  # a line cut short by a crash
                events.put(json.loads(line))
    events.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        if process.stdin:
            process.stdin.close()
    try:
        process.wait(0.5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        with contextlib.suppress(OSError, ValueError):
            process.stdout.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class EndpointModel:
    """Any server that speaks the OpenAI chat API: llama-server, Ollama, vLLM, ..."""

    def __init__(
        self,
        base_url: str,
        model: str = "",
        *,
        api_key_env: str = "OPENAI_API_KEY",
        context: int = 4096,
        connect_seconds: float = 5.0,
        first_seconds: float = 120.0,
        answer_seconds: float = 300.0,
        temperature: float = 0.0,
        seed: int = 1,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Args: base_url: up to and with /v1. model: what the server calls it. api_key_env: the environment variable
        that holds the key, if any; the key itself is in no file and no message. context: in tokens.
        connect_seconds, first_seconds, answer_seconds: timeouts (first: also between two pieces).
        Raises: ModelUnavailable: base_url is no http(s) address.
        """
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelUnavailable(
                f"[model] base_url is {base_url!r}; it has to be an address such as http://127.0.0.1:8080/v1."
            )
        self._url = base_url.rstrip("/") + "/chat/completions"
        # Never with credentials that stand in the address itself.
        self._shown = without_secrets(base_url)
        self._loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
        self._model = model
        self.name = server_key(base_url, model)
        self.identity = f"{self._shown} {model}".strip()
        self.broken = ""
        self.context = context
        self._key_env = api_key_env
        self._environ = environ
        self._connect_seconds, self._first_seconds, self._answer_seconds = (
            connect_seconds,
            first_seconds,
            answer_seconds,
        )
        self._temperature, self._seed = temperature, seed
        self._calls: set[_Call] = set()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """See Model.stream. Raises ModelUnavailable: no connection, refusal, timeout, no chat answer."""
        import httpx

        body: dict[str, Any] = {
            "messages": list(messages),
            "max_tokens": max_tokens,
            "temperature": self._temperature,
            "seed": self._seed,
            "stream": True,
        }
        if self._model:
            body["model"] = self._model
        if stop:
            body["stop"] = list(stop)
        key = self._key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(self._first_seconds, connect=self._connect_seconds)
        call = _Call(self._answer_seconds)
        self._calls.add(call)
        try:
            # A proxy from the environment must not stand between this machine and itself.
            with (
                httpx.Client(timeout=timeout, trust_env=not self._loopback) as client,
                client.stream(
                    "POST", self._url, json=body, headers=headers, extensions={"trace": call.traced}
                ) as reply,
            ):
                if reply.status_code != 200:
                    text = _first_bytes(reply).replace(key or "\0", "***")
                    raise ModelUnavailable(self._refusal(reply.status_code, text, bool(key)))
                where = "before its first word"
                for piece in self._pieces(reply):
                    if call.cancelled:
                        return
                    if piece is None:
                        break
                    if piece:
                        yield piece
                        where = "in the middle"
                else:
                    if call.cancelled:
                        return
                    if call.late:
                        raise ModelUnavailable(self._late())
                    raise ModelUnavailable(
                        f"the model server {self._shown} ended its answer {where}; the composed answer stands."
                        + (_TOO_LONG.format(self.context) if where == "before its first word" else "")
                    )
        except httpx.HTTPError as error:
            if call.cancelled:
                return
            raise ModelUnavailable(self._late() if call.late else self._broken_off(error)) from error
        finally:
            self._calls.discard(call)
            call.end()

    def _key(self) -> str:
        key = self._environ.get(self._key_env, "").strip() if self._key_env else ""
        if not (key.isascii() and key.isprintable()):
            raise ModelUnavailable(
                f"the key in ${self._key_env} holds characters that no key has (a line break, an accent?). "
                "Set it anew; the composed answer stands."
            )
        return key

    def _late(self) -> str:
        return (
            f"the model server {self._shown} took longer than {self._answer_seconds:.0f} s for one answer; "
            "the composed answer stands."
        )

    def _broken_off(self, error: Exception) -> str:
        import httpx

        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return (
                f"no model server answers at {self._shown} ({error}). Start it, or change [model] base_url; "
                "the composed answer stands."
            )
        if isinstance(error, httpx.TimeoutException):
            return f"the model server {self._shown} took too long ({type(error).__name__}); the composed answer stands."
        return (
            f"the model server {self._shown} broke off ({type(error).__name__}: {_short(str(error))}); "
            "the composed answer stands."
        )

    def _pieces(self, reply: Any) -> Iterator[str | None]:
        """Texts of the answer; None when the server said that it is complete."""
        if "text/event-stream" not in reply.headers.get("content-type", ""):
            yield self._content(_first_bytes(reply, MOST_LINE_BYTES), "message")
            yield None
            return
        rest = b""
        for block in reply.iter_bytes():
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > MOST_LINE_BYTES:
                raise ModelUnavailable(
                    f"what answers at {self._shown} is no OpenAI-compatible server (it sent a line without end)."
                )
            for line in lines:
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].decode("utf-8", "replace").strip()
                if data == "[DONE]":
                    yield None
                    return
                yield self._content(data, "delta")

    def _content(self, text: str, part: str) -> str:
        try:
            values = json.loads(text)
            if "error" in values:
                said = _short(json.dumps(values["error"])).replace(self._key() or "\0", "***")
                raise ModelUnavailable(f"the model server {self._shown} says: {said}")
            choices = values["choices"]
            content = (choices[0].get(part) or {}).get("content") if choices else ""
            return content if isinstance(content, str) else ""
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            raise ModelUnavailable(
                f"what answers at {self._shown} is no OpenAI-compatible server (it sent {_short(text)}). "
                "base_url has to end in /v1 for most servers."
            ) from error

    def _refusal(self, status: int, text: str, with_key: bool) -> str:
        if status in (401, 403):
            what = "refused the key" if with_key else "wants a key"
            return (
                f"the model server {self._shown} {what} ({status}). Put the right one into ${self._key_env}, then "
                "`kwslab daemon stop`: the next command starts a daemon that knows it. The composed answer stands."
            )
        if status == 404:
            named = self._model or "none named"
            return f"the model server {self._shown} knows no such address or model ({named}): {_short(text)}"
        if status == 400 and "context" in text:
            return (
                f"the prompt is longer than the server {self._shown} takes ({_short(text)}). Start it with a longer "
                f"context, or set [model] context (now {self.context}) to the server's own."
            )
        return f"the model server {self._shown} answered {status}: {_short(text)}; the composed answer stands."

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """An upper estimate without the server's tokenizer: a token a digit, a sign, a line end and a byte outside
        ASCII, and one for two and a half letters."""
        return [_most_tokens(text) for text in texts]

    def cancel(self) -> None:
        """See Model.cancel. It does not wait for the server's next word."""
        for call in list(self._calls):
            call.cancel()

    def close(self) -> None:
        """Nothing is held between answers; one that is being made ends."""
        self.cancel()


#: llama.cpp's server breaks off when the prompt does not fit.
_TOO_LONG = " The prompt may be longer than its context: [model] context (now {}) must not be larger than the server's."

#: No line of an answer is longer.
MOST_LINE_BYTES = 1_000_000


class _Call:
    """One answer of a server, which another thread or its deadline may end while it is being waited for."""

    def __init__(self, seconds: float) -> None:
        self.cancelled = False
        self.late = False
        self._stream: Any = None
        self._timer = threading.Timer(seconds, self._too_late)
        self._timer.daemon = True
        self._timer.start()

    def traced(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore; keeps the connection's newest stream (TLS comes after TCP)."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._stream = info["return_value"]
            if self.cancelled or self.late:
                self._hang_up()

    def cancel(self) -> None:
        self.cancelled = True
        self._hang_up()

    def end(self) -> None:
        self._timer.cancel()

    def _too_late(self) -> None:
        self.late = True
        self._hang_up()

    def _hang_up(self) -> None:
        # Closing a socket wakes nobody who reads from it; shutting it down does.
        with contextlib.suppress(OSError, AttributeError):
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def _first_bytes(reply: Any, most: int = 4096) -> str:
    """The start of a body, however long the server makes it."""
    held = b""
    for block in reply.iter_bytes():
        held += block
        if len(held) >= most:
            break
    return held[:most].decode("utf-8", "replace")


def _most_tokens(text: str) -> int:
    small = sum(1 for c in text if "a" <= c <= "z")
    single = sum(len(c.encode("utf-8", "replace")) for c in text if not ("a" <= c <= "z") and c != " ")
    return int(small / 2.5) + single + len(re.findall(r" (?=[ \d])", text)) + 1


class ScriptedModel:
    """The stand-in for tests and demonstrations: answers from a list, remembers what it was asked.

    Attributes: prompts: the messages of each call, in order.
    """

    def __init__(self, answers: Sequence[str | Exception], *, name: str = "scripted", context: int = 4096) -> None:
        """Args: answers: one a call, given out word by word; an exception is raised in its place."""
        self.name = name
        self.context = context
        self.identity = ""
        self.broken = ""
        self.prompts: list[list[Message]] = []
        self._answers = list(answers)
        self._cancelled = threading.Event()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """See Model.stream. Raises: the scripted exception, or ModelUnavailable when the list is used up."""
        self._cancelled.clear()
        self.prompts.append(list(messages))
        if not self._answers:
            raise ModelUnavailable("the scripted model has no answer left")
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        words = answer.split(" ")
        for i, word in enumerate(words[:max_tokens]):
            if self._cancelled.is_set():
                return
            yield word if i == 0 else " " + word

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """One a word."""
        return [len(text.split()) for text in texts]

    def cancel(self) -> None:
        """See Model.cancel."""
        self._cancelled.set()

    def close(self) -> None:
        """Nothing to give back."""


def _short(text: str, limit: int = 200) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
