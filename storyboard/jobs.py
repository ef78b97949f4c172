"""Jobs: what a picture is made of, fully resolved. Equal jobs are equal pictures.

A job's digest covers all that can change its pixels and nothing else: not the panel's name, its
page, its lettering, the output path, the batch or the device; and of a file its contents' hash,
never its name or path. The digest is defined in `storyboard.digests`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from storyboard.geometry import Size

Prediction = Literal["epsilon", "v_prediction"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model's file or diffusers folder. Only `sha256` is part of a recipe's identity.

    `sha256` is 64 hex digits; of a folder, the hash over its files' names and hashes.
    """

    name: str
    path: str
    sha256: str


Upscaler = str | ModelFile
"""What enlarges a preview: a network's file; or, by name, `lanczos` (the pixels) or `latent` (the
stored latent, bicubic)."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA with its weights for the UNet and for the text encoder."""

    file: ModelFile
    unet: float
    text_encoder: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The base model and how it is read."""

    family: str
    file: ModelFile
    prediction: Prediction
    vae: ModelFile | None = None
    clip_skip: int = 1


@dataclass(frozen=True, slots=True)
class Sampling:
    """A sampler by its WebUI name (`DPM++ 2S a Karras`) and its settings."""

    sampler: str
    steps: int
    cfg: float
    eta: float = 1.0
    ensd: int = 0


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """A low-resolution picture, drawn from noise.

    `prompt` and `negative` are as composed, LoRA tags taken out. `size` is in pixels. `rng` names
    the noise source: `cpu` is a torch CPU generator in float32.
    """

    checkpoint: Checkpoint
    adapters: tuple[Adapter, ...]
    embeddings: tuple[ModelFile, ...]
    prompt: str
    negative: str
    size: Size
    seed: int
    sampling: Sampling
    rng: Literal["cpu"] = "cpu"


@dataclass(frozen=True, slots=True)
class FinalJob:
    """A larger picture, drawn from its preview's stored picture or latent.

    `size` is in pixels; `denoise` is between 0 and 1; exactly `sampling.steps` steps are drawn.
    """

    preview: PreviewJob
    size: Size
    upscaler: Upscaler
    denoise: float
    sampling: Sampling


Job = PreviewJob | FinalJob
