"""What is done when a device's memory does not suffice: rungs in their order, each tried once it
must be. No torch here.

Never is a picture drawn at another size or in fewer steps. A rung that had to be taken is
remembered, for the size that needed it and all larger ones, so that the next batch does not fail
first; a smaller picture is drawn as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Container
from enum import Enum, auto


class Rung(Enum):
    """A way to need less memory; its value is its name in a picture's provenance."""

    FEWER = "smaller batch"
    SLICED = "sliced VAE"
    TILED = "tiled VAE, an approximation"
    OFFLOAD = "offload"


LADDER = tuple(Rung)
"""The rungs from the first to the last; below it the picture fails, in a sentence."""


class Stage(Enum):
    """What of the drawing ran out of memory."""

    LOADING = auto()
    LORAS = auto()
    TEXT = auto()
    UNET = auto()
    VAE = auto()
    UPSCALER = auto()


_HELPS: dict[Stage, frozenset[Rung]] = {
    Stage.UNET: frozenset({Rung.FEWER, Rung.OFFLOAD}),
    Stage.VAE: frozenset({Rung.FEWER, Rung.SLICED, Rung.TILED, Rung.OFFLOAD}),
    Stage.UPSCALER: frozenset({Rung.FEWER, Rung.OFFLOAD}),
}
"""Which rungs make a stage need less; of the stages that are not named, offloading alone does."""

_ONE_BY_ONE = (Rung.SLICED, Rung.TILED)
"""Rungs that a picture has to itself."""


class Ladder:
    """How far a run has stepped down, by the pictures' sizes in pixels."""

    def __init__(self) -> None:
        self._most_at_once: dict[Stage, int] = {}
        self._from: dict[Rung, int] = {}

    def at_once(self, stage: Stage, pixels: int, asked: int) -> int:
        """How many pictures of so many pixels go through a stage together, of those asked for."""
        if stage is Stage.VAE and any(self.is_on(rung, pixels) for rung in _ONE_BY_ONE):
            return 1
        most = self._most_at_once.get(stage)
        return asked if most is None else min(asked, max(most // max(pixels, 1), 1))

    def is_on(self, rung: Rung, pixels: int = 0) -> bool:
        """Whether a picture of so many pixels is drawn with the help of a rung. Offloading is for
        all sizes: what does not fit then is the model."""
        start = self._from.get(rung)
        return start is not None and (pixels >= start or rung is Rung.OFFLOAD)

    def step_down(
        self, stage: Stage, pixels: int, together: int = 1, without: Container[Rung] = ()
    ) -> Rung | None:
        """The next rung that helps, taken from now on; None below the last. `together` is how many
        pictures were too many; `without` are the rungs that this device or model does not have."""
        for rung in LADDER:
            if rung in without or rung not in _HELPS.get(stage, {Rung.OFFLOAD}):
                continue
            if rung is Rung.FEWER and together > 1:
                self._most_at_once[stage] = pixels * (together // 2)
                return rung
            if rung is not Rung.FEWER and not self.is_on(rung, pixels):
                self._from[rung] = min(pixels, self._from.get(rung, pixels))
                return rung
        return None
