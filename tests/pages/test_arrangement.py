"""A page is filled: panels never overlap, gutters are as wide everywhere, and all of it is used."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from storyboard.geometry import Rect, Size
from storyboard.pages.areas import LayoutProblem
from storyboard.pages.arrangement import Arrangement, Placed, Reading, arrange
from storyboard.pages.insets import Inset
from storyboard.pages.sheets import Sheet
from storyboard.pages.slants import Slant
from tests.pages.pages_drawn import (
    DrawnPage,
    area,
    beyond,
    box_corners,
    corners,
    gap,
    readings,
    sheets,
    sliced,
    tiered,
)

SHEET = Sheet(Size(1200, 1800), 60, 24, bleed=18, safe=30)
pages = tiered() | tiered(slants=12) | sliced()
many = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


def placed_or_not(page: DrawnPage, sheet: Sheet, reading: Reading) -> dict[str, Placed]:
    """The page; one whose panels do not fit is none of these properties' matter."""
    try:
        return arrange(page.panels, page.wanted, sheet, reading)
    except LayoutProblem:
        assume(False)
        raise


@many
@given(pages, sheets, readings)
def test_panels_never_overlap_and_stand_a_gutter_apart(
    page: DrawnPage, sheet: Sheet, reading: Reading
) -> None:
    placed = placed_or_not(page, sheet, reading)
    least = min(sheet.gutter, sheet.between_tiers)
    for a, b in itertools.combinations(placed.values(), 2):
        assert gap(corners(a), corners(b)) >= least - 1e-6


@many
@given(pages, sheets, readings)
def test_panels_stay_inside_the_margins_and_what_bleeds_in_the_bleed(
    page: DrawnPage, sheet: Sheet, reading: Reading
) -> None:
    for panel in placed_or_not(page, sheet, reading).values():
        for x, y in corners(panel):
            room = sheet.bled if panel.bleeds else sheet.inner
            assert room.left - 1e-6 <= x <= room.right + 1e-6
            assert room.top - 1e-6 <= y <= room.bottom + 1e-6


@many
@given(tiered() | tiered(slants=12), sheets, readings)
def test_panels_gutters_and_margins_are_the_whole_page(
    page: DrawnPage, sheet: Sheet, reading: Reading
) -> None:
    still = replace(page, wanted=replace(page.wanted, bleeding=frozenset()))
    placed = placed_or_not(still, sheet, reading)
    panels = math.fsum(area(corners(panel)) for panel in placed.values())
    assert panels + _gutters(page, placed, sheet) == pytest.approx(area(box_corners(sheet.inner)))


def _gutters(page: DrawnPage, placed: dict[str, Placed], sheet: Sheet) -> float:
    """The gutters' area: strips as long as the way through them, measured along their middle."""
    slant = page.wanted.slant or Slant((0.0,) * 9, (0.0,) * 9)
    assert page.wanted.tiers is not None
    assert isinstance(slant.tiers, list | tuple)
    lengths = [
        (sheet.between_tiers, sheet.inner.width / math.cos(math.radians(angle)))
        for angle in slant.tiers[: len(page.wanted.tiers) - 1]
    ]
    names = iter(page.panels)
    for tier in page.wanted.tiers:
        assert not isinstance(tier, int)
        row = [corners(placed[next(names)]) for _ in tier]
        row.sort(key=lambda outline: outline[0][0])
        for left, right in itertools.pairwise(row):
            quad = (left[1], right[0], right[3], left[2])
            lengths.append((1, area(quad)))
    return math.fsum(width * length for width, length in lengths)


@many
@given(tiered(slants=12), sheets, readings)
def test_leaning_gutters_are_as_wide_as_upright_ones(
    page: DrawnPage, sheet: Sheet, reading: Reading
) -> None:
    placed = placed_or_not(page, sheet, reading)
    names = iter(page.panels)
    assert page.wanted.tiers is not None
    for tier in page.wanted.tiers:
        assert not isinstance(tier, int)
        row = [corners(placed[next(names)]) for _ in tier]
        for one, next_one in itertools.pairwise(row):
            assert gap(one, next_one) == pytest.approx(sheet.gutter, abs=1e-6)


@many
@given(pages, sheets)
def test_rtl_is_the_mirrored_page(page: DrawnPage, sheet: Sheet) -> None:
    ltr = placed_or_not(page, sheet, "ltr")
    rtl = placed_or_not(page, sheet, "rtl")
    for name in page.panels:
        there = sorted((sheet.size.width - x, y) for x, y in corners(rtl[name]))
        assert there == [pytest.approx(point) for point in sorted(corners(ltr[name]))]
        assert ("left" in ltr[name].bleeds) == ("right" in rtl[name].bleeds)


@many
@given(pages, sheets, readings)
def test_the_cell_is_the_box_around_a_panel(
    page: DrawnPage, sheet: Sheet, reading: Reading
) -> None:
    for panel in placed_or_not(page, sheet, reading).values():
        xs, ys = zip(*corners(panel), strict=True)
        assert panel.cell.left == pytest.approx(min(xs), abs=1)
        assert panel.cell.right == pytest.approx(max(xs), abs=1)
        assert panel.cell.top == pytest.approx(min(ys), abs=1)
        assert panel.cell.bottom == pytest.approx(max(ys), abs=1)
        room = panel.room
        assert all(beyond(corners(panel), [corner]) <= 1e-5 for corner in box_corners(room))


def test_a_panel_whose_sides_meet_before_the_pages_edge_cannot_bleed() -> None:
    wanted = Arrangement(
        tiers=[[1.0], [1.0], [1.0, 1.0, 1.0, 1.0], [1.0]],
        heights=[2.0, 2.0, 1.25, 2.0],
        slant=Slant(tiers=[0.0, 0.0, 10.0], panels=[0.0, 0.0, 0.0, 0.0]),
        bleeding=frozenset({"p5"}),
    )
    names = [f"p{number}" for number in range(7)]
    sheet = Sheet(Size(726, 500), 51, 1, tier_gutter=8)
    with pytest.raises(LayoutProblem, match="'p5' ends before it can bleed"):
        arrange(names, wanted, sheet, "ltr")


def test_a_panel_that_bleeds_goes_out_where_it_lies_at_the_margins() -> None:
    wanted = Arrangement(tiers=[2, 1], bleeding=frozenset({"a"}))
    placed = arrange(["a", "b", "c"], wanted, SHEET, "ltr")
    assert placed["a"].cell == Rect(-18, -18, 606, 906)
    assert placed["a"].bleeds == {"left", "top"}
    assert placed["b"].cell == Rect(612, 60, 528, 828)


def test_a_slash_leans_to_the_right() -> None:
    placed = arrange(["a", "b"], Arrangement(tiers=[2], slant=Slant(panels=10)), SHEET, "ltr")
    top_left, top_right, bottom_right, bottom_left = corners(placed["a"])
    assert top_right[0] > bottom_right[0]
    assert top_left == (60, 60)
    assert bottom_left == (60, 1740)


def test_tiers_that_lean_rise_to_the_right() -> None:
    placed = arrange(["a", "b"], Arrangement(tiers=[1, 1], slant=Slant(tiers=5)), SHEET, "ltr")
    _, _, bottom_right, bottom_left = corners(placed["a"])
    assert bottom_right[1] < bottom_left[1]


def test_an_empty_cell_stays_empty_where_gutters_lean() -> None:
    wanted = Arrangement(layout=". . / a b", slant=Slant(panels=8))
    placed = arrange(["a", "b"], wanted, SHEET, "ltr")
    assert corners(placed["a"])[0] == (60, 912)


def test_an_inset_lies_in_its_host() -> None:
    wanted = Arrangement(tiers=[1, 2], insets={"x": Inset("a", 1, 1, 0.5, 0.25)})
    placed = arrange(["a", "x", "b", "c"], wanted, SHEET, "ltr")
    host, inset = placed["a"].cell, placed["x"]
    assert list(placed) == ["a", "x", "b", "c"]
    assert inset.host == "a"
    assert inset.layer == 1
    assert inset.cell == Rect(host.right - 36 - 504, host.bottom - 36 - 189, 504, 189)


def test_insets_are_mirrored_too() -> None:
    wanted = Arrangement(insets={"x": Inset("a", 1, 1, 0.5, 0.25)})
    ltr = arrange(["a", "x"], wanted, SHEET, "ltr")["x"].cell
    rtl = arrange(["a", "x"], wanted, SHEET, "rtl")["x"].cell
    assert (rtl.left, rtl.top) == (1200 - ltr.right, ltr.top)


def test_insets_may_lie_in_insets() -> None:
    wanted = Arrangement(insets={"y": Inset("x"), "x": Inset("a")})
    placed = arrange(["a", "y", "x"], wanted, SHEET, "ltr")
    assert [placed[name].layer for name in ("a", "x", "y")] == [0, 1, 2]


A_B_C = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("wanted", "message", "at"),
    [
        (Arrangement(insets={"c": Inset("z")}), "inset in 'z', which is no panel", "c"),
        (Arrangement(insets={"c": Inset("c")}), "insets lie in each other: 'c'", "c"),
        (
            Arrangement(insets={"b": Inset("c"), "c": Inset("b")}),
            "insets lie in each other: 'b', 'c'",
            "b",
        ),
        (
            Arrangement(insets={"b": Inset("a", 1, 1, 0.6), "c": Inset("a", 0, 1, 0.6)}),
            "the insets 'b' and 'c' in panel 'a' lie over each other",
            "c",
        ),
        (Arrangement(insets={"c": Inset("a", 1, 1, 1e-6, 1)}), "nothing is left of the inset", "c"),
        (Arrangement(tiers=[3], slant=Slant(panels=30)), "nothing is left of panel 'a'", "slant"),
        (Arrangement(tiers=[2, 1], slant=Slant(panels=[4])), "1 angles for its `panels`", "panels"),
        (Arrangement(tiers=[2, 1], slant=Slant(tiers=[4, 4])), "the page asks for 1", "tiers"),
        (
            Arrangement(tiers=[2, 1], heights=[1, 2, 3]),
            "`heights` has 3, the page has 2",
            "heights",
        ),
        (Arrangement(layout="nine-grid"), "has 9 panels, the page has 3", "layout"),
        (Arrangement(layout="widescren"), "there is no layout `widescren`", "layout"),
        (Arrangement(layout="splash", tiers=[3]), "both a layout and tiers", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place(wanted: Arrangement, message: str, at: str) -> None:
    with pytest.raises(LayoutProblem) as problem:
        arrange(A_B_C, wanted, SHEET, "ltr")
    assert message in problem.value.message
    assert problem.value.hint
    assert not at or at in problem.value.at


def test_areas_that_interlock_cannot_lean() -> None:
    pinwheel = "a a b / d e b / d c c"
    panels = ["a", "b", "c", "d", "e"]
    arrange(panels, Arrangement(layout=pinwheel), SHEET, "ltr")
    with pytest.raises(LayoutProblem, match="interlock"):
        arrange(panels, Arrangement(layout=pinwheel, slant=Slant(panels=5)), SHEET, "ltr")


@settings(deadline=None, max_examples=60)
@given(sheets, st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 1), st.floats(0.1, 1), readings)
def test_insets_stay_in_their_hosts_and_in_the_safe_area(
    sheet: Sheet, x: float, y: float, width: float, height: float, reading: Reading
) -> None:
    wanted = Arrangement(
        tiers=[2, 1], bleeding=frozenset({"a"}), insets={"x": Inset("a", x, y, width, height)}
    )
    placed = arrange(["a", "x", "b", "c"], wanted, sheet, reading)
    host, inset, safe = placed["a"].cell, placed["x"].cell, sheet.safe_area
    assert max(host.left, safe.left) <= inset.left
    assert inset.right <= min(host.right, safe.right)
    assert max(host.top, safe.top) <= inset.top
    assert inset.bottom <= min(host.bottom, safe.bottom)
