"""What one picture says of its making, in the words of a story's keys."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.geometry import Size
from storyboard.jobs import Prediction, Rng
from storyboard.models.entries import Kind


class NoRecipe(Exception):
    """The picture does not say how it was made, in one sentence."""


@dataclass(frozen=True, slots=True)
class Named:
    """A model file as a picture names it: its name, and the first digits of its hash if it says
    them. A LoRA's are of the WebUI's own hash where there are 12, else of its sha256."""

    kind: Kind
    name: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """What a story has one of. What is None is not said: it is as the checkpoint has it."""

    checkpoint: str | None
    vae: str | None = None
    text_encoders: tuple[str, ...] = ()
    clip_skip: int = 1
    prediction: Prediction | None = None
    zero_snr: bool | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """How often and how a picture is sampled."""

    sampler: str
    steps: int
    cfg: float


@dataclass(frozen=True, slots=True)
class Second:
    """The second pass; the prompts are None where they are the first's."""

    how: Pass
    scale: float
    upscaler: str
    denoise: float
    prompt: str | None = None
    negative: str | None = None


@dataclass(frozen=True, slots=True)
class Sketch:
    """One picture's recipe. `prompt` has its LoRA tags. `files` are all that it names. `notes` are
    sentences, the picture their subject, about what could not be taken over."""

    source: str
    prompt: str
    negative: str
    seed: int
    size: Size
    first: Pass
    model: Model
    eta: float
    ensd: int = 0
    rng: Rng = "nv"
    fast: bool = False
    second: Second | None = None
    files: tuple[Named, ...] = ()
    notes: tuple[str, ...] = ()
