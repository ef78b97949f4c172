"""LoRA files in kohya's format: which layers have one, how keys are named, written, merged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from storyboard.errors import argument_error
from storyboard.models.loras.names import kohya_name


def _is_target(name: str, module: nn.Module) -> bool:
    if isinstance(module, nn.Linear):
        return "time_embedding" not in name
    return isinstance(module, nn.Conv2d) and name not in ("conv_in", "conv_out")


def targets(unet: nn.Module, text_encoder: nn.Module | None) -> dict[str, nn.Module]:
    """The layers that get a LoRA, by their kohya key."""
    found = {
        kohya_name("unet", name): module
        for name, module in unet.named_modules()
        if _is_target(name, module)
    }
    for name, module in text_encoder.named_modules() if text_encoder else ():
        inner = name.removeprefix("text_model.")
        if isinstance(module, nn.Linear) and inner.startswith("encoder."):
            found[kohya_name("text_encoder", name)] = module
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
        parameter = module.get_parameter("weight")
        parameter.add_(delta(down, up, scale).view(parameter.shape))


def write_pairs(
    pairs: Mapping[str, tuple[Tensor, Tensor]],
    alpha: float,
    metadata: Mapping[str, str],
    path: Path,
) -> None:
    """Writes pairs of down and up by kohya key, in half precision, in one move; equal pairs and
    metadata give equal bytes.

    Raises ProblemsError, an older file left as it was, where a number is too large for float16.
    """
    state: dict[str, Tensor] = {}
    for key, (down, up) in pairs.items():
        state[f"{key}.lora_down.weight"] = down.detach().half().cpu().contiguous()
        state[f"{key}.lora_up.weight"] = up.detach().half().cpu().contiguous()
        state[f"{key}.alpha"] = torch.tensor(alpha).half()
    if not all(bool(torch.isfinite(tensor).all()) for tensor in state.values()):
        raise argument_error(
            "the LoRA's numbers have grown too large to be written", "lower --rate", str(path)
        )
    fresh = path.with_name(path.name + ".fresh")
    fresh.write_bytes(_in_order(save(state, dict(metadata))))
    fresh.replace(path)


def strengthen(path: Path, factor: float) -> None:
    """Multiplies what a LoRA file does at any weight, by its alphas; in one move."""
    state = load_file(path)
    with safe_open(path, "pt") as file:
        metadata = dict(file.metadata() or {})
    for key in state:
        if key.endswith(".alpha"):
            state[key] = state[key] * factor
    alpha = float(metadata.get("ss_network_alpha", 1)) * factor
    metadata["ss_network_alpha"] = str(alpha)
    if "ss_network_args" in metadata:
        said = {**json.loads(metadata["ss_network_args"]), "conv_alpha": str(alpha)}
        metadata["ss_network_args"] = json.dumps(said)
    fresh = path.with_name(path.name + ".fresh")
    fresh.write_bytes(_in_order(save(state, metadata)))
    fresh.replace(path)


def _in_order(contents: bytes) -> bytes:
    """A safetensors file whose metadata stands in the order of its keys.

    The library writes it in any order; equal LoRAs are to be equal files, as pictures are known by
    the hashes of what drew them.
    """
    length = int.from_bytes(contents[:8], "little")
    header = json.loads(contents[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + contents[8 + length :]
