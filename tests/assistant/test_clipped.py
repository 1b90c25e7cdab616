"""Clipped and spoken names in questions, written out with the options of a small invented vault."""

from __future__ import annotations

import datetime

import pytest

from assistant.clipped import spelled_out
from assistant.plan import read_plan
from assistant.vocabulary import Filter, Vocabulary
from fskws.runs import Record


@pytest.fixture(scope="module")
def vocabulary():
    """Options with values, and the words of descriptions."""
    return Vocabulary(
        options={
            "sequential_layer": {"GRU": 4, "None": 5},
            "dropout": {"0.15": 2, "0.25": 1},
            "mixup_alpha": {"0.3": 2},
            "label_smoothing": {"0.07": 2},
            "num_features_pri": {"40": 3, "63": 2},
            "noise_prob": {"0.7": 3},
            "loss_lpc": {"3": 2},
            "aux_head_weight": {"0.4": 2},
            "proto_scale": {"5": 1, "9": 1},
            "batch_size_base": {"48": 2},
            "epochs_base": {"80": 4, "40": 3},
            "temperature": {"12": 2},
            "lr_base": {"0.004": 3},
        },
        notes=["Experiments"],
        chunks=40,
        term_counts=lambda words: {word: 3 for word in words if word in ("prototype", "paper", "noise")},
        similar_terms=lambda word: (),
        records=[Record(f"r{n}", "launched", "2025-03-01", "") for n in range(12)],
        run_words={"small": 2, "spoken": 2, "set": 2, "layer": 5, "sweep": 1, "gru": 4},
    )


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("harm. mean of the run", "harmonic mean of the run"),
        ("best harm mean", "best harmonic mean"),
        ("best h-mean?", "best harmonic mean?"),
        ("harmonic acc in May", "harmonic mean in May"),
        ("how much harmonic at the end", "how much harmonic mean at the end"),
        ("how many harmonic partials", "how many harmonic partials"),
        ("total accuracy", "overall accuracy"),
        ("acc of the novel classes after session 2", "unseen accuracy after session 2"),
        ("accuracy on new words", "unseen accuracy"),
        ("novel-class accuracy", "unseen accuracy"),
        ("accuracy on the words it has never seen", "unseen accuracy"),
        ("how good is it on words it has never seen", "how good is it on unseen words"),
        ("acc for base keywords", "seen accuracy"),
        ("accuracy on seen", "seen accuracy"),
        ("accuracy of the base session", "accuracy of the base session"),
        ("accuracy of new runs", "accuracy of new runs"),
    ],
)
def test_figures_said_in_other_words(vocabulary, said, name):
    """The whole phrase becomes the figure's name; what only looks like one stays."""
    assert spelled_out(said, vocabulary) == name


@pytest.mark.parametrize(
    ("said", "filters"),
    [
        ("results without seq layer", [Filter("sequential_layer", "off")]),
        ("results of no seq layer, drop out 0.25", [Filter("sequential_layer", "off"), Filter("dropout", "=", "0.25")]),
        ("result with mixup 0.3", [Filter("mixup_alpha", "=", "0.3")]),
        ("result with frames (num_features_pri) 63", [Filter("num_features_pri", "=", "63")]),
        ("result with num_features_pri (frames) 63", [Filter("num_features_pri", "=", "63")]),
        ("result with noise probability 0.7", [Filter("noise_prob", "=", "0.7")]),
        ("result with label smooth 0.07", [Filter("label_smoothing", "=", "0.07")]),
        ("result with head weight 0.4", [Filter("aux_head_weight", "=", "0.4")]),
        ("result with twice the epochs", [Filter("epochs_base", "=", "80")]),
        ("result with temp 12", [Filter("temperature", "=", "12")]),
        ("result with gru + drop out 0.15", [Filter("sequential_layer", "=", "GRU"), Filter("dropout", "=", "0.15")]),
    ],
)
def test_clipped_options_are_filters(vocabulary, said, filters):
    """A clipped name of an option filters as its full name, and leaves no word that runs must hold."""
    plan = read_plan(said, datetime.date(2025, 5, 2), vocabulary)
    assert list(plan.filters) == filters
    assert not plan.run_terms and not plan.unknown


def test_general_nouns_are_no_condition_and_words_of_the_data_are(vocabulary):
    """ "In the sweep" selects no run; "on the small set" does, where descriptions hold it."""
    day = datetime.date(2025, 5, 2)
    assert read_plan("best harmonic mean in the sweep for the paper", day, vocabulary).run_terms == ()
    assert read_plan("which learning rate worked best on the small set", day, vocabulary).run_terms == ("small",)


def test_a_clipped_option_is_asked_for_and_its_best_value_is_sought_among_runs_that_tell_it(vocabulary):
    """ "Which temp" wants the temperature; of an option that few runs tell, the others say nothing."""
    day = datetime.date(2025, 5, 2)
    assert read_plan("which temp did i use for gru", day, vocabulary).option == "temperature"
    plan = read_plan("which proto_scale was best in the sweep", day, vocabulary)
    assert (plan.kind, plan.option, plan.filters) == ("best", "proto_scale", (Filter("proto_scale", "on"),))
