"""Where a picture starts that does not start from noise alone: a final from its preview, enlarged
as pixels or as a latent; a preview from the picture that it begins with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.engine.base import Pixels, Source
from storyboard.engine.beginnings import Ground, StartProblem
from storyboard.engine.pictures import drawable, enlarged, repeated
from storyboard.engine.tensors import is_finite
from storyboard.engine.upscaler_names import LatentMode, latent_mode, upscaler_named
from storyboard.engine.vae import Vae
from storyboard.geometry import Size

Enlarge = Callable[[Sequence[Pixels], Size], list[Pixels]]
"""Pictures at a larger size."""

Way = Enlarge | LatentMode
"""How previews are enlarged: their pixels, or their stored latents."""

_NO_NUMBERS = (
    "the VAE gave no numbers (NaN) for the picture that it begins with, in float32 too: use "
    "another VAE"
)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A latent that noise is laid over, channels x height x width; what had to be mended, whether
    fewer were made with it than could be, since memory ran out; and the picture that is drawn
    over, if it is one that a preview begins with."""

    latent: Tensor
    repairs: tuple[str, ...] = ()
    fewer: bool = False
    ground: Ground | None = None


def way_named(name: str) -> Way:
    """The way of a name that `upscaler_named` knows; KeyError for another."""
    pixels: dict[str, Enlarge] = {
        "lanczos": _one_by_one(enlarged),
        "nearest": _one_by_one(repeated),
    }
    return latent_mode(name) or pixels[upscaler_named(name) or name]


def _one_by_one(enlarge: Callable[[Pixels, Size], Pixels]) -> Enlarge:
    return lambda pictures, size: [enlarge(picture, size) for picture in pictures]


def encoded(
    pixels: Pixels, vae: Vae, latent: Tensor | None = None
) -> tuple[Tensor, tuple[str, ...]]:
    """A picture as a latent, and what had to be mended. `latent` is what it was encoded to before,
    if it was. A VAE in half precision may overflow; it is then asked once more in float32. Raises
    StartProblem where that gives no numbers either."""
    found = vae.encode(pixels) if latent is None else latent
    if is_finite(found):
        return found, ()
    if not vae.is_float32:
        with vae.in_float32():
            found = vae.encode(pixels)
    if not is_finite(found):
        raise StartProblem(_NO_NUMBERS)
    return found, ("encoded again in float32: NaN",)


def enlarged_latent(source: Source, mode: LatentMode, size: Size, vae: Vae) -> Tensor:
    """The preview's stored latent as one that a picture of `size` is decoded from, as by the
    WebUI's upscalers named "Latent". Raises StartProblem where there is none, or one that the VAE
    does not have."""
    whole = drawable(size, vae.factor)
    large = torch.nn.functional.interpolate(
        _stored_latent(source, vae)[None],
        size=(whole.height // vae.factor, whole.width // vae.factor),
        mode=mode.mode,
        antialias=mode.antialias,
    )
    return large[0]


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
