"""Noise on latents, what a model is to predict then, and how much an error counts."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.engine.schedule import TrainingSchedule
from storyboard.jobs import Prediction

GAMMA = 5.0
FLOOR = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Noising:
    """A model's noise levels: `kept[t]` is the share of the picture's variance at time step t."""

    kept: Tensor
    weights: Tensor
    prediction: Prediction

    @classmethod
    def of(
        cls, schedule: TrainingSchedule, prediction: Prediction, device: torch.device
    ) -> Noising:
        """The levels of a schedule, and min-SNR weights (Hang et al. 2023, arXiv:2303.09556).

        v: min(SNR, 5) / (SNR + 1), and a little everywhere, as composition is decided where there
        is hardly anything but noise; epsilon: min(SNR, 5) / SNR, which is 1 there already.
        """
        kept = torch.from_numpy(1 / (schedule.sigmas**2 + 1)).float()
        snr = kept / (1 - kept)
        capped = snr.clamp(max=GAMMA)
        weights = capped / snr if prediction == "epsilon" else capped / (snr + 1) + FLOOR
        return cls(kept.to(device), weights.to(device), prediction)

    def times(self, count: int, generator: torch.Generator) -> Tensor:
        """Time steps, one in each of `count` equal stretches, so that a batch has all kinds."""
        spread = (torch.arange(count) + torch.rand(count, generator=generator)) / count
        return (spread * len(self.kept)).long().clamp(max=len(self.kept) - 1).to(self.kept.device)

    def noisy(self, clean: Tensor, noise: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The noisy latents, and what is to be predicted: the noise, or the velocity
        (Salimans & Ho 2022, arXiv:2202.00512)."""
        share = self.kept[times].view(-1, 1, 1, 1)
        a, s = share.sqrt(), (1 - share).sqrt()
        wanted = noise if self.prediction == "epsilon" else a * noise - s * clean
        return a * clean + s * noise, wanted

    def loss(self, predicted: Tensor, wanted: Tensor, times: Tensor) -> Tensor:
        """The weighted squared error."""
        error = (predicted.float() - wanted).square().mean((1, 2, 3))
        return (error * self.weights[times]).mean()
