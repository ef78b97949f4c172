"""Pictures are clipped in a PDF by the very outlines of the page."""

from __future__ import annotations

from storyboard.export.pdf_paths import clip_operators
from storyboard.pages.shapes import Box, Contour, rectangle


def test_an_outline_becomes_a_clipping_path_whose_y_grows_upward() -> None:
    shape = (rectangle(Box(10, 20, 30, 50)),)
    assert list(clip_operators(shape, 0.5, 100)) == [
        "5.000 90.000 m",
        "15.000 90.000 l",
        "15.000 75.000 l",
        "5.000 75.000 l",
        "h",
        "W n",
    ]


def test_curves_stay_curves() -> None:
    shape = (Contour((0, 0), (((1, 0), (2, 1), (2, 2)),)),)
    assert "1.000 10.000 2.000 9.000 2.000 8.000 c" in list(clip_operators(shape, 1, 10))
