"""SD 1.5 and SDXL in their own builds at reduced width, with random weights: as a diffusers folder
and as one file in the layout that the community shares."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from storyboard.jobs import Checkpoint, ModelFile
from storyboard.models.roots import builtin_tokenizer
from tests.support import ldm_layout
from tests.support.tiny_model import model_file

_UNET: Any = UNet2DConditionModel  # untyped in diffusers
_KL: Any = AutoencoderKL

POOLED = 64
"""The width of SDXL's pooled text here, and of each of its encoders."""


@dataclass(frozen=True)
class Shrunk:
    """A model's modules by their folders' names; half precision, as files have it."""

    family: str
    modules: Mapping[str, nn.Module]

    def folder(self, path: Path) -> Path:
        """Writes it as a diffusers folder."""
        for name, module in self.modules.items():
            _save(path / name, module)
        for number, pad in enumerate(("<|endoftext|>", "!")[: self.encoders], 1):
            _tokenizer(path / ("tokenizer" if number == 1 else f"tokenizer_{number}"), pad)
        pipeline = "StableDiffusionXLPipeline" if self.encoders == 2 else "StableDiffusionPipeline"
        _write(path / "model_index.json", {"_class_name": pipeline})
        _write(path / "scheduler" / "scheduler_config.json", _SCHEDULER)
        return path

    def ldm(self) -> dict[str, Tensor]:
        """All tensors of the single file."""
        found = {
            **ldm_layout.ldm_unet(self.state("unet")),
            **ldm_layout.ldm_vae(self.state("vae")),
        }
        if self.encoders == 1:
            prefix = ldm_layout.CLIP_L_OF_SD15
            return {**found, **ldm_layout.ldm_clip_l(self.state("text_encoder"), prefix)}
        prefix = ldm_layout.CLIP_L_OF_SDXL
        found |= ldm_layout.ldm_clip_l(self.state("text_encoder"), prefix)
        return {**found, **ldm_layout.ldm_clip_g(self.state("text_encoder_2"))}

    def file(self, path: Path, without: tuple[str, ...] = ()) -> Path:
        """Writes it as one file, but for the tensors whose names begin with `without`."""
        kept = {
            name: tensor.contiguous().clone()
            for name, tensor in self.ldm().items()
            if not name.startswith(without)
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(kept, path)
        return path

    def state(self, part: str) -> dict[str, Tensor]:
        """A module's weights by their diffusers or transformers names."""
        return dict(self.modules[part].state_dict())

    @property
    def encoders(self) -> int:
        """How many text encoders it has."""
        return 2 if self.family == "sdxl" else 1

    def checkpoint(self, path: Path, vae: Path | None = None, *text: Path) -> Checkpoint:
        """The file or folder as a job has it."""
        other = None if vae is None else model_file(vae)
        encoders: tuple[ModelFile, ...] = tuple(model_file(file) for file in text)
        return Checkpoint(self.family, model_file(path), "epsilon", other, 1, encoders)


def shrunk_sd15() -> Shrunk:
    """Stable Diffusion 1.5's build."""
    with _seeded(15):
        unet = _UNET(
            sample_size=8,
            block_out_channels=(32, 32, 64, 64),
            cross_attention_dim=64,
            attention_head_dim=8,
        )
        modules = {"unet": unet, "vae": _vae(0.18215), "text_encoder": _clip("quick_gelu", False)}
        return Shrunk("sd15", _halved(modules))


def shrunk_sdxl() -> Shrunk:
    """SDXL's build."""
    with _seeded(30):
        unet = _UNET(
            sample_size=16,
            block_out_channels=(32, 64, 128),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=[1, 1, 2],
            attention_head_dim=[1, 1, 2],
            cross_attention_dim=2 * POOLED,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=POOLED + 6 * 256,
        )
        modules = {
            "unet": unet,
            "vae": _vae(0.13025),
            "text_encoder": _clip("quick_gelu", False),
            "text_encoder_2": _clip("gelu", True),
        }
        return Shrunk("sdxl", _halved(modules))


_SCHEDULER = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"} | {
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
}


def _vae(scaling_factor: float) -> nn.Module:
    vae: nn.Module = _KL(
        block_out_channels=(32, 32, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        scaling_factor=scaling_factor,
    )
    return vae


def _clip(act: str, projected: bool) -> nn.Module:
    config = CLIPTextConfig(
        vocab_size=49408,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=1,
        max_position_embeddings=77,
        hidden_act=act,
        projection_dim=POOLED,
        bos_token_id=49406,
        eos_token_id=49407,
        initializer_range=0.5,
    )
    return CLIPTextModelWithProjection(config) if projected else CLIPTextModel(config)


def _halved(modules: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    return {name: module.eval().requires_grad_(False).half() for name, module in modules.items()}


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Random weights that are the same each time, and no other random number changed by it."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _save(folder: Path, module: nn.Module) -> None:
    config: Any = module.config
    folder.mkdir(parents=True, exist_ok=True)
    is_text = hasattr(config, "to_json_string")
    values = json.loads(config.to_json_string()) if is_text else dict(config)
    _write(folder / "config.json", {**values, "_class_name": type(module).__name__})
    weights = {name: tensor.contiguous() for name, tensor in module.state_dict().items()}
    stem = "model" if is_text else "diffusion_pytorch_model"
    save_file(weights, folder / f"{stem}.safetensors")


def _tokenizer(folder: Path, pad: str) -> None:
    shutil.copytree(builtin_tokenizer(), folder)
    path = folder / "tokenizer_config.json"
    _write(path, {**json.loads(path.read_text(encoding="utf-8")), "pad_token": pad})


def _write(path: Path, values: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values), encoding="utf-8")
