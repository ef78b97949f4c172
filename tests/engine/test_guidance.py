"""Guidance: what a panel hears at a step, and how several texts pull at its picture together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from storyboard.engine.guidance import guided
from storyboard.engine.model import Conditioning, Course, Encoded

NEGATIVE, CAT, DOG, BIRD = -1.0, 2.0, 5.0, 11.0


class Echo:
    """A model whose answer is the number that it hears, times what it sees."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.heard: list[list[float]] = []

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        numbers = context.vectors[:, 0, 0]
        self.heard.append(numbers.tolist())
        assert context.vectors.shape[0] == x.shape[0]
        return x * numbers.reshape(-1, 1, 1, 1)


def text(number: float) -> Encoded:
    return Encoded(torch.full((1, 77, 4), number))


def course(*numbers: float, weight: float = 1.0) -> Course:
    return Course(tuple(map(text, numbers)), weight)


def plain(*prompt: float, negative: Sequence[float] = (NEGATIVE,)) -> Conditioning:
    return Conditioning((course(*prompt),), course(*negative))


def both(cat: float, dog: float) -> Conditioning:
    return Conditioning((course(CAT, weight=cat), course(DOG, weight=dog)), course(NEGATIVE))


def ask(conditionings: list[Conditioning], cfg: float, stages: int = 1, times: int = 1) -> Any:
    """The last answer to a picture of ones, a number a panel, and what was heard each time."""
    model: Any = Echo()
    predict = guided(model, conditionings, cfg, lambda: None, stages)
    x = torch.ones(len(conditionings), 1, 2, 2)
    for _ in range(times):
        answer = predict(x, 500.0)
    return answer[:, 0, 0, 0].tolist(), model.heard


def test_a_plain_panel_is_guided_from_its_negative_beyond_its_prompt() -> None:
    found, heard = ask([plain(CAT), plain(DOG)], cfg=3.0)
    assert found == [NEGATIVE + 3 * (CAT - NEGATIVE), NEGATIVE + 3 * (DOG - NEGATIVE)]
    assert heard == [[NEGATIVE, NEGATIVE, CAT, DOG]]


def test_below_a_training_step_the_prompt_alone_is_asked() -> None:
    model: Any = Echo()
    predict = guided(model, [plain(CAT), plain(DOG)], 3.0, lambda: None, above=100.0)
    x = torch.ones(2, 1, 2, 2)
    assert predict(x, 100.5)[:, 0, 0, 0].tolist() == [
        NEGATIVE + 3 * (one - NEGATIVE) for one in (CAT, DOG)
    ]
    assert predict(x, 100.0)[:, 0, 0, 0].tolist() == [CAT, DOG]
    assert model.heard == [[NEGATIVE, NEGATIVE, CAT, DOG], [CAT, DOG]]


def test_texts_change_with_the_steps_below_it_too() -> None:
    model: Any = Echo()
    predict = guided(model, [plain(CAT, DOG, BIRD)], 3.0, lambda: None, above=100.0)
    for timestep in (900.0, 50.0, 50.0):
        predict(torch.ones(1, 1, 2, 2), timestep)
    assert model.heard == [[NEGATIVE, CAT], [DOG], [BIRD]]


def test_plain_panels_are_guided_to_the_last_bit_as_by_the_formula() -> None:
    """Pictures of prompts that neither change nor are joined stay what they were."""

    class Noise(Echo):
        def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
            return torch.randn(x.shape, generator=torch.Generator().manual_seed(5)) * x

    model: Any = Noise()
    panels = [plain(CAT), plain(DOG), plain(BIRD)]
    x = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(6))
    for cfg in (7.0, 1.3, 6.6666667, 0.1):
        without, prompt = model.predict(torch.cat([x, x]), 1.0, text(0)).chunk(2)
        expected = without + (prompt - without) * cfg
        assert torch.equal(guided(model, panels, cfg, lambda: None)(x, 1.0), expected)


def test_texts_joined_by_and_pull_by_their_weights() -> None:
    found, heard = ask([both(1.2, 0.5)], cfg=2.0)
    pull = 1.2 * (CAT - NEGATIVE) + 0.5 * (DOG - NEGATIVE)
    assert found == pytest.approx([NEGATIVE + 2 * pull])
    assert heard == [[NEGATIVE, CAT, DOG]]


def test_panels_of_one_text_and_of_several_are_drawn_together() -> None:
    panels = [plain(BIRD), both(1.2, 0.5), both(1.0, -1.0), plain(CAT)]
    together, heard = ask(panels, cfg=3.0)
    alone = [ask([panel], cfg=3.0)[0][0] for panel in panels]
    assert together == pytest.approx(alone)
    assert len(heard[0]) == 4 + 4 + 2


def test_at_guidance_1_the_negative_is_asked_only_where_and_joins() -> None:
    assert ask([plain(CAT)], cfg=1.0) == ([CAT], [[CAT]])
    found, heard = ask([both(0.5, 0.25)], cfg=1.0)
    assert found == pytest.approx([NEGATIVE + 0.5 * (CAT - NEGATIVE) + 0.25 * (DOG - NEGATIVE)])
    assert heard == [[NEGATIVE, CAT, DOG]]
    weighed = Conditioning((course(CAT, weight=0.5),), course(NEGATIVE))
    assert ask([weighed], cfg=1.0)[0] == pytest.approx([NEGATIVE + 0.5 * (CAT - NEGATIVE)])


def test_each_step_hears_its_own_text() -> None:
    _, heard = ask([plain(CAT, DOG, CAT)], cfg=1.0, times=3)
    assert heard == [[CAT], [DOG], [CAT]]


def test_both_evaluations_of_a_step_hear_one_text() -> None:
    _, heard = ask([plain(CAT, DOG, BIRD)], cfg=1.0, stages=2, times=5)
    assert heard == [[CAT], [CAT], [DOG], [DOG], [BIRD]]


def test_negatives_change_by_step_too_and_panels_apart() -> None:
    panels = [plain(CAT, negative=(-1.0, -2.0)), plain(DOG, BIRD)]
    _, heard = ask(panels, cfg=2.0, times=2)
    assert heard == [[-1.0, NEGATIVE, CAT, DOG], [-2.0, NEGATIVE, CAT, BIRD]]


def test_the_pooled_vectors_go_along() -> None:
    pooled = [torch.full((1, 3), n) for n in (1.0, 2.0)]
    one = Conditioning(
        (Course((Encoded(torch.zeros(1, 77, 4), pooled[0]),)),),
        Course((Encoded(torch.zeros(1, 77, 4), pooled[1]),)),
    )
    heard: list[Tensor | None] = []

    class Listening(Echo):
        def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
            heard.append(context.pooled)
            return x

    model: Any = Listening()
    guided(model, [one], 7.0, lambda: None)(torch.ones(1, 4, 2, 2), 1.0)
    assert heard[0] is not None and torch.equal(heard[0], torch.cat([pooled[1], pooled[0]]))


def test_every_evaluation_is_told_once() -> None:
    told: list[int] = []
    model: Any = Echo()
    predict = guided(model, [both(1.0, 1.0)], 7.0, lambda: told.append(1))
    predict(torch.ones(1, 1, 2, 2), 1.0)
    predict(torch.ones(1, 1, 2, 2), 1.0)
    assert told == [1, 1]
