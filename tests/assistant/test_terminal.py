"""What a terminal must not be told by notes: escape sequences, turned directions, half characters."""

from __future__ import annotations

import datetime
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.__main__ import Context
from assistant.demo_vault import make_demo_vault
from assistant.terminal import document, printable, words_only

NASTY = "seen \x1b[31mred\x1b[0m \x1b]0;owned\x07 \x1b]52;c;bGVhaw==\x1b\\ \x9b2J \x1bc \u202ekcab\u202c end\r"


def test_escape_sequences_are_taken_out_whole():
    """Colours, titles, the clipboard, resets and turned directions go; the words around them stay."""
    assert printable(NASTY) == "seen red     kcab end"
    assert printable({"a": [NASTY, 1, None, ("b\x00",)]})["a"] == ["seen red     kcab end", 1, None, ["b"]]
    assert printable("half \ud83d one") == "half ? one"


def test_what_is_no_command_stays():
    """Line ends, tabs, other scripts, brackets and combining marks are text."""
    text = "소음\t[[Note#2026/03/08]]\n[bold]x[/] café é ~ \u00a0"
    assert printable(text) == text
    assert words_only(text) == text


def test_an_open_sequence_hides_only_its_line():
    """A title sequence without an end does not swallow what follows it."""
    assert printable("a \x1b]0;never ended\nb") == "a \nb"


def test_json_stays_the_same_document():
    """Control characters stand as escapes: no terminal obeys them, and every reader gets the same text back."""
    text = document({"text": NASTY + "\x7f 소음"})
    assert not set(text) & {"\x1b", "\x9b", "\x7f", "\u202e"}
    assert "소음" in text
    assert json.loads(text) == {"text": NASTY + "\x7f 소음"}
    document({"half": "\ud83d"}).encode("utf-8")


def test_commands_show_results_without_them(capsys):
    """Whatever an operation returns is shown as text; with --json it is the same value for every reader."""
    value = {"text": NASTY, "list": ["\x1b[2J"]}
    shown: list[dict[str, object]] = []
    Context(False, None, None, False).emit(value, shown.append)
    Context(True, None, None, False).emit(value, shown.append)
    assert shown == [{"text": printable(NASTY), "list": [""]}]
    assert json.loads(capsys.readouterr().out) == value


@pytest.mark.slow
@pytest.mark.parametrize("words", [["search", "zebra"], ["ask", "--no-model", "what about the zebra?"]])
def test_a_terminal_gets_no_sequence_of_a_note(words, tmp_path):
    """The commands on a real terminal, over a note full of escape sequences."""
    make_demo_vault(tmp_path / "vault", datetime.date(2026, 11, 22))
    note = f"## 2026-11-20\nThe zebra was {NASTY}and it ran. See [[Nowhere\x1b]0;owned\x07#x]].\n"
    (tmp_path / "vault" / "zebra.md").write_text(note, "utf-8")
    env = {
        **os.environ, "KWSLAB_CONFIG": str(tmp_path / "none.toml"), "KWSLAB_STATE": str(tmp_path / "state"),
        "TERM": "xterm-256color", "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    env.pop("NO_COLOR", None)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "assistant", "--vault", str(tmp_path / "vault"), "--no-daemon", *words]
    with (tmp_path / "said").open("wb") as said:
        reader = subprocess.Popen(["cat"], stdin=ours, stdout=said)
        done = subprocess.run(command, env=env, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, timeout=120)
        os.close(theirs)
        os.close(ours)
        reader.wait(10)
    shown = Path(tmp_path / "said").read_bytes().decode("utf-8", "replace")
    assert done.returncode == 0, shown
    assert "zebra" in shown.lower()
    for sequence in ("\x1b[31m", "\x1b]", "\x9b", "\x1bc", "\u202e", "\x07", "owned"):
        assert sequence not in shown, shown
