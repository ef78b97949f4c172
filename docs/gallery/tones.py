"""Panels for guides: landscapes of a few greys with the panel's number, small as files."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from storyboard.geometry import Size

Pixels = npt.NDArray[np.float64]

_GREYS = ((222, 244, 176, 132), (198, 236, 150, 108), (232, 250, 196, 160), (176, 226, 128, 92))
"""Sky, sun, and two hills; the next panel has the next ones."""


def landscape(number: int, size: Size) -> Image.Image:
    """A sky with a sun and two rows of hills, another one for every number."""
    sky, sun, far, near = _GREYS[number % len(_GREYS)]
    x = np.linspace(0, 1, size.width)[None, :]
    y = np.linspace(0, 1, size.height)[:, None]
    pixels = np.full((size.height, size.width), sky, np.float64)
    middle = 0.25 + 0.5 * ((number * 0.37) % 1)
    short = min(size.width, size.height)
    away = np.hypot((x - middle) * size.width, (y - 0.3) * size.height)
    pixels = _over(pixels, sun, 0.14 * short - away)
    pixels = _over(pixels, far, (y - _ridge(x, number, 0.62, 0.10)) * size.height)
    pixels = _over(pixels, near, (y - _ridge(x, number + 5, 0.78, 0.07)) * size.height)
    return Image.fromarray(np.rint(pixels).astype(np.uint8)).convert("RGB")


def _over(pixels: Pixels, grey: int, inside: Pixels) -> Pixels:
    """A grey where `inside`, in pixels from its edge, is above 0; its edge is soft."""
    share = np.clip(inside / 3 + 0.5, 0, 1)
    return pixels + share * (grey - pixels)


def _ridge(x: Pixels, number: int, level: float, high: float) -> Pixels:
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
