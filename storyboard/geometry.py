"""Sizes and rectangles in whole pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def aspect(self) -> float:
        """Width divided by height."""
        return self.width / self.height

    @property
    def area(self) -> int:
        """Pixels in all."""
        return self.width * self.height

    def scaled(self, factor: float) -> Size:
        """This size times `factor`, rounded to whole pixels."""
        return Size(round(self.width * factor), round(self.height * factor))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in pixels, from the page's top left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beyond the rectangle."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond the rectangle."""
        return self.top + self.height

    @property
    def size(self) -> Size:
        """Its width and height."""
        return Size(self.width, self.height)

    def inset(self, by: int) -> Rect:
        """The rectangle that lies `by` pixels inside this one on every side."""
        return Rect(self.left + by, self.top + by, self.width - 2 * by, self.height - 2 * by)
