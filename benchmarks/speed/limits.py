"""What a panel costs in multiplications, and how many the device does a second at best."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from torch.utils.flop_counter import FlopCounterMode

_SIDE = {"cpu": 1536, "cuda": 8192}


def work_of(draw: Callable[[], None]) -> float:
    """The floating-point operations in what `draw` does in this thread (multiply and add are two):
    those of matrices and convolutions."""
    with FlopCounterMode(display=False) as counter:
        draw()
    return float(counter.get_total_flops())


def limit(device: str, dtype: torch.dtype, tries: int = 5) -> float:
    """Operations a second in a product of large square matrices, the median of some tries."""
    side = _SIDE.get(device.split(":")[0], 2048)
    one = torch.randn(side, side, device=device, dtype=dtype)
    seconds = []
    for _ in range(tries + 1):
        start = perf_counter()
        one @ one
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        seconds.append(perf_counter() - start)
    return 2 * side**3 / median(seconds[1:])
