"""The toy model that the public k-diffusion package was run with, and its recorded results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

DATA = Path(__file__).parent.parent / "data" / "webui"
CASES = DATA / "sampler-cases.json"
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
ALPHAS = torch.cumprod(1 - BETAS, 0)
"""Stable Diffusion's `alphas_cumprod`, float64; the WebUI's are float32."""
SHAPE = (4, 4, 4)


@dataclass(frozen=True)
class Case:
    """One recorded run: its inputs, and what k-diffusion made of them."""

    sampler: str
    steps: int
    seed: int
    sigmas: list[float]
    timesteps: list[float]
    first_noise: list[float]
    result: Tensor


@cache
def recorded() -> Any:
    """The file as it is."""
    return json.loads(CASES.read_text(encoding="utf-8"))


def cases() -> list[Case]:
    """Every recorded run; a result is 1 x 4 x 4 x 4."""
    return [
        Case(
            sampler=case["sampler"],
            steps=case["steps"],
            seed=case["seed"],
            sigmas=case["sigmas"],
            timesteps=case["timesteps"],
            first_noise=case["initial_noise_first_4"],
            result=torch.tensor(case["result"]).reshape(1, 4, 4, 4),
        )
        for case in recorded()["cases"]
    ]


class ToyModel:
    """tanh(W x + 0.3 x) * (0.5 + 0.5 t / 1000), W mixing channels; counts how often it is asked."""

    def __init__(self) -> None:
        self._mix = torch.tensor(recorded()["W"])
        self.asked = 0

    def __call__(self, x: Tensor, timesteps: Tensor) -> Tensor:
        """Epsilon for a batch, all of which must be at one timestep."""
        assert timesteps.shape == x.shape[:1]
        assert timesteps.is_floating_point()
        assert bool((timesteps == timesteps[0]).all())
        return self.of(x, timesteps[0].item())

    def of(self, x: Tensor, timestep: float) -> Tensor:
        """The same, at a timestep that is a number."""
        self.asked += 1
        mixed = torch.einsum("oc,bchw->bohw", self._mix, x)
        return torch.tanh(mixed + 0.3 * x) * (0.5 + 0.5 * timestep / 1000)


def relative(latent: Tensor, expected: Tensor) -> float:
    """The greatest difference, of the largest expected value."""
    return float((latent - expected).abs().max() / expected.abs().max())
