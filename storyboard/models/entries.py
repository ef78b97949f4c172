"""What a model file is to the rest of the program: its kind, family, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from storyboard.jobs import Prediction
from storyboard.models.vocabulary import Vocabulary
from storyboard.story.model import DrawingSettings

Family = Literal["sd15", "sdxl"]

CARD = "storyboard.json"
"""What a checkpoint says of itself: a diffusers folder's file of this name, or, with the
checkpoint's name before it, the one beside a single file."""

_NOTHING_SAID = DrawingSettings()


class Kind(StrEnum):
    """What a model file is for."""

    CHECKPOINT = "checkpoint"
    LORA = "lora"
    VAE = "vae"
    EMBEDDING = "embedding"
    UPSCALER = "upscaler"
    TEXT_ENCODER = "text_encoder"

    @property
    def noun(self) -> str:
        """As it stands in a sentence."""
        return {"lora": "LoRA", "vae": "VAE"}.get(self.value, self.value.replace("_", " "))

    @property
    def one(self) -> str:
        """The same with its article."""
        return f"an {self.noun}" if self.value[0] in "eu" else f"a {self.noun}"


@dataclass(frozen=True, slots=True)
class FamilyFacts:
    """A family's usual picture: its pixels in all, and what its sides are multiples of."""

    native_pixels: int
    size_multiple: int


FAMILIES: dict[Family, FamilyFacts] = {
    "sd15": FamilyFacts(512 * 512, 64),
    "sdxl": FamilyFacts(1024 * 1024, 64),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A model file or diffusers folder on the model path.

    `native_pixels` counts all of a picture's pixels (width times height), and `size_multiple` is
    what its sides are multiples of; both and `prediction`, `tokenizer_folder`, the `settings` that
    it recommends and the `vocabulary` that it declares, if it does, are told of checkpoints. So are
    `zero_snr` (its noise levels end in noise alone) and which of its components it is `missing`,
    which the story must then name. `widths` are those of the text, one an encoder: that a
    checkpoint listens to, or that an embedding has. `vectors` is an embedding's count. `activation`
    and `negative` are what a LoRA's owner puts into the prompts with it, `trained_as` is what its
    trainer called it. `problems` are sentences, the file their subject, that say why it cannot be
    drawn with; `notes` tell of harmless things.
    """

    kind: Kind
    name: str
    path: Path
    family: Family | None = None
    prediction: Prediction | None = None
    zero_snr: bool = False
    missing: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    native_pixels: int = FAMILIES["sd15"].native_pixels
    size_multiple: int = FAMILIES["sd15"].size_multiple
    tokenizer_folder: Path | None = None
    settings: DrawingSettings = _NOTHING_SAID
    vocabulary: Vocabulary | None = None
    vectors: int = 0
    trigger_words: tuple[str, ...] = ()
    activation: str = ""
    trained_as: str = ""
    preferred_weight: float | None = None
    negative: str = ""
    description: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class NotFound(Exception):
    """A name that stands for no model file, or not for one alone, and what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message} ({hint})" if hint else message)


class NotOnHub(NotFound):
    """A hub id that the hub has been asked for and that stands for nothing there."""


class NotFetched(NotFound):
    """A hub id whose model is not here, or not whole, and that the hub may be asked for."""

    def __init__(self, hub_id: str, message: str, hint: str = "") -> None:
        self.hub_id = hub_id
        super().__init__(message, hint)
