"""A checkpoint in one file draws what its folder draws, bit for bit, and with no network."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.loaders import single_file_utils
from safetensors.torch import load_file, save_file
from torch import Tensor

from storyboard.engine.base import Drawn, PreviewBatch
from storyboard.engine.devices import placement
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.families import family_named
from storyboard.engine.model import Model
from storyboard.engine.parts import read_parts
from storyboard.errors import ProblemsError
from storyboard.geometry import Size
from storyboard.jobs import Checkpoint, PreviewJob, Sampling
from tests.engine.drawing_table import silent
from tests.support import ldm_layout
from tests.support.shrunk import Shrunk, shrunk_sd15, shrunk_sdxl

PROMPTS = "a lighthouse, (storm:1.2)", "blurry"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails the test."""

    def refused(*arguments: object, **named: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket, "socket", refused)


@dataclass(frozen=True)
class Both:
    """A model as a folder and as one file."""

    model: Shrunk
    folder: Path
    file: Path

    def load(self, checkpoint: Checkpoint, dtype: str = "float32") -> Model:
        """By the engine."""
        return family_named(self.model.family, "").load(checkpoint, placement("cpu", dtype))

    def from_folder(self, dtype: str = "float32") -> Model:
        """The folder's model."""
        return self.load(self.model.checkpoint(self.folder), dtype)

    def from_file(self, dtype: str = "float32") -> Model:
        """The file's."""
        return self.load(self.model.checkpoint(self.file), dtype)


def make_both(made: Shrunk, root: Path) -> Both:
    """Writes a model in both ways."""
    return Both(made, made.folder(root / "folder"), made.file(root / "one.safetensors"))


@pytest.fixture(scope="module")
def sd15(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return make_both(shrunk_sd15(), tmp_path_factory.mktemp("sd15"))


@pytest.fixture(scope="module")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return make_both(shrunk_sdxl(), tmp_path_factory.mktemp("sdxl"))


@pytest.fixture(params=["sd15", "sdxl"])
def both(request: pytest.FixtureRequest) -> Both:
    """Each family."""
    found: Both = request.getfixturevalue(request.param)
    return found


def all_weights(model: Model) -> dict[str, Tensor]:
    """Of the UNet, the text encoders and the VAE."""
    vae: Mapping[str, Tensor] = model.vae.module.state_dict()
    return {**dict(model.weights), **{f"vae.{name}": tensor for name, tensor in vae.items()}}


def same(one: Model, other: Model) -> bool:
    """Whether two models' weights are equal, number by number."""
    left, right = all_weights(one), all_weights(other)
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_its_tensors_are_the_folders(both: Both, dtype: str) -> None:
    file, folder = both.from_file(dtype), both.from_folder(dtype)
    assert same(file, folder)
    strides = {name: weight.stride() for name, weight in all_weights(folder).items()}
    assert {name: weight.stride() for name, weight in all_weights(file).items()} == strides


def test_its_pictures_are_the_folders(both: Both) -> None:
    def drawn(path: Path) -> Drawn:
        sampling = Sampling("DPM++ 2S a Karras", 2, 5.0)
        checkpoint = both.model.checkpoint(path)
        job = PreviewJob(checkpoint, (), (), *PROMPTS, Size(64, 96), 3, sampling)
        (found,) = DiffusionEngine("cpu").draw(PreviewBatch((job,)), {}, silent)
        assert isinstance(found, Drawn)
        return found

    file, folder = drawn(both.file), drawn(both.folder)
    assert file.latent is not None and folder.latent is not None
    assert np.array_equal(file.latent, folder.latent)
    assert np.array_equal(file.pixels, folder.pixels)
    assert file.pixels.std() > 0


def test_diffusers_own_conversion_agrees(both: Both) -> None:
    """The test's own way back to the community's names is checked by an independent reader."""
    utils: Any = single_file_utils
    stored = load_file(both.file)
    unet: Any = both.model.modules["unet"]
    vae: Any = both.model.modules["vae"]
    config = {**unet.config, "num_class_embeds": None, "class_embed_type": None}
    found = utils.convert_ldm_unet_checkpoint(dict(stored), config)
    expected = both.model.state("unet")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    found = utils.convert_ldm_vae_checkpoint(dict(stored), vae.config)
    expected = both.model.state("vae")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_half_precision_is_widened_only_where_it_is_used(sd15: Both) -> None:
    parts = read_parts(sd15.model.checkpoint(sd15.file), "sd15")
    assert {tensor.dtype for tensor in parts.unet.weights.values()} == {torch.float16}
    model = sd15.from_file("bfloat16")
    assert {w.dtype for n, w in model.weights.items() if n.startswith("unet.")} == {torch.bfloat16}


def rewritten(both: Both, path: Path, change: Callable[[dict[str, Tensor]], None]) -> Path:
    """The file again, changed."""
    tensors = load_file(both.file)
    change(tensors)
    save_file(tensors, path)
    return path


def test_training_leaves_things_in_a_file_that_do_not_matter(sd15: Both, tmp_path: Path) -> None:
    def leave(tensors: dict[str, Tensor]) -> None:
        tensors["model_ema.decay"] = torch.tensor(0.9999)
        tensors["betas"] = torch.zeros(1000)
        tensors["alphas_cumprod"] = torch.zeros(1000)

    file = rewritten(sd15, tmp_path / "trained.safetensors", leave)
    assert same(sd15.load(sd15.model.checkpoint(file)), sd15.from_folder())


def test_text_encoders_without_the_level_text_model_are_understood(
    sd15: Both, tmp_path: Path
) -> None:
    """The way in which the first anime checkpoints were saved, and all merges of them."""
    prefix = ldm_layout.CLIP_L_OF_SD15

    def bare(tensors: dict[str, Tensor]) -> None:
        for name in [name for name in tensors if name.startswith(prefix)]:
            shorter = prefix.removesuffix("text_model.") + name.removeprefix(prefix)
            tensors[shorter] = tensors.pop(name)

    file = rewritten(sd15, tmp_path / "bare.safetensors", bare)
    assert same(sd15.load(sd15.model.checkpoint(file)), sd15.from_folder())


@pytest.mark.parametrize("kind", ["prefixed", "bare", "folder"])
def test_a_vae_that_is_lacking_comes_from_elsewhere(sd15: Both, tmp_path: Path, kind: str) -> None:
    file = sd15.model.file(tmp_path / "one.safetensors", without=(ldm_layout.VAE,))
    with pytest.raises(ProblemsError, match="lacks its VAE"):
        sd15.load(sd15.model.checkpoint(file))
    stored = {n: t for n, t in load_file(sd15.file).items() if n.startswith(ldm_layout.VAE)}
    vae = sd15.folder / "vae" if kind == "folder" else tmp_path / "vae.safetensors"
    if kind != "folder":
        cut = ldm_layout.VAE if kind == "bare" else ""
        save_file({name.removeprefix(cut): tensor for name, tensor in stored.items()}, vae)
    assert same(sd15.load(sd15.model.checkpoint(file, vae)), sd15.from_folder())


def test_another_vae_takes_the_place_of_its_own(sd15: Both, tmp_path: Path) -> None:
    doubled = {
        name.removeprefix(ldm_layout.VAE): tensor * 2
        for name, tensor in load_file(sd15.file).items()
        if name.startswith(ldm_layout.VAE)
    }
    save_file(doubled, tmp_path / "vae.safetensors")
    for path in (sd15.file, sd15.folder):
        model = sd15.load(sd15.model.checkpoint(path, tmp_path / "vae.safetensors"))
        ours = model.vae.module.state_dict()["decoder.conv_in.weight"]
        assert torch.equal(ours, sd15.model.state("vae")["decoder.conv_in.weight"].float() * 2)


def test_text_encoders_that_are_lacking_come_from_elsewhere(both: Both, tmp_path: Path) -> None:
    file = both.model.file(
        tmp_path / "one.safetensors", without=("cond_stage_model.", "conditioner.")
    )
    with pytest.raises(ProblemsError, match="lacks its text encoder"):
        both.load(both.model.checkpoint(file))
    names = [name for name in both.model.modules if name.startswith("text_encoder")]
    folders = [both.folder / name for name in names]
    whole = both.from_folder()
    assert same(both.load(both.model.checkpoint(file, None, *folders)), whole)
    files = [folder / "model.safetensors" for folder in folders]
    assert same(both.load(both.model.checkpoint(file, None, *files)), whole)


def test_what_is_missing_and_misshapen_is_told_at_once(sd15: Both, tmp_path: Path) -> None:
    def spoil(tensors: dict[str, Tensor]) -> None:
        del tensors["model.diffusion_model.input_blocks.1.0.in_layers.2.bias"]
        tensors["model.diffusion_model.out.2.bias"] = torch.zeros(5)
        del tensors["first_stage_model.decoder.conv_in.bias"]

    file = rewritten(sd15, tmp_path / "spoilt.safetensors", spoil)
    with pytest.raises(ProblemsError) as told:
        sd15.load(sd15.model.checkpoint(file))
    for key in ("input_blocks.1.0.in_layers.2.bias", "out.2.bias is 5", "decoder.conv_in.bias"):
        assert key in str(told.value)


def test_a_cut_off_file_is_told(sd15: Both, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(sd15.file.read_bytes()[:-1])
    with pytest.raises(ProblemsError, match="cut off"):
        sd15.load(sd15.model.checkpoint(cut))


def test_the_engine_tells_checkpoints_apart_by_all_that_they_are_made_of(sd15: Both) -> None:
    engine = DiffusionEngine("cpu")
    plain = sd15.model.checkpoint(sd15.file)
    rescaled = replace(plain, zero_snr=True)
    other = sd15.model.checkpoint(sd15.file, None, sd15.folder / "text_encoder")
    loaded = [engine._held.checkpoint(checkpoint) for checkpoint in (plain, rescaled, other)]
    assert loaded[1].model.schedule.sigmas[-1] > 4000 > loaded[0].model.schedule.sigmas[-1]
    assert len({id(one.model) for one in loaded}) == 3
    assert engine._held.checkpoint(other) is loaded[2]
