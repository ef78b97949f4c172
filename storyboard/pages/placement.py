"""Where lettering stands in its panel: a beam search over a few good places for each text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from storyboard.pages.candidates import Candidates, candidates
from storyboard.pages.costs import (
    Costs,
    Part,
    Request,
    Room,
    crossing_costs,
    order_costs,
    tail_costs,
)
from storyboard.pages.hulls import COUNT, Reach, gaps
from storyboard.pages.pointing import Rooted, free_tail
from storyboard.pages.shapes import Point

__all__ = ["Place", "Placement", "place_all"]


@dataclass(frozen=True, slots=True)
class _Effort:
    """How many places are tried for each text, in how many rows and columns, and how many
    arrangements are kept while texts join them one by one."""

    places: int
    steps: int
    beam: int


_EFFORTS = (_Effort(48, 9, 24), _Effort(180, 15, 90))
"""Most panels are easy; what finds no room is tried once more with patience."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: its option's number, its middle, its parts, and its tail.

    `neck` is the middle of the balloon that it is joined with from afar.
    """

    option: int
    center: Point
    parts: tuple[Part, ...]
    rooted: Rooted | None
    neck: Point | None = None

    @property
    def middles(self) -> tuple[Point, ...]:
        """Where the middle of each part stands."""
        x, y = self.center
        return tuple((x + part.offset[0], y + part.offset[1]) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Placement:
    """A place for each request, in their order, how far all of them reach on the page (a row for
    each part and each tail), and what they cost together."""

    places: tuple[Place, ...]
    reaches: Reach
    cost: float


def place_all(requests: Sequence[Request], room: Room) -> Placement | None:
    """A place for each request, in reading order; None where no room was found for them all.

    Anchored texts stand where they are told to; the others find their places around them.
    """
    for effort in _EFFORTS:
        ways = [candidates(request, room, effort.places, effort.steps) for request in requests]
        if any(way is None for way in ways):
            return None
        found = _Search(requests, [way for way in ways if way is not None], room).best(effort.beam)
        if found is not None:
            return found
    return None


class _Search:
    """One beam search; what pairs of texts cost is found once for all their places."""

    def __init__(self, requests: Sequence[Request], ways: Sequence[Candidates], room: Room) -> None:
        self._requests, self._ways, self._room = requests, ways, room
        self._pairs: dict[tuple[int, int], Costs] = {}

    def best(self, beam: int) -> Placement | None:
        """The cheapest arrangement that the search meets."""
        requests = self._requests
        order = sorted(range(len(requests)), key=lambda i: (requests[i].anchor is None, i))
        costs = np.zeros(1)
        states = np.zeros((1, len(requests)), dtype=np.int64)
        for step, number in enumerate(order):
            total = costs[:, None] + self._ways[number].costs[None, :]
            for other in order[:step]:
                total = total + self._pair(other, number)[states[:, other]]
            flat = total.ravel()
            kept = np.argsort(flat, kind="stable")[:beam]
            kept = kept[np.isfinite(flat[kept])]
            if not len(kept):
                return None
            rows, picked = np.divmod(kept, total.shape[1])
            states, costs = states[rows].copy(), flat[kept]
            states[:, number] = picked
        return self._placement(states[0].tolist(), float(costs[0]))

    def _pair(self, one: int, two: int) -> Costs:
        """What every place of one text costs beside every place of another."""
        if (one, two) not in self._pairs:
            first, second = min(one, two), max(one, two)
            cost = self._pair_costs(first, second)
            self._pairs[first, second] = cost
            self._pairs[second, first] = cost.T
        return self._pairs[one, two]

    def _pair_costs(self, first: int, second: int) -> Costs:
        a, b = self._ways[first], self._ways[second]
        requests = self._requests
        cost = order_costs(
            requests[first], a.reaches, requests[second], b.reaches, self._room.reading
        )
        joined = requests[second].neck == first
        for i in range(a.parts.shape[1]):
            for j in range(b.parts.shape[1]):
                near = gaps(a.parts[:, i], b.parts[:, j]) < (0 if joined else self._room.gap)
                cost = np.where(near, np.inf, cost)
        if not np.isfinite(cost).any():
            return cost
        cost = cost + tail_costs(a.tails, a.halves, b.parts)
        cost = cost + tail_costs(b.tails, b.halves, a.parts).T
        return cost + crossing_costs(a.tails, b.tails)

    def _placement(self, chosen: Sequence[int], cost: float) -> Placement:
        bodies = [way.parts[index] for way, index in zip(self._ways, chosen, strict=True)]
        barred = [self._room.blocked, self._room.around]
        tails: list[Reach] = []
        places: list[Place] = []
        for number, index in enumerate(chosen):
            others = [body for i, body in enumerate(bodies) if i != number]
            place = self._place(number, index, np.concatenate([*barred, *others, *tails]))
            places.append(place)
            if place.rooted is not None:
                tails.append(place.rooted.tail.reach(self._room.em)[None])
        necked = tuple(self._necked(place, number, places) for number, place in enumerate(places))
        return Placement(necked, np.concatenate([np.empty((0, COUNT)), *bodies, *tails]), cost)

    def _place(self, number: int, index: int, others: Reach) -> Place:
        way, request = self._ways[number], self._requests[number]
        center = float(way.centers[index, 0]), float(way.centers[index, 1])
        choice = int(way.options[index])
        option = request.options[choice]
        rooted = None
        if request.aim is not None:
            rooted = free_tail(option, center, request.aim, self._room, others)
        return Place(choice, center, option.parts, rooted)

    def _necked(self, place: Place, number: int, places: Sequence[Place]) -> Place:
        neck = self._requests[number].neck
        if neck is None:
            return place
        return replace(place, neck=places[neck].middles[-1])
