"""Sounds: large letters as outlines, dancing a little on a rising line or an arc."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

from storyboard.pages.bodies import Body
from storyboard.pages.commands import Color, Command, FillPath, StrokePath
from storyboard.pages.fonts import Font
from storyboard.pages.hulls import Reach, shape_reach
from storyboard.pages.setting import letters, text_runs
from storyboard.pages.shapes import Point, Shape, bounds, mapped
from storyboard.pages.style import Style

RISE = -7.0
"""How far a sound is turned if nothing is said, in degrees clockwise."""

_OUTLINE = 0.055
_HALO = 0.11
_SPREAD = 1.05


@dataclass(frozen=True, eq=False, slots=True)
class Sound:
    """Letters around the origin in em, the box around all that is drawn, and how far it reaches."""

    text: str
    letters: Shape
    body: Body
    reach: Reach
    start: Point
    """Where an upright line of the same text would start, so that it can be found in a PDF."""


def sound(text: str, font: Font, turn: float = RISE, arc: float = 0.0) -> Sound:
    """A sound of one line, letter by letter up and down, then turned as a whole.

    `turn` is clockwise, `arc` how much of a circle the letters stand on: an arch above 0, a bowl
    below; both in degrees. Letters that are joined, as Arabic's, do not dance.
    """
    shapes, wide = letters(text, font)
    loose = not any(unicodedata.bidirectional(character) == "AL" for character in text)
    if loose:
        shapes = tuple(_dancing(_spread(shape), number) for number, shape in enumerate(shapes))
    arched = [_arched(shape, wide * _SPREAD, math.radians(arc)) for shape in shapes]
    whole = tuple(contour for letter in arched for contour in letter)
    turned = _turned(whole, math.radians(turn))
    box = bounds(turned)
    x, y = box.center
    placed = mapped(turned, lambda point: (point[0] - x, point[1] - y))
    air = _HALO + 0.04
    return Sound(
        text,
        placed,
        Body(box.width / 2 + air, box.height / 2 + air),
        shape_reach(placed) + air,
        (-box.width / 2, font.cap_height / 2),
    )


def _spread(letter: Shape) -> Shape:
    """A letter a little farther from the line's start than it was set."""
    by = bounds(letter).left * (_SPREAD - 1)
    return mapped(letter, lambda point: (point[0] + by, point[1]))


def _dancing(letter: Shape, number: int) -> Shape:
    """Each letter its own size and slant, always the same for the same place in the word."""
    center = bounds(letter).center
    size = 1 + 0.08 * math.cos(2.1 * number)
    return _turned(letter, math.radians(4.5 * math.sin(2.7 * number + 0.6)), center, size)


def _arched(letter: Shape, wide: float, arc: float) -> Shape:
    """A letter of a line `wide` em long, moved onto a circle and turned as the circle turns."""
    if abs(arc) < 1e-6 or not wide:
        return letter
    x = bounds(letter).center[0]
    radius, angle = wide / arc, (x / wide - 0.5) * arc
    across, down = radius * math.sin(angle) - x, radius * (1 - math.cos(angle))
    turned = _turned(letter, angle, (x, 0.0))
    return mapped(turned, lambda point: (point[0] + across, point[1] + down))


def _turned(shape: Shape, angle: float, center: Point = (0.0, 0.0), size: float = 1.0) -> Shape:
    cosine, sine = math.cos(angle) * size, math.sin(angle) * size
    x, y = center

    def turned(point: Point) -> Point:
        dx, dy = point[0] - x, point[1] - y
        return x + dx * cosine - dy * sine, y + dx * sine + dy * cosine

    return mapped(shape, turned)


def draw_sound(
    drawn: Sound, center: Point, size: float, font: Font, style: Style, color: Color | None = None
) -> list[Command]:
    """The sound with its middle at `center`: a white halo, an ink outline, a bright face."""
    shape = mapped(
        drawn.letters, lambda point: (center[0] + point[0] * size, center[1] + point[1] * size)
    )
    return [
        StrokePath(shape, style.paper, 2 * _HALO * size),
        StrokePath(shape, style.ink, 2 * _OUTLINE * size),
        FillPath(shape, color or style.sound_paper),
        *text_runs(
            drawn.text,
            font,
            size,
            center[0] + drawn.start[0] * size,
            center[1] + drawn.start[1] * size,
            None,
        ),
    ]
