"""An engine that is made once and lent to one run after another, its model in memory all the while.

No torch here: it is whatever engine it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from storyboard.engine.base import Batch, Drawn, Engine, Failed, OnStep, Source


class KeptEngine:
    """Makes an engine when it is first asked for one. A run that closes what it was lent gives back
    nothing; `close` does."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._engine: Engine | None = None

    def lent(self) -> Engine:
        """The engine, for one run at a time. Raises what making it raises; the next call tries
        again."""
        if self._engine is None:
            self._engine = self._make()
        return _Lent(self._engine)

    def close(self) -> None:
        """Gives back memory and device, if there is an engine."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


class _Lent:
    """The engine as a run has it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`."""
        return self._engine.draw(batch, sources, on_step)

    def foresee(self, batch: Batch) -> None:
        """See `Engine`."""
        self._engine.foresee(batch)

    def close(self) -> None:
        """The run is over; the model stays where it is."""
