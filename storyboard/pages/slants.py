"""Slanted gutters: the cells of a page cut anew by leaning lines, gutters as wide as before.

The page is cut as with a knife: straight through from side to side into tiers, each tier from top
to bottom into panels or columns, those across again, and so on. Every cut is a strip between two
parallel lines, a gutter's width apart measured across; so a panel is what four lines enclose.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from storyboard.geometry import Rect
from storyboard.pages.areas import LayoutProblem
from storyboard.pages.shapes import Point

Corners = tuple[Point, Point, Point, Point]
"""Top left, top right, bottom right, bottom left."""

_LEAST_SIDE = 1.0


@dataclass(frozen=True, slots=True)
class Slant:
    """By how many degrees gutters lean, positive as a slash does, `/`.

    `tiers` are those between tiers, from top to bottom, `panels` those within each tier; one
    number is for all of them.
    """

    tiers: float | Sequence[float] = 0.0
    panels: float | Sequence[float] = 0.0


@dataclass(frozen=True, slots=True)
class Edge:
    """A line that is nearly upright, x = at + lean * y, or nearly level, y = at + lean * x."""

    at: float
    lean: float = 0.0

    def along(self, other: float) -> float:
        """Where the line is, that far along it."""
        return self.at + self.lean * other

    def moved(self, across: float) -> Edge:
        """The parallel line at a distance, which is measured across."""
        return replace(self, at=self.at + across * math.hypot(1, self.lean))


@dataclass(frozen=True, slots=True)
class Quad:
    """What four lines enclose."""

    left: Edge
    top: Edge
    right: Edge
    bottom: Edge

    @property
    def corners(self) -> Corners:
        """Where the lines meet."""
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        return (
            _meeting(left, top),
            _meeting(right, top),
            _meeting(right, bottom),
            _meeting(left, bottom),
        )

    def is_there(self) -> bool:
        """Whether no side has shrunk to nothing or turned around."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.corners
        return min(x1 - x0, x2 - x3, y3 - y0, y2 - y1) >= _LEAST_SIDE


def straight(cell: Rect) -> Quad:
    """A cell's own four sides."""
    return Quad(Edge(cell.left), Edge(cell.top), Edge(cell.right), Edge(cell.bottom))


def _meeting(upright: Edge, level: Edge) -> Point:
    y = (level.at + level.lean * upright.at) / (1 - level.lean * upright.lean)
    return upright.along(y), y


def slanted(cells: Mapping[str, Rect], slant: Slant, inner: Rect) -> dict[str, Quad]:
    """Each panel between leaning gutters; `inner` is what the cells fill.

    Raises `LayoutProblem` where the page cannot be cut so, or a panel vanishes.
    """
    whole = _Region(inner, straight(inner)).tightened(cells)
    bands = _bands(cells, upright=False)
    tiers = _leans(slant.tiers, len(bands) - 1, "gutter between tiers", "tiers")
    panels = _leans(slant.panels, len(bands), "tier", "panels")
    deeper = slant.tiers if isinstance(slant.tiers, int | float) else 0.0
    found: dict[str, Quad] = {}
    for region, band, lean in zip(_across(whole, bands, tiers), bands, panels, strict=True):
        found |= _cut_down(region, band, deeper, lean)
    for name, quad in found.items():
        if not quad.is_there():
            raise LayoutProblem(
                f"the gutters lean so much that nothing is left of panel {name!r}",
                "slant them less, or give the panel more room",
                ("slant",),
            )
    return found


@dataclass(frozen=True, slots=True)
class _Region:
    """A part of the page: where it would be if nothing leant, and where it is."""

    box: Rect
    quad: Quad

    def tightened(self, cells: Mapping[str, Rect]) -> _Region:
        """Without the empty cells at its sides."""
        around = _around(cells)
        quad = self.quad
        return _Region(
            around,
            Quad(
                quad.left if around.left == self.box.left else Edge(around.left),
                quad.top if around.top == self.box.top else Edge(around.top),
                quad.right if around.right == self.box.right else Edge(around.right),
                quad.bottom if around.bottom == self.box.bottom else Edge(around.bottom),
            ),
        )


def _around(cells: Mapping[str, Rect]) -> Rect:
    left, top = min(c.left for c in cells.values()), min(c.top for c in cells.values())
    right, bottom = max(c.right for c in cells.values()), max(c.bottom for c in cells.values())
    return Rect(left, top, right - left, bottom - top)


def _leans(said: float | Sequence[float], count: int, each: str, key: str) -> list[float]:
    if isinstance(said, int | float):
        return [said] * count
    if len(said) != count:
        raise LayoutProblem(
            f"`slant` has {len(said)} angles for its `{key}`, the page asks for {count}",
            f"give one for each {each}, or one number for all",
            ("slant", key),
        )
    return list(said)


def _cut_down(
    region: _Region, cells: Mapping[str, Rect], tiers: float, panels: float
) -> dict[str, Quad]:
    """Cuts a tier or a part of it into columns, and those across again."""
    region = region.tightened(cells)
    if len(cells) == 1:
        return dict.fromkeys(cells, region.quad)
    columns, rows = _bands(cells, upright=True), _bands(cells, upright=False)
    if len(columns) > 1:
        parts = zip(_along(region, columns, [panels] * (len(columns) - 1)), columns, strict=True)
    elif len(rows) > 1:
        parts = zip(_across(region, rows, [tiers] * (len(rows) - 1)), rows, strict=True)
    else:
        raise LayoutProblem(
            "the areas interlock, so that no gutter goes straight through: "
            + ", ".join(repr(name) for name in cells),
            "gutters lean only on pages that can be cut straight through; take `slant` away, or "
            "draw the page otherwise",
            ("slant",),
        )
    found: dict[str, Quad] = {}
    for part, band in parts:
        found |= _cut_down(part, band, tiers, panels)
    return found


def _bands(cells: Mapping[str, Rect], upright: bool) -> list[dict[str, Rect]]:
    """Groups of cells with a straight way between each and the next."""
    bands: list[dict[str, Rect]] = []
    end = -math.inf
    spans = {
        name: (cell.left, cell.right) if upright else (cell.top, cell.bottom)
        for name, cell in cells.items()
    }
    for name in sorted(spans, key=lambda name: spans[name]):
        first, beyond = spans[name]
        if first >= end:
            bands.append({})
        bands[-1][name] = cells[name]
        end = max(end, beyond)
    return bands


def _across(
    region: _Region, bands: Sequence[Mapping[str, Rect]], degrees: Sequence[float]
) -> Iterator[_Region]:
    """The parts above each other, between level gutters that lean by so many degrees."""
    quad, box = region.quad, region.box
    middle = _middle_x(quad)
    upper, lower = quad.top.along(middle), quad.bottom.along(middle)
    top = quad.top
    boxes = [_around(band) for band in bands]
    for i, own in enumerate(boxes):
        bottom, following = quad.bottom, quad.bottom
        if i + 1 < len(boxes):
            gap = boxes[i + 1].top - own.bottom
            share = (own.bottom + gap / 2 - box.top) / box.height
            lean = -math.tan(math.radians(degrees[i]))
            center = Edge(upper + share * (lower - upper) - lean * middle, lean)
            bottom, following = center.moved(-gap / 2), center.moved(gap / 2)
        yield _Region(
            Rect(box.left, own.top, box.width, own.height), replace(quad, top=top, bottom=bottom)
        )
        top = following


def _along(
    region: _Region, bands: Sequence[Mapping[str, Rect]], degrees: Sequence[float]
) -> Iterator[_Region]:
    """The parts beside each other, between upright gutters that lean by so many degrees."""
    quad, box = region.quad, region.box
    left = quad.left
    boxes = [_around(band) for band in bands]
    for i, own in enumerate(boxes):
        right, following = quad.right, quad.right
        if i + 1 < len(boxes):
            gap = boxes[i + 1].left - own.right
            share = (own.right + gap / 2 - box.left) / box.width
            x, y = _place(quad, share)
            lean = -math.tan(math.radians(degrees[i]))
            center = Edge(x - lean * y, lean)
            right, following = center.moved(-gap / 2), center.moved(gap / 2)
        yield _Region(
            Rect(own.left, box.top, own.width, box.height), replace(quad, left=left, right=right)
        )
        left = following


def _middle_x(quad: Quad) -> float:
    return math.fsum(x for x, _ in quad.corners) / 4


def _place(quad: Quad, share: float) -> Point:
    """A point halfway down, so far from the left side to the right."""
    middle = math.fsum(y for _, y in quad.corners) / 4
    x = quad.left.along(middle) + share * (quad.right.along(middle) - quad.left.along(middle))
    y = (quad.top.along(x) + quad.bottom.along(x)) / 2
    return x, y
