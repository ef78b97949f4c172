"""Sounds have colours, by name or as a code."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from storyboard.story.lettering import Sfx


@pytest.mark.parametrize(
    ("written", "color"),
    [("red", (224, 58, 48)), ("#e33a30", (227, 58, 48)), ("1AC", (17, 170, 204))],
)
def test_a_colour_is_a_name_or_a_code(written: str, color: tuple[int, int, int]) -> None:
    assert Sfx.model_validate({"text": "BOOM", "color": written}).color == color


@pytest.mark.parametrize("written", ["reddish", "#12", "#1234567", ""])
def test_what_is_no_colour_is_told(written: str) -> None:
    with pytest.raises(ValidationError, match="is no colour"):
        Sfx.model_validate({"text": "BOOM", "color": written})
