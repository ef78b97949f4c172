"""Tails leave the balloon, bend, and point to who speaks, whose face they leave alone."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.pages.bodies import Body
from storyboard.pages.hulls import disc_reach, gaps
from storyboard.pages.shapes import bounds, flatten, inside
from storyboard.pages.tails import bolt, bubbles, reaching_tail, tail, wedge

BODY = Body(90, 50, 2.35)
EM = 30.0


@settings(deadline=None)
@given(st.floats(-350, 350), st.floats(-350, 350))
def test_a_tail_starts_on_the_outline_and_is_no_spear(x: float, y: float) -> None:
    bent = tail(BODY, (0, 0), (x, y), 0, EM)
    assert (abs(bent.base[0]) / 90) ** 2.35 + (abs(bent.base[1]) / 50) ** 2.35 == pytest.approx(1)
    assert not BODY.grown(-0.01).holds(*bent.tip)
    assert bent.length <= 4.6 * EM + 1e-6


@settings(deadline=None)
@given(st.floats(-350, 350), st.floats(150, 350))
def test_a_tail_comes_nearer_to_the_speaker_and_stops_before(x: float, y: float) -> None:
    bent = tail(BODY, (0, 0), (x, y), 0, EM)
    assert 0 < math.dist(bent.tip, (x, y)) < math.dist(bent.base, (x, y))
    assert bent.length <= 0.6 * math.dist(bent.base, (x, y)) + 1e-6


@pytest.mark.parametrize("target", [(0.0, 200.0), (150.0, 220.0), (-250.0, 120.0)])
def test_a_tail_stops_before_the_head(target: tuple[float, float]) -> None:
    bent = tail(BODY, (0, 0), target, 70, EM)
    assert math.dist(bent.tip, target) >= 70


@pytest.mark.parametrize("target", [(0.0, 200.0), (150.0, 200.0), (-250.0, 120.0)])
def test_a_tail_bends(target: tuple[float, float]) -> None:
    bent = tail(BODY, (0, 0), target, 0, EM)
    straight = ((bent.base[0] + bent.tip[0]) / 2, (bent.base[1] + bent.tip[1]) / 2)
    assert math.dist(bent.at(0.5), straight) > 1


def test_a_tail_that_leads_out_reaches_its_end() -> None:
    assert reaching_tail(BODY, (0, 0), (300, 80)).tip == (300, 80)


def test_a_wedge_is_rooted_inside_the_body_and_ends_at_the_tip() -> None:
    bent = tail(BODY, (0, 0), (60, 250), 0, EM)
    outline = flatten(wedge(bent, (0, 0), 28))
    assert BODY.holds(*outline[0])
    assert bent.tip in outline
    assert inside(bent.at(0.5), outline)


def test_a_bolt_is_rooted_inside_the_body_and_has_kinks() -> None:
    bent = tail(BODY, (0, 0), (160, 250), 0, EM)
    outline = flatten(bolt(bent, (0, 0), 28))
    assert BODY.holds(*outline[0])
    assert bent.tip in outline
    assert len(outline) == 7


def test_a_cut_tail_is_the_first_part_of_the_whole() -> None:
    bent = tail(BODY, (0, 0), (160, 220), 0, EM)
    part = bent.cut(0.6)
    assert part.at(1) == pytest.approx(bent.at(0.6))
    assert part.at(0.5) == pytest.approx(bent.at(0.3))


@pytest.mark.parametrize("target", [(0.0, 300.0), (220.0, 200.0), (-250.0, -120.0)])
def test_a_tails_reach_holds_its_wedge(target: tuple[float, float]) -> None:
    bent = tail(BODY, (0, 0), target, 0, EM)
    reach = bent.reach(EM)
    for x, y in flatten(wedge(bent, (0, 0), 0.92 * EM)):
        if not BODY.holds(x, y):
            assert gaps(reach[None], disc_reach((x, y), 0)[None])[0, 0] <= 0.02 * EM


def test_a_thoughts_bubbles_grow_smaller_and_keep_apart() -> None:
    trail = bubbles(tail(BODY, (0, 0), (100, 300), 0, EM), EM)
    boxes = [bounds((bubble,)) for bubble in trail]
    assert [b.width for b in boxes] == sorted((b.width for b in boxes), reverse=True)
    assert all(not a.meets(b) for a, b in itertools.pairwise(boxes))
