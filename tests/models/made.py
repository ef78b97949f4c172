"""Small model files, made on the spot."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

Shape = Sequence[int]

UNET: dict[str, Shape] = {
    "conv_in.weight": (16, 4, 3, 3),
    "conv_in.bias": (16,),
    "down_blocks.0.attentions.0.proj_in.weight": (16, 16, 1, 1),
    "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (16, 24),
    "down_blocks.0.attentions.0.norm.weight": (16,),
    "down_blocks.0.resnets.0.conv1.weight": (16, 16, 3, 3),
}
TEXT_ENCODER: dict[str, Shape] = {
    "text_model.encoder.layers.0.self_attn.q_proj.weight": (24, 24),
    "text_model.final_layer_norm.weight": (24,),
}
UNET_STEM = "diffusion_pytorch_model"
ATTENTION = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
QUERY = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"


def raw(path: Path, header: Any, data: bytes = b"") -> Path:
    """A file in the safetensors format, right or wrong, from its header (JSON, or bytes as is)."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def weights(
    path: Path, shapes: Mapping[str, Shape], metadata: Mapping[str, str] | None = None
) -> Path:
    """A safetensors file with float16 zeros of these shapes."""
    return arrays(path, {k: np.zeros(shape, np.float16) for k, shape in shapes.items()}, metadata)


def shards(folder: Path, *shapes: Mapping[str, Shape], stem: str = UNET_STEM) -> list[Path]:
    """The same in several files, as diffusers writes them, with their index."""
    names = [f"{stem}-{n + 1:05}-of-{len(shapes):05}.safetensors" for n in range(len(shapes))]
    placed = {key: name for name, keys in zip(names, shapes, strict=True) for key in keys}
    document(folder / f"{stem}.safetensors.index.json", {"metadata": {}, "weight_map": placed})
    return [weights(folder / name, keys) for name, keys in zip(names, shapes, strict=True)]


def arrays(
    path: Path, tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None
) -> Path:
    """A safetensors file with these arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(dict(tensors), path, dict(metadata) if metadata else None)
    return path


def lora_shapes(*modules: str, width: int = 24, rank: int = 2, out: int = 16) -> dict[str, Shape]:
    """A LoRA's tensors for linear modules."""
    shapes: dict[str, Shape] = {}
    for module in modules:
        shapes[f"{module}.lora_down.weight"] = (rank, width)
        shapes[f"{module}.lora_up.weight"] = (out, rank)
        shapes[f"{module}.alpha"] = ()
    return shapes


def lora(path: Path, metadata: Mapping[str, str] | None = None) -> Path:
    """A LoRA that fits `checkpoint`'s."""
    shapes = {**lora_shapes(ATTENTION), **lora_shapes(QUERY, out=24)}
    return weights(path, shapes, metadata)


def checkpoint(folder: Path, storyboard: Mapping[str, Any] | None = None) -> Path:
    """A diffusers folder of SD 1.x's kind, with a UNet and a text encoder of a few weights."""
    weights(folder / "unet" / "diffusion_pytorch_model.safetensors", UNET)
    weights(folder / "vae" / "diffusion_pytorch_model.safetensors", {"decoder.conv_in.bias": (4,)})
    weights(folder / "text_encoder" / "model.safetensors", TEXT_ENCODER)
    unet = {"cross_attention_dim": 24, "mid_block_type": "a toy's"}
    document(folder / "unet" / "config.json", unet)
    document(folder / "vae" / "config.json", {"_class_name": "AutoencoderTiny"})
    document(folder / "text_encoder" / "config.json", {"model_type": "a toy's"})
    tokenizer(folder / "tokenizer")
    said = {"family": "sd15", "native_pixels": 49152, "size_multiple": 32}
    document(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    document(folder / "storyboard.json", said if storyboard is None else storyboard)
    document(folder / "scheduler" / "scheduler_config.json", {"prediction_type": "v_prediction"})
    return folder


def tokenizer(folder: Path) -> Path:
    """A tokenizer of one letter."""
    document(folder / "vocab.json", {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2})
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    document(folder / "tokenizer_config.json", {"model_max_length": 77})
    return folder


def document(path: Path, value: Any) -> Path:
    """A JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
