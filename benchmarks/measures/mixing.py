"""Mixing: what a style's LoRA does to a character's identity when both draw."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.easel import Easel
from benchmarks.judge import Judge
from benchmarks.measures.identity import scenes_of
from benchmarks.tables import Cell, Table, share


def mixing(
    easel: Easel, judge: Judge, names: Sequence[str], styles: Sequence[str], scenes: int
) -> Table:
    """Each character at weight 1, alone and with each style at its own default weight."""
    rows: list[tuple[Cell, ...]] = []
    for name in names:
        found: list[Cell] = [name]
        for mixed in [(), *((style,) for style in styles)]:
            panels = list(scenes_of(name, scenes, 1.0, mixed))
            shown = easel.draw(f"mixing-{'-'.join((name, *mixed))}", panels)
            seen = judge.see([one.preview for one in shown])
            found.append(share(sum(one.word("identity") == name for one in seen), scenes))
        rows.append(tuple(found))
    title = f"Identity with a style mixed in, over {scenes} scenes"
    columns = ("character", "alone", *(f"with {style}" for style in styles))
    return Table("mixing", title, columns, tuple(rows))
