"""The places that are tried for a text: a grid over where its middle may be, the best of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.pages.content import Anchor
from storyboard.pages.costs import Costs, Option, Request, Room, place_costs
from storyboard.pages.hulls import COUNT, Points, Reach, Walls, gaps, moved
from storyboard.pages.pointing import first_tail
from storyboard.pages.shapes import Point
from storyboard.pages.tails import tail_reaches

_WAYS = 4
"""How many of the ways to set a text are tried: the best ones that fit into the room."""

_HALF = 0.5
_NOWHERE = -1e9
"""The reach of a tail that is not there: it meets nothing."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Places of a text, a row each: its option's number, its middle, what it costs by itself, and
    how far its parts (places x parts x directions), its tail and half of its tail reach."""

    options: npt.NDArray[np.int64]
    centers: Points
    costs: Costs
    parts: Reach
    tails: Reach
    halves: Reach

    @property
    def reaches(self) -> Reach:
        """How far the parts reach together."""
        return np.asarray(self.parts.max(axis=1))


def candidates(request: Request, room: Room, most: int, steps: int) -> Candidates | None:
    """At most `most` places out of `steps` x `steps` for each way to set the text, cheapest first;
    None where it fits nowhere."""
    walls = room.beyond if request.burst else room.walls
    found: list[tuple[int, Points]] = []
    for number, option in enumerate(request.options):
        centers = _centers(option, request.anchor, walls, steps)
        if len(centers) and request.anchor is None:
            centers = centers[_free(option, centers, room)]
        if len(centers):
            found.append((number, centers))
        if len(found) == _WAYS:
            break
    if not found:
        return None
    return _chosen(request, found, room, most)


def _centers(option: Option, anchor: Anchor | None, walls: Walls, steps: int) -> Points:
    """Where the middle of a text may be: one point, or a grid of them; empty where it is too large.

    An anchor is a share of the free way, as in CSS `object-position`: 1 is flush with the far side;
    where that is outside of a slanted panel, as near to it as can be.
    """
    free = walls.narrowed(walls.needed(option.reach))
    corners = free.corners()
    if not corners:
        return np.empty((0, 2))
    (left, top), (right, bottom) = np.min(corners, axis=0), np.max(corners, axis=0)
    if anchor is not None:
        x, y = min(max(anchor.x, 0.0), 1.0), min(max(anchor.y, 0.0), 1.0)
        wanted = (left + x * (right - left), top + y * (bottom - top))
        return np.array([_pulled_in(wanted, free)])
    across, down = _steps(left, right, steps), _steps(top, bottom, steps)
    if walls.upright:
        return np.array([(x, y) for y in down for x in across])
    rows = [(x, y) for y in down for x in _steps(*free.span(0, y), steps)]
    columns = [(x, y) for x in across for y in _steps(*free.span(1, x), steps)]
    return np.array(rows + columns)


def _pulled_in(point: Point, free: Walls) -> Point:
    """The point, or where the way from it to the middle comes in."""
    x, y = free.center()
    out = float((free.normals @ np.array(point) - free.offsets).max())
    if out <= 1e-6:
        return point
    return free.ray((x, y), (point[0] - x, point[1] - y))


def _steps(low: float, high: float, count: int) -> list[float]:
    if high - low < 1:
        return [(low + high) / 2]
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def _free(option: Option, centers: Points, room: Room) -> npt.NDArray[np.bool_]:
    """Which places keep off what is blocked, and off other panels' lettering."""
    barred = np.concatenate([room.blocked, room.around])
    free = np.ones(len(centers), dtype=bool)
    if len(barred):
        for reach in option.reaches:
            free &= (gaps(moved(reach, centers), barred) >= room.gap).all(axis=1)
    return free


def _chosen(request: Request, found: list[tuple[int, Points]], room: Room, most: int) -> Candidates:
    options = np.concatenate([np.full(len(centers), number) for number, centers in found])
    centers = np.concatenate([centers for _, centers in found])
    parts = np.concatenate(
        [
            np.stack([moved(reach, centers) for reach in request.options[number].reaches], axis=1)
            for number, centers in found
        ]
    )
    badness = np.array([option.badness for option in request.options])[options]
    costs = badness + place_costs(request, parts.max(axis=1), centers, room)
    best = _spread(costs, centers, room.em)[:most]
    tails, halves = _tails(request, options[best], centers[best], room)
    return Candidates(options[best], centers[best], costs[best], parts[best], tails, halves)


def _spread(costs: Costs, centers: Points, em: float) -> npt.NDArray[np.int64]:
    """The cheapest of each neighbourhood first, so that the few that are kept are not all alike."""
    order = np.argsort(costs, kind="stable")
    spots = np.rint(centers[order] / (2 * em)).astype(np.int64)
    _, firsts = np.unique(spots, axis=0, return_index=True)
    later = np.setdiff1d(np.arange(len(order)), firsts)
    return np.asarray(order[np.concatenate([np.sort(firsts), later])])


def _tails(
    request: Request, options: npt.NDArray[np.int64], centers: Points, room: Room
) -> tuple[Reach, Reach]:
    """How far each place's tail reaches, and the half of it."""
    if request.aim is None:
        return np.full((len(centers), COUNT), _NOWHERE), np.full((len(centers), COUNT), _NOWHERE)
    tails = [
        first_tail(request.options[number], (x, y), request.aim, room)
        for number, (x, y) in zip(options.tolist(), centers.tolist(), strict=True)
    ]
    return tail_reaches(tails, room.em), tail_reaches(tails, room.em, _HALF)
