"""What to run next: from open tasks and from the runs, each one difference against a named run, with its evidence."""

from __future__ import annotations

import dataclasses
import datetime
import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import suggest as suggestions
from assistant.ablation import Lab, retraction
from assistant.suggest import Suggestion, propose, suggest
from assistant.wishes import read_wishes
from fskws.config import parse_options
from fskws.runs import Record
from vault_sync.notes import Note, Task, parse_note
from vault_sync.results import logged_records
from vault_sync.tasks import open_tasks

TODAY = datetime.date(2026, 4, 20)
OLD = "python train.py trans -project trans -lr_base 0.005 -epochs_base 100 -noise_prob 0.0 -sequential_layer GRU"
NEW = "python -m fskws train --words 20 --sessions 4 --tau 1 --lr-base 0.1 --epochs-base 8"


def run(name: str, command: str = OLD, last: float | None = 70.0, day: str = "2026-04-10", **more) -> Record:
    """A finished run with one incremental session whose harmonic mean is `last`."""
    argv = tuple(command.split())
    metrics = {} if last is None else {"accuracy": [95.0, 90.0], "harmonic_mean": [last]}
    defaults = {
        "title": name,
        "config": parse_options(argv),
        "status": "finished",
        "metrics": metrics,
        "note_links": (f"[[Experiments#{day.replace('-', '/')}]]",),
    }
    return Record(id=f"n{day.replace('-', '')}-{name}", source="logged", date=day, argv=argv, **{**defaults, **more})


def task(text: str, state: str = " ", day: str = "2026-04-18", line: int = 7, note: str = "April.md") -> Task:
    date = datetime.date.fromisoformat(day)
    heading = f"Experiments-{date:%Y/%m/%d}"
    return Task(note, state, text, line, line + 1, 0, date, "Experiments", heading, (), (), False)


def first(records: list[Record], tasks: list[Task] = (), **more) -> Suggestion:
    found = suggest(records, tasks, [], as_of=TODAY, **more)
    assert found, propose(records, tasks, [], as_of=TODAY).reason
    return found[0]


def kinds(records: list[Record], kind: str, tasks: list[Task] = ()) -> list[Suggestion]:
    return [s for s in suggest(records, tasks, [], as_of=TODAY, top_k=50) if s.kind == kind]


# --------------------------------------------------------------------------- from tasks


def test_task_becomes_one_difference_against_a_named_run():
    """A task that names option and value gives the nearest run's command with just that changed, and is closed."""
    found = first([run("aaaaaa")], [task("Try `noise_prob` 0.4 with the GRU layer.")])
    assert found.diff == {"noise_prob": {"from": "0.0", "to": "0.4"}}
    assert found.parent == "n20260410-aaaaaa"
    assert list(found.argv) == OLD.replace("-noise_prob 0.0", "-noise_prob 0.4").split()
    assert found.closes == ("April#Experiments-2026/04/18:7",)
    assert found.evidence == ("[[April#Experiments-2026/04/18]]", "[[Experiments#2026/04/10]]")
    assert 'An open task asks for it: "Try `noise_prob` 0.4 with the GRU layer."' in found.hypothesis
    assert found.prediction.at_least is None
    assert "higher than 70 (n20260410-aaaaaa); no number predicted" in found.prediction.text


def test_launched_runs_serve_as_well():
    """A run of this project's own trainer is changed in its own way of writing options."""
    found = first([run("rrrrrr", NEW)], [task("`noise_prob` 0.8 on the small set")])
    assert found.diff == {"noise_prob": {"from": "0", "to": "0.8"}}
    assert " ".join(found.argv) == NEW + " --noise-prob 0.8"


def test_defaults_of_the_own_trainer_count_as_given():
    """Leaving an option out is the same run as writing its default, so it is never proposed as new."""
    found = propose([run("aaaaaa", NEW)], [task("`noise_prob` 0.0 once")], [], as_of=TODAY)
    assert found.suggestions == ()
    assert "no open task names an option and a value" in found.reason


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("Try `noise_prob` 0.4", [(("noise_prob", "0.4"),)]),
        ("noise prob 0.4 and 0.6", [(("noise_prob", "0.4"),), (("noise_prob", "0.6"),)]),
        ("`prob_noise` = 0.4, please", [(("noise_prob", "0.4"),)]),
        ("`lpc_loss` of 0.5", [(("loss_lpc", "0.5"),)]),
        ("learning rate from 0.005 to 0.001", [(("lr_base", "0.001"),)]),
        ("200 epochs", [(("epochs_base", "200"),)]),
        ("15:45:20 : lr 1e-3", [(("lr_base", "1e-3"),)]),
        ("Transformer layer without noise", [(("noise_prob", "0.0"), ("sequential_layer", "Transformer"))]),
        ("without the GRU layer", [(("sequential_layer", "None"),)]),
        ("with noise again", [(("noise_prob", "0.8"),)]),
        ("more epochs", [(("epochs_base", "+"),)]),
        ("smaller learning rate", [(("lr_base", "-"),)]),
        ("batch size 256", [(("batch_size_base", "256"),)]),
        ("More epochs on the small set, `epochs_base` 15.", [(("epochs_base", "15"),)]),
        ("Read two papers about prototypes", []),
        ("Look at the spectrogram of three and tree", []),
        ("Two GRU layers", []),
        ("[[lpc_loss#2026/04/01]] has to be read", []),
    ],
)
def test_prose_names_options_and_values(text, settings):
    """Options in either word order, spoken names, lists, on and off; prose without a value asks for nothing."""
    options = ["lr_base", "epochs_base", "noise_prob", "sequential_layer", "loss_lpc", "batch_size_base"]
    values = {"gru": ("sequential_layer", "GRU"), "transformer": ("sequential_layer", "Transformer")}
    seen = {"noise_prob": ["0.0", "0.8"], "sequential_layer": ["GRU", "None"]}
    assert [wish.settings for wish in read_wishes(text, options, values, seen)] == settings


def test_done_struck_and_failed_tasks_ask_for_nothing():
    """Only what is still to be done counts; the newest copy of a task decides."""
    records = [run("aaaaaa")]
    open_one = task("`noise_prob` 0.4", day="2026-04-15")
    for closed in (
        task("`noise_prob` 0.4", state="x", day="2026-04-16"),
        task("`noise_prob` 0.4 [!fail]", day="2026-04-15"),
    ):
        tasks = [closed] if "fail" in closed.text else [open_one, closed]
        assert kinds(records, "task", tasks) == []


def test_checkboxes_of_the_log_are_no_tasks():
    """An entry of the Server note is a run, not a wish."""
    assert kinds([run("aaaaaa")], "task", [task("`noise_prob` 0.4", note="Server.md")]) == []


def test_what_was_run_is_not_proposed_again():
    """A task whose settings a run had already is passed over, and the reason names that run."""
    records = [run("aaaaaa"), run("bbbbbb", OLD.replace("-noise_prob 0.0", '-noise_prob ".40"'))]
    found = propose(records, [task("`noise_prob` 0.4")], [], as_of=TODAY, top_k=50)
    assert all(s.diff.get("noise_prob", {}).get("to") != "0.4" for s in found.suggestions)
    assert "n20260410-bbbbbb had these settings (finished)" in found.passed_over[0]


def test_a_running_or_failed_run_counts_as_run():
    """The same command is not proposed while it runs, nor after it failed."""
    for status in ("running", "failed", "stopped"):
        again = run("bbbbbb", OLD.replace("prob 0.0", "prob 0.4"), None, status=status)
        assert kinds([run("aaaaaa"), again], "task", [task("`noise_prob` 0.4")]) == []


def test_linked_run_is_the_parent():
    """A task that links a result means that run, however good others are."""
    note = parse_note(
        "April.md",
        "## 2026/04/18\n- [ ] `noise_prob` 0.4\n  > Detail : [[Experiments#2026/04/02]]\n",
    )
    records = [run("linked", last=60.0, day="2026-04-02"), run("better", OLD.replace("GRU", "Transformer"), 80.0)]
    assert first(records, open_tasks([note])).parent == "n20260402-linked"


def test_retracted_run_is_never_a_silent_parent():
    """A retracted result is no parent while another run stands."""
    bad = run("badbad", last=99.0, day="2026-04-12", verdicts=("fail: This is from the wrong code.",))
    records = [run("aaaaaa", OLD.replace("GRU", "None")), bad]
    found = suggest(records, [task("`noise_prob` 0.4")], [], as_of=TODAY, top_k=50)
    for suggestion in found:
        assert suggestion.parent != bad.id or "retracted" in suggestion.hypothesis


def test_two_tasks_for_one_run_are_closed_by_it():
    """Two tasks in other words give one suggestion that closes both."""
    tasks = [task("`noise_prob` 0.4"), task("noise probability of 0.40 with GRU", line=9)]
    found = kinds([run("aaaaaa")], "task", tasks)
    assert len(found) == 1
    assert set(found[0].closes) == {"April#Experiments-2026/04/18:7", "April#Experiments-2026/04/18:9"}


def test_program_in_use_when_the_task_was_written_is_meant():
    """With two programs in the log, a task means the one that was in use on its day."""
    records = [run("oldold", day="2026-04-01"), run("newnew", NEW, day="2026-04-15")]
    assert first(records, [task("`noise_prob` 0.4", day="2026-04-05")]).parent.endswith("oldold")
    assert first(records, [task("`noise_prob` 0.4", day="2026-04-18")]).parent.endswith("newnew")


# --------------------------------------------------------------------------- from the runs


def ablation() -> list[Record]:
    """Base, one run with noise, one with another layer: both changes helped, their combination was not tried."""
    return [
        run("base", last=60.0, day="2026-04-01"),
        run("noise", OLD.replace("noise_prob 0.0", "noise_prob 0.8"), 64.0, "2026-04-02"),
        run("layer", OLD.replace("GRU", "Transformer"), 66.5, "2026-04-03"),
    ]


def test_two_good_changes_are_combined_with_shown_arithmetic():
    """The untried combination is proposed; its predicted number is the sum of the measured differences."""
    found = kinds(ablation(), "combine")[0]
    assert found.parent == "n20260403-layer"
    assert found.diff == {"noise_prob": {"from": "0.0", "to": "0.8"}}
    assert "60 -> 64 (+4; n20260402-noise against n20260401-base)" in found.hypothesis
    assert "66.5 + 4 = 70.5" in found.hypothesis
    assert found.prediction.at_least == 70.5
    assert set(found.evidence) == {f"[[Experiments#2026/04/0{day}]]" for day in (1, 2, 3)}


def whole(name: str, command: str, seen: float, unseen: float, told: float | None = None, **more) -> Record:
    """A run with all four arrays; `told` in place of the harmonic mean that follows from them."""
    arrays = {
        "accuracy": [95.0, 91.0, 88.0 + seen / 1000],
        "seen": [94.0, seen],
        "unseen": [70.0, unseen],
        "harmonic_mean": [round(2 * 94 * 70 / 164, 3), told or round(2 * seen * unseen / (seen + unseen), 3)],
    }
    return run(name, command, metrics=arrays, **more)


def test_a_harmonic_mean_that_does_not_follow_is_no_baseline():
    """A figure that its own seen and unseen accuracy contradict is neither the run to beat nor a measured effect."""
    other = OLD.replace("-noise_prob 0.0", "-noise_prob 0.8")
    sound = whole("sound", OLD, 92.0, 60.0)
    odd = whole("odd", other, 92.0, 61.0, told=80.0)
    third = whole("third", OLD.replace("0.005", "0.01"), 92.0, 62.0)
    proposed = suggest([sound, odd, third], [], [], as_of=TODAY, top_k=50)
    assert proposed
    assert odd.id not in {s.parent for s in proposed}
    assert "80.0" not in json.dumps([s.to_json() for s in proposed])


def test_figures_pasted_twice_are_no_evidence():
    """Of two settings with the same arrays the later is no run to start from, and shows no effect of zero."""
    other = OLD.replace("-noise_prob 0.0", "-noise_prob 0.8")
    records = [whole("early", OLD, 92.0, 60.0, day="2026-04-09"), whole("late", other, 92.0, 60.0, day="2026-04-11")]
    records.append(whole("third", OLD.replace("0.005", "0.01"), 92.0, 59.0, day="2026-04-12"))
    lab = Lab.of(records, [], TODAY)
    (family,) = lab.families
    assert [r.record.id for r in lab.standing(family)] == [records[0].id, records[2].id]
    assert records[1].id not in {s.parent for s in suggest(records, [], [], as_of=TODAY, top_k=50)}


def test_a_retracted_effect_is_no_evidence():
    """When the run that showed the effect is retracted, nothing is built on it."""
    records = ablation()
    records[1] = run("noise", " ".join(records[1].argv), 64.0, "2026-04-02", verdicts=("error: wrong data",))
    assert kinds(records, "combine") == []
    assert all("64" not in s.hypothesis for s in suggest(records, [], [], as_of=TODAY, top_k=50) if s.kind != "redo")


@pytest.mark.parametrize(
    ("values", "proposed"),
    [
        ({"0.005": 60, "0.01": 65}, "0.02"),  # best at the upper end: one careful step beyond
        ({"0.005": 65, "0.01": 60}, "0.0025"),
        ({"0.001": 60, "0.005": 66, "0.01": 64}, "0.0075"),  # best in the middle: towards the better side
        ({"0.001": 60, "0.1": 66}, "0.2"),
    ],
)
def test_next_value_of_a_varied_option(values, proposed):
    """A numeric option that was varied gets its next neighbour."""
    records = [
        run(f"v{i}", OLD.replace("0.005", value), last) for i, (value, last) in enumerate(sorted(values.items()))
    ]
    changes = [s.diff["lr_base"]["to"] for s in kinds(records, "neighbour") if "lr_base" in s.diff]
    assert changes == [proposed]


def test_shares_stay_shares():
    """A probability is never proposed above one."""
    records = [run("a", OLD, 60), run("b", OLD.replace("noise_prob 0.0", "noise_prob 0.8"), 66)]
    changes = [s.diff["noise_prob"]["to"] for s in kinds(records, "neighbour") if "noise_prob" in s.diff]
    assert changes == ["0.9"]


def test_protocol_is_no_improvement():
    """More shots or fewer sessions change what is measured; the walk leaves them alone."""
    records = [run("five", OLD + " -shot 5", 60), run("ten", OLD + " -shot 10", 75)]
    assert all("shot" not in s.diff for s in suggest(records, [], [], as_of=TODAY, top_k=50))


def test_too_good_result_is_repeated_with_another_seed():
    """A result far above the others, run once, is to be repeated; the seed is the one difference."""
    records = [run("a", NEW + " --seed 1", 60), run("b", NEW + " --seed 1 --noise-prob 0.8", 75)]
    found = first(records)
    assert (found.kind, found.diff) == ("repeat", {"seed": {"from": "1", "to": "2"}})
    assert found.argv[-4:] == ("--seed", "2", "--noise-prob", "0.8")
    assert found.prediction.direction == "same"
    assert "a repeat, on purpose, of n20260410-b" in found.novelty


def test_retracted_result_is_to_be_redone():
    """A result taken back and not run since is proposed again, saying whose result is gone."""
    bad = run("badbad", OLD.replace("GRU", "Transformer"), 90.0, verdicts=("fail: Wrong code for the supports.",))
    found = kinds([run("aaaaaa"), bad], "redo")
    assert [(s.parent, s.diff, s.argv) for s in found] == [(bad.id, {}, bad.argv)]
    assert 'is taken back ("Wrong code for the supports.")' in found[0].hypothesis
    again = run("cccccc", OLD.replace("GRU", "Transformer"), 71.0, "2026-04-13")
    assert kinds([run("aaaaaa"), bad, again], "redo") == []


def test_a_later_note_takes_a_result_back():
    """A sentence in another note that links the result's day and calls it wrong counts as a retraction."""
    text = "## 2026/04/15\n- The result of [[Experiments#2026/04/12]] is wrong, seeds leaked.\n"
    note = parse_note("Scratch.md", text)
    records = [run("aaaaaa"), run("badbad", OLD.replace("GRU", "None"), 90.0, "2026-04-12")]
    found = suggest(records, [], [note], as_of=TODAY, top_k=50)
    assert [s.parent for s in found if s.kind == "redo"] == ["n20260412-badbad"]
    before = suggest(records, [], [note], as_of=datetime.date(2026, 4, 14), top_k=50)
    assert [s.parent for s in before if s.kind == "redo"] == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"verdicts": ("fail: Evaluated on the training list.",)}, "Evaluated on the training list."),
        ({"verdicts": ("warning: The result is from wrong code.",)}, "The result is from wrong code."),
        ({"verdicts": ("warning: Slow on this GPU.",)}, ""),
        ({"verdicts": ("success: Works.",)}, ""),
        ({"remarks": ("Better. The test data leaked into it.",)}, "The test data leaked into it."),
        ({"remarks": ("Bug in the sampler is fixed here.",)}, ""),
        ({"remarks": ("Worse than the one before.",)}, ""),
    ],
)
def test_retractions_are_told_from_remarks(more, words):
    """What takes a result back is a verdict or a plain sentence; a bad or slow result is still a result."""
    assert retraction(run("aaaaaa", **more)) == words


# --------------------------------------------------------------------------- the rules of all suggestions


def test_as_of_hides_what_came_later():
    """Runs, results and tasks of later days do not exist yet."""
    late = run("late", OLD.replace("noise_prob 0.0", "noise_prob 0.4"), 99.0, "2026-04-19")
    tasks = [task("`noise_prob` 0.4", day="2026-04-12"), task("`noise_prob` 0.6", day="2026-04-19")]
    found = suggest([run("aaaaaa"), late], tasks, [], as_of=datetime.date(2026, 4, 14), top_k=50)
    assert [s.diff["noise_prob"]["to"] for s in found if s.kind == "task"] == ["0.4"]
    assert "99" not in json.dumps([s.to_json() for s in found])


def test_result_that_came_after_the_day_is_unknown():
    """A run that had started but not ended on that day counts as running."""
    running = run("aaaaaa", last=70.0, started_at="2026-04-10T10:00:00+00:00", ended_at="2026-04-12T10:00:00+00:00")
    found = propose([running], [task("`noise_prob` 0.4", day="2026-04-10")], [], as_of=datetime.date(2026, 4, 10))
    assert found.suggestions == ()
    assert "none of the 1 runs known up to 2026-04-10 has a result that stands" in found.reason


def test_same_input_same_suggestions():
    """Order of the input does not matter, and ids do not change from call to call."""
    records, tasks = ablation(), [task("`epochs_base` 200"), task("lr 0.01", line=9)]
    one = suggest(records, tasks, [], as_of=TODAY, top_k=50)
    other = suggest(records[::-1], tasks[::-1], [], as_of=TODAY, top_k=50)
    assert one == other
    assert len({s.id for s in one}) == len(one)


def test_id_is_made_of_parent_and_difference():
    """A remark added to a note, or a new task for the same run, leaves the id as it was."""
    one = first([run("aaaaaa")], [task("`noise_prob` 0.4")])
    other = first([run("aaaaaa", remarks=("Fine.",))], [task("Now `noise_prob` 0.40, finally", line=30)])
    assert one.id == other.id


def test_nothing_to_propose_says_why():
    """Without runs, the reason says what to do."""
    found = propose([], [task("`noise_prob` 0.4")], [], as_of=TODAY)
    assert found.suggestions == ()
    assert "no run with a command or options is known up to 2026-04-20; log one" in found.reason


def test_dismissed_suggestions_stay_away(tmp_path):
    """A dismissed suggestion is not made again; the next one takes its place."""
    records = ablation()
    found = first(records)
    suggestions.dismiss(found.id, tmp_path, "no time")
    again = suggest(records, [], [], as_of=TODAY, dismissed=suggestions.dismissed(tmp_path))
    assert found.id not in {s.id for s in again}
    assert again


def test_kept_suggestion_reads_back_and_keeps_its_first_prediction(tmp_path):
    """Saving twice keeps the prediction that was made first."""
    found = first([run("aaaaaa")], [task("`noise_prob` 0.4")])
    path = suggestions.save(found, tmp_path / "suggestions")
    assert suggestions.load(found.id, path.parent) == found
    later = first([run("aaaaaa", last=71.0)], [task("`noise_prob` 0.4")])
    suggestions.save(later, path.parent)
    assert suggestions.load(found.id, path.parent).prediction.baseline == 70.0
    path.write_text("{broken")
    assert suggestions.load(found.id, path.parent) is None
    assert suggestions.load("../x", path.parent) is None


def test_cost_comes_from_similar_runs_scaled_by_epochs():
    """Twice the epochs of a run that took an hour are two hours; without a timed run it is unknown."""
    timed = run("timed", started_at="2026-04-10T10:00:00+00:00", ended_at="2026-04-10T11:00:00+00:00")
    found = first([timed], [task("`epochs_base` 200")])
    assert found.cost.seconds == 7200
    assert found.cost.text == "about 2.0 h, from n20260410-timed, times 200/100 for epochs_base"
    assert first([run("aaaaaa")], [task("`epochs_base` 200")]).cost.text.startswith("unknown")


def test_run_told_twice_is_one_run():
    """A launched run and its entry in the notes are not two runs that confirm each other."""
    logged = run("twice", NEW, 70.0)
    launched = dataclasses.replace(logged, id="r20260410-twice", source="launched", joined=(logged.id,))
    found = kinds([logged, launched], "task", [task("`noise_prob` 0.8")])
    assert [s.parent for s in found] == ["r20260410-twice"]


def test_inherited_options_get_a_whole_command():
    """A record with options but no command of its own has that of the most similar run, changed to its options."""
    above = run("above")
    below = run("below", day="2026-04-11", last=75.0, config={**above.config, "epochs_base": "50"})
    same = dataclasses.replace(below, argv=())
    found = first([above, same], [task("`noise_prob` 0.4 with 50 epochs")])
    assert " ".join(found.argv) == OLD.replace("100", "50").replace("noise_prob 0.0", "noise_prob 0.4")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["0.0", "0.4", "0.8"]), st.sampled_from(["GRU", "None"]), st.booleans()), max_size=8
    )
)
def test_no_suggestion_repeats_a_run_unless_it_says_so(drawn):
    """Whatever was run: a suggestion is new or calls itself a repeat, names its parent, and its command is its diff."""
    records = [
        run(f"{i}", OLD.replace("prob 0.0", f"prob {noise}").replace("GRU", layer), 60.0 + i,
            verdicts=("fail: wrong code",) if bad else ())
        for i, (noise, layer, bad) in enumerate(drawn)
    ]  # fmt: skip
    known = {r.id: r for r in records}
    tasks = [task("`noise_prob` 0.4, 0.6"), task("GRU layer with noise")]
    for found in suggest(records, tasks, [], as_of=TODAY, top_k=50):
        parent = known[found.parent]
        expected = {**parent.config, **{name: change["to"] for name, change in found.diff.items()}}
        assert parse_options(found.argv) == {k: v for k, v in expected.items() if v is not None}
        if found.kind in ("redo", "repeat"):
            assert "repeat, on purpose" in found.novelty
        else:
            assert parse_options(found.argv) not in [r.config for r in records]
            assert len(found.diff) <= 2
        if parent.verdicts:
            assert "taken back" in found.hypothesis or "retracted" in found.hypothesis


# --------------------------------------------------------------------------- over real Markdown

SERVER = """
    # Server

    ## 2026/04/06
    - [x] One GRU layer, no noise.

    ```sh gsc2.sh
    python train.py trans \\
      -project trans \\
      -lr_base 0.005 \\
      -epochs_base 100 \\
      -noise_prob 0.0 \\
      -sequential_layer "GRU"
    ```
    > [!note] Result
    > [[Experiments#2026/04/07]]
    ---

    ## 2026/04/08
    - [x] One GRU layer, `noise_prob` 0.8.

    ```sh gsc2.sh
    python train.py trans \\
      -project trans \\
      -lr_base 0.005 \\
      -epochs_base 100\\
      -noise_prob 0.8 \\
      -sequential_layer "GRU" \\
    ```
    > [!note] Result
    > [[Experiments#2026/04/09]]
    ---
"""
EXPERIMENTS = """
    # Experiments

    ## 2026/04/07
    > One GRU layer, no noise.
    > Server : [[Server#2026/04/06]]
    [96.5, 92.1, 88.4]
    Seen acc:
    [95.1, 94.2]
    Unseen acc:
    [60.2, 55.3]
    Harmonic mean:
    [73.732, 69.688]

    ## 2026/04/09
    > One GRU layer, `noise_prob` 0.8.
    > Server : [[Server#2026/04/08]]
    [96.1, 93.0, 90.2]
    Seen acc:
    [95.0, 94.0]
    Unseen acc:
    [66.0, 61.0]
    Harmonic mean:
    [77.888, 73.987]
"""
TO_DO = """
    # April

    ## 2026/04/10
    ### Experiments-2026/04/10
    - [ ] `noise_prob` 0.4, the same otherwise.
    - [x] Read about noise.
    - [ ] ~~`noise_prob` 1~~
"""


@pytest.fixture
def vault() -> list[Note]:
    texts = {"Server.md": SERVER, "Experiments.md": EXPERIMENTS, "April.md": TO_DO}
    return [parse_note(path, textwrap.dedent(text)) for path, text in texts.items()]


def test_over_real_notes(vault):
    """Server, Experiments and a to-do note as typed give a suggestion whose places resolve, with a whole command."""
    records = logged_records(vault)
    found = propose(records, open_tasks(vault), vault, as_of=TODAY, top_k=50).suggestions
    one = found[0]
    assert one.diff == {"noise_prob": {"from": "0.8", "to": "0.4"}}
    assert list(one.argv) == OLD.replace("prob 0.0", "prob 0.4").split()
    assert one.closes == ("April#Experiments-2026/04/10:6",)
    assert "69.688 -> 73.987 (+4.299" in one.hypothesis
    headings = {f"[[{note.name}#{section.heading}]]" for note in vault for section in note.sections}
    for suggestion in found:
        assert set(suggestion.evidence) <= headings
        assert suggestion.diff.get("noise_prob", {}).get("to") != "1"


def test_saved_form_is_plain_json(vault, tmp_path: Path):
    """What is kept is JSON of the contract's keys."""
    found = suggest(logged_records(vault), open_tasks(vault), vault, as_of=TODAY)[0]
    values = json.loads(suggestions.save(found, tmp_path).read_text())
    keys = {
        "id",
        "title",
        "hypothesis",
        "evidence",
        "parent",
        "diff",
        "argv",
        "prediction",
        "cost",
        "closes",
        "novelty",
    }
    assert keys <= set(values)


def test_titles_do_not_nest():
    """A suggestion against a run that was itself a suggestion is titled by what the chain began with."""
    from assistant.suggest import _root

    assert _root("lr 1 -> 2 (noise 0 -> 1, tau 1 -> 2 (GRU layer (small)))") == "GRU layer (small)"
    assert _root("GRU layer (small)") == "GRU layer (small)"
