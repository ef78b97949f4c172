"""Checkpoints that survive an interruption, an average of weights, and a clock of training time."""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn


def save_atomically(state: dict[str, object], path: Path) -> None:
    """Writes beside the path, then renames: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".fresh")
    torch.save(state, fresh)
    fresh.replace(path)


class Average:
    """An exponential moving average of a module's parameters."""

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        self.steps = 0
        self.shadow = {name: p.detach().clone() for name, p in module.named_parameters()}

    @torch.no_grad()
    def update(self, module: nn.Module, every: int = 1) -> None:
        """Takes the parameters in, as if `every` steps had been averaged one by one."""
        self.steps += every
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps)) ** every
        names, live = zip(*module.named_parameters(), strict=True)
        torch._foreach_lerp_([self.shadow[n] for n in names], [p.data for p in live], 1 - decay)

    def state(self) -> dict[str, Tensor]:
        """The averaged parameters by name."""
        return self.shadow


class Clock:
    """Seconds trained so far, also over interruptions, and the share of the budget they are."""

    def __init__(self, budget: float, before: float = 0.0):
        self.budget = budget
        self.before = before
        self.start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds trained, those before a resume included."""
        return self.before + time.monotonic() - self.start

    @property
    def share(self) -> float:
        """0 at the start, 1 when the budget is spent."""
        return min(1.0, self.seconds / self.budget)


def cosine_from(share: float, start: float, floor: float = 0.02) -> float:
    """1 until `start`, then half a cosine down to `floor` at 1."""
    if share <= start:
        return 1.0
    phase = (share - start) / (1 - start)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * phase))
