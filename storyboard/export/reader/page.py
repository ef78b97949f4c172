"""The reader's file: its template, style and script, and the pages as data, one after the other."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import BinaryIO

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from storyboard.export.book import Book, PageFile, Side, sides

_KINDS = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_NOT_HTML = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Page:
    file: PageFile
    side: Side

    @property
    def alt(self) -> str:
        """Its number and all that is said on it."""
        lines = [line for panel in self.file.words for line in panel.lines]
        return "\n".join([f"Page {self.file.number}", *lines])

    @property
    def source(self) -> Markup:
        """The picture as a data URI; read when it is written."""
        data = base64.b64encode(self.file.path.read_bytes()).decode("ascii")
        return Markup(f"data:{_KINDS[self.file.path.suffix]};base64,{data}")


def write_reader(file: BinaryIO, pages: Sequence[PageFile], book: Book) -> None:
    """Writes the file, page after page. Equal books and pages give equal bytes. Raises OSError."""
    style, script = _own("page.css"), _own("page.js")
    parts = _template().generate(
        book=book,
        pages=_placed(pages, book),
        count=len(pages),
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    for part in parts:
        file.write(part.encode("utf-8"))


def _placed(pages: Sequence[PageFile], book: Book) -> Iterator[_Page]:
    places = sides([page.spread for page in pages], book.reading)
    return map(_Page, pages, places)


@cache
def _own(name: str) -> str:
    """A file of the reader; its lines end in one way however it was checked out."""
    return (files(__package__) / name).read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        finalize=_safe,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(_own("page.html"))


def _safe(value: object) -> object:
    """Text as HTML that a browser reads back as it was."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    whole = _NOT_HTML.sub("\ufffd", value)
    return Markup(str(escape(whole)).replace("\r", "&#13;").replace("\n", "&#10;"))


def _hash(text: str) -> str:
    """What the page's Content-Security-Policy lets through, and nothing else."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"
