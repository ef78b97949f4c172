"""Texts find the fonts that have their characters; what none has is known by name."""

from __future__ import annotations

import dataclasses

import pytest

from storyboard.pages.faces import SLANT
from storyboard.pages.finding import Found
from storyboard.pages.fonts import Font, bundled_fonts, character_name
from storyboard.pages.itemising import itemised, missing
from tests.support.fonts import FOLDER, NOTO, Machine, small_fonts, speech

FONTS = bundled_fonts(system=Machine(()))
ALL = {"speech": FONTS.speech, "thought": FONTS.thought, "sound": FONTS.sound}


def files(text: str, font: Font) -> list[str]:
    """The names of the files that letter a text, each once, in order."""
    return list(dict.fromkeys(face.path.stem for face in itemised(text, font).faces))


@pytest.mark.parametrize("role", ALL)
def test_every_font_ships_with_its_licence_and_speaks_european_languages(role: str) -> None:
    font = ALL[role]
    for family in font.families:
        licence = family.upright.path.with_name("OFL.txt").read_text(encoding="utf-8")
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    for text in ("“Ça va?” — ¿Qué? Ünß, Łódź… é ñ ø Ž!", "Ёжик, їжак ґава!", "Ψυχή; Άλλο!"):
        assert missing(text, font) == ()


def test_missing_characters_are_found_once_each() -> None:
    assert missing("好 a好\nب", FONTS.speech) == ("好", "ب")
    assert missing("*ຄ*", small_fonts().speech) == ("ຄ",)
    assert missing("*国*", small_fonts().speech) == ()


@pytest.mark.parametrize(
    ("language", "text", "file"),
    [
        ("ja", "海が見える", "NotoSansCJKjp"),
        ("zh", "灯塔", "NotoSansCJKsc"),
        ("zh-Hant", "燈塔", "NotoSansCJKtc"),
        ("zh-TW", "燈塔", "NotoSansCJKtc"),
        ("ko", "등대", "NotoSansCJKkr"),
        ("en", "海", "NotoSansCJKjp"),
        ("en", "등대", "NotoSansCJKkr"),
        ("ar", "منارة", "NotoSansArabic"),
        ("he", "מגדלור", "NotoSansHebrew"),
        ("ru", "маяк", "ComicRelief-Regular"),
        ("el", "φάρος", "ComicRelief-Regular"),
        ("en", "light", "ComicNeue-Bold"),
    ],
)
def test_a_language_is_lettered_in_its_own_font(language: str, text: str, file: str) -> None:
    assert files(text, speech(language)) == [file]


def test_a_word_is_not_patched_from_two_fonts() -> None:
    assert files("Voilà ДiД", speech("fr")) == ["ComicNeue-Bold", "ComicRelief-Regular"]
    assert files("ДiД", speech("uk")) == ["ComicRelief-Regular", "ComicNeue-Bold"]


def test_letters_and_their_marks_stay_together() -> None:
    font = speech("he")
    text = "שָׁלוֹם q\u20dd שלום"
    faces = itemised(text, font).faces
    for position, character in enumerate(text):
        if character in "\u05b8\u05c1\u05b9":
            assert faces[position] == faces[position - 1]
    assert missing(text, font) == ("\u20dd",)


def test_quotes_of_both_worlds_belong_to_the_language() -> None:
    assert files("“灯塔”……", speech("zh")) == ["NotoSansCJKsc"]
    assert files("“light”…", speech("zh")) == ["ComicNeue-Bold"]


def test_roles_that_speak_in_italics_lean_where_a_script_does() -> None:
    thought = small_fonts("ru").thought
    assert {face.slant for face in itemised("мысль", thought).faces} == {SLANT}
    assert {face.slant for face in itemised("*мысль*", thought).faces} == {0.0}
    japanese = dataclasses.replace(thought, language="ja")
    assert {face.slant for face in itemised("海", japanese).faces} == {0.0}


def test_emphasis_that_would_look_broken_is_bold_instead() -> None:
    for font, text in ((speech("ar"), "*لا*"), (speech("ja", "vertical"), "*海*")):
        assert all(face.slant == 0 and face.bold > 0 for face in itemised(text, font).faces)


def test_scripts_look_equally_large() -> None:
    capital = FONTS.speech.cap_height
    for language, sample in (("ja", "国"), ("ko", "를"), ("ar", "ا"), ("he", "ה")):
        face = itemised(sample, speech(language)).faces[0]
        above, below = face.reach(sample)
        assert 0.75 * capital < above + max(0.0, below) < 1.4 * capital


def test_upright_and_bold_faces_come_before_others() -> None:
    regular = Found(FOLDER / "NotoSansCJKsc.otf", 0, "Noto Sans CJK SC", 80)
    slanted = Found(FOLDER / "NotoSansCJKjp.otf", 0, "Noto Sans CJK SC", 200, slanted=True)
    machine = Machine((slanted, regular, NOTO[4]))
    assert itemised("国", bundled_fonts("zh", machine).speech).faces[0].path == NOTO[4].path
    alone = itemised("国", bundled_fonts("zh", Machine((regular,))).speech).faces[0]
    assert alone.bold > 0


def test_named_fonts_come_before_the_bundled_ones() -> None:
    named = dataclasses.replace(
        FONTS.speech, families=(*small_fonts().sound.families[:1], *FONTS.speech.families)
    )
    assert files("light маяк", named) == ["Bangers-Regular", "ComicRelief-Regular"]


def test_characters_are_named_so_that_they_can_be_looked_up() -> None:
    assert character_name("ب") == "“ب” (U+0628 ARABIC LETTER BEH)"
    assert character_name("\x07") == "(U+0007)"
    assert character_name("\u200d") == "(U+200D ZERO WIDTH JOINER)"
