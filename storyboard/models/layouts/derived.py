"""The weights of a module by rule: each with its diffusers name, its shape, and its older key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from storyboard.models.header import Shape

Rows = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Weight:
    """One weight.

    `name` and `shape` are the module's; `key` is what the code that trained it calls the tensor.
    There it may be kept in another way: `rows` are its rows of a tensor of several weights,
    `transposed` says that rows and columns are exchanged, and `kept` is the shape of the tensor in
    the file, where that is not `shape`.
    """

    name: str
    shape: Shape
    key: str
    kept: Shape = ()
    rows: Rows | None = None
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class At:
    """A module by both its names, from which those below it follow."""

    name: str = ""
    key: str = ""

    def to(self, name: str, key: str | None = None) -> At:
        """A module below; without `key` it has the same name in both worlds."""
        below = name if key is None else key
        return At(f"{self.name}.{name}".lstrip("."), f"{self.key}.{below}".lstrip("."))

    def linear(self, out: int, width: int, bias: bool = True) -> list[Weight]:
        """`out` x `width`, and its bias."""
        return self._pair((out, width), bias)

    def conv(self, out: int, width: int, side: int = 3) -> list[Weight]:
        """`out` x `width` x `side` x `side`, and its bias."""
        return self._pair((out, width, side, side), True)

    def norm(self, width: int) -> list[Weight]:
        """A scale and a shift a channel."""
        return self._pair((width,), True)

    def weight(self, shape: Shape) -> Weight:
        """`weight` alone."""
        return Weight(f"{self.name}.weight", shape, f"{self.key}.weight")

    def _pair(self, shape: Shape, bias: bool) -> list[Weight]:
        beside = Weight(f"{self.name}.bias", shape[:1], f"{self.key}.bias")
        return [self.weight(shape), *([beside] if bias else [])]


def usual(numbers: Iterable[int], otherwise: int) -> int:
    """The number that occurs most often, the smallest of several; `otherwise` where there is none.

    So a size is read off many tensors, and one of the wrong shape stays the only wrong one.
    """
    counted = Counter(numbers)
    return min(counted, key=lambda number: (-counted[number], number)) if counted else otherwise
