"""Several processes draw from one queue, and one that dies takes nothing along."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from storyboard.engine.base import Batch, Drawn, Engine, Failed, OnStep, PreviewBatch, Source
from storyboard.engine.fake import FakeEngine
from storyboard.errors import ProblemsError, argument_error
from storyboard.executors.base import Broken, Prepared, Started, Task
from storyboard.executors.several import SeveralExecutor
from tests.support.jobs import preview


class Mortal(FakeEngine):
    """Kills its own process after the first picture, as often as `deaths` files are missing."""

    def __init__(self, grave: Path, deaths: int) -> None:
        super().__init__()
        self._grave, self._deaths = grave, deaths

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`."""
        for number, result in enumerate(super().draw(batch, sources, on_step)):
            if number == 1 and len(list(self._grave.iterdir())) < self._deaths:
                (self._grave / str(os.getpid())).touch()
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            yield result


def mortal(grave: Path, deaths: int) -> Engine:
    """In the other process."""
    return Mortal(grave, deaths)


def silent(done: int, total: int) -> None:
    """Nobody listens."""


def as_drawn(_: Task, drawn: Drawn) -> Drawn:
    """Prepares nothing."""
    return drawn


def unasked() -> Engine:
    """The coordinator needs none of its own."""
    raise AssertionError


def tasks(count: int, pictures: int = 3) -> list[Task]:
    """Batches of previews."""
    return [
        Task(n, PreviewBatch(tuple(preview(seed=10 * n + p) for p in range(pictures))), {})
        for n in range(count)
    ]


@pytest.mark.parametrize("deaths", [0, 1])
def test_all_is_drawn_once_though_a_process_dies(deaths: int, tmp_path: Path) -> None:
    makers = [partial(mortal, tmp_path, deaths)] * 2
    found = list(SeveralExecutor(makers).carry_out(tasks(4), unasked, silent, as_drawn))
    assert len(list(tmp_path.iterdir())) == deaths
    drawn = Counter((task.number, one.index) for task, one in found if isinstance(one, Prepared))
    assert drawn == Counter((n, p) for n in range(4) for p in range(3))
    assert [task.number for task, one in found if isinstance(one, Started)] == [0, 1, 2, 3]
    alone = {
        (task.number, one.index): one.pixels
        for task in tasks(4)
        for one in FakeEngine().draw(task.batch, {}, silent)
        if isinstance(one, Drawn)
    }
    for task, one in found:
        if isinstance(one, Prepared):
            assert (one.made.pixels == alone[task.number, one.index]).all()


def test_a_task_that_processes_die_of_is_given_up(tmp_path: Path) -> None:
    makers = [partial(mortal, tmp_path, 2)] * 3
    found = [
        one for _, one in SeveralExecutor(makers).carry_out(tasks(1), unasked, silent, as_drawn)
    ]
    assert sum(isinstance(one, Prepared) for one in found) == 2
    assert any(isinstance(one, Broken) and one.shared for one in found)


def test_when_all_have_died_the_run_ends_in_a_sentence(tmp_path: Path) -> None:
    executor = SeveralExecutor([partial(mortal, tmp_path, 9)])
    with pytest.raises(ProblemsError, match="processes of all devices have died"):
        list(executor.carry_out(tasks(2), unasked, silent, as_drawn))


def test_what_was_drawn_before_all_died_is_kept(tmp_path: Path) -> None:
    executor = SeveralExecutor([partial(mortal, tmp_path, 9)] * 2)
    kept: list[int] = []
    with pytest.raises(ProblemsError, match="processes of all devices have died"):
        for _, one in executor.carry_out(tasks(2), unasked, silent, as_drawn):
            if isinstance(one, Prepared):
                kept.append(one.index)
    assert kept == [0, 0]  # of both the first, as each dies at its second


def none() -> Engine:
    """There is no such device."""
    raise argument_error("torch finds only 1 CUDA devices here")


def test_a_device_that_is_not_there_ends_the_run_in_a_sentence() -> None:
    with pytest.raises(ProblemsError, match="only 1 CUDA devices"):
        list(SeveralExecutor([none]).carry_out(tasks(1), unasked, silent, as_drawn))
