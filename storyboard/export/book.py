"""What the exported files say about the book as a whole, and what they are bound from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storyboard.export.words import PanelWords
from storyboard.geometry import Size
from storyboard.pages.content import Reading

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Side = Literal["left", "right", "center"]
"""Where a page lies in an open book; alone in the middle is a cover, or a spread."""


@dataclass(frozen=True, slots=True)
class Book:
    """Title and author as written; `language` is a code such as `en` or `zh-Hant`. `characters`
    are named in the order of their appearance."""

    title: str
    author: str = ""
    language: str = "en"
    reading: Reading = "ltr"
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page as a picture file of `size` pixels. A `spread` is two pages in one picture."""

    number: int
    path: Path
    size: Size
    spread: bool = False
    words: tuple[PanelWords, ...] = ()


def sides(spreads: list[bool], reading: Reading) -> list[Side]:
    """Where each page lies: the first alone, then two and two from the side that is read first;
    a spread takes both places."""
    first: Side = "left" if reading == "ltr" else "right"
    second: Side = "right" if reading == "ltr" else "left"
    places: list[Side] = []
    for index, spread in enumerate(spreads):
        if spread or index == 0:
            places.append("center")
        else:
            places.append(second if places[-1] == first else first)
    return places


def xml_text(text: str) -> str:
    """The text with a sign in place of what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
