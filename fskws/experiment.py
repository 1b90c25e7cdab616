"""One run from settings to the four arrays: open the speech, train the base, learn the sessions, score, log.

Test clips are opened here, after training has ended, and are handed to evaluation only.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fskws import audio, dataset, synth
from fskws.checkpoint import FINAL, load_checkpoint, save_checkpoint
from fskws.classifier import CosineClassifier
from fskws.config import TrainConfig, canonical_option
from fskws.devices import keep_freed_memory, open_device, set_threads
from fskws.errors import DataError, DeviceError, FskwsError, TrainingError
from fskws.evaluate import DrawScores, SessionScore, interval, repeated_draws, run_sessions
from fskws.features import LogMel
from fskws.methods import CALIBRATION_PARTS, Calibrated, Labelled, Method, Strengths, make_method
from fskws.runs import write_aside
from fskws.selection import Choice, choose_strengths, grid, pseudo_novel_episodes
from fskws.sessions import ClipNumbers, Plan, make_plan
from fskws.train import BaseTraining, Clips, EpochReport, TrainedBase, embed, make_encoder

Say = Callable[[str], None]

#: Support clips of all sessions beside a trained base, one path a line: what `--support` takes.
SUPPORT_LIST = "support.txt"


@dataclass(frozen=True)
class Experiment:
    """What a run left.

    Attributes: choice: the calibration strengths chosen on pseudo-novel classes, where the method has such.
        draws: figures of repeated support draws, with `draws` above 1.
    """

    config: TrainConfig
    plan: Plan
    trained: TrainedBase
    fitted: Method
    scores: tuple[SessionScore, ...]
    choice: Choice | None
    draws: DrawScores | None
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


def open_noise(folder: str) -> torch.Tensor | None:
    """Noise recordings one after another, largest sample 1: (n,) float32; None without a folder.

    Raises: DataError: no such folder, or no recording of at least one second in it.
    """
    if not folder:
        return None
    path = Path(folder)
    files = sorted(file for file in path.glob("*") if file.suffix.lower() in audio.AUDIO_SUFFIXES)
    recordings = []
    for file in files:
        samples = audio.resample(*audio.decode(file))
        if samples.size >= audio.CLIP_SAMPLES and np.abs(samples).max() > 0:
            recordings.append(samples / np.abs(samples).max())
    if not recordings:
        raise DataError(f"noise_dir={folder}: holds no recording of a second or more (wav, flac, ogg)")
    return torch.from_numpy(np.concatenate(recordings))


@dataclass(frozen=True)
class Prepared:
    """Speech, its parts and its protocol, ready to train on.

    Attributes: on_device: (n, n_samples) int16, the set's clips on the device; None: they are read from the disk's
    array.
    """

    keywords: dataset.KeywordSet
    splits: dataset.Splits
    plan: Plan
    on_device: torch.Tensor | None = None

    def part(self, numbers: ClipNumbers) -> Clips:
        """Those clips as a part with the plan's class ids."""
        samples = self.keywords.clips if self.on_device is None else self.on_device
        return Clips(samples, numbers, torch.from_numpy(self.plan.class_of[numbers]), self.keywords.files)

    def moved_to(self, device: torch.device) -> Prepared:
        """The same with all clips on the device. Raises: DeviceError: its memory does not hold them."""
        try:
            on_device = torch.from_numpy(np.array(self.keywords.clips)).to(device)
        except torch.OutOfMemoryError as error:
            size_gb = self.keywords.clips.nbytes / 2**30
            raise DeviceError(
                f"data_on_device: {device} has no room for {size_gb:.1f} GiB of clips; leave the option out"
            ) from error
        return replace(self, on_device=on_device)


def prepare(config: TrainConfig, say: Say = lambda _: None) -> Prepared:
    """Opens the speech and makes the plan. Raises: DataError, ConfigError."""
    keywords = open_speech(config, say)
    speaker_file = Path(config.data.splits) if config.data.splits else None
    splits = dataset.split_by_speaker(keywords, speaker_file)
    return Prepared(keywords, splits, make_plan(keywords, splits, config.protocol, config.seed))


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
    keep_freed_memory()
    prepared = prepare(config, say)
    if config.data_on_device:
        prepared = prepared.moved_to(device)
    run = open_run(config)
    keep_hashes(prepared)
    say(describe(prepared, config, device, threads))
    training = base_training(config, prepared, device, folder=run.checkpoints, log=run.log)
    if not training.run(report, stop):
        return None
    trained = training.trained()
    if run.checkpoints:
        save_trained(run.checkpoints / FINAL, config, prepared, trained)
    return evaluate_trained(
        config, prepared, trained, device, say=say, log=run.log, report_session=report_session, started=started
    )


def base_training(
    config: TrainConfig,
    prepared: Prepared,
    device: torch.device,
    *,
    folder: Path | None = None,
    log: Callable[..., None] | None = None,
) -> BaseTraining:
    """Base training on train and validation clips; for the joint bound on all classes' training clips."""
    plan, keywords = prepared.plan, prepared.keywords
    numbers, n_classes = plan.sessions[0].support, plan.n_base
    if config.method.method == "joint":
        n_classes = len(plan.words)
        per_class = len(numbers) // plan.n_base
        supports = [np.tile(session.support, max(1, per_class // plan.k_shot)) for session in plan.sessions[1:]]
        numbers = np.concatenate([numbers, *supports])
    return BaseTraining(
        config,
        prepared.part(numbers),
        prepared.part(plan.clips_of(prepared.splits.validation, range(plan.n_base))),
        device,
        noise=open_noise(config.data.noise_dir),
        folder=folder,
        log=log,
        data_fingerprint=keywords.fingerprint,
        n_classes=n_classes,
    )


class Embedder:
    """Clip numbers -> what a method sees of them, under the trained encoder."""

    def __init__(self, prepared: Prepared, trained: TrainedBase, device: torch.device) -> None:
        self.prepared, self.trained, self.device = prepared, trained, device
        self.front_end = LogMel().to(device)

    def __call__(self, numbers: ClipNumbers, *, log_mel: bool = False) -> Labelled:
        """(n,) clip numbers -> embeddings, class ids and, if asked for, spectra."""
        clips = self.prepared.part(numbers)
        spectra = None
        if log_mel:
            starts = range(0, len(clips), 256)
            spectra = torch.cat([self.front_end(clips.waveforms(slice(s, s + 256), self.device)).cpu() for s in starts])
        return Labelled(embed(self.trained.encoder, self.front_end, clips, self.device), clips.labels, spectra)


def evaluate_trained(
    config: TrainConfig,
    prepared: Prepared,
    trained: TrainedBase,
    device: torch.device,
    *,
    say: Say = lambda _: None,
    log: Callable[..., None] = lambda **_: None,
    report_session: Callable[[SessionScore], None] | None = None,
    started: float | None = None,
) -> Experiment:
    """Fits the method on base clips, learns the sessions, and only then opens the test clips."""
    started = time.monotonic() if started is None else started
    plan, splits = prepared.plan, prepared.splits
    embedder = Embedder(prepared, trained, device)
    train = embedder(plan.sessions[0].support)
    method = make_method(config.method, trained.encoder, trained.head)
    choice = None
    if isinstance(method, Calibrated):
        validation = embedder(plan.clips_of(splits.validation, range(plan.n_base)))
        choice = choose_for(config, train, validation)
        say(f"calibration: {describe_strengths(choice.strengths)}")
        log(**{f"chosen_{name}": value for name, value in strength_values(choice.strengths).items()})
        method = replace(method, strengths=choice.strengths)
    fitted = method.fit_base(train)
    spectra = method.needs_log_mel
    supports = [embedder(session.support, log_mel=spectra) for session in plan.sessions[1:]]
    test = embedder(plan.clips_of(splits.test, range(len(plan.words))), log_mel=spectra)
    scores = run_sessions(fitted, plan, supports, test)
    for score in scores:
        log(**score.row())
        if report_session:
            report_session(score)
    draws = None
    if config.draws > 1 and not spectra and config.method.method != "joint" and len(plan.sessions) > 1:
        pool = embedder(plan.clips_of(splits.train, range(plan.n_base, len(plan.words))))
        draws = repeated_draws(fitted, plan, pool, test, draws=config.draws, seed=config.seed)
        last = {name: interval(draws.last(name)) for name in ("accuracy", "seen", "unseen", "harmonic_mean")}
        log(**{f"draws_{name}_{part}": getattr(value, part) for name, value in last.items() for part in ("mean", "sd")})
        for name, value in last.items():
            say(f"{name.replace('_', ' ')} after the last session, {config.draws} support draws: {value}")
    return Experiment(config, plan, trained, fitted, tuple(scores), choice, draws, time.monotonic() - started)


def choose_for(config: TrainConfig, train: Labelled, validation: Labelled) -> Choice:
    """Strengths of the method's calibration parts: those given, the others chosen on pseudo-novel base classes."""
    settings = config.method
    parts = CALIBRATION_PARTS[settings.method]

    def tried(name: str, neutral: float | None, values: Sequence[float]) -> list[Any]:
        given = getattr(settings, name)
        if name not in parts:
            return [neutral]
        return list(values) if given == -1 else [given]

    candidates = [
        replace(strengths, teen_tau=settings.teen_tau)
        for strengths in grid(
            tried("tukey_power", 1.0, (1.0, 0.85, 0.7, 0.5)),
            tried("teen_alpha", 0.0, (0.0, 0.1, 0.2, 0.3, 0.5)),
            tried("lda_shrinkage", None, (0.8, 0.5, 0.3, 0.1, 0.03)),
            tried("base_bias", 0.0, (0.0, 0.02, 0.05, 0.1, 0.2)),
        )
    ]
    if len(candidates) == 1:
        return Choice(candidates[0], {})
    n_base = int(train.labels.max()) + 1
    n_novel = min(max(1, n_base // 3), config.protocol.n_way * max(1, config.protocol.sessions - 1))
    episodes = pseudo_novel_episodes(
        train, validation, config.protocol.k_shot, n_novel=n_novel, episodes=10, seed=config.seed
    )
    return choose_strengths(candidates, episodes, config.encoder.temperature)


def strength_values(strengths: Strengths) -> dict[str, float]:
    """The strengths that do something, by option name."""
    values = {
        "tukey_power": strengths.tukey_power if strengths.tukey_power != 1 else None,
        "teen_alpha": strengths.teen_alpha or None,
        "lda_shrinkage": strengths.lda_shrinkage,
        "base_bias": strengths.base_bias or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def describe_strengths(strengths: Strengths) -> str:
    """One line."""
    return ", ".join(f"{name} {value:g}" for name, value in strength_values(strengths).items()) or "none"


def save_trained(path: Path, config: TrainConfig, prepared: Prepared, trained: TrainedBase) -> None:
    """The trained base with all that evaluation needs to repeat itself: settings, words, support clips, data hash."""
    plan, keywords = prepared.plan, prepared.keywords
    state = {
        "options": config.to_options(),
        "data": keywords.fingerprint,
        "words": list(plan.words),
        "supports": [keywords.files[session.support].tolist() for session in plan.sessions[1:]],
        "encoder": trained.encoder.state_dict(),
        "head": trained.head.state_dict(),
    }
    save_checkpoint(path, state)
    listed = "".join(f"{file}\n" for files in state["supports"] for file in files)
    try:
        write_aside(path.with_name(SUPPORT_LIST), listed.encode())
    except OSError as error:
        raise TrainingError(f"{path.with_name(SUPPORT_LIST)}: cannot be written ({error}); free the disk") from error


def load_trained(path: Path, options: Mapping[str, str]) -> tuple[TrainConfig, Prepared, TrainedBase]:
    """A trained base, its settings with some options changed, and its speech.

    Raises: TrainingError: no such checkpoint, or the speech is not what it was trained on. ConfigError: see
    `TrainConfig`.
    """
    state = load_checkpoint(path)
    if missing := {"options", "words", "data", "encoder", "head"} - set(state):
        raise TrainingError(f"{path}: holds no trained base ({', '.join(sorted(missing))} missing); give a {FINAL}")
    config = TrainConfig.from_options(state["options"] | {canonical_option(k): v for k, v in options.items()})
    prepared = prepare(config)
    if prepared.keywords.fingerprint != state["data"]:
        raise TrainingError(
            f"{path}: was trained on other speech ({state['data']}); give the same keyword set as --data"
        )
    n_base = prepared.plan.n_base
    if list(prepared.plan.words[:n_base]) != list(state["words"][:n_base]):
        raise TrainingError(
            f"{path}: was trained on other base words (first {state['words'][0]!r}, here {prepared.plan.words[0]!r}); "
            "leave class_order, base_classes and seed as they were"
        )
    encoder = make_encoder(config)
    head = CosineClassifier(encoder.dim, len(state["head"]["weight"]), config.encoder.temperature)
    encoder.load_state_dict(state["encoder"])
    head.load_state_dict(state["head"])
    device = open_device(config.device)
    return config, prepared, TrainedBase(encoder.to(device).eval(), head.to(device).eval(), ())


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


def keep_hashes(prepared: Prepared) -> None:
    """Keeps with the run which speech it is trained on and by which code it is scored."""
    from fskws import evaluate, runs, sessions

    directory = runs.current_run()
    if directory is None:
        return
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in (evaluate, sessions))
    runs.keep_hashes(directory, {"data": prepared.keywords.fingerprint, "evaluator": hashlib.sha256(code).hexdigest()})


def _logger(log: Any) -> Callable[..., None]:
    def write(step: int | None = None, **values: Any) -> None:
        log.log(step=step, **values)

    return write


def describe(prepared: Prepared, config: TrainConfig, device: torch.device, threads: int) -> str:
    """What is about to run, in a few lines."""
    keywords, splits, plan = prepared.keywords, prepared.splits, prepared.plan
    speakers = len(set(keywords.speakers.tolist()))
    where = f"{device}, {threads} threads" if device.type == "cpu" else str(device)
    return (
        f"{len(keywords)} clips, {len(keywords.words)} words, {speakers} speakers; train/validation/test "
        f"{len(splits.train)}/{len(splits.validation)}/{len(splits.test)} by {splits.how}\n"
        f"base session: {plan.n_base} words, {len(plan.sessions[0].support)} clips; then {len(plan.sessions) - 1} "
        f"sessions of {plan.n_way}-way {plan.k_shot}-shot, {config.method.method}\n"
        f"BC-ResNet tau {config.encoder.tau:g}, {config.optim.epochs_base} epochs on {where}"
    )
