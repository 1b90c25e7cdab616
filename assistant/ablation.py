"""The runs of a vault as the researcher's ablation walk: which are comparable, which still stand, what one change did.

Records in, comparable runs out; what nobody measured is not filled in, save the defaults of this project's own trainer.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant import verdict
from assistant.remembered import per_record
from assistant.retrieve import harmonic_misfit
from fskws.config import Command, TrainConfig, canonical_option, change_options, read_command
from fskws.errors import ConfigError
from fskws.runs import SESSION_METRICS, Record
from vault_sync.notes import Note


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Options that say where or how a command runs, not what is measured.
ASIDE = _word_set(
    "gpu device dataroot data_root model_dir save_dir save_path log_dir output_dir out output resume threads workers "
    "num_workers checkpoint_every cache name exp_name run_name port debug wandb verbose print_freq local_rank"
)
#: Options that change what is measured, not how well it is done.
PROTOCOL = _word_set(
    "project dataset data words clips_per_word splits base_class base_classes num_classes way n_way shot k_shot "
    "session sessions preset class_order support draws"
)
SEEDS = ("seed", "random_seed", "manual_seed")
_BACK = re.compile(
    r"\bwrong (?:code|data|setting|config|label|split|result|checkpoint|evaluat|loader|file)"
    r"|\bresults? (?:is|are|was|were) (?:\w+ )?wrong"
    r"|\b(?:is|was|are|were) (?:\w+ )?(?:invalid|wrong|not valid|not comparable)\b"
    r"|\binvalid (?:result|run|number)|\bretract|\bleak"
    r"|\b(?:do not|don'?t|never) (?:use|trust|cite|count)\b"
    r"|\bbug (?:in|of|with)\b|\bbecause of (?:a|the) bug\b|\bby mistake\b"
    r"|\bnot a real (?:result|gain)|\bthrow (?:it |this |the \w+ )?away\b"
    r"|\bcan(?:'t|not) be trusted|\btake(?:n)? (?:it |this )?back",
    re.I,
)
_MENDED = re.compile(
    r"\b(?:fixed|solved|right code|correct code|no longer|isn't|wasn't|not wrong|without the bug|after the fix)\b", re.I
)


@per_record
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


@functools.lru_cache(maxsize=16384)
def normal_value(value: str | None) -> str | None:
    """Values that mean the same compare equal: 0.80 and .8, "GRU" and gru."""
    if value is None:
        return None
    text = value.strip().strip("'\"").strip()
    try:
        number = float(text)
    except ValueError:
        return {"yes": "true", "no": "false"}.get(text.lower(), text.lower())
    return repr(number) if math.isfinite(number) else text.lower()


@functools.lru_cache(maxsize=16384)
def number_of(value: str | None) -> float | None:
    """A value's number; None when it is none."""
    try:
        number = float(value.strip().strip("'\"")) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Run:
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

    @functools.cached_property
    def settings(self) -> dict[str, str]:
        """Option -> value in the form that compares equal, without what only says where the command runs."""
        return dict(config_key(self.config))

    def key(self, without: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
        """Equal for runs of equal settings."""
        return tuple((name, value) for name, value in self.settings.items() if name not in without)

    @functools.cached_property
    def _hashes(self) -> dict[str, int]:
        found = {name: hash((name, value)) for name, value in self.settings.items() if name not in SEEDS}
        return {"": sum(found.values()), **found}

    def rest(self, option: str = "") -> int:
        """Equal for runs whose settings are equal, save the seed and one option."""
        return self._hashes[""] - (self._hashes.get(option, 0) if option else 0)

    @functools.cached_property
    def protocol(self) -> frozenset[tuple[str, str]]:
        """Its settings of data and protocol."""
        return frozenset(item for item in self.settings.items() if item[0] in PROTOCOL)

    @functools.cached_property
    def places(self) -> frozenset[str]:
        """Where the notes tell of it; see `place_key`."""
        return places_of(self.record)

    @functools.cached_property
    def told(self) -> frozenset[str]:
        """The words that may tell it from another run."""
        return frozenset(plain_words(f"{self.record.title} {self.record.description}"))

    @property
    def words(self) -> str:
        return self.record.title or self.record.description or self.record.id

    @property
    def place(self) -> str:
        """What a reader opens: the place in the notes, else the run."""
        return wikilink(self.record) or self.record.id


def config_key(config: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Equal for equal settings, in the order of the names."""
    return tuple(
        (name, normal)
        for name, value in sorted(config.items())
        if name not in ASIDE and (normal := normal_value(value)) is not None
    )


def wikilink(record: Record) -> str:
    """The place in the notes that tells of a run, its result before its command; "" when there is none."""
    links = [link for link in record.note_links if link]
    if links:
        best = next((link for link in links if "experiments" in link.lower()), links[0])
        return best if best.startswith("[[") else f"[[{best}]]"
    return f"[[{re.sub(r':[0-9]+$', '', record.link)}]]" if record.link else ""


def is_fskws(family: tuple[str, ...]) -> bool:
    """Whether runs of a family are of this project's own trainer, whose defaults are known."""
    return family[:1] == ("fskws",)


@dataclass
class Lab:
    """All runs up to a day, by family. families: the one used last comes first."""

    runs: list[Run]
    families: dict[tuple[str, ...], list[Run]]
    as_of: datetime.date
    _metrics: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False)
    _repeated: dict[tuple[str, ...], list[float]] = field(default_factory=dict, repr=False)
    _effects: dict[tuple[str, ...], list[Effect]] = field(default_factory=dict, repr=False)
    _standing: dict[tuple[str, ...], list[Run]] = field(default_factory=dict, repr=False)
    _alike: dict[tuple[str, ...], dict[tuple[tuple[str, str], ...], list[Run]]] = field(
        default_factory=dict, repr=False
    )
    _seen: dict[tuple[str, ...], dict[str, list[str]]] = field(default_factory=dict, repr=False)
    #: What the reading of wishes keeps of a family's options and values.
    words: dict[tuple[str, tuple[str, ...]], Any] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(records: Iterable[Record], notes: list[Note], as_of: datetime.date) -> Lab:
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
        donors = _Donors(kept)
        runs = [_run(record, donors, back.get(record.id, "")) for record in kept if record.argv or record.config]
        runs = _without_copies(runs)
        families: dict[tuple[str, ...], list[Run]] = {}
        for run in reversed(runs):
            families.setdefault(run.family, []).append(run)
        for listed in families.values():
            listed.reverse()
        return Lab(runs, families, as_of)

    def metric(self, family: tuple[str, ...]) -> str:
        """The metric that most runs of a family can be compared by; "" when no result stands."""
        if family not in self._metrics:
            names = [verdict.main_metric(run.record) for run in self.families[family] if run.stands]
            counts = Counter(names)
            self._metrics[family] = max(sorted(counts), key=counts.__getitem__) if names else ""
        return self._metrics[family]

    def noise(self, family: tuple[str, ...], baseline: float | None) -> verdict.Noise:
        """What chance explains between two runs of a family."""
        if family not in self._repeated:
            groups: dict[object, list[Record]] = {}
            for run in self.families[family]:
                if run.stands:
                    groups.setdefault(run.rest(), []).append(run.record)
            self._repeated[family] = verdict.repeated_differences(groups.values(), self.metric(family))
        return verdict.noise_of(self._repeated[family], self.metric(family), baseline)

    def alike(self, family: tuple[str, ...], settings: Mapping[str, str]) -> list[Run]:
        """The runs of a family with just these settings (in the form of `Run.settings`), oldest first."""
        if family not in self._alike:
            found: dict[tuple[tuple[str, str], ...], list[Run]] = {}
            for run in self.families[family]:
                found.setdefault(run.key(), []).append(run)
            self._alike[family] = found
        return self._alike[family].get(tuple(sorted(settings.items())), [])

    def seen(self, family: tuple[str, ...]) -> dict[str, list[str]]:
        """Option -> the values it had, one a run, oldest first."""
        if family not in self._seen:
            found: dict[str, list[str]] = {}
            for run in self.families[family]:
                for name, value in run.config.items():
                    found.setdefault(name, []).append(value)
            self._seen[family] = found
        return self._seen[family]

    def rank(self, run: Run) -> float:
        """How good a run's result is; larger is better, whatever the metric."""
        metric = self.metric(run.family)
        value = verdict.metric_value(run.record, metric)
        if value is None:
            return -math.inf
        return -value if verdict.less_is_better(metric) else value

    def standing(self, family: tuple[str, ...]) -> list[Run]:
        """Runs of a family whose result can be compared, best first."""
        if family not in self._standing:
            metric = self.metric(family)
            found = [
                r for r in self.families[family] if r.stands and verdict.metric_value(r.record, metric) is not None
            ]
            self._standing[family] = sorted(found, key=lambda run: (-self.rank(run), run.record.id))
        return list(self._standing[family])

    def current(self, family: tuple[str, ...]) -> list[Run]:
        """Standing runs with a command that share data and protocol with the newest one, best first."""
        standing = [run for run in self.standing(family) if run.argv]
        if not standing:
            return []
        newest = max(standing, key=lambda run: (run.record.date, run.record.started_at or "", run.record.id))
        return [run for run in standing if run.protocol == newest.protocol]

    def effects(self, family: tuple[str, ...]) -> list[Effect]:
        """What one option alone did, over all pairs of runs; see `effects_of`."""
        if family not in self._effects:
            self._effects[family] = effects_of(self, family)
        return self._effects[family]


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


def _run(record: Record, donors: _Donors, later: str) -> Run:
    if record.argv:
        run = _run_by_itself(record)
    else:
        run = dataclasses.replace(_run_by_itself(record), argv=donors.command(record, _config(record)))
    return dataclasses.replace(run, taken_back=later) if later and not run.taken_back else run


def _without_copies(runs: list[Run]) -> list[Run]:
    """The runs in their order; figures that all stand under an earlier run of other settings are no evidence."""
    first: dict[tuple[tuple[float, ...], ...], Run] = {}
    kept = []
    for run in runs:
        arrays = tuple(tuple(run.record.metrics.get(name) or ()) for name in SESSION_METRICS)
        before = first.setdefault(arrays, run) if all(arrays) else run
        if before is not run and before.record.id not in run.record.joined and before.rest() != run.rest():
            run = dataclasses.replace(run, value=None)
        kept.append(run)
    return kept


@per_record
def _run_by_itself(record: Record) -> Run:
    """The run as its own record tells it; without a command that another run would have to lend. A harmonic mean that
    does not follow from its own seen and unseen accuracy is no evidence."""
    config = _config(record)
    family = _family(record, config)
    argv = changed_command(record.argv, _differences(_command(record).options, config)) if record.argv else ()
    if is_fskws(family):
        config = _whole(config)
    metric = verdict.main_metric(record)
    value = verdict.metric_value(record, metric) if metric and not harmonic_misfit(record) else None
    return Run(record, family, config, argv, retraction(record), value)


def _config(record: Record) -> dict[str, str]:
    given = record.config or (_command(record).options if record.argv else {})
    return {name.replace("-", "_"): value for name, value in given.items()}


@per_record
def _command(record: Record) -> Command:
    return read_command(record.argv)


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
    command = _command(record)
    program = [word for word in command.program if "=" not in word]
    if "fskws" in program or any(word.startswith("fskws") for word in program):
        return ("fskws", *command.positional)
    script = next((word for word in program if word.endswith(".py")), program[-1] if program else "")
    return (script.rsplit("/", 1)[-1], " ".join(command.positional), config.get("project", ""))


class _Donors:
    """Runs with a command, by project: each kind of command once."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._commands: dict[str, dict[frozenset[tuple[str, str]], Record]] = {}
        self._records = [record for record in records if record.argv]

    def command(self, record: Record, config: Mapping[str, str]) -> tuple[str, ...]:
        """A command that gives a config: that of the most similar run of its project, changed; () without one."""
        similar = self._of_project(record.config.get("project", ""))
        if not similar or not config:
            return ()
        wanted = _normal(config)
        donor = (
            similar.get(wanted)
            or min(
                ((len({name for name, _ in options ^ wanted}), donor.id, donor) for options, donor in similar.items()),
                key=lambda found: found[:2],
            )[2]
        )
        return changed_command(donor.argv, _differences(_command(donor).options, config))

    def _of_project(self, project: str) -> dict[frozenset[tuple[str, str]], Record]:
        if not self._commands:
            for record in self._records:
                known = self._commands.setdefault(record.config.get("project", ""), {})
                options = _normal(_command(record).options)
                if options not in known or record.id < known[options].id:
                    known[options] = record
        return self._commands.get(project, {})


def _normal(options: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Options with the form of their values that compares equal."""
    return frozenset((name, normal) for name, value in options.items() if (normal := normal_value(value)) is not None)


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str | None]:
    """Changes that make one config the other."""
    names = [*new, *(name for name in old if name not in new)]
    return {name: new.get(name) for name in names if normal_value(old.get(name)) != normal_value(new.get(name))}


def changed_command(argv: Sequence[str], changes: Mapping[str, str | None]) -> tuple[str, ...]:
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
        for place in places_of(record):
            places.setdefault(place, []).append(record)
    for note in notes:
        for section in note.sections:
            if "[[" not in section.text or (section.date is not None and section.date > as_of):
                continue
            for line in section.text.splitlines():
                if "[[" not in line or not _BACK.search(line) or _MENDED.search(line):
                    continue
                for target, heading in _LINK.findall(line):
                    there = places.get(place_key(f"{target or note.name}#{heading}"), [])
                    earlier = [r for r in there if section.date is None or r.date <= section.date.isoformat()]
                    said = plain_words(line)
                    named = [r for r in earlier if len(said & plain_words(f"{r.title} {r.description}")) >= 2]
                    for record in (named or earlier) if len(earlier) > 1 else earlier:
                        found.setdefault(record.id, " ".join(_LINK.sub(" ", line).split()).strip("-*> "))
    return found


@per_record
def places_of(record: Record) -> frozenset[str]:
    """Where the notes tell of a run; see `place_key`."""
    links = (*record.note_links, re.sub(r":\d+$", "", record.link))
    return frozenset(place_key(link) for link in links if link)


@functools.lru_cache(maxsize=16384)
def place_key(link: str) -> str:
    """A link in the form in which two links to one heading compare equal."""
    target, _, heading = link.strip().removeprefix("[[").removesuffix("]]").partition("#")
    return f"{target.strip().removesuffix('.md').lower()}#{re.sub(r'[^a-z0-9]+', '', heading.lower())}"


_SMALL = _word_set(
    "the a an of on in with and or for to at is it was be as by not no from this that all one try run when may again "
    "once more"
)


def plain_words(text: str) -> set[str]:
    """The words of a text that may tell two runs apart."""
    return {word for word in re.findall(r"[a-z][a-z0-9_]+", text.lower()) if word not in _SMALL}


@dataclass(frozen=True)
class Effect:
    """What changing one option alone did between two runs. gain: positive is better."""

    option: str
    old: str | None
    new: str | None
    before: Run
    after: Run
    gain: float
    difference: float

    @property
    def text(self) -> str:
        other_seeds = any(self.before.settings.get(name) != self.after.settings.get(name) for name in SEEDS)
        seeds = " but the seed" if other_seeds else ""
        return (
            f"{self.option} {shown(self.old)} -> {shown(self.new)}, all else equal{seeds}: "
            f"{plain_number(self.before.value)} -> {plain_number(self.after.value)} "
            f"({self.difference:+g}; {self.after.record.id} against {self.before.record.id})"
        )


def shown(value: str | None) -> str:
    """A value as a reader sees it."""
    return "not given" if value is None else value.strip("'\"")


def plain_number(value: float | None) -> str:
    """A result as a reader sees it."""
    return "none" if value is None else f"{value:g}"


def effects_of(lab: Lab, family: tuple[str, ...]) -> list[Effect]:
    """All pairs of standing runs that differ in one option, seeds aside; each from its worse to its better run."""
    metric = lab.metric(family)
    standing = lab.standing(family)
    options = sorted({name for run in standing for name in run.settings} - set(SEEDS))
    groups: dict[tuple[str, int], list[Run]] = {}
    values: dict[str, float] = {}
    for run in standing:
        value = verdict.metric_value(run.record, metric)
        assert value is not None
        values[run.record.id] = value
        for option in options:
            groups.setdefault((option, run.rest(option)), []).append(run)
    effects = []
    for (option, _), runs in groups.items():
        for high, low in itertools.combinations(runs, 2):  # standing is best first
            if high.settings.get(option) == low.settings.get(option):
                continue  # a repeat
            difference = round(values[high.record.id] - values[low.record.id], 6)
            old, new = low.config.get(option), high.config.get(option)
            effects.append(Effect(option, old, new, low, high, abs(difference), difference))
    return effects


def run_with(lab: Lab, family: tuple[str, ...], config: Mapping[str, str | None]) -> Run | None:
    """The run that had just these settings, standing results before others, newest first."""
    same = lab.alike(family, dict(config_key(config)))
    return max(same, key=lambda run: (run.stands, run.record.date, run.record.id)) if same else None


def distance(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    """In how many settings two runs differ."""
    return sum(1 for name in {*one, *other} if one.get(name) != other.get(name))


def other_seed(run: Run, seen: Mapping[str, list[str]]) -> dict[str, str | None]:
    """The change that repeats a run with a seed nobody used; {} when its command knows no seed."""
    for name in SEEDS:
        if name in run.config:
            used = {number for value in seen.get(name, []) if (number := number_of(value)) is not None}
            new = next(n for n in itertools.count(1) if float(n) not in used)
            return {name: str(new)}
    return {}
