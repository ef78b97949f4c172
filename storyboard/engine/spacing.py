"""Noise levels spaced between a model's first and last as the WebUI spaces them, to the bit.

Formulas and their order are those of Crowson's k-diffusion (MIT; Karras et al. 2022,
arXiv:2206.00364) and, for the others, of what the WebUI's schedules are known to do. Numbers are in
the table's own precision, or in float32 where the WebUI's are float32 whatever its table is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from storyboard.engine.names import Spacing

RHO = 7.0
"""How much Karras spacing crowds the low noise levels (EDM, table 1)."""

_MANY = 100_000
"""Longer drawings are not listed in full; only second passes of next to no `denoise` have them."""


def spaced(table: Tensor, spacing: Spacing, steps: int, kept: int) -> Tensor:
    """The last `kept` of the levels of a drawing in `steps` steps, falling, all above 0.

    `table` holds the model's levels, one a training step, rising.
    """
    low, high = table[0].item(), table[-1].item()
    top = len(table) - 1
    if spacing == "karras":
        first, last = high ** (1 / RHO), low ** (1 / RHO)
        levels: Tensor = (first + _line(0, 1, steps, kept) * (last - first)) ** RHO
        return levels
    if spacing == "exponential":
        return _line(math.log(high), math.log(low), steps, kept).exp()
    if spacing == "polyexponential":
        span = math.log(high) - math.log(low)
        return torch.exp(_line(1, 0, steps, kept) * span + math.log(low))
    if spacing == "sgm_uniform":
        return _at(table, _line(top, 0, steps + 1, kept + 1)[:-1])
    if spacing == "simple" and steps <= top:
        return table[_simple(len(table), steps, kept)]
    if spacing == "ddim" and steps <= top:
        return table[_ddim(len(table), steps, kept)]
    if spacing == "ddim":
        return _at(table, _line(top, 1, steps, kept))
    return _at(table, _line(top, 0, steps, kept))


def _simple(count: int, steps: int, kept: int) -> Tensor:
    """Whole training steps, counted down from the last, rounded up."""
    stride = count / steps
    down = [int(index * stride) for index in range(steps - kept, steps)]
    return torch.tensor([count - 1 - step for step in down])


def _ddim(count: int, steps: int, kept: int) -> Tensor:
    """Every `count // steps`-th training step from 1 on (Song et al. 2020, arXiv:2010.02502, as
    Stable Diffusion counts them)."""
    return 1 + torch.arange(kept - 1, -1, -1) * (count // steps)


def _at(table: Tensor, positions: Tensor) -> Tensor:
    """The levels at training steps with fractions; linear in log sigma."""
    logs, whole = table.log(), positions.floor().long()
    share = positions.frac()
    following = positions.ceil().long()
    return ((1 - share) * logs[whole] + share * logs[following]).exp()


def _line(start: float, end: float, count: int, kept: int) -> Tensor:
    """The last `kept` of `count` numbers from `start` to `end`, float32; one alone is `start`."""
    if count <= _MANY:
        return torch.linspace(start, end, count)[count - kept :]
    ramp = torch.arange(count - kept, count, dtype=torch.float64) / (count - 1)
    return (start + ramp * (end - start)).float()
