"""A checkpoint's noise levels, from its scheduler's configuration and what the job says of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from storyboard.engine.schedule import BetaSchedule, TrainingSchedule
from storyboard.engine.weights import read_json
from storyboard.errors import argument_error
from storyboard.jobs import Checkpoint


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
    kind = config.get("beta_schedule", "scaled_linear")
    if kind not in ("scaled_linear", "linear") or config.get("trained_betas") is not None:
        raise argument_error(
            f"noise levels of the kind {kind} are not known", "scaled_linear is SD's", str(path)
        )
    levels = _schedule(config, "linear" if kind == "linear" else "scaled_linear", path)
    if zero_snr is None:
        zero_snr = config.get("rescale_betas_zero_snr") is True
    return levels.rescaled() if zero_snr else levels


def _schedule(config: Mapping[str, object], kind: BetaSchedule, path: Path) -> TrainingSchedule:
    first, last = config.get("beta_start", 0.00085), config.get("beta_end", 0.012)
    count = config.get("num_train_timesteps", 1000)
    if (
        isinstance(first, float)
        and isinstance(last, float)
        and isinstance(count, int)
        and 0 < first < last < 1
        and 1 < count <= 100_000
    ):
        return TrainingSchedule.from_betas(first, last, count, kind)
    raise argument_error("its betas must rise between 0 and 1", file=str(path))
