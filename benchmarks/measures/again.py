"""Again: LoRA A, then B, then A draw the same picture for A, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.easel import Easel, jobs_of
from benchmarks.judge import Pixels
from benchmarks.measures.identity import scenes_of
from benchmarks.tables import Cell, Table
from storyboard.engine.base import Drawn, Engine, PreviewBatch
from storyboard.errors import argument_error
from storyboard.jobs import PreviewJob


def again(easel: Easel, names: Sequence[str], scenes: int) -> Table:
    """Draws each character before and after the next one, without the store between."""
    engine = easel.make_engine()
    rows: list[tuple[Cell, ...]] = []
    for name, other in zip(names, [*names[1:], *names[:1]], strict=True):
        before = [_drawn(engine, job) for job in _jobs(easel, name, scenes)]
        between = [_drawn(engine, job) for job in _jobs(easel, other, scenes)]
        after = [_drawn(engine, job) for job in _jobs(easel, name, scenes)]
        equal = sum(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
        apart = sum(not np.array_equal(a, b) for a, b in zip(before, between, strict=True))
        rows.append((name, other, f"{equal} of {scenes}", f"{apart} of {scenes}"))
    engine.close()
    columns = ("LoRA A", "then B", "A again equal bit for bit", "B differs from A")
    return Table("again", "LoRA A, then B, then A again", columns, tuple(rows))


def _jobs(easel: Easel, name: str, scenes: int) -> list[PreviewJob]:
    panels = list(scenes_of(name, scenes, 1.0))
    found = jobs_of(easel.open(f"again-{name}", panels), panels)
    return [one.preview for one in found if one.preview is not None]


def _drawn(engine: Engine, job: PreviewJob) -> Pixels:
    """The picture of a job. Raises `ProblemsError` where it cannot be drawn."""
    (result,) = engine.draw(PreviewBatch((job,)), {}, lambda done, total: None)
    if not isinstance(result, Drawn):
        raise argument_error(f"a picture could not be drawn: {result.message}", file=job.prompt)
    return result.pixels
