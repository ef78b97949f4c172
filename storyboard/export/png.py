"""A page as a PNG file."""

from __future__ import annotations

from storyboard.pages.compose import PageDrawing
from storyboard.pages.raster import png_bytes, rasterise


def page_png(drawing: PageDrawing, scale: float = 1.0, dpi: float = 150.0) -> bytes:
    """The page at `scale` times its size; `dpi` is what the page is at scale 1, for printing.

    Equal drawings and picture files give equal bytes. Raises `ProblemsError` where a picture
    cannot be read, or the page would be too large.
    """
    return png_bytes(rasterise(drawing, scale), dpi * scale)
