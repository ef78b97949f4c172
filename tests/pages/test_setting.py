"""Lines and columns stand where they should, and every character is set once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.pages.bodies import round_body, set_lines
from storyboard.pages.breaking import blocks, clean
from storyboard.pages.commands import TextRun
from storyboard.pages.content import Writing
from storyboard.pages.markup import plain
from storyboard.pages.setting import SetLine, drawn, letters, one_line, shown, text_runs
from storyboard.pages.shapes import bounds
from tests.support.fonts import small_fonts, speech

SAYINGS = {
    "en": "Then why are you *holding* the lantern as if it were the **last** one?",
    "fr": "« Quoi ! Trois nuits sans lumière ? » C’est impossible ; il faut y aller.",
    "de": "»Der Leuchtturmwärter ist weg!«, sagte die Feuerwehrhauptfrau.",
    "ru": "Маяк не горит уже три ночи. *Кто-то* должен проверить!",
    "el": "Ο φάρος έσβησε πριν από τρεις *νύχτες*. Ποιος το έκανε;",
    "ja": "灯台の光が三日も見えない。「どうしたの」と君は言った…。",
    "zh": "灯塔已经三个晚上没有亮了，肯定出了什么事。“快走！”",
    "zh-Hant": "燈塔已經三個晚上沒有亮了，肯定出了什麼事。",
    "ko": "등대의 불이 사흘 밤이나 꺼져 있었어. *무슨 일이지?*",
    "ar": "المنارة لم تضئ منذ ثلاث ليال. قال Mario: «سلام (123)!»",
    "he": "המגדלור כבוי כבר שלושה לילות. *מה* קרה ל־Mario?",
}
COLUMNS = {"ja", "zh", "zh-Hant"}
CASES: list[tuple[str, Writing]] = [(language, "horizontal") for language in SAYINGS]
CASES += [(language, "vertical") for language in sorted(COLUMNS)]


def every_setting(language: str, writing: Writing) -> list[tuple[SetLine, ...]]:
    font = speech(language, writing)
    return [
        set_lines(block, font, centered=True)
        for block in blocks(clean(SAYINGS[language]), font, "lens")
    ]


@pytest.mark.parametrize(("language", "writing"), CASES)
def test_every_character_is_set_once_and_in_order(language: str, writing: Writing) -> None:
    wanted = "".join(plain(SAYINGS[language]).split())
    for lines in every_setting(language, writing):
        text = "".join(run.text for line in lines for run in line.runs)
        assert "".join(text.split()).replace("-", "") == wanted.replace("-", "")


@pytest.mark.parametrize(("language", "writing"), CASES)
def test_the_ink_lies_in_the_lines_boxes_and_those_in_the_body(
    language: str, writing: Writing
) -> None:
    for lines in every_setting(language, writing):
        body = round_body(lines, speech(language, writing), (0.5, 0.5))
        for line in lines:
            for x in (line.box.left, line.box.right):
                for y in (line.box.top, line.box.bottom):
                    assert body.holds(x, y)
            for run in drawn([line], (0, 0), 1):
                assert isinstance(run, TextRun)
                if run.text.strip():
                    assert line.box.grown(0.42).holds(bounds(run.outline()))


@pytest.mark.parametrize(("language", "writing"), CASES)
def test_runs_of_a_line_follow_each_other_without_a_gap(language: str, writing: Writing) -> None:
    if writing == "vertical":
        return
    for line in every_setting(language, writing)[-1]:
        runs = sorted(line.runs, key=lambda run: run.x)
        for one, two in pairwise(runs):
            assert two.x == pytest.approx(one.x + one.advance, abs=1e-6)


def test_columns_go_to_the_left_begin_at_one_height_and_hang_down() -> None:
    for lines in every_setting("ja", "vertical"):
        assert len({round(line.box.top, 6) for line in lines}) == 1
        middles = [line.box.center[0] for line in lines]
        assert middles == sorted(middles, reverse=True)
        assert sum(middles) == pytest.approx(0, abs=1e-6)


def test_a_column_turns_what_lies_and_narrows_what_shares_a_cell() -> None:
    line = one_line("12時にOKって", speech("ja", "vertical"))
    ways = [(run.text, run.direction, run.sideways, run.stretch < 1) for run in line.runs]
    assert ways == [
        ("12", "ltr", False, True),
        ("時に", "ttb", False, False),
        ("OK", "ltr", True, False),
        ("って", "ttb", False, False),
    ]


def test_arabic_lines_begin_at_the_right_and_mix_directions() -> None:
    font = speech("ar")
    line = one_line("قال Mario: سلام (123)!", font)
    places = {run.text.strip(): run.x for run in line.runs}
    assert places["قال"] > places["Mario"] > places["123"]
    short, *_ = blocks("سلام\nسلام يا صديقي", font, "level")
    first, second = set_lines(short, font, centered=False)
    assert first.box.right == pytest.approx(second.box.right)
    assert first.box.left > second.box.left


def test_lines_are_longer_where_a_hyphen_ends_them() -> None:
    font = speech("de")
    broken = next(b for b in blocks("Feuerwehrhauptfrau!", font, "lens") if len(b.lines) == 2)
    assert broken.lines[0].text.endswith("-")
    assert broken.lines[0].width == pytest.approx(one_line(broken.lines[0].text, font).width)
    whole = blocks("Feuerwehrhauptfrau!", font, "lens")[0]
    assert whole.raggedness < broken.raggedness


def test_the_white_outside_of_full_width_marks_is_no_part_of_a_line() -> None:
    font = speech("ja")
    assert one_line("「海」", font).width < one_line("海海海", font).width - 0.6


def test_a_sounds_letters_come_from_left_to_right_each_by_itself() -> None:
    fonts = small_fonts("ar")
    shapes, width = letters("ab", fonts.sound)
    assert len(shapes) == 2
    assert bounds(shapes[0]).left < bounds(shapes[1]).left < width
    arabic, _ = letters("لا", fonts.sound)
    assert len(arabic) == 1


def test_labels_show_what_can_be_shown() -> None:
    font = small_fonts().speech
    assert shown("1.海ຄ", font) == "1.海?"
    runs = text_runs("a海", font, 20, 5, 50)
    assert [run.text for run in runs] == ["a", "海"]
    assert (runs[0].x, runs[0].baseline) == (5, 50)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["海", "見える", "Mario", "سلام", "של", "등대", "12", "!?", "*so*", "—"]),
        min_size=1,
        max_size=14,
    ),
    st.sampled_from(["ja", "zh", "ar", "he", "ko", "en"]),
    st.booleans(),
)
def test_any_mixture_is_set_whole(words: list[str], language: str, vertical: bool) -> None:
    font = speech(language, "vertical" if vertical else "horizontal")
    text = clean(" ".join(words))
    for block in blocks(text, font, "lens"):
        lines = set_lines(block, font, centered=True)
        told = "".join(run.text for line in lines for run in line.runs)
        assert told.replace(" ", "") == plain(text).replace(" ", "")
