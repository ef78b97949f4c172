"""Sounds dance the same way every time, and keep within the body that others keep off."""

from __future__ import annotations

import pytest

from storyboard.geometry import Size
from storyboard.pages.commands import StrokePath
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.shapes import bounds
from storyboard.pages.sounds import draw_sound, sound
from storyboard.pages.style import style_for

FONT = bundled_fonts().sound
STYLE = style_for(Size(1200, 1800))


@pytest.mark.parametrize("text", ["DRIP", "KRAKOOM!", "tick tock", "!"])
def test_all_that_is_drawn_lies_in_the_body(text: str) -> None:
    drawn = sound(text, FONT)
    body = drawn.body.scaled(90).box((300, 200))
    for command in draw_sound(drawn, (300, 200), 90, FONT, STYLE):
        if isinstance(command, StrokePath):
            assert body.holds(bounds(command.shape).grown(command.width / 2))


def test_a_sound_rises() -> None:
    letters = sound("HHHHHH", FONT).letters
    assert bounds((letters[-1],)).center[1] < bounds((letters[0],)).center[1]


def test_letters_differ_and_words_do_not() -> None:
    first, second, *_ = sound("OO", FONT).letters
    assert bounds((first,)).height != bounds((second,)).height
    assert sound("OO", FONT) == sound("OO", FONT)
