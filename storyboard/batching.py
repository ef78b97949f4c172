"""From a plan to batches: pictures that can be drawn together, in the order of fewest switches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from storyboard.compiled import CompiledStory
from storyboard.digests import digest
from storyboard.engine.base import Batch, FinalBatch, PreviewBatch
from storyboard.engine.names import evaluations
from storyboard.events import Kind
from storyboard.jobs import Checkpoint, FinalJob, Job, PreviewJob
from storyboard.planning import PlanItem

T = TypeVar("T")

MOST_TOGETHER = 16
PIXELS_TOGETHER = 4_600_000
"""Pictures and pixels of a batch where nobody says how large it is: sixteen previews of SD 1.5 at
448x640, or four of their finals. That is work for a large device, and fits into a small one; where
it does not, the engine draws fewer at once."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One picture to draw, and the plan's items that it is for: all of one digest. A final that
    drifted is drawn again with less `denoise` than it asks for."""

    items: tuple[PlanItem, ...]
    denoise: float | None = None

    @property
    def job(self) -> Job:
        """What the engine is to draw."""
        job = self.items[0].job
        if self.denoise is None or not isinstance(job, FinalJob):
            return job
        return replace(job, denoise=self.denoise)

    @property
    def digest(self) -> str:
        """What it is kept under."""
        return self.items[0].digest

    @property
    def source(self) -> str | None:
        """The digest of the picture that it is drawn from."""
        job = self.items[0].job
        if isinstance(job, FinalJob):
            return digest(job.preview)
        earlier = job.beginning.picture if job.beginning else None
        return digest(earlier) if isinstance(earlier, PreviewJob) else None

    @property
    def kind(self) -> Kind:
        """Preview or final."""
        return self.items[0].kind


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """Drawings that go through the engine together; their order is that of the batch's jobs."""

    drawings: tuple[Drawing, ...]

    @property
    def kind(self) -> Kind:
        """Preview or final."""
        return self.drawings[0].kind

    @property
    def panels(self) -> tuple[str, ...]:
        """The addresses of all panels that wait for it."""
        return tuple(item.panel for drawing in self.drawings for item in drawing.items)

    @property
    def batch(self) -> Batch:
        """What the engine is given."""
        jobs = [drawing.job for drawing in self.drawings]
        previews = tuple(job for job in jobs if isinstance(job, PreviewJob))
        finals = tuple(job for job in jobs if isinstance(job, FinalJob))
        return PreviewBatch(previews) if previews else FinalBatch(finals)

    @property
    def steps(self) -> int:
        """How often the model will be asked."""
        sampling = self.drawings[0].items[0].job.sampling
        return evaluations(sampling.sampler, sampling.steps)


def batches(
    items: Iterable[PlanItem], batch_size: int | None = None, workers: int = 1
) -> list[PlannedBatch]:
    """What is not ready, in batches of at most `batch_size`, or of a size's own number, so that
    each of `workers` gets a share; a picture that several panels share is drawn once.

    All that one checkpoint draws comes together, within it all that one set of adapters draws, and
    within that previews before finals; else in the plan's order. A picture that is drawn from
    another of them comes after it, whatever that costs. Raises ValueError where `batch_size` is
    below 1.
    """
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"a batch holds at least one picture, not {batch_size}")
    return [
        PlannedBatch(tuple(some))
        for group in _in_passes(_drawings(items))
        for some in _cut(group, batch_size or _most(group, workers))
    ]


def _cut(group: Sequence[Drawing], most: int) -> Iterator[Sequence[Drawing]]:
    return (group[start : start + most] for start in range(0, len(group), most))


def _most(group: Sequence[Drawing], workers: int) -> int:
    """How many of one size's pictures are a batch."""
    fitting = min(max(PIXELS_TOGETHER // group[0].job.size.area, 1), MOST_TOGETHER)
    return min(fitting, -(-len(group) // workers))


def by_checkpoint(stories: Iterable[T], compiled: Callable[[T], CompiledStory]) -> list[T]:
    """Stories so that those of one checkpoint follow one another; else in their order."""
    ranks: dict[Hashable, int] = {}

    def rank(story: T) -> int:
        previews = (panel.preview for panel in compiled(story).panels)
        first = next((preview for preview in previews if preview is not None), None)
        return ranks.setdefault(first and _checkpoint(first.checkpoint), len(ranks))

    return sorted(stories, key=rank)


def _drawings(items: Iterable[PlanItem]) -> list[Drawing]:
    shared: dict[str, list[PlanItem]] = {}
    for item in items:
        if item.state != "ready":
            shared.setdefault(item.digest, []).append(item)
    return [Drawing(tuple(together)) for together in shared.values()]


def _in_passes(drawings: Sequence[Drawing]) -> Iterator[list[Drawing]]:
    """Groups that can be drawn together; what waits for another picture of its own group, or of a
    later one, is left for the next pass."""
    sources = _sources(drawings)
    to_come = set(sources)
    while drawings:
        for group in _groups(drawings):
            ready = [one for one in group if sources[one.digest] not in to_come]
            to_come -= {one.digest for one in ready}
            if ready:
                yield ready
        drawings = [one for one in drawings if one.digest in to_come]


def _sources(drawings: Sequence[Drawing]) -> dict[str, str | None]:
    """By digest, that of the picture that each is drawn from. Most of those are in the plan, the
    very objects: their digests need not be made again."""
    known = {id(drawing.items[0].job): drawing.digest for drawing in drawings}
    sources: dict[str, str | None] = {}
    for drawing in drawings:
        job = drawing.items[0].job
        there = known.get(id(job.preview)) if isinstance(job, FinalJob) else None
        sources[drawing.digest] = there or drawing.source
    return sources


def _groups(drawings: Sequence[Drawing]) -> Iterator[list[Drawing]]:
    """Drawings that can be drawn together, group by group, ordered by where each level of the key
    first comes up in the plan."""
    ranks: dict[tuple[Hashable, ...], int] = {}
    groups: dict[tuple[Hashable, ...], list[Drawing]] = {}
    for drawing in drawings:
        key = _key(drawing)
        if key not in groups:
            for depth in range(1, len(key) + 1):
                ranks.setdefault(key[:depth], len(ranks))
            groups[key] = []
        groups[key].append(drawing)

    def rank(key: tuple[Hashable, ...]) -> tuple[tuple[bool, int], ...]:
        finals_last = key[2] == "final"
        return tuple((finals_last and depth == 3, ranks[key[:depth]]) for depth in range(1, 6))

    for key in sorted(groups, key=rank):
        yield groups[key]


def _key(drawing: Drawing) -> tuple[Hashable, ...]:
    """Checkpoint, adapters and embeddings, kind, size, and how it is sampled: equal ones can be
    drawn together. Files count by their contents, so that one file under two names is no switch;
    the last level keeps such drawings apart all the same, since a batch has one set of files."""
    job = drawing.items[0].job
    preview = job if isinstance(job, PreviewJob) else job.preview
    told = job.wording or preview if isinstance(job, FinalJob) else preview
    adapters = sorted(
        (a.file.sha256, a.unet, a.text_encoder, a.blocks, a.start, -1 if a.stop is None else a.stop)
        for a in told.adapters
    )
    embeddings = sorted((file.name.lower(), file.sha256) for file in told.embeddings)
    start: tuple[Hashable, ...] = ()
    if isinstance(job, FinalJob):
        start = (job.upscaler, job.denoise, preview.size)
    elif job.beginning is not None:
        start = (job.beginning.denoise,)
    return (
        _checkpoint(preview.checkpoint),
        (tuple(adapters), tuple(embeddings)),
        drawing.kind,
        job.size,
        (job.sampling, preview.rng, start, preview.checkpoint, told.adapters, told.embeddings),
    )


def _checkpoint(checkpoint: Checkpoint) -> Hashable:
    vae = checkpoint.vae.sha256 if checkpoint.vae else None
    return (
        checkpoint.family,
        checkpoint.file.sha256,
        checkpoint.prediction,
        vae,
        tuple(file.sha256 for file in checkpoint.text_encoders),
        checkpoint.clip_skip,
        checkpoint.zero_snr,
    )
