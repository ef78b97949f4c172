"""Presets are laid out on every paper, for both readings, without a word more from the author."""

from __future__ import annotations

import pytest

from storyboard.geometry import Rect, Size
from storyboard.pages.areas import LayoutProblem
from storyboard.pages.arrangement import Arrangement, Reading, arrange
from storyboard.pages.papers import PAPERS
from storyboard.pages.presets import PRESETS, preset_named
from storyboard.pages.sheets import Sheet
from storyboard.pages.slants import Slant

SHEET = Sheet(Size(1200, 1800), 60, 24, bleed=18, safe=30)


def sheet_on(paper: str, spread: bool) -> Sheet:
    size, dpi = PAPERS[paper], PAPERS[paper].dpi
    width, height = round(size.width.pixels(dpi)), round(size.height.pixels(dpi))
    short = min(width, height)
    return Sheet(
        Size(2 * width if spread else width, height),
        round(size.margin * short),
        round(size.gutters[1] * short),
        round(size.gutters[0] * short),
        safe=round(size.safe * short),
    )


@pytest.mark.parametrize("reading", ["ltr", "rtl"])
@pytest.mark.parametrize("paper", list(PAPERS))
@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_fits_every_paper(name: str, paper: str, reading: Reading) -> None:
    preset = PRESETS[name]
    panels = [str(number) for number in range(preset.places or 4)]
    sheet = sheet_on(paper, preset.spread)
    placed = arrange(panels, Arrangement(layout=name), sheet, reading)
    least = min(sheet.size.width, sheet.size.height) / 12
    for panel in placed.values():
        assert min(panel.cell.width, panel.cell.height) > least


@pytest.mark.parametrize("written", ["nine-grid", "Nine grid", "NINE_GRID", " nine-grid\n"])
def test_a_preset_is_found_however_it_is_written(written: str) -> None:
    assert preset_named(written) is PRESETS["nine-grid"]


def test_a_panel_may_be_called_like_a_preset() -> None:
    placed = arrange(["splash"], Arrangement(layout="splash"), SHEET, "ltr")
    assert placed["splash"].cell == SHEET.inner


def test_a_splash_reaches_over_the_trim() -> None:
    placed = arrange(["a"], Arrangement(layout="splash"), SHEET, "ltr")
    assert placed["a"].cell == SHEET.bled


def test_widescreen_takes_any_number_of_panels() -> None:
    for count in (1, 3, 6):
        panels = [str(number) for number in range(count)]
        placed = arrange(panels, Arrangement(layout="widescreen"), SHEET, "ltr")
        assert {panel.cell.width for panel in placed.values()} == {1080}


def test_what_the_page_says_wins_over_the_preset() -> None:
    panels = ["a", "b", "c"]
    wanted = Arrangement(layout="t-shape", heights=[1, 1], slant=Slant(panels=6))
    placed = arrange(panels, wanted, SHEET, "ltr")
    assert placed["a"].cell == Rect(60, 60, 1080, 828)
    assert placed["b"].corners is not None


def test_a_preset_for_another_number_of_panels_names_those_that_fit() -> None:
    with pytest.raises(LayoutProblem) as problem:
        arrange(["a", "b", "c"], Arrangement(layout="six-grid"), SHEET, "ltr")
    assert "`t-shape`" in problem.value.hint
    assert "`nine-grid`" not in problem.value.hint
