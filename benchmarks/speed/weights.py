"""Checkpoints, LoRAs and an upscaler of random numbers, in the shapes of SD 1.5, SDXL and
Real-ESRGAN x4plus, at a share of their width: what they draw is noise, what they cost is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from benchmarks.speed.tale import Cast
from storyboard.models.roots import builtin_configuration, builtin_tokenizer

_GROUP = 32
_RANK = 8
_LORAS = ("ada", "ben", "cy", "dot")


def make_checkpoint(root: Path, family: str, width: float, size: str) -> Cast:
    """Writes a checkpoint and its LoRAs below a model folder, unless they are there."""
    percent = round(100 * width)  # a name has no dots
    name, upscaler = f"{family}-{percent}", f"x4plus-{percent}"
    folder = root / "checkpoints" / name
    if not (folder / "model_index.json").exists():
        torch.manual_seed(1)
        unet = _write(folder, family, width)
        for lora in _LORAS:
            _write_lora(root / "loras" / f"{lora}-{name}.safetensors", unet)
        _write_upscaler(root / "upscalers" / f"{upscaler}.safetensors", width)
    sets = tuple((f"{lora}-{name}",) for lora in _LORAS[:3])
    both = (f"{_LORAS[0]}-{name}", f"{_LORAS[3]}-{name}")
    sampler = {"name": "DPM++ 2S a Karras", "steps": 20, "cfg": 7}
    final = {"scale": 2, "denoise": 0.5, "steps": 20, "upscaler": upscaler}
    return Cast(name, (*sets, both), {"size": size, "sampler": sampler, "final": final})


def _write(folder: Path, family: str, width: float) -> nn.Module:
    """A diffusers folder in float16."""
    diffusers, transformers = libraries()
    configs = builtin_configuration(family)
    texts = sorted(configs.glob("text_encoder*"))
    unet = _narrowed(json.loads((configs / "unet" / "config.json").read_text()), width)
    made: nn.Module = diffusers.UNet2DConditionModel.from_config(unet).half()
    saved: Any = made
    saved.save_pretrained(folder / "unet")
    vae = _narrowed(json.loads((configs / "vae" / "config.json").read_text()), width)
    diffusers.AutoencoderKL.from_config(vae).half().save_pretrained(folder / "vae")
    for number, text in enumerate(texts):
        config = transformers.CLIPTextConfig(**json.loads((text / "config.json").read_text()))
        kind = transformers.CLIPTextModelWithProjection if number else transformers.CLIPTextModel
        kind(config).half().save_pretrained(folder / text.name)
        shutil.copytree(
            builtin_tokenizer(), folder / text.name.replace("text_encoder", "tokenizer")
        )
    (folder / "scheduler").mkdir()
    schedule = {"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012}
    schedule |= {"beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(schedule))
    (folder / "model_index.json").write_text(json.dumps(_index(family)))
    return made


def libraries() -> tuple[Any, Any]:
    """diffusers and transformers, whose own types do not tell."""
    import diffusers
    import transformers

    return diffusers, transformers


def _index(family: str) -> dict[str, Any]:
    index: dict[str, Any] = {
        "_class_name": f"StableDiffusion{'XL' if family == 'sdxl' else ''}Pipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
    }
    if family == "sdxl":
        index["text_encoder_2"] = ["transformers", "CLIPTextModelWithProjection"]
        index["tokenizer_2"] = ["transformers", "CLIPTokenizer"]
    else:
        index |= {"safety_checker": [None, None], "feature_extractor": [None, None]}
        index["requires_safety_checker"] = False
    return index


def _narrowed(config: dict[str, Any], width: float) -> dict[str, Any]:
    """A share of the width in whole groups; heads stay as wide as they were."""
    widths = config["block_out_channels"]
    narrow = [max(round(one * width / _GROUP), 1) * _GROUP for one in widths]
    heads = config.get("attention_head_dim")  # diffusers' name for the number of heads
    if isinstance(heads, list):
        heads = [max(one // 64, 1) for one in narrow]
    return {**config, "block_out_channels": narrow} | (
        {"attention_head_dim": heads} if heads else {}
    )


def _write_upscaler(path: Path, width: float) -> None:
    """The network of Real-ESRGAN x4plus."""
    from spandrel.architectures.ESRGAN import ESRGAN

    network = ESRGAN(num_filters=round(64 * width), num_blocks=23, scale=4)
    # Weak, so that numbers stay finite through its 69 dense blocks.
    weights = {name: (weight * 0.5).contiguous() for name, weight in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, path)


def _write_lora(path: Path, unet: nn.Module) -> None:
    """Kohya's names, all attention layers, weak."""
    tensors = {}
    for name, module in unet.named_modules():
        if isinstance(module, nn.Linear) and (".attn1." in name or ".attn2." in name):
            key = f"lora_unet_{name.replace('.', '_')}"
            tensors[f"{key}.lora_down.weight"] = torch.randn(_RANK, module.in_features) * 0.01
            tensors[f"{key}.lora_up.weight"] = torch.randn(module.out_features, _RANK) * 0.01
            tensors[f"{key}.alpha"] = torch.tensor(float(_RANK))
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
