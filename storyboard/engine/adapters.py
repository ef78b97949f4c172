"""LoRAs in the weights: merged in float32 from a clean copy, written in place, and taken out again
without a trace. Merged weights cost nothing while drawing, and pointers to them stay valid."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from storyboard.engine.cores import on_cores

_Identities = list[Hashable]


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

    Clean copies are kept only of weights that were ever changed. They, and what is prepared, are
    on the device where that is `roomy`, so that a switch moves nothing to it; else on the CPU, so
    that a GPU's memory is the drawing's. After any exception all weights are clean.
    """

    def __init__(self, weights: Mapping[str, nn.Parameter], roomy: bool = True) -> None:
        self._weights = weights
        self._roomy = roomy
        self._clean: dict[str, Tensor] = {}
        self._changed: dict[str, _Identities] = {}
        self._prepared: dict[str, tuple[_Identities, Tensor]] = {}

    @property
    def changed(self) -> frozenset[str]:
        """The weights that are not clean at present."""
        return frozenset(self._changed)

    @torch.no_grad()
    def set(self, changes: Sequence[Change]) -> None:
        """Brings every weight to clean plus the sum of its changes, added in the order given.

        Raises KeyError for a target that is not there, and what a change raises; then all is clean.
        """
        by_target = _by_target(changes)
        try:
            self._restore(self._changed.keys() - by_target.keys())
            for target, own in by_target.items():
                identities = _identities(own)
                if self._changed.get(target) != identities:
                    merged = self._ready(target, identities, own)
                    # Marked before it is written, so that it is restored whatever happens midway.
                    self._changed[target] = []
                    self._weights[target].copy_(merged)
                    self._changed[target] = identities
        except BaseException:
            self.clear()
            raise
        finally:
            self._prepared = {}

    @torch.no_grad()
    def prepare(self, changes: Sequence[Change]) -> None:
        """Works out what the next `set` would, if it is asked for these; no weight is touched, so
        they may be in use. Not to be called while `set` runs. Raises as `set` does."""
        self._prepared = {}
        found = {}
        for target, own in _by_target(changes).items():
            identities = _identities(own)
            if self._changed.get(target) != identities:
                merged = self._merged(target, own)
                weight = self._weights[target]
                found[target] = identities, merged.to(self._home(weight), weight.dtype)
        self._prepared = found

    @torch.no_grad()
    def clear(self) -> None:
        """Brings back every weight, bit for bit."""
        self._restore(tuple(self._changed))

    def spare(self) -> bool:
        """Keeps nothing on a device any more but the weights; False where nothing is kept there."""
        away = [name for name, clean in self._clean.items() if clean.device.type != "cpu"]
        self._roomy, self._prepared = False, {}
        for name in away:
            self._clean[name] = self._clean[name].cpu()
        return bool(away)

    def _home(self, weight: Tensor) -> torch.device:
        """Where what is kept beside a weight is kept."""
        return weight.device if self._roomy else torch.device("cpu")

    def _ready(self, target: str, identities: _Identities, changes: Sequence[Change]) -> Tensor:
        prepared = self._prepared.get(target)
        if prepared is not None and prepared[0] == identities:
            return prepared[1]
        return self._merged(target, changes)

    def _merged(self, target: str, changes: Sequence[Change]) -> Tensor:
        """Clean plus the sum of changes, unrounded. On one core, since the last bits of a product
        may hang on how many there are, and work beside drawing has one."""
        weight = self._weights[target]
        if target not in self._clean:
            self._clean[target] = weight.detach().to(self._home(weight), copy=True)
        clean = self._clean[target].to(weight.device, _precise(weight.dtype))
        merged = clean.clone()
        with on_cores(1):
            for change in changes:
                merged += change.delta(clean)
        return merged

    def _restore(self, targets: Iterable[str]) -> None:
        for target in targets:
            self._weights[target].copy_(self._clean[target])
            del self._changed[target]


def _by_target(changes: Iterable[Change]) -> dict[str, list[Change]]:
    by_target: dict[str, list[Change]] = {}
    for change in changes:
        by_target.setdefault(change.target, []).append(change)
    return by_target


def _identities(changes: Iterable[Change]) -> _Identities:
    return [change.identity for change in changes]


def _precise(dtype: torch.dtype) -> torch.dtype:
    return torch.float64 if dtype == torch.float64 else torch.float32
