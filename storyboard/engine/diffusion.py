"""The engine that draws with Stable Diffusion: batches of jobs in, pictures out, one by one."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version

import torch

from storyboard import __version__
from storyboard.engine.abreast import draws_abreast, pictures_at_once
from storyboard.engine.base import Batch, Drawn, Failed, OnStep, Pixels, Source
from storyboard.engine.batching import Progress, groups, in_order
from storyboard.engine.beginnings import Ground, StartProblem, ground_of
from storyboard.engine.compiling import Compiling
from storyboard.engine.decoding import Values, decoded, with_repairs
from storyboard.engine.devices import placement
from storyboard.engine.drawing import Panel, Walk
from storyboard.engine.families import family_named
from storyboard.engine.ladder import Stage
from storyboard.engine.loras import MergedLoras
from storyboard.engine.memory import Memory, OutOfMemory, free_memory, has_room_twice
from storyboard.engine.model import Model, Placement, Wording
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
    way_named,
)
from storyboard.engine.upscaler_names import LatentMode
from storyboard.engine.upscaling import Upscaler, load_upscaler
from storyboard.engine.vae import Vae
from storyboard.errors import ProblemsError
from storyboard.events import Note, Reporter
from storyboard.geometry import Size
from storyboard.jobs import Checkpoint, Job, ModelFile, PreviewJob
from storyboard.jobs import Upscaler as UpscalerName

_Key = tuple[str, bool, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """The checkpoint in memory, and what it was read from."""

    key: _Key
    model: Model
    loras: MergedLoras


class DiffusionEngine:
    """Draws with torch, offline. The checkpoint and its merged LoRAs stay in memory between
    batches; it is loaded when first needed.

    `device` and `dtype` are names from `storyboard.engine.devices`. With `at_once`, so many
    pictures go through the UNet as one batch; by default, what is best on the device (see
    `abreast`). With `compiling`, the UNet is compiled. Notes on what is loaded or mended go to
    `report`. Raises ProblemsError where device or dtype are not there.
    """

    def __init__(
        self,
        device: str = "auto",
        dtype: str = "auto",
        report: Reporter | None = None,
        at_once: int | None = None,
        compiling: Compiling | None = None,
    ) -> None:
        self._placement = placement(device, dtype)
        self._report = report
        self._at_once = at_once
        self._compiling = compiling
        self._loaded: _Loaded | None = None
        self._upscaler: tuple[str, Upscaler] | None = None
        self._coming: Shared | None = None
        self._provenance = _provenance(self._placement)
        self._memory = Memory(self._placement.device, self._note)

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """Yields one result a job, in the jobs' order, each as soon as it and those before it are
        there. Raises ProblemsError where the batch as a whole cannot be drawn."""
        if not batch.jobs:
            return
        shared = shared_of(batch.jobs)
        way = self._way(shared.upscaler)
        if shared.denoise == 0 and way is not None and not isinstance(way, LatentMode):
            for index in range(len(batch.jobs)):
                yield self._enlarged(index, sources.get(index), shared, way)
            return
        try:
            loaded = self._ready(shared)
        except OutOfMemory as problem:
            yield from (Failed(index, str(problem)) for index in range(len(batch.jobs)))
            return
        drawn = self._draw(batch.jobs, sources, shared, loaded, way, on_step)
        yield from in_order(drawn)

    def foresee(self, batch: Batch) -> None:
        """See `Engine`. While the next batch is drawn, this one's LoRAs are read and worked out."""
        with suppress(ProblemsError):  # what is wrong with it is told when it is to be drawn
            self._coming = shared_of(batch.jobs)

    def close(self) -> None:
        """Gives back the memory; the next batch loads its checkpoint again."""
        self._unload()
        self._upscaler = None
        gc.collect()
        free_memory()

    def _ready(self, shared: Shared) -> _Loaded:
        """The batch's model with its LoRAs merged. Raises OutOfMemory."""
        memory, size = self._memory, shared.size
        loaded = memory.attempted(Stage.LOADING, size, lambda: self._load(shared.checkpoint))
        memory.attempted(Stage.LORAS, size, lambda: loaded.loras.set(shared.adapters))
        coming, self._coming = self._coming, None
        if coming is not None and _key(coming.checkpoint) == loaded.key:
            loaded.loras.foresee(coming.adapters)
        return loaded

    def _draw(
        self,
        jobs: Sequence[Job],
        sources: Mapping[int, Source],
        shared: Shared,
        loaded: _Loaded,
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
        painter = Painter(
            model, walk, self._values(shared), progress, self._note, self._memory, at_step
        )
        for places in cut:
            yield from painter.paint([requests[place] for place in places])

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
        return Drawn(index, pixels, None, {**self._values(shared), "evaluations": 0})

    def _decoded_start(self, request: Request, shared: Shared, model: Model) -> Drawn | Failed:
        """A final without denoising from a latent: the enlarged latent, decoded. A preview without
        denoising is the very picture that it begins with. Raises OutOfMemory."""
        latent, size = request.panel.start, request.size
        if latent is not None and request.ground is not None:
            repairs = (*self._memory.repairs(size), *request.repairs)
            values = with_repairs({**self._values(shared), "evaluations": 0}, repairs)
            return Drawn(request.index, request.ground.pixels, latent.numpy(), values)
        if latent is None:
            return Failed(request.index, NO_SOURCE)
        pixels, mended = decoded(model, latent, self._memory, size)
        if pixels is None:
            return Failed(request.index, "its latent decodes to nothing: draw the preview again")
        repairs = (*self._memory.repairs(size), *mended)
        values = with_repairs({**self._values(shared), "evaluations": 0}, repairs)
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

    def _way(self, upscaler: UpscalerName | None) -> Way | None:
        """How finals' previews are enlarged; None where there is nothing to enlarge. An upscaler
        stays in memory until another is asked for."""
        if not isinstance(upscaler, ModelFile):
            return None if upscaler is None else way_named(upscaler)
        if self._upscaler is None or self._upscaler[0] != upscaler.sha256:
            self._note(f"loading the upscaler {upscaler.name} on {self._provenance['device']}")
            loaded = load_upscaler(upscaler, self._placement.device)
            self._upscaler = upscaler.sha256, loaded
        return self._upscaler[1].enlarged

    def _values(self, shared: Shared) -> Values:
        """What a picture's provenance begins with."""
        values = dict(self._provenance)
        if self._loaded is not None and self._loaded.model.is_compiled:
            values["compiled"] = True
        if not isinstance(shared.upscaler, ModelFile):
            return values
        named = {**values, "spandrel": version("spandrel")}
        if self._upscaler is None:
            return named
        return {**named, "upscaler_dtype": str(self._upscaler[1].dtype).removeprefix("torch.")}

    def _load(self, checkpoint: Checkpoint) -> _Loaded:
        key = _key(checkpoint)
        if self._loaded is None or self._loaded.key != key:
            self._unload()  # two checkpoints may be more than the memory holds
            family = family_named(checkpoint.family, checkpoint.file.path)
            device, dtype = self._provenance["device"], self._provenance["dtype"]
            self._note(f"loading {checkpoint.file.name} on {device} in {dtype}")
            model = family.load(checkpoint, self._memory.placed(self._placement))
            loras = MergedLoras(model, has_room_twice(model.weights.values(), model.device))
            self._loaded = _Loaded(key, model, loras)
            self._memory.take_in(model, loras.spare)
            self._compile(model)
        return self._loaded

    def _compile(self, model: Model) -> None:
        """Where it is to be, and its weights stay where they are."""
        asked = self._compiling
        if asked is None or not asked.is_for(self._placement.device.type):
            return
        if self._memory.is_offloaded:
            self._note("the UNet is not compiled: its weights come and go")
            return
        self._note(f"the UNet is compiled, at the first picture of each size: {asked.why}")
        model.compile(asked.backend, self._note)

    def _unload(self) -> None:
        if self._loaded is not None:
            self._loaded.loras.spare()
        self._loaded = None
        self._memory.take_in(None)
        gc.collect()
        free_memory()

    def _note(self, text: str) -> None:
        if self._report is not None:
            self._report(Note(text))


def _key(checkpoint: Checkpoint) -> _Key:
    """What makes another model in memory; how it is read (clip skip, prediction) does not."""
    files = (checkpoint.file, checkpoint.vae, *checkpoint.text_encoders)
    hashes = tuple(file.sha256 if file else None for file in files)
    return checkpoint.family, checkpoint.zero_snr, hashes


def _latent_shape(size: Size, model: Model) -> tuple[int, int, int]:
    factor = model.vae.factor
    return model.vae.channels, size.height // factor, size.width // factor


def _provenance(placed: Placement) -> Values:
    """What holds for every picture: where, in which numbers, and by which versions."""
    return {
        "storyboard": __version__,
        "device": _device_name(placed.device),
        "dtype": str(placed.unet).removeprefix("torch."),
        "vae_dtype": str(placed.vae).removeprefix("torch."),
        "torch": str(torch.__version__),
        "diffusers": version("diffusers"),
        "transformers": version("transformers"),
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return str(device)
