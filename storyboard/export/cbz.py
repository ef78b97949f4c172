"""A comic book archive: pages as they are, stored, and ComicInfo.xml.

ComicInfo is version 2.0 of the Anansi Project's schema
(https://anansi-project.github.io/docs/comicinfo/schemas/v2.0), whose elements stand in a fixed
order. The archive has no clock in it: equal pages give equal bytes.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from typing import BinaryIO

from storyboard.export.archives import add_bytes, add_file
from storyboard.export.book import Book, PageFile, xml_text


def write_cbz(file: BinaryIO, pages: Sequence[PageFile], book: Book) -> None:
    """Writes the archive of `pages` in their order, one page after the other. Raises OSError."""
    digits = max(3, len(str(len(pages))))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        add_bytes(archive, "ComicInfo.xml", comic_info(pages, book))
        for number, page in enumerate(pages, 1):
            add_file(archive, f"page-{number:0{digits}}{page.path.suffix}", page.path)


def comic_info(pages: Sequence[PageFile], book: Book) -> bytes:
    """ComicInfo.xml: the title, also as its series, and the pages. Raises OSError."""
    root = ET.Element("ComicInfo")
    for name, text in (
        ("Title", book.title),
        ("Series", book.title),
        ("Writer", book.author),
        ("PageCount", str(len(pages))),
        ("LanguageISO", book.language),
        ("Manga", "YesAndRightToLeft" if book.reading == "rtl" else "No"),
        ("Characters", ", ".join(book.characters)),
    ):
        if text:
            ET.SubElement(root, name).text = xml_text(text)
    listed = ET.SubElement(root, "Pages")
    for index, page in enumerate(pages):
        ET.SubElement(listed, "Page", _page(index, page))
    ET.indent(root)
    return b"%b\n" % ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _page(index: int, page: PageFile) -> dict[str, str]:
    double = {"DoublePage": "true"} if page.spread else {}
    return {
        "Image": str(index),
        "Type": "FrontCover" if index == 0 else "Story",
        **double,
        "ImageSize": str(page.path.stat().st_size),
        "ImageWidth": str(page.size.width),
        "ImageHeight": str(page.size.height),
    }
