"""A preview's size: the aspect bucket nearest to its cell, within the family's pixel budget."""

from __future__ import annotations

import math
from functools import cache, lru_cache

from storyboard.geometry import Size

BUDGET_TOLERANCE = 1.1
"""A bucket may go over the family's pixel budget by this factor: 448x640 belongs to 512x512."""

SMALLEST_SHARE = 0.75
"""A bucket uses at least this share of the budget, so that no panel is drawn much too small."""

WIDEST = 2.2
"""Beyond this aspect ratio models repeat what they draw; the picture is cropped to its cell."""


@cache
def buckets(native_pixels: int, multiple: int) -> tuple[Size, ...]:
    """All sizes in pixels, sides multiples of `multiple`, that fit the budget, ordered."""
    sides = range(multiple, int(math.sqrt(native_pixels * WIDEST) * 1.2) + multiple, multiple)
    sizes = (Size(width, height) for width in sides for height in sides)
    return tuple(size for size in sizes if _fits(size, native_pixels))


def _fits(size: Size, native_pixels: int) -> bool:
    share = size.area / native_pixels
    ratio = max(size.aspect, 1 / size.aspect)
    return SMALLEST_SHARE <= share <= BUDGET_TOLERANCE and ratio <= WIDEST


@lru_cache(maxsize=1024)  # a story has few kinds of cells
def bucket(cell: Size, native_pixels: int, multiple: int) -> Size:
    """The bucket whose aspect ratio is nearest to `cell`'s (in log space); the larger one of two
    that are equally near."""

    def distance(size: Size) -> tuple[float, int]:
        return (round(abs(math.log(size.aspect / cell.aspect)), 6), -size.area)

    return min(buckets(native_pixels, multiple), key=distance)


def enlarged(size: Size, scale: float) -> Size:
    """`size` times `scale`, with sides rounded to the multiple of 8 that a latent needs."""
    return Size(*(max(8, round(side * scale / 8) * 8) for side in (size.width, size.height)))


def scale_to(size: Size, target: Size, preferred: float | None = None) -> float | None:
    """A scale by which `size` is enlarged to exactly `target`: the preferred one, or that with the
    fewest digits; None where there is none."""
    if preferred is not None and enlarged(size, preferred) == target:
        return preferred
    sides = ((size.width, target.width), (size.height, target.height))
    low = max((larger - 4) / side for side, larger in sides)
    high = min((larger + 4) / side for side, larger in sides)
    if low > high:
        return None
    rounded = (round((low + high) / 2, digits) for digits in range(8))
    return next((scale for scale in rounded if enlarged(size, scale) == target), None)
