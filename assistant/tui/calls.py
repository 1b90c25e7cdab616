"""The terminal interface's one door to the operations: each call waits in a thread of its own and posts what came back.

Threads touch no widget. They are daemon threads, so that quitting never waits for a call that is under way.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Protocol

from textual.message import Message
from textual.message_pump import MessagePump


class Operations(Protocol):
    """What the interface needs of a client."""

    def call(
        self, name: str, params: dict[str, Any] | None = None, on_event: Callable[[dict[str, Any]], None] | None = None
    ) -> Any:
        """Runs the operation and waits for its result. Raises: AssistantError."""
        ...


class Called(Message, bubble=False):
    """A call came back. key: as given to `start`. error: None when `result` holds."""

    def __init__(self, key: tuple[Any, ...], result: Any, error: Exception | None) -> None:
        super().__init__()
        self.key, self.result, self.error = key, result, error


class Happened(Message, bubble=False):
    """An event of a call that is still under way."""

    def __init__(self, key: tuple[Any, ...], event: dict[str, Any]) -> None:
        super().__init__()
        self.key, self.event = key, event


def start(
    target: MessagePump, client: Operations, name: str, params: dict[str, Any], key: tuple[Any, ...] = ()
) -> None:
    """Calls an operation in a thread; `target` gets any number of Happened and one Called, all with this key.

    Args: key: what the target needs to know the call again; (name,) when empty.
    """
    key = key or (name,)

    def work() -> None:
        try:
            result = client.call(name, params, lambda event: post(target, Happened(key, event)))
        except Exception as error:  # Whatever it is, it is shown where the result would have been.
            post(target, Called(key, None, error))
        else:
            post(target, Called(key, result, None))

    threading.Thread(target=work, name=f"call-{name}", daemon=True).start()


def post(target: MessagePump, message: Message) -> None:
    """Posts from a thread. A target that was closed meanwhile does not get it."""
    with contextlib.suppress(RuntimeError, LookupError):  # The event loop, or the app, has ended.
        target.post_message(message)
