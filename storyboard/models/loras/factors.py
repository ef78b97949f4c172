"""What a LoRA's module multiplies, told from its tensors' roles and shapes.

| format | the change of a weight |
| --- | --- |
| low rank | up @ down; LoCon may have a convolution `mid` between (Hu et al., arXiv:2106.09685) |
| LoHa | (w1_a @ w1_b) * (w2_a @ w2_b), element by element (Hyeon-Woo et al., arXiv:2108.06098) |
| LoKr | the Kronecker product of w1 and w2, each whole or factored (Yeh et al., arXiv:2309.14859) |
| difference | `diff` itself |

In LoHa and LoKr a tensor t of a x b x height x width may stand between two factors (Tucker's
decomposition): then `_a` is a x out and `_b` is b x in. All but differences are scaled by alpha /
rank, if they have a rank at all: LoKr of two whole factors has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from storyboard.models.header import Shape
from storyboard.models.loras.keys import Role

Format = Literal["low rank", "LoHa", "LoKr", "difference"]

_ROLES: dict[Format, tuple[Role, ...]] = {
    "low rank": ("lora_down", "lora_up", "lora_mid"),
    "LoHa": ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"),
    "LoKr": (
        "lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2",
    ),
    "difference": ("diff",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """What a module's factors make: its format, its shape, and the rank that alpha is divided by.

    A convolution's change is 4-dimensional, or flattened to out x (in * height * width). `rank` is
    None where alpha has no say.
    """

    format: Format
    shape: Shape
    rank: int | None


class FactorProblem(Exception):
    """Why factors make no product, as a sentence's end: its subject is the module."""


def product_of(shapes: Mapping[Role, Shape]) -> Product | None:
    """What a module's tensors make; None where there are none but a bias, an alpha or a magnitude.

    Raises `FactorProblem` where some are missing or do not multiply.
    """
    formats = [name for name, roles in _ROLES.items() if any(role in shapes for role in roles)]
    if not formats:
        return None
    if len(formats) > 1:
        raise FactorProblem(f"is {' and '.join(formats)} at once")
    own = {role: shapes[role] for role in _ROLES[formats[0]] if role in shapes}
    for role, shape in own.items():
        if 0 in shape:
            raise FactorProblem(f"is empty: {role} is {size(shape)}")
    match formats[0]:
        case "low rank":
            return _low_rank(own)
        case "LoHa":
            return _loha(own)
        case "LoKr":
            return _lokr(own)
        case "difference":
            return Product("difference", own["diff"], None)


def size(shape: Shape) -> str:
    """A shape in words."""
    return "x".join(str(side) for side in shape) or "a number"


def _low_rank(shapes: Mapping[Role, Shape]) -> Product:
    down, up, mid = _needed(shapes, "lora_down"), _needed(shapes, "lora_up"), shapes.get("lora_mid")
    if len(down) not in (2, 4) or len(up) not in (2, 4) or _kernel(up) != (1, 1):
        raise _unfit(shapes)
    if mid is None:
        if up[1] != down[0]:
            raise _unfit(shapes)
        return Product("low rank", (up[0], *down[1:]), down[0])
    if len(mid) != 4 or mid[:2] != (up[1], down[0]) or _kernel(down) != (1, 1):
        raise _unfit(shapes)
    return Product("low rank", (up[0], down[1], *mid[2:]), down[0])


def _loha(shapes: Mapping[Role, Shape]) -> Product:
    if ("hada_t1" in shapes) != ("hada_t2" in shapes):
        raise FactorProblem(f"lacks its {'hada_t2' if 'hada_t1' in shapes else 'hada_t1'}")
    halves = [
        _matrix(shapes, "hada_w1_a", "hada_w1_b", "hada_t1"),
        _matrix(shapes, "hada_w2_a", "hada_w2_b", "hada_t2"),
    ]
    if halves[0] != halves[1]:
        raise _unfit(shapes)
    return Product("LoHa", halves[0], shapes["hada_w1_b"][0])


def _lokr(shapes: Mapping[Role, Shape]) -> Product:
    left = _whole_or_factored(shapes, "lokr_w1", "lokr_w1_a", "lokr_w1_b", None)
    right = _whole_or_factored(shapes, "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2")
    if len(left) != 2 or len(right) not in (2, 4):
        raise _unfit(shapes)
    factors = (shapes[role] for role in ("lokr_w2_b", "lokr_w1_b") if role in shapes)
    ranked = next(factors, None)
    shape = (left[0] * right[0], left[1] * right[1], *right[2:])
    return Product("LoKr", shape, ranked[0] if ranked else None)


def _whole_or_factored(
    shapes: Mapping[Role, Shape], whole: Role, a: Role, b: Role, between: Role | None
) -> Shape:
    factors = [role for role in (a, b, between) if role and role in shapes]
    if whole not in shapes:
        return _matrix(shapes, a, b, between)
    if factors:
        raise FactorProblem(f"has both {whole} and {factors[0]}")
    return shapes[whole]


def _matrix(shapes: Mapping[Role, Shape], a: Role, b: Role, between: Role | None) -> Shape:
    """The shape of a @ b, or of a and b with a tensor between."""
    left, right = _needed(shapes, a), _needed(shapes, b)
    middle = shapes.get(between) if between else None
    if middle is None:
        if len(left) != 2 or len(right) not in (2, 4) or left[1] != right[0]:
            raise _unfit(shapes)
        return (left[0], *right[1:])
    if len(left) != 2 or len(right) != 2 or len(middle) != 4 or middle[:2] != (left[0], right[0]):
        raise _unfit(shapes)
    return (left[1], right[1], *middle[2:])


def _needed(shapes: Mapping[Role, Shape], role: Role) -> Shape:
    if role not in shapes:
        raise FactorProblem(f"lacks its {role}")
    return shapes[role]


def _kernel(shape: Shape) -> Shape:
    return shape[2:] or (1, 1)


def _unfit(shapes: Mapping[Role, Shape]) -> FactorProblem:
    told = ", ".join(f"{role} is {size(shape)}" for role, shape in shapes.items())
    return FactorProblem(f"does not multiply: {told}")
