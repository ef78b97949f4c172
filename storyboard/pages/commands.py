"""Drawing commands: what stands on a page, in drawing order, for every renderer alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storyboard.geometry import Rect, Size
from storyboard.pages.fonts import Font
from storyboard.pages.shapes import Shape

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
    """One line of text; its baseline starts at (`x`, `baseline`), `size` is in pixels.

    Without a color it is not painted, but can still be found and copied in a PDF: so are letters
    that are drawn as shapes.
    """

    text: str
    font: Font
    size: float
    x: float
    baseline: float
    color: Color | None = INK


Command = Picture | FillPath | StrokePath | TextRun
