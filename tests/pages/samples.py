"""Small pictures and pages for the tests of pages and exports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from storyboard.geometry import Rect, Size
from storyboard.pages.content import (
    BalloonText,
    CaptionText,
    PageContent,
    PanelContent,
    PictureRef,
    SoundText,
    Standing,
)
from storyboard.pages.layout import Sheet, place

BOTH = (Standing("mei"), Standing("bo"))
SHEET = Sheet(Size(600, 900), 30, 12)


@dataclass(frozen=True, slots=True)
class At:
    """An anchor."""

    x: float
    y: float


def gradient(path: Path, size: Size) -> PictureRef:
    """A picture whose red grows to the right and whose green grows downward; blue is 128."""
    red = np.linspace(0, 255, size.width)[None, :].repeat(size.height, 0)
    green = np.linspace(0, 255, size.height)[:, None].repeat(size.width, 1)
    pixels = np.stack([red, green, np.full_like(red, 128)], axis=2).round().astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return PictureRef(path, size)


def panel(
    cell: Rect,
    picture: PictureRef | None = None,
    captions: tuple[CaptionText, ...] = (),
    balloons: tuple[BalloonText, ...] = (),
    sfx: tuple[SoundText, ...] = (),
) -> PanelContent:
    """A panel called 1.a with its texts."""
    return PanelContent("1.a", cell, picture, None, BOTH, captions, balloons, sfx)


def demo_page(folder: Path) -> PageContent:
    """Two panels: one with every kind of lettering, one without a picture."""
    cells = place(["a", "b"], None, [1, 1], SHEET, "ltr")
    first = PanelContent(
        "1.a",
        cells["a"],
        gradient(folder / "a.png", Size(270, 210)),
        None,
        BOTH,
        (CaptionText("The light has been out for three nights."),),
        (
            BalloonText("It's only rain.", "says", "mei"),
            BalloonText("Only rain, and the boats are out.", "thinks", "bo"),
        ),
        (SoundText("DRIP"),),
    )
    return PageContent(1, SHEET, "ltr", (first, PanelContent("1.b", cells["b"])))
