"""Drawing goes on when memory runs out: down the ladder, one rung at a time, each of them told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from storyboard.engine.beginnings import StartProblem
from storyboard.engine.ladder import Ladder, Rung, Stage
from storyboard.engine.model import Model, Placement
from storyboard.engine.offload import Residence
from storyboard.engine.vae import Vae, VaeWay
from storyboard.geometry import Size

NO_MEMORY = (
    "there is not enough memory for a picture of this size: draw it smaller, close other programs, "
    "or use a device with more"
)

_PHRASES = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "ALLOC_FAILED",
)
"""How the kinds of devices and their libraries say it that have no exception of their own."""

_TO_DRAW_IN = 8 * 2**30
"""Bytes that drawing itself may need."""

_TOLD = {
    Rung.SLICED: "the VAE works in slices on pictures of this size (the same but for rounding)",
    Rung.TILED: "the VAE works in tiles on pictures of this size, which is an approximation: "
    "colours may be off by some of 255",
    Rung.OFFLOAD: "only the model's part in use stays on the device (slower, the same picture)",
}

_IN = {Stage.VAE: " in the VAE", Stage.UPSCALER: " in the upscaler"}

Found = TypeVar("Found")


class OutOfMemory(StartProblem):
    """Memory does not suffice for one picture, whatever is done."""

    def __init__(self) -> None:
        super().__init__(NO_MEMORY)


class Memory:
    """How an engine gets along with its device's memory: what it has had to step down to, and where
    the model's parts are. `note` hears of each step, once."""

    def __init__(self, device: torch.device, note: Callable[[str], None]) -> None:
        self._ladder = Ladder()
        self._residence = Residence(device)
        self._note = note
        self._model: Model | None = None
        self._spare: Callable[[], bool] = _nothing_to_spare
        self._without = set() if device.type != "cpu" else {Rung.OFFLOAD}

    def placed(self, placement: Placement) -> Placement:
        """Where a model is to be loaded: once parts are brought in one by one, on the CPU."""
        cpu = torch.device("cpu")
        return replace(placement, device=cpu) if self.is_offloaded else placement

    def take_in(self, model: Model | None, spare: Callable[[], bool] | None = None) -> None:
        """The model that is drawn with from now on; `spare` gives back what is on the device only
        to be quick, and says whether there was anything."""
        self._model, self._spare = model, spare or _nothing_to_spare
        self._residence.take_in(model.parts if model else {})
        if model is not None:
            slicing = {Rung.SLICED} if not model.vae.can_slice else set()
            self._without = (self._without - {Rung.SLICED}) | slicing

    def at_once(self, stage: Stage, size: Size, asked: int) -> int:
        """How many pictures of a size go through a stage together, of those asked for."""
        return self._ladder.at_once(stage, size.area, asked)

    def attempted(self, stage: Stage, size: Size, do: Callable[[], Found]) -> Found:
        """What `do` gives, tried again on each rung that helps. Raises OutOfMemory below the last,
        and what `do` raises otherwise."""
        while True:
            found = self.tried(stage, do)
            if found is not None:
                return found[0]
            if self.stepped_down(stage, size) is None:
                raise OutOfMemory

    def tried(self, stage: Stage, do: Callable[[], Found]) -> tuple[Found] | None:
        """What `do` gives; None where memory ran out, which is then free again. What can be spared
        goes first, and changes no picture."""
        while True:
            try:
                self._residence.enter(stage)
                return (do(),)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # Outside of the handler, so that the failed attempt's tensors are not kept alive by it.
            spared = self._spare()
            free_memory()
            if not spared:
                return None
            self._note("out of memory: LoRAs' clean weights are kept off the device (the same)")

    def stepped_down(self, stage: Stage, size: Size, together: int = 1) -> Rung | None:
        """Takes the next rung that helps, and tells it; None below the last."""
        rung = self._ladder.step_down(stage, size.area, together, self._without)
        if rung is Rung.OFFLOAD:
            self._leave_plain()
            self._residence.offload()
        if rung is Rung.FEWER:
            left = self._ladder.at_once(stage, size.area, together)
            where = _IN.get(stage, "")
            self._note(
                f"out of memory with {together} pictures at once{where}: at most {left} from now on"
            )
        elif rung is not None:
            self._note(f"out of memory: {_TOLD[rung]}")
        return rung

    @property
    def is_offloaded(self) -> bool:
        """Whether only the model's part in use is on the device."""
        return self._ladder.is_on(Rung.OFFLOAD)

    def _leave_plain(self) -> None:
        """CUDA graphs know weights by where they are, and now they come and go."""
        if self._model is not None and self._model.is_compiled:
            self._model.leave_plain()
            self._note("the UNet is not asked compiled any more: its weights come and go")

    def vae(self, vae: Vae, size: Size) -> AbstractContextManager[None]:
        """The VAE as a picture of this size goes through it at present."""
        ways = {Rung.TILED: VaeWay.TILED, Rung.SLICED: VaeWay.SLICED}
        on = (way for rung, way in ways.items() if self._ladder.is_on(rung, size.area))
        return vae.going(next(on, VaeWay.WHOLE))

    def repairs(self, size: Size, fewer: bool = False) -> tuple[str, ...]:
        """What a picture's provenance says of it: the rungs that a picture of this size is drawn
        on, `fewer` where there were not as many at once as asked for."""
        rungs = [
            rung
            for rung in Rung
            if (fewer if rung is Rung.FEWER else self._ladder.is_on(rung, size.area))
        ]
        return tuple(f"{rung.value}: out of memory" for rung in rungs)


def has_room_twice(weights: Iterable[Tensor], device: torch.device) -> bool:
    """Whether a device has room for these twice more (a clean copy of what adapters can change, and
    what the next ones make of it), with memory left to draw in."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return free > 2 * sum(weight.nbytes for weight in weights) + _TO_DRAW_IN


def _nothing_to_spare() -> bool:
    return False


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, on a GPU or a CPU."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return any(phrase in str(error) for phrase in _PHRASES)


def free_memory() -> None:
    """Gives back what torch keeps for later on a GPU."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
