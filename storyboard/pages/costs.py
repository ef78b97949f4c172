"""What a place for a text costs: by itself, and beside another.

Costs are plain numbers whose proportions say what matters more: covering a face is worse than
small letters, and those are worse than standing low. What may not be costs infinitely much. All
is said for many places at a time: rows of one table are a text's places, columns another's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from storyboard.pages.bodies import Body
from storyboard.pages.busy import Busy
from storyboard.pages.content import Anchor, Reading
from storyboard.pages.hulls import DOWN, LEFT, RIGHT, UP, Points, Reach, Walls, disc_reach, gaps
from storyboard.pages.shapes import Box, Point

Role = Literal["caption", "balloon", "note", "sound"]
"""A note is an editor's caption: it stands below, and is read last."""

Costs = npt.NDArray[np.float64]

_AGAINST = 0.5
"""What it costs to go on against the reading direction, lower."""

_OUT_OF_ORDER, _TAIL_ACROSS, _TAILS_CROSS, _TAIL_CUT = 12.0, 6.0, 4.0, 1.5
_ON_A_FACE, _NEAR_THE_SPEAKER = 14.0, 4.0
_UNBROKEN = 1.2
_TAILS_WAY = 2.2
"""How far from the border somebody speaks who is out of sight, in em: a tail needs its room."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the bodies of a text, by where its middle stands from the text's."""

    body: Body
    offset: Point = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to set a text: its bodies in pixels, how far all of it reaches, and how bad it is.

    `reaches` has a row for each part.
    """

    parts: tuple[Part, ...]
    reaches: Reach
    badness: float

    @property
    def reach(self) -> Reach:
        """How far the parts reach together."""
        return np.asarray(self.reaches.max(axis=0))


@dataclass(frozen=True, slots=True)
class Mouth:
    """A tail points here and ends before the head around it, a disc of radius `head`."""

    point: Point
    head: float


@dataclass(frozen=True, slots=True)
class Out:
    """A tail points out of the panel: toward a point, or to the side that is nearest.

    `side` is -1 for the left one and 1 for the right one, where that is known.
    """

    toward: Point | None = None
    side: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A text that wants a place. With `burst` it may leave its panel; `neck` is the number of the
    request whose balloon it is joined with from where it stands."""

    role: Role
    options: tuple[Option, ...]
    anchor: Anchor | None = None
    aim: Mouth | Out | None = None
    burst: bool = False
    neck: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A disc around a face, which no lettering should cover."""

    center: Point
    radius: float

    @property
    def reach(self) -> Reach:
        """How far it reaches on the page."""
        return disc_reach(self.center, self.radius)


@dataclass(frozen=True, slots=True)
class Room:
    """The free part of a panel.

    Bodies stay within `walls`, those that burst it within `beyond`; tails end within `border`.
    `blocked` are things that nothing may cover, and `around` is the lettering of other panels that
    may be met, each with a row. `gap` is what texts keep between them, `em` their letters' size.
    """

    walls: Walls
    beyond: Walls
    border: Walls
    box: Box
    busy: Busy
    reading: Reading
    gap: float
    em: float
    heads: tuple[Head, ...]
    blocked: Reach
    around: Reach


def place_costs(request: Request, reaches: Reach, centers: Points, room: Room) -> Costs:
    """What places cost apart from their neighbours.

    Captions start at the top, notes at the bottom, sounds keep to a calm side below, balloons stand
    high and near their speaker.
    """
    across = _fraction(-reaches[:, LEFT] - room.box.left, room.box.right - reaches[:, RIGHT])
    down = _fraction(-reaches[:, UP] - room.box.top, room.box.bottom - reaches[:, DOWN])
    if room.reading == "rtl":
        across = 1 - across
    mean, share = room.busy.under(reaches)
    busy = 0.5 * mean + 1.4 * share
    faces = _faces(reaches, room)
    if request.role == "caption":
        return faces + 2.0 * busy + 3.5 * down + 3.0 * across
    if request.role == "note":
        return faces + 2.0 * busy + 3.5 * (1 - down) + 3.0 * across
    if request.role == "sound":
        return (
            faces
            + 5.0 * mean
            + 4.0 * share
            + 0.8 * np.abs(down - 0.7)
            + 0.4 * np.minimum(across, 1 - across)
        )
    cost = faces + 6.5 * busy + 2.4 * down + 0.25 * across
    return cost + _aimed(request, reaches, centers, room) + _unbroken(request, reaches, room)


def _fraction(before: Costs, after: Costs) -> Costs:
    """How far along its free way something stands; the middle where it has none."""
    way = before + after
    return np.where(way > 1, before / np.maximum(way, 1), 0.5)


def _faces(reaches: Reach, room: Room) -> Costs:
    """The part of each face that is covered, in the measure of its radius."""
    cost = np.zeros(len(reaches))
    for face in room.heads:
        deep = 0.1 * face.radius - gaps(reaches, face.reach[None])[:, 0]
        cost += _ON_A_FACE * np.clip(deep / face.radius + 0.3 * (deep > 0), 0, 2)
    return cost


def _aimed(request: Request, reaches: Reach, centers: Points, room: Room) -> Costs:
    """Stand above the speaker or beside, near, but never on the speaker's face."""
    aim = request.aim
    if isinstance(aim, Out):
        return _near_side(aim, reaches, room)
    if aim is None:
        return np.zeros(len(centers))
    dx, dy = aim.point[0] - centers[:, 0], aim.point[1] - centers[:, 1]
    head = disc_reach(aim.point, max(aim.head, 1.2 * room.em))
    covered = np.clip(1 - gaps(reaches, head[None])[:, 0] / room.em, 0, 1)
    below = np.maximum(0, -dy) / room.box.height
    beside = np.maximum(0, np.abs(dx) - 0.6 * aim.head) / room.box.width
    return 2.2 * beside + 7.0 * below + _NEAR_THE_SPEAKER * covered


def _near_side(aim: Out, reaches: Reach, room: Room) -> Costs:
    """Who is out of sight speaks from near the border."""
    left = -reaches[:, LEFT] - room.box.left
    right = room.box.right - reaches[:, RIGHT]
    if aim.toward is not None:
        x, y = aim.toward
        far = np.hypot(
            (reaches[:, RIGHT] - reaches[:, LEFT]) / 2 - x,
            (reaches[:, DOWN] - reaches[:, UP]) / 2 - y,
        )
        return 2.2 * far / room.box.width
    way = np.minimum(left, right) if aim.side == 0 else left if aim.side < 0 else right
    return 2.2 * np.abs(way - _TAILS_WAY * room.em) / room.box.width


def _unbroken(request: Request, reaches: Reach, room: Room) -> Costs:
    """A balloon that may burst its panel does so."""
    if not request.burst:
        return np.zeros(len(reaches))
    return np.where(room.border.beyond(reaches) < 0.5 * room.em, _UNBROKEN, 0.0)


def order_costs(
    first: Request, first_reaches: Reach, second: Request, second_reaches: Reach, reading: Reading
) -> Costs:
    """What it costs where the eye does not meet the first text before the second.

    Only the author may place texts out of order: beside an anchored one it costs something, two
    anchored ones may stand as they like.
    """
    if "sound" in (first.role, second.role) or (first.anchor and second.anchor):
        return np.zeros((len(first_reaches), len(second_reaches)))
    cost = _OUT_OF_ORDER if first.anchor or second.anchor else math.inf
    onward = _onward(first_reaches, second_reaches, reading)
    before = reads_before(first_reaches, second_reaches, reading)
    return np.where(before, np.where(onward, 0.0, _AGAINST), cost)


def _onward(first: Reach, second: Reach, reading: Reading) -> npt.NDArray[np.bool_]:
    """Whether things lie farther on in the reading direction than others."""
    middle = (first[:, RIGHT] - first[:, LEFT])[:, None] / 2
    other = (second[:, RIGHT] - second[:, LEFT])[None] / 2
    return np.asarray(other > middle if reading == "ltr" else other < middle)


def reads_before(first: Reach, second: Reach, reading: Reading) -> npt.NDArray[np.bool_]:
    """Whether an eye meets things before others: from the top, and at one height along the row.

    Tops are at one height where they differ by less than a third of the bodies' mean height.
    Against the reading direction, the second must stand clearly lower.
    """
    top, bottom = -first[:, UP][:, None], first[:, DOWN][:, None]
    other_top, other_bottom = -second[:, UP][None], second[:, DOWN][None]
    high, other_high = bottom - top, other_bottom - other_top
    lower = other_top - top
    level = lower >= -(high + other_high) / 6
    below = lower > np.maximum(0.8 * high, 0.6 * other_high)
    return np.asarray(np.where(_onward(first, second, reading), level, below))


def tail_costs(whole: Reach, half: Reach, parts: Reach) -> Costs:
    """What tails cost that run over others' bodies; one that is free half way need only be cut.

    `whole` and `half` have a row for each tail, `parts` are places x parts x directions.
    """
    cost = np.zeros((len(whole), len(parts)))
    for part in range(parts.shape[1]):
        crossed = gaps(whole, parts[:, part]) < 0
        if not crossed.any():
            continue
        cut = gaps(half, parts[:, part]) < 0
        cost = np.maximum(cost, np.where(cut, _TAIL_ACROSS, np.where(crossed, _TAIL_CUT, 0.0)))
    return cost


def crossing_costs(one: Reach, two: Reach) -> Costs:
    """What two tails cost that cross, rows x columns."""
    return np.where(gaps(one, two) < 0, _TAILS_CROSS, 0.0)
