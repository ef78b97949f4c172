"""A PDF's text: each run's glyphs exactly where the raster has them, and the text that they are.

The glyphs are written one by one as HarfBuzz placed them, since fpdf2's own cells shape anew, round
positions, and know neither columns nor letters that lean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from storyboard.export.pdf_document import Document
from storyboard.export.pdf_fonts import Coded, EmbeddedFont, write_embedded
from storyboard.pages.commands import Color, TextRun
from storyboard.pages.faces import Face, FaceFile

_FILL, _FILL_AND_STROKE, _INVISIBLE = 0, 2, 3


class TextWriter:
    """Writes a document's text runs."""

    def __init__(self, pdf: Document) -> None:
        self._pdf = pdf
        self._fonts: dict[FaceFile, EmbeddedFont] = {}

    def write(self, run: TextRun, scale: float) -> None:
        """Appends a run to the current page; `scale` is how many points a pixel has there."""
        font = self._embedded(run.font)
        font.use(self._pdf)
        shaped = run.font.shape(run.text, run.direction, run.language)
        glyphs = font.coded(run.text, shaped.glyphs, run.direction)
        size = run.size * scale
        lines = [
            f"q BT /F{font.number} {size * run.font.scale:.4f} Tf",
            *_paint(run.color, run.font.bold * size),
            *_placed(glyphs, run.font, self._matrix(run, scale)),
            "ET Q",
        ]
        self._pdf._out("\n".join(lines))

    def end(self, scratch: Path) -> None:
        """Writes the document, with its fonts; nothing can be added after."""
        write_embedded(self._pdf, list(self._fonts.values()), scratch)

    def _embedded(self, face: Face) -> EmbeddedFont:
        if face.file not in self._fonts:
            self._fonts[face.file] = EmbeddedFont(face, len(self._fonts) + 1)
        return self._fonts[face.file]

    def _matrix(self, run: TextRun, scale: float) -> _Matrix:
        angle = math.radians(run.turn)
        cosine, sine = math.cos(angle), math.sin(angle)
        return _Matrix(
            run.stretch * cosine,
            -run.stretch * sine,
            sine,
            cosine,
            run.x * scale,
            self._pdf.h - run.baseline * scale,
            run.size * scale,
        )


@dataclass(frozen=True, slots=True)
class _Matrix:
    """From lengths along a run and above it to points of the page; `size` is an em in points."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    size: float

    def at(self, x: float, y: float, slant: float) -> str:
        """The operator that sets the next glyph at a point in em, leaning as its face does."""
        numbers = (self.a, self.b, self.c + slant * self.a, self.d + slant * self.b)
        left = self.e + self.size * (x * self.a + y * self.c)
        up = self.f + self.size * (x * self.b + y * self.d)
        return " ".join(f"{number:.6f}" for number in numbers) + f" {left:.3f} {up:.3f} Tm"


def _placed(glyphs: Sequence[Coded], face: Face, matrix: _Matrix) -> Iterator[str]:
    """The glyphs, those of one height as one string with its corrections."""
    start = 0
    while start < len(glyphs):
        end = start + 1
        while end < len(glyphs) and abs(glyphs[end].y - glyphs[start].y) < 1e-6:
            end += 1
        row = glyphs[start:end]
        yield matrix.at(row[0].x, row[0].y, face.slant)
        yield _string(row, face.scale)
        start = end


def _string(row: Sequence[Coded], scale: float) -> str:
    """Codes in hex; between them how far the next is to the left of where its width puts it, in
    thousandths of the font's em, rounded without adding up."""
    parts: list[str] = []
    at = row[0].x / scale
    for glyph in row:
        correction = round((at - glyph.x / scale) * 1000, 2)
        if correction:
            parts.append(f"{correction:g}")
        parts.append(f"<{glyph.code:04X}>")
        at += glyph.width - correction / 1000
    return f"[{' '.join(parts)}] TJ".replace("> <", "")


def _paint(color: Color | None, stroke: float) -> Iterator[str]:
    if color is None:
        yield f"{_INVISIBLE} Tr"
        return
    shade = " ".join(f"{value / 255:.4f}" for value in color)
    yield f"{shade} rg"
    if stroke:
        yield f"{shade} RG {stroke:.4f} w 1 J 1 j {_FILL_AND_STROKE} Tr"
    else:
        yield f"{_FILL} Tr"
