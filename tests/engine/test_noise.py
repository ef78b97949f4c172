"""A panel's noise is its own: it depends on its seed and shape alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from storyboard.engine.noise import PanelNoise, along_paths, slerp, together
from storyboard.engine.philox import Philox
from storyboard.jobs import Rng, Variation
from tests.engine.toy import Case, cases

SHAPE = (4, 6, 5)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.sampler} {case.steps}")
def test_the_first_draw_is_the_webuis(case: Case) -> None:
    drawn = PanelNoise(case.seed, (4, 4, 4)).draw()
    assert drawn.flatten()[:4].tolist() == case.first_noise


def test_later_draws_go_on_from_the_same_generator() -> None:
    noise = PanelNoise(7, SHAPE)
    generator = torch.Generator().manual_seed(7)
    for _ in range(3):
        assert torch.equal(noise.draw(), torch.randn(SHAPE, generator=generator))


def test_the_other_source_is_a_gpus_generator() -> None:
    noise, generator = PanelNoise(7, SHAPE, rng="nv"), Philox(7)
    for _ in range(3):
        assert torch.equal(noise.draw(), generator.randn(SHAPE))


@pytest.mark.parametrize("rng", ["cpu", "nv"])
def test_ensd_restarts_the_generator_after_the_first_draw(rng: Rng) -> None:
    noise = PanelNoise(7, SHAPE, ensd=31337, rng=rng)
    assert torch.equal(noise.draw(), PanelNoise(7, SHAPE, rng=rng).draw())
    restarted = PanelNoise(7 + 31337, SHAPE, rng=rng)
    assert torch.equal(noise.draw(), restarted.draw())
    assert torch.equal(noise.draw(), restarted.draw())


def test_a_panels_noise_is_bitwise_the_same_in_a_batch() -> None:
    draw = together([PanelNoise(seed, SHAPE) for seed in (1, 2, 3)])
    alone = PanelNoise(2, SHAPE)
    for _ in range(3):
        assert torch.equal(draw()[1], alone.draw())


def test_a_seed_below_zero_after_ensd_still_draws() -> None:
    noise = PanelNoise(0, SHAPE, ensd=-1)
    noise.draw()
    assert bool(torch.isfinite(noise.draw()).all())


LEVELS = torch.tensor([14.6, 5.0, 1.0, 0.03, 0.0])


@pytest.mark.parametrize("rng", ["cpu", "nv"])
def test_a_panels_path_is_bitwise_the_same_in_a_batch(rng: Rng) -> None:
    batch = along_paths([PanelNoise(seed, SHAPE, rng=rng) for seed in (1, 2, 3)], LEVELS)
    alone = along_paths([PanelNoise(2, SHAPE, rng=rng)], LEVELS)
    for level, following in ((0, 1), (1, 2), (2, 3)):
        noise = batch(LEVELS[level], LEVELS[following])
        assert torch.equal(noise[1:2], alone(LEVELS[level], LEVELS[following]))


def test_a_paths_noise_has_variance_one_whatever_the_step() -> None:
    noise = along_paths([PanelNoise(1, (4, 64, 64))], LEVELS)
    for level, following in ((0, 1), (1, 2), (2, 3)):
        drawn = noise(LEVELS[level], LEVELS[following])
        assert float(drawn.std()) == pytest.approx(1, abs=0.03)


def test_a_path_is_of_the_panels_seed_and_takes_nothing_from_its_other_draws() -> None:
    drawn, fresh = PanelNoise(1, SHAPE, ensd=5), PanelNoise(1, SHAPE)
    drawn.draw()
    assert torch.equal(drawn.path(0.1, 9.0).increment(1, 2), fresh.path(0.1, 9.0).increment(1, 2))
    assert torch.equal(fresh.draw(), PanelNoise(1, SHAPE).draw())


def test_a_step_of_no_width_has_no_noise() -> None:
    noise = along_paths([PanelNoise(1, SHAPE)], LEVELS)
    assert torch.equal(noise(LEVELS[1], LEVELS[1]), torch.zeros(1, *SHAPE))


@pytest.mark.parametrize("rng", ["cpu", "nv"])
@pytest.mark.parametrize("ensd", [0, 31337])
def test_a_variation_changes_the_first_draw_alone(rng: Rng, ensd: int) -> None:
    plain = PanelNoise(7, SHAPE, ensd, rng)
    varied = PanelNoise(7, SHAPE, ensd, rng, Variation(9, 0.25))
    other = PanelNoise(9, SHAPE, rng=rng).draw()
    first = plain.draw()
    assert torch.equal(varied.draw(), slerp(0.25, first, other))
    assert not torch.equal(first, slerp(0.25, first, other))
    for _ in range(3):
        assert torch.equal(varied.draw(), plain.draw())


@pytest.mark.parametrize("share", [0.001, 0.3, 0.5, 0.999])
def test_the_way_between_two_noises_is_an_arc_column_by_column(share: float) -> None:
    """Shoemake's formula in float64, one column after the other, as the WebUI takes it."""
    noise, other = (PanelNoise(seed, SHAPE).draw().double().numpy() for seed in (7, 9))
    found = slerp(share, PanelNoise(7, SHAPE).draw(), PanelNoise(9, SHAPE).draw())
    for channel in range(SHAPE[0]):
        for column in range(SHAPE[2]):
            a, b = noise[channel, :, column], other[channel, :, column]
            angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
            weights = np.sin((1 - share) * angle), np.sin(share * angle)
            expected = (weights[0] * a + weights[1] * b) / np.sin(angle)
            assert found[channel, :, column].numpy() == pytest.approx(expected, abs=1e-5)


def test_the_ends_of_the_arc_are_the_noises_themselves() -> None:
    noise, other = PanelNoise(7, SHAPE).draw(), PanelNoise(9, SHAPE).draw()
    assert torch.equal(slerp(0.0, noise, other), noise)
    assert torch.equal(slerp(1.0, noise, other), other)


def test_noise_along_the_arc_is_as_strong_as_at_its_ends() -> None:
    shape = (4, 64, 64)
    noise, other = PanelNoise(7, shape).draw(), PanelNoise(9, shape).draw()
    for share in (0.25, 0.5, 0.75):
        assert slerp(share, noise, other).std().item() == pytest.approx(1, abs=0.02)


def test_parallel_columns_have_no_arc_and_stay_numbers() -> None:
    noise = PanelNoise(7, SHAPE).draw()
    assert torch.allclose(slerp(0.3, noise, noise), noise, atol=1e-6)
    assert torch.allclose(slerp(0.25, noise, -noise), noise * 0.5, atol=1e-6)
    flat = (4, 1, 5)  # columns of one number are always parallel
    one, other = PanelNoise(7, flat).draw(), PanelNoise(9, flat).draw()
    assert torch.allclose(slerp(0.5, one, other), (one + other) / 2, atol=1e-6)
