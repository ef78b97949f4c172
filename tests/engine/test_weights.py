"""Weights come out of files as they are, whole or in shards; what does not fit is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.model import Model
from storyboard.engine.weights import fill, read_folder, read_stored
from storyboard.errors import ProblemsError
from storyboard.models.layouts import Stored
from tests.support.tiny_model import TinyModel, make_tiny_model

STEM = "diffusion_pytorch_model"


def load(tiny: TinyModel) -> Model:
    return family_named("sd15", "").load(tiny.checkpoint(), placement("cpu", "float32"))


def shard(part: Path, stem: str = STEM) -> list[Path]:
    """Takes a part's file apart into three shards with their index, as diffusers writes them."""
    whole = part / f"{stem}.safetensors"
    tensors = load_file(whole)
    whole.unlink()
    files = [part / f"{stem}-{n + 1:05}-of-00003.safetensors" for n in range(3)]
    keys = sorted(tensors)
    held = {file: keys[n::3] for n, file in enumerate(files)}
    for file, mine in held.items():
        save_file({key: tensors[key] for key in mine}, file)
    weight_map = {key: file.name for file, mine in held.items() for key in mine}
    index = part / f"{stem}.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}), encoding="utf-8")
    return files


@pytest.fixture
def sharded(tmp_path: Path) -> TinyModel:
    """A tiny model whose every part lies in shards."""
    tiny = make_tiny_model(tmp_path / "sharded")
    shard(tiny.folder / "unet")
    shard(tiny.folder / "vae")
    shard(tiny.folder / "text_encoder", "model")
    return tiny


def test_a_model_in_shards_is_the_same_model(tiny_model: TinyModel, sharded: TinyModel) -> None:
    one, other = load(tiny_model).weights, load(sharded).weights
    assert one.keys() == other.keys()
    assert all(torch.equal(weight, other[name]) for name, weight in one.items())


def test_diffusers_own_shards_are_read(tiny_model: TinyModel, tmp_path: Path) -> None:
    kind: Any = UNet2DConditionModel
    unet = kind.from_pretrained(tiny_model.folder / "unet", local_files_only=True)
    unet.save_pretrained(tmp_path / "unet", max_shard_size="100KB")
    assert len(list((tmp_path / "unet").glob("*.safetensors"))) > 1
    found, expected = read_folder(tmp_path / "unet"), read_folder(tiny_model.folder / "unet")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_a_missing_and_a_truncated_shard_are_told_by_name(sharded: TinyModel) -> None:
    second = sharded.folder / "unet" / f"{STEM}-00002-of-00003.safetensors"
    second.write_bytes(second.read_bytes()[:-1])
    with pytest.raises(ProblemsError, match=f"unet/{second.name} is cut off"):
        load(sharded)
    second.unlink()
    with pytest.raises(ProblemsError, match=f"lacks '{second.name}', which its index names"):
        load(sharded)


def test_an_index_cannot_make_the_engine_read_elsewhere(sharded: TinyModel) -> None:
    index = sharded.folder / "unet" / f"{STEM}.safetensors.index.json"
    found = json.loads(index.read_text(encoding="utf-8"))
    found["weight_map"]["conv_in.bias"] = f"../vae/{STEM}-00001-of-00003.safetensors"
    index.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(ProblemsError, match="names a file outside its folder"):
        load(sharded)


def test_a_weight_that_no_shard_holds_is_told(sharded: TinyModel) -> None:
    index = sharded.folder / "unet" / f"{STEM}.safetensors.index.json"
    found = json.loads(index.read_text(encoding="utf-8"))
    name = found["weight_map"].pop("conv_in.weight")
    file = index.with_name(name)
    save_file({k: v for k, v in load_file(file).items() if k != "conv_in.weight"}, file)
    index.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(ProblemsError, match=r"its UNet lacks 1 tensor: conv_in\.weight"):
        load(sharded)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda weights: weights.pop("bias"), "lacks weights that .* asks for: bias"),
        (lambda weights: weights.update(up=torch.ones(1)), "does not know: up"),
        (lambda weights: weights.update(bias=torch.ones(5)), "bias is 5, must be 2"),
    ],
)
def test_weights_that_do_not_fit_leave_a_module_as_it_was(
    tmp_path: Path, change: Callable[[dict[str, Tensor]], object], sentence: str
) -> None:
    with torch.device("meta"):
        module = nn.Linear(3, 2)
    weights = {"weight": torch.ones(2, 3), "bias": torch.ones(2)}
    fill(module, weights, torch.float32, tmp_path)
    before = module.weight
    change(weights)
    with pytest.raises(ProblemsError, match=sentence):
        fill(module, weights, torch.float32, tmp_path)
    assert module.weight is before


def test_weights_are_taken_from_within_larger_tensors(tmp_path: Path) -> None:
    file = tmp_path / "any.safetensors"
    whole = torch.arange(12.0).reshape(6, 2)
    save_file({"in_proj": whole, "point": whole[:, :, None, None].clone()}, file)
    found = read_stored(
        {
            "middle": Stored(file, "in_proj", (2, 2), rows=(2, 4)),
            "turned": Stored(file, "in_proj", (2, 6), transposed=True),
            "flat": Stored(file, "point", (6, 2)),
        }
    )
    assert torch.equal(found["middle"], whole[2:4])
    assert torch.equal(found["turned"], whole.T)
    assert torch.equal(found["flat"], whole)
    assert all(tensor.is_contiguous() for tensor in found.values())


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match="cannot be read"):
        read_stored({"any": Stored(tmp_path / "gone.safetensors", "any", (1,))})
