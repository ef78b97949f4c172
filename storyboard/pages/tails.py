"""Tails: curved wedges from a balloon to its speaker, bolts of lightning, bubbles of a thought."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from storyboard.pages.bodies import Body
from storyboard.pages.hulls import DIRECTIONS, Reach
from storyboard.pages.shapes import Contour, Point, Shape, circle, polygon

_STIFF = 0.5
"""For which part of its length a tail goes straight out before it bends."""

_LEAN = 0.5
"""How far from the speaker's direction toward straight down (or up) a tail leaves its body."""

_SHARE, _SHORTEST, _LONGEST = 0.6, 0.9, 4.6
"""The part of its way that a tail goes, and how long it is at least and at most, in em."""

_ROOT = 0.92
"""How wide a tail is where it leaves its body, in em."""

TIP_AIR = 0.1
"""What others keep off a tail's tip, in em."""

_SAMPLES = 7


@dataclass(frozen=True, slots=True)
class Tail:
    """A bent line (a quadratic curve): it leaves the body at `base` and ends at `tip`."""

    base: Point
    bend: Point
    tip: Point

    @property
    def length(self) -> float:
        """From base to tip, as the crow flies."""
        return math.dist(self.base, self.tip)

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

    def reach(self, em: float) -> Reach:
        """How far the tail's hull reaches on the page, with its width and a thin line of air."""
        return np.asarray(tail_reaches([self], em)[0])


def tail_reaches(tails: Sequence[Tail], em: float, upto: float = 1.0) -> Reach:
    """How far tails' hulls reach on the page, a row each; `upto` is which part of them counts."""
    corners = np.array([(one.base, one.bend, one.tip) for one in tails])
    t = np.arange(_SAMPLES) * (upto / (_SAMPLES - 1))
    weights = np.stack([(1 - t) ** 2, 2 * t * (1 - t), t * t], axis=1)
    radius = em * (0.5 * _ROOT * (1 - t) + TIP_AIR)
    along = corners @ DIRECTIONS.T
    return np.asarray((weights @ along + radius[:, None]).max(axis=1))


def tail(
    body: Body, center: Point, target: Point, head: float, em: float, lean: float = _LEAN
) -> Tail:
    """The tail from a body to the mouth at `target`, which ends before the head around it.

    It leaves the outline between the way to the target and straight down (or up), by the outline's
    own direction, and so bends on its way. It goes three fifths of the way, but not into the head,
    and is neither a stub nor a spear. `em` is the letters' size.
    """
    base, normal = _leaving(body, center, target, lean)
    dx, dy = target[0] - base[0], target[1] - base[1]
    distance = math.hypot(dx, dy)
    ahead = dx * normal[0] + dy * normal[1]
    if ahead < 0.25 * distance or distance < _SHORTEST * em:  # the speaker is under the balloon
        return _bent(base, normal, _toward(base, _ahead(base, normal), _SHORTEST * em))
    length = min(_SHARE * distance, distance - 1.1 * head, _LONGEST * em)
    return _bent(base, normal, _toward(base, target, max(length, _SHORTEST * em)))


def reaching_tail(body: Body, center: Point, target: Point, lean: float = _LEAN) -> Tail:
    """The tail from a body to `target` itself: a point of the panel's border."""
    base, normal = _leaving(body, center, target, lean)
    return _bent(base, normal, target)


def _leaving(body: Body, center: Point, target: Point, lean: float) -> tuple[Point, Point]:
    """Where a tail leaves its body, and in which direction."""
    dx, dy = target[0] - center[0], target[1] - center[1]
    down = math.copysign(1.0, dy if abs(dy) > 0.2 * body.half_height else 1.0)
    angle = math.atan2(dy / body.half_height, dx / body.half_width)
    upright = math.copysign(math.pi / 2, down)
    turn = math.remainder(upright - angle, 2 * math.pi)
    leave = angle + lean * turn if abs(turn) > 0.3 else upright - math.copysign(0.3, dx or 1.0)
    edge = body.edge(
        math.atan2(math.sin(leave) * body.half_height, math.cos(leave) * body.half_width)
    )
    return (center[0] + edge[0], center[1] + edge[1]), body.normal(edge)


def _bent(base: Point, normal: Point, tip: Point) -> Tail:
    reach = math.dist(base, tip)
    return Tail(
        base, (base[0] + normal[0] * _STIFF * reach, base[1] + normal[1] * _STIFF * reach), tip
    )


def _ahead(base: Point, normal: Point) -> Point:
    return base[0] + 1e4 * normal[0], base[1] + 1e4 * normal[1]


def wedge(bent: Tail, center: Point, width: float, deep: float = 0.0) -> Contour:
    """A balloon's tail: `width` pixels at its root inside the body, pointed at its tip.

    The root lies `deep` pixels farther inside than its width asks for.

    Both sides leave the root along the tail's way and close in on it, the inner one sooner, so that
    it curls as if drawn with one stroke.
    """
    across = _across(bent.base, bent.bend, width / 2)
    root = _toward(bent.base, center, width * 0.45 + deep)
    waist = _across(bent.base, bent.tip, 0.3 * width)
    left, right = _plus(root, across), _minus(root, across)
    left_bend, right_bend = _plus(bent.bend, waist), _minus(bent.bend, waist)
    return Contour(
        left,
        (
            (_between(left, left_bend), _between(bent.tip, left_bend), bent.tip),
            (_between(bent.tip, right_bend), _between(right, right_bend), right),
        ),
    )


def bolt(bent: Tail, center: Point, width: float, deep: float = 0.0) -> Contour:
    """A tail like lightning: two kinks on its way."""
    root = _toward(bent.base, center, width * 0.5 + deep)
    across = _across(root, bent.tip, width / 2)
    first, second = bent.at(0.42), bent.at(0.62)
    return polygon(
        [
            _plus(root, across),
            _plus(first, _scaled(across, 0.75)),
            _plus(second, _scaled(across, 0.05)),
            bent.tip,
            _minus(second, _scaled(across, 0.6)),
            _minus(first, _scaled(across, -0.05)),
            _minus(root, across),
        ]
    )


def root_width(body: Body, em: float) -> float:
    """How wide a tail is at its root; a small balloon's is narrower."""
    return min(_ROOT * em, 0.6 * body.half_width)


def _plus(point: Point, step: Point) -> Point:
    return point[0] + step[0], point[1] + step[1]


def _minus(point: Point, step: Point) -> Point:
    return point[0] - step[0], point[1] - step[1]


def _scaled(step: Point, by: float) -> Point:
    return step[0] * by, step[1] * by


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
    largest = min(0.36 * em, 0.18 * bent.length)
    return tuple(
        circle(bent.at(t), largest * share) for t, share in ((0.32, 1.0), (0.68, 0.7), (0.97, 0.45))
    )
