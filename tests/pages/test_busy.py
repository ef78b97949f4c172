"""What is busy in a picture is found where its crop shows it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from storyboard.geometry import Rect, Size
from storyboard.pages.busy import busy_cell, calm_cell
from storyboard.pages.commands import Crop
from storyboard.pages.shapes import Box
from tests.pages.samples import At

CELL = Rect(100, 50, 400, 200)


def test_the_mean_is_over_the_boxs_part() -> None:
    saliency = np.zeros((2, 4), dtype=np.float32)
    saliency[:, 3] = 1
    busy = busy_cell(saliency, Size(40, 20), Crop(0, 0, 40, 20), CELL)
    assert busy.mean(Box(400, 50, 500, 250)) == pytest.approx(1)
    assert busy.mean(Box(300, 50, 500, 250)) == pytest.approx(0.5)
    assert busy.mean(Box(100, 50, 200, 250)) == pytest.approx(0)
    assert busy.share(Box(400, 50, 500, 150)) == pytest.approx(0.5)


def test_a_crop_shows_its_part_of_the_saliency() -> None:
    saliency = np.zeros((4, 4), dtype=np.float32)
    saliency[:, :2] = 1
    left = busy_cell(saliency, Size(40, 40), Crop(0, 0, 20, 10), CELL)
    right = busy_cell(saliency, Size(40, 40), Crop(20, 0, 20, 10), CELL)
    whole = Box(100, 50, 500, 250)
    assert left.mean(whole) == pytest.approx(1)
    assert right.mean(whole) == pytest.approx(0)


def test_the_heart_is_where_it_is_busy() -> None:
    saliency = np.zeros((10, 10), dtype=np.float32)
    saliency[5, 7] = 1
    busy = busy_cell(saliency, Size(10, 10), Crop(0, 0, 10, 10), CELL)
    heart = busy.heart(0.5, 1.0)
    assert heart is not None
    assert heart.center == pytest.approx((100 + 0.75 * 400, 50 + 0.55 * 200))
    assert math.pi * heart.radius**2 == pytest.approx(0.01 * 400 * 200)
    assert busy.heart(0.0, 0.5) is None


def test_a_spot_of_the_picture_is_found_where_its_crop_shows_it() -> None:
    busy = busy_cell(None, Size(40, 40), Crop(0, 10, 40, 20), CELL)
    assert busy.on_page(At(0.5, 0.5)) == pytest.approx((300, 150))
    assert busy.on_page(At(0.0, 0.25)) == pytest.approx((100, 50))


def test_without_a_picture_everything_is_calm() -> None:
    assert calm_cell(CELL).mean(Box(0, 0, 1000, 1000)) == 0
    assert calm_cell(CELL).heart(0, 1) is None


def test_what_is_not_finite_is_calm() -> None:
    saliency = np.full((3, 3), np.nan, dtype=np.float32)
    busy = busy_cell(saliency, Size(9, 9), Crop(0, 0, 9, 9), CELL)
    assert busy.mean(Box(100, 50, 500, 250)) == 0
