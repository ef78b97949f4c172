"""What a story says of its pages becomes sheets and panels in their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.arranging import border_of, named_panels, placed_panels
from storyboard.compiler import cells
from storyboard.geometry import Rect, Size
from storyboard.lettered import page_content
from storyboard.pages.sheets import Sheet
from storyboard.settings import sheet_of
from storyboard.story.read import StoryFile
from tests.story.stories import problems, read


def story(folder: Path, *lines: str) -> StoryFile:
    return read(folder, "title: T\n" + "\n".join(lines))


def sheet(folder: Path, *lines: str) -> Sheet:
    file = story(folder, *lines)
    return sheet_of(file.story, file.story.pages[0])


ONE = "pages: [{panels: [{}]}]"


def test_a_story_that_says_nothing_has_the_usual_page(tmp_path: Path) -> None:
    usual = sheet(tmp_path, ONE)
    assert (usual.size, usual.margin, usual.gutter) == (Size(1200, 1800), 60, 24)
    assert (usual.between_tiers, usual.bleed, usual.dpi) == (24, 0, 150)


@pytest.mark.parametrize("said", ["page: US comic", "page: {size: US comic}"])
def test_a_size_by_name_is_a_designed_page(tmp_path: Path, said: str) -> None:
    comic = sheet(tmp_path, said, ONE)
    assert (comic.size, comic.dpi) == (Size(1988, 3056), 300)
    assert (comic.margin, comic.gutter, comic.between_tiers) == (99, 36, 44)
    assert (comic.bleed, comic.safe) == (35, 50)


def test_lengths_have_units_and_dpi_counts(tmp_path: Path) -> None:
    a4 = sheet(
        tmp_path,
        "page: {size: 210x297mm, dpi: 600, margin: 12mm, gutter: [6mm, 0.125in], bleed: 40}",
        ONE,
    )
    assert a4.size == Size(4961, 7016)
    assert (a4.margin, a4.between_tiers, a4.gutter, a4.bleed) == (283, 142, 75, 40)


def test_a_page_may_have_a_sheet_of_its_own(tmp_path: Path) -> None:
    own = sheet(tmp_path, "page: {size: A4, margin: 10mm}", "pages: [{page: square, panels: [{}]}]")
    assert own.size == Size(2480, 2480)
    assert own.margin == 118


def test_pixels_have_margins_in_proportion(tmp_path: Path) -> None:
    small = sheet(tmp_path, "page: 600x900", ONE)
    assert (small.size, small.margin, small.gutter) == (Size(600, 900), 30, 12)


def test_a_spread_is_two_pages_wide(tmp_path: Path) -> None:
    pages = "pages: [{spread: true, panels: [{}]}]"
    spread = sheet(tmp_path, "page: US comic", pages)
    assert (spread.size, spread.page_size) == (Size(3976, 3056), Size(1988, 3056))
    assert spread.margin == 99
    assert sheet(tmp_path, "pages: [{layout: spread, panels: [{}, {}, {}, {}, {}]}]").spread


def test_yonkoma_has_its_own_paper_where_the_story_names_none(tmp_path: Path) -> None:
    pages = "pages: [{layout: yonkoma, panels: [{}, {}, {}, {}]}]"
    assert sheet(tmp_path, pages).size == Size(874, 2480)
    assert sheet(tmp_path, "page: A4", pages).size == Size(2480, 3508)


def test_a_webtoon_has_one_panel_in_a_tier(tmp_path: Path) -> None:
    file = story(tmp_path, "page: webtoon", "pages: [{panels: [{}, {}, {}]}]")
    assert {cell.width for cell in cells(file, 0).values()} == {720}


def test_everything_can_be_said_of_a_page(tmp_path: Path) -> None:
    file = story(
        tmp_path,
        "border: rounded",
        "page: {bleed: 18}",
        "pages:",
        "  - tiers: [2, 1]",
        "    heights: [1, 2]",
        "    slant: {tiers: 3, panels: [8, 0]}",
        "    panels:",
        "      a: {bleed: true}",
        "      small: {inset: top left, border: none}",
        "      b:",
        "      c:",
        "      d: {inset: {over: c, at: 50% 50%, size: 30%x20%}}",
    )
    page = file.story.pages[0]
    placed = placed_panels(file.story, page)
    assert placed["a"].bleeds == {"left", "top"}
    assert (placed["small"].host, placed["d"].host) == ("a", "c")
    assert placed["b"].corners is not None
    assert placed["c"].cell.height > 1.5 * placed["a"].cell.height
    borders = [border_of(file.story, page, panel) for _, _, panel in named_panels(page)]
    assert borders == ["rounded", "none", "rounded", "rounded", "rounded"]


def test_a_pages_content_knows_shapes_rooms_and_layers(tmp_path: Path) -> None:
    file = story(
        tmp_path,
        "page: {safe: 50}",
        "pages: [{tiers: [2], slant: 6, panels: [{bleed: true}, {}, {inset: bottom right}]}]",
    )
    first, second, inset = page_content(file, 0, {}).panels
    assert first.shape is not None
    assert first.safe is not None
    assert (first.safe.left, first.safe.top) == (50, 50)
    assert [panel.layer for panel in (first, second, inset)] == [0, 0, 1]
    assert len(second.blocked) == 1
    assert inset.safe is None


def test_an_old_storys_cells_are_what_they_were(tmp_path: Path) -> None:
    file = story(
        tmp_path,
        "page: {size: 1000x1500, margin: 50, gutter: 20}",
        "pages:",
        "  - {layout: 'a a b / a a c', panels: {a: , b: , c: }}",
        "  - {tiers: [[2, 1], 1], panels: [{}, {}, {}]}",
    )
    assert cells(file, 0) == {
        "a": Rect(50, 50, 593, 1400),
        "b": Rect(663, 50, 287, 690),
        "c": Rect(663, 760, 287, 690),
    }
    assert cells(file, 1) == {
        "1": Rect(50, 50, 586, 690),
        "2": Rect(656, 50, 294, 690),
        "3": Rect(50, 760, 900, 690),
    }


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("page: A44", "is no size that is known: `A44` (did you mean `A4`?)"),
        ("page: {size: 5x5mm}", "has a side that is not 10 to 2000 mm: 5mm"),
        ("page: {size: 8x9000}", "has a side that is not 16 to 8192 pixels: 8x9000"),
        ("page: {margin: wide}", "must be a length in pixels, or as in 3mm or 0.125in"),
        ("page: {margin: 1.5}", "is in pixels, which are whole: `1.5`"),
        ("page: {gutter: [1, 2, 3]}", "`gutter` is too long (at most 2)"),
        ("page: {dpi: 5}", "must be a finite number from 36 to 1200"),
        ("border: wavy", "must be `plain` or `none` or `rounded` or `ragged`"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_said_at_its_place(
    tmp_path: Path, said: str, sentence: str
) -> None:
    (told,) = problems(tmp_path, f"title: T\n{said}\n{ONE}\n")
    assert sentence in told
    assert told.startswith("story.yaml:2:")


@pytest.mark.parametrize(
    ("panel", "sentence"),
    [
        ("{inset: {size: 130%}}", "is not above 0% and at most 100%: `130%`"),
        ("{inset: {size: big}}", "must be a size in percent such as 40%x35%"),
        ("{inset: nowhere}", "must be a place"),
        ("{bleed: 3mm}", "must be true or false"),
    ],
)
def test_what_is_wrong_with_a_panel_is_said_at_its_place(
    tmp_path: Path, panel: str, sentence: str
) -> None:
    (told,) = problems(tmp_path, f"title: T\npages:\n  - panels:\n    - {{}}\n    - {panel}\n")
    assert sentence in told
    assert told.startswith("story.yaml:5:")
