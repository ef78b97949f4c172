"""Sheets: labelled pictures in a file that a repository can bear."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.grids import GAP, LABEL, LARGEST, Grid, Labelled, cell_for, write_grid
from benchmarks.judge import Pixels


def flat(value: int, height: int = 40, width: int = 40) -> Pixels:
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_pictures_stand_row_by_row_above_their_labels() -> None:
    pictures = tuple(Labelled(f"grey {value}", flat(value)) for value in (10, 90, 200))
    with Image.open(io.BytesIO(Grid(pictures, 2, (40, 40)).png())) as image:
        assert image.size == (GAP + 2 * (40 + GAP), GAP + 2 * (40 + LABEL + GAP))
        sheet = image.convert("L")
    step = 40 + GAP
    assert sheet.getpixel((GAP + 20, GAP + 20)) == 10
    assert sheet.getpixel((GAP + step + 20, GAP + 20)) == 90
    assert sheet.getpixel((GAP + 20, GAP + 40 + LABEL + GAP + 20)) == 200
    label = sheet.crop((GAP, GAP + 40, GAP + 40, GAP + 40 + LABEL))
    assert min(label.tobytes()) < 100


def test_noise_is_made_small_enough() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    grid = Grid((Labelled("noise", noise),) * 12, 4, (400, 400))
    assert len(grid.png()) <= LARGEST


def test_equal_pictures_make_equal_bytes(tmp_path: Path) -> None:
    for name in ("one.png", "other.png"):
        write_grid(tmp_path / name, ["a", "b"], [flat(1), flat(2)], 2)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_a_grid_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        Grid((), 3).png()


def test_cells_have_the_pictures_aspect() -> None:
    width, height = cell_for([flat(0, 100, 200)])
    assert width / height == pytest.approx(2, rel=0.02)
