"""The contact sheet: every panel's picture, small, with its address below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.geometry import Rect, Size
from storyboard.pages.commands import INK, Color, Command, Crop, FillPath, Picture, TextRun
from storyboard.pages.compose import PageDrawing
from storyboard.pages.content import PictureRef
from storyboard.pages.fonts import Font, bundled_fonts
from storyboard.pages.raster import png_bytes, rasterise
from storyboard.pages.setting import one_line, shown, text_runs
from storyboard.pages.shapes import Box, rectangle

_LARGEST, _SMALLEST = 288, 48
_MOST_PIXELS = 40_000_000
_PLACEHOLDER: Color = (236, 236, 232)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A panel's address and its picture, None where there is none yet."""

    address: str
    picture: PictureRef | None


def contact_sheet(thumbnails: Sequence[Thumbnail]) -> bytes:
    """A PNG file with the panels row by row; the more there are, the smaller each is.

    Missing pictures are gray. Raises `ProblemsError` where a picture cannot be read.
    """
    return png_bytes(rasterise(sheet_drawing(thumbnails)))


def sheet_drawing(thumbnails: Sequence[Thumbnail]) -> PageDrawing:
    """The sheet as drawing commands."""
    count = max(1, len(thumbnails))
    edge = max(_SMALLEST, min(_LARGEST, math.isqrt(_MOST_PIXELS // (2 * count))))
    label, gap = max(10, edge // 11), max(4, edge // 16)
    columns = min(count, max(1, round(math.sqrt(1.4 * count))))
    rows = math.ceil(count / columns)
    font = bundled_fonts().speech
    commands: list[Command] = []
    for number, thumbnail in enumerate(thumbnails):
        row, column = divmod(number, columns)
        left = gap + column * (edge + gap)
        top = gap + row * (edge + 2 * label + gap)
        commands += _thumbnail(thumbnail, Rect(left, top, edge, edge), label, font)
    size = Size(gap + columns * (edge + gap), gap + rows * (edge + 2 * label + gap))
    return PageDrawing(size, tuple(commands))


def _thumbnail(thumbnail: Thumbnail, cell: Rect, label: int, font: Font) -> list[Command]:
    drawn: list[Command] = []
    if thumbnail.picture is None:
        box = Box(cell.left, cell.top, cell.right, cell.bottom)
        drawn.append(FillPath((rectangle(box),), _PLACEHOLDER))
    else:
        size = thumbnail.picture.size
        whole = Crop(0, 0, size.width, size.height)
        drawn.append(Picture(thumbnail.picture.path, size, whole, _contained(size, cell)))
    return [*drawn, *_label(thumbnail.address, cell, label, font)]


def _contained(size: Size, cell: Rect) -> Rect:
    """The largest rectangle of the picture's aspect in the cell, at its bottom, in the middle."""
    scale = min(cell.width / size.width, cell.height / size.height)
    width, height = max(1, round(size.width * scale)), max(1, round(size.height * scale))
    return Rect(cell.left + (cell.width - width) // 2, cell.bottom - height, width, height)


def _label(address: str, cell: Rect, size: float, font: Font) -> list[TextRun]:
    """Characters that no font has are shown as question marks."""
    label = shown(address, font)
    wide = max(one_line(label, font).width, 0.01)
    fitting = min(size, cell.width / wide)
    x = cell.left + (cell.width - wide * fitting) / 2
    return text_runs(label, font, fitting, x, cell.bottom + 1.3 * size, INK)
