"""A line of a text as positioned runs, each of one face and one direction.

Lengths are in em. A line lies to the right of its start; a column hangs below it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from storyboard.pages.bidi import visual_order
from storyboard.pages.columns import Cell, cells
from storyboard.pages.faces import Direction, Face
from storyboard.pages.itemising import Lettered, Stretch, stretches
from storyboard.pages.pieces import SIGN
from storyboard.pages.scripts import EASTERN

_SEEN_BLANK = 0.1
"""So much of the white beside an outer full-width mark still counts as the line's."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one face and direction. (`x`, `y`), y downward, is where their baseline starts
    from the line's start; for a run in `ttb`, the middle of its top. `sideways` runs are turned
    clockwise by a quarter. `stretch` is a factor on their width."""

    text: str
    face: Face
    direction: Direction
    language: str
    x: float
    y: float
    advance: float
    sideways: bool = False
    stretch: float = 1.0

    def moved(self, x: float, y: float) -> Run:
        """The run farther to the right and down."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(frozen=True, slots=True)
class Line:
    """A line or column: its runs in reading order, how long it is, and how far it reaches above
    its baseline and below (a column: to both sides of its middle)."""

    text: str
    width: float
    runs: tuple[Run, ...]
    rise: float
    fall: float


def line_of(lettered: Lettered, start: int, end: int, hyphen: bool = False) -> Line:
    """The characters from `start` to `end` in one line, or column; they are not empty."""
    lead, trail = blanks(lettered, start, end)
    if lettered.font.vertical:
        runs, advance = _column(lettered, start, end)
        rise = fall = max(run.face.scale for run in runs) / 2
        runs = tuple(run.moved(0, -lead) for run in runs) if lead else runs
    else:
        runs, advance = _row(lettered, start, end, hyphen)
        reaches = [reach(lettered, stretch) for stretch in stretches(lettered, start, end)]
        rise, fall = max(up for up, _ in reaches), max(down for _, down in reaches)
        runs = tuple(run.moved(-lead, 0) for run in runs) if lead else runs
    text = lettered.text[start:end] + (SIGN if hyphen else "")
    return Line(text, advance - lead - trail, runs, rise, fall)


def length_of(lettered: Lettered, start: int, end: int) -> float:
    """How long the characters are, with the white of their outer marks."""
    build = _column if lettered.font.vertical else _row
    return build(lettered, start, end)[1]


def _row(
    lettered: Lettered, start: int, end: int, hyphen: bool = False
) -> tuple[tuple[Run, ...], float]:
    """The runs of a line, reordered where directions mix (rule L2), and its length."""
    parts = list(stretches(lettered, start, end))
    texts = [lettered.text[part.start : part.end] for part in parts]
    if hyphen:
        texts[-1] += SIGN
    advances = [
        part.face.shape(text, _direction(part), lettered.language).advance
        for part, text in zip(parts, texts, strict=True)
    ]
    starts, x = [0.0] * len(parts), 0.0
    for number in visual_order([part.level for part in parts]):
        starts[number] = x
        x += advances[number]
    runs = tuple(
        Run(text, part.face, _direction(part), lettered.language, at, 0.0, advance)
        for part, text, at, advance in zip(parts, texts, starts, advances, strict=True)
    )
    return runs, x


def _direction(part: Stretch) -> Direction:
    return "rtl" if part.level % 2 else "ltr"


def _column(lettered: Lettered, start: int, end: int) -> tuple[tuple[Run, ...], float]:
    """The runs of a column around its middle line, and its length."""
    runs: list[Run] = []
    y = 0.0
    for part in stretches(lettered, start, end):
        for cell in cells(lettered.text[part.start : part.end], part.script):
            run = _hung(cell, part, lettered.language, y)
            runs.append(run)
            y += run.advance
    return tuple(runs), y


def _hung(cell: Cell, part: Stretch, language: str, y: float) -> Run:
    """A cell of a column that begins at `y`."""
    face = part.face
    if cell.way == "upright":
        advance = face.shape(cell.text, "ttb", language).advance
        return Run(cell.text, face, "ttb", language, 0.0, y, advance)
    width = face.shape(cell.text, "ltr", language).advance
    if cell.way == "sideways":
        direction = _direction(part)
        width = face.shape(cell.text, direction, language).advance
        return Run(
            cell.text, face, direction, language, -face.cap_height / 2, y, width, sideways=True
        )
    side = face.scale
    stretch = min(1.0, side / width) if width else 1.0
    baseline = y + (side + face.cap_height) / 2
    return Run(
        cell.text, face, "ltr", language, -width * stretch / 2, baseline, side, stretch=stretch
    )


def blanks(lettered: Lettered, start: int, end: int) -> tuple[float, float]:
    """The white that full-width marks at the ends of a line have outside: it is no part of it."""
    first, last = lettered.text[start], lettered.text[end - 1]
    return (
        _blank(lettered.faces[start], first, lettered, True) if _is_mark(lettered, start) else 0.0,
        _blank(lettered.faces[end - 1], last, lettered, False)
        if _is_mark(lettered, end - 1)
        else 0.0,
    )


def _is_mark(lettered: Lettered, position: int) -> bool:
    return (
        lettered.scripts[position] == EASTERN
        and not lettered.text[position].isalnum()
        and not lettered.text[position].isspace()
    )


def _blank(face: Face, mark: str, lettered: Lettered, before: bool) -> float:
    return _mark_blank(face, mark, lettered.language, lettered.font.vertical, before)


@lru_cache(maxsize=512)
def _mark_blank(face: Face, mark: str, language: str, vertical: bool, before: bool) -> float:
    glyphs = face.shape(mark, "ttb" if vertical else "ltr", language).glyphs
    if len(glyphs) != 1 or glyphs[0].advance < 0.8 * face.scale:
        return 0.0
    glyph = glyphs[0]
    left, top, right, bottom = face.ink(glyph.index)
    if vertical:
        white = -(glyph.y + top) if before else glyph.advance + glyph.y + bottom
    else:
        white = glyph.x + left if before else glyph.advance - glyph.x - right
    return max(0.0, white - _SEEN_BLANK)


_SAMPLES = {
    EASTERN: ("国", "国"),
    "Hang": ("를", "를"),
    "Arab": ("لأ", "يج"),
    "Hebr": ("ה", "ה"),
    "Thai": ("ปั", "ปู"),
    "Deva": ("की", "कू"),
}
"""What reaches highest and lowest as a rule. Of Latin, Greek and Cyrillic the capitals count, and
not what hangs below the line."""


def reach(lettered: Lettered, stretch: Stretch) -> tuple[float, float]:
    """How far a script reaches above the baseline and below it, in its face; the same for all
    lines, so that they stand evenly."""
    return _script_reach(stretch.face, stretch.script, lettered.cap_height)


@lru_cache(maxsize=512)
def _script_reach(face: Face, script: str, cap_height: float) -> tuple[float, float]:
    if script not in _SAMPLES:
        return cap_height, 0.0
    high, low = _SAMPLES[script]
    return max(cap_height, face.reach(high)[0]), max(0.0, face.reach(low)[1])


_LEADING = {EASTERN: 1.22, "Hang": 1.2, "Arab": 1.42, "Hebr": 1.15, "Thai": 1.45, "Deva": 1.4}
_COLUMN_PITCH = 1.28
LEADING = 1.12
"""From baseline to baseline of Latin lines, in em."""


def leading_of(lettered: Lettered) -> float:
    """From baseline to baseline, or from column to column: as the tallest script needs it."""
    pairs = dict.fromkeys(zip(lettered.scripts, (f.scale for f in lettered.faces), strict=True))
    if lettered.font.vertical:
        return _COLUMN_PITCH * max((scale for _, scale in pairs), default=1.0)
    return max((_pitch(script, scale) for script, scale in pairs), default=LEADING)


def _pitch(script: str, scale: float) -> float:
    own = _LEADING.get(script)
    return LEADING if own is None else max(LEADING, own * scale)
