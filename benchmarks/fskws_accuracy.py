"""Accuracy of the methods on real speech: one trained base a seed, the same support draws for every method.

    uv run python benchmarks/fskws_accuracy.py --data DIR --splits speakers.json --out DIR [--seeds 3] [--draws 100]

Trains the bases that are not in --out yet (`python -m fskws train`, resumable), then scores the methods from cached
embeddings. Strengths are chosen on pseudo-novel base classes of validation; test clips are scored once, at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from fskws.checkpoint import FINAL
from fskws.evaluate import DrawScores, interval, paired_difference, repeated_draws
from fskws.experiment import Embedder, choose_for, describe_strengths, load_trained
from fskws.methods import Calibrated, make_method

#: arabic40's protocol: alphabetical order, 25 base words, 5 sessions of 3-way 5-shot.
_RECIPE = (
    "--class-order alphabet --base-classes 25 --n-way 3 --k-shot 5 --sessions 6 --tau 1 --optimizer adamw --lr 0.01 "
    "--decay 0.01 --epochs 40 --batch-size 64"
)
RECIPE = _RECIPE.split()
METHODS = ("avg_cos", "teen", "lda", "calibrated")
FIGURES = ("accuracy", "seen", "unseen", "harmonic_mean")


def train_base(arguments: argparse.Namespace, seed: int) -> Path:
    """The folder of a trained base; trains, or goes on training, when it is not there."""
    folder = Path(arguments.out) / f"seed{seed}"
    if not (folder / FINAL).is_file():
        command = [sys.executable, "-m", "fskws", "train", "--data", arguments.data, *RECIPE]
        command += ["--splits", arguments.splits] if arguments.splits else []
        command += ["--seed", str(seed), "--out", str(folder), "--threads", str(arguments.threads)]
        command += ["--resume", "true"] if (folder / "last.pt").is_file() else []
        subprocess.run(command, check=True)
    return folder


def score_base(folder: Path, draws: int) -> dict[str, DrawScores]:
    """Every method on one base, the same draws for all."""
    config, prepared, trained = load_trained(folder / FINAL, {"device": "cpu"})
    plan, splits = prepared.plan, prepared.splits
    embedder = Embedder(prepared, trained, torch.device("cpu"))
    train = embedder(plan.sessions[0].support)
    validation = embedder(plan.clips_of(splits.validation, range(plan.n_base)))
    pool = embedder(plan.clips_of(splits.train, range(plan.n_base, len(plan.words))))
    fitted = {}
    for name in METHODS:
        chosen = config.replaced(method=name)
        method = make_method(chosen.method, trained.encoder, trained.head)
        if isinstance(method, Calibrated):
            choice = choose_for(chosen, train, validation)
            print(f"  {folder.name} {name}: {describe_strengths(choice.strengths)}")
            method = replace(method, strengths=choice.strengths)
        fitted[name] = method.fit_base(train)
    test = embedder(plan.clips_of(splits.test, range(len(plan.words))))
    return {
        name: repeated_draws(method, plan, pool, test, draws=draws, seed=config.seed) for name, method in fitted.items()
    }


def main() -> None:
    """Trains, scores, prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--splits", default="")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    scores = [score_base(train_base(arguments, seed), arguments.draws) for seed in range(1, arguments.seeds + 1)]
    base = [float(score["avg_cos"].accuracy[0, 0]) for score in scores]
    print(f"base session, prototypes, {len(base)} seed(s): {np.mean(base):.2f} ({', '.join(f'{b:.2f}' for b in base)})")
    print("| method | overall | seen | unseen | harmonic mean | s.d. of a draw | HM - avg_cos, paired |")
    print("|---|---|---|---|---|---|---|")
    summary: dict[str, dict[str, float]] = {}
    for name in METHODS:
        last = {figure: [value for score in scores for value in score[name].last(figure)] for figure in FIGURES}
        plain = [value for score in scores for value in score["avg_cos"].last("harmonic_mean")]
        means = [interval(last[figure]) for figure in FIGURES]
        within = np.mean([np.std(score[name].last("harmonic_mean"), ddof=1) for score in scores])
        gain = paired_difference(last["harmonic_mean"], plain)
        row = " | ".join(f"{value.mean:.2f}" for value in means)
        print(f"| {name} | {row} | {within:.2f} | {gain.mean:+.2f} ({gain.low:+.2f} to {gain.high:+.2f}) |")
        per_seed = [
            np.mean(np.array(score[name].last("harmonic_mean")) - score["avg_cos"].last("harmonic_mean"))
            for score in scores
        ]
        summary[name] = {"gain": gain.mean, **{f"gain_seed{i + 1}": float(g) for i, g in enumerate(per_seed)}}
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
