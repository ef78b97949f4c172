"""What a loaded model can do for the engine, whatever its family."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from storyboard.engine.schedule import TrainingSchedule
from storyboard.engine.vae import Vae
from storyboard.geometry import Size
from storyboard.jobs import Checkpoint, ModelFile


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a model lives and how its numbers are kept: the UNet's and the VAE's dtype.

    Text encoders are always float32: they are small, and asked once a prompt.
    """

    device: torch.device
    unet: torch.dtype
    vae: torch.dtype


@dataclass(frozen=True, slots=True)
class Wording:
    """How prompts are read: the hidden layer from the end, and the embeddings known by name."""

    clip_skip: int
    embeddings: tuple[ModelFile, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning:
    """A prompt and its negative, encoded, equally long: 1 x tokens x width each, float32."""

    prompt: Tensor
    negative: Tensor

    @property
    def length(self) -> int:
        """How many tokens long; only equally long ones can be drawn together."""
        return self.prompt.shape[1]


class Model(Protocol):
    """A checkpoint in memory."""

    schedule: TrainingSchedule
    vae: Vae

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def weights(self) -> Mapping[str, nn.Parameter]:
        """Every weight that an adapter may change, as `unet.` or `text_encoder.` and its name."""
        ...

    def condition(self, prompt: str, negative: str, wording: Wording) -> Conditioning:
        """Encodes a prompt and its negative; each distinct text once until `forget_prompts`.

        Raises ProblemsError where an embedding does not fit the model.
        """
        ...

    def forget_prompts(self) -> None:
        """To be called when the text encoder's weights have changed."""
        ...

    def predict(self, x: Tensor, timestep: float, context: Tensor) -> Tensor:
        """The UNet's raw answer, float32. `x` is batch x channels x height x width at variance 1,
        `context` batch x tokens x width."""
        ...

    @property
    def is_float32(self) -> bool:
        """Whether the UNet computes in float32 already."""
        ...

    def in_float32(self) -> AbstractContextManager[None]:
        """UNet and VAE in float32 for a while; afterwards every weight is what it was."""
        ...


class Family(Protocol):
    """A kind of model: how to tell it, how to load it, and the size it draws best."""

    name: str
    native: Size

    def detect(self, folder: Path) -> bool:
        """Whether a diffusers folder holds a model of this family."""
        ...

    def load(self, checkpoint: Checkpoint, placement: Placement) -> Model:
        """Reads it, offline. Raises ProblemsError with what is missing or does not fit."""
        ...
