"""Draws a page's commands as a picture."""

from __future__ import annotations

import io
import math

from PIL import Image

from storyboard.errors import argument_error
from storyboard.pages.commands import Color, Command, FillPath, Picture, StrokePath, TextRun
from storyboard.pages.compose import PageDrawing
from storyboard.pages.coverage import Coverage, fill_coverage, stroke_coverage
from storyboard.pages.pictures import open_picture
from storyboard.pages.sheets import MOST_PIXELS


def rasterise(drawing: PageDrawing, scale: float = 1.0) -> Image.Image:
    """The page in RGB, `scale` times its size. Pictures are scaled by Lanczos.

    Equal drawings (and picture files) give equal pixels. Raises `ProblemsError` where a picture
    cannot be read or has changed its size, or where the page would be too large.
    """
    size = drawing.size.scaled(scale)
    if size.area > MOST_PIXELS or min(size.width, size.height) < 1:
        raise argument_error(
            f"page {drawing.number} would have {size} pixels, "
            f"pages have 1 to {MOST_PIXELS // 1_000_000} million",
            "choose another page size",
        )
    page = Image.new("RGB", (size.width, size.height), (255, 255, 255))
    for command in drawing.commands:
        _draw(page, command, scale)
    return page


def png_bytes(picture: Image.Image, dpi: float | None = None) -> bytes:
    """The picture as a PNG file; equal pixels give equal bytes."""
    buffer = io.BytesIO()
    if dpi is None:
        picture.save(buffer, "PNG")
    else:
        picture.save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


def _draw(page: Image.Image, command: Command, scale: float) -> None:
    if isinstance(command, Picture):
        _draw_picture(page, command, scale)
    elif isinstance(command, FillPath):
        _paint(page, fill_coverage(command.shape, scale, *page.size), command.color)
    elif isinstance(command, StrokePath):
        covered = stroke_coverage(command.shape, command.width, scale, *page.size)
        _paint(page, covered, command.color)
    elif command.color is not None:
        _draw_text(page, command, command.color, scale)


def _paint(page: Image.Image, covered: Coverage | None, color: Color) -> None:
    if covered is not None:
        mask = Image.fromarray(covered.values)
        page.paste(color, (covered.left, covered.top), mask)


def _draw_text(page: Image.Image, run: TextRun, color: Color, scale: float) -> None:
    """Letters are filled outlines: shaped and placed as in the PDF, on any machine alike."""
    outline = run.outline()
    _paint(page, fill_coverage(outline, scale, *page.size), color)
    if run.font.bold and outline:
        thick = run.font.bold * run.size
        _paint(page, stroke_coverage(outline, thick, scale, *page.size), color)


def _draw_picture(page: Image.Image, command: Picture, scale: float) -> None:
    picture = open_picture(command.path)
    check_unchanged(command, picture)
    left, top, right, bottom = _scaled(command, scale)
    crop = command.crop
    scaled = picture.resize(
        (max(1, right - left), max(1, bottom - top)),
        Image.Resampling.LANCZOS,
        (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height),
    )
    if command.clip is None:
        page.paste(scaled, (left, top))
        return
    shown = fill_coverage(command.clip, scale, *page.size)
    if shown is not None:
        mask = Image.fromarray(shown.values)
        corner = (shown.left - left, shown.top - top)
        part = scaled.crop((*corner, corner[0] + mask.width, corner[1] + mask.height))
        page.paste(part, (shown.left, shown.top), mask)


def _scaled(command: Picture, scale: float) -> tuple[int, int, int, int]:
    """The cell in whole pixels; a clipped picture goes under all of the clip's soft edge."""
    cell = command.cell
    corners = [side * scale for side in (cell.left, cell.top, cell.right, cell.bottom)]
    if command.clip is None:
        left, top, right, bottom = map(round, corners)
    else:
        left, top = map(math.floor, corners[:2])
        right, bottom = map(math.ceil, corners[2:])
    return left, top, right, bottom


def check_unchanged(command: Picture, picture: Image.Image) -> None:
    """Raises `ProblemsError` where the file is not of the size that the page was composed for."""
    if picture.size != (command.size.width, command.size.height):
        raise argument_error(
            f"the picture is {picture.width}x{picture.height}, the page was composed for "
            f"{command.size}",
            "lay the page out again",
            str(command.path),
        )
