"""Reads what people say about time ("last week", "since Monday", "in early May") as days of the calendar.

Alone decides which days an expression means. Standard library only; the day that counts as today is passed in.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vault_sync.terms import distance

_DAY = datetime.timedelta(days=1)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_WEEKDAY = {
    **{name: i for i, name in enumerate(WEEKDAYS)},
    **{
        "mon": 0,
        "tue": 1,
        "tues": 1,
        "wed": 2,
        "weds": 2,
        "thu": 3,
        "thur": 3,
        "thurs": 3,
        "fri": 4,
        "sat": 5,
        "sun": 6,
    },
}
_MONTH = {
    **{name: i for i, name in enumerate(MONTHS, 1)},
    **{name[:3]: i for i, name in enumerate(MONTHS, 1)},
    "sept": 9,
}
_BEFORE_LONE_MONTH = frozenset(
    (
        ",",
        ":",
        "run",
        "runs",
        "experiment",
        "experiments",
        "result",
        "results",
        "training",
        "trainings",
        "task",
        "tasks",
    )
)
#: Also everyday words: dates only after a preposition, beside a number, or capitalised inside a sentence.
_AMBIGUOUS = frozenset(("may", "march", "mar", "jan", "dec", "sat", "sun", "wed", "mon", "sep", "oct", "jun", "jul"))
_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "zero",
            "a an one",
            "two couple",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        )
    )
    for word in words.split()
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_VAGUE = {"few": 3, "several": 4, "some": 3}
_UNITS = {"day": "day", "week": "week", "month": "month", "year": "year", "hour": "hour", "weekend": "weekend"}
_UNITS.update({f"{name}s": unit for name, unit in list(_UNITS.items())})
_UNITS.update(
    {"hrs": "hour", "wk": "week", "wks": "week", "minutes": "hour", "minute": "hour", "fortnight": "fortnight"}
)
_LAST = frozenset(("last", "past", "previous", "prior"))
_THIS = frozenset(("this", "current"))
_LEADING = (
    "in on since until till before after from between during of within through early mid late last this past previous"
)
_PREPOSITIONS = frozenset((*_LEADING.split(), "next", "around", "at", "as"))
_SLASH_LEADING = "on since until till before after from to between and by - – week day"
_BEFORE_SLASH = frozenset(_SLASH_LEADING.split())
_TO = frozenset(("to", "until", "till", "through", "thru", "-", "–", "—", "and"))
_RECENT_DAYS = 14
_SPELT = tuple(
    word for word in (*WEEKDAYS, *MONTHS, "yesterday", "today", "tomorrow", "weekend", "recently") if len(word) > 5
)

_TOKEN = re.compile(
    r"(?P<date>(?<![\w.])20\d\d([-/.])\d{1,2}\2\d{1,2}(?![\w]))"
    r"|(?P<dotted>(?<![\w.])\d{1,2}\.\d{1,2}\.20\d\d(?!\w))"
    r"|(?P<compact>(?<![\w.])20\d{6}(?!\w))"
    r"|(?P<dayish>(?<![\w.])(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?![\w.]))"
    r"|(?P<slash>(?<![\w./])\d{1,2}/\d{1,2}(?:/(?:20)?\d\d)?(?![\w/]))"
    r"|(?P<ordinal>(?<![\w.])\d{1,2}(?:st|nd|rd|th)\b)"
    r"|(?P<korean>\d{1,4}\s?[년월일])"
    r"|(?P<number>(?<![\w.])\d+(?![\w.]*\d)(?![A-Za-z_]))"
    r"|(?P<possess>['’]s\b)"
    r"|(?P<word>[A-Za-z가-힣_][\w]*(?:\.\d+)?)"
    r"|(?P<sign>[-–—,.?!;:()\"`=+*/])"
    r"|(?P<other>\S)"
)
_KOREAN = {
    "오늘": "today",
    "어제": "yesterday",
    "그저께": "day-before-yesterday",
    "지난주": "last-week",
    "이번주": "this-week",
}
_KOREAN.update({"지난달": "last-month", "이번달": "this-month"})


@dataclass(frozen=True)
class Interval:
    """Days that a question is about.

    Attributes:
        start, end: first and last day, both included; None where it is open.
        words: how it was read, for a reader: "last week: Mon 2025-04-07 to Sun 2025-04-13".
        note: what had to be assumed ("recently" read as 14 days); "" where nothing was.
        phrase: the words of the text it was read from. span: their place in the text.
        unit: day, week, month, year or span: what "the one before" would step by.
    """

    start: datetime.date | None
    end: datetime.date | None
    words: str
    note: str = ""
    phrase: str = ""
    span: tuple[int, int] = (0, 0)
    unit: str = "span"

    def contains(self, day: datetime.date | None) -> bool:
        """Whether a day lies in it; something without a day lies in no interval."""
        if day is None:
            return False
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)

    def to_json(self) -> dict[str, str | None]:
        """The interval as plain JSON values."""
        return {
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "words": self.words,
            "note": self.note,
        }


@dataclass(frozen=True)
class _Token:
    text: str
    kind: str
    start: int
    end: int
    capital: bool
    first: bool  # Opens a sentence, where a capital says nothing.


@dataclass(frozen=True)
class _Period:
    """A stretch of days while reading. loose: "weekday", "month" or "date" where the year or week was not said."""

    start: datetime.date
    end: datetime.date
    unit: str = "day"
    loose: str = ""
    note: str = ""
    point: datetime.date | None = None  # "two weeks ago" as a starting point is that very day.


_Read = tuple[_Period, int] | None


def read_interval(
    text: str,
    today: datetime.date,
    week_starts: int = 0,
    as_of: datetime.date | None = None,
    anchor: Interval | None = None,
) -> Interval | None:
    """The first interval that the text speaks of.

    Args: today: the day that counts as today. week_starts: 0 is Monday. as_of: nothing later than this day is meant.
        anchor: the interval spoken of before, for "the week before"; without one it is today.
    Returns: None when the text says nothing about time.
    """
    found = find_intervals(text, today, week_starts, as_of, anchor)
    return found[0] if found else None


def find_intervals(
    text: str,
    today: datetime.date,
    week_starts: int = 0,
    as_of: datetime.date | None = None,
    anchor: Interval | None = None,
) -> list[Interval]:
    """Every interval that the text speaks of, in its order. Arguments as for `read_interval`."""
    reader = _Reader(_tokens(text), today, week_starts, anchor)
    found: list[Interval] = []
    position = 0
    while position < len(reader.tokens):
        read = reader.expression(position)
        if read is None:
            position += 1
            continue
        interval, after = read
        span = (reader.tokens[position].start, reader.tokens[after - 1].end)
        interval = replace(interval, phrase=text[span[0] : span[1]], span=span)
        found.append(_worded(_limited(interval, as_of)))
        reader.anchor = found[-1]  # "Last week and the week before": each counts from the one before it.
        position = after
    return found


def before(interval: Interval) -> Interval:
    """The stretch of equal length that ends where this one begins: the week before a week, the day before a day."""
    if interval.start is None:
        return interval
    end = interval.start - _DAY
    if interval.unit == "month":
        start = end.replace(day=1)
    elif interval.unit == "year":
        start = end.replace(month=1, day=1)
    else:
        length = ((interval.end or interval.start) - interval.start).days
        start = end - datetime.timedelta(days=length)
    return _worded(Interval(start, end, "", phrase=f"the {interval.unit} before", unit=interval.unit))


def after(interval: Interval) -> Interval:
    """The stretch of equal length that begins where this one ends."""
    if interval.end is None:
        return interval
    start = interval.end + _DAY
    if interval.unit == "month":
        end = _month(start.year, start.month)[1]
    elif interval.unit == "year":
        end = start.replace(month=12, day=31)
    else:
        end = start + (interval.end - (interval.start or interval.end))
    return _worded(Interval(start, end, "", phrase=f"the {interval.unit} after", unit=interval.unit))


def day_words(day: datetime.date) -> str:
    """A day as answers write it: "Wed 2025-04-09". Never the locale's."""
    return f"{WEEKDAYS[day.weekday()][:3].capitalize()} {day.isoformat()}"


def read_date(text: str) -> datetime.date | None:
    """A day written as the notes write one (2025-03-08, 2025/04/07, 20250412), standing alone; else None."""
    match = re.fullmatch(r"\s*(20\d\d)([-/.]?)(\d{1,2})\2(\d{1,2})\s*", text)
    return _date(int(match[1]), int(match[3]), int(match[4])) if match else None


def _worded(interval: Interval) -> Interval:
    start, end = interval.start, interval.end
    if start is None and end is None:
        words = "all days"
    elif start is None and end is not None:
        words = f"until {day_words(end)}"
    elif start is not None and end is None:
        words = f"since {day_words(start)}"
    elif start == end and start is not None:
        words = day_words(start)
    else:
        words = f"{day_words(start)} to {day_words(end)}" if start and end else ""
    phrase = re.sub(r"\s+", " ", interval.phrase).strip()
    plain = re.fullmatch(r"(?:on |since |until )?[\d/.-]+", phrase) or re.fullmatch(
        r"(?:from )?20\d\d[\d/-]+ ?(?:[-–—]|to|until|till) ?20\d\d[\d/-]+", phrase
    )
    return replace(interval, words=f"{phrase}: {words}" if phrase and not plain else words)


def _limited(interval: Interval, as_of: datetime.date | None) -> Interval:
    if as_of is None or (interval.end is not None and interval.end <= as_of):
        return interval
    if interval.start is not None and interval.start > as_of:
        return replace(
            interval, note=_joined(interval.note, f"it lies after {as_of.isoformat()}, where this answer ends")
        )
    if interval.end is None:
        return interval
    return replace(interval, end=as_of)


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    first = True
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        written = match.group()
        lower = written.lower()
        if kind == "word":
            lower = _spelt(_KOREAN.get(lower, lower))
        tokens.append(_Token(lower, kind, match.start(), match.end(), written[:1].isupper(), first))
        first = kind == "sign" and written in ".?!:;"
    return tokens


def _spelt(word: str) -> str:
    """A slip of one letter in a long word of the calendar, put right: "yesteday", "tuseday"."""
    if len(word) < 6 or word in _MONTH or word in _WEEKDAY or word in _SPELT or "_" in word:
        return word
    near = [known for known in _SPELT if abs(len(known) - len(word)) <= 1 and distance(word, known, 1) <= 1]
    return near[0] if len(near) == 1 and near[0][0] == word[0] else word


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _easter(year: int) -> datetime.date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return datetime.date(year, month, day + 1)


def _month(year: int, month: int) -> tuple[datetime.date, datetime.date]:
    return datetime.date(year, month, 1), datetime.date(year, month, calendar.monthrange(year, month)[1])


def _months_back(day: datetime.date, months: int) -> datetime.date:
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class _Reader:
    """Reads expressions from tokens. Each reading method gives what it read and the position after it, or None."""

    def __init__(
        self, tokens: Sequence[_Token], today: datetime.date, week_starts: int, anchor: Interval | None
    ) -> None:
        self.tokens = tokens
        self.today = today
        self.week_starts = week_starts
        self.anchor = anchor

    # -- small steps ---------------------------------------------------------------------------------------------------

    def word(self, position: int) -> str:
        return self.tokens[position].text if 0 <= position < len(self.tokens) else ""

    def kind(self, position: int) -> str:
        return self.tokens[position].kind if 0 <= position < len(self.tokens) else ""

    def words(self, position: int, text: str) -> int | None:
        """The position after these words, or None."""
        wanted = text.split()
        if all(self.word(position + offset) == word for offset, word in enumerate(wanted)):
            return position + len(wanted)
        return None

    def the(self, position: int) -> int:
        return position + 1 if self.word(position) == "the" else position

    def number(self, position: int) -> tuple[int, int, str] | None:
        """A count in front of a unit: value, position after, and a note where it was vague."""
        word = self.word(position)
        if word in ("a", "an") and self.word(position + 1) in ("couple", "few"):
            position, word = position + 1, self.word(position + 1)
        if self.kind(position) == "number":
            return int(word), position + 1, ""
        if word == "couple":
            return 2, position + (2 if self.word(position + 1) == "of" else 1), ""
        if word in _NUMBERS:
            return _NUMBERS[word], position + 1, ""
        if word in _VAGUE:
            return _VAGUE[word], position + 1, f"{word!r} read as {_VAGUE[word]}"
        return None

    def week(self, day: datetime.date) -> tuple[datetime.date, datetime.date]:
        start = day - datetime.timedelta(days=(day.weekday() - self.week_starts) % 7)
        return start, start + datetime.timedelta(days=6)

    def around(self, unit: str, day: datetime.date, note: str = "") -> _Period:
        """The calendar day, week, month or year that a day lies in."""
        if unit == "week":
            return _Period(*self.week(day), unit="week", note=note)
        if unit == "month":
            return _Period(*_month(day.year, day.month), unit="month", note=note)
        if unit == "year":
            return _Period(day.replace(month=1, day=1), day.replace(month=12, day=31), unit="year", note=note)
        return _Period(day, day, note=note)

    def back(self, unit: str, count: int, day: datetime.date) -> datetime.date:
        if unit in ("day", "week", "fortnight"):
            return day - datetime.timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
        if unit == "hour":
            return day
        return _months_back(day, count * (12 if unit == "year" else 1))

    # -- whole expressions ---------------------------------------------------------------------------------------------

    def expression(self, position: int) -> tuple[Interval, int] | None:
        word = self.word(position)
        if word == "between":
            return self.spanning(position + 1, ("and", "to", "-", "–"))
        if word == "from":
            spanned = self.spanning(position + 1, tuple(_TO - {"and"}))
            if spanned:
                return spanned
            read = self.period(position + 1, True)
            if read is None:
                return None
            period, end = read
            if self.word(end) in ("on", "onward", "onwards", "forward") and not self.period(end + 1, True):
                return self.interval(period, end + 1, "since")
            return self.interval(period, end, "")
        opener = self.opener(position)
        if opener:
            how, start = opener
            read = self.period(start, True)
            if read is None:
                return None
            interval, end = self.interval(*read, how)
            closer = self.opener(self.skipped(end, ("and", "but", ",")))
            if closer and how in ("since", "after") and closer[0] in ("until", "before"):
                upper = self.period(closer[1], True)
                if upper:
                    closed, end = self.interval(*upper, closer[0])
                    return replace(interval, end=closed.end, note=_joined(interval.note, closed.note)), end
            return interval, end
        spanned = self.spanning(position, tuple(_TO - {"and"}))
        if spanned:
            return spanned
        prepositional = word in ("in", "on", "during", "over", "within", "of", "for", "at", "around", "about")
        read = self.period(position + 1, True) if prepositional else self.period(position, False)
        if read is None:
            return None
        period, end = read
        joined = self.period(end + 1, True) if self.word(end) in ("and", "or") else None
        if joined and joined[0].start - _DAY <= period.end and joined[0].end >= period.start - _DAY:
            other, end = joined
            period = _Period(min(period.start, other.start), max(period.end, other.end), "span", note=period.note)
        return self.interval(period, end, "")

    def opener(self, position: int) -> tuple[str, int] | None:
        """A word that opens or closes an interval at the period after it: how, and where that period begins."""
        for phrase, how in (
            ("ever since", "since"),
            ("since", "since"),
            ("starting from", "since"),
            ("starting on", "since"),
            ("starting", "since"),
            ("as of", "until"),
            ("up until", "until"),
            ("up to", "until"),
            ("no later than", "until"),
            ("until", "until"),
            ("till", "until"),
            ("by", "until"),
            ("earlier than", "before"),
            ("prior to", "before"),
            ("before", "before"),
            ("later than", "after"),
            ("after", "after"),
        ):
            end = self.words(position, phrase)
            if end is not None:
                return how, end
        return None

    def skipped(self, position: int, words: tuple[str, ...]) -> int:
        while self.word(position) in words:
            position += 1
        return position

    def interval(self, period: _Period, end: int, how: str) -> tuple[Interval, int]:
        start: datetime.date | None = period.start
        last: datetime.date | None = period.end
        if how == "since":
            start, last = period.point or period.start, None
        elif how == "after":
            start, last = (period.point or period.end) + _DAY, None
        elif how == "until":
            start, last = None, period.end
        elif how == "before":
            start, last = None, (period.point or period.start) - _DAY
        return Interval(start, last, "", period.note, unit="span" if how else period.unit), end

    def spanning(self, position: int, joints: tuple[str, ...]) -> tuple[Interval, int] | None:
        """A to B."""
        left = self.first_of_two(position, joints) or self.period(position, True)
        if left is None:
            return None
        middle = left[1]
        if self.word(middle) == "up":
            middle += 1
        if self.word(middle) not in joints:
            return None
        right = self.period(middle + 1, True) or self.day_number(middle + 1, left[0])
        if right is None:
            return None
        first, last = left[0], right[0]
        if last.loose == "weekday" and not first.loose and "week" in [t.text for t in self.tokens[position:middle]]:
            # "Last week Thursday till Sunday": the Sunday of that week, whatever day it is.
            day = first.start + (last.start - first.start).days % 7 * _DAY
            last = replace(last, start=day, end=day)
        if first.loose == "weekday" and (
            last.start < first.start or last.loose == "weekday" or (last.start - first.start).days > 7
        ):
            day = last.start - datetime.timedelta(days=(last.start - first.start).days % 7)
            first = _Period(day, day)
        elif first.loose and last.loose and last.end < first.start and first.loose in ("month", "date"):
            earlier = _moved(first.start, -1)  # But "April 5 and April 1" is turned round.
            if first.loose == "month" or last.end - earlier < first.end - last.start:
                first = replace(first, start=earlier)
        elif first.loose in ("month", "date") and not last.loose and last.end.year != first.start.year:
            moved = _moved(first.start, last.end.year - first.start.year)
            first = replace(first, start=moved if moved <= last.end else _moved(moved, -1))
        start, end = (first.start, last.end) if first.start <= last.end else (last.start, first.end)
        return Interval(start, end, "", _joined(first.note, last.note), unit="span"), right[1]

    def first_of_two(self, position: int, joints: tuple[str, ...]) -> _Read:
        """The first day in "10-20 May" and "between the 10th and 20th of May": its month stands behind the second."""
        start = self.the(position)
        match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", self.word(start))
        joint = start + 2 if self.word(start + 1) == "." else start + 1
        if not match or self.word(joint) not in joints or not re.match(r"\d", self.word(self.the(joint + 1))):
            return None
        right = self.month_day(joint + 1, True)
        if right is None or right[0].start != right[0].end:
            return None
        day = _date(right[0].start.year, right[0].start.month, int(match[1]))
        return (_Period(day, day, loose="date"), joint) if day and day <= right[0].start else None

    def day_number(self, position: int, left: _Period) -> _Read:
        """The second day in "April 7 to 9"."""
        match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", self.word(position))
        if not match or left.start != left.end or self.word(position + 1) in _UNITS:
            return None
        day = _date(left.start.year, left.start.month, int(match[1]))
        return (_Period(day, day, loose=left.loose), position + 1) if day and day >= left.start else None

    # -- periods -------------------------------------------------------------------------------------------------------

    def period(self, position: int, led: bool) -> _Read:
        """One stretch of days. led: a preposition stands before it, so "may" and "4/9" can only be dates."""
        for method in (
            self.explicit,
            self.dot_day,
            self.week_number,
            self.holiday,
            self.slashed,
            self.month_day,
            self.part_of,
            self.plain_month,
            self.plain_year,
            self.today_family,
            self.ago,
            self.last_many,
            self.before_last,
            self.beside,
            self.of_week,
            self.this_or_last,
            self.weekday,
            self.weekend,
            self.vague,
            self.korean,
        ):
            read = method(position, led)
            if read:
                period, end = read
                if self.kind(end) == "possess":
                    end += 1
                return period, end
        return None

    def explicit(self, position: int, led: bool) -> _Read:
        kind = self.kind(position)
        if kind not in ("date", "compact", "dotted"):
            return None
        numbers = re.findall(r"\d+", self.word(position))
        if kind == "dotted":  # 28.05.2025
            numbers.reverse()
        if kind == "compact":
            numbers = [numbers[0][:4], numbers[0][4:6], numbers[0][6:]]
        day = _date(*(int(number) for number in numbers))
        return (_Period(day, day), position + 1) if day else None

    def dot_day(self, position: int, led: bool) -> _Read:
        """19.4. is a day and its month; "better than 12.5." ends a sentence."""
        before = position and self.word(position - 1)
        if self.kind(position) != "dayish" or (before not in _BEFORE_SLASH and before not in ("of", "the", "at", 0)):
            return None
        day, month = (int(number) for number in self.word(position).rstrip(".").split("."))
        read = self.in_year(month, day, None)
        return (read, position + 1) if read else None

    def week_number(self, position: int, led: bool) -> _Read:
        """Week 10, calendar week 10, CW 10, week 10 of 2025: counted as ISO 8601 does; without a year the latest."""
        start = self.the(position)
        named = self.word(start) in ("calendar", "iso")
        start += named
        if self.word(start) not in ("week", "wk", "cw", "kw"):
            return None
        at = start + (2 if self.word(start + 1) in (".", "no", "nr", "number") else 1)
        number = self.word(at)
        if self.kind(at) != "number" or not 1 <= int(number) <= 53 or self.word(at + 1) in ("%", "epochs"):
            return None
        year, end = self.year_at(at + 1)
        if year is None and self.word(at + 1) == "of":  # "Week 2 of March", "week 2 of the project".
            return None
        years = (year,) if year is not None else (self.today.isocalendar()[0], self.today.isocalendar()[0] - 1)
        for one in years:
            try:
                first = datetime.date.fromisocalendar(one, int(number), 1)
            except ValueError:
                continue
            if year is not None or first <= self.today:
                return _Period(first, first + 6 * _DAY, "week", note=f"week {number} of {one} as ISO counts"), end
        return None

    def holiday(self, position: int, led: bool) -> _Read:
        """Easter with its four days, Christmas and New Year; the latest that is not in the future."""
        start = self.the(position)
        name = self.word(start)
        end = start + 1
        if name == "new" and re.fullmatch(r"years?", self.word(start + 1)):
            end = start + (3 if self.kind(start + 2) == "possess" else 2)
            name = "new year"
            end += self.word(end) in ("day", "eve")
        if name not in ("easter", "pentecost", "whitsun", "christmas", "xmas", "new year"):
            return None
        end += self.word(end) in ("holidays", "holiday", "break", "weekend")
        year, end = self.year_at(end)
        for one in (year,) if year is not None else (self.today.year, self.today.year - 1):
            sunday = _easter(one)
            if name == "easter":
                found = _Period(sunday - 2 * _DAY, sunday + _DAY, "span", point=sunday)
            elif name in ("pentecost", "whitsun"):
                found = _Period(sunday + 49 * _DAY, sunday + 50 * _DAY, "span", point=sunday + 49 * _DAY)
            elif name == "new year":
                found = _Period(datetime.date(one, 1, 1), datetime.date(one, 1, 1))
            else:
                found = _Period(datetime.date(one, 12, 24), datetime.date(one, 12, 26), "span")
            if year is not None or found.start <= self.today:
                return found, end
        return None

    def slashed(self, position: int, led: bool) -> _Read:
        """4/9 and 4/9/2025: month first, as the notes' year/month/day has it; day first where only that is a date."""
        if self.kind(position) != "slash" or self.word(position - 1) not in _BEFORE_SLASH:
            return None  # "4/9 of the words".
        numbers = [int(number) for number in self.word(position).split("/")]
        year = numbers[2] + (2000 if numbers[2] < 100 else 0) if len(numbers) > 2 else None
        month, day = numbers[:2]
        note = f"{self.word(position)} read as month/day"
        if month > 12:
            month, day, note = day, month, ""
        read = self.in_year(month, day, year)
        return (replace(read, note=note if day <= 12 else ""), position + 1) if read else None

    def in_year(self, month: int, day: int, year: int | None) -> _Period | None:
        """A day of a month; without a year the latest that is not in the future."""
        if year is not None:
            found = _date(year, month, day)
            return _Period(found, found) if found else None
        for back in range(5):  # 29 February.
            found = _date(self.today.year - back, month, day)
            if found and found <= self.today:
                return _Period(found, found, loose="date")
        return None

    def month_at(self, position: int, led: bool) -> int | None:
        """The month that stands here; None for a verb ("it may be")."""
        word = self.word(position)
        month = _MONTH.get(word)
        if month is None or self.kind(position) != "word":
            return None
        token = self.tokens[position]
        if word in _AMBIGUOUS and not led:
            beside = self.kind(position + 1) in ("number", "ordinal") or self.kind(position - 1) in (
                "number",
                "ordinal",
            )
            leads = self.word(position - 1) in _PREPOSITIONS
            owns = self.kind(position + 1) == "possess"
            # "May: which runs", "runs May?", "what ran, may?": it stands alone at the front or at the end.
            front = position == 0 and self.word(1) in (":", ",", "-", "vs", "versus", "against", "or")
            last = position == len(self.tokens) - 1 or (
                position == len(self.tokens) - 2 and self.word(position + 1) in ("?", "!", ".")
            )
            owns = owns or front or (last and self.word(position - 1) in _BEFORE_LONE_MONTH)
            if not (beside or leads or owns or (token.capital and not token.first)):
                return None
        return month

    def year_at(self, position: int) -> tuple[int | None, int]:
        comma = position + 1 if self.word(position) in (",", "of") else position
        if self.kind(comma) == "number" and re.fullmatch(r"20\d\d", self.word(comma)):
            return int(self.word(comma)), comma + 1
        return None, position

    def month_day(self, position: int, led: bool) -> _Read:
        """April 9th, 2025; 9 April; the 9th of April; the 14th."""
        start = self.the(position)
        month = self.month_at(start, True)
        if month is not None:
            after_dot = start + 2 if self.word(start + 1) == "." else start + 1
            number = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", self.word(self.the(after_dot)))
            if number and 1 <= int(number[1]) <= 31 and self.word(self.the(after_dot) + 1) not in _UNITS:
                year, end = self.year_at(self.the(after_dot) + 1)
                read = self.in_year(month, int(number[1]), year)
                return (read, end) if read else None
            return None
        number = re.fullmatch(r"(\d{1,2})(st|nd|rd|th)?", self.word(start))
        day = int(number[1]) if number else _ORDINALS.get(self.word(start), 0)
        if not 1 <= day <= 31:
            return None
        after_of = start + 2 if self.word(start + 1) == "of" else start + 1
        month = self.month_at(after_of, True)
        if month is not None and (number or after_of == start + 2):
            end = after_of + 2 if self.word(after_of + 1) == "." and self.year_at(after_of + 2)[0] else after_of + 1
            year, end = self.year_at(end)
            read = self.in_year(month, day, year)
            return (read, end) if read else None
        if number and number[2] and start > position and (led or self.word(position - 1) in ("on", "since", "until")):
            if self.kind(start + 1) == "word" and self.word(start + 1) not in (
                "and",
                "to",
                "until",
                "with",
                "on",
                "at",
            ):
                return None  # "the 5th session".
            first = _months_back(self.today.replace(day=1), 0)
            for back in range(12):
                whole = _months_back(first, back)
                found = _date(whole.year, whole.month, day)
                if found and found <= self.today:
                    return _Period(found, found, loose="date"), start + 1
        return None

    def part_of(self, position: int, led: bool) -> _Read:
        """Early, mid and late May; the second week of March; the end of last month."""
        start = self.the(position)
        word = self.word(start)
        part, end = "", start + 1
        if word in ("early", "mid", "late", "middle", "beginning", "start", "end"):
            part = {"middle": "mid", "beginning": "early", "start": "early", "end": "late"}.get(word, word)
            if self.word(end) == "-":
                end += 1
            if self.word(end) in ("of", "in"):
                end += 1
            elif word in ("middle", "beginning", "start", "end"):
                return None
        elif self.word(start + 1) in ("half", "week") and (word in _ORDINALS or word in _LAST):
            if self.word(start + 2) not in ("of", "in"):
                return None
            part, end = f"{word} {self.word(start + 1)}", start + 3
        else:
            return None
        whole = self.plain_month(end, True) or self.this_or_last(end, True)
        if whole is None or whole[0].unit not in ("month", "week", "year"):
            return None
        period, end = whole
        days = (period.end - period.start).days + 1
        first, last = 0, days - 1
        third = 10 if period.unit == "month" else max(1, days // 3)
        if part == "early":
            last = third - 1
        elif part == "mid":
            first, last = third, days - third - 1 if period.unit != "month" else 19
        elif part == "late":
            first = 20 if period.unit == "month" else days - third
        elif part.endswith("half"):
            half = 15 if period.unit == "month" else days // 2
            first, last = (0, half - 1) if part.startswith(("first", "1st")) else (half, days - 1)
        elif part.split()[0] in _LAST:
            first = days - 7
        else:
            first = 7 * (_ORDINALS[part.split()[0]] - 1)
            last = min(first + 6, days - 1)
        if first > last:
            return None
        at = period.start
        note = f"{part} read as days {first + 1} to {last + 1}" if period.unit == "month" else ""
        return _Period(at + first * _DAY, at + last * _DAY, "span", "", note), end

    def plain_month(self, position: int, led: bool) -> _Read:
        """April; April 2025; last April."""
        start = self.the(position)
        if self.words(start, "month of"):
            start += 2
            led = True
        how = self.word(start) if self.word(start) in _LAST | _THIS else ""
        month = self.month_at(start + bool(how), led or bool(how))
        if month is None:
            return None
        end = start + bool(how) + 1
        if self.word(end) == "." and self.year_at(end + 1)[0]:
            end += 1
        year, end = self.year_at(end)
        if year is None and self.words(end, "last year"):
            return _Period(*_month(self.today.year - 1, month), unit="month"), end + 2
        if year is None and self.words(end, "this year"):
            return _Period(*_month(self.today.year, month), unit="month"), end + 2
        if year is not None:
            return _Period(*_month(year, month), unit="month"), end
        past = self.today.year - (month > self.today.month)
        if how in _LAST and month == self.today.month:
            past -= 1
        if how in _THIS:
            past = self.today.year
        return _Period(*_month(past, month), unit="month", loose="month"), end

    def plain_year(self, position: int, led: bool) -> _Read:
        if not led or self.kind(position) != "number" or not re.fullmatch(r"20[0-4]\d", self.word(position)):
            return None
        if self.word(position - 1) not in ("in", "since", "during", "of", "before", "after", "until", "from", "to"):
            return None
        if self.kind(position + 1) == "word" and self.word(position + 1) not in (
            "and",
            "to",
            "until",
            "with",
            "on",
            "at",
        ):
            return None  # "in 2000 epochs".
        year = int(self.word(position))
        return _Period(datetime.date(year, 1, 1), datetime.date(year, 12, 31), "year"), position + 1

    def today_family(self, position: int, led: bool) -> _Read:
        start = self.the(position)
        today, yesterday = self.today, self.today - _DAY
        for phrase, day in (
            ("day before yesterday", yesterday - _DAY),
            ("day-before-yesterday", yesterday - _DAY),
            ("day after tomorrow", today + 2 * _DAY),
            ("this morning", today),
            ("this afternoon", today),
            ("this evening", today),
            ("earlier today", today),
            ("later today", today),
            ("yesterday morning", yesterday),
            ("yesterday afternoon", yesterday),
            ("yesterday evening", yesterday),
            ("yesterday night", yesterday),
            ("last night", yesterday),
            ("tonight", today),
            ("today", today),
            ("yesterday", yesterday),
            ("tomorrow", today + _DAY),
        ):
            end = self.words(start, phrase)
            if end is not None:
                note = "the night belongs to the day it began" if phrase == "last night" else ""
                return _Period(day, day, note=note), end
        return None

    def ago(self, position: int, led: bool) -> _Read:
        """Three days ago; a week before yesterday; two days after 2025/04/07."""
        start = position + 1 if self.word(position) in ("exactly", "about", "around", "roughly", "just") else position
        counted = self.number(start)
        if counted is None:
            return None
        count, end, note = counted
        unit = _UNITS.get(self.word(end), "")
        if not unit or unit == "weekend" or count > 4000:
            return None
        end += 1
        if self.word(end) in ("ago", "back"):
            return self.ago_period(unit, count, note, end + 1, self.word(position) == "exactly")
        if self.word(end) in ("before", "after", "prior"):
            sign = -1 if self.word(end) == "after" else 1
            base = self.period(end + (2 if self.word(end + 1) == "to" else 1), True)
            if base:
                reference = base[0].start if sign > 0 else base[0].end
                day = self.back(unit, sign * count, reference)
                return _Period(day, day, note=note), base[1]
            if self.word(end) == "before" and self.anchor and self.anchor.start:
                day = self.back(unit, count, self.anchor.start)
                return self.around(unit, day, note), end + 1
        if self.word(end) == "earlier":
            reference = self.anchor.start if self.anchor and self.anchor.start else self.today
            return self.around(unit, self.back(unit, count, reference), note), end + 1
        return None

    def ago_period(self, unit: str, count: int, note: str, end: int, exactly: bool) -> _Read:
        day = self.back(unit, count, self.today)
        if self.word(end) == "today" or exactly:
            return _Period(day, day), end + (self.word(end) == "today")
        if note:  # "a few days ago" is no one day.
            if unit == "day":
                return _Period(
                    self.today - 5 * _DAY, self.today - 2 * _DAY, "span", note="read as 2 to 5 days ago"
                ), end
            first = self.around(unit, self.back(unit, count + 1, self.today))
            last = self.around(unit, self.back(unit, max(count - 1, 1), self.today))
            return _Period(first.start, last.end, "span", note=note), end
        whole = self.around("week" if unit == "fortnight" else unit, day)
        note = "" if unit in ("day", "hour") else f"the whole {whole.unit}"
        return replace(whole, note=note, point=day), end

    def last_many(self, position: int, led: bool) -> _Read:
        """The last week (seven days ending today), past 3 days, last two weeks, the last few months."""
        start = self.the(position)
        with_article = start > position
        if self.word(start) not in ("last", "past", "previous"):
            return None
        counted = self.number(start + 1)
        if counted is None:
            unit = _UNITS.get(self.word(start + 1), "")
            seven = (with_article and self.word(start) == "last") or self.word(start) == "past"
            if not seven or unit not in ("week", "month", "year", "day", "fortnight"):
                return None
            if self.words(start + 2, "of"):
                return None
            count, end, note = 1, start + 1, ""
        else:
            count, end, note = counted
            unit = _UNITS.get(self.word(end), "")
            if not unit or count < 1 or count > 4000:
                return None
        end += 1
        if unit == "weekend":
            return None
        if unit == "hour":
            return _Period(self.today - _DAY * (1 if count > 12 else 0), self.today, "span", note=note), end
        if unit in ("day", "week", "fortnight"):
            days = count * {"day": 1, "week": 7, "fortnight": 14}[unit]
            first = self.today - (days - 1) * _DAY
        else:
            days = 0
            first = self.back(unit, count, self.today) + _DAY
        if self.word(start) == "previous":  # The ones before, without today.
            last = self.today - _DAY
            return _Period(first - _DAY, last, "span", note=note), end
        length = f"the {days} days that end today" if days > 1 else ""
        return _Period(first, self.today, "span", note=_joined(note, length)), end

    def before_last(self, position: int, led: bool) -> _Read:
        """The week before last."""
        start = self.the(position)
        unit = _UNITS.get(self.word(start), "")
        if unit not in ("week", "month", "year") or not self.words(start + 1, "before last"):
            return None
        end = start + 3
        if self.word(end) == unit:
            end += 1
        return self.around(unit, self.back(unit, 2, self.today)), end

    def beside(self, position: int, led: bool) -> _Read:
        """The day before; the week after April 9; the day before the last one."""
        start = self.the(position)
        if start == position and self.word(position) not in ("one",):
            return None
        unit = _UNITS.get(self.word(start), "")
        if not unit and self.word(start) == "one" and self.anchor:
            unit = self.anchor.unit
        if self.word(start + 1) not in ("before", "after", "following") and not (
            self.word(start) in ("previous", "following") and _UNITS.get(self.word(start + 1))
        ):
            return None
        if self.word(start) in ("previous", "following"):
            unit, forward, end = _UNITS[self.word(start + 1)], self.word(start) == "following", start + 2
        else:
            forward, end = self.word(start + 1) != "before", start + 2
        if unit not in ("day", "week", "month", "year", "span"):
            return None
        base = self.period(end, True)
        if base:
            reference, end = base[0], base[1]
            interval = Interval(reference.start, reference.end, "", unit=reference.unit)
        elif self.anchor and self.anchor.start:
            interval = self.anchor
        elif not forward or self.word(start) == "following":
            now = self.around(unit if unit != "span" else "day", self.today)
            interval = Interval(now.start, now.end, "", unit=now.unit)
        else:
            return None
        if unit in ("span", interval.unit):
            found = after(interval) if forward else before(interval)
            if found.start and found.end:
                return _Period(found.start, found.end, interval.unit), end
            return None
        edge = interval.end if forward else interval.start
        if edge is None:
            return None
        day = edge + (_DAY if forward else -_DAY)
        if unit == "day":
            return _Period(day, day), end
        return (
            _Period(day, day + 6 * _DAY, "week")
            if unit == "week" and forward
            else (_Period(day - 6 * _DAY, day, "week") if unit == "week" else self.around(unit, day))
        ), end

    def of_week(self, position: int, led: bool) -> _Read:
        """The week of April 7."""
        start = self.words(self.the(position), "week of")
        if start is None:
            return None
        base = self.explicit(start, True) or self.slashed(start, True) or self.month_day(start, True)
        return (self.around("week", base[0].start), base[1]) if base else None

    def this_or_last(self, position: int, led: bool) -> _Read:
        """This week, last month, earlier this week, next week."""
        start = self.the(position)
        earlier = self.word(start) in ("earlier", "later")
        start += earlier
        word = self.word(start)
        if "-" in word and word.split("-")[-1] in _UNITS:  # From another language.
            how, unit = word.split("-")
            end = start + 1
        else:
            how, unit = word, _UNITS.get(self.word(start + 1), "")
            end = start + 2
        if how == "that" and self.anchor and unit == self.anchor.unit and self.anchor.start and self.anchor.end:
            return _Period(self.anchor.start, self.anchor.end, unit), end
        if unit not in ("week", "month", "year") or how not in _LAST | _THIS | {"next", "coming"}:
            return None
        if how in _LAST:
            if self.word(end) in ("before", "after"):
                return None
            current = self.around(unit, self.today)
            period = self.around(unit, current.start - _DAY)
        elif how in _THIS:
            period = self.around(unit, self.today)
            if earlier:
                period = _Period(period.start, self.today, "span")
        else:
            current = self.around(unit, self.today)
            period = self.around(unit, current.end + _DAY)
        if unit == "week":  # "last week on Tuesday", "last week's Friday".
            position = end + (self.kind(end) == "possess")
            position += self.word(position) == "on"
            day = _WEEKDAY.get(self.word(position))
            if day is not None and self.kind(position) == "word":
                found = period.start + ((day - self.week_starts) % 7) * _DAY
                return _Period(found, found), position + 1
        return period, end

    def weekday(self, position: int, led: bool) -> _Read:
        start = self.the(position)
        how = self.word(start) if self.word(start) in _LAST | _THIS | {"next"} else ""
        name = start + bool(how)
        if how == "this" and self.word(name) == "past":
            how, name = "last", name + 1
        word = self.word(name)
        number = _WEEKDAY.get(word)
        if number is None or self.kind(name) != "word":
            return None
        token = self.tokens[name]
        if len(word) < 6 and not how and not led and not (token.capital and not token.first and word not in ("sun",)):
            return None
        end = name + 1
        if self.word(end) in ("morning", "afternoon", "evening", "night"):
            end += 1
        week_at = end + (self.word(end) in ("of", "in"))
        week = self.this_or_last(week_at, True) or self.before_last(week_at, True)
        if week and week[0].unit == "week":
            day = week[0].start + ((number - self.week_starts) % 7) * _DAY
            return _Period(day, day), week[1]
        ago = self.ago(end, True)  # "Monday two weeks ago".
        if ago and ago[0].unit == "week":
            day = ago[0].start + ((number - self.week_starts) % 7) * _DAY
            return _Period(day, day), ago[1]
        back = (self.today.weekday() - number) % 7
        if how in _LAST:
            day = self.today - (back or 7) * _DAY
            return _Period(day, day, loose="weekday", note="the latest one before today"), end
        if how == "next":
            day = self.today + ((number - self.today.weekday()) % 7 or 7) * _DAY
            return _Period(day, day), end
        if how in _THIS:
            day = self.week(self.today)[0] + ((number - self.week_starts) % 7) * _DAY
            return _Period(day, day), end
        day = self.today - back * _DAY
        if self.words(end, "before last"):
            return _Period(day - 7 * _DAY, day - 7 * _DAY), end + 2
        return _Period(day, day, loose="weekday"), end

    def weekend(self, position: int, led: bool) -> _Read:
        """The latest Saturday and Sunday that has begun."""
        start = self.the(position)
        how = self.word(start) if self.word(start) in _LAST | _THIS else ""
        if self.word(start + bool(how)) != "weekend":
            return None
        end = start + bool(how) + 1
        saturday = self.today - ((self.today.weekday() - 5) % 7) * _DAY
        if how in _THIS and self.today.weekday() < 5:
            saturday += 7 * _DAY
        elif how in _LAST and self.today.weekday() >= 5:
            saturday -= 7 * _DAY
        elif self.words(end, "before last"):
            saturday, end = saturday - 7 * _DAY, end + 2
        return _Period(saturday, saturday + _DAY, "span"), end

    def vague(self, position: int, led: bool) -> _Read:
        for phrase in ("recently", "lately", "these days", "of late", "the other day", "recent days", "recent weeks"):
            end = self.words(position, phrase)
            if end is not None:
                note = f"{phrase!r} read as the last {_RECENT_DAYS} days"
                return _Period(self.today - (_RECENT_DAYS - 1) * _DAY, self.today, "span", note=note), end
        return None

    def korean(self, position: int, led: bool) -> _Read:
        """2025년 4월 9일, 4월 9일, 4월."""
        numbers: dict[str, int] = {}
        end = position
        while self.kind(end) == "korean":
            text = self.word(end)
            numbers[text[-1]] = int(re.sub(r"\D", "", text))
            end += 1
        if "월" not in numbers or not 1 <= numbers["월"] <= 12:
            return None
        if "일" in numbers:
            read = self.in_year(numbers["월"], numbers["일"], numbers.get("년"))
            return (read, end) if read else None
        year = numbers.get("년", self.today.year - (numbers["월"] > self.today.month))
        return _Period(*_month(year, numbers["월"]), unit="month"), end


def _moved(day: datetime.date, years: int) -> datetime.date:
    return _date(day.year + years, day.month, day.day) or datetime.date(day.year + years, day.month, 28)
