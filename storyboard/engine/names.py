"""The samplers and upscalers there are, by name, and what they cost. No torch here, so that a
story can be checked, and a plan counted, without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Solver = Literal["dpmpp_2s_a", "dpmpp_2m", "euler_a", "euler"]
Spacing = Literal["karras", "uniform"]


@dataclass(frozen=True, slots=True)
class SamplerName:
    """A sampler as the WebUI names it: how it steps, and how its noise levels are spaced.

    `ancestral` samplers add fresh noise at each step but the last, one draw each.
    """

    name: str
    solver: Solver
    spacing: Spacing
    ancestral: bool


_ALL = (
    SamplerName("DPM++ 2S a Karras", "dpmpp_2s_a", "karras", True),
    SamplerName("DPM++ 2S a", "dpmpp_2s_a", "uniform", True),
    SamplerName("DPM++ 2M Karras", "dpmpp_2m", "karras", False),
    SamplerName("DPM++ 2M", "dpmpp_2m", "uniform", False),
    SamplerName("Euler a", "euler_a", "uniform", True),
    SamplerName("Euler a Karras", "euler_a", "karras", True),
    SamplerName("Euler", "euler", "uniform", False),
    SamplerName("Euler Karras", "euler", "karras", False),
)

SAMPLERS: tuple[str, ...] = tuple(sampler.name for sampler in _ALL)
"""The names that `Sampling.sampler` may have."""

UPSCALERS: tuple[str, ...] = ("lanczos", "latent")
"""The ways to enlarge a preview that need no file, as `FinalJob.upscaler` names them."""


def sampler_named(name: str) -> SamplerName:
    """The sampler of this name, exactly as in `SAMPLERS`; KeyError where there is none."""
    for sampler in _ALL:
        if sampler.name == name:
            return sampler
    raise KeyError(name)


def evaluations(sampler: str, steps: int) -> int:
    """How often `steps` steps of this sampler ask the model: 2N - 1 for DPM++ 2S a, else N.

    DPM++ 2S a asks twice a step, but once in the last, which goes to no noise at all.
    """
    two_stage = sampler_named(sampler).solver == "dpmpp_2s_a"
    return max(2 * steps - 1, 0) if two_stage else steps
