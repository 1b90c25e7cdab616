"""How the descriptions of runs speak of options: "8 attention heads" where the command says `-num_heads 8`.

A researcher calls a setting by the same words each time. Where the number beside such words is, run for run, the value
of one option, the words are a name of that option, and a question may use them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assistant.remembered import per_record
from fskws.runs import Record
from vault_sync.terms import STOP_WORDS, as_number, stem, terms

#: Stands for the number in a pattern.
NUMBER = "#"
#: Words of a pattern, its number counted.
MOST_WORDS = 5
#: A pattern names an option when so many of the runs told by it have that number as its value.
_SURE = 0.9
#: What is read of a description.
_LINES, _LETTERS = 6, 300

_PART = re.compile(r"[,;:()\n]|[.!?](?:\s|$)|\s(?:and|but|with|plus|then)\s", re.IGNORECASE)
_TOKEN = re.compile(r"\d+(?:\.\d+)?(?![\w.]*[A-Za-z_])|[A-Za-z][\w-]*")

Pattern = tuple[str, ...]


@dataclass(frozen=True)
class Spoken:
    """patterns: words with a number -> option. names: the words alone -> option. beside: stem of a word -> the options
    that are always written out where it stands: "Room reverb, `rir_prob` 0.5"."""

    patterns: Mapping[Pattern, str]
    names: Mapping[Pattern, str]
    beside: Mapping[str, frozenset[str]]


_IDLE = STOP_WORDS | {"per", "run", "experiment", "of", "at", "with"}
_RELATIVE = re.compile(r"\W*(?:(?:exactly )?(?:the )?same\b|identical\b|as above\b)", re.IGNORECASE)
#: Words of a title at least, and at most those that are looked for.
_LEAST_TITLE, _MOST_TITLE = 3, 14


def title_words(text: str) -> list[tuple[str, int, int]]:
    """The telling words and numbers of a description, each with its span; with and without marks they are alike."""
    found = []
    for match in re.finditer(r"[A-Za-z_]\w*|\d+(?:\.\d+)?", text):
        word = match.group().lower()
        number = as_number(word)
        if word not in _IDLE:
            found.append((f"{number:g}" if number is not None else stem(word), match.start(), match.end()))
    return found


@dataclass(frozen=True)
class Named:
    """Runs that a text names by their description: their ids, where it stands, whether it is the whole one."""

    ids: frozenset[str]
    start: int
    end: int
    whole: bool


class Titles:
    """The runs by their descriptions: a question may name one by all its words, or by those up to its number."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._runs: dict[Pattern, list[str]] = {}
        self._whole: set[Pattern] = set()
        for record in records:
            keys = _title_keys(record)
            self._whole.update(keys[:1])
            for key in keys:
                self._runs.setdefault(key, []).append(record.id)

    def named(self, text: str) -> list[Named]:
        """The descriptions that stand in a text, the longest where two overlap."""
        words = title_words(text)
        found: list[Named] = []
        at = 0
        while at < len(words):
            for end in range(min(len(words), at + _MOST_TITLE), at + 1, -1):
                key = tuple(word for word, _, _ in words[at:end])
                if key in self._runs:
                    found.append(Named(frozenset(self._runs[key]), words[at][1], words[end - 1][2], key in self._whole))
                    at = end - 1
                    break
            at += 1
        return found


@per_record
def _title_keys(record: Record) -> tuple[Pattern, ...]:
    """The words of a description by which its run may be named, all of them first."""
    title = re.sub(r"\([^()]*\)\s*$", "", record.title)
    if _RELATIVE.match(title):
        return ()
    keys: dict[Pattern, None] = {}
    parts = re.split(r"[,;]|\.(?=\s|$)", title[:_LETTERS])
    for count in (len(parts), 2, 1):
        words = tuple(word for word, _, _ in title_words(" , ".join(parts[:count])))
        if _LEAST_TITLE <= len(words) <= _MOST_TITLE:
            keys[words] = None
    if not keys:
        return ()
    words = tuple(word for word, _, _ in title_words(parts[0]))
    number = next((place for place, word in enumerate(words) if word[0].isdigit()), 0)
    if number + 1 >= _LEAST_TITLE:
        keys[words[: number + 1]] = None
    return tuple(keys)


def learn(records: Iterable[Record]) -> Spoken:
    """The names of options in the descriptions of runs."""
    records = tuple(records)
    told: Counter[Pattern] = Counter()
    fits: dict[Pattern, Counter[str]] = {}
    values: dict[tuple[Pattern, str], set[float]] = {}
    for record in records:
        for pattern, value, options in _patterns_of(record):
            told[pattern] += 1
            fits.setdefault(pattern, Counter()).update(options)
            for option in options:
                values.setdefault((pattern, option), set()).add(value)
    patterns: dict[Pattern, str] = {}
    for pattern, counts in fits.items():
        sure = [option for option, count in counts.items() if count >= _SURE * told[pattern]]
        alike = [option for option in sure if _is_like(pattern, option)]
        varied = [option for option in sure if len(values[pattern, option]) > 1]
        found = [one for one in varied if one in alike] or alike or varied
        if len(found) == 1 and found[0] not in pattern:
            patterns[pattern] = found[0]
    patterns = _whole(patterns, told)
    names: dict[Pattern, str] = {}
    doubtful: set[Pattern] = set()
    for pattern, option in patterns.items():
        at = pattern.index(NUMBER)
        name = pattern[:at] or pattern[at + 1 :]
        if len(name) < 2 or any(word in STOP_WORDS for word in name):
            continue
        if names.setdefault(name, option) != option:
            doubtful.add(name)
    beside = _beside(pair for record in records for pair in _told_beside_options(record))
    return Spoken(patterns, {name: option for name, option in names.items() if name not in doubtful}, beside)


def _whole(patterns: Mapping[Pattern, str], told: Mapping[Pattern, int]) -> dict[Pattern, str]:
    """The patterns that are no mere part of a longer one: who always says "test temperature" does not call it
    "temperature"."""
    parts: set[Pattern] = set()
    for pattern, option in patterns.items():
        for start in range(len(pattern)):
            for end in range(start + 2, len(pattern) + 1):
                part = pattern[start:end]
                if part != pattern and patterns.get(part) == option and told[pattern] >= _SURE * told[part]:
                    parts.add(part)
    return {pattern: option for pattern, option in patterns.items() if pattern not in parts}


@per_record
def _patterns_of(record: Record) -> tuple[tuple[Pattern, float, frozenset[str]], ...]:
    """(pattern, number, options that have this number as their value) of a run's description, each pattern once."""
    numbers: dict[float, set[str]] = {}
    for option, value in record.config.items():
        number = as_number(value)
        if number is not None:
            numbers.setdefault(number, set()).add(option)
    if not numbers:
        return ()
    found: dict[Pattern, tuple[float, frozenset[str]]] = {}
    lines = [record.title, *record.description.split("\n")[:_LINES]]
    for part in _PART.split("\n".join(line[:_LETTERS] for line in lines)):
        tokens = [token.lower() for token in _TOKEN.findall(part.replace("`", ""))]
        for place, token in enumerate(tokens):
            told = as_number(token)
            if told is None:
                continue
            options = frozenset(numbers.get(told, set()))
            for pattern in _around(tokens, place):
                if options or pattern not in found:  # "0.3, and then 0.6": one of them is the run's own.
                    found[pattern] = (told, options)
    return tuple((pattern, value, options) for pattern, (value, options) in found.items())


def _around(tokens: list[str], place: int) -> list[Pattern]:
    """The patterns that a number and the words around it make; none begins or ends with an idle word."""
    found = []
    for before in range(4):
        for after in range(3):
            start, end = place - before, place + after + 1
            if start < 0 or end > len(tokens) or not before + after or end - start > MOST_WORDS:
                continue
            window = (*tokens[start:place], NUMBER, *tokens[place + 1 : end])
            words = [word for word in window if word != NUMBER]
            ends = [word for word in (window[0], window[-1]) if word != NUMBER]
            if any(word[0].isdigit() for word in words) or any(word in STOP_WORDS for word in ends):
                continue
            if any(len(word) > 2 and word not in STOP_WORDS for word in words):
                found.append(window)
    return found


def _is_like(pattern: Pattern, option: str) -> bool:
    """Whether a word of the pattern is a part of the option's name, or begins it."""
    parts = [part for part in re.split(r"[_\-\d]+", option.lower()) if len(part) > 1]
    words = [word for word in pattern if word != NUMBER]
    return any(
        stem(word) == stem(part)
        or (len(part) >= 4 and word.startswith(part))
        or (len(word) >= 4 and part.startswith(word))
        for word in words
        for part in parts
    )


@per_record
def _told_beside_options(record: Record) -> tuple[tuple[str, str], ...]:
    """(stem of a word, option) for the words of a description and the options that it writes out; ("", option) and
    (stem, "") once each."""
    text = f"{record.title}\n{record.description}"
    options = set(re.findall(r"[A-Za-z]\w*", text)) & record.config.keys()
    if not options:
        return ()
    words = {stem(term.text) for term in terms(text) if term.text.isalpha()} - {stem(name) for name in options}
    pairs = [(word, option) for word in words for option in options]
    return (*pairs, *((word, "") for word in words), *(("", option) for option in options))


#: A word names an option when so much of what tells the word tells the option, and so much of what tells the option
#: tells the word.
_NAME_OF, _NAMED_BY = 0.9, 0.5


def _beside(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Stem of a word -> the options that it is a name for, from how often they are told together."""
    told = Counter(pairs)
    found: dict[str, set[str]] = {}
    for (word, option), count in told.items():
        if word and option and count >= _NAME_OF * told[word, ""] and count >= _NAMED_BY * told["", option]:
            found.setdefault(word, set()).add(option)
    return {word: frozenset(options) for word, options in found.items()}
