"""Labelled grids of pictures, as PNG files that are small enough for a repository."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from benchmarks.judge import Pixels
from storyboard.pages.fonts import bundled_fonts

INK = (28, 20, 40)
PAPER = (255, 255, 255)
GAP = 6
LABEL = 19
LARGEST = 600_000
"""How many bytes a sheet may have."""

_SMALLEST_CELL = 64


@dataclass(frozen=True)
class Labelled:
    """A picture and what stands below it."""

    label: str
    picture: Pixels


@dataclass(frozen=True)
class Grid:
    """Pictures row by row. `cell` is the largest width and height of a picture in pixels."""

    pictures: tuple[Labelled, ...]
    columns: int
    cell: tuple[int, int] = (192, 192)

    def png(self) -> bytes:
        """The grid as a PNG file under 600 KB: in 256 colours, and smaller where that is not
        enough. Raises ValueError where there are no pictures."""
        if not self.pictures:
            raise ValueError("a grid has at least one picture")
        width, height = self.cell
        while True:
            data = _encoded(self._drawn(width, height))
            if len(data) <= LARGEST or min(width, height) <= _SMALLEST_CELL:
                return data
            width, height = round(width * 0.92), round(height * 0.92)

    def _drawn(self, width: int, height: int) -> Image.Image:
        rows = -(-len(self.pictures) // self.columns)
        columns = min(self.columns, len(self.pictures))
        whole = (GAP + columns * (width + GAP), GAP + rows * (height + LABEL + GAP))
        sheet = Image.new("RGB", whole, PAPER)
        for number, one in enumerate(self.pictures):
            row, column = divmod(number, self.columns)
            corner = GAP + column * (width + GAP), GAP + row * (height + LABEL + GAP)
            _place(sheet, one, corner, (width, height))
        return sheet


def write_grid(path: Path, labels: Sequence[str], pictures: Sequence[Pixels], columns: int) -> None:
    """Writes pictures with their labels; the cells have the pictures' own mean aspect."""
    found = tuple(Labelled(*pair) for pair in zip(labels, pictures, strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Grid(found, columns, cell_for(pictures)).png())


def cell_for(pictures: Sequence[Pixels], area: int = 200 * 200) -> tuple[int, int]:
    """A cell of about `area` square pixels as wide for its height as the pictures are."""
    aspect = sum(one.shape[1] / one.shape[0] for one in pictures) / len(pictures)
    return round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)


def _place(
    sheet: Image.Image, one: Labelled, corner: tuple[int, int], cell: tuple[int, int]
) -> None:
    shown = ImageOps.contain(Image.fromarray(one.picture), cell, Image.Resampling.LANCZOS)
    left, top = corner
    at = left + (cell[0] - shown.width) // 2, top + cell[1] - shown.height
    sheet.paste(shown, at)
    font = _font(one.label, cell[0])
    middle = (left + cell[0] / 2, top + cell[1] + LABEL / 2)
    ImageDraw.Draw(sheet).text(middle, one.label, INK, font, anchor="mm")


def _font(label: str, width: int) -> ImageFont.FreeTypeFont:
    """The package's own font, as large as the label allows."""
    path = str(bundled_fonts().speech.face.path)
    size = 15.0
    wide = ImageFont.truetype(path, size).getlength(label)
    return ImageFont.truetype(path, min(size, size * width / max(wide, 1)))


def _encoded(sheet: Image.Image) -> bytes:
    buffer = io.BytesIO()
    few = sheet.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
