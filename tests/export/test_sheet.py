"""A contact sheet shows every panel with its address, however many there are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from storyboard.export.sheet import Thumbnail, contact_sheet, sheet_drawing
from storyboard.geometry import Size
from storyboard.pages.commands import Picture, TextRun
from tests.pages.samples import gradient


def test_every_panel_is_shown_whole_with_its_address_below(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(300, 150))
    drawing = sheet_drawing([Thumbnail(f"1.{name}", picture) for name in "abcde"])
    shown = [command for command in drawing.commands if isinstance(command, Picture)]
    names = [command for command in drawing.commands if isinstance(command, TextRun)]
    assert [run.text for run in names] == ["1.a", "1.b", "1.c", "1.d", "1.e"]
    for thumbnail, name in zip(shown, names, strict=True):
        assert thumbnail.cell.width == 2 * thumbnail.cell.height
        assert name.baseline > thumbnail.cell.bottom
        assert thumbnail.cell.left <= name.x <= thumbnail.cell.right


def test_a_missing_picture_is_gray() -> None:
    with Image.open(io.BytesIO(contact_sheet([Thumbnail("1.a", None)]))) as sheet:
        assert sheet.getpixel((sheet.width // 2, sheet.height // 3)) == (236, 236, 232)


@pytest.mark.parametrize("count", [0, 1, 7, 400, 9000])
def test_sheets_stay_within_what_can_be_viewed(count: int) -> None:
    drawing = sheet_drawing([Thumbnail(f"{i}.a", None) for i in range(count)])
    assert drawing.size.area <= 60_000_000
    for command in drawing.commands:
        if isinstance(command, TextRun):
            assert 0 <= command.x <= drawing.size.width
            assert command.baseline < drawing.size.height


def test_long_addresses_shrink_to_their_picture() -> None:
    drawing = sheet_drawing([Thumbnail("12." + "long-name-" * 6, None)])
    run = next(command for command in drawing.commands if isinstance(command, TextRun))
    assert run.font.width(run.text, run.size) <= 288 + 1e-6


def test_equal_sheets_give_equal_bytes(tmp_path: Path) -> None:
    picture = gradient(tmp_path / "a.png", Size(30, 50))
    assert contact_sheet([Thumbnail("1.a", picture)]) == contact_sheet([Thumbnail("1.a", picture)])
