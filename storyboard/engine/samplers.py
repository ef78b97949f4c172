"""Samplers: from noise to a latent, by the numbers of the WebUI's samplers of the same names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import SupportsInt

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from storyboard.engine import ancestral, sde, solvers, unipc
from storyboard.engine.names import SamplerName, Solver, eta_of, evaluations, sampler_named
from storyboard.engine.noise import (
    Noise,
    PanelNoise,
    PathNoise,
    Shape,
    ahead,
    along_paths,
    together,
)
from storyboard.engine.prediction import consistent, denoiser
from storyboard.engine.schedule import TrainingSchedule, whole_drawing
from storyboard.engine.solvers import Denoiser
from storyboard.jobs import Prediction, Rng

_QUIET: Mapping[Solver, Callable[[Denoiser, Tensor, Sequence[float]], Tensor]] = {
    "dpm2": solvers.dpm2,
    "dpmpp_2m": solvers.dpmpp_2m,
    "euler": solvers.euler,
    "heun": solvers.heun,
    "lms": solvers.lms,
    "unipc": unipc.unipc,
}
_FRESH: Mapping[Solver, Callable[[Denoiser, Tensor, Sequence[float], Noise, float], Tensor]] = {
    "ddim": ancestral.euler_ancestral,
    "dpm2_a": ancestral.dpm2_ancestral,
    "dpmpp_2s_a": ancestral.dpmpp_2s_ancestral,
    "euler_a": ancestral.euler_ancestral,
    "lcm": ancestral.lcm,
}
_BROWNIAN: Mapping[Solver, Callable[[Denoiser, Tensor, Tensor, PathNoise, float], Tensor]] = {
    "dpmpp_2m_sde": sde.dpmpp_2m_sde,
    "dpmpp_2m_sde_heun": sde.dpmpp_2m_sde_heun,
    "dpmpp_3m_sde": sde.dpmpp_3m_sde,
    "dpmpp_sde": sde.dpmpp_sde,
}

Predict = Callable[[Tensor, Tensor], Tensor]
"""A model's epsilon for scaled latents (B, C, H, W) at float timesteps (B,), both float32. It may
answer in another dtype, or on another device."""


def sample(
    name: str,
    predict: Predict,
    shape: Shape,
    seeds: Iterable[SupportsInt],
    steps: int,
    *,
    alphas_cumprod: Tensor | npt.NDArray[np.floating] | Sequence[float],
    eta: float | None = None,
    ensd: int = 0,
    rng: Rng = "cpu",
) -> Tensor:
    """Draws from pure noise, one sample a seed: (B, C, H, W), float32, on the CPU.

    `name` is one of `SAMPLERS`, `shape` one sample's (C, H, W). A sample depends on its own seed
    alone. `alphas_cumprod` is the model's training schedule: the signal's share of the variance at
    each training step, falling. `eta`, `ensd` and `rng` are the WebUI's; eta None is the sampler's
    own. Raises KeyError for an unknown name, ValueError for steps or a schedule that cannot be.
    """
    if steps < 1:
        raise ValueError("a sample is drawn in one step or more")
    schedule = TrainingSchedule.from_alphas(alphas_cumprod)
    route = Route.plan(name, steps, schedule)
    noises = [PanelNoise(int(seed), shape, ensd, rng) for seed in seeds]  # numpy's ints overflow
    if not noises:
        return torch.zeros(0, *shape)

    def asked(x: Tensor, timestep: float) -> Tensor:
        answer = predict(x, torch.full((len(x),), timestep, dtype=torch.float32))
        return torch.as_tensor(answer).to(x)  # or all that follows would be of its dtype

    x = route.begun(together(noises)())
    with torch.no_grad():
        return route.walked(route.denoiser(asked, "epsilon"), x, noises, eta_of(name, eta))


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """The way down from noise: a sampler, the levels that it walks, falling, and the schedule by
    which the model is asked. Made by `plan`."""

    sampler: SamplerName
    levels: Tensor
    schedule: TrainingSchedule

    @classmethod
    def plan(
        cls, name: str, steps: int, schedule: TrainingSchedule, denoise: float | None = None
    ) -> Route:
        """Exactly `steps` steps from pure noise; or, with `denoise` above 0, as many of a second
        pass over a start. Raises KeyError for an unknown name."""
        sampler = sampler_named(name)
        if sampler.solver == "lcm":
            schedule = schedule.thinned()
        whole = steps if denoise is None else whole_drawing(steps, denoise)
        omitted = int(sampler.omits_last_level)
        places = sampler.spacing, whole + omitted, steps + omitted
        if sampler.noise == "brownian":
            levels = schedule.clock(*places)
        else:
            levels = torch.tensor(schedule.drawing(*places), dtype=torch.float64)
        if omitted:
            levels = torch.cat([levels[:-2], levels[-1:]])
        if sampler.variance_preserving:
            levels[-1] = schedule.sigmas[0]
        return cls(sampler, _falling(levels), schedule)

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The levels as numbers."""
        return tuple(self.levels.tolist())

    @property
    def evaluations(self) -> int:
        """How often the model is asked."""
        return evaluations(self.sampler.name, len(self.levels) - 1)

    def begun(self, noise: Tensor, start: Tensor | None = None) -> Tensor:
        """The noise at the first level, laid over `start` where there is one."""
        first = self.levels[0].item()
        if start is not None:
            return noise * first + start
        return noise * (math.hypot(first, 1.0) if self.sampler.variance_preserving else first)

    def denoiser(
        self, predict: Callable[[Tensor, float], Tensor], prediction: Prediction
    ) -> Denoiser:
        """The model as this sampler asks it."""
        model = denoiser(predict, prediction, self.schedule)
        return consistent(model, self.schedule) if self.sampler.solver == "lcm" else model

    def walked(
        self, model: Denoiser, x: Tensor, noises: Sequence[PanelNoise], eta: float
    ) -> Tensor:
        """The latent that `x`, noisy at the first level, becomes at the last.

        `x` is panels x channels x height x width; `noises` are the panels', with the initial
        latent already drawn. `eta` is the share of fresh noise.
        """
        solver = self.sampler.solver
        if solver in _QUIET:
            x = _QUIET[solver](model, x, self.sigmas)
        elif solver in _FRESH:
            # One draw for each level that is walked to, but the end where no noise is left.
            draws = sum(level > 0 for level in self.sigmas[1:])
            x = _FRESH[solver](model, x, self.sigmas, ahead(together(noises), draws, x), eta)
        else:
            x = _BROWNIAN[solver](model, x, self.levels, along_paths(noises, self.levels), eta)
        left = self.levels[-1].item()
        return x / math.hypot(left, 1.0) if left else x


def _falling(levels: Tensor) -> Tensor:
    """Each level discernibly below the one before it. Only a second pass of next to no `denoise`
    has levels so near to each other that they are hardly two numbers; there, they are moved."""
    just_below = 1 - 8 * torch.finfo(levels.dtype).eps
    if bool((levels[1:] <= levels[:-1] * just_below).all()):
        return levels
    falling = levels[:1]
    for level in levels[1:]:
        falling = torch.cat([falling, torch.minimum(level, falling[-1] * just_below)[None]])
    return falling
