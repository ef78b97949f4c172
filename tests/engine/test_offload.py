"""Offloading: on the device is the part in use, and no other."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from storyboard.engine.ladder import Stage
from storyboard.engine.offload import Residence

Where = dict[str, str]


@pytest.fixture(name="where")
def _where(monkeypatch: pytest.MonkeyPatch) -> Where:
    """Where each module was sent last, by its class; all begin on a device that is not here."""
    found = {"Linear": "cuda", "Conv2d": "cuda", "Embedding": "cuda"}

    def to(module: nn.Module, device: torch.device) -> nn.Module:
        found[type(module).__name__] = str(device)
        return module

    monkeypatch.setattr(nn.Module, "to", to)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    return found


def residence() -> Residence:
    made = Residence(torch.device("cuda"))
    made.take_in(
        {
            Stage.TEXT: (nn.Embedding(1, 1),),
            Stage.UNET: (nn.Linear(1, 1),),
            Stage.VAE: (nn.Conv2d(1, 1, 1),),
        }
    )
    return made


def test_until_memory_runs_out_nothing_moves(where: Where) -> None:
    house = residence()
    house.enter(Stage.UNET)
    assert set(where.values()) == {"cuda"}


def test_then_only_the_part_in_use_is_on_the_device(where: Where) -> None:
    house = residence()
    house.offload()
    assert set(where.values()) == {"cpu"}
    for stage, name in ((Stage.TEXT, "Embedding"), (Stage.UNET, "Linear"), (Stage.VAE, "Conv2d")):
        house.enter(stage)
        assert where.pop(name) == "cuda"
        assert set(where.values()) == {"cpu"}
        where[name] = "cuda"


def test_for_an_upscaler_all_of_the_model_leaves_the_device(where: Where) -> None:
    house = residence()
    house.offload()
    house.enter(Stage.UNET)
    house.enter(Stage.UPSCALER)
    assert set(where.values()) == {"cpu"}
