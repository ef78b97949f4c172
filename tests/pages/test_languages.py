"""Every script as it is lettered, held to a picture that was looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.geometry import Size
from storyboard.pages.bodies import round_body, set_lines
from storyboard.pages.breaking import blocks
from storyboard.pages.commands import INK, WHITE, Command, FillPath, StrokePath
from storyboard.pages.compose import PageDrawing
from storyboard.pages.content import Writing
from storyboard.pages.itemising import missing
from storyboard.pages.raster import rasterise
from storyboard.pages.setting import drawn
from tests.support.fonts import speech
from tests.support.references import assert_looks_like

LINES: dict[str, tuple[str, Writing, str, int]] = {
    "emphasis": ("en", "horizontal", "So *that* is **why** ***nobody*** came.", 2),
    "french": ("fr", "horizontal", "« Quoi ! Trois nuits ? »", 2),
    "hyphen": ("de", "horizontal", "Feuerwehrhauptfrau!", 2),
    "russian": ("ru", "horizontal", "Маяк *давно* не горит!", 2),
    "greek": ("el", "horizontal", "Ποιος *έσβησε* τον φάρο;", 2),
    "japanese": ("ja", "horizontal", "灯台の光が見えない。「ほんとう？」", 2),
    "japanese-columns": ("ja", "vertical", "灯台の光が12日も見えない…。「OK」って!?", 4),
    "chinese": ("zh", "horizontal", "灯塔已经三个晚上没有亮了，“快走！”", 3),
    "chinese-columns": ("zh-Hant", "vertical", "燈塔已經三個晚上沒有亮了，快走！", 3),
    "korean": ("ko", "horizontal", "등대의 불이 꺼져 있었어.", 2),
    "arabic": ("ar", "horizontal", "لا أحد في المنارة، قال *Mario* (12)!", 2),
    "hebrew": ("he", "horizontal", "המגדלור כבוי, אמר Mario (12)!", 2),
}


@pytest.mark.parametrize("name", LINES)
def test_a_balloon_looks_as_it_did_when_it_was_looked_at(name: str, tmp_path: Path) -> None:
    language, writing, text, count = LINES[name]
    font = speech(language, writing)
    assert missing(text, font) == ()
    block = next(block for block in blocks(text, font, "lens") if len(block.lines) == count)
    lines = set_lines(block, font, centered=True)
    outline = round_body(lines, font, (0.55, 0.52)).scaled(28).outline((180, 150))
    paper: list[Command] = [StrokePath((outline,), INK, 4), FillPath((outline,), WHITE)]
    page = PageDrawing(Size(360, 300), (*paper, *drawn(lines, (180, 150), 28)))
    assert_looks_like(rasterise(page), name, tmp_path)
