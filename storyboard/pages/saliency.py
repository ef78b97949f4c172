"""Where a picture is busy: lettering keeps off there. A plain measure, from the pixels alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.pages.content import Saliency

_GRID = 24
"""Rows and columns at the most; a balloon is never smaller than a few of these."""


def saliency(pixels: npt.NDArray[np.uint8]) -> Saliency:
    """Edges and saturated colour of an RGB picture on a coarse grid, 0 to 1.

    Faces, hands and things have many edges close together; sky, walls and shadows few. Each part
    is the mean gradient of luma (Rec. 601) plus a share of the distance from the picture's mean
    colour, divided by the busiest twentieth's.
    """
    colour = pixels.astype(np.float32) / 255
    luma = colour @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    down, across = np.gradient(luma) if min(luma.shape) > 1 else (luma * 0, luma * 0)
    away = np.abs(colour - colour.mean((0, 1))).mean(2)
    parts = _coarse(np.hypot(down, across)) + 0.1 * _coarse(away)
    top = float(np.quantile(parts, 0.95))
    if top < 1e-6:
        return np.zeros_like(parts)
    result: Saliency = np.clip(parts / top, 0, 1).astype(np.float32)
    return result


def _coarse(values: Saliency) -> Saliency:
    """The means over a grid of at most `_GRID` rows and columns."""
    for axis in (0, 1):
        count = min(_GRID, values.shape[axis])
        edges = np.linspace(0, values.shape[axis], count + 1).astype(int)
        sums = np.add.reduceat(values, edges[:-1], axis)
        widths = np.diff(edges).reshape((-1, 1) if axis == 0 else (1, -1))
        values = (sums / widths).astype(np.float32)
    return values
