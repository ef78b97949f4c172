"""UNet modules by their older names: LDM's numbered blocks as diffusers' named ones.

LDM counts all of a UNet's blocks through (`input_blocks_4_1`); diffusers names them by level and
layer (`down_blocks_1_attentions_0`). The layout is that of SD 1.x, four levels of two layers each,
and of SDXL, which has three such levels.
"""

from __future__ import annotations

import re

_LAYERS = 2
_FIXED = {
    "input_blocks_0_0": "conv_in",
    "time_embed_0": "time_embedding_linear_1",
    "time_embed_2": "time_embedding_linear_2",
    "label_emb_0_0": "add_embedding_linear_1",
    "label_emb_0_2": "add_embedding_linear_2",
    "out_0": "conv_norm_out",
    "out_2": "conv_out",
}
_MIDDLE = {"0": "resnets_0", "1": "attentions_0", "2": "resnets_1"}
_RESNET_PARTS = {
    "in_layers_0": "norm1",
    "in_layers_2": "conv1",
    "emb_layers_1": "time_emb_proj",
    "out_layers_0": "norm2",
    "out_layers_3": "conv2",
    "skip_connection": "conv_shortcut",
}
_BLOCK = re.compile(r"(input|output)_blocks_(\d{1,2})_(\d)_(\w+)")
_MIDDLE_BLOCK = re.compile(r"middle_block_([012])_(\w+)")


def diffusers_name(name: str) -> str | None:
    """The diffusers name of an LDM UNet module, both with `_` between levels; None if unknown.

    `input_blocks_1_1_proj_in` is `down_blocks_0_attentions_0_proj_in`.
    """
    if name in _FIXED:
        return _FIXED[name]
    if middle := _MIDDLE_BLOCK.fullmatch(name):
        return _join("mid_block", _MIDDLE[middle[1]], middle[2])
    if block := _BLOCK.fullmatch(name):
        side, number, part, rest = block[1], int(block[2]), int(block[3]), block[4]
        return _input(number, part, rest) if side == "input" else _output(number, part, rest)
    return None


def _input(number: int, part: int, rest: str) -> str | None:
    """Blocks 1 to 11: each level has two layers and, but for the last, a downsampler."""
    level, layer = divmod(number - 1, _LAYERS + 1)
    if not 1 <= number <= 11:
        return None
    if layer == _LAYERS:
        return f"down_blocks_{level}_downsamplers_0_conv" if (part, rest) == (0, "op") else None
    return _layer(f"down_blocks_{level}", layer, part, rest)


def _output(number: int, part: int, rest: str) -> str | None:
    """Blocks 0 to 11: each level has three layers, the last with an upsampler as its last part."""
    level, layer = divmod(number, _LAYERS + 1)
    if number > 11:
        return None
    if rest == "conv" and layer == _LAYERS:
        return f"up_blocks_{level}_upsamplers_0_conv" if part in (1, 2) else None
    return _layer(f"up_blocks_{level}", layer, part, rest)


def _layer(block: str, layer: int, part: int, rest: str) -> str | None:
    kind = {0: "resnets", 1: "attentions"}.get(part)
    return _join(block, f"{kind}_{layer}", rest) if kind else None


def _join(block: str, module: str, rest: str) -> str | None:
    """`rest` is the same in both worlds within attentions, and has other names within resnets."""
    within = _RESNET_PARTS.get(rest) if module.startswith("resnets") else rest
    return f"{block}_{module}_{within}" if within else None
