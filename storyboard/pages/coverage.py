"""How much of each pixel a shape covers: anti-aliasing by exact spans on fine scanlines.

Each row of pixels is cut into `SCANLINES`; on each, the nonzero winding rule gives the covered
spans, whose ends are exact. So steep edges are exact and flat ones have `SCANLINES` steps, and a
letter is neither fattened nor hinted. Plain numpy: the same everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.pages.polylines import Edges, shape_edges
from storyboard.pages.shapes import Shape

SCANLINES = 8
_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage from 0 to 255, rows x columns, whose first pixel is at (`left`, `top`)."""

    left: int
    top: int
    values: npt.NDArray[np.uint8]


def fill_coverage(shape: Shape, scale: float, width: int, height: int) -> Coverage | None:
    """A shape's coverage of a page of `width` x `height` pixels, `scale` times its coordinates."""
    return _coverage(shape_edges(shape, scale, _TOLERANCE), width, height)


def stroke_coverage(
    shape: Shape, thickness: float, scale: float, width: int, height: int
) -> Coverage | None:
    """The coverage of a line along the contours, round at its joins."""
    edges = shape_edges(shape, scale, _TOLERANCE)
    edges = edges[(edges[:, :2] != edges[:, 2:]).any(axis=1)]
    return _coverage(_capsules(edges, thickness / 2 * scale), width, height)


def _capsules(lines: Edges, radius: float) -> Edges:
    """The sides of lines with a half circle at each end, all of which turn the same way."""
    steps = max(3, math.ceil(math.pi / math.acos(1 - min(1.0, 0.02 / radius))) // 2)
    turns = np.pi * (np.arange(steps + 1) / steps - 0.5)
    angles = np.arctan2(lines[:, 3] - lines[:, 1], lines[:, 2] - lines[:, 0])[:, None] + turns
    arc = radius * np.stack([np.cos(angles), np.sin(angles)], axis=2)
    corners = np.concatenate([lines[:, None, 2:] + arc, lines[:, None, :2] - arc], axis=1)
    return np.concatenate([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 4)


def _coverage(edges: Edges, width: int, height: int) -> Coverage | None:
    if not len(edges):
        return None
    left = max(0, math.floor(edges[:, (0, 2)].min()))
    right = min(width, math.ceil(edges[:, (0, 2)].max()))
    top = max(0, math.floor(edges[:, (1, 3)].min()))
    bottom = min(height, math.ceil(edges[:, (1, 3)].max()))
    if left >= right or top >= bottom:
        return None
    return Coverage(left, top, _spans(edges - (left, top, left, top), right - left, bottom - top))


def _spans(edges: Edges, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Coverage from 0 to 255 by the nonzero winding rule; rows x columns.

    Only the pixels in which coverage changes are reckoned with; those between are filled in.
    """
    line, x, turn = _crossings(edges, height * SCANLINES)
    order = np.lexsort((x, line))
    line, x, turn = line[order], np.clip(x[order], 0, width), turn[order]
    winding = np.cumsum(turn)  # every scanline's turns add up to 0, so one sum serves all lines
    before = winding - turn
    change = (winding != 0).astype(np.float64) - (before != 0)
    kept = change != 0
    line, x, change = line[kept], x[kept], change[kept]
    whole = np.floor(x)
    part = x - whole
    row = width + 2  # a span may end at the right edge, and half a pixel beyond
    first = (line // SCANLINES) * row + whole.astype(np.int64)
    places, which = np.unique(np.concatenate([first, first + 1]), return_inverse=True)
    steps = np.bincount(which, np.concatenate([change * (1 - part), change * part]))
    shares = np.clip(np.cumsum(steps) / SCANLINES, 0, 1)
    values = np.concatenate([[0], np.rint(shares * 255)]).astype(np.uint8)
    lengths = np.diff(places, prepend=0, append=height * row)
    return np.repeat(values, lengths).reshape(height, row)[:, :width]


def _crossings(
    edges: Edges, lines: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Where edges cross the middles of scanlines: the scanline, x, and the winding's change."""
    x0, y0, x1, y1 = edges.T
    downward = y1 > y0
    upper, lower = np.minimum(y0, y1) * SCANLINES, np.maximum(y0, y1) * SCANLINES
    first = np.clip(np.ceil(upper - 0.5), 0, lines).astype(np.int64)
    last = np.clip(np.ceil(lower - 0.5), 0, lines).astype(np.int64)
    counts = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(len(edges)), counts)
    offset = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    line = first[edge] + offset
    y = (line + 0.5) / SCANLINES
    slope = (x1 - x0)[edge] / (y1 - y0)[edge]
    x = x0[edge] + (y - y0[edge]) * slope
    return line, x, np.where(downward[edge], 1, -1)
