"""Writes the model in diffusers' layout, half precision, from the newest checkpoints."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor2_0

from training.card import NAME, write_card
from training.models import build_scheduler
from training.replacing import replace_files
from training.sample import load_checkpoint

MODELS = Path("storyboard/builtin/models")
SHARD = "15MB"
"""The largest file that diffusers writes for a part; the limit is 16 MB a file."""


def export(folder: Path, models: Path = MODELS) -> Path:
    """Exports to `models`/checkpoints/inkling; every file is replaced in one move, and weights of
    an earlier export that this one has no more are taken away."""
    home = models / "checkpoints" / NAME
    home.mkdir(parents=True, exist_ok=True)
    drawer = load_checkpoint(folder)
    with tempfile.TemporaryDirectory(dir=models, prefix=".export-") as name:
        fresh = Path(name)
        drawer.unet.set_attn_processor(AttnProcessor2_0())
        drawer.unet.half().save_pretrained(fresh / "unet", max_shard_size=SHARD)
        drawer.text_encoder.half().save_pretrained(fresh / "text_encoder")
        drawer.vae.register_to_config(scaling_factor=drawer.scale)
        drawer.vae.half().save_pretrained(fresh / "vae")
        _drop_unknown_option(fresh / "vae" / "config.json")
        build_scheduler().save_pretrained(fresh / "scheduler")
        shutil.copytree(folder / "tokenizer", fresh / "tokenizer")
        _write_index(fresh)
        write_card(fresh, _trained(folder))
        replace_files(fresh, home)
    return home


def _drop_unknown_option(path: Path) -> None:
    """AutoencoderTiny writes an option that it warns about when it reads it again."""
    config = json.loads(path.read_text())
    config.pop("block_out_channels", None)
    path.write_text(json.dumps(config, indent=2) + "\n")


def _write_index(fresh: Path) -> None:
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.42.0",
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderTiny"],
    }
    (fresh / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def _trained(folder: Path) -> dict[str, Any]:
    """Honest figures of the training."""
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    seconds = torch.load(folder / "autoencoder.pt", weights_only=True)["seconds"]
    return {
        "on": "two CPU cores, pictures drawn by training/art",
        "pictures_seen": history[-1]["pictures"],
        "unet_minutes": history[-1]["minutes"],
        "autoencoder_minutes": round(seconds / 60, 1),
        "held_out_loss": history[-1]["held_out_loss"],
    }


def main() -> None:
    """Exports from training/runs."""
    print(export(Path("training/runs")))


if __name__ == "__main__":
    main()
