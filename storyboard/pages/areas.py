"""Grid areas in the idiom of CSS: a drawing of the page in panel names, read and checked.

Source: CSS Grid Layout, `grid-template-areas` (https://www.w3.org/TR/css-grid-1/): every named
area is one filled rectangle, a run of dots is an empty cell. Rows end with a newline or a `/`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass


class LayoutProblem(Exception):
    """A page cannot be laid out: what is wrong, what to do, and which key of the page says so.

    `at` is a path such as `("slant",)` or `("panels", "face", "inset")`, with the panel's name; it
    is empty where the page's layout or tiers are meant.
    """

    def __init__(self, message: str, hint: str = "", at: tuple[str, ...] = ()) -> None:
        self.message = message
        self.hint = hint
        self.at = at
        super().__init__(f"{message} ({hint})" if hint else message)


@dataclass(frozen=True, slots=True)
class Area:
    """A panel's place in the grid; rows and columns count from 0, the last ones belong to it."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Areas:
    """A grid and the area of each panel."""

    rows: int
    columns: int
    named: dict[str, Area]


def read_areas(layout: str, panels: Sequence[str]) -> Areas:
    """Reads a layout, in which each of `panels` has exactly one rectangle.

    Raises `LayoutProblem`.
    """
    rows = [row.split() for row in re.split(r"[\n/]", layout) if row.strip()]
    if not rows:
        raise LayoutProblem("the layout is empty", "draw the page in panel names, row by row")
    _check_even(rows)
    named = {
        name: _area(name, rows)
        for name in dict.fromkeys(name for row in rows for name in row)
        if name.strip(".")
    }
    _check_names(list(named), panels)
    return Areas(len(rows), len(rows[0]), named)


def _check_even(rows: Sequence[Sequence[str]]) -> None:
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise LayoutProblem(
                f"row {number} of the layout has {_cells(len(row))}, row 1 has {len(rows[0])}",
                "give every row as many cells; a dot is an empty one",
            )


def _cells(count: int) -> str:
    return f"{count} cell{'s' if count != 1 else ''}"


def _area(name: str, rows: Sequence[Sequence[str]]) -> Area:
    places = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell == name]
    area = Area(
        min(r for r, _ in places),
        min(c for _, c in places),
        max(r for r, _ in places),
        max(c for _, c in places),
    )
    height = area.last_row - area.first_row + 1
    if height * (area.last_column - area.first_column + 1) != len(places):
        raise LayoutProblem(
            f"the area {name!r} is not one rectangle",
            "a panel's cells must touch and fill a rectangle",
        )
    return area


def _check_names(areas: Sequence[str], panels: Sequence[str]) -> None:
    unused = [name for name in areas if name not in panels]
    homeless = [name for name in panels if name not in areas]
    if unused:
        raise LayoutProblem(
            f"an area without a panel: {_names(unused)}",
            _nearest(unused[0], homeless or panels) or f"the page's panels are {_names(panels)}",
        )
    if homeless:
        raise LayoutProblem(
            f"a panel without a place in the layout: {_names(homeless)}",
            f"the layout has {_names(areas)}",
        )


def _names(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else ""
