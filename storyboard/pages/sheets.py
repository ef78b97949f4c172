"""The sheet that a page is printed on: its trim, bleed, safe area and fold, in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.geometry import Rect, Size

MOST_PIXELS = 100_000_000
"""A page or a picture has no more; Pillow's own limit is only a warning up to twice its number."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's size after trimming, the white around its panels and the white between them.

    All lengths are in pixels; the origin of all coordinates is the trim's top left corner. What
    bleeds reaches `bleed` pixels over the trim. Lettering stays `safe` pixels inside of it. A
    `spread` is two pages side by side: `size` is that of both.
    """

    size: Size
    margin: int
    gutter: int
    tier_gutter: int | None = None
    bleed: int = 0
    safe: int = 0
    dpi: float = 150.0
    spread: bool = False
    per_tier: int = 2

    @property
    def between_tiers(self) -> int:
        """The white between one tier and the next."""
        return self.gutter if self.tier_gutter is None else self.tier_gutter

    @property
    def trim(self) -> Rect:
        """What is left of the page after trimming."""
        return Rect(0, 0, self.size.width, self.size.height)

    @property
    def inner(self) -> Rect:
        """The part inside the margins."""
        return self.trim.inset(self.margin)

    @property
    def bled(self) -> Rect:
        """The trim and the bleed around it."""
        return self.trim.inset(-self.bleed)

    @property
    def safe_area(self) -> Rect:
        """The part that no trimming touches."""
        return self.trim.inset(self.safe)

    @property
    def fold(self) -> Rect | None:
        """The strip around a spread's fold that lettering keeps off; None on a single page."""
        if not self.spread:
            return None
        around = max(self.safe, 1)
        return Rect(self.size.width // 2 - around, 0, 2 * around, self.size.height)

    @property
    def page_size(self) -> Size:
        """The size of one page: half a spread."""
        return Size(self.size.width // 2, self.size.height) if self.spread else self.size
