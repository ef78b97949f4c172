"""The engine's seam: a batch of jobs in, pictures out, one by one. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from storyboard.jobs import FinalJob, PreviewJob

Pixels = npt.NDArray[np.uint8]
"""A picture: height x width x 3, RGB, 0 to 255."""

MaskPixels = npt.NDArray[np.uint8]
"""What of a picture is drawn anew: height x width, 0 to 255."""

Latent = npt.NDArray[np.float32]
"""A latent as the UNet sees it (scaled): channels x height/8 x width/8."""


@dataclass(frozen=True, slots=True)
class PreviewBatch:
    """Previews that share checkpoint, adapters, embeddings, size and sampling; and the denoise of
    their beginnings, or that they have none."""

    jobs: tuple[PreviewJob, ...]


@dataclass(frozen=True, slots=True)
class FinalBatch:
    """Finals that share the same, upscaler and denoise too."""

    jobs: tuple[FinalJob, ...]


Batch = PreviewBatch | FinalBatch


@dataclass(frozen=True, slots=True)
class Source:
    """What a job starts from: a final from its preview as it was stored; a preview with a beginning
    from a picture of its own size, and from the mask of that where its job says one.

    `mask` is 255 where something is drawn anew, 0 elsewhere.
    """

    pixels: Pixels
    latent: Latent | None
    mask: MaskPixels | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, the latent it was decoded from, and how it was made (device, dtype, versions,
    `evaluations` of the model, repairs). `index` is the job's place in its batch."""

    index: int
    pixels: Pixels
    latent: Latent | None
    provenance: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that could not be drawn, in one sentence; its neighbours are not touched by it."""

    index: int
    message: str


OnStep = Callable[[int, int], None]
"""Called after each model evaluation with how many are done and how many there are in all. An
exception that it raises ends the batch at once; nothing is left half merged."""


class Engine(Protocol):
    """Draws batches. A picture depends on its own job alone, not on its neighbours in the batch."""

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """Yields one result a job. `sources` has, by the job's place in the batch, each final's
        preview, and the picture that a preview begins with. Raises
        `storyboard.errors.ProblemsError` where the batch as a whole cannot be drawn (a LoRA that
        does not fit, a broken checkpoint)."""
        ...

    def foresee(self, batch: Batch) -> None:
        """Told, before a batch is drawn, which one comes after it, where that is known: its files
        may be read while that one is drawn. It may never come; and no picture hangs on it."""
        ...

    def close(self) -> None:
        """Gives back memory and device."""
        ...
