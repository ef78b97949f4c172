"""The noise levels that a diffusers folder's scheduler is configured for, by their betas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from storyboard.models.header import ModelFileProblem
from storyboard.models.side_files import plain_text

BetaSchedule = Literal["scaled_linear", "linear"]

_MOST_STEPS = 100_000
_OTHER_LEVELS = ("FlowMatch", "EDM")
"""Schedulers whose levels come from no betas, whatever else they say: by how their classes begin.
"""


@dataclass(frozen=True, slots=True)
class Betas:
    """How much noise each of `count` training steps added, from the first to the last. The defaults
    are Stable Diffusion's."""

    first: float = 0.00085
    last: float = 0.012
    count: int = 1000
    kind: BetaSchedule = "scaled_linear"


def read_betas(config: Mapping[str, object]) -> Betas:
    """What a `scheduler_config.json` says, or Stable Diffusion's own where it is silent.

    Raises ModelFileProblem for levels of a kind that the samplers' spacings do not fit.
    """
    made_by = str(config.get("_class_name", ""))
    kind = config.get("beta_schedule", "scaled_linear")
    if made_by.startswith(_OTHER_LEVELS):
        raise _unknown(f"that {plain_text(made_by, 60)} walks")
    if config.get("trained_betas") is not None:
        raise _unknown("that trained_betas lists")
    if kind not in ("scaled_linear", "linear"):
        raise _unknown(f"of the kind {plain_text(str(kind), 60)}")
    usual = Betas()
    first, last = config.get("beta_start", usual.first), config.get("beta_end", usual.last)
    count = config.get("num_train_timesteps", usual.count)
    if (
        isinstance(first, float)
        and isinstance(last, float)
        and type(count) is int
        and 0 < first < last < 1
        and 1 < count <= _MOST_STEPS
    ):
        return Betas(first, last, count, "linear" if kind == "linear" else "scaled_linear")
    raise ModelFileProblem("betas must rise between 0 and 1", "SD's are 0.00085 to 0.012")


def _unknown(which: str) -> ModelFileProblem:
    return ModelFileProblem(f"noise levels {which} are not known", "scaled_linear is SD's")
