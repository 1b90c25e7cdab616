"""How likely a section answers a question of words, weighed from its words, its meaning and how far it stands out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from assistant.open_questions import is_open
from assistant.plan import Plan
from assistant.quote import answers_in_kind, is_log
from assistant.retrieve import Passage

#: Sections that a question is weighed over, and how many of the others one has to stand out from.
_WEIGHED = 16
_OTHERS = 3
#: Similarity of a section that is not among the nearest.
_FAR = 0.1
#: From here on a section answers although it shares few words with the question; below the other it answers only if it
#: misses none of the things asked about.
LIKELY, UNLIKELY = 0.3, 0.15
#: Below this the runner-up is told as well, if it is at least so likely against the first.
SURE, RUNNER_UP = 0.5, 0.5
#: Weight of the likelihood beside words and closeness, where sections are put in order.
_IN_ORDER = 0.2

#: Weights of `features` in a logistic regression, and its constant: fitted to questions in other words than the notes',
#: answerable or not, about short entries among those of generated journals.
_WEIGHTS = (6.0, 3.8, 6.6, 0.84, -1.1, 2.8, -1.35)
_BASE = -6.9


def likelihoods(plan: Plan, passages: Sequence[Passage]) -> list[float | None]:
    """For each section how likely it answers; None for all where meaning was not compared or the question is not open.

    Args: passages: best first, as they were found; those after the first 16 count as unlikely.
    """
    if not is_open(plan) or not any(passage.similarity is not None for passage in passages):
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
    the subjects that it misses, whether it holds what the question word asks for, whether it is a run log."""
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
                float(answers_in_kind(plan, passage)),
                float(is_log(passage.note)),
            )
        )
    return listed


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
