"""What the weights of a model are called in LoRA files.

kohya's scripts join a module's path by underscores behind a prefix for its part
(`lora_unet_mid_block_attentions_0_proj_in`); diffusers, peft and ComfyUI (`diffusion_model.`,
`text_encoders.clip_l.transformer.`) write paths with dots. All are brought to one form here:
kohya's, with diffusers' names of modules.
"""

from __future__ import annotations

from typing import Literal

from storyboard.models.ldm_names import diffusers_name

Part = Literal["unet", "text_encoder", "text_encoder_2"]
"""A part of a checkpoint; the second text encoder is SDXL's."""

_OWN: dict[Part, str] = {
    "unet": "lora_unet_",
    "text_encoder": "lora_te_",
    "text_encoder_2": "lora_te2_",
}
# SDXL's first text encoder is te1; some converters write that for SD 1.x as well.
_KOHYA: tuple[tuple[str, Part], ...] = (
    ("lora_unet_", "unet"),
    ("lora_te_", "text_encoder"),
    ("lora_te1_", "text_encoder"),
    ("lora_te2_", "text_encoder_2"),
    ("lycoris_", "unet"),
)
_DOTTED: tuple[tuple[str, Part], ...] = (
    ("unet.", "unet"),
    ("diffusion_model.", "unet"),
    ("text_encoder_2.", "text_encoder_2"),
    ("text_encoder.", "text_encoder"),
    ("text_encoders.clip_l.transformer.", "text_encoder"),
    ("text_encoders.clip_g.transformer.", "text_encoder_2"),
)
_PEFT = "base_model.model."
_UNET_ROOTS = frozenset(
    (
        "down_blocks", "mid_block", "up_blocks", "conv_in", "conv_out", "conv_norm_out",
        "time_embedding", "add_embedding",
    )
)  # fmt: skip
_TEXT_ROOT = "text_model"
_OUTSIDE_OF_TEXT_MODEL = "text_projection"


def part_and_name(module: str) -> tuple[Part, str] | None:
    """A module's part and its name in one form, from its path in a LoRA file; None if it is none.

    `unet.mid_block.attentions.0.proj_in` is `lora_unet_mid_block_attentions_0_proj_in`.
    """
    if "." not in module:
        for prefix, part in _KOHYA:
            if module.startswith(prefix):
                return part, _OWN[part] + module.removeprefix(prefix)
    path = module
    while path.startswith(_PEFT):
        path = path.removeprefix(_PEFT)
    for prefix, part in _DOTTED:
        if path.startswith(prefix):
            return part, kohya_name(part, path.removeprefix(prefix))
    root = path.partition(".")[0]
    if root in _UNET_ROOTS:
        return "unet", kohya_name("unet", path)
    return ("text_encoder", kohya_name("text_encoder", path)) if root == _TEXT_ROOT else None


def kohya_name(part: Part, module: str) -> str:
    """A diffusers module's name in LoRA files.

    transformers stores a text encoder with its level `text_model.` or, newer, without: LoRA files
    always say it.
    """
    if part != "unet" and not module.startswith((f"{_TEXT_ROOT}.", _OUTSIDE_OF_TEXT_MODEL)):
        module = f"{_TEXT_ROOT}.{module}"
    return _OWN[part] + module.replace(".", "_")


def todays_name(name: str) -> str:
    """A UNet module's name with diffusers' blocks where it has LDM's (`input_blocks_1_1_proj_in`);
    any other name as it is."""
    prefix = _OWN["unet"]
    renamed = diffusers_name(name.removeprefix(prefix)) if name.startswith(prefix) else None
    return prefix + renamed if renamed else name
