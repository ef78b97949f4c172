"""Balloons as drawing commands: speech with its tail, thought as a cloud with its bubbles."""

from __future__ import annotations

import math

from storyboard.pages.bodies import Body
from storyboard.pages.commands import Command, FillPath, StrokePath
from storyboard.pages.shapes import Contour, Point, Shape, circle
from storyboard.pages.style import Style
from storyboard.pages.tails import Tail, bubbles, wedge

PUFF = 0.34
"""How far a cloud's puffs reach beyond its body, in em."""

_SUNKEN = 0.12
"""How far the body's own outline is drawn inside, so that it never shows between the puffs."""


def speech(body: Body, center: Point, bent: Tail | None, em: float, style: Style) -> list[Command]:
    """A speech balloon in pixels; body and tail are one shape."""
    shape: Shape = (body.outline(center),)
    if bent is not None:
        width = min(0.95 * em, 0.6 * body.half_width)
        shape = (*shape, _clockwise(wedge(bent, center, width)))
    return _inked(shape, style)


def thought(body: Body, center: Point, bent: Tail | None, em: float, style: Style) -> list[Command]:
    """A cloud whose puffs reach `PUFF` em beyond the body, and its trail of bubbles."""
    core = body.grown(-_SUNKEN * em)
    cloud = (core.outline(center), *_puffs(body, center, em))
    trail = _inked(bubbles(bent, em), style) if bent is not None else []
    return [*trail, *_inked(cloud, style)]


def _inked(shape: Shape, style: Style) -> list[Command]:
    """The line lies under the paper: its outer half shows, and nothing where parts meet."""
    return [
        StrokePath(shape, style.ink, 2 * style.stroke),
        FillPath(shape, style.paper),
    ]


def _clockwise(contour: Contour) -> Contour:
    """Turned where needed, so that the contour unites with the body's instead of cutting it."""
    points = [contour.start, *(segment[-1] for segment in contour.segments)]
    area = sum(
        points[i - 1][0] * points[i][1] - points[i][0] * points[i - 1][1]
        for i in range(len(points))
    )
    if area >= 0:
        return contour
    ends = [contour.start, *(segment[-1] for segment in contour.segments)]
    turned = tuple(
        (segment[1], segment[0], ends[i]) if len(segment) == 3 else (ends[i],)
        for i, segment in reversed(list(enumerate(contour.segments)))
    )
    return Contour(ends[-1], turned)


def _puffs(body: Body, center: Point, em: float) -> Shape:
    """Circles along the outline, evenly by length, a little uneven in size as by hand."""
    rim = body.rim(360)
    lengths = [0.0]
    for i in range(1, len(rim) + 1):
        lengths.append(lengths[-1] + math.dist(rim[i - 1], rim[i % len(rim)]))
    count = max(7, round(lengths[-1] / (1.45 * em)))
    spacing = lengths[-1] / count
    shape = []
    for number in range(count):
        wanted = (number + 0.5 + 0.07 * math.sin(2.4 * number)) * spacing
        index = next(i for i, length in enumerate(lengths) if length >= wanted) % len(rim)
        point, normal = rim[index], body.normal(rim[index])
        radius = spacing * (0.65 + 0.04 * math.sin(1.7 * number + 1))
        inward = radius - PUFF * em * (0.9 + 0.1 * math.sin(3.1 * number))
        shape.append(
            circle(
                (
                    center[0] + point[0] - normal[0] * inward,
                    center[1] + point[1] - normal[1] * inward,
                ),
                radius,
            )
        )
    return tuple(shape)
