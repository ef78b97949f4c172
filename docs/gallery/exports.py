"""A book in the HTML reader, on a desk and on a phone, and the slices of a webtoon."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from docs.gallery.tones import landscape, small_png, write_if_new
from storyboard.assembly import assemble
from storyboard.desk import Desk
from storyboard.export.formats import Format
from storyboard.geometry import Size
from storyboard.workspace import Workspace
from tests.browser.chromium import Tab, chromium, find_chromium

_ART = (Size(1040, 520), Size(512, 640), Size(512, 640), Size(1040, 420))
_STORY = """\
title: The Lantern Keeper
author: A. Author
characters: {mei: {}, bo: {}}
pages:
"""
_PAGE = """\
  - tiers: [1, 2, 1]
    panels:
      pier: {art: 0.png, caption: The light has been out for three nights.}
      face: {art: 1.png, characters: [mei], balloons: [{who: mei, says: It's only rain.}]}
      hand: {art: 2.png, characters: [mei], balloons: [{who: mei, thinks: "Only rain..."}]}
      end: {art: 3.png, characters: [bo], balloons: [{who: bo, shouts: The lamp!}]}
"""
_GROUND = (206, 206, 214)
_SHOWN = 4
"""Slices in the picture."""


def draw(folder: Path) -> None:
    """Writes `export-reader.png`, `export-phone.png` and `export-webtoon.png`. Raises OSError
    where there is no Chromium."""
    with tempfile.TemporaryDirectory() as scratch:
        made = _book(Path(scratch))
        slices = sorted((made / "webtoon").glob("*.jpg"))[:_SHOWN]
        write_if_new(folder / "export-webtoon.png", small_png(_side_by_side(slices)))
        program = find_chromium()
        if program is None:
            raise OSError("the reader's pictures need Chromium")
        with chromium(program, Path(scratch) / "profile") as tab:
            html, shot = made / "lantern.html", Path(scratch) / "shot.png"
            for name, width, height in (("reader", 1400, 900), ("phone", 375, 812)):
                _shoot(tab, html, Size(width, height), shot)
                write_if_new(folder / f"export-{name}.png", _small(shot))


def _book(folder: Path) -> Path:
    """A story of three pages as a reader and as strips; where its files are."""
    for number, size in enumerate(_ART):
        landscape(number, size).save(folder / f"{number}.png")
    story = folder / "lantern.yaml"
    story.write_text(_STORY + 3 * _PAGE, encoding="utf-8")
    desk = Desk.open(Workspace(folder / "output"), story)
    with desk.store.writing():
        assemble(desk, "final", lambda _: None, [Format.HTML, Format.WEBTOON])
    return desk.folder


def _shoot(tab: Tab, html: Path, size: Size, shot: Path) -> None:
    tab.resize(size.width, size.height, mobile=size.width < size.height)
    tab.prefer(reduced_motion="reduce")
    tab.open(html)
    tab.press("ArrowRight")
    tab.screenshot(shot)


def _small(shot: Path) -> bytes:
    """A screenshot in as many colours as it needs."""
    buffer = io.BytesIO()
    with Image.open(shot) as picture:
        picture.convert("RGB").quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _side_by_side(paths: list[Path]) -> Image.Image:
    """Slices at half their size."""
    sheet = Image.new("RGB", (20 + 420 * len(paths), 680), _GROUND)
    for place, path in enumerate(paths):
        with Image.open(path) as part:
            sheet.paste(part.reduce(2), (20 + 420 * place, 20))
    return sheet
