"""A fixed layout book that epubcheck accepts: sides, words, cover, and equal bytes."""

from __future__ import annotations

import io
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.export.book import Book, PageFile
from storyboard.export.epub import write_epub
from tests.support.books import TITLE, book, page_files

_NAMES = {
    "opf": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "x": "http://www.w3.org/1999/xhtml",
}
HOSTILE = "</title> & \" ' <script>\x07\ud800 {{ 7*7 }}"


def bound(pages: Sequence[PageFile], of: Book) -> bytes:
    buffer = io.BytesIO()
    write_epub(buffer, pages, of)
    return buffer.getvalue()


def part(data: bytes, name: str) -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return ET.fromstring(archive.read(name))


def spreads(data: bytes) -> list[str | None]:
    items = part(data, "EPUB/package.opf").findall("opf:spine/opf:itemref", _NAMES)
    return [item.get("properties") for item in items]


@pytest.fixture(scope="module")
def epubcheck() -> list[str]:
    """The command of epubcheck, the W3C's own checker."""
    program = shutil.which("epubcheck")
    if program is None:
        pytest.skip("there is no epubcheck on the PATH (on Debian: apt-get install epubcheck)")
    # Debian's is a Java archive that only some systems start by itself.
    is_archive = Path(program).read_bytes()[:2] == b"PK"
    return ["java", "-jar", program] if is_archive else [program]


@pytest.mark.parametrize(
    ("of", "ending", "spread"),
    [
        (book(), "jpg", 3),
        (book("rtl", "灯台守"), "png", 0),
        (Book(HOSTILE, HOSTILE, "ar"), "jpg", 0),
        (Book("", "", "zh-Hant"), "jpg", 0),
    ],
    ids=["spread", "rtl", "hostile", "empty"],
)
def test_epubcheck_has_nothing_to_say(
    tmp_path: Path, epubcheck: list[str], of: Book, ending: str, spread: int
) -> None:
    pages = page_files(tmp_path, 5, ending, spread)
    words = replace(pages[0].words[0], lines=(HOSTILE,))
    path = tmp_path / "book.epub"
    path.write_bytes(bound([replace(pages[0], words=(words,)), *pages[1:]], of))
    told = subprocess.run([*epubcheck, str(path)], capture_output=True, text=True)
    said = told.stdout + told.stderr
    assert "0 fatals / 0 errors / 0 warnings" in said, said


def test_pages_lie_on_their_sides_and_a_spread_in_the_middle(tmp_path: Path) -> None:
    left, right = "page-spread-left", "page-spread-right"
    center = "rendition:page-spread-center"
    plain, with_spread = page_files(tmp_path, 5), page_files(tmp_path, 6, spread=3)
    assert spreads(bound(plain, book())) == [center, left, right, left, right]
    assert spreads(bound(plain, book("rtl"))) == [center, right, left, right, left]
    assert spreads(bound(with_spread, book())) == [center, left, center, left, right, left]


@pytest.mark.parametrize("reading", ["ltr", "rtl"])
def test_it_is_turned_as_it_is_read(tmp_path: Path, reading: str) -> None:
    of = book("rtl" if reading == "rtl" else "ltr")
    spine = part(bound(page_files(tmp_path), of), "EPUB/package.opf").find("opf:spine", _NAMES)
    assert spine is not None
    assert spine.get("page-progression-direction") == reading


def test_the_package_tells_the_book(tmp_path: Path) -> None:
    package = part(bound(page_files(tmp_path, 2, "jpg"), book()), "EPUB/package.opf")
    told = {
        tag: package.findtext(f"opf:metadata/dc:{tag}", None, _NAMES)
        for tag in ("title", "creator", "language")
    }
    assert told == {"title": TITLE, "creator": "A. Author", "language": "en"}
    meta = {
        one.get("property"): one.text for one in package.findall("opf:metadata/opf:meta", _NAMES)
    }
    assert meta["rendition:layout"] == "pre-paginated"
    assert meta["dcterms:modified"] == "2000-01-01T00:00:00Z"
    covers = [
        item.get("href")
        for item in package.findall("opf:manifest/opf:item", _NAMES)
        if item.get("properties") == "cover-image"
    ]
    assert covers == ["page-001.jpg"]


def test_what_is_said_can_be_read_and_searched_in_order(tmp_path: Path) -> None:
    page = part(bound(page_files(tmp_path, 2), book()), "EPUB/page-002.xhtml")
    said = ["".join(one.itertext()) for one in page.iter(f"{{{_NAMES['x']}}}p")]
    assert said == ["Night 2.", "mei: Rain & <b>", "DRIP"]


def test_a_language_that_reads_from_the_right_is_set_so(tmp_path: Path) -> None:
    page = part(
        bound(page_files(tmp_path, 1), replace(book(), language="ar")), "EPUB/page-001.xhtml"
    )
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")


def test_the_type_stands_first_and_is_not_packed(tmp_path: Path) -> None:
    data = bound(page_files(tmp_path, 1), book())
    assert data[30:58] == b"mimetypeapplication/epub+zip"


def test_equal_books_give_equal_bytes(tmp_path: Path) -> None:
    pages = page_files(tmp_path)
    assert bound(pages, book()) == bound(list(pages), book())
