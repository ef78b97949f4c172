"""What `fast` gains and costs: `python -m benchmarks.speed.fast STORY`, previews drawn exactly and
fast in turns, one thread each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from time import process_time

import numpy as np
import torch

from benchmarks.tables import Table
from storyboard.desk import Desk
from storyboard.engine.base import Drawn, Pixels, PreviewBatch
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.jobs import PreviewJob
from storyboard.likeness import ssim
from storyboard.settings import FAST
from storyboard.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Pair:
    """A preview both ways: seconds of the processor exactly and fast, the mean deviation of 255,
    and the SSIM."""

    exact: float
    fast: float
    deviation: float
    likeness: float


def compared(engine: DiffusionEngine, job: PreviewJob, above: float) -> Pair:
    """Draws a preview exactly, and with guidance `above` a noise level alone."""
    exact, exact_seconds = _drawn(engine, job)
    fast, fast_seconds = _drawn(
        engine, replace(job, sampling=replace(job.sampling, guided_above=above))
    )
    deviation = float(np.abs(exact.astype(np.int16) - fast).mean())
    return Pair(exact_seconds, fast_seconds, deviation, ssim(exact, fast))


def table(pairs: Sequence[Pair], above: float) -> Table:
    """One row for all of them."""
    exact, fast = (
        sum(seconds) for seconds in zip(*((p.exact, p.fast) for p in pairs), strict=True)
    )
    row = (
        above,
        round(exact / fast, 3),
        round(mean(pair.deviation for pair in pairs), 2),
        round(mean(pair.likeness for pair in pairs), 4),
        round(min(pair.likeness for pair in pairs), 4),
    )
    columns = ("guided above", "times as quick", "mean deviation", "SSIM, mean", "SSIM, least")
    return Table("fast", f"{len(pairs)} previews, exactly and fast", columns, (row,))


def _drawn(engine: DiffusionEngine, job: PreviewJob) -> tuple[Pixels, float]:
    begun = process_time()
    [result] = engine.draw(PreviewBatch((job,)), {}, lambda done, total: None)
    assert isinstance(result, Drawn), result
    return result.pixels, process_time() - begun


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, and prints a table for each noise level."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.fast", description=__doc__)
    parser.add_argument("story", type=Path)
    parser.add_argument("--above", type=float, nargs="+", default=[FAST])
    parser.add_argument("--panels", type=int, default=10)
    parser.add_argument("--output", type=Path, default=Path("output"))
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    compiled = Desk.open(Workspace(options.output), options.story).compiled
    jobs = [p.preview for p in compiled.panels if p.preview][: options.panels]
    engine = DiffusionEngine("cpu")
    for above in options.above:
        _drawn(engine, jobs[0])  # loads and prepares, which neither way is to pay for
        print(table([compared(engine, job, above) for job in jobs], above).markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
