"""Likeness of pictures: known values, and what must hold for any picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.judge import Pixels
from storyboard.likeness import color_difference, enlarged, sharpness, shrunk, ssim


def noise(seed: int, height: int = 24, width: int = 20) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def flat(red: int, green: int, blue: int, side: int = 16) -> Pixels:
    return np.full((side, side, 3), (red, green, blue), dtype=np.uint8)


def test_a_picture_is_like_itself() -> None:
    assert ssim(noise(1), noise(1)) == pytest.approx(1.0)
    assert color_difference(noise(1), noise(1)) == 0


def test_two_greys_differ_in_luminance_alone() -> None:
    """Wang 2004, equation 6: (2 * 100 * 150 + C1) / (100^2 + 150^2 + C1), C1 = 2.55^2."""
    expected = (2 * 100 * 150 + 6.5025) / (100**2 + 150**2 + 6.5025)
    assert ssim(flat(100, 100, 100), flat(150, 150, 150)) == pytest.approx(expected, rel=1e-9)


def test_a_pattern_and_its_negative_are_opposite() -> None:
    """Of +-100 around 128: structure is -1 but for C2 = 7.65^2, luminance all but 1."""
    board = np.indices((32, 32)).sum(0) % 2 * 200 + 28
    picture = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    negative = (256 - picture.astype(int)).astype(np.uint8)
    assert ssim(picture, negative) == pytest.approx(-1.0, abs=0.01)


def test_noise_is_unlike_other_noise() -> None:
    assert abs(ssim(noise(1), noise(2))) < 0.2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_likeness_has_no_direction_and_no_more_than_one(one: int, other: int) -> None:
    value = ssim(noise(one), noise(other))
    assert value == pytest.approx(ssim(noise(other), noise(one)))
    assert -1 <= value <= 1 + 1e-9


def test_more_noise_is_less_like() -> None:
    picture = enlarged(noise(3, 6, 5), noise(0, 48, 40))
    shaken = [
        np.clip(picture + np.random.default_rng(4).normal(0, much, picture.shape), 0, 255)
        for much in (5, 20, 60)
    ]
    values = [ssim(picture, one.astype(np.uint8)) for one in shaken]
    assert values == sorted(values, reverse=True)


def test_white_and_black_are_a_hundred_apart() -> None:
    assert color_difference(flat(255, 255, 255), flat(0, 0, 0)) == pytest.approx(100, abs=0.1)


def test_red_and_blue_are_as_far_apart_as_cie_says() -> None:
    """sRGB red is L*a*b* (53.24, 80.09, 67.20), blue (32.30, 79.19, -107.86)."""
    expected = ((53.24 - 32.30) ** 2 + (80.09 - 79.19) ** 2 + (67.20 + 107.86) ** 2) ** 0.5
    assert color_difference(flat(255, 0, 0), flat(0, 0, 255)) == pytest.approx(expected, abs=0.3)


def test_a_blurred_picture_is_less_sharp() -> None:
    picture = noise(5, 48, 40)
    soft = enlarged(shrunk(picture, noise(0, 24, 20)), picture)
    assert sharpness(soft) < sharpness(picture) / 2
    assert sharpness(flat(9, 9, 9)) == 0


def test_shrinking_takes_means() -> None:
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    picture[::2] = 200
    assert (shrunk(picture, flat(0, 0, 0, 2)) == 100).all()


@pytest.mark.parametrize("measure", [ssim, color_difference])
def test_pictures_of_two_sizes_are_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match="cannot be compared"):
        measure(noise(1, 24, 20), noise(1, 20, 24))


def test_a_picture_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller than the window"):
        ssim(noise(1, 10, 20), noise(1, 10, 20))
