"""The labelled picture of a panel's takes over a grid of settings, beside the takes themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from storyboard.desk import Desk
from storyboard.export.grid import Cell, Grid, grid_png
from storyboard.files import safe_names, write_atomic
from storyboard.gathering import picture_of
from storyboard.proposals import Axis
from storyboard.takes import FOLDER, Take


def write_grid(desk: Desk, panel: str, takes: Sequence[Take], axes: Sequence[Axis]) -> Path:
    """Writes `takes/1.face/grid-05.png`, after its first take's number, and gives its path."""
    columns, rows = axes[0], axes[1] if len(axes) > 1 else None
    grid = Grid(
        title=f"{panel}: " + " by ".join(one.key for one in axes),
        columns=tuple(f"{columns.key}={value}" for value in columns.values),
        rows=tuple(f"{rows.key}={value}" for value in rows.values) if rows else ("",),
        cells=tuple(Cell(take.number, picture_of(desk.store, take.digest)) for take in takes),
    )
    names = safe_names(one.address for one in desk.compiled.panels)
    folder = desk.folder / FOLDER / names[panel]
    path = folder / f"grid-{takes[0].number:02}.png"
    write_atomic(path, grid_png(grid))
    return path
