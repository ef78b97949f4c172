"""An author at work, on a clock that runs as fast as it is asked."""

from __future__ import annotations

from collections.abc import Callable

Deed = Callable[[], object]


class Author:
    """The clock of a `watch` loop. Deeds are done at their seconds, in their order; some seconds
    after the last one the author presses Ctrl-C."""

    PATIENCE = 5.0

    def __init__(self, *deeds: tuple[float, Deed]) -> None:
        self.now = 0.0
        self._deeds = list(deeds)
        self._end = max((at for at, _ in deeds), default=0.0) + self.PATIENCE

    def monotonic(self) -> float:
        """The seconds that were slept."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time passes, and what is due is done."""
        self.now += seconds
        while self._deeds and self._deeds[0][0] <= self.now:
            self._deeds.pop(0)[1]()
        if self.now >= self._end:
            raise KeyboardInterrupt
