"""A face of a font file: what it covers, its measures, its glyphs shaped by HarfBuzz.

All measures are for size 1 unless a size in pixels is given: in em of the lettering, y upward.
"""

from __future__ import annotations

import dataclasses
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import uharfbuzz as hb

from storyboard.pages.outlines import ShapePen
from storyboard.pages.shapes import Point, Shape, bounds, mapped

Direction = Literal["ltr", "rtl", "ttb"]
"""How a run's letters follow each other: to the right, to the left, downward."""

SLANT = 0.2
"""How far letters lean that are made italic, for want of an italic face: about 11 degrees."""

_TABLES = frozenset({"OS/2", "cmap", "head", "hhea", "hmtx", "maxp", "name", "post"})
"""What a font must have to be measured here and embedded in a PDF."""

_OPENING = "「『（【〔〈《｛［“‘"
_CLOSING = "」』）】〕〉》｝］、。，．”’"
_SQUEEZED = re.compile(f"[{_CLOSING}](?=[{_CLOSING}{_OPENING}])|(?<=[{_OPENING}])[{_OPENING}]")
_CURSIVE = ("Arab", "Syrc", "Mong", "Nkoo")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a shaped run: where it stands from the run's start, y upward, how far it leads
    on, and which of the run's characters it begins with."""

    index: int
    x: float
    y: float
    advance: float
    cluster: int


@dataclass(frozen=True, slots=True)
class Shaped:
    """A run's glyphs in the order in which they stand, and how far the run leads on."""

    glyphs: tuple[Glyph, ...]
    advance: float


@dataclass(frozen=True, slots=True)
class Subset:
    """A font file, and which glyph in it each of the whole file's has become."""

    data: bytes
    glyphs: dict[int, int]


@dataclass(frozen=True, slots=True)
class FaceFile:
    """One font of a file, as it is."""

    path: Path
    index: int
    weight: int
    sha256: str


@dataclass(frozen=True)
class Face:
    """A face: one font of a file (`index`, in a collection), used in one way.

    `slant` leans it and `bold` thickens its strokes by so many em, where the file has no face that
    is italic or bold. `scale` makes it look as large as the faces beside it. `weight` is that of a
    variable font, 0 for the file's own. `sha256` is that of an author's file, since another may
    come to lie at the same path. Raises `OSError` when the file is first needed and cannot
    be read as a font.
    """

    path: Path
    index: int = 0
    slant: float = 0.0
    bold: float = 0.0
    scale: float = 1.0
    weight: int = 0
    sha256: str = ""

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        """Another process opens the file itself, and has hashes of its own."""
        values = (getattr(self, field.name) for field in dataclasses.fields(self))
        return Face, tuple(values)

    @cached_property
    def _hash(self) -> int:
        """Kept, since faces are what every cache here is asked by."""
        return hash((self.file, self.slant, self.bold, self.scale))

    @property
    def file(self) -> FaceFile:
        """What of the face is the file's, whatever is made of it."""
        return FaceFile(self.path, self.index, self.weight, self.sha256)

    @cached_property
    def _font(self) -> Any:
        return _opened(self.file)

    @cached_property
    def _characters(self) -> Any:
        return self._font.face.unicodes

    @cached_property
    def _em(self) -> float:
        """One of the font's units in em of the lettering."""
        return self.scale / float(self._font.face.upem)

    @cached_property
    def ascent(self) -> float:
        """From the baseline up to the font's highest letters."""
        return float(self._font.get_font_extents("ltr").ascender) * self._em

    @cached_property
    def descent(self) -> float:
        """From the baseline down to the font's lowest letters; positive."""
        return -float(self._font.get_font_extents("ltr").descender) * self._em

    @cached_property
    def cap_height(self) -> float:
        """From the baseline up to the top of a capital letter."""
        return self.reach("H")[0]

    def reach(self, text: str) -> tuple[float, float]:
        """How far the ink of a text reaches above the baseline and below it; 0, 0 without ink."""
        shape = self.outline(text, 1, (0, 0))
        if not shape:
            return 0.0, 0.0
        box = bounds(shape)
        return -box.top, box.bottom

    def covers(self, text: str) -> bool:
        """Whether the face has a glyph for every character that is to be seen; HarfBuzz makes
        up spaces of every width."""
        return all(
            ord(c) in self._characters or is_invisible(c) or unicodedata.category(c) == "Zs"
            for c in text
        )

    def shape(self, text: str, direction: Direction = "ltr", language: str = "") -> Shaped:
        """The glyphs of one run, kerned and joined; in rtl too the first stands leftmost."""
        return _shaped(self, text, direction, language)

    def width(self, text: str, size: float) -> float:
        """The advance width of one run in pixels."""
        return self.shape(text).advance * size

    def outline(
        self,
        text: str,
        size: float,
        origin: Point,
        direction: Direction = "ltr",
        language: str = "",
    ) -> Shape:
        """A run's letters as a shape. `origin` is where its baseline starts; of a column, the
        middle of its top."""
        shaped = self.shape(text, direction, language)
        return tuple(
            contour for glyph in shaped.glyphs for contour in self.letter(glyph, size, origin)
        )

    def letter(self, glyph: Glyph, size: float, origin: Point) -> Shape:
        """One glyph of a shaped run as a shape."""
        left, baseline = origin[0] + glyph.x * size, origin[1] - glyph.y * size
        em = size * self.scale

        def placed(point: Point) -> Point:
            return left + point[0] * em, baseline - point[1] * em

        return mapped(_outline(self.file, self.slant, glyph.index), placed)

    def own_width(self, glyph: int) -> float:
        """A glyph's advance width as its file has it, in em of the file."""
        return float(self._font.get_glyph_h_advance(glyph)) / float(self._font.face.upem)

    def subset(self, glyphs: Iterable[int], text: str) -> Subset:
        """The file with nothing but some glyphs and those of a text's characters."""
        wanted = hb.SubsetInput()
        wanted.flags = hb.SubsetFlags.NOTDEF_OUTLINE | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        wanted.glyph_set.update(glyphs)
        wanted.unicode_set.update(map(ord, text))
        if self.weight:
            wanted.pin_all_axes_to_default(self._font.face)
            wanted.pin_axis_location(self._font.face, "wght", self.weight)
        plan = hb.SubsetPlan(self._font.face, wanted)
        return Subset(plan.execute().blob.data, dict(plan.old_to_new_glyph_mapping))

    def ink(self, glyph: int) -> tuple[float, float, float, float]:
        """A glyph's ink from its origin: left, top, right, bottom, y upward; all 0 without ink."""
        found = self._font.get_glyph_extents(glyph)
        if found is None or not (found.width or found.height):
            return 0.0, 0.0, 0.0, 0.0
        left, top = found.x_bearing * self._em, found.y_bearing * self._em
        return left, top, left + found.width * self._em, top + found.height * self._em


def is_invisible(character: str) -> bool:
    """Whether a character only steers its neighbours, so that no font needs a glyph for it."""
    return (
        unicodedata.category(character) == "Cf"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or character in "\n\u034f"
    )


@lru_cache(maxsize=128)
def _opened(file: FaceFile) -> Any:
    path = file.path
    try:
        packed = path.suffix.lower() in (".woff", ".woff2")
        blob = hb.Blob(_unpacked(path)) if packed else hb.Blob.from_file_path(str(path))
        face = hb.Face(blob, file.index)
    except hb.HarfBuzzError as error:
        raise OSError(f"{path.name} cannot be read as a font") from error
    lacking = sorted(_TABLES - set(face.table_tags))
    if lacking or not len(face.unicodes):
        what = f": it lacks {', '.join(lacking)}" if face.table_tags and lacking else ""
        raise OSError(f"{path.name} cannot be read as a font{what}")
    font = hb.Font(face)
    if file.weight:
        font.set_variations({"wght": file.weight})
    return font


def _unpacked(path: Path) -> bytes:
    """A web font as plain OpenType."""
    from fontTools.ttLib import TTFont, TTLibError  # slow to import, and seldom needed

    try:
        font = TTFont(path)
        font.flavor = None
        data = io.BytesIO()
        font.save(data)
    except (TTLibError, AssertionError, ImportError, ValueError) as error:
        raise OSError(f"{path.name} cannot be read as a font: {error}") from error
    return data.getvalue()


@lru_cache(maxsize=8192)
def _outline(file: FaceFile, slant: float, glyph: int) -> Shape:
    """A glyph's outline, one em of the file's own high."""
    font = _opened(file)
    pen = ShapePen(font.face.upem, slant)
    font.draw_glyph_with_pen(glyph, pen)
    return tuple(pen.contours)


@lru_cache(maxsize=16384)
def _shaped(face: Face, text: str, direction: Direction, language: str) -> Shaped:
    buffer = hb.Buffer()
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = direction
    if language:
        buffer.language = language
    hb.shape(face._font, buffer, _half_width(text, direction))
    spread = 0.0 if buffer.script in _CURSIVE else face.bold
    em, x, y = face._em, 0.0, 0.0
    glyphs = []
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        wider = spread if place.x_advance else 0.0
        forward = place.x_advance * em + wider
        downward = place.y_advance * em
        left, up = x + place.x_offset * em + wider / 2, y + place.y_offset * em
        advance = -downward if direction == "ttb" else forward
        glyphs.append(Glyph(info.codepoint, left, up, advance, info.cluster))
        x, y = x + forward, y + downward
    return Shaped(tuple(glyphs), -y if direction == "ttb" else x)


def _half_width(text: str, direction: Direction) -> dict[str, list[tuple[int, int, int]]]:
    """Of two full-width marks in a row, the white between them is set once (JIS X 4051): the
    font's own half-width forms for the first."""
    ranges = [(match.start(), match.end(), 1) for match in _SQUEEZED.finditer(text)]
    return {"vhal" if direction == "ttb" else "halt": ranges} if ranges else {}
