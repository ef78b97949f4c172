"""Fonts as measures and outlines, shaped by HarfBuzz: the same for every renderer."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import uharfbuzz as hb

from storyboard.pages.shapes import Contour, Cubic, Line, Point, Shape, bounds, mapped

_FOLDER = Path(__file__).parent.parent / "builtin" / "fonts"


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a shaped line: where it stands, in em from the line's start, y upward."""

    index: int
    x: float
    y: float


@dataclass(frozen=True)
class Font:
    """A font file. All measures are for size 1 unless a size in pixels is given.

    Raises `OSError` when the file is first needed and cannot be read.
    """

    path: Path

    @cached_property
    def _font(self) -> Any:
        return hb.Font(hb.Face(self.path.read_bytes()))

    @cached_property
    def _characters(self) -> frozenset[int]:
        return frozenset(self._font.face.unicodes)

    @cached_property
    def _outlines(self) -> dict[int, Shape]:
        return {}

    @cached_property
    def ascent(self) -> float:
        """From the baseline up to the font's highest letters."""
        return float(self._font.get_font_extents("ltr").ascender) / self._upem

    @cached_property
    def descent(self) -> float:
        """From the baseline down to the font's lowest letters; positive."""
        return -float(self._font.get_font_extents("ltr").descender) / self._upem

    @cached_property
    def cap_height(self) -> float:
        """From the baseline up to the top of a capital letter."""
        return -bounds(self.outline("H", 1, (0, 0))).top

    @property
    def _upem(self) -> float:
        return float(self._font.face.upem)

    def covers(self, character: str) -> bool:
        """Whether the font has a glyph for the character."""
        return ord(character) in self._characters

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters of `text` that the font lacks, each once, in order."""
        return tuple(dict.fromkeys(c for c in text if c != "\n" and not self.covers(c)))

    def shape(self, text: str) -> tuple[tuple[Glyph, ...], float]:
        """The glyphs of one line, kerned, and the line's advance width in em."""
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        hb.shape(self._font, buffer)
        glyphs, x = [], 0.0
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            left, up = x + place.x_offset / self._upem, place.y_offset / self._upem
            glyphs.append(Glyph(info.codepoint, left, up))
            x += place.x_advance / self._upem
        return tuple(glyphs), x

    def width(self, text: str, size: float) -> float:
        """The advance width of one line in pixels."""
        return self.shape(text)[1] * size

    def outline(self, text: str, size: float, origin: Point) -> Shape:
        """One line's letters as a shape; `origin` is where its baseline starts."""
        return tuple(
            contour for glyph in self.shape(text)[0] for contour in self.letter(glyph, size, origin)
        )

    def letter(self, glyph: Glyph, size: float, origin: Point) -> Shape:
        """One glyph of a shaped line as a shape."""
        left, baseline = origin[0] + glyph.x * size, origin[1] - glyph.y * size

        def placed(point: Point) -> Point:
            return left + point[0] * size, baseline - point[1] * size

        return mapped(self._glyph(glyph.index), placed)

    def _glyph(self, index: int) -> Shape:
        if index not in self._outlines:
            pen = _ShapePen(self._upem)
            self._font.draw_glyph_with_pen(index, pen)
            self._outlines[index] = tuple(pen.contours)
        return self._outlines[index]


class _ShapePen:
    """Collects a glyph's contours in em; the method names are fontTools' pen protocol."""

    def __init__(self, upem: float) -> None:
        self._upem = upem
        self._start: Point = (0.0, 0.0)
        self._at: Point = (0.0, 0.0)
        self._segments: list[Line | Cubic] = []
        self.contours: list[Contour] = []

    def _em(self, point: Sequence[float]) -> Point:
        return point[0] / self._upem, point[1] / self._upem

    def moveTo(self, point: Sequence[float]) -> None:
        self._start = self._at = self._em(point)
        self._segments = []

    def lineTo(self, point: Sequence[float]) -> None:
        self._at = self._em(point)
        self._segments.append((self._at,))

    def curveTo(self, *points: Sequence[float]) -> None:
        first, second, end = (self._em(point) for point in points)
        self._segments.append((first, second, end))
        self._at = end

    def qCurveTo(self, *points: Sequence[float]) -> None:
        control, end = (self._em(point) for point in points)
        first = (self._at[0] + (control[0] - self._at[0]) * 2 / 3, 0.0)
        first = (first[0], self._at[1] + (control[1] - self._at[1]) * 2 / 3)
        second = (end[0] + (control[0] - end[0]) * 2 / 3, end[1] + (control[1] - end[1]) * 2 / 3)
        self._segments.append((first, second, end))
        self._at = end

    def closePath(self) -> None:
        self.contours.append(Contour(self._start, tuple(self._segments)))


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts of a page."""

    speech: Font
    thought: Font
    caption: Font
    sound: Font


def bundled_fonts() -> Fonts:
    """Comic Neue and, for sounds, Bangers: they ship with the package (Open Font License)."""
    comic, bangers = _FOLDER / "comic-neue", _FOLDER / "bangers"
    return Fonts(
        speech=Font(comic / "ComicNeue-Bold.ttf"),
        thought=Font(comic / "ComicNeue-BoldItalic.ttf"),
        caption=Font(comic / "ComicNeue-BoldItalic.ttf"),
        sound=Font(bangers / "Bangers-Regular.ttf"),
    )


def character_name(character: str) -> str:
    """A character as a person can look it up: `“好” (U+597D CJK UNIFIED IDEOGRAPH-597D)`."""
    name = unicodedata.name(character, "")
    code = f"U+{ord(character):04X}"
    shown = f"“{character}” " if character.isprintable() and not character.isspace() else ""
    return f"{shown}({code}{' ' + name if name else ''})"
