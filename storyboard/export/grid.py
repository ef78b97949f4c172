"""A grid of takes, each where its two settings meet, with the values along its sides."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.geometry import Rect, Size
from storyboard.pages.commands import INK, Command, Crop, Picture, TextRun
from storyboard.pages.compose import PageDrawing
from storyboard.pages.content import PictureRef
from storyboard.pages.fonts import Font, bundled_fonts
from storyboard.pages.raster import png_bytes, rasterise
from storyboard.pages.setting import one_line, shown, text_runs

_LABEL, _GAP, _SIDE = 18, 8, 150
_LARGEST = 6000
"""Pixels of the grid's longer side, at most: pictures are shown smaller to keep it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A take's number and its picture, None where it could not be drawn."""

    take: int
    picture: PictureRef | None


@dataclass(frozen=True, slots=True)
class Grid:
    """`columns` and `rows` are labels (`cfg=5`), one row without a label where there is one axis
    only; `cells` lie row by row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[Cell, ...]


def grid_png(grid: Grid) -> bytes:
    """The grid as a PNG file. Raises `ProblemsError` where a picture cannot be read."""
    return png_bytes(rasterise(grid_drawing(grid)))


def grid_drawing(grid: Grid) -> PageDrawing:
    """The grid as drawing commands."""
    sizes = [cell.picture.size for cell in grid.cells if cell.picture]
    width = max((size.width for size in sizes), default=256)
    height = max((size.height for size in sizes), default=256)
    across, down = len(grid.columns), max(1, len(grid.rows))
    scale = min(1.0, _LARGEST / (across * (width + _GAP)), _LARGEST / (down * (height + _GAP)))
    width, height = round(width * scale), round(height * scale)
    left = _GAP + (_SIDE if any(grid.rows) else 0)
    top = 3 * _LABEL + 2 * _GAP
    row_height = height + _LABEL + 2 * _GAP
    font = bundled_fonts().speech
    commands: list[Command] = [*_text(grid.title, _GAP, 1.4 * _LABEL, _LABEL * 1.1, font)]
    for column, label in enumerate(grid.columns):
        x = left + column * (width + _GAP)
        commands += _fitted(label, Rect(x, 0, width, 3 * _LABEL), font)
    for row, label in enumerate(grid.rows):
        y = top + row * row_height
        commands += _fitted(label, Rect(_GAP, y, _SIDE - _GAP, height // 2), font)
    for number, cell in enumerate(grid.cells):
        row, column = divmod(number, across)
        place = Rect(left + column * (width + _GAP), top + row * row_height, width, height)
        commands += _cell(cell, place, font)
    whole = Size(left + across * (width + _GAP), top + down * row_height + _GAP)
    return PageDrawing(whole, tuple(commands))


def _cell(cell: Cell, place: Rect, font: Font) -> list[Command]:
    said = f"take {cell.take}" if cell.picture else f"take {cell.take}: not drawn"
    label = _text(said, place.left, place.bottom + _LABEL, _LABEL * 0.8, font)
    if cell.picture is None:
        return list(label)
    size = cell.picture.size
    return [Picture(cell.picture.path, size, Crop(0, 0, size.width, size.height), place), *label]


def _fitted(text: str, place: Rect, font: Font) -> list[TextRun]:
    """At the bottom of its place, in the middle; smaller where it would not fit."""
    label = shown(text, font)
    wide = max(one_line(label, font).width, 0.01)
    size = min(_LABEL, place.width / wide)
    x = place.left + (place.width - wide * size) / 2
    return text_runs(label, font, size, x, place.bottom - 0.3 * _LABEL, INK)


def _text(text: str, x: float, y: float, size: float, font: Font) -> list[TextRun]:
    """Characters that no font has are shown as question marks."""
    return text_runs(shown(text, font), font, size, x, y, INK)
