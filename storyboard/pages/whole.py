"""A whole page's lettering: letters of one size as far as can be, and balloons that leave panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from storyboard.pages.busy import Busy
from storyboard.pages.content import PageContent, PanelContent
from storyboard.pages.fonts import Fonts
from storyboard.pages.hulls import COUNT
from storyboard.pages.lettering import Lettering, letter
from storyboard.pages.rooms import Neighbours
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
    found: dict[int, Lettering] = {}

    def lettered(number: int, looks: Style) -> Lettering:
        panel = page.panels[number]
        others = [one.reaches for i, one in found.items() if i != number]
        neighbours = Neighbours(page.sheet.size, np.concatenate([np.empty((0, COUNT)), *others]))
        return letter(
            panel, busy[number], looks, fonts, page.reading, neighbours if _bursts(panel) else None
        )

    for number in order:
        found[number] = lettered(number, style)
    smallest = min((one.em for one in found.values() if one.commands), default=style.em)
    common = replace(style, em=max(smallest, _MOST_SHRINKING * style.em))
    for number in order:
        if found[number].commands and found[number].em > common.em:
            found[number] = lettered(number, common)
    return [found[number] for number in range(len(page.panels))]


def _bursts(panel: PanelContent) -> bool:
    return any(balloon.burst for balloon in panel.balloons)
