"""Fonts that are the same everywhere: the bundled ones, and behind them small subsets of Noto."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from storyboard.pages.content import Writing
from storyboard.pages.faces import Face
from storyboard.pages.finding import Found
from storyboard.pages.fonts import Font, Fonts, bundled_fonts

FOLDER = Path(__file__).parent.parent / "data" / "fonts"

NOTO = (
    Found(FOLDER / "NotoSansArabic.ttf", 0, "Noto Sans Arabic", 200),
    Found(FOLDER / "NotoSansHebrew.ttf", 0, "Noto Sans Hebrew", 200),
    Found(FOLDER / "NotoSansCJKjp.otf", 0, "Noto Sans CJK JP", 200),
    Found(FOLDER / "NotoSansCJKkr.otf", 0, "Noto Sans CJK KR", 200),
    Found(FOLDER / "NotoSansCJKsc.otf", 0, "Noto Sans CJK SC", 200),
    Found(FOLDER / "NotoSansCJKtc.otf", 0, "Noto Sans CJK TC", 200),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that has certain fonts."""

    fonts: tuple[Found, ...] = NOTO

    def with_character(self, character: str) -> tuple[Found, ...]:
        return tuple(f for f in self.fonts if Face(f.path, f.index).covers(character))

    def of_family(self, family: str) -> tuple[Found, ...]:
        return tuple(f for f in self.fonts if f.family.casefold() == family.casefold())


def small_fonts(language: str = "en") -> Fonts:
    """The bundled fonts on a machine that has the subsets of Noto, and nothing else."""
    return bundled_fonts(language, Machine())


def speech(language: str = "en", writing: Writing = "horizontal") -> Font:
    """What speech is lettered in on that machine."""
    return replace(small_fonts(language).speech, writing=writing)
