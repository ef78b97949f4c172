"""Page sizes by name, each with the margins and gutters that a designer would give it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from storyboard.nearest import did_you_mean
from storyboard.pages.lengths import Length, Unit

PRINT_DPI = 300.0
SCREEN_DPI = 150.0
_NO_BLEED, _USUAL_BLEED = Length(0), Length(3, "mm")


@dataclass(frozen=True, slots=True)
class Paper:
    """A page's size after trimming. Margin, gutters and safe area are parts of its shorter side.

    `gutters` are between tiers, and between the panels of a tier. `per_tier` is how many panels
    stand in a tier where the page does not say.
    """

    width: Length
    height: Length
    margin: float = 0.05
    gutters: tuple[float, float] = (0.02, 0.02)
    safe: float = 0.025
    bleed: Length = _NO_BLEED
    per_tier: int = 2

    @property
    def dpi(self) -> float:
        """What it is drawn at unless the story says otherwise: pixels are for screens."""
        return SCREEN_DPI if self.width.unit == "px" else PRINT_DPI


def _printed(width: float, height: float, unit: Unit = "mm") -> Paper:
    """Albums and comic books: tiers stand a little farther apart than a tier's panels."""
    return Paper(
        Length(width, unit), Length(height, unit), gutters=(0.022, 0.018), bleed=_USUAL_BLEED
    )


def _manga(width: float, height: float) -> Paper:
    """Manga: tiers far apart, their panels close together, so that the eye stays in its tier."""
    return Paper(
        Length(width, "mm"),
        Length(height, "mm"),
        margin=0.065,
        gutters=(0.034, 0.014),
        safe=0.03,
        bleed=_USUAL_BLEED,
    )


PAPERS = {
    "A3": _printed(297, 420),
    "A4": _printed(210, 297),
    "A5": _printed(148, 210),
    "A6": _printed(105, 148),
    "B4": _printed(250, 353),
    "B5": _printed(176, 250),
    "B6": _printed(125, 176),
    "JIS B4": _manga(257, 364),
    "JIS B5": _manga(182, 257),
    "JIS B6": _manga(128, 182),
    "tankobon": _manga(112, 174),
    "US comic": _printed(6.625, 10.1875, "in"),
    "US letter": _printed(8.5, 11, "in"),
    "US digest": _printed(5.5, 8.5, "in"),
    "album": _printed(240, 320),
    "square": _printed(210, 210),
    "webtoon": Paper(
        Length(800), Length(2560), margin=0.05, gutters=(0.125, 0.025), safe=0.035, per_tier=1
    ),
    "yonkoma": Paper(
        Length(74, "mm"),
        Length(210, "mm"),
        margin=0.08,
        gutters=(0.05, 0.03),
        safe=0.045,
        bleed=_USUAL_BLEED,
        per_tier=1,
    ),
}
"""ISO 216, JIS P 0138, and what comics are usually trimmed to: in Japan 112x174 mm for a tankobon,
in the US 6.625x10.1875 inches, in Europe 240x320 mm for an album."""

_ALIASES = {"manga": "JIS B5", "manga tankobon": "tankobon", "letter": "US letter"}


def _folded(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


_BY_FOLDED = {_folded(name): name for name in PAPERS} | {
    _folded(alias): name for alias, name in _ALIASES.items()
}


def paper_named(name: str) -> Paper | None:
    """A paper by its name, however it is written: `US comic`, `us-comic`; None for none.

    `A4 landscape` is an A4 that lies on its side.
    """
    upright = re.sub(r"[ _-]*landscape\s*$", "", name, flags=re.IGNORECASE)
    known = _BY_FOLDED.get(_folded(upright))
    if known is None:
        return None
    paper = PAPERS[known]
    return paper if upright == name else replace(paper, width=paper.height, height=paper.width)


def paper_hint(name: str) -> str:
    """What to say to somebody who writes a name that no paper has."""
    return did_you_mean(name, [*PAPERS, *_ALIASES]) or "sizes have names: " + ", ".join(PAPERS)
