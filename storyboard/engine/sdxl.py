"""SDXL and models built like it: two text encoders, and a UNet that is told the picture's size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from storyboard.engine.compiled import OnFailure
from storyboard.engine.conditioning import TextEncoders
from storyboard.engine.encode import SDXL_LARGE, SDXL_SMALL, PromptEncoder
from storyboard.engine.fitting import Fit, check_fits, check_tokenizer, unet_fits
from storyboard.engine.ladder import Stage
from storyboard.engine.levels import schedule_of
from storyboard.engine.model import Conditioning, Encoded, Model, Placement, Wording
from storyboard.engine.offload import Parts as ModelParts
from storyboard.engine.parts import Parts, read_parts
from storyboard.engine.schedule import TrainingSchedule
from storyboard.engine.text import make_projection, make_text_model, named_weights
from storyboard.engine.unet import Unet
from storyboard.engine.vae import Vae
from storyboard.engine.weights import config_of
from storyboard.geometry import Size
from storyboard.jobs import Checkpoint
from storyboard.prompts.tokenizer import ClipTokenizer

_FOLDERS = ("unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")
_SIZES = 6
_PAD = 0
"""What follows a text's end in the second encoder's chunks: OpenCLIP was trained so."""


class StableDiffusionXL:
    """The family of SDXL: a pipeline with two text encoders."""

    name = "sdxl"
    native = Size(1024, 1024)

    def detect(self, folder: Path) -> bool:
        """Has a UNet and two text encoders."""
        return all((folder / part).is_dir() for part in _FOLDERS)

    def load(self, checkpoint: Checkpoint, placement: Placement) -> Model:
        """Reads a diffusers folder or a single file in SGM's layout; the VAE and the text encoders
        from elsewhere where the checkpoint says so."""
        parts = read_parts(checkpoint, "sdxl")
        unet = Unet.load(parts.unet, placement)
        texts = Texts.load(parts, placement.device)
        vae = Vae.of_part(parts.vae, placement.vae, placement.device)
        check_fits([*unet_fits(unet, vae, texts.width), *_added_fits(unet, texts.pooled)], parts.of)
        return SdxlModel(unet, texts, vae, schedule_of(checkpoint, parts.scheduler))


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """SDXL's text encoders: CLIP ViT-L, and OpenCLIP ViT-bigG with its projection."""

    small: nn.Module
    large: nn.Module
    projection: nn.Linear
    tokenizers: tuple[ClipTokenizer, ClipTokenizer]

    @classmethod
    def load(cls, parts: Parts, device: torch.device) -> Texts:
        """Both, in float32. Raises ProblemsError where something does not fit."""
        small, large = (make_text_model(part, device) for part in parts.text_encoders)
        first, second = (ClipTokenizer.load(folder) for folder in parts.tokenizers)
        tokenizers = first, second.padded_with(_PAD)
        for tokenizer, text_model in zip(tokenizers, (small, large), strict=True):
            check_tokenizer(tokenizer, text_model, parts.of)
        return cls(small, large, make_projection(parts.text_encoders[1], device), tokenizers)

    @property
    def width(self) -> int:
        """Of both encoders' vectors side by side."""
        return int(config_of(self.small).hidden_size) + int(config_of(self.large).hidden_size)

    @property
    def pooled(self) -> int:
        """Of a whole text's vector."""
        return self.projection.out_features

    @property
    def weights(self) -> Mapping[str, nn.Parameter]:
        """All by transformers' names, behind `text_encoder.` and `text_encoder_2.`."""
        small = named_weights("text_encoder", self.small)
        return {**small, **named_weights("text_encoder_2", self.large, self.projection)}

    def encoders(self) -> TextEncoders:
        """What turns prompts into what the UNet hears.

        An empty negative prompt is encoded as any other text, as in SD 1.x.
        """
        first, second = self.tokenizers
        return TextEncoders(
            [
                PromptEncoder(self.small, first, SDXL_SMALL),
                PromptEncoder(self.large, second, SDXL_LARGE, self.projection),
            ]
        )


class SdxlModel:
    """A loaded SDXL checkpoint."""

    def __init__(self, unet: Unet, texts: Texts, vae: Vae, schedule: TrainingSchedule) -> None:
        self.schedule = schedule
        self.vae = vae
        self._unet = unet
        self._texts = texts
        self._encoders = texts.encoders()
        self._weights = {**unet.weights, **texts.weights}

    @property
    def device(self) -> torch.device:
        """Where the UNet is."""
        return self._unet.device

    @property
    def parts(self) -> ModelParts:
        """Its modules by the stage that needs them."""
        return {
            Stage.TEXT: (self._texts.small, self._texts.large, self._texts.projection),
            Stage.UNET: (self._unet.module,),
            Stage.VAE: (self.vae.module,),
        }

    @property
    def weights(self) -> Mapping[str, nn.Parameter]:
        """Every weight by its diffusers name, behind `unet.`, `text_encoder.` or
        `text_encoder_2.`."""
        return self._weights

    def condition(self, prompt: str, negative: str, wording: Wording) -> Conditioning:
        """Prompt and negative, encoded and equally long."""
        return self._encoders.condition(prompt, negative, wording)

    def forget_prompts(self) -> None:
        """A text encoder's weights have changed."""
        self._encoders.forget()

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        """The UNet's answer; only inside it are numbers of its dtype."""
        if context.pooled is None:
            raise ValueError("SDXL hears whole texts too: its context must have a pooled vector")
        height, width = (side * self.vae.factor for side in x.shape[-2:])
        added = {
            "text_embeds": context.pooled.to(self.device),
            "time_ids": time_ids(Size(width, height), len(x)).to(self.device),
        }
        return self._unet.predict(x, timestep, context.vectors, added)

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


def time_ids(size: Size, count: int) -> Tensor:
    """What SDXL is told of a picture's size, `count` x 6, float32: as if a picture of just this
    size had been trained on, cropped nowhere (Podell et al. 2023, arXiv:2307.01952, 2.2). In
    pixels, heights first: original size, crop from the top left, target size."""
    sides = float(size.height), float(size.width)
    return torch.tensor([*sides, 0.0, 0.0, *sides]).expand(count, _SIZES)


def _added_fits(unet: Unet, pooled: int) -> list[Fit]:
    """What SDXL's UNet hears in addition: the whole text's vector, and six numbers of size."""
    config = unet.config
    kind = Fit("the UNet hears in addition", config.addition_embed_type, "SDXL's", "text_time")
    if kind.one != kind.other:
        return [kind]
    told = pooled + _SIZES * config.addition_time_embed_dim
    taken = config.projection_class_embeddings_input_dim
    return [Fit("the UNet hears in addition numbers of", taken, "text and size have", told)]
