"""What is inside one file, told without loading it whole: tables, JSON, logs, archives, sound, checkpoints.

Nothing that a file names is run or imported; what cannot be read here is said to be what it is.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import struct
import tarfile
import time
import tomllib
import wave
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from assistant.files import READ_BYTES, Entry, Files, show_bytes
from assistant.pickled import NotReadable, plain, read_checkpoint, settings_in, tensors_in

CHECKPOINTS = (".pt", ".pth", ".ckpt")
SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aiff")
#: Members of an archive that are looked at, and seconds for it.
_MEMBERS = 200_000
_ARCHIVE_SECONDS = 3.0
_LINE = 160


@dataclass(frozen=True)
class Content:
    """what: one phrase, "a CSV table". lines: what a reader wants to see first. settings: of a checkpoint or a
    configuration, name -> value. under: the key in the file that held them. facts: name -> number, for counting."""

    what: str
    lines: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    under: str = ""
    facts: Mapping[str, int | float] = field(default_factory=dict)


def look_inside(files: Files, entry: Entry, end: bool = False, lines: int = 8) -> Content:
    """What a file holds. end: the last lines of a text instead of its first.

    Raises: FilesError: it may not or cannot be read.
    """
    name = entry.name.lower()
    reader: Callable[[BinaryIO], Content] | None = None
    if name.endswith((".pt", ".pth", ".ckpt", ".pkl")) or (name.endswith(".bin") and "model" in name):
        reader = _checkpoint
    elif name.endswith((".zip", ".whl", ".npz")):
        reader = _zip
    elif re.search(r"\.(?:tar|tgz|tar\.\w+)$", name):
        reader = _tar
    elif name.endswith(".wav"):
        reader = _wav
    elif name.endswith(".npy"):
        reader = _npy
    elif name.endswith(".safetensors"):
        reader = _safetensors
    if reader is not None:
        with os.fdopen(files.descriptor(entry), "rb") as file:
            return reader(file)
    data = files.open_bytes(entry)
    whole = len(data) >= entry.size
    if b"\0" in data[:8192]:
        return Content(f"a binary file{_suffix_words(name)}, {show_bytes(entry.size)}; its content is not read here")
    text = data.decode("utf-8", "replace")
    if name.endswith((".csv", ".tsv")):
        return _table(text, "\t" if name.endswith(".tsv") else ",", whole, lines)
    if name.endswith((".jsonl", ".ndjson")):
        return _json_lines(text, whole)
    if name.endswith((".json", ".ipynb")):
        return _json(text, whole)
    if name.endswith(".toml"):
        return _toml(text)
    if name.endswith((".yaml", ".yml")):
        return _yaml(text, whole, lines)
    return _text(files, entry, text, whole, end, lines)


def _suffix_words(name: str) -> str:
    return f" ({name.rsplit('.', 1)[-1]})" if "." in name else ""


def cut(text: str) -> str:
    """A line short enough to show."""
    text = "".join(c if c.isprintable() or c == "\t" else "�" for c in text).rstrip()
    return text if len(text) <= _LINE else text[: _LINE - 3] + "..."


# -- texts -------------------------------------------------------------------------------------------------------------


def _text(files: Files, entry: Entry, text: str, whole: bool, end: bool, wanted: int) -> Content:
    count = text.count("\n") + (not text.endswith("\n") and bool(text))
    if end and not whole:
        text = files.open_bytes(entry, 65536, -65536).decode("utf-8", "replace")
    listed = text.splitlines()
    shown = listed[-wanted:] if end else listed[:wanted]
    number = str(count) if whole else f"more than {count}"
    facts: dict[str, int | float] = {"lines": count} if whole else {}
    return Content(f"text, {number} lines", tuple(cut(line) for line in shown), facts=facts)


def _table(text: str, comma: str, whole: bool, wanted: int) -> Content:
    try:
        if comma == "," and ";" in text[:1000] and "," not in text[:1000].split("\n", 1)[0]:
            comma = ";"
        rows = csv.reader(io.StringIO(text), delimiter=comma)
        first = next(rows, [])
        shown: list[str] = []
        count = 0
        for row in rows:
            count += 1
            if count <= min(3, wanted):
                shown.append(cut(comma.join(row)))
    except csv.Error as error:
        return Content(f"a table that cannot be read ({error})")
    number = f"{count}" if whole else f"more than {count}"
    columns = f"columns: {', '.join(first[:30])}" + (f" and {len(first) - 30} more" if len(first) > 30 else "")
    facts: dict[str, int | float] = {"columns": len(first)}
    if whole:
        facts["rows"] = count
    return Content(f"a table of {len(first)} columns and {number} rows", (columns, *shown), facts=facts)


def _json(text: str, whole: bool) -> Content:
    if not whole:
        return Content("JSON, too large to be read here", (cut(text[:_LINE]),))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Content(f"JSON that cannot be read ({cut(str(error))})", tuple(cut(x) for x in text.splitlines()[:4]))
    if isinstance(value, Mapping):
        settings = {str(key): plain(one) for key, one in list(value.items())[:60]}
        return Content(f"JSON with {len(value)} keys", tuple(f"{k}: {cut(v)}" for k, v in settings.items()), settings)
    if isinstance(value, list):
        head = [cut(json.dumps(one, ensure_ascii=False)) for one in value[:3]]
        return Content(f"JSON, a list of {len(value)}", tuple(head), facts={"entries": len(value)})
    return Content("JSON, one value", (cut(plain(value)),))


def _json_lines(text: str, whole: bool) -> Content:
    listed = [line for line in text.splitlines() if line.strip()]
    number = str(len(listed)) if whole else f"more than {len(listed)}"
    shown = [listed[0], *listed[-2:]] if len(listed) > 2 else listed
    facts: dict[str, int | float] = {"lines": len(listed)} if whole else {}
    return Content(f"JSON lines, {number}", tuple(cut(line) for line in shown), facts=facts)


def _toml(text: str) -> Content:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Content(f"TOML that cannot be read ({error})")
    settings: dict[str, str] = {}
    for key, one in value.items():
        if isinstance(one, Mapping):
            settings.update({f"{key}.{inner}": plain(v) for inner, v in one.items()})
        else:
            settings[key] = plain(one)
    return Content(
        f"TOML with {len(settings)} settings", tuple(f"{k} = {cut(v)}" for k, v in settings.items()), settings
    )


def _yaml(text: str, whole: bool, wanted: int) -> Content:
    """Plain `key: value` lines are settings; anything richer is shown as it stands."""
    settings: dict[str, str] = {}
    parents: list[tuple[int, str]] = []
    for line in text.splitlines()[:2000]:
        match = re.match(r"^( *)([\w.-]+):(?:\s+(.*?))?\s*(?:#.*)?$", line)
        if not match:
            continue
        indent = len(match[1])
        while parents and parents[-1][0] >= indent:
            parents.pop()
        name = ".".join([*(p for _, p in parents), match[2]])
        if match[3]:
            settings[name] = match[3].strip("'\"")
        else:
            parents.append((indent, match[2]))
    count = text.count("\n") + 1
    shown = [f"{k}: {cut(v)}" for k, v in settings.items()] or [cut(x) for x in text.splitlines()[:wanted]]
    return Content(f"YAML, {count if whole else f'more than {count}'} lines", tuple(shown), settings)


# -- binaries ----------------------------------------------------------------------------------------------------------


def _checkpoint(file: BinaryIO) -> Content:
    try:
        value = read_checkpoint(file)
    except NotReadable as error:
        return Content(f"no checkpoint that can be read here: {error}")
    tensors = tensors_in(value)
    numbers = sum(tensor.numbers for _, tensor in tensors)
    under, settings = settings_in(value)
    ours = isinstance(value, Mapping) and under == "options" and "encoder" in value
    what = "a checkpoint of fskws" if ours else "a checkpoint"
    facts: dict[str, int | float] = {"tensors": len(tensors), "numbers": numbers}
    lines: list[str] = []
    if isinstance(value, Mapping):
        lines.append("holds: " + ", ".join(cut(str(key))[:40] for key in list(value)[:20]))
        for key in ("epoch", "step", "global_step", "best_accuracy", "data", "words"):
            one = value.get(key)
            if isinstance(one, str | int | float | list) and not isinstance(one, bool):
                lines.append(f"{key}: {cut(plain(one))}")
    if tensors:
        lines.append(f"{len(tensors)} tensors, {numbers} numbers")
        name, largest = max(tensors, key=lambda pair: pair[1].numbers)
        lines.append(f"largest tensor: {cut(name)} {plain(largest)}")
    if not settings:
        lines.append("no settings are kept in it")
    return Content(what, tuple(lines), settings, under, facts)


def _safetensors(file: BinaryIO) -> Content:
    try:
        size = struct.unpack("<Q", file.read(8))[0]
        if size > READ_BYTES:
            raise ValueError("its header is too long")
        head = json.loads(file.read(size))
        told = head.pop("__metadata__", {})
        return Content(
            f"{len(head)} tensors (safetensors)",
            tuple(cut(f"{k}: {v.get('shape')} {v.get('dtype')}") for k, v in list(head.items())[:8]),
            {str(k): plain(v) for k, v in told.items()},
            "metadata",
            {"tensors": len(head)},
        )
    except (ValueError, struct.error, AttributeError) as error:
        return Content(f"safetensors that cannot be read ({error})")


def _zip(file: BinaryIO) -> Content:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [(info.filename, info.file_size) for info in archive.infolist()[:_MEMBERS] if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        return Content(f"a zip archive that cannot be read ({error})")
    return _members("a zip archive", members, "")


def _tar(file: BinaryIO) -> Content:
    deadline = time.monotonic() + _ARCHIVE_SECONDS
    members: list[tuple[str, int]] = []
    stopped = ""
    try:
        with tarfile.open(fileobj=file, mode="r|*") as archive:
            for member in archive:
                if member.isfile():
                    members.append((member.name, member.size))
                if len(members) >= _MEMBERS or time.monotonic() > deadline:
                    stopped = f" (stopped after {_ARCHIVE_SECONDS:g} s)"
                    break
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        if not members:
            return Content(f"a tar archive that cannot be read ({error})")
        stopped = " (torn after these)"
    return _members("a tar archive", members, stopped)


def _members(what: str, members: Sequence[tuple[str, int]], stopped: str) -> Content:
    total = sum(size for _, size in members)
    folders = Counter(name.strip("./").split("/")[0] + "/" if "/" in name.strip("./") else "" for name, _ in members)
    lines = [f"{folder}: {count} files" for folder, count in folders.most_common(8) if folder]
    lines += [f"{cut(name)}  {show_bytes(size)}" for name, size in members[:6]]
    return Content(
        f"{what} of {len(members)} files, {show_bytes(total)} unpacked{stopped}",
        tuple(lines),
        facts={"files": len(members)},
    )


def _wav(file: BinaryIO) -> Content:
    try:
        with wave.open(file) as sound:
            rate, frames, channels = sound.getframerate(), sound.getnframes(), sound.getnchannels()
            bits = 8 * sound.getsampwidth()
    except (wave.Error, EOFError, OSError, ValueError, struct.error) as error:
        return Content(f"a sound file that cannot be read ({error})")
    seconds = frames / rate if rate else 0.0
    words = f"{seconds:.3f} s, {rate} Hz, {channels} {'channel' if channels == 1 else 'channels'}, {bits} bits"
    return Content(f"sound: {words}", facts={"seconds": round(seconds, 3), "rate": rate, "frames": frames})


def _npy(file: BinaryIO) -> Content:
    head = file.read(1024).decode("latin-1")
    match = re.search(r"'descr': '?([^',]+)'?.*'shape': \(([^)]*)\)", head)
    if not head.startswith("\x93NUMPY") or match is None:
        return Content("an array file that cannot be read")
    return Content(f"an array of shape ({match[2]}), type {match[1]}")
