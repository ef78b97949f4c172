"""A LoRA learns its pictures, and the engine draws with it what was trained."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from storyboard.engine.base import Pixels
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.families import family_named
from storyboard.engine.loras import MergedLoras
from storyboard.geometry import Size
from storyboard.jobs import Adapter, Checkpoint, Prediction
from storyboard.models.catalog import Catalog
from storyboard.models.entries import Kind
from tests.engine.drawing_table import Table
from tests.support.command import run
from tests.support.tiny_model import TinyModel, model_file
from tests.training.pictures import write_album
from tests.training.trained import RECIPE, Heard, examples, train
from training.checkpoint import load
from training.lora import write_lora
from training.loraloop import Loop
from training.loraweights import merge_lora

STORY = """\
title: Coat
model: {checkpoint: tiny}
size: 64x64
characters: {mei: {lora: mei, prompt: mei}}
pages: [{panels: [{characters: [mei], scene: red coat}]}]
"""


@dataclass(frozen=True)
class Trained:
    """A LoRA among the models that it is for, and what was told while it was trained."""

    folder: Path
    prediction: Prediction
    lora: Path
    heard: Heard

    @property
    def checkpoint(self) -> Checkpoint:
        """As a job has it."""
        return Checkpoint("sd15", model_file(self.folder), self.prediction)


@pytest.fixture(scope="session", params=["v_prediction", "epsilon"])
def trained(
    request: pytest.FixtureRequest,
    v_model: Path,
    epsilon_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trained:
    """A LoRA for either model: twelve steps on eight pictures."""
    prediction: Prediction = request.param
    model = v_model if prediction == "v_prediction" else epsilon_model
    album = write_album(tmp_path_factory.mktemp("album") / "pictures")
    lora = model.parent.parent / "loras" / "mei.safetensors"
    return Trained(model, prediction, lora, train(model, album, lora))


def test_the_loss_on_its_pictures_falls(trained: Trained) -> None:
    before, now = trained.heard.losses()
    assert now < 0.99 * before


def test_nothing_but_the_lora_and_its_side_file_is_left(trained: Trained) -> None:
    names = sorted(path.name for path in trained.lora.parent.iterdir())
    assert names == ["mei.json", "mei.safetensors"]


def test_check_finds_no_fault_with_it(trained: Trained, tmp_path: Path) -> None:
    story = tmp_path / "coat.yaml"
    story.write_text(STORY, encoding="utf-8")
    ended = run("check", story, "--models", trained.lora.parent.parent)
    assert (ended.code, ended.err.count("error")) == (0, 0), ended.err


def test_the_catalog_knows_its_trigger_and_weight(trained: Trained) -> None:
    entry = Catalog([trained.lora.parent.parent]).find(Kind.LORA, "mei")
    assert entry.trigger_words == ("mei",)
    assert entry.preferred_weight == 1.0
    assert entry.description == "Mei in her coat."


def test_its_metadata_is_what_other_programs_read(trained: Trained) -> None:
    with safe_open(trained.lora, "pt") as file:
        metadata = file.metadata()
    assert metadata["ss_network_dim"] == "4"
    assert metadata["ss_base_model_version"] == "sd_v1"
    assert metadata["modelspec.architecture"] == "stable-diffusion-v1/lora"
    assert json.loads(metadata["ss_tag_frequency"])["mei"]["red coat"] == 8
    assert "modelspec.license" not in metadata  # it is the author's to say


def test_it_changes_pictures_at_weight_1_and_not_at_0(trained: Trained) -> None:
    engine = DiffusionEngine(device="cpu")
    table = Table(engine, TinyModel(trained.folder, trained.prediction))
    file = model_file(trained.lora)

    def drawn(*adapters: Adapter) -> Pixels:
        job = table.preview("mei, red coat", adapters=adapters, size=Size(64, 64))
        return table.one(replace(job, checkpoint=trained.checkpoint)).pixels

    plain = drawn()
    assert np.array_equal(drawn(Adapter(file, 0.0, 0.0)), plain)
    assert not np.array_equal(drawn(Adapter(file, 1.0, 1.0)), plain)
    engine.close()


def test_merged_it_answers_as_it_did_while_it_was_trained(trained: Trained, tmp_path: Path) -> None:
    album = write_album(tmp_path / "pictures")
    checkpoint = load(trained.folder)
    loop = Loop(checkpoint, examples(checkpoint, album), RECIPE, narrow=False)
    plain = answer(checkpoint.unet, checkpoint.text_encoder)
    for step in range(3):
        loop.step(step)
    learnt = answer(checkpoint.unet, checkpoint.text_encoder)
    out = tmp_path / "mei.safetensors"
    write_lora(loop, RECIPE, "sd_v1", ["mei"], out)
    loop.adapters.detach()
    assert torch.equal(answer(checkpoint.unet, checkpoint.text_encoder), plain)

    model = family_named("sd15", "").load(trained.checkpoint, placement("cpu", "float32"))
    MergedLoras(model).set([Adapter(model_file(out), 1.0, 1.0)])
    merged = {name.partition(".")[2]: weight for name, weight in model.weights.items()}
    merge_lora(checkpoint.unet, checkpoint.text_encoder, out, 1.0)
    for part in (checkpoint.unet, checkpoint.text_encoder):
        for name, weight in part.named_parameters():
            assert torch.allclose(weight, merged[name], atol=1e-6)

    found = answer(checkpoint.unet, checkpoint.text_encoder)
    change = float((learnt - plain).abs().max())
    assert change > 1e-3
    # Files hold half precision: 11 bits of each factor.
    assert float((found - learnt).abs().max()) < 5e-3 * change


@torch.no_grad()
def answer(unet: torch.nn.Module, text_encoder: torch.nn.Module) -> Tensor:
    """What the UNet says to some latent, listening to some tokens."""
    generator = torch.Generator().manual_seed(3)
    latent = torch.randn((2, 4, 8, 8), generator=generator)
    tokens = torch.randint(0, 400, (2, 77), generator=generator)
    words = text_encoder(tokens).last_hidden_state
    said: Tensor = unet(latent, torch.tensor([30, 700]), words).sample
    return said
