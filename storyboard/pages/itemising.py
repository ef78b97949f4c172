"""A text as it is to be lettered: every character with its face, script, emphasis and direction."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from storyboard.pages.bidi import base_level, levels
from storyboard.pages.faces import Face, is_invisible
from storyboard.pages.families import Family
from storyboard.pages.fonts import Font
from storyboard.pages.markup import spans
from storyboard.pages.scripts import EASTERN, clusters, scripts_of

_FEW = 0.04
"""Where at most this share of a script's letters is lacking, only the words with them change."""

_SIGNS = {EASTERN: "、"}
"""By script, what a font for it has: a text may be nothing but digits and dots."""


@dataclass(frozen=True, eq=False)
class Lettered:
    """A text without its marks; the tuples have one entry for each of its characters."""

    text: str
    faces: tuple[Face, ...]
    scripts: tuple[str, ...]
    levels: tuple[int, ...]
    base: int
    """Whether the text as a whole runs to the right (0) or to the left (1)."""
    font: Font

    @property
    def language(self) -> str:
        """The text's language, as its font's."""
        return self.font.language

    @cached_property
    def cap_height(self) -> float:
        """From the baseline up to the top of a capital letter."""
        return self.font.cap_height

    @cached_property
    def turns(self) -> tuple[int, ...]:
        """Where the face, the script or the direction changes, and the end."""
        kinds = list(zip(self.faces, self.levels, self.scripts, strict=True))
        inner = (at for at in range(1, len(kinds)) if kinds[at] != kinds[at - 1])
        return (*inner, len(kinds))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters from `start` to `end` that are lettered alike."""

    start: int
    end: int
    face: Face
    script: str
    level: int


@lru_cache(maxsize=512)
def itemised(text: str, font: Font) -> Lettered:
    """Resolves emphasis, scripts, faces and directions; `text` is clean, with its marks.

    A character that no font has gets the first face, whose `missing` tells it.
    """
    found = spans(text)
    letters = "".join(span.text for span in found)
    emphases = [span.emphasis for span in found for _ in span.text]
    scripts = scripts_of(letters, font.language)
    families = _families(letters, scripts, font)
    faces = tuple(
        font.face_for(family or font.families[0], script, emphasis)
        for family, script, emphasis in zip(families, scripts, emphases, strict=True)
    )
    base = base_level(letters, font.language)
    return Lettered(letters, faces, scripts, levels(letters, base), base, font)


@lru_cache(maxsize=512)
def missing(text: str, font: Font) -> tuple[str, ...]:
    """The characters that no font has, each once, in order; `text` is clean, with its marks.

    A letter and a mark that fonts have, but none has both, are missing together.
    """
    letters = "".join(span.text for span in spans(text))
    scripts = scripts_of(letters, font.language)
    families = _families(letters, scripts, font)
    lacking = {
        character: font.family_for(character, script) is not None
        for character, script, family in zip(letters, scripts, families, strict=True)
        if family is None and not is_invisible(character)
    }
    apart = [character for character, elsewhere in lacking.items() if not elsewhere]
    return tuple(apart or lacking)


def stretches(lettered: Lettered, start: int, end: int) -> Iterator[Stretch]:
    """The characters from `start` to `end` in stretches, in reading order."""
    at = start
    for turn in lettered.turns[bisect_right(lettered.turns, start) :]:
        stop = min(turn, end)
        yield Stretch(at, stop, lettered.faces[at], lettered.scripts[at], lettered.levels[at])
        if stop == end:
            return
        at = stop


def _families(text: str, scripts: Sequence[str], font: Font) -> list[Family | None]:
    """Each character's family: one for a whole script as far as can be, lest words be patched."""
    usual = {script: _usual(text, scripts, script, font) for script in dict.fromkeys(scripts)}
    found: list[Family | None] = []
    for match in re.finditer(r"\s+|\S+", text):
        word = match[0]
        families = _word(word, scripts[match.start() : match.end()], usual, font)
        found.extend(families)
    return found


def _usual(text: str, scripts: Sequence[str], script: str, font: Font) -> Family:
    """The family for a script in this text: the first that has all letters, or nearly all."""
    own = [c for c, of in zip(text, scripts, strict=True) if of == script and _is_letter(c)]
    own = own or list(_SIGNS.get(script, ""))
    for family in font.families:
        lacking = sum(not family.covers(character) for character in own)
        if lacking <= _FEW * len(own):
            return family
    return font.family_for("".join(dict.fromkeys(own)), script) or font.families[0]


def _is_letter(character: str) -> bool:
    return character.isalpha() and not is_invisible(character)


def _word(
    word: str, scripts: Sequence[str], usual: dict[str, Family], font: Font
) -> list[Family | None]:
    """The families of a word's characters: one for all its letters of a script, then those of
    single clusters, which are never torn apart."""
    best = {
        script: _for_letters(word, scripts, script, usual[script], font)
        for script in dict.fromkeys(scripts)
    }
    found: list[Family | None] = []
    for cluster in clusters(word):
        script = scripts[len(found)]
        family: Family | None = best[script]
        if family is None or not family.covers(cluster):
            family = font.family_for(cluster, script)
        found.extend([family] * len(cluster))
    return found


def _for_letters(
    word: str, scripts: Sequence[str], script: str, usual: Family, font: Font
) -> Family | None:
    letters = "".join(
        c for c, of in zip(word, scripts, strict=True) if of == script and _is_letter(c)
    )
    if usual.covers(letters):
        return usual
    return font.family_for(letters, script) or usual
