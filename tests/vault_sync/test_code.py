"""Source files by symbol: Python by its grammar, shell scripts by their braces, broken files line by line."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from vault_sync.code import (
    FILE_BYTES,
    ProjectCode,
    Symbol,
    TouchedSymbol,
    blob_digest,
    is_source,
    symbols_of,
    touched_symbols,
)

NET = '''"""The net."""
import torch

LR_BASE = 0.005

try:
    from fast import scan
except ImportError:
    def scan(x):
        return x


class Net(torch.nn.Module):
    """A small net.

    More words.
    """

    @property
    def width(self) -> int:
        return 3

    def forward(
        self,
        frames,  # (batch, frames)
        *,
        keep: bool = False,
    ):
        """Frames to embeddings."""

        def inner(y):
            return y

        return inner(frames)


async def fetch(): ...
'''


def _heads(symbols: tuple[Symbol, ...]) -> list[tuple[str, str, int, int]]:
    return [(s.name, s.kind, s.start, s.end) for s in symbols]


def test_symbols_of_a_python_file():
    """Qualified names, kinds, lines with decorators, one-line signatures and the first line of the docstring."""
    symbols = symbols_of("net.py", NET)
    assert _heads(symbols) == [
        ("LR_BASE", "constant", 4, 4),
        ("scan", "function", 9, 10),
        ("Net", "class", 13, 34),
        ("Net.width", "method", 19, 21),
        ("Net.forward", "method", 23, 34),
        ("Net.forward.inner", "function", 31, 32),
        ("fetch", "function", 37, 37),
    ]
    by_name = {symbol.name: symbol for symbol in symbols}
    assert by_name["Net"].signature == "class Net(torch.nn.Module)"
    assert by_name["Net"].summary == "A small net."
    assert by_name["Net.width"].signature == "def width(self) -> int"
    assert by_name["Net.forward"].summary == "Frames to embeddings."
    assert by_name["Net.forward"].signature == "def forward(self, frames, *, keep: bool = False)"
    assert by_name["fetch"].signature == "async def fetch()"


def _touched(old: str, new: str) -> tuple[TouchedSymbol, ...]:
    assert old in NET
    return touched_symbols("net.py", NET, NET.replace(old, new))


def test_a_change_is_told_of_the_innermost_definition():
    """The function that was edited, not those around it; remarks, docstrings and layout are no change."""
    changed = {
        "return y": "Net.forward.inner",
        "inner(frames)": "Net.forward",
        "keep: bool = False": "Net.forward",
        "return 3": "Net.width",
        "@property": "Net.width",
        "torch.nn.Module": "Net",
        "0.005": "LR_BASE",
        "import torch": "",
        "        return x\n": "scan",
    }
    for old, name in changed.items():
        new = {"@property": "@cached_property", "import torch": "import torch, os"}.get(old, old.rstrip() + " + 1\n")
        if old in ("keep: bool = False",):
            new = "keep: bool = True"
        if old == "torch.nn.Module":
            new = "Module"
        assert _touched(old, new) == (TouchedSymbol(name, "changed"),), old
    for old, new in (
        ("More words", "Other"),
        ("# (batch", "# (n"),
        ("async def", "\n\n\nasync def"),
        ("Frames to", "x"),
    ):
        assert _touched(old, new) == ()


def test_added_and_removed_definitions():
    """A new method is named; of a new class only the class."""
    assert _touched("async def fetch(): ...\n", "class A:\n    def f(self): ...\n") == (
        TouchedSymbol("A", "added"),
        TouchedSymbol("fetch", "removed"),
    )
    assert _touched("    @property", "    def more(self): ...\n\n    @property") == (
        TouchedSymbol("Net.more", "added"),
    )


def test_a_property_and_its_setter_share_a_name():
    """A change of either is seen."""
    text = "class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): self.y = v\n"
    for old in ("return 1", "self.y = v"):
        changed = touched_symbols("a.py", text, text.replace(old, "return 5"))
        assert changed == (TouchedSymbol("A.x", "changed"),)


def test_bad_syntax_is_no_error():
    """A file that does not parse is read by its indentation; against one that does, both are."""
    broken = "class A(B):\n    def f(self,\n      x):\n        print 'x'\n\n    def g(self): pass\n\nx = (1\ndef h():\n"
    assert _heads(symbols_of("a.py", broken)) == [
        ("A", "class", 1, 6),
        ("A.f", "method", 2, 4),
        ("A.g", "method", 6, 6),
        ("h", "function", 9, 9),
    ]
    whole = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    assert touched_symbols("a.py", whole, whole.replace("return 2", "return (2")) == (TouchedSymbol("g", "changed"),)


def test_functions_of_a_shell_script():
    """Every form of a shell function; the remark above is its summary."""
    text = "#!/bin/bash\nset -e\n# starts all\nrun_all () {\n  echo a\n}\n"
    text += "function two { echo; }\nthree()\n{\n  a\n}\necho x\n"
    assert [(s.name, s.start, s.end, s.summary) for s in symbols_of("a.sh", text)] == [
        ("run_all", 4, 6, "starts all"),
        ("two", 7, 7, ""),
        ("three", 8, 11, ""),
    ]
    assert _heads(symbols_of("job", text)) == _heads(symbols_of("a.sh", text))
    assert touched_symbols("a.sh", text, text.replace("echo a", "echo b")) == (TouchedSymbol("run_all", "changed"),)
    assert touched_symbols("a.sh", text, text.replace("set -e", "set -u")) == (TouchedSymbol("", "changed"),)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["a.py", "a.sh", "a.yaml"]), st.text(alphabet="adefclss :(){}[]\n\t#\"'\\=,@.\0é", max_size=200))
def test_no_text_makes_it_fail(path, text):
    """Any text in any language gives symbols whose lines are in the file."""
    count = len(text.splitlines())
    for symbol in symbols_of(path, text):
        assert 1 <= symbol.start <= symbol.end <= count
    assert touched_symbols(path, text, text) == ()


def test_hostile_files_take_no_long_time():
    """Deep nesting and endless heads are cut, not followed."""
    for text in (
        "(" * 200_000,
        "x=" + "[" * 5000 + "]" * 5000,
        "\n".join(" " * i + f"def f{i}():" for i in range(900)),
    ):
        for path in ("a.py", "a.sh"):
            symbols_of(path, text)


def test_what_counts_as_a_source_file(tmp_path):
    """Links, dot folders, environments, caches, large and binary files stay out; the rest is listed by path."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("def secret(): ...\n")
    root = tmp_path / "project"
    for name in ("model/net.py", ".git/x.py", "env/lib/y.py", "__pycache__/z.py", "a.egg-info/a.py", "wandb/b.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("def inside(): ...\n")
    (root / "env/pyvenv.cfg").write_text("")
    (root / "clip.wav").write_bytes(b"\0" * 10)
    (root / "Makefile").write_text("all:\n")
    (root / "large.py").write_text("x = 1\n" * (FILE_BYTES // 6 + 1))
    (root / "binary.py").write_bytes(b"x\0y")
    (root / "link").symlink_to(outside)
    (root / "link.py").symlink_to(outside / "secret.py")
    code = ProjectCode(root)
    assert [file.path for file in code.files()] == ["Makefile", "binary.py", "large.py", "model/net.py"]
    for path in (
        "link.py",
        "link/secret.py",
        "../outside/secret.py",
        "/etc/passwd",
        "large.py",
        "binary.py",
        "no.py",
        "",
    ):
        assert code.text(path) is None, path
    assert code.find("secret") == ()
    assert [found.path for found in code.find("inside")] == ["model/net.py"]
    assert ProjectCode(tmp_path / "nowhere").files() == ()
    assert is_source("train.sbatch") and not is_source("weights.pt")


def test_finding_by_name(tmp_path):
    """The whole name first, then its end, then any case; a slip finds what is spelled alike and says so."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "tests/test_net.py").write_text("class Net:\n    def forward(self): ...\n")
    (tmp_path / "other.py").write_text("def forward(x): ...\n")
    code = ProjectCode(tmp_path)
    assert [(f.path, f.symbol.name) for f in code.find("forward")] == [
        ("other.py", "forward"),
        ("net.py", "Net.forward"),
        ("tests/test_net.py", "Net.forward"),
    ]
    assert [f.path for f in code.find("`Net.forward()`")] == ["net.py", "tests/test_net.py"]
    assert [f.path for f in code.find("other.py:forward")] == ["other.py"]
    assert [(f.path, f.symbol.name) for f in code.find("lr_base")] == [("net.py", "LR_BASE")]
    (near,) = code.find("fecth")
    assert (near.symbol.name, near.exact) == ("fetch", False)
    assert code.find("") == () and code.find("nothing_like_it") == ()
    assert code.find_file("net.py") == ("net.py",) and code.find_file("test_net") == ("tests/test_net.py",)
    assert [(f.path, f.line) for f in code.lines_with("forward")] == [
        ("net.py", 23),
        ("other.py", 1),
        ("tests/test_net.py", 2),
    ]


def test_an_edit_is_seen_at_once(tmp_path):
    """What is kept of a file is dropped with its next change."""
    place = tmp_path / "a.py"
    place.write_text("def one(): ...\n")
    code = ProjectCode(tmp_path)
    assert code.find("one")
    place.write_text("def two(): ...\n")
    os.utime(place, ns=(1, 1))
    assert [f.symbol.name for f in code.find("two")] == ["two"] and not any(f.exact for f in code.find("one"))


def test_blob_digest_is_the_name_git_gives():
    """Of the empty file, which everyone knows."""
    assert blob_digest(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
