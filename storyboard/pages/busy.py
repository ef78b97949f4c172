"""How busy the parts of a cell are: a picture's saliency, seen through its crop, summed quickly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.geometry import Rect, Size
from storyboard.pages.commands import Crop
from storyboard.pages.content import Saliency
from storyboard.pages.shapes import Box, Point

_CALM = 0.3
"""Less than this is texture and shading: lettering may cover it."""


class Busy:
    """Answers from a summed-area table (F. Crow, 1984) over `rows` x `columns` of a cell."""

    def __init__(self, values: npt.NDArray[np.float64], cell: Rect) -> None:
        self._cell = cell
        self._values = values
        self._sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def mean(self, box: Box) -> float:
        """The mean over the part of `box` (page pixels) that lies in the cell, 0 to 1."""
        total, area = self._sum(box)
        return total / area

    def share(self, box: Box) -> float:
        """How much of all that is busy in the cell lies in `box`, 0 to 1."""
        whole = float(self._sums[-1, -1])
        return self._sum(box)[0] / whole if whole > 1e-9 else 0.0

    def _sum(self, box: Box) -> tuple[float, int]:
        rows, columns = self._values.shape
        left, right = _span(box.left, box.right, self._cell.left, self._cell.width, columns)
        top, bottom = _span(box.top, box.bottom, self._cell.top, self._cell.height, rows)
        sums = self._sums
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return float(total), (bottom - top) * (right - left)

    def heart(self, left: float, right: float) -> Point | None:
        """The middle of what is busy between two fractions of the width; None where nothing is.

        Only the middle of the height counts: neither sky nor floor speaks.
        """
        rows, columns = self._values.shape
        first, last = int(left * columns), max(int(left * columns) + 1, int(right * columns))
        top, bottom = int(0.15 * rows), max(int(0.15 * rows) + 1, int(0.85 * rows))
        part = self._values[top:bottom, first:last] ** 2
        total = float(part.sum())
        if total < 1e-9:
            return None
        ys, xs = np.mgrid[top:bottom, first:last] + 0.5
        x = float((part * xs).sum()) / total / columns
        y = float((part * ys).sum()) / total / rows
        return self._cell.left + x * self._cell.width, self._cell.top + y * self._cell.height


def _span(low: float, high: float, start: int, length: int, count: int) -> tuple[int, int]:
    first = min(count - 1, max(0, int((low - start) / length * count)))
    last = min(count, max(first + 1, round((high - start) / length * count)))
    return first, last


def busy_cell(saliency: Saliency | None, picture: Size, crop: Crop, cell: Rect) -> Busy:
    """The part of a picture's saliency that its crop shows; even calm where there is none."""
    if saliency is None or saliency.size == 0:
        return Busy(np.zeros((1, 1)), cell)
    rows, columns = saliency.shape
    top, bottom = _span(crop.top, crop.top + crop.height, 0, picture.height, rows)
    left, right = _span(crop.left, crop.left + crop.width, 0, picture.width, columns)
    part = np.nan_to_num(saliency[top:bottom, left:right].astype(np.float64))
    return Busy(np.clip((part - _CALM) / (1 - _CALM), 0, 1), cell)


def calm_cell(cell: Rect) -> Busy:
    """A cell without a picture."""
    return Busy(np.zeros((1, 1)), cell)
