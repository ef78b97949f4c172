"""Small upscalers of the architecture that ships (RealESRGAN Compact), whose answers are known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from storyboard.jobs import ModelFile

Arrays = Mapping[str, npt.NDArray[np.float32]]


def compact(
    scale: int = 2, loudness: float = 0.0, features: int = 4, convs: int = 2, channels: int = 3
) -> dict[str, npt.NDArray[np.float32]]:
    """The network's weights. It adds what it makes up, as loud as `loudness`, to the picture whose
    pixels are repeated: at 0 it does nothing else."""
    random = np.random.default_rng(1)
    widths = [channels, *[features] * (convs + 1), channels * scale * scale]
    weights: dict[str, npt.NDArray[np.float32]] = {}
    for layer, (before, after) in enumerate(pairwise(widths)):
        noise = random.standard_normal((after, before, 3, 3), np.float32)
        weights[f"body.{2 * layer}.weight"] = noise * np.float32(loudness)
        weights[f"body.{2 * layer}.bias"] = np.zeros(after, np.float32)
        if layer <= convs:
            weights[f"body.{2 * layer + 1}.weight"] = np.full(after, 0.5, np.float32)
    return weights


def upscaler_file(path: Path, weights: Arrays) -> ModelFile:
    """The weights as a file on the model path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(dict(weights), path)
    return as_model(path)


def as_model(path: Path) -> ModelFile:
    """Any file as a job names it."""
    return ModelFile(path.stem, str(path), hashlib.sha256(path.read_bytes()).hexdigest())


def tiny_upscaler(path: Path, scale: int = 2, loudness: float = 0.0) -> ModelFile:
    """A file with a small network."""
    return upscaler_file(path, compact(scale, loudness))
