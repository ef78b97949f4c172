"""A story may name its fonts; what is not there, or is none, is told at its place."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from storyboard.errors import Problem, Problems, ProblemsError
from storyboard.ownfonts import own_fonts
from storyboard.pages.fonts import Fonts, bundled_families
from storyboard.pages.itemising import itemised, missing
from storyboard.story.read import read_story
from tests.faults.path_corpus import ENTRIES, HARMLESS, LEADING_OUT, lay_out, named
from tests.support.fonts import FOLDER, Machine
from tests.support.stories import compiled

STORY = "title: T\n{fonts}\npages: [{{panels: {{a: {{}}}}}}]\n"
BANGERS = bundled_families()[2].upright.path


def read(folder: Path, fonts: str) -> tuple[Fonts, tuple[Problem, ...]]:
    (folder / "story.yaml").write_text(STORY.format(fonts=fonts), encoding="utf-8")
    problems = Problems()
    found = own_fonts(read_story(folder / "story.yaml"), problems, Machine())
    return found, problems.all()


def test_a_story_that_names_none_has_the_usual_fonts(tmp_path: Path) -> None:
    fonts, problems = read(tmp_path, "")
    assert not problems
    assert fonts.speech.families == bundled_families()[:2]
    assert fonts.sound.families[0] == bundled_families()[2]


def test_a_file_beside_the_story_letters_speech_and_leans_in_thoughts(tmp_path: Path) -> None:
    shutil.copy(BANGERS, tmp_path / "mine.ttf")
    fonts, problems = read(tmp_path, "fonts: {speech: mine.ttf}")
    assert not problems
    for font in (fonts.speech, fonts.thought, fonts.caption):
        assert font.face.path == (tmp_path / "mine.ttf").resolve()
    assert fonts.thought.face.slant > 0
    assert fonts.sound.face.path == BANGERS


def test_what_a_named_font_lacks_is_lettered_in_the_fallbacks(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    shutil.copy(FOLDER / "NotoSansCJKtc.otf", tmp_path / "fonts")
    fonts, problems = read(
        tmp_path,
        "language: zh\nfonts: {sfx: Noto Sans Hebrew, fallback: [fonts/NotoSansCJKtc.otf]}",
    )
    assert not problems
    assert itemised("國", fonts.speech).faces[0].path.parent == (tmp_path / "fonts").resolve()
    assert fonts.sound.face.path == FOLDER / "NotoSansHebrew.ttf"
    assert missing("אב K!", fonts.sound) == ()


def test_another_file_at_the_same_path_is_another_font(tmp_path: Path) -> None:
    shutil.copy(BANGERS, tmp_path / "mine.ttf")
    before = read(tmp_path, "fonts: {speech: mine.ttf}")[0].speech.face
    shutil.copy(FOLDER / "NotoSansHebrew.ttf", tmp_path / "mine.ttf")
    after = read(tmp_path, "fonts: {speech: mine.ttf}")[0].speech.face
    assert before != after
    assert after.covers("ש") and not before.covers("ש")


@pytest.mark.parametrize(
    ("fonts", "message", "hint"),
    [
        ("fonts: {speech: none.ttf}", "there is no font none.ttf beside the story", ""),
        ("fonts: {sfx: ../x.ttf}", "the font ../x.ttf lies outside the story's folder", "copy it"),
        ("fonts: {thought: broken.otf}", "broken.otf cannot be read as a font", "take another"),
        ("fonts: {caption: Nowhere Sans}", "there is no font Nowhere Sans on this m", "install"),
        ("fonts: {fallback: [broken.otf]}", "broken.otf cannot be read as a font", "take another"),
    ],
)
def test_a_font_that_cannot_be_used_is_told_at_its_place(
    tmp_path: Path, fonts: str, message: str, hint: str
) -> None:
    (tmp_path / "broken.otf").write_bytes(b"OTTO is not enough")
    _, (problem,) = read(tmp_path, fonts)
    assert problem.message.startswith(message)
    assert hint in problem.hint
    assert problem.mark.line == 2
    assert problem.mark.column > 8


@pytest.mark.skipif(sys.platform == "win32", reason="it makes links and pipes")
def test_no_name_of_a_font_leads_out_or_astray(tmp_path: Path) -> None:
    story, outside = lay_out(tmp_path)
    for path in (story / "inside.ttf", story / "café.ttf", outside / "secret.ttf"):
        shutil.copy(BANGERS, path)
    accepted = []
    for entry in ENTRIES:
        said = json.dumps({"speech": named(entry, ".ttf", outside)})
        try:
            _, problems = read(story, f"fonts: {said}")
        except ProblemsError:  # it is no text that a story may hold
            continue
        if not problems:
            accepted.append(entry)
    assert set(HARMLESS) <= set(accepted)
    assert not set(LEADING_OUT) & set(accepted)


def test_a_font_of_a_size_that_no_font_has_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.ttf").open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    _, (problem,) = read(tmp_path, "fonts: {speech: huge.ttf}")
    assert problem.message == "the font huge.ttf is larger than 64 MB"


def test_the_check_of_a_story_tells_it_too(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match=r"there is no font none\.ttf beside the story"):
        compiled(tmp_path, STORY.format(fonts="fonts: {speech: none.ttf}"))
