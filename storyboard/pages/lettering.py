"""A panel's lettering: texts set, sized, placed, drawn; what cannot be is told, never cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile

import numpy as np

from storyboard.pages.balloons import neck
from storyboard.pages.busy import Busy
from storyboard.pages.commands import Command
from storyboard.pages.content import PanelContent, Reading
from storyboard.pages.fonts import Fonts
from storyboard.pages.groups import Group
from storyboard.pages.hulls import COUNT, Reach, reach_box
from storyboard.pages.placement import Place, Placement, place_all
from storyboard.pages.reading import grouped
from storyboard.pages.space import Neighbours, room_for
from storyboard.pages.style import Style
from storyboard.pages.texts import Drawn

_MOST_COVER = 0.42
"""Letters shrink rather than cover more of a panel than this."""

_PATIENCE = 1
"""So many sizes in a row that are no better end the search."""


@dataclass(frozen=True, slots=True)
class LetteringProblem:
    """A text that could not be lettered, by the panel's address."""

    panel: str
    message: str


@dataclass(frozen=True, eq=False, slots=True)
class Lettering:
    """A panel's lettering in drawing order, its letters' size, what is missing from it, and how
    far its bodies and tails reach on the page (a row each)."""

    commands: tuple[Command, ...]
    em: float
    problems: tuple[LetteringProblem, ...]
    reaches: Reach


def letter(
    panel: PanelContent,
    busy: Busy,
    style: Style,
    fonts: Fonts,
    reading: Reading,
    neighbours: Neighbours | None = None,
) -> Lettering:
    """Letters one panel, as large as it goes between `style.em` and `style.smallest`.

    A text that a font lacks characters for, or that finds no room even in the smallest letters,
    is left out whole and told as a problem.
    """
    panel_room = _Panel(panel, busy, style, reading, neighbours)
    groups, problems = grouped(panel, busy, fonts, reading)
    fitted = panel_room.fitted(groups)
    if fitted is None:
        groups, messages = panel_room.what_fits(groups)
        problems += messages
        fitted = panel_room.fitted(groups)
    told = tuple(LetteringProblem(panel.address, message) for message in problems)
    if fitted is None:
        return Lettering((), style.em, told, np.empty((0, COUNT)))
    commands = fitted.commands(groups, style)
    return Lettering(commands, fitted.em, told, fitted.placement.reaches)


@dataclass(frozen=True, eq=False, slots=True)
class _Fitted:
    placement: Placement
    em: float

    def commands(self, groups: Sequence[Group], style: Style) -> tuple[Command, ...]:
        """In reading order, as a PDF's text is read out; nothing overlaps, so none is hidden.

        A balloon that is joined with another from afar is drawn together with it.
        """
        places = self.placement.places
        commands: list[Command] = []
        for number, group in enumerate(groups):
            if group.neck is None:
                chain = [number, *_necked(number, groups)]
                commands += self._chain([(groups[i], places[i]) for i in chain], style)
        return tuple(commands)

    def _chain(self, chain: Sequence[tuple[Group, Place]], style: Style) -> list[Command]:
        layers: list[Drawn] = []
        bands = []
        for group, place in chain:
            layers += _drawn(group, place, self.em, style)
            if place.neck is not None:
                bands.append(neck(place.middles[0], place.neck, self.em, style))
        lines = [*(line for band in bands for line in band.lines)]
        papers = [*(paper for band in bands for paper in band.papers)]
        return [
            *lines,
            *(line for layer in layers for line in layer.lines),
            *papers,
            *(paper for layer in layers for paper in layer.papers),
            *(letters for layer in layers for letters in layer.letters),
        ]


def _necked(number: int, groups: Sequence[Group]) -> list[int]:
    """Those that hang on a group by their necks, one on the other."""
    found: list[int] = []
    for i, group in enumerate(groups):
        if group.neck is not None and group.neck in (number, *found):
            found.append(i)
    return found


def _drawn(group: Group, place: Place, em: float, style: Style) -> list[Drawn]:
    settings = group.ways[place.option].settings
    rooted = place.rooted
    return [
        setting.draw(
            middle, rooted.tail if rooted is not None and rooted.part == part else None, em, style
        )
        for part, (setting, middle) in enumerate(zip(settings, place.middles, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class _Panel:
    """A panel that is being lettered."""

    content: PanelContent
    busy: Busy
    style: Style
    reading: Reading
    neighbours: Neighbours | None

    def fitted(self, groups: Sequence[Group]) -> _Fitted | None:
        """The best trade between large letters and a panel that can be seen; None where none
        fit."""
        best: _Fitted | None = None
        least = math.inf
        worse = 0
        for em in _sizes(self.style):
            if worse == _PATIENCE or _smallness(em, self.style) >= least:
                break  # smaller letters can only cost more
            found = self._placed(groups, em)
            if found is None:
                continue
            covered = max(0.0, self._cover(found) - _MOST_COVER)
            cost = found.cost + _smallness(em, self.style) + 20 * covered
            worse = 0 if cost < least else worse + 1
            if cost < least:
                best, least = _Fitted(found, em), cost
        return best

    def _placed(self, groups: Sequence[Group], em: float) -> Placement | None:
        room = room_for(self.content, self.busy, self.style, em, self.reading, self.neighbours)
        return place_all([group.request(em) for group in groups], room) if room else None

    def _cover(self, placement: Placement) -> float:
        boxes = [part.body for place in placement.places for part in place.parts]
        area = sum(4 * body.half_width * body.half_height for body in boxes)
        return area / self.content.cell.size.area

    def what_fits(self, groups: Sequence[Group]) -> tuple[list[Group], list[str]]:
        """Those texts that fit together in the smallest letters, and a sentence on each other."""
        kept: list[Group] = []
        messages: list[str] = []
        for group in groups:
            if group.neck is None and self._placed([*kept, group], self.style.smallest):
                kept.append(group)
            else:
                messages.append(self._no_room(group, groups))
        return kept, messages

    def _no_room(self, group: Group, groups: Sequence[Group]) -> str:
        em = self.style.smallest
        room = room_for(self.content, self.busy, self.style, em, self.reading, self.neighbours)
        boxes = [reach_box(way.reaches.max(axis=0) * em) for way in group.ways]
        wide = max(1.0, room.box.width) if room else 1.0
        high = max(1.0, room.box.height) if room else 1.0
        least = min(boxes, key=lambda box: max(box.width / wide, box.height / high))
        letters = f"in the smallest letters ({em:.0f} pixels)"
        if least.width > wide or least.height > high:
            return (
                f"{group.label} needs {least.width:.0f}x{least.height:.0f} pixels {letters}, "
                f"the panel offers {wide:.0f}x{high:.0f}: shorten it, split it or enlarge the panel"
            )
        all_of_it = sum(_least_area(other, em) for other in groups) / (wide * high)
        return (
            f"{group.label} finds no room beside the other texts {letters}: together they need "
            f"{100 * all_of_it:.0f} % of the panel, apart from the gaps between them; "
            "shorten them, move them (at:) or enlarge the panel"
        )


def _sizes(style: Style) -> list[float]:
    shrinking = (style.em * 0.92**step for step in count())
    return [*takewhile(lambda em: em > style.smallest * 1.01, shrinking), style.smallest]


def _smallness(em: float, style: Style) -> float:
    """What smaller letters cost, in the measure of `costs`."""
    return 14 * (1 - em / style.em)


def _least_area(group: Group, em: float) -> float:
    boxes = [reach_box(way.reaches.max(axis=0) * em) for way in group.ways]
    return min(box.width * box.height for box in boxes)
