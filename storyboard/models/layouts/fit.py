"""Whether a checkpoint's components, each whole, belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from storyboard.models.entries import Family
from storyboard.models.layouts.matching import Part
from storyboard.models.layouts.specifications import TIME_FEATURES, Component, Config

_ADDED = "projection_class_embeddings_input_dim"
_SIZES = 6  # original size, crop and target size, two numbers each


def text_widths(family: Family, unet: Config) -> tuple[int, ...]:
    """How wide the text is that a UNet listens to, one number an encoder; () where it is untold."""
    width = unet.get("cross_attention_dim")
    if not isinstance(width, int):
        return ()
    if family == "sdxl":
        return sdxl_text_widths(unet) if isinstance(unet.get(_ADDED), int) else ()
    return (width,)


def sdxl_text_widths(unet: Config) -> tuple[int, int]:
    """The widths of the two text encoders that an SDXL UNet was trained with.

    It listens to both texts side by side, and adds the second one's pooled text to the time.
    """
    features = unet.get("addition_time_embed_dim") or TIME_FEATURES
    second: int = unet[_ADDED] - _SIZES * features
    return unet["cross_attention_dim"] - second, second


def misfits(family: Family, parts: Mapping[Component, Part]) -> Iterator[str]:
    """As sentences, what one component gives and the UNet does not take."""
    configs = {component: part.config for component, part in parts.items()}
    unet = configs.get("unet", {})
    taken = unet.get("in_channels")
    if "vae" in configs and taken is not None:
        latent = configs["vae"].get("latent_channels", 4)
        if latent != taken:
            yield f"its VAE has latents of {latent} channels, its UNet takes {taken}"
    encoders: tuple[tuple[Component, str], ...] = (
        ("text_encoder", "text encoder"),
        ("text_encoder_2", "second text encoder"),
    )
    for (component, noun), wanted in zip(encoders, text_widths(family, unet), strict=False):
        width = configs.get(component, {}).get("hidden_size")
        if width is not None and width != wanted:
            yield f"its {noun} has width {width}, its UNet listens to {wanted}"
