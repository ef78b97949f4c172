"""A PDF's letters stand where the raster's do, and say what the author wrote."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from storyboard.export.book import Book
from storyboard.export.pdf import pdf_bytes
from storyboard.geometry import Size
from storyboard.pages.breaking import blocks
from storyboard.pages.commands import Command, TextRun
from storyboard.pages.compose import PageDrawing
from storyboard.pages.content import Writing
from storyboard.pages.raster import rasterise
from storyboard.pages.setting import drawn, set_lines
from tests.support.fonts import speech

SAYINGS: list[tuple[str, Writing, str]] = [
    ("en", "horizontal", "Then *why* are you holding **the lantern**?"),
    ("fr", "horizontal", "« Quoi ! Trois nuits sans lumière ? »"),
    ("ru", "horizontal", "Маяк не горит *уже* три ночи."),
    ("ja", "horizontal", "灯台の光が見えない。「ほんとう？」"),
    ("ja", "vertical", "灯台の光が12日も見えない…。「OK」って!?"),
    ("zh", "vertical", "灯塔已经三个晚上没有亮了，快走！"),
    ("ko", "horizontal", "등대의 불이 사흘 밤이나 꺼져 있었어."),
    ("ar", "horizontal", "المنارة لا تضيء منذ ثلاث ليال!"),
    ("he", "horizontal", "המגדלור כבוי כבר שלושה לילות. מה קרה?"),
]
IDS = [f"{language}-{writing}" for language, writing, _ in SAYINGS]


def page(language: str, writing: Writing, text: str) -> PageDrawing:
    font = speech(language, writing)
    found = blocks(text, font, "lens")
    block = found[len(found) // 3]
    lines = set_lines(block, font, centered=True)
    commands: list[Command] = drawn(lines, (200, 150), 30)
    return PageDrawing(Size(400, 300), tuple(commands))


def pdf(drawing: PageDrawing) -> bytes:
    return pdf_bytes([replace(drawing, dpi=72)], Book("A book"))


def told(text: str) -> str:
    """A text without what only lays it out: spaces, and signs for its direction."""
    return re.sub("[\\s\u202a-\u202e\u200e\u200f\u2066-\u2069*]", "", text)


@pytest.mark.parametrize(("language", "writing", "text"), SAYINGS, ids=IDS)
def test_the_text_can_be_copied_in_reading_order(
    language: str, writing: Writing, text: str
) -> None:
    reader = PdfReader(io.BytesIO(pdf(page(language, writing, text))))
    assert told(reader.pages[0].extract_text()) == told(text)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed")
@pytest.mark.parametrize(("language", "writing", "text"), SAYINGS, ids=IDS)
def test_poppler_reads_it_too(language: str, writing: Writing, text: str, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(page(language, writing, text)))
    raw = ["-raw"] if writing == "vertical" else []
    answer = subprocess.run(
        ["pdftotext", *raw, tmp_path / "a.pdf", "-"], capture_output=True, check=True
    )
    assert not answer.stderr
    assert told(answer.stdout.decode()) == told(text)


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler is not installed")
@pytest.mark.parametrize(("language", "writing", "text"), SAYINGS, ids=IDS)
def test_every_run_stands_where_the_raster_has_it(
    language: str, writing: Writing, text: str, tmp_path: Path
) -> None:
    """To the tenth of a pixel: at eight times the size, where poppler places by whole pixels."""
    for number, run in enumerate(page(language, writing, text).commands[:2]):
        assert isinstance(run, TextRun)
        single = PageDrawing(Size(400, 300), (run,))
        (tmp_path / "a.pdf").write_bytes(pdf(single))
        target = tmp_path / str(number)
        subprocess.run(
            ["pdftoppm", "-r", str(72 * 8), "-singlefile", "-gray", tmp_path / "a.pdf", target],
            check=True,
        )
        theirs = _center(Image.open(target.with_suffix(".pgm")))
        ours = _center(rasterise(single, 8).convert("L"))
        assert np.abs(np.array(theirs) - np.array(ours)).max() / 8 < 0.14


def _center(picture: Image.Image) -> tuple[float, float]:
    """The middle of a picture's ink."""
    ink = 255.0 - np.asarray(picture, dtype=np.float64)
    rows, columns = np.indices(ink.shape)
    return float((rows * ink).sum() / ink.sum()), float((columns * ink).sum() / ink.sum())


def test_fonts_are_embedded_as_subsets() -> None:
    data = pdf(page("ja", "horizontal", "海の音。"))
    assert len(data) < 30_000


def test_letters_that_are_drawn_as_shapes_can_be_found() -> None:
    hidden = [
        dataclasses.replace(command, color=None)
        for command in page("en", "horizontal", "KRAK!").commands
        if isinstance(command, TextRun)
    ]
    drawing = PageDrawing(Size(400, 300), tuple(hidden))
    assert np.asarray(rasterise(drawing)).min() == 255
    assert "KRAK!" in PdfReader(io.BytesIO(pdf(drawing))).pages[0].extract_text()


def test_a_font_is_embedded_once_in_all_its_uses() -> None:
    drawing = page("en", "horizontal", "So **bold**, so *slanted*, so plain.")
    fonts = PdfReader(io.BytesIO(pdf(drawing))).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert len(fonts) == 2


def test_equal_texts_give_equal_bytes() -> None:
    assert pdf(page(*SAYINGS[4])) == pdf(page(*SAYINGS[4]))
