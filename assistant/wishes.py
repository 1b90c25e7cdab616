"""What an open task asks for: options and values named in prose, in whichever words and order they were typed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.ablation import ASIDE, Lab, is_fskws, number_of
from fskws.config import known_options

#: Options of the older training script, for families that have not used them yet.
_SCRIPT_OPTIONS = tuple(
    """
    lr_base decay epochs_base batch_size_base schedule tmax temperature spec_aug_mode noise_prob matrix_loss_metric
    num_features_pri vector_based_only sequential_layer load_from_file loss_lpc loss_lpc_shuffled loss_a_freq_cls
    loss_res_cls loss_aug_a_freq loss_aug_res loss_res_replace emb_rec_similarity epoch_guideline
    epoch_freeze_classifier final_logit_metric emb_replace_mode loss_regularize base_mode new_mode base_class
    num_classes way shot session dataset
    """.split()  # noqa: SIM905 - a list of words
)


@dataclass(frozen=True)
class Wish:
    """What a task asks for. settings: option -> value, or "+" / "-" for more or less of it. repeat: the same again."""

    settings: tuple[tuple[str, str], ...]
    repeat: bool = False


#: How prose calls an option.
_SPOKEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(?:base )?learning[ -]rate|\blr\b", ("lr_base", "lr")),
    (r"weight[ -]decay", ("decay", "weight_decay")),
    (r"(?:base )?epochs?", ("epochs_base", "epochs")),
    (r"batch[ -]?size|\bbatch\b", ("batch_size_base", "batch_size")),
    (r"noise(?: probability| prob)?", ("noise_prob",)),
    (r"lpc loss", ("loss_lpc",)),
    (r"sequen(?:ce|tial) (?:module|layer)", ("sequential_layer",)),
    (r"n[ -]way", ("n_way", "way")),
    (r"k[ -]shot|\bshots?\b", ("k_shot", "shot")),
)
_VALUE = r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]*[A-Za-z_])"
_AFTER = re.compile(
    rf"^[`'\"*=:\s]*(?:(?:with|of|to|at|is|as|by|value|values|set to|only|be)\s+)*[`'\"*=:\s]*"
    rf"(?P<from>from\s+{_VALUE}\s+to\s+)?"
    rf"(?P<first>{_VALUE})(?P<more>(?:\s*(?:,|/|&|and|or|->|,\s*and)\s*{_VALUE})*)"
)
_BEFORE = re.compile(rf"(?P<first>{_VALUE})\s*[`'\"*(]*$")
_MORE = re.compile(r"\b(?:more|higher|larger|longer|bigger|increase|raise|stronger)\b[\s`]*(?:the\s+)?[`]*$", re.I)
_LESS = re.compile(r"\b(?:less|fewer|lower|smaller|shorter|decrease|reduce|weaker)\b[\s`]*(?:the\s+)?[`]*$", re.I)
_WITHOUT = re.compile(r"\b(?:without|no|remove|drop|turn(?:ing)? off|disable)\b[\s`]*(?:the\s+|any\s+)?[`]*$", re.I)
_AGAIN = re.compile(
    r"\b(?:(?:an)?other (?:\w+ )?seeds?|different seeds?|more seeds|repeat|once more|again|reproduce|"
    r"re-?run|redo|same (?:setting|command|config)\w* twice)\b",
    re.I,
)
_NEEDS_CODE = re.compile(r"\b(?:two|three|four|2|3|4|five|5|more)\s+(?:\w+\s+)?layers?\b", re.I)


def options_of(lab: Lab, family: tuple[str, ...]) -> list[str]:
    """Options that a task may name for this family, those in use first."""
    if ("options", family) in lab.words:
        return list(lab.words["options", family])
    used: dict[str, None] = {}
    for run in lab.families[family]:
        used.update(dict.fromkeys(run.config))
    known = list(known_options()) if is_fskws(family) else _SCRIPT_OPTIONS if family[0].endswith(".py") else []
    found = [name for name in dict.fromkeys([*used, *known]) if name not in ASIDE]
    lab.words["options", family] = tuple(found)
    return found


def values_of(lab: Lab, family: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Value words (lower case) -> (option, value as written), for values that are names and belong to one option."""
    if ("values", family) in lab.words:
        return dict(lab.words["values", family])
    owners: dict[str, set[tuple[str, str]]] = {}
    for option, values in lab.seen(family).items():
        for name, value in dict.fromkeys((option, value) for value in values):
            text = value.strip("'\"")
            if name in ASIDE or name in ("project", "class_order", "words") or number_of(text) is not None:
                continue
            if (
                len(text) >= 3
                and re.fullmatch(r"[A-Za-z][\w-]*", text)
                and text.lower() not in ("none", "true", "false")
            ):
                owners.setdefault(text.lower(), set()).add((name, text))
    if not is_fskws(family):
        for text in ("Transformer", "GRU"):
            if "sequential_layer" in options_of(lab, family):
                owners.setdefault(text.lower(), set()).add(("sequential_layer", text))
    found = {text: min(owner) for text, owner in owners.items() if len({name for name, _ in owner}) == 1}
    lab.words["values", family] = found
    return dict(found)


def _mentions(text: str, options: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where a text names options: (start, end, option), in order, never overlapping; in either word order."""
    found: list[tuple[int, int, str]] = []
    taken: list[tuple[int, int]] = []

    def take(pattern: str, option: str) -> None:
        for match in re.finditer(pattern, text, re.I):
            if all(match.end() <= a or match.start() >= b for a, b in taken):
                taken.append((match.start(), match.end()))
                found.append((match.start(), match.end(), option))

    for option in sorted(options, key=lambda name: (-len(name), name)):
        parts = option.split("_")
        orders = itertools.permutations(parts) if 2 <= len(parts) <= 3 else [tuple(parts)]
        if len(parts) == 1 and len(option) < 4:
            take(rf"(?<![\w-])[`-]{{1,3}}{re.escape(option)}\b`?", option)
            if option == "tau":
                take(r"\btau\b", option)
            continue
        if len(parts) == 1:
            take(rf"(?<!\w)-{{0,2}}`?{re.escape(option)}\b`?", option)
            continue
        for order in orders:
            take(rf"(?<!\w)`?-{{0,2}}{'[_ -]'.join(map(re.escape, order))}(?!\w)`?", option)
    for pattern, names in _SPOKEN:
        option = next((name for name in names if name in options), "")
        if option:
            take(rf"(?<![\w_]){pattern}(?![\w_])", option)
    return sorted(found)


def read_wishes(
    text: str, options: Sequence[str], values: Mapping[str, tuple[str, str]], seen: Mapping[str, list[str]]
) -> list[Wish]:
    """What a task's text asks for, one wish a value where it lists several.

    Args: text: of the task. options: that it may name. values: see `values_of`. seen: option -> values in use.
    """
    text = re.sub(r"\[\[[^\]]*\]\]|^\s*\d{1,2}:\d{2}(?::\d{2})?\s*:", " ", text)
    lists: dict[str, list[str]] = {}
    used: list[tuple[int, int]] = []
    for start, end, option in _mentions(text, options):
        after, before = _AFTER.match(text[end:]), _BEFORE.search(text[:start])
        if before and any(a <= before.start() < b for a, b in used):
            before = None
        if after and not (option.startswith("noise") and re.match(r"\s*(?:and|or)\b", text[end:])):
            numbers = [after["first"], *re.findall(_VALUE, after["more"] or "")]
            used.append((end + after.start("first"), end + after.end()))
        elif before:
            numbers = [before["first"]]
            used.append((before.start(), before.end()))
        elif _WITHOUT.search(text[:start]):
            numbers = [off_value(option, seen.get(option, []))]
        elif _MORE.search(text[:start]):
            numbers = ["+"]
        elif _LESS.search(text[:start]):
            numbers = ["-"]
        elif option == "noise_prob" and re.search(r"\b(?:with|add|adding)\s+`?$", text[:start], re.I):
            on = [v for v in seen.get(option, []) if number_of(v)]
            numbers = [max(on, key=on.count)] if on else []
        else:
            numbers = []
        for number in numbers:
            if number and number not in lists.setdefault(option, []):
                lists[option].append(number)
    for match in re.finditer(r"[A-Za-z][\w-]+", text):
        owner = values.get(match[0].lower())
        if owner is None:
            continue
        option, value = owner
        if _WITHOUT.search(text[: match.start()]):
            value = off_value(option, seen.get(option, []))
        if value and value not in lists.setdefault(option, []):
            lists[option].append(value)
    lists = {option: numbers for option, numbers in lists.items() if numbers}
    # An explicit number outranks "more" of the same option: "more epochs, `epochs_base` 15".
    for option, numbers in lists.items():
        exact = [n for n in numbers if n not in "+-"]
        lists[option] = exact or numbers
    if not lists:
        return [Wish((), True)] if _AGAIN.search(text) else []
    if _NEEDS_CODE.search(text) and not any("layers" in option for option in lists):
        return []
    combinations = list(itertools.product(*([(option, n) for n in numbers] for option, numbers in lists.items())))
    return [Wish(tuple(sorted(settings))) for settings in combinations[:8]]


def off_value(option: str, seen: Sequence[str]) -> str:
    """How "without" is written for an option, as far as the runs tell; "" when they do not."""
    for value in seen:
        if number_of(value) == 0 or value.strip("'\"").lower() in ("none", "false", "off"):
            return value
    if option == "sequential_layer":
        return "None"
    return "0.0" if option.endswith("_prob") else ""
