"""A whole page's lettering: one size of letters as far as can be; balloons that leave panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from storyboard.pages.busy import Busy
from storyboard.pages.content import PageContent, PanelContent
from storyboard.pages.fonts import Fonts
from storyboard.pages.hulls import COUNT
from storyboard.pages.lettering import Lettering, letter
from storyboard.pages.space import Neighbours
from storyboard.pages.style import Style

_MOST_SHRINKING = 0.8
"""A page's common size is at least this part of the usual one."""


def letter_page(
    page: PageContent, busy: Sequence[Busy], style: Style, fonts: Fonts
) -> list[Lettering]:
    """Every panel's lettering, in the panels' order; `busy` has one entry for each.

    The fullest panel's size is the page's, unless it is so small that it stays an exception. Panels
    whose balloons burst them are lettered last, since these keep off the others' lettering.
    """
    quiet = [number for number, panel in enumerate(page.panels) if not _bursts(panel)]
    order = [*quiet, *(i for i in range(len(page.panels)) if i not in quiet)]
    crossing = len(quiet) < len(order)
    found: dict[int, Lettering] = {}

    def add(number: int, looks: Style) -> None:
        others = [np.empty((0, COUNT)), *(one.reaches for one in found.values())]
        around = Neighbours(page.sheet.size, np.concatenate(others)) if crossing else None
        found[number] = letter(
            page.panels[number], busy[number], looks, fonts, page.reading, around
        )

    for number in order:
        add(number, style)
    smallest = min((one.em for one in found.values() if one.commands), default=style.em)
    common = replace(style, em=max(smallest, _MOST_SHRINKING * style.em))
    again = [number for number in order if found[number].commands and found[number].em > common.em]
    for number in again:
        del found[number]
    for number in again:
        add(number, common)
    return [found[number] for number in range(len(page.panels))]


def _bursts(panel: PanelContent) -> bool:
    return any(balloon.burst for balloon in panel.balloons)
