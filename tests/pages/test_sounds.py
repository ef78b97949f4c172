"""Sounds dance the same way every time, and keep within the body that others keep off."""

from __future__ import annotations

import pytest

from storyboard.geometry import Size
from storyboard.pages.commands import FillPath, StrokePath
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.hulls import shape_reach
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
    assert sound("OO", FONT).letters == sound("OO", FONT).letters


def test_a_sound_can_be_turned() -> None:
    upright, turned = sound("HHHHHH", FONT, 0), sound("HHHHHH", FONT, 90)
    assert upright.body.half_width == pytest.approx(turned.body.half_height)
    level = sound("HH", FONT, 0).letters
    assert bounds((level[0],)).center[1] == pytest.approx(bounds((level[-1],)).center[1], abs=0.1)


def test_letters_on_an_arch_stand_highest_in_the_middle_and_in_a_bowl_lowest() -> None:
    def heights(arc: float) -> list[float]:
        letters = sound("HHHHHHH", FONT, 0, arc).letters
        return [bounds((letter,)).center[1] for letter in letters]

    arch, bowl = heights(90), heights(-90)
    assert arch[3] < min(arch[0], arch[-1]) - 0.2
    assert bowl[3] > max(bowl[0], bowl[-1]) + 0.2


@pytest.mark.parametrize(("turn", "arc"), [(-7.0, 0.0), (30.0, 0.0), (0.0, 80.0), (-90.0, -60.0)])
def test_a_sounds_reach_holds_its_letters(turn: float, arc: float) -> None:
    drawn = sound("KRAKOOM!", FONT, turn, arc)
    assert (shape_reach(drawn.letters) + 0.11 <= drawn.reach).all()


def test_a_sound_can_have_a_colour_of_its_own() -> None:
    commands = draw_sound(sound("ZAP", FONT), (0, 0), 50, FONT, STYLE, (10, 200, 90))
    assert [c.color for c in commands if isinstance(c, FillPath)] == [(10, 200, 90)]
