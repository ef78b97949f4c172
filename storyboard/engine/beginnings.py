"""What a preview that begins with a picture keeps of it. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from storyboard.engine.base import Pixels, Source
from storyboard.engine.pictures import drawable, size_of
from storyboard.geometry import Size
from storyboard.jobs import Beginning

Region = npt.NDArray[np.bool_]
"""Which pixels, or cells of a latent, are drawn anew: height x width."""

Shares = npt.NDArray[np.float32]
"""How much of what is drawn shows, from 0 to 1: height x width."""

Values = TypeVar("Values", Region, Shares)

FEATHER = 64
"""Inside of a mask's edge what is drawn fades in, over one part in so many of the picture's shorter
side; over less where the mask is not as wide."""

_WIDEST = 254

WHITE = 128
"""From this value on, a mask's pixel is white."""

NO_PICTURE = "the picture that it begins with is not there"


class StartProblem(Exception):
    """Why a picture cannot start from another, in one sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The picture that a preview begins with, and what of it is drawn anew; None for all of it."""

    pixels: Pixels
    drawn: Region | None = None

    def under(self, pixels: Pixels) -> Pixels:
        """A picture laid over this one, of the same size: where nothing is drawn anew this one's
        very pixels, and a feather's width inside of that the other's."""
        if self.drawn is None:
            return pixels
        shares = feathered(self.drawn)[..., None]
        below = self.pixels.astype(np.float32)
        laid: Pixels = np.rint(below + (pixels - below) * shares).astype(np.uint8)
        return laid

    def cells(self, factor: int) -> Region | None:
        """Which cells of a latent, `factor` pixels wide, hold anything that is drawn anew."""
        if self.drawn is None:
            return None
        cells: Region = _cells(self.drawn, factor).max(axis=(1, 3))
        return cells

    def cell_shares(self, factor: int) -> Shares | None:
        """How much of what is drawn shows in each cell: its pixels' mean."""
        if self.drawn is None:
            return None
        shares: Shares = _cells(feathered(self.drawn), factor).mean(axis=(1, 3), dtype=np.float32)
        return shares


def ground_of(beginning: Beginning, size: Size, source: Source | None) -> Ground:
    """What a preview of a size is drawn over.

    Raises StartProblem where its picture, or its mask, is not there or of another size.
    """
    if source is None:
        raise StartProblem(NO_PICTURE)
    if size_of(source.pixels) != size:
        raise StartProblem(
            f"the picture that it begins with is {size_of(source.pixels)}, not {size}"
        )
    if beginning.mask is None:
        return Ground(source.pixels)
    if source.mask is None or source.mask.shape != source.pixels.shape[:2]:
        raise StartProblem("its mask is not there, or not of its picture's size")
    return Ground(source.pixels, source.mask >= WHITE)


def feathered(drawn: Region) -> Shares:
    """1 where something is drawn anew, but fading to the edges of that; 0 elsewhere.

    A picture's own edges are none. Depths are counted in steps to any of eight neighbours.
    """
    width = min(max(round(min(drawn.shape) / FEATHER), 1), _WIDEST)
    left = drawn.astype(np.uint8)
    depth = left.copy()
    for _ in range(width):
        left = _of_neighbours(left, np.minimum)
        depth += left
    deepest = depth
    for _ in range(width):
        deepest = _of_neighbours(deepest, np.maximum)
    shares: Shares = np.divide(depth, np.maximum(deepest, 1), dtype=np.float32)
    return shares


def _of_neighbours(values: npt.NDArray[np.uint8], pick: np.ufunc) -> npt.NDArray[np.uint8]:
    """The least, or greatest, of each value and its eight neighbours."""
    wider = np.pad(values, 1, "edge")
    rows = pick(pick(wider[:-2], wider[1:-1]), wider[2:])
    picked: npt.NDArray[np.uint8] = pick(pick(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return picked


def _cells(values: Values, factor: int) -> Values:
    """The values in cells, rows x `factor` x columns x `factor`, their last edges drawn out."""
    height, width = values.shape
    whole = drawable(Size(width, height), factor)
    wider = np.pad(values, ((0, whole.height - height), (0, whole.width - width)), "edge")
    return wider.reshape(whole.height // factor, factor, whole.width // factor, factor)
