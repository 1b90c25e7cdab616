"""Options and settings of a training run: words of a command <-> checked, frozen settings.

The one owner of option names. Standard library only, because everything that reads run records reads options too.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from fskws.errors import ConfigError

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_INTERPRETER = re.compile(r"(python|pypy)[\d.]*$")
_SHELL = re.compile(r"(ba|da|z|k|fi)?sh$")
_LAUNCHERS = frozenset({"torchrun", "accelerate", "deepspeed", "srun", "mpirun"})
#: Options of the interpreter itself that take a value of their own.
_INTERPRETER_VALUES = frozenset({"-X", "-W", "--check-hash-based-pycs"})


@dataclass(frozen=True)
class Command:
    """A command's words, taken apart.

    Attributes:
        program: the words up to the script or module: ("python", "train.py"), ("python", "-m", "fskws").
        positional: words that belong to no option, the researcher's mode word: ("trans",).
        options: option name without dashes, inner dashes as underscores -> value as written ("true" for a bare flag).
    """

    program: tuple[str, ...]
    positional: tuple[str, ...]
    options: dict[str, str]


def read_command(argv: Sequence[str]) -> Command:
    """Takes a command apart, whoever's program it is; never raises.

    Single and double dashes, `--name=value`, negative numbers as values, several values (joined by a blank), leftover
    quotes and line-continuation backslashes are understood. A later occurrence of an option wins.
    """
    words = _clean_words(argv)
    end = _program_end(words)
    positional: list[str] = []
    options: dict[str, str] = {}
    position = end
    while position < len(words):
        word = words[position]
        position += 1
        if word == "--":
            continue
        if not _is_option(word):
            positional.append(_unquoted(word))
            continue
        name, equals, value = word.lstrip("-").partition("=")
        name = name.replace("-", "_")
        if equals:
            options[name] = _unquoted(value)
            continue
        values: list[str] = []
        while position < len(words) and not _is_option(words[position]):
            values.append(_unquoted(words[position]))
            position += 1
        options[name] = " ".join(values) if values else "true"
    return Command(tuple(words[:end]), tuple(positional), options)


def parse_options(argv: Sequence[str]) -> dict[str, str]:
    """The options of a command: name without dashes (inner dashes as underscores) -> value as written.

    `-lr_base 0.005`, `--lr-base 0.005` and `--lr_base=0.005` read the same; a bare flag is "true". See `read_command`.
    """
    return read_command(argv).options


def change_options(argv: Sequence[str], changes: Mapping[str, str | None]) -> list[str]:
    """The same command with some options set to another value, added, or (None) removed.

    Dashes and spelling of options that are already there stay as written; an added option takes the form of the last
    one.
    """
    words = _clean_words(argv)
    end = _program_end(words)
    wanted = {name.lstrip("-").replace("-", "_"): value for name, value in changes.items()}
    result = words[:end]
    dashes, underscores = "--", False
    done: set[str] = set()
    position = end
    while position < len(words):
        word = words[position]
        position += 1
        if not _is_option(word):
            result.append(word)
            continue
        written, equals, _ = word.partition("=")
        name = written.lstrip("-").replace("-", "_")
        dashes = written[: len(written) - len(written.lstrip("-"))]
        underscores = "_" in written or (underscores and "-" not in written.lstrip("-"))
        values: list[str] = []
        while not equals and position < len(words) and not _is_option(words[position]):
            values.append(words[position])
            position += 1
        if name not in wanted:
            result += [word, *values]
            continue
        done.add(name)
        value = wanted[name]
        if value is not None:
            result += [f"{written}={value}"] if equals else [written, value]
    for name, value in wanted.items():
        if name not in done and value is not None:
            result += [dashes + (name if underscores or dashes == "-" else name.replace("_", "-")), value]
    return result


def _clean_words(argv: Sequence[str]) -> list[str]:
    """Without line continuations: a lone backslash is dropped, one glued to a value is cut off."""
    return [word.strip().rstrip("\\") if word.strip().endswith("\\") else word for word in argv if word.strip() != "\\"]


def _program_end(words: Sequence[str]) -> int:
    start = 0
    while start < len(words) and re.match(r"[A-Za-z_]\w*=", words[start]):  # FOO=1 before the command
        start += 1
    launched = start < len(words) and PurePath(words[start]).name in _LAUNCHERS
    for position in range(start, len(words)):
        name = PurePath(words[position]).name
        if name.endswith(".py"):
            return position + 1
        if _SHELL.match(name):
            return min(position + 2, len(words))
        if _INTERPRETER.match(name):
            after = position + 1
            while after < len(words) and words[after].startswith("-"):
                if words[after] in ("-m", "-c"):
                    return _module_end(words, after)
                after += 2 if words[after] in _INTERPRETER_VALUES else 1
            return min(after + 1, len(words))
        if _is_option(words[position]) and not launched:
            break
    if start < len(words) and _is_option(words[start]):
        return start
    return min(start + 1, len(words))


def _module_end(words: Sequence[str], dash_m: int) -> int:
    """A launcher module (torch.distributed.run) has options of its own before the script."""
    for position in range(dash_m + 2, len(words)):
        if words[position].endswith(".py"):
            return position + 1
    return min(dash_m + 2, len(words))


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not _NUMBER.match(word)


def _unquoted(word: str) -> str:
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        return word[1:-1]
    return word


# ----------------------------------------------------------------------------------------------------------- settings


def _option(default: Any, words: str, *, also: tuple[str, ...] = (), choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": words, "also": also, "choices": choices})


@dataclass(frozen=True)
class DataConfig:
    """Which speech."""

    data: str = _option("synth", "keyword set: a folder, or `synth` (spoken by espeak-ng)", also=("dataroot",))
    words: str = _option("", "synth only: comma list of words, or how many of the built-in ones")
    clips_per_word: int = _option(100, "synth only: clips a word")
    splits: str = _option(
        "", "JSON file of speakers {train, val, test}; default: the set's lists, else a hash by speaker"
    )
    noise_dir: str = _option("", "folder of noise recordings for augmentation; default: white noise")
    cache: str = _option("", "folder for decoded audio; default: the user's cache")

    def __post_init__(self) -> None:
        _check(self.clips_per_word >= 4, "clips_per_word", self.clips_per_word, "at least 4")


@dataclass(frozen=True)
class ProtocolConfig:
    """Which classes come when: base session, then n_way k_shot sessions."""

    base_classes: int = _option(20, "classes of the base session", also=("base_class",))
    n_way: int = _option(3, "new classes a session", also=("way",))
    k_shot: int = _option(5, "labelled clips a new class", also=("shot",))
    sessions: int = _option(6, "sessions, the base session counted", also=("session",))
    preset: str = _option("", "gsc35-20+5x3x5 or gsc35-15+10x2x5: sizes and class order of the published protocols")
    class_order: str = _option("count", "count, alphabet, listed, seed, or a comma list of words")
    support: str = _option("", "file of support clips, one path a line; default: drawn from the seed")
    base_clips_per_class: int = _option(0, "use at most this many base training clips a class; 0: all")

    def __post_init__(self) -> None:
        _check(self.base_classes >= 2, "base_classes", self.base_classes, "at least 2")
        _check(self.n_way >= 1, "n_way", self.n_way, "at least 1")
        _check(self.k_shot >= 1, "k_shot", self.k_shot, "at least 1")
        _check(self.sessions >= 1, "sessions", self.sessions, "at least 1, the base session counted")
        _check(self.base_clips_per_class >= 0, "base_clips_per_class", self.base_clips_per_class, "0 (all) or more")
        _check(self.preset in ("", *PRESETS), "preset", self.preset, "one of " + ", ".join(PRESETS))

    @property
    def total_classes(self) -> int:
        return self.base_classes + self.n_way * (self.sessions - 1)


@dataclass(frozen=True)
class AugmentConfig:
    """What is done to a base training batch."""

    noise_prob: float = _option(0.0, "share of training clips that get noise")
    noise_amplitude: float = _option(0.1, "largest noise amplitude; drawn from 0 to this for each clip")
    noise_snr_db: str = _option("", "LOW,HIGH in dB: draw a signal-to-noise ratio instead of an amplitude")
    shift_ms: float = _option(100.0, "largest time shift, either way; 0: none")
    spec_aug: int = _option(0, "widest SpecAugment frequency mask in mel bands; 0: none")
    spec_aug_frames: int = _option(20, "widest SpecAugment time mask in frames")

    def __post_init__(self) -> None:
        _check(0 <= self.noise_prob <= 1, "noise_prob", self.noise_prob, "0 to 1")
        _check(0 <= self.noise_amplitude <= 1, "noise_amplitude", self.noise_amplitude, "0 to 1")
        _check(0 <= self.shift_ms <= 500, "shift_ms", self.shift_ms, "0 to 500")
        _check(0 <= self.spec_aug <= 20, "spec_aug", self.spec_aug, "0 to 20 mel bands")
        _check(0 <= self.spec_aug_frames <= 60, "spec_aug_frames", self.spec_aug_frames, "0 to 60")
        if self.noise_snr_db:
            self.snr_range_db()

    def snr_range_db(self) -> tuple[float, float]:
        """(low, high) of `noise_snr_db`."""
        parts = self.noise_snr_db.replace(",", " ").split()
        if len(parts) == 2 and all(_NUMBER.match(part) for part in parts) and float(parts[0]) <= float(parts[1]):
            return float(parts[0]), float(parts[1])
        raise ConfigError(f"noise_snr_db={self.noise_snr_db!r}; allowed: LOW,HIGH in dB, such as 0,20")


@dataclass(frozen=True)
class EncoderConfig:
    """BC-ResNet and its cosine head."""

    tau: float = _option(8.0, "width of BC-ResNet: 0.625, 1, 1.5, 2, 3, 6, 8")
    last_channels: int = _option(0, "dimensions of the embedding; 0: 32 tau, as published")
    temperature: float = _option(16.0, "scale of the cosine logits")
    dropout: float = _option(0.1, "channel dropout in each block")

    def __post_init__(self) -> None:
        _check(0.25 <= self.tau <= 16, "tau", self.tau, "0.25 to 16; published: 0.625, 1, 1.5, 2, 3, 6, 8")
        _check(self.last_channels >= 0, "last_channels", self.last_channels, "0 (32 tau) or more")
        _check(self.temperature > 0, "temperature", self.temperature, "above 0")
        _check(0 <= self.dropout < 1, "dropout", self.dropout, "0 to below 1")


@dataclass(frozen=True)
class OptimConfig:
    """How the base session is trained."""

    optimizer: str = _option("sgd", "sgd (Nesterov) or adamw", choices=("sgd", "adamw"))
    lr_base: float = _option(0.1, "learning rate of the base session", also=("lr", "base_lr"))
    decay: float = _option(5e-4, "weight decay", also=("weight_decay",))
    epochs_base: int = _option(100, "epochs of the base session", also=("epochs", "base_epochs"))
    batch_size_base: int = _option(128, "clips a step", also=("batch_size", "batch"))
    schedule: str = _option("cosine", "cosine or constant learning rate", choices=("cosine", "constant"))
    warmup_epochs: float = _option(0.0, "epochs of linear warm-up")
    clip_grad: float = _option(0.0, "largest gradient norm; 0: no clipping")
    ema: float = _option(0.0, "decay of the weights' moving average; 0: none")
    bf16: bool = _option(False, "bfloat16 autocast")
    compile: bool = _option(False, "torch.compile the encoder")
    select: str = _option("last", "weights kept: last, or best on validation", choices=("last", "best"))

    def __post_init__(self) -> None:
        for name in ("optimizer", "schedule", "select"):
            choices = next(f for f in dataclasses.fields(self) if f.name == name).metadata["choices"]
            _check(getattr(self, name) in choices, name, getattr(self, name), " or ".join(choices))
        _check(0 < self.lr_base <= 10, "lr_base", self.lr_base, "above 0, at most 10")
        _check(0 <= self.decay < 1, "decay", self.decay, "0 to below 1")
        _check(self.epochs_base >= 1, "epochs_base", self.epochs_base, "at least 1")
        _check(self.batch_size_base >= 2, "batch_size_base", self.batch_size_base, "at least 2")
        _check(
            0 <= self.warmup_epochs < self.epochs_base, "warmup_epochs", self.warmup_epochs, "0 to below epochs_base"
        )
        _check(self.clip_grad >= 0, "clip_grad", self.clip_grad, "0 (off) or more")
        _check(0 <= self.ema < 1, "ema", self.ema, "0 to below 1")


@dataclass(frozen=True)
class MethodConfig:
    """How new classes are learned and scored."""

    method: str = _option("calibrated", "calibrated, avg_cos, teen, lda, finetune, joint", also=("new_mode",))
    teen_alpha: float = _option(-1.0, "TEEN's share of base prototypes; -1: chosen on pseudo-novel classes")
    teen_tau: float = _option(16.0, "TEEN's softmax scale")
    tukey_power: float = _option(-1.0, "Tukey's power; 1: none; -1: chosen on pseudo-novel classes")
    lda_shrinkage: float = _option(-1.0, "LDA's share of a round covariance, 0 to 1; -1: chosen")
    base_bias: float = _option(0.0, "taken off each base logit, in cosine units; -1: chosen")
    finetune_steps: int = _option(50, "finetune: steps a session")
    finetune_lr: float = _option(0.001, "finetune: learning rate")

    def __post_init__(self) -> None:
        _check(self.method in METHOD_NAMES, "method", self.method, "one of " + ", ".join(METHOD_NAMES))
        for name, high in (("teen_alpha", 1.0), ("tukey_power", 1.0), ("lda_shrinkage", 1.0), ("base_bias", 1.0)):
            value = getattr(self, name)
            _check(
                value == -1 or 0 <= value <= high, name, value, f"0 to {high:g}, or -1 (chosen on pseudo-novel classes)"
            )
        _check(self.teen_tau > 0, "teen_tau", self.teen_tau, "above 0")
        _check(self.finetune_steps >= 1, "finetune_steps", self.finetune_steps, "at least 1")
        _check(self.finetune_lr > 0, "finetune_lr", self.finetune_lr, "above 0")


@dataclass(frozen=True)
class TrainConfig:
    """All settings of one training run; every part checks itself when built.

    `TrainConfig.from_options` reads options, `to_options` and `to_argv` write them, so that a record holds the whole.
    """

    data: DataConfig = field(default_factory=DataConfig)
    protocol: ProtocolConfig = field(default_factory=ProtocolConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    method: MethodConfig = field(default_factory=MethodConfig)
    seed: int = _option(1, "every random draw follows from it")
    device: str = _option("cpu", "cpu, cuda or cuda:N; never falls back", also=("gpu",))
    data_on_device: bool = _option(False, "keep the whole keyword set on the device: 32 kB a clip")
    threads: int = _option(0, "CPU threads; 0: as many as there are cores")
    draws: int = _option(1, "support draws evaluated from cached embeddings, with 95 % intervals when above 1")
    out: str = _option("", "folder for checkpoints; default: the run's own")
    resume: bool = _option(False, "go on from the newest checkpoint in `out`")
    checkpoint_every: int = _option(1, "epochs between checkpoints; 0: only at the end")

    def __post_init__(self) -> None:
        _check(self.draws >= 1, "draws", self.draws, "at least 1")
        _check(self.checkpoint_every >= 0, "checkpoint_every", self.checkpoint_every, "0 or more")
        _check(self.threads >= 0, "threads", self.threads, "0 (all cores) or more")
        _check(
            re.fullmatch(r"cpu|cuda(:\d+)?|mps", self.device) is not None,
            "device",
            self.device,
            "cpu, cuda, cuda:N or mps",
        )

    @staticmethod
    def from_options(options: Mapping[str, str]) -> TrainConfig:
        """Settings from option -> value, canonical names or aliases.

        Raises: ConfigError: an unknown option (the closest known one is named), a value of the wrong form or out of
        range,
            or one setting given twice under two names.
        """
        known = _option_table()
        groups: dict[str, dict[str, Any]] = {}
        given: dict[str, str] = {}
        for name, text in options.items():
            canonical = canonical_option(name)
            if canonical in given and given[canonical] != name:
                raise ConfigError(f"{given[canonical]} and {name} are the same option; give one of them")
            given[canonical] = name
            group, entry = known[canonical]
            if canonical == "device" and name == "gpu":
                text = f"cuda:{text}" if text.isdigit() else text
            groups.setdefault(group, {})[canonical] = _read_value(name, text, entry)
        if preset := groups.get("protocol", {}).get("preset"):
            if preset not in PRESETS:
                raise ConfigError(f"preset={preset!r}; allowed: {', '.join(PRESETS)}")
            for key, value in PRESETS[preset].items():
                if groups["protocol"].setdefault(key, value) != value:
                    raise ConfigError(
                        f"{key}={groups['protocol'][key]} differs from preset {preset} ({value}); drop one of the two"
                    )
        parts = {name: _GROUPS[name](**values) for name, values in groups.items() if name}
        return TrainConfig(**parts, **groups.get("", {}))

    @staticmethod
    def from_argv(argv: Sequence[str]) -> TrainConfig:
        """Settings from the words after `train`. Raises: ConfigError, see `from_options`; also for stray words."""
        command = read_command(["train", *argv])
        if command.positional:
            raise ConfigError(f"{command.positional[0]!r} belongs to no option; options start with - or --")
        return TrainConfig.from_options(command.options)

    def to_options(self, *, changed_only: bool = False) -> dict[str, str]:
        """Option -> value as one would write it. `changed_only` leaves out what equals the default."""
        default = TrainConfig()
        result: dict[str, str] = {}
        for name, (group, _) in _option_table().items():
            value = getattr(getattr(self, group), name) if group else getattr(self, name)
            standard = getattr(getattr(default, group), name) if group else getattr(default, name)
            if not changed_only or value != standard:
                result[name] = _write_value(value)
        return result

    def to_argv(self, *, changed_only: bool = True) -> list[str]:
        """The words after `python -m fskws train` that give these settings."""
        words: list[str] = []
        for name, value in self.to_options(changed_only=changed_only).items():
            words += [f"--{name.replace('_', '-')}", value]
        return words

    def replaced(self, **options: Any) -> TrainConfig:
        """The same settings with some options, by name, set to other values."""
        return TrainConfig.from_options(
            {**self.to_options(), **{name: _write_value(value) for name, value in options.items()}}
        )


_GROUPS: dict[str, Any] = {
    "data": DataConfig,
    "protocol": ProtocolConfig,
    "augment": AugmentConfig,
    "encoder": EncoderConfig,
    "optim": OptimConfig,
    "method": MethodConfig,
}

METHOD_NAMES = ("calibrated", "avg_cos", "teen", "lda", "finetune", "joint")

#: Class order of the published GSC-v2 protocols: words by falling clip count.
GSC35_ORDER = (
    "five zero yes seven no nine down one go two stop six on left eight right off four three up "
    "dog wow house marvin bird happy cat sheila bed tree backward visual follow learn forward"
)

PRESETS: dict[str, dict[str, Any]] = {
    "gsc35-20+5x3x5": {
        "base_classes": 20,
        "n_way": 3,
        "k_shot": 5,
        "sessions": 6,
        "class_order": GSC35_ORDER.replace(" ", ","),
    },
    "gsc35-15+10x2x5": {
        "base_classes": 15,
        "n_way": 2,
        "k_shot": 5,
        "sessions": 11,
        "class_order": GSC35_ORDER.replace(" ", ","),
    },
}


def _option_table() -> dict[str, tuple[str, dataclasses.Field[Any]]]:
    """Canonical option -> (its group, its field). Options of the run itself have the group ""."""
    table: dict[str, tuple[str, dataclasses.Field[Any]]] = {}
    for group, kind in _GROUPS.items():
        table.update({entry.name: (group, entry) for entry in dataclasses.fields(kind)})
    table.update({entry.name: ("", entry) for entry in dataclasses.fields(TrainConfig) if entry.metadata})
    return table


def known_options() -> dict[str, str]:
    """Canonical option -> one line of help with default and aliases, in the order of the settings."""
    lines: dict[str, str] = {}
    for name, (_, entry) in _option_table().items():
        also = entry.metadata["also"]
        aliases = f"; also {', '.join(also)}" if also else ""
        lines[name] = f"{entry.metadata['help']} (default {_write_value(entry.default) or 'none'}{aliases})"
    return lines


def canonical_option(name: str) -> str:
    """The option's own name for a name or alias, in any dash form.

    Raises: ConfigError: nobody knows it; the text names the closest and lists all.
    """
    plain = name.lstrip("-").replace("-", "_")
    aliases: dict[str, str] = {}
    for option, (_, entry) in _option_table().items():
        aliases[option] = option
        aliases.update(dict.fromkeys(entry.metadata["also"], option))
    if plain in aliases:
        return aliases[plain]
    close = difflib.get_close_matches(plain, aliases, n=1)
    nearest = f" Closest: {close[0]}." if close else ""
    raise ConfigError(f"unknown option {plain!r}.{nearest} Known options: {', '.join(sorted(set(aliases.values())))}")


def _read_value(name: str, text: str, entry: dataclasses.Field[Any]) -> Any:
    kind: type = type(entry.default)
    if kind is bool:
        if text.lower() in ("true", "1", "yes", "on"):
            return True
        if text.lower() in ("false", "0", "no", "off"):
            return False
        raise ConfigError(f"{name}={text!r}; allowed: true or false")
    if kind is int:
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        raise ConfigError(f"{name}={text!r}; allowed: a whole number")
    if kind is float:
        if _NUMBER.match(text):
            return float(text)
        raise ConfigError(f"{name}={text!r}; allowed: a number")
    if entry.metadata["choices"] and text.lower() in entry.metadata["choices"]:
        return text.lower()
    return text


def _write_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if value != int(value) or abs(value) > 1e15 else str(int(value))
    return str(value)


def _check(holds: bool, name: str, value: Any, allowed: str) -> None:
    if not holds:
        raise ConfigError(f"{name}={value!r}; allowed: {allowed}")


def command_line(words: Iterable[str]) -> str:
    """The words as one line that a shell reads back the same."""
    return shlex.join(words)
