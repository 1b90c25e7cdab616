"""Real editors: a note with unsaved changes is waited for, an unchanged one is written and shown anew."""

from __future__ import annotations

import datetime
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import time

import pytest

from vault_sync import editors
from vault_sync.editors import unsaved_in_editor
from vault_sync.errors import WriteError
from vault_sync.write import Insert, NoteWriter

BLOCK = ("- [-] One GRU layer, less noise. ^kw-abc234", "---")
needs_nvim = pytest.mark.skipif(shutil.which("nvim") is None, reason="no nvim on this machine")


def insert():
    return Insert((("r20260314-abc234", "server"),), datetime.date(2026, 3, 14), BLOCK, "kw-abc234")


@pytest.fixture
def vault(tmp_path):
    root = tmp_path / "vault"
    root.mkdir()
    (root / "Server.md").write_text("# Server\n\n## 2026/03/14\n- [x] Before.\n")
    return root


@pytest.fixture
def writer(vault, tmp_path):
    return NoteWriter(vault, tmp_path / "journal")


def swap_file(pid, dirty, host=None):
    """Block 0 of a Vim swap file, as far as it is read."""
    head = bytearray(4096)
    head[0:2] = b"b0"
    head[24:28] = pid.to_bytes(4, "little")
    name = (host or socket.gethostname()).encode()[:39]
    head[68 : 68 + len(name)] = name
    head[108 + 899] = 0x55 if dirty else 0
    return bytes(head)


def test_unsaved_changes_in_an_editor_are_waited_for(vault, writer):
    """A swap file is always there while a note is open; only its dirty flag holds a write back."""
    swap = vault / ".Server.md.swp"
    swap.write_bytes(swap_file(os.getpid(), dirty=True))
    with pytest.raises(WriteError, match=rf"unsaved changes in an editor \(process {os.getpid()}\). Save them"):
        writer.write("Server.md", [insert()])
    swap.write_bytes(swap_file(os.getpid(), dirty=False))
    assert writer.write("Server.md", [insert()]).error == ""


@pytest.mark.skipif(shutil.which("vim") is None, reason="no vim on this machine")
def test_a_real_vim_is_waited_for_and_takes_the_write_over(vault, writer, tmp_path):
    """Typing without saving holds the write back, :w lets it through, and :checktime shows it in the editor."""
    pid, terminal = pty.fork()
    if pid == 0:
        options = "set swapfile directory=. updatetime=100 autoread"
        os.execvp("vim", ["vim", "-u", "NONE", "-N", "-c", options, str(vault / "Server.md")])

    def keys(text, reached):
        os.write(terminal, text.encode())
        deadline = time.monotonic() + 20
        while not reached() and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.02)[0]:
                os.read(terminal, 65536)
        assert reached()

    try:
        keys("", lambda: (vault / ".Server.md.swp").exists())
        assert unsaved_in_editor(vault / "Server.md") == "", "an open note is no unsaved note"
        keys("Gotyped\x1b", lambda: unsaved_in_editor(vault / "Server.md") == f"process {pid}")
        with pytest.raises(WriteError, match="Save them there"):
            writer.write("Server.md", [insert()])
        keys(":w\r", lambda: unsaved_in_editor(vault / "Server.md") == "")
        writer.write("Server.md", [insert()])
        out = tmp_path / "seen.txt"
        keys(f":checktime\r:w! {out}\r", lambda: out.exists() and out.read_text().endswith("---\n"))
        assert out.read_text() == (vault / "Server.md").read_text()
        assert "typed" in out.read_text() and "^kw-abc234" in out.read_text()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def test_a_swap_file_of_a_dead_editor_holds_nothing_up(vault, writer):
    """An editor that crashed here will never save; one on another machine may."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    (vault / ".Server.md.swp").write_bytes(swap_file(dead.pid, dirty=True))
    assert unsaved_in_editor(vault / "Server.md") == ""
    (vault / ".Server.md.swo").write_bytes(swap_file(dead.pid, dirty=True, host="elsewhere"))
    assert unsaved_in_editor(vault / "Server.md") == f"process {dead.pid} on elsewhere"


class Neovim:
    """A real Neovim without a screen that has a note open."""

    def __init__(self, path, folder, *commands):
        self.socket = folder / "s"
        environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "XDG_DATA_HOME": str(folder / "data")}
        options = [part for command in commands for part in ("-c", command)]
        command = ["nvim", "-u", "NONE", "--headless", "--listen", str(self.socket), *options, str(path)]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        deadline = time.monotonic() + 20
        while not self.socket.exists() or self.ask("mode()") != "n":
            assert time.monotonic() < deadline and self.process.poll() is None
            time.sleep(0.02)
        editors._known = (float("-inf"), ())  # whoever has just begun is known after a second at the latest

    def ask(self, expression):
        command = ["nvim", "--server", str(self.socket), "--remote-expr", expression]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        return (done.stdout + done.stderr).strip()

    def do(self, command):
        return self.ask(f"execute('{command}')")

    @property
    def lines(self):
        return self.ask("join(getline(1, '$'), nr2char(10))")

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def neovim(vault, tmp_path):
    """Opens the Server note, or another path, in a Neovim that ends with the test."""
    begun = []

    def begin(*commands, path=None):
        begun.append(Neovim(path or vault / "Server.md", tmp_path, *commands))
        return begun[-1]

    yield begin
    for one in begun:
        one.end()


@needs_nvim
@pytest.mark.parametrize("swap", ["set swapfile", "set noswapfile"])
def test_neovim_with_unsaved_changes_is_waited_for(vault, writer, neovim, swap):
    """Typing holds the write back and it says so; :w lets it through, once, and nothing typed is lost."""
    editor = neovim(swap)
    assert unsaved_in_editor(vault / "Server.md") == "", "an open note is no unsaved note"
    editor.do("normal Gotyped by hand")
    assert editor.ask("&modified") == "1"
    before = (vault / "Server.md").read_text()
    with pytest.raises(WriteError) as told:
        writer.write("Server.md", [insert()])
    assert str(told.value) == (
        f"Server.md has unsaved changes in an editor (Neovim, process {editor.pid}). Save them there; the write waits "
        "until then."
    )
    assert (vault / "Server.md").read_text() == before
    editor.do("write")
    assert writer.write("Server.md", [insert()]).error == ""
    assert writer.write("Server.md", [insert()]).entry == "", "it stands there already"
    text = (vault / "Server.md").read_text()
    assert text.count("^kw-abc234") == text.count("typed by hand") == 1


@needs_nvim
def test_neovim_without_changes_is_written_under_and_shows_it(vault, writer, neovim):
    """The write does not wait for a note that is merely open, and the buffer has the block without a keystroke."""
    editor = neovim()
    assert writer.write("Server.md", [insert()]).error == ""
    assert editor.lines.split("\n") == [line for line in (vault / "Server.md").read_text().split("\n") if line]
    assert "^kw-abc234" in editor.lines and editor.ask("&modified") == "0"


@needs_nvim
def test_checktime_shows_a_write_that_neovim_was_not_told_of(vault, writer, neovim, monkeypatch):
    """Where the editor cannot be reached, its own :checktime takes the write over."""
    editor = neovim()
    monkeypatch.setattr("vault_sync.write.tell_editors", lambda target: None)
    writer.write("Server.md", [insert()])
    assert "^kw-abc234" not in editor.lines
    editor.do("checktime")
    assert "^kw-abc234" in editor.lines


@needs_nvim
def test_neovim_that_reads_nothing_by_itself_is_left_alone(vault, writer, neovim):
    """Without autoread, reading anew would ask the researcher a question in the middle of his typing."""
    editor = neovim("set noautoread")
    writer.write("Server.md", [insert()])
    assert "^kw-abc234" not in editor.lines and editor.ask("mode()") == "n"


@needs_nvim
def test_the_swap_file_tells_when_neovim_does_not_answer(vault, writer, neovim, monkeypatch):
    """An editor that hangs, or sits at a prompt, is asked no longer than half a second; then its swap file counts."""
    monkeypatch.setattr(editors, "_resting", {})
    editor = neovim("set swapfile directory=. updatetime=50")
    editor.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    assert writer.write("Server.md", [insert()]).error == ""
    assert time.monotonic() - begun < 5
    editor.process.send_signal(signal.SIGCONT)
    editor.do("edit!")
    editor.do("normal Gotyped by hand")
    editor.process.send_signal(signal.SIGSTOP)
    with pytest.raises(WriteError, match=rf"unsaved changes in an editor \(process {editor.pid}\)"):
        writer.undo()
    editor.process.send_signal(signal.SIGCONT)


@needs_nvim
def test_a_vault_opened_by_another_name_is_the_same_vault(vault, writer, neovim, tmp_path):
    """A note that was opened through a symbolic link to the vault is waited for as well."""
    (tmp_path / "link").symlink_to(vault)
    editor = neovim(path=tmp_path / "link" / "Server.md")
    editor.do("normal Gotyped by hand")
    with pytest.raises(WriteError, match="Neovim, process"):
        writer.write("Server.md", [insert()])


@needs_nvim
def test_a_stale_swap_flag_does_not_hold_a_write_back(vault, writer, neovim, monkeypatch):
    """What Neovim itself says counts more than a flag it has not yet put into its swap file."""
    editor = neovim("set noswapfile")
    (vault / ".Server.md.swp").write_bytes(swap_file(editor.pid, dirty=True))
    assert unsaved_in_editor(vault / "Server.md") == ""


def test_a_note_that_no_editor_has_open_costs_little(vault):
    """Asking takes milliseconds: it is done before each write."""
    unsaved_in_editor(vault / "Server.md")
    begun = time.monotonic()
    for _ in range(50):
        unsaved_in_editor(vault / "Server.md")
    assert time.monotonic() - begun < 5
