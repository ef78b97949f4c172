"""The same story by storyboard: its plan, engine and store, as `render` has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import perf_counter

from storyboard.desk import Desk
from storyboard.engine.base import Batch, Drawn, Engine, Failed, OnStep, Source
from storyboard.events import Event


class Timed:
    """An engine that counts its model's evaluations, and the seconds in which it draws."""

    def __init__(self, engine: Engine) -> None:
        self.evaluations = 0
        self.drawing = 0.0
        self._engine = engine

    def draw(
        self, batch: Batch, sources: Mapping[int, Source], on_step: OnStep
    ) -> Iterator[Drawn | Failed]:
        """See `Engine`."""
        results = self._engine.draw(batch, sources, on_step)
        while True:
            start = perf_counter()
            result = next(results, None)
            self.drawing += perf_counter() - start
            if result is None:
                return
            if isinstance(result, Drawn):
                self.evaluations += int(result.provenance["evaluations"])
            yield result

    def foresee(self, batch: Batch) -> None:
        """See `Engine`."""
        self._engine.foresee(batch)

    def close(self) -> None:
        """It stays for the next round."""


def draw(desk: Desk, engine: Engine, finals: bool, batch_size: int | None = None) -> None:
    """Draws all of a story, previews and, if asked, finals. Raises RuntimeError where a picture
    fails."""
    outcome = desk.draw(desk.plan(finals), lambda: engine, _silent, batch_size)
    if outcome.failed:
        raise RuntimeError(outcome.failed[0].message)


def _silent(_: Event) -> None:
    """Nobody reads along."""
