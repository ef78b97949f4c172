"""A comic book archive: pages as PNG, stored as they are, and ComicInfo.xml.

ComicInfo is version 2.0 of the Anansi Project's schema
(https://anansi-project.github.io/docs/comicinfo/schemas/v2.0), whose elements stand in a fixed
order. The archive has no clock in it: equal pages give equal bytes.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storyboard.export.book import Book
from storyboard.export.png import page_png
from storyboard.geometry import Size
from storyboard.pages.compose import PageDrawing

_EPOCH = (1980, 1, 1, 0, 0, 0)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _PageFile:
    name: str
    data: bytes
    size: Size


def cbz_bytes(
    pages: Sequence[PageDrawing],
    book: Book,
    render: Callable[[PageDrawing], bytes] = page_png,
) -> bytes:
    """The archive of `pages` in their order; `render` gives a page as a PNG file.

    Raises `ProblemsError` where a picture cannot be read, or a page would be too large.
    """
    digits = max(3, len(str(len(pages))))
    files = [
        _PageFile(f"page-{number:0{digits}}.png", render(page), page.size)
        for number, page in enumerate(pages, 1)
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "ComicInfo.xml", _comic_info(files, book))
        for file in files:
            _add(archive, file.name, file.data)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # the same archive on Windows as elsewhere
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def _comic_info(files: Sequence[_PageFile], book: Book) -> bytes:
    root = ET.Element("ComicInfo")
    for name, text in (
        ("Title", book.title),
        ("Writer", book.author),
        ("PageCount", str(len(files))),
        ("LanguageISO", book.language),
        ("Manga", "YesAndRightToLeft" if book.reading == "rtl" else "No"),
    ):
        if text:
            ET.SubElement(root, name).text = _NOT_XML.sub("�", text)
    pages = ET.SubElement(root, "Pages")
    for number, file in enumerate(files):
        ET.SubElement(
            pages,
            "Page",
            {
                "Image": str(number),
                "ImageSize": str(len(file.data)),
                "ImageWidth": str(file.size.width),
                "ImageHeight": str(file.size.height),
            },
        )
    ET.indent(root)
    return b"%b\n" % ET.tostring(root, encoding="utf-8", xml_declaration=True)
