"""Lettering keeps off the trim, the fold, leaning sides and insets."""

from __future__ import annotations

from storyboard.geometry import Rect, Size
from storyboard.pages.arrangement import Arrangement, arrange
from storyboard.pages.insets import Inset
from storyboard.pages.rooms import Room, rooms_of
from storyboard.pages.sheets import Sheet
from storyboard.pages.slants import Slant

SHEET = Sheet(Size(1200, 1800), 60, 24, bleed=18, safe=30)
SPREAD = Sheet(Size(2400, 1800), 60, 24, bleed=18, safe=30, spread=True)


def room_of(name: str, wanted: Arrangement, panels: list[str], sheet: Sheet = SHEET) -> Room:
    return rooms_of(arrange(panels, wanted, sheet, "ltr"), sheet)[name]


def test_a_plain_panel_is_all_room() -> None:
    assert room_of("a", Arrangement(), ["a", "b"]) == Room(None, ())


def test_a_panel_that_bleeds_has_room_in_the_safe_area() -> None:
    wanted = Arrangement(bleeding=frozenset({"a"}))
    assert room_of("a", wanted, ["a"]).safe == Rect(30, 30, 1140, 1740)


def test_a_leaning_panel_has_the_room_of_an_upright_box_in_it() -> None:
    wanted = Arrangement(tiers=[2], slant=Slant(panels=2))
    safe = room_of("a", wanted, ["a", "b"]).safe
    assert safe is not None
    assert (safe.left, safe.top) == (60, 60)
    assert 520 < safe.right < 588


def test_insets_block_their_host_with_some_white_around() -> None:
    wanted = Arrangement(insets={"x": Inset("a", 1, 1, 0.5, 0.5)})
    cell = arrange(["a", "x"], wanted, SHEET, "ltr")["x"].cell
    assert room_of("a", wanted, ["a", "x"]).blocked == (cell.inset(-12),)
    assert room_of("x", wanted, ["a", "x"]).blocked == ()


def test_a_spreads_fold_blocks_what_lies_over_it() -> None:
    wanted = Arrangement(tiers=[1, 2])
    assert room_of("a", wanted, ["a", "b", "c"], SPREAD).blocked == (Rect(1170, 0, 60, 1800),)
    assert SHEET.fold is None


def test_a_panel_outside_of_the_safe_area_has_room_up_to_the_trim() -> None:
    sheet = Sheet(Size(400, 400), 0, 0, safe=60)
    wanted = Arrangement(tiers=[[1, 12]])
    assert room_of("a", wanted, ["a", "b"], sheet) == Room(None, ())
