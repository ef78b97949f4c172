"""Texts find places in reading order, apart from each other, off what is busy."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from storyboard.geometry import Rect, Size
from storyboard.pages.bodies import Body, bodies_meet
from storyboard.pages.busy import Busy, busy_cell, calm_cell
from storyboard.pages.commands import Crop
from storyboard.pages.content import Reading
from storyboard.pages.costs import Head, Mouth, Option, Out, Part, Request, Role, Room
from storyboard.pages.hulls import COUNT, Reach, Walls, body_reach, box_reach, gaps, moved
from storyboard.pages.placement import Place, place_all
from storyboard.pages.shapes import Box, polygon
from tests.pages.samples import At

CELL = Rect(0, 0, 600, 400)
BOX = Box(10, 10, 590, 390)
ROLES: tuple[Role, ...] = ("caption", "balloon", "sound", "note")
NOTHING = np.empty((0, COUNT))


def room(busy: Busy | None = None, reading: Reading = "ltr") -> Room:
    walls, cell = Walls.around(BOX), Walls.around(Box(0, 0, 600, 400))
    return Room(
        walls,
        cell.narrowed(-50),
        cell.narrowed(4),
        BOX,
        busy or calm_cell(CELL),
        reading,
        10,
        30,
        (),
        NOTHING,
        NOTHING,
    )


def option(wide: float, high: float) -> Option:
    body = Body(wide, high, 2.35)
    return Option((Part(body),), body_reach(body)[None], 0.0)


def request(
    role: Role = "balloon",
    wide: float = 80,
    high: float = 45,
    at: At | None = None,
    speaker: tuple[float, float] | None = None,
    head: float = 20,
) -> Request:
    aim = Mouth(speaker, head) if speaker else None
    return Request(role, (option(wide, high),), at, aim)


def placed(*requests: Request, where: Room) -> tuple[Place, ...]:
    found = place_all(requests, where)
    assert found is not None
    return found.places


def apart(a: Place, b: Place) -> bool:
    return not bodies_meet(a.parts[0].body, a.center, b.parts[0].body, b.center, 9)


def reach_of(place: Place) -> Reach:
    return moved(body_reach(place.parts[0].body), np.array(place.center))


@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_a_caption_stands_in_the_first_corner(reading: Reading) -> None:
    caption = placed(request("caption"), where=room(reading=reading))[0]
    assert caption.center == pytest.approx((90, 55) if reading == "ltr" else (510, 55))


def test_an_editors_note_stands_below() -> None:
    assert placed(request("note"), where=room())[0].center == pytest.approx((90, 345))


@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_balloons_follow_the_reading_order_and_keep_apart(reading: Reading) -> None:
    three = placed(
        request("caption"),
        request(speaker=(150, 300)),
        request(speaker=(450, 300)),
        where=room(reading=reading),
    )
    for number, first in enumerate(three):
        for second in three[number + 1 :]:
            assert apart(first, second)
            onward = second.center[0] - first.center[0]
            along = onward > 0 if reading == "ltr" else onward < 0
            assert along or second.center[1] > first.center[1] + 30


def test_the_order_is_kept_even_where_speakers_stand_the_other_way_round() -> None:
    first, second = placed(request(speaker=(450, 300)), request(speaker=(150, 300)), where=room())
    assert second.center[0] > first.center[0] or second.center[1] > first.center[1] + 60


def test_an_anchor_wins() -> None:
    first, second = placed(request(), request(at=At(1, 1)), where=room())
    assert second.center == pytest.approx((510, 345))
    assert apart(first, second)


def test_an_anchor_is_a_share_of_the_free_way() -> None:
    middle = placed(request(at=At(0.5, 0.5)), where=room())[0]
    assert middle.center == pytest.approx((300, 200))
    assert placed(request(at=At(0, 0.25)), where=room())[0].center == pytest.approx((90, 127.5))


def test_an_anchor_may_cover_what_else_nothing_may() -> None:
    inset = box_reach(Box(300, 200, 600, 400))[None]
    where = replace(room(), blocked=inset)
    assert placed(request(at=At(1, 1)), where=where)[0].center == pytest.approx((510, 345))
    assert placed(request("sound"), where=where)[0].center != pytest.approx((510, 345))


def test_two_texts_on_one_anchor_find_no_place() -> None:
    assert place_all([request(at=At(0, 0)), request(at=At(0, 0))], room()) is None


def test_what_is_larger_than_the_room_finds_no_place() -> None:
    assert place_all([request(wide=291)], room()) is None


def test_lettering_keeps_off_what_is_busy() -> None:
    saliency = np.zeros((8, 12), dtype=np.float32)
    saliency[:, :8] = 1
    busy = busy_cell(saliency, Size(600, 400), Crop(0, 0, 600, 400), CELL)
    assert placed(request(), where=room(busy))[0].center[0] > 400 + 80 - 30
    assert placed(request("sound"), where=room(busy))[0].center[0] > 400


def test_no_text_covers_a_head_that_is_known() -> None:
    for x, y in ((100.0, 80.0), (300.0, 100.0), (500.0, 300.0)):
        where = replace(room(), heads=(Head((x, y), 60),))
        for role in ROLES:
            place = placed(request(role, speaker=(x, y), head=60), where=where)[0]
            reach = reach_of(place)
            assert gaps(reach[None], where.heads[0].reach[None])[0, 0] >= 0


def test_nothing_stands_on_an_inset() -> None:
    inset = box_reach(Box(0, 0, 400, 200))[None]
    place = placed(request("caption"), where=replace(room(), blocked=inset))[0]
    reach = reach_of(place)
    assert gaps(reach[None], inset)[0, 0] >= 10


def test_a_leaning_panel_holds_its_texts() -> None:
    walls = Walls.of((polygon([(200, 0), (600, 0), (400, 400), (0, 400)]),))
    where = replace(room(), walls=walls)
    for role in ROLES:
        place = placed(request(role), where=where)[0]
        reach = reach_of(place)
        assert float(walls.beyond(reach)) <= 1e-6
    corner = placed(request(at=At(0, 0)), where=where)[0]
    assert float(walls.beyond(reach_of(corner))) < 1e-6


def test_a_balloon_that_may_burst_its_panel_does() -> None:
    inside, bursting = request(speaker=(300, 300)), replace(request(speaker=(300, 300)), burst=True)
    assert placed(inside, where=room())[0].center[1] >= 45 + 10
    place = placed(bursting, where=room())[0]
    reach = reach_of(place)
    assert float(Walls.around(Box(0, 0, 600, 400)).beyond(reach)) > 10


def test_a_balloon_that_bursts_keeps_off_the_neighbours_lettering() -> None:
    everything_above = box_reach(Box(-100, -100, 700, 5))[None]
    where = replace(room(), around=everything_above)
    place = placed(replace(request(speaker=(300, 300)), burst=True), where=where)[0]
    reach = reach_of(place)
    assert gaps(reach[None], everything_above)[0, 0] >= 10


def test_a_balloon_stands_near_its_speaker_but_not_on_the_face() -> None:
    for x in (120.0, 480.0):
        place = placed(request(speaker=(x, 250)), where=room())[0]
        assert abs(place.center[0] - x) < 150
        assert not place.parts[0].body.holds(x - place.center[0], 250 - place.center[1])
        assert place.rooted is not None


def test_tails_cross_neither_balloons_nor_tails() -> None:
    upper = request(at=At(0.5, 0), speaker=(300, 380))
    lower = request(at=At(0.5, 0.62), speaker=(300, 380))
    first, second = placed(upper, lower, where=room())
    assert second.rooted is not None
    tails = [one.rooted.tail.reach(30) for one in (first, second) if one.rooted]
    assert gaps(tails[0][None], reach_of(second)[None])[0, 0] >= 0 or first.rooted is None
    assert len(tails) == 1 or gaps(tails[0][None], tails[1][None])[0, 0] >= 0


@pytest.mark.parametrize(("side", "x"), [(-1, 4.0), (1, 596.0)])
def test_a_tail_leads_out_of_the_panel(side: int, x: float) -> None:
    off = Request("balloon", (option(80, 45),), None, Out(None, side))
    place = placed(off, where=room())[0]
    assert place.rooted is not None
    assert place.rooted.tail.tip[0] == pytest.approx(x, abs=2)


def test_a_tail_leads_out_toward_a_point() -> None:
    off = Request("balloon", (option(80, 45),), None, Out((300.0, 400.0)))
    place = placed(off, where=room())[0]
    assert place.rooted is not None
    assert place.rooted.tail.tip[1] == pytest.approx(396, abs=2)


def test_a_joined_balloon_from_afar_has_a_neck() -> None:
    first, second = placed(
        request(at=At(0, 0)), replace(request(at=At(1, 1)), neck=0), where=room()
    )
    assert second.neck == first.center
    assert math.isclose(second.center[0], 510)


def test_the_same_request_finds_the_same_place() -> None:
    requests = [request("caption"), request(speaker=(200, 300)), request("sound")]
    assert placed(*requests, where=room()) == placed(*requests, where=room())
