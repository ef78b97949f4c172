"""A VAE over a large picture in tiles that overlap: an approximation, since a tile knows nothing of
the picture beyond it.

Tiles are all of one size and lie evenly. Near a tile's edge, where it sees zeros instead of the
picture, nothing of it is taken; further in it fades over into its neighbour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

Compute = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles of `side` x `side` latent cells, each `overlap` cells over the next."""

    side: int = 64
    overlap: int = 16


TILING = Tiling()


def places(length: int, tiling: Tiling) -> list[int]:
    """Where tiles begin along a side, in cells: the first at its begin, the last at its end."""
    if length <= tiling.side:
        return [0]
    step = tiling.side - tiling.overlap
    count = -(-(length - tiling.overlap) // step)
    return [round(number * (length - tiling.side) / (count - 1)) for number in range(count)]


def computed_in_tiles(
    compute: Compute, x: Tensor, unit: int, factor: Fraction, tiling: Tiling = TILING
) -> Tensor:
    """What `compute` makes of `x`, batch x channels x height x width, tile by tile, in float32 on
    the CPU. `unit` is how many numbers of `x` a latent cell is wide; what comes out is `factor`
    times as wide as what goes in.
    """
    height, width = x.shape[2] // unit, x.shape[3] // unit
    made, weights = torch.empty(0), torch.empty(0)
    for top in places(height, tiling):
        for left in places(width, tiling):
            rows, columns = (
                _span(start, length, tiling) for start, length in ((top, height), (left, width))
            )
            seen = x[:, :, _times(rows, Fraction(unit)), _times(columns, Fraction(unit))]
            tile = compute(seen).float().cpu()
            if not made.numel():
                shape = (int(side * factor) for side in x.shape[2:])
                made = torch.zeros(*tile.shape[:2], *shape)
                weights = torch.zeros(made.shape[2:])
            share = _share(rows, height, tiling, unit * factor)[:, None]
            share = share * _share(columns, width, tiling, unit * factor)
            at = _times(rows, unit * factor), _times(columns, unit * factor)
            made[:, :, *at] += tile * share
            weights[at] += share
    return made / weights


def _span(start: int, length: int, tiling: Tiling) -> slice:
    return slice(start, min(start + tiling.side, length))


def _times(span: slice, factor: Fraction) -> slice:
    return slice(int(span.start * factor), int(span.stop * factor))


def _share(span: slice, length: int, tiling: Tiling, factor: Fraction) -> Tensor:
    """How much each of a tile's numbers counts along one side: at the picture's own edges in full,
    else nothing in the outer quarter of the overlap, rising to all at three quarters."""
    count = int((span.stop - span.start) * factor)
    quarter = max(float(tiling.overlap * factor) / 4, 0.25)
    at = torch.arange(count) + 0.5
    rise = ((at - quarter) / (2 * quarter)).clamp(0, 1)
    first = torch.ones(count) if span.start == 0 else rise
    last = torch.ones(count) if span.stop == length else rise.flip(0)
    # Somewhere above nothing, so that rounding of the tiles' places leaves no number without any.
    return (first * last).clamp(min=1e-6)
