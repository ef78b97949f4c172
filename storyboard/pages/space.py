"""The room that a panel has for lettering: its outline, what is blocked, whose heads are there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from storyboard.geometry import Rect, Size
from storyboard.pages.busy import Busy
from storyboard.pages.content import PanelContent, Reading
from storyboard.pages.costs import Head, Room
from storyboard.pages.hulls import COUNT, Reach, Walls, box_reach
from storyboard.pages.shapes import Box, Point
from storyboard.pages.style import Style

_HEAD = 0.17
"""A head's radius, in the shorter side of its panel, where nothing else is known."""

_OVERHANG = 1.7
"""How far a balloon may burst its panel, in em."""


@dataclass(frozen=True, eq=False, slots=True)
class Neighbours:
    """What a balloon meets that leaves its panel: the page's end, and others' lettering (a row
    each)."""

    page: Size
    reaches: Reach


def box_of(rect: Rect) -> Box:
    """A rectangle of whole pixels as a box."""
    return Box(rect.left, rect.top, rect.right, rect.bottom)


def room_for(
    panel: PanelContent,
    busy: Busy,
    style: Style,
    em: float,
    reading: Reading,
    neighbours: Neighbours | None,
) -> Room | None:
    """The room for letters of `em` pixels; None where nothing is left between the borders."""
    outline = Walls.of(panel.shape) if panel.shape else Walls.around(box_of(panel.cell))
    walls = outline.narrowed(style.border / 2 + style.stroke + 0.3 * em)
    if panel.safe is not None:
        walls = walls.within(box_of(panel.safe))
    corners = walls.corners()
    if not corners:
        return None
    (left, top), (right, bottom) = np.min(corners, axis=0), np.max(corners, axis=0)
    blocked = [box_reach(box_of(one)) for one in panel.blocked]
    return Room(
        walls=walls,
        beyond=_beyond(outline, walls, style, em, neighbours),
        border=outline.narrowed(style.border),
        box=Box(float(left), float(top), float(right), float(bottom)),
        busy=busy,
        reading=reading,
        gap=0.35 * em,
        em=em,
        heads=tuple(head for _, head in heads(panel, busy)),
        blocked=np.array(blocked) if blocked else np.empty((0, COUNT)),
        around=neighbours.reaches if neighbours else np.empty((0, COUNT)),
    )


def _beyond(
    outline: Walls, walls: Walls, style: Style, em: float, neighbours: Neighbours | None
) -> Walls:
    """How far a balloon may go that bursts its panel: a little over its border, on the page."""
    if neighbours is None:
        return walls
    page = Box(0, 0, neighbours.page.width, neighbours.page.height).grown(-0.5 * em)
    return outline.narrowed(style.border - _OVERHANG * em).within(page)


def usual_head(cell: Rect) -> float:
    """A head's radius where only its panel is known, in pixels."""
    return _HEAD * min(cell.width, cell.height)


def heads(panel: PanelContent, busy: Busy) -> Sequence[tuple[str, Head]]:
    """The heads whose places the author tells, by name, as far as they are in sight."""
    named = [(one.name, busy.on_page(one.at)) for one in panel.characters if one.at is not None]
    points = [point for _, point in named]
    found = [(name, Head(point, _radius(point, points, panel.cell))) for name, point in named]
    return [(name, head) for name, head in found if _in_sight(head, panel.cell)]


def _radius(point: Point, points: Sequence[Point], cell: Rect) -> float:
    """The usual one, or less where another head is near."""
    away = [math.dist(point, other) for other in points if other != point]
    return min(usual_head(cell), 0.48 * min(away, default=math.inf))


def _in_sight(head: Head, cell: Rect) -> bool:
    x, y = head.center
    return (
        cell.left - head.radius < x < cell.right + head.radius
        and cell.top - head.radius < y < cell.bottom + head.radius
    )
