"""A page as a picture file: PNG, JPEG or WebP."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
from PIL import Image, ImageCms

from storyboard.export.png_bands import png_file
from storyboard.pages.compose import PageDrawing
from storyboard.pages.raster import rasterise

_METHOD = 2
"""libwebp's effort: 4 saves 3 % more and takes twice as long."""


@dataclass(frozen=True, slots=True)
class Png:
    """Lossless, and read by everything."""

    ending: ClassVar[str] = "png"
    media_type: ClassVar[str] = "image/png"


@dataclass(frozen=True, slots=True)
class Jpeg:
    """`quality` from 1 to 100; colour is never coarser than light (4:4:4), so red letters stay
    sharp."""

    quality: int = 92
    ending: ClassVar[str] = "jpg"
    media_type: ClassVar[str] = "image/jpeg"


@dataclass(frozen=True, slots=True)
class WebP:
    """`quality` from 1 to 100; without it lossless."""

    quality: int | None = None
    ending: ClassVar[str] = "webp"
    media_type: ClassVar[str] = "image/webp"


Encoding = Png | Jpeg | WebP


def picture_file(picture: Image.Image, encoding: Encoding, dpi: float) -> bytes:
    """The picture in sRGB as a file; equal pixels give equal bytes."""
    buffer = io.BytesIO()
    if isinstance(encoding, Png):
        return png_file(np.asarray(picture), dpi)
    if isinstance(encoding, Jpeg):
        picture.save(
            buffer,
            "JPEG",
            quality=encoding.quality,
            subsampling=0,
            optimize=True,
            dpi=(round(dpi), round(dpi)),
            icc_profile=_srgb_profile(),
        )
    elif encoding.quality is None:
        picture.save(buffer, "WEBP", lossless=True, quality=40, method=_METHOD)
    else:
        picture.save(buffer, "WEBP", quality=encoding.quality, method=_METHOD)
    return buffer.getvalue()


def page_file(drawing: PageDrawing, encoding: Encoding | None = None, scale: float = 1.0) -> bytes:
    """The page at `scale` times its size; a PNG where no encoding is given.

    Equal drawings and picture files give equal bytes. Raises `ProblemsError` where a picture
    cannot be read, or the page would be too large.
    """
    return picture_file(rasterise(drawing, scale), encoding or Png(), drawing.dpi * scale)


@cache
def _srgb_profile() -> bytes:
    """Little CMS' sRGB profile without the time at which it was made (ICC.1, bytes 24 to 35)."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made[:24] + bytes(12) + made[36:]
