"""Speed of the training core, as ratios to the usual way, measured in one run.

    uv run python benchmarks/fskws_speed.py [--threads 1] [--seconds 3]

Each comparison alternates between both sides and takes the best round of each, so that a busy machine hurts both alike.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for name, value in {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}.items():
    os.environ.setdefault(name, value)

# The OpenMP runtime reads its settings when torch is imported.
# ruff: noqa: E402
import librosa
import numpy as np
import soundfile
import torch
import torchaudio

from fskws.classifier import CosineClassifier
from fskws.dataset import KeywordSetWriter, Splits
from fskws.encoders import BCResNet
from fskws.evaluate import repeated_draws
from fskws.features import LogMel
from fskws.lpc import frame, linear_prediction, prediction_coefficients
from fskws.methods import Labelled
from fskws.methods.avg_cos import AverageCosine
from fskws.optimizers import Sgd
from fskws.sessions import Plan, Session
from fskws.train import Clips


def best_rates(sides: dict[str, tuple[int, Callable[[], object]]], seconds: float) -> dict[str, float]:
    """Clips a second of each side: (clips a call, call), best of the alternating rounds that fit into the seconds."""
    for _, call in sides.values():
        call()
    best = dict.fromkeys(sides, float("inf"))
    end = time.perf_counter() + seconds * len(sides)
    while time.perf_counter() < end:
        for name, (clips, call) in sides.items():
            started = time.perf_counter()
            call()
            best[name] = min(best[name], (time.perf_counter() - started) / clips)
    return {name: 1 / cost for name, cost in best.items()}


def show(title: str, rates: dict[str, float]) -> None:
    """One line a side, with the ratio of the first to it."""
    print(title)
    ours = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"  {name:44} {rate:10.1f} clips/s   {ours / rate:6.2f}x")


def log_mel_sides(waveforms: torch.Tensor) -> dict[str, tuple[int, Callable[[], object]]]:
    """Ours, torchaudio's transform on the batch, librosa clip by clip."""
    front_end = LogMel()
    transform = torchaudio.transforms.MelSpectrogram(16_000, n_fft=512, win_length=480, hop_length=160, n_mels=40)
    few = waveforms[:8].numpy()
    settings = {
        "sr": 16_000,
        "n_fft": 512,
        "win_length": 480,
        "hop_length": 160,
        "n_mels": 40,
        "htk": True,
        "norm": None,
    }
    return {
        "log-mel": (len(waveforms), lambda: front_end(waveforms)),
        "torchaudio MelSpectrogram, log": (len(waveforms), lambda: torch.log(transform(waveforms) + 1e-6)),
        "librosa melspectrogram, log": (
            len(few),
            lambda: [np.log(librosa.feature.melspectrogram(y=clip, **settings) + 1e-6) for clip in few],
        ),
    }


def lpc_sides(waveforms: torch.Tensor, order: int) -> dict[str, tuple[int, Callable[[], object]]]:
    """Coefficients alone, then with envelope and residual, against librosa's Burg method frame by frame."""
    few = frame(waveforms[:2] + 1e-4 * torch.randn(2, 16_000)).numpy()

    return {
        "batched Levinson, coefficients": (len(waveforms), lambda: prediction_coefficients(waveforms, order)),
        "librosa.lpc loop over frames": (
            len(few),
            lambda: [[librosa.lpc(f, order=order) for f in clip] for clip in few],
        ),
        "with envelope and residual spectra": (len(waveforms), lambda: linear_prediction(waveforms, order)),
    }


def training_step(tau: float, batch: int, threads: int) -> tuple[int, Callable[[], object]]:
    """Forward, backward and update on a batch of spectra."""
    torch.set_num_threads(threads)
    encoder = BCResNet(tau).train()
    head = CosineClassifier(encoder.dim, 20)
    optimizer = Sgd([*encoder.parameters(), *head.parameters()], 0.01, 5e-4)
    log_mel, labels = torch.randn(batch, 40, 101), torch.arange(batch) % 20

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(head(encoder(log_mel)), labels).backward()
        optimizer.step()

    return batch, step


class FilesOneByOne(torch.utils.data.Dataset):
    """The usual way: read, resample nothing, transform, one file after another."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.transform = torchaudio.transforms.MelSpectrogram(
            16_000, n_fft=512, win_length=480, hop_length=160, n_mels=40
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> torch.Tensor:
        samples, _ = soundfile.read(self.files[number], dtype="float32")
        return torch.log(self.transform(torch.from_numpy(samples)) + 1e-6)


def data_sides(folder: Path, n_clips: int = 512) -> dict[str, tuple[int, Callable[[], object]]]:
    """The data path of an epoch: batches of spectra from the int16 cache, against a DataLoader over WAV files."""
    draws = np.random.default_rng(0)
    writer, files = KeywordSetWriter(folder / "set", n_clips), []
    for number in range(n_clips):
        clip = (3000 * draws.standard_normal(16_000)).astype(np.int16)
        writer.add(clip, "word", "speaker", f"word/{number}.wav")
        files.append(folder / f"{number}.wav")
        soundfile.write(files[-1], clip, 16_000)
    keywords = writer.finish(made_by={}, words=["word"])
    order = draws.permutation(n_clips)
    clips = Clips(keywords.clips, np.arange(n_clips), torch.zeros(n_clips, dtype=torch.int64), keywords.files)
    front_end, cpu = LogMel(), torch.device("cpu")

    def cached() -> None:
        for start in range(0, n_clips, 128):
            front_end(clips.waveforms(order[start : start + 128], cpu))

    def one_by_one() -> None:
        for _ in torch.utils.data.DataLoader(FilesOneByOne(files), batch_size=128, shuffle=True):
            pass

    return {"int16 cache, batched log-mel": (n_clips, cached), "DataLoader, file by file": (n_clips, one_by_one)}


def draws_seconds() -> float:
    """100 support draws x 5 sessions of the GSC-v2 protocol at its size: 11,005 test clips, 256 dimensions."""
    nothing = np.zeros(0, np.int64)
    sessions = [Session(0, tuple(range(20)), nothing)]
    sessions += [Session(i, tuple(range(17 + 3 * i, 20 + 3 * i)), nothing) for i in range(1, 6)]
    plan = Plan(tuple(map(str, range(35))), tuple(sessions), nothing, 3, 5, Splits(nothing, nothing, nothing, "none"))
    labels = torch.arange(35).repeat(315)[:11_005]
    fitted = AverageCosine().fit_base(Labelled(torch.rand(2000, 256), torch.arange(2000) % 20))
    pool = Labelled(torch.rand(35 * 100, 256), torch.arange(35).repeat(100))
    test = Labelled(torch.rand(len(labels), 256), labels)
    started = time.perf_counter()
    repeated_draws(fitted, plan, pool, test, draws=100, seed=1)
    return time.perf_counter() - started


def main() -> None:
    """Prints every comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {arguments.threads} thread(s), load {os.getloadavg()[0]:.1f}")
    waveforms = 0.1 * torch.randn(64, 16_000, generator=torch.Generator().manual_seed(0))
    show("log-mel", best_rates(log_mel_sides(waveforms), arguments.seconds))
    for order in (12, 20):
        show(f"linear prediction, order {order}", best_rates(lpc_sides(waveforms, order), arguments.seconds))
    with tempfile.TemporaryDirectory() as folder:
        show("data path of an epoch", best_rates(data_sides(Path(folder)), arguments.seconds))
    print(f"100 draws x 5 sessions, 11,005 test clips: {draws_seconds():.2f} s")
    step = best_rates({"training step, tau 1, batch 128": training_step(1, 128, arguments.threads)}, arguments.seconds)
    show("training", step)


if __name__ == "__main__":
    main()
