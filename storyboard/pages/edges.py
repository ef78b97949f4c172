"""The four sides of a panel: which have a line, and the same panel a little smaller."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.geometry import Rect
from storyboard.pages.content import PanelContent, Side
from storyboard.pages.shapes import Box, Point, rectangle

_SIDES: tuple[Side, ...] = ("top", "right", "bottom", "left")


@dataclass(frozen=True, slots=True)
class Edge:
    """One side of a panel, clockwise on the page; `drawn` where it has a line."""

    start: Point
    end: Point
    drawn: bool

    def inward(self, by: float) -> Edge:
        """The side moved into the panel, where it has a line."""
        if not self.drawn or not by:
            return self
        (x0, y0), (x1, y1) = self.start, self.end
        length = math.hypot(x1 - x0, y1 - y0)
        dx, dy = -(y1 - y0) / length * by, (x1 - x0) / length * by
        return Edge((x0 + dx, y0 + dy), (x1 + dx, y1 + dy), True)


def edges_of(panel: PanelContent) -> list[Edge]:
    """The panel's four sides, from its top left corner on."""
    box = box_of(panel.cell)
    contour = rectangle(box) if panel.shape is None else panel.shape[0]
    corners = [contour.start, *(segment[-1] for segment in contour.segments)]
    ends = [*corners[1:], corners[0]]
    return [
        Edge(start, end, side not in panel.bleeds)
        for start, end, side in zip(corners, ends, _SIDES, strict=True)
    ]


def box_of(cell: Rect) -> Box:
    """The cell as numbers."""
    return Box(cell.left, cell.top, cell.right, cell.bottom)


def shrunk(sides: Sequence[Edge], by: float) -> list[Edge]:
    """The panel with the sides that have a line moved in; corners are where they meet."""
    moved = [side.inward(by) for side in sides]
    corners = [_meeting(moved[i - 1], side) for i, side in enumerate(moved)]
    return [
        Edge(corners[i], corners[(i + 1) % len(corners)], side.drawn)
        for i, side in enumerate(moved)
    ]


def _meeting(a: Edge, b: Edge) -> Point:
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = a.start, a.end, b.start, b.end
    across = (x1 - x2) * (y3 - y4) - (y1 - y2) * (x3 - x4)
    first, second = x1 * y2 - y1 * x2, x3 * y4 - y3 * x4
    return (
        (first * (x3 - x4) - (x1 - x2) * second) / across,
        (first * (y3 - y4) - (y1 - y2) * second) / across,
    )
