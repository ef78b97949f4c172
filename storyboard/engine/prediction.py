"""What a model predicts, turned into the clean latent that it sees."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from storyboard.engine.schedule import TrainingSchedule
from storyboard.engine.solvers import Denoiser
from storyboard.jobs import Prediction

Predict = Callable[[Tensor, float], Tensor]
"""A model's raw answer to a latent of variance 1 at a training step, in float32."""

_DATA = 0.5


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


def consistent(model: Denoiser, schedule: TrainingSchedule) -> Denoiser:
    """Holds a model to a consistency model's boundary: at no noise, it changes nothing.

    Luo et al. 2023 (arXiv:2310.04378), section 3, with sigma_data 0.5 and timesteps times 10.
    """

    def denoised(x: Tensor, sigma: float) -> Tensor:
        time = 10 * schedule.timestep(sigma)
        spread = time**2 + _DATA**2
        return model(x, sigma) * (time / math.sqrt(spread)) + x * (_DATA**2 / spread)

    return denoised
