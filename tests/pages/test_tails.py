"""Tails leave the balloon, bend, and point to who speaks."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.pages.bodies import Body
from storyboard.pages.shapes import Box, bounds, flatten, inside
from storyboard.pages.tails import bubbles, tail, wedge

BODY = Body(90, 50, 2.35)
ROOM = Box(-400, -400, 400, 400)


@settings(deadline=None)
@given(st.floats(-350, 350), st.floats(-350, 350))
def test_a_tail_starts_on_the_outline_and_ends_in_the_room(x: float, y: float) -> None:
    bent = tail(BODY, (0, 0), (x, y), 30, ROOM)
    assert (abs(bent.base[0]) / 90) ** 2.35 + (abs(bent.base[1]) / 50) ** 2.35 == pytest.approx(1)
    assert ROOM.left <= bent.tip[0] <= ROOM.right
    assert ROOM.top <= bent.tip[1] <= ROOM.bottom
    assert not BODY.grown(-0.01).holds(*bent.tip)
    assert math.dist(bent.base, bent.tip) <= 3.6 * 30 + 1e-6


@settings(deadline=None)
@given(st.floats(-350, 350), st.floats(150, 350))
def test_a_tail_comes_nearer_to_the_speaker_and_stops_before(x: float, y: float) -> None:
    bent = tail(BODY, (0, 0), (x, y), 30, ROOM)
    assert 0 < math.dist(bent.tip, (x, y)) < math.dist(bent.base, (x, y))


@pytest.mark.parametrize("target", [(0.0, 200.0), (150.0, 200.0), (-250.0, 120.0)])
def test_a_tail_bends(target: tuple[float, float]) -> None:
    bent = tail(BODY, (0, 0), target, 30, ROOM)
    straight = ((bent.base[0] + bent.tip[0]) / 2, (bent.base[1] + bent.tip[1]) / 2)
    assert math.dist(bent.at(0.5), straight) > 1


def test_a_wedge_is_rooted_inside_the_body_and_ends_at_the_tip() -> None:
    bent = tail(BODY, (0, 0), (60, 250), 30, ROOM)
    outline = flatten(wedge(bent, (0, 0), 28))
    assert BODY.holds(*outline[0])
    assert bent.tip in outline
    assert inside(bent.at(0.5), outline)


def test_a_cut_tail_is_the_first_part_of_the_whole() -> None:
    bent = tail(BODY, (0, 0), (160, 220), 30, ROOM)
    part = bent.cut(0.6)
    assert part.at(1) == pytest.approx(bent.at(0.6))
    assert part.at(0.5) == pytest.approx(bent.at(0.3))


def test_a_thoughts_bubbles_grow_smaller_and_keep_apart() -> None:
    boxes = [bounds((bubble,)) for bubble in bubbles(tail(BODY, (0, 0), (100, 300), 30, ROOM), 30)]
    assert [b.width for b in boxes] == sorted((b.width for b in boxes), reverse=True)
    assert all(not a.meets(b) for a, b in itertools.pairwise(boxes))
