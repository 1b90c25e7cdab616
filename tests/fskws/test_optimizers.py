"""Optimizers against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fskws.optimizers import AdamW, Sgd


def pair():
    """Two equal sets of weights."""
    draws = torch.Generator().manual_seed(0)
    values = [torch.randn(3, 4, generator=draws), torch.randn(5, generator=draws)]
    return [[nn.Parameter(value.clone()) for value in values] for _ in range(2)]


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_twenty_steps_equal_torchs_optimizer(kind):
    """The same weights as torch.optim, with weight decay and a changing learning rate."""
    ours, theirs = pair()
    if kind == "sgd":
        mine = Sgd(ours, 0.1, 5e-4)
        reference = torch.optim.SGD(theirs, 0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    else:
        mine = AdamW(ours, 0.1, 0.01)
        reference = torch.optim.AdamW(theirs, 0.1, weight_decay=0.01)
    for step in range(20):
        mine.lr = reference.param_groups[0]["lr"] = 0.1 / (1 + step)
        for weights, optimizer in ((ours, mine), (theirs, reference)):
            optimizer.zero_grad()
            sum((weight**2).sum() + weight.sin().sum() for weight in weights).backward()
            optimizer.step()
    for mine_weight, their_weight in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine_weight, their_weight, atol=1e-6, rtol=1e-5)


def test_a_weight_without_gradient_is_an_error():
    """A part of the model that the loss does not reach is a mistake, not a silent stop."""
    weights, _ = pair()
    with pytest.raises(ValueError, match="2 weights have no gradient; call backward first"):
        Sgd(weights, 0.1, 0.0).step()
