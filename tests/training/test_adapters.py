"""An adapter beside a layer adds what its merged change would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import nn

from training.adapters import Adapter, Adapters
from training.loraweights import delta, strengthen, targets, write_pairs

LAYERS = {
    "linear": (nn.Linear(6, 5), (2, 3, 6)),
    "convolution": (nn.Conv2d(4, 5, 3, padding=1), (2, 4, 8, 8)),
    "halving": (nn.Conv2d(4, 5, 3, stride=2, padding=1), (2, 4, 8, 8)),
    "pointwise": (nn.Conv2d(4, 5, 1), (2, 4, 8, 8)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_beside_a_layer_is_as_merged_into_it(name: str) -> None:
    layer, shape = LAYERS[name]
    adapter = Adapter(layer, rank=3, alpha=6.0, seed=1)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    plain = layer(x)
    handle = adapter.beside(layer)
    assert torch.equal(layer(x), plain)  # up is nothing yet
    nn.init.normal_(adapter.up, generator=torch.Generator().manual_seed(3))
    beside = layer(x)
    handle.remove()
    assert torch.equal(layer(x), plain)
    weight = layer.get_parameter("weight")
    with torch.no_grad():
        weight.add_(delta(adapter.down, adapter.up, 2.0))
    assert torch.allclose(layer(x), beside, atol=1e-5)
    assert not torch.allclose(beside, plain, atol=1e-2)


def test_layers_are_named_as_kohya_does_and_time_and_ends_are_left_out() -> None:
    unet = nn.ModuleDict(
        {
            "conv_in": nn.Conv2d(4, 4, 3),
            "time_embedding": nn.ModuleDict({"linear_1": nn.Linear(4, 4)}),
            "mid_block": nn.ModuleList([nn.Linear(4, 4), nn.Conv2d(4, 4, 1), nn.LayerNorm(4)]),
        }
    )
    text = nn.ModuleDict({"encoder": nn.ModuleList([nn.Linear(4, 4)]), "final": nn.Linear(4, 4)})
    assert set(targets(unet, text)) == {
        "lora_unet_mid_block_0",
        "lora_unet_mid_block_1",
        "lora_te_text_model_encoder_0",
    }
    assert set(targets(unet, None)) == {"lora_unet_mid_block_0", "lora_unet_mid_block_1"}


def test_frozen_layers_are_narrowed_and_what_is_trained_is_not() -> None:
    unet = nn.ModuleDict({"mid": nn.Linear(4, 4), "norm": nn.LayerNorm(4)})
    unet.requires_grad_(False)
    adapters = Adapters.attach(unet, None, 2, 2.0, 1, torch.bfloat16)
    dtypes = {name: weight.dtype for name, weight in unet.named_parameters()}
    assert dtypes["mid.weight"] == torch.bfloat16
    assert dtypes["norm.weight"] == torch.float32
    assert {p.dtype for p in adapters.parameters(of_text=False)} == {torch.float32}
    assert adapters.parameters(of_text=True) == []


def test_a_lora_is_made_stronger_by_its_alphas(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    pair = (torch.ones(2, 3), torch.full((4, 2), 0.5))
    said = {"ss_network_alpha": "8.0", "ss_network_args": '{"conv_dim": "2", "conv_alpha": "8.0"}'}
    write_pairs({"lora_unet_a": pair}, 8.0, said, path)
    strengthen(path, 1.5)
    with safe_open(path, "pt") as file:
        assert float(file.get_tensor("lora_unet_a.alpha")) == 12.0
        assert torch.equal(file.get_tensor("lora_unet_a.lora_up.weight"), pair[1].half())
        told = file.metadata()
    assert told["ss_network_alpha"] == "12.0"
    assert json.loads(told["ss_network_args"]) == {"conv_dim": "2", "conv_alpha": "12.0"}
