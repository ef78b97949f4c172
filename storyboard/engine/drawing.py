"""From noise and prompts to latents: one walk down the noise levels, for panels of one shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.engine.model import Conditioning, Model
from storyboard.engine.names import SamplerName, evaluations, sampler_named
from storyboard.engine.noise import PanelNoise, together
from storyboard.engine.prediction import Predict, denoiser
from storyboard.engine.samplers import sample
from storyboard.engine.schedule import TrainingSchedule, second_pass
from storyboard.jobs import Prediction, Sampling

OnEvaluation = Callable[[], None]
"""Called after each evaluation of the model; may raise, which ends the walk."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """What one picture is drawn from.

    `shape` is its latent's, channels x height x width; `start` a latent of that shape that noise
    is laid over, or None for noise alone.
    """

    seed: int
    conditioning: Conditioning
    shape: tuple[int, int, int]
    start: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """The way from noise to a picture: sampler, noise levels, guidance, how answers are read."""

    sampler: SamplerName
    sigmas: tuple[float, ...]
    cfg: float
    eta: float
    ensd: int
    prediction: Prediction

    @classmethod
    def plan(
        cls,
        sampling: Sampling,
        prediction: Prediction,
        schedule: TrainingSchedule,
        denoise: float | None = None,
    ) -> Walk:
        """From pure noise; or, with `denoise` above 0, a second pass over a start.

        Raises KeyError for a sampler of no known name.
        """
        sampler = sampler_named(sampling.sampler)
        sigmas = (
            schedule.drawing(sampler.spacing, sampling.steps)
            if denoise is None
            else second_pass(schedule, sampler.spacing, sampling.steps, denoise)
        )
        return cls(sampler, sigmas, sampling.cfg, sampling.eta, sampling.ensd, prediction)

    @property
    def evaluations(self) -> int:
        """How often the model is asked."""
        return evaluations(self.sampler.name, len(self.sigmas) - 1)


def draw_latents(
    model: Model, panels: Sequence[Panel], walk: Walk, on_evaluation: OnEvaluation
) -> Tensor:
    """The panels' latents, panels x channels x height x width, float32 on the CPU.

    The panels' shapes and conditionings' lengths must be equal. Outside of the UNet all numbers
    are float32, whatever its dtype.
    """
    noise = together([PanelNoise(panel.seed, panel.shape, walk.ensd) for panel in panels])
    x = noise() * walk.sigmas[0]
    for row, panel in zip(x, panels, strict=True):
        if panel.start is not None:
            row += panel.start
    # On the model's device from here on, so that a GPU need not wait for the CPU at each step.
    x = x.to(model.device)
    predict = guided(model, [panel.conditioning for panel in panels], walk.cfg, on_evaluation)
    denoised = denoiser(predict, walk.prediction, model.schedule)
    return sample(walk.sampler.solver, denoised, x, walk.sigmas, noise, walk.eta).cpu()


def guided(
    model: Model,
    conditionings: Sequence[Conditioning],
    cfg: float,
    on_evaluation: OnEvaluation,
) -> Predict:
    """Classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598), as one doubled batch.

    At `cfg` 1 the negative prompt has no say, and is not asked.
    """
    prompts = torch.cat([one.prompt for one in conditionings])
    negatives = torch.cat([one.negative for one in conditionings])
    both = torch.cat([negatives, prompts])

    def predict(x: Tensor, timestep: float) -> Tensor:
        if cfg == 1:
            answer = model.predict(x, timestep, prompts)
        else:
            without, with_prompt = model.predict(torch.cat([x, x]), timestep, both).chunk(2)
            answer = without + (with_prompt - without) * cfg
        on_evaluation()
        return answer

    return predict
