"""Several made by one call where that is quicker, as far as memory goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Generic, TypeVar

from storyboard.engine.ladder import Stage
from storyboard.engine.memory import Memory
from storyboard.geometry import Size

S = TypeVar("S")
T = TypeVar("T")

TOGETHER = 4_000_000
"""Pixels of results that are made together at most. A picture of a megapixel is 10 TFLOP to decode,
so a few of them keep any device busy, and more would only need more memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Made(Generic[T]):
    """What was made of one of several, None where it is yet to be made, by itself; and whether
    fewer were made with it than could be, since memory ran out."""

    it: T | None = None
    fewer: bool = False


def together(
    stage: Stage,
    items: Iterable[S],
    size: Size,
    memory: Memory,
    make: Callable[[list[S]], Iterable[T | None]],
    pixels: int = TOGETHER,
) -> Iterator[Made[T]]:
    """What `make` makes of each, in order; `pixels` is how many at once, and `size` a picture's.

    What would be alone is left to be made by itself, and so is what `make` gives None for: there
    it can be mended.
    """
    waiting = deque(items)
    while waiting:
        most = min(len(waiting), max(pixels // size.area, 1))
        count = memory.at_once(stage, size, most)
        if count == 1:
            waiting.popleft()
            yield Made(None, most > 1)
            continue
        found = memory.tried(stage, partial(make, list(islice(waiting, count))))
        if found is None:
            memory.stepped_down(stage, size, count)
            continue
        for one in found[0]:
            waiting.popleft()
            yield Made(one, count < most)
