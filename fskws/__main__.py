"""The training core's command line: `python -m fskws train | evaluate | compare | data`.

Exit codes: 0 done, 1 failed with one clear message on stderr, 2 wrong usage.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fskws.config import TrainConfig, canonical_option, command_line, known_options, read_command
from fskws.errors import ConfigError, FskwsError

if TYPE_CHECKING:
    from fskws.evaluate import SessionScore
    from fskws.train import EpochReport

USAGE = """usage: python -m fskws train [options]        train and evaluate one few-shot class-incremental run
       python -m fskws evaluate DIR [options]  score a trained run again, in depth
       python -m fskws compare DIR DIR [options]  what two runs differ in, and by how much
       python -m fskws data synth [--out DIR] make a keyword set spoken by espeak-ng
       python -m fskws data gsc --out DIR     fetch Google Speech Commands
       python -m fskws data show DIR          what a keyword set holds
`--help` after a command lists its options."""

EVALUATE_HELP = """usage: python -m fskws evaluate DIR [options]
  DIR                   folder of a trained run's checkpoints (or its final.pt)
  --draws N             repeated support draws with 95 % intervals
  --method NAME         another method on the same base, and any other option of `train`
  --against DIR         another run on the same speech: paired differences over the same support draws
  --pairs A/B,C/D       pairs of words to look at (default: the most confused ones)
  --confusion FILE      writes the confusion matrix after the last session as CSV: rows true, columns predicted
  --snr LIST            signal-to-noise ratios in dB, such as 0,10,20
  --unknown N           how many words not learned are used for the rejection curve (default: all there are)"""

COMPARE_HELP = """usage: python -m fskws compare DIR DIR [options]
  DIR DIR               folders of two trained runs' checkpoints (or their final.pt), on the same speech
  --draws N             support draws that both are scored on (default 100)
  Other options of `train`, such as --data or --seed, hold for both."""

SYNTH_HELP = """usage: python -m fskws data synth [--out DIR] [options]
  --out DIR             default: the cache that `train --data synth` takes them from
  --words LIST          how many built-in words (default 20), or a comma list of words
  --clips-per-word N    default 100, spread over some hundred voices
  --seed S              default 1
  --wav                 write word/speaker_nohash_n.wav files instead of one array
  --replace             make it anew where DIR holds a set with other settings"""


#: Threads that wait for one another spin for a moment, then give the core up. Never giving it up cost up to 37 times
#: beside other programs on the same cores; giving it up at once cost 1.75 times on a quiet machine (tau 1, batch 32).
#: Read by the OpenMP runtimes when torch is first imported.
_WAITING = {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if words else 2
    commands = {"train": _train, "evaluate": _evaluate, "compare": _compare, "data": _data}
    for name, value in _WAITING.items():
        os.environ.setdefault(name, value)
    if words[0] not in commands:
        print(f"{words[0]!r} is no command; allowed: {', '.join(commands)}\n{USAGE}", file=sys.stderr)
        return 2
    try:
        return commands[words[0]](words[1:])
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except FskwsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _train(words: list[str]) -> int:
    if any(word in ("-h", "--help") for word in words):
        print("usage: python -m fskws train [options]; -name value and --name value both work")
        for name, text in known_options().items():
            print(f"  --{name.replace('_', '-'):24} {text}")
        print("  --from-command COMMAND     options of an older script's command; the report goes to stderr")
        print("  --show                     with --from-command: print today's command and stop")
        return 0
    config = _train_config(words)
    if config is None:
        return 0
    from fskws.experiment import run_experiment

    stopping: list[int] = []

    def stop_soon(number: int, _: object) -> None:
        """The first signal lets the step end and the state be saved; a second one does not wait."""
        if stopping:
            raise KeyboardInterrupt
        stopping.append(number)

    former = {number: signal.signal(number, stop_soon) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with _Progress(config.optim.epochs_base) as progress:
            done = run_experiment(
                config,
                say=progress.say,
                report=progress.epoch,
                report_session=progress.session,
                stop=lambda: bool(stopping),
            )
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    if done is None:
        from fskws.runs import current_run

        kept = config.out or current_run()
        go_on = "the state is kept, go on with the same command and --resume true"
        print(f"stopped; {go_on if kept else 'nothing is kept without --out'}", file=sys.stderr)
        return 128 + stopping[0]
    from fskws.evaluate import researcher_arrays

    print(f"done in {done.seconds:.1f} s")
    print(researcher_arrays(done.scores), flush=True)
    return 0


def _train_config(words: list[str]) -> TrainConfig | None:
    """Settings of the words, with `--from-command` those of an older command first; None when they were only shown."""
    command = read_command(["train", *words])
    if "from_command" not in command.options:
        return TrainConfig.from_argv(words)
    from fskws.older_commands import translate

    given = dict(command.options)
    translation = translate(given.pop("from_command"))
    show = given.pop("show", "false") == "true"
    own = {canonical_option(name): value for name, value in given.items()}
    config = TrainConfig.from_options(translation.options | own)
    print(translation.report(), file=sys.stderr)
    if show:
        print("python -m fskws train " + command_line(config.to_argv()))
        return None
    return config


def _evaluate(words: list[str]) -> int:
    if not words or any(word in ("-h", "--help") for word in words):
        print(EVALUATE_HELP)
        return 0 if words else 2
    command = read_command(["evaluate", *words])
    if len(command.positional) != 1:
        raise ConfigError("evaluate needs one folder with a final.pt, or that file")
    options = dict(command.options)
    asked = {name: options.pop(name) for name in ("snr", "pairs", "unknown") if name in options}
    from fskws.devices import keep_freed_memory, open_device, set_threads
    from fskws.experiment import evaluate_trained, load_trained
    from fskws.report import full_report, paired_report, write_confusion

    against, confusion = options.pop("against", ""), options.pop("confusion", "")
    if confusion == "true":
        raise ConfigError("confusion: needs a file to write, such as --confusion confusion.csv")
    if against:
        options.setdefault("draws", "100")
    config, prepared, trained = load_trained(_checkpoint(command.positional[0]), options)
    set_threads(config.threads)
    keep_freed_memory()
    device = open_device(config.device)
    with _Progress(1) as progress:
        done = evaluate_trained(config, prepared, trained, device, say=progress.say, report_session=progress.session)
    print(full_report(done, prepared, device, **asked), flush=True)
    if confusion:
        write_confusion(done, Path(confusion))
    if against:
        # The same seed draws the same supports; the other run keeps its own method.
        theirs = {"draws": str(config.draws), "seed": str(config.seed)}
        other = evaluate_trained(*load_trained(_checkpoint(against), theirs), device)
        print("\n" + paired_report(done, other), flush=True)
    return 0


def _checkpoint(place: str) -> Path:
    from fskws.checkpoint import FINAL

    return Path(place) / FINAL if Path(place).is_dir() else Path(place)


def _compare(words: list[str]) -> int:
    if not words or any(word in ("-h", "--help") for word in words):
        print(COMPARE_HELP)
        return 0 if words else 2
    command = read_command(["compare", *words])
    if len(command.positional) != 2:
        raise ConfigError(f"compare needs two folders of trained runs, not {len(command.positional)}")
    from fskws.checkpoint import load_checkpoint
    from fskws.devices import keep_freed_memory, open_device, set_threads
    from fskws.experiment import evaluate_trained, load_trained
    from fskws.report import comparison

    options = {"draws": "100"} | {canonical_option(name): value for name, value in command.options.items()}
    done, written = [], []
    for place in command.positional:
        config, prepared, trained = load_trained(_checkpoint(place), options)
        set_threads(config.threads)
        keep_freed_memory()
        done.append(evaluate_trained(config, prepared, trained, open_device(config.device)))
        written.append(load_checkpoint(_checkpoint(place))["options"])
        options.setdefault("seed", str(config.seed))  # the same seed draws the same supports for the second run
    print(comparison(done[0], done[1], *written), flush=True)
    return 0


class _Progress:
    """Rich progress with time to go on a terminal; plain lines, flushed one by one, anywhere else."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.bar: Any = None

    def __enter__(self) -> _Progress:
        if sys.stdout.isatty():
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.bar = Progress(*columns, TextColumn("to go"), TimeRemainingColumn())
            self.task = self.bar.add_task("base session", total=self.epochs)
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def say(self, text: str) -> None:
        if self.bar is not None:
            self.bar.console.print(text, highlight=False)
        else:
            print(text, flush=True)

    def epoch(self, done: EpochReport) -> None:
        text = (
            f"epoch {done.epoch}/{done.epochs}  loss {done.loss:.3f}  train {done.accuracy:.1f} %  "
            f"validation {done.validation_accuracy:.1f} %  {done.seconds:.1f} s"
        )
        if self.bar is not None:
            self.bar.update(self.task, completed=done.epoch, description=text)
        else:
            print(text, flush=True)

    def session(self, score: SessionScore) -> None:
        text = f"session {score.session}  accuracy {score.accuracy:.2f}"
        if score.session:
            text += f"  seen {score.seen:.2f}  unseen {score.unseen:.2f}  harmonic mean {score.harmonic_mean:.2f}"
        self.say(text)


def _data(words: list[str]) -> int:
    if words[:1] == ["synth"]:
        return _data_synth(words[1:])
    if words[:1] == ["gsc"]:
        return _data_gsc(words[1:])
    if words[:1] == ["show"] and len(words) == 2:
        return _data_show(Path(words[1]))
    wrong = bool(words) and words[0] not in ("-h", "--help")
    print(f"{SYNTH_HELP}\n\n{USAGE}", file=sys.stderr if wrong else sys.stdout)
    return 2 if wrong or not words else 0


def _data_synth(words: list[str]) -> int:
    if any(word in ("-h", "--help") for word in words):
        print(SYNTH_HELP)
        return 0
    command = read_command(["synth", *words])
    known = ("out", "words", "clips_per_word", "seed", "wav", "replace")
    for name in [*command.options, *command.positional]:
        if name not in known:
            raise ConfigError(f"unknown option {name!r}; known: {', '.join(known)}")
    options = command.options
    if options.get("out") == "true" or (options.get("wav") == "true" and not options.get("out")):
        raise ConfigError("--out needs a folder: the one to make, as in --out keywords")
    for name in ("clips_per_word", "seed"):
        if name in options and not options[name].isdigit():
            raise ConfigError(f"{name}={options[name]!r}; allowed: a whole number")
    from fskws import synth

    config = synth.SynthConfig(
        words=synth.words_of_option(options.get("words", "").replace(", ", ",")),
        clips_per_word=int(options.get("clips_per_word", 100)),
        seed=int(options.get("seed", 1)),
    )
    if not options.get("out"):
        keywords = synth.cached_keyword_set(config)
        speakers = len(set(keywords.speakers.tolist()))
        print(f"{len(keywords)} clips of {len(keywords.words)} words by {speakers} voices, kept in the user's cache")
        return 0
    out = Path(options["out"])
    if options.get("wav") == "true":
        keywords = synth.cached_keyword_set(config)
        print(f"{synth.write_wav_tree(keywords, out)} WAV files in {out}")
        return 0
    keywords = synth.make_keyword_set(config, out, replace=options.get("replace") == "true")
    print(f"{len(keywords)} clips of {len(keywords.words)} words in {out} ({keywords.fingerprint})")
    return 0


def _data_gsc(words: list[str]) -> int:
    command = read_command(["gsc", *words])
    options = command.options
    if unknown := [*command.positional, *sorted(set(options) - {"out", "version"})]:
        raise ConfigError(f"unknown option {unknown[0]!r}; known: out, version")
    if not options.get("out") or options["out"] == "true" or options.get("version", "2") not in ("1", "2"):
        raise ConfigError("data gsc needs --out DIR, and --version 1 or 2 (default 2)")
    from fskws.speech_commands import download_speech_commands

    told = -1

    def tell(here: int, total: int) -> None:
        nonlocal told
        if total and (tenth := 10 * here // total) != told:
            told = tenth
            print(f"{here / 1e6:.0f} of {total / 1e6:.0f} MB", file=sys.stderr, flush=True)

    folder = download_speech_commands(Path(options["out"]), int(options.get("version", "2")), tell)
    print(f"{folder}\ntrain on it: python -m fskws train --data {shlex.quote(str(folder))} --preset gsc35-20+5x3x5")
    return 0


def _data_show(folder: Path) -> int:
    from fskws import dataset

    keywords = dataset.open_keyword_set(folder)
    splits = dataset.split_by_speaker(keywords)
    print(f"{len(keywords)} clips, {len(set(keywords.speakers.tolist()))} speakers, fingerprint {keywords.fingerprint}")
    print(f"train {len(splits.train)}, validation {len(splits.validation)}, test {len(splits.test)} by {splits.how}")
    if splits.shared_speakers:
        print(f"{len(splits.shared_speakers)} speakers are in two parts of the official lists")
    for word in keywords.words:
        print(f"  {word:16} {keywords.count(word)}")
    for file, reason in keywords.skipped:
        print(f"  skipped {file}: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
