"""Temporal expressions against days read off a calendar by hand. Today is Wednesday, 16 April 2025."""

from __future__ import annotations

import datetime

import pytest

from assistant import timeline
from assistant.timeline import Interval, find_intervals, read_date, read_interval

TODAY = datetime.date(2025, 4, 16)

# fmt: off
TABLE = [
    # days near today
    ("what did I run today?", "2025-04-16", "2025-04-16"),
    ("this morning", "2025-04-16", "2025-04-16"),
    ("what is planned for tonight", "2025-04-16", "2025-04-16"),
    ("earlier today", "2025-04-16", "2025-04-16"),
    ("yesterday", "2025-04-15", "2025-04-15"),
    ("yesterday's result", "2025-04-15", "2025-04-15"),
    ("yesteday", "2025-04-15", "2025-04-15"),
    ("last night", "2025-04-15", "2025-04-15"),
    ("the day before yesterday", "2025-04-14", "2025-04-14"),
    ("day before yesterday", "2025-04-14", "2025-04-14"),
    ("tomorrow", "2025-04-17", "2025-04-17"),
    ("the day before", "2025-04-15", "2025-04-15"),
    # ago
    ("3 days ago", "2025-04-13", "2025-04-13"),
    ("three days ago", "2025-04-13", "2025-04-13"),
    ("a couple of days ago", "2025-04-14", "2025-04-14"),
    ("it wasn't like this a few days ago", "2025-04-11", "2025-04-14"),
    ("2 weeks ago", "2025-03-31", "2025-04-06"),
    ("a week ago", "2025-04-07", "2025-04-13"),
    ("exactly a week ago", "2025-04-09", "2025-04-09"),
    ("a week ago today", "2025-04-09", "2025-04-09"),
    ("two months ago", "2025-02-01", "2025-02-28"),
    ("a year ago", "2024-01-01", "2024-12-31"),
    ("an hour ago", "2025-04-16", "2025-04-16"),
    ("two days before yesterday", "2025-04-13", "2025-04-13"),
    ("3 days before 2025/04/10", "2025-04-07", "2025-04-07"),
    ("a week after April 2", "2025-04-09", "2025-04-09"),
    # weeks, months, years
    ("what did I run last week on the GPU?", "2025-04-07", "2025-04-13"),
    ("this week", "2025-04-14", "2025-04-20"),
    ("previous week", "2025-04-07", "2025-04-13"),
    ("next week", "2025-04-21", "2025-04-27"),
    ("earlier this week", "2025-04-14", "2025-04-16"),
    ("the week before last", "2025-03-31", "2025-04-06"),
    ("the last week", "2025-04-10", "2025-04-16"),
    ("in the past week", "2025-04-10", "2025-04-16"),
    ("last 7 days", "2025-04-10", "2025-04-16"),
    ("in the last two weeks", "2025-04-03", "2025-04-16"),
    ("over the past 3 days", "2025-04-14", "2025-04-16"),
    ("the last few days", "2025-04-14", "2025-04-16"),
    ("in the last month", "2025-03-17", "2025-04-16"),
    ("the past 2 months", "2025-02-17", "2025-04-16"),
    ("in the last 24 hours", "2025-04-15", "2025-04-16"),
    ("this month", "2025-04-01", "2025-04-30"),
    ("last month", "2025-03-01", "2025-03-31"),
    ("the month before last", "2025-02-01", "2025-02-28"),
    ("this year", "2025-01-01", "2025-12-31"),
    ("last year", "2024-01-01", "2024-12-31"),
    ("in 2024", "2024-01-01", "2024-12-31"),
    ("the week of April 2", "2025-03-31", "2025-04-06"),
    ("the week of 2025-03-12", "2025-03-10", "2025-03-16"),
    # weekdays
    ("last Tuesday", "2025-04-15", "2025-04-15"),
    ("last Wednesday", "2025-04-09", "2025-04-09"),
    ("on Monday", "2025-04-14", "2025-04-14"),
    ("on friday", "2025-04-11", "2025-04-11"),
    ("on Wednesday", "2025-04-16", "2025-04-16"),
    ("on tuseday", "2025-04-15", "2025-04-15"),
    ("this Friday", "2025-04-18", "2025-04-18"),
    ("Monday last week", "2025-04-07", "2025-04-07"),
    ("Friday of last week", "2025-04-11", "2025-04-11"),
    ("last week on Thursday", "2025-04-10", "2025-04-10"),
    ("last week's Tuesday", "2025-04-08", "2025-04-08"),
    ("Monday morning", "2025-04-14", "2025-04-14"),
    ("over the weekend", "2025-04-12", "2025-04-13"),
    ("last weekend", "2025-04-12", "2025-04-13"),
    ("from Monday to Wednesday last week", "2025-04-07", "2025-04-09"),
    ("Thursday to Tuesday", "2025-04-10", "2025-04-15"),
    # months and their parts
    ("in April", "2025-04-01", "2025-04-30"),
    ("in May", "2024-05-01", "2024-05-31"),
    ("in may", "2024-05-01", "2024-05-31"),
    ("in march", "2025-03-01", "2025-03-31"),
    ("March's results", "2025-03-01", "2025-03-31"),
    ("last April", "2024-04-01", "2024-04-30"),
    ("in Feb 2025", "2025-02-01", "2025-02-28"),
    ("December 2024", "2024-12-01", "2024-12-31"),
    ("early March", "2025-03-01", "2025-03-10"),
    ("in early May", "2024-05-01", "2024-05-10"),
    ("mid March", "2025-03-11", "2025-03-20"),
    ("mid-march", "2025-03-11", "2025-03-20"),
    ("late March", "2025-03-21", "2025-03-31"),
    ("at the beginning of April", "2025-04-01", "2025-04-10"),
    ("the end of March", "2025-03-21", "2025-03-31"),
    ("the first half of March", "2025-03-01", "2025-03-15"),
    ("the second half of March", "2025-03-16", "2025-03-31"),
    ("in the first week of April", "2025-04-01", "2025-04-07"),
    ("the last week of March", "2025-03-25", "2025-03-31"),
    ("in april of 2024", "2024-04-01", "2024-04-30"),
    # explicit days
    ("on 2025-03-08", "2025-03-08", "2025-03-08"),
    ("on 2025/04/07", "2025-04-07", "2025-04-07"),
    ("20250412", "2025-04-12", "2025-04-12"),
    ("2025/4/7", "2025-04-07", "2025-04-07"),
    ("2025.04.07", "2025-04-07", "2025-04-07"),
    ("Apr 9", "2025-04-09", "2025-04-09"),
    ("Apr. 9", "2025-04-09", "2025-04-09"),
    ("9 April", "2025-04-09", "2025-04-09"),
    ("April 9th 2025", "2025-04-09", "2025-04-09"),
    ("April 9th, 2024", "2024-04-09", "2024-04-09"),
    ("the 9th of April", "2025-04-09", "2025-04-09"),
    ("December 24", "2024-12-24", "2024-12-24"),
    ("on 4/9", "2025-04-09", "2025-04-09"),
    ("on 24/3", "2025-03-24", "2025-03-24"),
    ("on 4/9/2024", "2024-04-09", "2024-04-09"),
    ("on the 14th", "2025-04-14", "2025-04-14"),
    ("on the 20th", "2025-03-20", "2025-03-20"),
    ("4월 9일", "2025-04-09", "2025-04-09"),
    # open and closed stretches
    ("since Monday", "2025-04-14", None),
    ("since last week", "2025-04-07", None),
    ("since 2025/04/07", "2025-04-07", None),
    ("since April 7", "2025-04-07", None),
    ("since two weeks ago", "2025-04-02", None),
    ("since March", "2025-03-01", None),
    ("from April 7 on", "2025-04-07", None),
    ("starting 2025-04-07", "2025-04-07", None),
    ("after 2025-04-07", "2025-04-08", None),
    ("after March", "2025-04-01", None),
    ("until yesterday", None, "2025-04-15"),
    ("until last week", None, "2025-04-13"),
    ("up to April 9", None, "2025-04-09"),
    ("before 2025/04/07", None, "2025-04-06"),
    ("before April", None, "2025-03-31"),
    ("the last run before today", None, "2025-04-15"),
    ("between 2025-04-01 and 2025-04-05", "2025-04-01", "2025-04-05"),
    ("between April 5 and April 1", "2025-04-01", "2025-04-05"),
    ("between March 3 and yesterday", "2025-03-03", "2025-04-15"),
    ("from 2025/03/08 to 2025/03/14", "2025-03-08", "2025-03-14"),
    ("from March to April", "2025-03-01", "2025-04-30"),
    ("from November to February", "2024-11-01", "2025-02-28"),
    ("2025/04/07 - 2025/04/11", "2025-04-07", "2025-04-11"),
    ("April 7-9", "2025-04-07", "2025-04-09"),
    ("April 7 to 9", "2025-04-07", "2025-04-09"),
    ("from yesterday", "2025-04-15", "2025-04-15"),
    ("since April 2 until April 9", "2025-04-02", "2025-04-09"),
    ("after April 2 and before April 9", "2025-04-03", "2025-04-08"),
    ("yesterday and today", "2025-04-15", "2025-04-16"),
    ("the day before April 9", "2025-04-08", "2025-04-08"),
    ("the day after 2025/04/10", "2025-04-11", "2025-04-11"),
    ("the week before 2025-04-09", "2025-04-02", "2025-04-08"),
    ("recently", "2025-04-03", "2025-04-16"),
    ("lately", "2025-04-03", "2025-04-16"),
]

# fmt: on
NOT_TIME = [
    "what may help against noise?",
    "it may be the loss",
    "May I delete it?",
    "march through the code",
    "may I march on?",
    "the last run",
    "the last 3 runs",
    "my best result",
    "the second session",
    "loss_lpc 0.5",
    "since there is no noise",
    "before the pooling layer",
    "after the base session",
    "between GRU and Transformer",
    "epochs_base 2000",
    "from train.py",
    "the 5th session",
    "accuracy of 4/9 words",
    "1 on 1 matching",
    "num_features_pri 101",
    "sun and sat down",
    "a day without a plan is",
    "what does march_mean do?",
    "in 2000 epochs",
    "run it 20251399 times",
]


def day(text: str | None) -> datetime.date | None:
    return None if text is None else datetime.date.fromisoformat(text)


@pytest.mark.parametrize(("text", "start", "end"), TABLE, ids=[row[0] for row in TABLE])
def test_an_expression_means_the_days_of_the_calendar(text, start, end):
    """Each expression is read as the days a person would mark on a calendar."""
    interval = read_interval(text, TODAY)
    assert interval is not None
    assert (interval.start, interval.end) == (day(start), day(end))


@pytest.mark.parametrize("text", NOT_TIME)
def test_words_that_only_look_like_time_are_left_alone(text):
    """Verbs, counts, options and places are no dates."""
    assert read_interval(text, TODAY) is None


def test_the_reading_is_told_in_words():
    """The resolved interval is shown with weekdays, and assumptions are said."""
    assert read_interval("since Monday", TODAY).words == "since Monday: since Mon 2025-04-14"
    assert read_interval("what ran last week?", TODAY).words == "last week: Mon 2025-04-07 to Sun 2025-04-13"
    assert read_interval("on 2025/04/07", TODAY).words == "Mon 2025-04-07"
    assert read_interval("recently", TODAY).note == "'recently' read as the last 14 days"
    assert read_interval("on 4/9", TODAY).note == "4/9 read as month/day"
    assert read_interval("2 weeks ago", TODAY).note == "the whole week"


def test_the_week_can_start_on_sunday():
    """With Sunday as the first day, last week runs from Sunday to Saturday."""
    interval = read_interval("last week", TODAY, week_starts=6)
    assert (interval.start, interval.end) == (day("2025-04-06"), day("2025-04-12"))


def test_nothing_after_as_of_is_meant():
    """An interval is cut at as_of; one that lies wholly behind it says so."""
    assert read_interval("this week", TODAY, as_of=TODAY).end == TODAY
    late = read_interval("on 2025-04-20", TODAY, as_of=TODAY)
    assert late.note == "it lies after 2025-04-16, where this answer ends"


def test_the_one_before_counts_from_the_interval_spoken_of():
    """With an anchor, "the week before" and "the day before" step back from it."""
    week = read_interval("last week", TODAY)
    earlier = read_interval("and the week before?", TODAY, anchor=week)
    assert (earlier.start, earlier.end) == (day("2025-03-31"), day("2025-04-06"))
    one = read_interval("on April 9", TODAY)
    assert read_interval("and the day before?", TODAY, anchor=one).start == day("2025-04-08")
    assert read_interval("and the day after?", TODAY, anchor=one).start == day("2025-04-10")
    march = read_interval("in March", TODAY)
    assert read_interval("the month before", TODAY, anchor=march).start == day("2025-02-01")


def test_two_intervals_of_one_question_are_both_read():
    """A comparison of two weeks gives both, in the order of the words."""
    found = find_intervals("compare last week with the week before last", TODAY)
    assert [(i.start, i.end) for i in found] == [
        (day("2025-04-07"), day("2025-04-13")),
        (day("2025-03-31"), day("2025-04-06")),
    ]
    assert [i.phrase for i in found] == ["last week", "the week before last"]


def test_the_span_marks_the_words_that_were_read():
    """The question without the expression is what remains to be planned."""
    text = "which runs in early April used noise?"
    interval = read_interval(text, TODAY)
    assert text[: interval.span[0]] + text[interval.span[1] :] == "which runs  used noise?"


def test_days_at_the_ends_belong_to_the_interval():
    """Both ends are included; open ends hold everything; what has no day lies nowhere."""
    week = Interval(day("2025-04-07"), day("2025-04-13"), "")
    assert week.contains(day("2025-04-07"))
    assert week.contains(day("2025-04-13"))
    assert not week.contains(day("2025-04-14"))
    assert not week.contains(None)
    assert Interval(None, day("2025-04-13"), "").contains(day("1999-01-01"))


def test_stepping_keeps_months_whole():
    """The month before March has the days of February; the year turns over."""
    march = Interval(day("2024-03-01"), day("2024-03-31"), "", unit="month")
    assert (timeline.before(march).start, timeline.before(march).end) == (day("2024-02-01"), day("2024-02-29"))
    assert timeline.after(march).end == day("2024-04-30")
    assert timeline.before(timeline.before(timeline.before(march))).start == day("2023-12-01")


def test_a_date_of_the_notes_stands_alone():
    """All three heading forms are read, other text is not."""
    assert read_date("2025/04/07 ") == read_date("20250407") == read_date("2025-04-07") == day("2025-04-07")
    assert read_date("2025-13-01") is None
    assert read_date("Code-20250310") is None


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("may: which runs", (5, 1), (5, 31)),
        ("what ran, may?", (5, 1), (5, 31)),
        ("runs may", (5, 1), (5, 31)),
        ("10-20 may", (5, 10), (5, 20)),
        ("result of 28.05.2025", (5, 28), (5, 28)),
        ("between 10 and 20 may", (5, 10), (5, 20)),
        ("from the 3rd to the 9th of june", (6, 3), (6, 9)),
        ("from 3.6. to 9.6. which runs", (6, 3), (6, 9)),
        ("what ran in calendar week 20", (5, 12), (5, 18)),
        ("CW 20: which runs", (5, 12), (5, 18)),
    ],
)
def test_a_month_alone_and_two_days_of_one_month(question, start, end):
    """A month at the front or the end is no verb, and a day may borrow the month of the one after it."""
    (found,) = find_intervals(question, datetime.date(2025, 6, 27))
    assert (found.start, found.end) == (datetime.date(2025, *start), datetime.date(2025, *end))
    assert list(find_intervals("it may work", datetime.date(2025, 6, 27))) == []


def test_a_decimal_at_the_end_of_a_sentence_is_no_day():
    """ "12.5." behind "than" is a figure."""
    assert read_interval("is the accuracy better than 12.5.", TODAY) is None


def test_two_plain_days_are_told_without_repeating_them():
    """Days written as figures are told as days of the calendar alone."""
    assert read_interval("20250305 - 20250312", TODAY).words == "Wed 2025-03-05 to Wed 2025-03-12"


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("everything since easter", (2025, 4, 20), None),
        ("what ran over easter 2024", (2024, 3, 29), (2024, 4, 1)),
        ("runs before christmas", None, (2024, 12, 23)),
        ("what ran since new year", (2025, 1, 1), None),
        ("last week thursday till sunday", (2025, 6, 5), (2025, 6, 8)),
    ],
)
def test_feasts_and_days_of_a_week_that_is_named(question, start, end):
    """Easter is computed; both weekdays lie in the week that is named, on a Sunday too."""
    interval = read_interval(question, datetime.date(2025, 6, 15))
    assert interval is not None
    assert interval.start == (datetime.date(*start) if start else None)
    assert interval.end == (datetime.date(*end) if end else None)


#: The day is Tuesday, 2025-04-15.
MORE = [
    ("what ran in q1?", "2025-01-01", "2025-03-31"),
    ("first quarter of 2024", "2024-01-01", "2024-03-31"),
    ("last quarter", "2025-01-01", "2025-03-31"),
    ("Q3: which runs", "2024-07-01", "2024-09-30"),
    ("runs in 2025-03", "2025-03-01", "2025-03-31"),
    ("what happened in 2025/02", "2025-02-01", "2025-02-28"),
    ("in 03/2025", "2025-03-01", "2025-03-31"),
    ("week 2 of march", "2025-03-08", "2025-03-14"),
    ("march week 2", "2025-03-08", "2025-03-14"),
    ("first week march", "2025-03-01", "2025-03-07"),
    ("2025-W11", "2025-03-10", "2025-03-16"),
    ("CW11", "2025-03-10", "2025-03-16"),
    ("in week eleven", "2025-03-10", "2025-03-16"),
    ("the 11th week of 2024", "2024-03-11", "2024-03-17"),
    ("the first ten days of March", "2025-03-01", "2025-03-10"),
    ("last three days of february", "2025-02-26", "2025-02-28"),
    ("on the last day of february", "2025-02-28", "2025-02-28"),
    ("March the fifth", "2025-03-05", "2025-03-05"),
    ("on the twenty-first of February", "2025-02-21", "2025-02-21"),
    ("february twenty first", "2025-02-21", "2025-02-21"),
    ("the 12th of last month", "2025-03-12", "2025-03-12"),
    ("on 12th", "2025-04-12", "2025-04-12"),
    ("5-Mar-2025", "2025-03-05", "2025-03-05"),
    ("5 Mar 25", "2025-03-05", "2025-03-05"),
    ("2025 March 5", "2025-03-05", "2025-03-05"),
    ("in March '25", "2025-03-01", "2025-03-31"),
    ("in March of this year", "2025-03-01", "2025-03-31"),
    ("last year in December", "2024-12-01", "2024-12-31"),
    ("on Friday, February 21st", "2025-02-21", "2025-02-21"),
    ("tuesday march 4", "2025-03-04", "2025-03-04"),
    ("two Fridays ago", "2025-04-04", "2025-04-04"),
    ("the last Monday of March", "2025-03-31", "2025-03-31"),
    ("second tuesday of march", "2025-03-11", "2025-03-11"),
    ("the friday before april 10", "2025-04-04", "2025-04-04"),
    ("the weekend of March 15", "2025-03-15", "2025-03-16"),
    ("the week starting March 11", "2025-03-11", "2025-03-17"),
    ("since the start of the month", "2025-04-01", None),
    ("end feb", "2025-02-21", "2025-02-28"),
    ("from early to mid March", "2025-03-01", "2025-03-20"),
    ("from March 5th to 10th", "2025-03-05", "2025-03-10"),
    ("12.-18. March", "2025-03-12", "2025-03-18"),
    ("12/03 - 18/03", "2025-03-12", "2025-03-18"),
    ("2025-03-12..2025-03-18", "2025-03-12", "2025-03-18"),
    ("from April till now", "2025-04-01", "2025-04-15"),
    ("not before March 20", "2025-03-20", None),
    ("on or after March 10", "2025-03-10", None),
    ("more than two weeks ago", None, "2025-03-31"),
    ("less than a week ago", "2025-04-08", None),
    ("a week or two ago", "2025-03-31", "2025-04-13"),
    ("half a year ago", "2024-10-01", "2024-10-31"),
    ("night before last", "2025-04-13", "2025-04-13"),
    ("last winter", "2024-12-01", "2025-02-28"),
    ("in the days around march 12", "2025-03-09", "2025-03-15"),
    ("last week and the week before", "2025-03-31", "2025-04-13"),
    ("how many runs did I start in March", "2025-03-01", "2025-03-31"),
    ("at the start of March", "2025-03-01", "2025-03-10"),
    ("in the week starting Monday, 10 March, till Sunday", "2025-03-10", "2025-03-16"),
    ("in the week starting Monday, 10 March, to Sunday", "2025-03-10", "2025-03-16"),
]


@pytest.mark.parametrize(("text", "start", "end"), MORE, ids=[row[0] for row in MORE])
def test_days_in_the_words_of_other_people(text, start, end):
    """Quarters, months in figures, weeks and weekdays of a month, ordinals in words: one interval each."""
    (interval,) = find_intervals(text, datetime.date(2025, 4, 15))
    assert (interval.start, interval.end) == (day(start), day(end))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("on march 12, 13 and 15", ["2025-03-12", "2025-03-13", "2025-03-15"]),
        ("march 12 vs 13", ["2025-03-12", "2025-03-13"]),
        ("the 12th and the 13th of March", ["2025-03-12", "2025-03-13"]),
        ("compare 12 and 13 march", ["2025-03-12", "2025-03-13"]),
    ],
)
def test_listed_days_of_a_month_are_each_read(text, days):
    """Days that are listed, their month said once, are no stretch and none of them is lost."""
    found = find_intervals(text, datetime.date(2025, 4, 15))
    assert [(i.start, i.end) for i in found] == [(day(one), day(one)) for one in days]


@pytest.mark.parametrize(
    "text",
    [
        "which run had the lowest w1 norm",
        "unseen accuracy in the fifth session",
        "the second best run",
        "at the end of training",
        "with 10 to 12 epochs",
        "is the third and fourth session worse",
    ],
)
def test_ordinals_and_short_words_are_no_days_by_themselves(text):
    """An ordinal beside no month, and a letter with a figure, name no day."""
    assert find_intervals(text, datetime.date(2025, 4, 15)) == []
