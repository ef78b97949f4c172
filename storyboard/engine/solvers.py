"""The samplers' steps without noise of their own: from one noise level down to the next.

Each walks down a list of noise levels ("sigmas", falling, 0.0 last) and asks a model what it sees
at a level. The steps are those of Crowson's k-diffusion (MIT), after DPM-Solver++ (Lu et al. 2022,
arXiv:2211.01095) and EDM (Karras et al. 2022, arXiv:2206.00364). Latents are float32 throughout,
panels x channels x height x width.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from torch import Tensor

Denoiser = Callable[[Tensor, float], Tensor]
"""The clean latent a model sees in a noisy one at this sigma; any batch, float32."""

_LMS_ORDER = 4
_GAUSS = np.polynomial.legendre.leggauss(_LMS_ORDER // 2)
"""Points and weights on [-1, 1] that integrate polynomials of a degree below the order exactly."""


def euler(model: Denoiser, x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Along the slope at each level (EDM, algorithm 1, without its correction)."""
    for sigma, following in pairwise(sigmas):
        x = line(x, model(x, sigma), sigma, following)
    return x


def heun(model: Denoiser, x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Along the mean of the slopes at both ends of a step; the last is Euler's (EDM, alg. 1)."""
    for sigma, following in pairwise(sigmas):
        denoised = model(x, sigma)
        there = line(x, denoised, sigma, following)
        if following > 0:
            slopes = slope(x, denoised, sigma) + slope(there, model(there, following), following)
            there = x + slopes / 2 * (following - sigma)
        x = there
    return x


def dpm2(model: Denoiser, x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Along the slope in the middle, in log sigma, of each step; the last is Euler's."""
    for sigma, following in pairwise(sigmas):
        x = midpoint(model, x, sigma, following)
    return x


def dpmpp_2m(model: Denoiser, x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """DPM-Solver++(2M), algorithm 2: one evaluation a step, the one before it remembered."""
    before: tuple[Tensor, float] | None = None
    for sigma, following in pairwise(sigmas):
        denoised = model(x, sigma)
        towards = denoised
        if before is not None and following > 0:
            ratio = math.log(before[1] / sigma) / math.log(sigma / following)
            towards = denoised + (denoised - before[0]) / (2 * ratio)
        x = curve(x, towards, sigma, following)
        before = (denoised, sigma)
    return x


def lms(model: Denoiser, x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """The linear multistep method of Adams and Bashforth for uneven steps, up to order 4."""
    slopes: deque[Tensor] = deque(maxlen=_LMS_ORDER)
    for step, (sigma, following) in enumerate(pairwise(sigmas)):
        slopes.appendleft(slope(x, model(x, sigma), sigma))
        known = [sigmas[step - back] for back in range(len(slopes))]
        shares = _adams_bashforth(known, following)
        x = x + sum(share * before for share, before in zip(shares, slopes, strict=True))
    return x


def _adams_bashforth(known: Sequence[float], to: float) -> list[float]:
    """The integrals, from the first of the known levels `to` another, of the polynomials that are
    1 at one of the known levels and 0 at the others (Lagrange's)."""
    half = (to - known[0]) / 2
    points = known[0] + half * (_GAUSS[0] + 1)
    shares = []
    for one in known:
        values = np.ones_like(points)
        for other in known:
            if other != one:
                values = values * (points - other) / (one - other)
        shares.append(float((values * _GAUSS[1]).sum() * half))
    return shares


def midpoint(model: Denoiser, x: Tensor, sigma: float, to: float) -> Tensor:
    """DPM-Solver-2's step (Lu et al. 2022, arXiv:2206.00927); Euler's where it goes to no noise."""
    denoised = model(x, sigma)
    if to == 0:
        return line(x, denoised, sigma, to)
    middle = math.sqrt(sigma * to)
    halfway = line(x, denoised, sigma, middle)
    return x + slope(halfway, model(halfway, middle), middle) * (to - sigma)


def slope(x: Tensor, denoised: Tensor, sigma: float) -> Tensor:
    """How `x` changes with sigma: away from the clean latent."""
    return (x - denoised) / sigma


def line(x: Tensor, denoised: Tensor, sigma: float, to: float) -> Tensor:
    """Euler's step: along the straight line from `x` to the clean latent."""
    return x + slope(x, denoised, sigma) * (to - sigma)


def curve(x: Tensor, denoised: Tensor, sigma: float, to: float) -> Tensor:
    """The exponential integrator's step, exact for a clean latent that stays as it is."""
    share = to / sigma
    return x * share + denoised * (1.0 - share)
