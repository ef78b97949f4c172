"""A page is one list of drawing commands, made without opening a picture."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.geometry import Rect, Size
from storyboard.pages.commands import (
    INK,
    WHITE,
    Command,
    FillPath,
    Picture,
    StrokePath,
    TextRun,
)
from storyboard.pages.compose import compose_page, cover
from storyboard.pages.content import BalloonText
from storyboard.pages.fonts import Fonts, bundled_fonts
from storyboard.pages.shapes import Box, bounds, polygon
from storyboard.pages.sheets import Sheet
from storyboard.pages.style import style_for
from tests.pages.samples import SHEET, At, demo_page
from tests.support.fonts import small_fonts


def test_pictures_fill_their_cells_under_a_border(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    drawing = compose_page(page)
    assert drawing.size == SHEET.size
    picture, border = drawing.commands[:2]
    assert isinstance(picture, Picture)
    assert picture.cell == page.panels[0].cell
    assert isinstance(border, FillPath)
    assert border.color == INK
    cell = page.panels[0].cell
    assert bounds(border.shape) == Box(cell.left, cell.top, cell.right, cell.bottom)


def test_a_missing_picture_is_told_and_named_on_the_page(tmp_path: Path) -> None:
    drawing = compose_page(demo_page(tmp_path))
    assert drawing.missing == ("1.b",)
    assert "1.b" in [command.text for command in drawing.commands if isinstance(command, TextRun)]


def test_problems_come_with_their_panel(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    bad = dataclasses.replace(page.panels[1], balloons=(BalloonText("ຄ"),))
    drawing = compose_page(dataclasses.replace(page, panels=(page.panels[0], bad)), small_fonts())
    assert [problem.panel for problem in drawing.problems] == ["1.b"]


def test_letters_have_one_size_on_a_page(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    full = dataclasses.replace(
        page.panels[1],
        cell=Rect(30, 600, 120, 200),
        balloons=(BalloonText("It was a long way down, and nobody had brought a rope."),),
    )
    drawing = compose_page(dataclasses.replace(page, panels=(page.panels[0], full)))
    sizes = [
        command.size
        for command in drawing.commands
        if isinstance(command, TextRun) and command.color == INK
    ]
    usual = style_for(SHEET.size).em
    assert not drawing.problems
    assert max(sizes) < usual
    assert min(sizes) >= style_for(SHEET.size).smallest


def test_an_inset_lies_over_its_host_on_white_and_letters_over_all(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    host = page.panels[0]
    inset = dataclasses.replace(page.panels[1], cell=Rect(60, 60, 100, 80), layer=1)
    drawing = compose_page(dataclasses.replace(page, panels=(inset, host)))
    art = next(i for i, one in enumerate(drawing.commands) if isinstance(one, Picture))
    white = drawing.commands[art + 2]
    assert isinstance(white, FillPath)
    assert white.color == WHITE
    assert bounds(white.shape) == Box(56, 56, 164, 144)
    letters = [
        i for i, one in enumerate(drawing.commands) if isinstance(one, TextRun) and one.color == INK
    ]
    assert min(letters) > art + 2


def test_a_round_inset_has_white_along_its_own_outline(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    inset = dataclasses.replace(page.panels[1], border="rounded", layer=1)
    white = compose_page(dataclasses.replace(page, panels=(inset,))).commands[0]
    assert isinstance(white, StrokePath)
    assert white.color == WHITE


def test_a_leaning_panel_clips_its_picture(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    shape = (polygon([(30, 30), (560, 40), (500, 400), (30, 440)]),)
    leaning = dataclasses.replace(page.panels[0], shape=shape)
    picture = compose_page(dataclasses.replace(page, panels=(leaning,))).commands[0]
    assert isinstance(picture, Picture)
    assert picture.clip == shape


def test_a_spreads_letters_are_as_large_as_a_pages(tmp_path: Path) -> None:
    page = demo_page(tmp_path)
    wide = Sheet(Size(1200, 900), 30, 12, bleed=9, safe=15, dpi=300, spread=True)
    spread = compose_page(dataclasses.replace(page, sheet=wide))
    assert (spread.size, spread.spread) == (Size(1200, 900), True)
    assert (spread.bleed, spread.safe, spread.dpi) == (9, 15, 300)
    assert style_for(wide.page_size) == style_for(SHEET.size)
    assert _largest(spread.commands) == _largest(compose_page(page).commands)


def _largest(commands: Iterable[Command]) -> float:
    return max(one.size for one in commands if isinstance(one, TextRun) and one.color == INK)


def test_equal_pages_are_equal_drawings(tmp_path: Path) -> None:
    assert compose_page(demo_page(tmp_path)) == compose_page(demo_page(tmp_path))


def test_other_fonts_can_be_given(tmp_path: Path) -> None:
    bangers = bundled_fonts().sound
    drawing = compose_page(demo_page(tmp_path), Fonts(bangers, bangers, bangers, bangers))
    runs = [command for command in drawing.commands if isinstance(command, TextRun)]
    assert {run.font for run in runs} == {bangers.face}


def test_a_picture_is_cropped_around_its_middle_or_focus() -> None:
    middle = cover(Size(200, 100), Size(50, 50), None)
    assert (middle.left, middle.top, middle.width, middle.height) == (50, 0, 100, 100)
    assert cover(Size(200, 100), Size(50, 50), At(0, 0)).left == 0
    assert cover(Size(200, 100), Size(50, 50), At(1, 1)).left == 100
    assert cover(Size(200, 100), Size(50, 50), At(0.4, 0.5)).left == 30


@settings(deadline=None)
@given(
    st.builds(Size, st.integers(1, 4000), st.integers(1, 4000)),
    st.builds(Size, st.integers(1, 2000), st.integers(1, 2000)),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_crop_has_the_cells_aspect_and_stays_in_the_picture(
    picture: Size, cell: Size, x: float, y: float
) -> None:
    crop = cover(picture, cell, At(x, y))
    assert crop.width / crop.height == pytest.approx(cell.aspect)
    assert crop.left >= 0
    assert crop.top >= 0
    assert crop.left + crop.width <= picture.width + 1e-6
    assert crop.top + crop.height <= picture.height + 1e-6
    assert min(picture.width - crop.width, picture.height - crop.height) == pytest.approx(
        0, abs=1e-6
    )


@pytest.mark.parametrize("size", [Size(1, 1), Size(16, 16), Size(9, 2000)])
def test_a_tiny_cell_is_told_text_by_text(tmp_path: Path, size: Size) -> None:
    page = demo_page(tmp_path)
    tiny = dataclasses.replace(page.panels[0], cell=Rect(0, 0, size.width, size.height))
    drawing = compose_page(dataclasses.replace(page, panels=(tiny,)))
    assert len(drawing.problems) == 4


def test_composing_never_loads_pillow_or_torch() -> None:
    program = (
        "import sys, storyboard.pages.compose; "
        "print([m for m in ('PIL', 'torch', 'fpdf', 'diffusers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
