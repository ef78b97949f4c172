"""What is wrong with a page's layout is told with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import ProblemsError
from tests.support.stories import compiled


def told(folder: Path, text: str) -> list[str]:
    with pytest.raises(ProblemsError) as error:
        compiled(folder, text)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("page", "line", "sentence"),
    [
        ("    layout: nine-grid\n", 3, "page 1: the layout `nine-grid` has 9 panels"),
        ("    layout: splsh\n", 3, "page 1: there is no layout `splsh`"),
        ("    tiers: [2]\n    slant: 40\n", 4, "page 1: the gutters lean so much"),
        ("    tiers: [2]\n    heights: [1, 2]\n", 4, "page 1: `heights` has 2"),
        ("    page: {margin: 700}\n", 3, "page 1: margins of 700 pixels leave nothing"),
        ("    page: {size: A3, dpi: 1200}\n", 3, "page 1: the page would have 14031x19843 pixels"),
        ("    page: {safe: 700}\n", 3, "page 1: safe areas of 700 pixels leave nothing"),
    ],
)
def test_a_pages_mistakes(tmp_path: Path, page: str, line: int, sentence: str) -> None:
    text = f"title: T\npages:\n{page.replace('    ', '  - ', 1)}    panels: [{{}}, {{}}]\n"
    (problem,) = told(tmp_path, text)
    assert sentence in problem
    assert f"story.yaml:{line}:" in problem


def test_a_margin_that_the_story_says_is_blamed_there(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, "title: T\npage:\n  margin: 700\npages: [{panels: [{}]}]\n")
    assert "story.yaml:3:" in problem


@pytest.mark.parametrize(
    ("inset", "sentence"),
    [
        ("{over: z}", "panel '2' is an inset in 'z', which is no panel of the page"),
        ("{over: 2}", "insets lie in each other: '2'"),
        ("{size: 0.01%}", "nothing is left of the inset '2'"),
    ],
)
def test_an_insets_mistakes(tmp_path: Path, inset: str, sentence: str) -> None:
    text = f"title: T\npages:\n  - panels:\n    - {{}}\n    - inset: {inset}\n"
    (problem,) = told(tmp_path, text)
    assert sentence in problem
    assert "story.yaml:5:14" in problem


def test_an_inset_that_comes_first_must_name_its_host(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, "title: T\npages:\n  - panels: [{inset: top}, {}]\n")
    assert "panel '1' is an inset, and no panel comes before it" in problem
    assert "`inset: {over: NAME}`" in problem
    assert "story.yaml:3:" in problem
