"""What stands around a question is taken off; what the question turns on stays."""

from __future__ import annotations

import datetime

import pytest

from assistant.courtesy import asks_whether
from assistant.plan import read_plan
from assistant.vocabulary import Vocabulary

TODAY = datetime.date(2025, 4, 15)


@pytest.fixture(scope="module")
def read():
    """A question read over a vault of four options, in which every word is known."""
    options = {
        "lr_base": {"0.005": 9, "0.01": 2},
        "epochs_base": {"100": 9, "60": 2},
        "noise_prob": {"0.0": 6, "0.8": 5},
        "sequential_layer": {"GRU": 3, "None": 8},
    }
    vocabulary = Vocabulary(options, ("Scratch",), 50, lambda words: dict.fromkeys(words, 1), lambda word: [])
    return lambda question: read_plan(question, TODAY, vocabulary)


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        (
            "I would be grateful if you could show me all the experiments of the second week of March.",
            "all the experiments of the second week of March.",
        ),
        (
            "For the talk on Friday, I need the harmonic mean of the run from the 10th of April, please.",
            "the harmonic mean of the run from the 10th of April",
        ),
        (
            "As I have to report to my advisor tomorrow, which run gave the highest harmonic mean so far?",
            "which run gave the highest harmonic mean so far?",
        ),
        (
            "I am writing the appendix and would like to know how many epochs the run on April 10 had.",
            "how many epochs the run on April 10 had.",
        ),
        (
            "My advisor asked me which of the experiments was the best one.",
            "which of the experiments was the best one.",
        ),
        ("which lr did I use on 5 march, I need it for my thesis", "which lr did I use on 5 march"),
        ("Would you be so kind as to compare March with April?", "compare March with April?"),
        ("Sorry to bother you, but which tasks are still open?", "which tasks are still open?"),
        (
            "I can't remember which learning rate I used on the 5th of March",
            "which learning rate I used on the 5th of March",
        ),
        ("I need the command of the best run so that I can repeat it", "the command of the best run"),
    ],
)
def test_courtesies_and_reasons_are_taken_off(read, asked, question):
    """Requests, what the answer is for, why it is asked, and the day of a talk, are no part of the question."""
    assert read(asked).question == question


@pytest.mark.parametrize(
    "question",
    [
        "what does my advisor want for the paper",
        "For the run on 5 March, what was the learning rate?",
        "When I used noise, what was the best result?",
        "why did I need it for the thesis",
    ],
)
def test_what_the_question_turns_on_stays(read, question):
    """A clause that names settings or days is kept, and questions about notes keep every reason."""
    assert read(question).question == question


def test_whether_is_a_question_of_yes_or_no(read):
    """ "Whether I have tried" is "have I tried"."""
    assert asks_whether("whether I have already tried noise") == "have I already tried noise"
    assert asks_whether("if there were failed runs") == "were there failed runs"
    assert read("could you tell me whether I have already tried the GRU with noise?").kind == "tried"


def test_figures_and_settings_asked_for_at_once_are_all_read(read):
    """ "lr and epochs", "hm and unseen acc", "hm and lr": each is asked for."""
    both = read("lr + epochs of the run on 5 march")
    assert (both.kind, both.option, both.options, both.filters) == ("value", "lr_base", ("epochs_base",), ())
    figures = read("seen acc, unseen acc and harmonic mean of the run on 12 april")
    assert figures.kind == "value"
    assert {one.name for one in (figures.metric, *figures.metrics)} == {"seen", "unseen", "harmonic_mean"}
    mixed = read("hm and lr of the run on 5 march")
    assert (mixed.kind, mixed.metric.name, mixed.options) == ("value", "harmonic_mean", ("lr_base",))
    assert read("hm of the run with noise on 5 march").options == ()


def test_two_months_are_two_sides_and_a_stretch_is_one(read):
    """ "Compare February and March" has two sides; the runs between two days are one list."""
    sides = read("compare february and march")
    assert sides.kind == "compare"
    assert [(side.interval.start.month, side.interval.end.month) for side in sides.sides] == [(2, 2), (3, 3)]
    assert [side.words for side in read("last week vs week before").sides] == ["last week", "week before"]
    assert len(read("compare the runs between 3 march and 9 march").intervals) == 1


def test_the_run_beside_a_day_is_one_run(read):
    """ "The run after 5 March" is the first of those after it."""
    assert (read("the next run after 5 march").order, read("the next run after 5 march").limit) == ("first", 1)
    assert read("which run came right before march 15").order == "last"
    assert read("runs after 5 march").order == ""


@pytest.mark.parametrize(
    ("question", "kind", "states"),
    [
        ("cancelled", "tasks", "~"),
        ("still open", "tasks", " -"),
        ("what haven't I begun", "tasks", " "),
        ("status", "status", ""),
        ("gpu free?", "status", ""),
    ],
)
def test_a_state_alone_is_a_question(read, question, kind, states):
    """One word as it is typed in a search field."""
    plan = read(question)
    assert (plan.kind, plan.states) == (kind, states)


@pytest.mark.parametrize(
    "question", ["is noise better?", "learning rate big or small better", "what if i train longer"]
)
def test_effects_are_asked_for_in_other_words(read, question):
    """Better alone, big or small, what if."""
    assert read(question).kind == "effect"


def test_one_run_is_held_against_a_condition(read):
    """ "Did the best run use noise?" finds the best of all runs; "the best GRU run" is one of the GRU runs."""
    best = read("did the best run use noise?")
    assert (best.kind, best.order, best.filters) == ("best", "best", ())
    assert [one.words() for one in best.holds] == ["noise_prob on"]
    assert [one.words() for one in read("did the best GRU run use noise").filters] == ["sequential_layer = GRU"]
    last = read("was the last run with GRU?")
    assert (last.kind, last.order, last.filters) == ("runs", "last", ())
    assert read("was the last run with noise any good").holds == ()


def test_the_values_of_an_option_are_listed(read):
    """ "Which learning rates", "all values of noise_prob", "how many different epochs"."""
    for question in ("all values of noise_prob", "how many different noise_prob values did I try"):
        plan = read(question)
        assert (plan.kind, plan.option, plan.filters) == ("value", "noise_prob", ())
    assert read("what lr is best").option == "lr_base"
    assert read("noise prob of the worst run").option == "noise_prob"


def test_the_plain_setting_is_the_other_side_of_an_effect(read):
    """ "Did GRU beat the plain model" asks what the GRU changes."""
    plan = read("did gru beat the plain model")
    assert (plan.kind, plan.option) == ("effect", "sequential_layer")
    assert read("does the harmonic mean go up with noise").kind == "effect"


def test_a_bound_without_a_measure_is_one_on_the_harmonic_mean(read):
    """ "Is any run above 72" means the figure that runs are known by, and the answer names it."""
    assert [(b.metric.name, b.op, b.value) for b in read("is any run above 72").bounds] == [
        ("harmonic_mean", ">", 72.0)
    ]
    assert read("which runs had more than 60 epochs").bounds == ()


def test_twice_the_usual_value_is_a_value(read):
    """ "Double the lr" is the value that some run has; where none has it the words stay as they are."""
    assert [one.words() for one in read("hm of the run with double the lr").filters] == ["lr_base = 0.01"]
    assert [one.words() for one in read("hm of the run with double the epochs").filters] == ["epochs_base on"]


def test_states_and_counts_in_other_words(read):
    """Working on, dropped, the busiest month, words against the command, too high."""
    assert (read("what am I working on").kind, read("what am I working on").states) == ("tasks", "-")
    assert read("what have I dropped from the list").states == "~"
    assert read("in which month did I run most").kind == "count"
    assert read("do the words and the command of 2025/03/19 agree").kind == "check"
    assert read("can the numbers of 2025-03-07 be cited").kind == "check"
    assert read("was a learning rate of 0.01 too high").kind == "effect"
    assert read("which run had the GRU and noise").option == ""


def test_figures_of_several_runs_are_told_run_by_run(read):
    """ "Seen and unseen accuracy of the GRU runs" asks for figures, not for a list of runs."""
    plan = read("seen and unseen accuracy of the GRU runs")
    assert (plan.kind, len(plan.metrics)) == ("value", 1)
    assert read("runs with unseen accuracy below 55").kind == "runs"
    assert read("is noise helping?").kind == "effect"
