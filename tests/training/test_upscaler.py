"""The upscaler learns, goes on where it stopped, and becomes a file that the engine loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.engine.upscaling import load_upscaler
from storyboard.geometry import Size
from storyboard.models.header import read_header
from tests.support.upscalers import as_model
from training.enlarging import SCALE, build, enlarge
from training.upscaler import CHECKPOINT, NAME, Supply, Training, export


class Stripes:
    """Soft stripes as inputs, and hard ones, twice as large, as truths."""

    def __init__(self, seed: int) -> None:
        self.drawn = 0
        self._random = torch.Generator().manual_seed(seed)

    def refresh(self) -> None:
        self.drawn += 1

    def crops(self, count: int, side: int) -> tuple[Tensor, Tensor]:
        places = torch.arange(side * SCALE).float()
        phase = torch.rand(count, 1, 1, 1, generator=self._random) * 20
        large = (((places + phase) % 20) < 6).float().expand(count, 3, side * SCALE, -1)
        return F.avg_pool2d(large, SCALE), large


def training(folder: Path, minutes: float = 1) -> Training:
    """A run with small batches."""
    return Training(folder, minutes, Stripes, batch=2, side=24)


def loss(run: Training) -> float:
    """The mean over its next steps."""
    return sum(sum(run.train().values()) for _ in range(10)) / 10


def test_stripes_are_a_supply() -> None:
    supply: Supply = Stripes(1)
    small, large = supply.crops(2, 16)
    assert small.shape == (2, 3, 16, 16) and large.shape == (2, 3, 32, 32)


def test_training_goes_on_where_it_stopped_and_learns(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = training(tmp_path)
    before = loss(first)
    first.save()
    again = training(tmp_path)
    assert again.step == first.step == 10
    for _ in range(60):
        again.train()
    assert loss(again) < 0.8 * before


def test_training_ends_with_its_minutes_and_is_kept(tmp_path: Path) -> None:
    training(tmp_path, minutes=0.01).run()
    state = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    assert state["seconds"] >= 0.6
    training(tmp_path, minutes=0.01).run()
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == state["step"]


def test_what_is_exported_is_what_the_engine_loads(tmp_path: Path) -> None:
    training(tmp_path).save()
    path = export(tmp_path, tmp_path / "models")
    assert path == tmp_path / "models" / "upscalers" / f"{NAME}.safetensors"
    assert path.stat().st_size < 3_000_000
    card = read_header(path).metadata
    assert card["modelspec.license"] == "Apache-2.0" and card["modelspec.title"] == NAME
    upscaler = load_upscaler(as_model(path), torch.device("cpu"))
    assert upscaler.scale == SCALE
    pixels = np.random.default_rng(2).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    drawn = upscaler.enlarged(pixels, Size(48, 32))
    assert drawn.shape == (32, 48, 3)


def test_the_networks_answer_is_spandrels_own(tmp_path: Path) -> None:
    network = build()
    pictures = torch.rand(1, 3, 12, 20)
    with torch.inference_mode():
        assert torch.allclose(enlarge(network, pictures), network(pictures), atol=1e-6)
