"""The daemon as a service: the files, read back by what will read them."""

from __future__ import annotations

import configparser
import dataclasses
import json
import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import service, settings
from assistant.errors import SettingsError


@pytest.fixture
def lab(tmp_path: Path, monkeypatch) -> settings.Settings:
    monkeypatch.setenv("KWSLAB_CONFIG", str(tmp_path / "config.toml"))
    vault = tmp_path / "my 100% notes"
    vault.mkdir()
    return settings.load(vault=str(vault), state=str(tmp_path / "state"))


def where(tmp_path: Path, platform: str) -> dict:
    return {"platform": platform, "home": tmp_path, "environ": {"PATH": "/usr/bin:/bin"}, "python": sys.executable}


def test_the_unit_says_what_systemd_has_to_do(lab, tmp_path):
    """The daemon's command with its words whole, and a stop that ends the daemon alone."""
    made = service.install(lab, **where(tmp_path, "linux"))
    assert made.file.parent == tmp_path / ".config" / "systemd" / "user"
    assert made.file.read_text() == made.text
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read_string(made.text)
    assert unit["Service"]["KillMode"] == "process"
    assert unit["Service"]["OOMPolicy"] == "continue"
    words = [word.replace("%%", "%") for word in shlex.split(unit["Service"]["ExecStart"])]
    assert words[:3] == [sys.executable, "-m", "assistant.daemon"]
    assert dict(zip(words[3::2], words[4::2], strict=True)) == {
        "--vault": str(lab.vault_path), "--data": str(lab.data), "--cache": str(lab.cache), "--socket": str(lab.socket),
    }  # fmt: skip
    assert f'"KWSLAB_CONFIG={tmp_path / "config.toml"}"' in made.text
    assert made.commands[2] == f"systemctl --user enable --now {made.file.name}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(lab, tmp_path):
    """systemd's own reader takes the file as it is, paths with blanks and percent signs included."""
    made = service.install(lab, **where(tmp_path, "linux"))
    (tmp_path / "runtime").mkdir(mode=0o700)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(made.file)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "runtime")},
    )
    if "Failed to initialize manager" in done.stderr:
        pytest.skip(f"systemd-analyze does not work here: {done.stderr.splitlines()[0]}")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_words_that_systemd_would_change_are_escaped():
    """Quotes, backslashes, specifiers and variables come through as they are."""
    assert service._quoted('a "b" \\ %h') == '"a \\"b\\" \\\\ %%h"'
    assert service._quoted("$HOME", dollar=True) == '"$$HOME"'


def test_the_agent_says_what_launchd_has_to_do(lab, tmp_path):
    """On macOS a property list with the same command, which leaves the runs alone."""
    made = service.install(lab, **where(tmp_path, "darwin"))
    assert made.file.parent == tmp_path / "Library" / "LaunchAgents"
    values = plistlib.loads(made.file.read_bytes())
    assert values["ProgramArguments"][:5] == [sys.executable, "-m", "assistant.daemon", "--vault", str(lab.vault_path)]
    assert values["Label"] == made.file.stem
    assert (values["AbandonProcessGroup"], values["RunAtLoad"]) == (True, True)


def test_two_states_have_two_services(lab, tmp_path):
    """The standard state's is plainly named; another's has a name of its own."""
    standard = dataclasses.replace(lab, data=tmp_path / ".local" / "share" / "kwslab")
    assert service.service_for(standard, **where(tmp_path, "linux")).file.name == "kwslab.service"
    assert service.service_for(lab, **where(tmp_path, "linux")).file.name != "kwslab.service"


def test_what_cannot_be_installed_is_told(lab, tmp_path):
    """Another system, or a folder that is a file."""
    with pytest.raises(SettingsError, match="win32 has neither systemd nor launchd"):
        service.service_for(lab, **where(tmp_path, "win32"))
    (tmp_path / ".config").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        service.install(lab, **where(tmp_path, "linux"))


def test_the_command_writes_and_shows_it(lab, tmp_path):
    """`kwslab daemon install --json` is one document with the file, its text and what to type; no daemon is started."""
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    words = [sys.executable, "-m", "assistant", "daemon", "install", "--json"]
    words += ["--vault", str(lab.vault_path), "--state", str(tmp_path / "state")]
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=True, cwd=Path(__file__).parents[2])
    told = json.loads(done.stdout)
    assert Path(told["file"]).read_text() == told["text"]
    assert not lab.socket.exists()
