"""Panels for guides: landscapes of a few greys with the panel's number, small as files."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from storyboard.geometry import Size

_GREYS = ((222, 244, 176, 132), (198, 236, 150, 108), (232, 250, 196, 160), (176, 226, 128, 92))
"""Sky, sun, and two hills; the next panel has the next ones."""


def landscape(number: int, size: Size) -> Image.Image:
    """A sky with a sun and two rows of hills, another one for every number."""
    sky, sun, far, near = _GREYS[number % len(_GREYS)]
    x = np.linspace(0, 1, size.width)[None, :]
    y = np.linspace(0, 1, size.height)[:, None]
    pixels = np.full((size.height, size.width), sky, np.uint8)
    middle, height = 0.25 + 0.5 * ((number * 0.37) % 1), 0.3
    aspect = size.width / size.height
    pixels[((x - middle) * max(aspect, 1)) ** 2 + ((y - height) / min(aspect, 1)) ** 2 < 0.02] = sun
    pixels[y > _ridge(x, number, 0.62, 0.10)] = far
    pixels[y > _ridge(x, number + 5, 0.78, 0.07)] = near
    return Image.fromarray(pixels).convert("RGB")


def _ridge(
    x: npt.NDArray[np.float64], number: int, level: float, high: float
) -> npt.NDArray[np.float64]:
    phase = number * 2.4
    waves = np.sin(5 * x + phase) + 0.5 * np.sin(11 * x + 2 * phase)
    return level + high * waves * math.sin(1 + number)


def small_png(page: Image.Image, colors: int = 16) -> bytes:
    """The page in a few greys."""
    buffer = io.BytesIO()
    levels = np.rint(np.asarray(page.convert("L"), np.float64) / 255 * (colors - 1))
    palette = np.rint(np.repeat(np.arange(colors) * 255 / (colors - 1), 3)).astype(np.uint8)
    few = Image.fromarray(levels.astype(np.uint8), "P")
    few.putpalette(palette.tobytes())
    few.save(buffer, "PNG", optimize=True, bits=4)
    return buffer.getvalue()


def write_if_new(path: Path, data: bytes) -> None:
    """Writes a picture, and leaves one that is as it should be alone."""
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)
