"""The bodies of balloons and boxes: superellipses, made just large enough for their lines.

A superellipse is |x/a|^n + |y/b|^n = 1 (Lame): 2 is an ellipse; a little more gives a letterer's
balloon, whose flat shoulders leave less air beside the lines; infinity is a rectangle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from storyboard.pages.breaking import Block
from storyboard.pages.fonts import Font
from storyboard.pages.setting import SetLine, set_lines
from storyboard.pages.shapes import Box, Contour, Point, closed_curve, rectangle

ROUND = 2.35
"""The power of a balloon."""

_OUTLINE_POINTS = 40
_MEETING_POINTS = 24

__all__ = [
    "ROUND",
    "Body",
    "SetLine",
    "bodies_meet",
    "box_body",
    "flatness",
    "round_body",
    "set_lines",
]


@dataclass(frozen=True, slots=True)
class Body:
    """A superellipse around the origin by its half axes; `power` is infinite for a rectangle."""

    half_width: float
    half_height: float
    power: float = math.inf

    def scaled(self, factor: float) -> Body:
        """The body, `factor` times as large."""
        return Body(self.half_width * factor, self.half_height * factor, self.power)

    def grown(self, by: float) -> Body:
        """The body with both half axes longer."""
        return Body(self.half_width + by, self.half_height + by, self.power)

    def box(self, center: Point) -> Box:
        """The box around the body where it stands."""
        x, y = center
        return Box(
            x - self.half_width, y - self.half_height, x + self.half_width, y + self.half_height
        )

    def holds(self, x: float, y: float) -> bool:
        """Whether a point, relative to the body's middle, lies inside."""
        across, down = abs(x) / self.half_width, abs(y) / self.half_height
        if across >= 1 or down >= 1:
            return False
        return math.isinf(self.power) or across**self.power + down**self.power < 1

    def edge(self, angle: float) -> Point:
        """The outline's point in the direction of `angle` (radians, y down), from the middle."""
        cosine, sine = math.cos(angle), math.sin(angle)
        across, down = abs(cosine) / self.half_width, abs(sine) / self.half_height
        if math.isinf(self.power):
            reach = 1 / max(across, down)
        else:
            reach = (across**self.power + down**self.power) ** (-1 / self.power)
        return cosine * reach, sine * reach

    def normal(self, point: Point) -> Point:
        """The outward direction of the outline at one of its points, of length 1."""
        if math.isinf(self.power):
            sideways = abs(point[0]) / self.half_width > abs(point[1]) / self.half_height
            return (
                (math.copysign(1, point[0]), 0.0) if sideways else (0.0, math.copysign(1, point[1]))
            )
        across, down = point[0] / self.half_width, point[1] / self.half_height
        x = math.copysign(abs(across) ** (self.power - 1), across) / self.half_width
        y = math.copysign(abs(down) ** (self.power - 1), down) / self.half_height
        length = math.hypot(x, y)
        return x / length, y / length

    def rim(self, count: int = _OUTLINE_POINTS) -> list[Point]:
        """Points around the outline, evenly by parameter, relative to the middle."""
        return [
            (x * self.half_width, y * self.half_height) for x, y in _unit_rim(self.power, count)
        ]

    def outline(self, center: Point) -> Contour:
        """The outline as a smooth curve, or as a rectangle."""
        if math.isinf(self.power):
            return rectangle(self.box(center))
        return closed_curve([(center[0] + x, center[1] + y) for x, y in self.rim()])


@lru_cache(maxsize=64)
def _unit_rim(power: float, count: int) -> tuple[Point, ...]:
    """The rim of the body whose half axes are 1."""
    parameters = [2 * math.pi * i / count for i in range(count)]
    if math.isinf(power):
        unit = Body(1, 1)
        return tuple(unit.edge(parameter) for parameter in parameters)
    return tuple(
        (_signed_power(math.cos(t), 2 / power), _signed_power(math.sin(t), 2 / power))
        for t in parameters
    )


def _signed_power(value: float, power: float) -> float:
    return math.copysign(abs(value) ** power, value)


def bodies_meet(a: Body, a_center: Point, b: Body, b_center: Point, gap: float) -> bool:
    """Whether two bodies come nearer than `gap`: exact for boxes, for others to a thin sliver."""
    if not a.box(a_center).grown(gap).meets(b.box(b_center)):
        return False
    if math.isinf(a.power) and math.isinf(b.power):
        return True
    dx, dy = a_center[0] - b_center[0], a_center[1] - b_center[1]
    wide_a, wide_b = a.grown(gap), b.grown(gap)
    if wide_a.holds(dx, dy) or wide_b.holds(dx, dy):
        return True
    return any(wide_b.holds(x + dx, y + dy) for x, y in a.rim(_MEETING_POINTS)) or any(
        wide_a.holds(x - dx, y - dy) for x, y in b.rim(_MEETING_POINTS)
    )


def round_body(lines: tuple[SetLine, ...], font: Font, air: Point, power: float = ROUND) -> Body:
    """The smallest superellipse around the lines, each with `air` em at its sides and above."""
    corners = [
        (
            max(abs(line.box.left), abs(line.box.right)) + air[0],
            max(abs(line.box.top), abs(line.box.bottom)) + air[1],
        )
        for line in lines
    ]
    widest = max(x for x, _ in corners)

    def body(half_width: float) -> Body:
        return Body(
            half_width,
            max(y / (1 - (x / half_width) ** power) ** (1 / power) for x, y in corners),
            power,
        )

    tried = (body(widest * (1.04 + 0.03 * step)) for step in range(25))
    return min(tried, key=_upright_cost if font.vertical else _cost)


def _cost(body: Body) -> float:
    """The area, and a little for a balloon that is taller than wide or very flat."""
    aspect = body.half_width / body.half_height
    strangeness = max(0.0, math.log(1.15 / aspect)) + max(0.0, math.log(aspect / 2.6))
    return body.half_width * body.half_height * (1 + 0.5 * strangeness)


def _upright_cost(body: Body) -> float:
    """The area, and a little for a balloon that is wider than high, or a very slim one."""
    return _cost(Body(1.2 * body.half_height, body.half_width, body.power))


def flatness(body: Body, font: Font) -> float:
    """How many times longer a body is along its lines than across; columns are as good where they
    are somewhat less so."""
    if font.vertical:
        return 1.35 * body.half_height / body.half_width
    return body.half_width / body.half_height


def box_body(block: Block, font: Font, air: Point) -> Body:
    """The rectangle around the lines with `air` em at the sides and above and below."""
    boxes = [line.box for line in set_lines(block, font, centered=False)]
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    height = max(box.bottom for box in boxes) - min(box.top for box in boxes)
    return Body(width / 2 + air[0], height / 2 + air[1])
