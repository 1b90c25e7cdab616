"""The `kwslab` command as scripts use it: real processes, a real daemon, a real vault; exit codes, JSON, errors."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assistant.demo_vault import make_demo_vault

TODAY = datetime.date(2026, 11, 22)


class Desk:
    """A vault, a state and a way to give commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.vault = root / "vault"
        self.env = {
            **os.environ,
            "KWSLAB_CONFIG": str(root / "config.toml"),
            "KWSLAB_STATE": str(root / "state"),
            "KWSLAB_TODAY": TODAY.isoformat(),
            "XDG_RUNTIME_DIR": str(root),
        }

    def __call__(self, *words, code=0, stdin="", cwd=None):
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *words],
            capture_output=True,
            text=True,
            input=stdin,
            env=self.env,
            cwd=cwd or self.root,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, (words, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def json(self, *words, code=0, **more):
        return json.loads(self("--json", *words, code=code, **more).stdout)

    def until(self, ask, seconds=20.0):
        """Waits for an answer that is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = ask()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError("it did not come")

    def note(self, name):
        return (self.vault / f"{name}.md").read_text("utf-8")


def gone(pid):
    """Whether a process is dead; one whose parent has not read its exit code yet is."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """One desk with the demonstration's notes and a configuration, for all tests of this module."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    make_demo_vault(made.vault, TODAY)
    made("init", "--vault", str(made.vault))
    yield made
    made("daemon", "stop")


@pytest.fixture
def bare(tmp_path):
    """A desk with nothing on it, and whatever daemon a test starts on it is ended."""
    made = Desk(tmp_path)
    yield made
    subprocess.run([sys.executable, "-m", "assistant", "daemon", "stop"], env=made.env, capture_output=True)


# -- set-up ------------------------------------------------------------------------------------------------------------


def test_init_keeps_the_configuration_it_wrote(desk):
    """init a second time leaves the file as it is; for another vault the old file is kept beside the new one."""
    before = (desk.root / "config.toml").read_text()
    found = desk.json("init", "--vault", str(desk.vault))
    assert "left as it is" in found["message"]
    assert (desk.root / "config.toml").read_text() == before
    assert {part["part"] for part in found["parts"]} >= {"config", "vault", "daemon", "index", "model", "gpu", "disk"}


def test_doctor_names_each_part(desk):
    """doctor says of each part how it is."""
    found = desk.json("doctor")
    assert {part["state"] for part in found} <= {"ok", "warn"}
    vault = next(part for part in found if part["part"] == "vault")
    assert "12 notes" in vault["message"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["ask", "x"], 1, "no vault is configured"),
        (["ask", "x", "--vault", "/nowhere/at/all"], 1, "/nowhere/at/all"),
        (["init"], 2, "kwslab init --vault DIR"),
        (["init", "--vault", "/nowhere/at/all"], 1, "there is no such directory"),
        (["nonsense"], 2, "No such command 'nonsense'"),
        (["run", "--"], 2, "Missing argument"),
        (["--json"], 2, "--json needs a command"),
    ],
)
def test_wrong_beginnings_say_what_to_do(bare, words, code, message):
    """A missing vault or wrong usage is one clear message and the contract's exit code."""
    assert message in bare(*words, code=code).stderr


def test_empty_vault_is_a_message(bare):
    """A vault without notes is a clear message, not an empty answer."""
    bare.vault.mkdir()
    done = bare("index", "--vault", str(bare.vault), code=1)
    assert str(bare.vault) in done.stderr


def test_broken_configuration_is_named(bare):
    """A configuration that cannot be read stops the command with the file's name."""
    (bare.root / "config.toml").write_text("[vault\n")
    assert "is not valid TOML" in bare("runs", code=1).stderr


# -- questions ---------------------------------------------------------------------------------------------------------


def test_last_week_is_answered_from_the_notes(desk):
    """The main question: the runs of Monday to Sunday, each with its link, in the contract's form."""
    found = desk.json("ask", "--no-model", "what did I run last week on the GPU?")
    assert set(found) >= {"answer", "citations", "rows", "figures", "plan", "coverage", "answered"}
    assert found["answered"] is True
    assert [row["date"] for row in found["rows"]] == [
        "2026-11-09", "2026-11-10", "2026-11-12", "2026-11-12", "2026-11-13",
    ]  # fmt: skip
    for citation in found["citations"]:
        assert set(citation) >= {"note", "heading", "link", "quote"}
        assert f"## {citation['heading']}" in desk.note(citation["note"])


def test_as_of_hides_what_came_later(desk):
    """With --as-of, nothing dated later exists: not the run of the 12th, nor its result."""
    found = desk.json("ask", "--no-model", "--as-of", "2026-11-11", "what did I run this week?")
    assert {row["date"] for row in found["rows"]} == {"2026-11-09", "2026-11-10"}


def test_what_the_notes_do_not_hold_is_exit_code_3(desk):
    """No answer is said plainly, with what was searched, and exit code 3."""
    done = desk("ask", "--no-model", "which learning rate did I use for wav2vec?", code=3)
    assert "wav2vec" in done.stdout
    assert "12 notes" in done.stdout


def test_batch_answers_every_line(desk):
    """A batch gives one JSON line a question, bad lines included, and exits 0."""
    lines = [
        {"id": "a", "question": "what did I run last week?", "today": "2026-11-22"},
        {"id": "b", "question": "which learning rate did I use for wav2vec?", "today": "2026-11-22"},
    ]
    text = "\n".join([json.dumps(line) for line in lines] + ["not json", json.dumps({"id": "d"})])
    (desk.root / "batch.jsonl").write_text(text)
    out = [json.loads(line) for line in desk("ask", "--no-model", "--batch", "batch.jsonl").stdout.splitlines()]
    assert [item["id"] for item in out] == ["a", "b", 3, 4] or [item["id"] for item in out] == ["a", "b", 3, "d"]
    assert [item["answered"] for item in out] == [True, False, False, False]
    assert "Experiments#2026/11/09" in out[0]["citations"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ask", "--today", "tomorrow", "x"], "--today is 'tomorrow'; it has to be a day"),
        (["ask"], "the question is empty"),
        (["ask", "x", "--batch", "f"], "either a question or --batch"),
        (["ask", "--batch", "/no/file"], "cannot be read"),
        (["runs", "--where", "noise"], "give an option and its value"),
        (["runs", "--status", "dead"], "allowed are running, finished, failed"),
        (["undo", "0"], "give 1 or more"),
    ],
)
def test_wrong_questions_are_usage(desk, words, message):
    """Wrong values are exit code 2 with what is allowed."""
    assert message in desk(*words, code=2).stderr


def test_search_gives_sections(desk):
    """search returns passages with their link and date, best first."""
    found = desk.json("search", "--top", "3", "clip with digital silence, gain 0, NaN in the residual")
    assert found[0]["note"] == "nan_logits"
    assert set(found[0]) == {"note", "heading", "link", "date", "score", "text"}
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)


def test_runs_are_filtered_and_sorted(desk):
    """runs takes options by value, however the number is written, and sorts by a metric, best first."""
    found = desk.json("runs", "--where", "noise_prob=.8", "--sort", "harmonic_mean", "--source", "logged")
    assert all(float(record["config"]["noise_prob"]) == 0.8 for record in found)
    last = [record["metrics"]["harmonic_mean"][-1] for record in found]
    assert last == sorted(last, reverse=True)
    assert desk.json("runs", "--since", "2030-01-01") == []
    listed = desk("runs", "--top", "1").stdout.splitlines()
    assert len(listed) == 2
    assert listed[1].startswith("... the first 1: --top 0 lists all")
    assert len(desk("runs", "--top", "0").stdout.splitlines()) == len(desk.json("runs"))
    assert len(desk.json("runs", "--top", "1")) == 1


# -- runs --------------------------------------------------------------------------------------------------------------


def test_run_ends_with_the_commands_own_code(desk):
    """run shows the command's output, exits with its code, and records it; a signal is 128 and its number."""
    done = desk("run", "--name", "three", "--", sys.executable, "-c", "print('hello'); raise SystemExit(3)", code=3)
    assert done.stdout == "hello\n"
    records = desk.json("runs", "--source", "launched")
    assert [(r["status"], r["exit_code"]) for r in records if r["title"] == "three"] == [("failed", 3)]
    desk("run", "--", "sh", "-c", "kill -9 $$", code=137)


def test_command_that_does_not_exist(desk):
    """A command that is not there is exit code 127, a failed run, and its name in the message."""
    done = desk("run", "--", "no-such-program", code=127)
    assert "no-such-program" in done.stderr
    failed = desk.json("runs", "--status", "failed", "--source", "launched")
    assert [r["exit_code"] for r in failed if r["argv"] == ["no-such-program"]] == [127]


def test_cuda_is_never_replaced(desk):
    """--device cuda on a machine without CUDA is refused before anything starts."""
    if Path("/dev/nvidia0").exists():
        pytest.skip("this machine has a CUDA device")
    before = len(desk.json("runs", "--source", "launched"))
    done = desk("run", "--", "python", "-m", "fskws", "train", "--device", "cuda", code=1)
    assert "--device cuda: this machine has no CUDA device" in done.stderr
    assert len(desk.json("runs", "--source", "launched")) == before


def test_detached_run_is_written_into_the_vault_by_itself(desk):
    """A detached run's entry and result appear in the notes without asking, once, and the record links to them."""
    code = "print('accuracy=91.5'); print('loss=0.25')"
    id = desk.json("run", "--detach", "--name", "A quick check.", "--", sys.executable, "-c", code)["id"]
    marker = f"^kw-{id[-6:]}"
    desk.until(lambda: marker in desk.note("Experiments"))
    record = desk.until(lambda: (found := desk.json("show", id))["link"] and found)
    assert record["metrics"]["accuracy"]["last"] == 91.5
    assert any(link.startswith("[[Server#") for link in record["note_links"])
    assert desk.note("Experiments").count(marker) == desk.note("Server").count(marker) == 1
    assert "91.5" in desk.note("Experiments").split(marker)[0].rsplit("## ", 1)[1]
    assert desk.json("sync")["writes"] == []
    assert [r["id"] for r in desk.json("runs", "--source", "launched")].count(id) == 1


def test_run_waits_for_another(desk):
    """--after starts a run when the other has finished well; after a failed one it is held, and can be dropped."""
    first = desk.json("run", "--detach", "--", "sh", "-c", "sleep 1; echo first")["id"]
    assert desk("run", "--after", first, "--", "echo", "second").stdout == "second\n"
    bad = desk.json("run", "--detach", "--", "sh", "-c", "exit 3")["id"]
    held = desk.json("run", "--detach", "--after", bad, "--", "echo", "never")["id"]
    entry = desk.until(lambda: next((e for e in desk.json("queue", "list") if "held" in e["why"]), None))
    assert entry["id"] == held
    assert f"{bad} is failed" in entry["why"]
    assert desk.json("queue", "drop", held) == []
    assert "does not wait" in desk("queue", "drop", held, code=1).stderr


def test_stop_ends_the_whole_tree(desk):
    """stop ends the command and its children; the run is stopped, not failed; stopping twice is an error."""
    script = "sleep 300 & echo child $!; wait"
    id = desk.json("run", "--detach", "--", "sh", "-c", script)["id"]
    output = desk.until(lambda: "child" in (text := desk.json("logs", id)["text"]) and text)
    child = int(output.split()[1])
    assert desk.json("stop", id)["status"] == "stopped"
    desk.until(lambda: gone(child))
    assert "is not running" in desk("stop", id, code=1).stderr


def test_logs_follow_until_the_end(desk):
    """logs -f shows everything up to the last line and ends with the run."""
    id = desk.json("run", "--detach", "--", "sh", "-c", "echo one; sleep 0.5; echo two")["id"]
    assert desk("logs", "-f", id).stdout == "one\ntwo\n"


def test_logged_run_has_no_output(desk):
    """Asking for the output of a run that only stands in the notes says where it stands."""
    id = desk.json("runs", "--source", "logged")[0]["id"]
    assert "written down in the notes" in desk("logs", id, code=1).stderr
    assert "no run 'nope'" in desk("show", "nope", code=1).stderr


def test_status_tells_of_a_running_command(desk):
    """status names what runs now and where it stands."""
    script = "for i in 1 2 3; do echo epoch=$i loss=0.5; done; sleep 60"
    id = desk.json("run", "--detach", "--name", "long one", "--", "sh", "-c", script)["id"]
    facts = desk.until(lambda: next((r for r in desk.json("status")["runs"] if r["id"] == id), None))
    assert facts["id"] == id
    assert "long one" in desk("status").stdout
    desk("stop", id)


# -- next --------------------------------------------------------------------------------------------------------------


def test_next_names_parent_difference_and_command(desk):
    """Each suggestion is a config difference against a named parent run with its exact command and evidence."""
    found = desk.json("next", "--as-of", TODAY.isoformat())
    assert found
    for item in found:
        assert {"id", "title", "hypothesis", "evidence", "parent", "diff", "argv", "prediction", "cost"} <= set(item)
        parent = desk.json("show", item["parent"])
        for option, change in item["diff"].items():
            assert parent["config"].get(option) == change["from"]
            assert item["argv"][item["argv"].index(f"-{option}") + 1] == change["to"]
        assert all(link.startswith("[[") for link in item["evidence"])


def test_launch_asks_first(desk):
    """Without a yes nothing starts; an unknown id says how to list them."""
    item = desk.json("next")[0]
    before = len(desk.json("runs", "--source", "launched"))
    done = desk("launch", item["id"], stdin="n\n", code=1)
    assert "not started" in done.stdout
    assert "epochs_base" in done.stdout or "noise_prob" in done.stdout
    assert "add --yes" in desk("launch", item["id"], "--json", code=2).stderr
    assert len(desk.json("runs", "--source", "launched")) == before
    assert "kwslab next" in desk("launch", "s-unknown", code=1).stderr


# -- vault writes ------------------------------------------------------------------------------------------------------


def test_note_and_undo(desk):
    """note adds one line under today's heading; undo takes exactly that back."""
    before = desk.note("Scratch")
    desk("note", "four and forward differ in the last sound")
    after = desk.note("Scratch")
    assert after.count("four and forward differ in the last sound") == 1
    assert after.replace("\n", "").startswith(before.replace("\n", "")[:200])
    undone = desk.json("undo", "1")
    assert len(undone) == 1
    assert desk.note("Scratch") == before


def test_dry_run_writes_nothing(desk, tmp_path):
    """sync --dry-run shows a diff and leaves every byte as it is."""
    shutil.copytree(desk.vault, tmp_path / "copy")
    desk.json("sync", "--dry-run")
    for path in (tmp_path / "copy").iterdir():
        assert (desk.vault / path.name).read_bytes() == path.read_bytes()


# -- daemon ------------------------------------------------------------------------------------------------------------


def test_owned_state_refuses_no_daemon(desk):
    """--no-daemon beside a daemon of the same state exits 1 and names the owner."""
    pid = desk.json("daemon", "status")["pid"]
    done = desk("runs", "--no-daemon", code=1)
    assert f"process {pid}" in done.stderr
    assert "kwslab daemon stop" in done.stderr


def test_killed_daemon_is_started_again(desk):
    """After kill -9 the next command starts a new daemon over the stale socket and lock."""
    pid = desk.json("daemon", "status")["pid"]
    os.kill(pid, signal.SIGKILL)
    assert desk.json("runs", "--source", "logged")
    assert desk.json("daemon", "status")["pid"] != pid


def test_two_clients_start_one_daemon(bare):
    """Commands given at the same moment share one daemon."""
    make_demo_vault(bare.vault, TODAY)
    words = [sys.executable, "-m", "assistant", "daemon", "start", "--json", "--vault", str(bare.vault)]
    started = [subprocess.Popen(words, env=bare.env, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {json.loads(process.communicate(timeout=60)[0])["pid"] for process in started}
    assert len(pids) == 1


def test_no_daemon_answers_in_this_process(bare):
    """--no-daemon answers the same without leaving a process behind."""
    make_demo_vault(bare.vault, TODAY)
    found = bare.json("runs", "--no-daemon", "--vault", str(bare.vault), "--since", "2026-11-09")
    assert len(found) == 6
    assert bare.json("daemon", "status")["running"] is False


def test_corrupt_index_is_made_anew_with_a_word(bare):
    """A damaged SQLite index is rebuilt from the notes; the command works and says so."""
    make_demo_vault(bare.vault, TODAY)
    count = len(bare.json("runs", "--no-daemon", "--vault", str(bare.vault)))
    store = bare.root / "state" / "cache" / "store.sqlite"
    for path in store.parent.glob("store.sqlite*"):
        path.write_bytes(b"\x00damage" * 500)
    assert len(bare.json("runs", "--no-daemon", "--vault", str(bare.vault))) == count
    for path in store.parent.glob("store.sqlite*"):
        path.write_bytes(b"\x00damage" * 500)
    assert "made anew" in bare("index", "--no-daemon", "--vault", str(bare.vault)).stderr
