"""A whole run, in process and as a command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from fskws import runs
from fskws.__main__ import main
from fskws.checkpoint import FINAL
from fskws.config import TrainConfig
from fskws.errors import DataError, TrainingError
from fskws.evaluate import researcher_arrays
from fskws.experiment import load_trained, open_noise, prepare, run_experiment
from fskws.methods import Calibrated


def words_of(config: TrainConfig, *more: str) -> list[str]:
    """The words after `python -m fskws` that start this run."""
    return ["train", *config.to_argv(), *more]


def command(*words: str) -> list[str]:
    """A child process of the training core."""
    return [sys.executable, "-m", "fskws", *words]


def rows_of(path):
    """Rows of a metrics file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def fast(quick):
    """One epoch at the smallest width."""
    return quick.replaced(tau=0.25, epochs_base=1)


def test_a_run_logs_steps_and_sessions_and_prints_the_arrays(fast, tmp_path, capsys, monkeypatch):
    """Under a run directory: a loss each step, one row a session, checkpoints there, the arrays printed last."""
    directory = runs.create_run(tmp_path, ["python", "-m", "fskws", "train"], tmp_path, env={})
    monkeypatch.setenv("KWSLAB_RUN_DIR", str(directory.root))
    assert main(words_of(fast)) == 0
    rows = rows_of(directory.metrics)
    assert [row["step"] for row in rows if "loss" in row] == [0, 1, 2, 3]
    sessions = [row for row in rows if "session" in row]
    assert [row["session"] for row in sessions] == [0, 1]
    assert set(sessions[1]) >= {"accuracy", "seen", "unseen", "harmonic_mean"}
    assert "seen" not in sessions[0]
    assert (directory.checkpoints / FINAL).is_file()
    hashes = runs.read_code(directory)["hashes"]
    assert hashes["data"] == torch.load(directory.checkpoints / FINAL, weights_only=False)["data"]
    assert len(hashes["evaluator"]) == 64
    printed = capsys.readouterr().out.splitlines()
    assert printed[-6] == "Seen acc:"
    assert json.loads(printed[-7]) == [sessions[0]["accuracy"], sessions[1]["accuracy"]]
    assert json.loads(printed[-1]) == [sessions[1]["harmonic_mean"]]


def test_a_saved_base_scores_the_same_again(fast, tmp_path, capsys):
    """`evaluate` repeats the run's figures; other methods and options are possible; the report is whole."""
    config = fast.replaced(out=str(tmp_path))
    done = run_experiment(config)
    assert done is not None
    assert main(["evaluate", str(tmp_path)]) == 0
    assert researcher_arrays(done.scores) in capsys.readouterr().out
    words = [
        "evaluate",
        str(tmp_path),
        "--method",
        "calibrated",
        "--draws",
        "3",
        "--snr",
        "0,20",
        "--pairs",
        "tone0/tone5",
    ]
    assert main(words) == 0
    text = capsys.readouterr().out
    for part in ("calibration: ", "3 support draws", "tone0 taken for tone5", "at 20 dB: accuracy", "% for a base one"):
        assert part in text
    assert main(["evaluate", str(tmp_path), "--pairs", "tone0/drum"]) == 2
    assert "pairs: 'tone0/drum'; allowed: WORD/WORD of tone0" in capsys.readouterr().err


def test_two_runs_are_compared_on_the_same_draws(fast, tmp_path, capsys):
    """A run against itself differs by nothing, certainly; runs over other words cannot be compared."""
    assert run_experiment(fast.replaced(out=str(tmp_path / "a"))) is not None
    assert main(["evaluate", str(tmp_path / "a"), "--draws", "4", "--against", str(tmp_path / "a")]) == 0
    text = capsys.readouterr().out
    assert "against the other run, the same 4 support draws:" in text
    assert "harmonic mean +0.00 (+0.00 to +0.00)" in text
    other = fast.replaced(out=str(tmp_path / "b"), class_order="tone5,tone4,tone3,tone2,tone1,tone0")
    assert run_experiment(other) is not None
    assert main(["evaluate", str(tmp_path / "a"), "--draws", "4", "--against", str(tmp_path / "b")]) == 2
    assert "runs to compare need the same words" in capsys.readouterr().err


def test_compare_tells_options_figures_and_paired_differences(fast, tmp_path, capsys):
    """Two methods on the same base recipe: what differs is named, what says only where a run lies is not."""
    for name, method in (("a", "avg_cos"), ("b", "teen")):
        done = fast.replaced(out=str(tmp_path / name), method=method, teen_alpha=0.2, draws=1)
        assert run_experiment(done) is not None
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--draws", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "method: avg_cos | teen"
    assert lines[1].startswith("session 0: accuracy ")
    assert re.fullmatch(r"session 1: accuracy [\d.]+ \| [\d.]+, seen .*, unseen .*, harmonic mean .*", lines[2])
    assert lines[-5] == "first minus second after the last session, the same 3 support draws:"
    assert re.fullmatch(r"harmonic mean [+-][\d.]+ \([+-][\d.]+ to [+-][\d.]+\)", lines[-1])
    assert main(["compare", str(tmp_path / "a")]) == 2
    assert "compare needs two folders of trained runs, not 1" in capsys.readouterr().err


def test_the_confusion_matrix_is_written_with_its_words(fast, tmp_path, capsys):
    """Row true, column predicted, counts that add up to the test clips; both harmonic means are told."""
    done = run_experiment(fast.replaced(out=str(tmp_path / "a")))
    assert done is not None
    file = tmp_path / "confusion.csv"
    assert main(["evaluate", str(tmp_path / "a"), "--confusion", str(file)]) == 0
    last = done.scores[-1]
    told = f"harmonic mean over clips {last.harmonic_mean:.2f}, with every word weighing alike "
    assert told + f"{last.harmonic_mean_per_class:.2f}" in capsys.readouterr().out
    header, *rows = [line.split(",") for line in file.read_text().splitlines()]
    assert header == ["true", *done.plan.words]
    assert [row[0] for row in rows] == list(done.plan.words)
    assert [[int(count) for count in row[1:]] for row in rows] == last.confusion.tolist()
    assert main(["evaluate", str(tmp_path / "a"), "--confusion", str(tmp_path / "no" / "x.csv")]) == 1
    assert "x.csv: cannot be written (No such file or directory)" in capsys.readouterr().err


def test_the_support_drawn_is_kept_as_a_list_that_can_be_given_back(fast, tmp_path):
    """A run given the list of another run's seed learns from the same clips under its own."""
    assert run_experiment(fast.replaced(out=str(tmp_path / "a"))) is not None
    kept = tmp_path / "a" / "support.txt"
    drawn = prepare(fast).plan.sessions[1].support
    again = prepare(fast.replaced(seed=7, support=str(kept))).plan.sessions[1].support
    assert sorted(drawn.tolist()) == sorted(again.tolist())
    assert sorted(prepare(fast.replaced(seed=7)).plan.sessions[1].support.tolist()) != sorted(drawn.tolist())


def test_other_base_words_than_trained_on_are_refused(fast, tmp_path, capsys):
    """A seed that shuffles the classes anew would score an encoder on words it was not trained for."""
    assert run_experiment(fast.replaced(out=str(tmp_path / "a"), class_order="seed")) is not None
    assert main(["evaluate", str(tmp_path / "a"), "--seed", "2"]) == 1
    assert "was trained on other base words" in capsys.readouterr().err


def test_a_checkpoint_of_other_speech_is_refused(fast, tmp_path, write_tones):
    """Figures on other clips than the base was trained beside would mean nothing."""
    run_experiment(fast.replaced(out=str(tmp_path / "run")))
    write_tones(tmp_path / "other", 6, 11, 2)
    with pytest.raises(TrainingError, match="was trained on other speech"):
        load_trained(tmp_path / "run" / FINAL, {"data": str(tmp_path / "other")})


@pytest.mark.parametrize("method", ["calibrated", "finetune", "joint"])
def test_other_methods_run_to_the_end(fast, method):
    """Each kind of method gives a score after every session; chosen strengths are part of what is logged."""
    done = run_experiment(fast.replaced(method=method, finetune_steps=2, draws=2))
    assert done is not None
    assert len(done.scores) == 2
    assert (done.choice is not None) == (method == "calibrated") == isinstance(done.fitted, Calibrated)
    assert (done.draws is not None) == (method == "calibrated")


@pytest.mark.slow
def test_a_compiled_run_ends_and_opens_without_the_compiler(fast, tmp_path):
    """--compile changes how it is computed, not what is kept."""
    done = run_experiment(fast.replaced(compile=True, out=str(tmp_path / "compiled")))
    assert done is not None
    _, _, opened = load_trained(tmp_path / "compiled" / "final.pt", {"compile": "false"})
    kept = parameters_to_vector(opened.encoder.parameters())
    assert torch.equal(kept, parameters_to_vector(done.trained.encoder.parameters()))


def test_clips_on_the_device_give_the_same_figures(fast):
    """Where the clips lie changes nothing: the same scores and weights bit for bit."""
    from_disk, on_device = run_experiment(fast), run_experiment(fast.replaced(data_on_device=True))
    assert from_disk is not None and on_device is not None
    first, second = from_disk.trained.encoder.state_dict(), on_device.trained.encoder.state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert researcher_arrays(from_disk.scores) == researcher_arrays(on_device.scores)


def test_recorded_noise_is_used(fast, tmp_path):
    """Recordings of a second or more, at any rate, scaled to a largest sample of 1; an empty folder is an error."""
    import soundfile

    soundfile.write(tmp_path / "hum.wav", 0.1 * torch.sin(torch.arange(20_000) / 5).numpy(), 8_000)
    noise = open_noise(str(tmp_path))
    assert noise is not None
    assert noise.numel() == 40_000
    assert float(noise.abs().max()) == pytest.approx(1.0)
    assert run_experiment(fast.replaced(noise_dir=str(tmp_path), noise_prob=1)) is not None
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="holds no recording of a second or more"):
        open_noise(str(tmp_path / "none"))


def test_wrong_input_gives_one_line_and_the_right_exit_code(fast, capsys, monkeypatch):
    """1 for what failed, 2 for wrong usage; the message says what to do; no traceback."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    cases = [
        (words_of(fast.replaced(device="cuda")), 1, "device=cuda, but no CUDA GPU is usable here"),
        (words_of(fast.replaced(base_classes=9)), 1, "need 11 words, but the set has 6"),
        (["train", "--data", "/nowhere"], 1, "/nowhere: no such folder; give a keyword set"),
        (["train", "--lr-bas", "1"], 2, "Closest: lr_base"),
        (["tran"], 2, "'tran' is no command; allowed: train, evaluate, compare, data"),
        (["evaluate"], 2, ""),
        (["evaluate", "/nowhere"], 1, "no such checkpoint"),
        (["data", "synth", "--wav"], 2, "--out needs a folder"),
        (["data", "synth", "--out", "x", "--clips", "3"], 2, "unknown option 'clips'"),
        ([], 2, ""),
    ]
    for words, code, text in cases:
        assert main(words) == code, words
        captured = capsys.readouterr()
        assert text in captured.err, words
        assert "Traceback" not in captured.err


def test_help_lists_every_option(capsys):
    """Usage, options of train, and the help of the other commands end with 0."""
    assert main(["--help"]) == 0
    assert main(["train", "--help"]) == 0
    text = capsys.readouterr().out
    assert "--lr-base" in text
    assert "--from-command" in text
    assert main(["data", "synth", "--help"]) == 0
    assert main(["evaluate", "--help"]) == 0


def test_an_older_command_is_shown_in_todays_options(capsys):
    """--from-command with --show prints the command, and the report on stderr."""
    assert main(["train", "--from-command", "python train.py base -lr_base 0.3 -lpc_loss 1", "--show"]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip() == "python -m fskws train --lr-base 0.3 --method avg_cos"
    assert "no method given: method avg_cos, as the older script did" in captured.err
    assert "lpc_loss 1: no counterpart" in captured.err


def test_a_terminated_run_resumes_to_the_same_end(quick, tmp_path):
    """SIGTERM in a child process: exit code 143, a checkpoint; with --resume the figures of an uninterrupted run."""
    config = quick.replaced(tau=0.25, epochs_base=4, out=str(tmp_path / "a"))
    child = subprocess.Popen(
        command(*words_of(config)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    metrics = tmp_path / "a" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while not (metrics.exists() and metrics.read_text().count("\n") > 2) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGTERM)
    _, messages = child.communicate(timeout=120)
    assert child.returncode == 143, messages
    assert "go on with the same command and --resume true" in messages
    resumed = run_experiment(config.replaced(resume=True))
    whole = run_experiment(config.replaced(out=str(tmp_path / "b")))
    assert resumed is not None and whole is not None
    assert researcher_arrays(resumed.scores) == researcher_arrays(whole.scores)
    first, second = (torch.load(tmp_path / name / FINAL)["encoder"] for name in "ab")
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_light_modules_stay_light():
    """Settings, runs and the command's help load neither torch nor numpy."""
    code = (
        "import sys, fskws.config, fskws.runs, fskws.older_commands, fskws.__main__ as m; m.main(['train', '--help']);"
        "assert not {'torch', 'numpy', 'librosa', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
