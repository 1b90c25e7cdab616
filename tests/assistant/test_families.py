"""Runs that go together by their descriptions, and questions that name them so."""

from __future__ import annotations

import pytest

from assistant.families import learn_families
from assistant.vocabulary import DESCRIBED, Filter, Vocabulary, matches, read_filters
from fskws.runs import Record


def run(number: int, title: str, **config: str) -> Record:
    """A run that the notes tell of."""
    return Record(f"r{number}", "logged", "2025-05-01", title, config={"lr_base": "0.005", **config})


RUNS = (
    run(1, "Label smoothing, `smooth_eps` 0.05.", smooth_eps="0.05"),
    run(2, "Label smoothing, `smooth_eps` 0.25.", smooth_eps="0.25"),
    run(3, "Same setting as above, but `smooth_eps` 0.5.", smooth_eps="0.5"),
    run(4, "Classifier is frozen early, `freeze_epoch` 10.", freeze_epoch="10", epochs_base="60"),
    run(5, "Classifier is frozen early, `freeze_epoch` 35.", freeze_epoch="35", epochs_base="60"),
    run(6, "Plain base model, `lr_base` 0.001.", lr_base="0.001", project="base"),
    run(7, "Plain base model with `lr_base` 0.02, let's see.", lr_base="0.02", project="base"),
    run(8, "Same setting as above, but `lr_base` 0.01.", lr_base="0.01", project="base"),
    run(9, "Regularized base session, `loss_regularize` 0.1.", loss_regularize="0.1", project="base"),
    run(10, "Regularized base session, `loss_regularize` 1.", loss_regularize="1", project="base"),
    run(11, "Two GRU layers, `decay` 0.0005.", decay="0.0005"),
    run(12, "Two GRU layers, `decay` 0.001.", decay="0.001"),
)


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Of the runs above; each word counts once."""
    options: dict[str, dict[str, int]] = {}
    for record in RUNS:
        for name, value in record.config.items():
            options.setdefault(name, {})[value] = options.get(name, {}).get(value, 0) + 1
    return Vocabulary(options, (), 40, lambda words: {}, lambda word: (), RUNS)


def test_a_family_is_a_name_with_the_option_that_is_varied_under_it():
    """Runs told by "same setting, but" go with those whose command differs in that alone; layers are no name."""
    found = {family.name: family for family in learn_families(RUNS).listed}
    assert {name: family.option for name, family in found.items()} == {
        "Label smoothing": "smooth_eps",
        "Classifier is frozen early": "freeze_epoch",
        "Plain base model": "lr_base",
        "Regularized base session": "loss_regularize",
    }
    assert found["Label smoothing"].ids == {"r1", "r2", "r3"} and found["Label smoothing"].own
    # Every run has a learning rate: only the description says which are meant.
    assert found["Plain base model"].ids == {"r6", "r7", "r8"} and not found["Plain base model"].own
    assert found["Plain base model"].values == {0.001, 0.02, 0.01}


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("accuracy of the run with label smoothing of 0.25", [Filter("smooth_eps", "=", "0.25")]),
        ("how many label smoothing runs did I start?", [Filter("smooth_eps", "on")]),
        ("best result without label smoothing", [Filter("smooth_eps", "off")]),
        ("the classifier frozen at epoch 10: final accuracy", [Filter("freeze_epoch", "=", "10")]),
        ("the last freezing run with 35", [Filter("freeze_epoch", "=", "35")]),
        ("the early frozen classifier with freeze_epoch 35", [Filter("freeze_epoch", "=", "35")]),
        (
            "the plain base model with lr_base 0.02, which accuracy?",
            [Filter(DESCRIBED, "=", "Plain base model"), Filter("lr_base", "=", "0.02")],
        ),
        ("the plain base model: how many runs in total?", [Filter(DESCRIBED, "=", "Plain base model")]),
        ("best base session accuracy of all runs", []),
        ("accuracy of label smoothing 0.7", [Filter("smooth_eps", "=", "0.7")]),  # No run has it: none is found.
    ],
)
def test_questions_name_families(vocabulary, text, filters):
    """By a part of the name, with the value that stands beside it; what every run does names none."""
    assert list(read_filters(text, vocabulary).filters) == filters


def test_a_question_for_thoughts_names_no_family(vocabulary):
    """ "Why does label smoothing hurt": the notes are asked."""
    assert read_filters("why does label smoothing hurt the new keywords?", vocabulary).filters == ()


def test_a_described_run_fulfils_its_condition(vocabulary):
    """The run that differs from one of the family in the option alone counts as well."""
    plain = Filter(DESCRIBED, "=", "Plain base model")
    assert [record.id for record in RUNS if matches(record, plain, vocabulary)] == ["r6", "r7", "r8"]
    assert plain.words() == 'the description "Plain base model"'
