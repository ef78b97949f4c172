"""For which family of models a LoRA was made, told from its header.

What its modules' names and shapes say counts before what its metadata claim: the width of the text
that cross attention listens to is 768 for SD 1.x, 1024 for SD 2.x and 2048 for SDXL.
"""

from __future__ import annotations

import re

from storyboard.models.entries import Family
from storyboard.models.header import Header
from storyboard.models.loras.file import LoraModule, parse_lora
from storyboard.models.loras.foreign import OTHER, foreign_lora

_FAMILIES: dict[str, Family] = {"SD 1.x": "sd15", "SDXL": "sdxl"}
_WIDTHS = {768: "SD 1.x", 1024: "SD 2.x", 2048: "SDXL"}
_LISTENS = ("_attn2_to_k", "_attn2_to_v")
_DEEP = re.compile(r"_transformer_blocks_[1-9]")
_SHALLOW = re.compile(r"_(down_blocks_0|up_blocks_3)_attentions_")
_OF_SD1 = "lora_te_"


def made_for(header: Header) -> str:
    """The family in words; where nothing tells it, the likeliest."""
    modules = parse_lora(header.shapes).modules
    return _told(header, modules) or _guessed(modules)


def told_family(header: Header) -> str | None:
    """The same, but None where nothing tells it.

    Then the LoRA may be for any model whose weights it fits: of a few layers alone that SD 1.x and
    SDXL both have, it cannot be seen which of them was meant.
    """
    return _told(header, parse_lora(header.shapes).modules)


def lora_family(header: Header) -> Family | None:
    """The family; None where it is one that is not drawn with."""
    return _FAMILIES.get(made_for(header))


def _told(header: Header, modules: tuple[LoraModule, ...]) -> str | None:
    foreign = foreign_lora(header.tensors)
    return foreign or _by_modules(modules) or _by_metadata(header) or _by_names(modules)


def _by_modules(modules: tuple[LoraModule, ...]) -> str | None:
    if any(module.part == "text_encoder_2" for module in modules):
        return "SDXL"
    for module in modules:
        listens = module.product if module.name.endswith(_LISTENS) else None
        if listens and (made := _WIDTHS.get(listens.shape[1])):
            return made
    if any(module.part == "unet" and _DEEP.search(module.name) for module in modules):
        return "SDXL"
    return None


def _by_metadata(header: Header) -> str | None:
    base = header.metadata.get("ss_base_model_version", "").lower()
    architecture = header.metadata.get("modelspec.architecture", "").lower()
    if base.startswith("sdxl") or "stable-diffusion-xl" in architecture:
        return "SDXL"
    if base.startswith("sd_v2") or "stable-diffusion-v2" in architecture:
        return "SD 2.x"
    if base.startswith("sd_v1") or "stable-diffusion-v1" in architecture:
        return "SD 1.x"
    return None


def _by_names(modules: tuple[LoraModule, ...]) -> str | None:
    """SDXL has no attention on its first level, and kohya's scripts call its first text encoder
    te1. Narrow models of SD 1.x's kind, as the built-in one is, are told by these names alone."""
    shallow = any(_SHALLOW.search(module.name) for module in modules)
    return "SD 1.x" if shallow or any(m.key.startswith(_OF_SD1) for m in modules) else None


def _guessed(modules: tuple[LoraModule, ...]) -> str:
    """Some converters call SD 1.x's text encoder te1 as well."""
    if any(module.key.startswith("lora_te1_") for module in modules):
        return "SDXL"
    return "SD 1.x" if modules else OTHER
