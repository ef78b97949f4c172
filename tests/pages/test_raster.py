"""A drawing becomes pixels: pictures in their cells, black borders, white balloons, black text."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from storyboard.errors import ProblemsError
from storyboard.geometry import Rect, Size
from storyboard.pages.commands import INK, Crop, FillPath, Picture, TextRun
from storyboard.pages.compose import PageDrawing, compose_page
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.raster import png_bytes, rasterise
from storyboard.pages.shapes import Box, bounds, polygon, rectangle
from tests.pages.samples import demo_page, gradient

FONT = bundled_fonts().speech.face


def pixels(picture: Image.Image) -> npt.NDArray[np.int64]:
    return np.asarray(picture, dtype=np.int64)


def test_margins_are_white_and_borders_are_black(tmp_path: Path) -> None:
    drawn = pixels(rasterise(compose_page(demo_page(tmp_path))))
    assert drawn.shape == (900, 600, 3)
    assert int(drawn[:30].min()) == 255
    assert int(drawn[:, :30].min()) == 255
    assert int(drawn[31, 40:560].max()) < 20
    assert int(drawn[500:800, 31].max()) < 20
    assert int(drawn[:, 570:].min()) == 255


def test_balloons_are_white_around_dark_letters(tmp_path: Path) -> None:
    drawing = compose_page(demo_page(tmp_path))
    drawn = pixels(rasterise(drawing))
    for ground, run in itertools.pairwise(drawing.commands):
        if isinstance(ground, FillPath) and isinstance(run, TextRun) and run.color == INK:
            left, width = round(run.x), round(run.font.width(run.text, run.size))
            line = drawn[round(run.baseline - 0.5 * run.size) : round(run.baseline)]
            line = line[:, left : left + width]
            assert int(line.min()) < 60
            above = drawn[round(run.baseline - 1.05 * run.size), left + width // 2]
            assert tuple(above) == ground.color


def test_a_picture_is_cropped_to_its_cell(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(256, 256))
    command = Picture(picture.path, picture.size, Crop(128, 0, 128, 64), Rect(10, 20, 128, 64))
    drawn = pixels(rasterise(PageDrawing(Size(150, 100), (command,))))
    assert tuple(drawn[20, 10]) == (128, 0, 128)
    assert tuple(drawn[83, 137]) == (255, 63, 128)
    assert tuple(drawn[19, 10]) == (255, 255, 255)
    assert tuple(drawn[84, 137]) == (255, 255, 255)


def test_a_picture_is_clipped_smoothly_to_a_shape(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(64, 64))
    shape = (polygon([(10, 10), (74, 10), (58, 74), (10, 74)]),)
    whole = Crop(0, 0, 64, 64)
    clipped = Picture(picture.path, picture.size, whole, Rect(10, 10, 64, 64), clip=shape)
    plain = dataclasses.replace(clipped, clip=None)
    drawn = pixels(rasterise(PageDrawing(Size(90, 90), (clipped,)))).astype(float)
    unclipped = pixels(rasterise(PageDrawing(Size(90, 90), (plain,)))).astype(float)
    blue = (255 - drawn[:, :, 2]) / (255 - 128)  # how much of each pixel shows the picture
    assert blue.sum() == pytest.approx(64 * 56, rel=0.002)
    assert np.array_equal(drawn[10:74, 10:58], unclipped[10:74, 10:58])
    edge = blue[40, 60:72]
    assert sum(0.02 < share < 0.98 for share in edge) in (1, 2)


@pytest.mark.parametrize("scale", [0.37, 0.73, 1.31])
def test_a_clips_edge_is_never_darker_than_the_picture(tmp_path: Path, scale: float) -> None:
    Image.new("RGB", (64, 64), (200, 200, 200)).save(tmp_path / "a.png")
    shape = (polygon([(11, 11), (75, 12), (75, 75), (11, 74)]),)
    crop = Crop(0, 0, 64, 64)
    command = Picture(tmp_path / "a.png", Size(64, 64), crop, Rect(11, 11, 64, 64), clip=shape)
    drawn = pixels(rasterise(PageDrawing(Size(90, 90), (command,)), scale))
    assert int(drawn.min()) >= 199


def test_what_bleeds_is_cut_off_at_the_trim(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(60, 60))
    crop = Crop(0, 0, 60, 60)
    bleeding = Picture(picture.path, picture.size, crop, Rect(-10, -10, 60, 60))
    shape = (rectangle(Box(-10, -10, 50, 50)),)
    clipped = dataclasses.replace(bleeding, clip=shape)
    for command in (bleeding, clipped):
        page = rasterise(PageDrawing(Size(40, 40), (command,), bleed=10))
        assert page.size == (40, 40)
        with Image.open(picture.path) as whole:
            assert np.array_equal(pixels(page), np.asarray(whole)[10:50, 10:50])


def test_scale_enlarges_the_page(tmp_path: Path) -> None:
    drawing = compose_page(demo_page(tmp_path))
    double = rasterise(drawing, 2.0)
    assert double.size == (1200, 1800)
    smaller = pixels(double.resize((600, 900), Image.Resampling.BOX))
    assert float(np.abs(smaller - pixels(rasterise(drawing))).mean()) < 2


def test_letters_are_smooth_and_stand_where_they_are_measured() -> None:
    run = TextRun("Hamburg", FONT, 40, 20.25, 60)
    drawn = pixels(rasterise(PageDrawing(Size(260, 90), (run,))))[:, :, 0]
    dark = np.argwhere(drawn < 128)
    box = bounds(FONT.outline("Hamburg", 40, (20.25, 60)))
    assert abs(int(dark[:, 1].min()) - box.left) <= 1
    assert abs(int(dark[:, 1].max()) + 1 - box.right) <= 1
    assert abs(int(dark[:, 0].min()) - box.top) <= 1
    assert len(np.unique(drawn)) > 40


def test_text_without_a_color_is_not_painted() -> None:
    run = TextRun("BOOM", FONT, 40, 20, 60, None)
    assert int(pixels(rasterise(PageDrawing(Size(200, 90), (run,)))).min()) == 255


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    drawing = compose_page(demo_page(tmp_path))
    assert png_bytes(rasterise(drawing)) == png_bytes(rasterise(drawing))


def test_a_page_that_is_too_large_is_told_before_it_is_drawn() -> None:
    drawing = PageDrawing(Size(8192, 8192), (), 3)
    with pytest.raises(ProblemsError, match="page 3 would have 16384x16384 pixels"):
        rasterise(drawing, 2.0)


def test_a_picture_that_changed_its_size_is_told(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(32, 32))
    command = Picture(picture.path, Size(64, 64), Crop(0, 0, 64, 64), Rect(0, 0, 64, 64))
    with pytest.raises(ProblemsError, match="composed for 64x64"):
        rasterise(PageDrawing(Size(64, 64), (command,)))


def test_shapes_paint_over_what_was_there_before() -> None:
    red = FillPath((rectangle(Box(0, 0, 10, 10)),), (255, 0, 0))
    blue = FillPath((rectangle(Box(5, 0, 10, 10)),), (0, 0, 255))
    drawn = pixels(rasterise(PageDrawing(Size(10, 10), (red, blue))))
    assert tuple(drawn[5, 4]) == (255, 0, 0)
    assert tuple(drawn[5, 5]) == (0, 0, 255)
