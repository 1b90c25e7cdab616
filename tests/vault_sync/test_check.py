"""Oddities in the labelled example vaults, and innocent readings that must not be taken for one."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fskws.runs import Record
from vault_sync.check import KINDS, check
from vault_sync.chunks import chunk_note
from vault_sync.notes import parse_note
from vault_sync.results import logged_records
from vault_sync.vault import Vault

VAULTS = Path(__file__).parents[1] / "vaults"

#: vault -> what a careful reader found in it: (kind, places).
LABELS = {
    "quiet": [],
    "oddities": [
        ("same results", "Experiments#2024/05/06:4", "Experiments#2024/05/07:36"),
        ("harmonic mean", "Experiments#2024/05/06:25"),
        ("harmonic mean", "Experiments#2024/05/07:46"),
        ("array lengths", "Experiments#2024/05/07:46"),
        ("command and description", "Experiments#2024/05/06:14", "Server#2024/05/06"),
        ("command and description", "Experiments#2024/05/06:25", "Experiments#2024/05/06:4"),
        ("command and description", "Experiments#2024/05/06:25", "Server#2024/05/06"),
        ("command and description", "Experiments#2024/05/06:4", "Server#2024/05/06"),
        ("command and description", "Experiments#2024/05/07:36", "Server#2024/05/07"),
        ("called wrong", "Experiments#2024/05/06:14"),
        ("called wrong", "Experiments#2024/05/09:57", "Scratch#2024/05/10:2"),
        ("run without result", "Server#2024/05/07:70"),
        ("result without run", "Experiments#2024/05/09:57"),
        ("task in several places", "May#2024/05/06:2", "May#2024/05/08:6"),
        ("broken link", "May#2024/05/08:6", "Experiments#2024/05/07"),
        ("broken link", "Scratch#2024/05/10:3"),
        ("broken link", "Scratch#2024/05/10:3", "Experiments#2024/05/09"),
        ("two headings for one day", "Experiments#2024/05/09:56", "Experiments#20240509:66"),
    ],
    "irregular": [
        ("command and description", "Experiments#20241011:75", "Server#20241011"),
        ("command and description", "Experiments#20241011:85", "Experiments#2024-10-07:25"),
        ("called wrong", "Experiments#2024/10/16:124"),
        ("called wrong", "Experiments#20241011:75"),
        ("run without result", "Server#2024/10/16:177"),
        ("result without run", "Experiments#2024/10/20:167"),
        ("result without run", "Experiments#By hand-2024/10/23:211"),
        ("broken link", "Scratch#2024/10/08:25", "Experiments#2024/10/10"),
        ("broken link", "Server#2024/10/16:187", "Experiments#2024/10/18"),
        ("two headings for one day", "sequence_heads#2024/10/08:7", "sequence_heads#2024/10/08:16"),
    ],
}


def findings(name: str):
    vault = Vault(VAULTS / name)
    notes = [parse_note(file.path, vault.read(file.path).text) for file in vault.files()]
    return check(notes, logged_records(notes))


@pytest.mark.parametrize("name", LABELS)
def test_the_labelled_vaults_give_these_findings_and_no_false_alarm(name):
    """All labelled oddities are found, and nothing else is."""
    assert [(finding.kind, *finding.where) for finding in findings(name)] == LABELS[name]


def test_messages_are_one_plain_sentence_with_the_facts():
    """Each kind's sentence tells both sides."""
    first: dict[str, str] = {}
    for finding in findings("oddities"):
        first.setdefault(finding.kind, finding.message)
    assert set(first) == set(KINDS)
    assert first["same results"] == (
        "“Mixed prototypes, 100 epochs.” and “GRU over the prototypes.” have the same numbers (all arrays), "
        "but their commands differ in `epochs_base`, `noise_prob`, `sequential_layer`."
    )
    assert first["command and description"] == (
        "“Mixed prototypes without noise.” says “without noise”, but its command has `noise_prob` 0.8."
    )
    assert first["called wrong"] == (
        "The result of “Mixed prototypes without noise.” is called wrong: “Test words were in the training part.”."
    )
    assert first["run without result"] == "“Forgotten run.” is ticked as finished, but no result of it is in the notes."
    assert (
        first["broken link"]
        == "[[Experiments#2024/05/8]] has no such heading or block; [[Experiments#2024/05/07]] is near."
    )
    assert first["two headings for one day"] == (
        "Experiments has 2 headings for 2024-05-09; a link finds only one of them."
    )


def record(name: str, description: str = "", argv: str = "python train.py", **more) -> Record:
    words = tuple(argv.split())
    config = {words[i].lstrip("-"): words[i + 1] for i in range(2, len(words) - 1, 2)}
    more.setdefault("date", "2024-05-06")
    return Record(
        id=name, source="logged", title=description, description=description, argv=words, config=config, **more
    )


@pytest.mark.parametrize(
    ("text", "argv", "found"),
    [
        ("100 epochs.", "-epochs_base 30", True),
        ("Looked at it after 30 epochs.", "-epochs_base 100", False),
        ("Better than with 200 epochs.", "-epochs_base 100", False),
        ("The first 10 epochs are frozen.", "-epochs_base 100", False),
        ("100 epochs.", "-epochs_base 100.0", False),
        ("30 epochs, then 70 epochs.", "-epochs_base 100", False),
        ("Without noise.", "-noise_prob 0.8", True),
        ("Without noise.", "-noise_prob 0.0", False),
        ("No noise on the residual stream.", "-noise_prob 0.8", False),
        ("With noise and without noise.", "-noise_prob 0.8", False),
        ("With noise.", "-noise_prob 0", True),
        ("`loss_lpc` 0.5.", "-loss_lpc 1", True),
        ("`lpc_loss` 0.5.", "-loss_lpc 1", True),
        ("`loss_lpc` 1.0.", "-loss_lpc 1", False),
        ("`loss_lpc` 0.5 instead of 1.", "-loss_lpc 0.2", False),
        ("`loss_lpc` 0.5, `loss_lpc` 0.7.", "-loss_lpc 1", False),
        ("`loss_lpc` 50%.", "-loss_lpc 0.5", False),
        ("GRU layer.", "-sequential_layer Transformer", True),
        ("GRU layer.", "-sequential_layer None", True),
        ("Without the GRU layer.", "-sequential_layer None", False),
        ("Same size like the GRU layer.", "-sequential_layer Transformer", False),
        ("`epochs_base` 100 -> 30 (GRU layer and 100 epochs)", "-epochs_base 30", False),
        ("Warm up for 5 epochs, then cosine.", "-epochs_base 100", False),
        ("Classifier frozen for 10 epochs.", "-epochs_base 100", False),
        ("One layer, trained for 200 epochs.", "-epochs_base 100", True),
        ("Learning rate of 0.05.", "-lr_base 0.005", True),
        ("Learning rate of 0.005.", "-lr_base 5e-3", False),
        ("lr 0.01 was too high.", "-lr_base 0.005", False),
        ("Weight decay 0.01.", "-decay 0.0005", True),
        ("Noise 0.8.", "-noise_prob 0.4", True),
        ("Noise at 10 dB.", "-noise_prob 0.4", False),
        ("Noise is off.", "-noise_prob 0.8", True),
    ],
)
def test_command_against_words(text, argv, found):
    """Words that cannot be read otherwise disagree; comparisons and parts of a run do not."""
    result = check([], [record("a", text, f"python train.py {argv}")])
    assert [finding.kind for finding in result] == ["command and description"] * found


def test_rounded_numbers_are_no_wrong_harmonic_mean():
    """One decimal is enough for a table; only what rounding cannot explain is told."""
    arrays = {"accuracy": [96.1, 91.0], "seen": [95.0], "unseen": [70.3]}
    assert check([], [record("a", metrics={**arrays, "harmonic_mean": [80.8]})]) == []
    (found,) = check([], [record("a", "Mixed.", metrics={**arrays, "harmonic_mean": [81.2]})])
    assert found.message == "“Mixed.” gives a harmonic mean of 81.2 in session 1, but seen and unseen make 80.805."


def test_equal_numbers_with_equal_commands_are_no_oddity():
    """The same run on another GPU gives the same numbers."""
    metrics = {"accuracy": [97.123, 94.456, 91.789]}
    one = record("a", argv="python train.py -lr 1 -gpu 0", metrics=metrics)
    other = record("b", argv="python train.py -lr 1.0 -gpu 1", metrics=metrics)
    assert check([], [one, other]) == []
    changed = record("c", argv="python train.py -lr 2", metrics=metrics)
    assert {finding.kind for finding in check([], [one, changed])} == {"same results"}


def test_a_rate_below_the_decay_is_told_only_where_the_others_are_the_other_way_round():
    """Three runs around it must have exactly the swapped values."""
    usual = [record(f"u{i}", argv="python train.py -lr_base 0.005 -decay 0.0005") for i in range(3)]
    swapped = record("s", "Odd.", argv="python train.py -lr_base 0.0005 -decay 0.005")
    (found,) = check([], [*usual, swapped])
    assert found.message == ("“Odd.” has lr 0.0005 and decay 0.005; the runs around it have them the other way round.")
    assert check([], [*usual[:2], swapped]) == []
    assert check([], [*usual, record("d", argv="python train.py -lr_base 0.005 -decay 0.005")]) == []


def test_a_doubt_is_no_retraction():
    """Questions, denials and maybes about a result are left alone; a plain sentence with a link is not."""
    results = "## 2024/05/06\n> Mixed.\n> Server : [[Server#2024/05/06]]\n[97.1, 94.2]\nSeen acc:\n[96.4]\n"
    for sentence, count in (
        ("- Is [[Experiments#2024/05/06]] wrong?", 0),
        ("- Nothing is wrong with [[Experiments#2024/05/06]].", 0),
        ("- Maybe it is wrong [[Experiments#2024/05/06]].", 0),
        ("- My plot was wrong. See [[Experiments#2024/05/06]].", 0),
        ("- The labels of [[Experiments#2024/05/06]] were wrong.", 1),
        ("- Don't use [[Experiments#2024/05/06]].", 1),
    ):
        texts = {"Experiments": results, "Server": "## 2024/05/06\n", "Scratch": f"## 2024/05/08\n{sentence}\n"}
        notes = [parse_note(f"{name}.md", text) for name, text in texts.items()]
        found = [finding for finding in check(notes, logged_records(notes)) if finding.kind == "called wrong"]
        assert len(found) == count, sentence


def test_a_bad_result_is_no_wrong_one():
    """A verdict that a result is poor says nothing against its figures; one that doubts them is told."""
    arrays = {"accuracy": [97.1, 94.2]}
    for verdict, count in (
        ("fail: Worse than the baseline.", 0),
        ("fail: Overfits after the second session.", 0),
        ("fail", 0),
        ("warning: Took twice the memory.", 0),
        ("fail: This result is from wrong code.", 1),
        ("error: The labels were shuffled, do not use.", 1),
        ("warning: Wrong, test words were in the training part.", 1),
        ("fail: Evaluated with the old protocol.", 1),
    ):
        found = check([], [record("a", "Mixed.", metrics=arrays, verdicts=(verdict,))])
        assert len(found) == count, verdict


def test_a_retraction_that_links_to_a_block_is_the_block_s_result():
    """[[Experiments#^id]] means the one result that carries the id, of several on that day."""
    one = "> Mixed. ^one\n> Server : [[Server#2024/05/06]]\n[97.1, 94.2]\nSeen acc:\n[96.4]\n\n"
    texts = {
        "Experiments": f"## 2024/05/06\n{one}{one.replace('Mixed. ^one', 'Larger buffer. ^two').replace('97', '96')}",
        "Server": "## 2024/05/06\n",
        "Scratch": "## 2024/05/08\n- [[Experiments#^two]] is invalid: the buffer was never used.\n",
    }
    notes = [parse_note(f"{name}.md", text) for name, text in texts.items()]
    (found,) = (finding for finding in check(notes, logged_records(notes)) if finding.kind == "called wrong")
    assert found.where == ("Experiments#2024/05/06:8", "Scratch#2024/05/08:2")


@pytest.mark.parametrize(
    ("options", "recall"), [(["--seeds", "1-3"], 0.9), (["--seeds", "1-6", "--journals"], 0.9)], ids=["own", "journals"]
)
def test_on_labelled_vaults_nothing_is_a_false_alarm(options, recall):
    """Generated vaults full of innocent oddities: all that is told was planted, and nearly all that was is told."""
    script = Path(__file__).parents[2] / "benchmarks" / "oddities.py"
    done = subprocess.run([sys.executable, script, *options, "--json"], capture_output=True, text=True, check=True)
    kinds = json.loads(done.stdout)["kinds"]
    told = {kind: row for kind, row in kinds.items() if row["labelled"]}
    assert len(told) >= 5
    assert [kind for kind, row in kinds.items() if row["false"] or row["alarms_in_quiet"]] == []
    share = sum(row["found"] for row in told.values()) / sum(row["labelled"] for row in told.values())
    assert share >= recall, told


@pytest.mark.parametrize(
    "piece",
    [
        "> > > > > > > > > > > > [!fail] deep\n",
        "- [ ] Try it again. [[Experiments#2025/04/11]]\n",
        "```sh gsc2.sh\npython train.py \\\n",
        "[[a|b [[c#d ![[e ",
        "%% open `code ==mark ~~struck <!-- $$ **bold ",
        "| a | 1 | 2 |\n",
        "Seen acc:\n[97.1, 94.2]\n",
        "- [[Experiments#2025/04/11]] is wrong.\n",
        "- [[#^nothing]] [[Nothing like it]]\n",
        "## A heading\n",
    ],
)
def test_every_reader_is_linear(piece):
    """Parser, results, chunks and check: ten times the text takes about ten times as long, whatever is left open."""

    def seconds(size: int) -> float:
        text = "## 2025/04/11\n" + piece * (size // len(piece))
        begun = time.process_time()
        note = parse_note("Experiments.md", text)
        check([note], logged_records([note]))
        chunk_note(note)
        return time.process_time() - begun

    # The best of three: what the collector has to do belongs to all that the process holds.
    long, short = (min(seconds(size) for _ in range(3)) for size in (300_000, 30_000))
    assert long < 40 * short + 0.3


def test_the_newest_run_may_still_get_its_result():
    """A run is missed only when something newer is in the notes."""
    runs = [record("a", "Old.", status="finished"), record("b", "New.", status="finished", date="2024-05-07")]
    assert [finding.message for finding in check([], runs)] == [
        "“Old.” is ticked as finished, but no result of it is in the notes."
    ]


def test_findings_of_the_demonstration_vault_are_the_ones_it_was_given(tmp_path):
    """On four weeks of ordinary notes only the planted oddities and copied tasks are found, whatever the day."""
    demo = pytest.importorskip("assistant.demo_vault")
    planted = {"command and description", "called wrong", "task in several places", "broken link"}
    for day in range(7):
        root = tmp_path / str(day)
        demo.make_demo_vault(root, datetime.date(2026, 3, 2) + datetime.timedelta(days=day))
        vault = Vault(root)
        notes = [parse_note(file.path, vault.read(file.path).text) for file in vault.files()]
        kinds = [finding.kind for finding in check(notes, logged_records(notes))]
        assert set(kinds) <= planted
        assert kinds.count("command and description") <= 1 and kinds.count("broken link") <= 1
