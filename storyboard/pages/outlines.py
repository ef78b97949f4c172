"""Glyphs' outlines as shapes in em, as HarfBuzz hands them out."""

from __future__ import annotations

from collections.abc import Sequence

from storyboard.pages.shapes import Contour, Cubic, Line, Point


class ShapePen:
    """Collects a glyph's contours in em; the method names are fontTools' pen protocol.

    `slant` shears them: how far they lean to the right for each em of height.
    """

    def __init__(self, upem: float, slant: float = 0.0) -> None:
        self._upem = upem
        self._slant = slant
        self._start: Point = (0.0, 0.0)
        self._at: Point = (0.0, 0.0)
        self._segments: list[Line | Cubic] = []
        self.contours: list[Contour] = []

    def _em(self, point: Sequence[float]) -> Point:
        return (point[0] + self._slant * point[1]) / self._upem, point[1] / self._upem

    def moveTo(self, point: Sequence[float]) -> None:
        self._start = self._at = self._em(point)
        self._segments = []

    def lineTo(self, point: Sequence[float]) -> None:
        self._at = self._em(point)
        self._segments.append((self._at,))

    def curveTo(self, *points: Sequence[float]) -> None:
        first, second, end = (self._em(point) for point in points)
        self._segments.append((first, second, end))
        self._at = end

    def qCurveTo(self, *points: Sequence[float]) -> None:
        control, end = (self._em(point) for point in points)
        first = _between(self._at, control)
        self._segments.append((first, _between(end, control), end))
        self._at = end

    def closePath(self) -> None:
        self.contours.append(Contour(self._start, tuple(self._segments)))


def _between(end: Point, control: Point) -> Point:
    """A cubic's control point for a quadratic's: two thirds of the way."""
    return end[0] + (control[0] - end[0]) * 2 / 3, end[1] + (control[1] - end[1]) * 2 / 3
