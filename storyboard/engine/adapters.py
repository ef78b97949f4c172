"""LoRAs in the weights: merged in float32 from a clean copy, written in place, and taken out again
without a trace. Merged weights cost nothing while drawing, and pointers to them stay valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn


class Change(Protocol):
    """What one adapter does to one weight."""

    @property
    def target(self) -> str:
        """The weight's name in the merger's mapping."""
        ...

    def delta(self, clean: Tensor) -> Tensor:
        """What is to be added to the weight: float32, of its shape, on its device, its strength
        counted in. `clean` is the weight without any adapter, in float32."""
        ...


class Merger:
    """Keeps some modules' weights at: clean plus the sum of changes, in float32, rounded once.

    Clean copies are kept only of weights that were ever changed; on the CPU, so a GPU's memory
    is the drawing's. After any exception all weights are clean.
    """

    def __init__(self, weights: Mapping[str, nn.Parameter]) -> None:
        self._weights = weights
        self._clean: dict[str, Tensor] = {}
        self._changed: set[str] = set()

    @property
    def changed(self) -> frozenset[str]:
        """The weights that are not clean at present."""
        return frozenset(self._changed)

    @torch.no_grad()
    def set(self, changes: Sequence[Change]) -> None:
        """Brings every weight to clean plus the sum of its changes, added in the order given.

        Raises KeyError for a target that is not there, and what a change raises; then all is clean.
        """
        by_target: dict[str, list[Change]] = {}
        for change in changes:
            by_target.setdefault(change.target, []).append(change)
        try:
            self._restore(self._changed - by_target.keys())
            for target, own in by_target.items():
                self._merge(target, own)
        except BaseException:
            self.clear()
            raise

    @torch.no_grad()
    def clear(self) -> None:
        """Brings back every weight, bit for bit."""
        self._restore(tuple(self._changed))

    def _merge(self, target: str, changes: Sequence[Change]) -> None:
        weight = self._weights[target]
        if target not in self._clean:
            self._clean[target] = weight.detach().to("cpu", copy=True)
        clean = self._clean[target].to(weight.device, torch.float32)
        merged = clean.clone()
        for change in changes:
            merged += change.delta(clean)
        self._changed.add(target)
        weight.copy_(merged)

    def _restore(self, targets: Iterable[str]) -> None:
        for target in targets:
            self._weights[target].copy_(self._clean[target])
            self._changed.discard(target)
