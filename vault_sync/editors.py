"""Knows whether an editor holds unsaved changes of a note: asks Neovim itself, else reads Vim's swap file.

A swap file is there as long as a note is open; only its dirty flag, or the editor's own answer, says that something is
unsaved. After a write the editors that show the note unchanged are told to read it again.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: An editor that sits at a prompt does not answer; its swap file tells then, and it is not asked again so soon.
ANSWER_SECONDS, REST_SECONDS = 0.5, 5.0
#: How long it is believed which editors run.
_KNOWN_SECONDS = 1.0

Answer = Literal["modified", "unmodified", "not open"]

# One request of Neovim's RPC in MessagePack: [0, id, method, [code, arguments]]. A good answer is [1, id, nil, number].
_LUA = """
local target, reread = ...
local state, fs = 0, vim.uv or vim.loop
for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
  local name = vim.api.nvim_buf_get_name(buffer)
  if name ~= '' and vim.api.nvim_buf_is_loaded(buffer) and (name == target or fs.fs_realpath(name) == target) then
    if vim.api.nvim_buf_get_option(buffer, 'modified') then return 2 end
    state = 1
    if reread and vim.o.autoread then vim.cmd('silent! checktime ' .. buffer) end
  end
end
return state
"""
_ANSWERS: dict[bytes, Answer] = {b"\x00": "not open", b"\x01": "unmodified", b"\x02": "modified"}

# Block 0 of a Vim swap file (memline.c, struct block0): id, version, page size, mtime, inode, pid, user, host, file
# name of 900 bytes whose last byte is the dirty flag.
_SWAP_PID = 24
_SWAP_HOST = 68
_SWAP_NAME = 108
_SWAP_DIRTY = _SWAP_NAME + 899
_DIRTY = 0x55


@dataclass(frozen=True)
class _Neovim:
    """A running Neovim of this user. address: path of a socket it listens on ("@..." is an abstract one)."""

    pid: int
    address: str


_lock = threading.Lock()
_known: tuple[float, tuple[_Neovim, ...]] = (float("-inf"), ())
_resting: dict[_Neovim, float] = {}


def unsaved_in_editor(target: Path) -> str:
    """Words about an editor that holds unsaved changes of a note; "" when there is none. target: its real path.

    A Neovim that answers is believed; of one that does not, and of Vim, the dirty flag in the swap file is.
    """
    asked: dict[int, Answer] = {}
    for editor in _running():
        answer = _ask(editor, target, reread=False)
        if answer is not None:
            asked[editor.pid] = answer
        if answer == "modified":
            return f"Neovim, process {editor.pid}"
    for pid, host in _dirty_swaps(target):
        if host != _this_host():
            return f"process {pid}" + (f" on {host}" if host else "")
        if asked.get(pid) is None and _alive(pid):  # else it has answered, or died and left its swap file behind
            return f"process {pid}"
    return ""


def tell_editors(target: Path) -> None:
    """Has each Neovim that shows the note without changes, and reads changed files by itself, read it again now."""
    for editor in _running():
        _ask(editor, target, reread=True)


# -- Neovim's RPC ------------------------------------------------------------------------------------------------------


def _ask(editor: _Neovim, target: Path, *, reread: bool) -> Answer | None:
    """What a Neovim says of a note; None when it does not answer."""
    if _resting.get(editor, 0.0) > time.monotonic():
        return None
    arguments = _packed(os.fsencode(target)) + (b"\xc3" if reread else b"\xc2")
    request = b"\x94\x00\x01" + _packed(b"nvim_exec_lua") + b"\x92" + _packed(_LUA.encode()) + b"\x92" + arguments
    address = "\0" + editor.address[1:] if editor.address.startswith("@") else editor.address
    reply = b""
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(address)
            line.sendall(request)
            while len(reply) < 5:
                line.settimeout(max(0.001, deadline - time.monotonic()))
                piece = line.recv(5 - len(reply))
                if not piece:
                    return None
                reply += piece
    except TimeoutError:
        _resting[editor] = time.monotonic() + REST_SECONDS
        return None
    except OSError:
        return None
    return _ANSWERS.get(reply[4:]) if reply[:4] == b"\x94\x01\x01\xc0" else None


def _packed(text: bytes) -> bytes:
    return b"\xda" + len(text).to_bytes(2, "big") + text


def _running() -> tuple[_Neovim, ...]:
    """The Neovims of this user that listen on a socket."""
    global _known
    with _lock:
        if time.monotonic() - _known[0] > _KNOWN_SECONDS:
            for editor in [e for e, until in _resting.items() if until < time.monotonic()]:
                _resting.pop(editor, None)
            found = dict.fromkeys([*_by_process(), *_by_name()])
            _known = (time.monotonic(), tuple(found))
        return _known[1]


def _by_process() -> Iterator[_Neovim]:
    """Where the system shows the sockets of a process (Linux): each of them, wherever it lies."""
    own = os.geteuid()
    try:
        processes = [entry for entry in os.scandir("/proc") if entry.name.isdecimal()]
    except OSError:
        return
    for entry in processes:
        with contextlib.suppress(OSError, ValueError):
            folder = Path(entry.path)
            if folder.stat().st_uid != own or (folder / "comm").read_bytes().strip() != b"nvim":
                continue
            sockets = {str(link.readlink()) for link in (folder / "fd").iterdir()}
            for line in (folder / "net" / "unix").read_bytes().split(b"\n")[1:]:
                fields = line.split(None, 7)
                listens = len(fields) == 8 and int(fields[3], 16) & 0x10000  # __SO_ACCEPTCON
                if listens and f"socket:[{int(fields[6])}]" in sockets:
                    yield _Neovim(int(entry.name), os.fsdecode(fields[7]))


def _by_name() -> Iterator[_Neovim]:
    """Where it does not: sockets of the name Neovim gives them, nvim.PID.N."""
    if Path("/proc/self/fd").is_dir():
        return
    folders = [Path(os.environ[name]) for name in ("XDG_RUNTIME_DIR",) if os.environ.get(name)]
    for base in {os.environ.get("TMPDIR", "/tmp"), "/tmp"}:
        with contextlib.suppress(OSError):
            folders += [Path(e.path) for e in os.scandir(Path(base) / f"nvim.{os.environ.get('USER', '')}")]
    for folder in folders:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                parts = entry.name.split(".")
                own = entry.stat(follow_symlinks=False).st_uid == os.geteuid()
                if len(parts) == 3 and parts[0] == "nvim" and parts[1].isdecimal() and own:
                    yield _Neovim(int(parts[1]), entry.path)


# -- swap files --------------------------------------------------------------------------------------------------------


def _dirty_swaps(target: Path) -> Iterator[tuple[int, str]]:
    """(process id, host) of the editors whose swap file of a note says that something is unsaved."""
    for swap in _swap_files(target):
        try:
            with swap.open("rb") as file:
                head = file.read(_SWAP_DIRTY + 1)
        except OSError:
            continue
        if len(head) > _SWAP_DIRTY and head[:2] == b"b0" and head[_SWAP_DIRTY] == _DIRTY:
            pid = int.from_bytes(head[_SWAP_PID : _SWAP_PID + 4], "little")
            yield pid, head[_SWAP_HOST : _SWAP_HOST + 40].split(b"\0")[0].decode("utf-8", "replace")


def _swap_files(target: Path) -> list[Path]:
    beside = f".{target.name}.sw"
    far = str(target).replace("/", "%") + ".sw"
    places = [(target.parent, beside)]
    for variable, fallback in (("XDG_STATE_HOME", ".local/state"), ("XDG_DATA_HOME", ".local/share")):
        home = Path(os.environ.get(variable) or Path.home() / fallback)
        places.append((home / "nvim" / "swap", far))
    found = []
    for folder, prefix in places:
        with contextlib.suppress(OSError):
            found += [
                folder / e.name
                for e in os.scandir(folder)
                if e.name.startswith(prefix) and len(e.name) == len(prefix) + 1
            ]
    return found


def _this_host() -> str:
    return socket.gethostname()[:39]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
