"""Pictures are read within bounds, or refused in a sentence that names the file."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

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


def test_sixteen_bits_become_eight_also_where_they_are_kept_in_32(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 32768, dtype=np.int32)).save(tmp_path / "a.tiff")
    assert open_picture(tmp_path / "a.tiff").getpixel((1, 1)) == (128, 128, 128)


def test_fractions_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 0.5, dtype=np.float32)).save(tmp_path / "a.tiff")
    with pytest.raises(ProblemsError, match="its values are fractions"):
        open_picture(tmp_path / "a.tiff")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    white = Image.new("RGB", (4, 4), "white")
    picture = Image.new("I;16", (4, 4), 65535) if mode == "I;16" else white.convert(mode)
    picture.save(tmp_path / "a.tiff")
    found = open_picture(tmp_path / "a.tiff")
    assert (found.mode, found.getpixel((1, 1))) == ("RGB", (255, 255, 255))


def corners(picture: Image.Image) -> list[str]:
    """The names of the colours in the corners, from the top left one clockwise."""
    right, low = picture.width - 1, picture.height - 1
    names = {(255, 0, 0): "red", (0, 255, 0): "green", (0, 0, 255): "blue", (0, 0, 0): "black"}
    places = ((0, 0), (right, 0), (right, low), (0, low))
    found = [picture.getpixel(place) for place in places]
    return [names[one] for one in found if isinstance(one, tuple) and len(one) == 3]


@pytest.mark.parametrize("ending", ["png", "tiff", "webp"])
@pytest.mark.parametrize("held", range(10))
def test_a_picture_is_shown_upright(tmp_path: Path, held: int, ending: str) -> None:
    upright = Image.new("RGB", (6, 4), "red")
    for place, colour in (((3, 0), (0, 255, 0)), ((3, 2), (0, 0, 255)), ((0, 2), (0, 0, 0))):
        upright.paste(colour, (*place, place[0] + 3, place[1] + 2))
    # How a camera that was held so keeps it: by EXIF's own table, not by how it is turned back.
    kept = {
        2: ["green", "red", "black", "blue"],
        3: ["blue", "black", "red", "green"],
        4: ["black", "blue", "green", "red"],
        5: ["red", "black", "blue", "green"],
        6: ["green", "blue", "black", "red"],
        7: ["blue", "green", "red", "black"],
        8: ["black", "red", "green", "blue"],
    }
    turned = next(
        one
        for one in [upright, *(upright.transpose(turn) for turn in Image.Transpose)]
        if corners(one) == kept.get(held, ["red", "green", "blue", "black"])
    )
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = held
    turned.save(tmp_path / f"a.{ending}", exif=exif, lossless=True)
    found = open_picture(tmp_path / f"a.{ending}")
    assert corners(found) == ["red", "green", "blue", "black"]
    assert found.size == (6, 4)


def test_a_broken_exif_is_nobodys_business(tmp_path: Path) -> None:
    broken = b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 20
    Image.new("RGB", (6, 4), "red").save(tmp_path / "a.png", exif=broken)
    assert open_picture(tmp_path / "a.png").size == (6, 4)


def test_the_ground_is_what_is_asked_for(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert open_picture(tmp_path / "a.png", ground="black").getpixel((1, 1)) == (0, 0, 0)


def png_header(width: int, height: int, colour: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a picture", "cannot be read"),
        (b"", "cannot be read"),
        (png_header(30, 30), "cannot be read"),
        (png_header(12_000, 12_000), "144000000 pixels"),
        (png_header(9_000, 9_000), "at most 75 million of its kind (RGB)"),
        (png_header(7_000, 7_000, 6), "at most 37 million of its kind (RGBA)"),
        (png_header(60_000, 60_000), "cannot be read"),
        (b"P6 1 1 255\n\0\0\0", "cannot be read"),  # one that Pillow could read
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
