"""Checkpoints in one file, as their keys and shapes: a family's own size, or a narrow one's."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from storyboard.models.entries import Family
from storyboard.models.layouts.derived import Weight
from storyboard.models.layouts.specifications import (
    TextSpecification,
    UNetSpecification,
    VaeSpecification,
    family_text,
    family_unet,
    family_vae,
)
from storyboard.models.layouts.text import text_weights
from storyboard.models.layouts.unet import unet_weights
from storyboard.models.layouts.vae import vae_weights

Shapes = dict[str, tuple[int, ...]]

UNET, VAE = "model.diffusion_model.", "first_stage_model."
CLIP_L = {
    "sd15": "cond_stage_model.transformer.text_model.",
    "sdxl": "conditioner.embedders.0.transformer.text_model.",
}
CLIP_G = "conditioner.embedders.1.model."


@dataclass(frozen=True)
class Sizes:
    """The numbers of all components; `second` None for SD 1.x."""

    family: Family
    unet: UNetSpecification
    vae: VaeSpecification
    text: TextSpecification
    second: TextSpecification | None = None


def full(family: Family) -> Sizes:
    """The family's own size."""
    second = family_text(family, "text_encoder_2") if family == "sdxl" else None
    text = family_text(family, "text_encoder")
    return Sizes(family, family_unet(family), family_vae(family), text, second)


def narrow(family: Family) -> Sizes:
    """A model of the same build with a few channels."""
    vae = VaeSpecification((32, 32, 64, 64), layers=2, latent=4)
    text = TextSpecification(32, 2, 64, 100, 77, None)
    if family == "sd15":
        unet = UNetSpecification((32, 64, 64, 96), (1, 1, 1, 0), 1, 32, 2, 4, 4, None, False)
        return Sizes(family, unet, vae, text)
    unet = UNetSpecification((32, 64, 96), (0, 1, 2), 2, 96, 2, 4, 4, 64 + 6 * 256, True)
    return Sizes(family, unet, vae, text, TextSpecification(64, 3, 128, 100, 77, 64))


def ldm(weights: Iterable[Weight], prefix: str = "") -> Shapes:
    """A component's tensors by their older keys."""
    return {prefix + weight.key: weight.kept or weight.shape for weight in weights}


def named(weights: Iterable[Weight], prefix: str = "") -> Shapes:
    """A component's tensors by diffusers' and transformers' names."""
    return {prefix + weight.name: weight.shape for weight in weights}


def single(sizes: Sizes) -> Shapes:
    """A whole checkpoint's tensors, with what training leaves in such files."""
    shapes = {
        **ldm(unet_weights(sizes.unet), UNET),
        **ldm(vae_weights(sizes.vae), VAE),
        **named(text_weights(sizes.text), CLIP_L[sizes.family]),
        CLIP_L[sizes.family] + "embeddings.position_ids": (1, 77),
        "model_ema.decay": (),
        "alphas_cumprod": (1000,),
    }
    if sizes.second:
        shapes |= ldm(text_weights(sizes.second), CLIP_G)
        shapes[f"{CLIP_G}logit_scale"] = ()
    return shapes


def sparse(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    metadata: Mapping[str, str] | None = None,
    dtype: str = "F16",
) -> Path:
    """A safetensors file of zeros that take no room: a header, and a file as long as it says."""
    width = {"F16": 2, "BF16": 2, "F32": 4, "U8": 1}[dtype]
    document: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    place = 0
    for key, shape in shapes.items():
        end = place + width * math.prod(shape)
        document[key] = {"dtype": dtype, "shape": list(shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(document).encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + place)
    return path
