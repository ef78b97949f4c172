"""The probe's network: one small trunk, and for each attribute a head that looks where it wants."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTHS = (24, 48, 88, 120)


class _Layer(nn.Module):
    """A 3x3 convolution, normalised over the batch, with a ReLU."""

    def __init__(self, inside: int, outside: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class _Block(nn.Module):
    """Two layers beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.one, self.two = _Layer(width, width), _Layer(width, width)

    def forward(self, x: Tensor) -> Tensor:
        two: Tensor = self.two(self.one(x))
        return x + two


class _Head(nn.Module):
    """Weighs the places of a picture by their own features, averages them, and names a class.

    Attention pooling with one learned query, as in Ilse et al., "Attention-based Deep Multiple
    Instance Learning" (2018): hair is judged where hair is, the place where the place is.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(width, 1, 1)
        self.name = nn.Linear(2 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.look(x).flatten(2).softmax(2)
        seen = (x.flatten(2) * weights).sum(2)
        named: Tensor = self.name(torch.cat([seen, x.mean((2, 3))], 1))
        return named


class Probe(nn.Module):
    """From pictures in [-1, 1], [n, 3, height, width] of any sides, to each head's logits."""

    def __init__(self, heads: Mapping[str, int]) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.trunk = nn.Sequential(
            _Layer(3, a, 2, 5),
            _Layer(a, b, 2),
            _Block(b),
            _Layer(b, c, 2),
            _Block(c),
            _Layer(c, d, 2),
            _Block(d),
        )
        self.heads = nn.ModuleDict({name: _Head(d, count) for name, count in heads.items()})

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        features = self.trunk(pixels)
        return {name: head(features) for name, head in self.heads.items()}
