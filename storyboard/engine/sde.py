"""The samplers that solve the stochastic equation, with noise from a Brownian path.

DPM-Solver++ (Lu et al. 2022, arXiv:2211.01095, section 5) as k-diffusion has it. Levels are a 1-D
tensor here, falling, 0 last, in the precision that the path's times are to have: they are looked up
in it to the bit. `eta` is the share of noise; with 0 none is asked for.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor

from storyboard.engine.ancestral import ancestral_step
from storyboard.engine.noise import PathNoise
from storyboard.engine.solvers import Denoiser, curve, line


def dpmpp_sde(model: Denoiser, x: Tensor, levels: Tensor, noise: PathNoise, eta: float) -> Tensor:
    """Two stages a step: to the middle in log sigma, and by what is seen there to the end."""
    for level, following in pairwise(levels):
        sigma = level.item()
        denoised = model(x, sigma)
        if following == 0:
            x = line(x, denoised, sigma, 0.0)
            continue
        start, middle, end = _thirds(level, following)
        down, fresh = ancestral_step(start.item(), middle.item(), eta)
        halfway = _stirred(curve(x, denoised, sigma, down), noise, start, middle, fresh)
        denoised = model(halfway, middle.item())
        down, fresh = ancestral_step(start.item(), end.item(), eta)
        x = _stirred(curve(x, denoised, sigma, down), noise, start, end, fresh)
    return x


def dpmpp_2m_sde(
    model: Denoiser, x: Tensor, levels: Tensor, noise: PathNoise, eta: float
) -> Tensor:
    """One evaluation a step, the one before it remembered; the solver's midpoint form."""
    return _dpmpp_2m_sde(model, x, levels, noise, eta, heun=False)


def dpmpp_2m_sde_heun(
    model: Denoiser, x: Tensor, levels: Tensor, noise: PathNoise, eta: float
) -> Tensor:
    """One evaluation a step, the one before it remembered; the solver's Heun form."""
    return _dpmpp_2m_sde(model, x, levels, noise, eta, heun=True)


def _dpmpp_2m_sde(
    model: Denoiser, x: Tensor, levels: Tensor, noise: PathNoise, eta: float, heun: bool
) -> Tensor:
    before: tuple[Tensor, float] | None = None
    for level, following in pairwise(levels):
        denoised = model(x, level.item())
        if following == 0:
            return denoised
        step = _width(level, following)
        widened = step * (1 + eta)
        share = -math.expm1(-widened)
        x = x * math.exp(-widened) + denoised * share
        if before is not None:
            change = (denoised - before[0]) * (step / before[1])
            x = x + change * (1 - share / widened if heun else share / 2)
        x = _stirred(x, noise, level, following, _spread(following, step, eta))
        before = denoised, step
    return x


def dpmpp_3m_sde(
    model: Denoiser, x: Tensor, levels: Tensor, noise: PathNoise, eta: float
) -> Tensor:
    """One evaluation a step, the two before it remembered."""
    seen: list[tuple[Tensor, float]] = []
    for level, following in pairwise(levels):
        denoised = model(x, level.item())
        if following == 0:
            return denoised
        step = _width(level, following)
        widened = step * (1 + eta)
        x = x * math.exp(-widened) - denoised * math.expm1(-widened)
        second = math.expm1(-widened) / widened + 1
        if len(seen) == 1:
            x = x + (denoised - seen[0][0]) * (step / seen[0][1]) * second
        elif seen:
            change, bend = _differences(denoised, step, seen)
            x = x + change * second - bend * (second / widened - 0.5)
        x = _stirred(x, noise, level, following, _spread(following, step, eta))
        seen = [(denoised, step), *seen[:1]]
    return x


def _differences(
    denoised: Tensor, step: float, seen: list[tuple[Tensor, float]]
) -> tuple[Tensor, Tensor]:
    """How the clean latent changes and bends over a step, by the two before it."""
    (last, last_step), (earlier, earlier_step) = seen
    nearer, farther = last_step / step, earlier_step / step
    now, then = (denoised - last) / nearer, (last - earlier) / farther
    bend = (now - then) / (nearer + farther)
    return now + bend * nearer, bend


def _thirds(level: Tensor, following: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Start, middle and end of a step, by way of their logarithms and back: k-diffusion looks its
    path up at the times that come out of that, which are not quite the levels themselves."""
    start, end = level.log().neg(), following.log().neg()
    middle = start + (end - start) * 0.5
    return start.neg().exp(), middle.neg().exp(), end.neg().exp()


def _width(level: Tensor, following: Tensor) -> float:
    """A step's width in log sigma."""
    return math.log(level.item() / following.item())


def _spread(following: Tensor, step: float, eta: float) -> float:
    """How much noise goes in at the end of a step."""
    return following.item() * math.sqrt(-math.expm1(-2 * eta * step))


def _stirred(
    x: Tensor, noise: PathNoise, level: Tensor, following: Tensor, spread: float
) -> Tensor:
    return x + noise(level, following).to(x) * spread if spread else x
