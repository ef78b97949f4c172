"""The reader's file: its template, style and script, and the pages as data, one after the other."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from markupsafe import Markup

from storyboard.export.book import Book, PageFile, Side, sides
from storyboard.export.standing import page_template

_KINDS = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


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
    template = page_template(__package__)
    for part in template.generate(book=book, pages=_placed(pages, book), count=len(pages)):
        file.write(part.encode("utf-8"))


def _placed(pages: Sequence[PageFile], book: Book) -> Iterator[_Page]:
    places = sides([page.spread for page in pages], book.reading)
    return map(_Page, pages, places)
