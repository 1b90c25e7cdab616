"""The daemon: one process that owns index, vault writes and launches of a state, behind an owner-only Unix socket.

It listens before anything heavy is loaded. Each operation is one POST to /op/NAME; the answer is a stream of JSON
lines: any number of {"event": ...}, then one {"result": ...} or {"error": {"kind", "message"}}.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import settings as settings_module
from assistant.errors import AssistantError, DaemonError
from assistant.owner import OwnerLock, make_private
from assistant.settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.lab import Lab

log = logging.getLogger("kwslab.daemon")

#: The daemon's log is started anew at this size, so that it never fills a disk.
LOG_LIMIT_BYTES = 4_000_000


def bind_socket(path: Path) -> socket.socket:
    """A listening-ready Unix socket at `path`, mode 0600, in a directory of mode 0700.

    A socket file left by a dead daemon is removed: whoever calls this holds the owner lock.
    Raises: DaemonError: the path cannot be used.
    """
    make_private(path.parent)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        door.bind(str(path))
    except OSError as error:
        door.close()
        raise DaemonError(
            f"the socket {path} cannot be made ({error.strerror or error}). Choose a shorter --state DIR."
        ) from error
    finally:
        os.umask(mask)
    path.chmod(0o600)
    return door


def make_app(lab: Lab, stop: threading.Event) -> Starlette:
    """The ASGI application over one Lab. `stop` is set by the operation `shutdown`."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route

    from assistant.lab import Cancelled, checked, operations

    async def operation(request: Request) -> Response:
        name = request.path_params["name"]
        if name == "shutdown":
            stop.set()
            return JSONResponse({"result": {"stopping": True}})
        if name not in operations(lab):
            return JSONResponse({"error": {"kind": "UsageError", "message": f"no operation {name!r}"}})
        try:
            params = await request.json()
        except ValueError:
            return JSONResponse({"error": {"kind": "UsageError", "message": "the request is not JSON"}})
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        gone = threading.Event()

        def emit(event: dict[str, Any]) -> None:
            if gone.is_set():
                raise Cancelled
            loop.call_soon_threadsafe(queue.put_nowait, {"event": event})

        def work() -> None:
            try:
                message = {"result": checked(lab, name, params, emit)}
            except Cancelled:
                return
            except AssistantError as error:
                message = {"error": {"kind": type(error).__name__, "message": str(error)}}
            with contextlib.suppress(RuntimeError):  # The loop may have ended meanwhile.
                loop.call_soon_threadsafe(queue.put_nowait, message)

        async def lines() -> AsyncIterator[bytes]:
            task = asyncio.create_task(run_in_threadpool(work))
            try:
                while True:
                    message = await queue.get()
                    yield json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
                    if "event" not in message:
                        await task
                        return
            finally:
                gone.set()

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    return Starlette(routes=[Route("/op/{name}", operation, methods=["POST"])])


def serve(settings: Settings) -> None:
    """Owns the state until it is asked to end.

    Raises: DaemonError: another process owns it, or the socket cannot be made.
    """
    lock = OwnerLock(settings.owner_lock)
    lock.acquire()
    door = bind_socket(settings.socket)
    try:
        _serve(settings, door)
    finally:
        door.close()
        with contextlib.suppress(OSError):
            settings.socket.unlink()
        lock.release()


def _serve(settings: Settings, door: socket.socket) -> None:
    import uvicorn

    from assistant.lab import Lab

    stop = threading.Event()
    lab = Lab(settings)
    config = uvicorn.Config(
        make_app(lab, stop), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        lab.start_loops()
        ending = asyncio.create_task(asyncio.to_thread(_wait, stop, server))
        await server.serve(sockets=[door])
        stop.set()
        await ending

    # uvicorn takes the signals over while it serves; ours must reach the same place.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
    lab.close()


def _wait(stop: threading.Event, server: Any) -> None:
    stop.wait()
    server.should_exit = True


def main(arguments: list[str] | None = None) -> int:
    """Entry of `python -m assistant.daemon`; started by the client, never typed."""
    parser = argparse.ArgumentParser(prog="assistant.daemon")
    for name in ("vault", "data", "cache", "socket"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args(arguments)
    try:
        settings = dataclasses.replace(
            settings_module.load(vault=given.vault),
            data=Path(given.data),
            cache=Path(given.cache),
            socket=Path(given.socket),
        )
        _start_log(settings.daemon_log)
        serve(settings)
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _start_log(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr, force=True
    )
    for loud in ("httpx", "chromadb", "sentence_transformers", "uvicorn.error"):
        logging.getLogger(loud).setLevel(logging.WARNING)


if __name__ == "__main__":
    raise SystemExit(main())
