"""How characters stand in a column of Japanese or Chinese: upright, side by side, or turned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from storyboard.pages.scripts import EASTERN

Way = Literal["upright", "together", "sideways"]
"""In the column's direction with vertical forms; side by side in one cell (tate-chu-yoko); turned
clockwise by a quarter."""

_UPRIGHT_SCRIPTS = (EASTERN, "Hang")
_TOGETHER = re.compile(
    r"(?<![0-9])[0-9]{1,3}(?![0-9])|[!?！？]{2,3}|[!?]|(?<![A-Za-z])[A-Z](?![A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Characters that stand in one way."""

    text: str
    way: Way


def cells(text: str, script: str) -> Iterator[Cell]:
    """The characters of one script and face in their ways, in reading order.

    Up to three digits and signs as `!?` share a cell; full-width signs become narrow for it.
    """
    if script not in _UPRIGHT_SCRIPTS:
        alone = len(text.strip()) == 1 and text.strip().isalnum()
        yield Cell(text, "together" if alone else "sideways")
        return
    at = 0
    for match in _TOGETHER.finditer(text):
        yield from _others(text[at : match.start()])
        yield Cell(unicodedata.normalize("NFKC", match[0]), "together")
        at = match.end()
    yield from _others(text[at:])


def _others(text: str) -> Iterator[Cell]:
    """What is neither a digit nor a sign in a cell of its own; longer numbers lie sideways."""
    for match in re.finditer(r"[0-9.,:%/+\-]{2,}|.+?(?=[0-9.,:%/+\-]{2,}|$)", text, re.DOTALL):
        number = match[0][0].isascii() and any(c.isdigit() for c in match[0])
        yield Cell(match[0], "sideways" if number else "upright")
