"""Directions are resolved as Unicode says, and runs reordered line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.pages.bidi import base_level, levels, visual_order


@pytest.mark.parametrize(
    ("text", "language", "base"),
    [
        ("Hello", "en", 0),
        ("Hello", "ar", 0),
        ("سلام", "en", 1),
        ("Mario: سلام", "ar", 1),
        ("Mario: سلام", "en", 0),
        ("سلام Mario", "en", 1),
        ("...", "he", 0),
        ("", "he", 0),
    ],
)
def test_a_text_runs_as_its_language_or_its_letters(text: str, language: str, base: int) -> None:
    assert base_level(text, language) == base


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        ("abc", 0, "000"),
        ("אבג", 1, "111"),
        ("אב 12", 1, "11122"),
        ("א (b) ג", 1, "1112111"),
        ("a (ב) c", 0, "0001000"),
        ("אב ab!", 1, "111221"),
        ("ab אב!", 0, "000110"),
        ("سلام (123)!", 1, "11111122211"),
        ("\u2067אב\u2069!", 0, "0110"[:1] + "11" + "00"),
    ],
)
def test_levels_are_those_of_the_standard(text: str, base: int, expected: str) -> None:
    assert "".join(map(str, levels(text, base))) == expected


def test_runs_are_reordered_from_the_highest_level_down() -> None:
    assert visual_order([0, 0]) == [0, 1]
    assert visual_order([1, 1, 1]) == [2, 1, 0]
    assert visual_order([1, 2, 1]) == [2, 1, 0]
    assert visual_order([1, 2, 2, 1]) == [3, 1, 2, 0]
    assert visual_order([0, 1, 2, 1, 0]) == [0, 3, 2, 1, 4]
    assert visual_order([]) == []


@given(st.lists(st.integers(0, 4)))
def test_every_run_has_a_place(levels: list[int]) -> None:
    assert sorted(visual_order(levels)) == list(range(len(levels)))


@given(st.text("abאב سل1 2!(),."))
def test_every_character_has_a_level(text: str) -> None:
    for base in (0, 1):
        assert len(levels(text, base)) == len(text)
