"""A changed panel of a watched story appears in little more time than it takes to draw it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storyboard.engine.base import Engine
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.kept import KeptEngine
from storyboard.engine.painting import Painter, Request
from storyboard.events import Event, PanelDone
from storyboard.looking import Look
from storyboard.redrawing import Previews
from storyboard.watching import watch
from storyboard.workspace import Workspace
from tests.cli.test_loop import change


class Stopwatch:
    """A real clock that saves the story in another way each time that the loop waits; each time
    that the loop goes on, a save has just rested."""

    def __init__(self, story: Path, times: int) -> None:
        self.rested = 0.0
        self.rounds = 0
        self._story = story
        self._left = times
        self._saved = -1

    def monotonic(self) -> float:
        """Seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleeps, and saves once a round."""
        if self._saved < self.rounds:
            if self._left == 0:
                raise KeyboardInterrupt
            self._saved, self._left = self.rounds, self._left - 1
            change(self._story, "smile", "smile, smile")
        time.sleep(seconds)
        self.rested = time.monotonic()


class Deaf:
    """Nobody is told."""

    def problems(self, problems: object) -> None:
        """There are none."""
        pytest.fail(str(problems))

    def warnings(self, warnings: object) -> None:
        """Prompts may be hinted at."""

    def waiting(self, files: object) -> None:
        """A round is over."""


@pytest.mark.slow
def test_a_changed_panel_appears_in_little_more_than_its_drawing_takes(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the end of the debounce to the view, against sampling and decoding alone, the best of
    three: at most 1.3 times. The pictures are half the usual size, so that the rest counts more."""
    change(story, "seed: 5\n", "seed: 5\nsize: 192x192\n")
    change(story, "sampler: {steps: 4}", "sampler: {steps: 8}")
    drawing: list[float] = []
    whole: list[float] = []
    clock = Stopwatch(story, times=3)
    paint = Painter.paint

    def timed(self: Painter, requests: list[Request]) -> Iterator[Any]:
        start = time.monotonic()
        results = list(paint(self, requests))
        drawing.append(time.monotonic() - start)
        yield from results

    def report(event: Event) -> None:
        if isinstance(event, PanelDone) and clock.rested:
            assert Path(event.path).stat().st_size > 0
            whole.append(time.monotonic() - clock.rested)

    class Rounds(Previews):
        def draw(self, changed: Callable[[], bool]) -> Any:
            ended = super().draw(changed)
            clock.rounds += 1
            return ended

    monkeypatch.setattr(Painter, "paint", timed)
    engines: list[Engine] = []

    def make_engine() -> Engine:
        engines.append(DiffusionEngine("cpu", "float32"))
        return engines[-1]

    kept = KeptEngine(make_engine)
    rounds = Rounds(Workspace(Path("output")), story, ["face"], kept, report, Deaf())
    with pytest.raises(KeyboardInterrupt):
        watch(rounds, Look(), clock)
    kept.close()
    assert (len(engines), len(drawing), len(whole)) == (1, 4, 3)
    ratios = [all_ / drawn for all_, drawn in zip(whole, drawing[1:], strict=True)]
    print(f"ratios {[round(ratio, 3) for ratio in ratios]}, drawing {drawing[1:]} s")
    assert min(ratios) <= 1.3
