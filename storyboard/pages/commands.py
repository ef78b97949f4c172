"""Drawing commands: what stands on a page, in drawing order, for every renderer alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from storyboard.geometry import Rect, Size
from storyboard.pages.faces import Direction, Face
from storyboard.pages.shapes import Point, Shape, mapped

Color = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

WHITE: Color = (255, 255, 255)
INK: Color = (17, 17, 17)


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of a picture that is shown, in the picture's pixels."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file of `size` pixels, whose `crop` fills `cell` on the page; `clip` is the part of
    the cell that shows it, None for all. `sha256` is that of the file's bytes, so that equal
    commands are equal pictures."""

    path: Path
    size: Size
    crop: Crop
    cell: Rect
    sha256: str = ""
    clip: Shape | None = None


@dataclass(frozen=True, slots=True)
class FillPath:
    """A shape filled by the nonzero winding rule."""

    shape: Shape
    color: Color


@dataclass(frozen=True, slots=True)
class StrokePath:
    """A line of `width` pixels along the shape's contours, round at its corners."""

    shape: Shape
    color: Color
    width: float


@dataclass(frozen=True, slots=True)
class TextRun:
    """Letters of one face and one direction, in reading order.

    Their baseline starts, at the left, at (`x`, `baseline`); for a run in `ttb` that point is the
    middle of its top. `size` is in pixels; `language` chooses among regional forms. They are
    widened by the factor `stretch`, then turned clockwise around the point by `turn` degrees.
    Without a color they are not painted, but can still be found and copied in a PDF: so are letters
    that are drawn as shapes.
    """

    text: str
    font: Face
    size: float
    x: float
    baseline: float
    color: Color | None = INK
    direction: Direction = "ltr"
    language: str = ""
    turn: float = 0.0
    stretch: float = 1.0

    def outline(self) -> Shape:
        """The letters as a shape on the page; without the stroke of bold ones."""
        shape = self.font.outline(self.text, self.size, (0, 0), self.direction, self.language)
        cosine, sine = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))

        def placed(point: Point) -> Point:
            x, y = point[0] * self.stretch, point[1]
            return self.x + x * cosine - y * sine, self.baseline + x * sine + y * cosine

        return mapped(shape, placed)


Command = Picture | FillPath | StrokePath | TextRun
