"""Pairs of runs that differ in one option, found without holding every run against every other."""

from __future__ import annotations

import random
import time

from assistant.answer_pairs import _pairs
from assistant.page import Page
from assistant.retrieve import difference
from fskws.runs import Record

_VALUES = {
    "noise_prob": ("0.0", "0.8", ".8", "0.80"),
    "sequential_layer": ("GRU", "'GRU'", "None", "Transformer"),
    "lr_base": ("0.005", "5e-3", "0.01", "nan"),
    "gpu": ("0", "1"),
    "loss_lpc": ("", "1"),
}


def _runs(seed: int, number: int) -> list[Record]:
    draw = random.Random(seed)
    found = []
    for place in range(number):
        config = {name: draw.choice(values) for name, values in _VALUES.items() if draw.random() < 0.7}
        found.append(Record(f"r{place}", "launched", "2025-03-01", "", config=config))
    return found


def _by_hand(left: list[Record], right: list[Record], allowed: set[str], extra: int) -> list[tuple[str, str]]:
    found, seen = [], set()
    for a in left:
        for b in right:
            key = frozenset((a.id, b.id))
            if a.id == b.id or key in seen or not a.config or not b.config:
                continue
            changed = set(difference(b, a))
            if changed & allowed and len(changed - allowed) <= extra:
                seen.add(key)
                found.append((a.id, b.id))
    return found


def test_the_pairs_are_those_that_comparing_every_run_with_every_other_finds() -> None:
    """The same pairs in the same order, for one option and for two, with and without one more difference."""
    page = Page.__new__(Page)
    for seed in range(6):
        runs = _runs(seed, 60)
        for allowed in ({"noise_prob"}, {"sequential_layer", "loss_lpc"}, {"absent"}):
            for extra in (0, 1):
                for left, right in ((runs[:30], runs[30:]), (runs, runs)):
                    pairs = [(pair.a.id, pair.b.id) for pair in _pairs(page, left, right, allowed, extra)]
                    assert pairs == _by_hand(left, right, allowed, extra)


def test_thousands_of_runs_are_held_against_each_other_in_no_time() -> None:
    """Four thousand runs of many settings take a small part of the 4,000,000 comparisons."""
    draw = random.Random(3)
    runs = [
        Record(f"r{n}", "launched", "2025-03-01", "", config={f"o{i}": str(draw.randrange(4)) for i in range(8)})
        for n in range(4000)
    ]
    page = Page.__new__(Page)
    begun = time.process_time()
    pairs = _pairs(page, runs[:2000], runs[2000:], {"o3"}, 0)
    spent = time.process_time() - begun
    begun = time.process_time()
    for other in runs[:400]:
        for run in runs[2000:2100]:
            difference(run, other)
    of_all = 100 * (time.process_time() - begun)
    assert pairs and spent < of_all / 5
