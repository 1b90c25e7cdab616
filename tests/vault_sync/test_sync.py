"""The sync plan: what is due, under which day, once; and nothing twice when the researcher wrote it already."""

from __future__ import annotations

import datetime
import os
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fskws.runs import Record
from vault_sync import summaries
from vault_sync.join import join_records
from vault_sync.notes import heading_date, parse_note
from vault_sync.results import NoteNames, logged_records
from vault_sync.sync import WritePolicy, apply, plan_sync, scratch_line, write_scratch_line
from vault_sync.write import NoteWriter

ZONE = datetime.timezone(datetime.timedelta(hours=2))
NOW = datetime.datetime(2026, 3, 14, 15, 0, tzinfo=ZONE)
POLICY = WritePolicy()
FRONT = "---\nid: {0}\naliases: []\ntags: []\n---\n\n# {0}\n"
TASK_NOTE = (
    FRONT.format("March")
    + "\n## 2026/03/14\n### Experiments-2026/03/14\n- [ ] GRU with less noise\n  > Code : [[gru]]\n- [ ] Other one\n"
)


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    """Days are counted on the local clock; the tests' clock is fixed."""
    monkeypatch.setenv("TZ", "Etc/GMT-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class VaultOnDisk:
    """A vault on tmp_path with its writer, and one pass of the sync."""

    def __init__(self, root, **notes):
        self.root = root / "vault"
        self.root.mkdir(parents=True)
        for name, text in notes.items():
            (self.root / f"{name}.md").write_text(text)
        self.writer = NoteWriter(self.root, root / "data" / "journal.jsonl")

    def notes(self):
        return [parse_note(path.name, path.read_bytes().decode()) for path in sorted(self.root.glob("*.md"))]

    def plan(self, *records, policy=POLICY, now=NOW):
        return plan_sync(records, self.notes(), self.writer.journal, policy, now)

    def sync(self, *records, policy=POLICY, now=NOW):
        written = apply(self.plan(*records, policy=policy, now=now), self.writer)
        assert [w.error for w in written if w.error] == []
        assert self.plan(*records, policy=policy, now=now) == []
        return written

    def text(self, name):
        return (self.root / f"{name}.md").read_bytes().decode()

    def put(self, name, text):
        (self.root / f"{name}.md").write_bytes(text.encode())


@pytest.fixture
def vault(tmp_path):
    return VaultOnDisk(
        tmp_path,
        Server=FRONT.format("Server"),
        Experiments=FRONT.format("Experiments") + "\n## 2026-03-10\n> Old\n",
        March=TASK_NOTE,
    )


def run(n=0, *, hours=0.0, minutes=12.0, **values):
    """A launched run that starts `hours` after NOW and takes so many minutes."""
    tail = "abcdefghij"[n % 10] + "klmnopqrst"[n // 10 % 10] + "u234"
    start = NOW + datetime.timedelta(hours=hours)
    known = {
        "id": f"r20260314-{tail}",
        "source": "launched",
        "date": "2026-03-14",
        "title": f"Run {n}",
        "argv": ("python", "train.py", "trans", "-noise_prob", f"0.{n}"),
        "status": "finished",
        "started_at": start.isoformat(),
        "ended_at": (start + datetime.timedelta(minutes=minutes)).isoformat(),
        "marker": f"kw-{tail}",
        "metrics": {
            "accuracy": [90.12345 + n, 88.5],
            "seen": [89.25],
            "unseen": [60.123456],
            "harmonic_mean": [71.8449],
        },
    }
    return Record(**{**known, **values})


def going(record):
    return replace(record, status="running", ended_at=None, metrics={})


# -- a run from start to end -------------------------------------------------------------------------------------------


def test_a_run_is_written_at_its_start_and_at_its_end(vault):
    """A Server entry in progress first; then the tick, and the result under the day the run ended."""
    done = run(hours=10)  # ends at 01:12: still the same lab day
    done = replace(done, ended_at=(NOW + datetime.timedelta(hours=16)).isoformat())  # 07:00 the next morning
    vault.sync(going(done), now=NOW + datetime.timedelta(hours=10, minutes=1))
    assert vault.text("Server") == FRONT.format("Server") + (
        "\n## 2026-03-14\n- [-] Run 0 ^kw-aku234\n\n```sh\npython train.py trans \\\n  -noise_prob 0.0\n```\n"
        "> [!note] Result\n> [[Experiments#2026-03-14]]\n---\n"
    )
    assert vault.text("Experiments") == FRONT.format("Experiments") + "\n## 2026-03-10\n> Old\n"
    vault.sync(done, now=NOW + datetime.timedelta(hours=17))
    assert vault.text("Server") == FRONT.format("Server") + (
        "\n## 2026-03-14\n- [x] Run 0 ^kw-aku234\n\n```sh\npython train.py trans \\\n  -noise_prob 0.0\n```\n"
        "> [!note] Result\n> [[Experiments#2026-03-15]]\n---\n"
    )
    assert vault.text("Experiments").endswith(
        "> Old\n\n## 2026-03-15\n> Run 0\n> Server : [[Server#2026-03-14]]\n[90.123, 88.5]\nSeen acc:\n[89.25]\n"
        "Unseen acc:\n[60.123]\nHarmonic mean:\n[71.845]\n^kw-aku234\n"
    )


def test_a_run_that_ended_unseen_is_written_in_one_go(vault):
    """The daemon was away: entry and result come together, and the plan names what it will do."""
    plan = vault.plan(run())
    assert [(p.note, p.what) for p in plan] == [
        ("Experiments.md", "r20260314-aku234: result"),
        ("Server.md", "r20260314-aku234: Server entry"),
    ]
    assert "+- [x] Run 0 ^kw-aku234" in plan[1].diff()
    assert plan[0].diff().startswith("--- a/Experiments.md\n+++ b/Experiments.md\n@@ -")
    assert "^kw" not in vault.text("Server"), "a plan changes nothing"
    vault.sync(run())
    assert vault.text("Server").count("^kw-aku234") == 1


def test_links_use_the_headings_own_words(vault):
    """Each hub note writes its days in its own form; a link repeats it verbatim."""
    vault.put("Server", "## 20260314 \n- [x] earlier\n")
    vault.put("Experiments", "## 2026-03-14\n> earlier\n")
    vault.sync(run())
    assert "> [[Experiments#2026-03-14]]" in vault.text("Server")
    assert "> Server : [[Server#20260314]]" in vault.text("Experiments")


def test_missing_hub_notes_are_made_in_the_vaults_form(tmp_path):
    """No Server and no Experiments yet: both begin with the frontmatter that the other notes have, and a title."""
    vault = VaultOnDisk(tmp_path, March=TASK_NOTE)
    diff = vault.plan(run())[0].diff()
    assert diff.startswith("--- /dev/null\n+++ b/Experiments.md\n") and "+id: Experiments\n" in diff
    vault.sync(run())
    assert vault.text("Server").startswith(FRONT.format("Server") + "\n## 2026/03/14\n- [x] Run 0 ^kw")
    assert vault.text("Experiments").startswith(FRONT.format("Experiments") + "\n## 2026/03/14\n> Run 0\n")


def test_a_failed_run_gets_its_verdict(vault):
    """Entry and result both say how it went wrong; what is known of it is kept."""
    failed = run(status="failed", exit_code=1, cause="CUDA out of memory", metrics={"loss": {"last": 2.5, "best": 2.5}})
    vault.sync(going(failed))
    vault.sync(failed)
    verdict = "> [!fail] Failed with exit code 1. CUDA out of memory.\n"
    assert f"```\n{verdict}\n> [!note] Result\n> [[Experiments#2026-03-14]]\n---\n" in vault.text("Server")
    assert vault.text("Experiments").endswith(
        "> [!fail] Failed with exit code 1. CUDA out of memory.\n> Run 0\n> Server : [[Server#2026-03-14]]\n"
        "- loss : 2.5\n^kw-aku234\n"
    )


def test_what_was_written_reads_back_as_the_same_run(vault):
    """The parser finds the run's command, figures, day, status and marker in what the writer put down."""
    records = [
        run(0),
        run(1, hours=1, status="failed", exit_code=1, cause="CUDA out of memory", metrics={}),
        run(2, hours=2, status="stopped", metrics={}),
        run(3, hours=14, minutes=300),
    ]
    for record in records:
        vault.sync(record, now=NOW + datetime.timedelta(days=2))
    found = {r.marker: r for r in logged_records(vault.notes())}
    assert sorted(found) == sorted(r.marker for r in records)
    for record in records:
        read = found[record.marker]
        assert (read.argv, read.title, read.status) == (record.argv, record.title, record.status)
        wanted = {k: [round(x, 3) for x in v] for k, v in record.metrics.items()}
        assert read.metrics == wanted
    assert found["kw-dku234"].date == "2026-03-15"


# -- which runs --------------------------------------------------------------------------------------------------------


def test_runs_that_are_too_short_or_merely_seen_are_not_written(vault):
    """Launched runs always, from a least length on if one is set; observed ones only when a pattern asks for them."""
    seen = run(1, source="observed", minutes=30)
    assert vault.plan(seen) == []
    asked = WritePolicy(observed_patterns=(r"train\.py",), observed_least_minutes=20)
    assert len(vault.plan(seen, policy=asked)) == 2
    assert vault.plan(run(1, source="observed", minutes=10), policy=asked) == []
    assert vault.plan(run(minutes=12), policy=WritePolicy(launched_least_minutes=15)) == []
    assert vault.plan(replace(run(), source="logged")) == []
    assert vault.plan(run(status="lost", ended_at=None)) == [], "a host that does not answer is not an end"


def test_a_run_waits_until_it_is_long_enough(vault):
    """While it goes on, its age counts; once begun in the notes it is always ended there."""
    policy = WritePolicy(launched_least_minutes=15)
    start = going(run())
    assert vault.plan(start, policy=policy, now=NOW + datetime.timedelta(minutes=14)) == []
    vault.sync(start, policy=policy, now=NOW + datetime.timedelta(minutes=16))
    vault.sync(run(minutes=17), policy=policy, now=NOW + datetime.timedelta(minutes=18))
    assert "- [x] Run 0" in vault.text("Server")


@pytest.mark.parametrize(("clock", "day"), [("04:59", "2026-03-13"), ("05:00", "2026-03-14")])
def test_the_small_hours_belong_to_the_day_before(vault, clock, day):
    """A night's work stands under the day it began."""
    start = datetime.datetime.fromisoformat(f"2026-03-14T{clock}:00+02:00")
    record = run(started_at=start.isoformat(), ended_at=start.isoformat())
    vault.sync(record)
    assert f"## {day}\n- [x] Run 0" in vault.text("Server")
    assert f"## {day}\n> Run 0" in vault.text("Experiments")


# -- exactly once ------------------------------------------------------------------------------------------------------


def test_blocks_that_were_edited_deleted_or_undone_are_not_written_again(vault):
    """The journal decides: what the researcher did to a block afterwards stands."""
    vault.sync(run(0), run(1, hours=1), run(2, hours=2))
    old = time.time() - 3600
    os.utime(vault.root / "Server.md", (old, old))
    text = vault.text("Server").replace("Run 0 ^kw-aku234", "My own words")
    start = text.index("- [x] Run 1")
    text = text[:start] + text[text.index("- [x] Run 2") :]
    vault.put("Server", text)
    os.utime(vault.root / "Server.md", (time.time() + 60, time.time() + 60))
    later = NOW + datetime.timedelta(days=4000)
    assert vault.plan(run(0), run(1, hours=1), run(2, hours=2), now=later) == []
    assert len(vault.writer.undo(10)) == 2
    assert vault.plan(run(0), run(1, hours=1), run(2, hours=2), now=later) == []


def test_an_edited_entry_is_ticked_but_not_rewritten(vault):
    """The researcher's remark in the entry stays, and so does his title; only an untouched task line is ticked."""
    vault.sync(going(run(0)), going(run(1, hours=1)), now=NOW + datetime.timedelta(hours=2))
    text = vault.text("Server").replace("Run 0", "My title").replace("-noise_prob 0.1", "-noise_prob 0.1 -x 2")
    vault.put("Server", text)
    vault.sync(run(0), run(1, hours=1), now=NOW + datetime.timedelta(hours=3))
    assert vault.text("Server") == text.replace("- [-] Run 1", "- [x] Run 1")


def test_a_stale_buffer_costs_a_block_only_once(vault):
    """Overwritten within ten seconds: written again, once. Overwritten again: it counts as deleted."""
    before = vault.text("Server")
    vault.sync(run())
    written = vault.text("Server")
    vault.put("Server", before + "\n## 2026/03/13\n- typed meanwhile\n")
    plan = vault.plan(run())
    assert [p.again for p in plan] == [True]
    assert "an editor's older buffer had overwritten it" in plan[0].what
    assert [w.error for w in apply(plan, vault.writer)] == [""]
    assert "typed meanwhile" in vault.text("Server") and vault.text("Server").count("^kw-aku234") == 1
    assert written.count("^kw-aku234") == 1
    vault.put("Server", before)
    assert vault.plan(run()) == []


def test_a_hundred_finished_runs_are_one_write_a_note(vault):
    """One pass writes each note once, however much is due."""
    records = [run(n, hours=n / 10) for n in range(100)]
    written = vault.sync(*records, now=NOW + datetime.timedelta(days=1))
    assert [w.note for w in written] == ["Experiments.md", "Server.md"]
    assert vault.text("Server").count(" ^kw-") == 100
    assert len(vault.writer.undo(5)) == 2
    assert vault.text("Server") == FRONT.format("Server")


def test_one_batch_gives_the_same_notes_as_many(tmp_path):
    """Whether runs are written as they end or all together, the notes are the same."""
    records = [run(n, hours=n * 7) for n in range(9)]
    one = VaultOnDisk(tmp_path / "one", March=TASK_NOTE)
    many = VaultOnDisk(tmp_path / "many", March=TASK_NOTE)
    later = NOW + datetime.timedelta(days=5)
    one.sync(*records, now=later)
    for n in range(len(records)):
        many.sync(*records[: n + 1], now=later)
    for name in ("Server", "Experiments", "March"):
        assert one.text(name) == many.text(name)


def test_a_note_that_cannot_be_written_does_not_hold_up_the_others(vault):
    """Each write has its own error, and what failed is planned again."""
    vault.root.joinpath("Server.md").write_bytes(b"\xff\xfe\xff")
    notes = [
        note for note in (parse_note("Experiments.md", vault.text("Experiments")), parse_note("March.md", TASK_NOTE))
    ]
    plan = plan_sync([run()], notes, vault.writer.journal, POLICY, NOW)
    written = apply(plan, vault.writer)
    assert [bool(w.error) for w in written] == [False, True]
    assert "Server.md is not UTF-8" in written[1].error
    assert vault.root.joinpath("Server.md").read_bytes() == b"\xff\xfe\xff"
    vault.put("Server", "")
    vault.sync(run())
    assert vault.text("Experiments").count("^kw-aku234") == 1 and vault.text("Server").count("^kw-aku234") == 1


# -- there already by hand ---------------------------------------------------------------------------------------------

HAND = (
    "\n## 2026/03/14\n- [ ] My own entry.\n\n```sh lab.sh\npython train.py trans \\\n  -noise_prob 0.0 \\\n```\n"
    "> [!note] Result\n> [[Experiments#2026/03/14]]\n---\n"
)


def test_an_entry_there_by_hand_is_ticked_and_nothing_is_added(vault):
    """The same command that day: to do, in progress, done. No block of ours appears."""
    vault.put("Server", FRONT.format("Server") + HAND)
    vault.sync(going(run()))
    assert vault.text("Server") == FRONT.format("Server") + HAND.replace("- [ ]", "- [-]")
    vault.sync(run())
    assert vault.text("Server") == FRONT.format("Server") + HAND.replace("- [ ]", "- [x]")
    assert "> Server : [[Server#2026/03/14]]" in vault.text("Experiments")


def test_a_tick_that_could_not_be_made_is_made_later(vault):
    """A read-only moment at the end of the run does not leave the researcher's entry unticked for good."""
    vault.put("Server", FRONT.format("Server") + HAND)
    vault.sync(going(run()))
    (vault.root / "Server.md").chmod(0o444)
    written = apply(vault.plan(run()), vault.writer)
    assert [bool(w.error) for w in written] == [False, True]
    (vault.root / "Server.md").chmod(0o644)
    vault.sync(run())
    assert vault.text("Server") == FRONT.format("Server") + HAND.replace("- [ ]", "- [x]")


def test_an_entry_by_hand_is_found_though_reworded_and_ordered_otherwise(vault):
    """Options in another order are the same command, and a title changed while the run goes on is still his entry."""
    command = "CUDA_VISIBLE_DEVICES=0 python train.py trans -epochs_base 9 -noise_prob '0.0'"
    entry = f"\n## 2026/03/14\n- [ ] My entry.\n\n```sh\n{command}\n```\n---\n"
    vault.put("Server", FRONT.format("Server") + entry)
    record = run(argv=("/opt/env/bin/python", "train.py", "trans", "-noise_prob", "0.0", "-epochs_base", "9"))
    vault.sync(going(record))
    assert "- [-] My entry." in vault.text("Server")
    vault.put("Server", vault.text("Server").replace("My entry", "My better words"))
    vault.sync(record)
    assert vault.text("Server") == FRONT.format("Server") + entry.replace("[ ] My entry", "[x] My better words")


def test_an_entry_by_hand_stands_for_one_run_only(vault):
    """The same command launched twice that day: the second run gets an entry of its own."""
    vault.put("Server", FRONT.format("Server") + HAND)
    first, second = run(), replace(run(hours=1), id="r20260314-zzz222", marker="kw-zzz222")
    vault.sync(first, second, now=NOW + datetime.timedelta(hours=3))
    text = vault.text("Server")
    assert "- [x] My own entry." in text and text.count(" ^kw-") == 1 and "- [x] Run 0 ^kw-zzz222" in text


def test_an_entry_of_another_day_or_command_is_not_taken(vault):
    """Half of a real vault's commands repeat another one; only the day's own counts."""
    vault.put("Server", FRONT.format("Server") + HAND.replace("2026/03/14\n-", "2026/03/13\n-"))
    vault.sync(run())
    assert "- [ ] My own entry." in vault.text("Server") and "- [x] Run 0 ^kw-aku234" in vault.text("Server")


def test_arrays_there_by_hand_are_not_repeated(vault):
    """The researcher pasted the arrays himself, rounded as printed: the result is linked, nothing is added."""
    pasted = "\n## 2026-03-15\n> My words.\n[90.123, 88.5]\nSeen acc:\n[89.25]\nUnseen acc:\n[60.123]\n"
    pasted += "Harmonic mean:\n[71.845]\n"
    vault.put("Experiments", FRONT.format("Experiments") + pasted)
    vault.sync(run())
    assert vault.text("Experiments") == FRONT.format("Experiments") + pasted
    assert "> [[Experiments#2026-03-15]]" in vault.text("Server")
    changed = pasted.replace("88.5", "88.6")
    vault.put("Experiments", FRONT.format("Experiments") + changed)
    assert vault.plan(run()) == [], "it was taken for the run's result; what he makes of it later is his"
    other = replace(run(1), metrics={**run().metrics, "accuracy": [90.123, 88.5]})
    vault.sync(other)
    assert vault.text("Experiments").count("^kw-") == 1


def test_equal_arrays_of_two_runs_are_both_written(vault):
    """The same seed gives the same figures; our own result of another run is no result by hand."""
    twin = replace(run(hours=1), id="r20260314-zzz222", marker="kw-zzz222")
    vault.sync(run(), twin, now=NOW + datetime.timedelta(hours=3))
    assert vault.text("Experiments").count("^kw-") == 2


# -- tasks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "title"),
    [
        ("[[March#Experiments-2026/03/14]]", "GRU with less noise"),
        ("March#Experiments-2026/03/14:11", "anything"),
        ("March.md:11", "anything"),
        ("[[March#2026/03/14]]", "GRU with less noise"),
    ],
)
def test_the_task_a_run_was_launched_for_is_marked(vault, task, title):
    """In progress at the start, done at the end with links under it; the other task is not touched."""
    record = run(task=task, title=title)
    vault.sync(going(record))
    assert vault.text("March") == TASK_NOTE.replace("- [ ] GRU", "- [-] GRU")
    vault.sync(record)
    assert vault.text("March") == TASK_NOTE.replace(
        "- [ ] GRU with less noise\n  > Code : [[gru]]\n",
        "- [x] GRU with less noise\n  > Code : [[gru]]\n"
        "  > Result : [[Experiments#2026-03-14]]\n  > Server : [[Server#2026-03-14]]\n",
    )


def test_a_failed_run_leaves_its_task_open(vault):
    """The task is still to be done; where the failure is told stands under it."""
    record = run(task="March#Experiments-2026/03/14:11", status="failed", exit_code=1)
    vault.sync(going(record))
    vault.sync(record)
    assert "- [-] GRU with less noise\n  > Code : [[gru]]\n  > Result : [[Experiments#2026-03-14]]\n" in vault.text(
        "March"
    )


def test_a_task_that_cannot_be_told_is_left_alone(vault):
    """Two open tasks under a heading and no line: guessing would touch somebody else's task."""
    vault.sync(run(task="[[March#2026/03/14]]"))
    assert vault.text("March") == TASK_NOTE
    vault.sync(run(1, task="[[Nowhere#x]]"), run(2, task=""))
    assert vault.text("March") == TASK_NOTE


def test_a_task_that_the_researcher_ticked_stays_ticked(vault):
    """His own tick before the end is kept, the links still come under it."""
    record = run(task="March.md:11")
    vault.sync(going(record))
    vault.put("March", vault.text("March").replace("- [-] GRU", "- [x] GRU"))
    vault.sync(record)
    assert "- [x] GRU with less noise\n  > Code : [[gru]]\n  > Result : " in vault.text("March")


def test_a_task_that_moved_is_still_found(vault):
    """Lines written above it meanwhile do not lead to another task."""
    record = run(task="March.md:11")
    vault.sync(going(record))
    vault.put("March", vault.text("March").replace("# March\n", "# March\n\n- [ ] New on top\n- [ ] And one more\n"))
    vault.sync(record)
    assert "- [x] GRU" in vault.text("March") and vault.text("March").count("- [x]") == 1


# -- the scratch note --------------------------------------------------------------------------------------------------


def test_a_scratch_line_goes_under_today(tmp_path):
    """One item with the clock time, right behind the last one; the note is made when there is none."""
    vault = VaultOnDisk(tmp_path, Scratch=FRONT.format("Scratch") + "\n## 2026/03/14\n- 09:00:00 : morning\n")
    done = write_scratch_line(vault.writer, "four and\nforward", NOW, POLICY)
    assert vault.text("Scratch").endswith("- 09:00:00 : morning\n- 15:00:00 : four and forward\n")
    assert (done.note, done.line, done.text) == ("Scratch.md", 11, "- 15:00:00 : four and forward")
    other = WritePolicy(names=NoteNames(scratch="Thoughts"))
    write_scratch_line(vault.writer, "x", NOW, other)
    assert vault.text("Thoughts") == FRONT.format("Thoughts") + "\n## 2026/03/14\n- 15:00:00 : x\n"
    assert scratch_line("# no\n## heading", NOW) == "- 15:00:00 : # no ## heading"


# -- properties --------------------------------------------------------------------------------------------------------

LINE = st.sampled_from(
    [
        "",
        "  ",
        "- [ ] a task",
        "- [x] done  ",
        "> [!note] Result",
        "> [[Experiments#2026/03/14]]",
        "---",
        "```sh full config",
        "```",
        "    x)```",
        "~~~",
        "## 2026/03/14",
        "## 2026-03-12 ",
        "## 20260316",
        "## Commands",
        "### Fix-2026/03/10",
        "# Title",
        "한국어 문장",
        "[97.1, 95.0]",
        "Seen acc:",
        "python train.py trans \\",
        "  -noise_prob 0.0",
        "%%comment%%",
        "text\u2028with separators\x0b",
        "- [-] mine ^kw-zzz222",
    ]
)
NOTE = st.tuples(
    st.booleans(), st.sampled_from(["\n", "\r\n"]), st.lists(LINE, max_size=14), st.sampled_from(["", "\n", "\n\n\n"])
).map(lambda parts: ("\ufeff" if parts[0] else "") + parts[1].join(parts[2]) + parts[3].replace("\n", parts[1]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(server=NOTE, experiments=NOTE, ends=st.lists(st.booleans(), min_size=1, max_size=3), data=st.data())
def test_whatever_the_notes_hold(tmp_path_factory, server, experiments, ends, data):
    """For any notes: the plan after apply is empty, no line of the researcher's is lost or changed, no day gets a
    second heading, each block stands once under its day, and undo gives back the same bytes."""
    vault = VaultOnDisk(tmp_path_factory.mktemp("any"))
    vault.put("Server", server)
    vault.put("Experiments", experiments)
    records = [run(n, hours=n * 9) if over else going(run(n, hours=n * 9)) for n, over in enumerate(ends)]
    before = {name: vault.text(name) for name in ("Server", "Experiments")}
    now = NOW + datetime.timedelta(days=2)
    vault.sync(*records, now=now)
    for name, text in before.items():
        after = vault.text(name)
        _lines_kept(text, after)
        note, old = parse_note(f"{name}.md", after), parse_note(f"{name}.md", text)
        days, old_days = ([heading_date(s.heading) for s in n.sections if s.level == 2] for n in (note, old))
        for day in set(days) - {None}:
            assert days.count(day) == max(1, old_days.count(day))
        if text.endswith("\n") or not text.strip("\ufeff"):
            assert after.endswith("\n") or not after.strip("\ufeff")
    for record in records:
        text = vault.text("Server")
        hand = f"^{record.marker}" not in text
        assert text.count(f"^{record.marker}") == (0 if hand else 1)
    if data.draw(st.booleans()):
        vault.sync(*[run(n, hours=n * 9) for n in range(len(ends))], now=now)
        for name, text in before.items():
            _lines_kept(text, vault.text(name))
    assert all(undone.undone for undone in vault.writer.undo(99))
    assert {name: vault.text(name) for name in before} == before


_WORDS = (
    "GRU layer with `loss_lpc` 0.5 no noise, Transformer (2 layers) best-of-3 한국어 four/forward again: it's 50% #3"
)
WORD = st.sampled_from(_WORDS.split(" "))
VALUE = st.one_of(
    st.sampled_from(
        ["0.005", "-1.5", "gsc2", "two words", "it's", 'say "x"', "a=b", "C:\\dir", "$HOME", "", "*", "~/x", "50%"]
    ),
    st.text("abc XYZ0.,:/_'\"$&|;<>(){}#=+~^@", max_size=8),
)
ENTRY = "- [x] Another one.\n\n```sh\npython train.py other -lr 1\n```\n> [!note] Result\n> [[Experiments#1]]\n---\n"
ARRAYS = st.integers(1, 5).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.floats(0.5, 100), min_size=size, max_size=size) for size in (n + 1, n, n, n)],
    )
)


@settings(max_examples=60, deadline=None)
@given(
    title=st.lists(WORD, min_size=3, max_size=8).map(" ".join),
    options=st.dictionaries(st.sampled_from(["lr", "noise_prob", "x-y", "loss_lpc", "d"]), VALUE, max_size=4),
    arrays=ARRAYS,
    newline=st.sampled_from(["\n", "\r\n"]),
    filler=st.sampled_from(["", "# Server\n", "## 20260314\n" + ENTRY, "## 2026/03/13\n- [x] Old.", "\ufeff" + FRONT]),
)
def test_reading_what_was_written_gives_the_same_record(tmp_path_factory, title, options, arrays, newline, filler):
    """Title, command, options and figures of any run come back from the notes as they were, to three decimals."""
    vault = VaultOnDisk(tmp_path_factory.mktemp("round"), Experiments="# Experiments\n")
    vault.put("Server", filler.replace("\n", newline))
    argv = ("python", "train.py", "trans", *(word for name, value in options.items() for word in (f"-{name}", value)))
    names = ("accuracy", "seen", "unseen", "harmonic_mean")
    record = run(title=title, argv=argv, metrics=dict(zip(names, arrays, strict=True)))
    vault.sync(record)
    (found,) = [r for r in logged_records(vault.notes()) if r.marker == record.marker]
    assert sorted(found.argv) == sorted(argv)
    assert found.title == title
    assert found.metrics == {name: [round(x, 3) for x in values] for name, values in record.metrics.items()}
    assert (found.date, found.status) == ("2026-03-14", "finished")


def _lines_kept(before, after):
    """Each old line is still there, in order; only a checkbox may have been ticked."""
    rest = iter(after.removeprefix("\ufeff").split("\n"))
    for line in before.removeprefix("\ufeff").removesuffix("\n").split("\n"):
        wanted = line.rstrip("\r")
        for other in rest:
            if other.rstrip("\r") == wanted or (
                wanted.startswith("- [") and other[4:].rstrip("\r") == wanted[4:] and other[3] in "x-"
            ):
                break
        else:
            raise AssertionError(f"lost: {line!r}")


def test_the_code_is_compared_with_the_named_parent_or_the_run_before(vault, tmp_path):
    """Without a named parent it is the last run of the same program in the same folder that began earlier."""
    asked = {}

    def facts(record, parent):
        asked[record.id] = parent.id if parent else ""
        return summaries.NO_FACTS

    here = {"directory": str(tmp_path), "cwd": "/work"}
    first, second, third = (run(n, hours=n, **here) for n in range(3))
    other = run(3, hours=3, argv=("python", "eval.py"), **here)
    named = run(4, hours=4, parent=first.id, **here)
    records = [third, named, other, second, first]
    plan_sync(records, vault.notes(), vault.writer.journal, POLICY, NOW + datetime.timedelta(days=1), facts)
    assert asked == {first.id: "", second.id: first.id, third.id: second.id, other.id: "", named.id: first.id}


# -- one more array set ------------------------------------------------------------------------------------------------

INTERIM = """
## 2026-03-14
> Run 0
> Server : [[Server#2026-03-14]]
> Result with best checkpoint
[80.5, 79.5]
Seen acc:
[81.5]
Unseen acc:
[50.5]
Harmonic mean:
[62.361]
- Not finished.

Other words.
"""


def test_an_interim_result_by_hand_gets_the_final_one_as_one_more_set(vault):
    """The researcher pasted what a checkpoint reached: description and link are not repeated, his lines stay."""
    vault.put("Experiments", FRONT.format("Experiments") + INTERIM)
    record = run(minutes=60)
    vault.sync(going(record))
    vault.sync(record)
    final = "> Final result\n[90.123, 88.5]\nSeen acc:\n[89.25]\nUnseen acc:\n[60.123]\nHarmonic mean:\n[71.845]\n"
    expected = INTERIM.replace("- Not finished.\n", f"- Not finished.\n{final}^kw-aku234\n")
    assert vault.text("Experiments") == FRONT.format("Experiments") + expected
    logged = [r for r in logged_records(vault.notes()) if r.metrics]
    assert [(r.title, r.metrics["accuracy"]) for r in logged] == [
        ("Run 0 (Result with best checkpoint)", [80.5, 79.5]),
        ("Run 0 (Final result)", [90.123, 88.5]),
    ]
    joined = join_records([record], logged)
    assert [r.merged_into for r in joined.logged] == [record.id, record.id]
    assert len(vault.writer.undo(1)) == 1
    assert vault.text("Experiments") in (FRONT.format("Experiments") + INTERIM, FRONT.format("Experiments") + expected)


def test_another_result_is_no_interim_one(vault):
    """Without a word that says so, or with other words above it, a hand-made result is not this run's."""
    for text in (INTERIM.replace("Result with best checkpoint", "My words").replace("- Not finished.\n", ""),
                 INTERIM.replace("> Run 0", "> Run 5"), INTERIM.replace("2026-03-14\n>", "2026-03-12\n>")):  # fmt: skip
        vault.put("Experiments", FRONT.format("Experiments") + text)
        assert not any("one more array set" in p.what for p in vault.plan(run()))


def test_a_checkpoint_of_a_run_is_one_more_set_of_its_result(vault):
    """Evaluated after the end: under the run's own arrays. Evaluated before: the final arrays come under it."""
    train = run(0, minutes=600)
    path = f"/data/runs/{train.id}/checkpoints/epoch_40.pt"
    command = ("python", "-m", "fskws", "evaluate", "--checkpoint", path)
    arrays = {"accuracy": [80.5, 70.25], "seen": [81.0], "unseen": [50.0], "harmonic_mean": [61.832]}
    early = run(1, hours=1, title="", argv=command, metrics=arrays)
    vault.sync(going(train), early)
    text = vault.text("Experiments")
    assert "> Run 0\n> Server : [[Server#2026-03-14]]\n\n> Result of checkpoint epoch 40\n[80.5, 70.25]\n" in text
    vault.sync(train, early, now=NOW + datetime.timedelta(hours=12))
    text = vault.text("Experiments")
    assert text.count("> Run 0") == 1 and "^kw-bku234\n> Final result\n[90.123, 88.5]\n" in text
    late = run(2, hours=11, title="", argv=(*command[:-1], path.replace("epoch_40", "best")), metrics=arrays)
    vault.sync(train, early, late, now=NOW + datetime.timedelta(hours=13))
    text = vault.text("Experiments")
    assert text.count("> Run 0") == 1 and "^kw-aku234\n> Result of checkpoint best\n[80.5, 70.25]\n" in text
    told = {r.marker: r.metrics["accuracy"] for r in logged_records(vault.notes()) if r.metrics}
    assert told == {"kw-aku234": [90.123, 88.5], "kw-bku234": [80.5, 70.25], "kw-cku234": [80.5, 70.25]}


def test_a_stopped_run_with_all_four_arrays_keeps_both(vault):
    """It was evaluated before it was stopped: arrays and verdict are written, and read back as a stopped run."""
    record = run(status="stopped", exit_code=-15, cause="stopped by hand")
    vault.sync(record)
    text = vault.text("Experiments")
    assert "> [!fail] Stopped after 12 min.\n> Run 0\n" in text and "Harmonic mean:\n[71.845]\n" in text
    (read,) = logged_records(vault.notes())
    assert (read.status, sorted(read.metrics)) == ("stopped", ["accuracy", "harmonic_mean", "seen", "unseen"])


def test_the_task_link_with_line_and_words_is_the_safest(vault):
    """`Note#heading:line|words`: the words decide between two alike lines, the line between two alike words."""
    note = TASK_NOTE.replace("- [ ] Other one", "- [ ] Other one\n- [ ] GRU with less noise")
    for task, line in (
        ("March#Experiments-2026/03/14:13|Other one", 13),
        ("[[March#Experiments-2026/03/14:99|Other one]]", 13),
        ("March#Experiments-2026/03/14:14|GRU with less noise", 14),
        ("March#Experiments-2026/03/14:11|GRU with less noise", 11),
        ("March#Experiments-2026/03/14:11|Other one", 13),
        ("March#Experiments-2026/03/14:11|Words that nobody wrote", 0),
        ("March#Experiments-2026/03/14|GRU with less noise", 0),
    ):
        vault.put("March", note)
        plan = vault.plan(going(run(task=task, title="")))
        marks = [edit.number for planned in plan if planned.note == "March.md" for edit in planned.edits]
        assert marks == ([line] if line else []), task
