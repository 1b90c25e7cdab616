"""Commands of older training scripts, translated into settings. Nothing is dropped without a word. Standard library
only.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fskws.config import PRESETS, canonical_option, read_command
from fskws.errors import ConfigError


@dataclass(frozen=True)
class Translation:
    """An older command in today's options.

    Attributes: options: for `TrainConfig.from_options`. remarks: (option as written, what became of it), for those that
        changed their meaning. untranslated: (option as written, why), for those without a counterpart.
    """

    options: dict[str, str]
    remarks: tuple[tuple[str, str], ...]
    untranslated: tuple[tuple[str, str], ...]

    def report(self) -> str:
        """One line an option that is not simply the same."""
        lines = [f"{option}: {what}" for option, what in self.remarks]
        lines += [f"{option}: no counterpart ({why})" for option, why in self.untranslated]
        return "\n".join(lines)


#: Older name -> today's, where name and meaning are the same or nearly so. Word order does not matter.
_SAME = {
    "lr_base": "lr_base",
    "decay": "decay",
    "weight_decay": "decay",
    "epochs_base": "epochs_base",
    "batch_size_base": "batch_size_base",
    "temperature": "temperature",
    "noise_prob": "noise_prob",
    "dataroot": "data",
    "base_class": "base_classes",
    "way": "n_way",
    "shot": "k_shot",
    "session": "sessions",
    "seed": "seed",
}

#: Why an older option has no counterpart here.
_ABSENT = {
    "spec_aug_mode": "set --spec-aug to the widest frequency mask",
    "matrix_loss_metric": "losses on the frame matrix are not built",
    "num_features_pri": "frames follow from the clip: 101 a second",
    "vector_based_only": "here the classifier always works on the vector",
    "sequential_layer": "no sequential layer after the encoder is built",
    "load_from_file": "spectra are made from waveforms, batch by batch",
    "epoch_guideline": "losses that begin late are not built",
    "epoch_freeze_classifier": "the classifier is never frozen",
    "final_logit_metric": "logits are cosines, or LDA with --method lda",
    "emb_rec_similarity": "embedding reconstruction is not built",
    "emb_replace_mode": "embedding replacement is not built",
    "model_dir": "continue with --resume and --out, or score with `evaluate`",
}

_PROJECTS = {"base": "avg_cos", "teen": "teen"}


def translate(command: str) -> Translation:
    """An older command line, script name and mode word included, in today's options.

    Raises: ConfigError: it cannot be taken apart (an open quote), or holds no option at all.
    """
    try:
        words = shlex.split(command.replace("\\\n", " "))
    except ValueError as error:
        raise ConfigError(f"from_command: {error} in {command!r}; quote the whole command once") from error
    read = read_command(words)
    if not read.options:
        raise ConfigError(f"from_command={command!r}: holds no option; give the whole command in quotes")
    found = _Found({}, [], [])
    if read.positional:
        found.remarks.append((" ".join(read.positional), "a mode word of the older script, not needed"))
    for name, value in read.options.items():
        _translate_one(name, value, read.options, found)
    _add_protocol(read.options, found)
    _add_augmentation(found)
    if "method" not in found.options:
        found.options["method"] = "avg_cos"
        found.remarks.append(("no method given", "method avg_cos, as the older script did"))
    return Translation(found.options, tuple(found.remarks), tuple(found.untranslated))


@dataclass(frozen=True)
class _Found:
    options: dict[str, str]
    remarks: list[tuple[str, str]]
    untranslated: list[tuple[str, str]]


def _translate_one(name: str, value: str, given: Mapping[str, str], found: _Found) -> None:
    written = f"{name} {value}"
    known = _in_any_order(name)
    special = _SPECIAL.get(known)
    if special is not None:
        special(value, written, given, found)
    elif known in _SAME:
        found.options[_SAME[known]] = value
    elif known in _ABSENT:
        found.untranslated.append((written, _ABSENT[known]))
    elif "loss" in name.split("_"):
        neutral = value in ("0", "0.0", "false", "None")
        found.untranslated.append((written, "switched off there, absent here" if neutral else "this loss is not built"))
    else:
        try:
            found.options[canonical_option(name)] = value
        except ConfigError:
            found.untranslated.append((written, "unknown here"))


def _in_any_order(name: str) -> str:
    """lr_base for base_lr, loss_lpc for lpc_loss: the known name made of the same words."""
    words = sorted(name.split("_"))
    for known in (*_SAME, *_ABSENT, *_SPECIAL):
        if sorted(known.split("_")) == words:
            return known
    return name


def _number(text: str) -> str:
    return text if text.replace(".", "", 1).isdigit() else "0"


def _project(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    if value in _PROJECTS:
        found.options["method"] = _PROJECTS[value]
        found.remarks.append((written, f"method {_PROJECTS[value]}"))
    else:
        why = "this project's own losses are not built; the base session is trained plainly"
        found.untranslated.append((written, why))


def _dataset(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    if "dataroot" in given:
        found.remarks.append((written, "the folder given as dataroot decides"))
    else:
        found.untranslated.append((written, "give the folder of the data set as --data"))


def _base_mode(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    if value == "ft_cos":
        found.remarks.append((written, "the cosine classifier, as always here"))
    else:
        found.untranslated.append((written, "the base classifier is always cosine"))


def _new_mode(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    if value == "avg_cos":
        found.options.setdefault("method", "avg_cos")
    else:
        found.untranslated.append((written, "new prototypes are support means; see --method"))


def _schedule(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    if value.lower() == "cosine":
        found.options["schedule"] = "cosine"
    else:
        found.untranslated.append((written, "schedules here are cosine and constant"))


def _tmax(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    if value == given.get("epochs_base"):
        found.remarks.append((written, "equals epochs_base, as always here"))
    else:
        found.untranslated.append((written, "the cosine always ends with the last epoch"))


def _gpu(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    first = value.replace(",", " ").split()[0]
    found.options["device"] = f"cuda:{first}" if first.isdigit() else first
    if first != value:
        found.remarks.append((written, f"one device: {found.options['device']}"))


def _num_classes(value: str, written: str, given: Mapping[str, str], found: _Found) -> None:
    found.remarks.append((written, "follows from base_classes, n_way and sessions"))


_SPECIAL: dict[str, Callable[[str, str, Mapping[str, str], _Found], None]] = {
    "project": _project,
    "dataset": _dataset,
    "base_mode": _base_mode,
    "new_mode": _new_mode,
    "schedule": _schedule,
    "tmax": _tmax,
    "gpu": _gpu,
    "num_classes": _num_classes,
}


def _add_augmentation(found: _Found) -> None:
    """The older script shifted a clip only where it added noise, and added more of it."""
    noise_prob = found.options.get("noise_prob")
    if noise_prob is None:
        return
    if float(_number(noise_prob)) > 0:
        found.options.setdefault("noise_amplitude", "1")
        what = "noise up to amplitude 1, as in the older script; the shift of 100 ms moves all clips, not only these"
    else:
        found.options.setdefault("shift_ms", "0")
        what = "no noise and, as in the older script, then no shift either"
    found.remarks.append((f"noise_prob {noise_prob}", what))


def _add_protocol(given: Mapping[str, str], found: _Found) -> None:
    """The older script's own protocol on its own data set, unless the command tells another."""
    if given.get("dataset") != "gsc2" or {"base_classes", "n_way", "k_shot", "sessions"} & set(found.options):
        return
    preset = "gsc35-20+5x3x5"
    found.options["preset"] = preset
    protocol = PRESETS[preset]
    sizes = f"{protocol['base_classes']} base words, then {protocol['sessions'] - 1} sessions "
    sizes += f"of {protocol['n_way']}-way {protocol['k_shot']}-shot"
    found.remarks.append(("dataset gsc2", f"preset {preset}: {sizes}"))
