"""Which tail a text gets where it stands: toward a mouth or out of the panel, crossing nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from storyboard.pages.costs import Mouth, Option, Out, Room
from storyboard.pages.hulls import Reach, gaps, moved
from storyboard.pages.shapes import Point
from storyboard.pages.tails import TIP_AIR, Tail, reaching_tail, tail

_LEANS = (0.5, 0.2, 0.8, -0.2)
_CUTS = (1.0, 0.85, 0.7, 0.55, 0.42)
_STUB = 0.8
"""A tail that would be shorter than this, in em, is left out."""

_SINKING = 0.45
"""How much a tail that leads out of the panel falls on its way, by how far it goes aside."""


@dataclass(frozen=True, slots=True)
class Rooted:
    """A tail, and the number of the part that it leaves."""

    tail: Tail
    part: int


def first_tail(option: Option, center: Point, aim: Mouth | Out, room: Room) -> Tail:
    """The tail that a text would have if nothing else were there."""
    part = _nearest(option, center, aim)[0]
    return next(iter(_whole(option, part, center, aim, room, _LEANS[0])))


def free_tail(
    option: Option, center: Point, aim: Mouth | Out, room: Room, others: Reach
) -> Rooted | None:
    """The best tail that keeps off `others` (a row each); None where every way is barred."""
    for rooted in _ways(option, center, aim, room):
        bent = rooted.tail
        if bent.length < _STUB * room.em:
            continue
        own = [moved(option.reaches[i], np.array(center)) for i in range(len(option.parts))]
        del own[rooted.part]
        barred = np.concatenate([others, np.array(own)]) if own else others
        if not len(barred) or float(gaps(bent.reach(room.em)[None], barred).min()) >= 0:
            return rooted
    return None


def _ways(option: Option, center: Point, aim: Mouth | Out, room: Room) -> Iterator[Rooted]:
    """Every tail that may be, best first: long ones, from the part that is nearest."""
    whole = [
        Rooted(made, part)
        for part in _nearest(option, center, aim)
        for lean in _LEANS
        for made in _whole(option, part, center, aim, room, lean)
    ]
    for t in _CUTS:
        for rooted in whole:
            inside = _inside(rooted.tail.cut(t) if t < 1 else rooted.tail, room)
            if inside is not None:
                yield Rooted(inside, rooted.part)


def _nearest(option: Option, center: Point, aim: Mouth | Out) -> Sequence[int]:
    """The parts' numbers, that first which is nearest to where the tail points to."""
    numbers = range(len(option.parts))
    point = aim.point if isinstance(aim, Mouth) else aim.toward
    if point is None:
        return numbers

    def away(number: int) -> float:
        x, y = option.parts[number].offset
        return math.dist((center[0] + x, center[1] + y), point)

    return sorted(numbers, key=away)


def _whole(
    option: Option, number: int, center: Point, aim: Mouth | Out, room: Room, lean: float
) -> Iterator[Tail]:
    part = option.parts[number]
    middle = center[0] + part.offset[0], center[1] + part.offset[1]
    if isinstance(aim, Mouth):
        yield tail(part.body, middle, aim.point, aim.head, room.em, lean)
    else:
        for exit in _exits(aim, middle, room):
            yield reaching_tail(part.body, middle, exit, lean)


def _exits(aim: Out, middle: Point, room: Room) -> list[Point]:
    """Where a tail may leave the panel, best first: to the side, falling a little."""
    border = room.border.narrowed(0.5 * TIP_AIR * room.em)
    if aim.toward is not None and math.dist(aim.toward, middle) > 1:
        return [border.ray(middle, (aim.toward[0] - middle[0], aim.toward[1] - middle[1]))]
    sides = (aim.side, -aim.side) if aim.side else (-1, 1)
    exits = [border.ray(middle, (side, _SINKING)) for side in sides]
    return exits if aim.side else sorted(exits, key=lambda exit: math.dist(exit, middle))


def _inside(bent: Tail, room: Room) -> Tail | None:
    """The tail, cut where it would leave the panel; its tip may touch the border."""
    for t in (1.0, 0.85, 0.7, 0.55):
        part = bent.cut(t) if t < 1 else bent
        if float(room.border.beyond(part.reach(room.em))) <= 0.6 * TIP_AIR * room.em:
            return part
    return None
