"""Every format that LyCORIS writes makes the weights that LyCORIS' own forward draws with.

The oracle is the public lycoris-lora package's `forward`, asked what it makes of impulses. (Its
`merge_to` scales LoHa and factored LoKr twice where alpha is not the rank, so it is none.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from lycoris.modules import FullModule, LoConModule, LohaModule, LokrModule, NormModule
from safetensors.torch import save_file
from torch import Tensor, nn

from storyboard.engine.adapters import Merger
from storyboard.engine.loras import read_lora, targets_of_weights
from storyboard.jobs import Adapter
from tests.support.tiny_model import model_file

LAYER = "mid_block.attentions.0.proj_in"
KOHYA = "lora_unet_mid_block_attentions_0_proj_in"
INPUTS, OUTPUTS, RANK = 24, 16, 3

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(INPUTS, OUTPUTS),
    "1x1": lambda: nn.Conv2d(INPUTS, OUTPUTS, 1),
    "3x3": lambda: nn.Conv2d(INPUTS, OUTPUTS, 3, padding=1),
}


@dataclass(frozen=True)
class Case:
    """A module of LyCORIS', and the layer it is for."""

    algorithm: Any
    layer: str
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Its name among the tests."""
        return "-".join((self.algorithm.name, self.layer, *map(str, self.settings)))

    def make(self, layer: nn.Module, multiplier: float) -> Any:
        """The module with random numbers in every tensor, in float64; alpha is not the rank."""
        settings = {"lora_dim": RANK, "alpha": 2.0, **self.settings}
        module = self.algorithm(KOHYA, layer, multiplier, **settings).double()
        for name, parameter in module.named_parameters():
            values = torch.randn(parameter.shape, dtype=torch.float64)
            parameter.data = values.abs() + 0.5 if name == "dora_scale" else values / 2
        return module


DORA: tuple[dict[str, Any], ...] = (
    {},
    {"weight_decompose": True},
    {"weight_decompose": True, "wd_on_out": False},
)
TUCKER: dict[str, Any] = {"use_tucker": True}
SCALED: dict[str, Any] = {"rs_lora": True}
KRON: tuple[dict[str, Any], ...] = (
    {"lora_dim": 2},
    {"factor": 2},
    {"factor": 4, "decompose_both": True, "lora_dim": 1},
    {"full_matrix": True},
    {"lora_dim": 1, "unbalanced_factorization": True},
)
CASES = [
    *(Case(LoConModule, layer, dora) for layer, dora in product(LAYERS, DORA)),
    *(Case(LohaModule, layer, dora) for layer, dora in product(LAYERS, DORA)),
    *(Case(LokrModule, layer, {**k, **d}) for layer, k, d in product(LAYERS, KRON, DORA)),
    *(Case(LoConModule, "3x3", {**TUCKER, **dora}) for dora in DORA),
    *(Case(LohaModule, "3x3", {**TUCKER, **dora}) for dora in DORA),
    *(Case(LokrModule, "3x3", {"lora_dim": 1, **TUCKER, **dora}) for dora in DORA),
    *(Case(kind, "linear", {"lora_dim": 2, **SCALED}) for kind in (LoConModule, LohaModule)),
    Case(LokrModule, "linear", {"lora_dim": 2, **SCALED}),
    *(Case(FullModule, layer) for layer in LAYERS),
]


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Modules and layers are made of torch's global numbers."""
    torch.manual_seed(7)


def merged(layer: nn.Module, tensors: dict[str, Tensor], folder: Path, strength: float) -> Tensor:
    """The weight after our merge of a file with these tensors; the bias is merged too."""
    path = folder / "x.safetensors"
    save_file({key: tensor.detach().contiguous() for key, tensor in tensors.items()}, path)
    weights = {f"unet.{LAYER}.{name}": weight for name, weight in layer.named_parameters()}
    adapter = Adapter(model_file(path), strength, 0.0)
    Merger(weights).set(read_lora(adapter, targets_of_weights(weights)))
    return layer.get_parameter("weight").detach()


@torch.no_grad()
def seen_weight(module: Any, layer: nn.Module) -> Tensor:
    """The weight that a module computes with, told by what it makes of impulses."""
    bias = module(torch.zeros(impulses(layer).shape, dtype=torch.float64))
    answers: Tensor = module(impulses(layer)) - bias
    return answers.T if answers.ndim == 2 else answers.flip(2, 3).transpose(0, 1)


def impulses(layer: nn.Module) -> Tensor:
    """One input after the other, alone, in the middle of a picture as large as the kernel."""
    inputs = torch.eye(INPUTS, dtype=torch.float64)
    if isinstance(layer, nn.Linear):
        return inputs
    side = layer.get_parameter("weight").shape[-1]
    pictures = torch.zeros(INPUTS, INPUTS, side, side, dtype=torch.float64)
    pictures[..., side // 2, side // 2] = inputs
    return pictures


@pytest.mark.parametrize("case", CASES, ids=str)
def test_merged_weights_are_those_of_lycoris_forward(case: Case, tmp_path: Path) -> None:
    # What a strength other than 1 means to DoRA, LyCORIS and the WebUI do not agree on.
    strength = 1.0 if "weight_decompose" in case.settings else 0.7
    layer = LAYERS[case.layer]().double().requires_grad_(False)
    clean = layer.get_parameter("weight").clone()
    module = case.make(layer, strength)
    expected = seen_weight(module, layer)
    tensors = {f"{KOHYA}.{key}": tensor for key, tensor in lycoris_tensors(module).items()}
    found = merged(layer, tensors, tmp_path, strength)
    assert not torch.allclose(expected, clean, atol=1e-2)
    # Files hold alpha in float32.
    assert (found - expected).abs().max() <= 1e-7 * expected.abs().max()


def lycoris_tensors(module: Any) -> dict[str, Tensor]:
    """What LyCORIS writes into a file; its full differences before they are put to use."""
    if isinstance(module, FullModule):
        return {"diff": module.weight, "diff_b": module.bias}
    tensors: dict[str, Tensor] = dict(module.state_dict())
    return tensors


@pytest.mark.parametrize("strength", [0.7, 1.0])
def test_biases_and_norms_are_changed_as_lycoris_does(tmp_path: Path, strength: float) -> None:
    norm = nn.GroupNorm(4, OUTPUTS).double().requires_grad_(False)
    module: Any = NormModule(KOHYA, norm, strength).double()
    module.w_norm.data.normal_()
    module.b_norm.data.normal_()
    x = torch.randn(2, OUTPUTS, 3, 3, dtype=torch.float64)
    with torch.no_grad():
        expected = module(x)
    tensors = {f"{KOHYA}.{name}": getattr(module, name) for name in ("w_norm", "b_norm")}
    merged(norm, tensors, tmp_path, strength)
    assert torch.allclose(norm(x), expected, atol=1e-12)


def test_a_full_difference_changes_the_bias_too(tmp_path: Path) -> None:
    layer = LAYERS["linear"]().double().requires_grad_(False)
    module = Case(FullModule, "linear").make(layer, 0.7)
    x = torch.randn(5, INPUTS, dtype=torch.float64)
    with torch.no_grad():
        expected = module(x)
    tensors = {f"{KOHYA}.{key}": tensor for key, tensor in lycoris_tensors(module).items()}
    merged(layer, tensors, tmp_path, 0.7)
    assert torch.allclose(layer(x), expected, atol=1e-12)
