"""What stands on a page: plain values, independent of the story's models."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from storyboard.geometry import Rect, Size
from storyboard.pages.shapes import Shape
from storyboard.pages.sheets import Sheet

Reading = Literal["ltr", "rtl"]

Saliency = npt.NDArray[np.float32]
"""How busy each part of a picture is: rows x columns over the whole picture, 0 to 1."""


class Anchor(Protocol):
    """A place as fractions of the width and height, from the top left corner."""

    @property
    def x(self) -> float: ...

    @property
    def y(self) -> float: ...


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture file and its size in pixels; `saliency` keeps lettering off faces. `sha256` is that
    of the file's bytes: another picture may come to lie at the same path."""

    path: Path
    size: Size
    saliency: Saliency | None = field(default=None, compare=False)
    sha256: str = ""


BalloonKind = Literal["says", "thinks", "whispers", "shouts", "radios"]
CaptionKind = Literal["narration", "location", "editor"]
Writing = Literal["horizontal", "vertical"]
Border = Literal["plain", "none", "rounded", "ragged"]
Side = Literal["left", "top", "right", "bottom"]


@dataclass(frozen=True, slots=True)
class CaptionText:
    """A narrator's box."""

    text: str
    at: Anchor | None = None
    kind: CaptionKind = "narration"
    writing: Writing = "horizontal"


@dataclass(frozen=True, slots=True)
class BalloonText:
    """Something that somebody says or thinks.

    `tail` is where its tail points to, in the cell; otherwise it points to `who`, or, with `off`,
    out of the panel. `joined` with the balloon before it. With `burst` it may leave its panel.
    """

    text: str
    kind: BalloonKind = "says"
    who: str | None = None
    at: Anchor | None = None
    tail: Anchor | None = None
    off: bool = False
    joined: bool = False
    burst: bool = False
    writing: Writing = "horizontal"


@dataclass(frozen=True, slots=True)
class SoundText:
    """A sound, drawn large; `turn` clockwise and `arc` in degrees, None for the usual rise. `color`
    is red, green, blue from 0 to 255, None for the usual one."""

    text: str
    at: Anchor | None = None
    turn: float | None = None
    arc: float = 0.0
    color: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody in sight; `at` is the face, in fractions of the picture, where it is known."""

    name: str
    at: Anchor | None = None


@dataclass(frozen=True, slots=True)
class PanelContent:
    """A panel with its place on the page, its picture (None where it is missing) and its texts.

    `cell` is the box around the panel, `shape` its outline where that is no plain rectangle.
    `safe` is the part of the cell where lettering may stand; None for all. `blocked` are parts of
    it that other panels cover, or the fold. `characters` are those in sight, from left to right:
    balloons' tails point to them. `focus` is what stays in sight when the picture is cropped to its
    cell. `bleeds` are the sides that reach over the trim: no border is there. An inset lies in a
    `layer` above 0, over its host.
    """

    address: str
    cell: Rect
    picture: PictureRef | None = None
    focus: Anchor | None = None
    characters: tuple[Standing, ...] = ()
    captions: tuple[CaptionText, ...] = ()
    balloons: tuple[BalloonText, ...] = ()
    sfx: tuple[SoundText, ...] = ()
    shape: Shape | None = None
    safe: Rect | None = None
    blocked: tuple[Rect, ...] = ()
    border: Border = "plain"
    bleeds: frozenset[Side] = frozenset()
    layer: int = 0


@dataclass(frozen=True, slots=True)
class PageContent:
    """A page: its number from 1, its sheet, and its panels in reading order. `language` is that of
    its texts, as a code: it decides on fonts and line breaking."""

    number: int
    sheet: Sheet
    reading: Reading
    panels: tuple[PanelContent, ...]
    language: str = "en"
