"""A vector PDF: text as text in embedded font subsets, pictures lossless and once each."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from fpdf.drawing import PaintedPath
from fpdf.drawing_primitives import Transform
from fpdf.enums import (
    PageLabelStyle,
    PageLayout,
    PathPaintRule,
    StrokeCapStyle,
    StrokeJoinStyle,
)

from storyboard import disk
from storyboard.export.book import Book
from storyboard.export.pdf_document import Document, Preferences
from storyboard.export.pdf_paths import clip_operators
from storyboard.export.pdf_text import TextWriter
from storyboard.export.png_stream import PngStream, png_stream
from storyboard.pages.commands import Color, Command, FillPath, Picture, StrokePath
from storyboard.pages.compose import PageDrawing
from storyboard.pages.pictures import open_picture
from storyboard.pages.raster import check_unchanged, png_bytes
from storyboard.pages.shapes import Shape

_POINTS_PER_INCH = 72.0


def pdf_bytes(pages: Iterable[PageDrawing], book: Book) -> bytes:
    """The book as a PDF in memory; see `write_pdf`."""
    buffer = io.BytesIO()
    with TemporaryDirectory(prefix="storyboard-") as scratch:
        write_pdf(buffer, pages, book, Path(scratch))
    return buffer.getvalue()


def write_pdf(file: BinaryIO, pages: Iterable[PageDrawing], book: Book, scratch: Path) -> None:
    """Writes the book as a PDF whose pages are their pixels at their own dpi, bleed included.

    Each has a bookmark under the book's title, a label, and boxes for trim and bleed. Pages are
    asked for one by one and not kept, nor are pictures; what lies between is put into the folder
    `scratch`, which must stay until the end. Equal pages and picture files give equal
    bytes. Raises `ProblemsError` where a picture cannot be read or has changed its size, OSError
    where nothing can be written.
    """
    pdf = Document(file)
    _describe(pdf, book)
    writer = _Writer(pdf, scratch)
    for page in pages:
        writer.add(page, book.title)
    writer.end()


def _describe(pdf: Document, book: Book) -> None:
    """What readers show: whose book it is, from which side it reads, two pages side by side with
    the first one alone (which programs do for `TwoPageRight`, whatever the direction)."""
    pdf.set_title(book.title)
    pdf.set_author(book.author)
    pdf.set_lang(book.language)
    pdf.page_layout = PageLayout.TWO_PAGE_RIGHT
    pdf.viewer_preferences = Preferences(right_to_left=book.reading == "rtl")


class _Writer:
    """One document under way: its fonts and pictures by file."""

    def __init__(self, pdf: Document, scratch: Path) -> None:
        self._scale = 1.0
        self._scratch = scratch
        self._pictures: dict[Path, PngStream] = {}
        self._text = TextWriter(pdf)
        self.pdf = pdf

    def add(self, page: PageDrawing, title: str) -> None:
        """Appends a page."""
        k = self._scale = _POINTS_PER_INCH / page.dpi
        around = page.bleed * k
        width, height = page.size.width * k, page.size.height * k
        self.pdf.add_page(format=(width + 2 * around, height + 2 * around))
        sheet = self.pdf.pages[self.pdf.page]
        sheet.bleed_box = _box(0, 0, width + 2 * around, height + 2 * around)  # type: ignore[attr-defined]
        sheet.trim_box = _box(around, around, width + around, height + around)  # type: ignore[attr-defined]
        self.pdf.set_page_label(PageLabelStyle.NUMBER, label_start=page.number)
        if self.pdf.page == 1:
            self.pdf.start_section(title)
        self.pdf.start_section(f"Page {page.number}", level=1)
        with self.pdf.transform(Transform.translation(around, around)):
            for command in page.commands:
                self._draw(command)

    def end(self) -> None:
        """Writes the document; nothing can be added after."""
        self._text.end(self._scratch)

    def _draw(self, command: Command) -> None:
        if isinstance(command, Picture):
            self._draw_picture(command)
        elif isinstance(command, FillPath):
            self._fill(command)
        elif isinstance(command, StrokePath):
            self._stroke(command)
        else:
            self._text.write(command, self._scale)

    def _fill(self, command: FillPath) -> None:
        with self.pdf.new_path(paint_rule=PathPaintRule.FILL_NONZERO) as path:
            path.style.fill_color = _hex(command.color)
            self._trace(path, command.shape)

    def _stroke(self, command: StrokePath) -> None:
        with self.pdf.new_path(paint_rule=PathPaintRule.STROKE) as path:
            path.style.stroke_color = _hex(command.color)
            path.style.stroke_width = command.width * self._scale
            path.style.stroke_join_style = StrokeJoinStyle.ROUND
            path.style.stroke_cap_style = StrokeCapStyle.ROUND
            self._trace(path, command.shape)

    def _trace(self, path: PaintedPath, shape: Shape) -> None:
        k = self._scale
        for contour in shape:
            path.move_to(contour.start[0] * k, contour.start[1] * k)
            for segment in contour.segments:
                if len(segment) == 1:
                    path.line_to(segment[0][0] * k, segment[0][1] * k)
                else:
                    (x1, y1), (x2, y2), (x3, y3) = segment
                    path.curve_to(x1 * k, y1 * k, x2 * k, y2 * k, x3 * k, y3 * k)
            path.close()

    def _draw_picture(self, command: Picture) -> None:
        """The whole picture, as large as its crop fills the cell, clipped to what is shown."""
        k, cell, crop = self._scale, command.cell, command.crop
        across, down = cell.width / crop.width, cell.height / crop.height
        with self.pdf.rect_clip(cell.left * k, cell.top * k, cell.width * k, cell.height * k):
            self._clip(command.clip)
            self.pdf.place(
                self._picture(command),
                x=(cell.left - crop.left * across) * k,
                y=(cell.top - crop.top * down) * k,
                width=command.size.width * across * k,
                height=command.size.height * down * k,
            )

    def _clip(self, shape: Shape | None) -> None:
        """Clips what follows to a shape; fpdf2 itself knows boxes and ellipses alone."""
        if shape is not None:
            k, height = self._scale, self.pdf.h
            self.pdf._out("\n".join(clip_operators(shape, k, height)))

    def _picture(self, command: Picture) -> PngStream:
        """The picture's pixels where they lie; unpacked and packed anew only where they must be."""
        if command.path not in self._pictures:
            self._pictures[command.path] = _as_it_is(command) or self._unpacked(command)
        return self._pictures[command.path]

    def _unpacked(self, command: Picture) -> PngStream:
        picture = open_picture(command.path)
        check_unchanged(command, picture)
        path = self._scratch / f"{len(self._pictures)}.png"
        disk.write(path, png_bytes(picture), False)
        stream = png_stream(path)
        assert stream is not None
        return stream


def _as_it_is(command: Picture) -> PngStream | None:
    """The pixels inside the file, where it is the very file that the page was composed for."""
    if not command.sha256 or not command.path.is_file():
        return None
    if hashlib.sha256(command.path.read_bytes()).hexdigest() != command.sha256:
        return None
    stream = png_stream(command.path)
    return stream if stream is not None and stream.size == command.size else None


def _box(left: float, bottom: float, right: float, top: float) -> str:
    return f"[{left:.2f} {bottom:.2f} {right:.2f} {top:.2f}]"


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
