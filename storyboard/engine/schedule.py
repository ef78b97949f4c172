"""Noise levels: those a model was trained with, and those a picture is drawn through.

Sigma is the noise's standard deviation where the picture's own is 1 (Karras et al. 2022,
arXiv:2206.00364, "EDM"). Numbers here are float64; the WebUI's are float32, and agree to 1e-6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from storyboard.engine.names import Spacing

BetaSchedule = Literal["scaled_linear", "linear"]

RHO = 7.0
"""How much Karras spacing crowds the low noise levels (EDM, table 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSchedule:
    """A model's own noise levels, one a training step, rising. Made by `from_betas`."""

    sigmas: npt.NDArray[np.float64]

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

    def timestep(self, sigma: float) -> float:
        """The training step, with fraction, whose level is `sigma`; linear in log sigma, never
        rounded, clamped to the first and last step."""
        steps = np.arange(len(self.sigmas), dtype=np.float64)
        return float(np.interp(math.log(sigma), np.log(self.sigmas), steps))

    def drawing(self, spacing: Spacing, steps: int, last: int | None = None) -> tuple[float, ...]:
        """The levels of a drawing in `steps` steps, falling, with 0.0 at the end.

        With `last`, only the last `last` of those steps: `last` + 1 numbers. The front is never
        computed, so a second pass of little `denoise` is no dearer than another.
        """
        kept = steps if last is None else last
        ramp = np.arange(steps - kept, steps) / max(steps - 1, 1)
        levels = self._karras(ramp) if spacing == "karras" else self._uniform(ramp)
        return (*(float(level) for level in levels), 0.0)

    def _karras(self, ramp: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """EDM, equation 5, between the model's last and first level."""
        low, high = self.sigmas[0] ** (1 / RHO), self.sigmas[-1] ** (1 / RHO)
        return np.asarray((high + ramp * (low - high)) ** RHO, dtype=np.float64)

    def _uniform(self, ramp: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Evenly spaced in training steps."""
        steps = np.arange(len(self.sigmas), dtype=np.float64)
        wanted = (1.0 - ramp) * (len(self.sigmas) - 1)
        return np.asarray(np.exp(np.interp(wanted, steps, np.log(self.sigmas))), dtype=np.float64)


def second_pass(
    schedule: TrainingSchedule, spacing: Spacing, steps: int, denoise: float
) -> tuple[float, ...]:
    """The levels of a second pass, as in the WebUI's "Hires. fix": `steps` + 1 numbers.

    Those of int(steps / min(denoise, 0.999)) steps, of which the last `steps` are walked; so
    exactly `steps` steps are drawn, whatever `denoise` is. `denoise` must be above 0.
    """
    return schedule.drawing(spacing, int(steps / min(denoise, 0.999)), last=steps)
