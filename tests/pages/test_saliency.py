"""Faces and things are busier than sky and walls."""

from __future__ import annotations

import numpy as np
import pytest

from storyboard.pages.saliency import saliency


def test_a_flat_picture_is_calm() -> None:
    assert float(saliency(np.full((40, 60, 3), 128, dtype=np.uint8)).max()) == 0


def test_what_has_edges_is_busy() -> None:
    pixels = np.full((96, 96, 3), 200, dtype=np.uint8)
    pixels[48:, 48::4] = 0
    values = saliency(pixels)
    rows, columns = values.shape
    assert float(values[rows // 2 + 2 :, columns // 2 + 2 :].mean()) > 0.8
    assert float(values[: rows // 2 - 1, : columns // 2 - 1].mean()) < 0.2


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (7, 3, 3), (300, 200, 3)])
def test_any_size_has_values_from_0_to_1(shape: tuple[int, int, int]) -> None:
    values = saliency(np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8))
    assert values.dtype == np.float32
    assert 0 <= float(values.min()) <= float(values.max()) <= 1
