"""Which of torch's attention kernels a GPU draws with: the one that was quickest there. It is
measured once for a model and a size of picture, and remembered, so that a picture does not hang on
the clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from storyboard.engine.guidance import Asked
from storyboard.engine.model import Encoded
from storyboard.files import write_atomic

KERNELS: Mapping[str, Any] = {
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "cudnn": SDPBackend.CUDNN_ATTENTION,
}
"""Those that are tried. The plain one is only there for what none of them can do: it needs memory
for each pair of a picture's cells."""

DEVICES = ("cuda",)
"""Where there is a choice."""

TORCHS_OWN = "torch's own"
"""What is taken where no kernel is clearly quicker: torch picks by itself."""

_CLEARLY = 0.97
"""A kernel must take no more than this share of the time that torch's own choice takes."""

_WARM, _TIMED = 2, 5
_TIMESTEP = 500.0
_PLAIN = SDPBackend.MATH


@dataclass(frozen=True, slots=True)
class Attending:
    """A model that is asked with one kernel first, and with the others where that one cannot."""

    model: Asked
    kernel: str

    @property
    def device(self) -> torch.device:
        """See `Model`."""
        return self.model.device

    def predict(self, x: Tensor, timestep: float, context: Encoded) -> Tensor:
        """See `Model`."""
        if self.kernel == TORCHS_OWN:
            return self.model.predict(x, timestep, context)
        first = KERNELS[self.kernel]
        rest = [kernel for kernel in (*KERNELS.values(), _PLAIN) if kernel != first]
        with sdpa_kernel([first, *rest], set_priority=True):
            return self.model.predict(x, timestep, context)


class Choice:
    """Kernels by what they are for; kept in `file`, which may be lost or broken at no other cost
    than measuring again."""

    def __init__(self, file: Path | None, clock: Callable[[], float] = perf_counter) -> None:
        self._file = file
        self._clock = clock
        self._known = _kept(file)

    def of(self, key: str, model: Asked, x: Tensor, context: Encoded) -> str:
        """The kernel for what `key` names: the remembered one, or the one that answers `x` and
        `context` soonest. Raises what the model raises where torch's own choice fails too."""
        if key not in self._known:
            self._known[key] = self._measured(model, x, context)
            self._save()
        return self._known[key]

    def _measured(self, model: Asked, x: Tensor, context: Encoded) -> str:
        usual = self._seconds(Attending(model, TORCHS_OWN), x, context)
        found = {}
        for kernel in KERNELS:
            with suppress(RuntimeError):  # not every GPU has each of them
                found[kernel] = self._seconds(Attending(model, kernel), x, context)
        best = min(found, key=lambda kernel: found[kernel], default=TORCHS_OWN)
        return best if found.get(best, usual) <= usual * _CLEARLY else TORCHS_OWN

    def _seconds(self, model: Asked, x: Tensor, context: Encoded) -> float:
        return median([self._once(model, x, context) for _ in range(_WARM + _TIMED)][_WARM:])

    def _once(self, model: Asked, x: Tensor, context: Encoded) -> float:
        _finished(model.device)
        begun = self._clock()
        model.predict(x, _TIMESTEP, context)
        _finished(model.device)
        return self._clock() - begun

    def _save(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                text = json.dumps(self._known, indent=1)
                write_atomic(self._file, f"{text}\n".encode(), durable=False)


def key_of(weights: Sequence[Tensor], shape: Sequence[int]) -> str:
    """What a kernel is chosen for: the GPU, torch, the model's dtype and size, and the latent's
    height and width."""
    one = weights[0]
    gpu = torch.cuda.get_device_name(one.device) if one.is_cuda else str(one.device)
    size = sum(weight.numel() for weight in weights)
    dtype = str(one.dtype).removeprefix("torch.")
    return f"{gpu}, torch {torch.__version__}, {dtype}, {size} weights, {shape[-1]}x{shape[-2]}"


def _finished(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _kept(file: Path | None) -> dict[str, str]:
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file is not None else {}
    except (OSError, ValueError):
        return {}
    known = (TORCHS_OWN, *KERNELS)
    pairs = found.items() if isinstance(found, dict) else ()
    return {key: kernel for key, kernel in pairs if kernel in known}
