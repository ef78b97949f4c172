"""Processes that share a long list of equal tasks, one a core, and end with the process that asked.

Tasks and results are pickled, so both should be small. Few tasks are done right here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import parent_process
from types import TracebackType
from typing import Self, TypeVar

from storyboard.errors import argument_error

Task = TypeVar("Task")
Result = TypeVar("Result")

FEW = 4
"""Fewer tasks than this are done here: starting a process takes as long as a page."""

_GENTLE = 5
"""How much nicer than usual: a third of a core's time where others want it too. Less, and on a busy
machine a run's end would wait long for the last page in hand."""


class Crew:
    """Does tasks in several processes. They are started when they are first needed, and never
    forked: whoever asks may hold threads and a GPU.

    Left by an exception, Ctrl-C among them, it waits for the tasks in hand, so that none ends in
    the middle of a file, and does no other.
    """

    def __init__(self, size: int | None = None, gentle: bool = False) -> None:
        """`gentle` processes let others go first, on systems that know priorities."""
        self._size = size or cores()
        self._gentle = gentle
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Each task's result, in the tasks' order, as they come; raises what `work` raises.

        `work` is a function of a module. Of the results at most a few wait.
        """
        if self._size < 2 or len(tasks) < FEW:
            yield from map(work, tasks)
            return
        waiting: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                waiting.append(self.begin(work, task))
                if len(waiting) > self._size:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise argument_error(
                "a process that draws pages was ended from outside",
                "most often for want of memory; the same command goes on from there",
            ) from None

    def begin(self, work: Callable[[Task], Result], task: Task) -> Future[Result]:
        """Has another process do one task, and waits for nothing. Whoever asks bounds how many
        there are. Raises BrokenProcessPool where a process was ended from outside."""
        self._pool = self._pool or self._started()
        with _deaf():
            return self._pool.submit(work, task)

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(
            self._size, context, initializer=_begin, initargs=(self._gentle,)
        )


@contextmanager
def _deaf() -> Iterator[None]:
    """A process that is started within hears no Ctrl-C from its first moment on, before `_begin`;
    this one hears it a moment later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(gentle: bool) -> None:
    """A terminal sends Ctrl-C to all processes: only the one that was asked answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if gentle and hasattr(os, "nice"):
        os.nice(_GENTLE)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
