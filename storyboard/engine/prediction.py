"""What a model predicts, turned into the clean latent that it sees."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from storyboard.engine.samplers import Denoiser
from storyboard.engine.schedule import TrainingSchedule
from storyboard.jobs import Prediction

Predict = Callable[[Tensor, float], Tensor]
"""A model's raw answer to a latent of variance 1 at a training step, in float32."""


def denoiser(predict: Predict, prediction: Prediction, schedule: TrainingSchedule) -> Denoiser:
    """Wraps a model for the samplers, which speak of sigmas and clean latents.

    With s = sigma^2 + 1 (EDM's preconditioning, k-diffusion's `external`):
    epsilon: x - sigma * e; v (Salimans & Ho 2022, arXiv:2202.00512): x / s - v * sigma / sqrt(s).
    """

    def denoised(x: Tensor, sigma: float) -> Tensor:
        s = sigma**2 + 1
        answer = predict(x / math.sqrt(s), schedule.timestep(sigma))
        if prediction == "epsilon":
            return x - answer * sigma
        return x / s - answer * (sigma / math.sqrt(s))

    return denoised
