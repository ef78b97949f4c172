"""Upright boxes: what two share, and the largest that a leaning outline holds."""

from __future__ import annotations

import math

from storyboard.geometry import Rect
from storyboard.pages.slants import Corners

_STEPS = 24


def largest_box(corners: Corners) -> Rect:
    """About the largest upright box in a quadrilateral; in whole pixels inside of it.

    Tries boxes between the rows of a fine ladder: a convex outline is nowhere narrower in between.
    """
    ys = [y for _, y in corners]
    rows = [min(ys) + (max(ys) - min(ys)) * i / _STEPS for i in range(_STEPS + 1)]
    spans = [_span(corners, y) for y in rows]
    boxes = (
        _inside(max(spans[i][0], spans[j][0]), rows[i], min(spans[i][1], spans[j][1]), rows[j])
        for i in range(_STEPS)
        for j in range(i + 1, _STEPS + 1)
    )
    return max(boxes, key=lambda box: max(box.width, 0) * max(box.height, 0))


def _inside(left: float, top: float, right: float, bottom: float) -> Rect:
    x, y = math.ceil(left - 1e-6), math.ceil(top - 1e-6)
    return Rect(x, y, math.floor(right + 1e-6) - x, math.floor(bottom + 1e-6) - y)


def _span(corners: Corners, y: float) -> tuple[float, float]:
    """Where a row enters and leaves the outline."""
    xs = []
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if min(y0, y1) - 1e-9 <= y <= max(y0, y1) + 1e-9:
            share = min(max((y - y0) / (y1 - y0), 0.0), 1.0) if y0 != y1 else 0.0
            xs += [x0, x1] if y0 == y1 else [x0 + (x1 - x0) * share]
    return (min(xs), max(xs)) if xs else (0.0, 0.0)


def common(a: Rect, b: Rect) -> Rect:
    """The part that two rectangles share; no wider or higher than 0 where they share none."""
    left, top = max(a.left, b.left), max(a.top, b.top)
    right, bottom = min(a.right, b.right), min(a.bottom, b.bottom)
    return Rect(left, top, right - left, bottom - top)
