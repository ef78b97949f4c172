"""Sketches of people for panels in guides: heads with eyes and mouths before a night's sea."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from storyboard.geometry import Size

Pixels = npt.NDArray[np.float64]

_SKY, _SEA, _MOON = (129, 152, 178), (88, 110, 139), (240, 233, 205)
_INK = (38, 36, 44)
_LOOKS = (
    ((240, 205, 180), (62, 48, 58), (196, 72, 62)),
    ((166, 116, 86), (60, 104, 92), (70, 104, 160)),
)
"""Skin, hair and coat, one after the other."""


def sketch(size: Size, faces: Sequence[tuple[float, float]]) -> Image.Image:
    """Somebody at each place, in fractions of the picture; the sea where nobody is."""
    y, x = np.mgrid[: size.height, : size.width] + 0.5
    pixels = np.empty((size.height, size.width, 3))
    pixels[:] = _SKY
    short = min(size.width, size.height)
    _disc(pixels, x, y, 0.84 * size.width, 0.26 * size.height, 0.09 * short, _MOON)
    _fill(pixels, y - (0.7 * size.height + 3 * np.sin(x / 23)), _SEA)
    for number, (left, top) in enumerate(faces):
        _person(pixels, x, y, left * size.width, top * size.height, 0.14 * short, number)
    return Image.fromarray(np.rint(pixels).astype(np.uint8))


def _person(
    pixels: Pixels, x: Pixels, y: Pixels, left: float, top: float, radius: float, number: int
) -> None:
    skin, hair, coat = _LOOKS[number % len(_LOOKS)]
    shoulders = 1.9 * radius - np.hypot((x - left) * 0.95, y - top - 2.9 * radius)
    _fill(pixels, shoulders + 3, _INK)
    _fill(pixels, shoulders, coat)
    _disc(pixels, x, y, left, top - 0.16 * radius, 1.14 * radius + 3, _INK)
    _disc(pixels, x, y, left, top - 0.16 * radius, 1.14 * radius, hair)
    _disc(pixels, x, y, left, top + 0.1 * radius, 0.9 * radius, skin)
    for side in (-1, 1):
        _disc(pixels, x, y, left + side * 0.36 * radius, top + 0.02 * radius, 0.11 * radius, _INK)
    mouth = 0.03 * radius + 1 - np.abs(np.hypot(x - left, y - top - 0.3 * radius) - 0.27 * radius)
    _fill(pixels, np.where(y > top + 0.42 * radius, mouth, -1), _INK)


def _disc(
    pixels: Pixels,
    x: Pixels,
    y: Pixels,
    left: float,
    top: float,
    radius: float,
    color: tuple[int, int, int],
) -> None:
    _fill(pixels, radius - np.hypot(x - left, y - top), color)


def _fill(pixels: Pixels, inside: Pixels, color: tuple[int, int, int]) -> None:
    """A colour where `inside`, in pixels from its edge, is above 0; its edge is soft."""
    share = np.clip(inside + 0.5, 0, 1)[..., None]
    pixels += share * (np.array(color) - pixels)
