"""Answers about files over a real project under git, a real vault and real run directories."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assistant import settings
from assistant.errors import AssistantError
from assistant.lab import Lab

TODAY = datetime.date.today()

ENCODER = '''"""The encoder."""

TAU = 1.5


class KeywordNet:
    """Maps frames to an embedding."""

    def forward(self, frames):
        return frames * TAU


def gram_loss(a, b):
    """Distance of two Gram matrices."""
    return (a - b) ** 2
'''


def commit(folder: Path, words: str, day: datetime.date) -> None:
    """Commits everything as of noon of a day."""
    moment = f"{day.isoformat()}T12:00:00"
    env = {**os.environ, "GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
    for name in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{name}_NAME": "Researcher", f"GIT_{name}_EMAIL": "r@example.org"}
    for part in (["add", "-A"], ["commit", "-q", "-m", words]):
        subprocess.run(["git", *part], cwd=folder, env=env, check=True)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with vault, project (two commits and an edit that no commit holds) and a configuration."""
    project, vault = tmp_path / "project", tmp_path / "vault"
    (project / "model").mkdir(parents=True)
    vault.mkdir()
    (vault / "Scratch.md").write_text(
        "---\nid: Scratch\naliases: []\ntags: []\n---\n\n"
        "## 2025-03-08\n- Moved the clipping in `train.py` behind the loss.\n"
    )
    (project / ".gitignore").write_text("data/\n*.pt\n")
    (project / "model" / "encoder.py").write_text(ENCODER)
    (project / "train.py").write_text("from model.encoder import KeywordNet, gram_loss\n")
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    commit(project, "first version", TODAY - datetime.timedelta(days=30))
    (project / "model" / "encoder.py").write_text(ENCODER.replace("frames * TAU", "frames * TAU + 1"))
    commit(project, "shift the frames", TODAY - datetime.timedelta(days=3))
    (project / "model" / "encoder.py").write_text(
        ENCODER.replace("frames * TAU", "frames * TAU + 1").replace("** 2", "** 3")
    )
    for word, number in (("yes", 3), ("no", 2)):
        folder = project / "data" / word
        folder.mkdir(parents=True)
        for clip in range(number):
            (folder / f"{clip}.wav").write_bytes(b"RIFF")
    config = tmp_path / "config.toml"
    config.write_text(f'[vault]\npath = "{vault}"\n[project]\ndir = "{project}"\n[model]\nuse = "off"\n')
    monkeypatch.setenv("KWSLAB_CONFIG", str(config))
    monkeypatch.setenv("KWSLAB_STATE", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def lab(place: Path) -> Any:
    """The operations over it; vectors are not waited for."""
    made = Lab(settings.load())
    made._vectors_ready.set()
    yield made
    made.close()


def ask(lab: Lab, question: str, **more: Any) -> dict[str, Any]:
    """One answer as JSON values."""
    return lab.op_ask(lambda event: None, question, **more)


def write_run(lab: Lab, name: str, moment: datetime.datetime, commit_id: str, patch: str, project: Path) -> str:
    """A finished run with the code it ran."""
    directory = lab.settings.runs_dir / name
    (directory / "code").mkdir(parents=True)
    started = moment.astimezone().isoformat(timespec="seconds")
    (directory / "command.json").write_text(
        json.dumps({"id": name, "argv": ["python", "train.py"], "cwd": str(project), "title": name, "config": {}})
    )
    (directory / "record.json").write_text(json.dumps({"started_at": started}))
    (directory / "exit.json").write_text(json.dumps({"exit_code": 0, "status": "finished", "ended_at": started}))
    facts = {"commit": commit_id, "root": str(project), "dirty": bool(patch), "patch_bytes": len(patch)}
    (directory / "code" / "git.json").write_text(json.dumps(facts))
    if patch:
        (directory / "code" / "changes.patch").write_text(patch)
    return name


def test_where_a_file_is_with_its_path_as_the_source(lab: Lab, place: Path) -> None:
    """The path is told, cited, and is the source of every figure."""
    path = str(place / "project" / "model" / "encoder.py")
    found = ask(lab, "where is encoder.py?")
    assert found["answered"]
    assert found["answer"].startswith(path)
    assert [citation["link"] for citation in found["citations"]] == [path]
    assert found["figures"] and {figure["source"] for figure in found["figures"]} == {path}
    assert found["plan"]["kind"] == "files"


def test_where_a_function_is_defined(lab: Lab, place: Path) -> None:
    """A symbol is found with its lines and its first words."""
    found = ask(lab, "where is the function gram_loss?")
    assert f"{place / 'project' / 'model' / 'encoder.py'}:13 to 15" in found["answer"]
    assert "Distance of two Gram matrices." in found["answer"]
    assert "named in 1 other line: train.py" in found["answer"]


def test_a_misspelt_file_is_read_as_the_one_meant(lab: Lab) -> None:
    """The slip is told with the answer."""
    found = ask(lab, "how large is encodr.py?")
    assert found["answered"]
    assert '"encodr.py" read as encoder.py.' in found["answer"]


def test_what_is_not_there_is_refused_with_the_nearest(lab: Lab) -> None:
    """No file of that name: not answered, the nearest name and the roots are told."""
    found = ask(lab, "where is encoder_trainer.py?")
    assert not found["answered"]
    assert "No file or folder named encoder_trainer.py is there." in found["answer"]
    assert "encoder.py" in found["answer"]
    assert "Looked in: vault" in found["answer"]
    assert not found["citations"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../etc/passwd", "~/.ssh/id_rsa", "/proc/self/environ"])
def test_outside_the_roots_nothing_is_opened(lab: Lab, path: str) -> None:
    """The refusal is plain and names the roots; the notes are not searched instead."""
    found = ask(lab, f"what is in {path}?")
    assert not found["answered"]
    assert "outside the folders I may look into" in found["answer"]
    assert "root:" not in found["answer"]


def test_roots_can_be_set(lab: Lab, place: Path) -> None:
    """With [files] roots nothing else is looked into, the project not either."""
    text = (place / "config.toml").read_text() + f'[files]\nroots = ["{place / "vault"}"]\n'
    (place / "config.toml").write_text(text)
    narrow = Lab(settings.load())
    narrow._vectors_ready.set()
    found = ask(narrow, f"how large is {place / 'project' / 'train.py'}?")
    assert not found["answered"]
    assert f"Allowed are: vault ({place / 'vault'})." in " ".join(found["answer"].split())
    narrow.close()


def test_what_changed_in_a_file_since_a_day(lab: Lab, place: Path) -> None:
    """Functions, commits and patch lines since that day, the days shown, edits without a commit told."""
    day = (TODAY - datetime.timedelta(days=5)).isoformat()
    found = ask(lab, f"it wasn't like this before: what changed in encoder.py since {day}?")
    assert "KeywordNet.forward, gram_loss" in found["answer"]
    assert "+        return frames * TAU + 1" in found["answer"]
    assert "shift the frames" in found["answer"]
    assert "edits that no commit holds" in " ".join(found["answer"].split())
    assert day in found["answer"]


def test_a_file_that_did_not_change_is_an_answer(lab: Lab) -> None:
    """Nothing changed: said plainly, with the last commit that touched the file."""
    found = ask(lab, "what changed in train.py since yesterday?")
    assert found["answered"]
    assert found["answer"].startswith("Nothing changed in")
    assert "first version" in found["answer"]


def test_a_fresh_checkout_is_no_change(lab: Lab, place: Path) -> None:
    """Files under git are told by their contents: a new time alone does not list them, ignored data by its time."""
    found = ask(lab, "what changed since yesterday?")
    listed = {row["path"] for row in found["rows"]}
    assert str(place / "project" / "model" / "encoder.py") in listed
    assert str(place / "project" / "train.py") not in listed
    assert str(place / "project" / "data" / "yes" / "0.wav") in listed


def test_notes_may_know_what_the_clock_does_not(lab: Lab) -> None:
    """ "What did I change in train.py on that day?" is answered from the notes when the files tell nothing."""
    found = ask(lab, "what did I change in train.py on 2025-03-08?")
    assert found["answered"]
    assert "Moved the clipping" in found["answer"]
    assert found["plan"]["answered_by"] != "files"


def test_clips_are_counted_by_folder(lab: Lab, place: Path) -> None:
    """The total first, then each word's own."""
    found = ask(lab, "how many clips are in data/?")
    assert found["answer"].startswith(f"5 clips under {place / 'project' / 'data'}")
    assert "yes: 3" in found["answer"] and "no: 2" in found["answer"]


def test_free_disk_names_each_root(lab: Lab) -> None:
    """Free and total, and what each root takes."""
    found = ask(lab, "how much disk is free?")
    assert found["answered"]
    assert " free of " in found["answer"]
    assert "project takes" in found["answer"]


def test_the_settings_of_a_checkpoint_are_shown_without_torch(lab: Lab, place: Path) -> None:
    """A checkpoint is read by its pickle alone; one setting that is asked for stands alone."""
    import pickle
    import zipfile

    with zipfile.ZipFile(place / "project" / "best.pt", "w") as archive:
        value = {"options": {"lr_base": "0.005", "noise_prob": "0.8"}, "epoch": 7}
        archive.writestr("best/data.pkl", pickle.dumps(value, protocol=2))
    found = ask(lab, "what is in the config of best.pt?")
    assert "lr_base 0.005" in found["answer"] and "noise_prob 0.8" in found["answer"]
    assert found["rows"][0]["settings"] == {"lr_base": "0.005", "noise_prob": "0.8"}


def test_what_changed_in_the_code_between_two_runs(lab: Lab, place: Path) -> None:
    """From what the runs kept: the file, its functions and the lines."""
    project = place / "project"
    commits = subprocess.run(
        ["git", "log", "--format=%H"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.split()
    noon = datetime.datetime.combine(TODAY, datetime.time(12))
    first = write_run(lab, "r20250301-aaaaaa", noon - datetime.timedelta(days=20), commits[1], "", project)
    last = write_run(lab, "r20250302-bbbbbb", noon - datetime.timedelta(days=1), commits[0], "", project)
    found = ask(lab, "what changed in the code between the last two runs?")
    assert found["answered"], found["answer"]
    assert first in found["answer"] and last in found["answer"]
    assert "model/encoder.py: changed, +1 -1 lines: KeywordNet.forward" in found["answer"]
    now = ask(lab, "what changed in the code since the last run?")
    assert "gram_loss" in now["answer"] and "KeywordNet.forward" not in now["answer"]


def test_follow_ups_keep_the_file(lab: Lab, place: Path) -> None:
    """ "How large is it?" and "what changed in it since then?" speak of the file before."""
    ask(lab, "where is encoder.py?", conversation="files")
    size = ask(lab, "how large is it?", conversation="files")
    assert f"({len((place / 'project/model/encoder.py').read_bytes())} bytes)" in size["answer"]
    changed = ask(lab, "what changed in it since last month?", conversation="files")
    assert "gram_loss" in changed["answer"]
    other = ask(lab, "and in train.py?", conversation="files")
    assert "train.py" in other["answer"]


def test_as_of_leaves_out_what_came_later(lab: Lab) -> None:
    """As of last year these files were not there in any form that is known."""
    found = ask(lab, "how large is train.py?", as_of="2020-01-01")
    assert not found["answered"]
    assert "changed after 2020-01-01" in found["answer"]


def test_a_citation_of_a_file_opens_it(lab: Lab, place: Path) -> None:
    """What stands behind the citation is the file's text; outside the roots nothing opens."""
    section = lab.op_section(str(place / "project" / "train.py"))
    assert section["text"] == "from model.encoder import KeywordNet, gram_loss"
    with pytest.raises(AssistantError, match="outside the folders"):
        lab.op_section("/etc/passwd")
