"""Tails: curved wedges from a balloon to its speaker, and the bubbles of a thought."""

from __future__ import annotations

import math
from dataclasses import dataclass

from storyboard.pages.bodies import Body
from storyboard.pages.shapes import Box, Contour, Point, Shape, circle

_STIFF = 0.45
"""For which part of its length a tail goes straight out before it bends."""

_BELLY = 0.5
"""How much of its root's width a tail has left where it bends."""


@dataclass(frozen=True, slots=True)
class Tail:
    """A bent line (a quadratic curve): it leaves the body at `base` and ends at `tip`."""

    base: Point
    bend: Point
    tip: Point

    def cut(self, t: float) -> Tail:
        """The part from the base up to `t` (de Casteljau's construction)."""
        bend = _toward(self.base, self.bend, t * math.dist(self.base, self.bend))
        return Tail(self.base, bend, self.at(t))

    def at(self, t: float) -> Point:
        """The point at `t` from 0 (base) to 1 (tip)."""
        u = 1 - t
        return (
            u * u * self.base[0] + 2 * u * t * self.bend[0] + t * t * self.tip[0],
            u * u * self.base[1] + 2 * u * t * self.bend[1] + t * t * self.tip[1],
        )


def tail(body: Body, center: Point, target: Point, em: float, room: Box) -> Tail:
    """The tail from a body to `target`, which it does not quite reach.

    It leaves the outline between the way to the target and straight down (or up), by the outline's
    own direction, and so bends on its way. `room` is where its tip may be, `em` the letters' size.
    """
    dx, dy = target[0] - center[0], target[1] - center[1]
    down = math.copysign(1.0, dy if abs(dy) > 0.2 * body.half_height else 1.0)
    angle = math.atan2(dy / body.half_height, dx / body.half_width)
    upright = math.copysign(math.pi / 2, down)
    turn = math.remainder(upright - angle, 2 * math.pi)
    leave = angle + 0.42 * turn if abs(turn) > 0.25 else upright - math.copysign(0.22, dx or 1.0)
    edge = body.edge(
        math.atan2(math.sin(leave) * body.half_height, math.cos(leave) * body.half_width)
    )
    normal = body.normal(edge)
    base = center[0] + edge[0], center[1] + edge[1]
    tip = _tip(base, normal, target, em, room)
    reach = math.dist(base, tip)
    bend = base[0] + normal[0] * _STIFF * reach, base[1] + normal[1] * _STIFF * reach
    return Tail(base, bend, tip)


def _tip(base: Point, normal: Point, target: Point, em: float, room: Box) -> Point:
    """Two thirds of the way, but neither a stub nor a spear, and inside the room."""
    dx, dy = target[0] - base[0], target[1] - base[1]
    distance = math.hypot(dx, dy)
    ahead = dx * normal[0] + dy * normal[1]
    if ahead < 0.25 * distance or distance < 0.8 * em:  # the speaker is under the balloon
        dx, dy, distance = normal[0], normal[1], 1.0
        length = 1.5 * em
    else:
        length = min(max(0.6 * distance, 1.3 * em), 3.6 * em, max(distance, 1.2 * em))
    x, y = base[0] + dx / distance * length, base[1] + dy / distance * length
    return min(max(x, room.left), room.right), min(max(y, room.top), room.bottom)


def wedge(bent: Tail, center: Point, width: float) -> Contour:
    """A speech balloon's tail: `width` pixels at its root inside the body, pointed at its tip."""
    across = _across(bent.base, bent.bend, width / 2)
    root = _toward(bent.base, center, width * 0.6)
    left = root[0] + across[0], root[1] + across[1]
    right = root[0] - across[0], root[1] - across[1]
    waist = _across(bent.base, bent.tip, width / 2 * _BELLY)
    left_bend = bent.bend[0] + waist[0], bent.bend[1] + waist[1]
    right_bend = bent.bend[0] - waist[0], bent.bend[1] - waist[1]
    return Contour(
        left,
        (
            (_between(left, left_bend), _between(bent.tip, left_bend), bent.tip),
            (_between(bent.tip, right_bend), _between(right, right_bend), right),
        ),
    )


def _across(start: Point, end: Point, length: float) -> Point:
    """A step of `length` to the side of the way from `start` to `end`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    distance = math.hypot(dx, dy) or 1.0
    return -dy / distance * length, dx / distance * length


def _between(end: Point, control: Point) -> Point:
    """A cubic's control point for a quadratic's: two thirds of the way."""
    return end[0] + (control[0] - end[0]) * 2 / 3, end[1] + (control[1] - end[1]) * 2 / 3


def _toward(point: Point, goal: Point, by: float) -> Point:
    distance = math.dist(point, goal) or 1.0
    share = min(1.0, by / distance)
    return point[0] + (goal[0] - point[0]) * share, point[1] + (goal[1] - point[1]) * share


def bubbles(bent: Tail, em: float) -> Shape:
    """A thought's trail: three bubbles, ever smaller."""
    largest = min(0.36 * em, 0.18 * math.dist(bent.base, bent.tip))
    return tuple(
        circle(bent.at(t), largest * share) for t, share in ((0.32, 1.0), (0.68, 0.7), (0.97, 0.45))
    )
