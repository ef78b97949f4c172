"""Outlines in the operators of PDF's page descriptions (ISO 32000-1, 8.5)."""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.pages.shapes import Point, Shape


def clip_operators(shape: Shape, scale: float, height: float) -> Iterator[str]:
    """Clips to a shape by the nonzero winding rule; `height` is the page's in points, whose y grows
    upward."""

    def numbers(*points: Point) -> str:
        return " ".join(f"{x * scale:.3f} {height - y * scale:.3f}" for x, y in points)

    for contour in shape:
        yield f"{numbers(contour.start)} m"
        for segment in contour.segments:
            yield f"{numbers(*segment)} {'l' if len(segment) == 1 else 'c'}"
        yield "h"
    yield "W n"
