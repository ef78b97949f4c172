"""One edition's files: what is to be made anew of them, page after page, then the books."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import fpdf

from storyboard import disk
from storyboard.crew import Crew
from storyboard.editions import Edition
from storyboard.errors import Problems
from storyboard.export.book import PageFile
from storyboard.export.cbz import write_cbz
from storyboard.export.epub import write_epub
from storyboard.export.formats import Format
from storyboard.export.images import Encoding, Jpeg, Png, WebP
from storyboard.export.pdf import write_pdf
from storyboard.export.reader import write_reader
from storyboard.export.words import page_words
from storyboard.files import replaced_file
from storyboard.freshness import Freshness, sha256_of
from storyboard.gathering import Gathered
from storyboard.lettered import page_content
from storyboard.ownfonts import own_fonts
from storyboard.pages.content import PageContent
from storyboard.pages.lettering import LetteringProblem
from storyboard.pagework import (
    Composed,
    Made,
    ToCompose,
    ToDraw,
    ToPress,
    Wanted,
    compose,
    draw,
    drawing_of,
    file_key,
    page_key,
    press,
)

Tell = Callable[[str, str], None]
"""Told of a file that was written: its kind, and its name in the story's folder."""

_MOST_OF_EPUB = 4_000_000
"""Pixels of a page: e-book readers with little memory take no more."""
_READER_EDGE = 2000
"""Pixels of a page's longer side in the HTML reader, which holds all pages in one file."""
_READER_QUALITY = 84


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture file to be drawn of a composed page; without a name it is for a book alone."""

    page: Composed
    wanted: Wanted
    kind: str = ""
    name: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class _Stale:
    """A book to be bound anew, and the pictures that it is bound from, a page each."""

    format: Format
    name: str
    key: str
    leaves: tuple[_Picture, ...]


class Press:
    """Makes an edition's files, of those alone that are not what they would be.

    `name` is the story's; pages lie in the folder `pages` of the story's. What lies between two
    steps is put into `scratch`.
    """

    def __init__(
        self,
        edition: Edition,
        name: str,
        pages: str,
        gathered: Gathered,
        fresh: Freshness,
        crew: Crew,
        scratch: Path,
    ) -> None:
        self._edition, self._gathered, self._fresh = edition, gathered, fresh
        self._crew, self._scratch = crew, scratch
        self._name, self._pages = f"{name}{edition.suffix}", f"{pages}{edition.suffix}"
        self._strips = f"webtoon{edition.suffix}"
        said = edition.file.story.export
        self._jpeg = Jpeg() if said.jpeg is None else Jpeg(said.jpeg)
        self._webp = WebP(said.webp)

    def run(
        self, formats: Sequence[Format], numbers: Sequence[int], whole: bool, tell: Tell
    ) -> list[LetteringProblem]:
        """Writes the pages of these numbers and, if the story is `whole`, its books; gives what
        could not be lettered. Raises what `compose` and `draw` raise."""
        count = len(self._edition.file.story.pages)
        books = [one for one in formats if one in _BOOKS] if whole else []
        contents = {n: self._content(n) for n in (range(1, count + 1) if books else numbers)}
        composed = {one.number: one for one in self._composed(contents.values())}
        pictures = [*self._page_files(formats, [composed[number] for number in numbers])]
        shelved = Format.PNG in formats and len(numbers) == count
        stale = [
            book
            for one in books
            if (book := self._stale(one, composed.values(), contents, shelved))
        ]
        strips: list[Composed] = []
        if whole and Format.WEBTOON in formats:
            every = [self._content(n) for n in range(1, count + 1)]
            strips = self._composed(every, as_strips=True)
            pictures += self._slices(strips)
        loose = [leaf for book in stale for leaf in book.leaves if not leaf.name]
        self._draw([*pictures, *loose], tell)
        for book in stale:
            self._bind(book, list(composed.values()), contents, tell)
        self._tidy(formats, count, strips)
        asked = [composed[number] for number in numbers]
        return [problem for one in (*asked, *strips) for problem in one.problems]

    def begin(self, formats: Sequence[Format], number: int) -> Future[tuple[Made, ...]]:
        """Has another process write one page's files, and waits for nothing; what was written is
        neither told nor remembered yet."""
        encodings = [one for one in map(self._encoding, formats) if one is not None]
        names = {self._page_name(number, one): one for one in encodings}
        files = {name: Wanted(self._fresh.folder / name, one) for name, one in names.items()}
        (page,) = self._tasks([self._content(number)])
        return self._crew.begin(press, ToPress(page, files, self._fresh.part(files)))

    def _content(self, number: int) -> PageContent:
        return page_content(
            self._edition.file, number - 1, self._gathered.pictures, self._edition.language
        )

    def _composed(self, contents: Iterable[PageContent], as_strips: bool = False) -> list[Composed]:
        return list(self._crew.map(compose, self._tasks(contents, as_strips)))

    def _tasks(self, contents: Iterable[PageContent], as_strips: bool = False) -> list[ToCompose]:
        kind = "strip" if as_strips else "page"
        fonts = own_fonts(self._edition.file, Problems()).in_language(self._edition.language)
        return [
            ToCompose(one, fonts, as_strips, self._scratch / f"{self._name}-{kind}-{one.number}")
            for one in contents
        ]

    def _page_files(self, formats: Sequence[Format], pages: list[Composed]) -> Iterator[_Picture]:
        for one in formats:
            encoding = self._encoding(one)
            for page in pages if encoding is not None else ():
                assert encoding is not None
                file = self._page_file(encoding, page)
                if not self._fresh.is_fresh(file.name, file.key):
                    yield file

    def _page_file(self, encoding: Encoding, page: Composed) -> _Picture:
        name = self._page_name(page.number, encoding)
        wanted = Wanted(self._fresh.folder / name, encoding)
        return _Picture(page, wanted, "page", name, page_key(encoding, page))

    def _encoding(self, format: Format) -> Encoding | None:
        """How a page is written in a format that has a file a page."""
        encodings: dict[Format, Encoding] = {
            Format.PNG: Png(),
            Format.JPEG: self._jpeg,
            Format.WEBP: self._webp,
        }
        return encodings.get(format)

    def _page_name(self, number: int, encoding: Encoding) -> str:
        return f"{self._pages}/page-{number:02}.{encoding.ending}"

    def _slices(self, strips: Sequence[Composed]) -> Iterator[_Picture]:
        number = 0
        for strip in strips:
            for part in strip.slices:
                number += 1
                name = f"{self._strips}/{number:03}.jpg"
                key = file_key("slice", part, strip.key)
                if not self._fresh.is_fresh(name, key):
                    path = self._fresh.folder / name
                    wanted = Wanted(path, Jpeg(95), strip.scale, part)
                    yield _Picture(strip, wanted, "slice", name, key)

    def _stale(
        self,
        format: Format,
        pages: Iterable[Composed],
        contents: Mapping[int, PageContent],
        shelved: bool,
    ) -> _Stale | None:
        """A book that is to be bound anew; None for one that is as it would be. If `shelved`, all
        pages are PNG files of their own, which an archive takes as they are."""
        name = f"{self._name}.{format.value}"
        if format is Format.CBZ and shelved:
            leaves = tuple(self._page_file(Png(), page) for page in pages)
        else:
            leaves = tuple(self._leaf(format, page) for page in pages)
        made_from = [(leaf.wanted.encoding, leaf.wanted.scale, leaf.page.key) for leaf in leaves]
        words = [page_words(content) for content in contents.values()]
        key = file_key(format.value, fpdf.FPDF_VERSION, self._edition.book, words, made_from)
        if self._fresh.is_fresh(name, key):
            return None
        return _Stale(format, name, key, () if format is Format.PDF else leaves)

    def _leaf(self, format: Format, page: Composed) -> _Picture:
        """The picture of a page that a book is bound from."""
        encoding: Encoding = Png()
        scale = 1.0
        if format is Format.EPUB:
            encoding, scale = self._jpeg, math.sqrt(_MOST_OF_EPUB / page.size.area)
        elif format is Format.HTML:
            encoding = WebP(_READER_QUALITY)
            scale = _READER_EDGE / max(page.size.width, page.size.height)
        name = f"{self._name}-{format.value}-{page.number}.{encoding.ending}"
        return _Picture(page, Wanted(self._scratch / name, encoding, min(1.0, scale)))

    def _draw(self, pictures: Sequence[_Picture], tell: Tell) -> None:
        """Draws every page once, whatever is made of it, and writes its files."""
        of_page: dict[Path, list[_Picture]] = {}
        for picture in pictures:
            of_page.setdefault(picture.page.kept, []).append(picture)
        tasks = [
            ToDraw(kept, tuple(one.wanted for one in wanted)) for kept, wanted in of_page.items()
        ]
        drawn = self._crew.map(draw, tasks)
        for wanted, hashes in zip(of_page.values(), drawn, strict=True):
            for one, sha256 in zip(wanted, hashes, strict=True):
                if one.name:
                    self._fresh.made(one.name, one.key, sha256)
                    tell(one.kind, one.name)

    def _bind(
        self,
        book: _Stale,
        pages: Sequence[Composed],
        contents: Mapping[int, PageContent],
        tell: Tell,
    ) -> None:
        path = self._fresh.folder / book.name
        leaves = [
            PageFile(
                leaf.page.number,
                leaf.wanted.path,
                leaf.page.size.scaled(leaf.wanted.scale),
                leaf.page.spread,
                page_words(contents[leaf.page.number]),
            )
            for leaf in book.leaves
        ]
        with replaced_file(path) as file:
            if book.format is Format.PDF:
                drawings = (drawing_of(page.kept) for page in pages)
                parts = self._scratch / f"{book.name}-parts"
                disk.make_folder(parts)
                write_pdf(file, drawings, self._edition.book, parts)
            else:
                _BINDERS[book.format](file, leaves, self._edition.book)
        for leaf in book.leaves:
            if not leaf.name:
                disk.unlink(leaf.wanted.path)
        self._fresh.made(book.name, book.key, sha256_of(path))
        tell(book.format.value.upper(), book.name)

    def _tidy(self, formats: Sequence[Format], count: int, strips: Sequence[Composed]) -> None:
        """Removes pages and slices that the story does not have any more."""
        for encoding in map(self._encoding, formats):
            if encoding is None:
                continue
            pages = {self._page_name(number, encoding) for number in range(1, count + 1)}
            self._fresh.tidy(self._pages, pages, encoding.ending)
        if strips:
            number = sum(len(strip.slices) for strip in strips)
            slices = {f"{self._strips}/{n:03}.jpg" for n in range(1, number + 1)}
            self._fresh.tidy(self._strips, slices, "jpg")


_BOOKS = (Format.PDF, Format.CBZ, Format.EPUB, Format.HTML)
_BINDERS = {Format.CBZ: write_cbz, Format.EPUB: write_epub, Format.HTML: write_reader}
"""The books that are bound from pictures; a PDF is made of the drawings."""
