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
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        )
    )
    for word in words.split()
}
_ORDINAL_TEXT = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth
"""
_ORDINALS = {word: number for number, word in enumerate(_ORDINAL_TEXT.split(), 1)}
_ORDINALS.update({"thirtieth": 30, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5})
_TENS = {"twenty": 20, "thirty": 30}
#: Seasons by their first month, as the northern half of the globe has them.
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
_VAGUE = {"few": 3, "several": 4, "some": 3}
_UNITS = {"day": "day", "week": "week", "month": "month", "year": "year", "hour": "hour", "weekend": "weekend"}
_UNITS.update({f"{name}s": unit for name, unit in list(_UNITS.items())})
_UNITS.update({"night": "day", "nights": "day"})
_UNITS.update(
    {"hrs": "hour", "wk": "week", "wks": "week", "minutes": "hour", "minute": "hour", "fortnight": "fortnight"}
)
_LAST = frozenset(("last", "past", "previous", "prior"))
_THIS = frozenset(("this", "current", "ongoing", "running"))
_LEADING = (
    "in on since until till before after from between during of within through early mid late last this past previous "
    "against vs versus than compare"
)
_PREPOSITIONS = frozenset((*_LEADING.split(), "next", "around", "at", "as"))
_SLASH_LEADING = "on since until till before after from to between and by - – week day"
_BEFORE_SLASH = frozenset(_SLASH_LEADING.split())
_TO = frozenset(("to", "until", "till", "through", "thru", "-", "–", "—", "..", "and"))
_BEGINS = frozenset(
    ("began", "begins", "beginning", "begun", "started", "starts", "starting", "commencing", "commenced")
)
_ENDS = frozenset(("ended", "ends", "ending", "finished", "finishing", "closed"))
_RECENT_DAYS = 14
#: Words that may follow "the 14th" and "March fifth" where these name a day.
_AFTER_DAY_TEXT = "and or to until till with on at was were did do what which vs versus than against i in for"
_AFTER_DAY = frozenset(_AFTER_DAY_TEXT.split())
_SPELT = tuple(
    word for word in (*WEEKDAYS, *MONTHS, "yesterday", "today", "tomorrow", "weekend", "recently") if len(word) > 5
)

_TOKEN = re.compile(
    r"(?P<date>(?:(?<![\w.])|(?<=\.\.))20\d\d([-/.])\d{1,2}\2\d{1,2}(?![\w]))"
    r"|(?P<dotted>(?<![\w.])\d{1,2}\.\d{1,2}\.20\d\d(?!\w))"
    r"|(?P<compact>(?<![\w.])20\d{6}(?!\w))"
    r"|(?P<isoweek>(?<![\w.])20\d\d-?[Ww]\d{1,2}(?!\w))"
    r"|(?P<yearmonth>(?<![\w./-])(?:20\d\d[-/](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])/20\d\d)(?![\w/-]|\.\d))"
    r"|(?P<hours>(?<![\w.])\d{1,3}(?=h(?:rs?|ours?)?\b))"
    r"|(?P<dayish>(?<![\w.])(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?![\w.]))"
    r"|(?P<slash>(?<![\w./])\d{1,2}/\d{1,2}(?:/(?:20)?\d\d)?(?![\w/]))"
    r"|(?P<ordinal>(?<![\w.])\d{1,2}(?:st|nd|rd|th)\b)"
    r"|(?P<dot>(?<![\w.])(?:0?[1-9]|[12]\d|3[01])\."
    r"(?= (?:of )?(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)))"
    r"|(?P<korean>\d{1,4}\s?[년월일])"
    r"|(?P<number>(?<![\w.])\d+(?![\w.]*\d)(?![A-Za-z_]))"
    r"|(?P<shortyear>['’]\d\d(?!\w))"
    r"|(?P<possess>['’]s\b)"
    r"|(?P<word>[A-Za-z가-힣_][\w]*(?:\.\d+)?)"
    r"|(?P<sign>\.\.+|[-–—,.?!;:()\"`=+*/])"
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
        days, end = reader.listed_days(position)
        if days:
            span = (reader.tokens[position].start, reader.tokens[end - 1].end)
            for day in days:
                found.append(worded(Interval(day, day, "", phrase=day.isoformat(), span=span, unit="day")))
            reader.anchor = found[-1]
            position = end
            continue
        read = reader.expression(position)
        if read is None:
            position += 1
            continue
        interval, after = read
        span = (reader.tokens[position].start, reader.tokens[after - 1].end)
        interval = replace(interval, phrase=text[span[0] : span[1]], span=span)
        found.append(worded(_limited(interval, as_of)))
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
    return worded(Interval(start, end, "", phrase=f"the {interval.unit} before", unit=interval.unit))


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
    return worded(Interval(start, end, "", phrase=f"the {interval.unit} after", unit=interval.unit))


def day_words(day: datetime.date) -> str:
    """A day as answers write it: "Wed 2025-04-09". Never the locale's."""
    return f"{WEEKDAYS[day.weekday()][:3].capitalize()} {day.isoformat()}"


def read_date(text: str) -> datetime.date | None:
    """A day written as the notes write one (2025-03-08, 2025/04/07, 20250412), standing alone; else None."""
    match = re.fullmatch(r"\s*(20\d\d)([-/.]?)(\d{1,2})\2(\d{1,2})\s*", text)
    return _date(int(match[1]), int(match[3]), int(match[4])) if match else None


def worded(interval: Interval) -> Interval:
    """The interval with its words for a reader."""
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
            lower = _spelt(_SHORT.get(lower, _KOREAN.get(lower, lower)))
            week = re.fullmatch(r"(?:[ck]?w|wk|week)(\d{1,2})", lower)
            if week and _week_told(lower, tokens):  # CW11, wk11
                middle = match.start(), match.end() - len(week[1])
                tokens.append(_Token("week", "word", *middle, False, first))
                tokens.append(_Token(week[1], "number", middle[1], match.end(), False, False))
                first = False
                continue
            if tokens and lower in _ORDINALS and _ORDINALS[lower] < 10 and _merged(tokens, lower, match.end()):
                continue
        elif kind == "dot":  # "The 1. of April".
            kind, lower = "ordinal", f"{int(lower[:-1])}th"
        elif kind == "hours":
            kind = "number"
        elif lower.startswith(".."):
            lower = ".."
        tokens.append(_Token(lower, kind, match.start(), match.end(), written[:1].isupper(), first))
        first = kind == "sign" and written in ".?!:;"
    return tokens


#: Parts of a month, week or year.
_PARTS = {"early": "early", "beginning": "early", "start": "early", "mid": "mid", "middle": "mid", "late": "late"}
_PARTS["end"] = "late"
_SHORT = {"prev": "previous", "h": "hours", "hr": "hours", "yday": "yesterday", "yest": "yesterday"}


def _week_told(word: str, before: Sequence[_Token]) -> bool:
    """Whether W11 counts a week: "W1" may be a matrix as well, CW11 may not."""
    return len(word) > 2 or (bool(before) and before[-1].text in _PREPOSITIONS)


def _merged(tokens: list[_Token], ones: str, end: int) -> bool:
    """Puts "twenty-first" and "twenty first" together as 21st."""
    at = len(tokens) - 1 - (tokens[-1].text == "-")
    tens = _TENS.get(tokens[at].text) if at >= 0 else None
    if tens is None or (tens == 30 and ones != "first"):
        return False
    number = tens + _ORDINALS[ones]
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    tokens[at:] = [_Token(f"{number}{suffix}", "ordinal", tokens[at].start, end, False, tokens[at].first)]
    return True


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
        self.short_years = (str(today.year % 100), str(today.year % 100 - 1))

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
        if prepositional:
            spanned = self.spanning(position + 1, tuple(_TO - {"and"}))
            if spanned:
                return spanned
        read = self.period(position + 1, True) if prepositional else self.period(position, False)
        if read is None:
            return None
        period, end = read
        joined = None
        if self.word(end) in ("and", "or", "/"):
            anchor, self.anchor = self.anchor, Interval(period.start, period.end, "", unit=period.unit)
            joined = self.period(end + 1, True)  # "Last week and the week before" counts from the first.
            self.anchor = anchor
        if joined and joined[0].start - _DAY <= period.end and joined[0].end >= period.start - _DAY:
            other, end = joined
            period = _Period(min(period.start, other.start), max(period.end, other.end), "span", note=period.note)
        return self.interval(period, self.behind_its_end(period, end), "")

    def behind_its_end(self, period: _Period, position: int) -> int:
        """The place behind the last day of a period where it is told once more: "the week starting Monday, 10 March,
        till Sunday"."""
        at = self.skipped(position, (",",))
        closer = self.opener(at)
        last = closer[1] if closer and closer[0] == "until" else at + 1 if self.word(at) in _TO - {"and"} else 0
        ends = last and period.start < period.end and _WEEKDAY.get(self.word(last)) == period.end.weekday()
        return last + 1 if ends and self.kind(last + 1) not in ("number", "ordinal") else position

    def opener(self, position: int) -> tuple[str, int] | None:
        """A word that opens or closes an interval at the period after it: how, and where that period begins."""
        for phrase, how in (("more than", "before"), ("less than", "since"), ("longer than", "before")):
            end = self.words(position, phrase)
            ago = self.ago(end, True) if end is not None else None
            if end is not None and ago and ago[0].start <= self.today and self.word(ago[1] - 1) in ("ago", "back"):
                return how, end
        for phrase, how in (
            ("ever since", "since"),
            ("on or after", "since"),
            ("on or before", "until"),
            ("not before", "since"),
            ("no earlier than", "since"),
            ("not earlier than", "since"),
            ("not after", "until"),
            ("not later than", "until"),
            ("beginning with", "since"),
            ("beginning on", "since"),
            ("since", "since"),
            ("starting from", "since"),
            ("starting on", "since"),
            ("starting with", "since"),
            ("starting", "since"),
            ("as of", "until"),
            ("up until", "until"),
            ("up to", "until"),
            ("no later than", "until"),
            ("until", "until"),
            ("till", "until"),
            ("by", "until"),
            *((f"{word} before", "before") for word in ("right", "just", "directly", "immediately")),
            *((f"{word} after", "after") for word in ("right", "just", "directly", "immediately")),
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
        left = self.first_of_two(position, joints) or self.first_part(position, joints) or self.period(position, True)
        if left is None:
            return None
        middle = left[1]
        if self.word(middle) == "up":
            middle += 1
        if self.word(middle) not in joints:
            return None
        if self.words(middle + 1, "and including"):
            middle += 2
        second = self.the(middle + 1)
        if self.word(second) in _WEEKDAY:  # "... up to Saturday the 14th".
            second = self.the(second + 1 + (self.word(second + 1) == ","))
        bare = re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)", self.word(second)) and self.word(second + 1) != "of"
        right = self.day_number(second, left[0]) if bare and not self.month_at(second + 1, True) else None
        right = right or self.period(middle + 1, True) or self.day_number(middle + 1, left[0])
        right = right or self.this_day(middle + 1)
        if right is None:
            return None
        first, last = left[0], right[0]
        ahead = _moved(last.end, 1)
        if (
            last.loose == "date"
            and last.end < first.start
            and first.start <= self.today < ahead <= self.today + 62 * _DAY
        ):
            last = replace(last, start=_moved(last.start, 1), end=ahead)  # "19 June to 3 July", asked in between.
        turned = re.fullmatch(r"(\d+)/(\d+)", self.word(position))
        swapped = re.fullmatch(r"(\d+)/\d+", self.word(middle + 1))
        if turned and swapped and int(swapped[1]) > 12 >= int(turned[1]):  # "12/03 - 18/03": the day stands first.
            first = self.in_year(int(turned[2]), int(turned[1]), None) or first
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
        if self.word(start) in _WEEKDAY:  # "Sunday the 18th to Tuesday the 20th of January".
            start = self.the(start + 1 + (self.word(start + 1) == ","))
        match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", self.word(start))
        number = int(match[1]) if match else _ORDINALS.get(self.word(start), 0)
        joint = start + 2 if self.word(start + 1) == "." else start + 1
        later = self.the(joint + 1)
        if self.word(later) in _WEEKDAY:
            later = self.the(later + 1 + (self.word(later + 1) == ","))
        second = self.word(later)
        if not number or self.word(joint) not in joints or not (re.match(r"\d", second) or second in _ORDINALS):
            return None
        right = self.month_day(later, True)
        if right is None or right[0].start != right[0].end:
            return None
        day = _date(right[0].start.year, right[0].start.month, number)
        return (_Period(day, day, loose="date"), joint) if day and day <= right[0].start else None

    def first_part(self, position: int, joints: tuple[str, ...]) -> _Read:
        """The first part in "early to mid March": its month stands behind the second."""
        if self.word(position) not in ("early", "mid") or self.word(position + 1) not in joints:
            return None
        right = self.part_of(position + 2, True)
        if right is None:
            return None
        start, days = right[0].start.replace(day=1), 10 if self.word(position) == "mid" else 0
        return _Period(start + days * _DAY, start + (days + 9) * _DAY, "span"), position + 1

    def this_day(self, position: int) -> _Read:
        """ "From April till now"."""
        end = self.words(position, "now") or self.words(position, "the present") or self.words(position, "this day")
        return (_Period(self.today, self.today), end) if end else None

    def listed_days(self, position: int) -> tuple[list[datetime.date], int]:
        """Days of one month that a text lists: "March 12, 13 and 15", "the 12th and the 13th of March"."""
        start = position + 1 if self.word(position) in ("on", "of", "for", "at") else position
        start = self.the(start)
        numbers: list[int] = []
        month = self.month_at(start, True)
        at = start + 1 if month else start
        end = at
        joints = 0
        while True:
            at = self.the(at)
            if self.word(at) in _WEEKDAY:  # "Saturday the 7th and Sunday the 8th of March".
                at = self.the(at + 1)
            number = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", self.word(at))
            value = int(number[1]) if number else _ORDINALS.get(self.word(at), 0)
            counts = self.word(at + 1) in _UNITS or self.word(at + 1) in ("epochs", "%", "layers", "runs", "percent")
            counts = counts or self.word(at + 2) in ("layer", "layers")
            if not 1 <= value <= 31 or counts or (month is None and not number):
                break
            numbers.append(value)
            end = at = at + 1
            if self.word(at) in ("and", "or", "&", ",", "vs", "versus", "against", "with"):
                joints += self.word(at) != ","
                at += 2 if self.word(at) == "," and self.word(at + 1) in ("and", "or") else 1
                if self.word(at) == "on":
                    at += 1
            else:
                break
        if month is None and len(numbers) > 1:
            after_of = end + 1 if self.word(end) in ("of", ".") else end
            month = self.month_at(after_of, True)
            end = after_of + 1
        if month is None or len(numbers) < 2 or not joints or self.word(position - 1) == "between":
            return [], position
        year, end = self.year_at(end)
        read = [self.in_year(month, one, year) for one in numbers]
        days = [one.start for one in read if one is not None]
        return (days, end) if len(days) == len(numbers) else ([], position)

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
            self.year_month,
            self.dot_day,
            self.month_week,
            self.week_number,
            self.quarter,
            self.season,
            self.holiday,
            self.slashed,
            self.month_day,
            self.some_days_of,
            self.days_beside,
            self.part_of,
            self.plain_month,
            self.plain_year,
            self.today_family,
            self.ago,
            self.last_many,
            self.before_last,
            self.weekdays_ago,
            self.beside,
            self.of_week,
            self.many_beside,
            self.to_date,
            self.this_or_last,
            self.weekday,
            self.weekend,
            self.the_month_so_far,
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

    def year_month(self, position: int, led: bool) -> _Read:
        """2025-05, 2025/05, 05/2025; 2025 May and 2025 May 5."""
        if self.kind(position) == "yearmonth":
            numbers = sorted((int(number) for number in re.findall(r"\d+", self.word(position))), reverse=True)
            return _Period(*_month(*numbers), unit="month"), position + 1
        if self.kind(position) != "number" or not re.fullmatch(r"20\d\d", self.word(position)):
            return None
        month = self.month_at(position + 1, True)
        if month is None:
            return None
        year, at = int(self.word(position)), position + 2
        number = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", self.word(at))
        day = _date(year, month, int(number[1])) if number and self.word(at + 1) not in _UNITS else None
        return (_Period(day, day), at + 1) if day else (_Period(*_month(year, month), unit="month"), at)

    def month_week(self, position: int, led: bool) -> _Read:
        """Week 2 of March; March week 2; March, 1st week; first week March."""
        start = self.the(position)

        def counted(at: int) -> tuple[int, int] | None:
            """ "Week 2", "2nd week" and "week two": the number, and the position after."""
            if self.word(at) == "week":
                number = self.word(at + 1)
                value = int(number) if self.kind(at + 1) == "number" else _NUMBERS.get(number, 0)
                return (value, at + 2) if 1 <= value <= 5 else None
            if self.word(at + 1) == "week":
                value = _ORDINALS.get(self.word(at), 0)
                return (value, at + 2) if 1 <= value <= 5 else None
            return None

        found = counted(start)
        if found:
            number, end = found
            whole = self.plain_month(end + (self.word(end) in ("of", "in")), True)
        else:
            whole = self.plain_month(start, led or self.word(start + 1) == "week")
            after = whole[1] + (self.word(whole[1]) in (",", "'s") or self.kind(whole[1]) == "possess") if whole else 0
            found = counted(after) if whole and self.word(start + 1) != "of" else None
        if whole is None or found is None or whole[0].unit != "month":
            return None
        number, end = found[0], max(found[1], whole[1])
        first, last = 7 * (number - 1), min(7 * number, (whole[0].end - whole[0].start).days + 1)
        if first >= last:
            return None
        note = f"week {number} read as days {first + 1} to {last}"
        return _Period(whole[0].start + first * _DAY, whole[0].start + (last - 1) * _DAY, "week", note=note), end

    def quarter(self, position: int, led: bool) -> _Read:
        """Q2, Q1 2025, the first quarter of 2025, last quarter; without a year the latest that has begun."""
        start = self.the(position)
        word = self.word(start)
        match = re.fullmatch(r"q([1-4])", word)
        end = start + 1
        number = int(match[1]) if match else 0
        if not match:
            if self.word(start + 1) != "quarter":
                return None
            number, end = _ORDINALS.get(word, 0), start + 2
            now = (self.today.month - 1) // 3 + 1
            if word in _THIS | _LAST:
                of_year, number = divmod(self.today.year * 4 + now - 1 - (word in _LAST), 4)
                return self.months_of(of_year, 3 * number + 1, 3), end
        if not 1 <= number <= 4:
            return None
        year, end = self.year_at(end + (self.word(end) == "in"))
        of = end + (self.word(end) == "of")
        if year is None and (self.words(of, "this year") or self.words(of, "last year")):
            year, end = self.today.year - (self.word(of) == "last"), of + 2
        if year is None:
            year = self.today.year - (3 * number - 2 > self.today.month)
        return self.months_of(year, 3 * number - 2, 3), end

    def months_of(self, year: int, month: int, count: int) -> _Period:
        """Whole months from one on."""
        last = _months_back(datetime.date(year, month, 1), 1 - count)
        return _Period(datetime.date(year, month, 1), _month(last.year, last.month)[1], "span")

    def season(self, position: int, led: bool) -> _Read:
        """Spring, last winter, summer 2025; without a year the latest that has begun."""
        start = self.the(position)
        how = self.word(start) if self.word(start) in _THIS | _LAST else ""
        month = _SEASONS.get(self.word(start + bool(how)))
        if month is None:
            return None
        year, end = self.year_at(start + bool(how) + 1)
        if year is None and not (led or how):
            return None
        if year is None:
            year = self.today.year - (month > self.today.month)
            now = self.months_of(year, month, 3)
            year -= how in _LAST and now.end >= self.today
        found = self.months_of(year, month, 3)
        return replace(found, note=f"read as {MONTHS[month - 1].title()} to {MONTHS[(month + 1) % 12].title()}"), end

    def some_days_of(self, position: int, led: bool) -> _Read:
        """The first ten days of March; the last three days of last month; the closing days of April."""
        start = self.the(position)
        edge = {"first": 1, "opening": 1, "last": -1, "final": -1, "closing": -1}.get(self.word(start))
        if edge is None:
            return None
        counted = self.number(start + 1)
        count, end, note = counted or (5, start + 1, "read as five days")
        unit = self.word(end)
        if unit == "day" and counted is None:
            count, note = 1, ""
        if unit not in ("day", "days", "week", "weeks") or self.word(end + 1) not in ("of", "in"):
            return None
        if unit in ("week", "weeks"):
            if counted is None:
                return None
            count *= 7
        whole = self.month_of(end + 2)
        if whole is None:
            return None
        period, end = whole
        length = (period.end - period.start).days
        step = min(count - 1, length) * _DAY
        days = (period.start, period.start + step) if edge > 0 else (period.end - step, period.end)
        return _Period(*days, "span", note=note), end

    def days_beside(self, position: int, led: bool) -> _Read:
        """The days around March 12, the days after it, shortly before it: a week on that side, three days on both."""
        start = self.the(position)
        at = start + 1
        if self.word(start) in ("days", "day") and start > position:
            at = start + 1
        elif self.word(start) not in ("shortly", "soon"):
            return None
        side = self.word(at)
        if side not in ("before", "after", "following", "around") or (self.word(start) == "day"):
            return None
        base = self.period(at + 1, True)
        if base is None:
            return None
        first, last = base[0].start, base[0].end
        if side == "around":
            return _Period(first - 3 * _DAY, last + 3 * _DAY, "span", note="read as three days on both sides"), base[1]
        if side == "before":
            return _Period(first - 7 * _DAY, first - _DAY, "span", note="read as the seven days before"), base[1]
        return _Period(last + _DAY, last + 7 * _DAY, "span", note="read as the seven days after"), base[1]

    def month_of(self, position: int) -> _Read:
        """A month or year as what parts are of: March, last month, the month, this year."""
        whole = self.plain_month(position, True) or self.this_or_last(position, True) or self.quarter(position, True)
        unit = self.word(position + 1)
        alone = unit in ("month", "week", "year") and self.word(position + 2) not in ("of", "before", "after")
        if whole is None and alone and self.word(position) == "the":
            return self.around(unit, self.today), position + 2
        return whole

    def weekdays_ago(self, position: int, led: bool) -> _Read:
        """Two Fridays ago; the Friday before April 10; the Monday after Easter."""
        counted = self.number(position)
        named = self.word(counted[1]).removesuffix("s") if counted else ""
        if counted and (day := {**_WEEKDAY, "weekend": 5}.get(named)) is not None:
            if self.word(counted[1] + 1) != "ago" or not 1 <= counted[0] <= 60:
                return None
            back = (self.today.weekday() - day) % 7 or 7
            found = self.today - (back + 7 * (counted[0] - 1)) * _DAY
            return self.weekend_or_day(found, named == "weekend"), counted[1] + 2
        start = self.the(position)
        nth = -1 if self.word(start) in ("last", "final") else _ORDINALS.get(self.word(start), 0)
        weekend = self.word(start + 1) == "weekend"
        day = 5 if weekend else _WEEKDAY.get(self.word(start + 1))
        if day is not None and -1 <= nth <= 5 and nth and self.word(start + 2) in ("of", "in"):
            whole = self.month_of(start + 3)  # "The second Tuesday of March".
            if whole is None or whole[0].unit != "month":
                return None
            first = whole[0].start + ((day - whole[0].start.weekday()) % 7) * _DAY
            found = first + 7 * (nth - 1) * _DAY
            if nth < 0:
                found = whole[0].end - ((whole[0].end.weekday() - day) % 7) * _DAY
            return (self.weekend_or_day(found, weekend), whole[1]) if found <= whole[0].end else None
        number = _WEEKDAY.get(self.word(start))
        if number is None or self.word(start + 1) not in ("before", "after", "following"):
            return None
        base = self.period(start + 2, True) if self.word(start + 2) != "last" else None
        if base is None:
            return None
        if self.word(start + 1) == "before":
            found = base[0].start - ((base[0].start.weekday() - number) % 7 or 7) * _DAY
        else:
            found = base[0].end + ((number - base[0].end.weekday()) % 7 or 7) * _DAY
        return _Period(found, found), base[1]

    def weekend_or_day(self, day: datetime.date, weekend: bool) -> _Period:
        return _Period(day, day + _DAY, "span") if weekend else _Period(day, day)

    def the_month_so_far(self, position: int, led: bool) -> _Read:
        """The month so far; this is the one place where "the week" alone is the current one."""
        start = self.the(position)
        unit = _UNITS.get(self.word(start), "")
        end = self.words(start + 1, "so far")
        if start == position or unit not in ("week", "month", "year") or end is None:
            return None
        return self.around(unit, self.today), end

    def to_date(self, position: int, led: bool) -> _Read:
        """Year to date, month to date."""
        unit = _UNITS.get(self.word(position), "")
        end = self.words(position + 1, "to date")
        if unit not in ("week", "month", "year") or end is None:
            return None
        return _Period(self.around(unit, self.today).start, self.today, "span"), end

    def dot_day(self, position: int, led: bool) -> _Read:
        """19.4. is a day and its month; "better than 12.5." ends a sentence."""
        before = position and self.word(position - 1)
        allowed = before in _BEFORE_SLASH or before in ("of", "the", "at", 0) or before in _WEEKDAY
        if self.kind(position) != "dayish" or not allowed:
            return None
        day, month = (int(number) for number in self.word(position).rstrip(".").split("."))
        read = self.in_year(month, day, None)
        return (read, position + 1) if read else None

    def week_number(self, position: int, led: bool) -> _Read:
        """Week 10, calendar week 10, CW 10, week 10 of 2025: counted as ISO 8601 does; without a year the latest."""
        start = self.the(position)
        if self.kind(start) == "isoweek":
            written, week = (int(part) for part in re.split(r"-?[Ww]", self.word(start)))
            return self.iso_week(week, written, start + 1) if 1 <= week <= 53 else None
        counted = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", self.word(start))
        if counted and self.word(start + 1) == "week" and 1 <= int(counted[1]) <= 53:  # "The 11th week of 2025".
            end = self.words(start + 2, "of the year") or start + 2
            year, end = self.year_at(end)
            return self.iso_week(int(counted[1]), year, end)
        named = self.word(start) in ("calendar", "iso")
        start += named
        if self.word(start) not in ("week", "wk", "cw", "kw"):
            return None
        at = start + (2 if self.word(start + 1) in (".", "no", "nr", "number", "#") else 1)
        at += at == start + 2 and self.word(at) == "."
        number = self.word(at)
        if number in _NUMBERS and number not in ("a", "an", "couple", "zero"):
            number = str(_NUMBERS[number])
        elif self.kind(at) != "number":
            return None
        if not 1 <= int(number) <= 53 or self.word(at + 1) in ("%", "epochs"):
            return None
        year, end = self.year_at(at + 1)
        if year is None and self.word(at + 1) == "of":  # "Week 2 of March", "week 2 of the project".
            return None
        return self.iso_week(int(number), year, end)

    def iso_week(self, number: int, year: int | None, end: int) -> _Read:
        """A week by its number; without a year the latest that has begun."""
        years = (year,) if year is not None else (self.today.isocalendar()[0], self.today.isocalendar()[0] - 1)
        for one in years:
            try:
                first = datetime.date.fromisocalendar(one, number, 1)
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
        if self.kind(position) != "slash":
            return None
        numbers = [int(number) for number in self.word(position).split("/")]
        paired = self.word(position + 1) in _TO and self.kind(position + 2) == "slash"
        if self.word(position - 1) not in _BEFORE_SLASH and len(numbers) < 3 and not paired:
            return None  # "4/9 of the words".
        year = numbers[2] + (2000 if numbers[2] < 100 else 0) if len(numbers) > 2 else None
        month, day = numbers[:2]
        note = f"{self.word(position)} read as month/day"
        if month > 12:
            month, day, note = day, month, ""
        read = self.in_year(month, day, year)
        if year is not None and read and read.start > self.today and month <= 12 and day <= 12:
            other = self.in_year(day, month, year)
            if other and other.start <= self.today:
                return replace(
                    other, note=f"{self.word(position)} read as day/month, the other lies ahead"
                ), position + 1
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
            beside = self.kind(position + 1) in ("number", "ordinal", "shortyear") or self.kind(position - 1) in (
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
        if self.kind(position) == "shortyear":  # March '25
            return 2000 + int(self.word(position)[1:]), position + 1
        comma = position + 1 if self.word(position) in (",", "of", "in") else position
        if self.kind(comma) == "number" and re.fullmatch(r"20\d\d", self.word(comma)):
            return int(self.word(comma)), comma + 1
        return None, position

    def month_day(self, position: int, led: bool) -> _Read:
        """April 9th, 2025; 9 April; the 9th of April; the 14th."""
        start = self.the(position)
        month = self.month_at(start, True)
        if month is not None:
            after_dot = start + 2 if self.word(start + 1) in (".", "-", ",") else start + 1
            at = self.the(after_dot)
            number = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", self.word(at))
            day = int(number[1]) if number and self.word(start + 1) != "," else _ORDINALS.get(self.word(at), 0)
            if number is None and self.kind(at + 1) == "word" and self.word(at + 1) not in _AFTER_DAY:
                return None  # "In March, first session".
            if 1 <= day <= 31 and self.word(at + 1) not in _UNITS:
                year, end = self.year_at(at + 1)
                read = self.in_year(month, day, year)
                return (read, end) if read else None
            return None
        number = re.fullmatch(r"(\d{1,2})(st|nd|rd|th)?", self.word(start))
        day = int(number[1]) if number else _ORDINALS.get(self.word(start), 0)
        if not 1 <= day <= 31:
            return None
        after_of = start + 2 if self.word(start + 1) == "of" or (number and self.word(start + 1) in "-.") else start + 1
        if self.word(start + 1) == "of" and (number or start > position):
            whole = self.this_or_last(after_of, True)
            if whole is None and self.word(after_of) in _LAST | _THIS:
                whole = self.plain_month(after_of, True)
            if whole and whole[0].unit == "month":  # "The 12th of last month".
                found = _date(whole[0].start.year, whole[0].start.month, day)
                return (_Period(found, found), whole[1]) if found else None
        month = self.month_at(after_of, True)
        if month is not None and (number or after_of == start + 2):
            end = (
                after_of + 2
                if self.word(after_of + 1) in (".", "-") and self.year_at(after_of + 2)[0]
                else after_of + 1
            )
            year, end = self.year_at(end)
            if year is None and self.word(end) in self.short_years and self.kind(end + 1) in ("", "sign"):
                year, end = 2000 + int(self.word(end)), end + 1  # "5 Mar 25"
            read = self.in_year(month, day, year)
            return (read, end) if read else None
        if (
            number
            and number[2]
            and (start > position or led)
            and (led or self.word(position - 1) in ("on", "since", "until"))
        ):
            if self.kind(start + 1) == "word" and self.word(start + 1) not in _AFTER_DAY:
                return None  # "the 5th session".
            first = _months_back(self.today.replace(day=1), 0)
            for back in range(12):
                month_start = _months_back(first, back)
                found = _date(month_start.year, month_start.month, day)
                if found and found <= self.today:
                    return _Period(found, found, loose="date"), start + 1
        return None

    def part_of(self, position: int, led: bool) -> _Read:
        """Early, mid and late May; the second week of March; the end of last month."""
        start = self.the(position)
        word = self.word(start)
        part, end = "", start + 1
        if word == "very":
            start, word, end = start + 1, self.word(start + 1), start + 2
        if word in _PARTS:
            part = _PARTS[word]
            named = word not in part
            if self.word(end) == "-":
                end += 1
            told = self.word(start - 1) in ("the", "a", "at", "from", "since", "by", "until", "till")
            if self.word(end) == "in" and word in ("start", "end") and not told:
                return None  # "How many did I start in April?"
            if self.word(end) in ("of", "in"):
                end += 1
            elif named:  # "End feb", but no verb: "did it start, March 5".
                month = self.month_at(end, self.word(start - 1) not in ("i", "it", "we", "did", "to"))
                if month is None or self.kind(end + 1) in ("number", "ordinal") or self.word(start - 1) in ("i", "it"):
                    return None
        elif self.word(start + 1) in ("half", "week") and (word in _ORDINALS or word in _LAST):
            if self.word(start + 2) not in ("of", "in"):
                return None
            part, end = f"{word} {self.word(start + 1)}", start + 3
        else:
            return None
        whole = self.month_of(end)
        if whole is None or whole[0].unit not in ("month", "week", "year", "span"):
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
        of = end + (self.word(end) in ("of", "in"))
        if year is None and (self.words(of, "last year") or self.words(of, "the previous year")):
            return _Period(*_month(self.today.year - 1, month), unit="month"), of + 2 + (self.word(of) == "the")
        if year is None and (self.words(of, "this year") or self.words(of, "the current year")):
            return _Period(*_month(self.today.year, month), unit="month"), of + 2 + (self.word(of) == "the")
        if year is not None:
            return _Period(*_month(year, month), unit="month"), end
        past = self.today.year - (month > self.today.month)
        if how in _LAST and month == self.today.month:
            past -= 1
        if how in _THIS:
            past = self.today.year
        return _Period(*_month(past, month), unit="month", loose="month"), end

    def plain_year(self, position: int, led: bool) -> _Read:
        start = self.the(position)
        if self.word(start) == "year" and self.kind(start + 1) == "number":
            position, led = start + 1, True
        if not led or self.kind(position) != "number" or not re.fullmatch(r"20[0-4]\d", self.word(position)):
            return None
        if self.word(position - 1) not in (
            *("in", "since", "during", "of", "before", "after", "until", "from", "to", "year"),
        ):
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
            ("night before last", yesterday - _DAY),
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
        for half, months in (("half a year ago", 6), ("half a month ago", 0), ("a year and a half ago", 18)):
            after_half = self.words(start, half)
            if after_half is not None:
                if not months:
                    return _Period(
                        self.today - 15 * _DAY, self.today - 15 * _DAY, note="read as 15 days ago"
                    ), after_half
                return self.around("month", _months_back(self.today, months), "the whole month"), after_half
        counted = self.number(start)
        if counted is None:
            return None
        count, end, note = counted
        unit = _UNITS.get(self.word(end), "")
        if not unit and self.word(end) in ("or", "to", "-"):  # "Two or three weeks ago".
            return self.between_ago(count, end + 1)
        if unit and self.word(end + 1) == "or" and (more := self.number(end + 2)) and self.word(more[1]) == "ago":
            return self.stretch_ago(unit, count, more[0], more[1] + 1)
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

    def between_ago(self, count: int, position: int) -> _Read:
        more = self.number(position)
        unit = _UNITS.get(self.word(more[1]), "") if more else ""
        if not more or unit not in ("day", "week", "month", "year") or self.word(more[1] + 1) != "ago":
            return None
        return self.stretch_ago(unit, count, more[0], more[1] + 2)

    def stretch_ago(self, unit: str, near: int, far: int, end: int) -> _Read:
        """A week or two ago: from the farther to the nearer."""
        if not 0 < near < far <= 400 or unit not in ("day", "week", "month", "year"):
            return None
        first, last = (
            self.around(unit, self.back(unit, far, self.today)),
            self.around(unit, self.back(unit, near, self.today)),
        )
        return _Period(first.start, last.end, "span"), end

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
        if self.word(start + 1) == "half" and self.word(start + 2) == "year":
            return _Period(self.back("month", 6, self.today) + _DAY, self.today, "span"), start + 3
        counted = self.number(start + 1)
        if counted is None:
            unit = _UNITS.get(self.word(start + 1), "")
            unit = "" if self.word(start + 1) == "night" else unit
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
        joined = self.word(position - 1) in ("vs", "versus", "and", "than", "to", "with", "against", "or", ".")
        if start == position and self.word(position) not in ("one",) and not (joined and self.anchor):
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
        """The week of April 7; the week that began on Monday the 30th of March; the weekend of the 7th and 8th."""
        at = self.the(position)
        unit = self.word(at)
        if unit not in ("week", "weekend", "fortnight"):
            return None
        start = at + 1
        start += self.word(start) in ("that", "which")
        word = self.word(start)
        if word in ("was", "is") and self.word(start + 1) in _BEGINS | _ENDS:
            start, word = start + 1, self.word(start + 1)
        opens, closes = word in _BEGINS, word in _ENDS
        if not (opens or closes or word in ("of", "from", "around", "with", "containing", "including")):
            return None
        start += 1 + (self.word(start + 1) in ("on", "at", "with", "from", "around"))
        pair, end = self.listed_days(start) if unit == "weekend" else ([], start)
        if len(pair) == 2 and (pair[1] - pair[0]).days == 1:
            return _Period(pair[0], pair[1], "span"), end
        start = self.the(start)
        base = self.explicit(start, True) or self.slashed(start, True) or self.month_day(start, True)
        base = base or (self.weekday(start, True) if self.word(start) in _WEEKDAY else None)
        if base is None or base[0].start != base[0].end or self.word(base[1]) in _TO:
            return None
        day, end = base[0].start, base[1]
        if unit == "weekend":
            saturday = self.week(day)[0] + ((5 - self.week_starts) % 7) * _DAY
            return _Period(saturday, saturday + _DAY, "span"), end
        days = 14 if unit == "fortnight" else 7
        if opens or word == "from":
            return _Period(day, day + (days - 1) * _DAY, "week"), end
        if closes:
            return _Period(day - (days - 1) * _DAY, day, "week"), end
        return self.around("week", day), end

    def many_beside(self, position: int, led: bool) -> _Read:
        """The seven days up to April 3; the two weeks before Easter; the fortnight after the 3rd of May."""
        start = self.the(position)
        if start == position and not led:
            return None
        start += self.word(start) in ("last", "first")
        count, end, note = self.number(start) or (1, start, "")
        unit = _UNITS.get(self.word(end).removesuffix("s"), "")
        unit = "fortnight" if self.word(end) == "fortnight" else unit
        if unit not in ("day", "week", "month", "fortnight") or count > 400:
            return None
        for phrase, side, inside in (
            ("leading up to", -1, True), ("running up to", -1, True), ("up to and including", -1, True),
            ("up to", -1, True), ("ending on", -1, True), ("ending with", -1, True), ("ending", -1, True),
            ("until", -1, True), ("till", -1, True), ("that ended on", -1, True), ("before", -1, False),
            ("preceding", -1, False), ("prior to", -1, False), ("after", 1, False), ("following", 1, False),
            ("starting from", 1, True), ("starting on", 1, True), ("starting", 1, True), ("beginning on", 1, True),
            ("from", 1, True), ("that began on", 1, True), ("that started on", 1, True),
        ):  # fmt: skip
            at = self.words(end + 1, phrase)
            base = self.period(at, True) if at is not None else None
            if base is None or (unit == "week" and count == 1 and base[0].unit == "week"):
                continue
            edge = base[0].start if side < 0 else base[0].end
            if inside:
                edge = base[0].end if side < 0 else base[0].start
            else:
                edge += side * _DAY
            if side < 0:
                return _Period(self.back(unit, count, edge) + _DAY, edge, "span", note=note), base[1]
            return _Period(edge, self.back(unit, -count, edge) - _DAY, "span", note=note), base[1]
        return None

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
        if unit == "year" and self.word(end) in ("in", "'s"):  # "Last year in December".
            whole = self.plain_month(end + 1, True)
            if whole and whole[0].loose == "month":
                return _Period(*_month(period.start.year, whole[0].start.month), unit="month"), whole[1]
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
        unsure = not how and not led and not (token.capital and not token.first and word not in ("sun",))
        if len(word) < 6 and unsure and not (self.month_day(name + 1, True) or self.explicit(name + 1, True)):
            return None
        end = name + 1
        if self.word(end) in ("morning", "afternoon", "evening", "night"):
            end += 1
        if not how:  # "On Friday, February 21st": the date says which.
            dated = end + (self.word(end) in (",", "."))
            whole = self.explicit(dated, True) or self.dot_day(dated, True) or self.month_day(dated, True)
            whole = whole or self.slashed(dated, True)
            if whole and whole[0].start == whole[0].end:
                return whole
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
        if self.word(position - 1) == "most":  # "Most recently" asks for the last ones.
            return None
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
