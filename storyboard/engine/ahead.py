"""Work that is begun before its result is asked for, in a thread beside drawing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Generic, TypeVar

import torch

from storyboard.engine.cores import on_cores

T = TypeVar("T")


class Ahead(Generic[T]):
    """At most one piece of work at a time, whose result is given once."""

    def __init__(self) -> None:
        self._begun: Future[T] | None = None

    def begin(self, work: Callable[[], T]) -> None:
        """Begins it, after what was begun before."""
        self.result()
        cores = torch.get_num_threads()
        thread = ThreadPoolExecutor(1, "ahead")
        self._begun = thread.submit(_on_its_own, work, cores)
        thread.shutdown(wait=False)  # it ends with the work

    def wait(self) -> None:
        """Waits until the work is done, if there is any."""
        if self._begun is not None:
            wait([self._begun])

    def result(self) -> T | None:
        """What the work gave, once it is done; None where it failed, or there was none."""
        begun, self._begun = self._begun, None
        if begun is not None:
            with suppress(Exception):  # whoever needs it does it again, and meets the reason
                return begun.result()
        return None


def _on_its_own(work: Callable[[], T], cores: int) -> T:
    # A thread's number of cores is also that of threads yet to come, and it may begin with one that
    # a panel's thread has set for itself: it must leave what holds for all.
    torch.get_num_threads()
    torch.set_num_threads(cores)
    with on_cores(1):  # a second team of threads would make drawing's sleep where they now wait
        return work()
