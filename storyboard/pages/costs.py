"""What a place for a text costs: by itself, and beside another.

Costs are plain numbers whose proportions say what matters more: covering a face is worse than
standing low, and standing out of reading order is worse than both. What may not be costs
infinitely much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from storyboard.pages.bodies import Body, bodies_meet
from storyboard.pages.busy import Busy
from storyboard.pages.content import Anchor, Reading
from storyboard.pages.shapes import Box, Point, segments_cross
from storyboard.pages.tails import Tail

Role = Literal["caption", "balloon", "sound"]

_OUT_OF_ORDER, _TAIL_ACROSS, _TAILS_CROSS, _TAIL_CUT = 12.0, 6.0, 3.0, 1.5
_CUT = 0.5
"""A tail that is free up to here need only be cut."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to set a text: the body to keep free, in pixels, and how bad its lines are."""

    body: Body
    badness: float


@dataclass(frozen=True, slots=True)
class Request:
    """A text that wants a place. `speaker` is where its tail points to, in pixels."""

    role: Role
    options: tuple[Option, ...]
    anchor: Anchor | None
    speaker: Point | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: its number in reading order, its option's number, the middle of its
    body, its tail, and what the place costs by itself."""

    order: int
    role: Role
    option: int
    body: Body
    center: Point
    tail: Tail | None
    cost: float


@dataclass(frozen=True, slots=True)
class Room:
    """The free part of a panel. `gap` is what texts keep between them, `em` their letters' size."""

    box: Box
    busy: Busy
    reading: Reading
    gap: float
    em: float


def place_cost(request: Request, body: Body, center: Point, room: Room) -> float:
    """What a place costs apart from its neighbours.

    Captions start at the top, sounds keep to a calm side below, balloons stand high and near their
    speaker.
    """
    box = body.box(center)
    across = _fraction(center[0], room.box.left + body.half_width, room.box.right - body.half_width)
    down = _fraction(center[1], room.box.top + body.half_height, room.box.bottom - body.half_height)
    if room.reading == "rtl":
        across = 1 - across
    busy = 0.5 * room.busy.mean(box) + 1.4 * room.busy.share(box)
    if request.role == "caption":
        return 2.0 * busy + 3.5 * down + 3.0 * across
    if request.role == "sound":
        return 5.0 * busy + 0.8 * abs(down - 0.7) + 0.4 * min(across, 1 - across)
    return 6.5 * busy + 2.4 * down + 0.25 * across + _speaker_cost(request, body, center, room)


def _fraction(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high - low > 1 else 0.5


def _speaker_cost(request: Request, body: Body, center: Point, room: Room) -> float:
    """Stand above the speaker or beside, near, but never on the speaker's face."""
    if request.speaker is None:
        return 0.0
    dx, dy = request.speaker[0] - center[0], request.speaker[1] - center[1]
    covered = body.grown(1.2 * room.em).holds(dx, dy)
    below = max(0.0, -dy) / room.box.height
    return 2.2 * abs(dx) / room.box.width + 4.0 * below + (4.0 if covered else 0.0)


def pair_cost(one: Place, two: Place, room: Room) -> float:
    """What two places cost together; infinite where their bodies come nearer than the gap."""
    if bodies_meet(one.body, one.center, two.body, two.center, room.gap):
        return math.inf
    cost = 0.0
    for tailed, other in ((one, two), (two, one)):
        if tailed.tail is not None and passes(tailed.tail, other, room):
            blocked = passes(tailed.tail.cut(_CUT), other, room)
            cost += _TAIL_ACROSS if blocked else _TAIL_CUT
    if one.tail is not None and two.tail is not None and _tails_cross(one.tail, two.tail):
        cost += _TAILS_CROSS
    if "sound" not in (one.role, two.role):
        first, second = (one, two) if one.order < two.order else (two, one)
        cost += 0.0 if _reads_before(first, second, room.reading) else _OUT_OF_ORDER
    return cost


def passes(bent: Tail, other: Place, room: Room) -> bool:
    """Whether a tail, with the width that it has there, comes too near to another body."""
    x, y = other.center
    for t in (0.15, 0.35, 0.55, 0.75, 0.9, 1.0):
        point = bent.at(t)
        wide = 0.5 * room.gap + 0.45 * room.em * (1 - t)
        if other.body.grown(wide).holds(point[0] - x, point[1] - y):
            return True
    return False


def _tails_cross(one: Tail, two: Tail) -> bool:
    return segments_cross(one.base, one.tip, two.base, two.tip)


def _reads_before(first: Place, second: Place, reading: Reading) -> bool:
    """Whether an eye meets `first` before `second`: from the top, and at one height along the row.

    Tops are at one height where they differ by less than a third of the bodies' mean height.
    Against the reading direction, the second must stand clearly lower.
    """
    a, b = first.body.box(first.center), second.body.box(second.center)
    lower = b.top - a.top
    level = (a.height + b.height) / 6
    sideways = second.center[0] - first.center[0]
    if sideways > 0 if reading == "ltr" else sideways < 0:
        return lower >= -level
    return lower > max(0.8 * a.height, 0.6 * b.height)
