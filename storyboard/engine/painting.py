"""From panels to finished pictures, with what can be mended on the way: numbers that are none, and
too little memory. Whatever was mended is written into the picture's provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from storyboard.engine.base import Drawn, Failed, Pixels
from storyboard.engine.batching import Progress
from storyboard.engine.beginnings import Ground
from storyboard.engine.drawing import AtStep, Panel, Walk, draw_latents
from storyboard.engine.model import Model
from storyboard.engine.pictures import cropped
from storyboard.engine.tensors import to_pixels
from storyboard.geometry import Size

Values = Mapping[str, str | int | float | bool]

NO_MEMORY = (
    "there is not enough memory for a picture of this size: draw it smaller, close other programs, "
    "or use a device with more"
)
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
    """A panel to draw: its place in the batch, the picture's size, what was mended so far, and the
    picture that it is drawn over, if it begins with one."""

    index: int
    panel: Panel
    size: Size
    repairs: tuple[str, ...] = ()
    ground: Ground | None = None


class Painter:
    """Draws panels that share a model and a walk; `at_step` hears of each step before it."""

    def __init__(
        self,
        model: Model,
        walk: Walk,
        provenance: Values,
        progress: Progress,
        note: Callable[[str], None],
        at_step: AtStep | None = None,
    ) -> None:
        self._model = model
        self._walk = walk
        self._provenance = provenance
        self._progress = progress
        self._note = note
        self._at_step = at_step

    def paint(self, requests: Sequence[Request]) -> Iterator[Drawn | Failed]:
        """One result a request, in order, each as soon as it is decoded."""
        latents = self._latents([request.panel for request in requests])
        if latents is not None:
            for request, latent in zip(requests, latents, strict=True):
                yield self._finished(request, latent, len(requests))
        elif len(requests) == 1:
            yield Failed(requests[0].index, NO_MEMORY)
        else:
            self._note(f"out of memory with {len(requests)} pictures at once: one at a time")
            for request in requests:
                repairs = (*request.repairs, "drawn alone: out of memory")
                yield from self.paint([replace(request, repairs=repairs)])

    def _latents(self, panels: Sequence[Panel]) -> Tensor | None:
        """The panels' latents; None where memory ran out, and more evaluations are then to come."""
        before = self._progress.done
        try:
            return self._drawn(panels)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        # Outside of the handler, so that the failed attempt's tensors are not kept alive by it.
        free_memory()
        if len(panels) > 1:
            used = self._progress.done - before
            self._progress.total += used + (len(panels) - 1) * self._walk.evaluations
        return None

    def _drawn(self, panels: Sequence[Panel]) -> Tensor:
        return draw_latents(self._model, panels, self._walk, self._progress.tick, self._at_step)

    def _finished(self, request: Request, latent: Tensor, together: int) -> Drawn | Failed:
        try:
            return self._decoded(request, latent, together)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        free_memory()
        return Failed(request.index, NO_MEMORY)

    def _decoded(self, request: Request, latent: Tensor, together: int) -> Drawn | Failed:
        repairs = request.repairs
        if not _is_finite(latent):
            redrawn = self._redrawn(request.panel)
            if redrawn is None:
                return Failed(request.index, _NO_NUMBERS)
            latent, repairs = redrawn, (*repairs, "drawn again in float32: NaN")
        pixels, mended = decoded(self._model, latent)
        if pixels is None:
            return Failed(request.index, _BLACK)
        values = self._values(together, (*repairs, *mended))
        pixels = cropped(pixels, request.size)
        if request.ground is not None:
            pixels = request.ground.under(pixels)
            latent = _blended(latent, request.panel.start, request.ground, self._model.vae.factor)
        return Drawn(request.index, pixels, latent.numpy(), values)

    def _redrawn(self, panel: Panel) -> Tensor | None:
        """The panel's latent, drawn in float32; None where that is what gave no numbers."""
        if self._model.is_float32:
            return None
        self._note("a picture without numbers (NaN): drawn again in float32")
        self._progress.total += self._walk.evaluations
        with self._model.in_float32():
            latents = self._drawn([panel])
        return latents[0] if _is_finite(latents) else None

    def _values(self, together: int, repairs: tuple[str, ...]) -> Values:
        drawn = {"evaluations": self._walk.evaluations, "together": together}
        return with_repairs({**self._provenance, **drawn}, repairs)


def decoded(model: Model, latent: Tensor) -> tuple[Pixels | None, tuple[str, ...]]:
    """The latent's picture and what was mended; None where it is black or no numbers at all.

    A VAE in half precision may overflow; it is then asked once more in float32.
    """
    attempts: list[tuple[AbstractContextManager[None], tuple[str, ...]]] = [(nullcontext(), ())]
    if not model.vae.is_float32:
        attempts.append((model.vae.in_float32(), ("decoded again in float32: NaN or black",)))
    for precision, mended in attempts:
        with precision:
            picture = model.vae.decode(latent)
        if _is_finite(picture) and (pixels := to_pixels(picture)).any():
            return pixels, mended
    return None, ()


def _blended(latent: Tensor, start: Tensor | None, ground: Ground, factor: int) -> Tensor:
    """The latent laid over its start as its picture is over the start's."""
    shares = ground.cell_shares(factor)
    if start is None or shares is None:
        return latent
    return start.lerp(latent, torch.from_numpy(shares))


def with_repairs(values: Values, repairs: tuple[str, ...]) -> Values:
    """A picture's provenance with what was mended, if anything was."""
    return {**values, "repairs": "; ".join(repairs)} if repairs else values


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch ran out of memory, on a GPU or a CPU (which has no exception of its own)."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def free_memory() -> None:
    """Gives back what torch keeps for later on a GPU."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _is_finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())
