"""A text in pieces that lines are made of, and what it costs to break between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from storyboard.pages.hyphens import hyphens
from storyboard.pages.itemising import Lettered
from storyboard.pages.phrases import may_break, phrase_starts
from storyboard.pages.scripts import EASTERN, clusters

SIGN = "-"
"""What a hyphenated line ends with; a font without it hyphenates nothing."""

PHRASE, INNER, SYLLABLE, HYPHEN, SOFT = 0.08, 0.6, 0.6, 1.2, 0.1
"""What breaks cost, in squares of a line's shortfall: between two phrases of Chinese or Japanese in
the midst of a clause, inside of one, in a word of Korean, with a hyphen, and with one where the
author allowed it (a soft hyphen)."""

_CLAUSE_ENDS = frozenset("、。，．！？；：…—」』）”’!?,.;:")

_AFTER_DASH = re.compile(r"(?<=\w[-–—…])(?=\w)|(?<=\w\.\.\.)(?=\w)")
_WORD = re.compile(r"[^\W\d_]+")
_BREAKING_SPACE = re.compile(r"[ \u2000-\u2006\u2008-\u200a\u205f\u3000]+")
_PHRASED = frozenset({EASTERN, "Thai"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters from `start` to `end` that stay together.

    `space` says whether white stands before it, `cost` what a break before it costs, `hyphen`
    whether a line that ends with it shows one. `starts_line`: the author broke the line here.
    """

    start: int
    end: int
    space: bool = False
    cost: float = 0.0
    hyphen: bool = False
    starts_line: bool = False


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place within a word where a line may end."""

    at: int
    cost: float = 0.0
    hyphen: bool = False
    skipped: int = 0
    """So many characters here are signs for the break and are not set."""


@lru_cache(maxsize=512)
def pieces(lettered: Lettered, fine: bool) -> tuple[Piece, ...]:
    """The pieces in reading order; `fine` ones are also cut where it costs."""
    found: list[Piece] = []
    line_start = 0
    for line in lettered.text.split("\n"):
        first = True
        for start, end in _words(line):
            for piece in _cut(lettered, line_start + start, line_start + end, fine):
                fresh = piece.start == line_start + start
                spaced = fresh and not first
                found.append(_with(piece, spaced, starts_line=fresh and first))
            first = False
        line_start += len(line) + 1
    return tuple(found)


def _with(piece: Piece, space: bool, starts_line: bool) -> Piece:
    return Piece(piece.start, piece.end, space, piece.cost, piece.hyphen, starts_line)


def _words(line: str) -> Iterator[tuple[int, int]]:
    """From where to where each word goes: between spaces at which a line may end."""
    start = 0
    for match in _BREAKING_SPACE.finditer(line):
        if match.start() > start and not _holds(line, match.start(), match.end()):
            yield start, match.start()
            start = match.end()
    if start < len(line):
        yield start, len(line)


def _holds(line: str, start: int, end: int) -> bool:
    """Whether a space belongs to a sign, as French sets it: `Quoi !`, `« Non »`."""
    before, after, beyond = line[start - 1], line[end : end + 1], line[end + 1 : end + 2]
    if not after or (after in "!?;:%€" and not beyond.isalnum()):
        return True
    if after in "»›" and not beyond.isalnum():
        return True
    return before in "«‹" and not line[start - 2 : start - 1].isalnum()


def _cut(lettered: Lettered, start: int, end: int, fine: bool) -> Iterator[Piece]:
    word = lettered.text[start:end]
    at, cost = start, 0.0
    for cut in sorted(_cuts(lettered, word, start, fine), key=lambda cut: cut.at):
        place = start + cut.at
        if place <= at or place + cut.skipped >= end:
            continue
        yield Piece(at, place, cost=cost, hyphen=cut.hyphen)
        at, cost = place + cut.skipped, cut.cost
    yield Piece(at, end, cost=cost)


def _cuts(lettered: Lettered, word: str, start: int, fine: bool) -> Iterator[_Cut]:
    """Where the word may be cut, cheap ways before dear ones at one place."""
    for match in _AFTER_DASH.finditer(word):
        if not _PHRASED & set(lettered.scripts[start : start + len(word)]):
            yield _Cut(match.start())
    for position, character in enumerate(word):
        if character == "\u00ad" and lettered.faces[start].covers(SIGN):
            yield _Cut(position, SOFT, hyphen=True, skipped=1)
        elif character == "\u200b":
            yield _Cut(position, skipped=1)
    scripts = set(lettered.scripts[start : start + len(word)])
    if scripts & _PHRASED:
        yield from _phrase_cuts(lettered, word, start, fine)
    elif fine and "Hang" in scripts:
        yield from _syllable_cuts(lettered, word, start)
    elif fine and lettered.faces[start].covers(SIGN):
        yield from _hyphen_cuts(word, lettered.language)


def _phrase_cuts(lettered: Lettered, word: str, start: int, fine: bool) -> Iterator[_Cut]:
    """Between phrases, and finely at any place that a line may end at.

    Thai is cut between its words alone, whose letters nobody may count.
    """
    phrases = phrase_starts(word, lettered.language)
    at = 0
    parts = clusters(word)
    for one, two in pairwise(parts):
        at += len(one)
        thai = lettered.scripts[start + at] == "Thai" == lettered.scripts[start + at - 1]
        if not may_break(one[0], two[0]):
            continue
        if at in phrases or one[-1] in _CLAUSE_ENDS:
            yield _Cut(at, 0.0 if thai or one[-1] in _CLAUSE_ENDS else PHRASE)
        elif fine and not thai:
            yield _Cut(at, INNER)


def _syllable_cuts(lettered: Lettered, word: str, start: int) -> Iterator[_Cut]:
    for at in range(2, len(word) - 1):
        both = lettered.scripts[start + at - 1], lettered.scripts[start + at]
        if both == ("Hang", "Hang") and may_break(word[at - 1], word[at]):
            yield _Cut(at, SYLLABLE)


def _hyphen_cuts(word: str, language: str) -> Iterator[_Cut]:
    for match in _WORD.finditer(word):
        for position in hyphens(match[0], language):
            yield _Cut(match.start() + position, HYPHEN, hyphen=True)
