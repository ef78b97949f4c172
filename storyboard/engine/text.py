"""CLIP's text encoders, loaded: SD 1.x's, and SDXL's second with its projection."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from storyboard.engine.parts import Part, folder_part
from storyboard.engine.weights import Weights, build, config_of, fill
from storyboard.errors import argument_error

_SETTINGS = (
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
_PREFIX = "text_model."
_PROJECTION = "text_projection.weight"
_NOT_OF_THE_TEXT_MODEL = ("vision_model.", "visual_projection.", "text_projection.", "logit_scale")


def load_text_model(folder: Path, device: torch.device) -> nn.Module:
    """The text encoder of a diffusers folder, in float32."""
    return make_text_model(folder_part(folder), device)


def make_text_model(part: Part, device: torch.device) -> nn.Module:
    """A CLIPTextModel, in float32. Raises ProblemsError where its weights do not fit.

    The settings that say its shape are taken, and no other: a stranger wrote the file.
    """
    known = {name: part.config[name] for name in _SETTINGS if name in part.config}
    text_model = build(lambda: CLIPTextModel(CLIPTextConfig(**known)), part.of)
    fill(text_model, _text_weights(part.weights), torch.float32, part.of)
    # The only tensor that files do not hold: the positions, counted from 0.
    positions = torch.arange(config_of(text_model).max_position_embeddings).expand(1, -1)
    setattr(text_model.embeddings, "position_ids", positions)  # noqa: B010 - see its types
    return nn.Module.to(text_model, device)


def make_projection(part: Part, device: torch.device) -> nn.Linear:
    """What turns an encoder's last vector of a text into the pooled one, in float32."""
    width = part.config.get("hidden_size")
    pooled = part.config.get("projection_dim")
    if not isinstance(width, int) or not isinstance(pooled, int) or min(width, pooled) < 1:
        raise argument_error(
            "its config.json names no hidden_size and projection_dim", file=str(part.of)
        )
    with torch.device("meta"):
        projection = nn.Linear(width, pooled, bias=False)
        holder = nn.ModuleDict({"text_projection": projection})  # so that messages tell its name
    weights = {name: part.weights[name] for name in (_PROJECTION,) if name in part.weights}
    fill(holder, weights, torch.float32, part.of)
    return projection.to(device)


def named_weights(
    part: str, text_model: nn.Module, projection: nn.Module | None = None
) -> Mapping[str, nn.Parameter]:
    """An encoder's weights by transformers' names, behind `part` and a dot."""
    named = {f"{part}.{name}": weight for name, weight in text_model.named_parameters()}
    if projection is not None:
        named[f"{part}.{_PROJECTION}"] = projection.get_parameter("weight")
    return named


def _text_weights(weights: Weights) -> dict[str, Tensor]:
    """transformers 5 has no `text_model.` level; older files do, and some hold all of CLIP."""
    return {
        name.removeprefix(_PREFIX): tensor
        for name, tensor in weights.items()
        if not name.startswith(_NOT_OF_THE_TEXT_MODEL) and not name.endswith("position_ids")
    }
