"""Which weights of a checkpoint a LoRA changes, and what of it does not fit them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storyboard.models.header import ModelFileProblem, Shape
from storyboard.models.layouts import layout_of
from storyboard.models.loras.factors import size
from storyboard.models.loras.file import LoraFile, LoraModule, some
from storyboard.models.loras.names import Part, kohya_name

PARTS: tuple[Part, ...] = ("unet", "text_encoder", "text_encoder_2")

Axis = Literal[0, 1]


@dataclass(frozen=True, slots=True)
class Target:
    """A layer of the checkpoint: its part, its path as stored, its weight's shape and, if it has
    one, its bias'."""

    part: Part
    module: str
    shape: Shape
    bias: Shape | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A module with the layer that it changes.

    `axis` tells what DoRA's magnitudes are the norms of: 0 of all weights that lead to one output,
    1 of all that come from one input; None without DoRA.
    """

    module: LoraModule
    target: Target
    axis: Axis | None = None


def resolve(lora: LoraFile, targets: Mapping[str, Target]) -> tuple[list[Match], list[str]]:
    """Each module with the layer it changes, and as sentences what does not fit.

    `targets` are by the names of `kohya_name`. What the file itself is wrong in is among the
    problems.
    """
    found, missing, misfits = [], [], []
    for module in lora.modules:
        target = targets.get(module.name)
        if target is None:
            missing.append(module.key)
        elif misfit := _misfit(module, target):
            misfits.append(f"{module.key} {misfit}")
        else:
            found.append(Match(module, target, _axis(module, target.shape)))
    times = Counter(match.target for match in found)
    twice = [target.module for target, count in times.items() if count > 1]
    problems = [
        *lora.problems,
        *_told("changes what the checkpoint does not have", missing),
        *_told("does not fit the checkpoint's weights", misfits),
        *_told("changes a weight twice, under two names", twice),
    ]
    return found, problems


def targets_of(checkpoint: Path, text_encoders: Sequence[Path] = ()) -> dict[str, Target]:
    """The layers of a checkpoint, a folder or one file, by the names that LoRA files have for them.

    `text_encoders` take the place of its own. Only headers are read. Raises `ModelFileProblem`
    where a file is missing or broken, with the first thing that is.
    """
    layout = layout_of(checkpoint, text_encoders=text_encoders)
    if layout.problems:
        raise ModelFileProblem(layout.problems[0])
    targets: dict[str, Target] = {}
    for part in PARTS:
        if part in layout.parts:
            targets |= targets_in(part, layout.parts[part].shapes)
    return targets


def targets_in(part: Part, weights: Mapping[str, Shape]) -> dict[str, Target]:
    """The layers of one part, by the names that LoRA files have for them.

    `weights` are the part's, by diffusers' names (`conv_in.weight`).
    """
    return {
        kohya_name(part, module): Target(part, module, shape, weights.get(f"{module}.bias"))
        for key, shape in weights.items()
        if (module := key.removesuffix(".weight")) != key
    }


def _misfit(module: LoraModule, target: Target) -> str | None:
    """What is wrong, as a sentence's end whose subject is the module."""
    bias = module.shapes.get("diff_b")
    if module.product and not _fits(module.product.shape, target.shape):
        return f"is {size(module.product.shape)}, not {size(target.shape)}"
    if bias and target.bias is None:
        return "changes a bias, and there is none"
    if bias and bias != target.bias:
        return f"has a bias of {size(bias)}, not {size(target.bias or ())}"
    if (scale := _magnitude(module)) is not None and _axis(module, target.shape) is None:
        return f"has magnitudes of {size(scale)} for a weight of {size(target.shape)}"
    return None


def _fits(change: Shape, weight: Shape) -> bool:
    """A 1 x 1 convolution and a linear layer are the same, and files have both ways; and a
    convolution may be flattened to a matrix."""
    if change == weight or _squeezed(change) == _squeezed(weight):
        return True
    flat = len(change) == 2 and len(weight) == 4
    return flat and change == (weight[0], math.prod(weight[1:]))


def _squeezed(shape: Shape) -> Shape:
    return shape[:2] if shape[2:] == (1, 1) else shape


def _magnitude(module: LoraModule) -> Shape | None:
    return module.shapes.get("dora_scale", module.shapes.get("magnitude"))


def _axis(module: LoraModule, weight: Shape) -> Axis | None:
    """Which way the magnitudes lie; None where there are none, or they do not fit.

    LyCORIS has them out x 1 or 1 x in (x 1 x 1); peft always one an output, but in a row.
    """
    shape = _magnitude(module)
    if shape is None or len(weight) < 2:
        return None
    outputs, inputs = weight[:2]
    in_a_row = shape == (outputs,) or shape == (1, outputs, 1, 1)
    if "magnitude" in module.shapes and in_a_row:
        return 0
    first, *rest = shape or (0,)
    if first == outputs and set(rest) == {1}:
        return 0
    return 1 if first == 1 and rest[:1] == [inputs] and set(rest[1:]) <= {1} else None


def _told(what: str, things: Sequence[str]) -> list[str]:
    return [f"{what}: {some(things)}"] if things else []
