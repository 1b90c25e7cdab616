"""The watcher over real folders with real events, and without any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from vault_sync.watcher import Watcher


class Heard:
    """Collects what `on_change` was told, and lets a test wait for a path."""

    def __init__(self) -> None:
        self.calls: list[set[str]] = []
        self.arrived = threading.Condition()
        self.failures_left = 0

    def __call__(self, paths: set[str]) -> None:
        with self.arrived:
            if self.failures_left:
                self.failures_left -= 1
                raise RuntimeError("the index is busy")
            self.calls.append(set(paths))
            self.arrived.notify_all()

    def wait_for(self, *paths: str, seconds: float = 8.0) -> bool:
        """Whether all of these paths were told of since the last `forget`."""
        with self.arrived:
            return self.arrived.wait_for(lambda: set(paths) <= set().union(*self.calls), seconds)

    def forget(self) -> None:
        with self.arrived:
            self.calls.clear()


@pytest.fixture
def vault(tmp_path):
    root = tmp_path / "vault"
    (root / "papers").mkdir(parents=True)
    (root / "Scratch.md").write_text("# Scratch\n\n## 2025/05/02\n- first thought\n")
    (root / "papers" / "lpc.md").write_text("# lpc\n")
    return root


@pytest.fixture
def watching(vault):
    """Starts watchers on the vault and stops them after the test."""
    watchers: list[Watcher] = []

    def start(**settings) -> tuple[Watcher, Heard]:
        heard = Heard()
        settings.setdefault("quiet_seconds", 0.05)
        watcher = Watcher(vault, heard, **settings)
        watchers.append(watcher)
        watcher.start()
        assert watcher.started.wait(8)
        return watcher, heard

    yield start
    for watcher in watchers:
        watcher.stop()


def test_the_first_call_names_every_note(watching):
    """Nobody knows what happened before the start, so all notes are told of once."""
    _, heard = watching()
    assert heard.calls == [{"Scratch.md", "papers/lpc.md"}]


def test_a_saved_note_is_told_of_within_two_seconds(vault, watching):
    """With the default waiting times a save is known soon enough to be searchable within two seconds."""
    _, heard = watching(quiet_seconds=0.3)
    begun = time.monotonic()
    heard.forget()
    (vault / "Scratch.md").write_text("# Scratch\n\n## 2025/05/02\n- second thought\n")
    assert heard.wait_for("Scratch.md")
    assert time.monotonic() - begun < 1.5


def test_the_rename_dance_of_an_editor_is_one_change_of_one_note(vault, watching):
    """nvim moves the note to a backup, writes a new file and deletes the backup; only the note is told of."""
    _, heard = watching(quiet_seconds=0.2)
    heard.forget()
    (vault / "4913").write_text("")
    (vault / "4913").unlink()
    os.rename(vault / "Scratch.md", vault / "Scratch.md~")
    (vault / "Scratch.md").write_text("# Scratch\n- written by the editor\n")
    (vault / "Scratch.md~").unlink()
    assert heard.wait_for("Scratch.md")
    assert heard.calls == [{"Scratch.md"}]


def test_atomic_saves_deletes_and_renames_are_told_of(vault, watching):
    """A file moved in from aside, a deleted one and both names of a renamed one."""
    _, heard = watching()
    heard.forget()
    aside = vault / ".syncthing.Scratch.md.tmp"
    aside.write_text("# Scratch\n- synced\n")
    os.replace(aside, vault / "Scratch.md")
    assert heard.wait_for("Scratch.md")
    os.rename(vault / "Scratch.md", vault / "Thoughts.md")
    assert heard.wait_for("Scratch.md", "Thoughts.md")
    heard.forget()
    (vault / "Thoughts.md").unlink()
    assert heard.wait_for("Thoughts.md")


def test_a_moved_folder_moves_its_notes(vault, watching):
    """All notes under both names of a folder are told of, and a note saved there later as well."""
    _, heard = watching()
    heard.forget()
    os.rename(vault / "papers", vault / "reading")
    assert heard.wait_for("papers/lpc.md", "reading/lpc.md")
    (vault / "reading" / "lpc.md").write_text("# lpc\n- order 12\n")
    heard.forget()
    (vault / "reading" / "fact.md").write_text("# fact\n")
    assert heard.wait_for("reading/fact.md")


def test_a_new_folder_with_notes_is_told_of(vault, watching):
    """Notes that come with their folder, as a pull from elsewhere makes them."""
    _, heard = watching()
    heard.forget()
    for number in range(40):
        folder = vault / "pulled" / f"week{number % 4}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"note{number}.md").write_text(f"# note{number}\n")
    assert heard.wait_for(*(f"pulled/week{n % 4}/note{n}.md" for n in range(40)))


def test_what_is_no_note_is_not_told_of(vault, watching):
    """Dot folders, other files and conflict copies cause no call."""
    _, heard = watching()
    heard.forget()
    (vault / ".obsidian").mkdir()
    (vault / ".obsidian" / "workspace.md").write_text("{}")
    (vault / "figure.png").write_text("")
    (vault / "Scratch.sync-conflict-20250502-101010-ABC.md").write_text("# old\n")
    (vault / "last.md").write_text("# last\n")
    assert heard.wait_for("last.md")
    assert set().union(*heard.calls) == {"last.md"}


def test_a_touched_note_is_told_of_and_a_read_one_is_not(vault, watching):
    """Reading a note, as the index does after each change, leads to no new change."""
    _, heard = watching()
    heard.forget()
    (vault / "Scratch.md").read_text()
    os.utime(vault / "papers" / "lpc.md", ns=(1, 1))
    assert heard.wait_for("papers/lpc.md")
    assert heard.calls == [{"papers/lpc.md"}]


def test_a_failed_change_comes_again(vault, watching):
    """When the index could not take a change in, the watcher says so and tells of the same notes later."""
    told: list[str] = []
    _, heard = watching(on_problem=told.append)
    heard.forget()
    heard.failures_left = 1
    (vault / "Scratch.md").write_text("# Scratch\n- once more\n")
    assert heard.wait_for("Scratch.md")
    assert told == ["a change was not taken in: RuntimeError('the index is busy')"]


def test_without_events_the_vault_is_polled(vault, watching, monkeypatch):
    """Where no watch can be had the watcher says so and still finds each change."""
    import watchdog.observers

    def none_left(*args, **settings):
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(watchdog.observers.Observer, "schedule", none_left)
    told: list[str] = []
    watcher, heard = watching(on_problem=told.append, poll_seconds=0.1)
    assert watcher.mode == "polling"
    assert told == [
        f"no events for {vault} ([Errno 28] inotify watch limit reached); raise fs.inotify.max_user_watches "
        "for instant updates; notes are looked at every 0.1 s instead"
    ]
    heard.forget()
    (vault / "papers" / "lpc.md").unlink()
    assert heard.wait_for("papers/lpc.md")


_LIMITED = """
import sys, time
from pathlib import Path
from vault_sync.watcher import Watcher
root, kind, limit = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
Path("/proc/sys/user/max_inotify_" + kind).write_text(limit)
told, seen = [], set()
watcher = Watcher(root, seen.update, on_problem=told.append, poll_seconds=0.1)
watcher.start()
assert watcher.started.wait(20)
deadline = time.monotonic() + 20
number = 0
while watcher.mode == "events" and time.monotonic() < deadline:  # new folders, until no watch is left for them
    number += 1
    (root / str(number)).mkdir()
    (root / str(number) / "new.md").write_text("new")
    while str(number) + "/new.md" not in seen and time.monotonic() < deadline:
        time.sleep(0.01)
time.sleep(0.2)
seen.clear()
(root / "papers" / "lpc.md").write_text("saved when no watch was left")
while "papers/lpc.md" not in seen and time.monotonic() < deadline:
    time.sleep(0.01)
print(watcher.mode, "papers/lpc.md" in seen, *told, sep="\\n")
watcher.stop()
"""


def _in_its_own_user_namespace(*command):
    """Runs a command where this user's inotify limits can be lowered without lowering anybody else's."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-U", "-r", "true"], check=False).returncode:
        pytest.skip("no user namespaces here, so no limit can be lowered")
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        ["unshare", "-U", "-r", *command], capture_output=True, text=True, check=False, timeout=60, cwd=root
    )


@pytest.mark.parametrize(
    ("kind", "limit", "why"),
    [
        ("instances", 0, "([Errno 24] inotify instance limit reached); raise fs.inotify.max_user_instances"),
        ("watches", 1, "([Errno 28] inotify watch limit reached); raise fs.inotify.max_user_watches"),
        ("watches", 6, "([Errno 28] inotify watch limit reached); raise fs.inotify.max_user_watches"),
    ],
    ids=["no instance", "too few watches", "watches used up later"],
)
def test_where_inotify_is_exhausted_the_vault_is_polled(vault, kind, limit, why):
    """Really used up, at the start or by later folders: it says so, names the limit, and no save is missed."""
    done = _in_its_own_user_namespace(sys.executable, "-c", _LIMITED, str(vault), kind, str(limit))
    assert done.stdout.split("\n")[:2] == ["polling", "True"], done.stdout + done.stderr
    assert f"no events for {vault} {why} for instant updates; notes are looked at every 0.1 s instead" in done.stdout


@pytest.mark.skipif(shutil.which("nvim") is None, reason="no nvim on this machine")
@pytest.mark.parametrize("backupcopy", ["yes", "no", "auto"])
def test_every_way_neovim_saves_is_told_of(vault, watching, backupcopy, tmp_path):
    """In place, or by its rename dance; no backup and no swap file is told of, in the vault or beside it."""
    _, heard = watching()
    heard.forget()
    command = ["nvim", "-u", "NONE", "--headless", "-c", f"set backupcopy={backupcopy} backup backupdir=. directory=."]
    command += ["-c", "normal Gotyped by hand", "-c", "wq", str(vault / "Scratch.md")]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    assert heard.wait_for("Scratch.md")
    assert "typed by hand" in (vault / "Scratch.md").read_text()
    assert set().union(*heard.calls) == {"Scratch.md"}


def test_syncthing_s_temporary_file_is_no_note(vault, watching):
    """It writes .syncthing.NAME.tmp, renames it over the note, and moves older versions into a dot folder."""
    _, heard = watching()
    heard.forget()
    temporary = vault / "papers" / ".syncthing.lpc.md.tmp"
    temporary.write_text("half of")
    temporary.write_text("all of the other machine's note")
    (vault / ".stversions" / "papers").mkdir(parents=True)
    (vault / "papers" / "lpc.md").rename(vault / ".stversions" / "papers" / "lpc~20260301-101500.md")
    temporary.rename(vault / "papers" / "lpc.md")
    (vault / "papers" / "lpc.sync-conflict-20260301-101500-ABCDEFG.md").write_text("a conflict")
    assert heard.wait_for("papers/lpc.md")
    assert set().union(*heard.calls) == {"papers/lpc.md"}


def test_a_sweep_finds_what_no_event_told_of(vault, watching, monkeypatch):
    """The disk is the truth: when events are lost, the next sweep tells of the change, and polling takes over."""
    watcher, heard = watching(sweep_seconds=0.1, poll_seconds=0.1)
    monkeypatch.setattr(watcher, "hint", lambda paths: None)
    for number in range(40):
        heard.forget()
        (vault / "Scratch.md").write_text(f"# Scratch\n- lost event {number} {'x' * number}\n")
        assert heard.wait_for("Scratch.md")
        if watcher.mode == "polling":
            break
    assert watcher.mode == "polling"
    assert watcher.why_polling == f"changes in {vault} caused no event"


def test_a_vault_that_goes_away_and_comes_back_is_watched_again(vault, watching, tmp_path):
    """An unmounted drive is a problem that is told once; nothing is reported as deleted, and watching goes on after."""
    told: list[str] = []
    watcher, heard = watching(on_problem=told.append, sweep_seconds=0.2)
    heard.forget()
    os.rename(vault, tmp_path / "elsewhere")
    deadline = time.monotonic() + 8
    while not told and time.monotonic() < deadline:
        watcher.sweep()
        time.sleep(0.05)
    assert told and told[0].startswith(f"no vault at {vault}: the folder does not exist.")
    assert heard.calls == []
    shutil.copytree(tmp_path / "elsewhere", vault)
    (vault / "back.md").write_text("# back\n")
    assert heard.wait_for("back.md")
    (vault / "later.md").write_text("# later\n")
    assert heard.wait_for("later.md")


def test_a_linked_folder_and_a_linked_note_are_watched(vault, watching, tmp_path):
    """What lies outside and is linked into the vault belongs to it."""
    outside = tmp_path / "shared notes"
    outside.mkdir()
    (outside / "lab.md").write_text("# lab\n")
    single = tmp_path / "single.md"
    single.write_text("# single\n")
    (vault / "shared").symlink_to(outside, target_is_directory=True)
    (vault / "single.md").symlink_to(single)
    _, heard = watching(poll_seconds=0.1)
    assert heard.wait_for("shared/lab.md", "single.md")
    heard.forget()
    (outside / "lab.md").write_text("# lab\n- changed\n")
    single.write_text("# single\n- changed as well\n")
    assert heard.wait_for("shared/lab.md", "single.md")


def test_many_saves_in_a_row_are_told_of_before_they_end(vault, watching):
    """A burst without a pause is told of after `at_most_seconds`, not only when it is over."""
    _, heard = watching(quiet_seconds=0.5, at_most_seconds=0.6)
    heard.forget()
    begun = time.monotonic()
    number = 0
    while not heard.calls and time.monotonic() - begun < 8:
        number += 1
        Path(vault / "Scratch.md").write_text(f"# Scratch\n{'- again' * number}\n")
        time.sleep(0.05)
    assert heard.calls and time.monotonic() - begun < 4


def test_stopping_ends_the_thread(vault, watching):
    """After `stop` nothing is told of any more."""
    watcher, heard = watching()
    watcher.stop()
    heard.forget()
    (vault / "Scratch.md").write_text("# Scratch\n- too late\n")
    assert not heard.wait_for("Scratch.md", seconds=0.3)
