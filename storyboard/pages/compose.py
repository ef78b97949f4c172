"""A page as drawing commands: pictures in their cells, borders, lettering."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.geometry import Size
from storyboard.pages.borders import outline
from storyboard.pages.busy import Busy, busy_cell, calm_cell
from storyboard.pages.commands import Color, Command, Crop, FillPath, Picture, StrokePath
from storyboard.pages.content import Anchor, PageContent, PanelContent
from storyboard.pages.edges import box_of
from storyboard.pages.fonts import Font, Fonts, bundled_fonts
from storyboard.pages.lettering import LetteringProblem
from storyboard.pages.setting import one_line, shown, text_runs
from storyboard.pages.shapes import Shape, rectangle
from storyboard.pages.sheets import Sheet
from storyboard.pages.style import Style, style_for
from storyboard.pages.whole import letter_page

_PLACEHOLDER: Color = (236, 236, 232)
_PLACEHOLDER_INK: Color = (130, 130, 124)


@dataclass(frozen=True, slots=True)
class PageDrawing:
    """A page in drawing order, what is missing from it, and which pictures are not there yet.

    `size` is the page after trimming; what bleeds reaches `bleed` pixels over it, so coordinates
    may be negative there. `safe` is how far inside the trim all lettering stays, in pixels too. A
    `spread` is two pages side by side.
    """

    size: Size
    commands: tuple[Command, ...]
    number: int = 1
    problems: tuple[LetteringProblem, ...] = ()
    missing: tuple[str, ...] = ()
    bleed: int = 0
    safe: int = 0
    dpi: float = 150.0
    spread: bool = False


def compose_page(page: PageContent, fonts: Fonts | None = None) -> PageDrawing:
    """Lays out a page's drawing. Pure: picture files are named, not opened.

    Every panel whose picture is missing shows its address on a light ground and is named in
    `missing`; every text that could not be lettered is in `problems`.
    """
    fonts = (fonts or bundled_fonts()).in_language(page.language)
    style = style_for(page.sheet.page_size)
    commands: list[Command] = []
    problems: list[LetteringProblem] = []
    for panel in sorted(page.panels, key=lambda panel: panel.layer):
        commands += _drawn(panel, page.sheet, style, fonts.caption)
    for lettering in letter_page(page, [_busy(panel) for panel in page.panels], style, fonts):
        commands += lettering.commands
        problems += lettering.problems
    missing = tuple(panel.address for panel in page.panels if panel.picture is None)
    sheet = page.sheet
    return PageDrawing(
        sheet.size,
        tuple(commands),
        page.number,
        tuple(problems),
        missing,
        bleed=sheet.bleed,
        safe=sheet.safe,
        dpi=sheet.dpi,
        spread=sheet.spread,
    )


def _busy(panel: PanelContent) -> Busy:
    if panel.picture is None:
        return calm_cell(panel.cell)
    crop = cover(panel.picture.size, panel.cell.size, panel.focus)
    return busy_cell(panel.picture.saliency, panel.picture.size, crop, panel.cell)


def cover(picture: Size, cell: Size, focus: Anchor | None) -> Crop:
    """The largest part of a picture with the cell's aspect, around `focus` as far as can be.

    Without a focus it is the picture's middle. All in the picture's pixels.
    """
    scale = min(picture.width / cell.width, picture.height / cell.height)
    width, height = cell.width * scale, cell.height * scale
    x, y = (focus.x, focus.y) if focus else (0.5, 0.5)
    left = min(max(x * picture.width - width / 2, 0.0), picture.width - width)
    top = min(max(y * picture.height - height / 2, 0.0), picture.height - height)
    return Crop(max(0.0, left), max(0.0, top), width, height)


def _drawn(panel: PanelContent, sheet: Sheet, style: Style, font: Font) -> list[Command]:
    """A panel's picture in its outline; some white parts an inset from its host."""
    line = outline(panel, style)
    commands = _ground(panel, line.clip, style, font)
    if panel.layer:
        commands.insert(0, _keyline(panel, line.clip, sheet.gutter / 3, style))
    if line.line is not None:
        commands.append(FillPath(line.line, style.ink))
    return commands


def _keyline(panel: PanelContent, clip: Shape | None, width: float, style: Style) -> Command:
    if clip is not None:
        return StrokePath(clip, style.paper, 2 * width)
    return FillPath((rectangle(box_of(panel.cell).grown(width)),), style.paper)


def _ground(panel: PanelContent, clip: Shape | None, style: Style, font: Font) -> list[Command]:
    picture = panel.picture
    if picture is not None:
        crop = cover(picture.size, panel.cell.size, panel.focus)
        return [Picture(picture.path, picture.size, crop, panel.cell, picture.sha256, clip)]
    ground = FillPath(clip or (rectangle(box_of(panel.cell)),), _PLACEHOLDER)
    return [ground, *_name(panel, style, font)]


def _name(panel: PanelContent, style: Style, font: Font) -> list[Command]:
    """The panel's address in the middle of its cell, as large as the cell allows.

    Characters that the font lacks are shown as question marks: the address is told in full anyway.
    """
    name = shown(panel.address, font)
    wide = one_line(name, font).width
    size = min(1.6 * style.em, 0.8 * panel.cell.width / wide if wide else style.em)
    x = panel.cell.left + (panel.cell.width - wide * size) / 2
    baseline = panel.cell.top + panel.cell.height / 2 + font.cap_height * size / 2
    return list(text_runs(name, font, size, x, baseline, _PLACEHOLDER_INK))
