"""What a loaded model can do for the engine, whatever its family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from storyboard.engine.compiled import OnFailure
from storyboard.engine.offload import Parts
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
    """How prompts are read: the hidden layer from the end, the embeddings known by name, and the
    number of steps that `[a:b:0.5]` and `[a|b]` are resolved for."""

    clip_skip: int
    embeddings: tuple[ModelFile, ...]
    steps: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Texts as a UNet hears them, float32.

    `vectors` is batch x tokens x width; `pooled`, batch x width, is each text as a whole, for the
    families whose UNet hears that too (SDXL), else None.
    """

    vectors: Tensor
    pooled: Tensor | None = None

    @classmethod
    def together(cls, texts: Sequence[Encoded]) -> Encoded:
        """One batch of all of them; they must be equally long."""
        pooled = [text.pooled for text in texts if text.pooled is not None]
        return cls(
            torch.cat([text.vectors for text in texts]), torch.cat(pooled) if pooled else None
        )


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A text through the steps of a drawing: one for each step, or one for all where it stays the
    same. `weight` is how much it counts among those that `AND` joins."""

    texts: tuple[Encoded, ...]
    weight: float = 1.0

    def at(self, step: int) -> Encoded:
        """What is heard at a step, counted from 0; behind the last one, what is heard there."""
        return self.texts[min(step, len(self.texts) - 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning:
    """What a panel is drawn from: the courses that `AND` joins in its prompt, at least one, and its
    negative's. All texts are equally long."""

    prompts: tuple[Course, ...]
    negatives: Course

    @property
    def prompt(self) -> Encoded:
        """The prompt at the first step; of several joined by `AND`, the first."""
        return self.prompts[0].at(0)

    @property
    def negative(self) -> Encoded:
        """The negative at the first step."""
        return self.negatives.at(0)

    @property
    def length(self) -> int:
        """How many tokens long; only equally long ones can be drawn together."""
        return self.prompt.vectors.shape[1]


class Model(Protocol):
    """A checkpoint in memory."""

    schedule: TrainingSchedule
    vae: Vae

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def parts(self) -> Parts:
        """Its modules by the stage that needs them: texts, UNet, VAE."""
        ...

    @property
    def weights(self) -> Mapping[str, nn.Parameter]:
        """Every weight that an adapter may change: its diffusers name behind `unet.`,
        `text_encoder.` or `text_encoder_2.`."""
        ...

    def condition(self, prompt: str, negative: str, wording: Wording) -> Conditioning:
        """Encodes a prompt and its negative; each distinct text once until `forget_prompts`.

        Raises ProblemsError where an embedding does not fit the model.
        """
        ...

    def forget_prompts(self) -> None:
        """To be called when the text encoder's weights have changed."""
        ...

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        """The UNet's raw answer, float32. `x` is batch x channels x height x width at variance 1,
        `context` as many texts, equally long."""
        ...

    def compile(self, backend: str, on_failure: OnFailure) -> None:
        """From now on the UNet is asked compiled, by torch.compile's `backend`. Where that cannot
        be, `on_failure` hears why, once, and it is asked as it is."""
        ...

    def leave_plain(self) -> None:
        """From now on the UNet is asked as it is."""
        ...

    @property
    def is_compiled(self) -> bool:
        """Whether the UNet is asked compiled."""
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
