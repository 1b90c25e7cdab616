"""Questions read into plans, with the vocabulary of a small invented vault."""

from __future__ import annotations

import datetime
import json

import pytest

from assistant.plan import embedding_opinion, read_plan
from assistant.vocabulary import Filter, Vocabulary, matches, option_parts, read_filters, setting
from fskws.runs import Record

TODAY = datetime.date(2025, 4, 16)

WORDS = frozenset(
    [
        "gru",
        "transformer",
        "noise",
        "cka",
        "prototypes",
        "prototype",
        "calibration",
        "gram",
        "matrix",
        "nan",
        "logits",
        "residual",
        "embedding",
        "lpc",
        "loss_lpc",
        "formant",
        "noise_prob",
        "lr_base",
        "epochs",
        "keywords",
        "spectrogram",
        "voiced",
        "vowel",
        "base",
        "trans",
        "comp",
        "cosine",
        "attention",
        "support",
        "images",
    ]
)


@pytest.fixture(scope="module")
def vocabulary():
    """Options, values and words of a small vault."""
    return Vocabulary(
        options={
            "project": {"trans": 9, "base": 3, "comp": 2},
            "lr_base": {"0.005": 12, "0.01": 2},
            "decay": {"0.0005": 14},
            "epochs_base": {"100": 12, "30": 2},
            "batch_size_base": {"128": 14},
            "noise_prob": {"0.8": 8, "0.0": 6},
            "sequential_layer": {"GRU": 5, "Transformer": 6, "None": 3},
            "loss_lpc": {"1": 2, "0.5": 3},
            "loss_lpc_shuffled": {"1": 1},
            "loss_a_freq_cls": {"0.1": 2},
            "loss_res_cls": {"0.1": 2},
            "matrix_loss_metric": {"cka": 1, "attention": 2},
            "temperature": {"16": 14},
            "gpu": {"0": 14},
        },
        notes=("Scratch", "Server", "Experiments", "April", "formant_residual", "nan_logits"),
        chunks=200,
        term_counts=lambda forms: {form: 5 for form in forms if form in WORDS},
        similar_terms=lambda word: tuple(w for w in WORDS if len(w) > 4 and sorted(w) == sorted(word)),
        metrics=("accuracy", "harmonic_mean", "train_loss"),
    )


# fmt: off
KINDS = [
    ("what did I run last week on the GPU?", "runs"),
    ("which experiments did I run in April?", "runs"),
    ("list the runs with noise_prob 0.8", "runs"),
    ("what was running on the server yesterday", "runs"),
    ("did I run anything on April 3?", "runs"),
    ("which runs failed last week?", "runs"),
    ("runs with harmonic mean above 70", "runs"),
    ("when did I first run the Transformer?", "runs"),
    ("when did I last use loss_lpc 1?", "runs"),
    ("show me the last 3 runs", "runs"),
    ("how did the run on 2025-04-08 go?", "runs"),
    ("what was the result of loss_lpc 1?", "runs"),
    ("what jobs were stopped in March", "runs"),
    ("what was my best harmonic mean?", "best"),
    ("which run had the highest unseen accuracy?", "best"),
    ("worst run with noise", "best"),
    ("what is the best result so far", "best"),
    ("which noise_prob gives the best result?", "best"),
    ("how many runs did I do last week?", "count"),
    ("how often did I train the GRU?", "count"),
    ("what was the harmonic mean of the GRU run with noise?", "value"),
    ("what accuracy did I get with loss_lpc 1?", "value"),
    ("what learning rate did I use last week?", "value"),
    ("how many epochs did I use for the GRU runs?", "value"),
    ("nr of gru runs", "count"),
    ("no. of gru runs", "count"),
    ("is the label of the spectrogram images ready?", "tasks"),
    ("max unseen acc", "best"),
    ("hm - my record so far", "best"),
    ("poorest acc, which run was it", "best"),
    ("attention or cka, who has the higher hm", "compare"),
    ("is 100 epochs worth it compared to 30", "compare"),
    ("what's loss_lpc good for in numbers", "effect"),
    ("which matrix metric had the run from april 2", "value"),
    ("finished already: label the spectrogram images?", "tasks"),
    ("label the spectrogram images - done?", "tasks"),
    ("label the spectrogram images done yet?", "tasks"),
    ("in the middle of which tasks am i", "tasks"),
    ("compare GRU with Transformer", "compare"),
    ("is GRU better than the Transformer?", "compare"),
    ("loss_lpc 0.5 vs loss_lpc 1", "compare"),
    ("difference between the base and the trans project", "compare"),
    ("compare last week with the week before last", "compare"),
    ("does noise_prob help?", "effect"),
    ("what is the effect of lpc_loss?", "effect"),
    ("did the noise improve the GRU?", "effect"),
    ("what happens to the accuracy when lr_base is 0.01?", "effect"),
    ("have I ever tried 300 epochs?", "tried"),
    ("did I already try CKA?", "tried"),
    ("what is running now?", "status"),
    ("is the gpu free?", "status"),
    ("what is the server doing right now?", "status"),
    ("open tasks", "tasks"),
    ("what is left on my to-do list?", "tasks"),
    ("what did I finish last week?", "tasks"),
    ("which tasks are deferred?", "tasks"),
    ("what was I supposed to do last week?", "tasks"),
    ("did I finish reading about prototype calibration?", "tasks"),
    ("what should I run next?", "next"),
    ("suggest an experiment", "next"),
    ("which results are wrong?", "check"),
    ("are there any contradictions in my notes?", "check"),
    ("which results should not be trusted?", "check"),
    ("what did I do yesterday?", "day"),
    ("what happened in the last two weeks?", "day"),
    ("what did I write on 2025-04-09?", "day"),
    ("how did I fix the NaN?", "prose"),
    ("why does CKA not work for keywords?", "prose"),
    ("what was the idea about prototypes?", "prose"),
    ("what did I think about the gram matrix in March?", "prose"),
    ("what caused the nan in the logits?", "prose"),
    ("why did I run the GRU again?", "prose"),
    ("where did I write about the spectrogram?", "prose"),
    ("two weeks ago, what did i train", "runs"),
    ("yesterday: what ran", "runs"),
    ("in april, which experiments failed", "runs"),
    ("first time with noise?", "runs"),
    ("last time with the GRU", "runs"),
    ("since when do i use loss_lpc", "runs"),
    ("when did i start using noise", "runs"),
    ("weight decay of the run on april 3?", "value"),
    ("temperature on 2025-04-08", "value"),
    ("lr of yesterdays run", "value"),
    ("which project on april 8", "value"),
    ("batch size of the last run", "value"),
    ("runs with noise on april 3", "runs"),
    ("difference between 3 april and 2025-04-08", "compare"),
    ("april 3 or april 8, which was better?", "compare"),
    ("3 april against 8 april", "compare"),
    ("runs between 3 april and 8 april", "runs"),
    ("does the lpc loss bring anything", "effect"),
    ("is the noise worth it", "effect"),
    ("any gain from loss_lpc?", "effect"),
    ("what does a bigger decay do", "effect"),
    ("noise or not?", "effect"),
    ("what results can i not trust and why", "check"),
    ("is the result of april 3 ok", "check"),
    ("can i use the result of april 3?", "check"),
    ("did i copy a result?", "check"),
    ("which results are unreliable?", "check"),
    ("is 'clean up the noise code' done", "tasks"),
    ("hello", "prose"),
    ("???", "unknown"),
]
# fmt: on


@pytest.mark.parametrize(("question", "kind"), KINDS, ids=[question for question, _ in KINDS])
def test_a_question_is_read_as_what_it_asks(vocabulary, question, kind):
    """The kind of answer follows from the words."""
    assert read_plan(question, TODAY, vocabulary).kind == kind


FILTERS = [
    ("noise_prob 0.8", [Filter("noise_prob", "=", "0.8")]),
    ("`noise_prob` = 0.8", [Filter("noise_prob", "=", "0.8")]),
    ("with noise", [Filter("noise_prob", "on")]),
    ("without noise", [Filter("noise_prob", "off")]),
    ("without any noise", [Filter("noise_prob", "off")]),
    ("lpc_loss 1", [Filter("loss_lpc", "=", "1")]),
    ("loss_lpc_shuffled", [Filter("loss_lpc_shuffled", "on")]),
    ("the formant_cls loss", [Filter("loss_a_freq_cls", "on")]),
    ("residual classification loss 0.1", [Filter("loss_res_cls", "=", "0.1")]),
    ("learning rate of 0.01", [Filter("lr_base", "=", "0.01")]),
    ("100 epochs", [Filter("epochs_base", "=", "100")]),
    ("more than 50 epochs", [Filter("epochs_base", "=", "50")]),
    ("epochs_base above 50", [Filter("epochs_base", ">", "50")]),
    ("lr_base at least 0.005", [Filter("lr_base", ">=", "0.005")]),
    ("batch size 128", [Filter("batch_size_base", "=", "128")]),
    ("matrix metric attention", [Filter("matrix_loss_metric", "=", "attention")]),
    ("attention or cka", [Filter("matrix_loss_metric", "=", "attention"), Filter("matrix_loss_metric", "=", "cka")]),
    ("attention", []),
    ("how many runs used attention", [Filter("matrix_loss_metric", "=", "attention")]),
    ("two GRU layers", [Filter("sequential_layer", "=", "GRU")]),
    ("without the Transformer layer", [Filter("sequential_layer", "!=", "Transformer")]),
    ("Transfomer runs", [Filter("sequential_layer", "=", "Transformer")]),
    ("the comp model", [Filter("project", "=", "comp")]),
    ("noise_porb 0.8", [Filter("noise_prob", "=", "0.8")]),
    ("loss_lpc 0.5 or 1", [Filter("loss_lpc", "=", "0.5"), Filter("loss_lpc", "=", "1")]),
    ("GRU with noise_prob 0.8", [Filter("sequential_layer", "=", "GRU"), Filter("noise_prob", "=", "0.8")]),
    ("on the GPU", []),
    ("the base session", []),
    ("a transition", []),
]


@pytest.mark.parametrize(("text", "filters"), FILTERS, ids=[text for text, _ in FILTERS])
def test_conditions_are_read_in_the_words_people_use(vocabulary, text, filters):
    """Options in any order of their parts, values that name their option, negation, comparison, slips."""
    found = read_filters(text, vocabulary).filters
    if text == "more than 50 epochs":
        assert found[0].option == "epochs_base"
    else:
        assert list(found) == filters


def test_formant_and_residual_are_told_by_their_short_names():
    """`a_freq` is formant, `res` is residual, whatever the order."""
    assert option_parts("loss_a_freq_cls") == option_parts("cls_loss_formant")
    assert option_parts("loss_res_cls") == frozenset(("loss", "residual", "cls"))


def run(**config):
    """A logged record with these settings."""
    return Record("n20250401-aaaaaa", "logged", "2025-04-01", "a run", config=config)


def test_numbers_match_however_they_are_written(vocabulary):
    """0.80 is 0.8, 5e-3 is 0.005; a quoted name is the name."""
    assert matches(run(noise_prob="0.80"), Filter("noise_prob", "=", "0.8"))
    assert matches(run(lr_base="5e-3"), Filter("lr_base", "=", "0.005"))
    assert matches(run(sequential_layer='"GRU"'), Filter("sequential_layer", "=", "gru"))
    assert not matches(run(noise_prob="0.0"), Filter("noise_prob", "on"))
    assert matches(run(), Filter("noise_prob", "off"))
    assert matches(run(epochs_base="100"), Filter("epochs_base", ">", "30"))


def test_settings_missing_from_the_command_are_read_from_the_words(vocabulary):
    """A record without a command is told by its description."""
    record = Record("n20250401-bbbbbb", "logged", "2025-04-01", "Two GRU layers, `noise_prob` 0.8.")
    assert setting(record, "noise_prob", vocabulary) == "0.8"
    assert setting(record, "sequential_layer", vocabulary) == "GRU"
    assert setting(record, "lr_base", vocabulary) is None


def test_metric_and_session_are_read(vocabulary):
    """Harmonic mean after the first session; base accuracy; a logged metric."""
    plan = read_plan("harmonic mean after the first session of the GRU run", TODAY, vocabulary)
    assert (plan.metric.name, plan.metric.session, plan.metric.words()) == (
        "harmonic_mean",
        0,
        "harmonic mean after the 1st session",
    )
    assert read_plan("best base accuracy", TODAY, vocabulary).metric.session == 0
    assert read_plan("accuracy after session 3 of the GRU run", TODAY, vocabulary).metric.session == 3
    assert read_plan("lowest train loss", TODAY, vocabulary).metric.name == "train_loss"


def test_words_that_no_note_holds_are_known_as_such(vocabulary):
    """Everyday words are no names; a slip of a known word is not unknown."""
    assert read_plan("why did I give up on dropout?", TODAY, vocabulary).unknown == ("dropout",)
    assert read_plan("what did I conclude about CKA?", TODAY, vocabulary).unknown == ()
    assert read_plan("what about the sepctrogram?", TODAY, vocabulary).unknown == ()


def test_the_option_that_is_asked_for_is_no_condition(vocabulary):
    """ "Which noise_prob" asks for its values, "with noise" selects."""
    plan = read_plan("which noise_prob gave the best unseen accuracy?", TODAY, vocabulary)
    assert (plan.option, plan.filters) == ("noise_prob", ())


def test_a_plan_is_plain_json(vocabulary):
    """The JSON shows kind, days, conditions and what else would be tried."""
    told = json.loads(json.dumps(read_plan("GRU runs with noise_prob 0.8 last week", TODAY, vocabulary).to_json()))
    assert told["kind"] == "runs"
    assert told["filters"] == {"sequential_layer": "GRU", "noise_prob": "0.8"}
    assert told["interval"]["start"] == "2025-04-07"
    assert "alternatives" not in told
    assert read_plan("does the lpc_loss help?", TODAY, vocabulary).to_json()["alternatives"] == ["prose", "runs"]


def test_embeddings_are_asked_only_where_the_words_leave_it_open(vocabulary):
    """A second opinion adds an alternative to an open question and nothing to a plain one."""
    asked = []

    def opinion(question):
        asked.append(question)
        return "tasks", 0.9

    assert read_plan("what did I run last week?", TODAY, vocabulary, opinion=opinion).alternatives == ()
    assert asked == []
    found = read_plan("the top of the first thing", TODAY, vocabulary, opinion=opinion)
    assert (found.alternatives, found.to_json()["opinion"]) == (("tasks",), "tasks (0.90)")
    assert read_plan("the first thing", TODAY, vocabulary, opinion=lambda q: ("tasks", 0.3)).alternatives == ()


def test_an_opinion_lists_no_runs_that_nobody_asked_for(vocabulary):
    """Where nothing narrows the runs, or a word is unknown to the notes, the open question stays open."""
    for kind in ("runs", "best", "effect", "compare"):
        assert read_plan("the first thing", TODAY, vocabulary, opinion=lambda q, kind=kind: (kind, 0.9)).opinion == ""
    unknown = read_plan("the xylophonist of Osaka", TODAY, vocabulary, opinion=lambda q: ("tasks", 0.9))
    assert unknown.unknown and unknown.alternatives == ()


def test_the_opinion_is_the_kind_of_the_nearest_typical_question():
    """Vectors are compared by their cosine."""

    def encode(texts):
        return [[1.0, 0.0] if "server" in text else [0.0, 1.0] for text in texts]

    assert embedding_opinion(encode)("server?") == ("status", 1.0)


def test_note_names_in_a_question_are_seen(vocabulary):
    """A topic note by its name, a hub note when it is called a note."""
    assert read_plan("what does formant_residual say?", TODAY, vocabulary).notes == ("formant_residual",)
    assert read_plan("what did I write in the Scratch note about CKA?", TODAY, vocabulary).notes == ("Scratch",)
    assert read_plan("what did the server do last week?", TODAY, vocabulary).notes == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Smaller learning rate, 80 epochs", {"lr_base on", "epochs_base = 80"}),
        ("80 epochs, smaller learning rate.", {"lr_base on", "epochs_base = 80"}),
        ("smaller learning rate 80 epochs", {"lr_base on", "epochs_base = 80"}),
        ("larger temperature. 40 epochs", {"temperature on", "epochs_base = 40"}),
        ("100 epochs 0.8 noise", {"epochs_base = 100", "noise_prob = 0.8"}),
        ("100 epochs, 0.8 noise_prob", {"epochs_base = 100", "noise_prob = 0.8"}),
        ("epochs 80", {"epochs_base = 80"}),
        ("`lr_base` 0.01 80 epochs", {"lr_base = 0.01", "epochs_base = 80"}),
        ("lr 0.01; batch size 64", {"lr_base = 0.01", "batch_size_base = 64"}),
    ],
)
def test_a_number_belongs_to_the_option_beside_it(vocabulary, text, expected):
    """A comma parts clauses, and "80 epochs" gives the option named before it no value."""
    assert {one.words() for one in read_filters(text, vocabulary).filters} == expected


def test_words_of_politeness_ask_nothing(vocabulary):
    """ "Pls", "hey" and "thx" change nothing in what is read; a word of the chat alone stays a question."""
    plain = read_plan("which experiments did I run in April?", TODAY, vocabulary)
    for question in (
        "hey, which experiments did I run in April pls",
        "pls which experiments did I run in April?? thx!",
        "can you tell me quickly which experiments did I run in April?",
    ):
        plan = read_plan(question, TODAY, vocabulary)
        assert (plan.kind, plan.intervals[0].start, plan.terms, plan.unknown) == (
            plain.kind,
            plain.intervals[0].start,
            plain.terms,
            (),
        )


def test_an_option_that_is_asked_for_is_no_condition(vocabulary):
    """ "Temperature on 3 April" wants its value; the runs are not narrowed to those that have it."""
    plan = read_plan("weight decay of the run on april 3?", TODAY, vocabulary)
    assert (plan.option, plan.filters) == ("decay", ())
    plan = read_plan("temperature of the last run with noise", TODAY, vocabulary)
    assert (plan.option, plan.filters, plan.order) == ("temperature", (Filter("noise_prob", "on"),), "last")


def test_two_days_in_a_comparison_are_two_sides(vocabulary):
    """ "Difference between" two days holds one against the other; runs between them are those of the whole stretch."""
    sides = read_plan("difference between 3 april and 2025-04-08", TODAY, vocabulary).sides
    assert [side.interval.start.day for side in sides] == [3, 8]
    assert len(read_plan("runs between 3 april and 8 april", TODAY, vocabulary).intervals) == 1
    assert len(read_plan("everything I launched between 3 april and 8 april", TODAY, vocabulary).intervals) == 1


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("what top-5 accuracy did the GRU reach", ("top-5",)),
        ("best balanced accuracy so far?", ("balanced",)),
        ("best accuracy so far?", ()),
        ("top 5 runs by accuracy", ()),
    ],
)
def test_an_accuracy_of_another_kind_is_not_the_plain_one(vocabulary, question, unknown):
    """What nobody logged stays unknown, so that no near figure stands for it."""
    assert read_plan(question, TODAY, vocabulary).unknown == unknown


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("seen accuracy decays in the sessions although nothing is trained, what was it", "prose"),
        ("what was the mistake in the harmonic mean of the vowel part?", "prose"),
        ("did the voiced spectrogram keep the accuracy?", "prose"),
        ("which keyword got worse with the noise?", "prose"),
        ("a high noise hurts what?", "prose"),
        ("what did I plan to try next with the noise?", "prose"),
        ("best accuracy in april, what was it?", "best"),
        ("does noise help the accuracy?", "effect"),
        ("did the run of april 3 keep the accuracy?", "value"),
        ("noise_prob 0.8 - how did that end?", "runs"),
        ("why did I take back the number with noise_prob 0.8?", "check"),
    ],
)
def test_a_story_told_with_a_figure_word_is_no_question_for_figures(vocabulary, question, kind):
    """Its cause and its outcome stand in the notes; what names a run, a day or a rank stays one of runs."""
    assert read_plan(question, TODAY, vocabulary).kind == kind
