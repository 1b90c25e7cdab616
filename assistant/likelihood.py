"""How likely a section answers a question of words, weighed from its words, its meaning and how far it stands out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assistant.plan import Plan
from assistant.quote import is_log, shares_a_word, task_units, units
from assistant.retrieve import Passage

#: Sections that a question is weighed over, and how many of the others one has to stand out from.
_WEIGHED = 16
_OTHERS = 3
#: Similarity of a section that is not among the nearest.
_FAR = 0.1
#: From here on a section answers although it shares few words with the question; below the other it answers only if it
#: misses none of the things asked about.
LIKELY, UNLIKELY = 0.22, 0.08
#: The same for a question for one attribute, "what rate came out": what is asked for has to stand there.
LIKELY_ATTRIBUTE = 0.6
#: Below this the runner-up is told as well, if it is at least so likely against the first.
SURE, RUNNER_UP = 0.5, 0.5
#: Weight of the likelihood beside words and closeness, where sections are put in order.
_IN_ORDER = 0.2

#: Weights of `features` in a logistic regression, and its constant: fitted to questions in the notes' words and in
#: others, answerable or not, for an explanation or one attribute, about generated journals of four hands.
_WEIGHTS = (3.9, 2.4, 11.2, 0.18, -1.1, -3.2, -2.9, 3.4)
_BASE = -5.05


def likelihoods(plan: Plan, passages: Sequence[Passage]) -> list[float | None]:
    """For each section how likely it answers; None for all where meaning was not compared.

    Args: passages: best first, as they were found; those after the first 16 count as unlikely.
    """
    if not any(passage.similarity is not None for passage in passages):
        return [None] * len(passages)
    weighed = passages[:_WEIGHED]
    shares: list[float | None] = []
    for values in features(plan, weighed):
        logit = _BASE + sum(weight * value for weight, value in zip(_WEIGHTS, values, strict=True))
        shares.append(1.0 / (1.0 + math.exp(-logit)))
    return shares + [0.0] * (len(passages) - len(weighed))


def features(plan: Plan, passages: Sequence[Passage]) -> list[tuple[float, ...]]:
    """For each section what its likelihood is weighed from: how far its meaning stands out from the others', how well
    the question's words are met in it and how far that stands out, the weight of the words that it holds, the share of
    the subjects that it misses, whether it is a run log, whether it is a list of tasks, how
    long the sentence is that holds a word of the question."""
    near = [passage.similarity or _FAR for passage in passages]
    met = [passage.met or 0.0 for passage in passages]
    weights = {word: (plan.vocabulary.weight(word) if plan.vocabulary else 1.0) for word in plan.terms}
    total = sum(weights.values()) or 1.0
    listed: list[tuple[float, ...]] = []
    for place, passage in enumerate(passages):
        held = sum(weight for word, weight in weights.items() if word not in passage.missed)
        missed = sum(weights.get(word, 0.0) for word in passage.missed if word in plan.subjects) / total
        listed.append(
            (
                _above_the_others(near, place),
                met[place],
                _above_the_others(met, place),
                held / 5,
                missed,
                float(is_log(passage.note)),
                float(task_units(passage.text)),
                _told_at_length(plan, passage),
            )
        )
    return listed


def _told_at_length(plan: Plan, passage: Passage) -> float:
    """The letters of the longest sentence that holds a word of the question, in 200: a passing mention is short."""
    lengths = [len(unit.text) for unit in units(passage.text) if not unit.code and shares_a_word(plan, unit)]
    return max(lengths, default=80) / 200


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
