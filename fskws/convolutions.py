"""The encoder's small convolutions, as matrix products where a CPU is used.

A convolution library pads 8 to 20 channels to its block size and rearranges both ends: measured on one core, the
1x1 and depthwise convolutions of BC-ResNet were two thirds of a training step. As products of small matrices they
take a fifth to a half of that, with the same weights under the same names. On a GPU, in reduced precision, while
compiling and while exporting the plain convolution is used.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def _as_products(x: Tensor) -> bool:
    """Whether a layer takes the way made for CPUs."""
    tracing = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
    special = tracing or torch.is_autocast_enabled("cpu")
    return x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64) and not special


class PointwiseConv(nn.Conv2d):
    """1x1 convolution without bias: (batch, channels_in, freq, time) -> (batch, channels, freq, time)."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__(channels_in, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """One matrix product a clip."""
        if not _as_products(x):
            return super().forward(x)
        batch, channels_in, freq, time = x.shape
        weight = self.weight.view(1, -1, channels_in).expand(batch, -1, -1)
        return torch.bmm(weight, x.reshape(batch, channels_in, freq * time)).view(batch, -1, freq, time)


class FrequencyConv(nn.Conv2d):
    """Depthwise convolution of three bands, zeros beyond the ends, stride 1 or 2 over frequency.

    (batch, channels, freq, time) -> (batch, channels, freq / stride, time).
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__(channels, channels, (3, 1), (stride, 1), (1, 0), groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """A banded (freq / stride, freq) matrix a channel times the channel's spectrum."""
        if not _as_products(x):
            return super().forward(x)
        batch, channels, freq, time = x.shape
        stride = self.stride[0]
        first = torch.arange((freq - 1) // stride + 1)
        bands = x.new_zeros(channels, len(first), freq + 2)
        for tap in range(3):
            bands[:, first, first * stride + tap] = self.weight[:, 0, tap]
        matrices = bands[:, :, 1:-1].expand(batch, -1, -1, -1).reshape(batch * channels, len(first), freq)
        return torch.bmm(matrices, x.reshape(batch * channels, freq, time)).view(batch, channels, -1, time)


class TimeConv(nn.Conv2d):
    """Depthwise convolution of three frames, `dilation` apart, zeros beyond the ends.

    (batch, channels, freq, time) -> the same shape.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__(
            channels, channels, (1, 3), padding=(0, dilation), dilation=(1, dilation), groups=channels, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """The clip and its two shifted copies, weighted and added up."""
        if not _as_products(x) or x.shape[3] <= self.dilation[1]:
            return super().forward(x)
        result: Tensor = _ThreeTaps.apply(x, self.weight.view(-1, 3), self.dilation[1])  # type: ignore[no-untyped-call]
        return result


class _ThreeTaps(torch.autograd.Function):
    """y[t] = w0 x[t - d] + w1 x[t] + w2 x[t + d], with its gradients; x: (batch, channels, freq, time), w: (channels,
    3)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        before, centre, after = weight[:, :, None, None].unbind(1)
        result = x * centre
        result[..., dilation:].addcmul_(x[..., :-dilation], before)
        result[..., :-dilation].addcmul_(x[..., dilation:], after)
        return result

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor, None]:
        x, weight = ctx.saved_tensors
        (slope,), dilation = slopes, ctx.dilation
        before, centre, after = weight[:, :, None, None].unbind(1)
        to_x = slope * centre
        to_x[..., :-dilation].addcmul_(slope[..., dilation:], before)
        to_x[..., dilation:].addcmul_(slope[..., :-dilation], after)
        taps = (
            x[..., :-dilation] * slope[..., dilation:],
            x * slope,
            x[..., dilation:] * slope[..., :-dilation],
        )
        return to_x, torch.stack([tap.sum((0, 2, 3)) for tap in taps], 1), None
