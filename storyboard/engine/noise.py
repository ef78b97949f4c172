"""A panel's own noise: drawn on the CPU in float32, so it is the same on every device, at every
dtype, alone or in a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Noise = Callable[[], Tensor]
"""The next draw, of a batch: panels x channels x height/8 x width/8, float32, on the CPU."""


class PanelNoise:
    """One panel's draws, in the WebUI's order (its "CPU" source): the initial latent first, then
    one for each step that asks.

    `shape` is channels x height x width of the latent. With `ensd` (eta noise seed delta) other
    than 0, the generator starts again at `seed` + `ensd` after the first draw.
    """

    def __init__(self, seed: int, shape: tuple[int, int, int], ensd: int = 0) -> None:
        self._shape = shape
        self._restart = seed + ensd if ensd else None
        self._generator = _generator(seed)

    def draw(self) -> Tensor:
        """The next draw, of `shape`."""
        drawn = torch.randn(self._shape, generator=self._generator, dtype=torch.float32)
        if self._restart is not None:
            self._generator, self._restart = _generator(self._restart), None
        return drawn


def together(panels: Sequence[PanelNoise]) -> Noise:
    """The draws of several panels as one batch; each panel's are what it would draw alone."""
    return lambda: torch.stack([panel.draw() for panel in panels])


def _generator(seed: int) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(seed % 2**64)
