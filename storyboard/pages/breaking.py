"""Where lines break: balanced blocks, lens-shaped for balloons and level for captions.

Everything is measured in em, since no choice here depends on the size of the letters. Columns
break as lines do; their blocks are higher than wide.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from storyboard.pages.fitting import Rows, Split, narrowest, splits, splits_within
from storyboard.pages.fonts import Font
from storyboard.pages.itemising import Lettered, itemised
from storyboard.pages.pieces import Piece, pieces
from storyboard.pages.rows import rows_of
from storyboard.pages.runs import LEADING, Line, leading_of, line_of
from storyboard.pages.scripts import EASTERN

__all__ = ["LEADING", "Block", "Line", "Profile", "blocks", "clean"]

Profile = Literal["lens", "level"]

_MOST_BLOCKS = 10
_MOST_FINE = 160
"""A text of more pieces than this is not cut finer: it has breaks enough."""

_WIDE, _HIGH = 1.7, 1.3
"""How wide a block of lines is for its height, and how high one of columns for its width."""

_LONG = 0.9
"""Where a word is longer than this part of an ideal line, words are cut."""

_AIRS = (0.0, 0.3, 0.6)
"""How far between their narrowest width and that of whole words finely cut blocks are tried."""

_BETTER = 0.02
"""By so much a finely cut block must be less ragged to be worth it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together, from top to bottom, or columns from right to left."""

    lines: tuple[Line, ...]
    raggedness: float
    """How far the lines fall short of their profile: the mean square, 0 to 1; and what their
    breaks cost."""
    leading: float = LEADING
    """From baseline to baseline, or between the columns' middles."""
    base: int = 0
    """Whether the text runs to the right (0) or to the left (1)."""

    @property
    def width(self) -> float:
        """The longest line's, in em; of columns, their height."""
        return max(line.width for line in self.lines)


def clean(text: str) -> str:
    """Composed characters (NFC), single spaces, line breaks as the author set them."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    lines = (re.sub(r"[ \t]+", " ", line).strip(" ") for line in composed.split("\n"))
    return "\n".join(line for line in lines if line)


@lru_cache(maxsize=256)
def blocks(text: str, font: Font, profile: Profile) -> tuple[Block, ...]:
    """The best block for each sensible number of lines, fewest lines first.

    `text` is clean and not empty. Breaks stand at spaces, after hyphens and dashes inside words,
    between phrases, and where the author broke the line; where that makes poor blocks, there are
    others beside them that break with hyphens and inside phrases, at a cost.
    """
    lettered = itemised(text, font)
    breaker = _Breaker(lettered, "level" if font.vertical else profile, leading_of(lettered))
    coarse = breaker.coarse()
    return tuple(coarse if not breaker.wants_finer() else breaker.with_finer(coarse))


class _Breaker:
    """Breaks one text."""

    def __init__(self, lettered: Lettered, profile: Profile, leading: float) -> None:
        self._lettered = lettered
        self._profile = profile
        self._leading = leading
        self._pieces = pieces(lettered, False)
        self._rows = rows_of(lettered, self._pieces)
        self._counts = self._sensible_counts()

    def _ideal_lines(self) -> float:
        """How many lines make a well-shaped block, as a fraction."""
        length = float(self._rows.lengths.diagonal().sum())
        aspect = _HIGH if self._lettered.font.vertical else _WIDE
        return math.sqrt(length / (aspect * self._leading))

    def _sensible_counts(self) -> list[int]:
        forced = sum(piece.starts_line for piece in self._pieces)
        ideal = self._ideal_lines()
        fewest = max(forced, math.floor(0.4 * ideal), 1)
        most = max(forced, math.ceil(2.2 * ideal) + 1)
        return list(range(fewest, most + 1, 1 + (most - fewest) // _MOST_BLOCKS))

    def _shape(self, count: int) -> Sequence[float]:
        return _targets(count, self._profile)

    def coarse(self) -> list[Block]:
        """The blocks that break where it costs nothing."""
        found = splits(self._rows, self._counts, self._shape)
        return [self._block(self._pieces, self._rows, split) for split in found if split]

    def wants_finer(self) -> bool:
        """Whether whole words and phrases may be too long for good lines."""
        if EASTERN in self._lettered.scripts:
            return True
        longest = float(self._rows.lengths.diagonal().max())
        return longest > _LONG * self._ideal_lines() * self._leading * _WIDE

    def with_finer(self, coarse: Sequence[Block]) -> list[Block]:
        """The blocks, and beside or instead of ragged ones those that are finely cut."""
        fine = pieces(self._lettered, True)
        if not len(self._pieces) < len(fine) <= _MOST_FINE:
            return list(coarse)
        whole = {len(block.lines): block for block in coarse}
        found: list[Block] = []
        for count, block in self._finest(fine):
            rival = whole.get(count)
            found += [rival] if rival else []
            if rival is None or block.raggedness + _BETTER < rival.raggedness:
                found.append(block)
        cut = {len(block.lines) for block in found}
        found += [block for block in coarse if len(block.lines) not in cut]
        return sorted(found, key=lambda block: len(block.lines))

    def _finest(self, fine: Sequence[Piece]) -> Iterator[tuple[int, Block]]:
        """For each number of lines the finely cut block that is least ragged."""
        rows = rows_of(self._lettered, fine)
        counts = [count for count in self._counts if count <= len(fine)]
        if not counts:
            return
        least = narrowest(rows, counts, self._shape)
        whole = np.minimum(narrowest(self._rows, counts, self._shape), 1.4 * least)
        widths = [least + (whole - least) * air + 1e-6 for air in _AIRS]
        tried = splits_within(rows, counts * len(_AIRS), np.concatenate(widths), self._shape)
        for number, count in enumerate(counts):
            options = [split for split in tried[number :: len(counts)] if split]
            if options:
                best = min(options, key=lambda split: self._raggedness(rows, split))
                yield count, self._block(fine, rows, best)

    def _raggedness(self, rows: Rows, split: Split) -> float:
        """The mean square of what the lines fall short of the profile, and what breaks cost."""
        ends = [*split.starts[1:], len(rows.costs)]
        targets = self._shape(len(ends))
        fills = [
            float(rows.lengths[start, end - 1]) / target
            for start, end, target in zip(split.starts, ends, targets, strict=True)
        ]
        widest = max(fills)
        short = sum((1 - fill / widest) ** 2 for fill in fills)
        return (short + float(rows.costs[list(split.starts)].sum())) / len(fills)

    def _block(self, parts: Sequence[Piece], rows: Rows, split: Split) -> Block:
        ends = [*split.starts[1:], len(parts)]
        lines = tuple(
            line_of(
                self._lettered,
                parts[start].start,
                parts[end - 1].end,
                hyphen=parts[end - 1].hyphen and end < len(parts),
            )
            for start, end in zip(split.starts, ends, strict=True)
        )
        ragged = self._raggedness(rows, split)
        return Block(lines, ragged, self._leading, self._lettered.base)


def _targets(count: int, profile: Profile) -> list[float]:
    """How long each line may be, relative to the longest: the chords of a flat lens."""
    if profile == "level":
        return [1.0] * count
    heights = [(2 * i + 1) / count - 1 for i in range(count)]
    return [math.sqrt(1 - (0.82 * height) ** 2) for height in heights]
