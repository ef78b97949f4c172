"""Draws a contact sheet from a checkpoint or an export: `python -m training.sample --out x.png`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image
from transformers import CLIPTextModel

from training.autoencoder import load_mean
from training.loraweights import merge_lora
from training.models import Inkling, load_tokenizer
from training.sampler import Drawer
from training.unet import CHECKPOINT

NEGATIVE = "worst quality, low quality, blurry"
PROMPTS = """
224x224 1girl, short black hair, red raincoat, brown eyes, smile, close-up, harbor, dusk, rain
192x256 1girl, long blonde hair, green dress, full body, arms up, meadow, day
224x224 1boy, spiky orange hair, blue jacket, dark skin, laughing, close-up, street, snow
224x224 1girl, twintails, pink hair, purple hoodie, surprised, close-up, bedroom
192x256 1boy, short brown hair, yellow sweater, sad, upper body, forest
256x192 1boy, short black hair, white shirt, holding a lantern, stone room, night, upper body
224x224 1girl, red hair, ponytail, teal sweater, holding a cup, cafe, smile, upper body
256x192 1girl, 1boy, girl, red hair, blue dress, boy, black hair, green hoodie, upper body, park
320x160 no humans, scenery, lighthouse, cliff, sea, night, beam of light
288x160 no humans, scenery, castle, sunset
256x192 no humans, scenery, city street, snow, night
224x224 no humans, black cat, stone room, night
224x224 1girl, white hair, hair bun, blue dress, angry, close-up, library
192x256 1boy, purple hair, green raincoat, running, full body, beach, sunset
224x224 1girl, blonde hair, ponytail, pink hoodie, from side, profile, upper body, classroom
160x256 1boy, blue hair, from behind, red jacket, full body, mountains, sunrise
"""


def load_checkpoint(folder: Path) -> Drawer:
    """The averaged weights of the newest checkpoint."""
    tokenizer = load_tokenizer(folder / "tokenizer")
    model = Inkling(tokenizer)
    state = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    model.load_state_dict(state["mean"], strict=False)
    scale = float(json.loads((folder / "scale.json").read_text())["scaling_factor"])
    return Drawer(tokenizer, model.text_encoder.eval(), model.unet.eval(), load_mean(folder), scale)


def load_export(folder: Path) -> Drawer:
    """A model in diffusers' layout."""
    vae = AutoencoderTiny.from_pretrained(folder / "vae", torch_dtype=torch.float32)
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)
    unet.set_attn_processor(AttnProcessor())
    text = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
    tokenizer = load_tokenizer(folder / "tokenizer")
    return Drawer(tokenizer, text.eval(), unet.eval(), vae.eval(), vae.config.scaling_factor)


def sheet(pictures: list[np.ndarray], columns: int) -> Image.Image:
    """Pictures of several sizes side by side on white."""
    wide = max(picture.shape[1] for picture in pictures) + 4
    tall = max(picture.shape[0] for picture in pictures) + 4
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (wide * columns, tall * rows), "white")
    for index, picture in enumerate(pictures):
        page.paste(Image.fromarray(picture), (index % columns * wide, index // columns * tall))
    return page


def main() -> None:
    """Reads the command line and writes the sheet."""
    parser = argparse.ArgumentParser(description="Draw a contact sheet with inkling.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("training/runs"))
    parser.add_argument("--model", type=Path, help="an exported model instead of a checkpoint")
    parser.add_argument("--lora", action="append", default=[], help="FILE or FILE:WEIGHT")
    parser.add_argument("--prompts", type=Path, help="lines of `WxH prompt`")
    parser.add_argument("--prefix", default="masterpiece, best quality, ")
    parser.add_argument("--cfg", type=float, default=5.0)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--columns", type=int, default=6)
    options = parser.parse_args()
    drawer = load_export(options.model) if options.model else load_checkpoint(options.runs)
    for lora in options.lora:
        name, _, weight = lora.partition(":")
        merge_lora(drawer.unet, drawer.text_encoder, Path(name), float(weight or 1))
    text = options.prompts.read_text() if options.prompts else PROMPTS
    pictures = []
    for number, line in enumerate(text.strip().splitlines()):
        size, _, prompt = line.partition(" ")
        width, height = (int(side) for side in size.split("x"))
        drawn = drawer.draw(
            [options.prefix + prompt],
            (width, height),
            [options.seed * 1000 + number],
            NEGATIVE,
            options.steps,
            options.cfg,
        )
        pictures.append(drawn[0].numpy())
    sheet(pictures, options.columns).save(options.out)


if __name__ == "__main__":
    main()
