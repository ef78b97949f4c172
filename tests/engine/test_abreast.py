"""Panels side by side: each what it would be alone, and none left running when one ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import cast

import pytest
import torch
from torch import Tensor

from storyboard.engine.abreast import Alone, Tick, abreast
from storyboard.engine.model import Encoded, Model

NOTHING = Encoded(torch.zeros(1, 77, 1))


class Stop(Exception):
    """Whatever ends the work from outside."""


def work(number: int, evaluations: int = 3) -> Callable[[Tick], int]:
    """Something that asks a model so often."""

    def do(tick: Tick) -> int:
        for _ in range(evaluations):
            tick()
        return number

    return do


def silent() -> None:
    """Nobody listens."""


@pytest.mark.parametrize("count", [1, 2, 5])
def test_each_work_gives_its_own_in_their_order(count: int) -> None:
    assert abreast([work(number) for number in range(count)], silent) == list(range(count))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_an_evaluation_is_told_once_all_have_done_it(count: int) -> None:
    told: list[int] = []
    abreast([work(number) for number in range(count)], lambda: told.append(1))
    assert len(told) == 3


@pytest.mark.parametrize("count", [1, 3])
def test_each_works_on_one_core_and_leaves_the_others_as_they_are(count: int) -> None:
    cores: list[int] = []
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        abreast([lambda tick: cores.append(torch.get_num_threads())] * count, silent)
        assert cores == [1] * count
        assert torch.get_num_threads() == 2
        with_a_new_thread: list[int] = []
        thread = threading.Thread(target=lambda: with_a_new_thread.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert with_a_new_thread == [2]
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("count", [1, 3])
def test_what_a_listener_raises_ends_all_of_them(count: int) -> None:
    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        abreast([work(number, 10**9) for number in range(count)], stop)
    assert not [one for one in threading.enumerate() if one.name.startswith("panel")]


def test_what_one_raises_ends_the_others() -> None:
    def fails(tick: Tick) -> int:
        tick()
        raise Stop

    with pytest.raises(Stop):
        abreast([work(0, 10**9), fails], silent)
    assert not [one for one in threading.enumerate() if one.name.startswith("panel")]


class Counted:
    """A model that notes on how many cores it was asked; its bits may depend on that, its time
    does."""

    device = torch.device("cpu")

    def __init__(self, same: bool, seconds: dict[int, float], float32: bool = False) -> None:
        self.is_float32 = float32
        self.cores: list[int] = []
        self._same, self._seconds = same, seconds

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        cores = torch.get_num_threads()
        self.cores.append(cores)
        time.sleep(self._seconds[cores])
        return x if self._same else x + cores


@pytest.mark.parametrize(
    ("model", "cores"),
    [
        (Counted(True, {1: 0.03, 2: 0.0}), [1, 2, 1, 2, 2, 2]),
        (Counted(True, {1: 0.0, 2: 0.03}), [1, 2, 1, 2, 1, 1]),
        (Counted(False, {1: 0.03, 2: 0.0}), [1, 2, 1, 1, 1]),
        (Counted(True, {1: 0.03, 2: 0.0}, float32=True), [1, 1, 1, 1]),
    ],
    ids=["same and sooner", "same and later", "not the same", "float32"],
)
def test_a_panel_alone_has_all_cores_where_that_is_the_same_and_sooner(
    model: Counted, cores: list[int]
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        alone = Alone(cast(Model, model))
        answers = [alone.predict(torch.zeros(1), 0.0, NOTHING) for _ in range(4)]
    finally:
        torch.set_num_threads(before)
    assert model.cores == cores
    assert len({float(answer) for answer in answers}) == 1
