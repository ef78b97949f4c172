"""Noise levels are those of the WebUI and of the public k-diffusion package."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr
from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.names import Spacing, sampler_named
from storyboard.engine.schedule import NO_SIGNAL, TrainingSchedule, whole_drawing
from tests.engine.toy import ALPHAS, BETAS, Case, cases

SD = TrainingSchedule.from_betas()
SPACINGS: list[Spacing] = [
    "karras",
    "exponential",
    "polyexponential",
    "sgm_uniform",
    "simple",
    "ddim",
    "uniform",
]


def test_stable_diffusion_was_trained_between_these_levels() -> None:
    assert len(SD.sigmas) == 1000
    assert SD.sigmas[0] == pytest.approx(0.0291672, rel=1e-5)
    assert SD.sigmas[-1] == pytest.approx(14.6146, rel=1e-5)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.sampler} {case.steps}")
def test_karras_levels_and_their_steps_are_k_diffusions(case: Case) -> None:
    levels = SD.drawing(sampler_named(case.sampler).spacing, case.steps)
    assert levels == pytest.approx(case.sigmas, rel=1e-5)
    steps = [SD.timestep(level) for level in levels[:-1]]
    assert steps == pytest.approx(case.timesteps, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.sampler} {case.steps}")
def test_the_clock_has_k_diffusions_levels_to_the_bit(case: Case) -> None:
    clock = TrainingSchedule.from_alphas(ALPHAS).clock("karras", case.steps)
    assert torch.equal(clock, torch.tensor(case.sigmas))


def test_a_training_level_is_its_own_step() -> None:
    assert [SD.timestep(float(SD.sigmas[step])) for step in (0, 417, 999)] == pytest.approx(
        [0, 417, 999]
    )


def test_levels_outside_the_training_are_clamped() -> None:
    assert SD.timestep(1e-6) == 0
    assert SD.timestep(1e6) == 999


@pytest.mark.parametrize(
    ("spacing", "steps"),
    [
        ("uniform", [999, 666, 333, 0]),
        ("sgm_uniform", [999, 749.25, 499.5, 249.75]),
        ("simple", [999, 749, 499, 249]),
        ("ddim", [751, 501, 251, 1]),
    ],
)
def test_levels_are_spaced_in_training_steps(spacing: Spacing, steps: list[float]) -> None:
    levels = SD.drawing(spacing, 4)
    assert [SD.timestep(level) for level in levels[:-1]] == pytest.approx(steps, abs=0.01)
    assert levels[-1] == 0.0


def test_exponential_levels_are_evenly_spaced_in_their_logarithm() -> None:
    levels = np.log(SD.drawing("exponential", 5)[:-1])
    assert np.diff(levels) == pytest.approx([np.diff(levels).mean()] * 4, rel=1e-5)
    assert SD.drawing("polyexponential", 5) == pytest.approx(SD.drawing("exponential", 5))


@pytest.mark.parametrize("spacing", SPACINGS)
def test_one_step_is_one_level(spacing: Spacing) -> None:
    levels = SD.drawing(spacing, 1)
    # DDIM's only step of one would be the first after none: so Stable Diffusion counts them.
    first = SD.sigmas[1] if spacing == "ddim" else SD.sigmas[-1]
    assert levels == pytest.approx([first, 0.0], rel=1e-5)


@given(
    spacing=st.sampled_from(SPACINGS),
    steps=st.integers(1, 500),
    denoise=st.floats(1e-12, 1.0, exclude_min=True),
)
def test_the_end_of_any_longer_drawing_falls_to_the_models_first_levels(
    spacing: Spacing, steps: int, denoise: float
) -> None:
    whole = whole_drawing(steps, denoise)
    for levels in (SD.drawing(spacing, whole, steps), SD.clock(spacing, whole, steps).tolist()):
        assert len(levels) == steps + 1
        assert levels[-1] == 0.0
        assert SD.sigmas[-1] * 1.000001 >= levels[0]
        assert all(high > low * (1 - 1e-6) for high, low in pairwise(levels))
        if whole > 1 and spacing in ("karras", "exponential", "polyexponential", "uniform"):
            assert levels[-2] == pytest.approx(SD.sigmas[0], rel=2e-5)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_even_more_steps_than_training_steps_have_a_level_each(spacing: Spacing) -> None:
    for steps in (999, 1000, 1001, 1500):
        levels = SD.drawing(spacing, steps)
        assert all(high > low for high, low in pairwise(levels))


def test_a_second_pass_walks_exactly_its_steps() -> None:
    assert (whole_drawing(20, 0.4), whole_drawing(20, 0.35), whole_drawing(7, 1.0)) == (50, 57, 7)


def test_linear_betas_differ_from_scaled_linear_ones() -> None:
    linear = TrainingSchedule.from_betas(0.0001, 0.02, 1000, "linear")
    assert linear.sigmas[-1] == pytest.approx(157.407, rel=1e-4)


@pytest.mark.parametrize("kept", [ALPHAS, ALPHAS.numpy(), ALPHAS.tolist()], ids=type)
def test_levels_come_from_alphas_in_any_form(kept: torch.Tensor) -> None:
    assert TrainingSchedule.from_alphas(kept).sigmas == pytest.approx(SD.sigmas, rel=1e-9)


@pytest.mark.parametrize(
    "kept",
    [[0.9], [[0.9, 0.1]], [0.9, 0.9], [0.1, 0.9], [1.0, 0.5], [0.9, 0.0], [0.9, float("nan")]],
)
def test_what_is_no_schedule_is_told(kept: list[float]) -> None:
    with pytest.raises(ValueError, match="alphas_cumprod must fall"):
        TrainingSchedule.from_alphas(kept)


def test_a_rescaled_schedule_ends_in_noise_alone() -> None:
    rescaled = SD.rescaled()
    theirs = torch.cumprod(1 - rescale_zero_terminal_snr(BETAS), 0).numpy()
    ours = 1 / (1 + rescaled.sigmas**2)
    assert ours[:-1] == pytest.approx(theirs[:-1], rel=1e-9)
    assert ours[-1] == pytest.approx(NO_SIGNAL)
    assert rescaled.sigmas[0] == pytest.approx(SD.sigmas[0])
    assert rescaled.sigmas[-1] == pytest.approx(4518.76, rel=1e-5)
    assert rescaled.timestep(rescaled.sigmas[-1]) == 999


def test_a_thinned_schedule_is_asked_at_its_own_steps_only() -> None:
    thin = SD.thinned()
    assert thin.sigmas.tolist() == SD.sigmas[19::20].tolist()
    levels = thin.drawing("uniform", 4)
    assert [thin.timestep(level) for level in levels[:-1]] == [999, 679, 339, 19]
