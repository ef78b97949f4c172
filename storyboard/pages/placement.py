"""Where lettering stands in its panel: a beam search over a few good places for each text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from storyboard.pages.bodies import Body
from storyboard.pages.costs import Place, Request, Room, pair_cost, passes, place_cost
from storyboard.pages.shapes import Point
from storyboard.pages.tails import tail

_BEAM = 14
_PLACES = 40
_WAYS = 4
"""How many of the ways to set a text are tried: the best ones that fit into the room."""
_COLUMNS, _ROWS = 9, 9


@dataclass(frozen=True, slots=True)
class Placement:
    """A place for each request, in their order, and what they cost together."""

    places: tuple[Place, ...]
    cost: float


@dataclass(frozen=True, slots=True)
class _State:
    cost: float
    places: tuple[Place, ...]


class _Pairs:
    """Pair costs, each found once: states share most of their places."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._known: dict[tuple[int, int], float] = {}

    def cost(self, one: Place, two: Place) -> float:
        key = id(one), id(two)  # candidates live as long as the search
        if key not in self._known:
            self._known[key] = pair_cost(one, two, self._room)
        return self._known[key]


def place_all(requests: Sequence[Request], room: Room) -> Placement | None:
    """A place for each request, in reading order; None where no room was found for them all.

    Anchored texts stand where they are told to; the others find their places around them.
    """
    candidates = [_candidates(number, request, room) for number, request in enumerate(requests)]
    pairs = _Pairs(room)
    states = [_State(0.0, ())]
    for number in sorted(range(len(requests)), key=lambda i: (requests[i].anchor is None, i)):
        steps = (_with(state, place, pairs) for state in states for place in candidates[number])
        possible = (state for state in steps if math.isfinite(state.cost))
        states = sorted(possible, key=lambda state: state.cost)[:_BEAM]
        if not states:
            return None
    places = sorted(states[0].places, key=lambda place: place.order)
    return Placement(tuple(_cut(place, places, room) for place in places), states[0].cost)


def _with(state: _State, place: Place, pairs: _Pairs) -> _State:
    cost = state.cost + place.cost
    for other in state.places:
        cost += pairs.cost(place, other)
        if cost == math.inf:
            break
    return _State(cost, (*state.places, place))


def _cut(place: Place, places: Sequence[Place], room: Room) -> Place:
    """The place with its tail ending before it reaches another body, or else without a tail."""
    if place.tail is None:
        return place
    length = math.dist(place.tail.base, place.tail.tip)
    shortest = min(1.0, 0.9 * room.em / max(length, 1.0))
    for t in (1.0, 0.85, 0.7, 0.55, 0.4, 0.3):
        bent = place.tail.cut(max(t, shortest))
        if not any(passes(bent, other, room) for other in places if other is not place):
            return replace(place, tail=bent)
    return replace(place, tail=None)


def _candidates(number: int, request: Request, room: Room) -> list[Place]:
    fitting = [option for option, way in enumerate(request.options) if _fits(way.body, room)][
        :_WAYS
    ]
    found = [
        _placed(number, request, option, center, room)
        for option in fitting
        for center in _centers(request.options[option].body, request, room)
    ]
    best = _spread(sorted(found, key=lambda place: place.cost), room.em)[:_PLACES]
    return [_tailed(place, request, room) for place in best]


def _spread(places: Sequence[Place], em: float) -> list[Place]:
    """The cheapest of each neighbourhood first, so that the few that are kept are not all alike."""
    seen: set[tuple[int, int]] = set()
    first: list[Place] = []
    later: list[Place] = []
    for place in places:
        spot = round(place.center[0] / (2 * em)), round(place.center[1] / (2 * em))
        (later if spot in seen else first).append(place)
        seen.add(spot)
    return first + later


def _fits(body: Body, room: Room) -> bool:
    return 2 * body.half_width <= room.box.width and 2 * body.half_height <= room.box.height


def _centers(body: Body, request: Request, room: Room) -> Iterator[Point]:
    """Where the middle of a body that fits may be: one point, or a grid of them.

    An anchor is a share of the free way, as in CSS `object-position`: 1 is flush with the far side.
    """
    wide, high = room.box.width - 2 * body.half_width, room.box.height - 2 * body.half_height
    left, top = room.box.left + body.half_width, room.box.top + body.half_height
    if request.anchor is not None:
        x, y = min(max(request.anchor.x, 0.0), 1.0), min(max(request.anchor.y, 0.0), 1.0)
        yield left + x * wide, top + y * high
        return
    for down in _steps(high, _ROWS):
        for across in _steps(wide, _COLUMNS):
            yield left + across, top + down


def _steps(length: float, count: int) -> list[float]:
    if length < 1:
        return [length / 2]
    return [length * i / (count - 1) for i in range(count)]


def _placed(number: int, request: Request, option: int, center: Point, room: Room) -> Place:
    chosen = request.options[option]
    cost = chosen.badness + place_cost(request, chosen.body, center, room)
    return Place(number, request.role, option, chosen.body, center, None, cost)


def _tailed(place: Place, request: Request, room: Room) -> Place:
    if request.speaker is None:
        return place
    bent = tail(place.body, place.center, request.speaker, room.em, room.box)
    return replace(place, tail=bent)
