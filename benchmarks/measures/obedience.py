"""Obedience: is what the prompt says to be seen?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.attributes import CLASSES
from benchmarks.easel import Easel
from benchmarks.judge import Judge, Seen, load_card
from benchmarks.prompts import Asked, asked
from benchmarks.tables import Cell, Table, share

_SKIPPED = "identity"


def obedience(easel: Easel, judge: Judge, count: int) -> Table:
    """Draws the first `count` prompts of the pinned list and judges them."""
    prompts = [asked(number) for number in range(count)]
    shown = easel.draw("obedience", [one.panel for one in prompts])
    seen = judge.see([one.preview for one in shown])
    return counted(prompts, seen, load_card()["attributes"])


def counted(
    prompts: Sequence[Asked], seen: Sequence[Seen], card: Mapping[str, Mapping[str, Any]]
) -> Table:
    """How often each attribute that was asked for is seen, and what it was mostly taken for.

    No figure is better than its judge: the probe's own accuracy, from its card, stands beside it.
    """
    rows = [
        _row(name, prompts, seen, card[name]["accuracy"]) for name in CLASSES if name != _SKIPPED
    ]
    columns = ("attribute", "obeyed", "asked for", "probe right on drawn art", "mostly mistaken")
    return Table("obedience", f"Obedience over {len(prompts)} prompts", columns, tuple(rows))


def _row(
    name: str, prompts: Sequence[Asked], seen: Sequence[Seen], accuracy: float
) -> tuple[Cell, ...]:
    judged = [
        (one.classes[name], there.word(name))
        for one, there in zip(prompts, seen, strict=True)
        if name in one.classes
    ]
    wrong = [f"{said} -> {found}" for said, found in judged if said != found]
    worst = max(sorted(set(wrong)), key=wrong.count, default=None)
    worst = f"{worst} ({wrong.count(worst)})" if worst else None
    obeyed = share(len(judged) - len(wrong), len(judged))
    return name, obeyed, len(judged), accuracy, worst
