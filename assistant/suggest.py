"""What to run next: one config difference against a named run, with evidence, prediction, cost and exact command.

Two sources: the open tasks that name an option and a value, and the ablation walk that the runs themselves show.
Everything is arithmetic over records and text of the notes; the same input always gives the same suggestions.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import itertools
import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import verdict
from fskws.config import TrainConfig, canonical_option, change_options, known_options, read_command
from fskws.errors import ConfigError
from fskws.runs import Record, write_aside
from vault_sync.notes import Note, Task


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
        evidence: wikilinks and run ids that the hypothesis rests on. closes: wikilinks of the tasks that ask for it.
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
    """Suggestions, best first. reason: why there is none, "" when there is one. passed_over: what was not proposed, why."""

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
) -> list[Suggestion]:
    """The best suggestions; see `propose`, which also says why there is none."""
    return list(propose(records, tasks, notes, as_of=as_of, top_k=top_k, dismissed=dismissed).suggestions)


def propose(
    records: Iterable[Record],
    tasks: Iterable[Task],
    notes: Iterable[Note] = (),
    *,
    as_of: datetime.date,
    top_k: int = 3,
    dismissed: Collection[str] = (),
) -> Proposals:
    """What to run next, best first.

    Args:
        records: all known runs. tasks: of the to-do notes, any state; copies on several days count once, the newest state wins.
        notes: read for later sentences that take a result back. as_of: nothing dated later is looked at.
        top_k: at most so many. dismissed: ids that are not wanted.
    """
    lab = _Lab.of(records, list(notes), as_of)
    passed_over: list[str] = []
    ideas = [*_from_tasks(lab, _open(tasks, as_of), passed_over), *_from_runs(lab)]
    ideas.sort(key=lambda idea: (-idea.score, idea.suggestion.title, idea.suggestion.id))
    chosen: list[Suggestion] = []
    targets: set[object] = set()
    for idea in ideas:
        if idea.target in targets or idea.suggestion.id in dismissed:
            continue
        targets.add(idea.target)
        chosen.append(idea.suggestion)
    if chosen:
        return Proposals(tuple(chosen[:top_k]), "", tuple(passed_over))
    return Proposals((), _why_nothing(lab, ideas, passed_over), tuple(passed_over))


# --------------------------------------------------------------------------- what is known of the runs


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Options that say where or how a command runs, not what is measured.
_ASIDE = _word_set(
    "gpu device dataroot data_root model_dir save_dir save_path log_dir output_dir out output resume threads workers "
    "num_workers checkpoint_every cache name exp_name run_name port debug wandb verbose print_freq local_rank"
)
#: Options of the older training script, for families that have not used them yet.
_SCRIPT_OPTIONS = sorted(
    _word_set(
        "lr_base decay epochs_base batch_size_base schedule tmax temperature spec_aug_mode noise_prob matrix_loss_metric "
        "num_features_pri vector_based_only sequential_layer load_from_file loss_lpc loss_lpc_shuffled loss_a_freq_cls "
        "loss_res_cls loss_aug_a_freq loss_aug_res loss_res_replace emb_rec_similarity epoch_guideline "
        "epoch_freeze_classifier final_logit_metric emb_replace_mode loss_regularize base_mode new_mode base_class "
        "num_classes way shot session dataset"
    )
)
_SEEDS = ("seed", "random_seed", "manual_seed")
_BACK = re.compile(
    r"\bwrong (?:code|data|setting|config|label|split|result|checkpoint|evaluat|loader|file)|\bresults? (?:is|are|was|were) (?:\w+ )?wrong"
    r"|\b(?:is|was|are|were) (?:\w+ )?(?:invalid|wrong|not valid|not comparable)\b|\binvalid (?:result|run|number)|\bretract|\bleak"
    r"|\b(?:do not|don'?t|never) (?:use|trust|cite|count)\b|\bbug (?:in|of|with)\b|\bbecause of (?:a|the) bug\b|\bby mistake\b"
    r"|\bnot a real (?:result|gain)|\bthrow (?:it |this |the \w+ )?away\b|\bcan(?:'t|not) be trusted|\btake(?:n)? (?:it |this )?back",
    re.I,
)
_MENDED = re.compile(
    r"\b(?:fixed|solved|right code|correct code|no longer|isn't|wasn't|not wrong|without the bug|after the fix)\b", re.I
)


def retraction(record: Record) -> str:
    """The sentence that takes a run's result back, or "". A run that merely failed has no result to take back."""
    for text in record.verdicts:
        kind, _, words = text.partition(":")
        kind = kind.strip().lower()
        if kind in ("fail", "error") and record.metrics:
            return words.strip() or kind
        if (
            kind in ("warning", "caution", "danger", "important", "note")
            and _BACK.search(words)
            and not _MENDED.search(words)
        ):
            return words.strip()
    for text in record.remarks:
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            if _BACK.search(sentence) and not _MENDED.search(sentence):
                return sentence.strip()
    return ""


def _normal(value: str | None) -> str | None:
    """Values that mean the same compare equal: 0.80 and .8, "GRU" and gru."""
    if value is None:
        return None
    text = value.strip().strip("'\"").strip()
    try:
        number = float(text)
    except ValueError:
        return {"yes": "true", "no": "false"}.get(text.lower(), text.lower())
    return repr(number) if math.isfinite(number) else text.lower()


def _number(value: str | None) -> float | None:
    try:
        number = float(value.strip().strip("'\"")) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class _Run:
    """A record, made comparable. family: runs of one program and project. config: option -> value as written, defaults
    included where they are known. argv: a command that gives this config, or () when none can be made.
    """

    record: Record
    family: tuple[str, ...]
    config: dict[str, str]
    argv: tuple[str, ...]
    taken_back: str
    value: float | None

    @property
    def stands(self) -> bool:
        return (
            self.value is not None and not self.taken_back and self.record.status not in ("failed", "stopped", "lost")
        )

    def key(self, without: Collection[str] = ()) -> tuple[tuple[str, str | None], ...]:
        """Equal for runs of equal settings."""
        return _config_key(self.config, without)

    @property
    def words(self) -> str:
        return self.record.title or self.record.description or self.record.id

    @property
    def place(self) -> str:
        """What a reader opens: the place in the notes, else the run."""
        return _wikilink(self.record) or self.record.id


def _config_key(config: Mapping[str, str | None], without: Collection[str] = ()) -> tuple[tuple[str, str | None], ...]:
    return tuple(
        sorted(
            (name, _normal(value)) for name, value in config.items()
            if value is not None and name not in _ASIDE and name not in without
        )
    )  # fmt: skip


def _wikilink(record: Record) -> str:
    links = [link for link in record.note_links if link]
    if links:
        best = next((link for link in links if "experiments" in link.lower()), links[0])
        return best if best.startswith("[[") else f"[[{best}]]"
    return f"[[{re.sub(r':[0-9]+$', '', record.link)}]]" if record.link else ""


def _is_fskws(family: tuple[str, ...]) -> bool:
    return family[:1] == ("fskws",)


@dataclass
class _Lab:
    """All runs up to a day, by family. families: the one used last comes first."""

    runs: list[_Run]
    families: dict[tuple[str, ...], list[_Run]]
    as_of: datetime.date
    notes: list[Note]

    @staticmethod
    def of(records: Iterable[Record], notes: list[Note], as_of: datetime.date) -> _Lab:
        known = {r.id: r for r in (_seen_on(record, as_of) for record in records) if r is not None}
        # One run told twice (in the notes and by its run directory): what was launched or observed knows more.
        told_twice = {
            other for r in known.values() for other in r.joined
            if other in known and (known[other].source == "logged", other) > (r.source == "logged", r.id)
        }  # fmt: skip
        kept = sorted(
            (r for r in known.values() if r.id not in told_twice), key=lambda r: (r.date, r.started_at or "", r.id)
        )
        back = _taken_back_later(kept, notes, as_of)
        runs = [_run(record, kept, back.get(record.id, "")) for record in kept if record.argv or record.config]
        families: dict[tuple[str, ...], list[_Run]] = {}
        for run in reversed(runs):
            families.setdefault(run.family, []).insert(0, run)
        return _Lab(runs, families, as_of, notes)

    def metric(self, family: tuple[str, ...]) -> str:
        """The metric that most runs of a family can be compared by."""
        names = [verdict.main_metric(run.record) for run in self.families[family] if run.stands]
        return max(sorted(set(names)), key=names.count) if names else ""

    def noise(self, family: tuple[str, ...], baseline: float | None) -> verdict.Noise:
        standing = [run.record for run in self.families[family] if run.stands]
        keys = {run.record.id: run.key(without=_SEEDS) for run in self.families[family]}
        return verdict.measured_noise(standing, self.metric(family), lambda r: keys[r.id], baseline)

    def rank(self, run: _Run) -> float:
        """Larger is better."""
        metric = self.metric(run.family)
        value = verdict.metric_value(run.record, metric)
        if value is None:
            return -math.inf
        return -value if verdict.less_is_better(metric) else value


def _seen_on(record: Record, as_of: datetime.date) -> Record | None:
    """The record as it was known on a day: a run that ended later had no result yet."""
    day = as_of.isoformat()
    if record.date > day and not (record.started_at and record.started_at[:10] <= day):
        return None
    if record.ended_at and record.ended_at[:10] > day:
        # A night's run that ended before the lab day was over still belongs to it.
        if record.date <= day and record.ended_at[:13] <= f"{as_of + datetime.timedelta(days=1)}T05":
            return record
        return dataclasses.replace(
            record, status="running", metrics={}, ended_at=None, exit_code=None, remarks=(), verdicts=()
        )
    return record


def _run(record: Record, among: Sequence[Record], later: str) -> _Run:
    command = read_command(record.argv) if record.argv else None
    config = {
        name.replace("-", "_"): value for name, value in (record.config or (command.options if command else {})).items()
    }
    family = _family(record, config)
    argv = _argv(record, config, among)
    if _is_fskws(family):
        config = _whole(config)
    metric = verdict.main_metric(record)
    value = verdict.metric_value(record, metric) if metric else None
    return _Run(record, family, config, argv, retraction(record) or later, value)


def _whole(config: Mapping[str, str]) -> dict[str, str]:
    """All settings of this project's own trainer, defaults filled in, so that leaving one out compares equal."""
    try:
        return {name: value for name, value in TrainConfig.from_options(config).to_options().items() if value != ""}
    except ConfigError:
        canonical: dict[str, str] = {}
        for name, value in config.items():
            try:
                canonical[canonical_option(name)] = value
            except ConfigError:
                canonical[name] = value
        return canonical


def _family(record: Record, config: Mapping[str, str]) -> tuple[str, ...]:
    if not record.argv:
        return ("?", "", config.get("project", ""))
    command = read_command(record.argv)
    program = [word for word in command.program if "=" not in word]
    if "fskws" in program or any(word.startswith("fskws") for word in program):
        return ("fskws", *command.positional)
    script = next((word for word in program if word.endswith(".py")), program[-1] if program else "")
    return (script.rsplit("/", 1)[-1], " ".join(command.positional), config.get("project", ""))


def _argv(record: Record, config: Mapping[str, str], among: Sequence[Record]) -> tuple[str, ...]:
    """A command that gives the record's config: its own, or that of the most similar run of its project, changed."""
    if record.argv:
        donor = record
    else:
        similar = [r for r in among if r.argv and r.config.get("project", "") == config.get("project", "")]
        if not similar or not config:
            return ()
        donor = min(similar, key=lambda r: (len(_differences(read_command(r.argv).options, config)), r.id))
    return _changed(donor.argv, _differences(read_command(donor.argv).options, config))


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str | None]:
    """Changes that make one config the other."""
    names = [*new, *(name for name in old if name not in new)]
    return {name: new.get(name) for name in names if _normal(old.get(name)) != _normal(new.get(name))}


def _changed(argv: Sequence[str], changes: Mapping[str, str | None]) -> tuple[str, ...]:
    """The command's words with some options changed, outer quotes taken off; a bare flag is added bare."""
    bare = [name for name, value in changes.items() if value == "true" and name not in read_command(argv).options]
    words = change_options(argv, {name: value for name, value in changes.items() if name not in bare})
    style = next(
        (word for word in reversed(words) if re.match(r"--?[A-Za-z]", word) and word not in ("-m", "-c")), "-x"
    )
    words += [("--" if style.startswith("--") else "-") + name for name in bare]
    return tuple(word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"" else word for word in words)


_LINK = re.compile(r"\[\[([^\]|#]*)#([^\]|^]+)[^\]]*\]\]")


def _taken_back_later(records: Sequence[Record], notes: Iterable[Note], as_of: datetime.date) -> dict[str, str]:
    """Run id -> the sentence of a later note that takes the result under a linked heading back."""
    found: dict[str, str] = {}
    places: dict[str, list[Record]] = {}
    for record in records:
        for link in {*record.note_links, re.sub(r":\d+$", "", record.link)}:
            if link:
                places.setdefault(_place_key(link), []).append(record)
    for note in notes:
        for section in note.sections:
            if section.date is not None and section.date > as_of:
                continue
            for line in section.text.splitlines():
                if not _BACK.search(line) or _MENDED.search(line):
                    continue
                for target, heading in _LINK.findall(line):
                    there = places.get(_place_key(f"{target or note.name}#{heading}"), [])
                    earlier = [r for r in there if section.date is None or r.date <= section.date.isoformat()]
                    said = _words(line)
                    named = [r for r in earlier if len(said & _words(f"{r.title} {r.description}")) >= 2]
                    for record in (named or earlier) if len(earlier) > 1 else earlier:
                        found.setdefault(record.id, " ".join(_LINK.sub(" ", line).split()).strip("-*> "))
    return found


def _place_key(link: str) -> str:
    target, _, heading = link.strip().removeprefix("[[").removesuffix("]]").partition("#")
    return f"{target.strip().removesuffix('.md').lower()}#{re.sub(r'[^a-z0-9]+', '', heading.lower())}"


_SMALL = _word_set("the a an of on in with and or for to at is it was be as by not no from this that all one")


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z][a-z0-9_]+", text.lower()) if word not in _SMALL}


# --------------------------------------------------------------------------- making a suggestion


@dataclass(frozen=True)
class _Idea:
    suggestion: Suggestion
    score: float
    target: object


@dataclass(frozen=True)
class _Effect:
    """What changing one option alone did between two runs. gain: positive is better."""

    option: str
    old: str | None
    new: str | None
    before: _Run
    after: _Run
    gain: float
    difference: float

    @property
    def text(self) -> str:
        return (
            f"{self.option} {_show(self.old)} -> {_show(self.new)}, all else equal: "
            f"{_plain(self.before.value)} -> {_plain(self.after.value)} ({self.difference:+g})"
        )


def _show(value: str | None) -> str:
    return "not given" if value is None else value.strip("'\"")


def _plain(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _effects(lab: _Lab, family: tuple[str, ...]) -> list[_Effect]:
    """All pairs of standing runs that differ in one option, seeds aside; each from its worse to its better run."""
    metric = lab.metric(family)
    standing = [
        run for run in lab.families[family] if run.stands and verdict.metric_value(run.record, metric) is not None
    ]
    effects = []
    for one, other in itertools.combinations(standing, 2):
        changed = {
            name for name in {*one.config, *other.config}
            if name not in _ASIDE and name not in _SEEDS and _normal(one.config.get(name)) != _normal(other.config.get(name))
        }  # fmt: skip
        if len(changed) != 1:
            continue
        name = changed.pop()
        low, high = sorted((one, other), key=lab.rank)
        a, b = verdict.metric_value(low.record, metric), verdict.metric_value(high.record, metric)
        assert a is not None and b is not None
        difference = round(b - a, 6)
        effects.append(
            _Effect(name, low.config.get(name), high.config.get(name), low, high, abs(difference), difference)
        )
    return effects


def _make(
    lab: _Lab,
    parent: _Run,
    changes: Mapping[str, str | None],
    *,
    kind: str,
    why: str,
    evidence: Iterable[str] = (),
    closes: Iterable[str] = (),
    direction: str = "",
    predicted: tuple[float, str] | None = None,
    score: float,
) -> _Idea:
    """Puts a suggestion together. changes: option -> new value. predicted: (value, the arithmetic in words)."""
    metric = lab.metric(parent.family) or verdict.main_metric(parent.record) or "harmonic_mean"
    baseline = verdict.metric_value(parent.record, metric)
    noise = lab.noise(parent.family, baseline)
    better = "lower" if verdict.less_is_better(metric) else "higher"
    direction = direction or better
    words = verdict.metric_words(metric)
    diff = {name: {"from": parent.config.get(name), "to": value} for name, value in changes.items()}
    number = f"; {predicted[1]}" if predicted else "; no number predicted"
    if direction == "same":
        expected = f"{words} within {noise.threshold:g} of {_plain(baseline)} ({parent.record.id})"
        number = ""
    else:
        expected = f"{words} {direction} than {_plain(baseline)} ({parent.record.id})"
    prediction = Prediction(
        metric,
        direction,
        baseline,
        predicted[0] if predicted else None,
        noise.threshold,
        f"{expected}{number}. Chance: {noise.text}.",
    )
    config: dict[str, str | None] = {**parent.config, **changes}
    argv = _changed(parent.argv, changes)
    identity = json.dumps([parent.record.id, {n: _normal(v) for n, v in sorted(changes.items())}, kind == "redo"])
    digest = base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode().lower()
    change_words = ", ".join(f"{name} {_show(d['from'])} -> {_show(d['to'])}" for name, d in diff.items())
    title = change_words or (
        "the same command once more" if kind != "redo" else "the same command on the code as it is now"
    )
    warned = (
        f' The parent\'s result is retracted ("{parent.taken_back}"); its figures are no evidence.'
        if parent.taken_back
        else ""
    )
    suggestion = Suggestion(
        id=f"s-{digest[:8]}",
        title=f"{title} ({_clip(parent.words)})",
        hypothesis=f"{why}{warned}",
        evidence=tuple(dict.fromkeys([*evidence, parent.place])),
        parent=parent.record.id,
        diff=diff,
        argv=argv,
        prediction=prediction,
        cost=_cost(lab, parent, changes),
        closes=tuple(dict.fromkeys(closes)),
        novelty=_novelty(lab, parent, config, kind),
        kind=kind,
    )
    return _Idea(suggestion, score, (parent.family, _config_key(config)))


def _clip(text: str, limit: int = 60) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= limit else text[: limit - 3].rsplit(" ", 1)[0] + "..."


def _already(lab: _Lab, family: tuple[str, ...], config: Mapping[str, str | None]) -> _Run | None:
    """The run that had just these settings, standing results before others, newest first."""
    key = _config_key(config)
    same = [run for run in lab.families[family] if run.key() == key]
    return max(same, key=lambda run: (run.stands, run.record.date, run.record.id)) if same else None


def _novelty(lab: _Lab, parent: _Run, config: Mapping[str, str | None], kind: str) -> str:
    runs = lab.families[parent.family]
    if kind in ("redo", "repeat"):
        return f"a repeat, on purpose, of {parent.record.id}"
    wanted = dict(_config_key(config))
    nearest = min(runs, key=lambda run: (_distance(dict(run.key()), wanted), run.record.id))
    count = "the one run" if len(runs) == 1 else f"the nearest of {len(runs)} runs"
    differing = sorted(n for n in {*wanted, *dict(nearest.key())} if wanted.get(n) != dict(nearest.key()).get(n))
    return f"not run before; {count} of this program is {nearest.record.id}, which differs in {', '.join(differing)}"


def _distance(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> int:
    return sum(1 for name in {*one, *other} if one.get(name) != other.get(name))


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


def _cost(lab: _Lab, parent: _Run, changes: Mapping[str, str | None]) -> Cost:
    """From the parent's own duration, else from the most similar run that has one, scaled by epochs and clips."""
    config: dict[str, str | None] = {**parent.config, **changes}
    timed = [run for run in lab.families[parent.family] if _seconds(run.record) is not None]
    if not timed:
        return Cost(None, "unknown: no similar run has a known duration")
    wanted = dict(_config_key(config))
    like = min(
        timed, key=lambda run: (run.record.id != parent.record.id, _distance(dict(run.key()), wanted), run.record.id)
    )
    seconds = _seconds(like.record) or 0.0
    scaled = ""
    for name in _SCALES_TIME:
        old, new = _number(like.config.get(name)), _number(config.get(name))
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


def _open(tasks: Iterable[Task], as_of: datetime.date) -> list[Task]:
    """Tasks that are still to be done, each once, newest first."""
    newest: dict[str, Task] = {}
    for task in tasks:
        if task.date is not None and task.date > as_of:
            continue
        key = _task_key(task.text)
        old = newest.get(key)
        if old is None or (task.date or datetime.date.min, task.line) >= (old.date or datetime.date.min, old.line):
            newest[key] = task
    found = [
        task for task in newest.values()
        if task.state in (" ", ">", "-") and not task.struck and not re.search(r"\[!(?:fail|success|error)\]", task.text, re.I)
    ]  # fmt: skip
    return sorted(found, key=lambda t: (-(t.date or datetime.date.min).toordinal(), t.note, t.line))


def _task_key(text: str) -> str:
    return " ".join(re.findall(r"[\w.]+", re.sub(r"^\d{1,2}:\d{2}(?::\d{2})?\s*:", "", text).lower()))


def _task_link(task: Task) -> str:
    name = task.note.removesuffix(".md")
    return f"[[{name}#{task.heading}]]" if task.heading else f"[[{name}]]"


@dataclass(frozen=True)
class _Wish:
    """What a task asks for. settings: option -> value, or "+" / "-" for more or less of it. repeat: the same again."""

    settings: tuple[tuple[str, str], ...]
    repeat: bool = False


#: How prose calls an option.
_SPOKEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(?:base )?learning[ -]rate|\blr\b", ("lr_base", "lr")),
    (r"weight[ -]decay", ("decay", "weight_decay")),
    (r"(?:base )?epochs?", ("epochs_base", "epochs")),
    (r"batch[ -]?size|\bbatch\b", ("batch_size_base", "batch_size")),
    (r"noise(?: probability| prob)?", ("noise_prob",)),
    (r"lpc loss", ("loss_lpc",)),
    (r"sequen(?:ce|tial) (?:module|layer)", ("sequential_layer",)),
    (r"n[ -]way", ("n_way", "way")),
    (r"k[ -]shot|\bshots?\b", ("k_shot", "shot")),
)
_VALUE = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]*[A-Za-z_])"
_AFTER = re.compile(
    rf"^[`'\"*=:\s]*(?:(?:with|of|to|at|is|as|by|value|values|set to|only|be)\s+)*[`'\"*=:\s]*(?P<from>from\s+{_VALUE}\s+to\s+)?"
    rf"(?P<first>{_VALUE})(?P<more>(?:\s*(?:,|/|&|and|or|->|,\s*and)\s*{_VALUE})*)"
)
_BEFORE = re.compile(rf"(?P<first>{_VALUE})\s*[`'\"*(]*$")
_MORE = re.compile(r"\b(?:more|higher|larger|longer|bigger|increase|raise|stronger)\b[\s`]*(?:the\s+)?[`]*$", re.I)
_LESS = re.compile(r"\b(?:less|fewer|lower|smaller|shorter|decrease|reduce|weaker)\b[\s`]*(?:the\s+)?[`]*$", re.I)
_WITHOUT = re.compile(r"\b(?:without|no|remove|drop|turn(?:ing)? off|disable)\b[\s`]*(?:the\s+|any\s+)?[`]*$", re.I)
_AGAIN = re.compile(
    r"\b(?:(?:an)?other (?:\w+ )?seeds?|different seeds?|more seeds|repeat|once more|again|reproduce|re-?run|redo|same (?:setting|command|config)\w* twice)\b",
    re.I,
)
_NEEDS_CODE = re.compile(r"\b(?:two|three|four|2|3|4|five|5|more)\s+(?:\w+\s+)?layers?\b", re.I)


def _options_of(lab: _Lab, family: tuple[str, ...]) -> list[str]:
    """Options that a task may name for this family, those in use first."""
    used: dict[str, None] = {}
    for run in lab.families[family]:
        used.update(dict.fromkeys(run.config))
    known = list(known_options()) if _is_fskws(family) else _SCRIPT_OPTIONS if family[0].endswith(".py") else []
    return [name for name in dict.fromkeys([*used, *known]) if name not in _ASIDE]


def _values_of(lab: _Lab, family: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Value words (lower case) -> (option, value as written), for values that are names and belong to one option."""
    owners: dict[str, set[tuple[str, str]]] = {}
    for run in lab.families[family]:
        for name, value in run.config.items():
            text = value.strip("'\"")
            if name in _ASIDE or name in ("project", "class_order", "words") or _number(text) is not None:
                continue
            if (
                len(text) >= 3
                and re.fullmatch(r"[A-Za-z][\w-]*", text)
                and text.lower() not in ("none", "true", "false")
            ):
                owners.setdefault(text.lower(), set()).add((name, text))
    if not _is_fskws(family):
        for text in ("Transformer", "GRU"):
            if "sequential_layer" in _options_of(lab, family):
                owners.setdefault(text.lower(), set()).add(("sequential_layer", text))
    return {text: min(owner) for text, owner in owners.items() if len({name for name, _ in owner}) == 1}


def _mentions(text: str, options: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where a text names options: (start, end, option), in order, never overlapping; in either word order."""
    found: list[tuple[int, int, str]] = []
    taken: list[tuple[int, int]] = []

    def take(pattern: str, option: str) -> None:
        for match in re.finditer(pattern, text, re.I):
            if all(match.end() <= a or match.start() >= b for a, b in taken):
                taken.append((match.start(), match.end()))
                found.append((match.start(), match.end(), option))

    for option in sorted(options, key=lambda name: (-len(name), name)):
        parts = option.split("_")
        orders = itertools.permutations(parts) if 2 <= len(parts) <= 3 else [tuple(parts)]
        if len(parts) == 1 and len(option) < 4:
            take(rf"(?<![\w-])[`-]{{1,3}}{re.escape(option)}\b`?", option)
            if option == "tau":
                take(r"\btau\b", option)
            continue
        if len(parts) == 1:
            take(rf"(?<!\w)-{{0,2}}`?{re.escape(option)}\b`?", option)
            continue
        for order in orders:
            take(rf"(?<!\w)`?-{{0,2}}{'[_ -]'.join(map(re.escape, order))}(?!\w)`?", option)
    for pattern, names in _SPOKEN:
        option = next((name for name in names if name in options), "")
        if option:
            take(rf"(?<![\w_]){pattern}(?![\w_])", option)
    return sorted(found)


def _wishes(
    text: str, options: Sequence[str], values: Mapping[str, tuple[str, str]], seen: Mapping[str, list[str]]
) -> list[_Wish]:
    """What a task's text asks for, one wish a value where it lists several.

    Args: text: of the task. options: that it may name. values: see `_values_of`. seen: option -> values in use.
    """
    text = re.sub(r"\[\[[^\]]*\]\]|^\s*\d{1,2}:\d{2}(?::\d{2})?\s*:", " ", text)
    lists: dict[str, list[str]] = {}
    used: list[tuple[int, int]] = []
    for start, end, option in _mentions(text, options):
        after, before = _AFTER.match(text[end:]), _BEFORE.search(text[:start])
        if before and any(a <= before.start() < b for a, b in used):
            before = None
        if after and not (option.startswith("noise") and re.match(r"\s*(?:and|or)\b", text[end:])):
            numbers = [after["first"], *re.findall(_VALUE, after["more"] or "")]
            used.append((end + after.start("first"), end + after.end()))
        elif before:
            numbers = [before["first"]]
            used.append((before.start(), before.end()))
        elif _WITHOUT.search(text[:start]):
            numbers = [_off_value(option, seen.get(option, []))]
        elif _MORE.search(text[:start]):
            numbers = ["+"]
        elif _LESS.search(text[:start]):
            numbers = ["-"]
        elif option == "noise_prob" and re.search(r"\b(?:with|add|adding)\s+`?$", text[:start], re.I):
            on = [v for v in seen.get(option, []) if _number(v)]
            numbers = [max(on, key=on.count)] if on else []
        else:
            numbers = []
        for number in numbers:
            if number and number not in lists.setdefault(option, []):
                lists[option].append(number)
    for match in re.finditer(r"[A-Za-z][\w-]+", text):
        owner = values.get(match[0].lower())
        if owner is None:
            continue
        option, value = owner
        if _WITHOUT.search(text[: match.start()]):
            value = _off_value(option, seen.get(option, []))
        if value and value not in lists.setdefault(option, []):
            lists[option].append(value)
    lists = {option: numbers for option, numbers in lists.items() if numbers}
    # An explicit number outranks "more" of the same option: "more epochs, `epochs_base` 15".
    for option, numbers in lists.items():
        exact = [n for n in numbers if n not in "+-"]
        lists[option] = exact or numbers
    if not lists:
        return [_Wish((), True)] if _AGAIN.search(text) else []
    if _NEEDS_CODE.search(text) and not any("layers" in option for option in lists):
        return []
    combinations = list(itertools.product(*([(option, n) for n in numbers] for option, numbers in lists.items())))
    return [_Wish(tuple(sorted(settings))) for settings in combinations[:8]]


def _off_value(option: str, seen: Sequence[str]) -> str:
    """How "without" is written for an option, as far as the runs tell; "" when they do not."""
    for value in seen:
        if _number(value) == 0 or value.strip("'\"").lower() in ("none", "false", "off"):
            return value
    if option == "sequential_layer":
        return "None"
    return "0.0" if option.endswith("_prob") else ""


def _from_tasks(lab: _Lab, tasks: Sequence[Task], passed_over: list[str]) -> list[_Idea]:
    ideas: list[_Idea] = []
    for task in tasks:
        age = (lab.as_of - task.date).days if task.date else 30
        base = 100.0 - min(30.0, 0.75 * age) - {"-": 12.0, ">": 20.0}.get(task.state, 0.0)
        for order, (parent, changes, wish) in enumerate(_mapped(lab, task, passed_over)):
            ideas.append(_task_idea(lab, task, parent, changes, wish, base - 12.0 * order))
    return ideas


def _mapped(lab: _Lab, task: Task, passed_over: list[str]) -> list[tuple[_Run, dict[str, str | None], _Wish]]:
    """The (parent, changes) that a task asks for, not yet run ones only; values that a task lists stay in its order."""
    text = " ".join([task.text, *(line for line in task.sublines if not re.match(r"\s*>", line))])
    linked = {_place_key(f"{link.target}#{link.heading}") for link in task.links if link.heading}
    candidates: dict[int, list[tuple[tuple[Any, ...], _Run, dict[str, str | None], _Wish]]] = {}
    asked = False
    day = task.date.isoformat() if task.date else "9999"
    in_use = sorted(
        lab.families, key=lambda f: max((r.record.date for r in lab.families[f] if r.record.date <= day), default="")
    )
    for family, runs in lab.families.items():
        recency = -in_use.index(family)  # the program in use when the task was written is the one it means
        options = _options_of(lab, family)
        seen: dict[str, list[str]] = {}
        for run in runs:
            for name, value in run.config.items():
                seen.setdefault(name, []).append(value)
        overlap = max(len(_words(text) & _words(f"{r.record.title} {r.record.description}")) for r in runs)
        wishes = _wishes(text, options, _values_of(lab, family), seen)
        for number, wish in enumerate(wishes):
            asked = True
            for run in runs:
                if not run.argv or (not run.stands and not wish.repeat):
                    continue
                place = {
                    _place_key(link) for link in (*run.record.note_links, re.sub(r":\d+$", "", run.record.link)) if link
                }
                is_linked = bool(place & linked)
                changes = _changes(run, wish, seen)
                if wish.repeat and (not is_linked or not run.value):
                    continue
                if changes is None:
                    continue
                added = sum(1 for name in changes if name not in run.config)
                # Nearest first: linked, then fewest changes, words in common, the program used last, the best result.
                order = (
                    not is_linked, len(changes), added, -overlap, recency, -lab.rank(run), _reversed(run.record.date), run.record.id,
                )  # fmt: skip
                candidates.setdefault(number, []).append((order, run, changes, wish))
    result: list[tuple[_Run, dict[str, str | None], _Wish]] = []
    for number in sorted(candidates):
        _, run, changes, wish = min(candidates[number], key=lambda c: c[0])
        done = None if wish.repeat else _already(lab, run.family, {**run.config, **changes})
        if done is not None and not done.taken_back:
            passed_over.append(f'task "{_clip(task.text)}": {done.record.id} had these settings ({done.record.status})')
            continue
        if done is not None:
            # The only run of it is retracted: the task asks for doing it again.
            result.append((done, {}, _Wish((), True)))
            continue
        if len(changes) > 2:
            passed_over.append(
                f'task "{_clip(task.text)}": {len(changes)} options from the nearest run {run.record.id}, no single difference'
            )
            continue
        result.append((run, changes, wish))
    if asked and not candidates:
        passed_over.append(f'task "{_clip(task.text)}": no run with a result that it could be compared with')
    return result


def _reversed(date: str) -> tuple[int, ...]:
    return tuple(-ord(character) for character in date)


def _changes(run: _Run, wish: _Wish, seen: Mapping[str, list[str]]) -> dict[str, str | None] | None:
    """What a wish changes against a run; None when it asks for nothing else than that run."""
    if wish.repeat:
        return _other_seed(run, seen)
    changes: dict[str, str | None] = {}
    for option, value in wish.settings:
        if value in ("+", "-"):
            old = _number(run.config.get(option))
            if not old:
                return None
            new = _written(old * 2 if value == "+" else old / 2, run.config.get(option) or "")
            changes[option] = _within(option, new)
        elif _normal(run.config.get(option)) != _normal(value):
            if option not in run.config and (_number(value) == 0 or value.lower() in ("none", "false")):
                continue  # not given is as good as off
            changes[option] = value.strip("'\"").rstrip(".")
    return changes or None


def _other_seed(run: _Run, seen: Mapping[str, list[str]]) -> dict[str, str | None]:
    for name in _SEEDS:
        if name in run.config:
            used = {number for value in seen.get(name, []) if (number := _number(value)) is not None}
            new = next(n for n in itertools.count(1) if float(n) not in used)
            return {name: str(new)}
    return {}


def _task_idea(lab: _Lab, task: Task, parent: _Run, changes: dict[str, str | None], wish: _Wish, score: float) -> _Idea:
    said = " ".join(re.sub(r"\[\[[^\]]*\]\]", "", task.text).split())
    why = f'An open task asks for it: "{said}"'
    if not why.rstrip('"').endswith((".", "!", "?")):
        why += "."
    evidence = [_task_link(task)]
    known = [e for e in _effects(lab, parent.family) if e.option in changes]
    known.sort(
        key=lambda e: (
            e.before.record.id != parent.record.id and e.after.record.id != parent.record.id,
            -e.gain,
            e.after.record.id,
        )
    )
    for effect in known[:2]:
        why += f" Measured: {effect.text}."
        evidence += [effect.before.place, effect.after.place]
    if wish.repeat and not changes and parent.taken_back:
        kind = "redo"
        direction = "same"
    else:
        kind = "repeat" if wish.repeat else "task"
        direction = "same" if wish.repeat else ""
    return _make(
        lab,
        parent,
        changes,
        kind=kind,
        why=why,
        evidence=evidence,
        closes=[_task_link(task)],
        direction=direction,
        score=score,
    )


# --------------------------------------------------------------------------- from the ablation walk


def _from_runs(lab: _Lab) -> list[_Idea]:
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


def _redo(lab: _Lab, family: tuple[str, ...]) -> list[_Idea]:
    """A retracted result whose settings were not run again since."""
    ideas = []
    for run in lab.families[family]:
        if not run.taken_back or not run.argv:
            continue
        again = [other for other in lab.families[family] if other.key() == run.key() and not other.taken_back]
        if any(other.stands or other.record.status == "running" for other in again):
            continue
        why = f'The result of {run.record.id} is taken back ("{run.taken_back}") and its settings have no result that stands.'
        age = (lab.as_of - datetime.date.fromisoformat(run.record.date[:10])).days
        ideas.append(
            _make(
                lab,
                run,
                {},
                kind="redo",
                why=why,
                evidence=[run.place],
                direction="same",
                score=74.0 - min(20.0, 0.5 * age),
            )
        )
    return ideas


def _combine(lab: _Lab, family: tuple[str, ...]) -> list[_Idea]:
    """A change that helped one run, made to another good run that does not have it yet."""
    metric = lab.metric(family)
    if not metric:
        return []
    effects = [e for e in _effects(lab, family) if e.gain > 0 and e.new is not None]
    standing = sorted(
        (r for r in lab.families[family] if r.stands and r.argv), key=lambda r: (-lab.rank(r), r.record.id)
    )
    ideas = []
    for rank, parent in enumerate(standing[:4]):
        value = verdict.metric_value(parent.record, metric)
        if value is None:
            continue
        for effect in effects:
            if (
                _normal(parent.config.get(effect.option)) != _normal(effect.old)
                or effect.before.record.id == parent.record.id
            ):
                continue
            target: dict[str, str | None] = {**parent.config, effect.option: effect.new}
            if _already(lab, family, target):
                continue
            predicted = round(value + effect.difference, 3)
            noise = lab.noise(family, value)
            real = effect.gain >= noise.threshold
            why = (
                f"A change that helped elsewhere was not tried here. Measured: {effect.text}. If it adds up, "
                f"{value:g} {'+' if effect.difference >= 0 else '-'} {abs(effect.difference):g} = {predicted:g}."
            )
            if not real:
                why += f" The gain is within chance ({noise.text})."
            best = verdict.metric_value(standing[0].record, metric) or 0.0
            ahead = (best - predicted if verdict.less_is_better(metric) else predicted - best) > 0
            score = (68.0 if real and ahead else 52.0) - 3.0 * rank + min(3.0, effect.gain / 10)
            ideas.append(
                _make(
                    lab,
                    parent,
                    {effect.option: effect.new},
                    kind="combine",
                    why=why,
                    evidence=[effect.before.place, effect.after.place],
                    predicted=(predicted, f"{predicted:g} if the measured difference adds up"),
                    score=score,
                )
            )
    return ideas


_SHARES = re.compile(r"prob|dropout|alpha|momentum|shrinkage|amplitude")


def _within(option: str, value: str) -> str:
    number = _number(value)
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


def _neighbours(lab: _Lab, family: tuple[str, ...]) -> list[_Idea]:
    """The next value of an option that was varied around the best run: beyond the best one, or between the two best."""
    metric = lab.metric(family)
    if not metric:
        return []
    standing = sorted(
        (r for r in lab.families[family] if r.stands and r.argv), key=lambda r: (-lab.rank(r), r.record.id)
    )
    ideas = []
    for rank, best in enumerate(standing[:2]):
        for option in sorted(best.config):
            if option in _ASIDE or option in _SEEDS or _number(best.config[option]) is None:
                continue
            rest = best.key(without=(option, *_SEEDS))
            series: dict[float, _Run] = {}
            for run in standing:
                number = _number(run.config.get(option))
                if number is not None and run.key(without=(option, *_SEEDS)) == rest:
                    series.setdefault(number, run)  # standing is best first
            own = _number(best.config[option]) or 0.0
            if len(series) < 2 or max(series, key=lambda v: (lab.rank(series[v]), -v)) != own:
                continue
            step = _next_value(option, own, sorted(series), [lab.rank(series[v]) for v in sorted(series)])
            if step is None:
                continue
            value = _written(step[0], best.config[option])
            if _number(value) in series or _already(lab, family, {**best.config, option: value}):
                continue
            tried = ", ".join(f"{_show(series[v].config[option])}: {_plain(series[v].value)}" for v in sorted(series))
            why = f"{option} was tried at {tried}, all else equal; the best one is {step[1]}."
            newest = max(series[v].record.date for v in series)
            age = (lab.as_of - datetime.date.fromisoformat(newest[:10])).days
            ideas.append(
                _make(
                    lab,
                    best,
                    {option: value},
                    kind="neighbour",
                    why=why,
                    evidence=[series[v].place for v in sorted(series)],
                    score=60.0 - 6.0 * rank - min(15.0, 0.5 * age),
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


def _repeat(lab: _Lab, family: tuple[str, ...]) -> list[_Idea]:
    """The best result, run again: one run alone can be luck, the more so the further it stands above the others."""
    metric = lab.metric(family)
    standing = sorted(
        (r for r in lab.families[family] if r.stands and r.argv), key=lambda r: (-lab.rank(r), r.record.id)
    )
    if not metric or len(standing) < 2:
        return []
    best = standing[0]
    same = [run for run in lab.families[family] if run.key(without=_SEEDS) == best.key(without=_SEEDS)]
    if len([run for run in same if not run.taken_back]) > 1:
        return []
    second = next((run for run in standing[1:] if run.key(without=_SEEDS) != best.key(without=_SEEDS)), standing[1])
    margin = round(lab.rank(best) - lab.rank(second), 3)
    noise = lab.noise(family, best.value)
    seen: dict[str, list[str]] = {}
    for run in lab.families[family]:
        for name, value in run.config.items():
            seen.setdefault(name, []).append(value)
    changes = _other_seed(best, seen)
    surprising = margin > 3 * noise.threshold
    why = f"{best.record.id} is the best so far, {margin:g} above {second.record.id}, and was run once."
    if surprising:
        why += " That is more than such a change gave before; before building on it, see whether it repeats."
    return [
        _make(
            lab,
            best,
            changes,
            kind="repeat",
            why=why,
            evidence=[best.place, second.place],
            direction="same",
            score=66.0 if surprising else 44.0,
        )
    ]


def _why_nothing(lab: _Lab, ideas: Sequence[_Idea], passed_over: Sequence[str]) -> str:
    if not lab.runs:
        return f"no run with a command or options is known up to {lab.as_of}; log one in the Server note, or launch one with kwslab run."
    if not any(run.stands for run in lab.runs):
        return f"none of the {len(lab.runs)} runs known up to {lab.as_of} has a result that stands, so there is nothing to compare with."
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
