"""The samplers there are, by name, and what they cost. No torch here, so that a story can be
checked, and a plan counted, without it.

A full name is a sampler's (`DPM++ 2M SDE`), alone or with a schedule's behind it (`DPM++ 2M SDE
Exponential`); both are the WebUI's. Without a schedule, noise levels are spaced evenly in training
steps, as the WebUI before 1.9 meant such a name. `Automatic` is the schedule that it takes since
then where none is chosen: a sampler's own favourite.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from storyboard.nearest import did_you_mean

Solver = Literal[
    "dpmpp_2s_a",
    "dpmpp_2m",
    "dpmpp_sde",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_heun",
    "dpmpp_3m_sde",
    "euler_a",
    "euler",
    "heun",
    "lms",
    "dpm2",
    "dpm2_a",
    "ddim",
    "unipc",
    "lcm",
]
Spacing = Literal[
    "karras", "exponential", "polyexponential", "sgm_uniform", "simple", "ddim", "uniform"
]
NoiseKind = Literal["none", "fresh", "brownian"]
"""What is drawn after the initial latent: nothing; a latent for each step that asks; or the
increments of a Brownian path, which depend on the levels alone, not on how many were drawn."""


@dataclass(frozen=True, slots=True)
class SamplerName:
    """A sampler as the WebUI names it: how it steps, and how its noise levels are spaced.

    `two_stage` samplers ask the model twice a step, but once in the last. `omits_last_level` ones
    leave out the level before 0, and walk one step of a longer drawing less instead.
    `variance_preserving` ones start from noise of variance 1 and stop at the model's own first
    level; they have a schedule of their own. `eta` is the share of fresh noise where none is said.
    """

    name: str
    solver: Solver
    spacing: Spacing
    noise: NoiseKind = "none"
    two_stage: bool = False
    omits_last_level: bool = False
    variance_preserving: bool = False
    eta: float = 1.0

    @property
    def draws_noise(self) -> bool:
        """More noise than the initial latent's goes in."""
        return self.noise != "none"


_BY_AUTOMATIC = (
    SamplerName("DPM++ 2S a", "dpmpp_2s_a", "karras", "fresh", two_stage=True),
    SamplerName("DPM++ 2M", "dpmpp_2m", "karras"),
    SamplerName("DPM++ SDE", "dpmpp_sde", "karras", "brownian", two_stage=True),
    SamplerName("DPM++ 2M SDE", "dpmpp_2m_sde", "exponential", "brownian"),
    SamplerName("DPM++ 2M SDE Heun", "dpmpp_2m_sde_heun", "exponential", "brownian"),
    SamplerName("DPM++ 3M SDE", "dpmpp_3m_sde", "exponential", "brownian", omits_last_level=True),
    SamplerName("Euler a", "euler_a", "uniform", "fresh"),
    SamplerName("Euler", "euler", "uniform"),
    SamplerName("Heun", "heun", "uniform", two_stage=True),
    SamplerName("LMS", "lms", "uniform"),
    SamplerName("DPM2", "dpm2", "karras", two_stage=True, omits_last_level=True),
    SamplerName("DPM2 a", "dpm2_a", "karras", "fresh", two_stage=True, omits_last_level=True),
    SamplerName("DDIM", "ddim", "ddim", "fresh", variance_preserving=True, eta=0.0),
    SamplerName("UniPC", "unipc", "sgm_uniform", variance_preserving=True),
    SamplerName("LCM", "lcm", "uniform", "fresh"),
)
"""Each by its bare name, with the schedule that `Automatic` stands for."""

_SCHEDULES: dict[str, Spacing] = {
    "Karras": "karras",
    "Exponential": "exponential",
    "Polyexponential": "polyexponential",
    "SGM Uniform": "sgm_uniform",
    "Simple": "simple",
    "DDIM": "ddim",
    "Uniform": "uniform",
    "Normal": "uniform",
}
_AUTOMATIC = "Automatic"


def _spelled(sampler: SamplerName) -> Iterator[tuple[SamplerName, tuple[str, str]]]:
    """A sampler under each of its full names, and the two parts of that name."""
    bare = sampler.name
    plain = sampler if sampler.variance_preserving else replace(sampler, spacing="uniform")
    yield plain, (bare, "")
    yield replace(sampler, name=f"{bare} {_AUTOMATIC}"), (bare, _AUTOMATIC)
    if not sampler.variance_preserving:
        for schedule, spacing in _SCHEDULES.items():
            full = f"{bare} {schedule}"
            yield replace(sampler, name=full, spacing=spacing), (bare, schedule)


_ALL = {one.name: (one, parts) for sampler in _BY_AUTOMATIC for one, parts in _spelled(sampler)}
_AUTOMATICALLY = {sampler.name: sampler for sampler in _BY_AUTOMATIC}

SAMPLERS: tuple[str, ...] = tuple(_ALL)
"""The names that `Sampling.sampler` may have."""


def sampler_named(name: str) -> SamplerName:
    """The sampler of this name, exactly as in `SAMPLERS`; KeyError where there is none."""
    if name not in _ALL:
        raise KeyError(f"there is no sampler `{name}`: {sampler_hint(name)}")
    return _ALL[name][0]


def evaluations(sampler: str, steps: int) -> int:
    """How often `steps` steps of this sampler ask the model: 2N - 1 for those of two stages, which
    go to no noise at all in one; N for the others. KeyError for an unknown name."""
    return max(2 * steps - 1, 0) if sampler_named(sampler).two_stage else steps


def eta_of(sampler: str, said: float | None = None) -> float:
    """The share of fresh noise: as `said`, or else 0 for DDIM and 1 for the others, as in the
    WebUI. An unknown sampler is told elsewhere; here it is like most."""
    known = _ALL.get(sampler)
    return said if said is not None else known[0].eta if known else 1.0


def parted(sampler: str) -> tuple[str, str]:
    """A full name as the WebUI has written it since 1.9: the sampler, and its schedule type.

    The schedule is empty where it goes without saying: where the sampler's bare name means the
    same there. An unknown name is all sampler.
    """
    if sampler not in _ALL:
        return sampler, ""
    one, (bare, schedule) = _ALL[sampler]
    if not schedule and one.spacing != _AUTOMATICALLY[bare].spacing:
        return bare, "Uniform"
    return bare, schedule


def joined(sampler: str, schedule: str = "") -> str | None:
    """The full name for what the WebUI writes as `Sampler` and `Schedule type`; None where there
    is none. Letters' case is of no account. DDIM and UniPC heed no schedule, there as here."""
    full = _FOLDED.get(sampler.casefold())
    if full is None or not schedule:
        return full
    bare, own = _ALL[full][1]
    if own:
        return full if own.casefold() == schedule.casefold() else None
    if _AUTOMATICALLY[bare].variance_preserving:
        return bare if schedule.casefold() in _SCHEDULE_TYPES else None
    return _FOLDED.get(f"{bare} {schedule}".casefold())


_FOLDED = {name.casefold(): name for name in SAMPLERS}
_SCHEDULE_TYPES = {name.casefold() for name in (*_SCHEDULES, _AUTOMATIC)}


def sampler_hint(name: str) -> str:
    """What to write instead of a sampler's unknown name."""
    return did_you_mean(name, SAMPLERS) or (
        f"there are: {', '.join(_AUTOMATICALLY)}; alone, or with {', '.join(_SCHEDULES)} or "
        f"{_AUTOMATIC} behind it"
    )
