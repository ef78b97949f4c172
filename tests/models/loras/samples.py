"""LoRA modules of every format, as keys and shapes, for a layer of 16 outputs and 24 inputs."""

from __future__ import annotations

from storyboard.models.header import Shape
from storyboard.models.loras.names import kohya_name
from storyboard.models.loras.targets import Target

PATH = "mid_block.attentions.0.proj_out"
KOHYA = "lora_unet_mid_block_attentions_0_proj_out"

Shapes = dict[str, Shape]

LINEAR: dict[str, Shapes] = {
    "low rank": {"lora_down.weight": (4, 24), "lora_up.weight": (16, 4)},
    "LoHa": {
        "hada_w1_a": (16, 3),
        "hada_w1_b": (3, 24),
        "hada_w2_a": (16, 3),
        "hada_w2_b": (3, 24),
    },
    "LoKr": {"lokr_w1": (2, 4), "lokr_w2": (8, 6)},
    "LoKr factored": {
        "lokr_w1_a": (2, 1),
        "lokr_w1_b": (1, 4),
        "lokr_w2_a": (8, 2),
        "lokr_w2_b": (2, 6),
    },
    "difference": {"diff": (16, 24)},
}
CONVOLUTION: dict[str, Shapes] = {
    "low rank": {"lora_down.weight": (4, 24, 3, 3), "lora_up.weight": (16, 4, 1, 1)},
    "low rank with mid": {
        "lora_down.weight": (4, 24, 1, 1),
        "lora_up.weight": (16, 4, 1, 1),
        "lora_mid.weight": (4, 4, 3, 3),
    },
    "LoHa": {
        "hada_w1_a": (16, 3),
        "hada_w1_b": (3, 24 * 9),
        "hada_w2_a": (16, 3),
        "hada_w2_b": (3, 24 * 9),
    },
    "LoHa with cores": {
        "hada_w1_a": (3, 16),
        "hada_w1_b": (3, 24),
        "hada_w2_a": (3, 16),
        "hada_w2_b": (3, 24),
        "hada_t1": (3, 3, 3, 3),
        "hada_t2": (3, 3, 3, 3),
    },
    "LoKr": {"lokr_w1": (2, 4), "lokr_w2": (8, 6, 3, 3)},
    "LoKr factored": {"lokr_w1": (2, 4), "lokr_w2_a": (8, 2), "lokr_w2_b": (2, 6 * 9)},
    "LoKr with a core": {
        "lokr_w1": (2, 4),
        "lokr_w2_a": (2, 8),
        "lokr_w2_b": (2, 6),
        "lokr_t2": (2, 2, 3, 3),
    },
    "difference": {"diff": (16, 24, 3, 3)},
}


def of_module(shapes: Shapes, module: str = KOHYA) -> Shapes:
    """A module's tensors by their keys in a file."""
    return {f"{module}.{name}": shape for name, shape in shapes.items()}


def targets(weight: Shape, bias: Shape | None = None, path: str = PATH) -> dict[str, Target]:
    """A checkpoint's UNet with one layer."""
    return {kohya_name("unet", path): Target("unet", path, weight, bias)}
