"""A checkpoint's noise levels, from its scheduler's configuration and what the job says of it."""

from __future__ import annotations

from pathlib import Path

from storyboard.engine.schedule import TrainingSchedule
from storyboard.engine.weights import read_json
from storyboard.errors import argument_error
from storyboard.jobs import Checkpoint
from storyboard.models.betas import read_betas
from storyboard.models.header import ModelFileProblem


def schedule_of(checkpoint: Checkpoint, scheduler: Path | None) -> TrainingSchedule:
    """The levels that a checkpoint is drawn through; `scheduler` is its configuration's file.

    Whether they are rescaled to end in noise alone is told by the job: a single file has no
    configuration, and a story may know better than a folder's.
    """
    levels = read_schedule(scheduler, zero_snr=False) if scheduler else None
    levels = levels or TrainingSchedule.from_betas()
    return levels.rescaled() if checkpoint.zero_snr else levels


def read_schedule(path: Path, zero_snr: bool | None = None) -> TrainingSchedule:
    """A model's noise levels from its scheduler's configuration; SD's own where there is no file.

    They are rescaled to end in noise alone if `zero_snr`, or with None if the configuration says
    so. Raises ProblemsError for levels of a kind that the samplers' spacings do not fit.
    """
    if not path.is_file():
        return TrainingSchedule.from_betas()
    config = read_json(path)
    try:
        betas = read_betas(config)
    except ModelFileProblem as problem:
        raise argument_error(problem.message, problem.hint, str(path)) from problem
    levels = TrainingSchedule.from_betas(betas.first, betas.last, betas.count, betas.kind)
    if zero_snr is None:
        zero_snr = config.get("rescale_betas_zero_snr") is True
    return levels.rescaled() if zero_snr else levels
