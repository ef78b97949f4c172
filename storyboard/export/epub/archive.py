"""The archive of an EPUB (EPUB 3.3, https://www.w3.org/TR/epub-33/), page after page."""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import BinaryIO

from jinja2 import Environment, StrictUndefined, Template

from storyboard.export.archives import add_bytes, add_file
from storyboard.export.book import Book, PageFile, Side, sides, xml_text

_OURS = uuid.UUID("a0d2b9a6-6f0c-5d6f-9d53-5a3f6f1d4f0e")
"""The name space of our books' identifiers."""
_KINDS = {".jpg": "image/jpeg", ".png": "image/png"}
"""WebP came with EPUB 3.3: many readers, and older checkers, do not take it."""
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur", "yi")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's files in the archive, and where it lies in the open book."""

    file: PageFile
    side: Side
    name: str
    picture: str
    media_type: str


def write_epub(file: BinaryIO, pages: Sequence[PageFile], book: Book) -> None:
    """Writes the book, whose first page is its cover. Equal books and pages give equal bytes.
    Raises OSError."""
    named = _named(pages, book)
    script = "rtl" if book.language.split("-")[0] in _RIGHT_TO_LEFT else "ltr"
    shared = {"book": book, "pages": named, "script": script}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        add_bytes(archive, "mimetype", b"application/epub+zip")
        for name, template in (
            ("META-INF/container.xml", "container.xml"),
            ("EPUB/package.opf", "package.opf"),
            ("EPUB/nav.xhtml", "nav.xhtml"),
            ("EPUB/page.css", "page.css"),
        ):
            text = _template(template).render(shared, identity=_identity(book))
            add_bytes(archive, name, text.encode("utf-8"))
        for page in named:
            text = _template("page.xhtml").render(shared, page=page)
            add_bytes(archive, f"EPUB/{page.name}.xhtml", text.encode("utf-8"))
            add_file(archive, f"EPUB/{page.picture}", page.file.path)


def _named(pages: Sequence[PageFile], book: Book) -> list[_Page]:
    digits = max(3, len(str(len(pages))))
    places = sides([page.spread for page in pages], book.reading)
    return [
        _Page(
            page,
            side,
            f"page-{number:0{digits}}",
            f"page-{number:0{digits}}{page.path.suffix}",
            _KINDS[page.path.suffix],
        )
        for number, (page, side) in enumerate(zip(pages, places, strict=True), 1)
    ]


def _identity(book: Book) -> uuid.UUID:
    """The same for every version of a book: readers then keep the page where somebody was."""
    return uuid.uuid5(_OURS, "\0".join(map(xml_text, (book.title, book.author, book.language))))


@cache
def _template(name: str) -> Template:
    environment = Environment(
        autoescape=True,
        finalize=lambda value: xml_text(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = lambda part: f"{100 * part:.2f}%"
    return environment.from_string((files(__package__) / name).read_text("utf-8"))
