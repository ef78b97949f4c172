"""How lettering looks, in proportion to the page: sizes, strokes and colors in one place."""

from __future__ import annotations

import math
from dataclasses import dataclass

from storyboard.geometry import Size
from storyboard.pages.commands import INK, WHITE, Color


@dataclass(frozen=True, slots=True)
class Style:
    """All lengths are in pixels of the page.

    `em` is the letters' usual size, `smallest` the least that is still read with ease.
    """

    em: float
    smallest: float
    border: float
    stroke: float
    ink: Color = INK
    paper: Color = WHITE
    whisper_ink: Color = (92, 92, 98)
    caption_paper: Color = (255, 247, 219)
    location_paper: Color = (24, 26, 33)
    location_ink: Color = (255, 255, 255)
    sound_paper: Color = (255, 210, 63)


def style_for(page: Size) -> Style:
    """On a 1200x1800 page: letters of 30 pixels, at least 18; borders of 4, strokes of 3."""
    em = math.sqrt(page.area) / 49
    return Style(em=em, smallest=0.6 * em, border=em * 0.133, stroke=em * 0.093)
