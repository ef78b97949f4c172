"""The upscaler's measures say what they are to say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.upscaler import Enlarge, Pixels, report, score, seconds, ssim, ways
from storyboard.models.catalog import Catalog, Kind, builtin_root
from tests.support.upscalers import tiny_upscaler

WAYS = ("lanczos", "inkling-2x")


def rings(side: int = 96) -> Pixels:
    """Circles of two colours, with soft edges."""
    down, across = np.mgrid[0:side, 0:side] / side - 0.5
    wave = 0.5 + 0.5 * np.tanh(6 * np.sin(60 * np.hypot(down, across)))
    picture = wave[..., None] * [250, 180, 40] + (1 - wave[..., None]) * [20, 30, 60]
    pixels: Pixels = picture.astype(np.uint8)
    return pixels


def test_the_truth_itself_has_the_best_score() -> None:
    perfect = score(rings(), rings())
    assert perfect.psnr > 100
    assert perfect.ssim == pytest.approx(1)
    assert perfect.sharpness == pytest.approx(1)
    assert perfect.edge_error == 0


def test_a_blurred_picture_is_less_sharp_and_a_noisy_one_more() -> None:
    truth = rings()
    blurred = ((truth[:-1].astype(int) + truth[1:]) // 2).astype(np.uint8)
    noise = np.random.default_rng(3).integers(-30, 31, truth.shape)
    noisy = np.clip(truth + noise, 0, 255).astype(np.uint8)
    assert score(blurred, truth[:-1]).sharpness < 0.99
    assert score(noisy, truth).sharpness > 1.01
    assert score(noisy, truth).psnr < 30
    assert ssim(noisy.mean(2), truth.mean(2)) < 0.99


def test_all_ways_double_a_picture(tmp_path: Path) -> None:
    compared = ways(Path(tiny_upscaler(tmp_path / "mine.safetensors").path))
    assert list(compared) == ["bicubic", "lanczos", "mine"]
    for enlarge in compared.values():
        assert enlarge(rings(48)).shape == (96, 96, 3)


def test_the_table_has_a_line_for_each_input_and_way() -> None:
    means = {"as drawn": {"lanczos": score(rings(), rings())}}
    assert report(means).splitlines()[2].startswith("| as drawn | lanczos | ")


@pytest.fixture(scope="module")
def shipped() -> Mapping[str, Enlarge]:
    """The ways, with the upscaler that ships."""
    return ways(Catalog([builtin_root()]).find(Kind.UPSCALER, "inkling-2x").path)


def outlined(side: int, seed: int) -> Pixels:
    """Discs with dark outlines, drawn eight times as large: edges as clean as can be."""
    random = np.random.default_rng(seed)
    large = Image.new("RGB", (8 * side, 8 * side), tuple(random.integers(120, 256, 3).tolist()))
    pen = ImageDraw.Draw(large)
    for _ in range(6):
        x, y, radius = (random.uniform((0, 0, 0.1), (1, 1, 0.3)) * 8 * side).tolist()
        box = (x - radius, y - radius, x + radius, y + radius)
        fill = tuple(random.integers(60, 256, 3).tolist())
        pen.ellipse(box, fill, (30, 24, 40), width=round(0.022 * 8 * side))
    return np.asarray(large.reduce(8))


def test_the_upscaler_that_ships_is_nearer_the_truth_than_lanczos(
    shipped: Mapping[str, Enlarge],
) -> None:
    for seed in range(3):
        truth = outlined(192, seed)
        small = np.asarray(Image.fromarray(truth).reduce(2))
        by_lanczos, by_network = (score(shipped[way](small), truth) for way in WAYS)
        assert by_network.psnr > by_lanczos.psnr + 1
        assert by_network.ssim > by_lanczos.ssim
        assert abs(1 - by_network.sharpness) < abs(1 - by_lanczos.sharpness)


def test_the_upscaler_that_ships_doubles_a_preview_in_little_time(
    shipped: Mapping[str, Enlarge],
) -> None:
    _, busy = seconds(shipped["inkling-2x"])
    assert busy < 1.5
