"""Faces and things are busier than sky and walls."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from storyboard.pages.saliency import saliency


def test_a_flat_picture_is_calm() -> None:
    assert float(saliency(np.full((40, 60, 3), 128, dtype=np.uint8)).max()) == 0


def test_what_has_edges_is_busy() -> None:
    pixels = np.full((96, 96, 3), 200, dtype=np.uint8)
    pixels[48:, 48::4] = 0
    values = saliency(pixels)
    rows, columns = values.shape
    assert float(values[rows // 2 + 2 :, columns // 2 + 2 :].mean()) > 0.45
    assert float(values[: rows // 2 - 1, : columns // 2 - 1].mean()) < 0.2


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (7, 3, 3), (300, 200, 3)])
def test_any_size_has_values_from_0_to_1(shape: tuple[int, int, int]) -> None:
    values = saliency(np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8))
    assert values.dtype == np.float32
    assert 0 <= float(values.min()) <= float(values.max()) <= 1


def portrait(skin: tuple[int, int, int], ground: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """A round head with eyes and a mouth, at 60 % of the width and 45 % of the height."""
    y, x = np.mgrid[:128, :128] / 128
    pixels = np.empty((128, 128, 3), dtype=np.uint8)
    pixels[:] = ground
    pixels[np.hypot(x - 0.6, y - 0.45) < 0.2] = skin
    for left, top in ((0.53, 0.42), (0.67, 0.42), (0.6, 0.55)):
        pixels[np.hypot(x - left, y - top) < 0.035] = (20, 15, 15)
    return pixels


@pytest.mark.parametrize("skin", [(246, 214, 190), (198, 140, 104), (110, 66, 44)])
def test_a_face_is_the_busiest_of_all(skin: tuple[int, int, int]) -> None:
    values = saliency(portrait(skin, (60, 90, 130)))
    rows, columns = np.nonzero(values > 0.72)
    assert float(columns.mean()) / 32 == pytest.approx(0.6, abs=0.06)
    assert float(rows.mean()) / 32 == pytest.approx(0.45, abs=0.06)
    assert 0.3 < len(rows) / (math.pi * 0.2**2 * 32**2) < 2


def test_a_round_thing_of_another_hue_is_edges_alone() -> None:
    assert float(saliency(portrait((60, 170, 90), (60, 90, 130))).max()) <= 0.71
