"""How likely a section answers a question of words, weighed from its words, its meaning and how far it stands out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assistant.plan import Plan
from assistant.quote import is_log, is_name, shares_a_word, supported, task_units, units
from assistant.retrieve import Passage

#: How many of the others a section has to stand out from.
_OTHERS = 3
#: A question of so many tens of words is long; longer ones count alike.
_LONG_QUESTION = 2.0
#: Similarity of a section that is not among the nearest.
_FAR = 0.1
#: From here on a section answers.
LIKELY = 0.33
#: From here on it answers even a question that may be one about runs.
ALL_BUT_SURE = 0.8
#: Below this the runner-up is told as well, if it is at least so likely against the first.
SURE, RUNNER_UP = 0.5, 0.5
#: Weight of the likelihood beside words and closeness, where sections are put in order.
_IN_ORDER = 0.2

#: Weights of `features` in a logistic regression, and its constant: fitted to questions in the notes' words and in
#: others, answerable or not, about generated journals of four hands. It holds for a hand that it was not fitted to.
_WEIGHTS = (3.7, 4.0, 13.2, -1.4, -1.4, 0.5, -1.1, -1.8, 5.0, 1.0)
_BASE = -6.7


def likelihoods(plan: Plan, passages: Sequence[Passage]) -> list[float | None]:
    """For each section how likely it answers; None for all where meaning was not compared.

    Args: passages: best first, as they were found; those after the ones that were read word by word are unlikely.
    """
    if not any(passage.met is not None for passage in passages):
        return [None] * len(passages)
    weighed = [passage for passage in passages if passage.met is not None]
    shares: list[float | None] = []
    for values in features(plan, weighed):
        logit = _BASE + sum(weight * value for weight, value in zip(_WEIGHTS, values, strict=True))
        shares.append(1.0 / (1.0 + math.exp(-logit)))
    return shares + [0.0] * (len(passages) - len(weighed))


def features(plan: Plan, passages: Sequence[Passage]) -> list[tuple[float, ...]]:
    """For each section what its likelihood is weighed from: how far its meaning stands out from the others', how well
    the question's words are met in it and how far that stands out, the share of the subjects that it misses, whether it
    misses a name, whether its words alone would do, whether it is a run log, whether it is a list of tasks, how long
    the sentence is that holds a word of the question, how long the question is."""
    near = [passage.similarity or _FAR for passage in passages]
    met = [passage.met or 0.0 for passage in passages]
    weights = {word: (plan.vocabulary.weight(word) if plan.vocabulary else 1.0) for word in plan.terms}
    total = sum(weights.values()) or 1.0
    length = min(_LONG_QUESTION, len(plan.question.split()) / 10)
    listed: list[tuple[float, ...]] = []
    for place, passage in enumerate(passages):
        listed.append(
            (
                _above_the_others(near, place),
                met[place],
                _above_the_others(met, place),
                sum(weights.get(word, 0.0) for word in passage.missed if word in plan.subjects) / total,
                float(any(is_name(plan, word) for word in passage.missed)),
                float(supported(plan, passage)),
                float(is_log(passage.note)),
                float(task_units(passage.text)),
                _told_at_length(plan, passage),
                length,
            )
        )
    return listed


def _told_at_length(plan: Plan, passage: Passage) -> float:
    """The letters of the longest sentence that holds a word of the question, in 200, at most 1: a passing mention is
    short."""
    lengths = [len(unit.text) for unit in units(passage.text) if not unit.code and shares_a_word(plan, unit)]
    return min(1.0, max(lengths, default=80) / 200)


def _above_the_others(values: Sequence[float], place: int) -> float:
    """By how much a value is above the mean of the best three others."""
    others = sorted((value for number, value in enumerate(values) if number != place), reverse=True)[:_OTHERS]
    return values[place] - (sum(others) / len(others) if others else 0.0)


def in_order(likelihood: float | None) -> float:
    """What a likelihood adds to a section's place; 0 where meaning was not compared."""
    if likelihood is None:
        return 0.0
    share = min(0.99, max(0.01, likelihood))
    return _IN_ORDER * math.log(share / (1.0 - share))
