"""Draws on this machine, in a thread beside the coordinator's: while that one writes a picture, the
engine draws the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Semaphore, Thread
from typing import Generic, TypeVar

from storyboard.engine.base import Engine, OnStep
from storyboard.errors import ProblemsError
from storyboard.executors.base import (
    Broken,
    EngineFactory,
    Executor,
    Prepare,
    Result,
    Started,
    Task,
    Told,
)
from storyboard.executors.preparing import Preparing

T = TypeVar("T")

_AHEAD = 8
"""How many pictures may wait to be kept; then the engine waits, so that memory is bounded."""

_IN_HAND = 3
"""Tasks that the thread has: the one that the engine draws, the next, and one more, so that when it
comes to the next it knows what follows that."""

_PATIENCE = 0.5
"""Seconds between looks for a signal, which on Windows do not end waiting for a queue."""


class LocalExecutor:
    """One engine, made with the first task and closed after the last."""

    workers = 1

    def carry_out(
        self,
        tasks: Iterable[Task | None],
        make_engine: EngineFactory,
        on_step: OnStep,
        prepare: Prepare[T],
    ) -> Generator[tuple[Task, Told[T]]]:
        """See `Executor`. What the engine's making raises is raised: nothing can be drawn then."""
        coming, in_hand = iter(tasks), 0
        with (
            closing(Preparing(prepare)) as preparing,
            closing(_Easel(make_engine, preparing)) as easel,
        ):
            while True:
                for task in _ready(coming, _IN_HAND - in_hand):
                    easel.hand(task)
                    in_hand += 1
                if not in_hand:
                    return
                told = easel.hear()
                if isinstance(told, BaseException):
                    raise told
                if isinstance(told, _Step):
                    on_step(told.done, told.total)
                elif isinstance(told, _Done):
                    in_hand -= 1
                else:
                    result = told.result()
                    yield told.task, result
                    easel.make_room(result)


def executor() -> Executor:
    """This module's executor."""
    return LocalExecutor()


@dataclass(frozen=True, slots=True)
class _Step:
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Told(Generic[T]):
    """A task's result, which `result` may have to wait for."""

    task: Task
    result: Callable[[], Told[T]]


class _Done:
    """A task is over."""


class _Ended(BaseException):
    """Nobody wants the pictures any more; no error, and nothing to be caught as one."""


class _Tasks:
    """Tasks from another thread, up to None, which stands for the end."""

    def __init__(self) -> None:
        self._handed: SimpleQueue[Task | None] = SimpleQueue()
        self._seen: deque[Task | None] = deque()

    def put(self, task: Task | None) -> None:
        """Hands one over."""
        self._handed.put(task)

    def take(self) -> Task | None:
        """The next one; waits for it."""
        return self._seen.popleft() if self._seen else self._handed.get()

    def following(self) -> Task | None:
        """The one that will be taken next, if it is there by now."""
        if not self._seen:
            with suppress(Empty):
                self._seen.append(self._handed.get_nowait())
        return self._seen[0] if self._seen else None


class _Easel(Generic[T]):
    """The thread that draws. What it has to tell comes by `hear`, in order."""

    def __init__(self, make_engine: EngineFactory, preparing: Preparing[T]) -> None:
        self._make_engine = make_engine
        self._preparing = preparing
        self._tasks = _Tasks()
        self._told: SimpleQueue[_Told[T] | _Step | _Done | BaseException] = SimpleQueue()
        self._room = Semaphore(_AHEAD)
        self._ended = Event()
        # A daemon, so that a second Ctrl-C need not wait for it.
        self._thread = Thread(target=self._work, name="easel", daemon=True)
        self._thread.start()

    def hand(self, task: Task) -> None:
        """Gives it a task, to be begun after those before it."""
        self._tasks.put(task)

    def hear(self) -> _Told[T] | _Step | _Done | BaseException:
        """What it tells next; waits for it."""
        while True:
            try:
                return self._told.get(timeout=_PATIENCE)
            except Empty:
                continue

    def make_room(self, result: Told[T]) -> None:
        """A result was taken: another picture may wait in its place."""
        if not isinstance(result, Started):
            self._room.release()

    def close(self) -> None:
        """Ends it, after the evaluation that it is at; what it holds is given back."""
        self._ended.set()
        self._room.release()
        self._tasks.put(None)
        self._thread.join()

    def _work(self) -> None:
        engine: Engine | None = None
        try:
            while (task := self._tasks.take()) is not None:
                engine = engine or self._make_engine()
                if (following := self._tasks.following()) is not None:
                    engine.foresee(following.batch)
                self._draw(engine, task)
        except _Ended:
            pass
        except BaseException as problem:
            self._told.put(problem)
        finally:
            if engine is not None:
                engine.close()

    def _draw(self, engine: Engine, task: Task) -> None:
        self._tell(task, Started())
        for result in results_of(engine, task, self._step):
            self._room.acquire()
            self._look()
            self._tell(task, result)
        self._told.put(_Done())

    def _tell(self, task: Task, result: Result) -> None:
        self._told.put(_Told(task, self._preparing.begin(task, result)))

    def _step(self, done: int, total: int) -> None:
        self._look()
        self._told.put(_Step(done, total))

    def _look(self) -> None:
        if self._ended.is_set():
            raise _Ended


def _ready(coming: Iterator[Task | None], most: int) -> Iterator[Task]:
    """At most so many tasks that can be handed out by now."""
    for _ in range(most):
        task = next(coming, None)
        if task is None:
            return
        yield task


def results_of(engine: Engine, task: Task, on_step: OnStep) -> Iterator[Result]:
    """One result a job, or fewer and then why it ended."""
    pending = set(range(len(task.batch.jobs)))
    try:
        for result in engine.draw(task.batch, task.sources, on_step):
            if result.index not in pending:
                yield Broken(f"the engine gave a picture of number {result.index} unasked", True)
                return
            pending.remove(result.index)
            yield result
    except ProblemsError as problem:
        yield Broken(str(problem), shared=True)
    except Exception as problem:  # whatever it is, the other batches can go on
        yield Broken(_sentence(problem), shared=False)
    else:
        if pending:
            yield Broken("the engine gave no picture", shared=False)


def _sentence(problem: Exception) -> str:
    text = " ".join(str(problem).split())[:500]
    name = type(problem).__name__
    return f"the engine failed with {name}: {text}" if text else f"the engine failed with {name}"
