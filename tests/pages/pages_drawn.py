"""Random pages for layouts' tests: sheets, arrangements and what holds for all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from storyboard.geometry import Rect, Size
from storyboard.pages.arrangement import Arrangement, Placed, Reading
from storyboard.pages.shapes import Point
from storyboard.pages.sheets import Sheet
from storyboard.pages.slants import Slant

sheets = st.builds(
    Sheet,
    st.builds(Size, st.integers(500, 3000), st.integers(500, 3000)),
    margin=st.integers(0, 60),
    gutter=st.integers(1, 30),
    tier_gutter=st.none() | st.integers(1, 40),
    bleed=st.integers(0, 40),
    safe=st.integers(0, 30),
)
readings: st.SearchStrategy[Reading] = st.sampled_from(["ltr", "rtl"])
_weights = st.floats(1, 2)


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """Panels' names and how they are arranged."""

    panels: Sequence[str]
    wanted: Arrangement


@st.composite
def tiered(draw: st.DrawFn, slants: float = 0.0) -> DrawnPage:
    """Up to four tiers of up to four panels, of any widths and heights, some bleeding."""
    tiers = draw(
        st.lists(st.lists(_weights, min_size=1, max_size=4), min_size=1, max_size=4), "tiers"
    )
    heights = draw(st.none() | st.lists(_weights, min_size=len(tiers), max_size=len(tiers)))
    panels = [f"p{number}" for number in range(sum(map(len, tiers)))]
    angles = st.floats(-slants, slants)
    slant = Slant(
        tiers=draw(st.lists(angles, min_size=len(tiers) - 1, max_size=len(tiers) - 1)),
        panels=draw(st.lists(angles, min_size=len(tiers), max_size=len(tiers))),
    )
    bleeding = frozenset(draw(st.lists(st.sampled_from(panels), max_size=4)))
    return DrawnPage(panels, Arrangement(None, tiers, heights, slant if slants else None, bleeding))


@st.composite
def sliced(draw: st.DrawFn) -> DrawnPage:
    """Grid areas that come of cutting a grid straight through, again and again."""
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    grid = [[""] * columns for _ in range(rows)]
    parts = [(0, 0, rows, columns)]
    names: list[str] = []
    while parts:
        top, left, bottom, right = parts.pop()
        across = draw(st.booleans())
        low, high = (top + 1, bottom - 1) if across else (left + 1, right - 1)
        if low > high or draw(st.integers(0, 3)) == 0:
            names.append(f"p{len(names)}")
            for row in range(top, bottom):
                grid[row][left:right] = [names[-1]] * (right - left)
            continue
        cut = draw(st.integers(low, high))
        if across:
            parts += [(top, left, cut, right), (cut, left, bottom, right)]
        else:
            parts += [(top, left, bottom, cut), (top, cut, bottom, right)]
    layout = " / ".join(" ".join(row) for row in grid)
    slant = draw(st.none() | st.builds(Slant, st.floats(-6, 6), st.floats(-8, 8)))
    return DrawnPage(names, Arrangement(layout, slant=slant))


def corners(placed: Placed) -> tuple[Point, ...]:
    """A panel's corners, clockwise on the page."""
    return placed.corners or box_corners(placed.cell)


def box_corners(cell: Rect) -> tuple[Point, ...]:
    """A box's corners, clockwise on the page."""
    return (
        (cell.left, cell.top),
        (cell.right, cell.top),
        (cell.right, cell.bottom),
        (cell.left, cell.bottom),
    )


def area(outline: Sequence[Point]) -> float:
    """A polygon's area, by the shoelace formula."""
    following = [*outline[1:], outline[0]]
    return abs(
        math.fsum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(outline, following, strict=True))
        / 2
    )


def gap(a: Sequence[Point], b: Sequence[Point]) -> float:
    """How far two convex outlines are apart, below 0 where they overlap: the widest strip between
    them that is parallel to one of their sides."""
    return max(beyond(a, b), beyond(b, a))


def beyond(a: Sequence[Point], b: Sequence[Point]) -> float:
    """How far points lie beyond one side of a convex outline, below 0 where they do of none."""
    widest = -math.inf
    for (x0, y0), (x1, y1) in zip(a, [*a[1:], a[0]], strict=True):
        length = math.hypot(x1 - x0, y1 - y0)
        nx, ny = (y1 - y0) / length, -(x1 - x0) / length
        widest = max(widest, min((x - x0) * nx + (y - y0) * ny for x, y in b))
    return widest
