"""The guide to pages shows every layout as it is drawn now, and its examples are stories."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs.gallery.layouts import draw
from storyboard.arranging import placed_panels
from storyboard.pages.papers import PAPERS
from storyboard.pages.presets import PRESETS
from tests.story.stories import read

DOCS = Path(__file__).parents[2] / "docs"
GALLERY = DOCS / "pictures" / "gallery"
GUIDE = (DOCS / "pages.md").read_text(encoding="utf-8")
EXAMPLES = [
    example
    for example in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    if example.startswith(("page:", "pages:", "border:"))
]


def test_the_pictures_are_what_the_command_draws(tmp_path: Path) -> None:
    draw(tmp_path)
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert {f"layout-{name}.png" for name in PRESETS} <= set(drawn)
    for name in drawn:
        with Image.open(tmp_path / name) as new, Image.open(GALLERY / name) as kept:
            assert new.size == kept.size, name
            both = [np.asarray(image.convert("L"), np.float64) for image in (new, kept)]
        assert float(np.abs(both[0] - both[1]).mean()) < 1, (
            f"{name}: python -m docs.gallery layouts"
        )


def test_pictures_are_small() -> None:
    for path in GALLERY.glob("layout-*.png"):
        assert path.stat().st_size < 25_000


def test_the_guide_shows_every_layout_and_names_every_paper() -> None:
    for name in PRESETS:
        assert f"pictures/gallery/layout-{name}.png" in GUIDE
    for name in PAPERS:
        assert f"`{name}`" in GUIDE


def test_the_guides_pictures_are_there() -> None:
    for link in re.findall(r'src="([^"]+)"', GUIDE):
        assert (DOCS / link).is_file(), link


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_guides_examples_are_stories(tmp_path: Path, example: str) -> None:
    pages = "" if "pages:" in example else "pages: [{panels: [{}]}]\n"
    file = read(tmp_path, f"title: T\n{example}{pages}")
    for page in file.story.pages:
        assert placed_panels(file.story, page)
