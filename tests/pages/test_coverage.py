"""Coverage is the exact share of each pixel that a shape fills."""

from __future__ import annotations

import math

import numpy as np
import pytest

from storyboard.pages.coverage import fill_coverage, stroke_coverage
from storyboard.pages.shapes import Box, circle, polygon, rectangle, ring


def values(left: float, top: float, right: float, bottom: float) -> list[list[int]]:
    covered = fill_coverage((rectangle(Box(left, top, right, bottom)),), 1, 10, 10)
    assert covered is not None
    return [[int(value) for value in row] for row in covered.values]


def test_whole_pixels_are_whole() -> None:
    assert values(2, 3, 4, 5) == [[255, 255], [255, 255]]


def test_parts_of_pixels_are_parts() -> None:
    assert values(2.25, 3, 4, 4.5) == [[191, 255], [96, 128]]


def test_the_area_of_a_circle_is_right() -> None:
    covered = fill_coverage((circle((50.3, 49.8), 40),), 1, 100, 100)
    assert covered is not None
    assert covered.values.sum() / 255 == pytest.approx(math.pi * 1600, rel=1e-3)


def test_scale_is_applied_before_sampling() -> None:
    covered = fill_coverage((circle((50, 50), 40),), 0.5, 50, 50)
    assert covered is not None
    assert covered.values.sum() / 255 == pytest.approx(math.pi * 400, rel=2e-3)


def test_what_turns_the_same_way_unites_and_the_other_way_cuts() -> None:
    box = rectangle(Box(0, 0, 8, 8))
    twice = fill_coverage((box, box), 1, 10, 10)
    assert twice is not None
    assert int(twice.values.min()) == 255
    hole = fill_coverage(ring(Box(0, 0, 8, 8), Box(2, 2, 6, 6)), 1, 10, 10)
    assert hole is not None
    assert hole.values.sum() == 255 * (64 - 16)


def test_shapes_are_clipped_to_the_page() -> None:
    covered = fill_coverage((rectangle(Box(-5, -5, 3, 2)),), 1, 10, 10)
    assert covered is not None
    assert (covered.left, covered.top, covered.values.shape) == (0, 0, (2, 3))
    assert int(covered.values.min()) == 255
    right = fill_coverage((rectangle(Box(8.5, 4, 30, 5)),), 1, 10, 10)
    assert right is not None
    assert [int(value) for value in right.values[0]] == [128, 255]
    assert fill_coverage((rectangle(Box(20, 20, 30, 30)),), 1, 10, 10) is None
    assert fill_coverage((), 1, 10, 10) is None


def test_a_stroke_has_its_width_on_both_sides() -> None:
    covered = stroke_coverage((rectangle(Box(10, 10, 30, 30)),), 4, 1, 40, 40)
    assert covered is not None
    page = np.zeros((40, 40), dtype=int)
    height, width = covered.values.shape
    page[covered.top : covered.top + height, covered.left : covered.left + width] = covered.values
    assert list(page[20, 6:14]) == [0, 0, 255, 255, 255, 255, 0, 0]
    assert page[20, 20] == 0
    assert 0 < page[8, 8] < 128  # a round corner


def test_a_stroke_closes_its_contour() -> None:
    covered = stroke_coverage((polygon([(5, 5), (25, 5), (5, 25)]),), 2, 1, 40, 40)
    assert covered is not None
    row = covered.values[15 - covered.top]
    assert int(row[5 - covered.left]) == 255
