"""From latents to pictures: several together where that is quicker, and mended where they come out
black or without numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

import torch
from torch import Tensor

from storyboard.engine.base import Pixels
from storyboard.engine.ladder import Stage
from storyboard.engine.memory import Memory
from storyboard.engine.model import Model
from storyboard.engine.tensors import is_finite, to_pixels
from storyboard.geometry import Size

Values = Mapping[str, str | int | float | bool]

TOGETHER = 4_000_000
"""Pixels that are decoded together at most. A picture of a megapixel is 10 TFLOP to decode, so a
few of them keep any device busy, and more would only need more memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What a latent shows, 3 x height x width, None where it is yet to be decoded, by itself; and
    whether fewer were decoded with it than could be, since memory ran out."""

    picture: Tensor | None = None
    fewer: bool = False


def shown_together(
    model: Model, latents: Tensor, memory: Memory, size: Size, together: int = TOGETHER
) -> Iterator[Shown]:
    """What each of the latents shows, in order; `together` is how many pixels at once."""
    waiting = deque(latents)
    while waiting:
        most = min(len(waiting), max(together // size.area, 1))
        count = memory.at_once(Stage.VAE, size, most)
        if count == 1:
            waiting.popleft()
            yield Shown(None, most > 1)
            continue
        some = torch.stack(list(islice(waiting, count)))
        found = memory.tried(Stage.VAE, partial(model.vae.decode, some))
        if found is None:
            memory.stepped_down(Stage.VAE, size, count)
            continue
        for picture in found[0]:
            waiting.popleft()
            yield Shown(picture, count < most)


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
