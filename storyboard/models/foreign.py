"""Models of the many kinds that cannot be drawn with, told by name from their keys and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from storyboard.models.header import Shape

_SD2_WIDTH = 1024
_REFINER_CHANNELS = 384
_INPUTS = {5: "a depth-to-image", 7: "an upscaling", 8: "an InstructPix2Pix", 9: "an inpainting"}

# A file's first key that begins like this tells what it is.
_MARKS: tuple[tuple[str, str], ...] = (
    (r"(model\.diffusion_model\.)?joint_blocks\.\d+\.", "an SD 3 checkpoint"),
    (r"transformer_blocks\.\d+\.attn\.add_q_proj\.", "a diffusion transformer (SD 3, Flux, Qwen)"),
    (r"(model\.diffusion_model\.)?double_blocks\.\d+\.", "a Flux checkpoint"),
    (r"(model\.diffusion_model\.)?double_layers\.\d+\.", "an AuraFlow checkpoint"),
    (r"(model\.diffusion_model\.)?(noise_refiner|cap_embedder)\.", "a Lumina checkpoint"),
    (r"(model\.diffusion_model\.)?blocks\.\d+\.cross_attn\.", "a PixArt or Wan checkpoint"),
    (r"(model\.diffusion_model\.)?clip_txt_mapper\.", "a Stable Cascade checkpoint"),
    (r"model\.diffusion_model\.input_blocks\.\d+\.\d+\.time_stack\.", "a Stable Video checkpoint"),
    (r".*motion_modules\.", "an AnimateDiff motion module"),
    (r"(control_model\.|zero_convs\.|controlnet_cond_embedding\.|lllite_)", "a ControlNet"),
    (r"(controlnet_blocks\.|control_model_)", "a ControlNet"),
    (r"(ip_adapter\.|image_proj\.)", "an IP-Adapter"),
    (r"adapter\.body\.\d+\.", "a T2I-Adapter"),
    (r"(text_encoders\..*|.*)encoder\.block\.\d+\.layer\.0\.SelfAttention\.", "a T5 text encoder"),
    (r"(vision_model|visual)\.", "a CLIP image encoder"),
    (r"model\.layers\.\d+\.self_attn\.", "a language model"),
    (r"taesd_|(decoder\.)?layers\.1\.conv\.0\.weight", "a TAESD"),
)
_MARK = re.compile("|".join(f"({pattern.replace('(', '(?:')})" for pattern, _ in _MARKS))
_BARE_UNET = ("input_blocks.", "down_blocks.", "middle_block.", "mid_block.")
_UNET = "model.diffusion_model."


def foreign_checkpoint(shapes: Mapping[str, Shape]) -> str | None:
    """What a checkpoint file is, with its article, if it is none of SD 1.x or SDXL."""
    marked = marked_as(shapes)
    if marked:
        return marked
    if "edm_mean" in shapes or "edm_vpred.sigma_max" in shapes:
        return "a checkpoint with EDM's noise levels"
    if not any(key.startswith(_UNET) for key in shapes):
        return "no checkpoint: it has no UNet"
    if _starts(shapes, "conditioner.embedders.0.model.") and not _starts(
        shapes, "conditioner.embedders.1."
    ):
        return "an SDXL refiner"
    first, width = shapes.get(f"{_UNET}input_blocks.0.0.weight", ()), _listened_width(shapes)
    channels = [first[0]] if first else None
    if _starts(shapes, "cond_stage_model.model."):
        width = _SD2_WIDTH
    return foreign_unet(first[1] if len(first) == 4 else None, width, channels)


def foreign_unet(inputs: object, width: object, channels: object) -> str | None:
    """The same of a UNet's channels of input, the width of text that it listens to, and its
    channels by level, as far as they are known."""
    if isinstance(inputs, int) and inputs != 4:
        return f"{_INPUTS.get(inputs, f'a {inputs}-channel')} checkpoint"
    if width == _SD2_WIDTH:
        return "an SD 2.x checkpoint"
    if isinstance(channels, list) and channels[:1] == [_REFINER_CHANNELS]:
        return "an SDXL refiner"
    return None


def marked_as(keys: Iterable[str]) -> str | None:
    """What a file of any kind is, with its article, if one of its keys is a mark of something that
    this program cannot use."""
    is_bare = False
    for key in keys:
        if (found := _MARK.match(key)) and found.lastindex:
            return _MARKS[found.lastindex - 1][1]
        is_bare = is_bare or key.startswith(_BARE_UNET)
    return "a UNet alone, without its checkpoint" if is_bare else None


def _listened_width(shapes: Mapping[str, Shape]) -> int | None:
    widths = (
        shape[1]
        for key, shape in shapes.items()
        if key.startswith(_UNET) and key.endswith("attn2.to_k.weight") and len(shape) == 2
    )
    return next(widths, None)


def _starts(keys: Iterable[str], start: str) -> bool:
    return any(key.startswith(start) for key in keys)
