"""How quickly stories are drawn: `python -m benchmarks.story`.

By the plain script that an author would write with diffusers, by the same with its panels sorted by
LoRAs, by storyboard in the same numbers, and by storyboard as it comes; all in one process, in
rounds, and all must ask the model equally often. Needs peft: `pip install -e ".[benchmarks]"`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch

from benchmarks.speed.bench import MODELS, Bench, Settings, named
from benchmarks.speed.limits import limit, work_of
from benchmarks.speed.rounds import Way, apart, go_round, times
from benchmarks.tables import Cell, Table, document
from storyboard.engine.base import Drawn, FinalBatch, Pixels, PreviewBatch, Source
from storyboard.engine.devices import placement
from storyboard.files import write_atomic
from storyboard.likeness import ssim

_ROUND, _ROUNDS = 8, 3
"""Panels a round on a CPU, where a whole story would take one way too long for the machine to stay
the same; and rounds elsewhere, where a story is to be drawn as a whole, as its batches are."""

_LIKE = 2
"""So many panels are compared, as each is drawn once more by the slowest way there is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints tables, and writes them as JSON."""
    options = _parser().parse_args(arguments)
    is_cpu = placement(options.device).device.type == "cpu"
    a_round = min(options.round or (_ROUND if is_cpu else options.panels), options.panels)
    rounds = options.rounds or (options.panels // a_round if is_cpu else _ROUNDS)
    settings = Settings(
        options.model,
        options.device,
        options.width,
        options.size,
        a_round,
        options.batch_size,
        options.compile,
        not options.previews,
    )
    with tempfile.TemporaryDirectory() as out:
        bench = apart(lambda: Bench(settings, Path(out)))
        ways = apart(bench.ways)
        _warm(bench, ways, Path(out))
        for number in range(rounds):
            go_round(ways, number, bench.two, Path(out))
            print(f"round {number + 1}: {_seconds(ways)}", file=sys.stderr, flush=True)
        tables = [_speed(bench, ways, settings), _likeness(bench, ways, Path(out))]
        if not options.warm_only:
            tables.append(_cold(bench, settings))
    for table in tables:
        print(table.markdown(), end="\n\n")
    if options.json:
        command = " ".join(["python -m benchmarks.story", *(arguments or sys.argv[1:])])
        found = json.dumps(document(command, tables), indent=1)
        write_atomic(options.json, f"{found}\n".encode())
    return 0


def _warm(bench: Bench, ways: Sequence[Way], out: Path) -> None:
    desk = bench.story(1)
    for number, way in enumerate(ways):
        apart(partial(way.draw, desk, out / f"warm-{number}"))


def _seconds(ways: Sequence[Way]) -> str:
    return ", ".join(f"{way.name} {way.seconds[-1]:.1f} s" for way in ways)


def _speed(bench: Bench, ways: Sequence[Way], settings: Settings) -> Table:
    """The rounds' medians."""
    work = _work_of_a_panel(bench, settings)
    limits = {way.dtype: limit(bench.device, way.dtype) for way in ways}
    rows = []
    for way in ways:
        seconds = median(way.seconds) / settings.round
        rows.append(
            (
                way.name,
                round(60 / seconds, 2),
                round(times(way, ways[0]), 2),
                round(median(way.single), 2),
                round(median(way.processor) / settings.round, 2),
                round(median(way.drawing), 3),
                round(median(way.busy), 3) if way.busy else None,
                round(work / seconds / 1e9, 1),
                round(work / seconds / limits[way.dtype], 3),
            )
        )
    what = "panels" if settings.finals else "previews"
    title = f"{settings.model}, {len(ways[0].seconds)} rounds of {settings.round} {what}"
    load = f"load of the machine {os.getloadavg()[0]:.1f}, " if hasattr(os, "getloadavg") else ""
    best = ", ".join(f"{named(dtype)} {most / 1e9:.0f} GFLOP/s" for dtype, most in limits.items())
    notes = (
        f"{load}{os.cpu_count()} cores; a panel is {work / 1e9:.0f} GFLOP; the limit, a product of "
        f"large matrices: {best}",
        f"memory of the whole process, all ways together: {_memory():.2f} GB",
    )
    columns = (
        "way",
        "panels a minute",
        "times plain",
        "one panel, s",
        "processor s a panel",
        "share drawing",
        "GPU busy",
        "GFLOP/s",
        "of the limit",
    )
    return Table("speed", title, columns, tuple(rows), notes)


def _work_of_a_panel(bench: Bench, settings: Settings) -> float:
    """A preview's and its final's, drawn in this very thread, where it is counted."""
    engine = bench.engine(bench.dtype, at_once=1)
    panel = bench.story(1).compiled.panels[0]

    def draw_both() -> None:
        assert panel.preview is not None
        (small,) = engine.draw(PreviewBatch((panel.preview,)), {}, _silent)
        assert isinstance(small, Drawn)
        if settings.finals and panel.final is not None:
            source = Source(small.pixels, small.latent)
            list(engine.draw(FinalBatch((panel.final,)), {0: source}, _silent))

    return work_of(draw_both)


def _silent(done: int, total: int) -> None:
    """Nobody counts steps here."""


def _likeness(bench: Bench, ways: Sequence[Way], out: Path) -> Table:
    """Pictures against those of the plainest engine: float32, one after another."""
    desk = bench.story(_LIKE)
    exact = bench.pictures(bench.engine(torch.float32, at_once=1), desk, out / "exact")
    rows: list[tuple[Cell, ...]] = []
    for dtype in dict.fromkeys(way.dtype for way in ways):
        found = bench.pictures(bench.engine(dtype), desk, out / f"like-{named(dtype)}")
        rows.append((f"storyboard, {named(dtype)}", *_deviation(exact, found)))
    columns = ("way", "mean of 255", "99 % within", "largest", "SSIM, mean", "SSIM, least")
    return Table("likeness", "Pictures against float32, one after another", columns, tuple(rows))


def _deviation(exact: Sequence[Pixels], found: Sequence[Pixels]) -> tuple[float, ...]:
    off = np.concatenate(
        [np.abs(a.astype(int) - b).ravel() for a, b in zip(exact, found, strict=True)]
    )
    alike = [ssim(a, b) for a, b in zip(exact, found, strict=True)]
    values = off.mean(), np.percentile(off, 99), off.max(), np.mean(alike), min(alike)
    return tuple(round(float(value), 4) for value in values)


def _cold(bench: Bench, settings: Settings) -> Table:
    ours, plain = bench.cold_starts()
    command = "render" if settings.finals else "preview"
    rows = ((f"storyboard {command}", round(ours, 1)), ("plain script", round(plain, 1)))
    columns = ("way", "seconds")
    return Table("cold", "From nothing to a panel, a new process", columns, rows)


def _memory() -> float:
    """The most memory that this process has had, in GB; 0 where it cannot be told."""
    if sys.platform == "win32":
        return 0.0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e9 if sys.platform == "darwin" else 1e6)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.story", description=__doc__)
    parser.add_argument("--model", choices=MODELS, default="inkling")
    parser.add_argument("--panels", type=int, default=24, help="of the story (default: 24)")
    parser.add_argument(
        "--round", type=int, help="panels a round (default: 8 on a CPU, elsewhere the story)"
    )
    parser.add_argument(
        "--rounds", type=int, help="default: once the story on a CPU, elsewhere three times"
    )
    parser.add_argument("--previews", action="store_true", help="previews alone, without finals")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch-size", type=int, help="default: by pictures' sizes")
    parser.add_argument("--compile", action="store_true", help="storyboard's UNet is compiled")
    parser.add_argument(
        "--width", type=float, default=1.0, help="of random models, a share of the real one's"
    )
    parser.add_argument("--size", help="of random models' previews, as 448x640")
    parser.add_argument("--warm-only", action="store_true", help="leave out the cold starts")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
