# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = [
#     "diffsptk>=4,<5", "torch==2.11.*", "torchaudio==2.11.*", "librosa>=0.11,<0.12", "soundfile", "soxr", "scipy",
# ]
# ///
"""Speed of the training core, as ratios to the usual way, measured in one run.

    uv run python benchmarks/fskws_speed.py [--threads 1] [--seconds 3] [--only log-mel,lpc,data,draws,step]
    uv run --script benchmarks/fskws_speed.py      # the same with diffsptk, which the project does not depend on

Each comparison alternates between the sides and takes the best round of each, so that a busy machine hurts all alike.
With one thread the seconds are those that it computed, whatever else ran; with more they are the clock's.
The peers are what public code in the field does: torchaudio's transform, librosa frame by frame, a DataLoader that
reads and transforms clip by clip, BC-ResNet from plain layers under torch's own optimizer.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Before torch is imported, as `python -m fskws` does it.
waiting = {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
# librosa's small products gain nothing from threads, and idle ones would slow the other sides.
for name, value in {**waiting, "OPENBLAS_NUM_THREADS": "1"}.items():
    os.environ.setdefault(name, value)
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# ruff: noqa: E402
import librosa
import numpy as np
import soundfile
import torch
import torchaudio
from torch import Tensor, nn
from torch.nn import functional

from fskws.classifier import CosineClassifier
from fskws.config import AugmentConfig
from fskws.dataset import KeywordSetWriter, Splits
from fskws.devices import keep_freed_memory
from fskws.encoders import BCResNet, SubSpectralNorm
from fskws.evaluate import repeated_draws
from fskws.features import LogMel
from fskws.lpc import frame, linear_prediction, prediction_coefficients
from fskws.methods import Labelled
from fskws.methods.avg_cos import AverageCosine
from fskws.optimizers import Sgd
from fskws.sessions import Plan, Session
from fskws.train import Clips, augmented_spectra

Sides = dict[str, tuple[int, Callable[[], object]]]
MEL = {"n_fft": 512, "win_length": 480, "hop_length": 160, "n_mels": 40}
AUGMENT = AugmentConfig(noise_prob=0.8, noise_amplitude=0.1, shift_ms=100)


def best_rates(sides: Sides, seconds: float) -> dict[str, float]:
    """Clips a second of each side: (clips a call, call), best of the alternating rounds that fit into the seconds."""
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    for _, call in sides.values():
        call()
    best = dict.fromkeys(sides, float("inf"))
    end = time.perf_counter() + seconds * len(sides)
    while time.perf_counter() < end:
        for name, (clips, call) in sides.items():
            started = clock()
            call()
            best[name] = min(best[name], (clock() - started) / clips)
    return {name: 1 / cost for name, cost in best.items()}


def show(title: str, rates: dict[str, float]) -> None:
    """One line a side, with the ratio of the first to it."""
    print(title)
    ours = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"  {name:50} {rate:10.1f} clips/s   {ours / rate:6.2f}x", flush=True)


def log_mel_sides(waveforms: Tensor) -> Sides:
    """Ours, torchaudio's transform on the batch, librosa clip by clip."""
    front_end = LogMel()
    transform = torchaudio.transforms.MelSpectrogram(16_000, **MEL)
    few = waveforms[:8].numpy()
    settings = {"sr": 16_000, **MEL, "htk": True, "norm": None}
    return {
        "log-mel": (len(waveforms), lambda: front_end(waveforms)),
        "torchaudio MelSpectrogram, log": (len(waveforms), lambda: torch.log(transform(waveforms) + 1e-6)),
        "librosa melspectrogram, log": (
            len(few),
            lambda: [np.log(librosa.feature.melspectrogram(y=clip, **settings) + 1e-6) for clip in few],
        ),
    }


def lpc_sides(waveforms: Tensor, order: int) -> Sides:
    """Coefficients alone against librosa's Burg method frame by frame and diffsptk; then envelope and residual too."""
    few = frame(waveforms[:2] + 1e-4 * torch.randn(2, 16_000)).numpy()
    sides: Sides = {
        "batched Levinson, coefficients": (len(waveforms), lambda: prediction_coefficients(waveforms, order)),
        "librosa.lpc loop over frames": (
            len(few),
            lambda: [[librosa.lpc(f, order=order) for f in clip] for clip in few],
        ),
    }
    try:
        import diffsptk
    except ImportError:
        print("diffsptk is not installed: uv run --script benchmarks/fskws_speed.py compares with it too")
    else:
        theirs = nn.Sequential(diffsptk.Frame(320, 160), diffsptk.Window(320), diffsptk.LPC(320, order))
        sides["diffsptk Frame, Window, LPC"] = (len(waveforms), lambda: theirs(waveforms))
    sides["with envelope and residual spectra"] = (len(waveforms), lambda: linear_prediction(waveforms, order))
    return sides


class PlainBlock(nn.Module):
    """A BC-ResNet block as one writes it down from the paper, every layer torch's own."""

    def __init__(self, channels_in: int, channels: int, stride: int, dilation: int) -> None:
        super().__init__()
        self.transition = channels_in != channels
        first = [nn.Conv2d(channels_in, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        over_frequency = nn.Conv2d(channels, channels, (3, 1), (stride, 1), (1, 0), groups=channels, bias=False)
        self.f2 = nn.Sequential(*(first if self.transition else []), over_frequency, SubSpectralNorm(channels))
        self.pool = nn.AdaptiveAvgPool2d((1, None))
        padding, spread = (0, dilation), (1, dilation)
        self.f1 = nn.Sequential(
            nn.Conv2d(channels, channels, (1, 3), padding=padding, dilation=spread, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.Dropout2d(0.1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels_in, freq, time) -> (batch, channels, freq / stride, time)."""
        y = self.f2(x)
        y = y + self.f1(self.pool(y)).expand_as(y)
        return functional.relu(y if self.transition else y + x)


def plain_bcresnet(tau: float) -> nn.Module:
    """The same network and weights' shapes as ours, from plain layers: (batch, 1, mels, frames) -> embeddings."""
    base = int(8 * tau)
    widths = (2 * base, base, int(1.5 * base), 2 * base, int(2.5 * base))
    layers: list[nn.Module] = [nn.Conv2d(1, widths[0], 5, (2, 1), 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    for number, (blocks, stride) in enumerate(((2, 1), (2, 2), (4, 2), (4, 1))):
        channels_in, channels = widths[number], widths[number + 1]
        layers.append(PlainBlock(channels_in, channels, stride, 2**number))
        layers += [PlainBlock(channels, channels, 1, 2**number) for _ in range(blocks - 1)]
    last = widths[-1]
    layers += [
        nn.Conv2d(last, last, (5, 5), padding=(0, 2), groups=last, bias=False),
        nn.Conv2d(last, 4 * base, 1, bias=False),
        nn.BatchNorm2d(4 * base),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    ]
    return nn.Sequential(*layers)


def step_sides(tau: float, batch: int) -> Sides:
    """Forward, backward and update on a batch of spectra; ours, ours under bfloat16 autocast, the plain way."""
    log_mel, labels = torch.randn(batch, 40, 101), torch.arange(batch) % 20
    encoder = BCResNet(tau).train()
    head = CosineClassifier(encoder.dim, 20)
    optimizer = Sgd([*encoder.parameters(), *head.parameters()], 0.01, 5e-4)
    plain = nn.Sequential(plain_bcresnet(tau), CosineClassifier(encoder.dim, 20)).train()
    theirs = torch.optim.SGD(plain.parameters(), 0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)

    def step(bf16: bool = False) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = head(encoder(log_mel))
        optimizer.zero_grad()
        functional.cross_entropy(logits.float(), labels).backward()
        optimizer.step()

    def plain_step() -> None:
        loss = functional.cross_entropy(plain(log_mel[:, None]), labels)
        theirs.zero_grad()
        loss.backward()
        theirs.step()

    return {
        f"training step, tau {tau:g}, batch {batch}": (batch, step),
        "plain layers, torch's SGD": (batch, plain_step),
        "ours, bfloat16 autocast": (batch, lambda: step(bf16=True)),
    }


class FilesOneByOne(torch.utils.data.Dataset):
    """The usual way: read a file, check its rate, pad it, mix noise in, shift it, transform it; one after another."""

    def __init__(self, files: list[Path], noise: Tensor) -> None:
        self.files, self.noise = files, noise
        self.transform = torchaudio.transforms.MelSpectrogram(16_000, **MEL)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        samples, rate = soundfile.read(self.files[number], dtype="float32")
        waveform = torch.from_numpy(samples)
        if rate != 16_000:
            waveform = torchaudio.functional.resample(waveform, rate, 16_000)
        if len(waveform) < 16_000:
            waveform = functional.pad(waveform, (0, 16_000 - len(waveform)))
        if random.random() < AUGMENT.noise_prob:
            start = random.randint(0, len(self.noise) - 16_000)
            amplitude = random.uniform(0, AUGMENT.noise_amplitude)
            waveform = waveform + amplitude * self.noise[start : start + 16_000]
        by = random.randint(-1600, 1600)
        waveform = functional.pad(waveform, (by, 0))[:16_000] if by > 0 else functional.pad(waveform, (0, -by))[-by:]
        return torch.log(self.transform(waveform.clamp(-1, 1)) + 1e-6), number % 35


def data_sides(folder: Path, threads: int, n_clips: int = 1024) -> Sides:
    """The data path of an epoch: the same augmentation, from the int16 cache in batches and by a DataLoader over files.

    The DataLoader has as many worker processes as there are threads (one thread: none, as it comes), kept from epoch to
    epoch, which favours it.
    """
    draws = np.random.default_rng(0)
    writer, files = KeywordSetWriter(folder / "set", n_clips), []
    for number in range(n_clips):
        clip = (3000 * draws.standard_normal(16_000)).astype(np.int16)
        writer.add(clip, "word", "speaker", f"word/{number}.wav")
        files.append(folder / f"{number}.wav")
        soundfile.write(files[-1], clip, 16_000)
    keywords = writer.finish(made_by={}, words=["word"])
    noise = torch.from_numpy(draws.uniform(-1, 1, 60 * 16_000).astype(np.float32))
    order = draws.permutation(n_clips)
    clips = Clips(keywords.clips, np.arange(n_clips), torch.zeros(n_clips, dtype=torch.int64), keywords.files)
    front_end, cpu = LogMel(), torch.device("cpu")
    workers = threads if threads > 1 else 0
    loader = torch.utils.data.DataLoader(
        FilesOneByOne(files, noise), batch_size=128, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )

    def cached() -> None:
        generator = torch.Generator().manual_seed(0)
        for start in range(0, n_clips, 128):
            augmented_spectra(front_end, clips, order[start : start + 128], AUGMENT, noise, generator, cpu)

    def one_by_one() -> None:
        for _ in loader:
            pass

    return {
        "int16 cache, batched noise, shift, log-mel": (n_clips, cached),
        f"DataLoader, file by file, num_workers={workers}": (n_clips, one_by_one),
    }


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


PARTS = ("log-mel", "lpc", "data", "draws", "step")


def main() -> None:
    """Prints every comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each side of a comparison")
    parser.add_argument("--only", default=",".join(PARTS), help="comparisons, with commas")
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    if unknown := sorted(set(parts) - set(PARTS)):
        parser.error(f"--only: {unknown[0]!r}; allowed: {', '.join(PARTS)}")
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()  # as `python -m fskws train` does; it helps the peers as much
    print(f"torch {torch.__version__}, {arguments.threads} thread(s), load {os.getloadavg()[0]:.1f}", flush=True)
    waveforms = 0.1 * torch.randn(64, 16_000, generator=torch.Generator().manual_seed(0))
    if "log-mel" in parts:
        show("log-mel", best_rates(log_mel_sides(waveforms), arguments.seconds))
    for order in (12, 20) if "lpc" in parts else ():
        show(f"linear prediction, order {order}", best_rates(lpc_sides(waveforms, order), arguments.seconds))
    if "data" in parts:
        with tempfile.TemporaryDirectory() as folder:
            sides = data_sides(Path(folder), arguments.threads)
            show("data path of an epoch", best_rates(sides, arguments.seconds))
    if "draws" in parts:
        print(f"100 draws x 5 sessions, 11,005 test clips: {draws_seconds():.2f} s")
    if "step" in parts:
        show("training", best_rates(step_sides(1, 128), 2 * arguments.seconds))


if __name__ == "__main__":
    main()
