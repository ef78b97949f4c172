"""LoRA files of every format for the tiny model's layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from storyboard.jobs import Adapter
from tests.support.tiny_model import model_file

ATTENTION = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"  # 64 x 32
CONVOLUTION = "lora_unet_down_blocks_0_resnets_0_conv1"  # 32 x 32 x 3 x 3
NORM = "lora_unet_conv_norm_out"  # 32
QUERY = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"  # 32 x 32

Random = Callable[..., Tensor]
Tensors = dict[str, Tensor]


def low_rank(random: Random) -> Tensors:
    """A kohya LoRA of ranks that vary by layer, with DoRA in one."""
    return {
        f"{ATTENTION}.lora_down.weight": random(4, 32),
        f"{ATTENTION}.lora_up.weight": random(64, 4),
        f"{ATTENTION}.alpha": torch.tensor(2.0),
        f"{ATTENTION}.dora_scale": random(1, 32).abs(),
        f"{CONVOLUTION}.lora_down.weight": random(2, 32, 3, 3),
        f"{CONVOLUTION}.lora_up.weight": random(32, 2, 1, 1),
        f"{QUERY}.lora_down.weight": random(3, 32),
        f"{QUERY}.lora_up.weight": random(32, 3),
    }


def loha(random: Random) -> Tensors:
    """A LoHa, with cores in the convolution."""
    return {
        **{f"{ATTENTION}.hada_{w}_a": random(64, 3) for w in ("w1", "w2")},
        **{f"{ATTENTION}.hada_{w}_b": random(3, 32) for w in ("w1", "w2")},
        **{f"{CONVOLUTION}.hada_{w}": random(3, 32) for w in ("w1_a", "w1_b", "w2_a", "w2_b")},
        **{f"{CONVOLUTION}.hada_{t}": random(3, 3, 3, 3) for t in ("t1", "t2")},
    }


def lokr(random: Random) -> Tensors:
    """A LoKr with a norm's difference and a bias'."""
    return {
        f"{ATTENTION}.lokr_w1": random(4, 4),
        f"{ATTENTION}.lokr_w2_a": random(16, 2),
        f"{ATTENTION}.lokr_w2_b": random(2, 8),
        f"{ATTENTION}.alpha": torch.tensor(1.0),
        f"{CONVOLUTION}.diff": random(32, 32, 3, 3),
        f"{CONVOLUTION}.diff_b": random(32),
        f"{NORM}.w_norm": random(32),
        f"{NORM}.b_norm": random(32),
    }


FORMATS: Mapping[str, Callable[[Random], Tensors]] = {
    "low rank": low_rank,
    "LoHa": loha,
    "LoKr": lokr,
}


def made(folder: Path, format: str, weight: float = 0.8) -> Adapter:
    """A file of one of the formats, with random numbers, always the same."""
    generator = torch.Generator().manual_seed(1)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) / 4

    return written(folder / f"{format}.safetensors", FORMATS[format](random), weight)


def written(
    path: Path,
    tensors: Mapping[str, Tensor],
    weight: float = 1.0,
    metadata: dict[str, str] | None = None,
) -> Adapter:
    """A file with these tensors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path, metadata)
    return Adapter(model_file(path), weight, weight)
