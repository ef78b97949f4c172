"""Drawing beside the coordinator: ahead of it, never too far, and never left running."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pytest

from storyboard.engine.base import Batch, Drawn, Engine, Failed, OnStep, PreviewBatch, Source
from storyboard.executors.base import Prepared, Started, Task
from storyboard.executors.local import _AHEAD, LocalExecutor, _Easel
from storyboard.jobs import Job
from tests.support.jobs import preview
from tests.support.toy_engine import ToyEngine


class Stop(BaseException):
    """Ctrl-C and its like."""


def task(number: int, pictures: int = 1) -> Task:
    """Some previews to draw."""
    jobs = tuple(preview(seed=100 * number + place) for place in range(pictures))
    return Task(number, PreviewBatch(jobs), {})


def silent(done: int, total: int) -> None:
    """Nobody listens."""


def as_drawn(_: Task, drawn: Drawn) -> Drawn:
    """Prepares nothing."""
    return drawn


def easels() -> list[threading.Thread]:
    """The threads that draw."""
    return [one for one in threading.enumerate() if one.name == "easel"]


def test_results_come_in_the_tasks_order_each_after_its_beginning() -> None:
    tasks = [task(number, 2) for number in range(3)]
    results = LocalExecutor().carry_out(tasks, ToyEngine, silent, as_drawn)
    found = [(one.number, type(result)) for one, result in results]
    assert found == [(n, kind) for n in range(3) for kind in (Started, Prepared, Prepared)]


def test_a_task_that_needs_a_result_is_asked_for_again_after_it() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[Task | None]:
        yield task(0)
        while not taken:
            yield None
        yield task(1)

    for one, result in LocalExecutor().carry_out(tasks(), ToyEngine, silent, as_drawn):
        if isinstance(result, Prepared):
            taken.append(one.number)
    assert taken == [0, 1]


def test_the_engine_draws_the_next_while_a_picture_is_being_written() -> None:
    engine = ToyEngine()
    results = LocalExecutor().carry_out([task(0), task(1)], lambda: engine, silent, as_drawn)
    while not isinstance(next(results)[1], Prepared):
        pass
    wait_until(lambda: len(engine.drawn) == 2)
    results.close()


def test_the_engine_is_told_of_the_next_task_before_it_draws_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks, hand = [task(number) for number in range(4)], _Easel.hand
    handed: list[Task] = []

    def noted(easel: _Easel[Drawn], one: Task) -> None:
        hand(easel, one)
        handed.append(one)

    def following_are_there(_: Job) -> None:
        wait_until(lambda: len(handed) >= min(len(engine.batches) + 2, len(tasks)))

    def make() -> Engine:
        wait_until(lambda: len(handed) >= 2)
        return engine

    monkeypatch.setattr(_Easel, "hand", noted)
    engine = ToyEngine(following_are_there)
    heard: list[int] = []
    for _, result in LocalExecutor().carry_out(tasks, make, silent, as_drawn):
        if isinstance(result, Prepared):
            heard.append(len(engine.foreseen))
    assert engine.foreseen == [one.batch for one in tasks[1:]]
    assert heard[0] >= 1


def test_the_engine_waits_when_too_many_pictures_wait_to_be_written() -> None:
    engine = ToyEngine()
    results = LocalExecutor().carry_out([task(0, 100)], lambda: engine, silent, as_drawn)
    while not isinstance(next(results)[1], Prepared):
        pass
    wait_until(lambda: len(engine.drawn) == _AHEAD + 1)
    threading.Event().wait(0.05)
    assert len(engine.drawn) == _AHEAD + 1
    assert sum(isinstance(result, Prepared) for _, result in results) == 99


def test_pictures_are_prepared_several_at_once_and_come_in_their_order() -> None:
    both = threading.Barrier(2, timeout=30)
    threads: set[str] = set()

    def slowly(_: Task, drawn: Drawn) -> int:
        both.wait()  # two must be at it for either to go on
        threads.add(threading.current_thread().name)
        return drawn.index

    results = list(LocalExecutor().carry_out([task(0, 6)], ToyEngine, silent, slowly))
    found = [result for _, result in results if isinstance(result, Prepared)]
    assert [(one.index, one.made) for one in found] == [(n, n) for n in range(6)]
    assert threading.current_thread().name not in threads
    assert not [one for one in threading.enumerate() if one.name.startswith("preparing")]


def test_what_is_no_picture_is_not_prepared() -> None:
    class Failing(ToyEngine):
        def draw(
            self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
        ) -> Iterator[Drawn | Failed]:
            """See `Engine`."""
            yield Failed(0, "no")

    def never(_: Task, drawn: Drawn) -> Drawn:
        raise AssertionError

    results = LocalExecutor().carry_out([task(0)], Failing, silent, never)
    assert [result for _, result in results] == [Started(), Failed(0, "no")]


def test_steps_are_told_in_the_callers_own_thread() -> None:
    threads: set[str] = set()

    def step(done: int, total: int) -> None:
        threads.add(threading.current_thread().name)

    list(LocalExecutor().carry_out([task(0)], ToyEngine, step, as_drawn))
    assert threads == {threading.current_thread().name}


def test_what_a_step_raises_ends_the_drawing_and_gives_the_engine_back() -> None:
    engine = _Endless()

    def stop(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        list(LocalExecutor().carry_out([task(0)], lambda: engine, stop, as_drawn))
    assert engine.closed == 1
    assert not easels()


def test_closing_the_results_ends_an_engine_that_draws() -> None:
    engine = _Endless()
    results = LocalExecutor().carry_out([task(0)], lambda: engine, silent, as_drawn)
    next(results)
    results.close()
    assert engine.closed == 1
    assert not easels()


def test_what_making_the_engine_raises_is_raised() -> None:
    def none() -> Engine:
        raise LookupError("no GPU")

    with pytest.raises(LookupError, match="no GPU"):
        list(LocalExecutor().carry_out([task(0)], none, silent, as_drawn))
    assert not easels()


class _Endless(ToyEngine):
    """Draws for ever, unless a step ends it."""

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`."""
        while True:
            on_step(1, 2)
            yield from ()


def wait_until(condition: object, seconds: float = 30.0) -> None:
    """Waits for another thread."""
    assert callable(condition)
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it took too long")
