"""What in a component's configuration no module can be built from, told before one is built.

Only a diffusers folder says such things: for a single file its family's own configuration serves.
Shapes are not looked at here; those are told with the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

from storyboard.models.layouts.specifications import Component, Config
from storyboard.models.side_files import plain_text

VAES = ("AutoencoderKL", "AutoencoderTiny")
"""The classes of VAEs that are drawn with; the first where a configuration names none."""

_GROUPS, _HEADS = 32, 8  # what diffusers and transformers take where a configuration is silent
_TEXT_COUNTS = ("hidden_size", "vocab_size", "max_position_embeddings")
_COUNTS: dict[Component, tuple[str, ...]] = {
    "unet": (
        "in_channels",
        "cross_attention_dim",
        "projection_class_embeddings_input_dim",
        "addition_time_embed_dim",
    ),
    "vae": ("latent_channels",),
    "text_encoder": _TEXT_COUNTS,
    "text_encoder_2": _TEXT_COUNTS,
}
"""What a configuration may leave out, but not say in another way than as a whole number."""


def config_problem(component: Component, config: Config) -> str | None:
    """The first thing that makes no sense, as a sentence's end: its subject is the component."""
    looks = {"unet": _of_unet, "vae": _of_vae}.get(component, _of_text)
    uncounted = (key for key in _COUNTS[component] if not _is_count(config.get(key)))
    wrong = (f"{key} is {_said(config[key])}" for key in uncounted)
    found = next(chain(wrong, looks(config)), None)
    return f"has a config.json that makes no sense: {found}" if found else None


def vae_class(config: Config) -> str:
    """The class that a VAE's configuration is of."""
    return str(config.get("_class_name") or VAES[0])


def text_config_of(config: Config) -> Config:
    """A text encoder's own configuration, out of one that is for all of CLIP."""
    own = config.get("text_config")
    if config.get("model_type") != "clip" or not isinstance(own, dict):
        return config
    said = {key: config[key] for key in ("projection_dim",) if key in config}
    return {**own, **said, "model_type": "clip_text_model"}


def _of_unet(config: Config) -> Iterator[str]:
    widths, types = config.get("block_out_channels"), config.get("down_block_types")
    yield from _groups(config)
    if not isinstance(widths, list) or not isinstance(types, list):
        return
    heads = config.get("num_attention_heads") or config.get("attention_head_dim", _HEADS)
    each = heads if isinstance(heads, list) else [heads] * len(widths)
    for number, width, name in zip(each, widths, types, strict=False):
        if str(name).startswith("CrossAttn"):
            yield from _divisor("attention_head_dim", number, [width])


def _of_vae(config: Config) -> Iterator[str]:
    if vae_class(config) not in VAES:
        known = " and ".join(VAES)
        yield f"it is for the class {plain_text(vae_class(config), 60)}, known are {known}"
    if vae_class(config) == VAES[0]:
        yield from _groups(config)
    if not _is_finite(config.get("scaling_factor", 1.0)) or config.get("scaling_factor") == 0:
        yield f"scaling_factor is {_said(config['scaling_factor'])}"
    if config.get("shift_factor") is not None and not _is_finite(config["shift_factor"]):
        yield f"shift_factor is {_said(config['shift_factor'])}"


def _of_text(config: Config) -> Iterator[str]:
    width, heads = config.get("hidden_size"), config.get("num_attention_heads", _HEADS)
    yield from _divisor("num_attention_heads", heads, [width])


def _groups(config: Config) -> Iterator[str]:
    widths = config.get("block_out_channels")
    groups = config.get("norm_num_groups", _GROUPS)
    yield from _divisor("norm_num_groups", groups, widths if isinstance(widths, list) else [])


def _divisor(key: str, number: object, widths: Iterable[object]) -> Iterator[str]:
    for width in widths:
        if type(width) is int and (type(number) is not int or number < 1 or width % number):
            yield f"{key} is {_said(number)}, and does not divide {width}"


def _is_count(value: object) -> bool:
    return value is None or (type(value) is int and value > 0)


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and math.isfinite(value)


def _said(value: object) -> str:
    return plain_text(repr(value), 40)
