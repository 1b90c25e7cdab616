"""Whether a prediction held: arithmetic on the two runs' own figures, shown. Nothing here is a matter of opinion."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from assistant.remembered import per_record
from fskws.runs import Record

if TYPE_CHECKING:
    from assistant.suggest import Suggestion

State = Literal["held", "failed", "undecided"]

#: A difference of percentages that one run against one other shows by chance, where no repeated run tells more.
DEFAULT_NOISE_POINTS = 1.0
#: The same for a metric that is no percentage: a share of the parent's value.
DEFAULT_NOISE_SHARE = 0.02

_PER_SESSION = ("harmonic_mean", "accuracy", "unseen", "seen")
_LESS_IS_BETTER = re.compile(r"loss|err|eer|wer|time|latency|seconds", re.I)


@dataclass(frozen=True)
class Outcome:
    """What became of a prediction. text: one or two sentences with the arithmetic. value, baseline, difference,
    threshold: the figures of it; None where there is none.
    """

    state: State
    text: str
    metric: str
    value: float | None = None
    baseline: float | None = None
    difference: float | None = None
    threshold: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "state": self.state, "text": self.text, "metric": self.metric, "value": self.value,
            "baseline": self.baseline, "difference": self.difference, "threshold": self.threshold,
        }  # fmt: skip


@per_record
def main_metric(record: Record) -> str:
    """The metric a run is judged by: harmonic mean, else accuracy, else its own first one, quality before loss."""
    for name in _PER_SESSION:
        if metric_value(record, name) is not None:
            return name
    others = [name for name in sorted(record.metrics) if metric_value(record, name) is not None]
    good = [name for name in others if re.search(r"acc|f1|auc|hm|score|recall|precision", name, re.I)]
    return next(iter(good or others), "")


def metric_value(record: Record, metric: str) -> float | None:
    """The value a run is compared by: of a per-session metric that of the last session, else the last one logged."""
    value = record.metrics.get(metric)
    if isinstance(value, Mapping):
        value = value.get("last")
    elif isinstance(value, list | tuple):
        value = value[-1] if value else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        return None
    return float(value)


def less_is_better(metric: str) -> bool:
    """Whether a smaller value of this metric is the better one."""
    return _LESS_IS_BETTER.search(metric) is not None


def metric_words(metric: str) -> str:
    """The metric as a reader calls it."""
    return f"{metric.replace('_', ' ')} of the last session" if metric in _PER_SESSION else metric.replace("_", " ")


@dataclass(frozen=True)
class Noise:
    """How much of a difference is chance. threshold: in the metric's units. text: where the number comes from."""

    threshold: float
    text: str


def measured_noise(
    records: Iterable[Record], metric: str, same: Callable[[Record], object], baseline: float | None = None
) -> Noise:
    """The threshold below which one run against one other says nothing.

    Args: records: comparable runs whose results stand. metric: see `main_metric`. same: a key that is equal for runs of
        the same setting, seeds aside. baseline: the value compared with, for metrics that are no percentages.
    Returns: twice the spread of a difference between repeated runs where there are any, else a plain assumption.
    """
    groups: dict[object, list[Record]] = {}
    for record in records:
        groups.setdefault(same(record), []).append(record)
    return noise_of(repeated_differences(groups.values(), metric), metric, baseline)


def repeated_differences(groups: Iterable[Iterable[Record]], metric: str) -> list[float]:
    """Differences between repeated runs. Args: groups: runs of the same setting each, seeds aside."""
    found: list[float] = []
    for group in groups:
        values = [value for record in group if (value := metric_value(record, metric)) is not None]
        found.extend(a - b for a, b in itertools.combinations(values, 2) if a != b)
    return found


def noise_of(differences: Sequence[float], metric: str, baseline: float | None = None) -> Noise:
    """The threshold that repeated runs give; see `measured_noise`."""
    if differences:
        spread = statistics.fmean(d * d for d in differences) ** 0.5
        threshold = round(max(2 * spread, 0.1 * DEFAULT_NOISE_POINTS), 3)
        pairs = "one pair" if len(differences) == 1 else f"{len(differences)} pairs"
        return Noise(threshold, f"{threshold:g}, twice the spread of {pairs} of repeated runs")
    if metric in _PER_SESSION or (re.search("acc", metric) and (baseline is None or baseline > 1)):
        return Noise(DEFAULT_NOISE_POINTS, f"{DEFAULT_NOISE_POINTS:g} point, assumed: no setting was run twice")
    threshold = round(abs(baseline or 0.0) * DEFAULT_NOISE_SHARE, 6)
    return Noise(
        threshold, f"{threshold:g}, {DEFAULT_NOISE_SHARE:.0%} of the parent's value, assumed: no setting was run twice"
    )


def judge(suggestion: Suggestion, record: Record, parent: Record, noise: Noise | None = None) -> Outcome:
    """Whether the prediction of a suggestion held in the run that was launched for it.

    Args: suggestion: with its prediction. record: the run, after its end. parent: the run it is compared with, as known
        now (a parent retracted since then decides nothing). noise: as now measured; None takes the prediction's own.
    Returns: held, failed, or undecided: no result, or a difference that chance explains.
    """
    prediction = suggestion.prediction
    metric = prediction.metric
    threshold = prediction.threshold if noise is None else noise.threshold
    value = metric_value(record, metric)
    baseline = metric_value(parent, metric)
    if baseline is None:
        baseline = prediction.baseline
    words = metric_words(metric)
    if record.status == "running":
        return Outcome(
            "undecided", f"undecided: {record.id} is still running.", metric, None, baseline, None, threshold
        )
    if value is None:
        why = record.cause or f"it is {record.status}"
        return Outcome(
            "undecided", f"undecided: {record.id} has no {words} ({why}).", metric, None, baseline, None, threshold
        )
    if baseline is None:
        return Outcome("undecided", f"undecided: {parent.id} has no {words} to compare with.", metric, value)
    from assistant.ablation import retraction

    difference = round(value - baseline, 6)
    sum_shown = f"{words} {value:g} - {baseline:g} = {difference:+g}"
    for one, name in ((record, "this run"), (parent, f"its parent {parent.id}")):
        taken_back = retraction(one)
        if taken_back:
            text = f'undecided: {sum_shown}, but {name} is retracted: "{taken_back}".'
            return Outcome("undecided", text, metric, value, baseline, difference, threshold)
    state, why = _decide(prediction.direction, prediction.at_least, value, difference, threshold)
    return Outcome(state, f"{state}: {sum_shown}; {why}.", metric, value, baseline, difference, threshold)


def _decide(
    direction: str, at_least: float | None, value: float, difference: float, threshold: float
) -> tuple[State, str]:
    if direction == "same":
        if abs(difference) <= threshold:
            return "held", f"the result repeats within {threshold:g}"
        return "failed", f"the result does not repeat: more than {threshold:g} apart"
    gain = -difference if direction == "lower" else difference
    if abs(gain) < threshold:
        return (
            "undecided",
            f"less than {threshold:g} between two single runs can be chance; repeat both with other seeds",
        )
    if gain < 0:
        return "failed", f"{direction} was predicted"
    missing = 0.0 if at_least is None else (value - at_least if direction == "lower" else at_least - value)
    if at_least is None or missing <= 0:
        bound = "" if at_least is None else f", and it reaches the predicted {at_least:g}"
        return "held", f"{direction} was predicted, by more than the {threshold:g} that can be chance{bound}"
    if missing < threshold:
        return (
            "undecided",
            f"{direction} as predicted, but {missing:g} short of the predicted {at_least:g}, which can be chance",
        )
    return "failed", f"{direction}, but {missing:g} short of the predicted {at_least:g}"
