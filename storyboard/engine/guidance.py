"""Classifier-free guidance: what a model answers to a panel's texts, made one answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Protocol

import torch
from torch import Tensor

from storyboard.engine.model import Conditioning, Course, Encoded
from storyboard.engine.prediction import Predict

OnEvaluation = Callable[[], None]
"""Called after each evaluation of the model; may raise, which ends the walk."""


class Asked(Protocol):
    """What of a model is asked here."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        """See `Model`."""
        ...


def guided(
    model: Asked,
    conditionings: Sequence[Conditioning],
    cfg: float,
    on_evaluation: OnEvaluation,
    stages: int = 1,
    above: float = -math.inf,
) -> Predict:
    """Guidance (Ho & Salimans 2022, arXiv:2207.12598), all texts of all panels as one batch.

    Texts joined by `AND` pull together: the answer is the negative's, and for each of them its
    difference to that, times its weight and `cfg` (Liu et al. 2022, arXiv:2206.01714). At `cfg` 1 a
    negative has no say unless there are such texts, and is not asked. A solver asks `stages` times
    a step, but once in the last one; all of a step's evaluations hear that step's texts.

    At training steps that are not `above`, `cfg` is 1 (Kynkäänniemi et al. 2024, arXiv:2404.07724).
    """
    guide = _Chorus.of(model, conditionings, cfg)
    alone = _Chorus.of(model, conditionings, 1) if above > -math.inf else guide
    asked = count()

    def predict(x: Tensor, timestep: float) -> Tensor:
        step = next(asked) // stages
        chorus = guide if timestep > above else alone
        answer = chorus.answer(x, timestep, step)
        on_evaluation()
        return answer

    return predict


class _Chorus:
    """All texts that are asked for together, and how their answers are made one a panel."""

    def __init__(
        self, model: Asked, rows: Sequence[_Row], ranks: Sequence[_Rank], cfg: float
    ) -> None:
        self._model = model
        self._rows = rows
        self._ranks = ranks
        self._cfg = cfg
        self._panels = torch.tensor([row.panel for row in rows], device=model.device)
        self._changes = any(len(row.course.texts) > 1 for row in rows)
        self._heard = lru_cache(maxsize=1)(self._texts)

    @classmethod
    def of(cls, model: Asked, conditionings: Sequence[Conditioning], cfg: float) -> _Chorus:
        """The negatives first, where they have a say."""
        ranks = _ranks(conditionings)
        negatives = [_Row(panel, one.negatives) for panel, one in enumerate(conditionings)]
        prompts = [row for rank in ranks for row in rank]
        silent = cfg == 1 and _is_plain(ranks)
        return cls(model, prompts if silent else [*negatives, *prompts], ranks, cfg)

    def answer(self, x: Tensor, timestep: float, step: int) -> Tensor:
        """One answer a panel to what is `x`, panels x channels x height x width, at a step."""
        texts = self._heard(step if self._changes else 0)
        answers = self._model.predict(x[self._panels], timestep, texts)
        return _combined(answers, self._ranks, self._cfg) if len(self._rows) > len(x) else answers

    def _texts(self, step: int) -> Encoded:
        return Encoded.together([row.course.at(step) for row in self._rows])


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One text of the batch, and which panel it is for."""

    panel: int
    course: Course


_Rank = Sequence[_Row]
"""The n-th of the texts that `AND` joins, of all panels that have so many."""


def _ranks(conditionings: Sequence[Conditioning]) -> list[_Rank]:
    return [
        [
            _Row(panel, one.prompts[number])
            for panel, one in enumerate(conditionings)
            if number < len(one.prompts)
        ]
        for number in range(max(len(one.prompts) for one in conditionings))
    ]


def _is_plain(ranks: Sequence[_Rank]) -> bool:
    """Whether no panel's texts are joined by `AND`."""
    return len(ranks) == 1 and all(row.course.weight == 1 for row in ranks[0])


def _combined(answers: Tensor, ranks: Sequence[_Rank], cfg: float) -> Tensor:
    """One answer a panel: `answers` are the negatives', then each rank's."""
    panels = len(ranks[0])
    without, rest = answers[:panels], answers[panels:]
    combined = without
    for rank in ranks:
        pull, rest = rest[: len(rank)], rest[len(rank) :]
        if len(rank) == len(without):
            combined = combined + (pull - without) * _scale(rank, cfg, pull)
        else:
            places = torch.tensor([row.panel for row in rank], device=pull.device)
            difference = (pull - without[places]) * _scale(rank, cfg, pull)
            combined = combined.index_add(0, places, difference)
    return combined


def _scale(rank: _Rank, cfg: float, like: Tensor) -> Tensor | float:
    """What the differences are multiplied by: a number, or one a row."""
    weights = [row.course.weight for row in rank]
    if len(set(weights)) == 1:
        return weights[0] * cfg
    return like.new_tensor([weight * cfg for weight in weights]).reshape(-1, 1, 1, 1)
