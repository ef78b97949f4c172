"""Opening picture files: what strangers sent is decoded within bounds, or refused in a sentence."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from PIL import ExifTags, Image

from storyboard.errors import ProblemsError, argument_error
from storyboard.geometry import Size

_MOST_BYTES = 300_000_000
"""What a picture may need while it is opened: as Pillow holds it, and all that is made of it."""

_BYTES_A_PIXEL = {"RGB": 4, "1": 5, "L": 5, "P": 5, "RGBA": 8, "CMYK": 8, "YCbCr": 8}
_BYTES_OF_OTHERS = 15
"""By its mode: 16 bits, say, are read as 32 and then become 8."""

Ground = Literal["white", "black"]
"""What shows through where a picture is transparent."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture is turned upright, by EXIF's number for how the camera was held."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")


def open_picture(path: Path, data: bytes | None = None, ground: Ground = "white") -> Image.Image:
    """The picture as RGB, upright as its camera says; `ground` shows where it is transparent.

    `data` are the file's bytes where they have been read already. Raises `ProblemsError` where the
    file cannot be read as a picture, or is too large.
    """
    with _bounded(path, data) as picture:
        picture.load()
        return _upright(_on_ground(picture, ground), picture)


def upright_size(path: Path) -> Size:
    """How large `open_picture` will find a picture, from the file's head alone. Raises
    `ProblemsError` as it does where the head is wrong."""
    with _bounded(path, None) as picture:
        lying = _held(picture) in (5, 6, 7, 8)
        width, height = picture.size
        return Size(height, width) if lying else Size(width, height)


@contextmanager
def _bounded(path: Path, data: bytes | None) -> Iterator[Image.Image]:
    """An opened picture of a size that is read; what is wrong with the file is told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            file = path if data is None else io.BytesIO(data)
            with Image.open(file, formats=_FORMATS) as picture:
                _check_size(picture, path)
                yield picture
    except (
        OSError,
        SyntaxError,
        ValueError,
        MemoryError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ProblemsError:
    reason = str(error).replace(str(path), path.name).strip() or type(error).__name__
    return argument_error(
        f"the picture cannot be read: {reason}", "draw or export it again", str(path)
    )


def _check_size(picture: Image.Image, path: Path) -> None:
    size = Size(*picture.size)
    most = _MOST_BYTES // _BYTES_A_PIXEL.get(picture.mode, _BYTES_OF_OTHERS)
    if size.area > most:
        raise argument_error(
            f"the picture has {size} pixels, at most {most // 1_000_000} million of its kind "
            f"({picture.mode}) are read",
            "make it smaller",
            str(path),
        )


def _on_ground(picture: Image.Image, ground: Ground) -> Image.Image:
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        colored = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        below = Image.new("RGB", colored.size, ground)
        below.paste(colored, mask=colored)
        return below
    if picture.mode.startswith("I"):  # 16 bits, also where Pillow has 32 for them
        return (
            picture.convert("I").point(lambda value: value / 257 + 0.5).convert("L").convert("RGB")
        )
    if picture.mode == "F":
        raise ValueError("its values are fractions, of which nobody says how bright they are")
    # One that is RGB already is not copied: it may be half of what memory a story has.
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _upright(picture: Image.Image, file: Image.Image) -> Image.Image:
    """The picture as the file's EXIF says that it was held."""
    turn = _TURNS.get(_held(file))
    return picture if turn is None else picture.transpose(turn)


def _held(file: Image.Image) -> int:
    """How the camera was held, by EXIF's number; 1 is upright."""
    try:
        return int(file.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # whatever a stranger's EXIF is: the picture can be seen without it
        return 1
