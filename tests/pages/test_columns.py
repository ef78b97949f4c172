"""In a column letters stand upright, side by side, or turned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.pages.columns import cells
from storyboard.pages.scripts import EASTERN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("海が。", [("海が。", "upright")]),
        ("12時", [("12", "together"), ("時", "upright")]),
        ("第100話", [("第", "upright"), ("100", "together"), ("話", "upright")]),
        ("2026年", [("2026", "sideways"), ("年", "upright")]),
        ("え!?", [("え", "upright"), ("!?", "together")]),
        ("え！？", [("え", "upright"), ("!?", "together")]),
        ("え！", [("え！", "upright")]),
        ("3.5倍", [("3.5", "sideways"), ("倍", "upright")]),
    ],
)
def test_signs_and_short_numbers_share_a_cell(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(cell.text, cell.way) for cell in cells(text, EASTERN)] == expected


def test_words_of_other_scripts_lie_sideways_and_single_letters_stand() -> None:
    assert [(c.text, c.way) for c in cells("OK", "Latn")] == [("OK", "sideways")]
    assert [(c.text, c.way) for c in cells("A", "Latn")] == [("A", "together")]


@given(st.text("海あー、。！？!?0123.A "))
def test_every_character_stands_once(text: str) -> None:
    narrow = str.maketrans("！？", "!?")
    found = "".join(cell.text for cell in cells(text, EASTERN))
    assert found.translate(narrow) == text.translate(narrow)
