"""Both kinds of prediction give back the clean latent that the noise was laid over."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from storyboard.engine.prediction import denoiser
from storyboard.engine.schedule import TrainingSchedule
from storyboard.jobs import Prediction

SD = TrainingSchedule.from_betas()


@pytest.mark.parametrize("sigma", [0.03, 0.7, 14.0])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_a_perfect_prediction_finds_the_clean_latent(prediction: Prediction, sigma: float) -> None:
    generator = torch.Generator().manual_seed(3)
    clean = torch.randn(1, 4, 8, 8, generator=generator)
    noise = torch.randn(1, 4, 8, 8, generator=generator)
    signal, spread = 1 / math.sqrt(sigma**2 + 1), sigma / math.sqrt(sigma**2 + 1)

    def perfect(x: Tensor, timestep: float) -> Tensor:
        assert torch.allclose(x, clean * signal + noise * spread, atol=1e-5)
        assert timestep == SD.timestep(sigma)
        velocity: Tensor = noise * signal - clean * spread
        return noise if prediction == "epsilon" else velocity

    found = denoiser(perfect, prediction, SD)(clean + noise * sigma, sigma)
    assert torch.allclose(found, clean, atol=1e-4)
