"""Rounds: each draws the same panels by each way in turn, so that whatever else the machine does is
shared by all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Protocol, TypeVar

import torch

from benchmarks.speed.busy import Busy
from storyboard.desk import Desk

T = TypeVar("T")


def apart(do: Callable[[], T]) -> T:
    """What `do` gives, done in a thread of its own that ends with it.

    OpenMP keeps a team of threads for each that computes on several cores, and where there are more
    in all than cores, they hardly wait for each other but sleep at once, which takes longer. Each
    way is to have the cores to itself, as it has them in a process of its own.
    """
    with ThreadPoolExecutor(1, "way") as thread:
        return thread.submit(do).result()


class Counted(Protocol):
    """Counts what a way asks of the model, and the seconds in which it draws."""

    evaluations: int
    drawing: float


@dataclass
class Way:
    """A way to draw all of a story into a folder; and of each round the seconds by the clock and of
    the processor, the share in which it drew, that in which a GPU was busy (if one is asked), and
    the seconds for one panel alone."""

    name: str
    dtype: torch.dtype
    draw: Callable[[Desk, Path], None]
    counted: Counted
    device: str = "cpu"
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    drawing: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)

    def go(self, desk: Desk, one: Desk, folder: Path) -> int:
        """A round. Gives how often the model was asked."""
        asked, drawn = self.counted.evaluations, self.counted.drawing
        start, processor = perf_counter(), process_time()
        with Busy(self.device) as busy:
            apart(lambda: self.draw(desk, folder))
            self.seconds.append(perf_counter() - start)
        self.processor.append(process_time() - processor)
        if busy.share is not None:
            self.busy.append(busy.share)
        self.drawing.append((self.counted.drawing - drawn) / self.seconds[-1])
        asked = self.counted.evaluations - asked
        start = perf_counter()
        apart(lambda: self.draw(one, folder))
        self.single.append(perf_counter() - start)
        return asked


def go_round(
    ways: Sequence[Way],
    number: int,
    story: Callable[[], tuple[Desk, Desk]],
    folder: Path,
) -> None:
    """One round of all ways. Raises AssertionError where they did not do the same work."""
    desk, one = story()
    turn = number % len(ways)  # so that no way always follows the same
    asked = {
        way.name: way.go(desk, one, folder / f"{number}-{ways.index(way)}")
        for way in (*ways[turn:], *ways[:turn])
    }
    if len(set(asked.values())) > 1:
        raise AssertionError(f"the ways asked their models unequally often: {asked}")


def times(way: Way, plain: Way) -> float:
    """How many times as quick as another: the median of the rounds' ratios."""
    return median(b / a for a, b in zip(way.seconds, plain.seconds, strict=True))
