"""The samplers that add fresh noise after each step, one draw each but after the last.

As in `solvers`, steps are k-diffusion's. `eta` is the share of fresh noise, 0 for none (drawn all
the same, and without effect).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from storyboard.engine.noise import Noise
from storyboard.engine.solvers import Denoiser, curve, line, midpoint


def ancestral_step(sigma: float, following: float, eta: float) -> tuple[float, float]:
    """To which level to walk down, and how much fresh noise then lifts it to `following`.

    The two add up in squares. k-diffusion, `get_ancestral_step`; DDIM's is the same (Song et al.
    2020, arXiv:2010.02502, equation 16, with latents divided by the signal's share).
    """
    fresh = eta * math.sqrt(following**2 * max(sigma**2 - following**2, 0.0) / sigma**2)
    fresh = min(following, fresh)
    return math.sqrt(following**2 - fresh**2), fresh


def euler_ancestral(
    model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float
) -> Tensor:
    """Euler's step down, and noise; on DDIM's levels with DDIM's eta, this is DDIM."""
    for sigma, following in pairwise(sigmas):
        down, fresh = ancestral_step(sigma, following, eta)
        x = line(x, model(x, sigma), sigma, down)
        if following > 0:
            x = x + noise().to(x) * fresh
    return x


def dpm2_ancestral(
    model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float
) -> Tensor:
    """DPM-Solver-2's step down, and noise."""
    for sigma, following in pairwise(sigmas):
        down, fresh = ancestral_step(sigma, following, eta)
        x = midpoint(model, x, sigma, down)
        if following > 0:
            x = x + noise().to(x) * fresh
    return x


def dpmpp_2s_ancestral(
    model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float
) -> Tensor:
    """DPM-Solver++(2S), algorithm 1, with the midpoint in log sigma, and fresh noise after."""
    for sigma, following in pairwise(sigmas):
        down, fresh = ancestral_step(sigma, following, eta)
        denoised = model(x, sigma)
        if down == 0:
            x = line(x, denoised, sigma, down)
        else:
            middle = math.sqrt(sigma * down)
            halfway = curve(x, denoised, sigma, middle)
            x = curve(x, model(halfway, middle), sigma, down)
        if following > 0:
            x = x + noise().to(x) * fresh
    return x


def lcm(model: Denoiser, x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float) -> Tensor:
    """Multistep consistency sampling (Song et al. 2023, arXiv:2303.01469, algorithm 1): the clean
    latent itself, noised anew for the next level. `eta` has no say."""
    for sigma, following in pairwise(sigmas):
        x = model(x, sigma)
        if following > 0:
            x = x + noise().to(x) * following
    return x
