"""Whether a prediction held, by arithmetic on the runs' own figures."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from assistant import verdict
from assistant.suggest import Cost, Prediction, Suggestion
from assistant.verdict import Noise, judge, main_metric, measured_noise, metric_value
from fskws.runs import Record


def run(name: str, last: float | None, **more) -> Record:
    metrics = {} if last is None else {"accuracy": [95.0, 90.0], "harmonic_mean": [99.0, last]}
    return Record(
        id=name, source="launched", date="2026-04-10", title=name, metrics=metrics, **{"status": "finished", **more}
    )


def predicted(direction: str = "higher", at_least: float | None = None, threshold: float = 1.0) -> Suggestion:
    prediction = Prediction("harmonic_mean", direction, 70.0, at_least, threshold, "words")
    return Suggestion("s-x", "t", "h", (), "parent", {}, (), prediction, Cost(None, "unknown"), (), "new")


@pytest.mark.parametrize(
    ("direction", "at_least", "value", "state"),
    [
        ("higher", None, 71.0, "held"),
        ("higher", None, 70.9, "undecided"),
        ("higher", None, 69.1, "undecided"),
        ("higher", None, 69.0, "failed"),
        ("higher", 73.0, 73.5, "held"),
        ("higher", 73.0, 72.5, "undecided"),
        ("higher", 73.0, 71.5, "failed"),
        ("lower", None, 68.0, "held"),
        ("lower", None, 72.0, "failed"),
        ("lower", 68.0, 67.0, "held"),
        ("same", None, 70.9, "held"),
        ("same", None, 71.1, "failed"),
    ],
)
def test_states(direction, at_least, value, state):
    """Held and failed need more than chance explains; less than that between two single runs decides nothing."""
    outcome = judge(predicted(direction, at_least), run("child", value), run("parent", 70.0))
    assert outcome.state == state
    assert outcome.text.startswith(
        f"{state}: harmonic mean of the last session {value:g} - 70 = {value - 70:+.3g}".rstrip("0")
    )


def test_arithmetic_is_shown():
    """The text holds both values, their difference and the threshold."""
    outcome = judge(predicted(), run("child", 73.25), run("parent", 70.5))
    assert outcome.text == (
        "held: harmonic mean of the last session 73.25 - 70.5 = +2.75; "
        "higher was predicted, by more than the 1 that can be chance."
    )
    assert (outcome.value, outcome.baseline, outcome.difference, outcome.threshold) == (73.25, 70.5, 2.75, 1.0)


def test_no_result_decides_nothing():
    """A run that failed, was stopped or still runs says nothing about the prediction."""
    failed = judge(predicted(), run("child", None, status="failed", cause="out of GPU memory"), run("parent", 70.0))
    assert failed.text == "undecided: child has no harmonic mean of the last session (out of GPU memory)."
    running = judge(predicted(), run("child", 90.0, status="running"), run("parent", 70.0))
    assert running.text == "undecided: child is still running."


def test_retracted_runs_decide_nothing():
    """A result that is taken back, or a parent that is, leaves the prediction open and says so."""
    bad = {"verdicts": ("fail: wrong code",)}
    outcome = judge(predicted(), run("child", 90.0), run("parent", 70.0, **bad))
    assert outcome.state == "undecided"
    assert 'its parent parent is retracted: "wrong code"' in outcome.text
    assert "this run is retracted" in judge(predicted(), run("child", 90.0, **bad), run("parent", 70.0)).text


def test_newly_measured_noise_outranks_the_old():
    """When repeated runs have shown more chance since, a difference decides less."""
    assert judge(predicted(), run("c", 72.0), run("p", 70.0), Noise(3.0, "three seeds")).state == "undecided"


def test_noise_is_measured_on_repeats():
    """Twice the root mean square difference of repeated runs; without repeats a plain assumption that says so."""
    records = [run("a", 70.0), run("b", 71.0), run("c", 75.0)]
    same = {"a": 1, "b": 1, "c": 2}
    assert measured_noise(records, "harmonic_mean", lambda r: same[r.id]).threshold == 2.0
    none = measured_noise(records, "harmonic_mean", lambda r: r.id)
    assert (none.threshold, none.text) == (1.0, "1 point, assumed: no setting was run twice")
    loss = [dataclasses.replace(r, metrics={"loss": {"last": 0.5, "best": 0.4}}) for r in records]
    assert measured_noise(loss, "loss", lambda r: r.id, 0.5).threshold == 0.01


def test_metrics_of_any_run():
    """FSCIL arrays come first, then a quality, then a loss; broken values are no values."""
    assert main_metric(run("a", 70.0)) == "harmonic_mean"
    other = dataclasses.replace(run("a", None), metrics={"loss": {"last": 0.3}, "val_acc": {"last": 0.9, "best": 0.95}})
    assert (main_metric(other), metric_value(other, "val_acc")) == ("val_acc", 0.9)
    assert verdict.less_is_better("loss") and not verdict.less_is_better("val_acc")
    broken = dataclasses.replace(other, metrics={"loss": {"last": "nan"}, "x": {"last": float("nan")}, "accuracy": []})
    assert main_metric(broken) == ""


def test_outcome_as_json():
    """The outcome is plain JSON for records and notes."""
    values = judge(predicted(), run("c", 72.0), run("p", 70.0)).to_json()
    assert values["state"] == "held"
    assert set(values) == {"state", "text", "metric", "value", "baseline", "difference", "threshold"}


def test_prediction_and_verdict_use_the_same_threshold():
    """What a suggestion calls chance is what its verdict uses."""
    from assistant.suggest import suggest
    from fskws.config import parse_options

    def logged(name: str, seed: int, noise: str, last: float) -> Record:
        argv = tuple(f"python train.py trans -seed {seed} -noise_prob {noise}".split())
        return dataclasses.replace(run(name, last), argv=argv, config=parse_options(argv))

    records = [logged("a", 1, "0.0", 70.0), logged("b", 2, "0.0", 72.0), logged("c", 1, "0.8", 75.0)]
    found = suggest(records, [], [], as_of=datetime.date(2026, 4, 20), top_k=20)
    assert {s.prediction.threshold for s in found} == {4.0}
    assert "4, twice the spread of one pair of repeated runs" in found[0].prediction.text
