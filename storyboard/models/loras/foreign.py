"""LoRAs for models that cannot be drawn with, told by name from their keys."""

from __future__ import annotations

import re
from collections.abc import Iterable

OTHER = "another family"
"""What a LoRA was made for where no more is known than that."""

# What the network's first level is called, and whose it is; of several, the first of these counts.
_ROOTS: tuple[tuple[str, str], ...] = (
    ("double_blocks", "Flux, or a model built like it"),
    ("single_blocks", "Flux, or a model built like it"),
    ("single_transformer_blocks", "Flux"),
    ("joint_blocks", "SD 3"),
    ("transformer_blocks", "a diffusion transformer, as SD 3, Flux and Qwen-Image are"),
    ("double_stream_blocks", "HiDream"),
    ("double_layers", "AuraFlow"),
    ("blocks", "a diffusion transformer, as Wan and Hunyuan are"),
    ("layers", "a diffusion transformer, as Lumina and Z-Image are"),
)
_PREFIX = (
    r"(?:base_model\.model\.)*(?:model\.)?"
    r"(?:lora_unet_|lora_transformer_|lycoris_|unet\.|transformer\.|diffusion_model\.)?"
)
_MARKS: tuple[tuple[str, str], ...] = (
    *((rf"{_PREFIX}{root}[._]\d+[._]", name) for root, name in _ROOTS),
    (r".*\bmotion_modules\.", "AnimateDiff's motion modules"),
    (r"lora_prior_", "Stable Cascade"),
    (r"lora_te3_|text_encoder_3\.", "a model with a T5 text encoder, as SD 3 and Flux are"),
    (r"transformer\.|lora_transformer_", OTHER),
)
_MARK = re.compile("|".join(f"({pattern})" for pattern, _ in _MARKS))


def foreign_lora(keys: Iterable[str]) -> str | None:
    """For what a LoRA was made, as it stands behind "is made for", if that is neither SD nor SDXL;
    None where no key tells so."""
    found = {match.lastindex for key in keys if (match := _MARK.match(key))}
    return _MARKS[min(number for number in found if number) - 1][1] if found else None
