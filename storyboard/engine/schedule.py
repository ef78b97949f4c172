"""Noise levels: those a model was trained with, and those a picture is drawn through.

Sigma is the noise's standard deviation where the picture's own is 1 (Karras et al. 2022,
arXiv:2206.00364, "EDM"). Numbers here are float64; the WebUI's are float32, and agree to 1e-6.
Where that is not near enough, for Brownian paths, `clock` has the WebUI's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from storyboard.engine.names import Spacing
from storyboard.engine.spacing import RHO, spaced
from storyboard.models.betas import BetaSchedule

NO_SIGNAL = 4.8973451890853435e-08
"""The share of signal that the WebUI leaves in the last level of a zero-terminal-SNR schedule, so
that its sigma, some 4519, is a number at all."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSchedule:
    """A model's own noise levels, one a training step, rising. Made by `from_betas` or
    `from_alphas`.

    With `stride` above 1, they are those of every `stride`-th training step only, and the model is
    asked at no others. `precision` is that of the table that `clock` counts from.
    """

    sigmas: npt.NDArray[np.float64]
    stride: int = 1
    precision: torch.dtype = torch.float32

    @classmethod
    def from_betas(
        cls,
        first: float = 0.00085,
        last: float = 0.012,
        count: int = 1000,
        kind: BetaSchedule = "scaled_linear",
    ) -> TrainingSchedule:
        """Levels from a DDPM's betas; the defaults are Stable Diffusion's.

        `scaled_linear` betas are evenly spaced in their square roots. Sigma is
        sqrt((1 - a) / a), with a the product of all (1 - beta) so far.
        """
        if kind == "scaled_linear":
            betas = np.linspace(math.sqrt(first), math.sqrt(last), count) ** 2
        else:
            betas = np.linspace(first, last, count)
        kept = np.cumprod(1.0 - betas)
        return cls(np.sqrt((1.0 - kept) / kept))

    @classmethod
    def from_alphas(
        cls, kept: Tensor | npt.NDArray[np.floating] | Sequence[float]
    ) -> TrainingSchedule:
        """Levels from a DDPM's `alphas_cumprod`: the signal's share of the variance, falling.

        `clock` counts from them in their own precision; a plain list's is float64. Raises
        ValueError for what is no such list.
        """
        table = kept if isinstance(kept, Tensor) else torch.from_numpy(np.array(kept))
        alphas = table.detach().cpu().double().numpy()
        falling = alphas.ndim == 1 and len(alphas) > 1 and bool((np.diff(alphas) < 0).all())
        if not falling or not 0 < alphas[-1] < alphas[0] < 1:
            raise ValueError("alphas_cumprod must fall, step by step, between 1 and 0")
        precision = torch.float64 if table.dtype == torch.float64 else torch.float32
        return cls(np.sqrt((1.0 - alphas) / alphas), precision=precision)

    def rescaled(self) -> TrainingSchedule:
        """The levels moved so that the last has no signal, and the first stays as it is (Lin et
        al. 2024, arXiv:2305.08891, algorithm 1); the last then gets `NO_SIGNAL`, as in the WebUI.
        """
        roots = np.sqrt(self._alphas())
        moved = ((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])) ** 2
        moved[-1] = NO_SIGNAL
        return TrainingSchedule(np.sqrt((1.0 - moved) / moved), self.stride, self.precision)

    def thinned(self, count: int = 50) -> TrainingSchedule:
        """Only `count` of the levels, evenly spaced, the last among them: those that a latent
        consistency model was distilled for (Luo et al. 2023, arXiv:2310.04378)."""
        stride = max(len(self.sigmas) // count, 1)
        offset = (len(self.sigmas) - 1) % stride
        return TrainingSchedule(self.sigmas[offset::stride], stride, self.precision)

    def timestep(self, sigma: float) -> float:
        """The training step, with fraction, whose level is `sigma`; linear in log sigma, never
        rounded, clamped to the first and last step. With a `stride`, the nearest step there is."""
        steps = np.arange(len(self.sigmas), dtype=np.float64)
        if self.stride > 1:
            nearest = int(np.abs(np.log(self.sigmas) - math.log(sigma)).argmin())
            return float(nearest * self.stride + self.stride - 1)
        return float(np.interp(math.log(sigma), np.log(self.sigmas), steps))

    def drawing(self, spacing: Spacing, steps: int, last: int | None = None) -> tuple[float, ...]:
        """The levels of a drawing in `steps` steps, falling, with 0.0 at the end.

        With `last`, only the last `last` of those steps: `last` + 1 numbers. The front is never
        computed, so a second pass of little `denoise` is no dearer than another.
        """
        kept = steps if last is None else last
        ramp = np.arange(steps - kept, steps) / max(steps - 1, 1)
        if spacing == "karras":
            return (*self._karras(ramp).tolist(), 0.0)
        if spacing == "uniform":
            return (*self._uniform(ramp).tolist(), 0.0)
        return (*spaced(self._table(), spacing, steps, kept).tolist(), 0.0)

    def clock(self, spacing: Spacing, steps: int, last: int | None = None) -> Tensor:
        """The same as `drawing`, in the very numbers that the WebUI has for it: float32.

        They are the times at which a Brownian path is looked at. It is rough: a time that is off
        by 1e-6 gives noise that is off by 1e-3.
        """
        levels = spaced(self._table(), spacing, steps, steps if last is None else last).float()
        return torch.cat([levels, levels.new_zeros(1)])

    def _table(self) -> Tensor:
        if self.precision == torch.float64:
            return torch.from_numpy(self.sigmas)
        kept = torch.from_numpy(self._alphas()).float()
        return ((1 - kept) / kept) ** 0.5

    def _alphas(self) -> npt.NDArray[np.float64]:
        return 1.0 / (1.0 + self.sigmas**2)

    def _karras(self, ramp: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """EDM, equation 5, between the model's last and first level."""
        low, high = self.sigmas[0] ** (1 / RHO), self.sigmas[-1] ** (1 / RHO)
        return np.asarray((high + ramp * (low - high)) ** RHO, dtype=np.float64)

    def _uniform(self, ramp: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Evenly spaced in training steps."""
        steps = np.arange(len(self.sigmas), dtype=np.float64)
        wanted = (1.0 - ramp) * (len(self.sigmas) - 1)
        return np.asarray(np.exp(np.interp(wanted, steps, np.log(self.sigmas))), dtype=np.float64)


def whole_drawing(steps: int, denoise: float) -> int:
    """Of how many steps a second pass of `denoise` above 0 walks the last `steps`, as in the
    WebUI's "Hires. fix": so exactly `steps` are drawn, whatever `denoise` is."""
    return int(steps / min(denoise, 0.999))
