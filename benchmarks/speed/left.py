"""How right the time left is that the bar tells: `python -m benchmarks.speed.left`.

A story is drawn to measure this machine, then another of the same kind, as `render` does it; what
the bar says in the second one is held against what was really left.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from benchmarks.speed.tale import INKLING, write_tale
from storyboard.desk import Desk
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.kept import KeptEngine
from storyboard.estimating import Figures, Measured
from storyboard.events import Event, PanelDone
from storyboard.reporters import Bar
from storyboard.workspace import Workspace


@dataclass
class Watched:
    """A bar, and what it said at each picture that was done, with the clock."""

    bar: Bar = field(default_factory=lambda: Bar(io.StringIO()))
    said: list[tuple[float, float | None]] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Passes it on."""
        self.bar(event)
        if isinstance(event, PanelDone):
            self.said.append((monotonic(), self.bar.left))


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.left", description=__doc__)
    parser.add_argument("--panels", type=int, default=12)
    panels = parser.parse_args().panels
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        engine = KeptEngine(DiffusionEngine)
        _drawn(out, engine, 4, 1)
        begun = monotonic()
        planned, watched = _drawn(out, engine, panels, 2)
        engine.close()
    end = watched.said[-1][0]
    print(f"planned {planned:.0f} s, took {end - begun:.0f} s")
    for at, left in watched.said:
        done = (at - begun) / (end - begun)
        if left is not None and 0.1 < done < 0.9:
            print(f"{done:4.0%} done: {left:5.1f} s said, {end - at:5.1f} s left")
    return 0


def _drawn(out: Path, engine: KeptEngine, panels: int, seed: int) -> tuple[float, Watched]:
    path = out / f"tale-{seed}.yaml"
    write_tale(path, INKLING, panels, seed)
    workspace = Workspace(out / "output")
    desk = Desk.open(workspace, path)
    figures, watched = Figures(workspace.cache_folder, "auto"), Watched()
    plan = desk.plan(True)
    planned = figures.seconds([item.job for item in plan.to_draw]) or 0.0
    reporter = Measured(watched, figures, plan.items)
    outcome = desk.draw(plan, engine.lent, reporter, weigh=figures.weight)
    figures.save()
    if outcome.failed:
        raise RuntimeError(outcome.failed[0].message)
    return planned, watched


if __name__ == "__main__":
    sys.exit(main())
