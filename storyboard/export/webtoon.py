"""Webtoon strips: panels one below another for reading on a phone, cut into slices.

Webtoon's own limits (WEBTOON CANVAS, "Image guidelines"): slices at most 800 pixels wide,
1280 high and 2 MB large. They are shown without gaps, so where they are cut is seen only while one
is loading: it is done between panels where that can be, and never through words where there is
another way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from storyboard.geometry import Rect, Size
from storyboard.pages.commands import Command, Picture, TextRun
from storyboard.pages.compose import PageDrawing, compose_page
from storyboard.pages.content import PageContent, PanelContent
from storyboard.pages.fonts import Fonts
from storyboard.pages.layout import Sheet

WIDTH, HIGHEST, MOST_BYTES = 800, 1280, 2_000_000
_SHORTEST = 480
"""No slice is cut shorter for a gutter's sake."""
_BETWEEN, _AFTER = 90, 180
"""White between panels and after a page, in pixels: on a phone white is time."""
_LETTERED = Size(800, 2000)
"""The sheet whose lettering has the right size for a phone: letters of 26 pixels."""
_SMALLEST = 20
"""Pixels of a letter's em: 9 on a phone that shows the strip 375 wide."""
_FLATTEST, _TALLEST = 0.4, 2.0
"""A panel's height in widths, where its picture would be flatter or taller."""
_GROWTH = (1.0, 1.25, 1.5, 2.0)
"""How much taller than its picture asks for a panel may be for its words' sake."""
_IS_STRIP = 2.2
"""A sheet so many times as high as wide is a strip already."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A page for the phone, and where its slices begin and end, in pixels at `scale`."""

    drawing: PageDrawing
    scale: float
    slices: tuple[tuple[int, int], ...]


def strip(page: PageContent, fonts: Fonts | None = None) -> Strip:
    """The page as a strip: a tall sheet as it is, any other panel by panel in reading order, each
    as wide as the strip, lettered anew."""
    size = page.sheet.size
    if size.height >= _IS_STRIP * size.width:
        drawing = compose_page(page, fonts)
        scale = WIDTH / size.width
    else:
        drawing, scale = _stacked(page, fonts), 1.0
    cells = [command.cell for command in drawing.commands if isinstance(command, Picture)]
    height = drawing.size.scaled(scale).height
    panels = [(cell.top * scale, cell.bottom * scale) for cell in cells]
    words = [(top * scale, bottom * scale) for top, bottom in _words(drawing.commands)]
    return Strip(drawing, scale, tuple(slices(height, panels, words)))


def slices(
    height: int,
    panels: Sequence[tuple[float, float]],
    words: Sequence[tuple[float, float]],
) -> Iterator[tuple[int, int]]:
    """Where slices begin and end. `panels` and `words` are what should not be cut, from top to
    bottom; a panel rather than a word."""
    top, last = 0, max((bottom for _, bottom in panels), default=height)
    while last - top > HIGHEST:  # what is left is white: a slice of its own would be a pause
        places = range(top + HIGHEST, top + _SHORTEST, -1)
        whole = next((y for y in places if not _cuts(y, panels)), None)
        if whole is None:
            whole = next((y for y in places if not _cuts(y, words)), top + HIGHEST)
        yield top, whole
        top = whole
    yield top, min(height, top + HIGHEST)


def _cuts(y: int, spans: Sequence[tuple[float, float]]) -> bool:
    return any(top < y < bottom for top, bottom in spans)


def _words(commands: Sequence[Command]) -> Iterator[tuple[float, float]]:
    """From where to where each line of lettering reaches, its balloon's edge included."""
    for command in commands:
        if isinstance(command, TextRun):
            yield command.baseline - 2 * command.size, command.baseline + 1.4 * command.size


def _stacked(page: PageContent, fonts: Fonts | None) -> PageDrawing:
    """The panels one below another."""
    parts: list[PageDrawing] = []
    top = 0
    for panel in page.panels:
        part, height = _panel(page, panel, top, fonts)
        parts.append(part)
        top += height + _BETWEEN
    size = Size(WIDTH, max(1, top - _BETWEEN + _AFTER))
    return PageDrawing(
        size,
        tuple(command for part in parts for command in part.commands),
        page.number,
        tuple(problem for part in parts for problem in part.problems),
        tuple(address for part in parts for address in part.missing),
    )


def _panel(
    page: PageContent, panel: PanelContent, top: int, fonts: Fonts | None
) -> tuple[PageDrawing, int]:
    """A panel in its place, as high as its picture is; higher where its words need that."""
    natural = _height(panel)
    for growth in _GROWTH:
        height = round(natural * growth)
        drawing = compose_page(_alone(page, panel, Rect(0, top, WIDTH, height)), fonts)
        if _reads_well(drawing):
            break
    return drawing, height


def _reads_well(drawing: PageDrawing) -> bool:
    """Whether all words fit, in letters that are read with ease on a phone."""
    lines = [one for one in drawing.commands if isinstance(one, TextRun)]
    return not drawing.problems and all(line.size >= _SMALLEST for line in lines)


def _height(panel: PanelContent) -> int:
    size = panel.picture.size if panel.picture is not None else panel.cell.size
    return round(WIDTH * min(max(size.height / size.width, _FLATTEST), _TALLEST))


def _alone(page: PageContent, panel: PanelContent, cell: Rect) -> PageContent:
    """A page with the one panel, and nothing left of how it stood on its own page."""
    alone = PanelContent(
        address=panel.address,
        cell=cell,
        picture=panel.picture,
        focus=panel.focus,
        characters=panel.characters,
        captions=panel.captions,
        balloons=panel.balloons,
        sfx=panel.sfx,
    )
    return replace(page, sheet=Sheet(_LETTERED, 0, 0), panels=(alone,))
