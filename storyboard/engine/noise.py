"""A panel's own noise: drawn on the CPU in float32, so it is the same on every device, at every
dtype, alone or in a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from storyboard.engine.brownian import BrownianTree
from storyboard.engine.philox import Philox
from storyboard.jobs import Rng, Variation

Noise = Callable[[], Tensor]
"""The next draw, of a batch: panels x channels x height/8 x width/8, float32, on the CPU."""

PathNoise = Callable[[Tensor, Tensor], Tensor]
"""The noise of a step from one level down to another (0-d tensors), of a batch, variance 1: what
each panel's own Brownian path does between them."""

Shape = tuple[int, int, int]

_PARALLEL = 0.9995
"""Above this cosine, or below its negative, two columns are taken for parallel."""


class Generator(Protocol):
    """One draw after another from a seed."""

    def randn(self, shape: tuple[int, ...]) -> Tensor:
        """The next draw: normal numbers, float32, on the CPU."""


class PanelNoise:
    """One panel's draws, in the WebUI's order: the initial latent first, then one for each step
    that asks.

    `shape` is channels x height x width of the latent, `rng` the WebUI's "CPU" or "NV" source.
    With `ensd` (eta noise seed delta) other than 0, the generator starts again at `seed` + `ensd`
    after the first draw; Brownian paths do not heed it, as in the WebUI. A `variation` makes the
    first draw lean to another seed's; all others are the panel's own.
    """

    def __init__(
        self,
        seed: int,
        shape: Shape,
        ensd: int = 0,
        rng: Rng = "cpu",
        variation: Variation | None = None,
    ) -> None:
        self._seed, self._shape, self._rng = seed, shape, rng
        self._variation = variation
        self._restart = seed + ensd if ensd else None
        self._generator = generator(seed, rng)

    def draw(self) -> Tensor:
        """The next draw, of `shape`."""
        drawn = self._generator.randn(self._shape)
        if self._restart is not None:
            self._generator, self._restart = generator(self._restart, self._rng), None
        if self._variation is not None:
            other = generator(self._variation.seed, self._rng).randn(self._shape)
            drawn, self._variation = slerp(self._variation.strength, drawn, other), None
        return drawn

    def path(self, low: float, high: float) -> BrownianTree:
        """The panel's Brownian path between two levels; it takes nothing from the other draws."""

        def normal(seed: int) -> Tensor:
            return generator(seed, self._rng).randn(self._shape)

        return BrownianTree(self._seed % 2**64, low, high, normal)


def slerp(share: float, noise: Tensor, other: Tensor) -> Tensor:
    """From one noise to another along the arc between them: `noise` at 0, `other` at 1.

    Both are channels x height x width. With the angle w between them, it is
    (sin((1 - share) w) noise + sin(share w) other) / sin w (Shoemake 1985, "Animating rotation with
    quaternion curves"). As in the WebUI each column, channel by channel, has an angle of its own.
    Parallel ones have no arc: between them it goes straight, as there; columns as high as a
    picture's are never parallel, unless both noises are the same.
    """
    lengths = noise.norm(dim=1, keepdim=True), other.norm(dim=1, keepdim=True)
    cosine = (noise / lengths[0] * (other / lengths[1])).sum(dim=1, keepdim=True)
    angle = cosine.clamp(-_PARALLEL, _PARALLEL).acos()
    weights = ((1 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin()
    arc = weights[0] * noise + weights[1] * other
    return torch.where(cosine.abs() > _PARALLEL, noise * (1 - share) + other * share, arc)


def together(panels: Sequence[PanelNoise]) -> Noise:
    """The draws of several panels as one batch; each panel's are what it would draw alone."""
    return lambda: torch.stack([panel.draw() for panel in panels])


def ahead(noise: Noise, draws: int, like: Tensor) -> Noise:
    """The next so many draws, all drawn now and brought to where `like` is at once: a GPU then need
    not wait for the CPU at each step."""
    if not draws:
        return noise
    drawn = iter(torch.stack([noise() for _ in range(draws)]).to(like))
    return lambda: next(drawn)


def along_paths(panels: Sequence[PanelNoise], levels: Tensor) -> PathNoise:
    """The noise of steps down these levels, the last of which is 0: paths between the others'
    first and last (k-diffusion's `BrownianTreeNoiseSampler`)."""
    high, low = levels[0].item(), levels[-2].item()
    paths = [panel.path(low, high) for panel in panels]

    def noise(level: Tensor, following: Tensor) -> Tensor:
        rise = torch.stack([path.increment(following.item(), level.item()) for path in paths])
        duration = (following - level).abs()
        return -rise / duration.sqrt() if duration > 0 else rise

    return noise


def generator(seed: int, rng: Rng) -> Generator:
    """A fresh generator; a seed below 0 counts from 2^64 back."""
    return Philox(seed) if rng == "nv" else _Torch(seed)


class _Torch:
    """torch's own generator on the CPU."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator("cpu").manual_seed(seed % 2**64)

    def randn(self, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=self._generator, dtype=torch.float32)
