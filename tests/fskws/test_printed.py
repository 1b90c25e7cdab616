"""Metrics read from what programs print."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from fskws.printed import PrintedNumbers, read_printed

ARRAYS = """Two layers, first try
[90.125, 80.5, 70.25]
Seen acc:
[89.0, 79.0]
Unseen acc:
[40.5, 30.5]
Harmonic mean:
[55.668, 44.009]
"""


def read(text: str, **options) -> PrintedNumbers:
    numbers = PrintedNumbers(**options)
    numbers.feed(text.encode())
    return numbers.live()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("loss=0.25", {"loss": 0.25}),
        ("loss: 0.25, acc: 91.5%", {"loss": 0.25, "acc": 91.5}),
        ("train loss: 1e-3 val_acc = 90", {"train_loss": 0.001, "val_acc": 90.0}),
        ("Epoch 3/100 loss -0.5 acc=.5", {"acc": 0.5}),
        ("15:45:20 : eer: 4.5", {"eer": 4.5}),
        ("2031-05-06 10:00:00,123 INFO lr=0.1", {"lr": 0.1}),
        ('{"loss": 0.5, "epoch": 3, "name": "x"}', {"loss": 0.5}),
        ("torch: 2.11.0, see http://localhost:8080 or 10:30", {}),
        ("acc: 12/100 size: 3x4 file.py:12: warning", {}),
        ("\x1b[32mloss\x1b[0m: 0.5", {"loss": 0.5}),
        (
            "Session 0, epo 12, total loss=1.5 acc=0.75: 100%|##| 32/32 [00:03<00:00, 10.1it/s]",
            {"total_loss": 1.5, "acc": 0.75},
        ),
        (" 10%|#  | 3/30 [00:01<00:09, 2.50s/it, loss=0.125]", {"loss": 0.125}),
    ],
)
def test_names_and_values_of_a_line(line, found):
    """`name=value`, `name: value`, JSON and tqdm lines give numbers; versions, times, paths and ratios do not."""
    assert {name: value["last"] for name, value in read(line + "\n").metrics().items()} == found


def test_the_four_arrays():
    """The bare array before `Seen acc:` is the accuracy; each label's array follows it or stands beside it."""
    expected = {
        "accuracy": [90.125, 80.5, 70.25],
        "seen": [89.0, 79.0],
        "unseen": [40.5, 30.5],
        "harmonic_mean": [55.668, 44.009],
    }
    assert read(ARRAYS).metrics() == expected
    assert read(re.sub(r":\n", ": ", ARRAYS)).metrics() == expected
    assert read(ARRAYS.replace(",", "")).metrics() == expected  # as numpy prints them
    fractions = re.sub(r"\d+\.\d+", lambda m: f"{float(m[0]) / 100:.5f}", ARRAYS)
    assert read(fractions).metrics()["harmonic_mean"] == pytest.approx([55.668, 44.009])


def test_the_last_set_of_arrays_counts():
    """A program that prints its best and then its final result is told by the final one."""
    assert read(ARRAYS + ARRAYS.replace("90.125", "91.5")).metrics()["accuracy"][0] == 91.5


def test_a_list_that_belongs_to_nothing_is_no_metric():
    """Shapes and milestones are lists too."""
    assert read("[60, 120, 160]\n[1.0, 2.0]\ndone\n").metrics() == {}


def test_progress_of_bars_and_epochs():
    """Epochs, steps and the rate of a progress bar are progress, not metrics."""
    numbers = read("Epoch [7/30] starts\n 50%|#  | 50/100 [00:05<00:05, 10.0it/s]")
    assert numbers.metrics() == {}
    assert numbers.progress == {"epoch": 7, "epochs": 30, "bar_done": 50, "bar_total": 100, "rate": 10}
    assert numbers.last_line.startswith("50%|#")


def test_one_piece_or_many_give_the_same():
    """Output arrives cut anywhere, inside numbers and characters too."""
    text = ("정확도 acc: 91.5\nloss=0.25\r\n" + ARRAYS + "bar\rloss=3\rloss=2\n").encode()
    whole = PrintedNumbers()
    whole.feed(text)
    pieces = PrintedNumbers()
    for at in range(len(text)):
        pieces.feed(text[at : at + 1])
    assert pieces.metrics() == whole.metrics()
    assert whole.metrics()["loss"] == {"last": 2.0, "best": 0.25}


def test_own_patterns():
    """A program with its own way to print is read with an expression of two groups."""
    pattern = re.compile(r"\* (?P<name>top\d) -> (?P<value>[\d.]+)")
    assert read("* top1 -> 71.5\n", patterns=(pattern,)).metrics() == {"top1": {"last": 71.5, "best": 71.5}}


def test_a_growing_file_is_read_on(tmp_path: Path):
    """The second look reads only what is new; a file that was replaced is read from its beginning."""
    path = tmp_path / "output.log"
    path.write_text("loss=2\nlo")
    assert read_printed([(0, path)]).metrics()["loss"]["best"] == 2
    with path.open("a") as file:
        file.write("ss=1\nloss=3\n")
    assert read_printed([(0, path)]).metrics()["loss"] == {"last": 3.0, "best": 1.0}
    path.unlink()
    path.write_text("loss=7\n")
    assert read_printed([(0, path)]).metrics()["loss"] == {"last": 7.0, "best": 7.0}


def test_data_is_not_a_message():
    """Megabytes without a line end, and names made up a line, neither cost memory nor become metrics."""
    numbers = PrintedNumbers()
    numbers.feed(b"loss=1 " * 500_000)
    numbers.feed(b"\n" + b"".join(b"sample_%d=1.0\n" % n for n in range(1000)))
    assert len(numbers.metrics()) == 200
    assert len(numbers._rest) < 100_000


HOSTILE = {
    "a line of ten megabytes": b"x" * 10_000_000,
    "ten megabytes of pairs in one line": b"a=1 " * 2_500_000,
    "bytes of a file": bytes(range(256)) * 8_000,
    "random bytes": random.Random(1).randbytes(2_000_000),
    "zeros": b"\0" * 1_000_000,
    "a bar that is drawn again": b"".join(
        b"\r%d/20000 [00:01<00:02, 3.5it/s, val_loss=%.3f]" % (n, 1 / (n + 1)) for n in range(1, 20001)
    ),
    "brackets": b"[1,1" * 1000 + b"\n" + b"[" * 4000 + b"\n" + b"[" + b"1 " * 1990 + b"x",
    "nested JSON": b'{"a":' * 700 + b"1" + b"}" * 700 + b"\n" + b'{"a":' * 800,
    "blanks": b"acc" + b" " * 3900 + b"1\n" + b"acc" + b"\t" * 3900 + b"= 1",
    "numbers no float holds": b'{"loss": "high", "x": [1, 2], "y": null}\nv' + b"9" * 3000 + b"=1.2.3\nt=1:2:3",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_output_adds_nothing_and_takes_no_time(kind):
    """Data, endless lines and binary between two messages: the messages are read, exactly, and nothing else is."""
    began = time.process_time()
    numbers = PrintedNumbers()
    data = b"loss=2\n" + HOSTILE[kind] + b"\nepoch 3/9 loss=1.5 acc: 91.25%\n"
    for start in range(0, len(data), 65536):
        numbers.feed(data[start : start + 65536])
    found = numbers.metrics()
    drawn = {"val_loss": {"last": 0.0, "best": 0.0}} if kind.startswith("a bar") else {}
    assert found == {"loss": {"last": 1.5, "best": 1.5}, "acc": {"last": 91.25, "best": 91.25}, **drawn}
    assert (numbers.progress["epoch"], numbers.progress["epochs"]) == (3, 9)
    assert numbers.last_line == "epoch 3/9 loss=1.5 acc: 91.25%"
    assert time.process_time() - began < 3.0


def test_words_in_an_older_encoding_are_read():
    """A line with a letter that is not UTF-8 is a message all the same."""
    numbers = PrintedNumbers()
    numbers.feed(b"Dur\xe9e de l'entra\xeenement: 3 s, loss=0.5, seen accuracy=0.75\n")
    assert numbers.metrics()["loss"] == {"last": 0.5, "best": 0.5}


def test_an_own_pattern_that_meets_no_number_is_passed_over():
    """What its value group takes need not be a number."""
    pattern = re.compile(r"(?P<name>top\d) -> (?P<value>\S+)")
    found = read("top1 -> fine\ntop1 -> 71.5\ntop5 -> \n", patterns=(pattern,)).metrics()
    assert found == {"top1": {"last": 71.5, "best": 71.5}}


def test_a_log_that_is_cut_or_rotated_by_its_program(tmp_path: Path):
    """Emptied and written on, moved away and begun anew, and gone: numbers are those of the file as it is now."""
    path = tmp_path / "train.log"
    path.write_text("loss=5\n" * 1000)
    assert read_printed([(0, path)]).metrics()["loss"] == {"last": 5.0, "best": 5.0}
    with path.open("r+") as file:
        file.truncate()
        file.write("loss=9\n")
    assert read_printed([(0, path)]).metrics()["loss"] == {"last": 9.0, "best": 9.0}
    path.rename(tmp_path / "train.log.1")
    path.write_text("loss=4 after a change of the log\nloss=3\n")
    assert read_printed([(0, path)]).metrics()["loss"] == {"last": 3.0, "best": 3.0}
    path.unlink()
    assert read_printed([(0, path)]).metrics() == {}
