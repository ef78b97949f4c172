"""Draws on several devices of this machine: a process for each, all taking from one queue.

A process that dies takes nothing along: what it had not drawn is drawn by another, since none but
the coordinator writes.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeVar, cast

from storyboard.engine.base import Batch, Drawn, Failed, FinalBatch, OnStep, PreviewBatch
from storyboard.errors import ProblemsError, argument_error
from storyboard.executors.base import (
    Broken,
    EngineFactory,
    Prepare,
    Result,
    Started,
    Task,
    Told,
)
from storyboard.executors.local import results_of
from storyboard.executors.preparing import Preparing

T = TypeVar("T")

_MOST_DEATHS = 2
"""A task that so many processes died of is not given to a third."""

_GRACE = 5.0
"""Seconds that a process has to end by itself."""


class SeveralExecutor:
    """An engine for each of `makers`, which must be such as another process can be given. A
    process is started when there is a task for it."""

    def __init__(self, makers: Sequence[EngineFactory]) -> None:
        self._makers = makers
        self.workers = len(makers)

    def carry_out(
        self,
        tasks: Iterable[Task | None],
        make_engine: EngineFactory,
        on_step: OnStep,
        prepare: Prepare[T],
    ) -> Generator[tuple[Task, Told[T]]]:
        """See `Executor`; `make_engine` and `on_step` are not needed: each process has an engine of
        its own, and their steps would tell nobody how far all of them are.

        Raises ProblemsError where all processes have died, or one cannot make its engine.
        """
        coming = iter(tasks)
        with (
            closing(Preparing(prepare)) as preparing,
            closing(_Crew(self._makers)) as crew,
        ):
            while True:
                for given in crew.given(coming):
                    yield given.task, Started()
                if not crew.at_work:
                    return
                begun: list[tuple[Task, Callable[[], Told[T]]]] = []
                problem = None
                try:
                    for task, result in crew.heard():
                        begun.append((task, preparing.begin(task, result)))
                except ProblemsError as ended:  # once what was drawn before is kept
                    problem = ended
                yield from ((task, told()) for task, told in begun)
                if problem is not None:
                    raise problem


@dataclass(frozen=True, slots=True)
class _NoEngine:
    """A process could not make its engine, and why."""

    message: str


@dataclass
class _Given:
    """A task, and which of its pictures are still to come."""

    task: Task
    left: list[int]
    deaths: int = 0

    def rest(self) -> Task:
        """What is left, as a task of its own."""
        sources = {
            new: self.task.sources[old]
            for new, old in enumerate(self.left)
            if old in self.task.sources
        }
        return Task(self.task.number, _batch(self.task.batch, self.left), sources)


@dataclass
class _Worker:
    """A process, the pipe to it, and what it is drawing: a task, and which of its places."""

    process: BaseProcess
    pipe: Connection
    given: _Given | None = None
    places: tuple[int, ...] = ()


@dataclass
class _Crew:
    """All processes, and the tasks that died ones left."""

    makers: Sequence[EngineFactory]
    workers: list[_Worker] = field(default_factory=list)
    orphans: list[_Given] = field(default_factory=list)
    dead: int = 0

    @property
    def at_work(self) -> bool:
        """Whether anything is being drawn, or waits to be drawn again."""
        return bool(self.orphans) or any(worker.given for worker in self.workers)

    def given(self, coming: Iterator[Task | None]) -> Iterator[_Given]:
        """Hands out tasks while there are processes for them; gives those that are new."""
        while (worker := self._idle()) is not None:
            if self.orphans:
                self._hand(worker, self.orphans.pop(0))
                continue
            task = next(coming, None)
            if task is None:
                return
            given = _Given(task, list(range(len(task.batch.jobs))))
            self._hand(worker, given)
            yield given

    def heard(self) -> Iterator[tuple[Task, Result]]:
        """What some processes tell; waits for it."""
        pipes = {worker.pipe: worker for worker in self.workers if worker.given}
        for pipe in cast("list[Connection]", wait(list(pipes))):
            yield from self._said(pipes[pipe])

    def _said(self, worker: _Worker) -> Iterator[tuple[Task, Result]]:
        """What one process has told by now of its task."""
        try:
            while worker.given is not None and worker.pipe.poll():
                told: Result | _NoEngine | None = worker.pipe.recv()
                if isinstance(told, _NoEngine):
                    raise argument_error(told.message, "", "--devices")
                if told is None:
                    worker.given = None
                elif isinstance(told, Drawn | Failed):
                    place = worker.places[told.index]
                    worker.given.left.remove(place)
                    yield worker.given.task, replace(told, index=place)
                elif isinstance(told, Broken):
                    yield worker.given.task, told
        except (EOFError, OSError):
            yield from self._died(worker)

    def close(self) -> None:
        """Ends all processes; nothing is lost, as they write nothing."""
        for worker in self.workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in self.workers:
            worker.process.join(_GRACE)
            if worker.process.is_alive():
                worker.process.kill()

    def _idle(self) -> _Worker | None:
        free = next((worker for worker in self.workers if worker.given is None), None)
        if free is None and len(self.workers) + self.dead < len(self.makers):
            free = _started(self.makers[len(self.workers) + self.dead])
            self.workers.append(free)
        return free

    def _hand(self, worker: _Worker, given: _Given) -> None:
        worker.given, worker.places = given, tuple(given.left)
        with suppress(OSError):  # it has died: that is heard, and the task is an orphan then
            worker.pipe.send(given.rest())

    def _died(self, worker: _Worker) -> Iterator[tuple[Task, Result]]:
        self.workers.remove(worker)
        self.dead += 1
        worker.process.join(_GRACE)
        given = worker.given
        if given is None or not given.left:
            return
        given.deaths += 1
        if given.deaths >= _MOST_DEATHS:
            yield given.task, Broken("the processes that drew it died", shared=True)
        elif self.dead == len(self.makers):
            raise argument_error(
                "the processes of all devices have died", "look at their memory", "--devices"
            )
        else:
            self.orphans.append(given)


def _started(make_engine: EngineFactory) -> _Worker:
    # A forked process would share the parent's GPU, which CUDA does not allow.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, make_engine), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Connection, make_engine: EngineFactory) -> None:
    """A process's life: tasks in, results out, until nobody listens."""
    try:
        engine = make_engine()
    except ProblemsError as problem:
        pipe.send(_NoEngine(str(problem)))
        return
    try:
        while True:
            task: Task = pipe.recv()
            for result in results_of(engine, task, _silent):
                pipe.send(result)
            pipe.send(None)
    except (EOFError, OSError, KeyboardInterrupt):
        pass
    finally:
        engine.close()


def _silent(done: int, total: int) -> None:
    """Steps are not told."""


def _batch(like: Batch, places: Sequence[int]) -> Batch:
    """A batch of some of another's jobs."""
    if isinstance(like, PreviewBatch):
        return PreviewBatch(tuple(like.jobs[place] for place in places))
    return FinalBatch(tuple(like.jobs[place] for place in places))
