"""LoRA in kohya's format: which layers have one, how its keys are named, how it is merged."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

UNET, TEXT = "lora_unet_", "lora_te_text_model_"


def _is_target(name: str, module: nn.Module) -> bool:
    if isinstance(module, nn.Linear):
        return "time_embedding" not in name
    return isinstance(module, nn.Conv2d) and name not in ("conv_in", "conv_out")


def targets(unet: nn.Module, text_encoder: nn.Module) -> dict[str, nn.Module]:
    """The layers that get a LoRA, by their kohya key."""
    found = {
        UNET + name.replace(".", "_"): module
        for name, module in unet.named_modules()
        if _is_target(name, module)
    }
    for name, module in text_encoder.named_modules():
        name = name.removeprefix("text_model.")
        if isinstance(module, nn.Linear) and name.startswith("encoder."):
            found[TEXT + name.replace(".", "_")] = module
    return found


def delta(down: Tensor, up: Tensor, scale: float) -> Tensor:
    """The change of a weight that a pair stands for."""
    if down.ndim == 4:
        flat = up.flatten(1) @ down.flatten(1)
        return (scale * flat).view(up.shape[0], *down.shape[1:])
    return scale * (up @ down)


@torch.no_grad()
def merge_lora(unet: nn.Module, text_encoder: nn.Module, path: Path, weight: float) -> None:
    """Adds a LoRA to the weights, in place."""
    state = {key: value.float() for key, value in load_file(path).items()}
    for key, module in targets(unet, text_encoder).items():
        if f"{key}.lora_down.weight" not in state:
            continue
        down, up = state[f"{key}.lora_down.weight"], state[f"{key}.lora_up.weight"]
        scale = weight * float(state[f"{key}.alpha"]) / down.shape[0]
        change = delta(down, up, scale)
        module.weight += change.view(module.weight.shape)
