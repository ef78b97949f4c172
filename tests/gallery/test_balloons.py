"""The guide to lettering shows every kind as it is drawn now, from the lines above it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs.gallery.balloons import EXAMPLES, draw, story_of
from storyboard.lettered import page_content
from storyboard.pages.compose import compose_page
from storyboard.story.lettering import BALLOON_KINDS
from tests.story.stories import read

DOCS = Path(__file__).parents[2] / "docs"
GALLERY = DOCS / "pictures" / "gallery"
GUIDE = (DOCS / "lettering.md").read_text(encoding="utf-8")


def test_the_pictures_are_what_the_command_draws(tmp_path: Path) -> None:
    draw(tmp_path)
    for name in EXAMPLES:
        file = f"lettering-{name}.png"
        with Image.open(tmp_path / file) as new, Image.open(GALLERY / file) as kept:
            assert new.size == kept.size, name
            both = [np.asarray(image.convert("L"), np.float64) for image in (new, kept)]
        assert float(np.abs(both[0] - both[1]).mean()) < 1, (
            f"{file}: python -m docs.gallery balloons"
        )


def test_the_guide_shows_every_example_with_its_lines() -> None:
    for name, (_, texts) in EXAMPLES.items():
        assert f"pictures/gallery/lettering-{name}.png" in GUIDE
        assert texts in GUIDE


def test_every_kind_of_balloon_has_an_example() -> None:
    assert set(BALLOON_KINDS) <= set(EXAMPLES)


def test_the_guide_names_no_picture_that_is_not_there() -> None:
    for name in re.findall(r'src="(pictures/[^"]+)"', GUIDE):
        assert (DOCS / name).is_file(), name


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_a_story_that_can_be_lettered(name: str, tmp_path: Path) -> None:
    drawing = compose_page(page_content(read(tmp_path, story_of(*EXAMPLES[name])), 0, {}))
    assert not drawing.problems
