"""Makes what the pictures of a batch start from: several together where a device gains by it, each
by itself where that has failed, and down the ladder where memory runs out.

A picture that has nothing to start from is a StartProblem in its place; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from storyboard.engine.base import Pixels, Source
from storyboard.engine.beginnings import Ground, StartProblem, ground_of
from storyboard.engine.ladder import Stage
from storyboard.engine.memory import Memory
from storyboard.engine.pictures import drawable, padded
from storyboard.engine.starts import Enlarge, Start, Way, encoded, enlarged_latent
from storyboard.engine.together import TOGETHER, Made, together
from storyboard.engine.upscaler_names import LatentMode
from storyboard.engine.vae import Vae
from storyboard.geometry import Size
from storyboard.jobs import Beginning

NO_SOURCE = "its preview is not there: draw the preview first"

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels to encode; whether fewer were enlarged with them than could be, since memory ran out;
    and what is drawn over them, if it is what a preview begins with."""

    pixels: Pixels
    fewer: bool = False
    ground: Ground | None = None


class Starting:
    """Makes starts of one size on a device. `pixels` is how many of a picture's go through a
    network at once; on a CPU each picture goes alone, so that it is the same bit for bit whatever
    is beside it."""

    def __init__(
        self, memory: Memory, size: Size, device: torch.device, pixels: int = TOGETHER
    ) -> None:
        self._memory = memory
        self._size = size
        self._pixels = 0 if device.type == "cpu" else pixels

    def enlarged(
        self, sources: Sequence[Source | None], enlarge: Enlarge
    ) -> list[Picture | StartProblem]:
        """The previews' pixels at the size."""
        size = self._size

        def several(some: list[Pixels]) -> list[Pixels | None]:
            try:
                return [*enlarge(some, size)]
            except StartProblem:  # it is one picture's, which is told when that is enlarged alone
                return [None] * len(some)

        def finished(pixels: Pixels, made: Made[Pixels]) -> Picture:
            def alone() -> Pixels:
                return enlarge([pixels], size)[0] if made.it is None else made.it

            large = self._memory.attempted(Stage.UPSCALER, size, alone)
            return Picture(large, made.fewer)

        given = [StartProblem(NO_SOURCE) if one is None else one.pixels for one in sources]
        return self._each(Stage.UPSCALER, given, several, finished)

    def from_previews(
        self, sources: Sequence[Source | None], way: Way, vae: Vae
    ) -> list[Start | StartProblem]:
        """Where finals start: the previews' pixels enlarged and encoded, or their latents
        enlarged."""
        if not isinstance(way, LatentMode):
            return self._encoded(self.enlarged(sources, way), vae)

        def large(source: Source | None) -> Start:
            if source is None:
                raise StartProblem(NO_SOURCE)
            return Start(enlarged_latent(source, way, self._size, vae))

        return [_attempted(large, source) for source in sources]

    def from_beginnings(
        self, beginnings: Sequence[Beginning], sources: Sequence[Source | None], vae: Vae
    ) -> list[Start | StartProblem]:
        """Where previews start that begin with a picture: encoded from its pixels, whatever drew
        them."""

        def picture(given: tuple[Beginning, Source | None]) -> Picture:
            ground = ground_of(given[0], self._size, given[1])
            return Picture(ground.pixels, ground=ground)

        given = zip(beginnings, sources, strict=True)
        return self._encoded([_attempted(picture, one) for one in given], vae)

    def _encoded(
        self, pictures: Sequence[Picture | StartProblem], vae: Vae
    ) -> list[Start | StartProblem]:
        size, whole = self._size, drawable(self._size, vae.factor)

        def several(some: list[Picture]) -> list[Tensor | None]:
            return [*vae.encode_all([padded(one.pixels, whole) for one in some])]

        def finished(picture: Picture, made: Made[Tensor]) -> Start:
            def alone() -> tuple[Tensor, tuple[str, ...]]:
                with self._memory.vae(vae, size):
                    return encoded(padded(picture.pixels, whole), vae, made.it)

            latent, repairs = self._memory.attempted(Stage.VAE, size, alone)
            return Start(latent, repairs, picture.fewer or made.fewer, picture.ground)

        return self._each(Stage.VAE, pictures, several, finished)

    def _each(
        self,
        stage: Stage,
        items: Sequence[S | StartProblem],
        several: Callable[[list[S]], list[T | None]],
        finished: Callable[[S, Made[T]], R],
    ) -> list[R | StartProblem]:
        """`finished` is given each sound one, with what was made of it among several."""
        sound = [item for item in items if not isinstance(item, StartProblem)]
        made = together(stage, sound, self._size, self._memory, several, self._pixels)
        return [
            item
            if isinstance(item, StartProblem)
            else _attempted(lambda one: finished(one, next(made)), item)
            for item in items
        ]


def _attempted(do: Callable[[S], R], item: S) -> R | StartProblem:
    try:
        return do(item)
    except StartProblem as problem:
        return problem
