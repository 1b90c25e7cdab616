"""Logged runs of the example vaults, as literal values; joins, chains and oddities one by one; no input is too odd."""

from __future__ import annotations

import datetime
import random
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fskws.runs import Record
from vault_sync.entries import commands_of, ending, split_words
from vault_sync.notes import Fence, parse_note
from vault_sync.results import NoteNames, logged_records
from vault_sync.vault import Vault

VAULTS = Path(__file__).parents[1] / "vaults"
DAY = datetime.date
PIECES_OF_NOTES = (
    *("```", "```sh x", "> ", "- [ ] ", "- [x] ", "  ", "## 2025-04-07", "## 20250412", "### E-2025/04/07", "[[", "]]"),
    *("> [!note] Config", "[97.1, 94.2]", "[nan, 1]", "[1.0,", "Seen acc:", "Unseen acc:", "Harmonic mean:", "---"),
    *(
        "Server : [[Server#2025-04-07]]",
        "[[Experiments#2025-04-07]]",
        "python train.py \\",
        "-lr_base 1",
        "\\",
        "'",
        '"',
    ),
    *("Same setting with the experiment above", "Exactly the same with [[#2025-04-07]]", "| a | acc |", "|-|-|", "#"),
    *("| x | 1.5 |", "\r", "\x00", "한", "^kw-ab12cd", "- loss : 0.3 (best 0.2)", "Stopped.", "NaN occurs.", "[!fail]"),
    *("lr_base 0.1", "noise_prob 0.8", "GRU", "Result with best fifth session", "```txt A title", "\ud800"),
)


def read(name: str):
    vault = Vault(VAULTS / name)
    return [parse_note(file.path, vault.read(file.path).text) for file in vault.files()]


def told(date: str, status: str, title: str, command: str, link: str, **more: Any) -> dict[str, Any]:
    """An expected record. `joined` holds positions in the list; `config` is given where it is not the command's."""
    return {"date": date, "status": status, "title": title, "command": command, "link": link, **more}


GSC2 = "-dataset gsc2 -lr_base 0.005 -decay 0.0005 -epochs_base 100"
RECORDS = (
    told(
        "2024-10-07",
        "finished",
        "Cosine head only, nothing else",
        f"python train.py base -project base {GSC2} -noise_prob 0.0",
        "Experiments#2024-10-07:16",
        metrics={
            "accuracy": [96.548, 92.439, 89.289, 85.666, 82.26, 79.354],
            "seen": [95.627, 95.413, 94.945, 94.422, 94.201],
            "unseen": [71.182, 68.875, 65.047, 61.989, 59.557],
            "harmonic_mean": [81.613, 80.001, 77.202, 74.843, 72.976],
        },
        note_links=("[[Experiments#2024-10-07]]", "[[Server#2024-10-07]]"),
    ),
    told(
        "2024-10-07",
        "finished",
        "Cosine head with noisy input",
        f"python train.py base -project base {GSC2} -noise_prob 0.8",
        "Experiments#2024-10-07:25",
        metrics={
            "accuracy": [96.942, 92.807, 89.08, 85.562, 82.348, 78.985],
            "seen": [95.833, 95.284, 94.812, 94.644, 93.872],
            "unseen": [72.636, 68.399, 65.008, 61.855, 59.136],
            "harmonic_mean": [82.637, 79.634, 77.131, 74.815, 72.561],
        },
        remarks=("Noise costs a bit on the seen words.",),
        note_links=("[[Experiments#2024-10-07]]", "[[Server#2024-10-07]]"),
    ),
    told(
        "2024-10-09",
        "stopped",
        "Prototype mixing with the whole buffer.",
        f"python train.py comp -project comp {GSC2}",
        "Server#2024/10/09:68",
        cause="Stopped",
        remarks=("Stopped.",),
        note_links=("[[Server#2024/10/09]]",),
    ),
    told(
        "2024-10-10",
        "finished",
        "GRU head with `lr_base` 0.01.",
        "python train.py trans -project trans -dataset gsc2 -lr_base 0.01 -decay 0.0005 -epochs_base 100 "
        "-noise_prob 0.8 -sequential_layer GRU",
        "Experiments#2024/10/10:37",
        metrics={
            "accuracy": [96.518, 91.949, 88.604, 85.11, 82.056, 78.776],
            "seen": [94.886, 94.556, 93.962, 93.561, 93.219],
            "unseen": [72.372, 68.766, 65.44, 62.882, 59.518],
            "harmonic_mean": [82.114, 79.625, 77.149, 75.213, 72.65],
        },
        note_links=("[[Experiments#2024/10/10]]", "[[Server#2024/10/09]]", "[[sequence_heads#2024/10/08]]"),
        joined=(4, 5),
    ),
    told(
        "2024-10-10",
        "finished",
        "GRU head with `lr_base` 0.005. (Result with best fifth session)",
        f"python train.py trans -project trans {GSC2} -noise_prob 0.8 -sequential_layer GRU",
        "Experiments#2024/10/10:48",
        metrics={
            "accuracy": [95.405, 91.482, 87.545, 84.257, 81.021, 77.048],
            "seen": [94.732, 94.312, 94.052, 93.594, 93.017],
            "unseen": [69.813, 64.989, 62.489, 60.067, 55.757],
            "harmonic_mean": [80.386, 76.952, 75.089, 73.173, 69.721],
        },
        note_links=("[[Experiments#2024/10/10]]", "[[Server#2024/10/09]]", "[[sequence_heads#2024/10/08]]"),
        joined=(5, 3),
    ),
    told(
        "2024-10-10",
        "finished",
        "GRU head with `lr_base` 0.005. (Final result)",
        f"python train.py trans -project trans {GSC2} -noise_prob 0.8 -sequential_layer GRU",
        "Experiments#2024/10/10:61",
        metrics={
            "accuracy": [97.02, 91.973, 88.817, 85.698, 82.754, 79.214],
            "seen": [94.793, 94.514, 93.889, 93.642, 93.201],
            "unseen": [73.176, 69.829, 67.497, 64.606, 60.565],
            "harmonic_mean": [82.593, 80.318, 78.535, 76.46, 73.42],
        },
        remarks=("The last epoch is worse than the best one.", "Early stopping may be fair here."),
        note_links=("[[Experiments#2024/10/10]]", "[[Server#2024/10/09]]", "[[sequence_heads#2024/10/08]]"),
        joined=(4, 3),
    ),
    told(
        "2024-10-11",
        "finished",
        "Transformer head, 100 epochs.",
        "python train.py trans -project trans -dataset gsc2 -lr_base 0.005 -decay 0.0005 -epochs_base 30 "
        "-noise_prob 0.8 -sequential_layer Transformer",
        "Experiments#20241011:75",
        metrics={
            "accuracy": [97.04, 91.793, 88.535, 84.936, 81.661, 78.434],
            "seen": [94.894, 94.426, 93.811, 93.451, 93.164],
            "unseen": [71.122, 68.9, 65.213, 62.011, 58.795],
            "harmonic_mean": [81.306, 79.668, 76.941, 74.552, 72.093],
        },
        verdicts=("fail: This result is from wrong code.",),
        note_links=("[[Experiments#20241011]]", "[[Server#20241011]]"),
    ),
    told(
        "2024-10-11",
        "failed",
        "Transformer head, loss_lpc 0.5.",
        "python train.py trans -project trans -dataset gsc2 -lr_base 0.0005 -decay 0.005 -epochs_base 100 "
        "-noise_prob 0.8 -sequential_layer Transformer -loss_lpc 0.5",
        "Experiments#20241011:85",
        cause="NaN occurs at the 12th epoch",
        verdicts=("error: NaN occurs at the 12th epoch.",),
        remarks=("NaN occurs at the 12th epoch.",),
        note_links=("[[Experiments#20241011]]", "[[Server#20241011]]"),
    ),
    told(
        "2024-10-11",
        "finished",
        "Looked at the confusion matrix on the small GPU.",
        "",
        "Server#20241011:116",
        note_links=("[[Server#20241011]]",),
    ),
    told(
        "2024-10-14",
        "finished",
        "Five words only, `loss_lpc` 0.5.",
        "python -m fskws train --words 5 --sessions 3 --loss_lpc 0.5",
        "Experiments#2024/10/14:90",
        metrics={
            "accuracy": [96.971, 92.384, 88.573],
            "seen": [95.753, 95.037],
            "unseen": [69.926, 67.026],
            "harmonic_mean": [80.826, 78.611],
        },
        marker="kw-m4q7za",
        note_links=("[[Experiments#2024/10/14]]", "[[Server#2024/10/14]]"),
    ),
    told(
        "2024-10-15",
        "finished",
        "Transformer head, `loss_lpc` 0.5.",
        f"python train.py trans -project trans {GSC2} -noise_prob 0.8 -sequential_layer Transformer -loss_lpc 0.5",
        "Experiments#Experiments-2024/10/15:102",
        metrics={
            "accuracy": [95.219, 90.965, 87.356, 84.002, 80.771, 77.321],
            "seen": [94.338, 93.916, 93.726, 93.355, 92.632],
            "unseen": [68.48, 65.491, 62.394, 59.797, 56.906],
            "harmonic_mean": [79.356, 77.169, 74.916, 72.899, 70.501],
        },
        note_links=("[[Experiments#Experiments-2024/10/15]]", "[[Server#2024/10/14]]"),
    ),
    told(
        "2024-10-15",
        "finished",
        "Transformer head, `loss_lpc` 0.5.",
        f"python train.py trans -project trans {GSC2} -noise_prob 0.8 -sequential_layer Transformer -loss_lpc 0.5",
        "Experiments#Experiments-2024/10/15:112",
        metrics={
            "accuracy": [97.171, 92.017, 88.309, 85.201, 81.71, 78.492],
            "seen": [95.289, 95.043, 94.538, 94.068, 93.709],
            "unseen": [70.206, 65.862, 64.453, 61.114, 58.203],
            "harmonic_mean": [80.847, 77.806, 76.649, 74.092, 71.807],
        },
        remarks=("Other numbers with the same command, seed is not fixed.",),
        note_links=("[[Experiments#Experiments-2024/10/15]]", "[[Server#2024/10/14]]"),
    ),
    told(
        "2024-10-16",
        "finished",
        "Residual stream alone.",
        "python train.py fact -project fact -dataset gsc2 -epochs_base 60",
        "Experiments#2024/10/16:124",
        metrics={
            "accuracy": [96.133, 91.711, 87.575, 83.839, 80.39, 76.837],
            "seen": [95.356, 94.727, 94.329, 93.986, 93.567],
            "unseen": [67.408, 63.733, 60.529, 57.731, 54.531],
            "harmonic_mean": [78.983, 76.199, 73.74, 71.527, 68.904],
        },
        verdicts=("warning: Labels of the last session were shifted.", "fail: Seen words are not right in this one."),
        note_links=("[[Experiments#2024/10/16]]", "[[Server#2024/10/16]]", "[[experiments.md#2024/10/16]]"),
    ),
    told(
        "2024-10-16",
        "finished",
        "Residual stream alone, frames shuffled.",
        "python train.py fact -project fact -dataset gsc2 -epochs_base 60 -loss_lpc_shuffled 0.5",
        "Server#2024/10/16:177",
        note_links=("[[Server#2024/10/16]]", "[[Experiments#2024/10/61]]"),
    ),
    told(
        "2024-10-18",
        "finished",
        "Same setting with the experiment above, `noise_prob` 0.8.",
        "",
        "Experiments#2024/10/18:140",
        metrics={
            "accuracy": [96.71, 91.38, 88.278, 84.817, 81.616, 78.022],
            "seen": [94.211, 93.852, 93.49, 93.097, 92.6],
            "unseen": [72.51, 69.699, 65.545, 62.48, 58.584],
            "harmonic_mean": [81.948, 79.992, 77.062, 74.776, 71.765],
        },
        inherited=("project", "dataset", "epochs_base"),
        config={"project": "fact", "dataset": "gsc2", "epochs_base": "60", "noise_prob": "0.8"},
        note_links=("[[Experiments#2024/10/18]]",),
    ),
    told(
        "2024-10-18",
        "finished",
        "Exactly the same with [[#2024/10/18]], but with GRU.",
        "",
        "Experiments#2024/10/18:149",
        metrics={
            "accuracy": [96.432, 92.589, 89.097, 86.397, 83.434, 80.127],
            "seen": [95.435, 94.98, 94.951, 94.382, 93.829],
            "unseen": [73.617, 69.485, 67.387, 65.188, 61.857],
            "harmonic_mean": [83.118, 80.256, 78.829, 77.114, 74.56],
        },
        inherited=("project", "dataset", "epochs_base", "noise_prob"),
        config={
            "project": "fact",
            "dataset": "gsc2",
            "epochs_base": "60",
            "noise_prob": "0.8",
            "sequential_layer": "GRU",
        },
        note_links=("[[Experiments#2024/10/18]]",),
    ),
    told(
        "2024-10-20",
        "finished",
        "한국어로 쓴 설명, `noise_prob` 0.8.",
        "",
        "Experiments#2024/10/20:167",
        metrics={
            "accuracy": [96.622, 92.003, 88.317, 84.767, 81.142, 77.72],
            "seen": [95.475, 94.98, 94.678, 94.098, 93.656],
            "unseen": [68.859, 66.106, 62.742, 59.548, 56.473],
            "harmonic_mean": [80.012, 77.955, 75.471, 72.938, 70.46],
        },
        note_links=("[[Experiments#2024/10/20]]",),
    ),
    told(
        "2024-10-22",
        "finished",
        "Two seeds.",
        "",
        "Experiments#2024/10/22:175",
        metrics={
            "accuracy": [96.662, 91.54, 87.942],
            "seen": [94.876, 94.476],
            "unseen": [69.303, 66.163],
            "harmonic_mean": [80.098, 77.824],
        },
        note_links=("[[Experiments#2024/10/22]]", "[[Server#2024/10/22]]"),
        joined=(21, 22),
    ),
    told(
        "2024-10-22",
        "finished",
        "Base loss of the small net.",
        "python fit.py --lr 0.1 --steps 400",
        "Experiments#2024/10/22:185",
        metrics={"train loss": {"last": 0.412, "best": 0.398}, "EER": {"last": 7.25, "best": 7.25}},
        marker="kw-k3fa9q",
        note_links=("[[Experiments#2024/10/22]]", "[[Server#2024/10/22]]"),
    ),
    told(
        "2024-10-22",
        "failed",
        "Decoder with teacher forcing.",
        "python train.py teen -project teen -epochs_base 50",
        "Experiments#2024/10/22:191",
        cause="NaN in accuracy: [96.2, nan, nan]",
        note_links=("[[Experiments#2024/10/22]]", "[[Server#2024/10/22]]"),
    ),
    told(
        "2024-10-22",
        "finished",
        "Result of 2024-10-22",
        "",
        "Experiments#2024/10/22:197",
        metrics={
            "accuracy": [95.5, 90.25, 86.0],
            "seen": [94.0, 93.0],
            "unseen": [70.0, 62.0],
            "harmonic_mean": [80.244, 74.4],
        },
        note_links=("[[Experiments#2024/10/22]]",),
    ),
    told(
        "2024-10-22",
        "unknown",
        "Second GPU, two seeds at once.",
        "CUDA_VISIBLE_DEVICES=1 python train.py comp -project comp -seed 1 -model_dir out/seed one",
        "Server#2024/10/22:190",
        note_links=("[[Server#2024/10/22]]", "[[Experiments#2024/10/22]]"),
        joined=(22, 17),
    ),
    told(
        "2024-10-22",
        "unknown",
        "Second GPU, two seeds at once.",
        "CUDA_VISIBLE_DEVICES=1 python train.py comp -project comp -seed 2 -model_dir out/seed two",
        "Server#2024/10/22:196",
        note_links=("[[Server#2024/10/22]]", "[[Experiments#2024/10/22]]"),
        joined=(21, 17),
    ),
    told(
        "2024-10-22",
        "unknown",
        "Decoder without it, when the GPU is free.",
        "python train.py teen -project teen -epochs_base 60",
        "Server#2024/10/22:219",
        note_links=("[[Server#2024/10/22]]",),
    ),
    told(
        "2024-10-23",
        "finished",
        "Wide cosine head",
        "",
        "Experiments#By hand-2024/10/23:208",
        metrics={"Last session": {"last": 85.4, "best": 85.4}},
        config={"lr_base": "0.02"},
        note_links=("[[Experiments#By hand-2024/10/23]]",),
    ),
    told(
        "2024-10-23",
        "finished",
        "Deep cosine head",
        "",
        "Experiments#By hand-2024/10/23:209",
        metrics={"Last session": {"last": 86.3, "best": 86.3}},
        config={"lr_base": "0.02"},
        note_links=("[[Experiments#By hand-2024/10/23]]",),
    ),
    told(
        "2024-10-23",
        "finished",
        "Printed by numpy.",
        "",
        "Experiments#By hand-2024/10/23:211",
        metrics={
            "accuracy": [96.101, 91.202, 87.303],
            "seen": [95.1, 94.2],
            "unseen": [70.1, 63.2],
            "harmonic_mean": [80.708, 75.649],
        },
        verdicts=("warning: Only one seed.",),
        note_links=("[[Experiments#By hand-2024/10/23]]",),
    ),
)


def shown(record: Record, position: dict[str, int]) -> dict[str, Any]:
    """A record in the form of `told`."""
    values = {
        "metrics": record.metrics,
        "cause": record.cause,
        "verdicts": record.verdicts,
        "remarks": record.remarks,
        "inherited": record.inherited,
        "marker": record.marker,
        "config": record.config if record.inherited or not record.argv else {},
        "note_links": record.note_links,
        "joined": tuple(position[other] for other in record.joined),
    }
    kept = {name: value for name, value in values.items() if value}
    return told(record.date, record.status, record.title, " ".join(record.argv), record.link, **kept)


def test_the_example_vault_gives_these_records_and_no_others():
    """Every irregularity of the example notes, each record in full."""
    records = logged_records(read("irregular"))
    position = {record.id: i for i, record in enumerate(records)}
    for found, expected in zip(records, RECORDS, strict=False):
        assert shown(found, position) == expected
    assert len(records) == len(RECORDS)
    assert all(record.source == "logged" and record.exit_code is None for record in records)


def test_config_is_the_commands_options():
    """Options as written, quotes off, slips of the older entries (glued and dangling backslashes) understood."""
    first, second = logged_records(read("irregular"))[:2]
    assert first.config == {
        "project": "base",
        "dataset": "gsc2",
        "lr_base": "0.005",
        "decay": "0.0005",
        "epochs_base": "100",
        "noise_prob": "0.0",
    }
    assert second.config == {**first.config, "noise_prob": "0.8"}


def test_ids_are_stable_and_do_not_depend_on_lines_above():
    """The same notes give the same ids, and a paragraph put on top changes none of them."""
    notes = read("irregular")
    ids = [record.id for record in logged_records(notes)]
    assert len(set(ids)) == len(ids)
    assert all(len(name) == 16 and name.startswith("n2024") for name in ids)
    moved = [parse_note(n.path, "# New\nwords\n\n" + "\n".join(n.lines[5:])) for n in notes]
    assert sorted(record.id for record in logged_records(moved)) == sorted(ids)
    assert sorted(record.id for record in logged_records(list(reversed(notes)))) == sorted(ids)


def test_as_of_hides_what_is_dated_later():
    """A run whose result is dated later is known without it; what is later does not exist."""
    records = logged_records(read("irregular"), as_of=DAY(2024, 10, 9))
    assert [(r.date, r.title, bool(r.metrics)) for r in records] == [
        ("2024-10-07", "Cosine head only, nothing else", True),
        ("2024-10-07", "Cosine head with noisy input", True),
        ("2024-10-09", "Sequence head with GRU, both learning rates.", False),
        ("2024-10-09", "Sequence head with GRU, both learning rates.", False),
        ("2024-10-09", "Prototype mixing with the whole buffer.", False),
    ]
    assert all("2024/10/1" not in r.link for r in records)


def vault(server: str = "", experiments: str = "", **notes: str):
    texts = {"Server": server, "Experiments": experiments, **notes}
    return [parse_note(f"{name}.md", text) for name, text in texts.items()]


RUN = (
    "- [x] {0}\n\n```sh\npython train.py trans -lr_base {1}\n```\n> [!note] Result\n> [[Experiments#2025/04/11]]\n---\n"
)
ARRAYS = "[97.1, 94.{0}]\nSeen acc:\n[96.4]\nUnseen acc:\n[71.2]\nHarmonic mean:\n[81.9]\n\n"
RESULT = "> {0}\n> Server : [[Server#2025/04/10]]\n" + ARRAYS.replace("{0}", "{1}")


def pairs(records):
    return [
        (r.config.get("lr_base"), r.metrics["accuracy"][1] if "accuracy" in r.metrics else None, len(r.joined))
        for r in records
    ]


def test_equal_descriptions_are_joined_in_the_order_they_stand():
    """As many equal entries as equal results: the first belongs to the first."""
    server = "## 2025/04/10\n" + RUN.format("Once more.", "0.1") + RUN.format("Once more.", "0.2")
    experiments = "## 2025/04/11\n" + RESULT.format("Once more.", "1") + RESULT.format("Once more.", "2")
    assert pairs(logged_records(vault(server, experiments))) == [("0.1", 94.1, 0), ("0.2", 94.2, 0)]


def test_different_commands_are_never_merged_on_a_guess():
    """Two equal entries with other commands and one result stay apart, each named as probably the same."""
    server = "## 2025/04/10\n" + RUN.format("Once more.", "0.1") + RUN.format("Once more.", "0.2")
    experiments = "## 2025/04/11\n" + RESULT.format("Once more.", "1")
    records = logged_records(vault(server, experiments))
    assert sorted(pairs(records), key=str) == [("0.1", None, 1), ("0.2", None, 1), (None, 94.1, 2)]


def test_equal_commands_can_share_one_result():
    """The same command twice and one result: whichever it was, the command is certain."""
    server = "## 2025/04/10\n" + RUN.format("Once more.", "0.1") + RUN.format("Once more.", "0.1")
    records = logged_records(vault(server, "## 2025/04/11\n" + RESULT.format("Once more.", "1")))
    assert sorted(pairs(records), key=str) == [("0.1", 94.1, 0), ("0.1", None, 0)]


def test_descriptions_find_each_other_among_several():
    """Words and named options decide when several runs share both days, slips of the pen allowed for."""
    server = "## 2025/04/10\n" + RUN.format("Transformer with the residul stream.", "0.1")
    server += RUN.format("GRU with formant stream, `lr_base` 0.2.", "0.2") + RUN.format("No stream at all.", "0.3")
    experiments = "## 2025/04/11\n" + RESULT.format("No stream at all!", "3")
    experiments += RESULT.format("Formant stream with GRU.", "2") + RESULT.format("Transformer, residual stream.", "1")
    records = logged_records(vault(server, experiments))
    assert sorted(pairs(records)) == [("0.1", 94.1, 0), ("0.2", 94.2, 0), ("0.3", 94.3, 0)]


def test_a_result_belongs_to_the_command_whose_value_it_names():
    """Two commands in one fence, two results: each names a layer that one of the commands alone has."""
    server = "## 2025/04/10\n- [x] Recurrent or not, the rest is equal.\n```sh x.sh\n"
    server += "python train.py a -lr_base 0.1 -layer 'Lstm'\n\npython train.py a -lr_base 0.1 -layer Conformer\n```\n"
    server += "[[Experiments#2025/04/11]]\n"
    experiments = "## 2025/04/11\n"
    for words, digit in (("Conformer on top.", "1"), ("With an LSTM.", "2")):
        experiments += f"> {words}\n> Server : [[Server#2025/04/10]]\n" + ARRAYS.format(digit)
    records = logged_records(vault(server, experiments))
    told = {(r.config.get("layer", ""), r.metrics["accuracy"][1]) for r in records}
    assert told == {("Conformer", 94.1), ("Lstm", 94.2)}


def test_a_wrong_day_in_one_link_does_not_part_a_pair():
    """One of the two links leads nowhere; the equal words and the other link are enough."""
    server = "## 2025/04/10\n" + RUN.format("Residual stream alone.", "0.1").replace("04/11", "04/31")
    experiments = "## 2025/04/11\n" + RESULT.format("Residual stream alone.", "1")
    assert pairs(logged_records(vault(server, experiments))) == [("0.1", 94.1, 0)]


def test_a_link_between_unlike_texts_joins_nothing():
    """One link to a day where something else stands is no pair."""
    server = "## 2025/04/10\n" + RUN.format("Residual stream alone.", "0.1").replace("04/11", "04/12")
    experiments = "## 2025/04/11\n" + RESULT.format("Decoder, teacher forcing, two layers.", "1")
    assert len(logged_records(vault(server, experiments))) == 2


def test_two_array_sets_of_one_description_share_the_command():
    """One record a set, each with the command, naming each other."""
    server = "## 2025/04/10\n" + RUN.format("Two layers.", "0.1")
    experiments = "## 2025/04/11\n> Two layers.\n> Server : [[Server#2025/04/10]]\n"
    experiments += ARRAYS.format("1") + "Final result\n" + ARRAYS.format("2")
    records = logged_records(vault(server, experiments))
    assert pairs(records) == [("0.1", 94.1, 1), ("0.1", 94.2, 1)]
    assert [record.title for record in records] == ["Two layers.", "Two layers. (Final result)"]
    assert records[0].joined == (records[1].id,)


def test_a_new_description_is_no_label_of_a_second_set():
    """Words about the model open a record of their own; words about the result name another set of the same run."""
    for words, titles in (
        ("Best with two GRU layers", ["Two layers.", "Best with two GRU layers"]),
        ("Result of the 40th epoch", ["Two layers.", "Two layers. (Result of the 40th epoch)"]),
        ("Second model, final decoder", ["Two layers.", "Second model, final decoder"]),
    ):
        text = "## 2025/04/11\n> Two layers.\n" + ARRAYS.format("1") + f"> {words}\n" + ARRAYS.format("2")
        assert [record.title for record in logged_records(vault("", text))] == titles


def test_a_lone_stopped_is_a_record_of_its_own():
    """A quote that says only how a run ended is no word about the result above it."""
    text = "## 2025/04/11\n> Two layers.\n" + ARRAYS.format("1") + "> Stopped.\n"
    assert [(r.title, r.status) for r in logged_records(vault("", text))] == [
        ("Two layers.", "finished"),
        ("Stopped.", "stopped"),
    ]


def test_old_results_without_a_link_are_joined_by_the_link_to_them():
    """One result on the day the entry names, with no link of its own: it is that run's, whatever it is called."""
    server = "## 2025/04/10\n" + RUN.format("Base code, not touched.", "0.1")
    experiments = "## 2025/04/11\n```txt The original one\n" + ARRAYS.format("1").strip() + " \n```\n"
    assert pairs(logged_records(vault(server, experiments))) == [("0.1", 94.1, 0)]
    other = experiments + "```txt One more\n" + ARRAYS.format("2").strip() + "\n```\n"
    assert all(config is None or acc is None for config, acc, _ in pairs(logged_records(vault(server, other))))


def test_words_behind_an_array_are_no_part_of_it():
    """A remark on the array's own line does not hide the numbers."""
    text = "## 2025/04/11\n> Two layers.\n[97.1, 94.2, 92.4, 90.1] best one\n"
    (record,) = logged_records(vault("", text))
    assert record.metrics == {"accuracy": [97.1, 94.2, 92.4, 90.1]}


def test_a_config_callout_alone_names_the_run():
    """Settings are the title and the config where there are no other words."""
    text = "## 2025/04/11\n> [!note] Config\n> `noise_prob` 0.8, `lr_base` 0.01\n" + ARRAYS.format("1")
    (record,) = logged_records(vault("", text))
    assert (record.title, record.config) == (
        "`noise_prob` 0.8, `lr_base` 0.01",
        {"noise_prob": "0.8", "lr_base": "0.01"},
    )


def test_a_task_that_names_its_result_is_one_of_the_runs_places():
    """A Result or Server line under a task leads both ways when it can mean only one run; a mention does not."""
    server = "## 2025/04/10\n" + RUN.format("GRU, two layers.", "0.1") + RUN.format("Decoder alone.", "0.2")
    experiments = "## 2025/04/11\n" + RESULT.format("GRU, two layers.", "1") + RESULT.format("Decoder alone.", "2")
    april = "## 2025/04/10\n### Experiments-2025/04/10\n- [x] Two GRU layers\n  > Result : [[Experiments#2025/04/11]]\n"
    april += "- [x] Tidy up [[Experiments#2025/04/11]]\n- [x] Anything\n  > Server : [[Server#2025/04/10]]\n"
    records = logged_records(vault(server, experiments, April=april))
    place = "[[April#Experiments-2025/04/10]]"
    assert [(record.config["lr_base"], place in record.note_links) for record in records] == [
        ("0.1", True),
        ("0.2", False),
    ]


def test_a_result_under_an_older_heading_has_the_day_of_its_run():
    """A result cannot be older than its run."""
    server = "## 2025/04/14\n" + RUN.format("Two layers.", "0.1")
    experiments = "## 2025/04/11\n" + RESULT.format("Two layers.", "1").replace("04/10", "04/14")
    (record,) = logged_records(vault(server, experiments))
    assert (record.date, record.link) == ("2025-04-14", "Experiments#2025/04/11:2")


@pytest.mark.parametrize(
    ("text", "config", "inherited"),
    [
        ("Same setting with the experiment above.", {"lr_base": "0.1", "decay": "0.2"}, ("lr_base", "decay")),
        ("Same as above, `lr_base` 0.3.", {"lr_base": "0.3", "decay": "0.2"}, ("decay",)),
        ("Same config as above but another learning rate.", {"decay": "0.2"}, ("decay",)),
        ("Exactly the same with [[#2025/04/10]].", {"lr_base": "0.1", "decay": "0.2"}, ("lr_base", "decay")),
        ("The same result as above.", {}, ()),
        ("Almost the same numbers with [[#2025/04/10]].", {}, ()),
        ("Exactly the same with [[#2025/04/19]].", {}, ()),
    ],
)
def test_same_as_above_takes_over_the_options_it_names(text, config, inherited):
    """Options come from the run that is meant; what the words change is changed, what they leave open is left out."""
    experiments = "## 2025/04/10\n> [!note] Config\n> lr_base 0.1\n> decay 0.2\n> First.\n" + ARRAYS.format("1")
    experiments += f"## 2025/04/11\n> {text}\n" + ARRAYS.format("2")
    record = logged_records(vault("", experiments))[1]
    assert (record.config, record.inherited, record.argv) == (config, inherited, ())


def test_a_link_to_several_runs_takes_over_only_what_they_share():
    """Which of them is meant cannot be known; a circle of references ends."""
    block = "> [!note] Config\n> lr_base 0.{0}\n> decay 0.5\n> Number {0}.\n"
    experiments = "## 2025/04/10\n" + block.format(1) + ARRAYS.format("1") + block.format(2) + ARRAYS.format("2")
    experiments += "## 2025/04/11\n> Exactly the same with [[#2025/04/10]].\n" + ARRAYS.format("3")
    assert logged_records(vault("", experiments))[2].config == {"decay": "0.5"}
    circle = "## 2025/04/10\n> Exactly the same with [[#2025/04/11]].\n" + ARRAYS.format("1")
    circle += "## 2025/04/11\n> Exactly the same with [[#2025/04/10]].\n" + ARRAYS.format("2")
    assert [record.config for record in logged_records(vault("", circle))] == [{}, {}]


@pytest.mark.parametrize(
    ("lines", "verdicts"),
    [
        ("{a}> [!fail] Wrong code.\n\n> Second.\n{b}", ("", "fail: Wrong code.")),
        ("{a}\n> [!fail] Wrong code.\n> Second.\n{b}", ("", "fail: Wrong code.")),
        ("{a}\n> Second.\n> [!fail] Wrong code.\n{b}", ("", "fail: Wrong code.")),
        ("{a}> [!fail] The result above is from wrong code.\n\n> Second.\n{b}", ("above", "")),
        ("{a}\n> [!fail] Wrong code.\n---\n> Second.\n{b}", ("fail: Wrong code.", "")),
        ("{a}---\n[!fail] Wrong code.\n\n---\n> Second.\n{b}", ("", "fail: Wrong code.")),
        ("{a}\n> Second.\n{b}\n> [!error]\n> Wrong code.\n", ("", "error: Wrong code.")),
    ],
)
def test_a_verdict_travels_with_the_result_it_judges(lines, verdicts):
    """Before, inside or after: the next result's, unless it clings to the one before or says so."""
    arrays = ARRAYS.format("1")
    text = lines.replace("{a}", "> First.\n" + arrays).replace("{b}", ARRAYS.format("2").rstrip("\n") + "\n")
    records = logged_records(vault("", "## 2025/04/11\n" + text))
    assert [r.metrics["accuracy"][1] for r in records] == [94.1, 94.2]
    for record, verdict in zip(records, verdicts, strict=True):
        assert [v for v in record.verdicts if verdict in v] == list(record.verdicts), record.verdicts
        assert bool(record.verdicts) == bool(verdict)


@pytest.mark.parametrize(
    ("words", "status", "cause"),
    [
        ("Stopped.", "stopped", "Stopped"),
        ("I stopped it at the 40th epoch.", "stopped", "I stopped it at the 40th epoch"),
        ("NaN occurs.", "failed", "NaN occurs"),
        ("Loss is nan from the start.", "failed", "Loss is nan from the start"),
        ("NaN occurs. Stopped.", "failed", "NaN occurs"),
        ("CUDA out of memory.", "failed", "CUDA out of memory"),
        ("Error in the loader.", "failed", "Error in the loader"),
        ("No NaN any more.", "finished", ""),
        ("Is it stopped?", "finished", ""),
        ("Looks fine.", "finished", ""),
    ],
)
def test_how_a_run_ended(words, status, cause):
    """A sentence of its own tells the end; a run that is ticked and says nothing else is finished."""
    server = f"## 2025/04/10\n- [x] Two layers.\n```sh\npython train.py\n```\n{words}\n---\n"
    (record,) = logged_records(vault(server))
    assert (record.status, record.cause) == (status, cause)


def test_an_error_rate_in_a_description_is_no_failure():
    """Words about errors and NaN in a description are not the run's end."""
    for words in ("Error rate of each class.", "Fix the NaN in the logits.", "Early stopping with patience 5."):
        assert ending(words) is None, words


def test_a_run_that_goes_on_or_was_never_started_is_unknown():
    """The notes cannot know how it is now."""
    server = "## 2025/04/10\n" + "".join(
        f"- [{state}] Two layers.\n```sh\npython train.py -lr {i}\n```\n---\n" for i, state in enumerate("-> ")
    )
    assert [record.status for record in logged_records(vault(server))] == ["unknown"] * 3


def test_other_numbers_of_sessions_and_printed_forms():
    """One incremental session or twenty; arrays over several lines; labels before, behind, bold or mistyped."""
    many = ", ".join(f"{90 - i}.5" for i in range(21))
    text = f"## 2025/04/11\n> Twenty.\n[{many}]\nSeen acc:\n[{many[6:]}]\n\n"
    text += "> One.\n**Acc:** [97.1, 94.2]\nSeen acc: [96.4]\nUnsen acc:\n[71.2]\nHM: [81.9]\n\n"
    text += "> Printed.\n[97.1 94.2\n 91.5]\nSeen acc:\n[np.float64(96.4), np.float64(95.2)]\n"
    twenty, one, printed = logged_records(vault("", text))
    assert len(twenty.metrics["accuracy"]) == 21 and len(twenty.metrics["seen"]) == 20
    assert one.metrics == {"accuracy": [97.1, 94.2], "seen": [96.4], "unseen": [71.2], "harmonic_mean": [81.9]}
    assert printed.metrics == {"accuracy": [97.1, 94.2, 91.5], "seen": [96.4, 95.2]}


def test_an_escaped_first_character_is_the_character():
    """A backslash before a mark at the start of a description is Markdown, not a word."""
    text = "## 2025/04/11\n> \\#3 of four, again.\n" + ARRAYS.format("1")
    (record,) = logged_records(vault("", text))
    assert record.title == "#3 of four, again."


def test_numbers_in_thoughts_are_no_results():
    """Lists in prose, a single number, code and other notes give no record."""
    text = "## 2025/04/11\nI tried [1, 2, 3] and it was fine.\n\n[5]\n\n> A thought.\n\n- [x] Clean up\n"
    text += "```py\n[1.5, 2.5]\n```\n"
    assert logged_records(vault("", text, Scratch="## 2025/04/11\n[97.1, 94.2]\n")) == []


def test_other_note_names():
    """The hubs may be called otherwise, in any folder."""
    notes = [parse_note("lab/GPU.md", "## 2025/04/10\n- [x] Run.\n```sh\npython a.py\n```\n")]
    assert logged_records(notes) == []
    (record,) = logged_records(notes, names=NoteNames(server="gpu"))
    assert record.link == "lab/GPU#2025/04/10:2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("python a.py \\\n  -x 1 \\\n  -y 'b c'", [("python", "a.py", "-x", "1", "-y", "b c")]),
        ("python a.py \\\n  -x 1\\\n  -y 2\\", [("python", "a.py", "-x", "1", "-y", "2")]),
        ("python a.py\n  -x 1\n\npython b.py", [("python", "a.py", "-x", "1"), ("python", "b.py")]),
        ("python a.py \\\npython b.py", [("python", "a.py"), ("python", "b.py")]),
        ("$ python a.py # try\n# no\ncd x", [("python", "a.py", "#", "try")]),
        ("mkdir x", [("mkdir", "x")]),
        ("ls\ncd x", []),
        ("A=1 python a.py -w \"it's\" $'a\\x60b'", [("A=1", "python", "a.py", "-w", "it's", "a`b")]),
        ("-x 1", []),
        ("", []),
    ],
)
def test_commands_of_a_fence(text, words):
    """Blank lines part commands, backslashes join lines, quotes are taken off, preparations are left out."""
    assert [command.words for command in commands_of(Fence("sh gsc2.sh", text, 1, 9))] == words


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=12), min_size=1, max_size=6))
def test_words_come_back_from_a_shell_line(words):
    """Quoting as a shell does and reading it again gives the same words."""
    assert split_words(shlex.join(words)) == tuple(words)


ODD_NOTE = st.lists(
    st.one_of(st.sampled_from(PIECES_OF_NOTES), st.just("\n"), st.just("\n"), st.text(max_size=4)), max_size=60
).map("".join)


@settings(max_examples=200, deadline=None)
@given(ODD_NOTE, ODD_NOTE)
def test_no_notes_are_too_odd(server, experiments):
    """Any two notes give records with unique ids that can be written as JSON and point at lines that exist."""
    notes = vault("## 2025-04-07\n" + server, "## 2025-04-07\n" + experiments)
    records = logged_records(notes)
    lines = {note.name: len(note.lines) for note in notes}
    assert len({record.id for record in records}) == len(records)
    for record in records:
        assert Record.from_json(record.to_json()) == record
        assert record.argv or record.metrics or record.title
        name, _, line = record.link.partition("#")[0], *record.link.rpartition(":")[1:]
        assert 1 <= int(line) <= lines[name]
    assert [r.id for r in logged_records(notes)] == [r.id for r in records]


@pytest.mark.parametrize(
    ("server", "experiments"),
    [
        (RUN.format("Run {i}.", "0.1"), RESULT.format("Run {i}.", "1")),
        (RUN.format("Run.", "0.1"), RESULT.format("Run.", "1")),
        ("- [x] a\n", "> Same setting with the experiment above.\n" + ARRAYS.format("1")),
        ("```sh\npython a.py\n", "> Exactly the same with [[#2025/04/10]].\n" + ARRAYS.format("1")),
        ("> [!fail] x\n", "> [!fail] x\n\n"),
        ("CUDA=1 ", "[1.0,\n"),
        ("```\n", "| a | acc |\n|--|--|\n| b | 1.5 |\n"),
    ],
)
def test_reading_results_takes_time_in_proportion(server, experiments):
    """Ten times the entries, all under one day and linked crosswise, take about ten times as long."""

    def seconds(size: int) -> float:
        texts = []
        for piece in (server, experiments):
            count = size // len(piece) + 1
            texts.append("## 2025/04/10\n## 2025/04/11\n" + "".join(piece.replace("{i}", str(i)) for i in range(count)))
        notes = vault(*texts)
        took = []
        for _ in range(3):  # What the collector has to do belongs to all that the process holds: the best counts.
            start = time.process_time()
            logged_records(notes)
            took.append(time.process_time() - start)
        return min(took)

    assert seconds(100_000) < 40 * seconds(10_000) + 0.2


def _slip(draw: random.Random, text: str) -> str:
    """The text with two letters swapped, every second time."""
    at = draw.randrange(2, len(text) - 3)
    if draw.random() < 0.5 or not (text[at].isalpha() and text[at + 1].isalpha()):
        return text
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _drawn_arrays(draw: random.Random) -> tuple[tuple[float, ...], str]:
    seen = [round(96 - 0.4 * i + draw.random(), 3) for i in range(5)]
    unseen = [round(72 - 3 * i + draw.random(), 3) for i in range(5)]
    harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
    accuracy = [round(97 + draw.random(), 3), *(round(0.8 * s + 0.2 * u, 3) for s, u in zip(seen, unseen, strict=True))]
    return tuple(accuracy), f"{accuracy}\nSeen acc:\n{seen}\nUnseen acc:\n{unseen}\nHarmonic mean:\n{harmonic}\n"


def drawn_vault(seed: int, n_runs: int = 70) -> tuple[str, str, dict[tuple[float, ...], tuple[str, ...]]]:
    """(Server note, Experiments note, accuracy -> command) of invented runs as a researcher logs them.

    Three date forms, one to three runs a day, a quarter that repeats the description before, slips, one link in seven
    to a wrong day, old-style results without a link (some with a glued closer), two array sets, runs without a result.
    """
    draw = random.Random(seed)
    forms = ("%Y/%m/%d", "%Y/%m/%d", "%Y/%m/%d", "%Y-%m-%d", "%Y%m%d")
    values = {
        "lr_base": ("0.005", "0.01", "0.001"),
        "noise_prob": ("0.0", "0.8"),
        "sequential_layer": ("GRU", "Transformer", "None"),
        "loss_lpc": ("0.1", "0.5", "1", "2"),
        "epochs_base": ("30", "100", "200"),
    }
    options = {"project": "trans", "lr_base": "0.005", "epochs_base": "100", "noise_prob": "0.8", "loss_lpc": "1"}
    options["sequential_layer"] = "GRU"
    day, server, text, written = DAY(2025, 3, 1), "# Server\n", "", 0
    results: dict[DAY, list[str]] = {}
    truth: dict[tuple[float, ...], tuple[str, ...]] = {}

    def link(note: str, heading: str) -> str:
        return f"[[{note}#{heading}]]" if draw.random() > 1 / 7 else f"[[{note}#2026/01/{draw.randint(10, 28)}]]"

    while written < n_runs:
        day += datetime.timedelta(days=draw.choice((1, 1, 2, 3)))
        here = day.strftime(draw.choice(forms))
        result_day = day + datetime.timedelta(days=draw.choice((0, 0, 1)))
        if result_day not in results:
            results[result_day] = [result_day.strftime(draw.choice(forms))]
        there = results[result_day][0]
        server += f"\n## {here}{draw.choice(('', ' '))}\n"
        for _ in range(draw.choice((1, 1, 2, 3))):
            written += 1
            if not text or draw.random() > 0.25:
                name = draw.choice(list(values))
                options = {**options, name: draw.choice(values[name])}
                layer, stream = options["sequential_layer"], draw.choice(("residual", "formant", "raw"))
                text = draw.choice(
                    (
                        f"{layer} layer with `{name}` {options[name]}.",
                        f"`{name}` {options[name]} on the {stream} stream.",
                        f"{layer} and {stream} embeddings, {name} {options[name]}",
                    )
                )
            elif draw.random() < 0.5:
                options = {**options, "loss_lpc": draw.choice(values["loss_lpc"])}
            words = [word for name, value in options.items() for word in (f"-{name}", value)]
            lines = [f"  -{name} {value}" for name, value in options.items()]
            server += f"- [x] {text}\n\n```sh gsc2.sh\npython train.py trans \\\n"
            server += draw.choice((" \\\n", "\\\n")).join(lines) + draw.choice(("\n```\n", " \\\n```\n"))
            fate = draw.random()
            if fate < 0.15:
                server += "Stopped.\n---\n\n" if fate < 0.1 else "---\n\n"
                continue
            server += f"> [!note] Result\n> {link('Experiments', there)}\n---\n\n"
            sets = [_drawn_arrays(draw) for _ in range(2 if draw.random() < 0.15 else 1)]
            truth |= {accuracy: ("python", "train.py", "trans", *words) for accuracy, _ in sets}
            if draw.random() < 0.2 and len(sets) == 1:
                body = f"```txt {_slip(draw, text)}\n{sets[0][1].strip()}" + draw.choice(("\n```\n", "```\n"))
            else:
                verdict = draw.choice(("", "", "", "> [!fail] Wrong labels.\n"))
                body = f"{verdict}> {_slip(draw, text)}\n> Server : {link('Server', here)}\n"
                body += "\nFinal result\n".join(arrays for _, arrays in sets)
            results[result_day].append(body + draw.choice(("\n", "- Better than before.\n\n")))
    experiments = "# Experiments\n"
    for _, (heading, *bodies) in sorted(results.items()):
        experiments += f"\n## {heading}\n" + "".join(bodies)
    return server, experiments, truth


@pytest.mark.parametrize(
    "seeds", [pytest.param(range(6), id="few"), pytest.param(range(6, 120), id="many", marks=pytest.mark.slow)]
)
def test_results_of_drawn_vaults_find_their_commands(seeds):
    """Every array set is a record; almost all have their command, and next to none another run's."""
    total = right = wrong = 0
    for seed in seeds:
        server, experiments, truth = drawn_vault(seed)
        records = logged_records(vault(server, experiments))
        found = {tuple(record.metrics["accuracy"]): record.argv for record in records if record.metrics}
        assert found.keys() == truth.keys()
        total += len(truth)
        right += sum(found[accuracy] == argv for accuracy, argv in truth.items())
        wrong += sum(bool(found[accuracy]) and found[accuracy] != argv for accuracy, argv in truth.items())
    print(f"{total} array sets: {right} with their command, {wrong} with another's")  # noqa: T201
    assert right >= 0.96 * total, (right, wrong, total)
    assert wrong <= 0.005 * total, (right, wrong, total)


def test_a_chain_of_same_as_above_survives_a_link_to_its_own_day():
    """A link to the day means the runs above it there, so that what refers to it in turn inherits all of them."""
    server = "## 2025/05/03\n- [x] First.\n```sh gsc2.sh\npython train.py trans -lr_base 0.005 -noise_prob 0.8\n```\n"
    server += "> [!note] Result\n> [[Experiments#2025/05/03]]\n---\n"
    texts = ("First.\n> Server : [[Server#2025/05/03]]", "Same setting with the experiment above, but `noise_prob` 0.4",
             "Exactly the same with [[#2025/05/03]], `noise_prob` 0.2", "same as above, `lr_base` 0.01")  # fmt: skip
    results = "## 2025/05/03\n" + "\n".join(f"> {text}\n[90.{n}, 80.2]\n" for n, text in enumerate(texts))
    records = logged_records([parse_note("Server.md", server), parse_note("Experiments.md", results)])
    assert [r.config for r in records] == [
        {"lr_base": "0.005", "noise_prob": "0.8"},
        {"lr_base": "0.005", "noise_prob": "0.4"},
        {"lr_base": "0.005", "noise_prob": "0.2"},
        {"lr_base": "0.01", "noise_prob": "0.2"},
    ]
    assert [r.inherited for r in records] == [(), ("lr_base",), ("lr_base",), ("noise_prob",)]


def test_a_label_in_the_quote_belongs_to_the_arrays_under_it():
    """A last line such as "Result with best session" is no part of the description."""
    text = "## 2025/05/03\n> GRU layer.\n> Server : [[Server#2025/05/03]]\n> Result with best fifth session\n"
    text += "[90.1, 80.2]\n> Final result\n[91.1, 81.2]\n"
    records = logged_records([parse_note("Experiments.md", text)])
    assert [(r.title, r.metrics["accuracy"]) for r in records] == [
        ("GRU layer. (Result with best fifth session)", [90.1, 80.2]),
        ("GRU layer. (Final result)", [91.1, 81.2]),
    ]


def test_a_stopped_run_with_arrays_is_a_stopped_run():
    """The verdict that it was stopped tells of the run; another verdict on its figures does not."""
    arrays = "[90.1, 80.2]\nSeen acc:\n[91.0]\nUnseen acc:\n[50.0]\nHarmonic mean:\n[64.5]\n\n"
    text = "## 2025/05/03\n" + "".join(
        f"> [!fail] {said}\n> Run {n}\n{arrays}" for n, said in enumerate(("Stopped after 2 h.", "From wrong code."))
    )
    assert [r.status for r in logged_records([parse_note("Experiments.md", text)])] == ["stopped", "finished"]


def test_same_as_above_finds_the_entry_that_says_it_in_full():
    """A slip in the first run's words leaves two candidates; what the second result means in full decides."""
    server = "## 2025/04/10\n" + RUN.format("One GRU layer, `tau` 8, 50 epochs.", "0.1 -tau 8")
    server += RUN.format("One GRU layer, `mixup` 0.3, `tau` 8.", "0.1 -tau 8 -mixup 0.3")
    experiments = "## 2025/04/11\n" + RESULT.format("One GRU layer, `tau` 8.", "1")
    experiments += RESULT.format("Same setting with the experiment above, but `mixup` 0.3.", "2")
    records = logged_records(vault(server, experiments))
    told = {(r.config.get("mixup"), r.metrics["accuracy"][1]) for r in records}
    assert told == {(None, 94.1), ("0.3", 94.2)}


def test_an_entry_of_another_setting_is_not_taken_by_an_unlinked_result():
    """The day's only linked entry belongs to the failed run that it describes, not to the result before it."""
    server = "## 2025/04/10\n" + RUN.format("Four GRU layers with `tau` 4 and `mixup` 0.2.", "0.1 -tau 4 -mixup 0.2")
    experiments = "## 2025/04/11\n> Four GRU layers, `tau` 4.\n" + ARRAYS.format("1")
    experiments += "> Same setting with the experiment above, but `mixup` 0.2.\n> Server : [[Server#2025/04/10]]\n"
    experiments += "> NaN occurs in the base session.\n"
    records = {r.description.split("\n")[0]: r for r in logged_records(vault(server, experiments))}
    assert records["Four GRU layers, `tau` 4."].config == {}
    failed = records["Same setting with the experiment above, but `mixup` 0.2."]
    assert (failed.config["mixup"], failed.status) == ("0.2", "failed")


def test_a_table_of_settings_under_a_description_is_one_run_a_row():
    """Rows that give a value and a figure alone belong to the commands with these values."""
    commands = "".join(f"python train.py a -lr_base 0.1 -proto_scale {value}\n\n" for value in (4, 10))
    server = f"## 2025/04/10\n- [x] Sweep over `proto_scale`.\n\n```sh\n{commands}```\n[[Experiments#2025/04/11]]\n"
    experiments = (
        "## 2025/04/11\n> Sweep over `proto_scale`.\n\n| `proto_scale` | harmonic mean, last session |\n| --- | --- |\n"
        "| 4 | 54.7 |\n| 10 | 52.1 |\n"
    )
    records = logged_records(vault(server, experiments))
    told = {r.config["proto_scale"]: r.metrics["harmonic_mean (last)"]["last"] for r in records}
    assert told == {"4": 54.7, "10": 52.1}
    assert len(records) == 2


UNLINKED = RUN.replace("> [!note] Result\n> [[Experiments#2025/04/11]]\n", "")


@pytest.mark.parametrize(
    ("entry", "result"),
    [
        ("GRU on top, `tau` 8. Over night.", "GRU on top, `tau` 8"),
        ("GRU on top, `tau` 8, 50 epochs.", "GRU on top, `tau` 8."),
        ("Classifier frozen early, `tau` 8.", "Classifier is froezn early, `tau` 8."),
    ],
)
def test_without_a_link_alike_words_and_equal_settings_join(entry, result):
    """Remarks behind the setting, an epoch count that the command denies and slips of the pen part nothing."""
    server = "## 2025/04/10\n" + UNLINKED.format(entry, "0.1 -tau 8")
    experiments = f"## 2025/04/11\n> {result}\n" + ARRAYS.format("1")
    assert pairs(logged_records(vault(server, experiments))) == [("0.1", 94.1, 0)]


@pytest.mark.parametrize(
    ("day", "words", "entries"),
    [
        ("2025/04/11", "GRU on top, `tau` 4.", 1),  # another value
        ("2025/04/18", "GRU on top, `tau` 8", 1),  # a week later
        ("2025/04/09", "Transformer under a mixture of heads, `tau` 8.", 1),  # other words
        ("2025/04/11", "GRU on top, `tau` 8", 2),  # it may be either
    ],
)
def test_without_a_link_nothing_is_joined_on_a_guess(day, words, entries):
    """What differs in value, day or words, or fits two entries, stays apart."""
    listed = [UNLINKED.format(f"GRU on top, `tau` 8. {number}.", "0.1 -tau 8") for number in range(entries)]
    server = "## 2025/04/10\n" + "".join(listed)
    experiments = f"## {day}\n> {words}\n" + ARRAYS.format("1")
    assert all(r.argv == () or not r.metrics for r in logged_records(vault(server, experiments)))


def test_a_link_to_a_wrong_note_leads_where_its_line_and_its_day_say():
    """A Server line of a result means the Server note, and the link under a command its result."""
    server = "## 2025/04/10\n" + RUN.format("GRU on top, `tau` 8.", "0.1 -tau 8").replace("Experiments", "Thoughts")
    experiments = "## 2025/04/02\n> GRU on top, `tau` 4.\n" + ARRAYS.format("1") + "## 2025/04/11\n"
    experiments += RESULT.format("Same setting with [[#2025/04/02]], but `tau` 8.", "2").replace("Server#", "Sketches#")
    assert [p for p in pairs(logged_records(vault(server, experiments))) if p[0]] == [("0.1", 94.2, 0)]


def test_one_command_given_twice_is_two_runs():
    """The second result says that it repeats the one above it: two seeds, and none is probably the other."""
    twice = "python train.py trans -lr_base 0.1 -tau 8\n"
    server = f"## 2025/04/10\n- [x] GRU on top, `tau` 8. Let's see.\n\n```sh\n{twice}\n{twice}```\n---\n"
    experiments = "## 2025/04/11\n> GRU on top, `tau` 8\n" + ARRAYS.format("1")
    experiments += "> Same setting with the experiment above, only another seed.\n" + ARRAYS.format("2")
    assert pairs(logged_records(vault(server, experiments))) == [("0.1", 94.1, 0), ("0.1", 94.2, 0)]


CORRECTED = "> {} of `tau` 8. What I pasted before belongs to another run.\n"


@pytest.mark.parametrize("words", ["Corrected numbers", "Right figures", "The correct results"])
def test_corrected_figures_are_no_run_of_their_own(words):
    """They belong to the run whose setting they tell, and name the record that they replace."""
    server = "## 2025/04/10\n" + RUN.format("GRU on top, `tau` 8.", "0.1 -tau 8")
    server += RUN.format("GRU on top, `tau` 4.", "0.1 -tau 4")
    experiments = "## 2025/04/11\n" + RESULT.format("GRU on top, `tau` 8.", "1")
    experiments += RESULT.format("GRU on top, `tau` 4.", "2") + "## 2025/04/14\n"
    records = logged_records(vault(server, experiments + CORRECTED.format(words) + ARRAYS.format("3")))
    by_id = {r.id: r for r in records}
    (corrected,) = [r for r in records if r.corrects]
    assert (corrected.metrics["accuracy"][1], corrected.config["tau"], corrected.date) == (94.3, "8", "2025-04-14")
    assert by_id[corrected.corrects].metrics["accuracy"][1] == 94.1
    before = [r for r in logged_records(vault(server, experiments), as_of=DAY(2025, 4, 13)) if r.corrects]
    assert before == []


def test_a_rerun_and_a_correction_of_nothing_known_are_runs():
    """With a command of its own, or without a result above that it may mean, nothing is taken back."""
    again = "Rerun with the fixed code, `tau` 8. The numbers pasted before are wrong."
    server = "## 2025/04/08\n" + RUN.format("GRU on top, `tau` 8.", "0.1 -tau 8").replace("04/11", "04/09")
    server += "## 2025/04/10\n" + RUN.format(again, "0.1 -tau 8")
    experiments = "## 2025/04/09\n" + RESULT.format("GRU on top, `tau` 8.", "1").replace("04/10", "04/08")
    experiments += "## 2025/04/11\n" + RESULT.format(again, "2")
    assert pairs(logged_records(vault(server, experiments))) == [("0.1", 94.1, 0), ("0.1", 94.2, 0)]
    alone = logged_records(vault("", "## 2025/04/11\n" + CORRECTED.format("Corrected numbers") + ARRAYS.format("3")))
    assert [(r.metrics["accuracy"][1], r.corrects) for r in alone] == [(94.3, "")]


def test_interim_figures_stand_beside_the_run_that_goes_on():
    """The run has no result yet; what was pasted meanwhile is probably of it."""
    server = "## 2025/04/10\n" + UNLINKED.format("GRU on top, `tau` 8.", "0.1 -tau 8").replace("[x]", "[-]")
    experiments = "## 2025/04/11\n> Interim, `tau` 8 after one session.\n[97.1, 94.2]\n"
    assert pairs(logged_records(vault(server, experiments))) == [("0.1", None, 1), (None, 94.2, 1)]
