"""The training loop: seeds, exact resume, checkpoints, non-finite losses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from fskws.checkpoint import BEST, LAST, load_checkpoint, save_checkpoint
from fskws.config import TrainConfig
from fskws.dataset import split_by_speaker
from fskws.errors import TrainingError
from fskws.experiment import Prepared, base_training
from fskws.sessions import make_plan
from fskws.train import BaseTraining, learning_rate

CPU = torch.device("cpu")


@pytest.fixture
def tiny(quick):
    """Two epochs at the smallest width, all kinds of state in use: dropout, augmentation, momentum, average."""
    return quick.replaced(tau=0.25, epochs_base=2, noise_prob=0.5, shift_ms=50, ema=0.9, spec_aug=3, k_shot=2)


def training(config: TrainConfig, tones, folder=None, log=None) -> BaseTraining:
    """A fresh training over the tones."""
    splits = split_by_speaker(tones)
    prepared = Prepared(tones, splits, make_plan(tones, splits, config.protocol, config.seed))
    return base_training(config, prepared, CPU, folder=folder, log=log)


def weights(done: BaseTraining) -> dict[str, torch.Tensor]:
    """Everything that training changed."""
    kept = done.trained()
    return {f"{part}.{k}": v for part in ("encoder", "head") for k, v in getattr(kept, part).state_dict().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_one_seed_repeats_bit_for_bit_and_two_differ(tiny, tones):
    """The same settings give the same weights and losses; another seed gives others."""
    runs = []
    for seed in (1, 1, 2):
        losses = []
        done = training(tiny.replaced(seed=seed), tones, log=lambda losses=losses, **row: losses.append(row))
        assert done.run()
        runs.append((weights(done), [row["loss"] for row in losses if "loss" in row]))
    assert runs[0][1] == runs[1][1]
    assert same(runs[0][0], runs[1][0])
    assert not same(runs[0][0], runs[2][0])


@pytest.mark.parametrize("stop_after", [1, 4, 5])
def test_a_resumed_run_equals_the_uninterrupted_one(tiny, tones, tmp_path, stop_after):
    """Stopped inside an epoch, at its end or early in the next, and resumed: the same weights bit for bit."""
    whole = training(tiny, tones)
    assert whole.run()
    assert whole.steps_per_epoch == 4
    steps = itertools.count(1)
    interrupted = training(tiny, tones, folder=tmp_path)
    assert not interrupted.run(stop=lambda: next(steps) == stop_after)
    torch.manual_seed(999)  # whatever happened in between
    resumed = training(tiny.replaced(resume=True, out=str(tmp_path)), tones, folder=tmp_path)
    assert resumed.epoch * 4 + resumed.step_in_epoch == stop_after
    assert resumed.run()
    assert same(weights(whole), weights(resumed))
    assert [vars(r) | {"seconds": 0} for r in whole.reports] == [vars(r) | {"seconds": 0} for r in resumed.reports]


def test_resuming_with_other_settings_or_without_a_checkpoint_is_refused(tiny, tones, tmp_path):
    """The message names the settings that differ."""
    with pytest.raises(TrainingError, match=r"last.pt: no such checkpoint; train first"):
        training(tiny.replaced(resume=True), tones, folder=tmp_path)
    done = training(tiny.replaced(epochs_base=1), tones, folder=tmp_path)
    assert done.run()
    with pytest.raises(TrainingError, match=r"was written with other settings \(lr_base\)"):
        training(tiny.replaced(epochs_base=1, lr_base=0.5, resume=True), tones, folder=tmp_path)
    (tmp_path / LAST).write_bytes(b"torn")
    with pytest.raises(TrainingError, match="cannot be read as a checkpoint"):
        training(tiny.replaced(epochs_base=1, resume=True), tones, folder=tmp_path)


def test_checkpoints_are_whole_or_not_there(tmp_path):
    """A failing write leaves the former checkpoint and no leftovers."""
    save_checkpoint(tmp_path / "a.pt", {"step": 1})
    with pytest.raises(AttributeError):
        save_checkpoint(tmp_path / "a.pt", {"step": lambda: None})
    assert load_checkpoint(tmp_path / "a.pt") == {"step": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.pt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        save_checkpoint(tmp_path / "file" / "a.pt", {})


def test_a_non_finite_loss_stops_the_run_and_names_the_clip(tiny, tones, tmp_path):
    """One poisoned clip is found among its batch; the last good checkpoint is named and intact."""
    done = training(tiny.replaced(noise_prob=0, shift_ms=0, spec_aug=0), tones, folder=tmp_path)
    rows = iter(range(100))
    assert not done.run(stop=lambda: next(rows) == 3)
    poisoned = 5
    done.spectra[poisoned, 3, 7] = float("nan")
    with pytest.raises(TrainingError) as caught:
        done.run()
    text = str(caught.value)
    name = str(tones.files[done.train.numbers[poisoned]])
    assert "loss nan at step" in text
    assert f"clips: {name}; look at these files" in text
    assert f"the last good checkpoint is {tmp_path / LAST}" in text
    assert all(torch.isfinite(v).all() for v in load_checkpoint(tmp_path / LAST)["encoder"].values())


def test_broken_weights_are_told_from_broken_clips(tiny, tones):
    """When every clip is affected the message says to lower the learning rate."""
    done = training(tiny, tones)
    with torch.no_grad():
        done.head.weight.fill_(float("inf"))
    with pytest.raises(TrainingError, match="the weights are already broken; lower lr_base or set clip_grad"):
        done.run()


def test_best_weights_are_those_of_the_best_validation_epoch(tiny, tones, tmp_path):
    """With `select best` the kept weights are the ones that stood when validation was highest."""
    done = training(tiny.replaced(select="best", epochs_base=3), tones, folder=tmp_path)
    done.run()
    best = max(done.reports, key=lambda report: report.validation_accuracy)
    state = load_checkpoint(tmp_path / BEST)
    assert state["epoch"] == best.epoch
    kept = done.trained()
    assert all(torch.equal(kept.encoder.state_dict()[key], value) for key, value in state["encoder"].items())


def test_learning_rate_by_hand():
    """Two warm-up epochs of four steps, then half a cosine: the peak, its middle and nearly zero."""
    optim = TrainConfig.from_argv(["--lr", "0.8", "--epochs", "10", "--warmup-epochs", "2"]).optim
    rates = [learning_rate(step, 4, optim) for step in range(40)]
    np.testing.assert_allclose(rates[:9], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8])
    assert rates[24] == pytest.approx(0.4)
    assert 0 < rates[-1] < 0.002
    constant = TrainConfig.from_argv(["--lr", "0.8", "--schedule", "constant"]).optim
    assert {learning_rate(step, 4, constant) for step in (0, 100, 399)} == {0.8}


def test_training_learns(quick, tones):
    """Tones are told apart after a few steps."""
    done = training(quick.replaced(epochs_base=5, optimizer="adamw", lr_base=0.02, shift_ms=0), tones)
    done.run()
    assert done.reports[-1].loss < 0.6 * done.reports[0].loss
    assert done.reports[-1].accuracy > 70
