"""A page as a picture file: its size, its density, its colours, and equal bytes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from storyboard.export.images import Encoding, Jpeg, Png, WebP, page_file
from storyboard.geometry import Size
from storyboard.pages.commands import FillPath
from storyboard.pages.compose import PageDrawing, compose_page
from storyboard.pages.raster import rasterise
from storyboard.pages.shapes import Box, rectangle
from tests.pages.samples import demo_page

ALL = [Png(), Jpeg(), Jpeg(60), WebP(), WebP(80)]
RED = (200, 30, 40)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0])
def test_a_page_has_its_size_and_says_how_large_it_prints(tmp_path: Path, scale: float) -> None:
    page = opened(page_file(compose_page(demo_page(tmp_path)), Png(), scale))
    assert (page.format, page.mode) == ("PNG", "RGB")
    assert page.size == (600 * scale, 900 * scale)
    assert page.info["dpi"] == pytest.approx((150 * scale, 150 * scale), abs=0.02)


@pytest.mark.parametrize("encoding", [Png(), WebP()])
def test_lossless_formats_hold_the_page_pixel_for_pixel(tmp_path: Path, encoding: Encoding) -> None:
    drawing = compose_page(demo_page(tmp_path))
    page = opened(page_file(drawing, encoding)).convert("RGB")
    assert page.tobytes() == rasterise(drawing).tobytes()


def test_a_jpeg_keeps_the_edges_of_red_letters_sharp() -> None:
    """At half the resolution for colour (4:2:0) a thin red line would fade."""
    line = FillPath((rectangle(Box(21, 0, 22, 40)),), RED)
    page = opened(page_file(PageDrawing(Size(40, 40), (line,)), Jpeg(95)))
    assert np.abs(np.asarray(page)[20, 21].astype(int) - RED).max() < 30
    assert np.asarray(page)[20, 24].min() > 225


def test_a_jpeg_says_that_it_is_srgb_and_how_large_it_prints(tmp_path: Path) -> None:
    page = opened(page_file(compose_page(demo_page(tmp_path)), Jpeg()))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(page.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert page.info["dpi"] == (150, 150)


def test_a_png_says_that_it_is_srgb(tmp_path: Path) -> None:
    assert opened(page_file(compose_page(demo_page(tmp_path)))).info["srgb"] == 0


@pytest.mark.parametrize("encoding", ALL)
def test_equal_pages_give_equal_bytes(tmp_path: Path, encoding: Encoding) -> None:
    drawing = compose_page(demo_page(tmp_path))
    assert page_file(drawing, encoding) == page_file(drawing, encoding)


def test_less_quality_is_less_to_keep(tmp_path: Path) -> None:
    drawing = compose_page(demo_page(tmp_path))
    assert len(page_file(drawing, Jpeg(50))) < len(page_file(drawing, Jpeg(92)))
    assert len(page_file(drawing, WebP(80))) < len(page_file(drawing, WebP()))
