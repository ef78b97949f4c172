"""Outlines are flattened closely, and boxes and points are told apart exactly."""

from __future__ import annotations

import itertools
import math

import pytest

from storyboard.pages.shapes import (
    Box,
    bounds,
    circle,
    closed_curve,
    flatten,
    inside,
    mapped,
    polygon,
    rectangle,
    ring,
    segments_cross,
)


@pytest.mark.parametrize("radius", [2.0, 50.0, 900.0])
def test_a_flattened_circle_stays_on_the_circle(radius: float) -> None:
    points = flatten(circle((10, 20), radius), tolerance=0.05)
    assert all(abs(math.dist(p, (10, 20)) - radius) < 0.05 + radius * 3e-4 for p in points)
    chords = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in itertools.pairwise(points)]
    assert all(abs(math.dist(p, (10, 20)) - radius) < 0.1 + radius * 3e-4 for p in chords)


def test_a_closed_curve_passes_through_its_points() -> None:
    corners = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    assert set(corners) <= set(flatten(closed_curve(corners)))


def test_inside_is_told_from_outside() -> None:
    corners = flatten(rectangle(Box(0, 0, 10, 5)))
    assert inside((5, 2), corners)
    assert not inside((5, 6), corners)
    assert not inside((-1, 2), corners)


def test_mapped_shapes_move_with_their_curves() -> None:
    moved = mapped((circle((0, 0), 5),), lambda point: (point[0] + 100, point[1] - 3))
    box = bounds(moved)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((95, -8, 105, 2))


def test_the_hole_of_a_ring_turns_the_other_way() -> None:
    def area(points: list[tuple[float, float]]) -> float:
        pairs = zip(points, [*points[1:], points[0]], strict=True)
        return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2

    outer, inner = ring(Box(0, 0, 10, 10), Box(2, 2, 8, 8))
    assert area(flatten(outer)) == 100
    assert area(flatten(inner)) == -36


def test_boxes_meet_where_they_share_area_only() -> None:
    assert Box(0, 0, 2, 2).meets(Box(1, 1, 3, 3))
    assert not Box(0, 0, 2, 2).meets(Box(2, 0, 3, 2))
    assert Box(0, 0, 4, 4).holds(Box(0, 1, 4, 3))
    assert not Box(0, 0, 4, 4).holds(Box(0, 1, 5, 3))


def test_crossing_lines_cross() -> None:
    assert segments_cross((0, 0), (2, 2), (0, 2), (2, 0))
    assert not segments_cross((0, 0), (2, 2), (3, 0), (4, 5))


def test_a_polygon_keeps_its_corners() -> None:
    assert flatten(polygon([(0, 0), (4, 0), (0, 3)])) == [(0, 0), (4, 0), (0, 3)]
