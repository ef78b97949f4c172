"""A balloon's body holds its lines, and bodies know when they meet."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.pages.bodies import Body, bodies_meet, box_body, round_body, set_lines
from storyboard.pages.breaking import blocks
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.shapes import bounds, flatten, inside

FONT = bundled_fonts().speech


def test_an_ellipse_is_a_superellipse_of_power_two() -> None:
    body = Body(20, 10, 2)
    for x, y in body.rim():
        assert (x / 20) ** 2 + (y / 10) ** 2 == pytest.approx(1)
    assert body.edge(0) == pytest.approx((20, 0))
    assert body.edge(math.pi / 2) == pytest.approx((0, 10))
    assert body.normal(body.edge(math.pi / 2)) == pytest.approx((0, 1))


def test_a_rectangle_holds_its_corners_inside() -> None:
    body = Body(20, 10)
    assert body.holds(19.9, 9.9)
    assert not body.holds(20.1, 0)
    assert not Body(20, 10, 2.35).holds(19.9, 9.9)


def test_the_drawn_outline_is_the_body() -> None:
    body = Body(80, 50, 2.35)
    for x, y in flatten(body.outline((0, 0))):
        assert (abs(x) / 80) ** 2.35 + (abs(y) / 50) ** 2.35 == pytest.approx(1, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("abcdeWMi!", min_size=1, max_size=10), min_size=1, max_size=14))
def test_every_line_lies_inside_its_body(words: list[str]) -> None:
    for block in blocks(" ".join(words), FONT, "lens"):
        lines = set_lines(block, FONT, centered=True)
        corners = flatten(round_body(lines, FONT, (0.5, 0.5)).outline((0, 0)), 0.001)
        for line in lines:
            for x in (line.left, line.left + line.width):
                for y in (line.baseline - FONT.cap_height, line.baseline + 0.2):
                    assert inside((x, y), corners)


def test_a_caption_has_the_same_air_on_both_sides() -> None:
    block = blocks("But there it was.", FONT, "level")[0]
    body = box_body(block, FONT, (0.5, 0.4))
    line = set_lines(block, FONT, centered=False)[0]
    assert body.half_width == pytest.approx(line.width / 2 + 0.5)
    assert line.left == pytest.approx(-line.width / 2)
    assert body.half_height == pytest.approx(FONT.cap_height / 2 + 0.4)


@settings(deadline=None)
@given(
    st.floats(-120, 120),
    st.floats(-120, 120),
    st.floats(10, 60),
    st.floats(10, 60),
    st.floats(0, 9),
)
def test_bodies_that_do_not_meet_share_no_point(
    x: float, y: float, wide: float, high: float, gap: float
) -> None:
    a, b = Body(40, 25, 2.35), Body(wide, high, 2.35)
    if not bodies_meet(a, (0, 0), b, (x, y), gap):
        assert not any(b.holds(px - x, py - y) for px, py in a.rim(200))
        assert not any(a.holds(px + x, py + y) for px, py in b.rim(200))


def test_the_gap_counts() -> None:
    a, b = Body(10, 10), Body(10, 10)
    assert not bodies_meet(a, (0, 0), b, (21, 0), 0.5)
    assert bodies_meet(a, (0, 0), b, (21, 0), 2)
    assert bodies_meet(a, (0, 0), b, (3, 3), 0)


def test_the_body_of_a_point_is_where_it_stands() -> None:
    box = bounds((Body(8, 4, 2.35).outline((100, 50)),))
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((92, 46, 108, 54), abs=0.05)
