"""From panels to finished pictures, with what can be mended on the way: numbers that are none, and
too little memory. Whatever was mended is written into the picture's provenance."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from storyboard.engine.base import Drawn, Failed
from storyboard.engine.batching import Progress
from storyboard.engine.beginnings import Ground
from storyboard.engine.decoding import Values, decoded, with_repairs
from storyboard.engine.drawing import AtStep, Panel, Walk, draw_latents
from storyboard.engine.guidance import Asked
from storyboard.engine.ladder import Stage
from storyboard.engine.memory import NO_MEMORY, Memory, OutOfMemory
from storyboard.engine.model import Model
from storyboard.engine.pictures import cropped
from storyboard.engine.tensors import is_finite
from storyboard.engine.together import Made, together
from storyboard.geometry import Size

_NO_NUMBERS = (
    "the model gave no numbers (NaN) for this panel, in float32 too: lower the LoRAs' weights or "
    "the guidance, or use another checkpoint"
)
_BLACK = (
    "the picture came out black or without numbers, in float32 too: lower the LoRAs' weights or "
    "use another VAE"
)


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A panel to draw: its place in the batch, the picture's size, what was mended so far, the
    picture that it is drawn over, if it begins with one, and whether fewer are drawn together with
    it than were asked for, since memory ran out."""

    index: int
    panel: Panel
    size: Size
    repairs: tuple[str, ...] = ()
    ground: Ground | None = None
    fewer: bool = False


Group = tuple[Request, ...]
"""Requests that go through the UNet together: never none, all of one size."""


class Painter:
    """Draws panels that share a model and a walk; `at_step` hears of each step before it, and
    `asked` is the model as it is asked for a batch, where that is not plainly."""

    def __init__(
        self,
        model: Model,
        walk: Walk,
        provenance: Values,
        progress: Progress,
        note: Callable[[str], None],
        memory: Memory,
        at_step: AtStep | None = None,
        asked: Asked | None = None,
    ) -> None:
        self._model = model
        self._walk = walk
        self._provenance = provenance
        self._progress = progress
        self._note = note
        self._memory = memory
        self._at_step = at_step
        self._asked = asked

    def paint(self, requests: Sequence[Request]) -> Iterator[Drawn | Failed]:
        """One result a request, in order, each as soon as it is decoded."""
        waiting = deque([tuple(requests)])
        while waiting:
            group = self._cut(waiting.popleft(), waiting)
            latents = self._latents(group)
            if latents is not None:
                pictures = self._pictures(group, latents)
                for request, latent, picture in zip(group, latents, pictures, strict=True):
                    yield self._finished(request, latent, picture, len(group))
            elif self._memory.stepped_down(Stage.UNET, group[0].size, len(group)):
                waiting.appendleft(group)
            else:
                yield from (Failed(request.index, NO_MEMORY) for request in group)

    def _cut(self, group: Group, waiting: deque[Group]) -> Group:
        """As many of a group as there is memory for; the others wait, in their order."""
        most = self._memory.at_once(Stage.UNET, group[0].size, len(group))
        if most == len(group):
            return group
        marked = tuple(replace(request, fewer=True) for request in group)
        first, *rest = (marked[at : at + most] for at in range(0, len(marked), most))
        waiting.extendleft(reversed(rest))
        self._progress.total += len(rest) * self._walk.evaluations
        return first

    def _latents(self, group: Group) -> Tensor | None:
        """The panels' latents; None where memory ran out."""
        panels = [request.panel for request in group]
        drawn = self._memory.tried(Stage.UNET, lambda: self._drawn(panels))
        return drawn[0] if drawn else None

    def _drawn(self, panels: Sequence[Panel]) -> Tensor:
        before = self._progress.done
        try:
            tick, at_step, asked = self._progress.tick, self._at_step, self._asked
            return draw_latents(self._model, panels, self._walk, tick, at_step, asked)
        except (RuntimeError, MemoryError):  # what was done will have to be done again
            self._progress.total += self._progress.done - before
            raise

    def _pictures(self, group: Group, latents: Tensor) -> Iterator[Made[Tensor]]:
        """What the latents show, as far as several are decoded together. Panels side by side on a
        CPU are not: each is the same bit for bit whatever is beside it."""
        if self._walk.abreast:
            return (Made() for _ in group)
        return together(Stage.VAE, latents, group[0].size, self._memory, self._decoded_together)

    def _decoded_together(self, latents: list[Tensor]) -> Tensor:
        return self._model.vae.decode(torch.stack(latents))

    def _finished(
        self, request: Request, latent: Tensor, shown: Made[Tensor], count: int
    ) -> Drawn | Failed:
        try:
            return self._decoded(request, latent, shown, count)
        except OutOfMemory as problem:
            return Failed(request.index, str(problem))

    def _decoded(
        self, request: Request, latent: Tensor, shown: Made[Tensor], count: int
    ) -> Drawn | Failed:
        repairs = request.repairs
        if not is_finite(latent):
            redrawn = self._redrawn(request)
            if redrawn is None:
                return Failed(request.index, _NO_NUMBERS)
            latent, repairs = redrawn, (*repairs, "drawn again in float32: NaN")
            shown = Made(None, shown.fewer)
        pixels, mended = decoded(self._model, latent, self._memory, request.size, shown.it)
        if pixels is None:
            return Failed(request.index, _BLACK)
        rungs = self._memory.repairs(request.size, request.fewer or shown.fewer)
        values = self._values(count, (*rungs, *repairs, *mended))
        pixels = cropped(pixels, request.size)
        if request.ground is not None:
            pixels = request.ground.under(pixels)
            latent = _blended(latent, request.panel.start, request.ground, self._model.vae.factor)
        return Drawn(request.index, pixels, latent.numpy(), values)

    def _redrawn(self, request: Request) -> Tensor | None:
        """The panel's latent, drawn in float32; None where that is what gave no numbers."""
        if self._model.is_float32:
            return None
        self._note("a picture without numbers (NaN): drawn again in float32")
        self._progress.total += self._walk.evaluations

        def widely() -> Tensor:
            with self._model.in_float32():
                return self._drawn([request.panel])

        latents = self._memory.attempted(Stage.UNET, request.size, widely)
        return latents[0] if is_finite(latents) else None

    def _values(self, together: int, repairs: tuple[str, ...]) -> Values:
        drawn = {"evaluations": self._walk.evaluations, "together": together}
        return with_repairs({**self._provenance, **drawn}, repairs)


def _blended(latent: Tensor, start: Tensor | None, ground: Ground, factor: int) -> Tensor:
    """The latent laid over its start as its picture is over the start's."""
    shares = ground.cell_shares(factor)
    if start is None or shares is None:
        return latent
    return start.lerp(latent, torch.from_numpy(shares))
