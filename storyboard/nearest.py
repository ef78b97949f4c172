"""The known word that a misspelt one most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The one of `known` that is most like `word`, letters' case aside, or None.

    `cutoff` is how alike it must be at least, from 0 to 1 (`difflib.SequenceMatcher.ratio`).
    """
    folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    matches = get_close_matches(word[:100].casefold(), folded, n=1, cutoff=cutoff)
    return folded[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint such as "did you mean `scene`?", or nothing."""
    found = nearest(word, known)
    return f"did you mean `{found}`?" if found else ""
