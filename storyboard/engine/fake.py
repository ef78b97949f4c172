"""An engine without torch, for tests and for trying out a story's pages: it draws at once, and by
the same contract as the one that draws with a model."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from storyboard import __version__
from storyboard.digests import digest
from storyboard.engine.base import Batch, Drawn, Failed, Latent, OnStep, Pixels, Source
from storyboard.engine.beginnings import StartProblem, ground_of
from storyboard.engine.names import evaluations
from storyboard.engine.pictures import drawable, enlarged
from storyboard.engine.shared import shared_of
from storyboard.engine.upscaler_names import latent_mode
from storyboard.geometry import Size
from storyboard.jobs import FinalJob, Job, PreviewJob, Sampling

_Canvas = npt.NDArray[np.float64]

_CELL = 8
_SHAPES = 5
_GRAIN = 3
"""How far, of 255, a final's own detail may lift a pixel off the enlarged preview."""


class FakeEngine:
    """Draws pictures of coloured shapes that a job's digest decides; a final is its enlarged
    preview with a little detail of its own.

    `delay` is how many seconds a step takes; jobs whose prompt holds one of `fail` fail, alone;
    `device` is where pictures are said to be drawn.
    """

    def __init__(
        self, delay: float = 0.0, fail: frozenset[str] = frozenset(), device: str = "fake"
    ) -> None:
        self._delay = delay
        self._fail = fail
        self._device = device

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """Yields one result a job, in the jobs' order. Raises ProblemsError for a sampler or an
        upscaler that is not known."""
        if not batch.jobs:
            return
        shared = shared_of(batch.jobs)
        asked = 0 if shared.denoise == 0 else _evaluations(shared.sampling)
        for done in range(1, asked + 1):
            time.sleep(self._delay)
            on_step(done, asked)
        jobs: Sequence[Job] = batch.jobs
        for index, job in enumerate(jobs):
            yield self._result(index, job, sources.get(index), asked, len(batch.jobs))

    def foresee(self, batch: Batch) -> None:
        """It reads nothing."""

    def close(self) -> None:
        """It holds nothing."""

    def _result(
        self, index: int, job: Job, source: Source | None, asked: int, together: int
    ) -> Drawn | Failed:
        prompt = job.prompt if isinstance(job, PreviewJob) else job.preview.prompt
        if any(text in prompt for text in self._fail):
            return Failed(index, "the fake engine was asked to fail this panel")
        provenance: dict[str, str | int | float | bool] = {
            "storyboard": __version__,
            "device": self._device,
            "evaluations": asked,
            "together": together,
        }
        if isinstance(job, PreviewJob):
            try:
                return Drawn(index, *_preview(job, source), provenance)
            except StartProblem as problem:
                return Failed(index, str(problem))
        if source is None:
            return Failed(index, "its preview is not there: draw the preview first")
        if latent_mode(job.upscaler) is not None and source.latent is None:
            return Failed(index, "the preview's latent is not stored: draw the preview again")
        random = _random(job)
        return Drawn(index, _detailed(job, source, random), _latent(job.size, random), provenance)


def _random(job: Job) -> np.random.Generator:
    return np.random.default_rng(int(digest(job), 16))


def _preview(job: PreviewJob, source: Source | None) -> tuple[Pixels, Latent]:
    """Shapes; over the picture that it begins with, they show as much as is drawn of them."""
    pixels, latent = _from_noise(job)
    if job.beginning is None:
        return pixels, latent
    ground = ground_of(job.beginning, job.size, source)
    mixed = _mixed(ground.pixels, pixels, job.beginning.denoise)
    return ground.under(mixed.round().astype(np.uint8)), latent


def _from_noise(job: PreviewJob) -> tuple[Pixels, Latent]:
    """The job's shapes and latent; with a variation, those of both seeds mixed."""
    variation, plain = job.variation, replace(job, variation=None)
    if variation is not None:
        pixels, latent = _from_noise(plain)
        others = _from_noise(replace(plain, seed=variation.seed))
        mixed = _mixed(pixels, others[0], variation.strength).round().astype(np.uint8)
        return mixed, _mixed(latent, others[1], variation.strength).astype(np.float32)
    random = _random(plain)
    latent = _latent(job.size, random)
    return _shapes(job.size, random), latent


def _mixed(one: npt.NDArray[Any], other: npt.NDArray[Any], share: float) -> _Canvas:
    """From one, at 0, to the other, at 1."""
    return one * (1.0 - share) + other * share


def _evaluations(sampling: Sampling) -> int:
    return evaluations(sampling.sampler, sampling.steps)


def _shapes(size: Size, random: np.random.Generator) -> Pixels:
    """Circles and boxes over a slanted gradient."""
    down, across = np.mgrid[0 : size.height, 0 : size.width]
    x, y = across / max(size.width - 1, 1), down / max(size.height - 1, 1)
    first, last = random.uniform(60, 250, (2, 3))
    canvas: _Canvas = first + (last - first) * ((x + y) / 2)[..., None]
    aspect = size.width / size.height
    for _ in range(_SHAPES):
        left, top, radius = random.uniform((0, 0, 0.05), (1, 1, 0.25))
        wide, high = np.abs(x - left) * aspect, np.abs(y - top)
        distance = np.hypot(wide, high) if random.random() < 0.6 else np.maximum(wide, high)
        canvas[distance < radius] = random.uniform(0, 255, 3)
        canvas[np.abs(distance - radius) < 0.008] = 30.0
    return canvas.round().astype(np.uint8)


def _detailed(job: FinalJob, source: Source, random: np.random.Generator) -> Pixels:
    large = enlarged(source.pixels, job.size)
    if job.denoise == 0:
        return large
    grain = random.integers(-_GRAIN, _GRAIN + 1, large.shape)
    detailed: Pixels = np.clip(large.astype(np.int16) + grain, 0, 255).astype(np.uint8)
    return detailed


def _latent(size: Size, random: np.random.Generator) -> Latent:
    whole = drawable(size, _CELL)
    shape = (4, whole.height // _CELL, whole.width // _CELL)
    return random.standard_normal(shape, dtype=np.float32)
