"""Samplers give the numbers of the public k-diffusion package, on a toy model."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from storyboard.engine.ancestral import ancestral_step
from storyboard.engine.names import SAMPLERS, evaluations, sampler_named
from storyboard.engine.noise import PanelNoise
from storyboard.engine.samplers import Route, sample
from storyboard.engine.schedule import TrainingSchedule
from storyboard.jobs import Rng
from tests.engine.recordings import Recording, recordings
from tests.engine.toy import ALPHAS, SHAPE, Case, ToyModel, cases, relative

SD = TrainingSchedule.from_betas()
TOLERANCE = 1e-5
"""Of the largest value. k-diffusion computes its levels in float32; here most are float64."""
ON_ANOTHER_MACHINE = 1e-3
"""Of the largest value, for samplers on a Brownian path: it is looked up at float32 levels, whose
last bit differs from processor to processor, and a time that is off by 1e-6 moves the noise by 1e-3
of its own. `test_k_diffusion` compares on one machine, to 1e-5."""

BARE = [name for name in SAMPLERS if f"{name} Automatic" in SAMPLERS]
SDE = [name for name in BARE if sampler_named(name).noise == "brownian"]


def draw(
    sampler: str,
    steps: int,
    seeds: list[int],
    eta: float | None = None,
    ensd: int = 0,
    rng: Rng = "cpu",
) -> tuple[Tensor, int]:
    """Latents from pure noise by the toy model, and how often it was asked."""
    toy = ToyModel()
    latents = sample(
        sampler, toy, SHAPE, seeds, steps, alphas_cumprod=ALPHAS, eta=eta, ensd=ensd, rng=rng
    )
    return latents, toy.asked


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.sampler} {case.steps}")
def test_results_are_k_diffusions(case: Case) -> None:
    latent, _ = draw(case.sampler, case.steps, [case.seed])
    assert relative(latent, case.result) <= TOLERANCE


@pytest.mark.parametrize("recording", recordings(), ids=str)
def test_every_sampler_with_every_schedule_gives_what_k_diffusion_gave(
    recording: Recording,
) -> None:
    alphas = ALPHAS.float()
    brownian = sampler_named(recording.name).noise == "brownian"
    tolerance = ON_ANOTHER_MACHINE if brownian else TOLERANCE
    for run in recording.runs:
        if run.denoise is None:
            latents = sample(
                recording.name,
                ToyModel(),
                SHAPE,
                recording.seeds,
                run.steps,
                alphas_cumprod=alphas,
            )
        else:
            schedule = TrainingSchedule.from_alphas(alphas)
            latents = again(recording, Route.plan(recording.name, run.steps, schedule, run.denoise))
        assert relative(recording.kept(latents), run.values) <= tolerance, run


def again(recording: Recording, route: Route) -> Tensor:
    """A recorded second pass: over a start of 0.5 everywhere."""
    noises = [PanelNoise(seed, SHAPE) for seed in recording.seeds]
    start = torch.full(SHAPE, 0.5)
    x = torch.stack([route.begun(noise.draw(), start) for noise in noises])
    return route.walked(route.denoiser(ToyModel().of, "epsilon"), x, noises, 1.0)


def test_every_sampler_that_k_diffusion_has_is_recorded_with_every_schedule() -> None:
    own = {"DDIM", "UniPC", "LCM"}
    found = {recording.name for recording in recordings()}
    assert {name for name in BARE if name not in own} == found & set(BARE)
    schedules = ("Karras", "Exponential", "Polyexponential", "SGM Uniform", "Simple", "DDIM")
    assert found >= {f"{name} {kind}" for name in found & set(BARE) for kind in schedules}


@pytest.mark.parametrize("sampler", BARE)
def test_the_model_is_asked_as_often_as_foretold(sampler: str) -> None:
    for steps in range(1, 26):
        _, asked = draw(sampler, steps, [steps], eta=0.0)
        assert asked == evaluations(sampler, steps), steps


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in BARE])
def test_with_any_schedule_even_one_step_draws(sampler: str) -> None:
    for steps in (1, 4):
        latent, asked = draw(sampler, steps, [1])
        assert asked == evaluations(sampler, steps)
        assert bool(torch.isfinite(latent).all())


def test_two_stage_samplers_ask_twice_a_step_but_once_in_the_last() -> None:
    assert evaluations("DPM++ 2S a Karras", 20) == 39
    assert evaluations("DPM++ SDE", 20) == evaluations("Heun", 20) == 39
    assert evaluations("DPM++ 2M SDE Exponential", 20) == evaluations("UniPC", 20) == 20


@pytest.mark.parametrize("rng", ["cpu", "nv"])
@pytest.mark.parametrize("sampler", BARE)
def test_a_panel_is_the_same_alone_and_in_a_batch(sampler: str, rng: Rng) -> None:
    batch, _ = draw(sampler, 6, [1, 2, 3], eta=1.0, rng=rng)
    alone, _ = draw(sampler, 6, [2], eta=1.0, rng=rng)
    assert torch.allclose(batch[1:2], alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sampler", BARE)
def test_noise_comes_from_where_the_name_says(sampler: str) -> None:
    """ENSD changes fresh noise alone: neither the initial latent nor a Brownian path heeds it."""
    plain, _ = draw(sampler, 6, [1], eta=1.0)
    shifted, _ = draw(sampler, 6, [1], eta=1.0, ensd=31337)
    assert torch.equal(plain, shifted) == (sampler_named(sampler).noise != "fresh")


@pytest.mark.parametrize("sampler", BARE)
def test_the_other_source_of_noise_draws_another_picture(sampler: str) -> None:
    assert relative(draw(sampler, 4, [1], rng="nv")[0], draw(sampler, 4, [1])[0]) > 0.1


def test_without_eta_a_sampler_draws_as_the_one_without_noise() -> None:
    for noisy, quiet in (
        ("Euler a Karras", "Euler Karras"),
        ("DPM2 a Karras", "DPM2 Karras"),
        ("DPM++ 2M SDE Karras", "DPM++ 2M Karras"),
    ):
        steps = 8
        assert relative(draw(noisy, steps, [1], 0.0)[0], draw(quiet, steps, [1])[0]) < 1e-5


def test_eta_is_the_samplers_own_where_none_is_said() -> None:
    assert torch.equal(draw("DDIM", 5, [1])[0], draw("DDIM", 5, [1], eta=0.0)[0])
    assert torch.equal(draw("Euler a", 5, [1])[0], draw("Euler a", 5, [1], eta=1.0)[0])


@pytest.mark.parametrize("sampler", SDE)
def test_an_sde_sampler_takes_the_same_path_however_it_is_cut(sampler: str) -> None:
    """More steps come nearer to one picture, since the noise is that of one path."""
    rough, fine, finer = (draw(f"{sampler} Karras", steps, [5])[0] for steps in (10, 40, 80))
    assert relative(fine, finer) < relative(rough, finer)
    assert relative(fine, finer) < 0.3


@pytest.mark.parametrize("sampler", ["Heun", "DPM2", "LMS", "DPM++ 2M", "UniPC", "Euler"])
def test_samplers_without_noise_agree_in_the_end(sampler: str) -> None:
    assert relative(draw(sampler, 100, [1])[0], draw("Heun", 200, [1])[0]) < 0.02


def test_the_two_parts_of_an_ancestral_step_add_up_in_squares() -> None:
    down, fresh = ancestral_step(4.0, 2.0, 1.0)
    assert down**2 + fresh**2 == pytest.approx(2.0**2)
    assert ancestral_step(4.0, 2.0, 0.0) == (2.0, 0.0)
    assert ancestral_step(4.0, 0.0, 1.0) == (0.0, 0.0)


@given(
    name=st.sampled_from(SAMPLERS),
    steps=st.integers(1, 60),
    denoise=st.floats(1e-12, 1.0),
)
def test_a_second_pass_has_exactly_its_steps(name: str, steps: int, denoise: float) -> None:
    route = Route.plan(name, steps, SD, denoise)
    assert len(route.sigmas) == steps + 1
    assert route.evaluations == evaluations(name, steps)
    last = SD.sigmas[0] if route.sampler.variance_preserving else 0.0
    assert route.sigmas[-1] == pytest.approx(last, rel=1e-5)
    assert all(high > low for high, low in pairwise(route.sigmas))


@pytest.mark.parametrize("denoise", [1e-3, 1e-9])
@pytest.mark.parametrize("name", BARE)
def test_even_next_to_no_denoising_draws(name: str, denoise: float) -> None:
    """Levels are so near to each other there that differences all but vanish."""
    route, noise = Route.plan(f"{name} Automatic", 4, SD, denoise), PanelNoise(1, SHAPE)
    x = route.begun(noise.draw(), torch.full(SHAPE, 0.5))[None]
    found = route.walked(route.denoiser(ToyModel().of, "epsilon"), x, [noise], 1.0)
    assert bool(torch.isfinite(found).all())


def test_a_second_pass_walks_the_end_of_a_longer_drawing() -> None:
    for name in SAMPLERS:
        longer = Route.plan(name, 50, SD).sigmas
        assert Route.plan(name, 20, SD, 0.4).sigmas == pytest.approx(longer[-21:], rel=1e-6)


def test_noise_is_laid_over_a_start() -> None:
    noise, start = torch.randn(SHAPE), torch.randn(SHAPE)
    for name in BARE:
        route = Route.plan(name, 5, SD, 0.4)
        assert torch.equal(route.begun(noise, start), noise * route.sigmas[0] + start)


def test_a_model_that_knows_the_picture_is_believed() -> None:
    """Where epsilon is exact, every sampler ends at the picture, or within its last level."""
    picture = torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(1))

    def exact(x: Tensor, timestep: Tensor) -> Tensor:
        kept = ALPHAS[timestep.round().long()].float()[:, None, None, None]
        return (x - picture * kept.sqrt()) / (1 - kept).sqrt()

    for name in BARE:
        found = sample(name, exact, SHAPE, [1, 2], 10, alphas_cumprod=ALPHAS)
        assert (found - picture).abs().max() < 0.15, name


@pytest.mark.parametrize("name", BARE)
def test_a_schedule_that_ends_in_noise_alone_draws_too(name: str) -> None:
    kept = 1 / (1 + SD.rescaled().sigmas ** 2)
    found = sample(name, ToyModel(), SHAPE, [1], 10, alphas_cumprod=kept)
    assert bool(torch.isfinite(found).all())


def test_no_seeds_give_no_samples() -> None:
    assert draw("Euler a", 3, [])[0].shape == (0, *SHAPE)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_model_may_answer_in_any_dtype_and_is_asked_in_float32(dtype: torch.dtype) -> None:
    toy, asked = ToyModel(), set()

    def answering(x: Tensor, timesteps: Tensor) -> Tensor:
        asked.add((x.dtype, timesteps.dtype))
        return toy(x, timesteps).to(dtype)

    for name in BARE:
        found = sample(name, answering, SHAPE, [1, 2], 4, alphas_cumprod=ALPHAS)
        assert found.dtype == torch.float32, name
        rounding = 1e-5 if dtype == torch.float64 else 0.05
        assert relative(found, draw(name, 4, [1, 2])[0]) < rounding, name
    assert asked == {(torch.float32, torch.float32)}


@pytest.mark.parametrize("name", ["Euler a", "DPM++ SDE"])
def test_seeds_may_be_numbers_of_any_kind(name: str) -> None:
    expected, _ = draw(name, 3, [7, 2**32 - 1])
    for seeds in (np.array([7, 2**32 - 1]), torch.tensor([7, 2**32 - 1])):
        found = sample(name, ToyModel(), SHAPE, seeds, 3, alphas_cumprod=ALPHAS)
        assert torch.equal(found, expected)
    below_zero, _ = draw(name, 3, [-1])
    assert torch.equal(below_zero, draw(name, 3, [2**64 - 1])[0])


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(KeyError, match="there is no sampler `Euler b`: did you mean `Euler a`"):
        draw("Euler b", 5, [1])
    with pytest.raises(ValueError, match="one step or more"):
        draw("Euler a", 0, [1])
    with pytest.raises(ValueError, match="must fall"):
        sample("Euler a", ToyModel(), SHAPE, [1], 5, alphas_cumprod=[0.1, 0.9])
