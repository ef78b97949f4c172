"""The engines under contract, and the tiny model that one of them draws with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
import torch

from storyboard.engine.base import Engine
from storyboard.engine.diffusion import DiffusionEngine
from storyboard.engine.fake import FakeEngine
from tests.engine.drawing_table import Table
from tests.support.tiny_model import TinyModel, make_tiny_model


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """So small a model is quickest on one thread, above all where other programs run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """The tiny model with the VAE that shows what it is given; it predicts v."""
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def epsilon_model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """The tiny model with an AutoencoderKL; it predicts the noise."""
    folder = tmp_path_factory.mktemp("models") / "epsilon"
    return make_tiny_model(folder, vae="kl", prediction="epsilon")


@dataclass(frozen=True)
class Makers:
    """How to make one kind of engine."""

    kind: Literal["fake", "diffusion"]

    def make(self) -> Engine:
        """A fresh one."""
        return FakeEngine() if self.kind == "fake" else DiffusionEngine(device="cpu")


@pytest.fixture(scope="session", params=["fake", "diffusion"])
def makers(request: pytest.FixtureRequest) -> Makers:
    """Every implementation of the engine's seam."""
    return Makers(request.param)


@pytest.fixture(scope="session")
def kept_engine(makers: Makers) -> Iterator[Engine]:
    """One engine for many tests: what a test leaves in it must not show in another."""
    engine = makers.make()
    yield engine
    engine.close()


@pytest.fixture
def table(kept_engine: Engine, tiny_model: TinyModel) -> Table:
    """The kept engine, and jobs for it."""
    return Table(kept_engine, tiny_model)


@pytest.fixture
def fresh(makers: Makers, tiny_model: TinyModel) -> Iterator[Table]:
    """An engine that has drawn nothing yet, and jobs for it."""
    engine = makers.make()
    yield Table(engine, tiny_model)
    engine.close()


@pytest.fixture
def lora_folder(tmp_path: Path) -> Path:
    """Where a test writes its LoRAs."""
    return tmp_path / "loras"
