"""Where the panels of a page stand: cells in whole pixels that fill the sheet's inner area."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from storyboard.geometry import Rect
from storyboard.pages.areas import Area, LayoutProblem, read_areas
from storyboard.pages.sheets import MOST_PIXELS, Sheet

__all__ = ["LayoutProblem", "Sheet", "check_sheet", "place"]

_GRID = re.compile(r"\s*(\d{1,3})\s*[x×X]\s*(\d{1,3})\s*")


def place(
    panels: Sequence[str],
    layout: str | None,
    tiers: Sequence[int | Sequence[float]] | None,
    sheet: Sheet,
    reading: Literal["ltr", "rtl"],
    heights: Sequence[float] | None = None,
) -> dict[str, Rect]:
    """Each panel's cell, in the order of `panels`.

    `layout` is grid areas in the idiom of CSS (rows by newline or `/`) or rows x columns (`2x3`);
    `tiers` has for each row its number of panels, or the widths of its panels relative to each
    other. With neither, panels stand in tiers of as many as the sheet says, usually two. `heights`
    are the rows' heights relative to each other. Grids and tiers are filled in reading order; areas
    are taken as they are drawn for ltr and mirrored for rtl. Neighbours are exactly one gutter
    apart; equal cells differ by at most a pixel.

    Raises `LayoutProblem`.
    """
    if layout is not None and tiers is not None:
        raise LayoutProblem("the page has both a layout and tiers", "keep one of the two")
    check_sheet(sheet)
    if layout is not None:
        cells = _laid_out(panels, layout, sheet, heights)
    else:
        usual = _evenly(len(panels), sheet.per_tier)
        cells = _tiered(panels, usual if tiers is None else tiers, sheet, heights)
    if reading == "rtl":
        cells = {name: _mirrored(cell, sheet) for name, cell in cells.items()}
    return {name: cells[name] for name in panels}


def check_sheet(sheet: Sheet) -> None:
    """Raises `LayoutProblem` where a sheet is too large, or has no room for panels or lettering."""
    if sheet.size.area > MOST_PIXELS:
        raise LayoutProblem(
            f"the page would have {sheet.size} pixels, at most {MOST_PIXELS // 1_000_000} million "
            "are drawn",
            "choose a smaller size or fewer dpi",
            ("page",),
        )
    for what, inside, width in (
        ("margins", sheet.inner, sheet.margin),
        ("safe areas", sheet.safe_area, sheet.safe),
    ):
        if inside.width <= 0 or inside.height <= 0:
            raise LayoutProblem(
                f"{what} of {width} pixels leave nothing of a {sheet.size} page",
                f"make the {what.removesuffix('s')} smaller or the page larger",
                ("page", "margin" if what == "margins" else "safe"),
            )


def _mirrored(cell: Rect, sheet: Sheet) -> Rect:
    return Rect(sheet.size.width - cell.right, cell.top, cell.width, cell.height)


def _evenly(count: int, per_tier: int) -> list[int]:
    whole, rest = divmod(count, per_tier)
    return [per_tier] * whole + [rest] * (rest > 0)


def _laid_out(
    panels: Sequence[str], layout: str, sheet: Sheet, heights: Sequence[float] | None
) -> dict[str, Rect]:
    grid = _GRID.fullmatch(layout)
    if grid and layout.strip() not in panels:
        return _gridded(panels, int(grid[1]), int(grid[2]), sheet, heights)
    areas = read_areas(layout, panels)
    columns = _tracks([1.0] * areas.columns, sheet.inner.left, sheet.inner.width, sheet.gutter)
    rows = _rows(areas.rows, heights, sheet)
    return {name: _spanned(area, rows, columns) for name, area in areas.named.items()}


def _spanned(area: Area, rows: Sequence[_Track], columns: Sequence[_Track]) -> Rect:
    left, right = columns[area.first_column].start, columns[area.last_column].end
    top, bottom = rows[area.first_row].start, rows[area.last_row].end
    return Rect(left, top, right - left, bottom - top)


def _rows(count: int, heights: Sequence[float] | None, sheet: Sheet) -> list[_Track]:
    weights = [1.0] * count if heights is None else _relative(heights)
    if len(weights) != count:
        raise LayoutProblem(
            f"`heights` has {len(weights)}, the page has {count} tier{'s' if count != 1 else ''}",
            "give each tier a height",
            ("heights",),
        )
    return _tracks(weights, sheet.inner.top, sheet.inner.height, sheet.between_tiers)


def _relative(weights: Sequence[float]) -> list[float]:
    """Parts of the largest, so that no sum overflows."""
    largest = max(weights)
    return [weight / largest for weight in weights]


def _gridded(
    panels: Sequence[str],
    rows: int,
    columns: int,
    sheet: Sheet,
    heights: Sequence[float] | None,
) -> dict[str, Rect]:
    if rows == 0 or columns == 0:
        raise LayoutProblem(f"a grid of {rows}x{columns} has no cells", "say for example 2x2")
    _counted(panels, rows * columns, f"the {rows}x{columns} grid")
    return _tiered(panels, [columns] * rows, sheet, heights)


def _tiered(
    panels: Sequence[str],
    tiers: Sequence[int | Sequence[float]],
    sheet: Sheet,
    heights: Sequence[float] | None,
) -> dict[str, Rect]:
    weights = [_weights(tier, number) for number, tier in enumerate(tiers, 1)]
    _counted(panels, sum(map(len, weights)), "the tiers")
    names = iter(panels)
    cells = {}
    inner = sheet.inner
    for row, tier in zip(_rows(len(weights), heights, sheet), weights, strict=True):
        for column in _tracks(tier, inner.left, inner.width, sheet.gutter):
            cells[next(names)] = Rect(
                column.start, row.start, column.end - column.start, row.end - row.start
            )
    return cells


def _weights(tier: int | Sequence[float], number: int) -> list[float]:
    if isinstance(tier, int):
        if tier < 1:
            raise LayoutProblem(f"tier {number} has no panels", "give it at least one")
        return [1.0] * tier
    if not tier:
        raise LayoutProblem(f"tier {number} has no panels", "give it at least one width")
    for weight in tier:
        if not (math.isfinite(weight) and weight > 0):
            raise LayoutProblem(
                f"tier {number} has a panel of width {weight:g}", "widths are above 0"
            )
    return _relative(tier)


def _counted(panels: Sequence[str], cells: int, what: str) -> None:
    count = f"{len(panels)} panel{'s' if len(panels) != 1 else ''}"
    places = f"{cells} place{'s' if cells != 1 else ''}"
    if len(panels) > cells:
        names = ", ".join(repr(name) for name in panels[cells:])
        raise LayoutProblem(
            f"a panel without a place in the layout: {names}",
            f"{what} has {places} for {count}" if "grid" in what else f"{what} have {places}",
        )
    if len(panels) < cells:
        raise LayoutProblem(
            f"an area without a panel: {what} ask for {cells} panels, the page has {count}",
            "add panels, or take places away; grid areas may have empty cells, written as a dot",
        )


@dataclass(frozen=True, slots=True)
class _Track:
    """A row or column, from its first pixel to the first pixel beyond."""

    start: int
    end: int


def _tracks(weights: Sequence[float], start: int, length: int, gutter: int) -> list[_Track]:
    """Divides `length` pixels by weight, whole pixels each, gutters between; the rest is exact.

    Edges are the cumulative shares rounded down, so that equal tracks differ by at most a pixel.
    """
    room = length - gutter * (len(weights) - 1)
    if room < len(weights):
        raise LayoutProblem(
            f"{len(weights)} cells with gutters of {gutter} pixels do not fit into {length} pixels",
            "use fewer cells, a smaller gutter or margin, or a larger page",
        )
    total = math.fsum(weights)
    edges = [math.floor(room * math.fsum(weights[:i]) / total + 1e-9) for i in range(len(weights))]
    edges.append(room)
    tracks = [
        _Track(start + edges[i] + i * gutter, start + edges[i + 1] + i * gutter)
        for i in range(len(weights))
    ]
    if any(track.end <= track.start for track in tracks):
        raise LayoutProblem(
            "a panel would be less than a pixel wide or high",
            "make its width or height larger, or the others' smaller",
        )
    return tracks
