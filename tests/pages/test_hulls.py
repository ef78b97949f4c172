"""Reaches tell how far apart things are, and never too much; walls hold what stands within."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.pages.bodies import Body
from storyboard.pages.hulls import (
    Walls,
    body_reach,
    box_reach,
    disc_reach,
    gaps,
    moved,
    reach_box,
    shape_reach,
)
from storyboard.pages.shapes import Box, circle, polygon

QUAD = (polygon([(0, 0), (100, 20), (90, 200), (5, 190)]),)


def test_the_gap_between_boxes_is_exact() -> None:
    reach = np.array([box_reach(Box(0, 0, 10, 10))])
    others = np.array([box_reach(Box(15, 3, 20, 8)), box_reach(Box(2, 8, 5, 30))])
    assert gaps(reach, others)[0].tolist() == [5, -2]


def test_the_gap_between_discs_is_never_too_wide_and_hardly_too_narrow() -> None:
    for angle in np.linspace(0, 2 * math.pi, 50):
        center = 60 * math.cos(angle), 60 * math.sin(angle)
        gap = gaps(disc_reach((0, 0), 20)[None], disc_reach(center, 30)[None])[0, 0]
        assert 10 - 0.005 * 60 <= gap <= 10 + 1e-9


@settings(deadline=None)
@given(
    st.floats(-120, 120),
    st.floats(-120, 120),
    st.floats(10, 60),
    st.floats(10, 60),
    st.sampled_from([2.0, 2.35, math.inf]),
)
def test_bodies_that_are_apart_share_no_point(
    x: float, y: float, wide: float, high: float, power: float
) -> None:
    a, b = Body(40, 25, 2.35), Body(wide, high, power)
    apart = gaps(body_reach(a)[None], moved(body_reach(b), np.array((x, y)))[None])[0, 0] >= 0
    if apart:
        assert not any(b.holds(px - x, py - y) for px, py in a.rim(200))
        assert not any(a.holds(px + x, py + y) for px, py in b.rim(200))


def test_a_shape_reaches_as_far_as_the_hull_around_it() -> None:
    box = reach_box(shape_reach(QUAD))
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((0, 0, 100, 200))


def test_walls_hold_what_stands_within_a_leaning_panel() -> None:
    walls = Walls.of(QUAD)
    assert float(walls.beyond(disc_reach((50, 100), 40))) < 0
    assert float(walls.beyond(disc_reach((50, 30), 40))) > 0
    corners = np.array(sorted(walls.corners()))
    assert corners == pytest.approx(np.array([(0, 0), (5, 190), (90, 200), (100, 20)]))


def test_narrowed_walls_are_farther_inside() -> None:
    box = Walls.around(Box(0, 0, 100, 50)).narrowed(5)
    assert box.corners() == [(5, 5), (95, 5), (95, 45), (5, 45)]
    assert Walls.around(Box(0, 0, 100, 50)).narrowed(26).corners() == []


def test_a_ragged_outline_has_walls_inside_its_notches() -> None:
    notched = polygon([(0, 0), (50, 4), (100, 0), (100, 100), (0, 100)])
    walls = Walls.of((notched,))
    assert float(walls.beyond(box_reach(Box(40, 4, 60, 96)))) == pytest.approx(0)
    assert float(walls.beyond(box_reach(Box(40, 3, 60, 90)))) == pytest.approx(1)


def test_round_walls_hold_a_disc() -> None:
    walls = Walls.of((circle((50, 50), 50),))
    assert float(walls.beyond(disc_reach((50, 50), 49))) <= 0
    assert float(walls.beyond(disc_reach((50, 50), 51))) > 0


def test_a_ray_ends_at_the_wall() -> None:
    walls = Walls.around(Box(0, 0, 100, 50))
    assert walls.ray((50, 25), (1, 0)) == (100, 25)
    assert walls.ray((50, 25), (-1, 0.25)) == (0, 37.5)


def test_a_line_lies_inside_for_a_span() -> None:
    assert Walls.of(QUAD).span(0, 20.0)[1] == pytest.approx(100)
