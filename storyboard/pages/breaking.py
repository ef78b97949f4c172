"""Where lines break: balanced blocks, lens-shaped for balloons and level for captions.

Everything is measured in em, since no choice here depends on the size of the letters.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from storyboard.pages.fonts import Font

Profile = Literal["lens", "level"]

LEADING = 1.12
"""From baseline to baseline, in em."""

_MOST_BLOCKS = 10

_INNER_BREAK = re.compile(r"(?<=\w[-–—…])(?=\w)|(?<=\w\.\.\.)(?=\w)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line and its advance width in em."""

    text: str
    width: float


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand together, from top to bottom."""

    lines: tuple[Line, ...]
    raggedness: float
    """How far the lines fall short of their profile: the mean square, 0 to 1."""

    @property
    def width(self) -> float:
        """The longest line's, in em."""
        return max(line.width for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is never broken. `space` is the white before it in em, 0 after a hyphen."""

    text: str
    width: float
    space: float
    starts_line: bool


def clean(text: str) -> str:
    """Composed characters (NFC), single spaces, line breaks as the author set them."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    lines = (re.sub(r"[ \t]+", " ", line).strip(" ") for line in composed.split("\n"))
    return "\n".join(line for line in lines if line)


def blocks(text: str, font: Font, profile: Profile) -> tuple[Block, ...]:
    """The best block for each sensible number of lines, fewest lines first.

    `text` is clean and not empty. Breaks stand at spaces, after hyphens and dashes inside words,
    and where the author broke the line.
    """
    pieces = _pieces(text, font)
    forced = sum(piece.starts_line for piece in pieces)
    length = sum(piece.width + piece.space for piece in pieces)
    ideal = math.sqrt(length / (1.7 * LEADING))
    fewest = max(forced, math.floor(0.4 * ideal), 1)
    most = min(len(pieces), max(forced, math.ceil(2.2 * ideal) + 1))
    step = 1 + (most - fewest) // _MOST_BLOCKS
    found = (_broken(pieces, count, profile, font) for count in range(fewest, most + 1, step))
    return tuple(block for block in found if block is not None)


def _pieces(text: str, font: Font) -> list[_Piece]:
    space = font.width(" ", 1)
    pieces = []
    for line in text.split("\n"):
        for position, word in enumerate(line.split(" ")):
            for part, inner in enumerate(_INNER_BREAK.split(word)):
                pieces.append(
                    _Piece(
                        inner,
                        font.width(inner, 1),
                        0.0 if part or not position else space,
                        starts_line=position == 0 and part == 0,
                    )
                )
    return pieces


def _targets(count: int, profile: Profile) -> list[float]:
    """How long each line may be, relative to the longest: the chords of a flat lens."""
    if profile == "level":
        return [1.0] * count
    heights = [(2 * i + 1) / count - 1 for i in range(count)]
    return [math.sqrt(1 - (0.82 * height) ** 2) for height in heights]


def _broken(pieces: Sequence[_Piece], count: int, profile: Profile, font: Font) -> Block | None:
    """The pieces in exactly `count` lines: the narrowest that can be, then the most even."""
    targets = _targets(count, profile)
    table = _line_widths(pieces, targets)
    narrowest = _narrowest(table, targets)
    if narrowest is None:
        return None
    starts = _evenest(table, targets, narrowest * 1.0001)
    ends = [*starts[1:], len(pieces)]
    texts = [_joined(pieces[start:end]) for start, end in zip(starts, ends, strict=True)]
    lines = tuple(Line(text, font.width(text, 1)) for text in texts)
    return Block(lines, _raggedness(lines, targets))


def _raggedness(lines: Sequence[Line], targets: Sequence[float]) -> float:
    fills = [line.width / target for line, target in zip(lines, targets, strict=True)]
    widest = max(fills)
    return sum((1 - fill / widest) ** 2 for fill in fills) / len(fills)


def _joined(pieces: Sequence[_Piece]) -> str:
    spaced = "".join((" " if piece.space else "") + piece.text for piece in pieces)
    return spaced.removeprefix(" ")


def _line_widths(pieces: Sequence[_Piece], targets: Sequence[float]) -> list[list[float]]:
    """For each piece, the widths of the lines that start with it, by where they end.

    Lines longer than any that filling line by line can need are left out.
    """
    longest = max(piece.width + piece.space for piece in pieces)
    length = sum(piece.width + piece.space for piece in pieces)
    unforced = not any(piece.starts_line for piece in pieces[1:])
    limit = (length + len(targets) * longest) / sum(targets) if unforced else math.inf
    return [_widths_from(pieces, start, limit) for start in range(len(pieces))]


def _widths_from(pieces: Sequence[_Piece], start: int, limit: float) -> list[float]:
    widths = [pieces[start].width]
    for piece in pieces[start + 1 :]:
        width = widths[-1] + piece.space + piece.width
        if piece.starts_line or width > limit:
            break
        widths.append(width)
    return widths


def _narrowest(table: Sequence[Sequence[float]], targets: Sequence[float]) -> float | None:
    """The least width of a lens whose chords hold the lines; None where breaks forbid it."""
    size = len(table)
    best = [math.inf] * size + [0.0]  # the width that the lines from this piece on need
    for target in reversed(targets):
        now = [math.inf] * (size + 1)
        for start in range(size):
            for offset, width in enumerate(table[start]):
                needed = max(width / target, best[start + offset + 1])
                now[start] = min(now[start], needed)
        best = now
    return best[0] if math.isfinite(best[0]) else None


def _evenest(table: Sequence[Sequence[float]], targets: Sequence[float], width: float) -> list[int]:
    """Where the lines start: the least sum of squares of what they fall short of their chords."""
    size = len(table)
    costs: list[float] = [math.inf] * size + [0.0]
    choices: list[list[int]] = []
    for target in reversed(targets):
        now, chosen = [math.inf] * (size + 1), [size] * (size + 1)
        for start in range(size):
            for offset, length in enumerate(table[start]):
                if length > width * target:
                    break
                cost = (1 - length / (width * target)) ** 2 + costs[start + offset + 1]
                if cost < now[start]:
                    now[start], chosen[start] = cost, start + offset + 1
        costs = now
        choices.append(chosen)
    starts = [0]
    for chosen in reversed(choices[1:]):
        starts.append(chosen[starts[-1]])
    return starts
