"""Pages of the stories that come with the program, drawn by the built-in model.

A minute or two of drawing; what is drawn already in the output folder is taken from there.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from docs.gallery.tones import write_if_new
from storyboard.cli.main import main

STORIES = ("tea-house", "moon-letter", "well", "roof-cat")
_FOLDER = Path(__file__).parents[2] / "stories"
_WIDE = 560


def draw(folder: Path) -> None:
    """Writes `story-NAME-PAGE.png` for every page. Raises OSError where one cannot be drawn."""
    for name in STORIES:
        if main(["render", str(_FOLDER / f"{name}.yaml"), "-q"]) != 0:
            raise OSError(f"{name} cannot be drawn")
        for page in sorted(Path("output", name, "pages").glob("page-*.png")):
            write_if_new(folder / f"story-{name}-{page.stem[-2:]}.png", _small(page))


def _small(page: Path) -> bytes:
    """The page for a guide, in 256 colours."""
    with Image.open(page) as picture:
        high = round(picture.height * _WIDE / picture.width)
        shown = picture.convert("RGB").resize((_WIDE, high), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        shown.quantize(256).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()
