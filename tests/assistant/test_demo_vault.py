"""The demonstration's vault: its figures agree, its links lead somewhere, and it never replaces what is there."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from assistant.demo_vault import IDEA_NOTE, demo_runs, make_demo_vault
from assistant.errors import AssistantError
from fskws.config import TrainConfig, parse_options
from fskws.runs import SESSION_METRICS
from vault_sync.links import LinkIndex, resolve
from vault_sync.notes import Note, parse_note
from vault_sync.results import logged_records
from vault_sync.tasks import open_tasks

TODAY = datetime.date(2026, 11, 18)  # a Wednesday
A_YEAR = [datetime.date(2027, 1, 1) + datetime.timedelta(days=n) for n in range(0, 366, 3)]
ONE_MONTH = datetime.date(2027, 2, 28)  # all four weeks in February


@pytest.fixture
def vault(tmp_path):
    """A demo vault of TODAY."""
    root = tmp_path / "vault"
    assert make_demo_vault(root, TODAY)
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir()}


def headings(text: str) -> list[str]:
    return [line.lstrip("#").strip() for line in text.splitlines() if re.match(r"#+ ", line)]


def day_headings(text: str) -> list[datetime.date]:
    found = re.findall(r"^## (\d{4})[-/]?(\d\d)[-/]?(\d\d) *$", text, re.MULTILINE)
    return [datetime.date(int(y), int(m), int(d)) for y, m, d in found]


def test_same_day_and_seed_give_the_same_bytes(tmp_path, vault):
    """Two vaults of one day and seed are equal to the byte; another seed changes the figures and nothing else."""
    make_demo_vault(tmp_path / "again", TODAY)
    make_demo_vault(tmp_path / "other", TODAY, seed=1)
    assert contents(tmp_path / "again") == contents(vault)
    other = contents(tmp_path / "other")
    assert {name for name in other if other[name] != contents(vault)[name]} == {"Experiments.md"}


def test_existing_vault_is_left_as_it_is(vault):
    """A second start writes nothing, even after the researcher has edited a note and on another day."""
    (vault / "Scratch.md").write_text("mine now", "utf-8")
    before = contents(vault)
    assert not make_demo_vault(vault, TODAY + datetime.timedelta(days=40), seed=3)
    assert contents(vault) == before


def test_directory_with_other_things_is_refused(tmp_path):
    """A directory that holds anything else is not written into, and the message says what to do."""
    (tmp_path / "thesis.tex").write_text("x", "utf-8")
    with pytest.raises(AssistantError, match=r"is not empty and holds no demo vault. Give an empty or new directory"):
        make_demo_vault(tmp_path, TODAY)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_unwritable_place_is_an_error(tmp_path):
    """A place that cannot be written gives a message and leaves nothing behind."""
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(AssistantError, match=r"the demo vault cannot be written to .*Give another directory"):
        make_demo_vault(tmp_path / "file" / "vault", TODAY)


def test_empty_directory_is_filled(tmp_path):
    """An existing empty directory becomes the vault, and no temporary file stays beside it."""
    root = tmp_path / "vault"
    root.mkdir()
    assert make_demo_vault(root, TODAY)
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]


def test_figures_agree(vault):
    """Each result has n+1, n, n, n figures; harmonic means follow from seen and unseen to three decimals."""
    text = (vault / "Experiments.md").read_text("utf-8")
    arrays = [[float(x) for x in row.split(", ")] for row in re.findall(r"^\[([\d., ]+)\]$", text, re.MULTILINE)]
    assert len(arrays) == 4 * sum(1 for run in demo_runs(TODAY) if run.accuracy)
    for accuracy, seen, unseen, harmonic in zip(*(arrays[i::4] for i in range(4)), strict=True):
        assert len(accuracy) - 1 == len(seen) == len(unseen) == len(harmonic)
        assert harmonic == [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
        assert all(u < a < s for a, s, u in zip(accuracy[1:], seen, unseen, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_remarks_hold_for_any_seed(seed):
    """What the notes say of a run against another is true of the figures, whatever is drawn."""
    runs = {run.key: run.harmonic_mean for run in demo_runs(TODAY, seed)}
    for better, worse in (
        ("base_noise", "base"),
        ("base", "none"),
        ("gru", "base"),
        ("gru_noise", "gru"),
        ("former", "gru_noise"),
        ("half", "former"),
        ("half", "full"),
        ("half", "faster"),
        ("half", "gru_half"),
        ("wrong", "half"),
        ("small_noise", "small"),
        ("small_noise", "small_slow"),
        ("small_more", "small_noise"),
    ):
        assert all(b > w for b, w in zip(runs[better], runs[worse], strict=True)), (better, worse)


@pytest.mark.parametrize("today", [TODAY, ONE_MONTH, datetime.date(2027, 1, 1)])
def test_links_resolve_but_one(tmp_path, today):
    """Every wikilink names a note and a heading that exist, bar the one that is broken on purpose."""
    root = tmp_path / "vault"
    make_demo_vault(root, today)
    notes = {path.stem: path.read_text("utf-8") for path in root.iterdir()}
    broken, seen = [], 0
    for name, text in notes.items():
        for target, heading in re.findall(r"\[\[([^\]#]*)(?:#([^\]]*))?\]\]", text):
            seen += 1
            there = notes.get(target or name)
            if there is None or (heading and heading not in headings(there)):
                broken.append(f"{target}#{heading}")
    assert broken == ["lpc_residuals#"]
    assert seen > 60


@pytest.mark.parametrize("today", [*A_YEAR, ONE_MONTH], ids=str)
def test_any_day_gives_four_weeks(tmp_path, today):
    """Two to-do notes, days in order and never after today, and several days with runs in the week before."""
    root = tmp_path / "vault"
    make_demo_vault(root, today)
    texts = {path.stem: path.read_text("utf-8") for path in root.iterdir()}
    months = [
        name for name in texts if re.fullmatch("[A-Z][a-z]+", name) and name not in ("Scratch", "Server", "Experiments")
    ]
    assert len(months) == 2
    assert today.strftime("%B") in months
    for text in texts.values():
        days = day_headings(text)
        assert days == sorted(set(days))
        assert all(day <= today for day in days)
    assert day_headings(texts["Scratch"])[-1] == today
    assert (today - day_headings(texts["Scratch"])[0]).days == 27
    monday = today - datetime.timedelta(days=today.weekday() + 7)
    last_week = {run.day for run in demo_runs(today) if monday <= run.day < monday + datetime.timedelta(days=7)}
    assert len(last_week) >= 4


def test_vault_holds_what_a_demonstration_needs(vault):
    """15 results, three date forms, all task states, a retracted, a stopped and a failed run, an idea with its why."""
    runs = demo_runs(TODAY)
    assert sum(1 for run in runs if run.accuracy) == 15
    assert [run.key for run in runs if run.retracted] == ["wrong"]
    assert {run.status for run in runs} == {"finished", "failed", "stopped"}
    everything = "\n".join(path.read_text("utf-8") for path in vault.iterdir())
    for form in (r"## \d{4}-\d\d-\d\d", r"## \d{4}/\d\d/\d\d", r"## \d{8}"):
        assert re.search(form, everything), form
    for state in "[ ]", "[x]", "[-]", "[>]":
        assert f"- {state} " in everything
    assert "Why :" in (vault / f"{IDEA_NOTE}.md").read_text("utf-8")


def test_newest_commands_can_be_started():
    """The commands of the newest runs are commands of the training core, with the values that the open tasks change."""
    newest = [run for run in demo_runs(TODAY) if run.argv[:4] == ("python", "-m", "fskws", "train")]
    assert len(newest) == 4
    for run in newest:
        config = TrainConfig.from_argv(run.argv[4:])
        assert (config.protocol.total_classes, config.protocol.sessions) == (20, 4)
        assert len(run.seen) == config.protocol.sessions - 1
        assert {"noise_prob", "lr_base", "epochs_base"} <= parse_options(run.argv).keys()


def test_every_run_is_read_back(vault):
    """The parser of hand-written logs finds every run with its day, command and figures, and none besides."""
    records = logged_records(parsed(vault))
    found = {
        (
            record.date,
            record.title,
            record.status,
            tuple(record.config.items()),
            *(tuple(record.metrics.get(name, ())) for name in SESSION_METRICS),
        )
        for record in records
    }
    expected = {
        (
            run.result_day.isoformat(),
            run.title,
            run.status,
            tuple(parse_options(run.argv).items()),
            *(getattr(run, name) for name in SESSION_METRICS),
        )
        for run in demo_runs(TODAY)
    }
    assert found == expected
    assert len(records) == len(expected)
    retracted = {run.title for run in demo_runs(TODAY) if run.retracted}
    assert {r.title for r in records if any(v.startswith("fail") for v in r.verdicts)} == retracted


def test_readers_of_the_notes_agree(vault):
    """Under the rules of Obsidian one link is broken, the nearest note is named, and open tasks are read once."""
    notes = parsed(vault)
    index = LinkIndex(notes)
    broken = [(link.target, found.nearest) for link, found in resolved(notes, index) if found.status == "broken"]
    assert broken == [("lpc_residuals", "[[lpc_residual]]")]
    tasks = [task.text for task in open_tasks(notes) if task.state == " "]
    assert len(tasks) == len(set(tasks)) == 7
    assert sum("`noise_prob` 0.4" in task for task in tasks) == 1


def parsed(vault: Path) -> list[Note]:
    return [parse_note(path.name, path.read_text("utf-8")) for path in sorted(vault.iterdir())]


def resolved(notes, index):
    return [(link, resolve(link, note.path, index)) for note in notes for link in note.links]
