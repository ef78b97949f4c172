"""How large each component of a model is, in the few numbers that all its shapes follow from.

A family's own numbers are read from the configurations that ship with the package; another model's
from its folder's configuration, or off its file's shapes (see `unet`, `vae`, `text`). A narrower
model of the same build is understood as well as the family's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

from storyboard.models.entries import Family
from storyboard.models.roots import builtin_configuration

Component = Literal["unet", "vae", "text_encoder", "text_encoder_2"]
Config = Mapping[str, Any]
Known = TypeVar("Known")

COMPONENTS: dict[Family, tuple[Component, ...]] = {
    "sd15": ("unet", "vae", "text_encoder"),
    "sdxl": ("unet", "vae", "text_encoder", "text_encoder_2"),
}

TIME_FEATURES = 256
"""How many numbers SDXL makes of each of the six numbers of a picture's size."""

_HEAD = 64
_MOST_LEVELS = 8
_MOST_LAYERS = 64


@dataclass(frozen=True, slots=True)
class UNetSpecification:
    """`channels` and `depths` (transformer layers of an attention; 0 for none) go by level.

    `context` is the width of the text that it listens to, `added` the width of what SDXL adds to
    the time (pooled text and sizes), None where there is no such thing.
    """

    channels: tuple[int, ...]
    depths: tuple[int, ...]
    mid_depth: int
    context: int
    layers: int
    in_channels: int
    out_channels: int
    added: int | None
    linear: bool


@dataclass(frozen=True, slots=True)
class VaeSpecification:
    """An AutoencoderKL's channels by level, layers in each, and channels of its latents."""

    channels: tuple[int, ...]
    layers: int
    latent: int


@dataclass(frozen=True, slots=True)
class TextSpecification:
    """A CLIP text encoder; `projection` is the width that its pooled text is projected to."""

    width: int
    layers: int
    inner: int
    vocabulary: int
    positions: int
    projection: int | None


def unet_specification(config: Config) -> UNetSpecification | None:
    """What a UNet's configuration says; None for a build that is not understood."""
    down, up = config.get("down_block_types"), config.get("up_block_types")
    channels = _counts(config.get("block_out_channels"))
    layers: Any = config.get("layers_per_block")
    context: Any = config.get("cross_attention_dim")
    added = None
    if not _is_plain(config) or channels is None or not _is_count(layers, _MOST_LAYERS):
        return None
    depths = _by_level(config.get("transformer_layers_per_block", 1), len(channels))
    attends = _attending(down, len(channels))
    if depths is None or attends is None or not _mirrored(up, attends):
        return None
    if not all(map(_is_count, (context, config.get("in_channels"), config.get("out_channels")))):
        return None
    if config.get("addition_embed_type") == "text_time":
        added = config.get("projection_class_embeddings_input_dim")
        if not _is_count(added):
            return None
    return UNetSpecification(
        channels=channels,
        depths=tuple(d if on else 0 for d, on in zip(depths, attends, strict=True)),
        mid_depth=depths[-1],
        context=context,
        layers=layers,
        in_channels=config["in_channels"],
        out_channels=config["out_channels"],
        added=added,
        linear=config.get("use_linear_projection") is True,
    )


def vae_specification(config: Config) -> VaeSpecification | None:
    """What a VAE's configuration says; None for another kind of autoencoder."""
    channels, layers = _counts(config.get("block_out_channels")), config.get("layers_per_block", 1)
    latent = config.get("latent_channels", 4)
    usual = config.get("_class_name", "AutoencoderKL") == "AutoencoderKL" and all(
        config.get(key, True) is True
        for key in ("use_quant_conv", "use_post_quant_conv", "mid_block_add_attention")
    )
    if not usual or channels is None or not _is_count(layers, _MOST_LAYERS):
        return None
    return VaeSpecification(channels, layers, latent) if _is_count(latent) else None


def text_specification(config: Config, projected: bool) -> TextSpecification | None:
    """What a text encoder's configuration says; None where it says no sensible numbers."""
    width, projection = config.get("hidden_size", 512), config.get("projection_dim", 512)
    layers = config.get("num_hidden_layers", 12)
    inner = config.get("intermediate_size", 2048)
    vocabulary = config.get("vocab_size", 49408)
    positions = config.get("max_position_embeddings", 77)
    numbers = (width, inner, vocabulary, positions, projection)
    if config.get("model_type", "clip_text_model") != "clip_text_model":
        return None
    if not all(_is_count(number) for number in numbers) or not _is_count(layers, _MOST_LAYERS):
        return None
    return TextSpecification(
        width, layers, inner, vocabulary, positions, projection if projected else None
    )


def unet_config(of: UNetSpecification, like: Config) -> dict[str, Any]:
    """The configuration `like` a family's own, for a UNet of these numbers."""
    depths = [depth or 1 for depth in of.depths]
    by_width = isinstance(like["attention_head_dim"], list)
    return {
        **like,
        "in_channels": of.in_channels,
        "out_channels": of.out_channels,
        "block_out_channels": list(of.channels),
        "layers_per_block": of.layers,
        "cross_attention_dim": of.context,
        "attention_head_dim": (
            [max(1, width // _HEAD) for width in of.channels]
            if by_width
            else like["attention_head_dim"]
        ),
        "transformer_layers_per_block": 1 if set(depths) == {1} else depths,
        "projection_class_embeddings_input_dim": of.added,
    }


def vae_config(of: VaeSpecification, like: Config) -> dict[str, Any]:
    """The configuration `like` a family's own, for a VAE of these numbers."""
    return {
        **like,
        "block_out_channels": list(of.channels),
        "layers_per_block": of.layers,
        "latent_channels": of.latent,
    }


def text_config(of: TextSpecification, like: Config) -> dict[str, Any]:
    """The configuration `like` a family's own, for a text encoder of these numbers."""
    return {
        **like,
        "hidden_size": of.width,
        "intermediate_size": of.inner,
        "num_hidden_layers": of.layers,
        "num_attention_heads": max(1, of.width // _HEAD),
        "vocab_size": of.vocabulary,
        "max_position_embeddings": of.positions,
        "projection_dim": of.projection or of.width,
    }


@cache
def family_config(family: Family, component: Component) -> Config:
    """A family's own configuration of a component, as it ships with the package."""
    path = builtin_configuration(family) / component / "config.json"
    found: Config = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def family_unet(family: Family) -> UNetSpecification:
    """A family's own UNet."""
    return _known(unet_specification(family_config(family, "unet")))


@cache
def family_vae(family: Family) -> VaeSpecification:
    """A family's own VAE."""
    return _known(vae_specification(family_config(family, "vae")))


@cache
def family_text(family: Family, component: Component) -> TextSpecification:
    """A family's own text encoder: the second one's pooled text is projected."""
    config = family_config(family, component)
    return _known(text_specification(config, component == "text_encoder_2"))


def _known(found: Known | None) -> Known:
    if found is None:
        raise ValueError("a configuration of the package's own is not understood")
    return found


# What a UNet must say, or leave unsaid, so that its shapes follow from its numbers.
_PLAIN: Config = {
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "attention_type": "default",
    "class_embed_type": None,
    "conv_in_kernel": 3,
    "conv_out_kernel": 3,
    "dual_cross_attention": False,
    "encoder_hid_dim": None,
    "encoder_hid_dim_type": None,
    "num_class_embeds": None,
    "only_cross_attention": False,
    "resnet_time_scale_shift": "default",
    "reverse_transformer_layers_per_block": None,
    "time_cond_proj_dim": None,
    "time_embedding_dim": None,
    "time_embedding_type": "positional",
}


def _is_plain(config: Config) -> bool:
    known = config.get("addition_embed_type") in (None, "text_time")
    return known and all(config.get(key, usual) == usual for key, usual in _PLAIN.items())


def _attending(types: object, levels: int) -> tuple[bool, ...] | None:
    """Which levels on the way down listen to the text."""
    known = {"CrossAttnDownBlock2D": True, "DownBlock2D": False}
    if not isinstance(types, list) or len(types) != levels:
        return None
    if not all(isinstance(name, str) and name in known for name in types):
        return None
    return tuple(known[name] for name in types)


def _mirrored(types: object, attends: tuple[bool, ...]) -> bool:
    """Whether the way up listens where the way down does."""
    return types == ["CrossAttnUpBlock2D" if on else "UpBlock2D" for on in reversed(attends)]


def _by_level(value: object, levels: int) -> tuple[int, ...] | None:
    found = [value] * levels if isinstance(value, int) else value
    if not isinstance(found, list) or len(found) != levels:
        return None
    return tuple(found) if all(_is_count(depth, _MOST_LAYERS) for depth in found) else None


def _counts(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_LEVELS:
        return None
    return tuple(value) if all(_is_count(number) for number in value) else None


def _is_count(value: object, most: int = 2**20) -> bool:
    return type(value) is int and 1 <= value <= most
