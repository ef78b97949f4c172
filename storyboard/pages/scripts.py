"""Which script each character of a text is written in, and what must not be torn apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from fontTools import unicodedata as scripts

EASTERN = "Hani"
"""Han, kana and bopomofo together: they share a font, its punctuation, and how lines break."""

_EASTERN = frozenset({"Hani", "Hira", "Kana", "Bopo", "Hrkt"})
_COMMON = frozenset({"Zyyy", "Zinh", "Zzzz"})
_BY_LANGUAGE = {
    "ja": EASTERN,
    "zh": EASTERN,
    "yue": EASTERN,
    "ko": "Hang",
    "ar": "Arab",
    "fa": "Arab",
    "ur": "Arab",
    "he": "Hebr",
    "yi": "Hebr",
    "ru": "Cyrl",
    "uk": "Cyrl",
    "el": "Grek",
    "th": "Thai",
    "hi": "Deva",
}
_DOUBTFUL = frozenset("“”‘’…‥—―·")
"""Punctuation of both worlds: wide in an Eastern text, narrow in others."""


def primary(language: str) -> str:
    """The language itself, without its region: `zh` of `zh-Hant`."""
    return language.split("-")[0].lower()


def usual_script(language: str) -> str:
    """The script that a language is usually written in."""
    return _BY_LANGUAGE.get(primary(language), "Latn")


def scripts_of(text: str, language: str) -> tuple[str, ...]:
    """Each character's script. Those of no script (digits, marks, spaces) take a neighbour's: what
    opens takes the next one's, all else the one before."""
    own = [_own(character) for character in text]
    usual = usual_script(language)
    eastern = usual == EASTERN and EASTERN in own
    found: list[str] = []
    for position, script in enumerate(own):
        if eastern and text[position] in _DOUBTFUL:
            found.append(EASTERN)
        elif script:
            found.append(script)
        elif unicodedata.category(text[position]) in ("Ps", "Pi") or not found:
            found.append(_next(own, position) or (found[-1] if found else usual))
        else:
            found.append(found[-1])
    return tuple(found)


def _own(character: str) -> str:
    """The character's own script, "" for one of none."""
    script = scripts.script(character)
    if script in _EASTERN:
        return EASTERN
    if script not in _COMMON:
        return str(script)
    wide = unicodedata.east_asian_width(character) in "WF"
    return EASTERN if wide and unicodedata.category(character) != "So" else ""


def _next(own: Sequence[str], position: int) -> str:
    return next((script for script in own[position:] if script), "")


def clusters(text: str) -> tuple[str, ...]:
    """The text in pieces that are drawn as one: letters with their marks, joined sequences."""
    found: list[str] = []
    for character in text:
        joined = found and (found[-1][-1] == "\u200d" or _continues(character))
        if joined and not found[-1].isspace():
            found[-1] += character
        else:
            found.append(character)
    return tuple(found)


def _continues(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )
