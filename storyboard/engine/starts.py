"""Where a picture starts that does not start from noise alone: a final from its preview, enlarged
as pixels or as a latent; a preview from the picture that it begins with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.engine.base import Pixels, Source
from storyboard.engine.beginnings import Ground, StartProblem
from storyboard.engine.pictures import drawable, enlarged, padded, repeated, size_of
from storyboard.engine.tensors import is_finite
from storyboard.engine.upscaler_names import LatentMode, latent_mode, upscaler_named
from storyboard.engine.vae import Vae
from storyboard.geometry import Size

Enlarge = Callable[[Pixels, Size], Pixels]
"""The picture at a larger size."""

Way = Enlarge | LatentMode
"""How a preview is enlarged: its pixels, or its stored latent."""

NO_SOURCE = "its preview is not there: draw the preview first"

_NO_NUMBERS = (
    "the VAE gave no numbers (NaN) for the picture that it begins with, in float32 too: use "
    "another VAE"
)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A latent that noise is laid over, channels x height x width, and what had to be mended."""

    latent: Tensor
    repairs: tuple[str, ...] = ()


def way_named(name: str) -> Way:
    """The way of a name that `upscaler_named` knows; KeyError for another."""
    pixels: dict[str, Enlarge] = {"lanczos": enlarged, "nearest": repeated}
    return latent_mode(name) or pixels[upscaler_named(name) or name]


def encoded(pixels: Pixels, vae: Vae) -> Start:
    """A picture as a latent. A VAE in half precision may overflow; it is then asked once more in
    float32. Raises StartProblem where that gives no numbers either."""
    latent = vae.encode(pixels)
    if is_finite(latent):
        return Start(latent)
    if not vae.is_float32:
        with vae.in_float32():
            latent = vae.encode(pixels)
    if not is_finite(latent):
        raise StartProblem(_NO_NUMBERS)
    return Start(latent, ("encoded again in float32: NaN",))


Encode = Callable[[Pixels, Vae], Start]
"""How a picture becomes a latent: `encoded`, or that with something around it."""


def begun_latent(ground: Ground, vae: Vae, encode: Encode = encoded) -> Start:
    """The picture that a preview begins with as a latent: encoded from its pixels, whatever drew
    them. Raises StartProblem where that gives no numbers."""
    return encode(padded(ground.pixels, drawable(size_of(ground.pixels), vae.factor)), vae)


def enlarged_latent(
    source: Source | None, way: Way, size: Size, vae: Vae, encode: Encode = encoded
) -> Start:
    """The preview as a latent that a picture of `size` is decoded from.

    Where `way` enlarges pixels, the stored ones are enlarged and encoded; else the stored latent is
    enlarged, as by the WebUI's upscalers named "Latent". Raises StartProblem where there is nothing
    to start from.
    """
    if source is None:
        raise StartProblem(NO_SOURCE)
    whole = drawable(size, vae.factor)
    if not isinstance(way, LatentMode):
        return encode(padded(way(source.pixels, size), whole), vae)
    latent = torch.nn.functional.interpolate(
        _stored_latent(source, vae)[None],
        size=(whole.height // vae.factor, whole.width // vae.factor),
        mode=way.mode,
        antialias=way.antialias,
    )
    return Start(latent[0])


def _stored_latent(source: Source, vae: Vae) -> Tensor:
    if source.latent is None:
        raise StartProblem(
            "the preview's latent is not stored: draw the preview again, or enlarge by lanczos"
        )
    if source.latent.ndim != 3 or source.latent.shape[0] != vae.channels:
        raise StartProblem(
            f"the preview's latent has the shape {source.latent.shape}, not {vae.channels} "
            "channels x height x width: draw the preview again, or enlarge by lanczos"
        )
    latent = torch.from_numpy(source.latent.copy()).float()
    if not is_finite(latent):
        raise StartProblem("the preview's latent holds no numbers (NaN): draw the preview again")
    return latent
