"""A misspelt word gets the known one that it most likely meant."""

from __future__ import annotations

import pytest

from storyboard.nearest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("word", "found"), [("scen", "scene"), ("SEED", "seed"), ("mai", "mei"), ("xyzzy", None)]
)
def test_the_nearest_known_word_is_found(word: str, found: str | None) -> None:
    assert nearest(word, ["scene", "seed", "mei"]) == found


def test_the_hint_is_a_question_or_nothing() -> None:
    assert did_you_mean("scen", ["scene"]) == "did you mean `scene`?"
    assert did_you_mean("scen", []) == ""


def test_a_word_in_another_case_is_given_as_it_is_known() -> None:
    assert nearest("mei", ["Mei", "Bob"]) == "Mei"
