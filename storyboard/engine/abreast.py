"""Panels side by side on a CPU: each in a thread of its own that computes on one core.

One panel spread over the cores makes them wait for each other at every layer, thousands of times a
picture: a fifth of the time on a quiet machine, and most of it where other programs run too. Panels
side by side never wait; and what a panel's thread computes does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from time import perf_counter
from typing import TypeVar

import torch
from torch import Tensor

from storyboard.engine.cores import on_cores
from storyboard.engine.model import Encoded, Model

T = TypeVar("T")

Tick = Callable[[], None]
"""Called after each evaluation of the model; may raise, which ends the work."""

SMALL = 100_000_000
"""Models with fewer weights than this draw a panel on one core. Larger ones keep several cores busy
with one, and need the memory for it."""

_TRIED = 2
"""How many evaluations of a panel alone are asked both ways."""

_DONE = None

_Told = int | BaseException | None
"""What a work tells: its number after an evaluation, what it raised, or that it is done."""


class _Ended(Exception):
    """The others are not wanted any more."""


def draws_abreast(model: Model) -> bool:
    """Whether its panels are drawn a core each, which also says how their numbers come out."""
    count = sum(weight.numel() for weight in model.weights.values())
    return model.device.type == "cpu" and count < SMALL


def pictures_at_once(model: Model) -> int | None:
    """How many pictures are drawn together; None for a whole batch.

    On a CPU no more than there are cores, and of a large model one: each is then safe as soon as it
    is done, and the same bit for bit whatever is drawn beside it.
    """
    if draws_abreast(model):
        return torch.get_num_threads()
    return 1 if model.device.type == "cpu" else None


class Alone:
    """A model that draws one panel alone: on all cores, where that gives the very bits that one
    core gives, and sooner; else on one.

    Which holds for a shape of latents on this machine, its first two evaluations tell: they are
    asked both ways. In float32 sums come out otherwise on several cores, so there it is not asked.
    """

    def __init__(self, model: Model) -> None:
        self.device = model.device
        self._model = model
        self._all = 1 if model.is_float32 else torch.get_num_threads()
        self._asked = 0
        self._seconds = [0.0, 0.0]

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        """See `Model`."""
        if self._all == 1 or self._asked == _TRIED:
            return self._on(self._all, x, timestep, context)
        self._asked += 1
        one, spread = (self._timed(way, x, timestep, context) for way in (0, 1))
        slower = self._asked == _TRIED and self._seconds[1] > self._seconds[0]
        if slower or not torch.equal(one, spread):
            self._all = 1
        return one

    def _timed(self, way: int, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        """Only the last time counts: the first prepares what all others use."""
        start = perf_counter()
        found = self._on((1, self._all)[way], x, timestep, context)
        self._seconds[way] = perf_counter() - start
        return found

    def _on(self, cores: int, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        with on_cores(cores):
            return self._model.predict(x, timestep, context)


def abreast(works: Sequence[Callable[[Tick], T]], on_evaluation: Tick) -> list[T]:
    """What the works give, in their order, each done on one core and all of them at once.

    `on_evaluation` is called in this thread, once for each evaluation that all have done. What it
    raises, or a work, ends all of them and is raised here, once none of them runs any more.
    """
    told: SimpleQueue[_Told] = SimpleQueue()
    ended = Event()
    cores = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(len(works), "panel") as threads:
            futures = [
                threads.submit(_alone, work, number, told, ended)
                for number, work in enumerate(works)
            ]
            try:
                _follow(len(works), told, on_evaluation)
            finally:
                ended.set()
        return [future.result() for future in futures]
    finally:
        # A thread's number of cores is also that of threads yet to come: not one, from here on.
        torch.set_num_threads(cores)


def _alone(work: Callable[[Tick], T], number: int, told: SimpleQueue[_Told], ended: Event) -> T:
    def tick() -> None:
        if ended.is_set():
            raise _Ended
        told.put(number)

    try:
        with on_cores(1):
            found = work(tick)
    except BaseException as problem:
        told.put(problem)
        raise
    told.put(_DONE)
    return found


def _follow(count: int, told: SimpleQueue[_Told], on_evaluation: Tick) -> None:
    """Passes on each evaluation when the last of the works has done it, until all are done. Raises
    what one of them raised."""
    evaluations, passed, running = [0] * count, 0, count
    while running:
        what = told.get()
        if isinstance(what, BaseException):
            raise what
        if what is _DONE:
            running -= 1
            continue
        evaluations[what] += 1
        while passed < min(evaluations):
            passed += 1
            on_evaluation()
