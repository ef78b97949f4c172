"""The guide to languages shows every one of them, and every example can be lettered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.gallery.languages import EXAMPLES, story_of
from docs.gallery.panels import lettered_panel

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "lettering-languages.md").read_text(encoding="utf-8")


def test_the_guide_shows_every_language() -> None:
    for name in EXAMPLES:
        assert f"pictures/gallery/language-{name}.png" in GUIDE


def test_the_guides_pictures_are_there() -> None:
    for name in re.findall(r'src="(pictures/[^"]+)"', GUIDE):
        assert (DOCS / name).is_file(), name


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_lettered(name: str) -> None:
    try:
        panel = lettered_panel(story_of(EXAMPLES[name]))
    except ValueError as problem:
        if "no font for lettering has" not in str(problem):
            raise
        pytest.skip(f"this machine has no font for {name}")
    assert min(panel.size) > 400
