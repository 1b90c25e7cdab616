"""Sweeps: runs launched together are one Server entry and one table, filled as they end, exactly once."""

from __future__ import annotations

import datetime
import os
import time
from dataclasses import replace

import pytest

from fskws.runs import Record
from vault_sync.join import join_records
from vault_sync.notes import parse_note
from vault_sync.results import logged_records
from vault_sync.summaries import Style
from vault_sync.sweeps import sweeps_of, table_lines
from vault_sync.sync import WritePolicy, apply, plan_sync
from vault_sync.write import NoteWriter

ZONE = datetime.timezone(datetime.timedelta(hours=2))
NOW = datetime.datetime(2026, 3, 14, 15, 0, tzinfo=ZONE)
FRONT = "---\nid: {0}\naliases: []\ntags: []\n---\n\n# {0}\n"


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    """Days are counted on the local clock; the tests' clock is fixed."""
    monkeypatch.setenv("TZ", "Etc/GMT-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def run(n, value, *, start=0.0, seconds=600.0, option="noise_prob", going=False, **values):
    """A launched run that starts so many seconds after NOW; its arrays follow from n."""
    tail = "abcdefgh"[n] + "klmno"
    began = NOW + datetime.timedelta(seconds=start)
    known = {
        "id": f"r20260314-{tail}",
        "source": "launched",
        "date": "2026-03-14",
        "title": "",
        "argv": ("python", "train.py", "trans", f"-{option}", value, "-epochs_base", "20"),
        "status": "running" if going else "finished",
        "started_at": began.isoformat(),
        "ended_at": None if going else (began + datetime.timedelta(seconds=seconds)).isoformat(),
        "marker": f"kw-{tail}",
        "metrics": {}
        if going
        else {
            "accuracy": [90.5 + n, 88.25, 85.125],
            "seen": [89.0, 87.5 + n],
            "unseen": [60.0, 55.0],
            "harmonic_mean": [71.678, 67.544],
        },
    }
    record = Record(**{**known, **values})
    words = record.argv
    config = {words[i].lstrip("-"): words[i + 1] for i in range(3, len(words) - 1, 2)}
    return replace(record, config=config)


class VaultOnDisk:
    """A vault on tmp_path with its writer, and one pass of the sync."""

    def __init__(self, root):
        self.root = root / "vault"
        self.root.mkdir(parents=True)
        for name in ("Server", "Experiments"):
            self.put(name, FRONT.format(name) + "\n## 2026-03-10\n")
        self.writer = NoteWriter(self.root, root / "data" / "journal.jsonl")

    def notes(self):
        return [parse_note(path.name, path.read_bytes().decode()) for path in sorted(self.root.glob("*.md"))]

    def plan(self, *records):
        return plan_sync(records, self.notes(), self.writer.journal, WritePolicy(), NOW + datetime.timedelta(hours=9))

    def sync(self, *records):
        written = apply(self.plan(*records), self.writer)
        assert [w.error for w in written if w.error] == []
        assert self.plan(*records) == []
        return written

    def text(self, name):
        return (self.root / f"{name}.md").read_text()

    def put(self, name, text):
        (self.root / f"{name}.md").write_text(text)

    def edit(self, name, old, new):
        """As the researcher does it, long after the last write."""
        text = self.text(name)
        assert old in text
        past = time.time() - 3600
        for entry in self.writer.journal.entries:
            entry.time = past
        self.put(name, text.replace(old, new))
        os.utime(self.root / f"{name}.md", None)


@pytest.fixture
def vault(tmp_path):
    return VaultOnDisk(tmp_path)


SERVER = """- [{0}] Sweep of `noise_prob`. ^kw-aklmno

```sh
python train.py trans \\
  -noise_prob 0.0 \\
  -epochs_base 20

python train.py trans \\
  -noise_prob 0.4 \\
  -epochs_base 20

python train.py trans \\
  -noise_prob 0.8 \\
  -epochs_base 20
```
> [!note] Result
> [[Experiments#2026-03-14]]
---
"""
HEAD = """> Sweep of `noise_prob`.
> Server : [[Server#2026-03-14]]

| Run | `noise_prob` | 0 | 1 | 2 | Seen | Unseen | Harmonic mean |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
ROWS = [
    "| kw-aklmno | 0.0 | 90.5 | 88.25 | 85.125 | 87.5 | 55.0 | 67.544 |\n",
    "| kw-bklmno | 0.4 | 91.5 | 88.25 | 85.125 | 88.5 | 55.0 | 67.544 |\n",
    "| kw-cklmno | 0.8 | 92.5 | 88.25 | 85.125 | 89.5 | 55.0 | 67.544 |\n",
]
EMPTY = [
    f"| kw-{tail}klmno | {value} |  |  |  |  |  |  |\n" for tail, value in (("a", "0.0"), ("b", "0.4"), ("c", "0.8"))
]


def members(*ended):
    """Three runs of a sweep, those named are over."""
    return [run(n, value, start=n * 5, going=n not in ended) for n, value in enumerate(("0.0", "0.4", "0.8"))]


def test_runs_launched_together_are_one_entry_and_one_table(vault):
    """All at once at the start; each row is filled when its run ends, and the tick comes with the last."""
    vault.sync(*members())
    assert vault.text("Server").endswith("## 2026-03-14\n" + SERVER.format("-"))
    assert "kw-" not in vault.text("Experiments"), "there is no result yet"
    vault.sync(*members(1))
    assert vault.text("Experiments").endswith(HEAD + EMPTY[0] + ROWS[1] + EMPTY[2] + "\n^kw-aklmno\n")
    vault.sync(*members(0, 1))
    assert vault.text("Server").endswith(SERVER.format("-"))
    vault.sync(*members(0, 1, 2))
    assert vault.text("Experiments").endswith(HEAD + "".join(ROWS) + "\n^kw-aklmno\n")
    assert vault.text("Server").endswith(SERVER.format("x"))
    assert vault.text("Experiments").count("kw-") == 4 and vault.text("Server").count("kw-") == 1


def test_a_sweep_that_ended_unseen_is_written_in_one_go(vault):
    """The daemon was away: the notes are the same."""
    vault.sync(*members(0, 1, 2))
    assert vault.text("Experiments").endswith(HEAD + "".join(ROWS) + "\n^kw-aklmno\n")
    assert vault.text("Server").endswith(SERVER.format("x"))


def test_a_loop_becomes_a_sweep_with_its_second_run(vault):
    """One after the other: the first run's entry and result turn into those of the sweep."""
    first, second = run(0, "0.0"), run(1, "0.4", start=602)
    vault.sync(first)
    assert "[90.5, 88.25, 85.125]" in vault.text("Experiments")
    vault.sync(first, replace(second, status="running", ended_at=None, metrics={}))
    assert vault.text("Server").count("- [") == 1 and "-noise_prob 0.4" in vault.text("Server")
    assert "- [-] Sweep of" in vault.text("Server")
    vault.sync(first, second)
    assert vault.text("Experiments").endswith(HEAD + ROWS[0] + ROWS[1] + "\n^kw-aklmno\n")
    assert "- [x] Sweep of" in vault.text("Server")
    assert len(vault.writer.undo(20)) > 0
    assert "kw-" not in vault.text("Experiments") + vault.text("Server")
    assert vault.plan(first, second) == []


def test_what_was_written_reads_back_as_the_same_runs(vault):
    """Each row is a record of its own run, with its command; none is listed twice, whether the sweep goes on or not."""
    for ended in ((0, 2), (0, 1, 2)):
        records = members(*ended)
        vault.sync(*records)
        logged = logged_records(vault.notes())
        told = {r.marker: r for r in logged if r.metrics}
        assert sorted(told) == [f"kw-{'abc'[n]}klmno" for n in ended]
        for n in ended:
            record = told[records[n].marker]
            assert record.argv == records[n].argv and record.metrics["accuracy"] == records[n].metrics["accuracy"]
            assert record.metrics["harmonic_mean (last)"]["last"] == 67.544
        joined = join_records(records, logged)
        assert all(record.merged_into for record in joined.logged)
        assert {r.merged_into for r in joined.logged} == {r.id for r in records}
        assert all(run.metrics == was.metrics or not was.metrics for run, was in zip(joined.runs, records, strict=True))


def test_a_row_is_filled_beside_the_researchers_own_words(vault):
    """He wrote into the table: what he wrote stays, rows that stand as they were are still filled, once."""
    vault.sync(*members(0))
    vault.edit("Experiments", ROWS[0], ROWS[0].replace("90.5", "==90.5=="))
    vault.sync(*members(0, 1))
    text = vault.text("Experiments")
    assert "==90.5==" in text and ROWS[1] in text and EMPTY[2] in text
    vault.edit("Experiments", EMPTY[2], "| kw-cklmno | 0.8 | mine |\n")
    vault.sync(*members(0, 1, 2))
    assert "| mine |" in vault.text("Experiments") and "92.5" not in vault.text("Experiments")


def test_a_table_that_was_deleted_or_undone_is_not_made_again(vault):
    """The journal decides; a run that ends after an undo stands by itself."""
    vault.sync(*members(0, 1))
    text = vault.text("Experiments")
    vault.edit("Experiments", text[text.index("> Sweep") :], "")
    vault.sync(*members(0, 1, 2))
    assert "kw-" not in vault.text("Experiments")


def test_an_entry_the_researcher_edited_is_his(vault):
    """The third run finds the entry changed: it gets its own; the edited one is only ticked, when all are over."""
    vault.sync(*members()[:2])
    vault.edit("Server", "-noise_prob 0.4", "-noise_prob 0.4 -x 1")
    vault.sync(*members())
    text = vault.text("Server")
    assert "-noise_prob 0.4 -x 1" in text and text.count("- [-]") == 2
    vault.sync(*members(0, 1, 2))
    assert vault.text("Server").count("- [x]") == 2 and "-noise_prob 0.4 -x 1" in vault.text("Server")


def test_failed_and_stopped_runs_say_so_in_their_row(vault):
    """The verdict stands in the entry and in a last column."""
    first = run(0, "0.0", status="failed", exit_code=1, cause="CUDA out of memory", metrics={})
    second = run(1, "0.4", start=5)
    vault.sync(first, second)
    assert "> [!fail] `noise_prob` 0.0 : Failed with exit code 1. CUDA out of memory.\n\n" in vault.text("Server")
    table = vault.text("Experiments")
    assert "| Harmonic mean | Remark |\n" in table
    assert "| kw-aklmno | 0.0 |  |  |  |  |  |  | Failed with exit code 1. CUDA out of memory. |\n" in table
    failed = next(r for r in logged_records(vault.notes()) if r.marker == "kw-aklmno")
    assert failed.status == "failed"


def test_an_older_editor_buffer_costs_a_row_nothing(vault):
    """The note is put back to how it was before the last write, within ten seconds: it is written again, once."""
    plan = lambda *records: plan_sync(  # noqa: E731
        records, vault.notes(), vault.writer.journal, WritePolicy(), datetime.datetime.now().astimezone()
    )
    assert [w.error for w in apply(plan(*members(0)), vault.writer)] == ["", ""]
    before = vault.text("Experiments")
    assert {w.error for w in apply(plan(*members(0, 1)), vault.writer)} == {""}
    vault.put("Experiments", before)
    again = plan(*members(0, 1))
    assert [p.again for p in again] == [True]
    apply(again, vault.writer)
    assert ROWS[1] in vault.text("Experiments")
    vault.put("Experiments", before)
    assert plan(*members(0, 1)) == []


def test_what_makes_a_sweep():
    """One program, folder and title; one or two options that differ; started together or one right after the other."""
    a, b = run(0, "0.0"), run(1, "0.4", start=5)
    assert [(s.first.id, s.options) for s in sweeps_of([b, a])] == [(a.id, ("noise_prob",))]
    assert sweeps_of([a]) == []
    assert sweeps_of([a, replace(b, title="Another idea")]) == []
    assert len(sweeps_of([replace(r, title="Less noise") for r in (a, b)])) == 1
    assert sweeps_of([a, run(1, "0.0", start=5)]) == [], "the same command again is no sweep"
    assert sweeps_of([a, run(1, "0.4", start=400)]) == [], "an hour's second thought is an experiment of its own"
    assert len(sweeps_of([a, run(1, "0.4", start=630)])) == 1, "the next of a loop"
    assert sweeps_of([a, replace(b, cwd="/elsewhere")]) == []
    more = replace(b, argv=("python", "train.py", "trans", "-noise_prob", "1", "-epochs_base", "2", "-decay", "3"))
    assert sweeps_of([a, more]) == []
    assert sweeps_of([replace(r, source="observed") for r in (a, b)]) == []


def test_other_metrics_are_columns_of_their_own():
    """Runs without per-session lists show their last values; a bar in a value parts no cell."""
    metrics = {"loss": {"last": 0.31, "best": 0.28}, "eer|x": {"last": "nan", "best": None}}
    records = [run(n, v, start=n, metrics=metrics) for n, v in enumerate(("a|b", "c"))]
    (sweep,) = sweeps_of(records)
    lines = table_lines(sweep, Style(), server="")
    assert lines[2:5] == (
        "| Run | `noise_prob` | loss | eer\\|x |",
        "| --- | --- | --- | --- |",
        "| kw-aklmno | a\\|b | 0.31 | nan |",
    )


def test_one_entry_by_hand_with_several_commands_stands_for_all_of_them(vault):
    """The researcher wrote the sweep himself: it is marked, ticked when the last run is over, and nothing is added."""
    hand = "\n## 2026-03-14\n" + SERVER.format(" ").replace("Sweep of `noise_prob`. ^kw-aklmno", "My sweep.")
    vault.put("Server", FRONT.format("Server") + hand)
    vault.sync(*members())
    assert vault.text("Server") == FRONT.format("Server") + hand.replace("- [ ]", "- [-]")
    vault.sync(*members(0, 2))
    assert vault.text("Server") == FRONT.format("Server") + hand.replace("- [ ]", "- [-]")
    vault.sync(*members(0, 1, 2))
    assert vault.text("Server") == FRONT.format("Server") + hand.replace("- [ ]", "- [x]")


TASK = "---\nid: March\naliases: []\ntags: []\n---\n\n# March\n\n## 2026-03-14\n- [ ] Try less noise\n- [ ] Other\n"


def test_a_sweeps_task_is_done_with_its_last_run(vault):
    """In progress until all are over, whichever ends first; the links come under it once."""
    vault.put("March", TASK)

    def with_task(*ended):
        return [replace(r, task="March#2026-03-14:10|Try less noise") for r in members(*ended)]

    vault.sync(*with_task())
    for ended in ((0,), (0, 2)):
        vault.sync(*with_task(*ended))
        assert vault.text("March") == TASK.replace("- [ ] Try", "- [-] Try")
    vault.sync(*with_task(0, 1, 2))
    links = "  > Result : [[Experiments#2026-03-14]]\n  > Server : [[Server#2026-03-14]]\n"
    assert vault.text("March") == TASK.replace("- [ ] Try less noise\n", f"- [x] Try less noise\n{links}")
