"""Inset panels: small ones that lie over another, their host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storyboard.geometry import Rect
from storyboard.pages.areas import LayoutProblem


@dataclass(frozen=True, slots=True)
class Inset:
    """Where a panel lies in its `host`: (`x`, `y`) from 0 to 1 as far to the right and down as it
    can, `width` and `height` in parts of the host's room."""

    host: str
    x: float = 1.0
    y: float = 1.0
    width: float = 0.4
    height: float = 0.4


def inset_order(insets: Mapping[str, Inset], framed: Iterable[str]) -> list[str]:
    """The insets' names, hosts before what lies in them.

    Raises `LayoutProblem` where a host is not on the page, or insets lie in each other in a ring.
    """
    placed = set(framed)
    for name, inset in insets.items():
        if inset.host not in placed and inset.host not in insets:
            raise LayoutProblem(
                f"panel {name!r} is an inset in {inset.host!r}, which is no panel of the page",
                "its panels are " + ", ".join(repr(one) for one in [*placed, *insets]),
                ("panels", name, "inset"),
            )
    order: list[str] = []
    while len(order) < len(insets):
        ready = [n for n in insets if n not in order and insets[n].host in placed | set(order)]
        if not ready:
            ring = [name for name in insets if name not in order]
            raise LayoutProblem(
                "insets lie in each other: " + ", ".join(repr(name) for name in ring),
                "one of them must lie in a panel that is no inset",
                ("panels", ring[0], "inset"),
            )
        order += ready
    return order


def inset_cell(name: str, inset: Inset, room: Rect) -> Rect:
    """The inset's place in its host's `room`, in whole pixels. Raises `LayoutProblem`."""
    width, height = round(room.width * inset.width), round(room.height * inset.height)
    if width < 1 or height < 1:
        raise LayoutProblem(
            f"nothing is left of the inset {name!r}: panel {inset.host!r} has no room for it",
            "make the inset or its host larger",
            ("panels", name, "inset"),
        )
    left = room.left + round((room.width - width) * inset.x)
    return Rect(left, room.top + round((room.height - height) * inset.y), width, height)
