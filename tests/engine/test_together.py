"""Several made together, as far as memory goes, and what is left over made by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from storyboard.engine.ladder import Stage
from storyboard.engine.memory import Memory
from storyboard.engine.together import Made, together
from storyboard.geometry import Size

SIZE = Size(64, 48)
THREE = 3 * SIZE.area
"""Pixels that are made together here."""


class Maker:
    """Makes tenfold of numbers, where so many fit, and counts them; of 13 it makes nothing."""

    def __init__(self, fits: Callable[[int], bool] = lambda count: True) -> None:
        self.asked: list[int] = []
        self.told: list[str] = []
        self._fits = fits

    def __call__(self, items: list[int]) -> list[int | None]:
        self.asked.append(len(items))
        if not self._fits(len(items)):
            raise torch.OutOfMemoryError
        return [None if item == 13 else 10 * item for item in items]

    def made(self, *items: int, stage: Stage = Stage.VAE, pixels: int = THREE) -> list[Made[int]]:
        """What comes out, as (what was made, whether fewer)."""
        memory = Memory(torch.device("cpu"), self.told.append)
        return list(together(stage, items, SIZE, memory, self, pixels))


def results(made: list[Made[int]]) -> list[int | None]:
    return [one.it for one in made]


def test_as_many_as_the_limit_go_together_and_stay_in_order() -> None:
    maker = Maker()
    made = maker.made(1, 2, 3, 4, 5)
    assert results(made) == [10, 20, 30, 40, 50]
    assert maker.asked == [3, 2]
    assert not any(one.fewer for one in made) and maker.told == []


def test_the_last_one_alone_is_left_to_be_made_by_itself() -> None:
    maker = Maker()
    made = maker.made(1, 2, 3, 4)
    assert results(made) == [10, 20, 30, None]
    assert maker.asked == [3] and not made[3].fewer


@pytest.mark.parametrize("pixels", [0, SIZE.area, 2 * SIZE.area - 1])
def test_where_one_is_the_limit_nothing_is_made_together(pixels: int) -> None:
    maker = Maker()
    made = maker.made(1, 2, 3, pixels=pixels)
    assert results(made) == [None, None, None]
    assert maker.asked == [] and not any(one.fewer for one in made)


def test_what_came_to_nothing_is_left_to_be_made_by_itself() -> None:
    assert results(Maker().made(1, 13, 3)) == [10, None, 30]


@pytest.mark.parametrize(
    ("stage", "where"), [(Stage.VAE, "in the VAE"), (Stage.UPSCALER, "in the upscaler")]
)
def test_without_memory_for_several_each_is_left_to_be_made_alone(stage: Stage, where: str) -> None:
    maker = Maker(lambda count: False)
    made = maker.made(1, 2, 3, 4, stage=stage)
    assert maker.asked == [3]
    assert maker.told == [f"out of memory with 3 pictures at once {where}: at most 1 from now on"]
    assert results(made) == [None, None, None, None]
    assert [one.fewer for one in made] == [True, True, True, False]  # the last had nobody


def test_with_memory_for_some_fewer_are_made_together() -> None:
    maker = Maker(lambda count: count <= 2)
    made = maker.made(1, 2, 3, 4, 5, 6, pixels=5 * SIZE.area)
    assert results(made) == [10, 20, 30, 40, 50, 60]
    assert maker.asked == [5, 2, 2, 2]
    assert [one.fewer for one in made] == [True] * 4 + [False] * 2


def test_another_error_is_no_lack_of_memory() -> None:
    def broken(items: list[int]) -> list[int]:
        raise RuntimeError("a kernel failed")

    memory = Memory(torch.device("cpu"), lambda _: None)
    with pytest.raises(RuntimeError, match="a kernel failed"):
        list(together(Stage.VAE, [1, 2], SIZE, memory, broken, THREE))
