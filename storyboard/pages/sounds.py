"""Sounds: large letters as outlines, dancing a little on a rising line."""

from __future__ import annotations

import math
from dataclasses import dataclass

from storyboard.pages.bodies import Body
from storyboard.pages.commands import Command, FillPath, StrokePath
from storyboard.pages.fonts import Font
from storyboard.pages.setting import letters, text_runs
from storyboard.pages.shapes import Point, Shape, bounds, mapped
from storyboard.pages.style import Style

_RISE = math.radians(-7)
_OUTLINE = 0.055
_HALO = 0.11
_SPREAD = 1.05


@dataclass(frozen=True, slots=True)
class Sound:
    """Letters around the origin in em, and the body that others keep off."""

    text: str
    letters: Shape
    body: Body
    start: Point
    """Where an upright line of the same text would start, so that it can be found in a PDF."""


def sound(text: str, font: Font) -> Sound:
    """A sound of one line, letter by letter up and down, then turned as a whole."""
    shapes, _ = letters(text, font)
    danced = (_dancing(_spread(shape), number) for number, shape in enumerate(shapes))
    turned = _turned(tuple(contour for letter in danced for contour in letter), _RISE)
    box = bounds(turned)
    x, y = box.center
    air = _HALO + 0.04
    return Sound(
        text,
        mapped(turned, lambda point: (point[0] - x, point[1] - y)),
        Body(box.width / 2 + air, box.height / 2 + air),
        (-box.width / 2, font.cap_height / 2),
    )


def _spread(letter: Shape) -> Shape:
    """A letter a little farther from the line's start than it was set."""
    by = bounds(letter).left * (_SPREAD - 1)
    return mapped(letter, lambda point: (point[0] + by, point[1]))


def _dancing(letter: Shape, number: int) -> Shape:
    """Each letter its own size and slant, always the same for the same place in the word."""
    box = bounds(letter)
    x, y = box.center
    size = 1 + 0.08 * math.cos(2.1 * number)
    angle = math.radians(4.5 * math.sin(2.7 * number + 0.6))
    cosine, sine = math.cos(angle) * size, math.sin(angle) * size

    def danced(point: Point) -> Point:
        dx, dy = point[0] - x, point[1] - y
        return x + dx * cosine - dy * sine, y + dx * sine + dy * cosine

    return mapped(letter, danced)


def _turned(shape: Shape, angle: float) -> Shape:
    cosine, sine = math.cos(angle), math.sin(angle)
    return mapped(
        shape,
        lambda point: (point[0] * cosine - point[1] * sine, point[0] * sine + point[1] * cosine),
    )


def draw_sound(drawn: Sound, center: Point, size: float, font: Font, style: Style) -> list[Command]:
    """The sound with its middle at `center`: a white halo, an ink outline, a bright face."""
    shape = mapped(
        drawn.letters, lambda point: (center[0] + point[0] * size, center[1] + point[1] * size)
    )
    return [
        StrokePath(shape, style.paper, 2 * _HALO * size),
        StrokePath(shape, style.ink, 2 * _OUTLINE * size),
        FillPath(shape, style.sound_paper),
        *text_runs(
            drawn.text,
            font,
            size,
            center[0] + drawn.start[0] * size,
            center[1] + drawn.start[1] * size,
            None,
        ),
    ]
