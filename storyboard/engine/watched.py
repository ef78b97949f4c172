"""Sees that pictures are drawn from the very files that their recipes name. No torch here.

A picture is kept under its recipe, and that names model files by their hashes. A run takes hours,
and a LoRA may be trained anew meanwhile, under the same name: what is drawn then is another
picture than its recipe says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from storyboard.engine.base import Batch, Drawn, Engine, Failed, OnStep, Source
from storyboard.errors import argument_error
from storyboard.jobs import Job, ModelFile, PreviewJob
from storyboard.models.header import ModelFileProblem

Hash = Callable[[Path], str]
"""A model's sha256, in hex. Raises `ModelFileProblem`. It is asked for every picture, so what has
not changed must not be read again."""

_AGAIN = "give the same command again: it draws with the file as it is now"


class Watched:
    """An engine that gives up what was drawn while one of its files changed."""

    def __init__(self, engine: Engine, hash_of: Hash) -> None:
        self._engine = engine
        self._hash_of = hash_of

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`. Raises ProblemsError where a file has changed before; a picture in whose
        time one has changed is a failed one."""
        for job in batch.jobs:
            if (file := self._changed(job)) is not None:
                raise argument_error(_told(file), _AGAIN, file.path)
        for result in self._engine.draw(batch, sources, on_step):
            file = self._changed(batch.jobs[result.index])
            if file is None or isinstance(result, Failed):
                yield result
            else:
                yield Failed(result.index, f"{_told(file)}: {_AGAIN}")

    def foresee(self, batch: Batch) -> None:
        """See `Engine`."""
        self._engine.foresee(batch)

    def close(self) -> None:
        """See `Engine`."""
        self._engine.close()

    def _changed(self, job: Job) -> ModelFile | None:
        return next((file for file in _files(job) if not self._is_the_same(file)), None)

    def _is_the_same(self, file: ModelFile) -> bool:
        try:
            return self._hash_of(Path(file.path)) == file.sha256
        except ModelFileProblem:  # it is gone, or is being written
            return False


def _told(file: ModelFile) -> str:
    return f"{file.name} has changed since the story was read"


def _files(job: Job) -> Iterator[ModelFile]:
    """What is read for a job; for a final nothing of its preview's own but the checkpoint."""
    preview = job if isinstance(job, PreviewJob) else job.preview
    told = preview if isinstance(job, PreviewJob) else job.wording or preview
    checkpoint = preview.checkpoint
    yield checkpoint.file
    if checkpoint.vae is not None:
        yield checkpoint.vae
    yield from checkpoint.text_encoders
    yield from (adapter.file for adapter in told.adapters)
    yield from told.embeddings
    if not isinstance(job, PreviewJob) and isinstance(job.upscaler, ModelFile):
        yield job.upscaler
