"""A comic archive that readers know: pages in order, stored, with ComicInfo."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from storyboard.export.book import Book
from storyboard.export.cbz import cbz_bytes
from storyboard.geometry import Size
from storyboard.pages.compose import PageDrawing, compose_page
from tests.pages.samples import demo_page

BOOK = Book("The Lantern Keeper & Co <1>", "A. Author", "en", "ltr")
BLANK = PageDrawing(Size(40, 60), (), 2)

SCHEMA_ORDER = ["Title", "Writer", "PageCount", "LanguageISO", "Manga", "Pages"]


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def info(data: bytes) -> ET.Element:
    return ET.fromstring(opened(data).read("ComicInfo.xml"))


def test_pages_are_stored_in_order(tmp_path: Path) -> None:
    archive = opened(cbz_bytes([compose_page(demo_page(tmp_path)), BLANK], BOOK))
    assert archive.testzip() is None
    assert archive.namelist() == ["ComicInfo.xml", "page-001.png", "page-002.png"]
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    with Image.open(io.BytesIO(archive.read("page-001.png"))) as page:
        assert page.size == (600, 900)


def test_names_sort_as_the_pages_stand() -> None:
    small = PageDrawing(Size(2, 3), ())
    names = opened(cbz_bytes([small] * 1001, BOOK)).namelist()[1:]
    assert names == sorted(names)


def test_comic_info_tells_the_book() -> None:
    data = cbz_bytes([BLANK, BLANK], BOOK)
    root = info(data)
    assert [child.tag for child in root] == SCHEMA_ORDER
    assert root.findtext("Title") == BOOK.title
    assert root.findtext("Writer") == "A. Author"
    assert root.findtext("PageCount") == "2"
    assert root.findtext("LanguageISO") == "en"
    assert root.findtext("Manga") == "No"
    pages = root.findall("Pages/Page")
    assert [page.get("Image") for page in pages] == ["0", "1"]
    stored = opened(data).getinfo("page-001.png").file_size
    assert pages[0].get("ImageSize") == str(stored)
    assert (pages[0].get("ImageWidth"), pages[0].get("ImageHeight")) == ("40", "60")


def test_manga_reads_from_the_right() -> None:
    root = info(cbz_bytes([BLANK], Book("T", reading="rtl")))
    assert root.findtext("Manga") == "YesAndRightToLeft"
    assert root.find("Writer") is None


@pytest.mark.parametrize("title", ["bell \x07", "half \ud800 pair", "end \uffff"])
def test_what_xml_cannot_hold_is_replaced(title: str) -> None:
    shown = info(cbz_bytes([BLANK], Book(title))).findtext("Title")
    assert shown is not None
    assert "�" in shown


def test_equal_books_give_equal_bytes(tmp_path: Path) -> None:
    page = compose_page(demo_page(tmp_path))
    assert cbz_bytes([page], BOOK) == cbz_bytes([page], BOOK)
    assert {e.date_time[0] for e in opened(cbz_bytes([page], BOOK)).infolist()} == {1980}
