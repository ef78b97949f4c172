"""Where a model's parts are: all on the device, or there only the one in use and the others on the
CPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import nn

from storyboard.engine.ladder import Stage

Parts = Mapping[Stage, Sequence[nn.Module]]
"""A model's modules by the stage that they are needed in."""

_CPU = torch.device("cpu")


class Residence:
    """Moves a model's parts once they are offloaded; until then all stay where they were loaded.

    Weights are moved in place: whoever holds a parameter goes on holding it, and a part that comes
    back is bit for bit what it was.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._parts: Parts = {}
        self._offloaded = False

    def take_in(self, parts: Parts) -> None:
        """The parts of the model that is drawn with from now on."""
        self._parts = parts

    def offload(self) -> None:
        """From now on only what is in use is on the device."""
        self._offloaded = True
        self._send_away(self._parts)

    def enter(self, stage: Stage) -> None:
        """Brings in the stage's modules, and before that sends the others away."""
        if not self._offloaded:
            return
        self._send_away(other for other in self._parts if other is not stage)
        for module in self._parts.get(stage, ()):
            nn.Module.to(module, self._device)

    def _send_away(self, stages: Iterable[Stage]) -> None:
        for stage in stages:
            for module in self._parts[stage]:
                nn.Module.to(module, _CPU)
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
