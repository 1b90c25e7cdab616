"""What to run next: one config difference against a named run, with evidence, prediction, cost and exact command.

Two sources: the open tasks that name an option and a value, and the ablation walk that the runs themselves show.
Everything is arithmetic over records and text of the notes; the same input always gives the same suggestions.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import heapq
import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import verdict
from assistant.ablation import (
    ASIDE,
    PROTOCOL,
    SEEDS,
    Effect,
    Lab,
    Run,
    changed_command,
    config_key,
    distance,
    normal_value,
    number_of,
    other_seed,
    place_key,
    plain_number,
    plain_words,
    run_with,
    shown,
)
from assistant.wishes import Wish, options_of, read_wishes, values_of
from fskws.runs import Record, write_aside
from vault_sync.links import wikilink
from vault_sync.notes import Note, Task
from vault_sync.tasks import OPEN_STATES, task_key


@dataclass(frozen=True)
class Prediction:
    """What the suggestion says will happen, in a form that `verdict.judge` can check.

    Attributes: metric: name as in the records. direction: "higher", "lower" or "same" than the parent's value.
        baseline: the parent's value. at_least: the predicted value where evidence adds up to one, else None ("at most"
        where lower is predicted). threshold: a smaller difference can be chance. text: the same in words.
    """

    metric: str
    direction: str
    baseline: float | None
    at_least: float | None
    threshold: float
    text: str


@dataclass(frozen=True)
class Cost:
    """How long it will take. seconds: None when no similar run tells. text: the same in words, with its source."""

    seconds: float | None
    text: str


@dataclass(frozen=True)
class Suggestion:
    """One proposed run. `to_json` is the form of the command-line contract.

    Attributes:
        id: stable: made of parent and difference.
        kind: task, redo, combine, neighbour or repeat: which source it came from.
        evidence: wikilinks and run ids that the hypothesis rests on. closes: places of the tasks that ask for it,
            "Note#heading:line".
        parent: id of the run that it differs from. diff: option -> {"from", "to"}, None where the option is not given;
            empty for a repeat of a command that knows no seed.
        argv: the words of the exact command. novelty: how it stands to what was run.
    """

    id: str
    title: str
    hypothesis: str
    evidence: tuple[str, ...]
    parent: str
    diff: dict[str, dict[str, str | None]]
    argv: tuple[str, ...]
    prediction: Prediction
    cost: Cost
    closes: tuple[str, ...]
    novelty: str
    kind: str = "task"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        values = dataclasses.asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Suggestion:
        """The inverse of `to_json`; unknown keys are ignored."""
        known = {f.name for f in dataclasses.fields(Suggestion)}
        taken: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in values.items() if key in known
        }
        taken["prediction"] = Prediction(**taken["prediction"])
        taken["cost"] = Cost(**taken["cost"])
        return Suggestion(**taken)


@dataclass(frozen=True)
class Proposals:
    """Suggestions, best first. reason: why there is none, else "". passed_over: what was not proposed, and why."""

    suggestions: tuple[Suggestion, ...]
    reason: str = ""
    passed_over: tuple[str, ...] = ()


def suggest(
    records: Iterable[Record],
    tasks: Iterable[Task],
    notes: Iterable[Note] = (),
    *,
    as_of: datetime.date,
    top_k: int = 3,
    dismissed: Collection[str] = (),
    logs: Collection[str] = ("Server", "Experiments"),
) -> list[Suggestion]:
    """The best suggestions; see `propose`, which also says why there is none."""
    return list(propose(records, tasks, notes, as_of=as_of, top_k=top_k, dismissed=dismissed, logs=logs).suggestions)


def propose(
    records: Iterable[Record],
    tasks: Iterable[Task],
    notes: Iterable[Note] = (),
    *,
    as_of: datetime.date,
    top_k: int = 3,
    dismissed: Collection[str] = (),
    logs: Collection[str] = ("Server", "Experiments"),
) -> Proposals:
    """What to run next, best first.

    Args:
        records: all known runs. tasks: of the to-do notes, any state; copies on several days count once, the newest
            state wins.
        notes: read for later sentences that take a result back. as_of: nothing dated later is looked at.
        top_k: at most so many. dismissed: ids that are not wanted. logs: notes whose checkboxes log runs.
    """
    lab = Lab.of(records, list(notes), as_of)
    passed_over: list[str] = []
    ideas = [*_from_tasks(lab, _open(tasks, as_of, logs), passed_over), *_from_runs(lab)]
    ideas.sort(key=lambda idea: (-idea.score, idea.parent.record.id, sorted(idea.changes), str(idea.changes)))
    by_target: dict[object, list[_Idea]] = {}
    for idea in ideas:
        by_target.setdefault(idea.target, []).append(idea)
    chosen: list[Suggestion] = []
    for same in by_target.values():
        if len(chosen) == top_k:
            break
        # Tasks in other words for the same run are closed by it too.
        first = dataclasses.replace(same[0], closes=tuple(place for idea in same for place in idea.closes))
        suggestion = _make(lab, first)
        if suggestion.id not in dismissed:
            chosen.append(suggestion)
    reason = "" if chosen else _why_nothing(lab, ideas, passed_over)
    return Proposals(tuple(chosen), reason, tuple(passed_over))


# --------------------------------------------------------------------------- making a suggestion


@dataclass(frozen=True)
class _Idea:
    """A suggestion in the making. changes: option -> new value. predicted: (value, the arithmetic in words). direction:
    "same", or "" for better.
    """

    parent: Run
    changes: Mapping[str, str | None]
    kind: str
    why: str
    score: float
    evidence: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    direction: str = ""
    predicted: tuple[float, str] | None = None

    @property
    def target(self) -> object:
        return self.parent.family, config_key({**self.parent.config, **self.changes})


def _make(lab: Lab, idea: _Idea) -> Suggestion:
    parent, changes, kind, predicted = idea.parent, idea.changes, idea.kind, idea.predicted
    metric = lab.metric(parent.family) or verdict.main_metric(parent.record) or "harmonic_mean"
    baseline = verdict.metric_value(parent.record, metric)
    noise = lab.noise(parent.family, baseline)
    better = "lower" if verdict.less_is_better(metric) else "higher"
    direction = idea.direction or better
    words = verdict.metric_words(metric)
    diff = {name: {"from": parent.config.get(name), "to": value} for name, value in changes.items()}
    number = f"; {predicted[1]}" if predicted else "; no number predicted"
    if direction == "same":
        expected = f"{words} within {noise.threshold:g} of {plain_number(baseline)} ({parent.record.id})"
        number = ""
    else:
        expected = f"{words} {direction} than {plain_number(baseline)} ({parent.record.id})"
    prediction = Prediction(
        metric,
        direction,
        baseline,
        predicted[0] if predicted else None,
        noise.threshold,
        f"{expected}{number}. Chance: {noise.text}.",
    )
    config: dict[str, str | None] = {**parent.config, **changes}
    argv = changed_command(parent.argv, changes)
    identity = json.dumps([parent.record.id, {n: normal_value(v) for n, v in sorted(changes.items())}, kind == "redo"])
    digest = base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode().lower()
    change_words = ", ".join(f"{name} {shown(d['from'])} -> {shown(d['to'])}" for name, d in diff.items())
    title = change_words or (
        "the same command once more" if kind != "redo" else "the same command on the code as it is now"
    )
    warned = (
        f' The parent\'s result is retracted ("{parent.taken_back}"); its figures are no evidence.'
        if parent.taken_back
        else ""
    )
    return Suggestion(
        id=f"s-{digest[:8]}",
        title=f"{title} ({_clip(_root(parent.words))})",
        hypothesis=f"{idea.why}{warned}",
        evidence=tuple(dict.fromkeys([*idea.evidence, parent.place])),
        parent=parent.record.id,
        diff=diff,
        argv=argv,
        prediction=prediction,
        cost=_cost(lab, parent, changes),
        closes=tuple(dict.fromkeys(idea.closes)),
        novelty=_novelty(lab, parent, config, kind),
        kind=kind,
    )


def _root(words: str) -> str:
    """The words a chain of suggestions began with: "lr 1 -> 2 (noise 0 -> 1 (GRU layer))" began with "GRU layer"."""
    while nested := re.fullmatch(r"\S+ \S+ -> \S+(?:, \S+ \S+ -> \S+)* \((.+)\)", words.strip()):
        words = nested[1]
    return words


def _clip(text: str, limit: int = 60) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= limit else text[: limit - 3].rsplit(" ", 1)[0] + "..."


def _novelty(lab: Lab, parent: Run, config: Mapping[str, str | None], kind: str) -> str:
    runs = lab.families[parent.family]
    if kind in ("redo", "repeat"):
        return f"a repeat, on purpose, of {parent.record.id}"
    wanted = dict(config_key(config))
    nearest = min(runs, key=lambda run: (distance(run.settings, wanted), run.record.id))
    count = "the one run" if len(runs) == 1 else f"the nearest of {len(runs)} runs"
    differing = sorted(n for n in {*wanted, *nearest.settings} if wanted.get(n) != nearest.settings.get(n))
    return f"not run before; {count} of this program is {nearest.record.id}, which differs in {', '.join(differing)}"


def _seconds(record: Record) -> float | None:
    if record.status != "finished" or not record.started_at or not record.ended_at:
        return None
    try:
        seconds = (
            datetime.datetime.fromisoformat(record.ended_at) - datetime.datetime.fromisoformat(record.started_at)
        ).total_seconds()
    except (ValueError, TypeError):
        return None
    return seconds if seconds >= 0 else None


_SCALES_TIME = ("epochs_base", "epochs", "base_clips_per_class", "clips_per_word")


def _cost(lab: Lab, parent: Run, changes: Mapping[str, str | None]) -> Cost:
    """From the parent's own duration, else from the most similar run that has one, scaled by epochs and clips."""
    config: dict[str, str | None] = {**parent.config, **changes}
    timed = [run for run in lab.families[parent.family] if _seconds(run.record) is not None]
    if not timed:
        return Cost(None, "unknown: no similar run has a known duration")
    wanted = dict(config_key(config))
    like = min(
        timed, key=lambda run: (run.record.id != parent.record.id, distance(run.settings, wanted), run.record.id)
    )
    seconds = _seconds(like.record) or 0.0
    scaled = ""
    for name in _SCALES_TIME:
        old, new = number_of(like.config.get(name)), number_of(config.get(name))
        if old and new and old != new:
            seconds *= new / old
            scaled += f", times {new:g}/{old:g} for {name}"
    return Cost(round(seconds, 1), f"about {_duration(seconds)}, from {like.record.id}{scaled}")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


# --------------------------------------------------------------------------- from open tasks


_ENDED = re.compile(r"\[!(?:fail|success|error)\]", re.I)


def _open(tasks: Iterable[Task], as_of: datetime.date, logs: Collection[str]) -> list[Task]:
    """Tasks that are still to be done, each once, newest first."""
    logged = {name.casefold() for name in logs}
    newest: dict[str, Task] = {}
    for task in tasks:
        note = task.note.removesuffix(".md").rsplit("/", 1)[-1]
        if (task.date is not None and task.date > as_of) or note.casefold() in logged:
            continue
        key = task_key(task.text)
        old = newest.get(key)
        if old is None or (task.date or datetime.date.min, task.line) >= (old.date or datetime.date.min, old.line):
            newest[key] = task
    found = [
        task
        for task in newest.values()
        if task.state in OPEN_STATES and not task.struck and not _ENDED.search(task.text)
    ]
    return sorted(found, key=lambda t: (-(t.date or datetime.date.min).toordinal(), t.note, t.line))


def _task_place(task: Task) -> str:
    """Where exactly a task stands, line included: the form that a run is launched for it with."""
    return f"{task.note.removesuffix('.md')}#{task.heading}:{task.line}"


def _from_tasks(lab: Lab, tasks: Sequence[Task], passed_over: list[str]) -> list[_Idea]:
    ideas: list[_Idea] = []
    for task in tasks:
        age = (lab.as_of - task.date).days if task.date else 30
        base = 100.0 - min(30.0, 0.75 * age) - {"-": 12.0, ">": 20.0}.get(task.state, 0.0)
        for order, (parent, changes, wish) in enumerate(_mapped(lab, task, passed_over)):
            ideas.append(_task_idea(lab, task, parent, changes, wish, base - 12.0 * order))
    return ideas


def _mapped(lab: Lab, task: Task, passed_over: list[str]) -> list[tuple[Run, dict[str, str | None], Wish]]:
    """The (parent, changes) that a task asks for, not yet run ones only; values that a task lists stay in its order."""
    text = " ".join([task.text, *(line for line in task.sublines if not re.match(r"\s*>", line))])
    linked = {place_key(f"{link.target}#{link.heading}") for link in task.links if link.heading}
    #: Number of the wish -> (how near, runs that are as near, each with its change).
    nearest: dict[int, tuple[tuple[Any, ...], list[tuple[Run, dict[str, str | None], Wish]]]] = {}
    asked = False
    day = task.date.isoformat() if task.date else "9999"
    in_use = sorted(
        lab.families, key=lambda f: max((r.record.date for r in lab.families[f] if r.record.date <= day), default="")
    )
    said = plain_words(text)
    for family, runs in lab.families.items():
        recency = -in_use.index(family)  # the program in use when the task was written is the one it means
        seen = lab.seen(family)
        overlap = max(len(said & r.told) for r in runs)
        wishes = read_wishes(text, options_of(lab, family), values_of(lab, family), seen)
        for number, wish in enumerate(wishes):
            asked = True
            known: dict[tuple[str | None, ...], dict[str, str | None] | None] = {}
            for run in runs:
                if not run.argv or (not run.stands and not wish.repeat):
                    continue
                is_linked = not linked.isdisjoint(run.places)
                if wish.repeat and (not is_linked or not run.value):
                    continue
                if wish.repeat:
                    changes = _changes(run, wish, seen)
                else:  # What a wish changes depends on the options it names alone.
                    named = tuple(run.config.get(option) for option, _ in wish.settings)
                    if named not in known:
                        known[named] = _changes(run, wish, seen)
                    changes = known[named]
                if changes is None:
                    continue
                # Nearest first: linked, then fewest changes, words in common, the program used last, options not given.
                order = (
                    not is_linked,
                    len(changes),
                    -overlap,
                    recency,
                    sum(1 for name in changes if name not in run.config),
                )
                best = nearest.get(number)
                if best is None or order < best[0]:
                    nearest[number] = (order, [(run, changes, wish)])
                elif order == best[0]:
                    best[1].append((run, changes, wish))
    result: list[tuple[Run, dict[str, str | None], Wish]] = []
    for number in sorted(nearest):
        # Of those that are as near, the best result, then the newest.
        run, changes, wish = min(
            nearest[number][1], key=lambda c: (-lab.rank(c[0]), _reversed(c[0].record.date), c[0].record.id)
        )
        changes = dict(changes)
        done = None if wish.repeat else run_with(lab, run.family, {**run.config, **changes})
        if done is not None and not done.taken_back:
            passed_over.append(f'task "{_clip(task.text)}": {done.record.id} had these settings ({done.record.status})')
            continue
        if done is not None:
            # The only run of it is retracted: the task asks for doing it again.
            result.append((done, {}, Wish((), True)))
            continue
        if len(changes) > 2:
            passed_over.append(
                f'task "{_clip(task.text)}": {len(changes)} options from the nearest run {run.record.id}, '
                "no single difference"
            )
            continue
        result.append((run, changes, wish))
    if asked and not nearest:
        passed_over.append(f'task "{_clip(task.text)}": no run with a result that it could be compared with')
    return result


def _reversed(date: str) -> tuple[int, ...]:
    return tuple(-ord(character) for character in date)


def _changes(run: Run, wish: Wish, seen: Mapping[str, list[str]]) -> dict[str, str | None] | None:
    """What a wish changes against a run; None when it asks for nothing else than that run."""
    if wish.repeat:
        return other_seed(run, seen)
    changes: dict[str, str | None] = {}
    for option, value in wish.settings:
        if value in ("+", "-"):
            old = number_of(run.config.get(option))
            if not old:
                return None
            new = _written(old * 2 if value == "+" else old / 2, run.config.get(option) or "")
            changes[option] = _within(option, new)
        elif run.settings.get(option) != normal_value(value):
            if option not in run.config and (number_of(value) == 0 or value.lower() in ("none", "false")):
                continue  # not given is as good as off
            changes[option] = value.strip("'\"").rstrip(".")
    return changes or None


def _task_idea(lab: Lab, task: Task, parent: Run, changes: dict[str, str | None], wish: Wish, score: float) -> _Idea:
    said = " ".join(re.sub(r"\[\[[^\]]*\]\]", "", task.text).split())
    why = f'An open task asks for it: "{said}"'
    if not why.rstrip('"').endswith((".", "!", "?")):
        why += "."
    evidence = [wikilink(task.note, task.heading)]
    known = heapq.nsmallest(
        2,
        (e for e in lab.effects(parent.family) if e.option in changes),
        key=lambda e: (
            e.before.record.id != parent.record.id and e.after.record.id != parent.record.id,
            -e.gain,
            e.after.record.id,
        ),
    )
    for effect in known:
        why += f" Measured: {effect.text}."
        evidence += [effect.before.place, effect.after.place]
    if wish.repeat and not changes and parent.taken_back:
        kind = "redo"
        direction = "same"
    else:
        kind = "repeat" if wish.repeat else "task"
        direction = "same" if wish.repeat else ""
    return _Idea(parent, changes, kind, why, score, tuple(evidence), (_task_place(task),), direction)


# --------------------------------------------------------------------------- from the ablation walk


def _from_runs(lab: Lab) -> list[_Idea]:
    ideas: list[_Idea] = []
    for recency, family in enumerate(lab.families):
        if family == ("?", "", ""):
            continue
        cold = 12.0 * min(recency, 3)
        ideas += [dataclasses.replace(i, score=i.score - cold) for i in _redo(lab, family)]
        ideas += [dataclasses.replace(i, score=i.score - cold) for i in _combine(lab, family)]
        ideas += [dataclasses.replace(i, score=i.score - cold) for i in _neighbours(lab, family)]
        ideas += [dataclasses.replace(i, score=i.score - cold) for i in _repeat(lab, family)]
    return ideas


def _redo(lab: Lab, family: tuple[str, ...]) -> list[_Idea]:
    """A retracted result whose settings were not run again since."""
    ideas = []
    for run in lab.families[family]:
        if not run.taken_back or not run.argv:
            continue
        again = [other for other in lab.alike(family, run.settings) if not other.taken_back]
        if any(other.stands or other.record.status == "running" for other in again):
            continue
        why = (
            f'The result of {run.record.id} is taken back ("{run.taken_back}") and its settings have no result that '
            "stands."
        )
        age = (lab.as_of - datetime.date.fromisoformat(run.record.date[:10])).days
        ideas.append(_Idea(run, {}, "redo", why, 74.0 - min(20.0, 0.5 * age), direction="same"))
    return ideas


def _combine(lab: Lab, family: tuple[str, ...]) -> list[_Idea]:
    """A change that helped one run, made to another good run that does not have it yet."""
    metric = lab.metric(family)
    helped: dict[tuple[str, str | None], list[Effect]] = {}
    for effect in lab.effects(family):
        if effect.gain > 0 and effect.new is not None and effect.option not in PROTOCOL:
            helped.setdefault((effect.option, normal_value(effect.old)), []).append(effect)
    standing = lab.current(family)
    ideas = []
    for rank, parent in enumerate(standing[:4]):
        value, best = (verdict.metric_value(run.record, metric) or 0.0 for run in (parent, standing[0]))
        noise = lab.noise(family, value)
        far: dict[str, int] = {}
        for (option, old), effects in sorted(helped.items(), key=lambda item: item[0][0]):
            if parent.settings.get(option) != old:
                continue
            for new in sorted({effect.new for effect in effects if effect.new is not None}):
                if run_with(lab, family, {**parent.config, option: new}):
                    continue
                # Measured where it is most like here.
                for effect in effects:
                    if effect.before.record.id not in far:
                        far[effect.before.record.id] = distance(effect.before.settings, parent.settings)
                effect = min(
                    (e for e in effects if e.new == new),
                    key=lambda e: (far[e.before.record.id], -e.gain, e.after.record.id),
                )
                predicted = round(value + effect.difference, 3)
                why = (
                    f"A change that helped elsewhere was not tried here. Measured: {effect.text}. If it adds up, "
                    f"{value:g} {'+' if effect.difference >= 0 else '-'} {abs(effect.difference):g} = {predicted:g}."
                )
                real = effect.gain >= noise.threshold
                if not real:
                    why += f" That gain alone is within chance ({noise.text})."
                ahead = (best - predicted if verdict.less_is_better(metric) else predicted - best) > 0
                score = (68.0 if real and ahead else 48.0) - 3.0 * rank + min(3.0, effect.gain / 10)
                evidence = (effect.before.place, effect.after.place)
                words = f"{predicted:g} if the measured difference adds up"
                ideas.append(
                    _Idea(parent, {option: new}, "combine", why, score, evidence, predicted=(predicted, words))
                )
    return ideas


_SHARES = re.compile(r"prob|dropout|alpha|momentum|shrinkage|amplitude")


def _within(option: str, value: str) -> str:
    number = number_of(value)
    if number is not None and _SHARES.search(option) and number > 1:
        return "1.0"
    return value


def _written(number: float, like: str) -> str:
    """A number in the form of another: whole where that one is whole, two significant digits."""
    if re.fullmatch(r"-?\d+", like.strip("'\"")) and (number >= 1 or number == 0):
        return str(round(number))
    if number == 0:
        return "0.0"
    digits = 2 - math.ceil(math.log10(abs(number)))
    return f"{round(number, max(digits, 0)):.10f}".rstrip("0").rstrip(".") if abs(number) < 100 else f"{number:g}"


def _neighbours(lab: Lab, family: tuple[str, ...]) -> list[_Idea]:
    """The next value of an option that was varied around the best run: beyond the best one, or between the two best."""
    metric = lab.metric(family)
    if not metric:
        return []
    standing = lab.current(family)
    ideas = []
    for rank, best in enumerate(standing[:2]):
        for option in sorted(best.config):
            if option in ASIDE | PROTOCOL or option in SEEDS or number_of(best.config[option]) is None:
                continue
            rest = best.rest(option)
            series: dict[float, Run] = {}
            for run in standing:
                number = number_of(run.config.get(option))
                if number is not None and run.rest(option) == rest:
                    series.setdefault(number, run)  # standing is best first
            own = number_of(best.config[option]) or 0.0
            if len(series) < 2 or max(series, key=lambda v: (lab.rank(series[v]), -v)) != own:
                continue
            step = _next_value(option, own, sorted(series), [lab.rank(series[v]) for v in sorted(series)])
            if step is None:
                continue
            value = _written(step[0], best.config[option])
            if number_of(value) in series or run_with(lab, family, {**best.config, option: value}):
                continue
            tried = ", ".join(
                f"{shown(series[v].config[option])}: {plain_number(series[v].value)}" for v in sorted(series)
            )
            why = f"{option} was tried at {tried}, all else equal; the best one is {step[1]}."
            newest = max(series[v].record.date for v in series)
            age = (lab.as_of - datetime.date.fromisoformat(newest[:10])).days
            ideas.append(
                _Idea(
                    best,
                    {option: value},
                    "neighbour",
                    why,
                    60.0 - 6.0 * rank - min(15.0, 0.5 * age),
                    tuple(series[v].place for v in sorted(series)),
                )
            )
    return ideas


def _next_value(option: str, best: float, values: list[float], ranks: list[float]) -> tuple[float, str] | None:
    """The value to try next and why, from the values tried (ascending) and how good each was."""
    position = values.index(best)
    if 0 < position < len(values) - 1:
        side = position - 1 if ranks[position - 1] >= ranks[position + 1] else position + 1
        return _between(best, values[side]), f"in the middle, so the next lies towards {values[side]:g}"
    other = values[position - 1] if position else values[position + 1]
    if best == 0:
        return other / 2, "none at all; half of the smallest one tells whether a little does no harm"
    if other == 0:
        further = best * 2 if not _SHARES.search(option) else best + (1 - best) / 2
    elif best > 0 and other > 0 and not _SHARES.search(option):
        further = best * min(2.0, max(0.5, best / other))  # a careful step, whatever the last one was
    else:
        further = best + (best - other)
    if _SHARES.search(option) and not 0 <= further <= 1:
        return _between(best, other), f"at the end of what is possible, so the next lies towards {other:g}"
    if further < 0:
        return None
    return further, f"the {'largest' if position else 'smallest'} tried, so the next lies beyond it"


def _between(one: float, other: float) -> float:
    if one > 0 and other > 0 and max(one, other) / min(one, other) >= 4:
        return math.sqrt(one * other)
    return (one + other) / 2


def _repeat(lab: Lab, family: tuple[str, ...]) -> list[_Idea]:
    """The best result, run again: one run alone can be luck, the more so the further it stands above the others."""
    metric = lab.metric(family)
    standing = lab.current(family)
    if not metric or len(standing) < 2:
        return []
    best = standing[0]
    same = [run for run in lab.families[family] if run.rest() == best.rest()]
    if len([run for run in same if not run.taken_back]) > 1:
        return []
    second = next((run for run in standing[1:] if run.rest() != best.rest()), standing[1])
    margin = round(lab.rank(best) - lab.rank(second), 3)
    noise = lab.noise(family, best.value)
    changes = other_seed(best, lab.seen(family))
    surprising = margin > 3 * noise.threshold
    why = f"{best.record.id} is the best so far, {margin:g} above {second.record.id}, and was run once."
    if surprising:
        why += " That is more than such a change gave before; before building on it, see whether it repeats."
    return [
        _Idea(best, changes, "repeat", why, 66.0 if surprising else 44.0, (best.place, second.place), direction="same")
    ]


def _why_nothing(lab: Lab, ideas: Sequence[_Idea], passed_over: Sequence[str]) -> str:
    if not lab.runs:
        return (
            f"no run with a command or options is known up to {lab.as_of}; log one in the Server note, or launch one "
            "with kwslab run."
        )
    if not any(run.stands for run in lab.runs):
        return (
            f"none of the {len(lab.runs)} runs known up to {lab.as_of} has a result that stands, so there is nothing "
            "to compare with."
        )
    if ideas:
        return "all suggestions were dismissed."
    tail = f" Passed over: {'; '.join(passed_over[:3])}." if passed_over else ""
    return (
        f"no open task names an option and a value, and the {len(lab.runs)} runs known up to {lab.as_of} leave no "
        f"untried neighbour of one config difference.{tail}"
    )


# --------------------------------------------------------------------------- kept suggestions


def save(suggestion: Suggestion, directory: Path) -> Path:
    """Keeps a suggestion with its prediction; one that is there already stays as it was predicted first.

    Args: directory: the data directory's `suggestions`; made when missing. Returns: the file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{suggestion.id}.json"
    if load(suggestion.id, directory) is None:
        write_aside(path, json.dumps(suggestion.to_json(), indent=1, ensure_ascii=False).encode())
    return path


def load(id: str, directory: Path) -> Suggestion | None:
    """A kept suggestion; None when there is none of that id, or its file is damaged."""
    if not re.fullmatch(r"[\w-]+", id):
        return None
    try:
        return Suggestion.from_json(json.loads((directory / f"{id}.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def dismiss(id: str, directory: Path, reason: str = "") -> None:
    """Never proposes a suggestion again."""
    table = _dismissals(directory)
    table[id] = reason
    directory.mkdir(parents=True, exist_ok=True)
    write_aside(directory / "dismissed.json", json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True).encode())


def dismissed(directory: Path) -> frozenset[str]:
    """Ids of all dismissed suggestions."""
    return frozenset(_dismissals(directory))


def _dismissals(directory: Path) -> dict[str, str]:
    try:
        table = json.loads((directory / "dismissed.json").read_text("utf-8"))
        return {str(key): str(value) for key, value in table.items()}
    except (OSError, ValueError, AttributeError):
        return {}
