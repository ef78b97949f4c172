"""Emphasis in a text: `*so*` is italic, `**so**` bold, `***so***` both; `\\*` is a star.

A star opens before a letter and closes after one, as in Markdown; one that finds no partner, or
that stands inside a word or a sum (`2*3*4`), is a star.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Emphasis:
    """How letters stand out."""

    italic: bool = False
    bold: bool = False


PLAIN = Emphasis()


@dataclass(frozen=True, slots=True)
class Span:
    """Letters of one emphasis; their stars are gone."""

    text: str
    emphasis: Emphasis


@dataclass(slots=True)
class _Stars:
    """A row of stars in the text: where it stands, how many are left unmatched, what it may do."""

    start: int
    left: int
    opens: bool
    closes: bool


_TOKEN = re.compile(r"\\\*|\*+")


def spans(text: str) -> tuple[Span, ...]:
    """The text without its marks, in spans of one emphasis each; neighbours differ."""
    marks = _marks(text)
    found: list[Span] = []
    emphasis, at = PLAIN, 0
    for start, end, literal, change in marks:
        _append(found, text[at:start], emphasis)
        _append(found, literal, emphasis)
        emphasis = replace(
            emphasis,
            italic=emphasis.italic != change.italic,
            bold=emphasis.bold != change.bold,
        )
        at = end
    _append(found, text[at:], emphasis)
    return tuple(found)


def plain(text: str) -> str:
    """The text without its marks."""
    return "".join(span.text for span in spans(text))


def _append(found: list[Span], text: str, emphasis: Emphasis) -> None:
    if not text:
        return
    if found and found[-1].emphasis == emphasis:
        text = found.pop().text + text
    found.append(Span(text, emphasis))


_Mark = tuple[int, int, str, Emphasis]
"""From where to where, which letters stand there instead, and what is switched after them."""


def _marks(text: str) -> Iterator[_Mark]:
    """Every star that is not simply itself."""
    rows = {row.start: row for row in _rows(text)}
    switched: dict[int, list[int]] = {start: [] for start in rows}
    _match(list(rows.values()), switched)
    for match in _TOKEN.finditer(text):
        if match[0] == "\\*":
            yield match.start(), match.end(), "*", PLAIN
            continue
        sizes = switched[match.start()]
        if sizes:
            change = Emphasis(
                sum(size != 2 for size in sizes) % 2 == 1, sum(size > 1 for size in sizes) % 2 == 1
            )
            yield match.start(), match.end(), "*" * rows[match.start()].left, change


def _rows(text: str) -> Iterator[_Stars]:
    for match in _TOKEN.finditer(text):
        if match[0] == "\\*":
            continue
        before = text[match.start() - 1 : match.start()]
        after = text[match.end() : match.end() + 1]
        opens = bool(after) and not after.isspace() and not _inside(before)
        closes = bool(before) and not before.isspace() and not _inside(after)
        yield _Stars(match.start(), len(match[0]), opens, closes)


def _inside(neighbour: str) -> bool:
    """Whether a star beside this letter would stand inside a word. Scripts without spaces between
    words have no inside."""
    return neighbour.isalnum() and not "\u2e80" <= neighbour <= "\uffef"


def _match(rows: list[_Stars], switched: dict[int, list[int]]) -> None:
    """Pairs each closing row with the nearest open one, as many stars as both have."""
    open_rows: list[_Stars] = []
    for row in rows:
        while row.closes and row.left and open_rows:
            partner = open_rows[-1]
            size = min(partner.left, row.left, 3)
            for one in (partner, row):
                switched[one.start].append(size)
                one.left -= size
            if not partner.left:
                open_rows.pop()
            elif not row.left:
                break
        if row.opens and row.left and not switched[row.start]:
            open_rows.append(row)
