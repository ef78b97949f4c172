"""Writes the model in diffusers' layout, half precision, from the newest checkpoints."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import torch
from diffusers.models.attention_processor import AttnProcessor2_0

from training.models import build_scheduler
from training.sample import load_checkpoint

MODELS = Path("storyboard/builtin/models")
NAME = "inkling"


def export(folder: Path, models: Path = MODELS) -> Path:
    """Exports to `models`/checkpoints/inkling; every file is replaced in one move."""
    home = models / "checkpoints" / NAME
    home.mkdir(parents=True, exist_ok=True)
    drawer = load_checkpoint(folder)
    with tempfile.TemporaryDirectory(dir=models, prefix=".export-") as name:
        fresh = Path(name)
        drawer.unet.set_attn_processor(AttnProcessor2_0())
        drawer.unet.half().save_pretrained(fresh / "unet")
        drawer.text_encoder.half().save_pretrained(fresh / "text_encoder")
        drawer.vae.register_to_config(scaling_factor=drawer.scale)
        drawer.vae.half().save_pretrained(fresh / "vae")
        _drop_unknown_option(fresh / "vae" / "config.json")
        build_scheduler().save_pretrained(fresh / "scheduler")
        shutil.copytree(folder / "tokenizer", fresh / "tokenizer")
        _write_index(fresh)
        _write_card(folder, fresh)
        for path in sorted(p for p in fresh.rglob("*") if p.is_file()):
            goal = home / path.relative_to(fresh)
            goal.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(0o644)
            path.replace(goal)
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


def _write_card(folder: Path, fresh: Path) -> None:
    """What the catalogue reads, and honest figures of the training."""
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    seconds = torch.load(folder / "autoencoder.pt", weights_only=True)["seconds"]
    card = {
        "name": NAME,
        "family": "sd15",
        "native_pixels": 50176,
        "size_multiple": 32,
        "licence": "Apache-2.0",
        "trained": {
            "on": "two CPU cores, pictures drawn by training/art",
            "pictures_seen": history[-1]["pictures"],
            "unet_minutes": history[-1]["minutes"],
            "autoencoder_minutes": round(seconds / 60, 1),
            "held_out_loss": history[-1]["held_out_loss"],
        },
    }
    (fresh / "storyboard.json").write_text(json.dumps(card, indent=2) + "\n")


def main() -> None:
    """Exports from training/runs."""
    print(export(Path("training/runs")))


if __name__ == "__main__":
    main()
