"""What an engine holds in memory between batches: a checkpoint with its LoRAs, and an upscaler."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import torch

from storyboard import __version__
from storyboard.engine.compiling import Compiling
from storyboard.engine.decoding import Values
from storyboard.engine.families import family_named
from storyboard.engine.ladder import Stage
from storyboard.engine.loras import MergedLoras
from storyboard.engine.memory import Memory, free_memory, has_room_twice
from storyboard.engine.model import Model, Placement
from storyboard.engine.shared import Shared
from storyboard.engine.starts import Way, way_named
from storyboard.engine.upscaling import Upscaler, load_upscaler
from storyboard.jobs import Checkpoint, ModelFile
from storyboard.jobs import Upscaler as UpscalerName

_Key = tuple[str, bool, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The checkpoint in memory, and what it was read from."""

    key: _Key
    model: Model
    loras: MergedLoras


class Held:
    """Loads what a batch needs, and keeps it for the next. `note` hears what the user should know,
    `loading` what is being loaded."""

    def __init__(
        self,
        placement: Placement,
        memory: Memory,
        note: Callable[[str], None],
        loading: Callable[[str], None],
        compiling: Compiling | None = None,
    ) -> None:
        self.placement = placement
        self._memory = memory
        self._note = note
        self._loading = loading
        self._compiling = compiling
        self._loaded: Loaded | None = None
        self._upscaler: tuple[str, Upscaler] | None = None
        self._coming: Shared | None = None
        self._provenance = _provenance(placement)

    def ready(self, shared: Shared) -> Loaded:
        """The batch's model with its LoRAs merged. Raises OutOfMemory, and
        ProblemsError where a file cannot be used."""
        memory, size = self._memory, shared.size
        loaded = memory.attempted(Stage.LOADING, size, lambda: self.checkpoint(shared.checkpoint))
        memory.attempted(Stage.LORAS, size, lambda: loaded.loras.set(shared.adapters))
        coming, self._coming = self._coming, None
        if coming is not None and _key(coming.checkpoint) == loaded.key:
            loaded.loras.foresee(coming.adapters)
        return loaded

    def foresee(self, coming: Shared) -> None:
        """What comes after the next batch: it is read and worked out while that one is drawn."""
        self._coming = coming

    def close(self) -> None:
        """Gives back the memory; what is needed then is loaded again."""
        self._unload()
        self._upscaler = None
        gc.collect()
        free_memory()

    def way(self, upscaler: UpscalerName | None) -> Way | None:
        """How finals' previews are enlarged; None where there is nothing to enlarge. An upscaler
        stays in memory until another is asked for."""
        if not isinstance(upscaler, ModelFile):
            return None if upscaler is None else way_named(upscaler)
        if self._upscaler is None or self._upscaler[0] != upscaler.sha256:
            self._loading(f"loading the upscaler {upscaler.name} on {self._provenance['device']}")
            loaded = load_upscaler(upscaler, self.placement.device)
            self._upscaler = upscaler.sha256, loaded
        return self._upscaler[1].enlarged_all

    def values(self, upscaler: UpscalerName | None) -> Values:
        """What a picture's provenance begins with."""
        values = dict(self._provenance)
        if self._loaded is not None and self._loaded.model.is_compiled:
            values["compiled"] = True
        if not isinstance(upscaler, ModelFile):
            return values
        named = {**values, "spandrel": version("spandrel")}
        if self._upscaler is None:
            return named
        return {**named, "upscaler_dtype": str(self._upscaler[1].dtype).removeprefix("torch.")}

    def checkpoint(self, checkpoint: Checkpoint) -> Loaded:
        """The checkpoint in memory, in place of the one before. Raises ProblemsError."""
        key = _key(checkpoint)
        if self._loaded is None or self._loaded.key != key:
            self._unload()  # two checkpoints may be more than the memory holds
            family = family_named(checkpoint.family, checkpoint.file.path)
            device, dtype = self._provenance["device"], self._provenance["dtype"]
            self._loading(f"loading {checkpoint.file.name} on {device} in {dtype}")
            model = family.load(checkpoint, self._memory.placed(self.placement))
            loras = MergedLoras(model, has_room_twice(model.weights.values(), model.device))
            self._loaded = Loaded(key, model, loras)
            self._memory.take_in(model, loras.spare)
            self._compile(model)
        return self._loaded

    def _compile(self, model: Model) -> None:
        """Where it is to be, and its weights stay where they are."""
        asked = self._compiling
        if asked is None or not asked.is_for(self.placement.device.type):
            return
        if self._memory.is_offloaded:
            self._note("the UNet is not compiled: its weights come and go")
            return
        self._note(f"the UNet is compiled, at the first picture of each size: {asked.why}")
        model.compile(asked.backend, self._note)

    def _unload(self) -> None:
        if self._loaded is not None:
            self._loaded.loras.settle()
        self._loaded = None
        self._memory.take_in(None)
        gc.collect()
        free_memory()


def _key(checkpoint: Checkpoint) -> _Key:
    """What makes another model in memory; how it is read (clip skip, prediction) does not."""
    files = (checkpoint.file, checkpoint.vae, *checkpoint.text_encoders)
    hashes = tuple(file.sha256 if file else None for file in files)
    return checkpoint.family, checkpoint.zero_snr, hashes


def _provenance(placed: Placement) -> Values:
    """What holds for every picture: where, in which numbers, and by which versions."""
    return {
        "storyboard": __version__,
        "device": _device_name(placed.device),
        "dtype": str(placed.unet).removeprefix("torch."),
        "vae_dtype": str(placed.vae).removeprefix("torch."),
        "torch": str(torch.__version__),
        "diffusers": version("diffusers"),
        "transformers": version("transformers"),
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return str(device)
