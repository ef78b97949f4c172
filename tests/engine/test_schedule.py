"""Noise levels are those of the WebUI and of the public k-diffusion package."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.engine.names import sampler_named
from storyboard.engine.schedule import TrainingSchedule, second_pass
from tests.engine.toy import Case, cases

SD = TrainingSchedule.from_betas()


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


def test_a_training_level_is_its_own_step() -> None:
    assert [SD.timestep(float(SD.sigmas[step])) for step in (0, 417, 999)] == pytest.approx(
        [0, 417, 999]
    )


def test_levels_outside_the_training_are_clamped() -> None:
    assert SD.timestep(1e-6) == 0
    assert SD.timestep(1e6) == 999


def test_uniform_levels_are_evenly_spaced_in_training_steps() -> None:
    levels = SD.drawing("uniform", 4)
    assert levels == pytest.approx([*SD.sigmas[[999, 666, 333, 0]], 0.0])


def test_one_step_starts_at_the_highest_level() -> None:
    assert SD.drawing("karras", 1) == pytest.approx([SD.sigmas[-1], 0.0])


def test_a_second_pass_walks_the_end_of_a_longer_drawing() -> None:
    assert second_pass(SD, "karras", 20, 0.4) == pytest.approx(SD.drawing("karras", 50)[-21:])


@given(
    steps=st.integers(1, 500),
    denoise=st.floats(1e-12, 1.0, exclude_min=True),
    uniform=st.booleans(),
)
def test_a_second_pass_has_exactly_its_steps(steps: int, denoise: float, uniform: bool) -> None:
    levels = second_pass(SD, "uniform" if uniform else "karras", steps, denoise)
    assert len(levels) == steps + 1
    assert levels[-1] == 0.0
    assert SD.sigmas[-1] * 1.000001 >= levels[0]
    if int(steps / min(denoise, 0.999)) > 1:
        assert levels[-2] == pytest.approx(SD.sigmas[0])
    assert list(levels) == sorted(levels, reverse=True)


def test_linear_betas_differ_from_scaled_linear_ones() -> None:
    linear = TrainingSchedule.from_betas(0.0001, 0.02, 1000, "linear")
    assert linear.sigmas[-1] == pytest.approx(157.407, rel=1e-4)
