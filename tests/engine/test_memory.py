"""What is done between an attempt that ran out of memory and the next one."""

from __future__ import annotations

import weakref
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from storyboard.engine import memory as memories
from storyboard.engine.ladder import Rung, Stage
from storyboard.engine.memory import Memory
from storyboard.engine.model import Placement
from storyboard.geometry import Size

SIZE = Size(64, 64)
CPU, ELSEWHERE = torch.device("cpu"), torch.device("cuda")


def memory(device: torch.device) -> Memory:
    return Memory(device, lambda _: None)


def model(can_slice: bool = True, *parts: nn.Module) -> Any:
    vae = SimpleNamespace(can_slice=can_slice)
    return SimpleNamespace(vae=vae, parts={Stage.UNET: parts}, is_compiled=False)


def test_what_a_failed_attempt_held_is_gone_when_memory_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[Any] = []
    still_there: list[bool] = []

    def short() -> None:
        tensor = torch.zeros(8)
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError

    monkeypatch.setattr(memories, "free_memory", lambda: still_there.append(held[-1]() is not None))
    assert memory(CPU).tried(Stage.UNET, short) is None
    assert still_there == [False]


def test_once_parts_take_turns_a_model_is_loaded_beside_the_device() -> None:
    found, placed = memory(ELSEWHERE), Placement(ELSEWHERE, torch.float16, torch.float32)
    assert found.placed(placed) == placed
    assert found.stepped_down(Stage.LOADING, SIZE) is Rung.OFFLOAD
    assert found.placed(placed) == Placement(CPU, torch.float16, torch.float32)


def test_the_parts_that_leave_the_device_are_the_present_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved: list[tuple[nn.Module, str]] = []
    monkeypatch.setattr(nn.Module, "to", lambda part, device: moved.append((part, str(device))))
    found, part = memory(ELSEWHERE), nn.Linear(1, 1)
    found.take_in(model(True, part))
    found.stepped_down(Stage.TEXT, SIZE)
    assert moved == [(part, "cpu")]


def test_from_the_cpu_nothing_leaves() -> None:
    assert memory(CPU).stepped_down(Stage.LOADING, SIZE) is None


def test_a_vae_that_cannot_be_sliced_goes_in_tiles_at_once() -> None:
    found = memory(CPU)
    found.take_in(model(can_slice=False))
    assert found.stepped_down(Stage.VAE, SIZE) is Rung.TILED
    found.take_in(model(can_slice=True))
    assert found.stepped_down(Stage.VAE, SIZE) is Rung.SLICED
