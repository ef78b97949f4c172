"""Papers have the sizes that printers know, and names however they are written."""

from __future__ import annotations

import pytest

from storyboard.pages.lengths import Length
from storyboard.pages.papers import PAPERS, paper_hint, paper_named


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("A4", (2480, 3508)),
        ("a4", (2480, 3508)),
        ("B5", (2079, 2953)),
        ("JIS B5", (2150, 3035)),
        ("US comic", (1988, 3056)),
        ("us-comic", (1988, 3056)),
        ("manga tankobon", (1323, 2055)),
        ("webtoon", (800, 2560)),
        ("A4 landscape", (3508, 2480)),
    ],
)
def test_a_paper_is_as_large_as_its_name_says(name: str, size: tuple[int, int]) -> None:
    paper = paper_named(name)
    assert paper is not None
    assert (round(paper.width.pixels(paper.dpi)), round(paper.height.pixels(paper.dpi))) == size


def test_a_misspelt_paper_is_guessed() -> None:
    assert paper_named("US comics") is None
    assert paper_hint("US comics") == "did you mean `US comic`?"
    assert "A4" in paper_hint("?")


def test_every_paper_leaves_most_of_itself_to_panels() -> None:
    for paper in PAPERS.values():
        assert 0 < paper.safe < paper.margin < 0.1
        assert paper.gutters[0] >= paper.gutters[1] > 0


def test_lengths_become_pixels_by_dpi() -> None:
    assert Length(12).pixels(300) == 12
    assert Length(25.4, "mm").pixels(300) == pytest.approx(300)
    assert Length(0.125, "in").pixels(600) == 75
    assert (str(Length(3, "mm")), str(Length(12))) == ("3mm", "12")
