"""Convex things by how far they reach in some directions: whether two meet is one subtraction.

The reach of a convex set in a direction is its support function, max(p . u) over its points p. Two
sets are at least as far apart as the widest gap between their reaches in opposite directions, and
no farther than that by half a percent of their size, since there are 32 directions. So all that is
said here errs on the safe side. Axes are among the directions: boxes are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.pages.bodies import Body
from storyboard.pages.shapes import Box, Point, Shape, flatten

Reach = npt.NDArray[np.float64]
"""Along the last axis how far something reaches in each of the directions, in pixels or em."""

Points = npt.NDArray[np.float64]
"""x and y along the last axis."""

COUNT = 32
_ANGLES = 2 * math.pi * np.arange(COUNT) / COUNT
DIRECTIONS: Points = np.round(np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1), 15)
RIGHT, DOWN, LEFT, UP = 0, COUNT // 4, COUNT // 2, 3 * COUNT // 4


def body_reach(body: Body) -> Reach:
    """A body's reach from its middle: the dual norm of its superellipse."""
    x, y = np.abs(DIRECTIONS[:, 0]) * body.half_width, np.abs(DIRECTIONS[:, 1]) * body.half_height
    if math.isinf(body.power):
        return np.asarray(x + y)
    dual = body.power / (body.power - 1)
    return np.asarray((x**dual + y**dual) ** (1 / dual))


def points_reach(points: Points) -> Reach:
    """The reach of the hull around points, which stand along the last axis but one."""
    return np.asarray((points @ DIRECTIONS.T).max(axis=-2))


def shape_reach(shape: Shape) -> Reach:
    """The reach of the hull around a shape."""
    return points_reach(np.array([point for contour in shape for point in flatten(contour, 0.01)]))


def box_reach(box: Box) -> Reach:
    """A box's reach where it stands."""
    corners = [(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)]
    return points_reach(np.array(corners))


def disc_reach(center: Point, radius: float) -> Reach:
    """A disc's reach where it stands."""
    return moved(np.full(COUNT, radius), np.array(center))


def moved(reach: Reach, by: Points) -> Reach:
    """The reach of what is moved by one step, or by several along the first axis."""
    return np.asarray(reach + by @ DIRECTIONS.T)


def reach_box(reach: Reach) -> Box:
    """The box around one thing."""
    return Box(-float(reach[LEFT]), -float(reach[UP]), float(reach[RIGHT]), float(reach[DOWN]))


def gaps(some: Reach, others: Reach) -> npt.NDArray[np.float64]:
    """How far apart things are at least, rows x columns; negative where they may meet."""
    opposite = np.roll(others, COUNT // 2, axis=-1)
    # Directions first: numpy takes the least of whole tables faster than of many short rows.
    sums = some.T[:, :, None] + np.ascontiguousarray(opposite.T)[:, None, :]
    return np.asarray(-sums.min(axis=0))


@dataclass(frozen=True, slots=True)
class Walls:
    """A convex outline as the straight walls around it: p . normal <= offset holds inside."""

    normals: Points
    offsets: npt.NDArray[np.float64]

    @classmethod
    def around(cls, box: Box) -> Walls:
        """The walls of a box."""
        normals = np.array([(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)])
        return cls(normals, np.array([box.right, box.bottom, -box.left, -box.top]))

    @classmethod
    def of(cls, shape: Shape) -> Walls:
        """The walls of a panel's outline. Of one that is ragged, those of the hull around it, as
        far inside as its deepest notch."""
        points = [point for contour in shape for point in flatten(contour, 0.5)]
        corners = np.array(_hull(points), dtype=np.float64)
        sides = np.roll(corners, -1, axis=0) - corners
        normals = np.stack([sides[:, 1], -sides[:, 0]], axis=1)
        normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
        offsets = (normals * corners).sum(axis=1)
        notch = float((offsets - np.array(points) @ normals.T).min(axis=1).max())
        return cls(normals, offsets - notch)

    @property
    def upright(self) -> bool:
        """Whether all walls run along the axes."""
        return bool((np.abs(self.normals).max(axis=1) > 1 - 1e-9).all())

    def narrowed(self, by: float | npt.NDArray[np.float64]) -> Walls:
        """The walls, each farther inside by as much, or by as much as is said for each."""
        return Walls(self.normals, self.offsets - by)

    def within(self, box: Box) -> Walls:
        """These walls and those of a box."""
        other = Walls.around(box)
        return Walls(
            np.concatenate([self.normals, other.normals]),
            np.concatenate([self.offsets, other.offsets]),
        )

    def needed(self, reach: Reach) -> npt.NDArray[np.float64]:
        """How far something reaches toward each wall: at most as its neighbouring directions do."""
        angles = np.arctan2(self.normals[:, 1], self.normals[:, 0]) % (2 * math.pi)
        step = 2 * math.pi / COUNT
        first = np.floor(angles / step + 1e-9).astype(int)
        part = angles - first * step
        before, after = np.sin(step - part) / math.sin(step), np.sin(part) / math.sin(step)
        after = np.where(np.abs(part) < 1e-8, 0.0, after)
        return np.asarray(
            reach[..., first % COUNT] * before + reach[..., (first + 1) % COUNT] * after
        )

    def beyond(self, reach: Reach) -> npt.NDArray[np.float64]:
        """By how much things stand out of the walls; 0 or less for those inside."""
        return np.asarray((self.needed(reach) - self.offsets).max(axis=-1))

    def ray(self, start: Point, toward: Point) -> Point:
        """Where a ray meets the walls from inside."""
        speed = self.normals @ np.array(toward)
        left = self.offsets - self.normals @ np.array(start)
        ahead = speed > 1e-9
        length = float((left[ahead] / speed[ahead]).min()) if ahead.any() else 0.0
        return start[0] + toward[0] * length, start[1] + toward[1] * length

    def span(self, axis: int, at: float) -> tuple[float, float]:
        """From where to where a line parallel to an axis lies inside; `at` is where it stands on
        the other axis. Empty where the first is beyond the second."""
        along = self.normals[:, axis]
        left = self.offsets - self.normals[:, 1 - axis] * at
        low, high = along < -1e-9, along > 1e-9
        return float((left[low] / along[low]).max()), float((left[high] / along[high]).min())

    def center(self) -> Point:
        """A point inside: the mean of the corners."""
        corners = self.corners()
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return sum(xs) / len(xs), sum(ys) / len(ys)

    def corners(self) -> list[Point]:
        """Where neighbouring walls meet; empty where nothing is left inside."""
        size = 1e5
        if self.upright:
            return self._box_corners()
        kept: list[Point] = [(-size, -size), (size, -size), (size, size), (-size, size)]
        for normal, offset in zip(self.normals, self.offsets, strict=True):
            kept = _clipped(kept, (float(normal[0]), float(normal[1])), float(offset))
            if not kept:
                return []
        return kept

    def _box_corners(self) -> list[Point]:
        (left, right), (top, bottom) = self.span(0, 0.0), self.span(1, 0.0)
        if left > right or top > bottom:
            return []
        return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _clipped(corners: Sequence[Point], normal: Point, offset: float) -> list[Point]:
    """A convex polygon's part behind a line (Sutherland and Hodgman, 1974)."""
    kept: list[Point] = []
    for i, (x, y) in enumerate(corners):
        px, py = corners[i - 1]
        here = x * normal[0] + y * normal[1] - offset
        before = px * normal[0] + py * normal[1] - offset
        if (here > 0) != (before > 0):
            share = before / (before - here)
            kept.append((px + (x - px) * share, py + (y - py) * share))
        if here <= 0:
            kept.append((x, y))
    return kept


def _hull(points: Sequence[Point]) -> list[Point]:
    """The convex hull, clockwise on the page (A. Andrew's monotone chain, 1979)."""
    ordered = sorted(set(points))

    def chain(some: Sequence[Point]) -> list[Point]:
        kept: list[Point] = []
        for x, y in some:
            while len(kept) > 1:
                (ax, ay), (bx, by) = kept[-2], kept[-1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 1e-9:
                    break
                kept.pop()
            kept.append((x, y))
        return kept

    return chain(ordered)[:-1] + chain(ordered[::-1])[:-1]
