r"""The WebUI's emphasis grammar: a prompt's pieces of text with their weights.

`(x)` multiplies by 1.1, `[x]` divides by 1.1, `(x:1.3)` multiplies by 1.3, nesting multiplies;
`\(` is a bracket to be read as text; brackets left open weigh to the end; closing brackets that
close nothing are text; `BREAK` as a word of its own starts a new chunk. Round and square brackets
are counted apart, so they may overlap. A weight that is no finite number, as in `(a:1.2.3)`, is
text, and its bracket an ordinary one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_ROUND = 1.1
_SQUARE = 1 / 1.1

# Every alternative is left after one pass over its characters, so that reading is linear.
_TOKEN = re.compile(
    r"""
      \\ (?P<literal> [()\[\]\\]? )          # a backslash takes the meaning from what follows
    | : (?P<weight> [+-]? [.\d]+ ) \)        # ends a weighted bracket, if one is open
    | (?P<bracket> [()\[\]] )
    | (?P<text> : | [^\\()\[\]:]+ )
    """,
    re.VERBOSE,
)
_BREAK = re.compile(r"\bBREAK\b")

# From here on an array is quicker than a loop: it makes room for numpy's import of some 0.1 s.
_MANY_PRODUCTS = 1_000_000

# Below the least normal number a processor multiplies some 20 times slower. A span divides by
# little, so it is enough to look now and then.
_SPANS_AT_A_TIME = 128
_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Piece:
    """Text with its weight; where `breaks` is set it is the word BREAK, its weight negated."""

    text: str
    weight: float
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    """A closed bracket: the pieces from `start` up to `stop` are multiplied by `factor`."""

    start: int
    stop: int
    factor: float


@dataclass(slots=True)
class _Reader:
    """What has been read so far; the open brackets hold the number of their first piece."""

    texts: list[str] = field(default_factory=list)
    breaks: list[bool] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    squares: list[int] = field(default_factory=list)

    def take(self, token: re.Match[str]) -> None:
        """Reads one token."""
        literal, weight = token["literal"], token["weight"]
        if literal is not None:
            self._add(literal)
        elif weight is not None and self.rounds:
            self._close_weighted(weight)
        elif token["bracket"]:
            self._bracket(token["bracket"])
        else:
            self._text(token[0])

    def finish(self) -> list[Piece]:
        """Closes what was left open and weighs everything."""
        for start in self.rounds:
            self._span(start, _ROUND)
        for start in self.squares:
            self._span(start, _SQUARE)
        weights = _weigh([-1.0 if breaks else 1.0 for breaks in self.breaks], self.spans)
        return [Piece(*piece) for piece in zip(self.texts, weights, self.breaks, strict=True)] or [
            Piece("", 1.0)
        ]

    def _add(self, text: str, breaks: bool = False) -> None:
        self.texts.append(text)
        self.breaks.append(breaks)

    def _span(self, start: int, factor: float) -> None:
        self.spans.append(_Span(start, len(self.texts), factor))

    def _close_weighted(self, weight: str) -> None:
        factor = _finite(weight)
        if factor is None:
            self._text(f":{weight}")
            self._bracket(")")
        else:
            self._span(self.rounds.pop(), factor)

    def _bracket(self, bracket: str) -> None:
        if bracket == "(":
            self.rounds.append(len(self.texts))
        elif bracket == "[":
            self.squares.append(len(self.texts))
        elif bracket == ")" and self.rounds:
            self._span(self.rounds.pop(), _ROUND)
        elif bracket == "]" and self.squares:
            self._span(self.squares.pop(), _SQUARE)
        else:
            self._text(bracket)

    def _text(self, text: str) -> None:
        for index, part in enumerate(_split_at_breaks(text)):
            if index:
                self._add("BREAK", breaks=True)
            self._add(part)


def parse_attention(text: str) -> list[tuple[str, float]]:
    """The prompt's pieces as (text, weight), neighbours of equal weight joined; never empty.

    BREAK is a pair of its own with weight -1, which brackets around it multiply. Weights are
    finite and other than 0 unless brackets are nested so deep (some 7,200 levels) that their
    product overflows, or comes to nothing.
    """
    return [(piece.text, piece.weight) for piece in _joined(read_pieces(text))]


def parse_between_breaks(text: str) -> list[list[tuple[str, float]]]:
    """The same pairs, parted at every BREAK, whatever brackets stand around it."""
    parts: list[list[Piece]] = [[]]
    for piece in read_pieces(text):
        if piece.breaks:
            parts.append([])
        else:
            parts[-1].append(piece)
    return [[(piece.text, piece.weight) for piece in _joined(part)] for part in parts]


def read_pieces(text: str) -> list[Piece]:
    """The pieces as they were read, before neighbours of equal weight are joined."""
    reader = _Reader()
    for token in _TOKEN.finditer(text):
        reader.take(token)
    return reader.finish()


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Joins neighbours of equal weight, as the WebUI does: they become one run of tokens."""
    texts: list[str] = []
    weight = 0.0
    for piece in pieces:
        if texts and piece.weight != weight:
            yield Piece("".join(texts), weight)
            texts = []
        texts.append(piece.text)
        weight = piece.weight
    if texts:
        yield Piece("".join(texts), weight)


def _split_at_breaks(text: str) -> Iterator[str]:
    """What stands between the BREAKs, without the white space beside them.

    This is what splitting at a pattern with white space on both sides gives, but a pattern that
    begins with white space takes quadratic time on a long run of it.
    """
    start = 0
    for match in _BREAK.finditer(text):
        part = text[start : match.start()].rstrip()
        yield part.lstrip() if start else part
        start = match.end()
    yield text[start:].lstrip() if start else text


def _finite(literal: str) -> float | None:
    try:
        value = float(literal)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _weigh(weights: list[float], spans: list[_Span]) -> list[float]:
    """Multiplies every span in turn; the order is the WebUI's, to the last bit of the product."""
    if sum(span.stop - span.start for span in spans) > _MANY_PRODUCTS:
        return _weigh_many(weights, spans)
    for span in spans:
        for index in range(span.start, span.stop):
            weights[index] *= span.factor
    return weights


def _weigh_many(weights: list[float], spans: list[_Span]) -> list[float]:
    import numpy as np

    products = np.array(weights, dtype=np.float64)
    with np.errstate(all="ignore"):  # overflow is documented in parse_attention
        for number, span in enumerate(spans):
            products[span.start : span.stop] *= span.factor
            if number % _SPANS_AT_A_TIME == 0:
                products[np.abs(products) < _LEAST] = 0.0
    return [float(product) for product in products]
