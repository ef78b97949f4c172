"""Faces measure what is drawn, and know what they lack."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.pages.faces import SLANT, Face
from storyboard.pages.fonts import bundled_fonts
from storyboard.pages.shapes import bounds
from tests.support.fonts import FOLDER

FACE = bundled_fonts().speech.face
JAPANESE = Face(FOLDER / "NotoSansCJKjp.otf")
ARABIC = Face(FOLDER / "NotoSansArabic.ttf")


def test_width_grows_with_size_and_is_kerned() -> None:
    assert FACE.width("Wait", 40) == pytest.approx(2 * FACE.width("Wait", 20))
    apart = sum(FACE.width(letter, 1) for letter in "To")
    assert FACE.width("To", 1) < apart


def test_outlines_stand_on_the_baseline_within_ascent_and_descent() -> None:
    box = bounds(FACE.outline("Hpé", 100, (10, 200)))
    assert box.left >= 10
    assert box.right <= 10 + FACE.width("Hpé", 100)
    assert 200 - FACE.ascent * 100 <= box.top < 200 - FACE.cap_height * 100
    assert 200 < box.bottom <= 200 + FACE.descent * 100
    assert bounds(FACE.outline("H", 100, (0, 0))).bottom == pytest.approx(0, abs=1.5)


def test_a_scaled_face_is_larger_in_every_measure() -> None:
    larger = dataclasses.replace(FACE, scale=1.5)
    assert larger.width("Wait", 1) == pytest.approx(1.5 * FACE.width("Wait", 1))
    assert larger.cap_height == pytest.approx(1.5 * FACE.cap_height)
    assert larger.ascent == pytest.approx(1.5 * FACE.ascent)


def test_a_leaning_face_leans_and_is_as_wide() -> None:
    leaning = dataclasses.replace(FACE, slant=SLANT)
    straight, slanted = (bounds(face.outline("H", 1, (0, 0))) for face in (FACE, leaning))
    assert slanted.right - straight.right == pytest.approx(SLANT * FACE.cap_height, abs=0.02)
    assert leaning.width("H", 1) == FACE.width("H", 1)


def test_a_thickened_face_gives_its_letters_room_unless_they_are_joined() -> None:
    bold, joined = dataclasses.replace(FACE, bold=0.04), dataclasses.replace(ARABIC, bold=0.04)
    assert bold.width("abc", 1) == pytest.approx(FACE.width("abc", 1) + 3 * 0.04)
    assert joined.width("سلام", 1) == ARABIC.width("سلام", 1)


def test_columns_take_upright_forms_around_their_middle() -> None:
    shaped = JAPANESE.shape("「あー」", "ttb", "ja")
    assert shaped.advance == pytest.approx(4)
    upright = [glyph.index for glyph in shaped.glyphs]
    assert upright != [glyph.index for glyph in JAPANESE.shape("「あー」").glyphs]
    box = bounds(JAPANESE.outline("国国", 1, (0, 0), "ttb", "ja"))
    assert box.center[0] == pytest.approx(0, abs=0.03)
    assert 0 < box.top < box.bottom < 2


def test_the_white_between_two_full_width_marks_is_set_once() -> None:
    apart = sum(JAPANESE.shape(mark).advance for mark in "。」「")
    assert JAPANESE.shape("。」「").advance == pytest.approx(apart - 1)
    assert JAPANESE.shape("。」「", "ttb").advance == pytest.approx(apart - 1)


def test_what_only_steers_its_neighbours_needs_no_glyph() -> None:
    assert FACE.covers("a\u200db\u2060\ufe0f\u00a0\u202f\u3000")
    assert not FACE.covers("好")


def test_a_collection_holds_several(tmp_path: Path) -> None:
    from fontTools.ttLib import TTCollection, TTFont

    collection = TTCollection()
    collection.fonts = [TTFont(FOLDER / f"NotoSansCJK{name}.otf") for name in ("jp", "kr")]
    collection.save(tmp_path / "both.ttc")
    japanese, korean = (Face(tmp_path / "both.ttc", index) for index in (0, 1))
    assert japanese.covers("海") and not japanese.covers("등")
    assert korean.covers("등") and not korean.covers("海")


def test_a_variable_font_is_as_bold_as_it_is_asked_to_be(tmp_path: Path) -> None:
    variable(tmp_path / "variable.ttf")
    thin, bold = (Face(tmp_path / "variable.ttf", weight=weight) for weight in (400, 700))
    assert thin.width("H", 1) == pytest.approx(0.5)
    assert bold.width("H", 1) == pytest.approx(0.6)
    fixed = tmp_path / "fixed.ttf"
    fixed.write_bytes(bold.subset([1], "H").data)
    assert Face(fixed).width("H", 1) == pytest.approx(0.6)


def variable(path: Path) -> None:
    """Writes a font with one letter, a bar, that is broader the bolder it is."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib.tables.TupleVariation import TupleVariation

    pen = TTGlyphPen(None)
    for point in ((0, 0), (0, 700), (500, 700), (500, 0)):
        (pen.lineTo if pen.points else pen.moveTo)(point)
    pen.closePath()
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "H"])
    builder.setupCharacterMap({ord("H"): "H"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "H": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "H": (500, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Variable", "styleName": "Regular"})
    builder.setupFvar([("wght", 400, 400, 700, "Weight")], [])
    wider = [(0, 0), (0, 0), (100, 0), (100, 0), (0, 0), (100, 0), (0, 0), (0, 0)]
    builder.setupGvar({"H": [TupleVariation({"wght": (0.0, 1.0, 1.0)}, wider)]})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def test_faces_travel_to_other_processes() -> None:
    bold = dataclasses.replace(FACE, bold=0.1)
    assert bold.width("a", 1) > 0 and hash(bold)
    code = (
        "import pickle, sys; face = pickle.load(sys.stdin.buffer); "
        "print(face.width('a', 1), face in {face.__class__(face.path, bold=0.1)})"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(bold), capture_output=True, check=True
    )
    assert told.stdout.decode().split() == [str(bold.width("a", 1)), "True"]


def test_a_web_font_is_a_font_too(tmp_path: Path) -> None:
    from fontTools.ttLib import TTFont

    packed = tmp_path / "comic.woff2"
    font = TTFont(FACE.path)
    font.flavor = "woff2"
    font.save(packed)
    assert Face(packed).width("Wait", 1) == FACE.width("Wait", 1)


@pytest.mark.parametrize("name", ["broken.ttf", "broken.woff2"])
def test_a_file_that_is_no_font_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no font at all")
    with pytest.raises(OSError, match="cannot be read as a font"):
        Face(tmp_path / name).covers("a")
