"""Training of the base session: the one training loop.

It is given training and validation clips. Nothing here has a parameter through which a test clip could come in.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from fskws.augment import changed, draw_changes, spec_augment
from fskws.checkpoint import BEST, LAST, load_checkpoint, save_checkpoint
from fskws.classifier import CosineClassifier
from fskws.config import AugmentConfig, TrainConfig
from fskws.devices import each_on_its_thread
from fskws.encoders import BCResNet
from fskws.errors import TrainingError
from fskws.features import LogMel, few_clips
from fskws.optimizers import AdamW, Optimizer, Sgd
from fskws.seeding import derived_seed, torch_generator

#: Spectra kept in memory where they do not change: 16 kB a clip.
_KEPT_SPECTRA = 40_000

Report = Callable[["EpochReport"], None]
LogRow = Callable[..., None]


@dataclass(frozen=True)
class Clips:
    """Clips of one part with their class ids.

    Attributes: samples: (n_all, n_samples) int16, the whole set. numbers: (n,) rows of `samples` that belong to the
    part.
        labels: (n,) int64 class ids. files: names of all rows of `samples`.
    """

    samples: NDArray[np.int16] | Tensor
    numbers: NDArray[np.int64]
    labels: Tensor
    files: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.numbers)

    def waveforms(self, rows: NDArray[np.int64] | slice, device: torch.device) -> Tensor:
        """Float32 waveforms in -1..1 of some rows of the part: (rows, n_samples)."""
        numbers = self.numbers[rows]
        if isinstance(self.samples, Tensor):  # the whole set lies on the device
            gathered = self.samples[torch.from_numpy(numbers).to(self.samples.device)]
        else:
            gathered = torch.from_numpy(np.asarray(self.samples)[numbers]).to(device, non_blocking=True)
        return gathered.float().mul_(1 / 32768)


@dataclass(frozen=True)
class EpochReport:
    """What one epoch did. loss: mean over clips. accuracy and validation_accuracy in percent."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    validation_accuracy: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class TrainedBase:
    """The encoder after the base session, its head, and the epochs' reports."""

    encoder: BCResNet
    head: CosineClassifier
    epochs: tuple[EpochReport, ...]


def learning_rate(step: int, steps_per_epoch: int, config: Any) -> float:
    """Linear warm-up to lr_base, then a cosine to zero over the remaining steps, or constant. config: OptimConfig."""
    warmup = round(config.warmup_epochs * steps_per_epoch)
    if step < warmup:
        return float(config.lr_base * (step + 1) / warmup)
    if config.schedule == "constant":
        return float(config.lr_base)
    total = config.epochs_base * steps_per_epoch
    return float(config.lr_base * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup))))


class BaseTraining:
    """The state of base training, step by step: build, `run`, take `trained`.

    Args: config: all settings. train, validation: the base classes' clips. n_classes: of the head, default the base
    classes.
        noise: recorded noise or None.
        folder: where checkpoints go; None: none are written. log: called with step=... and numbers, once a step and
        epoch.
    Raises: TrainingError: `resume` without a fitting checkpoint.
    """

    def __init__(
        self,
        config: TrainConfig,
        train: Clips,
        validation: Clips,
        device: torch.device,
        *,
        noise: Tensor | None = None,
        folder: Path | None = None,
        log: LogRow | None = None,
        data_fingerprint: str = "",
        n_classes: int | None = None,
    ) -> None:
        self.config, self.train, self.validation, self.device = config, train, validation, device
        self.noise = noise if noise is None else noise.to(device)
        self.folder, self.log, self.data_fingerprint = folder, log or _no_log, data_fingerprint
        n_classes = n_classes or config.protocol.base_classes
        torch.manual_seed(derived_seed(config.seed, "weights and dropout"))
        self.front_end = LogMel().to(device)
        self.encoder = make_encoder(config).to(device)
        self.head = CosineClassifier(self.encoder.dim, n_classes, config.encoder.temperature).to(device)
        self.parameters = [*self.encoder.parameters(), *self.head.parameters()]
        self.optimizer = _make_optimizer(self.parameters, config)
        self.average = copy.deepcopy(nn.ModuleList([self.encoder, self.head])) if config.optim.ema else None
        self.steps_per_epoch = math.ceil(len(train) / config.optim.batch_size_base)
        if len(train) % config.optim.batch_size_base == 1:
            self.steps_per_epoch -= 1  # batch normalisation cannot use a batch of one clip
        self.epoch, self.step_in_epoch = 0, 0
        self.loss_sum, self.correct, self.seen = 0.0, 0, 0
        self.reports: list[EpochReport] = []
        self.best_accuracy = -1.0
        # Without waveform augmentation a clip's spectrum is the same in every epoch: it is made once.
        still = config.augment.shift_ms == 0 and config.augment.noise_prob == 0
        self.spectra = self._all_spectra(train) if still and len(train) <= _KEPT_SPECTRA else None
        self.validation_spectra = self._all_spectra(validation) if 0 < len(validation) <= _KEPT_SPECTRA else None
        self.forward = torch.compile(self.encoder) if config.optim.compile else self.encoder
        if config.resume:
            self._resume()

    # ------------------------------------------------------------------------------------------------------- running

    def run(self, report: Report | None = None, stop: Callable[[], bool] = lambda: False) -> bool:
        """Trains to the end, or until `stop()` is true after a step (a checkpoint is then written). Returns: whether
        it ended.
        """
        epochs = self.config.optim.epochs_base
        while self.epoch < epochs:
            started = time.monotonic()
            for rows in self._batches():
                self._step(rows)
                if stop() and not (self.epoch == epochs - 1 and self.step_in_epoch == self.steps_per_epoch):
                    self.save(LAST)
                    return False
            self._end_epoch(time.monotonic() - started, report)
        return True

    def trained(self) -> TrainedBase:
        """The weights kept: the last, their moving average with `ema`, or the best on validation with `select best`."""
        encoder, head = self._kept()
        if self.config.optim.select == "best" and self.folder and (self.folder / BEST).is_file():
            state = load_checkpoint(self.folder / BEST)
            encoder.load_state_dict(state["encoder"])
            head.load_state_dict(state["head"])
        return TrainedBase(encoder.eval(), head.eval(), tuple(self.reports))

    def _kept(self) -> tuple[BCResNet, CosineClassifier]:
        if self.average is None:
            return self.encoder, self.head
        encoder, head = self.average
        assert isinstance(encoder, BCResNet) and isinstance(head, CosineClassifier)
        return encoder, head

    def _batches(self) -> Iterator[NDArray[np.int64]]:
        """The epoch's remaining batches: its order follows from (seed, epoch), so a position is all a checkpoint
        keeps.
        """
        order = torch.randperm(
            len(self.train), generator=torch_generator(self.config.seed, "batch order", self.epoch)
        ).numpy()
        size = self.config.optim.batch_size_base
        for batch in range(self.step_in_epoch, self.steps_per_epoch):
            yield order[batch * size : (batch + 1) * size]

    def _step(self, rows: NDArray[np.int64]) -> None:
        config = self.config
        step = self.epoch * self.steps_per_epoch + self.step_in_epoch
        rate = learning_rate(step, self.steps_per_epoch, config.optim)
        self.optimizer.lr = rate
        self.encoder.train()
        draws = torch_generator(config.seed, "augmentation", self.epoch, self.step_in_epoch)
        log_mel = self._log_mel(rows, config.augment, draws)
        labels = self.train.labels[torch.from_numpy(rows)].to(self.device)
        with self._autocast():
            logits = self.head(self.forward(log_mel))
        loss = functional.cross_entropy(logits.float(), labels)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        largest = config.optim.clip_grad or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, largest, foreach=True)
        loss_value, norm_value = torch.stack([loss.detach(), norm]).tolist()
        if not (math.isfinite(loss_value) and math.isfinite(norm_value)):
            self._stop_for_non_finite(step, loss_value, norm_value, log_mel, logits, rows)
        self.optimizer.step()
        if self.average is not None:
            _update_average(self.average, nn.ModuleList([self.encoder, self.head]), config.optim.ema, step)
        self.step_in_epoch += 1
        self.loss_sum += loss_value * len(rows)
        self.correct += int((logits.argmax(1) == labels).sum())
        self.seen += len(rows)
        self.log(step=step, loss=loss_value, lr=rate)

    def _log_mel(self, rows: NDArray[np.int64], augment: AugmentConfig, draws: torch.Generator) -> Tensor:
        with torch.no_grad():
            if self.spectra is not None:
                return spec_augment(self.spectra[torch.from_numpy(rows).to(self.device)], augment, draws)
            made = augmented_spectra(self.front_end, self.train, rows, augment, self.noise, draws, self.device)
            return spec_augment(made, augment, draws)

    def _all_spectra(self, clips: Clips) -> Tensor:
        with torch.no_grad():
            starts = range(0, len(clips), 256)
            return torch.cat([self.front_end(clips.waveforms(slice(s, s + 256), self.device)) for s in starts])

    def _validation_accuracy(self) -> float:
        """Percent of validation clips that the kept weights name right, from counts; nan without clips."""
        if not len(self.validation):
            return float("nan")
        encoder, head = self._kept()
        with torch.inference_mode():
            if self.validation_spectra is None:
                embeddings = embed(encoder, self.front_end, self.validation, self.device)
            else:
                encoder.eval()
                embeddings = torch.cat([encoder(part) for part in torch.split(self.validation_spectra, 256)])
            right = head(embeddings.to(self.device)).argmax(1).cpu() == self.validation.labels
        return 100 * int(right.sum()) / len(self.validation)

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self.config.optim.bf16:
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return contextlib.nullcontext()

    def _end_epoch(self, seconds: float, report: Report | None) -> None:
        validation = self._validation_accuracy()
        done = EpochReport(
            epoch=self.epoch + 1,
            epochs=self.config.optim.epochs_base,
            loss=self.loss_sum / self.seen,
            accuracy=100 * self.correct / self.seen,
            validation_accuracy=validation,
            learning_rate=self.optimizer.lr,
            seconds=seconds,
        )
        self.reports.append(done)
        self.epoch, self.step_in_epoch = self.epoch + 1, 0
        self.loss_sum, self.correct, self.seen = 0.0, 0, 0
        self.log(
            step=self.epoch * self.steps_per_epoch - 1,
            epoch=done.epoch,
            train_accuracy=done.accuracy,
            val_accuracy=validation,
        )
        if validation > self.best_accuracy:
            self.best_accuracy = validation
            if self.config.optim.select == "best":
                self.save(BEST)
        every = self.config.checkpoint_every
        if (every and self.epoch % every == 0) or self.epoch == self.config.optim.epochs_base:
            self.save(LAST)
        if report:
            report(done)

    def _stop_for_non_finite(
        self, step: int, loss: float, norm: float, log_mel: Tensor, logits: Tensor, rows: NDArray[np.int64]
    ) -> None:
        """A NaN in one clip spreads through batch normalisation: each clip is tried alone before it is named."""
        bad = ~torch.isfinite(log_mel).flatten(1).all(1)
        if not bad.any():
            self.encoder.eval()
            with torch.no_grad():
                bad = ~torch.isfinite(self.head(self.encoder(log_mel))).all(1)
        if not bad.any():
            bad = ~torch.isfinite(logits).all(1)
        names = [str(self.train.files[self.train.numbers[row]]) for row in rows[bad.cpu().numpy()]]
        if not names or len(names) == len(rows):
            first = ", ".join(self._names(rows)[:3])
            named = f"all {len(rows)} clips of the batch are affected ({first}, ...): the weights are already broken; "
            named += "lower lr_base or set clip_grad"
        else:
            named = f"clips: {', '.join(names[:10])}" + (f" and {len(names) - 10} more" if len(names) > 10 else "")
            named += "; look at these files, or lower lr_base"
        what = f"loss {loss}" if not math.isfinite(loss) else f"gradient norm {norm}"
        kept = (
            f"; the last good checkpoint is {self.folder / LAST}"
            if self.folder and (self.folder / LAST).is_file()
            else ""
        )
        self.log(step=step, loss=loss)
        raise TrainingError(f"{what} at step {step} (epoch {self.epoch + 1}); {named}{kept}")

    def _names(self, rows: NDArray[np.int64]) -> list[str]:
        return [str(self.train.files[number]) for number in self.train.numbers[rows]]

    # --------------------------------------------------------------------------------------------------- checkpoints

    def save(self, name: str) -> None:
        """Writes the whole state as checkpoint `name`; nothing without a folder."""
        if self.folder is None:
            return
        encoder, head = self._kept() if name == BEST else (self.encoder, self.head)
        state: dict[str, Any] = {
            "options": self.config.to_options(),
            "data": self.data_fingerprint,
            "encoder": encoder.state_dict(),
            "head": head.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict() if self.average is not None else None,
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "loss_sum": self.loss_sum,
            "correct": self.correct,
            "seen": self.seen,
            "best_accuracy": self.best_accuracy,
            "reports": [vars(report) for report in self.reports],
            "rng_cpu": torch.get_rng_state(),
            "rng_device": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }
        save_checkpoint(self.folder / name, state)

    def _resume(self) -> None:
        if self.folder is None:
            raise TrainingError("resume needs --out, the folder of the interrupted run's checkpoints")
        state = load_checkpoint(self.folder / LAST)
        differs = _differing_options(state["options"], self.config.to_options())
        if differs or state["data"] != self.data_fingerprint:
            what = ", ".join(differs) or "the keyword set"
            raise TrainingError(
                f"{self.folder / LAST}: was written with other settings ({what}); resume with the same ones"
            )
        self.encoder.load_state_dict(state["encoder"])
        self.head.load_state_dict(state["head"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.epoch, self.step_in_epoch = state["epoch"], state["step_in_epoch"]
        self.loss_sum, self.correct, self.seen = state["loss_sum"], state["correct"], state["seen"]
        self.best_accuracy = state["best_accuracy"]
        self.reports = [EpochReport(**report) for report in state["reports"]]
        torch.set_rng_state(state["rng_cpu"])
        if self.device.type == "cuda" and state["rng_device"] is not None:
            torch.cuda.set_rng_state(state["rng_device"], self.device)


#: Options that may differ between an interrupted run and the one that goes on.
_FREE_ON_RESUME = ("resume", "data_on_device", "out", "cache", "threads", "draws", "checkpoint_every", "device")


def _differing_options(before: dict[str, str], now: dict[str, str]) -> list[str]:
    # An option that is younger than the checkpoint had its default then.
    before = TrainConfig.from_options(before).to_options()
    return [name for name in sorted(now) if before[name] != now[name] and name not in _FREE_ON_RESUME]


def augmented_spectra(
    front_end: LogMel,
    clips: Clips,
    rows: NDArray[np.int64],
    augment: AugmentConfig,
    noise: Tensor | None,
    draws: torch.Generator,
    device: torch.device,
) -> Tensor:
    """Log-mel spectra of some clips after shift and noise: (rows, mels, frames).

    On a CPU a few clips at a time go the whole way from the disk's array to the last logarithm. noise: on the device.
    """
    changes = draw_changes(len(rows), clips.samples.shape[1], augment, noise, draws)
    if device.type != "cpu":
        whole: Tensor = front_end(changed(clips.waveforms(rows, device), changes, augment, noise))
        return whole
    from fskws.frames import augmented_frames

    samples = clips.samples.numpy() if isinstance(clips.samples, Tensor) else np.asarray(clips.samples)
    numbers = np.asarray(clips.numbers[rows], np.int64)
    spectra = torch.empty(len(rows), front_end.frames(samples.shape[1]), front_end.n_mels)

    def fill(few: slice) -> None:
        own = changes.of(few)
        frames = augmented_frames(
            samples, numbers[few], own, augment, noise, front_end.window, front_end.hop_samples, front_end.n_fft
        )
        front_end.spectra_of(frames, out=spectra[few])

    each_on_its_thread(fill, few_clips(len(rows)))
    return spectra.transpose(1, 2)


def make_encoder(config: TrainConfig) -> BCResNet:
    """The encoder of these settings, with fresh weights."""
    return BCResNet(config.encoder.tau, last_channels=config.encoder.last_channels, dropout=config.encoder.dropout)


def _make_optimizer(parameters: list[nn.Parameter], config: TrainConfig) -> Optimizer:
    optim = config.optim
    if optim.optimizer == "adamw":
        return AdamW(parameters, optim.lr_base, optim.decay)
    return Sgd(parameters, optim.lr_base, optim.decay)


@torch.no_grad()
def _update_average(average: nn.Module, current: nn.Module, decay: float, step: int) -> None:
    """Moving average of weights and statistics; young averages forget faster so that the first steps do not stay."""
    decay = min(decay, (1 + step) / (10 + step))
    for mean, value in zip(average.state_dict().values(), current.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


@torch.inference_mode()
def embed(encoder: BCResNet, front_end: LogMel, clips: Clips, device: torch.device, batch_size: int = 256) -> Tensor:
    """Embeddings in evaluation mode, without augmentation: (n, dim) float32 on the CPU, in the order of the clips."""
    encoder.eval()
    parts = [
        encoder(front_end(clips.waveforms(slice(start, start + batch_size), device))).float().cpu()
        for start in range(0, len(clips), batch_size)
    ]
    return torch.cat(parts) if parts else torch.zeros(0, encoder.dim)


def _no_log(**_: Any) -> None:
    return None
