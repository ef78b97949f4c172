"""A Brownian path that can be looked at anywhere, in any order, and stays the same: the noise of
the SDE samplers.

The path is found by halving its span again and again, with a seed of its own for each half. Spans,
seeds and rounding are those of torchsde's BrownianTree (Li et al. 2020, arXiv:2001.01328), which
k-diffusion draws from, so that the numbers are the same; torchsde itself is not needed.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

SeededNormal = Callable[[int], Tensor]
"""The first normal numbers that a seed gives: of one shape, float32, on the CPU."""

_DIGITS = 6
"""Times are rounded to so many decimals; halving ends there."""
_ENTROPY_POOL = 24
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of time: the `place`-th of those that `depth` halvings make, counted from 0."""

    start: float
    end: float
    place: int = 0
    depth: int = 0
    whole: _Span | None = field(default=None, compare=False)

    @property
    def middle(self) -> float:
        return round(0.5 * (self.end + self.start), _DIGITS)

    def halves(self) -> tuple[_Span, _Span]:
        middle, place, depth = self.middle, 2 * self.place, self.depth + 1
        first = _Span(self.start, middle, place, depth, self)
        return first, _Span(middle, self.end, place + 1, depth, self)


class BrownianTree:
    """A path from time `low` to `high`, of tensors. Which one, `seed` says (0 or above).

    `normal` gives the numbers that it is made of. A few spans are remembered, since steps are
    walked one after another and neighbours share most of theirs.
    """

    def __init__(self, seed: int, low: float, high: float, normal: SeededNormal) -> None:
        self._seed, self._normal = seed, normal
        self._all = _Span(round(low, _DIGITS), round(high, _DIGITS))
        self._increment_of_all = normal(self._seed_of(None)) * math.sqrt(high - low)
        self._remembered: OrderedDict[_Span, Tensor] = OrderedDict()

    def increment(self, start: float, end: float) -> Tensor:
        """By how much the path changes from time `start` to `end`, which is not before it. Times
        beyond the path's ends count as those."""
        first, last = self._within(start), self._within(end)
        if first >= last:
            return torch.zeros_like(self._increment_of_all)
        pieces = self._pieces(self._all, first, last)
        total = next(pieces)
        for piece in pieces:
            total = total + piece
        return total

    def _within(self, time: float) -> float:
        return round(min(max(time, self._all.start), self._all.end), _DIGITS)

    def _pieces(self, span: _Span, start: float, end: float) -> Iterator[Tensor]:
        """The increments of the largest spans that together are [start, end], in their order."""
        if (start, end) == (span.start, span.end):
            yield self._increment(span)
            return
        first, second = span.halves()
        if start < first.end:
            yield from self._pieces(first, start, min(end, first.end))
        if end > first.end:
            yield from self._pieces(second, max(start, first.end), end)

    def _increment(self, span: _Span) -> Tensor:
        if span.whole is None:
            return self._increment_of_all
        if span not in self._remembered:
            for half, increment in zip(span.whole.halves(), self._split(span.whole), strict=True):
                self._remembered[half] = increment
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(span)
        return self._remembered[span]

    def _split(self, span: _Span) -> tuple[Tensor, Tensor]:
        """The increments of a span's halves: a Brownian bridge, so that they add up to its own."""
        whole = self._increment(span)
        share = 1 / (span.end - span.start)
        before, after = span.middle - span.start, span.end - span.middle
        noise = self._normal(self._seed_of(span))
        first = before * whole * share + math.sqrt(before * after * share) * noise
        return first, whole - first

    def _seed_of(self, span: _Span | None) -> int:
        key = () if span is None else (span.place, span.depth)
        sequence = np.random.SeedSequence(self._seed, spawn_key=key, pool_size=_ENTROPY_POOL)
        return int(sequence.generate_state(1)[0])
