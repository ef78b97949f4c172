"""UniPC: a multistep solver that corrects each step with what the model sees at its end.

Zhao et al. 2023 (arXiv:2302.04867), algorithms 5 and 6 for data prediction, with B(h) = h and up
to order 3, as the WebUI is set out of the box. Latents here are divided by the signal's share,
which takes it out of the paper's formulas.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from storyboard.engine.solvers import Denoiser

_ORDER = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A clean latent that the model saw, and minus the log of the level where it did."""

    denoised: Tensor
    time: float


def unipc(model: Denoiser, x: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Walks down `sigmas`, the last of which must be above 0, and asks once a step.

    The order rises with the first steps and falls with the last; the last step is not corrected,
    as nothing is asked at its end.
    """
    steps = len(sigmas) - 1
    times = [-math.log(sigma) for sigma in sigmas]
    seen = deque([_Seen(model(x, sigmas[0]), times[0])], maxlen=_ORDER)
    for step, to in enumerate(times[1:]):
        order = min(_ORDER, step + 1, steps - step)
        known = list(seen)[:order]
        predicted = _walked(x, known, to)
        if step + 1 == steps:
            return predicted
        found = _Seen(model(predicted, sigmas[step + 1]), to)
        x = _walked(x, known, to, found)
        seen.appendleft(found)
    return x


def _walked(x: Tensor, known: Sequence[_Seen], to: float, found: _Seen | None = None) -> Tensor:
    """From the latest of the `known` levels `to` the next; `found` there, it is corrected."""
    latest, *earlier = known
    width = to - latest.time
    ratios = [(one.time - latest.time) / width for one in earlier]
    x = x * math.exp(-width) - latest.denoised * math.expm1(-width)
    others = [*earlier, found] if found else earlier
    at_end = [1.0] if found else []
    for weight, one, ratio in zip(
        _weights(ratios, width, corrects=found is not None),
        others,
        [*ratios, *at_end],
        strict=True,
    ):
        x = x + (one.denoised - latest.denoised) * (weight * width / ratio)
    return x


def _weights(ratios: Sequence[float], width: float, corrects: bool) -> npt.NDArray[np.float64]:
    """How much each difference counts: the paper's R and b, solved (equation 3.7). Where there is
    but one to find, it is taken as 1/2, which is as exact."""
    count = len(ratios) + corrects
    if count < 2:
        return np.full(count, 0.5)
    points = np.array([*ratios, 1.0][:count])
    return np.asarray(np.linalg.solve(np.vander(points, increasing=True).T, _moments(count, width)))


def _moments(count: int, width: float) -> npt.NDArray[np.float64]:
    """The paper's b: (k + 1)! phi_(k + 1)(-h) h^k over B(h), for k from 1 on."""
    step = -width
    phi, factorial = math.expm1(step) / step - 1, 1.0
    found = []
    for k in range(1, count + 1):
        found.append(phi * factorial / step)
        phi, factorial = phi / step - 1 / math.factorial(k + 1), factorial * (k + 1)
    return np.array(found)
