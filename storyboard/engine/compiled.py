"""The UNet compiled whole by torch.compile, on a GPU with CUDA graphs.

Its weights stay the module's own and are read where they are at each evaluation, so a LoRA that is
merged in place needs no compiling again. What needs it is each new shape: so batches are filled up
to a few sizes. Moved weights and other dtypes are not for it; there the plain module is asked.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

_BUCKETS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Numbers of texts that are asked for together: twice the panels, where they are guided."""

_SHAPES = 64
"""Of so many shapes a compiled UNet is kept; further ones are asked as if it were not compiled."""

_GRAPHS = "reduce-overhead"
"""torch.compile's name for CUDA graphs. `max-autotune` picks kernels too, for minutes a shape."""

Backend = str | Callable[..., Any]
"""What torch.compile takes for one."""

_begin_step: Any = torch.compiler.cudagraph_mark_step_begin  # untyped in torch

OnFailure = Callable[[str], None]
"""Hears, once, why the plain module is asked from now on."""


class CompiledUnet:
    """A UNet2DConditionModel, compiled shape by shape when it is first asked for one."""

    def __init__(self, module: nn.Module, backend: Backend, on_failure: OnFailure) -> None:
        # Of what diffusers does, which is right all the same.
        warnings.filterwarnings("ignore", "Dynamo detected a call to a `functools.lru_cache`")
        graphs = backend == "inductor" and next(module.parameters()).device.type == "cuda"
        self._plain: Any = module
        self._compiled: Any = torch.compile(
            module,
            backend=backend,
            mode=_GRAPHS if graphs else None,
            dynamic=False,
        )
        dynamo: Any = torch._dynamo.config
        dynamo.recompile_limit = max(dynamo.recompile_limit, _SHAPES)
        self._on_failure = on_failure
        self.works = True

    def ask(
        self, x: Tensor, step: Tensor, vectors: Tensor, added: Mapping[str, Tensor] | None
    ) -> Tensor:
        """The raw answer to as many as were asked for, in memory of its own. Where it cannot be
        compiled, the plain module's, and `works` is False from then on."""
        asked = len(x)
        if self.works:
            filled = filling(asked, x.device)
            more = added and {name: value[filled] for name, value in added.items()}
            try:
                # The last answer's memory may be used again: it was copied.
                _begin_step()
                answer: Tensor = self._compiled(
                    x[filled], step, vectors[filled], added_cond_kwargs=more
                ).sample
                return answer[:asked].clone()
            except torch._dynamo.exc.TorchDynamoException as problem:
                self.works = False
                sentence = " ".join(str(problem).split())[:200]
                self._on_failure(f"the UNet cannot be compiled, and is asked as it is: {sentence}")
        plain: Tensor = self._plain(x, step, vectors, added_cond_kwargs=added).sample
        return plain


def filling(count: int, device: torch.device) -> Tensor:
    """The places of a batch of `count`, the last one again and again up to the next size there is.

    What is beside a picture in a batch is nothing to it but for rounding.
    """
    size = next((bucket for bucket in _BUCKETS if bucket >= count), count)
    return torch.arange(size, device=device).clamp(max=count - 1)
