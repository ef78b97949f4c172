"""How busy the parts of a cell are: a picture's saliency, seen through its crop, summed quickly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.geometry import Rect, Size
from storyboard.pages.commands import Crop
from storyboard.pages.content import Anchor, Saliency
from storyboard.pages.hulls import DOWN, LEFT, RIGHT, UP, Reach, box_reach
from storyboard.pages.shapes import Box, Point

_CALM = 0.3
"""Less than this is texture and shading: lettering may cover it."""

_LIKE_A_FACE = 0.6
"""More than this may be a face, and is more than edges come to."""

_WHOLE = Crop(0, 0, 1, 1)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heart:
    """The middle of what is busy in pixels, and the radius of what in it may be a face, or 0."""

    center: Point
    radius: float


class Busy:
    """Answers from a summed-area table (F. Crow, 1984) over `rows` x `columns` of a cell.

    `crop` is the part of the picture that the cell shows, in fractions of the picture.
    """

    def __init__(self, values: Values, cell: Rect, crop: Crop = _WHOLE) -> None:
        self._cell = cell
        self._crop = crop
        self._values = values
        self._sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def under(self, reaches: Reach) -> tuple[Values, Values]:
        """Under the boxes around things (a row each, page pixels): the mean over the parts that lie
        in the cell, and the share of all that is busy in the cell; 0 to 1."""
        rows, columns = self._values.shape
        cell = self._cell
        left, right = _spans(-reaches[:, LEFT], reaches[:, RIGHT], cell.left, cell.width, columns)
        top, bottom = _spans(-reaches[:, UP], reaches[:, DOWN], cell.top, cell.height, rows)
        sums = self._sums
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return total / ((bottom - top) * (right - left)), total / max(float(sums[-1, -1]), 1e-9)

    def mean(self, box: Box) -> float:
        """The mean over the part of `box` (page pixels) that lies in the cell, 0 to 1."""
        return float(self.under(box_reach(box)[None])[0][0])

    def share(self, box: Box) -> float:
        """How much of all that is busy in the cell lies in `box`, 0 to 1."""
        return float(self.under(box_reach(box)[None])[1][0])

    def on_page(self, spot: Anchor) -> Point:
        """Where a spot, in fractions of the picture, is seen on the page; maybe out of the cell."""
        x = (spot.x - self._crop.left) / self._crop.width
        y = (spot.y - self._crop.top) / self._crop.height
        return self._cell.left + x * self._cell.width, self._cell.top + y * self._cell.height

    def heart(self, left: float, right: float) -> Heart | None:
        """The middle of what is busiest between two fractions of the width; None where nothing is.

        Only the middle of the height counts: neither sky nor floor speaks. The busiest, which may
        be a face, outweighs the rest by its fourth power.
        """
        rows, columns = self._values.shape
        first, last = int(left * columns), max(int(left * columns) + 1, int(right * columns))
        top, bottom = int(0.15 * rows), max(int(0.15 * rows) + 1, int(0.85 * rows))
        part = self._values[top:bottom, first:last]
        weights = part**4
        total = float(weights.sum())
        if total < 1e-9:
            return None
        ys, xs = np.mgrid[top:bottom, first:last] + 0.5
        x = float((weights * xs).sum()) / total / columns * self._cell.width
        y = float((weights * ys).sum()) / total / rows * self._cell.height
        area = float((part > _LIKE_A_FACE).mean()) * part.size / (rows * columns)
        radius = math.sqrt(area * self._cell.width * self._cell.height / math.pi)
        return Heart((self._cell.left + x, self._cell.top + y), radius)


def _spans(
    low: Values, high: Values, start: float, length: float, count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    first = np.clip(((low - start) / length * count).astype(np.int64), 0, count - 1)
    last = np.rint((high - start) / length * count).astype(np.int64)
    return first, np.clip(last, first + 1, count)


def busy_cell(saliency: Saliency | None, picture: Size, crop: Crop, cell: Rect) -> Busy:
    """The part of a picture's saliency that its crop shows; even calm where there is none."""
    seen = Crop(
        crop.left / picture.width,
        crop.top / picture.height,
        crop.width / picture.width,
        crop.height / picture.height,
    )
    if saliency is None or saliency.size == 0:
        return Busy(np.zeros((1, 1)), cell, seen)
    rows, columns = saliency.shape
    top, bottom = _part(seen.top, seen.height, rows)
    left, right = _part(seen.left, seen.width, columns)
    part = np.nan_to_num(saliency[top:bottom, left:right].astype(np.float64))
    return Busy(np.clip((part - _CALM) / (1 - _CALM), 0, 1), cell, seen)


def _part(start: float, length: float, count: int) -> tuple[int, int]:
    first = min(count - 1, max(0, int(start * count)))
    return first, min(count, max(first + 1, round((start + length) * count)))


def calm_cell(cell: Rect) -> Busy:
    """A cell without a picture."""
    return Busy(np.zeros((1, 1)), cell)
