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
_NUMBER = r"[0-9]+(?:[.,:/%][0-9]+)*%?"
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})|(?P<signs>[!?！？]{{2,3}}|[!?])|(?P<letter>[A-Z])")
_MOST_DIGITS = 3


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
    for match in _TOKEN.finditer(text):
        if match.start() > at:
            yield Cell(text[at : match.start()], "upright")
        together = match["number"] is None or (match[0].isdigit() and len(match[0]) <= _MOST_DIGITS)
        yield Cell(_narrow(match[0]), "together" if together else "sideways")
        at = match.end()
    if at < len(text):
        yield Cell(text[at:], "upright")


def _narrow(text: str) -> str:
    """Signs of full width as the narrow ones that fit beside each other."""
    return unicodedata.normalize("NFKC", text)
