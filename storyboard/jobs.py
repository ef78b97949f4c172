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
    """A sampler by its WebUI name (`DPM++ 2S a Karras`) and its settings.

    There is guidance at noise levels (sigma) above `guided_above`; more than 0 is an approximation
    that was asked for (Kynkäänniemi et al. 2024, arXiv:2404.07724; the WebUI's "NGMS").
    """

    sampler: str
    steps: int
    cfg: float
    eta: float = 1.0
    ensd: int = 0
    guided_above: float = 0.0


@dataclass(frozen=True, slots=True)
class Variation:
    """The WebUI's variation seed: the noise that a picture begins with leans to another seed's.

    `strength` is above 0 and at most 1; at 1 it is the other seed's noise alone.
    """

    seed: int
    strength: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in shares of a picture's sides, from its top left corner; it lies within it."""

    left: float
    top: float
    width: float
    height: float

    @property
    def lies_inside(self) -> bool:
        """Whether it does, and holds anything; sums of shares are rounded as they may be."""
        far = max(self.left + self.width, self.top + self.height)
        return min(self.left, self.top) >= 0 < min(self.width, self.height) and far <= 1 + 1e-9


Mask = Box | ModelFile
"""What of a picture is drawn anew: what lies in a box, or is white in a picture's file."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The picture that a preview begins with, instead of noise alone.

    `picture` is an author's own file, cropped from its middle to the preview's shape, or an earlier
    picture by its job. Noise is laid over to `denoise`, between 0 and 1, and exactly
    `sampling.steps` steps are drawn. With a `mask`, what lies outside of it stays as it is.
    """

    picture: ModelFile | PreviewJob
    denoise: float
    mask: Mask | None = None


DEEPEST = 100
"""How many pictures may begin one from another: mended ones of mended ones."""


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """A low-resolution picture, drawn from noise, or from a picture that it begins with.

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
    variation: Variation | None = None
    beginning: Beginning | None = None


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
    Without `wording` the preview's prompts and LoRAs serve. `max_drift` is how far, by the draft
    contract's measure, it may be from its preview before it is drawn again with less `denoise`.
    """

    preview: PreviewJob
    size: Size
    upscaler: Upscaler
    denoise: float
    sampling: Sampling
    wording: Rewording | None = None
    max_drift: float | None = None


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


def beginnings(job: PreviewJob) -> int:
    """How many pictures a preview goes back to, one beginning from the other; 0 from noise."""
    count = 0
    while job.beginning is not None and isinstance(job.beginning.picture, PreviewJob):
        count, job = count + 1, job.beginning.picture
    return count + (job.beginning is not None)
