"""Low-rank changes beside a model's frozen layers, while they are trained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from training.loraweights import targets


class Adapter(nn.Module):
    """A trainable change of one layer: alpha / rank * up(down(x)) (Hu et al. 2021, 2106.09685).

    `down` is rank x in (x height x width), `up` out x rank (x 1 x 1), in float32.
    """

    def __init__(self, layer: nn.Module, rank: int, alpha: float, seed: int) -> None:
        super().__init__()
        weight = layer.get_parameter("weight")
        self.scale = alpha / rank
        self._stride: Any = getattr(layer, "stride", 1)
        self._padding: Any = getattr(layer, "padding", 0)
        ones = (1,) * (weight.ndim - 2)
        generator = torch.Generator().manual_seed(seed)
        # kaiming_uniform_(a=sqrt(5)) as in LoRA's own code, drawn on the CPU for any device.
        bound = 1 / math.sqrt(math.prod(weight.shape[1:]))
        start = torch.empty(rank, *weight.shape[1:]).uniform_(-bound, bound, generator=generator)
        self.down = nn.Parameter(start.to(weight.device))
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank, *ones, device=weight.device))

    def forward(self, x: Tensor) -> Tensor:
        """What is added to the layer's output."""
        if self.down.ndim == 2:
            return F.linear(self.scale * F.linear(x, self.down), self.up)
        low = F.conv2d(x, self.down, stride=self._stride, padding=self._padding)
        return F.conv2d(self.scale * low, self.up)

    def beside(self, layer: nn.Module) -> RemovableHandle:
        """From now on the layer's output has the change in it, until the handle is removed."""
        return layer.register_forward_hook(self._add)

    def _add(self, layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        changed: Tensor = output + self(inputs[0])
        return changed


@dataclass(frozen=True, slots=True, eq=False)
class Adapters:
    """A LoRA in training: its adapters by kohya key, and the hooks that hold them in the model."""

    by_key: Mapping[str, Adapter]
    handles: tuple[RemovableHandle, ...]

    @classmethod
    def attach(
        cls,
        unet: nn.Module,
        text_encoder: nn.Module | None,
        rank: int,
        alpha: float,
        seed: int,
        dtype: torch.dtype | None = None,
    ) -> Adapters:
        """An adapter beside every layer that takes one; without a text encoder, in the UNet alone.

        With `dtype` the frozen layers themselves are turned to it: what autocast would do at every
        step, done once.
        """
        layers = targets(unet, text_encoder)
        made = {
            key: Adapter(layer, rank, alpha, seed * 1_000_003 + number)
            for number, (key, layer) in enumerate(layers.items())
        }
        handles = tuple(made[key].beside(layer) for key, layer in layers.items())
        for layer in layers.values():
            layer.to(dtype=dtype)
        return cls(made, handles)

    def detach(self) -> None:
        """Takes them out of the model."""
        for handle in self.handles:
            handle.remove()

    def parameters(self, of_text: bool) -> list[nn.Parameter]:
        """What is trained in the text encoder, or in the UNet."""
        chosen = [a for key, a in self._sorted() if key.startswith("lora_te_") == of_text]
        return [parameter for a in chosen for parameter in (a.down, a.up)]

    def tensors(self) -> dict[str, Tensor]:
        """All trained numbers by name; they share memory with the adapters."""
        return {
            f"{key}.{part}": parameter.data
            for key, adapter in self._sorted()
            for part, parameter in (("down", adapter.down), ("up", adapter.up))
        }

    def _sorted(self) -> Iterator[tuple[str, Adapter]]:
        return iter(sorted(self.by_key.items()))
