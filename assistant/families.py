"""Runs that go together by their descriptions: "Label smoothing, `smooth_eps` 0.05" and "Label smoothing, `smooth_eps`
0.25" are the label smoothing runs, whatever else their commands share.

A researcher varies one option under one name. A question says that name, or a part of it with the value: "label
smoothing of 0.25", "the plain base model with `lr_base` 0.005", "classifier frozen at epoch 10".
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.remembered import per_record
from fskws.runs import Record
from vault_sync.terms import STOP_WORDS, as_number, stem

#: A family has so many runs at least, and its name so many words at most.
_LEAST_RUNS, _MOST_WORDS = 2, 10
#: The option of a family is the one that is written out with its name in so many of its runs.
_SURE = 0.8
#: So many of the runs that are given an option belong to one family: to give it is to be one of them.
_OWN = 0.8
_LINES = 4
_IDLE = STOP_WORDS | {
    "per",
    "run",
    "runs",
    "experiment",
    "model",
    "other",
    "same",
    "setting",
    "settings",
    "rest",
    "usual",
}
_RELATIVE = re.compile(
    r"\W*(?:\w+\W+)?(?:(?:exactly )?(?:the )?same\b|identical\b|as above\b|otherwise\b)", re.IGNORECASE
)
_AGAIN = re.compile(
    r"\W*(?:rerun|re-run|interim|again|correct(?:ed|ion)|repeat(?:ed)?|sweep|second try|new try|retry|config"
    r"|settings?)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
#: Irregular forms of verbs that descriptions tell settings by.
_FORMS = {"frozen": "freez", "froze": "freez", "freeze": "freez", "freezing": "freez", "shrunk": "shrink", "tri": "try"}
_SHORT = {"cls": "class", "classifier": "class", "classification": "class", "res": "residual",
          "emb": "embed", "embeddings": "embed", "embedding": "embed", "proto": "prototyp", "eps": "epsilon",
          "aug": "augment", "augmentation": "augment", "regularization": "regulariz", "reg": "regulariz",
          "temp": "temperatur", "dim": "dimension", "dims": "dimension", "prob": "probabl", "probability": "probabl",
          "sched": "schedul", "lr": "rate"}  # fmt: skip


#: What a question about runs says, and one about thoughts seldom.
ABOUT_RUNS = re.compile(
    r"\b(?:runs?|ran|experiments?|trainings?|trained|jobs?|results?|accurac\w+|acc|hm|harmonic|unseen|seen|best|worst"
    r"|highest|lowest|values?|settings?|commands?|config\w*|launch\w*|started?|end|ended|finish\w*|valid|figures?|numbers?"
    r"|compar\w*|better|versus|vs|against|set|options?|effect|rerun|reran|repeat\w*|stop\w*|sound|cite|trust)\b|\d",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=1 << 14)
def key_of(word: str) -> str:
    """A word as families compare it: without its inflection, clipped names written out."""
    lower = word.lower().strip("'’-")
    lower = _FORMS.get(lower, _SHORT.get(lower, lower))
    return _SHORT.get(stem(lower), _FORMS.get(stem(lower), stem(lower)))


@dataclass(frozen=True)
class Family:
    """name: as the descriptions write it. words: those of the name. option: the one that is varied. parts: the words of
    the option's name. ids: its runs. own: the option is given to these runs alone. values: those it has there."""

    name: str
    words: frozenset[str]
    option: str
    parts: frozenset[str]
    ids: frozenset[str]
    own: bool
    values: frozenset[float]


@dataclass(frozen=True)
class Called:
    """A family that a text names. first, last: places of the words it is named by. value: the number told with it."""

    family: Family
    first: int
    last: int
    value: str = ""


@dataclass(frozen=True)
class Families:
    """The families of a vault's runs, and which runs each has by its name."""

    listed: tuple[Family, ...] = ()
    by_name: Mapping[str, frozenset[str]] = field(default_factory=dict)
    by_word: Mapping[str, tuple[Family, ...]] = field(default_factory=dict)

    def named_at(self, words: Sequence[str], numbers: Sequence[float | None], at: int) -> Called | None:
        """The family that the words from a place on name: by two of its words, by one and a value, or by a word that
        no other family and no option has."""
        if not self.listed or numbers[at] is not None or words[at].lower() in STOP_WORDS:
            return None
        found: list[tuple[int, int, Called]] = []
        for family in self.by_word.get(key_of(words[at]), ()):
            called, told, own = self._called(family, words, numbers, at)
            if called is not None:
                found.append((told, own, called))
        if not found:
            return None
        best = max(told for told, _, _ in found)
        most = max(own for told, own, _ in found if told == best)
        named = [called for told, own, called in found if (told, own) == (best, most)]
        return named[0] if len(named) == 1 else None

    def _called(
        self, family: Family, words: Sequence[str], numbers: Sequence[float | None], at: int
    ) -> tuple[Called | None, int, int]:
        bag = family.words | family.parts
        met: dict[str, None] = {}
        held: set[str] = set()
        last, value, place = at, "", at
        while place < len(words) and place - last <= 3:
            key = key_of(words[place])
            if numbers[place] is not None:
                if value or not met:
                    break
                if numbers[place] not in family.values and not (family.own and _is_value(words, place)):
                    break
                value, last = words[place], place
            elif "_" in words[place]:
                break
            elif key in bag and key not in _IDLE:
                held.add(key)
                if key not in _OF_ALL:
                    met[key] = None
                last = place
            elif words[place].lower() not in STOP_WORDS and words[place].lower() not in _JOINTS:
                break
            place += 1
        own = len(met.keys() & family.words)
        if not met or not own:
            return None, 0, 0
        if len(met) < 2 and not value and not family.words <= held:
            return None, 0, 0
        if not value and at and numbers[at - 1] is not None and numbers[at - 1] in family.values:
            return Called(family, at - 1, last, words[at - 1]), len(met), own
        return Called(family, at, last, value), len(met), own


#: "Three GRU layers" is a setting that many lines of runs have, and the name of none.
_ARCHITECTURE_TEXT = """
no one two three four five six single double layer layers gru lstm rnn transformer transformers conformer attention
mamba tcn cnn sequential sequence top encoder module
"""
_ARCHITECTURE = frozenset(key_of(word) for word in _ARCHITECTURE_TEXT.split())
#: Words of what every run does, which tell no family from another by themselves: "base session accuracy".
_OF_ALL_TEXT = """
base session first last final new old class classes word words keyword clip clips epoch epochs seen unseen accuracy
"""
_OF_ALL = frozenset(key_of(word) for word in _OF_ALL_TEXT.split()) | _ARCHITECTURE
_JOINTS = frozenset(("=", "equal", "value", "set", "weight", "using", "run", "runs", "model"))


def _is_value(words: Sequence[str], place: int) -> bool:
    """Whether a number stands where a value would: not that of a session, a day or an epoch count of its own."""
    following = words[place + 1].lower() if place + 1 < len(words) else ""
    return following not in ("session", "sessions", "epochs", "runs", "days", "weeks", "times")


def learn_families(records: Iterable[Record]) -> Families:
    """The families of the runs, from what their descriptions write before an option and its value."""
    records = tuple(records)
    told: dict[tuple[str, ...], Counter[str]] = {}
    names: dict[tuple[str, ...], Counter[str]] = {}
    members: dict[tuple[str, ...], dict[str, Record]] = {}
    for record in records:
        for name, option in _told_before(record):
            words = tuple(key_of(word) for word in _WORD.findall(name))
            words = tuple(dict.fromkeys(word for word in words if word not in _IDLE))
            if not 1 <= len(words) <= _MOST_WORDS or set(words) <= _ARCHITECTURE:
                continue
            told.setdefault(words, Counter())[option] += 1
            names.setdefault(words, Counter())[name] += 1
            members.setdefault(words, {})[record.id] = record
    relatives = [r for r in records if r.config and (_RELATIVE.match(r.title) or _AGAIN.match(r.title))]
    found: list[Family] = []
    for words, counts in told.items():
        option, count = counts.most_common(1)[0]
        mine = members[words]
        if len(mine) < _LEAST_RUNS or count < _SURE * sum(counts.values()):
            continue
        ids = set(mine)
        ids.update(_going_with(relatives, mine, option))
        given = {r.id for r in records if option in r.config and option not in r.inherited}
        parts = frozenset(key_of(part) for part in re.split(r"[_\-\d]+", option) if len(part) > 1) - _IDLE
        values = (as_number(r.config.get(option, "")) for r in records if r.id in ids)
        found.append(
            Family(
                names[words].most_common(1)[0][0],
                frozenset(words),
                option,
                parts,
                frozenset(ids),
                len(given & ids) >= _OWN * len(given),
                frozenset(value for value in values if value is not None),
            )
        )
    by_word: dict[str, list[Family]] = {}
    for family in found:
        for word in (family.words | family.parts) - _IDLE:
            by_word.setdefault(word, []).append(family)
    return Families(
        tuple(found),
        {family.name: family.ids for family in found},
        {word: tuple(families) for word, families in by_word.items()},
    )


@per_record
def _told_before(record: Record) -> tuple[tuple[str, str], ...]:
    """(name, option) of a run's description: the words before the first option that stands there with its value, or
    behind both where it comes first."""
    found: dict[tuple[str, str], None] = {}
    for line in (record.title, *record.description.split("\n")[:_LINES]):
        if _RELATIVE.match(line) or _AGAIN.match(line):
            continue
        for match in _OPTION.finditer(line[:_LETTERS]):
            value = record.config.get(match["option"])
            told = _VALUE.match(line, match.end())
            if value is None or told is None or not _same(told["value"], value):
                continue
            before = _TAIL.sub("", line[: match.start()])
            name = before or re.split(r"[.;]|,\s*(?:rest|all)\b", line[told.end() :])[0].strip("`'\" ,:")
            if _WORD.search(name) and not re.search(r"[_`\d]", name):
                found[name.strip(), match["option"]] = None
            break
    return tuple(found)


_LETTERS = 300
_OPTION = re.compile(r"`?(?P<option>\b[A-Za-z]\w*)`?")
_VALUE = re.compile(r"[ \t]*(?:=|:|of|to|is)?[ \t]*[`'\"]?(?P<value>[\w.+-]*\w)")
_TAIL = re.compile(r"[\s,;:(`-]*(?:\b(?:with|by|but|at|using))?[\s,;:(`-]*$")


def _same(told: str, value: str) -> bool:
    """Whether a description and a command give the same value."""
    number, other = as_number(told), as_number(value.strip("'\""))
    return number == other if number is not None else told.casefold() == value.strip("'\"").casefold()


def _going_with(relatives: Iterable[Record], members: Mapping[str, Record], option: str) -> Iterator[str]:
    """The runs described by another one ("same setting as above, but ...") that are of its family: all that parts
    their command from it is the family's option and what their words name."""
    rests: dict[frozenset[str], set[frozenset[tuple[str, str]]]] = {}
    for record in relatives:
        if record.id in members or option not in record.config:
            continue
        said = frozenset({option, *re.findall(r"[A-Za-z]\w*", record.title)} & record.config.keys())
        if said not in rests:
            rests[said] = {_rest(member, said) for member in members.values()}
        if _rest(record, said) in rests[said]:
            yield record.id


def _rest(record: Record, without: frozenset[str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in record.config.items() if name not in without)
