"""Every page layout that has a name, and what else a page can do, in numbered panels."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from docs.gallery.tones import landscape, small_png, write_if_new
from storyboard.geometry import Size
from storyboard.lettered import page_content
from storyboard.pages.commands import INK, WHITE, Command, FillPath, StrokePath
from storyboard.pages.compose import PageDrawing, compose_page
from storyboard.pages.content import PageContent, PanelContent, PictureRef
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.presets import PRESETS
from storyboard.pages.raster import rasterise
from storyboard.pages.setting import one_line, text_runs
from storyboard.pages.shapes import Box, rectangle, ring
from storyboard.pages.style import style_for
from storyboard.story.read import read_story

HEIGHT = 720
"""The pictures' height in pixels; the page's edge is a line around them."""

_PLENTY = 4
"""How many panels a layout is shown with that takes any number."""

PAGES = {
    "tiers": "tiers: [[2, 1], 1, [1, 1, 1]]\nheights: [3, 4, 2]\npanels: [{}, {}, {}, {}, {}, {}]",
    "areas": "layout: |\n  a a b\n  a a c\n  d e e\npanels: {a: {}, b: {}, c: {}, d: {}, e: {}}",
    "slant": "tiers: [2, 1, 2]\nslant: {tiers: [4, -4], panels: [10, 0, -10]}\n"
    "panels: [{}, {}, {}, {}, {}]",
    "slant-rtl": "tiers: [2, 1, 2]\nslant: {tiers: [4, -4], panels: [10, 0, -10]}\n"
    "panels: [{}, {}, {}, {}, {}]",
    "inset": "tiers: [1, 2]\nheights: [3, 2]\n"
    "panels: [{bleed: true}, {inset: bottom right}, {}, {}]",
    "borders": "layout: 2x2\n"
    "panels: [{border: plain}, {border: rounded}, {border: ragged}, {border: none}]",
}


def draw(folder: Path) -> None:
    """Writes `layout-NAME.png` for every layout and `page-NAME.png` for every other page."""
    for name, preset in PRESETS.items():
        count = preset.places or _PLENTY
        panels = ", ".join(["{}"] * count)
        reading = "rtl" if name.startswith("manga") else "ltr"
        page = f"layout: {name}\npanels: [{panels}]"
        paper = "" if preset.paper else "page: JIS B5" if reading == "rtl" else "page: US comic"
        _write(folder / f"layout-{name}.png", page, paper, reading)
    for name, page in PAGES.items():
        reading = "rtl" if name.endswith("rtl") else "ltr"
        _write(folder / f"page-{name}.png", page, "page: US comic", reading)


def _write(file: Path, page: str, paper: str, reading: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        story = Path(scratch) / "story.yaml"
        indented = page.replace("\n", "\n    ")
        story.write_text(
            f"title: {file.stem}\nreading: {reading}\n{paper}\npages:\n  - {indented}\n"
        )
        content = page_content(read_story(story), 0, {})
        drawing = _numbered(_with_pictures(content, Path(scratch)))
        write_if_new(file, small_png(rasterise(drawing, HEIGHT / drawing.size.height)))


def _with_pictures(content: PageContent, scratch: Path) -> PageContent:
    panels = []
    for number, panel in enumerate(content.panels, 1):
        size = panel.cell.size.scaled(0.3)
        path = scratch / f"{number}.png"
        landscape(number, size).save(path)
        panels.append(replace(panel, picture=PictureRef(path, size)))
    return replace(content, panels=tuple(panels))


def _numbered(content: PageContent) -> PageDrawing:
    """The page with a number in each panel, the fold of a spread, and a line around the sheet."""
    drawing = compose_page(content)
    style = style_for(content.sheet.page_size)
    numbers: list[Command] = []
    for number, panel in enumerate(content.panels, 1):
        numbers += _number(str(number), panel, 2.6 * style.em, style.stroke)
    edge = _page_edge(drawing.size, style.border)
    fold = [_fold(drawing.size, style.border)] if drawing.spread else []
    return replace(drawing, commands=(*drawing.commands, *numbers, *fold, edge))


def _number(text: str, panel: PanelContent, size: float, stroke: float) -> list[Command]:
    """In the middle of where lettering may stand, and of what no inset covers."""
    font = bundled_fonts().sound
    room = panel.safe or panel.cell
    bottom = min([room.bottom, *(b.top for b in panel.blocked if b.top > room.top)])
    halves = [
        b.left for b in panel.blocked if b.top <= 0 and b.left > room.left
    ]  # left of the fold
    x = room.left + (min([room.right, *halves]) - room.left - one_line(text, font).width * size) / 2
    baseline = (room.top + bottom) / 2 + font.cap_height * size / 2
    runs = text_runs(text, font, size, x, baseline)
    outline = tuple(contour for run in runs for contour in run.outline())
    return [StrokePath(outline, WHITE, 5 * stroke), FillPath(outline, INK)]


def _page_edge(size: Size, width: float) -> Command:
    box = Box(0, 0, size.width, size.height)
    return FillPath(ring(box, box.grown(-width)), (150, 150, 150))


def _fold(size: Size, width: float) -> Command:
    middle = size.width / 2
    return FillPath(
        (rectangle(Box(middle - width / 2, 0, middle + width / 2, size.height)),), (150, 150, 150)
    )
