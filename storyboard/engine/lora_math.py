"""The products that LoRA formats make of their factors, and DoRA's magnitudes.

Formulas and their papers are in `storyboard.models.loras.factors`. Everything is computed in the
dtype and on the device of what is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.models.loras.factors import Format
from storyboard.models.loras.keys import Role
from storyboard.models.loras.targets import Axis

Factors = Mapping[Role, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Magnitude:
    """The norms that a weight is to have: of each output's weights (axis 0) or of each input's."""

    values: Tensor
    axis: Axis


def product(format: Format, factors: Factors) -> Tensor:
    """What the factors make, unscaled: out x in (x height x width), or flattened to a matrix.

    Their shapes must be such as `storyboard.models.loras.factors.product_of` lets through.
    """
    return _PRODUCTS[format](factors)


def with_magnitude(weight: Tensor, magnitude: Magnitude) -> Tensor:
    """The weight with the norms of `magnitude` (Liu et al. 2024, arXiv:2402.09353, equation 5)."""
    others = [axis for axis in range(weight.ndim) if axis != magnitude.axis]
    norms: Tensor = torch.linalg.vector_norm(weight, dim=others, keepdim=True)
    values = magnitude.values.to(weight).reshape(norms.shape)
    # As LyCORIS does, so that a row without any weight stays one.
    scale: Tensor = values / (norms + torch.finfo(weight.dtype).eps)
    return weight * scale


def _low_rank(factors: Factors) -> Tensor:
    down, up = factors["lora_down"], factors["lora_up"].flatten(1)
    if (mid := factors.get("lora_mid")) is not None:
        return torch.einsum("oa,abhw,bi->oihw", up, mid, down.flatten(1))
    return (up @ down.flatten(1)).reshape(up.shape[0], *down.shape[1:])


def _loha(factors: Factors) -> Tensor:
    left = _joined(factors["hada_w1_a"], factors["hada_w1_b"], factors.get("hada_t1"))
    right = _joined(factors["hada_w2_a"], factors["hada_w2_b"], factors.get("hada_t2"))
    return left * right


def _lokr(factors: Factors) -> Tensor:
    left, right = factors.get("lokr_w1"), factors.get("lokr_w2")
    if left is None:
        left = _joined(factors["lokr_w1_a"], factors["lokr_w1_b"], None)
    if right is None:
        right = _joined(factors["lokr_w2_a"], factors["lokr_w2_b"], factors.get("lokr_t2"))
    left = left.reshape(*left.shape, *([1] * (right.ndim - left.ndim)))
    return torch.kron(left, right.contiguous())


def _joined(a: Tensor, b: Tensor, between: Tensor | None) -> Tensor:
    """a @ b; or with Tucker's core between, where a is a x out and b is b x in."""
    if between is not None:
        return torch.einsum("ao,abhw,bi->oihw", a, between, b)
    return (a @ b.flatten(1)).reshape(a.shape[0], *b.shape[1:])


def _difference(factors: Factors) -> Tensor:
    return factors["diff"]


_PRODUCTS: Mapping[Format, Callable[[Factors], Tensor]] = {
    "low rank": _low_rank,
    "LoHa": _loha,
    "LoKr": _lokr,
    "difference": _difference,
}
