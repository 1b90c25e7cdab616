"""Pairs of runs that differ in one option, found without holding every run against every other."""

from __future__ import annotations

import datetime
import random
import time
from pathlib import Path

from assistant.answer import compose
from assistant.answer_pairs import _pairs
from assistant.page import Page
from assistant.plan import read_plan
from assistant.retrieve import difference, gather
from assistant.vocabulary import Vocabulary
from fskws.runs import Record
from vault_sync.indexer import bring_in_step
from vault_sync.search import Search
from vault_sync.store import Store
from vault_sync.vault import Vault

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


NOTES = {
    "Server": """# Server

## 2031-03-03

- [x] Two GRU layers with `loss_lpc` 0.5.

```sh full config
python train.py \\
  -project trans \\
  -lr_base 0.005 \\
  -sequential_layer "GRU" \\
  -loss_lpc 0.5
```

## 2031-03-05

- [x] Two GRU layers with `loss_lpc` 0.5 and `lr_base` 0.002.

```sh full config
python train.py \\
  -project trans \\
  -lr_base 0.002 \\
  -sequential_layer "GRU" \\
  -loss_lpc 0.5
```

## 2031-03-07

- [x] One Transformer layer, `loss_lpc` 1.5.

```sh full config
python train.py \\
  -project trans \\
  -lr_base 0.005 \\
  -sequential_layer "Transformer" \\
  -loss_lpc 1.5
```
""",
    "Experiments": "# Experiments\n",
}
FIGURES = {
    "03-03": ("Two GRU layers with `loss_lpc` 0.5.", 61.0),
    "03-05": ("Two GRU layers with `loss_lpc` 0.5 and `lr_base` 0.002.", 64.0),
    "03-07": ("One Transformer layer, `loss_lpc` 1.5.", 62.5),
}


def _ask(tmp_path: Path, question: str) -> str:
    """A question to a vault of three runs."""
    root = tmp_path / "vault"
    root.mkdir()
    told = NOTES["Experiments"]
    for day, (words, last) in FIGURES.items():
        seen = [last + 29.0, last + 24.0]
        harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, (last + 9, last), strict=True)]
        told += f"\n## 2031-{day}\n> {words}\n> Server : [[Server#2031-{day}]]\n"
        told += f"[95.0, {last + 25}, {last + 17}]\nSeen acc:\n{seen}\nUnseen acc:\n[{last + 9}, {last}]\n"
        told += f"Harmonic mean:\n{harmonic}\n"
    (root / "Server.md").write_text(NOTES["Server"], "utf-8")
    (root / "Experiments.md").write_text(told, "utf-8")
    today = datetime.date(2031, 3, 9)
    with Store(tmp_path / "store.sqlite") as store:
        bring_in_step(Vault(root), store, None)
        plan = read_plan(question, today, Vocabulary.from_store(store))
        assert plan.kind == "compare", plan.kind
        return " ".join(compose(plan, gather(plan, store, Search(store, None), today=today), {}).body.split())


def test_each_side_of_a_comparison_keeps_its_own_settings_and_day(tmp_path: Path) -> None:
    """Two runs told by several settings: the one without a further setting is meant, and both figures are told."""
    found = _ask(
        tmp_path,
        "Was the final unseen accuracy higher for the run with two GRU layers and `loss_lpc` set to 0.5 or for the run "
        "of 7 March with one Transformer layer and `loss_lpc` 1.5?",
    )
    assert found.startswith(
        "Transformer, loss_lpc = 1.5, 7 March has the higher unseen accuracy after the last session"
    )
    assert "61" in found and "62.5" in found
    assert "64" not in found


def test_two_runs_are_compared_in_a_line_of_settings(tmp_path: Path) -> None:
    """Terse, with plus signs, the figure behind."""
    found = _ask(tmp_path, "gru + loss_lpc 0.5 + lr_base 0.002 vs transformer with loss_lpc 1.5 - unseen acc")
    assert found.startswith(
        "GRU, loss_lpc = 0.5, lr_base = 0.002 has the higher unseen accuracy after the last session"
    )
    assert "64" in found and "62.5" in found


def test_what_the_second_side_does_not_name_again_holds_for_it_too(tmp_path: Path) -> None:
    """One run told in full, the other by the one setting in which it differs."""
    found = _ask(tmp_path, "unseen acc: gru with loss_lpc 0.5 and lr_base 0.005 or lr_base 0.002?")
    assert "lr_base = 0.002 has the higher unseen accuracy" in found
    assert "61" in found and "64" in found and "62.5" not in found
