"""Panels stand in whole pixels, one gutter apart, and fill the sheet's inner area."""

from __future__ import annotations

import itertools
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.geometry import Rect, Size
from storyboard.pages.layout import LayoutProblem, Sheet, place

SHEET = Sheet(Size(1200, 1800), 60, 24)

Tiers = list[int | list[float]]


def test_areas_stand_where_they_are_drawn() -> None:
    cells = place(["pier", "face", "hand"], "pier pier\nface hand", None, SHEET, "ltr")
    assert cells == {
        "pier": Rect(60, 60, 1080, 828),
        "face": Rect(60, 912, 528, 828),
        "hand": Rect(612, 912, 528, 828),
    }


def test_a_slash_ends_a_row_like_a_newline() -> None:
    names = ["a", "b", "c"]
    assert place(names, "a a / b c", None, SHEET, "ltr") == place(
        names, "a a\nb c\n", None, SHEET, "ltr"
    )


def test_a_dot_is_an_empty_cell() -> None:
    cells = place(["a"], ". a", None, SHEET, "ltr")
    assert cells == {"a": Rect(612, 60, 528, 1680)}


def test_areas_are_mirrored_for_right_to_left() -> None:
    cells = place(["a", "b"], "a a b", None, SHEET, "rtl")
    assert cells["a"].right == 1140
    assert cells["b"].left == 60
    assert cells["a"].width > cells["b"].width


def test_a_grid_is_filled_in_reading_order() -> None:
    ltr = place(list("abcd"), "2x2", None, SHEET, "ltr")
    assert ltr["b"] == Rect(612, 60, 528, 828)
    assert ltr["c"] == Rect(60, 912, 528, 828)
    rtl = place(list("abcd"), "2x2", None, SHEET, "rtl")
    assert (rtl["a"], rtl["b"]) == (ltr["b"], ltr["a"])


def test_a_grid_counts_rows_first() -> None:
    cells = place(list("abc"), "3x1", None, SHEET, "ltr")
    assert {cell.width for cell in cells.values()} == {1080}


def test_a_panel_may_be_called_like_a_grid() -> None:
    assert place(["2x2"], "2x2", None, SHEET, "ltr") == {"2x2": SHEET.inner}


def test_tiers_have_widths() -> None:
    cells = place(list("abc"), None, [[2, 1], 1], SHEET, "ltr")
    assert cells["a"] == Rect(60, 60, 704, 828)
    assert cells["b"] == Rect(788, 60, 352, 828)
    assert cells["c"] == Rect(60, 912, 1080, 828)


def test_tiers_grids_and_areas_have_heights() -> None:
    for layout, tiers in ((None, [1, 1]), ("2x1", None), ("a / b", None)):
        cells = place(["a", "b"], layout, tiers, SHEET, "ltr", [2, 1])
        assert cells["a"] == Rect(60, 60, 1080, 1104)
        assert cells["b"] == Rect(60, 1188, 1080, 552)


def test_gutters_between_tiers_may_be_wider() -> None:
    sheet = Sheet(Size(1200, 1800), 60, 24, tier_gutter=60)
    cells = place(list("abcd"), "2x2", None, sheet, "ltr")
    assert cells["b"].left - cells["a"].right == 24
    assert cells["c"].top - cells["a"].bottom == 60


def test_a_sheet_says_how_many_panels_stand_in_a_tier() -> None:
    sheet = Sheet(Size(800, 2560), 40, 20, per_tier=1)
    cells = place(list("abc"), None, None, sheet, "ltr")
    assert {cell.width for cell in cells.values()} == {720}


def test_without_a_layout_panels_stand_in_twos_and_the_odd_one_alone() -> None:
    cells = place(list("abc"), None, None, SHEET, "ltr")
    assert cells["a"].top == cells["b"].top
    assert cells["c"] == Rect(60, 912, 1080, 828)


def test_the_remaining_pixels_are_spread() -> None:
    cells = place(list("abc"), None, [3], Sheet(Size(100, 50), 0, 0), "ltr")
    assert sorted(cell.width for cell in cells.values()) == [33, 33, 34]


@pytest.mark.parametrize(
    ("layout", "tiers", "message", "hint"),
    [
        ("a a\nb", None, "row 2 of the layout has 1 cell", "dot"),
        ("a b\nb a", None, "the area 'a' is not one rectangle", "rectangle"),
        ("a b\na facd", None, "an area without a panel: 'facd'", "did you mean 'face'?"),
        ("a b", None, "a panel without a place in the layout: 'face'", "'a', 'b'"),
        ("", None, "the layout is empty", "row by row"),
        ("1x2", None, "a panel without a place in the layout: 'face'", "2 places"),
        ("2x2", None, "an area without a panel", "a dot"),
        ("0x2", None, "no cells", "2x2"),
        (None, [1], "a panel without a place in the layout: 'b', 'face'", "1 place"),
        (None, [2, 2], "an area without a panel", "a dot"),
        (None, [0, 3], "tier 1 has no panels", "at least one"),
        (None, [[], 3], "tier 1 has no panels", "width"),
        (None, [[1, -1], 1], "width -1", "above 0"),
        (None, [[1, float("nan")], 1], "width nan", "above 0"),
        (None, [[1e308, 1e-9, 1]], "less than a pixel", "larger"),
        ("a b face", [3], "both a layout and tiers", "one of the two"),
    ],
)
def test_what_is_wrong_is_said(
    layout: str | None, tiers: Tiers | None, message: str, hint: str
) -> None:
    with pytest.raises(LayoutProblem) as problem:
        place(["a", "b", "face"], layout, tiers, SHEET, "ltr")
    assert message in problem.value.message
    assert hint in problem.value.hint


def test_a_grid_that_is_too_small_for_its_gutters_is_a_problem() -> None:
    with pytest.raises(LayoutProblem, match="3 cells with gutters of 60 pixels"):
        place(list("abc"), None, [3], Sheet(Size(122, 100), 0, 60), "ltr")


def test_margins_that_leave_nothing_are_a_problem() -> None:
    with pytest.raises(LayoutProblem, match="leave nothing"):
        place(["a"], None, None, Sheet(Size(100, 100), 50, 0), "ltr")


sheets = st.builds(
    Sheet,
    st.builds(Size, st.integers(200, 3000), st.integers(200, 3000)),
    st.integers(0, 60),
    st.integers(0, 12),
)
readings: st.SearchStrategy[Literal["ltr", "rtl"]] = st.sampled_from(["ltr", "rtl"])


@settings(deadline=None)
@given(sheets, st.lists(st.integers(1, 5), min_size=1, max_size=5), readings)
def test_tiers_fill_the_inner_area_exactly(
    sheet: Sheet, tiers: list[int], reading: Literal["ltr", "rtl"]
) -> None:
    names = [f"p{i}" for i in range(sum(tiers))]
    cells = place(names, None, tiers, sheet, reading)
    assert list(cells) == names
    queue = list(cells.values())
    top = sheet.inner.top
    for count in tiers:
        row, queue = queue[:count], queue[count:]
        row.sort(key=lambda cell: cell.left)
        assert {cell.top for cell in row} == {top}
        assert (row[0].left, row[-1].right) == (sheet.inner.left, sheet.inner.right)
        assert all(b.left - a.right == sheet.gutter for a, b in itertools.pairwise(row))
        assert max(c.width for c in row) - min(c.width for c in row) <= 1
        top = row[0].bottom + sheet.gutter
    assert top - sheet.gutter == sheet.inner.bottom
    heights = [cell.height for cell in cells.values()]
    assert max(heights) - min(heights) <= 1


@settings(deadline=None)
@given(sheets, st.lists(st.floats(0.2, 5), min_size=1, max_size=6))
def test_weighted_tiers_are_within_a_pixel_of_their_share(
    sheet: Sheet, weights: list[float]
) -> None:
    names = [f"p{i}" for i in range(len(weights))]
    cells = place(names, None, [weights], sheet, "ltr")
    room = sheet.inner.width - sheet.gutter * (len(weights) - 1)
    for name, weight in zip(names, weights, strict=True):
        assert abs(cells[name].width - room * weight / sum(weights)) <= 1


@settings(deadline=None)
@given(sheets, st.integers(1, 4), st.integers(1, 4), st.data())
def test_areas_neither_overlap_nor_leave_the_margins(
    sheet: Sheet, rows: int, columns: int, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, columns - 1))
    grid = [[f"p{r}_{0 if c < cut else c}" for c in range(columns)] for r in range(rows)]
    names = sorted({name for row in grid for name in row})
    cells = list(
        place(names, "\n".join(" ".join(row) for row in grid), None, sheet, "ltr").values()
    )
    for number, a in enumerate(cells):
        assert a.left >= sheet.inner.left
        assert a.right <= sheet.inner.right
        assert a.top >= sheet.inner.top
        assert a.bottom <= sheet.inner.bottom
        for b in cells[number + 1 :]:
            apart = (
                a.right + sheet.gutter <= b.left
                or b.right + sheet.gutter <= a.left
                or a.bottom + sheet.gutter <= b.top
                or b.bottom + sheet.gutter <= a.top
            )
            assert apart
