r"""Prompt editing: a text that changes while a picture is drawn, as the WebUI reads it.

`[a:b:0.5]` is a, and from half of the steps on b; `[a:b:12]` is b from the 13th step on; `[b:12]`
comes in then, `[a::12]` goes out; `[a|b|c]` changes at every step. All may stand in each other and
in weighted brackets. What is no such form is text: brackets that do not match, colons too many, an
end that is no number. A `|` outside of square brackets, or a backslash before nothing, makes all of
the prompt text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

# Plain text runs up to a sign of the grammar; a backslash takes the next character's meaning away.
_TOKEN = re.compile(r"(?P<text>(?:[^\\\[\]():|]|\\.)+)|(?P<sign>[\[\]():|])")
_NUMBER = re.compile(
    r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*",
)
_CLOSED_BY = {"[": "]", "(": ")"}


@dataclass(frozen=True, slots=True)
class _Switch:
    """`before` up to step `when`, `after` behind it; a share of the steps has a decimal point."""

    before: _Nodes
    after: _Nodes
    when: float
    is_share: bool

    def at(self, step: int, steps: int) -> _Nodes:
        last = self.when * steps if self.is_share else self.when
        return self.before if step <= int(max(0.0, min(last, steps))) else self.after


@dataclass(frozen=True, slots=True)
class _Turns:
    """One option a step, in turn."""

    options: tuple[_Nodes, ...]

    def at(self, step: int, steps: int) -> _Nodes:
        return self.options[(step - 1) % len(self.options)]


@dataclass(frozen=True, slots=True)
class _Group:
    """Nodes that always stand together: what a weighted bracket holds, and the bracket itself."""

    nodes: _Nodes

    def at(self, step: int, steps: int) -> _Nodes:
        return self.nodes


_Node = str | _Switch | _Turns | _Group
_Nodes = tuple[_Node, ...]


class _AllText(Exception):
    """Something that stands in no form and is no text either."""


def texts_by_step(text: str, steps: int) -> tuple[str, ...]:
    """The text at each of `steps` steps; or one alone, where it is the same at all of them."""
    nodes = _read(text)
    if len(nodes) == 1 and isinstance(nodes[0], str):
        return (text,)
    texts = tuple(_at(nodes, step, steps) for step in range(1, steps + 1))
    return texts if len(set(texts)) > 1 else texts[:1]


def _at(nodes: _Nodes, step: int, steps: int) -> str:
    """Without recursion: how deep forms stand in each other is up to whoever wrote them."""
    written: list[str] = []
    left: list[Iterator[_Node]] = [iter(nodes)]
    while left:
        node = next(left[-1], None)
        if node is None:
            left.pop()
        elif isinstance(node, str):
            written.append(node)
        else:
            left.append(iter(node.at(step, steps)))
    return "".join(written)


@lru_cache(maxsize=1024)
def _read(text: str) -> _Nodes:
    """The prompt's nodes; one text alone where nothing in it changes."""
    try:
        return _Reader().read(text)
    except _AllText:
        return (text,)


@dataclass(slots=True)
class _Open:
    """An open bracket, what stands in it up to now, and the signs that part it."""

    bracket: str
    parts: list[list[_Node]] = field(default_factory=lambda: [[]])
    signs: list[str] = field(default_factory=list)

    def closed(self) -> _Node | None:
        """What stands in its parent's place; None where it is no form at all."""
        if not self.signs or (self.bracket == "(" and self.signs == [":"]):
            return _Group((*self.literal(), _CLOSED_BY[self.bracket]))
        if self.bracket == "(" or len(set(self.signs)) > 1:
            return None
        if self.signs[0] == "|":
            return _Turns(tuple(tuple(part) for part in self.parts))
        return self._switch()

    def literal(self) -> list[_Node]:
        """The same as text, as far as it is not closed."""
        if "|" in self.signs:
            raise _AllText
        nodes: list[_Node] = [self.bracket, *self.parts[0]]
        for sign, part in zip(self.signs, self.parts[1:], strict=True):
            nodes += [sign, *part]
        return nodes

    def _switch(self) -> _Switch | None:
        number = _number(self.parts[-1])
        if number is None or len(self.parts) > 3:
            return None
        before, after = self.parts[0] if len(self.parts) == 3 else (), self.parts[-2]
        return _Switch(tuple(before), tuple(after), float(number), "." in number)


@dataclass(slots=True)
class _Reader:
    """One pass over the signs. A bracket that is no form is text, and text brackets stand in no
    form: so everything around it that is open is text as well."""

    done: list[_Node] = field(default_factory=list)
    changes: bool = False
    opened: list[_Open] = field(default_factory=list)

    def read(self, text: str) -> _Nodes:
        end = 0
        for token in _TOKEN.finditer(text):
            if token.start() != end:
                raise _AllText
            end = token.end()
            self._take(token)
        if end != len(text):
            raise _AllText
        self._flush()
        return tuple(self.done) if self.changes else (text,)

    def _take(self, token: re.Match[str]) -> None:
        sign = token["sign"]
        if sign is None:
            self._here.append(token["text"])
        elif sign in "[(":
            self.opened.append(_Open(sign))
        elif sign in ":|":
            self._part(sign)
        else:
            self._close(sign)

    def _part(self, sign: str) -> None:
        if self.opened:
            self.opened[-1].signs.append(sign)
            self.opened[-1].parts.append([])
        elif sign == "|":
            raise _AllText
        else:
            self.done.append(sign)

    def _close(self, sign: str) -> None:
        node = None
        if self.opened and _CLOSED_BY[self.opened[-1].bracket] == sign:
            node = self.opened[-1].closed()
        if node is None:
            self._flush()
            self.done.append(sign)
        else:
            self.opened.pop()
            self._here.append(node)
            self.changes = self.changes or not isinstance(node, _Group)

    @property
    def _here(self) -> list[_Node]:
        return self.opened[-1].parts[-1] if self.opened else self.done

    def _flush(self) -> None:
        """All that is open is text."""
        for one in self.opened:
            self.done.extend(one.literal())
        self.opened.clear()


def _number(part: Sequence[_Node]) -> str | None:
    if len(part) != 1 or not isinstance(part[0], str):
        return None
    number = _NUMBER.fullmatch(part[0])
    return number[1] if number else None
