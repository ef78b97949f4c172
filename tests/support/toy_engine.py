"""An engine for tests: pictures that depend on the job alone, and failures on demand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from storyboard.digests import digest
from storyboard.engine.base import Batch, Drawn, Failed, Latent, OnStep, Pixels, Source
from storyboard.jobs import Job, PreviewJob

Mishap = Callable[[Job], str | Exception | BaseException | None]
"""For a job, a sentence (it fails alone), an exception (its batch breaks), or None."""


class ToyEngine:
    """Draws noise that the job's digest seeds; a final's noise lies over its source's pixels."""

    def __init__(self, mishap: Mishap = lambda _: None) -> None:
        self.drawn: list[str] = []
        self.batches: list[int] = []
        self.foreseen: list[Batch] = []
        self.closed = 0
        self._mishap = mishap

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`."""
        self.batches.append(len(batch.jobs))
        mishaps = [self._mishap(job) for job in batch.jobs]
        for mishap in mishaps:
            if isinstance(mishap, BaseException):
                raise mishap
        on_step(1, 2)
        on_step(2, 2)
        jobs: tuple[Job, ...] = batch.jobs
        for index, job in enumerate(jobs):
            mishap = mishaps[index]
            if isinstance(mishap, str):
                yield Failed(index, mishap)
                continue
            self.drawn.append(digest(job))
            yield Drawn(
                index, *picture(job, sources.get(index)), {"device": "toy", "evaluations": 2}
            )

    def foresee(self, batch: Batch) -> None:
        """Remembers it."""
        self.foreseen.append(batch)

    def close(self) -> None:
        """Counts."""
        self.closed += 1


def picture(job: Job, source: Source | None) -> tuple[Pixels, Latent | None]:
    """What the toy draws for a job."""
    noise = np.random.default_rng(random.Random(digest(job)).getrandbits(64))
    pixels = noise.integers(0, 256, (job.size.height, job.size.width, 3), dtype=np.uint8)
    if isinstance(job, PreviewJob):
        shape = (4, job.size.height // 8, job.size.width // 8)
        return pixels, noise.standard_normal(shape, dtype=np.float32)
    assert source is not None and source.latent is not None
    pixels[: source.pixels.shape[0], : source.pixels.shape[1]] = source.pixels
    return pixels, None
