"""A small book as picture files, for the tests of what is bound from them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from storyboard.export.book import Book, PageFile
from storyboard.export.words import PanelWords
from storyboard.geometry import Size
from storyboard.pages.content import Reading

TITLE = "The Lantern Keeper & Co <1>"


def book(reading: Reading = "ltr", title: str = TITLE) -> Book:
    """A book of mei's and bo's."""
    return Book(title, "A. Author", "en", reading, ("mei", "bo"))


def page_files(
    folder: Path, count: int = 5, ending: str = "png", spread: int = 0
) -> list[PageFile]:
    """Pages that show their number as bars; the one of number `spread` is twice as wide."""
    return [_page(folder, number, ending, number == spread) for number in range(1, count + 1)]


def _page(folder: Path, number: int, ending: str, spread: bool) -> PageFile:
    size = Size(600 if spread else 300, 450)
    picture = Image.new("RGB", (size.width, size.height), (250, 248, 240))
    drawn = ImageDraw.Draw(picture)
    for bar in range(number):
        drawn.rectangle((30 + 25 * bar, 60, 45 + 25 * bar, 390), fill=(30, 40 + 20 * number, 90))
    path = folder / f"leaf-{number}.{ending}"
    picture.save(path)
    words = (
        PanelWords(f"{number}.a", (0.1, 0.1, 0.8, 0.3), (f"Night {number}.", "mei: Rain & <b>")),
        PanelWords(f"{number}.b", (0.1, 0.5, 0.8, 0.4), ("DRIP",)),
    )
    return PageFile(number, path, size, spread, words)
