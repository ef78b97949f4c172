"""Stable Diffusion 1.x and models built like it: one CLIP text encoder, UNet, autoencoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from storyboard.engine.encode import PromptEncoder
from storyboard.engine.model import Conditioning, Model, Placement, Wording
from storyboard.engine.schedule import BetaSchedule, TrainingSchedule
from storyboard.engine.vae import Vae
from storyboard.engine.weights import (
    Weights,
    build,
    config_of,
    fill,
    from_config,
    read_folder,
    read_json,
    widened,
)
from storyboard.errors import argument_error
from storyboard.geometry import Size
from storyboard.jobs import Checkpoint
from storyboard.prompts.tokenizer import ClipTokenizer

_UNET: Any = UNet2DConditionModel  # untyped in diffusers
_PARTS = ("unet", "vae", "text_encoder", "tokenizer")
_TEXT_SETTINGS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
    "hidden_act",
    "layer_norm_eps",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
)
_TEXT_PREFIX = "text_model."
_NOT_OF_THE_TEXT_MODEL = ("vision_model.", "visual_projection.", "text_projection.", "logit_scale")


class StableDiffusion15:
    """The family of SD 1.x: a diffusers folder whose pipeline has one text encoder."""

    name = "sd15"
    native = Size(512, 512)

    def detect(self, folder: Path) -> bool:
        """Has a UNet and one text encoder, no second one."""
        parts = all((folder / part).is_dir() for part in _PARTS)
        return parts and not (folder / "text_encoder_2").exists()

    def load(self, checkpoint: Checkpoint, placement: Placement) -> Model:
        """Reads a diffusers folder, and the VAE from `checkpoint.vae` if there is one."""
        folder = Path(checkpoint.file.path)
        self._look(folder)
        unet = _load_unet(folder / "unet", placement)
        text_model = load_text_model(folder / "text_encoder", placement.device)
        tokenizer = ClipTokenizer.load(folder / "tokenizer")
        vae_folder = Path(checkpoint.vae.path) if checkpoint.vae else folder / "vae"
        vae = Vae.load(vae_folder, placement.vae, placement.device)
        _check_fit(folder, unet, text_model, tokenizer, vae)
        schedule = read_schedule(folder / "scheduler" / "scheduler_config.json")
        return Sd15Model(unet, text_model, tokenizer, vae, schedule)

    def _look(self, folder: Path) -> None:
        if folder.is_file():
            raise argument_error(
                "a checkpoint in one file cannot be drawn from",
                "save it as a diffusers folder: StableDiffusionPipeline.from_single_file(...)"
                ".save_pretrained(...)",
                file=str(folder),
            )
        missing = [part for part in _PARTS if not (folder / part).is_dir()]
        if missing:
            raise argument_error(
                f"a Stable Diffusion 1.x folder lacks {', '.join(missing)}",
                f"it holds {', '.join(_PARTS)} and scheduler",
                file=str(folder),
            )


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
        self._unet = unet
        self._encoder = PromptEncoder(text_model, tokenizer)
        self._weights = {
            **{f"unet.{name}": weight for name, weight in unet.named_parameters()},
            **{f"text_encoder.{name}": weight for name, weight in text_model.named_parameters()},
        }

    @property
    def device(self) -> torch.device:
        """Where the UNet is."""
        return next(self._unet.parameters()).device

    @property
    def weights(self) -> Mapping[str, nn.Parameter]:
        """Every weight by its diffusers name, behind `unet.` or `text_encoder.`."""
        return self._weights

    def condition(self, prompt: str, negative: str, wording: Wording) -> Conditioning:
        """Prompt and negative, encoded and equally long."""
        return self._encoder.condition(prompt, negative, wording)

    def forget_prompts(self) -> None:
        """The text encoder's weights have changed."""
        self._encoder.forget()

    @torch.inference_mode()
    def predict(self, x: Tensor, timestep: float, context: Tensor) -> Tensor:
        """The UNet's answer; only inside it are numbers of its dtype."""
        like = next(self._unet.parameters())
        dtype, device = like.dtype, like.device
        noisy = x.to(device, dtype)
        step = torch.tensor(timestep, dtype=torch.float32, device=device)
        answer: Tensor = self._unet(noisy, step, context.to(device, dtype)).sample
        return answer.float()

    @property
    def is_float32(self) -> bool:
        """Whether the UNet computes in float32 already."""
        return next(self._unet.parameters()).dtype == torch.float32

    @contextmanager
    def in_float32(self) -> Iterator[None]:
        """UNet and VAE in float32 for a while."""
        with widened(self._unet), self.vae.in_float32():
            yield


def read_schedule(path: Path) -> TrainingSchedule:
    """A model's noise levels from its scheduler's configuration; SD's own where there is no file.

    Raises ProblemsError for levels of a kind that the samplers' Karras spacing does not fit.
    """
    if not path.is_file():
        return TrainingSchedule.from_betas()
    config = read_json(path)
    kind = config.get("beta_schedule", "scaled_linear")
    if kind not in ("scaled_linear", "linear") or config.get("trained_betas") is not None:
        raise argument_error(
            f"noise levels of the kind {kind} are not known", "scaled_linear is SD's", str(path)
        )
    if config.get("rescale_betas_zero_snr"):
        raise argument_error(
            "a zero terminal signal-to-noise ratio has no first noise level to start from",
            "use a checkpoint without rescale_betas_zero_snr",
            str(path),
        )
    return _schedule(config, "linear" if kind == "linear" else "scaled_linear", path)


def _schedule(config: Mapping[str, object], kind: BetaSchedule, path: Path) -> TrainingSchedule:
    first, last = config.get("beta_start", 0.00085), config.get("beta_end", 0.012)
    count = config.get("num_train_timesteps", 1000)
    if (
        isinstance(first, float)
        and isinstance(last, float)
        and isinstance(count, int)
        and 0 < first < last < 1
        and 1 < count <= 100_000
    ):
        return TrainingSchedule.from_betas(first, last, count, kind)
    raise argument_error("its betas must rise between 0 and 1", file=str(path))


def _load_unet(folder: Path, placement: Placement) -> nn.Module:
    config = read_json(folder / "config.json")
    unet = from_config(_UNET, config, folder)
    fill(unet, read_folder(folder), placement.unet, folder)
    nn.Module.to(unet, placement.device)
    if placement.device.type == "cuda":
        # Convolutions are quicker with it there; on a CPU they are as quick without in float32,
        # and quicker without in bfloat16.
        for weight in unet.parameters():
            if weight.ndim == 4:
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return unet


def load_text_model(folder: Path, device: torch.device) -> nn.Module:
    """The text encoder of a diffusers folder, in float32.

    The settings that say its shape are taken, and no other: a stranger wrote the file.
    """
    config = read_json(folder / "config.json")
    known = {name: config[name] for name in _TEXT_SETTINGS if name in config}
    text_model = build(lambda: CLIPTextModel(CLIPTextConfig(**known)), folder)
    fill(text_model, _text_weights(read_folder(folder)), torch.float32, folder)
    # The only tensor that files do not hold: the positions, counted from 0.
    positions = torch.arange(config_of(text_model).max_position_embeddings).expand(1, -1)
    setattr(text_model.embeddings, "position_ids", positions)  # noqa: B010 - see its types
    nn.Module.to(text_model, device)
    return text_model


def _text_weights(weights: Weights) -> dict[str, Tensor]:
    """transformers 5 has no `text_model.` level; older files do, and some hold all of CLIP."""
    return {
        name.removeprefix(_TEXT_PREFIX): tensor
        for name, tensor in weights.items()
        if not name.startswith(_NOT_OF_THE_TEXT_MODEL) and not name.endswith("position_ids")
    }


def _check_fit(
    folder: Path,
    unet: nn.Module,
    text_model: nn.Module,
    tokenizer: ClipTokenizer,
    vae: Vae,
) -> None:
    """Raises ProblemsError where the parts, each whole, do not belong together."""
    config, text = config_of(unet), config_of(text_model)
    pairs = (
        ("the UNet takes latents of channels", config.in_channels, "the VAE's have", vae.channels),
        ("the UNet gives channels", config.out_channels, "it takes", config.in_channels),
        ("the UNet listens to width", config.cross_attention_dim, "text has", text.hidden_size),
        ("the tokenizer's chunks are", tokenizer.positions, "text's", text.max_position_embeddings),
    )
    for left, one, right, other in pairs:
        if one != other:
            raise argument_error(
                f"its parts do not belong together: {left} {one}, {right} {other}",
                file=str(folder),
            )
    if max(tokenizer.begin, tokenizer.end, tokenizer.pad) >= text.vocab_size:
        raise argument_error(
            "its tokenizer knows more tokens than its text encoder", file=str(folder)
        )
