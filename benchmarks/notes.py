"""How fast are notes read? For vaults of 100, 1,000 and 10,000 notes, without vectors (they follow text).

    uv run python benchmarks/notes.py [--notes 100 1000 10000] [--json]

Each vault is generated: dated notes, and a Server and an Experiments note with a run a day. Figures: notes per second
listed, read and parsed; seconds for all logged records and for the check; seconds to index all of it for text search,
and again when nothing has changed; time from saving a note to finding it (median of ten, watcher included); peak memory
of the process. Then one note of 5 MB of each difficult kind.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from vault_sync.check import check
from vault_sync.indexer import bring_in_step, open_store
from vault_sync.notes import parse_note
from vault_sync.results import NoteNames, logged_records
from vault_sync.search import Search
from vault_sync.vault import Vault
from vault_sync.watcher import Watcher

_WORDS = "residual formant prototype session decoder noise layer keyword buffer margin epoch stream cosine hop".split()  # noqa: SIM905
_HARD = {
    "prose": "- One more thought about [[Server#2025/04/11]] and `loss_lpc`, with nothing new in it.\n",
    "headings": "## A heading, and some words of it in a line\n",
    "tasks": "- [x] Try `noise_prob` 0.4 again. [[Experiments#2025/04/11]]\n  > Result : [[Experiments#2025/04/11]]\n",
    "nested quotes": "> > > > > > > > > > > > > > > > [!fail] deep\n",
    "open fences": "```sh gsc2.sh\npython train.py trans \\\n  -lr_base 0.005 \\\n",
    "open links": "[[a|b [[c#d ![[e ",
}


def _sentence(draw: random.Random) -> str:
    return " ".join(draw.choice(_WORDS) for _ in range(draw.randint(6, 14))).capitalize() + "."


def _arrays(draw: random.Random) -> str:
    seen = [round(96 - 0.4 * i + draw.random(), 3) for i in range(5)]
    unseen = [round(72 - 3 * i + draw.random(), 3) for i in range(5)]
    harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
    accuracy = [97.1, *(round(0.8 * s + 0.2 * u, 3) for s, u in zip(seen, unseen, strict=True))]
    return f"{accuracy}\nSeen acc:\n{seen}\nUnseen acc:\n{unseen}\nHarmonic mean:\n{harmonic}\n"


def make_vault(root: Path, n_notes: int, seed: int = 1) -> None:
    """Notes with a few dated sections each; one logged run a day, for as many days as there are notes, 400 at most."""
    draw = random.Random(seed)
    first = datetime.date(2024, 1, 1)
    days = [(first + datetime.timedelta(days=i)).strftime("%Y/%m/%d") for i in range(min(400, n_notes))]
    server, results = "# Server\n", "# Experiments\n"
    for day in days:
        title = _sentence(draw)
        rate = draw.choice(("0.005", "0.01", "0.02"))
        server += f"\n## {day}\n- [x] {title}\n\n```sh gsc2.sh\npython train.py trans \\\n  -lr_base {rate}\n```\n"
        server += f"> [!note] Result\n> [[Experiments#{day}]]\n---\n"
        results += f"\n## {day}\n> {title}\n> Server : [[Server#{day}]]\n{_arrays(draw)}"
    (root / "Server.md").write_text(server, encoding="utf-8")
    (root / "Experiments.md").write_text(results, encoding="utf-8")
    for number in range(n_notes - 2):
        text = f"---\nid: note_{number}\naliases: []\ntags: []\n---\n"
        for day in draw.sample(days, min(6, len(days))):
            text += f"\n## {day}\n" + "".join(f"- {_sentence(draw)}\n" for _ in range(4))
            text += f"- [{draw.choice(' x->')}] {_sentence(draw)} [[Server#{day}]]\n"
        folder = root / f"part_{number % 20}"
        folder.mkdir(exist_ok=True)
        (folder / f"note_{number}.md").write_text(text, encoding="utf-8")


def measure(n_notes: int) -> dict[str, float]:
    """All figures of one vault size."""
    figures: dict[str, float] = {"notes": n_notes}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "vault"
        root.mkdir()
        make_vault(root, n_notes)
        vault = Vault(root)

        begun = time.perf_counter()
        notes = [parse_note(file.path, vault.read(file.path).text) for file in vault.files()]
        figures["parsed_per_second"] = n_notes / (time.perf_counter() - begun)
        begun = time.perf_counter()
        records = logged_records(notes)
        figures["records"], figures["records_seconds"] = len(records), time.perf_counter() - begun
        begun = time.perf_counter()
        figures["findings"] = len(check(notes, records))
        figures["check_seconds"] = time.perf_counter() - begun
        del notes, records

        store, _ = open_store(Path(folder) / "cache" / "store.sqlite")
        begun = time.perf_counter()
        bring_in_step(vault, store, None)
        figures["indexed_per_second"] = n_notes / (time.perf_counter() - begun)
        time.sleep(2.1)  # a file saved less than two seconds before it was read is looked at once more
        bring_in_step(vault, store, None)
        begun = time.perf_counter()
        report = bring_in_step(Vault(root), store, None)
        figures["unchanged_seconds"], figures["unchanged_read"] = time.perf_counter() - begun, report.read
        figures["searchable_seconds"] = _save_to_searchable(root, store)
        store.close()
    figures["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def _save_to_searchable(root: Path, store) -> float:
    """Median seconds from saving a note until search finds a word that was not there before."""
    done = threading.Event()

    def on_change(paths: set[str]) -> None:
        bring_in_step(Vault(root), store, None)
        done.set()

    watcher = Watcher(root, on_change)
    watcher.start()
    watcher.started.wait(60)
    search = Search(store)
    times = []
    for number in range(10):
        word = f"zanzibar{number}"
        done.clear()
        begun = time.perf_counter()
        with (root / "part_0" / "note_0.md").open("a", encoding="utf-8") as file:
            file.write(f"- The word is {word}.\n")
        while not any(word in hit.chunk.text for hit in search.find(word, top_k=3)):
            done.wait(0.05)
            if time.perf_counter() - begun > 60:
                break
        times.append(time.perf_counter() - begun)
    watcher.stop()
    return statistics.median(times)


def measure_hard(size: int = 5_000_000) -> dict[str, dict[str, float]]:
    """Seconds to parse one note of 5 MB, and to read results and Server entries from it, for each kind of text."""
    figures = {}
    for kind, piece in _HARD.items():
        text = "## 2025/04/11\n" + piece * (size // len(piece))
        begun = time.process_time()
        note = parse_note("Experiments.md", text)
        parsed = time.process_time() - begun
        begun = time.process_time()
        logged_records([note])
        figures[kind] = {"parse": parsed, "results": time.process_time() - begun}
        begun = time.process_time()
        logged_records([note], names=NoteNames(server="Experiments", experiments=""))
        figures[kind]["entries"] = time.process_time() - begun
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, nargs="*", default=[100, 1000, 10_000])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # one size in a process of its own: peak memory
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return
    results = []
    for n_notes in options.notes:
        out = subprocess.run([sys.executable, __file__, "--one", str(n_notes)], check=True, stdout=subprocess.PIPE)
        results.append(json.loads(out.stdout))
    hard = measure_hard()
    if options.json:
        print(json.dumps({"vaults": results, "hard": hard}))
        return
    for figures in results:
        print(", ".join(f"{name.replace('_', ' ')} {value:.6g}" for name, value in figures.items()))
    for kind, seconds in hard.items():
        print(f"5 MB of {kind}, seconds of CPU: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))


if __name__ == "__main__":
    main()
