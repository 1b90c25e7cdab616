"""Follow-up questions change one part of the plan before; a conversation is plain JSON."""

from __future__ import annotations

import datetime
import json

import pytest

from assistant.conversation import Conversation, Turn, is_follow_up
from assistant.vocabulary import Filter, Vocabulary

TODAY = datetime.date(2025, 4, 16)


@pytest.fixture
def vocabulary():
    """Options and words of a small vault."""
    words = {"gru", "transformer", "noise", "cka", "prototypes", "gram", "nan", "images"}
    return Vocabulary(
        options={
            "noise_prob": {"0.8": 4, "0.0": 2},
            "sequential_layer": {"GRU": 3, "Transformer": 3},
            "loss_lpc": {"0.5": 1, "1": 1},
        },
        notes=("Scratch", "Server"),
        chunks=50,
        term_counts=lambda forms: {form: 3 for form in forms if form in words},
        similar_terms=lambda word: (),
    )


@pytest.fixture
def talk(vocabulary):
    """Asks questions one after another and gives the plan of the last."""

    def asked(*questions, today=TODAY):
        conversation = Conversation()
        for question in questions[:-1]:
            conversation = conversation.asked(question, today)
        return conversation.plan(questions[-1], today, vocabulary)

    return asked


def test_the_week_before_moves_the_days_and_keeps_the_question(talk):
    """Twice "the week before" goes back two weeks."""
    plan = talk("what did I run last week on the GPU?", "and the week before?")
    assert plan.kind == "runs"
    assert (plan.interval.start, plan.interval.end) == (datetime.date(2025, 3, 31), datetime.date(2025, 4, 6))
    plan = talk("what did I run last week with noise?", "and the week before?", "and the week before?")
    assert plan.interval.start == datetime.date(2025, 3, 24)
    assert plan.filters == (Filter("noise_prob", "on"),)


def test_which_of_those_narrows(talk):
    """The days stay, the condition is added."""
    plan = talk("what did I run last week?", "which of those used noise?")
    assert plan.kind == "runs"
    assert plan.filters == (Filter("noise_prob", "on"),)
    assert plan.interval.start == datetime.date(2025, 4, 7)
    best = talk("what did I run last week with GRU?", "which of those was the best?")
    assert (best.kind, best.order) == ("best", "best")
    assert best.filters == (Filter("sequential_layer", "=", "GRU"),)


def test_what_about_replaces_the_setting(talk):
    """GRU becomes Transformer, noise stays."""
    plan = talk("what was the best harmonic mean with GRU and noise?", "what about the Transformer?")
    assert plan.kind == "best"
    assert set(plan.filters) == {Filter("noise_prob", "on"), Filter("sequential_layer", "=", "Transformer")}


def test_another_metric_or_order_takes_the_place_of_the_old(talk):
    """The accuracy instead of the harmonic mean; the worst instead of the best."""
    assert talk("what was my best harmonic mean?", "and the unseen accuracy?").metric.name == "unseen"
    assert talk("what was my best harmonic mean?", "and the worst?").order == "worst"


def test_why_asks_the_notes_about_the_same_thing(talk):
    """After a statement on CKA, "why?" looks for reasons about CKA."""
    plan = talk("does CKA fit images?", "why?")
    assert (plan.kind, plan.aspect) == ("prose", "why")
    assert plan.terms == ("cka", "fit", "images")


def test_a_question_that_stands_alone_forgets_the_ones_before(talk):
    """Nothing is carried over without a word that refers back."""
    plan = talk("what did I run last week with noise?", "what should I run next?")
    assert plan.kind == "next"
    plan = talk("what did I run last week with noise?", "list all GRU runs")
    assert plan.filters == (Filter("sequential_layer", "=", "GRU"),)
    assert plan.interval is None


def test_prose_follow_ups_change_the_subject(talk):
    """What about prototypes: the same kind of question with other words."""
    plan = talk("what did I think about CKA?", "and about prototypes?")
    assert plan.kind == "prose"
    assert plan.terms == ("prototypes",)


@pytest.mark.parametrize("question", ["and the week before?", "why?", "which of them failed?", "what about GRU?"])
def test_words_that_refer_back_are_seen(question):
    """These lean on the question before."""
    assert is_follow_up(question)


@pytest.mark.parametrize("question", ["why did I stop the run?", "what did I run last week?", "open tasks"])
def test_whole_questions_stand_alone(question):
    """These do not."""
    assert not is_follow_up(question)


def test_a_conversation_survives_a_restart(vocabulary):
    """JSON there and back gives the same plan; a broken turn is left out."""
    conversation = Conversation().asked("what did I run last week?", TODAY)
    told = json.loads(json.dumps(conversation.to_json()))
    told["turns"].insert(0, {"question": "x"})
    again = Conversation.from_json(told)
    assert again == conversation
    later = datetime.date(2025, 4, 30)
    plan = again.plan("and the week before?", later, vocabulary)
    assert plan.interval.start == datetime.date(2025, 3, 31)  # The first question keeps its own day.


def test_only_so_many_turns_are_kept():
    """Old questions are forgotten."""
    conversation = Conversation()
    for number in range(60):
        conversation = conversation.asked(f"question {number}", TODAY)
    assert len(conversation.turns) == 50
    assert conversation.turns[-1] == Turn("question 59", TODAY)


def test_pieces_of_a_question_change_the_one_before(talk):
    """ "With GRU?", "without noise?" and "in March?" need no "and" before them."""
    plan = talk("best harmonic mean?", "with GRU?", "without noise?", "in March?")
    assert plan.kind == "best"
    assert plan.filters == (Filter("sequential_layer", "=", "GRU"), Filter("noise_prob", "off"))
    assert plan.interval.start == datetime.date(2025, 3, 1)


def test_pronouns_stand_for_the_runs_before(talk):
    """ "How many are there?", "what learning rate did they use?", "which was the worst?" speak of the same runs."""
    week = ("what did I run last week with GRU?",)
    count = talk(*week, "how many are there?")
    assert (count.kind, count.filters) == ("count", (Filter("sequential_layer", "=", "GRU"),))
    value = talk(*week, "which noise_prob did they use?")
    assert (value.kind, value.option) == ("value", "noise_prob")
    assert Filter("sequential_layer", "=", "GRU") in value.filters
    assert value.interval == count.interval
    worst = talk(*week, "which was the worst?")
    assert (worst.kind, worst.order) == ("best", "worst")


def test_the_next_day_and_since_then_count_from_the_days_before(talk):
    """Both need the days that were spoken of."""
    plan = talk("what did I run on 2025-04-09?", "the next day?")
    assert (plan.interval.start, plan.interval.end) == (datetime.date(2025, 4, 10), datetime.date(2025, 4, 10))
    plan = talk("what did I run on 2025-04-09?", "what did I run since then?")
    assert (plan.interval.start, plan.interval.end) == (datetime.date(2025, 4, 9), None)


def test_it_may_be_the_subject_of_a_question_of_its_own(talk):
    """A question that names its own subject forgets the one before, whatever its "it"."""
    plan = talk("best harmonic mean last week?", "does it help to use noise?")
    assert plan.kind == "effect"
    assert not plan.intervals
