"""One run from settings to the four arrays: open the speech, train the base, learn the sessions, score, log.

Test clips are opened here, after training has ended, and are handed to evaluation only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fskws import dataset, synth
from fskws.checkpoint import FINAL, save_checkpoint
from fskws.config import TrainConfig
from fskws.devices import open_device, set_threads
from fskws.errors import FskwsError
from fskws.evaluate import SessionScore, run_sessions
from fskws.features import LogMel
from fskws.methods import Labelled, Method, make_method
from fskws.sessions import ClipNumbers, Plan, make_plan
from fskws.train import BaseTraining, Clips, EpochReport, TrainedBase, embed

Say = Callable[[str], None]


@dataclass(frozen=True)
class Experiment:
    """What a run left: its plan, the trained base, the fitted method and the scores after each session."""

    config: TrainConfig
    plan: Plan
    trained: TrainedBase
    fitted: Method
    scores: tuple[SessionScore, ...]
    seconds: float


def open_speech(config: TrainConfig, say: Say) -> dataset.KeywordSet:
    """The keyword set of the settings. Raises: DataError, ConfigError."""
    cache = Path(config.data.cache) if config.data.cache else None
    if config.data.data == "synth":
        words = synth.words_of_option(config.data.words)
        return synth.cached_keyword_set(synth.SynthConfig(words, config.data.clips_per_word, seed=1), cache)
    keywords = dataset.open_keyword_set(Path(config.data.data), cache)
    if keywords.skipped:
        first = keywords.skipped[0]
        total = len(keywords) + len(keywords.skipped)
        say(f"{len(keywords.skipped)} of {total} files were skipped; the first: {first[1]}")
    return keywords


def part_of(keywords: dataset.KeywordSet, plan: Plan, numbers: ClipNumbers) -> Clips:
    """Those clips as a part with the plan's class ids."""
    return Clips(keywords.clips, numbers, torch.from_numpy(plan.class_of[numbers]), keywords.files)


def run_experiment(
    config: TrainConfig,
    *,
    say: Say = lambda _: None,
    report: Callable[[EpochReport], None] | None = None,
    report_session: Callable[[SessionScore], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Experiment | None:
    """Trains and evaluates. Returns: None when `stop()` ended training early (a checkpoint is there to resume from).

    Raises: FskwsError: device, data, settings or training failed; the text says what to do.
    """
    started = time.monotonic()
    device = open_device(config.device)
    threads = set_threads(config.threads)
    keywords = open_speech(config, say)
    speaker_file = Path(config.data.splits) if config.data.splits else None
    splits = dataset.split_by_speaker(keywords, speaker_file)
    plan = make_plan(keywords, splits, config.protocol, config.seed)
    base = range(plan.n_base)
    train = part_of(keywords, plan, plan.sessions[0].support)
    validation = part_of(keywords, plan, plan.clips_of(splits.validation, base))
    run = open_run(config)
    say(describe(keywords, plan, train, config, device, threads))
    training = BaseTraining(
        config,
        train,
        validation,
        device,
        folder=run.checkpoints,
        log=run.log,
        data_fingerprint=keywords.fingerprint,
    )
    if not training.run(report, stop):
        return None
    trained = training.trained()
    fitted, embedded = fit_method(config, keywords, plan, trained, train, device)
    supports = [embedded(session.support) for session in plan.sessions[1:]]
    test = embedded(plan.clips_of(splits.test, range(len(plan.words))))
    scores = run_sessions(fitted, plan, supports, test)
    for score in scores:
        run.log(step=training.epoch * training.steps_per_epoch, **score.row())
        if report_session:
            report_session(score)
    if run.checkpoints:
        state = {
            "options": config.to_options(),
            "data": keywords.fingerprint,
            "words": list(plan.words),
            "supports": [keywords.files[session.support].tolist() for session in plan.sessions[1:]],
            "encoder": trained.encoder.state_dict(),
            "head": trained.head.state_dict(),
        }
        save_checkpoint(run.checkpoints / FINAL, state)
    return Experiment(config, plan, trained, fitted, tuple(scores), time.monotonic() - started)


def fit_method(
    config: TrainConfig,
    keywords: dataset.KeywordSet,
    plan: Plan,
    trained: TrainedBase,
    train: Clips,
    device: torch.device,
) -> tuple[Method, Callable[[ClipNumbers], Labelled]]:
    """The method after the base session, and the function that embeds clips for it."""
    front_end = LogMel().to(device)

    def embedded(numbers: ClipNumbers) -> Labelled:
        clips = part_of(keywords, plan, numbers)
        return Labelled(embed(trained.encoder, front_end, clips, device), clips.labels)

    method = make_method(config.method, config.encoder)
    return method.fit_base(embedded(train.numbers)), embedded


@dataclass(frozen=True)
class OpenRun:
    """Where a run logs and keeps checkpoints; under no run and without `out`: nowhere."""

    log: Callable[..., None]
    checkpoints: Path | None


def open_run(config: TrainConfig) -> OpenRun:
    """The run this process belongs to (a supervisor started it), else the folder of `out`."""
    from fskws import runs

    directory = runs.current_run()
    checkpoints = Path(config.out) if config.out else None
    if directory is not None:
        return OpenRun(_logger(runs.MetricsLog(directory.metrics)), checkpoints or directory.checkpoints)
    if checkpoints is not None:
        try:
            checkpoints.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FskwsError(
                f"out={config.out}: cannot be made ({error.strerror}); give a folder that can be written"
            ) from error
        return OpenRun(_logger(runs.MetricsLog(checkpoints / "metrics.jsonl")), checkpoints)
    return OpenRun(lambda **_: None, None)


def _logger(log: Any) -> Callable[..., None]:
    def write(step: int | None = None, **values: Any) -> None:
        log.log(step=step, **values)

    return write


def describe(
    keywords: dataset.KeywordSet, plan: Plan, train: Clips, config: TrainConfig, device: torch.device, threads: int
) -> str:
    """What is about to run, in a few lines."""
    splits = plan.splits
    speakers = len(set(keywords.speakers.tolist()))
    sizes = np.array([len(splits.train), len(splits.validation), len(splits.test)])
    where = f"{device}, {threads} threads" if device.type == "cpu" else str(device)
    return (
        f"{len(keywords)} clips, {len(keywords.words)} words, {speakers} speakers; train/validation/test "
        f"{sizes[0]}/{sizes[1]}/{sizes[2]} by {splits.how}\n"
        f"base session: {plan.n_base} words, {len(train)} clips; then {len(plan.sessions) - 1} sessions of "
        f"{plan.n_way}-way {plan.k_shot}-shot\n"
        f"BC-ResNet tau {config.encoder.tau:g}, {config.optim.epochs_base} epochs on {where}"
    )
