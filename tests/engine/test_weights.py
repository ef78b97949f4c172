"""Weights are the same in one file and in shards; shards that are no whole are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file

from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.model import Model
from storyboard.engine.weights import read_folder
from storyboard.errors import ProblemsError
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
    with pytest.raises(ProblemsError, match=r"lacks weights .*: conv_in\.weight"):
        load(sharded)
