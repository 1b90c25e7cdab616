"""BC-ResNet: the encoder from log-mel frames to an embedding.

Source: Kim et al., "Broadcasted Residual Learning for Efficient Keyword Spotting", Interspeech 2021; sub-spectral
normalisation: Chang et al., "SubSpectral Normalization for Neural Audio Data Processing", ICASSP 2021. Parameter
names follow the layout of the published checkpoints, so that those load.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fskws.convolutions import FrequencyConv, PointwiseConv, TimeConv
from fskws.features import N_MELS

#: Sub-bands of sub-spectral normalisation.
_SUB_BANDS = 5
#: (blocks, stride over frequency) of the four stages; stage s has dilation 2^s over time.
_STAGES = ((2, 1), (2, 2), (4, 2), (4, 1))


@dataclass(frozen=True)
class Encoded:
    """An utterance in both forms. vector: (batch, dim), the mean of `frames` over time. frames: (batch, time, dim)."""

    vector: Tensor
    frames: Tensor


class SubSpectralNorm(nn.Module):
    """Batch normalisation with statistics of their own for each sub-band of the frequency axis."""

    def __init__(self, channels: int, sub_bands: int = _SUB_BANDS) -> None:
        super().__init__()
        self.sub_bands = sub_bands
        self.ssnorm = nn.BatchNorm2d(channels * sub_bands)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, freq, time), freq a multiple of the sub-bands -> the same shape."""
        batch, channels, freq, time = x.shape
        # (batch, channels * sub_bands, freq / sub_bands, time)
        parted = x.reshape(batch, channels * self.sub_bands, freq // self.sub_bands, time)
        normed: Tensor = self.ssnorm(parted)
        return normed.reshape(batch, channels, freq, time)


class _Conv(nn.Module):
    """Convolution, normalisation, activation, under the checkpoint's name `block`."""

    def __init__(self, convolution: nn.Conv2d, norm: nn.Module, activation: nn.Module | None) -> None:
        super().__init__()
        self.block = nn.Sequential(convolution, norm, *([activation] if activation else []))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.block(x)
        return result


class BCBlock(nn.Module):
    """y = relu(x + f2(x) + f1(mean over frequency of f2(x))), f1 broadcast over frequency; eq. 3 and 4 of the paper.

    Where the number of channels changes (the transition block) there is no identity path, and f2 begins with a 1x1
    convolution.
    """

    def __init__(self, channels_in: int, channels: int, stride: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.transition = channels_in != channels
        # The order of making them decides which weights a seed gives.
        over_frequency = FrequencyConv(channels, stride)
        f2: list[nn.Module] = []
        if self.transition:
            pointwise = PointwiseConv(channels_in, channels)
            f2.append(_Conv(pointwise, nn.BatchNorm2d(channels), nn.ReLU(inplace=True)))
        f2.append(_Conv(over_frequency, SubSpectralNorm(channels), None))
        self.f2 = nn.Sequential(*f2)
        over_time = TimeConv(channels, dilation)
        self.f1 = nn.Sequential(
            _Conv(over_time, nn.BatchNorm2d(channels), nn.SiLU(inplace=True)),
            PointwiseConv(channels, channels),
            nn.Dropout2d(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels_in, freq, time) -> (batch, channels, freq / stride, time)."""
        two_dimensional = self.f2(x)
        summed = two_dimensional + self.f1(two_dimensional.mean(2, keepdim=True))
        return torch.relu_(summed if self.transition else summed + x)


class BCResNet(nn.Module):
    """The encoder: everything of BC-ResNet up to the mean over time.

    Args: tau: width. n_mels: a multiple of 20. last_channels: dimensions of the embedding, 0 for 32 tau as published.
        dropout: channel dropout in each block. n_classes: also makes the published linear classifier (`logits`); 0:
        none.
    Raises: ValueError: n_mels does not fit the strides and sub-bands.
    """

    def __init__(
        self,
        tau: float = 1.0,
        *,
        n_mels: int = N_MELS,
        last_channels: int = 0,
        dropout: float = 0.1,
        n_classes: int = 0,
    ) -> None:
        super().__init__()
        if n_mels % 40:
            raise ValueError(f"n_mels={n_mels}; allowed: multiples of 40 (three halvings, {_SUB_BANDS} sub-bands)")
        base = int(8 * tau)
        widths = (2 * base, base, int(1.5 * base), 2 * base, int(2.5 * base))
        self.dim = last_channels or 4 * base
        self.cnn_head = nn.Sequential(
            nn.Conv2d(1, widths[0], 5, (2, 1), 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)
        )
        stages = []
        for number, (n_blocks, stride) in enumerate(_STAGES):
            channels_in, channels = widths[number], widths[number + 1]
            blocks = [BCBlock(channels_in, channels, stride, 2**number, dropout)]
            blocks += [BCBlock(channels, channels, 1, 2**number, dropout) for _ in range(n_blocks - 1)]
            stages.append(nn.ModuleList(blocks))
        self.BCBlocks = nn.ModuleList(stages)
        freq = n_mels // 8
        last = widths[-1]
        tail: list[nn.Module] = [
            nn.Conv2d(last, last, (freq, 5), padding=(0, 2), groups=last, bias=False),
            PointwiseConv(last, self.dim),
            nn.BatchNorm2d(self.dim),
            nn.ReLU(inplace=True),
        ]
        if n_classes:
            tail += [nn.AdaptiveAvgPool2d(1), nn.Conv2d(self.dim, n_classes, 1)]
        self.classifier = nn.Sequential(*tail)

    def feature_map(self, log_mel: Tensor) -> Tensor:
        """(batch, n_mels, time) -> (batch, 20 tau, n_mels / 8, time), the map before the last layers."""
        x: Tensor = self.cnn_head(log_mel[:, None])
        for stage in self.BCBlocks:
            assert isinstance(stage, nn.ModuleList)
            for block in stage:
                x = block(x)
        return x

    def encode(self, log_mel: Tensor) -> Encoded:
        """(batch, n_mels, time), any time -> vector (batch, dim) and frames (batch, time, dim)."""
        x = self.classifier[:4](self.feature_map(log_mel))[:, :, 0]  # (batch, dim, time)
        return Encoded(vector=x.mean(2), frames=x.transpose(1, 2))

    def forward(self, log_mel: Tensor) -> Tensor:
        """(batch, n_mels, time) -> embedding (batch, dim)."""
        return self.encode(log_mel).vector

    def logits(self, log_mel: Tensor) -> Tensor:
        """(batch, n_classes) of the published linear classifier. Raises: ValueError: the encoder was built without
        one.
        """
        if len(self.classifier) < 6:
            raise ValueError("this encoder has no linear classifier; build it with n_classes")
        linear: nn.Module = self.classifier[5]
        result: Tensor = linear(self.encode(log_mel).vector[:, :, None, None])
        return result[:, :, 0, 0]
