"""A PDF's text: each run's glyphs exactly where the raster has them, and the text that they are.

fpdf2 embeds the fonts and keeps the subsets; the glyphs are written here, one by one as HarfBuzz
placed them, since fpdf2's own cells shape anew, round positions, and know neither columns nor
letters that lean. So this reaches below fpdf2's public interface, in `_Embedded` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fpdf import FPDF
from fpdf.enums import PDFResourceType
from fpdf.fonts import TTFFont

from storyboard.pages.commands import Color, TextRun
from storyboard.pages.faces import Direction, Face, Glyph

_FILL, _FILL_AND_STROKE, _INVISIBLE = 0, 2, 3


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A glyph's code in its embedded font, the width that the PDF knows of it in em, and its
    place along the run and above it."""

    code: int
    width: float
    x: float
    y: float


class TextWriter:
    """Writes a document's text runs; `scale` is how many points a pixel has."""

    def __init__(self, pdf: FPDF, scale: float) -> None:
        self._pdf = pdf
        self._scale = scale
        self._fonts: dict[tuple[object, ...], _Embedded] = {}

    def write(self, run: TextRun) -> None:
        """Appends a run to the current page."""
        font = self._embedded(run.font)
        font.use()
        shaped = run.font.shape(run.text, run.direction, run.language)
        glyphs = font.drawn(run.text, shaped.glyphs, run.direction)
        size = run.size * self._scale
        lines = [
            f"q BT /F{font.number} {size * run.font.scale:.4f} Tf",
            *_paint(run.color, run.font.bold * size),
            *_placed(glyphs, run.font, self._matrix(run)),
            "ET Q",
        ]
        self._pdf._out("\n".join(lines))

    def _embedded(self, face: Face) -> _Embedded:
        key = face.path, face.index, face.weight
        if key not in self._fonts:
            self._fonts[key] = _Embedded(self._pdf, face, f"face{len(self._fonts)}")
        return self._fonts[key]

    def _matrix(self, run: TextRun) -> _Matrix:
        angle = math.radians(run.turn)
        cosine, sine = math.cos(angle), math.sin(angle)
        return _Matrix(
            run.stretch * cosine,
            -run.stretch * sine,
            sine,
            cosine,
            run.x * self._scale,
            self._pdf.h - run.baseline * self._scale,
            run.size * self._scale,
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
        return " ".join(f"{number:.5g}" for number in numbers) + f" {left:.3f} {up:.3f} Tm"


def _placed(glyphs: Sequence[_Drawn], face: Face, matrix: _Matrix) -> Iterator[str]:
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


def _string(row: Sequence[_Drawn], scale: float) -> str:
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


class _Embedded:
    """A font of the document: it hands out codes for glyphs, and embeds what was used."""

    def __init__(self, pdf: FPDF, face: Face, family: str) -> None:
        variations = {"": {"wght": float(face.weight)}} if face.weight else None
        pdf.add_font(
            family, fname=face.path, collection_font_number=face.index, variations=variations
        )
        self._pdf = pdf
        font = pdf.fonts[family]
        assert isinstance(font, TTFFont)
        self._font = font
        self.number = font.i

    def use(self) -> None:
        """Makes the font known to the current page."""
        self._pdf._resource_catalog.add(PDFResourceType.FONT, self.number, self._pdf.page)

    def drawn(self, text: str, glyphs: Sequence[Glyph], direction: Direction) -> list[_Drawn]:
        """A run's glyphs with codes that tell their characters.

        Readers take a run to the left from its visual order and turn it around, letter by letter:
        so there every character has a code of its own, for a second one of a glyph that of a blank.
        """
        found: list[_Drawn] = []
        for glyph, meaning in zip(glyphs, _meanings(text, glyphs), strict=True):
            told = [meaning] if direction != "rtl" else list(reversed(meaning)) or [""]
            found.append(self._drawn(glyph, told[0]))
            found += [
                self._blank(character, glyph, number / len(told))
                for number, character in enumerate(told[1:], start=1)
            ]
        return found

    def _drawn(self, glyph: Glyph, meaning: str) -> _Drawn:
        code, width = self._code(glyph.index, meaning)
        return _Drawn(code, width, glyph.x, glyph.y)

    def _blank(self, character: str, beside: Glyph, share: float) -> _Drawn:
        """Nothing to see, at a part of a glyph's width, that tells a character."""
        code, width = self._code(self._font.ttfont.getGlyphID(self._space), character)
        return _Drawn(code, width, beside.x + share * beside.advance, beside.y)

    @property
    def _space(self) -> str:
        return self._font.cmap.get(ord(" "), ".notdef")

    def _code(self, glyph: int, meaning: str) -> tuple[int, float]:
        """A glyph's code for a meaning, and its width in em of the font."""
        name = self._font.ttfont.getGlyphName(glyph)
        width = round(self._font.scale * self._font.ttfont["hmtx"].metrics[name][0])
        picked = self._font.subset.get_glyph(
            glyph=glyph,
            unicode=tuple(map(ord, meaning)),
            glyph_name=name,
            glyph_width=width,
        )
        code = self._font.subset.pick_glyph(picked)
        assert code is not None
        return code, width / 1000


def _meanings(text: str, glyphs: Sequence[Glyph]) -> list[str]:
    """The characters that each glyph stands for: its cluster's for the first of a cluster, none for
    the others."""
    begins = sorted({glyph.cluster for glyph in glyphs})
    ends = dict(zip(begins, [*begins[1:], len(text)], strict=True))
    told: set[int] = set()
    meanings = []
    for glyph in glyphs:
        fresh = glyph.cluster not in told
        meanings.append(text[glyph.cluster : ends[glyph.cluster]] if fresh else "")
        told.add(glyph.cluster)
    return meanings
