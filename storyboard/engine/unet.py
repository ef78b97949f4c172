"""The UNet of every family: loaded, asked, and in float32 for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from storyboard.engine.compiled import CompiledUnet, OnFailure
from storyboard.engine.model import Placement
from storyboard.engine.parts import Part
from storyboard.engine.weights import config_of, fill, from_config, widened

_UNET: Any = UNet2DConditionModel  # untyped in diffusers


class Unet:
    """A UNet2DConditionModel. Only inside it are numbers of its dtype; outside they are float32."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self._compiled: CompiledUnet | None = None

    @classmethod
    def load(cls, part: Part, placement: Placement) -> Unet:
        """Builds it and gives it its weights; ProblemsError where they do not fit together."""
        unet = from_config(_UNET, part.config, part.of)
        fill(unet, part.weights, placement.unet, part.of)
        nn.Module.to(unet, placement.device)
        if placement.device.type == "cuda":
            # Convolutions are quicker with it there; on a CPU they are as quick without in float32,
            # and quicker without in bfloat16.
            for weight in unet.parameters():
                if weight.ndim == 4:
                    weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        return cls(unet)

    @torch.inference_mode()
    def predict(
        self, x: Tensor, timestep: float, vectors: Tensor, added: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Its raw answer, float32. `x` is batch x channels x height x width at variance 1,
        `vectors` batch x tokens x width; `added` is what diffusers calls `added_cond_kwargs`."""
        like = self._like
        dtype, device = like.dtype, like.device
        step = torch.tensor(timestep, dtype=torch.float32, device=device)
        x, vectors = x.to(device, dtype), vectors.to(device, dtype)
        if self._compiled is not None:
            return self._compiled.ask(x, step, vectors, added).float()
        module: Any = self.module
        answer: Tensor = module(x, step, vectors, added_cond_kwargs=added).sample
        return answer.float()

    def compile(self, backend: str, on_failure: OnFailure) -> None:
        """From now on it is asked compiled; see `CompiledUnet`."""
        self._compiled = CompiledUnet(self.module, backend, on_failure)

    def leave_plain(self) -> None:
        """From now on it is asked as it is."""
        self._compiled = None

    @property
    def is_compiled(self) -> bool:
        """Whether it is asked compiled."""
        return self._compiled is not None and self._compiled.works

    @property
    def weights(self) -> Mapping[str, nn.Parameter]:
        """Every weight by its diffusers name, behind `unet.`."""
        return {f"unet.{name}": weight for name, weight in self.module.named_parameters()}

    @property
    def config(self) -> Any:
        """What diffusers knows of its shape."""
        return config_of(self.module)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self._like.device

    @property
    def is_float32(self) -> bool:
        """Whether it computes in float32 already."""
        return self._like.dtype == torch.float32

    @contextmanager
    def in_float32(self) -> Iterator[None]:
        """It computes in float32 for a while; afterwards every weight is what it was."""
        compiled, self._compiled = self._compiled, None
        try:
            with widened(self.module):
                yield
        finally:
            self._compiled = compiled

    @property
    def _like(self) -> Tensor:
        return next(self.module.parameters())
