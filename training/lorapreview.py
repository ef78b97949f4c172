"""A picture now and then, drawn with the LoRA as far as it has come."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from storyboard.engine.drawing import Panel, Walk, draw_latents
from storyboard.engine.model import Wording
from storyboard.engine.sd15 import Sd15Model
from storyboard.engine.tensors import to_pixels
from storyboard.geometry import Size
from storyboard.jobs import Sampling
from storyboard.sizes import bucket
from training.checkpoint import Checkpoint

SAMPLING = Sampling("DPM++ 2M Karras", 16, 4.0)
NEGATIVE = "worst quality, low quality, blurry"


@dataclass(frozen=True, slots=True)
class Preview:
    """What is drawn, and every how many steps."""

    prompt: str
    every: int


def draw_preview(
    checkpoint: Checkpoint, preview: Preview, seed: int, clip_skip: int, narrow: bool
) -> Image.Image:
    """The prompt's picture, by the engine's own sampling."""
    model = Sd15Model(
        checkpoint.unet,
        checkpoint.text_encoder,
        checkpoint.tokenizer,
        checkpoint.vae,
        checkpoint.schedule,
    )
    size = bucket(Size(1, 1), checkpoint.native_pixels, checkpoint.multiple)
    factor = checkpoint.vae.factor
    shape = (checkpoint.vae.channels, size.height // factor, size.width // factor)
    walk = Walk.plan(SAMPLING, checkpoint.prediction, checkpoint.schedule)
    with torch.autocast(model.device.type, torch.bfloat16, enabled=narrow):
        conditioning = model.condition(preview.prompt, NEGATIVE, Wording(clip_skip, ()))
        latents = draw_latents(model, [Panel(seed, conditioning, shape)], walk, lambda: None)
    return Image.fromarray(to_pixels(checkpoint.vae.decode(latents)[0]))


def preview_path(out: Path, step: int) -> Path:
    """Beside the LoRA, named after it and the step."""
    return out.with_name(f"{out.stem}-{step:05d}.png")
