"""From latents to pictures, mended where they come out black or without numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from storyboard.engine.base import Pixels
from storyboard.engine.ladder import Stage
from storyboard.engine.memory import Memory
from storyboard.engine.model import Model
from storyboard.engine.tensors import is_finite, to_pixels
from storyboard.geometry import Size

Values = Mapping[str, str | int | float | bool]


def decoded(
    model: Model, latent: Tensor, memory: Memory, size: Size, picture: Tensor | None = None
) -> tuple[Pixels | None, tuple[str, ...]]:
    """The latent's picture and what was mended; None where it is black or no numbers at all.
    `picture` is what it was decoded to before, if it was.

    A VAE in half precision may overflow; it is then asked once more in float32. Raises OutOfMemory.
    """
    vae = model.vae

    def plainly() -> Tensor:
        with memory.vae(vae, size):
            return vae.decode(latent[None])[0]

    def widely() -> Tensor:
        with vae.in_float32():
            return plainly()

    def at_first() -> Tensor:
        return plainly() if picture is None else picture

    attempts: list[tuple[Callable[[], Tensor], tuple[str, ...]]] = [(at_first, ())]
    if not vae.is_float32:
        attempts.append((widely, ("decoded again in float32: NaN or black",)))
    for decode, mended in attempts:
        found = memory.attempted(Stage.VAE, size, decode)
        if is_finite(found) and (pixels := to_pixels(found)).any():
            return pixels, mended
    return None, ()


def with_repairs(values: Values, repairs: tuple[str, ...]) -> Values:
    """A picture's provenance with what was mended, if anything was."""
    return {**values, "repairs": "; ".join(repairs)} if repairs else values
