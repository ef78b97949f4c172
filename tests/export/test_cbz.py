"""A comic archive that readers know: pages in order, stored, with a valid ComicInfo."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.export.book import Book, PageFile
from storyboard.export.cbz import comic_info, write_cbz
from tests.support.books import TITLE, book, page_files

# What version 2.0 of the schema says of the elements that we write: their order and their values.
# fmt: off
_ORDER = (
    "Title", "Series", "Number", "Count", "Volume", "Summary", "Notes", "Year", "Month", "Day",
    "Writer", "Penciller", "Inker", "Colorist", "Letterer", "CoverArtist", "Editor",
    "Publisher", "Imprint", "Genre", "Web", "PageCount", "LanguageISO", "Format",
    "BlackAndWhite", "Manga", "Characters", "Teams", "Locations", "ScanInformation", "StoryArc",
    "SeriesGroup", "AgeRating", "Pages", "CommunityRating", "MainCharacterOrTeam", "Review",
)
# fmt: on
_MANGA = {"Unknown", "No", "Yes", "YesAndRightToLeft"}
_TYPES = {"FrontCover", "InnerCover", "Story", "BackCover", "Other"}
_ATTRIBUTES = {"Image", "Type", "DoublePage", "ImageSize", "Key", "Bookmark", "ImageWidth"} | {
    "ImageHeight"
}


def bound(pages: Sequence[PageFile], of: Book) -> bytes:
    buffer = io.BytesIO()
    write_cbz(buffer, pages, of)
    return buffer.getvalue()


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def info(pages: Sequence[PageFile], of: Book) -> ET.Element:
    return ET.fromstring(comic_info(pages, of))


def check_valid(root: ET.Element) -> None:
    """Holds a ComicInfo against the schema's rules."""
    tags = [child.tag for child in root]
    assert root.tag == "ComicInfo"
    assert tags == sorted(set(tags), key=_ORDER.index)
    assert root.findtext("Manga") in _MANGA
    assert int(root.findtext("PageCount", "")) == len(root.findall("Pages/Page"))
    for page in root.findall("Pages/Page"):
        assert set(page.attrib) <= _ATTRIBUTES
        assert int(page.attrib["Image"]) >= 0
        assert set(page.attrib.get("Type", "Story").split()) <= _TYPES
        assert page.attrib.get("DoublePage", "false") in ("true", "false")
        for name in ("ImageSize", "ImageWidth", "ImageHeight"):
            assert int(page.attrib[name]) > 0


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_pages_are_stored_as_they_are_in_order(tmp_path: Path, ending: str) -> None:
    pages = page_files(tmp_path, 3, ending)
    archive = opened(bound(pages, book()))
    assert archive.testzip() is None
    names = [f"page-{number:03}.{ending}" for number in (1, 2, 3)]
    assert archive.namelist() == ["ComicInfo.xml", *names]
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert [archive.read(name) for name in names] == [page.path.read_bytes() for page in pages]


def test_names_sort_as_the_pages_stand(tmp_path: Path) -> None:
    names = opened(bound(page_files(tmp_path, 1) * 1001, book())).namelist()[1:]
    assert names == sorted(names)


def test_comic_info_tells_the_book(tmp_path: Path) -> None:
    root = info(page_files(tmp_path, 3), book())
    check_valid(root)
    told = {child.tag: child.text for child in root if child.tag != "Pages"}
    assert told == {
        "Title": TITLE,
        "Series": TITLE,
        "Writer": "A. Author",
        "PageCount": "3",
        "LanguageISO": "en",
        "Manga": "No",
        "Characters": "mei, bo",
    }


def test_comic_info_tells_the_pages(tmp_path: Path) -> None:
    pages = page_files(tmp_path, 3, spread=2)
    told = info(pages, book()).findall("Pages/Page")
    assert [page.get("Image") for page in told] == ["0", "1", "2"]
    assert [page.get("Type") for page in told] == ["FrontCover", "Story", "Story"]
    assert [page.get("DoublePage") for page in told] == [None, "true", None]
    assert [page.get("ImageWidth") for page in told] == ["300", "600", "300"]
    assert told[0].get("ImageSize") == str(pages[0].path.stat().st_size)


def test_manga_reads_from_the_right(tmp_path: Path) -> None:
    root = info(page_files(tmp_path), Book("T", reading="rtl"))
    check_valid(root)
    assert root.findtext("Manga") == "YesAndRightToLeft"
    assert root.find("Writer") is None
    assert root.find("Characters") is None


@pytest.mark.parametrize("title", ["bell \x07", "half \ud800 pair", "end \uffff"])
def test_what_xml_cannot_hold_is_replaced(tmp_path: Path, title: str) -> None:
    shown = info(page_files(tmp_path, 1), Book(title)).findtext("Title")
    assert shown is not None
    assert "\ufffd" in shown


def test_equal_books_give_equal_bytes(tmp_path: Path) -> None:
    pages = page_files(tmp_path)
    data = bound(pages, book())
    assert bound([replace(page) for page in pages], book()) == data
    assert {entry.date_time[0] for entry in opened(data).infolist()} == {1980}
