"""The day from which a question looks."""

from __future__ import annotations

import datetime

import pytest

from assistant.as_told import stood_on, told_as_of
from assistant.timeline import find_intervals

TODAY = datetime.date(2025, 9, 1)


@pytest.mark.parametrize(
    ("question", "day", "rest"),
    [
        ("As of 3 March, which run was best?", "2025-03-03", "which run was best?"),
        ("Looking back to the 11th of March: was it done by then?", "2025-03-11", "was it done?"),
        ("Going by what the notes said on 24 March, was it done?", "2025-03-24", "was it done?"),
        ("If I look at the notes as they stood on 23 July, which run led?", "2025-07-23", "which run led?"),
        ("At the time of the talk on the 5th of May, what was the best accuracy so far?", "2025-05-05",
         "what was the best accuracy?"),
        ("on 5 June, what was the best accuracy up to that point?", "2025-06-05", "what was the best accuracy?"),
    ],
)  # fmt: skip
def test_the_point_of_view_is_read_and_taken_out(question, day, rest):
    """The rest is a question like any other."""
    found, spans = told_as_of(question, find_intervals(question, TODAY), TODAY)
    assert found == datetime.date.fromisoformat(day)
    for start, end in sorted(spans, reverse=True):
        question = question[:start] + question[end:]
    assert " ".join(question.split()).strip(" ,:") == rest


@pytest.mark.parametrize(
    "question",
    ["which runs finished on 3 March?", "what did I run last week?", "what was decided in the meeting on 5 May?",
     "by 1 December 2025, what has to be done?"],
)  # fmt: skip
def test_a_day_that_is_asked_about_is_no_point_of_view(question):
    """Runs of a day, and days to come, are left to the plan."""
    assert told_as_of(question, find_intervals(question, TODAY), TODAY) == (None, [])


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("on 2025-08-19, what margin was in use?", "2025-08-19"),
        ("on 31 July how many clips per word did we replay?", "2025-07-31"),
        ("which front end did we use on 31 July?", "2025-07-31"),
        ("what was the threshold on 31 July?", "2025-07-31"),
        ("how did we handle short clips on 31 July?", "2025-07-31"),
        ("what did I do on 31 July?", ""),
        ("what did I think about the margin on 31 July?", ""),
        ("what was the problem with the margin on 31 July?", ""),
        ("how many runs per day did we use on 31 July?", ""),
        ("what was the accuracy on 31 July?", ""),
        ("how many clips per word did we replay in July?", ""),
    ],
)
def test_how_a_thing_stood_on_a_day_is_no_question_about_that_day(question, day):
    """The rule of a day was written on an earlier one; what was done on it was not."""
    found, _ = stood_on(question, find_intervals(question, TODAY), TODAY)
    assert (found.isoformat() if found else "") == day
