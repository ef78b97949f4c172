"""A vector PDF: text as text in embedded font subsets, pictures lossless and once each."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.drawing import PaintedPath
from fpdf.enums import PathPaintRule, StrokeCapStyle, StrokeJoinStyle

from storyboard.export.book import Book
from storyboard.export.pdf_paths import clip_operators
from storyboard.export.pdf_text import TextWriter
from storyboard.pages.commands import Color, Command, FillPath, Picture, StrokePath
from storyboard.pages.compose import PageDrawing
from storyboard.pages.pictures import open_picture
from storyboard.pages.raster import check_unchanged, png_bytes
from storyboard.pages.shapes import Shape

_POINTS_PER_INCH = 72.0
_NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)


def pdf_bytes(pages: Iterable[PageDrawing], book: Book, dpi: float = 150.0) -> bytes:
    """The book as a PDF whose pages are their pixels at `dpi`; each has a bookmark.

    Equal pages and picture files give equal bytes. Raises `ProblemsError` where a picture cannot
    be read or has changed its size.
    """
    writer = _Writer(_POINTS_PER_INCH / dpi)
    pdf = writer.pdf
    pdf.set_title(book.title)
    pdf.set_author(book.author)
    pdf.set_lang(book.language)
    for page in pages:
        writer.add(page)
    return writer.output()


class _Writer:
    """One document under way: its fonts and pictures by file."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self._pictures: dict[Path, io.BytesIO] = {}
        self.pdf = FPDF(unit="pt")
        self.pdf.set_creation_date(_NO_CLOCK)
        self.pdf.set_creator("storyboard")
        self.pdf.set_producer("storyboard")
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        self.pdf.c_margin = 0
        self.pdf.set_image_filter("FlateDecode")
        self._text = TextWriter(self.pdf, scale)

    def add(self, page: PageDrawing) -> None:
        """Appends a page."""
        self.pdf.add_page(format=(page.size.width * self._scale, page.size.height * self._scale))
        self.pdf.start_section(f"Page {page.number}")
        for command in page.commands:
            self._draw(command)

    def output(self) -> bytes:
        """The whole document; nothing can be added after."""
        return self._text.output()

    def _draw(self, command: Command) -> None:
        if isinstance(command, Picture):
            self._draw_picture(command)
        elif isinstance(command, FillPath):
            self._fill(command)
        elif isinstance(command, StrokePath):
            self._stroke(command)
        else:
            self._text.write(command)

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
            self.pdf.image(
                self._picture(command),
                x=(cell.left - crop.left * across) * k,
                y=(cell.top - crop.top * down) * k,
                w=command.size.width * across * k,
                h=command.size.height * down * k,
            )

    def _clip(self, shape: Shape | None) -> None:
        """Clips what follows to a shape; fpdf2 itself knows boxes and ellipses alone."""
        if shape is not None:
            k, height = self._scale, self.pdf.h
            self.pdf._out("\n".join(clip_operators(shape, k, height)))

    def _picture(self, command: Picture) -> io.BytesIO:
        """The decoded pixels as PNG: fpdf2 knows equal files by their bytes and keeps one."""
        if command.path not in self._pictures:
            picture = open_picture(command.path)
            check_unchanged(command, picture)
            self._pictures[command.path] = io.BytesIO(png_bytes(picture))
        return self._pictures[command.path]


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
