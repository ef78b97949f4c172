"""A merged LoRA costs nothing: the model that draws with it is, module by module, the plain one."""

from __future__ import annotations

from pathlib import Path

import torch

from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.loras import MergedLoras
from storyboard.engine.sd15 import Sd15Model
from tests.support.tiny_model import TinyModel, tiny_lora

Part = tuple[str, type, int, int, tuple[int, ...]]


def parts(model: Sd15Model) -> list[Part]:
    """Every module by name, class and identity, with its hooks; every weight by where it lies."""
    unet = model._unet.module
    modules: list[Part] = [
        (name, type(one), id(one), len(one._forward_hooks) + len(one._forward_pre_hooks), ())
        for name, one in unet.named_modules()
    ]
    weights: list[Part] = [
        (name, type(one), id(one), one.data_ptr(), tuple(one.stride()))
        for name, one in model.weights.items()
    ]
    return modules + weights


def test_with_four_loras_the_model_has_the_very_modules_of_the_plain_one(
    tiny_model: TinyModel, lora_folder: Path
) -> None:
    model = family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))
    assert isinstance(model, Sd15Model)
    plain, loras = parts(model), MergedLoras(model)
    before = {name: weight.clone() for name, weight in model.weights.items()}
    loras.set([tiny_lora(lora_folder / f"{n}.safetensors", seed=n) for n in range(4)])
    assert parts(model) == plain
    assert any(not torch.equal(weight, before[name]) for name, weight in model.weights.items())
    loras.set([])
    assert parts(model) == plain
    assert all(torch.equal(weight, before[name]) for name, weight in model.weights.items())
