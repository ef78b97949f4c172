"""Other formats are other ways to write the same change; DoRA's magnitudes are what comes out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from storyboard.engine.adapters import Merger
from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.engine.loras import MergedLoras, read_lora, targets_of_weights
from storyboard.engine.model import Model, Placement
from storyboard.errors import ProblemsError
from storyboard.jobs import Adapter
from storyboard.models.describe import describe
from storyboard.models.entries import Kind
from tests.engine.lora_files import ATTENTION, CONVOLUTION, FORMATS, NORM, QUERY, made, written
from tests.support.tiny_model import TinyModel

IN_UNET = "down_blocks.1.attentions.0.transformer_blocks.0.attn2"
IN_TEXT = "text_model.encoder.layers.0.self_attn"
TO_K = f"unet.{IN_UNET}.to_k.weight"
Q_PROJ = "text_encoder.encoder.layers.0.self_attn.q_proj.weight"


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Model:
    """Loaded once: every test leaves it clean."""
    return family_named("sd15", "").load(tiny_model.checkpoint(), placement("cpu", "float32"))


def copies(model: Model) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in model.weights.items()}


def changes(model: Model, *adapters: Adapter) -> dict[str, Tensor]:
    """By how much these adapters change the weights that they change."""
    clean = copies(model)
    merger, targets = Merger(model.weights), targets_of_weights(model.weights)
    merger.set([change for adapter in adapters for change in read_lora(adapter, targets)])
    changed = {name: model.weights[name] - clean[name] for name in sorted(merger.changed)}
    merger.clear()
    return changed


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) / 4


DOWN, UP = random(4, 32), random(64, 4, seed=2)
TEXT_DOWN, TEXT_UP = random(4, 32, seed=3), random(32, 4, seed=4)
PLAIN = {TO_K: UP @ DOWN, Q_PROJ: TEXT_UP @ TEXT_DOWN}
ENDINGS = {
    "peft": ("lora_A.weight", "lora_B.weight"),
    "peft with its adapter's name": ("lora_A.default.weight", "lora_B.default.weight"),
    "diffusers": ("lora.down.weight", "lora.up.weight"),
    "diffusers' linear layers": ("lora_linear_layer.down.weight", "lora_linear_layer.up.weight"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("prefix", ["", "base_model.model."])
def test_dotted_formats_change_the_same_weights(
    model: Model, tmp_path: Path, ending: str, prefix: str
) -> None:
    down, up = ENDINGS[ending]
    tensors = {
        f"{prefix}unet.{IN_UNET}.to_k.{down}": DOWN,
        f"{prefix}unet.{IN_UNET}.to_k.{up}": UP,
        f"{prefix}text_encoder.{IN_TEXT}.q_proj.{down}": TEXT_DOWN,
        f"{prefix}text_encoder.{IN_TEXT}.q_proj.{up}": TEXT_UP,
    }
    found = changes(model, written(tmp_path / "x.safetensors", tensors))
    assert found.keys() == PLAIN.keys()
    assert all(torch.allclose(found[name], PLAIN[name], atol=1e-6) for name in PLAIN)


def test_diffusers_first_format_changes_the_same_weights(model: Model, tmp_path: Path) -> None:
    tensors = {
        f"unet.{IN_UNET}.processor.to_k_lora.down.weight": DOWN,
        f"unet.{IN_UNET}.processor.to_k_lora.up.weight": UP,
        f"text_encoder.{IN_TEXT}.to_q_lora.down.weight": TEXT_DOWN,
        f"text_encoder.{IN_TEXT}.to_q_lora.up.weight": TEXT_UP,
    }
    found = changes(model, written(tmp_path / "x.safetensors", tensors))
    assert all(torch.allclose(found[name], PLAIN[name], atol=1e-6) for name in PLAIN)


def test_ldms_names_change_the_same_weights(model: Model, tmp_path: Path) -> None:
    # The tiny model's blocks have one layer; its first attention is LDM's fourth input block.
    name = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    tensors = {f"{name}.lora_down.weight": DOWN, f"{name}.lora_up.weight": UP}
    found = changes(model, written(tmp_path / "x.safetensors", tensors))
    assert torch.allclose(found[TO_K], PLAIN[TO_K], atol=1e-6)


def test_alphas_of_the_metadata_scale(model: Model, tmp_path: Path) -> None:
    tensors = {
        f"unet.{IN_UNET}.to_k.lora_A.weight": DOWN,
        f"unet.{IN_UNET}.to_k.lora_B.weight": UP,
    }
    metadata = {"lora_adapter_metadata": json.dumps({"unet.lora_alpha": 12, "unet.r": 4})}
    found = changes(model, written(tmp_path / "x.safetensors", tensors, metadata=metadata))
    assert torch.allclose(found[TO_K], 3 * PLAIN[TO_K], atol=1e-6)


@pytest.mark.parametrize(
    ("config", "scale"),
    [
        ({"peft_type": "LORA", "lora_alpha": 12, "r": 4}, 3.0),
        ({"lora_alpha": 12, "r": 4, "use_rslora": True}, 6.0),
        ({"lora_alpha": 12, "r": 4, "alpha_pattern": {"to_k": 2}}, 0.5),
    ],
)
def test_pefts_own_folder_says_the_alpha_beside_the_weights(
    model: Model, tmp_path: Path, config: dict[str, object], scale: float
) -> None:
    tensors = {
        f"base_model.model.{IN_UNET}.to_k.lora_A.weight": DOWN,
        f"base_model.model.{IN_UNET}.to_k.lora_B.weight": UP,
    }
    adapter = written(tmp_path / "adapter_model.safetensors", tensors)
    assert torch.allclose(changes(model, adapter)[TO_K], PLAIN[TO_K], atol=1e-6)
    (tmp_path / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert torch.allclose(changes(model, adapter)[TO_K], scale * PLAIN[TO_K], atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"peft_type": "LOKR", "alpha": 2}',
        '{"lora_alpha": 1, "of": "' + "é" * 500_000 + '"}',
    ],
    ids=["empty", "no mapping", "of another kind", "over a megabyte"],
)
def test_a_folder_of_pefts_that_makes_no_sense_is_told(
    model: Model, tmp_path: Path, text: str
) -> None:
    tensors = {f"{IN_UNET}.to_k.lora_A.weight": DOWN, f"{IN_UNET}.to_k.lora_B.weight": UP}
    adapter = written(tmp_path / "adapter_model.safetensors", tensors)
    (tmp_path / "adapter_config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsError, match=r"make no sense|scale is not known"):
        changes(model, adapter)
    problems = describe(Kind.LORA, "x", Path(adapter.file.path)).problems
    assert len(problems) == 1


def test_quantised_tensors_are_no_weights(model: Model, tmp_path: Path) -> None:
    down, up = (torch.ones(shape, dtype=torch.int8) for shape in (DOWN.shape, UP.shape))
    tensors = {f"{ATTENTION}.lora_down.weight": down, f"{ATTENTION}.lora_up.weight": up}
    with pytest.raises(ProblemsError, match="of no floating-point type"):
        changes(model, written(tmp_path / "x.safetensors", tensors))
    whole = {name: tensor.float() for name, tensor in tensors.items()}
    counted = {**whole, f"{ATTENTION}.alpha": torch.tensor(2)}
    assert changes(model, written(tmp_path / "y.safetensors", counted))
    odd = {**whole, f"{ATTENTION}.alpha": torch.tensor(2j)}
    with pytest.raises(ProblemsError, match=r"alpha \(C64\)"):
        changes(model, written(tmp_path / "z.safetensors", odd))


def test_pefts_magnitudes_are_the_norms_of_what_is_merged(model: Model, tmp_path: Path) -> None:
    norms = random(64, seed=5).abs() + 0.1
    tensors = {
        f"unet.{IN_UNET}.to_k.lora_A.weight": DOWN,
        f"unet.{IN_UNET}.to_k.lora_B.weight": UP,
        f"unet.{IN_UNET}.to_k.lora_magnitude_vector": norms,
    }
    clean = model.weights[TO_K].detach().clone()
    change = changes(model, written(tmp_path / "x.safetensors", tensors))[TO_K]
    merged = clean + change
    assert torch.allclose(merged.norm(dim=1), norms, atol=1e-5)
    direction = clean + UP @ DOWN
    assert torch.allclose(merged, direction / direction.norm(dim=1, keepdim=True) * norms[:, None])


def test_strength_goes_from_the_clean_weight_to_doras(model: Model, tmp_path: Path) -> None:
    whole = made(tmp_path, "low rank", 1.0)
    half = replace(whole, unet=0.5, text_encoder=0.0)
    full = changes(model, whole)[TO_K]
    assert torch.allclose(changes(model, half)[TO_K], full / 2, atol=1e-6)
    assert changes(model, replace(whole, unet=0.0, text_encoder=0.0)) == {}


@pytest.mark.parametrize("format", FORMATS)
def test_a_dora_and_another_are_each_told_from_the_clean_weight(
    model: Model, tmp_path: Path, format: str
) -> None:
    dora, other = made(tmp_path / "a", "low rank"), made(tmp_path / "b", format, 0.5)
    both, one, two = (changes(model, *which) for which in ((dora, other), (dora,), (other,)))
    assert torch.allclose(both[TO_K], one[TO_K] + two[TO_K], atol=1e-6)


def test_block_weights_scale_the_modules_of_their_blocks(model: Model, tmp_path: Path) -> None:
    factors = [1.0] * 26
    factors[0], factors[2], factors[5] = 0.0, 0.25, -2.0  # BASE, IN01, IN04
    adapter = made(tmp_path, "low rank", 1.0)
    plain, weighed = (
        changes(model, adapter),
        changes(model, replace(adapter, blocks=tuple(factors))),
    )
    conv = "unet.down_blocks.0.resnets.0.conv1.weight"
    assert plain.keys() == {TO_K, conv, Q_PROJ}
    assert weighed.keys() == {TO_K, conv}
    assert torch.allclose(weighed[conv], plain[conv] * 0.25, atol=1e-6)
    assert torch.allclose(weighed[TO_K], plain[TO_K] * -2, atol=1e-6)


def test_biases_and_norms_are_changed_by_their_differences(model: Model, tmp_path: Path) -> None:
    adapter = made(tmp_path, "LoKr", 0.5)
    found = changes(model, adapter)
    tensors = load_file(adapter.file.path)
    for name, key in (
        ("unet.conv_norm_out.weight", f"{NORM}.w_norm"),
        ("unet.conv_norm_out.bias", f"{NORM}.b_norm"),
        ("unet.down_blocks.0.resnets.0.conv1.bias", f"{CONVOLUTION}.diff_b"),
        ("unet.down_blocks.0.resnets.0.conv1.weight", f"{CONVOLUTION}.diff"),
    ):
        assert torch.allclose(found[name], tensors[key] / 2, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_files_may_be_of_any_precision(model: Model, tmp_path: Path, dtype: torch.dtype) -> None:
    down, up = DOWN.to(dtype), UP.to(dtype)
    tensors = {f"{ATTENTION}.lora_down.weight": down, f"{ATTENTION}.lora_up.weight": up}
    found = changes(model, written(tmp_path / "x.safetensors", tensors))
    assert torch.allclose(found[TO_K], up.float() @ down.float(), atol=1e-6)


def test_a_format_that_is_not_supported_is_named_with_its_keys(
    model: Model, tmp_path: Path
) -> None:
    tensors = {f"{ATTENTION}.oft_blocks": DOWN, f"{QUERY}.on_input": UP}
    with pytest.raises(ProblemsError, match="not supported: IA3, OFT") as caught:
        read_lora(written(tmp_path / "x.safetensors", tensors), targets_of_weights(model.weights))
    assert f"{ATTENTION}.oft_blocks" in str(caught.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_fifty_switches_later_the_base_is_bit_for_bit_what_it_was(
    tiny_model: TinyModel, tmp_path: Path, dtype: torch.dtype
) -> None:
    placed = Placement(torch.device("cpu"), dtype, torch.float32)
    model = family_named("sd15", "").load(tiny_model.checkpoint(), placed)
    before = copies(model)
    adapters = [made(tmp_path, format) for format in FORMATS]
    loras = MergedLoras(model)
    merged: dict[int, dict[str, Tensor]] = {}
    for turn in range(50):
        loras.set([adapters[turn % 3]])
        first = merged.setdefault(turn % 3, copies(model))
        assert all(torch.equal(weight, first[name]) for name, weight in model.weights.items())
    assert not torch.equal(model.weights[TO_K], before[TO_K])
    loras.set([])
    assert all(torch.equal(weight, before[name]) for name, weight in model.weights.items())
