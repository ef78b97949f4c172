"""Any Stable Diffusion 1.x folder, loaded so that a LoRA can be trained on it.

Everything is read as the engine reads it, so a LoRA is trained on the very model that will draw.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn

from storyboard.engine.levels import read_schedule
from storyboard.engine.schedule import TrainingSchedule
from storyboard.engine.text import load_text_model
from storyboard.engine.vae import Vae
from storyboard.engine.weights import fill, from_config, read_folder, read_json
from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from storyboard.jobs import Prediction
from storyboard.models.describe import describe
from storyboard.models.entries import Entry, Kind
from storyboard.prompts.tokenizer import ClipTokenizer

_UNET: Any = UNet2DConditionModel  # untyped in diffusers
_PLAIN_ATTENTION: Any = AttnProcessor


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A model in memory, frozen, in float32.

    `native_pixels` counts a usual picture's pixels, `multiple` is what its sides are multiples of.
    """

    name: str
    unet: nn.Module
    text_encoder: nn.Module
    tokenizer: ClipTokenizer
    vae: Vae
    schedule: TrainingSchedule
    prediction: Prediction
    native_pixels: int
    multiple: int

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next(self.unet.parameters()).device

    def tokens(self, captions: list[str]) -> Tensor:
        """Token numbers, captions x 77 (or what the text encoder takes); what is over is cut."""
        return torch.tensor([self._tokens(caption) for caption in captions], device=self.device)

    def words_left_out(self, caption: str) -> str:
        """The end of a caption that is too long for the text encoder; empty for most."""
        tokenizer = self.tokenizer
        return tokenizer.decode(tokenizer.ids(caption)[tokenizer.positions - 2 :])

    def _tokens(self, caption: str) -> list[int]:
        tokenizer = self.tokenizer
        inside = tokenizer.ids(caption)[: tokenizer.positions - 2]
        whole = [tokenizer.begin, *inside, tokenizer.end]
        return whole + [tokenizer.pad] * (tokenizer.positions - len(whole))


def load(folder: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Reads a diffusers folder; nothing in it is run.

    Raises ProblemsError where it is no such folder, or its parts are broken.
    """
    place = torch.device(device)
    entry = _described(folder)
    unet = _load_unet(folder / "unet", place)
    text_encoder = load_text_model(folder / "text_encoder", place)
    return Checkpoint(
        name=_base_name(folder),
        unet=unet,
        text_encoder=text_encoder,
        tokenizer=ClipTokenizer.load(folder / "tokenizer"),
        vae=Vae.load(folder / "vae", torch.float32, place),
        schedule=read_schedule(folder / "scheduler" / "scheduler_config.json"),
        prediction=entry.prediction or "epsilon",
        native_pixels=entry.native_pixels,
        multiple=entry.size_multiple,
    )


def _described(folder: Path) -> Entry:
    if not folder.is_dir():
        single = "a checkpoint in a single file must be saved as a diffusers folder first"
        hint = single if folder.exists() else "--model names a diffusers folder"
        raise argument_error("is no folder", hint, str(folder))
    if not (folder / "unet").is_dir():
        raise argument_error(
            "is no model: there is no unet/ in it",
            "a diffusers folder holds unet, vae, text_encoder, tokenizer and scheduler",
            file=str(folder),
        )
    entry = describe(Kind.CHECKPOINT, folder.name, folder)
    if entry.problems:
        raise ProblemsError(Problem(Mark(str(folder)), text) for text in entry.problems)
    return entry


def _base_name(folder: Path) -> str:
    """How kohya's metadata calls the base: SD 1.x's, or a model's own name where it says it."""
    try:
        said = json.loads((folder / "storyboard.json").read_text(encoding="utf-8")).get("name")
    except OSError:
        return "sd_v1"
    return f"{said}_v1" if said else "sd_v1"


def _load_unet(folder: Path, device: torch.device) -> nn.Module:
    unet = from_config(_UNET, read_json(folder / "config.json"), folder)
    fill(unet, read_folder(folder), torch.float32, folder)
    if device.type == "cpu":
        # On a CPU the plain processor trains quicker than scaled_dot_product_attention.
        untyped: Any = unet
        untyped.set_attn_processor(_PLAIN_ATTENTION())
    return nn.Module.to(unet, device)
