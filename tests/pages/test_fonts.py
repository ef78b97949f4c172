"""Fonts measure what is drawn, and know what they lack."""

from __future__ import annotations

import pytest

from storyboard.pages.fonts import Font, bundled_fonts, character_name
from storyboard.pages.shapes import bounds

FONTS = bundled_fonts()
ALL = [FONTS.speech, FONTS.thought, FONTS.caption, FONTS.sound]


@pytest.mark.parametrize("font", ALL, ids=lambda font: str(font.path.stem))
def test_every_font_ships_with_its_licence_and_speaks_western_languages(font: Font) -> None:
    licence = font.path.with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert font.missing("“Ça va?” — ¿Qué? Ünß, Łódź… é ñ ø Ž!") == ()


def test_width_grows_with_size_and_is_kerned() -> None:
    font = FONTS.speech
    assert font.width("Wait", 40) == pytest.approx(2 * font.width("Wait", 20))
    apart = sum(font.width(letter, 1) for letter in "To")
    assert font.width("To", 1) < apart


def test_outlines_stand_on_the_baseline_within_ascent_and_descent() -> None:
    font = FONTS.speech
    box = bounds(font.outline("Hpé", 100, (10, 200)))
    assert box.left >= 10
    assert box.right <= 10 + font.width("Hpé", 100)
    assert 200 - font.ascent * 100 <= box.top < 200 - font.cap_height * 100
    assert 200 < box.bottom <= 200 + font.descent * 100
    assert bounds(font.outline("H", 100, (0, 0))).bottom == pytest.approx(0, abs=1.5)


def test_missing_characters_are_found_once_each() -> None:
    assert FONTS.speech.missing("好 a好\nب") == ("好", "ب")
    assert FONTS.speech.covers("a")
    assert not FONTS.speech.covers("好")


def test_characters_are_named_so_that_they_can_be_looked_up() -> None:
    assert character_name("ب") == "“ب” (U+0628 ARABIC LETTER BEH)"
    assert character_name("\x07") == "(U+0007)"
    assert character_name("\u200d") == "(U+200D ZERO WIDTH JOINER)"
