"""LoRAs in the weights: merged in float32 from a clean copy, written in place, and taken out again
without a trace. Merged weights cost nothing while drawing, and pointers to them stay valid."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn


class Change(Protocol):
    """What one adapter does to one weight."""

    @property
    def target(self) -> str:
        """The weight's name in the merger's mapping."""
        ...

    @property
    def identity(self) -> Hashable:
        """What it is: of one target, changes of equal identity are equal."""
        ...

    def delta(self, clean: Tensor) -> Tensor:
        """What is to be added to the weight, its strength counted in: of the dtype and shape and
        on the device of `clean`, which is the weight without any adapter."""
        ...


class Merger:
    """Keeps some modules' weights at: clean plus the sum of changes, in float32, rounded once
    (float64 for weights in float64). A weight whose changes stay the same is left alone.

    Clean copies are kept only of weights that were ever changed; on the CPU, so a GPU's memory
    is the drawing's. After any exception all weights are clean.
    """

    def __init__(self, weights: Mapping[str, nn.Parameter]) -> None:
        self._weights = weights
        self._clean: dict[str, Tensor] = {}
        self._changed: dict[str, list[Hashable]] = {}

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
            self._restore(self._changed.keys() - by_target.keys())
            for target, own in by_target.items():
                identities = [change.identity for change in own]
                if self._changed.get(target) != identities:
                    self._merge(target, own)
                    self._changed[target] = identities
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
        # Marked before it is written, so that it is restored whatever happens midway.
        self._changed[target] = []
        clean = self._clean[target].to(weight.device, _precise(weight.dtype))
        merged = clean.clone()
        for change in changes:
            merged += change.delta(clean)
        weight.copy_(merged)

    def _restore(self, targets: Iterable[str]) -> None:
        for target in targets:
            self._weights[target].copy_(self._clean[target])
            del self._changed[target]


def _precise(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32
