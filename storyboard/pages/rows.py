"""The lengths of all lines that a text's pieces can make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from storyboard.pages.fitting import Rows
from storyboard.pages.itemising import Lettered
from storyboard.pages.pieces import SIGN, Piece
from storyboard.pages.runs import blanks, length_of


def rows_of(lettered: Lettered, parts: Sequence[Piece]) -> Rows:
    """The lines by their first and last piece, without the white outside of their ends."""
    widths = np.array([length_of(lettered, part.start, part.end) for part in parts])
    spaces = np.array([_space(lettered, part) for part in parts])
    outer = np.array([blanks(lettered, part.start, part.end) for part in parts])
    ends = np.cumsum(widths + spaces)
    starts = ends - widths + outer[:, 0]
    stops = ends - outer[:, 1] + np.array([_hyphen(lettered, part) for part in parts])
    lengths = np.maximum(stops[None, :] - starts[:, None], 1e-6)
    first, last = np.indices(lengths.shape)
    forced = np.cumsum([part.starts_line for part in parts])
    possible = (last >= first) & (forced[None, :] == forced[:, None])
    return Rows(np.where(possible, lengths, np.inf), np.array([part.cost for part in parts]))


def _space(lettered: Lettered, part: Piece) -> float:
    """The white before a piece, as wide as it was written."""
    if not part.space:
        return 0.0
    at = part.start
    while lettered.text[at - 1].isspace():
        at -= 1
    return length_of(lettered, at, part.start)


def _hyphen(lettered: Lettered, part: Piece) -> float:
    """What a hyphen adds to a line that ends with the piece."""
    if not part.hyphen:
        return 0.0
    return lettered.faces[part.end - 1].shape(SIGN).advance
