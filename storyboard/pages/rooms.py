"""Where lettering may stand in each panel: off the trim, the fold, leaning sides and insets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storyboard.geometry import Rect
from storyboard.pages.arrangement import Placed
from storyboard.pages.boxes import common
from storyboard.pages.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Room:
    """`safe` is the part of a panel where lettering may stand, None for all of it; `blocked` are
    parts that it keeps off all the same."""

    safe: Rect | None
    blocked: tuple[Rect, ...]


def rooms_of(placed: Mapping[str, Placed], sheet: Sheet) -> dict[str, Room]:
    """Each panel's room on its page."""
    return {name: _room(name, one, placed, sheet) for name, one in placed.items()}


def _room(name: str, panel: Placed, placed: Mapping[str, Placed], sheet: Sheet) -> Room:
    inside = common(panel.room, sheet.safe_area)
    if inside.width <= 0 or inside.height <= 0:  # a strip at the very edge has no better place
        inside = common(panel.room, sheet.trim)
    around = sheet.gutter // 2
    blocked = [one.cell.inset(-around) for one in placed.values() if one.host == name]
    if sheet.fold is not None and _is_over(panel.cell, sheet.fold):
        blocked.append(sheet.fold)
    return Room(None if inside == panel.cell else inside, tuple(blocked))


def _is_over(cell: Rect, strip: Rect) -> bool:
    return cell.left < strip.right and strip.left < cell.right
