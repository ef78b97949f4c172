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
from storyboard.engine.beginnings import Ground, StartProblem, ground_of
from storyboard.engine.compiling import Compiling
from storyboard.engine.decoding import decoded, with_repairs
from storyboard.engine.devices import placement
from storyboard.engine.drawing import Panel, Walk
from storyboard.engine.held import Held, Loaded
from storyboard.engine.ladder import Stage
from storyboard.engine.memory import Memory, OutOfMemory
from storyboard.engine.model import Encoded, Model, Wording
from storyboard.engine.painting import Painter, Request
from storyboard.engine.pictures import cropped, drawable
from storyboard.engine.shared import Shared, shared_of
from storyboard.engine.starts import (
    NO_SOURCE,
    Enlarge,
    Start,
    Way,
    begun_latent,
    encoded,
    enlarged_latent,
)
from storyboard.engine.upscaler_names import LatentMode
from storyboard.engine.vae import Vae
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
        if shared.denoise == 0 and way is not None and not isinstance(way, LatentMode):
            for index in range(len(batch.jobs)):
                yield self._enlarged(index, sources.get(index), shared, way)
            return
        try:
            loaded = self._held.ready(shared)
        except OutOfMemory as problem:
            yield from (Failed(index, str(problem)) for index in range(len(batch.jobs)))
            return
        drawn = self._draw(batch.jobs, sources, shared, loaded, way, on_step)
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
        sources: Mapping[int, Source],
        shared: Shared,
        loaded: Loaded,
        way: Way | None,
        on_step: OnStep,
    ) -> Iterator[Drawn | Failed]:
        model, at_step = loaded.model, loaded.loras.at_step
        requests = []
        for index, job in enumerate(jobs):
            try:
                request = self._request(index, job, sources.get(index), shared, model, way)
                if shared.denoise == 0:
                    yield self._decoded_start(request, shared, model)
                else:
                    requests.append(request)
            except StartProblem as problem:
                yield Failed(index, str(problem))
        if not requests:
            return
        abreast = self._at_once is None and draws_abreast(model)
        walk = Walk.plan(
            shared.sampling,
            shared.checkpoint.prediction,
            model.schedule,
            shared.denoise,
            shared.rng,
        )
        walk = replace(walk, abreast=abreast)
        # Panels side by side share the weights: none may come to a step while another is before it.
        in_step = abreast and loaded.loras.by_steps
        together = 1 if in_step else self._at_once or pictures_at_once(model)
        cut = groups([request.panel.conditioning.length for request in requests], together)
        progress = Progress(walk.evaluations * len(cut), on_step)
        asked = self._attending(model, [requests[place] for place in cut[0]], shared)
        values = self._held.values(shared.upscaler)
        if asked is not None:
            values = {**values, "attention": asked.kernel}
        painter = Painter(model, walk, values, progress, self._note, self._memory, at_step, asked)
        for places in cut:
            yield from painter.paint([requests[place] for place in places])

    def _attending(
        self, model: Model, requests: Sequence[Request], shared: Shared
    ) -> Attending | None:
        """The model asked with the kernel that is quickest for such pictures; None where there is
        but one way."""
        if model.device.type not in DEVICES or model.is_compiled:
            return None
        panels = [request.panel for request in requests]
        texts = len(panels) if shared.sampling.cfg == 1 else 2 * len(panels)
        x = torch.zeros(texts, *panels[0].shape, device=model.device)
        context = Encoded.together([panels[0].conditioning.prompt] * texts)
        key = key_of(list(model.weights.values()), x.shape)
        choose = partial(self._attention.of, key, model, x, context)
        chosen = self._memory.tried(Stage.UNET, choose)
        return Attending(model, chosen[0]) if chosen else None

    def _enlarged(
        self, index: int, source: Source | None, shared: Shared, enlarge: Enlarge
    ) -> Drawn | Failed:
        """A final without denoising is its preview's pixels, enlarged: the checkpoint has no part
        in it, so it has no latent either."""
        if source is None:
            return Failed(index, NO_SOURCE)
        try:
            pixels = self._sparing(enlarge)(source.pixels, shared.size)
        except StartProblem as problem:
            return Failed(index, str(problem))
        return Drawn(index, pixels, None, {**self._held.values(shared.upscaler), "evaluations": 0})

    def _decoded_start(self, request: Request, shared: Shared, model: Model) -> Drawn | Failed:
        """A final without denoising from a latent: the enlarged latent, decoded. A preview without
        denoising is the very picture that it begins with. Raises OutOfMemory."""
        latent, size = request.panel.start, request.size
        if latent is not None and request.ground is not None:
            repairs = (*self._memory.repairs(size), *request.repairs)
            values = with_repairs({**self._held.values(shared.upscaler), "evaluations": 0}, repairs)
            return Drawn(request.index, request.ground.pixels, latent.numpy(), values)
        if latent is None:
            return Failed(request.index, NO_SOURCE)
        pixels, mended = decoded(model, latent, self._memory, size)
        if pixels is None:
            return Failed(request.index, "its latent decodes to nothing: draw the preview again")
        repairs = (*self._memory.repairs(size), *mended)
        values = with_repairs({**self._held.values(shared.upscaler), "evaluations": 0}, repairs)
        return Drawn(request.index, cropped(pixels, request.size), latent.numpy(), values)

    def _request(
        self,
        index: int,
        job: Job,
        source: Source | None,
        shared: Shared,
        model: Model,
        way: Way | None,
    ) -> Request:
        """What a job asks of the painter. Raises StartProblem, and OutOfMemory."""
        preview = job if isinstance(job, PreviewJob) else job.preview
        told = preview if isinstance(job, PreviewJob) else job.wording or preview
        ground = ground_of(job, source) if isinstance(job, PreviewJob) else None
        start = self._start(job, source, ground, model, way)
        wording = Wording(shared.checkpoint.clip_skip, told.embeddings, shared.sampling.steps)
        conditioning = self._memory.attempted(
            Stage.TEXT, job.size, lambda: model.condition(told.prompt, told.negative, wording)
        )
        drawn = ground.cells(model.vae.factor) if ground else None
        panel = Panel(
            preview.seed,
            conditioning,
            _latent_shape(drawable(job.size, model.vae.factor), model),
            start.latent if start else None,
            preview.variation,
            None if drawn is None else torch.from_numpy(drawn)[None],
        )
        return Request(index, panel, job.size, start.repairs if start else (), ground)

    def _start(
        self,
        job: Job,
        source: Source | None,
        ground: Ground | None,
        model: Model,
        way: Way | None,
    ) -> Start | None:
        """The latent that noise is laid over, if there is one. Raises StartProblem."""

        def encode(pixels: Pixels, vae: Vae) -> Start:
            def do() -> Start:
                with self._memory.vae(vae, job.size):
                    return encoded(pixels, vae)

            return self._memory.attempted(Stage.VAE, job.size, do)

        if ground is not None:
            return begun_latent(ground, model.vae, encode)
        if isinstance(job, PreviewJob) or way is None:
            return None
        if not isinstance(way, LatentMode):
            way = self._sparing(way)
        return enlarged_latent(source, way, job.size, model.vae, encode)

    def _sparing(self, enlarge: Enlarge) -> Enlarge:
        """A way to enlarge that goes on where memory runs out, or raises OutOfMemory."""
        return lambda pixels, size: self._memory.attempted(
            Stage.UPSCALER, size, lambda: enlarge(pixels, size)
        )

    def _note(self, text: str) -> None:
        if self._report is not None:
            self._report(Note(text))

    def _loading(self, text: str) -> None:
        if self._report is not None:
            self._report(Loading(text))


def _latent_shape(size: Size, model: Model) -> tuple[int, int, int]:
    factor = model.vae.factor
    return model.vae.channels, size.height // factor, size.width // factor
