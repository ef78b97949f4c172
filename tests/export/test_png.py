"""A page's PNG is its pixels, with the resolution it is to be printed at."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from storyboard.export.png import page_png
from storyboard.pages.compose import compose_page
from tests.pages.samples import demo_page


@pytest.mark.parametrize(("scale", "size"), [(1.0, (600, 900)), (0.5, (300, 450))])
def test_a_page_has_its_size_and_resolution(
    tmp_path: Path, scale: float, size: tuple[int, int]
) -> None:
    data = page_png(compose_page(demo_page(tmp_path)), scale)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "PNG"
        assert picture.size == size
        assert picture.info["dpi"] == pytest.approx((150 * scale, 150 * scale), abs=0.1)


def test_equal_pages_give_equal_bytes(tmp_path: Path) -> None:
    drawing = compose_page(demo_page(tmp_path))
    assert page_png(drawing) == page_png(drawing)
