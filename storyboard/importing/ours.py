"""From our own recipe in a picture to a sketch of a panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from storyboard.importing.sketch import Model, Named, NoRecipe, Pass, Second, Sketch
from storyboard.jobs import (
    Checkpoint,
    FinalJob,
    Job,
    ModelFile,
    PreviewJob,
    Rewording,
    Sampling,
)
from storyboard.models.entries import Kind
from storyboard.parameters import asks_for, lora_tag
from storyboard.recipes import RecipeProblem, restore
from storyboard.settings import FAST
from storyboard.sizes import scale_to


def sketch_of(recipe: Mapping[str, Any], said_prompt: str, source: str) -> Sketch:
    """The panel that a recipe draws; `said_prompt` is how its author said the prompt, if that is
    known. Raises `NoRecipe`."""
    try:
        job = restore(recipe)
    except RecipeProblem as problem:
        raise NoRecipe(str(problem)) from None
    preview = job if isinstance(job, PreviewJob) else job.preview
    notes = [*_doubts(preview.checkpoint), *_left_out(preview)]
    return Sketch(
        source=source,
        prompt=said_prompt if asks_for(said_prompt, preview) else _tagged(preview),
        negative=preview.negative,
        seed=preview.seed,
        size=preview.size,
        first=_pass(preview.sampling),
        model=_model(preview.checkpoint),
        eta=preview.sampling.eta,
        ensd=preview.sampling.ensd,
        rng=preview.rng,
        fast=preview.sampling.guided_above == FAST,
        second=_second(job, notes) if isinstance(job, FinalJob) else None,
        files=tuple(_files(job)),
        notes=tuple(notes),
    )


def _tagged(told: PreviewJob | Rewording) -> str:
    """The prompt behind tags for its LoRAs. No blank comes between: the prompt would have it."""
    return "".join(lora_tag(adapter) for adapter in told.adapters) + told.prompt


def _pass(sampling: Sampling) -> Pass:
    return Pass(sampling.sampler, sampling.steps, sampling.cfg)


def _model(checkpoint: Checkpoint) -> Model:
    return Model(
        checkpoint=checkpoint.file.name,
        vae=checkpoint.vae.name if checkpoint.vae else None,
        text_encoders=tuple(file.name for file in checkpoint.text_encoders),
        clip_skip=checkpoint.clip_skip,
        prediction=checkpoint.prediction,
        zero_snr=checkpoint.zero_snr,
    )


def _doubts(checkpoint: Checkpoint) -> Iterator[str]:
    if checkpoint.family == "sdxl" and len(checkpoint.text_encoders) == 1:
        yield (
            f"was drawn with the text encoder {checkpoint.text_encoders[0].name}: it is taken for "
            "`text_encoder`; if it is the second one, write `text_encoder_2`"
        )


def _left_out(preview: PreviewJob) -> Iterator[str]:
    if preview.sampling.guided_above not in (0, FAST):
        yield "was drawn with guidance at other noise levels than here, which is not taken over"
    if preview.variation is not None:
        yield "was drawn near another seed (a variation seed), which is not taken over"
    if preview.beginning is not None:
        yield "was drawn from another picture, which is not taken over"


def _second(job: FinalJob, notes: list[str]) -> Second:
    scale = scale_to(job.preview.size, job.size, job.size.width / job.preview.size.width)
    if scale is None:
        scale = job.size.width / job.preview.size.width
        notes.append(f"is {job.size}, which no scale gives: {scale:g} is the nearest")
    wording = job.wording
    return Second(
        how=_pass(job.sampling),
        scale=scale,
        upscaler=job.upscaler.name if isinstance(job.upscaler, ModelFile) else job.upscaler,
        denoise=job.denoise,
        prompt=_tagged(wording) if wording else None,
        negative=wording.negative if wording else None,
    )


def _files(job: Job) -> Iterator[Named]:
    preview = job if isinstance(job, PreviewJob) else job.preview
    checkpoint = preview.checkpoint
    yield _named(Kind.CHECKPOINT, checkpoint.file)
    if checkpoint.vae:
        yield _named(Kind.VAE, checkpoint.vae)
    yield from (_named(Kind.TEXT_ENCODER, file) for file in checkpoint.text_encoders)
    for told in (preview, job.wording if isinstance(job, FinalJob) else None):
        if told is not None:
            yield from (_named(Kind.LORA, adapter.file) for adapter in told.adapters)
            yield from (_named(Kind.EMBEDDING, file) for file in told.embeddings)
    if isinstance(job, FinalJob) and isinstance(job.upscaler, ModelFile):
        yield _named(Kind.UPSCALER, job.upscaler)


def _named(kind: Kind, file: ModelFile) -> Named:
    return Named(kind, file.name, file.sha256)
