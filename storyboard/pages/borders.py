"""Panels' outlines: which part of its picture a panel shows, and the line around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.pages.content import PanelContent
from storyboard.pages.edges import Edge, edges_of, shrunk
from storyboard.pages.ragged import ragged_line, wandering
from storyboard.pages.shapes import Contour, Cubic, Line, Point, Shape, polygon
from storyboard.pages.style import Style

_RADIUS = 0.9
"""Rounded corners' radius, in ems."""


@dataclass(frozen=True, slots=True)
class Outline:
    """`clip` is what shows the picture, None for its whole cell; `line` is filled with ink, None
    where there is no border."""

    clip: Shape | None
    line: Shape | None


def outline(panel: PanelContent, style: Style) -> Outline:
    """A panel's outline. The line lies inside the panel, so that gutters keep their width; sides
    that bleed have none."""
    width = min(style.border, panel.cell.width / 4, panel.cell.height / 4)
    sides = edges_of(panel)
    leans = panel.shape is not None
    if panel.border == "rounded":
        return _rounded(sides, _RADIUS * style.em, width)
    if panel.border == "ragged":
        paths = wandering(sides, width, panel.address)
        return Outline(
            (polygon([point for path in paths for point in path[:-1]]),),
            ragged_line(sides, paths, width, panel.address),
        )
    clip = (polygon([side.start for side in sides]),) if leans else None
    if panel.border == "none":
        return Outline(clip, None)
    return Outline(clip, _frame(sides, width))


def _frame(sides: Sequence[Edge], width: float) -> Shape | None:
    """The line between a panel's outline and the same further in."""
    if not any(side.drawn for side in sides):
        return None
    inner = shrunk(sides, width)
    return polygon([side.start for side in sides]), polygon([side.start for side in inner][::-1])


def _rounded(sides: Sequence[Edge], radius: float, width: float) -> Outline:
    shortest = min(math.dist(side.start, side.end) for side in sides)
    radius = min(radius, shortest / 3)
    outer = _with_round_corners(sides, radius)
    if not any(side.drawn for side in sides):
        return Outline((outer,), None)
    inner = _with_round_corners(shrunk(sides, width), max(radius - width, 0.0))
    return Outline((outer,), (outer, _reversed(inner)))


def _with_round_corners(sides: Sequence[Edge], radius: float) -> Contour:
    """Circles' arcs, as cubics, between sides that both have a line; other corners stay sharp."""
    points: list[tuple[Point, Point, Point]] = []
    for i, side in enumerate(sides):
        before = sides[i - 1]
        is_round = side.drawn and before.drawn and radius > 0
        reach = _reach(before, side, radius) if is_round else 0.0
        corner = side.start
        points.append(
            (_toward(corner, before.start, reach), corner, _toward(corner, side.end, reach))
        )
    segments: list[Line | Cubic] = []
    for arrival, corner, leave in points:
        segments.append((arrival,))
        if arrival != leave:
            segments.append((*_handles(arrival, corner, leave, radius), leave))
    return Contour(points[-1][2], tuple(segments))


def _turn(before: Edge, side: Edge) -> float:
    """By how much the outline turns at a corner, in radians."""
    (x0, y0), (x1, y1) = before.start, before.end
    (x2, y2), (x3, y3) = side.start, side.end
    difference = math.atan2(y3 - y2, x3 - x2) - math.atan2(y1 - y0, x1 - x0)
    return abs((difference + math.pi) % (2 * math.pi) - math.pi)


def _reach(before: Edge, side: Edge, radius: float) -> float:
    """How far from the corner a circle of this radius touches both sides."""
    return radius * math.tan(_turn(before, side) / 2)


def _handles(arrival: Point, corner: Point, leave: Point, radius: float) -> tuple[Point, Point]:
    """The control points of a circle's arc: 4/3 tan(a/4) of the radius along both sides."""
    reach = math.dist(arrival, corner)
    turn = 2 * math.atan2(reach, radius)
    handle = 4 / 3 * math.tan(turn / 4) * radius
    return _toward(arrival, corner, handle), _toward(leave, corner, handle)


def _toward(start: Point, end: Point, by: float) -> Point:
    length = math.dist(start, end)
    share = by / length if length else 0.0
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _reversed(contour: Contour) -> Contour:
    """The same outline the other way round: a hole."""
    points = [contour.start]
    back: list[Line | Cubic] = []
    for segment in contour.segments:
        start = points[-1]
        points.append(segment[-1])
        back.append((start,) if len(segment) == 1 else (segment[1], segment[0], start))
    return Contour(points[-1], tuple(reversed(back)))
