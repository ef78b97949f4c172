"""Trains the upscaler that ships, twice the size: `python -m training.upscaler --minutes 20`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from training import machine
from training.enlarging import build, enlarge, loss_of
from training.keeping import Average, Clock, cosine_from, save_atomically

SIDE = 64
BATCH = 8
RATE = 2e-3
CHECKPOINT = "upscaler.pt"
NAME = "inkling-2x"
MODELS = Path("storyboard/builtin/models")
_MEAN_OVER = 0.998
_CARD = {
    "modelspec.sai_model_spec": "1.0.1",
    "modelspec.architecture": "real-esrgan-compact",
    "modelspec.implementation": "spandrel",
    "modelspec.title": NAME,
    "modelspec.author": "the storyboard project",
    "modelspec.license": "Apache-2.0",
    "modelspec.description": (
        "Makes pictures of the built-in model twice as large, with clean lines. Trained on the art "
        "that training/art draws."
    ),
}


class Supply(Protocol):
    """Where crops come from: see `training.pairs.Pool`."""

    def refresh(self) -> None:
        """One picture more to cut from."""
        ...

    def crops(self, count: int, side: int) -> tuple[Tensor, Tensor]:
        """Inputs [count, 3, side, side] and truths twice as large, 0 to 1, float32."""
        ...


class Training:
    """A run over a checkpoint: it goes on where an earlier one stopped. `supply` makes the source
    of crops for what comes after a step; `side` is an input's, in pixels."""

    def __init__(
        self,
        folder: Path,
        minutes: float,
        supply: Callable[[int], Supply],
        batch: int = BATCH,
        side: int = SIDE,
    ) -> None:
        self._batch, self._side = batch, side
        self._path = folder / CHECKPOINT
        self._device = machine.device()
        self._network = build().to(self._device, memory_format=torch.channels_last)
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=RATE, betas=(0.9, 0.99))
        self._mean = Average(self._network, _MEAN_OVER)
        self.step, before = 0, 0.0
        if self._path.exists():
            before = self._resume()
        self._clock = Clock(minutes * 60, before)
        self._supply = supply(self.step)

    def run(self) -> None:
        """Trains until the minutes are over, and keeps what it has every minute."""
        saved, losses = time.monotonic(), {"pixels": 0.0}
        while self._clock.share < 1.0:
            if self.step % 4 == 0:
                self._supply.refresh()
            losses = self.train()
            if self.step % 50 == 0:
                told = " ".join(f"{name} {value:.5f}" for name, value in losses.items())
                print(f"{self._clock.seconds:6.0f} s step {self.step} {told}", flush=True)
            if time.monotonic() - saved > 60:
                self.save()
                saved = time.monotonic()
        self.save()

    def train(self) -> dict[str, float]:
        """One step; gives the parts of its loss."""
        warm = min(1.0, (self.step + 1) / 100)
        for group in self._optimiser.param_groups:
            group["lr"] = RATE * warm * cosine_from(self._clock.share, 0.3)
        small, large = (
            each.to(self._device) for each in self._supply.crops(self._batch, self._side)
        )
        with machine.autocast():
            drawn = enlarge(self._network, small.contiguous(memory_format=torch.channels_last))
        parts = loss_of(drawn, large)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(list(parts.values()))  # the sum's gradients
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimiser.step()
        self._mean.update(self._network)
        self.step += 1
        return {name: float(value.detach()) for name, value in parts.items()}

    def _resume(self) -> float:
        """Takes an earlier run's state over, and gives the seconds it took."""
        state = torch.load(self._path, map_location=self._device, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._mean.shadow, self._mean.steps = state["mean"], state["step"]
        self.step = state["step"]
        return float(state["seconds"])

    def save(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        state: dict[str, object] = {
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "mean": self._mean.state(),
            "step": self.step,
            "seconds": self._clock.seconds,
        }
        save_atomically(state, self._path)


def train(folder: Path, minutes: float) -> None:
    """Trains for so many minutes in all, going on where an earlier run stopped."""

    def pictures(step: int) -> Supply:
        # Late: only who draws needs the drawing library.
        from training.autoencoder import load_mean
        from training.pairs import Pool

        autoencoder: Any = load_mean(folder)
        return Pool(autoencoder.to(machine.device()), Random(f"pool {step}"), first=24, most=600)

    Training(folder, minutes, pictures).run()


def export(folder: Path, models: Path = MODELS) -> Path:
    """Writes the averaged weights where the package looks for them, in half precision."""
    state = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    weights = {name: tensor.half().contiguous() for name, tensor in state["mean"].items()}
    home = models / "upscalers" / f"{NAME}.safetensors"
    home.parent.mkdir(parents=True, exist_ok=True)
    fresh = home.with_suffix(".fresh")
    save_file(weights, fresh, _CARD)
    fresh.chmod(0o644)
    fresh.replace(home)
    return home


def main() -> None:
    """Reads the command line, trains, exports."""
    parser = argparse.ArgumentParser(description="Train the upscaler that ships.")
    parser.add_argument("--runs", type=Path, default=Path("training/runs"))
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--minutes", type=float, default=20)
    options = parser.parse_args()
    train(options.runs, options.minutes)
    print(export(options.runs, options.models))


if __name__ == "__main__":
    main()
