"""What one sentence of the notes says, and what it does not: the moves that keep its meaning and those that do not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.extract import active, lines_of, not_said, words_of
from assistant.gate import Gate
from assistant.prompts import Passage

NOTES = """The gain control broke the far microphone because its window was too short.
A window of 30 frames was better than 10 frames on the kitchen clips.
The limiter is not needed, and it costs 12 ms.
Sven tuned the limiter, Ida wrote the mixer.
Maybe the fan noise comes from the dock.
The mixer will be replaced in July.
Clipping was removed in two of three rooms.
I think the reverb hurts the children more.
Do not raise the gain above 6, the limiter clips.
Try the wide window on the phone.
The mixer was moved behind the limiter on 2029/04/02.
Is the dock too loud?
The base got 91.2 without the limiter.
Wrong, that was the training set.
Not measured yet: the delay of the mixer.
The gate closes too early, so the last consonant is lost."""

HELD = (
    "The gain control broke the far microphone because its window was too short.",
    "The gain control broke the far microphone.",
    "Because its window was too short, the gain control broke the far microphone.",
    "The far microphone was broken by the gain control because its window was too short.",
    "The far microphone was broken by the gain control.",
    "On the kitchen clips a window of 30 frames was better than 10 frames.",
    "The limiter is not needed.",
    "The limiter costs 12 ms.",
    "The limiter costs twelve milliseconds.",
    "Sven tuned the limiter.",
    "The limiter was tuned by Sven.",
    "Maybe the fan noise comes from the dock.",
    "The fan noise may come from the dock.",
    "In July the mixer will be replaced.",
    "Clipping was removed in 2 of 3 rooms.",
    "In two of three rooms clipping was removed.",
    "The gain should not be raised above 6.",
    "The limiter clips.",
    "The mixer was moved behind the limiter.",
    "On 2 April 2029 the mixer was moved behind the limiter.",
    "The delay of the mixer was not measured yet.",
    "The last consonant is lost because the gate closes too early.",
    "The gate closes too early.",
    "Sven tuned the limiter, and Ida wrote the mixer.",
)
NOT_HELD = (
    "The far microphone broke the gain control because its window was too short.",  # who did it
    "The gain control was broken by the far microphone.",
    "Ida tuned the limiter.",
    "Sven wrote the mixer.",
    "A window of 10 frames was better than 30 frames on the kitchen clips.",  # which is better
    "A window of 30 frames was better than 10 frames.",  # only on the kitchen clips
    "A window of 30 frames was better.",
    "The limiter is needed.",  # denial
    "The gain control did not break the far microphone.",
    "The fan noise comes from the dock.",  # how sure
    "The reverb hurts the children more.",
    "The mixer was replaced in July.",  # planned
    "The mixer is replaced in July.",
    "The wide window was tried on the phone.",
    "The gain was raised above 6.",
    "Clipping was removed in all rooms.",  # how much
    "Clipping was removed in three rooms.",
    "Clipping was removed.",
    "The mixer was moved before the limiter.",  # order
    "The limiter was moved behind the mixer.",
    "The dock is too loud.",  # asked only
    "The base got 91.2 without the limiter.",  # taken back in the next sentence
    "The delay of the mixer was measured.",
    "The gate closes too early because the last consonant is lost.",  # cause
    "The gain control broke the far microphone because the gate closes too early.",
    "The limiter broke the far microphone.",  # another thing
    "The far microphone costs 12 ms.",
    "The gain control always broke the far microphone.",
    "Only the gain control broke the far microphone.",
)


@pytest.mark.parametrize("sentence", HELD)
def test_what_a_sentence_says_in_other_order_is_held(sentence):
    """A part that stands by itself, a phrase moved, passive for active, a figure or a day written another way."""
    assert not_said(sentence, lines_of(0, NOTES), [])[0] == ""


@pytest.mark.parametrize("sentence", NOT_HELD)
def test_nothing_is_added_and_nothing_that_limits_is_left_out(sentence):
    """Subject, comparison, denial, certainty, plan, extent, time and cause stay as they are in the notes."""
    assert not_said(sentence, lines_of(0, NOTES), [])[0] == "no sentence of the evidence says it so"
    assert not Gate([Passage(NOTES, "Audio#2029-04-03", "Audio", "2029-04-03")]).check(sentence).passed


def test_the_day_of_a_section_is_told_only_of_what_has_no_day():
    """A sentence may be told with its section's day, and with no other, unless it names its own."""
    gate = Gate([Passage(NOTES, "Audio#2029-04-03", "Audio", "2029-04-03")])
    assert gate.check("On 2029-04-03 Sven tuned the limiter.").reason == ""
    assert not gate.check("On 2029-04-02 Sven tuned the limiter.").passed
    assert not gate.check("On 2029-04-03 the mixer was moved behind the limiter.").passed


def test_the_sentences_written_by_hand():
    """Of 510 wrong ones one passes, true of its notes but no answer; of those near the notes' words most do."""
    cases = json.loads((Path(__file__).parents[2] / "benchmarks" / "gate_sentences.json").read_text("utf-8"))
    wrong, near, count = [], 0, 0
    for case in cases:
        gate = Gate([Passage(**passage) for passage in case["passages"]], question=case["question"])
        wrong += [sentence for _, sentence in case["wrong"] if gate.check(sentence).passed]
        near += sum(gate.check(sentence).passed for sentence in case["near"])
        count += len(case["wrong"])
    assert wrong == ["The audiologist prefers fewer false alarms to a shorter delay."]
    assert count == 510
    assert near >= 130  # of 150


def test_a_line_that_never_ends_is_read_in_bounds():
    """Neither a sentence of a hundred clauses nor a dump keeps the reader waiting."""
    clause = "the filter was moved by Hana in the room because the fan was too loud for the microphone"
    (line,) = lines_of(0, f"{', and '.join([clause] * 8)}.")
    assert 0 < len(line.readings()) <= 13 * 600
    (dump,) = lines_of(0, f"{', and '.join([clause] * 90)}.")
    assert dump.readings() == []
    assert not_said(f"The {clause[4:]}.", [line, dump], [])[0] == ""


def test_a_passive_sentence_is_read_as_the_active_one():
    """With its doer in front, helpers kept, the rest behind."""
    forms = [" ".join(word.raw for word in form) for form in active(words_of("The gain should not be raised by Ida"))]
    assert forms == ["should not raised the gain by ida", "ida should not raised the gain"]


THINGS = ("gain", "mixer", "limiter", "window", "dock", "reverb", "clip", "room", "phone", "frame", "noise")
WORD = st.sampled_from(THINGS)
OWN = ("always", "never", "only", "not", "probably", "all", "better", "worse", "every", "unless", "almost", "no")


@settings(max_examples=150, deadline=None)
@given(st.lists(WORD, min_size=3, max_size=3, unique=True), st.permutations(range(3)))
def test_no_exchange_of_the_things_told_of_ever_passes(things, order):
    """Whatever three things a sentence tells of: in another order it is another sentence."""
    form = "The {} beats the {} when the {} is off."
    sentence = form.format(*(things[i] for i in order))
    held = not_said(sentence, lines_of(0, form.format(*things)), [])[0] == ""
    assert held == (tuple(order) == (0, 1, 2))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([s for s in HELD if "," not in s]), st.sampled_from(OWN), st.integers(0, 30))
def test_no_word_of_a_models_own_is_taken_in(sentence, own, at):
    """A word that the notes do not have at this place is refused wherever it is put in."""
    words = sentence.split()
    if own not in re.findall(r"\w+", sentence):
        changed = " ".join([*words[: at % len(words)], own, *words[at % len(words) :]])
        assert not_said(changed, lines_of(0, NOTES), [])[0] == "no sentence of the evidence says it so"
