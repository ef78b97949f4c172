"""Where a final starts: its preview, enlarged as pixels or as a latent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.engine.base import Pixels, Source
from storyboard.engine.pictures import drawable, padded
from storyboard.engine.vae import Vae
from storyboard.geometry import Size

Enlarge = Callable[[Pixels, Size], Pixels]
"""The picture at a larger size."""

NO_SOURCE = "its preview is not there: draw the preview first"


class StartProblem(Exception):
    """Why a final cannot start from its preview, in one sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A latent that noise is laid over, channels x height x width, and what had to be mended."""

    latent: Tensor
    repairs: tuple[str, ...] = ()


def enlarged_latent(source: Source | None, enlarge: Enlarge | None, size: Size, vae: Vae) -> Start:
    """The preview as a latent that a picture of `size` is decoded from.

    `enlarge` enlarges the stored pixels, which are then encoded; without it the stored latent is
    enlarged (bicubic, as the WebUI's "Latent (bicubic)"). Raises StartProblem where there is
    nothing to start from.
    """
    if source is None:
        raise StartProblem(NO_SOURCE)
    whole = drawable(size, vae.factor)
    if enlarge is not None:
        return _encoded(padded(enlarge(source.pixels, size), whole), vae)
    stored = _stored_latent(source, vae)
    latent = torch.nn.functional.interpolate(
        stored[None],
        size=(whole.height // vae.factor, whole.width // vae.factor),
        mode="bicubic",
        align_corners=False,
    )
    return Start(latent[0])


def _encoded(pixels: Pixels, vae: Vae) -> Start:
    """A VAE in half precision may overflow; it is then asked once more in float32."""
    latent = vae.encode(pixels)
    if not bool(torch.isfinite(latent).all()) and not vae.is_float32:
        with vae.in_float32():
            return Start(vae.encode(pixels), ("encoded again in float32: NaN",))
    return Start(latent)


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
    return torch.from_numpy(source.latent.copy()).float()
