r"""Wildcards: `{red|blue}` and `__colours__` become words, the same ones for the same seed.

`{2::red|blue}` weighs an option, `{2$$red|green|blue}` takes two of them, `{1-2$$ and $$...}` one
or two, joined by " and ". Both may stand in each other. `__colours__` is a line of a wildcard file,
read in the same way. `\{`, `\}`, `\|` and `\__` are text and stay as they are, and so do braces
without a `|`, and underscores right behind a letter. So what was chosen has no wildcard left.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, Protocol

MOST_TEXT = 20_000
MOST_CHOICES = 1_000
MOST_DEPTH = 24
_SHOWN = 60

Stream = Literal["prompt", "negative"]
"""Each has choices of its own: a wildcard more in one changes nothing in the other."""

_TOKEN = re.compile(
    r"\\(?:[{}]|__)"
    r"|(?<![^\W_])__(?P<name>[^\W_][\w ./*()+~-]{0,199}?|[^\s{}|,_][^\s{}|,]{0,199}?)(?<!\\)__"
    r"|(?P<brace>[{}])"
    r"|(?P<text>\\[^{}]|(?:[^\\{}_]|_(?!_))+|\\|_+)",
    re.DOTALL,
)
_PART = re.compile(r"\\.|(?P<sign>[{}|])|[^\\{}|]+|\\", re.DOTALL)
_WEIGHT = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})::", re.ASCII)
_PICKS = re.compile(r"\s*(\d{1,4})(?:-(\d{1,4}))?\$\$(?:([^|{}$]*)\$\$)?", re.ASCII)


class WildcardProblem(Exception):
    """A wildcard that no words can be found for, in one sentence, and what to do about it.

    `source` is what is wrong as the author wrote it, if that can be told.
    """

    def __init__(self, message: str, hint: str = "", source: str = "") -> None:
        self.message = message
        self.hint = hint
        self.source = source
        super().__init__(f"{message} ({hint})" if hint else message)


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may be chosen, as it was written, and how often beside the others."""

    text: str
    weight: float = 1.0


class Library(Protocol):
    """Where the options of `__name__` are."""

    def options(self, name: str) -> Sequence[Option]:
        """At least one. Raises `WildcardProblem`."""
        ...


def fill(text: str, seed: int, stream: Stream, library: Library) -> str:
    """The text with its wildcards chosen; the same for the same four.

    The n-th choice of a text, counted from 0, is by sha256 over the seed, the stream and n. Raises
    `WildcardProblem` for a name that is not there, also where it would not be chosen, for braces
    that are not closed, and for what leads back to itself or grows beyond all bounds.
    """
    if "{" not in text and "}" not in text and "__" not in text:
        return text
    for name in names_in(text):
        try:
            library.options(name)
        except WildcardProblem as problem:
            raise WildcardProblem(problem.message, problem.hint, f"__{name}__") from None
    return _Filler(seed, stream, library).filled(text, ())


def names_in(text: str) -> tuple[str, ...]:
    """The names between double underscores, each once."""
    return tuple(dict.fromkeys(token["name"] for token in _TOKEN.finditer(text) if token["name"]))


def option(text: str) -> Option:
    """An option as it is written, `2::red` or `red`."""
    weight = _WEIGHT.match(text)
    return Option(text[weight.end() :], float(weight[1])) if weight else Option(text)


@dataclass(slots=True)
class _Filler:
    """Fills one text, from left to right."""

    seed: int
    stream: Stream
    lists: Library
    chosen: int = 0
    length: int = 0

    def filled(self, text: str, within: tuple[str, ...]) -> str:
        """`within` are the wildcard files that led here, and a blank for each brace."""
        if len(within) > MOST_DEPTH:
            raise WildcardProblem("wildcards stand in each other too deep", f"{_cut(text)}")
        closed = _closed_by(text)
        written: list[str] = []
        place = 0
        while place < len(text):
            end = closed.get(place)
            if end is not None:
                written.append(self._brace(text[place + 1 : end], within))
                place = end + 1
                continue
            token = _TOKEN.match(text, place)
            if token is None:  # every character is matched by one of the ways
                raise AssertionError(text[place:])
            written.append(self._plain(token, within))
            place = token.end()
        return "".join(written)

    def _plain(self, token: re.Match[str], within: tuple[str, ...]) -> str:
        name = token["name"]
        if name is None:
            return self._counted(token[0])
        if name in within:
            way = " -> ".join([*filter(None, within[within.index(name) :]), name])
            raise WildcardProblem(f"the wildcard `__{name}__` leads back to itself: {way}")
        return self.filled(self._one(self.lists.options(name)).text, (*within, name))

    def _counted(self, text: str) -> str:
        self._count(len(text))
        return text

    def _count(self, letters: int) -> None:
        self.length += letters
        if self.length > MOST_TEXT:
            raise WildcardProblem(f"wildcards make more than {MOST_TEXT:,} characters")

    def _brace(self, inside: str, within: tuple[str, ...]) -> str:
        picks = _PICKS.match(inside)
        options_text = inside[picks.end() :] if picks else inside
        parts = list(_options(options_text, _closed_by(options_text)))
        if len(parts) == 1 and not picks:
            return self._counted("{") + self.filled(inside, (*within, "")) + self._counted("}")
        options = [option(part) for part in parts]
        if picks is None:
            return self.filled(self._one(options).text, (*within, ""))
        return self._several(picks, options, within)

    def _several(
        self, picks: re.Match[str], options: Sequence[Option], within: tuple[str, ...]
    ) -> str:
        """So many different options; of a wildcard alone in its braces, of its lines."""
        names = names_in(options[0].text)
        if len(options) == 1 and names and options[0].text.strip() == f"__{names[0]}__":
            options, within = self.lists.options(names[0]), (*within, names[0])
        low, high = int(picks[1]), int(picks[2] or picks[1])
        if low > high or high > len(options):
            raise WildcardProblem(
                f"`{{{picks[0].strip()}` takes {high} of {len(options)} options",
                "at most as many as there are, the smaller number first",
                "{" + picks[0],
            )
        count = low + self._choice([1.0] * (high - low + 1)) if high > low else low
        left = list(options)
        taken = [left.pop(self._choice([one.weight for one in left])) for _ in range(count)]
        separator = ", " if picks[3] is None else picks[3]
        self._count(len(separator) * (count - 1))
        return separator.join(self.filled(one.text, (*within, "")).strip() for one in taken)

    def _one(self, options: Sequence[Option]) -> Option:
        return options[self._choice([one.weight for one in options])]

    def _choice(self, weights: Sequence[float]) -> int:
        sums = list(accumulate(weights))
        if not sums[-1] > 0:
            raise WildcardProblem("every option left to choose from has weight 0")
        if self.chosen >= MOST_CHOICES:
            raise WildcardProblem(f"more than {MOST_CHOICES:,} wildcards in one prompt")
        source = f"storyboard:wildcard:1\0{self.seed}\0{self.stream}\0{self.chosen}"
        self.chosen += 1
        number = int.from_bytes(hashlib.sha256(source.encode()).digest()[:8], "big") >> 11
        return bisect_right(sums, number / 2**53 * sums[-1])


def _closed_by(text: str) -> dict[int, int]:
    """Where each outer or inner `{` is closed. Raises `WildcardProblem` for one that is not, but
    has options."""
    closed: dict[int, int] = {}
    opened: list[int] = []
    for token in _PART.finditer(text):
        if token["sign"] == "{":
            opened.append(token.start())
        elif token["sign"] == "}" and opened:
            closed[opened.pop()] = token.start()
    if opened and len(list(_options(text[opened[0] + 1 :], closed, opened[0] + 1))) > 1:
        raise _unclosed(text[opened[0] :])
    for place in opened:
        if _PICKS.match(text, place + 1):
            raise _unclosed(text[place:])
    return closed


def _options(inside: str, closed: Mapping[int, int], at: int = 0) -> Iterator[str]:
    """What each `|` of a pair of braces parts; `\\|` is one of text. `closed` tells where braces in
    it are closed, counted from `at` characters before it."""
    parts: list[str] = []
    skip = 0
    for token in _PART.finditer(inside):
        outside = token.start() >= skip
        if outside and token["sign"] == "|":
            yield "".join(parts)
            parts.clear()
            continue
        if outside and token["sign"] == "{":
            skip = closed.get(token.start() + at, -1) - at
        parts.append("|" if outside and token[0] == r"\|" else token[0])
    yield "".join(parts)


def _unclosed(text: str) -> WildcardProblem:
    return WildcardProblem(
        f"the brace of `{_cut(text)}` is never closed", r"a brace of text is `\{`", text[:20]
    )


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
