"""A panel's noise is its own: it depends on its seed and shape alone."""

from __future__ import annotations

import pytest
import torch

from storyboard.engine.noise import PanelNoise, together
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


def test_ensd_restarts_the_generator_after_the_first_draw() -> None:
    noise = PanelNoise(7, SHAPE, ensd=31337)
    assert torch.equal(noise.draw(), PanelNoise(7, SHAPE).draw())
    restarted = PanelNoise(7 + 31337, SHAPE)
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
