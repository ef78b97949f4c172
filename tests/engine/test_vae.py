"""Both kinds of autoencoder, scaled as their configurations say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file

from storyboard.engine.base import Pixels
from storyboard.engine.tensors import to_pixels, to_tensor
from storyboard.engine.vae import Vae
from storyboard.errors import ProblemsError
from tests.support.tiny_model import TinyModel

CPU = torch.device("cpu")


def picture() -> Pixels:
    return np.random.default_rng(1).integers(40, 200, (16, 24, 3), dtype=np.uint8)


def load(folder: Path, dtype: torch.dtype = torch.float32) -> Vae:
    return Vae.load(folder, dtype, CPU)


def test_pixels_survive_the_way_to_a_tensor_and_back() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    assert np.array_equal(to_pixels(to_tensor(every)[0]), every)


def test_a_tiny_autoencoders_latent_is_scaled_and_shifted(tiny_model: TinyModel) -> None:
    vae = load(tiny_model.folder / "vae")
    flat = np.full((16, 24, 3), 102, dtype=np.uint8)  # 0.4 of the whole
    latent = vae.encode(flat)
    assert latent.shape == (4, 2, 3)
    assert latent[0, 0, 0] == pytest.approx((0.4 - 0.5) * 4, abs=1e-5)
    assert np.abs(to_pixels(vae.decode(latent[None])[0]).astype(int) - 102).max() <= 2


def test_a_kl_autoencoder_encodes_to_its_mode(epsilon_model: TinyModel) -> None:
    folder = epsilon_model.folder / "vae"
    autoencoder: Any = AutoencoderKL
    reference = autoencoder.from_pretrained(folder, local_files_only=True)
    latent = load(folder).encode(picture())
    with torch.no_grad():
        mode = reference.encode(to_tensor(picture())).latent_dist.mode()[0] * 0.18215
        decoded = reference.decode(mode[None] / 0.18215).sample[0]
    assert torch.allclose(latent, mode, atol=1e-5)
    assert torch.allclose(load(folder).decode(latent[None])[0], decoded, atol=1e-4)


def test_attention_under_its_old_names_is_understood(
    epsilon_model: TinyModel, tmp_path: Path
) -> None:
    folder = shutil.copytree(epsilon_model.folder / "vae", tmp_path / "vae")
    file = folder / "diffusion_pytorch_model.safetensors"
    old = {}
    for name, tensor in load_file(file).items():
        if ".attentions." in name:
            for new, before in (("to_q", "query"), ("to_k", "key"), ("to_v", "value")):
                name = name.replace(f".{new}.", f".{before}.")
            name = name.replace(".to_out.0.", ".proj_attn.")
        old[name] = tensor
    assert any(".query." in name for name in old)
    save_file(old, file)
    latent = load(epsilon_model.folder / "vae").encode(picture())
    assert torch.equal(load(folder).encode(picture()), latent)


def test_in_float32_for_a_while_and_then_what_it_was(epsilon_model: TinyModel) -> None:
    vae = load(epsilon_model.folder / "vae", torch.float16)
    before = [weight.detach().clone() for weight in vae.module.parameters()]
    with vae.in_float32():
        assert vae.is_float32
        assert bool(torch.isfinite(vae.encode(picture())).all())
    assert not vae.is_float32
    after = list(vae.module.parameters())
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_another_class_is_refused(tiny_model: TinyModel, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model.folder / "vae", tmp_path / "vae")
    (folder / "config.json").write_text(json.dumps({"_class_name": "VQModel"}), encoding="utf-8")
    with pytest.raises(ProblemsError, match="VQModel"):
        load(folder)
