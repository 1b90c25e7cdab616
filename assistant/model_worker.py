"""The process that runs llama.cpp: JSON lines in on stdin, JSON lines out on stdout. The one importer of llama_cpp.

In:  {"op": "load", "path", "n_ctx", "threads"}
     {"op": "chat", "id", "messages", "max_tokens", "stop", "temperature", "seed"}
     {"op": "cancel", "id"}   {"op": "tokens", "id", "texts"}
Out: {"event": "ready", "n_ctx", "name", "use_extra_bufts"}   {"event": "token", "id", "text"}
     {"event": "done", "id", "reason": "stop"|"length"|"cancelled"}   {"event": "tokens", "id", "counts"}
     {"event": "error", "id", "kind": "load"|"context"|"answer", "message"}
End of stdin ends the process, also in the middle of an answer: it never outlives its parent.
"""

from __future__ import annotations

import json
import os
import queue
import re
import secrets
import sys
import threading
from typing import Any, TextIO


def load_model(path: str, n_ctx: int, threads: int) -> Any:
    """A llama_cpp.Llama whose weights were loaded without extra buffer types.

    llama.cpp repacks weights into extra buffers on CPUs with AMX, and its AMX kernel can die with SIGSEGV. The switch
    exists only in the C struct: `Llama(use_extra_bufts=False)` is swallowed by **kwargs. It is set on the defaults
    that Llama starts from and read back from the very struct that is handed to the C loader.

    Args: path: a GGUF file. n_ctx: context length in tokens, rounded up to whole blocks. threads: of the CPU.
    Raises: RuntimeError: the switch did not reach the C struct. ValueError: llama.cpp cannot load the file.
    """
    import llama_cpp
    import llama_cpp.llama_cpp as low

    defaults, load = low.llama_model_default_params, low.llama_model_load_from_file
    reached: list[bool] = []

    def without_extra_buffers() -> Any:
        params = defaults()
        params.use_extra_bufts = False
        params.check_tensors = True  # a damaged file is an error here, not odd text later
        return params

    def checked_load(file: bytes, params: Any) -> Any:
        reached.append(bool(params.use_extra_bufts))
        if params.use_extra_bufts:
            raise RuntimeError(
                "use_extra_bufts did not reach llama.cpp's model parameters; this version of llama-cpp-python is not "
                "safe on CPUs with AMX. Install the version of the lock file: uv sync"
            )
        return load(file, params)

    # llama.cpp rounds a context up to blocks of 256, which the Python side does not notice: its buffers stay too small.
    n_ctx = -(-n_ctx // 256) * 256
    low.llama_model_default_params, low.llama_model_load_from_file = without_extra_buffers, checked_load
    try:
        model = llama_cpp.Llama(
            model_path=path, n_ctx=n_ctx, n_batch=256, n_threads=threads, n_threads_batch=threads, verbose=False
        )
    finally:
        low.llama_model_default_params, low.llama_model_load_from_file = defaults, load
    if reached != [False]:
        raise RuntimeError(
            "llama.cpp's loader was not reached through its checked door; install the locked version: uv sync"
        )
    return model


#: The conversation of models whose file brings no template of its own.
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def chat_tokens(model: Any, messages: list[dict[str, Any]]) -> tuple[list[int], list[str]]:
    """The conversation as tokens, after the model's own chat template, and the texts that end its answer.

    Only the template's own text may become control tokens. What messages hold is read as plain text, so that a note
    with "<|im_end|>" in it cannot end its turn and begin another's.

    Args: model: a llama_cpp.Llama. messages: {"role", "content"} each.
    Raises: ValueError: the template cannot be used with these messages.
    """
    from llama_cpp import llama_chat_format

    names = {kind: _token_text(model, getattr(model, f"token_{kind}")()) for kind in ("bos", "eos")}
    formatter = llama_chat_format.Jinja2ChatFormatter(
        template=model.metadata.get("tokenizer.chat_template") or CHATML,
        eos_token=names["eos"],
        bos_token=names["bos"],
    )
    # Letters and digits alone: no template trims, escapes or splits them.
    key = secrets.token_hex(8)
    marks = {f"m{key}n{number}m": message["content"] for number, message in enumerate(messages)}
    shaped: list[Any] = [{**message, "content": mark} for message, mark in zip(messages, marks, strict=True)]
    prompt = formatter(messages=shaped).prompt
    tokens: list[int] = []
    for part in re.split(f"(m{key}n\\d+m)", prompt):
        if part in marks:
            tokens += _plain_tokens(model, marks[part])
        elif part:
            first = not tokens and not (names["bos"] and part.startswith(names["bos"]))
            tokens += model.tokenize(part.encode("utf-8"), add_bos=first, special=True)
    return tokens, [names["eos"]] if names["eos"] else []


def _plain_tokens(model: Any, text: str) -> list[int]:
    return list(model.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=False))


def _token_text(model: Any, token: int) -> str:
    return "" if token < 0 else str(model._model.token_get_text(token))


class _Worker:
    """One model and the conversation with the parent."""

    def __init__(self, answers: TextIO) -> None:
        self._answers = answers
        self._model: Any = None
        self._path = ""
        self._cancelled: set[int] = set()
        self._requests: queue.Queue[dict[str, Any]] = queue.Queue()

    def say(self, **event: Any) -> None:
        try:
            self._answers.write(json.dumps(event, ensure_ascii=True) + "\n")
            self._answers.flush()
        except (BrokenPipeError, ValueError):
            os._exit(0)  # the parent is gone

    def listen(self) -> None:
        """Reads stdin in a thread of its own, so that a cancel is seen while tokens are made."""
        for line in sys.stdin:
            request = json.loads(line)
            if request["op"] == "cancel":
                self._cancelled.add(request["id"])
            else:
                self._requests.put(request)
        os._exit(0)

    def run(self) -> None:
        threading.Thread(target=self.listen, daemon=True).start()
        while True:
            request = self._requests.get()
            try:
                getattr(self, "op_" + request["op"])(request)
            except Exception as error:
                kind = "load" if request["op"] == "load" else "answer"
                if "exceed context window" in str(error):
                    kind = "context"
                text = f"{error}" or type(error).__name__
                self.say(event="error", id=request.get("id"), kind=kind, message=text)

    def op_load(self, request: dict[str, Any]) -> None:
        self._model = load_model(request["path"], request["n_ctx"], request["threads"])
        self.say(
            event="ready",
            n_ctx=min(self._model.n_ctx(), self._model._model.n_ctx_train()),
            name=self._model.metadata.get("general.name", ""),
            use_extra_bufts=bool(self._model.model_params.use_extra_bufts),
        )

    def op_tokens(self, request: dict[str, Any]) -> None:
        counts = [len(_plain_tokens(self._model, text)) for text in request["texts"]]
        self.say(event="tokens", id=request["id"], counts=counts)

    def op_chat(self, request: dict[str, Any]) -> None:
        number = request["id"]
        tokens, stops = chat_tokens(self._model, request["messages"])
        chunks = self._model.create_completion(
            tokens,
            stream=True,
            max_tokens=request["max_tokens"],
            stop=[*request["stop"], *stops],
            temperature=request["temperature"],
            seed=request["seed"],
            repeat_penalty=1.1,
        )
        reason = "stop"
        for chunk in chunks:
            if number in self._cancelled:
                self._cancelled.discard(number)
                chunks.close()
                reason = "cancelled"
                break
            choice = chunk["choices"][0]
            text = choice["text"]
            if text:
                self.say(event="token", id=number, text=text)
            reason = choice.get("finish_reason") or reason
        self.say(event="done", id=number, reason=reason)


def main() -> None:
    """Keeps the true stdout for answers; whatever native code prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        _Worker(answers).run()
    except KeyboardInterrupt:
        os._exit(0)


if __name__ == "__main__":
    main()
