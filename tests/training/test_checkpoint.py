"""Any SD 1.x folder is loaded for training as the engine loads it for drawing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from storyboard.engine.devices import placement
from storyboard.engine.families import family_named
from storyboard.errors import ProblemsError
from storyboard.jobs import Checkpoint as JobsCheckpoint
from tests.support.tiny_model import model_file
from training.checkpoint import load


@pytest.fixture
def copied(v_model: Path, tmp_path: Path) -> Path:
    """A folder that a test may spoil."""
    return Path(shutil.copytree(v_model, tmp_path / "model"))


def test_weights_noise_and_prediction_are_those_that_the_engine_draws_with(
    v_model: Path, epsilon_model: Path
) -> None:
    for folder, prediction in ((v_model, "v_prediction"), (epsilon_model, "epsilon")):
        ours = load(folder)
        assert ours.prediction == prediction
        job = JobsCheckpoint("sd15", model_file(folder), ours.prediction)
        engine = family_named("sd15", "").load(job, placement("cpu", "float32"))
        parts = {"unet": ours.unet, "text_encoder": ours.text_encoder}
        found = {
            f"{part}.{name}": weight
            for part, module in parts.items()
            for name, weight in module.named_parameters()
        }
        assert found.keys() == engine.weights.keys()
        assert all(torch.equal(found[name], engine.weights[name]) for name in found)
        assert ours.schedule.sigmas.tolist() == engine.schedule.sigmas.tolist()
        assert (ours.native_pixels, ours.multiple, ours.name) == (64 * 64, 16, "sd_v1")


def test_captions_are_read_as_the_engine_reads_a_prompt(v_model: Path) -> None:
    checkpoint = load(v_model)
    (first, second) = checkpoint.tokens(["mei", "a cat " * 40]).tolist()
    tokenizer = checkpoint.tokenizer
    assert first[:5] == [tokenizer.begin, *tokenizer.ids("mei"), tokenizer.end]
    assert set(first[5:]) == {tokenizer.pad}
    assert len(first) == len(second) == 77
    assert second[-1] == tokenizer.end
    assert checkpoint.words_left_out("mei") == ""
    assert checkpoint.words_left_out("a cat " * 40).count("cat") == 21


def test_an_older_text_encoder_has_a_level_more(copied: Path) -> None:
    file = copied / "text_encoder" / "model.safetensors"
    newer = load(copied)
    tokens = newer.tokens(["mei"])
    plain = newer.text_encoder(tokens).last_hidden_state
    weights = {f"text_model.{name}": tensor for name, tensor in load_file(file).items()}
    save_file({**weights, "logit_scale": torch.tensor(1.0)}, file)
    assert torch.equal(load(copied).text_encoder(tokens).last_hidden_state, plain)


def test_a_folder_with_a_missing_or_strange_part_is_told(copied: Path) -> None:
    weights = copied / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    save_file({"conv_in.bias": tensors["conv_in.bias"]}, weights)
    with pytest.raises(ProblemsError, match="its UNet lacks"):
        load(copied)
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ProblemsError, match="no weights"):
        load(copied)
