"""Outlines of straight lines and cubic curves, and what can be asked of them; pure numbers.

Coordinates are pixels from the page's top left corner, y downward. A shape is a tuple of closed
contours and is filled by the nonzero winding rule, so contours of one direction unite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Line = tuple[Point]
Cubic = tuple[Point, Point, Point]
"""Two control points and the end; a `Line` has the end alone."""


@dataclass(frozen=True, slots=True)
class Contour:
    """A closed outline: it returns to `start` by itself."""

    start: Point
    segments: tuple[Line | Cubic, ...]


Shape = tuple[Contour, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Its extent in x."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Its extent in y."""
        return self.bottom - self.top

    @property
    def center(self) -> Point:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def grown(self, by: float) -> Box:
        """The box with `by` pixels more on every side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


def polygon(points: Sequence[Point]) -> Contour:
    """Straight lines through `points`."""
    return Contour(points[0], tuple((point,) for point in points[1:]))


def rectangle(box: Box) -> Contour:
    """The box's outline, clockwise on the page."""
    return polygon(
        [
            (box.left, box.top),
            (box.right, box.top),
            (box.right, box.bottom),
            (box.left, box.bottom),
        ]
    )


def ring(outer: Box, inner: Box) -> Shape:
    """The frame between two boxes."""
    hole = rectangle(inner)
    return rectangle(outer), Contour(hole.start, tuple(reversed(hole.segments)))


def closed_curve(points: Sequence[Point]) -> Contour:
    """A smooth curve through `points` and back: a uniform Catmull-Rom spline as cubics."""
    count = len(points)
    segments: list[Line | Cubic] = []
    for i in range(count):
        (x0, y0), (x1, y1) = points[i - 1], points[i]
        (x2, y2), (x3, y3) = points[(i + 1) % count], points[(i + 2) % count]
        first = (x1 + (x2 - x0) / 6, y1 + (y2 - y0) / 6)
        second = (x2 - (x3 - x1) / 6, y2 - (y3 - y1) / 6)
        segments.append((first, second, (x2, y2)))
    return Contour(points[0], tuple(segments))


def circle(center: Point, radius: float) -> Contour:
    """Four cubics, at most 0.03 % of the radius off the true circle, clockwise on the page."""
    x, y = center
    k = radius * 0.5522847498
    right, bottom = (x + radius, y), (x, y + radius)
    left, top = (x - radius, y), (x, y - radius)
    return Contour(
        right,
        (
            ((x + radius, y + k), (x + k, y + radius), bottom),
            ((x - k, y + radius), (x - radius, y + k), left),
            ((x - radius, y - k), (x - k, y - radius), top),
            ((x + k, y - radius), (x + radius, y - k), right),
        ),
    )


def mapped(shape: Shape, change: Callable[[Point], Point]) -> Shape:
    """The shape with every point changed; exact for affine changes."""

    def segment(points: Line | Cubic) -> Line | Cubic:
        if len(points) == 1:
            return (change(points[0]),)
        return change(points[0]), change(points[1]), change(points[2])

    return tuple(
        Contour(change(contour.start), tuple(segment(points) for points in contour.segments))
        for contour in shape
    )


def flatten(contour: Contour, tolerance: float = 0.05) -> list[Point]:
    """The contour as a polygon whose sides stay within `tolerance` pixels of the curve."""
    points = [contour.start]
    for segment in contour.segments:
        if len(segment) == 1:
            points.append(segment[0])
        else:
            points.extend(_flatten_cubic(points[-1], segment, tolerance))
    return points


def _flatten_cubic(start: Point, cubic: Cubic, tolerance: float) -> list[Point]:
    """Steps enough for the bound on a cubic's distance from its chords: d2 / (8 n^2)."""
    (x0, y0), ((x1, y1), (x2, y2), (x3, y3)) = start, cubic
    bend = 6 * max(
        math.hypot(x0 - 2 * x1 + x2, y0 - 2 * y1 + y2),
        math.hypot(x1 - 2 * x2 + x3, y1 - 2 * y2 + y3),
    )
    steps = max(1, math.ceil(math.sqrt(bend / (8 * tolerance))))
    points = []
    for i in range(1, steps):
        t = i / steps
        u = 1 - t
        a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
        points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return [*points, (x3, y3)]


def bounds(shape: Shape) -> Box:
    """The box around the flattened shape."""
    points = [point for contour in shape for point in flatten(contour)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def inside(point: Point, corners: Sequence[Point]) -> bool:
    """Whether a polygon holds `point` (even-odd rule)."""
    x, y = point
    held = False
    previous = corners[-1]
    for corner in corners:
        (x0, y0), (x1, y1) = previous, corner
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            held = not held
        previous = corner
    return held


def segments_cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the straight lines a-b and c-d cross."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
