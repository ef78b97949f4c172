"""Pictures are made ready to be kept while others are drawn: several at once, as one may take
longer to pack than a large device takes to draw it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from storyboard.engine.base import Drawn
from storyboard.executors.base import Prepare, Prepared, Result, Task, Told

T = TypeVar("T")

_AT_ONCE = 4
_PATIENCE = 0.5
"""Seconds between looks for a signal, which on Windows do not end waiting for a thread."""


class Preparing(Generic[T]):
    """Threads that prepare; each begins when there is work for it."""

    def __init__(self, prepare: Prepare[T]) -> None:
        self._prepare = prepare
        self._threads = ThreadPoolExecutor(_AT_ONCE, "preparing")

    def begin(self, task: Task, result: Result) -> Callable[[], Told[T]]:
        """Begins with a picture; what comes back waits for it. What is none is ready at once."""
        if not isinstance(result, Drawn):
            return lambda: result
        index, made = result.index, self._threads.submit(self._prepare, task, result)
        return lambda: Prepared(index, _waited(made))

    def close(self) -> None:
        """Ends the threads; what they have not begun is left."""
        self._threads.shutdown(cancel_futures=True)


def _waited(future: Future[T]) -> T:
    while not future.done():
        try:
            return future.result(timeout=_PATIENCE)
        except TimeoutError:
            continue
    return future.result()
