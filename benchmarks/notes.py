"""How fast are notes read? For vaults of 100, 1,000 and 10,000 notes, without vectors (they follow text).

    uv run python benchmarks/notes.py [--notes 100 1000 10000] [--json]

Each vault is generated: dated notes with tasks and links, and a Server and an Experiments note with four runs a day.
Figures: notes per second listed, read and parsed (beside markdown-it-py alone on the same text, which knows neither
dates, tasks nor links); seconds for all logged records and for the check; notes per second indexed for text search, and
seconds when nothing has changed; seconds from saving a note until search finds its new word, from saving the
Experiments note until its new run is listed, and from a pull of 500 files until search knows all of them, watcher
included; peak memory of the process. Then how many texts the embedder reads when nothing changed, a note was renamed, a
folder moved. Last, one note of 5 MB of each difficult kind.
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
from collections.abc import Callable
from pathlib import Path

from markdown_it import MarkdownIt

from vault_sync.check import check
from vault_sync.indexer import bring_in_step, keep_records_ready, open_store
from vault_sync.notes import parse_note
from vault_sync.results import NoteNames, logged_records
from vault_sync.search import Search
from vault_sync.store import Store
from vault_sync.vault import Vault
from vault_sync.watcher import Watcher

_FIELD_WORDS = "residual formant prototype session decoder noise layer keyword buffer margin epoch stream cosine hop"
_SYLLABLES = "ba lo ren ti cho ma vel dur ka pin sa tor".split()  # noqa: SIM905
_WORDS = [*_FIELD_WORDS.split(), *(a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in ("", "n"))]
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


def _command(draw: random.Random) -> str:
    options = [
        f"-lr_base {draw.choice(('0.005', '0.01', '0.02'))}",
        f"-decay {draw.choice(('0.0005', '0.001'))}",
        f"-epochs_base {draw.choice(('50', '100'))}",
        f"-noise_prob {draw.choice(('0.0', '0.4', '0.8'))}",
        f'-sequential_layer "{draw.choice(("None", "GRU", "Transformer"))}"',
        f"-loss_lpc {draw.choice(('0.5', '1', '2'))}",
    ]
    return " \\\n  ".join(["python train.py trans", *options])


def make_vault(root: Path, n_notes: int, seed: int = 1) -> None:
    """Notes with a few dated sections each, and four logged runs a day: as many as notes, 5,000 at most.

    One link in seven is broken, as in real notes: half of them by a slip in the name, half by a day nobody wrote on.
    """
    draw = random.Random(seed)
    first = datetime.date(2022, 1, 1)
    n_runs = min(5000, n_notes)
    days = [(first + datetime.timedelta(days=i)).strftime("%Y/%m/%d") for i in range(max(1, n_runs // 4))]
    server, results = ["# Server\n"], ["# Experiments\n"]
    for day in days:
        server.append(f"\n## {day}\n")
        results.append(f"\n## {day}\n")
        for _ in range(4):
            title = _sentence(draw)
            server.append(f"- [x] {title}\n\n```sh gsc2.sh\n{_command(draw)}\n```\n")
            server.append(f"> [!note] Result\n> [[Experiments#{day}]]\n---\n")
            results.append(f"> {title}\n> Server : [[Server#{day}]]\n{_arrays(draw)}")
            if draw.random() < 0.2:
                results.append(f"- [!fail] {_sentence(draw)}\n")
            results.append("\n")
    (root / "Server.md").write_text("".join(server), encoding="utf-8")
    (root / "Experiments.md").write_text("".join(results), encoding="utf-8")
    names = [f"{draw.choice(_WORDS)}_{draw.choice(_WORDS)}_{number}" for number in range(n_notes - 2)]
    for number, name in enumerate(names):
        text = f"---\nid: {name}\naliases: []\ntags: []\n---\n"
        for day in draw.sample(days, min(6, len(days))):
            target = f"Server#{day}" if draw.random() < 0.5 else draw.choice(names)
            if draw.random() < 1 / 7:
                target = (
                    f"Server#1999/01/{draw.randint(10, 28)}" if draw.random() < 0.5 else target.replace("e", "ee", 1)
                )
            text += f"\n## {day}\n" + "".join(f"- {_sentence(draw)}\n" for _ in range(4))
            # One note in five is a to-do list whose items name their results.
            text += f"- [{draw.choice(' x->')}] {_sentence(draw)}\n  > {'Result : ' * (number % 5 == 0)}[[{target}]]\n"
        folder = root / f"part_{number % 20}"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


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
        peer = MarkdownIt("commonmark")
        for note in notes:
            peer.parse("\n".join(note.lines))
        figures["peer_parsed_per_second"] = n_notes / (time.perf_counter() - begun)
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
        figures["searchable_seconds"], figures["runs_known_seconds"] = _after_saving(root, store)
        figures["pull_of_500_seconds"] = _pulled(root, store, 500)
        store.close()
    figures["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def _after_saving(root: Path, store: Store) -> tuple[float, float]:
    """Median seconds from saving a note until search finds a word that was not there before, and from saving the
    Experiments note until the new run in it is listed. The whole way: events, watcher, reading, joining."""
    changed = threading.Event()

    def on_change(paths: set[str]) -> None:
        bring_in_step(Vault(root), store, None)
        changed.set()

    watcher = Watcher(root, on_change)
    watcher.start()
    watcher.started.wait(60)
    keep_records_ready(Vault(root), store)
    search = Search(store)
    draw = random.Random(2)
    plain = next(path for path in (root / "part_1").iterdir())

    def seconds_until(known: Callable[[str], bool], told: str, path: Path, text: str) -> float:
        changed.clear()
        begun = time.perf_counter()
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
        while not known(told) and time.perf_counter() - begun < 60:
            changed.wait(0.01)
        return time.perf_counter() - begun

    def is_found(word: str) -> bool:
        return any(word in hit.chunk.text for hit in search.find(word, 3))

    def is_listed(title: str) -> bool:
        return any(record.title == title for record in store.records(limit=20))

    searchable, listed = [], []
    day = f"{datetime.date.today():%Y/%m/%d}"
    for number in range(5):
        word, title = f"zanzibar{number}", f"Run {number} of the latency check."
        searchable.append(seconds_until(is_found, word, plain, f"- The word is {word}.\n"))
        text = (f"\n## {day}\n" if number == 0 else "\n") + f"> {title}\n{_arrays(draw)}"
        listed.append(seconds_until(is_listed, title, root / "Experiments.md", text))
    watcher.stop()
    return statistics.median(searchable), statistics.median(listed)


def _pulled(root: Path, store: Store, n_files: int) -> float:
    """Seconds from the first of so many files that a pull brings until text search knows all of them."""

    def on_change(paths: set[str]) -> None:
        bring_in_step(Vault(root), store, None)

    watcher = Watcher(root, on_change)
    watcher.start()
    watcher.started.wait(60)
    draw = random.Random(3)
    folder = root / "pulled"
    begun = time.perf_counter()
    folder.mkdir()
    for number in range(n_files):
        lines = "".join(f"- {_sentence(draw)}\n" for _ in range(12))
        (folder / f"pulled_{number}.md").write_text(f"## 2025/01/02\n- Of the pull.\n{lines}", encoding="utf-8")
    while sum(path.startswith("pulled/") for path in store.note_names()) < n_files:
        time.sleep(0.05)
        if time.perf_counter() - begun > 120:
            break
    seconds = time.perf_counter() - begun
    watcher.stop()
    return seconds


def _embeddings(root: Path, folder: Path) -> dict[str, float]:
    """Texts the embedder reads: for a vault of twenty notes, unchanged, with a note renamed, with a folder moved."""
    from vault_sync.embed import Embedder
    from vault_sync.indexer import open_vectors

    make_vault(root, 20)
    store, _ = open_store(folder / "store.sqlite")
    vectors, _ = open_vectors(folder / "chroma", Embedder(cache=folder / "embeddings.sqlite"), store)
    counts = {"new": bring_in_step(Vault(root), store, vectors).embedded}
    counts["unchanged"] = bring_in_step(Vault(root), store, vectors).embedded
    next((root / "part_1").iterdir()).rename(root / "part_1" / "renamed.md")
    counts["note_renamed"] = bring_in_step(Vault(root), store, vectors).embedded
    (root / "part_2").rename(root / "moved")
    counts["folder_moved"] = bring_in_step(Vault(root), store, vectors).embedded
    vectors.close()
    store.close()
    return {f"embedded_{name}": count for name, count in counts.items()}


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
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vault").mkdir()
        embeddings = _embeddings(Path(folder) / "vault", Path(folder))
    hard = measure_hard()
    if options.json:
        print(json.dumps({"vaults": results, "embeddings": embeddings, "hard": hard}))
        return
    for figures in results:
        print(", ".join(f"{name.replace('_', ' ')} {value:.6g}" for name, value in figures.items()))
    print(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in embeddings.items()))
    for kind, seconds in hard.items():
        print(f"5 MB of {kind}, seconds of CPU: " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))


if __name__ == "__main__":
    main()
