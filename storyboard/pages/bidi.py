"""Text that runs in both directions: levels by the Unicode bidirectional algorithm (UAX 9).

The levels come from fpdf2's implementation, which passes Unicode's conformance tests and is there
anyway; python-bidi gives only whole reordered strings (its older Python part has levels, but
knows neither isolates nor brackets), and those cannot be shaped any more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from storyboard.pages.scripts import usual_script

_RIGHTWARD = frozenset({"L"})
_LEFTWARD = frozenset({"R", "AL"})
_MIXING = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"})


def base_level(text: str, language: str) -> int:
    """0 for a text that runs to the right, 1 for one to the left.

    A text with letters of both directions runs as its language does, any other as its letters.
    """
    strong = {unicodedata.bidirectional(character) for character in text}
    if not strong & _LEFTWARD:
        return 0
    leftward = usual_script(language) in ("Arab", "Hebr")
    if leftward or not strong & _RIGHTWARD:
        return 1
    first = next(c for c in map(unicodedata.bidirectional, text) if c in _LEFTWARD | _RIGHTWARD)
    return int(first in _LEFTWARD)


def levels(text: str, base: int) -> tuple[int, ...]:
    """Each character's embedding level: odd ones run to the left."""
    if not any(unicodedata.bidirectional(character) in _MIXING for character in text):
        return (base,) * len(text)
    return _resolved(text, base)


@lru_cache(maxsize=512)
def _resolved(text: str, base: int) -> tuple[int, ...]:
    from fpdf.bidi import BidiParagraph  # slow to import, and needed by few
    from fpdf.enums import TextDirection

    paragraph = BidiParagraph(
        text, TextDirection.RTL if base else TextDirection.LTR, preserve_bn_chars=True
    )
    return tuple(character.embedding_level for character in paragraph.get_characters())


def visual_order(levels: Sequence[int]) -> list[int]:
    """The runs' numbers from left to right (UAX 9, rule L2)."""
    order = list(range(len(levels)))
    if not any(levels):
        return order
    highest = max(levels, default=0)
    lowest_odd = min((level for level in levels if level % 2), default=highest + 1)
    for level in range(highest, lowest_odd - 1, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return order
