"""Gathers what an answer may use: run records by query, passages by search, tasks, and what speaks against them."""

from __future__ import annotations

import datetime
import functools
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from assistant.plan import Bound, Plan, Side
from assistant.remembered import per_record
from assistant.timeline import Interval, read_date
from assistant.vocabulary import (
    RUN_WORDS,
    SETTING_WORDS,
    Filter,
    Vocabulary,
    inflected,
    matcher,
    matches,
    read_filters,
    record_words,
    setting,
)
from fskws.runs import Record
from vault_sync.chunks import Chunk
from vault_sync.entries import commands_of
from vault_sync.notes import Link, Task, Verdict, parse_note
from vault_sync.senses import senses
from vault_sync.store import any_of
from vault_sync.tasks import task_key
from vault_sync.terms import as_number, distance, stem, stems, terms

#: Passages fetched for a question, and runs shown as the nearest when none fits.
_PASSAGES = 16
#: Of them, those that are read word by word beside the question.
_READ = 7
_NEAR = 3
#: Code and commands: a question of words is not answered by the options of some command.
_FENCED = re.compile(r"^[ \t>]*(?:`{3,}|~{3,}).*?(?:`{3,}|~{3,})[ \t]*$", re.MULTILINE | re.DOTALL)
#: How the notes shorten words of the field.
_SHORT = {
    "seq": "sequence", "emb": "embedding", "acc": "accuracy", "dim": "dimension", "param": "parameter",
    "freq": "frequency", "aug": "augmentation", "proto": "prototype", "ckpt": "checkpoint", "eval": "evaluation",
    "config": "configuration", "feat": "feature", "spec": "spectrogram", "norm": "normalization",
    "prob": "probability", "conf": "confusion",
    "env": "environment", "exp": "experiment", "hm": "harmonic", "reg": "regularization", "init": "initialization",
}  # fmt: skip
#: The name of a file of weights tells of a checkpoint.
_WEIGHTS_FILE = re.compile(r"\w\.(?:pth?|ckpt|safetensors)\b")
_VENUE = re.compile(
    r"\b(?:ICASSP|Interspeech|SLT|ASRU|NeurIPS|ICML|ICLR|EUSIPCO|WASPAA|EMNLP|AAAI|CVPR|ICCV|ECCV|TASLP|MLSP|Odyssey)\b",
    re.IGNORECASE,
)
#: What shows a thing of a kind without the word for it, and the words that it may be asked for by.
_KIND_SHOWN = (
    (_WEIGHTS_FILE, ("checkpoint",)),
    (re.compile(r"\b[\w-]+\.(?:py|sh|json|txt|ya?ml|csv|npz|npy|toml|ipynb|tex)\b"), ("file", "files")),
    (_VENUE, ("conference", "venue")),
)
_WIKILINK = re.compile(r"!?\[\[[^\]|]*(?:\|([^\]]*))?\]\]")
#: Words by which a note takes a result back.
_TAKEN_BACK = re.compile(
    r"\bwrong\b|\bincorrect\b|\binvalid\b|\bnot valid\b|\bretract|\bdo(?:n'?t| not) (?:use|trust|compare|believe)"
    r"|\bnever (?:use|compare|trust|can be|be)\b|\bcan(?:'?t|not| not| never) be (?:trusted|right|used|true|the result)"
    r"|\bnot (?:be )?trust|\bmistake\b|\bbug\b|\bbuggy\b|\bleak(?:ed|age|s)?\b|\bbroken\b|\bproblem of the code\b"
    r"|\bignore (?:this|that|these|the) result|\b(?:threw|throw|thrown) (?:it )?away\b|\btoo good to be true\b"
    r"|\bhave to (?:redo|rerun)\b|\b(?:is|are|was) (?:void|worthless|useless|nonsense|garbage|rubbish)\b"
    r"|\b(?:do(?:es)?|did|should|must|can|will)(?: not|n'?t) (?:be )?count(?:ed)?\b|\bnot (?:to be )?counted\b"
    r"|\bnot (?:comparable|meaningful|reliable|trustworthy|usable|sound|representative)\b"
    r"|\b(?:is|are|was|were|all|both) (?:unusable|unreliable|unsound|flawed|tainted|spoil(?:ed|t)|contaminated|polluted"
    r"|bogus|meaningless|misleading|inflated|too optimistic)\b"
    r"|\b(?:discard|disregard|scrap|withdraw|retire|throw out|cross out|strike out|forget) (?:it|this|that|the|these"
    r"|those|my|our)\b|\b(?:withdrawn|discarded|scrapped|thrown out|invalidated)\b"
    r"|\b(?:must|ha[sd] to|have to|needs? to) (?:be )?(?:do|done|run|repeat|repeated|made)(?: (?:it|this"
    r"|that))? (?:once )?again\b",
    re.IGNORECASE,
)


#: A callout on a result from another note that can only mean that it is wrong.
_CALLED_WRONG = re.compile(r"[\s>*-]*\[!(?:fail|failure|error|bug|danger)\]", re.IGNORECASE)


class EvidenceStore(Protocol):
    """What gathering needs of the store."""

    def records(self, *, as_of: datetime.date | None = None) -> list[Record]: ...

    def tasks(self, *, as_of: datetime.date | None = None) -> list[Task]: ...

    def counts(self) -> dict[str, int]: ...

    def note_names(self) -> dict[str, str]: ...

    def links(self) -> list[tuple[str, Link]]: ...

    def chunks_of(self, note: str) -> list[Chunk]: ...

    def chunks_between(self, since: datetime.date, until: datetime.date) -> list[Chunk]: ...


class Finder(Protocol):
    """What gathering needs of search; hits as in vault_sync.search.Hit."""

    def find(
        self,
        query: str,
        top_k: int = 8,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
        notes: Sequence[str] | None = None,
        as_of: datetime.date | None = None,
    ) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Passage:
    """A section that was found. note: name without .md. text: the section's. part: where in it the question is met.

    support: share of the question's telling words that stand in it, by weight. missed: those that do not.
    similarity: cosine with the question, None when not compared. within: it lies in the days asked for.
    met: how well the question's words are met by some word of it, -1 to 1; None when not compared.
    """

    note: str
    heading: str
    link: str
    date: datetime.date | None
    text: str
    part: str
    path: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    support: float
    missed: tuple[str, ...]
    similarity: float | None
    score: float
    within: bool = True
    met: float | None = None


@dataclass(frozen=True)
class Retraction:
    """A place that takes a result back. certain: False when other results of that day may be meant as well."""

    text: str
    link: str
    date: datetime.date | None
    certain: bool = True


@dataclass(frozen=True)
class Doubt:
    """An oddity of a run's own record. links: the places besides the run's own that it rests on."""

    text: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskSeen:
    """One task with its copies. newest: the copy whose state counts. first: its first day, at first_link. placed: the
    day, category and place of each copy."""

    newest: Task
    first: datetime.date | None
    copies: int
    link: str
    first_link: str = ""
    placed: tuple[tuple[datetime.date | None, str, str], ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that an answer may use; nothing dated after `as_of`.

    pool: every visible run, oldest first. records: those that fit the plan, in its order. sides: the runs of each side
    of a comparison. near: runs closest to what was asked when none fits.
    doubts: run id -> what speaks against its result. later: the sections of so many days from a day on.
    of_note: those of a note by its name. written: the command of a run as the notes have it, "" where they have none.
    """

    today: datetime.date
    as_of: datetime.date | None = None
    pool: tuple[Record, ...] = ()
    records: tuple[Record, ...] = ()
    sides: tuple[tuple[Record, ...], ...] = ()
    near: tuple[Record, ...] = ()
    passages: tuple[Passage, ...] = ()
    tasks: tuple[TaskSeen, ...] = ()
    sections: tuple[Passage, ...] = ()
    status: Mapping[str, Any] | None = None
    suggestions: tuple[Any, ...] = ()
    retractions: Mapping[str, tuple[Retraction, ...]] = field(default_factory=dict)
    doubts: Mapping[str, tuple[Doubt, ...]] = field(default_factory=dict)
    notes: int = 0
    by_words_only: str = ""
    findings: tuple[Any, ...] | None = None
    files: Any = None
    later: Callable[[datetime.date, int], Sequence[Passage]] | None = None
    of_note: Callable[[str], Sequence[Passage]] | None = None
    written: Callable[[Record], str] | None = None


def gather(
    plan: Plan,
    store: EvidenceStore,
    search: Finder,
    today: datetime.date,
    as_of: datetime.date | None = None,
    status: Mapping[str, Any] | None = None,
    suggest: Callable[[int, datetime.date], Sequence[Any]] | None = None,
    logged: Callable[[datetime.date], Sequence[Record]] | None = None,
    findings: Callable[[datetime.date | None], Sequence[Any]] | None = None,
) -> Evidence:
    """What the store, the notes and the machine hold for a plan and its alternatives.

    Args: as_of: as if nothing dated later existed. status: facts of now, for a plan of kind status. suggest: makes
        suggestions (how many, as of when). logged: the notes' run records read as of a day; without it, records are
        those of the store up to that day. findings: oddities of notes and records as of a day (vault_sync.check), for a
        plan of kind check.
    """
    kinds = (plan.kind, *plan.alternatives)
    as_of = min((day for day in (as_of, plan.as_of) if day is not None), default=None)
    pool = _pool(store, as_of, logged)
    vocabulary = plan.vocabulary
    evidence = Evidence(today=today, as_of=as_of, pool=pool, notes=store.counts()["notes"], status=status)
    names = {path: name for path, name in store.note_names().items()}
    if set(kinds) & {"runs", "best", "count", "value", "compare", "effect", "tried", "check", "day"}:
        records = select(plan, pool, vocabulary) or runs_of_tasks(plan, pool, store.tasks(as_of=as_of), names)
        sides = tuple(select_side(plan, side, pool, vocabulary) for side in plan.sides)
        near = () if records else nearest(plan, pool, vocabulary)
        touched = (
            pool
            if plan.kind in ("check", "best", "effect")
            else (*records, *near, *(r for side in sides for r in side))
        )
        evidence = replace(
            evidence,
            records=records,
            sides=sides,
            near=near,
            retractions=retractions(touched, pool, store, as_of, vocabulary),
            doubts=doubts(touched, pool, vocabulary),
            written=functools.partial(_written_command, store, names),
        )
    if set(kinds) & {"tasks", "day", "tried"}:
        evidence = replace(evidence, tasks=seen_tasks(store.tasks(as_of=as_of), names))
    if ("day" in kinds or "next-day" in plan.question) and plan.interval:
        evidence = replace(evidence, sections=_sections_between(store, plan.interval, today, as_of, names))
    if plan.kind == "check" and findings is not None:
        evidence = replace(evidence, findings=tuple(findings(as_of)))
    if "next" in kinds and suggest is not None:
        evidence = replace(evidence, suggestions=tuple(suggest(plan.limit or 3, as_of or today)))
    if (set(kinds) & {"prose", "check"} and plan.terms) or plan.may_be_of_words:
        evidence = replace(
            evidence,
            passages=passages(plan, search, as_of, names),
            later=functools.partial(_sections_after, store, names, as_of or today),
            of_note=functools.partial(_sections_of, store, names, as_of),
            by_words_only=str(getattr(search, "missing", "") or ""),
        )
    return evidence


def prepare(store: EvidenceStore, vocabulary: Vocabulary) -> None:
    """Works out ahead of questions what the answers about runs rest on."""
    pool = _pool(store, None, None)
    retractions(pool, pool, store, None, vocabulary)
    doubts(pool, pool, vocabulary)


# -- runs --------------------------------------------------------------------------------------------------------------


#: Store -> (its revision, day) -> the runs visible on that day; the last few are kept.
_POOLS: WeakKeyDictionary[Any, dict[Any, tuple[Record, ...]]] = WeakKeyDictionary()
_POOLS_KEPT = 4


def _pool(
    store: EvidenceStore, as_of: datetime.date | None, logged: Callable[[datetime.date], Sequence[Record]] | None
) -> tuple[Record, ...]:
    """All visible runs, oldest first; the same object as long as neither notes nor runs have changed."""
    if not hasattr(store, "revision"):
        return _made_pool(store, as_of, logged)
    pools = _POOLS.setdefault(store, {})
    revision = store.revision()
    key = (revision if as_of is not None else revision[1], as_of, logged is not None)
    found = pools.get(key)
    if found is None:
        found = _made_pool(store, as_of, logged)
        while len(pools) >= _POOLS_KEPT:
            pools.pop(next(iter(pools)), None)
        pools[key] = found
    return found


def _made_pool(
    store: EvidenceStore, as_of: datetime.date | None, logged: Callable[[datetime.date], Sequence[Record]] | None
) -> tuple[Record, ...]:
    records = store.records(as_of=as_of)
    if as_of is not None and logged is not None:
        records = [r for r in records if r.source != "logged"] + [
            r for r in logged(as_of) if r.date <= as_of.isoformat()
        ]
    kept = _without_interim([r for r in records if not r.merged_into])
    place = {r.id: i for i, r in enumerate(reversed(records))}
    by_id = {r.id: r for r in records}

    def order(record: Record) -> tuple[str, str, int, bool]:
        """Corrected figures stand right after those they replace: they are of the same run."""
        run = by_id.get(record.corrects, record)
        return run.date, run.started_at or "", place[run.id], run is not record

    return tuple(sorted(kept, key=order))


def _without_interim(records: Sequence[Record]) -> list[Record]:
    """The runs without array sets that a longer set of the same description follows: interim results."""
    by_id = {r.id: r for r in records}
    interim: dict[str, list[Record]] = {}
    for record in records:
        if record.source == "logged" and record.metrics and _INTERIM.search(record.title):
            interim.setdefault(_plain_title(record), []).append(record)
    later: dict[str, list[Record]] = {}
    for record in records if interim else ():
        if record.metrics and _plain_title(record) in interim:
            later.setdefault(_plain_title(record), []).append(record)

    def sessions(record: Record) -> int:
        values = record.metrics.get("accuracy")
        return len(values) if isinstance(values, list | tuple) else 0

    def followed(record: Record) -> bool:
        """Whether the whole result of what a description calls interim stands under one of the next days."""
        own, day = sessions(record), day_of_record(record)
        for other in later.get(_plain_title(record), ()):
            days = day_of_record(other)
            near = day is not None and days is not None and 0 <= (days - day).days <= _WHOLE_WITHIN_DAYS
            if near and sessions(other) > own and not (record.config and other.config and difference(other, record)):
                return True
        return False

    def overtaken(record: Record) -> bool:
        own = sessions(record)
        others = [by_id[one] for one in record.joined if one in by_id] if own else []
        return any(
            sessions(other) > own
            and other.description == record.description
            and other.note_links[:1] == record.note_links[:1]
            for other in others
        )

    told = {r.id for listed in interim.values() for r in listed if followed(r)}
    return [r for r in records if r.id not in told and not (r.joined and overtaken(r))]


_INTERIM = re.compile(
    r"\b(?:interim|intermediate|preliminary|still (?:running|training)|not (?:yet )?finished|so far"
    r"|after (?:one|two|three|four|\d) (?:of \w+ )?sessions?)\b",
    re.IGNORECASE,
)
#: The whole result of an interim one stands under one of so many days.
_WHOLE_WITHIN_DAYS = 10


@per_record
def _plain_title(record: Record) -> str:
    """A description without its remarks on which of several results it is."""
    title = re.sub(r"\s*\([^()]*\)\s*$", "", record.title)
    kept = [part for part in re.split(r"(?<=[.;!])\s+", title) if not _INTERIM.search(part)]
    return re.sub(r"\W+", " ", " ".join(kept)).strip().casefold()


_SET_LABEL = re.compile(
    r"\((?P<label>[^()]*\b(?:result|best|final|last|interim|checkpoint|epoch)\b[^()]*)\)\s*$", re.IGNORECASE
)


def one_set_each(records: Sequence[Record], question: str) -> list[Record]:
    """The runs with one array set each where a description owns several: the final one, unless the question names
    another."""
    kept: list[Record] = []
    by_id = {record.id: record for record in records}
    other = re.search(
        r"\b(?:best (?:fifth|last|session|checkpoint|epoch)|last-but-one|interim|fifth session)\b", question.lower()
    )
    for record in records:
        label = _SET_LABEL.search(record.title)
        twins = [by_id[one] for one in record.joined if one in by_id] if label else []
        finals = [twin for twin in twins if _is_final(twin) and _plain_title(twin) == _plain_title(record)]
        if label and finals and not _is_final(record) and not other:
            continue
        kept.append(record)
    return kept


def _is_final(record: Record) -> bool:
    label = _SET_LABEL.search(record.title)
    return label is not None and bool(re.search(r"\b(?:final|last)\b(?!-but)", label["label"], re.IGNORECASE))


#: The last few pools with the place of each run in them, and the run that each is compared with.
_PLACES: list[tuple[Sequence[Record], dict[str, int], dict[str, Record | None]]] = []


def _places_in(pool: Sequence[Record]) -> tuple[dict[str, int], dict[str, Record | None]]:
    """Run id -> its place in the pool; and where `compared_with` keeps what it has found."""
    for known, places, compared in tuple(_PLACES):
        if known is pool:
            return places, compared
    places = {}
    for place, record in enumerate(pool):
        places.setdefault(record.id, place)
    kept: dict[str, Record | None] = {}
    _PLACES.append((pool, places, kept))
    del _PLACES[:-_POOLS_KEPT]
    return places, kept


@per_record
def day_of_record(record: Record) -> datetime.date | None:
    """The day a run belongs to."""
    try:
        return datetime.date.fromisoformat(record.date[:10])
    except ValueError:
        return None


_LOG_LINK = re.compile(r"\[\[(?:.*/)?(?:server|experiments)#([^#\]|^]+)\]\]", re.IGNORECASE)
_LINKED_DAY = re.compile(r"\[\[(?:[^\]|#]*/)?(?:server|experiments)?#([^#\]|^]+)(?:\|[^\]]*)?\]\]", re.IGNORECASE)


@per_record
def days_of_record(record: Record) -> tuple[datetime.date, ...]:
    """Every day on which a run was going on or its result was noted: a night run belongs to both, and a logged one to
    the day of its Server entry too."""
    days = {day_of_record(record)}
    others = {read_date(match[1]) for match in _LINKED_DAY.finditer(record.description)}
    if record.argv:
        others -= {read_date(match[1]) for match in _LINKED_DAY.finditer(command_source_of(record))}
    for link in record.note_links:
        match = _LOG_LINK.fullmatch(link)
        days.add(read_date(match[1]) if match else None)
    days -= others - {day_of_record(record)}  # "Otherwise the same setting with [[#20250606]]" is another run's day.
    for moment in (record.started_at, record.ended_at):
        if moment:
            days.add(read_date(moment[:10]))
    own = day_of_record(record)
    return tuple(sorted(day for day in days if day and own and abs((day - own).days) <= 3))


def start_of_record(record: Record) -> datetime.date | None:
    """The day a run was started on as far as is known: that of its command, else that of its result."""
    days = days_of_record(record)
    return days[0] if days else day_of_record(record)


def with_corrections(found: Iterable[Record], pool: Sequence[Record]) -> list[Record]:
    """The runs, each once, with their right figures: those that were taken back give way to what corrects them."""
    newer = {r.corrects: r for r in pool if r.corrects}
    if not newer:
        return list(found)
    kept = {r.id: r for r in (newer.get(r.id, r) for r in found)}
    return list(kept.values())


def corrected_by(record: Record, pool: Sequence[Record]) -> Record | None:
    """The record whose figures this one's takes back; None when it corrects none."""
    return next((r for r in pool if r.id == record.corrects), None) if record.corrects else None


#: What an entry of the run log says of the machine and not of a run.
_MACHINE = re.compile(
    r"\b(?:server|machine|node|cluster|gpus?|cards?|computer|host|disks?|driver|cuda|power)\b.*"
    r"\b(?:down|off(?:line)?|updated?|upgrad\w+|maintenance|reboot\w*|restart\w*|moved|replaced|cooling|cleaned"
    r"|full|broken|no (?:jobs|runs|trainings?))\b|\bno (?:jobs|runs|trainings?)\b",
    re.IGNORECASE,
)


@per_record
def is_no_run(record: Record) -> bool:
    """Whether an entry of the run log, without a command and a result, tells of the machine: "driver update, the server
    was down"."""
    told = record.argv or record.metrics or record.config or record.cause
    return record.source == "logged" and not told and bool(_MACHINE.search(record.description or record.title))


def each_once(found: Iterable[Record], pool: Sequence[Record]) -> list[Record]:
    """What counts as a run: no words about the machine, and no interim figures of a run that is there by itself."""
    by_id = {r.id: r for r in pool}

    def interim(record: Record) -> bool:
        others = [by_id[one] for one in record.joined if one in by_id]
        return not record.argv and bool(_INTERIM.search(record.title)) and any(other.argv for other in others)

    return [r for r in found if not is_no_run(r) and not interim(r)]


def in_interval(record: Record, interval: Interval) -> bool:
    """Whether a run belongs to these days: by the day of its result, or by one on which it ran."""
    return any(interval.contains(day) for day in (day_of_record(record), *days_of_record(record)))


def select(plan: Plan, pool: Sequence[Record], vocabulary: Vocabulary | None) -> tuple[Record, ...]:
    """The runs that fulfil all conditions of a plan, in its order (oldest first unless asked otherwise).

    Where none does, words that are no more than the name of an option that is asked for are no condition.
    """
    found = _selected(plan, pool, vocabulary)
    if plan.titled and plan.kind in ("runs", "value", "check", "tried") and not _SEVERAL.search(plan.question):
        # The description is the surest name, whatever is read in it; the days asked for still count.
        titled = [r for r in pool if is_titled(r, plan)]
        exact = tuple(r for r in found if is_titled(r, plan))
        if exact or not plan.intervals:
            named = exact or _selected(replace(plan, filters=()), titled, vocabulary)
            found = tuple(named) or found
    if counts_by_description(plan):
        found = of_description(found, plan)
    if found or not plan.run_terms:
        return found
    terms = _beside_names(plan.run_terms, plan.filters, vocabulary)
    return found if terms == plan.run_terms else _selected(replace(plan, run_terms=terms), pool, vocabulary)


def is_titled(record: Record, plan: Plan) -> bool:
    """Whether a question names a run by its description, or the one whose figures it corrects."""
    return record.id in plan.titled or record.corrects in plan.titled


def counts_by_description(plan: Plan) -> bool:
    """Whether runs are counted that are named by their description alone: "the plain base model: how many runs?" are
    those called so, and not all of `project` base."""
    asked = plan.question.casefold()
    named = any(name.casefold() in asked for one in plan.filters for name in one.option.split("|") if "_" in name)
    return plan.kind == "count" and bool(plan.titled) and not named


_LIKE_ANOTHER = re.compile(
    r"\W*(?:exactly |otherwise )?(?:the )?(?:same|identical|like)\b|\W*(?:corrected|rerun)\b", re.I
)


def of_description(found: Sequence[Record], plan: Plan) -> tuple[Record, ...]:
    """Of the runs found those that the question names by their description, and those told as "same as above" whose
    entry says these words; all of them where that leaves one in doubt."""
    titled = [r for r in found if is_titled(r, plan)]
    if not titled:
        return tuple(found)
    words = [_words_of_title(r.title) for r in titled if r.id in plan.titled]
    called = frozenset.intersection(*words) if words else frozenset()
    others = [r for r in found if not is_titled(r, plan) and _LIKE_ANOTHER.match(r.title)]
    like = [r for r in others if any(called <= _words_of_title(line) for line in r.description.split("\n")[1:])]
    unclear = [r for r in others if "\n" not in r.description]
    kept = {r.id for r in (*titled, *like)}
    return tuple(found) if unclear or not called else tuple(r for r in found if r.id in kept)


def is_of_description(record: Record, plan: Plan) -> bool:
    """Whether a run that was counted is named by the description, or told as like another."""
    return is_titled(record, plan) or bool(_LIKE_ANOTHER.match(record.title))


def _words_of_title(title: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z_]{2,}", title.casefold()))


#: Nouns that any setting may be called by: "the triplet loss" for `triplet_weight`.
_OF_ANY_SETTING_TEXT = (
    "loss length depth width size rate level factor amount weight strength value number term probability"
)
_OF_ANY_SETTING = frozenset(_OF_ANY_SETTING_TEXT.split()) | SETTING_WORDS | RUN_WORDS


_SEVERAL = re.compile(
    r"\b(?:runs|experiments|trainings|jobs"
    r"|how many(?! (?:\w+ )?(?:epochs|layers|shots|heads|ways|clips|classes|frames))"
    r"|which(?! (?:value|lr|learning rate|project|decay|schedule|temperature|\w+_\w+)))\b",
    re.IGNORECASE,
)


def _beside_names(words: tuple[str, ...], filters: Sequence[Filter], vocabulary: Vocabulary | None) -> tuple[str, ...]:
    """The words without those that name an option of the filters: "time pooling with `pool_mode` stat"."""
    options = [name for one in filters for name in one.option.split("|")]
    if vocabulary is None or not options:
        return words
    parts = {part for name in options for part in re.split(r"[_\-]+", name.casefold()) if len(part) > 2}
    # "Crop length" is the note `crop_length` for `crop_frames`; "the triplet loss" is nothing but the triplet's.
    topics = [set(re.split(r"[\W_]+", name.casefold())) for name in vocabulary.notes]
    topic = {word for name in topics if name & parts and len(name) <= 3 for word in name}
    return tuple(
        word
        for word in words
        if not (vocabulary.names_setting(word, options) or word in topic or word in _OF_ANY_SETTING)
    )


def _selected(plan: Plan, pool: Sequence[Record], vocabulary: Vocabulary | None) -> tuple[Record, ...]:
    fits = _fitting(plan, vocabulary)
    found = [r for r in pool if fits(r)]
    if plan.intervals and plan.kind in ("value", "best", "check"):  # A result belongs to the day it was noted under.
        exact = [r for r in found if any(i.contains(day_of_record(r)) for i in plan.intervals)]
        found = exact or [r for r in found if any(in_interval(r, i) for i in plan.intervals)]
    elif plan.intervals and plan.kind != "compare":
        begun = plan.kind == "count" and asks_start(plan.question)
        by_id = {r.id: r for r in pool} if any(r.corrects for r in found) else {}

        def within(record: Record, interval: Interval) -> bool:
            record = by_id.get(record.corrects, record)  # Corrected figures are of the run's own days.
            return interval.contains(start_of_record(record)) if begun else in_interval(record, interval)

        found = [r for r in found if any(within(r, interval) for interval in plan.intervals)]
    if plan.kind in ("runs", "value", "best", "count", "check", "tried"):
        found = with_layers(plan, found, pool)
    if plan.kind in ("value", "count"):
        found = one_set_each(found, plan.question)
    if plan.kind != "check":
        found = with_corrections(found, pool)
    if plan.kind == "count" or (plan.kind in ("runs", "value") and plan.order in ("first", "last")):
        found = each_once(found, pool) or found
    if plan.order in ("first", "last") and asks_start(plan.question):
        found.sort(key=lambda r: str(start_of_record(corrected_by(r, pool) or r) or ""))
    if plan.kind == "value" and plan.option and plan.order and not plan.filters:
        found = [r for r in found if setting(r, plan.option, vocabulary) is not None] or found
    if plan.kind in ("runs", "value") and plan.order == "first":
        return tuple(found[: plan.limit or 1])
    if plan.kind in ("runs", "value") and plan.order == "last":
        return tuple(found[-(plan.limit or 1) :])
    return tuple(found)


#: A run that was started in July is not one that came back then.
_BEGINS = r"(?:start(?:ed)?|launch(?:ed)?|began|begun|kick(?:ed)? off|submit(?:ted)?|set off|sen[dt] off|queued?)\b"
_BEGUN = re.compile(
    rf"\b(?:i|we|you|they) (?:\w+ )?{_BEGINS}"
    rf"|\b(?:runs?|jobs?|experiments?|trainings?)(?: (?:were|was|that|which|i|we|have|had|been))* {_BEGINS}"
    rf"|\b(?:when|day|date)\b.*\b(?:was|were|is|did|had|been)\b.*\b{_BEGINS}|\b(?:start|launch)(?:ing)? (?:day|date)\b",
    re.IGNORECASE,
)


def asks_start(question: str) -> bool:
    """Whether a question speaks of when runs were started, not of when their results came."""
    return bool(_BEGUN.search(question))


def runs_of_tasks(
    plan: Plan, pool: Sequence[Record], tasks: Iterable[Task], names: Mapping[str, str]
) -> tuple[Record, ...]:
    """The runs that a to-do item names by a link, for words that stand in the item and in no run: "the setting that
    Ada proposed". A run counts that has the item among its places and shares one of the item's links."""
    if not plan.run_terms or plan.kind not in ("runs", "value", "best"):
        return ()
    wanted = {stem(word) for word in plan.run_terms}
    found: set[str] = set()
    for task in tasks:
        if not task.links or not wanted <= stems(task.text):
            continue
        place = _task_link(task, names)
        linked = {(link.target.rsplit("/", 1)[-1].casefold(), _day_in(link.heading)) for link in task.links}
        for record in pool:
            if place in record.note_links and any(
                (target.casefold(), _day_in(heading)) in linked
                for target, _, heading in (one.strip("[]").partition("#") for one in record.note_links)
            ):
                found.add(record.id)
    if not found:
        return ()
    told = select(replace(plan, run_terms=()), pool, plan.vocabulary) if not plan.order else ()
    return tuple(r for r in told if r.id in found)


def _day_in(heading: str) -> datetime.date | None:
    match = re.search(r"20\d\d([-/]?)\d\d\1\d\d", heading)
    return read_date(match.group()) if match else None


def select_side(plan: Plan, side: Side, pool: Sequence[Record], vocabulary: Vocabulary | None) -> tuple[Record, ...]:
    """The runs of one side of a comparison."""
    conditions = [matcher(one, vocabulary) for one in side.filters]
    fitting = [r for r in pool if all(holds(r) for holds in conditions) and (not side.ids or r.id in side.ids)]
    found = [r for r in fitting if _tells(r, side.terms)]
    if not found and side.terms:
        found = [r for r in fitting if _tells(r, _beside_names(side.terms, side.filters, vocabulary))]
    found = with_corrections(found, pool)
    intervals = (side.interval,) if side.interval else plan.intervals
    found = [r for r in found if not intervals or any(in_interval(r, interval) for interval in intervals)]
    if not side.described:  # "3 GRU layers, lr 0.005 against 0.001": the number holds for both.
        found = with_layers(plan, found, pool)
    return tuple(_most_exact(found, side, pool) if side.described and len(found) > 1 else found)


_LAYERS = re.compile(
    r"\b(one|single|two|three|four|five|six|[1-6])\b(?=(?:[ -]\w+)? layers?\b|-layer(?:ed)?\b"
    r"| (?:gru|lstm|rnn|transformer|conformer|attention(?! heads?)|mamba|tcn|conv)s?\b)",
    re.IGNORECASE,
)
_COUNTED = {"single": "one", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six"}


def layers_told(text: str) -> frozenset[str]:
    """The numbers of layers that a text tells in words: "three GRU layers", "a two-layer LSTM"."""
    return frozenset(_COUNTED.get(word.lower(), word.lower()) for word in _LAYERS.findall(text))


@per_record
def layers_of(record: Record) -> frozenset[str]:
    """The numbers of layers that a run's description tells in words."""
    return layers_told(record.title) or layers_told(record.description)


def with_layers(plan: Plan, found: Sequence[Record], pool: Sequence[Record]) -> list[Record]:
    """Of the runs found those with the number of layers that the question tells, where runs are told by it."""
    wanted = layers_told(plan.question)
    if any(one.op == "=" and "layer" in one.option and as_number(one.value) is not None for one in plan.filters):
        return list(found)  # An option counts them.
    if len(wanted) != 1 or not any(layers_of(record) for record in pool):
        return list(found)
    exact = [record for record in found if layers_of(record) == wanted]
    if plan.kind == "value" and len(exact) > 1:
        return _most_exact(exact, Side("", plan.filters, described=plan.question), pool)
    # "Same as above, but ..." tells no number; it may be any.
    return exact or [record for record in found if not layers_of(record)]


def _most_exact(found: Sequence[Record], side: Side, pool: Sequence[Record]) -> list[Record]:
    """Of the runs that fit a description those with the fewest settings that it does not tell: no other number of
    layers in words, and fewest options away from the value that most runs use."""
    counts: dict[str, Counter[str]] = {}
    for record in pool:
        for option, value in record.config.items():
            counts.setdefault(option, Counter())[value] += 1
    usual = {option: listed.most_common(1)[0][0] for option, listed in counts.items()}
    named = {name for one in side.filters for name in one.option.split("|")} | {"project", "dataset"}
    layers = layers_told(side.described)

    def untold(record: Record) -> int:
        others = layers_of(record) - layers
        rest = sum(value != usual[option] for option, value in record.config.items() if option not in named)
        return rest + 10 * bool(layers and others)

    least = min(untold(record) for record in found)
    return [record for record in found if untold(record) == least]


def _fitting(plan: Plan, vocabulary: Vocabulary | None) -> Callable[[Record], bool]:
    """Whether a run fulfils the conditions of a plan, save its days."""
    by_option: dict[tuple[str, str], list[Filter]] = {}
    for one in plan.filters:
        by_option.setdefault((one.option, one.op), []).append(one)
    conditions = [[matcher(one, vocabulary) for one in listed] for listed in by_option.values()]
    words = [(word, stem(word)) for word in plan.run_terms]

    ids = frozenset(plan.ids)

    def fits(record: Record) -> bool:
        if ids and record.id not in ids:
            return False
        for listed in conditions:
            # Two values of one option are alternatives: "with noise_prob 0.2 or 0.8".
            for holds in listed:
                if holds(record):
                    break
            else:
                return False
        if plan.statuses and not any(has_status(record, status) for status in plan.statuses):
            return False
        for bound in plan.bounds:
            if not _in_bound(record, bound):
                return False
        if not words:
            return True
        told = record_words(record)
        return all(word in told or base in told for word, base in words)

    return fits


def has_status(record: Record, status: str) -> bool:
    """Whether a run is in a state that a question asks for: failed, stopped, finished, going on, without result."""
    if status == "failed":
        return record.status in ("failed", "lost") or bool(re.search(r"\bnan\b|error", record.cause, re.IGNORECASE))
    if status == "going on":
        ended = record.status in ("finished", "failed", "stopped", "lost")
        interim = record.source == "logged" and record.status == "finished" and _INTERIM.search(record.title)
        if interim and not record.joined:
            return True  # Its whole result stands nowhere yet.
        return record.status == "running" or (not record.metrics and not ended and record.source == "logged")
    if status == "without result":
        return not record.metrics
    if status == "finished" and has_status(record, "going on"):
        return False
    return record.status == status


def _in_bound(record: Record, bound: Bound) -> bool:
    value = figure(record, bound.metric.name, bound.metric.session)
    if value is None:
        return False
    return {
        "<": value < bound.value,
        "<=": value <= bound.value,
        ">": value > bound.value,
        ">=": value >= bound.value,
    }.get(bound.op, value != bound.value)


def _tells(record: Record, words: Sequence[str]) -> bool:
    if not words:
        return True
    told = record_words(record)
    return all(word in told or stem(word) in told for word in words)


def figure(record: Record, metric: str, session: int | None = None) -> float | None:
    """One figure of a run. session: index into a per-session list, None the last; other metrics give their best."""
    if metric == "duration":
        return duration_hours(record)
    value = record.metrics.get(metric)
    if value is None and session is None:
        value = record.metrics.get(f"{metric} (last)")  # A hand-made table tells the last session alone.
    if isinstance(value, list | tuple):
        numbers = [number for number in value if isinstance(number, int | float)]
        if not numbers or len(numbers) != len(value):
            return None
        if session is None:
            return float(numbers[-1])
        return float(numbers[session]) if 0 <= session < len(numbers) else None
    if isinstance(value, Mapping):
        best = value.get("best", value.get("last"))
        return float(best) if isinstance(best, int | float) else None
    return float(value) if isinstance(value, int | float) else None


@per_record
def harmonic_misfit(record: Record) -> str:
    """What is wrong with a run's harmonic means, in words: one that seen and unseen accuracy do not give; "" when all
    fit or cannot be compared."""
    lists = [record.metrics.get(name) for name in ("seen", "unseen", "harmonic_mean")]
    if not all(isinstance(values, list | tuple) for values in lists):
        return ""
    worst = (0.0, "")
    for number, values in enumerate(zip(*lists, strict=False), 1):  # type: ignore[arg-type]
        seen, unseen, told = values
        if not all(isinstance(value, int | float) for value in values) or seen + unseen <= 0:
            continue
        gap = abs(told - 2 * seen * unseen / (seen + unseen))
        if gap > max(0.05, worst[0]):
            place = {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
            worst = (
                gap,
                f"the harmonic mean {told:g} of the {place} session does not follow from seen {seen:g} and "
                f"unseen {unseen:g}",
            )
    return worst[1]


def duration_hours(record: Record) -> float | None:
    """How long a run took, in hours; None when start or end is not known, as for runs that only the notes tell of."""
    try:
        begun = datetime.datetime.fromisoformat(record.started_at or "")
        ended = datetime.datetime.fromisoformat(record.ended_at or "")
        return max(0.0, (ended - begun).total_seconds() / 3600)
    except (ValueError, TypeError):
        return None


def nearest(plan: Plan, pool: Sequence[Record], vocabulary: Vocabulary | None) -> tuple[Record, ...]:
    """What lies closest to a plan that no run fulfils: the same runs on other days, else the runs of other settings."""
    interval = plan.interval
    fits = _fitting(plan, vocabulary)
    loose = [r for r in pool if fits(r)]
    if interval is not None:
        candidates = loose or list(pool)
        before = [r for r in candidates if interval.start and r.date < interval.start.isoformat()]
        after = [r for r in candidates if interval.end and r.date > interval.end.isoformat()]
        return tuple(before[-_NEAR:]) or tuple(after[:1])
    if plan.filters:
        # Another value of the option is nearer than a run without it.
        scored = [
            (
                sum(
                    1.0 if matches(r, one, vocabulary) else 0.5 if one.op == "=" and one.option in r.config else 0.0
                    for one in plan.filters
                ),
                i,
                r,
            )
            for i, r in enumerate(pool)
        ]
        best = max((score for score, _, _ in scored), default=0)
        if best:
            return tuple(r for score, _, r in scored if score == best)[-_NEAR:]
    return tuple(pool[-_NEAR:])


def difference(record: Record, other: Record) -> dict[str, tuple[str | None, str | None]]:
    """Options on which two commands differ: name -> (value in the other, value in this one), None where not given."""
    here, there = settings_of(record), settings_of(other)
    found: dict[str, tuple[str | None, str | None]] = {}
    for name in {**other.config, **record.config}:
        if here.get(name) != there.get(name):
            found[name] = (_clean(other.config.get(name)), _clean(record.config.get(name)))
    return found


@per_record
def settings_of(record: Record) -> Mapping[str, str | float]:
    """Option -> value in the form that compares equal (0.80 and .8), without those that say where a run goes."""
    found: dict[str, str | float] = {}
    for name, value in record.config.items():
        if name not in _NO_SETTING:
            text = _clean(value) or ""
            number = as_number(text)
            found[name] = text if number is None or number != number else number
    return found


@per_record
def setting_hashes(record: Record) -> Mapping[str, int]:
    """Option -> a number for it and its value, and under "" the sum of all: equal sums are equal settings."""
    found = {name: hash((name, value)) for name, value in settings_of(record).items()}
    return {"": sum(found.values()), **found}


#: Options that say where a run goes, not what it is.
_NO_SETTING = frozenset(
    ("gpu", "model_dir", "dataroot", "output", "out", "name", "cache", "log_dir", "device", "seed_dir")
)


def _clean(value: str | None) -> str | None:
    return value.strip().strip("'\"") if value is not None else None


def compared_with(record: Record, pool: Sequence[Record]) -> Record | None:
    """The run before it that its command was most likely made from: the smallest difference among the eight before."""
    if not record.config:
        return None
    places, compared = _places_in(pool)
    place = places.get(record.id)
    if place is None:
        return None
    if pool[place] is not record:
        return _like_before(record, pool, places)
    if record.id not in compared:
        compared[record.id] = _like_before(record, pool, places)
    return compared[record.id]


def _like_before(record: Record, pool: Sequence[Record], places: Mapping[str, int]) -> Record | None:
    if record.parent in places:
        return pool[places[record.parent]]
    place = places[record.id]
    before = [r for r in pool[max(0, place - 8) : place] if r.config]
    if not before:
        return None
    return min(reversed(before), key=lambda r: len(difference(record, r)))


# -- what speaks against -----------------------------------------------------------------------------------------------


def verdict_words(record: Record) -> tuple[str, ...]:
    """The callout verdicts on a run that are no praise."""
    return tuple(v for v in record.verdicts if not re.match(r"(?:success|done|check|tip|note)\b", v))


def is_retracted(record: Record, found: Mapping[str, Sequence[Retraction]] | None = None) -> bool:
    """Whether the notes take its result back, in a verdict on it or in a later note that surely means it."""
    return bool(record.verdicts and _own_verdict(record)) or any(r.certain for r in (found or {}).get(record.id, ()))


@per_record
def _own_verdict(record: Record) -> bool:
    return any(_TAKEN_BACK.search(v) or re.match(r"(?:fail|failure|error|bug)\b", v) for v in record.verdicts)


def retractions(
    records: Sequence[Record],
    pool: Sequence[Record],
    store: EvidenceStore,
    as_of: datetime.date | None,
    vocabulary: Vocabulary | None = None,
) -> dict[str, tuple[Retraction, ...]]:
    """Run id -> lines of other notes that call its result wrong: by a link to it, or in the words it is told by."""
    links = _result_links(store, pool, vocabulary)
    met: dict[int, tuple[str, Link]] = {}
    for record in {r.id: r for r in records}.values():
        if record.link:
            for place in _places(record):
                met.update(links.to.get(place, ()))
    wanted = {record.id for record in records}
    found: dict[str, list[Retraction]] = {}
    for number, (path, link) in sorted(met.items()):
        for record_id, told in links.retraction(number, path, link, store):
            if record_id in wanted and (as_of is None or told.date is None or told.date <= as_of):
                found.setdefault(record_id, []).append(told)
    called = links.called_wrong(store)
    for record_id in wanted & called.keys():
        for told in called[record_id]:
            known = any(told.text == other.text for other in found.get(record_id, ()))
            if not known and (as_of is None or told.date is None or told.date <= as_of):
                found.setdefault(record_id, []).append(told)
    for record in pool:
        if record.corrects in wanted:
            told = Retraction(record.title, source_of(record), day_of_record(record))
            if not any(told.text == other.text for other in found.get(record.corrects, ())):
                found.setdefault(record.corrects, []).append(told)
    return {record_id: tuple(listed) for record_id, listed in found.items()}


#: Words of which one stands in every line that takes a result back.
_WRONG_WORDS_TEXT = """
fail failure error bug danger wrong incorrect invalid valid retract retracted mistake leak leaked leakage broken trust
pasted copied redo rerun ignore void worthless useless nonsense garbage rubbish again count counted unusable unreliable
flawed tainted spoiled spoilt contaminated polluted bogus meaningless misleading inflated optimistic discard discarded
disregard scrap scrapped withdraw withdrawn reliable comparable invalidated
"""
_WRONG_WORDS = _WRONG_WORDS_TEXT.split()
_RESULT_SAID = re.compile(
    r"\b(?:results?|runs?|experiments?|figures?|numbers?|arrays?|accurac(?:y|ies)|scores?|trainings?)\b", re.IGNORECASE
)
_NOT_WRONG = re.compile(
    r"\b(?:not|isn'?t|wasn'?t|aren'?t|nothing|no longer) (?:\w+ )?(?:wrong|incorrect|invalid|broken)\b", re.IGNORECASE
)
_PASTED = re.compile(
    r"\bpasted\b.*\b(?:from|under|below)\b|\b(?:pasted|copied)\b.*\b(?:by mistake|under)\b", re.IGNORECASE
)
#: Lines that may call a run wrong: no more are looked at.
_MOST_LINES = 2000


class _ResultLinks:
    """The links of the notes that lead to results of runs, and what their lines say of these.

    to: (note, heading) -> link number -> (path, link).
    """

    def __init__(self, store: EvidenceStore, pool: Sequence[Record], vocabulary: Vocabulary | None) -> None:
        self.vocabulary = vocabulary
        self.places: dict[tuple[str, str], list[Record]] = {}
        for record in pool:
            if record.link:
                for place in _places(record):
                    self.places.setdefault(place, []).append(record)
        self.to: dict[tuple[str, str], dict[int, tuple[str, Link]]] = {}
        for number, (path, link) in enumerate(store.links()):
            place = (_note_of(path, link), _key(link.heading))
            if place in self.places:
                self.to.setdefault(place, {})[number] = (path, link)
        self.pool = pool
        self._chunks: dict[str, list[Chunk]] = {}
        self._told: dict[int, tuple[tuple[str, Retraction], ...]] = {}
        self._called_wrong: dict[str, list[Retraction]] | None = None

    def called_wrong(self, store: EvidenceStore) -> Mapping[str, Sequence[Retraction]]:
        """Run id -> lines without a link to a result that call the run wrong which they tell by its settings: "the
        result with 8 attention heads is not valid"."""
        if self._called_wrong is None:
            self._called_wrong = {}
            for chunk in _chunks_with(store, _WRONG_WORDS):
                if re.search(r"(?:^|/)(?:server|experiments)\.md$", chunk.note.casefold()):
                    continue
                for line in chunk.text.split("\n"):
                    for record in self._meant_by(line, chunk.date):
                        self._called_wrong.setdefault(record.id, []).append(
                            Retraction(_CALLOUT_MARK.sub("", _bare(line)), chunk.link, chunk.date)
                        )
        return self._called_wrong

    def _meant_by(self, line: str, date: datetime.date | None) -> Sequence[Record]:
        """The runs that a line calls wrong by their settings; none when it may mean more than one description."""
        back = _TAKEN_BACK.search(line) or _PASTED.search(line)
        wrong = _CALLED_WRONG.match(line) or (back and not _NOT_WRONG.search(line))
        if not wrong or not _RESULT_SAID.search(line) or re.match(r"[\s>]*[-*+] \[[ xX>-]\]", line):
            return ()
        if self.vocabulary is None or re.search(r"\[\[[^\]]*#", line):
            return ()
        pasted = re.search(r"\b(?:pasted|copied)\b.*?\b(?:under|into|below|for)\b", line, re.IGNORECASE)
        if pasted:  # "I pasted the arrays of A under B": B holds the wrong ones.
            line = line[pasted.end() :]
        reading = read_filters(line, self.vocabulary, titles=True)
        if reading.titled:
            told = [r for r in self.pool if r.id in reading.titled and r.metrics]
            return [r for r in told if date is None or r.date <= date.isoformat()]
        first: dict[str, Filter] = {}
        for one in reading.filters:
            if one.op == "=":  # "The arrays under noise 0.4 are pasted from noise 0.2": the first is meant.
                first.setdefault(one.option, one)
        if not first:
            return ()
        conditions = [matcher(one, self.vocabulary) for one in first.values()]
        told = [
            record
            for record in self.pool
            if record.metrics
            and all(holds(record) for holds in conditions)
            and (date is None or record.date <= date.isoformat())
        ]
        if len(told) > 1:  # The runs that are about this setting, not those that have it besides.
            named = {name for one in first.values() for name in one.option.split("|")}
            about = [record for record in told if named & _options_told(record, self.vocabulary)]
            told = about or told
        return told if len({(record.title, record.date) for record in told}) == 1 else ()

    def retraction(
        self, number: int, path: str, link: Link, store: EvidenceStore
    ) -> tuple[tuple[str, Retraction], ...]:
        """(run id, retraction) for every run that the line with this link takes back; mostly there is none."""
        if number not in self._told:
            self._told[number] = tuple(self._read(path, link, store))
        return self._told[number]

    def _read(self, path: str, link: Link, store: EvidenceStore) -> Iterable[tuple[str, Retraction]]:
        if path not in self._chunks:
            self._chunks[path] = store.chunks_of(path)
        chunks = self._chunks[path]
        at = bisect_right(chunks, link.line, key=lambda c: c.start) - 1
        while at > 0 and chunks[at - 1].start <= link.line < chunks[at - 1].end:
            at -= 1
        if at < 0 or not chunks[at].start <= link.line < chunks[at].end:
            return
        sentence = _line_with(chunks[at], link)
        if not sentence or not (_TAKEN_BACK.search(sentence) or _CALLED_WRONG.match(sentence)):
            return
        if not link.target and _SAME_BUT.search(sentence):  # A description that rests on the run it links to.
            return
        meant = self.places[(_note_of(path, link), _key(link.heading))]
        told = [r for r in meant if _told_by(r, sentence, self.vocabulary)]
        certain = told or (meant if len(meant) == 1 else [])
        for record in certain or meant:
            yield record.id, Retraction(sentence, chunks[at].link, chunks[at].date, certain=bool(certain))


_CALLOUT_MARK = re.compile(r"^\[!\w+\][+-]?\s*")


def _chunks_with(store: Any, words: Sequence[str]) -> Sequence[Chunk]:
    """The chunks that hold one of the words; none from a store that cannot search."""
    if not hasattr(store, "match"):
        return ()
    found: Sequence[Chunk] = store.chunks([hit.id for hit in store.match(any_of(words), _MOST_LINES)])
    return found


def _options_told(record: Record, vocabulary: Vocabulary) -> frozenset[str]:
    """The options that a run's own description names."""
    told = read_filters(f"{record.title}\n{record.description}", vocabulary).filters
    return frozenset(name for one in told for name in one.option.split("|"))


_SAME_BUT = re.compile(r"\b(?:same|identical|like)\b", re.IGNORECASE)


def _note_of(path: str, link: Link) -> str:
    """The note that a link leads to, in small letters; [[#heading]] stays in its own."""
    return (link.target or path).removesuffix(".md").casefold()


#: Store -> (what it was read from, the links): see `_result_links`.
_LINKS: WeakKeyDictionary[Any, tuple[Any, _ResultLinks]] = WeakKeyDictionary()


def _result_links(store: EvidenceStore, pool: Sequence[Record], vocabulary: Vocabulary | None) -> _ResultLinks:
    """The links to results, read once for a pool, a vocabulary and a state of the notes."""
    if not hasattr(store, "revision"):
        return _ResultLinks(store, pool, vocabulary)
    revision = store.revision()
    known = _LINKS.get(store)
    if known is not None and known[0][0] == revision and known[0][1] is pool and known[0][2] is vocabulary:
        return known[1]
    made = _ResultLinks(store, pool, vocabulary)
    _LINKS[store] = ((revision, pool, vocabulary), made)
    return made


@per_record
def _places(record: Record) -> set[tuple[str, str]]:
    listed = set()
    for text in (record.link.rsplit(":", 1)[0], *(link.strip("[]") for link in record.note_links)):
        note, _, heading = text.partition("#")
        if heading and "server" not in note.casefold():
            listed.add((note.casefold(), _key(heading.split("#")[-1])))
            dated = re.search(r"(20\d\d)[-/.]?(\d\d)[-/.]?(\d\d)(?!\d)", heading)
            if dated:  # A link to the day means what stands under "Experiments-2025/08/25" there too.
                listed.add((note.casefold(), "".join(dated.groups())))
    return listed


def _key(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading).casefold()


def _line_with(chunk: Chunk, link: Link) -> str:
    lines = chunk.text.split("\n")
    wanted = f"{link.target}#{link.heading}" if link.heading else link.target
    return next((_bare(line) for line in lines if wanted in line), "")


def _bare(line: str) -> str:
    return re.sub(r"^\s*(?:>\s*)*(?:[-*+]\s+(?:\[.\]\s+)?)?", "", line).strip()


def _told_by(record: Record, sentence: str, vocabulary: Vocabulary | None) -> bool:
    """Whether a sentence names the description or settings of this very run."""
    if vocabulary is None:
        return False
    titled = vocabulary.titles.named(sentence)
    if any(one.whole for one in titled):
        return any(record.id in one.ids for one in titled)
    named = [one for one in read_filters(sentence, vocabulary).filters if one.op == "="]
    return bool(named) and all(matches(record, one, vocabulary) for one in named)


def doubts(
    records: Iterable[Record], pool: Sequence[Record], vocabulary: Vocabulary | None
) -> dict[str, tuple[Doubt, ...]]:
    """Run id -> oddities of its own record: copied arrays, a command that is not what the words say."""
    known = _doubts_of(pool, vocabulary)
    found: dict[str, tuple[Doubt, ...]] = {}
    for record in {r.id: r for r in records}.values():
        told = known.of(record)
        if told:
            found[record.id] = told
    return found


class _Doubts:
    """The oddities of the runs of one pool, each worked out once."""

    def __init__(self, pool: Sequence[Record], vocabulary: Vocabulary | None) -> None:
        self.pool, self.vocabulary = pool, vocabulary
        self.by_arrays: dict[tuple[float, ...], list[Record]] = {}
        for record in pool:
            values = record.metrics.get("accuracy")
            if isinstance(values, list | tuple) and len(values) > 1:
                self.by_arrays.setdefault(tuple(values), []).append(record)
        self._told: dict[str, tuple[Record, tuple[Doubt, ...]]] = {}

    def of(self, record: Record) -> tuple[Doubt, ...]:
        """What is odd about a run."""
        known = self._told.get(record.id)
        if known is None or known[0] is not record:
            known = self._told[record.id] = (record, tuple(self._read(record)))
        return known[1]

    def _read(self, record: Record) -> Iterable[Doubt]:
        values = record.metrics.get("accuracy")
        if isinstance(values, list | tuple):
            for twin in self.by_arrays.get(tuple(values), ()):
                if twin.id != record.id:
                    where = source_of(twin)
                    words = f"the same figures stand under {twin.date} ({where}); one is probably a copy"
                    yield Doubt(words, (where,))
                    break
        misfit = harmonic_misfit(record)
        if misfit:
            yield Doubt(misfit)
        yield from _words_against_command(record, self.vocabulary)


#: The last few pools with what is odd in them.
_DOUBTS: list[_Doubts] = []


def _doubts_of(pool: Sequence[Record], vocabulary: Vocabulary | None) -> _Doubts:
    for known in tuple(_DOUBTS):
        if known.pool is pool and known.vocabulary is vocabulary:
            return known
    made = _Doubts(pool, vocabulary)
    _DOUBTS.append(made)
    del _DOUBTS[:-_POOLS_KEPT]
    return made


def source_of(record: Record) -> str:
    """Where a run is told: its place in the notes as a wikilink, else its id."""
    place = record.link.rsplit(":", 1)[0]
    return f"[[{place}]]" if place else (record.note_links[0] if record.note_links else record.id)


def command_source_of(record: Record) -> str:
    """Where its command stands."""
    return next((link for link in record.note_links if link.lower().startswith("[[server#")), source_of(record))


def _written_command(store: EvidenceStore, names: Mapping[str, str], record: Record) -> str:
    """A run's command with the quotes it has in the notes, on one line."""
    link = command_source_of(record)
    target = link.strip("[]").partition("#")[0].rsplit("/", 1)[-1].casefold()
    for path, name in names.items():
        if not record.argv or name.casefold() != target:
            continue
        for chunk in store.chunks_of(path):
            if chunk.link != link:
                continue
            for fence in parse_note(path, chunk.text).fences:
                for command in commands_of(fence):
                    if command.words == record.argv:
                        return command.text
    return ""


def _words_against_command(record: Record, vocabulary: Vocabulary | None) -> list[Doubt]:
    if vocabulary is None or not record.argv or "->" in f"{record.title} {record.description}":
        return []  # Words that tell of a change name the value before it as well.
    told: list[Doubt] = []
    by_option: dict[str, list[Filter]] = {}
    for one in vocabulary.told(record):
        if one.op == "=" and "|" not in one.option:
            by_option.setdefault(one.option, []).append(one)
    for option, listed in by_option.items():
        value = record.config.get(option)
        if value is None or option in record.inherited:
            continue
        if not any(matches(record, one) for one in listed):
            said = " and ".join(dict.fromkeys(one.value for one in listed))
            words = f"the description says `{option}` {said}, the command {_clean(value)}"
            told.append(Doubt(words, (command_source_of(record),)))
    return told


# -- tasks, sections ---------------------------------------------------------------------------------------------------


def seen_tasks(tasks: Iterable[Task], names: Mapping[str, str]) -> tuple[TaskSeen, ...]:
    """Each task once with the state of its newest copy, oldest first; the checkboxes of the run logs are no tasks."""
    copies: dict[str, list[Task]] = {}
    for task in tasks:
        name = names.get(task.note, task.note.removesuffix(".md"))
        if name.rsplit("/", 1)[-1].casefold() in ("server", "experiments"):
            continue
        key = task_key(task.text) or " ".join(f"{link.target}#{link.heading}" for link in task.links).casefold()
        if key:
            copies.setdefault(key, []).append(task)
    seen = []
    for listed in copies.values():
        listed.sort(key=lambda t: (t.date or datetime.date.min, t.line))
        newest, first = listed[-1], listed[0]
        placed = tuple((one.date, one.category.lower(), _task_link(one, names)) for one in listed)
        seen.append(
            TaskSeen(newest, first.date, len(listed), _task_link(newest, names), _task_link(first, names), placed)
        )
    seen.sort(key=lambda t: (t.newest.date or datetime.date.min, t.newest.note, t.newest.line))
    return tuple(seen)


def _task_link(task: Task, names: Mapping[str, str]) -> str:
    name = names.get(task.note, task.note.removesuffix(".md"))
    heading = re.sub(r"[\[\]|^#]|%%", " ", task.heading).strip()
    return f"[[{name}#{heading}]]" if heading else f"[[{name}]]"


def _sections_between(
    store: EvidenceStore,
    interval: Interval,
    today: datetime.date,
    as_of: datetime.date | None,
    names: Mapping[str, str],
) -> tuple[Passage, ...]:
    since = interval.start or datetime.date(1970, 1, 1)
    until = min(interval.end or today, as_of or interval.end or today)
    if since > until:
        return ()
    return tuple(_plain_passage(chunk, names) for chunk in store.chunks_between(since, until) if chunk.text.strip())


def _sections_of(
    store: EvidenceStore, names: Mapping[str, str], as_of: datetime.date | None, name: str
) -> Sequence[Passage]:
    """The sections of a note, none of them later than a day."""
    paths = [path for path, one in names.items() if one.casefold() == name.casefold()]
    chunks = [chunk for path in paths[:1] for chunk in store.chunks_of(path)]
    seen = [c for c in chunks if c.text.strip() and not (as_of and c.date and c.date > as_of)]
    return tuple(_plain_passage(chunk, names) for chunk in seen)


def _plain_passage(chunk: Chunk, names: Mapping[str, str]) -> Passage:
    name = names.get(chunk.note, chunk.note.removesuffix(".md"))
    return Passage(
        name,
        chunk.heading,
        chunk.link,
        chunk.date,
        chunk.text,
        chunk.text,
        chunk.path,
        chunk.verdicts,
        1.0,
        (),
        None,
        0.0,
    )


# -- prose -------------------------------------------------------------------------------------------------------------


def passages(plan: Plan, search: Finder, as_of: datetime.date | None, names: Mapping[str, str]) -> tuple[Passage, ...]:
    """Sections for a question of words, best first, each with how far it supports an answer.

    Sections of the days asked for come first; others follow, marked, so that the nearest can be named.
    """
    query = plan.query
    found: dict[tuple[str, int], Passage] = {}
    interval = plan.interval
    stages: list[tuple[Sequence[str] | None, bool]] = []
    if plan.notes:
        stages.append((plan.notes, True))
    stages.append((None, True))
    if interval is not None:
        stages.append((None, False))
    for notes, inside in stages:
        since = interval.start if inside and interval else None
        until = interval.end if inside and interval else None
        for hit in search.find(query, top_k=_PASSAGES, since=since, until=until, notes=notes, as_of=as_of):
            chunk = hit.chunk
            if as_of is not None and chunk.date is not None and chunk.date > as_of:
                continue
            key = (chunk.note, chunk.start)
            if key not in found:
                within = interval is None or interval.contains(chunk.date)
                found[key] = _passage(hit, plan, names, within, bool(notes))
    other = _in_other_words(plan, found.values())
    if other:
        since, until = (interval.start, interval.end) if interval else (None, None)
        for hit in search.find(other, top_k=_PASSAGES // 2, since=since, until=until, as_of=as_of):
            key = (hit.chunk.note, hit.chunk.start)
            if key not in found and not (as_of and hit.chunk.date and hit.chunk.date > as_of):
                within = interval is None or interval.contains(hit.chunk.date)
                found[key] = _passage(hit, plan, names, within, False)
    listed = sorted(found.values(), key=lambda p: (not p.within, -p.score))
    return (*_with_words_met(plan, search, listed[:_READ]), *listed[_READ:])


def _with_words_met(plan: Plan, search: Finder, listed: Sequence[Passage]) -> Sequence[Passage]:
    """The sections with how well the words of the question are met in each, where the model is there to tell."""
    compare = getattr(search, "words_met", None)
    of_words = "prose" in (plan.kind, *plan.alternatives) or plan.may_be_of_words
    if not of_words or compare is None or not listed:
        return listed
    met = compare(
        plan.question, [f"{p.note.replace('_', ' ')}. {without_links(_FENCED.sub(' ', p.part))}" for p in listed]
    )
    return [replace(p, met=share) for p, share in zip(listed, met, strict=True)] if met is not None else listed


def _in_other_words(plan: Plan, found: Iterable[Passage]) -> str:
    """The question with words of like sense for those that the best section does not hold; "" when none is wanted."""
    best = max(found, key=lambda passage: passage.support, default=None)
    missed = plan.terms if best is None else best.missed
    others = [other for word in missed for other in senses(word)]
    if plan.vocabulary is not None:
        others = [other for other in others if plan.vocabulary.count(other)]
    if not others:
        return ""
    kept = [word for word in plan.terms if word not in missed]
    return " ".join(dict.fromkeys((*kept, *others[:8])))


def _sections_after(
    store: EvidenceStore, names: Mapping[str, str], last: datetime.date, day: datetime.date, days: int
) -> Sequence[Passage]:
    """The sections of so many days from a day on, none of them after the last day."""
    return _sections_between(store, Interval(day, day + datetime.timedelta(days=days), ""), last, last, names)


def _passage(hit: Any, plan: Plan, names: Mapping[str, str], within: bool, named: bool) -> Passage:
    chunk = hit.chunk
    name = names.get(chunk.note, chunk.note.removesuffix(".md"))
    text = chunk.text if any("_" in word for word in plan.terms) else _FENCED.sub("\n", chunk.text)
    text = without_links(text)
    support, missed = support_of(plan, "\n".join((name.replace("_", " "), name, *chunk.path, text)))
    similarity = hit.similarity
    score = support + 0.6 * max(0.0, (similarity or 0.0) - 0.2) + 0.15 * float(hit.score) + (0.3 if named else 0.0)
    if name.casefold() in ("server", "experiments") and plan.aspect in ("why", "how"):
        score -= 0.15
    return Passage(
        name,
        chunk.heading,
        chunk.link,
        chunk.date,
        chunk.text,
        hit.passage.text,
        chunk.path,
        chunk.verdicts,
        support,
        missed,
        similarity,
        score,
        within,
    )


def without_links(text: str) -> str:
    """Text without the targets of its wikilinks: what a section points to does not stand in it."""
    return _WIKILINK.sub(lambda match: match[1] or " ", text)


def support_of(plan: Plan, text: str) -> tuple[float, tuple[str, ...]]:
    """How far a text holds the telling words of a question: their share by weight, and the words that are missing."""
    if not plan.terms:
        return 0.0, ()
    held = word_forms(text)
    total = got = 0.0
    missed = []
    for word in plan.terms:
        weight = plan.vocabulary.weight(word) if plan.vocabulary else 1.0
        total += weight
        if holds_word(held, word):
            got += weight
        elif holds_sense(held, word):
            got += _SENSE_WEIGHT * weight
        else:
            missed.append(word)
    return (got / total if total else 0.0), tuple(missed)


#: What a word of like sense counts against the word itself.
_SENSE_WEIGHT = 0.85


def holds_sense(held: set[str], word: str) -> bool:
    """Whether a text with these word forms holds another word of like sense: "confused" for "mixed up"."""
    return any(other in held or stem(other) in held for other in senses(word))


def holds_any(held: set[str], word: str) -> bool:
    """Whether a text with these word forms holds a word, in any form, or another word of like sense."""
    return holds_word(held, word) or holds_sense(held, word)


def word_forms(text: str) -> set[str]:
    """Every form under which a word of the text may be asked for."""
    held: set[str] = set()
    for term in terms(text):
        held.update((term.text, stem(term.text), *term.parts))
    held.update(form for short in held & _SHORT.keys() for form in (_SHORT[short], stem(_SHORT[short])))
    for shown, words in _KIND_SHOWN:
        if shown.search(text):
            held.update(words)
    return held


def holds_word(held: set[str], word: str) -> bool:
    """Whether a text with these word forms holds a word: itself, its stem, another order of its parts, a slip of it."""
    for term in terms(word):
        forms = {*inflected(term.text), *(part for part in term.parts if "+" in part)}
        long = _SHORT.get(term.text)
        forms.update((long, stem(long)) if long else ())
        if forms & held:
            return True
        base = stem(term.text)
        if term.identifier or len(base) < 5:
            continue
        for other in held:
            if len(other) < 4 or other[0] != base[0]:
                continue
            if len(base) >= 6 and len(other) >= 6 and other[:6] == base[:6] and abs(len(other) - len(base)) <= 4:
                return True
            if abs(len(other) - len(base)) <= 1 and distance(base, other, 1) <= 1:
                return True
    return False
