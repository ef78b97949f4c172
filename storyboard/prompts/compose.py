"""Joins the parts of a prompt: an empty part leaves no stray comma, and no text is touched.

A filled template is a row of pieces: what the template itself says, and what was put in. Only
commas of the template are ever taken away, and only where nothing stands on one of their sides;
what was put in, `a,, b` and a trailing comma among it, stays to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

_SIGNS = re.compile(
    r"(?P<text>\\.)"  # an escaped bracket is text
    r"|(?P<comma>,)"
    r"|(?P<open>[(\[])"
    r"|(?P<close>:\s*[0-9.]+\s*\)|[)\]])"  # an attention's weight belongs to its bracket
    r"|(?P<blank>\s+)",
    re.DOTALL,
)
_OPENED_BY = {")": "(", "]": "["}


class Kind(Enum):
    """What a stretch of a filled template is; only a `VALUE` was put in."""

    TEXT = "text"
    COMMA = "comma"
    OPEN = "open"
    CLOSE = "close"
    BLANK = "blank"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a filled template; `is_value` where it was put in by an expression."""

    text: str
    is_value: bool


def join_parts(parts: Iterable[str]) -> str:
    """The parts that are not blank, joined by commas."""
    return ", ".join(part for part in parts if part.strip())


def join_pieces(pieces: Iterable[Piece]) -> str:
    """The pieces as one text, without the commas that have nothing on one of their sides.

    Two commas within one piece of the template are what its author wrote, and stay. White space of
    the template at either end goes, and so do brackets of the template that held a value and are
    empty now, as `({{ styles }}:1.2)`.
    """
    joiner = _Joiner()
    for index, piece in enumerate(pieces):
        for kind, text in _signs(piece):
            joiner.take(kind, text, index)
    return "".join(joiner.out)


def _signs(piece: Piece) -> Iterator[tuple[Kind, str]]:
    """A value whole; the template's own text as words, commas, brackets and blanks."""
    if piece.is_value:
        yield Kind.VALUE, piece.text
        return
    end = 0
    for found in _SIGNS.finditer(piece.text):
        if found.start() > end:
            yield Kind.TEXT, piece.text[end : found.start()]
        yield Kind(found.lastgroup), found[0]
        end = found.end()
    if end < len(piece.text):
        yield Kind.TEXT, piece.text[end:]


@dataclass(slots=True)
class _Place:
    """What is known at one place of the text.

    `commas` are kept back, with the blank before them, until something stands after them; `blank`
    is white space after them; `piece` is where the last of them was written. `has_content` tells
    whether anything stands since the last open bracket, `dropped` whether a comma went before it,
    `hollow` whether an empty value stands after the blank.
    """

    commas: str = ""
    blank: str = ""
    piece: int = -1
    has_content: bool = False
    dropped: bool = False
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class _Opened:
    """A bracket that is open: what was known before it, and where it stands in the output."""

    bracket: str
    before: _Place
    written: int
    lost_value: bool


@dataclass(slots=True)
class _Joiner:
    """Takes signs from left to right."""

    out: list[str] = field(default_factory=list)
    now: _Place = field(default_factory=_Place)
    opened: list[_Opened] = field(default_factory=list)
    lost_value: bool = False

    def take(self, kind: Kind, text: str, piece: int) -> None:
        """The next sign, and which piece it is from."""
        if kind is Kind.COMMA:
            self.comma(piece)
        elif kind is Kind.BLANK:
            self.blank(text)
        elif kind is Kind.OPEN:
            self.open(text)
        elif kind is Kind.CLOSE:
            self.close(text)
        elif kind is Kind.VALUE and not text.strip():
            self.lost_value = self.now.hollow = True
        else:
            self.write(text)

    def blank(self, text: str) -> None:
        """Keeps white space back; of that on both sides of an empty value, one is enough."""
        if not (self.now.hollow and self.now.blank):
            self.now.blank += text

    def comma(self, piece: int) -> None:
        """Keeps a comma back; one with nothing before it is dropped."""
        now = self.now
        if now.has_content and (not now.commas or now.piece == piece):
            now.commas += "," if now.hollow else now.blank + ","
            now.piece = piece
        elif not now.has_content:
            now.dropped = True
        now.blank, now.hollow = "", False

    def write(self, text: str) -> None:
        """Writes text that stays, and what was kept back before it."""
        now = self.now
        starts = not self.out or now.dropped
        self.out.append((now.commas + now.blank).lstrip() if starts else now.commas + now.blank)
        self.out.append(text)
        self.now = _Place(has_content=True)

    def open(self, text: str) -> None:
        """Writes an opening bracket, and remembers how to take it back."""
        self.opened.append(_Opened(text, self.now, len(self.out), self.lost_value))
        self.write(text)
        self.now = _Place()
        self.lost_value = False

    def close(self, text: str) -> None:
        """Writes a closing bracket, or takes the pair back where values left nothing in it."""
        if not self.opened or self.opened[-1].bracket != _OPENED_BY[text[-1]]:
            self.write(text)
            return
        opened = self.opened.pop()
        if self.lost_value and not self.now.has_content:
            del self.out[opened.written :]
            self.now = opened.before
            return
        if self.now.commas:
            self.now.commas = self.now.blank = ""
        self.write(text)
        self.lost_value = opened.lost_value
