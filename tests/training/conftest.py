"""Two tiny models to train on, and a folder of pictures of somebody in a red coat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.support.tiny_model import make_tiny_model
from tests.training.pictures import write_album, write_card


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """So small a model is quickest on one thread, and adds up in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def v_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder as the built-in model's: it predicts v, its VAE is an AutoencoderTiny."""
    root = tmp_path_factory.mktemp("v") / "checkpoints" / "tiny"
    return write_card(make_tiny_model(root).folder)


@pytest.fixture(scope="session")
def epsilon_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder as SD 1.5's: it predicts the noise, its VAE is an AutoencoderKL."""
    root = tmp_path_factory.mktemp("epsilon") / "checkpoints" / "tiny"
    return write_card(make_tiny_model(root, vae="kl", prediction="epsilon").folder)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Eight pictures with captions, in a folder."""
    return write_album(tmp_path / "pictures")
