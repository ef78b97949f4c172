"""What a LoRA file changes: its modules by their kohya names, and the weights they belong to.

A module is W + alpha / rank * up @ down, with `down` of shape rank x in (x height x width) and `up`
out x rank (x 1 x 1); a LoCon may have a convolution `mid` of rank x rank x height x width between.
Everything is told from names and shapes: no tensor is read, and torch is not needed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storyboard.models.components import component_headers
from storyboard.models.header import Shape
from storyboard.models.ldm_names import diffusers_name

Part = Literal["unet", "text_encoder"]
Role = Literal["down", "up", "mid"]

UNET_PREFIX = "lora_unet_"
TEXT_ENCODER_PREFIX = "lora_te_"

_PREFIXES: tuple[tuple[str, Part], ...] = (
    (UNET_PREFIX, "unet"),
    (TEXT_ENCODER_PREFIX, "text_encoder"),
    ("lora_te1_", "text_encoder"),
    ("lora_te2_", "text_encoder"),
)
_ROLES: dict[str, Role] = {
    "lora_down.weight": "down",
    "lora_up.weight": "up",
    "lora_mid.weight": "mid",
}
_ALPHA = "alpha"
_SHOWN = 4

# The formats of keys that are not understood, told by what is in them; the first that fits.
_FORMATS = (
    (re.compile(r"\.hada_"), "LoHa"),
    (re.compile(r"\.lokr_"), "LoKr"),
    (re.compile(r"\.(dora_scale|lora_magnitude_vector)"), "DoRA"),
    (re.compile(r"\.diff(_b)?$"), "full differences (.diff)"),
    (re.compile(r"\.(oft_|boft_)"), "OFT"),
    (re.compile(r"\.on_input$"), "IA3"),
    (re.compile(r"\.[ab][12]\.weight$"), "GLoRA"),
    (re.compile(r"\.lora_[AB]\b"), "peft's format"),
    (re.compile(r"(\.lora\.|_lora\.|\.lora_linear_layer\.)(down|up)\."), "diffusers' old format"),
)


@dataclass(frozen=True, slots=True)
class LoraModule:
    """One changed weight. `key` is its kohya name; `roles` and `alpha` name the file's tensors.

    `delta` is the shape of the product: 2-dimensional for a linear layer, 4-dimensional for a
    convolution. Without an `alpha` tensor, alpha is the rank.
    """

    key: str
    part: Part
    roles: Mapping[Role, str]
    rank: int
    alpha: str | None
    delta: Shape


@dataclass(frozen=True, slots=True)
class LoraFile:
    """A LoRA's modules; keys of no understood format; and modules that do not hold together."""

    modules: tuple[LoraModule, ...]
    unknown: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Why this file cannot be used, each a sentence whose subject it is; empty if it can."""
        problems = [f"its module {sentence}" for sentence in self.broken[:_SHOWN]]
        if len(self.broken) > _SHOWN:
            problems.append(f"{len(self.broken) - _SHOWN} more of its modules are broken")
        if self.unknown:
            problems.append(_unknown(self.unknown))
        if not self.modules and not problems:
            problems.append("changes nothing: there is no LoRA module in it")
        return problems


@dataclass(frozen=True, slots=True)
class Target:
    """A weight of the checkpoint: its part, its module's path as stored, and its shape."""

    part: Part
    module: str
    shape: Shape


def parse_lora(tensors: Mapping[str, Shape]) -> LoraFile:
    """Sorts a file's tensors, given by key and shape, into modules, ordered by key."""
    grouped: dict[str, dict[str, str]] = {}
    unknown = []
    for key in tensors:
        module, _, role = key.partition(".")
        if _part(module) is None or (role not in _ROLES and role != _ALPHA):
            unknown.append(key)
        else:
            grouped.setdefault(module, {})[role] = key
    modules, broken = [], []
    for key, found in sorted(grouped.items()):
        made = _module(key, found, tensors)
        if isinstance(made, str):
            broken.append(f"{key} {made}")
        else:
            modules.append(made)
    return LoraFile(tuple(modules), tuple(sorted(unknown)), tuple(broken))


def resolve(
    lora: LoraFile, targets: Mapping[str, Target]
) -> tuple[list[tuple[LoraModule, Target]], list[str]]:
    """Each module with the weight it changes, and as sentences what does not fit.

    SD 1.x's older names (`lora_unet_input_blocks_1_1_...`) are understood as well. What the file
    itself is wrong in is among the problems.
    """
    found: list[tuple[LoraModule, Target]] = []
    missing, misfits, taken = [], [], Counter[Target]()
    for module in lora.modules:
        target = _target(module.key, targets)
        if target is None:
            missing.append(module.key)
        elif not _fits(module.delta, target.shape):
            misfits.append(f"{module.key} is {_size(module.delta)}, not {_size(target.shape)}")
        else:
            found.append((module, target))
            taken[target] += 1
    twice = [target.module for target, times in taken.items() if times > 1]
    problems = [
        *lora.problems,
        *_told("changes what the checkpoint does not have", missing),
        *_told("does not fit the checkpoint's weights", misfits),
        *_told("changes a weight twice, under two names", twice),
    ]
    return found, problems


def targets_of(checkpoint: Path) -> dict[str, Target]:
    """The weights of a diffusers folder that a LoRA can change, by kohya name.

    These are the linear and convolution weights of `unet/` and `text_encoder/`; only headers are
    read. Raises `ModelFileProblem` where a part has no safetensors file or a broken one.
    """
    return {
        **_targets(checkpoint / "unet", "unet"),
        **_targets(checkpoint / "text_encoder", "text_encoder"),
    }


def kohya_name(part: Part, module: str) -> str:
    """A diffusers module's name in LoRA files.

    transformers stores a text encoder with its level `text_model.` or, newer, without: LoRA files
    always say it.
    """
    if part == "unet":
        return UNET_PREFIX + module.replace(".", "_")
    module = module if module.startswith("text_model.") else f"text_model.{module}"
    return TEXT_ENCODER_PREFIX + module.replace(".", "_")


def _targets(folder: Path, part: Part) -> dict[str, Target]:
    targets = {}
    for header in component_headers(folder).values():
        for key, info in header.tensors.items():
            module = key.removesuffix(".weight")
            if module != key and len(info.shape) in (2, 4):
                targets[kohya_name(part, module)] = Target(part, module, info.shape)
    return targets


def _target(key: str, targets: Mapping[str, Target]) -> Target | None:
    if key in targets:
        return targets[key]
    if not key.startswith(UNET_PREFIX):
        return None
    renamed = diffusers_name(key.removeprefix(UNET_PREFIX))
    return targets.get(UNET_PREFIX + renamed) if renamed else None


def _part(module: str) -> Part | None:
    return next((part for prefix, part in _PREFIXES if module.startswith(prefix)), None)


def _module(key: str, found: Mapping[str, str], tensors: Mapping[str, Shape]) -> LoraModule | str:
    """The module, or what is wrong with it."""
    part = _part(key)
    roles = {role: found[name] for name, role in _ROLES.items() if name in found}
    if part is None or "down" not in roles or "up" not in roles:
        return f"lacks its {' and '.join(r for r in ('down', 'up') if r not in roles)} weight"
    alpha = found.get(_ALPHA)
    if alpha and tensors[alpha] not in ((), (1,)):
        return f"has an alpha of shape {_size(tensors[alpha])}"
    down, up = tensors[roles["down"]], tensors[roles["up"]]
    mid = tensors[roles["mid"]] if "mid" in roles else None
    delta = _delta(down, up, mid)
    if delta is None:
        mid_text = f", mid {_size(mid)}" if mid else ""
        return f"does not multiply: down is {_size(down)}, up {_size(up)}{mid_text}"
    return LoraModule(key, part, roles, down[0], alpha, delta)


def _delta(down: Shape, up: Shape, mid: Shape | None) -> Shape | None:
    """The product's shape; None where the factors do not multiply."""
    if len(down) not in (2, 4) or len(up) not in (2, 4) or 0 in (*down, *up, *(mid or ())):
        return None
    if up[2:] not in ((), (1, 1)) or up[1] != (mid or down)[0]:
        return None
    if mid is None:
        return (up[0], *down[1:])
    if len(mid) != 4 or mid[:2] != (down[0], down[0]) or down[2:] not in ((), (1, 1)):
        return None
    return (up[0], down[1], *mid[2:])


def _fits(delta: Shape, weight: Shape) -> bool:
    """A 1 x 1 convolution and a linear layer are the same, and files have both ways."""
    return _flat(delta) == _flat(weight)


def _flat(shape: Shape) -> Shape:
    return shape[:2] if shape[2:] == (1, 1) else shape


def _unknown(keys: Sequence[str]) -> str:
    known = [next((name for what, name in _FORMATS if what.search(key)), "") for key in keys]
    formats = sorted({name for name in known if name})
    what = (
        f"is in a format that is not supported yet: {', '.join(formats)}"
        if formats
        else "has keys of no known LoRA format"
    )
    return f"{what} ({_some(keys)})"


def _told(what: str, things: Sequence[str]) -> list[str]:
    return [f"{what}: {_some(things)}"] if things else []


def _some(things: Iterable[str]) -> str:
    listed = list(things)
    rest = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + rest


def _size(shape: Shape) -> str:
    return "x".join(str(side) for side in shape) or "a number"
