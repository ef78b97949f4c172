"""What an author may write: the story file's models. Every field is optional unless it must be there.

These are authored values, not resolved ones: None means "not said here", and the compiler fills it
from the page, the story or the defaults. Unknown keys are refused. The JSON Schema and the format
reference are generated from these models, so every field has a description.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from storyboard.story.values import (
    Anchor,
    FiniteFloat,
    PictureSize,
    Seed,
    Text,
    Variable,
)

Weight = Annotated[FiniteFloat, Field(ge=-10, le=10)]
Name = Annotated[
    str, StringConstraints(pattern=r"^[\w][\w\-]*$", max_length=64), Field(description="a name")
]


class Model(BaseModel):
    """The base of every authored mapping: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class LoraUse(Model):
    """A LoRA with its weight."""

    name: str = Field(description="a name on the model path, or a path")
    weight: Weight | None = Field(None, description="0 is no effect; default 1, or the file's own")
    te: Weight | None = Field(None, description="the text encoder's weight, where it differs")


Loras = str | LoraUse | list[str | LoraUse]


class ModelSettings(Model):
    """Which checkpoint draws, and how it is read."""

    checkpoint: str | None = Field(None, description="a name on the model path, or a path")
    vae: str | None = Field(None, description="another VAE than the checkpoint's own")
    embeddings: list[str] | None = Field(
        None, description="embeddings that must be there; any on the model path works by its name"
    )
    clip_skip: Annotated[int, Field(ge=1, le=12)] | None = Field(
        None, description="take the n-th hidden layer of the text encoder from the end"
    )


class SamplerSettings(Model):
    """How a picture is sampled."""

    name: str | None = Field(None, description="the WebUI's name, e.g. DPM++ 2S a Karras")
    steps: Annotated[int, Field(ge=1, le=500)] | None = None
    cfg: Annotated[FiniteFloat, Field(ge=0, le=100)] | None = Field(
        None, description="classifier-free guidance scale"
    )
    eta: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = Field(
        None, description="share of fresh noise in ancestral samplers"
    )
    ensd: int | None = Field(None, description="added to the seed after the initial noise")


class FinalSettings(Model):
    """How a final is drawn from its preview."""

    scale: Annotated[FiniteFloat, Field(ge=1, le=4)] | None = None
    upscaler: str | None = Field(None, description="default, lanczos or latent")
    denoise: Annotated[FiniteFloat, Field(ge=0, le=1)] | None = None
    steps: Annotated[int, Field(ge=1, le=500)] | None = None
    sampler: str | None = None
    cfg: Annotated[FiniteFloat, Field(ge=0, le=100)] | None = None


class Character(Model):
    """Somebody in the story."""

    lora: Loras | None = Field(None, description="a LoRA's name, {name, weight}, a list, or none")
    prompt: Text = Field("", description="joins in wherever the character is")
    negative: Text = ""


class Style(Model):
    """A way of drawing."""

    lora: Loras | None = None
    weight: Weight | None = Field(None, description="the weight of `lora`")
    prompt: Text = ""
    negative: Text = ""


class Appearance(Model):
    """A character in a panel, with a weight of its own there."""

    who: Name
    weight: Weight | None = Field(None, description="the LoRA's weight in this panel")


class PageSettings(Model):
    """The sheet, in pixels."""

    size: PictureSize | None = None
    margin: Annotated[int, Field(ge=0, le=2000)] | None = None
    gutter: Annotated[int, Field(ge=0, le=1000)] | None = None


class Balloon(Model):
    """Something that somebody says or thinks: exactly one of the two."""

    who: Name | None = None
    says: Text | None = None
    thinks: Text | None = None
    at: Anchor | None = Field(None, description="top right, or 70% 20%")


class Caption(Model):
    """A narrator's box."""

    text: Text
    at: Anchor | None = None


class Sfx(Model):
    """A sound, drawn large."""

    text: Text
    at: Anchor | None = None


class DrawingSettings(Model):
    """What the story says once and any page or panel may say again."""

    seed: Seed | None = None
    sampler: str | SamplerSettings | None = None
    size: Literal["auto"] | PictureSize | None = Field(None, description="auto, or 448x640")
    final: FinalSettings | None = None
    style: str | list[str] | None = Field(None, description="names from `styles`; [] for none")
    vars: dict[Name, Variable] = Field(default_factory=dict)
    quality: Text | None = None
    prompt: Text | None = Field(None, description="the template of the prompt")
    negative: Text | None = Field(None, description="the template of the negative prompt")


class Panel(DrawingSettings):
    """One panel: what is seen and said."""

    shot: Text = ""
    characters: list[Name | Appearance] = Field(default_factory=list)
    scene: Text = ""
    caption: Text | Caption | list[Text | Caption] | None = None
    balloons: list[Balloon] = Field(default_factory=list)
    sfx: list[Sfx] = Field(default_factory=list)
    art: str | None = Field(None, description="a picture of the author's own, beside the story")
    locked: bool = Field(False, description="never drawn again until unlocked")
    focus: Anchor | None = Field(None, description="what stays in sight when the picture is cropped")


class Page(DrawingSettings):
    """One page: a layout and its panels."""

    layout: Text | None = Field(None, description="grid areas as in CSS, or 2x2 (rows x columns)")
    tiers: list[Annotated[int, Field(ge=1, le=12)] | list[FiniteFloat]] | None = Field(
        None, description="panels in each row, or the widths of each row's panels"
    )
    panels: dict[Name, Panel] | list[Panel]
    page: PageSettings | None = None


class Story(DrawingSettings):
    """The whole story file."""

    title: Text
    author: Text = ""
    language: str = "en"
    reading: Literal["ltr", "rtl"] = "ltr"
    name: Name | None = Field(None, description="output folder's name; default: the file's name")
    include: str | list[str] | None = Field(None, description="files whose keys this one builds on")
    model: ModelSettings = Field(default_factory=ModelSettings)
    characters: dict[Name, Character] = Field(default_factory=dict)
    styles: dict[Name, Style] = Field(default_factory=dict)
    page: PageSettings = Field(default_factory=PageSettings)
    pages: Annotated[list[Page], Field(min_length=1, max_length=2000)]


def json_schema() -> dict[str, Any]:
    """The story format as JSON Schema (draft 2020-12)."""
    return Story.model_json_schema()
