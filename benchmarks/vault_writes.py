"""Writes into a note that an editor keeps saving, while the writer is killed all the time; and how long a write takes.

    uv run python benchmarks/vault_writes.py crash --appends 1000
    uv run python benchmarks/vault_writes.py speed

`crash` prints what became of it as JSON and exits 1 when a line of the editor was lost or a block is there twice.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import json
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
import traceback
from pathlib import Path

from vault_sync.errors import WriteError
from vault_sync.notes import parse_note
from vault_sync.write import Insert, Journal, NoteWriter

NOTE = "Server.md"
DAY = datetime.date(2026, 3, 14)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def marker(n: int) -> str:
    """A block id of its own for each number."""
    digits = ""
    for _ in range(6):
        n, rest = divmod(n, 32)
        digits += LETTERS[rest]
    return f"kw-{digits}"


def block(n: int) -> Insert:
    lines = (f"- [x] Run {n} ^{marker(n)}", "", "```sh", f"python train.py -seed {n}", "```", "---")
    return Insert(((f"r20260314-{marker(n)[3:]}", "server"),), DAY, lines, marker(n))


def write_all(vault: Path, journal: Path, appends: int) -> None:
    """What the daemon does: find out what a crash has left, then write what is due, each once."""
    writer = NoteWriter(vault, journal)
    writer.recover()
    for n in range(appends):
        edit = block(n)
        entry = writer.journal.part(*edit.keys[0])
        again = entry is not None and entry.overwritten and not entry.again
        if entry is not None and not again:
            continue
        while True:
            try:
                writer.write(NOTE, [edit], what=f"run {n}", again=again)
                break
            except WriteError:
                time.sleep(0.01)


def edit_on(vault: Path, seed: int, saved: Path, pause_seconds: float) -> None:
    """An editor: reads the note, types a line somewhere, saves it in one of the ways editors do, without end.

    Each line that a save has brought to the disk is noted in `saved`.
    """
    draw = random.Random(seed)
    note = vault / NOTE
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    stop: list[int] = []
    number = 0
    with saved.open("a") as told:
        while not stop:
            lines = note.read_text(encoding="utf-8").split("\n")
            number += 1
            places = [i for i, line in enumerate(lines) if line.startswith(("## ", "- typed"))]
            typed = f"- typed {number}"
            lines.insert(draw.choice(places) + 1, typed)
            data = "\n".join(lines).encode()
            time.sleep(draw.random() * 0.002)  # the buffer is older than the disk for a moment
            way = draw.choice(("replace", "dance", "in place"))
            if way == "replace":
                aside = note.with_name("4913.tmp")
                aside.write_bytes(data)
                aside.replace(note)
            elif way == "dance":
                note.rename(note.with_name(NOTE + "~"))
                note.write_bytes(data)
                note.with_name(NOTE + "~").unlink()
            else:
                note.write_bytes(data)
            told.write(typed + "\n")
            told.flush()
            time.sleep(draw.random() * pause_seconds)


def forked(function, *arguments) -> int:
    """The process id of a child that runs the function."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            function(*arguments)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def crash(appends: int, seed: int, pause_seconds: float, life_seconds: float) -> dict:
    """Kills the writer at random instants until all is written; returns what the note holds then.

    Args: pause_seconds: longest pause of the editor between two saves. life_seconds: longest life of a writer.
    """
    draw = random.Random(seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kwslab-crash-") as folder:
        vault, journal, saved = Path(folder, "vault"), Path(folder, "data", "journal.jsonl"), Path(folder, "saved")
        vault.mkdir()
        (vault / NOTE).write_text(
            "---\nid: Server\n---\n\n# Server\n\n## 2026-03-13\n- old\n\n## 2026-03-14 \n- first\n"
        )
        saved.touch()
        editor = forked(edit_on, vault, seed, saved, pause_seconds)
        kills = 0
        while True:
            child = forked(write_all, vault, journal, appends)
            # Short lives and long ones; longer as the journal grows, or no write would ever come to its end.
            grown = 1 + journal.stat().st_size / 300_000 if journal.exists() else 1
            deadline = time.monotonic() + draw.random() * draw.choice((0.1, 1.0)) * life_seconds * grown
            ended, status = 0, 0
            while not ended and time.monotonic() < deadline:
                ended, status = os.waitpid(child, os.WNOHANG)
                time.sleep(0.0005)
            if not ended:
                os.kill(child, signal.SIGKILL)
                status = os.waitpid(child, 0)[1]
            if os.WIFEXITED(status):
                if os.WEXITSTATUS(status):
                    raise RuntimeError("the writer failed by itself; its traceback is above")
                break
            kills += 1
        os.kill(editor, signal.SIGTERM)
        os.waitpid(editor, 0)
        write_all(vault, journal, appends)
        text = (vault / NOTE).read_text(encoding="utf-8")
        typed = collections.Counter(line for line in text.split("\n") if line.startswith("- typed"))
        blocks = collections.Counter(re.findall(r"\^(kw-[a-z2-7]{6})$", text, re.MULTILINE))
        told = saved.read_text().split("\n")[:-1]
        days = [s.heading for s in parse_note(NOTE, text).sections if s.level == 2]
        again = sum(1 for entry in Journal(journal).entries if entry.again and entry.state == "done")
        return {
            "appends": appends,
            "kills": kills,
            "editor_saves": len(told),
            "lines_lost": [line for line in told if not typed[line]],
            "lines_doubled": [line for line, count in typed.items() if count > 1],
            "blocks": len(blocks),
            "blocks_doubled": [name for name, count in blocks.items() if count > 1],
            "written_again": again,
            "blocks_overwritten_by_the_editor": appends - len(blocks),
            "days": days,
            "left_behind": sorted(path.name for path in vault.iterdir() if path.name != NOTE),
            "seconds": round(time.monotonic() - started, 1),
        }


def is_whole(result: dict) -> bool:
    """Whether nothing was lost and nothing doubled."""
    bad = ("lines_lost", "lines_doubled", "blocks_doubled", "left_behind")
    return not any(result[name] for name in bad) and result["days"] == ["2026-03-13", "2026-03-14"]


def speed(count: int = 200) -> dict:
    """Milliseconds of one write into an empty and into a grown Server note, each of its parts synced to the disk."""
    with tempfile.TemporaryDirectory(prefix="kwslab-speed-") as folder:
        vault = Path(folder, "vault")
        vault.mkdir()
        (vault / NOTE).write_text("# Server\n")
        writer = NoteWriter(vault, Path(folder, "journal.jsonl"))
        times = []
        for n in range(count):
            start = time.perf_counter()
            writer.write(NOTE, [block(n)])
            times.append((time.perf_counter() - start) * 1000)
        size = (vault / NOTE).stat().st_size
        start = time.perf_counter()
        undone = writer.undo(count)
        return {
            "writes": count,
            "first_ten_ms": round(statistics.median(times[:10]), 2),
            "last_ten_ms": round(statistics.median(times[-10:]), 2),
            "note_bytes": size,
            "undo_ms_each": round((time.perf_counter() - start) * 1000 / count, 2),
            "undone_exactly": all(u.undone for u in undone) and (vault / NOTE).read_text() == "# Server\n",
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("crash", "speed"))
    parser.add_argument("--appends", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.1, help="longest pause of the editor, in seconds")
    parser.add_argument("--life", type=float, default=0.3, help="longest life of a writer, in seconds")
    asked = parser.parse_args()
    result = crash(asked.appends, asked.seed, asked.pause, asked.life) if asked.what == "crash" else speed()
    print(json.dumps(result, indent=1))
    return 0 if asked.what == "speed" or is_whole(result) else 1


if __name__ == "__main__":
    sys.exit(main())
