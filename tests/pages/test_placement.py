"""Texts find places in reading order, apart from each other, off what is busy."""

from __future__ import annotations

import numpy as np
import pytest

from storyboard.geometry import Rect, Size
from storyboard.pages.bodies import Body, bodies_meet
from storyboard.pages.busy import Busy, busy_cell, calm_cell
from storyboard.pages.commands import Crop
from storyboard.pages.content import Reading
from storyboard.pages.costs import Option, Place, Request, Role, Room, passes
from storyboard.pages.placement import place_all
from storyboard.pages.shapes import Box
from tests.pages.samples import At

CELL = Rect(0, 0, 600, 400)


def room(busy: Busy | None = None, reading: Reading = "ltr") -> Room:
    return Room(Box(10, 10, 590, 390), busy or calm_cell(CELL), reading, 10, 30)


def request(
    role: Role = "balloon",
    wide: float = 80,
    high: float = 45,
    at: At | None = None,
    speaker: tuple[float, float] | None = None,
) -> Request:
    return Request(role, (Option(Body(wide, high, 2.35), 0.0),), at, speaker)


def placed(*requests: Request, where: Room) -> tuple[Place, ...]:
    found = place_all(requests, where)
    assert found is not None
    return found.places


@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_a_caption_stands_in_the_first_corner(reading: Reading) -> None:
    caption = placed(request("caption"), where=room(reading=reading))[0]
    assert caption.center == ((90, 55) if reading == "ltr" else (510, 55))


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
            assert not bodies_meet(first.body, first.center, second.body, second.center, 10)
            onward = second.center[0] - first.center[0]
            along = onward > 0 if reading == "ltr" else onward < 0
            assert along or second.center[1] > first.center[1] + 30


def test_an_anchor_wins() -> None:
    anchored = request(at=At(1, 1))
    first, second = placed(request(), anchored, where=room())
    assert second.center == (510, 345)
    assert not bodies_meet(first.body, first.center, second.body, second.center, 10)


def test_an_anchor_is_a_share_of_the_free_way() -> None:
    assert placed(request(at=At(0.5, 0.5)), where=room())[0].center == (300, 200)
    assert placed(request(at=At(0, 0.25)), where=room())[0].center == (90, 127.5)


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


def test_a_balloon_stands_near_its_speaker_but_not_on_the_face() -> None:
    for x in (120.0, 480.0):
        place = placed(request(speaker=(x, 250)), where=room())[0]
        assert abs(place.center[0] - x) < 150
        assert not place.body.holds(x - place.center[0], 250 - place.center[1])
        assert place.tail is not None


def test_tails_end_before_other_balloons() -> None:
    upper = request(at=At(0.5, 0), speaker=(300, 380))
    lower = request(at=At(0.5, 0.62), speaker=(300, 380))
    where = room()
    first, second = placed(upper, lower, where=where)
    assert first.tail is None or not passes(first.tail, second, where)


def test_the_same_request_finds_the_same_place() -> None:
    requests = [request("caption"), request(speaker=(200, 300)), request("sound")]
    assert place_all(requests, room()) == place_all(requests, room())
