"""Samplers: from noise to a latent, by the numbers of the WebUI's samplers of the same names.

Each walks down a list of noise levels ("sigmas", falling, 0.0 last) and asks a model what it sees
at a level. The steps are those of Crowson's k-diffusion (MIT), after DPM-Solver++ (Lu et al. 2022,
arXiv:2211.01095) and EDM (Karras et al. 2022, arXiv:2206.00364). Latents are float32 throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from torch import Tensor

from storyboard.engine.names import Solver
from storyboard.engine.noise import Noise

Denoiser = Callable[[Tensor, float], Tensor]
"""The clean latent a model sees in a noisy one at this sigma; any batch, float32."""

_Solve = Callable[[Denoiser, Tensor, Sequence[float], Noise, float], Tensor]


def sample(
    solver: Solver,
    model: Denoiser,
    x: Tensor,
    sigmas: Sequence[float],
    noise: Noise,
    eta: float = 1.0,
) -> Tensor:
    """The latent that `x`, noisy at `sigmas[0]`, becomes at `sigmas[-1]`, which is 0.0.

    `x` is panels x channels x height x width. `noise` gives the ancestral samplers' fresh noise,
    one draw for every step but the last; `eta` is its share, 0 for none (drawn all the same).
    """
    return _SOLVERS[solver](model, x, sigmas, noise, eta)


def ancestral_step(sigma: float, following: float, eta: float) -> tuple[float, float]:
    """To which level to walk down, and how much fresh noise then lifts it to `following`.

    The two add up in squares. k-diffusion, `get_ancestral_step`.
    """
    fresh = eta * math.sqrt(following**2 * (sigma**2 - following**2) / sigma**2)
    fresh = min(following, fresh)
    return math.sqrt(following**2 - fresh**2), fresh


def _euler(model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float) -> Tensor:
    for sigma, following in pairwise(sigmas):
        x = _line(x, model(x, sigma), sigma, following)
    return x


def _euler_ancestral(
    model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float
) -> Tensor:
    for sigma, following in pairwise(sigmas):
        down, fresh = ancestral_step(sigma, following, eta)
        x = _line(x, model(x, sigma), sigma, down)
        if following > 0:
            x = x + noise().to(x) * fresh
    return x


def _dpmpp_2s_ancestral(
    model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float
) -> Tensor:
    """DPM-Solver++(2S), algorithm 1, with the midpoint in log sigma, and fresh noise after."""
    for sigma, following in pairwise(sigmas):
        down, fresh = ancestral_step(sigma, following, eta)
        denoised = model(x, sigma)
        if down == 0:
            x = _line(x, denoised, sigma, down)
        else:
            middle = math.sqrt(sigma * down)
            halfway = _curve(x, denoised, sigma, middle)
            x = _curve(x, model(halfway, middle), sigma, down)
        if following > 0:
            x = x + noise().to(x) * fresh
    return x


def _dpmpp_2m(
    model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float
) -> Tensor:
    """DPM-Solver++(2M), algorithm 2: one evaluation a step, the one before it remembered."""
    before: tuple[Tensor, float] | None = None
    for sigma, following in pairwise(sigmas):
        denoised = model(x, sigma)
        towards = denoised
        if before is not None and following > 0:
            ratio = math.log(before[1] / sigma) / math.log(sigma / following)
            towards = denoised + (denoised - before[0]) / (2 * ratio)
        x = _curve(x, towards, sigma, following)
        before = (denoised, sigma)
    return x


def _line(x: Tensor, denoised: Tensor, sigma: float, to: float) -> Tensor:
    """Euler's step: along the straight line from `x` to the clean latent."""
    return x + (x - denoised) / sigma * (to - sigma)


def _curve(x: Tensor, denoised: Tensor, sigma: float, to: float) -> Tensor:
    """The exponential integrator's step, exact for a clean latent that stays as it is."""
    share = to / sigma
    return x * share + denoised * (1.0 - share)


_SOLVERS: Mapping[Solver, _Solve] = {
    "dpmpp_2s_a": _dpmpp_2s_ancestral,
    "dpmpp_2m": _dpmpp_2m,
    "euler_a": _euler_ancestral,
    "euler": _euler,
}
