"""LoRA files as changes of a model's weights, and the set of them that is merged at present."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from storyboard.engine.adapters import Change, Merger
from storyboard.engine.ahead import Ahead
from storyboard.engine.lora_math import Magnitude, product, with_magnitude
from storyboard.engine.model import Model
from storyboard.engine.weights import read_file
from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from storyboard.jobs import Adapter
from storyboard.models.header import Header, ModelFileProblem, Shape, read_header
from storyboard.models.loras.adapter_folder import lora_metadata
from storyboard.models.loras.blocks import BASE, block_of
from storyboard.models.loras.factors import Format
from storyboard.models.loras.file import LoraModule, no_weights, parse_lora, some
from storyboard.models.loras.keys import Role
from storyboard.models.loras.targets import PARTS, Axis, Match, Target, resolve, targets_in

Tensors = Mapping[str, Tensor]

_Merged = tuple[tuple[Adapter, ...], tuple[Adapter, ...]]
"""The adapters that are merged in the UNet, and those in the text encoders."""

_Read = Mapping[Adapter, Sequence[Change]]
"""What adapters change, as their files say it."""

_UNET = "unet."
_NO_FACTORS: tuple[Role, ...] = ("alpha", "dora_scale", "magnitude", "diff_b")


@dataclass(frozen=True, slots=True, eq=False)
class WeightChange:
    """What a module does to a weight: strength * alpha / rank * product of its factors.

    With DoRA, strength * (the whole weight, given its magnitudes, minus the clean one): so a
    strength of 0 changes nothing, and 1 is what was trained. Several adapters on one weight are
    each told from the clean weight, and added up, as in the WebUI.
    """

    target: str
    identity: tuple[object, ...]
    format: Format
    factors: Mapping[Role, Tensor]
    alpha: float
    rank: int
    strength: float
    magnitude: Magnitude | None = None

    def delta(self, clean: Tensor) -> Tensor:
        """See `Change`."""
        factors = {role: tensor.to(clean) for role, tensor in self.factors.items()}
        made = product(self.format, factors).reshape(clean.shape)
        if self.magnitude is None:
            return made * (self.strength * self.alpha / self.rank)
        whole = clean + made * (self.alpha / self.rank)
        return (with_magnitude(whole, self.magnitude) - clean) * self.strength


@dataclass(frozen=True, slots=True, eq=False)
class BiasChange:
    """What a module adds to a bias, times its strength."""

    target: str
    identity: tuple[object, ...]
    difference: Tensor
    strength: float

    def delta(self, clean: Tensor) -> Tensor:
        """See `Change`."""
        return self.difference.to(clean) * self.strength


def read_lora(adapter: Adapter, targets: Mapping[str, Target]) -> list[Change]:
    """What an adapter's file changes, at its weights; nothing where its strength is 0.

    Raises ProblemsError where the file matches the checkpoint in part only or not at all, is in a
    format that is not known, or holds NaN or infinity: the keys are named.
    """
    path = Path(adapter.file.path)
    tensors, header = read_file(path), _header(path)
    shapes: dict[str, Shape] = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    matches, sentences = resolve(parse_lora(shapes, lora_metadata(path, header)), targets)
    sentences += no_weights(header)
    if broken := [key for key, tensor in tensors.items() if not _is_finite(tensor)]:
        sentences.append(f"it holds NaN or infinity: {some(broken)}")
    if sentences:
        raise ProblemsError(
            Problem(
                Mark(str(path)),
                f"the LoRA '{adapter.file.name}' cannot be used: {sentence}",
                "it may be made for another model, or damaged",
            )
            for sentence in sentences
        )
    return [change for match in matches for change in _changes(adapter, match, tensors)]


def strength_of(adapter: Adapter, match: Match) -> float:
    """The adapter's weight for a module: that of its part, times its block's factor."""
    part = adapter.unet if match.module.part == "unet" else adapter.text_encoder
    return part * adapter.blocks[block_of(match.module.name)] if adapter.blocks else part


class MergedLoras:
    """The adapters that are in a model's weights at present.

    `set` says with which adapters a batch is drawn, `at_step` which step comes next: an adapter may
    count at some steps only. A prompt is encoded with the adapters of the first step: one that
    comes in later does not change what is said, and one that goes out before the end did.
    """

    def __init__(self, model: Model, roomy: bool = True) -> None:
        """`roomy`: the device has room for a second copy of what adapters change, and a third."""
        self._model = model
        self._targets = targets_of_weights(model.weights)
        self._merger = Merger(model.weights, roomy)
        self._wanted: tuple[Adapter, ...] = ()
        self._merged: _Merged | None = ((), ())
        self._read: _Read = {}
        self._ahead = Ahead[_Read]()

    def set(self, adapters: Iterable[Adapter]) -> None:
        """Brings the model to its clean weights plus these adapters, as they are at the first
        step; their order does not matter.

        Raises ProblemsError, the weights as they were, where a file cannot be used.
        """
        wanted = tuple(sorted(adapters, key=_identity))
        foreseen = self._ahead.result() or {}
        if wanted != self._wanted:
            read = foreseen if foreseen.keys() == set(wanted) else self._reading(wanted)
            if _in_text_encoders(wanted) != _in_text_encoders(self._wanted):
                self._model.forget_prompts()
            self._wanted, self._read = wanted, read
        self.at_step(0)
        if not self.by_steps:
            self._read = {}  # it is not needed again

    def foresee(self, adapters: Iterable[Adapter]) -> None:
        """Begins to read and work out what the next `set` will be asked for, in a thread beside.
        Nothing is touched that drawing needs; what goes wrong there, `set` will meet itself."""
        coming = tuple(sorted(adapters, key=_identity))
        if coming != self._wanted and not self.by_steps:
            self._ahead.begin(lambda: self._prepared(coming))

    def settle(self) -> None:
        """Waits until what was foreseen is worked out."""
        self._ahead.wait()

    def spare(self) -> bool:
        """Gives back the device's memory that is not the weights' own; False where there is none
        to give."""
        self._ahead.result()
        return self._merger.spare()

    def _reading(self, adapters: Iterable[Adapter]) -> _Read:
        return {adapter: read_lora(adapter, self._targets) for adapter in adapters}

    def _prepared(self, adapters: Sequence[Adapter]) -> _Read:
        read = self._reading(adapters)
        at_first = [one for one in adapters if _counts(one, 0)]
        self._merger.prepare([change for one in at_first for change in read[one]])
        return read

    @property
    def by_steps(self) -> bool:
        """Whether an adapter comes in or goes out while a picture is drawn."""
        return any(one.start or one.stop is not None for one in self._wanted)

    def at_step(self, step: int) -> None:
        """Brings the UNet to the adapters that count at a step, counted from 0."""
        in_unet, in_texts = (
            tuple(adapter for adapter in self._wanted if _counts(adapter, at)) for at in (step, 0)
        )
        if (in_unet, in_texts) == self._merged:
            return
        try:
            self._merger.set([change for one in self._wanted for change in self._at(step, one)])
        except BaseException:
            # All is clean now; the next step brings in again what is wanted.
            self._merged = None
            self._model.forget_prompts()
            raise
        self._merged = (in_unet, in_texts)

    def _at(self, step: int, adapter: Adapter) -> Iterator[Change]:
        """What an adapter changes at a step: in the text encoders, what it does at the first."""
        for change in self._read[adapter]:
            if _counts(adapter, step if change.target.startswith(_UNET) else 0):
                yield change


def targets_of_weights(weights: Mapping[str, Tensor]) -> dict[str, Target]:
    """The layers of a loaded model, by the names that LoRA files have for them."""
    targets: dict[str, Target] = {}
    for part in PARTS:
        start = f"{part}."
        own = {name: tuple(w.shape) for name, w in weights.items() if name.startswith(start)}
        targets |= targets_in(part, {name.removeprefix(start): own[name] for name in own})
    return targets


def _changes(adapter: Adapter, match: Match, tensors: Tensors) -> Iterator[Change]:
    strength = strength_of(adapter, match)
    if strength == 0:
        return
    module, target = match.module, match.target
    identity = (adapter.file.sha256, module.key, strength)
    layer = f"{target.part}.{target.module}"
    own = {role: tensors[key] for role, key in module.roles.items()}
    if module.product is not None:
        rank = module.product.rank or 1  # where there is none, alpha has no say
        yield WeightChange(
            f"{layer}.weight",
            identity,
            module.product.format,
            {role: tensor for role, tensor in own.items() if role not in _NO_FACTORS},
            _alpha(module, own.get("alpha"), rank),
            rank,
            strength,
            _magnitude(own, match.axis),
        )
    if "diff_b" in own:
        yield BiasChange(f"{layer}.bias", identity, own["diff_b"], strength)


def _alpha(module: LoraModule, tensor: Tensor | None, rank: int) -> float:
    """What the file says, if it has a rank; else what makes the scale 1."""
    if module.product is None or module.product.rank is None:
        return 1.0
    said = module.alpha if tensor is None else float(tensor)
    return float(rank) if said is None else said


def _magnitude(own: Mapping[Role, Tensor], axis: Axis | None) -> Magnitude | None:
    values = own.get("dora_scale", own.get("magnitude"))
    return None if axis is None or values is None else Magnitude(values, axis)


def _is_finite(tensor: Tensor) -> bool:
    if tensor.dtype.itemsize == 1 and tensor.is_floating_point():
        tensor = tensor.float()  # torch cannot tell it of 8 bits
    return bool(torch.isfinite(tensor).all())


def _header(path: Path) -> Header:
    try:
        return read_header(path)
    except ModelFileProblem as error:
        raise argument_error(error.message, error.hint, file=str(path)) from error


def _counts(adapter: Adapter, step: int) -> bool:
    return adapter.start <= step and (adapter.stop is None or step < adapter.stop)


def _identity(adapter: Adapter) -> tuple[object, ...]:
    stop = -1 if adapter.stop is None else adapter.stop
    weights = adapter.unet, adapter.text_encoder, adapter.blocks
    return adapter.file.sha256, *weights, adapter.start, stop


def _in_text_encoders(adapters: Iterable[Adapter]) -> list[tuple[str, float]]:
    """Which adapters prompts are encoded with, and how much they count there."""
    strengths = [(a, a.text_encoder * (a.blocks[BASE] if a.blocks else 1.0)) for a in adapters]
    return [(a.file.sha256, weight) for a, weight in strengths if weight and _counts(a, 0)]
