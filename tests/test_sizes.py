"""A panel's preview has the aspect bucket nearest to its cell, within the family's budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.geometry import Size
from storyboard.sizes import BUDGET_TOLERANCE, bucket, buckets, enlarged

SIDES = st.integers(40, 4000)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (Size(900, 450), Size(320, 160)),
        (Size(440, 440), Size(224, 224)),
        (Size(450, 600), Size(192, 256)),
    ],
)
def test_a_wide_panel_is_drawn_wide_and_a_tall_one_tall(cell: Size, expected: Size) -> None:
    assert bucket(cell, native_pixels=224 * 224, multiple=32) == expected


def test_stable_diffusion_gets_the_sizes_its_users_know() -> None:
    sizes = buckets(512 * 512, 64)
    assert {Size(512, 512), Size(448, 640), Size(640, 448), Size(384, 640)} <= set(sizes)


@given(width=SIDES, height=SIDES)
def test_every_cell_has_a_bucket_within_the_budget(width: int, height: int) -> None:
    size = bucket(Size(width, height), 512 * 512, 64)
    assert size.area <= 512 * 512 * BUDGET_TOLERANCE
    assert size.width % 64 == 0
    assert size.height % 64 == 0


@given(width=SIDES, height=SIDES)
def test_a_turned_cell_has_the_turned_bucket(width: int, height: int) -> None:
    upright = bucket(Size(width, height), 512 * 512, 64)
    turned = bucket(Size(height, width), 512 * 512, 64)
    assert (turned.width, turned.height) == (upright.height, upright.width)


def test_an_enlarged_size_stays_a_multiple_of_eight() -> None:
    assert enlarged(Size(224, 320), 1.5) == Size(336, 480)
    assert enlarged(Size(192, 256), 1.3) == Size(248, 336)
