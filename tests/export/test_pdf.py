"""A PDF with real text, embedded fonts, and each picture once, as it is."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from storyboard.errors import ProblemsError
from storyboard.export.book import Book
from storyboard.export.pdf import pdf_bytes
from storyboard.export.png_stream import png_stream
from storyboard.geometry import Rect, Size
from storyboard.pages.commands import Crop, Picture, TextRun
from storyboard.pages.compose import PageDrawing, compose_page
from storyboard.pages.fonts import bundled_fonts
from tests.pages.samples import demo_page, gradient

BOOK = Book("The Lantern Keeper – I", "A. Author", "en", "ltr")
FONT = bundled_fonts().speech.face


def read(*pages: PageDrawing) -> PdfReader:
    return PdfReader(io.BytesIO(pdf_bytes(pages, BOOK)))


def test_pages_are_their_pixels_at_150_to_the_inch(tmp_path: Path) -> None:
    reader = read(compose_page(demo_page(tmp_path)), PageDrawing(Size(900, 600), (), 2))
    boxes = [(float(p.mediabox.width), float(p.mediabox.height)) for p in reader.pages]
    assert boxes == [(288, 432), (432, 288)]


def test_all_lettering_can_be_found_in_reading_order(tmp_path: Path) -> None:
    text = " ".join(read(compose_page(demo_page(tmp_path))).pages[0].extract_text().split())
    texts = [
        "1.b",
        "The light has been out for three nights.",
        "It's only rain.",
        "Only rain, and the boats are out.",
        "DRIP",
    ]
    places = [text.replace(" ", "").find(part.replace(" ", "")) for part in texts]
    assert -1 not in places
    assert places == sorted(places)


def test_fonts_are_embedded_as_subsets(tmp_path: Path) -> None:
    reader = read(compose_page(demo_page(tmp_path)))
    resources: Any = reader.pages[0]["/Resources"]
    fonts: dict[str, Any] = resources["/Font"]
    names = set()
    for font in fonts.values():
        descendant = font.get_object()["/DescendantFonts"][0].get_object()
        file = descendant["/FontDescriptor"].get_object()["/FontFile2"].get_object()
        assert 0 < len(file.get_data()) < 40_000
        names.add(str(font.get_object()["/BaseFont"]).split("+")[1])
    assert names == {"ComicNeueBold", "ComicNeueBoldItalic", "Bangers"}


def test_text_stands_where_the_raster_has_it() -> None:
    run = TextRun("Watt, To AV", FONT, 40, 100, 200)
    found: list[tuple[float, float, float]] = []

    def visit(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if text.strip():
            found.append((float(tm[4]), float(tm[5]), float(size)))

    read(PageDrawing(Size(600, 900), (run,))).pages[0].extract_text(visitor_text=visit)
    x, y, size = found[0]
    assert size == pytest.approx(40 * 0.48, abs=0.01)
    assert x == pytest.approx(100 * 0.48, abs=0.02)
    assert y == pytest.approx((900 - 200) * 0.48, abs=0.02)


def test_a_picture_is_embedded_losslessly_and_once(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(64, 48))
    one = Picture(picture.path, picture.size, Crop(0, 0, 64, 48), Rect(0, 0, 64, 48))
    two = Picture(picture.path, picture.size, Crop(32, 0, 32, 48), Rect(70, 0, 32, 48))
    reader = read(PageDrawing(Size(200, 100), (one, two)), PageDrawing(Size(200, 100), (one,), 2))
    images = {
        image.indirect_reference.idnum
        for page in reader.pages
        for image in page.images
        if image.indirect_reference is not None
    }
    assert len(images) == 1
    embedded = reader.pages[0].images[0].image
    assert embedded is not None
    with Image.open(picture.path) as source:
        assert np.array_equal(np.asarray(embedded.convert("RGB")), np.asarray(source))


def test_pictures_of_equal_bytes_but_other_shape_stay_apart(tmp_path: Path) -> None:
    for name, size in (("tall", (20, 40)), ("wide", (40, 20))):
        Image.new("RGB", size, (9, 9, 9)).save(tmp_path / f"{name}.png")
    tall = Picture(tmp_path / "tall.png", Size(20, 40), Crop(0, 0, 20, 40), Rect(0, 0, 20, 40))
    wide = Picture(tmp_path / "wide.png", Size(40, 20), Crop(0, 0, 40, 20), Rect(30, 0, 40, 20))
    images = read(PageDrawing(Size(100, 100), (tall, wide))).pages[0].images
    sizes = [image.image.size for image in images if image.image is not None]
    assert sorted(sizes) == [(20, 40), (40, 20)]


def test_title_author_language_and_bookmarks_are_there(tmp_path: Path) -> None:
    reader: Any = read(compose_page(demo_page(tmp_path)), PageDrawing(Size(90, 60), (), 2))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (BOOK.title, BOOK.author)
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    book, pages = reader.outline
    assert book.title == BOOK.title
    assert [entry.title for entry in pages] == ["Page 1", "Page 2"]


def test_labels_are_the_pages_numbers() -> None:
    pages = [PageDrawing(Size(90, 60), (), number) for number in (1, 2, 7, 8)]
    assert read(*pages).page_labels == ["1", "2", "7", "8"]


@pytest.mark.parametrize(("reading", "direction"), [("ltr", "/L2R"), ("rtl", "/R2L")])
def test_readers_are_told_where_to_begin_and_to_show_two_pages(
    reading: Literal["ltr", "rtl"], direction: str
) -> None:
    data = pdf_bytes([PageDrawing(Size(90, 60), ())], replace(BOOK, reading=reading))
    root: Any = PdfReader(io.BytesIO(data)).trailer["/Root"]
    assert root["/ViewerPreferences"]["/Direction"] == direction
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert root["/PageLayout"] == "/TwoPageRight"


def test_the_sheet_is_the_bleed_and_the_trim_lies_in_it() -> None:
    """30 pixels at 300 to the inch are 7.2 points."""
    page = read(PageDrawing(Size(600, 900), (), bleed=30, dpi=300)).pages[0]
    whole = (0, 0, 144 + 14.4, 216 + 14.4)
    assert tuple(map(float, page.mediabox)) == pytest.approx(whole, abs=0.01)
    assert tuple(map(float, page.bleedbox)) == pytest.approx(whole, abs=0.01)
    assert tuple(map(float, page.trimbox)) == pytest.approx((7.2, 7.2, 151.2, 223.2), abs=0.01)


def test_a_picture_reaches_into_the_bleed(tmp_path: Path) -> None:
    gradient(tmp_path / "a.png", Size(60, 80))
    art = Picture(tmp_path / "a.png", Size(60, 80), Crop(0, 0, 60, 80), Rect(-10, -10, 60, 80))
    data = pdf_bytes([PageDrawing(Size(40, 60), (art,), bleed=10, dpi=72)], BOOK)
    content = PdfReader(io.BytesIO(data)).pages[0].get_contents()
    assert content is not None
    moved = b"1 0 0 1 10 -10 cm"
    assert moved in content.get_data(), "the trim's corner is the origin"


def test_a_stored_picture_is_taken_as_it_is(tmp_path: Path) -> None:
    """Its compressed bytes are not packed anew, where the file is the one that was composed for."""
    ref = gradient(tmp_path / "a.png", Size(64, 64))
    sha256 = hashlib.sha256(ref.path.read_bytes()).hexdigest()
    art = Picture(ref.path, ref.size, Crop(0, 0, 64, 64), Rect(0, 0, 64, 64), sha256)
    stream = png_stream(ref.path)
    assert stream is not None
    packed = b"".join(stream.parts())
    assert packed in pdf_bytes([PageDrawing(Size(64, 64), (art,))], BOOK)
    changed = replace(art, sha256="0" * 64)
    assert decoded(pdf_bytes([PageDrawing(Size(64, 64), (changed,))], BOOK)) == decoded(
        pdf_bytes([PageDrawing(Size(64, 64), (art,))], BOOK)
    )


def decoded(data: bytes) -> bytes:
    """The pixels of a PDF's only picture."""
    (image,) = PdfReader(io.BytesIO(data)).pages[0].images
    assert image.image is not None
    return image.image.tobytes()


def test_equal_books_give_equal_bytes(tmp_path: Path) -> None:
    page = compose_page(demo_page(tmp_path))
    assert pdf_bytes([page], BOOK) == pdf_bytes([page], BOOK)


def test_a_picture_that_is_gone_is_told(tmp_path: Path) -> None:
    command = Picture(tmp_path / "a.png", Size(4, 4), Crop(0, 0, 4, 4), Rect(0, 0, 4, 4))
    with pytest.raises(ProblemsError, match="cannot be read"):
        read(PageDrawing(Size(10, 10), (command,)))
