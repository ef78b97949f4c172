"""The engine that draws with Stable Diffusion: batches of jobs in, pictures out, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from storyboard.engine.abreast import draws_abreast, pictures_at_once
from storyboard.engine.attention import DEVICES, Attending, Choice, key_of
from storyboard.engine.base import Batch, Drawn, Failed, OnStep, Pixels, Source
from storyboard.engine.batching import Progress, groups, in_order
from storyboard.engine.beginnings import StartProblem
from storyboard.engine.compiling import Compiling
from storyboard.engine.decoding import decoded, with_repairs
from storyboard.engine.devices import placement
from storyboard.engine.drawing import Panel, Walk
from storyboard.engine.held import Held, Loaded
from storyboard.engine.ladder import Stage
from storyboard.engine.memory import Memory, OutOfMemory
from storyboard.engine.model import Conditioning, Encoded, Model, Wording
from storyboard.engine.painting import Painter, Request
from storyboard.engine.pictures import cropped, drawable
from storyboard.engine.shared import Shared, shared_of
from storyboard.engine.starting import Starting
from storyboard.engine.starts import Enlarge, Start, Way
from storyboard.engine.upscaler_names import LatentMode
from storyboard.errors import ProblemsError
from storyboard.events import Loading, Note, Reporter
from storyboard.geometry import Size
from storyboard.jobs import Job, PreviewJob


class DiffusionEngine:
    """Draws with torch, offline. The checkpoint and its merged LoRAs stay in memory between
    batches; it is loaded when first needed.

    `device` and `dtype` are names from `storyboard.engine.devices`. With `at_once`, so many
    pictures go through the UNet as one batch; by default, what is best on the device (see
    `abreast`). With `compiling`, the UNet is compiled. What was measured is remembered in the
    folder `remembered`. Notes on what is loaded or mended go to `report`.

    Raises ProblemsError where device or dtype are not there.
    """

    def __init__(
        self,
        device: str = "auto",
        dtype: str = "auto",
        report: Reporter | None = None,
        at_once: int | None = None,
        compiling: Compiling | None = None,
        remembered: Path | None = None,
    ) -> None:
        placed = placement(device, dtype)
        self._report = report
        self._at_once = at_once
        self._attention = Choice(remembered and remembered / "attention.json")
        self._memory = Memory(placed.device, self._note)
        self._held = Held(placed, self._memory, self._note, self._loading, compiling)

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """Yields one result a job, in the jobs' order, each as soon as it and those before it are
        there. Raises ProblemsError where the batch as a whole cannot be drawn."""
        if not batch.jobs:
            return
        shared = shared_of(batch.jobs)
        way = self._held.way(shared.upscaler)
        given = [sources.get(index) for index in range(len(batch.jobs))]
        if shared.denoise == 0 and way is not None and not isinstance(way, LatentMode):
            yield from self._enlarged(given, shared, way)
            return
        try:
            loaded = self._held.ready(shared)
        except OutOfMemory as problem:
            yield from (Failed(index, str(problem)) for index in range(len(batch.jobs)))
            return
        if shared.denoise == 0:
            yield from self._decoded_starts(batch.jobs, given, shared, loaded.model, way)
        else:
            drawn = self._draw(batch.jobs, given, shared, loaded, way, on_step)
            yield from in_order(drawn)

    def foresee(self, batch: Batch) -> None:
        """See `Engine`. While the next batch is drawn, this one's LoRAs are read and worked out."""
        with suppress(ProblemsError):  # what is wrong with it is told when it is to be drawn
            self._held.foresee(shared_of(batch.jobs))

    def close(self) -> None:
        """Gives back the memory; the next batch loads its checkpoint again."""
        self._held.close()

    def _draw(
        self,
        jobs: Sequence[Job],
        sources: Sequence[Source | None],
        shared: Shared,
        loaded: Loaded,
        way: Way | None,
        on_step: OnStep,
    ) -> Iterator[Drawn | Failed]:
        told: dict[int, Conditioning] = {}
        for index, job in enumerate(jobs):
            try:
                told[index] = self._conditioning(job, shared, loaded.model)
            except OutOfMemory as problem:
                yield Failed(index, str(problem))
        walk, together = self._walk(shared, loaded)
        cut = groups({index: said.length for index, said in told.items()}, together)
        if not cut:
            return
        progress = Progress(walk.evaluations * len(cut), on_step)
        painter = self._painter(shared, loaded, walk, progress, [told[index] for index in cut[0]])
        for indices in cut:
            group = {index: jobs[index] for index in indices}
            starts = self._starts(group, sources, shared, loaded.model, way)
            requests = []
            for (index, job), start in zip(group.items(), starts, strict=True):
                if isinstance(start, StartProblem):
                    yield Failed(index, str(start))
                else:
                    requests.append(_request(index, job, told[index], start, loaded.model))
            if requests:
                yield from painter.paint(requests)
            else:
                progress.total -= walk.evaluations

    def _walk(self, shared: Shared, loaded: Loaded) -> tuple[Walk, int | None]:
        """The way from noise to pictures, and how many go it together; None for all."""
        checkpoint, model = shared.checkpoint, loaded.model
        walk = Walk.plan(
            shared.sampling, checkpoint.prediction, model.schedule, shared.denoise, shared.rng
        )
        if self._at_once is not None:
            return walk, self._at_once
        walk = replace(walk, abreast=draws_abreast(model))
        # Panels side by side share the weights: none may come to a step while another is before it.
        in_step = walk.abreast and loaded.loras.by_steps
        return walk, 1 if in_step else pictures_at_once(model)

    def _painter(
        self,
        shared: Shared,
        loaded: Loaded,
        walk: Walk,
        progress: Progress,
        told: Sequence[Conditioning],
    ) -> Painter:
        """Who draws groups such as that of which this is `told`."""
        asked = self._attending(loaded.model, told, shared)
        values = self._held.values(shared.upscaler)
        if asked is not None:
            values = {**values, "attention": asked.kernel}
        at_step = loaded.loras.at_step
        return Painter(
            loaded.model, walk, values, progress, self._note, self._memory, at_step, asked
        )

    def _attending(
        self, model: Model, told: Sequence[Conditioning], shared: Shared
    ) -> Attending | None:
        """The model asked with the kernel that is quickest for such pictures; None where there is
        but one way."""
        if model.device.type not in DEVICES or model.is_compiled:
            return None
        texts = len(told) if shared.sampling.cfg == 1 else 2 * len(told)
        x = torch.zeros(texts, *_latent_shape(shared.size, model), device=model.device)
        context = Encoded.together([told[0].prompt] * texts)
        key = key_of(list(model.weights.values()), x.shape)
        choose = partial(self._attention.of, key, model, x, context)
        chosen = self._memory.tried(Stage.UNET, choose)
        return Attending(model, chosen[0]) if chosen else None

    def _enlarged(
        self, sources: Sequence[Source | None], shared: Shared, enlarge: Enlarge
    ) -> Iterator[Drawn | Failed]:
        """A final without denoising is its preview's pixels, enlarged: the checkpoint has no part
        in it, so it has no latent either."""
        starting = Starting(self._memory, shared.size, self._held.placement.device)
        for index, large in enumerate(starting.enlarged(sources, enlarge)):
            if isinstance(large, StartProblem):
                yield Failed(index, str(large))
                continue
            repairs = self._memory.repairs(shared.size, large.fewer)
            values = {**self._held.values(shared.upscaler), "evaluations": 0}
            yield Drawn(index, large.pixels, None, with_repairs(values, repairs))

    def _decoded_starts(
        self,
        jobs: Sequence[Job],
        sources: Sequence[Source | None],
        shared: Shared,
        model: Model,
        way: Way | None,
    ) -> Iterator[Drawn | Failed]:
        """Finals without denoising from latents: the enlarged latents, decoded. A preview without
        denoising is the very picture that it begins with."""
        starts = self._starts(dict(enumerate(jobs)), sources, shared, model, way)
        for index, start in enumerate(starts):
            try:
                if isinstance(start, StartProblem):
                    raise start
                assert start is not None  # with a denoise, there is one
                yield self._decoded_start(index, start, shared, model)
            except StartProblem as problem:
                yield Failed(index, str(problem))

    def _decoded_start(
        self, index: int, start: Start, shared: Shared, model: Model
    ) -> Drawn | Failed:
        mended: tuple[str, ...] = ()
        if start.ground is not None:
            pixels: Pixels | None = start.ground.pixels
        else:
            pixels, mended = decoded(model, start.latent, self._memory, shared.size)
        if pixels is None:
            return Failed(index, "its latent decodes to nothing: draw the preview again")
        rungs = self._memory.repairs(shared.size, start.fewer)
        values = {**self._held.values(shared.upscaler), "evaluations": 0}
        repaired = with_repairs(values, (*rungs, *start.repairs, *mended))
        return Drawn(index, cropped(pixels, shared.size), start.latent.numpy(), repaired)

    def _conditioning(self, job: Job, shared: Shared, model: Model) -> Conditioning:
        """What a job says. Raises OutOfMemory."""
        told = job if isinstance(job, PreviewJob) else job.wording or job.preview
        wording = Wording(shared.checkpoint.clip_skip, told.embeddings, shared.sampling.steps)
        return self._memory.attempted(
            Stage.TEXT, job.size, lambda: model.condition(told.prompt, told.negative, wording)
        )

    def _starts(
        self,
        jobs: Mapping[int, Job],
        sources: Sequence[Source | None],
        shared: Shared,
        model: Model,
        way: Way | None,
    ) -> Sequence[Start | StartProblem | None]:
        """The jobs' latents that noise is laid over; None for those that are drawn from noise
        alone. `sources` are all of the batch."""
        starting = Starting(self._memory, shared.size, model.device)
        given = [sources[index] for index in jobs]
        if way is not None:
            return starting.from_previews(given, way, model.vae)
        if shared.denoise is None:
            return [None] * len(jobs)
        previews = [job for job in jobs.values() if isinstance(job, PreviewJob)]
        beginnings = [job.beginning for job in previews if job.beginning is not None]
        return starting.from_beginnings(beginnings, given, model.vae)

    def _note(self, text: str) -> None:
        if self._report is not None:
            self._report(Note(text))

    def _loading(self, text: str) -> None:
        if self._report is not None:
            self._report(Loading(text))


def _request(
    index: int, job: Job, told: Conditioning, start: Start | None, model: Model
) -> Request:
    """What a job asks of the painter."""
    preview = job if isinstance(job, PreviewJob) else job.preview
    shape = _latent_shape(job.size, model)
    if start is None:
        return Request(index, Panel(preview.seed, told, shape, None, preview.variation), job.size)
    drawn = start.ground.cells(model.vae.factor) if start.ground else None
    cells = None if drawn is None else torch.from_numpy(drawn)[None]
    panel = Panel(preview.seed, told, shape, start.latent, preview.variation, cells)
    return Request(index, panel, job.size, start.repairs, start.ground, start.fewer)


def _latent_shape(size: Size, model: Model) -> tuple[int, int, int]:
    factor = model.vae.factor
    whole = drawable(size, factor)
    return model.vae.channels, whole.height // factor, whole.width // factor
