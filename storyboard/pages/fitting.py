"""Pieces in lines under a profile: the narrowest that can be, then the most even.

Two passes of dynamic programming over the lines from the last to the first, for all numbers of
lines at once. A table has the length of each line by its first and its last piece, infinite where
no line can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_SLACK = 1.0001
_NOTHING = 1e-9
"""A width that no line fits into."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The lines that `n` pieces can make: `lengths` are n x n, by first and last piece; `costs`
    are those of a break before each piece."""

    lengths: Numbers
    costs: Numbers


@dataclass(frozen=True, slots=True)
class Split:
    """The numbers of the pieces that lines start with, and what a longest line may measure."""

    starts: tuple[int, ...]
    width: float


Shape = Callable[[int], Sequence[float]]
"""How long each of so many lines may be, relative to the longest."""


def splits(rows: Rows, counts: Sequence[int], shape: Shape) -> list[Split | None]:
    """The evenest split for each number of lines, as narrow as can be; None where breaks forbid
    it."""
    widths = narrowest(rows, counts, shape) * _SLACK
    return splits_within(rows, counts, np.where(np.isfinite(widths), widths, _NOTHING), shape)


def narrowest(rows: Rows, counts: Sequence[int], shape: Shape) -> Numbers:
    """For each number of lines the least width whose chords hold them; infinite where breaks
    forbid it."""
    targets = _targets(counts, shape)
    size = len(rows.costs)
    best = np.full((len(counts), size + 1), np.inf)
    best[:, size] = 0.0
    for step in range(targets.shape[1]):
        needed = rows.lengths[None] / targets[:, step, None, None]
        now = np.maximum(needed, best[:, None, 1:]).min(axis=2)
        _advance(best, now, np.asarray(counts) > step)
    return best[:, 0]


def splits_within(
    rows: Rows, counts: Sequence[int], widths: Numbers, shape: Shape
) -> list[Split | None]:
    """The split for each number of lines and its width that costs least: the squares of what
    lines fall short of their chords, and their breaks."""
    targets = _targets(counts, shape)
    size = len(rows.costs)
    after = np.append(rows.costs[1:], 0.0)
    best = np.full((len(counts), size + 1), np.inf)
    best[:, size] = 0.0
    choices: list[npt.NDArray[np.int64]] = []
    for step in range(targets.shape[1]):
        chords = targets[:, step] * widths
        filled = rows.lengths[None] / chords[:, None, None]
        costs = np.where(filled <= 1, (1 - np.minimum(filled, 1)) ** 2 + after, np.inf)
        total = costs + best[:, None, 1:]
        choices.append(total.argmin(axis=2))
        _advance(best, total.min(axis=2), np.asarray(counts) > step)
    return [
        _traced(choices, number, count, float(widths[number]))
        if np.isfinite(best[number, 0])
        else None
        for number, count in enumerate(counts)
    ]


def _targets(counts: Sequence[int], shape: Shape) -> Numbers:
    """The lines' chords from the last line to the first; 1 beyond."""
    chords = {count: list(reversed(shape(count))) for count in dict.fromkeys(counts)}
    targets = np.ones((len(counts), max(counts)))
    for number, count in enumerate(counts):
        targets[number, :count] = chords[count]
    return targets


def _advance(best: Numbers, now: Numbers, active: npt.NDArray[np.bool_]) -> None:
    """Takes a step for those numbers of lines that have one more."""
    best[active, :-1] = now[active]
    best[active, -1] = np.inf


def _traced(
    choices: Sequence[npt.NDArray[np.int64]], number: int, count: int, width: float
) -> Split:
    starts = [0]
    for chosen in reversed(choices[1:count]):
        starts.append(int(chosen[number, starts[-1]]) + 1)
    return Split(tuple(starts), width)
