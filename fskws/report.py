"""The depth report of a scored run: classes, pairs, flow, noise, unknown words, as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from fskws.analyse import RejectionCurve, flow, most_confused, pair_confusion, rejection_curve
from fskws.augment import snr_amplitude
from fskws.config import TrainConfig
from fskws.errors import ConfigError, DataError
from fskws.evaluate import SessionScore, confusion_matrix, paired_difference, researcher_arrays
from fskws.experiment import Embedder, Experiment, Prepared, open_noise
from fskws.features import LogMel
from fskws.methods import Method
from fskws.runs import write_aside
from fskws.seeding import torch_generator


def full_report(
    done: Experiment, prepared: Prepared, device: torch.device, *, snr: str = "", pairs: str = "", unknown: str = ""
) -> str:
    """The report's text.

    Args: snr: signal-to-noise ratios in dB, "0,10,20". pairs: "four/forward,three/tree"; without, the most confused.
        unknown: how many words that are not in the plan are used for the rejection curve; without, all.
    Raises: ConfigError: one of the three is not of that form, or names what is not there.
    """
    last = done.scores[-1]
    lines = [researcher_arrays(done.scores), "", *_class_lines(done, last), "", *_pair_lines(done, last, pairs)]
    if last.session:
        shares = flow(last.confusion, last.n_base)
        lines += [
            "",
            f"harmonic mean over clips {last.harmonic_mean:.2f}, with every word weighing alike "
            f"{last.harmonic_mean_per_class:.2f}",
            f"base clips: {shares.base_right:.1f} % right, "
            f"{shares.base_as_other_base:.1f} % taken for another base word, "
            f"{shares.base_as_new:.1f} % for a new one",
            f"new clips: {shares.new_right:.1f} % right, {shares.new_as_other_new:.1f} % taken for another new word, "
            f"{shares.new_as_base:.1f} % for a base one",
        ]
    if done.fitted.needs_log_mel:
        return "\n".join(lines)
    final = learned(done, prepared, device)
    if snr:
        lines += ["", *_snr_lines(done, prepared, final, device, snr)]
    curve = unknown_words_curve(done, prepared, final, device, unknown)
    if curve is not None:
        lines.append("")
        lines += [
            f"at most {rate} % of unknown words accepted: {curve.correct_at(rate):.1f} % of known clips right"
            for rate in (1, 5, 10)
        ]
    return "\n".join(lines)


def write_confusion(done: Experiment, path: Path) -> None:
    """Writes the last session's confusion matrix as CSV, counts of clips, row true and column predicted.

    Raises: DataError: the file cannot be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    matrix = done.scores[-1].confusion.tolist()
    words = done.plan.words[: len(matrix)]
    rows.writerow(["true", *words])
    rows.writerows([word, *counts] for word, counts in zip(words, matrix, strict=True))
    try:
        write_aside(path, text.getvalue().encode())
    except OSError as error:
        raise DataError(f"confusion={path}: cannot be written ({error.strerror}); give another file") from error


def paired_report(done: Experiment, other: Experiment) -> str:
    """Differences to another run after the last session, draw by draw, with 95 % intervals.

    Raises: ConfigError: the runs differ in words or sessions, or were not evaluated with the same number of draws.
    """
    if done.draws is None or other.draws is None or done.plan.words != other.plan.words:
        raise ConfigError("runs to compare need the same words, a frozen encoder, and --draws of 2 or more")
    if done.draws.accuracy.shape != other.draws.accuracy.shape:
        raise ConfigError("runs to compare need the same sessions and the same draws")
    lines = [f"against the other run, the same {len(done.draws.accuracy)} support draws:"]
    for name in ("accuracy", "seen", "unseen", "harmonic_mean"):
        gap = paired_difference(done.draws.last(name), other.draws.last(name))
        lines.append(f"{name.replace('_', ' ')} {gap.mean:+.2f} ({gap.low:+.2f} to {gap.high:+.2f})")
    return "\n".join(lines)


def comparison(first: Experiment, second: Experiment, written: Mapping[str, str], others: Mapping[str, str]) -> str:
    """What two runs differ in: options, figures session by session, paired differences over the same support draws.

    Args: written, others: the options that the runs were trained with. Raises: ConfigError, see `paired_report`.
    """
    standard = TrainConfig().to_options()
    before, after = standard | dict(written), standard | dict(others)
    lines = [
        f"{name}: {before[name] or 'none'} | {after[name] or 'none'}"
        for name in sorted(set(before) & set(after))
        if before[name] != after[name] and name not in _WHERE_AND_HOW
    ] or ["the same options"]
    for score, other in zip(first.scores, second.scores, strict=False):
        lines.append(
            f"session {score.session}: accuracy {score.accuracy:.2f} | {other.accuracy:.2f}" + _parts(score, other)
        )
    paired = paired_report(first, second).splitlines()
    draws = len(first.draws.accuracy) if first.draws else 0
    return "\n".join(
        [*lines, f"first minus second after the last session, the same {draws} support draws:", *paired[1:]]
    )


#: Options that say where a run lies and how it is computed, not what it is.
_WHERE_AND_HOW = ("out", "resume", "cache", "threads", "device", "data_on_device", "checkpoint_every", "draws")


def _parts(score: SessionScore, other: SessionScore) -> str:
    return "".join(
        f", {name.replace('_', ' ')} {getattr(score, name):.2f} | {getattr(other, name):.2f}"
        for name in ("seen", "unseen", "harmonic_mean")
        if score.session and other.session
    )


def learned(done: Experiment, prepared: Prepared, device: torch.device) -> Method:
    """The method after all sessions."""
    embedder = Embedder(prepared, done.trained, device)
    method = done.fitted
    for session in done.plan.sessions[1:]:
        method = method.learn_session(embedder(session.support))
    return method


def _class_lines(done: Experiment, last: SessionScore) -> list[str]:
    width = max(len(word) for word in done.plan.words)
    right = last.per_class.tolist()
    return [
        f"{word:{width}} {'base' if number < last.n_base else 'new '} {share:6.1f} %"
        for number, (word, share) in enumerate(zip(done.plan.words, right, strict=False))
    ]


def _pair_lines(done: Experiment, last: SessionScore, pairs: str) -> list[str]:
    words = list(done.plan.words)
    if not pairs:
        found = most_confused(last.confusion, words)
    else:
        found = []
        for pair in pairs.split(","):
            first, slash, second = (part.strip() for part in pair.partition("/"))
            if not slash or first not in words or second not in words:
                raise ConfigError(f"pairs: {pair.strip()!r}; allowed: WORD/WORD of {', '.join(words)}")
            found.append(pair_confusion(last.confusion, words, first, second))
    return [
        f"{pair.first} taken for {pair.second} {pair.first_as_second:.1f} %, "
        f"{pair.second} for {pair.first} {pair.second_as_first:.1f} %"
        for pair in found
    ] or ["no two words were confused"]


def _snr_lines(done: Experiment, prepared: Prepared, final: Method, device: torch.device, snr: str) -> list[str]:
    try:
        ratios = [float(part) for part in snr.split(",")]
    except ValueError as error:
        raise ConfigError(f"snr={snr!r}; allowed: numbers in dB with commas, such as 0,10,20") from error
    lines = []
    for ratio in ratios:
        score = score_at_snr(done, prepared, final, device, ratio)
        tail = f", seen {score.seen:.1f} %, unseen {score.unseen:.1f} %" if score.session else ""
        lines.append(f"at {ratio:g} dB: accuracy {score.accuracy:.1f} %{tail}")
    return lines


def score_at_snr(
    done: Experiment, prepared: Prepared, final: Method, device: torch.device, snr_db: float
) -> SessionScore:
    """The last session's score with noise added to every test clip, the same noise for the same seed.

    The noise is cut from `noise_dir`'s recordings, or white. Supports and base clips stay clean.
    """
    plan = done.plan
    clips = prepared.part(plan.clips_of(prepared.splits.test, range(plan.known_after(len(plan.sessions) - 1))))
    noise = open_noise(done.config.data.noise_dir)
    draws = torch_generator(done.config.seed, "noise on test")
    front_end = LogMel().to(device)
    predicted = []
    for start in range(0, len(clips), 256):
        waveforms = clips.waveforms(slice(start, start + 256), device)
        batch, n_samples = waveforms.shape
        if noise is None:
            added = torch.randn(batch, n_samples, generator=draws)
        else:
            starts = torch.randint(0, noise.numel() - n_samples + 1, (batch, 1), generator=draws)
            added = noise[starts + torch.arange(n_samples)[None]]
        added = added.to(device)
        noisy = waveforms + snr_amplitude(waveforms, added, torch.tensor(snr_db, device=device)) * added
        with torch.inference_mode():
            predicted.append(final.predict(done.trained.encoder(front_end(noisy)).cpu()))
    confusion = confusion_matrix(torch.cat(predicted), clips.labels, final.n_known)
    return SessionScore(len(plan.sessions) - 1, confusion, plan.n_base)


def unknown_words_curve(
    done: Experiment, prepared: Prepared, final: Method, device: torch.device, unknown: str = ""
) -> RejectionCurve | None:
    """Rejection of test clips of words that are not in the plan; None where the set has no such words."""
    if unknown and not unknown.isdigit():
        raise ConfigError(f"unknown={unknown!r}; allowed: a number of words")
    plan, keywords, test = done.plan, prepared.keywords, prepared.splits.test
    strangers = sorted(set(keywords.words) - set(plan.words))[: int(unknown) if unknown else None]
    numbers = test[np.isin(keywords.labels[test], [keywords.words.index(word) for word in strangers])]
    if not len(numbers):
        return None
    embedder = Embedder(prepared, done.trained, device)
    # A stranger has the class id -1, which no score looks at.
    outside = embedder(numbers)
    inside = embedder(plan.clips_of(test, range(len(plan.words))))
    return rejection_curve(final.logits(inside.embeddings), inside.labels, final.logits(outside.embeddings))
