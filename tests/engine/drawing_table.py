"""An engine at hand, with short ways to make jobs for the tiny model and to draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from storyboard.engine.base import (
    Drawn,
    Engine,
    Failed,
    FinalBatch,
    OnStep,
    Pixels,
    PreviewBatch,
    Source,
)
from storyboard.engine.pictures import enlarged, size_of
from storyboard.geometry import Size
from storyboard.jobs import (
    Adapter,
    Beginning,
    Box,
    FinalJob,
    ModelFile,
    PreviewJob,
    Sampling,
    Upscaler,
)
from tests.support.tiny_model import TinyModel

SIZE = Size(64, 48)
SAMPLING = Sampling("DPM++ 2S a Karras", 3, 5.0)
EVALUATIONS = 5


def silent(done: int, total: int) -> None:
    """Listens to no step."""


@dataclass(frozen=True)
class Table:
    """An engine and a model's jobs."""

    engine: Engine
    model: TinyModel

    def preview(
        self,
        prompt: str = "a cat",
        seed: int = 1,
        adapters: tuple[Adapter, ...] = (),
        sampling: Sampling = SAMPLING,
        size: Size = SIZE,
        embeddings: tuple[ModelFile, ...] = (),
    ) -> PreviewJob:
        """A preview by the tiny model."""
        return PreviewJob(
            self.model.checkpoint(),
            adapters,
            embeddings,
            prompt,
            "blurry",
            size,
            seed,
            sampling,
        )

    def begun(
        self,
        picture: PreviewJob,
        denoise: float = 0.6,
        mask: Box | None = None,
        **fields: Any,
    ) -> PreviewJob:
        """A preview that begins with another, of the same size unless told otherwise."""
        job = self.preview(**{"prompt": "a dog", "size": picture.size, **fields})
        return replace(job, beginning=Beginning(picture, denoise, mask))

    def final(
        self,
        preview: PreviewJob,
        denoise: float = 0.1,
        upscaler: Upscaler = "lanczos",
        scale: float = 2,
    ) -> FinalJob:
        """A final of a preview."""
        size = preview.size.scaled(scale)
        return FinalJob(preview, size, upscaler, denoise, preview.sampling)

    def results(
        self,
        jobs: Sequence[PreviewJob] | Sequence[FinalJob],
        sources: Sequence[Source | None] = (),
        on_step: OnStep = silent,
    ) -> list[Drawn | Failed]:
        """What the engine yields for one batch of these jobs."""
        previews = tuple(job for job in jobs if isinstance(job, PreviewJob))
        finals = tuple(job for job in jobs if isinstance(job, FinalJob))
        given = {index: source for index, source in enumerate(sources) if source is not None}
        batch = PreviewBatch(previews) if previews else FinalBatch(finals)
        return list(self.engine.draw(batch, given, on_step))

    def drawn(
        self,
        jobs: Sequence[PreviewJob] | Sequence[FinalJob],
        sources: Sequence[Source | None] = (),
    ) -> list[Drawn]:
        """The same, where every job must come out."""
        found = self.results(jobs, sources)
        assert not [result for result in found if isinstance(result, Failed)]
        return [result for result in found if isinstance(result, Drawn)]

    def one(self, job: PreviewJob) -> Drawn:
        """One preview, drawn alone."""
        return self.drawn([job])[0]


def source(drawn: Drawn) -> Source:
    """What a final starts from."""
    return Source(drawn.pixels, drawn.latent)


def masked(drawn: Drawn, rows: slice, columns: slice) -> Source:
    """What a preview that begins with a picture starts from, and which part is drawn anew."""
    mask = np.zeros(drawn.pixels.shape[:2], np.uint8)
    mask[rows, columns] = 255
    return Source(drawn.pixels, None, mask)


def latent(drawn: Drawn) -> npt.NDArray[np.float32]:
    """A picture's latent, which must be there."""
    assert drawn.latent is not None
    return drawn.latent


def difference(one: Pixels, other: Pixels) -> float:
    """The mean distance of two pictures' pixels, of 255, the other brought to the one's size."""
    alike = enlarged(other, size_of(one))
    return float(np.abs(one.astype(np.float64) - alike.astype(np.float64)).mean())


def with_sampler(sampler: str, steps: int = 3, cfg: float = 5.0) -> Sampling:
    """Sampling by another sampler."""
    return replace(SAMPLING, sampler=sampler, steps=steps, cfg=cfg)
