"""The figures of a text: numbers, counts in words, ordinals, dates and times, in forms that compare equal.

97.10 is 97.1, "three" is 3, 2025/04/07 is 7 April 2025. Text in, values out; the one reader of figures in prose.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass


def _words_of(text: str) -> list[str]:
    return text.split()


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sep sept", "october oct", "november nov", "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NUMBER_DATE = re.compile(
    r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<s>[-/. ]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])(?![\d])"
)
_LOOSE_DATE = re.compile(r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<s>[-/])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)")
_DAY_MONTH = re.compile(
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}(?:,?\s+(?P<y>(?:19|20)\d\d)\b)?", re.I
)
_MONTH_DAY = re.compile(
    rf"\b{_MONTH}\s+(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\.\d|%)(?:,?\s+(?P<y>(?:19|20)\d\d)\b)?", re.I
)
_MONTH_YEAR = re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?(?P<y>(?:19|20)\d\d)\b", re.I)
_MONTH_ALONE = re.compile(
    rf"\b(?:in|since|until|during|of|early|late|mid|this|last|from|to|by|before|after)[ -]+{_MONTH}(?!\s*\d)", re.I
)
_WEEKDAY = re.compile(r"\b(" + "|".join(_WEEKDAYS) + r")s?\b", re.I)
_RELATIVE = re.compile(
    r"\b(today|yesterday|tomorrow|tonight|this morning|(?:last|this|next|past|previous) "
    r"(?:week|month|year|night|weekend)|(?:a|one|two|three|few|\d+) "
    r"(?:days?|weeks?|months?|years?) (?:ago|later|earlier|before))\b",
    re.I,
)
_CLOCK = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])")
_NUMBER = re.compile(
    r"(?<![\w.])(?<![A-Za-z_]-)[-+−±~]?(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<e>[eE][-+]?\d+)?(?P<k>[kKM]\b)?(?P<u>\s?%|\s?percent\b)?"
    r"(?P<rest>[A-Za-z_]\w*)?"
)
_ORDINAL_DIGITS = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b", re.I)

_COUNTS: dict[str, float] = {
    word: float(number)
    for number, word in enumerate(
        _words_of(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty"
        )
    )
}
_COUNTS |= {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_COUNTS |= {"hundred": 100, "thousand": 1000, "dozen": 12, "half": 0.5, "twice": 2, "thrice": 3}
_COUNTS |= {"double": 2, "doubled": 2, "doubling": 2, "halved": 0.5, "halving": 0.5, "triple": 3, "tripled": 3}
_COUNT_WORD = re.compile(r"\b(" + "|".join(sorted(_COUNTS, key=len, reverse=True)) + r")\b", re.I)
_ORDINALS = {
    word: number
    for number, word in enumerate(_words_of("first second third fourth fifth sixth seventh eighth ninth tenth"), 1)
}
_ORDINAL = re.compile(r"\b(" + "|".join(_ORDINALS) + r")\b", re.I)
# "one" is a pronoun far more often than a count.
_PRONOUN_BEFORE = _word_set(
    "this that the which no any each every another other good better best worse worst first last next same older newer "
    "only new old latest"
)
_PRONOUN_AFTER = _word_set("of another should can could must is was has had might would will may by that which who")


_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_COMPOUND = re.compile(
    rf"\b(?:(?P<tens>{_TENS})[- ](?P<ones>{_ONES})|(?P<many>{_ONES}|a) (?P<big>hundred|thousand))\b",
    re.I,
)


def _compounds(text: str) -> str:
    """ "Twenty-two" as 22, "three hundred" as 300."""

    def value(match: re.Match[str]) -> str:
        if match["tens"]:
            return f"{_COUNTS[match['tens'].lower()] + _COUNTS[match['ones'].lower()]:g}"
        return f"{_COUNTS.get(match['many'].lower(), 1.0) * _COUNTS[match['big'].lower()]:g}"

    return _COMPOUND.sub(value, text)


def spelled_out(text: str) -> str:
    """The text with its number words as digits; "one" stays, it is a pronoun more often than not."""

    def value(match: re.Match[str]) -> str:
        word = match[0].lower()
        return match[0] if word in _NOT_DIGITS else f"{_COUNTS[word]:g}"

    return _COUNT_WORD.sub(value, _compounds(text))


_NOT_DIGITS = _word_set("one half twice thrice double doubled doubling halved halving triple tripled zero")


@dataclass(frozen=True)
class Figures:
    """The figures of a text, in forms that compare equal however they are written.

    numbers: plain values (absolute). counts: values of number words. ordinals: of "fifth" and "5th". dates: whole
    days. month_days, months, years: parts of days. clocks: times of day as written. weekdays: 0 is Monday.
    """

    numbers: frozenset[float] = frozenset()
    counts: frozenset[float] = frozenset()
    ordinals: frozenset[int] = frozenset()
    dates: frozenset[datetime.date] = frozenset()
    month_days: frozenset[tuple[int, int]] = frozenset()
    months: frozenset[tuple[int, int]] = frozenset()  # (year or 0, month)
    weekdays: frozenset[int] = frozenset()
    relatives: frozenset[str] = frozenset()
    clocks: frozenset[str] = frozenset()
    percents: frozenset[float] = frozenset()


def read_figures(text: str) -> Figures:
    """All figures of a text: numbers, counts in words, ordinals, dates in every form the notes use, clock times."""
    dates: set[datetime.date] = set()
    month_days: set[tuple[int, int]] = set()
    months: set[tuple[int, int]] = set()

    def take_date(match: re.Match[str]) -> str:
        parts = match.groupdict()
        month = _MONTHS[parts["month"].lower()] if parts.get("month") else int(parts["m"])
        year, day = int(parts["y"] or 0), int(parts["d"])
        try:
            whole = datetime.date(year or 2000, month, day)
        except ValueError:
            return match[0]
        if year:
            dates.add(whole)
        else:
            month_days.add((month, day))
        return " "

    def take_month(match: re.Match[str]) -> str:
        months.add((int(match.groupdict().get("y") or 0), _MONTHS[match["month"].lower()]))
        return " "

    for pattern in (_NUMBER_DATE, _LOOSE_DATE, _DAY_MONTH, _MONTH_DAY):
        text = pattern.sub(take_date, text)
    for pattern in (_MONTH_YEAR, _MONTH_ALONE):
        text = pattern.sub(take_month, text)
    clocks = frozenset(_CLOCK.findall(text))
    text = _compounds(_CLOCK.sub(" ", text))
    relatives = frozenset(" ".join(m.lower().split()) for m in _RELATIVE.findall(text))
    text = _RELATIVE.sub(" ", text)
    weekdays = frozenset(_WEEKDAYS.index(m.lower()) for m in _WEEKDAY.findall(text))
    ordinals = {int(m) for m in _ORDINAL_DIGITS.findall(text)}
    text = _ORDINAL_DIGITS.sub(" ", text)
    ordinals |= {_ORDINALS[m.lower()] for m in _ORDINAL.findall(text)}
    numbers: set[float] = set()
    percents: set[float] = set()
    for match in _NUMBER.finditer(text):
        if match["rest"]:
            continue  # "1D", "3x3": an identifier, judged as such
        value = float(match["n"].replace(",", "") + (match["e"] or "")) * {"k": 1e3, "K": 1e3, "M": 1e6}.get(
            match["k"], 1
        )
        (percents if match["u"] else numbers).add(value)
    counts: set[float] = set()
    for match in _COUNT_WORD.finditer(text):
        word = match[0].lower()
        if word == "one":
            before = re.findall(r"[\w']+", text[: match.start()].lower())[-1:]
            after = re.findall(r"[\w']+", text[match.end() :].lower())[:1]
            if (before and before[0] in _PRONOUN_BEFORE) or not after or after[0] in _PRONOUN_AFTER:
                continue
        counts.add(_COUNTS[word])
    return Figures(
        frozenset(numbers), frozenset(counts), frozenset(ordinals), frozenset(dates), frozenset(month_days),
        frozenset(months), weekdays, relatives, clocks, frozenset(percents),
    )  # fmt: skip


def same_value(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))


ARITHMETIC_WORD = re.compile(
    r"=|\b(difference|differ\w*|points?|more|less|higher|lower|better|worse|gain\w*|drop\w*|fell|falls?|rose|rise\w*|"
    r"increas\w*|decreas\w*|improv\w*|sum|total\w*|average|mean|ratio|times|plus|minus|by|from|gap|"
    r"loss of|margin|above|below|between)\b",
    re.I,
)
_DECIMALS = re.compile(r"\.(\d+)")


def shown_arithmetic(value: float, decimals: int, operands: Sequence[float]) -> bool:
    """Whether a value is a sum, difference, product, ratio, percentage or mean of operands, to the decimals it shows.

    Args: value: the result, absolute. decimals: how many it is written with. operands: what stands beside it.
    """
    if len(operands) > 8:
        return False
    tolerance = 0.5 * 10.0**-decimals + 1e-9

    def near(result: float) -> bool:
        return abs(abs(result) - value) <= tolerance

    for a, b in itertools.permutations(operands, 2):
        if near(a - b) or near(a + b) or near((a + b) / 2):
            return True
        if b and (near(a / b) or near(100 * a / b) or near(100 * (a - b) / b)):
            return True
        if near(a * b):
            return True
    return len(operands) > 2 and (near(sum(operands)) or near(sum(operands) / len(operands)))


def decimals_of(value: float, text: str) -> int:
    """How many decimals a figure is written with in the text."""
    for match in _NUMBER.finditer(text):
        if not match["rest"] and same_value(float(match["n"].replace(",", "")), value):
            found = _DECIMALS.search(match["n"])
            return len(found[1]) if found else 0
    return 0


_COUNTED = re.compile(
    r"(?<![\w.,-])(?P<n>\d{1,3}(?:,\d{3})+|\d+|[A-Za-z]+)(?P<after>(?:[ `*_]+[A-Za-z][A-Za-z-]*`?\*?){1,3})"
)


def counted_things(text: str) -> list[tuple[float, tuple[str, ...]]]:
    """Counts with what they count, as far as the next three words tell: "two GRU layers" is (2, (gru, layers))."""
    found: list[tuple[float, tuple[str, ...]]] = []
    position = 0
    while match := _COUNTED.search(text, position):
        position = match.start("after")
        word = match["n"].lower().replace(",", "")
        value = float(word) if word.isdigit() else _COUNTS.get(word)
        if word in _ORDINALS:
            value = float(_ORDINALS[word])
        if value is not None and value == int(value):
            found.append((value, tuple(re.findall(r"[a-z][a-z-]*", match["after"].lower()))))
    return found
