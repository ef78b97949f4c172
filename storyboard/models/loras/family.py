"""For which family of models a LoRA was made, told from its header.

What its modules' names and shapes say counts before what its metadata claim: the width of the text
that cross attention listens to is 768 for SD 1.x, 1024 for SD 2.x and 2048 for SDXL.
"""

from __future__ import annotations

import re
from typing import Literal

from storyboard.models.entries import Family
from storyboard.models.header import Header
from storyboard.models.loras.file import LoraModule, parse_lora

Made = Literal["SD 1.x", "SD 2.x", "SDXL", "another family"]
"""What a LoRA was made for, as it stands in a sentence."""

_FAMILIES: dict[Made, Family] = {"SD 1.x": "sd15", "SDXL": "sdxl"}
_WIDTHS: dict[int, Made] = {768: "SD 1.x", 1024: "SD 2.x", 2048: "SDXL"}
_LISTENS = ("_attn2_to_k", "_attn2_to_v")
_DEEP = re.compile(r"_transformer_blocks_[1-9]")
_SHALLOW = re.compile(r"_(down_blocks_0|up_blocks_3)_attentions_")
_OTHERS = (
    "transformer.", "lora_transformer_", "lora_te3_", "lora_prior_", "text_encoder_3.",
    "lora_unet_double_blocks_", "lora_unet_single_blocks_", "lora_unet_joint_blocks_",
    "lora_unet_single_transformer_blocks_", "lora_unet_transformer_blocks_",
    "diffusion_model.double_blocks.", "diffusion_model.joint_blocks.", "diffusion_model.blocks.",
)  # fmt: skip


def made_for(header: Header) -> Made:
    """The family in words. Narrow models of SD 1.x's kind, as the built-in one is, are that."""
    if any(key.startswith(_OTHERS) for key in header.tensors):
        return "another family"
    modules = parse_lora(header.shapes).modules
    return _by_modules(modules) or _by_metadata(header) or _by_names(modules)


def lora_family(header: Header) -> Family | None:
    """The family; None where it is one that is not drawn with."""
    return _FAMILIES.get(made_for(header))


def _by_modules(modules: tuple[LoraModule, ...]) -> Made | None:
    if any(module.part == "text_encoder_2" for module in modules):
        return "SDXL"
    for module in modules:
        listens = module.product if module.name.endswith(_LISTENS) else None
        if listens and (made := _WIDTHS.get(listens.shape[1])):
            return made
    if any(module.part == "unet" and _DEEP.search(module.name) for module in modules):
        return "SDXL"
    return None


def _by_metadata(header: Header) -> Made | None:
    base = header.metadata.get("ss_base_model_version", "").lower()
    architecture = header.metadata.get("modelspec.architecture", "").lower()
    if base.startswith("sdxl") or "stable-diffusion-xl" in architecture:
        return "SDXL"
    if base.startswith("sd_v2") or "stable-diffusion-v2" in architecture:
        return "SD 2.x"
    return None


def _by_names(modules: tuple[LoraModule, ...]) -> Made:
    """SDXL alone has a first text encoder called te1; it has no attention on its first level."""
    first = any(module.key.startswith("lora_te1_") for module in modules)
    shallow = any(_SHALLOW.search(module.name) for module in modules)
    if first and not shallow:
        return "SDXL"
    return "SD 1.x" if modules else "another family"
