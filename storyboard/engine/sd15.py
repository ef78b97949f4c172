"""Stable Diffusion 1.x and models built like it: one CLIP text encoder, UNet, autoencoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from storyboard.engine.compiled import OnFailure
from storyboard.engine.conditioning import TextEncoders
from storyboard.engine.encode import PromptEncoder
from storyboard.engine.fitting import Fit, check_fits, check_tokenizer, unet_fits
from storyboard.engine.ladder import Stage
from storyboard.engine.levels import schedule_of
from storyboard.engine.model import Conditioning, Encoded, Model, Placement, Wording
from storyboard.engine.offload import Parts
from storyboard.engine.parts import read_parts
from storyboard.engine.schedule import TrainingSchedule
from storyboard.engine.text import make_text_model, named_weights
from storyboard.engine.unet import Unet
from storyboard.engine.vae import Vae
from storyboard.engine.weights import config_of
from storyboard.geometry import Size
from storyboard.jobs import Checkpoint
from storyboard.prompts.tokenizer import ClipTokenizer

_FOLDERS = ("unet", "vae", "text_encoder", "tokenizer")


class StableDiffusion15:
    """The family of SD 1.x: a pipeline with one text encoder."""

    name = "sd15"
    native = Size(512, 512)

    def detect(self, folder: Path) -> bool:
        """Has a UNet and one text encoder, no second one."""
        parts = all((folder / part).is_dir() for part in _FOLDERS)
        return parts and not (folder / "text_encoder_2").exists()

    def load(self, checkpoint: Checkpoint, placement: Placement) -> Model:
        """Reads a diffusers folder or a single file in LDM's layout; the VAE and the text encoder
        from elsewhere where the checkpoint says so."""
        parts = read_parts(checkpoint, "sd15")
        unet = Unet.load(parts.unet, placement)
        text_model = make_text_model(parts.text_encoders[0], placement.device)
        tokenizer = ClipTokenizer.load(parts.tokenizers[0])
        vae = Vae.of_part(parts.vae, placement.vae, placement.device)
        check_tokenizer(tokenizer, text_model, parts.of)
        text_width = config_of(text_model).hidden_size
        added = Fit("the UNet hears in addition", unet.config.addition_embed_type, "SD 1.x", None)
        check_fits([*unet_fits(unet, vae, text_width), added], parts.of)
        schedule = schedule_of(checkpoint, parts.scheduler)
        return Sd15Model(unet.module, text_model, tokenizer, vae, schedule)


class Sd15Model:
    """A loaded SD 1.x checkpoint."""

    def __init__(
        self,
        unet: nn.Module,
        text_model: nn.Module,
        tokenizer: ClipTokenizer,
        vae: Vae,
        schedule: TrainingSchedule,
    ) -> None:
        self.schedule = schedule
        self.vae = vae
        self._unet = Unet(unet)
        self._encoders = TextEncoders([PromptEncoder(text_model, tokenizer)])
        self._weights = {**self._unet.weights, **named_weights("text_encoder", text_model)}
        self._text_model = text_model

    @property
    def device(self) -> torch.device:
        """Where the UNet is."""
        return self._unet.device

    @property
    def parts(self) -> Parts:
        """Its modules by the stage that needs them."""
        return {
            Stage.TEXT: (self._text_model,),
            Stage.UNET: (self._unet.module,),
            Stage.VAE: (self.vae.module,),
        }

    @property
    def weights(self) -> Mapping[str, nn.Parameter]:
        """Every weight by its diffusers name, behind `unet.` or `text_encoder.`."""
        return self._weights

    def condition(self, prompt: str, negative: str, wording: Wording) -> Conditioning:
        """Prompt and negative, encoded and equally long."""
        return self._encoders.condition(prompt, negative, wording)

    def forget_prompts(self) -> None:
        """The text encoder's weights have changed."""
        self._encoders.forget()

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        """The UNet's answer; only inside it are numbers of its dtype."""
        return self._unet.predict(x, timestep, context.vectors)

    def compile(self, backend: str, on_failure: OnFailure) -> None:
        """The UNet is asked compiled."""
        self._unet.compile(backend, on_failure)

    def leave_plain(self) -> None:
        """The UNet is asked as it is."""
        self._unet.leave_plain()

    @property
    def is_compiled(self) -> bool:
        """Whether the UNet is asked compiled."""
        return self._unet.is_compiled

    @property
    def is_float32(self) -> bool:
        """Whether the UNet computes in float32 already."""
        return self._unet.is_float32

    @contextmanager
    def in_float32(self) -> Iterator[None]:
        """UNet and VAE in float32 for a while."""
        with self._unet.in_float32(), self.vae.in_float32():
            yield
