"""Jobs: what a picture is made of, fully resolved. Equal jobs are equal pictures.

A job's digest covers all that can change its pixels and nothing else: not the panel's name, its
page, its lettering, the output path, the batch or the device; and of a file its contents' hash,
never its name or path. The digest is defined in `storyboard.digests`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from storyboard.geometry import Size

Prediction = Literal["epsilon", "v_prediction"]

Rng = Literal["cpu", "nv"]
"""Where noise comes from: torch's CPU generator, or the Philox generator that repeats the numbers
of an NVIDIA GPU on any device. Both in float32."""


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
    """A LoRA with its weights for the UNet and for the text encoder.

    `blocks` are factors for the UNet's blocks (`lbw=`), none for 1 everywhere. It is merged from
    step `start` on, counted from 0, and out again from step `stop` on; None: to the end.
    """

    file: ModelFile
    unet: float
    text_encoder: float
    blocks: tuple[float, ...] = ()
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The base model and how it is read.

    `vae` and `text_encoders` take the place of the file's own, or of what it lacks. `zero_snr`:
    the noise levels are rescaled to end in noise alone (Lin et al. 2024, arXiv:2305.08891).
    """

    family: str
    file: ModelFile
    prediction: Prediction
    vae: ModelFile | None = None
    clip_skip: int = 1
    text_encoders: tuple[ModelFile, ...] = ()
    zero_snr: bool = False


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

    `prompt` and `negative` are as composed, LoRA tags taken out. `size` is in pixels.
    """

    checkpoint: Checkpoint
    adapters: tuple[Adapter, ...]
    embeddings: tuple[ModelFile, ...]
    prompt: str
    negative: str
    size: Size
    seed: int
    sampling: Sampling
    rng: Rng = "cpu"


@dataclass(frozen=True, slots=True)
class Rewording:
    """What the second pass is told instead of the preview's own prompts."""

    prompt: str
    negative: str
    adapters: tuple[Adapter, ...]
    embeddings: tuple[ModelFile, ...]


@dataclass(frozen=True, slots=True)
class FinalJob:
    """A larger picture, drawn from its preview's stored picture or latent.

    `size` is in pixels; `denoise` is between 0 and 1; exactly `sampling.steps` steps are drawn.
    Without `wording` the preview's prompts and LoRAs serve.
    """

    preview: PreviewJob
    size: Size
    upscaler: Upscaler
    denoise: float
    sampling: Sampling
    wording: Rewording | None = None


Job = PreviewJob | FinalJob

AnyJob = TypeVar("AnyJob", bound=Job)


def with_files(job: AnyJob, change: Callable[[ModelFile], ModelFile]) -> AnyJob:
    """The job with each model file that it names, wherever in it, as `change` gives it."""
    changed: AnyJob = _with_files(job, change)
    return changed


def _with_files(value: Any, change: Callable[[ModelFile], ModelFile]) -> Any:
    if isinstance(value, ModelFile):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_with_files(item, change) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    found = {one.name: _with_files(getattr(value, one.name), change) for one in fields(value)}
    return replace(value, **found)
