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

from storyboard.pages.shapes import Point, Shape, flatten

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
    return _coverage(
        [flatten(contour, _TOLERANCE / scale) for contour in shape], scale, width, height
    )


def stroke_coverage(
    shape: Shape, thickness: float, scale: float, width: int, height: int
) -> Coverage | None:
    """The coverage of a line along the contours, round at its joins."""
    corners = [flatten(contour, _TOLERANCE / scale) for contour in shape]
    steps = max(3, math.ceil(math.pi / math.acos(1 - min(1.0, 0.04 / (thickness * scale)))) // 2)
    capsules = [
        _capsule(points[i - 1], points[i], thickness / 2, steps)
        for points in corners
        for i in range(len(points))
        if points[i - 1] != points[i]
    ]
    return _coverage(capsules, scale, width, height)


def _capsule(a: Point, b: Point, radius: float, steps: int) -> list[Point]:
    """A segment with a half circle at each end, always turning the same way."""
    angle = math.atan2(b[1] - a[1], b[0] - a[0])
    turns = [math.pi * (i / steps - 0.5) for i in range(steps + 1)]
    ahead = [
        (b[0] + radius * math.cos(angle + t), b[1] + radius * math.sin(angle + t)) for t in turns
    ]
    behind = [
        (a[0] - radius * math.cos(angle + t), a[1] - radius * math.sin(angle + t)) for t in turns
    ]
    return ahead + behind


def _coverage(
    polygons: list[list[Point]], scale: float, width: int, height: int
) -> Coverage | None:
    edges = _edges(polygons, scale)
    if not len(edges):
        return None
    left = max(0, math.floor(edges[:, (0, 2)].min()))
    right = min(width, math.ceil(edges[:, (0, 2)].max()))
    top = max(0, math.floor(edges[:, (1, 3)].min()))
    bottom = min(height, math.ceil(edges[:, (1, 3)].max()))
    if left >= right or top >= bottom:
        return None
    edges -= np.array([left, top, left, top], dtype=np.float64)
    covered = _spans(edges, right - left, bottom - top)
    return Coverage(left, top, np.rint(covered * 255).astype(np.uint8))


def _edges(polygons: list[list[Point]], scale: float) -> npt.NDArray[np.float64]:
    """All sides of all polygons as rows x0, y0, x1, y1 in scaled pixels."""
    sides = []
    for points in polygons:
        corners = np.array(points, dtype=np.float64) * scale
        sides.append(np.hstack([corners, np.roll(corners, -1, axis=0)]))
    return np.concatenate(sides) if sides else np.empty((0, 4))


def _spans(edges: npt.NDArray[np.float64], width: int, height: int) -> npt.NDArray[np.float64]:
    """Coverage from 0 to 1 by the nonzero winding rule; rows x columns."""
    line, x, turn = _crossings(edges, height * SCANLINES)
    order = np.lexsort((x, line))
    line, x, turn = line[order], np.clip(x[order], 0, width), turn[order]
    winding = np.cumsum(turn)  # every scanline's turns add up to 0, so one sum serves all lines
    before = winding - turn
    change = (winding != 0).astype(np.float64) - (before != 0)
    whole = np.floor(x)
    part = x - whole
    start = (line // SCANLINES) * (width + 2) + whole.astype(np.int64)
    steps = np.bincount(start, change * (1 - part), minlength=height * (width + 2))
    steps += np.bincount(start + 1, change * part, minlength=height * (width + 2))
    covered = steps.reshape(height, width + 2).cumsum(axis=1)[:, :width] / SCANLINES
    return np.clip(covered, 0.0, 1.0)


def _crossings(
    edges: npt.NDArray[np.float64], lines: int
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
