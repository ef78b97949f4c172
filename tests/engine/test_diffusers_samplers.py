"""DDIM, UniPC and LCM's boundary agree with diffusers' schedulers over the same levels."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, LCMScheduler, UniPCMultistepScheduler
from torch import Tensor

from storyboard.engine.noise import PanelNoise
from storyboard.engine.prediction import consistent
from storyboard.engine.samplers import Route, sample
from storyboard.engine.schedule import TrainingSchedule
from tests.engine.toy import ALPHAS, SHAPE, ToyModel, relative

# mypy cannot see their methods.
DDIM: Any = DDIMScheduler
LCM: Any = LCMScheduler
UNIPC: Any = UniPCMultistepScheduler

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
TOLERANCE = 1e-5
STEPS = [1, 2, 3, 4, 5, 7, 20, 30, 50]


def ours(name: str, seed: int, steps: int, eta: float | None = None) -> Tensor:
    return sample(name, ToyModel(), SHAPE, [seed], steps, alphas_cumprod=ALPHAS, eta=eta)


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("steps", STEPS)
def test_ddim_is_diffusers_as_stable_diffusion_sets_it(steps: int, eta: float) -> None:
    scheduler = DDIM(**SD, set_alpha_to_one=False, steps_offset=1, clip_sample=False)
    scheduler.set_timesteps(steps)
    toy, noise = ToyModel(), PanelNoise(steps, SHAPE)
    x = noise.draw()[None]
    for timestep in scheduler.timesteps:
        fresh = noise.draw()[None] if eta else None
        epsilon = toy.of(x, float(timestep))
        x = scheduler.step(epsilon, timestep, x, eta=eta, variance_noise=fresh).prev_sample
    assert relative(ours("DDIM", steps, steps, eta), x) <= TOLERANCE


@pytest.mark.parametrize("steps", STEPS)
def test_unipc_steps_as_diffusers_do(steps: int) -> None:
    """Of order 3 with B(h) = h, down to the model's first level, which are the WebUI's settings."""
    route = Route.plan("UniPC", steps, TrainingSchedule.from_alphas(ALPHAS))
    scheduler = UNIPC(**SD, solver_order=3, solver_type="bh1")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="__array__ implementation")
        scheduler.set_timesteps(steps)
    scheduler.sigmas = torch.tensor(route.sigmas, dtype=torch.float32)
    scheduler.timesteps = torch.tensor([route.schedule.timestep(s) for s in route.sigmas[:-1]])
    toy, x = ToyModel(), PanelNoise(steps, SHAPE).draw()[None]
    for index, timestep in enumerate(scheduler.timesteps):
        scheduler._step_index = index
        x = scheduler.step(toy.of(x, float(timestep)), timestep, x).prev_sample
    assert relative(ours("UniPC", steps, steps), x) <= TOLERANCE


def test_unipc_walks_evenly_from_the_last_training_step_to_the_first() -> None:
    route = Route.plan("UniPC", 9, TrainingSchedule.from_alphas(ALPHAS))
    steps = [route.schedule.timestep(sigma) for sigma in route.sigmas]
    assert steps == pytest.approx([111 * left for left in range(9, -1, -1)], abs=1e-3)


@pytest.mark.parametrize("timestep", [999, 499, 19])
def test_a_consistency_model_is_held_to_diffusers_boundary(timestep: int) -> None:
    schedule = TrainingSchedule.from_alphas(ALPHAS)
    skip, out = LCM(**SD).get_scalings_for_boundary_condition_discrete(timestep)
    x, clean = torch.full((1, *SHAPE), 3.0), torch.full((1, *SHAPE), 2.0)
    sigma = float(schedule.sigmas[timestep])
    found = consistent(lambda *_: clean, schedule)(x, sigma)
    assert torch.allclose(found, clean * out + x * skip, rtol=1e-6)


def test_lcm_draws_the_clean_latent_and_noises_it_anew() -> None:
    schedule = TrainingSchedule.from_alphas(ALPHAS).thinned()
    toy, noise = ToyModel(), PanelNoise(4, SHAPE)
    levels = schedule.drawing("uniform", 3)
    x = noise.draw()[None] * levels[0]
    for sigma, following in pairwise(levels):
        epsilon = toy.of(x / (sigma**2 + 1) ** 0.5, schedule.timestep(sigma))
        x = x - epsilon * sigma
        x = x + noise.draw()[None] * following if following else x
    assert relative(ours("LCM", 4, 3), x) <= 1e-4
