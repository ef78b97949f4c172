"""Samplers give the numbers of the public k-diffusion package, on a toy model."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.engine.names import SAMPLERS, evaluations, sampler_named
from storyboard.engine.noise import PanelNoise, together
from storyboard.engine.prediction import denoiser
from storyboard.engine.samplers import ancestral_step, sample
from storyboard.engine.schedule import TrainingSchedule
from tests.engine.toy import Case, ToyModel, cases

SD = TrainingSchedule.from_betas()
TOLERANCE = 1e-4
"""Of the largest value: k-diffusion computes its levels in float32, here they are float64."""


def draw(sampler: str, steps: int, seeds: list[int], eta: float = 1.0) -> tuple[Tensor, int]:
    """Latents from pure noise by the toy model, and how often it was asked."""
    toy, name = ToyModel(), sampler_named(sampler)
    model = denoiser(toy, "epsilon", SD)
    levels = SD.drawing(name.spacing, steps)
    noise = together([PanelNoise(seed, (4, 4, 4)) for seed in seeds])
    return sample(name.solver, model, noise() * levels[0], levels, noise, eta), toy.asked


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.sampler} {case.steps}")
def test_results_are_k_diffusions(case: Case) -> None:
    latent, _ = draw(case.sampler, case.steps, [case.seed])
    largest = case.result.abs().max()
    assert (latent - case.result).abs().max() <= TOLERANCE * largest


@pytest.mark.parametrize("steps", [1, 2, 5, 20])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_model_is_asked_as_often_as_foretold(sampler: str, steps: int) -> None:
    latent, asked = draw(sampler, steps, [1])
    assert asked == evaluations(sampler, steps)
    assert bool(torch.isfinite(latent).all())


def test_dpmpp_2s_a_asks_twice_a_step_but_once_in_the_last() -> None:
    assert evaluations("DPM++ 2S a Karras", 20) == 39


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_panel_is_the_same_alone_and_in_a_batch(sampler: str) -> None:
    batch, _ = draw(sampler, 6, [1, 2, 3])
    alone, _ = draw(sampler, 6, [2])
    assert torch.allclose(batch[1:2], alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_only_ancestral_samplers_draw_noise_and_never_in_the_last_step(sampler: str) -> None:
    name = sampler_named(sampler)
    draws = 0

    def noise() -> Tensor:
        nonlocal draws
        draws += 1
        return torch.zeros(1, 4, 4, 4)

    levels = SD.drawing(name.spacing, 6)
    model = denoiser(ToyModel(), "epsilon", SD)
    sample(name.solver, model, torch.ones(1, 4, 4, 4), levels, noise)
    assert draws == (5 if name.ancestral else 0)


def test_euler_a_without_eta_is_euler() -> None:
    ancestral, _ = draw("Euler a Karras", 8, [1], eta=0.0)
    plain, _ = draw("Euler Karras", 8, [1])
    assert torch.allclose(ancestral, plain, rtol=1e-5, atol=1e-5)


def test_the_two_parts_of_an_ancestral_step_add_up_in_squares() -> None:
    down, fresh = ancestral_step(4.0, 2.0, 1.0)
    assert down**2 + fresh**2 == pytest.approx(2.0**2)
    assert ancestral_step(4.0, 2.0, 0.0) == (2.0, 0.0)
    assert ancestral_step(4.0, 0.0, 1.0) == (0.0, 0.0)


def test_an_unknown_sampler_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="Euler b"):
        sampler_named("Euler b")
