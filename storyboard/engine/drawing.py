"""From noise and prompts to latents: one walk down the noise levels, for panels of one shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

from storyboard.engine.abreast import Alone, abreast
from storyboard.engine.guidance import Asked, OnEvaluation, guided
from storyboard.engine.model import Conditioning, Model
from storyboard.engine.noise import PanelNoise
from storyboard.engine.prediction import Predict
from storyboard.engine.samplers import Route
from storyboard.engine.schedule import TrainingSchedule
from storyboard.engine.solvers import Denoiser
from storyboard.jobs import Prediction, Rng, Sampling, Variation

AtStep = Callable[[int], None]
"""Called before each evaluation with the number of its step, counted from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """What one picture is drawn from.

    `shape` is its latent's, channels x height x width; `start` a latent of that shape that noise
    is laid over, or None for noise alone. `drawn`, 1 x height x width, says which cells of the
    start are drawn anew; None for all.
    """

    seed: int
    conditioning: Conditioning
    shape: tuple[int, int, int]
    start: Tensor | None = None
    variation: Variation | None = None
    drawn: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """The way from noise to a picture: sampler and noise levels, guidance, where noise comes from,
    how answers are read. `abreast`: panels go side by side, a core each, not as one batch.
    At training steps above `guided_above` there is guidance."""

    route: Route
    cfg: float
    eta: float
    ensd: int
    prediction: Prediction
    rng: Rng = "cpu"
    abreast: bool = False
    guided_above: float = -math.inf

    @classmethod
    def plan(
        cls,
        sampling: Sampling,
        prediction: Prediction,
        schedule: TrainingSchedule,
        denoise: float | None = None,
        rng: Rng = "cpu",
    ) -> Walk:
        """From pure noise; or, with `denoise` above 0, a second pass over a start.

        Raises KeyError for a sampler of no known name.
        """
        route = Route.plan(sampling.sampler, sampling.steps, schedule, denoise)
        above = sampling.guided_above
        return cls(
            route,
            sampling.cfg,
            sampling.eta,
            sampling.ensd,
            prediction,
            rng,
            guided_above=route.schedule.timestep(above) if above else -math.inf,
        )

    @property
    def evaluations(self) -> int:
        """How often the model is asked."""
        return self.route.evaluations

    @property
    def stages(self) -> int:
        """How often the solver asks in a step that is not the last."""
        return 2 if self.route.sampler.two_stage else 1


def draw_latents(
    model: Model,
    panels: Sequence[Panel],
    walk: Walk,
    on_evaluation: OnEvaluation,
    at_step: AtStep | None = None,
    asked: Asked | None = None,
) -> Tensor:
    """The panels' latents, panels x channels x height x width, float32 on the CPU.

    The panels' shapes and conditionings' lengths must be equal. Outside of the UNet all numbers
    are float32, whatever its dtype. Cells that are not drawn anew are their start's, to the bit.
    `asked` is the model as it is asked for a batch, where that is not plainly.
    """
    if not walk.abreast:
        return _drawn(asked or model, panels, walk, on_evaluation, at_step)
    if len(panels) == 1:
        return _drawn(Alone(model), panels, walk, on_evaluation, at_step)

    def alone(panel: Panel) -> Callable[[OnEvaluation], Tensor]:
        return lambda tick: _drawn(model, [panel], walk, tick, at_step)

    return torch.cat(abreast([alone(panel) for panel in panels], on_evaluation))


def _drawn(
    model: Asked,
    panels: Sequence[Panel],
    walk: Walk,
    on_evaluation: OnEvaluation,
    at_step: AtStep | None,
) -> Tensor:
    """The panels' latents, drawn as one batch."""
    noises = [
        PanelNoise(panel.seed, panel.shape, walk.ensd, walk.rng, panel.variation)
        for panel in panels
    ]
    x = torch.stack(
        [
            walk.route.begun(noise.draw(), panel.start)
            for noise, panel in zip(noises, panels, strict=True)
        ]
    )
    # On the model's device from here on, so that a GPU need not wait for the CPU at each step.
    x = x.to(model.device)
    conditionings = [panel.conditioning for panel in panels]
    predict = guided(model, conditionings, walk.cfg, on_evaluation, walk.stages, walk.guided_above)
    if at_step is not None:
        predict = _stepwise(predict, walk.stages, at_step)
    denoised = walk.route.denoiser(predict, walk.prediction)
    held = _Held.of(panels, model.device)
    if held is None:
        return walk.route.walked(denoised, x, noises, walk.eta).cpu()
    return held.over(walk.route.walked(held.denoiser(denoised), x, noises, walk.eta)).cpu()


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What of the panels' starts stays as it is: all that is not `drawn`."""

    starts: Tensor
    drawn: Tensor

    @classmethod
    def of(cls, panels: Sequence[Panel], device: torch.device) -> _Held | None:
        """None where everything is drawn."""
        starts = [panel.start for panel in panels if panel.start is not None]
        if all(panel.drawn is None for panel in panels) or len(starts) < len(panels):
            return None
        everywhere = torch.ones(1, *panels[0].shape[1:], dtype=torch.bool)
        drawn = [everywhere if panel.drawn is None else panel.drawn for panel in panels]
        return cls(torch.stack(starts).to(device), torch.stack(drawn).to(device))

    def over(self, latents: Tensor) -> Tensor:
        """The latents with what stays over them."""
        return torch.where(self.drawn, latents, self.starts)

    def denoiser(self, model: Denoiser) -> Denoiser:
        """The model as one that sees, where nothing is drawn, just what stays: so a solver walks
        there straight to it, and what is drawn grows out of it (the WebUI's "original" content)."""
        return lambda x, sigma: self.over(model(x, sigma))


def _stepwise(predict: Predict, stages: int, at_step: AtStep) -> Predict:
    """Tells the step before each evaluation; a solver asks `stages` times a step."""
    asked = count()

    def told(x: Tensor, timestep: float) -> Tensor:
        at_step(next(asked) // stages)
        return predict(x, timestep)

    return told
