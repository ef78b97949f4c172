"""LoRA files change exactly the weights that they name, by the formula they were trained with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.loras import MergedLoras, WeightChange, read_lora, targets_of_weights
from storyboard.engine.model import Model, Wording
from storyboard.errors import ProblemsError
from storyboard.jobs import Adapter
from storyboard.models.loras.keys import Role
from tests.support.tiny_model import TinyModel, make_lora, model_file, tiny_lora


@pytest.fixture
def model(tiny_model: TinyModel) -> Model:
    return family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))


def weights(model: Model) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in model.weights.items()}


def changed(model: Model, before: dict[str, Tensor]) -> set[str]:
    return {name for name, weight in model.weights.items() if not torch.equal(weight, before[name])}


def low_rank(factors: dict[Role, Tensor], strength: float) -> WeightChange:
    return WeightChange("x", (), "low rank", factors, 1.0, 1, strength)


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_linear_module_adds_what_running_it_beside_the_layer_would() -> None:
    layer, down, up = nn.Linear(8, 6), random(2, 8), random(6, 2, seed=2)
    change = low_rank({"lora_down": down, "lora_up": up}, 0.7)
    x = random(3, 8, seed=3)
    beside = layer(x) + 0.7 * (x @ down.T @ up.T)
    merged = nn.functional.linear(x, layer.weight + change.delta(layer.weight), layer.bias)
    assert torch.allclose(merged, beside, atol=1e-5)


@pytest.mark.parametrize("middle", [False, True], ids=["without mid", "with mid"])
def test_a_convolution_module_adds_what_running_it_beside_the_layer_would(middle: bool) -> None:
    conv = nn.Conv2d(5, 6, 3, padding=1)
    down = random(2, 5, 1, 1) if middle else random(2, 5, 3, 3)
    mid = random(2, 2, 3, 3, seed=4) if middle else None
    up = random(6, 2, 1, 1, seed=2)
    factors: dict[Role, Tensor] = {"lora_down": down, "lora_up": up}
    change = low_rank(factors if mid is None else {**factors, "lora_mid": mid}, 0.7)
    x = random(1, 5, 7, 7, seed=3)
    convolve = nn.functional.conv2d
    if mid is None:
        inside = convolve(x, down, padding=1)
    else:
        inside = convolve(convolve(x, down), mid, padding=1)
    beside = conv(x) + 0.7 * convolve(inside, up)
    merged = convolve(x, conv.weight + change.delta(conv.weight), conv.bias, padding=1)
    assert torch.allclose(merged, beside, atol=1e-4)


def test_strength_is_the_weight_times_alpha_by_rank(model: Model, tmp_path: Path) -> None:
    name = "lora_unet_conv_in"
    file = make_lora(tmp_path / "a.safetensors", {name: ((4, 4, 3, 3), (32, 4, 1, 1))})
    (change,) = read_lora(Adapter(file, 0.6, 1.0), targets_of_weights(model.weights))
    tensors = load_file(file.path)
    product = torch.einsum(
        "or,rihw->oihw",
        tensors[f"{name}.lora_up.weight"].flatten(1),
        tensors[f"{name}.lora_down.weight"],
    )
    assert change.target == "unet.conv_in.weight"
    expected = product * 0.6 * tensors[f"{name}.alpha"] / 4
    assert torch.allclose(change.delta(torch.zeros(32, 4, 3, 3)), expected, atol=1e-6)


def test_unet_and_text_encoder_have_weights_of_their_own(model: Model, tmp_path: Path) -> None:
    before = weights(model)
    loras = MergedLoras(model)
    lora = tiny_lora(tmp_path / "a.safetensors")
    loras.set([replace(lora, unet=0.0)])
    assert {name.split(".")[0] for name in changed(model, before)} == {"text_encoder"}
    loras.set([replace(lora, text_encoder=0.0)])
    assert {name.split(".")[0] for name in changed(model, before)} == {"unet"}
    loras.set([replace(lora, unet=0.0, text_encoder=0.0)])
    assert changed(model, before) == set()


def test_several_loras_add_up(model: Model, tmp_path: Path) -> None:
    before = weights(model)
    one, two = (tiny_lora(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    loras = MergedLoras(model)
    sums = {name: weight.clone() for name, weight in before.items()}
    for lora in (one, two):
        loras.set([lora])
        for name, weight in model.weights.items():
            sums[name] += weight - before[name]
    loras.set([one, two])
    assert all(torch.allclose(model.weights[name], sums[name], atol=1e-5) for name in sums)
    loras.set([])
    assert changed(model, before) == set()


def test_prompts_are_encoded_anew_only_where_the_text_encoder_changed(
    model: Model, tmp_path: Path
) -> None:
    def prompt() -> Tensor:
        return model.condition("a cat", "", Wording(1, ())).prompt.vectors

    loras = MergedLoras(model)
    lora = tiny_lora(tmp_path / "a.safetensors")
    plain = prompt()
    loras.set([replace(lora, text_encoder=0.0)])
    assert prompt() is plain
    loras.set([lora])
    assert not torch.equal(prompt(), plain)
    loras.set([])
    assert torch.equal(prompt(), plain)


@pytest.mark.parametrize(
    ("modules", "sentence"),
    [
        ({"lora_unet_nowhere": ((4, 32), (64, 4))}, "does not have: lora_unet_nowhere"),
        (
            {"lora_unet_conv_in": ((4, 4, 3, 3), (32, 4, 1, 1)), "lora_te_no": ((1, 2), (2, 1))},
            "does not have: lora_te_no",
        ),
        ({"lora_unet_conv_in": ((4, 5, 3, 3), (32, 4, 1, 1))}, "lora_unet_conv_in is 32x5x3x3"),
    ],
)
def test_a_lora_that_fits_in_part_or_not_at_all_is_refused(
    model: Model,
    tmp_path: Path,
    modules: dict[str, tuple[tuple[int, ...], tuple[int, ...]]],
    sentence: str,
) -> None:
    before = weights(model)
    file = make_lora(tmp_path / "foreign.safetensors", modules)
    with pytest.raises(ProblemsError, match=sentence) as caught:
        MergedLoras(model).set([Adapter(file, 1.0, 1.0)])
    assert "foreign" in str(caught.value)
    assert changed(model, before) == set()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_lora_with_numbers_that_are_none_is_refused(
    model: Model, tmp_path: Path, number: float
) -> None:
    path = tmp_path / "broken.safetensors"
    tensors = load_file(tiny_lora(path).file.path)
    key = "lora_unet_conv_out.lora_up.weight"
    tensors[key][0, 0] = number
    save_file(tensors, path)
    with pytest.raises(ProblemsError, match=f"NaN or infinity: {key}"):
        read_lora(Adapter(model_file(path), 1.0, 1.0), targets_of_weights(model.weights))


def test_a_lora_that_is_no_safetensors_file_is_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    path.write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ProblemsError, match="pickle"):
        read_lora(Adapter(model_file(path), 1.0, 1.0), targets_of_weights(model.weights))


def test_what_is_foreseen_is_read_beside_and_gives_the_very_weights(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (tiny_lora(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    loras = MergedLoras(model)
    loras.set([one, two])
    expected = weights(model)
    loras.set([one])
    alone = weights(model)
    loras.foresee([two, one])
    loras.settle()
    assert changed(model, alone) == set()
    monkeypatch.setattr("storyboard.engine.loras.read_lora", _not_again)
    loras.set([one, two])
    assert changed(model, expected) == set()


def test_another_set_than_was_foreseen_is_read_itself(model: Model, tmp_path: Path) -> None:
    one, two = (tiny_lora(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    loras = MergedLoras(model)
    loras.set([two])
    expected = weights(model)
    loras.set([])
    loras.foresee([one])
    loras.set([two])
    assert changed(model, expected) == set()


def test_what_is_wrong_with_a_foreseen_lora_is_told_when_it_is_set(
    model: Model, tmp_path: Path
) -> None:
    before = weights(model)
    good, bad = (tiny_lora(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    Path(bad.file.path).write_bytes(b"no LoRA at all")
    loras = MergedLoras(model)
    loras.set([good])
    loras.foresee([bad])
    with pytest.raises(ProblemsError):
        loras.set([bad])
    loras.set([])
    assert changed(model, before) == set()


def _not_again(*_: object) -> NoReturn:
    raise AssertionError("it is read twice")
