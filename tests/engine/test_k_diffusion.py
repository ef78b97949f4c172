"""Samplers against the public k-diffusion package itself, where it is installed: more seeds, step
counts, sources of noise and precisions than are recorded. See `tests/oracles.txt`."""

from __future__ import annotations

import importlib

import pytest
import torch

from storyboard.engine.names import sampler_named
from storyboard.engine.noise import PanelNoise
from storyboard.engine.philox import Philox
from storyboard.engine.samplers import Route, sample
from storyboard.engine.schedule import TrainingSchedule
from tests.engine.k_diffusion import Oracle, k_diffusion, names
from tests.engine.toy import ALPHAS, SHAPE, ToyModel, relative

if k_diffusion is None:
    pytest.skip("k-diffusion is not installed", allow_module_level=True)

TOLERANCE = 1e-5
SD = TrainingSchedule.from_alphas(ALPHAS.float())


@pytest.mark.parametrize("name", names())
def test_a_batch_is_drawn_as_k_diffusion_draws_it(name: str) -> None:
    """In whatever precision the model's schedule is given."""
    for alphas, seeds, steps in ((ALPHAS.float(), [0, 77, 78], 3), (ALPHAS, [2**32 - 1], 9)):
        oracle = Oracle(alphas)
        levels = oracle.levels(sampler_named(name), steps).float()
        drawn = sample(name, ToyModel(), SHAPE, seeds, steps, alphas_cumprod=alphas)
        assert relative(drawn, oracle.drawn(name, seeds, levels)) <= TOLERANCE


@pytest.mark.parametrize("name", [name for name in names() if sampler_named(name).draws_noise])
def test_eta_and_the_other_source_of_noise_are_k_diffusions(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The WebUI's NV source stands in for torch's wherever torchsde draws, too."""
    interval = importlib.import_module("torchsde._brownian.brownian_interval")
    monkeypatch.setattr(interval, "_randn", lambda size, _, __, seed: Philox(int(seed)).randn(size))
    alphas = ALPHAS.float()
    oracle = Oracle(alphas)
    levels = oracle.levels(sampler_named(name), 6)
    drawn = sample(name, ToyModel(), SHAPE, [5], 6, alphas_cumprod=alphas, eta=0.6, rng="nv")
    expected = oracle.drawn(name, [5], levels, eta=0.6, rng="nv")
    assert relative(drawn, expected) <= TOLERANCE


@pytest.mark.parametrize("name", names())
def test_a_second_pass_is_drawn_as_k_diffusion_draws_it(name: str) -> None:
    """The last steps of a longer drawing, with noise of a fresh generator over the start."""
    oracle, seeds, steps = Oracle(ALPHAS.float()), [9, 10], 4
    start = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    for denoise, whole in ((0.3, 13), (1.0, 4)):
        levels = oracle.levels(sampler_named(name), whole)[-steps - 1 :]
        route = Route.plan(name, steps, SD, denoise)
        noises = [PanelNoise(seed, SHAPE) for seed in seeds]
        x = torch.stack([route.begun(noise.draw(), start) for noise in noises])
        drawn = route.walked(route.denoiser(ToyModel().of, "epsilon"), x, noises, 1.0)
        assert relative(drawn, oracle.drawn(name, seeds, levels, start)) <= TOLERANCE
