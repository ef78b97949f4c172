"""Muon's updates are orthogonal, and it learns."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from training.muon import Muon, orthogonal, split_parameters


def random(*shape: int) -> Tensor:
    """Numbers that are the same each time."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shape", [(8, 8), (6, 20), (20, 6)])
def test_singular_values_come_near_to_one(shape: tuple[int, int]) -> None:
    """From a thirtieth to one before; between a tenth and twice one after three steps."""
    left, _, right = torch.linalg.svd(random(*shape), full_matrices=False)
    before = torch.logspace(-1.5, 0, min(shape))
    values = torch.linalg.svdvals(orthogonal(left @ torch.diag(before) @ right))
    assert float(values.max()) < 2.3
    assert float(values.min()) > 0.1
    assert 0.7 < float(values.mean()) < 1.6
    assert values.max() / values.min() < 0.6 * before.max() / before.min()


@pytest.mark.parametrize("shape", [(8, 8), (6, 20), (20, 6)])
def test_directions_stay(shape: tuple[int, int]) -> None:
    matrix = random(*shape)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    nearest, found = left @ right, orthogonal(matrix)
    likeness = float((found * nearest).sum() / (found.norm() * nearest.norm()))
    assert likeness > 0.85


def test_it_finds_a_matrix() -> None:
    wanted, guess = random(6, 5), nn.Parameter(torch.zeros(6, 5))
    optimiser = Muon([guess], lr=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        loss = (guess - wanted).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert float((guess.detach() - wanted).abs().max()) < 0.2


def test_matrices_and_the_rest_are_told_apart() -> None:
    model = nn.ModuleDict({"first": nn.Linear(3, 4), "middle": nn.Linear(4, 4)})
    matrices, rest = split_parameters(model, ("first",))
    assert [id(p) for p in matrices] == [id(model["middle"].get_parameter("weight"))]
    assert len(rest) == 3
