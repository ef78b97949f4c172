"""Where a word may be hyphenated, by its language's patterns."""

from __future__ import annotations

from functools import lru_cache

import pyphen

from storyboard.pages.scripts import primary

_BEFORE, _AFTER = 2, 3
"""How many letters a hyphen leaves before and after it at least."""

_SHORTEST, _SHORTEST_NAME = 7, 10
"""Shorter words, and shorter ones that begin with a capital, stay whole."""


@lru_cache(maxsize=4096)
def hyphens(word: str, language: str) -> tuple[int, ...]:
    """Before which of the word's letters it may be broken; none in a language without patterns.

    Words in capitals are shouted or abbreviated, short capitalised ones are likely names (but for
    German, where nouns are): they stay whole.
    """
    patterns = _patterns(language)
    name = word[:1].isupper() and primary(language) != "de"
    if patterns is None or word.isupper() or not word.isalpha():
        return ()
    if len(word) < (_SHORTEST_NAME if name else _SHORTEST):
        return ()
    return tuple(int(position) for position in patterns.positions(word))


@lru_cache(maxsize=64)
def _patterns(language: str) -> pyphen.Pyphen | None:
    code = pyphen.language_fallback(language)
    if code is None:
        return None
    return pyphen.Pyphen(lang=code, left=_BEFORE, right=_AFTER)
