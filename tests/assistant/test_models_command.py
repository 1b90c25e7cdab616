"""`kwslab models` as it is typed: real processes, a real configuration, a real daemon."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.demo_vault import make_demo_vault
from assistant.errors import SettingsError
from assistant.models import Measured, embedded_model_path, file_identity, record_share
from assistant.settings import change, config_text, load

NOW = datetime.date(2026, 11, 22)


class Desk:
    """A configuration, a state and a way to give commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config.toml"
        self.data = root / "state" / "data"
        self.env = {
            **os.environ, "KWSLAB_CONFIG": str(self.config), "KWSLAB_STATE": str(root / "state"),
            "XDG_RUNTIME_DIR": str(root), "HF_ENDPOINT": "http://127.0.0.1:9",
        }  # fmt: skip

    def __call__(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "assistant", *words]
        done = subprocess.run(command, capture_output=True, text=True, env=self.env, timeout=1200)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done

    def json(self, *words: str):
        return json.loads(self("--json", *words).stdout)


@pytest.fixture
def desk(tmp_path) -> Desk:
    made = Desk(tmp_path)
    make_demo_vault(tmp_path / "vault", NOW)
    made.config.write_text(config_text(tmp_path / "vault", None).replace("# The hub notes", "# MY remark"), "utf-8")
    return made


def link_to_embedded(path: Path) -> Path:
    """The embedded model under another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(embedded_model_path())
    return path


def test_list_shows_use_and_share(desk):
    """The embedded model is in use until another is chosen; a measured share is shown with its day."""
    record_share(
        desk.data, "smollm2-135m", Measured(58, 9, 4.2, 16, "2026-11-22", file_identity(embedded_model_path()))
    )
    rows = desk.json("models", "list")
    assert [row["name"] for row in rows if row["in_use"]] == ["smollm2-135m"]
    assert rows[0]["share"] == 0.155
    shown = desk("models").stdout
    assert shown.startswith("* smollm2-135m   here")
    assert "9 of 58 sentences passed the gate, the first after 4.2 s, measured 2026-11-22" in shown
    assert "Names, sizes and licences of the list were not checked against the hub" in shown


def test_use_writes_the_configuration_and_keeps_its_comments(desk):
    """Only the keys of the model change; the choice shows in list and doctor, and can be taken back."""
    file = link_to_embedded(desk.root / "other model.gguf")
    before = desk.config.read_text("utf-8")
    found = desk.json("models", "use", str(file), "--no-measure")
    assert (found["name"], found["path"], found["measured"]) == ("other model", str(file), None)
    assert not found["words_answers"]
    assert "was not measured yet" in found["why"]
    after = desk.config.read_text("utf-8")
    assert after == before.replace('\npath = ""\n', f'\npath = "{file}"\n')
    assert "# MY remark" in after
    assert next(row for row in desk.json("models", "list") if row["in_use"])["name"] == "other model"
    desk("models", "use", "smollm2-135m", "--no-measure")
    assert desk.config.read_text("utf-8") == before


def test_what_cannot_be_used_leaves_the_configuration(desk):
    """A damaged file, a missing one, an unknown name: a message and exit code 1; a missing word is wrong usage."""
    cut = desk.root / "cut.gguf"
    with embedded_model_path().open("rb") as whole:
        cut.write_bytes(whole.read(2_000_000))
    before = desk.config.read_bytes()
    assert "cut.gguf cannot be used" in desk("models", "use", str(cut), "--no-measure", code=1).stderr
    assert "gone.gguf is missing" in desk("models", "use", str(desk.root / "gone.gguf"), code=1).stderr
    assert "no model is called 'gpt'; known are" in desk("models", "use", "gpt", code=1).stderr
    assert "Fetch it: kwslab models pull phi-4-mini" in desk("models", "use", "phi-4-mini", code=1).stderr
    assert "--model is for the address" in desk("models", "use", "smollm2-135m", "--model", "x", code=2).stderr
    assert "Missing argument" in desk("models", "use", code=2).stderr
    said = desk("models", "pull", "phi-4-mini", code=1).stderr
    assert "no connection" in said
    assert "kwslab models use PATH" in said
    assert desk.config.read_bytes() == before


def test_a_running_daemon_follows(desk):
    """`use` tells the daemon, which goes on with the same process; a file that vanishes later is stood in for."""
    file = link_to_embedded(desk.root / "other.gguf")
    try:
        pid = desk.json("daemon", "start")["pid"]
        assert desk.json("models", "use", str(file), "--no-measure")["daemon_told"]
        assert desk.json("ask", "what did I run last?")["coverage"]["model"].startswith("auto: other was not measured")
        assert desk.json("daemon", "status")["pid"] == pid
        file.unlink()
        desk("models", "use", "smollm2-135m", "--no-measure")
        assert "smollm2-135m" in desk.json("ask", "what did I run last?")["coverage"]["model"]
        assert desk.json("daemon", "status")["pid"] == pid
    finally:
        desk("daemon", "stop")


@pytest.mark.slow
def test_use_measures_what_was_not_measured(desk):
    """The embedded model is measured over the demonstration's questions, once; its share keeps it off in auto."""
    found = desk.json("models", "use", "smollm2-135m")
    measured = found["measured"]
    assert measured["questions"] == 16
    assert measured["sentences"] >= 20
    assert measured["date"] == datetime.date.today().isoformat()
    assert not found["words_answers"]
    assert "below 80%" in found["why"]
    again = desk("models", "use", "smollm2-135m")
    assert "measuring" not in again.stderr
    part = next(part for part in desk.json("doctor") if part["part"] == "model")
    assert f"{measured['passed']} of {measured['sentences']} sentences" in part["message"]
    desk("daemon", "stop")


# --------------------------------------------------------------------------- the configuration, edited


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[model]\npath = "x"\n'),
        ("[vault]\npath = '/v'", "[vault]\npath = '/v'\n\n[model]\npath = \"x\"\n"),
        ("[model] # mine\npath = 'old' # why\n", '[model] # mine\npath = "x" # why\n'),
        (
            "[model]\nuse = 'on'\n\n[vault]\npath = '/v'\n",
            "[model]\nuse = 'on'\npath = \"x\"\n\n[vault]\npath = '/v'\n",
        ),
        ('[model]\r\npath = "a"\r\n', '[model]\r\npath = "x"\r\n'),
        ('[vault]\npath = "[model]"\n[model]\npath="a\\"b"\n', '[vault]\npath = "[model]"\n[model]\npath="x"\n'),
    ],
)
def test_one_key_changes_and_nothing_else(before, after, tmp_path):
    """Comments, order, quotes and line ends stay as they are."""
    file = tmp_path / "config.toml"
    file.write_bytes(before.encode())
    change(file, "model", {"path": "x"})
    assert file.read_bytes().decode() == after
    assert load(environ={"KWSLAB_CONFIG": str(file), "KWSLAB_STATE": str(tmp_path)}).model.path == "x"


@pytest.mark.parametrize("text", ["model = {path = 'a'}\n", "model.path = 'a'\n", '[model]\npath = """\na"""\n'])
def test_what_cannot_be_edited_is_left_alone(text, tmp_path):
    """An unusual way of writing is not guessed at: the lines to set are said."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r'does not edit\. Set in \[model\] yourself:\npath = "x"'):
        change(file, "model", {"path": "x"})
    assert file.read_text() == text
