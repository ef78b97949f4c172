"""How pictures are drawn, as the author writes it: LoRAs, the checkpoint, samplers, finals."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from storyboard.story.base import BY_FORM, AsList, AsMapping, AsText, Model
from storyboard.story.values import LIST_LIMIT, FileName, FiniteFloat, Text, Words

Weight = Annotated[FiniteFloat, Field(ge=-10, le=10)]
Steps = Annotated[int, Field(ge=1, le=500)]
Guidance = Annotated[FiniteFloat, Field(ge=0, le=100)]
Fraction = Annotated[FiniteFloat, Field(ge=0, le=1)]


class LoraUse(Model):
    """A LoRA with its weight."""

    called: ClassVar[str] = "a LoRA"

    name: FileName = Field(description="a name on the model path, or a path")
    weight: Weight | None = Field(
        default=None,
        description="0 is no effect; default: the `preferred weight` in the file beside it, or 1",
    )
    te: Weight | None = Field(
        default=None, description="the text encoder's weight, where it differs"
    )
    blocks: (
        Annotated[
            Annotated[Text, AsText] | Annotated[list[FiniteFloat], Field(max_length=26), AsList],
            BY_FORM,
            Words("a list of numbers, or a preset such as MIDD"),
        ]
        | None
    ) = Field(
        default=None,
        description="factors for the UNet's blocks, as in `lbw=`: 12 or 17 numbers for SD 1.x, 12 "
        "or 20 for SDXL, 26 for every block; default 1",
    )
    start: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None, description="the first step that it counts at; default 0"
    )
    stop: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="the first step that it counts at no more; default: none"
    )


_Lora = Annotated[
    Annotated[FileName, AsText] | Annotated[LoraUse, AsMapping],
    BY_FORM,
    Words("a LoRA's name, or a mapping with `name` and `weight`"),
]
Loras = Annotated[
    Annotated[FileName, AsText]
    | Annotated[LoraUse, AsMapping]
    | Annotated[list[_Lora], Field(max_length=LIST_LIMIT), AsList],
    BY_FORM,
    Words("a LoRA's name, a mapping with `name` and `weight`, or a list of those"),
]


class ModelSettings(Model):
    """Which checkpoint draws, and how it is read."""

    called: ClassVar[str] = "`model`"

    checkpoint: FileName | None = Field(
        default=None,
        description="a name on the model path, a path, or a hub id (`org/name`), which is fetched "
        "where it is not here; default `inkling`",
    )
    vae: FileName | None = Field(default=None, description="another VAE than the checkpoint's own")
    text_encoder: FileName | None = Field(
        default=None, description="another text encoder (CLIP-L) than the checkpoint's own"
    )
    text_encoder_2: FileName | None = Field(
        default=None, description="another second text encoder (OpenCLIP bigG), of SDXL"
    )
    prediction: Literal["epsilon", "v"] | None = Field(
        default=None, description="what the checkpoint was trained to predict; default: as it says"
    )
    zero_snr: bool | None = Field(
        default=None,
        description="whether its noise levels end in noise alone (zero terminal SNR); "
        "default: as it says",
    )
    embeddings: Annotated[list[FileName], Field(max_length=LIST_LIMIT)] | None = Field(
        default=None,
        description="embeddings that must be there; any on the model path works by its name",
    )
    clip_skip: Annotated[int, Field(ge=1, le=12)] | None = Field(
        default=None, description="take the n-th hidden layer of the text encoder from the end"
    )


class SamplerSettings(Model):
    """How a picture is sampled. What is not said is the checkpoint's own, or else the default."""

    called: ClassVar[str] = "`sampler`"

    name: Annotated[str, Words("a sampler's name")] | None = Field(
        default=None,
        description="the WebUI's name, with its schedule: e.g. DPM++ 2S a Karras, or Euler a",
    )
    steps: Steps | None = Field(default=None, description="how many steps; default 20")
    cfg: Guidance | None = Field(
        default=None, description="classifier-free guidance scale; default 7"
    )
    eta: Fraction | None = Field(
        default=None,
        description="share of fresh noise in samplers that add it; default 1, for DDIM 0",
    )
    ensd: Annotated[int, Field(ge=-(2**31), le=2**32 - 1)] | None = Field(
        default=None, description="added to the seed after the initial noise; default 0"
    )
    rng: Literal["cpu", "nv"] | None = Field(
        default=None,
        description="where noise comes from; nv: the numbers of an NVIDIA GPU, on any device; "
        "default cpu",
    )
    fast: bool | None = Field(
        default=None,
        description="quicker by an approximation: no guidance in the steps of little noise, which "
        "then ask the model once and not twice; another picture than without, nearly the same; "
        "default false",
    )


class FinalSettings(Model):
    """How a final is drawn from its preview. What is not said is the checkpoint's own, or else the
    default."""

    called: ClassVar[str] = "`final`"

    scale: Annotated[FiniteFloat, Field(ge=1, le=4)] | None = Field(
        default=None, description="how many times larger than the preview; default 2"
    )
    upscaler: Annotated[str, Words("an upscaler's name")] | None = Field(
        default=None,
        description="Lanczos, Nearest, latent (bicubic), one of the WebUI's latent ones by its "
        "name there, as Latent (bilinear) or Latent (nearest-exact), or an upscaler's file on the "
        "model path; None is Lanczos; default: the checkpoint's own, or else Lanczos",
    )
    denoise: Fraction | None = Field(
        default=None,
        description="how much is drawn anew; default 0.35; scale 1 and 0: the preview stays",
    )
    steps: Steps | None = Field(
        default=None, description="how many steps; default: as the preview's"
    )
    sampler: Annotated[str, Words("a sampler's name")] | None = Field(
        default=None, description="another sampler than the preview's"
    )
    cfg: Guidance | None = Field(
        default=None, description="another guidance scale than the preview's"
    )
    max_drift: Fraction | None = Field(
        default=None,
        description="how far the final may be from its preview in structure and colour, 0 for "
        "equal; where it is farther it is drawn again with less denoise, up to 3 times; default: "
        "0.25, beyond which it is only told",
    )
    prompt: Text | None = Field(
        default=None,
        description="the template of another prompt than the preview's, which is `{{ prompt }}` in "
        "it; LoRA tags in it work in the final alone",
    )
    negative: Text | None = Field(
        default=None,
        description="the template of another negative prompt than the preview's, which is "
        "`{{ negative }}` in it",
    )
