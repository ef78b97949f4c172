"""Pictures as arrays: enlarging, and padding to what a model can draw. No torch here."""

from __future__ import annotations

import numpy as np
from PIL import Image

from storyboard.engine.base import Pixels
from storyboard.geometry import Size


def drawable(size: Size, multiple: int) -> Size:
    """The smallest size that holds `size` and whose sides a latent can have."""
    return Size(-(-size.width // multiple) * multiple, -(-size.height // multiple) * multiple)


def size_of(pixels: Pixels) -> Size:
    """A picture's width and height."""
    height, width = pixels.shape[:2]
    return Size(width, height)


def enlarged(pixels: Pixels, size: Size) -> Pixels:
    """The picture at another size, by Pillow's Lanczos filter."""
    return _resized(pixels, size, Image.Resampling.LANCZOS)


def repeated(pixels: Pixels, size: Size) -> Pixels:
    """The picture at another size, each pixel the nearest one."""
    return _resized(pixels, size, Image.Resampling.NEAREST)


def _resized(pixels: Pixels, size: Size, by: Image.Resampling) -> Pixels:
    if size_of(pixels) == size:
        return pixels
    picture = Image.fromarray(pixels).resize((size.width, size.height), by)
    return np.asarray(picture, dtype=np.uint8)


def padded(pixels: Pixels, size: Size) -> Pixels:
    """The picture with its right and lower edge drawn out to `size`."""
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, size.height - height), (0, size.width - width), (0, 0)), "edge")


def cropped(pixels: Pixels, size: Size) -> Pixels:
    """The upper left part of the picture, of `size`."""
    return np.ascontiguousarray(pixels[: size.height, : size.width])
