"""Noise, and what is to be predicted, are diffusers' own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler

from storyboard.engine.schedule import TrainingSchedule
from storyboard.jobs import Prediction
from training.noising import Noising

_SCHEDULER: Any = DDPMScheduler  # untyped in diffusers
CPU = torch.device("cpu")


def noising(prediction: Prediction) -> Noising:
    """SD's noise levels."""
    return Noising.of(TrainingSchedule.from_betas(), prediction, CPU)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_latents_and_targets_are_those_of_diffusers(prediction: Prediction) -> None:
    scheduler = _SCHEDULER(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    generator = torch.Generator().manual_seed(1)
    clean, noise = torch.randn((2, 5, 4, 4, 4), generator=generator)
    times = torch.tensor([0, 10, 400, 700, 999])
    noisy, wanted = noising(prediction).noisy(clean, noise, times)
    assert torch.allclose(noisy, scheduler.add_noise(clean, noise, times), atol=1e-5)
    velocity = scheduler.get_velocity(clean, noise, times)
    assert torch.allclose(wanted, noise if prediction == "epsilon" else velocity, atol=1e-5)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_the_loss_is_zero_for_the_right_answer_alone(prediction: Prediction) -> None:
    one = noising(prediction)
    wanted, times = torch.ones(3, 4, 2, 2), torch.tensor([1, 500, 998])
    assert float(one.loss(wanted, wanted, times)) == 0.0
    weights = one.weights[times].mean()
    assert float(one.loss(wanted + 2, wanted, times)) == pytest.approx(4 * float(weights))


def test_an_error_counts_the_same_in_the_picture_whatever_is_predicted() -> None:
    """Where SNR is above 5, an error in the clean picture weighs 5 either way."""
    times = torch.tensor([5, 50, 100])
    epsilon, v = noising("epsilon"), noising("v_prediction")
    kept = epsilon.kept[times]
    assert torch.allclose(epsilon.weights[times] * kept / (1 - kept), torch.full((3,), 5.0))
    assert torch.allclose((v.weights[times] - 0.15) / (1 - kept), torch.full((3,), 5.0), rtol=1e-4)


def test_a_batch_has_all_kinds_of_noise() -> None:
    times = noising("epsilon").times(5, torch.Generator().manual_seed(2))
    assert [int(time) // 200 for time in times] == [0, 1, 2, 3, 4]
