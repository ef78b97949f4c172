"""LoRA files as changes of a model's weights, and the set of them that is merged at present."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from storyboard.engine.adapters import Change, Merger
from storyboard.engine.model import Model
from storyboard.engine.weights import read_file
from storyboard.errors import Mark, Problem, ProblemsError, argument_error
from storyboard.jobs import Adapter
from storyboard.models.header import ModelFileProblem
from storyboard.models.lora import LoraModule, Target, parse_lora, resolve, targets_of

_SHOWN = 4


@dataclass(frozen=True, slots=True, eq=False)
class LowRank:
    """A LoRA's module: scale * up @ down, or with a convolution `mid` between (LoCon).

    `down` is rank x in (x height x width), `up` out x rank (x 1 x 1), `mid` rank x rank x height x
    width. `scale` is the strength times alpha / rank (Hu et al. 2021, arXiv:2106.09685).
    """

    target: str
    down: Tensor
    up: Tensor
    mid: Tensor | None
    scale: float

    def delta(self, clean: Tensor) -> Tensor:
        """The product, in float32, in the weight's shape."""
        down = self.down.to(clean.device, torch.float32)
        up = self.up.to(clean.device, torch.float32).flatten(1)
        if self.mid is None:
            product = up @ down.flatten(1)
        else:
            mid = self.mid.to(clean.device, torch.float32)
            product = torch.einsum("oa,abhw,bi->oihw", up, mid, down.flatten(1))
        return product.reshape(clean.shape) * self.scale


def read_lora(adapter: Adapter, targets: Mapping[str, Target]) -> list[Change]:
    """What an adapter's file changes, at its weights; nothing for a part whose weight is 0.

    Raises ProblemsError where the file matches the checkpoint in part only or not at all, is in a
    format that is not known, or holds NaN or infinity: the keys are named.
    """
    path = Path(adapter.file.path)
    tensors = read_file(path)
    lora = parse_lora({key: tuple(tensor.shape) for key, tensor in tensors.items()})
    pairs, sentences = resolve(lora, targets)
    broken = [key for key, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]
    if broken:
        sentences.append(f"it holds NaN or infinity: {_some(broken)}")
    if sentences:
        raise ProblemsError(
            Problem(
                Mark(str(path)),
                f"the LoRA '{adapter.file.name}' cannot be used: {sentence}",
                "it may be made for another model, or damaged",
            )
            for sentence in sentences
        )
    strength = {"unet": adapter.unet, "text_encoder": adapter.text_encoder}
    return [
        _change(module, target, tensors, strength[module.part])
        for module, target in pairs
        if strength[module.part] != 0
    ]


class MergedLoras:
    """The adapters that are in a model's weights at present."""

    def __init__(self, model: Model, checkpoint: Path) -> None:
        try:
            self._targets = targets_of(checkpoint)
        except ModelFileProblem as error:
            raise argument_error(error.message, error.hint, file=str(checkpoint)) from error
        self._model = model
        self._merger = Merger(model.weights)
        self._merged: tuple[Adapter, ...] = ()

    def set(self, adapters: Iterable[Adapter]) -> None:
        """Brings the model to its clean weights plus these adapters; their order does not matter.

        Raises ProblemsError, the weights as they were, where a file cannot be used.
        """
        wanted = tuple(sorted(adapters, key=_identity))
        if wanted == self._merged:
            return
        changes = [change for adapter in wanted for change in read_lora(adapter, self._targets)]
        if _in_text_encoder(wanted) != _in_text_encoder(self._merged):
            self._model.forget_prompts()
        try:
            self._merger.set(changes)
        except BaseException:
            self._merged = ()
            self._model.forget_prompts()
            raise
        self._merged = wanted


def _change(
    module: LoraModule, target: Target, tensors: Mapping[str, Tensor], strength: float
) -> Change:
    alpha = float(tensors[module.alpha]) if module.alpha else float(module.rank)
    name = target.module.removeprefix("text_model.")
    return LowRank(
        target=f"{target.part}.{name}.weight",
        down=tensors[module.roles["down"]],
        up=tensors[module.roles["up"]],
        mid=tensors[module.roles["mid"]] if "mid" in module.roles else None,
        scale=strength * alpha / module.rank,
    )


def _identity(adapter: Adapter) -> tuple[str, float, float]:
    return adapter.file.sha256, adapter.unet, adapter.text_encoder


def _in_text_encoder(adapters: Iterable[Adapter]) -> list[tuple[str, float]]:
    return [(a.file.sha256, a.text_encoder) for a in adapters if a.text_encoder != 0]


def _some(keys: list[str]) -> str:
    rest = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(keys[:_SHOWN]) + rest
