"""What all jobs of a batch have in common, checked before anything is loaded. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storyboard.engine.names import SAMPLERS
from storyboard.engine.upscaler_names import UPSCALERS, upscaler_named
from storyboard.errors import argument_error
from storyboard.geometry import Size
from storyboard.jobs import Adapter, Checkpoint, FinalJob, Job, ModelFile, Rng, Sampling, Upscaler
from storyboard.nearest import did_you_mean


@dataclass(frozen=True, slots=True)
class Shared:
    """What a batch is drawn with. `upscaler` is None for previews, and `denoise` for those that are
    drawn from noise alone."""

    checkpoint: Checkpoint
    adapters: tuple[Adapter, ...]
    embeddings: tuple[ModelFile, ...]
    size: Size
    sampling: Sampling
    rng: Rng
    upscaler: Upscaler | None = None
    denoise: float | None = None


def shared_of(jobs: Sequence[Job]) -> Shared:
    """What the jobs share. Raises ValueError where they do not belong in one batch, and
    ProblemsError where no engine can draw them: a sampler or upscaler of no known name."""
    first, *others = map(_shared, jobs)
    if any(other != first for other in others):
        raise ValueError("a batch's jobs must share checkpoint, adapters, size and sampling")
    _check_name("sampler", first.sampling.sampler, SAMPLERS)
    if isinstance(first.upscaler, str) and upscaler_named(first.upscaler) is None:
        _check_name("upscaler", first.upscaler, UPSCALERS)
    if first.sampling.steps < 1:
        raise argument_error("a picture is drawn in one step or more")
    return first


def _shared(job: Job) -> Shared:
    if isinstance(job, FinalJob):
        preview = job.preview
        told = job.wording or preview
        return Shared(
            preview.checkpoint,
            told.adapters,
            told.embeddings,
            job.size,
            job.sampling,
            preview.rng,
            job.upscaler,
            job.denoise,
        )
    return Shared(
        job.checkpoint,
        job.adapters,
        job.embeddings,
        job.size,
        job.sampling,
        job.rng,
        denoise=job.beginning.denoise if job.beginning else None,
    )


def _check_name(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
        raise argument_error(f"there is no {what} '{name}'", hint)
