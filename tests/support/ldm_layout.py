"""From diffusers' names to those of the single files that the community shares (LDM's layout).

Written from the two model definitions, the other way round than the package reads: what is stored
by this must come back through the package as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

Tensors = Mapping[str, Tensor]

UNET = "model.diffusion_model."
VAE = "first_stage_model."
CLIP_L_OF_SD15 = "cond_stage_model.transformer.text_model."
CLIP_L_OF_SDXL = "conditioner.embedders.0.transformer.text_model."
CLIP_G_OF_SDXL = "conditioner.embedders.1.model."

_Rule = tuple[str, str]

_RESNET: tuple[_Rule, ...] = (
    (r"norm1\.", "in_layers.0."),
    (r"conv1\.", "in_layers.2."),
    (r"time_emb_proj\.", "emb_layers.1."),
    (r"norm2\.", "out_layers.0."),
    (r"conv2\.", "out_layers.3."),
    (r"conv_shortcut\.", "skip_connection."),
)
_UNET_FIXED: tuple[_Rule, ...] = (
    (r"time_embedding\.linear_1\.", "time_embed.0."),
    (r"time_embedding\.linear_2\.", "time_embed.2."),
    (r"add_embedding\.linear_1\.", "label_emb.0.0."),
    (r"add_embedding\.linear_2\.", "label_emb.0.2."),
    (r"conv_in\.", "input_blocks.0.0."),
    (r"conv_norm_out\.", "out.0."),
    (r"conv_out\.", "out.2."),
    (r"mid_block\.resnets\.0\.", "middle_block.0."),
    (r"mid_block\.attentions\.0\.", "middle_block.1."),
    (r"mid_block\.resnets\.1\.", "middle_block.2."),
)
_VAE_ATTENTION: tuple[_Rule, ...] = (
    (r"group_norm\.", "norm."),
    (r"to_q\.", "q."),
    (r"to_k\.", "k."),
    (r"to_v\.", "v."),
    (r"to_out\.0\.", "proj_out."),
)
_OPEN_CLIP: tuple[_Rule, ...] = (
    (r"layer_norm1\.", "ln_1."),
    (r"layer_norm2\.", "ln_2."),
    (r"mlp\.fc1\.", "mlp.c_fc."),
    (r"mlp\.fc2\.", "mlp.c_proj."),
    (r"self_attn\.out_proj\.", "attn.out_proj."),
)
_LAYERS = 2  # of a level, in both families


def ldm_unet(tensors: Tensors) -> dict[str, Tensor]:
    """A UNet with two layers a level, as SD 1.x and SDXL have."""
    return {UNET + _unet_name(name, tensors): tensor for name, tensor in tensors.items()}


def ldm_vae(tensors: Tensors) -> dict[str, Tensor]:
    """An AutoencoderKL of four levels; its attention's weights are 1 x 1 convolutions there."""
    found = {}
    for name, tensor in tensors.items():
        wide = ".attentions." in name and tensor.ndim == 2
        found[VAE + _vae_name(name)] = tensor[:, :, None, None] if wide else tensor
    return found


def ldm_clip_l(tensors: Tensors, prefix: str) -> dict[str, Tensor]:
    """CLIP-L, named as transformers 4 named it, with the positions that it stored."""
    found = {prefix + name.removeprefix("text_model."): value for name, value in tensors.items()}
    count = found[f"{prefix}embeddings.position_embedding.weight"].shape[0]
    found[f"{prefix}embeddings.position_ids"] = torch.arange(count)[None]
    return found


def ldm_clip_g(tensors: Tensors) -> dict[str, Tensor]:
    """OpenCLIP's bigG: query, key and value in one weight, the projection transposed."""
    bare = {name.removeprefix("text_model."): tensor for name, tensor in tensors.items()}
    found = {
        "token_embedding.weight": bare.pop("embeddings.token_embedding.weight"),
        "positional_embedding": bare.pop("embeddings.position_embedding.weight"),
        "ln_final.weight": bare.pop("final_layer_norm.weight"),
        "ln_final.bias": bare.pop("final_layer_norm.bias"),
        "text_projection": bare.pop("text_projection.weight").t().contiguous(),
        "logit_scale": torch.tensor(4.6052),
    }
    for name, tensor in bare.items():
        layer, inner = re.fullmatch(r"encoder\.layers\.(\d+)\.(.*)", name).groups()  # type: ignore[union-attr]
        start = f"transformer.resblocks.{layer}."
        if inner.startswith("self_attn.q_proj."):
            kind = inner.rpartition(".")[2]
            found[f"{start}attn.in_proj_{kind}"] = torch.cat(
                [bare[name.replace("q_proj", f"{which}_proj")] for which in "qkv"]
            )
        elif not inner.startswith(("self_attn.k_proj.", "self_attn.v_proj.")):
            found[start + _renamed(inner, _OPEN_CLIP)] = tensor
    return {CLIP_G_OF_SDXL + name: tensor for name, tensor in found.items()}


def _unet_name(name: str, all_names: Iterable[str]) -> str:
    for pattern, new in _UNET_FIXED:
        if re.match(pattern, name):
            return _within(re.sub(f"^{pattern}", new, name), name)
    match = re.fullmatch(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", name)
    assert match, name
    side, level, kind, layer, inner = match.groups()
    if kind == "downsamplers":
        return f"input_blocks.{(int(level) + 1) * (_LAYERS + 1)}.0.{inner.replace('conv', 'op')}"
    if kind == "upsamplers":
        attends = any(other.startswith(f"up_blocks.{level}.attentions.") for other in all_names)
        return f"output_blocks.{int(level) * 3 + 2}.{2 if attends else 1}.{inner}"
    number = int(level) * (_LAYERS + 1) + int(layer)
    block = f"input_blocks.{number + 1}" if side == "down" else f"output_blocks.{number}"
    part = {"resnets": 0, "attentions": 1}[kind]
    return _within(f"{block}.{part}.{inner}", name)


def _within(new: str, name: str) -> str:
    """Inside of a resnet other names; inside of an attention the same."""
    if ".resnets." not in name:
        return new
    start, inner = re.fullmatch(
        r"((?:(?:in|out)put_blocks\.\d+|middle_block)\.\d\.)(.*)", new
    ).groups()  # type: ignore[union-attr]
    return str(start) + _renamed(inner, _RESNET)


def _vae_name(name: str) -> str:
    name = name.replace("conv_norm_out.", "norm_out.").replace("conv_shortcut.", "nin_shortcut.")
    name = re.sub(r"mid_block\.resnets\.(\d)\.", lambda m: f"mid.block_{int(m[1]) + 1}.", name)
    if "mid_block.attentions.0." in name:
        start, inner = name.split("mid_block.attentions.0.")
        return f"{start}mid.attn_1.{_renamed(inner, _VAE_ATTENTION)}"
    name = re.sub(r"down_blocks\.(\d)\.resnets\.", r"down.\1.block.", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0\.", r"down.\1.downsample.", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets\.", lambda m: f"up.{3 - int(m[1])}.block.", name)
    return re.sub(
        r"up_blocks\.(\d)\.upsamplers\.0\.", lambda m: f"up.{3 - int(m[1])}.upsample.", name
    )


def _renamed(name: str, rules: Iterable[_Rule]) -> str:
    for pattern, new in rules:
        if re.match(pattern, name):
            return re.sub(f"^{pattern}", new, name)
    return name
