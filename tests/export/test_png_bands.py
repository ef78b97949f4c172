"""A PNG packed in bands is a PNG like any other."""

from __future__ import annotations

import io
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import storyboard.export.png_bands
from storyboard.export.png_bands import Pixels, png_file

DRAWN = Path(__file__).parents[2] / "docs" / "pictures" / "lantern-keeper-01.png"
sides = st.integers(1, 200)


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    """Pixels of every value."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def read(data: bytes) -> Image.Image:
    """The file as another program reads it, every checksum looked at."""
    with Image.open(io.BytesIO(data)) as picture:
        picture.verify()
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@given(sides, sides, st.integers(0, 1000))
def test_the_pixels_come_back(height: int, width: int, seed: int) -> None:
    pixels = noise(height, width, seed)
    picture = read(png_file(pixels, 150))
    assert picture.mode == "RGB"
    assert np.array_equal(np.asarray(picture), pixels)


def test_the_stream_ends_with_the_checksum_of_all_its_bytes() -> None:
    data = png_file(noise(150, 7), 150)
    stream, at = b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            stream += data[at + 8 : at + 8 + length]
        at += 12 + length
    unpacker = zlib.decompressobj()
    rows = unpacker.decompress(stream)
    assert unpacker.eof and not unpacker.unused_data
    assert stream[-4:] == zlib.adler32(rows).to_bytes(4, "big")
    assert len(rows) == 150 * (3 * 7 + 1)


def test_equal_pixels_are_equal_bytes_however_many_work_on_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels = noise(300, 20)
    many = png_file(pixels, 300)
    module = storyboard.export.png_bands
    monkeypatch.setattr(module, "ThreadPoolExecutor", lambda: ThreadPoolExecutor(1))
    assert png_file(pixels, 300) == many


def test_a_drawn_page_is_no_larger_than_pillow_makes_it() -> None:
    with Image.open(DRAWN) as file:
        page = file.convert("RGB")
    usual = io.BytesIO()
    page.save(usual, "PNG")
    assert len(png_file(np.asarray(page), 150)) < len(usual.getvalue())


def test_it_says_how_large_it_prints_and_that_it_is_srgb() -> None:
    picture = read(png_file(noise(3, 4), 300))
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert picture.info["srgb"] == 0
