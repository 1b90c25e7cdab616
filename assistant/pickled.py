"""Reads what a torch checkpoint holds without torch and without running anything that it names.

A pickle is a program: it may name any function and have it called. Here no name is ever looked up; tensors become their
shapes, everything unknown becomes its name.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar

from assistant.errors import AssistantError

#: The pickle inside a checkpoint holds names and shapes, no weights: a larger one is not read.
PICKLE_BYTES = 32 * 2**20
#: So many steps at most, a few seconds of work.
PICKLE_STEPS = 3_000_000
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class NotReadable(AssistantError):
    """No checkpoint, a torn one, or one that is written in a way that is not read here."""


@dataclass(frozen=True)
class Tensor:
    """A tensor without its values. shape: as saved. dtype: such as float32."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def numbers(self) -> int:
        """How many values it holds."""
        count = 1
        for size in self.shape:
            count *= size
        return count


class Named:
    """Stands for an object whose class is not known here; never called, never looked up."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: Any = None

    def __repr__(self) -> str:
        return f"<{self.name}>"


def read_checkpoint(file: BinaryIO) -> Any:
    """What a .pt file holds: dicts, lists, numbers and texts as they are, tensors as `Tensor`, all else as `Named`.

    Args: file: seekable; a zip of torch 1.6 and later, or the older stream of pickles.
    Raises: NotReadable: see there.
    """
    try:
        if zipfile.is_zipfile(file):
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                inner = [name for name in archive.namelist() if name.rsplit("/", 1)[-1] == "data.pkl"]
                if not inner:
                    raise NotReadable("a zip archive without data.pkl: no checkpoint of torch")
                if archive.getinfo(inner[0]).file_size > PICKLE_BYTES:
                    raise NotReadable(f"its index is larger than {PICKLE_BYTES} bytes")
                return _Reader(io.BytesIO(archive.read(inner[0]))).load()
        file.seek(0)
        head = file.read(2)
        if head == b"PK":
            raise NotReadable("torn or not finished: a zip archive without its end")
        if head[:1] != b"\x80":
            raise NotReadable("neither a zip archive nor a pickle: no checkpoint of torch")
        file.seek(0)
        data = io.BytesIO(file.read(PICKLE_BYTES))
        first = _Reader(data).load()
        if first == _LEGACY_MAGIC:  # magic, version, machine, content
            _Reader(data).load()
            _Reader(data).load()
            return _Reader(data).load()
        return first
    except NotReadable:
        raise
    except (zipfile.BadZipFile, pickle.UnpicklingError, EOFError, OSError, struct.error) as error:
        raise NotReadable(f"torn or not finished ({error})") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, MemoryError) as error:
        raise NotReadable(f"not a pickle of plain values ({type(error).__name__})") from error
    except Exception as error:  # Bytes from anywhere may break the reader in any way; nothing of it is trusted.
        raise NotReadable(f"not read ({type(error).__name__})") from error


_Machine: Any = pickle._Unpickler  # type: ignore[attr-defined]


class _Reader(_Machine):  # type: ignore[misc]
    """The pickle machine of the standard library in Python, without names, calls or unhashable surprises."""

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(_Machine.dispatch)

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(_Counted(file), encoding="utf-8", errors="replace")

    def find_class(self, module: str, name: str) -> Any:
        return Named(f"{module}.{name}")

    def get_extension(self, code: int) -> None:
        raise pickle.UnpicklingError(f"extension {code}")

    def persistent_load(self, pid: Any) -> Any:
        kind = pid[1] if isinstance(pid, tuple) and len(pid) > 1 else None
        return Named(kind.name if isinstance(kind, Named) else "storage")

    def _called(self, function: Any, args: Any) -> Any:
        name = function.name if isinstance(function, Named) else ""
        if name.startswith("torch._utils._rebuild") and isinstance(args, tuple) and len(args) > 2:
            if isinstance(args[0], Tensor):  # A parameter: wraps a tensor.
                return args[0]
            return Tensor(_shape(args[2]), _dtype(args[0]))
        if name.startswith("torch._utils._rebuild_parameter") and isinstance(args, tuple) and args:
            return args[0]
        if name in ("collections.OrderedDict", "collections.defaultdict", "builtins.dict"):
            return {}
        if name in ("builtins.set", "builtins.frozenset") and isinstance(args, tuple) and args:
            return list(args[0]) if isinstance(args[0], list | tuple) else []
        if name in ("pathlib.PosixPath", "pathlib.PurePosixPath") and isinstance(args, tuple):
            return "/".join(str(part) for part in args).replace("//", "/")
        made = Named(name or "object")
        made.state = args
        return made

    def load_reduce(self) -> None:
        args = self.stack.pop()
        self.stack[-1] = self._called(self.stack[-1], args)

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self) -> None:
        self.load_reduce()

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self) -> None:
        self.stack.pop()
        self.load_reduce()

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def load_inst(self) -> None:
        module = self.readline()[:-1].decode("ascii", "replace")
        name = self.readline()[:-1].decode("ascii", "replace")
        self.append(self._called(Named(f"{module}.{name}"), tuple(self.pop_mark())))

    dispatch[pickle.INST[0]] = load_inst

    def load_obj(self) -> None:
        args = self.pop_mark()
        self.append(self._called(args[0], tuple(args[1:])))

    dispatch[pickle.OBJ[0]] = load_obj

    def load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, Named):
            target.state = state

    dispatch[pickle.BUILD[0]] = load_build

    def load_setitem(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._put(self.stack[-1], key, value)

    dispatch[pickle.SETITEM[0]] = load_setitem

    def load_setitems(self) -> None:
        items = self.pop_mark()
        for key, value in zip(items[::2], items[1::2], strict=False):
            self._put(self.stack[-1], key, value)

    dispatch[pickle.SETITEMS[0]] = load_setitems

    def load_dict(self) -> None:
        items = self.pop_mark()
        made: dict[Any, Any] = {}
        for key, value in zip(items[::2], items[1::2], strict=False):
            self._put(made, key, value)
        self.append(made)

    dispatch[pickle.DICT[0]] = load_dict

    def load_append(self) -> None:
        value = self.stack.pop()
        if isinstance(self.stack[-1], list):
            self.stack[-1].append(value)

    dispatch[pickle.APPEND[0]] = load_append

    def load_appends(self) -> None:
        items = self.pop_mark()
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(items)

    dispatch[pickle.APPENDS[0]] = load_appends

    def load_additems(self) -> None:
        self.load_appends()

    dispatch[pickle.ADDITEMS[0]] = load_additems

    def load_empty_set(self) -> None:
        self.append([])

    dispatch[pickle.EMPTY_SET[0]] = load_empty_set

    def load_frozenset(self) -> None:
        self.append(list(self.pop_mark()))

    dispatch[pickle.FROZENSET[0]] = load_frozenset

    @staticmethod
    def _put(target: Any, key: Any, value: Any) -> None:
        # A nested tuple as a key takes exponential time to hash: keys are plain values here.
        if isinstance(target, dict) and isinstance(key, str | int | float | bool | bytes | None):
            target[key] = value


class _Counted:
    """A file that ends the reading after so many reads, so that no pickle takes forever."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.steps = 0

    def read(self, size: int = -1) -> bytes:
        self.steps += 1
        if self.steps > PICKLE_STEPS:
            raise NotReadable(f"more than {PICKLE_STEPS} steps")
        if size > PICKLE_BYTES:
            raise NotReadable("torn: it names a text longer than the file")
        return self.file.read(size)

    def readline(self) -> bytes:
        self.steps += 1
        return self.file.readline(65536)

    def readinto(self, buffer: bytearray) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _shape(value: Any) -> tuple[int, ...]:
    sizes = value if isinstance(value, tuple | list) else ()
    return tuple(size for size in sizes if isinstance(size, int) and 0 <= size < 2**48)[:16]


def _dtype(storage: Any) -> str:
    name = storage.name.rsplit(".", 1)[-1] if isinstance(storage, Named) else "tensor"
    known = {
        "FloatStorage": "float32", "HalfStorage": "float16", "DoubleStorage": "float64", "LongStorage": "int64",
        "IntStorage": "int32", "BFloat16Storage": "bfloat16", "BoolStorage": "bool", "ByteStorage": "uint8",
        "CharStorage": "int8", "ShortStorage": "int16",
    }  # fmt: skip
    return known.get(name, name)


def tensors_in(value: Any) -> list[tuple[str, Tensor]]:
    """All tensors of a checkpoint with their places, "encoder.conv1.weight"; each object is visited once."""
    found: list[tuple[str, Tensor]] = []
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting and len(found) < 100_000:
        place, one = waiting.pop()
        if isinstance(one, Tensor):
            found.append((place, one))
            continue
        if isinstance(one, Named):
            one = one.state
        if id(one) in seen or not isinstance(one, Mapping | list | tuple):
            continue
        seen.add(id(one))
        items = one.items() if isinstance(one, Mapping) else enumerate(one)
        waiting.extend((f"{place}.{key}" if place else str(key)[:200], inner) for key, inner in items)
    return found[::-1]


#: Under these keys training scripts keep their settings.
_SETTINGS_KEYS = (
    "options", "config", "cfg", "args", "hparams", "hyper_parameters", "hyperparameters", "settings", "opt", "params",
    "train_config", "model_args", "configuration",
)  # fmt: skip


def settings_in(value: Any) -> tuple[str, dict[str, str]]:
    """The settings that a checkpoint carries: (the key they stand under, name -> value as text); ("", {}) when none.

    An argparse namespace and a dataclass are read by their attributes.
    """
    if not isinstance(value, Mapping):
        return "", {}
    for key in _SETTINGS_KEYS:
        if key in value:
            flat = _flat(value[key])
            if flat:
                return key, flat
    return "", {}


def _flat(value: Any, prefix: str = "", depth: int = 0) -> dict[str, str]:
    if isinstance(value, Named):
        value = value.state
        if isinstance(value, tuple) and len(value) == 2:  # State with slots.
            value = value[1] or value[0]
    if not isinstance(value, Mapping) or depth > 3:
        return {}
    found: dict[str, str] = {}
    for key, inner in list(value.items())[:400]:
        name = f"{prefix}{key}"[:120]
        if isinstance(inner, Mapping) or (isinstance(inner, Named) and isinstance(inner.state, Mapping)):
            found.update(_flat(inner, f"{name}.", depth + 1))
        else:
            found[name] = plain(inner)
    return found


def plain(value: Any, depth: int = 0) -> str:
    """A value as short text."""
    if isinstance(value, str):
        return value if len(value) <= 200 else value[:197] + "..."
    if isinstance(value, Tensor):
        return f"tensor {'x'.join(map(str, value.shape)) or 'scalar'} {value.dtype}"
    if isinstance(value, list | tuple):
        shown = [plain(one, depth + 1) for one in value[:8]] if depth < 3 else []
        return "[" + ", ".join(shown) + (", ..." if len(value) > 8 else "") + "]"
    if isinstance(value, Mapping):
        return f"{{{len(value)} entries}}"
    if isinstance(value, int) and value.bit_length() > 256:
        return "a very long number"
    return repr(value)[:200]
