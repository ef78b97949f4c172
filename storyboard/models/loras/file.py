"""A LoRA file's modules, and what in the file cannot be used: told from its header alone.

The formats are those of `keys` and `factors`. No tensor is read, and torch is not needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storyboard.models.header import FLOATS, Header, Shape
from storyboard.models.loras.alphas import Alphas, read_alphas
from storyboard.models.loras.factors import FactorProblem, Product, product_of, size
from storyboard.models.loras.keys import Role, refused_format, take_apart
from storyboard.models.loras.names import Part, part_and_name, todays_name

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class LoraModule:
    """What is changed of one layer.

    `key` is its path in the file, `name` its name in the one form of `names`. `roles` say which of
    the file's tensors is what; `shapes` are theirs. `product` is None where only the bias is
    changed. Where `roles` has no alpha, `alpha` is what the metadata say, or None for the rank.
    """

    key: str
    name: str
    part: Part
    roles: Mapping[Role, str]
    shapes: Mapping[Role, Shape]
    product: Product | None
    alpha: float | None = None


@dataclass(frozen=True, slots=True)
class LoraFile:
    """A LoRA's modules; keys of no understood format; and modules that do not hold together."""

    modules: tuple[LoraModule, ...]
    unknown: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    metadata_problem: str | None = None

    @property
    def problems(self) -> list[str]:
        """Why this file cannot be used, each a sentence whose subject it is; empty if it can."""
        problems = [f"its module {sentence}" for sentence in self.broken[:_SHOWN]]
        if len(self.broken) > _SHOWN:
            problems.append(f"{len(self.broken) - _SHOWN} more of its modules are broken")
        if self.unknown:
            problems.append(_unknown(self.unknown))
        if self.metadata_problem:
            problems.append(self.metadata_problem)
        if not self.modules and not problems:
            problems.append("changes nothing: there is no LoRA module in it")
        return problems


def parse_lora(tensors: Mapping[str, Shape], metadata: Mapping[str, str] | None = None) -> LoraFile:
    """Sorts a file's tensors, given by key and shape, into modules, ordered by name.

    The metadata say alphas where the tensors do not (`alphas`).
    """
    alphas, metadata_problem = _alphas(metadata or {})
    found: dict[str, _Found] = {}
    unknown = []
    for key in tensors:
        if not _put(key, found):
            unknown.append(key)
    modules, broken = [], []
    for name, one in sorted(found.items()):
        try:
            modules.append(_module(name, one, tensors, alphas))
        except FactorProblem as problem:
            broken.append(f"{one.key} {problem}")
    return LoraFile(tuple(modules), tuple(sorted(unknown)), tuple(broken), metadata_problem)


def no_weights(header: Header) -> list[str]:
    """Which of a file's tensors are of a type that is no weight's, as a sentence; quantised ones
    are. An alpha may be a whole number."""
    keys = [
        f"{key} ({info.dtype})"
        for key, info in header.tensors.items()
        if info.dtype not in FLOATS and not (key.endswith(".alpha") and info.dtype[0] in "IU")
    ]
    return [f"holds tensors of no floating-point type: {some(keys)}"] if keys else []


def some(things: Iterable[str]) -> str:
    """The first few of a list, and how many more there are."""
    listed = list(things)
    rest = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(thing[:200] for thing in listed[:_SHOWN]) + rest


@dataclass(frozen=True, slots=True)
class _Found:
    """A module's tensors while they are gathered; a role may be there twice."""

    key: str
    part: Part
    roles: dict[Role, list[str]]


def _put(key: str, found: dict[str, _Found]) -> bool:
    """Puts a key to its module's; False where it is of none."""
    taken = take_apart(key)
    named = part_and_name(taken.module) if taken else None
    if taken is None or named is None:
        return False
    part, name = named
    module = found.setdefault(name, _Found(taken.module, part, {}))
    module.roles.setdefault(taken.role, []).append(key)
    return True


def _module(name: str, found: _Found, tensors: Mapping[str, Shape], alphas: Alphas) -> LoraModule:
    """Raises `FactorProblem` with what is wrong with it."""
    twice = [keys for keys in found.roles.values() if len(keys) > 1]
    if twice:
        raise FactorProblem(f"says the same twice: {some(twice[0])}")
    roles = {role: keys[0] for role, keys in found.roles.items()}
    shapes = {role: tensors[key] for role, key in roles.items()}
    product = product_of(shapes)
    if product is None and "diff_b" not in shapes:
        raise FactorProblem(f"has nothing but {' and '.join(roles)}")
    if product is None and ("dora_scale" in shapes or "magnitude" in shapes):
        raise FactorProblem("has a magnitude but no change that it belongs to")
    if shapes.get("alpha", ()) not in ((), (1,)):
        raise FactorProblem(f"has an alpha of shape {size(shapes['alpha'])}")
    if "dora_scale" in shapes and "magnitude" in shapes:
        raise FactorProblem("has two magnitudes")
    rank = product.rank if product else None
    alpha = alphas.of(found.key, found.part, rank) if rank and "alpha" not in roles else None
    return LoraModule(found.key, todays_name(name), found.part, roles, shapes, product, alpha)


def _alphas(metadata: Mapping[str, str]) -> tuple[Alphas, str | None]:
    try:
        return read_alphas(metadata), None
    except ValueError as problem:
        return Alphas({}), str(problem)


def _unknown(keys: Sequence[str]) -> str:
    formats = sorted({name for key in keys if (name := refused_format(key))})
    what = (
        f"is in a format that is not supported: {', '.join(formats)}"
        if formats
        else "has keys of no known LoRA format"
    )
    return f"{what} ({some(keys)})"
