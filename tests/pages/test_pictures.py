"""Pictures are read within bounds, or refused in a sentence that names the file."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.errors import ProblemsError
from storyboard.pages.pictures import open_picture


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.bmp", "a.tiff", "a.gif"])
def test_lossless_formats_are_read(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (6, 4), (10, 200, 30)).save(tmp_path / name, lossless=True)
    picture = open_picture(tmp_path / name)
    assert (picture.mode, picture.size) == ("RGB", (6, 4))
    assert picture.getpixel((2, 2)) == (10, 200, 30)


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert open_picture(tmp_path / "a.png").getpixel((1, 1)) == (255, 255, 255)


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    gray = np.full((4, 4), 32768, dtype=np.uint16)
    Image.fromarray(gray).save(tmp_path / "a.png")
    assert open_picture(tmp_path / "a.png").getpixel((1, 1)) == (128, 128, 128)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a picture", "cannot be read"),
        (b"", "cannot be read"),
        (png_header(30, 30), "cannot be read"),
        (png_header(12_000, 12_000), "144000000 pixels"),
        (png_header(60_000, 60_000), "cannot be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(ProblemsError) as refused:
        open_picture(path)
    (problem,) = refused.value.problems
    assert problem.mark.file == str(path)
    assert message in problem.message
    assert problem.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match=r"gone\.png"):
        open_picture(tmp_path / "gone.png")
