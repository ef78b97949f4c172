"""A Stable Diffusion 1.x folder is loaded whole, or refused in plain words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor

from storyboard.engine.devices import placement
from storyboard.engine.families import family_named, family_of
from storyboard.engine.model import Encoded, Model, Wording
from storyboard.errors import ProblemsError
from tests.support.tiny_model import TinyModel, make_tiny_model, model_file

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"
X = torch.randn(2, 4, 6, 8, generator=torch.Generator().manual_seed(1))
CONTEXT = Encoded(torch.randn(2, 77, 32, generator=torch.Generator().manual_seed(2)))


def load(tiny: TinyModel, dtype: str = "float32") -> Model:
    return family_named("sd15", "").load(tiny.checkpoint(), placement("cpu", dtype))


@pytest.fixture
def own(tmp_path: Path) -> TinyModel:
    """A tiny model that a test may spoil."""
    return make_tiny_model(tmp_path / "own")


def edit(path: Path, change: Callable[[dict[str, Tensor]], None]) -> None:
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def without_the_first(tensors: dict[str, Tensor]) -> None:
    del tensors["conv_in.weight"]


def configure(path: Path, **values: object) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(found | values), encoding="utf-8")


def test_the_unet_answers_as_diffusers_own(tiny_model: TinyModel) -> None:
    unet: Any = UNet2DConditionModel
    reference = unet.from_pretrained(tiny_model.folder / "unet", local_files_only=True)
    with torch.no_grad():
        expected = reference(X, torch.tensor(417.3), CONTEXT.vectors).sample
    assert torch.allclose(load(tiny_model).predict(X, 417.3, CONTEXT), expected, atol=1e-5)


def test_in_bfloat16_only_the_unet_is_narrow(tiny_model: TinyModel) -> None:
    model = load(tiny_model, "bfloat16")
    narrow = {name.split(".")[0] for name, w in model.weights.items() if w.dtype != torch.float32}
    assert narrow == {"unet"}
    assert model.predict(X, 417.3, CONTEXT).dtype == torch.float32
    assert model.vae.is_float32


def test_in_float32_for_a_while_and_then_what_it_was(tiny_model: TinyModel) -> None:
    model = load(tiny_model, "bfloat16")
    before = {name: weight.clone() for name, weight in model.weights.items()}
    with model.in_float32():
        assert model.is_float32
    assert not model.is_float32
    assert all(torch.equal(before[name], weight) for name, weight in model.weights.items())


def test_the_family_is_told_from_the_folder(tiny_model: TinyModel, tmp_path: Path) -> None:
    family = family_of(tiny_model.folder)
    assert family is not None and family.name == "sd15"
    assert family_of(tmp_path) is None
    two = shutil.copytree(tiny_model.folder, tmp_path / "two")
    (two / "text_encoder_2").mkdir()
    assert family_of(two) is None


def test_an_unknown_family_is_told() -> None:
    with pytest.raises(ProblemsError, match="family 'flux'"):
        family_named("flux", "model")


def test_another_vae_is_used_where_the_checkpoint_says_so(
    tiny_model: TinyModel, epsilon_model: TinyModel
) -> None:
    other = model_file(epsilon_model.folder / "vae")
    checkpoint = tiny_model.checkpoint(vae=other)
    model = family_named("sd15", "").load(checkpoint, placement("cpu", "float32"))
    assert type(model.vae.module).__name__ == "AutoencoderKL"


def test_text_encoders_of_before_transformers_5_are_understood(own: TinyModel) -> None:
    plain = load(own).condition("a cat", "", Wording(1, ())).prompt.vectors

    def as_before(tensors: dict[str, Tensor]) -> None:
        for name in list(tensors):
            tensors[f"text_model.{name}"] = tensors.pop(name)
        tensors["text_model.embeddings.position_ids"] = torch.arange(77)[None]

    edit(own.folder / TEXT, as_before)
    assert torch.equal(load(own).condition("a cat", "", Wording(1, ())).prompt.vectors, plain)


def test_missing_weights_are_named(own: TinyModel) -> None:
    edit(own.folder / UNET, without_the_first)
    with pytest.raises(ProblemsError, match=r"its UNet lacks 1 tensor: conv_in\.weight"):
        load(own)


def test_misshapen_weights_are_named(own: TinyModel) -> None:
    edit(own.folder / UNET, lambda tensors: tensors.update({"conv_in.bias": torch.ones(5)}))
    with pytest.raises(ProblemsError, match=r"conv_in\.bias is 5, not 32"):
        load(own)


def test_weights_that_the_configuration_does_not_know_are_named(own: TinyModel) -> None:
    edit(own.folder / UNET, lambda tensors: tensors.update({"conv_up.bias": torch.ones(5)}))
    with pytest.raises(ProblemsError, match=r"conv_up\.bias"):
        load(own)


def test_parts_that_do_not_belong_together_are_told(own: TinyModel) -> None:
    configure(own.folder / "tokenizer" / "tokenizer_config.json", model_max_length=64)
    with pytest.raises(ProblemsError, match="do not belong together"):
        load(own)


def test_a_configuration_that_makes_no_model_is_told(own: TinyModel) -> None:
    configure(own.folder / "unet" / "config.json", act_fn="none such")
    with pytest.raises(ProblemsError, match="no model that can be built"):
        load(own)


def test_a_missing_part_is_told(own: TinyModel) -> None:
    shutil.rmtree(own.folder / "text_encoder")
    with pytest.raises(ProblemsError, match="lacks its text encoder"):
        load(own)


def test_only_a_pickle_is_no_weights(own: TinyModel) -> None:
    (own.folder / UNET).rename(own.folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(ProblemsError, match="pickle"):
        load(own)


def test_a_file_that_is_no_checkpoint_is_told(tiny_model: TinyModel) -> None:
    checkpoint = replace(tiny_model.checkpoint(), file=model_file(tiny_model.folder / UNET))
    with pytest.raises(ProblemsError, match="checkpoint"):
        family_named("sd15", "").load(checkpoint, placement("cpu", "float32"))
