"""The researcher's project by symbol: which source files there are, and where a function or class is defined.

Read, never run and never imported. `changes` says what differs between the code of two runs.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import os
import re
import stat
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SymbolKind = Literal["class", "function", "method", "constant"]

#: A source file is read up to so many bytes; a larger one is only listed.
FILE_BYTES = 2**20

#: A walk ends after so many entries, which no source tree has.
WALK_ENTRIES = 100_000

#: Signature and summary are cut to so many characters.
LINE_CHARACTERS = 160

#: Symbols of so many contents are kept.
KEPT_CONTENTS = 4096

_PYTHON = (".py", ".pyi", ".pyw")
_SHELL = (".sh", ".bash", ".zsh", ".ksh", ".sbatch", ".slurm")
_TEXT = (
    *(
        ".c",
        ".cc",
        ".cpp",
        ".cu",
        ".cuh",
        ".h",
        ".hpp",
        ".ipynb",
        ".jl",
        ".js",
        ".lua",
        ".m",
        ".pyx",
        ".r",
        ".rs",
        ".ts",
    ),
    *(".cfg", ".conf", ".gin", ".ini", ".json", ".md", ".rst", ".sql", ".toml", ".ts", ".yaml", ".yml"),
)
_TEXT_NAMES = frozenset(("Makefile", "Dockerfile", "Snakefile", "justfile", "requirements.txt", "environment.txt"))
_SKIPPED_FOLDERS = frozenset(
    ("__pycache__", "node_modules", "site-packages", "wandb", "mlruns", "lightning_logs", "checkpoints", "htmlcov")
)


@dataclass(frozen=True)
class Symbol:
    """One definition.

    Attributes:
        name: qualified inside its file, "BCResNet.forward". kind: what it is.
        start, end: lines, 1-based, both included; decorators belong to it.
        signature: as written, on one line: "def forward(self, x)".
        summary: the first line of its docstring, or of the remark above a shell function; "".
        digest: of what it does: equal when only remarks, layout or definitions inside it differ.
    """

    name: str
    kind: SymbolKind
    start: int
    end: int
    signature: str
    summary: str
    digest: str


@dataclass(frozen=True)
class SourceFile:
    """path: in the project, with slashes. bytes, modified: size and time (unix seconds) on disk."""

    path: str
    bytes: int
    modified: float


@dataclass(frozen=True)
class Found:
    """A definition and the file it stands in. exact: it has the very name; else it is only spelled alike."""

    path: str
    symbol: Symbol
    exact: bool = True


@dataclass(frozen=True)
class FoundLine:
    """A line of a source file that holds what was looked for."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class TouchedSymbol:
    """A definition that two versions of a file do not share; name is "" for what stands outside every definition."""

    name: str
    how: Literal["added", "removed", "changed"]


# -- one file ----------------------------------------------------------------------------------------------------------


def symbols_of(path: str, text: str) -> tuple[Symbol, ...]:
    """The definitions in a source file, in the order of their lines. Never raises: bad syntax is read line by line.

    Args: path: its name tells the language. text: its content.
    """
    return _outline(path, text).symbols


def rest_digest(path: str, text: str) -> str:
    """Digest of what a file does outside its definitions: imports, settings, statements. Remarks do not count."""
    return _outline(path, text).rest


def touched_symbols(path: str, before: str, after: str) -> tuple[TouchedSymbol, ...]:
    """The definitions that two versions of a file do not share, in the order of the later one; removed ones last.

    What changed outside every definition is one more, named "". A remark, a docstring or the layout is no change.
    """
    old, new = _outline(path, before), _outline(path, after)
    if old.parsed != new.parsed:  # digests of the two readings cannot be compared
        old, new = _python_lines(before), _python_lines(after)
    olds, news = _digests(old.symbols), _digests(new.symbols)
    found: list[TouchedSymbol] = []
    for name, digest in news.items():
        if name not in olds:
            if name.rpartition(".")[0] in olds or "." not in name:  # inside a new class only the class is named
                found.append(TouchedSymbol(name, "added"))
        elif olds[name] != digest:
            found.append(TouchedSymbol(name, "changed"))
    found += [
        TouchedSymbol(name, "removed")
        for name in olds
        if name not in news and (name.rpartition(".")[0] in news or "." not in name)
    ]
    if old.rest != new.rest:
        found.append(TouchedSymbol("", "changed"))
    return tuple(found)


def _digests(symbols: Sequence[Symbol]) -> dict[str, str]:
    """Name -> digest of all that is defined under it (a property and its setter share a name)."""
    found: dict[str, str] = {}
    for symbol in symbols:
        found[symbol.name] = found.get(symbol.name, "") + symbol.digest
    return found


def blob_digest(data: bytes) -> str:
    """The name git gives to a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class _Outline:
    symbols: tuple[Symbol, ...]
    rest: str
    parsed: bool = True


_kept: OrderedDict[tuple[str, str], _Outline] = OrderedDict()
_kept_lock = threading.Lock()


def _outline(path: str, text: str) -> _Outline:
    language = _language(path, text)
    key = (language, blob_digest(text.encode("utf-8", "surrogatepass")))
    with _kept_lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    found = (
        _python(text) if language == "python" else _shell(text) if language == "shell" else _Outline((), _digest(text))
    )
    with _kept_lock:
        _kept[key] = found
        while len(_kept) > KEPT_CONTENTS:
            _kept.popitem(last=False)
    return found


def _language(path: str, text: str = "") -> str:
    name = path.rsplit("/", 1)[-1].lower()
    if name.endswith(_PYTHON):
        return "python"
    if name.endswith(_SHELL):
        return "shell"
    first = text[:100].split("\n", 1)[0] if text.startswith("#!") else ""
    return "python" if "python" in first else "shell" if re.search(r"\b(ba|z|k|da)?sh\b", first) else ""


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _python(text: str) -> _Outline:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bad escape in the researcher's code is not ours to report
            tree = ast.parse(text)
        found: list[Symbol] = []
        lines = text.splitlines()
        rest = _walk(tree.body, "", "", lines, found)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _python_lines(text)
    return _Outline(tuple(sorted(found, key=lambda s: (s.start, -s.end))), rest)


def _walk(body: Sequence[ast.stmt], prefix: str, owner: str, lines: Sequence[str], found: list[Symbol]) -> str:
    """Adds the definitions of a body to `found`; returns the digest of its other statements."""
    parts: list[str] = []
    for number, node in enumerate(body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(_definition(node, prefix, owner, lines, found))
            continue
        if not prefix and isinstance(node, ast.Assign | ast.AnnAssign):
            constants = _constants(node, lines)
            if constants:
                found += constants
                continue
        if number == 0 and _is_docstring(node):
            continue
        inner = [statements for statements in _blocks(node) if statements]
        if not inner or not any(isinstance(n, _DEFINITIONS) for n in ast.walk(node)):
            parts.append(ast.dump(node))
            continue
        # if/try around definitions: their own words, then what stands in each branch
        branches = [_walk(statements, prefix, owner, lines, found) for statements in inner]
        heads = [
            ast.dump(value)
            for name, value in ast.iter_fields(node)
            if isinstance(value, ast.AST) and name not in ("body", "orelse", "finalbody")
        ]
        parts.append(f"{type(node).__name__}{heads}{branches}")
    return _digest("\n".join(parts))


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield value
    for handler in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
        yield handler.body


def _definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    prefix: str,
    owner: str,
    lines: Sequence[str],
    found: list[Symbol],
) -> Symbol:
    name = f"{prefix}{node.name}"
    is_class = isinstance(node, ast.ClassDef)
    own = _walk(node.body, f"{name}.", "class" if is_class else "function", lines, found)
    head: list[str] = [ast.dump(decorator) for decorator in node.decorator_list]
    if isinstance(node, ast.ClassDef):
        head += [ast.dump(base) for base in (*node.bases, *node.keywords)]
    else:
        head += [ast.dump(node.args), ast.dump(node.returns) if node.returns else ""]
    kind: SymbolKind = "class" if is_class else "method" if owner == "class" else "function"
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    end = node.end_lineno or node.lineno
    first = node.body[0].lineno if node.body else end
    doc = ast.get_docstring(node, clean=True) or ""
    digest = _digest("\n".join([type(node).__name__, *head, own]))
    return Symbol(name, kind, start, end, _signature(lines, node.lineno, first, end), _first_line(doc), digest)


def _constants(node: ast.Assign | ast.AnnAssign, lines: Sequence[str]) -> list[Symbol]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [t.id for t in targets if isinstance(t, ast.Name) and re.fullmatch(r"_?[A-Z][A-Z0-9_]+", t.id)]
    if not names:
        return []
    line = _cut(lines[node.lineno - 1].strip()) if node.lineno <= len(lines) else names[0]
    end = node.end_lineno or node.lineno
    return [Symbol(name, "constant", node.lineno, end, line, "", _digest(ast.dump(node))) for name in names]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _signature(lines: Sequence[str], start: int, first: int, end: int) -> str:
    """The words from `def` or `class` to its colon, on one line."""
    head_lines = lines[start - 1 : max(start, min(first - 1, end, start + 30))]
    head = " ".join(
        line.strip() if {'"', "'"} & {*line} else re.sub(r"(^|\s)#.*", "", line.strip()) for line in head_lines
    )
    head = re.sub(r"\s+", " ", head).replace("( ", "(").replace(", )", ")").replace(",)", ")")
    depth = 0
    for position, character in enumerate(head):
        depth += (character in "([{") - (character in ")]}")
        if character == ":" and depth == 0:
            head = head[:position]
            break
    return _cut(head)


def _first_line(text: str) -> str:
    return _cut(text.strip().split("\n", 1)[0].strip()) if text.strip() else ""


def _cut(text: str) -> str:
    return text if len(text) <= LINE_CHARACTERS else text[: LINE_CHARACTERS - 3].rstrip() + "..."


_PYTHON_HEAD = re.compile(r"([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+([^\W\d]\w*)")


def _python_lines(text: str) -> _Outline:
    """Definitions of a file that does not parse, by their indentation."""
    lines = text.splitlines()
    found: list[Symbol] = []
    outside: list[str] = []
    open_ones: list[tuple[int, str, SymbolKind, int, list[str]]] = []  # indent, name, kind, first line, own lines
    last = 0  # the last line that is not blank

    def close(indent: int) -> None:
        while open_ones and open_ones[-1][0] >= indent:
            _, name, kind, start, own = open_ones.pop()
            signature = _cut(lines[start - 1].strip().rstrip(":"))
            found.append(Symbol(name, kind, start, last, signature, "", _lines_digest(own)))

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        indent = len(line[: len(line) - len(line.lstrip())].expandtabs())
        if not line.lstrip().startswith((")", "]", "}", "#")):
            close(indent)
        last = number
        match = _PYTHON_HEAD.match(line)
        if match is None or len(open_ones) > 100:
            (open_ones[-1][4] if open_ones else outside).append(line)
            continue
        inside = open_ones[-1] if open_ones else None
        name = f"{inside[1]}.{match[3]}" if inside else match[3]
        kind: SymbolKind = "function"
        if match[2] == "class":
            kind = "class"
        elif inside is not None and inside[2] == "class":
            kind = "method"
        open_ones.append((indent, name, kind, number, [line]))
    close(0)
    return _Outline(tuple(sorted(found, key=lambda s: (s.start, -s.end))), _lines_digest(outside), False)


def _lines_digest(lines: Sequence[str]) -> str:
    kept = [line.strip() for line in lines]
    return _digest("\n".join(line for line in kept if line and not line.startswith("#")))


_SHELL_HEAD = re.compile(
    r"[ \t]*(?:function[ \t]+([\w:.-]+)[ \t]*(?:\([ \t]*\))?|([\w:.-]+)[ \t]*\([ \t]*\))[ \t]*(\{.*)?$"
)


def _shell(text: str) -> _Outline:
    """Functions of a shell script: to the brace at the head's own indentation, or on the head's line."""
    lines = text.splitlines()
    found: list[Symbol] = []
    covered: set[int] = set()
    number = 1
    while number <= len(lines):
        match = _SHELL_HEAD.match(lines[number - 1])
        opens = match is not None and (match[3] is not None or (number < len(lines) and lines[number].strip() == "{"))
        if match is None or not opens:
            number += 1
            continue
        indent = re.match(r"[ \t]*", lines[number - 1])
        closing = (indent.group() if indent else "") + "}"
        if match[3] is not None and match[3].rstrip().endswith("}"):
            end = number
        else:
            end = next((n for n in range(number + 1, len(lines) + 1) if lines[n - 1].startswith(closing)), len(lines))
        above = lines[number - 2].strip() if number > 1 else ""
        summary = _cut(above.lstrip("# ")) if above.startswith("#") and not above.startswith("#!") else ""
        name = match[1] or match[2]
        digest = _lines_digest(lines[number - 1 : end])
        found.append(Symbol(name, "function", number, end, _cut(f"{name}()"), summary, digest))
        covered.update(range(number, end + 1))
        number = end + 1
    return _Outline(tuple(found), _lines_digest([line for n, line in enumerate(lines, 1) if n not in covered]))


# -- the project -------------------------------------------------------------------------------------------------------


def is_source(path: str) -> bool:
    """Whether a file of this name is taken for source code or a configuration of it."""
    name = path.rsplit("/", 1)[-1]
    return name in _TEXT_NAMES or name.lower().endswith((*_PYTHON, *_SHELL, *_TEXT))


def is_program(path: str, text: str = "") -> bool:
    """Whether definitions can be read in a file of this name, or with this first line."""
    return _language(path, text) != ""


class ProjectCode:
    """The source files below one folder. Links are not followed; what is read is kept until the file changes.

    Left out: dot folders, virtual environments, caches, files that are large, binary or no source by their name.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self.cut = False  # whether the last walk met more entries than it looks at
        self._texts: dict[str, tuple[tuple[int, int, int], str]] = {}

    def files(self) -> tuple[SourceFile, ...]:
        """Every source file, by path. () when there is no such folder."""
        found: list[SourceFile] = []
        waiting = [("", self.root)]
        seen = 0
        self.cut = False
        while waiting:
            prefix, folder = waiting.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                continue
            if prefix and any(entry.name == "pyvenv.cfg" for entry in entries):
                continue
            for entry in entries:
                seen += 1
                if seen > WALK_ENTRIES:
                    self.cut = True
                    return tuple(sorted(found, key=lambda file: file.path))
                name = f"{prefix}{entry.name}"
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if not _is_skipped(entry.name) and not (Path(entry.path) / "conda-meta").is_dir():
                            waiting.append((f"{name}/", Path(entry.path)))
                    elif entry.is_file(follow_symlinks=False) and is_source(entry.name):
                        facts = entry.stat(follow_symlinks=False)
                        found.append(SourceFile(name, facts.st_size, facts.st_mtime))
                except OSError:
                    continue
        return tuple(sorted(found, key=lambda file: file.path))

    def text(self, path: str) -> str | None:
        """A source file's content; None when it is not there, lies outside, is too large or is binary."""
        parts = path.split("/")
        if not path or path.startswith("/") or any(part in ("", ".", "..") for part in parts) or "\0" in path:
            return None
        place = self.root / path
        try:
            facts = os.lstat(place)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > FILE_BYTES:
                return None
            if Path(os.path.realpath(place.parent)) != place.parent:
                return None  # a folder on the way is a link
            stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            kept = self._texts.get(path)
            if kept is not None and kept[0] == stamp:
                return kept[1]
            data = place.read_bytes()
        except OSError:
            return None
        if b"\0" in data[:8192]:
            return None
        text = data.decode("utf-8", "replace")
        self._texts[path] = (stamp, text)
        return text

    def symbols(self, path: str) -> tuple[Symbol, ...]:
        """The definitions in one file; () when it cannot be read."""
        text = self.text(path)
        return symbols_of(path, text) if text is not None else ()

    def find(self, symbol: str, limit: int = 20) -> tuple[Found, ...]:
        """Where a name is defined: "BCResNet.forward", "forward", "model/bcresnet.py:forward", in any case.

        Returns: the exact ones, the nearest to the whole name first; where there is none, those spelled alike.
        """
        wanted = symbol.strip().strip("`").removesuffix("()")
        place, _, last = wanted.rpartition(":")
        wanted = last.strip().strip(":")
        if not wanted:
            return ()
        ranked: list[tuple[int, str, int, Symbol]] = []
        alike: dict[str, list[tuple[str, Symbol]]] = {}
        for file in self.files():
            if place and not f"/{file.path}".endswith("/" + place.strip("/ ")):
                continue
            for found in self.symbols(file.path):
                rank = _rank(found.name, wanted)
                if rank is not None:
                    ranked.append((rank, file.path, found.start, found))
                alike.setdefault(found.name.rsplit(".", 1)[-1].casefold(), []).append((file.path, found))
        if ranked:
            # The same definition in a test is seldom the one that is meant.
            ranked.sort(key=lambda r: (r[0], r[3].kind == "constant", "test" in r[1], r[1].count("/"), r[1], r[2]))
            return tuple(Found(path, found) for _, path, _, found in ranked[:limit])
        near = difflib.get_close_matches(wanted.rsplit(".", 1)[-1].casefold(), list(alike), 3, 0.8)
        return tuple(Found(path, found, False) for name in near for path, found in alike[name])[:limit]

    def find_file(self, name: str) -> tuple[str, ...]:
        """The source files a name may mean: a whole path, the end of one, or a file name with or without its suffix."""
        wanted = name.strip().strip("`").strip("/").removeprefix("./").casefold()
        if not wanted:
            return ()
        paths = [(file.path.casefold(), file.path) for file in self.files()]
        found = (
            [path for folded, path in paths if folded == wanted]
            or [path for folded, path in paths if folded.endswith("/" + wanted)]
            or [path for folded, path in paths if folded.rsplit("/", 1)[-1].rsplit(".", 1)[0] == wanted]
        )
        return tuple(sorted(found, key=lambda path: (path.count("/"), path)))

    def lines_with(self, word: str, limit: int = 50) -> tuple[FoundLine, ...]:
        """Lines that hold a name as a whole word, in the case it was given in."""
        pattern = re.compile(r"(?<![\w])" + re.escape(word) + r"(?![\w])")
        found: list[FoundLine] = []
        for file in self.files():
            text = self.text(file.path) if word else None
            if text is None or word not in text:
                continue
            for number, line in enumerate(text.split("\n"), 1):
                if pattern.search(line):
                    found.append(FoundLine(file.path, number, _cut(line.strip())))
                    if len(found) >= limit:
                        return tuple(found)
        return tuple(found)


def _is_skipped(folder: str) -> bool:
    return folder.startswith(".") or folder in _SKIPPED_FOLDERS or folder.endswith((".egg-info", ".dist-info"))


def _rank(name: str, wanted: str) -> int | None:
    """How well a qualified name fits; None for not at all."""
    if name == wanted:
        return 0
    if name.endswith("." + wanted):
        return 1
    if name.casefold() == wanted.casefold():
        return 2
    return 3 if name.casefold().endswith("." + wanted.casefold()) else None
