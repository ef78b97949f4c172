"""Finds a component's weights among a file's tensors, and says which lack, misfit or are strange.

The same weight has several names in the wild. A `Naming` says how to go from a weight to its key;
the one under which most keys are there is the file's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.models.header import FLOATS, Header, Shape
from storyboard.models.layouts.derived import Rows, Weight

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor, the file that holds it, its type (as safetensors names it) and its shape."""

    file: Path
    key: str
    dtype: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a weight lies: `key` in `file`. Of that tensor take `rows`, if they are said, exchange
    rows and columns if `transposed`, and give it `shape`, the weight's own."""

    file: Path
    key: str
    shape: Shape
    rows: Rows | None = None
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A component: its configuration, and where each of its weights lies."""

    config: Mapping[str, Any]
    weights: Mapping[str, Stored]

    @property
    def shapes(self) -> dict[str, Shape]:
        """Each weight's shape."""
        return {name: stored.shape for name, stored in self.weights.items()}


@dataclass(frozen=True, slots=True)
class Naming:
    """Where a file keeps a component's weights: the prefix of its keys, and what follows.

    `older` takes the keys of the code that trained the model; else the weights' own names serve,
    with `changes` (new to old) made in them.
    """

    prefix: str
    older: bool
    changes: tuple[tuple[str, str], ...] = ()

    def key(self, weight: Weight) -> str:
        """The weight's key in the file."""
        if self.older:
            return self.prefix + weight.key
        name = weight.name
        for new, old in self.changes:
            name = name.replace(new, old)
        return self.prefix + name


@dataclass(frozen=True, slots=True)
class Match:
    """The weights that were found, and as sentences what is wrong with the rest."""

    weights: Mapping[str, Stored]
    problems: tuple[str, ...]


def held_in(path: Path, header: Header) -> dict[str, Held]:
    """A file's tensors by key."""
    return {key: Held(path, key, info.dtype, info.shape) for key, info in header.tensors.items()}


def below(prefix: str, tensors: Mapping[str, Held]) -> dict[str, Shape]:
    """The shapes of what stands below a prefix, by what follows it."""
    return {
        key.removeprefix(prefix): held.shape
        for key, held in tensors.items()
        if key.startswith(prefix)
    }


def naming_of(
    weights: Sequence[Weight], namings: Iterable[Naming], tensors: Mapping[str, Held]
) -> Naming | None:
    """The naming under which most weights are there; None where none is."""
    counted = [(sum(naming.key(w) in tensors for w in weights), naming) for naming in namings]
    most, best = max(counted, key=lambda one: one[0])
    return best if most else None


def match(
    subject: str,
    weights: Iterable[Weight],
    naming: Naming,
    tensors: Mapping[str, Held],
    is_no_weight: Callable[[str], object],
) -> Match:
    """Finds the weights among all of a file's tensors; sentences begin with `subject`, which is
    empty where the file itself is meant.

    Keys below the naming's prefix that no weight has are strange, but for those of which
    `is_no_weight`, told without the prefix, is true.
    """
    found: dict[str, Stored] = {}
    missing, misfits, used = [], [], set()
    for weight in weights:
        key = naming.key(weight)
        used.add(key)
        held = tensors.get(key)
        if held is None:
            missing.append(key)
        elif (stored := _stored(weight, held, naming)) is None:
            misfits.append(_misfit(weight, held, naming))
        else:
            found[weight.name] = stored
    strange = sorted(
        key
        for key in tensors.keys() - used
        if key.startswith(naming.prefix) and not is_no_weight(key.removeprefix(naming.prefix))
    )
    no_numbers = [
        f"{key} ({tensors[key].dtype})"
        for key in sorted(used & tensors.keys())
        if tensors[key].dtype not in FLOATS
    ]
    complaints = (
        (missing, "lacks", "", "get it again: it is not whole"),
        (misfits, "has", " of a wrong shape", "it is damaged, or of a build that is not known"),
        (strange, "has", " too many", "it is of a build that is not known"),
        (no_numbers, "has", " of no floating-point type", "use a version that is not quantised"),
    )
    problems = tuple(
        f"{subject} {verb} {count(keys)}{rest}: {some(keys)} ({hint})".lstrip()
        for names, verb, rest, hint in complaints
        if (keys := list(dict.fromkeys(names)))
    )
    return Match(found, problems)


def some(names: Sequence[str]) -> str:
    """The first few names, fit for a message, and how many more there are."""
    shown = ", ".join(_plain(name) for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def size(shape: Shape) -> str:
    """A shape as it stands in a message."""
    return "x".join(map(str, shape)) or "a single number"


def _stored(weight: Weight, held: Held, naming: Naming) -> Stored | None:
    """None where the tensor has not the shape that the weight is kept in."""
    if naming.older and (weight.rows or weight.transposed):
        if held.shape != weight.kept:
            return None
        return Stored(held.file, held.key, weight.shape, weight.rows, weight.transposed)
    fits = held.shape in (weight.shape, weight.kept or weight.shape)
    return Stored(held.file, held.key, weight.shape) if fits else None


def _misfit(weight: Weight, held: Held, naming: Naming) -> str:
    wanted = (weight.kept or weight.shape) if naming.older else weight.shape
    return f"{held.key} is {size(held.shape)}, not {size(wanted)}"


def count(names: Sequence[str]) -> str:
    """How many tensors there are, in words."""
    return f"{len(names):,} tensor{'' if len(names) == 1 else 's'}"


def _plain(text: str) -> str:
    """A stranger's text: control characters would reach the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:160])
