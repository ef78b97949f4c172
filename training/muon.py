"""Muon for matrices and convolutions, AdamW for the rest: fewer pictures for the same loss.

Muon (Keller Jordan, 2024) makes every update of a matrix orthogonal by a few Newton-Schulz steps.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Three steps of the Polar Express (Amsel et al., 2025): on a CPU five of Muon's own cost half as
# much as the whole backward pass of so small a model.
STEPS = ((8.2872, -23.5959, 17.3004), (4.1071, -2.9478, 0.5448), (3.9487, -2.9089, 0.5518))


@torch.no_grad()
def orthogonal(matrix: Tensor) -> Tensor:
    """Roughly the nearest matrix with singular values of about one."""
    x = matrix.bfloat16()
    tall = x.size(0) > x.size(1)
    x = x.T if tall else x
    x = x / (x.norm() * 1.02 + 1e-7)
    for a, b, c in STEPS:
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    nearest: Tensor = x.T if tall else x
    return nearest.float()


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonal updates; the update's size is set as Adam's would be."""

    def __init__(self, parameters: list[nn.Parameter], lr: float, momentum: float = 0.95):
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                held = state["momentum"]
                held.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(held, group["momentum"])
                flat = orthogonal(update.reshape(len(update), -1))
                # 0.2 * sqrt(longer side) gives Adam's usual size of update (Moonlight, 2025).
                size = 0.2 * max(flat.shape) ** 0.5
                parameter.add_(flat.view(update.shape), alpha=-group["lr"] * size)


def split_parameters(
    model: nn.Module, edges: tuple[str, ...]
) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Parameters for Muon (matrices, convolutions) and for AdamW (edges, norms, embeddings)."""
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        inner = parameter.ndim >= 2 and not any(name.startswith(edge) for edge in edges)
        (matrices if inner else rest).append(parameter)
    return matrices, rest
