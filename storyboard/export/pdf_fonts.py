"""A PDF's fonts: codes for glyphs while pages are written, the subsets of them at the end.

fpdf2 writes the font objects. Beforehand HarfBuzz takes out of each file what was used, which is
many times quicker for the large fonts of East Asia. For both this reaches below fpdf2's public
interface; nothing else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import PDFResourceType
from fpdf.fonts import TTFFont

from storyboard import disk
from storyboard.export.pdf_document import Document
from storyboard.pages.faces import Direction, Face, Glyph

_BLANK = 0x20
"""fpdf2 keeps this code for the space."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A glyph's code in its embedded font, the width that the PDF knows of it in em of the font,
    and its place along the run and above it in em of the lettering."""

    code: int
    width: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Meant:
    """A glyph and the characters that it stands for."""

    glyph: int
    text: str


class EmbeddedFont:
    """A font of the document under way: it hands out codes for glyphs."""

    def __init__(self, face: Face, number: int) -> None:
        self.number = number
        self._face = face
        self._codes: dict[_Meant, int] = {}
        self._last = 0

    def use(self, pdf: FPDF) -> None:
        """Makes the font known to the current page."""
        pdf._resource_catalog.add(PDFResourceType.FONT, self.number, pdf.page)

    def coded(self, text: str, glyphs: Sequence[Glyph], direction: Direction) -> list[Coded]:
        """A run's glyphs with codes that tell their characters.

        Readers take a run to the left from its visual order and turn it around, letter by letter:
        so there every character has a code of its own, a second one of a glyph that of a blank.
        """
        found: list[Coded] = []
        for glyph, meaning in zip(glyphs, _meanings(text, glyphs), strict=True):
            told = [meaning] if direction != "rtl" else list(reversed(meaning)) or [""]
            found.append(self._coded(glyph.index, told[0], glyph.x, glyph.y))
            for number, character in enumerate(told[1:], start=1):
                x = glyph.x + number / len(told) * glyph.advance
                found.append(self._coded(self._blank, character, x, glyph.y))
        return found

    def _coded(self, glyph: int, meaning: str, x: float, y: float) -> Coded:
        meant = _Meant(glyph, meaning)
        if meant not in self._codes:
            self._codes[meant] = self._new_code(glyph)
        return Coded(self._codes[meant], _rounded(self._face.own_width(glyph)), x, y)

    def _new_code(self, glyph: int) -> int:
        """The next number, or for a font that numbers its glyphs itself (CID-keyed) that one."""
        if self._cids is not None:
            return self._cids[glyph]
        self._last += 2 if self._last + 1 == _BLANK else 1
        return self._last

    @cached_property
    def _blank(self) -> int:
        glyphs = self._face.shape(" ").glyphs
        return glyphs[0].index if glyphs else 0

    @cached_property
    def _cids(self) -> tuple[int, ...] | None:
        """A CID-keyed font's own number of each glyph; None for others."""
        with TTFont(self._face.path, fontNumber=self._face.index, lazy=True) as font:
            if "CFF " not in font or not hasattr(font["CFF "].cff.topDictIndex[0], "ROS"):
                return None
            return tuple(
                int(name[3:]) if name.startswith("cid") else 0 for name in font.getGlyphOrder()
            )

    def embed(self, pdf: FPDF, folder: Path) -> None:
        """Hands what was used of the font to fpdf2; the file in `folder` must stay until the end.

        Of two meanings of a code, the first is told: only a CID-keyed font has any.
        """
        texts = "".join(meant.text for meant in self._codes)
        subset = self._face.subset((meant.glyph for meant in self._codes), texts + " ")
        file = folder / f"{self.number}.otf"
        disk.write(file, subset.data, False)
        pdf.add_font(f"face{self.number}", fname=file)
        font = pdf.fonts[f"face{self.number}"]
        assert isinstance(font, TTFFont) and font.i == self.number
        told: set[int] = set()
        for meant, code in self._codes.items():
            if code not in told:
                _tell(font, meant, code, subset.glyphs[meant.glyph], self._face)
                told.add(code)


def _tell(font: TTFFont, meant: _Meant, code: int, glyph: int, face: Face) -> None:
    """Enters a code into fpdf2's map of the subset."""
    picked = font.subset.get_glyph(
        glyph=glyph,
        unicode=tuple(map(ord, meant.text)),
        glyph_name=font.ttfont.getGlyphName(glyph),
        glyph_width=round(1000 * _rounded(face.own_width(meant.glyph))),
    )
    font.subset._char_id_per_glyph[picked] = code


def _rounded(width: float) -> float:
    """A PDF's widths are whole thousandths."""
    return round(1000 * width) / 1000


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


def write_embedded(pdf: Document, fonts: Sequence[EmbeddedFont], folder: Path) -> None:
    """Ends the document, its fonts embedded in the order of their numbers; their subsets are put
    into a folder."""
    for font in fonts:
        font.embed(pdf, folder)
    pdf.write()
