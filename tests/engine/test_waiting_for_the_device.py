"""While a picture is drawn, nothing waits for the device: no step looks at a latent's numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.engine.names import SAMPLERS
from storyboard.engine.noise import PanelNoise, ahead, together
from storyboard.engine.samplers import Route
from storyboard.engine.schedule import TrainingSchedule

SHAPE = (4, 8, 8)
ALPHAS = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_goes_all_the_way_with_latents_that_have_no_numbers(name: str) -> None:
    """On torch's device `meta` tensors have a shape and nothing else: `item`, `cpu`, or a question
    whether one is finite, would raise there, and stall a GPU."""
    schedule = TrainingSchedule.from_alphas(ALPHAS)
    route = Route.plan(name, 6, schedule)
    noises = [PanelNoise(seed, SHAPE) for seed in (1, 2)]
    x = route.begun(together(noises)()).to("meta")
    denoised = route.denoiser(lambda latents, timestep: latents * 0.5, "epsilon")
    found: Tensor = route.walked(denoised, x, noises, 1.0)
    assert (found.device.type, found.shape) == ("meta", (2, *SHAPE))


def test_noise_drawn_ahead_is_the_same_noise() -> None:
    like = torch.zeros(1)
    step_by_step = together([PanelNoise(seed, SHAPE) for seed in (1, 2)])
    drawn = ahead(together([PanelNoise(seed, SHAPE) for seed in (1, 2)]), 3, like)
    for _ in range(3):
        assert torch.equal(step_by_step(), drawn())
