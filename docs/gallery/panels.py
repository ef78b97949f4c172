"""One lettered panel of a page, over a sketch of who is in sight."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from docs.gallery.figures import sketch
from storyboard.geometry import Size
from storyboard.lettered import page_content
from storyboard.pages.compose import compose_page
from storyboard.pages.content import PictureRef
from storyboard.pages.raster import rasterise
from storyboard.pages.saliency import saliency
from storyboard.story.read import read_story

AROUND = 20
"""How much of what is around a panel is shown, in pixels."""


def lettered_panel(story: str, above: int = AROUND) -> Image.Image:
    """The first panel of a story, given as YAML, and `above` pixels of the page over it.

    Raises ValueError where a text of it cannot be lettered.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path, picture = Path(scratch) / "story.yaml", Path(scratch) / "picture.png"
        path.write_text(story, encoding="utf-8")
        file = read_story(path)
        panel = page_content(file, 0, {}).panels[0]
        faces = [(one.at.x, one.at.y) for one in panel.characters if one.at]
        sketched = sketch(panel.cell.size, faces)
        sketched.save(picture)
        seen = PictureRef(picture, Size(*sketched.size), saliency(np.asarray(sketched)))
        page = compose_page(page_content(file, 0, {panel.address: seen}))
        if page.problems:
            raise ValueError("; ".join(problem.message for problem in page.problems))
        around = panel.cell.inset(-AROUND)
        return rasterise(page).crop(
            (around.left, panel.cell.top - above, around.right, around.bottom)
        )


def png(picture: Image.Image) -> bytes:
    """The picture as a file, in 64 colours."""
    buffer = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
