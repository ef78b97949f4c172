"""Strips for a phone: panels one below another, lettered anew, cut where nothing is said."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from storyboard.export.webtoon import HIGHEST, WIDTH, slices, strip
from storyboard.geometry import Rect, Size
from storyboard.pages.commands import Picture
from storyboard.pages.content import BalloonText, PageContent, PanelContent
from storyboard.pages.layout import Sheet
from tests.pages.samples import BOTH, SHEET, demo_page, gradient


def pictures(page: PageContent) -> list[Picture]:
    return [one for one in strip(page).drawing.commands if isinstance(one, Picture)]


def three(folder: Path) -> PageContent:
    """A page of three panels of different shapes."""
    sizes = (Size(300, 300), Size(600, 150), Size(200, 300))
    cells = (Rect(30, 30, 264, 200), Rect(306, 30, 264, 200), Rect(30, 242, 540, 200))
    panels = tuple(
        PanelContent(f"1.{n}", cell, gradient(folder / f"{n}.png", size), characters=BOTH)
        for n, (size, cell) in enumerate(zip(sizes, cells, strict=True))
    )
    return PageContent(1, SHEET, "ltr", panels)


def test_panels_stand_one_below_another_as_wide_as_the_strip(tmp_path: Path) -> None:
    found = pictures(three(tmp_path))
    assert [one.path.stem for one in found] == ["0", "1", "2"]
    assert [(one.cell.left, one.cell.width) for one in found] == [(0, WIDTH)] * 3
    assert [one.cell.height for one in found] == [800, 320, 1200]
    assert all(below.cell.top > above.cell.bottom for above, below in itertools.pairwise(found))


def test_words_that_do_not_fit_make_their_panel_higher(tmp_path: Path) -> None:
    page = three(tmp_path)
    said = BalloonText("The boats are still out there, and nobody lit the lamp. " * 16, who="mei")
    talking = replace(page.panels[1], balloons=(said,))
    made = strip(replace(page, panels=(talking,)))
    assert not made.drawing.problems
    (picture,) = [one for one in made.drawing.commands if isinstance(one, Picture)]
    assert picture.cell.height > 320


def test_a_sheet_that_is_a_strip_already_stays_as_it_is(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    tall = replace(page, sheet=Sheet(Size(1600, 5000), 0, 0))
    made = strip(tall)
    assert (made.drawing.size, made.scale) == (Size(1600, 5000), 0.5)


def test_a_strip_is_cut_between_panels_where_that_can_be() -> None:
    panels = [(0.0, 800.0), (890.0, 1500.0), (1590.0, 2400.0)]
    assert list(slices(2580, panels, [])) == [(0, 890), (890, 1590), (1590, 2580)]


def test_a_panel_that_is_too_high_is_cut_beside_its_words() -> None:
    panels, words = [(0.0, 1700.0)], [(900.0, 1290.0)]
    assert list(slices(1880, panels, words)) == [(0, 900), (900, 1880)]


def test_white_after_the_last_panel_is_no_slice_of_its_own() -> None:
    assert list(slices(1400, [(0.0, 1240.0)], [])) == [(0, 1280)]


spans = st.lists(
    st.tuples(st.integers(0, 8000), st.integers(1, 1500)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=12,
)


@given(height=st.integers(1, 9000), panels=spans, words=spans)
def test_slices_follow_each_other_and_none_is_too_high(
    height: int, panels: list[tuple[float, float]], words: list[tuple[float, float]]
) -> None:
    panels = [(top, min(bottom, height)) for top, bottom in panels if top < height]
    found = list(slices(height, panels, words))
    assert found[0][0] == 0
    assert all(a[1] == b[0] for a, b in itertools.pairwise(found))
    assert all(0 < bottom - top <= HIGHEST for top, bottom in found)
    assert found[-1][1] >= max((bottom for _, bottom in panels), default=0)


def test_a_strip_tells_what_is_missing(tmp_path: Path) -> None:
    assert strip(demo_page(tmp_path)).drawing.missing == ("1.b",)
