"""A page's panels as they stand in the end: cells, leaning gutters, bleeds and insets together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from storyboard.geometry import Rect
from storyboard.pages.areas import LayoutProblem
from storyboard.pages.boxes import common, largest_box
from storyboard.pages.insets import Inset, inset_cell, inset_order
from storyboard.pages.layout import place
from storyboard.pages.presets import Preset, preset_named, preset_problem
from storyboard.pages.sheets import Sheet
from storyboard.pages.slants import Corners, Edge, Quad, Slant, slanted, straight

Reading = Literal["ltr", "rtl"]
Side = Literal["left", "top", "right", "bottom"]
SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a page says of its layout. `layout` is grid areas, rows x columns or a preset's name.

    `heights` are the tiers' heights relative to each other; `bleeding` are the panels that reach
    over the trim where they lie at the margins; `insets` lie over other panels.
    """

    layout: str | None = None
    tiers: Sequence[int | Sequence[float]] | None = None
    heights: Sequence[float] | None = None
    slant: Slant | None = None
    bleeding: frozenset[str] = frozenset()
    insets: Mapping[str, Inset] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one panel stands. `cell` is the box around it in whole pixels, with what bleeds;
    `corners` are those of a panel that leans, None of an upright one. An inset has a `host`."""

    cell: Rect
    corners: Corners | None = None
    bleeds: frozenset[Side] = frozenset()
    host: str | None = None
    layer: int = 0

    @property
    def room(self) -> Rect:
        """The largest upright box in it."""
        return self.cell if self.corners is None else largest_box(self.corners)


def arrange(
    panels: Sequence[str], wanted: Arrangement, sheet: Sheet, reading: Reading
) -> dict[str, Placed]:
    """Where each panel stands, in the order of `panels`. `rtl` mirrors the whole page.

    Raises `LayoutProblem`.
    """
    wanted = _with_preset(panels, wanted)
    framed = [name for name in panels if name not in wanted.insets]
    order = inset_order(wanted.insets, framed)
    if not framed:
        raise LayoutProblem("the page has nothing but insets", "one panel must hold the others")
    cells = place(framed, wanted.layout, wanted.tiers, sheet, "ltr", wanted.heights)
    placed = _framed(cells, wanted, sheet)
    if reading == "rtl":
        placed = {name: _mirrored(one, sheet) for name, one in placed.items()}
    for name in order:
        inset = wanted.insets[name]
        if reading == "rtl":
            inset = replace(inset, x=1 - inset.x)
        placed[name] = _inset(name, inset, placed[inset.host], sheet)
        _check_apart(name, placed)
    return {name: placed[name] for name in panels}


def _with_preset(panels: Sequence[str], wanted: Arrangement) -> Arrangement:
    """The page as its preset draws it; what the page says itself wins."""
    if wanted.layout is None or wanted.layout.strip() in panels:
        return wanted
    preset = preset_named(wanted.layout)
    if preset is None:
        problem = preset_problem(wanted.layout, panels)
        if problem is not None:
            raise problem
        return wanted
    if wanted.tiers is not None:
        raise LayoutProblem("the page has both a layout and tiers", "keep one of the two")
    return _expanded(preset, wanted, [name for name in panels if name not in wanted.insets])


def _expanded(preset: Preset, wanted: Arrangement, names: Sequence[str]) -> Arrangement:
    drawn = preset.filled(len(names))
    inset_places = {names[place - 1]: inset for place, inset in drawn.insets.items()}
    insets = {
        name: Inset(names[one.host - 1], one.x, one.y, one.width, one.height)
        for name, one in inset_places.items()
    }
    return Arrangement(
        layout=drawn.drawn_with([name for name in names if name not in insets]),
        tiers=drawn.tiers,
        heights=wanted.heights or drawn.heights,
        slant=wanted.slant or drawn.slant,
        bleeding=wanted.bleeding | {names[place - 1] for place in drawn.bleeding},
        insets=insets | dict(wanted.insets),
    )


def _framed(cells: Mapping[str, Rect], wanted: Arrangement, sheet: Sheet) -> dict[str, Placed]:
    if wanted.slant is None:
        quads = {name: straight(cell) for name, cell in cells.items()}
    else:
        quads = slanted(cells, wanted.slant, sheet.inner)
    placed = {}
    for name, quad in quads.items():
        bleeds = _bleeding(cells[name], sheet.inner) if name in wanted.bleeding else frozenset()
        bled = _bled(quad, bleeds, sheet.bled)
        if not bled.is_there():  # its leaning sides meet before the page's edge
            raise LayoutProblem(
                f"the gutters lean so much that panel {name!r} ends before it can bleed",
                "slant them less, or give the panel more room",
                ("slant",),
            )
        placed[name] = _placed(bled, bleeds)
    return placed


def _bleeding(cell: Rect, inner: Rect) -> frozenset[Side]:
    """The sides of a cell that lie at the margins."""
    return frozenset(side for side in SIDES if getattr(cell, side) == getattr(inner, side))


def _bled(quad: Quad, bleeds: frozenset[Side], bled: Rect) -> Quad:
    edges = {side: Edge(getattr(bled, side)) for side in bleeds}
    return Quad(*(edges.get(side) or getattr(quad, side) for side in SIDES))


def _placed(quad: Quad, bleeds: frozenset[Side]) -> Placed:
    xs, ys = zip(*quad.corners, strict=True)
    left, top = math.floor(min(xs) + 1e-6), math.floor(min(ys) + 1e-6)
    right, bottom = math.ceil(max(xs) - 1e-6), math.ceil(max(ys) - 1e-6)
    cell = Rect(left, top, right - left, bottom - top)
    leans = any(getattr(quad, side).lean for side in SIDES)
    return Placed(cell, quad.corners if leans else None, bleeds)


_ACROSS: dict[Side, Side] = {"left": "right", "right": "left"}


def _mirrored(placed: Placed, sheet: Sheet) -> Placed:
    width, cell = sheet.size.width, placed.cell
    corners = placed.corners
    if corners is not None:
        top_left, top_right, bottom_right, bottom_left = ((width - x, y) for x, y in corners)
        corners = (top_right, top_left, bottom_left, bottom_right)
    return replace(
        placed,
        cell=Rect(width - cell.right, cell.top, cell.width, cell.height),
        corners=corners,
        bleeds=frozenset(_ACROSS.get(side, side) for side in placed.bleeds),
    )


def _inset(name: str, inset: Inset, host: Placed, sheet: Sheet) -> Placed:
    """An inset keeps a good gutter away from its host's sides, and, in a host that bleeds, to the
    margins, so that it stands in line with the other panels."""
    away = round(1.5 * sheet.between_tiers)
    inside = common(common(host.room.inset(away), sheet.inner), sheet.safe_area)
    return Placed(inset_cell(name, inset, inside), host=inset.host, layer=host.layer + 1)


def _check_apart(name: str, placed: Mapping[str, Placed]) -> None:
    own = placed[name]
    for other, one in placed.items():
        shared = common(own.cell, one.cell)
        if other != name and one.host == own.host and min(shared.width, shared.height) > 0:
            raise LayoutProblem(
                f"the insets {other!r} and {name!r} in panel {own.host!r} lie over each other",
                "give one of them another `at`, or make them smaller",
                ("panels", name, "inset"),
            )
