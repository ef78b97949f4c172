"""Borders as by a hand without a ruler: each side wanders a little, swells and thins.

Chance comes from a panel's address: equal panels have equal borders, on any machine.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Sequence

from storyboard.pages.edges import Edge, shrunk
from storyboard.pages.shapes import Contour, Point, Shape, polygon

_WANDERS = 0.7
"""How far a stroke leaves the straight, in its own width."""
_SWELLS = 0.35
_BEYOND = (1.5, 3.0)
"""How far strokes go on beyond their corners, in their own width."""


def wandering(sides: Sequence[Edge], width: float, seed: str) -> list[list[Point]]:
    """Each side as points from corner to corner, a little inside of where it was."""
    inside = shrunk(sides, (0.5 + _WANDERS) * width)
    return [_path(side, width, f"{seed}/{i}") for i, side in enumerate(inside)]


def ragged_line(
    sides: Sequence[Edge], paths: Sequence[Sequence[Point]], width: float, seed: str
) -> Shape | None:
    """A stroke along each path whose side has a line; None where none has."""
    strokes = tuple(
        _stroke(path, width, _chance(f"{seed}/{i}/stroke"))
        for i, (side, path) in enumerate(zip(sides, paths, strict=True))
        if side.drawn
    )
    return strokes or None


def _chance(seed: str) -> random.Random:
    return random.Random(hashlib.sha256(seed.encode()).digest())


def _waves(chance: random.Random, cycles: float) -> Callable[[float], float]:
    """Three waves of different lengths, from -1 to 1 over 0 to 1."""
    parts = [
        (cycles * often * math.tau, chance.uniform(0, math.tau), high)
        for often, high in ((0.37, 0.5), (1.0, 0.3), (2.7, 0.2))
    ]
    return lambda share: math.fsum(
        high * math.sin(often * share + phase) for often, phase, high in parts
    )


def _path(side: Edge, width: float, seed: str) -> list[Point]:
    length = math.dist(side.start, side.end)
    if not side.drawn or not length:
        return [side.start, side.end]
    waves = _waves(_chance(seed), length / (42 * width))
    steps = max(8, round(length / (3 * width)))
    (x0, y0), (x1, y1) = side.start, side.end
    across = (-(y1 - y0) / length, (x1 - x0) / length)
    points = []
    for step in range(steps + 1):
        share = step / steps
        ends = min(1.0, 8 * share, 8 * (1 - share))  # corners stay where they are
        off = _WANDERS * width * waves(share) * ends
        points.append(
            (x0 + share * (x1 - x0) + off * across[0], y0 + share * (y1 - y0) + off * across[1])
        )
    return points


def _stroke(path: Sequence[Point], width: float, chance: random.Random) -> Contour:
    """The path as a pen draws it, whose pressure changes and which tapers at both ends."""
    path = [
        _beyond(path[1], path[0], width * chance.uniform(*_BEYOND)),
        *path,
        _beyond(path[-2], path[-1], width * chance.uniform(*_BEYOND)),
    ]
    waves = _waves(chance, len(path) / 12)
    left, right = [], []
    for i, (x, y) in enumerate(path):
        dx, dy = _direction(path[max(i - 1, 0)], path[min(i + 1, len(path) - 1)])
        thin = 0.35 if i in (0, len(path) - 1) else 1.0
        half = width / 2 * thin * (1 + _SWELLS * waves(i / len(path)))
        left.append((x - half * dy, y + half * dx))
        right.append((x + half * dy, y - half * dx))
    return polygon([*left, *reversed(right)])


def _beyond(start: Point, end: Point, by: float) -> Point:
    dx, dy = _direction(start, end)
    return end[0] + by * dx, end[1] + by * dy


def _direction(start: Point, end: Point) -> Point:
    length = math.dist(start, end) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length
