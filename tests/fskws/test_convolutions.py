"""Convolutions as matrix products, against torch's own convolution with the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from fskws import convolutions
from fskws.convolutions import FrequencyConv, PointwiseConv, TimeConv


def values_and_slopes(layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Output, and gradients of a weighted sum of it to the input and to the weight."""
    x = x.clone().requires_grad_()
    out = layer(x)
    weights = torch.randn(out.shape, generator=torch.Generator().manual_seed(7), dtype=out.dtype)
    (weight,) = layer.parameters()
    to_x, to_weight = torch.autograd.grad((out * weights).sum(), (x, weight))
    return out, to_x, to_weight


@pytest.mark.parametrize("shape", [(3, 8, 20, 101), (2, 8, 5, 7), (1, 8, 1, 1), (4, 8, 10, 16)])
@pytest.mark.parametrize(
    "make",
    [
        lambda: PointwiseConv(8, 12),
        lambda: FrequencyConv(8, 1),
        lambda: FrequencyConv(8, 2),
        lambda: TimeConv(8, 1),
        lambda: TimeConv(8, 8),
    ],
    ids=["pointwise", "frequency", "frequency stride 2", "time", "time dilation 8"],
)
def test_values_and_gradients_are_those_of_the_plain_convolution(make, shape, monkeypatch):
    """Whatever the size, a bare frame and fewer frames than the dilation included."""
    torch.manual_seed(0)
    layer, x = make().double(), torch.randn(shape, dtype=torch.float64)
    ours = values_and_slopes(layer, x)
    monkeypatch.setattr(convolutions, "_as_products", lambda x: False)
    plain = values_and_slopes(layer, x)
    for mine, reference in zip(ours, plain, strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-12, atol=1e-12)


def test_products_are_used_on_the_cpu_in_full_precision_alone(monkeypatch):
    """Autocast and tracing take the plain convolution, whose result reduced precision and export expect."""
    x = torch.randn(2, 8, 20, 9)
    used = []
    original = torch.bmm
    monkeypatch.setattr(torch, "bmm", lambda *args: used.append(1) or original(*args))
    layer = PointwiseConv(8, 8)
    layer(x)
    assert used == [1]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(x).dtype == torch.bfloat16
    assert used == [1]


def test_checkpoints_keep_their_names_and_a_seed_its_weights():
    """The layers are torch's convolutions: same names, shapes and first values."""
    torch.manual_seed(5)
    ours = TimeConv(4, 2)
    torch.manual_seed(5)
    plain = nn.Conv2d(4, 4, (1, 3), padding=(0, 2), dilation=(1, 2), groups=4, bias=False)
    assert list(ours.state_dict()) == list(plain.state_dict())
    torch.testing.assert_close(ours.weight, plain.weight, rtol=0, atol=0)
