"""What k-diffusion drew with the toy model, for each sampler and schedule that it has.

`python -m tests.engine.k_diffusion` draws them anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tests.engine.toy import DATA

RECORDINGS = DATA / "sampler-recordings.json"
SEEDS = [3, 4_294_967_295]
EVERY = 5
"""Of a latent's 64 values, every fifth is kept."""


@dataclass(frozen=True)
class Run:
    """One drawing of all seeds; with `denoise`, a second pass over a start of 0.5 everywhere."""

    steps: int
    denoise: float | None
    values: Tensor


@dataclass(frozen=True)
class Recording:
    """All runs of one sampler with one schedule."""

    name: str
    seeds: list[int]
    runs: list[Run]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def kept(latents: Tensor) -> Tensor:
        """The values of latents (B, C, H, W) that a run has: (B, n)."""
        return latents.flatten(1)[:, ::EVERY]


def recordings() -> list[Recording]:
    """Every one in the file."""
    data: dict[str, Any] = json.loads(RECORDINGS.read_text(encoding="utf-8"))
    return [
        Recording(
            name,
            data["seeds"],
            [Run(run["steps"], run.get("denoise"), torch.tensor(run["values"])) for run in runs],
        )
        for name, runs in data["runs"].items()
    ]
